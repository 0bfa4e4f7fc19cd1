// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_TESTS_MEASURE_CHAINS_HPP
#define RUNGS_TESTS_MEASURE_CHAINS_HPP

#include <cmath>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include <rungs/core/random.hpp>
#include <rungs/model/kernel.hpp>

namespace rungs_test {

inline rungs::Ladder ladder_of(Eigen::Index strata, Eigen::Index exits = 0) {
  rungs::Ladder::Builder b = rungs::Ladder::builder();
  for (Eigen::Index k = 0; k < strata; ++k) b.rung("s" + std::to_string(k));
  for (Eigen::Index k = 0; k < exits; ++k) b.exit("x" + std::to_string(k));
  return b.build();
}

inline rungs::Matrix rows(std::initializer_list<std::initializer_list<double>> list) {
  rungs::Matrix m(static_cast<Eigen::Index>(list.size()), static_cast<Eigen::Index>(list.begin()->size()));
  Eigen::Index i = 0;
  for (const auto& row : list) {
    Eigen::Index j = 0;
    for (const double x : row) m(i, j++) = x;
    ++i;
  }
  return m;
}

inline rungs::Vector column(std::initializer_list<double> list) {
  rungs::Vector v(static_cast<Eigen::Index>(list.size()));
  Eigen::Index i = 0;
  for (const double x : list) v[i++] = x;
  return v;
}

/// Rows of random probabilities, some of them 0, none of them near 0; exits stay.
inline rungs::Matrix random_rows(rungs::Stream& s, Eigen::Index strata, Eigen::Index exits, double zeros) {
  const Eigen::Index n = strata + exits;
  rungs::Matrix m = rungs::Matrix::Identity(n, n);
  for (Eigen::Index i = 0; i < strata; ++i) {
    for (Eigen::Index j = 0; j < n; ++j) m(i, j) = i != j && s.uniform() < zeros ? 0 : 0.05 + s.uniform();
    m.row(i) /= m.row(i).sum();
  }
  return m;
}

inline double relative(double found, double expected) { return std::abs(found - expected) / std::abs(expected); }

}  // namespace rungs_test

#endif
