// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_ESTIMATE_SIGNIFICANCE_HPP
#define RUNGS_ESTIMATE_SIGNIFICANCE_HPP

#include <cmath>
#include <cstdint>
#include <limits>

#include <boost/math/constants/constants.hpp>
#include <boost/math/special_functions/beta.hpp>
#include <boost/math/special_functions/gamma.hpp>

namespace rungs {

/// How rarely chance alone gives a statistic as far out as the one found: the statistic, its p-value, and the logarithm
/// of that to base 10, which is still a number where the p-value itself is too small for one.
///
/// `degrees_of_freedom` is infinite for a normal statistic. A statistic that is NaN (not defined) has a p-value of NaN;
/// one that is infinite has a p-value of 0 and a logarithm of minus infinity.
struct Significance {
  double statistic = std::numeric_limits<double>::quiet_NaN();
  double degrees_of_freedom = std::numeric_limits<double>::infinity();
  double p = std::numeric_limits<double>::quiet_NaN();
  double log10_p = std::numeric_limits<double>::quiet_NaN();
};

namespace detail {

/// log10 P(Z > z) of a standard normal Z. Far out by Laplace's continued fraction, which converges fast there.
inline double log10_normal_tail(double z) {
  if (z < 30) return std::log10(std::erfc(z / std::sqrt(2.0)) / 2);
  double fraction = z;
  for (int k = 40; k > 0; --k) fraction = z + k / fraction;
  return (-z * z / 2 - std::log(fraction * boost::math::constants::root_two_pi<double>())) / std::log(10.0);
}

}  // namespace detail

/// The significance of a standard normal statistic, whichever its sign.
[[nodiscard]] inline Significance normal_significance(double z) {
  Significance out;
  out.statistic = z;
  out.p = std::erfc(std::abs(z) / std::sqrt(2.0));
  out.log10_p = detail::log10_normal_tail(std::abs(z)) + std::log10(2.0);
  return out;
}

/// The significance of a standard normal statistic of which only large values speak against chance.
[[nodiscard]] inline Significance upper_normal_significance(double z) {
  Significance out;
  out.statistic = z;
  out.p = std::erfc(z / std::sqrt(2.0)) / 2;
  out.log10_p = detail::log10_normal_tail(z);
  return out;
}

/// The significance of a statistic with Student's distribution, whichever its sign; NaN without a degree of freedom.
[[nodiscard]] inline Significance student_significance(double t, double degrees_of_freedom) {
  Significance out;
  out.statistic = t;
  out.degrees_of_freedom = degrees_of_freedom;
  if (std::isnan(t) || !(degrees_of_freedom > 0)) return out;
  if (std::isinf(t)) {
    out.p = 0;
    out.log10_p = -std::numeric_limits<double>::infinity();
    return out;
  }
  // P = I_x(a, 1/2) with x = df / (df + t^2) and a = df / 2; by 1 - x where x would lose what tells it from 1.
  const double a = degrees_of_freedom / 2, root = std::sqrt(degrees_of_freedom);
  const bool far = std::abs(t) > root;
  const double odds = far ? root / t * (root / t) : t / root * (t / root);  // at most 1
  const double x = (far ? odds : 1.0) / (1 + odds), rest = (far ? 1.0 : odds) / (1 + odds);
  out.p = far         ? boost::math::ibeta(a, 0.5, x)
          : t * t < 1 ? 1 - boost::math::ibeta(0.5, a, rest)
                      : boost::math::ibetac(0.5, a, rest);
  if (out.p > 1e-290) {
    out.log10_p = std::log10(out.p);
  } else {
    // The continued fraction of the incomplete beta function (DiDonato and Morris 1992), from its far end.
    double fraction = 1;
    for (double m = 60; m > 0; --m) {
      fraction = 1 + m * (0.5 - m) * x / ((a + 2 * m - 1) * (a + 2 * m)) / fraction;
      fraction = 1 - (a + m - 1) * (a + m - 0.5) * x / ((a + 2 * m - 2) * (a + 2 * m - 1)) / fraction;
    }
    const double log_x = far ? 2 * std::log(root / std::abs(t)) - std::log1p(odds) : -std::log1p(odds);
    const double scale = a * boost::math::tgamma_delta_ratio(a, 0.5) * boost::math::constants::root_pi<double>();
    out.log10_p = (a * log_x + std::log(rest) / 2 - std::log(scale * fraction)) / std::log(10.0);
  }
  return out;
}

/// The significance of a statistic with the chi-square distribution of so many degrees of freedom; NaN without one, but
/// for an infinite statistic: what cannot be was seen.
///
/// Method: the regularised incomplete gamma function of Boost.Math; far in the tail, where it underflows, the logarithm
/// of its continued fraction, evaluated as by Lentz (1976).
[[nodiscard]] inline Significance chi_square_significance(double statistic, std::int64_t degrees_of_freedom) {
  Significance out;
  out.statistic = statistic;
  out.degrees_of_freedom = static_cast<double>(degrees_of_freedom);
  if (std::isinf(statistic) && statistic > 0) {
    out.p = 0;
    out.log10_p = -std::numeric_limits<double>::infinity();
    return out;
  }
  if (!(degrees_of_freedom > 0) || !(statistic >= 0)) return out;
  const double a = 0.5 * out.degrees_of_freedom, x = 0.5 * statistic;
  out.p = boost::math::gamma_q(a, x);
  if (out.p > 1e-200) {
    out.log10_p = std::log10(out.p);
    return out;
  }
  // Q(a, x) = exp(-x) x^a / Gamma(a) * 1/(x + 1 - a - 1 (1 - a)/(x + 3 - a - 2 (2 - a)/(x + 5 - a - ...))).
  double b = x + 1 - a, c = 1e300, d = 1 / b, h = d;
  for (int k = 1; k < 10000; ++k) {
    const double an = -k * (k - a);
    b += 2;
    d = 1 / (an * d + b);
    c = b + an / c;
    const double factor = c * d;
    h *= factor;
    if (std::abs(factor - 1) < 1e-16) break;
  }
  out.log10_p = (a * std::log(x) - x - boost::math::lgamma(a) + std::log(h)) / std::log(10.0);
  return out;
}

}  // namespace rungs

#endif
