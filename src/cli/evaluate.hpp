// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_CLI_EVALUATE_HPP
#define RUNGS_CLI_EVALUATE_HPP

#include <string>

#include "common.hpp"

namespace rungs::cli {

/// What `rungs evaluate` was asked.
struct EvaluateCommand {
  CommonOptions common{};
  std::string scenario{};
  std::string model{};       ///< a saved model in place of the scenario's data
  bool draws_given = false;  ///< else the scenario's number of draws counts, if it has one
  bool level_given = false;
};

/// Declares the options of the verb; they are in `command` after parsing.
CLI::App* setup_evaluate(CLI::App& app, EvaluateCommand& command);

/// Reads the scenario and its data, evaluates every policy against the baseline, and writes the answer.
void run_evaluate(EvaluateCommand command);

}  // namespace rungs::cli

#endif
