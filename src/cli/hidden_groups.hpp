// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_CLI_HIDDEN_GROUPS_HPP
#define RUNGS_CLI_HIDDEN_GROUPS_HPP

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rungs/estimate/hidden_groups.hpp>
#include <rungs/estimate/mixture.hpp>
#include <rungs/estimate/mover_stayer.hpp>
#include <rungs/measure/summary.hpp>

#include "common.hpp"
#include "data.hpp"

namespace rungs::cli {

struct EstimateCommand;

/// A method that takes people to be of several kinds that nobody sees.
struct HiddenMethod {
  bool mover_stayer = false;
  std::size_t classes = 2;  ///< of a mixture
};

/// The method that "mover-stayer" or "mixture:K" names; none for other words.
[[nodiscard]] std::optional<HiddenMethod> hidden_method(std::string_view text);

/// What was fitted, whatever the method; arrays in the ladder's order, a column for each class.
struct HiddenFit {
  HiddenMethod method{};
  Read data;
  std::vector<std::string> classes;  ///< their names
  std::vector<Matrix> chains;        ///< of each class
  std::vector<std::optional<CellIntervals>> chain_intervals;
  Vector starters;            ///< people followed, by their first stratum
  Vector never_moved{};       ///< of those, who were never seen elsewhere; of a mover-stayer model
  CellIntervals shares_at{};  ///< errors and intervals of the shares
  double log_likelihood = 0, bic = 0;
  std::size_t parameters = 0;
  std::size_t starts = 0, agreeing = 0;      ///< of a mixture
  double likelihood_ratio = 0, p_value = 1;  ///< of a mover-stayer model against a plain chain
  Mixture plain;                             ///< of one class
  std::int64_t longest = 0;                  ///< steps that somebody was followed for
  double moves_of_each = 0;                  ///< the mean of those steps
  HiddenGroups model;
  std::optional<Seed> seed{};
  std::vector<Diagnostic> warnings{};
  std::optional<double> degrees_of_freedom{};  ///< of a survey, whose likelihood is of weights
  MixtureOptions options{};
  std::optional<Mixture> mixture{};

  [[nodiscard]] const Panel& panel() const { return *data.panel; }
  [[nodiscard]] const Ladder& ladder() const { return panel().ladder(); }
  [[nodiscard]] double people() const { return starters.sum(); }
};

/// Reads the panel and fits; a seed is there where it is needed, or where draws follow.
///
/// Throws UsageError when options do not go together; what readers and estimators throw.
[[nodiscard]] HiddenFit fit_hidden(const DataOptions& options, const CommonOptions& common, bool draws_follow);

/// As above, for the data of a scenario; a seed that was picked is kept for what follows.
///
/// Throws InputError [E-CFG-RANGE] for keys that do not go together; what readers and estimators throw.
[[nodiscard]] HiddenFit fit_hidden(const io::ScenarioData& source, const Ladder& ladder, CommonOptions& common);

/// W-COVERAGE of a mixture of one class, whose rows are those of a plain chain: of the rows in use. Nothing of others.
[[nodiscard]] std::vector<Diagnostic> coverage_of(const HiddenFit& fit, const RowsUsed& used);

/// The same model with draws that resample whole people.
///
/// Throws Refusal as bootstrap_mover_stayer() and bootstrap_mixture() do.
[[nodiscard]] HiddenGroups bootstrapped(const HiddenFit& fit, std::size_t draws);

/// What is asked of somebody who starts in a stratum, of a kind that nobody sees.
struct HiddenQuestion {
  Stratum from;
  std::optional<StratumSet> target{};
  Span within;
  std::optional<Heads> people{};
  bool draws_of_moves = true;  ///< whether the matrix after the span has intervals
};

/// The answers, in the order and form that `rungs measure` asks plain chains for them.
struct HiddenAnswers {
  std::vector<Estimate> reach{};  ///< the reach, mean years given reached, then the first passage by period
  std::vector<Estimate> standing{}, expected_years{}, moves{};
  std::vector<std::pair<std::string, Estimate>> shares{};  ///< of each class among those who start there
  std::vector<Estimate> class_reach{};                     ///< of each class
  std::optional<Estimate> people_reaching{};
  Matrix moves_at_point{};
  TransitionMatrix any_class;  ///< with a probability above 0 wherever some class has one
};

[[nodiscard]] HiddenAnswers ask_hidden(const HiddenGroups& model, const HiddenQuestion& question,
                                       const DrawOptions& options, const CommonOptions& common);

/// `rungs estimate` with such a method.
void run_estimate_hidden(const EstimateCommand& command);

}  // namespace rungs::cli

#endif
