// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0

// How often intervals of one probability hold the truth: exactly, by adding up all outcomes.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <rungs/estimate/coverage.hpp>
#include <rungs/estimate/dirichlet.hpp>
#include <rungs/estimate/interval.hpp>

#include "coverage_exact.hpp"
#include "estimators.hpp"

namespace coverage_test {
namespace {

using namespace rungs;
using namespace rungs_test;

constexpr int sizes[] = {5, 8, 10, 15, 20, 30, 50, 100, 200, 500, 1000};
constexpr IntervalMethod methods[] = {IntervalMethod::exact, IntervalMethod::wilson, IntervalMethod::jeffreys};

TEST(ExactCoverage, OfIntervalsOfOneProportion) {
  for (const int n : sizes)
    for (const IntervalMethod method : methods) {
      SCOPED_TRACE(name(method) + ", " + std::to_string(n) + " people");
      const Coverage c = coverage(n, [&](int x) { return proportion_interval(x, n, Level(), method); });
      if (method == IntervalMethod::exact) {
        EXPECT_GE(c.least, 0.95 - 1e-9);
        continue;
      }
      // Of the average the promise is kept from 30 people on; of each single probability only away from 0 and 1.
      if (n >= 30) {
        EXPECT_NEAR(c.mean, 0.95, 0.01);
        EXPECT_GE(c.least_inside, 0.92);
      }
      EXPECT_GE(c.least, method == IntervalMethod::wilson ? 0.83 : 0.84);
    }
}

TEST(ExactCoverage, AWaldIntervalWouldBeFound) {
  const Coverage c = coverage(30, [](int x) {
    const double p = x / 30.0, half = 1.959963984540054 * std::sqrt(p * (1 - p) / 30);
    return Interval{p - half, p + half};
  });
  EXPECT_LT(c.least, 0.2);
  EXPECT_LT(c.mean, 0.93);
}

/// The interval of the move from the first stratum to the second when x of n made it, by the library's own way.
Interval posterior_interval(std::size_t strata, int x, int n, double prior) {
  Tally t(ladder_of(strata), Step());
  if (x > 0) t.add(0, 1, x);
  if (x < n) t.add(0, 0, n - x);
  const Ensemble e = DirichletRows{prior}.fit(t);
  const CellIntervals cells = cell_intervals(std::get<DirichletWeights>(e.draws()).alpha[0]);
  return {cells.lower(0, 1), cells.upper(0, 1)};
}

TEST(ExactCoverage, SlowOfPosteriorsIsTheirLevelOnAverageOverThePrior) {
  // For any number of people: P(the interval holds p) when p comes from the prior is the posterior mass in it. 193
  // probabilities, each as likely under the prior: Beta(a, (strata - 1) a).
  for (const std::size_t strata : {std::size_t{2}, std::size_t{4}, std::size_t{8}})
    for (const double prior : {0.5, 1.0, 2.0})
      for (const int n : {5, 10, 30, 100, 300}) {
        const boost::math::beta_distribution<> beta(prior, static_cast<double>(strata - 1) * prior);
        const std::vector<double> covered = coverage_at(
            n, [&](int x) { return posterior_interval(strata, x, n, prior); },
            [&](int k) { return boost::math::quantile(beta, (k + 0.5) / 193); });
        double mean = 0;
        for (const double c : covered) mean += c / 193;
        EXPECT_NEAR(mean, 0.95, 0.006) << strata << " strata, prior " << prior << ", " << n << " people";
      }
}

TEST(ExactCoverage, OfAPosteriorOfTwoStrataIsItsLevel) {
  for (const int n : {30, 100, 1000}) {
    const Coverage c = coverage(n, [&](int x) { return posterior_interval(2, x, n, 1); });
    EXPECT_NEAR(c.mean, 0.95, 0.01) << n;
    EXPECT_GE(c.least_inside, 0.92) << n;
  }
}

TEST(ExactCoverage, FallsWhereThePriorAddsToFewMoves) {
  // Of 1000 people in a stratum of six in which 0.6 % move up, 6 do: a prior weight of 1 on each of the other five
  // moves would take a mean of 12 for the sum, 1 for the one; the one interval that is told apart is that of staying.
  const std::vector<double> staying = coverage_at(
      200,
      [](int x) {
        Tally t(ladder_of(6), Step());
        if (x > 0) t.add(0, 0, x);
        if (x < 200) t.add(0, 1, 200 - x);
        const CellIntervals cells =
            cell_intervals(std::get<DirichletWeights>(DirichletRows{1}.fit(t).draws()).alpha[0]);
        return Interval{cells.lower(0, 0), cells.upper(0, 0)};
      },
      [](int k) { return 0.5 + k / 400.0; });
  EXPECT_GT(staying[0], 0.93);    // 50 % stay
  EXPECT_LT(staying[188], 0.75);  // 97 % stay
}

/// 50 people of s0 of whom some move up, and others of whom many do.
Tally climbing(double one, double two, WeightKind kind = WeightKind::none, double weight = 1) {
  Tally t(ladder_of(3), Step(), kind);
  const auto add = [&](std::size_t i, std::size_t j, double n) {
    if (n > 0) t.add(i, j, n, weight * n, weight * weight * n, std::nullopt);
  };
  add(0, 0, 50 - one - two);
  add(0, 1, one);
  add(0, 2, two);
  add(1, 1, 70);
  add(1, 2, 30);
  add(2, 2, 50);
  return t;
}

TEST(CoverageWarnings, CountWhoeverClimbs) {
  const RowMeasure few = fewest_climbers(climbing(4, 1)).value();
  EXPECT_DOUBLE_EQ(few.value, 36. / 8);  // four by one rung and one by two
  EXPECT_EQ(few.stratum, 0U);
  EXPECT_DOUBLE_EQ(fewest_climbers(climbing(40, 0)).value().value, 30);  // then those of s1
  EXPECT_DOUBLE_EQ(fewest_climbers(climbing(4, 1, WeightKind::sampling, 7)).value().value, 36. / 8);
  EXPECT_EQ(fewest_climbers(climbing(0, 0)).value().value, 0);
  // One who moves with ten times the weight of each of 49 who stay: 10 of 59 parts of 59^2 / 149 people.
  Tally one(ladder_of(2), Step(), WeightKind::sampling);
  one.add(0, 0, 49, 49, 49, std::nullopt);
  one.add(0, 1, 1, 10, 100, std::nullopt);
  EXPECT_DOUBLE_EQ(fewest_climbers(one).value().value, 59. * 59 / 149 * 10 / 59);
  EXPECT_FALSE(fewest_climbers(Tally(ladder_of(3), Step())));
  // s0: 1 + 2 rungs by the prior; variance of 4 + 1 people by one rung and 0 + 1 by two.
  EXPECT_DOUBLE_EQ(strongest_pull(climbing(4, 0), DirichletRows{1}).value().value, 3 / std::sqrt(5. + 4));
}

TEST(RowsUsed, AreThoseThatPeopleCanMoveByInTime) {
  const Ladder ladder = Ladder::builder().rung("a").rung("b").rung("c").move("a", "b").move("b", "c").build();
  Tally all(ladder, Step(2, 2.0)), pooled(ladder, Step());
  for (const std::int64_t period : {2000, 2002, 2004})
    for (std::size_t i = 0; i < 3; ++i) all.add(i, i, 40, 40, 40, Period(period));
  using Used = std::vector<std::vector<char>>;
  EXPECT_EQ(rows_used(all, {0}, Period(2000), Span(1)).by_matrix, (Used{{1, 0, 0}, {0, 0, 0}, {0, 0, 0}}));
  EXPECT_EQ(rows_used(all, {0}, Period(2000), Span(3)).by_matrix, (Used{{1, 0, 0}, {1, 1, 0}, {1, 1, 1}}));
  EXPECT_EQ(rows_used(all, {1}, Period(2002), Span(9)).by_matrix, (Used{{0, 0, 0}, {0, 1, 0}, {0, 1, 1}}));
  EXPECT_EQ(rows_used(all, {2, 0}, Period(2004), Span(1)).by_matrix, (Used{{0, 0, 0}, {0, 0, 0}, {1, 0, 1}}));
  EXPECT_EQ(rows_used(pooled, {0}, Period(2000), Span(2)).by_matrix, (Used{{1, 1, 0}}));
  EXPECT_EQ(rows_used(pooled, {0}, Period(2000), Span(1'000'000)).by_matrix, (Used{{1, 1, 1}}));
  // Who gets to 'b' is followed no longer, and by no other way to 'c'.
  EXPECT_EQ(rows_used(all, {0}, Period(2000), Span(3), {1}).by_matrix, (Used{{1, 0, 0}, {1, 0, 0}, {1, 0, 0}}));
  EXPECT_EQ(rows_used(pooled, {0}, Period(2000), Span(9), {2}).by_matrix, (Used{{1, 1, 0}}));
  const RowsUsed everything;
  EXPECT_TRUE(everything(2, 2));
}

TEST(RowsUsed, AreAllThatWarningsSpeakOf) {
  Tally few(ladder_of(3), Step());
  few.add(0, 1, 100, 100, 100, std::nullopt);
  few.add(0, 0, 100, 100, 100, std::nullopt);
  few.add(1, 2, 4, 4, 4, std::nullopt);
  const RowsUsed first{{{1, 0, 0}}}, second{{{0, 1, 0}}};
  EXPECT_EQ(coverage_warnings(few, first).size(), 0U);
  EXPECT_EQ(coverage_warnings(few, second).size(), 1U);
  EXPECT_EQ(coverage_warnings(few).size(), 1U);
  const DirichletRows prior{1.5};
  EXPECT_EQ(prior_warnings(few, prior, first).size(), 0U);
  EXPECT_EQ(prior_warnings(few, prior, second).size(), 1U);
  EXPECT_EQ(coverage_warnings(few, prior, first).size(), 0U);
  EXPECT_EQ(coverage_warnings(few, prior, second).size(), 1U);
  const auto told_of = [&](const RowsUsed& used, const char* code) {
    for (const Warning& w : row_warnings(few, used))
      if (w.code == code) return true;
    return false;
  };
  EXPECT_FALSE(told_of(first, "W-ROW-THIN"));
  EXPECT_TRUE(told_of(second, "W-ROW-THIN"));
  EXPECT_TRUE(told_of(first, "W-ZERO"));  // from the first to the third
}

/// The message of the only warning, whose code is W-COVERAGE; "none" where there is none.
std::string told(const std::vector<Warning>& w) {
  if (w.empty()) return "none";
  return w.size() == 1 && w[0].code == "W-COVERAGE" ? w[0].message : "other warnings";
}

TEST(CoverageWarnings, NameTheNearestDataStudied) {
  EXPECT_EQ(
      told(coverage_warnings(climbing(4, 0))),
      "intervals of reach are too narrow: what is known of how far people climb from 's0' is from as few as 4 "
      "effective people; 95 % intervals of reach within 5 steps held the truth in 90.77 % of samples of the nearest "
      "data studied (one-way ladder with an exit, 30 people x 3: thin rows), and in 72.4 % of the worst with as few or "
      "fewer (4 strata, rare moves, 60 people x 4)");
  EXPECT_EQ(
      told(coverage_warnings(climbing(0, 0))),
      "intervals of reach are too narrow: nobody was seen to climb from 's0'; 95 % intervals of reach within 5 "
      "steps held the truth in 72.4 % of samples of the nearest data studied (4 strata, rare moves, 60 people x 4)");
  EXPECT_NE(told(coverage_warnings(climbing(1, 0))).find(" as few as 1 effective person; "), std::string::npos);
  EXPECT_EQ(
      told(coverage_warnings(climbing(4, 0), DirichletRows{1.5})),
      "intervals of reach may lie off the truth: to the rungs climbed from 's0' the prior adds 1.33 times their "
      "standard error; 95 % intervals of reach within 5 steps held the truth in 18.27 % of samples of the nearest "
      "data studied (4 strata, rare moves, 60 people x 4), and in 2.23 % of the worst with as much or more (8 strata, "
      "50 "
      "% stay, 160 people x 3); try a smaller prior");
  EXPECT_EQ(  // in the nearest of two strata they held
      told(coverage_warnings(climbing(4, 0), DirichletRows{0.5})),
      "intervals of reach may lie off the truth: to the rungs climbed from 's0' the prior adds 0.59 times their "
      "standard error; 95 % intervals of reach within 5 steps held the truth in 2.23 % of samples of the worst data "
      "studied with as much or more (8 strata, 50 % stay, 160 people x 3); try a smaller prior");
  EXPECT_EQ(  // once, although the nearest is the worst
      told(coverage_warnings(climbing(4, 0), DirichletRows{8})),
      "intervals of reach may lie off the truth: to the rungs climbed from 's0' the prior adds 3.62 times their "
      "standard error; 95 % intervals of reach within 5 steps held the truth in 2.23 % of samples of the nearest data "
      "studied (8 strata, 50 % stay, 160 people x 3); try a smaller prior");
  EXPECT_EQ(
      told(design_coverage_warnings(1)),
      "intervals are too narrow: the design has 1 degree of freedom, and so few clusters tell little of how clusters "
      "vary; with 2 clusters 95 % intervals of reach within 5 steps held the truth in 84.52 % of samples if they were "
      "of one size, in 85.17 % if of 18 to 72 people");
  EXPECT_EQ(
      told(design_coverage_warnings(4)),
      "intervals may be too narrow: the design has 4 degrees of freedom, and so few clusters tell little of how "
      "clusters vary; with 4 clusters 95 % intervals of reach within 5 steps held the truth in 96.92 % of samples if "
      "they were of one size, in 92.95 % if of 12 to 90 people");
  const std::string half = "intervals are too narrow: the design has 0.5 degrees of freedom, and so few clusters";
  EXPECT_EQ(told(design_coverage_warnings(0.5)).substr(0, half.size()), half);
  EXPECT_EQ(told(design_coverage_warnings(5)), "none");
  EXPECT_NE(told(design_coverage_warnings(std::nan(""))), "none");
  EXPECT_EQ(told(coverage_warnings(climbing(20, 0))), "none");
  EXPECT_EQ(told(coverage_warnings(climbing(4, 0), DirichletRows{0.1})), "none");
  EXPECT_EQ(told(coverage_warnings(Tally(ladder_of(3), Step()))), "none");
}

TEST(CoverageWarnings, QuoteNoDataInWhichIntervalsHeld) {
  std::size_t warned = 0;
  const auto check = [&](const std::vector<Warning>& w, double StudiedCoverage::*percent) {
    for (const StudiedCoverage& s : studied_coverage)
      if (s.*percent >= held_enough) {
        EXPECT_EQ(told(w).find(std::string("(") + s.data + ")"), std::string::npos) << told(w);
      }
    warned += w.size();
  };
  for (int k = 0; k < 30; ++k) {
    check(coverage_warnings(climbing(k / 2.0, 0)), &StudiedCoverage::proportions);
    check(coverage_warnings(climbing(4, 0), DirichletRows{0.45 + k / 10.0}), &StudiedCoverage::posterior);
  }
  EXPECT_EQ(warned, 60U);
}

TEST(CoverageWarnings, OfModelsNameTheNearestDataStudied) {
  EXPECT_EQ(told(second_order_coverage_warnings(climbing(1, 0), 0)),
            "intervals of reach are too narrow: what is known of how far people climb from 's0' is from as few as 1 "
            "person; 95 % intervals of reach within 5 steps held the truth in 90.8 % of samples of the nearest data "
            "studied (second order, 3 strata, 60 people x 4: thin rows)");
  EXPECT_EQ(
      told(second_order_coverage_warnings(climbing(0, 0), 0)),
      "intervals of reach are too narrow: nobody was seen to climb from 's0'; 95 % intervals of reach within 5 "
      "steps held the truth in 90.8 % of samples of the nearest data studied (second order, 3 strata, 60 people x "
      "4: thin rows)");
  EXPECT_EQ(told(second_order_coverage_warnings(climbing(4, 0), 0)), "none");
  EXPECT_EQ(told(second_order_coverage_warnings(climbing(4, 0), 1.5)),
            "intervals of reach may lie off the truth: to the rungs climbed from 's0' the prior adds 1.33 times their "
            "standard error, more than in any chain of second order that was studied: at 0.55 times 95 % intervals of "
            "reach within 5 steps held the truth in 93.7 % of samples (second order, 3 strata, 60 people x 4: thin "
            "rows); try a smaller prior");
  EXPECT_EQ(told(second_order_coverage_warnings(climbing(1, 0), 0.1)), "none");
  EXPECT_EQ(told(second_order_coverage_warnings(climbing(4, 0), 1.5, RowsUsed{{{0, 1, 1}}})), "none");
  EXPECT_EQ(told(logit_coverage_warnings(9.96)),
            "intervals of the logit are too narrow: there are as few as 10 effective people to each coefficient; 95 % "
            "intervals of marginal effects held the truth in 93.17 % of samples of the nearest data studied (logit "
            "pooled, 60 people x 2 moves, by person), and the least of them in 89.12 %");
  EXPECT_EQ(told(logit_coverage_warnings(12)), "none");
  EXPECT_EQ(told(mixture_coverage_warnings(9.5, 20)),
            "intervals of the mixture are too narrow: to each parameter there are 9.5 people, seen to make 20 moves "
            "each; 95 % intervals of the moves of those who move most held the truth in 91.46 % of samples, and of the "
            "others in 74.57 %, in the nearest data studied (mixture of two chains, 120 people x 6 waves)");
  EXPECT_NE(told(mixture_coverage_warnings(500, 2)), "none");
  EXPECT_EQ(told(mixture_coverage_warnings(15, 8)), "none");
  EXPECT_EQ(told(rates_coverage_warnings(12, true)),
            "intervals by robust errors are too narrow: the smallest group has 12 records; 95 % ones held a rate in "
            "91.9 % of samples, and a ratio of rates in 92.7 %, in the nearest data studied (rates that differ between "
            "people (alpha 0.5), 30 people in two groups)");
  EXPECT_EQ(told(rates_coverage_warnings(1, false)),
            "intervals of the negative binomial are too narrow: the smallest group has 1 record; 95 % ones held a rate "
            "in 94.23 % of samples, and a ratio of rates in 93.3 %, in the nearest data studied (rates that differ "
            "between people (alpha 0.5), 30 people in two groups)");
  EXPECT_EQ(told(rates_coverage_warnings(60, true)), "none");
  EXPECT_EQ(told(association_coverage_warnings(40)),
            "intervals of association are too narrow: there are 40 people; 95 % ones held the truth in 89.72 to 92.62 "
            "% of samples of the nearest data studied (association, 4 x 4 classes, 30 people), and that of gamma in "
            "85.7 % where the association is strong");
  EXPECT_EQ(told(association_coverage_warnings(150)), "none");
  EXPECT_EQ(
      told(association_design_coverage_warnings(10)),
      "intervals of association are too narrow: the design has 10 degrees of freedom; with 8 clusters "
      "95 % ones held the truth in 92.5 to 96.1 % of samples, by measure, if they were of one size, in 89.2 to 95.6 "
      "% if of 12 and 48 people");
  EXPECT_EQ(told(association_design_coverage_warnings(39)), "none");
  EXPECT_NE(told(association_design_coverage_warnings(std::nan(""))), "none");
  const double nan = std::nan(""), without_end = std::numeric_limits<double>::infinity();
  for (const auto& warnings :
       {logit_coverage_warnings(nan), mixture_coverage_warnings(nan, 9), mixture_coverage_warnings(20, nan),
        rates_coverage_warnings(nan, true), association_coverage_warnings(nan), association_coverage_warnings(0)})
    EXPECT_NE(told(warnings), "none");
  EXPECT_EQ(told(logit_coverage_warnings(without_end)), "none");
}

// What a user has to know of single probabilities; the table of docs/reference/studies/coverage.txt begins with it.
TEST(ExactCoverage, DISABLED_Deep) {
  std::printf(
      "How often a 95 %% interval of one probability holds it, in percent: exactly, at 193 probabilities from 1/194 "
      "to\n"
      "193/194. \"inside\": those of which 5 or more people are expected on each side.\n\n"
      "%-8s %-28s %8s %8s %8s\n",
      "people", "interval", "mean", "least", "inside");
  for (const int n : sizes) {
    const auto print = [n](const std::string& name, const Coverage& c) {
      std::printf("%-8d %-28s %8.2f %8.2f", n, name.c_str(), 100 * c.mean, 100 * c.least);
      if (c.least_inside <= 1)
        std::printf(" %8.2f\n", 100 * c.least_inside);
      else
        std::printf(" %8s\n", "-");
    };
    for (const IntervalMethod method : methods)
      print(name(method), coverage(n, [&](int x) { return proportion_interval(x, n, Level(), method); }));
    print("dirichlet:1, 2 strata", coverage(n, [&](int x) { return posterior_interval(2, x, n, 1); }));
    print("dirichlet:1, 6 strata", coverage(n, [&](int x) { return posterior_interval(6, x, n, 1); }));
  }
}

}  // namespace
}  // namespace coverage_test
