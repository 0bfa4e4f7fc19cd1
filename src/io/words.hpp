// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_IO_WORDS_HPP
#define RUNGS_IO_WORDS_HPP

#include <string>
#include <string_view>
#include <vector>

#include <rungs/core/ladder.hpp>

namespace rungs::io::detail {

/// One of 0 to 9, whatever the locale.
[[nodiscard]] inline bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Text of a file in quotes for messages: never with bytes that a terminal would obey, characters
/// that nobody sees shown as <U+200B>, cut after some 60 bytes.
[[nodiscard]] std::string shown(std::string_view text);
/// A byte that is no text: 0xFF.
[[nodiscard]] std::string shown_byte(char byte);

/// Names in quotes for "expected one of"; of many, the first twelve.
[[nodiscard]] std::string listed(const std::vector<std::string>& names);

/// Why a name may not be among the known ones: letter case, Unicode form, a character that is not
/// seen, a slip of the pen, a total; or that a list was cut at its comma, of names of a `ladder` only where they stand
/// on one rung. Empty when nothing comes to mind.
[[nodiscard]] std::string hint_for_name(std::string_view name, const std::vector<std::string>& known,
                                        const Ladder* ladder = nullptr);

/// The text with accents on their letters and without characters that nobody sees; spaces of other kinds are
/// plain ones, and those at the ends are left out: texts that look alike have the same. Joiners (U+200C, U+200D) stay
/// between letters of Arabic, Indic and other scripts that join letters, where they are seen.
[[nodiscard]] std::string as_seen(std::string_view text);
/// In which way two texts with the same as_seen() differ.
[[nodiscard]] std::string why_seen_alike(std::string_view one, std::string_view other);

/// The first character that breaks a line or turns the direction of writing, "U+000A"; empty where there is none.
[[nodiscard]] std::string breaks_lines(std::string_view text);

/// Whether the text is a usual sign for a missing value: `.`, `NA`, `null` and their like.
[[nodiscard]] bool is_missing_sign(std::string_view text);
/// Whether the text is a usual code for a missing value: nines, perhaps with a minus before.
[[nodiscard]] bool is_missing_code(std::string_view text);
/// Whether the text is a word that a line of totals starts with.
[[nodiscard]] bool is_total(std::string_view text);

/// Throws Refusal [E-COL-ROLE] unless there is a column of groups where the ladder has groups, and only there.
void check_groups(const std::string& column, const Ladder& ladder);

/// The text with ASCII letters in lower case.
[[nodiscard]] std::string lower(std::string_view text);

}  // namespace rungs::io::detail

#endif
