// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_CLI_COMPLETION_HPP
#define RUNGS_CLI_COMPLETION_HPP

#include <string>

#include "common.hpp"

namespace rungs::cli {

/// What `rungs completion` was asked.
struct CompletionCommand {
  std::string shell{};
};

/// Declares the options of the verb.
CLI::App* setup_completion(CLI::App& app, CompletionCommand& command);

/// Prints a script for a shell, made from the verbs and options of the program itself.
void run_completion(const CLI::App& app);

}  // namespace rungs::cli

#endif
