// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/optimise/solve.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "certificate.hpp"
#include "core/message.hpp"

namespace solve_test {
namespace {

using namespace rungs;
using namespace rungs_test;
using testing::HasSubstr;

constexpr double inf = without_end;

void expect_range(const Range& range, double lower, double upper) {
  EXPECT_NEAR(range.lower == lower ? 0 : range.lower - lower, 0, 1e-9) << range.lower;
  EXPECT_NEAR(range.upper == upper ? 0 : range.upper - upper, 0, 1e-9) << range.upper;
}

// Hillier and Lieberman's glass works: 3 x + 5 y with x <= 4, 2 y <= 12, 3 x + 2 y <= 18. By hand: at x = 2, y = 6 the
// second and third row bind, prices (5 - 3 * 2 / 3) / 2 = 3/2 and 1; the bound 12 may go from 6 (x = 4) to 18 (x = 0),
// 18 from 12 (x = 0) to 24 (x = 4); the costs keep the corner while 0 <= cx / cy <= 3/2.
struct GlassWorks {
  LinearProgramme programme{Sense::maximise};
  Column x = programme.column("doors", 3), y = programme.column("windows", 5);
  Row one = programme.row("plant 1", Bounds::at_most(4), {{x, 1}});
  Row two = programme.row("plant 2", Bounds::at_most(12), {{y, 2}});
  Row three = programme.row("plant 3", Bounds::at_most(18), {{x, 3}, {y, 2}});
};

TEST(Solve, TheGlassWorksByHand) {
  const GlassWorks w;
  const LinearSolution s = solve(w.programme);
  EXPECT_DOUBLE_EQ(s.objective, 36);
  EXPECT_DOUBLE_EQ(s[w.x].value, 2);
  EXPECT_DOUBLE_EQ(s[w.y].value, 6);
  EXPECT_TRUE(s.priced && s.unique && !s.degenerate);
  const double price[] = {0, 1.5, 1};
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_NEAR(s.rows[i].shadow_price, price[i], 1e-12);
    EXPECT_NEAR(s.rows[i].shadow_price_of_last, price[i], 1e-12);
  }
  EXPECT_EQ(s[w.two].bound, 12);
  expect_range(*s[w.one].price_holds, 2, inf);
  expect_range(*s[w.two].price_holds, 6, 18);
  expect_range(*s[w.three].price_holds, 12, 24);
  EXPECT_EQ(s[w.x].reduced_cost, 0);
  expect_range(*s[w.x].cost_holds, 0, 7.5);
  expect_range(*s[w.y].cost_holds, 2, inf);
}

TEST(Solve, TheSameMirrored) {
  GlassWorks w;
  LinearProgramme mirrored(Sense::minimise);
  const Column x = mirrored.column("doors", -3), y = mirrored.column("windows", -5);
  mirrored.row("plant 1", Bounds::at_least(-4), {{x, -1}});
  mirrored.row("plant 2", Bounds::at_least(-12), {{y, -2}});
  const Row three = mirrored.row("plant 3", Bounds::at_least(-18), {{x, -3}, {y, -2}});
  const LinearSolution s = solve(mirrored);
  EXPECT_DOUBLE_EQ(s.objective, -36);
  EXPECT_NEAR(s[three].shadow_price, 1, 1e-12) << "a bound that goes up from -18 leaves less room";
  expect_range(*s[three].price_holds, -24, -12);
  expect_range(*s[x].cost_holds, -7.5, 0);
}

// A diet: at least 8 and 10 units from foods at 2 and 3, min 2 x + 3 y with x + 2 y >= 8, 3 x + y >= 9. By hand: they
// meet at x = 2, y = 3, objective 13, prices 7/5 and 1/5.
TEST(Solve, ADietByHand) {
  LinearProgramme p(Sense::minimise);
  const Column x = p.column("bread", 2), y = p.column("beans", 3);
  const Row a = p.row("protein", Bounds::at_least(8), {{x, 1}, {y, 2}});
  const Row b = p.row("energy", Bounds::at_least(9), {{x, 3}, {y, 1}});
  const LinearSolution s = solve(p);
  EXPECT_DOUBLE_EQ(s.objective, 13);
  EXPECT_NEAR(s[a].shadow_price, 1.4, 1e-12);
  EXPECT_NEAR(s[b].shadow_price, 0.2, 1e-12);
  expect_range(*s[a].price_holds, 3, 18);
  expect_range(*s[b].price_holds, 4, 24);
  expect_range(*s[x].cost_holds, 1.5, 9);
  expect_range(*s[y].cost_holds, 2.0 / 3, 4);
}

// A third row through the same corner, x + y <= 8. By hand: the prices of plant 2, plant 3 and the market that prove 36
// are the mixtures of (3/2, 1, 0) and (1, 0, 3).
TEST(Solve, DegenerateHasTwoPrices) {
  GlassWorks w;
  const Row stop = w.programme.row("market", Bounds::at_most(8), {{w.x, 1}, {w.y, 1}});
  const LinearSolution s = solve(w.programme);
  EXPECT_DOUBLE_EQ(s.objective, 36);
  EXPECT_TRUE(s.degenerate);
  EXPECT_TRUE(s.unique);
  EXPECT_NEAR(s[w.two].shadow_price, 1, 1e-9);
  EXPECT_NEAR(s[w.two].shadow_price_of_last, 1.5, 1e-9);
  EXPECT_NEAR(s[w.three].shadow_price, 0, 1e-9);
  EXPECT_NEAR(s[w.three].shadow_price_of_last, 1, 1e-9);
  EXPECT_NEAR(s[stop].shadow_price, 0, 1e-9);
  EXPECT_NEAR(s[stop].shadow_price_of_last, 3, 1e-9);
  expect_range(*s[w.two].price_holds, 6, 16);
  for (const Row row : {w.one, w.two, w.three, stop}) expect_price(w.programme, row, s, w.programme.name(row));
}

TEST(Solve, WhatCannotBeMovedHasAnInfinitePrice) {
  LinearProgramme p(Sense::minimise);
  const Column x = p.column("x", 1, {0, 5});
  const Row all = p.row("all", Bounds::at_least(5), {{x, 1}});
  const Row none = p.row("none", Bounds::at_most(5), {{x, 1}});
  const LinearSolution s = solve(p);
  EXPECT_EQ(s[all].shadow_price, inf);
  EXPECT_NEAR(s[all].shadow_price_of_last, 1, 1e-12) << "with one less, " << s[none].shadow_price_of_last;
  expect_range(*s[all].price_holds, 0, 5);
  EXPECT_EQ(s[none].shadow_price, 0);
  EXPECT_EQ(s[none].shadow_price_of_last, -inf) << "one less makes a least of infinity: it cannot be";
}

TEST(Solve, EqualityFreeAndFixedColumns) {
  LinearProgramme p(Sense::minimise);
  const Column free = p.column("free", 1, Bounds::none()), fixed = p.column("fixed", 7, Bounds::exactly(2));
  const Column capped = p.column("capped", -1, Bounds::at_most(3));
  const Row sum = p.row("sum", Bounds::exactly(10), {{free, 1}, {fixed, 1}, {capped, 3}});
  const LinearSolution s = solve(p);  // free = 8 - 3 capped, so that capped is at 3: -1 + 14 - 3
  EXPECT_DOUBLE_EQ(s[free].value, -1);
  EXPECT_DOUBLE_EQ(s.objective, 10);
  EXPECT_NEAR(s[sum].shadow_price, 1, 1e-12);
  expect_range(*s[sum].price_holds, -inf, inf);
  EXPECT_NEAR(s[capped].reduced_cost, -4, 1e-12);
  EXPECT_NEAR(s[fixed].reduced_cost, 6, 1e-12);
  expect_range(*s[capped].cost_holds, -inf, 3);
  EXPECT_TRUE(s.unique);
}

TEST(Solve, TermsOfOneColumnAddUp) {
  LinearProgramme p(Sense::maximise);
  const Column x = p.column("x", 1);
  const Row row = p.row("row", Bounds::at_most(6), {{x, 1}, {x, 1.5}});
  p.add(row, {x, 0.5});
  EXPECT_DOUBLE_EQ(solve(p).objective, 2);
}

TEST(Solve, NothingToChoose) {
  const LinearProgramme empty(Sense::minimise);
  EXPECT_EQ(solve(empty).objective, 0);
  LinearProgramme no_rows(Sense::maximise);
  const Column x = no_rows.column("x", 2, {1, 3});
  EXPECT_EQ(solve(no_rows).objective, 6);
  expect_range(*solve(no_rows)[x].cost_holds, 0, inf);
  LinearProgramme no_columns(Sense::maximise);
  const Row row = no_columns.row("row", {-1, 1});
  EXPECT_EQ(solve(no_columns).objective, 0);
  expect_range(*solve(no_columns)[row].price_holds, 0, inf);
  no_columns.row("more than nothing", Bounds::at_least(1));
  EXPECT_THAT(said<Infeasible>([&] { (void)solve(no_columns); }), HasSubstr("'more than nothing'"));
}

TEST(Solve, InfeasibleNamesRowsThatCannotHoldTogether) {
  LinearProgramme p(Sense::minimise);
  const Column x = p.column("x"), y = p.column("y"), z = p.column("z", 1);
  p.row("fine", Bounds::at_least(3), {{z, 1}});
  const Row money = p.row("budget", Bounds::at_most(10), {{x, 2}, {y, 3}});
  p.row("also fine", Bounds::at_most(50), {{x, 1}, {z, 1}});
  const Row heads = p.row("heads", Bounds::at_least(6), {{x, 1}, {y, 1}});
  p.row("fine too", Bounds::at_least(-5), {{x, 1}, {y, -1}});
  EXPECT_EQ(said<Infeasible>([&] { (void)solve(p); }),
            "found no numbers within the bounds of the columns with which these rows hold together: 'budget', 'heads'; "
            "expected room in at least one of them [E-LP-INFEASIBLE]");
  try {
    (void)solve(p);
  } catch (const Infeasible& error) {
    EXPECT_EQ(error.conflict(), (std::vector<Row>{money, heads}));
  }
}

TEST(Solve, InfeasibleForWholeNumbersOnly) {
  LinearProgramme p(Sense::maximise);
  const Column x = p.column("x", 1, {0, 10}, Values::whole), y = p.column("y", 1, {0, 10}, Values::whole);
  const Row odd = p.row("odd", Bounds::exactly(7), {{x, 2}, {y, 2}});
  p.row("fine", Bounds::at_most(9), {{x, 1}});
  try {
    (void)solve(p);
    FAIL();
  } catch (const Infeasible& error) {
    EXPECT_EQ(error.conflict(), std::vector<Row>{odd});
    EXPECT_THAT(error.what(), HasSubstr("found no whole numbers"));
  }
  LinearProgramme narrow(Sense::maximise);
  narrow.column("half", 1, {0.25, 0.75}, Values::whole);
  EXPECT_THAT(said<Infeasible>([&] { (void)solve(narrow); }), HasSubstr("no whole number within the bounds of 'half'"));
}

TEST(Solve, UnboundedNamesTheColumns) {
  LinearProgramme p(Sense::maximise);
  const Column x = p.column("x", 1), y = p.column("y", 0), z = p.column("z", 1, {0, 5});
  p.row("difference", Bounds::at_most(1), {{x, 1}, {y, -1}});
  p.row("sum", Bounds::at_most(9), {{z, 1}});
  EXPECT_EQ(said<Refusal>([&] { (void)solve(p); }),
            "found an objective that improves for ever along the columns 'x', 'y'; expected rows or bounds that end it "
            "[E-LP-UNBOUNDED]");
}

TEST(Solve, InfeasibleComesBeforeUnbounded) {
  LinearProgramme p(Sense::maximise);
  p.column("for ever", 1);
  const Column x = p.column("x", 0, {0, 1});
  p.row("too much", Bounds::at_least(2), {{x, 1}});
  EXPECT_EQ(code_of([&] { (void)solve(p); }), "E-LP-INFEASIBLE");
}

TEST(Solve, PricesOnlyWhatIsAsked) {
  const GlassWorks w;
  const LinearSolution s = solve(w.programme, {.price = std::vector{w.three}});
  EXPECT_FALSE(s[w.two].price_holds);
  EXPECT_NEAR(s[w.two].shadow_price, 1.5, 1e-12);
  expect_range(*s[w.three].price_holds, 12, 24);
  EXPECT_EQ(code_of([&] { (void)solve(w.programme, {.price = std::vector{Row(3)}}); }), "E-LP-HANDLE");
}

TEST(Solve, PrintsNothing) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  GlassWorks w;
  (void)solve(w.programme);
  w.programme.set_bounds(w.one, Bounds::at_least(40));
  (void)code_of([&] { (void)solve(w.programme); });
  LinearProgramme p(Sense::maximise);
  std::vector<Term> weight;
  for (int j = 0; j < 30; ++j)
    weight.push_back({p.column("item", 10 + j % 7, {0, 3}, Values::whole), 5.0 + (j * j) % 11});
  const Row row = p.row("weight", Bounds::at_most(101.5), weight);
  (void)solve(p);
  p.set_bounds(row, Bounds::exactly(0.5));
  (void)code_of([&] { (void)solve(p); });
  LinearProgramme u(Sense::maximise);
  u.column("for ever", 1);
  (void)code_of([&] { (void)solve(u); });
  std::fflush(stdout);
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

/// Random programmes that have an optimum: rows around values that are known to fit. Small whole factors make ties
/// and degenerate corners frequent.
LinearProgramme random_programme(std::mt19937_64& random, bool ties) {
  const auto up_to = [&](int most) { return static_cast<int>(random() % static_cast<unsigned>(most + 1)); };
  const auto number = [&](int size) {
    return ties ? up_to(2 * size) - size : (static_cast<double>(random() >> 11U) * 0x1p-53 * 2 - 1) * size;
  };
  LinearProgramme p(up_to(1) == 0 ? Sense::minimise : Sense::maximise);
  const std::size_t n = 1 + static_cast<std::size_t>(up_to(7)), m = static_cast<std::size_t>(up_to(7));
  std::vector<double> fit;
  for (std::size_t j = 0; j < n; ++j) {
    const double low = up_to(3) == 0 ? -5 : 0, high = up_to(4) == 0 ? low : low + 1 + up_to(6);
    p.column("column " + std::to_string(j), number(4), {low, high});
    fit.push_back(up_to(1) == 0 ? low : high);
  }
  for (std::size_t i = 0; i < m; ++i) {
    std::vector<Term> terms;
    double sum = 0;
    for (std::size_t j = 0; j < n; ++j)
      if (up_to(2) > 0) {
        terms.push_back({Column(j), number(3)});
        sum += terms.back().factor * fit[j];
      }
    const double slack = up_to(1) == 0 ? 0 : up_to(4);
    const int kind = up_to(5);
    const Bounds bounds = kind == 0   ? Bounds::exactly(sum)
                          : kind <= 2 ? Bounds::at_most(sum + slack)
                          : kind <= 4 ? Bounds::at_least(sum - slack)
                                      : Bounds(sum - slack, sum + 2);
    p.row("row " + std::to_string(i), bounds, terms);
  }
  return p;
}

/// The largest room that any column has while the objective stays: 0 if the optimum is unique.
double room_at_optimum(LinearProgramme p, double objective) {
  std::vector<Term> all;
  for (std::size_t j = 0; j < p.columns(); ++j) all.push_back({Column(j), p.cost(Column(j))});
  const double off = 1e-8 * std::max(1.0, std::abs(objective));
  p.row("as good", {objective - off, objective + off}, all);
  double room = 0;
  for (std::size_t j = 0; j < p.columns(); ++j) p.set_cost(Column(j), 0);
  for (std::size_t j = 0; j < p.columns(); ++j) {
    LinearProgramme least(Sense::minimise), most(Sense::maximise);
    for (std::size_t k = 0; k < p.columns(); ++k) {
      least.column("", k == j ? 1 : 0, p.bounds(Column(k)));
      most.column("", k == j ? 1 : 0, p.bounds(Column(k)));
    }
    for (std::size_t i = 0; i < p.rows(); ++i) {
      least.row("", p.bounds(Row(i)), p.terms(Row(i)));
      most.row("", p.bounds(Row(i)), p.terms(Row(i)));
    }
    room = std::max(room, solved(most).objective - solved(least).objective);
  }
  return room;
}

TEST(Solve, RandomProgrammesAreProvenAndTheirPricesHold) {
  std::mt19937_64 random(20240611);
  int degenerate = 0, two_prices = 0, several = 0;
  for (int k = 0; k < 160; ++k) {
    SCOPED_TRACE("programme " + std::to_string(k));
    const LinearProgramme p = random_programme(random, k % 2 == 0);
    const LinearSolution plain = solved(p), s = solve(p);
    expect_proven(p, plain);
    EXPECT_EQ(plain.objective, s.objective);
    // Complementary slackness, each product by itself.
    for (std::size_t i = 0; i < p.rows(); ++i) {
      const Bounds& b = p.bounds(Row(i));
      const double slack = std::min(plain.rows[i].value - b.lower(), b.upper() - plain.rows[i].value);
      EXPECT_LT(std::abs(plain.rows[i].shadow_price * slack), 1e-9);
    }
    for (std::size_t j = 0; j < p.columns(); ++j) {
      const Bounds& b = p.bounds(Column(j));
      const double slack = std::min(plain.columns[j].value - b.lower(), b.upper() - plain.columns[j].value);
      EXPECT_LT(std::abs(plain.columns[j].reduced_cost * slack), 1e-9);
    }
    for (std::size_t i = 0; i < p.rows(); ++i) {
      expect_price(p, Row(i), s, p.name(Row(i)));
      if (std::abs(s.rows[i].shadow_price - s.rows[i].shadow_price_of_last) > 1e-9) ++two_prices;
    }
    const double room = room_at_optimum(p, s.objective);
    EXPECT_EQ(s.unique, room < 1e-3) << room;
    degenerate += s.degenerate ? 1 : 0;
    several += s.unique ? 0 : 1;
  }
  EXPECT_GT(degenerate, 30) << "or the test is too easy";
  EXPECT_GT(two_prices, 30);
  EXPECT_GT(several, 8);
}

TEST(Solve, CostsMayMoveWithinTheirRangesAndNoFurther) {
  std::mt19937_64 random(7);
  int ends = 0;
  for (int k = 0; k < 120; ++k) {
    SCOPED_TRACE("programme " + std::to_string(k));
    const LinearProgramme p = random_programme(random, k % 2 == 0);
    const LinearSolution s = solve(p);
    const double better = p.sense() == Sense::maximise ? 1 : -1;
    for (std::size_t j = 0; j < p.columns(); ++j) {
      SCOPED_TRACE(p.name(Column(j)));
      const double cost = p.cost(Column(j));
      const Range range = *s.columns[j].cost_holds;
      EXPECT_LE(range.lower, cost + 1e-12);
      EXPECT_GE(range.upper, cost - 1e-12);
      const auto gain = [&](double to) {
        LinearProgramme other = p;
        other.set_cost(Column(j), to);
        return better * (solved(other).objective - (s.objective + (to - cost) * s.columns[j].value));
      };
      for (const int direction : {-1, 1}) {
        const double end = direction < 0 ? range.lower : range.upper;
        const double inside =
            std::abs(end) < inf ? end - direction * std::min(1e-7, range.upper - range.lower) : cost + direction * 20.0;
        EXPECT_NEAR(gain(inside), 0, 1e-8);
        if (std::abs(end) < inf) {
          EXPECT_GT(gain(end + 1e-2 * direction), 1e-9) << "still optimal beyond " << end;
          ++ends;
        }
      }
    }
  }
  EXPECT_GT(ends, 120);
}

TEST(Solve, TheSameBitsEveryTime) {
  std::mt19937_64 random(3);
  for (int k = 0; k < 20; ++k) {
    const LinearProgramme p = random_programme(random, true);
    const LinearSolution a = solve(p), b = solve(p);
    EXPECT_EQ(a.objective, b.objective);
    for (std::size_t i = 0; i < p.rows(); ++i) {
      EXPECT_EQ(a.rows[i].shadow_price, b.rows[i].shadow_price);
      EXPECT_EQ(a.rows[i].price_holds->upper, b.rows[i].price_holds->upper);
    }
  }
}

TEST(Solve, InfeasibleProgrammesGiveAnIrreducibleConflict) {
  std::mt19937_64 random(11);
  int found = 0;
  for (int k = 0; k < 200; ++k) {
    LinearProgramme p = random_programme(random, true);
    std::vector<Term> all;
    for (std::size_t j = 0; j < p.columns(); ++j) all.push_back({Column(j), 1.0 + static_cast<double>(j)});
    p.row("high", Bounds::at_least(6), all);
    try {
      (void)solve(p);
    } catch (const Infeasible& error) {
      ++found;
      const auto holds = [&](const std::vector<Row>& rows) {
        LinearProgramme some(Sense::minimise);
        for (std::size_t j = 0; j < p.columns(); ++j) some.column("", 0, p.bounds(Column(j)));
        for (const Row row : rows) some.row("", p.bounds(row), p.terms(row));
        return code_of([&] { (void)solved(some); }).empty();
      };
      EXPECT_FALSE(holds(error.conflict()));
      for (std::size_t leave = 0; leave < error.conflict().size(); ++leave) {
        std::vector<Row> fewer = error.conflict();
        fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(leave));
        EXPECT_TRUE(holds(fewer)) << "one row too many";
      }
    }
  }
  EXPECT_GT(found, 15);
}

// Every combination of whole numbers, tried one after the other.
TEST(Solve, WholeColumnsAgainstExhaustiveSearch) {
  std::mt19937_64 random(5);
  const auto up_to = [&](int most) { return static_cast<int>(random() % static_cast<unsigned>(most + 1)); };
  int fractional = 0, impossible = 0;
  for (int k = 0; k < 200; ++k) {
    SCOPED_TRACE("programme " + std::to_string(k));
    const Sense sense = k % 2 == 0 ? Sense::maximise : Sense::minimise;
    LinearProgramme p(sense), relaxed(sense);
    const std::size_t n = 2 + static_cast<std::size_t>(up_to(3));
    std::vector<int> low(n), high(n);
    for (std::size_t j = 0; j < n; ++j) {
      low[j] = -up_to(1), high[j] = low[j] + 1 + up_to(3);
      const double cost = up_to(40) / 4.0 - 4;
      p.column("whole " + std::to_string(j), cost, {double(low[j]) - 0.25, double(high[j]) + 0.5}, Values::whole);
      relaxed.column("any", cost, {double(low[j]), double(high[j])});
    }
    for (int i = 0; i < 3; ++i) {
      std::vector<Term> terms;
      for (std::size_t j = 0; j < n; ++j) terms.push_back({Column(j), double(up_to(12) - 4)});
      const Bounds bounds = up_to(3) == 0   ? Bounds::at_least(up_to(4) + 0.5)
                            : up_to(8) == 0 ? Bounds::exactly(up_to(6))
                                            : Bounds::at_most(up_to(20) + 0.5);
      p.row("row " + std::to_string(i), bounds, terms);
      relaxed.row("row", bounds, terms);
    }
    const double better = sense == Sense::maximise ? 1 : -1;
    double best = -inf;
    std::vector<int> x = low;
    for (bool more = true; more;) {
      bool fits = true;
      for (std::size_t i = 0; i < p.rows(); ++i) {
        double sum = 0;
        for (const Term& term : p.terms(Row(i))) sum += term.factor * x[term.column.index()];
        fits = fits && sum >= p.bounds(Row(i)).lower() && sum <= p.bounds(Row(i)).upper();
      }
      double objective = 0;
      for (std::size_t j = 0; j < n; ++j) objective += p.cost(Column(j)) * x[j];
      if (fits) best = std::max(best, better * objective);
      std::size_t j = 0;
      for (; j < n && x[j] == high[j]; ++j) x[j] = low[j];
      more = j < n;
      if (more) ++x[j];
    }
    if (best == -inf) {
      EXPECT_EQ(code_of([&] { (void)solve(p); }), "E-LP-INFEASIBLE");
      ++impossible;
      continue;
    }
    const LinearSolution s = solve(p);
    EXPECT_NEAR(better * s.objective, best, 1e-9);
    EXPECT_LT(violation(p, s), 1e-9);
    EXPECT_FALSE(s.priced);
    for (const ColumnResult& column : s.columns) EXPECT_EQ(column.value, std::round(column.value));
    for (const RowResult& row : s.rows) EXPECT_TRUE(std::isnan(row.shadow_price) && !row.price_holds);
    if (std::abs(solved(relaxed).objective - s.objective) > 1e-9) ++fractional;
  }
  EXPECT_GT(fractional, 80) << "or the relaxation would have done";
  EXPECT_GT(impossible, 3);
}

TEST(Solve, WholeAndOtherColumnsTogether) {
  // Classes of 12 seats at 100 each and 9 for a seat: 40 people want one, money is 400. By hand: two classes leave 200
  // for 22.22 seats; three classes 100 for 11.1; one class 12 seats for 108.
  LinearProgramme p(Sense::maximise);
  const Column classes = p.column("classes", 0, {0, 10}, Values::whole), seats = p.column("seats", 1, {0, 40});
  p.row("full", Bounds::at_most(0), {{seats, 1}, {classes, -12}});
  p.row("money", Bounds::at_most(400), {{seats, 9}, {classes, 100}});
  const LinearSolution s = solve(p);
  EXPECT_EQ(s[classes].value, 2);
  EXPECT_NEAR(s[seats].value, 200.0 / 9, 1e-12);
}

}  // namespace
}  // namespace solve_test
