// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_MODEL_KERNEL_HPP
#define RUNGS_MODEL_KERNEL_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <rungs/model/transition_matrix.hpp>

namespace rungs {

/// A matrix that stands in a kernel.
using MatrixView = Eigen::Map<const Matrix>;

/// The transition matrix at every period: one for all, or one for each of some consecutive periods.
///
/// With one matrix a period, asking outside them is refused: nothing is extrapolated. All matrices stand in one block
/// of memory, in their order.
class Kernel {
 public:
  /// The same matrix at every period.
  explicit Kernel(TransitionMatrix always)
      : ladder_(always.ladder_), step_(always.step_), rows_(std::move(always.p_)), constant_(true) {}
  /// One matrix for moves that start at `first`, one step later, and so on.
  ///
  /// Throws Refusal [E-KERNEL] when there is none; [E-LADDER-OTHER] when ladders or steps differ.
  Kernel(Period first, const std::vector<TransitionMatrix>& matrices)
      : ladder_(first_of(matrices).ladder()), step_(matrices.front().step()), first_(first), constant_(false) {
    const auto n = static_cast<Eigen::Index>(ladder_.size());
    rows_.resize(static_cast<Eigen::Index>(matrices.size()) * n, n);
    for (std::size_t m = 0; m < matrices.size(); ++m) {
      if (!(matrices[m].ladder() == ladder_ && matrices[m].step() == step_))
        throw Refusal("E-LADDER-OTHER",
                      "found matrices of two ladders or steps in one kernel; expected the same in all");
      matrix_for_draw(m) = matrices[m].matrix();
    }
  }

  [[nodiscard]] const Ladder& ladder() const noexcept { return ladder_; }
  [[nodiscard]] Step step() const noexcept { return step_; }
  [[nodiscard]] bool is_constant() const noexcept { return constant_; }
  [[nodiscard]] Period first() const noexcept { return first_; }
  /// The last period that moves may start in.
  [[nodiscard]] Period last() const noexcept { return step_.after(first_, static_cast<std::int64_t>(count()) - 1); }
  /// How many matrices there are: one, or one for each period.
  [[nodiscard]] std::size_t count() const noexcept { return static_cast<std::size_t>(rows_.rows() / rows_.cols()); }
  /// Entry (i, j) of matrix `m`, 0 to count() - 1: P(next = j | now = i).
  [[nodiscard]] Matrix matrix(std::size_t m) const { return view(m); }
  /// As matrix(), in place: for as long as the kernel is there.
  [[nodiscard]] MatrixView view(std::size_t m) const {
    return {rows_.data() + static_cast<Eigen::Index>(m) * rows_.cols() * rows_.cols(), rows_.cols(), rows_.cols()};
  }
  /// Matrix `m` with its ladder and step.
  [[nodiscard]] TransitionMatrix transition(std::size_t m) const { return {unchecked, ladder_, matrix(m), step_}; }
  /// The number of the matrix for moves that start at a period.
  ///
  /// Throws Refusal [E-HORIZON] for a period without a matrix.
  [[nodiscard]] std::size_t index(Period period) const {
    if (constant_) return 0;
    const std::int64_t offset = period.label() - first_.label();
    if (offset < 0 || offset % step_.units() != 0 || offset / step_.units() >= static_cast<std::int64_t>(count()))
      throw Refusal("E-HORIZON", "found a question about moves from period " + std::to_string(period.label()) +
                                     "; expected a period from " + std::to_string(first_.label()) + " to " +
                                     std::to_string(last().label()) + ", since the data end there");
    return static_cast<std::size_t>(offset / step_.units());
  }
  [[nodiscard]] TransitionMatrix at(Period period) const { return transition(index(period)); }
  /// The matrices for moves that start within a span from a period on, and no others; at least the first.
  ///
  /// Throws Refusal [E-HORIZON] for a period without a matrix.
  [[nodiscard]] Kernel within(Period start, Span span) const {
    if (constant_) return *this;
    const std::size_t from = index(start),
                      to = index(step_.after(start, std::max<std::int64_t>(0, span.steps() - 1))) + 1;
    Kernel out = *this;
    out.first_ = start;
    out.rows_ = rows_.middleRows(static_cast<Eigen::Index>(from) * rows_.cols(),
                                 static_cast<Eigen::Index>(to - from) * rows_.cols());
    return out;
  }
  friend bool operator==(const Kernel& a, const Kernel& b) {
    return a.ladder_ == b.ladder_ && a.step_ == b.step_ && a.first_ == b.first_ && a.constant_ == b.constant_ &&
           a.rows_.rows() == b.rows_.rows() && a.rows_ == b.rows_;
  }

 private:
  friend class Ensemble;  // draws probabilities into place
  static const TransitionMatrix& first_of(const std::vector<TransitionMatrix>& matrices) {
    if (matrices.empty()) throw Refusal("E-KERNEL", "found no matrix; expected one for each period");
    return matrices.front();
  }
  Eigen::Map<Matrix> matrix_for_draw(std::size_t m) noexcept {
    return {rows_.data() + static_cast<Eigen::Index>(m) * rows_.cols() * rows_.cols(), rows_.cols(), rows_.cols()};
  }
  Ladder ladder_;
  Step step_;
  Matrix rows_;  // of all matrices
  Period first_{};
  bool constant_;
};

}  // namespace rungs

#endif
