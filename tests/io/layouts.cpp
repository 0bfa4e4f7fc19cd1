// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <rungs/data/histories.hpp>
#include <rungs/data/tally.hpp>
#include <rungs/io/csv.hpp>

#include "files.hpp"

namespace layouts_test {
namespace {

using rungs::Diagnostic;
using rungs::Ladder;
using rungs::Step;
using rungs::io::PanelColumns;
using rungs::io::PanelFile;
using rungs::io::PanelLayout;
using rungs::io::read_groups;
using rungs::io::read_panel;
using rungs::io::SpellEnd;
using rungs::test::TemporaryFile;
using testing::ElementsAre;
using testing::IsEmpty;

Ladder abc() { return Ladder::parse("a < b < c | out"); }

PanelColumns wide(const std::string& times = {}, const std::string& state = {}) {
  PanelColumns out;
  out.id = "id";
  out.state = state;
  out.layout = PanelLayout::wide;
  out.times = times;
  return out;
}
PanelColumns spells(SpellEnd end = SpellEnd::included) {
  PanelColumns out;
  out.id = "id";
  out.state = "job";
  out.layout = PanelLayout::spells;
  out.spells = {.begin = "from", .end = "to", .end_is = end};
  return out;
}

/// What a panel holds, by person, as (time, stratum).
using Held = std::map<std::uint32_t, std::vector<std::pair<std::int64_t, std::size_t>>>;
Held held(const rungs::Panel& panel) {
  Held out;
  for (const rungs::Panel::Run& run : panel.runs())
    for (std::size_t k = run.begin; k < run.end; ++k)
      out[run.person].emplace_back(run.start + static_cast<std::int64_t>(k - run.begin) * panel.stride(),
                                   panel.strata()[k]);
  return out;
}

/// The problems of a file, or what is worth saying of it, a line each, without its name.
std::string told(const std::vector<Diagnostic>& all, const std::string& path) {
  std::string out;
  for (const Diagnostic& d : all) {
    std::string text = d.text();
    if (text.compare(0, path.size() + 1, path + ":") == 0) text.erase(0, path.size() + 1);
    out += (out.empty() ? "" : "\n") + text;
  }
  return out;
}
std::string problems(const std::string& text, const PanelColumns& columns, const Ladder& ladder = abc()) {
  const TemporaryFile file(text);
  try {
    const PanelFile read = read_panel(file.path(), columns, ladder);
    (void)rungs::tally(read.panel);
  } catch (const rungs::InputError& error) {
    return told(error.problems(), file.path());
  } catch (const rungs::Error& error) {
    return error.what();
  }
  return "nothing thrown";
}
std::string warnings(const std::string& text, const PanelColumns& columns, const Ladder& ladder = abc()) {
  const TemporaryFile file(text);
  return told(read_panel(file.path(), columns, ladder).warnings, file.path());
}
Held read(const std::string& text, const PanelColumns& columns, const Ladder& ladder = abc()) {
  const TemporaryFile file(text);
  return held(read_panel(file.path(), columns, ladder).panel);
}

// --- a record for each person
// ------------------------------------------------------------------------------------------

TEST(WidePanel, HasATimeInTheNameOfEachColumnOfStates) {
  const TemporaryFile file("id,born,job1991,job1990,job1993\n1,x,b,a,\n2,y,,c,c\n3,z,,,\n");
  const PanelFile found = read_panel(file.path(), wide(), abc());
  EXPECT_EQ(held(found.panel), (Held{{0, {{1990, 0}, {1991, 1}}}, {1, {{1990, 2}, {1993, 2}}}}));
  EXPECT_EQ(found.records_read, 9U) << "people times columns";
  EXPECT_EQ(found.dropped, (std::map<std::string, std::uint64_t>{{"empty cell", 5}}));
  EXPECT_EQ(found.panel.people(), 2U);
  EXPECT_EQ(found.panel.line(2), 3U);
  EXPECT_THAT(found.warnings, IsEmpty());
}

TEST(WidePanel, TakesTimesInEveryWayOfSayingThem) {
  const std::string text = "id,job1990,job1991,job1992,pay1990,pay1991,first job\n1,a,b,c,7,8,a\n";
  const Held all{{0, {{1990, 0}, {1991, 1}, {1992, 2}}}};
  EXPECT_EQ(read(text, wide("", "job")), all);
  EXPECT_EQ(read(text, wide("1990:1992", "job")), all);
  EXPECT_EQ(read(text, wide(" 1990 , 1991, 1992 ", "job")), all);
  EXPECT_EQ(read(text, wide("job1992,job1990,job1991")), all);
  EXPECT_EQ(read(text, wide("1990=first job, job1991, 1992 = job1992")), all);
  EXPECT_EQ(read(text, wide("1990:1991", "job")), (Held{{0, {{1990, 0}, {1991, 1}}}}));
  EXPECT_EQ(read(text, wide("1992,1990", "job")), (Held{{0, {{1990, 0}, {1992, 2}}}}));
  EXPECT_EQ(read("id,1990,1991,1992\n1,a,b,c\n", wide()), all) << "names that are nothing but times";
  EXPECT_EQ(read("id,1990,1991,1992\n1,a,b,c\n", wide("1990:1992")), all);
  EXPECT_EQ(read("id,-1,0,1\n1,a,b,c\n", wide()), (Held{{0, {{-1, 0}, {0, 1}, {1, 2}}}}));
  EXPECT_EQ(read("id,sic3_90,sic3_91\n1,a,b\n", wide("", "sic3_")), (Held{{0, {{90, 0}, {91, 1}}}}));
  EXPECT_EQ(read("id,job80,job81\n1,a,b\n", wide("80:81")), (Held{{0, {{80, 0}, {81, 1}}}}));
}

TEST(WidePanel, HasWeightsGroupsMissingCodesAndRecodesOfThePerson) {
  const TemporaryFile file("job1,job2,id,w,sex\n1,2,x,2.5,f\n-9,2,y,1,m\n2,2,z,0,f\n");
  PanelColumns columns = wide();
  columns.weight = "w";
  columns.weight_kind = rungs::WeightKind::sampling;
  columns.missing = {"-9"};
  columns.recode = {{"1", "a"}, {"2", "b"}};
  columns.group = "sex";
  const Ladder both = abc().for_groups({"f", "m"});
  const PanelFile found = read_panel(file.path(), columns, both);
  EXPECT_EQ(held(found.panel), (Held{{0, {{1, both["f: a"].index()}, {2, both["f: b"].index()}}},
                                     {1, {{2, both["m: b"].index()}}},
                                     {2, {{1, both["f: b"].index()}, {2, both["f: b"].index()}}}}));
  EXPECT_EQ(found.panel.weight(1), 2.5);
  EXPECT_EQ(found.panel.weight(2), 1);
  EXPECT_EQ(found.dropped.at("missing state"), 1U);
  EXPECT_EQ(told(found.warnings, file.path()),
            "4:7: warning: found 2 records with a weight of 0; expected weights above 0; moves from there count for "
            "nothing; this is the first [W-WEIGHT-ZERO]");
}

/// What is said of weights in a file.
std::string of_weights(const std::string& text, PanelColumns columns, rungs::WeightKind kind) {
  const TemporaryFile file(text);
  columns.weight = "w";
  columns.weight_kind = kind;
  return told(read_panel(file.path(), columns, abc()).warnings, file.path());
}

TEST(LongPanel, TellsOfARecordThatHoldsMuchOfTheWeight) {
  // One weight among others of 1, of so many people who start in a stratum: of 40 more than an eighth, of 200 than 5 %.
  const auto warned = [](int people, double weight, rungs::WeightKind kind) {
    std::string text = "id,time,state,w\n";
    for (int k = 1; k <= people; ++k)
      for (const char* seen : {",1,a,", ",2,b,"})
        text += std::to_string(k) + seen + std::to_string(k == 1 ? weight : 1) + "\n";
    return of_weights(text, PanelColumns{.id = "id", .time = "time", .state = "state"}, kind);
  };
  EXPECT_EQ(warned(40, 6, rungs::WeightKind::sampling),
            "2:7: warning: found a record that holds 13.3 % of the weight of all 40 records in 'a' that moves start "
            "from; expected at most 12.5 %; what is estimated from there rests on one person [W-WEIGHT-DOMINANT]");
  EXPECT_EQ(warned(40, 5, rungs::WeightKind::sampling), "");
  EXPECT_EQ(warned(200, 11, rungs::WeightKind::precision),
            "2:7: warning: found a record that holds 5.2 % of the weight of all 200 records in 'a' that moves start "
            "from; expected at most 5 %; what is estimated from there rests on one person [W-WEIGHT-DOMINANT]");
  EXPECT_EQ(warned(200, 10, rungs::WeightKind::sampling), "");
  EXPECT_EQ(warned(200, 5000, rungs::WeightKind::frequency), "") << "that are 5000 people";
}

TEST(LongPanel, WeighsTheRecordsAloneThatMovesStartFrom) {
  const PanelColumns columns{.id = "id", .time = "time", .state = "state"};
  PanelColumns two_apart = columns;
  two_apart.moves = rungs::TallyOptions{.step = rungs::Step(2, 2)};
  // Weights of 8 people in 'a' at 1, 2 and 3; the last is that of no move.
  const auto people = [](const std::vector<double>& first, const std::vector<double>& last, bool ordered = true) {
    std::vector<std::string> lines;
    for (std::size_t k = 0; k < first.size(); ++k)
      for (const auto& [time, weight] : {std::pair{1, first[k]}, {2, 1.0}, {3, last[k]}})
        lines.push_back(std::to_string(k) + "," + std::to_string(time) + ",a, " + std::to_string(weight) + "\n");
    if (!ordered) std::reverse(lines.begin(), lines.end());
    std::string out = "id,time,state,w\n";
    for (const std::string& line : lines) out += line;
    return out;
  };
  const std::vector<double> alike(8, 1.0), last_dominates{1, 1, 1, 99, 1, 1, 1, 1}, first_dominates = last_dominates;
  const auto dominant = [&](const std::string& text, const PanelColumns& how) {
    const std::string all = of_weights(text, how, rungs::WeightKind::sampling);
    const std::size_t at = all.find("found a record that holds");
    if (at == std::string::npos) return std::string();
    const std::size_t line = all.rfind('\n', at) + 1;
    return all.substr(line, all.find(';', at) - line);
  };
  EXPECT_EQ(dominant(people(alike, last_dominates), columns), "");
  EXPECT_EQ(dominant(people(first_dominates, std::vector<double>(8, 200.0)), columns),
            "11:8: warning: found a record that holds 86.8 % of the weight of all 16 records in 'a' that moves start "
            "from")
      << "99 of 114, and the weight of others at the end hides it not";
  EXPECT_EQ(dominant(people(first_dominates, alike, false), columns),
            "16:8: warning: found a record that holds 86.8 % of the weight of all 16 records in 'a' that moves start "
            "from");
  EXPECT_EQ(dominant(people(first_dominates, alike), two_apart), "") << "neighbours are one unit apart";

  const PanelColumns in_columns = wide("1:3", "t");
  EXPECT_EQ(dominant("id,w,t1,t2,t3\n1,1,a,b,\n2,1,a,a,\n3,1,a,,\n4,1,a,b,\n5,9,,,a\n", in_columns), "");
  EXPECT_EQ(dominant("id,w,t1,t2,t3\n1,1,a,b,\n\"2\n3\",1,a,b,\n4,\"9\",a,b,\n5,1,a,b,\n6,99,,,a\n", in_columns),
            "5:4: warning: found a record that holds 75 % of the weight of all 4 records in 'a' that moves start from")
      << "an id of two lines, and quotes";
  PanelColumns in_spells{.id = "id", .state = "state", .layout = rungs::io::PanelLayout::spells};
  in_spells.spells = {.begin = "begin", .end = "end"};
  EXPECT_EQ(dominant("id,begin,end,state,w\n1,1,3,a,1\n2,1,2,a,1\n3,1,1,a,9\n", in_spells), "");
  EXPECT_EQ(dominant("id,begin,end,state,w\n2,1,4,b,1\n1,1,1,b,9\n1,2,3,a,1\n", in_spells),
            "3:9: warning: found a record that holds 75 % of the weight of all 4 records in 'b' that moves start from");
}

TEST(WidePanel, RefusesColumnsOfStatesThatAreNotClear) {
  EXPECT_EQ(problems("id,job1990,job1991,pay1990,pay1991\n1,a,b,7,8\n", wide()),
            "1:1: error: found columns with times behind several names: 'job' (2 columns), 'pay' (2 columns); expected "
            "one kind of state; name the one that is meant as the state, or list its columns as the times "
            "[E-WIDE-TIMES]");
  EXPECT_EQ(
      problems("id,job1990,pay1990\n1,a,7\n", wide("1990")),
      "1:1: error: found columns with times behind several names: 'job' (one column), 'pay' (one column); expected "
      "one kind of state; name the one that is meant as the state, or list its columns as the times "
      "[E-WIDE-TIMES]");
  EXPECT_EQ(problems("id,first,second\n1,a,b\n", wide()),
            "1:1: error: found no column whose name ends in a time; expected a column of states for each time, such as "
            "job1990 and job1991; list them as the times: 1990=first job,1991=second job [E-WIDE-TIMES]");
  EXPECT_EQ(problems("id,job_1990,job_1991\n1,a,b\n", wide("", "job")),
            "1:1: error: found no column of 'job' with a time behind it; expected a column of states for each time, "
            "such as job1990 and job1991; there are times behind 'job_' (2 columns) [E-WIDE-TIMES]");
  EXPECT_EQ(problems("id,job1990,job1991\n1,a,b\n", wide("1990:1995", "job")),
            "1:1: error: found no column of 'job' with the time 1995 behind it; expected it among 'id', 'job1990', "
            "'job1991' [E-WIDE-TIMES]");
  EXPECT_EQ(problems("id,job1990,job1991\n1,a,b\n", wide("1991:1990")),
            "1:1: error: found '1991:1990' among the times; expected the first time before the last [E-WIDE-TIMES]");
  EXPECT_EQ(problems("id,job1990,job1991\n1,a,b\n", wide("job1990,jib1991")),
            "1:1: error: found no column 'jib1991' (a time of the state); expected it among 'id', 'job1990', "
            "'job1991'; did you mean 'job1991'? [E-COL-ABSENT]");
  EXPECT_EQ(problems("id,job1990,job1991\n1,a,b\n", wide("id,job1990")),
            "1:1: error: found column 'id' named as a time of the state and for something else; expected a column for "
            "each [E-COL-ROLE]");
  EXPECT_EQ(problems("id,first,job1991\n1,a,b\n", wide("first,job1991")),
            "1:1: error: found 'first' among the times, which does not end in a whole number; expected TIME=COLUMN for "
            "such a column, as in 1990=first [E-WIDE-TIMES]");
  EXPECT_EQ(problems("id,first,job1991\n1,a,b\n", wide("then=first,job1991")),
            "1:1: error: found 'then=first' among the times; expected TIME=COLUMN with a whole number first "
            "[E-WIDE-TIMES]");
  EXPECT_EQ(problems("id,job1,job01\n1,a,b\n", wide()),
            "1:9: error: found columns 'job1' and 'job01' of one time, 1; expected a column for each time "
            "[E-WIDE-TIMES]");
  EXPECT_EQ(problems("id,job1,job2\n1,a,b\n", wide("job1,job1")),
            "1:4: error: found column 'job1' among the times twice; expected each once [E-WIDE-TIMES]");
  EXPECT_EQ(problems("id,job1990\n1,a\n", wide()),
            "1:1: error: found one column of states, 'job1990'; expected at least two; a move is seen between two "
            "times [E-WIDE-TIMES]");
}

TEST(WidePanel, RefusesTimesThatAreNotInOrderAsNumbers) {
  EXPECT_EQ(problems("id,job98,job99,job00,job01\n1,a,b,b,b\n", wide()),
            "1:1: error: found columns 'job00' and 'job99', whose times look like years of two centuries; expected "
            "times in their order; write the years out: 1999=job99,2000=job00 [E-WIDE-TIMES]");
  EXPECT_EQ(problems("id,q199012,q199101\n1,a,b\n", wide()),
            "1:4: error: found 199012 behind the name of column 'q199012'; expected a whole number of units; all times "
            "look like year and month in one number, which cannot be subtracted: number the months one after the other "
            "[E-TIME-PARSE]");
  EXPECT_EQ(read("id,m01,m02,m03\n1,a,b,b\n", wide()), (Held{{0, {{1, 0}, {2, 1}, {3, 1}}}})) << "waves, no years";
}

TEST(WidePanel, TellsWhatIsWrongWithACellAtItsPlace) {
  EXPECT_EQ(problems("id,job1,job2\n1,a,d\n,a,b\n.,a,b\n2,NA,b\n1,a,b\n,,\nid,job1,job2\n", wide()),
            "2:5: error: found 'd' in column 'job2'; expected one of 'a', 'b', 'c', 'out' "
            "[E-LABEL-UNKNOWN]\n"
            "3:1: error: found no id in column 'id'; expected the person that the record is about [E-ID-EMPTY]\n"
            "4:1: error: found '.' in column 'id', a sign for a missing value; expected the person that the record is "
            "about [E-ID-MISSING]\n"
            "5:3: error: found 'NA' in column 'job1', a sign for a missing value; expected one of 'a', 'b', 'c', "
            "'out'; where it is not known, declare 'NA' as missing [E-STATE-MISSING]\n"
            "6:1: error: found a second record of '1'; expected one record for each person; the first stands on line "
            "2; with a record for each time, the panel is not wide [E-DUP-KEY]\n"
            "7:1: error: found no id in column 'id'; expected the person that the record is about; the line has only "
            "commas, as spreadsheets write them: leave it out [E-ID-EMPTY]\n"
            "8:1: error: found the line of column names a second time; expected it once, at the top; it looks like two "
            "files put together [E-DUP-KEY]");
  EXPECT_EQ(problems("id,job1,job2\n", wide()),
            "2:1: error: found column names but no record; expected at least one record [E-NOROWS]");
  EXPECT_EQ(problems("id,job1,job2\n1,,\n2,,\n", wide()),
            "3:1: error: found no state in any column of states; expected at least one; all 4 cells are empty, or "
            "declared as missing [E-NOROWS]");
  EXPECT_EQ(problems("id,job1,job2,job3\n1,a,out,b\n", wide()),
            "2:1: error: found a move from 'out' to 'b'; expected no move out of an exit; from time 2 to 3 "
            "[E-STRUCT-ZERO]");
  PanelColumns weighted = wide();
  weighted.weight = "w";
  weighted.weight_kind = rungs::WeightKind::sampling;
  EXPECT_EQ(problems("id,job1,job2,w\n1,a,b,\n2,a,b,-1\n3,,,-1\n", weighted),
            "2:7: error: found no weight in column 'w'; expected a number, 0 or more; an empty weight is taken neither "
            "as 0 nor as 1 [E-WEIGHT-EMPTY]\n"
            "3:7: error: found '-1' in column 'w'; expected a number, 0 or more; it looks like a code for a missing "
            "value: a record without a weight cannot count [E-WEIGHT-NEG]")
      << "the weight of somebody without a state does not count";
}

// --- a record for each spell
// -------------------------------------------------------------------------------------------

TEST(Spells, HoldAtEveryTimeFromBeginToEnd) {
  const std::string text = "id,job,from,to\n1,a,1990,1991\n1,b,1992,1994\n2,c,1990,1990\n";
  EXPECT_EQ(read(text, spells()),
            (Held{{0, {{1990, 0}, {1991, 0}, {1992, 1}, {1993, 1}, {1994, 1}}}, {1, {{1990, 2}}}}));
  const std::string next = "id,job,from,to\n1,b,1992,1995\n2,c,1990,1991\n1,a,1990,1992\n";
  EXPECT_EQ(read(next, spells(SpellEnd::excluded)), read(text, spells())) << "in any order";
}

TEST(Spells, WithoutAnEndLastUntilTheLastTimeObserved) {
  PanelColumns columns = spells();
  columns.spells.until = 1993;
  columns.spells.open = {"now"};
  const std::string text = "id,job,from,to\n1,a,1990,1991\n1,b,1992,\n2,c,1991,now\n3,out,1992,\n";
  const Held expected{{0, {{1990, 0}, {1991, 0}, {1992, 1}, {1993, 1}}},
                      {1, {{1991, 2}, {1992, 2}, {1993, 2}}},
                      {2, {{1992, 3}, {1993, 3}}}};
  EXPECT_EQ(read(text, columns), expected);
  columns.spells.end_is = SpellEnd::excluded;
  EXPECT_EQ(read("id,job,from,to\n1,a,1990,1992\n1,b,1992,\n2,c,1991,1994\n3,out,1992,now\n", columns), expected)
      << "still there at the last time observed";
  columns.spells.until.reset();
  EXPECT_EQ(problems(text, columns),
            "3:10: error: found a spell without an end in column 'to'; expected a time; state the last time observed, "
            "until which such people are seen [E-SPELL-UNTIL]\n"
            "4:10: error: found a spell without an end, 'now', in column 'to'; expected a time; state the last time "
            "observed, until which such people are seen [E-SPELL-UNTIL]\n"
            "5:12: error: found a spell without an end in column 'to'; expected a time; state the last time observed, "
            "until which such people are seen [E-SPELL-UNTIL]");
}

TEST(Spells, WithoutABeginLastSinceTheFirstTimeObserved) {
  PanelColumns columns = spells();
  const std::string text = "id,job,from,to\n1,a,,1991\n1,b,1992,1993\n";
  EXPECT_EQ(problems(text, columns),
            "2:5: error: found a spell without a begin in column 'from'; expected a time; state the first time "
            "observed, from which such people are seen [E-SPELL-SINCE]");
  columns.spells.since = 1990;
  EXPECT_EQ(read(text, columns), (Held{{0, {{1990, 0}, {1991, 0}, {1992, 1}, {1993, 1}}}}));
}

TEST(Spells, AreRefusedOutsideOfWhatWasObserved) {
  PanelColumns columns = spells();
  columns.spells.since = 1990;
  columns.spells.until = 1995;
  EXPECT_EQ(problems("id,job,from,to\n1,a,1989,1991\n2,a,1990,1996\n3,a,,1989\n4,a,1996,\n", columns),
            "2:5: error: found a spell from 1989, before the first time observed, 1990; expected none; leave out what "
            "was not observed, or state an earlier time [E-SPELL-SINCE]\n"
            "3:10: error: found a spell to 1996, after the last time observed, 1995; expected none; leave out what was "
            "not observed, or state a later time [E-SPELL-UNTIL]\n"
            "4:6: error: found the end 1989 of a spell without a begin, and 1990 as the first time observed; expected "
            "a spell that was observed [E-SPELL-SINCE]\n"
            "5:5: error: found the begin 1996 of a spell without an end, and 1995 as the last time observed; expected "
            "a spell that was observed [E-SPELL-UNTIL]");
  columns.spells.since = 1996;
  EXPECT_EQ(problems("id,job,from,to\n", columns),
            "found 1996 as the first time observed and 1995 as the last; expected the first before the last "
            "[E-SPELL-UNTIL]");
}

TEST(Spells, ThatOverlapOrRunBackwardAreRefused) {
  EXPECT_EQ(problems("id,job,from,to\n1,a,1990,1992\n1,b,1992,1994\n2,a,1995,1994\n2,c,1990,1999\n2,b,1991,1992\n"
                     "2,b,1993,1994\n",
                     spells()),
            "3:5: error: found a spell of '1' from 1992 that begins before another ends, from 1990 to 1992; expected "
            "the spells of a person one after another; the other stands on line 2; where the next spell begins at the "
            "end of the one before, ends are not included [E-SPELL-OVERLAP]\n"
            "4:10: error: found the end 1994 of a spell that begins at 1995; expected no end before the begin "
            "[E-SPELL-ORDER]\n"
            "6:5: error: found a spell of '2' from 1991 that begins before another ends, from 1990 to 1999; expected "
            "the spells of a person one after another; the other stands on line 5 [E-SPELL-OVERLAP]\n"
            "7:5: error: found a spell of '2' from 1993 that begins before another ends, from 1990 to 1999; expected "
            "the spells of a person one after another; the other stands on line 5 [E-SPELL-OVERLAP]");
  PanelColumns columns = spells(SpellEnd::excluded);
  columns.spells.until = 2000;
  EXPECT_EQ(problems("id,job,from,to\n1,a,1990,\n1,b,1992,1992\n1,b,1992,1994\n", columns),
            "3:10: error: found a spell of no length, from 1992 to 1992, its end not included; expected an end after "
            "the begin; leave such spells out, or count time in shorter units [E-SPELL-ORDER]\n"
            "4:5: error: found a spell of '1' from 1992 that begins before another ends, from 1990 to an open end; "
            "expected the spells of a person one after another; the other stands on line 2; only the last spell of a "
            "person has no end [E-SPELL-OVERLAP]");
}

TEST(Spells, ThatDoNotMeetLeaveAGapAndAreTold) {
  const std::string text = "id,job,from,to\n2,a,1,2\n2,b,5,6\n1,a,1,3\n1,b,4,6\n1,a,8,9\n";
  EXPECT_EQ(read(text, spells())[0],
            (std::vector<std::pair<std::int64_t, std::size_t>>{{1, 0}, {2, 0}, {5, 1}, {6, 1}}));
  EXPECT_EQ(warnings(text, spells()),
            "3:5: warning: found 2 spells that do not begin where the spell of the person before ends; expected spells "
            "that meet; the first is of '2', not observed from 3 to 4 [W-SPELL-GAP]");
  EXPECT_EQ(warnings("id,job,from,to\n1,a,1,3\n1,b,4,6\n", spells(SpellEnd::excluded)),
            "3:5: warning: found one spell that does not begin where the spell of the person before ends; expected "
            "spells that meet; the first is of '1', not observed from 3 to 3; all such gaps are of one unit and no "
            "spells meet: are ends included? [W-SPELL-GAP]");
}

TEST(Spells, AreObservedAtTheTimesOfTheGrid) {
  PanelColumns columns = spells();
  columns.spells.every = 12;
  const std::string text = "id,job,from,to\n1,a,1,11\n1,b,12,13\n1,?,14,36\n1,c,37,49\n2,a,2,12\n";
  columns.missing = {"?"};
  EXPECT_EQ(problems(text, columns),
            "found spells and a step of 12 without a grid; expected one time at which people are taken to be observed, "
            "the others being whole steps before and after it [E-SPELL-GRID]");
  for (const std::int64_t grid : {1, 37, -11}) {
    columns.spells.grid = grid;
    const TemporaryFile file(text);
    const PanelFile found = read_panel(file.path(), columns, abc());
    EXPECT_EQ(held(found.panel), (Held{{0, {{1, 0}, {13, 1}, {37, 2}, {49, 2}}}}));
    EXPECT_EQ(found.records_read, 5U);
    EXPECT_EQ(found.dropped, (std::map<std::string, std::uint64_t>{{"missing state", 1}}));
    EXPECT_EQ(found.spells.records_read, 5U);
    EXPECT_EQ(found.spells.records_used, 3U);
    EXPECT_EQ(found.spells.dropped,
              (std::map<std::string, std::uint64_t>{{"between the times of the grid", 1}, {"missing state", 1}}));
    EXPECT_NO_THROW(found.spells.check());
  }
  columns.spells.grid = 6;
  EXPECT_EQ(read(text, columns)[0], (std::vector<std::pair<std::int64_t, std::size_t>>{{6, 0}, {42, 2}}));
  EXPECT_EQ(problems("id,job,from,to\n1,a,1,2\n", columns),
            "2:1: error: found no spell that holds at a time of the grid with a state; expected at least one; all 1 "
            "spells have a state declared as missing, or lie between the times [E-NOROWS]");
}

TEST(Spells, TellWhatIsWrongWithAFieldAtItsPlace) {
  EXPECT_EQ(problems("id,job,from,to\n,a,1990,1991\n1,d,1990,x\n2,,1990.5,9999\n3,a,1990,-9\nid,job,from,to\n,,,\n",
                     spells()),
            "2:1: error: found no id in column 'id'; expected the person that the record is about [E-ID-EMPTY]\n"
            "3:3: error: found 'd' in column 'job'; expected one of 'a', 'b', 'c', 'out' "
            "[E-LABEL-UNKNOWN]\n"
            "3:10: error: found 'x' in column 'to'; expected a whole number such as 2017 [E-TIME-PARSE]\n"
            "4:3: error: found no state in column 'job'; expected one of 'a', 'b', 'c', 'out'; where it is not known, "
            "declare '' as missing [E-STATE-MISSING]\n"
            "4:4: error: found '1990.5' in column 'from'; expected a whole number of periods; number shorter periods "
            "one after the other, such as half-years 1, 2, 3 [E-TIME-GRID]\n"
            "4:11: error: found '9999' in column 'to'; expected a time; it looks like a code: if it means that the "
            "spell lasts beyond what was observed, declare it as open [E-TIME-RANGE]\n"
            "5:10: error: found the end -9 of a spell that begins at 1990; expected no end before the begin "
            "[E-SPELL-ORDER]\n"
            "5:10: error: found '-9' in column 'to'; expected a time; it looks like a code for a missing value: leave "
            "such records out [E-TIME-RANGE]\n"
            "6:1: error: found the line of column names a second time; expected it once, at the top; it looks like two "
            "files put together [E-DUP-KEY]\n"
            "7:1: error: found no id in column 'id'; expected the person that the record is about; the line has only "
            "commas, as spreadsheets write them: leave it out [E-ID-EMPTY]");
  EXPECT_EQ(problems("id,job,from\n1,a,1\n", spells()),
            "1:1: error: found no column 'to' (the end); expected it among 'id', 'job', 'from' [E-COL-ABSENT]");
  EXPECT_EQ(problems("id,job,from,to\n1,a,1,200000000\n", spells()),
            "2:5: error: found a spell of 200000000 steps; expected at most 100000; count time in larger units, or "
            "choose a longer step [E-SPELL-LONG]");
  EXPECT_EQ(problems("id,job,from,to\n1,a,19900101,19911231\n", spells()),
            "2:5: error: found 19900101 in the columns of the spells; expected a whole number of units; all times look "
            "like year, month and day in one number, which cannot be subtracted: number the days one after the other "
            "[E-TIME-PARSE]");
  PanelColumns grouped = spells();
  grouped.group = "sex";
  EXPECT_EQ(problems("id,job,from,to,sex\n1,a,1,2,f\n1,b,3,4,m\n1,b,5,6,x\n", grouped, abc().for_groups({"f", "m"})),
            "3:9: error: found '1' in the group 'm' of column 'sex'; expected each person in one group; the group was "
            "'f' on line 2 [E-GROUP-VARIES]\n"
            "4:9: error: found 'x' in column 'sex'; expected one of 'f', 'm' [E-LABEL-UNKNOWN]");
}

// --- one panel in three layouts
// ----------------------------------------------------------------------------------------

/// A random panel with gaps, and three files of it.
struct Three {
  std::string long_form = "id,time,job,w,g\n", wide = "id,w,g", spells = "id,job,from,to,w,g\n";
  bool ends_included = true;
};
Three three(std::mt19937& random) {
  const auto draw = [&random](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  const char* const names[] = {"a", "b", "c", "out"};
  Three out;
  out.ends_included = draw(2) == 0;
  const int people = 1 + draw(40), waves = 2 + draw(12), first = draw(3) == 0 ? -5 : 1990;
  for (int t = 0; t < waves; ++t) out.wide += ",job" + std::string(first < 0 ? "_" : "") + std::to_string(t + 5);
  out.wide += "\n";
  std::vector<std::string> records, persons, spells;
  for (int p = 0; p < people; ++p) {
    const std::string id = "p" + std::to_string(p),
                      w = std::to_string(1 + draw(3)) + "," + std::string(1, "xyz"[draw(3)]);
    std::vector<int> states(static_cast<std::size_t>(waves), -1);
    int now = draw(3);
    for (int& s : states) {
      if (now < 3 && draw(3) == 0) now = draw(4);
      if (draw(20) > 0) s = now;
    }
    std::string cells;
    for (int t = 0; t < waves; ++t) {
      const int s = states[static_cast<std::size_t>(t)];
      cells += s < 0 ? "," : "," + std::string(names[s]);
      if (s >= 0) records.push_back(id + "," + std::to_string(t + 5) + "," + names[s] + "," + w + "\n");
    }
    persons.push_back(id + "," + w + cells + "\n");
    for (int t = 0; t < waves;) {
      const int s = states[static_cast<std::size_t>(t)];
      int end = t;
      // A spell may be cut in two although the state goes on.
      while (end + 1 < waves && states[static_cast<std::size_t>(end) + 1] == s && draw(10) > 0) ++end;
      if (s >= 0) {
        const bool open = end + 1 == waves && draw(2) == 0, opened = t == 0 && draw(3) == 0;
        spells.push_back(id + "," + names[s] + "," + (opened ? "" : std::to_string(t + 5)) + "," +
                         (open ? "" : std::to_string(end + 5 + (out.ends_included ? 0 : 1))) + "," + w + "\n");
      }
      t = end + 1;
    }
  }
  for (auto* lines : {&records, &persons, &spells}) std::shuffle(lines->begin(), lines->end(), random);
  for (const std::string& line : records) out.long_form += line;
  for (const std::string& line : persons) out.wide += line;
  for (const std::string& line : spells) out.spells += line;
  return out;
}

TEST(Layouts, OfOnePanelGiveTheSameTallyToThePerson) {
  std::mt19937 random(20260930);  // NOLINT
  std::size_t compared = 0, moves = 0;
  for (int k = 0; k < 400; ++k) {
    const Three files = three(random);
    const bool weighted = k % 2 == 1, grouped = k % 3 == 1;
    const Ladder ladder = grouped ? abc().for_groups({"x", "y", "z"}) : abc();
    const auto with = [&](PanelColumns columns) {
      columns.id = "id";
      if (grouped) columns.group = "g";
      if (weighted) {
        columns.weight = "w";
        columns.weight_kind = rungs::WeightKind::frequency;
      }
      return columns;
    };
    const TemporaryFile long_file(files.long_form), wide_file(files.wide), spell_file(files.spells);
    if (files.long_form.find('\n') + 1 == files.long_form.size()) continue;  // nobody was seen
    PanelColumns of_long;
    of_long.time = "time";
    of_long.state = "job";
    PanelColumns of_spells = spells(files.ends_included ? SpellEnd::included : SpellEnd::excluded);
    const auto waves =
        static_cast<std::int32_t>(std::count(
            files.wide.begin(), files.wide.begin() + static_cast<std::ptrdiff_t>(files.wide.find('\n')), ',')) -
        2;
    of_spells.spells.since = 5;
    of_spells.spells.until = 5 + waves - 1;
    for (const std::int64_t step : {1, 2, 3}) {
      PanelColumns of_grid = of_spells;
      of_grid.spells.every = 1;
      const PanelFile a = read_panel(long_file.path(), with(of_long), ladder),
                      b = read_panel(wide_file.path(), with(wide()), ladder),
                      c = read_panel(spell_file.path(), with(of_grid), ladder);
      const auto by_period = [&](const PanelFile& f) -> std::optional<rungs::Tally> {
        try {
          return rungs::tally(f.panel, {.step = Step(step), .gap = rungs::Gap::em, .by_period = true});
        } catch (const rungs::Refusal& refusal) {
          EXPECT_EQ(refusal.code(), "E-STEP-MIXED");
          return std::nullopt;
        }
      };
      const auto x = by_period(a), y = by_period(b), z = by_period(c);
      ASSERT_EQ(x.has_value(), y.has_value());
      ASSERT_EQ(x.has_value(), z.has_value());
      if (!x) continue;
      for (const rungs::Tally* other : {&*y, &*z}) {
        EXPECT_EQ(x->pooled(), other->pooled());
        EXPECT_EQ(x->by_period(), other->by_period());
        EXPECT_EQ(x->across_gaps(), other->across_gaps());
        EXPECT_EQ(x->ledger(), other->ledger()) << "of the observations; cells and spells left out are told apart";
        EXPECT_EQ(x->people(), other->people());
      }
      // To the person: what each did, whoever comes first in the file.
      const auto paths = [](const PanelFile& f) {
        std::vector<std::vector<std::pair<std::int64_t, std::size_t>>> out;
        for (const auto& [person, path] : held(f.panel)) out.push_back(path);
        std::sort(out.begin(), out.end());
        return out;
      };
      EXPECT_EQ(paths(a), paths(b));
      EXPECT_EQ(paths(a), paths(c));
      ++compared;
      moves += x->ledger().pairs_used;
    }
    // The ledger of the cells and of the spells adds up.
    const PanelFile b = read_panel(wide_file.path(), with(wide()), ladder),
                    c = read_panel(spell_file.path(), with(of_spells), ladder);
    const auto dropped = [](const PanelFile& f) {
      std::uint64_t sum = 0;
      for (const auto& [reason, n] : f.dropped) sum += n;
      return sum;
    };
    EXPECT_EQ(b.records_read, b.panel.observations() + dropped(b));
    EXPECT_EQ(c.records_read, c.panel.observations() + dropped(c));
    EXPECT_NO_THROW(c.spells.check());
  }
  EXPECT_GT(compared, 300U);
  EXPECT_GT(moves, 30000U);
}

TEST(Layouts, SpellsOnAGridAreTheLongPanelAtThoseTimes) {
  std::mt19937 random(7);  // NOLINT
  for (int k = 0; k < 100; ++k) {
    const Three files = three(random);
    if (files.spells.find('\n') + 1 == files.spells.size()) continue;
    const TemporaryFile spell_file(files.spells);
    PanelColumns columns = spells(files.ends_included ? SpellEnd::included : SpellEnd::excluded);
    columns.spells.since = 5;
    columns.spells.until =
        4 +
        static_cast<std::int32_t>(std::count(
            files.wide.begin(), files.wide.begin() + static_cast<std::ptrdiff_t>(files.wide.find('\n')), ',')) -
        2;
    const Held every = held(read_panel(spell_file.path(), columns, abc()).panel);
    columns.spells.every = 3;
    columns.spells.grid = 6;
    Held expected;
    for (const auto& [person, path] : every)
      for (const auto& [time, state] : path)
        if ((time - 6) % 3 == 0) expected[person].emplace_back(time, state);
    if (expected.empty()) continue;
    EXPECT_EQ(held(read_panel(spell_file.path(), columns, abc()).panel), expected);
  }
}

// --- groups
// ------------------------------------------------------------------------------------------------------------

TEST(ReadGroups, GivesTheValuesOfAColumnInOneOrderWhateverThatOfTheRecords) {
  EXPECT_THAT(read_groups(TemporaryFile("id,g\n1,b\n2, a\n3,b\n4,\"a\"\n").path(), "g"), ElementsAre("a", "b"));
  EXPECT_THAT(read_groups(TemporaryFile("id,g\n1,10\n2,x\n3,9\n4,1\n").path(), "g"), ElementsAre("1", "9", "10", "x"));
  try {
    (void)read_groups(TemporaryFile("id,g\n1,men\n2,women\n3,men\xc2\xa0\n").path(), "g");
    ADD_FAILURE() << "nothing was refused";
  } catch (const rungs::InputError& e) {
    EXPECT_THAT(
        e.problems().front().text(),
        testing::HasSubstr(":4:3: error: found the groups 'men' and 'men<U+00A0>' in column 'g'; expected groups "
                           "that differ in what is seen; they differ only by U+00A0, which is not seen "
                           "[E-LABEL-UNKNOWN]"));
  }
  EXPECT_THAT(read_groups(TemporaryFile("id,g\n1,.\n2,f\n3,\n4,-9\n5,99\n6,NA\n").path(), "g"), ElementsAre("f"))
      << "what may stand for a missing value is no group of its own accord";
}

TEST(ReadGroups, RefusesAColumnThatIsNone) {
  const auto told_of = [](const std::string& text) {
    const TemporaryFile file(text);
    try {
      (void)read_groups(file.path(), "sex");
    } catch (const rungs::InputError& error) {
      return told(error.problems(), file.path());
    }
    return std::string("nothing thrown");
  };
  EXPECT_EQ(told_of("id,Sex\n1,f\n"),
            "1:1: error: found no column 'sex' (the group); expected it among 'id', 'Sex'; only capital letters differ "
            "from 'Sex' [E-COL-ABSENT]");
  EXPECT_EQ(told_of("id,sex\n1,\n2,.\n"),
            "1:4: error: found no group in column 'sex'; expected at least one [E-LABEL-UNKNOWN]");
  EXPECT_EQ(told_of("id,sex\n"),
            "2:1: error: found column names but no record; expected at least one record [E-NOROWS]");
  std::string many = "id,sex\n";
  for (int k = 0; k < 200; ++k) many += "1," + std::to_string(1000 + k) + "\n";
  EXPECT_EQ(told_of(many), "102:3: error: found more than 100 groups in column 'sex'; expected at most 100 [E-SIZE]");
}

// --- how people were drawn ---

TEST(Drawn, IsOfThePeopleOfThePanelInItsOrder) {
  // The second person is in no state that is known, and so not in the panel.
  const TemporaryFile file(
      "id,s2001,s2002,place,part,w1,w2\n"
      "x,a,b,\"v, 1\",north,1,2\n"
      "y,,-,v2,north,3,4\n"
      "z,b,,v3,south,5,0\n"
      "x2,b,c,\"v, 1\",north,0.5,8\n");
  PanelColumns columns = wide({}, "s");
  columns.missing = {"-"};
  columns.person = {.part = "part", .cluster = "place", .replicates = "w"};
  const PanelFile panel = read_panel(file.path(), columns, abc());
  EXPECT_EQ(panel.panel.people(), 3U);
  EXPECT_THAT(panel.person.parts, ElementsAre("north", "south"));
  EXPECT_THAT(panel.person.part, ElementsAre(0, 1, 0));
  EXPECT_THAT(panel.person.clusters, ElementsAre("v, 1", "v3"));
  EXPECT_THAT(panel.person.cluster, ElementsAre(0, 1, 0));
  EXPECT_THAT(panel.person.replicates, ElementsAre("w1", "w2"));
  EXPECT_THAT(panel.person.replicate_weights, ElementsAre(1, 2, 5, 0, 0.5, 8));
  // Columns that end in a number are not states once they are something else.
  columns.state.clear();
  EXPECT_EQ(read_panel(file.path(), columns, abc()).panel.observations(), 5U);
}

TEST(Drawn, ClustersAreNumberedAnewWhereTheyAreNested) {
  const TemporaryFile file(
      "id,job,from,to,part,place\n"
      "x,a,1,3,north,1\nx,b,4,5,north,1\ny,a,1,5,south,1\nq,a,2,2,south,3\nz,a,1,5,south,2\n");
  PanelColumns columns = spells();
  columns.spells.every = 2;
  columns.spells.grid = 1;  // at which the fourth person is not observed
  columns.person = {.part = "part", .cluster = "place", .nested = true};
  const PanelFile panel = read_panel(file.path(), columns, abc());
  EXPECT_THAT(panel.person.part, ElementsAre(0, 1, 1));
  EXPECT_THAT(panel.person.cluster, ElementsAre(0, 1, 2));
  EXPECT_THAT(panel.person.clusters, ElementsAre("1", "1", "2"));
  columns.person.nested = false;
  try {
    (void)read_panel(file.path(), columns, abc());
    FAIL();
  } catch (const rungs::InputError& e) {
    ASSERT_EQ(e.problems().size(), 1U);
    EXPECT_EQ(e.problems()[0].code, "E-DESIGN-NESTED");
    EXPECT_EQ(e.problems()[0].where.line, 4U);
    EXPECT_EQ(e.problems()[0].where.column, 15U);
    EXPECT_EQ(e.problems()[0].hint,
              "it was in 'north' on line 2; if each part numbers its clusters anew, declare them as nested");
  }
}

TEST(Drawn, OneColumnMayBeSeveralThings) {
  const TemporaryFile file(
      "id,time,state,sex,born\n\"1\"\"\",1,a,m,1960\n\"1\"\"\",2,b,m,1961\n2,1,a,f,1970\n2,2,a,f,1970\n");
  PanelColumns columns;
  columns.id = "id";
  columns.time = "time";
  columns.state = "state";
  columns.group = "sex";
  columns.person = {.part = "sex", .cluster = "id", .constant = {"sex", "sex", "born"}};
  const PanelFile panel = read_panel(file.path(), columns, abc().for_groups({"f", "m"}));
  EXPECT_THAT(panel.person.part, ElementsAre(0, 1));
  EXPECT_THAT(panel.person.clusters, ElementsAre("1\"", "2"));
  ASSERT_EQ(panel.warnings.size(), 1U);
  EXPECT_EQ(panel.warnings[0].code, "W-CONST-VARIES");
  EXPECT_EQ(panel.warnings[0].where.line, 3U);
  EXPECT_EQ(panel.warnings[0].found,
            "found one record with another value in column 'born' than the person's first record");
  columns.person.constant = {"sex", "state"};
  EXPECT_THROW((void)read_panel(file.path(), columns, abc().for_groups({"f", "m"})), rungs::Refusal);
}

}  // namespace
}  // namespace layouts_test
