// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_IO_SCANNER_HPP
#define RUNGS_IO_SCANNER_HPP

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "source.hpp"

namespace rungs::io::detail {

/// One field of a record, as it stands in the file: inside the quotes, where there are any.
struct Field {
  enum class Form : std::uint8_t { plain, quoted, with_doubled_quotes };

  const char* begin = nullptr;
  const char* end = nullptr;
  Form form = Form::plain;

  [[nodiscard]] std::string_view text() const noexcept { return {begin, static_cast<std::size_t>(end - begin)}; }
  [[nodiscard]] std::size_t size() const noexcept { return static_cast<std::size_t>(end - begin); }
  [[nodiscard]] bool empty() const noexcept { return begin == end; }
  /// What is meant: with doubled quotes made single.
  [[nodiscard]] std::string meant() const;
};

/// Cuts a source into records and fields as RFC 4180 has them, and says where it cannot.
///
/// The text ends in a NUL, has no other, and may be read some bytes beyond its end.
class Scanner {
 public:
  enum class Found : std::uint8_t { record, broken_record, end };

  Scanner(const Source& source, Findings& findings);
  /// The same from a record on, by the start of its line; lines are counted from there.
  Scanner(const Source& source, Findings& findings, const char* at) : Scanner(source, findings) { at_ = at; }

  /// The fields of the first line; throws InputError when they cannot be told apart.
  [[nodiscard]] std::vector<Field> header();
  /// Reads a record of as many fields as `slot_of` is long: field c goes to slots[slot_of[c]].
  ///
  /// A broken record is told of and left out; then the slots hold nothing of use. Blank lines are
  /// skipped.
  template <class Slot>
  [[nodiscard]] Found next(std::span<const Slot> slot_of, Field* slots) {
    const std::size_t columns = slot_of.size();
    for (;;) {
      const char* p = at_;
      if (*p == '\0') return Found::end;
      record_ = p;
      record_line_ = line_;
      std::size_t c = 0;
      for (;;) {
        Field& field = slots[slot_of[c]];
        if (*p != '"') [[likely]] {
          field.begin = p;
          p = find_end(p);
          field.end = p;
          field.form = Field::Form::plain;
          if (*p == '"') [[unlikely]]
            return bare_quote(p);
        } else {
          p = quoted(p, field);
          if (p == nullptr) return Found::broken_record;
        }
        if (p - field.begin > longest_field) [[unlikely]]
          return long_field(field);
        ++c;
        if (*p != ',') break;
        if (c == columns) [[unlikely]]
          return too_many(p, columns);
        ++p;
      }
      if (c != columns) [[unlikely]] {
        if (c == 1 && is_blank_line(p)) continue;
        return too_few(p, c, columns);
      }
      if (*p == '\n') [[likely]]
        at_ = p + 1;
      else
        end_line(p);
      ++line_;
      return Found::record;
    }
  }
  /// Where the next record starts, and on which line.
  [[nodiscard]] const char* at() const noexcept { return at_; }
  [[nodiscard]] std::uint64_t line() const noexcept { return line_; }
  /// Goes on from there, somebody else having read the records before.
  void go_on(const char* at, std::uint64_t line) noexcept {
    at_ = at;
    line_ = line;
  }
  /// Where the last record starts, and on which line.
  [[nodiscard]] const char* record() const noexcept { return record_; }
  [[nodiscard]] std::uint64_t record_line() const noexcept { return record_line_; }
  /// The first blank line that has records after it, or null.
  [[nodiscard]] const char* blank_line() const noexcept { return blank_line_; }

  static constexpr std::ptrdiff_t longest_field = std::ptrdiff_t{1} << 20;

  /// The first separator, line end, quote or NUL from `p` on. All of them are at most 0x2C, letters
  /// and digits above.
  [[nodiscard]] static const char* find_end(const char* p) noexcept {
    for (;;) {
      if constexpr (std::endian::native == std::endian::little) {
        constexpr std::uint64_t ones = 0x0101010101010101ULL;
        std::uint64_t w = 0;
        std::memcpy(&w, p, sizeof w);
        const std::uint64_t low = (w - ones * 0x2d) & ~w & (ones * 0x80);
        if (low == 0) {
          p += 8;
          continue;
        }
        p += std::countr_zero(low) >> 3;
      }
      if (ends_field(*p)) return p;
      ++p;
    }
  }

 private:
  static bool ends_field(char c) noexcept { return c == ',' || c == '\n' || c == '\r' || c == '"' || c == '\0'; }
  const char* quoted(const char* p, Field& field);  // the end of the field, null after an error
  bool is_blank_line(const char* p);                // of one field that ends at p; if so, it is skipped
  void end_line(const char* p);
  Found skip_line(const char* p);
  Found bare_quote(const char* p);
  Found long_field(const Field& field);
  Found too_many(const char* p, std::size_t columns);
  Found too_few(const char* p, std::size_t fields, std::size_t columns);

  Findings& findings_;
  const char* at_;
  const char* record_;
  const char* last_text_;  // behind it there are only blank lines
  const char* blank_line_ = nullptr;
  std::uint64_t line_;
  std::uint64_t record_line_;
  bool lone_return_told_ = false;
};

}  // namespace rungs::io::detail

#endif
