// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0

// Counting the moves of N people in 20 periods on a ladder of 5 strata, from a panel in memory.
#include <memory>
#include <utility>

#include "workload.hpp"

namespace tally_bench {
namespace {

struct Case {
  std::size_t people = 0;
  bool weighted = false;
  std::array<std::uint64_t, 25> expected{};
  std::unique_ptr<rungs::Panel> panel;
};

/// The panel asked for; only the last is kept.
const Case& panel_of(std::size_t people, bool weighted) {
  static Case held;
  if (held.panel && held.people == people && held.weighted == weighted) return held;
  held = {people, weighted, {}, nullptr};
  const std::vector<std::uint8_t> strata = workload::careers(people);
  held.expected = workload::count(strata);
  rungs::Observations rows;
  rows.person.reserve(strata.size());
  rows.time.reserve(strata.size());
  rows.stratum.reserve(strata.size());
  for (std::size_t k = 0; k < strata.size(); ++k) {
    const std::size_t person = k / workload::periods;
    rows.add(static_cast<std::uint32_t>(person), static_cast<std::int32_t>(k % workload::periods), strata[k]);
    if (weighted) rows.weight.push_back(0.5 + static_cast<double>(person % 7) / 4);
  }
  held.panel = std::make_unique<rungs::Panel>(workload::ladder(), std::move(rows),
                                              weighted ? rungs::WeightKind::sampling : rungs::WeightKind::none);
  return held;
}

void count(benchmark::State& state, bool weighted, bool by_period) {
  const auto people = static_cast<std::size_t>(state.range(0));
  const Case& held = panel_of(people, weighted);
  rungs::TallyOptions options;
  options.by_period = by_period;
  const rungs::Tally once = rungs::tally(*held.panel, options);
  workload::check_counts(once, held.expected);
  workload::check(once.by_period().size() == (by_period ? workload::periods - 1 : 0),
                  "the periods counted are not those observed");
  for (auto _ : state) benchmark::DoNotOptimize(rungs::tally(*held.panel, options));
  workload::each(state, "each_move", static_cast<double>(people * (workload::periods - 1)));
}

BENCHMARK_CAPTURE(count, pooled, false, false)->Name("tally/pooled")->Arg(10'000)->Arg(1'000'000);
BENCHMARK_CAPTURE(count, by_period, false, true)->Name("tally/by_period")->Arg(10'000);
BENCHMARK_CAPTURE(count, weighted, true, false)->Name("tally/weighted")->Arg(10'000);

}  // namespace
}  // namespace tally_bench
