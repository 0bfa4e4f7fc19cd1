// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include <rungs/decide/evaluate.hpp>

namespace groups_test {
namespace {

using namespace rungs;

const Ladder plain = Ladder::parse("worker < technician < manager | left");
const Ladder both = plain.for_groups({"women", "men"});

Ensemble model(double more = 0) {
  Matrix p(4, 4), alpha(4, 4);
  p << 0.8, 0.1 + more, 0, 0.1 - more, 0, 0.85, 0.1, 0.05, 0, 0, 0.97, 0.03, 0, 0, 0, 1;
  alpha = 100 * p;
  alpha.row(3).setZero();
  return {Kernel(TransitionMatrix(plain, p)), DirichletWeights{{alpha}}, "dirichlet"};
}
Programme course(const Ladder& l, Programme::Terms terms = {.eligible = plain.set_of({})}) {
  terms.eligible = l.select("worker");
  terms.cost_per_participant = 100;
  return {std::move(terms),
          MoveEffects("course", {{l.select("worker"), l.select("technician"), odds_ratio(3).interval(2, 5)}})};
}
Population people(const Ladder& l, std::vector<std::pair<const char*, double>> heads) {
  Headcount start(l);
  for (const auto& [name, of] : heads) start.set(l[name], Heads(of));
  return Population(std::move(start), Period(2025));
}
Question question(const Ladder& l) { return {l.select("worker"), l.select("manager"), Span(6)}; }
const EvaluateOptions options{.draws = 300, .seed = Seed(11), .bottleneck_draws = 20};

void expect_same(const Estimate& a, const Estimate& b) {
  EXPECT_NEAR(a.value, b.value, 1e-12 * (1 + std::abs(b.value)));
  EXPECT_NEAR(a.lower, b.lower, 1e-12 * (1 + std::abs(b.lower)));
  EXPECT_NEAR(a.upper, b.upper, 1e-12 * (1 + std::abs(b.upper)));
}

// A move that groups share is one number, and of no group.
TEST(EvaluateGroups, WorldsHaveTheMovesOfGroups) {
  EvaluateOptions keep = options;
  keep.keep_worlds = true;
  const auto names = [&](const Ensemble& of) {
    return evaluate(of, people(both, {{"women: worker", 300}}), question(both), {}, {}, keep).worlds.value().names;
  };
  EXPECT_EQ(names(model().for_groups(both)),
            (std::vector<std::string>{"worker -> technician", "worker -> left", "technician -> manager",
                                      "technician -> left", "manager -> left"}));
}

// Groups that share their moves and nothing that runs out: each is what it would be alone, world by world.
TEST(EvaluateGroups, EachIsWhatItWouldBeAlone) {
  const Evaluation e = evaluate(model().for_groups(both), people(both, {{"women: worker", 300}, {"men: worker", 100}}),
                                question(both), {{"course", {course(both)}}}, {}, options);
  EXPECT_EQ(e.cohort, 400);
  for (const auto& [g, heads] : {std::pair(0U, 300.0), std::pair(1U, 100.0)}) {
    const Evaluation alone = evaluate(model(), people(plain, {{"worker", heads}}), question(plain),
                                      {{"course", {course(plain)}}}, {}, options);
    const GroupResult &base = e.baseline.groups.at(g), &with = e.policies.at(0).groups.at(g);
    EXPECT_EQ(with.name, both.groups()[g]);
    EXPECT_EQ(with.cohort, heads);
    expect_same(base.reach, alone.baseline.reach);
    expect_same(with.reach, alone.policies.at(0).reach);
    expect_same(with.standing, alone.policies.at(0).standing);
    expect_same(with.additional, alone.policies.at(0).additional);
    expect_same(with.participants, alone.policies.at(0).participants);
    EXPECT_NEAR(with.people_reaching.value, alone.policies.at(0).people_reaching.value, 1e-9);
    EXPECT_TRUE(with.people_reaching.varied.individual_chance);
    EXPECT_FALSE(with.reach.varied.individual_chance);
    EXPECT_TRUE(with.additional.varied.parameters && with.additional.varied.effects);
  }
  // Alike as they are, nothing is between them in any world.
  ASSERT_EQ(e.policies[0].gaps.size(), 1U);
  EXPECT_NEAR(e.policies[0].gaps[0].reach.upper, 0, 1e-12);
  EXPECT_NEAR(e.policies[0].gaps[0].change.lower, 0, 1e-12);
  // Together they are everybody.
  const Evaluation all =
      evaluate(model(), people(plain, {{"worker", 400}}), question(plain), {{"course", {course(plain)}}}, {}, options);
  expect_same(e.policies[0].reach, all.policies[0].reach);
  expect_same(e.policies[0].additional, all.policies[0].additional);
  ASSERT_EQ(e.policies[0].together.size(), all.policies[0].trajectory.size());
  for (std::size_t k = 0; k < e.policies[0].together.size(); ++k)
    expect_same(e.policies[0].together[k].heads, all.policies[0].trajectory[k].heads);
}

TEST(EvaluateGroups, HaveTheirOwnUptakeAndGapsAreInTheSameWorlds) {
  const Evaluation e =
      evaluate(Ensemble::of_groups(both, {model(), model(0.05)}),
               people(both, {{"women: worker", 300}, {"men: worker", 100}}), question(both),
               {{"women only",
                 {course(both, {.eligible = both.select("worker"),
                                .uptake_of = {{both.select("women"), Share(1)}, {both.select("men"), Share(0)}}})}}},
               {}, options);
  const PolicyResult& r = e.policies.at(0);
  EXPECT_EQ(r.groups[1].participants.upper, 0);
  EXPECT_EQ(r.groups[1].additional.upper, 0);
  EXPECT_GT(r.groups[0].additional.lower, 0);
  EXPECT_NEAR(r.groups[0].additional.value + r.groups[1].additional.value, r.additional.value, 1e-9);
  EXPECT_NEAR(r.groups[0].participants.value + r.groups[1].participants.value, r.participants.value, 1e-9);
  EXPECT_EQ(r.gaps[0].group, "women");
  EXPECT_EQ(r.gaps[0].other, "men");
  EXPECT_NEAR(r.gaps[0].reach.value, r.groups[0].reach.value - r.groups[1].reach.value, 1e-12);
  EXPECT_NEAR(r.gaps[0].change.value, r.groups[0].additional.value / 300, 1e-12);
  // The men move as without it in every world, so that only the women's gain is in the change.
  EXPECT_NEAR(r.gaps[0].change.lower, r.groups[0].additional.lower / 300, 1e-12);
}

TEST(EvaluateGroups, OfWhomNobodyIsAskedAboutAreLeftOut) {
  const Evaluation e = evaluate(model().for_groups(both), people(both, {{"women: worker", 300}, {"men: manager", 9}}),
                                question(both), {}, {}, options);
  ASSERT_EQ(e.baseline.groups.size(), 1U);
  EXPECT_EQ(e.baseline.groups[0].name, "women");
  EXPECT_TRUE(e.baseline.gaps.empty());
}

TEST(EvaluateGroups, OfWhichOneCannotReachAreToldSo) {
  Matrix no = Matrix::Identity(4, 4);
  no.row(0) << 0.9, 0.1, 0, 0;
  const Evaluation e =
      evaluate(Ensemble::of_groups(both, {Ensemble(Kernel(TransitionMatrix(plain, no)), Known{}, ""), model()}),
               people(both, {{"women: worker", 300}, {"men: worker", 100}}), question(both), {}, {}, options);
  EXPECT_EQ(e.baseline.unreachable, "");
  EXPECT_EQ(e.baseline.groups[0].unreachable,
            "no chain of moves with a probability above 0 leads from 'women: worker' to 'women: manager', 'men: "
            "manager'; the missing "
            "move is 'women: technician' -> 'women: manager', which is possible and was never seen, or is given as 0");
  EXPECT_EQ(e.baseline.groups[0].reach.upper, 0);
  EXPECT_EQ(e.baseline.groups[1].unreachable, "");
}

}  // namespace
}  // namespace groups_test
