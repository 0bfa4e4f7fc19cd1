// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_ESTIMATE_HIDDEN_GROUPS_HPP
#define RUNGS_ESTIMATE_HIDDEN_GROUPS_HPP

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <rungs/data/panel.hpp>
#include <rungs/data/tally.hpp>
#include <rungs/detail/product.hpp>
#include <rungs/estimate/survey_design.hpp>
#include <rungs/model/ensemble.hpp>
#include <rungs/model/group_shares.hpp>
#include <rungs/model/headcount.hpp>

namespace rungs {

/// People of several kinds that nobody can tell apart by sight, each with its own moves, and how many of those found in
/// each stratum are of which kind.
///
/// Entry (i, g) of the shares is the share of group g among those in stratum i at their first observation; rows sum to
/// 1. The ensemble lives on the ladder of the strata for_groups(): split() a headcount over the groups, and whatever
/// answers questions about people in groups answers them here.
/// Assumes: nobody changes the group; the people split are found as those of the data were at their first observation.
/// Effect on intervals: split() of a draw uses the shares of the same joint world as the moves, so that what the data
/// leave open between "many who never move" and "all who move rarely" stays in the interval. A split of the point
/// leaves the uncertainty of the shares out.
class HiddenGroups {
 public:
  /// `share_factor` goes with draws that are NormalLogits: row i G + g is what its normals add to the log of share (i,
  /// g) before rows are divided by their sums; both vary normally. `replicates` go with Replicates: the shares of each.
  /// With other draws the shares are taken as known.
  ///
  /// Throws Refusal [E-SHAPE] when these do not fit together; DomainError [E-SHARE] for a share outside 0 to 1.
  HiddenGroups(Ensemble ensemble, Matrix shares, Matrix share_factor = {}, std::vector<Matrix> replicates = {})
      : ensemble_(std::move(ensemble)),
        shares_(ensemble_.ladder(), std::move(shares), std::move(share_factor), std::move(replicates),
                freedom_of(ensemble_)) {
    bool ok = true;
    if (const auto* r = std::get_if<Replicates>(&ensemble_.draws()))
      ok = r->kernels.size() == shares_.replicates();
    else if (const auto* l = std::get_if<NormalLogits>(&ensemble_.draws()))
      ok = shares_.replicates() == 0 && shares_.factor().cols() == l->factor.cols() && shares_.factor().rows() > 0;
    else
      ok = !shares_.varies();
    if (!ok)
      throw Refusal("E-SHAPE", "found shares of other strata, groups or draws than the moves; expected the same");
  }

  [[nodiscard]] const Ensemble& ensemble() const noexcept { return ensemble_; }
  /// That of the groups, side by side.
  [[nodiscard]] const Ladder& ladder() const noexcept { return ensemble_.ladder(); }
  [[nodiscard]] const Matrix& shares() const noexcept { return shares_.point(); }
  /// The shares in one joint world; those of the point for Draw::point().
  ///
  /// Throws Refusal [E-DRAW] for a draw beyond the replicates.
  [[nodiscard]] Matrix shares(const Draw& draw) const { return shares_.in_world(draw); }
  /// The shares of every world, for a Population of which nobody sees the groups.
  [[nodiscard]] const GroupShares& group_shares() const noexcept { return shares_; }
  /// People counted by stratum, as expected numbers by stratum and group, on ladder().
  ///
  /// Throws Refusal [E-LADDER-OTHER] for a headcount on another ladder than that of each group.
  [[nodiscard]] Headcount split(const Headcount& people, const Draw& draw = Draw::point()) const {
    if (!(people.ladder() == ladder().of_each_group()))
      throw Refusal("E-LADDER-OTHER", "found people on another ladder than that of each group; expected the same");
    return {ladder(), shares_.split(people.heads(), shares(draw))};
  }
  /// Where people of the point are a number of steps after their first observation: entry (i, j) is P(in j then | in i
  /// at first), whatever the group.
  ///
  /// Throws Refusal [E-HORIZON] unless one matrix holds for all periods.
  [[nodiscard]] Matrix after(Span steps) const {
    if (!ensemble_.point().is_constant())
      throw Refusal("E-HORIZON", "found a matrix for each period; expected one for all periods");
    const MatrixView p = ensemble_.point().view(0);
    Matrix out = Matrix::Zero(shares().rows(), shares().rows());
    for (std::size_t g = 0; g < ladder().groups().size(); ++g) {
      const auto at = [&](Eigen::Index k) {
        return static_cast<Eigen::Index>(ladder().for_group(static_cast<std::size_t>(k), g));
      };
      Eigen::MatrixXd own(out.rows(), out.rows()), now = Eigen::MatrixXd::Identity(out.rows(), out.rows());
      for (Eigen::Index i = 0; i < own.rows(); ++i)
        for (Eigen::Index j = 0; j < own.rows(); ++j) own(i, j) = p(at(i), at(j));
      for (std::int64_t t = 0; t < steps.steps(); ++t) now = detail::product(now, own);
      for (Eigen::Index i = 0; i < out.rows(); ++i)
        for (Eigen::Index j = 0; j < out.cols(); ++j)
          out(i, j) += shares()(i, static_cast<Eigen::Index>(g)) * now(i, j);
    }
    return out;
  }

 private:
  static double freedom_of(const Ensemble& ensemble) {
    const auto* l = std::get_if<NormalLogits>(&ensemble.draws());
    return l != nullptr ? l->degrees_of_freedom : std::numeric_limits<double>::infinity();
  }
  Ensemble ensemble_;
  GroupShares shares_;
};

namespace detail {

inline std::vector<std::string> movers_and_stayers() { return {"movers", "stayers"}; }
/// "class 1", "class 2", ..., and last "stayers".
inline std::vector<std::string> names_of_classes(std::size_t classes, bool stayers = false) {
  std::vector<std::string> out;
  for (std::size_t k = 0; k < classes; ++k) out.push_back("class " + std::to_string(k + 1));
  if (stayers) out.emplace_back("stayers");
  return out;
}

/// One person from the first observation on: where that stands in the columns, how many steps follow without a gap, and
/// how many people the record stands for.
struct Followed {
  std::size_t who = 0;  ///< counted from 0 in the panel's order
  std::size_t begin = 0;
  std::int64_t steps = 0;
  double people = 1;
};

/// The people of a panel who were seen to make or not to make at least one step, each up to their first gap or exit.
/// With sampling weights a person counts as much as the first record weighs, in shares of the mean of all of them.
inline std::vector<Followed> followed(const Panel& panel, Step step, std::vector<Warning>& warnings) {
  if (panel.weight_kind() == WeightKind::precision)
    throw Refusal("E-WEIGHT-KIND",
                  "found precision weights; expected sampling or frequency weights, or none: the likelihood of people "
                  "of several kinds is that of people");
  const bool weighted = panel.weight_kind() == WeightKind::frequency || panel.weight_kind() == WeightKind::sampling;
  const TallyOptions options{.step = step};
  const Tally all = tally(panel, options);  // refuses impossible moves and mixed steps
  std::vector<Followed> out(panel.people());
  std::size_t who = 0;
  for (std::size_t r = 0; r < panel.runs().size(); ++r) {
    const Panel::Run& run = panel.runs()[r];
    if (r > 0 && run.person == panel.runs()[r - 1].person) continue;
    out[who] = {who, run.begin, 0, weighted ? panel.weight(run.begin) : 1.0};
    ++who;
  }
  for_each_pair(panel, options, [&](std::size_t person, std::size_t k, std::int64_t, std::int64_t) {
    Followed& f = out[person];
    if (k == f.begin + static_cast<std::size_t>(f.steps)) ++f.steps;
  });
  std::uint64_t used = 0;
  const auto still_there = [&](const Followed& f) {
    return panel.ladder().is_exit(panel.strata()[f.begin + static_cast<std::size_t>(f.steps) - 1]);
  };
  for (Followed& f : out) {
    while (f.steps > 0 && still_there(f)) --f.steps;  // whoever has left tells nothing more
    used += static_cast<std::uint64_t>(f.steps);
  }
  std::uint64_t pairs = 0;  // that begin in a stratum
  for (const auto& [apart, from] : pairs_apart_by_stratum(panel))
    pairs += std::accumulate(from.begin(), from.end(), std::uint64_t{0});
  if (used < pairs)
    warnings.push_back({"W-GAP", std::to_string(pairs - used) + " of " + std::to_string(pairs) + " " +
                                     pairs_in_words(panel.ladder()) + " (" + share_in_words(pairs - used, pairs) +
                                     ") come after a gap and were not used: people are followed "
                                     "from their first observation up to the first gap"});
  std::erase_if(out, [](const Followed& f) { return !(f.people > 0); });
  const std::size_t before = out.size();
  std::erase_if(out, [](const Followed& f) { return f.steps == 0; });
  if (out.size() < before)
    warnings.push_back({"W-SINGLETON", std::to_string(before - out.size()) +
                                           " people are not seen one step after their first observation, or have left "
                                           "by then, and tell nothing of moves"});
  if (out.empty())
    throw Refusal("E-ROW-EMPTY", "found nobody who was seen at two times one step apart; expected at least one");
  if (panel.weight_kind() == WeightKind::sampling) {
    double sum = 0;
    for (const Followed& f : out) sum += f.people;
    const double mean = sum / static_cast<double>(out.size());
    for (Followed& f : out) f.people /= mean;
  }
  return out;
}

/// Whether variances are those of how people were drawn, and not of people drawn alone with equal chances.
inline bool is_survey(const Panel& panel, const std::optional<SurveyDesign>& design) {
  if (design && panel.weight_kind() == WeightKind::frequency)
    throw Refusal("E-WEIGHT-KIND",
                  "found frequency weights in a survey; expected sampling weights, or none: a record that stands for "
                  "several people does not say who was drawn with whom");
  return design || panel.weight_kind() == WeightKind::sampling;
}

/// The variance of numbers of which `influence.col(k)` is what person k of those followed contributes, by how people
/// were drawn: in clusters, or each alone. Clusters in which nobody was followed count as drawn.
inline ClusterVariance variance_of_people(const Panel& panel, const std::vector<Followed>& people,
                                          const std::optional<SurveyDesign>& design, const Matrix& influence) {
  std::vector<Eigen::Index> column(panel.people(), -1);
  for (std::size_t k = 0; k < people.size(); ++k) column[people[k].who] = static_cast<Eigen::Index>(k);
  const SurveyDesign alone, &of = design ? *design : alone;
  return variance_between_clusters(of, panel.people(), influence.rows(), [&](std::size_t who, Vector& sum) {
    if (column[who] >= 0) sum += influence.col(column[who]);
  });
}

/// How often each person is drawn when as many people as there are are drawn with replacement.
inline std::vector<double> resampled(const std::vector<Followed>& people, Stream stream) {
  double weight = 0;
  bool alone = true;  // every record is one person
  for (const Followed& f : people) {
    weight += f.people;
    alone = alone && f.people == 1;
  }
  if (alone) {
    std::vector<double> drawn(people.size());
    for (std::size_t k = 0; k < people.size(); ++k) ++drawn[stream.below(people.size())];
    return drawn;
  }
  auto left = static_cast<std::uint64_t>(std::llround(weight));
  std::vector<double> times;
  times.reserve(people.size());
  for (const Followed& f : people) {
    const std::uint64_t k = f.people >= weight ? left : stream.binomial(left, f.people / weight);
    times.push_back(static_cast<double>(k));
    left -= k;
    weight -= f.people;
  }
  return times;
}

/// People drawn anew as they were drawn: each alone, with weights that go along, or in clusters within their parts.
class PeopleDraws {
 public:
  PeopleDraws(const Panel& panel, const std::vector<Followed>& people, const std::optional<SurveyDesign>& design)
      : people_(people), weighted_(is_survey(panel, design)) {
    if (design) clusters_.emplace(*design, panel.people());
  }
  /// How much each of the people counts.
  [[nodiscard]] std::vector<double> draw(Stream stream) const {
    if (!weighted_) return resampled(people_, stream);
    std::vector<double> out(people_.size());
    if (clusters_) {
      const std::vector<double> times = clusters_->draw(stream);
      for (std::size_t k = 0; k < out.size(); ++k) out[k] = times[people_[k].who] * people_[k].people;
      return out;
    }
    for (std::size_t k = 0; k < out.size(); ++k) {
      const std::size_t drawn = stream.below(out.size());
      out[drawn] += people_[drawn].people;
    }
    return out;
  }

 private:
  const std::vector<Followed>& people_;
  bool weighted_;
  std::optional<ClusterDraws> clusters_{};
};

}  // namespace detail
}  // namespace rungs

#endif
