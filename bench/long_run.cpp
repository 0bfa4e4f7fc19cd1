// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0

// Where people are in the long run, how long the first passage takes, by which exit they leave, and
// the 40th power, on ladders of 5, 50 and 500 strata.
#include <rungs/measure/long_run.hpp>

#include "workload.hpp"

namespace long_run_bench {
namespace {

using rungs::Matrix;
using rungs::Vector;

void stationary(benchmark::State& state) {
  const rungs::TransitionMatrix p = workload::long_ladder(static_cast<std::size_t>(state.range(0)));
  const Vector law = rungs::stationary_law(p);
  const Vector next = p.matrix().transpose() * law;
  workload::check_close(law.sum(), 1, 1e-14, "a long-run law does not sum to 1");
  workload::check((next - law).cwiseAbs().maxCoeff() < 1e-15, "a long-run law does not stay as it is");
  for (auto _ : state) benchmark::DoNotOptimize(rungs::stationary_law(p));
}

void first_passage_times(benchmark::State& state) {
  const rungs::TransitionMatrix p = workload::long_ladder(static_cast<std::size_t>(state.range(0)));
  const Matrix times = rungs::mean_first_passage(p);
  Matrix onward = times;
  onward.diagonal().setZero();
  const Matrix again = Matrix::Ones(p.size(), p.size()) + p.matrix() * onward;
  workload::check((times - again).cwiseAbs().maxCoeff() < 1e-9 * times.maxCoeff(),
                  "first passage times are not one step more than those of the next stratum");
  for (auto _ : state) benchmark::DoNotOptimize(rungs::mean_first_passage(p));
}

void exits(benchmark::State& state) {
  const rungs::TransitionMatrix p = workload::long_ladder(static_cast<std::size_t>(state.range(0)), 2);
  const Matrix shares = rungs::exit_probabilities(p);
  const Eigen::Index m = shares.rows();
  const Matrix again = p.matrix().topRightCorner(m, 2) + p.matrix().topLeftCorner(m, m) * shares;
  workload::check((shares - again).cwiseAbs().maxCoeff() < 1e-13,
                  "exit probabilities are not the mean of those of the next stratum");
  workload::check((shares.rowwise().sum().array() - 1).abs().maxCoeff() < 1e-12, "not everybody leaves by an exit");
  for (auto _ : state) benchmark::DoNotOptimize(rungs::exit_probabilities(p));
}

void power(benchmark::State& state) {
  const rungs::TransitionMatrix p = workload::long_ladder(static_cast<std::size_t>(state.range(0)));
  const rungs::Span steps(40);
  Eigen::RowVectorXd first = Eigen::RowVectorXd::Unit(p.size(), 0);
  for (int k = 0; k < 40; ++k) first = (first * p.matrix()).eval();
  workload::check((rungs::n_step(p, steps).row(0) - first).cwiseAbs().maxCoeff() < 1e-14,
                  "the 40th power is not 40 steps");
  for (auto _ : state) benchmark::DoNotOptimize(rungs::n_step(p, steps));
}

BENCHMARK(stationary)->Name("long_run/stationary_law")->Arg(5)->Arg(50)->Arg(500);
BENCHMARK(first_passage_times)->Name("long_run/mean_first_passage")->Arg(5)->Arg(50)->Arg(500);
BENCHMARK(exits)->Name("long_run/exit_probabilities")->Arg(5)->Arg(50)->Arg(500);
BENCHMARK(power)->Name("long_run/n_step_40")->Arg(5)->Arg(50)->Arg(500);

}  // namespace
}  // namespace long_run_bench
