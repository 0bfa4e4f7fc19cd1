// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_CORE_ESTIMATE_HPP
#define RUNGS_CORE_ESTIMATE_HPP

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include <rungs/core/quantity.hpp>

namespace rungs {

/// What differs between the draws behind an interval.
struct Varied {
  bool parameters = false;         ///< the transition probabilities, known only from data
  bool effects = false;            ///< what the programmes do, known only from evidence
  bool individual_chance = false;  ///< who of the people happens to move
  bool amounts = false;            ///< costs and other money, known only from evidence

  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> out;
    if (parameters) out.emplace_back("parameters");
    if (effects) out.emplace_back("programme effects");
    if (individual_chance) out.emplace_back("individual chance");
    if (amounts) out.emplace_back("amounts");
    return out;
  }
  friend Varied operator|(Varied a, Varied b) {
    return {a.parameters || b.parameters, a.effects || b.effects, a.individual_chance || b.individual_chance,
            a.amounts || b.amounts};
  }
  friend bool operator==(const Varied&, const Varied&) = default;
};

/// Which single number stands for the draws.
enum class Centre : std::uint8_t {
  plug_in,        ///< the answer at the point estimates: for draws that imitate repeated sampling
  mean_of_draws,  ///< the mean over the draws: for draws that express what is known (a posterior, assumed evidence)
};

/// A number with its interval: value, bounds, level, how many draws, the Monte Carlo error, and what varied.
///
/// The bounds are the quantiles of the draws at (1 - level)/2 and (1 + level)/2 (type 7 of Hyndman and Fan 1996).
/// `monte_carlo_error` is the standard error of the mean of the draws: more draws make it smaller, not the interval.
/// With 0 draws nothing is known of the uncertainty, and the bounds are NaN.
struct Estimate {
  double value = 0;
  double lower = std::numeric_limits<double>::quiet_NaN();
  double upper = std::numeric_limits<double>::quiet_NaN();
  double level = 0.95;
  std::size_t draws = 0;
  double monte_carlo_error = 0;
  double standard_deviation = 0;
  Varied varied{};
  Centre centre = Centre::plug_in;
};

namespace detail {

/// Mean and standard deviation by deviations from the first number, so that equal numbers give themselves and 0.
struct Moments {
  double mean = 0, deviation = 0;
};
inline Moments moments(std::span<const double> x) {
  double sum = 0, squares = 0;
  for (const double v : x) sum += v - x[0];
  const auto n = static_cast<double>(x.size());
  const double mean = x[0] + sum / n;
  for (const double v : x) squares += (v - mean) * (v - mean);
  return {mean, x.size() > 1 ? std::sqrt(squares / (n - 1)) : 0.0};
}

}  // namespace detail

/// Turns draws of a number into an Estimate; draws that are NaN (a quantity not defined in that world) are left out of
/// the summary and of its count.
///
/// Effect on intervals: the interval is of what varied between the draws, and of nothing else.
/// Cost: O(draws) on average (selection, no full sort).
inline Estimate summarize(std::vector<double> draws, double point, Level level, Varied varied, Centre centre) {
  std::erase_if(draws, [](double x) { return std::isnan(x); });
  Estimate out;
  out.level = level.value();
  out.varied = varied;
  out.centre = centre;
  out.draws = draws.size();
  out.value = point;
  if (draws.empty()) {
    if (centre == Centre::mean_of_draws) out.value = std::numeric_limits<double>::quiet_NaN();
    return out;
  }
  const detail::Moments m = detail::moments(draws);
  if (centre == Centre::mean_of_draws) out.value = m.mean;
  out.standard_deviation = m.deviation;
  out.monte_carlo_error = m.deviation / std::sqrt(static_cast<double>(draws.size()));
  // Only the order statistics at both ends are needed.
  const auto at = [&](double p) {
    const double h = static_cast<double>(draws.size() - 1) * p;
    const auto k = static_cast<std::ptrdiff_t>(h);
    std::nth_element(draws.begin(), draws.begin() + k, draws.end());
    const double a = draws[static_cast<std::size_t>(k)];
    if (static_cast<std::size_t>(k) + 1 >= draws.size()) return a;
    const double b = *std::min_element(draws.begin() + k + 1, draws.end());
    return a == b ? a : a + (h - static_cast<double>(k)) * (b - a);
  };
  out.lower = at(level.lower_tail());
  out.upper = at(1 - level.lower_tail());
  return out;
}

}  // namespace rungs

#endif
