// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_CLI_TEST_HPP
#define RUNGS_CLI_TEST_HPP

#include <optional>
#include <string>
#include <vector>

#include "common.hpp"
#include "data.hpp"

namespace rungs::cli {

/// What `rungs test` was asked.
struct TestCommand {
  CommonOptions common{};
  DataOptions data{};
  std::string from{}, reach{}, fit{}, levels{};
  std::vector<std::string> blocks{};
  std::optional<double> within{};  ///< years
};

/// Declares the options of the verb; they are in `command` after parsing.
CLI::App* setup_test(CLI::App& app, TestCommand& command);

/// Reads the data, and writes whether the model may be believed, and what it means for the answer where it may not.
void run_test(TestCommand& command);

}  // namespace rungs::cli

#endif
