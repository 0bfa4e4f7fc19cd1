// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_CLI_SCENARIO_HPP
#define RUNGS_CLI_SCENARIO_HPP

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <rungs/core/error.hpp>
#include <rungs/io/scenario.hpp>

#include "common.hpp"
#include "data.hpp"

namespace rungs::cli {

/// What a verb on a scenario was asked.
struct ScenarioCommand {
  CommonOptions common{};
  std::string scenario{};
  std::string model{};       ///< a saved model in place of the scenario's data
  std::string worlds{};      ///< of `evaluate`: where every joint world is written; empty: nowhere
  bool draws_given = false;  ///< else the scenario's number of draws counts, if it has one
  bool level_given = false;
};

/// Declares the options of a verb on a scenario.
void setup_scenario(CLI::App& verb, ScenarioCommand& command);

/// A scenario with the model of its data, which fit each other; the model's inputs begin with the scenario.
struct Asked {
  io::Scenario scenario;
  Data model;
  Question question;
  std::vector<Diagnostic> warnings{};

  [[nodiscard]] std::int64_t period(std::size_t t) const;
  /// The names of the files that were read.
  [[nodiscard]] std::vector<std::string> files() const;
};

/// Reads the scenario and its data; what the scenario says of draws, level and seed goes into options not given.
[[nodiscard]] Asked ask(ScenarioCommand& command);

/// "CNY of 2015".
[[nodiscard]] std::string money_text(const Currency& currency);

/// Throws an error with the place to blame for it, where only the model could find it.
[[noreturn]] void refuse_at(const Location& where, const Error& e);

}  // namespace rungs::cli

#endif
