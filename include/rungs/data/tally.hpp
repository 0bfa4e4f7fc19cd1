// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_DATA_TALLY_HPP
#define RUNGS_DATA_TALLY_HPP

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <rungs/core/ladder.hpp>
#include <rungs/core/time.hpp>
#include <rungs/data/ledger.hpp>
#include <rungs/data/panel.hpp>
#include <rungs/data/weight.hpp>

namespace rungs {

/// A square of counts: entry (i, j) is the number of moves seen from stratum i to stratum j in one step.
///
/// Three numbers are kept of each move: how many people at one step, how much they weigh, and the sum of their squared
/// weights. Without weights the three are equal. Counts of parts of the data add up.
class Counts {
 public:
  explicit Counts(std::size_t size) : size_(size), people_(size * size), weight_(size * size), square_(size * size) {}
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] double people(std::size_t from, std::size_t to) const noexcept { return people_[from * size_ + to]; }
  [[nodiscard]] double weight(std::size_t from, std::size_t to) const noexcept { return weight_[from * size_ + to]; }
  [[nodiscard]] double weight_squares(std::size_t from, std::size_t to) const noexcept {
    return square_[from * size_ + to];
  }
  void add(std::size_t from, std::size_t to, double people, double weight, double square) noexcept {
    people_[from * size_ + to] += people;
    weight_[from * size_ + to] += weight;
    square_[from * size_ + to] += square;
  }
  void add(std::size_t from, std::size_t to, double people = 1) noexcept { add(from, to, people, people, people); }
  [[nodiscard]] double row_people(std::size_t from) const noexcept { return row(people_, from); }
  [[nodiscard]] double row_weight(std::size_t from) const noexcept { return row(weight_, from); }
  /// How many equally weighted people would tell as much of a row: (sum of weights)^2 / sum of squared weights (Kish
  /// 1965).
  [[nodiscard]] double row_effective_people(std::size_t from) const noexcept {
    const double squares = row(square_, from), sum = row(weight_, from);
    return squares > 0 ? sum * sum / squares : 0.0;
  }
  Counts& operator+=(const Counts& other) {
    for (std::size_t k = 0; k < people_.size(); ++k) {
      people_[k] += other.people_[k];
      weight_[k] += other.weight_[k];
      square_[k] += other.square_[k];
    }
    return *this;
  }
  friend bool operator==(const Counts&, const Counts&) = default;

 private:
  [[nodiscard]] double row(const std::vector<double>& x, std::size_t from) const noexcept {
    double sum = 0;
    for (std::size_t j = 0; j < size_; ++j) sum += x[from * size_ + j];
    return sum;
  }
  std::size_t size_;
  std::vector<double> people_, weight_, square_;
};

/// The moves seen in some data, in all or by the period they start in, with what was read and dropped.
///
/// Mergeable: the tally of the whole is the sum of the tallies of its parts, and does not depend on their order.
class Tally {
 public:
  Tally(Ladder ladder, Step step, WeightKind weights = WeightKind::none)
      : ladder_(std::move(ladder)), step_(step), weights_(weights), pooled_(ladder_.size()) {}

  [[nodiscard]] const Ladder& ladder() const noexcept { return ladder_; }
  [[nodiscard]] Step step() const noexcept { return step_; }
  [[nodiscard]] WeightKind weight_kind() const noexcept { return weights_; }
  /// All periods together.
  [[nodiscard]] const Counts& pooled() const noexcept { return pooled_; }
  /// By the period the moves start in; empty when periods were not told apart.
  [[nodiscard]] const std::map<std::int64_t, Counts>& by_period() const noexcept { return by_period_; }
  [[nodiscard]] std::uint64_t people() const noexcept { return people_; }
  void set_people(std::uint64_t people) noexcept { people_ = people; }
  [[nodiscard]] const Ledger& ledger() const noexcept { return ledger_; }
  [[nodiscard]] Ledger& ledger() noexcept { return ledger_; }
  [[nodiscard]] const std::vector<Warning>& warnings() const noexcept { return warnings_; }
  void warn(std::string code, std::string message) { warnings_.push_back({std::move(code), std::move(message)}); }

  /// Counts people who made one kind of move; with a period, under that period too.
  void add(std::size_t from, std::size_t to, double people = 1, std::optional<Period> period = {}) {
    add(from, to, people, people, people, period);
  }
  /// Counts people with their weight and squared weight.
  void add(std::size_t from, std::size_t to, double people, double weight, double square,
           std::optional<Period> period) {
    pooled_.add(from, to, people, weight, square);
    if (period)
      by_period_.try_emplace(period->label(), ladder_.size()).first->second.add(from, to, people, weight, square);
  }

  /// Throws Refusal [E-LADDER-OTHER] when the ladders, steps or weights are not the same; [E-PERIOD-MISSING] when only
  /// one of two tallies with moves tells periods apart.
  Tally& operator+=(const Tally& other) {
    if (!(ladder_ == other.ladder_ && step_ == other.step_ && weights_ == other.weights_))
      throw Refusal("E-LADDER-OTHER",
                    "found tallies of two ladders, steps or kinds of weight; expected the same in both");
    if (by_period_.empty() != other.by_period_.empty() && !(pooled_ == Counts(ladder_.size())) &&
        !(other.pooled_ == Counts(ladder_.size())))
      throw Refusal("E-PERIOD-MISSING",
                    "found a tally by period and one of all periods together; expected the same in both");
    pooled_ += other.pooled_;
    for (const auto& [period, counts] : other.by_period_)
      by_period_.try_emplace(period, ladder_.size()).first->second += counts;
    people_ += other.people_;
    ledger_ += other.ledger_;
    warnings_.insert(warnings_.end(), other.warnings_.begin(), other.warnings_.end());
    return *this;
  }

 private:
  Ladder ladder_;
  Step step_;
  WeightKind weights_;
  Counts pooled_;
  std::map<std::int64_t, Counts> by_period_{};
  std::uint64_t people_ = 0;
  Ledger ledger_{};
  std::vector<Warning> warnings_{};
};

/// What becomes of two observations of one person that are not one step apart.
enum class Gap : std::uint8_t {
  drop,    ///< the pair is not counted, and the ledger says how many were not
  refuse,  ///< an error
};

namespace detail {

/// Counts the moves inside runs of a ladder of at most 8 states: four strata at a time index one histogram cell, which
/// is unfolded into pairs at the end. Method: two-step histogram; 3 moves cost one increment.
template <std::size_t Bits>
void count_runs(const Panel& panel, std::vector<std::uint64_t>& pairs, std::size_t n) {
  std::vector<std::uint32_t> quads(std::size_t{1} << (4 * Bits));
  std::vector<std::uint32_t> quads2(std::size_t{1} << (4 * Bits));
  const std::uint16_t* s = panel.strata().data();
  std::uint64_t since_flush = 0;
  const auto flush = [&] {
    constexpr std::size_t mask = (std::size_t{1} << Bits) - 1;
    for (std::size_t q = 0; q < quads.size(); ++q) {
      const std::uint64_t c = std::uint64_t{quads[q]} + quads2[q];
      if (c == 0) continue;
      const std::size_t a = q & mask, b = (q >> Bits) & mask, d = (q >> (2 * Bits)) & mask, e = q >> (3 * Bits);
      pairs[a * n + b] += c;
      pairs[b * n + d] += c;
      pairs[d * n + e] += c;
    }
    std::fill(quads.begin(), quads.end(), 0U);
    std::fill(quads2.begin(), quads2.end(), 0U);
    since_flush = 0;
  };
  for (const Panel::Run& run : panel.runs()) {
    std::size_t k = run.begin;
    const std::size_t last = run.end - 1;
    const auto quad = [&](std::size_t at) {
      return s[at] | (std::size_t{s[at + 1]} << Bits) | (std::size_t{s[at + 2]} << (2 * Bits)) |
             (std::size_t{s[at + 3]} << (3 * Bits));
    };
    for (; k + 6 <= last; k += 6) {
      ++quads[quad(k)];
      ++quads2[quad(k + 3)];
    }
    if (k + 3 <= last) {
      ++quads[quad(k)];
      k += 3;
    }
    for (; k < last; ++k) ++pairs[std::size_t{s[k]} * n + s[k + 1]];
    since_flush += run.end - run.begin;
    if (since_flush > 0xF0000000ULL) flush();
  }
  flush();
}

}  // namespace detail

/// How to count the moves of a panel.
struct TallyOptions {
  Step step{};  ///< one step of the model, in units of the time column and in years
  Gap gap = Gap::drop;
  bool by_period = false;  ///< a matrix for each period that moves start in
};

namespace detail {

/// Counts the move from observation k to the next, with its weight and period.
inline void count_one(Tally& out, const Panel& panel, const TallyOptions& options, std::size_t k, std::int64_t time) {
  const bool frequency = panel.weight_kind() == WeightKind::frequency;
  const double w = panel.weight(k);
  out.add(panel.strata()[k], panel.strata()[k + 1], frequency ? w : 1.0, w, frequency ? w : w * w,
          options.by_period ? std::optional(Period(time)) : std::nullopt);
}

/// The first moves of one step (up to 20) that the ladder declares impossible, and moves out of an exit after any time,
/// with their lines.
inline std::vector<Diagnostic> impossible_moves(const Panel& panel, std::int64_t unit) {
  const Ladder& ladder = panel.ladder();
  const std::span<const std::uint16_t> s = panel.strata();
  std::vector<Diagnostic> problems;
  for (std::size_t r = 0; r < panel.runs().size(); ++r) {
    const Panel::Run& run = panel.runs()[r];
    const bool last = r + 1 == panel.runs().size() || panel.runs()[r + 1].person != run.person;
    for (std::size_t k = run.begin; k + 1 < run.end + (last ? 0U : 1U) && problems.size() < 20; ++k) {
      const std::int64_t length =
          k + 1 < run.end ? panel.stride()
                          : panel.runs()[r + 1].start -
                                (run.start + static_cast<std::int64_t>(run.end - 1 - run.begin) * panel.stride());
      if (!ladder.possible(s[k], s[k + 1]) && (length == unit || ladder.is_exit(s[k])))
        problems.push_back(
            {Diagnostic::Severity::error,
             "E-STRUCT-ZERO",
             {panel.file(), panel.line(k + 1), 1},
             "found a move from " + detail::quoted(ladder.name(s[k])) + " to " + detail::quoted(ladder.name(s[k + 1])),
             ladder.is_exit(s[k]) ? "expected no move out of an exit"
                                  : "expected only moves that the ladder declares possible",
             panel.line(k) == 0 ? "" : "the person's record before stands on line " + std::to_string(panel.line(k))});
    }
  }
  return problems;
}

}  // namespace detail

/// Counts the moves of a panel: for each person, each pair of observations exactly one step apart.
///
/// Assumes: nothing on what happened between observations; longer gaps are dropped or refused, never counted as a step.
/// Effect on intervals: moves of one person are counted as if they were of several; bootstrap by person does not assume
/// so. Throws InputError [E-STRUCT-ZERO] for a move that the ladder declares impossible and for a move out of an exit
/// (after a gap too), with the lines (up to 20); Refusal [E-GAP] under Gap::refuse; Refusal [E-STEP-MIXED] when fewer
/// than 90 % of the pairs are one step apart. Cost: O(observations), about 0.3 ns a move without weights and periods on
/// a ladder of at most 8 states.
[[nodiscard]] inline Tally tally(const Panel& panel, const TallyOptions& options = {}) {
  const Ladder& ladder = panel.ladder();
  const std::size_t n = ladder.size();
  Tally out(ladder, options.step, panel.weight_kind());
  out.set_people(panel.people());
  const std::span<const std::uint16_t> s = panel.strata();
  const std::span<const Panel::Run> runs = panel.runs();
  const std::int64_t unit = options.step.units(), stride = panel.stride();
  Ledger& ledger = out.ledger();
  ledger.records_read = panel.observations();

  // Inside runs every pair is `stride` apart: unweighted and pooled they are counted fast, else one by one.
  const bool inside = stride == unit;
  if (inside && !panel.weighted() && !options.by_period) {
    std::vector<std::uint64_t> pairs(n * n);
    if (n <= 8) {
      detail::count_runs<3>(panel, pairs, n);
    } else {
      for (const Panel::Run& run : runs)
        for (std::size_t k = run.begin; k + 1 < run.end; ++k) ++pairs[s[k] * n + s[k + 1]];
    }
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < n; ++j)
        if (pairs[i * n + j] != 0) out.add(i, j, static_cast<double>(pairs[i * n + j]));
  } else if (inside) {
    for (const Panel::Run& run : runs)
      for (std::size_t k = run.begin; k + 1 < run.end; ++k)
        detail::count_one(out, panel, options, k, run.start + static_cast<std::int64_t>(k - run.begin) * stride);
  }
  // Between runs of one person there is a gap, of one step only where the data are denser than the model.
  std::map<std::int64_t, std::uint64_t> other_steps;
  std::uint64_t singletons = 0, alone = 0;
  bool impossible = false;
  const auto out_of_exit = [&](std::size_t k) { return ladder.is_exit(s[k]) && s[k + 1] != s[k]; };
  bool joined = false;  // whether the last record of the run before took part in a pair with the first of this one
  for (std::size_t r = 0; r < runs.size(); ++r) {
    const Panel::Run& run = runs[r];
    const std::size_t length = run.end - run.begin;
    const bool first = r == 0 || runs[r - 1].person != run.person;
    const bool last = r + 1 == runs.size() || runs[r + 1].person != run.person;
    if (inside) ledger.pairs_used += length - 1;
    if (!inside && length > 1) other_steps[stride] += length - 1;
    for (std::size_t k = run.begin; !inside && k + 1 < run.end; ++k) impossible = impossible || out_of_exit(k);
    bool joins = false;
    if (!last) {
      const std::int64_t end = run.start + static_cast<std::int64_t>(length - 1) * stride;
      const std::int64_t gap = runs[r + 1].start - end;
      joins = gap == unit;
      impossible = impossible || out_of_exit(run.end - 1);
      if (joins) {
        detail::count_one(out, panel, options, run.end - 1, end);
        ++ledger.pairs_used;
      } else {
        ++other_steps[gap];
      }
    }
    if (length == 1 && first && last)
      ++singletons;
    else if (inside && length == 1 && !joins && !joined)
      ++alone;
    else if (!inside)
      alone +=
          length - std::min<std::size_t>(length, (joins ? 1U : 0U) + (joined && !(joins && length == 1) ? 1U : 0U));
    joined = joins;
  }
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j)
      impossible = impossible || (out.pooled().people(i, j) > 0 && !ladder.possible(i, j));
  if (impossible) throw InputError(detail::impossible_moves(panel, unit));
  if (!other_steps.empty()) {
    std::uint64_t gaps = 0;
    std::string steps;
    for (const auto& [length, count] : other_steps) {
      gaps += count;
      if (steps.size() < 200)
        steps += (steps.empty() ? "" : ", ") + std::to_string(count) + (count == 1 ? " is " : " are ") +
                 std::to_string(length) + " apart";
    }
    if (options.gap == Gap::refuse)
      throw Refusal("E-GAP", "found pairs of observations that are not one step of " + std::to_string(unit) +
                                 " apart (" + steps + "); expected none");
    if (static_cast<double>(ledger.pairs_used) < 0.9 * static_cast<double>(ledger.pairs_used + gaps))
      throw Refusal("E-STEP-MIXED",
                    "found pairs of observations at several steps: " + std::to_string(ledger.pairs_used) + " are " +
                        std::to_string(unit) + " apart, " + steps + "; expected at least 90 % of them one step apart");
    ledger.pairs_dropped["gap"] = gaps;
    out.warn("W-GAP", std::to_string(gaps) + " pairs of observations are not one step apart (" + steps +
                          ") and were not counted");
  }
  if (singletons > 0) {
    ledger.dropped["one observation"] = singletons;
    out.warn("W-SINGLETON", std::to_string(singletons) + " people have one observation and tell nothing of moves");
  }
  if (alone > 0) ledger.dropped["no neighbour one step away"] = alone;
  ledger.records_used = ledger.records_read - singletons - alone;
  ledger.check();
  return out;
}

}  // namespace rungs

#endif
