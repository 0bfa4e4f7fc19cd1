// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <gtest/gtest.h>

#include <rungs/model/ensemble.hpp>
#include <rungs/project/projection.hpp>

#include "../core/message.hpp"
#include "by_hand.hpp"

namespace project_groups_test {
namespace {

using namespace rungs;
using by_hand::column;
using by_hand::expect_row;
using by_hand::square;

const Ladder plain = Ladder::parse("worker < technician");
const Ladder both = plain.for_groups({"women", "men"});

/// Half of the women and a quarter of the men become technicians in a year.
Kernel moves() {
  return Ensemble::of_groups(both, {Ensemble(by_hand::kernel(plain, square({{.5, .5}, {0, 1}})), Known{}, ""),
                                    Ensemble(by_hand::kernel(plain, square({{.75, .25}, {0, 1}})), Known{}, "")})
      .point();
}
Course course(std::initializer_list<double> heads, std::vector<Posts> posts, const Policy& policy, int years) {
  return project(moves(), Population(Headcount(both, column(heads)), Period(2000), {}, std::move(posts)),
                 {both.select("worker"), both.select("technician"), Span(years)}, policy);
}

TEST(GroupsByHand, EachMovesAtItsOwnRates) {
  // Women and men who are workers, then women and men who are technicians.
  const Course c = course({16, 16, 0, 4}, {}, {}, 2);
  expect_row(c.headcount, 1, {8, 12, 8, 8});
  expect_row(c.headcount, 2, {4, 9, 12, 11});
  expect_row(c.first_reached.transpose(), 0, {0, 12, 7});
  expect_row(c.reached_now.transpose(), 0, {0, 0, 12, 7});
}

TEST(GroupsByHand, ShareSeatsByWhoWantsThem) {
  // A fifth of the men and three fifths of the women want a seat: 10 and 10 people for 15 and 50 of them, so 3 in 4
  // find one; of those all become technicians.
  const auto course_for = [](std::vector<std::pair<StratumSet, Share>> uptake) {
    return Policy{
        "course",
        {Programme({.eligible = both.select("worker"),
                    .uptake = Share(.2),
                    .uptake_of = std::move(uptake),
                    .seats_per_year = Heads(15),
                    .years = {{2000, 2000}}},
                   MoveEffects("course", {{both.select("worker"), both.select("technician"), points(.25)}}))}};
  };
  const Course c = course({50, 50, 0, 0}, {}, course_for({{both.select("women"), Share(.4)}}), 1);
  // 20 women and 10 men want one: 10 and 5 find it. Then .75 and .5 of them move, of the others .5 and .25.
  expect_row(c.participants, 0, {15});
  expect_row(c.turned_away, 0, {15});
  expect_row(c.enrolled, 0, {10, 5, 0, 0});
  expect_row(c.headcount, 1, {22.5, 36.25, 27.5, 13.75});
  // Men alone may be asked.
  const Course men = course({50, 50, 0, 0}, {}, course_for({{both.select("women"), Share(0)}}), 1);
  expect_row(men.enrolled, 0, {0, 10, 0, 0});
  expect_row(men.headcount, 1, {25, 35, 25, 15});
}

TEST(GroupsByHand, ShareThePostsOfAStratum) {
  // 8 women and 4 men push into 10 posts of which 4 are taken: half of them find one.
  const Course c = course({16, 16, 0, 4}, {{both.select("technician"), Heads(10)}}, {}, 1);
  expect_row(c.headcount, 1, {12, 14, 4, 6});
  expect_row(c.blocked, 0, {0, 0, 4, 2});
  // Posts for women only leave the men as they are.
  const Course women = course({16, 16, 0, 4}, {{both["women: technician"], Heads(2)}}, {}, 1);
  expect_row(women.headcount, 1, {14, 12, 2, 8});
  EXPECT_EQ(
      rungs_test::said<Refusal>([] {
        (void)Population(Headcount(both, column({1, 1, 1, 1})), Period(0), {}, {{both.select("women"), Heads(1)}});
      }),
      "found posts shared by 'women: worker', 'women: technician', of which one leads to another; expected one "
      "stratum, or the same stratum of several groups [E-POSTS]");
}

TEST(GroupsByHand, HaveNoEffectsFromOneToAnother) {
  EXPECT_EQ(
      rungs_test::said<Refusal>([] {
        MoveEffects("course", {{both["men: worker"], both["women: technician"], odds_ratio(2)}}).check(both);
      }),
      "found an effect of 'course' from 'men: worker' to 'women: technician'; expected strata of one group, since "
      "nobody leaves their own [E-STRUCT-ZERO]");
}

TEST(GroupsByHand, HaveEffectsOfTheirOwn) {
  const Policy policy{
      "course",
      {Programme({.eligible = both.select("worker")},
                 MoveEffects("course", {{both["men: worker"], both.select("technician"), points(.25)}}))}};
  const Course c = course({16, 16, 0, 0}, {}, policy, 1);
  expect_row(c.headcount, 1, {8, 8, 8, 8});
}

}  // namespace
}  // namespace project_groups_test
