// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_ESTIMATE_DIRICHLET_HPP
#define RUNGS_ESTIMATE_DIRICHLET_HPP

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include <rungs/estimate/estimator.hpp>
#include <rungs/estimate/proportions.hpp>

namespace rungs {

/// Rows as Dirichlet posteriors: observed people plus a prior weight on every possible move.
///
/// `prior` is the weight of the prior on each possible move of a row, in people; impossible moves get none, so no
/// smoothing leaks into them. The point is the posterior mean.
/// Assumes: a first-order chain; rows independent.
/// Effect on intervals: a large prior narrows them and pulls rows towards equal shares; see W-PRIOR.
/// Throws DomainError [E-PRIOR] unless the prior is above 0; Refusal [E-GAP] for people seen across gaps, whose moves
/// between have no Dirichlet posterior; Refusal [E-WEIGHT-ALONE] for sums of weights without the people behind them;
/// Refusal [E-ROW-EMPTY] for a stratum nobody was observed in
/// under Unleft::refuse; otherwise its row is the prior (or absorbing, if so stated).
struct DirichletRows {
  double prior = 1;
  Unleft unleft = Unleft::prior;

  [[nodiscard]] std::string name() const { return "dirichlet:" + detail::text(prior); }
  [[nodiscard]] Ensemble fit(const Tally& tally) const {
    if (!(prior > 0 && prior < 1e9))
      throw DomainError("E-PRIOR", "found a prior weight of " + detail::text(prior) + "; expected a number above 0",
                        prior);
    if (!tally.across_gaps().empty())
      throw Refusal("E-GAP",
                    "found people seen again only after several steps, and a prior; expected proportions for them, or "
                    "such pairs left out");
    detail::refuse_weights_alone(tally);
    const Ladder& ladder = tally.ladder();
    std::vector<TransitionMatrix> points;
    std::vector<Matrix> alphas;
    for (const Counts* counts : detail::counts_by_matrix(tally)) {
      Matrix p = detail::identity(ladder), alpha = Matrix::Zero(p.rows(), p.cols());
      for (std::size_t i = 0; i < ladder.strata(); ++i) {
        const double weight = counts->row_weight(i), people = counts->row_effective_people(i);
        if (!(weight > 0)) {
          if (unleft == Unleft::refuse) detail::refuse_empty_row(tally, i, points.size());
          if (unleft == Unleft::absorbing) continue;
        }
        const auto r = static_cast<Eigen::Index>(i);
        for (std::size_t j = 0; j < ladder.size(); ++j)
          if (ladder.possible(i, j))
            alpha(r, static_cast<Eigen::Index>(j)) =
                prior + (tally.weight_kind() == WeightKind::none ? counts->people(i, j)
                         : weight > 0                            ? counts->weight(i, j) / weight * people
                                                                 : 0.0);
        p.row(r) = alpha.row(r) / alpha.row(r).sum();
      }
      points.emplace_back(ladder, std::move(p), tally.step());
      alphas.push_back(std::move(alpha));
    }
    return {detail::kernel_of(tally, std::move(points)), DirichletWeights{std::move(alphas)}, name()};
  }
};

/// A published or assumed matrix with the number of people it may be taken to rest on, stratum by stratum.
///
/// Each row becomes a Dirichlet distribution around the given probabilities with that many people of evidence; 0 people
/// is refused, and a row without an entry in `people` (NaN) is taken as known.
/// Effect on intervals: they are as honest as the numbers of people; a probability of 0 stays 0 in every draw.
/// Throws DomainError [E-PRIOR] for a number of people that is not above 0.
[[nodiscard]] inline Ensemble assumed(const TransitionMatrix& matrix, const Vector& people) {
  const Ladder& ladder = matrix.ladder();
  if (people.size() != matrix.size())
    throw Refusal("E-SHAPE", "found " + std::to_string(people.size()) + " numbers of people; expected " +
                                 std::to_string(matrix.size()));
  Matrix alpha = Matrix::Zero(matrix.size(), matrix.size());
  bool any = false;
  for (Eigen::Index i = 0; i < static_cast<Eigen::Index>(ladder.strata()); ++i) {
    if (std::isnan(people[i])) continue;
    if (!(people[i] > 0 && people[i] < 1e15))
      throw DomainError("E-PRIOR",
                        "found " + detail::text(people[i]) + " people behind the row of " +
                            detail::quoted(ladder.name(static_cast<std::size_t>(i))) + "; expected a number above 0",
                        people[i]);
    alpha.row(i) = people[i] * matrix.matrix().row(i);
    any = true;
  }
  if (!any) return {Kernel(matrix), Known{}, "known"};
  return {Kernel(matrix), DirichletWeights{{alpha}}, "assumed"};
}

/// Posterior standard deviations and equal-tailed intervals of the cells of a matrix with Dirichlet rows.
[[nodiscard]] inline CellIntervals cell_intervals(const Matrix& alpha, Level level = Level()) {
  CellIntervals out{"posterior", level.value(), Matrix::Constant(alpha.rows(), alpha.cols(), std::nan("")), {}, {}};
  out.lower = out.upper = out.standard_error;
  for (Eigen::Index i = 0; i < alpha.rows(); ++i) {
    const double sum = alpha.row(i).sum();
    for (Eigen::Index j = 0; j < alpha.cols(); ++j) {
      const double a = alpha(i, j), b = sum - a;
      if (!(a > 0)) continue;
      out.standard_error(i, j) = std::sqrt(a / sum * (b / sum) / (sum + 1));
      if (b > 0) {
        const boost::math::beta_distribution<> posterior(a, b);
        out.lower(i, j) = boost::math::quantile(posterior, level.lower_tail());
        out.upper(i, j) = boost::math::quantile(posterior, 1 - level.lower_tail());
      } else {
        out.lower(i, j) = out.upper(i, j) = 1;
      }
    }
  }
  return out;
}

/// How the cells of a matrix with Dirichlet rows vary together a posteriori: number i n + j is the move from i to j, of
/// n strata and exits.
///
/// Within a row (diag(m) - m m') / (a + 1) for the mean m and the weights' sum a, which is the covariance of the draws;
/// rows are independent. The roots of the diagonal are the standard deviations of cell_intervals(). An impossible move
/// is known, and has 0, as has a row that the ladder leaves one move. Any other move without a weight is not known to
/// vary (of a row taken as known or absorbing, or assumed() with a probability of 0): its whole row and column are NaN,
/// not 0. Cost: n^4 numbers.
[[nodiscard]] inline Matrix cell_covariance(const Matrix& alpha, const Ladder& ladder) {
  const Eigen::Index n = alpha.rows();
  Matrix out = Matrix::Zero(n * n, n * n);
  for (Eigen::Index i = 0; i < n; ++i) {
    const double sum = alpha.row(i).sum();
    if (!(sum > 0)) continue;
    for (Eigen::Index j = 0; j < n; ++j)
      for (Eigen::Index k = 0; k < n; ++k) {
        const double m = alpha(i, j) / sum, other = alpha(i, k) / sum;
        out(i * n + j, i * n + k) = ((j == k ? m : 0.0) - m * other) / (sum + 1);
      }
  }
  detail::mark_unknown(out, ladder, [&alpha](std::size_t i, std::size_t j) {
    return alpha(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) > 0;
  });
  return out;
}

/// W-PRIOR when the prior makes up more than a fifth of a row in use, with what half and double of it make of the share
/// that moves up (of a row that nobody can move up from: that stays), unless it is the same.
[[nodiscard]] inline std::vector<Warning> prior_warnings(const Tally& tally, const DirichletRows& estimator,
                                                         const RowsUsed& used = {}) {
  const Ladder& ladder = tally.ladder();
  const auto rows = detail::counts_by_matrix(tally);
  std::string heavy;
  std::size_t count = 0;
  for (std::size_t m = 0; m < rows.size(); ++m)
    for (std::size_t i = 0; i < ladder.strata(); ++i) {
      if (!used(m, i)) continue;
      double moves = 0, up = 0, people_up = 0, people_stay = 0;
      const double weight = rows[m]->row_weight(i), people = rows[m]->row_effective_people(i);
      for (std::size_t j = 0; j < ladder.size(); ++j) {
        if (!ladder.possible(i, j)) continue;
        const double seen = weight > 0 ? rows[m]->weight(i, j) / weight * people : 0.0;
        moves += 1;
        if (ladder.upward(i, j)) {
          up += 1;
          people_up += seen;
        }
        if (i == j) people_stay = seen;
      }
      const double share = moves * estimator.prior / (moves * estimator.prior + people);
      if (!(share > 0.2) || ++count > 5) continue;
      const auto with = [&](double times) {
        const double prior = times * estimator.prior, of_these = up > 0 ? up : 1.0;
        const double p = (of_these * prior + (up > 0 ? people_up : people_stay)) / (moves * prior + people);
        return detail::text(std::round(1000 * p) / 10) + " %";
      };
      const std::string as_is = with(1), half = with(0.5), twice = with(2);
      heavy += (heavy.empty() ? "" : ", ") + detail::quoted(ladder.name(i)) + detail::in_period(tally, m) + " (" +
               detail::text(std::round(share * 100)) + " %";
      if (as_is != half || as_is != twice)  // else the row looks as its people do
        heavy += ": " + as_is + (up > 0 ? " move up" : " stay") + " in a step, " + half + " with half the prior and " +
                 twice + " with double";
      heavy += ")";
    }
  if (count == 0) return {};
  return {{"W-PRIOR", "the prior makes up more than a fifth of the row of " + heavy +
                          (count > 5 ? " and " + std::to_string(count - 5) + " more" : "")}};
}

}  // namespace rungs

#endif
