// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_DATA_HISTORIES_HPP
#define RUNGS_DATA_HISTORIES_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <rungs/data/tally.hpp>

namespace rungs {

/// What people did over several steps on end: each history is one person observed one step apart without a gap.
///
/// A person whose record has a gap has several histories. Whoever is last seen in an exit is known to be there until
/// the last period of the data, so that such a history goes on: see `followed()`. With frequency weights a history
/// stands for that many people; sampling and precision weights say nothing of how many people were seen and count as
/// one person each. Histories of different people add up.
class Histories {
 public:
  explicit Histories(Ladder ladder, Step step = Step{}) : ladder_(std::move(ladder)), step_(step) {}

  [[nodiscard]] const Ladder& ladder() const noexcept { return ladder_; }
  [[nodiscard]] Step step() const noexcept { return step_; }
  /// The number of histories.
  [[nodiscard]] std::size_t size() const noexcept { return start_.size(); }
  /// The number of people they are of, each counted once whatever the weight: identities run from 0 to one below.
  [[nodiscard]] std::uint32_t identities() const noexcept { return identities_; }
  [[nodiscard]] std::uint32_t person(std::size_t k) const noexcept { return person_[k]; }
  /// How many people a history stands for.
  [[nodiscard]] double people(std::size_t k) const noexcept { return people_[k]; }
  /// The period of the first observation of a history.
  [[nodiscard]] std::int64_t start(std::size_t k) const noexcept { return start_[k]; }
  /// The strata observed, one step apart.
  [[nodiscard]] std::span<const std::uint16_t> strata(std::size_t k) const noexcept {
    return {strata_.data() + begin_[k], begin_[k + 1] - begin_[k]};
  }
  /// The number of periods, from the first observation on, in which the stratum is known.
  [[nodiscard]] std::size_t followed(std::size_t k) const noexcept {
    const std::span<const std::uint16_t> s = strata(k);
    if (s.empty() || !ladder_.is_exit(s.back())) return s.size();
    return std::max(s.size(), static_cast<std::size_t>((last_ - start_[k]) / step_.units()) + 1);
  }
  /// The stratum `t` steps after the first observation; t below followed(k).
  [[nodiscard]] std::size_t at(std::size_t k, std::size_t t) const noexcept {
    const std::span<const std::uint16_t> s = strata(k);
    return s[std::min(t, s.size() - 1)];
  }
  /// The last period of the data.
  [[nodiscard]] std::int64_t last() const noexcept { return last_; }
  /// What was said of the data when they were read.
  [[nodiscard]] const std::vector<Warning>& warnings() const noexcept { return warnings_; }
  void warn(const std::vector<Warning>& more) { warnings_.insert(warnings_.end(), more.begin(), more.end()); }

  /// Adds one history; `person` tells whose it is.
  ///
  /// Throws Refusal [E-LADDER-OTHER] for a stratum outside the ladder.
  void add(std::uint32_t person, Period start, std::span<const std::uint16_t> strata, double people = 1) {
    for (const std::uint16_t s : strata)
      if (!(s < ladder_.size()))
        throw Refusal("E-LADDER-OTHER", "found stratum number " + std::to_string(s) + "; expected one of " +
                                            detail::listed(ladder_.names()));
    if (strata.empty()) return;
    person_.push_back(person);
    people_.push_back(people);
    start_.push_back(start.label());
    strata_.insert(strata_.end(), strata.begin(), strata.end());
    begin_.push_back(strata_.size());
    identities_ = std::max(identities_, person + 1);
    const std::int64_t end = start.label() + static_cast<std::int64_t>(strata.size() - 1) * step_.units();
    last_ = size() == 1 ? end : std::max(last_, end);
  }
  /// Throws Refusal [E-LADDER-OTHER] when ladders or steps are not the same.
  Histories& operator+=(const Histories& other) {
    if (!(ladder_ == other.ladder_ && step_ == other.step_))
      throw Refusal("E-LADDER-OTHER", "found histories of two ladders or steps; expected the same in both");
    const std::uint32_t before = identities_;
    for (std::size_t k = 0; k < other.size(); ++k)
      add(before + other.person_[k], Period(other.start_[k]), other.strata(k), other.people_[k]);
    warn(other.warnings_);
    return *this;
  }

 private:
  Ladder ladder_;
  Step step_;
  std::vector<std::size_t> begin_{0};
  std::vector<std::uint16_t> strata_{};
  std::vector<std::uint32_t> person_{};
  std::vector<double> people_{};
  std::vector<std::int64_t> start_{};
  std::uint32_t identities_ = 0;
  std::int64_t last_ = 0;
  std::vector<Warning> warnings_{};
};

/// Cuts the records of a panel into histories: whatever of one person lies exactly one step apart.
///
/// Assumes: what tally() assumes, and refuses what it refuses. A history of one observation tells nothing of moves and
/// is kept, since somebody may be followed from there in an exit.
/// Throws as tally(); DomainError [E-WEIGHT-VARIES] for frequency weights that change within a history, of which
/// nobody knows how many people it stands for. Cost: O(observations).
[[nodiscard]] inline Histories histories(const Panel& panel, const TallyOptions& options = {}) {
  TallyOptions plain = options;
  plain.by_period = false;
  Histories out(panel.ladder(), options.step);
  out.warn(tally(panel, plain).warnings());
  const bool frequency = panel.weight_kind() == WeightKind::frequency;
  const std::span<const std::uint16_t> s = panel.strata();
  const std::int64_t unit = options.step.units();
  std::vector<std::uint16_t> path;
  std::int64_t start = 0, previous = 0;
  double weight = 1;
  std::uint32_t person = 0, identity = 0;
  const auto finish = [&] {
    if (!path.empty()) out.add(identity, Period(start), path, frequency ? weight : 1.0);
    path.clear();
  };
  for (const Panel::Run& run : panel.runs())
    for (std::size_t k = run.begin; k < run.end; ++k) {
      const std::int64_t now = run.start + static_cast<std::int64_t>(k - run.begin) * panel.stride();
      const bool other = !path.empty() && run.person != person;
      if (path.empty() || other || now - previous != unit) {
        finish();
        if (other) ++identity;
        start = now;
        weight = panel.weight(k);
      } else if (frequency && panel.weight(k) != weight) {
        throw DomainError(
            "E-WEIGHT-VARIES",
            "found frequency weights of " + detail::text(weight) + " and " + detail::text(panel.weight(k)) +
                " in one history" +
                (panel.line(k) == 0 ? std::string()
                                    : ", " + detail::on_line(panel.line(k), panel.lines_are_observations())) +
                "; expected one number of people for all of it",
            panel.weight(k));
      }
      path.push_back(s[k]);
      person = run.person;
      previous = now;
    }
  finish();
  return out;
}

/// The moves of histories: entry (i, j) is the number of people seen to move from i to j in one step.
[[nodiscard]] inline Counts move_counts(const Histories& h) {
  Counts out(h.ladder().size());
  for (std::size_t k = 0; k < h.size(); ++k) {
    const std::span<const std::uint16_t> s = h.strata(k);
    for (std::size_t t = 0; t + 1 < s.size(); ++t) out.add(s[t], s[t + 1], h.people(k));
  }
  return out;
}

/// The moves of histories by the period they start in.
[[nodiscard]] inline std::map<std::int64_t, Counts> move_counts_by_period(const Histories& h) {
  std::map<std::int64_t, Counts> out;
  for (std::size_t k = 0; k < h.size(); ++k) {
    const std::span<const std::uint16_t> s = h.strata(k);
    for (std::size_t t = 0; t + 1 < s.size(); ++t)
      out.try_emplace(h.start(k) + static_cast<std::int64_t>(t) * h.step().units(), h.ladder().size())
          .first->second.add(s[t], s[t + 1], h.people(k));
  }
  return out;
}

/// Where people are after several steps: entry (i, j) is the number of histories that are in i at a period and in j
/// `steps` later, from every period on.
///
/// One long history counts many times, in windows that overlap: the counts are not independent.
[[nodiscard]] inline Counts move_counts_after(const Histories& h, Span steps) {
  Counts out(h.ladder().size());
  const auto k_steps = static_cast<std::size_t>(steps.steps());
  for (std::size_t k = 0; k < h.size(); ++k) {
    const std::size_t seen = h.strata(k).size(), followed = h.followed(k);
    for (std::size_t t = 0; t < seen && t + k_steps < followed; ++t)
      out.add(h.at(k, t), h.at(k, t + k_steps), h.people(k));
  }
  return out;
}

/// Counts of triples: entry (a, b, c) is the number of people seen in a, one step later in b, and one more later in c.
///
/// Counts of parts of the data add up.
/// Throws DomainError [E-SIZE] for more than 200 strata and exits.
class Triples {
 public:
  explicit Triples(std::size_t size) : size_(size), count_(checked(size)) {}
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] double operator()(std::size_t a, std::size_t b, std::size_t c) const noexcept {
    return count_[(a * size_ + b) * size_ + c];
  }
  void add(std::size_t a, std::size_t b, std::size_t c, double people = 1) noexcept {
    count_[(a * size_ + b) * size_ + c] += people;
  }
  [[nodiscard]] double total() const noexcept {
    double sum = 0;
    for (const double n : count_) sum += n;
    return sum;
  }
  Triples& operator+=(const Triples& other) {
    if (size_ != other.size_)
      throw Refusal("E-LADDER-OTHER", "found triples of two ladders; expected the same in both");
    for (std::size_t k = 0; k < count_.size(); ++k) count_[k] += other.count_[k];
    return *this;
  }
  friend bool operator==(const Triples&, const Triples&) = default;

 private:
  static std::size_t checked(std::size_t n) {
    if (!(n <= 200))
      throw DomainError("E-SIZE",
                        "found " + std::to_string(n) + " strata and exits; expected at most 200 to count triples",
                        static_cast<double>(n));
    return n * n * n;
  }
  std::size_t size_;
  std::vector<double> count_;
};

/// The triples of histories. Cost: O(observations + strata^3).
[[nodiscard]] inline Triples triples(const Histories& h) {
  Triples out(h.ladder().size());
  for (std::size_t k = 0; k < h.size(); ++k) {
    const std::span<const std::uint16_t> s = h.strata(k);
    for (std::size_t t = 0; t + 2 < s.size(); ++t) out.add(s[t], s[t + 1], s[t + 2], h.people(k));
  }
  return out;
}

/// From when time in a stratum counts for people who were in it when they were first seen.
enum class TimeInStratum : std::uint8_t {
  from_observed_entry,     ///< it is not known, and the spell is left out until they are seen to enter a stratum
  from_first_observation,  ///< from when they were first seen, which is too short
};

/// Who stays and who leaves by the time already spent in a stratum, in steps; 0 is the period of entry, and `longest`
/// stands for that time and all above.
///
/// Counts of parts of the data add up.
class Spells {
 public:
  Spells(std::size_t size, std::size_t longest) : size_(size), longest_(longest), count_(size * (longest + 1) * 2) {}
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t longest() const noexcept { return longest_; }
  [[nodiscard]] double stayed(std::size_t stratum, std::size_t time) const noexcept {
    return count_[at(stratum, time)];
  }
  [[nodiscard]] double left(std::size_t stratum, std::size_t time) const noexcept {
    return count_[at(stratum, time) + 1];
  }
  void add(std::size_t stratum, std::size_t time, bool left, double people = 1) noexcept {
    count_[at(stratum, std::min(time, longest_)) + (left ? 1U : 0U)] += people;
  }
  /// The periods in a stratum of which it is not known since when it lasts, and which were left out.
  [[nodiscard]] double unknown() const noexcept { return unknown_; }
  void add_unknown(double people) noexcept { unknown_ += people; }
  Spells& operator+=(const Spells& other) {
    if (size_ != other.size_ || longest_ != other.longest_)
      throw Refusal("E-LADDER-OTHER",
                    "found spells of two ladders or with two longest times; expected the same in both");
    for (std::size_t k = 0; k < count_.size(); ++k) count_[k] += other.count_[k];
    unknown_ += other.unknown_;
    return *this;
  }
  friend bool operator==(const Spells&, const Spells&) = default;

 private:
  [[nodiscard]] std::size_t at(std::size_t stratum, std::size_t time) const noexcept {
    return (stratum * (longest_ + 1) + time) * 2;
  }
  std::size_t size_, longest_;
  std::vector<double> count_;
  double unknown_ = 0;
};

/// The spells of histories by time in the stratum; exits, which nobody leaves, are not counted.
///
/// A spell that is still going on at the end of a history counts as stayed for as long as it was seen.
[[nodiscard]] inline Spells spells(const Histories& h, Span longest,
                                   TimeInStratum rule = TimeInStratum::from_observed_entry) {
  Spells out(h.ladder().size(), static_cast<std::size_t>(longest.steps()));
  for (std::size_t k = 0; k < h.size(); ++k) {
    const std::span<const std::uint16_t> s = h.strata(k);
    bool known = rule == TimeInStratum::from_first_observation;
    std::size_t time = 0;
    for (std::size_t t = 0; t + 1 < s.size() && !h.ladder().is_exit(s[t]); ++t) {
      const bool left = s[t + 1] != s[t];
      if (known)
        out.add(s[t], time, left, h.people(k));
      else
        out.add_unknown(h.people(k));
      known = known || left;
      time = left ? 0 : time + 1;
    }
  }
  return out;
}

}  // namespace rungs

#endif
