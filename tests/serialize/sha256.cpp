// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/serialize/sha256.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include <rungs/core/error.hpp>

namespace sha256_test {
namespace {

using namespace rungs;

// Examples of FIPS 180-2, appendix B.
TEST(Sha256, AgreesWithTheStandard) {
  EXPECT_EQ(sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256(std::string(1'000'000, 'a')), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, OfAFileIsThatOfItsBytes) {
  const std::string path = (std::filesystem::path(testing::TempDir()) / "rungs_sha256.bin").string();
  for (const std::size_t size : {0U, 1U, 65535U, 65536U, 65537U, 1'000'000U}) {
    std::ofstream(path, std::ios::binary) << std::string(size, 'a');
    EXPECT_EQ(sha256_of_file(path), sha256(std::string(size, 'a')));
  }
  std::filesystem::remove(path);
}

TEST(Sha256, RefusesWhatCannotBeReadTwice) {
  const auto words = [](const std::string& path) -> std::string {
    try {
      return sha256_of_file(path);
    } catch (const InputError& error) {
      return error.problems().at(0).text();
    }
  };
  EXPECT_EQ(
      words("/nowhere/at/all"),
      "/nowhere/at/all: error: cannot be read: No such file or directory; expected a file that can be read [E-IO]");
  EXPECT_EQ(words("/dev/null"), "/dev/null: error: found a device; expected a regular file [E-IO]");
  EXPECT_EQ(words("/"), "/: error: found a folder; expected a regular file [E-IO]");
}

}  // namespace
}  // namespace sha256_test
