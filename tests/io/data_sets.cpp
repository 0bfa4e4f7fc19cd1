// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
//
// Stata and SPSS files, written here by ReadStat, against the comma-separated text of the same people; and what is said
// of files that are wrong.
#include "data_sets.hpp"

#include <rungs/io/csv.hpp>

#include <cmath>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <rungs/data/tally.hpp>

#include "files.hpp"

namespace data_sets_test {
namespace {

using rungs::InputError;
using rungs::Ladder;
using rungs::WeightKind;
using rungs::io::PanelColumns;
using rungs::io::PanelFile;
using rungs::test::Cell;
using rungs::test::DataSet;
using rungs::test::Gone;
using rungs::test::TemporaryFile;
using testing::HasSubstr;

const std::vector<std::string> names = {"learner", "skilled, trained", "foreman \"A\"", "manager"};

Ladder ladder(const std::vector<std::string>& of = names) {
  Ladder::Builder builder = Ladder::builder();
  for (const std::string& name : of) builder.rung(name);
  return builder.build();
}

// --- one panel in many files ---

struct Record {
  int person, year;
  std::size_t state;
  double weight;
};
std::vector<Record> records() {
  std::vector<Record> out;
  for (int person = 0; person < 12; ++person)
    for (int wave = 0; wave < 4; ++wave)
      out.push_back({1000 + person, 2015 + wave, static_cast<std::size_t>((person + wave * (1 + person % 3) / 2) % 4),
                     0.5 + 0.25 * (person % 5)});
  return out;
}
std::string id_text(int person) { return "P" + std::to_string(person); }

std::string csv() {
  std::string out = "id,year,rank,weight\n";
  for (const Record& r : records()) {
    std::string name = "\"";
    for (const char c : names[r.state]) name.append(c == '"' ? 2 : 1, c);
    out += id_text(r.person).substr(1) + "," + std::to_string(r.year) + "," + name + "\"," + std::to_string(r.weight) +
           "\n";
  }
  return out;
}

struct Types {
  readstat_type_t id = READSTAT_TYPE_INT32, year = READSTAT_TYPE_INT16, rank = READSTAT_TYPE_INT8,
                  weight = READSTAT_TYPE_DOUBLE;
};
bool is_text(readstat_type_t type) { return type == READSTAT_TYPE_STRING || type == READSTAT_TYPE_STRING_REF; }

DataSet good(const Types& types = {}) {
  DataSet out;
  out.variables = {{"id", types.id, "", ""},
                   {"year", types.year, "", ""},
                   {"rank", types.rank, is_text(types.rank) ? "" : "ranks", ""},
                   {"weight", types.weight, "", ""}};
  for (std::size_t k = 0; k < names.size(); ++k) out.labels["ranks"].push_back({static_cast<int>(k) + 1, names[k]});
  if (is_text(types.rank)) out.labels.clear();
  for (const Record& r : records()) {
    const std::string who = id_text(r.person).substr(1);
    out.rows.push_back({is_text(types.id) ? Cell(who) : Cell(double(r.person)), double(r.year),
                        is_text(types.rank) ? Cell(names[r.state]) : Cell(double(r.state) + 1), r.weight});
  }
  return out;
}

PanelColumns columns() { return {"id", "year", "rank", "weight", WeightKind::sampling, {}, {}}; }

PanelFile read(const std::string& bytes, const PanelColumns& of = columns(), const Ladder& on = ladder()) {
  const TemporaryFile file(bytes, ".dta");
  return rungs::io::read_panel(file.path(), of, on);
}
/// All that is said of a file, which is called panel.dta.
std::string said(const std::string& bytes, const PanelColumns& of = columns(), const Ladder& on = ladder(),
                 const std::string& ending = ".dta") {
  const TemporaryFile file(bytes, ending);
  std::string out;
  const auto add = [&](const std::vector<rungs::Diagnostic>& all) {
    for (rungs::Diagnostic d : all) {
      EXPECT_EQ(d.where.file, file.path());
      d.where.file = "panel.dta";
      out += d.text() + "\n";
    }
  };
  try {
    add(rungs::io::read_panel(file.path(), of, on).warnings);
  } catch (const InputError& e) {
    add(e.problems());
  }
  return out;
}
std::string code_of(const std::string& bytes) {
  const std::string text = said(bytes);
  const std::size_t at = text.find("[E-");
  return at == std::string::npos ? "" : text.substr(at + 1, text.find(']', at) - at - 1);
}

void same_as_csv(const std::string& bytes, const std::string& what) {
  SCOPED_TRACE(what);
  const PanelFile expected = read(csv()), found = read(bytes);
  EXPECT_EQ(found.records_read, expected.records_read);
  ASSERT_EQ(found.panel.observations(), expected.panel.observations());
  EXPECT_EQ(found.panel.people(), expected.panel.people());
  for (std::size_t k = 0; k < expected.panel.observations(); ++k) {
    ASSERT_EQ(found.panel.strata()[k], expected.panel.strata()[k]) << k;
    ASSERT_EQ(found.panel.weight(k), expected.panel.weight(k)) << k;
    ASSERT_EQ(found.panel.line(k), expected.panel.line(k) - 1) << k;
  }
  const rungs::Tally a = rungs::tally(found.panel), b = rungs::tally(expected.panel);
  for (std::size_t i = 0; i < names.size(); ++i)
    for (std::size_t j = 0; j < names.size(); ++j) EXPECT_EQ(a.pooled().weight(i, j), b.pooled().weight(i, j));
  EXPECT_TRUE(found.warnings.empty()) << found.warnings.front().text();
}

constexpr int releases[] = {113, 114, 115, 117, 118};

TEST(DataSets, EveryReleaseOfStataIsReadAsTheTextOfTheSamePeople) {
  for (const int release : releases) same_as_csv(good().dta(release), std::to_string(release));
}

TEST(DataSets, SpssIsReadAsTheTextOfTheSamePeople) {
  for (const auto compress : {READSTAT_COMPRESS_NONE, READSTAT_COMPRESS_ROWS, READSTAT_COMPRESS_BINARY})
    same_as_csv(good().sav(compress), "compression " + std::to_string(compress));
}

TEST(DataSets, EveryTypeOfNumberAndText) {
  constexpr readstat_type_t numbers[] = {READSTAT_TYPE_INT8, READSTAT_TYPE_INT16, READSTAT_TYPE_INT32,
                                         READSTAT_TYPE_FLOAT, READSTAT_TYPE_DOUBLE};
  for (const int release : releases)
    for (const readstat_type_t type : numbers) {
      Types types;
      types.rank = type;
      if (type != READSTAT_TYPE_INT8) types.id = types.year = type;
      if (type == READSTAT_TYPE_FLOAT) types.weight = type;
      same_as_csv(good(types).dta(release), std::to_string(release) + ", type " + std::to_string(type));
    }
  for (const int release : releases) {
    Types types;
    types.id = types.rank = READSTAT_TYPE_STRING;
    same_as_csv(good(types).dta(release), std::to_string(release) + ", texts");
    types.id = types.rank = READSTAT_TYPE_STRING_REF;
    if (release >= 117) same_as_csv(good(types).dta(release), std::to_string(release) + ", long texts");
  }
  Types types;
  types.id = types.rank = READSTAT_TYPE_STRING;
  same_as_csv(good(types).sav(), "SPSS, texts");
}

TEST(DataSets, TheKindOfFileIsKnownByItsContent) {
  const TemporaryFile dta(good().dta(), ".data"), sav(good().sav(), ".dta"), text(csv(), ".dta");
  const auto people = [](const TemporaryFile& file) {
    return rungs::io::read_panel(file.path(), columns(), ladder()).panel.people();
  };
  EXPECT_EQ(people(dta), 12U);
  EXPECT_EQ(people(sav), 12U);
  EXPECT_EQ(people(text), 12U);
  // But a name that says text is taken at its word: whoever gave it meant another file, or has to rename it.
  EXPECT_EQ(said(good().dta(), columns(), ladder(), ".CSV"),
            "panel.dta:1:1: error: found a Stata file under a name that ends in .csv; expected comma-separated text in "
            "UTF-8; if it is the data, rename it to .dta [E-KIND-DTA]\n");
  EXPECT_EQ(said(good().sav(), columns(), ladder(), ".csv"),
            "panel.dta:1:1: error: found an SPSS file under a name that ends in .csv; expected comma-separated text in "
            "UTF-8; if it is the data, rename it to .sav [E-KIND-SAV]\n");
}

TEST(DataSets, WidePanelsAndSpells) {
  DataSet wide;
  wide.variables = {{"id"},
                    {"note", READSTAT_TYPE_STRING},
                    {"rank2001", READSTAT_TYPE_INT8, "r"},
                    {"rank2002", READSTAT_TYPE_INT8, "r"}};
  wide.labels["r"] = {{1, "low"}, {2, "high"}};
  wide.rows = {{1.0, std::string("a\nb"), 1.0, 2.0},
               {2.0, std::string("c, d"), 2.0, 2.0},
               {3.0, std::string(""), 1.0, Gone{'b'}}};
  PanelColumns of{"id", "", "rank", "", WeightKind::none, {".b"}, {}};
  of.layout = rungs::io::PanelLayout::wide;
  const Ladder low_high = Ladder::parse("low < high");
  for (const std::string& bytes : {wide.dta(115), wide.dta(118)}) {
    const PanelFile file = read(bytes, of, low_high);
    EXPECT_EQ(file.panel.people(), 3U);
    EXPECT_EQ(file.records_read, 6U);
    const rungs::Tally moves = rungs::tally(file.panel);
    EXPECT_EQ(moves.pooled().weight(0, 1), 1);
    EXPECT_EQ(moves.pooled().weight(1, 1), 1);
    EXPECT_EQ(moves.pooled().weight(0, 0), 0);
  }
  of.missing.clear();
  EXPECT_EQ(
      said(wide.dta(118), of, low_high),
      "panel.dta: observation 3, variable 'rank2002': error: found '.b' in column 'rank2002', a sign for a missing "
      "value; expected one of 'low', 'high'; where it is not known, declare '.b' as missing [E-STATE-MISSING]\n");

  DataSet spells;
  spells.variables = {{"id"}, {"job", READSTAT_TYPE_INT8, "r"}, {"from"}, {"to"}};
  spells.labels = wide.labels;
  spells.rows = {{1.0, 1.0, 2001.0, 2003.0}, {1.0, 2.0, 2003.0, 2005.0}};
  PanelColumns in{"id", "", "job", "", WeightKind::none, {}, {}};
  in.layout = rungs::io::PanelLayout::spells;
  in.spells.begin = "from";
  in.spells.end = "to";
  in.spells.end_is = rungs::io::SpellEnd::excluded;
  const rungs::Tally moves = rungs::tally(read(spells.dta(), in, low_high).panel);
  EXPECT_EQ(moves.pooled().weight(0, 0), 1);
  EXPECT_EQ(moves.pooled().weight(0, 1), 1);
  EXPECT_EQ(moves.pooled().weight(1, 1), 1);
}

TEST(DataSets, TablesGroupsAndCovariates) {
  DataSet table;
  table.variables = {{"origin", READSTAT_TYPE_INT8, "r"}, {"destination", READSTAT_TYPE_INT8, "r"}, {"count"}};
  table.labels["r"] = {{1, "low"}, {2, "high"}};
  table.rows = {{1.0, 1.0, 30.0}, {1.0, 2.0, 10.0}, {2.0, 1.0, 5.0}, {2.0, 2.0, 55.0}};
  const TemporaryFile file(table.dta(), ".dta");
  const auto cells = rungs::io::read_table(file.path(), Ladder::parse("low < high")).cells;
  ASSERT_EQ(cells.size(), 4U);
  EXPECT_EQ(cells[1].people, 10);
  EXPECT_EQ(cells[1].where.text(), file.path() + ": observation 2, variable 'count'");
  table.rows[3] = {1.0, 2.0, 7.0};
  const TemporaryFile twice(table.dta(), ".dta");
  try {
    (void)rungs::io::read_table(twice.path(), Ladder::parse("low < high"));
    FAIL();
  } catch (const InputError& e) {
    EXPECT_THAT(e.what(), HasSubstr(": observation 4: error: "));
    EXPECT_THAT(e.what(), HasSubstr("the first stands in observation 2"));
  }

  DataSet grouped = good();
  grouped.variables.push_back({"sex", READSTAT_TYPE_INT8, "sexes", ""});
  grouped.variables.push_back({"school", READSTAT_TYPE_FLOAT, "", ""});
  grouped.labels["sexes"] = {{0, "men"}, {1, "women"}};
  for (std::size_t k = 0; k < grouped.rows.size(); ++k) {
    grouped.rows[k].push_back(double(k / 4 % 2));
    grouped.rows[k].push_back(k == 5 ? Cell(Gone{'.'}) : Cell(8.1f + double(k)));
  }
  const TemporaryFile people(grouped.dta(), ".dta");
  EXPECT_EQ(rungs::io::read_groups(people.path(), "sex"), (std::vector<std::string>{"men", "women"}));
  PanelColumns of = columns();
  of.covariates = {{"sex", true, {}}, {"school", false, {}}};
  of.covariates_may_miss = true;
  const PanelFile panel = rungs::io::read_panel(people.path(), of, ladder());
  ASSERT_EQ(panel.covariates.size(), 2U);
  EXPECT_EQ(panel.covariates[0].levels, (std::vector<std::string>{"men", "women"}));
  EXPECT_EQ(panel.covariates[1].values[0], 8.1);
  EXPECT_TRUE(std::isnan(panel.covariates[1].values[5]));
}

// --- values ---

TEST(DataSets, MissingValuesAreNamedByTheirLetter) {
  DataSet set = good();
  set.rows[4][2] = Gone{'.'};
  set.rows[5][2] = Gone{'a'};
  set.rows[6][2] = Gone{'z'};
  for (const int release : releases) {
    const std::string bytes = set.dta(release);
    EXPECT_EQ(
        said(bytes),
        "panel.dta: observation 5, variable 'rank': error: found '.' in column 'rank', a sign for a missing value; "
        "expected one of 'learner', 'skilled, trained', 'foreman \"A\"', 'manager'; where it is not known, declare "
        "'.' as missing [E-STATE-MISSING]\n"
        "panel.dta: observation 6, variable 'rank': error: found '.a' in column 'rank', a sign for a missing value; "
        "expected one of 'learner', 'skilled, trained', 'foreman \"A\"', 'manager'; where it is not known, declare "
        "'.a' as missing [E-STATE-MISSING]\n"
        "panel.dta: observation 7, variable 'rank': error: found '.z' in column 'rank', a sign for a missing value; "
        "expected one of 'learner', 'skilled, trained', 'foreman \"A\"', 'manager'; where it is not known, declare "
        "'.z' as missing [E-STATE-MISSING]\n");
    PanelColumns of = columns();
    of.missing = {".", ".a", ".z"};
    const PanelFile file = read(bytes, of);
    EXPECT_EQ(file.dropped.at("missing state"), 3U);
    EXPECT_EQ(file.panel.observations(), 45U);
  }
}

/// F15: what each type has for missing values never becomes a number.
TEST(DataSets, EveryMissingValueOfEveryTypeIsMissing) {
  for (const readstat_type_t type :
       {READSTAT_TYPE_INT8, READSTAT_TYPE_INT16, READSTAT_TYPE_INT32, READSTAT_TYPE_FLOAT, READSTAT_TYPE_DOUBLE}) {
    DataSet set;
    set.variables = {{"id"}, {"year"}, {"rank", READSTAT_TYPE_STRING}, {"x", type, "", ""}};
    PanelColumns of{"id", "year", "rank", "", WeightKind::none, {}, {}};
    of.covariates = {{"x", true, {}}};
    of.covariates_may_miss = true;
    for (int k = 0; k <= 26; ++k)
      set.rows.push_back({double(k), 2000.0, std::string("low"), Gone{k == 0 ? '.' : static_cast<char>('a' + k - 1)}});
    set.rows.push_back({100.0, 2000.0, std::string("low"), 100.0});
    for (const int release : releases) {
      const PanelFile file = read(set.dta(release), of, Ladder::parse("low < high"));
      ASSERT_EQ(file.covariates[0].values.size(), 28U);
      for (std::size_t k = 0; k < 27; ++k) EXPECT_TRUE(std::isnan(file.covariates[0].values[k])) << k;
      EXPECT_EQ(file.covariates[0].levels, std::vector<std::string>{"100"});
    }
  }
}

TEST(DataSets, ValuesWithoutLabelAreNoStates) {
  DataSet set = good();
  set.rows[9][2] = 7.0;
  const std::string expected =
      "observation 10, variable 'rank': error: found the value '7' without a label in column 'rank'; expected one of "
      "'learner', 'skilled, trained', 'foreman \"A\"', 'manager'; label the value in the file, recode it, or declare "
      "it "
      "as missing [E-LABEL-NOVALUE]\n";
  EXPECT_EQ(said(set.dta()), "panel.dta: " + expected);
  EXPECT_EQ(said(set.sav()), "panel.dta: " + expected);
  PanelColumns of = columns();
  of.missing = {"7"};
  EXPECT_EQ(read(set.dta(), of).dropped.at("missing state"), 1U);
  // A value that looks like the label of another one could not be told from it.
  set.labels["ranks"][3].second = "7";
  EXPECT_EQ(
      said(set.dta()),
      "panel.dta: observation 10, variable 'rank': error: found the value '7' without a label, beside another value "
      "with the label '7'; expected a label for each value; label the value, or make it missing "
      "[E-LABEL-NOVALUE]\n");
}

TEST(DataSets, OneLabelOfTwoValuesIsTold) {
  DataSet set = good();
  set.labels["ranks"].push_back({5, names[3]});
  set.rows[2][2] = 5.0;
  EXPECT_THAT(
      said(set.dta()),
      testing::StartsWith("panel.dta: observation 3, variable 'rank': warning: found the label 'manager' of more "
                          "than one value; expected a label of its own for each value; the values were read as "
                          "one [W-LABEL-DUP]\n"));
}

TEST(DataSets, LabelsThatAreNotThere) {
  std::string bytes = good().dta(118);
  const std::size_t at = bytes.find("ranks", bytes.find("<value_labels>"));
  bytes[at] = 'b';
  EXPECT_THAT(said(bytes),
              testing::StartsWith("panel.dta: observation 1, variable 'rank': error: found '1' in column "
                                  "'rank', whose labels are not in the file; expected one of 'learner', "));
  EXPECT_EQ(code_of(bytes), "E-DTA-LABELS");
}

TEST(DataSets, IdsThatAreNotExactAreRefused) {
  DataSet set = good({READSTAT_TYPE_DOUBLE});
  set.rows[0][0] = 9007199254740992.0;
  EXPECT_EQ(
      said(set.dta()),
      "panel.dta: observation 1, variable 'id': error: found the id 9007199254740992, held as a double; expected "
      "whole numbers below 9007199254740992, or texts; beyond that a double cannot tell neighbours apart: different "
      "ids may have become one; keep ids as text in the file they come from [E-ID-PRECISION]\n");
  EXPECT_EQ(code_of(set.sav()), "E-ID-PRECISION");
  set.rows[0][0] = 9007199254740991.0;
  EXPECT_EQ(code_of(set.dta()), "");
  DataSet single = good({READSTAT_TYPE_FLOAT});
  single.rows[1][0] = 123456789.0;
  EXPECT_EQ(
      said(single.dta()),
      "panel.dta: observation 2, variable 'id': error: found the id 123456792, held as a float; expected whole "
      "numbers below 16777216, or another type; beyond that a float cannot tell neighbours apart: different ids may "
      "have become one; keep ids as long, double or text in the file they come from [E-ID-PRECISION]\n");
}

TEST(DataSets, DatesBecomeYears) {
  // Days since 1960 of 1 July, and milliseconds and seconds since 1582.
  const auto with = [](const std::string& format, double offset, double per_day, bool counted) {
    DataSet set = good();
    set.variables[1].type = READSTAT_TYPE_DOUBLE;
    set.variables[1].format = format;
    for (std::size_t k = 0; k < set.rows.size(); ++k) {
      const double year = std::get<double>(set.rows[k][1]);
      const double day = std::floor((year - 1960) * 365.25) + 182;
      set.rows[k][1] = counted ? year - 1960 : (day + offset) * per_day;
    }
    return set;
  };
  const PanelFile years = read(csv());
  const auto same = [&](const std::string& bytes, const std::string& words) {
    const PanelFile file = read(bytes);
    ASSERT_EQ(file.panel.runs().size(), years.panel.runs().size());
    for (std::size_t r = 0; r < file.panel.runs().size(); ++r)
      EXPECT_EQ(file.panel.runs()[r].start, years.panel.runs()[r].start);
    ASSERT_EQ(file.warnings.size(), 1U);
    EXPECT_EQ(file.warnings[0].code, "W-TIME-FORMAT");
    EXPECT_EQ(file.warnings[0].found, words);
    EXPECT_EQ(file.warnings[0].hint, "they were read as their years");
  };
  same(with("%td", 0, 1, false).dta(), "found dates of format '%td'");
  same(with("%d", 0, 1, false).dta(), "found dates of format '%d'");
  same(with("%tc", 0.5, 86400000, false).dta(), "found dates of format '%tc'");
  same(with("%tdD_m_Y", 0, 1, false).dta(), "found dates of format '%tdD_m_Y'");
  // 1 January 1960 is 137774 days after 14 October 1582.
  same(with("DATE11", 137774, 86400, false).sav(), "found dates of format 'DATE11'");
  const PanelFile months = read(with("%tm", 0, 1, true).dta());
  EXPECT_EQ(months.panel.runs()[0].start, 55);
  ASSERT_EQ(months.warnings.size(), 1U);
  EXPECT_EQ(
      months.warnings[0].text().substr(months.warnings[0].text().find(": variable")),
      ": variable 'year': warning: found months of format '%tm'; expected whole numbers such as 2017; they were read "
      "as months counted from January 1960, as Stata counts them: a step of 1 is a month, so that its length in years "
      "has to be stated, 1/12 [W-TIME-FORMAT]");
  EXPECT_EQ(
      said(with("%tbnyse", 0, 1, false).dta()),
      "panel.dta: variable 'year': error: found times of format '%tbnyse'; expected whole numbers, or dates of format "
      "%td, %tc, %tw, %tm, %tq, %th or %ty; write the year, or number the periods, in a variable of their own "
      "[E-TIME-FORMAT]\n");
  EXPECT_EQ(code_of(with("MOYR8", 137774, 86400, false).sav()), "E-TIME-FORMAT");
  DataSet far = with("%td", 0, 1, false);
  far.rows[0][1] = 1e300;
  EXPECT_EQ(code_of(far.dta()), "E-TIME-RANGE");
}

TEST(DataSets, LabelsOfTimesWeightsAndIdsAreNotRead) {
  DataSet set = good();
  set.variables[1].labels = "waves";
  set.labels["waves"] = {{2015, "first wave"}, {2016, "second wave"}};
  same_as_csv(set.dta(), "labelled times");
}

TEST(DataSets, WhatSpssDeclaresAsMissingIsMissing) {
  DataSet set = good();
  set.variables[2].missing_values = {9};
  set.labels["ranks"].push_back({9, "refused"});
  set.rows[3][2] = 9.0;
  EXPECT_EQ(code_of(set.sav()), "E-STATE-MISSING");
  PanelColumns of = columns();
  of.missing = {"."};
  EXPECT_EQ(read(set.sav(), of).dropped.at("missing state"), 1U);
}

TEST(DataSets, OldTextsInAnotherEncodingAreRefused) {
  DataSet set = good();
  set.labels["ranks"][0].second = "\xbc\xbc\xca\xf5\xb9\xa4";  // GBK
  const std::string text = said(set.dta(117));
  EXPECT_THAT(
      text, testing::StartsWith(
                "panel.dta: observation 1, variable 'rank': error: found the byte 0xBC, which is not UTF-8; "
                "expected text in UTF-8; Stata files of release 117 do not say how their texts are encoded; it may be "
                "GBK: name it with --encoding GBK (in scenarios encoding), or in Stata 14 or later: unicode encoding "
                "set GBK, then unicode "
                "translate FILE [E-ENC-INVALID]\n"));
  EXPECT_THAT(
      said(set.dta(118)),
      testing::StartsWith(
          "panel.dta: observation 1, variable 'rank': error: found the byte 0xBC, which is not UTF-8; expected text in "
          "UTF-8; texts of Stata files of release 118 are always in UTF-8: the program that wrote this one did not "
          "convert them; it may be GBK: name it with --encoding GBK (in scenarios encoding) [E-ENC-INVALID]\n"));
  set.labels["ranks"][0].second = "\xe6\x8a\x80\xe6\x9c\xaf\xe5\xb7\xa5";  // UTF-8
  const Ladder chinese = ladder({set.labels["ranks"][0].second, names[1], names[2], names[3]});
  for (const int release : {115, 117, 118}) EXPECT_EQ(read(set.dta(release), columns(), chinese).panel.people(), 12U);
}

TEST(DataSets, TextsAreReadInTheEncodingThatIsNamed) {
  const std::string utf8 = "\xe6\x8a\x80\xe6\x9c\xaf\xe5\xb7\xa5", gbk = "\xbc\xbc\xca\xf5\xb9\xa4";  // a technician
  const Ladder chinese = ladder({utf8, names[1], names[2], names[3]});
  DataSet set = good();
  set.labels["ranks"][0].second = utf8;
  const PanelFile expected = read(set.dta(118), columns(), chinese);
  const auto same = [&](const std::string& bytes, const PanelColumns& of) {
    const PanelFile found = read(bytes, of, chinese);
    EXPECT_EQ(rungs::tally(found.panel).pooled(), rungs::tally(expected.panel).pooled());
    EXPECT_TRUE(found.warnings.empty());
  };
  set.labels["ranks"][0].second = gbk;
  PanelColumns of = columns();
  for (const char* name : {"GBK", "gbk", "GB18030", "cp936"}) {
    of.encoding = name;
    same(set.sav(), of);  // which states UTF-8
    for (const int release : {114, 115, 117, 118}) same(set.dta(release), of);
  }
  // Texts as values, and names.
  DataSet texts = good({.rank = READSTAT_TYPE_STRING});
  for (std::vector<Cell>& row : texts.rows)
    if (const auto* name = std::get_if<std::string>(&row[2]); name != nullptr && *name == names[0]) row[2] = gbk;
  same(texts.dta(117), of);
  DataSet long_texts = good({.rank = READSTAT_TYPE_STRING_REF});
  for (std::vector<Cell>& row : long_texts.rows)
    if (const auto* name = std::get_if<std::string>(&row[2]); name != nullptr && *name == names[0]) row[2] = gbk;
  same(long_texts.dta(117), of);
  std::string renamed = set.dta(117);
  for (std::size_t at = 0; (at = renamed.find("rank", at)) != std::string::npos;)
    renamed.replace(at, 4, "\xb5\xb5\xbc\xb6");
  EXPECT_THAT(said(renamed), HasSubstr("which is not UTF-8 at byte"));
  of.state = "\xe6\xa1\xa3\xe7\xba\xa7";
  same(renamed, of);
  of.state = "rank";
  // What is no text in it is refused.
  of.encoding = "SHIFT_JIS";
  set.labels["ranks"][0].second = "\xff\xff";
  EXPECT_THAT(said(set.dta(117), of, chinese), HasSubstr("[E-ENC-INVALID]"));
  for (std::vector<Cell>& row : long_texts.rows)
    if (const auto* name = std::get_if<std::string>(&row[2]); name != nullptr && *name == gbk) row[2] = "x\xff\xff";
  EXPECT_THAT(
      said(long_texts.dta(117), of, chinese),
      testing::StartsWith(
          "panel.dta: observation 1, variable 'rank': error: found the byte 0xFF, with which no character begins; "
          "expected text in SHIFT_JIS, as --encoding (in scenarios encoding) says; the file may be damaged, or in "
          "another encoding "
          "[E-ENC-INVALID]\n"));
  of.encoding = "Klingon";
  EXPECT_THROW((void)read(set.dta(117), of, chinese), rungs::Refusal);
}

TEST(DataSets, TextsThatAreUtf8AsTheyStandAreTold) {
  const std::string cafe = "caf\xc3\xa9", as_latin1 = "caf\xc3\x83\xc2\xa9";
  DataSet set = good();
  set.labels["ranks"][0].second = cafe;
  const Ladder other = ladder({as_latin1, names[1], names[2], names[3]});
  PanelColumns of = columns();
  of.encoding = "latin1";
  for (const std::string& bytes : {set.sav(), set.dta(115), set.dta(117), set.dta(118)}) {
    const PanelFile found = read(bytes, of, other);
    ASSERT_EQ(found.warnings.size(), 1U);
    EXPECT_EQ(found.warnings[0].code, "W-ENC-UTF8");
    EXPECT_EQ(found.warnings[0].found, "found texts that are UTF-8 as they stand");
  }
}

TEST(DataSets, PlacesAreObservationsAndVariables) {
  DataSet set = good();
  set.rows[7] = set.rows[6];
  EXPECT_EQ(
      said(set.dta()),
      "panel.dta: observation 8: error: found a second record of '1001' at time 2017; expected one record for each "
      "person and time; the first stands in observation 7 [E-DUP-KEY]\n");
  PanelColumns of = columns();
  of.id = "ID";
  EXPECT_EQ(said(set.dta(), of),
            "panel.dta: error: found no column 'ID' (the id); expected it among 'id', 'year', 'rank', 'weight'; only "
            "capital letters differ from 'id' [E-COL-ABSENT]\n");
  set.rows.clear();
  EXPECT_EQ(said(set.dta()),
            "panel.dta: error: found variables but no observation; expected at least one observation [E-NOROWS]\n");
}

TEST(DataSets, WarningsOfTheDataNameObservations) {
  DataSet set = good();
  Ladder::Builder builder = Ladder::builder();
  for (const std::string& name : names) builder.rung(name);
  const Ladder steps = builder.move(names[0], names[1]).build();
  const PanelFile file = read(set.dta(), columns(), steps);
  try {
    (void)rungs::tally(file.panel);
    FAIL();
  } catch (const InputError& e) {
    EXPECT_THAT(e.what(), HasSubstr(": observation "));
    EXPECT_THAT(e.what(), HasSubstr("the person's record before stands in observation "));
  }
}

// --- files that are damaged ---

TEST(DataSets, EveryTruncationOfAStataFileIsRefused) {
  DataSet set = good({READSTAT_TYPE_STRING});
  set.rows.resize(6);
  for (const int release : releases) {
    const std::string bytes = set.dta(release);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      const std::string code = code_of(bytes.substr(0, size));
      const bool between_labels = release < 117 && code == "E-DTA-LABELS";
      ASSERT_TRUE(size < 10 ? code != "" : code == "E-DTA-TRUNC" || between_labels) << release << ", " << size << code;
    }
    EXPECT_NE(code_of(bytes + "x"), "");
  }
  set.variables[0] = {"id", READSTAT_TYPE_STRING_REF, "", ""};
  const std::string bytes = set.dta(118);
  for (std::size_t size = 10; size < bytes.size(); ++size) ASSERT_EQ(code_of(bytes.substr(0, size)), "E-DTA-TRUNC");
}

TEST(DataSets, EveryTruncationOfAnSpssFileIsRefused) {
  DataSet set = good();
  set.rows.resize(6);
  for (const auto compress : {READSTAT_COMPRESS_NONE, READSTAT_COMPRESS_ROWS, READSTAT_COMPRESS_BINARY}) {
    const std::string bytes = set.sav(compress);
    for (std::size_t size = 4; size < bytes.size(); ++size) {
      const std::string code = code_of(bytes.substr(0, size));
      ASSERT_TRUE(code == "E-SAV-TRUNC" || code == "E-SAV-READ") << size << code;
    }
  }
  const std::string bytes = set.sav();
  EXPECT_EQ(code_of(bytes.substr(0, bytes.size() - 1)), "E-SAV-TRUNC");
  // A file that does not say how many observations it has is read, and when it ends early nothing tells.
  const auto silenced = [](std::string of) { return of.replace(80, 4, "\xff\xff\xff\xff"); };
  for (const auto compress : {READSTAT_COMPRESS_NONE, READSTAT_COMPRESS_ROWS, READSTAT_COMPRESS_BINARY})
    EXPECT_EQ(read(silenced(set.sav(compress))).records_read, 6U) << compress;
  const std::string silent = silenced(bytes);
  EXPECT_EQ(read(silent.substr(0, silent.size() - 32)).records_read, 5U);
}

/// One long label on a byte in each of many observations would fill the memory.
TEST(DataSets, LabelsThatWouldFillTheMemoryAreRefused) {
  DataSet set;
  set.variables = {{"id", READSTAT_TYPE_INT32}, {"year", READSTAT_TYPE_INT16}, {"rank", READSTAT_TYPE_INT8, "r"}};
  set.labels["r"] = {{1, std::string(32000, 'x')}};
  for (int k = 0; k < 2000; ++k) set.rows.push_back({double(k), 2001.0, 1.0});
  EXPECT_EQ(said(set.dta(), {"id", "year", "rank", "", WeightKind::none, {}, {}}),
            "panel.dta: error: found more text than 24 times the size of the file; expected less; labels may be very "
            "long, or the file made to fill the memory: keep only the variables that are needed [E-DTA-SIZE]\n");
  // Where the labels are not read, they take no room.
  set.variables.push_back({"state", READSTAT_TYPE_STRING});
  for (auto& row : set.rows) row.push_back(std::string("low"));
  EXPECT_EQ(read(set.dta(), {"id", "year", "state", "", WeightKind::none, {}, {}}, Ladder::parse("low < high"))
                .panel.people(),
            2000U);
}

/// One bit in another state changes a value or is refused: nothing else happens.
TEST(DataSets, SlowNoBitCrashesTheReader) {
  DataSet set = good({READSTAT_TYPE_STRING});
  set.rows.resize(4);
  std::vector<std::string> files{set.dta(113),
                                 set.dta(115),
                                 set.dta(117),
                                 set.dta(118),
                                 set.sav(),
                                 set.sav(READSTAT_COMPRESS_ROWS),
                                 set.sav(READSTAT_COMPRESS_BINARY)};
  set.variables[0] = {"id", READSTAT_TYPE_STRING_REF, "", ""};
  files.push_back(set.dta(118));
  for (std::string& bytes : files)
    for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
      const auto flip = [&] { bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8))); };
      flip();
      try {
        (void)read(bytes);
      } catch (const rungs::Error&) {
      }
      flip();
    }
}

std::string number_bytes(std::uint64_t x, std::size_t size) {
  std::string out;
  for (std::size_t i = 0; i < size; ++i) out += static_cast<char>(x >> (8 * i) & 0xff);
  return out;
}
/// The file with other bytes behind a text that stands in it.
std::string edited(std::string bytes, const std::string& after, const std::string& to) {
  const std::size_t at = bytes.find(after);
  EXPECT_NE(at, std::string::npos);
  return bytes.replace(at + after.size(), to.size(), to);
}

TEST(DataSets, StructureOfStataFiles) {
  using namespace std::string_literals;
  const std::string bytes = good().dta(118);
  const auto says = [](const std::string& of, const std::string& words) {
    EXPECT_EQ(said(of), "panel.dta: error: " + words + "\n");
  };
  says(bytes.substr(0, 10),
       "found the end of the file at byte 10, in <header>; expected one byte more; the file is cut off: copy or write "
       "it "
       "anew [E-DTA-TRUNC]");
  for (const std::string& release : {"116"s, "120"s})
    says(edited(bytes, "<release>", release),
         "found a Stata file of release " + release +
             " at byte 0, in <header>; expected release 113 to 115 or 117 to 119, as Stata 8 and later write them; in "
             "Stata: save or saveold it anew, or write it as CSV: export delimited using FILE.csv [E-DTA-VERSION]");
  EXPECT_THAT(said("\x6e\x02\x01\0\x04\0\0\0\0\0"s), HasSubstr("found a Stata file of release 110 at byte 0"));
  const std::size_t at = bytes.find("<byteorder>");
  says(edited(bytes, "</release>", "<bYteorder>"),
       "found '<bYteorder>' at byte " + std::to_string(at) +
           ", in <header>; expected '<byteorder>'; the file may be damaged: write it anew [E-DTA-HEADER]");
  EXPECT_EQ(code_of(edited(bytes, "<byteorder>", "FSM")), "E-DTA-HEADER");
  EXPECT_EQ(code_of(edited(bytes, "<N>", number_bytes(49, 8))), "E-DTA-SIZE");
  EXPECT_EQ(code_of(edited(bytes, "<N>", number_bytes(47, 8))), "E-DTA-SIZE");
  EXPECT_EQ(code_of(edited(bytes, "<N>", number_bytes(1000000, 8))), "E-DTA-TRUNC");
  EXPECT_THAT(said(edited(bytes, "<N>", number_bytes(std::uint64_t{1} << 63, 8))),
              HasSubstr("found 9223372036854775808 observations declared at byte "));
  EXPECT_EQ(code_of(edited(bytes, "<N>", number_bytes(std::uint64_t{1} << 63, 8))), "E-DTA-SIZE");
  EXPECT_EQ(code_of(edited(bytes, "<K>", number_bytes(0, 2))), "E-DTA-HEADER");
  EXPECT_THAT(said(edited(bytes, "<variable_types>", number_bytes(40000, 2))),
              HasSubstr("found the type 40000 of variable 1 at byte "));
  EXPECT_EQ(code_of(edited(bytes, "<variable_types>", number_bytes(40000, 2))), "E-DTA-TYPE");
  EXPECT_THAT(said(edited(bytes, "<varnames>", std::string(129, 'x'))),
              HasSubstr("found a name without end of variable 1"));
  EXPECT_THAT(said(edited(bytes, "<varnames>", "\xff")), HasSubstr("which is not UTF-8"));
  EXPECT_THAT(said(edited(bytes, "<varnames>", "year\0"s)), HasSubstr("found the name 'year' a second time at byte "));
  EXPECT_EQ(code_of(edited(bytes, "<varnames>", "year\0"s)), "E-DTA-NAME");
  const std::size_t map = bytes.find("<map>") + 5, data = bytes.find("<data>");
  std::string wrong = bytes;
  wrong.replace(map + 72, 8, number_bytes(1 << 30, 8));
  says(wrong, "found that <data> begins at byte 1073741824 at byte " + std::to_string(map + 72) +
                  ", in <map>; expected " + std::to_string(data) +
                  ", where it stands; the file may be damaged: write it anew [E-DTA-MAP]");
  wrong.replace(map + 72, 8, number_bytes(data - 4, 8));
  EXPECT_EQ(code_of(wrong), "E-DTA-MAP");
  // The date of the file is of no use.
  const std::string date = edited(bytes, "<timestamp>", "\x11nonsense and more");
  const PanelFile file = read(date);
  EXPECT_EQ(file.panel.people(), 12U);
  ASSERT_EQ(file.warnings.size(), 1U);
  EXPECT_EQ(file.warnings[0].code, "W-DTA-TIMESTAMP");

  Types types;
  types.id = READSTAT_TYPE_STRING_REF;
  const std::string texts = good(types).dta(118);
  EXPECT_EQ(code_of(texts), "");
  EXPECT_THAT(said(edited(texts, "<data>", number_bytes(1, 2) + number_bytes(47, 6))),
              HasSubstr("found a reference to the text of variable 1 and observation 47 at byte "));
  EXPECT_EQ(code_of(edited(texts, "<data>", number_bytes(1, 2) + number_bytes(47, 6))), "E-DTA-STRL");
  EXPECT_EQ(code_of(edited(texts, "<strls>GSO", number_bytes(9, 4))), "E-DTA-STRL");
}

TEST(DataSets, NumbersThatAreNone) {
  const DataSet set = good();
  std::string bytes = set.dta(118);
  const std::size_t last = bytes.find("</data>") - 8;
  const double nan = -std::numeric_limits<double>::quiet_NaN(), one = 1;
  std::memcpy(&bytes[last], &nan, 8);
  EXPECT_EQ(
      said(bytes),
      "panel.dta: observation 48, variable 'weight': error: found a number that is neither a number nor a missing "
      "value; expected one or the other; the file may be damaged: write it anew [E-DTA-VALUE]\n");
  const double positive = std::numeric_limits<double>::quiet_NaN();
  std::memcpy(&bytes[last], &positive, 8);
  EXPECT_EQ(code_of(bytes), "E-DTA-VALUE");
  std::memcpy(&bytes[last], &one, 8);
  EXPECT_EQ(code_of(bytes), "");
}

}  // namespace
}  // namespace data_sets_test
