// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_CLI_EVALUATE_HPP
#define RUNGS_CLI_EVALUATE_HPP

#include "scenario.hpp"

namespace rungs::cli {

/// Declares the options of the verb; they are in `command` after parsing.
CLI::App* setup_evaluate(CLI::App& app, ScenarioCommand& command);

/// Reads the scenario and its data, evaluates every policy against the baseline, and writes the answer.
void run_evaluate(ScenarioCommand command);

}  // namespace rungs::cli

#endif
