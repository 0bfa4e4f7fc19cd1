// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <type_traits>

#include <rungs/project/population.hpp>

namespace population_test {
namespace {

using rungs::DomainError;
using rungs::Headcount;
using rungs::Inflow;
using rungs::Ladder;
using rungs::Population;
using rungs::Refusal;
using testing::StrEq;
using testing::ThrowsMessage;

static_assert(std::is_nothrow_move_constructible_v<Population>);

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double inf = std::numeric_limits<double>::infinity();

Ladder ladder() { return Ladder::parse("worker < technician | left"); }
Population with(const Inflow& in) { return Population(Headcount(ladder()), rungs::Period{}, {in}); }

TEST(PopulationTest, KeepsWhatItWasGiven) {
  const Ladder l = ladder();
  rungs::Vector heads(3);
  heads << 10, 5, 1;
  const Population p(Headcount(l, heads), rungs::Period(1999), {{l["worker"], 3, {{l["left"], .1}}}});
  EXPECT_EQ(p.start().total(), 16);
  EXPECT_EQ(p.at(), rungs::Period(1999));
  ASSERT_EQ(p.inflow().size(), 1U);
  EXPECT_EQ(p.inflow()[0].per_year, 3);
  EXPECT_EQ(p.inflow()[0].per_head_of[0].first.name(), "left") << "those who left may draw others in";
  EXPECT_EQ(Population(Headcount(l)).at(), rungs::Period(0));
  EXPECT_TRUE(Population(Headcount(l)).inflow().empty());
}

TEST(PopulationTest, RefusesInflowThatIsNone) {
  const Ladder l = ladder();
  for (const double x : {-1.0, nan, inf, 1e12}) {
    const std::string text =
        "found an inflow of " + rungs::detail::text(x) + "; expected a number of heads, 0 or more [E-INFLOW]";
    EXPECT_THAT([&] { (void)with({l["worker"], x, {}}); }, ThrowsMessage<DomainError>(StrEq(text)));
    EXPECT_THAT([&] { (void)with({l["worker"], 0, {{l["technician"], x}}}); }, ThrowsMessage<DomainError>(StrEq(text)));
  }
  EXPECT_THAT(
      [&] {
        (void)with({l["left"], 1, {}});
      },
      ThrowsMessage<Refusal>(StrEq("found an inflow into the exit 'left'; expected a stratum [E-INFLOW]")));
  const Ladder other = Ladder::parse("a < b");
  const std::string text =
      "found a stratum of another ladder ('a', 'b'); expected one of 'worker', 'technician', "
      "'left' [E-LADDER-OTHER]";
  EXPECT_THAT([&] { (void)with({other["a"], 1, {}}); }, ThrowsMessage<Refusal>(StrEq(text)));
  EXPECT_THAT([&] { (void)with({l["worker"], 1, {{other["a"], 1}}}); }, ThrowsMessage<Refusal>(StrEq(text)));
}

}  // namespace
}  // namespace population_test
