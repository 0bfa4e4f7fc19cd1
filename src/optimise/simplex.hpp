// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_SRC_OPTIMISE_SIMPLEX_HPP
#define RUNGS_SRC_OPTIMISE_SIMPLEX_HPP

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include <ClpSimplex.hpp>

#include <rungs/decide/linear_programme.hpp>
#include <rungs/optimise/solve.hpp>

namespace rungs::detail::lp {

/// A programme as the solvers want it: to be minimised, each column at most once in a row, infinity a finite number.
/// One without any terms gets one of a further column, 0, in a further row without bounds.
struct Plain {
  explicit Plain(const LinearProgramme& programme);

  [[nodiscard]] std::size_t columns() const noexcept { return cost.size(); }
  [[nodiscard]] std::size_t rows() const noexcept { return row_lower.size(); }
  [[nodiscard]] std::span<const std::pair<int, double>> row(std::size_t i) const {
    return {terms.data() + start[i], start[i + 1] - start[i]};
  }
  [[nodiscard]] bool any_whole() const noexcept { return !whole.empty(); }

  double sign;  ///< of the objective against the programme's own
  std::vector<double> cost{}, lower{}, upper{}, row_lower{}, row_upper{};
  std::vector<int> whole{};                     ///< the columns that are
  std::vector<std::pair<int, double>> terms{};  ///< row by row, in the order of columns
  std::vector<std::size_t> start{0};
};

/// Stands for infinity; Clp takes what is beyond 1e27 for it.
inline constexpr double no_bound = 1e30;
[[nodiscard]] inline double with_infinity(double x) {
  return x <= -1e27 ? -Bounds::infinity : x >= 1e27 ? Bounds::infinity : x;
}

/// A solver that keeps silent, loaded with the programme; columns may be any numbers.
[[nodiscard]] ClpSimplex simplex(const Plain& plain);

/// How a run ended.
enum class Ending { optimal, infeasible, unbounded };

/// Runs the simplex method from the basis there is. Throws Refusal [E-LP-NUMERIC].
Ending run(ClpSimplex& model);
/// The same for a programme that is known to be feasible; false if it is unbounded. Throws Refusal [E-LP-NUMERIC].
bool run_feasible(ClpSimplex& model);

/// The best whole numbers, one for each of `plain.whole`; empty if there are none. The relaxation has an optimum.
[[nodiscard]] std::vector<double> best_whole(const Plain& plain);

/// Rows of an infeasible programme that cannot hold together, none too many.
[[nodiscard]] std::vector<Row> conflict(const Plain& plain);

/// Fills in prices and ranges of an optimum that `model` has reached.
void price(const Plain& plain, const ClpSimplex& model, const SolveOptions& options, LinearSolution& solution);

}  // namespace rungs::detail::lp

#endif
