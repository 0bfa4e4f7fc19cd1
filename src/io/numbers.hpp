// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_IO_NUMBERS_HPP
#define RUNGS_IO_NUMBERS_HPP

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <system_error>

#include "source.hpp"
#include "words.hpp"

namespace rungs::io::detail {

/// The finite number that fills the whole text.
inline std::optional<double> finite_number(const std::string& text) {
  double out = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc() || rest != text.data() + text.size() || !std::isfinite(out)) return std::nullopt;
  return out;
}

/// Why a text is no finite number, as far as it tells; `labels` is said of a word.
inline std::string hint_for_number(const std::string& text, const char* labels) {
  double out = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc::invalid_argument && rest == text.data() + text.size()) return {};
  if (std::count(text.begin(), text.end(), ',') == 1) return "write a decimal point: 1.5, not 1,5";
  if (text.find_first_of(" ',") != std::string::npos) return "write the number without separators of thousands";
  return labels;
}

/// Values of a column that look like codes for missing ones.
class MissingCodes {
 public:
  void see_label(const std::string& text, const char* at) {
    if (is_missing_code(text)) suspect(text, text, at, 0);
  }
  void see_number(double value, const std::string& text, const char* at) {
    const bool whole = value == std::floor(value) && std::abs(value) < 1e9;
    if (const std::string code = whole ? std::to_string(static_cast<std::int64_t>(value)) : std::string();
        is_missing_code(code)) {
      suspect(code, text, at, value);
    } else {
      lowest_ = std::min(lowest_, value);
      highest_ = std::max(highest_, value);
    }
  }
  /// A number is told only where it lies apart from all others, which 99 does among years of school.
  void warn(Findings& findings, const std::string& column, bool category) const {
    for (const auto& [code, one] : suspects_) {
      const bool apart =
          one.value < 0 ? one.value < std::min(0.0, 2 * lowest_) : highest_ >= 0 && one.value > 2 * highest_;
      if (!category && !(apart && lowest_ <= highest_)) continue;
      findings.warn("W-COVARIATE-CODE", one.first,
                    "found " + shown(one.text) + " in column " + shown(column) +
                        (one.times == 1 ? " once" : " " + std::to_string(one.times) + " times"),
                    category ? "expected the name of a category" : "expected numbers like the others",
                    "it looks like a code for a missing value, and was read as " +
                        std::string(category ? "a category" : "a number") + ": if it is one, leave the field empty");
    }
  }

 private:
  /// Where it first stands and how, how often, and its number.
  struct Suspect {
    const char* first = nullptr;
    std::string text{};
    std::uint64_t times = 0;
    double value = 0;
  };
  void suspect(const std::string& code, const std::string& text, const char* at, double value) {
    Suspect& one = suspects_[code];
    if (one.times++ == 0) one = {at, text, 1, value};
  }
  std::map<std::string, Suspect> suspects_{};  // of numbers by what they are, however they are written
  double lowest_ = std::numeric_limits<double>::infinity(), highest_ = -std::numeric_limits<double>::infinity();
};

}  // namespace rungs::io::detail

#endif
