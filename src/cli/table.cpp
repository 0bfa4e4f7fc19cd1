// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include "table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <utility>

#include "common.hpp"

namespace rungs::cli {

TextTable::TextTable(std::string title, std::vector<std::string> columns)
    : title_(std::move(title)), columns_(std::move(columns)) {}

void TextTable::row(std::vector<std::string> cells) {
  for (std::string& cell : cells) cell = printable(cell);
  rows_.push_back(std::move(cells));
}

void TextTable::note(std::string text) { notes_.push_back(std::move(text)); }

std::string TextTable::text(bool color) const {
  std::vector<std::size_t> width;
  const auto measure = [&width](const std::vector<std::string>& cells) {
    for (std::size_t k = 0; k < cells.size(); ++k) {
      if (width.size() <= k) width.push_back(0);
      width[k] = std::max(width[k], display_width(cells[k]));
    }
  };
  std::vector<std::string> names = columns_;
  for (std::string& name : names) name = printable(name);
  measure(names);
  for (const auto& cells : rows_) measure(cells);

  std::string out;
  const auto line = [&out, &width](const std::vector<std::string>& cells) {
    std::string one = "  ";
    for (std::size_t k = 0; k < cells.size(); ++k) {
      const std::string space(width[k] - display_width(cells[k]), ' ');
      if (k > 0) one += "  ";
      one += k == 0 ? cells[k] + space : space + cells[k];
    }
    one.erase(one.find_last_not_of(' ') + 1);
    out += one + "\n";
  };
  if (!title_.empty()) out += (color ? "\x1b[1m" : "") + printable(title_) + (color ? "\x1b[0m" : "") + "\n";
  if (!names.empty()) line(names);
  for (const auto& cells : rows_) line(cells);
  for (const std::string& note : notes_) out += "  " + printable(note) + "\n";
  return out;
}

std::string rounded(double x) {
  if (std::isnan(x)) return "-";
  if (std::abs(x) >= 1e6 && std::abs(x) < 1e15) return fmt::format("{:.0f}", x);  // money, not 2.4797e+06
  return fmt::format("{:.6g}", x == 0 ? 0.0 : x);
}

std::string years_text(double years) { return rounded(years) + (years == 1 ? " year" : " years"); }

std::string rounded(double x, double lower, double upper) {
  const double half = (upper - lower) / 2;
  if (std::isnan(x) || !(half > 1e-9 * std::abs(x) && std::isfinite(half))) return rounded(x);
  int digits = std::min(15, 1 - static_cast<int>(std::floor(std::log10(half))));
  // A number far smaller than its interval still shows its first digit, rather than 0.
  if (std::abs(x) >= 1e-4 && std::abs(x) < 0.5 * std::pow(10.0, -digits))
    digits = -static_cast<int>(std::floor(std::log10(std::abs(x))));
  if (digits >= 0) {
    std::string out = fmt::format("{:.{}f}", x, digits);
    if (out.front() == '-' && out.find_first_not_of("-0.") == std::string::npos) out.erase(0, 1);
    return out;
  }
  const double unit = std::pow(10.0, -digits);
  return fmt::format("{:.0f}", std::round(x / unit) * unit);
}

std::string value_text(const Estimate& estimate) { return rounded(estimate.value, estimate.lower, estimate.upper); }

std::string interval_text(const Estimate& estimate) {
  if (std::isnan(estimate.lower) || std::isnan(estimate.upper)) return "-";
  // A known cost, or the seats taken where more people apply than there are.
  if (estimate.draws > 0 && estimate.lower == estimate.upper &&
      estimate.standard_deviation <= 1e-12 * std::abs(estimate.value))
    return "same in all draws";
  return rounded(estimate.lower, estimate.lower, estimate.upper) + " to " +
         rounded(estimate.upper, estimate.lower, estimate.upper);
}

std::string varied_text(const Estimate& estimate) {
  const std::vector<std::string> names = estimate.varied.names();
  return names.empty() ? "nothing" : fmt::format("{}", fmt::join(names, ", "));
}

std::string level_text(double level) { return fmt::format("{:.6g} % interval", 100 * level); }

std::size_t display_width(std::string_view text) {
  constexpr std::array<std::pair<std::uint32_t, std::uint32_t>, 5> none{
      {{0x300, 0x36F}, {0x200B, 0x200F}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}}};
  constexpr std::array<std::pair<std::uint32_t, std::uint32_t>, 8> wide{{{0x1100, 0x115F},
                                                                         {0x2E80, 0x303E},
                                                                         {0x3041, 0xA4CF},
                                                                         {0xAC00, 0xD7A3},
                                                                         {0xF900, 0xFAFF},
                                                                         {0xFE30, 0xFE6F},
                                                                         {0xFF00, 0xFF60},
                                                                         {0x1F300, 0x3FFFD}}};
  const auto in = [](const auto& ranges, std::uint32_t c) {
    return std::any_of(ranges.begin(), ranges.end(),
                       [c](const auto& range) { return c >= range.first && c <= range.second; });
  };
  std::size_t width = 0;
  for (std::size_t k = 0; k < text.size();) {
    const auto byte = static_cast<unsigned char>(text[k]);
    const std::size_t length = byte < 0xC0 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
    std::uint32_t c = length == 1 ? byte : byte & (0xFFU >> (length + 1));
    for (std::size_t i = 1; i < length && k + i < text.size(); ++i)
      c = (c << 6U) | (static_cast<unsigned char>(text[k + i]) & 0x3FU);
    width += in(none, c) ? 0U : in(wide, c) ? 2U : 1U;
    k += length;
  }
  return width;
}

std::string csv_line(const std::vector<std::string>& fields) {
  std::string out;
  for (std::size_t k = 0; k < fields.size(); ++k) {
    if (k > 0) out += ',';
    if (fields[k].find_first_of(",\"\r\n") == std::string::npos) {
      out += fields[k];
      continue;
    }
    out += '"';
    for (const char c : fields[k]) out += c == '"' ? std::string("\"\"") : std::string(1, c);
    out += '"';
  }
  return out + "\n";
}

std::string csv_number(double x) { return std::isfinite(x) ? fmt::format("{:.17g}", x == 0 ? 0.0 : x) : std::string(); }

std::vector<std::string> csv_fields(const Estimate& estimate) {
  return {csv_number(estimate.value),
          csv_number(estimate.lower),
          csv_number(estimate.upper),
          csv_number(estimate.level),
          std::to_string(estimate.draws),
          csv_number(estimate.monte_carlo_error),
          fmt::format("{}", fmt::join(estimate.varied.names(), "; "))};
}

std::vector<std::string> csv_estimate_columns() {
  return {"value", "lower", "upper", "level", "draws", "monte_carlo_error", "varied"};
}

}  // namespace rungs::cli
