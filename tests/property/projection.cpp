// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <string>

#include "scenario.hpp"

namespace property_projection_test {
namespace {

using rungs::Course;
using rungs::Draw;
using rungs::Matrix;
using rungs::Seed;
using scenario::Dice;
using scenario::Plan;
using scenario::Scenario;

constexpr std::uint64_t first_seed = 1'000'000, scenarios = 10'000;

/// Within 1e-12 of the size of the numbers (people here are counted in hundreds and thousands).
bool close(double a, double b, double size) { return std::abs(a - b) <= 1e-12 * (1 + std::abs(size)); }

std::string far(const char* what, Eigen::Index at, double a, double b) {
  return std::string(what) + " at " + std::to_string(at) + ": " + std::to_string(a) + " and " + std::to_string(b) +
         ", apart by " + std::to_string(std::abs(a - b) * 1e12) + "e-12";
}

double people(const Course& c) { return c.headcount.row(c.headcount.rows() - 1).sum(); }

/// What must hold for every course; the first thing that does not, in words.
std::string broken(const Scenario& s, const Course& c) {
  const Eigen::Index steps = s.question.within.steps(), n = c.headcount.cols();
  const double size = people(c);
  for (Eigen::Index t = 0; t < steps; ++t) {
    const Matrix& flow = c.flows[static_cast<std::size_t>(t)];
    const double before = c.headcount.row(t).sum() + c.entrants.row(t).sum();
    if (!close(c.headcount.row(t + 1).sum(), before, size))
      return far("people are not conserved", t, c.headcount.row(t + 1).sum(), before);
    for (Eigen::Index i = 0; i < n; ++i) {
      if (!close(flow.row(i).sum(), c.headcount(t, i), size))
        return far("flows out are not the people before", t, flow.row(i).sum(), c.headcount(t, i));
      const double in = flow.col(i).sum() + c.entrants(t, i);
      if (!close(in, c.headcount(t + 1, i), size))
        return far("flows in and entrants are not the people after", t, in, c.headcount(t + 1, i));
    }
    if (!(flow.minCoeff() >= 0)) return far("a flow is negative", t, flow.minCoeff(), 0);
    if (!(c.entrants.row(t).minCoeff() >= 0)) return "entrants are negative";
  }
  if (!(c.headcount.minCoeff() >= 0)) return "a headcount is negative";
  if (!(c.first_reached.minCoeff() >= 0)) return "people reaching are negative";
  double at_start = 0, cohort = 0;
  for (const std::size_t i : s.question.from.indices()) {
    const double heads = s.population.start().heads()[static_cast<Eigen::Index>(i)];
    cohort += heads;
    if (s.question.target.contains(i)) at_start += heads;
  }
  if (!close(c.cohort, cohort, cohort)) return far("cohort", 0, c.cohort, cohort);
  if (!close(c.first_reached[0], at_start, cohort)) return far("reached at the start", 0, c.first_reached[0], at_start);
  if (!(c.reached() >= 0 && c.reached() <= cohort + 1e-12 * (1 + size)))
    return far("reach is not in the cohort", steps, c.reached(), cohort);
  if (!(c.standing >= 0 && c.standing <= c.reached() + 1e-12 * (1 + size)))
    return far("more stand in the target than reached it", steps, c.standing, c.reached());
  for (std::size_t p = 0; p < s.policy.programmes.size(); ++p) {
    const auto& terms = s.policy.programmes[p].terms();
    const auto r = static_cast<Eigen::Index>(p);
    for (Eigen::Index t = 0; t < steps; ++t) {
      double eligible = 0;
      for (const std::size_t i : terms.eligible.indices()) eligible += c.headcount(t, static_cast<Eigen::Index>(i));
      const double in = c.participants(r, t), away = c.turned_away(r, t);
      if (!(in >= 0 && away >= 0)) return "participants or turned away are negative";
      if (!(in + away <= eligible + 1e-12 * (1 + size)))
        return far("more want to enrol than are eligible", t, in + away, eligible);
      const double taken_up = c.offers(r, t) * terms.uptake.value();
      if (!terms.waiting_list && terms.uptake_of.empty() && !close(in + away, taken_up, size))
        return far("others want to enrol than take up an offer", t, in + away, taken_up);
      if (!terms.seats_per_year.is_unlimited() &&
          !(in <= terms.seats_per_year.value() * s.kernel.step().years() * (1 + 1e-15)))
        return far("more enrol than there are seats", t, in, terms.seats_per_year.value());
    }
  }
  return "";
}

/// Where two courses differ by more than rounding; `order[i]` is the place in `b` of the stratum i
/// of `a`.
std::string differ(const Course& a, const Course& b, const scenario::Places& order) {
  const double size = people(a);
  const auto at = [&](Eigen::Index i) { return static_cast<Eigen::Index>(order[static_cast<std::size_t>(i)]); };
  const Eigen::Index n = a.headcount.cols();
  for (Eigen::Index t = 0; t < a.headcount.rows(); ++t) {
    for (Eigen::Index i = 0; i < n; ++i)
      if (!close(a.headcount(t, i), b.headcount(t, at(i)), size))
        return far("heads", t, a.headcount(t, i), b.headcount(t, at(i)));
    if (!close(a.first_reached[t], b.first_reached[t], size))
      return far("reached", t, a.first_reached[t], b.first_reached[t]);
  }
  for (std::size_t t = 0; t < a.flows.size(); ++t)
    for (Eigen::Index i = 0; i < n; ++i)
      for (Eigen::Index j = 0; j < n; ++j)
        if (!close(a.flows[t](i, j), b.flows[t](at(i), at(j)), size))
          return far("flows", static_cast<Eigen::Index>(t), a.flows[t](i, j), b.flows[t](at(i), at(j)));
  if (!close(a.standing, b.standing, size)) return far("standing", 0, a.standing, b.standing);
  for (Eigen::Index p = 0; p < a.participants.rows(); ++p)
    for (Eigen::Index t = 0; t < a.participants.cols(); ++t)
      if (!close(a.participants(p, t), b.participants(p, t), size) ||
          !close(a.turned_away(p, t), b.turned_away(p, t), size))
        return far("participants", t, a.participants(p, t), b.participants(p, t));
  return "";
}

TEST(ProjectionProperty, HoldsForEveryScenario) {
  std::size_t with_programmes = 0, with_seats = 0, capped = 0;
  for (std::uint64_t seed = first_seed; seed < first_seed + scenarios; ++seed) {
    const Plan plan = scenario::random_plan(seed);
    Dice dice(seed + 7'000'000'000);
    const Draw draw = dice.chance(0.5) ? Draw::point() : Draw(Seed(seed), dice.below(1000));
    const Scenario s = scenario::build(plan);
    const Course c = s.run(draw);
    ASSERT_EQ(broken(s, c), "") << "seed " << seed;
    with_programmes += plan.programmes.empty() ? 0U : 1U;
    with_seats += c.turned_away.size() > 0 && c.turned_away.sum() > 0 ? 1U : 0U;
    capped += c.capped ? 1U : 0U;

    // Strata in another order within their rungs, exits too: the same people everywhere.
    const scenario::Places order = scenario::shuffled(plan, dice);
    ASSERT_EQ(differ(c, scenario::build(plan, order).run(draw), order), "") << "seed " << seed;

    // A shorter horizon is the beginning of a longer one, so that reach grows with the horizon.
    if (plan.within > 0) {
      Plan shorter = plan;
      shorter.within -= 1;
      const Course d = scenario::build(shorter).run(draw);
      for (Eigen::Index t = 0; t < d.first_reached.size(); ++t)
        ASSERT_TRUE(close(d.first_reached[t], c.first_reached[t], people(c))) << "seed " << seed << ", " << t;
      ASSERT_LE(d.reached(), c.reached() + 1e-12 * (1 + people(c))) << "seed " << seed;
    }
    // So does it with the target, while nothing else changes.
    Plan wider = plan;
    wider.target.push_back(dice.below(plan.size()));
    const Course w = scenario::build(wider).run(draw);
    ASSERT_GE(w.reached(), c.reached() - 1e-12 * (1 + people(c))) << "seed " << seed;
    ASSERT_EQ((w.headcount - c.headcount).cwiseAbs().maxCoeff() <= 1e-12 * (1 + people(c)), true) << "seed " << seed;
  }
  // The scenarios are not all of the easy kind.
  EXPECT_GT(with_programmes, scenarios * 8 / 10);
  EXPECT_GT(with_seats, scenarios / 10);
  EXPECT_GT(capped, scenarios / 100);
}

// Modules, waiting lists, rationing, second courses, prerequisites, drop-outs, posts, combined effects: nobody is lost
// and nothing depends on the order in which strata are named.
TEST(ProjectionProperty, HoldsForEveryScenarioInFull) {
  std::size_t blocked = 0, combined = 0;
  for (std::uint64_t seed = first_seed; seed < first_seed + 3000; ++seed) {
    Dice dice(seed + 11'000'000'000);
    const Plan plan = scenario::enriched(scenario::random_plan(seed, 6), dice);
    const Draw draw = dice.chance(0.5) ? Draw::point() : Draw(Seed(seed), dice.below(1000));
    const Scenario s = scenario::build(plan);
    const Course c = s.run(draw);
    ASSERT_EQ(broken(s, c), "") << "seed " << seed;
    const scenario::Places order = scenario::shuffled(plan, dice);
    ASSERT_EQ(differ(c, scenario::build(plan, order).run(draw), order), "") << "seed " << seed;
    blocked += c.blocked.size() > 0 && c.blocked.sum() > 1 ? 1U : 0U;
    combined += plan.complement ? 1U : 0U;
    // Nobody moves into a stratum that has no post for them.
    for (const rungs::Posts& p : s.population.posts())
      for (Eigen::Index t = 0; t < c.blocked.rows(); ++t) {
        const auto j = static_cast<Eigen::Index>(p.at.indices().front());
        const double stay = c.flows[static_cast<std::size_t>(t)](j, j), in = c.headcount(t + 1, j) - stay;
        const double posts = p.after(static_cast<double>(t + 1) * s.kernel.step().years());
        ASSERT_TRUE(in - c.entrants(t, j) <= std::max(0.0, posts - stay - c.entrants(t, j)) + 1e-9)
            << "seed " << seed << " at " << t;
      }
  }
  EXPECT_GT(blocked, 500U);
  EXPECT_GT(combined, 200U);
}

// Raising the odds of the last move, on a closed ladder that only leads upward, cannot lower the
// reach: it takes from moves that lead to the target later or never. Seats would share the places
// otherwise, and are left out.
TEST(ProjectionProperty, ReachGrowsWithTheOddsRatioOfTheLastMove) {
  for (std::uint64_t seed = first_seed; seed < first_seed + 3000; ++seed) {
    Dice dice(seed + 9'000'000'000);
    Plan plan;
    const std::size_t n = 2 + dice.below(5);
    for (std::size_t i = 0; i < n; ++i) plan.rung.push_back(static_cast<int>(i));
    plan.all_moves = false;
    plan.possible.assign(n * n, 0);
    Matrix w = Matrix::Zero(static_cast<Eigen::Index>(n), static_cast<Eigen::Index>(n));
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = i; j < n; ++j)
        if (i == j || j == i + 1 || dice.chance(0.4)) {
          plan.possible[i * n + j] = 1;
          w(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) = dice.between(0.05, 1);
        }
    plan.weights = {w};
    for (std::size_t i = 0; i < n; ++i) plan.heads.push_back(dice.between(0, 1000));
    plan.from = dice.some(n - 1, 0.5);
    plan.target = {n - 1};
    plan.within = static_cast<std::int64_t>(1 + dice.below(6));
    scenario::ProgrammePlan p;
    p.eligible = dice.some(n, 0.6);
    p.uptake = dice.between(0.05, 1);
    p.completion = dice.between(0.05, 1);
    p.lock_in = dice.one_of({0.0, 0.5, 1.0});
    if (dice.chance(0.5)) p.profile = p.profile.fade_half_life(2).lag(dice.between(0, 2));
    scenario::EffectPlan e;
    e.from = {n - 2};
    e.to = {n - 1};
    e.given_up = dice.chance(0.5) ? rungs::GivenUp::others : rungs::GivenUp::staying;
    p.effects = {e};
    double before = 0;
    for (const double odds : {0.5, 1.0, 1.5, 4.0, 30.0}) {
      p.effects[0].value = odds;
      plan.programmes = {p};
      const double reached = scenario::build(plan).run().reached();
      ASSERT_GE(reached, before - 1e-9) << "seed " << seed << ", odds ratio " << odds;
      before = reached;
    }
  }
}

}  // namespace
}  // namespace property_projection_test
