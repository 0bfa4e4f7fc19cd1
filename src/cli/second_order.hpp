// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_CLI_SECOND_ORDER_HPP
#define RUNGS_CLI_SECOND_ORDER_HPP

#include <optional>
#include <string>

#include "common.hpp"
#include "data.hpp"

namespace rungs::cli {

/// Declares the option of measure that says whose pasts are those of people who start in a stratum.
void setup_pasts(CLI::App& verb, ModelOptions& model);

/// Reads the panel, and writes moves by the past and the present stratum, beside those of first order.
void estimate_second_order(const DataOptions& options, const CommonOptions& common, const Output& output);

/// Reads the panel, and writes who reaches what of those with a past: "A > B" in `from`, or one stratum and the pasts
/// of people in the data.
void measure_second_order(const DataOptions& options, const CommonOptions& common, const Output& output,
                          const std::string& from, const std::string& reach, const std::optional<double>& within);

}  // namespace rungs::cli

#endif
