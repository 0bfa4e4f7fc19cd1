// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_DETAIL_CHI_SQUARED_HPP
#define RUNGS_DETAIL_CHI_SQUARED_HPP

#include <cmath>
#include <cstddef>
#include <limits>

#include <boost/math/special_functions/gamma.hpp>

namespace rungs::detail {

/// The probability of a statistic at least this large; NaN without degrees of freedom.
inline double chi_squared_tail(double statistic, std::size_t df) {
  if (df == 0 || std::isnan(statistic)) return std::numeric_limits<double>::quiet_NaN();
  if (statistic == std::numeric_limits<double>::infinity()) return 0;
  return boost::math::gamma_q(0.5 * static_cast<double>(df), statistic > 0 ? 0.5 * statistic : 0.0);
}

}  // namespace rungs::detail

#endif
