// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_TESTS_CORE_STATISTICS_HPP
#define RUNGS_TESTS_CORE_STATISTICS_HPP

#include <cmath>
#include <cstddef>
#include <vector>

#include <boost/math/distributions/chi_squared.hpp>

namespace rungs_test {

/// How often a true distribution is taken for a wrong one, over all tests of a file. Seeds are
/// fixed: a test that passes once passes always, and this is the chance that the one choice of
/// seeds was unlucky.
inline constexpr double false_alarm = 1e-9;
/// Standard errors that a mean of many may be off: two-sided 1e-9.
inline constexpr double z_limit = 6.11;

/// The p-value of Pearson's chi-square of counts against expected counts; cells with few expected
/// are joined.
inline double chi_square_p(const std::vector<double>& found, const std::vector<double>& expected) {
  double statistic = 0, f = 0, e = 0;
  int cells = 0;
  std::vector<double> fs, es;
  for (std::size_t k = 0; k < found.size(); ++k) {
    f += found[k];
    e += expected[k];
    if (e >= 20) {
      fs.push_back(f);
      es.push_back(e);
      f = e = 0;
    }
  }
  if (fs.empty()) return 0;  // nothing to test is no proof
  fs.back() += f;
  es.back() += e;
  for (std::size_t k = 0; k < fs.size(); ++k, ++cells) statistic += (fs[k] - es[k]) * (fs[k] - es[k]) / es[k];
  if (cells < 2) return 0;
  return boost::math::cdf(boost::math::complement(boost::math::chi_squared_distribution<>(cells - 1), statistic));
}

}  // namespace rungs_test

#endif
