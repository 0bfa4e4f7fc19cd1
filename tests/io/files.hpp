// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_TESTS_IO_FILES_HPP
#define RUNGS_TESTS_IO_FILES_HPP

#include <atomic>
#include <cstdio>
#include <fstream>
#include <string>

#include <gtest/gtest.h>
#include <unistd.h>

namespace rungs::test {

/// A file that is there for as long as the object is.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& bytes, const std::string& ending = ".csv") {
    static std::atomic<int> next{0};
    path_ = testing::TempDir() + "rungs_" + std::to_string(::getpid()) + "_" + std::to_string(next++) + ending;
    std::ofstream(path_, std::ios::binary) << bytes;
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() { std::remove(path_.c_str()); }
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  std::string path_{};
};

}  // namespace rungs::test

#endif
