// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_ESTIMATE_MARGINS_HPP
#define RUNGS_ESTIMATE_MARGINS_HPP

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <rungs/detail/information.hpp>
#include <rungs/estimate/mobility_tables.hpp>
#include <rungs/estimate/significance.hpp>

namespace rungs {

/// A test of whether destinations are distributed as origins are.
struct MarginTest {
  std::string name;
  std::string definition;
  double statistic = 0;
  std::size_t df = 0;
  double p_value = 0;
};

namespace detail {

/// Information on the differences of margins: d' V^- d, with the rank of V.
inline std::pair<double, std::size_t> margin_difference(const Matrix& n) {
  const auto size = static_cast<std::size_t>(n.rows());
  Information v(size);
  std::vector<double> d(size);
  for (std::size_t i = 0; i < size; ++i)
    for (std::size_t j = i + 1; j < size; ++j) {
      const auto r = static_cast<Eigen::Index>(i), c = static_cast<Eigen::Index>(j);
      const double up = n(r, c), down = n(c, r);
      d[i] += up - down;
      d[j] -= up - down;
      const Entry pair[] = {{i, 1}, {j, -1}};
      v.add(pair, up + down);
    }
  v.factor(1e-10);
  const std::vector<double> x = v.solve(d);
  double sum = 0;
  for (std::size_t i = 0; i < size; ++i) sum += d[i] * x[i];
  return {sum, v.rank()};
}

/// The most likely expected people with equal margins, of one table.
struct EqualMargins {
  Matrix fitted;
  std::size_t constraints = 0;  // that do not follow from each other
  std::size_t at_zero = 0;      // cells of nobody for which the multiplier, not the count, is 0
  std::size_t steps = 0;
  double gap = 0;  // largest difference between a row sum and a column sum
};

/// Fits m with as many leaving as arriving: m_ij = n_ij / (1 + l_i - l_j), where l minimises the convex function
/// -sum n_ij log(1 + l_i - l_j), as long as 1 + l_i - l_j >= 0 for moves that nobody made: where that is 0, equal
/// margins need people there. Which these are is found by giving such moves a weight that goes to 0.
///
/// Throws Refusal [E-IDENT] for a move that people make and from which no possible moves lead back.
inline EqualMargins equal_margins(const Matrix& n, const Ladder& ladder) {
  const auto size = static_cast<std::size_t>(n.rows());
  std::vector<std::vector<char>> leads(size, std::vector<char>(size));
  for (std::size_t i = 0; i < size; ++i)
    for (std::size_t j = 0; j < size; ++j) leads[i][j] = ladder.possible(i, j) ? 1 : 0;
  for (std::size_t k = 0; k < size; ++k)
    for (std::size_t i = 0; i < size; ++i)
      for (std::size_t j = 0; j < size; ++j)
        if (leads[i][k] != 0 && leads[k][j] != 0) leads[i][j] = 1;
  struct Move {
    std::size_t from, to;
    double people;
  };
  std::vector<Move> made, unmade;
  for (std::size_t i = 0; i < size; ++i)
    for (std::size_t j = 0; j < size; ++j) {
      if (i == j || !ladder.possible(i, j)) continue;
      const double people = n(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j));
      if (people > 0 && leads[j][i] == 0)
        throw Refusal("E-IDENT", "found " + text(people) + " people moving from " + detail::quoted(ladder.name(i)) +
                                     " to " + detail::quoted(ladder.name(j)) +
                                     ", from where no possible moves lead back; expected a way back of every move "
                                     "for margins that may be equal");
      (people > 0 ? made : unmade).push_back({i, j, people});
    }
  EqualMargins out;
  // l[i] = x[of[i]] + plus[i]: strata that are tied to each other share a number.
  std::vector<std::size_t> of(size);
  for (std::size_t i = 0; i < size; ++i) of[i] = i;
  std::vector<double> plus(size), x(size), trial(size);
  const auto room = [&](const std::vector<double>& at, const Move& m) {
    return 1 + at[of[m.from]] + plus[m.from] - at[of[m.to]] - plus[m.to];
  };
  // Newton's method with steps that stay inside; `weight` is that of moves nobody made. False where it runs away.
  const auto descend = [&](double weight) {
    const auto value = [&](const std::vector<double>& at) {
      double sum = 0;
      for (const Move& m : made) sum -= m.people * std::log(room(at, m));
      if (weight > 0)
        for (const Move& m : unmade) sum -= weight * std::log(room(at, m));
      return sum;  // NaN outside
    };
    double now = value(x);
    for (int k = 0; k < 200; ++k) {
      Information h(size);
      std::vector<double> g(size);
      const auto term = [&](const Move& m, double people) {
        const std::size_t a = of[m.from], b = of[m.to];
        if (a == b) return;
        const double s = 1 / room(x, m), slope = people * s;
        g[a] -= slope;
        g[b] += slope;
        const Entry pair[] = {{std::min(a, b), 1}, {std::max(a, b), -1}};
        h.add(pair, slope * s);
      };
      for (const Move& m : made) term(m, m.people);
      if (weight > 0)
        for (const Move& m : unmade) term(m, weight);
      h.factor(1e-13);
      const std::vector<double> step = h.solve(g);
      double decrement = 0;
      for (std::size_t i = 0; i < size; ++i) decrement += g[i] * step[i];
      ++out.steps;
      double t = 1, next = 0;
      for (int halved = 0;; ++halved, t /= 2) {
        for (std::size_t i = 0; i < size; ++i) trial[i] = x[i] - t * step[i];
        next = value(trial);
        if (next <= now - 1e-4 * t * decrement || (decrement < 1e-9 && std::isfinite(next))) break;
        if (halved == 60) return false;
      }
      x.swap(trial);
      now = next;
      for (const double y : x)
        if (!(std::abs(y) < 1e6)) return false;
      if (decrement < 1e-12) return true;
    }
    return false;
  };
  std::vector<Move> tied;
  bool found = descend(0);
  for (const Move& m : unmade) found = found && room(x, m) > 0;
  if (!found) {
    // Moves nobody made whose multiplier goes to 0 are tied to it, and hold what balances the margins.
    std::fill(x.begin(), x.end(), 0.0);
    double weight = 1;
    for (found = true; found && weight > 1e-8; weight /= 8) found = descend(weight);
    for (const Move& m : unmade)
      if (8 * weight > room(x, m) * room(x, m)) tied.push_back(m);
    for (const Move& m : tied) {
      const std::size_t a = of[m.from], b = of[m.to];
      const double shift = plus[m.from] - plus[m.to] + 1;  // of what hangs on the destination, to make room() 0
      for (std::size_t i = 0; i < size; ++i)
        if (a != b && of[i] == b) {
          of[i] = a;
          plus[i] += shift;
        }
    }
    found = found && descend(0);
    Information ties(size);
    std::vector<double> missing(size);
    for (const Move& m : made) {
      missing[m.from] -= m.people / room(x, m);
      missing[m.to] += m.people / room(x, m);
    }
    for (const Move& m : tied) {
      const Entry pair[] = {{std::min(m.from, m.to), 1}, {std::max(m.from, m.to), -1}};
      ties.add(pair, 1);
    }
    ties.factor(1e-10);
    const std::vector<double> y = ties.solve(missing);
    for (Move& m : tied) {
      m.people = y[m.from] - y[m.to];
      found = found && m.people > 0;
    }
    for (const Move& m : unmade) found = found && room(x, m) > -1e-9;
  }
  if (!found)
    throw Refusal("E-CONVERGENCE", "found no most likely table with equal margins; expected Newton's method to end");
  const auto at = [](std::size_t i) { return static_cast<Eigen::Index>(i); };
  out.fitted = n;
  for (const Move& m : made) out.fitted(at(m.from), at(m.to)) = m.people / room(x, m);
  for (const Move& m : tied) out.fitted(at(m.from), at(m.to)) = m.people;
  out.at_zero = tied.size();
  Information support(size);  // a stratum that nobody leaves or enters binds nothing
  for (std::size_t i = 0; i < size; ++i)
    for (std::size_t j = 0; j < size; ++j) {
      if (i == j || !(out.fitted(at(i), at(j)) > 0)) continue;
      const Entry pair[] = {{std::min(i, j), 1}, {std::max(i, j), -1}};
      support.add(pair, 1);
    }
  support.factor(1e-10);
  out.constraints = support.rank();
  out.gap = (out.fitted.rowwise().sum() - out.fitted.colwise().sum().transpose()).cwiseAbs().maxCoeff();
  return out;
}

}  // namespace detail

/// Whether destinations are distributed as origins are: the statistic of Stuart and Maxwell, without a fit.
///
/// d' V^-1 d, where d is origins less destinations of each stratum and V its variance if they are equal; summed over
/// the tables. Degrees of freedom count the differences that do not follow from each other: strata that nobody leaves
/// or enters have none. Assumes: people drawn independently; both numbers of one person are paired, as they are here.
/// Cost: O(n^3). Method: Stuart (1955), doi 10.1093/biomet/42.3-4.412; Maxwell (1970).
[[nodiscard]] inline MarginTest stuart_maxwell(const MobilityTables& tables) {
  MarginTest out{"Stuart-Maxwell", "d' V^-1 d: origins less destinations against their variance if they are equal", 0,
                 0, 0};
  for (std::size_t k = 0; k < tables.layers(); ++k) {
    const auto [statistic, rank] = detail::margin_difference(tables.people(k));
    out.statistic += statistic;
    out.df += rank;
  }
  out.p_value = chi_square_significance(std::max(out.statistic, 0.0), static_cast<std::int64_t>(out.df)).p;
  return out;
}

/// The same by Bhapkar's statistic, whose variance does not assume that they are equal: S / (1 - S / people) for S of
/// Stuart and Maxwell, summed over the tables.
///
/// Effect: it is the larger of the two; infinite, and without a p, where all people of a table contribute to one
/// difference: its variance as it is seen is then 0.
/// Method: Bhapkar (1966); Keefe (1982) for the relation.
[[nodiscard]] inline MarginTest bhapkar(const MobilityTables& tables) {
  MarginTest out{"Bhapkar", "d' W^-1 d: origins less destinations against their variance as it is seen", 0, 0, 0};
  for (std::size_t k = 0; k < tables.layers(); ++k) {
    const auto [statistic, rank] = detail::margin_difference(tables.people(k));
    const double rest = 1 - statistic / tables.people(k).sum();
    out.statistic += rest > 1e-12 ? statistic / rest : std::numeric_limits<double>::infinity();
    out.df += rank;
  }
  out.p_value = std::isinf(out.statistic)
                    ? std::numeric_limits<double>::quiet_NaN()
                    : chi_square_significance(std::max(out.statistic, 0.0), static_cast<std::int64_t>(out.df)).p;
  return out;
}

}  // namespace rungs

#endif
