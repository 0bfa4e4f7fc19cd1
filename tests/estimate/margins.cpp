// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/estimate/margins.hpp>

#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <Eigen/LU>

#include "../core/message.hpp"
#include "tables.hpp"

namespace margins_test {
namespace {

using namespace rungs;
using namespace rungs_test;
using Eigen::Index;

TEST(EqualMargins, OfTwoStrataAreSymmetry) {
  // McNemar's table: 12 up, 25 down of 80.
  Matrix n(2, 2);
  n << 20, 12, 25, 23;
  const MobilityTables t(ladder_of(2), n);
  const TableFit f = fit_table(t, TableModel::marginal_homogeneity()), s = fit_table(t, TableModel::symmetry());
  EXPECT_NEAR(f.deviance, s.deviance, 1e-11);
  EXPECT_LT((f.fitted[0] - s.fitted[0]).cwiseAbs().maxCoeff(), 1e-11);
  EXPECT_EQ(f.df, 1U);
  EXPECT_NEAR(stuart_maxwell(t).statistic, 13.0 * 13 / 37, 1e-12);
  EXPECT_NEAR(bhapkar(t).statistic, 13.0 * 13 / (37 - 13.0 * 13 / 80), 1e-12);  // rejects: Stuart's 4.57 for 4.84
  EXPECT_EQ(bhapkar(t).df, 1U);
  EXPECT_NEAR(stuart_maxwell(t).p_value, std::erfc(13 / std::sqrt(37 * 2.0)), 1e-12);
}

TEST(EqualMargins, StatisticsAreThoseOfAnyStrataButOne) {
  for (const MobilityTables& t : {glass(), statuses()}) {
    const Matrix& n = t.people();
    const Index m = n.rows() - 1;
    const Eigen::VectorXd d = (n.rowwise().sum() - n.colwise().sum().transpose()).head(m);
    Eigen::MatrixXd v = -(n + n.transpose());
    v.diagonal() = n.rowwise().sum() + n.colwise().sum().transpose() - 2 * n.diagonal();
    const Eigen::MatrixXd first = v.topLeftCorner(m, m);
    EXPECT_NEAR(stuart_maxwell(t).statistic, d.dot(first.inverse() * d), 1e-9);
    const Eigen::MatrixXd seen = first - d * d.transpose() / n.sum();
    EXPECT_NEAR(bhapkar(t).statistic, d.dot(seen.inverse() * d), 1e-9);
    EXPECT_EQ(stuart_maxwell(t).df, static_cast<std::size_t>(m));
  }
}

/// Nobody can be sent round a circle so that the likelihood rises: with equal margins kept that is all there is.
void expect_maximum(const Matrix& n, const Matrix& m) {
  const auto slope = [&](Index i, Index j) { return m(i, j) > 0 ? n(i, j) / m(i, j) - 1 : -1.0; };
  const Index size = n.rows();
  for (Index i = 0; i < size; ++i)
    for (Index j = 0; j < size; ++j)
      for (Index k = 0; k < size; ++k) {
        if (i == j || j == k || i == k) continue;
        const double two = slope(i, j) + slope(j, i), three = slope(i, j) + slope(j, k) + slope(k, i);
        EXPECT_LT(two, 1e-7);
        EXPECT_LT(three, 1e-7);
        if (m(i, j) > 0 && m(j, k) > 0 && m(k, i) > 0) {
          EXPECT_NEAR(three, 0, 1e-7);
        }
      }
  EXPECT_LT((m.rowwise().sum() - m.colwise().sum().transpose()).cwiseAbs().maxCoeff(), 1e-8);
  EXPECT_EQ(m.diagonal(), n.diagonal());
}

TEST(EqualMargins, AreAMaximumOnTheMargins) {
  for (const MobilityTables& t : {glass(), statuses(), random_tables(6, 1, 30, 3)}) {
    const TableFit f = fit_table(t, TableModel::marginal_homogeneity());
    expect_maximum(t.people(), f.fitted[0]);
    EXPECT_EQ(f.df, static_cast<std::size_t>(t.people().rows() - 1));
    EXPECT_LT(f.gradient_norm, 1e-8);
    // Asymptotically the statistics say the same.
    EXPECT_NEAR(f.deviance / stuart_maxwell(t).statistic, 1, 0.05);
  }
}

TEST(EqualMargins, MayNeedPeopleWhereThereIsNobody) {
  // Many leave c, and nobody who is there came: equal margins need arrivals, or nobody to leave.
  Matrix n(3, 3);
  n << 30, 10, 0, 9, 40, 0, 25, 5, 60;
  const MobilityTables t(ladder_of(3), n);
  const TableFit f = fit_table(t, TableModel::marginal_homogeneity());
  expect_maximum(n, f.fitted[0]);
  EXPECT_GT(f.fitted[0](0, 2), 1);
  ASSERT_FALSE(f.warnings.empty());
  EXPECT_EQ(f.warnings.back(), (Warning{"W-BOUNDARY",
                                        "2 cells of nobody must hold people for equal margins: the p-value is "
                                        "approximate"}));
  // Random tables with many cells of nobody.
  for (std::uint64_t k = 0; k < 40; ++k) {
    Stream s({Seed(5), k});
    Matrix sparse(5, 5);
    for (Index i = 0; i < 5; ++i)
      for (Index j = 0; j < 5; ++j) sparse(i, j) = s.uniform() < 0.5 ? 0 : std::floor(30 * s.uniform());
    sparse(0, 0) += 1;
    expect_maximum(sparse, fit_table({ladder_of(5), sparse}, TableModel::marginal_homogeneity()).fitted[0]);
  }
}

TEST(EqualMargins, CannotBeWhereThereIsNoWayBack) {
  const Ladder up = Ladder::builder().rung("a").rung("b").rung("c").move("a", "b").move("b", "c").build();
  Matrix n(3, 3);
  n << 3, 2, 0, 0, 4, 5, 0, 0, 6;
  EXPECT_EQ(
      said<Refusal>([&] {
        (void)fit_table({up, n}, TableModel::marginal_homogeneity());
      }),
      "found 2 people moving from 'a' to 'b', from where no possible moves lead back; expected a way back of every "
      "move for margins that may be equal [E-IDENT]");
}

TEST(EqualMargins, AddUpOverLayersAndStrataNobodyMovesIn) {
  const MobilityTables t = random_tables(4, 3, 25, 6);
  double sum = 0;
  for (std::size_t k = 0; k < 3; ++k) sum += stuart_maxwell(t.only(k)).statistic;
  EXPECT_NEAR(stuart_maxwell(t).statistic, sum, 1e-10);
  EXPECT_EQ(stuart_maxwell(t).df, 9U);
  Matrix n = glass().people();
  n.row(2).setZero();
  n.col(2).setZero();
  n(2, 2) = 50;
  EXPECT_EQ(stuart_maxwell({glass().ladder(), n}).df, 3U);
}

TEST(EqualMargins, StrataThatNobodyLeavesOrEntersBindNothing) {
  Matrix two(2, 2), five = Matrix::Zero(5, 5);
  two << 40, 30, 15, 50;
  five.topLeftCorner(2, 2) = two;
  const TableFit a = fit_table({ladder_of(2), two}, TableModel::marginal_homogeneity());
  for (const double stayers : {0.0, 12.0}) {
    five(4, 4) = stayers;
    const TableFit b = fit_table({ladder_of(5), five}, TableModel::marginal_homogeneity());
    EXPECT_EQ(b.df, 1U);
    EXPECT_NEAR(b.deviance, a.deviance, 1e-10);
    EXPECT_NEAR(b.p_value, a.p_value, 1e-10);
  }
}

TEST(Bhapkar, HasNoPWhereTheVarianceAsSeenIsNone) {
  Matrix n = Matrix::Zero(2, 2);
  n(0, 1) = 3;
  const MarginTest found = bhapkar({ladder_of(2), n});
  EXPECT_TRUE(std::isinf(found.statistic));
  EXPECT_TRUE(std::isnan(found.p_value));
  EXPECT_NEAR(stuart_maxwell({ladder_of(2), n}).statistic, 3, 1e-12);
}

}  // namespace
}  // namespace margins_test
