// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_ESTIMATE_TWO_SAMPLES_HPP
#define RUNGS_ESTIMATE_TWO_SAMPLES_HPP

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <boost/math/distributions/students_t.hpp>

#include <rungs/core/error.hpp>
#include <rungs/core/quantity.hpp>
#include <rungs/estimate/interval.hpp>
#include <rungs/estimate/significance.hpp>

namespace rungs {

/// Whether one group tends to have higher values than another: Wilcoxon's rank sum.
///
/// `w` is the number of pairs, one of each group, in which the first is higher, ties counting half (Mann and Whitney's
/// U, W of wilcox.test in R); `share` is w over all pairs: the probability that one of the first group is higher than
/// one of the second, 0.5 without a difference. `equal` is the normal test of equal distributions, with the variance
/// that ties leave and a continuity correction of a half.
struct RankSum {
  double w = 0;
  double share = 0;
  Significance equal{};
};

/// The difference of two means without assuming equal variances: Welch's t.
struct MeanDifference {
  double first_mean = 0, second_mean = 0;
  double difference = 0, standard_error = 0;
  Interval interval{};
  double level = 0.95;
  Significance equal{};
};

namespace detail {

inline void require_samples(std::span<const double> first, std::span<const double> second, std::size_t least) {
  if (first.size() < least || second.size() < least)
    throw Refusal("E-OBSERVATIONS", "found groups of " + std::to_string(first.size()) + " and " +
                                        std::to_string(second.size()) + "; expected at least " + std::to_string(least) +
                                        " in each");
  for (const auto& sample : {first, second})
    for (std::size_t i = 0; i < sample.size(); ++i)
      if (!std::isfinite(sample[i]))
        throw DomainError("E-NUMBER",
                          "found " + text(sample[i]) + " as value " + std::to_string(i + 1) +
                              " of a group; expected a "
                              "finite number",
                          sample[i]);
}

}  // namespace detail

/// Wilcoxon's rank sum of two groups of numbers; only their order counts.
///
/// Assumes: values drawn independently. The p-value is an approximation that needs about 10 in each group.
/// Throws Refusal [E-OBSERVATIONS] for an empty group, [E-CONSTANT] when all values are the same; DomainError
/// [E-NUMBER]. Cost: O(n log n). Method: Wilcoxon (1945), Mann and Whitney (1947); ties as Lehmann (1975).
[[nodiscard]] inline RankSum rank_sum(std::span<const double> first, std::span<const double> second) {
  detail::require_samples(first, second, 1);
  std::vector<std::pair<double, bool>> all;
  for (const double x : first) all.emplace_back(x, true);
  for (const double x : second) all.emplace_back(x, false);
  std::sort(all.begin(), all.end());
  const auto a = static_cast<double>(first.size()), b = static_cast<double>(second.size()), n = a + b;
  RankSum out;
  double below = 0, ties = 0;  // of the second group
  for (std::size_t begin = 0, end = 0; begin < all.size(); begin = end) {
    double of_first = 0, of_second = 0;
    for (; end < all.size() && !(all[begin].first < all[end].first); ++end) ++(all[end].second ? of_first : of_second);
    out.w += of_first * (below + of_second / 2);
    below += of_second;
    const double t = of_first + of_second;
    ties += t * (t - 1) * (t + 1);
  }
  out.share = out.w / (a * b);
  const double variance = a * b / 12 * (n + 1 - ties / (n * (n - 1)));
  if (!(variance > 1e-12 * a * b))
    throw Refusal("E-CONSTANT", "found the same value for all " + std::to_string(all.size()) +
                                    "; expected values that differ, or there is nothing to compare");
  const double off = out.w - a * b / 2, corrected = off > 0 ? off - 0.5 : off < 0 ? off + 0.5 : 0.0;
  out.equal = normal_significance(corrected / std::sqrt(variance));
  return out;
}

/// The difference of the means of two groups, the first less the second, with Welch's interval and test.
///
/// Assumes: values drawn independently, means about normal. Effect on intervals: they hold for unequal variances.
/// Throws Refusal [E-OBSERVATIONS] for a group of fewer than 2, [E-CONSTANT] when neither group varies; DomainError
/// [E-NUMBER]. Method: Welch (1947), doi 10.1093/biomet/34.1-2.28; degrees of freedom by Satterthwaite (1946).
[[nodiscard]] inline MeanDifference mean_difference(std::span<const double> first, std::span<const double> second,
                                                    Level level = Level()) {
  detail::require_samples(first, second, 2);
  double mean[2] = {0, 0}, part[2] = {0, 0}, rest[2] = {0, 0};
  for (const std::size_t g : {std::size_t{0}, std::size_t{1}}) {
    const std::span<const double> sample = g == 0 ? first : second;
    const auto n = static_cast<double>(sample.size());
    double off = 0, squares = 0;
    for (const double x : sample) off += x - sample[0];
    mean[g] = sample[0] + off / n;
    for (const double x : sample) squares += (x - mean[g]) * (x - mean[g]);
    part[g] = squares / (n - 1) / n;
    rest[g] = n - 1;
  }
  const double variance = part[0] + part[1];
  if (!(variance > 0))
    throw Refusal("E-CONSTANT", "found no variation within either group; expected values that differ");
  MeanDifference out;
  out.first_mean = mean[0];
  out.second_mean = mean[1];
  out.difference = mean[0] - mean[1];
  out.standard_error = std::sqrt(variance);
  out.level = level.value();
  const double df = 1 / (std::pow(part[0] / variance, 2) / rest[0] + std::pow(part[1] / variance, 2) / rest[1]);
  const double t = boost::math::quantile(boost::math::students_t_distribution<>(df), 1 - level.lower_tail());
  out.interval = {out.difference - t * out.standard_error, out.difference + t * out.standard_error};
  out.equal = student_significance(out.difference / out.standard_error, df);
  return out;
}

}  // namespace rungs

#endif
