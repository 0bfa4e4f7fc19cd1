// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0

// The scenario examples/careers/training.toml: what stands behind `rungs evaluate`.
#include <rungs/decide/evaluate.hpp>
#include <rungs/estimate/dirichlet.hpp>
#include <rungs/io/csv.hpp>
#include <rungs/io/scenario.hpp>

#include "workload.hpp"

namespace evaluate_bench {
namespace {

void careers(benchmark::State& state) {
  const std::string folder = RUNGS_EXAMPLES "/careers/";
  const rungs::io::Scenario scenario = rungs::io::read_scenario(folder + "training.toml");
  const auto model = [&] {
    const rungs::io::TableFile table =
        rungs::io::read_table(folder + scenario.data.path, scenario.ladder, {.period = "period"});
    return rungs::estimate(rungs::tally(scenario.ladder, table.cells),
                           rungs::DirichletRows{.prior = 0.5, .unleft = rungs::Unleft::prior});
  };
  const rungs::Ensemble ensemble = model();
  const rungs::Question question{scenario.from, scenario.target, ensemble.step().steps_in(scenario.within_years)};
  const rungs::EvaluateOptions options{.draws = 2000, .seed = rungs::Seed(1)};
  const auto answer = [&] {
    return rungs::evaluate(ensemble, scenario.population, question, scenario.policies, scenario.economics, options);
  };
  const rungs::Evaluation once = answer();
  workload::check_close(once.cohort, 454, 1e-15, "the people asked about");
  workload::check(once.policies.size() == 2 && once.policies[0].additional.value > 0 &&
                      once.policies[0].additional.value > once.policies[1].additional.value,
                  "training does not help more than training at government scale");
  for (auto _ : state) benchmark::DoNotOptimize(answer());
  workload::each(state, "each_draw_and_policy", 2000 * 3);
}

BENCHMARK(careers)->Name("evaluate/careers_2000_draws")->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace evaluate_bench
