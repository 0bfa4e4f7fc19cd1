// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/estimate/two_samples.hpp>

#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include <rungs/core/random.hpp>
#include <rungs/estimate/association.hpp>

#include "../core/message.hpp"

namespace two_samples_test {
namespace {

using namespace rungs;
using rungs_test::code_of;
using rungs_test::said;

using Numbers = std::vector<double>;
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

TEST(RankSum, CountsPairsAndIsKendallsTestOfTheGroup) {
  for (std::uint64_t unit = 0; unit < 20; ++unit) {
    Stream stream({Seed(31), unit, 0, Purpose::test});
    Numbers first, second, group, value;
    for (std::uint64_t i = 0; i < 5 + unit; ++i)
      first.push_back(static_cast<double>(stream.below(4 + unit) + unit % 3));
    for (std::uint64_t i = 0; i < 9 + 2 * unit; ++i) second.push_back(static_cast<double>(stream.below(4 + unit)));
    double w = 0;
    for (const double a : first)
      for (const double b : second) w += a > b ? 1 : a == b ? 0.5 : 0;
    const RankSum r = rank_sum(first, second);
    EXPECT_EQ(r.w, w);
    const double pairs = static_cast<double>(first.size() * second.size());
    EXPECT_EQ(r.share, w / pairs);
    for (const double a : first) {
      group.push_back(1);
      value.push_back(a);
    }
    for (const double b : second) {
      group.push_back(0);
      value.push_back(b);
    }
    // Concordant less discordant pairs are 2 w less all pairs between the groups, and a half of w is 1 of them.
    const Association k = association(group, value);
    EXPECT_EQ(k.concordant - k.discordant, 2 * w - pairs);
    EXPECT_NEAR(r.equal.statistic, k.null_continuity.statistic, 1e-12);
    const RankSum other = rank_sum(second, first);
    EXPECT_EQ(r.w + other.w, pairs);
    EXPECT_NEAR(r.equal.statistic, -other.equal.statistic, 1e-14);
  }
}

TEST(RankSum, RefusesWhatDoesNotDiffer) {
  EXPECT_EQ(said<Refusal>([] {
              (void)rank_sum(Numbers{2, 2}, Numbers{2, 2, 2});
            }),
            "found the same value for all 5; expected values that differ, or there is nothing to compare [E-CONSTANT]");
  EXPECT_EQ(said<Refusal>([] { (void)rank_sum(Numbers{}, Numbers{1}); }),
            "found groups of 0 and 1; expected at least 1 in each [E-OBSERVATIONS]");
  EXPECT_EQ(said<DomainError>([] {
              (void)rank_sum(Numbers{1, nan}, Numbers{1});
            }),
            "found nan as value 2 of a group; expected a finite number [E-NUMBER]");
  EXPECT_EQ(rank_sum(Numbers{1, 3}, Numbers{2, 2}).equal.p, 1);
}

TEST(MeanDifference, HasItsClosedForm) {
  const MeanDifference m = mean_difference(Numbers{1, 2, 3}, Numbers{2, 4, 6});
  EXPECT_EQ(m.difference, -2);
  EXPECT_NEAR(m.standard_error, std::sqrt(5.0 / 3), 1e-15);
  EXPECT_NEAR(m.equal.degrees_of_freedom, 50.0 / 17, 1e-14);
  EXPECT_NEAR(m.interval.lower + m.interval.upper, -4, 1e-14);
  // At the end of its interval the test has the level that is left out.
  EXPECT_NEAR(student_significance((m.interval.upper - m.difference) / m.standard_error, 50.0 / 17).p, 0.05, 1e-12);
  // Groups alike in size and spread: Student's t with all degrees of freedom.
  const MeanDifference s = mean_difference(Numbers{1, 2, 3, 4}, Numbers{11, 12, 13, 14});
  EXPECT_NEAR(s.equal.degrees_of_freedom, 6, 1e-14);
  EXPECT_NEAR(s.equal.statistic, -10 / std::sqrt(5.0 / 6), 1e-13);
  const MeanDifference far = mean_difference(Numbers{1e9 + 1, 1e9 + 2, 1e9 + 3}, Numbers{1e9 + 2, 1e9 + 4, 1e9 + 6});
  EXPECT_EQ(far.equal.statistic, m.equal.statistic);
}

TEST(MeanDifference, RefusesWhatDoesNotVary) {
  EXPECT_EQ(said<Refusal>([] {
              (void)mean_difference(Numbers{2, 2}, Numbers{3, 3});
            }),
            "found no variation within either group; expected values that differ [E-CONSTANT]");
  EXPECT_EQ(said<Refusal>([] {
              (void)mean_difference(Numbers{2}, Numbers{3, 3});
            }),
            "found groups of 1 and 2; expected at least 2 in each [E-OBSERVATIONS]");
  EXPECT_EQ(code_of([] { (void)mean_difference(Numbers{2, nan}, Numbers{3, 3}); }), "E-NUMBER");
  EXPECT_NEAR(mean_difference(Numbers{2, 2}, Numbers{3, 4}).equal.degrees_of_freedom, 1, 1e-15);
}

}  // namespace
}  // namespace two_samples_test
