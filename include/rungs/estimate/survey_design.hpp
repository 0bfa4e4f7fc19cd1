// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_ESTIMATE_SURVEY_DESIGN_HPP
#define RUNGS_ESTIMATE_SURVEY_DESIGN_HPP

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <Eigen/Core>

#include <rungs/core/error.hpp>
#include <rungs/core/random.hpp>
#include <rungs/detail/symmetric_factor.hpp>
#include <rungs/model/transition_matrix.hpp>

namespace rungs {

/// How the people of a survey were drawn: in which part of the sampling frame, and together with whom.
///
/// One entry for each person of the panel, in its order. Parts (the strata of the sampling frame, not of the ladder)
/// and clusters are numbers of any kind that only tell people apart; a cluster is within one part.
struct SurveyDesign {
  std::vector<std::uint32_t> part{};     ///< empty: all from one part
  std::vector<std::uint32_t> cluster{};  ///< empty: each person was drawn alone
  /// What a part with a single cluster adds to the variance, which it cannot show by itself.
  enum class Lonely : std::uint8_t {
    refuse,   ///< an error
    centre,   ///< its distance from the mean of all parts: errs on the side of wide intervals
    certain,  ///< nothing: it was sure to be in the sample
  } lonely = Lonely::refuse;
};

namespace detail {

/// Where somebody was drawn.
struct Drawn {
  std::uint32_t part, cluster;
  std::size_t who;
};

/// Everybody by part of the frame and cluster, in the order of people within.
///
/// Throws Refusal [E-SHAPE] when the design does not have one entry for each person, or a cluster in two parts.
inline std::vector<Drawn> people_by_cluster(const SurveyDesign& design, std::size_t people) {
  for (const std::vector<std::uint32_t>* of : {&design.part, &design.cluster})
    if (!of->empty() && of->size() != people)
      throw Refusal("E-SHAPE", "found a design of " + std::to_string(of->size()) +
                                   " people; expected one entry for each of the " + std::to_string(people) +
                                   " people of the panel");
  std::vector<Drawn> out(people);
  std::map<std::uint32_t, std::uint32_t> part_of;
  for (std::size_t who = 0; who < people; ++who) {
    out[who] = {design.part.empty() ? 0 : design.part[who],
                design.cluster.empty() ? static_cast<std::uint32_t>(who) : design.cluster[who], who};
    if (design.part.empty() || design.cluster.empty()) continue;  // nobody is in two
    const auto [part, cluster, _] = out[who];
    if (part_of.try_emplace(cluster, part).first->second != part)
      throw Refusal("E-SHAPE", "found cluster " + std::to_string(cluster) + " in part " + std::to_string(part) +
                                   " and in part " + std::to_string(part_of[cluster]) +
                                   "; expected every cluster in one part");
  }
  std::stable_sort(out.begin(), out.end(), [](const Drawn& a, const Drawn& b) {
    return a.part != b.part ? a.part < b.part : a.cluster < b.cluster;
  });
  return out;
}

/// Calls `of_part(first, last, clusters)` for the people of each part, and how many clusters they are of.
template <class OfPart>
void for_each_part(const std::vector<Drawn>& people, const OfPart& of_part) {
  for (auto first = people.begin(); first != people.end();) {
    auto last = first;
    std::size_t clusters = 0;
    for (; last != people.end() && last->part == first->part; ++last)
      if (last == first || last->cluster != (last - 1)->cluster) ++clusters;
    of_part(first, last, clusters);
    first = last;
  }
}

/// A variance between clusters, and how well it is known.
struct ClusterVariance {
  Matrix covariance;
  double degrees_of_freedom = 0;
};

/// The variance of the sum over all people of numbers that add up to 0: `add(who, sum)` adds what a person contributes,
/// and `see(sum)` is shown what each cluster adds up to.
///
/// Throws Refusal [E-DESIGN-LONELY], and as people_by_cluster(). Cost: clusters x size^2; of one part, the square of
/// the numbers that are not 0 in each cluster, so that people drawn alone cost what they did.
template <class Add>
ClusterVariance variance_between_clusters(
    const SurveyDesign& design, std::size_t people, Eigen::Index size, const Add& add,
    const std::function<void(const Vector&)>& see = [](const Vector&) {}) {
  const std::vector<Drawn> drawn = people_by_cluster(design, people);
  const bool one_part = drawn.empty() || drawn.front().part == drawn.back().part;
  ClusterVariance out{Matrix::Zero(size, size)};
  double clusters = 0, parts = 0;
  Vector sum(size);
  std::vector<Eigen::Index> cells;
  for_each_part(drawn, [&](auto first, auto last, std::size_t members) {
    const auto count = static_cast<double>(members);
    clusters += count;
    ++parts;
    Vector mean = Vector::Zero(size);
    if (!one_part) {
      for (auto one = first; one != last; ++one) add(one->who, mean);
      mean /= count;
    }
    const bool lonely = members == 1;
    if (lonely && design.part.empty())
      throw Refusal("E-DESIGN-LONELY", "found one cluster; expected two or more: one does not tell how clusters vary");
    if (lonely && design.lonely == SurveyDesign::Lonely::refuse)
      throw Refusal("E-DESIGN-LONELY",
                    "found part " + std::to_string(first->part) +
                        " of the frame with one cluster; expected two or more, or a stated treatment: centre (its "
                        "distance from the mean of all) or certain (it adds nothing)");
    if (lonely) mean.setZero();
    const double factor = lonely ? 1 : count / (count - 1);
    while (first != last) {
      sum.setZero();
      for (const std::uint32_t cluster = first->cluster; first != last && first->cluster == cluster; ++first)
        add(first->who, sum);
      see(sum);
      if (lonely && design.lonely == SurveyDesign::Lonely::certain) continue;
      sum -= mean;
      cells.clear();
      for (Eigen::Index k = 0; k < size; ++k)
        if (sum[k] != 0) cells.push_back(k);
      for (const Eigen::Index a : cells)
        for (const Eigen::Index b : cells) out.covariance(a, b) += factor * sum[a] * sum[b];
    }
  });
  out.degrees_of_freedom = clusters - parts;
  if (!(out.degrees_of_freedom > 0))
    throw Refusal("E-DESIGN-LONELY",
                  "found as many clusters as parts of the frame; expected more: one cluster a part "
                  "does not tell how clusters vary");
  return out;
}

/// How often each person's weight counts when clusters are drawn anew: in each part one cluster fewer than there are,
/// with replacement, each counted n / (n - 1) times as often as it was drawn, so that the variance between the draws is
/// that between clusters, few as they may be. A lonely cluster that was sure to be in the sample always counts once.
///
/// Throws Refusal [E-DESIGN-LONELY] for a part with one cluster unless it is certain; [E-SHAPE] as people_by_cluster().
/// Method: Rao and Wu (1988), doi 10.1080/01621459.1988.10478591.
class ClusterDraws {
 public:
  ClusterDraws(const SurveyDesign& design, std::size_t people) {
    of_person_.resize(people);
    std::size_t number = 0;
    for_each_part(people_by_cluster(design, people), [&](auto first, auto last, std::size_t members) {
      if (members == 1 && design.lonely != SurveyDesign::Lonely::certain)
        throw Refusal("E-DESIGN-LONELY",
                      "found part " + std::to_string(first->part) +
                          " of the frame with one cluster; expected two or more, or that it was certain to be in the "
                          "sample: clusters are drawn anew within their part");
      sizes_.push_back(members);
      for (auto one = first; one != last; ++one) {
        of_person_[one->who] = number;
        if (one + 1 == last || (one + 1)->cluster != one->cluster) ++number;
      }
    });
  }
  /// By person of the panel.
  [[nodiscard]] std::vector<double> draw(Stream stream) const {
    std::vector<double> of_cluster;
    for (const std::size_t n : sizes_) {
      const std::size_t first = of_cluster.size();
      of_cluster.resize(first + n, n == 1 ? 1.0 : 0.0);
      for (std::size_t k = 0; k + 1 < n; ++k)
        of_cluster[first + stream.below(n)] += static_cast<double>(n) / static_cast<double>(n - 1);
    }
    std::vector<double> out(of_person_.size());
    for (std::size_t who = 0; who < out.size(); ++who) out[who] = of_cluster[of_person_[who]];
    return out;
  }

 private:
  std::vector<std::size_t> sizes_{}, of_person_;
};

}  // namespace detail
}  // namespace rungs

#endif
