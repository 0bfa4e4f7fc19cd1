// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/project/sensitivity.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

namespace sensitivity_test {
namespace {

using namespace rungs;

// Workers of whom a quarter moves up in a year, 100 of them; nobody falls. With the odds times r the probability p
// becomes r p / (1 - p + r p), and its derivative is r / (1 - p + r p)^2: at 3 and 1/4, 1/2 and 4/3.
const Ladder two = Ladder::parse("worker < technician");
Kernel quarter_up(double down = 0) {
  Matrix p(2, 2);
  p << .75, .25, down, 1 - down;
  return Kernel(TransitionMatrix(two, p));
}
Population people(double workers, double technicians = 0, std::vector<Posts> posts = {},
                  std::vector<Inflow> inflow = {}) {
  Vector heads(2);
  heads << workers, technicians;
  return Population(Headcount(two, heads), Period(2000), std::move(inflow), std::move(posts));
}
Sensitivity at(const Population& population, std::int64_t years, const Policy& policy = {}, const Objective& o = {},
               Count count = Count::gross, double down = 0) {
  const Projection projection(quarter_up(down), population, {two["worker"], two["technician"], Span(years)}, policy,
                              count);
  return ProjectionGradient(projection).at(quarter_up(down), Draw::point(), o);
}
MoveEffects made(const std::string& name, const Effect& effect, GivenUp given_up = GivenUp::others) {
  return {name, {{two["worker"], two["technician"], effect, given_up}}};
}
Programme all_in(const std::string& name, const Effect& effect) {
  return {{.eligible = two["worker"]}, made(name, effect)};
}

TEST(SensitivityByHand, OneMove) {
  // 100 p in a year; 100 (1 - (1-p)^2) in two, with a derivative of 200 (1-p).
  const Sensitivity one = at(people(100), 1), both = at(people(100), 2);
  EXPECT_NEAR(one.value, 25, 1e-12);
  EXPECT_NEAR(one.moves(0, 1), 100, 1e-12);
  EXPECT_NEAR(one.moves(0, 0), -100, 1e-12) << "what more stay, less move up";
  EXPECT_NEAR(one.moves(1, 0), 0, 1e-12);
  EXPECT_NEAR(both.moves(0, 1), 150, 1e-12);
  EXPECT_NEAR(both.moves(0, 0), -150, 1e-12);
  EXPECT_NEAR(at(people(100), 0).moves.cwiseAbs().maxCoeff(), 0, 0);
  // Standing after two years, with a fall of h: (100 p + (100 (1-p)) p) - h 100 p: a quarter of the hundred falls.
  const Sensitivity standing = at(people(100), 2, {}, {0, 1, {}});
  EXPECT_NEAR(standing.value, 43.75, 1e-12);
  EXPECT_NEAR(standing.moves(1, 0), -25, 1e-12);
  // In three rungs a move past one, that nobody makes, takes from staying and from moving up alike: of 100, 1 each for
  // the move itself, less the 1/4 of those who would have gone up at once.
  const Ladder l = Ladder::parse("a < b < c");
  Matrix p(3, 3);
  p << .75, .25, 0, 0, .5, .5, 0, 0, 1;
  const Kernel k(TransitionMatrix(l, p));
  Vector heads(3);
  heads << 100, 0, 0;
  const Projection projection(k, Population(Headcount(l, heads)), {l["a"], l["c"], Span(2)}, {});
  // Reached in two years: p02 + p00 p02 + p01 p12. With h: p02 = h, p00 = .75 (1-h), p01 = .25 (1-h).
  //   h + .75 h (1-h) + .125 (1-h): 1 + .75 - .125 at h = 0
  EXPECT_NEAR(ProjectionGradient(projection).at(k, Draw::point()).moves(0, 2), 162.5, 1e-12);
  EXPECT_NEAR(ProjectionGradient(projection).at(k, Draw::point()).value, 12.5, 1e-12);
}

TEST(SensitivityByHand, ThroughAnEffect) {
  EXPECT_NEAR(at(people(100), 1, {"", {all_in("A", odds_ratio(3))}}).moves(0, 1), 100 * 4.0 / 3, 1e-10);
  EXPECT_NEAR(at(people(100), 1, {"", {all_in("A", log_odds(std::log(3.0)))}}).moves(0, 1), 100 * 4.0 / 3, 1e-10);
  // 1 - (1-p)^2: 2 (1-p)
  EXPECT_NEAR(at(people(100), 1, {"", {all_in("A", hazard_ratio(2))}}).moves(0, 1), 150, 1e-10);
  EXPECT_NEAR(at(people(100), 1, {"", {all_in("A", risk_ratio(2))}}).moves(0, 1), 200, 1e-10);
  EXPECT_NEAR(at(people(100), 1, {"", {all_in("A", points(.1))}}).moves(0, 1), 100, 1e-10);
  // Half of them net of a deadweight of a half, 1/2 * 4/3 + 1/2.
  const Programme wasted({.eligible = two["worker"], .deadweight = Share(.5)}, made("A", odds_ratio(3)));
  EXPECT_NEAR(at(people(100), 1, {"", {wasted}}, {}, Count::net).moves(0, 1), 100 * 7.0 / 6, 1e-10);
  // Half a year of lock-in holds half of it.
  const Programme held({.eligible = two["worker"], .lock_in_years = .5}, made("A", odds_ratio(3)));
  EXPECT_NEAR(at(people(100), 1, {"", {held}}).moves(0, 1), 50 * 4.0 / 3, 1e-10);
}

TEST(SensitivityByHand, SeatsThatBind) {
  // 40 seats of 100: 40 / 2 + 60 / 4. One more seat makes a half of a quarter.
  const Programme p({.eligible = two["worker"], .seats_per_year = Heads(40)}, made("A", odds_ratio(3)));
  Objective o;
  o.participants = Matrix::Constant(1, 1, -7);
  const Sensitivity s = at(people(100), 1, {"", {p}}, o);
  EXPECT_NEAR(s.value, 35 - 280, 1e-12);
  EXPECT_NEAR(s.seats(0, 0), .25 - 7, 1e-12);
  EXPECT_NEAR(s.moves(0, 1), 40 * 4.0 / 3 + 60, 1e-10);
  // Not where they do not bind, nor where there is none.
  EXPECT_EQ(at(people(30), 1, {"", {p}}).seats(0, 0), 0);
  // Two years with a waiting list: a seat in the first year gives 1/2 - 1/4 in it; the person is then trained (1/2) or
  // not (1/4) if still there, 1/2 or 3/4, but no seat of the second year is left by it: the list is longer than the
  // seats. 1/2 + 1/2 * 1/2 less what one on the list has: 1/4 + 3/4 (1/4 + admitted (1/2 - 1/4)); of 60 * 3/4 = 45 on
  // the list 40 are admitted, and the others there gain what this one leaves: 3/4 of a place with 40 / 45 as likely.
  //   3/4 - (1/4 + 3/4 (1/4 + 8/9 / 4)) + 3/4 * 8/9 / 4 = 3/4 - 7/16 = 5/16
  const Programme list({.eligible = two["worker"], .seats_per_year = Heads(40), .waiting_list = true},
                       made("A", odds_ratio(3)));
  const Sensitivity two_years = at(people(100), 2, {"", {list}});
  EXPECT_NEAR(two_years.seats(0, 0), 5.0 / 16, 1e-12);
  EXPECT_NEAR(two_years.seats(0, 1), .25, 1e-12);
}

TEST(SensitivityByHand, OneMoreSeatWhereTheLastGoesToTheLastInLine) {
  // 100 helpers take all 100 seats, so that none of 50 operators finds one; one more would be an operator's, who is a
  // boss a year later with 1/2 more.
  const Ladder l = Ladder::parse("helper < operator < boss");
  Matrix p(3, 3);
  p << .5, .5, 0, 0, .75, .25, 0, 0, 1;
  const Kernel k(TransitionMatrix(l, p));
  Vector heads(3);
  heads << 100, 50, 0;
  const auto reached = [&](double seats) {
    const Programme course({.eligible = l.set_of({0, 1}),
                            .seats_per_year = Heads(seats),
                            .waiting_list = true,
                            .rationing = Rationing::lowest_rung},
                           MoveEffects("course", {{l["operator"], l["boss"], points(.5)}}));
    const Projection projection(k, Population(Headcount(l, heads)), {l.set_of({0, 1}), l["boss"], Span(1)},
                                {"", {course}});
    return ProjectionGradient(projection).at(k, Draw::point());
  };
  const Sensitivity s = reached(100);
  EXPECT_NEAR(s.value, 12.5, 1e-12);
  EXPECT_NEAR(s.seats(0, 0), .5, 1e-12);
  EXPECT_NEAR(reached(101).value - s.value, .5, 1e-12);
  EXPECT_NEAR(reached(99).seats(0, 0), 0, 1e-12) << "a helper's";
  EXPECT_NEAR(reached(150).seats(0, 0), 0, 1e-12) << "nobody's";
}

TEST(SensitivityByHand, PostsThatBind) {
  // 10 technicians of whom a fifth leaves, 15 posts: 7 of the 25 who would go up find one. One more post is one more
  // who reaches, whatever the rate; one more technician leaving too; an entrant takes one.
  const Population full = people(100, 10, {{two["technician"], Heads(15)}});
  const Sensitivity s = at(full, 1, {}, {}, Count::gross, .2);
  EXPECT_NEAR(s.value, 7, 1e-12);
  EXPECT_NEAR(s.posts[1], 1, 1e-12);
  EXPECT_NEAR(s.moves(0, 1), 0, 1e-12);
  EXPECT_NEAR(s.moves(1, 0), 10, 1e-12);
  EXPECT_NEAR(s.inflow[1], -1, 1e-12);
  EXPECT_NEAR(s.inflow[0], 0, 1e-12);
  // Where they do not bind.
  const Sensitivity free = at(people(100, 10, {{two["technician"], Heads(50)}}), 1, {}, {}, Count::gross, .2);
  EXPECT_EQ(free.posts[1], 0);
  EXPECT_NEAR(free.moves(0, 1), 100, 1e-12);
  // A chain: a post more at the top is a post more on every rung below; the reach of the second rung gains by it.
  const Ladder l = Ladder::parse("a < b < c | left");
  Matrix p(4, 4);
  p << .8, .2, 0, 0, 0, .8, .2, 0, 0, 0, .9, .1, 0, 0, 0, 1;
  const Kernel k(TransitionMatrix(l, p));
  Vector heads(4);
  heads << 100, 100, 50, 0;
  const Projection chain(k, Population(Headcount(l, heads), Period(0), {}, {{l["b"], Heads(100)}, {l["c"], Heads(50)}}),
                         {l["a"], l["b"], Span(1)}, {});
  const Sensitivity top = ProjectionGradient(chain).at(k, Draw::point());
  EXPECT_NEAR(top.value, 5, 1e-12) << "5 leave at the top, 5 follow, and 5 follow them";
  EXPECT_NEAR(top.posts[2], 1, 1e-12);
  EXPECT_NEAR(top.posts[1], 1, 1e-12);
  EXPECT_NEAR(top.moves(2, 3), 50, 1e-12) << "of 50 each more in a hundred";
}

TEST(SensitivityByHand, HowEffectsCombine) {
  const Programme a = all_in("A", odds_ratio(3)), b = all_in("B", odds_ratio(9));
  const auto slope = [](double r) { return 100 * r / ((.75 + r * .25) * (.75 + r * .25)); };
  EXPECT_NEAR(at(people(100), 1, {"", {a, b}}).moves(0, 1), slope(27), 1e-10);
  EXPECT_NEAR(at(people(100), 1, {"", {a, b}, Combine::strongest}).moves(0, 1), slope(9), 1e-10);
  EXPECT_NEAR(at(people(100), 1, {"", {b, a}, Combine::strongest}).moves(0, 1), slope(9), 1e-10);
  EXPECT_NEAR(
      at(people(100), 1, {"", {a, b}, Combine::strongest, {{{"A", "B"}, made("C", odds_ratio(2))}}}).moves(0, 1),
      slope(18), 1e-10);
  EXPECT_NEAR(at(people(100), 1, {"", {a, b}, Combine::in_turn, {{{"A", "B"}, made("C", odds_ratio(2))}}}).moves(0, 1),
              slope(54), 1e-10);
}

TEST(SensitivityByHand, WhatIsCappedDoesNotReact) {
  // 1/4 and 3/4 of .9 more are 1, and stay so; also as a complement of programmes that do nothing.
  const Programme twice({.eligible = two["worker"]},
                        MoveEffects("A", {{two["worker"], two["technician"], points(.6)},
                                          {two["worker"], two["technician"], points(.6)}}));
  EXPECT_NEAR(at(people(100), 1, {"", {twice}}).value, 100, 1e-12);
  EXPECT_NEAR(at(people(100), 1, {"", {twice}}).moves(0, 1), 0, 1e-6);
  const Complement more{{"B"},
                        MoveEffects("more", {{two["worker"], two["technician"], points(.6)},
                                             {two["worker"], two["technician"], points(.6)}})};
  const Programme b({.eligible = two["worker"]}, MoveEffects("B", {}));
  const Sensitivity s = at(people(100), 1, {"", {b}, Combine::in_turn, {more}});
  EXPECT_NEAR(s.value, 100, 1e-12);
  EXPECT_NEAR(s.moves(0, 1), 0, 1e-6);
}

/// Twice as many move up, from staying.
struct Doubled {
  [[nodiscard]] std::string name() const { return "doubled"; }
  [[nodiscard]] double settled() const { return 0; }
  [[nodiscard]] bool change(Matrix& p, const Ladder&, double, Step, const Draw&) const {
    p(0, 0) -= p(0, 1);
    p(0, 1) *= 2;
    return false;
  }
};

TEST(SensitivityByHand, ProgrammeOfOnesOwn) {
  const Programme p({.eligible = two["worker"]}, Doubled{});
  EXPECT_NEAR(at(people(100), 1, {"", {p}}).moves(0, 1), 200, 1e-6);
  // In two years 1 - (1 - 2p)^2: 4 (1 - 2p).
  EXPECT_NEAR(at(people(100), 2, {"", {p}}).moves(0, 1), 200, 1e-6);
  EXPECT_NEAR(at(people(100), 2, {"", {p}}).value, 75, 1e-12);
}

TEST(SensitivityTest, OneGradientForManyWorlds) {
  const Programme p({.eligible = two["worker"], .uptake = Share(.5)}, made("A", odds_ratio(3).interval(1, 9)));
  const Projection projection(quarter_up(), people(100), {two["worker"], two["technician"], Span(3)}, {"", {p}});
  ProjectionGradient again(projection);
  for (std::uint64_t d = 0; d < 5; ++d) {
    const Draw draw(Seed(4), d);
    const Sensitivity s = again.at(quarter_up(), draw), fresh = ProjectionGradient(projection).at(quarter_up(), draw);
    EXPECT_EQ(s.value, projection.run(quarter_up(), draw).reached());
    EXPECT_EQ((s.moves - fresh.moves).cwiseAbs().maxCoeff(), 0);
  }
}

}  // namespace
}  // namespace sensitivity_test
