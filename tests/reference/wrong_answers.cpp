// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0

// Answers that other packages give wrong or gave wrong for years, each shown to be right here by a second route. Others
// stand where their subject is tested: statistics of shares instead of counts, expected counts by the wrong margin,
// pairs instead of rows, and the degrees of freedom of the order test (assumptions.cpp here), strata in the order of
// the alphabet (tests/estimate/loglinear.cpp, markov.cpp here), strata that nobody leaves
// (tests/estimate/proportions.cpp), logarithms of matrices (embedding.cpp here).
#include <cmath>
#include <cstddef>
#include <functional>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <rungs/estimate/proportions.hpp>
#include <rungs/measure/reach.hpp>
#include <rungs/measure/summary.hpp>
#include <rungs/project/projection.hpp>

namespace wrong_answers_test {
namespace {

using namespace rungs;

const Ladder five = Ladder::parse("a < b < c < d < e");

/// A chain of five strata, of which every move is possible.
TransitionMatrix chain() {
  Matrix p(5, 5);
  p << 50, 20, 15, 10, 5, 25, 40, 20, 10, 5, 10, 25, 35, 20, 10, 5, 15, 25, 40, 15, 5, 10, 15, 25, 45;
  return {five, p / 100};
}

/// Every path of so many steps: the probability of each and the strata it goes through.
void each_path(const Matrix& p, std::size_t from, std::size_t steps,
               const std::function<void(double, const std::vector<std::size_t>&)>& visit) {
  std::vector<std::size_t> path{from};
  const std::function<void(double)> go = [&](double probability) {
    if (path.size() == steps + 1) return visit(probability, path);
    for (std::size_t j = 0; j < static_cast<std::size_t>(p.cols()); ++j) {
      const double next = probability * p(static_cast<Eigen::Index>(path.back()), static_cast<Eigen::Index>(j));
      path.push_back(j);
      go(next);
      path.pop_back();
    }
  };
  go(1);
}

TEST(WrongAnswers, StandardErrorsAreNotThoseOfPoissonCounts) {
  // markovchain: p / sqrt(n_ij), which at 0.9 is more than three times too wide. The right one by every sample there
  // is.
  const Ladder two = Ladder::parse("a < b");
  Tally t(two, Step{});
  t.add(0, 0, 54);
  t.add(0, 1, 6);
  t.add(1, 1, 5);
  const double found = cell_intervals(t.pooled(), two).standard_error(0, 0);
  double mean = 0, square = 0, probability = std::pow(.1, 60);
  for (int k = 0; k <= 60; ++k) {
    mean += probability * k / 60;
    square += probability * k / 60 * k / 60;
    probability *= (60. - k) / (k + 1) * 9;
  }
  EXPECT_NEAR(found, std::sqrt(square - mean * mean), 1e-12);  // the sum loses digits
  EXPECT_GT(.9 / std::sqrt(54.), 3 * found);
}

TEST(WrongAnswers, MoreDrawsDoNotMakeStandardErrorsSmaller) {
  // markovchain divided the bootstrap's standard deviation by the root of the number of draws once more.
  const Ladder two = Ladder::parse("a < b");
  Tally t(two, Step{});
  t.add(0, 0, 40);
  t.add(0, 1, 60);
  t.add(1, 1, 5);
  const Ensemble e = estimate(t, Proportions{Unleft::absorbing});
  for (const std::size_t draws : {500U, 20000U}) {
    const Estimate up = summarize(
        e, [](const Kernel& k) { return k.view(0)(0, 1); }, DrawOptions{.draws = draws, .seed = Seed(1)});
    EXPECT_NEAR(up.standard_deviation, std::sqrt(.4 * .6 / 100), 4 * .049 / std::sqrt(2. * static_cast<double>(draws)));
  }
}

TEST(WrongAnswers, ReachingASetCountsNobodyTwice) {
  // PyDTMC and markovchain add up first passages to each stratum of the set: a total of up to 2. By every path.
  const TransitionMatrix p = chain();
  const StratumSet top = five.set_of({3, 4});
  for (std::size_t steps = 1; steps <= 6; ++steps) {
    double reached = 0, each = 0;
    each_path(p.matrix(), 0, steps, [&](double probability, const std::vector<std::size_t>& path) {
      bool d = false, e = false;
      for (const std::size_t s : path) {
        d = d || s == 3;
        e = e || s == 4;
      }
      if (d || e) reached += probability;
      each += probability * (static_cast<double>(d) + static_cast<double>(e));
    });
    const Vector passage = first_passage(Kernel(p), five["a"], top, Span(static_cast<std::int64_t>(steps)));
    EXPECT_NEAR(passage.sum(), reached, 1e-12) << steps;
    if (steps > 3) {
      EXPECT_GT(each, reached * 1.1) << steps;
    }
  }
  EXPECT_NEAR(first_passage(Kernel(p), five["a"], top, Span(400)).sum(), 1, 1e-14);
}

TEST(WrongAnswers, SensitivityOfReachingTwoOfFiveStrata) {
  // deeptime pairs indices where the set is as large as what lies between: the derivative by central differences.
  const TransitionMatrix p = chain();
  const StratumSet top = five.set_of({3, 4});
  const Span within(4);
  const Matrix found = reach_sensitivity(Kernel(p), five["a"], top, within).sensitivity;
  for (Eigen::Index i = 0; i < 3; ++i)
    for (Eigen::Index j = 0; j < 5; ++j) {
      constexpr double h = 1e-6;
      const auto eased = [&](double more) {
        Matrix m = p.matrix();
        m.row(i) *= 1 - more / (1 - p.matrix()(i, j));
        m(i, j) = p.matrix()(i, j) + more;
        return first_passage(Kernel(TransitionMatrix(unchecked, five, m)), five["a"], top, within).sum();
      };
      EXPECT_NEAR(found(i, j), (eased(h) - eased(-h)) / (2 * h), 1e-9) << i << j;
    }
}

/// Moves that one person is expected to make, by origin and destination, over some steps; by every path.
void expect_moves(const TransitionMatrix& p, std::size_t steps) {
  Matrix by_path = Matrix::Zero(p.size(), p.size());
  each_path(p.matrix(), 1, steps, [&](double probability, const std::vector<std::size_t>& path) {
    for (std::size_t t = 0; t < steps; ++t)
      by_path(static_cast<Eigen::Index>(path[t]), static_cast<Eigen::Index>(path[t + 1])) += probability;
  });
  const Ladder& l = p.ladder();
  const Course course = project(Kernel(p), Population(Headcount(l).set(l.at(1), Heads(1))),
                                {l.at(1), l.at(l.strata() - 1), Span(static_cast<std::int64_t>(steps))}, {});
  Matrix found = Matrix::Zero(p.size(), p.size());
  for (const Matrix& flow : course.flows) found += flow;
  EXPECT_LT((found - by_path).cwiseAbs().maxCoeff(), 1e-12) << steps;
  EXPECT_NEAR(found.sum(), static_cast<double>(steps), 1e-13) << "one move or stay in each step";
}

TEST(WrongAnswers, ExpectedMovesAreOneAStep) {
  // PyDTMC: totals of 4, 8 and 16 for 3, 4 and 5 steps, from a matrix that was written over while it was read.
  for (std::size_t steps = 1; steps <= 6; ++steps) expect_moves(chain(), steps);
}

TEST(WrongAnswers, ExpectedMovesOfAChainThatTurns) {
  // Complex eigenvalues: PyDTMC's spectral branch is off by 0.20. Most go round from a to b to c to a.
  Matrix p(3, 3);
  p << .1, .8, .1, .1, .1, .8, .8, .1, .1;
  for (std::size_t steps = 1; steps <= 8; ++steps) expect_moves({Ladder::parse("a < b < c"), p}, steps);
}

}  // namespace
}  // namespace wrong_answers_test
