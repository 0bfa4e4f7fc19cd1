// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/estimate/interval.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "../core/message.hpp"

namespace interval_test {
namespace {

using namespace rungs;
using rungs_test::code_of;
using rungs_test::said;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr IntervalMethod methods[] = {IntervalMethod::exact, IntervalMethod::wilson, IntervalMethod::jeffreys};

/// P(exactly x of n), by logarithms.
double binomial(int x, int n, double p) {
  if (p <= 0 || p >= 1) return (p <= 0 ? x == 0 : x == n) ? 1 : 0;
  return std::exp(std::lgamma(n + 1) - std::lgamma(x + 1) - std::lgamma(n - x + 1) + x * std::log(p) +
                  (n - x) * std::log1p(-p));
}

TEST(ExactInterval, HasItsClosedFormsAtTheEnds) {
  for (const double level : {0.5, 0.9, 0.95, 0.999})
    for (const int n : {1, 2, 10, 30, 1000}) {
      const double tail = (1 - level) / 2;
      const Interval none = proportion_interval(0, n, Level(level), IntervalMethod::exact);
      EXPECT_EQ(none.lower, 0);
      EXPECT_NEAR(none.upper, 1 - std::pow(tail, 1.0 / n), 1e-13);
      const Interval all = proportion_interval(n, n, Level(level), IntervalMethod::exact);
      EXPECT_NEAR(all.lower, std::pow(tail, 1.0 / n), 1e-13);
      EXPECT_EQ(all.upper, 1);
    }
}

TEST(ExactInterval, LeavesHalfTheRestOnEachSide) {
  // The definition of Clopper and Pearson, by sums of binomial probabilities.
  for (const int n : {2, 7, 20, 55})
    for (int x = 0; x <= n; ++x) {
      const Interval i = proportion_interval(x, n, Level(0.9), IntervalMethod::exact);
      double at_least = 0, at_most = 0;
      for (int k = x; k <= n; ++k) at_least += binomial(k, n, i.lower);
      for (int k = 0; k <= x; ++k) at_most += binomial(k, n, i.upper);
      EXPECT_NEAR(at_least, x > 0 ? 0.05 : 1, 1e-11);
      EXPECT_NEAR(at_most, x < n ? 0.05 : 1, 1e-11);
    }
  // binom.test(7, 20) of R.
  const Interval r = proportion_interval(7, 20, Level(), IntervalMethod::exact);
  EXPECT_NEAR(r.lower, 0.1539092, 5e-8);
  EXPECT_NEAR(r.upper, 0.5921885, 5e-8);
}

TEST(WilsonInterval, SolvesItsQuadraticEquation) {
  const double z = 1.959963984540054;
  for (const int n : {1, 5, 40, 1000})
    for (int x = 0; x <= n; x += std::max(1, n / 7)) {
      const Interval i = proportion_interval(x, n, Level(0.95), IntervalMethod::wilson);
      const double p = static_cast<double>(x) / n;
      for (const double bound : {i.lower, i.upper})
        EXPECT_NEAR((p - bound) * (p - bound), z * z * bound * (1 - bound) / n, 1e-14);
      EXPECT_LE(i.lower, p);
      EXPECT_GE(i.upper, p);
      EXPECT_EQ(i.lower == 0, x == 0);
      EXPECT_EQ(i.upper == 1, x == n);
    }
  // Newcombe (1998), table 1: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
  const auto wilson = [](double x, double n) { return proportion_interval(x, n, Level(), IntervalMethod::wilson); };
  EXPECT_NEAR(wilson(81, 263).lower, 0.2553, 5e-5);
  EXPECT_NEAR(wilson(81, 263).upper, 0.3662, 5e-5);
  EXPECT_NEAR(wilson(15, 148).lower, 0.0624, 5e-5);
  EXPECT_NEAR(wilson(15, 148).upper, 0.1605, 5e-5);
  EXPECT_NEAR(wilson(0, 20).upper, 0.1611, 5e-5);
  EXPECT_NEAR(wilson(1, 29).lower, 0.0061, 5e-5);
  EXPECT_NEAR(wilson(1, 29).upper, 0.1718, 5e-5);
}

/// P(Beta(x + 1/2, n - x + 1/2) < p) by Simpson's rule over the angle whose squared sine is p.
double jeffreys_below(int x, int n, double p) {
  const auto integral = [&](double top) {
    constexpr int steps = 2000;
    double sum = 0;
    for (int k = 0; k <= steps; ++k) {
      const double angle = top * k / steps, weight = k == 0 || k == steps ? 1 : k % 2 == 1 ? 4 : 2;
      sum += weight * std::pow(std::sin(angle), 2 * x) * std::pow(std::cos(angle), 2 * (n - x));
    }
    return sum * top / steps / 3;
  };
  return integral(std::asin(std::sqrt(p))) / integral(std::acos(0.0));
}

TEST(JeffreysInterval, LeavesHalfTheRestOnEachSideOfThePosterior) {
  for (const int n : {1, 7, 30})
    for (int x = 0; x <= n; ++x) {
      const Interval i = proportion_interval(x, n, Level(0.9), IntervalMethod::jeffreys);
      const Interval mirror = proportion_interval(n - x, n, Level(0.9), IntervalMethod::jeffreys);
      EXPECT_NEAR(jeffreys_below(x, n, i.lower), x > 0 ? 0.05 : 0,
                  1e-10);  // nothing seen: down to 0
      EXPECT_NEAR(jeffreys_below(x, n, i.upper), x < n ? 0.95 : 1, 1e-10);
      EXPECT_NEAR(mirror.lower, 1 - i.upper, 1e-14);
      EXPECT_NEAR(mirror.upper, 1 - i.lower, 1e-14);
    }
}

TEST(ProportionInterval, CoversWhatItPromises) {
  for (const double level : {0.9, 0.95})
    for (const int n : {5, 10, 30, 100})
      for (const IntervalMethod method : methods) {
        std::vector<Interval> intervals;
        for (int x = 0; x <= n; ++x) intervals.push_back(proportion_interval(x, n, Level(level), method));
        double sum = 0;
        for (int k = 1; k <= 60; ++k) {
          const double p = k / 61.0;
          double covered = 0;
          for (int x = 0; x <= n; ++x)
            if (intervals[static_cast<std::size_t>(x)].lower <= p && p <= intervals[static_cast<std::size_t>(x)].upper)
              covered += binomial(x, n, p);
          if (method == IntervalMethod::exact) {
            EXPECT_GE(covered, level - 1e-12) << n << " at " << p;
          }
          sum += covered;
        }
        if (method != IntervalMethod::exact && n >= 30) {
          EXPECT_NEAR(sum / 60, level, 0.01) << n << " " << name(method);
        }
      }
}

TEST(ProportionInterval, IsMonotone) {
  for (const IntervalMethod method : methods)
    for (int x = 0; x < 20; ++x) {
      const Interval now = proportion_interval(x, 20, Level(), method),
                     next = proportion_interval(x + 1, 20, Level(), method);
      EXPECT_LT(now.lower, next.lower + (x == 0 && next.lower > 0 ? 0 : 1e-300));
      EXPECT_LT(now.upper, next.upper + 1e-300);
      const Interval wide = proportion_interval(x, 20, Level(0.99), method),
                     half = proportion_interval(x / 2.0, 10, Level(), method);
      EXPECT_LE(wide.lower, now.lower);
      EXPECT_GE(wide.upper, now.upper);
      EXPECT_GT(half.upper - half.lower,
                now.upper - now.lower);  // half the people, part of a person too
    }
}

TEST(ProportionInterval, RefusesWhatIsNoCount) {
  for (const IntervalMethod method : methods) {
    const auto at = [method](double x, double n) { return [=] { (void)proportion_interval(x, n, Level(), method); }; };
    EXPECT_EQ(said<DomainError>(at(3, 2)),
              "found 3 of 2; expected a number of successes from 0 to the number of trials [E-COUNT]");
    EXPECT_EQ(said<DomainError>(at(nan, 2)),
              "found nan of 2; expected a number of successes from 0 to the number of trials [E-COUNT]");
    EXPECT_EQ(code_of(at(1, nan)), "E-COUNT");
    EXPECT_EQ(code_of(at(0, 0)), "E-COUNT");
    EXPECT_EQ(code_of(at(-1e-9, 5)), "E-COUNT");
  }
  EXPECT_EQ(name(IntervalMethod::exact), "exact");
  EXPECT_EQ(name(IntervalMethod::wilson), "wilson");
  EXPECT_EQ(name(IntervalMethod::jeffreys), "jeffreys");
}

}  // namespace
}  // namespace interval_test
