// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_ESTIMATE_EXCHANGE_HPP
#define RUNGS_ESTIMATE_EXCHANGE_HPP

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include <rungs/estimate/mobility_tables.hpp>

namespace rungs {

/// One part of the mobility in a table, with its definition in words.
///
/// `people` is NaN for what is a ratio and no number of people. The standard error is of `share`.
struct MobilityPart {
  std::string name;
  std::string definition;
  double people = 0;
  double share = 0;
  double standard_error = 0;
};

/// How much of the mobility in a table had to be, because origins and destinations are distributed differently, and how
/// much is exchange; and how much goes up and down.
///
/// Assumes: people drawn independently. The fewest moves that the margins ask for are counted as if each could go where
/// it is needed, whatever moves the ladder declares impossible.
/// Effect on intervals: standard errors are by the delta method for a multinomial sample of the people in the table;
/// NaN where a margin has as many origins as destinations, at which the fewest moves have no slope, for what hangs on
/// it.
/// Parts describe and do not test: whether exchange is symmetric is a question to fit_table().
/// Cost: O(n^2).
/// Method: Boudon (1973) for the bound by the margins; Yasuda (1964) for the ratio to perfect mobility.
[[nodiscard]] inline std::vector<MobilityPart> mobility_parts(const MobilityTables& tables, std::size_t layer = 0) {
  const Matrix& counts = tables.people(layer);
  const Ladder& ladder = tables.ladder();
  const Eigen::Index n = counts.rows();
  const double total = counts.sum(), nan = std::numeric_limits<double>::quiet_NaN();
  const Matrix p = counts / total;
  const Vector origin = p.rowwise().sum(), destination = p.colwise().sum().transpose();
  // Each part with its slope in every cell of p.
  struct Part {
    double share = 0;
    Matrix slope;
  };
  const auto zero = [n] { return Part{0, Matrix::Zero(n, n)}; };
  Part moved = zero(), up = zero(), down = zero(), level = zero(), shared = zero(), stays = zero(), perfect = zero(),
       most = zero();
  for (Eigen::Index i = 0; i < n; ++i)
    for (Eigen::Index j = 0; j < n; ++j) {
      const auto from = static_cast<std::size_t>(i), to = static_cast<std::size_t>(j);
      Part& way = i == j ? stays : ladder.upward(from, to) ? up : ladder.downward(from, to) ? down : level;
      way.share += p(i, j);
      way.slope(i, j) = 1;
      if (i != j) {
        moved.share += p(i, j);
        moved.slope(i, j) = 1;
      }
    }
  for (Eigen::Index i = 0; i < n; ++i) {
    const double a = origin[i], b = destination[i], both = a + b - 1;
    shared.share += std::min(a, b);
    if (a == b && a > 0)
      shared.slope.array() += nan;
    else if (a < b)
      shared.slope.row(i).array() += 1;
    else
      shared.slope.col(i).array() += 1;
    perfect.share += a * b;
    perfect.slope.row(i).array() += b;
    perfect.slope.col(i).array() += a;
    if (both > 0) {
      most.share += both;
      most.slope.row(i).array() += 1;
      most.slope.col(i).array() += 1;
    }
  }
  const auto error = [&](const Matrix& slope) {
    double mean = 0, square = 0;
    for (Eigen::Index i = 0; i < n; ++i)
      for (Eigen::Index j = 0; j < n; ++j) mean += p(i, j) * slope(i, j);
    for (Eigen::Index i = 0; i < n; ++i)
      for (Eigen::Index j = 0; j < n; ++j) square += p(i, j) * (slope(i, j) - mean) * (slope(i, j) - mean);
    return std::sqrt(square / total);
  };
  const auto part = [&](const char* name, const char* definition, double share, const Matrix& slope) {
    return MobilityPart{name, definition, share * total, share, error(slope)};
  };
  const auto ratio = [&](const char* name, const char* definition, double above, const Matrix& slope_above,
                         double below, const Matrix& slope_below) {
    if (!(below > 1e-14)) return MobilityPart{name, definition, nan, nan, nan};
    const Matrix slope = (slope_above - above / below * slope_below) / below;
    return MobilityPart{name, definition, nan, above / below, error(slope)};
  };
  const double structural = (origin - destination).cwiseAbs().sum() / 2,
               exchange = std::max(0.0, moved.share - structural);
  const Matrix slope_of_exchange = moved.slope + shared.slope;
  return {
      part("total", "people whose destination is not their origin", moved.share, moved.slope),
      part("structural",
           "fewest moves that turn origins into destinations: people - sum of the smaller of origin and destination of "
           "each stratum, half the sum of their differences",
           structural, -shared.slope),
      part("exchange", "total - structural: moves that cancel out in the margins", exchange, slope_of_exchange),
      part("most",
           "most moves that origins and destinations allow: people - those of a stratum that holds more than "
           "half of both who must stay in it",
           1 - most.share, -most.slope),
      ratio("boudon",
            "exchange / (most - structural): 0 where only the margins move people, 1 where nobody stays who "
            "need not",
            exchange, slope_of_exchange, 1 - most.share - structural, shared.slope - most.slope),
      ratio("yasuda", "exchange / exchange under independence with the same margins: 1 is perfect mobility", exchange,
            slope_of_exchange, shared.share - perfect.share, shared.slope - perfect.slope),
      part("upward", "people whose destination is on a higher rung", up.share, up.slope),
      part("downward", "people whose destination is on a lower rung", down.share, down.slope),
      part("level", "people who move to another stratum of the same rung", level.share, level.slope),
      part("net upward", "upward - downward", up.share - down.share, up.slope - down.slope),
      ratio("upward of movers", "upward / total", up.share, up.slope, moved.share, moved.slope),
  };
}

}  // namespace rungs

#endif
