// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/estimate/across_gaps.hpp>

#include <cmath>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include <rungs/estimate/bootstrap.hpp>
#include <rungs/estimate/dirichlet.hpp>
#include <rungs/estimate/proportions.hpp>
#include <rungs/testing/conformance.hpp>

#include "../core/message.hpp"
#include "estimators.hpp"

namespace across_gaps_test {
namespace {

using namespace rungs;
using rungs_test::code_of;
using rungs_test::ladder_of;
using rungs_test::said;

Matrix matrix(const Ensemble& e, std::size_t m = 0) { return e.point().matrix(m); }

/// As many people as these rows of probabilities would move, to the fraction of a person.
void add(Tally& tally, const Matrix& p, double people, std::int64_t steps, std::optional<Period> period = {}) {
  for (Eigen::Index i = 0; i < static_cast<Eigen::Index>(tally.ladder().strata()); ++i)
    for (Eigen::Index j = 0; j < p.cols(); ++j) {
      const double n = people * p(i, j) * static_cast<double>(1 + i);
      const auto from = static_cast<std::size_t>(i), to = static_cast<std::size_t>(j);
      if (n > 0 && steps == 1) tally.add(from, to, n, period);
      if (n > 0 && steps > 1) tally.add_across(from, to, steps, n, n, n, period);
    }
}

Matrix chain(double a = 0) {
  Matrix p(3, 3);
  p << .7 - a, .2 + a, .1, .15, .75 - a, .1 + a, .05, .15, .8;
  return p;
}

TEST(AcrossGaps, FindsTheChainThatTheCountsWereMadeOf) {
  // rejects: counting a pair two steps apart as one step, which gives a mixture of P and P^2.
  const Matrix p = chain();
  Tally t(ladder_of(3), Step());
  add(t, p, 100, 1);
  add(t, p * p, 60, 2);
  add(t, p * p * p, 20, 3);
  const Ensemble e = estimate(t, Proportions{});
  EXPECT_EQ(e.method(), "proportions, across gaps");
  EXPECT_LT((matrix(e) - p).cwiseAbs().maxCoeff(), 1e-12);
}

TEST(AcrossGaps, FindsTheChainOfEveryPeriod) {
  const Matrix a = chain(), b = chain(.05), c = chain(-.05);
  Tally t(ladder_of(3), Step(2));
  add(t, a, 100, 1, Period(10));
  add(t, b, 80, 1, Period(12));
  add(t, c, 90, 1, Period(14));
  add(t, a * b, 30, 2, Period(10));
  add(t, a * b * c, 20, 3, Period(10));
  const Ensemble e = estimate(t, Proportions{});
  ASSERT_EQ(e.point().count(), 3U);
  EXPECT_EQ(e.point().first(), Period(10));
  EXPECT_LT((matrix(e, 0) - a).cwiseAbs().maxCoeff(), 1e-12);
  EXPECT_LT((matrix(e, 1) - b).cwiseAbs().maxCoeff(), 1e-12);
  EXPECT_LT((matrix(e, 2) - c).cwiseAbs().maxCoeff(), 1e-12);
  Tally outside = t;
  add(outside, b * c, 5, 2, Period(14));
  EXPECT_EQ(said<Refusal>([&] { (void)estimate(outside, Proportions{}); }),
            "found people seen in period 14 and again 2 steps later; expected moves of one step in every period "
            "between, or all periods pooled [E-PERIOD-MISSING]");
}

TEST(AcrossGaps, EqualsTheRootOfItsQuadratic) {
  // One way up: with u = P(stay), the likelihood of s1 stays, m1 moves, s2 stays over two steps and m2 moves within
  // them is u^s1 (1-u)^m1 u^(2 s2) (1-u^2)^m2, whose maximum is a root of (A + m1 + 2 m2) u^2 + m1 u - A with A = s1 +
  // 2 s2.
  const double s1 = 70, m1 = 30, s2 = 9, m2 = 14, a = s1 + 2 * s2;
  Tally t(Ladder::parse("low < high"), Step());
  t.add(0, 0, s1);
  t.add(0, 1, m1);
  t.add(1, 1, 25);
  t.add_across(0, 0, 2, s2, s2, s2, {});
  t.add_across(0, 1, 2, m2, m2, m2, {});
  const Ladder one_way = Ladder::builder().rung("low").rung("high").move("low", "high").build();
  Tally up(one_way, Step());
  up.add(0, 0, s1);
  up.add(0, 1, m1);
  up.add(1, 1, 25);
  up.add_across(0, 0, 2, s2, s2, s2, {});
  up.add_across(0, 1, 2, m2, m2, m2, {});
  const Ensemble e = estimate(up, Proportions{});
  const double q = a + m1 + 2 * m2, u = (-m1 + std::sqrt(m1 * m1 + 4 * q * a)) / (2 * q);
  EXPECT_NEAR(matrix(e)(0, 0), u, 1e-13);
  // Information of both kinds of pairs: N1 / (u (1 - u)) + 4 N2 / (1 - u^2).
  const CellIntervals cells = cell_intervals(std::get<NormalLogits>(e.draws()), matrix(e), 0);
  const double information = (s1 + m1) / (u * (1 - u)) + 4 * (s2 + m2) / (1 - u * u),
               error = 1 / std::sqrt(information);
  EXPECT_NEAR(cells.standard_error(0, 0), error, 1e-12);
  EXPECT_NEAR(cells.standard_error(0, 1), error, 1e-12);
  const Matrix v = cell_covariance(std::get<NormalLogits>(e.draws()), matrix(e), up.ladder());
  EXPECT_NEAR(v(0, 0), error * error, 1e-12);
  EXPECT_NEAR(v(0, 1), -error * error, 1e-12);
  EXPECT_TRUE(v.allFinite() && v.bottomRows(2).isZero(0));  // nobody can leave: it is known
  const double z = 1.959963984540054, spread = z * error / (u * (1 - u));
  EXPECT_NEAR(cells.lower(0, 0), 1 / (1 + (1 - u) / u * std::exp(spread)), 1e-12);
  EXPECT_NEAR(cells.upper(0, 0), 1 / (1 + (1 - u) / u * std::exp(-spread)), 1e-12);
  EXPECT_TRUE(std::isnan(cells.standard_error(1, 1)));  // nobody can leave: nothing varies
  // Where going down is possible but was never seen, the maximum is at 0, and stays there.
  const Ensemble free = estimate(t, Proportions{});
  EXPECT_EQ(matrix(free)(1, 0), 0);
  EXPECT_NEAR(matrix(free)(0, 0), u, 1e-9);
}

Tally random_tally(bool by_period, Stream& s) {
  Tally t(ladder_of(3), Step());
  for (std::int64_t m = 0; m < (by_period ? 3 : 1); ++m)
    for (std::size_t i = 0; i < 3; ++i)
      for (std::size_t j = 0; j < 3; ++j) {
        const std::optional<Period> period = by_period ? std::optional(Period(m)) : std::nullopt;
        t.add(i, j, static_cast<double>(2 + s.below(30)), period);
        for (std::int64_t steps = 2; steps <= (by_period ? 3 - m : 3); ++steps) {
          const auto n = static_cast<double>(s.below(6));
          t.add_across(i, j, steps, n, n, n, period);
        }
      }
  return t;
}

TEST(AcrossGaps, RowsVaryTogether) {
  Tally t(ladder_of(3), Step());
  add(t, chain(), 2000, 1);
  const Matrix two = chain() * chain();
  add(t, two, 8000, 2);
  const Ensemble e = Proportions{}.fit(t);
  const Matrix v = cell_covariance(std::get<NormalLogits>(e.draws()), matrix(e), t.ladder());
  EXPECT_GT(v.block(0, 3, 3, 3).cwiseAbs().maxCoeff(), 0.01 * v.diagonal().maxCoeff());
  EXPECT_EQ(rungs_test::apart(v, rungs_test::covariance_of_draws(e, 20000), 20000, 6), 0);
}

TEST(AcrossGaps, IsTheMaximumOfItsLikelihood) {
  Stream s({Seed(4), 1});
  for (int trial = 0; trial < 20; ++trial) {
    const bool by_period = trial % 2 == 1;
    const Tally t = random_tally(by_period, s);
    const Ensemble e = estimate(t, Proportions{});
    const detail::GapLikelihood likelihood(t);
    std::vector<Matrix> p, gradient, other;
    for (std::size_t m = 0; m < e.point().count(); ++m) p.emplace_back(e.point().matrix(m));
    const double best = likelihood(p, gradient);
    for (std::size_t m = 0; m < p.size(); ++m)
      for (Eigen::Index i = 0; i < 3; ++i) {
        // The derivative with respect to every move above 0 of a row is the same number, and less at 0.
        const double level = p[m].row(i).dot(gradient[m].row(i));
        for (Eigen::Index j = 0; j < 3; ++j) {
          if (p[m](i, j) > 1e-9) {
            EXPECT_NEAR(gradient[m](i, j) / level, 1, 1e-7) << trial;
          }
          EXPECT_LE(gradient[m](i, j) / level, 1 + 1e-7) << trial;
          // The gradient is that of the value, by central differences.
          std::vector<Matrix> more = p, less = p;
          const double h = 1e-5 * p[m](i, j);
          more[m](i, j) += h;
          less[m](i, j) -= h;
          if (h > 0) {
            EXPECT_NEAR((likelihood(more, other) - likelihood(less, other)) / (2 * h) / gradient[m](i, j), 1, 1e-6);
          }
        }
        for (int k = 0; k < 5; ++k) {  // and no other row is better
          std::vector<Matrix> moved = p;
          Vector towards(3);
          for (double& x : towards) x = s.uniform();
          moved[m].row(i) = 0.98 * p[m].row(i) + 0.02 * towards.transpose() / towards.sum();
          EXPECT_LT(likelihood(moved, other), best);
        }
      }
  }
}

TEST(AcrossGaps, InformationIsTheCurvatureOfTheExpectedLikelihood) {
  // Counts that are what the matrix expects: then the curvature in every direction of the log-odds is the information.
  Stream s({Seed(9), 1});
  const Matrix p = chain();
  Tally t(ladder_of(3), Step());
  add(t, p, 100, 1);
  add(t, p * p, 60, 2);
  add(t, p * p * p, 20, 3);
  const detail::GapLikelihood likelihood(t);
  Matrix bread, meat;
  likelihood.information({p}, bread, meat);
  EXPECT_LT((bread - meat).cwiseAbs().maxCoeff(), 1e-9 * bread.cwiseAbs().maxCoeff());
  std::vector<Matrix> gradient;
  for (int trial = 0; trial < 10; ++trial) {
    Vector direction(9);
    for (double& x : direction) x = s.normal();
    const auto at = [&](double h) {
      Matrix moved = p;
      for (Eigen::Index i = 0; i < 3; ++i) {
        for (Eigen::Index j = 0; j < 3; ++j) moved(i, j) *= std::exp(h * direction[3 * i + j]);
        moved.row(i) /= moved.row(i).sum();
      }
      return likelihood({moved}, gradient);
    };
    const double h = 1e-3, curvature = -(at(h) - 2 * at(0) + at(-h)) / (h * h);
    EXPECT_NEAR(curvature / direction.dot(bread * direction), 1, 1e-4);
  }
}

TEST(AcrossGaps, WithoutGapsIsProportions) {
  Tally t(ladder_of(2), Step());
  t.add(0, 0, 30);
  t.add(0, 1, 10);
  t.add(1, 0, 5);
  t.add(1, 1, 45);
  const Ensemble e = fit_across_gaps(t, Unleft::refuse, "across");
  EXPECT_LT((matrix(e) - matrix(estimate(t, Proportions{}))).cwiseAbs().maxCoeff(), 1e-14);
  const CellIntervals cells = cell_intervals(std::get<NormalLogits>(e.draws()), matrix(e), 0);
  EXPECT_NEAR(cells.standard_error(0, 1), std::sqrt(.25 * .75 / 40), 1e-14);
  EXPECT_NEAR(cells.standard_error(1, 0), std::sqrt(.1 * .9 / 50), 1e-14);
}

TEST(AcrossGaps, WeightsMoveTheEstimateAndAreNoPeople) {
  Stream s({Seed(6), 2});
  Tally plain(ladder_of(2), Step()), doubled(ladder_of(2), Step(), WeightKind::sampling),
      twice(ladder_of(2), Step(), WeightKind::frequency);
  for (std::size_t i = 0; i < 2; ++i)
    for (std::size_t j = 0; j < 2; ++j)
      for (const std::int64_t steps : {1, 2}) {
        const double n = static_cast<double>(20 + s.below(20)) / static_cast<double>(steps);
        for (const auto& [t, people, weight, square] :
             {std::tuple(&plain, n, n, n), std::tuple(&doubled, n, 2 * n, 4 * n),
              std::tuple(&twice, 2 * n, 2 * n, 2 * n)})
          if (steps == 1)
            t->add(i, j, people, weight, square, std::nullopt);
          else
            t->add_across(i, j, steps, people, weight, square, std::nullopt);
      }
  const auto errors = [](const Ensemble& e) {
    return cell_intervals(std::get<NormalLogits>(e.draws()), matrix(e), 0).standard_error;
  };
  const Ensemble a = estimate(plain, Proportions{}), b = estimate(doubled, Proportions{}),
                 c = estimate(twice, Proportions{});
  EXPECT_LT((matrix(a) - matrix(b)).cwiseAbs().maxCoeff(), 1e-12);
  EXPECT_LT((matrix(a) - matrix(c)).cwiseAbs().maxCoeff(), 1e-12);
  const Kernel point = a.point();  // the likelihood counts people: of weights once, of frequencies as many as they are
  EXPECT_EQ(log_likelihood(doubled, point), log_likelihood(plain, point));
  EXPECT_NEAR(log_likelihood(twice, point), 2 * log_likelihood(plain, point), 1e-10);
  // Doubled weights say nothing more (the sandwich is near the information, and does not scale); twice the people do.
  EXPECT_LT(((errors(b) - errors(a)).cwiseQuotient(errors(a))).cwiseAbs().maxCoeff(), 0.1);
  EXPECT_LT((errors(c) * std::sqrt(2.0) - errors(a)).cwiseAbs().maxCoeff(), 1e-12);
}

TEST(AcrossGaps, RefusesWhatItCannotTell) {
  Tally t(Ladder::parse("low < high"), Step());
  t.add(0, 0, 3);
  t.add_across(1, 0, 2, 5, 5, 5, {});
  EXPECT_EQ(
      said<Refusal>([&] { (void)estimate(t, Proportions{}); }),
      "found no observed move from 'high'; expected a stated treatment: absorbing (nobody leaves it), prior (with "
      "a Dirichlet prior), or refuse [E-ROW-EMPTY]");
  EXPECT_EQ(said<Refusal>([&] { (void)estimate(t, DirichletRows{1}); }),
            "found people seen again only after several steps, and a prior; expected proportions for them, or such "
            "pairs left out [E-GAP]");
}

/// People of a chain who are not seen in some of the years.
Panel seen_now_and_then(const Matrix& p, std::uint32_t people, std::int32_t years, double seen, std::uint64_t seed) {
  Observations o;
  for (std::uint32_t person = 0; person < people; ++person) {
    Stream s({Seed(seed), person});
    std::size_t at = person % 3;
    for (std::int32_t t = 0; t < years; ++t) {
      if (s.uniform() < seen) o.add(person, t, at);
      const std::vector<double> row{p(static_cast<Eigen::Index>(at), 0), p(static_cast<Eigen::Index>(at), 1),
                                    p(static_cast<Eigen::Index>(at), 2)};
      at = s.categorical(row);
    }
  }
  return {ladder_of(3), o};
}

TEST(AcrossGaps, BootstrapByPersonSaysTheSame) {
  const Panel panel = seen_now_and_then(chain(), 400, 8, 0.85, 3);
  const TallyOptions options{.step = Step(), .gap = Gap::em};
  const Ensemble e = estimate(tally(panel, options), Proportions{});
  const Matrix error = cell_intervals(std::get<NormalLogits>(e.draws()), matrix(e), 0).standard_error;
  const std::size_t draws = 400;
  const Ensemble b = bootstrap_by_person(panel, Proportions{}, options, draws, Seed(2));
  EXPECT_EQ(b.point(), e.point());
  for (Eigen::Index i = 0; i < 3; ++i)
    for (Eigen::Index j = 0; j < 3; ++j) {
      double squares = 0, own = 0;
      for (std::uint64_t d = 0; d < draws; ++d) {
        squares += std::pow(b.draw(Draw(Seed(2), d)).matrix(0)(i, j) - matrix(e)(i, j), 2);
        own += std::pow(e.draw(Draw(Seed(2), d)).matrix(0)(i, j) - matrix(e)(i, j), 2);
      }
      EXPECT_NEAR(std::sqrt(squares / draws) / error(i, j), 1, 0.25) << i << j;
      EXPECT_NEAR(std::sqrt(own / draws) / error(i, j), 1, 0.2) << i << j;
    }
}

TEST(AcrossGaps, CoversTheTruthAsOftenAsItSays) {
  // 1,000 panels in which a fifth of the records are missing: the 95 % interval of each cell holds the truth within 2
  // points of 95 %, is narrower than without the gaps, and the mean estimate is not off.
  const Matrix p = chain();
  Matrix covered = Matrix::Zero(3, 3), sum = Matrix::Zero(3, 3), squares = Matrix::Zero(3, 3);
  double narrower = 0;
  const int trials = 1000;
  for (int trial = 0; trial < trials; ++trial) {
    const Panel panel = seen_now_and_then(p, 150, 7, 0.8, 100 + static_cast<std::uint64_t>(trial));
    const Tally all = tally(panel, {.step = Step(), .gap = Gap::em});
    const Ensemble e = estimate(all, Proportions{});
    const CellIntervals cells = cell_intervals(std::get<NormalLogits>(e.draws()), matrix(e), 0),
                        without = cell_intervals(all.pooled(), all.ladder());
    for (Eigen::Index i = 0; i < 3; ++i)
      for (Eigen::Index j = 0; j < 3; ++j)
        covered(i, j) += cells.lower(i, j) <= p(i, j) && p(i, j) <= cells.upper(i, j) ? 1 : 0;
    sum += matrix(e);
    squares += matrix(e).cwiseProduct(matrix(e));
    narrower += cells.standard_error(0, 1) < without.standard_error(0, 1) ? 1 : 0;
  }
  for (Eigen::Index i = 0; i < 3; ++i)
    for (Eigen::Index j = 0; j < 3; ++j) {
      EXPECT_NEAR(covered(i, j) / trials, 0.95, 0.02) << i << j;
      const double mean = sum(i, j) / trials, error = std::sqrt((squares(i, j) / trials - mean * mean) / trials);
      EXPECT_LT(std::abs(mean - p(i, j)), 5 * error) << i << j;
    }
  EXPECT_GT(narrower / trials, 0.9);
}

}  // namespace
}  // namespace across_gaps_test
