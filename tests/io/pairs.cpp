// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <rungs/io/csv.hpp>

#include "files.hpp"

namespace pairs_test {
namespace {

using rungs::Ladder;
using rungs::io::CorrelationFile;
using rungs::io::PairColumns;
using rungs::io::PairFile;
using rungs::io::read_correlations;
using rungs::io::read_cross_table;
using rungs::io::read_pairs;
using rungs::test::TemporaryFile;
using testing::ElementsAre;
using testing::IsNan;
using testing::Pair;

TEST(Pairs, AreReadWithoutThoseOfWhomOneIsNotKnown) {
  const TemporaryFile csv("wage,school,n\n3.5,high,2\n,low,1\n4,99,5\n.,NA,1\n-1e2, low,0\n");
  PairColumns columns{.x = {"school", Ladder::parse("low < middle, high")}, .y = {"wage"}, .missing = {"99"}};
  const PairFile each = read_pairs(csv.path(), columns);
  EXPECT_THAT(each.x, ElementsAre(2, 1));
  EXPECT_THAT(each.y, ElementsAre(3.5, -100));
  EXPECT_THAT(each.people, ElementsAre(1, 1));
  EXPECT_EQ(each.ledger.records_read, 5U);
  EXPECT_EQ(each.ledger.records_used, 2U);
  EXPECT_THAT(each.ledger.dropped,
              ElementsAre(Pair("both missing", 1), Pair("missing school", 1), Pair("missing wage", 1)));
  columns.count = "n";
  EXPECT_THAT(read_pairs(csv.path(), columns).people, ElementsAre(2, 0));
}

TEST(Pairs, OfASurveyKeepHowPeopleWereDrawn) {
  const TemporaryFile csv("w,x,y,part,village\n.5,1,2,east,3\n2,,1,west,9\n2,3,1,west,3\n1.5,2,2,east,3\n");
  PairColumns columns{.x = {"x"}, .y = {"y"}, .weight = "w", .person = {.part = "part", .cluster = "village"}};
  EXPECT_THROW((void)read_pairs(csv.path(), columns), rungs::InputError);  // village 3 is in both parts
  columns.person.nested = true;
  const PairFile file = read_pairs(csv.path(), columns);
  EXPECT_THAT(file.weights, ElementsAre(.5, 2, 1.5));
  EXPECT_THAT(file.person.part, ElementsAre(0, 1, 0));
  EXPECT_THAT(file.person.parts, ElementsAre("east", "west"));
  EXPECT_THAT(file.person.cluster, ElementsAre(0, 1, 0));
  EXPECT_THAT(file.person.clusters, ElementsAre("3", "3"));
}

TEST(Pairs, OfATableAreReadByName) {
  const TemporaryFile csv("school,went,stayed\nhigh,4,1\nlow,0,6\nmiddle,2,3\n");
  const PairFile file =
      read_cross_table(csv.path(), Ladder::parse("low < middle < high"), Ladder::parse("stayed < went"));
  EXPECT_THAT(file.x, ElementsAre(3, 3, 1, 1, 2, 2));
  EXPECT_THAT(file.y, ElementsAre(1, 2, 1, 2, 1, 2));
  EXPECT_THAT(file.people, ElementsAre(1, 4, 6, 0, 3, 2));
  ASSERT_EQ(file.warnings.size(), 1U);
  EXPECT_EQ(file.warnings[0].code, "W-ORDER");
}

TEST(Correlations, AreReadFromEitherTriangle) {
  const TemporaryFile csv("v,a,b,c\nc,.3,-.4,\na,,1.6,\n");
  const CorrelationFile file = read_correlations(csv.path());
  EXPECT_THAT(file.names, ElementsAre("a", "b", "c"));
  EXPECT_THAT(file.values, ElementsAre(1, 1.6, .3, 1.6, 1, -.4, .3, -.4, 1));
  const TemporaryFile lost("v,a,b\na,1,\n");
  EXPECT_THAT(read_correlations(lost.path()).values, ElementsAre(1, IsNan(), IsNan(), 1));
}

}  // namespace
}  // namespace pairs_test
