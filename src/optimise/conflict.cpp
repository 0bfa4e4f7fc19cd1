// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include "simplex.hpp"

namespace rungs::detail::lp {

namespace {

/// Whether some rows alone can hold together.
class Feasibility {
 public:
  explicit Feasibility(Plain plain) : plain_(without_costs(std::move(plain))), model_(simplex(plain_)) {}
  [[nodiscard]] bool holds(const std::vector<char>& kept) {
    Plain some = plain_;
    for (std::size_t i = 0; i < kept.size(); ++i) {
      if (kept[i] == 0) some.row_lower[i] = -no_bound, some.row_upper[i] = no_bound;
      model_.setRowBounds(static_cast<int>(i), some.row_lower[i], some.row_upper[i]);
    }
    if (run(model_) == Ending::infeasible) return false;
    return !some.any_whole() || !best_whole(some).empty();
  }
  /// Rows of which the simplex method shows, after holds() said no, that they cannot hold together.
  [[nodiscard]] std::vector<char> shown() const {
    std::vector<char> out(plain_.rows(), 0);
    const std::unique_ptr<double[]> ray(model_.infeasibilityRay());
    for (std::size_t i = 0; ray && i < out.size(); ++i) out[i] = std::abs(ray[i]) > 1e-9 ? 1 : 0;
    return out;
  }

 private:
  static Plain without_costs(Plain plain) {
    std::fill(plain.cost.begin(), plain.cost.end(), 0.0);
    return plain;
  }

  Plain plain_;
  ClpSimplex model_;
};

}  // namespace

std::vector<Row> conflict(const Plain& plain) {
  Feasibility feasibility(plain);
  std::vector<char> kept(plain.rows(), 1);
  if (!feasibility.holds(kept)) {
    const std::vector<char> fewer = feasibility.shown();
    if (!feasibility.holds(fewer)) kept = fewer;
  }
  for (char& row : kept) {
    if (row == 0) continue;
    row = 0;
    if (feasibility.holds(kept)) row = 1;
  }
  std::vector<Row> out;
  for (std::size_t i = 0; i < kept.size(); ++i)
    if (kept[i] != 0) out.emplace_back(i);
  return out;
}

}  // namespace rungs::detail::lp
