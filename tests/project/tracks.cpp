// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <rungs/project/projection.hpp>

#include "../property/scenario.hpp"
#include "oracle.hpp"

namespace {

using namespace rungs;

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
    const auto plain = oracle::Plain(s.kernel, s.population, s.question, policy, s.count, draw).run(1500);
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

}  // namespace
