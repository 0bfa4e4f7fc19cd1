// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include "words.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdio>

#include <rungs/core/error.hpp>

namespace rungs::io::detail {

namespace {

/// Latin letters with one accent: the accent alone, the letters without it, the letters with it.
struct Accent {
  char32_t mark;
  std::u32string_view plain;
  std::u32string_view accented;
};
constexpr Accent accents[] = {
    {0x0300, U"AEIOUaeiouÜü", U"ÀÈÌÒÙàèìòùǛǜ"},                                  // grave
    {0x0301, U"AEIOUYaeiouyCcLlNnRrSsZzÜü", U"ÁÉÍÓÚÝáéíóúýĆćĹĺŃńŔŕŚśŹźǗǘ"},      // acute
    {0x0302, U"AEIOUaeiouCcGgHhJjSsWwYy", U"ÂÊÎÔÛâêîôûĈĉĜĝĤĥĴĵŜŝŴŵŶŷ"},          // circumflex
    {0x0303, U"ANOanoIiUu", U"ÃÑÕãñõĨĩŨũ"},                                      // tilde
    {0x0304, U"AaEeIiOoUuÜü", U"ĀāĒēĪīŌōŪūǕǖ"},                                  // macron
    {0x0306, U"AaEeGgIiOoUu", U"ĂăĔĕĞğĬĭŎŏŬŭ"},                                  // breve
    {0x0307, U"CcEeGgIZz", U"ĊċĖėĠġİŻż"},                                        // dot above
    {0x0308, U"AEIOUaeiouyY", U"ÄËÏÖÜäëïöüÿŸ"},                                  // diaeresis
    {0x030A, U"AaUu", U"ÅåŮů"},                                                  // ring
    {0x030B, U"OoUu", U"ŐőŰű"},                                                  // double acute
    {0x030C, U"CcDdEeLlNnRrSsTtZzAaIiOoUuÜü", U"ČčĎďĚěĽľŇňŘřŠšŤťŽžǍǎǏǐǑǒǓǔǙǚ"},  // caron
    {0x0326, U"SsTt", U"ȘșȚț"},                                                  // comma below
    {0x0327, U"CcGgKkLlNnRrSsTt", U"ÇçĢģĶķĻļŅņŖŗŞşŢţ"},                          // cedilla
    {0x0328, U"AaEeIiUu", U"ĄąĘęĮįŲų"},                                          // ogonek
};

/// The code points of valid UTF-8.
std::u32string decoded(std::string_view text) {
  std::u32string out;
  for (std::size_t i = 0; i < text.size();) {
    const auto first = static_cast<unsigned char>(text[i]);
    const std::size_t length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    char32_t point = length == 1 ? first : first & (0x7fU >> length);
    for (std::size_t k = 1; k < length && i + k < text.size(); ++k)
      point = (point << 6) | (static_cast<unsigned char>(text[i + k]) & 0x3fU);
    out += point;
    i += length;
  }
  return out;
}

/// The same text with every accent written apart from its letter.
std::u32string taken_apart(const std::u32string& text) {
  std::u32string out;
  for (char32_t point : text) {
    std::u32string marks;
    for (bool again = true; again;) {
      again = false;
      for (const Accent& accent : accents) {
        const std::size_t at = accent.accented.find(point);
        if (at == std::u32string_view::npos) continue;
        point = accent.plain[at];
        marks.insert(marks.begin(), accent.mark);
        again = true;
        break;
      }
    }
    out += point;
    out += marks;
  }
  return out;
}

bool is_mark(char32_t point) { return point >= 0x300 && point <= 0x36f; }

/// The same text with every accent that follows its letter put on it.
std::u32string put_together(const std::u32string& text) {
  std::u32string out;
  for (const char32_t point : text) {
    const auto* const accent =
        std::find_if(std::begin(accents), std::end(accents), [point](const Accent& a) { return a.mark == point; });
    const std::size_t at =
        accent == std::end(accents) || out.empty() ? std::u32string_view::npos : accent->plain.find(out.back());
    if (at == std::u32string_view::npos)
      out += point;
    else
      out.back() = accent->accented[at];
  }
  return out;
}

bool is_unseen(char32_t point) {
  return (point >= 0x80 && point <= 0xa0) || point == 0xad || point == 0x61c || point == 0x180e ||
         (point >= 0x2000 && point <= 0x200f) || (point >= 0x2028 && point <= 0x202f) ||
         (point >= 0x205f && point <= 0x206f) || point == 0x3000 || point == 0xfeff ||
         (point >= 0xfe00 && point <= 0xfe0f);
}
bool is_unseen_space(char32_t point) {
  return point == 0xa0 || (point >= 0x2000 && point <= 0x200a) || point == 0x202f || point == 0x205f || point == 0x3000;
}

/// Whether the letter is of a script whose letters join, or are written over each other: Arabic, Syriac, N'Ko, the
/// scripts of India and their kin up to Burmese, Khmer, Mongolian.
bool is_joined(char32_t point) {
  return (point >= 0x620 && point <= 0x109f) || (point >= 0x1780 && point <= 0x18af && point != 0x180e) ||
         (point >= 0xfb50 && point <= 0xfdff) || (point >= 0xfe70 && point <= 0xfefc);
}

/// Whether a character is a joiner that is seen: in Persian and in the scripts of India it changes how the letters
/// around it are written, and so tells words apart. Elsewhere it does nothing.
bool is_seen_joiner(const std::u32string& text, std::size_t at) {
  return (text[at] == 0x200c || text[at] == 0x200d) && at > 0 && at + 1 < text.size() && is_joined(text[at - 1]) &&
         is_joined(text[at + 1]);
}

std::string code_point(char32_t point) {
  char buffer[16];
  std::snprintf(buffer, sizeof buffer, "U+%04X", static_cast<unsigned>(point));
  return buffer;
}

bool is_line_or_tab(char32_t point) { return point == U'\t' || point == U'\n' || point == U'\r'; }

/// Without what nobody sees: spaces of other kinds become plain ones, those at the ends vanish. Line ends and tabs may
/// be seen: in quotes they break the line of a file.
std::u32string only_seen(const std::u32string& text, bool with_line_ends = false) {
  std::u32string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char32_t point = text[i];
    if (is_unseen_space(point))
      out += U' ';
    else if ((!is_unseen(point) && point >= 0x20 && point != 0x7f) || (with_line_ends && is_line_or_tab(point)) ||
             is_seen_joiner(text, i))
      out += point;
  }
  while (!out.empty() && out.front() == U' ') out.erase(out.begin());
  while (!out.empty() && out.back() == U' ') out.pop_back();
  return out;
}

std::string encoded(const std::u32string& text) {
  std::string out;
  for (const char32_t point : text) {
    const int more = point < 0x80 ? 0 : point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    static constexpr unsigned lead[] = {0, 0xc0, 0xe0, 0xf0};
    out += static_cast<char>(lead[more] | static_cast<unsigned>(point >> (6 * more)));
    for (int k = more - 1; k >= 0; --k)
      out += static_cast<char>(0x80U | (static_cast<unsigned>(point >> (6 * k)) & 0x3fU));
  }
  return out;
}

bool is_told_apart_unseen(char32_t point) { return is_unseen(point) || point < 0x20 || point == 0x7f; }

/// What is not seen in a text.
std::u32string unseen_in(const std::u32string& text) {
  std::u32string out;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (is_told_apart_unseen(text[i]) && !is_seen_joiner(text, i)) out += text[i];
  return out;
}

std::vector<std::string> cut_at_commas(std::string_view text) {
  std::vector<std::string> out;
  for (;;) {
    const std::size_t comma = text.find(',');
    out.emplace_back(rungs::detail::trimmed(text.substr(0, comma)));
    if (comma == std::string_view::npos) return out;
    text.remove_prefix(comma + 1);
  }
}

/// Whether a list of names may have been cut into those parts: they follow each other in it.
bool was_cut(const std::vector<std::string>& parts, const std::vector<std::string>& known, const Ladder* ladder) {
  if (parts.size() < 2) return false;
  const auto first = std::search(known.begin(), known.end(), parts.begin(), parts.end());
  if (first == known.end()) return false;
  if (ladder == nullptr) return true;
  const auto begin = static_cast<std::size_t>(first - known.begin()), last = begin + parts.size() - 1;
  return last < ladder->size() && ladder->is_exit(begin) == ladder->is_exit(last) && !ladder->upward(begin, last);
}

constexpr std::size_t longest_shown = 60;

}  // namespace

std::string shown(std::string_view text) {
  std::string_view part = text;
  if (text.size() > longest_shown) {
    part = text.substr(0, longest_shown);
    while (!part.empty() && (static_cast<unsigned char>(text[part.size()]) & 0xc0U) == 0x80) part.remove_suffix(1);
  }
  std::string out;
  std::size_t at = 0;
  for (const char32_t point : decoded(part)) {
    const std::size_t length = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    if (is_unseen(point) || is_mark(point))
      out += "<" + code_point(point) + ">";
    else
      out += part.substr(at, length);
    at += length;
  }
  out = rungs::detail::quoted(out);
  if (part.size() < text.size()) out += "... (" + std::to_string(text.size()) + " bytes)";
  return out;
}

std::string shown_byte(char byte) {
  char buffer[8];
  std::snprintf(buffer, sizeof buffer, "0x%02X", static_cast<unsigned>(static_cast<unsigned char>(byte)));
  return buffer;
}

std::string listed(const std::vector<std::string>& names) {
  constexpr std::size_t most = 12;
  std::string out;
  for (std::size_t i = 0; i < std::min(names.size(), most); ++i) out += (i == 0 ? "" : ", ") + shown(names[i]);
  if (names.size() > most) out += " and " + std::to_string(names.size() - most) + " more";
  return out;
}

std::string hint_for_name(std::string_view name, const std::vector<std::string>& known, const Ladder* ladder) {
  if (name.empty() || name.size() > 200) return {};
  const std::u32string points = decoded(name);
  const std::u32string apart = taken_apart(points);
  const std::u32string seen = only_seen(points);
  for (const std::string& candidate : known) {
    const std::u32string other = decoded(candidate);
    if (apart == taken_apart(other))
      return "differs from " + shown(candidate) +
             " only by Unicode normalisation: accents are written apart from their letters in one "
             "of them";
    if (seen == only_seen(other)) {
      const std::u32string unseen = unseen_in(points);
      if (!unseen.empty())
        return "differs from " + shown(candidate) + " only by " + code_point(unseen.front()) + ", which is not seen";
    }
  }
  if (const std::vector<std::string> parts = cut_at_commas(name); was_cut(parts, known, ladder))
    return "it was taken for the names " + listed(parts) +
           ": where names are listed, put one with a comma in double quotes";
  for (const std::string& candidate : known)
    if (lower(candidate) == lower(name)) return "only capital letters differ from " + shown(candidate);
  for (const std::string& candidate : known)
    if (rungs::detail::trimmed(candidate) == rungs::detail::trimmed(name))
      return "only spaces differ from " + shown(candidate);
  if (is_missing_code(name)) return "it looks like a code for a missing value: if so, declare it as missing";
  if (is_total(name)) return "it looks like a total: leave totals out";
  const std::string near = rungs::detail::nearest_name(name, known);
  if (!near.empty()) return "did you mean " + shown(near) + "?";
  return {};
}

std::string as_seen(std::string_view text) {
  const std::u32string points = decoded(text);
  const auto plain = [](char32_t p) { return is_line_or_tab(p) || !(is_told_apart_unseen(p) || is_mark(p)); };
  if (std::all_of(points.begin(), points.end(), plain)) return std::string(text);
  return encoded(put_together(only_seen(points, true)));
}

std::string why_seen_alike(std::string_view one, std::string_view other) {
  const std::u32string both = unseen_in(decoded(one)) + unseen_in(decoded(other));
  const auto unseen = std::find_if(both.begin(), both.end(), [](char32_t p) { return !is_line_or_tab(p); });
  return unseen != both.end() ? "they differ only by " + code_point(*unseen) + ", which is not seen"
                              : "they differ only by Unicode normalisation: accents are written apart from their "
                                "letters in one of them";
}

std::string breaks_lines(std::string_view text) {
  for (const char32_t p : decoded(text))
    if (p < 0x20 || (p >= 0x7f && p < 0xa0) || p == 0x61c || p == 0x200e || p == 0x200f ||
        (p >= 0x2028 && p <= 0x202e) || (p >= 0x2066 && p <= 0x2069))
      return code_point(p);
  return {};
}

bool is_missing_sign(std::string_view text) {
  static constexpr std::string_view signs[] = {".", "na", "n/a", "#n/a", "nan", "null", "none", "<na>", "missing"};
  if (text.empty() || text.size() > 7 || std::string_view(".#<nNmM").find(text[0]) == std::string_view::npos)
    return false;
  if (text.size() == 2 && text[0] == '.' && text[1] >= 'a' && text[1] <= 'z') return true;  // as Stata has them
  const std::string low = lower(text);
  return std::find(std::begin(signs), std::end(signs), low) != std::end(signs);
}

bool is_missing_code(std::string_view text) {
  const bool negative = !text.empty() && text[0] == '-';
  std::string_view digits = text.substr(negative ? 1 : 0);
  // Programs that hold codes as numbers write them with decimals: -9.0.
  if (const std::size_t point = digits.find('.');
      point != std::string_view::npos && digits.find_first_not_of('0', point + 1) == std::string_view::npos)
    digits = digits.substr(0, point);
  if (digits.empty() || digits.size() > 9) return false;
  if (digits.size() == 1) return negative && digits[0] >= '1' && digits[0] <= '9';
  const char first = digits[0];
  return (first == '9' || first == '8') &&
         std::all_of(digits.begin(), digits.end() - 1, [first](char c) { return c == first; }) &&
         digits.back() >= '7' && digits.back() <= '9';
}

bool is_total(std::string_view text) {
  static constexpr std::string_view words[] = {"total", "totals", "grand total", "sum", "n",
                                               "obs",   "mean",   "average",     "all", "median"};
  std::string low = text.size() < 32 ? lower(rungs::detail::trimmed(text)) : std::string();
  while (!low.empty() && (low.back() == ':' || low.back() == '=')) low.pop_back();
  return std::find(std::begin(words), std::end(words), low) != std::end(words);
}

void check_groups(const std::string& column, const Ladder& ladder) {
  if (column.empty() != ladder.groups().empty())
    throw Refusal("E-COL-ROLE", column.empty() ? "found a ladder for groups of people without a column of groups; "
                                                 "expected both or none"
                                               : "found the column of groups " + shown(column) +
                                                     " and a ladder without groups; expected both or none");
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

}  // namespace rungs::io::detail
