// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/project/sensitivity.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <set>
#include <utility>
#include <vector>

#include "scenario.hpp"

namespace property_sensitivity_test {
namespace {

using namespace rungs;
using scenario::Dice;
using scenario::Plan;
using scenario::Scenario;

/// The kernel in which a move of every period has `h` more, the others of its row in proportion less.
Kernel eased(const Kernel& kernel, Eigen::Index i, Eigen::Index j, double h) {
  std::vector<TransitionMatrix> matrices;
  for (std::size_t m = 0; m < kernel.count(); ++m) {
    Matrix p = kernel.matrix(m);
    const double rest = 1 - p(i, j);
    for (Eigen::Index k = 0; k < p.cols(); ++k)
      if (k != j && rest > 0) p(i, k) *= 1 - h / rest;
    if (rest > 0) p(i, j) += h;
    matrices.emplace_back(unchecked, kernel.ladder(), std::move(p), kernel.step());
  }
  if (kernel.is_constant()) return Kernel(std::move(matrices.front()));
  return {kernel.first(), std::move(matrices)};
}

double value(const Projection& projection, const Kernel& kernel, const Draw& draw, const Objective& o) {
  const Course c = projection.run(kernel, draw);
  return o.reached * c.reached() + o.standing * c.standing +
         (o.participants.size() > 0 ? o.participants.cwiseProduct(c.participants).sum() : 0.0);
}

/// A central difference and how far off it may be, from two widths; where the two disagree there is an edge nearby.
template <class F>
std::pair<double, bool> difference(const F& f, double h) {
  const double wide = (f(h) - f(-h)) / (2 * h), narrow = (f(h / 2) - f(-h / 2)) / h;
  const double left = (f(0) - f(-h / 2)) / (h / 2), right = (f(h / 2) - f(0)) / (h / 2);
  const double size = std::max({1.0, std::abs(narrow)});
  const bool smooth = std::abs(wide - narrow) < 1e-5 * size && std::abs(left - right) < 1e-3 * size;
  return {narrow + (narrow - wide) / 3, smooth};
}

// The adjoint against central differences of the projection itself, in random scenarios in full: every move, seats,
// inflow and posts. Where a seat is just filled or an effect just capped the derivative is of one side: there the two
// widths disagree and the entry is left out.
TEST(SensitivityProperty, EqualsCentralDifferences) {
  std::size_t done = 0, moves = 0, left_out = 0, seats = 0, posts = 0, inflows = 0;
  for (std::uint64_t seed = 2'000'000; done < 1000; ++seed) {
    Dice dice(seed + 13'000'000'000);
    const bool full = dice.chance(0.7);
    Plan plan = scenario::random_plan(seed, 6);
    if (full) plan = scenario::enriched(std::move(plan), dice);
    if (plan.within < 1) continue;
    const Draw draw = dice.chance(0.5) ? Draw::point() : Draw(Seed(seed), dice.below(1000));
    const Scenario s = scenario::build(plan);
    const Projection projection(s.kernel, s.population, s.question, s.policy, s.count);
    if (projection.tracks() > 150) continue;
    ++done;
    Objective o{dice.between(0, 2), dice.between(0, 2), {}};
    if (dice.chance(0.5)) {
      o.participants.resize(static_cast<Eigen::Index>(s.policy.programmes.size()), plan.within);
      for (double& x : o.participants.reshaped()) x = dice.between(-1, 1);
    }
    const Sensitivity a = ProjectionGradient(projection).at(s.kernel, draw, o);
    const double base = value(projection, s.kernel, draw, o);
    const double size = 1 + s.population.start().total();
    ASSERT_NEAR(a.value, base, 1e-11 * size) << "seed " << seed;
    const auto compare = [&](double analytic, const auto& f, double h, const char* what, std::size_t& count) {
      const auto [numeric, smooth] = difference(f, h);
      if (!smooth) {
        ++left_out;
        return true;
      }
      ++count;
      // What rounding leaves of a difference: 1e-16 of the value over the width.
      const double tolerance = 1e-6 * std::max(std::abs(numeric), std::abs(analytic)) + 4e-14 * size / h;
      EXPECT_NEAR(analytic, numeric, tolerance) << what << ", seed " << seed;
      return std::abs(analytic - numeric) <= tolerance;
    };
    // The value of the plan with one number changed, as a function of the change.
    const auto changing = [&](const auto& change) {
      return [&, change](double h) {
        Plan other = plan;
        change(other, h);
        const Scenario x = scenario::build(other);
        return value(Projection(x.kernel, x.population, x.question, x.policy, x.count), x.kernel, draw, o);
      };
    };
    // One move picked at random for each row keeps the test short; over the scenarios all kinds are met.
    for (std::size_t i = 0; i < plan.strata(); ++i) {
      const std::size_t j = dice.below(plan.size());
      const auto r = static_cast<Eigen::Index>(i), c = static_cast<Eigen::Index>(j);
      double least = 1;
      for (std::size_t m = 0; m < s.kernel.count(); ++m)
        least = std::min({least, s.kernel.matrix(m)(r, c), 1 - s.kernel.matrix(m)(r, c)});
      if (!(least > 2e-3)) continue;  // no room on one side
      ASSERT_TRUE(compare(
          a.moves(r, c), [&](double h) { return value(projection, eased(s.kernel, r, c, h), draw, o); }, 2e-4, "move",
          moves));
    }
    for (std::size_t k = 0; k < plan.inflow.size(); ++k) {
      const auto at = static_cast<Eigen::Index>(plan.inflow[k].into);
      ASSERT_TRUE(compare(a.inflow[at], changing([k](Plan& other, double h) { other.inflow[k].per_year += h; }),
                          std::min(0.5, plan.inflow[k].per_year / 2), "inflow", inflows));
    }
    for (std::size_t k = 0; k < plan.posts.size(); ++k) {
      ASSERT_TRUE(compare(a.posts[static_cast<Eigen::Index>(plan.posts[k].at)],
                          changing([k](Plan& other, double h) { other.posts[k].now += h; }),
                          std::min(0.5, plan.posts[k].now / 2), "posts", posts));
    }
    for (std::size_t k = 0; k < plan.programmes.size(); ++k) {
      if (!plan.programmes[k].seats || !(*plan.programmes[k].seats > 1)) continue;
      ASSERT_TRUE(compare(a.seats.row(static_cast<Eigen::Index>(k)).sum() * s.kernel.step().years(),
                          changing([k](Plan& other, double h) { *other.programmes[k].seats += h; }), 0.5, "seats",
                          seats));
    }
  }
  EXPECT_GT(moves, 2000U);
  EXPECT_GT(seats, 150U);
  EXPECT_GT(posts, 200U);
  EXPECT_GT(inflows, 200U);
  EXPECT_LT(left_out, (moves + seats + posts + inflows) / 10);
}

// The same with assigned seats, of which some are more than there are people: moves, and one seat more for each of the
// programme's that bind.
TEST(SensitivityProperty, EqualsCentralDifferencesWithAssignedSeats) {
  std::size_t done = 0, moves = 0, left_out = 0, seats = 0;
  for (std::uint64_t seed = 5'000'000; done < 200; ++seed) {
    Dice dice(seed + 17);
    Plan plan = scenario::random_plan(seed, 5);
    if (dice.chance(0.7)) plan = scenario::enriched(std::move(plan), dice);
    for (scenario::ProgrammePlan& p : plan.programmes) {
      p.waiting_list = false;
      p.rationing = Rationing::pro_rata;
    }
    if (plan.within < 1) continue;
    Scenario s = scenario::build(plan);
    const Projection open(s.kernel, s.population, s.question, s.policy, s.count);
    if (open.tracks() > 60) continue;
    for (std::size_t t = 0; t < open.steps(); ++t)
      for (std::size_t p = 0; p < s.policy.programmes.size(); ++p)
        for (const Tracks::Enrolment& way : open.ways().enrolments(t, p))
          for (const std::size_t i : s.policy.programmes[p].terms().eligible.indices())
            if (!s.policy.programmes[p].nobody_enrols() && dice.chance(0.5))
              s.policy.assigned.push_back({p, t, open.ways()[way.from], i, dice.one_of({0.0, 1.0, 20.0, 300.0})});
    if (s.policy.assigned.empty()) continue;
    s.policy.deals_alike = done % 2 == 1;
    ++done;
    const Draw draw = dice.chance(0.5) ? Draw::point() : Draw(Seed(seed), dice.below(1000));
    const Projection projection(s.kernel, s.population, s.question, s.policy, s.count);
    Objective o{dice.between(0, 2), dice.between(0, 2), {}};
    o.participants.resize(static_cast<Eigen::Index>(s.policy.programmes.size()), plan.within);
    for (double& x : o.participants.reshaped()) x = dice.between(-1, 1);
    const Sensitivity a = ProjectionGradient(projection).at(s.kernel, draw, o);
    const double size = 1 + s.population.start().total();
    ASSERT_NEAR(a.value, value(projection, s.kernel, draw, o), 1e-11 * size) << "seed " << seed;
    const auto compare = [&](double analytic, const auto& f, double h, const char* what, std::size_t& count) {
      const auto [numeric, smooth] = difference(f, h);
      if (!smooth) {
        ++left_out;
        return;
      }
      ++count;
      EXPECT_NEAR(analytic, numeric, 1e-6 * std::max(std::abs(numeric), std::abs(analytic)) + 4e-14 * size / h)
          << what << ", seed " << seed;
    };
    for (std::size_t i = 0; i < plan.strata(); ++i) {
      const std::size_t j = dice.below(plan.size());
      const auto r = static_cast<Eigen::Index>(i), c = static_cast<Eigen::Index>(j);
      double least = 1;
      for (std::size_t m = 0; m < s.kernel.count(); ++m)
        least = std::min({least, s.kernel.matrix(m)(r, c), 1 - s.kernel.matrix(m)(r, c)});
      if (least > 2e-3)
        compare(
            a.moves(r, c), [&](double h) { return value(projection, eased(s.kernel, r, c, h), draw, o); }, 2e-4, "move",
            moves);
    }
    for (std::size_t p = 0; p < s.policy.programmes.size(); ++p)
      compare(
          a.seats.row(static_cast<Eigen::Index>(p)).sum(),
          [&](double h) {
            Scenario other = s;
            std::set<std::pair<std::size_t, std::size_t>> dealt;  // one more in each step and stratum
            for (SeatsOfTrack& x : other.policy.assigned)
              if (x.programme == p && x.heads > 0 &&
                  (!other.policy.deals_alike || dealt.insert({x.step, x.stratum}).second))
                x.heads += h;
            return value(Projection(s.kernel, s.population, s.question, other.policy, s.count), s.kernel, draw, o);
          },
          0.25, "seats", seats);
  }
  EXPECT_GT(moves, 250U);
  EXPECT_GT(seats, 150U);
  EXPECT_LT(left_out, (moves + seats) / 5);
}

// Where nobody waits for another's seat or post people are independent: a number of them has the sum of the variances
// of each, who reaches with a probability that a projection of that person alone gives, and stands in the target with
// another. With a for each who reaches and b for each who then stands there, the square of what a person brings is a^2,
// or (a + b)^2.
TEST(SensitivityProperty, VarianceOfIndependentPeople) {
  std::size_t done = 0, mixed = 0, with_modules = 0;
  for (std::uint64_t seed = 7'000'000; done < 500; ++seed) {
    Dice dice(seed + 23);
    Plan plan = scenario::random_plan(seed, 6);
    if (dice.chance(0.7)) plan = scenario::enriched(std::move(plan), dice);
    plan.posts.clear();
    for (scenario::ProgrammePlan& p : plan.programmes) {
      p.waiting_list = false;
      p.rationing = Rationing::pro_rata;
      p.seats.reset();
    }
    const Draw draw = dice.chance(0.5) ? Draw::point() : Draw(Seed(seed), dice.below(1000));
    const Scenario s = scenario::build(plan);
    const Projection projection(s.kernel, s.population, s.question, s.policy, s.count);
    if (projection.tracks() > 150) continue;
    ++done;
    const Objective o{dice.between(0, 2), dice.chance(0.5) ? dice.between(0, 2) : 0.0, {}};
    double expected = 0, starting = 0;
    for (const std::size_t i : plan.from) {
      Plan one = plan;
      one.inflow.clear();
      std::fill(one.heads.begin(), one.heads.end(), 0.0);
      one.heads[i] = 1;
      const Course c = scenario::build(one).run(draw);
      const double a = o.reached, b = o.standing, mean = a * c.reached() + b * c.standing;
      expected += plan.heads[i] * (a * a * c.reached() + (2 * a * b + b * b) * c.standing - mean * mean);
      starting += plan.heads[i] > 0 ? 1 : 0;
    }
    mixed += starting > 1 ? 1 : 0;
    with_modules +=
        std::any_of(plan.programmes.begin(), plan.programmes.end(), [](const auto& p) { return p.modules > 0; });
    EXPECT_NEAR(ProjectionGradient(projection).at(s.kernel, draw, o).variance, expected, 1e-11 * (1 + expected))
        << "seed " << seed;
  }
  EXPECT_GT(mixed, 200U);
  EXPECT_GT(with_modules, 50U);
}

}  // namespace
}  // namespace property_sensitivity_test
