// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/data/panel.hpp>

#include <algorithm>
#include <limits>
#include <random>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "../core/message.hpp"

namespace panel_test {
namespace {

using namespace rungs;
using rungs_test::code_of;
using rungs_test::said;
using Runs = std::vector<std::tuple<std::uint32_t, std::int32_t, std::size_t, std::size_t>>;

static_assert(std::is_nothrow_move_constructible_v<Panel>);

const Ladder abc = Ladder::parse("a < b < c");

Observations rows(std::vector<std::tuple<std::uint32_t, std::int32_t, std::size_t>> list) {
  Observations out;
  for (const auto& [who, when, where] : list) out.add(who, when, where);
  return out;
}

Runs runs_of(const Panel& panel) {
  Runs out;
  for (const Panel::Run& r : panel.runs()) out.emplace_back(r.person, r.start, r.begin, r.end);
  return out;
}

std::vector<int> strata_of(const Panel& panel) { return {panel.strata().begin(), panel.strata().end()}; }

TEST(Panel, SortsByPersonAndTimeWithEverythingThatBelongsTogether) {
  Observations o = rows({{1, 2001, 2}, {0, 2002, 1}, {1, 2000, 0}, {0, 2001, 0}, {0, 2000, 2}});
  o.weight = {1.5, 2.5, 3.5, 4.5, 5.5};
  o.line = {2, 3, 4, 5, 6};
  const Panel panel(abc, o, WeightKind::sampling, "p.csv");
  EXPECT_EQ(strata_of(panel), (std::vector<int>{2, 0, 1, 0, 2}));
  EXPECT_EQ(runs_of(panel), (Runs{{0, 2000, 0, 3}, {1, 2000, 3, 5}}));
  const std::vector<double> weights{5.5, 4.5, 2.5, 3.5, 1.5};
  const std::vector<std::size_t> lines{6, 5, 3, 4, 2};
  for (std::size_t k = 0; k < 5; ++k) {
    EXPECT_EQ(panel.weight(k), weights[k]);
    EXPECT_EQ(panel.line(k), lines[k]);
  }
  EXPECT_EQ(panel.people(), 2U);
  EXPECT_EQ(panel.observations(), 5U);
  EXPECT_EQ(panel.stride(), 1);
  EXPECT_TRUE(panel.weighted());
  EXPECT_EQ(panel.weight_kind(), WeightKind::sampling);
  EXPECT_EQ(panel.file(), "p.csv");
  EXPECT_EQ(panel.ladder(), abc);
}

TEST(Panel, AnyOrderOfRowsIsTheSamePanel) {
  std::vector<std::tuple<std::uint32_t, std::int32_t, std::size_t>> list{
      {0, -3, 0}, {0, -2, 1}, {2, 5, 2}, {2, 7, 0}, {7, 1, 1}};
  const Panel sorted(abc, rows(list));
  EXPECT_EQ(sorted.weight(0), 1.0);
  EXPECT_EQ(sorted.line(0), 0U);
  EXPECT_FALSE(sorted.weighted());
  do {
    const Panel panel(abc, rows(list));
    ASSERT_EQ(runs_of(panel), runs_of(sorted));
    ASSERT_EQ(strata_of(panel), strata_of(sorted));
  } while (std::next_permutation(list.begin(), list.end()));
}

TEST(Panel, BreaksRunsAtGaps) {
  // Steps of 2 are the shortest; 3 and 4 break the run.
  const Panel panel(abc, rows({{0, 0, 0}, {0, 2, 0}, {0, 4, 1}, {0, 7, 1}, {0, 9, 2}, {0, 13, 2}, {1, 14, 0}}));
  EXPECT_EQ(panel.stride(), 2);
  EXPECT_EQ(runs_of(panel), (Runs{{0, 0, 0, 3}, {0, 7, 3, 5}, {0, 13, 5, 6}, {1, 14, 6, 7}}));
  // People who follow each other in time without a gap are still two people.
  EXPECT_EQ(runs_of(Panel(abc, rows({{0, 0, 0}, {1, 1, 0}}))), (Runs{{0, 0, 0, 1}, {1, 1, 1, 2}}));
}

TEST(Panel, MayBeEmptyOrOfSingles) {
  const Panel none(abc, {});
  EXPECT_EQ(none.people(), 0U);
  EXPECT_EQ(none.observations(), 0U);
  EXPECT_TRUE(none.runs().empty());
  EXPECT_EQ(none.stride(), 0);
  const Panel singles(abc, rows({{0, 1, 0}, {1, 5, 1}}));
  EXPECT_EQ(singles.people(), 2U);
  EXPECT_EQ(singles.stride(), 0);
  EXPECT_EQ(singles.runs().size(), 2U);
}

TEST(Panel, TakesTheWholeRangeOfTime) {
  constexpr std::int32_t low = std::numeric_limits<std::int32_t>::min(),
                         high = std::numeric_limits<std::int32_t>::max();
  EXPECT_EQ(Panel(abc, rows({{0, low, 0}, {0, high, 1}})).stride(), std::int64_t{high} - low);
}

TEST(Panel, NamesBothLinesOfADuplicate) {
  Observations o = rows({{0, 1990, 0}, {1, 1990, 0}, {0, 1991, 0}, {0, 1990, 0}});
  EXPECT_EQ(said<InputError>([&] { Panel(abc, o); }),
            "error: found a second record of the same person at time 1990; expected one "
            "[E-DUP-KEY]");
  o.line = {9, 8, 7, 2};  // the file is in another order: the later line is the second
  try {
    Panel(abc, o, WeightKind::none, "people.csv");
    FAIL();
  } catch (const InputError& error) {
    EXPECT_EQ(error.code(), "E-DUP-KEY");
    ASSERT_EQ(error.problems().size(), 1U);
    EXPECT_EQ(error.problems()[0].text(),
              "people.csv:9:1: error: found a second record of the same person at time 1990; "
              "expected one; the first stands on line 2 [E-DUP-KEY]");
  }
}

TEST(Panel, RefusesStrataThatAreNotOnTheLadder) {
  EXPECT_EQ(said<Refusal>([] {
              Panel(abc, rows({{0, 0, 0}, {0, 1, 3}}));
            }),
            "found stratum number 3; expected one of 'a', 'b', 'c' [E-LADDER-OTHER]");
}

TEST(Panel, RefusesColumnsThatDoNotFit) {
  const std::string words =
      "found columns of different lengths, or weights without a kind; expected one entry for each "
      "observation [E-SHAPE]";
  Observations o = rows({{0, 0, 0}, {0, 1, 1}});
  o.weight = {1};
  EXPECT_EQ(said<Refusal>([&] { Panel(abc, o, WeightKind::sampling); }), words);
  o.weight = {1, 1};
  EXPECT_EQ(said<Refusal>([&] { Panel(abc, o); }), words);
  EXPECT_NO_THROW(Panel(abc, o, WeightKind::precision));
  o.line = {1, 2, 3};
  EXPECT_EQ(code_of([&] { Panel(abc, o, WeightKind::precision); }), "E-SHAPE");
  o.line.clear();
  o.time.pop_back();
  EXPECT_EQ(code_of([&] { Panel(abc, o, WeightKind::precision); }), "E-SHAPE");
  o.time.push_back(1);
  o.stratum.push_back(1);
  EXPECT_EQ(code_of([&] { Panel(abc, o, WeightKind::precision); }), "E-SHAPE");
}

/// People seen now at even times, now with gaps, on lines of which some are left out.
Observations in_order(std::mt19937& random) {
  Observations out;
  const auto below = [&random](unsigned n) { return static_cast<std::uint32_t>(random() % n); };
  std::uint32_t line = 2, person = 0;
  const std::uint32_t people = below(8), steps = 1 + below(3);
  for (std::uint32_t p = 0; p < people; ++p, person += 1 + below(2)) {
    std::int32_t time = static_cast<std::int32_t>(below(5)) - 2;
    for (std::uint32_t k = 0, n = 1 + below(7); k < n; ++k) {
      out.add(person, time, below(3));
      out.line.push_back(line);
      time += static_cast<std::int32_t>(below(3) == 0 ? 1 + below(4) : steps);
      line += below(5) == 0 ? 2U : 1U;
    }
  }
  return out;
}

TEST(OrderedObservations, MakeThePanelOfTheirColumns) {
  std::mt19937 random(5);
  for (int trial = 0; trial < 5000; ++trial) {
    const Observations columns = in_order(random);
    OrderedObservations ordered;
    for (std::size_t k = 0; k < columns.size(); ++k)
      ASSERT_TRUE(ordered.add(columns.person[k], columns.time[k], columns.stratum[k], columns.line[k]));
    const Observations again = ordered.columns();
    ASSERT_EQ(again.person, columns.person);
    ASSERT_EQ(again.time, columns.time);
    ASSERT_EQ(again.stratum, columns.stratum);
    ASSERT_EQ(again.line, columns.line);
    const Panel expected(abc, columns, WeightKind::none, "p.csv"),
        panel = Panel::in_order(abc, std::move(ordered), "p.csv");
    ASSERT_EQ(runs_of(panel), runs_of(expected)) << trial;
    ASSERT_EQ(strata_of(panel), strata_of(expected));
    ASSERT_EQ(panel.stride(), expected.stride());
    ASSERT_EQ(panel.people(), expected.people());
    ASSERT_EQ(panel.weight_kind(), WeightKind::none);
    for (std::size_t k = 0; k < columns.size(); ++k) ASSERT_EQ(panel.line(k), expected.line(k));
  }
}

TEST(OrderedObservations, TakeNothingThatComesBefore) {
  OrderedObservations o;
  EXPECT_TRUE(o.add(3, 5, 1, 7));
  EXPECT_FALSE(o.add(2, 9, 1, 8));  // a person before
  EXPECT_FALSE(o.add(3, 5, 1, 8));  // the same time
  EXPECT_FALSE(o.add(3, 4, 1, 8));  // a time before
  EXPECT_EQ(o.size(), 1U);
  EXPECT_TRUE(o.add(3, 6, 2, 8));
  EXPECT_FALSE(o.add(3, 6, 2, 9));
  EXPECT_TRUE(o.add(9, -6, 0, 9));
  EXPECT_EQ(runs_of(Panel::in_order(abc, o)), (Runs{{3, 5, 0, 2}, {9, -6, 2, 3}}));
}

TEST(OrderedObservations, TimesMayBeAsFarApartAsTheyGo) {
  constexpr std::int32_t first = std::numeric_limits<std::int32_t>::min(),
                         last = std::numeric_limits<std::int32_t>::max();
  OrderedObservations o;
  EXPECT_TRUE(o.add(0, first, 0, 2));
  EXPECT_TRUE(o.add(0, last, 1, 3));
  EXPECT_TRUE(o.add(1, -2'000'000'000, 0, 4));
  EXPECT_TRUE(o.add(1, 0, 0, 5));
  EXPECT_TRUE(o.add(1, 2'000'000'000, 0, 6));
  EXPECT_EQ(o.columns().time, (std::vector<std::int32_t>{first, last, -2'000'000'000, 0, 2'000'000'000}));
  const Panel panel = Panel::in_order(abc, o), expected(abc, o.columns());
  EXPECT_EQ(runs_of(panel), runs_of(expected));
  EXPECT_EQ(panel.stride(), expected.stride());
}

TEST(OrderedObservations, OfStrataThatTheLadderLacksAreRefused) {
  OrderedObservations o;
  EXPECT_TRUE(o.add(0, 0, 1, 2));
  EXPECT_TRUE(o.add(0, 1, 3, 3));
  EXPECT_EQ(said<Refusal>([&] { (void)Panel::in_order(abc, o); }),
            "found stratum number 3; expected one of 'a', 'b', 'c' [E-LADDER-OTHER]");
  const Panel nobody = Panel::in_order(abc, {});
  EXPECT_EQ(nobody.people(), 0U);
  EXPECT_EQ(nobody.observations(), 0U);
}

TEST(Panel, RefusesWeightsThatAreNone) {
  const auto with = [](double w) {
    return [w] {
      Observations o = rows({{0, 0, 0}, {0, 1, 1}});
      o.weight = {1, w};
      Panel(abc, o, WeightKind::frequency);
    };
  };
  EXPECT_EQ(said<DomainError>(with(std::numeric_limits<double>::quiet_NaN())),
            "found a weight of nan; expected a finite number, 0 or more [E-WEIGHT-RANGE]");
  EXPECT_EQ(said<DomainError>(with(-1)), "found a weight of -1; expected a finite number, 0 or more [E-WEIGHT-RANGE]");
  EXPECT_EQ(said<DomainError>(with(std::numeric_limits<double>::infinity())),
            "found a weight of inf; expected a finite number, 0 or more [E-WEIGHT-RANGE]");
  EXPECT_NO_THROW(with(0)());
  EXPECT_NO_THROW(with(-0.0)());
}

}  // namespace
}  // namespace panel_test
