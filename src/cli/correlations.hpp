// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_CLI_CORRELATIONS_HPP
#define RUNGS_CLI_CORRELATIONS_HPP

#include <string>

#include "common.hpp"

namespace rungs::cli {

/// Whether published correlations can hold together.
struct CorrelationQuestion {
  const CLI::App* verb = nullptr;
  std::string path{};
};

/// Declares the option on the verb that has the options of data.
void setup_correlations(CLI::App& verb, CorrelationQuestion& question);

/// Reads the file, and writes what each correlation can be beside the others.
void run_correlations(const CorrelationQuestion& question, const std::string& encoding, const CommonOptions& common);

}  // namespace rungs::cli

#endif
