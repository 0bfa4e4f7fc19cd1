// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/estimate/survey_tests.hpp>

#include <cmath>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include "../core/message.hpp"
#include "estimators.hpp"

namespace survey_tests_test {
namespace {

using namespace rungs;
using rungs_test::code_of;
using rungs_test::ladder_of;
using rungs_test::said;

const Ladder two_groups = ladder_of(3).for_groups({"x", "y"});

/// People with one move each, of two groups.
struct GroupMove {
  std::size_t group, from, to;
};
Panel panel_of_groups(const std::vector<GroupMove>& moves) {
  Observations o;
  for (std::uint32_t k = 0; k < moves.size(); ++k) {
    o.add(k, 0, two_groups.for_group(moves[k].from, moves[k].group));
    o.add(k, 1, two_groups.for_group(moves[k].to, moves[k].group));
  }
  return {two_groups, o};
}

SurveyTest of_groups(const std::vector<GroupMove>& moves, const SurveyDesign& design) {
  std::vector<Vector> people(2, Vector::Zero(3));
  for (const GroupMove& m : moves) people[m.group][static_cast<Eigen::Index>(m.from)] += 1;
  return test_homogeneity_of_groups(estimate_survey(panel_of_groups(moves), design, {}, Unleft::absorbing), people);
}

TEST(SurveyTests, OfPeopleDrawnAloneTheLawIsThatOfPearson) {
  std::vector<GroupMove> moves;  // the shares of both groups are the same: 1/2, 1/3 and 1/6 from each stratum
  for (std::size_t k = 0; k < 72; ++k)
    for (std::size_t group = 0; group < (k < 36 ? 2U : 1U); ++group)
      moves.push_back({group, k / 6 % 3, std::vector<std::size_t>{0, 0, 0, 1, 1, 2}[k % 6]});
  const SurveyTest t = of_groups(moves, {});
  const auto n = static_cast<double>(moves.size());
  EXPECT_NEAR(t.pearson, 0, 1e-12);
  EXPECT_EQ(t.df, 6);
  // As sample variances have it, of all people and of the 24 and 12 of each row.
  EXPECT_NEAR(t.design_effect, n / (n - 1) * (24.0 / 23 / 3 + 12.0 / 11 * 2 / 3), 1e-12);
  EXPECT_EQ(t.rows_left_out, 0U);
  EXPECT_NEAR(t.df_numerator, 6, 1e-10);
  EXPECT_NEAR(t.df_denominator, 6 * (n - 1), 1e-7);
  EXPECT_NEAR(t.p, 1, 1e-9);
}

TEST(SurveyTests, EveryoneTwiceInOneClusterChangesNothing) {
  std::vector<GroupMove> once, twice;
  Stream s({Seed(4), 0});
  SurveyDesign pairs;
  for (std::uint32_t k = 0; k < 300; ++k) {
    const GroupMove move{s.below(2), k % 3, s.below(3)};
    once.push_back(move);
    twice.insert(twice.end(), 2, move);
    pairs.cluster.insert(pairs.cluster.end(), 2, k);
  }
  const SurveyTest a = of_groups(once, {}), b = of_groups(twice, pairs);
  EXPECT_NEAR(b.pearson, 2 * a.pearson, 1e-10);
  EXPECT_NEAR(b.design_effect, 2 * a.design_effect, 1e-10);
  EXPECT_NEAR(b.f, a.f, 1e-10);
  EXPECT_NEAR(b.df_numerator, a.df_numerator, 1e-9);
  EXPECT_NEAR(b.df_denominator, a.df_denominator, 1e-6);
  EXPECT_NEAR(b.p, a.p, 1e-10);
}

/// 30 clusters of 12 people of one group each, whose chance to climb is their cluster's: groups differ by chance alone.
TEST(SurveyTests, RejectAsOftenAsTheyPromise) {
  constexpr int worlds = 2000;
  int rejected = 0, by_pearson = 0;
  for (int world = 0; world < worlds; ++world) {
    Stream s({Seed(31), static_cast<std::uint64_t>(world)});
    std::vector<GroupMove> moves;
    SurveyDesign design;
    for (std::uint32_t cluster = 0; cluster < 30; ++cluster) {
      const double up = 0.1 + 0.6 * s.uniform();
      for (int k = 0; k < 12; ++k) {
        const double u = s.uniform();
        moves.push_back({cluster % 2, 0, u < up ? 1U : u < up + 0.1 ? 2U : 0U});
        design.cluster.push_back(cluster);
      }
    }
    const SurveyTest t = of_groups(moves, design);
    EXPECT_EQ(t.df, 2);
    rejected += t.p < 0.05 ? 1 : 0;
    by_pearson += t.pearson > 5.991464547107979 ? 1 : 0;  // 95 % of chi-square with 2 degrees of freedom
  }
  // Standard error of 0.05 over so many worlds: 0.005.
  EXPECT_GT(rejected, 0.030 * worlds);
  EXPECT_LT(rejected, 0.072 * worlds);
  EXPECT_GT(by_pearson, 0.12 * worlds);  // as if people were drawn alone
}

TEST(SurveyTests, OfPeopleDrawnAloneTheCovarianceIsThatOfTheSurvey) {
  const Ladder ladder = ladder_of(3);
  Observations o;
  Stream s({Seed(8), 0});
  for (std::uint32_t who = 0; who < 80; ++who) {
    const double weight = 0.5 + 4 * s.uniform();
    for (std::int32_t time = 0; time < 4; ++time) {
      if (s.below(9) == 0) continue;
      o.add(who, time, s.below(3));
      o.weight.push_back(weight);
    }
  }
  const Panel panel(ladder, std::move(o), WeightKind::sampling);
  for (const bool by_period : {false, true}) {
    const TallyOptions options{.by_period = by_period};
    const SurveyEstimate all = estimate_survey(panel, SurveyDesign{}, options, Unleft::absorbing),
                         one = detail::survey_without_draws(panel, {}, options);
    EXPECT_GT(all.covariance.cwiseAbs().maxCoeff(), 1e-4);
    EXPECT_LT((all.covariance - one.covariance).cwiseAbs().maxCoeff(), 1e-15);
    EXPECT_EQ(all.clusters, one.clusters);
    EXPECT_EQ(all.degrees_of_freedom, one.degrees_of_freedom);
  }
}

TEST(SurveyTests, WhereNothingCanBeComparedThereIsNoStatistic) {
  std::vector<GroupMove> moves;  // nine people of each group: fewer than ten clusters
  for (std::size_t k = 0; k < 18; ++k) moves.push_back({k % 2, 0, k % 3});
  const SurveyTest few = of_groups(moves, {});
  EXPECT_TRUE(std::isnan(few.pearson) && std::isnan(few.p));
  EXPECT_EQ(few.df, 0);
  EXPECT_EQ(few.rows_left_out, 2U);
  moves.clear();  // everybody stays
  for (std::size_t k = 0; k < 40; ++k) moves.push_back({k % 2, 0, 0});
  const SurveyTest alike = of_groups(moves, {});
  EXPECT_TRUE(std::isnan(alike.pearson) && std::isnan(alike.p));
  EXPECT_EQ(alike.rows_left_out, 2U);  // no cluster tells how they vary
}

TEST(SurveyTests, RowsOfFewClustersAreLeftOut) {
  // Nine people of group y leave stratum 0, each one cluster; stratum 1 has enough of both groups.
  std::vector<GroupMove> moves;
  for (std::size_t k = 0; k < 20; ++k) {
    moves.push_back({0, 0, k % 2});
    moves.push_back({0, 1, 1 + k % 2});
    moves.push_back({1, 1, k % 4 == 0 ? 1U : 2U});
    if (k < 9) moves.push_back({1, 0, 2});
  }
  const SurveyTest t = of_groups(moves, {});
  EXPECT_EQ(t.rows_left_out, 1U);
  EXPECT_EQ(t.df, 1);
  EXPECT_NEAR(t.pearson, 40 * (0.125 * 0.125 / 0.375 + 0.125 * 0.125 / 0.625), 1e-12);  // 10 and 5 of 20 stay in 1
}

TEST(SurveyTests, ClustersThatAreAllAlikeTellNothing) {
  // Five of each of twelve clusters move alike in both groups: whatever rounding leaves is no variance.
  std::vector<GroupMove> moves;
  SurveyDesign design;
  for (std::uint32_t cluster = 0; cluster < 12; ++cluster)
    for (std::size_t k = 0; k < 14; ++k) {
      const std::size_t at = (k + cluster) % 14;
      moves.push_back({at / 7, 0, at % 7 < (at < 7 ? 2U : 3U) ? 1U : 0U});
      design.cluster.push_back(cluster);
    }
  const SurveyTest t = of_groups(moves, design);
  EXPECT_TRUE(std::isnan(t.p));
  EXPECT_EQ(t.rows_left_out, 2U);
}

TEST(SurveyTests, WithoutDifferencesToSeeThereIsNothingToTest) {
  const SurveyTest t = of_groups({{0, 0, 1}, {0, 0, 1}, {1, 0, 1}, {1, 0, 1}, {1, 1, 1}}, {});
  EXPECT_EQ(t.df, 0);
  EXPECT_TRUE(std::isnan(t.p));
}

TEST(SurveyTests, RefuseWhatCannotBeCompared) {
  const SurveyEstimate one =
      estimate_survey(rungs_test::panel_of(2, rungs_test::random_moves(2, 20, 1)), SurveyDesign{});
  const std::vector<Vector> people(1, Vector::Ones(2));
  EXPECT_EQ(code_of([&] { (void)test_homogeneity_over_time(one, people); }), "E-LAYERS");
  EXPECT_EQ(code_of([&] { (void)test_homogeneity_of_groups(one, {}); }), "E-LAYERS");
  EXPECT_EQ(said<Refusal>([&] { (void)test_homogeneity_over_time(one, {}); }),
            "found people of 0 layers; expected those of 1 layers, by stratum [E-SHAPE]");
}

}  // namespace
}  // namespace survey_tests_test
