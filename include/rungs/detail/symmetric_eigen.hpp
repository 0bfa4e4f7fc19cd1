// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_DETAIL_SYMMETRIC_EIGEN_HPP
#define RUNGS_DETAIL_SYMMETRIC_EIGEN_HPP

#include <Eigen/Eigenvalues>

namespace rungs::detail {

/// The eigenvalues of a symmetric matrix in rising order, and an eigenvector of length 1 in the column of each.
struct SymmetricEigen {
  Eigen::VectorXd values;
  Eigen::MatrixXd vectors;
};
/// Cost: O(n^3).
inline SymmetricEigen symmetric_eigen(const Eigen::MatrixXd& a) {
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(a);
  return {solver.eigenvalues(), solver.eigenvectors()};
}

}  // namespace rungs::detail

#endif
