// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/estimate/partial_pooling.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <rungs/core/random.hpp>
#include <rungs/estimate/proportions.hpp>
#include <rungs/measure/reach.hpp>

#include "../core/message.hpp"
#include "../core/statistics.hpp"
#include "estimators.hpp"

namespace partial_pooling_test {
namespace {

using namespace rungs;
using rungs_test::ladder_of;
using rungs_test::said;

/// Rows of groups drawn around a mean with some strength, and people in them.
Matrix drawn(Stream& s, const std::vector<double>& alpha, std::size_t groups, std::size_t people) {
  Matrix out = Matrix::Zero(static_cast<Eigen::Index>(groups), static_cast<Eigen::Index>(alpha.size()));
  std::vector<double> row(alpha.size());
  for (std::size_t g = 0; g < groups; ++g) {
    s.dirichlet(alpha, row);
    for (std::size_t k = 0; k < people; ++k)
      out(static_cast<Eigen::Index>(g), static_cast<Eigen::Index>(s.categorical(row))) += 1;
  }
  return out;
}

TEST(PartialPooling, PosteriorIsThatOfIntegration) {
  // Two moves: the posterior of the common share and of the strength by sums over a fine grid of both, with
  // beta-binomial likelihoods.
  Matrix counts(5, 2);
  counts << 3, 27, 12, 18, 7, 23, 2, 8, 1, 5;
  const detail::CommonRows rows(counts);
  const CommonRow found = rows.summary(Level());
  const double size = counts.sum() / 5;
  double all = 0, share = 0, mean = 0, last = 0;
  for (int k = 0; k < 200; ++k) {
    const double w = (k + 0.5) / 200, strength = size * w / (1 - w);
    for (int a = 1; a < 400; ++a) {
      const double m = a / 400.0;
      double value = 0;
      for (Eigen::Index g = 0; g < 5; ++g)
        value += std::lgamma(strength * m + counts(g, 0)) - std::lgamma(strength * m) +
                 std::lgamma(strength * (1 - m) + counts(g, 1)) - std::lgamma(strength * (1 - m)) -
                 std::lgamma(strength + counts.row(g).sum()) + std::lgamma(strength);
      const double weight = std::exp(value + 90) * std::pow(strength, -1.5) / ((1 - w) * (1 - w));
      all += weight;
      share += weight * w;
      mean += weight * m;
      last += weight * (strength * m + counts(4, 0)) / (strength + 6);
    }
  }
  EXPECT_NEAR(found.share, share / all, 0.01);
  EXPECT_NEAR(found.mean[0], mean / all, 0.01);
  EXPECT_NEAR(rows.expected(4)[0], last / all, 0.01);
  // And the draws are of the same posterior.
  double drawn_mean = 0;
  for (std::uint64_t d = 0; d < 4000; ++d) {
    Stream s({Seed(2), d, 0, Purpose::parameters});
    drawn_mean += rows.draw(s)(4, 0) / 4000;
  }
  EXPECT_NEAR(drawn_mean, last / all, 0.015);
}

TEST(PartialPooling, RecoversTheStrength) {
  // 200 groups of 60 people drawn to a row of strength 10: the share of the common row is 10 / 70.
  Stream s({Seed(5), 1});
  const CommonRow row = detail::CommonRows(drawn(s, {2, 5, 3}, 200, 60)).summary(Level());
  EXPECT_NEAR(row.share, 10.0 / 70, 0.03);
  EXPECT_NEAR(row.mean[0], 0.2, 0.03);
  EXPECT_NEAR(row.mean[1], 0.5, 0.03);
  EXPECT_LE(row.lower, 10.0 / 70);
  EXPECT_GE(row.upper, 10.0 / 70);
}

std::vector<Tally> groups_of(const std::vector<Matrix>& counts) {
  std::vector<Tally> out;
  for (const Matrix& c : counts) {
    Tally& t = out.emplace_back(ladder_of(2), Step());
    for (std::size_t i = 0; i < 2; ++i)
      for (std::size_t j = 0; j < 2; ++j) t.add(i, j, c(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)));
  }
  return out;
}

TEST(PartialPooling, DrawsThinRowsTowardsTheOthers) {
  Matrix a(2, 2), b(2, 2), c(2, 2), d(2, 2);
  a << 900, 100, 50, 50;
  b << 500, 500, 50, 50;
  c << 700, 300, 50, 50;
  d << 1, 3, 50, 50;
  const PartialPooling pooled = partial_pooling(groups_of({a, b, c, d}), 50, Seed(1));
  const CommonRow& row = pooled.common[0];
  const auto up = [&](std::size_t g) { return pooled.groups[g].point().matrix(0)(0, 1); };
  EXPECT_NEAR(up(0), 0.1, 0.01);  // a thousand people stay what they are
  EXPECT_NEAR(up(1), 0.5, 0.01);
  EXPECT_GT(up(3), row.mean[1]);  // four people do not say 75 %
  EXPECT_LT(up(3), 0.65);
  EXPECT_LT(row.share, 0.2);
  EXPECT_GT(pooled.common[1].share, 0.6);  // the second rows are alike
  EXPECT_NEAR(pooled.groups[2].point().matrix(0)(1, 0), 0.5, 1e-9);
  EXPECT_EQ(pooled.groups[0].limit(1000), 50U);
  // The same draws from the same seed, and more of them do not change the first.
  const PartialPooling again = partial_pooling(groups_of({a, b, c, d}), 60, Seed(1));
  EXPECT_EQ(again.groups[3].draw(Draw(Seed(9), 7)), pooled.groups[3].draw(Draw(Seed(9), 7)));
}

TEST(PartialPooling, LeavesAloneWhatNobodyDid) {
  Matrix a(2, 2), b(2, 2);
  a << 9, 1, 0, 5;
  b << 0, 0, 0, 4;
  const PartialPooling pooled = partial_pooling(groups_of({a, b}), 5, Seed(1));
  for (const Ensemble& e : pooled.groups)
    for (const Kernel& k : {e.point(), e.draw(Draw(Seed(1), 3))}) EXPECT_EQ(k.matrix(0)(1, 1), 1);
  EXPECT_NEAR(pooled.groups[1].point().matrix(0)(0, 1), pooled.common[0].mean[1], 1e-12);
  EXPECT_EQ(pooled.common[1].share, 1);
}

TEST(PartialPooling, CoversTheRowsOfGroupsBetterThanEitherExtreme) {
  // Squared error of the rows of 12 groups, a third of them thin, against each by itself and against all together.
  Stream s({Seed(11), 1});
  double pooled = 0, own = 0, together = 0, covered = 0, all = 0;
  for (int trial = 0; trial < 100; ++trial) {
    std::vector<Tally> groups;
    std::vector<double> truth;
    Counts sum(2);
    for (std::size_t g = 0; g < 12; ++g) {
      std::vector<double> row(2);
      s.dirichlet(std::vector<double>{6, 4}, row);
      truth.push_back(row[1]);
      Tally& t = groups.emplace_back(ladder_of(2), Step());
      const std::uint64_t people = g % 3 == 0 ? 6 : 60, up = s.binomial(people, row[1]);
      t.add(0, 1, static_cast<double>(up));
      t.add(0, 0, static_cast<double>(people - up));
      t.add(1, 1, 10);
      t.add(1, 0, 10);
      sum += t.pooled();
    }
    const PartialPooling result = partial_pooling(groups, 200, Seed(static_cast<std::uint64_t>(trial)));
    for (std::size_t g = 0; g < 12; ++g) {
      const double mine = result.groups[g].point().matrix(0)(0, 1);
      pooled += std::pow(mine - truth[g], 2);
      own += std::pow(groups[g].pooled().people(0, 1) / groups[g].pooled().row_people(0) - truth[g], 2);
      together += std::pow(sum.people(0, 1) / sum.row_people(0) - truth[g], 2);
      std::vector<double> draws;
      for (std::uint64_t d = 0; d < 200; ++d) draws.push_back(result.groups[g].draw(Draw(Seed(1), d)).matrix(0)(0, 1));
      const Estimate e = summarize(draws, mine, Level(), {}, Centre::mean_of_draws);
      covered += e.lower <= truth[g] && truth[g] <= e.upper ? 1 : 0;
      all += 1;
    }
  }
  EXPECT_LT(pooled, 0.8 * own);
  EXPECT_LT(pooled, 0.8 * together);
  EXPECT_NEAR(covered / all, 0.92, 0.02);  // as the docstring says
}

TEST(PartialPooling, RanksOfTheTruthAreUniform) {
  // Worlds drawn from what is taken as known beforehand (1 / sqrt(strength) uniform between that of 0.4 and of 4,000
  // people, any common row): then 95 % of the intervals hold the truth, and its rank among the draws is uniform.
  Stream s({Seed(21), 1});
  std::vector<double> ranks(10), expected(10);
  double covered = 0, all = 0;
  for (int trial = 0; trial < 400; ++trial) {
    const double spread = 1 / std::sqrt(4000.0) + s.uniform() * (1 / std::sqrt(0.4) - 1 / std::sqrt(4000.0));
    const double strength = 1 / (spread * spread);
    std::vector<double> mean(3), row(3);
    s.dirichlet(std::vector<double>{1, 1, 1}, mean);
    Matrix counts = Matrix::Zero(8, 3), truth(8, 3);
    for (Eigen::Index g = 0; g < 8; ++g) {
      std::vector<double> alpha;
      for (const double m : mean) alpha.push_back(strength * m);
      s.dirichlet(alpha, row);
      for (Eigen::Index j = 0; j < 3; ++j) truth(g, j) = row[static_cast<std::size_t>(j)];
      for (std::uint64_t k = 0; k < (g % 2 == 0 ? 10U : 60U); ++k)
        counts(g, static_cast<Eigen::Index>(s.categorical(row))) += 1;
    }
    if ((counts.colwise().sum().array() == 0).any()) continue;
    const detail::CommonRows rows(counts);
    std::vector<double> draws;
    for (std::uint64_t d = 0; d < 199; ++d) {
      Stream stream({Seed(static_cast<std::uint64_t>(trial)), d, 0, Purpose::parameters});
      draws.push_back(rows.draw(stream)(0, 1));
    }
    const auto below =
        static_cast<std::size_t>(std::count_if(draws.begin(), draws.end(), [&](double x) { return x < truth(0, 1); }));
    ranks[below / 20] += 1;
    covered += below >= 5 && below <= 194 ? 1 : 0;
    all += 1;
  }
  for (double& e : expected) e = all / 10;
  EXPECT_GT(rungs_test::chi_square_p(ranks, expected), 1e-3);
  EXPECT_NEAR(covered / all, 0.95, 0.03);
  EXPECT_GT(all, 250);
}

TEST(PartialPooling, OfPeriodsIsAnEstimator) {
  static_assert(Estimator<PooledPeriods>);
  Tally t(ladder_of(2), Step());
  const double ups[4] = {10, 30, 12, 28};
  for (std::int64_t m = 0; m < 4; ++m)
    for (const std::size_t i : {0U, 1U}) {
      t.add(i, 1 - i, ups[m], Period(m));
      t.add(i, i, 50 - ups[m], Period(m));
    }
  const Ensemble e = estimate(t, PooledPeriods{20, Seed(1)});
  ASSERT_EQ(e.point().count(), 4U);
  EXPECT_GT(e.point().matrix(0)(0, 1), 0.2);
  EXPECT_LT(e.point().matrix(1)(0, 1), 0.6);
  // What they have in common is told too, at the level asked for.
  const PartialPooling wide = PooledPeriods{20, Seed(1)}.pool(t),
                       narrow = PooledPeriods{20, Seed(1), Level(0.5)}.pool(t);
  ASSERT_EQ(wide.common.size(), 2U);
  EXPECT_EQ(wide.common[0].share, narrow.common[0].share);
  EXPECT_LT(wide.common[0].lower, narrow.common[0].lower);
  EXPECT_GT(wide.common[0].upper, narrow.common[0].upper);
  for (std::size_t m = 0; m < 4; ++m) EXPECT_EQ(wide.groups[m].point().matrix(0), e.point().matrix(m));
  Tally pooled(ladder_of(2), Step());
  EXPECT_EQ(said<Refusal>([&] {
              (void)estimate(pooled, PooledPeriods{20, Seed(1)});
            }),
            "found a tally without periods; expected moves by the period they start in [E-PERIOD-MISSING]");
}

TEST(PartialPooling, GroupsMakeAModelOfAllOfThem) {
  Matrix a(2, 2), b(2, 2);
  a << 90, 10, 5, 45;
  b << 50, 50, 5, 45;
  const std::vector<Tally> groups = groups_of({a, b});
  const PartialPooling pooled = partial_pooling(groups, 10, Seed(1));
  const Ladder both = ladder_of(2).for_groups({"women", "men"});
  const Ensemble e = Ensemble::of_groups(both, pooled.groups);
  EXPECT_EQ(e.point().matrix(0)(static_cast<Eigen::Index>(both.for_group(0, 1)),
                                static_cast<Eigen::Index>(both.for_group(1, 1))),
            pooled.groups[1].point().matrix(0)(0, 1));
  EXPECT_EQ(said<Refusal>([&] { (void)partial_pooling({groups[0]}, 10, Seed(1)); }),
            "found 1 groups to pool; expected two or more [E-SHAPE]");
  a.row(1).setZero();
  EXPECT_EQ(said<Refusal>([&] {
              (void)partial_pooling(groups_of({a, a}), 10, Seed(1));
            }),
            "found no observed move from '" + ladder_of(2).name(1) +
                "' in any group or period; expected one in some [E-ROW-EMPTY]");
}

}  // namespace
}  // namespace partial_pooling_test
