// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_TESTS_ESTIMATE_ESTIMATORS_HPP
#define RUNGS_TESTS_ESTIMATE_ESTIMATORS_HPP

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <rungs/core/error.hpp>
#include <rungs/core/random.hpp>
#include <rungs/data/tally.hpp>
#include <rungs/model/ensemble.hpp>

namespace rungs_test {

inline rungs::Ladder ladder_of(std::size_t n) {
  rungs::Ladder::Builder b = rungs::Ladder::builder();
  for (std::size_t k = 0; k < n; ++k) b.rung("s" + std::to_string(k));
  return b.build();
}

/// The message of the first warning with a code among those of a result.
template <class Result>
std::string words(const Result& result, const std::string& code) {
  for (const rungs::Warning& w : result.warnings)
    if (w.code == code) return w.message;
  return "no " + code;
}
template <class Result>
bool has(const Result& result, const std::string& code) {
  return words(result, code) != "no " + code;
}

/// People by where they are in periods 0, 1, ...
using People = std::vector<std::vector<std::size_t>>;

inline rungs::Panel panel_of(const rungs::Ladder& ladder, const People& people) {
  rungs::Observations o;
  for (std::uint32_t who = 0; who < people.size(); ++who)
    for (std::size_t t = 0; t < people[who].size(); ++t) o.add(who, static_cast<std::int32_t>(t), people[who][t]);
  return {ladder, o};
}

/// People with one move each.
struct Move {
  std::size_t from, to;
  double weight = 1;
};

inline rungs::Panel panel_of(std::size_t strata, const std::vector<Move>& moves,
                             rungs::WeightKind kind = rungs::WeightKind::none) {
  rungs::Observations o;
  for (std::uint32_t k = 0; k < moves.size(); ++k) {
    o.add(k, 0, moves[k].from);
    o.add(k, 1, moves[k].to);
    if (kind != rungs::WeightKind::none) o.weight.insert(o.weight.end(), 2, moves[k].weight);
  }
  return rungs::Panel(ladder_of(strata), o, kind);
}

inline std::vector<Move> random_moves(std::size_t strata, std::size_t n, std::uint64_t seed) {
  rungs::Stream s({rungs::Seed(seed), 0});
  std::vector<Move> out;
  for (std::size_t k = 0; k < n; ++k)
    out.push_back({k % strata, s.below(strata), 0.25 + static_cast<double>(s.below(40)) / 8});
  return out;
}

/// How the cells of the first matrix of some draws vary together: number i n + j is the move from i to j.
inline rungs::Matrix covariance_of_draws(const rungs::Ensemble& e, std::uint64_t draws) {
  const auto cells = static_cast<Eigen::Index>(e.ladder().size() * e.ladder().size());
  rungs::Vector sum = rungs::Vector::Zero(cells);
  rungs::Matrix products = rungs::Matrix::Zero(cells, cells);
  for (std::uint64_t d = 0; d < draws; ++d) {
    const rungs::Kernel drawn = e.draw(rungs::Draw(rungs::Seed(1), d));
    const rungs::Matrix p = drawn.matrix(0);
    const rungs::Vector x = p.reshaped<Eigen::RowMajor>();
    sum += x;
    products += x * x.transpose();
  }
  const auto n = static_cast<double>(draws);
  return products / n - sum * sum.transpose() / (n * n);
}

/// How many cells of two covariances are further apart than `errors` standard errors of that of so many draws; those
/// not known of the first are not compared.
inline int apart(const rungs::Matrix& known, const rungs::Matrix& drawn, double draws, double errors) {
  int out = 0;
  for (Eigen::Index a = 0; a < known.rows(); ++a)
    for (Eigen::Index b = 0; b < known.cols(); ++b) {
      const double error = std::sqrt((known(a, a) * known(b, b) + known(a, b) * known(a, b)) / draws);
      if (!std::isnan(known(a, b)) && !(std::abs(known(a, b) - drawn(a, b)) <= errors * error + 1e-15)) ++out;
    }
  return out;
}

}  // namespace rungs_test

#endif
