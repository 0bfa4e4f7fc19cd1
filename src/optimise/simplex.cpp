// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include "simplex.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include <CoinPackedMatrix.hpp>

namespace rungs::detail::lp {

Plain::Plain(const LinearProgramme& programme) : sign(programme.sense() == Sense::minimise ? 1 : -1) {
  const auto finite = [](double x) { return std::clamp(x, -no_bound, no_bound); };
  for (std::size_t j = 0; j < programme.columns(); ++j) {
    const Column column(j);
    Bounds bounds = programme.bounds(column);
    if (programme.values(column) == Values::whole) {
      const double first = std::ceil(bounds.lower() - 1e-9), last = std::floor(bounds.upper() + 1e-9);
      if (!(first <= last))
        throw Infeasible("found no whole number within the bounds of " + detail::quoted(programme.name(column)) +
                             ", from " + text(bounds.lower()) + " to " + text(bounds.upper()) +
                             "; expected wider bounds",
                         {});
      bounds = {first, last};
      whole.push_back(static_cast<int>(j));
    }
    cost.push_back(sign * programme.cost(column));
    lower.push_back(finite(bounds.lower()));
    upper.push_back(finite(bounds.upper()));
  }
  for (std::size_t i = 0; i < programme.rows(); ++i) {
    const Row row(i);
    row_lower.push_back(finite(programme.bounds(row).lower()));
    row_upper.push_back(finite(programme.bounds(row).upper()));
    for (const Term& term : programme.terms(row))
      terms.emplace_back(static_cast<int>(term.column.index()), term.factor);
    const auto begin = terms.begin() + static_cast<std::ptrdiff_t>(start.back());
    std::stable_sort(begin, terms.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    auto kept = begin;
    for (auto next = begin; next != terms.end(); ++next) {
      if (kept != begin && std::prev(kept)->first == next->first) {
        std::prev(kept)->second += next->second;
      } else {
        *kept++ = *next;
      }
    }
    terms.erase(std::remove_if(begin, kept, [](const auto& term) { return term.second == 0; }), terms.end());
    start.push_back(terms.size());
  }
  if (!terms.empty()) return;
  // The solvers want something to look at.
  terms.emplace_back(static_cast<int>(cost.size()), 1);
  start.push_back(1);
  row_lower.push_back(-no_bound);
  row_upper.push_back(no_bound);
  for (std::vector<double>* fixed : {&cost, &lower, &upper}) fixed->push_back(0);
}

ClpSimplex simplex(const Plain& plain) {
  std::vector<int> row, column;
  std::vector<double> factor;
  for (std::size_t i = 0; i < plain.rows(); ++i)
    for (const auto& [j, a] : plain.row(i)) {
      row.push_back(static_cast<int>(i));
      column.push_back(j);
      factor.push_back(a);
    }
  CoinPackedMatrix matrix(true, row.data(), column.data(), factor.data(), static_cast<CoinBigIndex>(factor.size()));
  matrix.setDimensions(static_cast<int>(plain.rows()), static_cast<int>(plain.columns()));
  ClpSimplex model;
  model.setLogLevel(0);
  model.loadProblem(matrix, plain.lower.data(), plain.upper.data(), plain.cost.data(), plain.row_lower.data(),
                    plain.row_upper.data());
  model.setPerturbation(100);  // none
  model.setPrimalTolerance(1e-11);
  model.setDualTolerance(1e-11);
  return model;
}

Ending run(ClpSimplex& model) {
  // First any numbers that fit, then from there the best: started outside, Clp may take unbounded for infeasible. By
  // the primal method, since the dual one may take free columns for infeasible, and what has no end for an end far
  // away.
  const std::vector<double> cost(model.objective(), model.objective() + model.numberColumns());
  std::fill(model.objective(), model.objective() + model.numberColumns(), 0.0);
  model.primal();
  if (model.status() != 0) {
    model.allSlackBasis(true);
    model.primal();
  }
  if (model.status() > 1) model.dual();
  std::copy(cost.begin(), cost.end(), model.objective());
  if (model.status() == 1) return Ending::infeasible;
  if (model.status() == 0) model.primal();
  if (model.status() == 0) return Ending::optimal;
  if (model.status() == 2) return Ending::unbounded;
  throw Refusal("E-LP-NUMERIC", "found a linear programme that the solver gives up; expected numbers of like size");
}

bool run_feasible(ClpSimplex& model) {
  Ending ending = run(model);
  if (ending == Ending::infeasible) {  // what can hold is no thicker than rounding
    model.setPrimalTolerance(1e-7);
    ending = run(model);
    model.setPrimalTolerance(1e-11);
  }
  if (ending == Ending::infeasible)
    throw Refusal("E-LP-NUMERIC",
                  "found an optimum whose prices the solver cannot tell; expected numbers of like size");
  return ending == Ending::optimal;
}

}  // namespace rungs::detail::lp
