// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_CLI_MEASURE_HPP
#define RUNGS_CLI_MEASURE_HPP

#include <cstdint>
#include <optional>
#include <string>

#include <rungs/measure/indices.hpp>

#include "association.hpp"
#include "common.hpp"
#include "correlations.hpp"
#include "data.hpp"

namespace rungs::cli {

/// What `rungs measure` was asked.
struct MeasureCommand {
  CommonOptions common{};
  DataOptions data{};
  std::string from{}, reach{};
  std::optional<double> within{};  ///< years
  std::optional<std::int64_t> start{};
  std::optional<double> people{};
  StratumWeights weights = StratumWeights::stationary;
  AssociationQuestion association{};
  CorrelationQuestion correlations{};
};

/// Declares the options of the verb; they are in `command` after parsing.
CLI::App* setup_measure(CLI::App& app, MeasureCommand& command);

/// Reads the data or the model, and writes who reaches what, by when, and how mobile the society is.
void run_measure(const MeasureCommand& command);

}  // namespace rungs::cli

#endif
