// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_ESTIMATE_ATTAINABLE_ASSOCIATION_HPP
#define RUNGS_ESTIMATE_ATTAINABLE_ASSOCIATION_HPP

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <rungs/core/error.hpp>
#include <rungs/core/quantity.hpp>
#include <rungs/detail/product.hpp>
#include <rungs/detail/symmetric_eigen.hpp>
#include <rungs/estimate/association.hpp>
#include <rungs/estimate/interval.hpp>
#include <rungs/model/transition_matrix.hpp>

namespace rungs {

namespace detail {

inline std::vector<double> margin(const Vector& people) {
  std::vector<double> out;
  for (const double m : people) {
    if (!(m >= 0 && m < 1e15))
      throw DomainError("E-COUNT", "found " + text(m) + " people on a value; expected a number, 0 or more", m);
    if (m > 0) out.push_back(m);
  }
  if (out.size() < 2) throw Refusal("E-OBSERVATIONS", "found a variable with fewer than 2 values; expected at least 2");
  return out;
}

}  // namespace detail

/// The least and the greatest tau-b that two variables can have, given how many people are on each value of them.
///
/// `x` and `y` are people, or shares of them, on each value in order. Ties keep tau-b from -1 and 1 unless both have
/// the same margins. The bounds are reached when the order of one follows the other as closely as the margins allow
/// (all the lowest with the lowest, and so on), for no other arrangement has more concordant pairs. Throws DomainError
/// [E-COUNT] for a negative number; Refusal [E-OBSERVATIONS] for a variable with one value, [E-SHAPE] when both are not
/// of as many people (to 1e-9). Cost: O(values log values). Method: the bounds of Fréchet (1951) and Hoeffding (1940);
/// that tau follows the order of concordance with ties too: Nešlehová (2007), Journal of Multivariate Analysis 98(3),
/// 544 to 567.
[[nodiscard]] inline Interval tau_b_bounds(const Vector& x, const Vector& y) {
  const std::vector<double> rows = detail::margin(x);
  std::vector<double> columns = detail::margin(y);
  double n = 0, other = 0;
  for (const double m : rows) n += m;
  for (const double m : columns) other += m;
  if (!(std::abs(n - other) <= 1e-9 * n))
    throw Refusal("E-SHAPE", "found " + detail::text(n) + " people with the one variable and " + detail::text(other) +
                                 " with the other; expected the same people");
  const double w = std::sqrt(detail::twice_untied(rows, n)) * std::sqrt(detail::twice_untied(columns, n));
  const auto greatest = [&] {  // fills rows and columns from their low ends: no pair is discordant
    double concordant = 0, below = 0, row_left = rows[0], column_left = columns[0], in_row = 0, in_column = 0;
    for (std::size_t i = 0, j = 0; i < rows.size() && j < columns.size();) {
      const double people = std::min(row_left, column_left);
      concordant += people * (below - in_row - in_column);  // those before, but for the same row and column
      below += people;
      in_row += people;
      in_column += people;
      row_left -= people;
      column_left -= people;
      const bool next_row = !(row_left > 1e-9 * rows[i]), next_column = !(column_left > 1e-9 * columns[j]);
      if (next_row && ++i < rows.size()) row_left = rows[i];
      if (next_column && ++j < columns.size()) column_left = columns[j];
      if (next_row) in_row = 0;
      if (next_column) in_column = 0;
    }
    return std::min(1.0, 2 * concordant / w);
  };
  Interval out;
  out.upper = greatest();
  std::reverse(columns.begin(), columns.end());
  out.lower = -greatest();
  return out;
}

/// The least and the greatest association that people can have, given how many are in each row and column of a table.
struct AttainableAssociation {
  Association least;
  Association greatest;
};

namespace detail {

/// Values in order, each with people; a value may stand several times.
using ValuesOfPeople = std::vector<std::pair<double, double>>;

/// The lowest of x with the lowest of y, and so on up; and the lowest with the highest.
inline AttainableAssociation attainable(const ValuesOfPeople& x, ValuesOfPeople y, const AssociationOptions& options) {
  const auto filled = [&] {
    ValuesOfPeople left_x = x, left_y = y;
    std::vector<PairCell> cells;
    for (std::size_t i = 0, j = 0; i < x.size() && j < y.size();) {
      const double people = std::min(left_x[i].second, left_y[j].second);
      if (people > 0) cells.push_back({x[i].first, y[j].first, people});
      left_x[i].second -= people;
      left_y[j].second -= people;
      const bool next_x = left_x[i].second == 0, next_y = left_y[j].second == 0;
      if (next_x) ++i;
      if (next_y) ++j;
    }
    return associate(std::move(cells), options);
  };
  AttainableAssociation out;
  out.greatest = filled();
  std::reverse(y.begin(), y.end());
  out.least = filled();
  return out;
}

inline AttainableAssociation attainable(const std::vector<PairCell>& people, const AssociationOptions& options) {
  ValuesOfPeople x, y;
  for (const PairCell& cell : people) {
    x.emplace_back(cell.x, cell.people);
    y.emplace_back(cell.y, cell.people);
  }
  std::sort(x.begin(), x.end());
  std::sort(y.begin(), y.end());
  return attainable(x, std::move(y), options);
}

}  // namespace detail

/// What every measure of association can be at most and at least beside the margins of a table.
///
/// Entry (i, j) is the number of people in row i and column j, both from low to high, of which only the sums count.
/// Each measure is greatest where the lowest are with the lowest, and so on as closely as the margins allow, and least
/// where the highest are with the lowest; of tau-b these are the bounds of tau_b_bounds(), and gamma reaches -1 and 1
/// whatever the margins. A measure that is not defined for the table is NaN in both. Their standard errors and tests
/// say nothing of the people in the table. Throws what association() throws. Cost: O(rows columns log columns).
/// Method: as tau_b_bounds(); Hoeffding (1940) for the correlations.
[[nodiscard]] inline AttainableAssociation attainable_association(const Matrix& people,
                                                                  const AssociationOptions& options = {}) {
  (void)association(people, options);  // refuses what is no number of people
  detail::ValuesOfPeople rows, columns;
  for (Eigen::Index i = 0; i < people.rows(); ++i) rows.emplace_back(static_cast<double>(i + 1), people.row(i).sum());
  for (Eigen::Index j = 0; j < people.cols(); ++j)
    columns.emplace_back(static_cast<double>(j + 1), people.col(j).sum());
  return detail::attainable(rows, std::move(columns), options);
}

/// The same, where `people[i]` have the values `x[i]` and `y[i]`: what is left open is who of them has which.
///
/// Throws what association() throws. Cost: O(n log n).
[[nodiscard]] inline AttainableAssociation attainable_association(std::span<const double> x, std::span<const double> y,
                                                                  std::span<const double> people,
                                                                  const AssociationOptions& options = {}) {
  return detail::attainable(detail::pair_cells(x, y, people, options), options);
}

/// The same in a population, of which person i stands for a part that goes with the sampling weight `weights[i]`.
///
/// Throws what association() of a survey throws of the weights. Cost: O(n log n).
[[nodiscard]] inline AttainableAssociation attainable_association_by_weight(std::span<const double> x,
                                                                            std::span<const double> y,
                                                                            std::span<const double> weights,
                                                                            const AssociationOptions& options = {}) {
  const std::vector<double> shares = detail::by_weight(x, y, weights, options);
  std::vector<detail::PairCell> cells;
  for (std::size_t who = 0; who < shares.size(); ++who)
    if (shares[who] > 0) cells.push_back({x[who], y[who], shares[who]});
  return detail::attainable(cells, options);
}

/// The greatest tau-b that a variable can have, up or down, with another of which no two people have the same value.
///
/// `x` is people, or shares of them, on each value: for a share p with the one of two values, sqrt(2 p (1 - p)), never
/// above 0.7071. A greater figure means that the other variable has ties, or that the figure is no tau-b. It holds for
/// a continuum of people; among n people it is larger by sqrt(n / (n - 1)), as tau_b_bounds() gives with n ones. Throws
/// what tau_b_bounds() throws.
[[nodiscard]] inline double largest_tau_b_untied(const Vector& x) {
  const std::vector<double> rows = detail::margin(x);
  double n = 0;
  for (const double m : rows) n += m;
  return std::sqrt(detail::twice_untied(rows, n)) / n;
}

/// Whether a table of correlations can be true of any variables at all.
///
/// `eigenvalues` are in falling order; one below 0 (by more than rounding) means that no variables have these
/// correlations. `impossible` are the entries outside -1 to 1, upper triangle, by row and column.
struct CorrelationCheck {
  struct Entry {
    std::size_t row = 0, column = 0;
    double value = 0;
  };
  Vector eigenvalues{};
  bool positive_semidefinite = false;
  std::vector<Entry> impossible{};
  std::vector<Warning> warnings{};
};

namespace detail {

inline void require_correlations(const Matrix& r, const std::vector<std::string>& names) {
  const auto n = static_cast<std::size_t>(r.rows());
  if (r.rows() != r.cols() || n != names.size() || n < 2)
    throw Refusal("E-SHAPE", "found correlations in " + std::to_string(r.rows()) + " rows and " +
                                 std::to_string(r.cols()) + " columns of " + std::to_string(names.size()) +
                                 " variables; expected a square of at least 2");
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j <= i; ++j) {
      const auto a = static_cast<Eigen::Index>(i), b = static_cast<Eigen::Index>(j);
      const bool right = i == j ? r(a, a) == 1 : std::isfinite(r(a, b)) && r(a, b) == r(b, a);
      if (!right)
        throw DomainError("E-CORRELATION",
                          "found correlations " + text(r(a, b)) + " and " + text(r(b, a)) + " between " +
                              detail::quoted(names[i]) + " and " + detail::quoted(names[j]) +
                              (i == j ? "; expected 1 of a variable with itself" : "; expected the same number twice"),
                          r(a, b));
    }
}

/// Of rounding in eigenvalues of a matrix whose entries are of the order of 1.
inline double eigenvalue_slack(Eigen::Index size) { return 1e-13 * static_cast<double>(size); }

}  // namespace detail

/// Reads a published table of correlations with suspicion: are its entries correlations, and can they hold together?
///
/// Holds for Pearson's and Spearman's correlation, phi and tau-b (each is a cosine) when all entries are of the same
/// people; entries each of their own complete pairs may fail without a misprint. Figures outside -1 to 1 are used as
/// they are and named in W-CORRELATION, as is a table that no variables can have.
/// Throws Refusal [E-SHAPE] unless square with a name for each row, DomainError [E-CORRELATION] unless symmetric with 1
/// on the diagonal. Cost: O(variables^3).
[[nodiscard]] inline CorrelationCheck check_correlations(const Matrix& r, const std::vector<std::string>& names) {
  detail::require_correlations(r, names);
  CorrelationCheck out;
  out.eigenvalues = detail::symmetric_eigen(r).values.reverse();
  const double least = out.eigenvalues[r.rows() - 1];
  out.positive_semidefinite = least >= -detail::eigenvalue_slack(r.rows());
  for (std::size_t i = 0; i < names.size(); ++i)
    for (std::size_t j = i + 1; j < names.size(); ++j) {
      const double value = r(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j));
      if (std::abs(value) <= 1) continue;
      out.impossible.push_back({i, j, value});
      out.warnings.push_back({"W-CORRELATION", "found a correlation of " + detail::text(value) + " between " +
                                                   detail::quoted(names[i]) + " and " + detail::quoted(names[j]) +
                                                   "; expected a number from -1 to 1"});
    }
  if (!out.positive_semidefinite && out.impossible.empty())
    out.warnings.push_back({"W-CORRELATION",
                            "found correlations that no variables can have together: the smallest "
                            "eigenvalue is " +
                                detail::text(least) + "; expected 0 or more"});
  return out;
}

/// The values that one entry of a table of correlations can have beside the others: for an entry that is lost or
/// misprinted.
///
/// The present value of entry (row, column) is not looked at. Throws what check_correlations() throws, and Refusal
/// [E-CORRELATION] when no value will do because the others contradict each other. Cost: O(variables^3).
/// Method: the partial correlation given all other variables is from -1 to 1.
[[nodiscard]] inline Interval correlation_range(Matrix r, const std::vector<std::string>& names, std::size_t row,
                                                std::size_t column) {
  if (!(row < names.size() && column < names.size() && row != column))
    throw Refusal("E-SHAPE", "found an entry of row " + std::to_string(row + 1) + " and column " +
                                 std::to_string(column + 1) + "; expected one off the diagonal of " +
                                 std::to_string(names.size()) + " variables");
  const auto i = static_cast<Eigen::Index>(row), j = static_cast<Eigen::Index>(column);
  if (r.rows() == r.cols() && r.rows() == static_cast<Eigen::Index>(names.size())) r(i, j) = r(j, i) = 0;
  detail::require_correlations(r, names);
  std::vector<Eigen::Index> others;
  for (Eigen::Index k = 0; k < r.rows(); ++k)
    if (k != i && k != j) others.push_back(k);
  const auto size = static_cast<Eigen::Index>(others.size());
  // In the axes of the other variables: what i and j share with them, and what is left of i and of j.
  double shared = 0, left_i = 1, left_j = 1;
  const double slack = detail::eigenvalue_slack(r.rows());
  bool possible = true;
  if (size > 0) {
    Eigen::MatrixXd k(size, size), ends(size, 2);
    for (Eigen::Index a = 0; a < size; ++a) {
      for (Eigen::Index b = 0; b < size; ++b)
        k(a, b) = r(others[static_cast<std::size_t>(a)], others[static_cast<std::size_t>(b)]);
      ends(a, 0) = r(others[static_cast<std::size_t>(a)], i);
      ends(a, 1) = r(others[static_cast<std::size_t>(a)], j);
    }
    const detail::SymmetricEigen spectrum = detail::symmetric_eigen(k);
    const Eigen::MatrixXd along = detail::product(spectrum.vectors.transpose(), ends);
    for (Eigen::Index a = 0; a < size; ++a) {
      const double variance = spectrum.values[a], x = along(a, 0), y = along(a, 1);
      if (variance > slack) {
        shared += x * y / variance;
        left_i -= x * x / variance;
        left_j -= y * y / variance;
      } else {  // the others do not vary this way, so nothing can go along with it
        possible = possible && variance >= -slack && std::abs(x) < 1e-6 && std::abs(y) < 1e-6;
      }
    }
  }
  if (!(possible && left_i >= -1e-9 && left_j >= -1e-9))
    throw Refusal("E-CORRELATION", "found no correlation between " + detail::quoted(names[row]) + " and " +
                                       detail::quoted(names[column]) +
                                       " that the others allow; expected others that can hold together");
  const double half = std::sqrt(std::max(0.0, left_i) * std::max(0.0, left_j));
  return {std::max(-1.0, shared - half), std::min(1.0, shared + half)};
}

/// Two yes-or-no variables as shares of people, from their own shares and their phi coefficient.
///
/// Shares sum to 1. `second_given_first` is the share with the second among those with the first. When not `feasible`,
/// some cell is below 0: no people have these shares and this phi.
struct TwoByTwo {
  double both = 0, first_only = 0, second_only = 0, neither = 0;
  double second_given_first = 0, second_given_not_first = 0;
  bool feasible = false;
};

namespace detail {

inline void require_mixed(Share share) {
  if (!(share.value() > 0 && share.value() < 1))
    throw DomainError("E-SHARE",
                      "found a share of " + text(share.value()) +
                          " with a variable; expected a number between 0 and 1, or there is no correlation",
                      share.value());
}
inline void require_phi(double phi) {
  if (!(phi >= -1 && phi <= 1))
    throw DomainError("E-CORRELATION", "found a phi coefficient of " + text(phi) + "; expected a number from -1 to 1",
                      phi);
}

}  // namespace detail

/// What a published phi (or tau-b, or correlation) of two yes-or-no variables says of people.
///
/// Cells are reported even where they are impossible, with `feasible` false (a cell below 0 by more than 1e-12).
/// Throws DomainError [E-SHARE] for a share of 0 or 1, [E-CORRELATION] for a phi outside -1 to 1.
[[nodiscard]] inline TwoByTwo two_by_two(double phi, Share first, Share second) {
  detail::require_mixed(first);
  detail::require_mixed(second);
  detail::require_phi(phi);
  const double p = first.value(), q = second.value();
  TwoByTwo out;
  out.both = p * q + phi * std::sqrt(p * (1 - p) * q * (1 - q));
  out.first_only = p - out.both;
  out.second_only = q - out.both;
  out.neither = 1 - p - out.second_only;
  out.second_given_first = out.both / p;
  out.second_given_not_first = out.second_only / (1 - p);
  out.feasible = std::min({out.both, out.first_only, out.second_only, out.neither}) >= -1e-12;
  return out;
}

/// The least and the greatest phi that two yes-or-no variables can have, given the share of people with each.
///
/// Throws DomainError [E-SHARE] for a share of 0 or 1. Method: Ferguson (1941), from cells that are not below 0.
[[nodiscard]] inline Interval phi_bounds(Share first, Share second) {
  detail::require_mixed(first);
  detail::require_mixed(second);
  const double a = first.value() / (1 - first.value()), b = second.value() / (1 - second.value());
  return {-std::sqrt(std::min(a * b, 1 / (a * b))), std::sqrt(std::min(a / b, b / a))};
}

/// The shares that a second yes-or-no variable can have, given the share with the first and their phi coefficient.
///
/// For a phi of 0 any: 0 to 1. Throws as two_by_two() does.
[[nodiscard]] inline Interval shares_for_phi(double phi, Share first) {
  detail::require_mixed(first);
  detail::require_phi(phi);
  if (phi == 0) return {0, 1};
  // phi^2 is at most the ratio of the odds of one to those of the other, either way; for phi below 0, of its
  // complement.
  const double odds = phi > 0 ? first.value() / (1 - first.value()) : (1 - first.value()) / first.value();
  const double low = odds * phi * phi, high = odds / (phi * phi);
  return {low / (1 + low), std::isinf(high) ? 1 : high / (1 + high)};
}

}  // namespace rungs

#endif
