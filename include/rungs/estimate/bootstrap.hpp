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
    std::uint16_t from, to;
    std::int64_t period;
    double people, weight, square;
  };
  std::vector<Move> moves;
  std::vector<std::size_t> begin;
  const auto s = panel.strata();
  const auto runs = panel.runs();
  const bool frequency = panel.weight_kind() == WeightKind::frequency;
  const std::int64_t unit = options.step.units();
  for (std::size_t r = 0; r < runs.size(); ++r) {
    if (r == 0 || runs[r].person != runs[r - 1].person) begin.push_back(moves.size());
    const bool last = r + 1 == runs.size() || runs[r + 1].person != runs[r].person;
    for (std::size_t k = runs[r].begin; k + 1 < runs[r].end + (last ? 0U : 1U); ++k) {
      const std::int64_t now = runs[r].start + static_cast<std::int64_t>(k - runs[r].begin) * panel.stride();
      const std::int64_t next = k + 1 < runs[r].end ? now + panel.stride() : runs[r + 1].start;
      const double w = panel.weight(k);
      if (next - now == unit) moves.push_back({s[k], s[k + 1], now, frequency ? w : 1.0, w, frequency ? w : w * w});
    }
  }
  begin.push_back(moves.size());
  const std::size_t people = panel.people();
  std::vector<Kernel> kernels;
  kernels.reserve(draws);
  std::vector<std::uint32_t> times(people);
  for (std::size_t b = 0; b < draws; ++b) {
    std::fill(times.begin(), times.end(), 0U);
    Stream stream({seed, b, 0, Purpose::resample});
    for (std::size_t k = 0; k < people; ++k) ++times[stream.below(people)];
    Tally sample(panel.ladder(), options.step, panel.weight_kind());
    for (std::size_t person = 0; person < people; ++person) {
      const double t = times[person];
      if (times[person] == 0) continue;
      for (std::size_t m = begin[person]; m < begin[person + 1]; ++m)
        sample.add(moves[m].from, moves[m].to, t * moves[m].people, t * moves[m].weight, t * moves[m].square,
                   options.by_period ? std::optional(Period(moves[m].period)) : std::nullopt);
    }
    kernels.push_back(estimator.fit(sample).point());
  }
  return {estimator.fit(observed).point(), Replicates{std::move(kernels)}, estimator.name() + ", bootstrap by person"};
}

}  // namespace rungs

#endif
