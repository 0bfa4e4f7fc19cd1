// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/measure/within_period.hpp>

#include <gtest/gtest.h>

#include "chains.hpp"

namespace within_period_test {
namespace {

using namespace rungs;
using rungs_test::column;

TEST(HeadcountWeights, SumToTheHorizon) {
  for (std::int64_t t = 0; t <= 200; ++t)
    for (const WithinPeriod rule : {WithinPeriod::start, WithinPeriod::end, WithinPeriod::trapezoid}) {
      const Vector w = headcount_weights(rule, Span(t));
      ASSERT_EQ(w.size(), t + 1);
      ASSERT_EQ(w.sum(), static_cast<double>(t)) << static_cast<int>(rule);
    }
}

TEST(HeadcountWeights, OfEveryRule) {
  EXPECT_EQ(headcount_weights(WithinPeriod::start, Span(3)), column({1, 1, 1, 0}));
  EXPECT_EQ(headcount_weights(WithinPeriod::end, Span(3)), column({0, 1, 1, 1}));
  // heemod #173: a half-cycle correction that counted 1.5 at both ends.
  EXPECT_EQ(headcount_weights(WithinPeriod::trapezoid, Span(3)), column({0.5, 1, 1, 0.5}));
  EXPECT_EQ(headcount_weights(WithinPeriod::every_point, Span(3)), column({1, 1, 1, 1}));
  EXPECT_EQ(headcount_weights(WithinPeriod::legacy_simpson, Span(5)),
            column({1 / 3.0, 2 / 3.0, 4 / 3.0, 2 / 3.0, 4 / 3.0, 1 / 3.0}));
  EXPECT_EQ(headcount_weights(WithinPeriod::every_point, Span(0)), column({1}));
}

TEST(HeadcountWeights, OfPublishedRulesDoNot) {
  EXPECT_EQ(headcount_weights(WithinPeriod::every_point, Span(75)).sum(), 76);
  EXPECT_NEAR(headcount_weights(WithinPeriod::legacy_simpson, Span(75)).sum(), 74 + 2 / 3.0, 1e-12);
}

}  // namespace
}  // namespace within_period_test
