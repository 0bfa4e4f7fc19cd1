// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/model/group_shares.hpp>

#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include <rungs/model/ensemble.hpp>

#include "../core/message.hpp"

namespace group_shares_test {
namespace {

using namespace rungs;
using rungs_test::said;

Ladder ladder() { return Ladder::parse("a < b").for_groups({"one", "two"}); }

Matrix shares() {
  Matrix out(2, 2);
  out << .3, .7, .5, .5;
  return out;
}

/// The same normals move moves and shares, also when they are divided by the root of a chi-square: the log-odds of one
/// as those of the other.
TEST(GroupShares, VaryWithTheMovesOfTheirWorld) {
  Matrix p = Matrix::Identity(4, 4);
  p(0, 0) = .6;
  p(0, 2) = .4;
  for (const double freedom : {std::numeric_limits<double>::infinity(), 3.0}) {
    Matrix of_moves = Matrix::Zero(16, 2), of_shares = Matrix::Zero(4, 2);
    of_moves(2, 1) = of_shares(1, 1) = 0.8;  // P(a to b) of the first group, and the share of the second in a
    of_moves(2, 0) = of_shares(1, 0) = -0.3;
    const Ensemble moves(Kernel(TransitionMatrix(ladder(), p, Step{})), NormalLogits{of_moves, freedom}, "");
    const GroupShares all(ladder(), shares(), of_shares, {}, freedom);
    EXPECT_TRUE(all.varies());
    for (std::uint64_t k = 0; k < 50; ++k) {
      const Draw draw(Seed(3), k);
      const Kernel kernel = moves.draw(draw);
      const Matrix own = all.in_world(draw);
      const double q = kernel.view(0)(0, 2), s = own(0, 1);
      EXPECT_NEAR(std::log(q / (1 - q)) - std::log(.4 / .6), std::log(s / (1 - s)) - std::log(.7 / .3), 1e-9);
      EXPECT_GT(std::abs(s - .7), 1e-9);
      EXPECT_EQ(own(1, 0), .5);
      EXPECT_NEAR(own.row(0).sum(), 1, 1e-15);
    }
    EXPECT_EQ(all.in_world(Draw::point()), shares());
  }
}

TEST(GroupShares, SplitPeopleAndTakeReplicatesByTheirNumber) {
  Matrix other = shares();
  other.row(0) << 1, 0;
  const GroupShares all(ladder(), shares(), {}, {shares(), other});
  Vector heads(2);
  heads << 10, 4;
  const Vector split = all.split(heads, all.in_world(Draw(Seed(1), 1)));
  Vector wanted(4);
  wanted << 10, 0, 2, 2;
  EXPECT_EQ(split, wanted);
  EXPECT_EQ(said<Refusal>([&] { (void)all.in_world(Draw(Seed(1), 2)); }),
            "found draw number 2; expected one of the 2 replicates [E-DRAW]");
  EXPECT_FALSE(GroupShares(ladder(), shares()).varies());
}

TEST(GroupShares, WhatIsRefused) {
  const char* const shape = "found shares of other strata, groups or draws than the moves; expected the same [E-SHAPE]";
  EXPECT_EQ(said<Refusal>([] { (void)GroupShares(Ladder::parse("a < b"), Matrix::Constant(2, 1, 1)); }), shape);
  EXPECT_EQ(said<Refusal>([] { (void)GroupShares(ladder(), Matrix::Constant(3, 2, .5)); }), shape);
  EXPECT_EQ(said<Refusal>([] { (void)GroupShares(ladder(), shares(), Matrix::Zero(3, 1)); }), shape);
  EXPECT_EQ(said<Refusal>([] { (void)GroupShares(ladder(), shares(), Matrix::Zero(4, 1), {shares()}); }), shape);
  EXPECT_EQ(said<DomainError>([] { (void)GroupShares(ladder(), Matrix::Constant(2, 2, .4)); }),
            "found shares that sum to 0.8; expected 1 [E-SHARE]");
  Matrix nan = shares();
  nan(0, 0) = std::nan("");
  EXPECT_THROW((void)GroupShares(ladder(), nan), DomainError);
  // Of draws as of the point.
  EXPECT_THROW((void)GroupShares(ladder(), shares(), {}, {shares(), nan}), DomainError);
  EXPECT_EQ(said<DomainError>([] { (void)GroupShares(ladder(), shares(), {}, {Matrix::Constant(2, 2, .4)}); }),
            "found shares that sum to 0.8; expected 1 [E-SHARE]");
  Matrix outside = shares();
  outside.row(1) << -.5, 1.5;
  EXPECT_THROW((void)GroupShares(ladder(), shares(), {}, {outside}), DomainError);
  for (const double x : {std::nan(""), std::numeric_limits<double>::infinity()}) {
    Matrix factor = Matrix::Zero(4, 1);
    factor(3, 0) = x;
    EXPECT_EQ(said<DomainError>([&] { (void)GroupShares(ladder(), shares(), factor); }),
              "found " + rungs::detail::text(x) + " in the factor of shares; expected finite numbers [E-RANGE]");
  }
}

}  // namespace
}  // namespace group_shares_test
