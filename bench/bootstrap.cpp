// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0

// 1,000 samples of 10,000 people with 20 periods each, drawn with replacement, and a matrix from each.
#include <cmath>

#include <rungs/estimate/bootstrap.hpp>
#include <rungs/estimate/proportions.hpp>

#include "workload.hpp"

namespace bootstrap_bench {
namespace {

constexpr std::size_t people = 10'000, draws = 1'000;

void by_person(benchmark::State& state) {
  const std::vector<std::uint8_t> strata = workload::careers(people);
  rungs::Observations rows;
  for (std::size_t k = 0; k < strata.size(); ++k)
    rows.add(static_cast<std::uint32_t>(k / workload::periods), static_cast<std::int32_t>(k % workload::periods),
             strata[k]);
  const rungs::Panel panel(workload::ladder(), std::move(rows));
  const auto run = [&] { return bootstrap_by_person(panel, rungs::Proportions{}, {}, draws, rungs::Seed(1)); };
  const rungs::Ensemble once = run();
  // Moves are drawn by one matrix: people are as good as moves, and the deviation is nearly that of a multinomial.
  const double p = once.point().matrix(0)(0, 1);
  const rungs::Tally counted = rungs::tally(panel);
  double row = 0, squares = 0;
  for (std::size_t j = 0; j < 5; ++j) row += counted.pooled().people(0, j);
  for (std::size_t d = 0; d < draws; ++d)
    squares += std::pow(once.draw(rungs::Draw(rungs::Seed(1), d)).matrix(0)(0, 1) - p, 2);
  workload::check_close(std::sqrt(squares / draws) / std::sqrt(p * (1 - p) / row), 1, 0.1, "the standard deviation");
  for (auto _ : state) benchmark::DoNotOptimize(run());
  workload::each(state, "each_person", static_cast<double>(people * draws));
}

BENCHMARK(by_person)->Name("bootstrap/by_person_1000_of_10000")->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace bootstrap_bench
