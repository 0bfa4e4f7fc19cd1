// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0

// How often each test rejects a true hypothesis (size) and a false one (power), by replication.
//
// The table of docs/reference/studies/assumptions.txt is printed by
//   test_estimate --gtest_also_run_disabled_tests --gtest_filter='SizeAndPower.DISABLED_Deep'

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <rungs/estimate/homogeneity.hpp>
#include <rungs/estimate/memory.hpp>

#include "simulated.hpp"

namespace assumptions_study_test {
namespace {

using namespace rungs;
using namespace rungs_test;

enum class Kind { size, small, sparse, least, power };

struct Scenario {
  std::string name;
  Kind kind;
  std::size_t draws;  // of the bootstrap; 0: by chi-square only
  std::function<AssumptionTest(Stream&, const AssumptionOptions&)> test;
};

const Rows lumpable{{0.5, 0.2, 0.3}, {0.3, 0.4, 0.3}, {0.15, 0.15, 0.7}};
const Rows not_lumpable{{0.6, 0.2, 0.2}, {0.25, 0.4, 0.35}, {0.15, 0.15, 0.7}};
const Rows two{{0.8, 0.2}, {0.3, 0.7}};
const Rows rare{{0.9, 0.08, 0.02, 0}, {0.05, 0.9, 0.04, 0.01}, {0.01, 0.04, 0.9, 0.05}, {0, 0.02, 0.08, 0.9}};

Matrix matrix(const Rows& rows) {
  Matrix m(static_cast<Eigen::Index>(rows.size()), static_cast<Eigen::Index>(rows.size()));
  for (std::size_t i = 0; i < rows.size(); ++i)
    for (std::size_t j = 0; j < rows.size(); ++j)
      m(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) = rows[i][j];
  return m;
}

AssumptionTest groups(Stream& s, const AssumptionOptions& o, std::size_t people, const Rows& a, const Rows& b) {
  return test_homogeneity_of_groups(
      std::vector<std::pair<std::string, Histories>>{
          {"first", simulated_histories(s, ladder_of(a.size()), people, 5, chain(a))},
          {"second", simulated_histories(s, ladder_of(a.size()), people, 5, chain(b))}},
      o);
}

/// A scenario on histories of some people over some periods by a rule.
template <class Test>
Scenario on(std::string name, Kind kind, std::size_t draws, const Ladder& ladder, std::size_t people,
            std::size_t periods, const Rule& rule, Test test) {
  return {std::move(name), kind, draws, [=](Stream& s, const AssumptionOptions& o) {
            return test(simulated_histories(s, ladder, people, periods, rule), o);
          }};
}

std::vector<Scenario> scenarios() {
  const Ladder l2 = ladder_of(2), l3 = ladder_of(3), l4 = ladder_of(4);
  const auto order = [](const Histories& h, const AssumptionOptions& o) { return test_order(h, o); };
  const auto order0 = [](const Histories& h, const AssumptionOptions& o) { return test_order_zero(h, o); };
  const auto time = [](const Histories& h, const AssumptionOptions& o) { return test_homogeneity_over_time(h, o); };
  const auto duration = [](const Histories& h, const AssumptionOptions& o) {
    return test_duration(h, Span(3), TimeInStratum::from_observed_entry, o).test;
  };
  const auto steps = [](const Histories& h, const AssumptionOptions& o) {
    return test_chapman_kolmogorov(h, Span(3), o).test;
  };
  const auto blocks = [l3](const Histories& h, const AssumptionOptions& o) {
    return test_lumpability(h, {l3.set_of({0, 1})}, o);
  };
  const auto fit = [l3](const Histories& h, const AssumptionOptions& o) {
    return test_fit(h, TransitionMatrix(l3, matrix(three)), o);
  };
  const Rows flat(3, {0.5, 0.3, 0.2});
  return {
      on("order 1 against 2, 2 strata, 300 people x 8", Kind::size, 0, l2, 300, 8, chain(two), order),
      on("order 1 against 2, 3 strata, 600 people x 8", Kind::size, 0, l3, 600, 8, chain(three), order),
      on("order 1 against 2, one-way ladder with an exit, 1500 people x 8", Kind::size, 0, one_way(), 1500, 8,
         chain(upward), order),
      on("order 0 against 1, 3 strata, 400 people x 6", Kind::size, 0, l3, 400, 6, chain(flat), order0),
      on("over time, 2 strata, 300 people x 6", Kind::size, 0, l2, 300, 6, chain(two), time),
      on("over time, 3 strata, 500 people x 5", Kind::size, 0, l3, 500, 5, chain(three), time),
      {"two groups, 3 strata, 300 people x 5 each", Kind::size, 0,
       [](Stream& s, const AssumptionOptions& o) { return groups(s, o, 300, three, three); }},
      on("fit to a given matrix, 3 strata, 300 people x 5", Kind::size, 0, l3, 300, 5, chain(three), fit),
      on("time in the stratum, 3 strata, 500 people x 8", Kind::size, 0, l3, 500, 8, chain(three), duration),
      on("blocks {s0, s1} and s2, 300 people x 5", Kind::size, 0, l3, 300, 5, chain(lumpable), blocks),
      on("moves over 3 steps, 3 strata, 100 people x 6", Kind::size, 199, l3, 100, 6, chain(three), steps),
      on("moves over 3 steps, one-way ladder with an exit, 150 people x 6", Kind::size, 199, one_way(), 150, 6,
         chain(upward), steps),
      on("order 1 against 2, 3 strata, 25 people x 5", Kind::small, 199, l3, 25, 5, chain(three), order),
      on("fit to a given matrix, 3 strata, 10 people x 4", Kind::small, 199, l3, 10, 4, chain(three), fit),
      on("time in the stratum, 3 strata, 40 people x 6", Kind::small, 199, l3, 40, 6, chain(three), duration),
      on("blocks {s0, s1} and s2, 12 people x 4", Kind::small, 199, l3, 12, 4, chain(lumpable), blocks),
      on("order 1 against 2, 4 strata, rare moves, 60 people x 6", Kind::sparse, 199, l4, 60, 6, chain(rare), order),
      on("over time, 4 strata, rare moves, 60 people x 6", Kind::sparse, 199, l4, 60, 6, chain(rare), time),
      {"two groups, 4 strata, rare moves, 25 people x 5 each", Kind::sparse, 199,
       [](Stream& s, const AssumptionOptions& o) { return groups(s, o, 25, rare, rare); }},
      on("order 1 against 2, 4 strata, rare moves, 30 people x 5", Kind::least, 199, l4, 30, 5, chain(rare), order),
      on("over time, 4 strata, rare moves, 30 people x 6", Kind::least, 199, l4, 30, 6, chain(rare), time),
      on("order: a chain of order 2, 150 people x 8", Kind::power, 0, l3, 150, 8, going_back(three, 0.15), order),
      on("over time: another regime from half-way on, 400 people x 7", Kind::power, 0, l3, 400, 7,
         regimes(three, other, 3), time),
      {"groups: two that differ, 200 people x 5 each", Kind::power, 0,
       [](Stream& s, const AssumptionOptions& o) { return groups(s, o, 200, three, other); }},
      on("fit: people who move by another matrix, 100 people x 5", Kind::power, 0, l3, 100, 5, chain(other), fit),
      on("time in the stratum: leaving falls from 0.5 to 0.2, 150 people x 8", Kind::power, 0, l3, 150, 8,
         leaving_by_time(3, {0.5, 0.4, 0.3, 0.2}), duration),
      on("moves over 3 steps: a third never moves, 200 people x 6", Kind::power, 199, l3, 200, 6, with_stayers(three),
         steps),
      on("blocks {s0, s1} and s2 that are not lumpable, 150 people x 5", Kind::power, 0, l3, 150, 5,
         chain(not_lumpable), blocks),
  };
}

/// The share of replications with p at or below 0.05.
struct Rejected {
  double lr = 0, pearson = 0, lr_draws = 0, pearson_draws = 0;
};

Rejected rejected(const Scenario& scenario, std::size_t number, std::size_t replications) {
  Rejected out;
  for (std::size_t r = 0; r < replications; ++r) {
    Stream stream({Seed(1000 + number), r});
    AssumptionOptions options;
    if (scenario.draws > 0) options.bootstrap = NullDraws{scenario.draws, Seed(5000 + 100000 * number + r)};
    const AssumptionTest t = scenario.test(stream, options);
    const double share = 1 / static_cast<double>(replications);
    const auto count = [share](double p) { return p <= 0.05 ? share : 0.0; };
    out.lr += count(t.lr_support.p);
    out.pearson += count(t.pearson_support.p);
    if (t.bootstrap) {
      out.lr_draws += count(t.bootstrap->p_likelihood_ratio);
      out.pearson_draws += count(t.bootstrap->p_pearson);
    }
  }
  return out;
}

const char* heading(Kind kind) {
  switch (kind) {
    case Kind::size:
      return "Size: the hypothesis is true; p is to be 5 % or less in 4 to 6 % of cases";
    case Kind::small:
      return "Size with few people: the same by draws; by chi-square it may be off";
    case Kind::sparse:
      return "Size with few people and rare moves: by draws in 4 to 6 %; by chi-square it is off";
    case Kind::least:
      return "Size with so few people that nobody makes most of the rare moves: by draws in at most 6 %";
    case Kind::power:
      break;
  }
  return "Power: the hypothesis is false; p is to be 5 % or less in at least 80 % of cases";
}

void print_row(const std::string& name, const Rejected& r, bool drawn) {
  std::printf("%-70s %8.2f %8.2f", name.c_str(), 100 * r.lr, 100 * r.pearson);
  if (drawn) std::printf(" %8.2f %8.2f", 100 * r.lr_draws, 100 * r.pearson_draws);
  std::printf("\n");
  std::fflush(stdout);
}

void study(std::size_t replications, bool print) {
  const std::vector<Scenario> all = scenarios();
  // At 4000 replications 1 %; with fewer as far as chance goes one time in 2000. Seeds are fixed.
  const double wide = std::max(0.01, 3.5 * std::sqrt(0.05 * 0.95 / static_cast<double>(replications)));
  for (std::size_t k = 0; k < all.size(); ++k) {
    const Scenario& s = all[k];
    const Rejected r = rejected(s, k, replications);
    SCOPED_TRACE(s.name);
    if (print && (k == 0 || s.kind != all[k - 1].kind))
      std::printf("\n%s\n%-70s %8s %8s %8s %8s\n", heading(s.kind), "rejected, in percent, by", "LR", "X2", "LR draws",
                  "X2 draws");
    if (print) print_row(s.name, r, s.draws > 0);
    for (const double share : {s.draws > 0 ? r.lr_draws : r.lr, s.draws > 0 ? r.pearson_draws : r.pearson}) {
      if (s.kind == Kind::power) {
        EXPECT_GE(share, 0.8);
      } else {
        EXPECT_LE(share, 0.05 + wide);
        if (s.kind != Kind::least) {
          EXPECT_GE(share, 0.05 - wide);
        }
      }
    }
  }
}

TEST(SizeAndPower, SlowShort) { study(300, false); }  // rejects: a test that never rejects (0 %), or always

TEST(SizeAndPower, SlowOfRareMoves) {  // rejects: 2.5 % by the statistics themselves, whose law hangs on the moves seen
  const std::vector<Scenario> all = scenarios();
  const auto k = static_cast<std::size_t>(
      std::find_if(all.begin(), all.end(),
                   [](const Scenario& s) { return s.name == "over time, 4 strata, rare moves, 60 people x 6"; }) -
      all.begin());
  const Rejected r = rejected(all.at(k), k, 2000);
  EXPECT_NEAR(r.lr_draws, 0.05, 0.015);  // 0.01, and as much as chance makes of 2000 one time in three
  EXPECT_NEAR(r.pearson_draws, 0.05, 0.015);
}

TEST(SizeAndPower, DISABLED_Deep) {
  std::printf(
      "How often the tests of the assumptions of a chain reject, in 4000 replications of each case. LR and X2: p by\n"
      "chi-square with the degrees of freedom of the support; draws: p by 199 draws under the hypothesis, compared by\n"
      "that p. People start in all strata in turn; \"x 8\": in 8 periods each.\n");
  study(4000, true);
}

}  // namespace
}  // namespace assumptions_study_test
