// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/estimate/survey.hpp>

#include <cmath>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "../core/message.hpp"
#include "estimators.hpp"

namespace survey_test {
namespace {

using namespace rungs;
using rungs_test::code_of;
using rungs_test::ladder_of;
using rungs_test::Move;
using rungs_test::panel_of;
using rungs_test::random_moves;
using rungs_test::said;

/// 60 people of three parts of 20, in clusters of five, seen in five years; nothing in it is random.
Panel sixty() {
  Observations o;
  for (std::uint32_t p = 0; p < 60; ++p)
    for (std::int32_t t = 0; t < 5; ++t) {
      const auto u = static_cast<std::uint32_t>(t);
      o.add(p, t, (p * 7 + u * u * 3 + (p * u) % 5 + p / 9) % 3);
      o.weight.push_back(1 + static_cast<double>((p * 3) % 7) / 2 + p / 20);
    }
  return {ladder_of(3), o, WeightKind::sampling};
}
SurveyDesign clustered() {
  SurveyDesign d;
  for (std::uint32_t p = 0; p < 60; ++p) {
    d.part.push_back(p / 20);
    d.cluster.push_back(p / 5);
  }
  return d;
}

void expect_errors(const SurveyEstimate& e, const std::vector<double>& expected) {
  const CellIntervals cells = e.cells();
  for (Eigen::Index k = 0; k < 9; ++k)
    EXPECT_NEAR(cells.standard_error.data()[k] / expected[static_cast<std::size_t>(k)], 1, 1e-10) << k;
}

// The figures are those of svyratio() of the R package survey 4.1-1, R 4.2.2, on the data of sixty().

TEST(Survey, EqualsTheRPackageSurvey) {
  const SurveyEstimate e = estimate_survey(sixty(), clustered());
  const std::vector<double> shares{0.30754716981132074, 0.38301886792452833, 0.30943396226415093,
                                   0.2857142857142857,  0.37630662020905925, 0.33797909407665505,
                                   0.37062937062937062, 0.28671328671328672, 0.34265734265734266};
  for (Eigen::Index k = 0; k < 9; ++k)
    EXPECT_NEAR(e.ensemble.point().matrix(0).data()[k], shares[static_cast<std::size_t>(k)], 1e-14);
  // rejects: each person drawn alone, 0.0813... for the first.
  expect_errors(
      e, {0.062835241286443022, 0.053528054562851, 0.039751280292245991, 0.04593033765852194, 0.091588028457297549,
          0.04955795872844905, 0.053295877056492282, 0.03343376362877961, 0.06510781930860543});
  EXPECT_EQ(e.degrees_of_freedom, 9);
  const SurveyEstimate alone = estimate_survey(sixty(), SurveyDesign{});
  expect_errors(alone, {0.081361583767222079, 0.069702292064279442, 0.060815861261072822, 0.05732579751264999,
                        0.081119577237000709, 0.062422393060966204, 0.060404281214775979, 0.0587017867984541,
                        0.068382274565416346});
  EXPECT_EQ(alone.degrees_of_freedom, 59);
}

TEST(Survey, TreatsALonelyClusterAsStated) {
  SurveyDesign d = clustered();
  for (std::uint32_t p = 40; p < 60; ++p) d.cluster[p] = 99;
  EXPECT_EQ(said<Refusal>([&] { (void)estimate_survey(sixty(), d); }),
            "found part 2 of the frame with one cluster; expected two or more, or a stated treatment: centre (its "
            "distance from the mean of all) or certain (it adds nothing) [E-DESIGN-LONELY]");
  d.lonely = SurveyDesign::Lonely::centre;  // survey.lonely.psu = "adjust"
  expect_errors(estimate_survey(sixty(), d), {0.095297892612839372, 0.075323200754647393, 0.030891394432060397,
                                              0.026628225872212242, 0.077962588471112218, 0.053105614209180696,
                                              0.031816618881513853, 0.044093594264418084, 0.045050086978412396});
  d.lonely = SurveyDesign::Lonely::certain;
  expect_errors(estimate_survey(sixty(), d), {0.062336091589360779, 0.043049939213035876, 0.029132811925960296,
                                              0.024595510385753458, 0.064295112919339717, 0.040885965252746757,
                                              0.031726257858792427, 0.029562454998085706, 0.033320391704557757});
}

/// Leaves out one cluster of each part by turns, the rest of the part standing for it.
ReplicateWeights jackknife(const Panel& panel, const SurveyDesign& d) {
  ReplicateWeights out{Matrix::Zero(60, 12), Vector::Constant(12, 0.75)};
  for (const Panel::Run& run : panel.runs())
    for (Eigen::Index r = 0; r < 12; ++r) {
      const auto left_out = static_cast<std::uint32_t>(r);
      out.weights(run.person, r) = panel.weight(run.begin) * (d.cluster[run.person] == left_out    ? 0.0
                                                              : d.part[run.person] == left_out / 4 ? 4.0 / 3
                                                                                                   : 1.0);
    }
  return out;
}

TEST(Survey, TakesReplicateWeights) {
  const Panel panel = sixty();
  const SurveyEstimate e = estimate_survey(panel, jackknife(panel, clustered()));
  // as.svrepdesign(type = "JKn", mse = TRUE)
  expect_errors(
      e, {0.063612290875508348, 0.05370452048537936, 0.039935044447744143, 0.046635827657796405, 0.093494753778666506,
          0.050734811556501017, 0.05349559322818552, 0.033215931820088966, 0.065234511276090576});
  EXPECT_EQ(e.degrees_of_freedom, 11);
  ReplicateWeights wrong = jackknife(panel, clustered());
  wrong.factor.conservativeResize(11);
  EXPECT_EQ(said<Refusal>([&] { (void)estimate_survey(panel, wrong); }),
            "found replicate weights of 60 people in 12 replicates with 11 factors; expected those of 60 people in 2 "
            "replicates or more, and a factor for each [E-SHAPE]");
  wrong = jackknife(panel, clustered());
  wrong.weights(7, 3) = std::nan("");
  EXPECT_EQ(said<DomainError>([&] { (void)estimate_survey(panel, wrong); }),
            "found a replicate weight or factor of nan; expected 0 or more [E-WEIGHT-RANGE]");
}

TEST(Survey, IsScaleFreeInWeightsAndIgnoresTheirUnits) {
  Observations o;
  const Panel one = sixty();
  for (const Panel::Run& run : one.runs())
    for (std::size_t k = run.begin; k < run.end; ++k) {
      o.add(run.person, run.start + static_cast<std::int32_t>(k - run.begin), one.strata()[k]);
      o.weight.push_back(1000 * one.weight(k));
    }
  const SurveyEstimate a = estimate_survey(one, clustered()),
                       b = estimate_survey(Panel(ladder_of(3), o, WeightKind::sampling), clustered());
  EXPECT_LT((a.covariance - b.covariance).cwiseAbs().maxCoeff(), 1e-15);
}

TEST(Survey, OfPeopleDrawnAloneWithOneMoveIsThatOfTheCells) {
  // Independent moves: the linearised variance of cell_intervals(), times people / (people - 1).
  const std::vector<Move> moves = random_moves(3, 90, 4);
  const Panel panel = panel_of(3, moves, WeightKind::sampling);
  const Tally t = tally(panel);
  const SurveyEstimate e = estimate_survey(panel, SurveyDesign{});
  const Matrix expected = cell_intervals(t.pooled(), t.ladder()).standard_error * std::sqrt(90.0 / 89);
  EXPECT_LT((e.cells().standard_error - expected).cwiseAbs().maxCoeff(), 1e-14);
  // Without weights the design effect is 1 but for the same factor.
  const Panel plain = panel_of(3, moves);
  const Matrix effect = estimate_survey(plain, SurveyDesign{}).design_effect(tally(plain));
  EXPECT_LT((effect.array() - 90.0 / 89).abs().maxCoeff(), 1e-12);
}

TEST(Survey, DrawsHaveTheCovarianceOfTheCells) {
  const SurveyEstimate e = estimate_survey(sixty(), clustered());
  const Matrix& p = e.ensemble.point().matrix(0);
  const auto& factor = std::get<NormalLogits>(e.ensemble.draws()).factor;
  // By the delta method from the draws' own factor, exactly.
  Matrix moved(9, factor.cols());
  for (Eigen::Index i = 0; i < 3; ++i)
    for (Eigen::Index j = 0; j < 3; ++j)
      moved.row(3 * i + j) = p(i, j) * (factor.row(3 * i + j) - p.row(i) * factor.middleRows(3 * i, 3));
  EXPECT_LT((moved * moved.transpose() - e.covariance).cwiseAbs().maxCoeff(), 1e-12);
  EXPECT_LE(factor.cols(), 6);
  const CellIntervals cells = e.cells();
  // By Student's distribution, as the intervals of the cells are.
  const auto& logits = std::get<NormalLogits>(e.ensemble.draws());
  EXPECT_EQ(logits.degrees_of_freedom, 9);
  const CellIntervals of_draws = cell_intervals(logits, p, 0);
  EXPECT_LT((of_draws.upper - cells.upper).cwiseAbs().maxCoeff(), 1e-12);
  EXPECT_LT((of_draws.lower - cells.lower).cwiseAbs().maxCoeff(), 1e-12);
  const double x = p(0, 1), error = cells.standard_error(0, 1) / (x * (1 - x)), t9 = 2.2621571627982049;
  EXPECT_NEAR(std::log(cells.upper(0, 1) / (1 - cells.upper(0, 1))) - std::log(x / (1 - x)), t9 * error, 1e-12);
  EXPECT_NEAR(std::log(x / (1 - x)) - std::log(cells.lower(0, 1) / (1 - cells.lower(0, 1))), t9 * error, 1e-12);
}

TEST(Survey, RefusesADesignThatDoesNotFit) {
  SurveyDesign d = clustered();
  d.part.pop_back();
  EXPECT_EQ(said<Refusal>([&] { (void)estimate_survey(sixty(), d); }),
            "found a design of 59 people; expected one entry for each of the 60 people of the panel [E-SHAPE]");
  d = clustered();
  d.cluster[3] = 11;
  EXPECT_EQ(said<Refusal>([&] { (void)estimate_survey(sixty(), d); }),
            "found cluster 11 in part 2 and in part 0; expected every cluster in one part [E-SHAPE]");
  EXPECT_EQ(said<Refusal>([&] {
              (void)estimate_survey(panel_of(2, random_moves(2, 20, 1), WeightKind::frequency), SurveyDesign{});
            }),
            "found frequency weights in a survey; expected sampling weights, or none: a record that stands for several "
            "people does not say who was drawn with whom [E-WEIGHT-KIND]");
  EXPECT_EQ(
      code_of([&] {
        (void)estimate_survey(panel_of(2, {{0, 0}, {1, 1}}), SurveyDesign{{1, 2}, {}, SurveyDesign::Lonely::centre});
      }),
      "E-DESIGN-LONELY");
}

/// The people of sixty() in two groups.
Panel sixty_in_groups(const Ladder& ladder) {
  const Panel all = sixty();
  Observations o;
  for (const Panel::Run& run : all.runs())
    for (std::size_t k = run.begin; k < run.end; ++k) {
      o.add(run.person, run.start + static_cast<std::int32_t>(k - run.begin),
            ladder.for_group(all.strata()[k], run.person * run.person % 3 == 0 ? 1 : 0));
      o.weight.push_back(all.weight(k));
    }
  return {ladder, o, WeightKind::sampling};
}

TEST(Survey, OfAGroupIsThatOfAllWithTheOthersAtWeightZero) {
  const Ladder groups = ladder_of(3).for_groups({"one", "other"});
  for (const bool by_period : {false, true}) {
    const TallyOptions options{.by_period = by_period};
    const SurveyEstimate all = estimate_survey(sixty_in_groups(groups), clustered(), options, Unleft::absorbing);
    for (std::size_t g = 0; g < 2; ++g) {
      const Panel everybody = sixty();
      Observations o;
      for (const Panel::Run& run : everybody.runs())
        for (std::size_t k = run.begin; k < run.end; ++k) {
          o.add(run.person, run.start + static_cast<std::int32_t>(k - run.begin), everybody.strata()[k]);
          o.weight.push_back((run.person * run.person % 3 == 0) == (g == 1) ? everybody.weight(k) : 0);
        }
      const SurveyEstimate alone =
          estimate_survey(Panel(ladder_of(3), o, WeightKind::sampling), clustered(), options, Unleft::absorbing);
      const SurveyEstimate group = survey_of_group(all, g);
      ASSERT_EQ(group.ensemble.point().count(), by_period ? 4U : 1U);
      for (std::size_t m = 0; m < group.ensemble.point().count(); ++m)
        EXPECT_LT((group.ensemble.point().matrix(m) - alone.ensemble.point().matrix(m)).cwiseAbs().maxCoeff(), 1e-15);
      EXPECT_LT((group.covariance - alone.covariance).cwiseAbs().maxCoeff(), 1e-16);
      EXPECT_GT(group.covariance.maxCoeff(), 1e-3);
      EXPECT_EQ(group.degrees_of_freedom, 9);
      EXPECT_TRUE(group.ensemble.ladder() == ladder_of(3));
      // Draws move the log-odds with the same covariance; the normals behind them may be others.
      EXPECT_EQ(std::get<NormalLogits>(group.ensemble.draws()).degrees_of_freedom, 9);
      const auto covariance = [](const Ensemble& e) {
        const Matrix& factor = std::get<NormalLogits>(e.draws()).factor;
        return Matrix(factor * factor.transpose());
      };
      EXPECT_LT((covariance(group.ensemble) - covariance(alone.ensemble)).cwiseAbs().maxCoeff(), 1e-12);
      EXPECT_GT(covariance(group.ensemble).maxCoeff(), 1e-2);
    }
    EXPECT_EQ(said<Refusal>([&] { (void)survey_of_group(all, 2); }),
              "found group number 2 of a ladder for 2 groups; expected one of them [E-LADDER]");
  }
}

TEST(Survey, KeepsPeriodsApart) {
  Panel panel = sixty();
  TallyOptions options;
  options.by_period = true;
  const SurveyEstimate all = estimate_survey(panel, clustered(), options);
  ASSERT_EQ(all.ensemble.point().count(), 4U);
  // Each period's own block is that of the panel cut to it.
  for (std::int32_t m = 0; m < 4; ++m) {
    Observations o;
    for (const Panel::Run& run : panel.runs())
      for (std::int32_t t = m; t <= m + 1; ++t) {
        const std::size_t k = run.begin + static_cast<std::size_t>(t);
        o.add(run.person, t, panel.strata()[k]);
        o.weight.push_back(panel.weight(k));
      }
    const SurveyEstimate cut = estimate_survey(Panel(ladder_of(3), o, WeightKind::sampling), clustered());
    EXPECT_LT((all.covariance.block(9 * m, 9 * m, 9, 9) - cut.covariance).cwiseAbs().maxCoeff(), 1e-15);
  }
}

}  // namespace
}  // namespace survey_test
