// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_CLI_SURVEY_HPP
#define RUNGS_CLI_SURVEY_HPP

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <rungs/data/panel.hpp>
#include <rungs/estimate/survey.hpp>
#include <rungs/estimate/survey_memory.hpp>
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

/// What a test of people drawn by a design says where it is rejected (p below 0.01), or where nothing could be tested
/// [W-UNTESTED]: people who do not move alike [W-NONSTATIONARY, W-GROUPS], or who remember [W-MARKOV-REJECTED,
/// W-DURATION].
[[nodiscard]] std::optional<Diagnostic> warning_of(const SurveyTest& test);

/// Whether people move alike in all periods, or in all groups of the panel's ladder, by how they were drawn. None where
/// that cannot be said, or there are more than 1000 possible moves or 5 million records.
[[nodiscard]] std::optional<SurveyTest> survey_test_over_time(const Panel& panel, const SurveyDesign& design,
                                                              TallyOptions options);
[[nodiscard]] std::optional<SurveyTest> survey_test_of_groups(const Panel& panel, const SurveyDesign& design,
                                                              TallyOptions options);

/// Whether people remember what a chain forgets, by how they were drawn.
struct SurveyMemory {
  SurveyTest order{};
  SurveyDuration duration{};
  AskedReach asked{};
  SurveyShare reach{};  ///< what memory comes to for the answer asked
  Span steps;
  SurveyShare never_moved{};  ///< at so many steps

  [[nodiscard]] std::vector<Diagnostic> warnings(const Ladder& ladder) const;
};
/// None where that cannot be said, or there are more than 1000 layers of moves or 5 million records.
[[nodiscard]] std::optional<SurveyMemory> survey_memory(const Panel& panel, const SurveyDesign& design, Step step,
                                                        const std::optional<AskedReach>& asked);
/// [W-STAYERS] where more people never moved than by the chain, beyond chance; `size` says what that means for an
/// answer.
[[nodiscard]] std::optional<Diagnostic> warning_of_stayers(const SurveyShare& never_moved, std::int64_t steps,
                                                           const std::string& size);

/// The interval of a share's difference from what the chain says: other people might have been drawn. NaN where nothing
/// varies.
[[nodiscard]] Interval interval_of(const SurveyShare& share, Level level);

}  // namespace rungs::cli

#endif
