// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/project/population.hpp>

#include <cmath>
#include <tuple>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <rungs/project/projection.hpp>
#include <rungs/project/sensitivity.hpp>

#include "../core/message.hpp"

/// People in groups that nobody can tell apart.
namespace unseen_groups_test {
namespace {

using namespace rungs;
using rungs_test::said;

Ladder each() { return Ladder::parse("a < b < c | out"); }
Ladder ladder() { return each().for_groups({"movers", "stayers"}); }

Kernel kernel() {
  const Ladder on = ladder();
  Matrix p = Matrix::Identity(8, 8), own(4, 4);
  own << .6, .25, .1, .05, .2, .45, .3, .05, .1, .25, .6, .05, 0, 0, 0, 1;
  for (std::size_t i = 0; i < 4; ++i)
    for (std::size_t j = 0; j < 4; ++j)
      p(static_cast<Eigen::Index>(on.for_group(i, 0)), static_cast<Eigen::Index>(on.for_group(j, 0))) =
          own(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j));
  return Kernel(TransitionMatrix(on, p, Step{}));
}

GroupShares shares() {
  Matrix point(4, 2), drawn(4, 2);
  point << .7, .3, .5, .5, .4, .6, 1, 0;
  drawn << .9, .1, .2, .8, .4, .6, 1, 0;
  return {ladder(), point, {}, {drawn}};
}

Population people(double into_b, double posts) {
  const Ladder on = ladder();
  Headcount start(on);
  start.set(on["movers: a"], Heads(100)).set(on["stayers: a"], Heads(20)).set(on["movers: b"], Heads(50));
  return Population(std::move(start), Period(0),
                    {{on["movers: b"], into_b, {{on["movers: c"], 0.2}, {on["stayers: c"], 0.2}}}},
                    {{on.select("c"), Heads(posts)}})
      .in_unseen_groups(shares());
}

Question question() {
  const Ladder on = ladder();
  return {on.select("a"), on.select("c"), Span(4)};
}

TEST(UnseenGroups, PeopleStartAndComeInByTheSharesOfTheirWorld) {
  const Ladder on = ladder();
  const Population all = people(30, 1000);
  for (const auto& [draw, of_a, of_b] : {std::tuple(Draw::point(), .3, .5), std::tuple(Draw(Seed(1), 0), .1, .8)}) {
    const Course course = project(kernel(), all, question(), {}, draw);
    const auto heads = [&](Eigen::Index t, const char* name) {
      return course.headcount(t, static_cast<Eigen::Index>(on[name].index()));
    };
    EXPECT_NEAR(heads(0, "stayers: a"), 120 * of_a, 1e-12);
    EXPECT_NEAR(heads(0, "movers: a"), 120 * (1 - of_a), 1e-12);
    EXPECT_NEAR(heads(0, "stayers: b"), 50 * of_b, 1e-12);
    EXPECT_NEAR(course.cohort, 120, 1e-12);
    // Who comes in during the first period is of each group as the shares of b say; stayers stay.
    EXPECT_NEAR(heads(1, "stayers: b"), (50 + 30) * of_b, 1e-12);
    EXPECT_NEAR(course.entrants(0, static_cast<Eigen::Index>(on["movers: b"].index())), 30 * (1 - of_b), 1e-12);
  }
  EXPECT_NEAR(all.start().heads().sum(), 170, 1e-12);
}

TEST(UnseenGroups, OneMoreEntrantIsOfEachGroupWithItsShare) {
  const double h = 1e-4;
  for (const double posts : {1000.0, 20.0})
    for (const Draw& draw : {Draw::point(), Draw(Seed(1), 0)}) {
      const Population all = people(30, posts);
      const Projection plan(kernel(), all, question(), {});
      const Sensitivity s = ProjectionGradient(plan).at(kernel(), draw, {.reached = 1, .standing = 0.5});
      const auto value = [&](double into_b) {
        const Course c = project(kernel(), people(into_b, posts), question(), {}, draw);
        return c.reached() + 0.5 * c.standing;
      };
      const double slope = (value(30 + h) - value(30 - h)) / (2 * h);
      for (const char* name : {"movers: b", "stayers: b"})
        EXPECT_NEAR(s.inflow[static_cast<Eigen::Index>(ladder()[name].index())], slope, 1e-6) << posts;
      if (posts < 100) {
        EXPECT_LT(slope, -1e-3);  // rejects: who comes in takes no posts
      }
    }
}

TEST(UnseenGroups, WhoIsOfAGroupIsChanceAsWell) {
  const Ladder on = ladder();
  const Question asked{on.set_of({0, 1, 2, 3}), on.select("c"), Span(4)};  // who starts in a or b
  for (const auto& [draw, of_a, of_b] : {std::tuple(Draw::point(), .3, .5), std::tuple(Draw(Seed(1), 0), .1, .8)}) {
    const auto chance = [&, &world = draw](const char* from) {
      Headcount one(on);
      one.set(on[from], Heads(1));
      return project(kernel(), Population(std::move(one)), asked, {}, world).reached();
    };
    const Population all = people(0, 1000);
    const Projection plan(kernel(), all, asked, {});
    ProjectionGradient gradient(plan);
    // Movers alone reach: each of those who start in a stratum is one, and reaches, with one chance.
    const double a = (1 - of_a) * chance("movers: a"), b = (1 - of_b) * chance("movers: b");
    const double expected = 120 * a * (1 - a) + 50 * b * (1 - b);
    EXPECT_NEAR(gradient.at(kernel(), draw).variance, expected, 1e-11);
    const Sensitivity movers = gradient.at(kernel(), draw, {.group = 0});
    EXPECT_NEAR(movers.variance, expected, 1e-11);
    EXPECT_NEAR(movers.value, 120 * a + 50 * b, 1e-11);
    EXPECT_EQ(gradient.at(kernel(), draw, {.group = 1}).variance, 0);
  }
}

TEST(UnseenGroups, SharesOfAnotherLadderAreRefused) {
  EXPECT_EQ(said<Refusal>([] { (void)Population(Headcount(each())).in_unseen_groups(shares()); }),
            "found shares of groups on another ladder than that of the people; expected the same [E-LADDER-OTHER]");
}

}  // namespace
}  // namespace unseen_groups_test
