// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/estimate/survey_memory.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <vector>

#include <gtest/gtest.h>

#include "../core/message.hpp"
#include "estimators.hpp"

namespace survey_memory_test {
namespace {

using namespace rungs;
using rungs_test::code_of;
using rungs_test::ladder_of;

/// Paths of people from 0 on, each with a weight and a cluster.
struct Sample {
  std::vector<std::vector<std::size_t>> paths{};
  std::vector<double> weights{};
  SurveyDesign design{};

  [[nodiscard]] Panel panel(const Ladder& ladder = ladder_of(3)) const {
    Observations o;
    for (std::uint32_t who = 0; who < paths.size(); ++who)
      for (std::size_t t = 0; t < paths[who].size(); ++t) {
        o.add(who, static_cast<std::int32_t>(t), paths[who][t]);
        if (!weights.empty()) o.weight.push_back(weights[who]);
      }
    return {ladder, std::move(o), weights.empty() ? WeightKind::none : WeightKind::sampling};
  }
};

/// A walk of so many periods over three strata, by a matrix.
std::vector<std::size_t> walk(Stream& s, const Matrix& p, std::size_t periods) {
  std::vector<std::size_t> out{s.below(3)};
  while (out.size() < periods) {
    const auto from = static_cast<Eigen::Index>(out.back());
    double u = s.uniform();
    std::size_t to = 0;
    while (to < 2 && u > p(from, static_cast<Eigen::Index>(to))) u -= p(from, static_cast<Eigen::Index>(to++));
    out.push_back(to);
  }
  return out;
}

Matrix chain() {
  Matrix p(3, 3);
  p << 0.6, 0.3, 0.1, 0.2, 0.6, 0.2, 0.1, 0.3, 0.6;
  return p;
}

/// People of a village walk alike: whoever is the first of it says where all go.
Sample villages(std::uint64_t world, std::size_t count, std::size_t size, bool of_kinds) {
  Sample out;
  Stream s({Seed(61), world});
  Matrix slow = chain();
  for (Eigen::Index i = 0; i < 3; ++i) slow.row(i) = 0.15 * slow.row(i) + 0.85 * Matrix::Identity(3, 3).row(i);
  for (std::uint32_t village = 0; village < count; ++village) {
    const auto path = walk(s, of_kinds && village % 2 == 0 ? slow : chain(), 8);
    for (std::size_t k = 0; k < size; ++k) {
      out.paths.push_back(path);
      out.weights.push_back(0.5 + s.uniform());
      out.design.cluster.push_back(village);
    }
  }
  return out;
}

TEST(SurveyMemory, WithoutWeightsTheStatisticsAreThoseOfPeople) {
  Sample s;
  Stream stream({Seed(3), 0});
  for (int who = 0; who < 4000; ++who) s.paths.push_back(walk(stream, chain(), 7));
  const Panel panel = s.panel();
  const Histories h = histories(panel, {});
  const SurveyTest order = test_order(panel, {}, Step{});
  EXPECT_NEAR(order.pearson, test_order(h).pearson, 1e-9);
  EXPECT_EQ(order.df, 12);
  EXPECT_EQ(order.rows_left_out, 0U);
  const SurveyDuration duration = test_duration(panel, {}, Step{});
  const DurationTest of_people = test_duration(h);
  EXPECT_EQ(duration.test.rows_left_out, 0U);
  EXPECT_NEAR(duration.test.pearson, of_people.test.pearson, 1e-9);
  EXPECT_EQ(duration.test.df, static_cast<double>(of_people.test.df_support));
  ASSERT_EQ(duration.rates.size(), of_people.rates.size());
  for (std::size_t d = 0; d < duration.rates.size(); ++d) {
    EXPECT_EQ(duration.rates[d].people, of_people.rates[d].people);
    EXPECT_EQ(duration.rates[d].left, of_people.rates[d].left);
  }
  const ChapmanKolmogorovTest several = test_chapman_kolmogorov(h, Span(3));
  const SurveyShare never = never_moved(panel, {}, Step{}, Span(3));
  EXPECT_NEAR(never.seen, several.never_moved, 1e-12);
  EXPECT_NEAR(never.by_chain, several.never_moved_expected, 1e-12);
  EXPECT_EQ(never.people, several.people);
  const AskedReach asked{.within = Span(3)};
  const AssumptionTest told = test_order(h, {.asked = asked});
  const SurveyShare reach = survey_reach(panel, {}, Step{}, asked);
  ASSERT_TRUE(told.consequence);
  EXPECT_NEAR(reach.seen, told.consequence->found.front().share, 1e-12);
  EXPECT_NEAR(reach.difference(), told.consequence->difference(), 1e-12);
  EXPECT_NEAR(reach.standard_error, told.consequence->differences.front().standard_error, 1e-12);
}

/// How a figure moves with the weight of each person, by central differences; then clusters, by hand.
double error_by_differences(const Sample& s, const std::function<double(const Panel&)>& figure) {
  constexpr double h = 1e-5;
  std::vector<double> of_cluster(1 + *std::max_element(s.design.cluster.begin(), s.design.cluster.end()));
  for (std::size_t who = 0; who < s.paths.size(); ++who) {
    Sample more = s, less = s;
    more.weights[who] *= 1 + h;
    less.weights[who] *= 1 - h;
    of_cluster[s.design.cluster[who]] += (figure(more.panel()) - figure(less.panel())) / (2 * h);
  }
  double squares = 0;
  for (const double x : of_cluster) squares += x * x;
  const auto n = static_cast<double>(of_cluster.size());
  return std::sqrt(squares * n / (n - 1));
}

TEST(SurveyMemory, StandardErrorsAreThoseOfNumericalDerivatives) {
  const Sample s = villages(5, 25, 3, true);
  const AskedReach any{.within = Span(3)};
  const Ladder ladder = ladder_of(3);
  const AskedReach from_below{.from = ladder.at(0), .target = ladder.set_of({2}), .within = Span(4)};
  const std::function<SurveyShare(const Panel&)> shares[] = {
      [&](const Panel& p) { return never_moved(p, s.design, Step{}, Span(3)); },
      [&](const Panel& p) { return survey_reach(p, s.design, Step{}, any); },
      [&](const Panel& p) { return survey_reach(p, s.design, Step{}, from_below); }};
  for (const auto& share : shares) {
    const SurveyShare out = share(s.panel());
    EXPECT_EQ(out.degrees_of_freedom, 24);
    const double by_hand = error_by_differences(s, [&](const Panel& p) { return share(p).difference(); });
    EXPECT_NEAR(out.standard_error / by_hand, 1, 1e-6);
    EXPECT_GT(out.standard_error, 0.005);
  }
}

TEST(SurveyMemory, WeightsTimesAConstantChangeNothing) {
  const Sample s = villages(6, 40, 4, true);
  Sample more = s;
  for (double& w : more.weights) w *= 37;
  const SurveyTest a = test_order(s.panel(), s.design, Step{}), b = test_order(more.panel(), s.design, Step{});
  EXPECT_GT(a.df, 0);
  EXPECT_NEAR(a.f, b.f, 1e-9);
  EXPECT_NEAR(a.p, b.p, 1e-9);
  EXPECT_NEAR(test_duration(s.panel(), s.design, Step{}).test.f, test_duration(more.panel(), s.design, Step{}).test.f,
              1e-9);
  const SurveyShare c = never_moved(s.panel(), s.design, Step{}, Span(3)),
                    d = never_moved(more.panel(), s.design, Step{}, Span(3));
  EXPECT_NEAR(c.difference(), d.difference(), 1e-12);
  EXPECT_NEAR(c.standard_error, d.standard_error, 1e-12);
}

TEST(SurveyMemory, SomebodyWithoutWeightIsNobody) {
  Sample s = villages(7, 40, 2, false);
  const SurveyTest before = test_order(s.panel(), s.design, Step{});
  const SurveyShare stay = never_moved(s.panel(), s.design, Step{}, Span(3));
  s.paths.push_back({0, 2, 0, 2, 0, 2, 0, 2});
  s.weights.push_back(0);
  s.design.cluster.push_back(3);
  EXPECT_NEAR(test_order(s.panel(), s.design, Step{}).f, before.f, 1e-12);
  EXPECT_EQ(never_moved(s.panel(), s.design, Step{}, Span(3)).starts, stay.starts);
  EXPECT_NEAR(never_moved(s.panel(), s.design, Step{}, Span(3)).standard_error, stay.standard_error, 1e-12);
}

TEST(SurveyMemory, OfPathsTooShortThereIsNothingToSay) {
  Sample s;
  for (int who = 0; who < 40; ++who) s.paths.push_back({0, static_cast<std::size_t>(who % 2)});
  const SurveyTest order = test_order(s.panel(), {}, Step{});
  EXPECT_EQ(order.df, 0);
  EXPECT_TRUE(std::isnan(order.p));
  const SurveyShare never = never_moved(s.panel(), {}, Step{}, Span(3));
  EXPECT_EQ(never.starts, 0);
  EXPECT_TRUE(std::isnan(never.seen));
  EXPECT_TRUE(std::isnan(never.difference()));
  EXPECT_TRUE(std::isnan(never.standard_error));
}

TEST(SurveyMemory, FrequencyWeightsAreRefused) {
  Observations o;
  for (std::uint32_t who = 0; who < 4; ++who)
    for (std::int32_t t = 0; t < 3; ++t) {
      o.add(who, t, 0);
      o.weight.push_back(2);
    }
  const Panel panel(ladder_of(3), std::move(o), WeightKind::frequency);
  EXPECT_EQ(code_of([&] { (void)test_order(panel, {}, Step{}); }), "E-WEIGHT-KIND");
  EXPECT_EQ(code_of([&] { (void)never_moved(panel, {}, Step{}, Span(3)); }), "E-WEIGHT-KIND");
}

/// 60 villages of 4 people who walk alike by one chain: nothing is remembered, but people drawn alone would say so.
TEST(SurveyMemory, RejectsAsOftenAsItPromises) {
  constexpr int worlds = 400;
  int order = 0, duration = 0, stayers = 0, above = 0, below = 0, order_alone = 0, above_alone = 0;
  for (int world = 0; world < worlds; ++world) {
    const Sample s = villages(static_cast<std::uint64_t>(world), 60, 4, false);
    const Panel panel = s.panel();
    const SurveyTest t = test_order(panel, s.design, Step{});
    order += t.p < 0.05 ? 1 : 0;
    order_alone += test_order(panel, {}, Step{}).p < 0.05 ? 1 : 0;
    duration += test_duration(panel, s.design, Step{}).test.p < 0.05 ? 1 : 0;
    const auto far = [](const SurveyShare& share) {
      const boost::math::students_t_distribution<> law(share.degrees_of_freedom);
      return share.difference() / share.standard_error / boost::math::quantile(law, 0.975);
    };
    const SurveyShare never = never_moved(panel, s.design, Step{}, Span(3));
    stayers += std::abs(far(never)) > 1 ? 1 : 0;
    const double reach = far(survey_reach(panel, s.design, Step{}, {.within = Span(3)}));
    above += reach > 1 ? 1 : 0;
    below += reach < -1 ? 1 : 0;
    above_alone += std::abs(far(survey_reach(panel, {}, Step{}, {.within = Span(3)}))) > 1 ? 1 : 0;
  }
  // Standard error of 0.05 over so many worlds: 0.011.
  for (const int rejected : {order, duration, stayers, above + below}) {
    EXPECT_GT(rejected, 0.015 * worlds);
    EXPECT_LT(rejected, 0.085 * worlds);
  }
  EXPECT_GT(order_alone, 0.5 * worlds);
  EXPECT_GT(above_alone, 0.2 * worlds);
}

/// Half of the villages move at a seventh of the rate.
TEST(SurveyMemory, FindsPeopleOfTwoKinds) {
  constexpr int worlds = 60;
  int order = 0, stayers = 0, reach = 0;
  for (int world = 0; world < worlds; ++world) {
    const Sample s = villages(static_cast<std::uint64_t>(world), 300, 2, true);
    const Panel panel = s.panel();
    order += test_order(panel, s.design, Step{}).p < 0.01 ? 1 : 0;
    const SurveyShare never = never_moved(panel, s.design, Step{}, Span(3));
    const boost::math::students_t_distribution<> law(never.degrees_of_freedom);
    stayers += never.difference() > 0.05 && never.difference() > boost::math::quantile(law, 0.99) * never.standard_error
                   ? 1
                   : 0;
    reach += survey_reach(panel, s.design, Step{}, {.within = Span(3)}).difference() < 0 ? 1 : 0;
  }
  EXPECT_GE(order, 0.8 * worlds);
  EXPECT_GE(stayers, 0.8 * worlds);
  EXPECT_GE(reach, 0.8 * worlds);
}

/// Six in ten leave at once what they enter, then 15 in a hundred each period.
TEST(SurveyMemory, FindsThatPeopleSettle) {
  constexpr int worlds = 60;
  int found = 0, falls = 0;
  for (int world = 0; world < worlds; ++world) {
    Sample s;
    Stream stream({Seed(62), static_cast<std::uint64_t>(world)});
    for (std::uint32_t village = 0; village < 100; ++village) {
      std::vector<std::size_t> path{stream.below(3)};
      for (bool entered = false; path.size() < 10;) {
        entered = stream.uniform() < (entered ? 0.6 : 0.15);
        path.push_back(entered ? (path.back() + 1 + stream.below(2)) % 3 : path.back());
      }
      for (int k = 0; k < 3; ++k) {
        s.paths.push_back(path);
        s.weights.push_back(0.5 + stream.uniform());
        s.design.cluster.push_back(village);
      }
    }
    const SurveyDuration t = test_duration(s.panel(), s.design, Step{});
    found += t.test.p < 0.01 ? 1 : 0;
    falls += t.rates[0].left / t.rates[0].people > 2 * t.rates[2].left / t.rates[2].people ? 1 : 0;
  }
  EXPECT_GE(found, 0.8 * worlds);
  EXPECT_GE(falls, 0.95 * worlds);
}

}  // namespace
}  // namespace survey_memory_test
