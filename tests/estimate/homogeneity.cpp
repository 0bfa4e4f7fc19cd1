// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/estimate/homogeneity.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <rungs/data/mobility_table.hpp>
#include <rungs/estimate/bootstrap.hpp>
#include <rungs/estimate/dirichlet.hpp>
#include <rungs/estimate/proportions.hpp>
#include <rungs/measure/reach.hpp>
#include <rungs/measure/summary.hpp>

#include "../core/message.hpp"
#include "simulated.hpp"

namespace homogeneity_test {
namespace {

using namespace rungs;
using namespace rungs_test;

using Square = std::vector<std::vector<double>>;
using Groups = std::vector<std::pair<std::string, Tally>>;

Tally table(const Ladder& ladder, const Square& n) {
  std::vector<TableCell> cells;
  for (std::size_t i = 0; i < n.size(); ++i)
    for (std::size_t j = 0; j < n.size(); ++j) cells.push_back({i, j, n[i][j], {}, {}});
  return tally(ladder, cells);
}

Groups groups(const Ladder& ladder, const std::vector<Square>& all) {
  Groups out;
  for (const Square& n : all) out.emplace_back("g" + std::to_string(out.size()), table(ladder, n));
  return out;
}

TEST(Homogeneity, DegreesOfFreedomByHand) {
  struct Case {
    const char* why;
    Ladder ladder;
    std::vector<Square> groups;
    std::int64_t nominal, support;
  };
  const Ladder three_rungs = ladder_of(3), two_rungs = ladder_of(2);
  const Ladder up = Ladder::builder().rung("a").rung("b").rung("c").move("a", "b").move("b", "c").build();
  const Ladder leave = Ladder::parse("a < b | x");
  const Square full{{5, 3, 2}, {1, 6, 2}, {2, 2, 9}};
  const std::vector<Case> cases{
      {"everything seen", three_rungs, {full, full}, 6, 6},
      {"three groups", three_rungs, {full, full, full}, 12, 12},
      {"a row that nobody is in", three_rungs, {{{5, 3, 2}, {1, 6, 2}, {0, 0, 0}}, full}, 6, 4},
      {"a row that nobody is in, in any group",
       three_rungs,
       {{{5, 3, 2}, {0, 0, 0}, {2, 2, 9}}, {{4, 1, 2}, {0, 0, 0}, {2, 3, 5}}},
       6,
       4},
      {"a move that nobody makes, in any group",
       three_rungs,
       {{{5, 3, 0}, {1, 6, 2}, {2, 2, 9}}, {{4, 2, 0}, {3, 3, 3}, {1, 1, 8}}},
       6,
       5},
      {"a move that one group makes", three_rungs, {{{5, 3, 0}, {1, 6, 2}, {2, 2, 9}}, full}, 6, 6},
      {"nobody leaves", two_rungs, {{{7, 0}, {1, 3}}, {{4, 0}, {2, 5}}}, 2, 1},
      {"impossible moves", up, {{{5, 3, 0}, {0, 6, 2}, {0, 0, 9}}, {{4, 4, 0}, {0, 3, 2}, {0, 0, 7}}}, 2, 2},
      {"impossible moves and a row that nobody is in",
       up,
       {{{5, 3, 0}, {0, 0, 0}, {0, 0, 9}}, {{4, 4, 0}, {0, 3, 2}, {0, 0, 7}}},
       2,
       1},
      {"an exit", leave, {{{5, 3, 2}, {1, 4, 3}, {0, 0, 8}}, {{2, 3, 4}, {5, 1, 2}, {0, 0, 3}}}, 4, 4},
      {"one group has nobody at all", two_rungs, {{{7, 2}, {1, 3}}, {{0, 0}, {0, 0}}}, 2, 0},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.why);
    const AssumptionTest t = test_homogeneity_of_groups(groups(c.ladder, c.groups));
    EXPECT_EQ(t.df_nominal, c.nominal);
    EXPECT_EQ(t.df_support, c.support);
    std::int64_t nominal = 0, support = 0;
    double lr = 0, pearson = 0;
    for (const TestPart& p : t.by_origin) {
      nominal += p.df_nominal;
      support += p.df_support;
      lr += p.likelihood_ratio;
      pearson += p.pearson;
    }
    EXPECT_EQ(nominal, c.nominal);
    EXPECT_EQ(support, c.support);
    EXPECT_NEAR(lr, t.likelihood_ratio, 1e-12);
    EXPECT_NEAR(pearson, t.pearson, 1e-12);
  }
}

TEST(Homogeneity, IsTheLogLikelihoodLost) {
  const Ladder ladder = ladder_of(4);
  Groups all;
  for (std::uint64_t g = 0; g < 3; ++g)
    all.emplace_back("g" + std::to_string(g), tally(panel_of(4, random_moves(4, 300, g + 1))));
  const AssumptionTest t = test_homogeneity_of_groups(all);
  Tally pooled(ladder, Step());
  double apart = 0, pearson = 0;
  const auto shares = [](const Tally& x) { return estimate(x, Proportions{}).point().matrix(0); };
  for (const auto& g : all) {
    pooled += g.second;
    apart += log_likelihood(g.second.pooled(), shares(g.second));
  }
  const Matrix p = shares(pooled);
  for (const auto& g : all)
    for (std::size_t i = 0; i < 4; ++i)
      for (std::size_t j = 0; j < 4; ++j) {
        const double expected =
            g.second.pooled().row_people(i) * p(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j));
        pearson += std::pow(g.second.pooled().people(i, j) - expected, 2) / expected;
      }
  EXPECT_NEAR(t.likelihood_ratio, 2 * (apart - log_likelihood(pooled.pooled(), p)), 1e-9);
  EXPECT_NEAR(t.pearson, pearson, 1e-10);
  EXPECT_EQ(t.observations, 900);
  // Groups that are alike differ by nothing, however large; counts twice as large differ twice as much.
  EXPECT_NEAR(test_homogeneity_of_groups(Groups{all[0], all[0], all[0]}).likelihood_ratio, 0, 1e-11);
  Groups twice = all;
  for (std::size_t g = 0; g < 3; ++g) twice[g].second += all[g].second;
  EXPECT_NEAR(test_homogeneity_of_groups(twice).likelihood_ratio, 2 * t.likelihood_ratio, 1e-10);
  // The order of groups is of no account.
  EXPECT_NEAR(test_homogeneity_of_groups(Groups{all[2], all[0], all[1]}).pearson, t.pearson, 1e-11);
}

TEST(Homogeneity, NamesThePeriodThatDiffers) {
  const Ladder ladder = Ladder::parse("low < high");
  std::vector<TableCell> cells;
  for (int year = 1990; year < 1996; ++year) {
    const double moved = year == 1993 ? 60 : 30;
    cells.push_back({0, 0, 100 - moved, Period(year), {}});
    cells.push_back({0, 1, moved, Period(year), {}});
    cells.push_back({1, 0, 20, Period(year), {}});
    cells.push_back({1, 1, 80, Period(year), {}});
  }
  AssumptionOptions options;
  options.asked = AskedReach{ladder["low"], StratumSet(ladder["high"]), Span(3)};
  const AssumptionTest t = test_homogeneity_over_time(tally(ladder, cells), options);
  ASSERT_EQ(t.by_layer.size(), 6U);
  EXPECT_EQ(t.by_layer[3].name, "1993");
  EXPECT_LT(t.by_layer[3].p.p, 1e-6);
  EXPECT_EQ(t.by_layer[3].df_support, 2);
  EXPECT_NEAR(
      t.likelihood_ratio,
      2 * (5 * (70 * std::log(70 / 65.) + 30 * std::log(30 / 35.)) + 40 * std::log(40 / 65.) + 60 * std::log(60 / 35.)),
      1e-11);
  // One period against the others: two rows, by hand.
  double pearson = 0;
  const double share = 210. / 600;
  for (const auto& [n, moved] : {std::pair{100., 60.}, std::pair{500., 150.}})
    pearson += std::pow(moved - n * share, 2) / (n * share * (1 - share));
  EXPECT_NEAR(t.by_layer[3].pearson, pearson, 1e-10);
  EXPECT_EQ(t.by_origin[1].likelihood_ratio, 0);
  ASSERT_TRUE(t.consequence);
  EXPECT_NEAR(t.consequence->implied.share, 1 - 0.65 * 0.65 * 0.65, 1e-14);
  EXPECT_NEAR(t.consequence->difference(), 0.65 * 0.65 * 0.65 - 0.7 * 0.7 * 0.7, 1e-14);
  EXPECT_EQ(words(t, "W-NONSTATIONARY"),
            "moves differ between periods (likelihood ratio 31.5 on 10 degrees of freedom, p = 0.0005); unlike all "
            "others together: 1993; for the answer asked, reaching 'high' from 'low' within 3 steps, the matrix of all "
            "periods says 72.5 %, by the matrix of the last period, 1995, it is 65.7 %");
}

TEST(Homogeneity, WarnsOnlyWhereThereIsSomething) {
  const Ladder ladder = ladder_of(3);
  Stream stream({Seed(8), 1});
  AssumptionOptions options;
  options.bootstrap = NullDraws{199, Seed(1)};
  options.asked = AskedReach{ladder["s0"], StratumSet(ladder["s2"]), Span(3)};
  const Histories same = simulated_histories(stream, ladder, 300, 6, chain(three)),
                  more = simulated_histories(stream, ladder, 300, 6, chain(three)),
                  others = simulated_histories(stream, ladder, 300, 6, chain(other)),
                  changing = simulated_histories(stream, ladder, 300, 6, regimes(three, other, 3));
  const auto of = [](const Histories& a, const Histories& b) {
    return std::vector<std::pair<std::string, Histories>>{{"men", a}, {"women", b}};
  };
  EXPECT_TRUE(test_homogeneity_over_time(same, options).warnings.empty());
  EXPECT_TRUE(has(test_homogeneity_over_time(changing, options), "W-NONSTATIONARY"));
  EXPECT_TRUE(test_homogeneity_of_groups(of(same, more), options).warnings.empty());
  const AssumptionTest differ = test_homogeneity_of_groups(of(same, others), options);
  ASSERT_TRUE(has(differ, "W-GROUPS"));
  EXPECT_EQ(differ.consequence->found.size(), 4U);
  EXPECT_EQ(differ.consequence->found[0].by, "as observed of 'men'");
  EXPECT_EQ(differ.consequence->found[1].people, observed_reach(others, *options.asked).people);
  // Each group is nearer to its own matrix than to that of both.
  for (const std::size_t g : {0U, 1U})
    EXPECT_LT(std::abs(differ.consequence->found[g].share - differ.consequence->found[g + 2].share),
              std::abs(differ.consequence->found[g].share - differ.consequence->implied.share));
  Matrix p(3, 3), q(3, 3);
  for (Eigen::Index i = 0; i < 3; ++i)
    for (Eigen::Index j = 0; j < 3; ++j) {
      p(i, j) = three[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)];
      q(i, j) = other[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)];
    }
  EXPECT_TRUE(test_fit(same, TransitionMatrix(ladder, p), options).warnings.empty());
  EXPECT_TRUE(has(test_fit(same, TransitionMatrix(ladder, q), options), "W-FIT"));
  EXPECT_TRUE(has(test_lumpability(same, {ladder.set_of({0, 1})}, options), "W-LUMPING"));
  const Rows alike{{0.5, 0.2, 0.3}, {0.3, 0.4, 0.3}, {0.15, 0.15, 0.7}};
  EXPECT_TRUE(
      test_lumpability(simulated_histories(stream, ladder, 300, 6, chain(alike)), {ladder.set_of({0, 1})}, options)
          .warnings.empty());
}

TEST(Homogeneity, DrawsArePutInWords) {
  const Ladder ladder = Ladder::parse("low < high");
  AssumptionOptions options;
  options.bootstrap = NullDraws{199, Seed(2)};
  const AssumptionTest t =
      test_homogeneity_of_groups(groups(ladder, {{{90, 10}, {20, 80}}, {{50, 50}, {20, 80}}}), options);
  EXPECT_EQ(words(t, "W-GROUPS"),
            "moves differ between groups (likelihood ratio 40.7 on 2 degrees of freedom, p = 0.005 by 199 draws); "
            "there are two, g0 and g1; a matrix of all groups answers no question about one of them; ask for "
            "a reach to see what it means for an answer");
  EXPECT_EQ(t.bootstrap->p_likelihood_ratio, 1. / 200);
  EXPECT_EQ(t.deciding_p(), 1. / 200);
}

TEST(Fit, DrawsGiveTheExactP) {
  // 12 people in one row: the p of every outcome by enumeration, far from chi-square.
  const Ladder ladder = Ladder::parse("low < high");
  const double up = 0.15;
  const TransitionMatrix given(ladder, Matrix{{1 - up, up}, {0.5, 0.5}});
  const auto lr = [&](double moved) {
    const auto term = [](double found, double expected) {
      return found > 0 ? 2 * found * std::log(found / expected) : 0.0;
    };
    return term(moved, 12 * up) + term(12 - moved, 12 * (1 - up));
  };
  double exact = 0;
  for (int k = 0; k <= 12; ++k) {
    const double probability = std::exp(std::lgamma(13.0) - std::lgamma(k + 1.0) - std::lgamma(13.0 - k)) *
                               std::pow(up, k) * std::pow(1 - up, 12 - k);
    if (lr(k) >= lr(4) - 1e-9) exact += probability;
  }
  AssumptionOptions options;
  options.bootstrap = NullDraws{20000, Seed(3)};
  const AssumptionTest t = test_fit(table(ladder, {{8, 4}, {0, 0}}), given, options);
  EXPECT_NEAR(t.likelihood_ratio, lr(4), 1e-12);
  const double error = std::sqrt(exact * (1 - exact) / 20000);
  EXPECT_NEAR(t.bootstrap->p_likelihood_ratio, exact, 5 * error);
  EXPECT_GT(std::abs(t.lr_support.p - exact), 10 * error);  // rejects: p by chi-square
  EXPECT_EQ(t.df_nominal, 2);
  EXPECT_EQ(t.df_support, 1);
  EXPECT_EQ(test_fit(table(ladder, {{8, 4}, {0, 0}}), given, options).bootstrap->p_likelihood_ratio,
            t.bootstrap->p_likelihood_ratio);
}

TEST(Fit, OfAMoveThatTheMatrixRulesOut) {
  const Ladder ladder = Ladder::parse("low < high");
  const TransitionMatrix given(ladder, Matrix{{1, 0}, {0.5, 0.5}});
  const AssumptionTest t = test_fit(table(ladder, {{99, 1}, {5, 5}}), given);
  EXPECT_EQ(t.likelihood_ratio, std::numeric_limits<double>::infinity());
  EXPECT_EQ(t.lr_support.p, 0);
  EXPECT_TRUE(has(t, "W-FIT"));
  const TransitionMatrix still(ladder, Matrix{{1, 0}, {0, 1}});  // no degree of freedom is needed for that
  for (const auto& draws : {std::optional<NullDraws>(), std::optional(NullDraws{200, Seed(1)})}) {
    const AssumptionTest of_still = test_fit(table(ladder, {{99, 1}, {5, 5}}), still, {.bootstrap = draws});
    EXPECT_EQ(of_still.lr_support.p, 0);
    EXPECT_EQ(of_still.deciding_p(), 0);
    EXPECT_TRUE(has(of_still, "W-FIT"));
  }
  EXPECT_TRUE(std::isnan(test_fit(table(ladder, {{99, 0}, {0, 5}}), still).deciding_p()));
  const AssumptionTest none = test_fit(table(ladder, {{99, 0}, {5, 5}}), given);
  EXPECT_EQ(none.df_support, 1);
  EXPECT_EQ(none.likelihood_ratio, 0);
}

TEST(Lumpability, IsHomogeneityOfTheCollapsedRows) {
  // Two strata of one block, by hand: to the block or out of it.
  const Ladder ladder = Ladder::parse("a < b < c < d");
  const Square n{{30, 20, 10, 10}, {25, 35, 5, 15}, {4, 6, 40, 10}, {9, 1, 20, 30}};
  const Tally t = table(ladder, n);
  const AssumptionTest two = test_lumpability(t, {ladder.set_of({0, 1}), ladder.set_of({2, 3})});
  const auto by_hand = [](double in1, double n1, double in2, double n2) {
    const double p = (in1 + in2) / (n1 + n2);
    return std::pow(in1 - n1 * p, 2) / (n1 * p * (1 - p)) + std::pow(in2 - n2 * p, 2) / (n2 * p * (1 - p));
  };
  EXPECT_NEAR(two.pearson, by_hand(50, 70, 60, 80) + by_hand(10, 60, 10, 60), 1e-12);
  EXPECT_EQ(two.df_nominal, 2);
  EXPECT_EQ(two.df_support, 2);
  ASSERT_EQ(two.by_origin.size(), 2U);
  EXPECT_EQ(two.by_origin[0].name, "'a', 'b'");
  // Strata that are not named are blocks of their own.
  const AssumptionTest one = test_lumpability(t, {ladder.set_of({0, 1})});
  EXPECT_EQ(one.df_nominal, 2);
  EXPECT_EQ(one.by_origin.size(), 1U);
  // All strata in one block, or each in its own: nothing to test, and no p.
  EXPECT_TRUE(std::isnan(test_lumpability(t, {ladder.set_of({0, 1, 2, 3})}).lr_support.p));
  EXPECT_TRUE(std::isnan(test_lumpability(t, {}).deciding_p()));
}

TEST(Lumpability, TellsWhatItMeansForTheAnswer) {
  const Ladder ladder = Ladder::parse("a < b < c");
  AssumptionOptions options;
  options.asked = AskedReach{ladder["a"], StratumSet(ladder["c"]), Span(1)};
  // From a nobody reaches c in one step; from the block of a and b 30 of 200 do.
  const Square n{{80, 20, 0}, {10, 60, 30}, {0, 0, 50}};
  const AssumptionTest t = test_lumpability(table(ladder, n), {ladder.set_of({0, 1})}, options);
  EXPECT_NEAR(t.consequence->implied.share, 0.15, 1e-14);
  EXPECT_EQ(t.consequence->difference(), -0.15);
  options.asked->within = Span(2);
  const AssumptionTest later = test_lumpability(table(ladder, n), {ladder.set_of({0, 1})}, options);
  EXPECT_NEAR(later.consequence->implied.share, 1 - 0.85 * 0.85, 1e-14);
  EXPECT_NEAR(later.consequence->found[0].share, 0.2 * 0.3, 1e-14);
}

TEST(Homogeneity, RefusesWhatCannotBeCompared) {
  const Ladder ladder = Ladder::parse("a < b < c | x");
  const Tally t = table(ladder, {{5, 1, 1, 1}, {1, 5, 1, 1}, {1, 1, 5, 1}, {0, 0, 0, 0}});
  EXPECT_EQ(said<Refusal>([&] { (void)test_homogeneity_over_time(t); }),
            "found moves of 0 periods; expected at least two to compare [E-LAYERS]");
  EXPECT_EQ(said<Refusal>([&] {
              (void)test_homogeneity_of_groups(Groups{{"all", t}});
            }),
            "found moves of 1 groups; expected at least two to compare [E-LAYERS]");
  EXPECT_EQ(said<Refusal>([&] {
              (void)test_homogeneity_of_groups(Groups{{"a", t}, {"b", Tally(ladder_of(3), Step())}});
            }),
            "found groups on two ladders or with two steps; expected the same in all [E-LADDER-OTHER]");
  EXPECT_EQ(said<Refusal>([&] { (void)test_fit(t, TransitionMatrix(ladder, Matrix::Identity(4, 4), Step(2))); }),
            "found moves and a matrix of two ladders or steps; expected the same in both [E-LADDER-OTHER]");
  EXPECT_EQ(said<Refusal>([&] {
              (void)test_lumpability(t, {ladder.set_of({0, 1}), ladder.set_of({1, 2})});
            }),
            "found 'b' in two blocks; expected every stratum in one [E-PARTITION]");
  EXPECT_EQ(said<Refusal>([&] {
              (void)test_lumpability(t, {ladder.set_of({2, 3})});
            }),
            "found strata and exits in one block, 'c', 'x'; expected blocks of strata, since nobody leaves an exit "
            "[E-PARTITION]");
  AssumptionOptions options;
  options.asked = AskedReach{ladder["a"], StratumSet(ladder["c"]), Span(1)};
  EXPECT_EQ(said<Refusal>([&] {
              (void)test_lumpability(t, {ladder.set_of({1, 2})}, options);
            }),
            "found the block of 'b' and 'c' partly in the target; expected targets of whole blocks [E-PARTITION]");
  options = {};
  options.bootstrap = NullDraws{99, Seed(1)};
  EXPECT_EQ(said<Refusal>([&] {
              (void)test_lumpability(t, {ladder.set_of({1, 2})}, options);
            }),
            "found 99 draws under the hypothesis; expected at least 100, since fewer cannot give a p below 0.01, or no "
            "bootstrap [E-DRAWS-FEW]");
  Tally halves(ladder, Step());
  halves.add(0, 1, 2.5);
  options.bootstrap = NullDraws{100, Seed(1)};
  EXPECT_EQ(said<DomainError>([&] {
              (void)test_lumpability(halves, {ladder.set_of({0, 1})}, options);
            }),
            "found 2.5 people; expected a whole number, since people are drawn one by one [E-COUNT]");
}

TEST(Homogeneity, SaysWhenThereAreTooFewPeople) {
  const Ladder ladder = ladder_of(3);
  const std::vector<Square> few{{{3, 1, 0}, {1, 4, 1}, {0, 1, 5}}, {{2, 1, 1}, {1, 3, 0}, {1, 0, 4}}};
  const AssumptionTest t = test_homogeneity_of_groups(groups(ladder, few));
  EXPECT_EQ(
      words(t, "W-SPARSE"),
      "100 % of the cells compared expect fewer than 5 people, too few for p by chi-square to be trusted; ask for "
      "draws");
  AssumptionOptions options;
  options.bootstrap = NullDraws{100, Seed(1)};
  EXPECT_FALSE(has(test_homogeneity_of_groups(groups(ladder, few), options), "W-SPARSE"));
  EXPECT_FALSE(
      has(test_homogeneity_of_groups(groups(ladder, {Square(3, {20, 20, 20}), Square(3, {20, 20, 20})})), "W-SPARSE"));
}

// --- the interval of a reach by a matrix that was counted ---

/// The last reach of a test, which is by a matrix.
ReachFound last_of(const AssumptionTest& t) { return t.consequence->found.back(); }

TEST(CountedReach, GainsWithTheMatrixWhatItsSlopeSays) {
  const Ladder ladder = one_way();
  const Vector starts{{5, 3, 2, 0}};
  Matrix p(4, 4);
  p << .6, .3, 0, .1, 0, .7, .2, .1, 0, 0, .9, .1, 0, 0, 0, 1;
  for (const AskedReach& asked :
       {AskedReach{{}, {}, Span(3)}, AskedReach{ladder["a"], StratumSet(ladder["c"]), Span(4)},
        AskedReach{{}, StratumSet(ladder["x"]), Span(1)}, AskedReach{{}, StratumSet(ladder["b"]), Span(2)}}) {
    const Matrix slope = detail::reach_slope(ladder, asked, p, starts);
    for (Eigen::Index i = 0; i < 3; ++i)
      for (Eigen::Index j = 0; j < 4; ++j) {
        const auto at = [&](double h) {
          Matrix moved = p;
          moved(i, j) += h;
          return detail::implied_reach(ladder, asked, moved, starts, {}).share;
        };
        EXPECT_NEAR(slope(i, j), (at(1e-4) - at(-1e-4)) / 2e-4, 1e-7) << i << j;
      }
  }
}

TEST(CountedReach, IsThatOfAPosteriorWithOnePersonMore) {
  // Of tables: the draws of Dirichlet rows with that prior, by the measures, are another way.
  const Ladder ladder = ladder_of(3);
  const std::vector<Square> n{{{60, 25, 15}, {20, 70, 30}, {5, 15, 80}}, {{150, 25, 5}, {60, 200, 45}, {10, 40, 165}}};
  const Groups both = groups(ladder, n);
  const AskedReach asked{ladder["s0"], StratumSet(ladder["s2"]), Span(3)};
  const AssumptionTest t = test_homogeneity_of_groups(both, {.asked = asked});
  ASSERT_EQ(t.consequence->found.size(), 2U);
  for (std::size_t g = 0; g < 2; ++g) {
    const ReachFound& found = t.consequence->found[g];
    const Estimate drawn = summarize(estimate(both[g].second, DirichletRows{.prior = 1.0 / 3}),
                                     reach_probability(ladder["s0"], StratumSet(ladder["s2"]), Span(3)),
                                     {.draws = 20000, .seed = Seed(g)});
    const Interval interval = reach_interval(found);
    EXPECT_NEAR(interval.lower, drawn.lower, 0.015);
    EXPECT_NEAR(interval.upper, drawn.upper, 0.015);
    EXPECT_NEAR(found.centre, drawn.value, 0.005);
    EXPECT_LT(interval.lower, found.share);
    EXPECT_GT(interval.upper, found.share);
  }
  Tally together = both[0].second;  // of whom the model is
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 3; ++j) together.add(i, j, n[1][i][j]);
  const Estimate drawn =
      summarize(estimate(together, DirichletRows{.prior = 1.0 / 3}),
                reach_probability(ladder["s0"], StratumSet(ladder["s2"]), Span(3)), {.draws = 20000, .seed = Seed(2)});
  const Interval interval = reach_interval(t.consequence->implied);
  EXPECT_NEAR(interval.lower, drawn.lower, 0.01);
  EXPECT_NEAR(interval.upper, drawn.upper, 0.01);
}

/// Of two kinds of people, by chance, one moves up often and the other rarely.
Rule of_two_kinds(Stream& stream, std::size_t people) {
  std::vector<char> often;
  while (often.size() < people) often.push_back(stream.uniform() < 0.5 ? 1 : 0);
  return [often](std::size_t person, const std::vector<std::size_t>& past) {
    const Rows up{{.5, .4, .1}, {.2, .6, .2}, {.4, .3, .3}}, down{{.9, .08, .02}, {.5, .45, .05}, {.4, .3, .3}};
    return (often[person] != 0 ? up : down)[past.back()];
  };
}

TEST(CountedReach, TakesTheMovesOfOnePersonTogether) {
  // Rows drawn as if every move were of another person would be too sure. Samples of people are another way.
  const Ladder ladder = ladder_of(3);
  Stream stream({Seed(17), 1});
  const Panel panel(ladder, simulated(stream, 3, 240, 9, of_two_kinds(stream, 240)));
  const AskedReach asked{ladder["s0"], StratumSet(ladder["s1"]), Span(2)};
  const TransitionMatrix given(ladder, estimate(tally(panel), Proportions{}).point().matrix(0), Step());
  const ReachFound by_person = last_of(test_fit(histories(panel), given, {.asked = asked}));
  const ReachFound by_move = last_of(test_fit(tally(panel), given, {.asked = asked}));
  const Estimate drawn =
      summarize(bootstrap_by_person(panel, Proportions{}, {}, 4000, Seed(5)),
                reach_probability(ladder["s0"], StratumSet(ladder["s1"]), Span(2)), {.draws = 4000, .seed = Seed(5)});
  EXPECT_EQ(by_person.share, by_move.share);
  EXPECT_GT(by_person.standard_error, 1.2 * by_move.standard_error);
  const Interval interval = reach_interval(by_person);
  EXPECT_NEAR(interval.lower, drawn.lower, 0.05 * (drawn.upper - drawn.lower));
  EXPECT_NEAR(interval.upper, drawn.upper, 0.05 * (drawn.upper - drawn.lower));
}

TEST(CountedReach, BorrowsRowsAndKnowsNothingOfOnePerson) {
  // In the last period nobody is in 's1': its row, and what is not known of it, are those of all periods.
  const Ladder ladder = ladder_of(3);
  Histories h(ladder);
  for (std::uint32_t k = 0; k < 30; ++k)
    h.add(k, Period(0),
          std::vector<std::uint16_t>{1, static_cast<std::uint16_t>(k % 3 == 0 ? 2 : 0),
                                     static_cast<std::uint16_t>(k % 5 == 0 ? 1 : 0)});
  const AskedReach asked{ladder["s1"], StratumSet(ladder["s2"]), Span(1)};
  const ReachFound last = last_of(test_homogeneity_over_time(h, {.asked = asked}));
  EXPECT_DOUBLE_EQ(last.share, 1. / 3);
  const double p = (10 + 1. / 3) / 31;
  EXPECT_DOUBLE_EQ(last.centre, p);
  const double squares = 10 * std::pow(1 - p, 2) + 20 * p * p, prior = (std::pow(1 - p, 2) + 2 * p * p) / 3;
  EXPECT_NEAR(last.standard_error, std::sqrt(squares * 30 / 29 + prior) / 31, 1e-15);

  Histories one(ladder);
  one.add(0, Period(0), std::vector<std::uint16_t>{0, 1, 0, 0});
  const ReachFound alone = last_of(test_homogeneity_over_time(one, {.asked = AskedReach{{}, {}, Span(2)}}));
  EXPECT_TRUE(std::isnan(alone.standard_error));
  EXPECT_TRUE(std::isnan(reach_interval(alone).lower));
  // A reach by no row of these data has no error that they tell.
  Tally nobody(ladder, Step());
  nobody.add(2, 2, 20);
  const TransitionMatrix given(ladder, Matrix{{.5, .3, .2}, {.2, .5, .3}, {.1, .2, .7}}, Step());
  const ReachFound unseen =
      last_of(test_fit(nobody, given, {.asked = AskedReach{ladder["s0"], StratumSet(ladder["s2"]), Span(1)}}));
  EXPECT_DOUBLE_EQ(unseen.share, .2);
  EXPECT_TRUE(std::isnan(reach_interval(unseen).lower));
  // Where the ladder has no way there, no interval is needed.
  const Ladder way = one_way();
  Tally up(way, Step());
  up.add(0, 1, 5, Period(0));
  up.add(0, 0, 9, Period(1));
  const AskedReach no_way{way["a"], StratumSet(way["c"]), Span(1)};
  EXPECT_TRUE(std::isnan(reach_interval(last_of(test_homogeneity_over_time(up, {.asked = no_way}))).lower));
}

TEST(CountedReach, CoversTheReachOfItsGroup) {
  // Small groups, moves that few make, and people who differ for good: there, the chain that as many of them have.
  const Rows rare{{.9, .08, .02}, {.05, .9, .05}, {.02, .06, .92}};
  const auto always = [](const Rows& p) { return [p](Stream&, std::size_t) { return chain(p); }; };
  struct Case {
    const char* why;
    std::size_t people, periods;
    std::function<Rule(Stream&, std::size_t)> rule;
    AskedReach asked;
  };
  const Ladder ladder = ladder_of(3);
  const AskedReach to_top{ladder["s0"], StratumSet(ladder["s2"]), Span(3)}, upward_of_all{{}, {}, Span(2)};
  for (const Case& c : {Case{"moves often", 60, 4, always(three), upward_of_all},
                        {"few people", 21, 3, always(three), to_top},
                        {"rare moves", 45, 3, always(rare), to_top},
                        {"two kinds of people", 90, 6, of_two_kinds, upward_of_all}}) {
    SCOPED_TRACE(c.why);
    constexpr std::size_t many = 60000;
    Stream large({Seed(1), 2});
    const Matrix p =
        detail::shares(move_counts(simulated_histories(large, ladder, many, c.periods, c.rule(large, many))));
    int held = 0;
    constexpr int panels = 600;
    for (std::uint64_t k = 0; k < panels; ++k) {
      Stream stream({Seed(k), 3});
      const auto group = [&] {
        return simulated_histories(stream, ladder, c.people, c.periods, c.rule(stream, c.people));
      };
      const Histories others = group(), h = group();
      const AssumptionTest t = test_homogeneity_of_groups({{"a", others}, {"b", h}}, {.asked = c.asked});
      Counts pooled = move_counts(h);
      pooled += move_counts(others);
      const double truth = detail::implied_reach(ladder, c.asked, p, detail::starts(pooled), {}).share;
      const Interval interval = reach_interval(last_of(t));
      held += interval.lower <= truth && truth <= interval.upper ? 1 : 0;
    }
    EXPECT_GE(held, 0.92 * panels) << held;  // three standard errors below 95 %
    EXPECT_LE(held, 0.99 * panels) << held;
  }
}

}  // namespace
}  // namespace homogeneity_test
