// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_OPTIMISE_SOLVE_HPP
#define RUNGS_OPTIMISE_SOLVE_HPP

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <rungs/core/error.hpp>
#include <rungs/decide/linear_programme.hpp>

namespace rungs {

/// No numbers fulfil all rows of a linear programme; keeps rows that cannot hold together.
///
/// They are irreducible: without any one of them the others can hold.
class Infeasible : public Refusal {
 public:
  Infeasible(const std::string& message, std::vector<Row> conflict)
      : Refusal("E-LP-INFEASIBLE", message), conflict_(std::move(conflict)) {}
  [[nodiscard]] const std::vector<Row>& conflict() const noexcept { return conflict_; }

 private:
  std::vector<Row> conflict_;
};

/// Numbers between which something stays true, both ends included; ends may be infinite.
struct Range {
  double lower = 0;
  double upper = 0;
};

/// What became of a column.
struct ColumnResult {
  double value = 0;
  /// Change of the objective for one more unit of the column, all else adapting; 0 where it lies between its bounds.
  double reduced_cost = 0;
  std::optional<Range> cost_holds{};  ///< costs for which the same values are optimal; absent as `price_holds`
};

/// What became of a row, and what its bound is worth.
///
/// `bound` is the one at which the value stands; of a row between its bounds the upper, else the lower, and its prices
/// are 0. Prices are changes of the objective, in its units and with its sign, for one unit by which the bound goes up.
struct RowResult {
  double value = 0;
  double bound = 0;                 ///< what the prices are of; infinite if the row has no bound
  double shadow_price = 0;          ///< of one more unit; infinite where no numbers fulfil the rows with more
  double shadow_price_of_last = 0;  ///< of the last unit there is: what is lost with one unit less
  /// Bounds for which the prices hold: down to `lower` the price of the last unit, up to `upper` that of one more.
  /// Absent if it was not asked, and where rounding hides it: of an optimum on the verge of another.
  std::optional<Range> price_holds{};
};

/// The best numbers for a linear programme, and the prices of its limits.
struct LinearSolution {
  double objective = 0;
  std::vector<ColumnResult> columns{};
  std::vector<RowResult> rows{};
  bool priced = false;      ///< false where columns are whole: then prices and reduced costs are NaN
  bool degenerate = false;  ///< a quantity that could vary stands at its bound: two prices of a row may differ
  bool unique = false;      ///< no other numbers are as good; false where columns are whole, since it is not known

  [[nodiscard]] const ColumnResult& operator[](Column column) const { return columns.at(column.index()); }
  [[nodiscard]] const RowResult& operator[](Row row) const { return rows.at(row.index()); }
};

/// What to find out beside the best numbers. Each row costs up to four small programmes, each column two; absent: all.
struct SolveOptions {
  /// Rows whose two prices and range are wanted. The others have one price each; these go together, as one solution of
  /// the dual programme.
  std::optional<std::vector<Row>> price{};
  std::optional<std::vector<Column>> cost{};  ///< columns whose range of costs is wanted
};

/// Which numbers are best, what is one more unit of each limit worth, and over which range?
///
/// Exact: continuous columns by the simplex method, whole ones by branch and bound, to 1e-9 of each number. A price is
/// the slope of the best objective in the bound to either side, and its range the whole linear piece, whichever basis
/// the solver ended in. The same programme gives the same bits. Nothing is printed.
/// Throws Infeasible [E-LP-INFEASIBLE], naming rows that cannot hold together; Refusal [E-LP-UNBOUNDED], naming columns
/// along which the objective improves for ever, [E-LP-NUMERIC] when the solver gives up, [E-LP-HANDLE] for a row to
/// price that is not there.
/// Cost: a simplex run, and short ones for what options ask; with whole columns exponential at worst.
/// Method: Clp and Cbc. Prices and their ranges do not depend on the basis: Adler and Monteiro (1992), doi
/// 10.1007/BF01758841. Conflicts by the deletion filter of Chinneck and Dravnieks (1991), doi 10.1287/ijoc.3.2.157.
[[nodiscard]] LinearSolution solve(const LinearProgramme& programme, const SolveOptions& options = {});

}  // namespace rungs

#endif
