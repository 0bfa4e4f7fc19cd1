// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
//
// Wrong and odd panels, each made from one good panel: what is said, and where.
#include <rungs/io/csv.hpp>

#include <algorithm>
#include <cctype>
#include <functional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <rungs/data/tally.hpp>

#include "files.hpp"

namespace bad_inputs_test {
namespace {

using namespace std::string_literals;
using rungs::Diagnostic;
using rungs::test::TemporaryFile;

// --- the good panel and its edits ---

/// 12 people in 2015 to 2018: ids of 4 bytes, names of 7 bytes, so that the fields of every line
/// start at 1, 6, 11, 19.
std::vector<std::string> good_lines() {
  const char* const names[] = {"learner", "skilled", "foreman", "manager"};
  std::vector<std::string> lines = {"id,year,rank,weight"};
  for (int person = 0; person < 12; ++person)
    for (int wave = 0; wave < 4; ++wave) {
      const int place = (person + wave * (1 + person % 3) / 2) % 4;
      lines.push_back((person < 9 ? "P00" : "P0") + std::to_string(person + 1) + "," + std::to_string(2015 + wave) +
                      "," + names[place] + ",1.0");
    }
  return lines;
}
rungs::Ladder good_ladder() { return rungs::Ladder::parse("learner < skilled < foreman < manager"); }
rungs::io::PanelColumns good_columns() { return {"id", "year", "rank", "weight", rungs::WeightKind::sampling, {}, {}}; }

std::string joined(const std::vector<std::string>& lines, const std::string& end = "\n") {
  std::string out;
  for (const std::string& line : lines) out += line + end;
  return out;
}
std::string good() { return joined(good_lines()); }

std::vector<std::string> fields(const std::string& line) {
  std::vector<std::string> out(1);
  for (const char c : line)
    if (c == ',')
      out.emplace_back();
    else
      out.back() += c;
  return out;
}
std::string comma(const std::vector<std::string>& parts) {
  std::string out;
  for (std::size_t i = 0; i < parts.size(); ++i) out += (i == 0 ? "" : ",") + parts[i];
  return out;
}

enum Column : std::size_t { id, year, rank, weight };

/// The good panel with one field changed; lines are counted from 1, the header being the first.
std::string with(std::size_t line, Column column, const std::string& value) {
  std::vector<std::string> lines = good_lines();
  std::vector<std::string> parts = fields(lines[line - 1]);
  parts[column] = value;
  lines[line - 1] = comma(parts);
  return joined(lines);
}
std::string with_line(std::size_t line, const std::string& text) {
  std::vector<std::string> lines = good_lines();
  lines[line - 1] = text;
  return joined(lines);
}
std::string with_line_before(std::size_t line, const std::string& text) {
  std::vector<std::string> lines = good_lines();
  lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(line) - 1, text);
  return joined(lines);
}
std::string edited(const std::function<std::string(std::size_t line, std::vector<std::string>)>& edit,
                   const std::string& end = "\n") {
  std::vector<std::string> lines = good_lines();
  for (std::size_t k = 0; k < lines.size(); ++k) lines[k] = edit(k + 1, fields(lines[k]));
  return joined(lines, end);
}
std::string header(const std::string& text) { return with_line(1, text); }
std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}
std::string utf16(const std::string& text, bool mark) {
  std::string out = mark ? "\xff\xfe" : "";
  for (const char c : text) out += {c, '\0'};
  return out;
}

// --- what is read ---

struct Outcome {
  std::vector<Diagnostic> problems{};
  std::vector<Diagnostic> warnings{};
  std::vector<double> counts{};
};

Outcome read(const std::string& bytes, const rungs::io::PanelColumns& columns, const rungs::Ladder& ladder) {
  const TemporaryFile file(bytes);
  Outcome out;
  const auto plain = [&](std::vector<Diagnostic> from) {
    for (Diagnostic& one : from) {
      EXPECT_EQ(one.where.file, file.path());
      one.where.file = "panel.csv";
    }
    return from;
  };
  try {
    const rungs::io::PanelFile result = rungs::io::read_panel(file.path(), columns, ladder);
    out.warnings = plain(result.warnings);
    const rungs::Tally moves = rungs::tally(result.panel);
    for (std::size_t i = 0; i < ladder.size(); ++i)
      for (std::size_t j = 0; j < ladder.size(); ++j) out.counts.push_back(moves.pooled().weight(i, j));
  } catch (const rungs::InputError& error) {
    out.problems = plain(error.problems());
  }
  return out;
}

struct Case {
  std::string name;
  std::string bytes;
  std::string code;  // empty: read as the good panel is
  std::size_t line = 0;
  std::size_t column = 0;
  std::string words{};  // stand in the message
  rungs::io::PanelColumns columns = good_columns();
  rungs::Ladder ladder = good_ladder();

  Case& reading(const rungs::io::PanelColumns& other) {
    columns = other;
    return *this;
  }
  Case& on(const std::string& other) {
    ladder = rungs::Ladder::parse(other);
    return *this;
  }
};
void PrintTo(const Case& one, std::ostream* out) { *out << one.name; }

rungs::io::PanelColumns named(const std::string& who, const std::string& when, const std::string& where,
                              const std::string& heavy) {
  return {who, when, where, heavy, rungs::WeightKind::sampling, {}, {}};
}

// --- the cases ---

std::vector<Case> cases_of_bytes() {
  std::vector<Case> out = {
      {"A00 good", good(), ""},
      {"A01 empty file", "", "E-EMPTY", 1, 1, "empty file"},
      {"A02 only a mark of UTF-8", "\xef\xbb\xbf", "E-EMPTY", 1, 1},
      {"A03 only blank lines", "\n\n  \n", "E-EMPTY", 1, 1},
      {"A04 no record", "id,year,rank,weight\n", "E-NOROWS", 2, 1, "no record"},
      {"A04b no record and no line end", "id,year,rank,weight", "E-NOROWS", 2, 1},
      {"A05 mark of UTF-8", "\xef\xbb\xbf" + good(), ""},
      {"A06 UTF-16 with mark", utf16(good(), true), "E-ENC-UTF16", 1, 1, "little-endian"},
      {"A06b UTF-16 without mark", utf16(good(), false), "E-ENC-UTF16", 1, 1, "iconv -f UTF-16LE"},
      {"A07 UTF-16 big-endian", "\xfe\xff\0i\0d"s, "E-ENC-UTF16", 1, 1, "big-endian"},
      {"A07b UTF-32", "\xff\xfe\0\0i\0\0\0"s, "E-ENC-UTF32", 1, 1},
      {"A08 CRLF", joined(good_lines(), "\r\n"), ""},
      {"A09 lone CR", joined(good_lines(), "\r"), "E-EOL-CR", 1, 20, "carriage return"},
      {"A09b lone CR inside", with(7, rank, "ski\rled"), "E-EOL-CR", 7, 14},
      {"A10 LF and CRLF",
       edited([](std::size_t line, const auto& parts) { return comma(parts) + (line % 2 == 0 ? "\r" : ""); }), ""},
      {"A11 no line end at the end", good().substr(0, good().size() - 1), ""},
      {"A12 NUL in a field", with(7, rank, "skil\0ed"s), "E-NUL", 7, 15},
      {"A13 NULs at the end", good() + std::string(1024, '\0'), "E-NUL", 50, 1, "1024 NUL bytes"},
      {"A14 byte FF in a name", with(2, rank, "sk\xffilled"), "E-ENC-INVALID", 2, 13, "0xFF"},
      {"A15 GBK", with(2, rank, "\xbc\xbc\xb9\xa4"), "E-ENC-INVALID", 2, 11, "GBK"},
      {"A16 GBK that is valid UTF-8", with(2, rank, "\xc2\xa1\xc2\xa2"), "E-LABEL-UNKNOWN", 2, 11},
      {"A17 Latin-1", with(18, rank, "r\xe9parateur"), "E-ENC-INVALID", 18, 12, "ISO-8859-1"},
      {"A18 overlong", with(2, rank, "sk\xc0\xaf"), "E-ENC-INVALID", 2, 13},
      {"A19 surrogate", with(2, rank, "sk\xed\xa0\x80"), "E-ENC-INVALID", 2, 13},
      {"A19b beyond Unicode", with(2, rank, "sk\xf4\x90\x80\x80"), "E-ENC-INVALID", 2, 13},
      {"A19c cut sequence at the end", good() + "P099,2015,\xe6\x8a", "E-ENC-INVALID", 50, 11},
      {"A20 UTF-8, then GBK", good() + "P099,2015,\xb9\xdc\xc0\xed\n", "E-ENC-INVALID", 50, 11},
      Case{"A21 accents apart", with(5, rank, "cafe\xcc\x81"), "E-LABEL-UNKNOWN", 5, 11, "Unicode normalisation"}.on(
          "learner < skilled < foreman < manager < caf\xc3\xa9"),
      {"A22 zero-width space", with(5, rank, "ski\xe2\x80\x8blled"), "E-LABEL-UNKNOWN", 5, 11, "U+200B"},
      {"A23 no-break space", with(5, rank, "skilled\xc2\xa0"), "E-LABEL-UNKNOWN", 5, 11, "U+00A0"},
      {"A24 gzip", "\x1f\x8b\x08\0\0\0"s, "E-KIND-GZIP", 1, 1, "gunzip"},
      {"A25 xlsx", "PK\x03\x04\x14\0"s, "E-KIND-ZIP", 1, 1, "Excel"},
      {"A26 Stata", "<stata_dta><header>", "E-KIND-DTA", 1, 1, "rename it to .dta"},
      {"A26b old Stata", "\x72\x02\x01\0\x04\0"s, "E-KIND-DTA", 1, 1},
      {"A27 SPSS", "$FL2@(#) SPSS", "E-KIND-SAV", 1, 1, "rename it to .sav"},
      {"A27b web page", "<!DOCTYPE html>\n<html>", "E-KIND-HTML", 1, 1},
      {"A27c JSON", "[{\"id\": 1}]", "E-KIND-JSON", 1, 1},
      {"A28 LFS pointer", "version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "E-KIND-LFS", 1, 1,
       "git lfs pull"},
      {"A29 Ctrl-Z", good() + "\x1a", "W-CTRLZ", 50, 1},
      {"A30 cut in a record", good().substr(0, good().size() - 8), "E-FIELDS-FEW", 49, 15, "end of the file"},
  };
  return out;
}

std::vector<Case> cases_of_grammar() {
  std::vector<Case> out = {
      {"B01 open quote", with(6, rank, "\"skilled"), "E-QUOTE-OPEN", 6, 11},
      {"B02 text after a quote", with(6, rank, "\"skilled\"x"), "E-QUOTE-JUNK", 6, 20},
      {"B03 bare quote", with(6, rank, "ski\"lled"), "E-QUOTE-BARE", 6, 14},
      {"B04 comma in quotes", with(6, rank, "\"skil,led\""), "E-LABEL-UNKNOWN", 6, 12, "'skil,led'"},
      {"B05 line feed in quotes", with(6, rank, "\"skil\nled\""), "E-LABEL-UNKNOWN", 6, 12, "'skil\\x0Aled'"},
      {"B06 all in quotes", edited([](std::size_t, std::vector<std::string> parts) {
         for (std::string& part : parts) part = '"' + part + '"';
         return comma(parts);
       }),
       ""},
      {"B07 a field too many", with_line(8, "P002,2017,skilled,1.0,x"), "E-FIELDS-MANY", 8, 22},
      {"B08 a field too few", with_line(8, "P002,2017,skilled"), "E-FIELDS-FEW", 8, 18, "found 3 fields"},
      {"B10 comma at the end of lines", edited([](std::size_t, const auto& parts) { return comma(parts) + ","; }),
       "W-EMPTYCOL", 1, 21},
      {"B10b text in a column without a name",
       edited([](std::size_t line, const auto& parts) { return comma(parts) + (line == 7 ? ",x" : ","); }),
       "E-COL-EMPTY", 1, 21, "line 7"},
      {"B11 semicolons", replaced(good(), ",", ";"), "E-SEP", 1, 1, "semicolons"},
      {"B12 tabs", replaced(good(), ",", "\t"), "E-SEP", 1, 1, "tabs"},
      {"B12b spaces", replaced(good(), ",", " "), "E-SEP", 1, 1, "spaces"},
      {"B13 vertical bars", replaced(good(), ",", "|"), "E-SEP", 1, 1, "vertical bars"},
      {"B14 comment", with_line_before(8, "# second wave"), "E-FIELDS-FEW", 8, 1, "comments"},
      {"B15 spaces after commas", replaced(good(), ",", ", "), "W-SPACE", 1, 4, "147 fields"},
      {"B16 space after a name", with(5, rank, good_lines()[4].substr(10, 7) + " "), "W-SPACE", 5, 11, "found a field"},
      {"B17 single quotes", with(6, rank, "'skilled'"), "E-LABEL-UNKNOWN", 6, 11},
      {"B18 backslash before a quote", with(5, rank, "\"ski\\\"lled\""), "E-QUOTE-JUNK", 5, 17, "backslash"},
      {"B19 a field of 2 MiB", with(5, rank, std::string(2U << 20, 'x')), "E-FIELD-LONG", 5, 11, "2097152"},
      {"B20 100000 columns", with_line(5, "P001,2018,skilled,1" + std::string(100000, ',')), "E-FIELDS-MANY", 5, 20},
      {"B21 blank lines at the end", good() + "\n\n", ""},
      {"B21b blank line inside", with_line_before(8, ""), "W-LINE-BLANK", 8, 1},
      {"B22 footer", good() + "Total,48,,\n", "E-TIME-PARSE", 50, 1, "footer"},
      {"B23 rows of points", with(5, rank, "."), "E-STATE-MISSING", 5, 11, "declare '.' as missing"},
      {"B24 form feed", with_line_before(8, "\f"), "E-FIELDS-FEW", 8, 1, "'\\x0C'"},
      {"B25 doubled quotes", with(6, rank, "\"say \"\"so\"\"\""), "E-LABEL-UNKNOWN", 6, 12, "'say \"so\"'"},
  };
  return out;
}

std::vector<Case> cases_of_columns() {
  const auto wide = edited([](std::size_t line, std::vector<std::string> parts) {
    std::string out;
    for (int k = 0; k < 299; ++k) out += (line == 1 ? "x" + std::to_string(k) : "0"s) + ",";
    return out + parts[1] + "," + parts[2] + "," + parts[3] + "," + parts[0];
  });
  const auto coded = edited([](std::size_t, const auto& parts) {
    std::string line = comma(parts);
    const std::pair<const char*, const char*> codes[] = {
        {"learner", "2"}, {"skilled", "9"}, {"foreman", "10"}, {"manager", "12"}};
    for (const auto& [name, code] : codes) line = replaced(line, name, code);
    return line;
  });
  rungs::io::PanelColumns recoded = good_columns();
  recoded.recode = {{"2", "learner"}, {"9", "skilled"}, {"10", "foreman"}, {"12", "manager"}};
  std::vector<Case> out = {
      {"C02 no id", header("person,year,rank,weight"), "E-COL-ABSENT", 1, 1, "'person', 'year', 'rank', 'weight'"},
      {"C02b misspelt", header("id,yeer,rank,weight"), "E-COL-ABSENT", 1, 1, "did you mean 'yeer'?"},
      {"C01 no header", good().substr(20), "E-COL-ABSENT", 1, 1, "looks like a record"},
      {"C03 a column twice",
       edited([](std::size_t line, const auto& parts) { return comma(parts) + (line == 1 ? ",rank" : ",x"); }),
       "E-COL-DUP", 1, 21, "column 3"},
      {"C04 capitals", header("ID,Year,rank,weight"), "E-COL-ABSENT", 1, 1, "'ID'"},
      {"C06 no name", header("id,,rank,weight"), "E-COL-EMPTY", 1, 4},
      {"C07 other order",
       edited([](std::size_t, std::vector<std::string> p) { return p[3] + "," + p[2] + "," + p[0] + "," + p[1]; }), ""},
      {"C08 unused column", edited([](std::size_t line, std::vector<std::string> p) {
         return p[0] + (line == 1 ? ",note," : ",\"a, \"\"b\"\"\nc\",") + p[1] + "," + p[2] + "," + p[3];
       }),
       ""},
      Case{"C11 codes", coded, ""}.on("2 < 9 < 10 < 12"),
      Case{"C11b codes recoded", coded, ""}.reading(recoded),
      Case{"C12 Chinese header", header("编号,年份,职业,权重"), ""}.reading(named("编号", "年份", "职业", "权重")),
      Case{"C14 a column twice in use", good(), "E-COL-ROLE", 1, 1, "the time and as the state"}.reading(
          named("id", "rank", "rank", "weight")),
      {"C15 300 columns", wide, ""},
  };
  return out;
}

std::vector<Case> cases_of_values() {
  const auto ids = [](const std::function<std::string(std::string)>& change) {
    return edited([&](std::size_t line, std::vector<std::string> parts) {
      if (line > 1) parts[0] = change(parts[0]);
      return comma(parts);
    });
  };
  const auto weights = [](const std::function<std::string(std::size_t)>& value) {
    return edited([&](std::size_t line, std::vector<std::string> parts) {
      if (line > 1) parts[3] = value(line);
      return comma(parts);
    });
  };
  std::vector<Case> out = {
      {"D01 no id", with(11, id, ""), "E-ID-EMPTY", 11, 1},
      {"D01b only commas", with_line_before(11, ",,,"), "E-ID-EMPTY", 11, 1, "only commas"},
      {"D02 id NA", with(11, id, "NA"), "E-ID-MISSING", 11, 1},
      {"D03 id point", with(11, id, "."), "E-ID-MISSING", 11, 1},
      {"D04 id 1e3", with(11, id, "1e3"), "W-ID-FLOAT", 11, 1},
      {"D05 id of 18 digits", ids([](const std::string& who) { return who == "P003" ? "123456789012345678" : who; }),
       ""},
      {"D07 ids differ in capitals", with(5, id, "p001"), "W-ID-CASE", 5, 1, "'P001' and 'p001'"},
      {"D08 leading zeros",
       ids([](const std::string& who) { return who == "P001"   ? "007"
                                               : who == "P002" ? "7"
                                                               : who; }), ""},
      {"D07b id with a byte order mark", with(5, id, "\xef\xbb\xbfP001"), "E-ID-ALIKE", 5, 1, "only by U+FEFF"},
      {"D07c id with a space of no width",
       with(5, id,
            "P0\xe2\x80\x8b"
            "01"),
       "E-ID-ALIKE", 5, 1, "only by U+200B"},
      {"D07j id with a joiner that is not seen", with(5, id, "P0\u200c01"), "E-ID-ALIKE", 5, 1, "only by U+200C"},
      {"D07k ids that a joiner tells apart", replaced(replaced(good(), "P001", "خانه\u200cها"), "P002", "خانهها"), ""},
      {"D07l joiner at the end", replaced(with(5, id, "خانه\u200cها\u200c"), "P001", "خانه\u200cها"), "E-ID-ALIKE", 5,
       1, "only by U+200C"},
      {"D07d id with a no-break space", with(5, id, "P001\xc2\xa0"), "E-ID-ALIKE", 5, 1, "only by U+00A0"},
      {"D07e id with a control character",
       with(5, id,
            "P\x01"
            "001"),
       "E-ID-ALIKE", 5, 1, "only by U+0001"},
      {"D07f the first of two ids is the odd one", with(2, id, "\xef\xbb\xbfP001"), "E-ID-ALIKE", 2, 1},
      {"D07g accents of ids apart",
       replaced(with(5, id,
                     "e\xcc\x81"
                     "1"),
                "P001",
                "\xc3\xa9"
                "1"),
       "E-ID-ALIKE", 5, 1, "Unicode normalisation"},
      {"D07h two odd ids alike", replaced(with(5, id, "\xef\xbb\xbfX"), "P001", "X\xc2\xa0"), "E-ID-ALIKE", 5, 1},
      {"D07i ids with accents and in other scripts",
       replaced(replaced(good(), "P001",
                         "\xc3\xa9"
                         "1"),
                "P002", "\xe5\xbc\xa0"),
       ""},
      {"D07j unseen characters throughout", replaced(good(), "P001", "\xef\xbb\xbfP001"), ""},
      {"D09 ids above 2^53", ids([](const std::string& who) {
         return who == "P001" ? "9007199254740992" : who == "P002" ? "9007199254740993" : who;
       }),
       ""},
      {"D10 no time", with(7, year, ""), "E-TIME-EMPTY", 7, 6},
      {"D11 letter l", with(7, year, "20l7"), "E-TIME-PARSE", 7, 6, "l for 1"},
      {"D12 half year", with(7, year, "2017.5"), "E-TIME-GRID", 7, 6},
      {"D13 exponent", with(7, year, "1e9"), "E-TIME-PARSE", 7, 6, "exponent"},
      {"D14 point zero", with(7, year, "2016.0"), "W-TIME-FLOAT", 7, 6},
      {"D15 NaN", with(7, year, "NaN"), "E-TIME-PARSE", 7, 6, "missing value"},
      {"D16 inf", with(7, year, "inf"), "E-TIME-PARSE", 7, 6, "infinity"},
      {"D17 9999", with(7, year, "9999"), "E-TIME-RANGE", 7, 6, "code"},
      {"D17b 99999", with(7, year, "99999"), "E-TIME-RANGE", 7, 6},
      {"D17c -9", with(7, year, "-9"), "E-TIME-RANGE", 7, 6},
      {"D17d -1 among years", with(7, year, "-1"), "E-TIME-RANGE", 7, 6},
      {"D18 beyond 32 bits", with(7, year, "1483228800000"), "E-TIME-RANGE", 7, 6, "larger units"},
      {"D18b beyond 64 bits", with(7, year, "99999999999999999998"), "E-TIME-RANGE", 7, 6},
      {"D19 month 13", with(7, year, "2017-13-01"), "E-TIME-PARSE", 7, 6, "no month 13"},
      {"D20 30 February", with(7, year, "2019-02-30"), "E-TIME-PARSE", 7, 6, "no 30 February"},
      {"D20b a date", with(7, year, "2019-02-28"), "E-TIME-PARSE", 7, 6, "write the year"},
      {"D21 ambiguous date", with(7, year, "01/02/2017"), "E-TIME-PARSE", 7, 6, "two ways"},
      {"D23 Arabic digits", with(7, year, "٢٠١٧"), "E-TIME-PARSE", 7, 6, "0 to 9"},
      {"D24 full-width digits", with(7, year, "２０１７"), "E-TIME-PARSE", 7, 6, "0 to 9"},
      {"D25 no state", with(7, rank, ""), "E-STATE-MISSING", 7, 11},
      {"D26 NA", with(7, rank, "NA"), "E-STATE-MISSING", 7, 11},
      {"D27 -9", with(7, rank, "-9"), "E-LABEL-UNKNOWN", 7, 11, "declare it as missing"},
      {"D28 capital", with(7, rank, "Skilled"), "E-LABEL-UNKNOWN", 7, 11, "only capital letters differ from 'skilled'"},
      {"D29 slip", with(7, rank, "skiled"), "E-LABEL-UNKNOWN", 7, 11, "did you mean 'skilled'?"},
      {"D31 99", with(7, rank, "99"), "E-LABEL-UNKNOWN", 7, 11, "code"},
      {"D32 no weight", with(7, weight, ""), "E-WEIGHT-EMPTY", 7, 19},
      {"D33 weight -1", with(7, weight, "-1"), "E-WEIGHT-NEG", 7, 19},
      {"D34 weight nan", with(7, weight, "nan"), "E-WEIGHT-NAN", 7, 19},
      {"D35 weight inf", with(7, weight, "inf"), "E-WEIGHT-INF", 7, 19},
      {"D36 decimal comma", with(7, weight, "1,5"), "E-FIELDS-MANY", 7, 20, "1.5, not 1,5"},
      {"D36b decimal comma in quotes", with(7, weight, "\"1,5\""), "E-WEIGHT-PARSE", 7, 20, "1.5, not 1,5"},
      {"D37 points of thousands", with(7, weight, "1.234.567"), "E-WEIGHT-PARSE", 7, 19, "thousands"},
      {"D38 overflow", with(7, weight, "1e400"), "E-WEIGHT-RANGE", 7, 19},
      {"D39 underflow", with(7, weight, "1e-400"), "E-WEIGHT-RANGE", 7, 19},
      {"D39b so large that squares overflow", with(7, weight, "1e300"), "E-WEIGHT-RANGE", 7, 19, "1e-12 to 1e12"},
      {"D39c so small that squares vanish", with(7, weight, "1e-300"), "E-WEIGHT-RANGE", 7, 19, "1e-12 to 1e12"},
      {"D39d all weights of 1e300", weights([](std::size_t) { return "1e300"; }), "E-WEIGHT-RANGE", 2, 19},
      {"D39e the smallest weight", with(7, weight, "1e-12"), "W-WEIGHT-VARIES", 7, 19},
      {"D40 hex", with(7, weight, "0x10"), "E-WEIGHT-PARSE", 7, 19, "decimal digits"},
      {"D41 space of thousands", with(7, weight, "1 000"), "E-WEIGHT-PARSE", 7, 19, "thousands"},
      {"D42 weight with exponent", with(7, weight, "1e0"), ""},
      {"D43 full-width minus", with(7, weight, "－1"), "E-WEIGHT-PARSE", 7, 19},
      {"D44 all weights 0", weights([](std::size_t) { return "0"; }), "E-WEIGHT-ALLZERO", 2, 19},
      {"D45 one weight of 1e12", with(7, weight, "1e12"), "W-WEIGHT-DOMINANT", 7, 19},
      {"D47 weight varies", with(3, weight, "2.5"), "W-WEIGHT-VARIES", 3, 19},
      {"D48 weight 0", with(7, weight, "0"), "W-WEIGHT-ZERO", 7, 19},
      {"E01 a record twice", with_line_before(8, good_lines()[6]), "E-DUP-KEY", 8, 1, "line 7"},
      {"E03 records twice", good() + good().substr(20), "E-DUP-KEY", 50, 1, "line 2"},
      {"E03b whole file twice", good() + good(), "E-DUP-KEY", 50, 1, "two files"},
      {"E04 people not together",
       joined({good_lines()[0], good_lines()[5]}) +
           [] {
             std::vector<std::string> lines = good_lines();
             lines.erase(lines.begin() + 5);
             lines.erase(lines.begin());
             return joined(lines);
           }(),
       ""},
      {"E05 time backward",
       [] {
         std::vector<std::string> lines = good_lines();
         std::reverse(lines.begin() + 1, lines.end());
         return joined(lines);
       }(),
       ""},
  };
  return out;
}

std::vector<Case> all_cases() {
  std::vector<Case> out;
  for (const auto& group : {cases_of_bytes(), cases_of_grammar(), cases_of_columns(), cases_of_values()})
    out.insert(out.end(), group.begin(), group.end());
  return out;
}

class BadInput : public testing::TestWithParam<Case> {};

TEST_P(BadInput, IsToldWhereAndWhat) {
  const Case& one = GetParam();
  const Outcome good_outcome = read(good(), good_columns(), good_ladder());
  const Outcome outcome = read(one.bytes, one.columns, one.ladder);
  const bool refused = one.code.substr(0, 2) == "E-";
  for (const Diagnostic& problem : outcome.problems) {
    EXPECT_EQ(problem.severity, Diagnostic::Severity::error);
    EXPECT_FALSE(problem.found.empty());
    EXPECT_FALSE(problem.expected.empty());
    for (const char c : problem.text())
      EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) << problem.text();
  }
  if (!refused) {
    ASSERT_TRUE(outcome.problems.empty()) << outcome.problems.front().text();
    if (one.code.empty()) {
      EXPECT_TRUE(outcome.warnings.empty()) << outcome.warnings.front().text();
      EXPECT_EQ(outcome.counts, good_outcome.counts);
      return;
    }
  }
  const std::vector<Diagnostic>& told = refused ? outcome.problems : outcome.warnings;
  ASSERT_FALSE(told.empty());
  const auto found =
      refused ? told.begin()
              : std::find_if(told.begin(), told.end(), [&](const Diagnostic& d) { return d.code == one.code; });
  ASSERT_NE(found, told.end()) << told.front().text();
  EXPECT_EQ(found->code, one.code) << found->text();
  EXPECT_EQ(found->where.line, one.line) << found->text();
  EXPECT_EQ(found->where.column, one.column) << found->text();
  EXPECT_THAT(found->text(), testing::HasSubstr(one.words));
}

std::string test_name(const testing::TestParamInfo<Case>& one) {
  std::string name = one.param.name;
  for (char& c : name)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  return name;
}
INSTANTIATE_TEST_SUITE_P(Catalogue, BadInput, testing::ValuesIn(all_cases()), test_name);

/// The whole text, word for word: what a user reads is part of the interface.
TEST(BadInputText, IsWordForWord) {
  const std::pair<const char*, const char*> texts[] = {
      {"A01 empty file",
       "panel.csv:1:1: error: found an empty file; expected a line of column names and records "
       "[E-EMPTY]"},
      {"A04 no record",
       "panel.csv:2:1: error: found column names but no record; expected at least one record "
       "[E-NOROWS]"},
      {"A06 UTF-16 with mark",
       "panel.csv:1:1: error: found text in UTF-16 (little-endian); expected UTF-8; name it with "
       "--encoding UTF-16 (in scenarios encoding), or convert it: iconv -f UTF-16 -t UTF-8 OLD > NEW [E-ENC-UTF16]"},
      {"A09 lone CR",
       "panel.csv:1:20: error: found a carriage return without a line feed; expected lines that "
       "end in a line feed, or in both; old Macintosh programs end lines so: save the file with "
       "Unix or Windows line ends [E-EOL-CR]"},
      {"A12 NUL in a field",
       "panel.csv:7:15: error: found a NUL byte; expected text; the file may be damaged: write it "
       "anew [E-NUL]"},
      {"A14 byte FF in a name",
       "panel.csv:2:13: error: found the byte 0xFF, which is not UTF-8; expected text in UTF-8; "
       "the file may be damaged, or in another encoding, which --encoding (in scenarios encoding) names "
       "[E-ENC-INVALID]"},
      {"A17 Latin-1",
       "panel.csv:18:12: error: found the byte 0xE9, which is not UTF-8; expected text in UTF-8; "
       "it may be ISO-8859-1: name it with --encoding ISO-8859-1 (in scenarios encoding), or convert it: iconv -f "
       "ISO-8859-1 -t UTF-8 OLD > "
       "NEW [E-ENC-INVALID]"},
      {"A20 UTF-8, then GBK",
       "panel.csv:50:11: error: found the byte 0xB9, which is not UTF-8; expected text in UTF-8; "
       "it may be GBK: name it with --encoding GBK (in scenarios encoding), or convert it: iconv -f GBK -t UTF-8 OLD > "
       "NEW [E-ENC-INVALID]"},
      {"A21 accents apart",
       "panel.csv:5:11: error: found 'cafe<U+0301>' in column 'rank'; expected one of 'learner', "
       "'skilled', 'foreman', 'manager', 'café'; differs from 'café' only by Unicode "
       "normalisation: accents are written apart from their letters in one of them "
       "[E-LABEL-UNKNOWN]"},
      {"A22 zero-width space",
       "panel.csv:5:11: error: found 'ski<U+200B>lled' in column 'rank'; expected one of "
       "'learner', 'skilled', 'foreman', 'manager'; differs from 'skilled' only by U+200B, which "
       "is not seen [E-LABEL-UNKNOWN]"},
      {"A25 xlsx",
       "panel.csv:1:1: error: found a zip archive, such as an Excel workbook (.xlsx); expected "
       "comma-separated text in UTF-8, or a Stata or SPSS file; open it in a spreadsheet and save it as "
       "CSV UTF-8 [E-KIND-ZIP]"},
      {"A28 LFS pointer",
       "panel.csv:1:1: error: found a Git LFS pointer instead of the data; expected "
       "comma-separated text in UTF-8, or a Stata or SPSS file; fetch the data: git lfs pull [E-KIND-LFS]"},
      {"A29 Ctrl-Z",
       "panel.csv:50:1: warning: found a Ctrl-Z at the end; expected the end of the file; old "
       "systems write it: it was left out [W-CTRLZ]"},
      {"A30 cut in a record",
       "panel.csv:49:15: error: found 3 fields; expected 4, as in the line of column names; the "
       "end of the file may be missing [E-FIELDS-FEW]"},
      {"B01 open quote",
       "panel.csv:6:11: error: found a quote that does not close; expected another quote at the "
       "end of the field; a quote inside a field is written twice [E-QUOTE-OPEN]"},
      {"B02 text after a quote",
       "panel.csv:6:20: error: found text after the closing quote of a field; expected a comma or "
       "the end of the line; a quote inside a field is written twice [E-QUOTE-JUNK]"},
      {"B03 bare quote",
       "panel.csv:6:14: error: found a quote inside a field that does not start with one; expected "
       "quotes around the whole field; a quote inside a quoted field is written twice "
       "[E-QUOTE-BARE]"},
      {"B05 line feed in quotes",
       "panel.csv:6:12: error: found 'skil\\x0Aled' in column 'rank'; expected one of 'learner', "
       "'skilled', 'foreman', 'manager'; differs from 'skilled' only by U+000A, which is not seen "
       "[E-LABEL-UNKNOWN]"},
      {"B07 a field too many",
       "panel.csv:8:22: error: found more than 4 fields; expected 4, as in the line of column "
       "names; a field that holds a comma stands in double quotes [E-FIELDS-MANY]"},
      {"B11 semicolons",
       "panel.csv:1:1: error: found columns separated by semicolons; expected commas; save the "
       "file as CSV with commas between fields and points in decimal numbers [E-SEP]"},
      {"B14 comment",
       "panel.csv:8:1: error: found one field, '# second wave'; expected 4, as in the line of "
       "column names; comments are not read: leave the line out [E-FIELDS-FEW]"},
      {"B15 spaces after commas",
       "panel.csv:1:4: warning: found 147 fields with blanks at the start or the end; expected "
       "none; they were read without them; this is the first [W-SPACE]"},
      {"B19 a field of 2 MiB",
       "panel.csv:5:11: error: found a field of 2097152 bytes; expected at most 1048576; the file "
       "may be damaged, or no table [E-FIELD-LONG]"},
      {"B22 footer",
       "panel.csv:50:1: error: found a line that starts with 'Total' and has no state; expected a "
       "record; it looks like a footer: leave it out [E-TIME-PARSE]"},
      {"B23 rows of points",
       "panel.csv:5:11: error: found '.' in column 'rank', a sign for a missing value; expected "
       "one of 'learner', 'skilled', 'foreman', 'manager'; where it is not known, declare '.' as "
       "missing [E-STATE-MISSING]"},
      {"C02b misspelt",
       "panel.csv:1:1: error: found no column 'year' (the time); expected it among 'id', 'yeer', "
       "'rank', 'weight'; did you mean 'yeer'? [E-COL-ABSENT]"},
      {"C03 a column twice",
       "panel.csv:1:21: error: found the column name 'rank' a second time; expected each name "
       "once; the first is column 3 [E-COL-DUP]"},
      {"C04 capitals",
       "panel.csv:1:1: error: found no column 'id' (the id); expected it among 'ID', 'Year', "
       "'rank', 'weight'; only capital letters differ from 'ID' [E-COL-ABSENT]"},
      {"C06 no name",
       "panel.csv:1:4: error: found column 2 without a name; expected a name for each column "
       "[E-COL-EMPTY]"},
      {"C14 a column twice in use",
       "panel.csv:1:1: error: found column 'rank' named as the time and as the state; expected a "
       "column for each [E-COL-ROLE]"},
      {"D01 no id",
       "panel.csv:11:1: error: found no id in column 'id'; expected the person that the record is "
       "about [E-ID-EMPTY]"},
      {"D04 id 1e3",
       "panel.csv:11:1: warning: found one id that a spreadsheet seems to have rewritten as a "
       "number; expected ids as they were given; different ids may have become one: compare with "
       "the original; ids are read as text [W-ID-FLOAT]"},
      {"D07 ids differ in capitals",
       "panel.csv:5:1: warning: found the ids 'P001' and 'p001', which differ only in capital "
       "letters; expected ids that differ otherwise; they are read as two people [W-ID-CASE]"},
      {"D07d id with a no-break space",
       "panel.csv:5:1: error: found the ids 'P001' and 'P001<U+00A0>' in column 'id'; expected ids that differ in what "
       "is "
       "seen; they differ only by U+00A0, which is not seen: one person may have become two; write the id in one way "
       "[E-ID-ALIKE]"},
      {"D39b so large that squares overflow",
       "panel.csv:7:19: error: found '1e300' in column 'weight'; expected a number, 0 or more; multiply all weights by "
       "one number, so that they lie from 1e-12 to 1e12; frequency weights are numbers of people [E-WEIGHT-RANGE]"},
      {"D11 letter l",
       "panel.csv:7:6: error: found '20l7' in column 'year'; expected a whole number such as 2017; "
       "a letter stands among the digits: l for 1, or O for 0 [E-TIME-PARSE]"},
      {"D12 half year",
       "panel.csv:7:6: error: found '2017.5' in column 'year'; expected a whole number of periods; "
       "number shorter periods one after the other, such as half-years 1, 2, 3 [E-TIME-GRID]"},
      {"D17 9999",
       "panel.csv:7:6: error: found '9999' in column 'year'; expected a time; it looks like a code "
       "for a missing value: leave such records out [E-TIME-RANGE]"},
      {"D20 30 February",
       "panel.csv:7:6: error: found '2019-02-30' in column 'year'; expected a whole number such as "
       "2017; it looks like a date, but there is no 30 February 2019 [E-TIME-PARSE]"},
      {"D21 ambiguous date",
       "panel.csv:7:6: error: found '01/02/2017' in column 'year'; expected a whole number such as "
       "2017; it looks like a date that may be read in two ways, day or month first: write the "
       "year, or number the periods [E-TIME-PARSE]"},
      {"D28 capital",
       "panel.csv:7:11: error: found 'Skilled' in column 'rank'; expected one of 'learner', "
       "'skilled', 'foreman', 'manager'; only capital letters differ from 'skilled' "
       "[E-LABEL-UNKNOWN]"},
      {"D29 slip",
       "panel.csv:7:11: error: found 'skiled' in column 'rank'; expected one of 'learner', "
       "'skilled', 'foreman', 'manager'; did you mean 'skilled'? [E-LABEL-UNKNOWN]"},
      {"D32 no weight",
       "panel.csv:7:19: error: found no weight in column 'weight'; expected a number, 0 or more; "
       "an empty weight is taken neither as 0 nor as 1 [E-WEIGHT-EMPTY]"},
      {"D36 decimal comma",
       "panel.csv:7:20: error: found more than 4 fields; expected 4, as in the line of column "
       "names; a decimal number is written with a point: 1.5, not 1,5 [E-FIELDS-MANY]"},
      {"D37 points of thousands",
       "panel.csv:7:19: error: found '1.234.567' in column 'weight'; expected a number, 0 or more; "
       "write the number without separators of thousands [E-WEIGHT-PARSE]"},
      {"D44 all weights 0",
       "panel.csv:2:19: error: found weights of 0 in all records; expected at least one above 0 "
       "[E-WEIGHT-ALLZERO]"},
      {"D47 weight varies",
       "panel.csv:3:19: warning: found one record with another weight than the person's first "
       "record; expected one weight for each person; every move takes the weight of the record it "
       "starts from; this is the first [W-WEIGHT-VARIES]"},
      {"E01 a record twice",
       "panel.csv:8:1: error: found a second record of 'P002' at time 2016; expected one record "
       "for each person and time; the first stands on line 7 [E-DUP-KEY]"},
      {"E03b whole file twice",
       "panel.csv:50:1: error: found the line of column names a second time; expected it once, at "
       "the top; it looks like two files put together [E-DUP-KEY]"},
  };
  const std::vector<Case> cases = all_cases();
  for (const auto& [name, text] : texts) {
    const auto one = std::find_if(cases.begin(), cases.end(), [&name = name](const Case& c) { return c.name == name; });
    ASSERT_NE(one, cases.end()) << name;
    const Outcome outcome = read(one->bytes, one->columns, one->ladder);
    const std::vector<Diagnostic>& told = outcome.problems.empty() ? outcome.warnings : outcome.problems;
    ASSERT_FALSE(told.empty()) << name;
    EXPECT_EQ(told.front().text(), text) << name;
  }
}

}  // namespace
}  // namespace bad_inputs_test
