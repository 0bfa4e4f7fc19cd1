// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_ESTIMATE_SURVEY_DESIGN_HPP
#define RUNGS_ESTIMATE_SURVEY_DESIGN_HPP

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

/// The people of each cluster, by part of the frame and cluster.
using PeopleByCluster = std::map<std::uint32_t, std::map<std::uint32_t, std::vector<std::size_t>>>;

/// Throws Refusal [E-SHAPE] when the design does not have one entry for each person, or a cluster in two parts.
inline PeopleByCluster people_by_cluster(const SurveyDesign& design, std::size_t people) {
  for (const std::vector<std::uint32_t>* of : {&design.part, &design.cluster})
    if (!of->empty() && of->size() != people)
      throw Refusal("E-SHAPE", "found a design of " + std::to_string(of->size()) +
                                   " people; expected one entry for each of the " + std::to_string(people) +
                                   " people of the panel");
  PeopleByCluster parts;
  std::map<std::uint32_t, std::uint32_t> part_of;
  for (std::size_t who = 0; who < people; ++who) {
    const std::uint32_t part = design.part.empty() ? 0 : design.part[who],
                        cluster = design.cluster.empty() ? static_cast<std::uint32_t>(who) : design.cluster[who];
    if (part_of.try_emplace(cluster, part).first->second != part)
      throw Refusal("E-SHAPE", "found cluster " + std::to_string(cluster) + " in part " + std::to_string(part) +
                                   " and in part " + std::to_string(part_of[cluster]) +
                                   "; expected every cluster in one part");
    parts[part][cluster].push_back(who);
  }
  return parts;
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
  const PeopleByCluster parts = people_by_cluster(design, people);
  ClusterVariance out{Matrix::Zero(size, size)};
  double clusters = 0;
  Vector sum(size);
  std::vector<Eigen::Index> cells;
  for (const auto& [part, members] : parts) {
    const auto count = static_cast<double>(members.size());
    clusters += count;
    Vector mean = Vector::Zero(size);
    if (parts.size() > 1) {
      for (const auto& entry : members)
        for (const std::size_t who : entry.second) add(who, mean);
      mean /= count;
    }
    const bool lonely = members.size() == 1;
    if (lonely && design.part.empty())
      throw Refusal("E-DESIGN-LONELY", "found one cluster; expected two or more: one does not tell how clusters vary");
    if (lonely && design.lonely == SurveyDesign::Lonely::refuse)
      throw Refusal("E-DESIGN-LONELY",
                    "found part " + std::to_string(part) +
                        " of the frame with one cluster; expected two or more, or a stated treatment: centre (its "
                        "distance from the mean of all) or certain (it adds nothing)");
    if (lonely) mean.setZero();
    const double factor = lonely ? 1 : count / (count - 1);
    for (const auto& entry : members) {
      sum.setZero();
      for (const std::size_t who : entry.second) add(who, sum);
      see(sum);
      if (lonely && design.lonely == SurveyDesign::Lonely::certain) continue;
      sum -= mean;
      cells.clear();
      for (Eigen::Index k = 0; k < size; ++k)
        if (sum[k] != 0) cells.push_back(k);
      for (const Eigen::Index a : cells)
        for (const Eigen::Index b : cells) out.covariance(a, b) += factor * sum[a] * sum[b];
    }
  }
  out.degrees_of_freedom = clusters - static_cast<double>(parts.size());
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
    const PeopleByCluster parts = people_by_cluster(design, people);
    of_person_.resize(people);
    std::size_t number = 0;
    for (const auto& [part, members] : parts) {
      if (members.size() == 1 && design.lonely != SurveyDesign::Lonely::certain)
        throw Refusal("E-DESIGN-LONELY",
                      "found part " + std::to_string(part) +
                          " of the frame with one cluster; expected two or more, or that it was certain to be in the "
                          "sample: clusters are drawn anew within their part");
      sizes_.push_back(members.size());
      for (const auto& entry : members) {
        for (const std::size_t who : entry.second) of_person_[who] = number;
        ++number;
      }
    }
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
