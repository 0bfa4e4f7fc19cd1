// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_DETAIL_WILSON_HPP
#define RUNGS_DETAIL_WILSON_HPP

#include <cmath>
#include <utility>

#include <boost/math/distributions/normal.hpp>

namespace rungs::detail {

/// The interval of Wilson (1927) for a probability of which `successes` of `trials` were seen, with `tail` left out on
/// either side. For 0 <= successes <= trials, trials > 0.
inline std::pair<double, double> wilson_interval(double successes, double trials, double tail) {
  const double failures = trials - successes;
  const double z = boost::math::quantile(boost::math::normal_distribution<>(), 1 - tail), z2 = z * z;
  const double centre = (successes + z2 / 2) / (trials + z2);
  const double half = z / (trials + z2) * std::sqrt(successes * failures / trials + z2 / 4);
  return {successes > 0 ? centre - half : 0.0, failures > 0 ? centre + half : 1.0};
}

}  // namespace rungs::detail

#endif
