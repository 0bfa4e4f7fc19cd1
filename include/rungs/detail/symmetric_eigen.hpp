// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_DETAIL_SYMMETRIC_EIGEN_HPP
#define RUNGS_DETAIL_SYMMETRIC_EIGEN_HPP

#include <algorithm>
#include <cmath>

#include <Eigen/Eigenvalues>

#include <rungs/detail/hessenberg.hpp>
#include <rungs/detail/product.hpp>

namespace rungs::detail {

/// The eigenvalues of a symmetric matrix in rising order, and an eigenvector of length 1 in the column of each.
struct SymmetricEigen {
  Eigen::VectorXd values;
  Eigen::MatrixXd vectors;
};
/// Cost: O(n^3).
inline SymmetricEigen symmetric_eigen(const Eigen::MatrixXd& a) {
  double size = 0;
  for (const double x : a.reshaped()) size = std::max(size, std::abs(x));
  if (size == 0) size = 1;
  Eigen::MatrixXd q;
  const Eigen::MatrixXd h = hessenberg(a / size, &q);
  Eigen::VectorXd diagonal = h.diagonal(), below = h.diagonal(-1);
  Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver;
  solver.computeFromTridiagonal(diagonal, below);
  return {solver.eigenvalues() * size, product(q, solver.eigenvectors())};
}

}  // namespace rungs::detail

#endif
