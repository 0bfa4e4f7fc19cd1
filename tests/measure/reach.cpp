// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/measure/reach.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <type_traits>
#include <vector>

#include <gtest/gtest.h>

#include <rungs/measure/long_run.hpp>
#include <rungs/measure/summary.hpp>

#include "../core/message.hpp"
#include "chains.hpp"

namespace reach_test {
namespace {

using namespace rungs;
using rungs_test::code_of;
using rungs_test::column;
using rungs_test::ladder_of;
using rungs_test::random_rows;

static_assert(Measure<reach_probability> && Measure<standing_probability> && Measure<time_to_reach> &&
              Measure<share_reaching>);
static_assert(std::is_nothrow_move_constructible_v<reach_probability>);

/// Every path of a chain with its probability, told apart by hand.
struct Paths {
  std::vector<double> first, at;  // by time: in the target for the first time; in it
  std::vector<double> years;      // by state, counted at the start of each period and at its end
  std::vector<double> years_end;
};

Paths enumerate(const std::vector<Matrix>& p, std::size_t from, const std::vector<std::size_t>& target,
                std::size_t steps) {
  const auto n = static_cast<std::size_t>(p[0].rows());
  Paths out{std::vector<double>(steps + 1), std::vector<double>(steps + 1), std::vector<double>(n),
            std::vector<double>(n)};
  std::size_t paths = 1;
  for (std::size_t t = 0; t < steps; ++t) paths *= n;
  for (std::size_t code = 0; code < paths; ++code) {
    std::vector<std::size_t> path{from};
    double probability = 1;
    std::size_t rest = code;
    for (std::size_t t = 0; t < steps; ++t) {
      path.push_back(rest % n);
      rest /= n;
      probability *=
          p[p.size() == 1 ? 0 : t](static_cast<Eigen::Index>(path[t]), static_cast<Eigen::Index>(path[t + 1]));
    }
    bool reached = false;
    for (std::size_t t = 0; t <= steps; ++t) {
      const bool in = std::find(target.begin(), target.end(), path[t]) != target.end();
      if (in) out.at[t] += probability;
      if (in && !reached) out.first[t] += probability;
      reached = reached || in;
      if (t < steps) out.years[path[t]] += probability;
      if (t > 0) out.years_end[path[t]] += probability;
    }
  }
  return out;
}

TEST(Reach, IsWhatEveryPathSays) {
  Stream s({Seed(1), 1});
  for (int trial = 0; trial < 60; ++trial) {
    const Eigen::Index exits = trial % 2;
    const Ladder ladder = ladder_of(3 - exits, exits);
    const std::size_t steps = s.below(7);
    std::vector<Matrix> p;
    std::vector<TransitionMatrix> matrices;
    for (std::size_t t = 0; t < std::max<std::size_t>(1, trial % 3 == 0 ? steps : 1); ++t) {
      p.push_back(random_rows(s, 3 - exits, exits, 0.3));
      matrices.emplace_back(ladder, p.back(), Step(2, 0.5));
    }
    const Kernel kernel = trial % 3 == 0 ? Kernel(Period(10), matrices) : Kernel(matrices[0]);
    const std::size_t from = s.below(3);
    std::vector<std::size_t> target{s.below(3)};
    if (trial % 5 == 0) target.push_back(s.below(3));
    const Paths paths = enumerate(p, from, target, steps);
    const Stratum start = ladder.at(from);
    const StratumSet set = ladder.set_of(target);
    const Span within(static_cast<std::int64_t>(steps));
    const Vector passage = first_passage(kernel, start, set, within, Period(10));
    const Matrix where = whereabouts(kernel, start, within, Period(10));
    ASSERT_EQ(passage.size(), static_cast<Eigen::Index>(steps) + 1);
    double reach = 0, time = 0;
    for (std::size_t t = 0; t <= steps; ++t) {
      const auto r = static_cast<Eigen::Index>(t);
      ASSERT_NEAR(passage[r], paths.first[t], 1e-14);
      ASSERT_NEAR(where.row(r).sum(), 1, 1e-14);
      double in = 0;
      for (const std::size_t j : set.indices()) in += where(r, static_cast<Eigen::Index>(j));
      ASSERT_NEAR(in, paths.at[t], 1e-14);
      reach += paths.first[t];
      time += 0.5 * static_cast<double>(t) * paths.first[t];
    }
    ASSERT_NEAR(reach_probability(start, set, within, Period(10))(kernel), reach, 1e-14);
    ASSERT_NEAR(standing_probability(start, set, within, Period(10))(kernel), paths.at[steps], 1e-14);
    const double mean = time_to_reach(start, set, within, Period(10))(kernel);
    if (reach > 0) {
      ASSERT_NEAR(mean, time / reach, 1e-13);
    } else {
      ASSERT_TRUE(std::isnan(mean));
    }
    for (std::size_t j = 0; j < 3; ++j) {
      const auto c = static_cast<Eigen::Index>(j);
      ASSERT_NEAR(expected_years(kernel, start, within, WithinPeriod::start, Period(10))[c], 0.5 * paths.years[j],
                  1e-13);
      ASSERT_NEAR(expected_years(kernel, start, within, WithinPeriod::end, Period(10))[c], 0.5 * paths.years_end[j],
                  1e-13);
      ASSERT_NEAR(expected_years(kernel, start, within, WithinPeriod::trapezoid, Period(10))[c],
                  0.25 * (paths.years[j] + paths.years_end[j]), 1e-13);
    }
  }
}

TEST(Reach, StandingIsThePowerOfTheMatrix) {
  Stream s({Seed(2), 1});
  const Matrix p = random_rows(s, 6, 1, 0.2);
  const Ladder ladder = ladder_of(6, 1);
  const Kernel kernel{TransitionMatrix(ladder, p)};
  Matrix power = Matrix::Identity(7, 7);
  for (std::int64_t t = 0; t <= 30; ++t) {
    for (std::size_t i = 0; i < 7; ++i) {
      const auto r = static_cast<Eigen::Index>(i);
      ASSERT_NEAR(standing_probability(ladder.at(i), ladder.set_of({4, 5}), Span(t))(kernel), power(r, 4) + power(r, 5),
                  1e-14);
    }
    ASSERT_TRUE(n_step(kernel.transition(0), Span(t)).isApprox(power, 1e-14)) << t;
    power = power * p;
  }
  EXPECT_TRUE((n_step(kernel.transition(0), Span(13)) * n_step(kernel.transition(0), Span(29)))
                  .isApprox(n_step(kernel.transition(0), Span(42)), 1e-13));
}

TEST(Reach, IsMonotoneAndCountsTheStart) {
  Stream s({Seed(3), 1});
  const Ladder ladder = ladder_of(4, 1);
  const Kernel kernel{TransitionMatrix(ladder, random_rows(s, 4, 1, 0.2))};
  double before = 0;
  for (std::int64_t t = 0; t < 40; ++t) {
    const double small = reach_probability(ladder.at(0), ladder.at(3), Span(t))(kernel);
    const double large = reach_probability(ladder.at(0), ladder.set_of({2, 3}), Span(t))(kernel);
    EXPECT_GE(small, before);
    EXPECT_GE(large, small);
    EXPECT_GE(small, standing_probability(ladder.at(0), ladder.at(3), Span(t))(kernel));
    before = small;
  }
  EXPECT_EQ(reach_probability(ladder.at(3), ladder.at(3), Span(0))(kernel), 1);
  EXPECT_EQ(time_to_reach(ladder.at(3), ladder.at(3), Span(5))(kernel), 0);
  EXPECT_EQ(reach_probability(ladder.at(0), ladder.at(3), Span(0))(kernel), 0);
  EXPECT_EQ(expected_years(kernel, ladder.at(0), Span(0)).sum(), 0);
  EXPECT_EQ(reach_probability(ladder.at(4), ladder.at(3), Span(50))(kernel), 0);  // exits are final
}

TEST(Reach, KnowsItsOwnStrataAndPeriods) {
  const Ladder ladder = ladder_of(2), other = Ladder::parse("x < y");
  const TransitionMatrix p(ladder, Matrix::Constant(2, 2, 0.5));
  const Kernel kernel(p), two(Period(5), {p, p});
  EXPECT_EQ(code_of([&] { (void)first_passage(kernel, other.at(0), ladder.at(1), Span(1)); }), "E-LADDER-OTHER");
  EXPECT_EQ(code_of([&] { (void)first_passage(kernel, ladder.at(0), other.at(1), Span(1)); }), "E-LADDER-OTHER");
  EXPECT_EQ(code_of([&] { (void)whereabouts(kernel, other.at(0), Span(1)); }), "E-LADDER-OTHER");
  EXPECT_EQ(code_of([&] { (void)reach_sensitivity(kernel, ladder.at(0), other.at(1), Span(1)); }), "E-LADDER-OTHER");
  EXPECT_NO_THROW((void)first_passage(two, ladder.at(0), ladder.at(1), Span(2), Period(5)));
  EXPECT_EQ(code_of([&] { (void)first_passage(two, ladder.at(0), ladder.at(1), Span(3), Period(5)); }), "E-HORIZON");
  EXPECT_EQ(code_of([&] { (void)whereabouts(two, ladder.at(0), Span(2), Period(6)); }), "E-HORIZON");
  EXPECT_EQ(code_of([&] { (void)reach_sensitivity(two, ladder.at(0), ladder.at(1), Span(3), Period(5)); }),
            "E-HORIZON");
}

/// Reach of a row of matrices, written once more and without any check, for differences.
double plain_reach(const std::vector<Matrix>& p, std::size_t from, const StratumSet& target, std::size_t steps) {
  Vector b = Vector::Zero(p[0].rows());
  const auto hold = [&] {
    for (const std::size_t j : target.indices()) b[static_cast<Eigen::Index>(j)] = 1;
  };
  hold();
  for (std::size_t t = steps; t-- > 0;) {
    b = p[p.size() == 1 ? 0 : t] * b;
    hold();
  }
  return b[static_cast<Eigen::Index>(from)];
}

TEST(ReachSensitivity, IsTheDerivativeWithProportionalCompensation) {
  Stream s({Seed(4), 1});
  int compared = 0, zeros = 0;
  for (int trial = 0; trial < 200; ++trial) {
    const Eigen::Index exits = trial % 2, strata = 2 + static_cast<Eigen::Index>(s.below(5)), n = strata + exits;
    const std::size_t steps = 1 + s.below(8);
    // Some moves are impossible, and some possible ones have probability 0.
    Ladder::Builder builder = Ladder::builder();
    for (Eigen::Index k = 0; k < strata; ++k) builder.rung("s" + std::to_string(k));
    if (exits > 0) builder.exit("x");
    std::vector<Matrix> p;
    for (std::size_t t = 0; t < (trial % 4 == 0 ? steps : 1); ++t)
      p.push_back(random_rows(s, strata, exits, t == 0 ? 0.3 : 0.0));
    builder.only_declared_moves();
    const auto name = [&](Eigen::Index k) { return k < strata ? "s" + std::to_string(k) : std::string("x"); };
    for (Eigen::Index i = 0; i < strata; ++i)
      for (Eigen::Index j = 0; j < n; ++j) {
        if (i == j) continue;
        if (p[0](i, j) > 0 || s.uniform() < 0.5) {
          builder.move(name(i), name(j));
        } else {
          for (Matrix& m : p) {
            m(i, i) += m(i, j);
            m(i, j) = 0;
          }
        }
      }
    const Ladder ladder = builder.build();
    std::vector<TransitionMatrix> matrices;
    for (const Matrix& m : p) matrices.emplace_back(ladder, m);
    const Kernel kernel = p.size() > 1 ? Kernel(Period(0), matrices) : Kernel(matrices[0]);
    const std::size_t from = s.below(static_cast<std::uint64_t>(strata));
    std::vector<std::size_t> members{s.below(static_cast<std::uint64_t>(n))};
    if (s.uniform() < 0.5) members.push_back(s.below(static_cast<std::uint64_t>(n)));
    const StratumSet target = ladder.set_of(members);
    const ReachSensitivity found =
        reach_sensitivity(kernel, ladder.at(from), target, Span(static_cast<std::int64_t>(steps)));
    const double reach = plain_reach(p, from, target, steps);
    ASSERT_NEAR(found.reach, reach, 1e-15);
    for (Eigen::Index i = 0; i < n; ++i)
      for (Eigen::Index j = 0; j < n; ++j) {
        if (i >= strata || !ladder.possible(static_cast<std::size_t>(i), static_cast<std::size_t>(j))) {
          ASSERT_TRUE(std::isnan(found.sensitivity(i, j)) && std::isnan(found.elasticity(i, j)));
          continue;
        }
        // Where nobody does anything else there is nothing to compensate with, and the derivative
        // has no meaning.
        if (std::any_of(p.begin(), p.end(), [&](const Matrix& m) { return m(i, j) > 1 - 1e-9; })) continue;
        const auto moved = [&](double h, bool relative) {
          std::vector<Matrix> q = p;
          for (Matrix& m : q) {
            const double old = m(i, j), add = relative ? h * old : h;
            m.row(i) *= 1 - add / (1 - old);
            m(i, j) = old + add;
          }
          return plain_reach(q, from, target, steps);
        };
        const double h = 2e-6, slope = (moved(h, false) - moved(-h, false)) / (2 * h);
        ASSERT_NEAR(found.sensitivity(i, j), slope, 1e-6 * std::abs(slope) + 2e-9) << trial;
        if (reach > 0) {
          const double percent = (moved(h, true) - moved(-h, true)) / (2 * h) / reach;
          ASSERT_NEAR(found.elasticity(i, j), percent, 1e-6 * std::abs(percent) + 2e-9 / reach) << trial;
        }
        compared += slope != 0 ? 1 : 0;
        zeros += p[0](i, j) == 0 ? 1 : 0;
      }
  }
  EXPECT_GT(compared, 1000);
  EXPECT_GT(zeros, 100);
}

TEST(ReachSensitivity, IsNoughtWhereNothingCanChange) {
  const Ladder ladder = ladder_of(3);
  Stream s({Seed(5), 1});
  const Kernel kernel{TransitionMatrix(ladder, random_rows(s, 3, 0, 0))};
  EXPECT_EQ(reach_sensitivity(kernel, ladder.at(2), ladder.at(2), Span(4)).sensitivity, Matrix::Zero(3, 3));
  EXPECT_EQ(reach_sensitivity(kernel, ladder.at(0), ladder.at(2), Span(0)).sensitivity, Matrix::Zero(3, 3));
  EXPECT_TRUE(
      reach_sensitivity(kernel, ladder.at(0), ladder.at(2), Span(0)).elasticity.array().isNaN().all());  // of nothing
  EXPECT_EQ(reach_sensitivity(kernel, ladder.at(0), ladder.at(2), Span(1)).sensitivity.row(1),
            Matrix::Zero(1, 3));  // not there in time
  // One step, by hand: the reach is p, and the rest shrinks with it.
  EXPECT_NEAR(reach_sensitivity(kernel, ladder.at(0), ladder.at(2), Span(1)).sensitivity(0, 2), 1, 1e-15);
  const Matrix& p = kernel.matrix(0);
  EXPECT_NEAR(reach_sensitivity(kernel, ladder.at(0), ladder.at(2), Span(1)).sensitivity(0, 1),
              -p(0, 2) / (1 - p(0, 1)), 1e-15);
}

TEST(Reach, OfPeopleIsThatOfEachTogether) {
  const Ladder l = ladder_of(3);
  Stream s({Seed(5), 0});
  const Kernel k(TransitionMatrix(l, random_rows(s, 3, 0, 0)));
  const Headcount people(l, Eigen::Vector3d(30, 10, 60));
  const StratumSet target = l.at(2);
  const Vector passage = first_passage(k, people, target, Span(4));
  EXPECT_EQ(passage[0], 60);
  for (Eigen::Index t = 1; t <= 4; ++t)
    EXPECT_NEAR(passage[t],
                30 * first_passage(k, l.at(0), target, Span(4))[t] + 10 * first_passage(k, l.at(1), target, Span(4))[t],
                1e-13);
  EXPECT_NEAR(share_reaching(people, target, Span(4))(k), passage.sum() / 100, 1e-15);
  EXPECT_TRUE(std::isnan(share_reaching(Headcount(l), target, Span(4))(k)));
  EXPECT_EQ(code_of([&] { (void)first_passage(k, Headcount(ladder_of(2)), target, Span(4)); }), "E-LADDER-OTHER");
}

}  // namespace
}  // namespace reach_test
