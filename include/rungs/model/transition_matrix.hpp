// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_MODEL_TRANSITION_MATRIX_HPP
#define RUNGS_MODEL_TRANSITION_MATRIX_HPP

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <utility>

#include <Eigen/Core>

#include <rungs/core/ladder.hpp>
#include <rungs/core/time.hpp>

namespace rungs {

/// A dense matrix whose rows are contiguous; converts to and from any other Eigen matrix by assignment.
using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
/// A column of numbers, one for each stratum and exit of a ladder.
using Vector = Eigen::VectorXd;

/// Marks an entry point that does not check its argument.
struct unchecked_t {};
inline constexpr unchecked_t unchecked{};

/// The probabilities of every move of a ladder in one step: entry (i, j) is P(next = j | now = i).
///
/// Square, in the ladder's order with the exits last; rows sum to 1; exits stay where they are. Row sums are accepted
/// within 1e-15 n + 1e-15 (never above 1e-12) and then corrected in the largest entry of the row, so that they are as
/// exact as they can be; anything further off is refused, never repaired.
/// Throws Refusal [E-SHAPE]; DomainError [E-PROB] for an entry outside [0, 1], [E-ROWSUM] naming the row and its sum,
/// [E-STRUCT-ZERO] for mass on an impossible move.
/// Cost: O(n^2) to check.
class TransitionMatrix {
 public:
  TransitionMatrix(Ladder ladder, Matrix probabilities, Step step = Step{})
      : ladder_(std::move(ladder)), p_(std::move(probabilities)), step_(step) {
    check();
    correct();
  }
  TransitionMatrix(unchecked_t /*tag*/, Ladder ladder, Matrix probabilities, Step step = Step{})
      : ladder_(std::move(ladder)), p_(std::move(probabilities)), step_(step) {
#ifdef RUNGS_AUDIT
    check();
#endif
  }
  /// Rows of weights (counts, percentages) divided by their sums, on purpose.
  ///
  /// Throws Refusal [E-ROW-EMPTY] for a row without weight, and as the constructor.
  [[nodiscard]] static TransitionMatrix from_weights(Ladder ladder, Matrix weights, Step step = Step{}) {
    for (Eigen::Index i = 0; i < weights.rows(); ++i) {
      const double sum = weights.row(i).sum();
      if (!(sum > 0) || !std::isfinite(sum))
        throw Refusal("E-ROW-EMPTY", "found a row without weight" +
                                         (static_cast<std::size_t>(i) < ladder.size()
                                              ? ", that of " + detail::quoted(ladder.name(static_cast<std::size_t>(i)))
                                              : std::string()) +
                                         "; expected at least one move");
      weights.row(i) /= sum;
    }
    return {std::move(ladder), std::move(weights), step};
  }

  [[nodiscard]] const Ladder& ladder() const noexcept { return ladder_; }
  [[nodiscard]] const Matrix& matrix() const& noexcept { return p_; }
  [[nodiscard]] Matrix matrix() && noexcept { return std::move(p_); }
  [[nodiscard]] Step step() const noexcept { return step_; }
  [[nodiscard]] Eigen::Index size() const noexcept { return p_.rows(); }
  /// P(next = to | now = from).
  [[nodiscard]] double operator()(const Stratum& from, const Stratum& to) const {
    ladder_.require_own(from);
    ladder_.require_own(to);
    return p_(static_cast<Eigen::Index>(from.index()), static_cast<Eigen::Index>(to.index()));
  }
  friend bool operator==(const TransitionMatrix& a, const TransitionMatrix& b) {
    return a.ladder_ == b.ladder_ && a.step_ == b.step_ && a.p_ == b.p_;
  }

 private:
  friend class Kernel;
  void check() const {
    const auto n = static_cast<Eigen::Index>(ladder_.size());
    if (p_.rows() != n || p_.cols() != n)
      throw Refusal("E-SHAPE", "found a matrix of " + std::to_string(p_.rows()) + " by " + std::to_string(p_.cols()) +
                                   "; expected " + std::to_string(n) + " by " + std::to_string(n) +
                                   ", the strata and exits of the ladder");
    const double tolerance = std::min(1e-12, 1e-15 * static_cast<double>(n) + 1e-15);
    for (Eigen::Index i = 0; i < n; ++i) {
      const std::string& from = ladder_.name(static_cast<std::size_t>(i));
      for (Eigen::Index j = 0; j < n; ++j) {
        const double p = p_(i, j);
        const auto cell = [&] {
          return " from " + detail::quoted(from) + " to " + detail::quoted(ladder_.name(static_cast<std::size_t>(j)));
        };
        if (!(p >= 0 && p <= 1))
          throw DomainError("E-PROB",
                            "found a probability of " + detail::text(p) + cell() + "; expected a number from 0 to 1" +
                                percent(p_.row(i).sum()),
                            p);
        if (p > 0 && !ladder_.possible(static_cast<std::size_t>(i), static_cast<std::size_t>(j)))
          throw DomainError("E-STRUCT-ZERO",
                            "found a probability of " + detail::text(p) + cell() +
                                "; expected 0, since the ladder declares the move impossible",
                            p);
      }
      const double sum = p_.row(i).sum();
      if (!(std::abs(sum - 1) <= tolerance)) {
        throw DomainError("E-ROWSUM",
                          "found a row sum of " + detail::text(sum) + " for " + detail::quoted(from) + "; expected 1" +
                              (transposed() ? "; is the matrix transposed?" : percent(sum)),
                          sum);
      }
    }
  }
  void correct() {
    for (Eigen::Index i = 0; i < p_.rows(); ++i) {
      const double sum = p_.row(i).sum();
      if (sum == 1) continue;
      Eigen::Index largest = 0;
      p_.row(i).maxCoeff(&largest);
      p_(i, largest) -= sum - 1;
    }
  }
  [[nodiscard]] static std::string percent(double sum) { return std::abs(sum - 100) < 1 ? "; are these percent?" : ""; }
  [[nodiscard]] bool transposed() const {
    for (Eigen::Index j = 0; j < p_.cols(); ++j)
      if (!(std::abs(p_.col(j).sum() - 1) < 1e-6)) return false;
    return true;
  }
  Ladder ladder_;
  Matrix p_;
  Step step_;
};

}  // namespace rungs

#endif
