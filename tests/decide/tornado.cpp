// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/decide/tornado.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include <core/message.hpp>

namespace tornado_test {
namespace {

using namespace rungs;
using rungs_test::said;
using testing::ElementsAre;

const std::vector<TornadoInput> inputs{{"uptake", 0.2, 0.5, 0.6}, {"cost", 1, 2, 4}, {"seats", 10, 10, 10}};

double people(const std::vector<double>& x) { return 100 * x[0] - 20 * x[1]; }

std::vector<std::string> names_of(const std::vector<TornadoBar>& bars) {
  std::vector<std::string> out;
  for (const TornadoBar& b : bars) out.push_back(b.name);
  return out;
}

TEST(Tornado, MovesOneInputAtATimeAndPutsTheWidestFirst) {
  int asked = 0;
  const auto bars = tornado(inputs, [&](const std::vector<double>& x) {
    ++asked;
    return people(x);
  });
  EXPECT_EQ(asked, 7);
  ASSERT_THAT(names_of(bars), ElementsAre("cost", "uptake", "seats"));
  EXPECT_EQ(bars[0].low, 1);
  EXPECT_EQ(bars[0].high, 4);
  EXPECT_DOUBLE_EQ(bars[0].at_low, 30);
  EXPECT_DOUBLE_EQ(bars[0].at_high, -30);
  EXPECT_DOUBLE_EQ(bars[0].width, 60);
  EXPECT_DOUBLE_EQ(bars[1].at_low, -20);
  EXPECT_DOUBLE_EQ(bars[1].at_high, 20);
  EXPECT_EQ(bars[2].width, 0);
  EXPECT_FALSE(bars[0].decision_changes) << "not asked";
}

TEST(Tornado, KeepsTheOrderOfEqualsAndSeesTheMiddle) {
  const std::vector<TornadoInput> three{{"a", -1, 0, 1}, {"b", -1, 0, 1}, {"c", -1, 0, 1}};
  const auto bars = tornado(three, [](const std::vector<double>& x) { return x[0] + x[1] * x[1] - 2 * x[2]; });
  EXPECT_THAT(names_of(bars), ElementsAre("c", "a", "b"));
  EXPECT_EQ(bars[2].at_low, bars[2].at_high);
  EXPECT_EQ(bars[2].width, 1) << "both ends differ from the middle";
  EXPECT_THAT(names_of(tornado(three, [](const std::vector<double>&) { return 1; })), ElementsAre("a", "b", "c"));
  EXPECT_TRUE(tornado({}, [](const std::vector<double>&) { return 1.0; }).empty());
}

TEST(Tornado, SaysWhetherTheDecisionChanges) {
  const auto bars = tornado(inputs, people, [](const std::vector<double>& x) {
    return std::array<double, 2>{0, 100 * x[0] - 15 * x[1]};
  });
  ASSERT_THAT(names_of(bars), ElementsAre("cost", "uptake", "seats"));
  EXPECT_EQ(bars[0].decision_changes, true) << "20 at the points, -10 at the high";
  EXPECT_EQ(bars[1].decision_changes, true) << "-10 at the low";
  EXPECT_EQ(bars[2].decision_changes, false);
  // A tie is no change.
  const auto tied = tornado(
      {{"x", 0, 1, 1}}, [](const std::vector<double>& x) { return x[0]; },
      [](const std::vector<double>& x) {
        return std::vector<double>{0.3, 0.3 + x[0] * 1e-12};
      });
  EXPECT_EQ(tied[0].decision_changes, false);
}

TEST(Tornado, Refuses) {
  const auto answer = [](const std::vector<double>& x) { return x[0]; };
  EXPECT_EQ(said<DomainError>([&] {
              (void)tornado({{"x", 1, 0, 2}}, answer);
            }),
            "found 'x' from 1 over 0 to 2; expected finite numbers in order [E-RANGE]");
  for (const double bad : {std::nan(""), HUGE_VAL, -HUGE_VAL})
    for (const TornadoInput& i : {TornadoInput{"x", bad, 1, 2}, {"x", 1, bad, 2}, {"x", 0, 1, bad}})
      EXPECT_EQ(rungs_test::code_of([&] { (void)tornado({i}, answer); }), "E-RANGE");
  EXPECT_EQ(said<DomainError>([&] {
              (void)tornado({{"x", 0, 1, 2}}, [](const auto& x) { return 1 / x[0]; });
            }),
            "found an answer of inf at the low of 'x'; expected a finite number [E-ANSWER]");
  EXPECT_EQ(said<DomainError>([&] {
              (void)tornado({{"x", 0, 1, 2}}, [](const auto&) { return std::nan(""); });
            }),
            "found an answer of nan at the points of all inputs; expected a finite number [E-ANSWER]");
  EXPECT_EQ(said<Refusal>([&] {
              (void)tornado({{"x", 0, 1, 2}}, answer, [](const auto&) { return std::vector<double>{}; });
            }),
            "found no alternative; expected at least one [E-SHAPE]");
  EXPECT_EQ(
      said<Refusal>([&] {
        (void)tornado({{"x", 0, 1, 2}}, answer, [](const auto& x) { return std::vector<double>(x[0] > 1 ? 3 : 2); });
      }),
      "found 3 net benefits with 'x' at 2; expected 2 as at the points [E-SHAPE]");
  EXPECT_EQ(said<DomainError>([&] {
              (void)tornado({{"x", 0, 1, 2}}, answer, [](const auto&) { return std::vector<double>{std::nan("")}; });
            }),
            "found a net benefit of nan; expected a finite number [E-ANSWER]");
}

}  // namespace
}  // namespace tornado_test
