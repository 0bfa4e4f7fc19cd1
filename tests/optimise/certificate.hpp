// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_TESTS_OPTIMISE_CERTIFICATE_HPP
#define RUNGS_TESTS_OPTIMISE_CERTIFICATE_HPP

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <rungs/optimise/solve.hpp>

namespace rungs_test {

inline constexpr double without_end = rungs::Bounds::infinity;

/// One solution with prices that go together, and no ranges.
inline rungs::LinearSolution solved(const rungs::LinearProgramme& programme) {
  return rungs::solve(programme, {.price = std::vector<rungs::Row>{}, .cost = std::vector<rungs::Column>{}});
}

/// How far values lie outside their bounds at most, each as a part of the bound where that is above 1.
inline double violation(const rungs::LinearProgramme& programme, const rungs::LinearSolution& solution) {
  long double worst = 0;
  const auto see = [&worst](long double value, const rungs::Bounds& bounds) {
    const long double below = static_cast<long double>(bounds.lower()) - value, above = value - bounds.upper();
    if (bounds.lower() > -without_end) worst = std::max(worst, below / std::max(1.0, std::abs(bounds.lower())));
    if (bounds.upper() < without_end) worst = std::max(worst, above / std::max(1.0, std::abs(bounds.upper())));
  };
  for (std::size_t j = 0; j < programme.columns(); ++j)
    see(solution.columns[j].value, programme.bounds(rungs::Column(j)));
  for (std::size_t i = 0; i < programme.rows(); ++i) {
    long double sum = 0;
    for (const rungs::Term& term : programme.terms(rungs::Row(i)))
      sum += static_cast<long double>(term.factor) * solution[term.column].value;
    see(sum, programme.bounds(rungs::Row(i)));
  }
  return static_cast<double>(worst);
}

/// What the prices prove: no numbers that fulfil the rows have a better objective than this (weak duality). Prices of
/// less than `rounding` on the side of no bound count as 0. Plain sums, none of the solver's.
inline double proven(const rungs::LinearProgramme& programme, const rungs::LinearSolution& solution,
                     double rounding = 1e-9) {
  const int sign = programme.sense() == rungs::Sense::minimise ? 1 : -1;
  long double out = 0;
  const auto count = [&](long double price, const rungs::Bounds& bounds) {
    const double end = price > 0 ? bounds.lower() : bounds.upper();
    if (std::abs(end) < without_end) {
      out += price * end;
    } else if (std::abs(price) > rounding) {
      out = -without_end;
    }
  };
  std::vector<long double> reduced(programme.columns());
  for (std::size_t j = 0; j < reduced.size(); ++j) reduced[j] = sign * programme.cost(rungs::Column(j));
  for (std::size_t i = 0; i < programme.rows(); ++i) {
    const long double price = sign * solution.rows[i].shadow_price;
    for (const rungs::Term& term : programme.terms(rungs::Row(i))) reduced[term.column.index()] -= price * term.factor;
    count(price, programme.bounds(rungs::Row(i)));
  }
  for (std::size_t j = 0; j < reduced.size(); ++j) count(reduced[j], programme.bounds(rungs::Column(j)));
  return static_cast<double>(sign * out);
}

/// The solution is feasible and its own prices prove that none is better, to 1e-9.
inline void expect_proven(const rungs::LinearProgramme& programme, const rungs::LinearSolution& solution,
                          double tolerance = 1e-9) {
  EXPECT_LT(violation(programme, solution), tolerance);
  EXPECT_NEAR(proven(programme, solution), solution.objective, tolerance * std::max(1.0, std::abs(solution.objective)));
}

/// The price of a row and its range, against solving again: the objective is on the line just beside the bound and
/// just inside the end of the range, and off it just outside, or there is none.
inline void expect_price(rungs::LinearProgramme programme, rungs::Row row, const rungs::LinearSolution& solution,
                         const std::string& what, double tolerance = 1e-9) {
  const rungs::RowResult& result = solution[row];
  ASSERT_TRUE(result.price_holds) << what;
  const rungs::Bounds bounds = programme.bounds(row);
  if (bounds == rungs::Bounds::none()) return;
  const double bound = result.bound, scale = std::max(1.0, std::abs(solution.objective));
  ASSERT_TRUE(bound == bounds.lower() || bound == bounds.upper()) << what;
  const auto at = [&](double to) {
    if (bounds.lower() == bounds.upper()) {
      programme.set_bounds(row, rungs::Bounds::exactly(to));
    } else if (bound == bounds.upper() ? to < bounds.lower() : to > bounds.upper()) {
      throw rungs::Infeasible("", {});
    } else {
      programme.set_bounds(
          row, bound == bounds.upper() ? rungs::Bounds(bounds.lower(), to) : rungs::Bounds(to, bounds.upper()));
    }
    return solved(programme).objective;
  };
  for (const int direction : {-1, 1}) {
    const double price = direction > 0 ? result.shadow_price : result.shadow_price_of_last;
    const double end = direction > 0 ? result.price_holds->upper : result.price_holds->lower;
    const double room = direction * (end - bound), step = 1e-3 * std::max(1.0, std::abs(bound));
    ASSERT_GE(room, 0) << what;
    const auto line = [&](double to) { return solution.objective + price * (to - bound); };
    if (room > step) {
      ASSERT_LT(std::abs(price), without_end) << what;
      const double far = room < without_end ? end - direction * 1e-7 * std::max(1.0, std::abs(end))
                                            : bound + direction * 10 * std::max(1.0, std::abs(bound));
      for (const double to : {bound + direction * step / 2, far})
        EXPECT_NEAR(at(to), line(to), tolerance * std::max(scale, std::abs(price * (to - bound))))
            << what << " at " << to;
    }
    if (room < without_end) {
      const double beyond = end + direction * step;
      try {
        const double found = at(beyond);
        EXPECT_LT(std::abs(price), without_end) << what << " holds at " << beyond;
        EXPECT_GT(std::abs(found - line(beyond)), 1e-9 * scale) << what << " still on the line at " << beyond;
      } catch (const rungs::Infeasible&) {
      }
    }
  }
}

}  // namespace rungs_test

#endif
