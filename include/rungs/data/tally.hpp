// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_DATA_TALLY_HPP
#define RUNGS_DATA_TALLY_HPP

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <numeric>
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

/// How far apart people were seen over a gap: from which period (0 where periods are not told apart), and how many
/// steps.
struct Bridge {
  std::int64_t period = 0;
  std::int64_t steps = 2;
  friend auto operator<=>(const Bridge&, const Bridge&) = default;
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
  /// People seen again only after several steps, with nothing known in between.
  [[nodiscard]] const std::map<Bridge, Counts>& across_gaps() const noexcept { return across_gaps_; }
  /// Of a panel with frequency weights the people that ids stand for, not the ids.
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

  /// Counts people seen again only after `steps` steps (2 or more), in all or by the period they were last seen in.
  void add_across(std::size_t from, std::size_t to, std::int64_t steps, double people, double weight, double square,
                  std::optional<Period> period) {
    across_gaps_.try_emplace({period.value_or(Period()).label(), steps}, ladder_.size())
        .first->second.add(from, to, people, weight, square);
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
    for (const auto& [bridge, counts] : other.across_gaps_)
      across_gaps_.try_emplace(bridge, ladder_.size()).first->second += counts;
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
  std::map<Bridge, Counts> across_gaps_{};
  std::uint64_t people_ = 0;
  Ledger ledger_{};
  std::vector<Warning> warnings_{};
};

/// What becomes of two observations of one person that are not one step apart.
///
/// What is missing in between is taken as missing at random: whether somebody was not seen does not depend on where
/// they then were, given where they were seen. Estimators that can do so use such a pair through its own probability,
/// that of getting from one stratum to the other in so many steps by any way.
enum class Gap : std::uint8_t {
  drop,    ///< the pair is not counted, and the ledger says how many were not
  skip,    ///< a pair two steps apart is used as two steps (likelihood P squared), wider ones are not counted
  em,      ///< a pair any whole number of steps apart is used as so many steps
  refuse,  ///< an error
};

namespace detail {

/// Counts the moves inside runs of a ladder of at most 8 states: four strata at a time are one number, whose digits
/// they are, and a histogram of these numbers is unfolded into pairs at the end. Returns how many runs are of one
/// observation. Method: 3 moves cost one increment; neighbours go to histograms of their own, since where people stay
/// one increment would wait for the one before. A panel has too few observations for a count of 32 bits to overflow.
inline std::uint64_t count_runs(const Panel& panel, std::vector<std::uint64_t>& pairs) {
  const std::size_t n = panel.ladder().size(), numbers = n * n * n * n;
  std::vector<std::uint32_t> histograms(4 * numbers);
  std::uint32_t *const first = histograms.data(), *const second = first + numbers, *const third = second + numbers,
                       *const rest = third + numbers;
  const std::uint16_t* const s = panel.strata().data();
  const std::uint64_t places = (n * n * n << 48U) | (n * n << 32U) | (n << 16U) | 1U;
  const auto four = [=](std::size_t at) -> std::size_t {
    if constexpr (std::endian::native == std::endian::little) {
      std::uint64_t word = 0;  // of 16 bits each: a product adds them up, each in its place, in the highest 16
      std::memcpy(&word, s + at, sizeof word);
      return static_cast<std::size_t>(word * places >> 48U);
    } else {
      return ((s[at] * n + s[at + 1]) * n + s[at + 2]) * n + s[at + 3];
    }
  };
  std::uint64_t single = 0;
  for (const Panel::Run& run : panel.runs()) {
    std::size_t k = run.begin;
    const std::size_t last = run.end - 1;
    if (k == last) ++single;
    for (; k + 9 <= last; k += 9) {
      ++first[four(k)];
      ++second[four(k + 3)];
      ++third[four(k + 6)];
    }
    for (; k + 3 <= last; k += 3) ++rest[four(k)];
    for (; k < last; ++k) ++pairs[s[k] * n + s[k + 1]];
  }
  std::size_t q = 0;
  for (std::size_t a = 0; a < n; ++a)
    for (std::size_t b = 0; b < n; ++b)
      for (std::size_t c = 0; c < n; ++c)
        for (std::size_t d = 0; d < n; ++d, ++q) {
          const std::uint64_t people = std::uint64_t{first[q]} + second[q] + third[q] + rest[q];
          pairs[a * n + b] += people;
          pairs[b * n + c] += people;
          pairs[c * n + d] += people;
        }
  return single;
}

}  // namespace detail

/// How to count the moves of a panel.
struct TallyOptions {
  Step step{};  ///< one step of the model, in units of the time column and in years
  Gap gap = Gap::drop;
  bool by_period = false;  ///< a matrix for each period that moves start in
  /// Whether the step was said and not taken for granted: then half of the pairs are enough.
  bool step_stated = false;
};

namespace detail {

/// How many steps apart two observations are that are used; 0 for a pair that is not.
inline std::int64_t steps_used(const TallyOptions& options, std::int64_t apart) {
  const std::int64_t unit = options.step.units();
  const std::int64_t most = options.gap == Gap::em ? 1000 : options.gap == Gap::skip ? 2 : 1;
  return apart > 0 && apart % unit == 0 && apart / unit <= most ? apart / unit : 0;
}

/// Does something with every pair of neighbouring observations of one person that is used: which person (counted from 0
/// in the panel's order), where the first observation stands in the columns (the second stands next), at which time it
/// was, and how many steps they are apart.
template <class F>
void for_each_pair(const Panel& panel, const TallyOptions& options, const F& f) {
  const std::span<const Panel::Run> runs = panel.runs();
  const std::int64_t within = steps_used(options, panel.stride());
  std::size_t who = 0;
  for (std::size_t r = 0; r < runs.size(); ++r) {
    const Panel::Run& run = runs[r];
    const auto time = [&](std::size_t k) {
      return run.start + static_cast<std::int64_t>(k - run.begin) * panel.stride();
    };
    const bool goes_on = r + 1 < runs.size() && runs[r + 1].person == run.person;
    const std::int64_t across = goes_on ? steps_used(options, runs[r + 1].start - time(run.end - 1)) : 0;
    for (std::size_t k = run.begin; k < run.end; ++k)
      if (const std::int64_t steps = k + 1 < run.end ? within : across; steps > 0) f(who, k, time(k), steps);
    who += goes_on ? 0 : 1;
  }
}

/// A pair of observations with its weight: the move from observation k to the next.
struct Seen {
  std::size_t from, to;
  double people, weight, square;
  Seen(const Panel& panel, std::size_t k)
      : from(panel.strata()[k]),
        to(panel.strata()[k + 1]),
        people(1),
        weight(panel.weight(k)),
        square(weight * weight) {
    if (panel.weight_kind() == WeightKind::frequency) people = square = weight;
  }
};

inline void count(Tally& out, const Seen& seen, std::int64_t steps, std::optional<Period> period, double times = 1) {
  if (steps == 1)
    out.add(seen.from, seen.to, times * seen.people, times * seen.weight, times * seen.square, period);
  else
    out.add_across(seen.from, seen.to, steps, times * seen.people, times * seen.weight, times * seen.square, period);
}

/// The people of a panel: those that its ids stand for, under frequency weights those of their first records.
inline std::uint64_t people_behind(const Panel& panel) {
  if (panel.weight_kind() != WeightKind::frequency) return panel.people();
  double people = 0;
  for (std::size_t r = 0; r < panel.runs().size(); ++r)
    if (r == 0 || panel.runs()[r].person != panel.runs()[r - 1].person) people += panel.weight(panel.runs()[r].begin);
  return static_cast<std::uint64_t>(std::llround(people));
}

/// Which strata can be reached from which in some number of moves that the ladder declares possible.
inline std::vector<char> reachable(const Ladder& ladder, std::int64_t steps) {
  const std::size_t n = ladder.size();
  std::vector<char> out(n * n);
  for (std::size_t i = 0; i < n; ++i) out[i * n + i] = 1;
  for (std::int64_t k = 0; k < std::min(steps, static_cast<std::int64_t>(n)); ++k) {  // a stay is always possible
    const std::vector<char> before = out;
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t via = 0; via < n; ++via)
        for (std::size_t j = 0; before[i * n + via] != 0 && j < n; ++j)
          if (ladder.possible(via, j)) out[i * n + j] = 1;
  }
  return out;
}

/// "7.5 %".
inline std::string share_in_words(std::uint64_t part, std::uint64_t all) {
  return text(std::round(1000 * static_cast<double>(part) / static_cast<double>(all)) / 10) + " %";
}

/// How many pairs of neighbouring observations of one person begin in each stratum, by how far they are apart in units
/// of the time column. Pairs that begin in an exit are left out: they tell nothing, however often an exit is recorded.
inline std::map<std::int64_t, std::vector<std::uint64_t>> pairs_apart_by_stratum(const Panel& panel) {
  std::map<std::int64_t, std::vector<std::uint64_t>> out;
  const auto count = [&](std::size_t k, std::int64_t apart) {
    const std::size_t from = panel.strata()[k];
    if (panel.ladder().is_exit(from)) return;
    std::vector<std::uint64_t>& pairs = out[apart];
    pairs.resize(panel.ladder().strata());
    ++pairs[from];
  };
  for (std::size_t r = 0; r < panel.runs().size(); ++r) {
    const Panel::Run& run = panel.runs()[r];
    for (std::size_t k = run.begin; k + 1 < run.end; ++k) count(k, panel.stride());
    if (r + 1 < panel.runs().size() && panel.runs()[r + 1].person == run.person)
      count(run.end - 1, panel.runs()[r + 1].start - run.start -
                             static_cast<std::int64_t>(run.end - 1 - run.begin) * panel.stride());
  }
  return out;
}

/// What is counted where pairs that begin in an exit are not.
inline std::string pairs_in_words(const Ladder& ladder) {
  return ladder.size() > ladder.strata() ? "pairs of observations that begin in a stratum" : "pairs of observations";
}

/// How many pairs of observations are used across a gap, or not used, by the stratum they begin in: "'a' 3 of 40
/// (7.5 %), 'b' 1 of 90 (1.1 %)".
inline std::string gaps_by_stratum(const std::map<std::int64_t, std::vector<std::uint64_t>>& pairs,
                                   const Ladder& ladder, const TallyOptions& options, bool used) {
  std::string out;
  for (std::size_t i = 0; i < ladder.strata(); ++i) {
    std::uint64_t all = 0, apart = 0;
    for (const auto& [length, from] : pairs) {
      const std::int64_t steps = steps_used(options, length);
      all += from[i];
      apart += (used ? steps > 1 : steps == 0) ? from[i] : 0;
    }
    if (apart > 0)
      out += (out.empty() ? "" : ", ") + detail::quoted(ladder.name(i)) + " " + std::to_string(apart) + " of " +
             std::to_string(all) + " (" + share_in_words(apart, all) + ")";
  }
  return out;
}

/// The first pairs (up to 20) that the ladder declares impossible, and moves out of an exit after any time, with their
/// lines.
inline std::vector<Diagnostic> impossible_moves(const Panel& panel, const TallyOptions& options) {
  const Ladder& ladder = panel.ladder();
  const std::span<const std::uint16_t> s = panel.strata();
  std::vector<Diagnostic> problems;
  std::map<std::int64_t, std::vector<char>> reach;
  for (std::size_t r = 0; r < panel.runs().size(); ++r) {
    const Panel::Run& run = panel.runs()[r];
    const bool last = r + 1 == panel.runs().size() || panel.runs()[r + 1].person != run.person;
    for (std::size_t k = run.begin; k + 1 < run.end + (last ? 0U : 1U) && problems.size() < 20; ++k) {
      const std::int64_t time = run.start + static_cast<std::int64_t>(k - run.begin) * panel.stride();
      const std::int64_t length = k + 1 < run.end ? panel.stride() : panel.runs()[r + 1].start - time;
      const std::int64_t steps = steps_used(options, length);
      const bool left_an_exit = ladder.is_exit(s[k]) && s[k + 1] != s[k];
      if (steps > 0 && !reach.contains(steps)) reach[steps] = reachable(ladder, steps);
      if (!left_an_exit && (steps == 0 || reach[steps][s[k] * ladder.size() + s[k + 1]] != 0)) continue;
      std::string within = steps > 1 && !left_an_exit ? " in " + std::to_string(steps) + " steps" : "";
      problems.push_back(
          {Diagnostic::Severity::error, "E-STRUCT-ZERO", panel.where(k + 1),
           "found a move from " + detail::quoted(ladder.name(s[k])) + " to " + detail::quoted(ladder.name(s[k + 1])) +
               within,
           left_an_exit ? "expected no move out of an exit" : "expected only moves that the ladder declares possible",
           panel.line(k) == 0 ? ""
           : panel.line(k) == panel.line(k + 1)
               ? "from time " + std::to_string(time) + " to " + std::to_string(time + length)
               : "the person's record before stands " +
                     detail::on_line(panel.line(k), panel.lines_are_observations())});
    }
  }
  return problems;
}

}  // namespace detail

/// Counts the moves of a panel: for each person, each pair of observations exactly one step apart, and under Gap::skip
/// and Gap::em the pairs further apart for themselves (Tally::across_gaps).
///
/// Assumes: nothing on what happened between observations; a longer gap is never counted as one step.
/// Effect on intervals: moves of one person are counted as if they were of several; bootstrap by person does not assume
/// so. Throws InputError [E-STRUCT-ZERO] for a move that the ladder declares impossible and for a move out of an exit
/// (after a gap too), with the lines (up to 20); Refusal [E-GAP] under Gap::refuse; Refusal [E-STEP-MIXED] when fewer
/// than 90 % of the pairs are used, or fewer than half are one step apart; E-GAP, E-STEP-MIXED and W-GAP are of pairs
/// that begin in a stratum, the ledger of all. Cost: O(observations), about 0.15 ns a move without weights and periods
/// on a ladder of at most 8 states.
[[nodiscard]] inline Tally tally(const Panel& panel, const TallyOptions& options = {}) {
  const Ladder& ladder = panel.ladder();
  const std::size_t n = ladder.size();
  Tally out(ladder, options.step, panel.weight_kind());
  out.set_people(detail::people_behind(panel));
  const std::span<const std::uint16_t> s = panel.strata();
  const std::span<const Panel::Run> runs = panel.runs();
  const std::int64_t unit = options.step.units(), stride = panel.stride();
  Ledger& ledger = out.ledger();
  ledger.records_read = panel.observations();

  // Inside runs every pair is `stride` apart: of one step, unweighted and pooled they are counted fast, else one by
  // one.
  const bool fast = stride == unit && !panel.weighted() && !options.by_period;
  std::uint64_t single = 0;  // runs of one observation
  if (fast) {
    std::vector<std::uint64_t> pairs(n * n);
    if (n <= 8) {
      single = detail::count_runs(panel, pairs);
    } else {
      for (const Panel::Run& run : runs) {
        single += run.end - run.begin == 1 ? 1U : 0U;
        for (std::size_t k = run.begin; k + 1 < run.end; ++k) ++pairs[s[k] * n + s[k + 1]];
      }
    }
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < n; ++j)
        if (pairs[i * n + j] != 0) out.add(i, j, static_cast<double>(pairs[i * n + j]));
  }
  const auto count = [&](std::size_t k, std::int64_t time, std::int64_t steps) {
    detail::count(out, detail::Seen(panel, k), steps, options.by_period ? std::optional(Period(time)) : std::nullopt);
  };
  std::map<std::int64_t, std::uint64_t> pairs_apart;  // pairs by how far they are apart, in units of the time column
  std::uint64_t singletons = 0, alone = 0, inside_runs = 0;
  bool impossible = false;
  const std::int64_t within = detail::steps_used(options, stride);
  bool joined = false;  // whether the last record of the run before took part in a pair with the first of this one
  const bool counted = fast && runs.size() == panel.people();  // one run each: nothing is left between runs
  if (counted) {
    singletons = single;
    inside_runs = panel.observations() - runs.size();
  }
  for (std::size_t r = 0; !counted && r < runs.size(); ++r) {
    const Panel::Run& run = runs[r];
    const std::size_t length = run.end - run.begin;
    const bool first = r == 0 || runs[r - 1].person != run.person;
    const bool last = r + 1 == runs.size() || runs[r + 1].person != run.person;
    const auto time = [&](std::size_t k) { return run.start + static_cast<std::int64_t>(k - run.begin) * stride; };
    inside_runs += length - 1;
    for (std::size_t k = run.begin; !fast && k + 1 < run.end; ++k) {
      impossible = impossible || (ladder.is_exit(s[k]) && s[k + 1] != s[k]);
      if (within > 0) count(k, time(k), within);
    }
    bool joins = false;
    if (!last) {
      const std::int64_t gap = runs[r + 1].start - time(run.end - 1), steps = detail::steps_used(options, gap);
      ++pairs_apart[gap];
      joins = steps > 0;
      impossible = impossible || (ladder.is_exit(s[run.end - 1]) && s[run.end] != s[run.end - 1]);
      if (joins) count(run.end - 1, time(run.end - 1), steps);
    }
    if (length == 1 && first && last)
      ++singletons;
    else if (within > 0 && length == 1 && !joins && !joined)
      ++alone;
    else if (within == 0)
      alone +=
          length - std::min<std::size_t>(length, (joins ? 1U : 0U) + (joined && !(joins && length == 1) ? 1U : 0U));
    joined = joins;
  }
  if (inside_runs > 0) pairs_apart[stride] += inside_runs;
  const auto check = [&](const Counts& counts, std::int64_t steps) {
    const std::vector<char> reach = detail::reachable(ladder, steps);
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < n; ++j) impossible = impossible || (counts.people(i, j) > 0 && reach[i * n + j] == 0);
  };
  check(out.pooled(), 1);
  for (const auto& [bridge, counts] : out.across_gaps()) check(counts, bridge.steps);
  if (impossible) throw InputError(detail::impossible_moves(panel, options));

  for (const auto& [apart, pairs] : pairs_apart)
    (detail::steps_used(options, apart) > 0 ? ledger.pairs_used : ledger.pairs_dropped["gap"]) += pairs;

  // Of those that begin in a stratum: pairs that are not one step apart, used across their gap or left out.
  std::map<std::int64_t, std::vector<std::uint64_t>> from_strata;
  if (pairs_apart.size() > pairs_apart.count(unit)) from_strata = detail::pairs_apart_by_stratum(panel);
  std::uint64_t one_step = 0, across = 0, left_out = 0;
  std::string steps, used, unused;
  for (const auto& [apart, from] : from_strata) {
    const std::uint64_t pairs = std::accumulate(from.begin(), from.end(), std::uint64_t{0});
    const std::int64_t k = detail::steps_used(options, apart);
    (k == 1 ? one_step : k > 1 ? across : left_out) += pairs;
    if (k == 1) continue;
    const std::string words =
        std::to_string(pairs) + (pairs == 1 ? " is " : " are ") + std::to_string(apart) + " apart";
    for (std::string* list : {&steps, k > 1 ? &used : &unused})
      if (list->size() < 200) *list += (list->empty() ? "" : ", ") + words;
  }
  if (options.gap == Gap::refuse && left_out > 0)
    throw Refusal("E-GAP", "found pairs of observations that are not one step of " + std::to_string(unit) + " apart (" +
                               steps + "); expected none");
  const auto all = static_cast<double>(one_step + across + left_out);
  const bool few_used = static_cast<double>(one_step + across) < (options.step_stated ? 0.5 : 0.9) * all;
  if (few_used || static_cast<double>(one_step) < 0.5 * all)
    throw Refusal("E-STEP-MIXED",
                  "found " + detail::pairs_in_words(ladder) + " at several steps: " + std::to_string(one_step) +
                      " are " + std::to_string(unit) + " apart, " + steps + "; expected at least " +
                      (few_used && !options.step_stated
                           ? std::string("90 % of them ") +
                                 (across == 0 ? "one step apart" : "a number of steps apart that is used") +
                                 ", or half where the step is stated"
                           : "half of them one step apart"));
  const auto pairs_apart_in_words = [&](std::uint64_t pairs, const char* what, const std::string& list, const char* end,
                                        bool across_gaps) {
    return std::to_string(pairs) + " of " + std::to_string(one_step + across + left_out) + " " +
           detail::pairs_in_words(ladder) + " (" + detail::share_in_words(pairs, one_step + across + left_out) +
           ") are " + what + " (" + list + ") and " + end +
           "; by the stratum they begin in: " + detail::gaps_by_stratum(from_strata, ladder, options, across_gaps);
  };
  const auto many = [&all](std::uint64_t pairs) { return static_cast<double>(pairs) > 0.05 * all; };
  if (across > 0)
    out.warn("W-GAP",
             pairs_apart_in_words(across, "more than one step apart", used, "are used as so many steps", true) +
                 "; whether somebody was not seen is taken not to depend on where they were" +
                 (many(across) ? ", and more than one pair in twenty rests on that" : ""));
  if (left_out > 0)
    out.warn("W-GAP",
             pairs_apart_in_words(left_out, "not one step apart", unused, "were not counted", false) +
                 (many(left_out) ? "; that is more than one in twenty, for whom those that were counted may not stand"
                                 : ""));
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
