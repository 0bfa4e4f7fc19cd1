// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/estimate/exchange.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tables.hpp"

namespace exchange_test {
namespace {

using namespace rungs;
using namespace rungs_test;

std::map<std::string, MobilityPart> parts(const MobilityTables& t, const std::optional<MobilityDraws>& draws = {}) {
  std::map<std::string, MobilityPart> out;
  for (const MobilityPart& p : mobility_parts(t, 0, draws)) out[p.name] = p;
  return out;
}

constexpr const char* bent[] = {"structural", "exchange", "boudon", "yasuda"};

/// So many people drawn one by one from the cells of a table.
Matrix drawn(const Matrix& from, std::size_t people, std::uint64_t unit) {
  Stream s({Seed(29), unit});
  const Matrix p = from / from.sum();
  Matrix out = Matrix::Zero(p.rows(), p.cols());
  for (std::size_t k = 0; k < people; ++k)
    out.data()[s.categorical({p.data(), static_cast<std::size_t>(p.size())})] += 1;
  return out;
}

/// 213 people whose margins are alike within chance, those of the highest stratum exactly.
Matrix near() { return (Matrix(4, 4) << 40, 12, 5, 0, 9, 33, 14, 3, 2, 17, 28, 11, 1, 4, 9, 25).finished(); }

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

TEST(Exchange, HasNoStandardErrorOfASlopeWhereMarginsAreEqual) {
  auto p = parts({ladder_of(4), near()});  // 39 of 213 both ways, which no two sums of shares need say alike
  for (const char* name : bent) EXPECT_TRUE(std::isnan(p[name].standard_error)) << name;
  EXPECT_NEAR(p["total"].standard_error, std::sqrt(87.0 / 213 * 126 / 213 / 213), 1e-15);
  EXPECT_NEAR(p["structural"].people, 7, 1e-12);
  EXPECT_TRUE(std::isnan(p["structural"].lower));
}

TEST(Exchange, HasStandardErrorsOfTablesDrawnAnew) {
  // Near equal margins those of people drawn one by one, not that of the slope, 0.0400 of structural.
  const MobilityTables t(ladder_of(4), near());
  auto p = parts(t, MobilityDraws{4000, Seed(3)});
  std::map<std::string, std::vector<double>> again;
  for (std::uint64_t k = 0; k < 4000; ++k) {
    auto q = parts({t.ladder(), drawn(near(), 213, k)});
    for (const char* name : bent) again[name].push_back(q[name].share);
  }
  for (const char* name : bent)  // rejects: 0.0400 for the first
    EXPECT_NEAR(p[name].standard_error / detail::moments(again[name]).deviation, 1, 0.05) << name;
  EXPECT_NEAR(p["structural"].standard_error, 0.027, 0.0015);
  // Far from equal margins that of the slope, and the normal interval.
  const MobilityTables far(ladder_of(3), (Matrix(3, 3) << 300, 260, 100, 20, 250, 120, 10, 30, 400).finished());
  auto slope = parts(far), draws = parts(far, MobilityDraws{4000, Seed(4)});
  for (const char* name : bent) {
    const MobilityPart &a = slope[name], &b = draws[name];
    EXPECT_EQ(a.share, b.share);
    EXPECT_NEAR(b.standard_error / a.standard_error, 1, 0.04) << name;
    EXPECT_NEAR(b.lower, a.share - 1.959964 * a.standard_error, 0.15 * a.standard_error) << name;
    EXPECT_NEAR(b.upper, a.share + 1.959964 * a.standard_error, 0.15 * a.standard_error) << name;
  }
  EXPECT_EQ(slope["upward"].standard_error, draws["upward"].standard_error);
  const Interval upward = proportion_interval(480, 1490, Level(0.95), IntervalMethod::wilson);  // 260 + 100 + 120
  EXPECT_NEAR(draws["upward"].lower, upward.lower, 1e-14);
  EXPECT_NEAR(draws["upward"].upper, upward.upper, 1e-14);
  const Interval of_movers = proportion_interval(480, 540, Level(0.95), IntervalMethod::wilson);
  EXPECT_NEAR(draws["upward of movers"].lower, of_movers.lower, 1e-14);
  // 0.322 - 0.040, far from 0: Wilson's intervals of both, joined, are near the normal one.
  const MobilityPart& net = draws["net upward"];
  EXPECT_NEAR(net.lower, net.share - 1.959964 * net.standard_error, 0.1 * net.standard_error);
  EXPECT_NEAR(net.upper, net.share + 1.959964 * net.standard_error, 0.1 * net.standard_error);
  EXPECT_EQ(draws["most"].share, 1);  // the last holds 440 and 620 of 1490, less than half of both
  EXPECT_EQ(draws["most"].upper, 1);
}

TEST(Exchange, OfNobodyWhoMovesWhatMovesMayBeSome) {
  // 90 people, none of whom moves: as many as 3.7 % may, by Wilson 1.96^2 / (90 + 1.96^2) = 0.0409.
  auto p = parts({ladder_of(3), Matrix(Vector::Constant(3, 30).asDiagonal())}, MobilityDraws{200, Seed(1)});
  const double at_most = 1.959964 * 1.959964 / (90 + 1.959964 * 1.959964);
  for (const char* name : {"total", "structural", "exchange", "upward", "downward", "level"}) {
    EXPECT_EQ(p[name].lower, 0) << name;
    EXPECT_NEAR(p[name].upper, at_most, 1e-7) << name;
  }
  EXPECT_NEAR(p["net upward"].lower, -at_most, 1e-7);
  EXPECT_NEAR(p["net upward"].upper, at_most, 1e-7);
  EXPECT_NEAR(p["boudon"].upper, at_most, 1e-7);              // of all 90, who might all move
  EXPECT_NEAR(p["yasuda"].upper, at_most / (2.0 / 3), 1e-7);  // of two in three
  EXPECT_TRUE(std::isnan(p["upward of movers"].lower));
}

TEST(Exchange, IsInItsIntervalWhetherMarginsAreAlikeOrNot) {
  const Matrix alike = near() + near().transpose();
  Matrix rather = alike, far = alike;
  rather.row(0) *= 1.3;
  far.row(0) *= 2;
  constexpr std::size_t samples = 1000;
  Matrix kept = alike;  // one stratum holds more than half of both margins
  kept(1, 1) += kept.sum();
  for (const Matrix& truth : {alike, Matrix(2 * near()), rather, far, kept}) {
    auto is = parts({ladder_of(4), truth});
    std::map<std::string, double> held;
    for (std::uint64_t k = 0; k < samples; ++k) {
      auto p = parts({ladder_of(4), drawn(truth, 213, k)}, MobilityDraws{200, Seed(k)});
      for (const auto& [name, part] : is)
        held[name] += part.share >= p[name].lower && part.share <= p[name].upper ? 1 : 0;
    }
    for (const auto& [name, count] : held)
      EXPECT_GT(count / samples, 0.925) << name;  // 0.95 less 3.6 standard errors; rejects: 0.83 by the slope
  }
}

}  // namespace
}  // namespace exchange_test
