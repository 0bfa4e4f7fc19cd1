// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include "times.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <optional>
#include <system_error>

#include "words.hpp"

namespace rungs::io::detail {

namespace {

bool all_digits(std::string_view text) { return !text.empty() && std::all_of(text.begin(), text.end(), is_digit); }

constexpr const char* month_names[] = {"January", "February", "March",     "April",   "May",      "June",
                                       "July",    "August",   "September", "October", "November", "December"};
constexpr int month_lengths[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

/// Three numbers between two equal signs, as dates have them.
struct DateParts {
  int numbers[3] = {};
  std::size_t digits[3] = {};
};
std::optional<DateParts> date_parts(std::string_view text) {
  DateParts out;
  char sign = '\0';
  for (std::size_t part = 0; part < 3; ++part) {
    std::size_t digits = 0;
    while (digits < text.size() && is_digit(text[digits])) ++digits;
    if (digits == 0 || digits > 4) return std::nullopt;
    std::from_chars(text.data(), text.data() + digits, out.numbers[part]);
    out.digits[part] = digits;
    text.remove_prefix(digits);
    if (part == 2) break;
    if (text.empty() || (text[0] != '-' && text[0] != '/' && text[0] != '.') || (part == 1 && text[0] != sign))
      return std::nullopt;
    sign = text[0];
    text.remove_prefix(1);
  }
  if (!text.empty() && text[0] != ' ' && text[0] != 'T') return std::nullopt;  // a time of day may follow
  return out;
}

std::string hint_for_date(const DateParts& date) {
  constexpr const char* advice = ": write the year, or number the periods";
  const bool year_first = date.digits[0] == 4;
  if (!year_first) {
    const bool two_ways = date.numbers[0] <= 12 && date.numbers[1] <= 12 && date.numbers[0] != date.numbers[1];
    return std::string("it looks like a date") + (two_ways ? " that may be read in two ways, day or month first" : "") +
           advice;
  }
  const int year = date.numbers[0], month = date.numbers[1], day = date.numbers[2];
  if (month < 1 || month > 12) return "it looks like a date, but there is no month " + std::to_string(month);
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  if (day < 1 || day > (month == 2 && !leap ? 28 : month_lengths[month - 1]))
    return "it looks like a date, but there is no " + std::to_string(day) + " " + month_names[month - 1] + " " +
           std::to_string(year);
  return std::string("it looks like a date") + advice;
}

/// Why a text is no time.
std::string hint_for_time(std::string_view text) {
  if (const auto date = date_parts(text)) return hint_for_date(*date);
  const std::string low = lower(text);
  if (low == "inf" || low == "-inf" || low == "infinity") return "infinity is no time";
  if (is_missing_sign(text)) return "it looks like a missing value: leave such records out";
  if (std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; }))
    return "write digits as 0 to 9";
  const bool lookalike =
      std::any_of(text.begin(), text.end(), is_digit) && std::all_of(text.begin(), text.end(), [](char c) {
        return is_digit(c) || c == 'l' || c == 'I' || c == 'O' || c == 'o';
      });
  if (lookalike) return "a letter stands among the digits: l for 1, or O for 0";
  double number = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc::invalid_argument && rest == text.data() + text.size())
    return "write the number out, without an exponent";
  return {};
}

}  // namespace

Time read_time(std::string_view text) {
  if (text.empty()) return {TimeForm::empty};
  std::int64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  const bool negative = text[0] == '-';
  if (error == std::errc::invalid_argument) return {TimeForm::other};
  bool point = false;
  if (rest != end) {
    const std::string_view decimals(rest + 1, static_cast<std::size_t>(end - rest - 1));
    if (*rest != '.' || !all_digits(decimals)) return {TimeForm::other};
    if (decimals.find_first_not_of('0') != std::string_view::npos) return {TimeForm::fraction};
    point = true;
  }
  const std::string_view whole(text.data(), static_cast<std::size_t>(rest - text.data()));
  if (whole.size() >= 4 && whole.find_first_not_of('9') == std::string_view::npos) return {TimeForm::code};
  if (error == std::errc::result_out_of_range || value != static_cast<std::int32_t>(value))
    return {TimeForm::too_large};
  return {negative ? TimeForm::negative
          : point  ? TimeForm::whole_with_point
                   : TimeForm::whole,
          static_cast<std::int32_t>(value)};
}

void tell_time(Findings& findings, const char* at, const std::string& text, const std::string& column) {
  const std::string found = "found " + shown(text) + " in column " + shown(column);
  switch (read_time(text).form) {
    case TimeForm::whole:
    case TimeForm::whole_with_point:
    case TimeForm::negative:
      return;
    case TimeForm::empty:
      findings.error("E-TIME-EMPTY", at, "found no time in column " + shown(column),
                     "expected a whole number such as 2017");
      return;
    case TimeForm::fraction:
      findings.error("E-TIME-GRID", at, found, "expected a whole number of periods",
                     "number shorter periods one after the other, such as half-years 1, 2, 3");
      return;
    case TimeForm::code:
      findings.error("E-TIME-RANGE", at, found, "expected a time",
                     "it looks like a code for a missing value: leave such records out");
      return;
    case TimeForm::too_large:
      findings.error("E-TIME-RANGE", at, found, "expected a whole number from -2147483648 to 2147483647",
                     "count in larger units, such as years or days");
      return;
    case TimeForm::other:
      findings.error("E-TIME-PARSE", at, found, "expected a whole number such as 2017", hint_for_time(text));
      return;
  }
}

}  // namespace rungs::io::detail
