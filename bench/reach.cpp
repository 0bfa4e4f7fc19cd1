// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0

// First passage within a span on a ladder of 5 strata, and its interval over 2,000 draws.
#include <rungs/estimate/dirichlet.hpp>
#include <rungs/measure/reach.hpp>
#include <rungs/measure/summary.hpp>

#include "workload.hpp"

namespace reach_bench {
namespace {

/// P(reached within the span), by following those who have not.
double by_hand(std::int64_t span) {
  std::array<double, 5> now{1, 0, 0, 0, 0};
  double reached = 0;
  for (std::int64_t t = 0; t < span; ++t) {
    std::array<double, 5> next{};
    for (std::size_t i = 0; i < 3; ++i)
      for (std::size_t j = 0; j < 5; ++j) next[j] += now[i] * workload::moves[i][j];
    reached += next[3] + next[4];
    now = next;
  }
  return reached;
}

void passage(benchmark::State& state) {
  const rungs::Ladder ladder = workload::ladder();
  const rungs::Kernel kernel(rungs::TransitionMatrix(ladder, workload::matrix()));
  const rungs::Stratum from = ladder["primary"];
  const rungs::StratumSet target = ladder.at_or_above("entrepreneur");
  const rungs::Span span(state.range(0));
  workload::check_close(rungs::first_passage(kernel, from, target, span).sum(), by_hand(state.range(0)), 1e-14,
                        "a first passage");
  for (auto _ : state) benchmark::DoNotOptimize(rungs::first_passage(kernel, from, target, span));
  workload::each(state, "each_step", static_cast<double>(state.range(0)));
}

void interval(benchmark::State& state) {
  const rungs::Ladder ladder = workload::ladder();
  const rungs::Ensemble model =
      rungs::assumed(rungs::TransitionMatrix(ladder, workload::matrix()), rungs::Vector::Constant(5, 1000));
  const rungs::reach_probability reach(ladder["primary"], ladder.at_or_above("entrepreneur"), rungs::Span(20));
  const rungs::DrawOptions options{.draws = 2000, .seed = rungs::Seed(1)};
  const rungs::Estimate once = rungs::summarize(model, reach, options);
  const double expected = by_hand(20);
  workload::check_close(once.value, expected, 0.01, "the mean of the draws of a reach");
  workload::check(once.lower < expected && expected < once.upper, "the interval of a reach");
  for (auto _ : state) benchmark::DoNotOptimize(rungs::summarize(model, reach, options));
  workload::each(state, "each_draw", 2000);
}

BENCHMARK(passage)->Name("reach/first_passage")->Arg(3)->Arg(20);
BENCHMARK(interval)->Name("reach/summarize_2000_draws")->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace reach_bench
