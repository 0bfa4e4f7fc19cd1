// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_DETAIL_EIGENVALUES_HPP
#define RUNGS_DETAIL_EIGENVALUES_HPP

#include <algorithm>
#include <cmath>
#include <complex>
#include <vector>

#include <Eigen/Eigenvalues>

#include <rungs/detail/hessenberg.hpp>

namespace rungs::detail {

/// The eigenvalues of a matrix; those that are not real come in pairs, the one above the axis first. Cost: O(n^3).
inline std::vector<std::complex<double>> eigenvalues(const Eigen::MatrixXd& a) {
  Eigen::RealSchur<Eigen::MatrixXd> schur;
  schur.computeFromHessenberg(hessenberg(a), a, false);
  const Eigen::MatrixXd& t = schur.matrixT();  // triangular but for blocks of two, one for each pair
  std::vector<std::complex<double>> out;
  for (Eigen::Index i = 0; i < t.rows(); ++i) {
    if (i + 1 == t.rows() || t(i + 1, i) == 0) {
      out.emplace_back(t(i, i));
      continue;
    }
    const double half = (t(i, i) - t(i + 1, i + 1)) / 2, below = t(i + 1, i), above = t(i, i + 1);
    const double size = std::max({std::abs(half), std::abs(below), std::abs(above)});
    const double imaginary = size * std::sqrt(std::abs(half / size * (half / size) + below / size * (above / size)));
    out.emplace_back(t(i + 1, i + 1) + half, imaginary);
    out.push_back(std::conj(out.back()));
    ++i;
  }
  return out;
}

}  // namespace rungs::detail

#endif
