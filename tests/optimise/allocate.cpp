// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/optimise/allocate.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <rungs/decide/evaluate.hpp>
#include <rungs/project/projection.hpp>

#include "core/message.hpp"
#include "property/scenario.hpp"

namespace allocate_test {
namespace {

using namespace rungs;
using rungs_test::said;
using scenario::Dice;
using testing::HasSubstr;

/// A small problem: two or three strata below the target, whole people and few seats.
struct Small {
  Ladder ladder;
  Kernel kernel;
  Population population;
  Question question;
  Policy policy;
  double budget = 0, rate = 0;
};

Small small(std::uint64_t seed) {
  Dice dice(seed);
  const std::size_t strata = 2 + dice.below(2), programmes = 1 + dice.below(2);
  const auto periods = static_cast<std::int64_t>(strata * programmes <= 4 ? 2 + dice.below(2) : 2);
  Ladder::Builder builder = Ladder::builder();
  for (std::size_t i = 0; i < strata; ++i) builder.rung("s" + std::to_string(i));
  const Ladder ladder = builder.rung("target").exit("gone").build();
  const auto n = static_cast<Eigen::Index>(ladder.size());
  Matrix w = Matrix::Zero(n, n);
  for (Eigen::Index i = 0; i < n; ++i)
    for (Eigen::Index j = 0; j < n; ++j)
      if (i == j || i < n - 1) w(i, j) = dice.between(0.05, i == j ? 3 : 1);
  Vector heads = Vector::Zero(n);
  for (std::size_t i = 0; i < strata; ++i) heads[static_cast<Eigen::Index>(i)] = static_cast<double>(2 + dice.below(4));
  heads[static_cast<Eigen::Index>(strata)] = 2;
  Policy policy{"allocation", {}, Combine::exclusive, {}, {}};
  for (std::size_t p = 0; p < programmes; ++p) {
    const std::size_t from = dice.below(strata);
    scenario::Places eligible = dice.some(strata, 0.4);
    eligible.push_back(from);
    Programme::Terms terms{.eligible = ladder.set_of(eligible)};
    if (dice.chance(0.5)) terms.uptake = Share(dice.between(0.4, 1));
    if (dice.chance(0.3)) terms.offered = Share(dice.between(0.5, 1));
    if (dice.chance(0.5)) terms.completion = Share(dice.between(0.4, 1));
    if (dice.chance(0.3)) terms.lock_in_years = dice.one_of({0.5, 1.0});
    if (dice.chance(0.4)) terms.deadweight = Share(dice.between(0, 0.5));
    if (dice.chance(0.5)) terms.seats_per_year = Heads(static_cast<double>(1 + dice.below(3)));
    if (dice.chance(0.3)) terms.years = {2000, 2000 + static_cast<std::int64_t>(dice.below(2))};
    terms.cost_per_participant = dice.between(0.5, 2);
    if (dice.chance(0.3)) terms.fixed_cost_per_year = dice.between(0, 2);
    Profile profile;
    if (dice.chance(0.4)) profile = profile.fade_half_life(dice.between(0.5, 3));
    const StratumSet to = ladder.set_of({from + 1 + dice.below(strata - from)});
    policy.programmes.emplace_back(
        std::move(terms),
        MoveEffects("p" + std::to_string(p), {{ladder.set_of({from}), to, odds_ratio(dice.between(1, 8))}}, profile));
  }
  scenario::Places from = dice.some(strata + 1, 0.7);
  from.push_back(0);
  return {ladder,
          Kernel(TransitionMatrix::from_weights(ladder, w, Step())),
          Population(Headcount(ladder, heads), Period(2000)),
          {ladder.set_of(from), ladder.set_of({strata}), Span(periods)},
          std::move(policy),
          dice.between(4, 12),
          dice.one_of({0.0, 0.1})};
}

/// All ways to assign whole seats, each followed person by person in plain words: those never in a programme by
/// stratum, and those in one by programme, year, outcome and stratum.
class Exhaustive {
 public:
  explicit Exhaustive(const Small& s)
      : s_(s), n_(s.ladder.size()), steps_(static_cast<std::size_t>(s.question.within.steps())) {
    for (const Programme& p : s_.policy.programmes) {
      const Programme::Kept kept = p.kept(Draw::point());
      works_.push_back(p.terms().completion.value() * kept.net);
      std::vector<std::vector<Matrix>>& of = moves_.emplace_back(2);
      for (std::size_t age = 0; age < steps_; ++age)
        for (const bool effective : {false, true}) {
          Matrix m = s_.kernel.matrix(0);
          p.change(m, s_.ladder, static_cast<double>(age), Step(), Draw::point(), effective);
          of[effective ? 1 : 0].push_back(std::move(m));
        }
    }
    People start{std::vector<double>(n_), {}};
    for (const std::size_t i : s_.question.from.indices()) {
      const double heads = s_.population.start().heads()[static_cast<Eigen::Index>(i)];
      (s_.question.target.contains(i) ? there_ : start.never[i]) += heads;
    }
    period(0, start, there_, 0);
  }
  [[nodiscard]] double best() const { return best_; }
  [[nodiscard]] std::size_t tried() const { return tried_; }

 private:
  struct Class {
    std::size_t programme, since;
    bool works;
    std::vector<double> heads;
  };
  struct People {
    std::vector<double> never;
    std::vector<Class> classes;
  };
  void period(std::size_t t, const People& people, double reached, double spent) {
    if (t == steps_) {
      ++tried_;
      best_ = std::max(best_, reached);
      return;
    }
    enrol(t, 0, 0, people, reached, spent, {});
  }
  /// Chooses the seats of programme p in stratum i and further ones; `taken` has those of p so far.
  void enrol(std::size_t t, std::size_t p, std::size_t i, const People& people, double reached, double spent,
             std::vector<double> taken) {
    if (p == s_.policy.programmes.size()) return step(t, people, reached, spent);
    const Programme::Terms& terms = s_.policy.programmes[p].terms();
    taken.resize(n_);
    double all = 0;
    for (const double x : taken) all += x;
    const double factor = std::pow(1 + s_.rate, -static_cast<double>(t));
    if (i == n_) {
      People then = people;
      if (all > 0) {
        spent += factor * terms.fixed_cost_per_year.value();
        if (spent > s_.budget + 1e-12) return;
        Class works{p, t, true, std::vector<double>(n_)}, idle{p, t, false, std::vector<double>(n_)};
        for (std::size_t k = 0; k < n_; ++k) {
          then.never[k] -= taken[k];
          works.heads[k] = taken[k] * works_[p];
          idle.heads[k] = taken[k] * (1 - works_[p]);
        }
        then.classes.push_back(works);
        then.classes.push_back(idle);
      }
      return enrol(t, p + 1, 0, then, reached, spent, {});
    }
    const bool may =
        terms.eligible.contains(i) && s_.policy.programmes[p].enrols_in(2000 + static_cast<std::int64_t>(t));
    const double most = may ? terms.offered.value() * terms.uptake.value() * people.never[i] : 0.0;
    for (double x = 0; x <= most + 1e-12 && all + x <= terms.seats_per_year.value(); ++x) {
      taken[i] = x;
      const double cost = spent + factor * terms.cost_per_participant.value() * x;
      if (cost > s_.budget + 1e-12) return;
      enrol(t, p, i + 1, people, reached, cost, taken);
    }
  }
  void step(std::size_t t, const People& people, double reached, double spent) {
    People next = people;
    const auto move = [&](std::vector<double>& heads, const Matrix& m) {
      std::vector<double> then(n_);
      for (std::size_t i = 0; i < n_; ++i)
        for (std::size_t j = 0; j < n_; ++j) {
          const double moved = heads[i] * m(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j));
          (s_.question.target.contains(j) ? reached : then[j]) += moved;
        }
      heads = then;
    };
    move(next.never, s_.kernel.matrix(0));
    for (Class& c : next.classes) move(c.heads, moves_[c.programme][c.works ? 1 : 0][t - c.since]);
    period(t + 1, next, reached, spent);
  }

  const Small& s_;
  std::size_t n_, steps_, tried_ = 0;
  std::vector<double> works_{};
  std::vector<std::vector<std::vector<Matrix>>> moves_{};  // by programme, whether it works, and age
  double there_ = 0, best_ = 0;
};

Allocation most(const Small& s, double budget, AllocationRequest request = {}) {
  request.goal = MostPeople{budget};
  request.discount_rate = s.rate;
  return allocate(s.kernel, s.population, s.question, s.policy, request);
}

TEST(Allocate, EqualsEveryWayToAssignWholeSeats) {
  std::size_t tried = 0, bought = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const Small s = small(seed);
    AllocationRequest whole;
    for (const Programme& p : s.policy.programmes) whole.classes.push_back({p.name(), 1, true});
    const Exhaustive all(s);
    tried += all.tried();
    const Allocation a = most(s, s.budget, whole);
    EXPECT_TRUE(a.whole && !a.money && a.limits.empty());
    ASSERT_NEAR(a.reached, all.best(), 1e-9) << "seed " << seed;
    EXPECT_NEAR(a.bound, a.reached, 1e-9) << "seed " << seed;
    EXPECT_LE(a.cost, s.budget * (1 + 1e-9));
    for (const AllocatedSeats& seats : a.seats) {
      EXPECT_NEAR(seats.seats, std::round(seats.seats), 1e-9);
      bought += seats.seats > 0.5 ? 1U : 0U;
    }
    const Allocation any = most(s, s.budget);
    EXPECT_GE(any.reached, all.best() - 1e-9) << "seed " << seed;
    EXPECT_NEAR(any.bound, any.reached, 1e-9) << "seed " << seed;
  }
  EXPECT_GT(tried, 10'000U);
  EXPECT_GT(bought, 200U);
}

/// A random scenario in full, without waiting lists and posts, and with costs.
struct Full {
  scenario::Scenario s;
  double rate = 0;
};
std::optional<Full> full(std::uint64_t seed, Dice& dice) {
  scenario::Plan plan = scenario::random_plan(seed, 5);
  if (dice.chance(0.7)) plan = scenario::enriched(std::move(plan), dice);
  plan.posts.clear();
  for (scenario::ProgrammePlan& p : plan.programmes) {
    p.waiting_list = false;
    p.rationing = Rationing::pro_rata;
  }
  if (plan.within < 1 || plan.programmes.empty()) return std::nullopt;
  Full out{scenario::build(plan), dice.one_of({0.0, 0.05})};
  for (Programme& p : out.s.policy.programmes) {
    Programme::Terms terms = p.terms();
    terms.cost_per_participant = dice.between(1, 100);
    p = p.on(std::move(terms));
  }
  double asked = 0;
  for (const std::size_t i : out.s.question.from.indices())
    asked += out.s.population.start().heads()[static_cast<Eigen::Index>(i)];
  const Projection projection(out.s.kernel, out.s.population, out.s.question, out.s.policy);
  if (!(asked > 0) || projection.tracks() > 60) return std::nullopt;
  return out;
}

// Programmes one after the other, modules, coming again, complements, exclusive ones, people who leave early: what the
// linear programme says is what the projection of its plan says.
TEST(Allocate, ThePlanDoesWhatTheLinearProgrammeSays) {
  std::size_t done = 0, gained = 0, priced = 0, alike = 0, reached_alike = 0;
  for (std::uint64_t seed = 7'000'000; gained < 120; ++seed) {
    Dice dice(seed + 1);
    const std::optional<Full> f = full(seed, dice);
    if (!f) continue;
    ++done;
    const double size = 1 + f->s.population.start().total();
    const auto with = [&](double budget) {
      return allocate(f->s.kernel, f->s.population, f->s.question, f->s.policy,
                      {.goal = MostPeople{budget}, .discount_rate = f->rate});
    };
    const double budget = std::exp(dice.between(5, 11));
    const Allocation a = with(budget);
    EXPECT_LE(a.reached_alike, a.bound + 1e-9 * size) << "seed " << seed;
    if (a.dealt_alike) {  // by whom a programme helped nobody can choose
      ++alike;
      EXPECT_LT(a.reached, a.bound) << "seed " << seed;
      EXPECT_GE(a.reached, a.before_search.value()) << "seed " << seed;
      EXPECT_EQ(a.reached, a.reached_alike);
      EXPECT_FALSE(a.money);
      const double fewer = 0.8 * a.additional;  // which can be reached: asked for, it is
      if (fewer > 1e-3) {
        ++reached_alike;
        const Allocation back = allocate(f->s.kernel, f->s.population, f->s.question, f->s.policy,
                                         {.goal = LeastCost{fewer}, .discount_rate = f->rate});
        EXPECT_GE(back.additional, fewer - 1e-8 * size) << "seed " << seed;
      }
      continue;
    }
    ASSERT_NEAR(a.reached, a.bound, 1e-9 * size) << "seed " << seed;
    EXPECT_LE(a.cost, budget * (1 + 1e-9));
    double cost = 0;
    for (const AllocatedSeats& s : a.seats) cost += s.cost;
    EXPECT_NEAR(cost, a.cost, 1e-8 * size * 100) << "seed " << seed;
    // The projection of the programmes without a plan is one of the ways to spend what it costs.
    const Projection open(f->s.kernel, f->s.population, f->s.question, f->s.policy, Count::net);
    EXPECT_GE(a.additional, -1e-9 * size);
    if (!(a.additional > 1e-3)) continue;
    ++gained;
    // The reverse: what that many people cost at least is no more.
    const Allocation back = allocate(f->s.kernel, f->s.population, f->s.question, f->s.policy,
                                     {.goal = LeastCost{a.additional * (1 - 1e-9)}, .discount_rate = f->rate});
    EXPECT_LE(back.cost, a.cost + 1e-6 * size) << "seed " << seed;
    if (!back.dealt_alike) {
      EXPECT_NEAR(back.additional, a.additional, 1e-6 * size) << "seed " << seed;
    }
    // The price of money is the slope of the optimum, as far as it holds.
    ASSERT_TRUE(a.money);
    EXPECT_NEAR(a.money->size, budget, 1e-9);
    EXPECT_NEAR(a.money->used, a.cost, 1e-8 * size * 100) << "seed " << seed;
    if (a.money->holds) {
      const Range& holds = *a.money->holds;
      const double up = std::min(budget / 100, holds.upper - budget),
                   down = std::min(budget / 100, budget - holds.lower);
      if (up > 1e-4 * budget) {
        ++priced;
        EXPECT_NEAR(with(budget + up).bound - a.bound, up * a.money->one_more, 1e-7 * size) << "seed " << seed;
      }
      if (down > 1e-4 * budget) {
        EXPECT_NEAR(a.bound - with(budget - down).bound, down * a.money->last, 1e-7 * size) << "seed " << seed;
      }
    }
  }
  EXPECT_GT(done, 500U);
  EXPECT_GT(priced, 100U);
  EXPECT_GT(alike, 0U);
  EXPECT_GT(reached_alike, 0U);
}

/// Learners and workers below a master; a course for both, of which the learners gain less.
struct Shop {
  Ladder ladder = Ladder::builder().rung("learner").rung("worker").rung("master").exit("gone").build();
  Kernel kernel = Kernel(TransitionMatrix::from_weights(
      ladder, (Matrix(4, 4) << 0.7, 0.2, 0.02, 0.08, 0.05, 0.75, 0.1, 0.1, 0, 0, 0.9, 0.1, 0, 0, 0, 1).finished(),
      Step()));
  Question question{ladder.set_of({0, 1}), ladder.set_of({2}), Span(3)};
  Programme course{{.eligible = ladder.set_of({0, 1}),
                    .uptake = Share(0.5),
                    .seats_per_year = Heads(30),
                    .completion = Share(0.8),
                    .cost_per_participant = 100},
                   MoveEffects("course", {{ladder.set_of({0, 1}), ladder.set_of({2}), odds_ratio(2)}})};
  Policy policy{"allocation", {course}, Combine::in_turn, {}, {}};
  [[nodiscard]] Population people(std::vector<Posts> posts = {}) const {
    return Population(Headcount(ladder, (Vector(4) << 100, 50, 10, 0).finished()), Period(2025), {}, std::move(posts));
  }
  [[nodiscard]] Allocation with(const AllocationRequest& request, std::vector<Posts> posts = {}) const {
    return allocate(kernel, people(std::move(posts)), question, policy, request);
  }
};

TEST(Allocate, BuysTheSeatsThatBringMost) {
  const Shop shop;
  const Allocation a = shop.with({.goal = MostPeople{2000}});
  EXPECT_EQ(a.plan.name, "allocation");
  EXPECT_EQ(a.cohort, 150);
  EXPECT_NEAR(a.cost, 2000, 1e-6);
  ASSERT_FALSE(a.seats.empty());
  EXPECT_EQ(a.seats.front().stratum, 1U);  // workers, in the first year
  EXPECT_EQ(a.seats.front().step, 0U);
  EXPECT_NEAR(a.seats.front().seats, 20, 1e-9);
  EXPECT_TRUE(a.unique && !a.whole && !a.before_search && a.bound_holds);
  ASSERT_TRUE(a.money && a.money->holds);
  EXPECT_GT(a.money->one_more, 0);
  EXPECT_NEAR(a.money->holds->upper, 2500, 1e-6);  // half of the workers are in then
  EXPECT_NEAR(a.money->one_more * 2000, a.additional, 1e-9);
  EXPECT_EQ(a.limits.size(), 3U);
  EXPECT_EQ(a.limits.front().limit, "the seats of 'course' in period 2025");
  EXPECT_EQ(a.limits.front().one_more, 0);
}

TEST(Allocate, BuysNoSeatsThatAddNobody) {
  Shop shop;
  Programme::Terms terms = shop.course.terms();
  terms.eligible = shop.ladder.set_of({0});
  shop.policy.programmes.push_back(shop.course.on(terms));
  shop.policy.programmes.back() =
      Programme(terms, MoveEffects("useless", {{shop.ladder.set_of({0}), shop.ladder.set_of({1}), odds_ratio(1)}}));
  for (const std::vector<ClassSize>& classes : {std::vector<ClassSize>{}, {{"course", 1}, {"useless", 1}}}) {
    const Allocation a = shop.with({.goal = MostPeople{1e6}, .classes = classes});
    for (const AllocatedSeats& s : a.seats) EXPECT_EQ(s.programme, 0U);
    EXPECT_LE(a.cost, 9000 + 1e-6);  // 30 seats in each of three years
    EXPECT_NEAR(a.reached, a.bound, 1e-9);
    if (!classes.empty()) continue;
    EXPECT_NEAR(a.money.value().used, a.cost, 1e-6) << "of the seats that are shown";
    double seats = 0, used = 0;
    for (const AllocatedSeats& s : a.seats) {
      seats += s.seats;
      EXPECT_GT(s.seats, 1e-8);
    }
    for (const LimitValue& l : a.limits) used += l.used;
    EXPECT_NEAR(used, seats, 1e-6);
  }
}

TEST(Allocate, NoMoneyBuysNothing) {
  const Shop shop;
  const Allocation a = shop.with({.goal = MostPeople{0}});
  EXPECT_TRUE(a.seats.empty() && a.plan.programmes.empty() && a.plan.assigned.empty());
  EXPECT_EQ(a.additional, 0);
  EXPECT_GT(a.money->one_more, 0);
  const Allocation b = shop.with({.goal = LeastCost{0}});
  EXPECT_TRUE(b.seats.empty());
  EXPECT_EQ(b.cost, 0);
}

TEST(Allocate, NobodyWhoCanEnrolLeavesTheBaseline) {
  Shop shop;
  Programme::Terms terms = shop.course.terms();
  terms.years = {1990, 1991};
  shop.policy.programmes = {shop.course.on(terms)};
  const Allocation a = shop.with({.goal = MostPeople{500}});
  EXPECT_TRUE(a.seats.empty());
  EXPECT_NEAR(a.bound, a.baseline, 1e-12);
  EXPECT_THAT(said<Refusal>([&] { (void)shop.with({.goal = LeastCost{2}}); }),
              HasSubstr("found 2 additional people asked for, of whom at most 0 can be reached whatever the money and "
                        "the seats; expected fewer people [E-ALLOCATE-REACH]"));
}

TEST(Allocate, KeepsAShareOfTheSeats) {
  const Shop shop;
  const StratumSet learners = shop.ladder.set_of({0});
  for (const double share : {0.25, 0.5, 1.0}) {
    const Allocation a = shop.with({.goal = MostPeople{2000}, .shares = {{learners, Share(share)}}});
    double kept = 0, all = 0;
    for (const AllocatedSeats& s : a.seats) {
      all += s.seats;
      kept += s.stratum == 0 ? s.seats : 0.0;
    }
    EXPECT_NEAR(all, 20, 1e-9);
    EXPECT_GE(kept, share * all - 1e-9);
    EXPECT_EQ(a.limits.back().limit, "the share of " + rungs::detail::text(share) + " of all seats for 'learner'");
    EXPECT_LT(a.limits.back().one_more, 0);  // a seat more for them is one less for who gains more
    EXPECT_LT(a.reached, shop.with({.goal = MostPeople{2000}}).reached);
  }
}

TEST(Allocate, HoldsFullClasses) {
  const Shop shop;
  const Allocation a = shop.with({.goal = MostPeople{2700}, .classes = {{"course", 12}}});
  EXPECT_TRUE(a.whole && !a.unique);
  double all[3] = {0, 0, 0};
  for (const AllocatedSeats& s : a.seats) all[s.step] += s.seats;
  for (const double x : all) EXPECT_NEAR(x / 12, std::round(x / 12), 1e-9);
  EXPECT_NEAR(all[0] + all[1] + all[2], 24, 1e-9);
  EXPECT_NEAR(a.reached, a.bound, 1e-9);
}

TEST(Allocate, PaysForAYearOnlyIfItIsHeld) {
  Shop shop;
  Programme::Terms terms = shop.course.terms();
  terms.fixed_cost_per_year = 600;
  shop.policy.programmes = {shop.course.on(terms)};
  const Allocation a = shop.with({.goal = MostPeople{2000}});
  EXPECT_TRUE(a.whole);
  EXPECT_NEAR(a.cost, 2000, 1e-6);
  EXPECT_NEAR(a.seats.front().seats, 14, 1e-6);
  EXPECT_TRUE(shop.with({.goal = MostPeople{599}}).seats.empty());
  const Allocation paid = shop.with({.goal = MostPeople{2000}, .fixed_costs_paid = true});
  EXPECT_FALSE(paid.whole);
  EXPECT_NEAR(paid.cost, 2000, 1e-6);
  EXPECT_NEAR(paid.seats.front().seats, 20, 1e-6);
}

TEST(Allocate, FollowsLimitsByPeriodAndStratum) {
  const Shop shop;
  const Allocation a = shop.with({.goal = MostPeople{1e6},
                                  .limits = {{"course", 2025, shop.ladder.set_of({1}), Heads(3)},
                                             {"course", std::nullopt, std::nullopt, Heads(10)}}});
  double all[3] = {0, 0, 0};
  for (const AllocatedSeats& s : a.seats) {
    all[s.step] += s.seats;
    if (s.step == 0 && s.stratum == 1) {
      EXPECT_NEAR(s.seats, 3, 1e-9);
    }
  }
  for (const double x : all) EXPECT_NEAR(x, 10, 1e-9);
  const auto found = std::find_if(a.limits.begin(), a.limits.end(), [](const LimitValue& l) {
    return l.limit == "the limit of 'course' for 'worker' in period 2025";
  });
  ASSERT_NE(found, a.limits.end());
  EXPECT_GT(found->one_more, 0);
  EXPECT_EQ(found->size, 3);
}

TEST(Allocate, SetsAProgrammeUpOnce) {
  Shop shop;
  Programme::Terms terms = shop.course.terms();
  terms.cost_once = 500;
  shop.policy.programmes = {shop.course.on(terms)};
  // What is left of 2500 buys what 2000 buys where nothing has to be set up.
  const Allocation a = shop.with({.goal = MostPeople{2500}}), plain = Shop().with({.goal = MostPeople{2000}});
  EXPECT_TRUE(a.whole && !a.money);
  EXPECT_NEAR(a.additional, plain.additional, 1e-6);
  EXPECT_NEAR(a.cost, 2500, 1e-5);
  EXPECT_NEAR(shop.with({.goal = MostPeople{500}}).additional, 0, 1e-5);
  EXPECT_NEAR(shop.with({.goal = MostPeople{2000}, .fixed_costs_paid = true}).additional, plain.additional, 1e-9);
  EXPECT_NEAR(shop.with({.goal = LeastCost{plain.additional * (1 - 1e-9)}}).cost, 2500, 1e-3);
}

TEST(Allocate, KeepsTheLeastSeats) {
  Shop shop;
  shop.question.within = Span(1);
  // A seat for a worker is worth 0.8 (0.2/1.1 - 0.1), for a learner 0.8 (0.04/1.02 - 0.02): all would go to workers.
  const double worker = 0.8 * (0.2 / 1.1 - 0.1), learner = 0.8 * (0.04 / 1.02 - 0.02);
  for (const std::string& programme : {std::string("course"), std::string()}) {
    SeatLimit least{programme, 2025, shop.ladder.set_of({0})};
    least.least = Heads(4);
    const Allocation a = shop.with({.goal = MostPeople{1000}, .limits = {least}});
    ASSERT_EQ(a.seats.size(), 2U);
    EXPECT_NEAR(a.seats[0].seats, 4, 1e-9);
    EXPECT_NEAR(a.seats[1].seats, 6, 1e-9);
    EXPECT_NEAR(a.additional, 4 * learner + 6 * worker, 1e-9);
    const LimitValue& v = a.limits.back();
    EXPECT_EQ(v.limit, "the least seats of " + std::string(programme.empty() ? "all programmes" : "'course'") +
                           " for 'learner' in period 2025");
    EXPECT_EQ(v.size, 4);
    EXPECT_NEAR(v.one_more, learner - worker, 1e-9);
    EXPECT_NEAR(v.last, learner - worker, 1e-9);
  }
  SeatLimit least{"course", {}, shop.ladder.set_of({0})};
  least.least = Heads(4);
  const auto words = [&](const AllocationRequest& request) { return said<Refusal>([&] { (void)shop.with(request); }); };
  EXPECT_EQ(words({.goal = MostPeople{399}, .limits = {least}}),
            "found limits that cannot hold together: the least seats of 'course' for 'learner' in period 2025, the "
            "budget; expected room in one of them [E-ALLOCATE-LIMITS]");
  least.least = Heads(31);
  EXPECT_EQ(words({.goal = LeastCost{0.1}, .limits = {least}}),
            "found limits that cannot hold together: the seats of 'course' in period 2025, the least seats of 'course' "
            "for 'learner' in period 2025; expected room in one of them [E-ALLOCATE-LIMITS]");
  least.least = Heads::unlimited();
  EXPECT_EQ(said<DomainError>([&] { (void)shop.with({.goal = MostPeople{1}, .limits = {least}}); }),
            "found least seats of inf; expected a number, 0 or more [E-ALLOCATE]");
}

TEST(Allocate, TheSameInAnEvaluation) {
  const Shop shop;
  const Allocation a = shop.with({.goal = MostPeople{4000}, .discount_rate = 0.05});
  const Evaluation e = evaluate(Ensemble(shop.kernel, Known{}, "stated"), shop.people(), shop.question, {a.plan},
                                {.currency = {}, .discount_rate = 0.05}, {.draws = 1, .seed = Seed(1)});
  EXPECT_NEAR(e.policies[0].additional.value, a.additional, 1e-9);
  EXPECT_NEAR(e.policies[0].cost.value, a.cost, 1e-9);
  EXPECT_EQ(e.policies[0].programmes[0].turned_away.value, 0);
  EXPECT_FALSE(e.policies[0].programmes[0].offers) << "nobody else is offered a seat";
}

TEST(Allocate, WithPostsImprovesOnTheLinearPlanWithinItsBound) {
  std::size_t better = 0, held = 0;
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    Dice dice(seed + 99);
    Shop shop;
    Programme::Terms terms = shop.course.terms();
    terms.cost_per_participant = 60;
    shop.policy.programmes.push_back(Programme(
        {.eligible = shop.ladder.set_of({0}), .uptake = Share(0.6), .cost_per_participant = terms.cost_per_participant},
        MoveEffects("apprenticeship", {{shop.ladder.set_of({0}), shop.ladder.set_of({1}), odds_ratio(3)}})));
    const std::vector<Posts> posts{{shop.ladder.at(1), Heads(dice.between(45, 60)), 0},
                                   {shop.ladder.at(2), Heads(dice.between(15, 30)), dice.between(0, 3)}};
    const AllocationRequest request{.goal = MostPeople{dice.between(500, 6000)}};
    const Allocation a = shop.with(request, posts);
    ASSERT_TRUE(a.before_search);
    EXPECT_GE(a.reached, *a.before_search - 1e-12);
    EXPECT_LE(a.cost, std::get<MostPeople>(request.goal).budget * (1 + 1e-9));
    better += a.reached > *a.before_search + 1e-6 ? 1U : 0U;
    held += a.bound_holds ? 1U : 0U;
    if (a.bound_holds) {
      EXPECT_LE(a.reached, a.bound + 1e-9);
    }
    EXPECT_NEAR(shop.with(request).reached, a.bound, 1e-9);
    // Prices of a world without competition would promise people who cannot move.
    EXPECT_EQ(a.money.has_value(), !(*a.before_search < a.bound - 1e-9 * a.cohort));
    if (!a.money) {
      EXPECT_TRUE(a.limits.empty());
    }
    EXPECT_NEAR(Projection(shop.kernel, shop.people(posts), shop.question, a.plan, Count::net)
                    .run(shop.kernel, Draw::point())
                    .reached(),
                a.reached, 1e-12);
  }
  EXPECT_GT(better, 3U);
  EXPECT_GT(held, 6U);
  // Posts that nobody is short of change nothing, and the prices stay.
  const Shop shop;
  const AllocationRequest request{.goal = MostPeople{2000}};
  const Allocation plenty = shop.with(request, {{shop.ladder.at(1), Heads(1000), 0}});
  EXPECT_NEAR(plenty.reached, plenty.bound, 1e-9);
  ASSERT_TRUE(plenty.money);
  EXPECT_NEAR(plenty.money->one_more, shop.with(request).money.value().one_more, 1e-9);
}

TEST(Allocate, RefusesInWords) {
  const Shop shop;
  const auto words = [&](const AllocationRequest& request) { return said<Refusal>([&] { (void)shop.with(request); }); };
  const auto wrong = [&](const AllocationRequest& request) {
    return said<DomainError>([&] { (void)shop.with(request); });
  };
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(wrong({.goal = MostPeople{nan}}), "found a budget of nan; expected a number, 0 or more [E-ALLOCATE]");
  EXPECT_EQ(wrong({.goal = MostPeople{-1}}), "found a budget of -1; expected a number, 0 or more [E-ALLOCATE]");
  EXPECT_EQ(wrong({.goal = LeastCost{-1}}), "found additional people of -1; expected a number, 0 or more [E-ALLOCATE]");
  EXPECT_EQ(wrong({.goal = MostPeople{1}, .classes = {{"course", 0}}}),
            "found classes of 0 seats; expected a number above 0 [E-ALLOCATE]");
  EXPECT_EQ(words({.goal = MostPeople{1}, .classes = {{"curse", 5}}}),
            "found a limit for 'curse'; expected one of 'course' [E-ALLOCATE]");
  EXPECT_THAT(words({.goal = LeastCost{50}}),
              HasSubstr(" can be reached whatever the money and the seats; expected fewer people [E-ALLOCATE-REACH]"));
  const std::string most = words({.goal = LeastCost{8}});
  EXPECT_THAT(most, HasSubstr("found 8 additional people asked for, of whom at most "));
  EXPECT_THAT(most, HasSubstr(" can be reached whatever the money, given the seats of 'course' in period 2025"));
  EXPECT_THAT(most, HasSubstr("; expected fewer people, or room in these limits [E-ALLOCATE-REACH]"));
  // What it says is the most can be had, and a little more cannot.
  const double said_most = std::stod(most.substr(most.find("at most ") + 8));
  EXPECT_NEAR(shop.with({.goal = LeastCost{said_most - 1e-6}}).additional, said_most, 1e-5);
  EXPECT_NEAR(shop.with({.goal = MostPeople{1e9}}).additional, said_most, 1e-9);
  EXPECT_THAT(words({.goal = LeastCost{said_most + 1e-3}}), HasSubstr("E-ALLOCATE-REACH"));

  Shop other;
  Programme::Terms terms = other.course.terms();
  terms.waiting_list = true;
  other.policy.programmes = {other.course.on(terms)};
  EXPECT_EQ(said<Refusal>([&] { (void)other.with({.goal = MostPeople{1}}); }),
            "found a waiting list of 'course'; expected programmes without, since every seat is assigned to somebody "
            "[E-ALLOCATE]");
  other.policy.programmes.clear();
  EXPECT_EQ(said<Refusal>([&] { (void)other.with({.goal = MostPeople{1}}); }),
            "found no programme; expected one or more whose seats can be bought [E-ALLOCATE]");
  Shop nobody;
  nobody.question.from = nobody.ladder.set_of({3});
  EXPECT_THAT(said<Refusal>([&] { (void)nobody.with({.goal = MostPeople{1}}); }), HasSubstr("E-COHORT"));
}

}  // namespace
}  // namespace allocate_test
