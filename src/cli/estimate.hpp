// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_CLI_ESTIMATE_HPP
#define RUNGS_CLI_ESTIMATE_HPP

#include <optional>
#include <string>

#include <rungs/estimate/interval.hpp>

#include "common.hpp"
#include "data.hpp"
#include "rates.hpp"
#include "shares.hpp"

namespace rungs::cli {

/// What `rungs estimate` was asked.
struct EstimateCommand {
  CommonOptions common{};
  DataOptions data{};
  ShareOptions shares{};
  RateOptions rates{};
  std::optional<IntervalMethod> interval{};  ///< of proportions; exact where not given
};

/// Declares the options of the verb; they are in `command` after parsing.
CLI::App* setup_estimate(CLI::App& app, EstimateCommand& command);

/// Reads the data, estimates, and writes the matrix with its standard errors and intervals, or saves the model.
void run_estimate(const EstimateCommand& command);

/// Whether a result is a model to be saved: a file whose name ends in .rungs.
[[nodiscard]] bool saves_model(const Output& output, const std::string& name);

}  // namespace rungs::cli

#endif
