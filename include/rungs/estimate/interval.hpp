// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_ESTIMATE_INTERVAL_HPP
#define RUNGS_ESTIMATE_INTERVAL_HPP

#include <cstdint>
#include <string>

#include <boost/math/distributions/beta.hpp>

#include <rungs/core/quantity.hpp>
#include <rungs/detail/wilson.hpp>

namespace rungs {

/// Two bounds.
struct Interval {
  double lower = 0;
  double upper = 1;
};

/// How the interval of one proportion is made. There is no Wald interval: at 20 people and 5 % it covers 64 % instead
/// of 95 %.
enum class IntervalMethod : std::uint8_t {
  exact,     ///< Clopper and Pearson (1934): never covers less than its level
  wilson,    ///< Wilson (1927): covers its level on average
  jeffreys,  ///< equal tails of the Beta(x + 1/2, n - x + 1/2) posterior: covers its level on average
};

[[nodiscard]] inline std::string name(IntervalMethod method) {
  return method == IntervalMethod::exact ? "exact" : method == IntervalMethod::wilson ? "wilson" : "jeffreys";
}

/// The interval of a probability of which `successes` of `trials` were seen.
///
/// Counts need not be whole (effective numbers of a weighted sample are not).
/// Assumes: independent trials with one probability.
/// Effect on intervals: exact is conservative; the others may cover less than their level near 0 and 1.
/// Throws DomainError [E-COUNT] unless 0 <= successes <= trials and trials > 0.
/// Method: Brown, Cai and DasGupta (2001), doi 10.1214/ss/1009213286.
[[nodiscard]] inline Interval proportion_interval(double successes, double trials, Level level, IntervalMethod method) {
  if (!(trials > 0 && successes >= 0 && successes <= trials))
    throw DomainError("E-COUNT",
                      "found " + detail::text(successes) + " of " + detail::text(trials) +
                          "; expected a number of successes from 0 to the number of trials",
                      successes);
  using boost::math::beta_distribution;
  using boost::math::quantile;
  const double tail = level.lower_tail(), failures = trials - successes;
  switch (method) {
    case IntervalMethod::exact:
      return {successes > 0 ? quantile(beta_distribution<>(successes, failures + 1), tail) : 0.0,
              failures > 0 ? quantile(beta_distribution<>(successes + 1, failures), 1 - tail) : 1.0};
    case IntervalMethod::jeffreys: {
      const beta_distribution<> posterior(successes + 0.5, failures + 0.5);
      return {successes > 0 ? quantile(posterior, tail) : 0.0, failures > 0 ? quantile(posterior, 1 - tail) : 1.0};
    }
    case IntervalMethod::wilson:
      break;
  }
  const auto [lower, upper] = detail::wilson_interval(successes, trials, tail);
  return {lower, upper};
}

}  // namespace rungs

#endif
