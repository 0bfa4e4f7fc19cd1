// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/core/error.hpp>

#include <cmath>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include <gtest/gtest.h>

#include "message.hpp"

namespace error_test {
namespace {

using namespace rungs;
using rungs_test::said;
using Severity = Diagnostic::Severity;

static_assert(std::is_nothrow_move_constructible_v<Location>);
static_assert(std::is_base_of_v<std::runtime_error, Error>);
static_assert(std::is_base_of_v<Error, DomainError> && std::is_base_of_v<Error, UnknownName> &&
              std::is_base_of_v<Error, Refusal> && std::is_base_of_v<Error, InputError>);

TEST(Location, LeavesOutWhatIsNotKnown) {
  EXPECT_EQ((Location{"panel.csv", 7, 19}.text()), "panel.csv:7:19");
  EXPECT_EQ((Location{"panel.csv", 7, 0}.text()), "panel.csv:7");
  EXPECT_EQ((Location{"panel.csv", 0, 0}.text()), "panel.csv");
  EXPECT_EQ((Location{"panel.csv", 0, 3}.text()), "panel.csv");  // a column of no line
  EXPECT_EQ((Location{"", 7, 1}.text()), ":7:1");
  EXPECT_EQ(Location{}.text(), "");
  EXPECT_NE((Location{"a", 1, 1}), (Location{"a", 1, 2}));
}

TEST(Diagnostic, SaysWhereFoundExpectedHintCode) {
  Diagnostic d{Severity::error, "E-X", {"a.csv", 2, 3}, "found this", "expected that", "try other"};
  EXPECT_EQ(d.text(), "a.csv:2:3: error: found this; expected that; try other [E-X]");
  d.hint.clear();
  EXPECT_EQ(d.text(), "a.csv:2:3: error: found this; expected that [E-X]");
  d.severity = Severity::warning;
  d.where = {};
  d.expected.clear();
  EXPECT_EQ(d.text(), "warning: found this [E-X]");
  d.hint = "try other";
  EXPECT_EQ(d.text(), "warning: found this; try other [E-X]");
}

TEST(Error, KeepsCodeWordsAndFields) {
  const Refusal refusal("E-ONE", "found x; expected y");
  EXPECT_STREQ(refusal.what(), "found x; expected y [E-ONE]");
  EXPECT_EQ(refusal.code(), "E-ONE");
  EXPECT_EQ(refusal.message(), "found x; expected y");
  const DomainError domain("E-TWO", "found 3", 3.5);
  EXPECT_STREQ(domain.what(), "found 3 [E-TWO]");
  EXPECT_EQ(domain.found(), 3.5);
  const UnknownName unknown("E-THREE", "found 'wrker'", "wrker", "worker");
  EXPECT_STREQ(unknown.what(), "found 'wrker' [E-THREE]");
  EXPECT_EQ(unknown.name(), "wrker");
  EXPECT_EQ(unknown.nearest(), "worker");
}

TEST(InputError, JoinsAllProblemsInOrderUnderTheFirstCode) {
  const Diagnostic a{Severity::error, "E-A", {"f", 1, 1}, "found a", "", ""};
  const Diagnostic b{Severity::error, "E-B", {"f", 2, 1}, "found b", "expected c", ""};
  const InputError both({a, b});
  EXPECT_EQ(both.code(), "E-A");
  EXPECT_STREQ(both.what(), "f:1:1: error: found a [E-A]\nf:2:1: error: found b; expected c [E-B]");
  ASSERT_EQ(both.problems().size(), 2U);
  EXPECT_EQ(both.problems()[1].code, "E-B");
  EXPECT_EQ(InputError({}).code(), "E-INPUT");
}

TEST(Words, NumbersAreShortAndRecognisable) {
  EXPECT_EQ(detail::text(0.1), "0.1");
  EXPECT_EQ(detail::text(-0.0), "-0");
  EXPECT_EQ(detail::text(1.0 / 3), "0.333333333333");
  EXPECT_EQ(detail::text(848), "848");
  EXPECT_EQ(detail::text(-1e-18), "-1e-18");
  EXPECT_EQ(detail::text(1e300), "1e+300");
  EXPECT_EQ(detail::text(std::numeric_limits<double>::quiet_NaN()), "nan");
  EXPECT_EQ(detail::text(-std::numeric_limits<double>::infinity()), "-inf");
}

TEST(Words, LabelsAreQuotedAndControlBytesShown) {
  EXPECT_EQ(detail::quoted("worker"), "'worker'");
  EXPECT_EQ(detail::quoted(""), "''");
  EXPECT_EQ(detail::quoted("a\nb\x1b[31m\x7f"), "'a\\x0Ab\\x1B[31m\\x7F'");
  EXPECT_EQ(detail::quoted("工人"), "'工人'");  // bytes above 127 are text
  EXPECT_EQ(detail::listed(std::vector<std::string>{"a", "b"}), "'a', 'b'");
  EXPECT_EQ(detail::listed(std::vector<std::string>{}), "");
}

TEST(NearNames, EditDistanceKnowsTextbookPairs) {
  EXPECT_EQ(detail::edit_distance("kitten", "sitting"), 3U);
  EXPECT_EQ(detail::edit_distance("saturday", "sunday"), 3U);
  EXPECT_EQ(detail::edit_distance("", "abc"), 3U);
  EXPECT_EQ(detail::edit_distance("abc", ""), 3U);
  EXPECT_EQ(detail::edit_distance("Worker", "wORKER"), 0U);  // letter case counts as none
  EXPECT_EQ(detail::edit_distance("ab", "ba"), 2U);          // a swap is two edits
}

TEST(NearNames, OnlyNearOnesAreSuggested) {
  const std::vector<std::string> known{"worker", "technician", "entrepreneur"};
  EXPECT_EQ(detail::nearest_name("wroker", known), "worker");
  EXPECT_EQ(detail::nearest_name("TECHNICIAN", known), "technician");
  EXPECT_EQ(detail::nearest_name("entreprenuer", known), "entrepreneur");
  EXPECT_EQ(detail::nearest_name("xyzzy", known), "");
  EXPECT_EQ(detail::nearest_name("", known), "");
  EXPECT_EQ(detail::nearest_name(std::string(201, 'w'), known), "");                      // not worth the time
  EXPECT_EQ(detail::nearest_name("bat", std::vector<std::string>{"cat", "rat"}), "cat");  // the first of two
  // Of one or two letters all are near: only capitals may differ.
  EXPECT_EQ(detail::nearest_name("b", std::vector<std::string>{"a", "B", "c"}), "B");
  EXPECT_EQ(detail::nearest_name("b", std::vector<std::string>{"a", "c"}), "");
  EXPECT_EQ(detail::nearest_name("ye", std::vector<std::string>{"yes", "no"}), "");
  EXPECT_EQ(detail::nearest_name("\u00e9\u00e8", std::vector<std::string>{"\u00e9\u00e9"}), "");
  // A third of the letters may differ, and not one more.
  EXPECT_EQ(detail::nearest_name("wxxker", known), "worker");
  EXPECT_EQ(detail::nearest_name("wxxxer", known), "");
}

}  // namespace
}  // namespace error_test
