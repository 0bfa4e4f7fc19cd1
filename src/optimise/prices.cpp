// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <cmath>
#include <optional>

#include "simplex.hpp"

namespace rungs::detail::lp {

namespace {

constexpr double infinity = Bounds::infinity;

/// Where a quantity lies within its bounds.
enum class At { between, lower, upper, both };

At place(double value, double lower, double upper) {
  const auto is = [value](double end) { return std::abs(value - end) <= 1e-9 * std::max(1.0, std::abs(end)); };
  const bool low = is(lower), high = is(upper);
  return low && high ? At::both : low ? At::lower : high ? At::upper : At::between;
}

/// Prices of one optimum, whose values fix which prices are possible, and whose prices fix which values are as good.
class Pricing {
 public:
  Pricing(const Plain& plain, const ClpSimplex& model) : plain_(plain), model_(model), face_(model) {
    const std::size_t n = plain.columns(), m = plain.rows();
    for (const double c : plain.cost) size_ = std::max(size_, std::abs(c));
    if (!(size_ > 0)) size_ = 1;
    const auto* x = model.getColSolution();
    const auto* activity = model.getRowActivity();
    for (std::size_t j = 0; j < n; ++j) column_at_.push_back(place(x[j], plain.lower[j], plain.upper[j]));
    for (std::size_t i = 0; i < m; ++i) {
      row_at_.push_back(place(activity[i], plain.row_lower[i], plain.row_upper[i]));
      double largest = 0;
      for (const auto& term : plain.row(i)) largest = std::max(largest, std::abs(term.second));
      row_size_.push_back(largest > 0 ? size_ / largest : size_);
    }
    y_.assign(model.getRowPrice(), model.getRowPrice() + m);
    for (std::size_t j = 0; j < n; ++j)
      degenerate_ =
          degenerate_ || (is_basic(model.getColumnStatus(static_cast<int>(j))) && column_at_[j] != At::between);
    for (std::size_t i = 0; i < m; ++i)
      degenerate_ = degenerate_ || (is_basic(model.getRowStatus(static_cast<int>(i))) && row_at_[i] != At::between);
  }

  [[nodiscard]] bool degenerate() const noexcept { return degenerate_; }
  [[nodiscard]] const std::vector<double>& prices() const noexcept { return y_; }
  [[nodiscard]] std::vector<double> reduced_costs(const std::vector<double>& y) const {
    std::vector<double> d = plain_.cost;
    for (std::size_t i = 0; i < y.size(); ++i)
      for (const auto& [j, a] : plain_.row(i)) d[static_cast<std::size_t>(j)] -= y[i] * a;
    return d;
  }

  /// No other values are as good: on the face of the optimum nothing that stands at a bound can leave it. False if
  /// rounding hides it.
  [[nodiscard]] bool unique() try {
    const std::vector<double> d = reduced_costs(y_);
    std::vector<double> away(plain_.columns(), 0.0);
    bool any = false;
    double here = 0;
    const auto leave = [&](std::size_t j, double factor) {
      away[j] += factor;
      here += factor * model_.getColSolution()[j];
      any = true;
    };
    for (std::size_t j = 0; j < plain_.columns(); ++j)
      if (!is_basic(model_.getColumnStatus(static_cast<int>(j))) && zero(d[j], size_) && column_at_[j] != At::both) {
        if (column_at_[j] == At::between) return false;  // free, and of no use
        leave(j, column_at_[j] == At::lower ? -1 : 1);
      }
    for (std::size_t i = 0; i < plain_.rows(); ++i)
      if (!is_basic(model_.getRowStatus(static_cast<int>(i))) && zero(y_[i], row_size_[i]) && row_at_[i] != At::both)
        for (const auto& [j, a] : plain_.row(i)) leave(static_cast<std::size_t>(j), row_at_[i] == At::lower ? -a : a);
    if (!any) return true;
    lay(y_);
    const std::optional<double> least = minimum(away);
    return least && *least >= here - 1e-7 * std::max(1.0, std::abs(here));
  } catch (const Refusal&) {
    forget();
    return false;
  }

  /// The price of a row that goes together with those of all others.
  void price_together(std::size_t i, RowResult& out) const {
    out.bound = with_infinity(of_upper(i) ? plain_.row_upper[i] : plain_.row_lower[i]);
    out.shadow_price = out.shadow_price_of_last = row_at_[i] == At::between ? 0 : y_[i];
  }
  /// Prices of one more unit and of the last one, and the bounds between which they hold; false if rounding hides them.
  bool price(std::size_t i, RowResult& out) try {
    find_price(i, out);
    return true;
  } catch (const Refusal&) {
    forget();
    return false;
  }
  /// Costs of a column for which some prices are possible with these values; none if rounding hides them.
  [[nodiscard]] std::optional<Range> costs(std::size_t j) try {
    const At at = column_at_[j];
    if (at == At::both) return Range{-infinity, infinity};
    return Range{at == At::upper ? -infinity : worth(j, -1), at == At::lower ? infinity : worth(j, 1)};
  } catch (const Refusal&) {
    forget();
    return std::nullopt;
  }

 private:
  /// What a failed run may have left half changed is made anew.
  void forget() {
    possible_.reset();
    laid_ = false;
  }
  void find_price(std::size_t i, RowResult& out) {
    std::vector<double> more = y_, last = y_;
    if (degenerate_ && row_at_[i] != At::between) {
      out.shadow_price = steepest(i, 1, more);
      out.shadow_price_of_last = steepest(i, -1, last);
    }
    const bool upper_bound = of_upper(i);
    out.price_holds = Range{-infinity, infinity};
    if (std::abs(out.bound) < infinity)
      out.price_holds = Range{reach(i, -1, last, out.shadow_price_of_last, upper_bound, out.bound),
                              reach(i, 1, more, out.shadow_price, upper_bound, out.bound)};
  }

  static bool is_basic(ClpSimplex::Status status) { return status == ClpSimplex::basic; }
  [[nodiscard]] bool of_upper(std::size_t i) const {
    return row_at_[i] == At::upper || (row_at_[i] == At::between && plain_.row_upper[i] < no_bound);
  }
  static bool zero(double x, double size) { return std::abs(x) <= 1e-9 * size; }

  /// The largest (1) or smallest (-1) price of a row among all that are possible, and prices it goes with.
  double steepest(std::size_t i, int direction, std::vector<double>& y) {
    if (!possible_) possible_ = possible_prices();
    possible_->setObjectiveCoefficient(static_cast<int>(i), -direction);
    const bool ends = run_feasible(*possible_);
    possible_->setObjectiveCoefficient(static_cast<int>(i), 0);
    if (!ends) return direction * infinity;
    y.assign(possible_->getColSolution(), possible_->getColSolution() + plain_.rows());
    return y[i];
  }

  /// The most (1) or least (-1) that the rows' prices make of one unit of a column, whatever its cost.
  double worth(std::size_t j, int direction) {
    if (!possible_) possible_ = possible_prices();
    const int row = static_cast<int>(j);
    const double lower = possible_->getRowLower()[j], upper = possible_->getRowUpper()[j];
    possible_->setRowBounds(row, -no_bound, no_bound);
    for (const auto& [i, a] : column(j)) possible_->setObjectiveCoefficient(i, -direction * a);
    const bool ends = run_feasible(*possible_);
    double out = 0;
    for (const auto& [i, a] : column(j)) {
      out += a * possible_->getColSolution()[i];
      possible_->setObjectiveCoefficient(i, 0);
    }
    possible_->setRowBounds(row, lower, upper);
    return ends ? out : direction * infinity;
  }
  [[nodiscard]] std::vector<std::pair<int, double>> column(std::size_t j) const {
    std::vector<std::pair<int, double>> out;
    const CoinShallowPackedVector vector = model_.matrix()->getVector(static_cast<int>(j));
    for (int k = 0; k < vector.getNumElements(); ++k) out.emplace_back(vector.getIndices()[k], vector.getElements()[k]);
    return out;
  }

  /// All prices with which these values are optimal: the dual programme, with what the values say of its slacks.
  [[nodiscard]] ClpSimplex possible_prices() const {
    const std::size_t n = plain_.columns(), m = plain_.rows();
    std::vector<double> lower(m), upper(m), row_lower(n), row_upper(n), none(m, 0.0);
    for (std::size_t i = 0; i < m; ++i) {
      lower[i] = row_at_[i] == At::both || row_at_[i] == At::upper ? -no_bound : 0;
      upper[i] = row_at_[i] == At::both || row_at_[i] == At::lower ? no_bound : 0;
    }
    for (std::size_t j = 0; j < n; ++j) {
      row_lower[j] = column_at_[j] == At::both || column_at_[j] == At::lower ? -no_bound : plain_.cost[j];
      row_upper[j] = column_at_[j] == At::both || column_at_[j] == At::upper ? no_bound : plain_.cost[j];
    }
    CoinPackedMatrix transposed;
    transposed.reverseOrderedCopyOf(*model_.matrix());
    transposed.transpose();
    ClpSimplex out;
    out.setLogLevel(0);
    out.loadProblem(transposed, lower.data(), upper.data(), none.data(), row_lower.data(), row_upper.data());
    out.setPerturbation(100);
    out.setPrimalTolerance(1e-11);
    out.setDualTolerance(1e-11);
    return out;
  }

  /// How far the bound can go up (1) or down (-1) until other prices are better: as far as there are values that go
  /// with these prices.
  double reach(std::size_t i, int direction, const std::vector<double>& y, double price, bool upper_bound,
               double bound) {
    if (!(std::abs(price) < infinity)) return bound;
    if (zero(price, row_size_[i]) && row_at_[i] != At::both && upper_bound == (direction > 0))
      return direction * infinity;  // what does not bind can be relaxed for ever
    lay(y);
    const int row = static_cast<int>(i);
    face_.setRowBounds(row, upper_bound && row_at_[i] != At::both ? plain_.row_lower[i] : -no_bound,
                       upper_bound || row_at_[i] == At::both ? no_bound : plain_.row_upper[i]);
    std::vector<double> sum(plain_.columns(), 0.0);
    for (const auto& [j, a] : plain_.row(i)) sum[static_cast<std::size_t>(j)] = -direction * a;
    const std::optional<double> least = minimum(sum);
    laid_ = false;
    if (!least) return direction * infinity;
    const double end = -direction * *least;
    return direction > 0 ? std::max(end, bound) : std::min(end, bound);
  }

  /// Bounds the values to those that go with some prices: the face of the optimum.
  void lay(const std::vector<double>& y) {
    if (laid_ && y == laid_for_) return;
    const std::vector<double> d = reduced_costs(y);
    const auto fixed = [](double price, double size, double& lower, double& upper) {
      if (zero(price, size)) return;
      (price > 0 ? upper : lower) = price > 0 ? lower : upper;
    };
    for (std::size_t j = 0; j < d.size(); ++j) {
      double lower = plain_.lower[j], upper = plain_.upper[j];
      fixed(d[j], size_, lower, upper);
      face_.setColumnBounds(static_cast<int>(j), lower, upper);
    }
    for (std::size_t i = 0; i < y.size(); ++i) {
      double lower = plain_.row_lower[i], upper = plain_.row_upper[i];
      fixed(y[i], row_size_[i], lower, upper);
      face_.setRowBounds(static_cast<int>(i), lower, upper);
    }
    laid_ = true;
    laid_for_ = y;
  }

  /// The least of a sum of columns on the face as it is laid; none if there is none.
  std::optional<double> minimum(const std::vector<double>& sum) {
    for (std::size_t j = 0; j < sum.size(); ++j) face_.setObjectiveCoefficient(static_cast<int>(j), sum[j]);
    if (!run_feasible(face_)) return std::nullopt;
    double out = 0;  // of the values, also if rounding leaves them just outside
    for (std::size_t j = 0; j < sum.size(); ++j) out += sum[j] * face_.getColSolution()[j];
    return out;
  }

  const Plain& plain_;
  const ClpSimplex& model_;
  ClpSimplex face_;
  std::optional<ClpSimplex> possible_{};
  std::vector<At> column_at_{}, row_at_{};
  std::vector<double> y_{}, row_size_{}, laid_for_{};
  double size_ = 0;
  bool degenerate_ = false, laid_ = false;
};

/// Does it for the handles asked for, or for all.
template <class Handle, class Action>
void for_each(const std::optional<std::vector<Handle>>& asked, std::size_t all, const Action& action) {
  if (asked) {
    for (const Handle handle : *asked) action(handle.index());
  } else {
    for (std::size_t k = 0; k < all; ++k) action(k);
  }
}

}  // namespace

void price(const Plain& plain, const ClpSimplex& model, const SolveOptions& options, LinearSolution& solution) {
  Pricing pricing(plain, model);
  solution.priced = true;
  solution.degenerate = pricing.degenerate();
  solution.unique = pricing.unique();
  const std::vector<double> d = pricing.reduced_costs(pricing.prices());
  for (std::size_t j = 0; j < solution.columns.size(); ++j)
    solution.columns[j].reduced_cost =
        model.getColumnStatus(static_cast<int>(j)) == ClpSimplex::basic ? 0 : plain.sign * d[j];
  for (std::size_t i = 0; i < solution.rows.size(); ++i) pricing.price_together(i, solution.rows[i]);
  const auto range_price = [&](std::size_t i) {
    RowResult row = solution.rows[i];
    if (pricing.price(i, row)) solution.rows[i] = row;
  };
  const auto range_cost = [&](std::size_t j) {
    if (const auto range = pricing.costs(j))
      solution.columns[j].cost_holds = plain.sign > 0 ? *range : Range{-range->upper, -range->lower};
  };
  for_each(options.price, solution.rows.size(), range_price);
  for_each(options.cost, solution.columns.size(), range_cost);
  // Adding 0 leaves no -0, which readers would wonder about.
  for (RowResult& row : solution.rows) {
    row.shadow_price = plain.sign * row.shadow_price + 0.0;
    row.shadow_price_of_last = plain.sign * row.shadow_price_of_last + 0.0;
    if (row.price_holds) row.price_holds = Range{row.price_holds->lower + 0.0, row.price_holds->upper + 0.0};
  }
  for (ColumnResult& column : solution.columns) {
    column.reduced_cost += 0.0;
    if (column.cost_holds) column.cost_holds = Range{column.cost_holds->lower + 0.0, column.cost_holds->upper + 0.0};
  }
}

}  // namespace rungs::detail::lp
