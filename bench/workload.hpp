// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_BENCH_WORKLOAD_HPP
#define RUNGS_BENCH_WORKLOAD_HPP

// What several benchmarks work on. The careers and the matrices are those that other packages are
// timed with; see docs/explanation/performance.md. A change here changes what a key stands for.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include <rungs/data/tally.hpp>
#include <rungs/model/transition_matrix.hpp>

namespace workload {

using Square = std::array<std::array<double, 5>, 5>;

inline constexpr std::size_t periods = 20;
inline constexpr std::array<const char*, 5> names{"primary", "technician", "senior technician", "entrepreneur",
                                                  "designer"};
inline constexpr std::array<double, 5> start{.50, .25, .15, .04, .06};
inline constexpr Square moves{{{.80, .15, .03, .01, .01},
                               {.05, .75, .14, .03, .03},
                               {.01, .08, .74, .07, .10},
                               {.02, .06, .08, .76, .08},
                               {.01, .03, .07, .06, .83}}};

/// Ends the program when an answer is wrong: the time of a wrong answer is of no use.
inline void check(bool right, const char* what) {
  if (right) return;
  std::fprintf(stderr, "wrong answer: %s\n", what);
  std::exit(1);
}

inline void check_close(double value, double expected, double tolerance, const char* what) {
  check(std::abs(value - expected) <= tolerance * std::max(1.0, std::abs(expected)), what);
}

inline rungs::Ladder ladder() {
  return rungs::Ladder::parse("primary < technician < senior technician < entrepreneur, designer");
}

inline rungs::Matrix matrix() {
  rungs::Matrix out(5, 5);
  for (Eigen::Index i = 0; i < 5; ++i)
    for (Eigen::Index j = 0; j < 5; ++j) out(i, j) = moves[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)];
  return out;
}

/// Strata of so many people in 20 periods, person by person.
inline std::vector<std::uint8_t> careers(std::size_t people) {
  std::mt19937_64 random(20240601);
  const auto pick = [&random](const std::array<double, 5>& p) {
    double left = static_cast<double>(random() >> 11U) * 0x1p-53;
    std::uint8_t i = 0;
    while (i < 4 && left >= p[i]) left -= p[i++];
    return i;
  };
  std::vector<std::uint8_t> out(people * periods);
  for (std::size_t k = 0; k < out.size(); ++k) out[k] = pick(k % periods == 0 ? start : moves[out[k - 1]]);
  return out;
}

/// The moves in careers, counted the plain way.
inline std::array<std::uint64_t, 25> count(const std::vector<std::uint8_t>& strata) {
  std::array<std::uint64_t, 25> out{};
  for (std::size_t k = 0; k + 1 < strata.size(); ++k)
    if ((k + 1) % periods != 0) ++out[std::size_t{strata[k]} * 5 + strata[k + 1]];
  return out;
}

/// Refuses a tally whose counts are not these.
inline void check_counts(const rungs::Tally& tally, const std::array<std::uint64_t, 25>& expected) {
  for (std::size_t i = 0; i < 5; ++i)
    for (std::size_t j = 0; j < 5; ++j)
      check(tally.pooled().people(i, j) == static_cast<double>(expected[i * 5 + j]),
            "the moves counted are not those made");
}

/// A long ladder on which moves are the rarer the longer they are, the last `exits` of its n states
/// exits: p(i, j) ~ exp(-|i - j| / 2) (1 + ((7 i + 13 j) mod 11) / 10) + 1e-4.
inline rungs::TransitionMatrix long_ladder(std::size_t n, std::size_t exits = 0) {
  auto builder = rungs::Ladder::builder();
  for (std::size_t i = 0; i < n; ++i) {
    if (i < n - exits)
      builder.rung("stratum " + std::to_string(i));
    else
      builder.exit("exit " + std::to_string(i));
  }
  const auto size = static_cast<Eigen::Index>(n);
  rungs::Matrix p = rungs::Matrix::Identity(size, size);
  for (Eigen::Index i = 0; i < size - static_cast<Eigen::Index>(exits); ++i)
    for (Eigen::Index j = 0; j < size; ++j)
      p(i, j) =
          std::exp(-std::abs(static_cast<double>(i - j)) / 2) * (1 + static_cast<double>((7 * i + 13 * j) % 11) / 10) +
          1e-4;
  return rungs::TransitionMatrix::from_weights(builder.build(), std::move(p));
}

/// Reports the time that one of `items` pieces of work takes.
inline void each(benchmark::State& state, const char* name, double items) {
  state.counters[name] =
      benchmark::Counter(items, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

}  // namespace workload

#endif
