// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0

// A logit of 100,000 moves between 5 strata on covariates, 28 coefficients: 7 columns for each outcome but the base.
// Either a constant and 6 numbers (all people in one stratum), or a constant, 4 other origins and 2 numbers.
#include <map>
#include <random>

#include <rungs/estimate/transition_logit.hpp>

#include "workload.hpp"

namespace {

/// Moves drawn from a logit with slopes (j - 2) / (4 + c) of outcome j on number c.
const rungs::CovariateMoves& moves_of(std::size_t numbers) {
  static std::map<std::size_t, rungs::CovariateMoves> held;
  if (const auto found = held.find(numbers); found != held.end()) return found->second;
  constexpr std::size_t rows = 100'000;
  rungs::CovariateMoves out{workload::ladder()};
  std::mt19937_64 random(20240601);
  const auto uniform = [&random] { return static_cast<double>(random() >> 11U) * 0x1p-53; };
  rungs::Matrix x(rows, numbers);
  for (std::size_t k = 0; k < rows; ++k) {
    const auto r = static_cast<Eigen::Index>(k);
    for (double& v : x.row(r)) v = 4 * uniform() - 2;
    const std::size_t from = numbers == 2 ? static_cast<std::size_t>(5 * uniform()) : 0;
    std::array<double, 5> p{};
    double sum = 0;
    for (std::size_t j = 0; j < 5; ++j) {
      double eta = from == j ? 1.5 : 0;
      for (std::size_t c = 0; c < numbers; ++c)
        eta += (static_cast<double>(j) - 2) / (4 + static_cast<double>(c)) * x(r, static_cast<Eigen::Index>(c));
      sum += p[j] = std::exp(eta);
    }
    double left = uniform() * sum;
    std::size_t to = 0;
    while (to < 4 && left >= p[to]) left -= p[to++];
    out.from.push_back(static_cast<std::uint16_t>(from));
    out.to.push_back(static_cast<std::uint16_t>(to));
    out.person.push_back(static_cast<std::uint32_t>(k / 10));
  }
  for (std::size_t c = 0; c < numbers; ++c)
    out.covariates.number("x" + std::to_string(c), x.col(static_cast<Eigen::Index>(c)));
  return held.emplace(numbers, std::move(out)).first->second;
}

void fit(benchmark::State& state, std::size_t numbers, rungs::LogitVariance variance) {
  const rungs::CovariateMoves& moves = moves_of(numbers);
  rungs::TransitionLogit logit;
  logit.variance = variance;
  logit.unleft = rungs::Unleft::absorbing;
  const rungs::FittedLogit once = logit.fit(moves);
  workload::check(once.parameters() == 28, "there are not 28 coefficients");
  workload::check(once.gradient_norm() < 1e-6, "the gradient is not 0 at the maximum");
  const rungs::LogitCoefficients found = once.coefficients();
  for (Eigen::Index j = 0; j < 4; ++j)  // slopes, against outcome 0
    for (Eigen::Index c = 0; c < static_cast<Eigen::Index>(numbers); ++c) {
      const Eigen::Index at = found.values.cols() - static_cast<Eigen::Index>(numbers) + c;
      const double truth = static_cast<double>(j + 1) / (4 + static_cast<double>(c));
      workload::check(std::abs(found.values(j, at) - truth) < 5 * found.standard_errors(j, at),
                      "the slopes are not those that moves were drawn from");
    }
  rungs::Matrix shares = rungs::Matrix::Zero(5, 5);
  for (std::size_t k = 0; k < moves.size(); ++k) shares(moves.from[k], moves.to[k]) += 1;
  const rungs::Matrix mean = once.standardised(moves).matrix();
  workload::check((mean.row(0) - shares.row(0) / shares.row(0).sum()).cwiseAbs().maxCoeff() < 1e-12,
                  "people of one stratum do not have their shares on average");
  for (auto _ : state) benchmark::DoNotOptimize(logit.fit(moves));
  workload::each(state, "each_move", static_cast<double>(moves.size()));
}

BENCHMARK_CAPTURE(fit, numbers, 6, rungs::LogitVariance::model)
    ->Name("logit/six_numbers")
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(fit, numbers_by_person, 6, rungs::LogitVariance::by_person)
    ->Name("logit/six_numbers_by_person")
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(fit, origins, 2, rungs::LogitVariance::model)
    ->Name("logit/origins_and_two_numbers")
    ->Unit(benchmark::kMillisecond);

}  // namespace
