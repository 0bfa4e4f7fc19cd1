// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/core/estimate.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <rungs/core/random.hpp>

namespace estimate_test {
namespace {

using namespace rungs;
using Numbers = std::vector<double>;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr Varied parameters{.parameters = true};

Estimate of(Numbers draws, double level = 0.95, double point = 7, Centre centre = Centre::plug_in) {
  return summarize(std::move(draws), point, Level(level), parameters, centre);
}

TEST(Summarize, QuantilesAreOfTypeSeven) {
  // By hand: of n numbers the p-quantile stands at 1 + (n - 1) p, interpolated. The third line is
  // also the example of R's quantile(x) for x = 1, 2, 4, 8.
  struct Case {
    Numbers draws;
    double level, lower, upper;
  };
  const std::vector<Case> cases{{{10, 3, 7, 1, 9, 5, 2, 8, 4, 6}, 0.95, 1.225, 9.775},
                                {{10, 3, 7, 1, 9, 5, 2, 8, 4, 6}, 0.5, 3.25, 7.75},
                                {{8, 1, 4, 2}, 0.5, 1.75, 5},
                                {{8, 1, 4, 2}, 0.8, 1.3, 6.8},
                                {{5, -5}, 0.9, -4.5, 4.5},
                                {{3}, 0.95, 3, 3},
                                {{1, 1, 1, 2}, 0.5, 1, 1.25}};
  for (const Case& c : cases) {
    const Estimate e = of(c.draws, c.level);
    EXPECT_NEAR(e.lower, c.lower, 1e-14);
    EXPECT_NEAR(e.upper, c.upper, 1e-14);
    EXPECT_EQ(e.draws, c.draws.size());
    EXPECT_EQ(e.level, c.level);
  }
}

TEST(Summarize, AgreesWithAFullSort) {
  Stream random({Seed(3), 1});
  for (int trial = 0; trial < 300; ++trial) {
    const std::size_t n = 1 + random.below(60);
    const double level = random.uniform();
    Numbers x(n);
    for (double& v : x) v = std::floor(40 * random.normal()) / 8;  // with ties
    Numbers sorted = x;
    std::sort(sorted.begin(), sorted.end());
    const auto quantile = [&](double p) {
      const double h = static_cast<double>(n - 1) * p;
      const auto k = static_cast<std::size_t>(std::floor(h));
      return k + 1 < n ? sorted[k] + (h - std::floor(h)) * (sorted[k + 1] - sorted[k]) : sorted[n - 1];
    };
    const Estimate e = of(x, level);
    ASSERT_NEAR(e.lower, quantile((1 - level) / 2), 1e-12);
    ASSERT_NEAR(e.upper, quantile((1 + level) / 2), 1e-12);
    const double mean = std::accumulate(x.begin(), x.end(), 0.0) / static_cast<double>(n);
    double squares = 0;
    for (const double v : x) squares += (v - mean) * (v - mean);
    const double deviation = n > 1 ? std::sqrt(squares / static_cast<double>(n - 1)) : 0;
    ASSERT_NEAR(e.standard_deviation, deviation, 1e-12);
    ASSERT_NEAR(e.monte_carlo_error, deviation / std::sqrt(static_cast<double>(n)), 1e-12);
    ASSERT_EQ(e.value, 7);
    ASSERT_NEAR(of(x, level, 7, Centre::mean_of_draws).value, mean, 1e-12);
  }
}

TEST(Summarize, EqualDrawsGiveExactlyThemselves) {
  for (const double x : {0.1, 1.0 / 3, -1e-300, 1e300, 0.0}) {
    const Estimate e = of(Numbers(1001, x), 0.95, nan, Centre::mean_of_draws);
    EXPECT_EQ(e.value, x);  // 1001 times 0.1 divided by 1001 is not 0.1
    EXPECT_EQ(e.lower, x);
    EXPECT_EQ(e.upper, x);
    EXPECT_EQ(e.standard_deviation, 0);
    EXPECT_EQ(e.monte_carlo_error, 0);
  }
}

TEST(Summarize, LargeNumbersKeepTheirSpread) {
  const Estimate e = of({1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16}, 0.5, 0, Centre::mean_of_draws);
  EXPECT_EQ(e.value, 1e9 + 10);
  EXPECT_DOUBLE_EQ(e.standard_deviation, std::sqrt(30.0));
}

TEST(Summarize, LeavesOutWorldsWithoutAnAnswer) {
  const Estimate e = of({nan, 2, nan, 1, 3}, 0.5, nan, Centre::mean_of_draws);
  EXPECT_EQ(e.draws, 3U);
  EXPECT_EQ(e.value, 2);
  EXPECT_EQ(e.lower, 1.5);
  EXPECT_EQ(e.upper, 2.5);
}

TEST(Summarize, NothingIsKnownFromNoDraws) {
  for (const Numbers& none : {Numbers{}, Numbers{nan, nan}}) {
    const Estimate e = of(none);
    EXPECT_EQ(e.value, 7);
    EXPECT_EQ(e.draws, 0U);
    EXPECT_TRUE(std::isnan(e.lower) && std::isnan(e.upper));
    EXPECT_TRUE(std::isnan(of(none, 0.95, 7, Centre::mean_of_draws).value));
  }
  EXPECT_TRUE(std::isnan(Estimate{}.lower) && std::isnan(Estimate{}.upper));
}

TEST(Summarize, KeepsWhatVariedAndWhichCentre) {
  const Estimate e = summarize({1, 2}, 1, Level(0.9), Varied{.effects = true}, Centre::mean_of_draws);
  EXPECT_EQ(e.varied, Varied{.effects = true});
  EXPECT_EQ(e.centre, Centre::mean_of_draws);
}

TEST(Varied, NamesInWordsAndJoins) {
  using testing::ElementsAre;
  EXPECT_THAT(Varied{}.names(), ElementsAre());
  EXPECT_THAT((Varied{true, true, true}.names()), ElementsAre("parameters", "programme effects", "individual chance"));
  EXPECT_THAT((Varied{false, true, false}.names()), ElementsAre("programme effects"));
  EXPECT_EQ((Varied{true, false, false} | Varied{false, false, true}), (Varied{true, false, true}));
  EXPECT_EQ((Varied{} | Varied{}), Varied{});
}

}  // namespace
}  // namespace estimate_test
