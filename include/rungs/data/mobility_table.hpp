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
};

/// A mobility table as data: counts of people by origin and destination, as printed in a book or made by an SQL `GROUP
/// BY`.
///
/// Units: whole people at one step. Cells that are not given are 0.
/// Throws InputError [E-COUNT] for a count that is negative, not whole or not finite, [E-STRUCT-ZERO] for people in a
/// cell that the ladder declares impossible, [E-LADDER-OTHER] for a stratum number outside the ladder,
/// [E-PERIOD-MISSING] when some cells have a period and others none; a cell given twice is added up by the caller or
/// refused by the reader.
[[nodiscard]] inline Tally tally(const Ladder& ladder, const std::vector<TableCell>& cells, Step step = Step{},
                                 bool by_period = true) {
  Tally out(ladder, step);
  std::vector<Diagnostic> problems;
  double people = 0;
  for (const TableCell& cell : cells) {
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
    } else if (cell.people > 0 && !ladder.possible(cell.from, cell.to)) {
      problems.push_back({Diagnostic::Severity::error, "E-STRUCT-ZERO", cell.where,
                          "found " + detail::text(cell.people) + " people moving from " +
                              detail::quoted(ladder.name(cell.from)) + " to " + detail::quoted(ladder.name(cell.to)),
                          "expected only moves that the ladder declares possible", ""});
    } else if (cell.people > 0) {
      out.add(cell.from, cell.to, cell.people, by_period ? cell.period : std::nullopt);
      people += cell.people;
    }
    if (problems.size() >= 20) break;
  }
  if (!problems.empty()) throw InputError(std::move(problems));
  const auto whole = static_cast<std::uint64_t>(people);
  out.set_people(whole);
  out.ledger() = {whole, whole, {}, whole, {}};
  return out;
}

}  // namespace rungs

#endif
