// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_ESTIMATE_PROPORTIONS_HPP
#define RUNGS_ESTIMATE_PROPORTIONS_HPP

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include <rungs/estimate/estimator.hpp>
#include <rungs/estimate/interval.hpp>

namespace rungs {

/// The share of people (of weight) that made each move: the maximum-likelihood chain.
///
/// Assumes: a first-order chain, the same for all people in a stratum and period.
/// Effect on intervals: draws repeat the sampling of each row independently (multinomial, with the effective number of
/// people under weights); moves of one person count as independent, which bootstrap_by_person() does not assume. A move
/// never observed has probability 0 in every draw: see W-ZERO.
/// Throws Refusal [E-ROW-EMPTY] for a stratum nobody was observed in, unless `unleft` is absorbing.
/// Method: Anderson and Goodman (1957), doi 10.1214/aoms/1177707039.
struct Proportions {
  Unleft unleft = Unleft::unstated;

  [[nodiscard]] std::string name() const { return "proportions"; }
  [[nodiscard]] Ensemble fit(const Tally& tally) const {
    const Ladder& ladder = tally.ladder();
    std::vector<TransitionMatrix> points;
    std::vector<Matrix> effective;
    for (const Counts* counts : detail::counts_by_matrix(tally)) {
      Matrix p = detail::identity(ladder), n = Matrix::Zero(p.rows(), p.cols());
      for (std::size_t i = 0; i < ladder.strata(); ++i) {
        const double weight = counts->row_weight(i);
        if (!(weight > 0)) {
          if (unleft != Unleft::absorbing) detail::refuse_empty_row(tally, i, points.size());
          continue;
        }
        const double people = counts->row_effective_people(i);
        for (std::size_t j = 0; j < ladder.size(); ++j) {
          const auto r = static_cast<Eigen::Index>(i), c = static_cast<Eigen::Index>(j);
          p(r, c) = counts->weight(i, j) / weight;
          n(r, c) = tally.weight_kind() == WeightKind::none ? counts->people(i, j) : p(r, c) * people;
        }
      }
      points.emplace_back(ladder, std::move(p), tally.step());
      effective.push_back(std::move(n));
    }
    return {detail::kernel_of(tally, std::move(points)), MultinomialRows{std::move(effective)}, name()};
  }
};

/// Standard errors and intervals of the cells of one matrix; from = row, NaN where nothing was estimated.
struct CellIntervals {
  std::string method;
  double level = 0.95;
  Matrix standard_error, lower, upper;
};

/// Standard errors and intervals of observed proportions, cell by cell.
///
/// The standard error is sqrt(p (1 - p) / n) without weights, and by linearisation of the weighted share with weights
/// (each transition taken as drawn independently). The interval is of one cell at a time, with the effective number of
/// people under weights.
/// Effect on intervals: a sampling or precision weight widens them, it never counts as people.
[[nodiscard]] inline CellIntervals cell_intervals(const Counts& counts, const Ladder& ladder, Level level = Level(),
                                                  IntervalMethod method = IntervalMethod::exact) {
  const auto n = static_cast<Eigen::Index>(ladder.size());
  CellIntervals out{rungs::name(method), level.value(), Matrix::Constant(n, n, std::nan("")), {}, {}};
  out.lower = out.upper = out.standard_error;
  for (std::size_t i = 0; i < ladder.strata(); ++i) {
    const double weight = counts.row_weight(i), people = counts.row_effective_people(i);
    if (!(weight > 0)) continue;
    double squares = 0;
    for (std::size_t j = 0; j < ladder.size(); ++j) squares += counts.weight_squares(i, j);
    for (std::size_t j = 0; j < ladder.size(); ++j) {
      if (!ladder.possible(i, j)) continue;
      const auto r = static_cast<Eigen::Index>(i), c = static_cast<Eigen::Index>(j);
      const double p = counts.weight(i, j) / weight, own = counts.weight_squares(i, j);
      out.standard_error(r, c) = std::sqrt((1 - p) * (1 - p) * own + p * p * (squares - own)) / weight;
      const Interval interval = proportion_interval(std::min(p * people, people), people, level, method);
      out.lower(r, c) = interval.lower;
      out.upper(r, c) = interval.upper;
    }
  }
  return out;
}

/// The logarithm of the probability of the observed moves under a matrix: sum of people (i, j) log P(i, j).
[[nodiscard]] inline double log_likelihood(const Counts& counts, const Matrix& p) {
  double sum = 0;
  for (std::size_t i = 0; i < counts.size(); ++i)
    for (std::size_t j = 0; j < counts.size(); ++j)
      if (counts.people(i, j) > 0 && counts.weight(i, j) > 0)
        sum += counts.people(i, j) * std::log(p(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)));
  return sum;
}

}  // namespace rungs

#endif
