// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/estimate/mobility_tables.hpp>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "../core/message.hpp"
#include "estimators.hpp"

namespace mobility_tables_test {
namespace {

using namespace rungs;
using rungs_test::ladder_of;
using rungs_test::said;

Matrix square() { return (Matrix(2, 2) << 5, 3, 2, 7).finished(); }

TEST(MobilityTables, AreTheSameFromCountsTalliesAndMatrices) {
  const Ladder ladder = ladder_of(2);
  Counts counts(2);
  Tally tally(ladder, Step());
  for (std::size_t i = 0; i < 2; ++i)
    for (std::size_t j = 0; j < 2; ++j) {
      const double people = square()(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j));
      counts.add(i, j, people);
      tally.add(i, j, people, Period(i == 0 ? 1990 : 2000));
    }
  for (const MobilityTables& t :
       {MobilityTables(ladder, square()), MobilityTables(ladder, counts), MobilityTables(tally)}) {
    EXPECT_EQ(t.people(), square());
    EXPECT_EQ(t.layers(), 1U);
    EXPECT_EQ(t.total(), 17);
    EXPECT_EQ(t.in_layer(0), "");
    EXPECT_TRUE(t.warnings().empty());
  }
  const MobilityTables two({tally, tally}, {"men", "women"});
  EXPECT_EQ(two.layers(), 2U);
  EXPECT_EQ(two.people(1), square());
  EXPECT_EQ(two.only(1).in_layer(0), " in 'women'");
  const MobilityTables periods = MobilityTables::by_period(tally);
  EXPECT_EQ(periods.layer_names(), (std::vector<std::string>{"1990", "2000"}));
  EXPECT_EQ(periods.people(1), (Matrix(2, 2) << 0, 0, 2, 7).finished());
}

TEST(MobilityTables, LeaveExitsOut) {
  const Ladder ladder = Ladder::parse("a < b | left");
  Matrix n = Matrix::Zero(3, 3);
  n << 5, 3, 4, 2, 7, 1, 0, 0, 9;
  const MobilityTables t(ladder, n);
  EXPECT_EQ(t.people(), square());
  ASSERT_EQ(t.warnings().size(), 1U);
  EXPECT_EQ(t.warnings()[0], (Warning{"W-EXITS", "5 people left by an exit and are in no cell of the table"}));
}

TEST(MobilityTables, TakeGroupsAsLayers) {
  const Ladder ladder = ladder_of(2).for_groups({"men", "women"});
  Matrix n = Matrix::Zero(4, 4);
  n << 1, 0, 2, 0, 0, 5, 0, 6, 3, 0, 4, 0, 0, 7, 0, 8;  // strata of the two groups side by side
  const MobilityTables t(ladder, n);
  EXPECT_EQ(t.ladder(), ladder_of(2));
  EXPECT_EQ(t.layer_names(), (std::vector<std::string>{"men", "women"}));
  EXPECT_EQ(t.people(0), (Matrix(2, 2) << 1, 2, 3, 4).finished());
  EXPECT_EQ(t.people(1), (Matrix(2, 2) << 5, 6, 7, 8).finished());
  EXPECT_EQ(MobilityTables(ladder, {n, n}, {"1990", "2000"}).layer_names()[2], "2000, men");
}

TEST(MobilityTables, RefuseWhatIsNone) {
  const Ladder ladder = ladder_of(2);
  const Ladder up = Ladder::builder().rung("a").rung("b").move("a", "b").build();
  Matrix n = square();
  EXPECT_EQ(said<Refusal>([&] { MobilityTables(up, n); }),
            "found 2 people moving from 'b' to 'a'; expected only moves that the ladder declares possible "
            "[E-STRUCT-ZERO]");
  for (const double bad : {-1.0, std::nan(""), std::numeric_limits<double>::infinity()}) {
    n(0, 1) = bad;
    EXPECT_EQ(
        said<DomainError>([&] { MobilityTables(ladder, n); }),
        "found " + detail::text(bad) + " people moving from 's0' to 's1'; expected a number, 0 or more [E-COUNT]");
  }
  EXPECT_EQ(said<DomainError>([&] {
              MobilityTables(ladder, {square(), Matrix::Zero(2, 2)}, {"men", "women"});
            }),
            "found no people in 'women'; expected some in every table [E-COUNT]");
  EXPECT_EQ(said<Refusal>([&] {
              MobilityTables(ladder, {square(), square()}, {"men"});
            }),
            "found 1 names of layers for 2 tables; expected a name for each table [E-SHAPE]");
  EXPECT_EQ(said<Refusal>([&] {
              MobilityTables(ladder, {square(), square()}, {"men", "men"});
            }),
            "found two layers named 'men'; expected one of each name [E-CFG-DUP]");
  EXPECT_EQ(said<Refusal>([&] { MobilityTables(ladder, Matrix(Matrix::Ones(3, 2))); }),
            "found 3 rows and 2 columns; expected 2 of each, one for each stratum [E-SHAPE]");
  EXPECT_EQ(said<Refusal>([&] { MobilityTables(Ladder::parse("a"), Matrix(Matrix::Ones(1, 1))); }),
            "found a ladder with 1 stratum; expected at least two for a mobility table [E-SHAPE]");
  EXPECT_EQ(said<Refusal>([&] { MobilityTables(std::vector<Tally>{}, {}); }),
            "found 0 names of layers for 0 tables; expected a name for each table [E-SHAPE]");
  EXPECT_EQ(said<Refusal>([&] {
              MobilityTables({Tally(ladder, Step()), Tally(up, Step())}, {"men", "women"});
            }),
            "found tallies of two ladders; expected the same in all layers [E-LADDER-OTHER]");
  EXPECT_EQ(said<Refusal>([&] { (void)MobilityTables::by_period(Tally(ladder, Step())); }),
            "found a tally of all periods together; expected one by period for its layers [E-PERIOD-MISSING]");
  EXPECT_EQ(said<Refusal>([&] { MobilityTables(Tally(ladder, Step(), WeightKind::sampling)); }),
            "found counts under sampling or precision weights; expected people, or frequency weights: the deviance of "
            "weighted counts follows no chi-squared law [E-TABLE-WEIGHTS]");
}

}  // namespace
}  // namespace mobility_tables_test
