// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_TESTS_ESTIMATE_TABLES_HPP
#define RUNGS_TESTS_ESTIMATE_TABLES_HPP

#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <rungs/core/random.hpp>
#include <rungs/estimate/loglinear.hpp>

#include "estimators.hpp"

namespace rungs_test {

/// British fathers and sons (Glass 1954), from the bottom up; counts as published.
inline rungs::MobilityTables glass() {
  rungs::Matrix n(5, 5);
  n << 411, 320, 72, 42, 3, 447, 714, 185, 150, 14, 96, 223, 110, 78, 11, 55, 154, 84, 174, 28, 8, 18, 8, 45, 50;
  return {rungs::Ladder::parse("Unskilled < Skilled < Supervisory < Managerial < Professional"), n};
}

/// British fathers and sons in eight statuses (Goodman 1979), as published.
inline rungs::MobilityTables statuses() {
  rungs::Matrix n(8, 8);
  n << 50, 19, 26, 8, 7, 11, 6, 2, 16, 40, 34, 18, 11, 20, 8, 3, 12, 35, 65, 66, 35, 88, 23, 21, 11, 20, 58, 110, 40,
      183, 64, 32, 2, 8, 12, 23, 25, 46, 28, 12, 12, 28, 102, 162, 90, 554, 230, 177, 0, 6, 19, 40, 21, 158, 143, 71, 0,
      3, 14, 32, 15, 126, 91, 106;
  return {ladder_of(8), n};
}

/// Tables of people around a uniform association that differs in strength between layers.
inline rungs::MobilityTables random_tables(std::size_t strata, std::size_t layers, double people, std::uint64_t seed) {
  rungs::Stream s({rungs::Seed(seed), 0});
  std::vector<rungs::Matrix> out;
  std::vector<std::string> names;
  const auto n = static_cast<Eigen::Index>(strata);
  for (std::size_t k = 0; k < layers; ++k) {
    rungs::Matrix m(n, n);
    const double middle = static_cast<double>(strata - 1) / 2, strength = 0.2 + 0.1 * static_cast<double>(k);
    for (Eigen::Index i = 0; i < n; ++i)
      for (Eigen::Index j = 0; j < n; ++j)
        m(i, j) = 1 + std::floor(people * (0.7 + 0.6 * s.uniform()) *
                                 std::exp(strength * (static_cast<double>(i) - middle) * (static_cast<double>(j) - middle)));
    out.push_back(m);
    names.push_back("layer " + std::to_string(k));
  }
  return {ladder_of(strata), out, std::move(names)};
}

}  // namespace rungs_test

#endif
