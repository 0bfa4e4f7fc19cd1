// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_DETAIL_WHOLE_COUNTS_HPP
#define RUNGS_DETAIL_WHOLE_COUNTS_HPP

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>
#include <vector>

#include <rungs/core/estimate.hpp>
#include <rungs/detail/policy_run.hpp>

namespace rungs::detail {

/// By how much counts in whole people differ, on average, from the expected numbers of one policy.
///
/// Where about as many places are there as are wanted, expected people find min(push, places), and whole people fewer.
/// The difference is averaged over worlds in which about as many want a place, and over the more of them the less there
/// is of it, so that it stands out of the Monte Carlo error (eight times). All numbers of one kind are moved together,
/// so that sums stay sums: who reaches; where people go; who finds a seat; none of a kind of which no number differs by
/// four Monte Carlo errors. A policy is compared with the baseline where that is counted too, by the same chance: where
/// their differences do not differ, neither do the numbers of more people.
class WholeCounts {
 public:
  using Of = PolicyRun::Of;

  WholeCounts(const PolicyRun& run, std::size_t worlds, std::size_t each, std::size_t groups)
      : worlds_(worlds), each_(each), more_(run.size()), counted_(1 + groups, std::vector<double>(worlds * each)) {
    for (std::size_t q = 0; q < run.size(); ++q)
      if (!run.values[q].empty() && run.kind(q) != Of::ratio) more_[q].assign(worlds, 0);
  }
  /// One number of one count in a world.
  void put(const PolicyRun& run, std::size_t world, std::size_t count, std::size_t q, double x) {
    if (!more_[q].empty()) more_[q][world] += (x - run.values[q][world]) / static_cast<double>(each_);
    if (q == PolicyRun::reached) counted_[0][world * each_ + count] = x;
    for (std::size_t g = 0; g + 1 < counted_.size(); ++g)
      if (q == run.group(g, PolicyRun::reached_of)) counted_[1 + g][world * each_ + count] = x;
  }
  /// Who reaches, of all or of one group, in every count.
  [[nodiscard]] const std::vector<double>& counted(std::size_t which) const { return counted_[which]; }
  [[nodiscard]] bool any_moved() const noexcept { return !at_point_.empty(); }
  /// By how much a number was moved in the world of the points.
  [[nodiscard]] double at_point(std::size_t q) const { return at_point_.empty() ? 0.0 : at_point_[q]; }
  /// By how many fewer or more people reach, on average over the draws.
  [[nodiscard]] double reached_by() const { return by_.empty() ? 0.0 : mean(by_[PolicyRun::reached]); }

  /// Moves the expected numbers of a policy; `base` are the counts of the baseline, if there are any.
  void move(PolicyRun& run, const WholeCounts* base, double cohort, bool worlds_differ) {
    // What is gained is moved as what people do and what is paid for it are.
    for (const std::size_t gain : {PolicyRun::gain_of_budget, PolicyRun::gain_of_society})
      for (std::size_t w = 0; w < worlds_; ++w) more_[gain][w] += more_[PolicyRun::cost][w];
    const std::size_t draws = run.values[PolicyRun::reached].size();
    std::vector<double> wanted(draws + 1);  // the last at the point
    for (std::size_t d = 0; d < draws; ++d) wanted[d] = run.wanted([&](std::size_t q) { return run.values[q][d]; });
    wanted[draws] = run.wanted([&](std::size_t q) { return run.point[q]; });
    std::vector<std::size_t> order(worlds_);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return wanted[a] < wanted[b]; });

    std::vector<std::vector<double>> by(run.size());
    bool any = false;
    for (const Of kind : {Of::reach, Of::moves, Of::seats}) {
      double signal = 0;  // in Monte Carlo errors, the largest
      for (std::size_t q = 0; q < run.size(); ++q)
        if (run.kind(q) == kind && !more_[q].empty()) signal = std::max(signal, signal_of(run, q, base));
      const bool own = signal > 4;
      const double part = worlds_differ ? std::max(0.1, 64 / (signal * signal)) : 1;
      const std::size_t near = part >= 1 ? worlds_ : static_cast<std::size_t>(part / 2 * static_cast<double>(worlds_));
      for (std::size_t q = 0; q < run.size(); ++q) {
        const bool follows = run.kind(q) == kind || (kind == Of::moves && run.kind(q) == Of::money) ||
                             (kind == Of::seats && run.kind(q) == Of::costs);
        if (!follows || more_[q].empty()) continue;
        const std::vector<double>* const of_base = moved_of(base, run, q);
        if (!own && of_base == nullptr) continue;
        any = true;
        by[q].assign(draws + 1, 0);
        if (own) smooth(difference(run, q, base), wanted, order, near, by[q]);
        for (std::size_t d = 0; d <= draws && of_base != nullptr; ++d) by[q][d] += (*of_base)[d];
      }
    }
    if (!any) return;
    if (!by[PolicyRun::cost].empty())
      for (const std::size_t gain : {PolicyRun::gain_of_budget, PolicyRun::gain_of_society}) {
        by[gain].resize(draws + 1, 0);
        for (std::size_t d = 0; d <= draws; ++d) by[gain][d] -= by[PolicyRun::cost][d];
      }
    at_point_.assign(run.size(), 0);
    for (std::size_t q = 0; q < run.size(); ++q) {
      if (by[q].empty()) continue;
      std::vector<double>& x = run.values[q];
      const double least = *std::min_element(x.begin(), x.end()) >= 0 ? 0.0 : std::numeric_limits<double>::lowest(),
                   most = run.kind(q) == Of::reach ? cohort : std::numeric_limits<double>::max();
      const auto add = [&](double& number, double& more) {
        const double to = std::clamp(number + more, least, std::max(most, number));
        more = to - number;
        number = to;
      };
      for (std::size_t d = 0; d < draws; ++d) add(x[d], by[q][d]);
      add(run.point[q], by[q][draws]);
      at_point_[q] = by[q][draws];
    }
    by_ = std::move(by);
  }

 private:
  [[nodiscard]] static double mean(const std::vector<double>& by) {
    return by.empty() ? 0.0 : std::accumulate(by.begin(), by.end() - 1, 0.0) / static_cast<double>(by.size() - 1);
  }
  /// The number of a quantity in the baseline, which has no programmes.
  [[nodiscard]] static std::size_t in_baseline(const PolicyRun& run, std::size_t q) {
    return q < PolicyRun::fixed ? q : q - (run.posts(0, 0, PolicyRun::open) - PolicyRun::fixed);
  }
  [[nodiscard]] static const std::vector<double>* moved_of(const WholeCounts* base, const PolicyRun& run,
                                                           std::size_t q) {
    if (base == nullptr || !base->any_moved() || run.kind(q) == Of::seats || run.kind(q) == Of::costs) return nullptr;
    const std::vector<double>& by = base->by_[in_baseline(run, q)];
    return by.empty() ? nullptr : &by;
  }
  [[nodiscard]] std::vector<double> difference(const PolicyRun& run, std::size_t q, const WholeCounts* base) const {
    std::vector<double> out = more_[q];
    if (base == nullptr || run.kind(q) == Of::seats || run.kind(q) == Of::costs) return out;
    const std::vector<double>& other = base->more_[in_baseline(run, q)];
    for (std::size_t w = 0; w < worlds_ && !other.empty(); ++w) out[w] -= other[w];
    return out;
  }
  /// How many Monte Carlo errors it differs by; of what hardly anybody does, chance is seen in what is expected alone.
  [[nodiscard]] double signal_of(const PolicyRun& run, std::size_t q, const WholeCounts* base) const {
    const Moments m = moments(difference(run, q, base));
    const double least = std::abs(moments(run.values[q]).mean) / static_cast<double>(each_),
                 variance = std::max(m.deviation * m.deviation, least) / static_cast<double>(worlds_);
    return variance > 0 ? std::abs(m.mean) / std::sqrt(variance) : 0.0;
  }
  /// Adds, to each draw, the average over the worlds nearest to it by how many want a place, so many to each side.
  void smooth(const std::vector<double>& more, const std::vector<double>& wanted, const std::vector<std::size_t>& order,
              std::size_t near, std::vector<double>& by) const {
    std::vector<double> sums(worlds_ + 1);
    for (std::size_t r = 0; r < worlds_; ++r) sums[r + 1] = sums[r] + more[order[r]];
    for (std::size_t d = 0; d < wanted.size(); ++d) {
      const auto at = static_cast<std::size_t>(
          std::partition_point(order.begin(), order.end(), [&](std::size_t w) { return wanted[w] < wanted[d]; }) -
          order.begin());
      const std::size_t first = at - std::min(at, near), last = std::min(at + near, worlds_);
      by[d] += (sums[last] - sums[first]) / static_cast<double>(last - first);
    }
  }

  std::size_t worlds_, each_;
  std::vector<std::vector<double>> more_;     // than expected, on average in a world: by quantity, then world
  std::vector<std::vector<double>> counted_;  // of all and of each group, by count
  std::vector<std::vector<double>> by_{};     // by how much numbers were moved: by quantity, then draw, and the point
  std::vector<double> at_point_{};
};

}  // namespace rungs::detail

#endif
