// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/optimise/solve.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>

#include "simplex.hpp"

namespace rungs {

namespace {

using namespace detail::lp;

/// Names for a sentence, of many only the first.
template <class Handle>
std::string named(const LinearProgramme& programme, const std::vector<Handle>& handles) {
  constexpr std::size_t most = 10;
  std::vector<std::string> names;
  for (std::size_t k = 0; k < handles.size() && k < most; ++k) names.push_back(programme.name(handles[k]));
  return detail::listed(names) +
         (handles.size() > most ? " and " + std::to_string(handles.size() - most) + " more" : std::string());
}

[[noreturn]] void refuse_infeasible(const LinearProgramme& programme, const Plain& plain) {
  std::vector<Row> rows = conflict(plain);
  if (rows.empty())  // no row is needed for it, which cannot be
    throw Refusal("E-LP-NUMERIC",
                  "found rows that hold together only roughly, if at all; expected numbers of like size");
  const std::string message =
      std::string("found no ") + (plain.any_whole() ? "whole numbers" : "numbers") +
      " within the bounds of the columns with which these rows hold together: " + named(programme, rows) +
      "; expected room in at least one of them";
  throw Infeasible(message, std::move(rows));
}

[[noreturn]] void refuse_unbounded(const LinearProgramme& programme, const ClpSimplex& model) {
  std::vector<Column> along;
  const std::unique_ptr<double[]> ray(model.unboundedRay());
  for (std::size_t j = 0; ray && j < programme.columns(); ++j)
    if (std::abs(ray[j]) > 1e-9) along.emplace_back(j);
  throw Refusal("E-LP-UNBOUNDED", "found an objective that improves for ever along the columns " +
                                      named(programme, along) + "; expected rows or bounds that end it");
}

/// The optimum that a run of the simplex method reached.
LinearSolution reached(const LinearProgramme& programme, const Plain& plain, const ClpSimplex& model) {
  LinearSolution out;
  out.columns.resize(programme.columns());
  out.rows.resize(programme.rows());
  for (std::size_t j = 0; j < out.columns.size(); ++j) {
    out.columns[j].value = std::clamp(model.getColSolution()[j], model.getColLower()[j], model.getColUpper()[j]);
    out.objective += plain.sign * plain.cost[j] * out.columns[j].value;
  }
  for (std::size_t i = 0; i < out.rows.size(); ++i) {
    for (const auto& [j, a] : plain.row(i)) out.rows[i].value += a * out.columns[static_cast<std::size_t>(j)].value;
  }
  return out;
}

}  // namespace

LinearSolution solve(const LinearProgramme& programme, const SolveOptions& options) {
  if (options.price)
    for (const Row row : *options.price) (void)programme.name(row);
  if (options.cost)
    for (const Column column : *options.cost) (void)programme.name(column);
  Plain plain(programme);
  ClpSimplex model = simplex(plain);
  const Ending ending = run(model);
  if (ending == Ending::infeasible) refuse_infeasible(programme, plain);
  if (ending == Ending::unbounded) refuse_unbounded(programme, model);
  if (!plain.any_whole()) {
    LinearSolution out = reached(programme, plain, model);
    price(plain, model, options, out);
    return out;
  }
  const std::vector<double> whole = best_whole(plain);
  if (whole.empty()) refuse_infeasible(programme, plain);
  for (std::size_t k = 0; k < whole.size(); ++k) model.setColumnBounds(plain.whole[k], whole[k], whole[k]);
  if (run(model) != Ending::optimal)
    throw Refusal("E-LP-NUMERIC",
                  "found whole numbers that fulfil the rows only roughly; expected numbers of like size");
  LinearSolution out = reached(programme, plain, model);
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  for (ColumnResult& column : out.columns) column.reduced_cost = nan;
  for (RowResult& row : out.rows) row.shadow_price = row.shadow_price_of_last = nan;
  return out;
}

}  // namespace rungs
