// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_TESTS_PROJECT_BY_HAND_HPP
#define RUNGS_TESTS_PROJECT_BY_HAND_HPP

// Numbers as one writes them in a table.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <utility>
#include <vector>

#include <rungs/project/projection.hpp>

#include "../measure/chains.hpp"

namespace by_hand {

using rungs_test::column;
inline rungs::Matrix square(std::initializer_list<std::initializer_list<double>> rows) {
  return rungs_test::rows(rows);
}
inline rungs::Kernel kernel(const rungs::Ladder& ladder, const rungs::Matrix& p, rungs::Step step = rungs::Step()) {
  return rungs::Kernel(rungs::TransitionMatrix(ladder, p, step));
}
inline rungs::Population population(const rungs::Ladder& ladder, std::initializer_list<double> heads,
                                    std::vector<rungs::Inflow> inflow = {}) {
  return rungs::Population(rungs::Headcount(ladder, column(heads)), rungs::Period(2000), std::move(inflow));
}
inline void expect_row(const rungs::Matrix& m, Eigen::Index t, std::initializer_list<double> expected,
                       double tolerance = 1e-12) {
  Eigen::Index j = 0;
  for (const double x : expected) {
    EXPECT_NEAR(m(t, j), x, tolerance * std::max(1.0, std::abs(x))) << "row " << t << ", column " << j;
    ++j;
  }
}

}  // namespace by_hand

#endif
