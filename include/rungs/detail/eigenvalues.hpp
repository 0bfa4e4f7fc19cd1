// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_DETAIL_EIGENVALUES_HPP
#define RUNGS_DETAIL_EIGENVALUES_HPP

#include <complex>
#include <vector>

#include <Eigen/Eigenvalues>

namespace rungs::detail {

/// The eigenvalues of a matrix. Cost: O(n^3).
inline std::vector<std::complex<double>> eigenvalues(const Eigen::MatrixXd& a) {
  const Eigen::EigenSolver<Eigen::MatrixXd> solver(a, false);
  std::vector<std::complex<double>> out;
  for (Eigen::Index i = 0; i < a.rows(); ++i) out.push_back(solver.eigenvalues()[i]);
  return out;
}

}  // namespace rungs::detail

#endif
