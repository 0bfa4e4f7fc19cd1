// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_DETAIL_PRODUCT_HPP
#define RUNGS_DETAIL_PRODUCT_HPP

#include <Eigen/LU>

namespace rungs::detail {

// Every kind of product that is written out makes compilers work through some twenty to thirty types of Eigen's, every
// kind of system sixty: for g++ 12 seconds in a large file. What is not hot does it here, with matrices of one kind.

/// a b.
[[nodiscard]] inline Eigen::MatrixXd product(const Eigen::MatrixXd& a, const Eigen::MatrixXd& b) { return a * b; }

/// a x of a vector.
[[nodiscard]] inline Eigen::VectorXd applied(const Eigen::MatrixXd& a, const Eigen::VectorXd& x) { return a * x; }

/// a C a', for a covariance C.
[[nodiscard]] inline Eigen::MatrixXd carried(const Eigen::MatrixXd& a, const Eigen::MatrixXd& covariance) {
  return product(product(a, covariance), a.transpose());
}

/// X of a X = b, where a is square and of full rank.
[[nodiscard]] inline Eigen::MatrixXd solution(const Eigen::MatrixXd& a, const Eigen::MatrixXd& b) {
  return a.partialPivLu().solve(b);
}

}  // namespace rungs::detail

#endif
