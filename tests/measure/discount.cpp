// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/measure/discount.hpp>

#include <cmath>

#include <gtest/gtest.h>

#include "../core/message.hpp"
#include "chains.hpp"

namespace discount_test {
namespace {

using namespace rungs;
using rungs_test::code_of;
using rungs_test::relative;
using rungs_test::said;

TEST(DiscountRate, CountsRealTime) {
  const DiscountRate rate(0.25);
  EXPECT_EQ(rate.factor(0), 1);
  EXPECT_EQ(rate.factor(1), 0.8);
  EXPECT_DOUBLE_EQ(rate.factor(2), 0.64);
  EXPECT_DOUBLE_EQ(rate.factor(0.5), 1 / std::sqrt(1.25));
  EXPECT_EQ(rate.effective_annual(), 0.25);
  EXPECT_EQ(DiscountRate().factor(1e6), 1) << "a rate of 0 discounts nothing";
  EXPECT_DOUBLE_EQ(DiscountRate(-0.5).factor(3), 8);
  EXPECT_LT(DiscountRate(0.03), DiscountRate(0.06));
}

TEST(DiscountRate, ComposesAcrossStepLengths) {
  for (const double r : {-0.2, 0.0, 0.015, 0.03, 0.06, 1.5}) {
    const DiscountRate rate(r);
    for (const double years : {1.0, 7.0, 60.0})
      for (const int parts : {2, 4, 12, 52}) {
        double factor = 1;
        for (int k = 0; k < parts; ++k) factor *= rate.factor(years / parts);
        EXPECT_LT(relative(factor, rate.factor(years)), 2e-14) << r << ' ' << years << ' ' << parts;
      }
    EXPECT_LT(relative(rate.factor(3.25) * rate.factor(8.5), rate.factor(11.75)), 1e-15);
  }
}

TEST(DiscountRate, FromAContinuousOne) {
  for (const double r : {-0.1, 1e-9, 0.06, 0.5})
    for (const double years : {0.25, 1.0, 20.0})
      EXPECT_LT(relative(DiscountRate::continuously_compounded(r).factor(years), std::exp(-r * years)), 1e-13);
  EXPECT_NEAR(DiscountRate::continuously_compounded(std::log(1.06)).effective_annual(), 0.06, 1e-16);
  EXPECT_GT(DiscountRate::continuously_compounded(0.06), DiscountRate(0.06)) << "not the same rate";
}

TEST(DiscountRate, RefusesWhatIsNone) {
  for (const double bad : {-1.0, -2.0, 10.0, std::nan(""), HUGE_VAL})
    EXPECT_EQ(code_of([&] { (void)DiscountRate(bad); }), "E-RATE") << bad;
  EXPECT_EQ(code_of([] { (void)DiscountRate::continuously_compounded(std::nan("")); }), "E-RATE");
  EXPECT_EQ(said<DomainError>([] { (void)DiscountRate(-1); }),
            "found a discount rate of -1; expected a yearly rate such as 0.03 [E-RATE]");
}

}  // namespace
}  // namespace discount_test
