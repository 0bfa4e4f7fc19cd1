// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/core/quantity.hpp>

#include <cmath>
#include <limits>
#include <string>
#include <type_traits>

#include <gtest/gtest.h>

#include "message.hpp"

namespace quantity_test {
namespace {

using namespace rungs;
using rungs_test::said;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double least = std::numeric_limits<double>::denorm_min();

static_assert(!std::is_default_constructible_v<Share> && !std::is_convertible_v<double, Share>);
static_assert(!std::is_default_constructible_v<Heads> && !std::is_convertible_v<double, Heads>);
static_assert(!std::is_convertible_v<double, Level> && !std::is_convertible_v<Share, Level>);
static_assert(std::is_nothrow_move_constructible_v<Share> && std::is_nothrow_move_constructible_v<Heads> &&
              std::is_nothrow_move_constructible_v<Level> && std::is_nothrow_move_constructible_v<Money>);

TEST(Share, TakesTheClosedUnitInterval) {
  EXPECT_EQ(Share(0).value(), 0);
  EXPECT_EQ(Share(1).value(), 1);
  EXPECT_EQ(Share(0.25).value(), 0.25);
  EXPECT_EQ(Share(least).value(), least);
  EXPECT_EQ(Share(-0.0), Share(0));  // negative zero is zero
  EXPECT_LT(Share(0.1), Share(0.2));
}

TEST(Share, RefusesWhatIsNotAPart) {
  EXPECT_EQ(said<DomainError>([] { Share(1.5); }), "found a share of 1.5; expected a number from 0 to 1 [E-SHARE]");
  EXPECT_EQ(said<DomainError>([] { Share(-1e-18); }),
            "found a share of -1e-18; expected a number from 0 to 1 [E-SHARE]");
  EXPECT_EQ(said<DomainError>([] { Share s(nan); }), "found a share of nan; expected a number from 0 to 1 [E-SHARE]");
  EXPECT_EQ(said<DomainError>([] { Share s(inf); }), "found a share of inf; expected a number from 0 to 1 [E-SHARE]");
  EXPECT_THROW(Share(std::nextafter(1.0, 2.0)), DomainError);
  EXPECT_THROW(Share{-inf}, DomainError);
  EXPECT_THROW(Share{-least}, DomainError);
  try {
    Share(7.25);
    FAIL();
  } catch (const DomainError& error) {
    EXPECT_EQ(error.found(), 7.25);
  }
}

TEST(Heads, AreFiniteUnlessUnlimited) {
  EXPECT_EQ(Heads(0).value(), 0);
  EXPECT_EQ(Heads(12.5).value(), 12.5);
  EXPECT_EQ(Heads(-0.0), Heads(0));
  EXPECT_FALSE(Heads(std::numeric_limits<double>::max()).is_unlimited());
  EXPECT_TRUE(Heads::unlimited().is_unlimited());
  EXPECT_GT(Heads::unlimited(), Heads(std::numeric_limits<double>::max()));
  EXPECT_EQ(said<DomainError>([] { Heads(-1); }), "found -1 people; expected a number of people, 0 or more [E-HEADS]");
  EXPECT_EQ(said<DomainError>([] { Heads h(nan); }),
            "found nan people; expected a number of people, 0 or more [E-HEADS]");
  EXPECT_EQ(said<DomainError>([] { Heads h(inf); }),
            "found inf people; expected a number of people, 0 or more [E-HEADS]");
  EXPECT_THROW(Heads{-least}, DomainError);
}

TEST(Money, AddsOnlyOfOneKind) {
  const Currency yuan{"CNY", 2006}, later{"CNY", 2010}, euro{"EUR", 2006};
  const Money sum = Money(2, yuan) + 3 * Money(0.5, yuan);
  EXPECT_EQ(sum.amount(), 3.5);
  EXPECT_EQ(sum.currency(), yuan);
  EXPECT_EQ(sum, Money(3.5, yuan));
  EXPECT_NE(Money(1, yuan), Money(1, later));
  EXPECT_EQ(said<Refusal>([&] { (void)(Money(1, yuan) + Money(1, later)); }),
            "found CNY 2006 and CNY 2010 in one sum; expected one currency at the prices of one "
            "year [E-CURRENCY]");
  EXPECT_EQ(said<Refusal>([&] { (void)(Money(1, yuan) + Money(1, euro)); }),
            "found CNY 2006 and EUR 2006 in one sum; expected one currency at the prices of one "
            "year [E-CURRENCY]");
}

TEST(Money, IsFinite) {
  EXPECT_EQ(Money(-5, {}).amount(), -5);  // a saving
  EXPECT_EQ(said<DomainError>([] { Money(nan, {}); }), "found an amount of nan; expected a finite number [E-MONEY]");
  EXPECT_EQ(said<DomainError>([] { Money(inf, {}); }), "found an amount of inf; expected a finite number [E-MONEY]");
  EXPECT_THROW(Money(-inf, {}), DomainError);
  EXPECT_THROW(10 * Money(std::numeric_limits<double>::max(), {}), DomainError);
  EXPECT_THROW(nan * Money(1, {}), DomainError);
}

TEST(Level, IsStrictlyBetween) {
  EXPECT_EQ(Level().value(), 0.95);
  EXPECT_NEAR(Level().lower_tail(), 0.025, 1e-16);
  EXPECT_DOUBLE_EQ(Level(0.5).lower_tail(), 0.25);
  EXPECT_EQ(said<DomainError>([] { Level(1); }), "found a level of 1; expected a number between 0 and 1 [E-LEVEL]");
  EXPECT_EQ(said<DomainError>([] { Level(95); }), "found a level of 95; expected a number between 0 and 1 [E-LEVEL]");
  EXPECT_EQ(said<DomainError>([] { Level l(nan); }),
            "found a level of nan; expected a number between 0 and 1 [E-LEVEL]");
  EXPECT_THROW(Level(0), DomainError);
  EXPECT_THROW(Level(-0.0), DomainError);
  EXPECT_THROW(Level{inf}, DomainError);
  EXPECT_NO_THROW(Level{least});
}

}  // namespace
}  // namespace quantity_test
