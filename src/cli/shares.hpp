// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_CLI_SHARES_HPP
#define RUNGS_CLI_SHARES_HPP

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <rungs/estimate/aggregate_shares.hpp>
#include <rungs/io/csv.hpp>

#include "common.hpp"
#include "data.hpp"

namespace rungs::cli {

/// The options of an estimate from shares alone.
struct ShareOptions {
  std::string path{};
  io::ShareColumns columns{};
  std::optional<io::ShareUnit> unit{};
  std::optional<ShareSource> source{};
  ShareWeighting weighting = ShareWeighting::plain;
  std::string nearest_to{};  ///< a file with a square of probabilities
};

/// Declares them on the verb that has the options of data.
void setup_shares(CLI::App& verb, ShareOptions& options);

/// What shares tell of moves; a model only where they tell all of them, or where a matrix was stated.
struct ShareResult {
  SharesFit fit;
  ShareSource source;
  ShareWeighting weighting;
  double years = 0;                                  ///< from the first period to the last
  std::pair<std::int64_t, std::int64_t> observed{};  ///< first and last period
  std::optional<Ensemble> ensemble{};                ///< with draws where the people behind the shares are known
  std::optional<Seed> seed{};                        ///< of the draws
  std::vector<InputFile> inputs{};
  std::vector<Diagnostic> warnings{};
};

/// Reads the files and estimates.
///
/// Throws UsageError when options do not go together; what readers and estimators throw, but for [E-IDENT] of the
/// shares themselves.
[[nodiscard]] ShareResult estimate_shares(const ShareOptions& options, const DataOptions& data,
                                          const CommonOptions& common);

/// The moves behind the shares of a scenario, on its ladder; `group` tells those of several groups apart, whose errors
/// have nothing to do with each other. A seed that is picked stays that of the run.
///
/// Throws Refusal [E-IDENT] where the shares do not tell every move and no matrix was stated; as estimate_shares().
[[nodiscard]] Data load_shares(const io::ScenarioData& source, const Ladder& ladder, CommonOptions& common,
                               std::uint64_t group = 0);

}  // namespace rungs::cli

#endif
