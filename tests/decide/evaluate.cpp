// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/decide/evaluate.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <rungs/estimate/dirichlet.hpp>
#include <rungs/estimate/interval.hpp>
#include <rungs/measure/reach.hpp>

namespace evaluate_test {
namespace {

using namespace rungs;
using testing::HasSubstr;

Ladder ladder() { return Ladder::parse("worker < technician < manager | left"); }

TransitionMatrix moves(const Ladder& l) {
  Matrix p(4, 4);
  p << 0.8, 0.1, 0, 0.1, 0, 0.85, 0.1, 0.05, 0, 0, 0.97, 0.03, 0, 0, 0, 1;
  return {l, p};
}

Population people(const Ladder& l, double workers = 500) {
  return Population(Headcount(l).set(l["worker"], Heads(workers)), Period(2025));
}

/// Everybody enrols once, in the first year.
Programme course(const Ladder& l, const Effect& effect, Programme::Terms terms, const std::string& name = "course") {
  terms.years = {{2025, 2025}};
  return {std::move(terms), MoveEffects(name, {{l["worker"], l["technician"], effect}})};
}

const EvaluateOptions options{.draws = 400, .seed = Seed(11), .bottleneck_draws = 50};

TEST(Evaluate, WorkedByHandWhereNothingVaries) {
  const Ladder l = ladder();
  const Ensemble model = assumed(moves(l), Vector::Constant(4, std::nan("")));
  // Odds 0.1/0.9 times 3 is 1/4 after; staying 0.8 and leaving 0.1 shrink by 5/6.
  const Programme p = course(l, odds_ratio(3),
                             {.eligible = l["worker"],
                              .uptake = Share(0.4),
                              .completion = Share(0.5),
                              .cost_per_participant = 100,
                              .fixed_cost_per_year = 1000});
  const Question question{l["worker"], l.at_or_above("technician"), Span(2)};
  const Evaluation e = evaluate(model, people(l), question, {{"course", {p}}}, {{"CNY", 2015}, 0.1, 5000.0}, options);

  // Without: 0.1 + 0.8 * 0.1 of 500. With: 200 enrol, 100 of them complete: 1/4 + (2/3) * (1/4) each.
  EXPECT_NEAR(e.baseline.reach.value, 0.18, 1e-15);
  const PolicyResult& r = e.policies.at(0);
  const double more = 100 * (0.25 + 0.8 * (5.0 / 6) * 0.25 - 0.18);
  EXPECT_NEAR(r.additional.value, more, 1e-12);
  EXPECT_EQ(r.additional.lower, r.additional.value);
  EXPECT_EQ(r.additional.upper, r.additional.value);
  EXPECT_EQ(r.additional.draws, 0U) << "nothing was drawn";
  EXPECT_NEAR(r.programmes.at(0).offers.value().value, 500, 1e-12);
  EXPECT_NEAR(r.participants.value, 200, 1e-12);
  EXPECT_NEAR(r.cost.value, 200 * 100 + 1000, 1e-9)
      << "in the first year, which is not discounted; nobody enrols after";
  EXPECT_NEAR(r.number_needed_to_train.value().value, 200 / more, 1e-9);
  EXPECT_NEAR(r.cost_per_additional_person.value().value, 21000 / more, 1e-9);
  EXPECT_NEAR(r.net_benefit.value().value, 5000 * more - 21000, 1e-7);
  EXPECT_TRUE(e.best_by_net_benefit);
  EXPECT_EQ(r.probability_best.value, 5000 * more > 21000 ? 1 : 0);
  // Chance alone: the count of those who reach is binomial.
  EXPECT_NEAR(e.baseline.people_reaching.value, 90, 1e-12);
  EXPECT_TRUE(e.baseline.people_reaching.varied.individual_chance);
  EXPECT_FALSE(e.baseline.people_reaching.varied.parameters);
  EXPECT_NEAR(e.baseline.people_reaching.standard_deviation, std::sqrt(500 * 0.18 * 0.82), 1.5);
}

TEST(Evaluate, DiscountsRealTimeAtTheEffectiveYearlyRate) {
  const Ladder l = ladder();
  const Ensemble model = assumed(TransitionMatrix(l, moves(l).matrix(), Step(2, 2)), Vector::Constant(4, std::nan("")));
  const Programme p({.eligible = l["worker"], .uptake = Share(0), .fixed_cost_per_year = 10, .years = {{2025, 2027}}},
                    MoveEffects("course", {{l["worker"], l["technician"], odds_ratio(2)}}));
  const Evaluation e =
      evaluate(model, people(l), {l["worker"], l["manager"], Span(3)}, {{"course", {p}}}, {{}, 0.06, {}}, options);
  EXPECT_NEAR(e.policies[0].cost.value, 20 + 20 / (1.06 * 1.06), 1e-12)
      << "periods of two years that start in 2025 and 2027";
}

TEST(Evaluate, NetLeavesOutDeadweightAndDisplacement) {
  const Ladder l = ladder();
  const Ensemble model = assumed(moves(l), Vector::Constant(4, std::nan("")));
  const Question question{l["worker"], l["technician"], Span(1)};
  const Programme p =
      course(l, points(0.2),
             {.eligible = l["worker"], .uptake = Share(0.5), .deadweight = Share(0.25), .displacement = Share(0.2)});
  const PolicyResult r = evaluate(model, people(l), question, {{"course", {p}}}, {}, options).policies.at(0);
  EXPECT_NEAR(r.gross.value, 250 * 0.2, 1e-11);
  EXPECT_NEAR(r.additional.value, 250 * 0.2 * 0.75 * 0.8, 1e-11);
}

TEST(Evaluate, ShowsEveryDeductionFromGrossToNet) {
  const Ladder l = ladder();
  const Ensemble model = assumed(moves(l), Vector::Constant(4, std::nan("")));
  const Question question{l["worker"], l["technician"], Span(1)};
  const Programme p = course(l, points(0.2),
                             {.eligible = l["worker"],
                              .uptake = Share(0.5),
                              .deadweight = Share(0.25),
                              .substitution = Share(0.1),
                              .displacement = Share(0.2)});
  const PolicyResult r = evaluate(model, people(l), question, {{"course", {p}}}, {}, options).policies.at(0);
  EXPECT_NEAR(r.gross.value, 50, 1e-11);
  EXPECT_NEAR(r.after_deadweight.value, 50 * 0.75, 1e-11);
  EXPECT_NEAR(r.after_substitution.value, 50 * 0.75 * 0.9, 1e-11);
  EXPECT_NEAR(r.additional.value, 50 * 0.75 * 0.9 * 0.8, 1e-11);
  EXPECT_NEAR(r.additional_rungs.value, 27, 1e-11) << "one rung for each of them";
  // An uncertain deduction blurs what comes after it, and nothing before.
  const Programme doubtful = course(
      l, points(0.2),
      {.eligible = l["worker"], .uptake = Share(0.5), .deadweight = UncertainShare(Share(0.5)).interval(0.27, 0.96)});
  const PolicyResult d = evaluate(model, people(l), question, {{"course", {doubtful}}}, {}, options).policies.at(0);
  EXPECT_EQ(d.additional.varied, Varied{.effects = true});
  EXPECT_NEAR(d.gross.lower, 50, 1e-11);
  EXPECT_NEAR(d.gross.upper, 50, 1e-11);
  EXPECT_LT(d.additional.lower, 10);
  EXPECT_GT(d.additional.upper, 30);
  EXPECT_EQ(d.additional.value, d.after_deadweight.value);
}

TEST(Evaluate, CountsALoanAsMoneyThatComesBack) {
  const Ladder l = ladder();
  const Ensemble model = assumed(moves(l), Vector::Constant(4, std::nan("")));
  const Question question{l["worker"], l["technician"], Span(1)};
  const auto cost = [&](const UncertainShare& lost, double discount) {
    const Programme p = course(
        l, points(0.2),
        {.eligible = l["worker"], .uptake = Share(0.5), .cost_per_participant = 10, .loan = Loan{1000, 0.04, 3, lost}});
    return evaluate(model, people(l), question, {{"loan", {p}}}, {{}, discount, {}}, options).policies.at(0);
  };
  EXPECT_NEAR(cost(Share(0), 0.04).cost.value, 250 * 10, 1e-8) << "at its own interest a loan costs nothing";
  EXPECT_NEAR(cost(Share(1), 0.04).cost.value, 250 * 1010, 1e-8) << "nothing comes back";
  const double instalment = 1000 * 0.04 / (1 - std::pow(1.04, -3));
  const PolicyResult r = cost(Share(0.1), 0);
  EXPECT_NEAR(r.cost.value, 250 * (10 + 1000 - 0.9 * 3 * instalment), 1e-8);
  EXPECT_NEAR(r.programmes.at(0).lent.value, 250'000, 1e-9);
  EXPECT_NEAR(r.programmes.at(0).lost.value, 250 * 0.1 * 3 * instalment, 1e-9);
  const PolicyResult d = cost(UncertainShare(Share(0.1)).interval(0.02, 0.4), 0);
  EXPECT_LT(d.cost.lower, r.cost.value);
  EXPECT_GT(d.cost.upper, r.cost.value);
  EXPECT_NEAR(d.additional.upper, d.additional.lower, 1e-9) << "who pays back is no matter of who reaches";
}

TEST(Evaluate, CostsAreAsUncertainAsTheirAmounts) {
  const Ladder l = ladder();
  const Ensemble model = assumed(moves(l), Vector::Constant(4, std::nan("")));
  const Question question{l["worker"], l["technician"], Span(1)};
  const EvaluateOptions many{.draws = 4000, .seed = Seed(11), .bottleneck_draws = 10};
  const auto answer = [&](const UncertainAmount& each, const UncertainAmount& once, double wage, bool wage_varies) {
    const Programme p =
        course(l, points(0.2),
               {.eligible = l["worker"], .uptake = Share(0.5), .cost_per_participant = each, .cost_once = once});
    Economics economics{{"CNY", 2015}, 0, 500.0};
    const UncertainAmount known(wage);
    ValueStream wages(l, {.name = "course", .currency = economics.currency, .perspective = Perspective::participant});
    wages.in(l["technician"], wage_varies ? known.interval(wage / 2, wage * 2) : known);
    economics.values.push_back(wages);
    return evaluate(model, people(l), question, {{"course", {p}}}, economics, many);
  };
  const Evaluation e = answer(UncertainAmount(100).interval(80, 150), 5000, 10, false);
  const PolicyResult& r = e.policies.at(0);
  // 250 take part. The share of draws below a quantile is known to some 0.0025, here some 0.4 and 1.3 of money.
  EXPECT_NEAR(r.cost.lower, 250 * 80 + 5000, 250 * 1.2);
  EXPECT_NEAR(r.cost.upper, 250 * 150 + 5000, 250 * 4.);
  EXPECT_EQ(r.cost.varied, Varied{.amounts = true});
  const double mean = 250 * UncertainAmount(100).interval(80, 150).mean() + 5000;
  EXPECT_NEAR(r.cost.value, mean, 4 * r.cost.monte_carlo_error);
  EXPECT_GT(mean, 250 * 100 + 5000 + 8 * r.cost.monte_carlo_error) << "not that of the median";
  EXPECT_EQ(r.cost_per_additional_person.value().varied, Varied{.amounts = true});
  EXPECT_EQ(r.net_benefit.value().varied, Varied{.amounts = true});
  EXPECT_NEAR(r.cost_per_additional_person->upper, r.cost.upper / 50, 1e-9);
  EXPECT_EQ(r.additional.varied, Varied{});
  EXPECT_EQ(r.additional.lower, r.additional.upper);
  EXPECT_EQ(r.values.at(0).total.lower, r.values[0].total.upper) << "wages are known";
  // All that is not known is the one cost: to know it is to know everything.
  ASSERT_EQ(e.known_before.size(), 1U);
  EXPECT_EQ(e.known_before[0].what, "what 'course' costs");
  EXPECT_NEAR(e.known_before[0].evppi.value().value, e.decision->evpi().value,
              0.02 * e.decision->evpi().value + 4 * e.decision->evpi().monte_carlo_error);
  // One way: both ends of the cost change no number of people, but which policy is best.
  ASSERT_EQ(r.one_way.size(), 1U);
  EXPECT_EQ(r.one_way[0].input, "cost per participant of 'course'");
  EXPECT_EQ(r.one_way[0].low, 80);
  EXPECT_EQ(r.one_way[0].high, 150);
  EXPECT_NEAR(r.one_way[0].additional_at_low, 50, 1e-11);
  EXPECT_NEAR(r.one_way[0].cost_at_low, 250 * 80 + 5000, 1e-9);
  EXPECT_NEAR(r.one_way[0].cost_at_high, 250 * 150 + 5000, 1e-9);
  EXPECT_NEAR(r.one_way[0].net_benefit_at_low.value(), 500 * 50 - 25000, 1e-8);
  EXPECT_NEAR(r.one_way[0].net_benefit_at_high.value(), 500 * 50 - 42500, 1e-8);

  // What standing somewhere is worth, in the same way; it is another stream of numbers than that of the programme.
  const Evaluation w = answer(UncertainAmount(100).interval(80, 150), 0, 10, true);
  const Estimate &wages = w.policies[0].values.at(0).total, &cost = w.policies[0].cost;
  EXPECT_EQ(wages.varied, Varied{.amounts = true});
  EXPECT_NEAR(wages.lower / wages.value, 0.5, 0.06);
  EXPECT_NEAR(wages.upper / wages.value, 2, 0.3);
  const Estimate& gain = w.policies[0].gain.participant;
  EXPECT_EQ(gain.varied, (Varied{.amounts = true}));
  const Estimate& society = w.policies[0].gain.society;
  EXPECT_NEAR(std::pow(society.standard_deviation, 2),
              std::pow(cost.standard_deviation, 2) + std::pow(gain.standard_deviation, 2),
              0.05 * std::pow(society.standard_deviation, 2))
      << "the two are independent";
  ASSERT_EQ(w.known_before.size(), 2U);
  EXPECT_EQ(w.known_before[1].what, "what 'course' is worth");
}

TEST(Evaluate, NobodyReachesForWhomTheWayOpensTooLate) {
  const Ladder l = ladder();
  Matrix p(4, 4);
  p << 0.8, 0.2, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1;
  const Ensemble model = assumed(TransitionMatrix(l, p), Vector::Constant(4, std::nan("")));
  const Population population(Headcount(l).set(l["technician"], Heads(100)).set(l["worker"], Heads(100)));
  const auto asked = [&](double lag) {
    Programme opens{{.eligible = l["technician"]},
                    MoveEffects("course", {{l["technician"], l["manager"], points(0.1), GivenUp::staying, true}},
                                Profile().lag(lag))};
    return evaluate(model, population, {l.set_of({0, 1}), l["manager"], Span(3)}, {{"course", {std::move(opens)}}}, {},
                    options);
  };
  const PolicyResult late = asked(3).policies[0], in_time = asked(2).policies[0];
  EXPECT_EQ(late.reach.value, 0);
  EXPECT_EQ(late.unreachable,
            "of the moves that lead from 'worker', 'technician' to 'manager' some are made by nobody within the span");
  EXPECT_GT(in_time.reach.value, 0);
  EXPECT_EQ(in_time.unreachable, "");
}

TEST(Evaluate, WhatRoundingMakesOfNothingIsNothing) {
  // Posts that are all taken: another who moves up takes the post of one who would have.
  const Ladder l = Ladder::parse("worker < manager");
  Matrix p(2, 2);
  p << 0.8, 0.2, 0, 1;
  const Ensemble model = assumed(TransitionMatrix(l, p), Vector::Constant(2, std::nan("")));
  const Population population(Headcount(l).set(l["worker"], Heads(1000)), Period(2025), {},
                              {{l["manager"], Heads(10)}});
  const PolicyResult r = evaluate(model, population, {l["worker"], l["manager"], Span(1)}, {}, {}, options).baseline;
  for (const EasedMove& m : r.bottleneck) EXPECT_EQ(m.additional.value, 0);
  EXPECT_EQ(r.one_more_post.at(0).additional.value, 1);
}

TEST(Evaluate, TheCountVariesAsPeopleDo) {
  const Ladder l = ladder();
  const auto range = [&](const Matrix& p, const Population& population, const StratumSet& from) {
    const Ensemble model = assumed(TransitionMatrix(l, p), Vector::Constant(4, std::nan("")));
    return evaluate(model, population, {from, l["manager"], Span(1)}, {}, {}, {.draws = 4000, .seed = Seed(5)})
        .baseline.people_reaching;
  };
  Matrix p(4, 4);
  p << 0.5, 0, 0.5, 0, 0, 0.1, 0.9, 0, 0, 0, 0.8, 0.2, 0, 0, 0, 1;
  const auto people = [&](double workers, double technicians, double managers) {
    return Headcount(l)
        .set(l["worker"], Heads(workers))
        .set(l["technician"], Heads(technicians))
        .set(l["manager"], Heads(managers));
  };
  // Of two strata with chances of their own: the variances add up, 100/4 + 100 x 0.09, and not 200 x 0.7 x 0.3.
  const Estimate two = range(p, Population(people(100, 100, 0)), l.set_of({0, 1}));
  EXPECT_NEAR(two.value, 140, 1e-12);
  EXPECT_NEAR(two.standard_deviation, std::sqrt(25.0 + 9), 0.2);
  // Who is there at the start is counted whatever happens.
  const Estimate there = range(p, Population(people(100, 100, 40)), l.set_of({0, 1, 2}));
  EXPECT_NEAR(there.value, 180, 1e-12);
  EXPECT_NEAR(there.standard_deviation, std::sqrt(25.0 + 9), 0.2);
  // Posts that are enough but for chance are told, those that never are or always are not.
  for (const auto& [posts, told] : {std::pair(10, 0), std::pair(88, 1), std::pair(92, 1), std::pair(200, 0)}) {
    const Ensemble model = assumed(TransitionMatrix(l, p), Vector::Constant(4, std::nan("")));
    const Population wanted(people(0, 100, 0), Period(2025), {}, {{l["manager"], Heads(posts)}});
    const Evaluation e = evaluate(model, wanted, {l["technician"], l["manager"], Span(1)}, {}, {}, options);
    EXPECT_EQ(
        std::count_if(e.warnings.begin(), e.warnings.end(),
                      [](const Warning& w) {
                        return w.message.starts_with("in the baseline the posts of 'manager' are just about enough");
                      }),
        told)
        << posts;
  }
  // Those for whom it is certain, and one for whom it is not; half a post is one or none.
  Matrix sure = p;
  sure.row(1) << 0, 0, 1, 0;
  const Estimate nearly = range(sure, Population(people(1, 99, 0)), l.set_of({0, 1}));
  EXPECT_EQ(nearly.lower, 99);
  EXPECT_EQ(nearly.upper, 100);
  const Estimate half =
      range(p, Population(people(0, 100, 0), Period(2025), {}, {{l["manager"], Heads(8.5)}}), l.set_of({1}));
  EXPECT_NEAR(half.value, 8.5, 1e-12);
  EXPECT_EQ(half.lower, 8);
  EXPECT_EQ(half.upper, 9);
  // Managers who are asked about are there, whoever leaves a post to one of the technicians: about as many stay as
  // there are posts, and those who stay too many free none. The 54 technicians who want one are more than ever find it.
  const Estimate some =
      range(p, Population(people(0, 60, 200), Period(2025), {}, {{l["manager"], Heads(162)}}), l.set_of({1, 2}));
  double found = 0, squares = 0;
  for (int stay = 0; stay <= 162; ++stay) {
    const double free = 162 - stay,
                 chance = boost::math::pdf(boost::math::binomial(200, 0.8), static_cast<double>(stay));
    found += chance * free;
    squares += chance * free * free;
  }
  EXPECT_NEAR(some.value, 200 + found, 4 * std::sqrt((squares - found * found) / 10'000));
  EXPECT_GT(found, 3);  // and not the 2 of expected numbers
  EXPECT_GE(some.lower, 200);
  EXPECT_GT(some.upper, 204);
  // Ten posts for ten of a hundred who want one.
  const Estimate ten =
      range(p, Population(people(0, 100, 0), Period(2025), {}, {{l["manager"], Heads(10)}}), l.set_of({1}));
  EXPECT_NEAR(ten.value, 10, 1e-12);
  EXPECT_EQ(ten.lower, 10);
  EXPECT_EQ(ten.upper, 10);
  EXPECT_EQ(ten.centre, Centre::plug_in);
  // 36 of 40 want one of those that a fifth of a hundred managers leave: those vary by 100 x 0.2 x 0.8, more than the
  // 40 would alone, 40 / 4.
  const Estimate left =
      range(p, Population(people(0, 40, 100), Period(2025), {}, {{l["manager"], Heads(100)}}), l.set_of({1}));
  EXPECT_NEAR(left.value, 20, 1e-12);
  EXPECT_NEAR(left.standard_deviation, 4, 0.1);
}

TEST(Evaluate, ShowsPostsAndTheirShortage) {
  const Ladder l = ladder();
  const Ensemble model = assumed(moves(l), Vector::Constant(4, std::nan("")));
  // 100 technicians and 30 managers, who have 32 posts: 10 technicians push, 0.9 managers leave, so that 2.9 find a
  // post and 7.1 do not.
  const Population population(Headcount(l).set(l["technician"], Heads(100)).set(l["manager"], Heads(30)), Period(2025),
                              {}, {{l["manager"], Heads(32)}});
  const Evaluation e = evaluate(model, population, {l["technician"], l["manager"], Span(1)}, {}, {}, options);
  EXPECT_NEAR(e.baseline.people_reaching.value, 2.9, 1e-12);
  // Two posts are free, and as many more as leave: whoever takes them, that is all that varies.
  EXPECT_NEAR(e.baseline.people_reaching.standard_deviation, std::sqrt(30 * 0.03 * 0.97), 0.03);
  ASSERT_EQ(e.baseline.posts.size(), 1U);
  EXPECT_NEAR(e.baseline.posts[0].blocked.value, 7.1, 1e-12);
  EXPECT_NEAR(e.baseline.posts[0].open.value, 0, 1e-12);
  EXPECT_NEAR(e.baseline.moves_per_vacancy.value().value, 1, 1e-12)
      << "each vacancy is filled from a stratum without posts";
  ASSERT_EQ(e.baseline.one_more_post.size(), 1U);
  EXPECT_EQ(e.baseline.one_more_post[0].what, "manager");
  EXPECT_NEAR(e.baseline.one_more_post[0].additional.value, 1, 1e-12);
  // An entrant takes a place, where no technician then finds one.
  ASSERT_EQ(e.baseline.one_more_entrant.size(), 1U);
  EXPECT_EQ(e.baseline.one_more_entrant[0].what, "manager");
  EXPECT_NEAR(e.baseline.one_more_entrant[0].additional.value, -1, 1e-12);
  EXPECT_FALSE(e.baseline.one_more_entrant[0].change || e.baseline.one_more_entrant[0].cost);
  EXPECT_THAT(e.warnings.at(0).message, HasSubstr("the posts of 'manager' bind"));
  // While posts bind, more push adds nobody: the bottleneck is the post.
  for (const EasedMove& m : e.baseline.bottleneck) {
    if (m.from == l["technician"].index() && m.to == l["manager"].index()) {
      EXPECT_NEAR(m.additional.value, 0, 1e-12);
    }
  }
}

TEST(Evaluate, SaysWhatOneMoreSeatAdds) {
  const Ladder l = ladder();
  const Ensemble model = assumed(moves(l), Vector::Constant(4, std::nan("")));
  const Programme p =
      course(l, points(0.2), {.eligible = l["worker"], .seats_per_year = Heads(50), .cost_per_participant = 70});
  const PolicyResult r =
      evaluate(model, people(l), {l["worker"], l["technician"], Span(1)}, {{"course", {p}}}, {}, options)
          .policies.at(0);
  ASSERT_EQ(r.one_more_seat.size(), 1U);
  EXPECT_EQ(r.one_more_seat[0].what, "course");
  EXPECT_NEAR(r.one_more_seat[0].additional.value, 0.2, 1e-12);
  EXPECT_NEAR(r.one_more_seat[0].change.value().value, 0.2, 1e-12) << "the baseline has no seats";
  EXPECT_NEAR(r.one_more_seat[0].cost.value().value, 70, 1e-12);
}

TEST(Evaluate, ReactsToMovesAsCentralDifferencesSay) {
  const Ladder l = ladder();
  Programme::Terms terms{.eligible = l["technician"], .uptake = Share(0.3), .cost_per_participant = 70};
  terms.years = {{2025, 2029}};
  const Policy policy{"course", {{terms, MoveEffects("course", {{l["technician"], l["manager"], odds_ratio(2)}})}}};
  const auto with = [&](std::size_t i, std::size_t j, double more) {
    Matrix p = moves(l).matrix();
    const auto r = static_cast<Eigen::Index>(i), c = static_cast<Eigen::Index>(j);
    const double rest = 1 - p(r, c);
    p.row(r) *= 1 - more / rest;
    p(r, c) = moves(l).matrix()(r, c) + more;
    const Ensemble model = assumed(TransitionMatrix(unchecked, l, p), Vector::Constant(4, std::nan("")));
    return evaluate(model, people(l), {l["worker"], l["manager"], Span(10)}, {policy}, {{"CNY", 2015}, 0.1}, options)
        .policies.at(0);
  };
  const PolicyResult r = with(0, 1, 0);
  std::size_t compared = 0;
  for (const EasedMove& m : r.bottleneck) {
    constexpr double h = 1e-5;
    if (moves(l).matrix()(static_cast<Eigen::Index>(m.from), static_cast<Eigen::Index>(m.to)) == 0)
      continue;  // no room on one side
    ++compared;
    const PolicyResult up = with(m.from, m.to, h), down = with(m.from, m.to, -h);
    const auto slope = [](const Estimate& a, const Estimate& b) { return 0.01 * (a.value - b.value) / (2 * h); };
    EXPECT_NEAR(m.additional.value, slope(up.people_reaching, down.people_reaching), 1e-6) << m.from;
    EXPECT_NEAR(m.change.value().value, slope(up.additional, down.additional), 1e-6) << m.from;
    EXPECT_NEAR(m.cost.value().value, slope(up.cost, down.cost), 1e-4) << m.from;
    EXPECT_GT(std::abs(m.cost.value().value), 1) << m.from;
  }
  EXPECT_EQ(compared, 4U) << "up from worker and from technician, and out from both";
}

TEST(Evaluate, VariesOneNumberAtATime) {
  const Ladder l = ladder();
  const Ensemble model = assumed(moves(l), Vector::Constant(4, std::nan("")));
  const Programme p = course(l, points(0.1).interval(-0.02, 0.3),
                             {.eligible = l["worker"],
                              .uptake = Share(0.5),
                              .displacement = UncertainShare(Share(0.2)).interval(0.1, 0.4),
                              .cost_per_participant = 40});
  const PolicyResult r =
      evaluate(model, people(l), {l["worker"], l["technician"], Span(1)}, {{"course", {p}}}, {{}, 0, 1000}, options)
          .policies.at(0);
  ASSERT_EQ(r.one_way.size(), 2U);
  EXPECT_EQ(r.one_way[0].input, "points of 'course'");
  EXPECT_EQ(r.one_way[0].low, -0.02);
  EXPECT_NEAR(r.one_way[0].additional_at_low, 250 * -0.02 * 0.8, 1e-11);
  EXPECT_NEAR(r.one_way[0].additional_at_high, 250 * 0.3 * 0.8, 1e-11);
  EXPECT_NEAR(r.one_way[0].net_benefit_at_low.value(), 1000 * 250 * -0.02 * 0.8 - 10000, 1e-8);
  EXPECT_NEAR(r.one_way[0].net_benefit_at_high.value(), 1000 * 250 * 0.3 * 0.8 - 10000, 1e-8);
  EXPECT_NEAR(r.one_way[0].cost_at_high, 10000, 1e-9);
  EXPECT_TRUE(r.one_way[0].decision_changes) << "at its low the course costs 10000 and does harm";
  EXPECT_EQ(r.one_way[1].input, "displacement of 'course'");
  EXPECT_NEAR(r.one_way[1].additional_at_low, 250 * 0.1 * 0.9, 1e-11);
  EXPECT_NEAR(r.one_way[1].additional_at_high, 250 * 0.1 * 0.6, 1e-11);
  EXPECT_FALSE(r.one_way[1].decision_changes);

  // What only changes the cost is told also where one more person has no value.
  const Programme dear = course(
      l, points(0.1),
      {.eligible = l["worker"], .uptake = Share(0.5), .cost_per_participant = UncertainAmount(40).interval(30, 60)});
  const PolicyResult without =
      evaluate(model, people(l), {l["worker"], l["technician"], Span(1)}, {{"course", {dear}}}, {}, options)
          .policies.at(0);
  ASSERT_EQ(without.one_way.size(), 1U);
  EXPECT_NEAR(without.one_way[0].cost_at_low, 250 * 30, 1e-9);
  EXPECT_NEAR(without.one_way[0].cost_at_high, 250 * 60, 1e-9);
  EXPECT_FALSE(without.one_way[0].net_benefit_at_low.has_value());
  EXPECT_FALSE(without.one_way[0].decision_changes);
}

TEST(Evaluate, SaysWhatKnowingBeforeChoosingIsWorth) {
  const Ladder l = ladder();
  const Question question{l["worker"], l["technician"], Span(1)};
  const Programme p = course(l, points(0.1).interval(-0.02, 0.22),
                             {.eligible = l["worker"], .uptake = Share(0.5), .cost_per_participant = 80});
  EvaluateOptions many = options;
  many.draws = 4000;
  many.bottleneck_draws = 0;
  // Only the effect varies: points of a normal with mean 0.1 and sd 0.12 / 1.96 (capped nowhere near), 250 people, each
  // worth 1000: net benefit normal with mean 25000 - 20000 and sd 250 x 1000 x 0.0612. Knowing the effect is knowing
  // all.
  const Evaluation e = evaluate(assumed(moves(l), Vector::Constant(4, std::nan(""))), people(l), question,
                                {{"course", {p}}}, {{}, 0, 1000}, many);
  ASSERT_TRUE(e.decision);
  const double m = 5000, sd = 250'000 * 0.12 / 1.959963984540054, z = m / sd;
  const double exact =
      sd * std::exp(-z * z / 2) / std::sqrt(2 * 3.14159265358979323846) - m * 0.5 * std::erfc(z / std::sqrt(2.0));
  EXPECT_NEAR(e.decision->evpi().value, exact, 4 * e.decision->evpi().monte_carlo_error);
  ASSERT_EQ(e.known_before.size(), 1U);
  EXPECT_EQ(e.known_before[0].what, "what 'course' does");
  EXPECT_NEAR(e.known_before[0].evppi.value().value, e.decision->evpi().value, 0.01 * exact);
  EXPECT_EQ(e.acceptability.size(), 21U);
  for (const Decision& d : e.acceptability) {
    double sum = 0;
    for (const Estimate& x : d.probability_best) sum += x.value;
    EXPECT_NEAR(sum, 1, 1e-12);
  }
  // With an uncertain model as well, one of the two is worth less than both; too few draws are said.
  const Evaluation both =
      evaluate(assumed(moves(l), Vector::Constant(4, 60)), people(l), question, {{"course", {p}}}, {{}, 0, 1000}, many);
  ASSERT_EQ(both.known_before.size(), 2U);
  EXPECT_EQ(both.known_before[1].what, "how people move without a programme");
  for (const KnownBefore& k : both.known_before) {
    EXPECT_GE(k.evppi.value().value, 0);
    EXPECT_LE(k.evppi.value().value, both.decision->evpi().value);
  }
  EvaluateOptions few = many;
  few.draws = 50;
  const Evaluation thin =
      evaluate(assumed(moves(l), Vector::Constant(4, 60)), people(l), question, {{"course", {p}}}, {{}, 0, 1000}, few);
  EXPECT_FALSE(thin.known_before[0].evppi);
  EXPECT_THAT(thin.known_before[0].refused, HasSubstr("found 50 draws"));
}

TEST(Evaluate, SaysWhatKnowingSeveralThingsTogetherIsWorth) {
  const Ladder l = ladder();
  const Question question{l["worker"], l["technician"], Span(1)};
  const Programme p = course(
      l, points(0.1).interval(0, 0.2),
      {.eligible = l["worker"], .uptake = Share(0.5), .cost_per_participant = UncertainAmount(90).interval(45, 180)});
  const std::string does = "what 'course' does", costs = "what 'course' costs",
                    move = "how people move without a programme";
  EvaluateOptions many = options;
  many.draws = 4000;
  many.bottleneck_draws = 0;
  many.keep_worlds = true;
  const auto known = [&](std::vector<std::vector<std::string>> together, double people_behind = 60) {
    Economics money{{}, 0, 1000};
    money.known_together = std::move(together);
    return evaluate(assumed(moves(l), Vector::Constant(4, people_behind)), people(l), question, {{"course", {p}}},
                    money, many);
  };
  const Evaluation e = known({{does, costs}, {move}, {costs, does, move}});
  ASSERT_EQ(e.known_before.size(), 6U);
  const auto worth = [&](std::size_t k) { return e.known_before[k].evppi.value(); };
  const double evpi = e.decision->evpi().value;
  EXPECT_EQ(e.known_before[3].what, does + " and " + costs + ", together");
  EXPECT_EQ(e.known_before[4].what, move);
  EXPECT_EQ(worth(4).value, worth(2).value) << "of one it is what it is alone";
  EXPECT_EQ(worth(4).upper, worth(2).upper);
  for (const std::size_t k : {0U, 1U})
    EXPECT_GT(worth(3).value, 1.1 * worth(k).value) << "each tells what the other does not";
  EXPECT_LE(worth(3).value, evpi);
  EXPECT_NEAR(worth(5).value, evpi, 0.02 * evpi) << "there is nothing else to know";
  // By another route: from the worlds as they are written, in their own units.
  const Worlds& w = e.worlds.value();
  Matrix both(w.numbers.rows(), 2);
  for (std::size_t k = 0; k < w.names.size(); ++k)
    if (w.names[k] == "points of 'course'" || w.names[k] == "cost per participant of 'course'")
      both.col(w.names[k] == "points of 'course'" ? 0 : 1) = w.numbers.col(static_cast<Eigen::Index>(k));
  const Matrix& benefit = w.net_benefit.value();
  const Estimate again =
      evppi(Comparison({"baseline", "course"}, Matrix::Zero(benefit.rows(), 2), benefit, {}), 1, both);
  EXPECT_NEAR(again.value, worth(3).value, 0.01 * evpi);

  // In closed form where it is known how people move: 250 people, each worth 1000 times the points, which are normal,
  // less a cost of which the logarithm is; knowing both is knowing all. By the cost, what is gained is a normal loss.
  const Evaluation sure = known({{does, costs}}, std::nan(""));
  const double sd = 250'000 * 0.1 / 1.959963984540054, root = std::log(2) / 1.959963984540054, h = 0.001;
  const auto density = [](double z) { return std::exp(-z * z / 2) / std::sqrt(2 * 3.14159265358979323846); };
  double gain = 0, mean = 0;
  for (int k = -8000; k <= 8000; ++k) {
    const double u = k * h, m = 250 * (100 - 90 * std::exp(root * u)), z = m / sd;
    gain += h * density(u) * (sd * density(z) + m * 0.5 * std::erfc(-z / std::sqrt(2.0)));
    mean += h * density(u) * m;
  }
  ASSERT_EQ(sure.known_before.size(), 3U);
  const Estimate& all = sure.known_before[2].evppi.value();
  EXPECT_NEAR(all.value, gain - std::max(0.0, mean), 4 * all.monte_carlo_error);
  EXPECT_NEAR(all.value, sure.decision->evpi().value, 0.01 * all.value);

  const auto refusal = [&](std::vector<std::vector<std::string>> together) {
    try {
      (void)known(std::move(together));
    } catch (const Refusal& r) {
      return std::string(r.what());
    }
    return std::string();
  };
  EXPECT_EQ(
      refusal({{does}, {move, "what 'school' does"}}),
      "found \"what 'school' does\" among what is to be known together; expected one of: what 'course' does, what "
      "'course' costs, how people move without a programme [E-PARAMETER]");
  EXPECT_EQ(refusal({{does, move, does}}),
            "found \"what 'course' does\" twice in one list of what is to be known together; expected it once "
            "[E-PARAMETER]");
  EXPECT_EQ(refusal({{does}, {}}),
            "found no name in a list of what is to be known together; expected one or more [E-PARAMETER]");
  Economics without_value;
  without_value.known_together = {{does}};
  EXPECT_THROW(without_value.check(), Refusal);
}

TEST(Evaluate, KeepsEveryWorldWhereAsked) {
  const Ladder l = ladder();
  const Question question{l["worker"], l["technician"], Span(1)};
  const Programme p = course(l, points(0.1).interval(-0.02, 0.22),
                             {.eligible = l["worker"],
                              .uptake = Share(0.5),
                              .deadweight = UncertainShare(Share(0.2)).interval(0.1, 0.4),
                              .cost_per_participant = UncertainAmount(80).interval(60, 120)}),
                  sure = course(l, points(0.05), {.eligible = l["worker"], .cost_per_participant = 10}, "sure");
  EvaluateOptions keep = options;
  keep.keep_worlds = true;
  const Evaluation e = evaluate(assumed(moves(l), Vector::Constant(4, 60)), people(l), question,
                                {{"one", {p}}, {"other", {sure}}, {"again", {p}}}, {{}, 0, 1000}, keep);
  const Worlds& w = e.worlds.value();
  EXPECT_THAT(w.names,
              testing::ElementsAre("points of 'course'", "deadweight of 'course'", "cost per participant of 'course'",
                                   "worker -> technician", "worker -> left", "technician -> manager",
                                   "technician -> left", "manager -> left"));
  ASSERT_EQ(w.numbers.rows(), 400);
  ASSERT_EQ(w.numbers.cols(), 8);
  ASSERT_EQ(w.additional.cols(), 4);
  // By hand in each world, from its numbers: 250 take part, and none of the chain but one move counts.
  for (Eigen::Index d = 0; d < 400; ++d) {
    const double by = std::max(w.numbers(d, 0), -w.numbers(d, 3));  // nobody moves less often than never
    const double more = 250 * by * (1 - w.numbers(d, 1)), cost = 250 * w.numbers(d, 2);
    EXPECT_NEAR(w.people_reaching(d, 0), 500 * w.numbers(d, 3), 1e-9);
    EXPECT_NEAR(w.additional(d, 1), more, 1e-9);
    EXPECT_NEAR(w.people_reaching(d, 1), 500 * w.numbers(d, 3) + more, 1e-9);
    EXPECT_EQ(w.additional(d, 1), w.additional(d, 3));
    EXPECT_NEAR(w.cost(d, 1), cost, 1e-9);
    EXPECT_NEAR(w.participants(d, 2), 500, 1e-9);
    EXPECT_EQ(w.additional(d, 0), 0);
    EXPECT_EQ(w.cost(d, 0), 0);
    EXPECT_NEAR(w.net_benefit.value()(d, 1), 1000 * more - cost, 1e-6);
  }
  // What is told of the worlds is of these.
  EXPECT_NEAR(w.additional.col(1).mean(), e.policies[0].additional.value,
              4 * e.policies[0].additional.monte_carlo_error);
  EXPECT_NEAR(w.net_benefit->rowwise().maxCoeff().mean() - w.net_benefit->colwise().mean().maxCoeff(),
              e.decision->evpi().value, 1e-6);
  EXPECT_EQ(w.other_best, e.decision->other_best);
  EXPECT_EQ(w.other_order, e.decision->other_order);
  EXPECT_FALSE(w.other_best.empty());

  // Where nothing varies there is one, at the point; nobody who did not ask is given any.
  const Evaluation known = evaluate(assumed(moves(l), Vector::Constant(4, std::nan(""))), people(l), question,
                                    {{"other", {sure}}}, {}, keep);
  EXPECT_EQ(known.worlds.value().numbers.rows(), 1);
  EXPECT_TRUE(known.worlds->names.empty());
  EXPECT_FALSE(known.worlds->net_benefit);
  EXPECT_NEAR(known.worlds->additional(0, 1), 25, 1e-12);
  EXPECT_FALSE(
      evaluate(assumed(moves(l), Vector::Constant(4, 60)), people(l), question, {{"other", {sure}}}, {}, options)
          .worlds);
}

TEST(Evaluate, ValuesTheCourseOfEveryPolicy) {
  const Ladder l = ladder();
  const Ensemble model = assumed(moves(l), Vector::Constant(4, std::nan("")));
  Economics economics;
  const Currency money{"CNY", 2024};
  economics.currency = money;
  economics.values.push_back(
      ValueStream(l, {"earnings", money, Perspective::participant, DiscountRate(0), WithinPeriod::end})
          .in(l["technician"], 3000)
          .in(l["worker"], 2000));
  const Programme p = course(l, points(0.2), {.eligible = l["worker"], .uptake = Share(0.5)});
  const Evaluation e =
      evaluate(model, people(l), {l["worker"], l["technician"], Span(1)}, {{"course", {p}}}, economics, options);
  ASSERT_EQ(e.policies[0].values.size(), 1U);
  EXPECT_NEAR(e.baseline.values.at(0).total.value, 400 * 2000 + 50 * 3000, 1e-7);
  // 50 more technicians; the points are taken from staying and leaving in proportion 8 to 1.
  EXPECT_NEAR(e.policies[0].values[0].additional.value, 50 * 3000 - 50 * 2000 * 8.0 / 9, 1e-7);
}

TEST(Evaluate, AOneOffCostIsPaidInTheFirstYearOfEnrolment) {
  const Ladder l = ladder();
  const Ensemble model = assumed(moves(l), Vector::Constant(4, std::nan("")));
  const auto cost = [&](std::pair<std::int64_t, std::int64_t> years) {
    Programme::Terms terms{.eligible = l["worker"], .uptake = Share(0), .fixed_cost_per_year = 50};
    terms.cost_once = 1000;
    terms.years = years;
    const Programme p(std::move(terms), MoveEffects("course", {{l["worker"], l["technician"], odds_ratio(2)}}));
    return evaluate(model, people(l), {l["worker"], l["technician"], Span(4)}, {{"course", {p}}}, {{}, 0.25}, options)
        .policies.at(0)
        .cost.value;
  };
  EXPECT_NEAR(cost({2026, 2027}), 1050 / 1.25 + 50 / 1.5625, 1e-10);
  EXPECT_NEAR(cost({2020, 2025}), 1050, 1e-10);
  EXPECT_EQ(cost({2031, 2032}), 0) << "it is never held";
}

TEST(Evaluate, WhoGainsByHand) {
  const Ladder l = ladder();
  const Ensemble model = assumed(moves(l), Vector::Constant(4, std::nan("")));
  const Currency money{"CNY", 2024};
  const auto stream = [&](const std::string& name, Perspective whose) {
    return ValueStream(l, {name, money, whose, DiscountRate(0), WithinPeriod::end});
  };
  Economics economics{money, 0.1, 4000.0};
  economics.values = {stream("earnings", Perspective::participant).in(l["worker"], 2000).in(l["technician"], 3000),
                      stream("tax", Perspective::budget).in(l["technician"], 100),
                      stream("hiring", Perspective::society).on_move(l["worker"], l["technician"], -10, Share(0)),
                      stream("fee", Perspective::participant).on_enrolment("course", -7),
                      ValueStream(l, {.name = "years", .rule = WithinPeriod::end}).in(l["technician"], 1)};
  economics.perspective = Perspective::society;
  economics.outcome_discount_rate = 0.25;
  Programme::Terms terms{.eligible = l["worker"], .uptake = Share(0.5), .cost_per_participant = 100};
  terms.loan = Loan{.amount = 1000, .interest = 0, .repaid_over_years = 1};
  const Programme p = course(l, points(0.2), std::move(terms));
  const auto answer = [&] {
    return evaluate(model, people(l), {l["worker"], l["technician"], Span(1)}, {{"course", {p}}}, economics, options);
  };
  // 250 enrol, of whom 50 more rise; the points come from staying and leaving as 8 to 1. A loan costs 1000 - 1000/1.1.
  const PolicyResult r = answer().policies.at(0);
  const double earnings = 50 * 3000 - 50 * 2000 * 8.0 / 9, loans = 250 * (1000 - 1000 / 1.1);
  EXPECT_NEAR(r.cost.value, 250 * 100 + loans, 1e-7);
  EXPECT_NEAR(r.gain.budget.value, 50 * 100 - 250 * 100 - loans, 1e-7);
  EXPECT_NEAR(r.gain.participant.value, earnings - 250 * 7 + loans, 1e-7);
  EXPECT_NEAR(r.gain.society.value, earnings - 250 * 7 + 50 * 100 - 250 * 100 - 50 * 10, 1e-7)
      << "what a loan costs one it is worth to the other";
  EXPECT_NEAR(r.values.at(4).additional.value, 50, 1e-10) << "which is no money, and in no gain";
  // Who reaches does so after a year: 50 / 1.25.
  EXPECT_NEAR(r.additional.value, 50, 1e-10);
  EXPECT_NEAR(r.additional_in_time.value, 40, 1e-10);
  EXPECT_NEAR(r.net_benefit.value().value, 4000 * 40 + r.gain.society.value, 1e-6);
  EXPECT_EQ(r.probability_best.value, 1);
  economics.perspective = Perspective::budget;
  EXPECT_NEAR(answer().policies.at(0).net_benefit.value().value, 4000 * 40 + r.gain.budget.value, 1e-6);
  economics.perspective = Perspective::participant;
  EXPECT_NEAR(answer().policies.at(0).net_benefit.value().value, 4000 * 40 + r.gain.participant.value, 1e-6);

  economics.currency.price_year = 2015;
  EXPECT_THROW((void)answer(), Refusal) << "money of two years";
}

TEST(Evaluate, SeesTheSameWorldsOnBothSides) {
  const Ladder l = ladder();
  const Ensemble model = assumed(moves(l), Vector::Constant(4, 60));
  const Question question{l["worker"], l["manager"], Span(8)};
  const Programme null =
      course(l, odds_ratio(1), {.eligible = l["worker"], .uptake = Share(0.5), .cost_per_participant = 3}, "null");
  const Programme idle = course(l, odds_ratio(4).interval(2, 8), {.eligible = l["worker"], .uptake = Share(0)}, "idle");
  const Programme full =
      course(l, odds_ratio(4).interval(2, 8), {.eligible = l["worker"], .seats_per_year = Heads(0)}, "full");
  const Evaluation e =
      evaluate(model, people(l), question, {{"null", {null}}, {"idle", {idle}}, {"full", {full}}}, {}, options);
  for (const PolicyResult& r : e.policies) {
    EXPECT_EQ(r.reach.value, e.baseline.reach.value) << r.name;
    EXPECT_EQ(r.reach.lower, e.baseline.reach.lower) << r.name;
    EXPECT_EQ(r.people_reaching.upper, e.baseline.people_reaching.upper) << r.name;
    EXPECT_EQ(r.additional.lower, 0) << r.name;
    EXPECT_EQ(r.additional.upper, 0) << r.name;
    EXPECT_FALSE(r.cost_per_additional_person) << r.name;
    EXPECT_EQ(r.ratio_refused, "nobody more reaches the target");
    EXPECT_NEAR(r.probability_best.value, 0.25, 1e-12) << "four alike share every world";
    for (std::size_t k = 0; k < r.trajectory.size(); ++k)
      EXPECT_EQ(r.trajectory[k].heads.value, e.baseline.trajectory[k].heads.value);
  }
  EXPECT_NEAR(e.policies[0].participants.value, 250, 1e-10) << "who take part in what changes nothing, and cost money";
  EXPECT_NEAR(e.policies[0].cost.value, 750, 1e-9);
  EXPECT_TRUE(e.baseline.reach.varied.parameters);
  EXPECT_FALSE(e.baseline.reach.varied.effects || e.baseline.reach.varied.individual_chance);
}

TEST(Evaluate, SaysWhatVaried) {
  const Ladder l = ladder();
  const Question question{l["worker"], l["manager"], Span(8)};
  const Policy policy{"course",
                      {course(l, odds_ratio(4).interval(2, 8), {.eligible = l["worker"], .uptake = Share(0.5)})}};
  const Evaluation effects =
      evaluate(assumed(moves(l), Vector::Constant(4, std::nan(""))), people(l), question, {policy}, {}, options);
  EXPECT_EQ(effects.policies[0].additional.varied, Varied{.effects = true});
  EXPECT_EQ(effects.baseline.reach.lower, effects.baseline.reach.upper)
      << "the programme's effect does not blur the baseline";
  EXPECT_LT(effects.policies[0].additional.lower, effects.policies[0].additional.upper);
  const Evaluation both =
      evaluate(assumed(moves(l), Vector::Constant(4, 60)), people(l), question, {policy}, {}, options);
  EXPECT_EQ(both.policies[0].additional.varied, (Varied{.parameters = true, .effects = true}));
  EXPECT_EQ(both.policies[0].people_reaching.varied, (Varied{true, true, true}));
  // The expected additional people of a draw are the difference of the two projections in that draw.
  const Ensemble model = assumed(moves(l), Vector::Constant(4, 60));
  double sum = 0;
  for (std::size_t d = 0; d < options.draws; ++d) {
    const Draw draw(options.seed, d);
    const Kernel kernel = model.draw(draw);
    sum +=
        project(kernel, people(l), question, policy, draw).reached() - project(kernel, people(l), question).reached();
  }
  EXPECT_NEAR(both.policies[0].additional.value, sum / static_cast<double>(options.draws), 1e-10);
}

TEST(Evaluate, GivesTheComparisonItsIntervals) {
  const Ladder l = ladder();
  const Question question{l["worker"], l["manager"], Span(8)};
  // One course under three policies: one effect in one world.
  const auto policy = [&](const char* name, const Effect& effect, double uptake, double cost) {
    return Policy{
        name, {course(l, effect, {.eligible = l["worker"], .uptake = Share(uptake), .cost_per_participant = cost})}};
  };
  const Ensemble model = assumed(moves(l), Vector::Constant(4, 60));
  const Evaluation e = evaluate(
      model, people(l), question,
      {policy("wide", odds_ratio(4).interval(2, 8), 0.8, 30), policy("narrow", odds_ratio(4).interval(2, 8), 0.4, 20),
       policy("doubtful", odds_ratio(3.6).interval(0.5, 26), 0.5, 31)},
      {}, options);
  ASSERT_EQ(e.frontier.size(), 4U);
  const ComparedPolicy &none = e.frontier[0], &wide = e.frontier[1], &narrow = e.frontier[2], &doubtful = e.frontier[3];
  EXPECT_EQ(none.cost.upper, 0);
  EXPECT_EQ(none.additional.lower, 0);
  EXPECT_FALSE(none.icer);
  EXPECT_EQ(wide.additional.lower, e.policies[0].additional.lower);
  EXPECT_EQ(wide.cost.value, e.policies[0].cost.value);
  // Against the baseline, the price of one more person is the cost of one additional person.
  ASSERT_TRUE(narrow.icer);
  EXPECT_EQ(narrow.icer->lower, e.policies[1].cost_per_additional_person.value().lower);
  EXPECT_EQ(narrow.icer->upper, e.policies[1].cost_per_additional_person.value().upper);
  // Of wide against narrow, each draw by itself.
  ASSERT_TRUE(wide.icer);
  EXPECT_NEAR(wide.icer->value,
              (wide.cost.value - narrow.cost.value) / (wide.additional.value - narrow.additional.value), 1e-9);
  std::vector<double> price;
  for (std::size_t d = 0; d < options.draws; ++d) {
    const Draw draw(options.seed, d);
    const auto course_of = [&](const char* name, double uptake, double cost) {
      return project(model.draw(draw), people(l), question, policy(name, odds_ratio(4).interval(2, 8), uptake, cost),
                     draw);
    };
    const Course more = course_of("wide", 0.8, 30), less = course_of("narrow", 0.4, 20);
    price.push_back((30 * more.participants.sum() - 20 * less.participants.sum()) / (more.reached() - less.reached()));
  }
  const Estimate by_hand = summarize(price, 0, options.level, {}, Centre::mean_of_draws);
  EXPECT_NEAR(wide.icer->lower, by_hand.lower, 1e-9 * by_hand.lower);
  EXPECT_NEAR(wide.icer->upper, by_hand.upper, 1e-9 * by_hand.upper);
  EXPECT_NE(doubtful.dominance, Dominance::efficient);
  EXPECT_FALSE(doubtful.icer);
  // A share over all worlds: only the number of worlds blurs it.
  const Estimate& best = e.policies[0].probability_best;
  EXPECT_GT(best.value, 0);
  EXPECT_LT(best.value, 1);
  const Interval wilson =
      proportion_interval(best.value * static_cast<double>(options.draws), static_cast<double>(options.draws),
                          options.level, IntervalMethod::wilson);
  EXPECT_NEAR(best.lower, wilson.lower, 1e-12);
  EXPECT_NEAR(best.upper, wilson.upper, 1e-12);
  EXPECT_EQ(best.varied, Varied{});
  EXPECT_NEAR(best.monte_carlo_error, std::sqrt(best.value * (1 - best.value) / static_cast<double>(options.draws)),
              1e-12);
}

TEST(Evaluate, RefusesThePriceOfPeopleWhoMayNotBeMore) {
  const Ladder l = ladder();
  const Question question{l["worker"], l["manager"], Span(8)};
  const auto policy = [&](const char* name, const Effect& effect, double cost) {
    return Policy{
        name, {course(l, effect, {.eligible = l["worker"], .uptake = Share(0.5), .cost_per_participant = cost}, name)}};
  };
  const Evaluation e =
      evaluate(assumed(moves(l), Vector::Constant(4, 60)), people(l), question,
               {policy("a", odds_ratio(2).interval(1.5, 2.6), 10), policy("b", odds_ratio(2.1).interval(1.1, 4), 11)},
               {}, options);
  ASSERT_EQ(e.frontier[2].dominance, Dominance::efficient);
  EXPECT_FALSE(e.frontier[2].icer);
  EXPECT_EQ(e.frontier[2].icer_refused, "the interval of the people it adds to those of 'a' holds 0");
}

TEST(Evaluate, GivesTheSameBitsForAnyNumberOfThreads) {
  const Ladder l = ladder();
  const Ensemble model = assumed(moves(l), Vector::Constant(4, 60));
  const Question question{l["worker"], l["manager"], Span(8)};
  const std::vector<Policy> policies{
      {"course",
       {course(l, odds_ratio(4).interval(2, 8), {.eligible = l["worker"], .uptake = Share(0.5), .lock_in_years = 1})}}};
  std::vector<double> first;
  for (const unsigned threads : {1U, 2U, 5U, 0U}) {
    EvaluateOptions with = options;
    with.threads = threads;
    const Evaluation e = evaluate(model, people(l), question, policies, {}, with);
    std::vector<double> numbers;
    for (const Estimate& x : {e.baseline.reach, e.policies[0].additional, e.policies[0].cost,
                              e.policies[0].people_reaching, e.policies[0].bottleneck.at(0).additional})
      numbers.insert(numbers.end(), {x.value, x.lower, x.upper, x.monte_carlo_error});
    if (first.empty()) first = numbers;
    EXPECT_EQ(std::memcmp(first.data(), numbers.data(), numbers.size() * sizeof(double)), 0) << threads;
  }
}

TEST(Evaluate, NamesTheMissingMoveAndEasesIt) {
  const Ladder l =
      Ladder::builder().rung("worker").rung("technician").rung("owner").move("worker", "technician").build();
  Matrix p(3, 3);
  p << 0.9, 0.1, 0, 0, 1, 0, 0, 0, 1;
  const Ensemble model = assumed(TransitionMatrix(l, p), Vector::Constant(3, std::nan("")));
  const Question question{l["worker"], l["owner"], Span(10)};
  const Programme training({.eligible = l["worker"]},
                           MoveEffects("training", {{l["worker"], l["technician"], odds_ratio(3)}}));
  const Programme loan({.eligible = l["technician"]},
                       MoveEffects("loan", {{l["technician"], l["owner"], points(0.1), GivenUp::staying, true}}));
  const Evaluation e = evaluate(model, Population(Headcount(l).set(l["worker"], Heads(100))), question,
                                {{"training", {training}}, {"loan", {loan}}, {"both", {training, loan}}}, {}, options);
  EXPECT_EQ(e.baseline.reach.value, 0);
  EXPECT_EQ(e.baseline.people_reaching.upper, 0);
  EXPECT_EQ(e.baseline.unreachable,
            "no chain of possible moves leads from 'worker' to 'owner'; the missing move is 'technician' -> 'owner'");
  ASSERT_EQ(e.baseline.missing_moves.size(), 1U);
  EXPECT_EQ(e.policies[0].additional.upper, 0) << "training does not help past the ceiling";
  EXPECT_FALSE(e.policies[0].unreachable.empty());
  EXPECT_TRUE(e.policies[1].unreachable.empty());
  EXPECT_GT(e.policies[1].additional.lower, 0);
  EXPECT_GT(e.policies[2].additional.value, e.policies[1].additional.value);
  // The missing move heads the list of what would help, and training makes it worth more.
  const auto& eased = e.baseline.bottleneck.at(0);
  EXPECT_EQ(std::pair(eased.from, eased.to), std::pair(l["technician"].index(), l["owner"].index()));
  EXPECT_GT(eased.additional.value, 0);
  EXPECT_GT(e.policies[0].bottleneck.at(0).additional.value, eased.additional.value);
}

TEST(Evaluate, TellsASpanThatIsTooShortFromNoWayAtAll) {
  const Ladder l = ladder();
  const Evaluation e = evaluate(assumed(moves(l), Vector::Constant(4, std::nan(""))), people(l),
                                {l["worker"], l["manager"], Span(1)}, {}, {}, options);
  EXPECT_EQ(e.baseline.reach.value, 0);
  EXPECT_EQ(e.baseline.unreachable,
            "the shortest way from 'worker' to 'manager' takes 2 moves, more than the 1 steps asked about");
}

TEST(Evaluate, EasesMovesAsTheSensitivitySays) {
  const Ladder l = ladder();
  const Kernel kernel(moves(l));
  const Question question{l["worker"], l["manager"], Span(10)};
  const Evaluation e =
      evaluate(assumed(moves(l), Vector::Constant(4, std::nan(""))), people(l, 1e6), question, {}, {}, options);
  const ReachSensitivity s = reach_sensitivity(kernel, l["worker"], l["manager"], Span(10));
  for (const EasedMove& m : e.baseline.bottleneck) {
    const double slope = s.sensitivity(static_cast<Eigen::Index>(m.from), static_cast<Eigen::Index>(m.to));
    EXPECT_NEAR(m.additional.value / 1e6, 0.01 * slope, 0.08 * std::abs(0.01 * slope) + 1e-9)
        << m.from << " -> " << m.to;
  }
  EXPECT_GE(e.baseline.bottleneck.front().additional.value, e.baseline.bottleneck.back().additional.value);
}

TEST(Evaluate, RefusesARatioWhoseDenominatorMayBeNothing) {
  const Ladder l = ladder();
  const Question question{l["worker"], l["manager"], Span(8)};
  const auto refused = [&](const Effect& effect) {
    const Policy policy{
        "course", {course(l, effect, {.eligible = l["worker"], .uptake = Share(0.5), .cost_per_participant = 1})}};
    return evaluate(assumed(moves(l), Vector::Constant(4, 60)), people(l), question, {policy}, {}, options)
        .policies.at(0);
  };
  EXPECT_EQ(refused(odds_ratio(1.1).interval(0.5, 2)).ratio_refused,
            "the interval of the additional people reaching holds 0");
  EXPECT_EQ(refused(odds_ratio(0.5).interval(0.3, 0.8)).ratio_refused, "fewer people reach the target");
  EXPECT_FALSE(refused(odds_ratio(0.5).interval(0.3, 0.8)).number_needed_to_train);
  EXPECT_EQ(refused(odds_ratio(3).interval(2, 4)).ratio_refused, "");
}

TEST(Evaluate, Warns) {
  const Ladder l = ladder();
  const Question question{l["worker"], l["manager"], Span(8)};
  const auto codes = [&](const Programme& p) {
    std::string out;
    for (const Warning& w :
         evaluate(assumed(moves(l), Vector::Constant(4, 60)), people(l), question, {{"x", {p}}}, {}, options).warnings)
      out += w.code + " ";
    return out;
  };
  const Effect sound = odds_ratio(2).interval(1.5, 3).source("a trial");
  EXPECT_EQ(codes(course(l, sound, {.eligible = l["worker"]})), "");
  EXPECT_THAT(codes(course(l, odds_ratio(2).interval(1.5, 3), {.eligible = l["worker"]})),
              HasSubstr("W-EFFECT-EVIDENCE"));
  EXPECT_THAT(codes(course(l, odds_ratio(2).source("a trial"), {.eligible = l["worker"]})),
              HasSubstr("W-EFFECT-EVIDENCE"));
  EXPECT_THAT(codes(course(l, sound, {.eligible = l["worker"], .seats_per_year = Heads(10)})), HasSubstr("W-SEATS"));
  EXPECT_THAT(codes(course(l, sound, {.eligible = l["worker"], .uptake = Share(0)})), HasSubstr("W-NOEFFECT"));
  EXPECT_THAT(codes(course(l, points(0.5).interval(0.1, 0.98).source("a trial"), {.eligible = l["worker"]})),
              HasSubstr("W-EFFECT-CAPPED"));
}

TEST(Evaluate, RefusesValuesOnAnotherLadder) {
  const Ladder l = ladder(), other = Ladder::parse("worker < technician < manager < owner");
  Economics economics;
  economics.values.push_back(ValueStream(other, {.name = "wages"}));
  EXPECT_THAT(
      [&] {
        (void)evaluate(assumed(moves(l), Vector::Constant(4, std::nan(""))), people(l),
                       {l["worker"], l["manager"], Span(1)}, {}, economics, options);
      },
      testing::ThrowsMessage<Refusal>(
          "found the value 'wages' on another ladder than that of the model; expected the same [E-LADDER-OTHER]"));
}

TEST(Evaluate, RefusesQuestionsWithoutAnAnswer) {
  const Ladder l = ladder();
  const Ensemble model = assumed(moves(l), Vector::Constant(4, 60));
  const Question question{l["worker"], l["manager"], Span(8)};
  EXPECT_THAT(
      [&] { (void)evaluate(model, people(l, 0), question, {}, {}, options); },
      testing::ThrowsMessage<Refusal>("found nobody who starts in 'worker'; expected people to ask about [E-COHORT]"));
  EvaluateOptions none = options;
  none.draws = 0;
  EXPECT_THROW((void)evaluate(model, people(l), question, {}, {}, none), Refusal);
  for (const double rate : {-1.0, 10.0, std::nan("")})
    EXPECT_THROW((void)evaluate(model, people(l), question, {}, {{}, rate, {}}, options), DomainError);
  EXPECT_THROW(
      (void)evaluate(model, people(l), question, {}, {{}, 0, std::numeric_limits<double>::infinity()}, options),
      DomainError);
}

}  // namespace
}  // namespace evaluate_test
