// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/serialize/sha256.hpp>

#include <sodium.h>

#include <cstddef>
#include <vector>

#include "file.hpp"

namespace rungs {

namespace {

class Hash {
 public:
  Hash() { crypto_hash_sha256_init(&state_); }
  void add(const char* bytes, std::size_t size) {
    crypto_hash_sha256_update(&state_, reinterpret_cast<const unsigned char*>(bytes), size);
  }
  [[nodiscard]] std::string hex() {
    unsigned char raw[crypto_hash_sha256_BYTES];
    crypto_hash_sha256_final(&state_, raw);
    std::string out;
    for (const unsigned char byte : raw) {
      out += "0123456789abcdef"[byte >> 4U];
      out += "0123456789abcdef"[byte & 15U];
    }
    return out;
  }

 private:
  crypto_hash_sha256_state state_{};
};

}  // namespace

std::string sha256(std::string_view bytes) {
  Hash hash;
  hash.add(bytes.data(), bytes.size());
  return hash.hex();
}

std::string sha256_of_file(const std::string& path) {
  detail::saved::RegularFile file(path, "E-IO");
  std::vector<char> piece(std::size_t{1} << 16U);
  Hash hash;
  while (const std::size_t got = file.read(piece.data(), piece.size())) hash.add(piece.data(), got);
  return hash.hex();
}

}  // namespace rungs
