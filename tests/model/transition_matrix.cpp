// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/model/transition_matrix.hpp>

#include <cmath>
#include <limits>
#include <string>
#include <type_traits>

#include <gtest/gtest.h>

#include <rungs/core/random.hpp>
#include <rungs/model/headcount.hpp>
#include <rungs/model/kernel.hpp>

#include "../core/message.hpp"

namespace transition_matrix_test {
namespace {

using namespace rungs;
using rungs_test::code_of;
using rungs_test::said;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double inf = std::numeric_limits<double>::infinity();

static_assert(std::is_nothrow_move_constructible_v<TransitionMatrix> && std::is_nothrow_move_constructible_v<Kernel> &&
              std::is_nothrow_move_constructible_v<Headcount>);

const Ladder two = Ladder::parse("low < high");

Matrix square(double a, double b, double c, double d) {
  Matrix m(2, 2);
  m << a, b, c, d;
  return m;
}

TEST(TransitionMatrix, IsReadByNames) {
  const TransitionMatrix p(two, square(0.9, 0.1, 0.25, 0.75), Step(2, 0.5));
  EXPECT_EQ(p(two["low"], two["high"]), 0.1);
  EXPECT_EQ(p(two["high"], two["low"]), 0.25);
  EXPECT_EQ(p.matrix(), square(0.9, 0.1, 0.25, 0.75));
  EXPECT_EQ(p.step(), Step(2, 0.5));
  EXPECT_EQ(p.size(), 2);
  EXPECT_EQ(p, TransitionMatrix(two, square(0.9, 0.1, 0.25, 0.75), Step(2, 0.5)));
  EXPECT_NE(p, TransitionMatrix(two, square(0.9, 0.1, 0.25, 0.75)));
  EXPECT_EQ(code_of([&] { (void)p(Ladder::parse("a < b")["a"], two["low"]); }), "E-LADDER-OTHER");
  EXPECT_EQ(code_of([&] { (void)p(two["low"], Ladder::parse("a < b")["a"]); }), "E-LADDER-OTHER");
}

TEST(TransitionMatrix, PutsRoundingRightAndRefusesMore) {
  const double off = 2.5e-16;  // 0.9 + 0.1 off by one rounding
  const TransitionMatrix up(two, square(0.9 + off, 0.1, 0.5, 0.5)), down(two, square(0.9 - off, 0.1, 0.5, 0.5));
  EXPECT_EQ(up.matrix().row(0).sum(), 1);
  EXPECT_EQ(down.matrix().row(0).sum(), 1);
  EXPECT_EQ(up.matrix()(0, 1), 0.1);  // the largest entry is the one put right
  EXPECT_NO_THROW(TransitionMatrix(two, square(0.9 + 2.9e-15, 0.1, 0.5, 0.5)));
  EXPECT_THROW(TransitionMatrix(two, square(0.9 + 3.2e-15, 0.1, 0.5, 0.5)), DomainError);
  EXPECT_EQ(said<DomainError>([] { TransitionMatrix(two, square(0.9, 0.101, 0.5, 0.5)); }),
            "found a row sum of 1.001 for 'low'; expected 1 [E-ROWSUM]");
  EXPECT_EQ(said<DomainError>([] { TransitionMatrix(two, square(0.9, 0.1, 0.5, 0.499)); }),
            "found a row sum of 0.999 for 'high'; expected 1 [E-ROWSUM]");
  EXPECT_EQ(code_of([] { TransitionMatrix(two, square(0.9, 0.1, 0, 0)); }), "E-ROWSUM");
}

TEST(TransitionMatrix, TakesRowsOfManyRoundings) {
  // Rows of 1000 quotients in any order: never refused, and as near to 1 as their numbers allow.
  Ladder::Builder b = Ladder::builder();
  for (int k = 0; k < 1000; ++k) b.rung(std::to_string(k));
  const Ladder ladder = b.build();
  Stream s({Seed(1), 1});
  Matrix weights(1000, 1000);
  for (Eigen::Index i = 0; i < 1000; ++i)
    for (Eigen::Index j = 0; j < 1000; ++j) weights(i, j) = s.uniform() < 0.3 ? 0 : std::exp(8 * s.uniform());
  const TransitionMatrix p = TransitionMatrix::from_weights(ladder, weights);
  for (Eigen::Index i = 0; i < 1000; ++i) {
    ASSERT_NEAR(p.matrix().row(i).sum(), 1, 3e-16);
    for (Eigen::Index j = 0; j < 1000; ++j) ASSERT_EQ(p.matrix()(i, j) == 0, weights(i, j) == 0);
  }
  EXPECT_THROW(TransitionMatrix(ladder, Matrix::Identity(1000, 1000) * (1 - 2e-12)), DomainError);
}

TEST(TransitionMatrix, RefusesWhatIsNoProbability) {
  const auto with = [](double x) { return [x] { TransitionMatrix(two, square(x, 1 - x, 0.5, 0.5)); }; };
  EXPECT_EQ(said<DomainError>(with(-1e-18)),
            "found a probability of -1e-18 from 'low' to 'low'; expected a number from 0 to 1 [E-PROB]");
  EXPECT_EQ(said<DomainError>(with(1 + 1e-10)),
            "found a probability of 1.0000000001 from 'low' to 'low'; expected a number from 0 to "
            "1 [E-PROB]");
  EXPECT_EQ(said<DomainError>(with(nan)),
            "found a probability of nan from 'low' to 'low'; expected a number from 0 to 1 [E-PROB]");
  EXPECT_EQ(code_of(with(inf)), "E-PROB");
  EXPECT_EQ(code_of(with(-inf)), "E-PROB");
  EXPECT_EQ(code_of([] { TransitionMatrix(two, square(0.5, 0.5, 1, nan)); }), "E-PROB");
  EXPECT_NO_THROW(with(-0.0)());
  EXPECT_NO_THROW(with(1)());
  try {
    with(-0.25)();
    FAIL();
  } catch (const DomainError& error) {
    EXPECT_EQ(error.found(), -0.25);
  }
}

TEST(TransitionMatrix, GuessesPercentAndTransposition) {
  EXPECT_EQ(said<DomainError>([] { TransitionMatrix(two, square(69.9, 30.2, 40, 60)); }),
            "found a probability of 69.9 from 'low' to 'low'; expected a number from 0 to 1; are "
            "these percent? [E-PROB]");
  EXPECT_EQ(said<DomainError>([] { TransitionMatrix(two, square(69.9, 20.2, 40, 60)); }),
            "found a probability of 69.9 from 'low' to 'low'; expected a number from 0 to 1 [E-PROB]");
  EXPECT_EQ(said<DomainError>([] { TransitionMatrix(two, square(0.9, 0.3, 0.1, 0.7)); }),
            "found a row sum of 1.2 for 'low'; expected 1; is the matrix transposed? [E-ROWSUM]");
  Ladder::Builder b = Ladder::builder();
  for (int k = 0; k < 200; ++k) b.rung(std::to_string(k));
  EXPECT_EQ(said<DomainError>([&] { TransitionMatrix(b.build(), Matrix::Constant(200, 200, 0.5)); }),
            "found a row sum of 100 for '0'; expected 1; are these percent? [E-ROWSUM]");
}

TEST(TransitionMatrix, RefusesMassOnImpossibleMoves) {
  const Ladder open = Ladder::parse("low | gone");
  EXPECT_NO_THROW(TransitionMatrix(open, square(0.5, 0.5, 0, 1)));
  EXPECT_EQ(said<DomainError>([&] { TransitionMatrix(open, square(0.5, 0.5, 1e-9, 1 - 1e-9)); }),
            "found a probability of 1e-09 from 'gone' to 'low'; expected 0, since the ladder "
            "declares the move impossible "
            "[E-STRUCT-ZERO]");
  const Ladder up = Ladder::builder().rung("low").rung("high").move("low", "high").build();
  EXPECT_EQ(code_of([&] { TransitionMatrix(up, square(0.5, 0.5, 0.1, 0.9)); }), "E-STRUCT-ZERO");
  EXPECT_NO_THROW(TransitionMatrix(up, square(0, 1, 0, 1)));
}

TEST(TransitionMatrix, RefusesOtherShapes) {
  EXPECT_EQ(said<Refusal>([] { TransitionMatrix(two, Matrix::Identity(3, 3)); }),
            "found a matrix of 3 by 3; expected 2 by 2, the strata and exits of the ladder [E-SHAPE]");
  EXPECT_EQ(code_of([] { TransitionMatrix(two, Matrix::Constant(2, 3, 1.0 / 3)); }), "E-SHAPE");
  EXPECT_EQ(code_of([] { TransitionMatrix(two, Matrix(0, 0)); }), "E-SHAPE");
}

TEST(TransitionMatrix, DividesWeightsOnPurpose) {
  EXPECT_EQ(TransitionMatrix::from_weights(two, square(70, 30, 1, 3)).matrix(), square(0.7, 0.3, 0.25, 0.75));
  EXPECT_EQ(said<Refusal>([] { (void)TransitionMatrix::from_weights(two, square(1, 1, 0, 0)); }),
            "found a row without weight, that of 'high'; expected at least one move [E-ROW-EMPTY]");
  EXPECT_EQ(code_of([] { (void)TransitionMatrix::from_weights(two, square(1, 1, nan, 1)); }), "E-ROW-EMPTY");
  EXPECT_EQ(code_of([] { (void)TransitionMatrix::from_weights(two, square(1, 1, inf, 1)); }), "E-ROW-EMPTY");
  EXPECT_EQ(code_of([] { (void)TransitionMatrix::from_weights(two, square(3, -1, 1, 1)); }), "E-PROB");
  EXPECT_EQ(code_of([] { (void)TransitionMatrix::from_weights(two, Matrix::Ones(3, 3)); }), "E-SHAPE");
}

TEST(Kernel, IsConstantOrHasAMatrixForEachPeriod) {
  const TransitionMatrix a(two, square(0.9, 0.1, 0, 1), Step(5, 5)), b(two, square(0.8, 0.2, 0, 1), Step(5, 5));
  const Kernel always(a);
  EXPECT_TRUE(always.is_constant());
  EXPECT_EQ(always.at(Period(-1000)), a);
  EXPECT_EQ(always.at(Period(1987)), a);
  const Kernel kernel(Period(1990), {a, b, a});
  EXPECT_FALSE(kernel.is_constant());
  EXPECT_EQ(kernel.first(), Period(1990));
  EXPECT_EQ(kernel.last(), Period(2000));
  EXPECT_EQ(kernel.at(Period(1990)), a);
  EXPECT_EQ(kernel.at(Period(1995)), b);
  EXPECT_EQ(kernel.index(Period(2000)), 2U);
  EXPECT_EQ(kernel, Kernel(Period(1990), {a, b, a}));
  EXPECT_NE(kernel, Kernel(Period(1995), {a, b, a}));
  EXPECT_NE(Kernel(a), Kernel(Period(0), {a}));
}

TEST(Kernel, NeverExtrapolates) {
  const TransitionMatrix a(two, square(0.9, 0.1, 0, 1), Step(5, 5));
  const Kernel kernel(Period(1990), {a, a, a});
  for (const std::int64_t period : {1985, 2005, 1992, -1})
    EXPECT_EQ(said<Refusal>([&] { (void)kernel.at(Period(period)); }),
              "found a question about moves from period " + std::to_string(period) +
                  "; expected a period from 1990 to 2000, since the data end there [E-HORIZON]");
  EXPECT_EQ(said<Refusal>([] { Kernel(Period(0), {}); }), "found no matrix; expected one for each period [E-KERNEL]");
  const std::string words =
      "found matrices of two ladders or steps in one kernel; expected the same in all "
      "[E-LADDER-OTHER]";
  EXPECT_EQ(said<Refusal>([&] { Kernel(Period(0), {a, TransitionMatrix(two, a.matrix())}); }), words);
  EXPECT_EQ(said<Refusal>([&] {
              Kernel(Period(0), {a, TransitionMatrix(Ladder::parse("x < y"), a.matrix(), Step(5, 5))});
            }),
            words);
}

TEST(Headcount, HoldsHeadsByName) {
  Headcount heads(two);
  EXPECT_EQ(heads.total(), 0);
  heads.set(two["low"], Heads(12.5)).set(two["high"], Heads(3));
  EXPECT_EQ(heads[two["low"]], 12.5);
  EXPECT_EQ(heads.total(), 15.5);
  EXPECT_EQ(Headcount(two, heads.heads()).total(), 15.5);
  EXPECT_EQ(said<Refusal>([] { Headcount(two, Vector::Ones(3)); }),
            "found 3 headcounts; expected 2, one for each stratum and exit [E-SHAPE]");
  for (const double x : {-1.0, nan, inf})
    EXPECT_EQ(code_of([x] { Headcount(two, Vector::Constant(2, x)); }), "E-HEADS");
  EXPECT_EQ(code_of([&] { heads.set(Ladder::parse("a < b")["a"], Heads(1)); }), "E-LADDER-OTHER");
}

TEST(Headcount, FlowsAddUpToBothHeadcounts) {
  Vector n(2);
  n << 200, 40;
  const TransitionMatrix p(two, square(0.75, 0.25, 0.5, 0.5));
  const Matrix f = flows(Headcount(two, n), p);
  EXPECT_EQ(f, square(150, 50, 20, 20));
  EXPECT_EQ(Vector(f.rowwise().sum()), n);
  EXPECT_EQ(Vector(f.colwise().sum()), Vector(p.matrix().transpose() * n));
  EXPECT_EQ(said<Refusal>([&] { (void)flows(Headcount(Ladder::parse("a < b")), p); }),
            "found a headcount and a matrix of two ladders; expected the same [E-LADDER-OTHER]");
}

}  // namespace
}  // namespace transition_matrix_test
