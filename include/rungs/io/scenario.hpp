// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_IO_SCENARIO_HPP
#define RUNGS_IO_SCENARIO_HPP

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rungs/core/error.hpp>
#include <rungs/decide/economics.hpp>
#include <rungs/intervene/programme.hpp>
#include <rungs/io/csv.hpp>
#include <rungs/project/population.hpp>

namespace rungs::io {

/// How the people of a panel were drawn, which gives the variance of their moves.
struct ScenarioSurvey {
  PersonColumns columns{};
  std::string lonely = "refuse";            ///< or centre, certain: a part with one cluster
  std::string replicate_method{};           ///< brr, fay:K, jk1, jk2, bootstrap, sdr
  std::vector<double> replicate_factors{};  ///< in place of a method: one for all replicates, or for each
  std::optional<double> degrees_of_freedom{};
  [[nodiscard]] bool given() const {
    return !columns.part.empty() || !columns.cluster.empty() || !columns.replicates.empty();
  }
};

/// Where the moves of a scenario come from: one file and how to read it. Paths are as the scenario gives them, taken
/// from the folder of the scenario file.
struct ScenarioData {
  enum class Kind : std::uint8_t { panel, table, matrix, shares, model };
  Kind kind = Kind::panel;
  std::string path{};
  Location where{};
  std::string encoding{};  ///< of the file, but of a model; empty: UTF-8
  std::string group{};     ///< of a panel or table: the column whose values are the groups
  std::string weight{};    ///< of a panel "COLUMN:KIND"; of a table that too, or the kind of its counts
  // panel
  std::string id = "id", time = "time", state = "state", gap = "drop", recode{};
  std::vector<std::string> missing{};
  bool by_period = false;
  ScenarioSurvey survey{};
  PanelLayout layout = PanelLayout::long_form;
  bool state_given = false;  ///< a wide panel has no default: its columns of states are found by their times
  std::string times{};       ///< of a wide panel
  // spells
  std::string begin = "begin", end = "end";
  std::optional<SpellEnd> ends{};  ///< needed
  std::vector<std::string> open{};
  std::optional<std::int32_t> since{}, until{};
  std::optional<std::int64_t> grid{};
  // table
  std::string period{}, origin{}, destination{}, count{}, weight_squares{};
  bool pool = false;
  // matrix
  std::map<std::string, double> people_behind{};
  // shares
  std::string unit{}, shares_of{}, people{}, weighting = "plain", nearest_to{};
  // all
  std::string method = "proportions", unleft{};
  Location method_where{};
  std::optional<std::int64_t> starts{};  ///< of a mixture: places from which its likelihood is climbed
  std::int64_t step = 1;
  double step_years = 1;
  bool step_given = false, step_years_given = false;
};

/// Seats in each of some periods: of a programme or of all together, for people of all strata or of some.
struct ScenarioLimit {
  Location where{};
  std::string programme{};  ///< empty: of all together
  std::optional<StratumSet> from{};
  std::optional<std::pair<std::int64_t, std::int64_t>> periods{};  ///< first and last; every one if absent
  std::optional<double> at_least{}, at_most{};                     ///< seats a year
};

/// Which seats are asked for: a budget (discounted, over the whole span) or a number of additional people, and limits.
struct ScenarioAllocation {
  Location where{};
  std::optional<double> budget{}, additional_people{};
  std::vector<Programme> programmes{};
  std::vector<std::pair<StratumSet, Share>> minimum_shares{};
  std::vector<std::pair<std::string, Share>> minimum_gains{};  ///< by group: of the additional people
  std::vector<std::pair<std::string, double>> class_sizes{};   ///< by programme
  std::vector<ScenarioLimit> limits{};
  bool fixed_costs_paid = false;
};

/// A scenario file: everything of an evaluation but the model, which is made from `data`.
///
/// `programme_where` and `effect_where` tell where each programme stands, for errors that only the model can find.
struct Scenario {
  std::string file;
  Ladder ladder;
  ScenarioData data;
  std::vector<ScenarioData> group_data{};  ///< of each group of the ladder; empty: all have the moves of `data`
  bool unseen_kinds =
      false;  ///< the groups are kinds of people that nobody sees; the first stands for all in `population`
  Population population;
  bool period_stated = false;
  std::string from_text, reach_text;
  StratumSet from, target;
  double within_years = 0;
  Location within_where{};
  std::vector<Programme> programmes;
  std::vector<Location> programme_where;
  std::vector<Location> years_where{};  ///< of periods that are given as years, which a step must allow
  std::vector<Policy> policies;
  Economics economics;
  std::optional<std::uint64_t> seed{};
  std::optional<std::size_t> draws{};
  std::optional<double> level{};
  std::vector<Diagnostic> warnings{};
  std::optional<ScenarioAllocation> allocation{};
  Location start_where{};  ///< of the period at which people start, where it is stated
  Location known_where{};  ///< of Economics::known_together
};

/// The kinds of people that a method takes to be there and nobody sees: "movers" and "stayers" of mover-stayer, "class
/// 1" to "class K" of mixture:K with K from 1 to 50; none for other words.
[[nodiscard]] std::vector<std::string> unseen_kinds(std::string_view method);

/// Reads a scenario file (TOML).
///
/// With a method of unseen_kinds() the ladder has them for groups. A question, and who may enrol, is then of all kinds
/// alike [E-CFG-RANGE], since nobody could tell them apart.
/// Throws InputError with every problem found (up to 20): syntax [E-TOML], unknown keys [E-CFG-KEY] with the nearest
/// known one, wrong types [E-CFG-TYPE], ranges [E-CFG-RANGE], names [E-LABEL-UNKNOWN], rates among participants in the
/// place of effects [E-EFFECT-GROSS], and those of the ladder, the effects and the programmes, each at its line and
/// column.
[[nodiscard]] Scenario read_scenario(const std::string& path);

/// Reads a scenario from text; `name` stands for the file in messages.
[[nodiscard]] Scenario parse_scenario(std::string_view text, const std::string& name);

/// Reads a ladder alone: a file whose keys (or whose table `ladder`) are `rungs`, `exits`, `moves` and `sets`.
[[nodiscard]] Ladder read_ladder(const std::string& path);

}  // namespace rungs::io

#endif
