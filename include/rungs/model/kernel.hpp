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

/// The transition matrix at every period: one for all, or one for each of some consecutive periods.
///
/// With one matrix a period, asking outside them is refused: nothing is extrapolated.
class Kernel {
 public:
  /// The same matrix at every period.
  explicit Kernel(TransitionMatrix always) : matrices_{std::move(always)}, constant_(true) {}
  /// One matrix for moves that start at `first`, one step later, and so on.
  ///
  /// Throws Refusal [E-KERNEL] when there is none; [E-LADDER-OTHER] when ladders or steps differ.
  Kernel(Period first, std::vector<TransitionMatrix> matrices)
      : matrices_(std::move(matrices)), first_(first), constant_(false) {
    if (matrices_.empty()) throw Refusal("E-KERNEL", "found no matrix; expected one for each period");
    for (const TransitionMatrix& m : matrices_)
      if (!(m.ladder() == ladder() && m.step() == step()))
        throw Refusal("E-LADDER-OTHER",
                      "found matrices of two ladders or steps in one kernel; expected the same in all");
  }

  [[nodiscard]] const Ladder& ladder() const noexcept { return matrices_.front().ladder(); }
  [[nodiscard]] Step step() const noexcept { return matrices_.front().step(); }
  [[nodiscard]] bool is_constant() const noexcept { return constant_; }
  [[nodiscard]] Period first() const noexcept { return first_; }
  /// The last period that moves may start in.
  [[nodiscard]] Period last() const noexcept {
    return step().after(first_, static_cast<std::int64_t>(matrices_.size()) - 1);
  }
  [[nodiscard]] const std::vector<TransitionMatrix>& matrices() const noexcept { return matrices_; }
  /// The number, in matrices(), of the matrix for moves that start at a period.
  ///
  /// Throws Refusal [E-HORIZON] for a period without a matrix.
  [[nodiscard]] std::size_t index(Period period) const {
    if (constant_) return 0;
    const std::int64_t offset = period.label() - first_.label();
    if (offset < 0 || offset % step().units() != 0 ||
        offset / step().units() >= static_cast<std::int64_t>(matrices_.size()))
      throw Refusal("E-HORIZON", "found a question about moves from period " + std::to_string(period.label()) +
                                     "; expected a period from " + std::to_string(first_.label()) + " to " +
                                     std::to_string(last().label()) + ", since the data end there");
    return static_cast<std::size_t>(offset / step().units());
  }
  [[nodiscard]] const TransitionMatrix& at(Period period) const { return matrices_[index(period)]; }
  /// The matrices for moves that start within a span from a period on, and no others; at least the first.
  ///
  /// Throws Refusal [E-HORIZON] for a period without a matrix.
  [[nodiscard]] Kernel within(Period start, Span span) const {
    if (constant_) return *this;
    const std::size_t first = index(start),
                      last = index(step().after(start, std::max<std::int64_t>(0, span.steps() - 1)));
    return {start, std::vector<TransitionMatrix>(matrices_.begin() + static_cast<std::ptrdiff_t>(first),
                                                 matrices_.begin() + static_cast<std::ptrdiff_t>(last) + 1)};
  }
  friend bool operator==(const Kernel&, const Kernel&) = default;

 private:
  friend class Ensemble;  // draws probabilities into place
  Matrix& matrix_for_draw(std::size_t index) noexcept { return matrices_[index].p_; }
  std::vector<TransitionMatrix> matrices_;
  Period first_{};
  bool constant_;
};

}  // namespace rungs

#endif
