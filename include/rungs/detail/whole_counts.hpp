// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_DETAIL_WHOLE_COUNTS_HPP
#define RUNGS_DETAIL_WHOLE_COUNTS_HPP

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <vector>

#include <rungs/core/estimate.hpp>
#include <rungs/detail/policy_run.hpp>

namespace rungs::detail {

/// What counts in whole people of one policy say: who reaches, and by how much all expected numbers are off.
class WholeCounts {
 public:
  using Of = PolicyRun::Of;

  WholeCounts(const PolicyRun& run, std::size_t worlds, std::size_t each, std::size_t groups)
      : each_(each), more_(run.size()), counted_(1 + groups, std::vector<double>(worlds * each)) {
    for (std::size_t q = 0; q < run.size(); ++q)
      if (!run.values[q].empty() && run.kind(q) != Of::ratio && run.kind(q) != Of::start) more_[q].assign(worlds, 0);
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
  /// How many more than expected were counted, on average in each world; empty for what is not compared.
  [[nodiscard]] const std::vector<double>& more(std::size_t q) const { return more_[q]; }

 private:
  std::size_t each_;
  std::vector<std::vector<double>> more_;     // by quantity, then world
  std::vector<std::vector<double>> counted_;  // of all and of each group, by count
};

/// Averages over the worlds in which about as many people want places: of each draw over the twentieth of them to each
/// side, by the sum of those who want one under all policies that are counted.
///
/// The average is the same for all numbers and policies, so that sums stay sums, and what is the same stays the same.
class AlikeWorlds {
 public:
  /// `wanted` by draw, and at the points last; the first of them are the worlds that were counted.
  AlikeWorlds(const std::vector<double>& wanted, std::size_t worlds) : order_(worlds) {
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    std::stable_sort(order_.begin(), order_.end(), [&](std::size_t a, std::size_t b) { return wanted[a] < wanted[b]; });
    const bool one = !(wanted[order_.front()] < wanted[order_.back()]);
    const std::size_t near = one ? worlds : std::max<std::size_t>(50, worlds / 20);
    for (const double x : wanted) {
      const auto at = static_cast<std::size_t>(
          std::partition_point(order_.begin(), order_.end(), [&](std::size_t w) { return wanted[w] < x; }) -
          order_.begin());
      first_.push_back(at - std::min(at, near));
      last_.push_back(std::min(at + near, worlds));
    }
  }
  /// By draw, and at the points last.
  [[nodiscard]] std::vector<double> average(const std::vector<double>& x) const {
    std::vector<double> sums(order_.size() + 1), out;
    for (std::size_t r = 0; r < order_.size(); ++r) sums[r + 1] = sums[r] + x[order_[r]];
    for (std::size_t d = 0; d < first_.size(); ++d)
      out.push_back((sums[last_[d]] - sums[first_[d]]) / static_cast<double>(last_[d] - first_[d]));
    return out;
  }

 private:
  std::vector<std::size_t> order_{}, first_{}, last_{};
};

}  // namespace rungs::detail

#endif
