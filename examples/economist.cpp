// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0

// An economist: from a published mobility table to answers with their intervals.
#include <cstdio>

#include <rungs/estimate/dirichlet.hpp>
#include <rungs/measure/long_run.hpp>
#include <rungs/measure/reach.hpp>
#include <rungs/measure/summary.hpp>

int main() {
  using namespace rungs;
  //! [data]
  // British fathers and sons (Glass 1954): 3,500 pairs in status order, from the bottom up.
  const Ladder ladder = Ladder::parse("unskilled < skilled < supervisory < managerial < professional");
  const double pairs[5][5] = {{411, 320, 72, 42, 3},
                              {447, 714, 185, 150, 14},
                              {96, 223, 110, 78, 11},
                              {55, 154, 84, 174, 28},
                              {8, 18, 8, 45, 50}};
  Tally tally(ladder, Step{});
  for (std::size_t i = 0; i < 5; ++i)
    for (std::size_t j = 0; j < 5; ++j) tally.add(i, j, pairs[i][j]);
  //! [data]

  //! [answer]
  const Ensemble model = estimate(tally, DirichletRows{.prior = 1});
  const reach_probability reach(ladder["unskilled"], ladder.at_or_above("managerial"), Span(3));
  const DrawOptions draws{.draws = 20000, .seed = Seed(1954)};
  const Estimate share = summarize(model, reach, draws);
  const Estimate people = predict_people(model, reach, Heads(848), draws);
  std::printf("reach managerial or above within 3 generations: %.3f (%.3f to %.3f; parameters vary)\n", share.value,
              share.lower, share.upper);
  std::printf("of 848 sons of unskilled fathers: %.0f (%.0f to %.0f; parameters and individual chance vary)\n",
              people.value, people.lower, people.upper);
  //! [answer]

  //! [long run]
  const TransitionMatrix p = model.point().transition(0);
  const Vector shares = stationary_law(p);
  for (std::size_t i = 0; i < ladder.size(); ++i)
    std::printf("%-13s %.3f in the long run\n", ladder.name(i).c_str(), shares[static_cast<Eigen::Index>(i)]);
  //! [long run]
  return 0;
}
