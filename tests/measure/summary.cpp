// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/measure/summary.hpp>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <rungs/measure/reach.hpp>

#include "../core/message.hpp"
#include "chains.hpp"

namespace summary_test {
namespace {

using namespace rungs;
using rungs_test::code_of;
using rungs_test::ladder_of;
using rungs_test::rows;
using rungs_test::said;

const Ladder two = ladder_of(2);
const reach_probability up(two.at(0), two.at(1), Span(1));

/// P(0 to 1) is Beta(b, a); nothing else varies.
Ensemble beta(double a, double b) {
  Matrix alpha = Matrix::Zero(2, 2);
  alpha.row(0) << a, b;
  return Ensemble(Kernel(TransitionMatrix(two, rows({{a / (a + b), b / (a + b)}, {0, 1}}))), DirichletWeights{{alpha}},
                  "dirichlet");
}

TEST(Summarize, OfAPosteriorIsThePosterior) {
  const Estimate e = summarize(beta(30, 10), up, {40000, Seed(1)});
  EXPECT_NEAR(e.value, 0.25, 4 * e.monte_carlo_error);
  EXPECT_NEAR(e.standard_deviation, std::sqrt(0.25 * 0.75 / 41), 0.02 * std::sqrt(0.25 * 0.75 / 41));
  EXPECT_NEAR(e.monte_carlo_error, e.standard_deviation / 200, 1e-16);
  EXPECT_NEAR(e.lower, 0.130825, 2e-3);  // the quantiles of Beta(10, 30)
  EXPECT_NEAR(e.upper, 0.393498, 3e-3);
  EXPECT_EQ(e.draws, 40000U);
  EXPECT_EQ(e.level, 0.95);
  EXPECT_EQ(e.centre, Centre::mean_of_draws);
  EXPECT_EQ(e.varied, Varied{.parameters = true});
}

TEST(Summarize, OfRepeatedSamplingKeepsThePoint) {
  Matrix people = Matrix::Zero(2, 2);
  people.row(0) << 30, 10;
  const Ensemble e(Kernel(TransitionMatrix(two, rows({{0.75, 0.25}, {0, 1}}))), MultinomialRows{{people}},
                   "proportions");
  const Estimate answer = summarize(e, up, {20000, Seed(1)});
  EXPECT_EQ(answer.value, 0.25);
  EXPECT_EQ(answer.centre, Centre::plug_in);
  EXPECT_NEAR(answer.standard_deviation, std::sqrt(0.25 * 0.75 / 40), 0.02 * std::sqrt(0.25 * 0.75 / 40));
}

TEST(Summarize, OfAKnownModelHasNoSpread) {
  const Ensemble e(Kernel(TransitionMatrix(two, rows({{0.75, 0.25}, {0, 1}}))), Known{}, "known");
  const Estimate answer = summarize(e, up, {1000, Seed(1)});
  EXPECT_EQ(answer.value, 0.25);
  EXPECT_EQ(answer.lower, 0.25);
  EXPECT_EQ(answer.upper, 0.25);
  EXPECT_EQ(answer.draws, 0U);
  EXPECT_EQ(answer.varied, Varied{});
}

TEST(Summarize, WithoutDrawsKnowsNoInterval) {
  const Estimate answer = summarize(beta(30, 10), up, {0, Seed(1)});
  EXPECT_TRUE(std::isnan(answer.lower) && std::isnan(answer.upper));  // not an interval of no width
  EXPECT_EQ(answer.draws, 0U);
}

TEST(Summarize, AnswersManyQuestionsInTheSameWorlds) {
  const Ensemble e = beta(3, 2);
  const auto both = [](const Kernel& k) { return Vector(k.matrix(0).row(0).transpose()); };
  const std::vector<Estimate> answers = summarize_all(e, both, {500, Seed(7), Level(0.8)});
  ASSERT_EQ(answers.size(), 2U);
  EXPECT_NEAR(answers[0].value + answers[1].value, 1, 1e-14);
  EXPECT_NEAR(answers[0].lower, 1 - answers[1].upper, 1e-14);
  const Estimate one = summarize(e, up, {500, Seed(7), Level(0.8)});
  EXPECT_EQ(one.value, answers[1].value);
  EXPECT_EQ(one.lower, answers[1].lower);
  EXPECT_EQ(one.level, 0.8);
  EXPECT_NE(summarize(e, up, {500, Seed(8), Level(0.8)}).value, one.value);
}

TEST(Summarize, TakesNoMoreDrawsThanReplicates) {
  const Kernel a(TransitionMatrix(two, rows({{0.75, 0.25}, {0, 1}}))),
      b(TransitionMatrix(two, rows({{0.5, 0.5}, {0, 1}})));
  const Estimate answer = summarize(Ensemble(a, Replicates{{a, b, b}}, "bootstrap"), up, {1000, Seed(1)});
  EXPECT_EQ(answer.draws, 3U);
  EXPECT_EQ(answer.value, 0.25);
  EXPECT_NEAR(answer.standard_deviation, 0.25 / std::sqrt(3), 1e-15);
}

TEST(PredictPeople, IsBetaBinomialOnATwoStateChain) {
  // One step of n people with P ~ Beta(b, a): mean n b / s and variance n p (1 - p) (s + n) / (s +
  // 1), s = a + b.
  for (const double n : {1.0, 30.0, 848.0}) {
    const double a = 24, b = 8, s = a + b, p = b / s;
    const std::size_t draws = 60000;
    const Estimate e = predict_people(beta(a, b), up, Heads(n), {draws, Seed(3)});
    const double variance = n * p * (1 - p) * (s + n) / (s + 1);
    EXPECT_NEAR(e.value, n * p, 6 * n * std::sqrt(p * (1 - p) / (s + 1) / static_cast<double>(draws)));
    EXPECT_NEAR(e.standard_deviation / std::sqrt(variance), 1,
                6 * std::sqrt(2.5 / 4 / static_cast<double>(draws)) + (n == 1 ? 0.01 : 0));
    EXPECT_EQ(e.varied, (Varied{.parameters = true, .individual_chance = true}));
    EXPECT_EQ(e.lower, std::floor(e.lower));  // people are whole here
  }
}

TEST(PredictPeople, OfAKnownModelIsBinomial) {
  const Ensemble e(Kernel(TransitionMatrix(two, rows({{0.75, 0.25}, {0, 1}}))), Known{}, "known");
  const Estimate answer = predict_people(e, up, Heads(400), {40000, Seed(5)});
  EXPECT_EQ(answer.value, 100);
  EXPECT_NEAR(answer.standard_deviation, std::sqrt(75.0), 0.02 * std::sqrt(75.0));
  EXPECT_NEAR(answer.lower, 83, 1);  // the quantiles of Binomial(400, 1/4)
  EXPECT_NEAR(answer.upper, 117, 1);
  EXPECT_EQ(answer.varied, (Varied{.individual_chance = true}));
  EXPECT_EQ(predict_people(e, up, Heads(0), {10, Seed(5)}).upper, 0);
}

TEST(PredictPeople, RefusesWhatCannotBeCounted) {
  const Ensemble e = beta(3, 2);
  EXPECT_EQ(said<DomainError>([&] {
              (void)predict_people(e, up, Heads::unlimited(), {10, Seed(1)});
            }),
            "found inf people; expected a number of people to count, up to 1e15 [E-HEADS]");
  const auto years = [](const Kernel&) { return 3.5; };  // a length of time is no probability
  EXPECT_EQ(said<DomainError>([&] {
              (void)predict_people(e, years, Heads(5), {10, Seed(1)});
            }),
            "found a share of 3.5; expected a number from 0 to 1 [E-SHARE]");
  const auto never = [](const Kernel&) { return std::numeric_limits<double>::quiet_NaN(); };
  const Estimate unknown = predict_people(e, never, Heads(5), {10, Seed(1)});
  EXPECT_EQ(unknown.draws, 0U);  // not 0 people
  EXPECT_TRUE(std::isnan(unknown.value) && std::isnan(unknown.lower) && std::isnan(unknown.upper));
}

}  // namespace
}  // namespace summary_test
