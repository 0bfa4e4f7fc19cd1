// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include "file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "plain.hpp"

namespace rungs::detail::saved {

namespace {

std::string system_words(int error) { return std::system_category().message(error); }

[[noreturn]] void refuse_unreadable(const std::string& path, int error) {
  throw InputError({{Diagnostic::Severity::error,
                     "E-IO",
                     {path},
                     "cannot be read: " + system_words(error),
                     "expected a file that can be read",
                     {}}});
}

[[noreturn]] void refuse_unwritable(const std::string& path, int error) {
  throw InputError({{Diagnostic::Severity::error,
                     "E-IO",
                     {path},
                     "cannot be written: " + system_words(error),
                     "expected a place for a file",
                     {}}});
}

[[noreturn]] void refuse_special(const std::string& path, const char* code, const struct stat& about) {
  const char* const found = S_ISFIFO(about.st_mode)   ? "found a pipe"
                            : S_ISDIR(about.st_mode)  ? "found a folder"
                            : S_ISSOCK(about.st_mode) ? "found a socket"
                                                      : "found a device";
  throw InputError({{Diagnostic::Severity::error, code, {path}, found, "expected a regular file", {}}});
}

/// Writes under a name of its own, which disappears again unless the file was put in place.
class NewFile {
 public:
  explicit NewFile(const std::string& target) {
    for (int k = 0; number_ < 0; ++k) {
      path_ = target + ".partial-" + std::to_string(::getpid()) + "-" + std::to_string(k);
      number_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
      if (number_ < 0 && (errno != EEXIST || k == 1000)) refuse_unwritable(target, errno);
    }
  }
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;
  ~NewFile() {
    if (number_ >= 0) ::close(number_);
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  void keep_mode(const struct stat& old) noexcept { (void)::fchmod(number_, old.st_mode & 07777U); }
  [[nodiscard]] bool write(std::string_view bytes) noexcept {
    while (!bytes.empty()) {
      const ::ssize_t written = ::write(number_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
  }
  /// On the disk, then in place: a file under the final name is always whole.
  [[nodiscard]] bool put(const std::string& target) noexcept {
    if (::fsync(number_) != 0 || ::close(std::exchange(number_, -1)) != 0) return false;
    if (::rename(path_.c_str(), target.c_str()) != 0) return false;
    path_.clear();
    return true;
  }

 private:
  std::string path_{};
  int number_ = -1;
};

/// Makes the new name last too, where the file system can.
void sync_folder(const std::string& target) noexcept {
  const std::size_t slash = target.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : target.substr(0, slash + 1);
  const int number = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (number < 0) return;
  (void)::fsync(number);
  ::close(number);
}

}  // namespace

RegularFile::RegularFile(const std::string& path, const char* code_if_special) : path_(path) {
  struct stat about {};
  if (::stat(path.c_str(), &about) != 0) refuse_unreadable(path, errno);
  if (!S_ISREG(about.st_mode)) refuse_special(path, code_if_special, about);
  number_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (number_ < 0) refuse_unreadable(path, errno);
  // Another file may have taken its place since.
  const bool known = ::fstat(number_, &about) == 0;
  if (!known || !S_ISREG(about.st_mode)) {
    const int error = errno;
    ::close(number_);
    if (!known) refuse_unreadable(path, error);
    refuse_special(path, code_if_special, about);
  }
  size_ = static_cast<std::uint64_t>(about.st_size);
}

RegularFile::~RegularFile() { ::close(number_); }

std::size_t RegularFile::read(char* into, std::size_t most) {
  std::size_t size = 0;
  while (size < most) {
    const ::ssize_t got = ::read(number_, into + size, most - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) refuse_unreadable(path_, errno);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  return size;
}

void write_whole(const std::string& path, std::string_view bytes) {
  // The place that links lead to is written, and the links stay.
  std::error_code error;
  std::string target = path;
  if (const std::filesystem::path resolved = std::filesystem::canonical(path, error); !error)
    target = resolved.string();
  struct stat old {};
  const bool exists = ::stat(target.c_str(), &old) == 0;
  if (exists && !S_ISREG(old.st_mode)) refuse_special(path, "E-ARCH-KIND-SPECIAL", old);
  NewFile file(target);
  if (exists) file.keep_mode(old);
  if (!file.write(bytes) || !file.put(target)) refuse_unwritable(path, errno);
  sync_folder(target);
}

}  // namespace rungs::detail::saved
