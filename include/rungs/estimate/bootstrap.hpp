// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_ESTIMATE_BOOTSTRAP_HPP
#define RUNGS_ESTIMATE_BOOTSTRAP_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <rungs/core/random.hpp>
#include <rungs/estimate/estimator.hpp>

namespace rungs {

/// Draws by resampling whole people with replacement, and estimating again from each sample.
///
/// Assumes: people are drawn independently; nothing on the dependence of one person's moves.
/// Effect on intervals: they hold when moves of one person are alike (movers and stayers), where rows taken as
/// independent give too narrow ones. Throws what the estimator throws (a rare stratum may be missing from a sample:
/// state Unleft); Refusal [E-DRAW] for 0 draws. Cost: draws x moves observed. Method: Efron and Tibshirani (1993),
/// section 8; resampling of people, not of transitions.
template <Estimator E>
[[nodiscard]] Ensemble bootstrap_by_person(const Panel& panel, const E& estimator, const TallyOptions& options,
                                           std::size_t draws, Seed seed) {
  if (draws == 0) throw Refusal("E-DRAW", "found 0 bootstrap draws; expected at least 1");
  const Tally observed = tally(panel, options);
  struct Move {
    detail::Seen seen;
    std::int64_t time, steps;
  };
  const std::size_t people = panel.people();
  std::vector<Move> moves;
  std::vector<std::size_t> end(people);  // where the moves of each person end
  detail::for_each_pair(panel, options, [&](std::size_t who, std::size_t k, std::int64_t time, std::int64_t steps) {
    moves.push_back({detail::Seen(panel, k), time, steps});
    end[who] = moves.size();
  });
  for (std::size_t who = 1; who < people; ++who) end[who] = std::max(end[who], end[who - 1]);
  std::vector<Kernel> kernels;
  kernels.reserve(draws);
  std::vector<std::uint32_t> times(people);
  for (std::size_t b = 0; b < draws; ++b) {
    std::fill(times.begin(), times.end(), 0U);
    Stream stream({seed, b, 0, Purpose::resample});
    for (std::size_t k = 0; k < people; ++k) ++times[stream.below(people)];
    Tally sample(panel.ladder(), options.step, panel.weight_kind());
    for (std::size_t person = 0; person < people; ++person) {
      if (times[person] == 0) continue;
      for (std::size_t m = person == 0 ? 0 : end[person - 1]; m < end[person]; ++m)
        detail::count(sample, moves[m].seen, moves[m].steps,
                      options.by_period ? std::optional(Period(moves[m].time)) : std::nullopt, times[person]);
    }
    kernels.push_back(estimator.fit(sample).point());
  }
  return {estimator.fit(observed).point(), Replicates{std::move(kernels)}, estimator.name() + ", bootstrap by person"};
}

}  // namespace rungs

#endif
