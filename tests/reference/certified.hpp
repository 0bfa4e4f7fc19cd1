// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_TESTS_REFERENCE_CERTIFIED_HPP
#define RUNGS_TESTS_REFERENCE_CERTIFIED_HPP

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "published.hpp"

namespace rungs_test {

/// Half a unit of the last digit of a number as it is printed: what rounding may have taken.
inline double half_a_digit(const std::string& printed) {
  const std::size_t e = std::min(printed.find('e'), printed.size()), point = printed.find('.');
  const int decimals = point < e ? static_cast<int>(e - point) - 1 : 0;
  const int power = e < printed.size() ? std::stoi(printed.substr(e + 1)) : 0;
  return 0.5 * std::pow(10.0, power - decimals);
}

/// A number of ours for the page: not with all its digits, of which the last depend on the compiler.
inline std::string shown(double x) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.12g", x);
  return buffer;
}

/// One line of docs/reference/certification.md, which certification.py writes and compares.
inline void record(const std::string& source, const std::string& figure, const std::string& published,
                   const std::string& ours, double difference) {
  static int count = 0;
  char key[32], words[32];
  std::snprintf(key, sizeof key, "certified_%04d", ++count);
  std::snprintf(words, sizeof words, difference < 1e-12 ? "< 1e-12" : "%.0e", difference);
  testing::Test::RecordProperty(key, nlohmann::json::array({source, figure, published, ours, words}).dump());
}

/// Published numbers as they are printed, the same recomputed without the library from what the publication states, and
/// ours: ours must be the recomputed ones to 1e-9 of them, and the printed ones to every digit. Goes on the page.
template <class Recomputed, class Ours>
void certify(const std::string& source, const std::string& figure, const std::vector<std::string>& printed,
             const Recomputed& recomputed, const Ours& ours) {
  ASSERT_EQ(printed.size(), static_cast<std::size_t>(recomputed.size())) << figure;
  ASSERT_EQ(printed.size(), static_cast<std::size_t>(ours.size())) << figure;
  std::string all, found;
  double difference = 0;
  auto again = std::begin(recomputed);
  auto x = std::begin(ours);
  for (const std::string& text : printed) {
    const double number = std::stod(text), wanted = static_cast<double>(*again++), got = *x++;
    EXPECT_LE(std::abs(got - wanted), 1e-9 * std::abs(wanted)) << source << ", " << figure;
    EXPECT_LE(std::abs(got - number), half_a_digit(text) + 1e-12 * std::abs(number)) << source << ", " << figure;
    all += (all.empty() ? "" : ", ") + text;
    found += (found.empty() ? "" : ", ") + shown(got);
    difference = std::max(difference, std::abs(got - number) / (number == 0 ? 1 : std::abs(number)));
  }
  record(source, figure, all, found, difference);
}
inline void certify(const std::string& source, const std::string& figure, const std::string& printed,
                    long double recomputed, double ours) {
  certify(source, figure, std::vector<std::string>{printed}, std::vector<long double>{recomputed},
          std::vector<double>{ours});
}

/// Numbers computed elsewhere with all their digits: ours must be them to a part of each.
inline void certify(const std::string& source, const std::string& figure, const rungs::Matrix& published,
                    const rungs::Matrix& ours, double tolerance) {
  const double difference = relative(ours, published);
  EXPECT_LT(difference, tolerance) << source << ", " << figure;
  record(source, figure, std::to_string(published.size()) + (published.size() == 1 ? " number" : " numbers"),
         "the same", difference);
}

}  // namespace rungs_test

#endif
