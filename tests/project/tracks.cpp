// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include <rungs/project/projection.hpp>

#include "../property/scenario.hpp"
#include "by_hand.hpp"
#include "oracle.hpp"

namespace tracks_test {
namespace {

using namespace rungs;
using by_hand::expect_row;
using by_hand::kernel;
using by_hand::population;
using by_hand::square;

// Workers w and technicians t. In a year a quarter of the workers moves up, and none down unless it is said. The odds
// of 1/3 become 1 under an odds ratio of 3, and a half moves up.
const Ladder two = Ladder::parse("worker < technician");
Kernel quarter_up(double down = 0) { return kernel(two, square({{.75, .25}, {down, 1 - down}})); }
Question asked(std::int64_t years) { return {two["worker"], two["technician"], Span(years)}; }
MoveEffects tripled(const char* name = "course", Profile profile = {}) {
  return {name, {{two["worker"], two["technician"], odds_ratio(3)}}, std::move(profile)};
}
Course under(Programme::Terms terms, std::int64_t years, double heads = 64, double down = 0, Profile profile = {}) {
  terms.eligible = two["worker"];
  return project(quarter_up(down), population(two, {heads, 0}), asked(years),
                 {"", {Programme(std::move(terms), tripled("course", std::move(profile)))}});
}

// --- worked by hand -----------------------------------------------------------------------------

TEST(TracksByHand, TimeInStratum) {
  // Two years as a worker, counted from the start; half of the technicians fall back, and begin anew.
  //   year 0: nobody yet; 16 up                                            w 48  t 16
  //   year 1: nobody yet; 12 of 48 up, 8 down: 36 with two years, 8 new    w 44  t 20
  //   year 2: 36 enrol: 18 up; of the 8, 2 up; 10 down                     w 34  t 30
  //   year 3: of those who never enrolled 6 have a year, 10 none: nobody.  9 + 4 up, 15 down: w 36  t 28
  const Course c = under({.eligible = two["worker"], .years_in_stratum = 2}, 4, 64, .5);
  expect_row(c.participants, 0, {0, 0, 36, 0});
  expect_row(c.headcount, 1, {48, 16});
  expect_row(c.headcount, 2, {44, 20});
  expect_row(c.headcount, 3, {34, 30});
  expect_row(c.headcount, 4, {36, 28});
  // Two years are reached after two steps, a year and a half too.
  expect_row(under({.eligible = two["worker"], .years_in_stratum = 1.5}, 4, 64, .5).participants, 0, {0, 0, 36, 0});
}

TEST(TracksByHand, OneProgrammeAfterAnother) {
  // A takes half of the workers and holds them for a year, B all who have completed A. 256 workers, by what they have
  // done:
  //   year 0: A 128.                     of 128 without 32 up                       none 96, A 128
  //   year 1: A 48, B 128.               of 48 without 12 up, of 128 in B 64 up     none 36, A 48, AB 64
  //   year 2: A 18, B 48.                4.5 + 24 + 32 up
  const auto run = [&](double completion) {
    const Programme a(
        {.eligible = two["worker"], .uptake = Share(.5), .completion = Share(completion), .lock_in_years = 1},
        MoveEffects("A", {}));
    const Programme b({.eligible = two["worker"], .after = {"A"}}, tripled("B"));
    return project(quarter_up(), population(two, {256, 0}), asked(3), {"", {a, b}});
  };
  const Course c = run(1);
  expect_row(c.participants, 0, {128, 48, 18});
  expect_row(c.participants, 1, {0, 128, 48});
  expect_row(c.first_reached.transpose(), 0, {0, 32, 76, 60.5});
  // Of those who drop out of A nobody may ever take B, and they never come again: the 64 of the first year move up at
  // a quarter.
  const Course half = run(.5);
  expect_row(half.participants, 0, {128, 48, 18});
  expect_row(half.participants, 1, {0, 64, 24});
  expect_row(half.first_reached.transpose(), 0, {0, 32, 12 + 32 + 16, 4.5 + 12 + 6 + 16 + 12});
  // A programme that the policy does not have was completed by nobody.
  const Programme c_after({.eligible = two["worker"], .after = {"other"}}, tripled("C"));
  expect_row(project(quarter_up(), population(two, {256, 0}), asked(2), {"", {c_after}}).participants, 0, {0, 0});
  // Without lock-in or modules a course is completed on its day, and the next may be taken on the same.
  const Programme day({.eligible = two["worker"], .uptake = Share(.5)}, MoveEffects("A", {}));
  const Programme then({.eligible = two["worker"], .after = {"A"}}, tripled("B"));
  expect_row(project(quarter_up(), population(two, {256, 0}), asked(1), {"", {day, then}}).participants, 1, {128});
  expect_row(project(quarter_up(), population(two, {256, 0}), asked(1), {"", {then, day}}).participants, 0, {0});
}

TEST(TracksByHand, WaitingLists) {
  // Half of 16 workers want one of 4 seats; in every year half of the workers become technicians and the reverse.
  //   year 0: 8 want, 4 in, 4 on the list; never asked 8.  List w 2 t 2; never w 4 t 4
  //   year 1: 2 from the list and 2 of the others want: all 4 in.  List t 2 -> w 1 t 1; never w 2 t 4 -> w 3 t 3
  //   year 2: 1 from the list, 1.5 others
  // Who is on the list as a technician is not asked, and wants a seat again when back.
  const Programme p({.eligible = two["worker"], .uptake = Share(.5), .seats_per_year = Heads(4), .waiting_list = true},
                    MoveEffects("course", {}));
  const Kernel back_and_forth = kernel(two, square({{.5, .5}, {.5, .5}}));
  const Course c = project(back_and_forth, population(two, {16, 0}), asked(3), {"", {p}});
  expect_row(c.offers, 0, {16, 4, 3});  // workers who are not on the list
  expect_row(c.participants, 0, {4, 4, 2.5});
  expect_row(c.turned_away, 0, {4, 0, 0});
  // Without a seat the list grows: a half, then a half of the half; nothing else happens, bit for bit.
  const Programme none(
      {.eligible = two["worker"], .uptake = Share(.5), .seats_per_year = Heads(0), .waiting_list = true}, tripled());
  const Kernel still = kernel(two, square({{1, 0}, {0, 1}}));
  const Course no = project(still, population(two, {16, 0}), asked(3), {"", {none}});
  expect_row(no.turned_away, 0, {8, 12, 14});
  expect_row(no.participants, 0, {0, 0, 0});
}

TEST(TracksByHand, WhoComesFirst) {
  // 20 workers want one of 10 seats; 10 fitters come in at the end of the year. Whoever was there becomes a manager
  // with 1/2 in every year.
  //   year 0: 10 in, 5 up; on the list 10 workers
  //   year 1: the list, workers: 10 in, 5 of them up and 2.5 of those of the year before; fitters none
  //           pro rata: 5 workers and 5 fitters, 2.5 of each
  //   year 2: list: 10 fitters, in before the 10 who came since; trained: workers 2.5 + 5 -> 3.75 up
  const Ladder l = Ladder::parse("worker < fitter < manager");
  const Kernel k = kernel(l, square({{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}));
  const auto run = [&](Rationing rule, bool list) {
    const Programme p(
        {.eligible = l.set_of({0, 1}), .seats_per_year = Heads(10), .waiting_list = list, .rationing = rule},
        MoveEffects("course", {{l.set_of({0, 1}), l["manager"], points(.5)}}));
    return project(k, population(l, {20, 0, 0}, {{l["fitter"], 10, {}}}), {l["worker"], l["manager"], Span(3)},
                   {"", {p}});
  };
  const Course longest = run(Rationing::longest_waiting, true), alike = run(Rationing::pro_rata, true),
               lowest = run(Rationing::lowest_rung, false);
  EXPECT_NEAR(longest.flows[0](0, 2), 5, 1e-12);
  EXPECT_NEAR(longest.flows[1](0, 2), 7.5, 1e-12);
  EXPECT_NEAR(longest.flows[1](1, 2), 0, 1e-12);
  EXPECT_NEAR(longest.flows[2](0, 2), 3.75, 1e-12);
  EXPECT_NEAR(longest.flows[2](1, 2), 5, 1e-12);
  expect_row(longest.participants, 0, {10, 10, 10});
  expect_row(longest.turned_away, 0, {10, 10, 10});
  EXPECT_NEAR(alike.flows[1](0, 2), 5, 1e-12);
  EXPECT_NEAR(alike.flows[1](1, 2), 2.5, 1e-12);
  EXPECT_NEAR(lowest.flows[1](0, 2), 7.5, 1e-12);
  EXPECT_NEAR(lowest.flows[1](1, 2), 0, 1e-12);
}

TEST(TracksByHand, ComingAgain) {
  // An effect of a year; again after two. 64 all in: 32 up; 32: a quarter, 8 up; 24 in again: 12 up.
  const Course c = under({.eligible = two["worker"], .again_after_years = 2}, 3, 64, 0, Profile().lasts(1));
  expect_row(c.participants, 0, {64, 0, 24});
  expect_row(c.first_reached.transpose(), 0, {0, 32, 8, 12});
  EXPECT_EQ(under({.eligible = two["worker"]}, 3).participants(0, 2), 0) << "never, if it is not said";
}

TEST(TracksByHand, WhoComesAgainAndDropsOutIsHeldAndKeepsTheEffect) {
  // Half complete; a year of lock-in; again after two years.
  //   year 0: all 64 in, 32 complete; nobody moves up
  //   year 1: 16 of the 32, and 8 of the other 32 up                       c 16  d 24
  //   year 2: 40 in again: c 8 + 8, d 12 + 12; nobody moves up
  //   year 3: effect of this time 20: 10 up; of the last 8: 4 up; none 12: 3 up
  const Programme::Terms terms{
      .eligible = two["worker"], .again_after_years = 2, .completion = Share(.5), .lock_in_years = 1};
  const Course c = under(terms, 4);
  expect_row(c.participants, 0, {64, 0, 40, 0});
  expect_row(c.first_reached.transpose(), 0, {0, 0, 24, 0, 17});
  // A completion is not lost by dropping out later: B asks for it in year 3, of all but the 12 and those who moved up.
  // So it is where no completer has an effect.
  const Programme b({.eligible = two["worker"], .after = {"course"}, .years = {{2003, 2003}}}, MoveEffects("B", {}));
  for (const double deadweight : {0.0, 1.0}) {
    Programme::Terms more = terms;
    more.deadweight = Share(deadweight);
    const Kernel still = kernel(two, square({{1, 0}, {0, 1}}));
    const Population people = population(two, {64, 0});
    const Course d = Projection(still, people, asked(4), {"", {Programme(more, tripled()), b}}, Count::net)
                         .run(still, Draw::point());
    expect_row(d.participants, 1, {0, 0, 0, 48});
  }
}

TEST(TracksByHand, NobodyComesAgainWhileStillHeld) {
  // All complete and are held for three years, and might come again after one; half drop out and are let go at once.
  const Kernel still = kernel(two, square({{1, 0}, {0, 1}}));
  Programme::Terms terms{.eligible = two["worker"], .again_after_years = 1, .lock_in_years = 3};
  const auto participants = [&] {
    return project(still, population(two, {64, 0}), asked(5), {"", {Programme(terms, tripled())}}).participants;
  };
  expect_row(participants(), 0, {64, 0, 0, 64, 0});
  terms.completion = Share(.5);
  terms.drop_out_years = 0;
  // 32 dropped out come again in year 1, 16 of them in year 2, 8 in year 3 with the 32 of year 0, and in year 4 half of
  // these 40 with the 16 of year 1.
  expect_row(participants(), 0, {64, 32, 16, 40, 36});
}

TEST(TracksByHand, ModulesAtARate) {
  // One module, half of the people a year finish it. 64 in:
  //   year 0: a quarter of 64, 16 up; of 48 half finish: 24, 24
  //   year 1: 12 + 6 up; 12 and 18, of whom 9 finish: 21, 9
  //   year 2: 10.5 + 2.25 up
  const double rate = std::log(2.0);
  const Course c = under({.eligible = two["worker"], .modules = 1, .modules_per_year = rate}, 3);
  expect_row(c.first_reached.transpose(), 0, {0, 16, 18, 12.75});
  // Locked in for a year and a half, or until it is finished:
  //   year 0: nobody up; 32 finish
  //   year 1: 16 of them up; of the other 32 an eighth, 4; 14 of 28 finish
  //   year 2: 15 of 30, and a quarter of 14
  const Course held =
      under({.eligible = two["worker"], .modules = 1, .modules_per_year = rate, .lock_in_years = 1.5}, 3);
  expect_row(held.first_reached.transpose(), 0, {0, 0, 20, 18.5});
  // Two modules: none in a year with 1/2, one with ln 2 / 2, both with (1 - ln 2) / 2.
  //   year 1: a quarter of 24 and of 24 ln 2, half of 24 (1 - ln 2): 18 - 6 ln 2
  const Course both = under({.eligible = two["worker"], .modules = 2, .modules_per_year = rate}, 2);
  expect_row(both.first_reached.transpose(), 0, {0, 16, 18 - 6 * rate});
  // In two steps of half a year as in one of a year, where nobody moves meanwhile: 1 - 1/4 of those who are held.
  const Kernel half_years = kernel(two, square({{.75, .25}, {0, 1}}), Step(1, .5));
  const Programme p({.eligible = two["worker"], .modules = 1, .modules_per_year = rate, .lock_in_years = 9}, tripled());
  const Course h = project(half_years, population(two, {64, 0}), asked(3), {"", {p}});
  const double first = 64 * (1 - std::sqrt(.5)), rest = 32;  // finished after half a year; at work after a year
  expect_row(h.first_reached.transpose(), 0, {0, 0, first / 2, (first / 2 + 64 - first - rest) / 2});
}

TEST(TracksByHand, WhoDropsOutIsFreeAtAnotherTime) {
  // Half complete. Two years of lock-in, one for those who drop out:
  //   year 1: 8 of 32;  year 2: 16 of the completers, 6 of 24
  const Course c =
      under({.eligible = two["worker"], .completion = Share(.5), .lock_in_years = 2, .drop_out_years = 1}, 3);
  expect_row(c.first_reached.transpose(), 0, {0, 0, 8, 22});
  // No lock-in, but a year lost for those who drop out: 16; 8 of 16 and 8 of 32.
  const Course lost = under({.eligible = two["worker"], .completion = Share(.5), .drop_out_years = 1}, 2);
  expect_row(lost.first_reached.transpose(), 0, {0, 16, 16});
}

TEST(TracksByHand, WhatIsLeftAfterEachDeduction) {
  // All 64 complete; of 64, 32, 16 and 8 the effect counts: half of them and a quarter of the others.
  const Programme p(
      {.eligible = two["worker"], .deadweight = Share(.5), .substitution = Share(.5), .displacement = Share(.5)},
      tripled());
  const auto up = [&](Count count) {
    return Projection(quarter_up(), population(two, {64, 0}), asked(1), {"", {p}}, count)
        .run(quarter_up(), Draw::point())
        .reached();
  };
  EXPECT_NEAR(up(Count::gross), 32, 1e-12);
  EXPECT_NEAR(up(Count::after_deadweight), 24, 1e-12);
  EXPECT_NEAR(up(Count::after_substitution), 20, 1e-12);
  EXPECT_NEAR(up(Count::net), 18, 1e-12);
}

TEST(TracksByHand, SeatsByPeriodAndStratum) {
  // 4 seats for workers and 2 for fitters in the first year, 1 and 2 more for workers in the second; 16 workers and one
  // fitter want them. A seat for fitters is no seat for workers.
  const Ladder l = Ladder::parse("worker, fitter < manager");
  const Matrix still = Matrix::Identity(3, 3);
  for (const double per_year : {0.0, 1000.0})
    for (const double years : {1.0, .5}) {
      const Programme p({.eligible = l.set_of({0, 1}),
                         .seats_per_year = Heads(per_year),
                         .seat_plan = {{{2000, l["worker"], Heads(4)},
                                        {2000, l["fitter"], Heads(2)},
                                        {2001, l["worker"], Heads(1)},
                                        {2001, l["worker"], Heads(2)}}}},
                        MoveEffects("course", {}));
      const Course c = project(kernel(l, still, Step(1, years)), population(l, {16, 1, 0}),
                               {l["worker"], l["manager"], Span(3)}, {"", {p}});
      expect_row(c.participants, 0, {5, 3, 0});
      expect_row(c.turned_away, 0, {12, 9, 9});
    }
}

TEST(TracksByHand, HowEffectsCombine) {
  // A has an odds ratio of 3, B of 9: odds of 1 and 3, both 9. All 64 take part in both.
  const auto made = [&](const char* name, double odds, double uptake, double lock_in = 0) {
    return Programme({.eligible = two["worker"], .uptake = Share(uptake), .lock_in_years = lock_in},
                     MoveEffects(name, {{two["worker"], two["technician"], odds_ratio(odds)}}));
  };
  const auto up = [&](Policy policy) {
    return project(quarter_up(), population(two, {64, 0}), asked(1), policy).reached();
  };
  EXPECT_NEAR(up({"", {made("A", 3, 1), made("B", 9, 1)}, Combine::in_turn}), 64 * .9, 1e-12);
  EXPECT_NEAR(up({"", {made("A", 3, 1), made("B", 9, 1)}, Combine::strongest}), 64 * .75, 1e-12);
  EXPECT_NEAR(up({"", {made("B", 9, 1), made("A", 3, 1)}, Combine::strongest}), 64 * .75, 1e-12);
  // Exclusive: 32 in A, the other 32 in B.
  EXPECT_NEAR(up({"", {made("A", 3, .5), made("B", 9, 1)}, Combine::exclusive}), 16 + 24, 1e-12);
  // Together three times the odds on top: in turn 27, of the strongest 9. Only for those who are in both.
  const Complement more{{"A", "B"}, tripled("more")};
  EXPECT_NEAR(up({"", {made("A", 3, 1), made("B", 9, 1)}, Combine::in_turn, {more}}), 64 * 27.0 / 28, 1e-12);
  EXPECT_NEAR(up({"", {made("A", 3, 1), made("B", 9, 1)}, Combine::strongest, {more}}), 64 * .9, 1e-12);
  EXPECT_NEAR(up({"", {made("A", 3, .5), made("B", 9, 1)}, Combine::in_turn, {more}}), 32 * 27.0 / 28 + 32 * .75,
              1e-12);
  // Half a year of lock-in by A: half of the moves up under all three effects are held.
  EXPECT_NEAR(up({"", {made("A", 3, 1, .5), made("B", 9, 1)}, Combine::in_turn, {more}}), 32 * 27.0 / 28, 1e-12);
}

TEST(TracksByHand, AComplementBeginsWithTheLastAndFadesFromThen) {
  // A at once, B a year later; the complement's odds ratio of 9 is a root of it a year on. B changes nothing itself.
  //   year 0: A: half of 64, 32 up.  year 1: odds of 1 times 9: 28.8 up.  year 2: odds of 3: 2.4 of 3.2
  const Programme a({.eligible = two["worker"], .years = {{2000, 2000}}}, tripled("A"));
  const Programme b({.eligible = two["worker"], .years = {{2001, 2001}}}, MoveEffects("B", {}));
  const Complement more{
      {"A", "B"},
      MoveEffects("more", {{two["worker"], two["technician"], odds_ratio(9)}}, Profile().fade_half_life(1))};
  const Course c = project(quarter_up(), population(two, {64, 0}), asked(3), {"", {a, b}, Combine::in_turn, {more}});
  expect_row(c.first_reached.transpose(), 0, {0, 32, 28.8, 2.4});
}

TEST(TracksByHand, AComplementWorksOnlyWhileAllItsProgrammesDo) {
  // A for good, B in the second year only: odds of 1, of 1 x 3 x 9, of 1.
  //   year 0: 32 of 64 up.  year 1: 27 of 28.  year 2: half of what is left
  const auto course = [&](const Profile& of_b) {
    const Programme a({.eligible = two["worker"], .years = {{2000, 2000}}}, tripled("A"));
    const Programme b({.eligible = two["worker"], .years = {{2000, 2000}}},
                      MoveEffects("B", {{two["worker"], two["technician"], odds_ratio(3)}}, of_b));
    const Complement more{{"A", "B"}, MoveEffects("more", {{two["worker"], two["technician"], odds_ratio(9)}})};
    return project(quarter_up(), population(two, {64, 0}), asked(3), {"", {a, b}, Combine::in_turn, {more}});
  };
  const double left = 32.0 / 28;
  expect_row(course(Profile().lag(1).lasts(1)).first_reached.transpose(), 0, {0, 32, 32 - left, left / 2});
  expect_row(course(Profile::piecewise({{1, 1}, {2, 0}})).first_reached.transpose(), 0, {0, 32, 32 - left, left / 2});
  // B from the middle of the second year on: half of the logarithms there.
  const double odds = 3 * std::sqrt(3), second = 32 / (1 + odds);
  expect_row(course(Profile().lag(1.5)).first_reached.transpose(), 0, {0, 32, 32 - second, second * 27 / 28});
  // B fades, but is there: the complement does not.
  const double faded = 27 / std::sqrt(3);
  expect_row(course(Profile().fade_half_life(1)).first_reached.transpose(), 0,
             {0, 64 - 64 / 28.0, 64 / 28.0 * faded / (1 + faded),
              64 / 28.0 / (1 + faded) * (9 * std::pow(3, .25)) / (1 + 9 * std::pow(3, .25))});
}

TEST(TracksByHand, AComplementWorksOnlyAtTimesAtWhichAllItsProgrammesDo) {
  // Odds of 1/3; A and B change nothing themselves, the complement's odds ratio is 81: 3 for half of its logarithm.
  const auto course = [&](const Profile& of_a, const Profile& of_b, const Profile& own, double lock_in = 0) {
    const Programme a({.eligible = two["worker"], .lock_in_years = lock_in, .years = {{2000, 2000}}},
                      MoveEffects("A", {}, of_a));
    const Programme b({.eligible = two["worker"], .years = {{2000, 2000}}}, MoveEffects("B", {}, of_b));
    const Complement more{{"A", "B"}, MoveEffects("more", {{two["worker"], two["technician"], odds_ratio(81)}}, own)};
    return project(quarter_up(), population(two, {64, 0}), asked(2), {"", {a, b}, Combine::in_turn, {more}});
  };
  const auto up = [](double odds) { return odds / (1 + odds); };
  const auto expect = [&](const Course& c, double first, double second) {
    const double in_first = 64 * up(first / 3);
    expect_row(c.first_reached.transpose(), 0, {0, in_first, (64 - in_first) * up(second / 3)});
  };
  // A in the second half of the first year and B in the first: never together.
  expect(course(Profile().lag(.5), Profile().lasts(.5), {}), 1, 1);
  expect(course(Profile::piecewise({{0, 0}, {.5, 1}}), Profile::piecewise({{0, 1}, {.5, 0}}), {}), 1, 1);
  // From a quarter of a year on, and for three: half a year.
  expect(course(Profile().lag(.25), Profile().lasts(.75), {}), 9, 1);
  // In the first and the third quarter, and from the second on: a quarter.
  expect(course(Profile::piecewise({{0, 1}, {.25, 0}, {.5, .5}, {.75, 0}}), Profile().lag(.25), {}), 3, 1);
  // All for a year and a half; or the complement alone for less; or what it does ends where they begin.
  expect(course(Profile().lasts(1.5), Profile().lasts(1.5), Profile().lasts(1.5)), 81, 9);
  expect(course({}, Profile().lasts(1.5), Profile().lasts(1.25)), 81, 3);
  expect(course({}, Profile().lag(.5), Profile().lasts(.5)), 1, 1);
  expect(course({}, Profile().lag(.5), Profile::piecewise({{0, 1}, {.75, .5}})), 81 / 9 / std::sqrt(3), 9);
  // It grows and fades by its own clock: full from the second year on, or half of it there.
  expect(course(Profile().lag(.5), {}, Profile().ramp(2)), 3, 81);
  expect(course(Profile().lag(.5), {}, Profile().fade_half_life(1)), 9, 9);
  // Half a year of lock-in by A: the other half is what counts, and half of that of B's three quarters; half are held.
  const Course locked = course({}, Profile().lasts(.75), {}, .5);
  expect_row(locked.first_reached.transpose(), 0, {0, 24, 10});
}

TEST(TracksByHand, StrengthInPieces) {
  // Full for a year, none for one, then half: odds ratios of 9, 1 and 3, up with 3/4, 1/4 and 1/2.
  const Programme p({.eligible = two["worker"], .years = {{2000, 2000}}},
                    MoveEffects("course", {{two["worker"], two["technician"], odds_ratio(9)}},
                                Profile::piecewise({{0, 1}, {1, 0}, {2, .5}})));
  const Course c = project(quarter_up(), population(two, {64, 0}), asked(4), {"", {p}});
  expect_row(c.first_reached.transpose(), 0, {0, 48, 4, 6, 3});
}

TEST(TracksTest, RefusesComplementsThatDoNotFit) {
  const Ladder fork = Ladder::parse("worker < technician < manager");
  const Programme a({.eligible = two["worker"]}, tripled("A"));
  const auto run = [&](Combine combine, const Complement& c) {
    return [=] { (void)project(quarter_up(), population(two, {64, 0}), asked(1), {"both", {a}, combine, {c}}); };
  };
  EXPECT_THAT(run(Combine::exclusive, {{"A"}, tripled("more")}),
              testing::ThrowsMessage<Refusal>(
                  testing::StrEq("found complements of programmes that exclude each other in 'both'; expected another "
                                 "way to combine them [E-COMPLEMENT]")));
  EXPECT_THAT(run(Combine::in_turn, {{}, tripled("more")}),
              testing::ThrowsMessage<Refusal>(
                  testing::StrEq("found a complement of no programme in 'both'; expected the names of its programmes "
                                 "[E-COMPLEMENT]")));
  EXPECT_THROW(run(Combine::in_turn, {{"A"}, MoveEffects("more", {{fork["worker"], fork["manager"], points(.1)}})})(),
               Refusal)
      << "of another ladder";
  EXPECT_THROW(
      run(Combine::in_turn, {{"A"}, MoveEffects("more", {{two["worker"], two["technician"], risk_ratio(5)}})})(),
      DomainError)
      << "a probability of 1.25";
}

// --- against every history apart ----------------------------------------------------------------

std::string differ(const Course& a, const Course& b) {
  const double close = 1e-11 * (1 + a.headcount.row(a.headcount.rows() - 1).sum());
  const auto far = [&](const Matrix& x, const Matrix& y) {
    return x.size() > 0 && !((x - y).cwiseAbs().maxCoeff() <= close);
  };
  if (far(a.headcount, b.headcount)) return "headcount";
  if (far(a.entrants, b.entrants)) return "entrants";
  if (far(a.blocked, b.blocked)) return "blocked";
  if (far(a.first_reached, b.first_reached)) return "first reached";
  if (far(a.offers, b.offers)) return "offers";
  if (far(a.participants, b.participants)) return "participants";
  if (far(a.turned_away, b.turned_away)) return "turned away";
  for (std::size_t t = 0; t < a.flows.size(); ++t)
    if (far(a.flows[t], b.flows[t])) return "flows of period " + std::to_string(t);
  if (!(std::abs(a.standing - b.standing) <= close)) return "standing";
  return std::abs(a.cohort - b.cohort) <= close ? "" : "cohort";
}

/// With seats by period and stratum for some programmes, and profiles in pieces.
Policy with_plans(const scenario::Scenario& s, std::int64_t start, scenario::Dice& dice) {
  Policy out = s.policy;
  for (Programme& p : out.programmes) {
    Programme::Terms terms = p.terms();
    if (dice.chance(0.2)) {
      terms.seat_plan.emplace();
      for (const std::size_t i : terms.eligible.indices())
        for (std::int64_t t = 0; t < 4; ++t)
          if (dice.chance(0.7))
            terms.seat_plan->push_back({start + t, s.kernel.ladder().at(i), Heads(dice.between(0, 150))});
    }
    Profile profile = p.effects()->profile();
    if (dice.chance(0.2)) profile = Profile::piecewise({{0, dice.between(0, 1)}, {1.5, 1}, {3, dice.between(0, 1)}});
    p = Programme(std::move(terms), MoveEffects(p.name(), p.effects()->effects(), profile));
  }
  for (Complement& c : out.complements)
    if (dice.chance(0.5))
      c.effects = MoveEffects("complement", c.effects.effects(), Profile().lag(1).fade_half_life(1));
  return out;
}

TEST(TracksOracle, EveryHistoryApart) {
  std::size_t done = 0, too_many = 0, seats = 0, posts = 0, second = 0, listed = 0;
  for (std::uint64_t seed = 70'000; done < 500; ++seed) {
    scenario::Dice dice(seed + 17'000'000'000);
    scenario::Plan plan = scenario::enriched(scenario::random_plan(seed, 5), dice);
    if (plan.programmes.empty() || plan.within < 2) continue;
    plan.count = dice.one_of({Count::gross, Count::after_deadweight, Count::after_substitution, Count::net});
    const scenario::Scenario s = scenario::build(plan);
    const Policy policy = with_plans(s, plan.start, dice);
    const Draw draw = dice.chance(0.5) ? Draw::point() : Draw(Seed(seed), dice.below(1000));
    const auto plain = oracle::Plain(s.kernel, s.population, s.question, policy, s.count, draw).run(2000);
    if (!plain) {
      ++too_many;
      continue;
    }
    ++done;
    const Course c = Projection(s.kernel, s.population, s.question, policy, s.count).run(s.kernel, draw);
    EXPECT_EQ(differ(c, *plain), "") << "seed " << seed;
    seats += c.turned_away.sum() > 1 ? 1U : 0U;
    posts += c.blocked.sum() > 1 ? 1U : 0U;
    for (const Programme& p : policy.programmes) {
      second += p.terms().again_after_years ? 1U : 0U;
      listed += p.terms().waiting_list ? 1U : 0U;
    }
  }
  EXPECT_GT(seats, 200U);
  EXPECT_GT(posts, 100U);
  EXPECT_GT(second, 100U);
  EXPECT_GT(listed, 100U);
  EXPECT_LT(too_many, done);
}

// --- against people moved one by one ------------------------------------------------------------

TEST(TracksOracle, EveryoneOnTheListMovedOneByOne) {
  // 400,000 people, a course of three modules with a lock-in of two years, drop-outs who are free after half a year,
  // few seats and a list by waiting time. As a policy would be carried out: names on a list, newcomers drawn by lot.
  const Ladder l = Ladder::parse("worker < fitter < manager | left");
  const Matrix p = square({{.7, .15, .05, .1}, {.05, .75, .1, .1}, {0, .05, .85, .1}, {0, 0, 0, 1}});
  const Programme::Terms terms{.eligible = l.set_of({0, 1}),
                               .offered = Share(.6),
                               .uptake = Share(.5),
                               .seats_per_year = Heads(30'000),
                               .waiting_list = true,
                               .rationing = Rationing::longest_waiting,
                               .modules = 3,
                               .modules_per_year = 1.4,
                               .completion = Share(.7),
                               .lock_in_years = 2,
                               .drop_out_years = .5};
  const Programme course(terms, MoveEffects("course", {{l.set_of({0, 1}), l["manager"], odds_ratio(4)}}));
  constexpr int people = 400'000, years = 6;
  const Course c = project(kernel(l, p), population(l, {300'000, 100'000, 0, 0}),
                           {l["worker"], l["manager"], Span(years)}, {"", {course}});

  Matrix changed = p;
  for (Eigen::Index i = 0; i < 2; ++i) {  // odds of the move times four
    const double then = 4 * p(i, 2) / (1 + 3 * p(i, 2));
    changed.row(i) *= (1 - then) / (1 - p(i, 2));
    changed(i, 2) = then;
  }
  struct Person {
    std::size_t at = 0;
    bool reached = false, dropped = false;
    int waits = -1, enrolled = -1, modules = 0;
  };
  std::vector<Person> all(people);
  for (std::size_t k = 0; k < all.size(); ++k) all[k].at = k < 300'000 ? 0 : 1;
  Matrix heads = Matrix::Zero(years + 1, 4), counts = Matrix::Zero(3, years);
  Stream stream({Seed(20), 1, 0, Purpose::chance});
  for (int t = 0; t < years; ++t) {
    std::vector<std::size_t> list, fresh;
    for (std::size_t k = 0; k < all.size(); ++k) {
      const Person& one = all[k];
      if (one.enrolled >= 0 || one.at > 1) continue;
      if (one.waits >= 0)
        list.push_back(k);
      else if (stream.uniform() < .6 && stream.uniform() < .5)
        fresh.push_back(k);
    }
    const auto shuffle = [&](std::vector<std::size_t>& x) {
      for (std::size_t k = x.size(); k > 1; --k) std::swap(x[k - 1], x[static_cast<std::size_t>(stream.below(k))]);
    };
    shuffle(list);
    shuffle(fresh);
    std::stable_sort(list.begin(), list.end(),
                     [&](std::size_t a, std::size_t b) { return all[a].waits < all[b].waits; });
    list.insert(list.end(), fresh.begin(), fresh.end());
    for (std::size_t k = 0; k < list.size(); ++k) {
      Person& one = all[list[k]];
      if (k >= 30'000) {
        if (one.waits < 0) one.waits = t;
        counts(1, t) += 1;
        continue;
      }
      one.enrolled = t;
      one.dropped = !(stream.uniform() < .7);
      counts(0, t) += 1;
    }
    for (std::size_t k = 0; k < all.size(); ++k) {
      Person& one = all[k];
      const bool done = one.modules >= 3;
      const Matrix& moves = done && !one.dropped ? changed : p;
      std::size_t to = stream.categorical({moves.data() + one.at * 4, 4});
      // Of the moves up a part is held that is as long as the lock-in in this year.
      const double lock = one.enrolled < 0 || done ? 0 : (one.dropped ? .5 : 2.0) - (t - one.enrolled);
      if (to > one.at && to < 3 && stream.uniform() < lock) to = one.at;
      one.at = to;
      if (one.enrolled >= 0 && !done)
        for (double left = 1.4 + std::log(stream.uniform()); left >= 0; left += std::log(stream.uniform()))
          ++one.modules;  // one after each exponential time
      if (k < 300'000 && !one.reached && to == 2) {
        one.reached = true;
        counts(2, t) += 1;
      }
      heads(t + 1, static_cast<Eigen::Index>(to)) += 1;
    }
  }
  const auto sigmas = [](double seen, double expected) {
    return std::abs(seen - expected) / std::sqrt(std::max(1.0, expected * (1 - expected / people)));
  };
  for (Eigen::Index t = 0; t < years; ++t) {
    for (Eigen::Index j = 0; j < 4; ++j) EXPECT_LT(sigmas(heads(t + 1, j), c.headcount(t + 1, j)), 4) << t << " " << j;
    EXPECT_LT(sigmas(counts(0, t), c.participants(0, t)), 4) << t;
    EXPECT_LT(sigmas(counts(1, t), c.turned_away(0, t)), 4) << t;
    EXPECT_LT(sigmas(counts(2, t), c.first_reached[t + 1]), 4) << t;
  }
  // Enough people to tell the course from one without modules, and from one without drop-outs of their own.
  const auto apart = [&](Programme::Terms other) {
    const Course d = project(kernel(l, p), population(l, {300'000, 100'000, 0, 0}),
                             {l["worker"], l["manager"], Span(years)}, {"", {Programme(other, *course.effects())}});
    double most = 0;
    for (Eigen::Index t = 1; t <= years; ++t) most = std::max(most, sigmas(d.first_reached[t], c.first_reached[t]));
    return most;
  };
  Programme::Terms other = terms;
  other.modules = 0;
  EXPECT_GT(apart(other), 5);
  other = terms;
  other.drop_out_years.reset();
  EXPECT_GT(apart(other), 5);
}

}  // namespace
}  // namespace tracks_test
