// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_CLI_INPUT_HPP
#define RUNGS_CLI_INPUT_HPP

#include <functional>
#include <string>

#include <rungs/core/error.hpp>

#include "common.hpp"

namespace rungs::cli {

/// A file given by the user, with its SHA-256. Where the bytes come only once (standard input "-", a pipe), they are
/// kept in memory, so that they can be hashed and read.
class Input {
 public:
  /// `encoding` of its text, where it is not UTF-8. Throws InputError [E-IO].
  explicit Input(const std::string& name, const std::string& encoding = {});
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;
  ~Input();

  /// The path to give to a reader.
  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] const InputFile& file() const noexcept { return file_; }
  /// The diagnostic with the name that the user gave in place of path().
  [[nodiscard]] Diagnostic named(Diagnostic d) const;
  /// Does something with path(), such that errors name the file as the user did.
  void read(const std::function<void(const std::string& path)>& reader) const;

 private:
  void keep(int from, bool text_has_nuls);
  bool cut_ = false;  // not all was kept, because no reader takes a NUL in text
  InputFile file_;
  std::string path_;
  int memory_ = -1;
};

}  // namespace rungs::cli

#endif
