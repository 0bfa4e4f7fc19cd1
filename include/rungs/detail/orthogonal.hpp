// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_DETAIL_ORTHOGONAL_HPP
#define RUNGS_DETAIL_ORTHOGONAL_HPP

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>
#include <utility>
#include <vector>

#include <Eigen/Core>

namespace rungs::detail {

// Those of Eigen make compilers work through 150 to 220 types each.

/// A matrix A as Q R by Householder's reflections, its columns in the order given, or the longest of what is left
/// first, which shows its rank.
///
/// Cost: 2 m n^2 for m rows of n columns. Method: Golub and Van Loan (2013), Matrix Computations, sections 5.2 to 5.5.
class OrthogonalFactor {
 public:
  /// Of columns that do not depend on each other.
  explicit OrthogonalFactor(Eigen::MatrixXd a) : OrthogonalFactor(std::move(a), false) { rank_ = scale_.size(); }
  /// Of any columns: those of which less is left than `tolerance` of the longest follow from others.
  OrthogonalFactor(Eigen::MatrixXd a, double tolerance) : OrthogonalFactor(std::move(a), true) {
    while (rank_ < scale_.size() && std::abs(r_(rank_, rank_)) > tolerance * std::abs(r_(0, 0))) ++rank_;
  }

  [[nodiscard]] Eigen::Index rank() const noexcept { return rank_; }
  /// Orthonormal columns that are at right angles to all of A.
  [[nodiscard]] Eigen::MatrixXd rest() const {
    Eigen::MatrixXd out(r_.rows(), r_.rows() - rank_);
    Eigen::VectorXd unit(r_.rows());
    for (Eigen::Index k = 0; k < out.cols(); ++k) {
      unit.setZero();
      unit[rank_ + k] = 1;
      rotate(unit);
      out.col(k) = unit;
    }
    return out;
  }
  /// The shortest x of the smallest |A x - b|.
  [[nodiscard]] Eigen::VectorXd solve(Eigen::VectorXd b) const {
    for (Eigen::Index k = 0; k < rank_; ++k) reflect(k, b);
    Eigen::VectorXd x = Eigen::VectorXd::Zero(r_.cols()), out = x;
    if (rank_ == r_.cols()) {
      for (Eigen::Index k = rank_; k-- > 0;) {
        x[k] = b[k];
        for (Eigen::Index j = k + 1; j < rank_; ++j) x[k] -= r_(k, j) * x[j];
        x[k] /= r_(k, k);
      }
    } else {  // R' = Z S, and x = Z y for S' y = b
      Eigen::MatrixXd across = Eigen::MatrixXd::Zero(r_.cols(), rank_);
      for (Eigen::Index k = 0; k < rank_; ++k)
        for (Eigen::Index j = k; j < r_.cols(); ++j) across(j, k) = r_(k, j);
      const OrthogonalFactor z(std::move(across));
      for (Eigen::Index k = 0; k < rank_; ++k) {
        x[k] = b[k];
        for (Eigen::Index j = 0; j < k; ++j) x[k] -= z.r_(j, k) * x[j];
        x[k] /= z.r_(k, k);
      }
      z.rotate(x);
    }
    for (Eigen::Index k = 0; k < x.size(); ++k) out[order_[static_cast<std::size_t>(k)]] = x[k];
    return out;
  }

 private:
  OrthogonalFactor(Eigen::MatrixXd a, bool longest_first)
      : r_(std::move(a)), scale_(std::min(r_.rows(), r_.cols())), order_(static_cast<std::size_t>(r_.cols())) {
    std::iota(order_.begin(), order_.end(), Eigen::Index{0});
    for (Eigen::Index k = 0; k < scale_.size(); ++k) {
      const Eigen::Index below = r_.rows() - k - 1;
      if (longest_first) {
        Eigen::Index longest = k;
        double most = -1;
        for (Eigen::Index j = k; j < r_.cols(); ++j)
          if (const double left = r_.col(j).tail(below + 1).squaredNorm(); left > most) {
            most = left;
            longest = j;
          }
        if (longest != k) {
          std::swap_ranges(&r_(0, k), &r_(0, k) + r_.rows(), &r_(0, longest));
          std::swap(order_[static_cast<std::size_t>(k)], order_[static_cast<std::size_t>(longest)]);
        }
      }
      const double tail = r_.col(k).tail(below).squaredNorm(), first = r_(k, k);
      scale_[k] = 0;
      if (!(tail > std::numeric_limits<double>::min())) continue;
      const double length = first >= 0 ? -std::sqrt(first * first + tail) : std::sqrt(first * first + tail);
      r_.col(k).tail(below) /= first - length;
      scale_[k] = (length - first) / length;
      r_(k, k) = length;
      for (Eigen::Index j = k + 1; j < r_.cols(); ++j) {
        const double part = scale_[k] * (r_(k, j) + r_.col(k).tail(below).dot(r_.col(j).tail(below)));
        r_(k, j) -= part;
        r_.col(j).tail(below) -= part * r_.col(k).tail(below);
      }
    }
  }
  /// Reflection k of a vector.
  void reflect(Eigen::Index k, Eigen::VectorXd& x) const {
    const double* const v = r_.data() + k * r_.rows();
    double part = x[k];
    for (Eigen::Index i = k + 1; i < x.size(); ++i) part += v[i] * x[i];
    part *= scale_[k];
    x[k] -= part;
    for (Eigen::Index i = k + 1; i < x.size(); ++i) x[i] -= part * v[i];
  }
  /// Q x.
  void rotate(Eigen::VectorXd& x) const {
    for (Eigen::Index k = rank_; k-- > 0;) reflect(k, x);
  }
  Eigen::MatrixXd r_;      ///< and below the diagonal the reflections, whose first number is 1
  Eigen::VectorXd scale_;  ///< of the reflections
  std::vector<Eigen::Index> order_;
  Eigen::Index rank_ = 0;
};

/// The singular values of a matrix, the largest first, and their vectors: A = left values right'.
struct SingularValues {
  Eigen::VectorXd values;
  Eigen::MatrixXd left;   ///< a column for each value; 0 where the value is
  Eigen::MatrixXd right;  ///< square
};

/// By turning pairs of columns until all are at right angles. Cost: some 8 m n^2 for each of about 8 rounds. Method:
/// Hestenes (1958), no less exact than other ways (Demmel and Veselic 1992, doi 10.1137/0613074).
inline SingularValues singular_values(const Eigen::MatrixXd& a) {
  const Eigen::Index n = a.cols();
  Eigen::MatrixXd turned = a, right = Eigen::MatrixXd::Identity(n, n);
  const auto turn = [](Eigen::MatrixXd& m, Eigen::Index i, Eigen::Index j, double cosine, double sine) {
    for (Eigen::Index k = 0; k < m.rows(); ++k) {
      const double x = m(k, i), y = m(k, j);
      m(k, i) = cosine * x - sine * y;
      m(k, j) = sine * x + cosine * y;
    }
  };
  const double tiny = 1e-30 * a.squaredNorm();
  bool done = false;
  for (int round = 0; round < 60 && !done; ++round) {
    done = true;
    for (Eigen::Index i = 0; i + 1 < n; ++i)
      for (Eigen::Index j = i + 1; j < n; ++j) {
        const double x = turned.col(i).squaredNorm(), y = turned.col(j).squaredNorm(),
                     between = turned.col(i).dot(turned.col(j));
        if (!(std::min(x, y) > tiny && std::abs(between) > 1e-15 * std::sqrt(x) * std::sqrt(y))) continue;
        done = false;
        const double angle = (y - x) / (2 * between);
        const double tangent = (angle >= 0 ? 1 : -1) / (std::abs(angle) + std::hypot(1, angle));
        const double cosine = 1 / std::hypot(1, tangent);
        turn(turned, i, j, cosine, cosine * tangent);
        turn(right, i, j, cosine, cosine * tangent);
      }
  }
  std::vector<Eigen::Index> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), Eigen::Index{0});
  Eigen::VectorXd lengths(n);
  for (Eigen::Index k = 0; k < n; ++k) lengths[k] = turned.col(k).norm();
  std::stable_sort(order.begin(), order.end(), [&](auto i, auto j) { return lengths[i] > lengths[j]; });
  SingularValues out{Eigen::VectorXd(n), Eigen::MatrixXd::Zero(a.rows(), n), Eigen::MatrixXd(n, n)};
  for (Eigen::Index k = 0; k < n; ++k) {
    const Eigen::Index from = order[static_cast<std::size_t>(k)];
    out.values[k] = lengths[from];
    if (lengths[from] > 0) out.left.col(k) = turned.col(from) / lengths[from];
    out.right.col(k) = right.col(from);
  }
  return out;
}

}  // namespace rungs::detail

#endif
