// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_CLI_RATES_HPP
#define RUNGS_CLI_RATES_HPP

#include <string>

#include <rungs/estimate/rates.hpp>

#include "common.hpp"

namespace rungs::cli {

/// The options of rates of events, such as changes of job, in groups of people.
struct RateOptions {
  std::string path{};
  std::string events{}, exposure{};
  std::string by{};  ///< columns of groups, separated by commas
  bool interaction = false;
  bool negative_binomial = false;
  RateErrors errors = RateErrors::model;
};

/// Declares them on the verb that has the options of data.
void setup_rates(CLI::App& verb, RateOptions& options);

/// Reads the file, and writes rates by group with what they are compared by.
void run_rates(const RateOptions& options, const std::string& encoding, const CommonOptions& common);

}  // namespace rungs::cli

#endif
