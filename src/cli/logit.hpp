// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_CLI_LOGIT_HPP
#define RUNGS_CLI_LOGIT_HPP

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <rungs/estimate/proportions.hpp>
#include <rungs/estimate/transition_logit.hpp>

#include "common.hpp"
#include "data.hpp"
#include "json.hpp"

namespace rungs::cli {

/// A covariate as it was read.
struct LogitColumn {
  std::string name{};
  std::vector<std::string> levels{};  ///< of a category, the reference first; empty for numbers
  double lowest = 0, highest = 0;     ///< of numbers, at the start of moves
  bool varies = false;                ///< whether it changes for some person
};

/// A test on the coefficients, or why there is none.
struct LogitTested {
  std::string hypothesis{};
  std::string kind{};  ///< "wald" or "likelihood ratio"
  std::vector<std::string> covariates{};
  std::optional<LogitTest> result{};
  std::string reason{};
};

/// What a logit of moves tells beyond its matrix.
struct LogitAnswer {
  FittedLogit fit;
  std::vector<LogitCoefficients> coefficients{};  ///< of each stratum that somebody was seen in
  std::vector<LogitColumn> columns{};
  std::vector<std::pair<std::string, std::string>> at{};  ///< what covariates were set to
  bool over_everybody = false;
  std::vector<LogitTested> tests{};
  std::vector<MarginalEffect> effects{};
  Seed seed;
  std::uint64_t left_out = 0;  ///< moves whose covariates are not known
};

/// Reads the panel with its covariates, fits, and standardises to the people of the file.
///
/// With groups or by period every part has a logit of its own, as of a file of its rows alone (but categories and their
/// references are those of the whole file); its draws are those of a seed of its own: `seed` of the first part, one
/// more of each next.
/// Throws UsageError when options do not go together; what readers and TransitionLogit throw.
[[nodiscard]] Data load_logit(const DataOptions& options, std::size_t draws, Seed seed);

/// Intervals of moves that nobody was seen to make say nothing, and are taken away: a logit has them at exactly 0. Far
/// from the data others are rounded to 0 or 1, and keep theirs: which are which is known from what was seen.
void clear_unseen(CellIntervals& intervals, const Matrix& probabilities, const Counts& seen);

/// The object `logit` of the JSON of estimate.
[[nodiscard]] Json json_of_logit(const LogitAnswer& answer, Level level);
/// Who the matrix is of, for the JSON of measure.
[[nodiscard]] Json json_of_population(const LogitAnswer& answer);
/// One logit with its matrix, of a group or a period where there are any.
struct LogitPart {
  std::string group{};
  std::optional<std::int64_t> period{};
  const LogitAnswer* answer;
  const Matrix* probabilities;
  const CellIntervals* intervals;
};

/// A row for each probability, coefficient, effect and test, of each part.
[[nodiscard]] std::string logit_as_csv(const std::vector<LogitPart>& parts);
/// Tables that follow those of the matrix.
[[nodiscard]] std::string logit_as_tables(const LogitAnswer& answer, Level level, bool color);
/// What answers over several steps take covariates to be: held as set [W-COVARIATE-HELD], or mixed anew
/// [W-COVARIATE-MIXED].
[[nodiscard]] std::vector<Diagnostic> span_warnings(const LogitAnswer& answer);
/// As above, of all the logits of some data, each once.
[[nodiscard]] std::vector<Diagnostic> span_warnings(const Data& data);
/// "of people in the file", or with the values set.
[[nodiscard]] std::string population_words(const LogitAnswer& answer);

}  // namespace rungs::cli

#endif
