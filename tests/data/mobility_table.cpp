// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/data/mobility_table.hpp>

#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "../core/message.hpp"

namespace mobility_table_test {
namespace {

using namespace rungs;
using rungs_test::code_of;
using rungs_test::said;
using Cells = std::vector<TableCell>;

const Ladder ladder =
    Ladder::builder().rung("low").rung("high").exit("left").move("low", "high").move("high", "left").build();

TableCell cell(std::size_t from, std::size_t to, double people, std::size_t line = 0) {
  return {from, to, people, std::nullopt, {"t.csv", line, 1}};
}

TEST(MobilityTable, IsATallyOfPeople) {
  const Tally t =
      tally(ladder, Cells{cell(0, 1, 3), cell(0, 0, 7), cell(1, 2, 2), cell(0, 1, 1), cell(1, 0, 0)}, Step(5, 5));
  EXPECT_EQ(t.pooled().people(0, 1), 4);  // cells given twice add up
  EXPECT_EQ(t.pooled().people(0, 0), 7);
  EXPECT_EQ(t.pooled().weight(1, 2), 2);
  EXPECT_EQ(t.pooled().weight_squares(1, 2), 2);
  EXPECT_EQ(t.pooled().people(1, 1), 0);
  EXPECT_EQ(t.people(), 13U);
  EXPECT_EQ(t.step(), Step(5, 5));
  EXPECT_TRUE(t.by_period().empty());
  EXPECT_EQ(t.ledger(), (Ledger{13, 13, {}, 13, {}}));
  EXPECT_NO_THROW(t.ledger().check());
  EXPECT_EQ(tally(ladder, Cells{}).people(), 0U);
}

TEST(MobilityTable, TellsPeriodsApartWhereThereAreAny) {
  Cells cells{cell(0, 1, 3), cell(0, 1, 5), cell(0, 0, 1)};
  cells[0].period = Period(1990);
  cells[1].period = cells[2].period = Period(1991);
  const Tally t = tally(ladder, cells);
  ASSERT_EQ(t.by_period().size(), 2U);
  EXPECT_EQ(t.by_period().at(1990).people(0, 1), 3);
  EXPECT_EQ(t.by_period().at(1991).people(0, 1), 5);
  EXPECT_EQ(t.pooled().people(0, 1), 8);
  EXPECT_TRUE(tally(ladder, cells, Step(), false).by_period().empty());
  cells[1].period.reset();  // its people would be lost beside the periods
  cells[1].where.line = 4;
  EXPECT_EQ(said<InputError>([&] { (void)tally(ladder, cells); }),
            "t.csv:4:1: error: found counts with a period and counts without; expected a period "
            "for all, or for none "
            "[E-PERIOD-MISSING]");
  EXPECT_EQ(tally(ladder, cells, Step(), false).pooled().people(0, 1), 8);
}

TEST(MobilityTable, RefusesWhatIsNoCount) {
  for (const auto& [people, words] :
       std::vector<std::pair<double, std::string>>{{-1, "-1"},
                                                   {0.5, "0.5"},
                                                   {1e15, "1e+15"},
                                                   {std::numeric_limits<double>::quiet_NaN(), "nan"},
                                                   {std::numeric_limits<double>::infinity(), "inf"}})
    EXPECT_EQ(
        said<InputError>([x = people] {
          (void)tally(ladder, Cells{cell(0, 0, 1, 2), cell(0, 1, x, 3)});
        }),
        "t.csv:3:1: error: found a count of " + words + "; expected a whole number of people, 0 or more [E-COUNT]");
  EXPECT_EQ(tally(ladder, Cells{cell(0, 1, -0.0)}).people(), 0U);
}

TableCell weighted(std::size_t from, std::size_t to, double people, double weight,
                   std::optional<double> squares = std::nullopt) {
  return {from, to, people, std::nullopt, {"t.csv", 2, 1}, weight, squares};
}

TEST(MobilityTable, TakesSumsOfWeightsBesidePeople) {
  const Cells cells{weighted(0, 0, 2, 4, 10), weighted(0, 1, 3, 6, 14), weighted(1, 1, 1, 2.5, 6.25)};
  const Tally t = tally(ladder, cells, Step(), true, WeightKind::sampling);
  EXPECT_EQ(t.weight_kind(), WeightKind::sampling);
  EXPECT_EQ(t.people(), 6U);
  EXPECT_EQ(t.pooled().people(0, 1), 3);
  EXPECT_EQ(t.pooled().weight(0, 1), 6);
  EXPECT_EQ(t.pooled().row_effective_people(0), 100.0 / 24);  // Kish
  EXPECT_TRUE(t.warnings().empty());
  EXPECT_FALSE(weights_alone(t));
  // Without squares: the most that people could be, 4^2 / 2 + 6^2 / 3 = 20.
  const Tally alike =
      tally(ladder, Cells{weighted(0, 0, 2, 4), weighted(0, 1, 3, 6)}, Step(), true, WeightKind::precision);
  EXPECT_EQ(alike.pooled().row_effective_people(0), 5);
  ASSERT_EQ(alike.warnings().size(), 1U);
  EXPECT_EQ(alike.warnings().front().code, "W-WEIGHT-ALIKE");
  // Frequency weights are people, and so is everything without weights.
  EXPECT_EQ(tally(ladder, cells, Step(), true, WeightKind::frequency).pooled(), tally(ladder, cells).pooled());
}

TEST(MobilityTable, SumsOfWeightsAloneAreNoPeople) {
  const Tally t =
      tally(ladder, Cells{weighted(0, 0, 0, 0.5), weighted(0, 1, 0, 1.5)}, Step(), true, WeightKind::sampling);
  EXPECT_TRUE(weights_alone(t));
  EXPECT_EQ(t.people(), 0U);
  EXPECT_EQ(t.pooled().weight(0, 1), 1.5);
  EXPECT_EQ(t.pooled().row_effective_people(0), 0);
  ASSERT_EQ(t.warnings().size(), 1U);
  EXPECT_EQ(t.warnings().front().code, "W-WEIGHT-ALONE");
  EXPECT_FALSE(weights_alone(tally(ladder, Cells{})));
}

TEST(MobilityTable, RefusesWeightsThatNoPeopleCanHave) {
  const auto said_of = [](const TableCell& c) {
    return said<InputError>([&] {
      (void)tally(ladder, Cells{weighted(0, 0, 1, 1), c}, Step(), true, WeightKind::sampling);
    });
  };
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const double w : {-1.0, nan, 1e15})
    EXPECT_NE(said_of(weighted(0, 1, 2, w)).find("expected a number from 0 to less than 1e15 [E-WEIGHT-CELL]"),
              std::string::npos);
  EXPECT_EQ(said_of(weighted(0, 1, 0, 2)),
            "t.csv:2:1: error: found weights that sum to 2 and nobody; expected people behind them [E-WEIGHT-CELL]");
  for (const double squares : {7.9, 16.2, nan, -1.0})
    EXPECT_NE(said_of(weighted(0, 1, 2, 4, squares))
                  .find("expected from 8 to 16, as of 2 people whose weights sum to 4 [E-WEIGHT-CELL]"),
              std::string::npos);
  EXPECT_NO_THROW((void)tally(ladder, Cells{weighted(0, 1, 3, 0.3, 0.03)}, Step(), true, WeightKind::sampling));
  // The square of the weight of one person, printed with two digits.
  const Tally printed = tally(ladder, Cells{weighted(0, 1, 1, 1.23, 1.51)}, Step(), true, WeightKind::sampling);
  EXPECT_DOUBLE_EQ(printed.pooled().weight_squares(0, 1), 1.23 * 1.23);
}

TEST(MobilityTable, RefusesImpossibleMoves) {
  EXPECT_EQ(said<InputError>([] {
              (void)tally(ladder, Cells{cell(1, 0, 12, 8), cell(2, 0, 1, 9)});
            }),
            "t.csv:8:1: error: found 12 people moving from 'high' to 'low'; expected only moves "
            "that the ladder declares "
            "possible [E-STRUCT-ZERO]\n"
            "t.csv:9:1: error: found 1 people moving from 'left' to 'low'; expected only moves "
            "that the ladder declares "
            "possible [E-STRUCT-ZERO]");
}

TEST(MobilityTable, RefusesStrataThatAreNotOnTheLadder) {
  EXPECT_EQ(said<InputError>([] { (void)tally(ladder, Cells{cell(0, 3, 1, 5)}); }),
            "t.csv:5:1: error: found stratum number 3; expected one of 'low', 'high', 'left' "
            "[E-LADDER-OTHER]");
  EXPECT_EQ(code_of([] { (void)tally(ladder, Cells{cell(9, 0, 0)}); }), "E-LADDER-OTHER");
}

TEST(MobilityTable, CollectsUpToTwentyProblems) {
  try {
    (void)tally(ladder, Cells(50, cell(0, 1, -1)));
    FAIL();
  } catch (const InputError& error) {
    EXPECT_EQ(error.problems().size(), 20U);
  }
}

}  // namespace
}  // namespace mobility_table_test
