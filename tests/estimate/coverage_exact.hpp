// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_TESTS_ESTIMATE_COVERAGE_EXACT_HPP
#define RUNGS_TESTS_ESTIMATE_COVERAGE_EXACT_HPP

#include <algorithm>
#include <cmath>
#include <vector>

#include <rungs/estimate/interval.hpp>

namespace rungs_test {

/// For each of 193 probabilities, at(0) to at(192), how often the interval of x of n holds it: a sum over all x.
template <class IntervalOf, class At>
std::vector<double> coverage_at(int n, const IntervalOf& interval, const At& at) {
  std::vector<rungs::Interval> intervals;
  std::vector<double> log_choose;
  for (int x = 0; x <= n; ++x) {
    intervals.push_back(interval(x));
    log_choose.push_back(std::lgamma(n + 1.0) - std::lgamma(x + 1.0) - std::lgamma(n - x + 1.0));
  }
  std::vector<double> out;
  for (int k = 0; k < 193; ++k) {
    const double p = at(k), log_p = std::log(p), log_rest = std::log1p(-p);
    double covered = 0;
    for (int x = 0; x <= n; ++x) {
      const auto i = static_cast<std::size_t>(x);
      if (intervals[i].lower <= p && p <= intervals[i].upper)
        covered += std::exp(log_choose[i] + x * log_p + (n - x) * log_rest);
    }
    out.push_back(covered);
  }
  return out;
}

struct Coverage {
  double mean = 0, least = 2;
  double least_inside = 2;  ///< where 5 or more are expected on each side
};

/// At 193 probabilities evenly apart.
template <class IntervalOf>
Coverage coverage(int n, const IntervalOf& interval) {
  const auto at = [](int k) { return (k + 1) / 194.0; };
  const std::vector<double> covered = coverage_at(n, interval, at);
  Coverage out;
  for (int k = 0; k < 193; ++k) {
    const double c = covered[static_cast<std::size_t>(k)];
    out.mean += c / 193;
    out.least = std::min(out.least, c);
    if (n * std::min(at(k), 1 - at(k)) >= 5) out.least_inside = std::min(out.least_inside, c);
  }
  return out;
}

}  // namespace rungs_test

#endif
