// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/core/time.hpp>

#include <limits>
#include <string>
#include <type_traits>

#include <gtest/gtest.h>

#include "message.hpp"

namespace time_test {
namespace {

using namespace rungs;
using rungs_test::said;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double inf = std::numeric_limits<double>::infinity();

static_assert(std::is_nothrow_move_constructible_v<Period> && std::is_nothrow_move_constructible_v<Span> &&
              std::is_nothrow_move_constructible_v<Step>);
static_assert(Period(3) < Period(4) && Period().label() == 0);
static_assert(!std::is_default_constructible_v<Span> && !std::is_convertible_v<int, Span>);

TEST(Span, IsAWholeNumberOfStepsUpToAMillion) {
  EXPECT_EQ(Span(0).steps(), 0);
  EXPECT_EQ(Span(1'000'000).steps(), 1'000'000);
  EXPECT_LT(Span(1), Span(2));
  EXPECT_EQ(said<DomainError>([] { Span(-1); }), "found a span of -1 steps; expected 0 to 1000000 [E-SPAN]");
  EXPECT_EQ(said<DomainError>([] { Span(1'000'001); }),
            "found a span of 1000001 steps; expected 0 to 1000000 [E-SPAN]");
  EXPECT_THROW(Span{std::numeric_limits<std::int64_t>::min()}, DomainError);
}

TEST(Step, HasALength) {
  EXPECT_EQ(Step().units(), 1);
  EXPECT_EQ(Step().years(), 1);
  EXPECT_EQ(Step(12, 1), Step(12, 1));
  EXPECT_NE(Step(12, 1), Step(1, 1));
  EXPECT_NE(Step(1, 0.5), Step(1, 1));
  EXPECT_EQ(said<DomainError>([] { Step(0, 1); }), "found a step of 0 time units; expected 1 or more [E-STEP]");
  EXPECT_EQ(said<DomainError>([] { Step(1, 0); }), "found a step of 0 years; expected a length above 0 [E-STEP]");
  EXPECT_EQ(said<DomainError>([] { Step(1, nan); }), "found a step of nan years; expected a length above 0 [E-STEP]");
  EXPECT_THROW(Step(-1, 1), DomainError);
  EXPECT_THROW(Step(1, -1), DomainError);
  EXPECT_THROW(Step(1, inf), DomainError);
  EXPECT_NO_THROW(Step(1, 1000));
}

TEST(Step, CountsPeriodsInUnitsOfTheData) {
  EXPECT_EQ(Step(2, 1).after(Period(1980), 5), Period(1990));
  EXPECT_EQ(Step(3, 0.25).after(Period(-4), 0), Period(-4));
}

TEST(Step, HoldsAWholeNumberOfStepsInYears) {
  EXPECT_EQ(Step(1, 1).steps_in(3), Span(3));
  EXPECT_EQ(Step(1, 0.25).steps_in(2), Span(8));
  EXPECT_EQ(Step(1, 1.0 / 12).steps_in(5), Span(60));  // 5 / (1 / 12) is not exactly 60
  EXPECT_EQ(Step(1, 0.1).steps_in(0.3), Span(3));      // nor 0.3 / 0.1 exactly 3
  EXPECT_EQ(Step(1, 5).steps_in(0), Span(0));
  EXPECT_EQ(said<Refusal>([] { (void)Step(1, 1).steps_in(2.5); }),
            "found a length of 2.5 years; expected a whole number of steps of 1 years, the step of "
            "the data [E-EMBED]");
  EXPECT_EQ(said<Refusal>([] { (void)Step(1, 2).steps_in(3); }),
            "found a length of 3 years; expected a whole number of steps of 2 years, the step of "
            "the data [E-EMBED]");
  EXPECT_THROW((void)Step().steps_in(nan), Refusal);
  EXPECT_THROW((void)Step().steps_in(inf), Refusal);
  EXPECT_THROW((void)Step().steps_in(-inf), Refusal);
  EXPECT_THROW((void)Step().steps_in(3.000001), Refusal);
  EXPECT_THROW((void)Step().steps_in(-2), DomainError);  // whole, but no length of time
  EXPECT_THROW((void)Step().steps_in(2'000'000), DomainError);
  EXPECT_THROW((void)Step().steps_in(1e300), Error);  // whole, and no number of steps
}

}  // namespace
}  // namespace time_test
