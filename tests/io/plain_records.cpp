// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0

// Records out of which nothing sticks are read in a shorter way than others. A column that is said to be constant makes
// the reader take the long way with all: both must say the same of any file.
#include <algorithm>
#include <array>
#include <cstddef>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <rungs/io/csv.hpp>

#include "files.hpp"

namespace plain_records_test {
namespace {

using rungs::Diagnostic;

rungs::Ladder ladder() { return rungs::Ladder::parse("low < senior technician < senior technicist < b c"); }

/// Everything that comes of reading, in one text.
std::string read(const rungs::test::TemporaryFile& file, bool the_long_way) {
  rungs::io::PanelColumns columns{"id", "year", "rank", "", rungs::WeightKind::none, {}, {}};
  columns.recode = {{"2", "senior technician"}, {" low", "low"}};  // blanks are cut off before codes are looked up
  columns.missing = {"?", "-9"};
  if (the_long_way) columns.person.constant = {"region"};
  std::string out;
  const auto say = [&](const auto&... number) { ((out += std::to_string(number) + ' '), ...); };
  const auto tell = [&](const Diagnostic& d) { out += d.text() + '\n'; };
  try {
    const rungs::io::PanelFile got = rungs::io::read_panel(file.path(), columns, ladder());
    for (const rungs::Panel::Run& run : got.panel.runs()) say(run.person, run.start, run.begin, run.end);
    for (std::size_t k = 0; k < got.panel.observations(); ++k) say(got.panel.strata()[k], got.panel.line(k));
    say(got.records_read);
    for (const auto& [why, times] : got.dropped) out += why + std::to_string(times);
    for (const Diagnostic& d : got.warnings) tell(d);
  } catch (const rungs::InputError& error) {
    out = "refused\n";
    for (const Diagnostic& d : error.problems()) tell(d);
  }
  return out;
}

/// A file with something odd in every so many fields.
class Writer {
 public:
  Writer(unsigned seed, double odd) : random_(seed), odd_(odd) {}
  std::string file() {
    std::array<std::string, 4> names = {"region", "id", "year", "rank"};
    // What stands at the end of a line is not that of the region, at which the short way does not look.
    std::array<std::size_t, 4> order = {0, 1, 2, 3};
    if (below(2) == 1) std::shuffle(order.begin() + 1, order.end(), random_);
    const std::string line_end = below(5) == 0 ? "\r\n" : "\n";
    std::string out;
    for (const std::size_t c : order) out += (out.empty() ? "" : ",") + names[c];
    out += line_end;
    const std::size_t people = 1 + below(6), shape = below(3);
    for (std::size_t who = 0; who < people; ++who) {
      const std::array<std::string, 3> ids = {std::to_string(9 + who), "P0" + std::to_string(who),
                                              "a person with a long name " + std::to_string(who)};
      std::size_t year = below(2) == 0 ? below(3) : 1990;
      for (std::size_t k = below(8) + 1; k > 0; --k, year += 1 + (is_odd() ? 1U : 0U)) {
        const std::array<std::string, 4> fields = {is_odd() ? "\"n\"" : "n", id(ids[shape]), time(year), state()};
        std::string record;
        for (const std::size_t c : order) record += (record.empty() ? "" : ",") + fields[c];
        out += record;
        if (is_odd()) out += one_of({",", " ", "\"", "\r", ",n", "\n"});
        out += k == 1 && who + 1 == people && below(3) == 0 ? "" : line_end;
        if (is_odd()) out += one_of({"\n", " \n", record + "\n", ",,,\n"});
      }
    }
    return out;
  }

 private:
  std::size_t below(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_); }
  bool is_odd() { return std::bernoulli_distribution(odd_)(random_); }
  std::string one_of(const std::vector<std::string>& some) { return some[below(some.size())]; }
  std::string id(const std::string& usual) {
    return is_odd() ? one_of({"", " " + usual, usual + " ", "\"" + usual + "\"", usual + "0", "NA", "9", usual + "\"",
                              "P01", "\"\"\"\"", usual.substr(0, 5)})
                    : usual;
  }
  std::string time(std::size_t usual) {
    const std::string text = std::to_string(usual);
    return is_odd() ? one_of({"", "0" + text, text + ".0", text + ".5", "\"" + text + "\"", "9999", "12345", "-9", "-1",
                              " " + text, "1989", "99999", "1e3", text + "x"})
                    : text;
  }
  std::string state() {
    if (!is_odd()) return one_of({"low", "low", "senior technician", "senior technicist", "b c", "2"});
    return one_of({"", "?", "-9", " low", "low ", "\"low\"", "Low", "senior technicians", "\"b\"\"c\"", "lo", "low\"",
                   "senior technicia", "\"senior technician\"", "NA", "\t2"});
  }
  std::mt19937 random_;
  double odd_;
};

TEST(PlainRecords, AreReadAsAllOthersAre) {
  std::size_t refused = 0;
  constexpr std::size_t files = 1500;
  for (unsigned seed = 0; seed < files; ++seed) {
    Writer writer(seed, std::array{0.0, 0.01, 0.05}[seed % 3]);
    const std::string text = writer.file();
    const rungs::test::TemporaryFile file(text);
    const std::string found = read(file, false);
    ASSERT_EQ(found, read(file, true)) << text;
    refused += found.compare(0, 7, "refused") == 0 ? 1U : 0U;
  }
  const rungs::test::TemporaryFile nobody("region,id,year,rank\nn,,1,low\nn,,2,low\n");
  EXPECT_EQ(read(nobody, false), read(nobody, true));
  EXPECT_GT(refused, files / 5);
  EXPECT_LT(refused, files * 4 / 5);
}

}  // namespace
}  // namespace plain_records_test
