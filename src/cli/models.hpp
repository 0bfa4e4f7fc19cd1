// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_CLI_MODELS_HPP
#define RUNGS_CLI_MODELS_HPP

#include <optional>
#include <string_view>

#include "common.hpp"
#include "data.hpp"

namespace rungs::cli {

/// The prior of a method "second-order" or "second-order:PRIOR" (0 where none is stated); nothing for another.
[[nodiscard]] std::optional<double> second_order_prior(std::string_view method);
/// Whether it is a method beyond shares of moves: logit, second-order or second-order:PRIOR.
[[nodiscard]] bool is_model_method(std::string_view method);
[[nodiscard]] inline bool is_logit(const DataOptions& options) { return options.source.method == "logit"; }
[[nodiscard]] inline bool is_second_order(const DataOptions& options) {
  return second_order_prior(options.source.method).has_value();
}

/// Declares their options on a verb that has the options of data.
void setup_models(CLI::App& verb, DataOptions& options);

/// Throws UsageError when options of one method are given with another, or the method cannot be had from the data.
void check_models(const DataOptions& options);

}  // namespace rungs::cli

#endif
