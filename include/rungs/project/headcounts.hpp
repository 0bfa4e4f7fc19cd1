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

/// One row vector times a matrix of a size known to the compiler, summed up in two halves: the sums wait less for each
/// other.
template <std::size_t n>
void step_of_size(const double* now, const double* p, double* next) {
  std::array<double, n> even{}, odd{};
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j) (i % 2 == 0 ? even : odd)[j] += now[i] * p[i * n + j];
  for (std::size_t j = 0; j < n; ++j) next[j] = even[j] + odd[j];
}

inline void step_of_any_size(const double* now, const double* p, double* next, std::size_t n) {
  std::fill(next, next + n, 0.0);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j) next[j] += now[i] * p[i * n + j];
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
  const double* p = kernel.view(kernel.index(at)).data();
  (void)kernel.index(kernel.step().after(at, span.steps() - 1));
  const std::size_t on = kernel.is_constant() ? 0 : n * n;
  const auto go = [&](const auto& step) {
    double* now = out.data();
    for (std::size_t t = 0; t < steps; ++t, p += on, now += n) step(now, p, now + n);
  };
  if (!detail::with_small_size(n, [&](auto size) { go(detail::step_of_size<size>); }))
    go([n](const double* now, const double* of, double* next) { detail::step_of_any_size(now, of, next, n); });
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
