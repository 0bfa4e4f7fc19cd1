// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/estimate/proportions.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <boost/math/distributions/binomial.hpp>

#include <gtest/gtest.h>

#include <rungs/data/mobility_table.hpp>

#include "../core/message.hpp"
#include "estimators.hpp"

namespace proportions_test {
namespace {

using namespace rungs;
using rungs_test::code_of;
using rungs_test::ladder_of;
using rungs_test::Move;
using rungs_test::panel_of;
using rungs_test::random_moves;
using rungs_test::said;

static_assert(Estimator<Proportions>);
struct NoName {
  Ensemble fit(const Tally& t) const { return Proportions{}.fit(t); }
};
static_assert(!Estimator<NoName> && !Estimator<int>);

Matrix point(const Ensemble& e) { return e.point().matrix(0); }

TEST(Proportions, AreSharesOfPeople) {
  const Ladder ladder = Ladder::parse("a < b | x");
  const Tally t =
      tally(ladder, {{0, 0, 6, {}, {}}, {0, 1, 3, {}, {}}, {0, 2, 1, {}, {}}, {1, 1, 4, {}, {}}}, Step(5, 5));
  const Ensemble e = estimate(t, Proportions{});
  Matrix expected(3, 3);
  expected << 0.6, 0.3, 0.1, 0, 1, 0, 0, 0, 1;
  EXPECT_TRUE(point(e).isApprox(expected, 1e-16));
  EXPECT_EQ(e.point().transition(0).step(), Step(5, 5));
  EXPECT_EQ(e.method(), "proportions");
  EXPECT_EQ(e.centre(), Centre::plug_in);
  EXPECT_TRUE(e.point().is_constant());
  const Matrix& n = std::get<MultinomialRows>(e.draws()).people.at(0);
  EXPECT_EQ(n(0, 0), 6);
  EXPECT_EQ(n.row(2).sum(), 0);
  for (std::uint64_t d = 0; d < 500; ++d) EXPECT_EQ(e.draw(Draw(Seed(1), d)).matrix(0)(1, 0), 0);
}

TEST(Proportions, MustKnowWhatBecomesOfTheUnseen) {
  const Tally t = tally(ladder_of(2), {{0, 1, 6, {}, {}}});
  const std::string words =
      "found no observed move from 's1'; expected a stated treatment: absorbing (nobody leaves "
      "it), prior (with a Dirichlet "
      "prior), or refuse [E-ROW-EMPTY]";
  for (const Unleft u : {Unleft::unstated, Unleft::prior, Unleft::refuse})
    EXPECT_EQ(said<Refusal>([&] { (void)Proportions{u}.fit(t); }), words);
  const Ensemble e = Proportions{Unleft::absorbing}.fit(t);
  EXPECT_EQ(point(e)(1, 1), 1);
  EXPECT_EQ(e.draw(Draw(Seed(1), 3)).matrix(0)(1, 1), 1);
}

TEST(Proportions, HaveAMatrixForEachPeriod) {
  Tally t(ladder_of(2), Step(5));
  t.add(0, 1, 1, Period(1990));
  t.add(0, 0, 3, Period(1990));
  t.add(1, 1, 3, Period(1990));
  t.add(0, 0, 1, Period(1995));
  t.add(1, 0, 1, Period(1995));
  const Ensemble e = Proportions{}.fit(t);
  ASSERT_EQ(e.point().count(), 2U);
  EXPECT_EQ(e.point().at(Period(1990)).matrix()(0, 1), 0.25);
  EXPECT_EQ(e.point().at(Period(1995)).matrix()(1, 0), 1);
  t.add(0, 0, 1, Period(2005));
  EXPECT_EQ(said<Refusal>([&] { (void)Proportions{}.fit(t); }),
            "found no moves from period 2000; expected some in every period from 1990 to 2005, or "
            "all periods pooled "
            "[E-PERIOD-MISSING]");
  t.add(0, 0, 1, Period(2000));
  EXPECT_EQ(said<Refusal>([&] { (void)Proportions{}.fit(t); }),
            "found no observed move from 's1' in period 2000; expected a stated treatment: "
            "absorbing (nobody leaves it), prior (with a "
            "Dirichlet prior), or refuse [E-ROW-EMPTY]");
}

TEST(CellIntervals, HaveTheBinomialStandardErrorWithoutWeights) {
  const Ladder ladder =
      Ladder::builder().rung("a").rung("b").rung("c").exit("x").move("a", "b").move("a", "x").move("b", "c").build();
  Counts c(4);
  c.add(0, 0, 30);
  c.add(0, 1, 15);
  c.add(0, 3, 5);
  const CellIntervals i = cell_intervals(c, ladder, Level(0.9), IntervalMethod::wilson);
  EXPECT_EQ(i.method, "wilson");
  EXPECT_EQ(i.level, 0.9);
  EXPECT_NEAR(i.standard_error(0, 1), std::sqrt(0.3 * 0.7 / 50), 1e-16);
  EXPECT_NEAR(i.standard_error(0, 3), std::sqrt(0.1 * 0.9 / 50), 1e-16);
  const Interval w = proportion_interval(15, 50, Level(0.9), IntervalMethod::wilson);
  EXPECT_NEAR(i.lower(0, 1), w.lower, 1e-15);
  EXPECT_NEAR(i.upper(0, 1), w.upper, 1e-15);
  EXPECT_TRUE(std::isnan(i.lower(0, 2)) && std::isnan(i.standard_error(0, 2)));  // impossible
  EXPECT_TRUE(i.upper.row(1).array().isNaN().all());                             // nobody seen
  EXPECT_TRUE(i.upper.row(3).array().isNaN().all());                             // an exit
  EXPECT_EQ(cell_intervals(c, ladder).method, "exact");
}

TEST(SamplingWeights, GiveTheLinearisedStandardError) {
  const std::vector<Move> moves = random_moves(4, 150, 5);
  for (const WeightKind kind : {WeightKind::sampling, WeightKind::precision}) {
    const Counts counts = tally(panel_of(4, moves, kind)).pooled();
    const Matrix p = point(Proportions{}.fit(tally(panel_of(4, moves, kind))));
    const CellIntervals cells = cell_intervals(counts, ladder_of(4));
    for (std::size_t i = 0; i < 4; ++i)
      for (std::size_t j = 0; j < 4; ++j) {
        const auto r = static_cast<Eigen::Index>(i), c = static_cast<Eigen::Index>(j);
        double all = 0, own = 0, squares = 0, weights = 0;
        for (const Move& m : moves)
          if (m.from == i) all += m.weight, weights += m.weight * m.weight, own += m.to == j ? m.weight : 0;
        for (const Move& m : moves)  // the sum of squared residuals of a ratio
          if (m.from == i) squares += std::pow(m.weight * ((m.to == j ? 1 : 0) - own / all), 2);
        ASSERT_NEAR(p(r, c), own / all, 1e-15);
        ASSERT_NEAR(cells.standard_error(r, c), std::sqrt(squares) / all, 1e-15);
        const Interval exact =
            proportion_interval(own / all * (all * all / weights), all * all / weights, Level(), IntervalMethod::exact);
        ASSERT_NEAR(cells.lower(r, c), exact.lower, 1e-13);
        ASSERT_NEAR(cells.upper(r, c), exact.upper, 1e-13);
      }
  }
}

TEST(SamplingWeights, TellNothingByTheirScale) {
  std::vector<Move> moves = random_moves(3, 90, 6);
  const Tally once = tally(panel_of(3, moves, WeightKind::sampling));
  for (Move& m : moves) m.weight *= 1024;
  const Tally scaled = tally(panel_of(3, moves, WeightKind::sampling));
  const CellIntervals a = cell_intervals(once.pooled(), ladder_of(3)),
                      b = cell_intervals(scaled.pooled(), ladder_of(3));
  EXPECT_EQ(point(Proportions{}.fit(once)), point(Proportions{}.fit(scaled)));
  EXPECT_EQ(a.standard_error, b.standard_error);
  EXPECT_EQ(a.lower, b.lower);
  for (std::uint64_t d = 0; d < 50; ++d)
    EXPECT_EQ(Proportions{}.fit(once).draw(Draw(Seed(1), d)), Proportions{}.fit(scaled).draw(Draw(Seed(1), d)));
  for (Move& m : moves) m.weight = 3;
  const CellIntervals equal = cell_intervals(tally(panel_of(3, moves, WeightKind::sampling)).pooled(), ladder_of(3));
  const CellIntervals none = cell_intervals(tally(panel_of(3, moves)).pooled(), ladder_of(3));
  EXPECT_TRUE(equal.standard_error.isApprox(none.standard_error, 1e-14));  // equal weights are no weights
  EXPECT_TRUE(equal.upper.isApprox(none.upper, 1e-13));
}

TEST(FrequencyWeights, AreRepeatedPeople) {
  std::vector<Move> moves = random_moves(3, 60, 7), repeated;
  for (Move& m : moves) {
    m.weight = std::ceil(m.weight);
    for (int k = 0; k < static_cast<int>(m.weight); ++k) repeated.push_back({m.from, m.to});
  }
  const Tally weighted = tally(panel_of(3, moves, WeightKind::frequency)), people = tally(panel_of(3, repeated));
  EXPECT_EQ(weighted.pooled(), people.pooled());
  EXPECT_EQ(point(Proportions{}.fit(weighted)), point(Proportions{}.fit(people)));
  const CellIntervals a = cell_intervals(weighted.pooled(), ladder_of(3)),
                      b = cell_intervals(people.pooled(), ladder_of(3));
  EXPECT_EQ(a.standard_error, b.standard_error);
  EXPECT_EQ(a.upper, b.upper);
  EXPECT_TRUE(std::get<MultinomialRows>(Proportions{}.fit(weighted).draws())
                  .people[0]
                  .isApprox(std::get<MultinomialRows>(Proportions{}.fit(people).draws()).people[0], 1e-14));
  // Sampling weights of the same size make the interval wider, never narrower, than the people
  // themselves.
  const CellIntervals s = cell_intervals(tally(panel_of(3, moves, WeightKind::sampling)).pooled(), ladder_of(3));
  EXPECT_TRUE((s.standard_error.array() > a.standard_error.array()).all());
}

TEST(CellCovariance, IsThatOfMultinomialRows) {
  const Ladder ladder =
      Ladder::builder().rung("a").rung("b").rung("c").exit("x").move("a", "b").move("a", "x").move("b", "a").build();
  Tally t(ladder, Step());
  t.add(0, 0, 30);
  t.add(0, 1, 15);
  t.add(0, 3, 5);
  t.add(1, 0, 8);
  t.add(1, 1, 32);
  t.add(2, 2, 9);  // the ladder leaves it no other move
  const Matrix v = cell_covariance(t.pooled(), ladder);
  ASSERT_EQ(v.rows(), 16);
  EXPECT_NEAR(v(0, 0), 0.6 * 0.4 / 50, 1e-17);
  EXPECT_NEAR(v(0, 1), -0.6 * 0.3 / 50, 1e-17);
  EXPECT_NEAR(v(3, 1), -0.1 * 0.3 / 50, 1e-17);
  EXPECT_NEAR(v(4, 4), 0.2 * 0.8 / 40, 1e-17);
  EXPECT_NEAR(v(4, 5), -0.2 * 0.8 / 40, 1e-17);
  EXPECT_TRUE(v.allFinite());
  EXPECT_TRUE(v.row(2).isZero(0));             // impossible
  EXPECT_TRUE(v.row(8 + 2).isZero(0));         // nothing else is possible
  EXPECT_TRUE(v.row(12 + 3).isZero(0));        // an exit
  EXPECT_TRUE(v.block(0, 4, 4, 4).isZero(0));  // rows are independent
  EXPECT_EQ(v, v.transpose());
  for (Eigen::Index i = 0; i < 4; ++i)  // the shares of a row add up to 1
    EXPECT_NEAR(v.middleRows(4 * i, 4).colwise().sum().cwiseAbs().maxCoeff(), 0, 1e-17);
  const Matrix errors = cell_intervals(t.pooled(), ladder).standard_error;
  for (Eigen::Index k = 0; k < 16; ++k)
    if (!std::isnan(errors(k / 4, k % 4))) {
      EXPECT_NEAR(std::sqrt(v(k, k)), errors(k / 4, k % 4), 1e-16);
    }
  const Matrix drawn = rungs_test::covariance_of_draws(Proportions{}.fit(t), 20000);
  EXPECT_EQ(rungs_test::apart(v, drawn, 20000, 6), 0);
  EXPECT_GT(rungs_test::apart(1.15 * v, drawn, 20000, 6), 0);  // and would see a sixth more
}

TEST(CellCovariance, IsNotKnownWhereNothingTellsIt) {
  const Ladder ladder = Ladder::parse("a < b < c | x");
  Counts c(4);
  c.add(0, 0, 30);
  c.add(0, 1, 20);
  c.add(0, 2, 10);  // nobody left
  c.add(1, 1, 7);   // nobody moved
  const Matrix v = cell_covariance(c, ladder);
  for (Eigen::Index k = 0; k < 16; ++k) {
    const bool known = k < 3 || k >= 12;  // seen, or an exit
    EXPECT_EQ(std::isnan(v(k, k)), !known) << k;
    EXPECT_EQ(std::isnan(v(0, k)), !known) << k;
    EXPECT_EQ(std::isnan(v(k, 0)), !known) << k;
  }
  EXPECT_NEAR(v(0, 1), -0.5 / 3 / 60, 1e-17);
  Counts alone(4);  // of weights without people
  alone.add(0, 0, 0, 30, 0);
  alone.add(0, 1, 0, 20, 0);
  EXPECT_TRUE(std::isnan(cell_covariance(alone, ladder)(0, 1)));
}

TEST(CellCovariance, IsLinearisedUnderWeights) {
  const std::vector<Move> moves = random_moves(3, 90, 8);
  const Counts counts = tally(panel_of(3, moves, WeightKind::sampling)).pooled();
  const Matrix v = cell_covariance(counts, ladder_of(3)), errors = cell_intervals(counts, ladder_of(3)).standard_error;
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 3; ++j)
      for (std::size_t k = 0; k < 3; ++k) {
        double all = 0, one = 0, other = 0, sum = 0;
        for (const Move& m : moves)
          if (m.from == i) all += m.weight, one += m.to == j ? m.weight : 0, other += m.to == k ? m.weight : 0;
        for (const Move& m : moves)  // products of the residuals of two ratios
          if (m.from == i)
            sum += m.weight * m.weight * ((m.to == j ? 1 : 0) - one / all) * ((m.to == k ? 1 : 0) - other / all);
        const auto a = static_cast<Eigen::Index>(3 * i + j), b = static_cast<Eigen::Index>(3 * i + k);
        EXPECT_NEAR(v(a, b), sum / (all * all), 1e-16);
        if (j == k) {
          EXPECT_NEAR(std::sqrt(v(a, a)), errors(a / 3, a % 3), 1e-15);
        }
      }
}

TEST(ThinRow, IsOfPossibleMovesThatFewMade) {
  const Ladder l = Ladder::builder().rung("a").rung("b").rung("c").move("a", "b").move("b", "a").move("b", "c").build();
  const auto thin = [&](double stay, double move) {
    Counts c(3);
    c.add(0, 0, stay);
    if (move > 0) c.add(0, 1, move);
    return thin_row(c, l, 0);
  };
  EXPECT_FALSE(thin(100, 5)) << "nobody can go from 'a' to 'c' at once";
  EXPECT_TRUE(thin(100, 4));
  EXPECT_TRUE(thin(100, 0)) << "nobody went to 'b', though it is possible";
  EXPECT_TRUE(thin(4, 100));
  EXPECT_TRUE(thin(20, 9)) << "fewer than 30";
  EXPECT_FALSE(thin(20, 10));
}

TEST(ThinRow, LeavesJeffreysWhereItHolds) {
  // Of 126 people, summed over all numbers who move: how often the interval holds the probability, at its worst. Where
  // nobody moved and the interval is not exact, it is 88 %.
  const Ladder l = ladder_of(2);
  const double people = 126;
  std::vector<Interval> found;
  for (double x = 0; x <= people; ++x) {
    Counts c(2);
    c.add(0, 0, people - x);
    c.add(0, 1, x);
    const IntervalMethod method = thin_row(c, l, 0) ? IntervalMethod::exact : IntervalMethod::jeffreys;
    const CellIntervals cells = cell_intervals(c, l, Level(), method);
    found.push_back({cells.lower(0, 1), cells.upper(0, 1)});
  }
  double least = 1;
  for (double p = 0.0005; p < 1; p += 0.0005) {
    double held = 0;
    for (std::size_t x = 0; x < found.size(); ++x)
      if (found[x].lower <= p && p <= found[x].upper)
        held += boost::math::pdf(boost::math::binomial_distribution<>(people, p), static_cast<double>(x));
    least = std::min(least, held);
  }
  EXPECT_GT(least, 0.93);
}

TEST(LogLikelihood, IsTheSumOfCountsTimesLogs) {
  Counts c(2);
  c.add(0, 1, 3);
  c.add(1, 1, 2);
  Matrix p(2, 2);
  p << 0.5, 0.5, 0, 1;
  EXPECT_DOUBLE_EQ(log_likelihood(c, p),
                   3 * std::log(0.5));  // a cell nobody moved in costs nothing at probability 0
  c.add(1, 0, 1);
  EXPECT_EQ(log_likelihood(c, p), -std::numeric_limits<double>::infinity());
}

TEST(RowWarnings, NameThinRowsAndUnseenMovesAndStrata) {
  const Ladder ladder = Ladder::builder()
                            .rung("a")
                            .rung("b")
                            .rung("c")
                            .rung("d")
                            .exit("x")
                            .move("a", "b")
                            .move("b", "c")
                            .move("c", "x")
                            .build();
  Tally t(ladder, Step());
  t.add(0, 0, 40);
  t.add(1, 1, 12);
  t.add(1, 2, 3);
  const std::vector<Warning> w = row_warnings(t);
  ASSERT_EQ(w.size(), 4U);
  EXPECT_EQ(w[0], (Warning{"W-STATE-UNSEEN", "'d' is on the ladder but in no move or stay that was counted"}));
  EXPECT_EQ(w[1], (Warning{"W-STATE-UNSEEN", "'x' is on the ladder but in no move or stay that was counted"}));
  EXPECT_EQ(w[2], (Warning{"W-ROW-THIN", "few people behind the moves from 'b' (15 people)"}));
  EXPECT_EQ(w[3], (Warning{"W-ZERO",
                           "possible moves that were never observed: 'a' -> 'b' (0 of 40); rare is not impossible: the "
                           "one-sided 95 % upper bound is about 3 divided by the people"}));
  // 900 people of weight 1 and 8 of 15.5 count for 1024^2 / (900 + 8 * 15.5^2). One-sided, 0.05 = (1 - p)^n.
  Tally weighted(ladder_of(2), Step(), WeightKind::sampling);
  weighted.add(0, 0, 908, 1024, 900 + 8 * 15.5 * 15.5, std::nullopt);
  weighted.add(1, 0, 50, 50, 50, std::nullopt);
  weighted.add(1, 1, 50, 50, 50, std::nullopt);
  std::string told_of_zero;
  for (const Warning& warning : row_warnings(weighted))
    if (warning.code == "W-ZERO") told_of_zero += warning.message;
  EXPECT_EQ(told_of_zero,
            "possible moves that were never observed: 's0' -> 's1' (0 of 371.6 effective people); rare is not "
            "impossible: the one-sided 95 % upper bound is about 3 divided by the effective people");
  const double bound = 1 - std::pow(0.05, 2822.0 / (1024 * 1024));
  EXPECT_NEAR(cell_intervals(weighted.pooled(), ladder_of(2), Level(0.9)).upper(0, 1), bound, 1e-12);
  EXPECT_NEAR(bound, 3 / 371.6, 0.01 * bound);
  // Of 40 weights one is 9 and the others 1: 48^2 / 120 people, fewer than half; one of 5 leaves 44^2 / 64.
  for (const double largest : {9.0, 5.0}) {
    Tally unlike(ladder_of(2), Step(), WeightKind::sampling);
    unlike.add(0, 0, 39, 39, 39, std::nullopt);
    unlike.add(0, 1, 1, largest, largest * largest, std::nullopt);
    unlike.add(1, 1, 50, 50, 50, std::nullopt);
    unlike.add(1, 0, 50, 50, 50, std::nullopt);
    std::string told;
    for (const Warning& warning : row_warnings(unlike))
      if (warning.code == "W-WEIGHT-DOMINANT") told += warning.message;
    EXPECT_EQ(told, largest == 9
                        ? "weights are so unlike that fewer than half of the people count behind the moves from "
                          "'s0' (19.2 of 40): what is estimated from there rests on the largest weights"
                        : "");
    for (const Warning& warning : row_warnings(unlike, RowsUsed{{{0, 1}}}))
      EXPECT_NE(warning.code, "W-WEIGHT-DOMINANT") << "of a row that is not used";
  }
  Tally many(ladder_of(8), Step());
  for (std::size_t i = 0; i < 8; ++i) many.add(i, i, 29, Period(2000));
  const std::vector<Warning> m = row_warnings(many);
  ASSERT_EQ(m.size(), 2U);
  EXPECT_NE(m[0].message.find("'s4' in period 2000 (29 people) and 3 more"), std::string::npos) << m[0].message;
  EXPECT_NE(m[1].message.find("'s0' -> 's5' in period 2000 (0 of 29) and 51 more;"), std::string::npos) << m[1].message;
  for (std::size_t i = 0; i < 8; ++i)
    for (std::size_t j = 0; j < 8; ++j) many.add(i, j, 1, Period(2000));
  EXPECT_TRUE(row_warnings(many).empty());
}

}  // namespace
}  // namespace proportions_test
