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

namespace ensemble_test {
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
    const Matrix& p = kernel.matrix(0);
    ASSERT_TRUE(((p.rowwise().sum().array() - 1).abs() < 4e-16).all());
    for (Eigen::Index i = 0; i < 2; ++i)
      for (Eigen::Index j = 0; j < 4; ++j)
        if (weights(i, j) == 0) {
          ASSERT_EQ(p(i, j), 0.0);
        }
    ASSERT_EQ(p.bottomRows(2),
              e.point().matrix(0).bottomRows(2));  // rows without weight are known
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
  const Matrix drawn = e.draw(Draw(Seed(11), 0)).matrix(0);
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
    const Matrix& p = kernel.matrix(0);
    ASSERT_EQ(p(0, 3), 0);
    ASSERT_EQ(p.row(0).sum(), 1);
    ASSERT_EQ(p.row(1), point_of().matrix().row(1));
  }
}

TEST(Ensemble, DrawsEachPeriodOnItsOwn) {
  const Kernel point(Period(3), {point_of(), point_of()});
  const Ensemble e(point, DirichletWeights{{numbers(), numbers()}}, "d");
  const Kernel drawn = e.draw(Draw(Seed(1), 0));
  EXPECT_NE(drawn.matrix(0), drawn.matrix(1));
  EXPECT_EQ(drawn.first(), Period(3));
  // The first matrix does not depend on how many follow.
  EXPECT_EQ(drawn.transition(0),
            Ensemble(Kernel(point_of()), DirichletWeights{{numbers()}}, "d").draw(Draw(Seed(1), 0)).transition(0));
}

/// Numbers that move the log-odds of all rows together.
NormalLogits shifts(Eigen::Index matrices = 1) {
  Matrix factor(16 * matrices, 3);
  for (Eigen::Index k = 0; k < factor.size(); ++k) factor.data()[k] = 0.05 * static_cast<double>((5 * k) % 11) - 0.2;
  return {factor};
}

TEST(Ensemble, MovesTheLogOddsOfAllRowsTogether) {
  // By hand: the same normals for all rows and matrices, p exp(factor z) divided by its sum.
  const Kernel point(Period(3), {point_of(), point_of()});
  const Ensemble e(point, shifts(2), "l");
  const Matrix& factor = std::get<NormalLogits>(e.draws()).factor;
  for (std::uint64_t d = 0; d < 5; ++d) {
    const Draw draw(Seed(8), d);
    Stream s = draw.stream(Purpose::parameters);
    Vector z(3);
    for (double& x : z) x = s.normal();
    const Kernel k = e.draw(draw);
    EXPECT_EQ(k, e.draw(draw));
    for (Eigen::Index m = 0; m < 2; ++m)
      for (Eigen::Index i = 0; i < 4; ++i) {
        const Matrix& p = point.matrix(0);
        double sum = 0;
        for (Eigen::Index j = 0; j < 4; ++j) sum += p(i, j) * std::exp(factor.row(16 * m + 4 * i + j).dot(z));
        for (Eigen::Index j = 0; j < 4; ++j) {
          const double expected = i == 3 ? p(i, j) : p(i, j) * std::exp(factor.row(16 * m + 4 * i + j).dot(z)) / sum;
          EXPECT_NEAR(k.matrix(static_cast<std::size_t>(m))(i, j), expected, 1e-15);
          if (p(i, j) == 0) {
            EXPECT_EQ(k.matrix(static_cast<std::size_t>(m))(i, j), 0);
          }
        }
      }
  }
  EXPECT_EQ(e.draw(Draw::point()), point);
  EXPECT_EQ(e.centre(), Centre::plug_in);
  const std::string words =
      "found draws of another ladder or number of periods than the point; expected the same [E-SHAPE]";
  EXPECT_EQ(said<Refusal>([&] { Ensemble(point, shifts(1), ""); }), words);
  NormalLogits broken = shifts(2);
  broken.degrees_of_freedom = 0;
  EXPECT_EQ(said<Refusal>([&] { Ensemble(point, broken, ""); }), words);
  broken.degrees_of_freedom = std::nan("");
  EXPECT_EQ(said<Refusal>([&] { Ensemble(point, broken, ""); }), words);
  broken = shifts(2);
  broken.factor(1, 1) = std::nan("");
  EXPECT_EQ(said<Refusal>([&] { Ensemble(point, broken, ""); }), words);
}

TEST(Ensemble, MovesTheLogOddsByStudentsDistribution) {
  // 97.5 % points of Student's distribution, from tables.
  for (const auto& [freedom, quantile] : {std::pair(1.0, 12.7062), std::pair(3.0, 3.18245), std::pair(9.0, 2.26216)}) {
    NormalLogits student{Matrix::Zero(16, 1), freedom};
    student.factor(1, 0) = 0.01;  // from the first to the second
    const Ensemble e(Kernel(point_of()), student, "t");
    const MatrixView p = e.point().view(0);
    constexpr double all = 40'000;
    double beyond = 0, above = 0;
    for (std::size_t d = 0; d < static_cast<std::size_t>(all); ++d) {
      const Kernel k = e.draw(Draw(Seed(5), d));
      const double moved = std::log(k.view(0)(0, 1) / k.view(0)(0, 0) * p(0, 0) / p(0, 1)) / 0.01;
      beyond += std::abs(moved) > quantile ? 1 : 0;
      above += moved > 0 ? 1 : 0;
    }
    EXPECT_NEAR(beyond / all, 0.05, 5 * std::sqrt(0.05 * 0.95 / all)) << freedom;
    EXPECT_NEAR(above / all, 0.5, 5 * std::sqrt(0.25 / all)) << freedom;
  }
  // The normals are those of before, all times one number.
  NormalLogits student = shifts();
  student.degrees_of_freedom = 2;
  const Ensemble normal(Kernel(point_of()), shifts(), "l"), wide(Kernel(point_of()), student, "t");
  for (std::uint64_t d = 0; d < 5; ++d) {
    const Kernel a = normal.draw(Draw(Seed(8), d)), b = wide.draw(Draw(Seed(8), d));
    std::vector<double> times;
    for (Eigen::Index i = 0; i < 3; ++i)
      for (Eigen::Index j = 0; j < 4; ++j) {
        const auto odds = [&](const Kernel& k) { return std::log(k.view(0)(i, j) / k.view(0)(i, i)); };
        const double shift = odds(a) - odds(normal.point());
        if (i != j && normal.point().view(0)(i, j) > 0 && std::abs(shift) > 1e-3)
          times.push_back((odds(b) - odds(normal.point())) / shift);
      }
    ASSERT_GT(times.size(), 2U);
    for (const double t : times) EXPECT_NEAR(t, times.front(), 1e-9);
    EXPECT_NE(times.front(), 1);
  }
  // Log-odds that run away leave numbers.
  student.degrees_of_freedom = 0.01;
  const Ensemble far(Kernel(point_of()), student, "t");
  for (std::uint64_t d = 0; d < 200; ++d) EXPECT_TRUE(far.draw(Draw(Seed(9), d)).matrix(0).allFinite());
}

TEST(Ensemble, KeepsDegreesOfFreedomOfGroups) {
  const Ladder groups = ladder.for_groups({"women", "men"});
  NormalLogits few = shifts(), more = shifts();
  few.degrees_of_freedom = 3;
  more.degrees_of_freedom = 7;
  const Ensemble a(Kernel(point_of()), few, "t"), b(Kernel(point_of()), more, "t"),
      c(Kernel(point_of()), shifts(), "l");
  const auto freedom = [](const Ensemble& e) { return std::get<NormalLogits>(e.draws()).degrees_of_freedom; };
  EXPECT_EQ(freedom(a.for_groups(groups)), 3);
  EXPECT_EQ(freedom(Ensemble::of_groups(groups, {b, a})), 3);
  EXPECT_EQ(freedom(Ensemble::of_groups(groups, {b, b}).group(1)), 7);
  EXPECT_EQ(freedom(Ensemble::of_groups(groups, {c, b})), 7);
  EXPECT_TRUE(std::isinf(freedom(Ensemble::of_groups(groups, {c, c}))));
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

/// The rows of one group of a matrix on a ladder with groups.
Matrix of_group(const Matrix& p, const Ladder& both, std::size_t g) {
  const auto n = static_cast<Eigen::Index>(both.of_each_group().size());
  Matrix out(n, n);
  for (Eigen::Index i = 0; i < n; ++i)
    for (Eigen::Index j = 0; j < n; ++j)
      out(i, j) = p(static_cast<Eigen::Index>(both.for_group(static_cast<std::size_t>(i), g)),
                    static_cast<Eigen::Index>(both.for_group(static_cast<std::size_t>(j), g)));
  return out;
}

TEST(Ensemble, ForGroupsHasTheSameMovesInEachOfThem) {
  const Ladder both = ladder.for_groups({"women", "men"});
  for (const Ensemble& alone :
       {Ensemble(Kernel(point_of()), Known{}, "k"), Ensemble(Kernel(point_of()), DirichletWeights{{numbers()}}, "d"),
        Ensemble(Kernel(point_of()), MultinomialRows{{numbers()}}, "m"), Ensemble(Kernel(point_of()), shifts(), "l"),
        Ensemble(Kernel(point_of()), Replicates{{Kernel(TransitionMatrix(ladder, Matrix::Identity(4, 4)))}}, "r")}) {
    const Ensemble e = alone.for_groups(both);
    EXPECT_EQ(e.ladder(), both);
    EXPECT_EQ(e.method(), alone.method());
    EXPECT_TRUE(e.shared_by_groups());
    for (const Draw& draw : {Draw::point(), Draw(Seed(3), 0)}) {
      const Kernel one = alone.draw(draw), two = e.draw(draw);
      for (std::size_t g = 0; g < 2; ++g)  // the bits of the model without groups
        EXPECT_EQ(of_group(two.at(Period(0)).matrix(), both, g), one.at(Period(0)).matrix()) << alone.method() << g;
      EXPECT_EQ(two.at(Period(0)).matrix()(0, 1), 0);
    }
  }
  EXPECT_EQ(said<Refusal>([&] {
              (void)Ensemble(Kernel(point_of()), Known{}, "k").for_groups(Ladder::parse("a < b").for_groups({"men"}));
            }),
            "found moves on another ladder than that of each group; expected the same [E-LADDER-OTHER]");
}

TEST(Ensemble, OfGroupsHasTheMovesOfEach) {
  const Ladder both = ladder.for_groups({"women", "men"});
  const Ensemble women(Kernel(point_of()), DirichletWeights{{numbers()}}, "d"),
      known(Kernel(TransitionMatrix(ladder, Matrix::Identity(4, 4))), Known{}, "k"),
      men(Kernel(point_of()), DirichletWeights{{2 * numbers()}}, "d");
  const Ensemble e = Ensemble::of_groups(both, {women, known});
  EXPECT_FALSE(e.shared_by_groups());
  EXPECT_EQ(e.method(), "d");
  const Matrix p = e.draw(Draw(Seed(3), 4)).at(Period(0)).matrix();
  EXPECT_EQ(of_group(p, both, 0), women.draw(Draw(Seed(3), 4)).at(Period(0)).matrix());
  EXPECT_EQ(of_group(p, both, 1), Matrix::Identity(4, 4));
  const Ensemble moved(Kernel(point_of()), shifts(), "l");
  const Matrix second = Ensemble::of_groups(both, {known, moved}).draw(Draw(Seed(3), 4)).at(Period(0)).matrix();
  EXPECT_EQ(of_group(second, both, 0), Matrix::Identity(4, 4));
  EXPECT_EQ(of_group(second, both, 1), moved.draw(Draw(Seed(3), 4)).at(Period(0)).matrix());
  // Two that vary do so each by itself.
  const Ensemble apart = Ensemble::of_groups(both, {women, men});
  double sum = 0, a = 0, b = 0;
  constexpr std::size_t draws = 4000;
  for (std::size_t d = 0; d < draws; ++d) {
    const Matrix m = apart.draw(Draw(Seed(5), d)).at(Period(0)).matrix();
    const double x = m(0, 2) - .16, y = m(1, 3) - .16;  // 8 of 50
    sum += x * y;
    a += x * x;
    b += y * y;
  }
  EXPECT_LT(std::abs(sum / std::sqrt(a * b)) * std::sqrt(draws), z_limit);
  EXPECT_NEAR(a / draws, .16 * .84 / 51, 0.2 * .16 * .84 / 51);
  EXPECT_NEAR(b / draws, .16 * .84 / 101, 0.2 * .16 * .84 / 101);

  EXPECT_EQ(said<Refusal>([&] { (void)Ensemble::of_groups(both, {women}); }),
            "found 1 models for 2 groups; expected one for each [E-SHAPE]");
  EXPECT_EQ(said<Refusal>([&] {
              (void)Ensemble::of_groups(both, {women, Ensemble(Kernel(point_of()), MultinomialRows{{numbers()}}, "m")});
            }),
            "found models of groups that vary in several ways; expected one method for all groups [E-SHAPE]");
  EXPECT_EQ(said<Refusal>([&] {
              (void)Ensemble::of_groups(both, {women, Ensemble(Kernel(point_of(Step(2, 2))), Known{}, "k")});
            }),
            "found models of groups over other steps or periods; expected the same in all [E-LADDER-OTHER]");
  EXPECT_EQ(
      said<Refusal>([&] {
        (void)Ensemble::of_groups(both, {women, Ensemble(Kernel(point_of()), Replicates{{Kernel(point_of())}}, "r")});
      }),
      "found models of groups that vary in several ways; expected one method for all groups [E-SHAPE]");
  // Ready-made draws are taken side by side: the first of each group, the second of each, and so on.
  const Kernel stay(TransitionMatrix(ladder, Matrix::Identity(4, 4)));
  const Ensemble some(Kernel(point_of()), Replicates{{Kernel(point_of()), stay}}, "r"),
      others(Kernel(point_of()), Replicates{{stay, stay}}, "r");
  const Ensemble pairs = Ensemble::of_groups(both, {some, others});
  EXPECT_EQ(pairs.limit(9), 2U);
  const Matrix side = pairs.draw(Draw(Seed(1), 0)).at(Period(0)).matrix();
  EXPECT_EQ(of_group(side, both, 0), point_of().matrix());
  EXPECT_EQ(of_group(side, both, 1), Matrix::Identity(4, 4));
  EXPECT_EQ(said<Refusal>([&] {
              (void)Ensemble::of_groups(both, {some, Ensemble(Kernel(point_of()), Replicates{{stay}}, "r")});
            }),
            "found models of groups with two numbers of ready-made draws; expected the same [E-SHAPE]");
}

TEST(Ensemble, AGroupIsOfGroupsTakenApart) {
  const Ladder both = ladder.for_groups({"women", "men"});
  const Kernel stay(TransitionMatrix(ladder, Matrix::Identity(4, 4)));
  const Ensemble known(stay, Known{}, "k");
  const std::vector<std::vector<Ensemble>> pairs{
      {Ensemble(Kernel(point_of()), DirichletWeights{{numbers()}}, "d"),
       Ensemble(Kernel(point_of()), DirichletWeights{{2 * numbers()}}, "d")},
      {Ensemble(Kernel(point_of()), MultinomialRows{{numbers()}}, "m"), known},
      {known, Ensemble(Kernel(point_of()), shifts(), "l")},
      {Ensemble(Kernel(point_of()), shifts(), "l"), Ensemble(Kernel(point_of()), shifts(), "l")},
      {Ensemble(Kernel(point_of()), Replicates{{Kernel(point_of()), stay}}, "r"),
       Ensemble(Kernel(point_of()), Replicates{{stay, stay}}, "r")},
      {Ensemble(Kernel(Period(7), {point_of(), TransitionMatrix(ladder, Matrix::Identity(4, 4))}),
                DirichletWeights{{numbers(), 3 * numbers()}}, "d"),
       Ensemble(Kernel(Period(7), {point_of(), point_of()}), DirichletWeights{{numbers(), numbers()}}, "d")}};
  for (const std::vector<Ensemble>& models : pairs) {
    const Ensemble joined = Ensemble::of_groups(both, models);
    for (std::size_t g = 0; g < 2; ++g) {
      const Ensemble group = joined.group(g);
      EXPECT_TRUE(group.point() == models[g].point()) << joined.method() << g;
      for (std::uint64_t k = 0; k < 2; ++k)
        EXPECT_TRUE(group.draw(Draw(Seed(3), k)) == models[g].draw(Draw(Seed(3), k))) << joined.method() << g;
      EXPECT_EQ(group.method(), joined.method());
    }
    EXPECT_EQ(said<Refusal>([&] { (void)joined.group(2); }),
              "found group number 2 of a ladder for 2 groups; expected one of them [E-LADDER]");
  }
  EXPECT_THROW((void)known.group(0), Refusal);
}

}  // namespace
}  // namespace ensemble_test
