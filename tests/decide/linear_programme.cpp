// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/decide/linear_programme.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/message.hpp"

namespace linear_programme_test {
namespace {

using namespace rungs;
using namespace rungs_test;

static_assert(std::is_nothrow_move_constructible_v<LinearProgramme>);
static_assert(!std::is_convertible_v<std::size_t, Column> && !std::is_convertible_v<Column, Row>);

constexpr double inf = Bounds::infinity, nan = std::numeric_limits<double>::quiet_NaN();

TEST(LinearProgramme, KeepsWhatItIsGiven) {
  LinearProgramme p(Sense::maximise);
  const Column x = p.column("seats", 3), y = p.column("classes", 0, {1, 4}, Values::whole);
  const Row row = p.row("room", Bounds::at_most(0), {{x, 1}});
  p.add(row, {y, -12});
  p.add_cost(y, -2);
  EXPECT_EQ(p.columns(), 2U);
  EXPECT_EQ(p.rows(), 1U);
  EXPECT_EQ(p.name(x), "seats");
  EXPECT_EQ(p.name(row), "room");
  EXPECT_EQ(p.bounds(x), Bounds::at_least(0));
  EXPECT_EQ(p.values(y), Values::whole);
  EXPECT_EQ(p.cost(y), -2);
  EXPECT_EQ(p.terms(row).size(), 2U);
  LinearProgramme other = p;
  other.set_bounds(row, {-1, 1});
  other.set_bounds(x, Bounds::none());
  other.set_cost(x, 5);
  EXPECT_EQ(other.bounds(row), Bounds(-1, 1));
  EXPECT_EQ(other.cost(x), 5);
  EXPECT_EQ(p.bounds(row), Bounds::at_most(0)) << "a copy is another";
}

TEST(LinearProgramme, RefusesBoundsOutOfOrder) {
  EXPECT_EQ(said<DomainError>([] { (void)Bounds(2, 1); }),
            "found bounds from 2 to 1; expected two numbers in order, each below 1e15 or infinite [E-LP-BOUNDS]");
  for (const auto& ends : std::vector<std::pair<double, double>>{
           {nan, 1}, {0, nan}, {nan, nan}, {inf, inf}, {-inf, -inf}, {0, 1e15}, {-1e15, 0}, {inf, -inf}})
    EXPECT_EQ(code_of([&] { (void)Bounds(ends.first, ends.second); }), "E-LP-BOUNDS")
        << ends.first << " to " << ends.second;
  EXPECT_EQ(Bounds::exactly(3), Bounds(3, 3));
  EXPECT_EQ(Bounds::none(), Bounds(-inf, inf));
}

TEST(LinearProgramme, RefusesWhatIsNoNumber) {
  LinearProgramme p(Sense::minimise);
  const Column x = p.column("x");
  const Row row = p.row("row", Bounds::none());
  EXPECT_EQ(said<DomainError>([&] { p.column("y", nan); }),
            "found a cost or factor of nan; expected a number below 1e15 in size [E-LP-NUMBER]");
  for (const double wrong : {nan, inf, -inf, 1e15}) {
    EXPECT_EQ(code_of([&] { p.set_cost(x, wrong); }), "E-LP-NUMBER");
    EXPECT_EQ(code_of([&] { p.add_cost(x, wrong); }), "E-LP-NUMBER");
    EXPECT_EQ(code_of([&] { p.add(row, {x, wrong}); }), "E-LP-NUMBER");
    EXPECT_EQ(code_of([&] { p.row("other", Bounds::none(), {{x, wrong}}); }), "E-LP-NUMBER");
  }
  EXPECT_EQ(p.rows(), 1U);
  EXPECT_EQ(p.cost(x), 0);
}

TEST(LinearProgramme, RefusesHandlesOfAnother) {
  LinearProgramme p(Sense::minimise);
  const Column x = p.column("x");
  const Row row = p.row("row", Bounds::none());
  EXPECT_EQ(said<Refusal>([&] { (void)p.cost(Column(1)); }),
            "found column 1 of another linear programme; expected one of 1, counted from 0 [E-LP-HANDLE]");
  EXPECT_EQ(said<Refusal>([&] {
              p.add(Row(2), {x, 1});
            }),
            "found row 2 of another linear programme; expected one of 1, counted from 0 [E-LP-HANDLE]");
  EXPECT_EQ(code_of([&] { p.add(row, {Column(7), 1}); }), "E-LP-HANDLE");
  EXPECT_EQ(code_of([&] { p.row("other", Bounds::none(), {{Column(7), 1}}); }), "E-LP-HANDLE");
  EXPECT_EQ(code_of([&] { p.set_bounds(Row(1), Bounds::none()); }), "E-LP-HANDLE");
  EXPECT_EQ(p.rows(), 1U);
  EXPECT_TRUE(p.terms(row).empty());
}

}  // namespace
}  // namespace linear_programme_test
