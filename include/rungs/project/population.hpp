// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_PROJECT_POPULATION_HPP
#define RUNGS_PROJECT_POPULATION_HPP

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <rungs/core/ladder.hpp>
#include <rungs/core/time.hpp>
#include <rungs/model/group_shares.hpp>
#include <rungs/model/headcount.hpp>

namespace rungs {

/// People who come in from outside, into one stratum: so many a year, and so many a year for each head already in some
/// strata (chain migration; replacement of leavers).
///
/// They arrive at the end of a period, in proportion to the heads at its start. Units: heads per year, heads per head
/// and year.
struct Inflow {
  Stratum into;
  double per_year = 0;
  std::vector<std::pair<Stratum, double>> per_head_of{};
};

/// How many people a stratum has posts for: so many at the start, and so many more (or fewer) each year. Who would move
/// into it and finds no post stays where they are; whoever leaves it makes a vacancy. On a ladder for groups of people
/// the same stratum of several groups may share its posts; they find one with the same chance.
struct Posts {
  StratumSet at;
  Heads now;
  double growth_per_year = 0;

  [[nodiscard]] double after(double years) const { return std::max(0.0, now.value() + growth_per_year * years); }
};

/// The people at the start: how many in each stratum, at which period, who comes in later, and which strata have a
/// limited number of posts.
///
/// Throws DomainError [E-INFLOW] for an inflow that is negative or not finite, [E-POSTS] for a growth that is not
/// finite; Refusal for strata of another ladder, inflow into an exit, posts of an exit, of no stratum, of one stratum
/// twice, or shared by strata of which one leads to another.
class Population {
 public:
  explicit Population(Headcount start, Period at = Period{}, std::vector<Inflow> inflow = {},
                      std::vector<Posts> posts = {})
      : start_(std::move(start)), at_(at), inflow_(std::move(inflow)), posts_(std::move(posts)) {
    const auto finite = [](double x) {
      if (!(x >= 0 && x < 1e12))
        throw DomainError("E-INFLOW",
                          "found an inflow of " + detail::text(x) + "; expected a number of heads, 0 or more", x);
    };
    for (const Inflow& in : inflow_) {
      start_.ladder().require_own(in.into);
      if (in.into.is_exit())
        throw Refusal("E-INFLOW",
                      "found an inflow into the exit " + detail::quoted(in.into.name()) + "; expected a stratum");
      finite(in.per_year);
      for (const auto& [stratum, rate] : in.per_head_of) {
        start_.ladder().require_own(stratum);
        finite(rate);
      }
    }
    for (std::size_t k = 0; k < posts_.size(); ++k) {
      const Posts& p = posts_[k];
      start_.ladder().require_own(p.at);
      if (p.at.size() == 0) throw Refusal("E-POSTS", "found posts of no stratum; expected a stratum");
      for (const std::size_t i : p.at.indices()) {
        if (start_.ladder().is_exit(i))
          throw Refusal("E-POSTS",
                        "found posts of the exit " + detail::quoted(start_.ladder().name(i)) + "; expected a stratum");
        for (std::size_t other = 0; other < k; ++other)
          if (posts_[other].at.contains(i))
            throw Refusal("E-POSTS", "found posts of " + detail::quoted(start_.ladder().name(i)) +
                                         " twice; expected each stratum once");
        for (const std::size_t j : p.at.indices())
          if (i != j && start_.ladder().possible(i, j))
            throw Refusal("E-POSTS",
                          "found posts shared by " + p.at.text() +
                              ", of which one leads to another; expected one stratum, or the same stratum of "
                              "several groups");
      }
      if (p.now.is_unlimited() || !(std::abs(p.growth_per_year) < 1e12))
        throw DomainError(
            "E-POSTS",
            "found posts of " + p.at.text() + " without a number, or a growth that is not finite; expected numbers",
            p.growth_per_year);
    }
  }
  /// The same people in groups that nobody can tell apart by sight: whoever starts in a stratum, or comes into it
  /// later, of whatever group it was said, is of each group with the share that those found there have of it.
  ///
  /// Posts stay as they are. Effect on intervals: the shares of each draw are those of its world, so that the people of
  /// a group vary from draw to draw, and those of all groups together do not. Throws Refusal [E-LADDER-OTHER] for
  /// shares on another ladder than that of the people.
  [[nodiscard]] Population in_unseen_groups(GroupShares shares) const {
    if (!(shares.ladder() == start_.ladder()))
      throw Refusal("E-LADDER-OTHER",
                    "found shares of groups on another ladder than that of the people; expected the "
                    "same");
    Population out = *this;
    out.unseen_ = std::make_shared<const GroupShares>(std::move(shares));
    out.start_ = Headcount(start_.ladder(), out.spread(start_.heads(), out.unseen_->point()));
    return out;
  }
  /// The shares of groups that nobody can tell apart; none where groups are known.
  [[nodiscard]] const GroupShares* unseen_groups() const noexcept { return unseen_.get(); }
  /// People of all groups together in each stratum, as people of each group by the shares of a world.
  [[nodiscard]] Vector spread(const Vector& heads, const Matrix& shares) const {
    const Ladder& ladder = start_.ladder();
    Vector all = Vector::Zero(shares.rows());
    for (std::size_t i = 0; i < ladder.size(); ++i)
      all[static_cast<Eigen::Index>(ladder.within_group(i))] += heads[static_cast<Eigen::Index>(i)];
    return unseen_->split(all, shares);
  }

  /// Who stands where at the start; of groups that nobody can tell apart, at the point of their shares.
  [[nodiscard]] const Headcount& start() const noexcept { return start_; }
  [[nodiscard]] Period at() const noexcept { return at_; }
  [[nodiscard]] const std::vector<Inflow>& inflow() const noexcept { return inflow_; }
  [[nodiscard]] const std::vector<Posts>& posts() const noexcept { return posts_; }

 private:
  Headcount start_;
  Period at_;
  std::vector<Inflow> inflow_;
  std::vector<Posts> posts_;
  std::shared_ptr<const GroupShares> unseen_{};
};

/// Of the people who start in some strata, how many ever get into a target within a span?
struct Question {
  StratumSet from;
  StratumSet target;
  Span within;
};

}  // namespace rungs

#endif
