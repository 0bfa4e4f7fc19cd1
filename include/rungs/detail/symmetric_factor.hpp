// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_DETAIL_SYMMETRIC_FACTOR_HPP
#define RUNGS_DETAIL_SYMMETRIC_FACTOR_HPP

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>
#include <utility>
#include <vector>

#include <Eigen/Core>

namespace rungs::detail {

/// A symmetric matrix A, of which the lower triangle is read, as L D L' for L with 1 on the diagonal: Cholesky's
/// factors without roots. Plain loops, since those of Eigen make compilers work through 60 to 130 types.
///
/// In the order given, or with the largest of the diagonal of A first, which is safe for a matrix of lower rank too: a
/// pivot of rounding size says which row follows from others. Pivots are not in falling order. Cost: n^3 / 3.
class SymmetricFactor {
 public:
  enum class Order : bool { given, largest_first };

  explicit SymmetricFactor(Eigen::MatrixXd a, Order order = Order::given)
      : l_(std::move(a)), pivots_(l_.rows()), order_(static_cast<std::size_t>(l_.rows())) {
    std::iota(order_.begin(), order_.end(), Eigen::Index{0});
    if (order == Order::largest_first) permute();
    const Eigen::Index n = l_.rows();
    for (Eigen::Index k = 0; k < n; ++k) {
      double* const own = l_.data() + k * n;
      const double pivot = pivots_[k] = own[k];
      if (!(std::abs(pivot) > 0)) continue;
      for (Eigen::Index j = k + 1; j < n; ++j) {
        const double f = own[j] / pivot;
        if (f == 0) continue;
        double* const column = l_.data() + j * n;
        for (Eigen::Index i = j; i < n; ++i) column[i] -= f * own[i];
      }
      for (Eigen::Index i = k + 1; i < n; ++i) own[i] /= pivot;
    }
  }

  /// The diagonal of D.
  [[nodiscard]] const Eigen::VectorXd& pivots() const noexcept { return pivots_; }
  /// The row of A that each pivot is of.
  [[nodiscard]] const std::vector<Eigen::Index>& order() const noexcept { return order_; }
  [[nodiscard]] bool positive_definite() const {
    return std::all_of(pivots_.begin(), pivots_.end(), [](double d) { return d > 0; });
  }
  /// The x of A x = b; where a pivot is 0, as if it were infinite.
  [[nodiscard]] Eigen::VectorXd solve(const Eigen::VectorXd& b) const {
    const Eigen::Index n = l_.rows();
    Eigen::VectorXd x(n), out(n);
    for (Eigen::Index k = 0; k < n; ++k) x[k] = b[order_[static_cast<std::size_t>(k)]];
    for (Eigen::Index k = 0; k < n; ++k) {
      if (x[k] == 0) continue;
      const double* const own = l_.data() + k * n;
      for (Eigen::Index i = k + 1; i < n; ++i) x[i] -= x[k] * own[i];
    }
    for (Eigen::Index k = n; k-- > 0;) {
      const double* const own = l_.data() + k * n;
      double sum = std::abs(pivots_[k]) > std::numeric_limits<double>::min() ? x[k] / pivots_[k] : 0.0;
      for (Eigen::Index i = k + 1; i < n; ++i) sum -= own[i] * x[i];
      out[order_[static_cast<std::size_t>(k)]] = x[k] = sum;
    }
    return out;
  }
  [[nodiscard]] Eigen::MatrixXd inverse() const {
    const Eigen::Index n = l_.rows();
    Eigen::MatrixXd out(n, n);
    Eigen::VectorXd unit = Eigen::VectorXd::Zero(n);
    for (Eigen::Index k = 0; k < n; ++k) {
      unit[k] = 1;
      out.col(k) = solve(unit);
      unit[k] = 0;
    }
    return out;
  }
  /// An F with F F' = A, a column for each pivot; negative pivots count as 0. In the order given it is Cholesky's, with
  /// zeros above the diagonal.
  [[nodiscard]] Eigen::MatrixXd root() const {
    const Eigen::Index n = l_.rows();
    Eigen::MatrixXd out = Eigen::MatrixXd::Zero(n, n);
    for (Eigen::Index k = 0; k < n; ++k) {
      const double size = std::sqrt(std::max(0.0, pivots_[k]));
      for (Eigen::Index i = k; i < n; ++i)
        out(order_[static_cast<std::size_t>(i)], k) = size * (i == k ? 1.0 : l_(i, k));
    }
    return out;
  }

 private:
  void permute() {
    const auto size = [this](Eigen::Index k) { return std::abs(l_(k, k)); };
    for (auto at = order_.begin(); at != order_.end(); ++at)
      std::iter_swap(at, std::max_element(at, order_.end(), [&](auto a, auto b) { return size(a) < size(b); }));
    const Eigen::MatrixXd a = l_;
    for (Eigen::Index j = 0; j < a.cols(); ++j)
      for (Eigen::Index i = j; i < a.rows(); ++i) {
        const Eigen::Index r = order_[static_cast<std::size_t>(i)], c = order_[static_cast<std::size_t>(j)];
        l_(i, j) = a(std::max(r, c), std::min(r, c));
      }
  }
  Eigen::MatrixXd l_;
  Eigen::VectorXd pivots_;
  std::vector<Eigen::Index> order_;
};

/// A square or narrower matrix F with F F' = covariance, of which only columns that are more than rounding are kept.
inline Eigen::MatrixXd root_of(const Eigen::MatrixXd& covariance) {
  const SymmetricFactor factor(covariance, SymmetricFactor::Order::largest_first);
  const Eigen::MatrixXd all = factor.root();
  Eigen::MatrixXd out(all.rows(), all.cols());
  Eigen::Index kept = 0;
  for (Eigen::Index k = 0; k < all.cols(); ++k)
    if (k == 0 || factor.pivots()[k] > 1e-13 * factor.pivots()[0]) out.col(kept++) = all.col(k);
  out.conservativeResize(all.rows(), kept);
  return out;
}

}  // namespace rungs::detail

#endif
