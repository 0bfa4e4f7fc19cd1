// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_IO_ENCODING_HPP
#define RUNGS_IO_ENCODING_HPP

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace rungs::io::detail {

/// Whether nothing is to be converted: no encoding, or UTF-8 by name.
[[nodiscard]] bool is_utf8(std::string_view encoding) noexcept;
/// Whether texts of an encoding are full of NULs, and may begin with a mark: UTF-16, UTF-32 and their kin.
[[nodiscard]] bool is_wide(const std::string& encoding);

/// "GBK, as --encoding (in scenarios encoding) says".
[[nodiscard]] std::string as_named(const std::string& encoding);
/// "name it with --encoding GBK (in scenarios encoding)".
[[nodiscard]] std::string name_it(const std::string& encoding);

/// Text as UTF-8, and how many of its bytes became that: all of them, unless one is no text in its encoding.
struct Converted {
  std::vector<char> text{};
  std::size_t bytes = 0;
};

/// Converts text to UTF-8, without a mark at its start.
///
/// Throws Refusal [E-ENC-UNKNOWN]. Cost: O(size), by iconv().
[[nodiscard]] Converted to_utf8(std::string_view text, const std::string& encoding);

}  // namespace rungs::io::detail

#endif
