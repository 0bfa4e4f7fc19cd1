// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/decide/frontier.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

namespace {

using namespace rungs;

std::string status(const std::vector<FrontierPoint>& points) {
  std::string out;
  for (const FrontierPoint& p : points)
    out += p.dominance == Dominance::efficient ? 'e' : p.dominance == Dominance::dominated ? 'd' : 'x';
  return out;
}

// Published: the five strategies and usual care of the VA-HERC example (dampack's test).
TEST(EfficientFrontier, OfTheVaHercExample) {
  const auto f = efficient_frontier(
      {{"E", 55000, 5}, {"D", 35000, 4}, {"C", 25000, 3}, {"B", 10000, 2}, {"A", 12000, 1.5}, {"UC", 5000, 1}});
  EXPECT_EQ(status(f), "eexede");
  EXPECT_DOUBLE_EQ(*f[0].icer, 20000);
  EXPECT_DOUBLE_EQ(*f[1].icer, 12500);
  EXPECT_DOUBLE_EQ(*f[3].icer, 5000);
  EXPECT_FALSE(f[5].icer) << "nothing stands before the cheapest";
  EXPECT_FALSE(f[2].icer || f[4].icer);
}

// Published: screening for HIV (Paltiel et al. 2006), effects in months.
TEST(EfficientFrontier, OfThePaltielExample) {
  const auto f = efficient_frontier({{"none", 26000, 277.25 / 12},
                                     {"once", 27000, 277.57 / 12},
                                     {"every five years", 28020, 277.78 / 12},
                                     {"every three", 28440, 277.83 / 12},
                                     {"every year", 29440, 277.76 / 12}});
  EXPECT_EQ(status(f), "eeeed");
  EXPECT_NEAR(*f[1].icer, 37500, 1e-6);
  EXPECT_NEAR(*f[2].icer, 58285.714285714286, 1e-6);
  EXPECT_NEAR(*f[3].icer, 100800, 1e-5);
}

// Published: Sick-Sicker (DARTH), four strategies: A is strongly dominated, B costs 72,988 a unit, A and B together
// 125,764.
TEST(EfficientFrontier, OfSickSicker) {
  const auto f = efficient_frontier({{"SoC", 151579.8660, 20.711331},
                                     {"A", 284804.5134, 21.498663},
                                     {"B", 259100.4106, 22.184465},
                                     {"AB", 378875.1984, 23.136844}});
  EXPECT_EQ(status(f), "edee");
  EXPECT_NEAR(*f[2].icer, 72988, 0.5);
  EXPECT_NEAR(*f[3].icer, 125764, 0.5);
}

TEST(EfficientFrontier, TiesOneAlternativeAndNegativeCosts) {
  // Of two that achieve the same the cheaper stays; here it is the cheapest and the best, alone.
  EXPECT_EQ(status(efficient_frontier(
                {{"treat", 163771.0, 6.48273}, {"none", 164848.7, 6.52861}, {"test", 163765.1, 6.52861}})),
            "dde");
  const auto one = efficient_frontier({{"only", 5, 1}});
  EXPECT_EQ(status(one), "e");
  EXPECT_FALSE(one[0].icer);
  EXPECT_EQ(status(efficient_frontier({{"a", 1, 1}, {"b", 1, 1}})), "ed") << "the first given stays";
  const auto saves = efficient_frontier({{"base", 0, 0}, {"saves", -10, 2}, {"more", -4, 3}});
  EXPECT_EQ(status(saves), "dee");
  EXPECT_DOUBLE_EQ(*saves[2].icer, 6);
  EXPECT_TRUE(efficient_frontier({}).empty());
}

TEST(EfficientFrontier, DifferencesOfRoundingAreNone) {
  EXPECT_EQ(status(efficient_frontier({{"base", 0, 0}, {"a", 10, 37.1}, {"b", 11, 37.1 * (1 + 1e-14)}})), "eed")
      << "an incremental price of 1e12 would be an artefact";
}

TEST(EfficientFrontier, RefusesWhatIsNoNumber) {
  for (const double bad : {std::nan(""), HUGE_VAL, -HUGE_VAL}) {
    EXPECT_THAT(
        [&] {
          (void)efficient_frontier({{"x", bad, 1}});
        },
        testing::ThrowsMessage<DomainError>(
            "found a cost or effect of 'x' that is not finite; expected numbers [E-COST]"));
    EXPECT_THROW((void)efficient_frontier({{"x", 1, bad}}), DomainError);
  }
}

}  // namespace
