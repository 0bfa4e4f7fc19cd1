// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/measure/embedding.hpp>

#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <rungs/core/draw.hpp>

#include "../core/message.hpp"
#include "chains.hpp"

namespace embedding_test {
namespace {

using namespace rungs;
using rungs_test::rows;
using rungs_test::said;

const Ladder two = Ladder::parse("worker < manager");

TEST(Embedding, OfTwoStrataHasAClosedForm) {
  const TransitionMatrix p(two, rows({{.9, .1}, {.2, .8}}));
  const Embedding e = embedding(p);
  EXPECT_EQ(e.verdict, Embeddable::yes);
  EXPECT_EQ(e.reason, "its principal logarithm has no rate below 0");
  EXPECT_NEAR(e.determinant, .7, 1e-15);
  // The other eigenvalue is 0.7: log P = log(0.7) / (0.7 - 1) (P - I).
  const Matrix expected = std::log(.7) / (.7 - 1) * (p.matrix() - Matrix::Identity(2, 2));
  EXPECT_LT((embedded_rates(p) - expected).cwiseAbs().maxCoeff(), 1e-14);
  EXPECT_LT((moves_at(two, expected, 1).matrix() - p.matrix()).cwiseAbs().maxCoeff(), 1e-15);
}

TEST(Embedding, OfALadderWithEqualRatesNeedsNoEigenvectors) {
  // Erlang: rates of 0.1 up three rungs; after 10 years Poisson probabilities.
  const Ladder l = Ladder::parse("a < b < c < d");
  Matrix q = Matrix::Zero(4, 4);
  for (Eigen::Index i = 0; i < 3; ++i) {
    q(i, i) = -.1;
    q(i, i + 1) = .1;
  }
  const TransitionMatrix p = moves_at(l, q, 10);
  const double e = std::exp(-1);
  EXPECT_NEAR(p.matrix()(0, 0), e, 1e-15);
  EXPECT_NEAR(p.matrix()(0, 1), e, 1e-15);
  EXPECT_NEAR(p.matrix()(0, 2), e / 2, 1e-15);
  EXPECT_NEAR(p.matrix()(0, 3), 1 - 2.5 * e, 1e-15);
  EXPECT_LT((embedded_rates(moves_at(l, q, 1)) - q).cwiseAbs().maxCoeff(), 1e-12);
  EXPECT_EQ(moves_at(l, q, 0).matrix(), Matrix::Identity(4, 4));
}

TEST(Embedding, SaysWhyNot) {
  const auto of = [](const Ladder& l, const Matrix& m) { return embedding(TransitionMatrix(l, m)); };
  const Embedding negative = of(two, rows({{.1, .9}, {.9, .1}}));
  EXPECT_EQ(negative.verdict, Embeddable::no);
  EXPECT_EQ(negative.reason, "its determinant is -0.8, not above 0");
  EXPECT_FALSE(negative.logarithm);

  const Ladder three = Ladder::parse("a < b < c");
  const Embedding missing = of(three, rows({{.8, .2, 0}, {0, .8, .2}, {0, 0, 1}}));
  EXPECT_EQ(missing.verdict, Embeddable::no);
  EXPECT_EQ(missing.reason, "the move 'a' -> 'c' has probability 0, but others lead there within any time");
  ASSERT_EQ(missing.missing.size(), 1U);

  const Embedding few = of(three, rows({{.8, .199, .001}, {.1, .7, .2}, {.1, .1, .8}}));
  EXPECT_EQ(few.verdict, Embeddable::no);
  EXPECT_THAT(few.reason, testing::MatchesRegex("its principal logarithm has a rate of -0.0[0-9]* for 'a' -> 'c', and "
                                                "no other is a generator, since most people stay everywhere"));
  EXPECT_EQ(few.of_move, std::pair(std::size_t{0}, std::size_t{2}));
  EXPECT_THAT(said<Refusal>([&] {
                (void)embedded_rates(TransitionMatrix(three, rows({{.8, .199, .001}, {.1, .7, .2}, {.1, .1, .8}})));
              }),
              testing::StartsWith("found moves of one step that cannot come from moving at any moment: its principal "
                                  "logarithm has a rate of -0.0"));

  const Embedding unknown = of(three, rows({{.4, .599, .001}, {.3, .4, .3}, {.2, .2, .6}}));
  EXPECT_EQ(unknown.verdict, Embeddable::unknown);
  EXPECT_THAT(unknown.reason, testing::EndsWith("; another logarithm is not ruled out"));
}

TEST(Embedding, ComesBackFromRandomRates) {
  const Ladder l = Ladder::parse("a < b < c < d | out");
  Stream random = Draw(Seed(5), 0).stream(Purpose::parameters);
  for (int k = 0; k < 200; ++k) {
    Matrix q = Matrix::Zero(5, 5);
    for (Eigen::Index i = 0; i < 4; ++i)
      for (Eigen::Index j = 0; j < 5; ++j)
        if (i != j) q(i, j) = .2 * random.uniform();
    detail::close_rows(q);
    const TransitionMatrix p = moves_at(l, q, 1);
    ASSERT_EQ(embedding(p).verdict, Embeddable::yes) << k;
    ASSERT_LT((embedded_rates(p) - q).cwiseAbs().maxCoeff(), 1e-12) << k;
    // A third of the step three times is the step.
    const Matrix third = finer_step(p, 3).matrix();
    ASSERT_LT((third - moves_at(l, q, 1 / 3.).matrix()).cwiseAbs().maxCoeff(), 1e-13) << k;
    ASSERT_LT((third * third * third - p.matrix()).cwiseAbs().maxCoeff(), 1e-14) << k;
  }
}

TEST(Embedding, KeepsSmallProbabilities) {
  // Poisson probabilities down to 1e-59, each to its own size.
  Ladder::Builder rungs = Ladder::builder();
  Matrix q = Matrix::Zero(30, 30);
  for (Eigen::Index i = 0; i < 30; ++i) {
    rungs.rung("s" + std::to_string(i));
    if (i == 29) continue;
    q(i, i) = -.01;
    q(i, i + 1) = .01;
  }
  const Matrix p = moves_at(rungs.build(), q, 1).matrix();
  double expected = std::exp(-.01);
  for (Eigen::Index j = 0; j <= 20; ++j) {
    EXPECT_NEAR(p(0, j) / expected, 1, 1e-14) << j;
    expected *= .01 / static_cast<double>(j + 1);
  }
  EXPECT_GT(p(0, 29), 0);
}

TEST(FinerStep, HasItsLengthAndIsRefusedWhereItIsNone) {
  const TransitionMatrix five(two, rows({{.9, .1}, {.2, .8}}), Step(5, 5));
  const TransitionMatrix one = finer_step(five, 5);
  EXPECT_EQ(one.step(), Step(1, 1));
  EXPECT_EQ(said<Refusal>([] {
              (void)finer_step(TransitionMatrix(two, rows({{.1, .9}, {.9, .1}})), 2);
            }),
            "found moves of one step without a principal root; expected no eigenvalue that is 0 or negative [E-EMBED]");
  const TransitionMatrix p(Ladder::parse("a < b < c"), rows({{.8, .2, 0}, {0, .8, .2}, {0, 0, 1}}));
  EXPECT_THAT(said<Refusal>([&] { (void)finer_step(p, 2); }),
              testing::MatchesRegex(
                  "found moves of one step that are not those of 2 finer ones: their root has a probability of "
                  "-0.006[0-9]* for 'a' -> 'c', and the nearest matrix without gives probabilities that are off by up "
                  "to 0.01[0-9]*; expected data at the finer step \\[E-EMBED\\]"));
  EXPECT_EQ(said<DomainError>([&] { (void)finer_step(p, 1); }), "found a step in 1 parts; expected 2 or more [E-STEP]");
}

TEST(Repairs, AreGeneratorsAndTheNearestIsNearest) {
  const Ladder l = Ladder::parse("a < b < c < d");
  Stream random = Draw(Seed(6), 0).stream(Purpose::parameters);
  int repaired = 0;
  for (int k = 0; k < 300; ++k) {
    Matrix m = 6 * Matrix::Identity(4, 4);
    for (double& x : m.reshaped()) x += random.uniform() < .4 ? 0.01 : random.uniform();
    const TransitionMatrix p = TransitionMatrix::from_weights(l, m);
    const Embedding e = embedding(p);
    ASSERT_TRUE(e.logarithm) << k;
    if (e.verdict == Embeddable::yes) continue;
    ++repaired;
    for (const GeneratorRepair repair :
         {GeneratorRepair::diagonal, GeneratorRepair::weighted, GeneratorRepair::nearest}) {
      const Matrix q = repaired_rates(p, repair);
      ASSERT_LT(q.rowwise().sum().cwiseAbs().maxCoeff(), 1e-15) << k;
      for (Eigen::Index i = 0; i < 4; ++i)
        for (Eigen::Index j = 0; j < 4; ++j) ASSERT_TRUE(i == j || q(i, j) >= 0) << k;
    }
    // Of all generators: a little towards any other is farther off.
    const Matrix nearest = repaired_rates(p, GeneratorRepair::nearest);
    const double distance = (nearest - *e.logarithm).squaredNorm();
    for (int other = 0; other < 20; ++other) {
      Matrix q = nearest;
      for (Eigen::Index i = 0; i < 4; ++i)
        for (Eigen::Index j = 0; j < 4; ++j)
          if (i != j) q(i, j) = std::max(0.0, q(i, j) + 1e-3 * (random.uniform() - .5));
      detail::close_rows(q);
      ASSERT_GE((q - *e.logarithm).squaredNorm(), distance - 1e-15) << k;
    }
  }
  EXPECT_GT(repaired, 100);
}

TEST(LikeliestRates, AreWhereNoRateShouldChange) {
  // Of people seen to move by exp(Q), in expectation, the rates are Q.
  const Ladder l = Ladder::parse("a < b < c");
  Matrix q = rows({{0, .3, .05}, {.1, 0, .2}, {.02, .1, 0}});
  detail::close_rows(q);
  const Matrix people = 1000 * moves_at(l, q, 1).matrix();
  const Matrix start = rows({{0, 1, 1}, {1, 0, 1}, {1, 1, 0}});
  EXPECT_LT((likeliest_rates(people, start) - q).cwiseAbs().maxCoeff(), 1e-9);
  // A rate that starts at 0 stays there, and the others make the best of it.
  Matrix without = start;
  without(0, 2) = 0;
  const Matrix best = likeliest_rates(people, without);
  EXPECT_EQ(best(0, 2), 0);
  const auto log_likelihood = [&](const Matrix& rates) {
    return people.cwiseProduct(detail::moves_at_rates(rates, 1).array().log().matrix()).sum();
  };
  for (const auto& [i, j] : std::vector<std::pair<int, int>>{{0, 1}, {1, 0}, {1, 2}, {2, 0}, {2, 1}}) {
    Matrix up = best, down = best;
    up(i, j) += 1e-5;
    down(i, j) -= 1e-5;
    detail::close_rows(up);
    detail::close_rows(down);
    EXPECT_NEAR(log_likelihood(up) - log_likelihood(down), 0, 1e-7) << i << j;
    EXPECT_LT(log_likelihood(up) + log_likelihood(down), 2 * log_likelihood(best)) << i << j;
  }
}

}  // namespace
}  // namespace embedding_test
