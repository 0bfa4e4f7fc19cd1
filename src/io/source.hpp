// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_IO_SOURCE_HPP
#define RUNGS_IO_SOURCE_HPP

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <rungs/core/error.hpp>

#include "data_set.hpp"

namespace rungs::io::detail {

/// The bytes of a file, mapped or read, followed by at least 64 zero bytes.
class Bytes {
 public:
  /// `path` "-" is standard input; `text_has_nuls` of UTF-16 and its kin. Throws InputError [E-IO] with the system's
  /// words.
  explicit Bytes(const std::string& path, bool text_has_nuls = false);
  Bytes(const Bytes&) = delete;
  Bytes& operator=(const Bytes&) = delete;
  ~Bytes();

  [[nodiscard]] char* data() noexcept { return data_; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  /// Whether reading stopped at a NUL, and there may be more.
  [[nodiscard]] bool cut() const noexcept { return cut_; }

 private:
  void map(int file, std::size_t size);
  void read(int file, const std::string& path, bool text_has_nuls);

  char* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t mapped_ = 0;  // bytes of address space; 0 when the file was read
  std::vector<char> held_{};
  bool cut_ = false;
};

/// A text that may be scanned: valid UTF-8, without NULs, and ending in a NUL of ours. A text file, in UTF-8 or
/// converted from the encoding that is named; or the observations of a Stata or SPSS file as text. The kind of file is
/// known by its content.
class Source {
 public:
  /// `use` says what the variables of a Stata or SPSS file are read for, and how any file is encoded.
  /// Throws InputError [E-IO], [E-EMPTY], [E-KIND-...], [E-ENC-...], [E-NUL], and those of read_data_set(); Refusal
  /// [E-ENC-UNKNOWN].
  explicit Source(std::string path, const VariableUse& use = {});

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] const char* begin() const noexcept { return begin_; }
  [[nodiscard]] const char* end() const noexcept { return end_; }
  /// The final Ctrl-Z of an old system, or null.
  [[nodiscard]] const char* control_z() const noexcept { return control_z_; }

  /// Whether it is of observations and variables: then lines are numbers of observations, names being on line 0.
  [[nodiscard]] bool of_observations() const noexcept { return kind_ != DataSetKind::none; }
  [[nodiscard]] std::size_t first_line() const noexcept { return of_observations() ? 0 : 1; }
  [[nodiscard]] const char* record_words() const noexcept { return of_observations() ? "observations" : "records"; }
  /// The place of a text on a line whose number is known.
  [[nodiscard]] Location where(const char* at, std::size_t line) const;
  [[nodiscard]] Location line(std::size_t line) const { return {name_, line, 1, of_observations()}; }
  /// "on line 12" or "in observation 12".
  [[nodiscard]] std::string on_line(std::size_t line) const { return rungs::detail::on_line(line, of_observations()); }
  /// The variable of that name, with its labels; null in a text file.
  [[nodiscard]] const Variable* variable(std::string_view name) const;
  /// What was worth saying when observations became text.
  [[nodiscard]] const std::vector<Diagnostic>& remarks() const noexcept { return set_.warnings; }

 private:
  void check_name() const;  // that does not say text where it is none
  void convert();
  void check_text();
  void check_encoding();
  [[nodiscard]] std::string hint_for_encoding(const std::string& likely) const;
  std::string name_;
  Bytes bytes_;
  DataSetKind kind_ = DataSetKind::none;
  DataSetText set_{};
  std::string encoding_;
  std::vector<char> converted_{};
  const char* begin_ = nullptr;  // after a byte order mark
  const char* end_ = nullptr;
  const char* control_z_ = nullptr;
};

/// What is wrong and what is worth saying, with places in a source; told in the order of the file.
class Findings {
 public:
  static constexpr std::size_t cap = 20;

  explicit Findings(const Source& source) : source_(source) {
    for (const Diagnostic& remark : source.remarks()) entries_.push_back({nullptr, remark});
  }
  void error(std::string code, const char* at, std::string found, std::string expected, std::string hint = {});
  void error_on(std::string code, std::size_t line, std::string found, std::string expected, std::string hint = {});
  void warn(std::string code, const char* at, std::string found, std::string expected, std::string hint = {});
  /// Whether there are so many errors that reading on is no use.
  [[nodiscard]] bool full() const noexcept { return errors_ >= cap; }
  [[nodiscard]] bool any_errors() const noexcept { return errors_ > 0; }
  /// Throws InputError when there are errors.
  void throw_errors();
  /// The warnings with their places, in the order of the file.
  [[nodiscard]] std::vector<Diagnostic> warnings();
  [[nodiscard]] Location where(const char* at) const;
  /// "on line 12" or "in observation 12".
  [[nodiscard]] std::string on_line(std::uint64_t line) const {
    return source_.on_line(static_cast<std::size_t>(line));
  }

 private:
  struct Entry {
    const char* at;  // null: the place is known already
    Diagnostic what;
  };
  [[nodiscard]] std::vector<Diagnostic> placed(Diagnostic::Severity severity);
  const Source& source_;
  std::vector<Entry> entries_{};
  std::size_t errors_ = 0;
};

/// Tells the system that memory will soon be used throughout, so that it may come in large pages.
/// Only a hint.
void expect_use(const void* memory, std::size_t bytes) noexcept;

/// The first byte from `p` on that is not part of valid UTF-8, or is NUL; `end` when all is well.
[[nodiscard]] const char* first_bad_byte(const char* p, const char* end) noexcept;

}  // namespace rungs::io::detail

#endif
