// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0

// Models of mobility tables: quasi-independence of an 8 x 8 table and log-multiplicative layers of three 9 x 9 tables,
// both with standard errors, names and warnings.
#include <rungs/estimate/loglinear.hpp>

#include <cmath>
#include <cstdlib>
#include <string>
#include <vector>

#include <rungs/core/random.hpp>

#include "workload.hpp"

namespace {

using rungs::Matrix;
using rungs::MobilityTables;
using rungs::TableFit;
using rungs::TableModel;

/// People around an association that is stronger in each layer than in the one before.
MobilityTables tables(Eigen::Index strata, std::size_t layers) {
  rungs::Ladder::Builder b = rungs::Ladder::builder();
  for (Eigen::Index i = 0; i < strata; ++i) b.rung("stratum " + std::to_string(i));
  std::vector<Matrix> people;
  std::vector<std::string> names;
  for (std::size_t k = 0; k < layers; ++k) {
    rungs::Stream stream({rungs::Seed(7), k});
    Matrix n(strata, strata);
    for (Eigen::Index i = 0; i < strata; ++i)
      for (Eigen::Index j = 0; j < strata; ++j)
        n(i, j) = std::floor((80 + 40 * stream.uniform()) * std::exp(-0.3 * (1 + 0.2 * static_cast<double>(k)) *
                                                                     static_cast<double>(std::abs(i - j))));
    people.push_back(n);
    names.push_back("layer " + std::to_string(k));
  }
  return {b.build(), people, names};
}

void quasi_independence(benchmark::State& state) {
  const MobilityTables t = tables(8, 1);
  const TableFit fit = rungs::fit_table(t, TableModel::quasi_independence());
  const Matrix rest = t.people() - fit.fitted[0];
  workload::check(fit.df == 41, "quasi-independence of an 8 x 8 table has other degrees of freedom than 41");
  workload::check(rest.diagonal().cwiseAbs().maxCoeff() == 0, "stayers are not fitted as they are");
  workload::check((rest.rowwise().sum().cwiseAbs() + rest.colwise().sum().transpose().cwiseAbs()).maxCoeff() < 1e-9,
                  "quasi-independence does not repeat margins");
  for (auto _ : state) benchmark::DoNotOptimize(rungs::fit_table(t, TableModel::quasi_independence()));
}

void unidiff(benchmark::State& state) {
  const MobilityTables t = tables(9, 3);
  const TableFit fit = rungs::fit_table(t, TableModel::unidiff());
  workload::check(fit.df == 126, "log-multiplicative layers of 9 x 9 x 3 have other degrees of freedom than 126");
  Matrix sum = Matrix::Zero(9, 9);
  for (std::size_t k = 0; k < 3; ++k)
    sum += (k == 0 ? 1.0 : std::exp(fit.parameter("log scale in 'layer " + std::to_string(k) + "'").value)) *
           (t.people(k) - fit.fitted[k]);
  workload::check(sum.cwiseAbs().maxCoeff() < 1e-8, "log-multiplicative layers do not fulfil the likelihood equations");
  workload::check(fit.parameter("log scale in 'layer 2'").value > 0, "the strongest layer is not the strongest");
  for (auto _ : state) benchmark::DoNotOptimize(rungs::fit_table(t, TableModel::unidiff()));
}

BENCHMARK(quasi_independence)->Name("tables/quasi_independence_8x8");
BENCHMARK(unidiff)->Name("tables/unidiff_9x9x3");

}  // namespace
