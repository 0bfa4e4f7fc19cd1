// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/decide/frontier.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include <rungs/core/random.hpp>

namespace frontier_test {
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

TEST(EfficientFrontier, TakesCostsAndPricesThatDifferByRoundingAsEqual) {
  const double three = 0.1 + 0.2;  // above 0.3 by rounding
  EXPECT_EQ(status(efficient_frontier({{"a", 0.3, 1}, {"b", three, 2}})), "de") << "one more for nothing";
  EXPECT_EQ(status(efficient_frontier({{"a", three, 0.3}, {"b", 0.3, three}})), "ed") << "the first given stays";
  EXPECT_EQ(status(efficient_frontier({{"a", 0.3, three}, {"b", three, 0.3}})), "ed");
  // On one line the middle equals a mixture, whichever way the last price is rounded.
  EXPECT_EQ(status(efficient_frontier({{"none", 0, 0}, {"a", 0.1, 1}, {"b", 0.3, 3}})), "exe");
  EXPECT_EQ(status(efficient_frontier({{"none", 0, 0}, {"a", 0.1, 1}, {"b", three, 3}})), "exe");
}

TEST(EfficientFrontier, WhereOneDominatesAllAndOfNegativeCosts) {
  const auto one = efficient_frontier({{"a", 5, 1}, {"best", 4, 2}, {"b", 4, 1}, {"c", 6, 2}, {"d", 6, -3}});
  EXPECT_EQ(status(one), "deddd");
  for (const FrontierPoint& p : one) EXPECT_FALSE(p.icer) << p.name;
  // All save money; all do harm; the middle one is worse than a mixture.
  const auto saves = efficient_frontier({{"a", -30, -5}, {"b", -26, -4}, {"c", -20, -1}, {"none", 0, 0}});
  EXPECT_EQ(status(saves), "exee");
  EXPECT_DOUBLE_EQ(*saves[2].icer, 2.5);
  EXPECT_DOUBLE_EQ(*saves[3].icer, 20);
}

// Against the definition: another costs no more and achieves no less, or a mixture of two others does.
TEST(EfficientFrontier, HoldsItsDefinitionInEveryOrder) {
  Stream stream({Seed(48)});
  for (int round = 0; round < 300; ++round) {
    std::vector<Alternative> all(1 + stream.below(7));
    for (std::size_t k = 0; k < all.size(); ++k)
      all[k] = {std::to_string(k), static_cast<double>(stream.below(9)) - 4, static_cast<double>(stream.below(9)) - 4};
    const auto found = efficient_frontier(all);
    for (std::size_t k = 0; k < all.size(); ++k) {
      bool dominated = false, mixed = false;
      for (std::size_t i = 0; i < all.size(); ++i) {
        if (i == k) continue;
        const bool equal = all[i].cost == all[k].cost && all[i].effect == all[k].effect;
        dominated = dominated || (equal ? i < k : all[i].cost <= all[k].cost && all[i].effect >= all[k].effect);
        for (std::size_t j = 0; j < all.size(); ++j) {
          // Between i below and j above it, the line passes at or left of k; in whole numbers.
          if (j == k || !(all[i].effect < all[k].effect && all[k].effect < all[j].effect)) continue;
          const double span = all[j].effect - all[i].effect, part = all[k].effect - all[i].effect;
          mixed = mixed || all[i].cost * (span - part) + all[j].cost * part <= all[k].cost * span;
        }
      }
      const Dominance expected = dominated ? Dominance::dominated
                                 : mixed   ? Dominance::extendedly_dominated
                                           : Dominance::efficient;
      EXPECT_EQ(found[k].dominance, expected) << round << ' ' << k;
    }
    std::vector<Alternative> turned(all.rbegin(), all.rend());
    const auto again = efficient_frontier(turned);
    std::vector<double> prices, other;
    for (std::size_t k = 0; k < all.size(); ++k) {
      if (found[k].icer) prices.push_back(*found[k].icer);
      if (again[k].icer) other.push_back(*again[k].icer);
    }
    std::sort(prices.begin(), prices.end());
    std::sort(other.begin(), other.end());
    EXPECT_EQ(prices, other) << round;
    EXPECT_EQ(std::adjacent_find(prices.begin(), prices.end()), prices.end()) << "every step costs more than the last";
  }
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
}  // namespace frontier_test
