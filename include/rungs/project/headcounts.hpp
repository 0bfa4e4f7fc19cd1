// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_PROJECT_HEADCOUNTS_HPP
#define RUNGS_PROJECT_HEADCOUNTS_HPP

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include <rungs/detail/sizes.hpp>
#include <rungs/model/headcount.hpp>
#include <rungs/model/kernel.hpp>

namespace rungs {

namespace detail {

/// One row vector times a matrix of a size known to the compiler.
template <std::size_t n>
void step_of_size(const double* now, const double* p, double* next) {
  std::array<double, n> sum{};
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j) sum[j] += now[i] * p[i * n + j];
  std::copy(sum.begin(), sum.end(), next);
}

inline void step_of_any_size(const double* now, const double* p, double* next, std::size_t n) {
  std::fill(next, next + n, 0.0);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j) next[j] += now[i] * p[i * n + j];
}

/// All steps on a ladder of n states; `now` holds the start and, after it, room for every period.
template <std::size_t n>
void steps_of_size(const Kernel& kernel, std::size_t first, std::size_t steps, double* now) {
  const std::vector<TransitionMatrix>& all = kernel.matrices();
  const bool constant = kernel.is_constant();
  for (std::size_t t = 0; t < steps; ++t, now += n) {
    const std::size_t m = constant ? 0 : first + t;
#if defined(__GNUC__)
    if (!constant && m + 6 < all.size())  // matrices of a kernel stand apart in memory: ask for one ahead
      for (std::size_t byte = 0; byte < n * n * sizeof(double); byte += 64)
        __builtin_prefetch(reinterpret_cast<const char*>(all[m + 6].matrix().data()) + byte);
#endif
    step_of_size<n>(now, all[m].matrix().data(), now + n);
  }
}

}  // namespace detail

/// Where people are expected to be at every period, in a closed population without programmes: row t (0 to the span)
/// holds the heads in each stratum and exit t steps after the start.
///
/// The same heads as a Projection without policy and inflow gives, to rounding, for a fraction of its price: no flows,
/// no first passages. Throws Refusal [E-LADDER-OTHER]; [E-HORIZON] when the kernel has no matrix for a period. Cost:
/// span x n^2; written into `out` without allocation when it has the right size.
inline void expected_headcounts(const Kernel& kernel, const Headcount& start, Span span, Period at, Matrix& out) {
  if (!(start.ladder() == kernel.ladder()))
    throw Refusal("E-LADDER-OTHER", "found a headcount and a kernel of two ladders; expected the same");
  const auto steps = static_cast<std::size_t>(span.steps()), n = kernel.ladder().size();
  out.resize(span.steps() + 1, static_cast<Eigen::Index>(n));
  out.row(0) = start.heads().transpose();
  if (steps == 0) return;
  const std::size_t first = kernel.index(at);
  (void)kernel.index(kernel.step().after(at, span.steps() - 1));
  double* now = out.data();
  if (detail::with_small_size(n, [&](auto size) { detail::steps_of_size<size>(kernel, first, steps, now); })) return;
  for (std::size_t t = 0; t < steps; ++t, now += n)
    detail::step_of_any_size(now, kernel.matrices()[kernel.is_constant() ? 0 : first + t].matrix().data(), now + n, n);
}

/// As above, into a matrix of its own.
[[nodiscard]] inline Matrix expected_headcounts(const Kernel& kernel, const Headcount& start, Span span,
                                                Period at = Period{}) {
  Matrix out;
  expected_headcounts(kernel, start, span, at, out);
  return out;
}

}  // namespace rungs

#endif
