// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_MODEL_HEADCOUNT_HPP
#define RUNGS_MODEL_HEADCOUNT_HPP

#include <string>
#include <utility>

#include <rungs/core/quantity.hpp>
#include <rungs/model/transition_matrix.hpp>

namespace rungs {

/// People in each stratum (and gone by each exit) at one period: heads, not shares; expected heads need not be whole.
///
/// Throws Refusal [E-SHAPE]; DomainError [E-HEADS] for a negative or not finite number.
class Headcount {
 public:
  explicit Headcount(Ladder ladder)
      : ladder_(std::move(ladder)), heads_(Vector::Zero(static_cast<Eigen::Index>(ladder_.size()))) {}
  Headcount(Ladder ladder, Vector heads) : ladder_(std::move(ladder)), heads_(std::move(heads)) {
    if (heads_.size() != static_cast<Eigen::Index>(ladder_.size()))
      throw Refusal("E-SHAPE", "found " + std::to_string(heads_.size()) + " headcounts; expected " +
                                   std::to_string(ladder_.size()) + ", one for each stratum and exit");
    for (const double x : heads_) (void)Heads(x);
  }
  [[nodiscard]] const Ladder& ladder() const noexcept { return ladder_; }
  [[nodiscard]] const Vector& heads() const noexcept { return heads_; }
  [[nodiscard]] double operator[](const Stratum& s) const {
    ladder_.require_own(s);
    return heads_[static_cast<Eigen::Index>(s.index())];
  }
  Headcount& set(const Stratum& s, Heads heads) {
    ladder_.require_own(s);
    heads_[static_cast<Eigen::Index>(s.index())] = heads.value();
    return *this;
  }
  [[nodiscard]] double total() const { return heads_.sum(); }

 private:
  Ladder ladder_;
  Vector heads_;
};

/// Heads moving from i to j in one period: F(i, j) = n(i) P(i, j). Rows sum to the headcount before, columns to the one
/// after.
[[nodiscard]] inline Matrix flows(const Headcount& now, const TransitionMatrix& p) {
  if (!(now.ladder() == p.ladder()))
    throw Refusal("E-LADDER-OTHER", "found a headcount and a matrix of two ladders; expected the same");
  return now.heads().asDiagonal() * p.matrix();
}

}  // namespace rungs

#endif
