// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_MEASURE_REACH_HPP
#define RUNGS_MEASURE_REACH_HPP

#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>

#include <rungs/measure/within_period.hpp>
#include <rungs/model/headcount.hpp>
#include <rungs/model/kernel.hpp>

namespace rungs {

/// First passage of people: entry t (0 to the span) is how many of them are expected in the target for the first time
/// t steps after the start.
///
/// Assumes: as for one person. Throws Refusal [E-LADDER-OTHER]. Cost: span x n^2.
[[nodiscard]] inline Vector first_passage(const Kernel& kernel, const Headcount& people, const StratumSet& target,
                                          Span within, Period start = Period{}) {
  if (!(people.ladder() == kernel.ladder()))
    throw Refusal("E-LADDER-OTHER", "found people on another ladder than that of the moves; expected the same");
  kernel.ladder().require_own(target);
  Vector out = Vector::Zero(within.steps() + 1);
  Eigen::RowVectorXd now = people.heads().transpose(), next(now.size());
  for (std::int64_t t = 0;; ++t) {
    for (const std::size_t j : target.indices()) {
      out[t] += now[static_cast<Eigen::Index>(j)];
      now[static_cast<Eigen::Index>(j)] = 0;
    }
    if (t == within.steps()) return out;
    next.noalias() = now * kernel.view(kernel.index(kernel.step().after(start, t)));
    now.swap(next);
  }
}

/// First passage of one person: entry t (0 to the span) is P(in the target for the first time t steps after the start).
///
/// Assumes: a closed chain without programmes; exits are final, so that whoever leaves before never reaches.
/// Cost: span x n^2.
[[nodiscard]] inline Vector first_passage(const Kernel& kernel, const Stratum& from, const StratumSet& target,
                                          Span within, Period start = Period{}) {
  kernel.ladder().require_own(from);
  return first_passage(kernel, Headcount(kernel.ladder()).set(from, Heads(1)), target, within, start);
}

/// Where one person is after a number of steps: entry (t, j) is P(in j at t).
[[nodiscard]] inline Matrix whereabouts(const Kernel& kernel, const Stratum& from, Span within,
                                        Period start = Period{}) {
  kernel.ladder().require_own(from);
  Matrix out = Matrix::Zero(within.steps() + 1, static_cast<Eigen::Index>(kernel.ladder().size()));
  out(0, static_cast<Eigen::Index>(from.index())) = 1;
  for (std::int64_t t = 0; t < within.steps(); ++t)
    out.row(t + 1).noalias() = out.row(t) * kernel.view(kernel.index(kernel.step().after(start, t)));
  return out;
}

namespace detail {
/// Who starts where and when, and what is asked of them.
template <class From>
struct Passage {
  From from;
  StratumSet target;
  Span within;
  Period start{};
  Passage(From from_, StratumSet target_, Span within_, Period start_ = Period{})
      : from(std::move(from_)), target(std::move(target_)), within(within_), start(start_) {}
};
}  // namespace detail

/// A measure that answers P(ever in the target within a span, before exit): reach.
struct reach_probability : detail::Passage<Stratum> {
  using Passage::Passage;
  [[nodiscard]] double operator()(const Kernel& kernel) const {
    return first_passage(kernel, from, target, within, start).sum();
  }
};

/// A measure that answers: of people counted by stratum, what share is ever in the target within a span, before exit?
///
/// NaN for nobody.
struct share_reaching : detail::Passage<Headcount> {
  using Passage::Passage;
  [[nodiscard]] double operator()(const Kernel& kernel) const {
    return first_passage(kernel, from, target, within, start).sum() / from.total();
  }
};

/// A measure that answers P(in the target at the end of a span): standing, which those who reached and left are not.
struct standing_probability : detail::Passage<Stratum> {
  using Passage::Passage;
  [[nodiscard]] double operator()(const Kernel& kernel) const {
    const Matrix at = whereabouts(kernel, from, within, start);
    double sum = 0;
    for (const std::size_t j : target.indices()) sum += at(within.steps(), static_cast<Eigen::Index>(j));
    return sum;
  }
};

/// A measure that answers: of those who reach the target within a span, how many years does it take on average?
///
/// NaN where nobody reaches it.
struct time_to_reach : detail::Passage<Stratum> {
  using Passage::Passage;
  [[nodiscard]] double operator()(const Kernel& kernel) const {
    const Vector passage = first_passage(kernel, from, target, within, start);
    const double reached = passage.sum();
    if (!(reached > 0)) return std::numeric_limits<double>::quiet_NaN();
    double sum = 0;
    for (Eigen::Index t = 0; t < passage.size(); ++t) sum += static_cast<double>(t) * passage[t];
    return sum / reached * kernel.step().years();
  }
};

/// Expected years spent in each stratum (and after each exit) within a span, by somebody who starts in one stratum.
[[nodiscard]] inline Vector expected_years(const Kernel& kernel, const Stratum& from, Span within,
                                           WithinPeriod rule = WithinPeriod::trapezoid, Period start = Period{}) {
  return kernel.step().years() *
         (whereabouts(kernel, from, within, start).transpose() * headcount_weights(rule, within));
}

/// How the reach reacts to each possible move.
///
/// `sensitivity` (n x n): the derivative of the reach when the probability of a move grows and the other moves of its
/// row (staying included) shrink in proportion, in every period; `elasticity`: the percent by which the reach grows
/// when the probability of the move grows by one percent. NaN for impossible moves and in the rows of exits.
struct ReachSensitivity {
  double reach = 0;
  Matrix sensitivity;
  Matrix elasticity;
};

/// The derivative of the reach with respect to every possible move, rows kept stochastic and impossible moves
/// impossible.
///
/// Cost: span x n^2, one pass forward and one back (adjoint). Method: Caswell (2019), with the row's own compensation.
[[nodiscard]] inline ReachSensitivity reach_sensitivity(const Kernel& kernel, const Stratum& from,
                                                        const StratumSet& target, Span within,
                                                        Period start = Period{}) {
  const Ladder& ladder = kernel.ladder();
  ladder.require_own(from);
  ladder.require_own(target);
  const auto n = static_cast<Eigen::Index>(ladder.size());
  const Eigen::Index steps = within.steps();
  // Backward: b(t, j) = P(reach within what is left | in j at t); 1 in the target.
  Matrix b = Matrix::Zero(steps + 1, n), a = Matrix::Zero(steps + 1, n);
  const auto hold = [&](Eigen::Ref<Eigen::RowVectorXd> row, double value) {
    for (const std::size_t j : target.indices()) row[static_cast<Eigen::Index>(j)] = value;
  };
  hold(b.row(steps), 1);
  for (Eigen::Index t = steps - 1; t >= 0; --t) {
    b.row(t).noalias() = b.row(t + 1) * kernel.view(kernel.index(kernel.step().after(start, t))).transpose();
    hold(b.row(t), 1);
  }
  a(0, static_cast<Eigen::Index>(from.index())) = 1;
  hold(a.row(0), 0);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  ReachSensitivity out{b(0, static_cast<Eigen::Index>(from.index())), Matrix::Constant(n, n, nan),
                       Matrix::Constant(n, n, nan)};
  Matrix slope = Matrix::Zero(n, n), weighted = Matrix::Zero(n, n);
  for (Eigen::Index t = 0; t < steps; ++t) {
    const MatrixView p = kernel.view(kernel.index(kernel.step().after(start, t)));
    for (Eigen::Index i = 0; i < n; ++i) {
      if (a(t, i) == 0) continue;
      const double mean = p.row(i).dot(b.row(t + 1));
      for (Eigen::Index j = 0; j < n; ++j) {
        if (!ladder.possible(static_cast<std::size_t>(i), static_cast<std::size_t>(j))) continue;
        const double rest = 1 - p(i, j);
        const double gain = rest > 0 ? a(t, i) * (b(t + 1, j) - (mean - p(i, j) * b(t + 1, j)) / rest) : 0.0;
        slope(i, j) += gain;
        weighted(i, j) += p(i, j) * gain;
      }
    }
    a.row(t + 1).noalias() = a.row(t) * p;
    hold(a.row(t + 1), 0);
  }
  for (std::size_t i = 0; i < ladder.strata(); ++i)
    for (std::size_t j = 0; j < ladder.size(); ++j)
      if (ladder.possible(i, j)) {
        const auto r = static_cast<Eigen::Index>(i), c = static_cast<Eigen::Index>(j);
        out.sensitivity(r, c) = slope(r, c);
        if (out.reach > 0) out.elasticity(r, c) = weighted(r, c) / out.reach;
      }
  return out;
}

}  // namespace rungs

#endif
