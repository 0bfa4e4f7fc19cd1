// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_ESTIMATE_BOOTSTRAP_HPP
#define RUNGS_ESTIMATE_BOOTSTRAP_HPP

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <rungs/core/random.hpp>
#include <rungs/estimate/estimator.hpp>

namespace rungs {

namespace detail {

/// How often each person of a panel made each kind of move; kinds differ by strata, steps, weight, and by period where
/// they are counted so.
class MovesByPerson {
 public:
  MovesByPerson(const Panel& panel, const TallyOptions& options) : panel_(panel), options_(options) {
    const std::size_t people = panel.people();
    ends_.resize(people);
    std::map<std::tuple<std::size_t, std::size_t, std::int64_t, std::int64_t, double>, std::uint32_t> found;
    const std::span<const std::uint16_t> strata = panel.strata();
    const std::size_t n = panel.ladder().size();
    std::vector<std::uint32_t> plain(n * n, none);  // of one step: no search
    const bool all_plain = panel.weight_kind() == WeightKind::none && !options.by_period;
    moves_.reserve(strata.size());
    for_each_pair(panel, options, [&](std::size_t who, std::size_t k, std::int64_t time, std::int64_t steps) {
      std::uint32_t* kind = &plain[strata[k] * n + strata[k + 1]];
      if (!all_plain || steps != 1)
        kind =
            &found.try_emplace({strata[k], strata[k + 1], steps, options.by_period ? time : 0, panel.weight(k)}, none)
                 .first->second;
      if (*kind == none) {
        *kind = static_cast<std::uint32_t>(kinds_.size());
        kinds_.push_back({Seen(panel, k), steps, options.by_period ? std::optional(Period(time)) : std::nullopt});
      }
      moves_.push_back(*kind);
      ends_[who] = moves_.size();
    });
    for (std::size_t who = 1; who < people; ++who) ends_[who] = std::max(ends_[who], ends_[who - 1]);
    if (kinds_.size() <= 32) count_by_kind();
  }

  /// The moves of as many people, drawn with replacement.
  [[nodiscard]] Tally sample(Stream stream) const {
    std::vector<std::uint64_t> made(kinds_.size());
    if (rows_.empty())
      add_moves(stream, made);
    else
      add_rows(stream, made);
    Tally out(panel_.ladder(), options_.step, panel_.weight_kind());
    for (std::size_t k = 0; k < kinds_.size(); ++k)
      if (made[k] > 0) count(out, kinds_[k].seen, kinds_[k].steps, kinds_[k].period, static_cast<double>(made[k]));
    return out;
  }

 private:
  static constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();
  /// How often each of 32 kinds, a byte each, to be added eight at once; never across two lines of the cache.
  struct alignas(32) Row : std::array<std::uint64_t, 4> {};

  struct Kind {
    Seen seen;
    std::int64_t steps;
    std::optional<Period> period;
  };

  void add_moves(Stream& stream, std::vector<std::uint64_t>& made) const {
    const std::size_t people = ends_.size();
    std::vector<std::uint64_t> times(people + 1);  // the last: nobody
    stream.each_below(static_cast<std::uint32_t>(people), people, [&](auto drawn) {
      for (const std::size_t who : drawn) ++times[who];
    });
    for (std::size_t who = 0, m = 0; who < people; ++who)
      for (; m < ends_[who]; ++m) made[moves_[m]] += times[who];
  }

  /// Adds the rows of people drawn to the numbers of their kinds: in bytes, then in pairs of bytes, for as long as none
  /// can run over.
  void add_rows(Stream& stream, std::vector<std::uint64_t>& made) const {
    constexpr std::uint64_t low = 0x00FF00FF00FF00FF;
    const std::size_t most = std::max<std::size_t>(most_, 1), people = ends_.size();
    const std::size_t room = 255 / most, full = 0xFFFF / most - 256;  // of pairs, before 256 rows more
    Row even{}, odd{};  // kinds 0, 2, 4, ... and 1, 3, 5, ..., four in each number
    std::size_t added = 0;
    const auto take = [&] {
      for (std::size_t k = 0; k < made.size(); ++k)
        made[k] += ((k % 2 == 0 ? even : odd)[k / 8] >> (k % 8 / 2 * 16)) & 0xFFFFU;
      even = odd = {};
      added = 0;
    };
    stream.each_below(static_cast<std::uint32_t>(people), people, [&](auto drawn) {
      if (added > full) take();
      added += drawn.size();
      while (!drawn.empty()) {
        const auto some = drawn.first(std::min(room, drawn.size()));
        drawn = drawn.subspan(some.size());
        Row sum{};
#pragma GCC unroll 2
        for (const std::size_t who : some)
          for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += rows_[who][i];
        for (std::size_t i = 0; i < sum.size(); ++i) {
          even[i] += sum[i] & low;
          odd[i] += (sum[i] >> 8U) & low;
        }
      }
    });
    take();
  }

  void count_by_kind() {
    std::vector<Row> rows(ends_.size() + 1);
    for (std::size_t who = 0, m = 0; who < ends_.size(); ++who) {
      if (ends_[who] - m > 127) return;  // a byte would hold one row only
      for (; m < ends_[who]; ++m) rows[who][moves_[m] / 8] += std::uint64_t{1} << (moves_[m] % 8 * 8);
    }
    std::array<unsigned char, sizeof(Row)> most{};
    for (const Row& row : rows) {
      const auto made = std::bit_cast<std::array<unsigned char, sizeof(Row)>>(row);
      for (std::size_t k = 0; k < made.size(); ++k) most[k] = std::max(most[k], made[k]);
    }
    most_ = *std::max_element(most.begin(), most.end());
    rows_ = std::move(rows);
  }

  const Panel& panel_;
  TallyOptions options_;
  std::vector<Kind> kinds_{};
  std::vector<std::uint32_t> moves_{};  // their kinds, person by person
  std::vector<std::size_t> ends_{};     // where the moves of each person end
  std::vector<Row> rows_{};             // of each person, and of nobody; empty: too many kinds, or too many moves
  std::size_t most_ = 0;                // of one kind by one person
};

}  // namespace detail

/// Draws by resampling whole people with replacement, and estimating again from each sample.
///
/// Assumes: people are drawn independently; nothing on the dependence of one person's moves.
/// Effect on intervals: they hold when moves of one person are alike (movers and stayers), where rows taken as
/// independent give too narrow ones. Throws what the estimator throws (a rare stratum may be missing from a sample:
/// state Unleft); Refusal [E-DRAW] for 0 draws, [E-OBSERVATIONS] for one person. Cost: draws x people, some 2 ns each,
/// where there are at most 32 kinds of moves and no weights; else draws x moves observed. Method: Efron and Tibshirani
/// (1993), section 8; resampling of people, not of transitions.
template <Estimator E>
[[nodiscard]] Ensemble bootstrap_by_person(const Panel& panel, const E& estimator, const TallyOptions& options,
                                           std::size_t draws, Seed seed) {
  if (draws == 0) throw Refusal("E-DRAW", "found 0 bootstrap draws; expected at least 1");
  if (panel.people() == 1)
    throw Refusal("E-OBSERVATIONS",
                  "found one person; expected at least two people to draw from, since all samples of one are alike");
  const Tally observed = tally(panel, options);
  const detail::MovesByPerson moves(panel, options);
  std::vector<Kernel> kernels;
  kernels.reserve(draws);
  for (std::size_t b = 0; b < draws; ++b)
    kernels.push_back(estimator.fit(moves.sample(Stream({seed, b, 0, Purpose::resample}))).point());
  return {estimator.fit(observed).point(), Replicates{std::move(kernels)}, estimator.name() + ", bootstrap by person"};
}

}  // namespace rungs

#endif
