// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include <rungs/measure/reach.hpp>
#include <rungs/project/projection.hpp>

#include "../property/scenario.hpp"
#include "by_hand.hpp"
#include "oracle.hpp"

namespace projection_test {
namespace {

using rungs::Count;
using rungs::Course;
using rungs::Draw;
using rungs::Effect;
using rungs::GivenUp;
using rungs::Headcount;
using rungs::Heads;
using rungs::Inflow;
using rungs::Kernel;
using rungs::Ladder;
using rungs::Matrix;
using rungs::MoveEffects;
using rungs::Period;
using rungs::Policy;
using rungs::Population;
using rungs::Profile;
using rungs::Programme;
using rungs::Projection;
using rungs::Question;
using rungs::Refusal;
using rungs::Seed;
using rungs::Share;
using rungs::Span;
using rungs::Step;
using rungs::TransitionMatrix;
using rungs::Vector;
using testing::StrEq;
using testing::ThrowsMessage;

static_assert(std::is_nothrow_move_constructible_v<Course>);
static_assert(std::is_move_constructible_v<Projection>);

using by_hand::column;
using by_hand::expect_row;
using by_hand::kernel;
using by_hand::population;
using by_hand::square;

template <class M>
bool same_bits(const M& a, const M& b) {
  return a.rows() == b.rows() && a.cols() == b.cols() &&
         std::memcmp(a.data(), b.data(), static_cast<std::size_t>(a.size()) * sizeof(double)) == 0;
}
/// Whether nobody stands, moves or reaches anywhere else, to the last bit.
bool same_course(const Course& a, const Course& b) {
  bool same = same_bits(a.headcount, b.headcount) && same_bits(a.entrants, b.entrants) &&
              same_bits(a.first_reached, b.first_reached) && a.flows.size() == b.flows.size() &&
              std::memcmp(&a.standing, &b.standing, sizeof a.standing) == 0 &&
              std::memcmp(&a.cohort, &b.cohort, sizeof a.cohort) == 0 && a.capped == b.capped;
  for (std::size_t t = 0; same && t < a.flows.size(); ++t) same = same_bits(a.flows[t], b.flows[t]);
  return same;
}

// --- worked by hand -----------------------------------------------------------------------------

// Workers w and technicians t, nobody leaves. In a year a quarter of the workers moves up and an
// eighth of the technicians down. A course is offered to workers each year; half of those who have
// never been to it go. The odds of moving up, 1/3, become 1/3 times the odds ratio.
Ladder two_rungs() { return Ladder::parse("worker < technician"); }
Kernel quarter_up() { return kernel(two_rungs(), square({{.75, .25}, {.125, .875}})); }
Question reach_technician(std::int64_t years) {
  const Ladder l = two_rungs();
  return {l["worker"], l["technician"], Span(years)};
}
Programme course(const Effect& effect, double lock_in = 0, Profile profile = {}, double uptake = .5) {
  const Ladder l = two_rungs();
  return {Programme::Terms{.eligible = l["worker"], .uptake = Share(uptake), .lock_in_years = lock_in},
          MoveEffects("course", {{l["worker"], l["technician"], effect}}, profile)};
}

TEST(ProjectionByHand, TrainedPeopleAreTrackedApart) {
  // Odds ratio 3: odds of 1, up with 1/2. U has never been to the course, T has; 1024 workers.
  //   year 0  enrol 512:           U (512, 0)    T (512, 0)
  //           up U 128, T 256:     U (384, 128)  T (256, 256)              w 640  t 384
  //   year 1  enrol 384/2 = 192:   U (192, 128)  T (448, 256)
  //           up U 48, T 224; down U 16, T 32:
  //                                U (192-48+16, 128+48-16) = (160, 160)
  //                                T (448-224+32, 256+224-32) = (256, 448) w 416  t 608
  //   year 2  enrol 80:            U (80, 160)   T (336, 448)
  //           up U 20, T 168; down U 20, T 56:
  //                                U (80, 160)   T (224, 560)              w 304  t 720
  // First reached, of those never technicians before (a):
  //   year 0: 384 reach, a: U 384, T 256
  //   year 1: 192 enrol, a: U 192, T 448: 48 + 224 = 272 reach, a: U 144, T 224
  //   year 2: 72 enrol, a: U 72, T 296: 18 + 148 = 166 reach
  const Course c = project(quarter_up(), population(two_rungs(), {1024, 0}), reach_technician(3),
                           {"course", {course(rungs::odds_ratio(3))}});
  expect_row(c.headcount, 0, {1024, 0}, 0);
  expect_row(c.headcount, 1, {640, 384}, 1e-15);
  expect_row(c.headcount, 2, {416, 608}, 1e-15);
  expect_row(c.headcount, 3, {304, 720}, 1e-15);
  expect_row(c.participants, 0, {512, 192, 80}, 1e-15);
  expect_row(c.turned_away, 0, {0, 0, 0}, 0);
  expect_row(c.first_reached.transpose(), 0, {0, 384, 272, 166}, 1e-15);
  EXPECT_NEAR(c.reached(), 822, 1e-12);
  EXPECT_NEAR(c.standing, 720, 1e-12);
  EXPECT_EQ(c.cohort, 1024);
  expect_row(c.flows[0], 0, {640, 384}, 1e-15);
  expect_row(c.flows[1], 0, {640 - 272, 272}, 1e-15);
  expect_row(c.flows[1], 1, {48, 384 - 48}, 1e-15);
  EXPECT_FALSE(c.capped);
}

TEST(ProjectionByHand, OneAveragedMatrixWouldBeWrongFromTheSecondYear) {
  // Half of the workers with 1/4 and half with 1/2 are 3/8 on average. As one matrix:
  //   year 0: 1024 * 3/8 = 384 up (right);  year 1: 640 * 3/8 = 240 up, 48 down: w 448, not 416.
  // It forgets that those who are left were trained last year, and makes them untrained again. (To
  // take the stock of trained for the share, 3/4 in the second year, is wrong too: the trained have
  // left.)
  const Kernel averaged = kernel(two_rungs(), square({{.625, .375}, {.125, .875}}));
  const Population start = population(two_rungs(), {1024, 0});
  const Course wrong = project(averaged, start, reach_technician(3));
  const Course right = project(quarter_up(), start, reach_technician(3), {"course", {course(rungs::odds_ratio(3))}});
  expect_row(wrong.headcount, 1, {640, 384}, 1e-15);
  expect_row(wrong.headcount, 2, {448, 576}, 1e-15);
  EXPECT_EQ(wrong.headcount(1, 0), right.headcount(1, 0));
  EXPECT_NEAR(right.headcount(2, 0), 416, 1e-12);
  EXPECT_NEAR(wrong.reached(), 1024 * (1 - .625 * .625 * .625), 1e-12);  // 774
  EXPECT_GT(right.reached() - wrong.reached(), 40);
}

TEST(ProjectionByHand, LockInFirst) {
  // As above, but in the first year of the course (L) nobody moves up.
  //   year 0  enrol 512:   U (512, 0) up 128    L (512, 0)
  //                        U (384, 128)         T (512, 0)                       w 896  t 128
  //   year 1  enrol 192:   U (192, 128) up 48, down 16    L (192, 0)   T (512, 0) up 256
  //                        U (160, 160)         T (192 + 256, 256)               w 608  t 416
  //   year 2  enrol 80:    U (80, 160) up 20, down 20     L (80, 0)
  //                        T (448, 256) up 224, down 32
  //                        U (80, 160)          T (80 + 256, 448)                w 416  t 608
  const Course c = project(quarter_up(), population(two_rungs(), {1024, 0}), reach_technician(3),
                           {"course", {course(rungs::odds_ratio(3), 1)}});
  expect_row(c.headcount, 1, {896, 128}, 1e-15);
  expect_row(c.headcount, 2, {608, 416}, 1e-15);
  expect_row(c.headcount, 3, {416, 608}, 1e-15);
  expect_row(c.participants, 0, {512, 192, 80}, 1e-15);
  EXPECT_NEAR(c.standing, 608, 1e-12);
}

TEST(ProjectionByHand, EffectThatFades) {
  // An odds ratio of 81 that halves (its root is taken) every year: 81, 9, 3, that is odds of 27, 3
  // and 1, up with 27/28, 3/4 and 1/2. T0, T1, T2: this year's, last year's, and the year before's.
  // 1792 workers.
  //   year 0  enrol 896:  U (896, 0) up 224   T0 (896, 0) up 864
  //                       U (672, 224)        T1 (32, 864)                      w 704  t 1088
  //   year 1  enrol 336:  U (336, 224) up 84, down 28     -> (280, 280)
  //                       T0 (336, 0) up 324              -> (12, 324)
  //                       T1 (32, 864) up 24, down 108    -> (116, 780)         w 408  t 1384
  //   year 2  enrol 140:  U (140, 280) up 35, down 35     -> (140, 280)
  //                       T0 (140, 0) up 135              -> (5, 135)
  //                       T1 (12, 324) up 9, down 40.5    -> (43.5, 292.5)
  //                       T2 (116, 780) up 58, down 97.5  -> (155.5, 740.5)     w 344  t 1448
  const Course c = project(quarter_up(), population(two_rungs(), {1792, 0}), reach_technician(3),
                           {"course", {course(rungs::odds_ratio(81), 0, Profile().fade_half_life(1))}});
  expect_row(c.headcount, 1, {704, 1088}, 1e-15);
  expect_row(c.headcount, 2, {408, 1384}, 1e-15);
  expect_row(c.headcount, 3, {344, 1448}, 1e-15);
  expect_row(c.participants, 0, {896, 336, 140}, 1e-15);
}

TEST(ProjectionByHand, LockInAndFadeTogether) {
  // The fading begins when the lock-in ends. Odds ratio 9 that halves every year: up with 3/4, then
  // 1/2.
  //   year 0  enrol 512:  U (512, 0) up 128  L (512, 0)                       w 896  t 128
  //   year 1  enrol 192:  U (192, 128) -> (160, 160)   L (192, 0)
  //                       T0 (512, 0) up 384 -> (128, 384)                    w 480  t 544
  //   year 2  enrol 80:   U (80, 160) -> (80, 160)     L (80, 0)
  //                       T0 (192, 0) up 144 -> (48, 144)
  //                       T1 (128, 384) up 64, down 48 -> (112, 400)          w 320  t 704
  const Course c = project(quarter_up(), population(two_rungs(), {1024, 0}), reach_technician(3),
                           {"course", {course(rungs::odds_ratio(9), 1, Profile().fade_half_life(1))}});
  expect_row(c.headcount, 1, {896, 128}, 1e-15);
  expect_row(c.headcount, 2, {480, 544}, 1e-15);
  expect_row(c.headcount, 3, {320, 704}, 1e-15);
}

TEST(ProjectionByHand, CompletionAndNet) {
  // Of 512 who enrol, 3/4 complete: T 384, and D 128 who move as before. Net of a deadweight of 1/2
  // and a displacement of 1/3, a quarter of the 512 has the effect, 128.
  const Ladder l = two_rungs();
  const Programme p({.eligible = l["worker"],
                     .uptake = Share(.5),
                     .completion = Share(.75),
                     .deadweight = Share(.5),
                     .displacement = Share(1.0 / 3)},
                    MoveEffects("course", {{l["worker"], l["technician"], rungs::odds_ratio(3)}}));
  const Population start = population(l, {1024, 0});
  const auto up = [&](Count count) {
    return Projection(quarter_up(), start, reach_technician(1), {"course", {p}}, count)
        .run(quarter_up(), Draw::point())
        .reached();
  };
  EXPECT_NEAR(up(Count::gross), (1024 - 384) / 4.0 + 384 / 2.0, 1e-12);
  EXPECT_NEAR(up(Count::net), (1024 - 128) / 4.0 + 128 / 2.0, 1e-12);
  // Those who drop out were locked in all the same.
  const Programme held({.eligible = l["worker"], .uptake = Share(.5), .completion = Share(.75), .lock_in_years = 1},
                       MoveEffects("course", {{l["worker"], l["technician"], rungs::odds_ratio(3)}}));
  const Course c = project(quarter_up(), start, reach_technician(2), {"course", {held}});
  EXPECT_NEAR(c.first_reached[1], 512 / 4.0, 1e-12);
  // Then: 384 asked without the course, 192 of them enrol; 384 completers, 128 who dropped out.
  EXPECT_NEAR(c.first_reached[2], 192 / 4.0 + 384 / 2.0 + 128 / 4.0, 1e-12);
}

TEST(ProjectionByHand, TwoProgrammesOnOnePerson) {
  // Nobody falls. Odds of 1/3; A makes them 1 (1/2), B 5/3 (5/8), both 5 (5/6). Half of those who
  // may enrol in A, then half in B. 1536 workers, by what they have done: none, A, B, AB.
  //   year 0  A 768, B 768:   384, 384, 384, 384      up 96 + 192 + 240 + 320 = 848
  //                           288, 192, 144, 64
  //   year 1  A (288 + 144) / 2 = 216:  144, 336, 72, 136
  //           B (144 + 336) / 2 = 240:  72, 168, 144, 304
  //                                     up 18 + 84 + 90 + 253 1/3 = 445 1/3
  const Ladder l = two_rungs();
  const auto made = [&](const char* name, double odds) {
    return Programme({.eligible = l["worker"], .uptake = Share(.5)},
                     MoveEffects(name, {{l["worker"], l["technician"], rungs::odds_ratio(odds)}}));
  };
  const Kernel k = kernel(l, square({{.75, .25}, {0, 1}}));
  const Population start = population(l, {1536, 0});
  const Course c = project(k, start, reach_technician(2), {"both", {made("A", 3), made("B", 5)}});
  expect_row(c.first_reached.transpose(), 0, {0, 848, 445 + 1.0 / 3}, 1e-15);
  expect_row(c.participants, 0, {768, 216}, 1e-15);
  expect_row(c.participants, 1, {768, 240}, 1e-15);
  // Odds ratios commute, and without binding seats so do the programmes.
  const Course d = project(k, start, reach_technician(2), {"both", {made("B", 5), made("A", 3)}});
  EXPECT_NEAR(c.reached(), d.reached(), 1e-12);
}

TEST(ProjectionByHand, NobodyMovesUpWhileAnotherProgrammeLocksIn) {
  // A adds ten points to the move up at once; B locks in for a year. Whoever is in both stays, in
  // either order.
  const Ladder l = two_rungs();
  const Programme a({.eligible = l["worker"]}, MoveEffects("A", {{l["worker"], l["technician"], rungs::points(.1)}}));
  const Programme b({.eligible = l["worker"], .lock_in_years = 1}, MoveEffects("B", {}));
  for (const auto& order : {std::vector{a, b}, std::vector{b, a}}) {
    const Course c = project(quarter_up(), population(l, {1000, 0}), reach_technician(2), {"both", order});
    EXPECT_EQ(c.first_reached[1], 0);
    EXPECT_NEAR(c.first_reached[2], 350, 1e-12);
  }
}

TEST(ProjectionByHand, SeatsAreSharedProRata) {
  // 300 workers and 100 fitters, half of them want to: 200 for 100 seats, so that a quarter of each
  // gets in, whoever is asked about. Managers by a tenth of the workers and a fifth of the fitters;
  // with the course (ten points more) a fifth and three tenths.
  const Ladder l = Ladder::parse("worker < fitter < manager");
  const Matrix p = square({{.9, 0, .1}, {0, .8, .2}, {0, 0, 1}});
  const auto made = [&](double seats) {
    return Programme(
        {.eligible = l.set_of({0, 1}), .offered = Share(.625), .uptake = Share(.8), .seats_per_year = Heads(seats)},
        MoveEffects("course", {{l.set_of({0, 1}), l["manager"], rungs::points(.1)}}));
  };
  const Question asked{l["worker"], l["manager"], Span(1)};
  const Course c = project(kernel(l, p), population(l, {300, 100, 0}), asked, {"", {made(100)}});
  EXPECT_NEAR(c.offers(0, 0), 250, 1e-12) << "five eighths of them, of which four fifths are taken up";
  EXPECT_NEAR(c.participants(0, 0), 100, 0);
  EXPECT_NEAR(c.turned_away(0, 0), 100, 1e-12);
  EXPECT_NEAR(c.flows[0](0, 2), 225 * .1 + 75 * .2, 1e-12);
  EXPECT_NEAR(c.flows[0](1, 2), 75 * .2 + 25 * .3, 1e-12);
  EXPECT_NEAR(c.reached(), 37.5, 1e-12);
  // Steps of half a year have half of the seats.
  const Course half = project(kernel(l, p, Step(1, .5)), population(l, {300, 100, 0}), asked, {"", {made(100)}});
  EXPECT_NEAR(half.offers(0, 0), 250, 1e-12);
  EXPECT_EQ(half.participants(0, 0), 50);
  EXPECT_NEAR(half.turned_away(0, 0), 150, 1e-12);
  // Seats that do not bind are no seats.
  const Course free = project(kernel(l, p), population(l, {300, 100, 0}), asked, {"", {made(200.5)}});
  EXPECT_NEAR(free.participants(0, 0), 200, 1e-12);
  EXPECT_EQ(free.turned_away(0, 0), 0);
  // And without a seat all who want one are turned away.
  const Course none = project(kernel(l, p), population(l, {300, 100, 0}), asked, {"", {made(0)}});
  EXPECT_EQ(none.participants(0, 0), 0);
  EXPECT_NEAR(none.turned_away(0, 0), 200, 1e-12);
}

TEST(ProjectionByHand, SeatsAreSharedByAllWhoHaveNotBeenThere) {
  // Programme A takes a seat from nobody, and its participants compete for the seats of B as all
  // do.
  const Ladder l = two_rungs();
  const Programme a({.eligible = l["worker"], .uptake = Share(.25)},
                    MoveEffects("A", {{l["worker"], l["technician"], rungs::odds_ratio(3)}}));
  const Programme b({.eligible = l["worker"], .seats_per_year = Heads(400)},
                    MoveEffects("B", {{l["worker"], l["technician"], rungs::odds_ratio(9)}}));
  // 1000: A 250 of them; B takes 40 percent of either: none 450, A 150, B 300, AB 100.
  const Course c = project(quarter_up(), population(l, {1000, 0}), reach_technician(1), {"", {a, b}});
  EXPECT_NEAR(c.reached(), 450 / 4.0 + 150 / 2.0 + 300 * .75 + 100 * .9, 1e-12);
  EXPECT_NEAR(c.turned_away(1, 0), 600, 1e-12);
}

TEST(ProjectionByHand, NobodyEnrolsTwice) {
  // All workers enrol at once; after that only those can who came in since, ten a year.
  const Ladder l = two_rungs();
  const Course c = project(kernel(l, square({{1, 0}, {1, 0}})), population(l, {100, 50}, {{l["worker"], 10, {}}}),
                           reach_technician(4), {"", {course(rungs::odds_ratio(2), .7, Profile().lag(1).lasts(1), 1)}});
  expect_row(c.participants, 0, {100, 60, 10, 10}, 1e-15);
  EXPECT_NEAR(c.headcount(4, 0), 190, 1e-12);
}

TEST(ProjectionByHand, YearsOfEnrolment) {
  const Ladder l = two_rungs();
  const auto in = [&](std::int64_t first, std::int64_t last, Step step) {
    const Programme p({.eligible = l["worker"], .uptake = Share(.5), .years = {{first, last}}},
                      MoveEffects("course", {{l["worker"], l["technician"], rungs::odds_ratio(3)}}));
    return project(kernel(l, square({{1, 0}, {0, 1}}), step), population(l, {64, 0}), reach_technician(4), {"", {p}})
        .participants;
  };
  expect_row(in(2001, 2002, Step()), 0, {0, 32, 16, 0}, 0);
  expect_row(in(1990, 2000, Step()), 0, {32, 0, 0, 0}, 0);
  expect_row(in(2003, 2050, Step()), 0, {0, 0, 0, 32}, 0);
  expect_row(in(2004, 2050, Step()), 0, {0, 0, 0, 0}, 0);
  expect_row(in(2001, 2004, Step(2, 2)), 0, {0, 32, 16, 0}, 0);  // periods 2000, 2002, 2004, 2006
}

TEST(ProjectionByHand, InflowOfTheStock) {
  // Ten a year, and one for every ten technicians and twenty who left: chain migration. Arrivals
  // come at the end.
  const Ladder l = Ladder::parse("worker < technician | left");
  const Kernel k = kernel(l, square({{.5, .25, .25}, {0, .75, .25}, {0, 0, 1}}));
  const Inflow in{l["worker"], 10, {{l["technician"], .1}, {l["left"], .05}}};
  const Course c = project(k, population(l, {80, 40, 20}, {in}), {l["worker"], l["technician"], Span(2)});
  expect_row(c.entrants, 0, {15, 0, 0}, 1e-15);  // 10 + 4 + 1
  expect_row(c.headcount, 1, {55, 50, 50}, 1e-15);
  expect_row(c.entrants, 1, {17.5, 0, 0}, 1e-15);  // 10 + 5 + 2.5
  expect_row(c.headcount, 2, {45, 51.25, 76.25}, 1e-15);
  expect_row(c.first_reached.transpose(), 0, {0, 20, 10},
             1e-15);  // those who came later were not asked about
  // Per year, not per period.
  const Course half = project(kernel(l, k.matrix(0), Step(1, .5)), population(l, {80, 40, 20}, {in}),
                              {l["worker"], l["technician"], Span(1)});
  expect_row(half.entrants, 0, {7.5, 0, 0}, 1e-15);
}

TEST(ProjectionByHand, ThereAtTheStart) {
  // Whoever is in the target when asked has reached it; of them standing are those who stay.
  const Ladder l = two_rungs();
  const Course c = project(quarter_up(), population(l, {64, 32}), {l.set_of({0, 1}), l["technician"], Span(1)});
  expect_row(c.first_reached.transpose(), 0, {32, 16}, 0);
  EXPECT_EQ(c.standing, 28 + 16);
  EXPECT_EQ(c.cohort, 96);
  const Course now = project(quarter_up(), population(l, {64, 32}), {l.set_of({0, 1}), l["technician"], Span(0)});
  EXPECT_EQ(now.reached(), 32);
  EXPECT_EQ(now.standing, 32);
  EXPECT_EQ(now.headcount.rows(), 1);
  EXPECT_TRUE(now.flows.empty());
}

// --- published results --------------------------------------------------------------------------

std::string reference_directory() {
  const char* set = std::getenv("RUNGS_REFERENCE_DIR");
  return set != nullptr ? set : RUNGS_REFERENCE_DIR;
}
nlohmann::json reference(const std::string& file) {
  std::ifstream in(std::filesystem::path(reference_directory()) / file);
  return in ? nlohmann::json::parse(in) : nlohmann::json();
}
Matrix matrix_of(const nlohmann::json& rows) {
  Matrix out(static_cast<Eigen::Index>(rows.size()), static_cast<Eigen::Index>(rows.at(0).size()));
  for (std::size_t i = 0; i < rows.size(); ++i)
    for (std::size_t j = 0; j < rows[i].size(); ++j)
      out(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) = rows[i][j].get<double>();
  return out;
}

TEST(ProjectionReference, OpenLadder) {
  const nlohmann::json all = reference("11_calibration_open.json");
  if (all.is_null()) GTEST_SKIP() << "no reference results";
  const nlohmann::json& r = all.at("open_ladder");
  const Ladder l = Ladder::parse("1 < 2 < 3 < 4 | left");
  Matrix p = Matrix::Identity(5, 5);
  p.topLeftCorner(4, 4) = matrix_of(r.at("P"));
  for (std::size_t i = 0; i < 4; ++i) p(static_cast<Eigen::Index>(i), 4) = r.at("wastage")[i].get<double>();
  std::vector<Inflow> inflow;
  for (std::size_t i = 0; i < 4; ++i)
    inflow.push_back({l.at(i), r.at("recruits").get<double>() * r.at("recruit_vector")[i].get<double>(), {}});
  const Matrix expected = matrix_of(r.at("trajectory"));
  Vector start = Vector::Zero(5);
  start.head(4) = expected.row(0).transpose();
  const Course c = project(kernel(l, p), Population(Headcount(l, start), Period(), inflow),
                           {l["1"], l["4"], Span(expected.rows() - 1)});
  for (Eigen::Index t = 0; t < expected.rows(); ++t)
    for (Eigen::Index j = 0; j < 4; ++j)
      EXPECT_NEAR(c.headcount(t, j), expected(t, j), 1e-12 * expected(t, j)) << t << " " << j;
}

// Primary and technical workers of an enclave, the senior among them, and two ways of being one's
// own master to which no move leads, unless a programme opens one.
Ladder enclave() {
  return Ladder::builder()
      .rung("primary")
      .rung("technical")
      .rung("senior")
      .rung("entrepreneur")
      .rung("design")
      .move("primary", "technical")
      .move("technical", "senior")
      .move("entrepreneur", "design")
      .build();
}

TEST(ProjectionReference, EnclaveWithoutPolicy) {
  const nlohmann::json all = reference("11_calibration_open.json");
  if (all.is_null()) GTEST_SKIP() << "no reference results";
  const nlohmann::json& r = all.at("seed_ladder_no_policy");
  const Ladder l = enclave();
  const Kernel k = kernel(l, matrix_of(r.at("P")));
  const Course c = project(k, population(l, {1000, 0, 0, 0, 0}), {l["primary"], l["entrepreneur"], Span(1000)});
  EXPECT_EQ(c.reached(), r.at("prob_reach_entrepreneur_from_primary").get<double>());
  const Course senior = project(k, population(l, {1, 0, 0, 0, 0}), {l["primary"], l["senior"], Span(1000)});
  EXPECT_NEAR(senior.reached(), r.at("prob_ever_senior_from_primary").get<double>(), 1e-12);
  double years = 0;
  for (Eigen::Index t = 0; t <= 1000; ++t) years += static_cast<double>(t) * senior.first_reached[t];
  EXPECT_NEAR(years, r.at("expected_years_primary_to_senior").get<double>(), 1e-11);
}

TEST(ProjectionReference, EnclaveWithPolicy) {
  const nlohmann::json all = reference("11_calibration_open.json");
  if (all.is_null()) GTEST_SKIP() << "no reference results";
  const nlohmann::json &r = all.at("seed_ladder_policy"), &before = all.at("seed_ladder_no_policy");
  const Ladder l = enclave();
  const Kernel k = kernel(l, matrix_of(before.at("P")));
  // Everybody gets the grant that opens the move, and it is taken from staying.
  const Programme grant(
      {.eligible = l.set_of({0, 1, 2})},
      MoveEffects("grant", {{l["senior"], l["entrepreneur"], rungs::points(.02), GivenUp::staying, true}}));
  const Course c =
      project(k, population(l, {1, 0, 0, 0, 0}), {l["primary"], l["entrepreneur"], Span(40)}, {"grant", {grant}});
  // The same as a ladder on which the move is possible and has this probability.
  const Ladder open = Ladder::builder()
                          .rung("primary")
                          .rung("technical")
                          .rung("senior")
                          .rung("entrepreneur")
                          .rung("design")
                          .move("primary", "technical")
                          .move("technical", "senior")
                          .move("senior", "entrepreneur")
                          .move("entrepreneur", "design")
                          .build();
  const Course d = project(kernel(open, matrix_of(r.at("P"))), population(open, {1, 0, 0, 0, 0}),
                           {open["primary"], open["entrepreneur"], Span(40)});
  for (std::size_t y = 0; y < r.at("years").size(); ++y) {
    const Eigen::Index t = r["years"][y].get<int>();
    const double expected = r.at("cum_prob_entrepreneur_by_year")[y].get<double>();
    EXPECT_NEAR(c.first_reached.head(t + 1).sum(), expected, 1e-12 * expected) << t;
    EXPECT_NEAR(d.first_reached.head(t + 1).sum(), expected, 1e-12 * expected) << t;
  }
}

// Three grades of a service, all leavers replaced in the lowest.
TEST(ProjectionReference, GradedManpower) {
  const Ladder l = Ladder::parse("1 < 2 < 3 | left");
  const Kernel k = kernel(l, square({{.5, .4, 0, .1}, {0, .6, .3, .1}, {0, 0, .8, .2}, {0, 0, 0, 1}}));
  const Inflow replaced{l["1"], 0, {{l["1"], .1}, {l["2"], .1}, {l["3"], .2}}};
  const Course c = project(k, population(l, {100, 80, 50, 0}, {replaced}), {l["1"], l["3"], Span(200)});
  expect_row(c.headcount, 1, {78, 88, 64}, 1e-12);
  expect_row(c.headcount, 2, {68.4, 84, 77.6}, 1e-12);
  expect_row(c.headcount, 3, {64.96, 77.76, 87.28}, 1e-12);
  expect_row(c.headcount, 4, {64.208, 72.64, 93.152}, 1e-12);
  expect_row(c.headcount, 5, {64.4192, 69.2672, 96.3136}, 1e-12);
  // In the end the structure (2/7, 2/7, 3/7), with one recruit for seven; 3/5 of the first 100
  // reach grade 3.
  expect_row(c.headcount, 200, {230 * 2 / 7.0, 230 * 2 / 7.0, 230 * 3 / 7.0}, 1e-12);
  EXPECT_NEAR(c.entrants(199, 0), 230 / 7.0, 1e-11);
  EXPECT_NEAR(c.reached(), 60, 1e-11);
  const Course second = project(k, population(l, {100, 80, 50, 0}, {replaced}), {l["2"], l["3"], Span(200)});
  EXPECT_NEAR(second.reached(), 80 * .75, 1e-11);
}

// A published chain of four states that only worsens, from counts; the programme takes .509 of
// every worsening move back to staying for two years, for everybody who is there at the start.
TEST(ProjectionReference, RiskRatioForTwoYears) {
  const Ladder l = Ladder::parse("C < B < A | D");  // in the order of the ladder: C, B, A, D
  const Matrix p = TransitionMatrix::from_weights(
                       l, square({{1312, 0, 0, 437}, {512, 731, 0, 15}, {116, 350, 1251, 17}, {0, 0, 0, 1}}))
                       .matrix();
  const Kernel k = kernel(l, p);
  const Population start = population(l, {0, 0, 1, 0});
  const Question asked{l["A"], l["D"], Span(20)};
  const auto expect_trace = [](const Course& c, Eigen::Index t, std::array<double, 4> abcd,
                               std::array<double, 4> digits) {
    const std::array<Eigen::Index, 4> at{2, 1, 0, 3};
    for (std::size_t s = 0; s < 4; ++s)
      EXPECT_NEAR(c.headcount(t, at[s]), abcd[s], .51 * std::pow(10, -digits[s])) << t << " " << s;
  };
  const Course alone = project(k, start, asked);
  expect_trace(alone, 20, {.0014593664, .0020707675, .028233422, .9682364438}, {10, 10, 9, 10});
  const Effect less = rungs::risk_ratio(.509).interval(.365, .710);
  const Programme both({.eligible = l.set_of({0, 1, 2}), .years = {{2000, 2000}}},
                       MoveEffects("combination",
                                   {{l["A"], l.set_of({0, 1, 3}), less, GivenUp::staying},
                                    {l["B"], l.set_of({0, 3}), less, GivenUp::staying},
                                    {l["C"], l["D"], less, GivenUp::staying}},
                                   Profile().lasts(2)));
  const Course c = project(k, start, asked, {"combination", {both}});
  expect_trace(c, 1, {.8582197232, .1027393310, .03405074971, .004990196078}, {10, 10, 11, 12});
  expect_trace(c, 2, {.736541093, .1690051715, .080226833, .0142269025}, {9, 10, 9, 10});
  expect_trace(c, 20, {.002065118, .0029187155, .036223473, .9587926935}, {9, 10, 9, 10});
  EXPECT_NEAR(c.reached(), c.headcount(20, 3), 1e-15) << "the exit is a target as any other";
}

// Four states of a published teaching model, from rates; nobody is treated.
TEST(ProjectionReference, SickSicker) {
  const auto p = [](double rate) { return 1 - std::exp(-rate); };
  const double h = p(.002), s1 = p(.006), s2 = p(.02), sick = p(.15), well = p(.5), worse = p(.105);
  const Ladder l = Ladder::parse("healthy < sick < sicker | dead");
  Matrix m = square({{(1 - h) * (1 - sick), (1 - h) * sick, 0, h},
                     {(1 - s1) * well, (1 - s1) * (1 - well - worse), (1 - s1) * worse, s1},
                     {0, 0, 1 - s2, s2},
                     {0, 0, 0, 1}});
  const auto expect_at = [&](const Kernel& k, Eigen::Index t, std::initializer_list<double> expected) {
    const Course c = project(k, population(l, {1, 0, 0, 0}), {l["healthy"], l["dead"], Span(75)});
    expect_row(c.headcount, t, expected, 5.1e-11);
  };
  expect_at(kernel(l, m), 10, {.6201921416, .1831486669, .1587060066, .0379531849});
  expect_at(kernel(l, m), 75, {.1157234506, .0341785363, .3170615355, .5330364776});
  // Treatment B, a rate ratio of .6 among those who survive the year.
  const double slower = p(.6 * .105);
  m(1, 1) = (1 - s1) * (1 - well - slower);
  m(1, 2) = (1 - s1) * slower;
  expect_at(kernel(l, m), 75, {.2074685765, .0655074127, .2728725990, .4541514118});
}

// --- the baseline's bits ------------------------------------------------------------------------

// Numbers of which sums depend on the order they are added in.
struct Bits {
  Ladder l = Ladder::parse("worker < fitter, clerk < manager | left");
  Kernel k = kernel(l, TransitionMatrix::from_weights(l, square({{.53, .21, .13, .07, .11},
                                                                 {.17, .61, .11, .13, .07},
                                                                 {.03, .17, .67, .19, .05},
                                                                 {.01, .03, .07, .83, .13},
                                                                 {0, 0, 0, 0, 1}}))
                           .matrix());
  Population people = population(l, {1003.7, 310.1, 207.3, 33.9, 1.1}, {{l["worker"], 71.3, {{l["manager"], .37}}}});
  Question asked{l.set_of({0, 1}), l["manager"], Span(12)};
  MoveEffects effect{"course", {{l["worker"], l["fitter"], rungs::odds_ratio(2.3)}}};
  MoveEffects null{"course",
                   {{l["worker"], l["fitter"], rungs::odds_ratio(1)}, {l["clerk"], l["manager"], rungs::points(0)}}};

  [[nodiscard]] Course with(std::vector<Programme> programmes) const {
    return project(k, people, asked, {"policy", std::move(programmes)});
  }
};

TEST(ProjectionBits, ProgrammesThatChangeNothing) {
  const Bits b;
  const Course baseline = project(b.k, b.people, b.asked);
  const rungs::StratumSet workers = b.l["worker"];
  EXPECT_FALSE(same_course(b.with({{{.eligible = workers, .uptake = Share(.3)}, b.effect}}), baseline));
  EXPECT_TRUE(same_course(b.with({}), baseline));
  EXPECT_TRUE(same_course(b.with({{{.eligible = workers, .uptake = Share(0)}, b.effect}}), baseline));
  EXPECT_TRUE(
      same_course(b.with({{{.eligible = workers, .offered = Share(0), .lock_in_years = 1}, b.effect}}), baseline));
  EXPECT_TRUE(same_course(b.with({{{.eligible = workers, .seats_per_year = Heads(0), .lock_in_years = 1}, b.effect}}),
                          baseline));
  EXPECT_TRUE(
      same_course(b.with({{{.eligible = workers, .uptake = Share(.3), .years = {{1900, 1999}}}, b.effect}}), baseline));
  EXPECT_TRUE(same_course(b.with({{{.eligible = b.l.set_of({})}, b.effect}}), baseline));

  const Course null = b.with({{{.eligible = workers, .uptake = Share(.3)}, b.null}});
  EXPECT_TRUE(same_course(null, baseline));
  EXPECT_NEAR(null.participants(0, 0), .3 * 1003.7, 1e-12) << "they take part all the same";
  EXPECT_GT(null.participants.row(0).minCoeff(), 0);
  const Course dropped = b.with({{{.eligible = workers, .uptake = Share(.3), .completion = Share(0)}, b.effect}});
  EXPECT_TRUE(same_course(dropped, baseline));
  EXPECT_TRUE(same_bits(dropped.participants, null.participants));
  const Course seated = b.with({{{.eligible = workers, .seats_per_year = Heads(50)}, b.null}});
  EXPECT_TRUE(same_course(seated, baseline));
  EXPECT_EQ(seated.participants.sum(), 600);
  EXPECT_NEAR(seated.turned_away(0, 0), 953.7, 1e-12);
  const Course unseated = b.with({{{.eligible = workers, .seats_per_year = Heads(0)}, b.effect}});
  EXPECT_NEAR(unseated.turned_away(0, 0), 1003.7, 1e-12);
  EXPECT_EQ(unseated.participants.sum(), 0);

  // Net of a deadweight or a displacement of all of it nobody has gained anything.
  for (const auto& [deadweight, displacement] : {std::pair(1.0, 0.0), std::pair(0.0, 1.0)}) {
    const Programme p({.eligible = workers,
                       .uptake = Share(.3),
                       .deadweight = Share(deadweight),
                       .displacement = Share(displacement)},
                      b.effect);
    const Course net = Projection(b.k, b.people, b.asked, {"", {p}}, Count::net).run(b.k, Draw::point());
    EXPECT_TRUE(same_course(net, baseline));
    EXPECT_NEAR(net.participants(0, 0), .3 * 1003.7, 1e-12);
    EXPECT_FALSE(same_course(b.with({p}), baseline)) << "gross";
  }

  // Locked in without effect is not nothing.
  EXPECT_FALSE(
      same_course(b.with({{{.eligible = workers, .uptake = Share(.3), .lock_in_years = 1}, b.null}}), baseline));
}

TEST(ProjectionBits, ProgrammesThatChangeNothingBesideOneThatDoes) {
  const Bits b;
  const Programme active({.eligible = b.l["worker"], .uptake = Share(.3)}, b.effect);
  const Programme idle({.eligible = b.l.set_of({0, 1, 2}), .uptake = Share(.7)}, b.null);
  const Course alone = b.with({active});
  for (const Course& c : {b.with({idle, active}), b.with({active, idle})}) EXPECT_TRUE(same_course(c, alone));
  EXPECT_TRUE(same_course(b.with({idle, idle}), project(b.k, b.people, b.asked)));
  // Idle programmes that exclude each other exclude nobody from anything.
  EXPECT_TRUE(same_course(project(b.k, b.people, b.asked, {"", {idle, idle}, rungs::Combine::exclusive, {}}),
                          project(b.k, b.people, b.asked)));
  const Course both = b.with({idle, active});
  for (Eigen::Index t = 0; t < 12; ++t) EXPECT_NEAR(both.participants(1, t), alone.participants(0, t), 1e-10);
}

TEST(ProjectionBits, TheSameRunTwice) {
  const Bits b;
  const Projection p(b.k, b.people, b.asked,
                     {"",
                      {{{.eligible = b.l["worker"], .uptake = Share(.3), .lock_in_years = 1.5}, b.effect},
                       {{.eligible = b.l["clerk"], .uptake = Share(.2)}, b.null}}});
  Course one, two;
  Projection::Workspace room;
  p.run(b.k, Draw::point(), one, room);
  p.run(b.k, Draw(Seed(1), 5), two, room);  // the room is used again
  EXPECT_TRUE(same_course(one, two)) << "nothing varies here";
  Matrix other = b.k.matrix(0);
  other.row(0).swap(other.row(1));
  p.run(kernel(b.l, other), Draw::point(), two, room);
  EXPECT_FALSE(same_course(one, two));
  p.run(b.k, Draw::point(), two, room);
  EXPECT_TRUE(same_course(one, two));
  EXPECT_TRUE(same_bits(one.participants, two.participants));
}

// --- against plainer ways to the same numbers ---------------------------------------------------

TEST(ProjectionOracle, ReachOfThePlainChain) {
  int asked = 0;
  for (std::uint64_t seed = 1; asked < 200; ++seed) {
    scenario::Plan plan = scenario::random_plan(seed);
    plan.programmes.clear();
    plan.from = {plan.from.front()};
    const scenario::Scenario s = scenario::build(plan);
    const double heads = plan.heads[plan.from.front()];
    if (!(heads > 0)) continue;
    ++asked;
    const rungs::Stratum from = s.kernel.ladder().at(plan.from.front());
    const Course c = s.run();
    EXPECT_NEAR(c.reached() / heads,
                rungs::reach_probability(from, s.question.target, s.question.within, s.population.at())(s.kernel),
                1e-13);
    EXPECT_NEAR(c.standing / heads,
                rungs::standing_probability(from, s.question.target, s.question.within, s.population.at())(s.kernel),
                1e-13);
    const Vector passage =
        rungs::first_passage(s.kernel, from, s.question.target, s.question.within, s.population.at());
    EXPECT_LE((c.first_reached / heads - passage).cwiseAbs().maxCoeff(), 1e-13) << "seed " << seed;
  }
}

/// The moves of somebody, written without the library's own arithmetic: when they enrolled in each
/// programme (-1: never) and whether it works for them.
struct Past {
  std::vector<int> enrolled;
  std::vector<char> works;
  friend auto operator<=>(const Past&, const Past&) = default;
};

Matrix plain_moves(const scenario::Scenario& s, const Matrix& base, const Past& past, int t) {
  const Ladder& l = s.kernel.ladder();
  const double step = s.kernel.step().years();
  Matrix p = base;
  const auto years = [&](std::size_t k) {
    return (t - past.enrolled[k]) * step - s.policy.programmes[k].terms().lock_in_years;
  };
  for (std::size_t k = 0; k < past.enrolled.size(); ++k) {
    if (past.enrolled[k] < 0 || past.works[k] == 0 || years(k) <= -step) continue;
    const MoveEffects& effects = *s.policy.programmes[k].effects();
    // In the period in which a lock-in ends the effect has what is left of it for its period.
    const double strength = effects.profile().strength(std::max(0.0, years(k)), step + std::min(0.0, years(k)));
    if (strength <= 0) continue;
    oracle::take(p, effects, strength, effects.deviations(rungs::Draw::point()));
  }
  double locked = 0;
  for (std::size_t k = 0; k < past.enrolled.size(); ++k)
    if (past.enrolled[k] >= 0) locked = std::max(locked, std::clamp(-years(k) / step, 0.0, 1.0));
  for (std::size_t i = 0; i < l.strata(); ++i)
    for (std::size_t j = 0; j < l.strata(); ++j)
      if (l.height(j) > l.height(i)) {
        const auto r = static_cast<Eigen::Index>(i), c = static_cast<Eigen::Index>(j);
        const double held = locked * p(r, c);
        p(r, r) += held;
        p(r, c) -= held;
      }
  return p;
}

/// The projection without any thrift: one entry for every past that somebody can have, none merged.
Course plain_projection(const scenario::Scenario& s) {
  enum { asked, reached, others };
  const std::size_t n = s.kernel.ladder().size(), programmes = s.policy.programmes.size();
  const auto steps = static_cast<int>(s.question.within.steps());
  const double years = s.kernel.step().years();
  std::map<std::pair<Past, int>, std::vector<double>> people;
  const auto heads_of = [&](const Past& past, int group) -> std::vector<double>& {
    return people.try_emplace({past, group}, std::vector<double>(n)).first->second;
  };
  Course out;
  out.headcount = Matrix::Zero(steps + 1, static_cast<Eigen::Index>(n));
  out.entrants = Matrix::Zero(steps, static_cast<Eigen::Index>(n));
  out.first_reached = Vector::Zero(steps + 1);
  out.participants = out.turned_away = Matrix::Zero(static_cast<Eigen::Index>(programmes), steps);
  const Past nothing{std::vector<int>(programmes, -1), std::vector<char>(programmes, 0)};
  for (std::size_t i = 0; i < n; ++i) {
    const double heads = s.population.start().heads()[static_cast<Eigen::Index>(i)];
    const bool in = s.question.from.contains(i), there = s.question.target.contains(i);
    heads_of(nothing, !in ? others : there ? reached : asked)[i] += heads;
    if (in && there) out.first_reached[0] += heads;
    if (in) out.cohort += heads;
    out.headcount(0, static_cast<Eigen::Index>(i)) = heads;
  }
  for (int t = 0; t < steps; ++t) {
    const Period now = s.kernel.step().after(s.population.at(), t);
    for (std::size_t k = 0; k < programmes; ++k) {
      const Programme::Terms& terms = s.policy.programmes[k].terms();
      if (terms.years && (now.label() < terms.years->first || now.label() > terms.years->second)) continue;
      double want = 0;
      for (const auto& [who, heads] : people)
        if (who.first.enrolled[k] < 0)
          for (const std::size_t i : terms.eligible.indices())
            want += heads[i] * terms.offered.value() * terms.uptake.value();
      const double in = std::min(want, terms.seats_per_year.value() * years);
      out.participants(static_cast<Eigen::Index>(k), t) = in;
      out.turned_away(static_cast<Eigen::Index>(k), t) = want - in;
      if (in <= 0) continue;
      const double share = terms.offered.value() * terms.uptake.value() * in / want;
      double works = terms.completion.value();
      if (s.count == Count::net) works *= (1 - terms.deadweight.value()) * (1 - terms.displacement.value());
      const auto before = people;
      for (const auto& [who, heads] : before) {
        if (who.first.enrolled[k] >= 0) continue;
        Past past = who.first;
        past.enrolled[k] = t;
        for (const std::size_t i : terms.eligible.indices()) {
          people[who][i] -= heads[i] * share;
          past.works[k] = 1;
          heads_of(past, who.second)[i] += heads[i] * share * works;
          past.works[k] = 0;
          heads_of(past, who.second)[i] += heads[i] * share * (1 - works);
        }
      }
    }
    const Matrix& base = s.kernel.at(now).matrix();
    Matrix flow = Matrix::Zero(base.rows(), base.cols());
    const auto before = std::exchange(people, {});
    for (const auto& [who, heads] : before) {
      const Matrix p = plain_moves(s, base, who.first, t);
      for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < n; ++j) {
          const double moved = heads[i] * p(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j));
          flow(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) += moved;
          const bool arrives = who.second == asked && s.question.target.contains(j);
          if (arrives) out.first_reached[t + 1] += moved;
          heads_of(who.first, arrives ? reached : who.second)[j] += moved;
        }
    }
    out.flows.push_back(flow);
    for (const Inflow& in : s.population.inflow()) {
      double heads = in.per_year;
      for (const auto& [of, rate] : in.per_head_of)
        heads += rate * out.headcount(t, static_cast<Eigen::Index>(of.index()));
      heads_of(nothing, others)[in.into.index()] += heads * years;
      out.entrants(t, static_cast<Eigen::Index>(in.into.index())) += heads * years;
    }
    for (const auto& [who, heads] : people)
      for (std::size_t i = 0; i < n; ++i) out.headcount(t + 1, static_cast<Eigen::Index>(i)) += heads[i];
  }
  for (const auto& [who, heads] : people)
    if (who.second != others)
      for (const std::size_t i : s.question.target.indices()) out.standing += heads[i];
  return out;
}

TEST(ProjectionOracle, MergingTracksIsExact) {
  int done = 0;
  std::size_t merged = 0;
  for (std::uint64_t seed = 50'000; done < 300; ++seed) {
    const scenario::Plan plan = scenario::random_plan(seed, 6);
    if (plan.programmes.size() < 2 || plan.within < 2) continue;
    ++done;
    const scenario::Scenario s = scenario::build(plan);
    const Course c = s.run(), plain = plain_projection(s);
    const double close = 1e-12 * (1 + c.headcount.row(plan.within).sum());
    SCOPED_TRACE("seed " + std::to_string(seed));
    ASSERT_LE((c.headcount - plain.headcount).cwiseAbs().maxCoeff(), close);
    ASSERT_LE((c.entrants - plain.entrants).cwiseAbs().maxCoeff(), close);
    ASSERT_LE((c.first_reached - plain.first_reached).cwiseAbs().maxCoeff(), close);
    ASSERT_LE((c.participants - plain.participants).cwiseAbs().maxCoeff(), close);
    ASSERT_LE((c.turned_away - plain.turned_away).cwiseAbs().maxCoeff(), close);
    for (std::size_t t = 0; t < c.flows.size(); ++t)
      ASSERT_LE((c.flows[t] - plain.flows[t]).cwiseAbs().maxCoeff(), close);
    ASSERT_NEAR(c.standing, plain.standing, close);
    ASSERT_NEAR(c.cohort, plain.cohort, close);
    merged += Projection(s.kernel, s.population, s.question, s.policy).tracks() < 50 ? 1U : 0U;
  }
  EXPECT_GT(merged, 50U) << "the scenarios do not merge much";
}

TEST(ProjectionOracle, TracksOfWhichNothingChangesAreOne) {
  const Bits b;
  Question asked = b.asked;
  asked.within = Span(100);
  const auto tracks = [&](double lock_in, Profile profile) {
    return Projection(
               b.k, b.people, asked,
               {"",
                {{{.eligible = b.l["worker"], .uptake = Share(.3), .completion = Share(.9), .lock_in_years = lock_in},
                  MoveEffects("course", b.effect.effects(), profile)}}})
        .tracks();
  };
  EXPECT_EQ(tracks(0, {}), 3U) << "never, with the effect, without";
  EXPECT_EQ(tracks(2, {}), 7U) << "and while locked in";
  EXPECT_EQ(tracks(0, Profile().lag(1).lasts(3)), 7U) << "never, without, and five ages";
  EXPECT_EQ(tracks(0, Profile().fade_half_life(2)), 103U) << "never settles";
}

TEST(ProjectionOracle, EveryoneMovedOneByOne) {
  const Ladder l = Ladder::parse("worker < fitter, clerk < manager | left");
  const Kernel k = kernel(l, square({{.6, .12, .1, .03, .15},
                                     {.05, .7, .05, .1, .1},
                                     {.05, .1, .65, .1, .1},
                                     {0, .05, .05, .8, .1},
                                     {0, 0, 0, 0, 1}}));
  const std::array<int, 4> start{120'000, 40'000, 30'000, 10'000};
  const Population people = population(l, {120'000, 40'000, 30'000, 10'000, 0});
  const Programme evening(
      {.eligible = l["worker"],
       .offered = Share(.8),
       .uptake = Share(.4),
       .completion = Share(.7),
       .lock_in_years = 1.5},
      MoveEffects("evening course", {{l["worker"], l.set_of({1, 2}), rungs::odds_ratio(2.5).interval(1.2, 4)}},
                  Profile().ramp(2)));
  const Programme grant({.eligible = l.set_of({1, 2}), .uptake = Share(.3), .years = {{2001, 2004}}},
                        MoveEffects("grant", {{l.set_of({1, 2}), l["manager"], rungs::points(.08), GivenUp::staying}},
                                    Profile().lag(1).fade_half_life(2)));
  const Policy policy{"both", {evening, grant}};
  const Question asked{l["worker"], l["manager"], Span(8)};
  const Draw world(Seed(3), 12);
  const Course c = project(k, people, asked, policy, world);

  Matrix heads = Matrix::Zero(9, 5), enrolled = Matrix::Zero(2, 8);
  Vector reached = Vector::Zero(9);
  std::map<std::pair<Past, int>, Matrix> moves;
  std::uint64_t person = 0;
  for (std::size_t s = 0; s < 4; ++s)
    for (int m = 0; m < start[s]; ++m, ++person) {
      std::size_t at = s;
      bool there = false;
      Past past{{-1, -1}, {0, 0}};
      heads(0, static_cast<Eigen::Index>(at)) += 1;
      for (int t = 0; t < 8; ++t) {
        rungs::Stream stream({Seed(77), person, static_cast<std::uint32_t>(t), rungs::Purpose::chance});
        for (std::size_t p = 0; p < 2; ++p) {
          const Programme& programme = policy.programmes[p];
          const Programme::Terms& terms = programme.terms();
          if (past.enrolled[p] >= 0 || !terms.eligible.contains(at) || !programme.enrols_in(2000 + t)) continue;
          if (!(stream.uniform() < terms.offered.value() && stream.uniform() < terms.uptake.value())) continue;
          past.enrolled[p] = t;
          past.works[p] = stream.uniform() < terms.completion.value() ? 1 : 0;
          enrolled(static_cast<Eigen::Index>(p), t) += 1;
        }
        const auto [found, is_new] = moves.try_emplace({past, t});
        if (is_new) {
          found->second = k.matrix(0);
          for (std::size_t p = 0; p < 2; ++p)
            if (past.enrolled[p] >= 0 && past.works[p] != 0)
              (void)policy.programmes[p].take_effect(found->second, l, t - past.enrolled[p], Step(), world);
          double locked = 0;
          for (std::size_t p = 0; p < 2; ++p)
            if (past.enrolled[p] >= 0)
              locked = std::max(locked, Programme::locked(policy.programmes[p].terms().lock_in_years,
                                                          static_cast<double>(t - past.enrolled[p]), Step()));
          Programme::lock_in(found->second, l, locked);
        }
        at = stream.categorical({found->second.data() + at * 5, 5});
        heads(t + 1, static_cast<Eigen::Index>(at)) += 1;
        if (s == 0 && !there && at == 3) {
          there = true;
          reached[t + 1] += 1;
        }
      }
    }
  const double all = 200'000;
  const auto sigmas = [&](double seen, double expected) {
    return std::abs(seen - expected) / std::sqrt(std::max(1.0, expected * (1 - expected / all)));
  };
  for (Eigen::Index t = 1; t <= 8; ++t) {
    for (Eigen::Index j = 0; j < 5; ++j) EXPECT_LT(sigmas(heads(t, j), c.headcount(t, j)), 5) << t << " " << j;
    EXPECT_LT(sigmas(reached[t], c.first_reached[t]), 5) << t;
    for (Eigen::Index p = 0; p < 2; ++p)
      EXPECT_LT(sigmas(enrolled(p, t - 1), c.participants(p, t - 1)), 5) << p << " " << t;
  }
  // Enough people to tell the policy from none, from one without lock-in, and from another world.
  const auto apart = [&](const Course& other) {
    double most = 0;
    for (Eigen::Index t = 1; t <= 8; ++t)
      for (Eigen::Index j = 0; j < 5; ++j) most = std::max(most, sigmas(other.headcount(t, j), c.headcount(t, j)));
    return most;
  };
  Programme::Terms free = evening.terms();
  free.lock_in_years = 0;
  EXPECT_GT(apart(project(k, people, asked)), 15);
  EXPECT_GT(apart(project(k, people, asked, {"free", {Programme(free, *evening.effects()), grant}}, world)), 15);
  double worlds = 0;
  for (std::uint64_t d = 13; d < 20; ++d)
    worlds = std::max(worlds, apart(project(k, people, asked, policy, Draw(Seed(3), d))));
  EXPECT_GT(worlds, 10);
}

// --- refusals, and programmes of one's own ------------------------------------------------------

/// Nobody moves at all, from the first day and for good; says that it was settled before it began.
struct Frozen {
  double settles = -1;
  [[nodiscard]] std::string name() const { return "frozen"; }
  [[nodiscard]] double settled() const { return settles; }
  [[nodiscard]] bool change(Matrix& p, const Ladder&, double, Step, const Draw&) const {
    p.setIdentity();
    return false;
  }
};

TEST(ProjectionTest, ProgrammeOfOnesOwn) {
  const Ladder l = two_rungs();
  for (const double settles :
       {-1.0, 0.0, 3.5, std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
    const Programme p({.eligible = l["worker"], .uptake = Share(.5)}, Frozen{settles});
    const Course c = project(quarter_up(), population(l, {64, 0}), reach_technician(2), {"", {p}});
    expect_row(c.participants, 0, {32, 12}, 0);
    expect_row(c.headcount, 2, {32 + 12 + 9 + 1, 3 + 7}, 0);
  }
}

TEST(ProjectionTest, OnePolicyInManyWorlds) {
  const Ladder l = two_rungs();
  const Projection p(quarter_up(), population(l, {1000, 0}), reach_technician(1),
                     {"", {course(rungs::odds_ratio(2).interval(1, 4), 0, {}, 1)}});
  std::vector<double> reached;
  for (std::uint64_t d = 0; d < 2001; ++d) reached.push_back(p.run(quarter_up(), Draw(Seed(9), d)).reached());
  std::sort(reached.begin(), reached.end());
  EXPECT_NEAR(p.run(quarter_up(), Draw::point()).reached(), 400, 1e-12);  // odds of 2/3
  EXPECT_NEAR(reached[1000], 400, 8);
  EXPECT_NEAR(reached[50], 1000 * .25, 12);        // odds of 1/3
  EXPECT_NEAR(reached[1950], 1000 * 4.0 / 7, 15);  // odds of 4/3
}

TEST(ProjectionTest, SaysWhenAnEffectWasCapped) {
  const Ladder l = two_rungs();
  const Programme p({.eligible = l["worker"]},
                    MoveEffects("x", {{l["worker"], l["technician"], rungs::points(.9).interval(.9, .9)}}));
  const auto run = [&](double up) {
    return project(kernel(l, square({{1 - up, up}, {0, 1}})), population(l, {10, 0}), reach_technician(2), {"", {p}});
  };
  EXPECT_FALSE(run(.05).capped);
  const Programme twice({.eligible = l["worker"]},
                        MoveEffects("y", {{l["worker"], l["technician"], rungs::points(.6)},
                                          {l["worker"], l["technician"], rungs::points(.6)}}));
  const Course c =
      project(kernel(l, square({{.9, .1}, {0, 1}})), population(l, {10, 0}), reach_technician(1), {"", {twice}});
  EXPECT_TRUE(c.capped);
  EXPECT_NEAR(c.reached(), 10, 1e-12);
}

TEST(ProjectionTest, RefusesWhatDoesNotFit) {
  const Ladder l = two_rungs(), other = Ladder::parse("a < b");
  const Population start = population(l, {1, 0});
  const std::string text =
      "found a stratum of another ladder ('a', 'b'); expected one of 'worker', 'technician' "
      "[E-LADDER-OTHER]";
  EXPECT_THAT(
      [&] {
        (void)project(quarter_up(), start, {other["a"], l["technician"], Span(1)});
      },
      ThrowsMessage<Refusal>(StrEq(text)));
  EXPECT_THAT(
      [&] {
        (void)project(quarter_up(), start, {l["worker"], other["b"], Span(1)});
      },
      ThrowsMessage<Refusal>(StrEq(text)));
  EXPECT_THAT(
      [&] {
        (void)project(quarter_up(), population(other, {1, 0}), reach_technician(1));
      },
      ThrowsMessage<Refusal>(StrEq("found a population on another ladder than the model; expected "
                                   "the same [E-LADDER-OTHER]")));
  const Programme bad({.eligible = l["worker"]},
                      MoveEffects("x", {{l["worker"], l["technician"], rungs::risk_ratio(5)}}));
  EXPECT_THROW((void)project(quarter_up(), start, reach_technician(1), {"", {bad}}), rungs::DomainError) << "1.25";
}

TEST(ProjectionTest, RefusesPeriodsWithoutAMatrix) {
  const Ladder l = two_rungs();
  const TransitionMatrix m = quarter_up().transition(0);
  const Kernel two_years(Period(2000), {m, m});
  const Population start = population(l, {1, 0});
  EXPECT_NO_THROW((void)project(two_years, start, reach_technician(2)));
  EXPECT_THAT([&] { (void)project(two_years, start, reach_technician(3)); },
              ThrowsMessage<Refusal>(StrEq("found a question about moves from period 2002; expected a "
                                           "period from 2000 to 2001, since the data end there "
                                           "[E-HORIZON]")));
  EXPECT_THROW((void)project(two_years, Population(Headcount(l), Period(1999)), reach_technician(1)), Refusal);
}

TEST(ProjectionTest, RefusesAKernelItWasNotPlannedWith) {
  const Ladder l = two_rungs();
  const TransitionMatrix m = quarter_up().transition(0);
  const Population start = population(l, {1, 0});
  const Projection two_years(Kernel(Period(2000), {m, m}), start, reach_technician(2), {});
  const std::string ladder =
      "found a kernel of another ladder or step than the projection was planned for; expected the "
      "same [E-LADDER-OTHER]";
  const std::string periods =
      "found a kernel of other periods than the projection was planned for; expected the same "
      "[E-SHAPE]";
  const auto with = [](const Projection& p, const Kernel& k) { return [&p, k] { (void)p.run(k, Draw::point()); }; };
  EXPECT_THAT(with(two_years, quarter_up()), ThrowsMessage<Refusal>(StrEq(periods)));
  EXPECT_THAT(with(two_years, Kernel(Period(2000), {m})), ThrowsMessage<Refusal>(StrEq(periods)));
  EXPECT_THAT(with(two_years, Kernel(Period(2001), {m, m})), ThrowsMessage<Refusal>(StrEq(periods)));
  EXPECT_NO_THROW(with(two_years, Kernel(Period(2000), {m, m}))());
  const Projection always(quarter_up(), start, reach_technician(2), {});
  EXPECT_THAT(with(always, Kernel(Period(2000), {m, m})), ThrowsMessage<Refusal>(StrEq(periods)));
  EXPECT_THAT(with(always, kernel(Ladder::parse("a < b"), m.matrix())), ThrowsMessage<Refusal>(StrEq(ladder)));
  EXPECT_THAT(with(always, kernel(l, m.matrix(), Step(1, .5))), ThrowsMessage<Refusal>(StrEq(ladder)));
}

TEST(ProjectionTest, RefusesMoreTracksThanItCanFollow) {
  const Ladder l = two_rungs();
  const Programme p = course(rungs::odds_ratio(2), 0, Profile().fade_half_life(4));
  EXPECT_THAT(
      [&] {
        Projection(quarter_up(), population(l, {1, 0}), reach_technician(200), {"too much", {p, p, p, p}});
      },
      ThrowsMessage<Refusal>(StrEq("found more than 200000 tracks of people through the programmes "
                                   "of 'too much'; expected fewer programmes, or "
                                   "effects that settle [E-SIZE]")));
}

TEST(ProjectionTest, KnowsWhatItWasPlannedWith) {
  const Projection p(quarter_up(), population(two_rungs(), {1, 0}), reach_technician(7),
                     {"name", {course(rungs::odds_ratio(2))}});
  EXPECT_EQ(p.policy().name, "name");
  EXPECT_EQ(p.steps(), 7U);
  EXPECT_EQ(p.tracks(), 3U);
  EXPECT_EQ(p.population().start().total(), 1);
  EXPECT_EQ(p.question().within, Span(7));
  EXPECT_EQ(Policy().name, "baseline");
}

// Of 100 people of whom a fifth takes up what is offered, 20 take one of 30 seats, and 12 one of 12.
TEST(ProjectionTest, AssignedSeatsGoToThoseTheyAreFor) {
  const Ladder l = two_rungs();
  Programme::Terms terms = course(rungs::odds_ratio(2)).terms();
  terms.uptake = Share(0.2);
  terms.seats_per_year = Heads(1);  // does not count
  const Programme p = course(rungs::odds_ratio(2)).on(terms);
  const rungs::Track newcomers{{rungs::Standing{}}, 0};
  const auto with = [&](double seats, double people) {
    return Projection(quarter_up(), population(l, {people, 0}), reach_technician(2),
                      {"plan", {p}, rungs::Combine::in_turn, {}, {{0, 0, newcomers, 0, seats}}});
  };
  EXPECT_EQ(with(30, 100).run(quarter_up(), Draw::point()).participants(0, 0), 20);
  EXPECT_EQ(with(12, 100).run(quarter_up(), Draw::point()).participants(0, 0), 12);
  EXPECT_EQ(with(12, 100).run(quarter_up(), Draw::point()).participants(0, 1), 0);
  EXPECT_EQ(with(12, 100).run(quarter_up(), Draw::point()).turned_away.sum(), 0);
  EXPECT_EQ(with(12, 100).run(quarter_up(), Draw::point()).offers.size(), 0) << "seats are for those they are for";
  Projection other = with(12, 100);
  other.assign({{0, 1, newcomers, 0, 6}, {0, 1, newcomers, 0, 2}});
  EXPECT_EQ(other.run(quarter_up(), Draw::point()).participants.row(0), (Matrix(1, 2) << 0, 8).finished());
  EXPECT_EQ(other.works(0, Draw::point()), p.terms().completion.value());
  EXPECT_EQ(other.moves(quarter_up(), Draw::point(), 0).front(), quarter_up().matrix(0));
  EXPECT_EQ(other.ways()[0], newcomers);
  EXPECT_EQ(other.ways().find({{}, 9}), other.ways().size());
}

TEST(ProjectionTest, RefusesSeatsThatDoNotFit) {
  const Ladder l = two_rungs();
  const Programme p = course(rungs::odds_ratio(2));
  Programme::Terms terms = p.terms();
  terms.waiting_list = true;
  const Programme waits = p.on(terms);
  terms.waiting_list = false;
  terms.uptake = Share(0);
  const Programme closed = p.on(terms);
  const rungs::Track newcomers{{rungs::Standing{}}, 0};
  const auto with = [&](const Programme& one, rungs::SeatsOfTrack seats) {
    return [&one, &l, seats] {
      Projection(quarter_up(), population(l, {100, 0}), reach_technician(2),
                 {"plan", {one}, rungs::Combine::in_turn, {}, {seats}});
    };
  };
  const auto says = [](const char* words) { return ThrowsMessage<Refusal>(StrEq(words)); };
  EXPECT_THAT(
      with(p, {1, 0, newcomers, 0, 1}),
      says("found, in 'plan', assigned seats of programme 1 in step 0; expected a programme and a step that there "
           "are, counted from 0 [E-ASSIGNED]"));
  EXPECT_THAT(
      with(p, {0, 2, newcomers, 0, 1}),
      says("found, in 'plan', assigned seats of programme 0 in step 2; expected a programme and a step that there "
           "are, counted from 0 [E-ASSIGNED]"));
  for (const rungs::SeatsOfTrack& seats :
       {rungs::SeatsOfTrack{0, 1, newcomers, 1, 1}, rungs::SeatsOfTrack{0, 1, {newcomers.with, 3}, 0, 1}})
    EXPECT_THAT(with(p, seats),
                says("found, in 'plan', seats of 'course' in step 1 assigned to people who may not enrol; "
                     "expected people who are eligible then [E-ASSIGNED]"));
  EXPECT_THAT(
      with(p, {0, 0, newcomers, 0, std::numeric_limits<double>::quiet_NaN()}),
      says("found, in 'plan', assigned seats of nan people; expected a number of people, 0 or more [E-ASSIGNED]"));
  EXPECT_THAT(
      with(waits, {0, 0, newcomers, 0, 1}),
      says("found, in 'plan', assigned seats and a waiting list of 'course'; expected no waiting list [E-ASSIGNED]"));
  EXPECT_THAT(with(closed, {0, 0, newcomers, 0, 1}),
              says("found, in 'plan', assigned seats of 'course', in which nobody enrols; expected offers, uptake and "
                   "seats above 0 [E-ASSIGNED]"));
  Projection open(quarter_up(), population(l, {100, 0}), reach_technician(2), {"plan", {p}});
  EXPECT_THAT(
      [&] {
        open.assign({{0, 0, newcomers, 0, 1}});
      },
      says("found seats to assign in 'plan', which was planned without; expected a policy with assigned seats "
           "[E-ASSIGNED]"));
}

// Lock-ins of a period begin with it: in two programmes at once the longer one counts, and not their product.
TEST(ProjectionByHand, TheLongestLockInHolds) {
  const Ladder l = Ladder::parse("low < high");
  const auto programme = [&](const char* name, double years, double forgone) {
    return Programme({.eligible = l["low"],
                      .completion = Share(0),
                      .lock_in_years = years,
                      .earnings_forgone = Share(forgone),
                      .years = {{2000, 2000}}},
                     MoveEffects(name, {{l["low"], l["high"], rungs::odds_ratio(2)}}));
  };
  const auto course = [&](double a, double b, double f = 0, double g = 0) {
    return project(by_hand::kernel(l, by_hand::square({{.8, .2}, {0, 1}})), by_hand::population(l, {1000, 0}),
                   {l["low"], l["high"], Span(1)}, {"both", {programme("a", a, f), programme("b", b, g)}});
  };
  EXPECT_NEAR(course(.5, .5).reached(), 100, 1e-9);
  EXPECT_NEAR(course(.5, .25).reached(), 100, 1e-9);
  EXPECT_NEAR(course(.25, .75).reached(), 50, 1e-9);
  // And so with what they do not earn: all of it for half a year, and half of it for another quarter.
  EXPECT_NEAR(course(.5, .75, .8, .5).away(0, 0), 1000 * (.5 * 1 + .25 * .5), 1e-9);
  EXPECT_NEAR(course(.5, .5, .4, .5).away(0, 0), 1000 * .5 * .9, 1e-9);
}

// Seats of a stratum that are dealt to all who want one, whatever they took part in before.
TEST(ProjectionByHand, SeatsMayBeDealtAlike) {
  const Ladder l = Ladder::parse("low < high");
  const auto programme = [&](const char* name, double points_) {
    return Programme({.eligible = l["low"]}, MoveEffects(name, {{l["low"], l["high"], rungs::points(points_)}}));
  };
  Policy policy{"plan", {programme("a", .1), programme("b", .2)}, rungs::Combine::in_turn, {}, {}, true};
  const rungs::Track untouched{std::vector<rungs::Standing>(2), 0};
  // Of 100, 40 take a; of the 100 who then may take b, 50 do, 20 of them after a.
  policy.assigned = {{0, 0, untouched, 0, 40}, {1, 0, untouched, 0, 50}};
  const Course c = project(by_hand::kernel(l, by_hand::square({{.8, .2}, {0, 1}})), by_hand::population(l, {100, 0}),
                           {l["low"], l["high"], Span(1)}, policy);
  EXPECT_NEAR(c.reached(), 30 * .2 + 20 * .3 + 30 * .4 + 20 * .5, 1e-9);
  EXPECT_NEAR(c.participants(1, 0), 50, 1e-9);
  policy.assigned = {{0, 0, untouched, 1, 40}};
  try {
    (void)project(by_hand::kernel(l, by_hand::square({{.8, .2}, {0, 1}})), by_hand::population(l, {100, 0}),
                  {l["low"], l["high"], Span(1)}, policy);
    FAIL();
  } catch (const rungs::Refusal& e) {
    EXPECT_STREQ(e.what(),
                 "found, in 'plan', seats of 'a' in step 0 assigned to people who may not enrol; expected "
                 "people who are eligible then [E-ASSIGNED]");
  }
}

}  // namespace
}  // namespace projection_test
