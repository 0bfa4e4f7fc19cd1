// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/model/ensemble.hpp>

#include <cmath>
#include <string>
#include <type_traits>
#include <vector>

#include <gtest/gtest.h>

#include "../core/message.hpp"
#include "../core/statistics.hpp"

namespace {

using namespace rungs;
using rungs_test::code_of;
using rungs_test::said;
using rungs_test::z_limit;

static_assert(std::is_nothrow_move_constructible_v<Ensemble>);

const Ladder ladder = Ladder::parse("a < b < c | gone");

Matrix numbers() {
  Matrix m(4, 4);
  m << 40, 8, 0, 2,    //
      0.5, 3, 1.5, 0,  //
      0, 0, 0, 0,      //
      0, 0, 0, 0;
  return m;
}

TransitionMatrix point_of(Step step = Step()) {
  Matrix p = Matrix::Identity(4, 4);
  for (Eigen::Index i = 0; i < 2; ++i) p.row(i) = numbers().row(i) / numbers().row(i).sum();
  return TransitionMatrix(ladder, p, step);
}

TEST(Ensemble, OfAKnownModelIsItsPoint) {
  const Ensemble e(Kernel(point_of()), Known{}, "known");
  EXPECT_FALSE(e.varies());
  EXPECT_EQ(e.centre(), Centre::mean_of_draws);
  EXPECT_EQ(e.method(), "known");
  EXPECT_EQ(e.limit(17), 17U);
  EXPECT_EQ(e.draw(Draw(Seed(1), 5)), e.point());
  EXPECT_EQ(e.ladder(), ladder);
  EXPECT_EQ(e.step(), Step());
}

TEST(Ensemble, GivesThePointInThePointWorld) {
  for (const Ensemble& e :
       {Ensemble(Kernel(point_of()), DirichletWeights{{numbers()}}, "d"),
        Ensemble(Kernel(point_of()), MultinomialRows{{numbers()}}, "m"),
        Ensemble(Kernel(point_of()), Replicates{{Kernel(TransitionMatrix(ladder, Matrix::Identity(4, 4)))}}, "r")}) {
    EXPECT_TRUE(e.varies());
    EXPECT_EQ(e.draw(Draw::point()), Kernel(point_of()));
    EXPECT_NE(e.draw(Draw(Seed(1), 0)), Kernel(point_of()));
  }
}

TEST(Ensemble, RepeatsADrawByItsName) {
  for (const Ensemble& e : {Ensemble(Kernel(point_of()), DirichletWeights{{numbers()}}, "d"),
                            Ensemble(Kernel(point_of()), MultinomialRows{{numbers()}}, "m")}) {
    const Kernel first = e.draw(Draw(Seed(4), 7));
    Kernel room = e.point();
    e.draw_into(Draw(Seed(4), 8), room);  // whatever was drawn before
    EXPECT_NE(room, first);
    e.draw_into(Draw(Seed(4), 7), room);
    EXPECT_EQ(room, first);
    EXPECT_NE(e.draw(Draw(Seed(5), 7)), first);
    e.draw_into(Draw::point(), room);
    EXPECT_EQ(room, e.point());
  }
}

/// Mean and variance of every cell over draws, and that each draw is a transition matrix with the
/// zeros of `weights`.
void expect_moments(const Ensemble& e, int draws, const Matrix& weights, const Matrix& mean, const Matrix& variance,
                    double kurtosis) {
  Matrix sum = Matrix::Zero(4, 4), squares = Matrix::Zero(4, 4);
  Kernel kernel = e.point();
  for (int d = 0; d < draws; ++d) {
    e.draw_into(Draw(Seed(11), static_cast<std::uint64_t>(d)), kernel);
    const Matrix& p = kernel.matrices()[0].matrix();
    ASSERT_TRUE(((p.rowwise().sum().array() - 1).abs() < 4e-16).all());
    for (Eigen::Index i = 0; i < 2; ++i)
      for (Eigen::Index j = 0; j < 4; ++j)
        if (weights(i, j) == 0) {
          ASSERT_EQ(p(i, j), 0.0);
        }
    ASSERT_EQ(p.bottomRows(2),
              e.point().matrices()[0].matrix().bottomRows(2));  // rows without weight are known
    sum += p;
    squares += (p - mean).cwiseProduct(p - mean);
  }
  for (Eigen::Index i = 0; i < 2; ++i)
    for (Eigen::Index j = 0; j < 4; ++j) {
      if (weights(i, j) == 0) continue;
      const double v = variance(i, j);
      EXPECT_LT(std::abs(sum(i, j) / draws - mean(i, j)) / std::sqrt(v / draws), z_limit) << i << j;
      EXPECT_LT(std::abs(squares(i, j) / draws - v) / v, z_limit * std::sqrt(kurtosis / draws)) << i << j;
    }
}

TEST(Ensemble, DirichletDrawsHaveTheirMeanAndVariance) {
  const Matrix a = numbers();
  Matrix mean = Matrix::Zero(4, 4), variance = Matrix::Zero(4, 4);
  for (Eigen::Index i = 0; i < 2; ++i) {
    const double sum = a.row(i).sum();
    mean.row(i) = a.row(i) / sum;
    variance.row(i) = mean.row(i).cwiseProduct((1 - mean.row(i).array()).matrix()) / (sum + 1);
  }
  expect_moments(Ensemble(Kernel(point_of()), DirichletWeights{{a}}, "d"), 40000, a, mean, variance, 8);
}

TEST(Ensemble, MultinomialDrawsHaveTheirMeanAndVariance) {
  Matrix n = numbers();
  n.row(1) << 6, 30, 15, 0;
  Matrix p = point_of().matrix(), variance = Matrix::Zero(4, 4);
  p.row(1) = n.row(1) / 51;
  for (Eigen::Index i = 0; i < 2; ++i)
    variance.row(i) = p.row(i).cwiseProduct((1 - p.row(i).array()).matrix()) / n.row(i).sum();
  const Ensemble e(Kernel(TransitionMatrix(ladder, p)), MultinomialRows{{n}}, "m");
  expect_moments(e, 40000, n, p, variance, 8);
  EXPECT_EQ(e.centre(), Centre::plug_in);
  const Matrix drawn = e.draw(Draw(Seed(11), 0)).matrices()[0].matrix();
  for (Eigen::Index j = 0; j < 4; ++j)  // shares of whole people
    EXPECT_NEAR(drawn(1, j) * 51, std::round(drawn(1, j) * 51), 1e-12);
}

TEST(Ensemble, MultinomialDrawsOfPartsOfPeopleStayRows) {
  // Effective numbers of weighted people are not whole; less than half a person tells nothing.
  Matrix n = numbers();
  n.row(0) << 0.1, 0.2, 0.3, 0;
  n.row(1) << 0.1, 0.1, 0.1, 0;
  const Ensemble e(Kernel(point_of()), MultinomialRows{{n}}, "m");
  for (std::uint64_t d = 0; d < 2000; ++d) {
    const Kernel kernel = e.draw(Draw(Seed(2), d));
    const Matrix& p = kernel.matrices()[0].matrix();
    ASSERT_EQ(p(0, 3), 0);
    ASSERT_EQ(p.row(0).sum(), 1);
    ASSERT_EQ(p.row(1), point_of().matrix().row(1));
  }
}

TEST(Ensemble, DrawsEachPeriodOnItsOwn) {
  const Kernel point(Period(3), {point_of(), point_of()});
  const Ensemble e(point, DirichletWeights{{numbers(), numbers()}}, "d");
  const Kernel drawn = e.draw(Draw(Seed(1), 0));
  EXPECT_NE(drawn.matrices()[0].matrix(), drawn.matrices()[1].matrix());
  EXPECT_EQ(drawn.first(), Period(3));
  // The first matrix does not depend on how many follow.
  EXPECT_EQ(drawn.matrices()[0],
            Ensemble(Kernel(point_of()), DirichletWeights{{numbers()}}, "d").draw(Draw(Seed(1), 0)).matrices()[0]);
}

TEST(Ensemble, HasNoMoreDrawsThanReplicates) {
  const Kernel a(point_of()), b(TransitionMatrix(ladder, Matrix::Identity(4, 4)));
  const Ensemble e(a, Replicates{{b, a}}, "bootstrap");
  EXPECT_EQ(e.limit(1000), 2U);
  EXPECT_EQ(e.limit(1), 1U);
  EXPECT_EQ(e.centre(), Centre::plug_in);
  EXPECT_EQ(e.draw(Draw(Seed(1), 0)), b);
  EXPECT_EQ(e.draw(Draw(Seed(99), 1)), a);
  EXPECT_EQ(said<Refusal>([&] { (void)e.draw(Draw(Seed(1), 2)); }),
            "found draw number 2; expected one of the 2 replicates [E-DRAW]");
}

TEST(Ensemble, RefusesDrawsOfAnotherShape) {
  const std::string words =
      "found draws of another ladder or number of periods than the point; expected the same "
      "[E-SHAPE]";
  const Kernel point(point_of());
  EXPECT_EQ(said<Refusal>([&] { Ensemble(point, DirichletWeights{{}}, ""); }), words);
  EXPECT_EQ(said<Refusal>([&] { Ensemble(point, DirichletWeights{{Matrix::Ones(3, 3)}}, ""); }), words);
  EXPECT_EQ(said<Refusal>([&] { Ensemble(point, MultinomialRows{{Matrix::Ones(4, 3)}}, ""); }), words);
  EXPECT_EQ(said<Refusal>([&] { Ensemble(point, MultinomialRows{{numbers(), numbers()}}, ""); }), words);
  EXPECT_EQ(said<Refusal>([&] { Ensemble(point, Replicates{}, ""); }), words);
  EXPECT_EQ(said<Refusal>([&] {
              Ensemble(point, Replicates{{Kernel(TransitionMatrix(Ladder::parse("x"), Matrix::Ones(1, 1)))}}, "");
            }),
            words);
  EXPECT_EQ(said<Refusal>([&] { Ensemble(point, Replicates{{Kernel(point_of(Step(2)))}}, ""); }), words);
  EXPECT_EQ(said<Refusal>([&] { Ensemble(point, Replicates{{Kernel(Period(0), {point_of()})}}, ""); }), words);
  EXPECT_EQ(
      code_of([&] { Ensemble(Kernel(Period(1), {point_of()}), Replicates{{Kernel(Period(2), {point_of()})}}, ""); }),
      "E-SHAPE");
}

}  // namespace
