// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/estimate/significance.hpp>

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace significance_test {
namespace {

using namespace rungs;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double pi = 3.14159265358979323846;

TEST(Significance, OfANormalStatistic) {
  EXPECT_NEAR(normal_significance(1.959963984540054).p, 0.05, 1e-15);
  EXPECT_NEAR(normal_significance(-1.959963984540054).p, 0.05, 1e-15);
  EXPECT_NEAR(upper_normal_significance(1.6448536269514722).p, 0.05, 1e-15);
  EXPECT_NEAR(upper_normal_significance(-1.6448536269514722).p, 0.95, 1e-15);
  EXPECT_EQ(normal_significance(0).p, 1);
  EXPECT_EQ(normal_significance(0).log10_p, 0);
  EXPECT_EQ(normal_significance(infinity).p, 0);
  EXPECT_EQ(normal_significance(infinity).log10_p, -infinity);
  EXPECT_TRUE(std::isnan(normal_significance(std::nan("")).p));
  EXPECT_TRUE(std::isnan(normal_significance(std::nan("")).log10_p));
}

TEST(Significance, HasALogarithmWhereThePValueHasNone) {
  // Where both ways work they agree; from 30 on the tail is by a continued fraction.
  for (const double z : {29.9, 30.0, 30.1, 33.0, 37.0})
    EXPECT_NEAR(normal_significance(z).log10_p, std::log10(std::erfc(z / std::sqrt(2.0))), 1e-11) << z;
  // With long double, whose exponents reach further.
  for (const double z : {40.0, 60.0, 140.0}) {
    const long double p = std::erfc(static_cast<long double>(z) / std::sqrt(2.0L));
    EXPECT_NEAR(normal_significance(z).log10_p, static_cast<double>(std::log10(p)), 1e-10) << z;
    EXPECT_NEAR(upper_normal_significance(z).log10_p, static_cast<double>(std::log10(p / 2)), 1e-10) << z;
  }
  EXPECT_EQ(normal_significance(60).p, 0);
}

TEST(Significance, OfStudentsStatisticHasItsClosedForms) {
  for (const double t : {0.0, 1e-9, 0.3, 1.0, 2.5, 40.0, 1e6}) {
    const double one = 1 - 2 / pi * std::atan(t), two = 2 / (2 + t * t + t * std::sqrt(2 + t * t));
    EXPECT_NEAR(student_significance(t, 1).p, t < 2 ? one : 2 / pi * std::atan(1 / t), 1e-14 * one + 1e-16) << t;
    EXPECT_NEAR(student_significance(-t, 2).p, two, 1e-14 * two) << t;
    EXPECT_NEAR(student_significance(t, 2).log10_p, std::log10(two), 1e-14 * std::abs(std::log10(two)) + 1e-15) << t;
    EXPECT_NEAR(student_significance(t, 1e12).p, normal_significance(t).p, 1e-9);
  }
  EXPECT_NEAR(student_significance(1e170, 2).log10_p, -340, 1e-10);  // 1 / t^2
}

TEST(Significance, OfStudentsStatisticHasALogarithmWhereThePValueHasNone) {
  for (const double df : {20.0, 443.0, 2785.0, 1e5})
    for (const double log10_p : {-250.0, -289.9, -290.1, -600.0, -3000.0}) {
      // The statistic with about this p-value, and its p-value with long double.
      double low = 0, high = 1e300;
      for (int k = 0; k < 3000 && high > low * (1 + 1e-15); ++k) {
        const double middle = low > 1 ? std::sqrt(low) * std::sqrt(high) : high > 4 ? 2 : (low + high) / 2;
        (student_significance(middle, df).log10_p > log10_p ? low : high) = middle;
      }
      if (high > 1e150) continue;
      const long double t = high, x = df / (df + t * t);
      const long double p = boost::math::ibeta(static_cast<long double>(df) / 2, 0.5L, x);
      EXPECT_NEAR(student_significance(high, df).log10_p, static_cast<double>(std::log10(p)), 1e-9)
          << df << " " << high;
      EXPECT_NEAR(student_significance(high, df).log10_p, log10_p, 1e-6);
    }
}

TEST(Significance, IsUndefinedWithoutDegreesOfFreedom) {
  EXPECT_TRUE(std::isnan(student_significance(1, 0).p));
  EXPECT_TRUE(std::isnan(student_significance(1, std::nan("")).p));
  EXPECT_TRUE(std::isnan(student_significance(std::nan(""), 5).p));
  EXPECT_EQ(student_significance(infinity, 5).p, 0);
  EXPECT_EQ(student_significance(-infinity, 5).log10_p, -infinity);
}

}  // namespace
}  // namespace significance_test
