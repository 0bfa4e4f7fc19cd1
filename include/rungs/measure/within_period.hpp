// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_MEASURE_WITHIN_PERIOD_HPP
#define RUNGS_MEASURE_WITHIN_PERIOD_HPP

#include <cstdint>

#include <rungs/core/time.hpp>
#include <rungs/model/transition_matrix.hpp>

namespace rungs {

/// Which headcounts stand for a period. The last two reproduce published results: their weights do not sum to the
/// horizon.
enum class WithinPeriod : std::uint8_t {
  start,           ///< those at its start
  end,             ///< those at its end
  trapezoid,       ///< the mean of both
  every_point,     ///< no rule: each of the T + 1 headcounts counts as a whole period
  legacy_simpson,  ///< 1/3, 2/3, 4/3, 2/3, ..., 1/3: "Simpson's 1/3 rule" as the DARTH tutorials code it, 2/3 and 4/3
                   ///< having changed places
};

namespace detail {

/// What the headcount at point t of 0 to T counts, in periods: as the end of the period before, as the start of the
/// one after. The rules that know no periods count it as a start, at T too.
struct PointWeight {
  double as_end, as_start;
};
inline PointWeight point_weight(WithinPeriod rule, std::int64_t t, std::int64_t last) noexcept {
  const double ended = t == 0 ? 0 : 1, starts = t == last ? 0 : 1;
  switch (rule) {
    case WithinPeriod::start:
      return {0, starts};
    case WithinPeriod::end:
      return {ended, 0};
    case WithinPeriod::trapezoid:
      return {ended / 2, starts / 2};
    case WithinPeriod::every_point:
      return {0, 1};
    case WithinPeriod::legacy_simpson:
      return {0, (t == 0 || t == last ? 1 : t % 2 == 1 ? 2 : 4) / 3.0};
  }
  return {};
}

}  // namespace detail

/// What the headcounts at 0 to T steps after the start weigh in a sum over a span of T steps: T + 1 numbers, in
/// periods.
///
/// Start, end and trapezoid sum to T, whatever T. Cost: T.
[[nodiscard]] inline Vector headcount_weights(WithinPeriod rule, Span within) {
  Vector out(within.steps() + 1);
  for (Eigen::Index t = 0; t < out.size(); ++t) {
    const detail::PointWeight w = detail::point_weight(rule, t, within.steps());
    out[t] = w.as_end + w.as_start;
  }
  return out;
}

}  // namespace rungs

#endif
