// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/measure/value.hpp>

#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <rungs/decide/evaluate.hpp>
#include <rungs/project/headcounts.hpp>

#include "../core/message.hpp"
#include "chains.hpp"

namespace value_test {
namespace {

using namespace rungs;
using rungs_test::code_of;
using rungs_test::column;
using rungs_test::relative;
using rungs_test::rows;
using rungs_test::said;

const Currency gbp{"GBP", 2015};
constexpr WithinPeriod all_rules[] = {WithinPeriod::start, WithinPeriod::end, WithinPeriod::trapezoid,
                                      WithinPeriod::every_point, WithinPeriod::legacy_simpson};

/// Workers and technicians who may leave, and newcomers; the step lasts half a year.
class Values : public testing::Test {
 protected:
  const Ladder ladder = Ladder::parse("worker < technician | left");
  const Stratum worker = ladder["worker"], technician = ladder["technician"], left = ladder["left"];
  const StratumSet everywhere = ladder.set_of({0, 1, 2}), strata = ladder.set_of({0, 1});
  const Step half{1, 0.5};
  const Kernel kernel{TransitionMatrix(ladder, rows({{.5, .25, .25}, {.125, .75, .125}, {0, 0, 1}}), half)};

  [[nodiscard]] Course course(std::int64_t steps, const Policy& policy = {}) const {
    const Population people(Headcount(ladder, column({64, 32, 0})), Period(2000), {{worker, 8, {}}});
    return project(kernel, people, {worker, technician, Span(steps)}, policy);
  }
  [[nodiscard]] ValueStream stream(WithinPeriod rule = WithinPeriod::trapezoid, double rate = 0) const {
    return ValueStream(ladder, {.name = "it", .rate = DiscountRate(rate), .rule = rule});
  }
  [[nodiscard]] double undiscounted(const Course& c, const ValueStream& s) const {
    return s.over(c, half).undiscounted;
  }
  [[nodiscard]] double discounted(const Course& c, const ValueStream& s) const { return s.over(c, half).discounted; }
};

TEST_F(Values, AmountsGrowAtAYearlyRate) {
  // A growing amount is the amounts of each period by hand, whatever it is attached to; what is due once does not grow.
  const Course c = course(4);
  const auto of = [&](double growth, const Amount& amount) {
    ValueStream s(ladder, {.name = "it", .rate = DiscountRate(.21), .growth = growth});
    s.in(strata, amount).on_move(worker, technician, amount, Share(.5)).on_arrival(worker, amount);
    return s.each_year(amount, Share(1)).once(100, 1);
  };
  const double by_hand =
      discounted(c, of(0, [](std::size_t t) { return 3 * std::pow(1.1, .5 * static_cast<double>(t)); }));
  EXPECT_NEAR(discounted(c, of(.1, 3)), by_hand, 1e-12 * by_hand);
  EXPECT_GT(by_hand, discounted(c, of(0, 3)) * 1.02);
  EXPECT_EQ(said<DomainError>([&] { (void)of(-1, 3); }),
            "found a yearly growth of amounts of -1; expected a number above -1 and below 10 [E-COST]");
}

TEST_F(Values, PeopleWhoAreAwayGoWithoutTheirEarnings) {
  const auto at_school = [&](const std::string& name, double lock_in_years) {
    Programme::Terms terms{.eligible = worker, .uptake = Share(.5), .lock_in_years = lock_in_years};
    terms.earnings_forgone = Share(.8);
    terms.years = {{2000, 2000}};
    return Programme(std::move(terms), MoveEffects(name, {{worker, technician, odds_ratio(1)}}));
  };
  ValueStream::Terms terms{.name = "earnings", .rate = DiscountRate(.21), .rule = WithinPeriod::trapezoid};
  terms.earned = true;
  // 32 of the 64 enrol for half of the period and lose 0.8 of what they earn: 12.8 heads, at 5 for half a year.
  const Course one = course(2, {"school", {at_school("school", .25)}});
  EXPECT_EQ(one.away.rows(), 2);
  EXPECT_DOUBLE_EQ(one.away(0, 0), 12.8);
  EXPECT_DOUBLE_EQ(one.away.sum(), 12.8);
  const double v = std::pow(1.21, -0.5);
  for (const auto& [rule, factor] : {std::pair(WithinPeriod::start, 1.0),
                                     {WithinPeriod::end, v},
                                     {WithinPeriod::trapezoid, (1 + v) / 2},
                                     {WithinPeriod::every_point, 1.0},
                                     {WithinPeriod::legacy_simpson, 1 / 3.0}}) {
    terms.rule = rule;
    const ValueStream earnings = ValueStream(ladder, terms).in(worker, 10).in(technician, 20);
    const StreamValue less = earnings.over(one, half);
    ValueStream::Terms kept = terms;
    kept.earned = false;
    const StreamValue all = ValueStream(ladder, kept).in(worker, 10).in(technician, 20).over(one, half);
    EXPECT_NEAR(less.forgone, 64 * factor, 1e-12);
    EXPECT_NEAR(less.discounted, all.discounted - 64 * factor, 1e-10);
    EXPECT_EQ(all.forgone, 0);
  }
  // In two at once nobody loses more than all: of 16 in both all, of 16 in each alone 0.8.
  const Course two = course(1, {"schools", {at_school("school", .5), at_school("academy", .5)}});
  EXPECT_NEAR(two.away(0, 0), 16 + 32 * .8, 1e-12);
  EXPECT_EQ(course(2).away.size(), 0);

  const ValueStream fees = stream().on_enrolment("academy", 3);
  EXPECT_DOUBLE_EQ(fees.over(two, half, {"school", "academy"}).undiscounted, 32 * 3);
  EXPECT_EQ(fees.over(one, half, {"school"}).undiscounted, 0);
}

TEST_F(Values, ByHand) {
  // (64, 32): 32 stay, 16 rise, 16 leave; 4 fall, 24 stay, 4 leave; 4 come in: (40, 40, 20).
  // (40, 40): 20 stay, 10 rise, 10 leave; 5 fall, 30 stay, 5 leave; 4 come in: (29, 40, 35).
  const Course c = course(2);
  const double v = std::pow(1.21, -0.5);  // 1/1.1 for half a year
  const auto expect = [&](const ValueStream& s, double now, double later, double last) {
    EXPECT_DOUBLE_EQ(undiscounted(c, s), now + later + last);
    EXPECT_DOUBLE_EQ(discounted(c, s), now + later * v + last * v * v);
  };
  const auto of = [&](WithinPeriod rule) { return stream(rule, 0.21); };
  // 10 a year for each technician: 5 a period.
  expect(of(WithinPeriod::start).in(technician, 10), 160, 200, 0);
  expect(of(WithinPeriod::end).in(technician, 10), 0, 200, 200);
  expect(of(WithinPeriod::trapezoid).in(technician, 10), 80, 200, 100);
  expect(of(WithinPeriod::every_point).in(technician, 10), 160, 200, 200);
  expect(of(WithinPeriod::legacy_simpson).in(technician, 10), 160 / 3.0, 400 / 3.0, 200 / 3.0);
  expect(of(WithinPeriod::start).in(strata, 10), 480, 400, 0);
  // 10 in the first period, 20 in the second: at its end the rate of the period that ends.
  expect(of(WithinPeriod::end).in(technician, std::vector<double>{10, 20}), 0, 200, 400);
  expect(of(WithinPeriod::trapezoid).in(technician, [](std::size_t t) { return t == 0 ? 10.0 : 20.0; }), 80, 100 + 200,
         200);
  // What is due at a moment has no weights.
  for (const WithinPeriod rule : all_rules) {
    expect(of(rule).on_move(worker, technician, 3, Share(0)), 48, 30, 0);
    expect(of(rule).on_move(worker, technician, 3, Share(1)), 0, 48, 30);
    expect(of(rule).on_entry(technician, std::vector<double>{1, 2}, Share(0)), 16, 20, 0);
    expect(of(rule).on_entry(strata, 1, Share(1)), 0, 0, 0);
    expect(of(rule).on_entry(left, 1, Share(1)), 0, 20, 15);
    expect(of(rule).on_arrival(strata, 100), 0, 400, 400);
    expect(of(rule).each_year(7, Share(0)), 3.5, 3.5, 0);
    expect(of(rule).each_year(7, Share(1)), 0, 3.5, 3.5);
    expect(of(rule).once(1000).once(10, 0.5).once(1, 1), 1000, 10, 1);
  }
  const ValueStream middle = of(WithinPeriod::start).on_move(worker, technician, 3, Share(0.5));
  EXPECT_DOUBLE_EQ(undiscounted(c, middle), 78);
  EXPECT_DOUBLE_EQ(discounted(c, middle), std::sqrt(v) * (48 + 30 * v));
}

TEST_F(Values, OneOffAndFixedAmountsAreNeverWeighted) {
  // heemod #345: four times 1000 came out as 3,960, weighted by the people still there.
  for (const std::int64_t steps : {4, 7, 40})
    for (const WithinPeriod rule : all_rules) {
      const Course c = course(steps);
      EXPECT_EQ(undiscounted(c, stream(rule).once(1000).once(1000, 0.5).once(1000, 1).once(1000, 2)), 4000);
      EXPECT_DOUBLE_EQ(undiscounted(c, stream(rule).each_year(300, Share(0.5))), 150.0 * static_cast<double>(steps));
    }
}

TEST_F(Values, EntriesAndLeavingsExplainTheChangeOfTheHeadcount) {
  // heemod #343.
  const Course c = course(9);
  for (const StratumSet& set : {StratumSet(worker), StratumSet(technician), StratumSet(left), strata}) {
    double change = 0;
    std::vector<std::size_t> others;
    for (std::size_t i = 0; i < 3; ++i) {
      const auto j = static_cast<Eigen::Index>(i);
      if (set.contains(i)) {
        change += c.headcount(9, j) - c.headcount(0, j);
      } else {
        others.push_back(i);
      }
    }
    const ValueStream net =
        stream().on_entry(set, 1, Share(1)).on_arrival(set, 1).on_entry(ladder.set_of(others), -1, Share(1));
    EXPECT_NEAR(undiscounted(c, net), change, 1e-12) << set.text();
  }
}

TEST_F(Values, MovesAtTheirMomentAreHeadcountsUnderTheRule) {
  // Rows of the flows sum to the headcount before, columns with the newcomers to the headcount after.
  const Course c = course(11);
  const Amount rising = [](std::size_t t) { return 3 + static_cast<double>(t * t); };
  const Amount by_period = [](std::size_t t) { return 0.5 * (3 + static_cast<double>(t * t)); };
  for (const Stratum& s : {worker, technician, left}) {
    EXPECT_LT(relative(discounted(c, stream(WithinPeriod::start, 0.1).in(s, rising)),
                       discounted(c, stream(WithinPeriod::start, 0.1).on_move(s, everywhere, by_period, Share(0)))),
              1e-13);
    const ValueStream ends =
        stream(WithinPeriod::end, 0.1).on_move(everywhere, s, by_period, Share(1)).on_arrival(s, by_period);
    EXPECT_LT(relative(discounted(c, stream(WithinPeriod::end, 0.1).in(s, rising)), discounted(c, ends)), 1e-13);
    EXPECT_LT(relative(discounted(c, stream(WithinPeriod::trapezoid, 0.1).in(s, rising)),
                       0.5 * (discounted(c, stream(WithinPeriod::start, 0.1).in(s, rising)) + discounted(c, ends))),
              1e-13);
  }
}

TEST_F(Values, OfSharesAreThoseOfHeadsByHead) {
  const Matrix heads = expected_headcounts(kernel, Headcount(ladder, column({64, 32, 0})), Span(6));
  Course people, shares;
  people.headcount = heads;
  shares.headcount = heads / 96;
  const ValueStream s = stream(WithinPeriod::trapezoid, 0.04).in(worker, 5).in(technician, 9);
  EXPECT_LT(relative(96 * discounted(shares, s), discounted(people, s)), 1e-14);
  EXPECT_EQ(code_of([&] { (void)discounted(people, stream().on_move(worker, technician, 1, Share(1))); }), "E-SHAPE");
  EXPECT_EQ(code_of([&] { (void)discounted(people, stream().on_arrival(worker, 1)); }), "E-SHAPE");
  EXPECT_EQ(code_of([&] { (void)discounted(people, stream().on_enrolment(0, 1)); }), "E-SHAPE");
}

TEST_F(Values, OfAPolicyOfNobodyAreTheBaselines) {
  const auto policy = [&](double uptake) {
    return Policy{"course",
                  {Programme({.eligible = worker, .uptake = Share(uptake)},
                             MoveEffects("course", {{worker, technician, odds_ratio(3), GivenUp::others}}))}};
  };
  const ValueStream s =
      stream(WithinPeriod::trapezoid, 0.04).in(worker, 5).on_move(worker, technician, 2, Share(1)).once(3);
  EXPECT_EQ(s.over(course(8), half), s.over(course(8, policy(0)), half));
  EXPECT_NE(s.over(course(8), half), s.over(course(8, policy(0.5)), half));
  ValueStream with_cost = s;
  with_cost.on_enrolment(0, 100);
  EXPECT_EQ(s.over(course(8), half), with_cost.over(course(8, policy(0)), half));
}

TEST_F(Values, CostsOfProgrammesAreWhatAnEvaluationSays) {
  const auto programme = [&](std::string name, double cost, double fixed,
                             std::optional<std::pair<std::int64_t, std::int64_t>> years) {
    return Programme({.eligible = worker,
                      .uptake = Share(0.25),
                      .seats_per_year = Heads(20),
                      .cost_per_participant = cost,
                      .fixed_cost_per_year = fixed,
                      .years = years},
                     MoveEffects(std::move(name), {{worker, technician, odds_ratio(3), GivenUp::others}}));
  };
  const Policy policy{"both", {programme("course", 100, 30, std::pair(2001, 2004)), programme("loan", 40, 0, {})}};
  const Course c = course(8, policy);
  ValueStream cost(ladder, {.name = "cost", .currency = gbp, .rate = DiscountRate(0.05)});
  cost.on_enrolment(0, 100).on_enrolment(1, 40).each_year([](std::size_t t) { return t >= 1 && t <= 4 ? 30.0 : 0.0; },
                                                          Share(0));
  const Population people(Headcount(ladder, column({64, 32, 0})), Period(2000));
  EXPECT_LT(
      relative(discounted(c, cost), detail::policy_cost(policy, c, people, half, DiscountRate(0.05), Draw::point())),
      1e-14);
}

TEST_F(Values, TotalsByPerspective) {
  const Course c = course(2);
  const auto make = [&](std::string name, std::optional<Currency> currency, Perspective p, double amount) {
    return ValueStream(
               ladder,
               {.name = std::move(name), .currency = std::move(currency), .perspective = p, .rate = DiscountRate(0.21)})
        .once(amount)
        .once(amount, 1);
  };
  const Valuation v = value_of(
      c, half,
      {make("fees", gbp, Perspective::budget, 121), make("forgone earnings", gbp, Perspective::participant, 242),
       make("grant", gbp, Perspective::budget, 363), make("grant received", gbp, Perspective::participant, -363),
       make("employers", gbp, Perspective::society, 12.1), make("years as technician", {}, Perspective::society, 1e6)});
  EXPECT_EQ(v.undiscounted(Perspective::budget), Money(968, gbp));
  EXPECT_EQ(v.undiscounted(Perspective::participant), Money(-242, gbp));
  EXPECT_EQ(v.undiscounted().currency(), gbp);
  EXPECT_DOUBLE_EQ(v.undiscounted().amount(), 968 - 242 + 24.2) << "what one gives to the other is no cost to society";
  EXPECT_DOUBLE_EQ(v.discounted().amount(), (968 - 242 + 24.2) / 2 * (1 + 1 / 1.21));
  EXPECT_DOUBLE_EQ(v["fees"].discounted, 221);
  EXPECT_EQ(v["years as technician"].undiscounted, 2e6);
  EXPECT_EQ(v.streams().size(), 6U);
  EXPECT_EQ(said<UnknownName>([&] { (void)v["fee"]; }),
            "found the stream 'fee'; expected one of 'fees', 'forgone earnings', 'grant', 'grant received', "
            "'employers', 'years as technician' [E-LABEL-UNKNOWN]");

  const Valuation mixed = value_of(
      c, half,
      {make("fees", gbp, Perspective::budget, 1), make("wages", Currency{"GBP", 2016}, Perspective::participant, 1)});
  EXPECT_EQ(said<Refusal>([&] { (void)mixed.discounted(); }),
            "found GBP 2015 and GBP 2016 in one sum; expected one currency at the prices of one year [E-CURRENCY]");
  EXPECT_EQ(mixed["wages"].undiscounted, 2);
  EXPECT_EQ(code_of([&] { (void)value_of(c, half, {stream()}).discounted(); }), "E-CURRENCY") << "no money";
}

TEST_F(Values, Refuse) {
  const Course c = course(2);
  const Ladder other = Ladder::parse("a < b");
  EXPECT_EQ(code_of([&] { (void)stream().in(other["a"], 1); }), "E-LADDER-OTHER");
  EXPECT_EQ(code_of([&] { (void)stream().on_move(worker, other["a"], 1, Share(0)); }), "E-LADDER-OTHER");
  EXPECT_EQ(code_of([&] { (void)stream().on_entry(other["a"], 1, Share(0)); }), "E-LADDER-OTHER");
  EXPECT_EQ(code_of([&] { (void)stream().on_arrival(other["a"], 1); }), "E-LADDER-OTHER");
  for (const double bad : {std::nan(""), HUGE_VAL, -HUGE_VAL, 1e15}) {
    EXPECT_EQ(code_of([&] { (void)stream().in(worker, bad); }), "E-COST");
    EXPECT_EQ(code_of([&] { (void)stream().once(bad); }), "E-COST");
    EXPECT_EQ(code_of([&] { (void)discounted(c, stream().in(worker, [&](std::size_t) { return bad; })); }), "E-COST");
    EXPECT_EQ(code_of([&] {
                (void)discounted(c, stream().each_year(std::vector<double>{1, bad}, Share(0)));
              }),
              "E-COST");
  }
  EXPECT_EQ(code_of([&] { (void)stream().once(1, -0.5); }), "E-SPAN");
  EXPECT_EQ(code_of([&] { (void)stream().once(1, std::nan("")); }), "E-SPAN");
  EXPECT_EQ(said<Refusal>([&] { (void)discounted(c, stream().once(1, 1.5)); }),
            "found an amount of 'it' due 1.5 years after the start; expected at most 1, where the course ends "
            "[E-HORIZON]");
  EXPECT_EQ(said<Refusal>([&] { (void)discounted(c, stream().in(worker, std::vector<double>{1})); }),
            "found amounts for 1 periods; expected one for period 1 of the course too, counted from 0 [E-HORIZON]");
  const std::vector<double> two{1, 2};
  EXPECT_EQ(undiscounted(c, stream(WithinPeriod::start).in(worker, two)), 0.5 * (64 + 80));
  EXPECT_EQ(code_of([&] { (void)discounted(c, stream(WithinPeriod::every_point).in(worker, two)); }), "E-HORIZON")
      << "it counts the last headcount as a period of its own";
  EXPECT_EQ(code_of([&] { (void)discounted(Course{}, stream()); }), "E-SHAPE");
  EXPECT_EQ(code_of([&] { (void)discounted(c, ValueStream(other, {.name = "x"})); }), "E-SHAPE");
  EXPECT_EQ(code_of([&] { (void)value_of(c, half, {stream(), stream()}); }), "E-CFG-DUP");
}

TEST_F(Values, OverNoTimeAreWhatIsDueAtOnce) {
  const Course c = course(0);
  for (const WithinPeriod rule : {WithinPeriod::start, WithinPeriod::end, WithinPeriod::trapezoid})
    EXPECT_EQ(undiscounted(c, stream(rule).in(worker, 5).each_year(7, Share(0)).once(3)), 3);
  EXPECT_EQ(undiscounted(c, stream(WithinPeriod::every_point).in(worker, 5)), 160);
}

}  // namespace
}  // namespace value_test
