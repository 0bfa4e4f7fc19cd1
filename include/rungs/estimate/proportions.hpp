// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_ESTIMATE_PROPORTIONS_HPP
#define RUNGS_ESTIMATE_PROPORTIONS_HPP

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>

#include <rungs/detail/product.hpp>
#include <rungs/estimate/across_gaps.hpp>
#include <rungs/estimate/estimator.hpp>
#include <rungs/estimate/interval.hpp>

namespace rungs {

/// The share of people (of weight) that made each move: the maximum-likelihood chain.
///
/// Assumes: a first-order chain, the same for all people in a stratum and period.
/// Effect on intervals: draws repeat the sampling of each row independently (multinomial, with the effective number of
/// people under weights); moves of one person count as independent, which bootstrap_by_person() does not assume. A move
/// never observed has probability 0 in every draw: see W-ZERO. Where people were also seen across gaps, the chain and
/// its draws are those of fit_across_gaps(). Of sums of weights alone (weights_alone()) nothing is drawn: the shares
/// are taken as known, which they are not. Throws Refusal [E-ROW-EMPTY] for a stratum nobody was observed in, unless
/// `unleft` is absorbing. Method: Anderson and Goodman (1957), doi 10.1214/aoms/1177707039.
struct Proportions {
  Unleft unleft = Unleft::unstated;

  [[nodiscard]] std::string name() const { return "proportions"; }
  [[nodiscard]] Ensemble fit(const Tally& tally) const {
    if (!tally.across_gaps().empty()) return fit_across_gaps(tally, unleft, name() + ", across gaps");
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
    if (weights_alone(tally)) return {detail::kernel_of(tally, std::move(points)), Known{}, name()};
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
/// people under weights; there is none where it is not known.
/// Effect on intervals: a sampling or precision weight widens them, it never counts as people.
[[nodiscard]] inline CellIntervals cell_intervals(const Counts& counts, const Ladder& ladder, Level level = Level(),
                                                  IntervalMethod method = IntervalMethod::exact) {
  const auto n = static_cast<Eigen::Index>(ladder.size());
  CellIntervals out{rungs::name(method), level.value(), Matrix::Constant(n, n, std::nan("")), {}, {}};
  out.lower = out.upper = out.standard_error;
  for (std::size_t i = 0; i < ladder.strata(); ++i) {
    const double weight = counts.row_weight(i), people = counts.row_effective_people(i);
    if (!(weight > 0 && people > 0)) continue;
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

/// Whether a row rests on so few people that an interval that keeps its level on average (Wilson, Jeffreys) is not to
/// be relied on: fewer than 30 effective people, or a possible move or stay that fewer than 5 of them made, or nobody.
[[nodiscard]] inline bool thin_row(const Counts& counts, const Ladder& ladder, std::size_t from) {
  const double weight = counts.row_weight(from), people = counts.row_effective_people(from);
  if (!(people >= 30)) return true;
  for (std::size_t j = 0; j < counts.size(); ++j)
    if (ladder.possible(from, j) && !(counts.weight(from, j) / weight * people >= 5)) return true;
  return false;
}

namespace detail {

/// How many standard errors an interval reaches to each side: by Student's distribution, or normally where the degrees
/// of freedom are without end.
inline double quantile_of(double degrees_of_freedom, Level level) {
  return std::isfinite(degrees_of_freedom)
             ? boost::math::quantile(boost::math::students_t_distribution<>(degrees_of_freedom), 1 - level.lower_tail())
             : boost::math::quantile(boost::math::normal_distribution<>(), 1 - level.lower_tail());
}

}  // namespace detail

/// Standard errors and intervals of the cells of one matrix whose log-odds vary normally, or by Student's distribution.
///
/// The standard error is by the delta method; the interval is symmetric around the log-odds of each cell, one cell at a
/// time, so that it stays between 0 and 1. A cell at 0 or 1 is not known to vary: it has no interval (NaN).
[[nodiscard]] inline CellIntervals cell_intervals(const NormalLogits& draws, const Matrix& p, std::size_t matrix,
                                                  Level level = Level()) {
  const Eigen::Index n = p.rows(), first = static_cast<Eigen::Index>(matrix) * n * n;
  CellIntervals out{"log-odds", level.value(), Matrix::Constant(n, n, std::nan("")), {}, {}};
  out.lower = out.upper = out.standard_error;
  const double z = detail::quantile_of(draws.degrees_of_freedom, level);
  for (Eigen::Index i = 0; i < n; ++i) {
    const Matrix row = p.row(i) * draws.factor.middleRows(first + i * n, n);  // what moves the sum of the row
    for (Eigen::Index j = 0; j < n; ++j) {
      if (!(p(i, j) > 0 && p(i, j) < 1)) continue;
      const double error = (draws.factor.row(first + i * n + j) - row).norm() / (1 - p(i, j));  // of the log-odds
      const double odds = p(i, j) / (1 - p(i, j));
      out.standard_error(i, j) = error * p(i, j) * (1 - p(i, j));
      out.lower(i, j) = 1 / (1 + std::exp(z * error) / odds);
      out.upper(i, j) = 1 / (1 + std::exp(-z * error) / odds);
    }
  }
  return out;
}

namespace detail {

/// Makes the rows and columns of a covariance NaN of cells whose row has a choice of moves, and that `known(i, j)` says
/// no to.
template <class IsKnown>
void mark_unknown(Matrix& covariance, const Ladder& ladder, const IsKnown& known) {
  const std::size_t n = ladder.size();
  for (std::size_t i = 0; i < ladder.strata(); ++i) {
    std::size_t choices = 0;
    for (std::size_t j = 0; j < n; ++j)
      if (ladder.possible(i, j)) ++choices;
    for (std::size_t j = 0; j < n; ++j)
      if (ladder.possible(i, j) && choices > 1 && !known(i, j)) {
        const auto cell = static_cast<Eigen::Index>(i * n + j);
        covariance.row(cell).setConstant(std::nan(""));
        covariance.col(cell).setConstant(std::nan(""));
      }
  }
}

}  // namespace detail

/// How the observed proportions of one matrix vary together: number i n + j is the move from i to j, of n strata and
/// exits.
///
/// Within a row (diag(p) - p p') / n of n people without weights; with weights by linearisation of the weighted shares
/// (each transition taken as drawn independently), which the draws of Proportions repeat only where weights do not go
/// with moves. The roots of the diagonal are the standard errors of cell_intervals(). Rows are independent.
/// An impossible move is known, and has 0, as has a row that the ladder leaves one move. A cell at 0 or 1, and one from
/// where nobody was seen or nobody knows how many people there are, is not known to vary: its whole row and column are
/// NaN, not 0. Not for people seen across gaps, whose draws have a covariance of their own (below).
/// Cost: n^4 numbers. Method: Anderson and Goodman (1957), doi 10.1214/aoms/1177707039.
[[nodiscard]] inline Matrix cell_covariance(const Counts& counts, const Ladder& ladder) {
  const auto n = static_cast<Eigen::Index>(ladder.size());
  Matrix out = Matrix::Zero(n * n, n * n);
  for (std::size_t i = 0; i < ladder.strata(); ++i) {
    const double weight = counts.row_weight(i);
    if (!(weight > 0)) continue;
    double squares = 0;
    for (std::size_t j = 0; j < ladder.size(); ++j) squares += counts.weight_squares(i, j);
    for (std::size_t j = 0; j < ladder.size(); ++j)
      for (std::size_t k = 0; k < ladder.size(); ++k) {
        const double p = counts.weight(i, j) / weight, q = counts.weight(i, k) / weight;
        const double own = counts.weight_squares(i, j), other = counts.weight_squares(i, k);
        out(static_cast<Eigen::Index>(i * ladder.size() + j), static_cast<Eigen::Index>(i * ladder.size() + k)) =
            ((j == k ? own : 0.0) - p * other - q * own + p * q * squares) / (weight * weight);
      }
  }
  detail::mark_unknown(out, ladder, [&counts](std::size_t i, std::size_t j) {
    const double weight = counts.row_weight(i), share = counts.weight(i, j) / weight;
    return counts.row_effective_people(i) > 0 && share > 0 && share < 1;
  });
  return out;
}

/// How the cells of one matrix vary together whose log-odds vary normally, or by Student's distribution: by the delta
/// method, number i n + j being the move from i to j. Of surveys, people seen across gaps, and logits at given
/// covariates.
///
/// The roots of the diagonal are the standard errors of cell_intervals(). Rows need not be independent. A cell at 0 or
/// 1 is not known to vary, unless the ladder leaves the row one move: its whole row and column are NaN; an impossible
/// move has 0. Cost: n^4 numbers.
[[nodiscard]] inline Matrix cell_covariance(const NormalLogits& draws, const Matrix& p, const Ladder& ladder,
                                            std::size_t matrix = 0) {
  const Eigen::Index n = p.rows(), first = static_cast<Eigen::Index>(matrix) * n * n;
  Matrix moved = draws.factor.middleRows(first, n * n);
  for (Eigen::Index i = 0; i < n; ++i) {
    const Matrix row = detail::product(p.row(i), moved.middleRows(i * n, n));
    for (Eigen::Index j = 0; j < n; ++j) moved.row(i * n + j) = p(i, j) * (moved.row(i * n + j) - row);
  }
  Matrix out = detail::product(moved, moved.transpose());
  detail::mark_unknown(out, ladder, [&p](std::size_t i, std::size_t j) {
    const double share = p(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j));
    return share > 0 && share < 1;
  });
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
