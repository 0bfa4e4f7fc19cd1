// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_CLI_JSON_HPP
#define RUNGS_CLI_JSON_HPP

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <rungs/core/estimate.hpp>
#include <rungs/core/random.hpp>
#include <rungs/data/ledger.hpp>
#include <rungs/model/transition_matrix.hpp>

#include "common.hpp"

namespace rungs::cli {

/// A JSON value that keeps its keys in the order they were added in.
using Json = nlohmann::ordered_json;

/// What every result begins with.
struct Head {
  std::string command{};
  std::optional<Seed> seed{};  ///< where one was used
  std::vector<InputFile> inputs{};
  std::vector<Diagnostic> warnings{};
};

/// An object with schema_version, rungs_version, command, seed, inputs and warnings; a verb adds its own keys.
[[nodiscard]] Json json_of(const Head& head);

/// A number; null where it is NaN or infinite, since JSON has neither.
[[nodiscard]] Json json_of(double x);
/// {value, lower, upper, level, draws, monte_carlo_error, standard_deviation, centre, varied}.
[[nodiscard]] Json json_of(const Estimate& estimate);
[[nodiscard]] Json json_of(const std::vector<Estimate>& estimates);
[[nodiscard]] Json json_of(const Vector& numbers);
/// An array of rows: from = row.
[[nodiscard]] Json json_of(const Matrix& square);

/// {strata, rungs, exits}.
[[nodiscard]] Json json_of(const Ladder& ladder);
/// What became of records, and of the spells they were made from.
[[nodiscard]] Json json_of(const Ledger& ledger, const std::optional<Ledger>& spells);

/// "mean of draws" or "plug-in".
[[nodiscard]] std::string name(Centre centre);

/// The text of a result, ending in a line end. Numbers that are not whole have 17 significant digits, so that reading
/// them gives the same bits; rows of numbers stand on one line; bytes that are not UTF-8 are replaced by U+FFFD.
[[nodiscard]] std::string text(const Json& json);

}  // namespace rungs::cli

#endif
