// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_DATA_MOBILITY_TABLE_HPP
#define RUNGS_DATA_MOBILITY_TABLE_HPP

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <rungs/data/tally.hpp>

namespace rungs {

/// One cell of a mobility table: how many people moved from one stratum to another, in a period where there is one.
struct TableCell {
  std::size_t from = 0;
  std::size_t to = 0;
  double people = 0;
  std::optional<Period> period{};
  Location where{};
  double weight = 0;                       ///< sum of their weights; of a table with weights
  std::optional<double> weight_squares{};  ///< sum of the squares of their weights, where it is known
};

/// Whether a tally holds sums of weights and nothing of the people behind them: then no interval is known.
[[nodiscard]] inline bool weights_alone(const Tally& tally) noexcept {
  double people = 0, weight = 0;
  for (std::size_t i = 0; i < tally.pooled().size(); ++i) {
    people += tally.pooled().row_people(i);
    weight += tally.pooled().row_weight(i);
  }
  return weight > 0 && !(people > 0);
}

namespace detail {

/// What is wrong with the weights of a cell, as found and expected; both empty where nothing is.
inline std::pair<std::string, std::string> fault_of_weights(const TableCell& cell, bool alone) {
  const std::string weights = "found weights that sum to " + text(cell.weight);
  if (!(cell.weight >= 0 && cell.weight < 1e15)) return {weights, "expected a number from 0 to less than 1e15"};
  if (!alone && cell.weight > 0 && !(cell.people > 0)) return {weights + " and nobody", "expected people behind them"};
  if (!cell.weight_squares) return {};
  const double squares = *cell.weight_squares, most = cell.weight * cell.weight;
  if (alone) return {"found squares of weights without the people", "expected the number of people beside them"};
  const double least = cell.people > 0 ? most / cell.people : 0;
  if (squares >= least * 0.99 && squares <= most * 1.01) return {};  // printed with a few digits
  return {"found squares of weights that sum to " + text(squares),
          "expected from " + text(least) + " to " + text(most) + ", as of " + text(cell.people) +
              " people whose weights sum to " + text(cell.weight)};
}

}  // namespace detail

/// A mobility table as data: counts of people by origin and destination, as printed in a book or made by an SQL `GROUP
/// BY`.
///
/// Units: whole people at one step. Cells that are not given are 0. With sampling or precision weights the cells have
/// their sums too, and people 0 in all cells means that they are not known (weights_alone()); without or with frequency
/// weights people are all there is.
/// Effect on intervals: weights rest on (sum of weights)^2 / (sum of their squares) people, row by row (Kish 1965).
/// Where the squares are not known, weights are taken as alike within a cell, which makes intervals as narrow as such
/// sums allow [W-WEIGHT-ALIKE]; where people are not known there are no intervals [W-WEIGHT-ALONE].
/// Throws InputError [E-COUNT] for a count that is negative, not whole or not finite, [E-WEIGHT-CELL] for weights and
/// squares that no such people can have (by more than a hundredth, which rounding may make), [E-STRUCT-ZERO] for people
/// in a cell that the ladder declares impossible, [E-LADDER-OTHER] for a stratum number outside the ladder,
/// [E-PERIOD-MISSING] when some cells have a period and others none; a cell given twice is added up by the caller or
/// refused by the reader.
[[nodiscard]] inline Tally tally(const Ladder& ladder, const std::vector<TableCell>& cells, Step step = Step{},
                                 bool by_period = true, WeightKind weights = WeightKind::none) {
  const bool weighted = weights == WeightKind::sampling || weights == WeightKind::precision;
  const bool alone =
      weighted && std::none_of(cells.begin(), cells.end(), [](const TableCell& c) { return c.people > 0; });
  Tally out(ladder, step, weighted ? weights : WeightKind::none);
  std::vector<Diagnostic> problems;
  double people = 0;
  bool alike = false;
  for (const TableCell& cell : cells) {
    const double behind = alone ? cell.weight : cell.people;
    std::pair<std::string, std::string> fault;
    if (weighted) fault = detail::fault_of_weights(cell, alone);
    if (!(cell.people >= 0 && cell.people < 1e15 && cell.people == std::floor(cell.people))) {
      problems.push_back({Diagnostic::Severity::error, "E-COUNT", cell.where,
                          "found a count of " + detail::text(cell.people),
                          "expected a whole number of people, 0 or more", ""});
    } else if (cell.from >= ladder.size() || cell.to >= ladder.size()) {
      problems.push_back({Diagnostic::Severity::error, "E-LADDER-OTHER", cell.where,
                          "found stratum number " + std::to_string(std::max(cell.from, cell.to)),
                          "expected one of " + detail::listed(ladder.names()), ""});
    } else if (by_period && cell.period.has_value() != cells.front().period.has_value()) {
      problems.push_back({Diagnostic::Severity::error, "E-PERIOD-MISSING", cell.where,
                          "found counts with a period and counts without", "expected a period for all, or for none",
                          ""});
    } else if (!fault.first.empty()) {
      problems.push_back({Diagnostic::Severity::error, "E-WEIGHT-CELL", cell.where, fault.first, fault.second, ""});
    } else if (behind > 0 && !ladder.possible(cell.from, cell.to)) {
      problems.push_back({Diagnostic::Severity::error, "E-STRUCT-ZERO", cell.where,
                          "found " + detail::text(behind) + (alone ? " of weight" : " people") + " moving from " +
                              detail::quoted(ladder.name(cell.from)) + " to " + detail::quoted(ladder.name(cell.to)),
                          "expected only moves that the ladder declares possible", ""});
    } else if (behind > 0) {
      const double weight = weighted ? cell.weight : cell.people;
      const double least = alone ? 0 : weight * weight / cell.people;
      alike = alike || (weighted && !alone && cell.people > 1 && !cell.weight_squares);
      out.add(cell.from, cell.to, cell.people, weight,
              weighted ? std::clamp(cell.weight_squares.value_or(least), least, weight * weight) : cell.people,
              by_period ? cell.period : std::nullopt);
      people += cell.people;
    }
    if (problems.size() >= 20) break;
  }
  if (!problems.empty()) throw InputError(std::move(problems));
  const auto whole = static_cast<std::uint64_t>(people);
  out.set_people(whole);
  out.ledger() = {whole, whole, {}, whole, {}};
  if (weights_alone(out))
    out.warn(
        "W-WEIGHT-ALONE",
        "the table has sums of weights and not the people behind them: nobody can know how certain its shares are, "
        "and there are no intervals; expected the number of people of each cell beside its weight");
  if (alike)
    out.warn(
        "W-WEIGHT-ALIKE",
        "the table does not tell how weights differ within a cell, and they are taken as alike there: intervals are "
        "as narrow as they can be, and too narrow where weights differ; expected the sum of squared weights of "
        "each cell");
  return out;
}

}  // namespace rungs

#endif
