// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <rungs/io/csv.hpp>

#include "files.hpp"

namespace encoding_test {
namespace {

using namespace std::string_view_literals;
using rungs::Ladder;
using rungs::io::PanelColumns;
using rungs::io::PanelFile;
using rungs::test::TemporaryFile;
using testing::ElementsAre;

PanelColumns columns(const std::string& encoding) {
  PanelColumns out;
  out.id = "id";
  out.time = "time";
  out.state = "state";
  out.encoding = encoding;
  return out;
}

/// A panel of two people, its second stratum being some bytes.
std::string panel(std::string_view second) {
  return "id,time,state\np,1,low\np,2," + std::string(second) + "\nq,1," + std::string(second) + "\nq,2,low\n";
}
std::string wide(std::string_view ascii, bool little, std::string_view mark) {
  std::string out(mark);
  for (const char c : ascii) out += little ? std::string{c, '\0'} : std::string{'\0', c};
  return out;
}
/// All that is said, and the strata by row.
std::string read(const std::string& bytes, const std::string& encoding, const std::string& second) {
  const TemporaryFile file(bytes);
  std::string out;
  const auto add = [&](const std::vector<rungs::Diagnostic>& all) {
    for (rungs::Diagnostic d : all) {
      d.where.file = "panel.csv";
      out += d.text() + "\n";
    }
  };
  try {
    const PanelFile found =
        rungs::io::read_panel(file.path(), columns(encoding), Ladder::parse("low < \"" + second + "\""));
    add(found.warnings);
    for (const auto s : found.panel.strata()) out += std::to_string(s);
  } catch (const rungs::InputError& e) {
    add(e.problems());
  } catch (const rungs::Refusal& e) {
    out += e.what();
  }
  return out;
}

// Bytes as the tables of Unicode have them.
TEST(Encoding, TextsAreConverted) {
  const std::string worker = "\xe5\xb7\xa5\xe4\xba\xba", cafe = "caf\xc3\xa9", euro = "\xe2\x82\xac";
  for (const char* name : {"GBK", "gbk", "GB18030", "GB2312", "CP936"})
    EXPECT_EQ(read(panel("\xb9\xa4\xc8\xcb"), name, worker), "0110") << name;
  EXPECT_EQ(read(panel("\xa4\x75\xa4\x48"), "Big5", worker), "0110");
  for (const char* name : {"latin1", "ISO-8859-1", "iso8859-15", "windows-1252"})
    EXPECT_EQ(read(panel("caf\xe9"), name, cafe), "0110") << name;
  EXPECT_EQ(read(panel("\x80"), "windows-1252", euro), "0110");
  EXPECT_EQ(read(panel("\xa4"), "iso-8859-15", euro), "0110");
  // The second byte of a character may be what ends fields elsewhere: 0x5C is a backslash, 0x7C a bar.
  EXPECT_EQ(read(panel("\x95\x5c\x83\x7c"), "SHIFT_JIS", "\xe8\xa1\xa8\xe3\x83\x9d"), "0110");
  for (const char* name : {"", "utf-8", "UTF8", "Utf-8"}) EXPECT_EQ(read(panel(worker), name, worker), "0110") << name;
}

TEST(Encoding, Utf16IsReadWithAndWithoutMark) {
  const std::string text = panel("high");
  EXPECT_EQ(read(wide(text, true, "\xff\xfe"), "UTF-16", "high"), "0110");
  EXPECT_EQ(read(wide(text, false, "\xfe\xff"), "utf-16", "high"), "0110");
  EXPECT_EQ(read(wide(text, true, "\xff\xfe"), "UTF-16LE", "high"), "0110");
  EXPECT_EQ(read(wide(text, true, ""), "UTF-16LE", "high"), "0110");
  EXPECT_EQ(read(wide(text, false, ""), "UTF-16BE", "high"), "0110");
}

TEST(Encoding, WhatIsNoTextInItHasItsPlace) {
  EXPECT_EQ(
      read(panel("caf\xff"), "GBK", "x"),
      "panel.csv:3:8: error: found the byte 0xFF, with which no character begins; expected text in GBK, as "
      "--encoding (in scenarios encoding) says; the file may be damaged, or in another encoding [E-ENC-INVALID]\n");
  const std::string cut = panel("\xb9\xa4") + "r,1,\xb9";
  EXPECT_EQ(read(cut, "GBK", "\xe5\xb7\xa5").substr(0, 15), "panel.csv:6:5: ");
  EXPECT_EQ(read("\xef\xbb\xbf" + panel("b"), "latin1", "b"),
            "panel.csv:1:1: error: found a mark of UTF-8 at the start; expected text in latin1, as --encoding (in "
            "scenarios encoding) says; leave "
            "--encoding (in scenarios encoding) out [E-ENC-INVALID]\n");
  EXPECT_EQ(read(wide(panel("b"), true, "\xff\xfe"), "latin1", "b"),
            "panel.csv:1:1: error: found a mark of UTF-16 at the start; expected text in latin1, as --encoding (in "
            "scenarios encoding) says; "
            "name it with --encoding UTF-16 (in scenarios encoding) [E-ENC-INVALID]\n");
  EXPECT_THAT(read("\x1f\x8b\x08", "GBK", "b"), testing::HasSubstr("[E-KIND-GZIP]"));
  EXPECT_THAT(read("", "GBK", "b"), testing::HasSubstr("[E-EMPTY]"));
  EXPECT_THAT(read(std::string("id,\0\n", 5), "latin1", "b"), testing::HasSubstr("[E-NUL]"));
}

TEST(Encoding, TextThatIsUtf8AsItStandsIsTold) {
  EXPECT_EQ(read(panel("caf\xc3\xa9"), "latin1", "caf\xc3\x83\xc2\xa9"),
            "panel.csv:1:1: warning: found text that is UTF-8 as it stands; expected text in latin1, as --encoding (in "
            "scenarios encoding) says; "
            "it was read so; if names look wrong, leave --encoding (in scenarios encoding) out [W-ENC-UTF8]\n0110");
  EXPECT_EQ(read(panel("high"), "latin1", "high"), "0110");  // the same in both
}

TEST(Encoding, NamesThatDependOnTheSystemAreNotKnown) {
  for (const char* name : {"", "UTF-8", "gbk", "GB18030", "latin1", "UTF-16", "windows-1252"})
    EXPECT_TRUE(rungs::io::knows_encoding(name)) << name;
  for (const char* name : {"klingon", "gbk//TRANSLIT", "//IGNORE", "WCHAR_T", "INTERNAL", "char", " gbk"})
    EXPECT_FALSE(rungs::io::knows_encoding(name)) << name;
  EXPECT_EQ(read(panel("b"), "klingon", "b"),
            "found the encoding 'klingon'; expected an encoding that iconv knows, such as UTF-8, GBK, GB18030, "
            "ISO-8859-1, WINDOWS-1252 or UTF-16 [E-ENC-UNKNOWN]");
}

TEST(Encoding, OfTwoBytesHasAMarkUnderWhateverName) {
  for (const char* name : {"UTF-16", "utf16le", "ucs-2", "UNICODE", "UNICODELITTLE", "CSUNICODE"})
    EXPECT_EQ(read(wide(panel("high"), true, "\xff\xfe"), name, "high"), "0110") << name;
  EXPECT_EQ(read(wide(panel("high"), false, "\xfe\xff"), "UNICODEBIG", "high"), "0110");
  for (const char* name : {"GBK", "latin1", "ISO-2022-KR", "KOI8-R"})  // one of them has a mark of its own
    EXPECT_THAT(read(wide(panel("high"), true, "\xff\xfe"), name, "high"), testing::HasSubstr("found a mark of UTF-16"))
        << name;
}

TEST(Encoding, IsOfEveryFileOfData) {
  const std::string bytes = "\xb9\xa4", utf8 = "\xe5\xb7\xa5";
  const Ladder ladder = Ladder::parse("low < \"" + utf8 + "\"");
  const TemporaryFile table("origin,destination,count\nlow," + bytes + ",3\n");
  EXPECT_EQ(rungs::io::read_table(table.path(), ladder, {.encoding = "GBK"}).cells.at(0).to, 1U);
  const TemporaryFile matrix(",low," + bytes + "\nlow,.5,.5\n" + bytes + ",0,1\n");
  EXPECT_THAT(rungs::io::read_matrix(matrix.path(), ladder, rungs::io::RowSums::must_be_one, "GBK").rows,
              ElementsAre(.5, .5, 0, 1));
  const TemporaryFile shares("time,low," + bytes + "\n1,.5,.5\n");
  EXPECT_THAT(rungs::io::read_shares(shares.path(), ladder, rungs::io::ShareUnit::shares, {.encoding = "GBK"}).values,
              ElementsAre(.5, .5));
  const TemporaryFile events("n,g\n1," + bytes + "\n2,a\n");
  EXPECT_THAT(rungs::io::read_events(events.path(), {.events = "n", .by = {"g"}, .encoding = "GBK"}).labels.at(0),
              ElementsAre(utf8, "a"));
  EXPECT_THAT(rungs::io::read_groups(events.path(), "g", "GBK"), ElementsAre("a", utf8));
}

}  // namespace
}  // namespace encoding_test
