// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_DATA_PANEL_HPP
#define RUNGS_DATA_PANEL_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <numeric>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <rungs/core/ladder.hpp>
#include <rungs/core/time.hpp>
#include <rungs/data/weight.hpp>

namespace rungs {

/// Observations as columns, in any order: person, time, stratum, and where there are any, weight and line of the file.
///
/// People are numbered from 0. Either every observation has a weight (a line), or none has.
struct Observations {
  std::vector<std::uint32_t> person{};
  std::vector<std::int32_t> time{};
  std::vector<std::uint16_t> stratum{};
  std::vector<double> weight{};
  std::vector<std::uint32_t> line{};
  bool lines_are_observations = false;  ///< of a file without lines (Stata, SPSS): `line` numbers its observations

  [[nodiscard]] std::size_t size() const noexcept { return person.size(); }
  void add(std::uint32_t who, std::int32_t when, std::size_t where) {
    person.push_back(who);
    time.push_back(when);
    stratum.push_back(static_cast<std::uint16_t>(where));
  }
};

/// On which line of its file each observation stands, where most stand on the line after the one before.
class LineNumbers {
 public:
  void add(std::uint32_t line) {
    if (line != next_) [[unlikely]]
      starts_.push_back({size_, line});
    next_ = line + 1;
    ++size_;
  }
  /// 0 where none was added.
  [[nodiscard]] std::uint32_t operator[](std::size_t k) const noexcept {
    const auto behind = std::upper_bound(starts_.begin(), starts_.end(), k,
                                         [](std::size_t at, const Start& start) { return at < start.begin; });
    return behind == starts_.begin()
               ? 0
               : std::prev(behind)->line + static_cast<std::uint32_t>(k - std::prev(behind)->begin);
  }

 private:
  struct Start {
    std::uint32_t begin, line;
  };
  std::vector<Start> starts_{};
  std::uint32_t size_ = 0, next_ = 0;
};

/// Observations that come in order of person and time, with their lines: people seen at even times, on one line after
/// the other, take the two bytes of each stratum, where Observations take fourteen.
class OrderedObservations {
 public:
  /// One person at `start` and every `step` (0: once), from observation `begin` to the next segment.
  struct Segment {
    std::uint32_t person;
    std::int32_t start, step;
    std::uint32_t begin;
  };

  /// False, and nothing else, for an observation that does not come behind the last: of a person numbered below, or of
  /// the same at no later time.
  [[nodiscard]] bool add(std::uint32_t who, std::int32_t when, std::size_t where, std::uint32_t line) {
    const bool goes_on = !segments_.empty() && who == segments_.back().person && segments_.back().step > 0 &&
                         std::int64_t{when} - last_ == segments_.back().step;
    if (!goes_on && !turn(who, when)) return false;
    last_ = when;
    lines_.add(line);
    stratum_.push_back(static_cast<std::uint16_t>(where));
    return true;
  }
  void reserve(std::size_t observations, std::size_t segments) {
    stratum_.reserve(observations);
    segments_.reserve(segments);
  }
  [[nodiscard]] std::size_t size() const noexcept { return stratum_.size(); }
  [[nodiscard]] std::span<const Segment> segments() const noexcept { return segments_; }
  [[nodiscard]] std::span<const std::uint16_t> strata() const noexcept { return stratum_; }
  /// Where a segment ends among the observations.
  [[nodiscard]] std::uint32_t end(std::size_t segment) const noexcept {
    return segment + 1 < segments_.size() ? segments_[segment + 1].begin : static_cast<std::uint32_t>(size());
  }
  /// When an observation of a segment was made.
  [[nodiscard]] std::int32_t time(std::size_t segment, std::uint32_t k) const noexcept {
    const Segment& of = segments_[segment];
    return static_cast<std::int32_t>(of.start + std::int64_t{k - of.begin} * of.step);
  }
  /// The same as columns.
  [[nodiscard]] Observations columns() const {
    Observations out;
    for (std::size_t s = 0; s < segments_.size(); ++s)
      for (std::uint32_t k = segments_[s].begin; k < end(s); ++k) {
        out.add(segments_[s].person, time(s, k), stratum_[k]);
        out.line.push_back(lines_[k]);
      }
    return out;
  }

 private:
  friend class Panel;
  /// The second observation of a segment, or the first of another; false for what does not come behind.
  bool turn(std::uint32_t who, std::int32_t when) {
    if (!segments_.empty() && who == segments_.back().person) {
      const std::int64_t step = std::int64_t{when} - last_;
      if (step <= 0) return false;
      if (segments_.back().step == 0 && step <= std::numeric_limits<std::int32_t>::max()) {
        segments_.back().step = static_cast<std::int32_t>(step);
        return true;
      }
    } else if (!segments_.empty() && who < segments_.back().person) {
      return false;
    }
    segments_.push_back({who, when, 0, static_cast<std::uint32_t>(size())});
    return true;
  }
  std::vector<Segment> segments_{};
  std::vector<std::uint16_t> stratum_{};
  LineNumbers lines_{};
  std::int32_t last_ = 0;
};

/// Where each observation of a panel stands in the columns it is made of, in the panel's order of person and time;
/// empty when they stand in that order already. For columns that a panel does not keep, such as covariates.
[[nodiscard]] inline std::vector<std::size_t> panel_order(const Observations& rows) {
  const std::size_t n = rows.size();
  const auto before = [&rows](std::size_t a, std::size_t b) {
    return rows.person[a] != rows.person[b] ? rows.person[a] < rows.person[b] : rows.time[a] < rows.time[b];
  };
  bool sorted = true;
  for (std::size_t k = 1; k < n && sorted; ++k) sorted = !before(k, k - 1);
  if (sorted) return {};
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), before);
  return order;
}

/// People observed in periods, in order of person and time, with whatever gaps there are.
///
/// Held as runs: a run is one person observed at evenly spaced times, `stride` apart, without a gap. Two observations
/// of one person at one time are an error, never a choice.
/// Throws InputError [E-DUP-KEY] naming both lines; Refusal [E-LADDER-OTHER] for a stratum number outside the ladder,
/// [E-SHAPE] for columns of different lengths or weights without a kind, [E-SIZE] for more than 4294967295
/// observations; DomainError [E-WEIGHT-RANGE] for a weight that is negative or not finite. Cost: O(n) when the
/// observations come sorted, O(n log n) otherwise; 2 bytes an observation and 16 a run, 4 more an observation with
/// lines, 8 more with weights.
class Panel {
 public:
  /// Observations begin .. end-1 of the columns, at times start, start + stride, ...
  struct Run {
    std::uint32_t person;
    std::int32_t start;
    std::uint32_t begin;
    std::uint32_t end;
  };

  Panel(Ladder ladder, Observations rows, WeightKind weights = WeightKind::none, std::string file = {})
      : ladder_(std::move(ladder)),
        weight_kind_(weights),
        file_(std::move(file)),
        lines_are_observations_(rows.lines_are_observations) {
    const std::size_t n = rows.size();
    const auto fits = [n](std::size_t length) { return length == n || length == 0; };
    if (rows.time.size() != n || rows.stratum.size() != n || !fits(rows.weight.size()) || !fits(rows.line.size()) ||
        (weights == WeightKind::none && !rows.weight.empty()))
      throw Refusal(
          "E-SHAPE",
          "found columns of different lengths, or weights without a kind; expected one entry for each observation");
    check_size(n);
    for (const double w : rows.weight)
      if (!(w >= 0 && w < std::numeric_limits<double>::infinity()))
        throw DomainError("E-WEIGHT-RANGE",
                          "found a weight of " + detail::text(w) + "; expected a finite number, 0 or more", w);
    sort(rows);
    check(rows.stratum);
    for (std::size_t k = 0; k < n; ++k) {
      if (k == 0 || rows.person[k] != rows.person[k - 1]) {
        ++people_;
        continue;
      }
      const std::int64_t step = std::int64_t{rows.time[k]} - rows.time[k - 1];
      if (step == 0) throw duplicate(rows, k);
      if (stride_ == 0 || step < stride_) stride_ = step;
    }
    runs_.reserve(people_);
    for (std::size_t k = 0; k < n; ++k) {
      if (k == 0 || rows.person[k] != rows.person[k - 1] || std::int64_t{rows.time[k]} - rows.time[k - 1] != stride_) {
        if (k > 0) runs_.back().end = static_cast<std::uint32_t>(k);
        runs_.push_back({rows.person[k], rows.time[k], static_cast<std::uint32_t>(k), static_cast<std::uint32_t>(n)});
      }
    }
    stratum_ = std::move(rows.stratum);
    weight_ = std::move(rows.weight);
    line_ = std::move(rows.line);
  }
  /// The same of observations in order, without weights. Cost: O(runs), and a look at every stratum.
  [[nodiscard]] static Panel in_order(Ladder ladder, OrderedObservations rows, std::string file = {},
                                      bool lines_are_observations = false) {
    return {std::move(rows), std::move(ladder), std::move(file), lines_are_observations};
  }

  [[nodiscard]] const Ladder& ladder() const noexcept { return ladder_; }
  [[nodiscard]] std::size_t people() const noexcept { return people_; }
  [[nodiscard]] std::size_t observations() const noexcept { return stratum_.size(); }
  [[nodiscard]] WeightKind weight_kind() const noexcept { return weight_kind_; }
  [[nodiscard]] const std::string& file() const noexcept { return file_; }
  /// The shortest time between two observations of one person, in units of the time column; 0 when nobody has two.
  [[nodiscard]] std::int64_t stride() const noexcept { return stride_; }
  /// The runs, by person and time; runs of one person stand together.
  [[nodiscard]] std::span<const Run> runs() const noexcept { return runs_; }
  /// The strata of all observations, as the runs index them.
  [[nodiscard]] std::span<const std::uint16_t> strata() const noexcept { return stratum_; }
  [[nodiscard]] double weight(std::size_t k) const noexcept { return weight_.empty() ? 1.0 : weight_[k]; }
  [[nodiscard]] bool weighted() const noexcept { return !weight_.empty(); }
  /// The line an observation stands on in its file; 0 when not known.
  [[nodiscard]] std::size_t line(std::size_t k) const noexcept { return line_.empty() ? lines_[k] : line_[k]; }
  /// Whether lines are observations of a file that has no lines (Stata, SPSS).
  [[nodiscard]] bool lines_are_observations() const noexcept { return lines_are_observations_; }
  /// Where an observation stands in its file.
  [[nodiscard]] Location where(std::size_t k) const { return {file_, line(k), 1, lines_are_observations_}; }

 private:
  Panel(OrderedObservations rows, Ladder ladder, std::string file, bool lines_are_observations)
      : ladder_(std::move(ladder)),
        weight_kind_(WeightKind::none),
        file_(std::move(file)),
        lines_are_observations_(lines_are_observations) {
    const std::size_t n = rows.size();
    check_size(n);
    check(rows.stratum_);
    const std::span<const OrderedObservations::Segment> segments = rows.segments();
    const auto last = [&](std::size_t s) { return std::int64_t{rows.time(s, rows.end(s) - 1)}; };
    const auto shorten = [this](std::int64_t step) {
      if (stride_ == 0 || step < stride_) stride_ = step;
    };
    for (std::size_t s = 0; s < segments.size(); ++s) {
      if (s == 0 || segments[s].person != segments[s - 1].person)
        ++people_;
      else
        shorten(segments[s].start - last(s - 1));
      if (segments[s].step > 0) shorten(segments[s].step);
    }
    runs_.reserve(people_);
    for (std::size_t s = 0; s < segments.size(); ++s) {
      const OrderedObservations::Segment& of = segments[s];
      const auto add = [&](std::uint32_t begin, std::uint32_t end, std::int64_t since_last) {
        if (!runs_.empty() && runs_.back().person == of.person && since_last == stride_)
          runs_.back().end = end;
        else
          runs_.push_back({of.person, rows.time(s, begin), begin, end});
      };
      const std::int64_t since = s > 0 ? of.start - last(s - 1) : 0;
      if (of.step == stride_ || of.step == 0) {
        add(of.begin, rows.end(s), since);
        continue;
      }
      for (std::uint32_t k = of.begin; k < rows.end(s); ++k) add(k, k + 1, k == of.begin ? since : of.step);
    }
    stratum_ = std::move(rows.stratum_);
    lines_ = std::move(rows.lines_);
  }
  static void check_size(std::size_t n) {
    if (!(n <= std::numeric_limits<std::uint32_t>::max()))
      throw Refusal("E-SIZE", "found " + std::to_string(n) + " observations; expected at most " +
                                  std::to_string(std::numeric_limits<std::uint32_t>::max()));
  }
  void check(std::span<const std::uint16_t> strata) const {
    for (const std::uint16_t stratum : strata)
      if (!(stratum < ladder_.size()))
        throw Refusal("E-LADDER-OTHER", "found stratum number " + std::to_string(stratum) + "; expected one of " +
                                            detail::listed(ladder_.names()));
  }
  static void sort(Observations& rows) {
    const std::vector<std::size_t> order = panel_order(rows);
    if (order.empty()) return;
    const auto arrange = [&order]<class T>(std::vector<T>& column) {
      if (column.empty()) return;
      std::vector<T> out;
      out.reserve(column.size());
      for (const std::size_t k : order) out.push_back(column[k]);
      column = std::move(out);
    };
    arrange(rows.person);
    arrange(rows.time);
    arrange(rows.stratum);
    arrange(rows.weight);
    arrange(rows.line);
  }
  [[nodiscard]] InputError duplicate(const Observations& rows, std::size_t k) const {
    Diagnostic d{Diagnostic::Severity::error,
                 "E-DUP-KEY",
                 {file_, 0, 0},
                 "found a second record of the same person at time " + std::to_string(rows.time[k]),
                 "expected one",
                 ""};
    if (!rows.line.empty()) {
      const auto [first, second] = std::minmax(rows.line[k - 1], rows.line[k]);
      d.where.line = second;
      d.where.column = 1;
      d.where.is_observation = lines_are_observations_;
      d.hint = "the first stands " + detail::on_line(first, lines_are_observations_);
    }
    return InputError({d});
  }
  Ladder ladder_;
  WeightKind weight_kind_;
  std::string file_;
  bool lines_are_observations_;
  std::size_t people_ = 0;
  std::int64_t stride_ = 0;
  std::vector<Run> runs_{};
  std::vector<std::uint16_t> stratum_{};
  std::vector<double> weight_{};
  std::vector<std::uint32_t> line_{};
  LineNumbers lines_{};  ///< where observations came in order
};

}  // namespace rungs

#endif
