// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <rungs/model/ensemble.hpp>
#include <rungs/project/sensitivity.hpp>

#include "scenario.hpp"

namespace property_groups_test {
namespace {

using namespace rungs;
using scenario::Dice;
using scenario::Plan;
using scenario::Scenario;

/// A scenario with its people in several groups, that share everything else.
class InGroups {
 public:
  /// `part` (strata and exits x groups): how many of each stratum are in each group; rows sum to one.
  InGroups(const Scenario& alone, Matrix part, const std::vector<std::string>& names)
      : part_(std::move(part)), ladder_(alone.kernel.ladder().for_groups(names)) {
    std::vector<Posts> posts;
    for (const Posts& p : alone.population.posts()) posts.push_back({lift(p.at), p.now, p.growth_per_year});
    std::vector<Inflow> inflow;
    for (const Inflow& in : alone.population.inflow())
      for (std::size_t g = 0; g < groups(); ++g) {
        const double share = part_(static_cast<Eigen::Index>(in.into.index()), static_cast<Eigen::Index>(g));
        Inflow& own =
            inflow.emplace_back(Inflow{ladder_.at(ladder_.for_group(in.into.index(), g)), in.per_year * share, {}});
        for (const auto& [of, rate] : in.per_head_of)
          for (std::size_t h = 0; h < groups(); ++h)
            own.per_head_of.emplace_back(ladder_.at(ladder_.for_group(of.index(), h)), rate * share);
      }
    Vector heads(static_cast<Eigen::Index>(ladder_.size()));
    for (std::size_t i = 0; i < ladder_.size(); ++i) {
      const auto k = static_cast<Eigen::Index>(ladder_.within_group(i));
      heads[static_cast<Eigen::Index>(i)] =
          alone.population.start().heads()[k] * part_(k, static_cast<Eigen::Index>(ladder_.group(i)));
    }
    Policy policy{alone.policy.name, {}, alone.policy.combine, {}};
    for (const Programme& p : alone.policy.programmes) {
      Programme::Terms terms = p.terms();
      terms.eligible = lift(terms.eligible);
      policy.programmes.emplace_back(std::move(terms), lift(*p.effects()));
    }
    for (const Complement& c : alone.policy.complements) policy.complements.push_back({c.programmes, lift(c.effects)});
    scenario_ = {Ensemble(alone.kernel, Known{}, "").for_groups(ladder_).point(),
                 Population(Headcount(ladder_, heads), alone.population.at(), std::move(inflow), std::move(posts)),
                 {lift(alone.question.from), lift(alone.question.target), alone.question.within},
                 std::move(policy),
                 alone.count};
  }
  [[nodiscard]] const Scenario& scenario() const { return *scenario_; }
  [[nodiscard]] std::size_t groups() const { return static_cast<std::size_t>(part_.cols()); }
  /// Columns added up over the groups.
  [[nodiscard]] Matrix together(const Matrix& m) const {
    Matrix out = Matrix::Zero(m.rows(), part_.rows());
    for (std::size_t i = 0; i < ladder_.size() && m.rows() > 0; ++i)
      out.col(static_cast<Eigen::Index>(ladder_.within_group(i))) += m.col(static_cast<Eigen::Index>(i));
    return out;
  }
  [[nodiscard]] const Ladder& ladder() const { return ladder_; }

 private:
  [[nodiscard]] StratumSet lift(const StratumSet& set) const {
    std::vector<std::size_t> out;
    for (const std::size_t k : set.indices())
      for (std::size_t g = 0; g < groups(); ++g) out.push_back(ladder_.for_group(k, g));
    return ladder_.set_of(std::move(out));
  }
  [[nodiscard]] MoveEffects lift(const MoveEffects& effects) const {
    std::vector<MoveEffect> out = effects.effects();
    for (MoveEffect& e : out) {
      e.from = lift(e.from);
      e.to = lift(e.to);
    }
    return {effects.name(), std::move(out), effects.profile()};
  }
  Matrix part_;
  Ladder ladder_;
  std::optional<Scenario> scenario_{};
};

// People who differ in nothing but their group are, all groups together, what they are without groups: who moves, who
// enrols, who finds a seat or a post; and so are the derivatives.
TEST(GroupsProperty, AddUpToPeopleWithoutGroups) {
  std::size_t done = 0, with_seats = 0, with_posts = 0;
  for (std::uint64_t seed = 8'000'000; done < 1000; ++seed) {
    Dice dice(seed + 5);
    Plan plan = scenario::random_plan(seed, 5);
    if (dice.chance(0.8)) plan = scenario::enriched(std::move(plan), dice);
    const Scenario alone = scenario::build(plan);
    const Projection without(alone.kernel, alone.population, alone.question, alone.policy, alone.count);
    if (without.tracks() > 100) continue;
    ++done;
    Matrix part(static_cast<Eigen::Index>(plan.size()), static_cast<Eigen::Index>(2 + dice.below(2)));
    for (double& x : part.reshaped()) x = dice.chance(0.1) ? 0.0 : dice.between(0, 1);
    for (Eigen::Index i = 0; i < part.rows(); ++i) {
      part(i, 0) += 0.1;
      part.row(i) /= part.row(i).sum();
    }
    std::vector<std::string> names;
    for (Eigen::Index g = 0; g < part.cols(); ++g) names.push_back("group " + std::to_string(g));
    const InGroups in(alone, part, names);
    const Scenario& s = in.scenario();
    const Projection with(s.kernel, s.population, s.question, s.policy, s.count);
    const Draw draw = dice.chance(0.5) ? Draw::point() : Draw(Seed(seed), dice.below(1000));
    const Course a = without.run(alone.kernel, draw), b = with.run(s.kernel, draw);
    const double size = 1 + a.headcount.rowwise().sum().maxCoeff();
    const auto same = [&](const Matrix& x, const Matrix& y, const char* what) {
      ASSERT_EQ(x.rows(), y.rows());
      ASSERT_EQ(x.cols(), y.cols());
      if (x.size() == 0) return;
      EXPECT_LT((x - y).cwiseAbs().maxCoeff(), 1e-9 * size) << what << ", seed " << seed;
    };
    same(in.together(b.headcount), a.headcount, "heads");
    same(in.together(b.blocked), a.blocked, "blocked");
    same(in.together(b.enrolled), a.enrolled, "enrolled");
    same(in.together(b.reached_now.transpose()), a.reached_now.transpose(), "reached");
    same(b.first_reached.transpose(), a.first_reached.transpose(), "first reached");
    same(b.participants, a.participants, "participants");
    same(b.turned_away, a.turned_away, "turned away");
    EXPECT_NEAR(b.standing, a.standing, 1e-9 * size);
    EXPECT_NEAR(a.enrolled.sum(), a.participants.sum(), 1e-9 * size);
    EXPECT_NEAR(a.reached_now.sum(), a.reached(), 1e-9 * size);
    with_seats += a.turned_away.size() > 0 && a.turned_away.maxCoeff() > 0 ? 1U : 0U;
    with_posts += a.blocked.size() > 0 && a.blocked.maxCoeff() > 0 ? 1U : 0U;
    if (done % 3 != 0) continue;
    const Sensitivity x = ProjectionGradient(without).at(alone.kernel, draw),
                      y = ProjectionGradient(with).at(s.kernel, draw);
    same(y.seats, x.seats, "seats");
    for (std::size_t i = 0; i < in.ladder().size(); ++i) {
      const auto of = static_cast<Eigen::Index>(i), k = static_cast<Eigen::Index>(in.ladder().within_group(i));
      EXPECT_NEAR(y.inflow[of], x.inflow[k], 1e-8 * size) << "seed " << seed;
      EXPECT_NEAR(y.posts[of], x.posts[k], 1e-8 * size) << "seed " << seed;
    }
    Matrix moves = Matrix::Zero(x.moves.rows(), x.moves.cols());
    for (std::size_t i = 0; i < in.ladder().size(); ++i)
      for (std::size_t j = 0; j < in.ladder().size(); ++j)
        if (in.ladder().group(i) == in.ladder().group(j))
          moves(static_cast<Eigen::Index>(in.ladder().within_group(i)),
                static_cast<Eigen::Index>(in.ladder().within_group(j))) +=
              y.moves(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j));
    EXPECT_LT((moves - x.moves).cwiseAbs().maxCoeff(), 1e-8 * size) << "moves, seed " << seed;
  }
  EXPECT_GT(with_seats, 50U);
  EXPECT_GT(with_posts, 50U);
}

}  // namespace
}  // namespace property_groups_test
