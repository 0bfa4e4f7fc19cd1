// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_IO_HEADER_HPP
#define RUNGS_IO_HEADER_HPP

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scanner.hpp"
#include "source.hpp"

namespace rungs::io::detail {

/// Blanks around fields: they are cut off, and it is said once.
class Blanks {
 public:
  /// Cuts blanks off both ends.
  void trim(Field& field) {
    if (field.begin != field.end && (is_blank(*field.begin) || is_blank(field.end[-1]))) [[unlikely]]
      cut(field);
  }
  void tell(Findings& findings) const;
  [[nodiscard]] static bool is_blank(char c) noexcept { return c == ' ' || c == '\t'; }

 private:
  void cut(Field& field);
  const char* first_ = nullptr;
  std::uint64_t fields_ = 0;
};

/// A column that is asked for: what it is to hold, and its name.
struct Wanted {
  std::string role{};
  std::string name{};
};

/// The line of column names.
class Header {
 public:
  /// Reads the first line; throws InputError [E-SEP] when it is not separated by commas.
  Header(Scanner& scanner, const Source& source, Findings& findings, Blanks& blanks, const std::vector<Wanted>& wanted);

  [[nodiscard]] const std::vector<std::string>& names() const noexcept { return names_; }
  [[nodiscard]] const std::vector<Field>& fields() const noexcept { return fields_; }
  [[nodiscard]] std::size_t size() const noexcept { return names_.size(); }
  [[nodiscard]] std::optional<std::size_t> find(std::string_view name) const;
  /// How many columns at the end have no name: a trailing comma makes one.
  [[nodiscard]] std::size_t nameless_at_end() const noexcept { return nameless_; }
  /// Throws InputError when a name stands twice or is missing among others, or a wanted column is
  /// absent or has two roles.
  void check(Findings& findings, const std::vector<Wanted>& wanted) const;
  /// Throws InputError [E-NOROWS].
  [[noreturn]] void refuse_no_records(const Source& source) const;

 private:
  std::vector<Field> fields_;
  const char* start_;
  std::vector<std::string> names_{};
  std::size_t nameless_ = 0;
  std::size_t line_ = 1;
};

}  // namespace rungs::io::detail

#endif
