// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <rungs/project/whole_people.hpp>

#include "property/scenario.hpp"

namespace property_whole_people_test {
namespace {

using namespace rungs;
using scenario::Dice;
using scenario::Plan;
using scenario::Scenario;

Plan random_plan(std::uint64_t seed) {
  Dice dice(seed + 5);
  Plan plan = scenario::random_plan(seed, 6);
  return dice.chance(0.7) ? scenario::enriched(std::move(plan), dice) : plan;
}
/// Every number of people in a course.
std::vector<double> numbers(const Course& c) {
  std::vector<double> out;
  const auto add = [&](const auto& m) { out.insert(out.end(), m.data(), m.data() + m.size()); };
  for (const Matrix* m :
       {&c.headcount, &c.entrants, &c.blocked, &c.offers, &c.participants, &c.turned_away, &c.enrolled, &c.away})
    add(*m);
  for (const Matrix& flow : c.flows) add(flow);
  add(c.first_reached);
  add(c.reached_now);
  out.insert(out.end(), {c.cohort, c.standing});
  return out;
}

// Where nobody waits for another's place, a number of whole people is on average the expected one.
TEST(WholePeopleProperty, AreAsManyAsExpectedOnAverage) {
  constexpr std::size_t times = 200;
  std::size_t done = 0, compared = 0;
  double squares = 0;
  for (std::uint64_t seed = 9'000'000; done < 100; ++seed) {
    Plan plan = random_plan(seed);
    plan.posts.clear();
    for (scenario::ProgrammePlan& p : plan.programmes) p.seats.reset();
    const Scenario s = scenario::build(plan);
    const Projection projection(s.kernel, s.population, s.question, s.policy, s.count);
    if (projection.tracks() > 60) continue;
    ++done;
    const std::vector<double> expected = numbers(projection.run(s.kernel, Draw::point()));
    std::vector<double> sum(expected.size()), square(expected.size());
    WholePeople people(projection);
    for (std::size_t k = 0; k < times; ++k) {
      const std::vector<double> x = numbers(people.run(s.kernel, Draw::point(), Draw(Seed(seed), k)));
      ASSERT_EQ(x.size(), expected.size());
      for (std::size_t q = 0; q < x.size(); ++q) {
        sum[q] += x[q] - expected[q];
        square[q] += (x[q] - expected[q]) * (x[q] - expected[q]);
      }
    }
    for (std::size_t q = 0; q < expected.size(); ++q) {
      const double mean = sum[q] / times, variance = square[q] / times - mean * mean;
      if (!(variance > 0.05)) {  // hardly anybody: their normal deviate says nothing
        EXPECT_NEAR(mean, 0, 0.1) << "seed " << seed << ", number " << q;
        continue;
      }
      const double z = mean / std::sqrt(variance / times);
      EXPECT_LT(std::abs(z), 6) << "seed " << seed << ", number " << q << ", expected " << expected[q];
      squares += z * z;
      ++compared;
    }
  }
  EXPECT_GT(compared, 5000U);
  EXPECT_NEAR(squares / static_cast<double>(compared), 1, 0.15);
}

// Of very many people each share is the expected one, whatever they wait for.
TEST(WholePeopleProperty, OfVeryManyChanceIsNothing) {
  std::size_t done = 0, with_posts = 0, with_seats = 0;
  for (std::uint64_t seed = 9'500'000; done < 150; ++seed) {
    Plan plan = random_plan(seed);
    constexpr double more = 1e5;
    double all = 0;
    for (double& heads : plan.heads) all += heads *= more;
    for (scenario::InflowPlan& in : plan.inflow) all += (in.per_year *= more) * plan.step.years();
    for (scenario::PostsPlan& p : plan.posts) {
      p.now *= more;
      p.growth *= more;
    }
    for (scenario::ProgrammePlan& p : plan.programmes)
      if (p.seats) *p.seats *= more;
    const Scenario s = scenario::build(plan);
    const Projection projection(s.kernel, s.population, s.question, s.policy, s.count);
    if (projection.tracks() > 60 || !(all > 0)) continue;
    ++done;
    const Course course = projection.run(s.kernel, Draw::point());
    const std::vector<double> expected = numbers(course);
    const std::vector<double> x = numbers(WholePeople(projection).run(s.kernel, Draw::point(), Draw(Seed(seed), 0)));
    for (std::size_t q = 0; q < expected.size(); ++q)
      EXPECT_NEAR(x[q], expected[q], 12 * std::sqrt(course.headcount.row(course.headcount.rows() - 1).sum()) + 2)
          << "seed " << seed << ", number " << q;
    with_posts += course.blocked.sum() > 0 ? 1U : 0U;
    with_seats += course.turned_away.sum() > 0 ? 1U : 0U;
  }
  EXPECT_GT(with_posts, 20U);
  EXPECT_GT(with_seats, 30U);
}

// Nobody is lost, nobody is halved, and nobody has a place that is not there.
TEST(WholePeopleProperty, KeepToTheirPlaces) {
  std::size_t done = 0, blocked = 0, turned_away = 0;
  for (std::uint64_t seed = 9'800'000; done < 300; ++seed) {
    const Plan plan = random_plan(seed);
    const Scenario s = scenario::build(plan);
    const Projection projection(s.kernel, s.population, s.question, s.policy, s.count);
    if (projection.tracks() > 60) continue;
    ++done;
    const Course c = WholePeople(projection).run(s.kernel, Draw::point(), Draw(Seed(seed), 1));
    const double years = s.kernel.step().years();
    for (const Matrix* m : {&c.headcount, &c.entrants, &c.blocked, &c.participants, &c.turned_away, &c.enrolled})
      for (Eigen::Index k = 0; k < m->size(); ++k) {
        ASSERT_GE(m->data()[k], 0) << "seed " << seed;
        ASSERT_EQ(m->data()[k], std::floor(m->data()[k])) << "seed " << seed;
      }
    for (std::size_t t = 0; t < c.flows.size(); ++t) {
      const auto row = static_cast<Eigen::Index>(t);
      for (Eigen::Index i = 0; i < c.headcount.cols(); ++i) {
        ASSERT_EQ(c.flows[t].row(i).sum(), c.headcount(row, i)) << "seed " << seed;
        ASSERT_EQ(c.flows[t].col(i).sum() + c.entrants(row, i), c.headcount(row + 1, i)) << "seed " << seed;
      }
      for (const Posts& p : s.population.posts()) {
        const auto j = static_cast<Eigen::Index>(p.at.indices().front());
        const double then = p.after(static_cast<double>(t + 1) * years);
        if (c.flows[t].col(j).sum() > c.flows[t](j, j)) {
          EXPECT_LE(c.headcount(row + 1, j), std::ceil(then)) << "seed " << seed;
        } else if (c.blocked(row, j) > 0) {
          EXPECT_GE(c.headcount(row + 1, j), std::floor(then)) << "nobody is kept from a free post, seed " << seed;
        }
      }
      for (std::size_t p = 0; p < plan.programmes.size(); ++p)
        if (const auto& seats = plan.programmes[p].seats; seats.has_value()) {
          EXPECT_LE(c.participants(static_cast<Eigen::Index>(p), row), std::ceil(*seats * years)) << "seed " << seed;
        }
    }
    ASSERT_EQ(c.first_reached.sum(), c.reached_now.sum()) << "seed " << seed;
    blocked += c.blocked.sum() > 0 ? 1U : 0U;
    turned_away += c.turned_away.sum() > 0 ? 1U : 0U;
  }
  EXPECT_GT(blocked, 20U);
  EXPECT_GT(turned_away, 50U);
}

}  // namespace
}  // namespace property_whole_people_test
