// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_SRC_SERIALIZE_FILE_HPP
#define RUNGS_SRC_SERIALIZE_FILE_HPP

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace rungs::detail::saved {

/// A regular file opened for reading. A pipe or device is never opened: it might wait for ever, or do something.
class RegularFile {
 public:
  /// Throws InputError [E-IO], and with the given code for a file that is not regular.
  RegularFile(const std::string& path, const char* code_if_special);
  RegularFile(const RegularFile&) = delete;
  RegularFile& operator=(const RegularFile&) = delete;
  ~RegularFile();

  /// When it was opened.
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  /// Up to `most` bytes; fewer only at the end of the file.
  [[nodiscard]] std::size_t read(char* into, std::size_t most);

 private:
  std::string path_;
  int number_ = -1;
  std::uint64_t size_ = 0;
};

/// Puts bytes where the path leads, in full or not at all.
void write_whole(const std::string& path, std::string_view bytes);

}  // namespace rungs::detail::saved

#endif
