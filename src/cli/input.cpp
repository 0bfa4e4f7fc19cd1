// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include "input.hpp"

#include <rungs/serialize/sha256.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "../io/data_set.hpp"
#include "../io/encoding.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace rungs::cli {

namespace {

[[noreturn]] void refuse(const std::string& name, int error) {
  throw InputError({{Diagnostic::Severity::error,
                     "E-IO",
                     {name, 0, 0},
                     "cannot be read: " + std::system_category().message(error),
                     "expected a file that can be read",
                     ""}});
}

}  // namespace

Input::Input(const std::string& name, const std::string& encoding) : file_{name, {}}, path_(name) {
  struct stat about {};
  const bool standard = name == "-";
  if (!standard && ::stat(name.c_str(), &about) != 0) refuse(name, errno);
  if (!standard && S_ISDIR(about.st_mode)) refuse(name, EISDIR);
  if (!standard && S_ISREG(about.st_mode)) {
    file_.sha256 = sha256_of_file(name);
    return;
  }
  const int from = standard ? STDIN_FILENO : ::open(name.c_str(), O_RDONLY | O_CLOEXEC);
  if (from < 0) refuse(name, errno);
  memory_ = ::memfd_create("rungs", MFD_CLOEXEC);
  if (memory_ < 0) refuse(name, errno);
  try {
    keep(from, io::detail::is_wide(encoding));
  } catch (...) {
    ::close(memory_);
    if (!standard) ::close(from);
    throw;
  }
  if (!standard) ::close(from);
  path_ = "/proc/self/fd/" + std::to_string(memory_);
  file_.sha256 = sha256_of_file(path_);
}

Input::~Input() {
  if (memory_ >= 0) ::close(memory_);
}

void Input::keep(int from, bool text_has_nuls) {
  std::vector<char> block(std::size_t{1} << 18U);
  std::string head;
  for (;;) {
    const ::ssize_t got = ::read(from, block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) refuse(file_.file, errno);
    if (got == 0) return;
    std::string_view left(block.data(), static_cast<std::size_t>(got));
    // No text holds a NUL, and a device may never end: the reader will refuse what is here. A first block may be of a
    // few bytes alone, which do not tell what kind of file it is.
    if (head.size() < 64) head += left.substr(0, 64 - head.size());
    const bool text = io::detail::data_set_kind(head) == io::detail::DataSetKind::none;
    const bool nul = text && left.find(text_has_nuls ? std::string_view("\0\0\0\0\0\0\0\0", 8)
                                                     : std::string_view("\0", 1)) != std::string_view::npos;
    while (!left.empty()) {
      const ::ssize_t put = ::write(memory_, left.data(), left.size());
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) refuse(file_.file, errno);
      left.remove_prefix(static_cast<std::size_t>(put));
    }
    cut_ = nul;
    if (cut_) return;
  }
}

Diagnostic Input::named(Diagnostic d) const {
  if (d.where.file == path_) d.where.file = file_.file == "-" ? "standard input" : file_.file;
  return d;
}

void Input::read(const std::function<void(const std::string& path)>& reader) const {
  try {
    reader(path_);
    if (cut_)
      throw InputError({{Diagnostic::Severity::error,
                         "E-NUL",
                         {path_, 0, 0},
                         "found NUL bytes, after which nothing was read",
                         "expected text",
                         "the file may be damaged, or in another encoding"}});
  } catch (const InputError& e) {
    std::vector<Diagnostic> problems = e.problems();
    for (Diagnostic& d : problems) d = named(std::move(d));
    throw InputError(std::move(problems));
  }
}

}  // namespace rungs::cli
