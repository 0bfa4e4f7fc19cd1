// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/io/csv.hpp>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rungs/data/tally.hpp>

#include "files.hpp"

namespace csv_test {
namespace {

using namespace std::string_literals;
using rungs::Diagnostic;
using rungs::Ladder;
using rungs::io::read_matrix;
using rungs::io::read_panel;
using rungs::io::read_table;
using rungs::test::TemporaryFile;
using testing::ElementsAre;
using testing::HasSubstr;

rungs::io::PanelColumns columns() { return {"id", "year", "rank", "", rungs::WeightKind::none, {}, {}}; }
Ladder abc() { return Ladder::parse("a < b < c"); }

/// `line:column CODE` of every problem that `read` throws.
template <class Read>
std::vector<std::string> problems_of(Read read) {
  std::vector<std::string> out;
  try {
    (void)read();
  } catch (const rungs::InputError& error) {
    for (const Diagnostic& d : error.problems())
      out.push_back(std::to_string(d.where.line) + ":" + std::to_string(d.where.column) + " " + d.code);
  }
  return out;
}
template <class Read>
std::string text_of(Read read) {
  try {
    (void)read();
  } catch (const rungs::InputError& error) {
    std::string out;
    for (const Diagnostic& d : error.problems()) out += (out.empty() ? "" : "\n") + d.text();
    return out;
  }
  return "nothing thrown";
}
std::vector<std::string> codes(const std::vector<Diagnostic>& told) {
  std::vector<std::string> out;
  for (const Diagnostic& d : told) out.push_back(d.code);
  return out;
}

/// What a panel holds, by person, as (time, stratum).
std::map<std::uint32_t, std::vector<std::pair<std::int64_t, std::size_t>>> held(const rungs::Panel& panel) {
  std::map<std::uint32_t, std::vector<std::pair<std::int64_t, std::size_t>>> out;
  for (const rungs::Panel::Run& run : panel.runs())
    for (std::size_t k = run.begin; k < run.end; ++k)
      out[run.person].emplace_back(run.start + static_cast<std::int64_t>(k - run.begin) * panel.stride(),
                                   panel.strata()[k]);
  return out;
}

// --- panels
// ------------------------------------------------------------------------------------------------------------

TEST(ReadPanel, KeepsPeopleTimesStrataWeightsAndLines) {
  const TemporaryFile file("w,rank,id,year,note\n2.5,a,x,1990,\"one,\ntwo\"\n0.5,b,x,1991,\n1,c,\"y \"\"z\"\"\",-5,\n");
  auto c = columns();
  c.weight = "w";
  c.weight_kind = rungs::WeightKind::sampling;
  const auto read = [&] { return read_panel(file.path(), c, abc()); };
  EXPECT_THAT(problems_of(read), ElementsAre("5:15 E-TIME-RANGE"));  // below 0 beside years

  const TemporaryFile other(
      "w,rank,id,year,note\n2.5,a,x,4,\"one,\ntwo\"\n0.5,b,x,5,\n1,c,\"y \"\"z\"\"\",-5,\n1,c,\"y "
      "\"\"z\"\"\",-4,\n");
  const auto result = read_panel(other.path(), c, abc());
  EXPECT_EQ(result.records_read, 4U);
  EXPECT_EQ(result.panel.people(), 2U);
  EXPECT_EQ(result.panel.file(), other.path());
  EXPECT_EQ(result.panel.weight(0), 2.5);
  EXPECT_EQ(result.panel.weight(1), 0.5);
  EXPECT_EQ(result.panel.line(0), 2U);
  EXPECT_EQ(result.panel.line(1), 4U);  // a field before held a line feed
  EXPECT_EQ(result.panel.line(3), 6U);
  EXPECT_EQ(held(result.panel)[0], (std::vector<std::pair<std::int64_t, std::size_t>>{{4, 0}, {5, 1}}));
  EXPECT_EQ(held(result.panel)[1], (std::vector<std::pair<std::int64_t, std::size_t>>{{-5, 2}, {-4, 2}}));
  EXPECT_THAT(codes(result.warnings), ElementsAre("W-WEIGHT-VARIES"));
}

TEST(ReadPanel, LeavesOutDeclaredMissingStatesAndMakesAGap) {
  const TemporaryFile file("id,year,rank\n1,1,a\n1,2,.\n1,3,b\n1,4,c\n2,1,-9\n2,2,a\n2,3,a\n3,1,.\n");
  auto c = columns();
  c.missing = {".", "-9"};
  const auto result = read_panel(file.path(), c, abc());
  EXPECT_EQ(result.records_read, 8U);
  EXPECT_EQ(result.dropped.at("missing state"), 3U);
  EXPECT_EQ(result.panel.observations(), 5U);
  EXPECT_EQ(result.panel.people(), 2U);
  EXPECT_EQ(held(result.panel)[0], (std::vector<std::pair<std::int64_t, std::size_t>>{{1, 0}, {3, 1}, {4, 2}}));
  EXPECT_EQ(held(result.panel)[1], (std::vector<std::pair<std::int64_t, std::size_t>>{{2, 0}, {3, 0}}));
}

TEST(ReadPanel, AStateIsNotTakenForTheOneBefore) {
  const std::string one = "\"\"\"quietly one\"\"\"", two = "\"\"\"quietly two\"\"\"";  // not kept as in the file
  const TemporaryFile file("id,year,rank\n1,1,\n1,2," + one + "\n1,3," + two + "\n1,4,\n1,5," + one +
                           "\n1,6,b\n2,1,b\n2,2,\n");
  auto c = columns();
  c.recode = {{"\"quietly one\"", "c"}, {"\"quietly two\"", "a"}};
  EXPECT_THAT(problems_of([&] { return read_panel(file.path(), c, abc()); }),
              ElementsAre("2:5 E-STATE-MISSING", "5:5 E-STATE-MISSING", "9:5 E-STATE-MISSING"));
  c.missing = {""};
  const auto result = read_panel(file.path(), c, abc());
  EXPECT_EQ(result.dropped.at("missing state"), 3U);
  EXPECT_EQ(held(result.panel)[0], (std::vector<std::pair<std::int64_t, std::size_t>>{{2, 2}, {3, 0}, {5, 2}, {6, 1}}));
  EXPECT_EQ(held(result.panel)[1], (std::vector<std::pair<std::int64_t, std::size_t>>{{1, 1}}));
}

TEST(ReadPanel, RefusesWhenEveryStateIsMissing) {
  const TemporaryFile file("id,year,rank\n1,1,.\n");
  auto c = columns();
  c.missing = {"."};
  EXPECT_THAT(text_of([&] { return read_panel(file.path(), c, abc()); }), HasSubstr("E-NOROWS"));
}

TEST(ReadPanel, TakesTimesOfAnyNumberOfDigits) {
  const TemporaryFile file("id,year,rank\n1,0,a\n1,07,b\n1,008,b\n1,99,a\n1,999,c\n1,09999,c\n1,10000,a\n");
  EXPECT_EQ(held(read_panel(file.path(), columns(), abc()).panel)[0],
            (std::vector<std::pair<std::int64_t, std::size_t>>{
                {0, 0}, {7, 1}, {8, 1}, {99, 0}, {999, 2}, {9999, 2}, {10000, 0}}));
  const TemporaryFile other("id,year,rank\n1,9999,a\n1,1a,b\n1,/,b\n1,99999,b\n");
  EXPECT_THAT(problems_of([&] { return read_panel(other.path(), columns(), abc()); }),
              ElementsAre("2:3 E-TIME-RANGE", "3:3 E-TIME-PARSE", "4:3 E-TIME-PARSE", "5:3 E-TIME-RANGE"));
}

TEST(ReadPanel, RecodesBeforeItLooksAtTheLadder) {
  const TemporaryFile file("id,year,rank\n1,1,11\n1,2,a\n1,3,b\n");
  auto c = columns();
  c.recode = {{"11", "b"}, {"a", "c"}};  // a code may also be a name of the ladder: the recoding counts
  const auto result = read_panel(file.path(), c, abc());
  EXPECT_THAT(std::vector<int>(result.panel.strata().begin(), result.panel.strata().end()), ElementsAre(1, 2, 1));
  c.recode = {{"11", "bb"}};
  EXPECT_THROW((void)read_panel(file.path(), c, abc()), rungs::UnknownName);
  c.recode = {{"11", "b"}};
  c.missing = {"11"};
  EXPECT_THROW((void)read_panel(file.path(), c, abc()), rungs::Refusal);
}

TEST(ReadPanel, WantsAColumnAndAKindOfWeightTogether) {
  const TemporaryFile file("id,year,rank,w\n1,1,a,1\n");
  auto c = columns();
  c.weight = "w";
  EXPECT_THROW((void)read_panel(file.path(), c, abc()), rungs::Refusal);
  c.weight.clear();
  c.weight_kind = rungs::WeightKind::frequency;
  EXPECT_THROW((void)read_panel(file.path(), c, abc()), rungs::Refusal);
  c.weight = "w";
  EXPECT_EQ(read_panel(file.path(), c, abc()).panel.weight_kind(), rungs::WeightKind::frequency);
}

TEST(ReadPanel, SaysThatFrequenciesAreNotWhole) {
  const TemporaryFile file("id,year,rank,w\n1,1,a,1\n2,1,a,1.5\n");
  auto c = columns();
  c.weight = "w";
  c.weight_kind = rungs::WeightKind::frequency;
  const auto result = read_panel(file.path(), c, abc());
  ASSERT_THAT(codes(result.warnings), ElementsAre("W-WEIGHT-FRACTION"));
  EXPECT_EQ(result.warnings[0].where.line, 3U);
}

TEST(ReadPanel, TellsUpToTwentyProblemsInTheOrderOfTheFile) {
  std::string text = "id,year,rank\n1,1,a\n1,1,a\n";
  for (int k = 0; k < 30; ++k) text += "2," + std::to_string(k) + (k == 3 ? "" : ",d") + "\n";
  const TemporaryFile file(text);
  const auto found = problems_of([&] { return read_panel(file.path(), columns(), abc()); });
  ASSERT_EQ(found.size(), 20U);
  EXPECT_EQ(found[0], "3:1 E-DUP-KEY");  // found last, told first
  EXPECT_EQ(found[1], "4:5 E-LABEL-UNKNOWN");
  EXPECT_EQ(found[4], "7:4 E-FIELDS-FEW");
  EXPECT_EQ(found[5], "8:5 E-LABEL-UNKNOWN");
}

TEST(ReadPanel, TellsAllProblemsOfARecordInTheOrderOfItsColumns) {
  const TemporaryFile file("rank,year,id\nx,20l7,\n");
  EXPECT_THAT(problems_of([&] { return read_panel(file.path(), columns(), abc()); }),
              ElementsAre("2:1 E-LABEL-UNKNOWN", "2:3 E-TIME-PARSE", "2:8 E-ID-EMPTY"));
}

TEST(ReadPanel, NamesThePersonAndBothLinesOfADuplicate) {
  const TemporaryFile file("id,year,rank\nann,2,a\nbob,1,a\nann,1,a\nann,2,b\nann,2,c\n");
  const auto read = [&] { return read_panel(file.path(), columns(), abc()); };
  EXPECT_THAT(problems_of(read), ElementsAre("5:1 E-DUP-KEY", "6:1 E-DUP-KEY"));
  EXPECT_EQ(text_of(read), file.path() +
                               ":5:1: error: found a second record of 'ann' at time 2; expected one record for "
                               "each person and time; the first stands on line 2 [E-DUP-KEY]\n" +
                               file.path() +
                               ":6:1: error: found a second record of 'ann' at time 2; expected one record for "
                               "each person and time; the first stands on line 2 [E-DUP-KEY]");
}

TEST(ReadPanel, TakesNinesForACodeOnlyWhereTheyMustBeOne) {
  const TemporaryFile event("id,year,rank\n1,-9,a\n1,-8,b\n");
  EXPECT_EQ(read_panel(event.path(), columns(), abc()).panel.observations(), 2U);
  const TemporaryFile code("id,year,rank\n1,-9,a\n1,8,b\n");
  EXPECT_THAT(problems_of([&] { return read_panel(code.path(), columns(), abc()); }), ElementsAre("2:3 E-TIME-RANGE"));
  const TemporaryFile ages("id,year,rank\n1,99,a\n1,100,b\n");
  EXPECT_EQ(read_panel(ages.path(), columns(), abc()).panel.observations(), 2U);
}

TEST(ReadPanel, ReadsFilesThatEndWithAPage) {
  for (const std::size_t size : {4096U, 8192U, 65536U}) {
    std::string text = "id,year,rank\n";
    std::size_t people = 0;
    while (text.size() + 32 <= size) text += std::to_string(100000 + people++) + ",1990,b\n";
    text += "1";
    text.append(size - text.size() - 7, '0');
    text += ",1990,a";
    ASSERT_EQ(text.size(), size);
    const TemporaryFile file(text);
    EXPECT_EQ(read_panel(file.path(), columns(), abc()).panel.observations(), people + 1);
  }
}

TEST(ReadPanel, TellsShortIdsOfLongOnes) {
  const TemporaryFile file(
      "id,year,rank\na,1,a\naaaaaaaa,1,a\naaaaaaaaa,1,a\naaaaaaaab,1,a\naaaaaaaa,2,a\naaaaaaaab,2,"
      "b\na,2,c\n");
  const auto result = read_panel(file.path(), columns(), abc());
  EXPECT_EQ(result.panel.people(), 4U);
  EXPECT_EQ(rungs::tally(result.panel).pooled().people(0, 1), 1);
  EXPECT_EQ(rungs::tally(result.panel).pooled().people(0, 2), 1);
}

// --- where the bytes come from
// -----------------------------------------------------------------------------------------

TEST(ReadPanel, SaysWhyAFileCannotBeRead) {
  const auto read = [](const std::string& path) { return text_of([&] { return read_panel(path, columns(), abc()); }); };
  EXPECT_EQ(read("no such file.csv"),
            "no such file.csv: error: cannot be read: No such file or directory; expected a file "
            "that can be read [E-IO]");
  EXPECT_THAT(read("/"), HasSubstr("Is a directory"));
  EXPECT_THAT(read(std::string(5000, 'x')), HasSubstr("File name too long"));
  EXPECT_THAT(read("/dev/null"), HasSubstr("/dev/null:1:1: error: found an empty file"));
  EXPECT_THAT(read("/dev/zero"), HasSubstr("E-NUL"));
  if (::geteuid() != 0) {
    const TemporaryFile file("id,year,rank\n1,1,a\n");
    ::chmod(file.path().c_str(), 0);
    EXPECT_THAT(read(file.path()), HasSubstr("Permission denied"));
  }
}

TEST(ReadPanel, ReadsPipesAndStandardInput) {
  std::string text = "id,year,rank\n";
  for (int k = 0; k < 100000; ++k) text += std::to_string(k / 2) + "," + std::to_string(k % 2) + ",a\n";
  const std::string path = testing::TempDir() + "rungs_fifo_" + std::to_string(::getpid());
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  std::thread writer([&] { std::ofstream(path) << text; });
  EXPECT_EQ(read_panel(path, columns(), abc()).panel.people(), 50000U);
  writer.join();
  ::unlink(path.c_str());

  const TemporaryFile file(text);
  const int before = ::dup(STDIN_FILENO);
  const int opened = ::open(file.path().c_str(), O_RDONLY);
  ::dup2(opened, STDIN_FILENO);
  EXPECT_EQ(read_panel("-", columns(), abc()).panel.people(), 50000U);
  EXPECT_THAT(text_of([] { return read_panel("-", columns(), abc()); }),
              HasSubstr("-:1:1: error: found an empty file"));  // read to its end
  ::dup2(before, STDIN_FILENO);
  ::close(opened);
  ::close(before);
}

// --- properties
// --------------------------------------------------------------------------------------------------------

TEST(ReadPanelProperty, WhatIsWrittenIsReadWhateverTheQuotesAndTheOrder) {
  std::mt19937 random(20240607);
  const auto below = [&random](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  const std::vector<std::string> pieces = {
      "a", "B", "7", ",", "\"", "\n", "\r\n", " ", ";", "é", "工", "'", "#", "-", "longer than eight bytes"};
  const Ladder ladder = Ladder::parse("\"a, b\" < plain < longer than eight < gr\xc3\xbcn | \"say so\"");
  for (int round = 0; round < 300; ++round) {
    std::vector<std::string> ids;
    const std::size_t people = 1 + below(12);
    while (ids.size() < people) {
      std::string id = "i";  // blanks at the ends would be cut off
      for (std::size_t k = below(6); k > 0; --k) id += pieces[below(pieces.size())];
      id += "d";
      if (std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(id);
    }
    const auto written = [&](const std::string& field) {
      if (field.find_first_of(",\"\n\r") == std::string::npos && below(2) == 0) return field;
      std::string out = "\"";
      for (const char c : field) out += c == '"' ? std::string("\"\"") : std::string(1, c);
      return out + "\"";
    };
    struct Row {
      std::size_t person;
      std::int64_t time;
      std::size_t stratum;
    };
    std::vector<Row> rows;
    for (std::size_t p = 0; p < people; ++p)
      for (std::int64_t t = 0; t < 6; ++t)
        if (below(5) > 0) rows.push_back({p, 1990 + t, below(ladder.size())});
    if (rows.empty()) continue;
    const bool shuffled = below(2) == 0;
    if (shuffled) std::shuffle(rows.begin(), rows.end(), random);
    const std::string end = below(2) == 0 ? "\n" : "\r\n";
    std::string text = (below(2) == 0 ? "\xef\xbb\xbf" : "") + written("note") + "," + written("rank") + "," +
                       written("id") + "," + written("year") + end;
    for (std::size_t k = 0; k < rows.size(); ++k)
      text += written(pieces[below(pieces.size())]) + "," + written(ladder.name(rows[k].stratum)) + "," +
              written(ids[rows[k].person]) + "," + written(std::to_string(rows[k].time)) +
              (k + 1 < rows.size() || below(2) == 0 ? end : "");

    std::map<std::size_t, std::uint32_t> number;  // people are numbered in the order in which they come
    std::map<std::uint32_t, std::vector<std::pair<std::int64_t, std::size_t>>> expected;
    for (const Row& row : rows) {
      const std::uint32_t person =
          number.try_emplace(row.person, static_cast<std::uint32_t>(number.size())).first->second;
      expected[person].emplace_back(row.time, row.stratum);
    }
    for (auto& one : expected) std::sort(one.second.begin(), one.second.end());
    const TemporaryFile file(text);
    const auto result = read_panel(file.path(), columns(), ladder);
    EXPECT_EQ(held(result.panel), expected) << text;
    EXPECT_EQ(result.records_read, rows.size());
  }
}

TEST(ReadPanelProperty, NoBytesMakeItDoAnythingButReadOrRefuse) {
  std::mt19937 random(7);
  const std::string good = "id,year,rank\np1,2001,a\np1,2002,b\n\"p2\",2001,c\np2,2002,\"a\"\n";
  const std::string bytes = ",\n\r\"\0\x1a\xff\xc3\xa9 a9.-e;\t#"s;
  std::size_t read = 0, refused = 0;
  for (int round = 0; round < 4000; ++round) {
    std::string text = good;
    for (std::size_t k = 1 + random() % 4; k > 0; --k) {
      const std::size_t at = random() % text.size();
      const char c = bytes[random() % bytes.size()];
      switch (random() % 3) {
        case 0:
          text[at] = c;
          break;
        case 1:
          text.insert(text.begin() + static_cast<std::ptrdiff_t>(at), c);
          break;
        default:
          text.erase(at, 1 + random() % 5);
          break;
      }
      if (text.empty()) text = "x";
    }
    const TemporaryFile file(text);
    try {
      const auto result = read_panel(file.path(), columns(), abc());
      EXPECT_EQ(result.panel.observations(), result.records_read);
      ++read;
    } catch (const rungs::InputError& error) {
      ASSERT_FALSE(error.problems().empty());
      ASSERT_LE(error.problems().size(), 20U);
      std::pair<std::size_t, std::size_t> last{0, 0};
      for (const Diagnostic& d : error.problems()) {
        const std::pair<std::size_t, std::size_t> here{d.where.line, d.where.column};
        EXPECT_GE(d.where.line, 1U);
        EXPECT_GE(d.where.column, 1U);
        EXPECT_LE(last, here);
        last = here;
      }
      ++refused;
    }
  }
  EXPECT_GT(read, 100U);
  EXPECT_GT(refused, 1000U);
}

// --- tables
// ------------------------------------------------------------------------------------------------------------

std::vector<double> counts(const rungs::io::TableFile& table, const Ladder& ladder) {
  std::vector<double> out(ladder.size() * ladder.size());
  for (const rungs::TableCell& cell : table.cells) out[cell.from * ladder.size() + cell.to] += cell.people;
  return out;
}

TEST(ReadTable, ReadsLongTablesByNameOrByPlace) {
  for (const char* header : {"origin,destination,count", "From,To,N", "stratum before,stratum after,frequency"}) {
    const TemporaryFile file(std::string(header) + "\na,b,3\nb,b,10\nc,a,0\n");
    const auto table = read_table(file.path(), abc());
    EXPECT_EQ(counts(table, abc()), (std::vector<double>{0, 3, 0, 0, 10, 0, 0, 0, 0})) << header;
    EXPECT_FALSE(table.cells[0].period.has_value());
    EXPECT_EQ(table.cells[1].where, (rungs::Location{file.path(), 3, 5}));
  }
  const TemporaryFile other("people,sex,to,from\n3,f,b,a\n");
  EXPECT_EQ(counts(read_table(other.path(), abc()), abc()), (std::vector<double>{0, 3, 0, 0, 0, 0, 0, 0, 0}));
  const TemporaryFile named("x,y,z,k\na,b,c,4\n");
  EXPECT_EQ(counts(read_table(named.path(), abc(), {"", "y", "x", "k"}), abc()),
            (std::vector<double>{0, 0, 0, 4, 0, 0, 0, 0, 0}));
}

TEST(ReadTable, ReadsPeriods) {
  const TemporaryFile file("year,origin,destination,count\n1990,a,b,3\n1991,a,b,4\n");
  const auto table = read_table(file.path(), abc(), {"year", "", "", ""});
  ASSERT_EQ(table.cells.size(), 2U);
  EXPECT_EQ(table.cells[1].period, rungs::Period(1991));
  const TemporaryFile odd("year,origin,destination,count\n1990.5,a,b,3\nx,a,b,4\n");
  EXPECT_THAT(problems_of([&] {
                return read_table(odd.path(), abc(), {"year", "", "", ""});
              }),
              ElementsAre("2:1 E-TIME-GRID", "3:1 E-TIME-PARSE"));
}

TEST(ReadTable, ReadsSquaresByName) {
  const TemporaryFile file(",b,a,c\na,1,2,3\nb,4,5,6\nc,7,8,9\n");
  const auto table = read_table(file.path(), abc());
  EXPECT_EQ(counts(table, abc()), (std::vector<double>{2, 1, 3, 5, 4, 6, 8, 7, 9}));
  EXPECT_THAT(codes(table.warnings), ElementsAre("W-ORDER"));
  EXPECT_EQ(table.cells[1].where, (rungs::Location{file.path(), 2, 3}));
  const TemporaryFile two("from,a,b\na,1,2\nb,3,4\n");
  EXPECT_EQ(counts(read_table(two.path(), Ladder::parse("a < b")), Ladder::parse("a < b")),
            (std::vector<double>{1, 2, 3, 4}));
  const TemporaryFile exits(",a,b,gone\na,1,2,5\nb,3,4,6\n");
  EXPECT_EQ(counts(read_table(exits.path(), Ladder::parse("a < b | gone")), Ladder::parse("a < b | gone")),
            (std::vector<double>{1, 2, 5, 3, 4, 6, 0, 0, 0}));
  const TemporaryFile years("year,x,a,b\n1,a,1,2\n1,b,3,4\n2,a,5,6\n2,b,7,8\n");
  const auto by_year = read_table(years.path(), Ladder::parse("a < b"), {"year", "", "", ""});
  EXPECT_EQ(by_year.cells.size(), 8U);
  EXPECT_EQ(by_year.cells[7].period, rungs::Period(2));
}

TEST(ReadTable, RefusesWhatIsNotClear) {
  const auto told = [](const std::string& text, const rungs::io::TableColumns& c = {}) {
    const TemporaryFile file(text);
    return problems_of([&] { return read_table(file.path(), abc(), c); });
  };
  EXPECT_THAT(told("origin,destination,count\na,b,1\nb,a,2\na,b,3\n"), ElementsAre("4:1 E-DUP-KEY"));
  EXPECT_THAT(told("origin,destination,count\na,B,1.5\nb,a,\n"),
              ElementsAre("2:3 E-LABEL-UNKNOWN", "2:5 E-COUNT", "3:5 E-COUNT"));
  EXPECT_THAT(told("origin,destination,count\na,b,-1\na,c,nan\nb,a,1e300\nb,b,\"1,000\"\n"),
              ElementsAre("2:5 E-COUNT", "3:5 E-COUNT", "4:5 E-COUNT-RANGE", "5:6 E-COUNT"));
  EXPECT_THAT(told("a,b,3\nb,a,2\n"), ElementsAre("1:1 E-COL-ABSENT"));
  EXPECT_THAT(told("origin;destination;count\na;b;1\n"), ElementsAre("1:1 E-SEP"));
  EXPECT_THAT(told("origin,destination,count\n"), ElementsAre("2:1 E-NOROWS"));
  EXPECT_THAT(told("origin,destination,layer,freq\na,b,x,1\n"), ElementsAre("1:1 E-COL-ABSENT"));
  EXPECT_THAT(told(",a,b,c\na,1,2,3\nb,1,2,3\n"), ElementsAre("3:1 E-SHAPE"));
  EXPECT_THAT(told(",a,b\na,1,2\nb,1,2\nc,1,2\n"), ElementsAre("1:1 E-SHAPE"));
  EXPECT_THAT(told(",a,b,c\na,1,2,3\nb,1,2,3\nb,1,2,3\nc,1,2,3\n"), ElementsAre("4:1 E-DUP-KEY"));
  EXPECT_THAT(told(",a,b,c,Total\na,1,2,3,6\nb,1,2,3,6\nc,1,2,3,6\n"), ElementsAre("1:8 E-LABEL-UNKNOWN"));
  EXPECT_THAT(told(""), ElementsAre("1:1 E-EMPTY"));
}

TEST(ReadTable, NamesBothLinesOfACellGivenTwice) {
  const TemporaryFile file("origin,destination,layer,count\na,b,x,1\na,b,y,3\n");
  EXPECT_EQ(text_of([&] { return read_table(file.path(), abc()); }),
            file.path() +
                ":3:1: error: found a second count from 'a' to 'b'; expected one; the first stands "
                "on line 2; where another column tells them apart, name it as the period or add "
                "them up [E-DUP-KEY]");
}

// --- matrices
// ----------------------------------------------------------------------------------------------------------

std::vector<std::string> matrix_told(const std::string& text, const std::string& ladder = "a < b < c") {
  const TemporaryFile file(text);
  return problems_of([&] { return read_matrix(file.path(), Ladder::parse(ladder)); });
}
std::string matrix_text(const std::string& text) {
  const TemporaryFile file(text);
  return text_of([&] { return read_matrix(file.path(), abc()); });
}

TEST(ReadMatrix, ReadsByName) {
  const TemporaryFile file(",c,a,b\nb,0.5,0.25,0.25\na,0,1,0\nc,0.125,0.125,0.75\n");
  const auto matrix = read_matrix(file.path(), abc());
  EXPECT_EQ(matrix.rows, (std::vector<double>{1, 0, 0, 0.25, 0.25, 0.5, 0.125, 0.75, 0.125}));
  EXPECT_EQ(matrix.row_where[0].line, 3U);
  EXPECT_EQ(matrix.row_where[1].line, 2U);
  EXPECT_THAT(codes(matrix.warnings), ElementsAre("W-ORDER"));
}

TEST(ReadMatrix, LetsTheRowOfAnExitBeLeftOut) {
  const TemporaryFile file("from,a,b,gone\na,0.5,0.25,0.25\nb,0,1,0\n");
  const auto matrix = read_matrix(file.path(), Ladder::parse("a < b | gone"));
  EXPECT_EQ(matrix.rows, (std::vector<double>{0.5, 0.25, 0.25, 0, 1, 0, 0, 0, 1}));
  EXPECT_EQ(matrix.row_where[2].line, 0U);
  EXPECT_THAT(matrix_told("from,a,b,gone\na,0.5,0.25,0.25\nb,0,1,0\ngone,0.5,0,0.5\n", "a < b | gone"),
              ElementsAre("4:6 E-STRUCT-ZERO"));
}

TEST(ReadMatrix, RefusesWhatIsNoMatrixOfProbabilities) {
  EXPECT_THAT(matrix_told(",a,b,c\na,1,0,0\nb,0.33333,0.33333,0.33333\nc,0,0,1\n"), ElementsAre("3:1 E-ROWSUM"));
  EXPECT_THAT(matrix_told(",a,b,c\na,1,-1e-18,0\nb,0,1.0000000001,0\nc,nan,inf,\n"),
              ElementsAre("4:3 E-PROB", "4:7 E-PROB", "4:11 E-PROB"));
  EXPECT_THAT(matrix_told(",a,b,c\na,1,-1e-18,0\nb,0,1.0000000001,0\nc,0,0,1\n"),
              ElementsAre("2:5 E-PROB", "3:5 E-PROB"));
  EXPECT_THAT(matrix_text(",a,b,c\na,50,50,0\nb,0,100,0\nc,10,20,70\n"),
              HasSubstr(":2:1: error: found a row sum of 100 for 'a'; expected 1; are these "
                        "percent? write 0.25 for 25 [E-ROWSUM]"));
  EXPECT_THAT(matrix_text(",a,b,c\na,0.5,0.5,0.5\nb,0.25,0.25,0\nc,0.25,0.25,0.5\n"),
              HasSubstr("the columns sum to 1: rows are where people come from [E-ROWSUM]"));
  EXPECT_THAT(matrix_told(",a,b,c\na,1,0,0\nb,0,1,0\n"), ElementsAre("3:1 E-SHAPE"));
  EXPECT_THAT(matrix_told(",a,b\na,1,0\nb,0,1\n"), ElementsAre("1:1 E-SHAPE"));
  EXPECT_THAT(matrix_told(",a\na,1\n", "a"), ElementsAre("1:1 E-SHAPE"));
  EXPECT_THAT(matrix_told(",a,b,d\na,1,0,0\nb,0,1,0\nc,0,0,1\n"), ElementsAre("1:6 E-LABEL-UNKNOWN"));
  EXPECT_THAT(matrix_told(",a,b,c\na,1,0,0\nb,0,1,0\nC,0,0,1\n"), ElementsAre("4:1 E-LABEL-UNKNOWN"));
  std::string wide;
  for (int k = 0; k < 10001; ++k) wide += ",x" + std::to_string(k);
  EXPECT_THAT(matrix_told(wide + "\n"), ElementsAre("1:1 E-SIZE"));
}

TEST(ReadMatrix, LetsTheLargestEntryTakeUpARoundingAtTheNinthDigit) {
  const TemporaryFile file(",a,b,c\na,0.333333333,0.333333333,0.333333333\nb,0,1,0\nc,0.1,0.2,0.7\n");
  const auto matrix = read_matrix(file.path(), abc());
  EXPECT_NEAR(matrix.rows[0] + matrix.rows[1] + matrix.rows[2], 1, 1e-15);
  EXPECT_EQ(matrix.rows[1], 0.333333333);
  ASSERT_THAT(codes(matrix.warnings), ElementsAre("W-ROWSUM"));
  EXPECT_EQ(matrix.warnings[0].text(),
            file.path() +
                ":2:1: warning: found a row that does not sum to 1; furthest is that of 'a', "
                "0.999999999; expected 1; the largest entry of a row took up the difference [W-ROWSUM]");
}

TEST(ReadMatrix, RenormalisesOnlyWhenAsked) {
  const TemporaryFile file(",a,b,c\na,50,50,0\nb,0,100,0\nc,10,20,69\n");
  const auto matrix = read_matrix(file.path(), abc(), rungs::io::RowSums::renormalise);
  EXPECT_EQ(matrix.rows[0], 0.5);
  EXPECT_EQ(matrix.rows[8], 69.0 / 99);
  ASSERT_THAT(codes(matrix.warnings), ElementsAre("W-ROWSUM"));
  EXPECT_THAT(matrix.warnings[0].text(), HasSubstr("rows were divided by their sums"));
  const TemporaryFile zero(",a,b,c\na,0,0,0\nb,0,1,0\nc,0,0,1\n");
  EXPECT_THAT(problems_of([&] { return read_matrix(zero.path(), abc(), rungs::io::RowSums::renormalise); }),
              ElementsAre("2:1 E-ROW-EMPTY"));
}

// --- groups of people

TEST(Groups, OfAPanelAreReadFromTheirColumn) {
  const Ladder both = abc().for_groups({"women", "men"});
  const TemporaryFile file("id,year,sex,rank\n1,2001,women,a\n1,2002,women,lower b\n2,2001,men,c\n2,2002,men,?\n");
  rungs::io::PanelColumns with = columns();
  with.group = "sex";
  with.recode = {{"lower b", "b"}};
  with.missing = {"?"};
  const rungs::io::PanelFile read = read_panel(file.path(), with, both);
  EXPECT_EQ(read.panel.ladder(), both);
  EXPECT_EQ(read.dropped.at("missing state"), 1U);
  const rungs::Tally counted = rungs::tally(read.panel, {});
  EXPECT_EQ(counted.pooled().people(both["women: a"].index(), both["women: b"].index()), 1);
  EXPECT_EQ(counted.ledger().records_used, 2U);

  const TemporaryFile wrong("id,year,sex,rank\n1,2001,wmen,a\n1,2002,,b\n2,2001,men,d\n");
  EXPECT_EQ(
      text_of([&] { return read_panel(wrong.path(), with, both); }),
      wrong.path() +
          ":2:8: error: found 'wmen' in column 'sex'; expected one of 'women', 'men'; did you mean 'women'? "
          "[E-LABEL-UNKNOWN]\n" +
          wrong.path() +
          ":3:8: error: found no group in column 'sex'; expected one of 'women', 'men'; leave out people of whom it "
          "is not known, or name the group that they are [E-LABEL-UNKNOWN]\n" +
          wrong.path() + ":4:12: error: found 'd' in column 'rank'; expected one of 'a', 'b', 'c' [E-LABEL-UNKNOWN]");
  EXPECT_THROW((void)read_panel(file.path(), columns(), both), rungs::Refusal);
  try {
    (void)read_panel(file.path(), with, abc());
    FAIL();
  } catch (const rungs::Refusal& e) {
    EXPECT_EQ(std::string(e.what()),
              "found the column of groups 'sex' and a ladder without groups; expected both or none [E-COL-ROLE]");
  }
}

// Every state of every group counts; the same records, group by group, give the same moves.
TEST(Groups, OfAPanelLoseNobody) {
  const Ladder both = abc().for_groups({"women", "men"});
  std::string text = "id,year,sex,rank\n", alone[2] = {"id,year,rank\n", "id,year,rank\n"};
  for (int person = 0; person < 40; ++person)
    for (int year = 2001; year < 2006; ++year) {
      const std::string who = std::to_string(person) + "," + std::to_string(year) + ",",
                        rank(1, "abc"[(person * 7 + year * (person % 5 + 1)) % 3]);
      text += who + (person % 2 == 0 ? "women," : "men,") + rank + "\n";
      alone[person % 2] += who + rank + "\n";
    }
  const TemporaryFile file(text);
  rungs::io::PanelColumns with = columns();
  with.group = "sex";
  with.missing = {"?"};
  const rungs::io::PanelFile read = read_panel(file.path(), with, both);
  EXPECT_TRUE(read.dropped.empty());
  const rungs::Tally together = rungs::tally(read.panel, {});
  for (std::size_t g = 0; g < 2; ++g) {
    const TemporaryFile one(alone[g]);
    const rungs::Tally own = rungs::tally(read_panel(one.path(), columns(), abc()).panel, {});
    for (std::size_t i = 0; i < 3; ++i)
      for (std::size_t j = 0; j < 3; ++j)
        EXPECT_EQ(together.pooled().people(both.for_group(i, g), both.for_group(j, g)), own.pooled().people(i, j));
  }
}

TEST(Groups, OfAPersonDoNotChange) {
  const Ladder both = abc().for_groups({"women", "men"});
  const TemporaryFile file("id,year,sex,rank\n1,2001,women,a\n1,2002,men,a\n");
  rungs::io::PanelColumns with = columns();
  with.group = "sex";
  EXPECT_EQ(text_of([&] { return read_panel(file.path(), with, both); }),
            file.path() +
                ":3:8: error: found '1' in the group 'men' of column 'sex'; expected each person in one group; the "
                "group was 'women' on line 2 [E-GROUP-VARIES]");
  // Not across a gap either, over which no move is counted; nor where the records of a person do not stand together.
  const TemporaryFile apart("id,year,sex,rank\n1,2001,women,a\n2,2001,men,a\n2,2002,men,a\n1,2005,men,a\n");
  EXPECT_THAT(problems_of([&] { return read_panel(apart.path(), with, both); }), ElementsAre("5:8 E-GROUP-VARIES"));
}

TEST(Groups, OfATableAreReadFromTheirColumn) {
  const Ladder both = abc().for_groups({"women", "men"});
  for (const char* head : {"sex,from,to,people\n", "sex,x,y,z\n"}) {
    const TemporaryFile file(head + "women,a,b,7\nmen,a,b,9\nmen,b,c,2\n"s);
    const rungs::io::TableFile read = read_table(file.path(), both, {.group = "sex"});
    ASSERT_EQ(read.cells.size(), 3U);
    EXPECT_EQ(read.cells[0].from, both["women: a"].index());
    EXPECT_EQ(read.cells[0].to, both["women: b"].index());
    EXPECT_EQ(read.cells[1].from, both["men: a"].index());
    EXPECT_EQ(read.cells[2].people, 2);
  }
  const TemporaryFile wrong("sex,from,to,people\nwomen,a,b,7\nwomen,a,b,9\nboys,b,c,2\n");
  EXPECT_EQ(text_of([&] { return read_table(wrong.path(), both, {.group = "sex"}); }),
            wrong.path() +
                ":3:1: error: found a second count from 'women: a' to 'women: b'; expected one; the first stands on "
                "line 2 [E-DUP-KEY]\n" +
                wrong.path() +
                ":4:1: error: found 'boys' in column 'sex'; expected one of 'women', 'men' "
                "[E-LABEL-UNKNOWN]");
  const TemporaryFile absent("from,to,people\na,b,7\n");
  EXPECT_THAT(text_of([&] { return read_table(absent.path(), both, {.group = "sex"}); }), HasSubstr("'sex'"));
}

// --- series of shares
// --------------------------------------------------------------------------------------------------

using rungs::io::read_shares;
using rungs::io::ShareUnit;

std::vector<std::string> share_problems(const std::string& bytes, ShareUnit unit = ShareUnit::shares) {
  const TemporaryFile file(bytes);
  return problems_of([&] { return read_shares(file.path(), Ladder::parse("a < b | gone"), unit, {"year", ""}); });
}
std::string share_text(const std::string& bytes, ShareUnit unit = ShareUnit::shares) {
  const TemporaryFile file(bytes);
  return text_of([&] { return read_shares(file.path(), Ladder::parse("a < b | gone"), unit, {"year", ""}); });
}

TEST(Shares, AreReadByNameInTheOrderOfTimeAndLadder) {
  const TemporaryFile file("b,n,year,gone,a\n.3,50,2001,.2,.5\n0.5,40,2000,0,0.5\n");
  const auto shares = read_shares(file.path(), Ladder::parse("a < b | gone"), ShareUnit::shares, {"year", "n"});
  EXPECT_THAT(shares.values, ElementsAre(.5, .5, 0, .5, .3, .2));
  EXPECT_THAT(shares.people, ElementsAre(40, 50));
  EXPECT_EQ(shares.times.front().label(), 2000);
  EXPECT_TRUE(shares.warnings.empty());
  const TemporaryFile heads("year,a,b,gone\n1,60,40,0\n");
  EXPECT_THAT(read_shares(heads.path(), Ladder::parse("a < b | gone"), ShareUnit::heads, {"year", ""}).values,
              ElementsAre(60, 40, 0));
}

TEST(Shares, ThatAreRoundedAreToldOnceAndLeftAsTheyAre) {
  const TemporaryFile file("year,a,b,gone\n1,33.3,33.3,33.3\n2,33.3,33.4,33.4\n");
  const auto shares = read_shares(file.path(), Ladder::parse("a < b | gone"), ShareUnit::percent, {"year", ""});
  ASSERT_EQ(shares.warnings.size(), 1U);
  EXPECT_EQ(shares.warnings[0].code, "W-ROWSUM");
  EXPECT_EQ(shares.warnings[0].where.line, 2U);
  EXPECT_EQ(shares.warnings[0].found, "found shares that sum to 99.9 in period 1");
  EXPECT_EQ(shares.values[0], 33.3);
}

TEST(Shares, ThatCannotBeAreRefusedWithTheirPlace) {
  const std::string names = "year,a,b,gone\n";
  EXPECT_THAT(share_problems(names + "1,.5,.5,x\n2,.5,.6,-.1\n3,nan,1,0\n"),
              ElementsAre("2:9 E-SHARE", "3:9 E-SHARE", "4:3 E-SHARE"));
  EXPECT_THAT(share_problems(names + "1,.5,.5,\n"), ElementsAre("2:9 E-SHARE"));
  EXPECT_THAT(share_problems(names + "1,.5,.4,0\n"), ElementsAre("2:1 E-ROWSUM"));
  EXPECT_THAT(share_text(names + "1,50,40,10\n"),
              HasSubstr("found the share '50' of 'a'; expected a number from 0 to 1; "
                        "is this percent?"));
  EXPECT_THAT(share_problems(names + "1,.5,.5,0\n1,.5,.5,0\n"), ElementsAre("3:1 E-DUP-KEY"));
  EXPECT_THAT(share_problems("year,a,b\n1,.5,.5\n"), ElementsAre("1:1 E-SHAPE"));
  EXPECT_THAT(share_problems("year,a,b,gone,all\n1,.5,.5,0,1\n"), ElementsAre("1:15 E-LABEL-UNKNOWN"));
  EXPECT_THAT(
      share_text("year,a,b,gone,all\n1,.5,.5,0,1\n"),
      HasSubstr("found 'all' in the first line; expected one of 'a', 'b', 'gone'; if it is how many people are "
                "behind each row, name it as such (--people 'all', or people in a scenario); else leave it out"));
  EXPECT_THAT(share_text("year,a,b,gone,all\n1,1,1,0,2\n", ShareUnit::heads),
              HasSubstr("leave it out: the people of a period are its heads added up"));
  EXPECT_THAT(share_text("year,A,b,gone\n1,.5,.5,0\n"), HasSubstr("only capital letters differ from 'a'"));
  EXPECT_THAT(share_problems("time,a,b,gone\n1,.5,.5,0\n"), ElementsAre("1:1 E-COL-ABSENT"));
  EXPECT_THAT(share_problems(names + "1,1.5,2,0\n", ShareUnit::heads), ElementsAre("2:3 E-COUNT"));
  EXPECT_THAT(share_problems(names + "x,.5,.5,0\n").size(), 1U);
  EXPECT_THAT(share_problems(names), ElementsAre("2:1 E-NOROWS"));
}

}  // namespace
}  // namespace csv_test
