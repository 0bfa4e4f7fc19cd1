// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_DETAIL_SYMMETRIC_FACTOR_HPP
#define RUNGS_DETAIL_SYMMETRIC_FACTOR_HPP

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <utility>
#include <vector>

#include <Eigen/Cholesky>

namespace rungs::detail {

/// A symmetric matrix A, of which the lower triangle is read, as L D L' for L with 1 on the diagonal, the largest of
/// the diagonal of A first. A pivot of rounding size says which row follows from others; pivots are not in falling
/// order. With one kind of right side for all who solve, since each makes compilers work through some twenty types of
/// Eigen's. Cost: n^3 / 3.
class SymmetricFactor {
 public:
  explicit SymmetricFactor(const Eigen::MatrixXd& a)
      : factor_(a), pivots_(factor_.vectorD()), order_(static_cast<std::size_t>(a.rows())) {
    std::iota(order_.begin(), order_.end(), Eigen::Index{0});
    for (std::size_t k = 0; k < order_.size(); ++k)
      std::swap(order_[k],
                order_[static_cast<std::size_t>(factor_.transpositionsP().coeff(static_cast<Eigen::Index>(k)))]);
  }

  /// The diagonal of D.
  [[nodiscard]] const Eigen::VectorXd& pivots() const noexcept { return pivots_; }
  /// The row of A that each pivot is of.
  [[nodiscard]] const std::vector<Eigen::Index>& order() const noexcept { return order_; }
  [[nodiscard]] bool positive_definite() const {
    return std::all_of(pivots_.begin(), pivots_.end(), [](double d) { return d > 0; });
  }
  /// The x of A x = b; where a pivot is 0, as if it were infinite.
  [[nodiscard]] Eigen::VectorXd solve(const Eigen::VectorXd& b) const { return factor_.solve(b); }
  [[nodiscard]] Eigen::MatrixXd inverse() const {
    const Eigen::Index n = pivots_.size();
    Eigen::MatrixXd out(n, n);
    for (Eigen::Index k = 0; k < n; ++k) {
      Eigen::VectorXd unit = Eigen::VectorXd::Zero(n);
      unit[k] = 1;
      out.col(k) = solve(unit);
    }
    return out;
  }
  /// An F with F F' = A, a column for each pivot; negative pivots count as 0.
  [[nodiscard]] Eigen::MatrixXd root() const {
    const Eigen::Index n = pivots_.size();
    Eigen::MatrixXd out = Eigen::MatrixXd::Zero(n, n);
    for (Eigen::Index k = 0; k < n; ++k) {
      const double size = std::sqrt(std::max(0.0, pivots_[k]));
      for (Eigen::Index i = k; i < n; ++i)
        out(order_[static_cast<std::size_t>(i)], k) = size * (i == k ? 1.0 : factor_.matrixLDLT()(i, k));
    }
    return out;
  }

 private:
  Eigen::LDLT<Eigen::MatrixXd> factor_;
  Eigen::VectorXd pivots_;
  std::vector<Eigen::Index> order_;
};

/// A square or narrower matrix F with F F' = covariance, of which only columns that are more than rounding are kept.
inline Eigen::MatrixXd root_of(const Eigen::MatrixXd& covariance) {
  const SymmetricFactor factor(covariance);
  Eigen::MatrixXd out = factor.root();
  Eigen::Index kept = 0;
  for (Eigen::Index k = 0; k < out.cols(); ++k)
    if (k == 0 || factor.pivots()[k] > 1e-13 * factor.pivots()[0]) out.col(kept++) = Eigen::VectorXd(out.col(k));
  out.conservativeResize(out.rows(), kept);
  return out;
}

}  // namespace rungs::detail

#endif
