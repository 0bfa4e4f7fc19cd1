// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <rungs/decide/evaluate.hpp>
#include <rungs/estimate/dirichlet.hpp>

// Posts and seats of which there are about as many as are wanted: the number who finds one is not the smaller of two
// expected numbers, but one that can be worked out.
namespace whole_people_test {
namespace {

using namespace rungs;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

const Ladder ladder = Ladder::parse("worker < boss | gone");
const Question question{ladder["worker"], ladder["boss"], Span(1)};
const EvaluateOptions options{.draws = 1000, .seed = Seed(31), .bottleneck_draws = 0};

Ensemble known() {
  Matrix p(3, 3);
  p << 0.5, 0.3, 0.2, 0, 0.8, 0.2, 0, 0, 1;
  return assumed(TransitionMatrix(ladder, p), Vector::Constant(3, std::nan("")));
}
Population workers(double heads, double posts) {
  return Population(Headcount(ladder).set(ladder["worker"], Heads(heads)), Period(2025), {},
                    {{ladder["boss"], Heads(posts), 0}});
}
/// P(so many of people who each want a post with a probability); some are `others` with another one.
std::vector<double> wanting(std::size_t people, double p, std::size_t others = 0, double q = 0) {
  std::vector<double> out(people + others + 1);
  for (std::size_t x = 0; x <= people; ++x)
    for (std::size_t y = 0; y <= others; ++y)
      out[x + y] += boost::math::pdf(boost::math::binomial(static_cast<double>(people), p), static_cast<double>(x)) *
                    boost::math::pdf(boost::math::binomial(static_cast<double>(others), q), static_cast<double>(y));
  return out;
}
struct Exact {
  double mean = 0, deviation = 0, lower = -1, upper = -1;
};
/// Of those who find one of so many posts.
Exact exact(const std::vector<double>& wanting, std::size_t posts) {
  Exact e;
  double squares = 0, below = 0;
  for (std::size_t x = 0; x < wanting.size(); ++x) {
    const auto there = static_cast<double>(std::min(x, posts));
    e.mean += wanting[x] * there;
    squares += wanting[x] * there * there;
    below += wanting[x];
    if (e.lower < 0 && below >= 0.025) e.lower = there;
    if (e.upper < 0 && below >= 0.975) e.upper = there;
  }
  e.deviation = std::sqrt(std::max(0.0, squares - e.mean * e.mean));
  return e;
}
std::vector<std::string> warnings(const Evaluation& e, const std::string& code) {
  std::vector<std::string> out;
  for (const Warning& w : e.warnings)
    if (w.code == code) out.push_back(w.message);
  return out;
}
constexpr double counts = 10'000;
EvaluateOptions with_bottleneck() {
  EvaluateOptions out = options;
  out.bottleneck_draws = 10;
  return out;
}

TEST(EvaluateWholePeople, PostsThatAreJustEnough) {
  const Exact x = exact(wanting(100, 0.3), 30);
  const Evaluation e = evaluate(known(), workers(100, 30), question, {}, {}, with_bottleneck());
  const PolicyResult& r = e.baseline;
  EXPECT_NEAR(r.people_reaching.value, x.mean, 4 * x.deviation / std::sqrt(counts));
  EXPECT_NEAR(r.reach.value, r.people_reaching.value / 100, 1e-12);
  EXPECT_NEAR(r.people_reaching.lower, x.lower, 1);
  EXPECT_EQ(r.people_reaching.upper, 30);
  EXPECT_NEAR(r.people_reaching.standard_deviation, x.deviation, 4 * x.deviation / std::sqrt(2 * counts));
  EXPECT_NEAR(r.first_passage[1].value, r.reach.value, 1e-12);
  double people = 0;
  for (const HeadcountAt& h : r.trajectory)
    if (h.step == 1) people += h.heads.value;
  EXPECT_NEAR(people, 100, 1e-9) << "nobody is lost";
  EXPECT_NEAR(r.posts[0].blocked.value, 30 - x.mean, 0.15) << "who wants a post and finds none";
  ASSERT_EQ(r.one_more_post.size(), 1U);  // by its derivative it adds 1 or 0, and in truth some 0.5
  EXPECT_EQ(r.one_more_post[0].refused,
            "its posts are just about enough in some period, so that chance decides whether one more is used");
  EXPECT_THAT(
      warnings(e, "W-POSTS"),
      ElementsAre("in the baseline the posts of 'boss' are just about enough in some period, so that chance "
                  "decides whether somebody finds none: expected numbers are moved to the average of 10000 counts of "
                  "whole people, by which 1.8 fewer reach the target than if all went as expected; "
                  "intervals hold twice its Monte Carlo error"));
}

TEST(EvaluateWholePeople, PostsOfWhichAsManyStayAsThereAre) {
  // 100 bosses, of whom 80 are expected to stay: whether a post is free is a matter of chance, whoever wants one.
  for (const std::size_t posts : {74U, 80U, 83U}) {
    Exact x;
    double squares = 0;
    for (std::size_t stay = 0; stay <= 100; ++stay) {
      const double p = boost::math::pdf(boost::math::binomial(100, 0.8), static_cast<double>(stay));
      const Exact found = exact(wanting(400, 0.3), posts > stay ? posts - stay : 0);
      x.mean += p * found.mean;
      squares += p * (found.mean * found.mean + found.deviation * found.deviation);
    }
    x.deviation = std::sqrt(squares - x.mean * x.mean);
    const Population people(Headcount(ladder).set(ladder["worker"], Heads(400)).set(ladder["boss"], Heads(100)),
                            Period(2025), {}, {{ladder["boss"], Heads(static_cast<double>(posts)), 0}});
    const Evaluation e = evaluate(known(), people, question, {}, {}, options);
    EXPECT_NEAR(e.baseline.people_reaching.value, x.mean, 4 * x.deviation / std::sqrt(counts)) << posts;
    EXPECT_EQ(e.baseline.unreachable, "") << posts;
    EXPECT_THAT(warnings(e, "W-POSTS"), testing::SizeIs(1)) << posts;
  }
}

TEST(EvaluateWholePeople, WhoPushesWhereAllPostsAreTakenAnywayAddsNobody) {
  // As above with moves that are not known for certain: more want a post under the course, of whom as many find one.
  Matrix p(3, 3);
  p << 0.5, 0.3, 0.2, 0, 0.8, 0.2, 0, 0, 1;
  const Ensemble model = assumed(TransitionMatrix(ladder, p), Vector::Constant(3, 400));
  const Programme course({.eligible = ladder["worker"], .uptake = Share(0.3)},
                         MoveEffects("course", {{ladder["worker"], ladder["boss"], odds_ratio(2)}}));
  const Population people(Headcount(ladder).set(ladder["worker"], Heads(400)).set(ladder["boss"], Heads(100)),
                          Period(2025), {}, {{ladder["boss"], Heads(80), 0}});
  const Evaluation e = evaluate(model, people, question, {{"course", {course}}}, {}, options);
  EXPECT_GT(e.baseline.people_reaching.value, 1);
  const Estimate& more = e.policies[0].additional;
  EXPECT_EQ(more.value, 0);
  EXPECT_EQ(more.lower, 0);
  EXPECT_EQ(more.upper, 0);
  EXPECT_EQ(e.baseline.probability_best.value, 0.5);
  EXPECT_THAT(warnings(e, "W-MCERR"), IsEmpty());
}

TEST(EvaluateWholePeople, WherePostsAreManyOrFewNothingIsCounted) {
  for (const double posts : {10.0, 60.0}) {
    const Evaluation e = evaluate(known(), workers(100, posts), question, {}, {}, options);
    EXPECT_NEAR(e.baseline.people_reaching.value, std::min(posts, 30.0), 1e-12);
    EXPECT_NEAR(e.baseline.reach.value, std::min(posts, 30.0) / 100, 1e-14);
    for (const std::string& w : warnings(e, "W-POSTS")) EXPECT_THAT(w, testing::HasSubstr("bind"));
  }
}

TEST(EvaluateWholePeople, AdditionalPeopleOfAProgramme) {
  // 30 take part, and want a post with odds of 3 x 3/7.
  const double q = 9.0 / 16;
  const Exact without = exact(wanting(100, 0.3), 35), with = exact(wanting(70, 0.3, 30, q), 35);
  const Programme course({.eligible = ladder["worker"], .seats_per_year = Heads(30)},
                         MoveEffects("course", {{ladder["worker"], ladder["boss"], odds_ratio(3)}}));
  const Programme idle({.eligible = ladder["worker"], .uptake = Share(0.3), .seats_per_year = Heads(30)},
                       MoveEffects("idle", {}));
  const Evaluation e =
      evaluate(known(), workers(100, 35), question, {{"course", {course}}, {"idle", {idle}}}, {}, options);
  const PolicyResult& r = e.policies[0];
  EXPECT_NEAR(e.baseline.people_reaching.value, without.mean, 4 * without.deviation / std::sqrt(counts));
  EXPECT_NEAR(r.people_reaching.value, with.mean, 4 * with.deviation / std::sqrt(counts));
  EXPECT_NEAR(r.additional.value, with.mean - without.mean, 5 * with.deviation / std::sqrt(counts));
  EXPECT_GT(35 - 30 - r.additional.value, 0.3) << "less than min(push, posts) would have";
  EXPECT_EQ(r.people_reaching.upper, 35);
  EXPECT_EQ(r.participants.value, 30) << "of whom the seats are certain";
  EXPECT_EQ(e.policies[1].additional.value, 0);
  EXPECT_EQ(e.policies[1].additional.upper, 0);
}

TEST(EvaluateWholePeople, WhoIsNotHelpedIsNotMoved) {
  // A programme for others, who never reach: it changes where people go, and not who reaches.
  const Ladder l = Ladder::parse("worker < clerk < boss | gone");
  Matrix p(4, 4);
  p << 0.5, 0, 0.3, 0.2, 0, 0.6, 0, 0.4, 0, 0, 0.8, 0.2, 0, 0, 0, 1;
  Vector behind(4);
  behind << 100, 60, 50, std::nan("");
  const Population people(Headcount(l).set(l["worker"], Heads(100)).set(l["clerk"], Heads(100)), Period(2025), {},
                          {{l["boss"], Heads(30), 0}});
  const Programme course({.eligible = l["clerk"], .uptake = Share(0.5), .seats_per_year = Heads(50)},
                         MoveEffects("course", {{l["clerk"], l["gone"], odds_ratio(0.2)}}));
  for (const bool known : {true, false}) {
    const Ensemble model = assumed(TransitionMatrix(l, p), known ? Vector::Constant(4, std::nan("")) : behind);
    const Evaluation e =
        evaluate(model, people, {l["worker"], l["boss"], Span(1)}, {{"course", {course}}}, {}, options);
    const PolicyResult& r = e.policies[0];
    EXPECT_LT(r.people_reaching.value, 28.7);
    EXPECT_NEAR(r.participants.value, exact(wanting(100, 0.5), 50).mean, 0.15);
    EXPECT_EQ(r.additional.value, 0);
    EXPECT_EQ(r.additional.lower, 0);
    EXPECT_EQ(r.additional.upper, 0);
  }
}

TEST(EvaluateWholePeople, PoliciesThatDoTheSameAreTheSameSlow) {
  // Courses for clerks beside one for workers, in any order: whoever may reach moves alike, and no policy is better.
  const Ladder l = Ladder::parse("worker < clerk < boss | gone");
  Matrix p(4, 4);
  p << 0.5, 0, 0.3, 0.2, 0, 0.6, 0, 0.4, 0, 0, 0.8, 0.2, 0, 0, 0, 1;
  const Population people(Headcount(l).set(l["worker"], Heads(100)).set(l["clerk"], Heads(60)), Period(2025), {},
                          {{l["boss"], Heads(36), 0}});
  const Programme course({.eligible = l["worker"], .uptake = Share(0.3), .seats_per_year = Heads(30)},
                         MoveEffects("course", {{l["worker"], l["boss"], odds_ratio(2).interval(1.5, 2.7)}}));
  const Programme other({.eligible = l["clerk"], .uptake = Share(0.5), .seats_per_year = Heads(30)},
                        MoveEffects("other", {{l["clerk"], l["gone"], odds_ratio(0.2)}}));
  const Evaluation e = evaluate(
      assumed(TransitionMatrix(l, p), Vector::Constant(4, std::nan(""))), people, {l["worker"], l["boss"], Span(3)},
      {{"one", {course}}, {"both", {course, other}}, {"turned", {other, course}}}, {}, options);
  for (const PolicyResult& r : e.policies) {
    EXPECT_EQ(r.additional.value, e.policies[0].additional.value);
    EXPECT_EQ(r.people_reaching.value, e.policies[0].people_reaching.value);
    EXPECT_NEAR(r.probability_best.value, 1.0 / 3, 1e-12);
    EXPECT_GT(r.additional.monte_carlo_error, 0.01) << "of the counts as well as of the draws";
    EXPECT_LT(r.additional.monte_carlo_error, 0.2);
    double first = 0;
    for (const Estimate& x : r.first_passage) first += x.value;
    EXPECT_NEAR(first, r.reach.value, 1e-12);
  }
}

TEST(EvaluateWholePeople, CountsDoNotRankPoliciesThatTheyCannotTellApartSlow) {
  // Who is a boss after one of the two courses is so with odds a hair better: better in every world, and not by chance.
  const auto course = [](double odds) {
    return Programme({.eligible = ladder["worker"], .uptake = Share(0.3), .seats_per_year = Heads(30)},
                     MoveEffects("course", {{ladder["worker"], ladder["boss"], odds_ratio(odds)}}));
  };
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    EvaluateOptions o = options;
    o.seed = Seed(seed);
    const Evaluation e =
        evaluate(known(), workers(100, 36), question, {{"one", {course(2)}}, {"hair", {course(2.0001)}}}, {}, o);
    EXPECT_GT(e.policies[1].additional.value, e.policies[0].additional.value);
    EXPECT_NEAR(e.policies[1].additional.value, e.policies[0].additional.value, 0.01);
    EXPECT_EQ(e.policies[1].probability_best.value, 1);
  }
}

TEST(EvaluateWholePeople, OfMovesThatAProgrammeOpens) {
  const Ladder l = Ladder::builder()
                       .rung("worker")
                       .rung("boss")
                       .rung("owner")
                       .exit("gone")
                       .only_declared_moves()
                       .move("worker", "boss")
                       .move("worker", "gone")
                       .move("boss", "gone")
                       .move("owner", "gone")
                       .build();
  Matrix p(4, 4);
  p << 0.5, 0.3, 0, 0.2, 0, 0.8, 0, 0.2, 0, 0, 1, 0, 0, 0, 0, 1;
  const Programme course({.eligible = l["worker"], .uptake = Share(0.3), .seats_per_year = Heads(30)},
                         MoveEffects("course", {{l["worker"], l["owner"], points(0.1), GivenUp::others, true}}));
  const Population people(Headcount(l).set(l["worker"], Heads(100)), Period(2025), {}, {{l["boss"], Heads(30), 0}});
  const Evaluation e = evaluate(assumed(TransitionMatrix(l, p), Vector::Constant(4, std::nan(""))), people,
                                {l["worker"], l["boss"], Span(2)}, {{"course", {course}}}, {}, options);
  double owners = 0;
  for (const HeadcountAt& h : e.policies[0].trajectory)
    if (h.step == 1 && h.stratum == 2) owners = h.heads.value;
  EXPECT_NEAR(owners, 0.1 * exact(wanting(100, 0.3), 30).mean, 0.1);
}

TEST(EvaluateWholePeople, IntervalsKeepToThePosts) {
  Matrix p(3, 3);
  p << 0.5, 0.3, 0.2, 0, 0.8, 0.2, 0, 0, 1;
  Vector behind(3);
  behind << 100, 50, std::nan("");
  const Ensemble model = assumed(TransitionMatrix(ladder, p), behind);
  const Programme course({.eligible = ladder["worker"], .uptake = Share(0.4), .seats_per_year = Heads(60)},
                         MoveEffects("course", {{ladder["worker"], ladder["boss"], odds_ratio(2).interval(1.5, 2.7)}}));
  const Evaluation e = evaluate(model, workers(100, 30), question, {{"course", {course}}}, {}, options);
  const PolicyResult& r = e.policies[0];
  std::vector<double> without, with, more;
  Kernel kernel = model.point();
  for (std::uint64_t d = 0; d < options.draws; ++d) {
    const Draw draw(options.seed, d);
    model.draw_into(draw, kernel);
    const double own = kernel.view(0)(0, 1);
    TransitionMatrix moved(ladder, kernel.view(0));
    Matrix changed = moved.matrix();
    course.effects()->change(changed, 1, course.in_world(draw));
    without.push_back(exact(wanting(100, own), 30).mean);
    // 40 on average take part, as a binomial number of 100 would: each wants a post with the mean probability.
    with.push_back(exact(wanting(100, 0.6 * own + 0.4 * changed(0, 1)), 30).mean);
    more.push_back(with.back() - without.back());
  }
  const auto right = [&](const std::vector<double>& x) {
    return summarize(x, 0, options.level, Varied{.parameters = true}, Centre::mean_of_draws);
  };
  EXPECT_NEAR(r.reach.upper * 100, right(with).upper, 0.3);
  EXPECT_NEAR(r.reach.lower * 100, right(with).lower, 0.7);
  EXPECT_NEAR(r.additional.value, right(more).value, 0.2);
  EXPECT_NEAR(r.additional.lower, right(more).lower, 0.5);
  EXPECT_NEAR(r.additional.upper, right(more).upper, 1);
  for (const HeadcountAt& h : r.trajectory)
    if (h.stratum == 1) {
      EXPECT_LT(h.heads.upper, 30.2);
    }
}

TEST(EvaluateWholePeople, OfEveryWorld) {
  // In each world the expected number is exact to the noise of the counts of worlds like it.
  Matrix p(3, 3);
  p << 0.5, 0.3, 0.2, 0, 0.8, 0.2, 0, 0, 1;
  Vector behind(3);
  behind << 100, 50, std::nan("");
  const Ensemble model = assumed(TransitionMatrix(ladder, p), behind);
  const Evaluation e = evaluate(model, workers(100, 30), question, {}, {}, options);
  std::vector<double> means;
  Kernel kernel = model.point();
  for (std::uint64_t d = 0; d < options.draws; ++d) {
    model.draw_into(Draw(options.seed, d), kernel);
    means.push_back(exact(wanting(100, kernel.view(0)(0, 1)), 30).mean / 100);
  }
  const Estimate right = summarize(means, 0.3, options.level, Varied{.parameters = true}, model.centre());
  EXPECT_NEAR(e.baseline.reach.value, right.value, 0.0015);
  EXPECT_NEAR(e.baseline.reach.lower, right.lower, 0.004);
  EXPECT_NEAR(e.baseline.reach.upper, right.upper, 0.004);
  EXPECT_LE(e.baseline.people_reaching.upper, 30);
  EXPECT_GT(0.3 - right.upper, 0);
}

TEST(EvaluateWholePeople, SeatsThatAreJustEnough) {
  // Of 50, each wants one of 15 seats with probability 0.3; who gets one is a boss for sure.
  const Exact x = exact(wanting(50, 0.3), 15);
  Matrix p(3, 3);
  p << 1, 0, 0, 0, 1, 0, 0, 0, 1;
  const Ensemble model = assumed(TransitionMatrix(ladder, p), Vector::Constant(3, std::nan("")));
  const Programme course({.eligible = ladder["worker"], .uptake = Share(0.3), .seats_per_year = Heads(15)},
                         MoveEffects("course", {{ladder["worker"], ladder["boss"], points(1)}}));
  const Population people(Headcount(ladder).set(ladder["worker"], Heads(50)), Period(2025));
  const Evaluation e = evaluate(model, people, question, {{"course", {course}}}, {}, with_bottleneck());
  const PolicyResult& r = e.policies[0];
  const double noise = 4 * x.deviation / std::sqrt(counts);
  EXPECT_NEAR(r.additional.value, x.mean, noise);
  EXPECT_NEAR(r.participants.value, x.mean, noise);
  EXPECT_NEAR(r.turned_away.value, 15 - x.mean, noise + 0.1);
  EXPECT_EQ(r.programmes.at(0).offers.value().value, 50) << "everybody is offered one, whatever chance decides";
  EXPECT_EQ(r.programmes.at(0).offers.value().upper, 50);
  EXPECT_FALSE(r.one_more_seat.at(0).refused.empty());
  EXPECT_EQ(r.people_reaching.upper, 15);
  EXPECT_NEAR(r.people_reaching.lower, x.lower, 1);
  EXPECT_THAT(
      warnings(e, "W-SEATS"),
      Contains("under 'course' the seats of 'course' are just about enough in some period, so that chance "
               "decides whether somebody finds none: expected numbers are moved to the average of 10000 counts of "
               "whole people, by which 1.3 fewer reach the target than if all went as expected; "
               "intervals hold twice its Monte Carlo error"));
  EXPECT_EQ(e.baseline.people_reaching.value, 0);
}

TEST(EvaluateWholePeople, WhatCountsDoNotTellIsNotTakenForCertain) {
  // As above, but a seat helps little: fewer find one than expected, by too little for counts to tell in who is a boss.
  const Exact seats = exact(wanting(100, 0.15), 15);
  const Programme course({.eligible = ladder["worker"], .uptake = Share(0.15), .seats_per_year = Heads(15)},
                         MoveEffects("course", {{ladder["worker"], ladder["boss"], points(0.02)}}));
  const Population people(Headcount(ladder).set(ladder["worker"], Heads(100)), Period(2025));
  const PolicyResult r = evaluate(known(), people, question, {{"course", {course}}}, {}, options).policies[0];
  EXPECT_NEAR(r.participants.value, seats.mean, 4 * seats.deviation / std::sqrt(counts));
  EXPECT_LT(r.additional.lower, 0.02 * seats.mean);
  EXPECT_GT(r.additional.upper, 0.02 * seats.mean);
  EXPECT_GT(r.additional.monte_carlo_error, 0);
}

TEST(EvaluateWholePeople, AsManySeatsAsPeopleWhoAreSureToComeIsNoMatterOfChance) {
  Matrix p(3, 3);
  p << 1, 0, 0, 0, 1, 0, 0, 0, 1;
  const Ensemble model = assumed(TransitionMatrix(ladder, p), Vector::Constant(3, std::nan("")));
  const Programme course({.eligible = ladder["worker"], .seats_per_year = Heads(15)},
                         MoveEffects("course", {{ladder["worker"], ladder["boss"], points(1)}}));
  const Population people(Headcount(ladder).set(ladder["worker"], Heads(15)), Period(2025));
  const Evaluation e = evaluate(model, people, question, {{"course", {course}}}, {}, options);
  EXPECT_EQ(e.policies[0].additional.value, 15);
  EXPECT_EQ(e.policies[0].people_reaching.lower, 15);
  EXPECT_THAT(warnings(e, "W-SEATS"), IsEmpty());
}

TEST(EvaluateWholePeople, BarsStandAroundTheAdditionalPeople) {
  const Programme course({.eligible = ladder["worker"], .seats_per_year = Heads(30)},
                         MoveEffects("course", {{ladder["worker"], ladder["boss"], odds_ratio(3).interval(2.5, 3.6)}}));
  const Evaluation e = evaluate(known(), workers(100, 39), question, {{"course", {course}}}, {}, options);
  const PolicyResult& r = e.policies[0];
  ASSERT_EQ(r.one_way.size(), 1U);
  EXPECT_LT(r.one_way[0].additional_at_low, r.additional.value);
  EXPECT_GT(r.one_way[0].additional_at_high, r.additional.value);
}

TEST(EvaluateWholePeople, SameBitsForAnyNumberOfThreads) {
  const auto run = [](unsigned threads) {
    EvaluateOptions o = options;
    o.draws = 60;
    o.threads = threads;
    Vector behind(3);
    behind << 100, 50, std::nan("");
    Matrix p(3, 3);
    p << 0.5, 0.3, 0.2, 0, 0.8, 0.2, 0, 0, 1;
    const Evaluation e = evaluate(assumed(TransitionMatrix(ladder, p), behind), workers(100, 30), question, {}, {}, o);
    const Estimate &reach = e.baseline.reach, &count = e.baseline.people_reaching;
    return std::vector<double>{reach.value, reach.lower, reach.upper,
                               count.value, count.lower, count.standard_deviation};
  };
  EXPECT_EQ(run(1), run(3));
}

}  // namespace
}  // namespace whole_people_test
