// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_CORE_ERROR_HPP
#define RUNGS_CORE_ERROR_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rungs {

/// A place in the user's data: a file, a line and a column, both counted from 1; 0 means "not known".
///
/// A Stata or SPSS file has observations and variables instead: then `line` is the number of the observation.
struct Location {
  std::string file{};
  std::size_t line = 0;
  std::size_t column = 0;
  bool is_observation = false;
  std::string variable{};  ///< of an observation, or of all; empty: not known

  /// `FILE:LINE:COLUMN`, or `FILE: observation N, variable 'NAME'`, leaving out what is not known.
  [[nodiscard]] std::string text() const {
    std::string out = file;
    if (is_observation) {
      if (line != 0) out += ": observation " + std::to_string(line);
      if (!variable.empty()) out += (line != 0 ? ", variable '" : ": variable '") + variable + "'";
      return out;
    }
    if (line != 0) out += ":" + std::to_string(line);
    if (line != 0 && column != 0) out += ":" + std::to_string(column);
    return out;
  }
  friend bool operator==(const Location&, const Location&) = default;
};

/// One thing found wrong or worth saying about the user's data, with a stable code.
struct Diagnostic {
  enum class Severity : std::uint8_t { error, warning };

  Severity severity = Severity::error;
  std::string code{};
  Location where{};
  std::string found{};
  std::string expected{};
  std::string hint{};

  /// `FILE:LINE:COLUMN: error: found; expected; hint [CODE]`.
  [[nodiscard]] std::string text() const {
    std::string out = where.text();
    if (!out.empty()) out += ": ";
    out += severity == Severity::error ? "error: " : "warning: ";
    out += found;
    if (!expected.empty()) out += "; " + expected;
    if (!hint.empty()) out += "; " + hint;
    return out + " [" + code + "]";
  }
};

/// Everything Rungs throws: a stable code (see docs/reference/codes.md) and where, found, expected in words.
class Error : public std::runtime_error {
 public:
  Error(const std::string& code, const std::string& message) : Error(code, message, message + " [" + code + "]") {}
  [[nodiscard]] const std::string& code() const noexcept { return code_; }
  /// What was found and expected, without the code.
  [[nodiscard]] const std::string& message() const noexcept { return message_; }

 protected:
  Error(std::string code, std::string message, const std::string& text)
      : std::runtime_error(text), code_(std::move(code)), message_(std::move(message)) {}

 private:
  std::string code_, message_;
};

/// A number outside the set it must belong to; the number found is kept.
class DomainError : public Error {
 public:
  DomainError(std::string code, const std::string& message, double found)
      : Error(std::move(code), message), found_(found) {}
  [[nodiscard]] double found() const noexcept { return found_; }

 private:
  double found_;
};

/// A name that is not known; keeps the name, the known ones and the nearest of them.
class UnknownName : public Error {
 public:
  UnknownName(std::string code, const std::string& message, std::string name, std::string nearest)
      : Error(std::move(code), message), name_(std::move(name)), nearest_(std::move(nearest)) {}
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] const std::string& nearest() const noexcept { return nearest_; }

 private:
  std::string name_, nearest_;
};

/// The question cannot be answered from what is given (an empty row, an impossible move, a ladder of another kind).
class Refusal : public Error {
 public:
  using Error::Error;
};

/// Wrong input: all the problems found in a file, in its order, up to a cap.
class InputError : public Error {
 public:
  explicit InputError(std::vector<Diagnostic> problems)
      : Error(problems.empty() ? "E-INPUT" : problems.front().code, join(problems), join(problems)),
        problems_(std::move(problems)) {}
  [[nodiscard]] const std::vector<Diagnostic>& problems() const noexcept { return problems_; }

 private:
  static std::string join(const std::vector<Diagnostic>& problems) {
    std::string out;
    for (const Diagnostic& problem : problems) out += (out.empty() ? "" : "\n") + problem.text();
    return out;
  }
  std::vector<Diagnostic> problems_;
};

/// Something the reader of a result must know, with a stable code; it travels with the result.
struct Warning {
  std::string code{};
  std::string message{};
  friend bool operator==(const Warning&, const Warning&) = default;
};

namespace detail {

/// A number in words for messages: the shortest form that a reader recognises.
inline std::string text(double x) {
  char buffer[40];
  std::snprintf(buffer, sizeof buffer, "%.12g", x);
  return buffer;
}

/// A label in quotes for messages; bytes that a terminal would obey are shown as code points.
inline std::string quoted(std::string_view label) {
  std::string out = "'";
  for (const char c : label) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      char buffer[8];
      std::snprintf(buffer, sizeof buffer, "\\x%02X", static_cast<unsigned>(byte));
      out += buffer;
    } else {
      out += c;
    }
  }
  return out + "'";
}

/// "on line 12" or "in observation 12", for what is said of a second place.
inline std::string on_line(std::size_t line, bool is_observation) {
  return (is_observation ? "in observation " : "on line ") + std::to_string(line);
}

/// Names in a row, for "expected one of ...".
template <class Names>
std::string listed(const Names& names) {
  std::string out;
  for (const auto& name : names) out += (out.empty() ? "" : ", ") + detail::quoted(name);
  return out;
}

/// Number of single-character edits that turn one name into the other, letter case counting as none.
inline std::size_t edit_distance(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (lower(a[i - 1]) == lower(b[j - 1]) ? 0U : 1U);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row[b.size()];
}

/// The known name nearest to the one given, or an empty string when none is near. Of one or two letters every short
/// name is near: then only one that differs in capitals.
template <class Names>
std::string nearest_name(std::string_view name, const Names& known) {
  std::string best;
  if (name.size() > 200) return best;
  const auto letters =
      std::count_if(name.begin(), name.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80; });
  std::size_t distance = letters <= 2 ? 1 : std::max<std::size_t>(1, name.size() / 3) + 1;
  for (const auto& candidate : known) {
    const std::size_t d = edit_distance(name, candidate);
    if (d < distance) {
      distance = d;
      best = candidate;
    }
  }
  return best;
}

}  // namespace detail
}  // namespace rungs

#endif
