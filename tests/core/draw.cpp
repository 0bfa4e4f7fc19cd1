// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/core/draw.hpp>

#include <type_traits>

#include <gtest/gtest.h>

#include "message.hpp"

namespace draw_test {
namespace {

using namespace rungs;
using rungs_test::said;

static_assert(!std::is_default_constructible_v<Draw>);
static_assert(std::is_nothrow_move_constructible_v<Draw>);

TEST(Draw, NamesAWorldByItsNumber) {
  const Draw draw(Seed(9), 17);
  EXPECT_FALSE(draw.is_point());
  EXPECT_EQ(draw.index(), 17U);
  for (const Purpose purpose : {Purpose::parameters, Purpose::effects, Purpose::chance}) {
    Stream ours = draw.stream(purpose, 3), same({Seed(9), 17, 3, purpose});
    for (int k = 0; k < 5; ++k) EXPECT_EQ(ours.bits(), same.bits());
  }
  EXPECT_NE(draw.stream(Purpose::effects, 0).bits(), draw.stream(Purpose::effects, 1).bits());
  EXPECT_NE(draw.stream(Purpose::effects).bits(), draw.stream(Purpose::chance).bits());
  EXPECT_NE(draw.stream(Purpose::effects).bits(), Draw(Seed(9), 18).stream(Purpose::effects).bits());
  EXPECT_NE(draw.stream(Purpose::effects).bits(), Draw(Seed(8), 17).stream(Purpose::effects).bits());
}

TEST(Draw, OfThePointHasNothingRandom) {
  EXPECT_TRUE(Draw::point().is_point());
  EXPECT_EQ(said<Refusal>([] { (void)Draw::point().stream(Purpose::chance); }),
            "found a random number asked of the point estimate; expected a draw with a seed [E-DRAW]");
}

}  // namespace
}  // namespace draw_test
