// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/estimate/exchange.hpp>

#include <cmath>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tables.hpp"

namespace exchange_test {
namespace {

using namespace rungs;
using namespace rungs_test;

std::map<std::string, MobilityPart> parts(const MobilityTables& t) {
  std::map<std::string, MobilityPart> out;
  for (const MobilityPart& p : mobility_parts(t)) out[p.name] = p;
  return out;
}

TEST(Exchange, IsWhatTheMarginsDoNotAskFor) {
  Matrix n(3, 3);
  n << 30, 10, 5, 4, 20, 6, 1, 4, 20;  // origins 45, 30, 25; destinations 35, 34, 31
  auto p = parts({Ladder::parse("a < b, c"), n});
  EXPECT_NEAR(p["total"].people, 30, 1e-12);
  EXPECT_NEAR(p["structural"].people, 10, 1e-12);
  EXPECT_NEAR(p["exchange"].people, 20, 1e-12);
  EXPECT_NEAR(p["most"].people, 100, 1e-12);
  EXPECT_NEAR(p["boudon"].share, 20.0 / 90, 1e-15);
  EXPECT_NEAR(p["yasuda"].share, (90 - 70.0) / (90 - (45 * 35 + 30 * 34 + 25 * 31) / 100.0), 1e-14);
  EXPECT_NEAR(p["upward"].people, 15, 1e-12);
  EXPECT_NEAR(p["downward"].people, 5, 1e-12);
  EXPECT_NEAR(p["level"].people, 10, 1e-12);
  EXPECT_NEAR(p["net upward"].share, 0.1, 1e-15);
  EXPECT_NEAR(p["upward of movers"].share, 0.5, 1e-15);
  EXPECT_NEAR(p["total"].standard_error, std::sqrt(0.3 * 0.7 / 100), 1e-15);
  EXPECT_TRUE(std::isnan(p["yasuda"].people));
  EXPECT_EQ(p["exchange"].definition, "total - structural: moves that cancel out in the margins");
}

TEST(Exchange, IsAllOfASymmetricTableAndNoneOfOneWayMoves) {
  Matrix n(3, 3);
  n << 5, 4, 2, 4, 6, 3, 2, 3, 7;
  auto symmetric = parts({ladder_of(3), n});
  EXPECT_NEAR(symmetric["structural"].share, 0, 1e-15);
  EXPECT_NEAR(symmetric["exchange"].share, symmetric["total"].share, 1e-15);
  EXPECT_TRUE(std::isnan(symmetric["structural"].standard_error));  // at a kink
  EXPECT_FALSE(std::isnan(symmetric["total"].standard_error));
  n << 5, 4, 2, 0, 6, 0, 0, 0, 7;
  auto one_way = parts({ladder_of(3), n});
  EXPECT_NEAR(one_way["exchange"].share, 0, 1e-15);
  EXPECT_NEAR(one_way["structural"].share, one_way["total"].share, 1e-15);
}

TEST(Exchange, OfIndependenceIsPerfectMobility) {
  const Vector a = (Vector(3) << 20, 30, 50).finished(), b = (Vector(3) << 10, 30, 60).finished();
  auto p = parts({ladder_of(3), Matrix(a * b.transpose())});
  EXPECT_NEAR(p["yasuda"].share, 1, 1e-12);
  // Two thirds of both in one stratum: some must stay there.
  Matrix n(2, 2);
  n << 40, 30, 30, 0;
  auto most = parts({ladder_of(2), n});
  EXPECT_NEAR(most["most"].people, 60, 1e-12);
  EXPECT_NEAR(most["boudon"].share, 1, 1e-12);
}

TEST(Exchange, HasStandardErrorsOfTheDeltaMethod) {
  // The slope of every part in every cell by finite differences of the table itself.
  const MobilityTables t = glass();
  const Matrix& n = t.people();
  const double total = n.sum(), h = 1e-4;
  const std::vector<MobilityPart> at = mobility_parts(t);
  for (std::size_t k = 0; k < at.size(); ++k) {
    double variance = 0;
    for (Eigen::Index i = 0; i < 5; ++i)
      for (Eigen::Index j = 0; j < 5; ++j) {
        Matrix up = n, down = n;
        up(i, j) += h;
        down(i, j) -= h;
        const double slope =
            (mobility_parts({t.ladder(), up})[k].share - mobility_parts({t.ladder(), down})[k].share) / (2 * h);
        variance += n(i, j) * slope * slope;
      }
    EXPECT_NEAR(at[k].standard_error, std::sqrt(variance), 1e-7) << at[k].name << total;
  }
}

}  // namespace
}  // namespace exchange_test
