// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_CLI_SURVEY_HPP
#define RUNGS_CLI_SURVEY_HPP

#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include <rungs/data/panel.hpp>
#include <rungs/estimate/survey.hpp>
#include <rungs/estimate/survey_tests.hpp>
#include <rungs/io/csv.hpp>
#include <rungs/io/scenario.hpp>

#include "common.hpp"
#include "json.hpp"

namespace rungs::cli {

/// People with how they were drawn, before anything is estimated.
struct SurveySample {
  Panel panel;
  io::PersonValues drawn;
  TallyOptions options{};
};

/// The parts of the frame and the clusters that people were drawn from.
struct Clusters {
  std::size_t parts = 0, clusters = 0;

  /// "12 clusters in 3 parts of the frame".
  [[nodiscard]] std::string words() const;
};

/// A model with the variance of how people were drawn, and what that rests on: of a group, what it has people in.
struct Survey : Clusters {
  SurveyEstimate estimate;
  std::size_t replicates = 0;
  std::string treatment{};  ///< what the factors of replicates are of, or what a lonely cluster adds

  /// "12 clusters in 3 parts of the frame, 9 degrees of freedom".
  [[nodiscard]] std::string words() const;
};

/// Declares the options of surveys on a verb that has those of panels; they are in `source` after parsing.
void setup_survey(CLI::App& verb, io::ScenarioData& source);

/// What does not go together in a survey: what was found and what was expected.
[[nodiscard]] std::optional<std::pair<std::string, std::string>> fault_of_survey(const io::ScenarioData& source);

/// The model of a sample. `each`, where the sample is on a ladder for groups: all groups together on the ladder that
/// each has.
///
/// Throws Refusal [E-SIZE] for more than 4000 cells, what estimate_survey() throws, and with the names of the data
/// [E-DESIGN-LONELY].
[[nodiscard]] Survey survey_of(const SurveySample& sample, const io::ScenarioData& source, Unleft unleft,
                               const std::optional<Ladder>& each = {});
/// How the people of a sample were drawn, for models beyond shares of moves; none where they have replicates.
///
/// Throws Refusal [E-DESIGN-LONELY] with the names of the data.
[[nodiscard]] SurveyDesign design_of(const SurveySample& sample, const io::ScenarioData& source);
/// The same of people with a record each.
[[nodiscard]] SurveyDesign design_of(const io::PersonValues& drawn, std::size_t people, const io::ScenarioData& source);
[[nodiscard]] Clusters clusters_of(const io::PersonValues& drawn, std::size_t people);
/// Of a model on a ladder for groups, that of one group.
[[nodiscard]] Survey survey_of_group(const Survey& all, const SurveySample& sample, std::size_t group);

[[nodiscard]] Json json_of(const Survey& survey);
[[nodiscard]] Json json_of(const Clusters& of, const std::string& lonely, double degrees_of_freedom);

/// What a test of people drawn by a design says where they do not move alike [W-NONSTATIONARY, W-GROUPS] (p below
/// 0.01), or where nothing could be tested [W-UNTESTED].
[[nodiscard]] std::optional<Diagnostic> warning_of(const SurveyTest& test);

/// Whether people move alike in all periods, or in all groups of the panel's ladder, where they count by weights: each
/// person is taken as drawn alone. None where that cannot be said, or there are more than 1000 possible moves or 5
/// million records.
[[nodiscard]] std::optional<SurveyTest> weighted_test_over_time(const Panel& panel, TallyOptions options);
[[nodiscard]] std::optional<SurveyTest> weighted_test_of_groups(const Panel& panel, TallyOptions options);

}  // namespace rungs::cli

#endif
