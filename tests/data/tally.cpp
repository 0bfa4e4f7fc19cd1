// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/data/tally.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <type_traits>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <rungs/core/random.hpp>

#include "../core/message.hpp"

namespace tally_test {
namespace {

using namespace rungs;
using rungs_test::code_of;
using rungs_test::said;
using testing::HasSubstr;

static_assert(std::is_nothrow_move_constructible_v<Counts>);

Ladder ladder_of(std::size_t n) {
  Ladder::Builder b = Ladder::builder();
  for (std::size_t k = 0; k < n; ++k) b.rung("s" + std::to_string(k));
  return b.build();
}

Observations rows(const std::vector<std::tuple<std::uint32_t, std::int32_t, std::size_t>>& list) {
  Observations out;
  for (const auto& [who, when, where] : list) out.add(who, when, where);
  return out;
}

/// What a tally must be, straight from its definition: every person's records in order, every
/// neighbouring pair looked at.
struct Dumb {
  std::map<std::tuple<std::int64_t, std::size_t, std::size_t>, std::tuple<double, double, double>> cells;
  std::uint64_t people = 0, used = 0, singles = 0, alone = 0, pairs = 0, gaps = 0;
};

Dumb dumb(const Observations& o, WeightKind kind, std::int64_t unit) {
  std::map<std::uint32_t, std::map<std::int64_t, std::size_t>> people;
  for (std::size_t k = 0; k < o.size(); ++k) people[o.person[k]][o.time[k]] = k;
  Dumb out;
  out.people = kind == WeightKind::frequency ? 0 : people.size();
  for (const auto& [person, records] : people) {
    std::set<std::size_t> used;
    if (kind == WeightKind::frequency)  // those that the id stands for
      out.people += static_cast<std::uint64_t>(o.weight[records.begin()->second]);
    for (auto a = records.begin(), b = std::next(a); b != records.end(); ++a, ++b) {
      if (b->first - a->first != unit) {
        ++out.gaps;
        continue;
      }
      const double w = o.weight.empty() ? 1 : o.weight[a->second];
      auto& [n, sum, squares] = out.cells[{a->first, o.stratum[a->second], o.stratum[b->second]}];
      n += kind == WeightKind::frequency ? w : 1;
      sum += w;
      squares += kind == WeightKind::frequency ? w : w * w;
      used.insert({a->second, b->second});
      ++out.pairs;
    }
    out.used += used.size();
    (records.size() == 1 ? out.singles : out.alone) += records.size() - used.size();
  }
  return out;
}

/// A panel of some people with gaps here and there; weights are eighths, so that their sums are
/// exact.
Observations random_rows(Stream& s, std::size_t n, WeightKind kind, std::int64_t unit) {
  Observations o;
  const std::uint64_t people = s.below(8), lost = s.below(40);
  for (std::uint32_t person = 0; person < people; ++person) {
    std::int64_t time = static_cast<std::int64_t>(s.below(6)) - 3;
    const std::uint64_t length = 1 + s.below(20);
    for (std::uint64_t k = 0; k < length; ++k) {
      o.add(person * 3, static_cast<std::int32_t>(time), s.below(n));
      if (kind != WeightKind::none)
        o.weight.push_back(kind == WeightKind::frequency ? static_cast<double>(s.below(4))
                                                         : static_cast<double>(s.below(33)) / 8);
      time += s.below(40) < lost / 8 ? static_cast<std::int64_t>(1 + s.below(5)) : unit;
    }
  }
  Observations shuffled;
  std::vector<std::size_t> order(o.size());
  for (std::size_t k = 0; k < order.size(); ++k) order[k] = k;
  for (std::size_t k = order.size(); k > 1; --k) std::swap(order[k - 1], order[s.below(k)]);
  for (const std::size_t k : order) {
    shuffled.add(o.person[k], o.time[k], o.stratum[k]);
    if (kind != WeightKind::none) shuffled.weight.push_back(o.weight[k]);
  }
  return shuffled;
}

void expect_cells(const Counts& counts,
                  const std::map<std::pair<std::size_t, std::size_t>, std::tuple<double, double, double>>& cells) {
  for (std::size_t i = 0; i < counts.size(); ++i)
    for (std::size_t j = 0; j < counts.size(); ++j) {
      const auto at = cells.find({i, j});
      const std::tuple<double, double, double> expected = at == cells.end() ? std::tuple(0.0, 0.0, 0.0) : at->second;
      ASSERT_EQ(std::tuple(counts.people(i, j), counts.weight(i, j), counts.weight_squares(i, j)), expected)
          << i << " to " << j;
    }
}

TEST(Tally, IsWhatTheDefinitionSaysOnManyPanels) {
  Stream s({Seed(1), 1});
  int counted = 0, mixed = 0, gappy = 0;
  for (int trial = 0; trial < 700; ++trial) {
    const std::size_t n = 1 + s.below(11);
    const std::int64_t unit = 1 + static_cast<std::int64_t>(s.below(3));
    const auto kind = static_cast<WeightKind>(s.below(4));
    const Observations o = random_rows(s, n, kind, unit);
    TallyOptions options{Step(unit), Gap::drop, s.below(2) == 1};
    const Dumb expected = dumb(o, kind, unit);
    const Panel panel(ladder_of(n), o, kind);
    if (expected.gaps > 0 &&
        static_cast<double>(expected.pairs) < 0.9 * static_cast<double>(expected.pairs + expected.gaps)) {
      ASSERT_EQ(code_of([&] { (void)tally(panel, options); }), "E-STEP-MIXED");
      ++mixed;
      continue;
    }
    const Tally found = tally(panel, options);
    std::map<std::pair<std::size_t, std::size_t>, std::tuple<double, double, double>> pooled;
    std::map<std::int64_t, std::map<std::pair<std::size_t, std::size_t>, std::tuple<double, double, double>>> periods;
    for (const auto& [where, cell] : expected.cells) {
      const auto& [time, i, j] = where;
      auto& sum = pooled[{i, j}];
      std::get<0>(sum) += std::get<0>(cell);
      std::get<1>(sum) += std::get<1>(cell);
      std::get<2>(sum) += std::get<2>(cell);
      periods[time][{i, j}] = cell;
    }
    expect_cells(found.pooled(), pooled);
    ASSERT_EQ(found.by_period().size(), options.by_period ? periods.size() : 0U);
    for (const auto& [time, counts] : found.by_period()) expect_cells(counts, periods.at(time));
    const Ledger& ledger = found.ledger();
    ASSERT_EQ(ledger.records_read, o.size());
    ASSERT_EQ(ledger.records_used, expected.used);
    ASSERT_EQ(ledger.pairs_used, expected.pairs);
    const auto dropped = [&](const char* why) { return ledger.dropped.contains(why) ? ledger.dropped.at(why) : 0; };
    ASSERT_EQ(dropped("one observation"), expected.singles);
    ASSERT_EQ(dropped("no neighbour one step away"), expected.alone);
    ASSERT_EQ(ledger.records_used + expected.singles + expected.alone, ledger.records_read);
    ASSERT_EQ(ledger.pairs_dropped.contains("gap") ? ledger.pairs_dropped.at("gap") : 0, expected.gaps);
    ASSERT_EQ(found.people(), expected.people);
    const auto warned = [&](const char* code) {
      return std::any_of(found.warnings().begin(), found.warnings().end(),
                         [&](const Warning& w) { return w.code == code; });
    };
    ASSERT_EQ(warned("W-GAP"), expected.gaps > 0);
    ASSERT_EQ(warned("W-SINGLETON"), expected.singles > 0);
    ASSERT_EQ(code_of([&] { (void)tally(panel, {Step(unit), Gap::refuse, false}); }), expected.gaps > 0 ? "E-GAP" : "");
    counted += expected.pairs > 0 ? 1 : 0;
    gappy += expected.gaps > 0 && expected.pairs > 0 ? 1 : 0;
  }
  // The trials are of every kind.
  EXPECT_GT(counted, 300);
  EXPECT_GT(mixed, 50);
  EXPECT_GT(gappy, 50);
}

TEST(Tally, CountsRunsOfEveryLength) {
  // The fast path takes moves in nines, threes and ones: each length alone, and with others before
  // and after it.
  Stream s({Seed(2), 1});
  for (std::size_t n = 1; n <= 10; ++n)
    for (std::size_t length = 1; length <= 15; ++length) {
      Observations o;
      std::vector<double> expected(n * n);
      std::size_t before = 0;
      for (std::uint32_t person = 0; person < 5; ++person) {
        const std::size_t own = person % 2 == 0 ? length : 1 + s.below(15);
        for (std::size_t t = 0; t < own; ++t) {
          const std::size_t now = s.below(n);
          o.add(person, static_cast<std::int32_t>(t), now);
          if (t > 0) expected[before * n + now] += 1;
          before = now;
        }
      }
      const Tally found = tally(Panel(ladder_of(n), o));
      for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < n; ++j)
          ASSERT_EQ(found.pooled().people(i, j), expected[i * n + j]) << n << " " << length;
    }
}

TEST(Tally, OfPartsAddsUpToTheWhole) {
  Stream s({Seed(3), 1});
  for (const WeightKind kind : {WeightKind::none, WeightKind::frequency, WeightKind::sampling})
    for (const bool by_period : {false, true}) {
      Observations whole;
      std::vector<Observations> parts(3);
      for (std::uint32_t person = 0; person < 60; ++person)
        for (std::int32_t t = 0; t < static_cast<std::int32_t>(1 + person % 5); ++t) {
          const std::size_t at = s.below(4);
          const double w = static_cast<double>(s.below(17)) / 4;
          for (Observations* o : {&whole, &parts[person % 3]}) {
            o->add(person, t + (person == 9 && t > 2 ? 1 : 0), at);
            if (kind != WeightKind::none) o->weight.push_back(w);
          }
        }
      const TallyOptions options{Step(), Gap::drop, by_period};
      const Tally expected = tally(Panel(ladder_of(4), whole, kind), options);
      for (const std::vector<std::size_t>& order : {std::vector<std::size_t>{0, 1, 2}, {2, 0, 1}}) {
        Tally sum(ladder_of(4), Step(), kind);  // an empty tally is the zero of addition
        for (const std::size_t p : order) sum += tally(Panel(ladder_of(4), parts[p], kind), options);
        EXPECT_EQ(sum.pooled(), expected.pooled());
        EXPECT_EQ(sum.by_period(), expected.by_period());
        EXPECT_EQ(sum.ledger(), expected.ledger());
        EXPECT_EQ(sum.people(), expected.people());
        EXPECT_NO_THROW(sum.ledger().check());
      }
    }
}

TEST(Tally, OfAnotherKindDoesNotAddUp) {
  const std::string words =
      "found tallies of two ladders, steps or kinds of weight; expected the same in both "
      "[E-LADDER-OTHER]";
  Tally base(ladder_of(2), Step());
  EXPECT_EQ(said<Refusal>([&] { base += Tally(ladder_of(3), Step()); }), words);
  EXPECT_EQ(said<Refusal>([&] { base += Tally(ladder_of(2), Step(2)); }), words);
  EXPECT_EQ(said<Refusal>([&] { base += Tally(ladder_of(2), Step(), WeightKind::sampling); }), words);
  // Moves known only together would be lost beside moves known by period.
  Tally pooled(ladder_of(2), Step()), periods(ladder_of(2), Step());
  pooled.add(0, 1, 5);
  periods.add(0, 1, 5, Period(7));
  const std::string lost =
      "found a tally by period and one of all periods together; expected the same in both "
      "[E-PERIOD-MISSING]";
  EXPECT_EQ(said<Refusal>([&] { pooled += periods; }), lost);
  EXPECT_EQ(said<Refusal>([&] { periods += pooled; }), lost);
  EXPECT_NO_THROW(base += periods);
  EXPECT_EQ(base.pooled(), periods.pooled());
}

TEST(Tally, RefusesImpossibleMovesWithTheirLines) {
  const Ladder ladder =
      Ladder::builder().rung("a").rung("b").rung("c").exit("x").move("a", "b").move("b", "c").move("c", "x").build();
  Observations o = rows({{0, 0, 0}, {0, 1, 2}, {1, 0, 1}, {1, 1, 0}, {1, 2, 1}, {2, 0, 0}, {2, 2, 2}, {2, 3, 2}});
  o.line = {10, 11, 20, 21, 22, 30, 31, 32};
  TallyOptions options;
  for (const bool by_period : {false, true}) {
    options.by_period = by_period;
    try {
      (void)tally(Panel(ladder, o, WeightKind::none, "moves.csv"), options);
      FAIL();
    } catch (const InputError& error) {
      EXPECT_EQ(error.code(), "E-STRUCT-ZERO");
      ASSERT_EQ(error.problems().size(),
                2U);  // the third person's a, gap, c may have led through b
      EXPECT_EQ(error.problems()[0].text(),
                "moves.csv:11:1: error: found a move from 'a' to 'c'; expected only moves that the "
                "ladder declares "
                "possible; the person's record before stands on line 10 [E-STRUCT-ZERO]");
      EXPECT_EQ(error.problems()[1].text(),
                "moves.csv:21:1: error: found a move from 'b' to 'a'; expected only moves that the "
                "ladder declares "
                "possible; the person's record before stands on line 20 [E-STRUCT-ZERO]");
    }
  }
}

TEST(Tally, RefusesMovesOutOfExitsAfterAnyTime) {
  const Ladder ladder = Ladder::parse("a < b | x, y");
  EXPECT_EQ(said<InputError>([&] {
              (void)tally(Panel(ladder, rows({{0, 0, 0}, {0, 1, 2}, {0, 2, 1}})));
            }),
            "error: found a move from 'x' to 'b'; expected no move out of an exit [E-STRUCT-ZERO]");
  EXPECT_EQ(code_of([&] { (void)tally(Panel(ladder, rows({{0, 0, 2}, {0, 1, 3}}))); }), "E-STRUCT-ZERO");
  EXPECT_NO_THROW((void)tally(Panel(ladder, rows({{0, 0, 0}, {0, 1, 2}, {0, 2, 2}}))));
  // Years later, too; and where the data are denser than the step.
  Observations late, dense;
  for (std::int32_t t = 0; t < 20; ++t) late.add(0, t, t < 19 ? 0 : 2), dense.add(0, 2 * t, 0);
  late.add(0, 25, 1);
  EXPECT_EQ(code_of([&] { (void)tally(Panel(ladder, late)); }), "E-STRUCT-ZERO");
  dense.add(1, 0, 2);
  dense.add(1, 1, 0);
  EXPECT_EQ(code_of([&] { (void)tally(Panel(ladder, dense), {Step(2)}); }), "E-STRUCT-ZERO");
  late.stratum.back() = 2;  // still gone
  EXPECT_EQ(tally(Panel(ladder, late)).ledger().pairs_dropped.at("gap"), 1U);
}

TEST(Tally, ListsAtMostTwentyImpossibleMoves) {
  const Ladder ladder = Ladder::builder().rung("a").rung("b").move("a", "b").build();
  Observations o;
  for (std::uint32_t person = 0; person < 30; ++person) o.add(person, 0, 1), o.add(person, 1, 0);
  try {
    (void)tally(Panel(ladder, o));
    FAIL();
  } catch (const InputError& error) {
    EXPECT_EQ(error.problems().size(), 20U);
  }
}

TEST(Tally, RefusesDataOfManySteps) {
  // 8 pairs of one step, 1 of two: 88.9 %. With a ninth, 90 %.
  Observations o;
  for (const std::int32_t t : {0, 1, 2, 3, 4, 5, 6, 7, 8, 10}) o.add(0, t, 0);
  EXPECT_EQ(said<Refusal>([&] { (void)tally(Panel(ladder_of(2), o)); }),
            "found pairs of observations at several steps: 8 are 1 apart, 1 is 2 apart; expected at least 90 % "
            "of them one step apart, or half where the step is stated [E-STEP-MIXED]");
  EXPECT_EQ(said<Refusal>([&] { (void)tally(Panel(ladder_of(2), o), {Step(2)}); }),
            "found pairs of observations at several steps: 1 are 2 apart, 8 are 1 apart; expected at least 90 % "
            "of them one step apart, or half where the step is stated [E-STEP-MIXED]");
  EXPECT_EQ(said<Refusal>([&] {
              (void)tally(Panel(ladder_of(2), o), {Step(), Gap::refuse});
            }),
            "found pairs of observations that are not one step of 1 apart (1 is 2 apart); expected none "
            "[E-GAP]");
  // A step that was stated and not taken for granted asks for half of them.
  EXPECT_EQ(tally(Panel(ladder_of(2), o), {.step_stated = true}).ledger().pairs_used, 8U);
  EXPECT_EQ(
      said<Refusal>([&] { (void)tally(Panel(ladder_of(2), o), {.step = Step(2), .step_stated = true}); }),
      "found pairs of observations at several steps: 1 are 2 apart, 8 are 1 apart; expected at least half of them one "
      "step apart [E-STEP-MIXED]");
  o.add(0, 11, 1);
  const Tally found = tally(Panel(ladder_of(2), o));
  EXPECT_EQ(found.ledger().pairs_used, 9U);
  ASSERT_EQ(found.warnings().size(), 1U);
  EXPECT_EQ(
      found.warnings()[0],
      (Warning{"W-GAP",
               "1 of 10 pairs of observations (10 %) are not one step apart (1 is 2 apart) and were not counted; by "
               "the stratum they begin in: 's0' 1 of 10 (10 %); that is more than one in twenty, for whom those that "
               "were counted may not stand"}));
  for (std::int32_t t = 0; t < 11; ++t) o.add(1, t, 1);
  EXPECT_EQ(
      tally(Panel(ladder_of(2), o)).warnings()[0],
      (Warning{"W-GAP",
               "1 of 20 pairs of observations (5 %) are not one step apart (1 is 2 apart) and were not counted; by "
               "the stratum they begin in: 's0' 1 of 10 (10 %)"}));
}

TEST(Tally, TellsGapsAlikeHoweverExitsAreRecorded) {
  // 8 pairs of one step and 1 of two that begin in 'a': 88.9 %. With a ninth, 90 %.
  const Ladder ladder = Ladder::parse("a < b | left");
  const auto panel = [&](std::int32_t stays, std::int32_t every, bool ninth) {
    Observations o;
    for (const std::int32_t t : {0, 1, 2, 3, 4, 5, 6, 7, 9}) o.add(0, t, 0);
    if (ninth) o.add(1, 0, 0), o.add(1, 1, 0);
    for (std::int32_t t = 0; t <= stays; ++t) o.add(0, 10 + t * every, 2);
    return Panel(ladder, o);
  };
  for (const std::int32_t every : {1, 2})
    for (const std::int32_t stays : {0, 1, 30}) {
      EXPECT_EQ(said<Refusal>([&] { (void)tally(panel(stays, every, false)); }),
                "found pairs of observations that begin in a stratum at several steps: 8 are 1 apart, 1 is 2 apart; "
                "expected at least 90 % of them one step apart, or half where the step is stated [E-STEP-MIXED]");
      const Tally found = tally(panel(stays, every, true));
      const auto in_exit = static_cast<std::uint64_t>(stays);
      EXPECT_EQ(found.ledger().pairs_used, 9U + (every == 1 ? in_exit : 0U)) << "the ledger is of all pairs";
      EXPECT_EQ(found.ledger().pairs_dropped.at("gap"), 1U + (every == 1 ? 0U : in_exit));
      ASSERT_EQ(found.warnings().size(), 1U);
      EXPECT_EQ(found.warnings()[0],
                (Warning{"W-GAP",
                         "1 of 10 pairs of observations that begin in a stratum (10 %) are not one step apart (1 is 2 "
                         "apart) and were not counted; by the stratum they begin in: 'a' 1 of 10 (10 %); that is more "
                         "than one in twenty, for whom those that were counted may not stand"}));
    }
  // Only those who have left are seen at other steps: nothing to tell, and nothing to refuse.
  Observations o = rows({{0, 0, 0}, {0, 1, 2}, {0, 5, 2}, {0, 9, 2}});
  EXPECT_TRUE(tally(Panel(ladder, o), {Step(), Gap::refuse}).warnings().empty());
}

TEST(Tally, KeepsPairsAcrossGapsApart) {
  // One person seen at 0, 1, 3, 6, 7 and others at every step: two steps apart, three steps apart.
  Observations o = rows({{0, 0, 0}, {0, 1, 1}, {0, 3, 0}, {0, 6, 1}, {0, 7, 1}});
  for (std::int32_t t = 0; t < 20; ++t) o.add(1, t, 0);
  const Panel panel(ladder_of(2), o);
  const Tally drop = tally(panel), skip = tally(panel, {Step(), Gap::skip}), em = tally(panel, {Step(), Gap::em});
  EXPECT_TRUE(drop.across_gaps().empty());
  for (const Tally* t : {&skip, &em}) {
    EXPECT_EQ(t->pooled(), drop.pooled());
    ASSERT_TRUE(t->across_gaps().contains({0, 2}));
    EXPECT_EQ(t->across_gaps().at({0, 2}).people(1, 0), 1);
  }
  EXPECT_EQ(skip.across_gaps().size(), 1U);
  ASSERT_TRUE(em.across_gaps().contains({0, 3}));
  EXPECT_EQ(em.across_gaps().at({0, 3}).people(0, 1), 1);
  EXPECT_EQ(drop.ledger().pairs_used, 21U);
  EXPECT_EQ(skip.ledger().pairs_used, 22U);
  EXPECT_EQ(em.ledger().pairs_used, 23U);
  EXPECT_EQ(skip.ledger().pairs_dropped.at("gap"), 1U);
  EXPECT_TRUE(em.ledger().pairs_dropped.empty());
  EXPECT_EQ(em.ledger().records_used, 25U);
  ASSERT_EQ(em.warnings().size(), 1U);
  EXPECT_EQ(
      em.warnings()[0],
      (Warning{"W-GAP",
               "2 of 23 pairs of observations (8.7 %) are more than one step apart (1 is 2 apart, 1 is 3 apart) and "
               "are used as so many steps; by the stratum they begin in: 's0' 1 of 21 (4.8 %), 's1' 1 of 2 (50 %); "
               "whether somebody was not seen is taken not to depend on where they were, and more than one pair in "
               "twenty rests on that"}));
  const Tally periods = tally(panel, {Step(), Gap::em, true});
  EXPECT_EQ(periods.across_gaps().at({1, 2}).people(1, 0), 1);
  EXPECT_EQ(periods.across_gaps().at({3, 3}).people(0, 1), 1);
  Tally twice = em;
  twice += em;
  EXPECT_EQ(twice.across_gaps().at({0, 3}).people(0, 1), 2);
  // A pair that is no whole number of steps apart is not used; nor is a panel in which few pairs are of one step.
  const Tally two = tally(Panel(ladder_of(2), rows({{0, 0, 0},
                                                    {0, 4, 1},
                                                    {0, 6, 0},
                                                    {0, 8, 0},
                                                    {0, 10, 1},
                                                    {1, 0, 0},
                                                    {1, 2, 1},
                                                    {1, 4, 1},
                                                    {1, 6, 1},
                                                    {1, 8, 1},
                                                    {1, 10, 1},
                                                    {1, 13, 1}})),
                          {Step(2), Gap::em});
  EXPECT_EQ(two.across_gaps().at({0, 2}).people(0, 1), 1);
  EXPECT_EQ(two.ledger().pairs_dropped.at("gap"), 1U);
  EXPECT_EQ(
      said<Refusal>([] {
        (void)tally(Panel(ladder_of(2), rows({{0, 0, 0}, {0, 2, 1}, {0, 4, 1}, {0, 5, 0}})), {Step(), Gap::skip});
      }),
      "found pairs of observations at several steps: 1 are 1 apart, 2 are 2 apart; expected at least half of them "
      "one step apart [E-STEP-MIXED]");
}

TEST(Tally, RefusesMovesThatNoWayLeadsTo) {
  const Ladder ladder =
      Ladder::builder().rung("a").rung("b").rung("c").rung("d").move("a", "b").move("b", "c").move("c", "d").build();
  Observations o;
  for (std::int32_t t = 0; t < 20; ++t) o.add(0, t, 0);
  o.add(1, 0, 0);
  o.add(1, 2, 2);  // through b
  EXPECT_EQ(tally(Panel(ladder, o), {Step(), Gap::em}).across_gaps().at({0, 2}).people(0, 2), 1);
  o.add(2, 0, 0);
  o.add(2, 2, 3);
  o.line.resize(o.size());
  for (std::uint32_t k = 0; k < o.size(); ++k) o.line[k] = k + 2;
  EXPECT_EQ(said<InputError>([&] {
              (void)tally(Panel(ladder, o, WeightKind::none, "x.csv"), {Step(), Gap::em});
            }),
            "x.csv:25:1: error: found a move from 'a' to 'd' in 2 steps; expected only moves that the ladder declares "
            "possible; the person's record before stands on line 24 [E-STRUCT-ZERO]");
}

TEST(Tally, WarnsOfSingletons) {
  const Tally found = tally(Panel(ladder_of(2), rows({{0, 0, 0}, {1, 0, 1}, {2, 0, 0}, {2, 1, 0}})));
  ASSERT_EQ(found.warnings().size(), 1U);
  EXPECT_EQ(found.warnings()[0], (Warning{"W-SINGLETON", "2 people have one observation and tell nothing of moves"}));
  EXPECT_EQ(found.step(), Step());
  EXPECT_EQ(found.ladder(), ladder_of(2));
  EXPECT_EQ(tally(Panel(ladder_of(2), {})).pooled(), Counts(2));
}

TEST(Tally, KeepsTheThreeKindsOfWeightApart) {
  Observations o = rows({{0, 0, 0}, {0, 1, 1}, {1, 0, 0}, {1, 1, 0}});
  o.weight = {3, 100, 2, 100};  // a weight belongs to the record a transition starts from
  const Counts f = tally(Panel(ladder_of(2), o, WeightKind::frequency)).pooled();
  const Counts w = tally(Panel(ladder_of(2), o, WeightKind::sampling)).pooled();
  EXPECT_EQ(f.people(0, 1), 3);
  EXPECT_EQ(f.weight_squares(0, 1), 3);
  EXPECT_EQ(f.row_effective_people(0), 5);
  EXPECT_EQ(w.people(0, 1), 1);
  EXPECT_EQ(w.weight(0, 1), 3);
  EXPECT_EQ(w.weight_squares(0, 1), 9);
  EXPECT_EQ(w.row_people(0), 2);
  EXPECT_EQ(w.row_weight(0), 5);
  EXPECT_DOUBLE_EQ(w.row_effective_people(0), 25.0 / 13);
  EXPECT_EQ(w.row_effective_people(1), 0);  // nobody, and not 0 / 0
}

TEST(Counts, AddUpCellByCell) {
  Counts a(2), b(2);
  a.add(0, 1, 2);
  a.add(1, 0, 1, 0.5, 0.25);
  b.add(0, 1);
  a += b;
  EXPECT_EQ(a.people(0, 1), 3);
  EXPECT_EQ(a.weight(0, 1), 3);
  EXPECT_EQ(a.weight_squares(0, 1), 3);
  EXPECT_EQ(a.weight(1, 0), 0.5);
  EXPECT_EQ(a.people(1, 1), 0);
  EXPECT_NE(a, b);
}

TEST(Ledger, MustAddUp) {
  Ledger ledger{10, 7, {{"one observation", 2}, {"no neighbour one step away", 1}}, 5, {}};
  EXPECT_NO_THROW(ledger.check());
  ledger.records_used = 8;
  EXPECT_EQ(said<Refusal>([&] { ledger.check(); }),
            "found 10 records read and 11 used or dropped; expected the same number [E-LEDGER]");
  ledger.records_used = 7;
  ledger += Ledger{3, 1, {{"one observation", 1}, {"other", 1}}, 1, {{"gap", 4}}};
  EXPECT_EQ(
      ledger,
      (Ledger{13, 8, {{"no neighbour one step away", 1}, {"one observation", 3}, {"other", 1}}, 6, {{"gap", 4}}}));
  EXPECT_NO_THROW(ledger.check());
}

}  // namespace
}  // namespace tally_test
