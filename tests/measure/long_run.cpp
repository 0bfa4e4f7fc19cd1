// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/measure/long_run.hpp>

#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <Eigen/LU>

#include <rungs/measure/reach.hpp>

#include "../core/message.hpp"
#include "chains.hpp"

namespace long_run_test {
namespace {

using namespace rungs;
using rungs_test::code_of;
using rungs_test::column;
using rungs_test::ladder_of;
using rungs_test::random_rows;
using rungs_test::relative;
using rungs_test::rows;
using rungs_test::said;

TransitionMatrix chain(const Matrix& p) { return TransitionMatrix(ladder_of(p.rows()), p); }

double worst(const Matrix& found, const Matrix& expected) {
  double out = 0;
  for (Eigen::Index i = 0; i < found.rows(); ++i)
    for (Eigen::Index j = 0; j < found.cols(); ++j)
      out = std::max(out, expected(i, j) == 0 ? std::abs(found(i, j)) : relative(found(i, j), expected(i, j)));
  return out;
}

TEST(Elimination, SolvesAsAGeneralSolverDoes) {
  // All sizes around the blocks, several columns, rows that lose little.
  Stream s({Seed(1), 1});
  for (Eigen::Index m = 1; m <= 130; ++m) {
    Matrix all = random_rows(s, m, 1, m < 8 ? 0 : 0.5);
    if (m % 3 == 0) all.col(m).head(m) *= 1e-3;
    for (Eigen::Index i = 0; i < m; ++i) all.row(i) /= all.row(i).sum();
    const Matrix q = all.topLeftCorner(m, m);
    Matrix w(m, 3);
    for (Eigen::Index i = 0; i < m; ++i) w.row(i) << 1, s.uniform(), (i == m / 2 ? 1.0 : 0.0);
    const Matrix x = detail::solve_transient(q, all.col(m).head(m), w);
    const Matrix expected = (Matrix::Identity(m, m) - q).partialPivLu().solve(w);
    ASSERT_LT(worst(x, expected), 1e-10) << m;
  }
}

TEST(Elimination, FindsTheStationaryLawOfEverySize) {
  Stream s({Seed(2), 1});
  for (Eigen::Index m = 1; m <= 130; ++m) {
    const Matrix p = random_rows(s, m, 0, m < 8 ? 0 : 0.3);
    Matrix a = (p - Matrix::Identity(m, m)).transpose();
    a.row(m - 1).setOnes();
    const Vector expected = a.partialPivLu().solve(Vector::Unit(m, m - 1));
    ASSERT_LT(worst(stationary_law(chain(p)), expected), 1e-10) << m;
  }
}

TEST(StationaryLaw, IsEntrywiseExactOnNearlyUncoupledLadders) {
  // Birth and death: the law follows from the ratios of neighbouring rates, whatever the coupling
  // between two halves.
  Stream s({Seed(3), 1});
  int ladders = 0;
  for (int power = 2; power <= 14; ++power)
    for (const Eigen::Index n : {2, 3, 10, 60}) {
      const double coupling = std::pow(10.0, -power);
      Matrix p = Matrix::Zero(n, n);
      for (Eigen::Index i = 0; i + 1 < n; ++i) {
        const double c = i == n / 2 - 1 || s.uniform() < 0.05 ? coupling : 1;
        p(i, i + 1) = c * (0.05 + 0.35 * s.uniform());
        p(i + 1, i) = c * (0.05 + 0.35 * s.uniform());
      }
      for (Eigen::Index i = 0; i < n; ++i) p(i, i) = 1 - p.row(i).sum();
      std::vector<long double> law{1};
      long double sum = 1;
      for (Eigen::Index i = 0; i + 1 < n; ++i) {
        law.push_back(law.back() * static_cast<long double>(p(i, i + 1)) / static_cast<long double>(p(i + 1, i)));
        sum += law.back();
      }
      const Vector found = stationary_law(chain(p));
      for (Eigen::Index i = 0; i < n; ++i)
        ASSERT_LT(relative(found[i], static_cast<double>(law[static_cast<std::size_t>(i)] / sum)), 1e-14)
            << n << " " << power;
      ++ladders;
    }
  EXPECT_GE(ladders, 50);
}

TEST(StationaryLaw, IsEntrywiseExactOnNearlyUncoupledRegions) {
  // A walk on a weighted graph stays in each node in proportion to its weights: three regions, tied
  // by almost nothing.
  Stream s({Seed(4), 1});
  for (int power = 2; power <= 14; ++power)
    for (const Eigen::Index n : {6, 12, 21}) {
      Matrix w(n, n);
      for (Eigen::Index i = 0; i < n; ++i)
        for (Eigen::Index j = 0; j <= i; ++j)
          w(i, j) = w(j, i) = (0.1 + s.uniform()) * (i % 3 == j % 3 ? 1 : std::pow(10.0, -power));
      const Vector degree = w.rowwise().sum();
      const Vector found = stationary_law(TransitionMatrix::from_weights(ladder_of(n), w));
      for (Eigen::Index i = 0; i < n; ++i)
        ASSERT_LT(relative(found[i], degree[i] / degree.sum()), 1e-14) << n << " " << power;
    }
}

TEST(StationaryLaw, OfKandoriMailathAndRobLikeChains) {
  // Rare mutations: the law of a chain with rates e and 1 is known in every digit, however small e.
  for (const double e : {1e-2, 1e-8, 1e-14, 1e-100}) {
    const Vector law = stationary_law(chain(rows({{1 - e, e, 0}, {0.5, 0, 0.5}, {0, 2 * e, 1 - 2 * e}})));
    const Vector expected = column({1 / (1.5 + 2 * e), 2 * e / (1.5 + 2 * e), 0.5 / (1.5 + 2 * e)});
    EXPECT_LT(worst(law, expected), 1e-15) << e;
  }
}

TEST(StationaryLaw, IsOfThoseWhereEverybodyEndsUp) {
  EXPECT_EQ(stationary_law(chain(rows({{0.5, 0.5}, {0, 1}}))), column({0, 1}));
  const Vector law =
      stationary_law(chain(rows({{0.6, 0.4, 0, 0}, {0, 0.5, 0.2, 0.3}, {0, 0, 0.9, 0.1}, {0, 0, 0.3, 0.7}})));
  EXPECT_LT(worst(law, column({0, 0, 0.75, 0.25})), 1e-15);
}

TEST(MeanFirstPassage, IsInfiniteWhereSomebodyMayNeverGet) {
  constexpr double never = std::numeric_limits<double>::infinity();
  const Matrix two = mean_first_passage(chain(rows({{0.5, 0.5}, {0, 1}})));
  EXPECT_EQ(two, rows({{never, 2}, {never, 1}}));
  // From the second of four one may go up for ever or down for ever; the two at the top lead to each other.
  const Matrix found =
      mean_first_passage(chain(rows({{1, 0, 0, 0}, {0.25, 0.25, 0.5, 0}, {0, 0, 0.9, 0.1}, {0, 0, 0.3, 0.7}})));
  EXPECT_EQ(found(0, 0), 1);
  EXPECT_EQ(found.col(1), column({never, never, never, never}));
  for (const Eigen::Index j : {0, 2, 3}) EXPECT_EQ(found(1, j), never) << j;
  EXPECT_LT(relative(found(2, 3), 10), 1e-14);
  EXPECT_LT(relative(found(3, 2), 1 / 0.3), 1e-14);
  EXPECT_LT(relative(found(2, 2), 1 / 0.75), 1e-14);
  EXPECT_LT(relative(found(3, 3), 4), 1e-14);
  // A long way up that is sure: 1 / 0.4, then 1 / 0.5 more, of whom 3 in 5 come there by way of the other.
  const Matrix sure =
      mean_first_passage(chain(rows({{0.6, 0.4, 0, 0}, {0, 0.5, 0.2, 0.3}, {0, 0, 0.9, 0.1}, {0, 0, 0.3, 0.7}})));
  EXPECT_LT(relative(sure(0, 2), 2.5 + 2 + 0.6 / 0.3), 1e-14);
  EXPECT_LT(relative(sure(0, 1), 2.5), 1e-14);
  EXPECT_EQ(sure(1, 1), never);
}

TEST(StationaryLaw, IsRefusedWhereThereAreSeveral) {
  EXPECT_EQ(said<Refusal>([] {
              (void)stationary_law(chain(rows({{1, 0, 0}, {0.2, 0.5, 0.3}, {0, 0, 1}})));
            }),
            "found a long-run law asked of a ladder of which not all strata lead to each other "
            "(closed classes: 's0'; 's2'); expected one closed class "
            "[E-REDUCIBLE]");
  EXPECT_EQ(stationary_law(chain(Matrix::Ones(1, 1))), Vector::Ones(1));
  const auto laws =
      stationary_laws(chain(rows({{0.5, 0, 0.5, 0}, {0.25, 0.25, 0.25, 0.25}, {0.25, 0, 0.75, 0}, {0, 0, 0, 1}})));
  ASSERT_EQ(laws.size(), 2U);
  EXPECT_EQ(laws[0].members, (std::vector<std::size_t>{0, 2}));
  EXPECT_LT(worst(laws[0].shares, column({1.0 / 3, 0, 2.0 / 3, 0})), 1e-15);
  EXPECT_EQ(laws[1].shares, column({0, 0, 0, 1}));
}

TEST(MeanFirstPassage, SatisfiesItsEquations) {
  Stream s({Seed(5), 1});
  for (const Eigen::Index n : {1, 2, 3, 7, 40, 41, 64}) {
    const Matrix p = random_rows(s, n, 0, n < 7 ? 0 : 0.3);
    const Matrix m = mean_first_passage(chain(p));
    const Vector law = stationary_law(chain(p));
    for (Eigen::Index i = 0; i < n; ++i)
      for (Eigen::Index j = 0; j < n; ++j) {
        double right = 1;
        for (Eigen::Index k = 0; k < n; ++k)
          if (k != j) right += p(i, k) * m(k, j);
        ASSERT_LT(relative(m(i, j), right), 1e-11) << n;
        if (i == j) {
          ASSERT_LT(relative(m(i, i), 1 / law[i]), 1e-14);
        }
      }
  }
}

TEST(MeanFirstPassage, OfLongLaddersAgreesWithElimination) {
  // Above 40 strata another algorithm is used: compare it with the one for shorter ladders, target
  // by target.
  Stream s({Seed(6), 1});
  const Eigen::Index n = 47;
  const Matrix p = random_rows(s, n, 0, 0.5);
  const Matrix m = mean_first_passage(chain(p));
  for (Eigen::Index j = 0; j < n; ++j) {
    Matrix q(n - 1, n - 1);
    Vector leaving(n - 1);
    for (Eigen::Index i = 0, r = 0; i < n; ++i) {
      if (i == j) continue;
      leaving[r] = p(i, j);
      for (Eigen::Index k = 0, c = 0; k < n; ++k)
        if (k != j) q(r, c++) = p(i, k);
      ++r;
    }
    const Matrix t = detail::solve_transient(q, leaving, Matrix::Ones(n - 1, 1));
    for (Eigen::Index i = 0, r = 0; i < n; ++i)
      if (i != j) {
        ASSERT_LT(relative(m(i, j), t(r++, 0)), 1e-11);
      }
  }
}

TEST(PeriodOfClass, IsTheGreatestCommonDivisorOfAllWaysRound) {
  const std::vector<std::size_t> all{0, 1, 2, 3};
  const auto of = [&](const Matrix& p) { return period_of_class(p, all); };
  EXPECT_EQ(of(rows({{0, 1, 0, 0}, {0, 0, 1, 0}, {0, 0, 0, 1}, {1, 0, 0, 0}})), 4U);
  EXPECT_EQ(of(rows({{0, 1, 0, 0}, {.5, 0, .5, 0}, {0, .5, 0, .5}, {0, 0, 1, 0}})), 2U) << "a step up or down";
  EXPECT_EQ(of(rows({{0, 1, 0, 0}, {.5, 0, .5, 0}, {0, .5, 0, .5}, {0, 0, .99, .01}})), 1U) << "who stays breaks it";
  EXPECT_EQ(of(rows({{0, 1, 0, 0}, {0, 0, 1, 0}, {.5, 0, 0, .5}, {1, 0, 0, 0}})), 1U) << "ways of 3 and of 4";
  EXPECT_EQ(period_of_class(rows({{0, 1, 0}, {1, 0, 0}, {.5, 0, .5}}), {0, 1}), 2U);
  EXPECT_EQ(period_of_class(Matrix::Identity(3, 3), {1}), 1U);
  // By another way: the powers of a chain of period d have d different limits.
  const TransitionMatrix walk = chain(rows({{0, 1, 0, 0}, {.5, 0, .5, 0}, {0, .5, 0, .5}, {0, 0, 1, 0}}));
  const Matrix even = n_step(walk, Span(1000)), odd = n_step(walk, Span(1001));
  EXPECT_GT((even - odd).cwiseAbs().maxCoeff(), .3);
  EXPECT_LT(worst(Matrix((even + odd) / 2).row(0).transpose(), stationary_law(walk)), 1e-12) << "the average over time";
}

TEST(Textbook, LandOfOz) {
  // Grinstead and Snell: rain, nice, snow.
  const TransitionMatrix oz = chain(rows({{0.5, 0.25, 0.25}, {0.5, 0, 0.5}, {0.25, 0.25, 0.5}}));
  EXPECT_LT(worst(stationary_law(oz), column({0.4, 0.2, 0.4})), 1e-15);
  EXPECT_LT(worst(mean_first_passage(oz), rows({{2.5, 4, 10.0 / 3}, {8.0 / 3, 5, 8.0 / 3}, {10.0 / 3, 4, 2.5}})),
            1e-14);
}

TEST(Textbook, DrunkardsWalk) {
  // Grinstead and Snell: corners 1, 2, 3 between home and bar, both final.
  const Ladder ladder = Ladder::parse("one < two < three | home, bar");
  const TransitionMatrix p(
      ladder, rows({{0, 0.5, 0, 0.5, 0}, {0.5, 0, 0.5, 0, 0}, {0, 0.5, 0, 0, 0.5}, {0, 0, 0, 1, 0}, {0, 0, 0, 0, 1}}));
  const Matrix n = fundamental_matrix(p);
  EXPECT_LT(worst(n, rows({{1.5, 1, 0.5}, {1, 2, 1}, {0.5, 1, 1.5}})), 1e-15);
  EXPECT_LT(worst(n.rowwise().sum(), column({3, 4, 3})), 1e-15);
  const Vector t = n.rowwise().sum();
  EXPECT_LT(worst((2 * n - Matrix::Identity(3, 3)) * t - t.cwiseProduct(t), column({8, 8, 8})), 1e-14);
  EXPECT_LT(worst(exit_probabilities(p), rows({{0.75, 0.25}, {0.5, 0.5}, {0.25, 0.75}})), 1e-15);
  const EverReached home = ever_reached(p, ladder["home"]);
  EXPECT_LT(worst(home.reached, column({0.75, 0.5, 0.25, 1, 0})), 1e-15);
  EXPECT_EQ(home.steps[3], 0);
  EXPECT_TRUE(std::isnan(home.steps[4]));
  // Gambler's ruin of 4: given that the end j is reached from i, it takes (16 - i^2) / 3 steps with
  // i counted from the other end.
  EXPECT_LT(worst(home.steps.head(3), column({7.0 / 3, 4, 5})), 1e-14);
  const EverReached both = ever_reached(p, ladder.set_of({3, 4}));
  EXPECT_EQ(both.reached, Vector::Ones(5));
  EXPECT_LT(worst(both.steps.head(3), column({3, 4, 3})), 1e-15);
}

TEST(EverReached, IsTheLimitOfReach) {
  Stream s({Seed(7), 1});
  for (int trial = 0; trial < 40; ++trial) {
    const Ladder ladder = ladder_of(4, 1);
    const Kernel kernel{TransitionMatrix(ladder, random_rows(s, 4, 1, 0.5))};
    const StratumSet target = ladder.at(3);
    const EverReached found = ever_reached(kernel.transition(0), target);
    for (std::size_t i = 0; i < 5; ++i) {
      const auto r = static_cast<Eigen::Index>(i);
      const Vector passage = first_passage(kernel, ladder.at(i), target, Span(4000));
      double mean = 0;
      for (Eigen::Index t = 0; t < passage.size(); ++t) mean += static_cast<double>(t) * passage[t];
      ASSERT_NEAR(found.reached[r], passage.sum(), 1e-12);
      if (passage.sum() > 0) {
        ASSERT_NEAR(found.steps[r], mean / passage.sum(), 1e-9);
      } else {
        ASSERT_EQ(found.reached[r], 0.0);
        ASSERT_TRUE(std::isnan(found.steps[r]));
      }
    }
  }
}

TEST(EverReached, IsExactlyOneWhereNothingElseCanHappen) {
  const TransitionMatrix p = chain(rows({{1 - 1e-13, 1e-13, 0}, {0.3, 0.69, 0.01}, {0, 0, 1}}));
  const EverReached found = ever_reached(p, p.ladder().at(2));
  EXPECT_EQ(found.reached, Vector::Ones(3));
  // From the second: 0.31 t1 = 1 + 0.3 (t0), t0 = 1e13 + t1, so that t1 = (1 + 3e12) / 0.01.
  EXPECT_LT(relative(found.steps[1], (1 + 0.3 / 1e-13) / 0.01), 1e-12);
  EXPECT_EQ(code_of([&] { (void)ever_reached(p, Ladder::parse("x").at(0)); }), "E-LADDER-OTHER");
}

TEST(Fundamental, IsRefusedWhereSomeNeverLeave) {
  const std::string words =
      "found strata that nobody leaves where an answer for all time was asked; expected a way out "
      "of each [E-REDUCIBLE]";
  EXPECT_EQ(said<Refusal>([] { (void)fundamental_matrix(chain(Matrix::Constant(2, 2, 0.5))); }), words);
  const TransitionMatrix stuck(ladder_of(2, 1), rows({{0.5, 0.2, 0.3}, {0, 1, 0}, {0, 0, 1}}));
  EXPECT_EQ(said<Refusal>([&] { (void)fundamental_matrix(stuck); }), words);
  EXPECT_EQ(said<Refusal>([&] { (void)exit_probabilities(stuck); }), words);
}

TEST(NStep, IsInClosedFormForTwoStrata) {
  // The eigenvalues are 1 and r = 1 - a - b; rows forget each other as r^t.
  for (const auto& [a, b] : {std::pair(0.3, 0.2), std::pair(0.05, 0.01), std::pair(0.9, 0.8), std::pair(1.0, 1.0)}) {
    const TransitionMatrix p = chain(rows({{1 - a, a}, {b, 1 - b}}));
    for (const std::int64_t t : {1, 2, 3, 7, 8, 40, 41, 1000, 999'999}) {
      const double r = std::pow(1 - a - b, static_cast<double>(t)), s = a + b;
      EXPECT_LT(
          worst(n_step(p, Span(t)), rows({{(b + a * r) / s, a * (1 - r) / s}, {b * (1 - r) / s, (a + b * r) / s}})),
          2e-13)
          << a << ", " << b << ", " << t;
    }
  }
  EXPECT_EQ(n_step(chain(rows({{.5, .5}, {.5, .5}})), Span(0)), Matrix::Identity(2, 2));
}

TEST(Published, GradedManpowerSystem) {
  const Ladder ladder = Ladder::parse("one < two < three | left");
  const TransitionMatrix p(ladder, rows({{0.5, 0.4, 0, 0.1}, {0, 0.6, 0.3, 0.1}, {0, 0, 0.8, 0.2}, {0, 0, 0, 1}}));
  EXPECT_LT(worst(fundamental_matrix(p), rows({{2, 2, 3}, {0, 2.5, 3.75}, {0, 0, 5}})), 1e-15);
  EXPECT_LT(worst(ever_reached(p, ladder["three"]).reached, column({0.6, 0.75, 1, 0})), 1e-15);
  EXPECT_LT(worst(exit_probabilities(p), Matrix::Ones(3, 1)), 1e-15);
  // Leavers replaced at the bottom: the steady structure, and how it comes about.
  const TransitionMatrix q = chain(rows({{0.6, 0.4, 0}, {0.1, 0.6, 0.3}, {0.2, 0, 0.8}}));
  const Vector law = stationary_law(q);
  EXPECT_LT(worst(law, column({2.0 / 7, 2.0 / 7, 3.0 / 7})), 1e-15);
  EXPECT_NEAR(law.dot(column({0.1, 0.1, 0.2})), 1.0 / 7, 1e-16);
  const Matrix path = rows(
      {{78, 88, 64}, {68.4, 84, 77.6}, {64.96, 77.76, 87.28}, {64.208, 72.64, 93.152}, {64.4192, 69.2672, 96.3136}});
  for (Eigen::Index t = 1; t <= 5; ++t)
    EXPECT_LT(worst(column({100, 80, 50}).transpose() * n_step(q, Span(t)), path.row(t - 1)), 1e-14);
}

TEST(Published, ThreeStateMicrosimulation) {
  const double a = 1.0 / 13, b = 1.0 / 23, c = 1.0 / 29, d = 1.0 / 17;
  const TransitionMatrix p = chain(rows({{1 - a - b, a, b}, {0, 1 - c, c}, {d, 0, 1 - d}}));
  const auto off = [](const Matrix& found, const Matrix& printed) { return (found - printed).cwiseAbs().maxCoeff(); };
  const auto at = [&](std::int64_t t) { return Matrix(n_step(p, Span(t)).row(0)); };
  const double half_digit = 5.1e-9;  // printed with 8 decimals
  EXPECT_LT(off(at(1), rows({{0.87959866, 0.07692308, 0.04347826}})), half_digit);
  EXPECT_LT(off(at(10), rows({{0.33832805, 0.39672774, 0.26494421}})), half_digit);
  EXPECT_LT(off(at(50), rows({{0.18678964, 0.42794525, 0.38526512}})), half_digit);
  EXPECT_LT(off(at(100), rows({{0.18942743, 0.42277663, 0.38779593}})), half_digit);
  const Vector law = stationary_law(p);
  EXPECT_LT(off(law, column({0.18948035, 0.42268695, 0.38783270})), half_digit);
  // In closed form: flows balance, so that the law is as d c : a d : c (a + b).
  EXPECT_LT(worst(law, column({c * d, a * d, c * (a + b)}) / (c * d + a * d + c * (a + b))), 1e-15);
}

TEST(Published, ClassicalIntergenerationalMobility) {
  const TransitionMatrix p = chain(rows({{0.448, 0.484, 0.068}, {0.054, 0.699, 0.247}, {0.011, 0.503, 0.486}}));
  const Vector law = stationary_law(p);
  EXPECT_NEAR(law[0], 0.06719974, 5e-9);
  EXPECT_NEAR(law[1], 0.6240338, 5e-8);
  EXPECT_NEAR(law[2], 0.3087664, 5e-8);
}

}  // namespace
}  // namespace long_run_test
