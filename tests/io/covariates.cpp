// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <rungs/io/csv.hpp>

#include "files.hpp"

namespace covariates_test {
namespace {

using rungs::Ladder;
using rungs::io::CovariateColumn;
using rungs::io::EventFile;
using rungs::io::PanelColumns;
using rungs::io::PanelFile;
using rungs::io::read_events;
using rungs::io::read_panel;
using rungs::test::TemporaryFile;
using testing::ElementsAre;

PanelColumns columns(std::vector<CovariateColumn> covariates) {
  PanelColumns out;
  out.id = "id";
  out.time = "time";
  out.state = "job";
  out.covariates = std::move(covariates);
  return out;
}

Ladder ab() { return Ladder::parse("a < b | out"); }

std::string said(const TemporaryFile& file, const PanelColumns& columns) {
  try {
    (void)read_panel(file.path(), columns, ab());
  } catch (const rungs::InputError& e) {
    std::string out;
    for (const rungs::Diagnostic& d : e.problems())
      out += std::to_string(d.where.line) + ":" + std::to_string(d.where.column) + " " + d.code + "\n";
    return out;
  } catch (const rungs::Refusal& e) {
    return e.code();
  }
  return "";
}

TEST(CovariateColumns, KeepTheRowsOfThePanelInAnyOrderOfTheFile) {
  std::vector<std::string> records;
  for (int person = 0; person < 20; ++person)
    for (int time = 0; time < 5; ++time)
      records.push_back("p" + std::to_string(person) + "," + std::to_string(time) + "," +
                        (time == 2 && person % 3 == 0 ? "gone" : "a") + "," + std::to_string(100 * person + time) +
                        ",g" + std::to_string(time % 3));
  std::mt19937 random(5);
  for (int turn = 0; turn < 5; ++turn) {
    if (turn > 0) std::shuffle(records.begin(), records.end(), random);
    std::string text = "id,time,job,x,g\n";
    for (const std::string& record : records) text += record + "\n";
    PanelColumns wanted = columns({{"x", false, {}}, {"g", true, {"g2", "g0", "g1"}}, {"time", false, {}}});
    wanted.missing = {"gone"};
    const TemporaryFile csv(text);
    const PanelFile file = read_panel(csv.path(), wanted, ab());
    ASSERT_EQ(file.covariates.size(), 3U);
    ASSERT_EQ(file.covariates[0].values.size(), file.panel.observations());
    for (const rungs::Panel::Run& run : file.panel.runs())
      for (std::size_t k = run.begin; k < run.end; ++k) {
        const double x = file.covariates[0].values[k], time = std::fmod(x, 100);
        EXPECT_EQ(time, run.start + static_cast<double>(k - run.begin) * static_cast<double>(file.panel.stride()));
        EXPECT_EQ(file.covariates[2].values[k], time);
        EXPECT_EQ(file.covariates[1].values[k], std::fmod(time + 1, 3));
        // All of one run are of one person.
        EXPECT_EQ(std::floor(x / 100), std::floor(file.covariates[0].values[run.begin] / 100));
      }
  }
}

TEST(CovariateColumns, CategoriesStandInTheOrderOfTheFile) {
  const TemporaryFile csv("id,time,job,g\n2,1,a,\"say \"\"hi\"\"\"\n2,2,a, low \n1,1,b,high\n1,2,b,low\n");
  const PanelFile file = read_panel(csv.path(), columns({{"g", true, {}}}), ab());
  EXPECT_THAT(file.covariates[0].levels, ElementsAre("say \"hi\"", "low", "high"));
  EXPECT_THAT(file.covariates[0].values, ElementsAre(0, 1, 2, 1));
}

TEST(CovariateColumns, MissingValuesAreErrorsUnlessTheyMay) {
  const TemporaryFile csv("id,time,job,x,g\n1,1,a,,u\n1,2,a,2,NA\n1,3,out,,\n2,1,a,3,NA\n");
  PanelColumns wanted = columns({{"x", false, {}}, {"g", true, {}}});
  EXPECT_EQ(said(csv, wanted), "2:7 E-COVARIATE\n3:9 E-COVARIATE\n5:9 E-COVARIATE\n");
  wanted.covariates[1].levels = {"u", "NA"};  // stated, it is a name like any other
  EXPECT_EQ(said(csv, wanted), "2:7 E-COVARIATE\n");
  wanted.covariates_may_miss = true;
  wanted.covariates[1].levels.clear();
  const PanelFile file = read_panel(csv.path(), wanted, ab());
  EXPECT_TRUE(std::isnan(file.covariates[0].values[0]));
  EXPECT_EQ(file.covariates[0].values[1], 2);
  EXPECT_TRUE(std::isnan(file.covariates[1].values[1]));
  EXPECT_TRUE(std::isnan(file.covariates[1].values[2]));
}

TEST(CovariateColumns, FaultsHaveTheirPlace) {
  const TemporaryFile csv("id,time,job,x\n1,1,a,1e5\n1,2,a,0x1\n2,1,a,nan\n2,2,b,inf\n");
  EXPECT_EQ(said(csv, columns({{"x", false, {}}})), "3:7 E-COVARIATE\n4:7 E-COVARIATE\n5:7 E-COVARIATE\n");
  EXPECT_EQ(said(csv, columns({{"y", false, {}}})), "1:1 E-COL-ABSENT\n");
  EXPECT_EQ(said(csv, columns({{"x", false, {}}, {"x", true, {}}})), "1:1 E-COL-ROLE\n");
  EXPECT_EQ(said(csv, columns({{"job", true, {}}})), "1:1 E-COL-ROLE\n");
  std::string many = "id,time,job,g\n";
  for (int k = 0; k < 130; ++k) many += std::to_string(k) + ",1,a,g" + std::to_string(k) + "\n";
  EXPECT_EQ(said(TemporaryFile(many), columns({{"g", true, {}}})), "102:" + std::string("9 E-SIZE\n"));
}

TEST(CovariateColumns, OfAWidePanelAreOfThePersonOrOfEachTime) {
  PanelColumns wide = columns({{"sex", true, {}}, {"pay", false, {}}});
  wide.layout = rungs::io::PanelLayout::wide;
  // Columns in any order; the second person was not seen at 2, and what stands there is not read.
  const TemporaryFile csv("pay3,id,job1,job2,job3,sex,pay1,pay2\n30,p,a,b,a,m,10,20\n31,q,b,,out,f,11,x\n");
  for (const char* state : {"job", ""}) {  // pay is no state
    wide.state = state;
    const PanelFile file = read_panel(csv.path(), wide, ab());
    EXPECT_THAT(file.covariates[0].levels, ElementsAre("m", "f"));
    EXPECT_THAT(file.covariates[0].values, ElementsAre(0, 0, 0, 1, 1));
    EXPECT_THAT(file.covariates[1].values, ElementsAre(10, 20, 30, 11, 31));
  }
  wide.covariates = {{"age", false, {}}};
  wide.state = "job";
  EXPECT_EQ(said(csv, wide), "1:1 E-COL-ABSENT\n");
  wide.covariates = {{"job2", true, {}}};
  EXPECT_EQ(said(TemporaryFile("id,job1,job2,pay1\n1,a,b,2\n"), wide), "1:9 E-COL-ROLE\n");
  wide.covariates = {{"pay", false, {}}};
  EXPECT_EQ(said(TemporaryFile("id,job1,job2,pay1\n1,a,b,2\n"), wide), "1:1 E-COL-ABSENT\n");
  // Of the person it is told once; in an exit nothing need be known.
  wide.covariates = {{"x", false, {}}};
  EXPECT_EQ(said(TemporaryFile("id,x,job1,job2,job3\n1,,a,b,a\n2,,out,out,out\n3,.,b,out,out\n"), wide),
            "2:3 E-COVARIATE\n4:3 E-COVARIATE\n");
}

TEST(CovariateColumns, OfASpellHoldThroughIt) {
  PanelColumns spells = columns({{"x", false, {}}});
  spells.layout = rungs::io::PanelLayout::spells;
  spells.spells.begin = "from";
  spells.spells.end = "to";
  spells.missing = {"gone"};
  const TemporaryFile csv("id,job,from,to,x\np,b,3,4,20\nq,a,1,1,30\np,a,1,2,10\nq,gone,2,3,?\nq,out,4,5,\n");
  const PanelFile file = read_panel(csv.path(), spells, ab());
  ASSERT_EQ(file.covariates[0].values.size(), 7U);
  const std::vector<double>& x = file.covariates[0].values;
  EXPECT_THAT(std::vector<double>(x.begin(), x.begin() + 5), ElementsAre(10, 10, 20, 20, 30));
  EXPECT_TRUE(std::isnan(x[5]) && std::isnan(x[6]));  // those of an exit
  EXPECT_EQ(said(TemporaryFile("id,job,from,to,x\np,a,1,2,\n"), spells), "2:9 E-COVARIATE\n");
}

TEST(CovariateColumns, NeedBeKnownOnlyWhereAMoveStarts) {
  PanelColumns of = columns({{"x", false, {}}, {"g", true, {}}});
  // Nobody moves from the last record of a person, nor from before a gap: those of q at 2 and of r at 1.
  const std::string panel =
      "id,time,job,x,g\nq,2,a,,.\np,1,a,1,m\np,2,b,2,f\np,3,b,NA,\nq,1,b,4,m\nr,1,a,,\nr,3,a,,m\n";
  EXPECT_EQ(said(TemporaryFile(panel), of),
            "2:7 E-COVARIATE\n2:8 E-COVARIATE\n5:7 E-COVARIATE\n5:10 E-COVARIATE\n7:7 E-COVARIATE\n7:8 "
            "E-COVARIATE\n8:7 E-COVARIATE\n");
  of.moves = rungs::TallyOptions{};
  EXPECT_EQ(said(TemporaryFile(panel), of), "");
  of.moves->gap = rungs::Gap::skip;  // now r moves from 1 to 3
  EXPECT_EQ(said(TemporaryFile(panel), of), "7:7 E-COVARIATE\n7:8 E-COVARIATE\n");
  of.covariates_may_miss = true;
  EXPECT_EQ(said(TemporaryFile(panel), of), "");
  of.covariates_may_miss = false;
  of.moves->gap = rungs::Gap::drop;
  EXPECT_EQ(said(TemporaryFile("id,time,job,x,g\np,2,b,,\np,1,a,,m\n"), of), "3:7 E-COVARIATE\n");

  PanelColumns wide = of;
  wide.layout = rungs::io::PanelLayout::wide;
  EXPECT_EQ(said(TemporaryFile("id,job1,job2,job3,x1,x2,x3,g\np,a,b,a,1,2,,m\nq,a,b,out,1,,,m\n"), wide),
            "3:13 E-COVARIATE\n");

  PanelColumns spells = of;
  spells.layout = rungs::io::PanelLayout::spells;
  spells.spells = {.begin = "from", .end = "to", .every = 10, .grid = 0};
  spells.moves->step = rungs::Step(10);
  // What lies between the times 0, 10 and 20 is not observed, and the last spell is nobody's start.
  EXPECT_EQ(said(TemporaryFile("id,job,from,to,x,g\np,a,0,3,1,m\np,b,4,8,,\np,a,9,10,2,f\np,b,11,20,,f\n"), spells),
            "");
  EXPECT_EQ(said(TemporaryFile("id,job,from,to,x,g\np,a,0,13,,m\np,b,14,20,1,f\n"), spells), "2:10 E-COVARIATE\n");
}

TEST(CovariateColumns, NinesFarFromAllOthersAreTold) {
  const auto warned = [](const std::string& values) {
    std::string text = "id,time,job,x\n";
    for (std::size_t at = 0, k = 0; at != std::string::npos; ++k) {
      const std::size_t comma = values.find(' ', at);
      text += std::to_string(k) + ",1,a," + values.substr(at, comma - at) + "\n";
      at = comma == std::string::npos ? comma : comma + 1;
    }
    const TemporaryFile csv(text);
    std::string out;
    for (const rungs::Diagnostic& d : read_panel(csv.path(), columns({{"x", false, {}}}), ab()).warnings)
      out += d.code + " " + std::to_string(d.where.line) + "\n";
    return out;
  };
  EXPECT_EQ(warned("8 12 99 20 99"), "W-COVARIATE-CODE 4\n");
  EXPECT_EQ(warned("0 1 -9 1"), "W-COVARIATE-CODE 4\n");
  for (const char* nine : {"-9.0", "-9.", "-9.00", "-9e0", "-09"})  // one number, however programs write it
    EXPECT_EQ(warned(std::string("0 1 ") + nine + " 1 -9"), "W-COVARIATE-CODE 4\n") << nine;
  EXPECT_EQ(warned("8 12 99.0 20"), "W-COVARIATE-CODE 4\n");
  EXPECT_EQ(warned("0 1 -9.5 1"), "");
  EXPECT_EQ(warned("60 88 99 97"), "");                          // ages
  EXPECT_EQ(warned("-1.3 0.2 -9 0.8"), "W-COVARIATE-CODE 4\n");  // scores, and what is far below them all
  EXPECT_EQ(warned("-3.5 -6.5 2 -9 1"), "");                     // temperatures
  EXPECT_EQ(warned("99 98"), "");
}

TEST(Events, AreReadWithTheirGroups) {
  const TemporaryFile csv("g,n,t\nx, 3,2.5\ny,0,1e1\nx,2,4\n");
  const EventFile file = read_events(csv.path(), {.events = "n", .exposure = "t", .by = {"g"}});
  EXPECT_THAT(file.events, ElementsAre(3, 0, 2));
  EXPECT_THAT(file.exposure, ElementsAre(2.5, 10, 4));
  EXPECT_THAT(file.labels[0], ElementsAre("x", "y"));
  EXPECT_THAT(file.label_of[0], ElementsAre(0, 1, 0));
  EXPECT_THAT(read_events(csv.path(), {.events = "n", .by = {"g"}}).exposure, ElementsAre(1, 1, 1));
}

TEST(Events, FaultsHaveTheirPlace) {
  const TemporaryFile csv("g,n,t\nx,-1,1\ny,1e9,1\n.,1,nan\ny,x,-2\n");
  try {
    (void)read_events(csv.path(), {.events = "n", .exposure = "t", .by = {"g"}});
    FAIL();
  } catch (const rungs::InputError& e) {
    std::string out;
    for (const rungs::Diagnostic& d : e.problems())
      out += std::to_string(d.where.line) + ":" + std::to_string(d.where.column) + " " + d.code + "\n";
    EXPECT_EQ(out,
              "2:3 E-COUNT\n3:3 E-COUNT-RANGE\n4:1 E-LABEL-UNKNOWN\n4:5 E-EXPOSURE\n5:3 E-COUNT\n5:5 E-EXPOSURE\n");
  }
}

}  // namespace
}  // namespace covariates_test
