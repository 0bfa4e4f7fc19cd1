// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_ESTIMATE_PARTIAL_POOLING_HPP
#define RUNGS_ESTIMATE_PARTIAL_POOLING_HPP

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <Eigen/Cholesky>
#include <boost/math/special_functions/digamma.hpp>
#include <boost/math/special_functions/trigamma.hpp>

#include <rungs/core/random.hpp>
#include <rungs/detail/product.hpp>
#include <rungs/estimate/estimator.hpp>

namespace rungs {

/// What the rows of groups (or periods) out of one stratum have in common, and how far they are drawn towards it.
struct CommonRow {
  Vector mean;  ///< the common probabilities of the row; 0 for moves that nobody made
  /// The share of the common row in that of a group of mean size, from 0 (each by itself) to 1 (all alike), with its
  /// interval; all three are 1 where only one move was made, and nothing is to be told.
  double share = 1, lower = 1, upper = 1;
};

namespace detail {

/// log Gamma(x + n) - log Gamma(x).
inline double log_rising(double x, double n) { return n == 0 ? 0 : std::lgamma(x + n) - std::lgamma(x); }

/// What is known of the common row and of the strength (in people) with which groups are drawn to it, from their
/// counts: a posterior for which beforehand the spread between groups, 1 / sqrt(strength), and the common row are
/// uniform. The common row is taken as normal on the log-odds around its mode, for each strength.
class CommonRows {
 public:
  /// `counts` has a row for each group, and somebody in every column.
  explicit CommonRows(Matrix counts) : counts_(std::move(counts)) {
    const Eigen::Index moves = counts_.cols();
    double groups = 0;
    for (Eigen::Index g = 0; g < counts_.rows(); ++g) groups += counts_.row(g).sum() > 0 ? 1 : 0;
    const double size = counts_.sum() / groups;
    Vector mean = Vector::Constant(moves, 1.0 / static_cast<double>(moves));
    std::vector<double> log_weight;
    for (int k = 0; k < grid; ++k) {
      Strength& s = strengths_.emplace_back();
      s.share = (k + 0.5) / grid;
      s.people = size * s.share / (1 - s.share);
      s.mean = mean = mode(s.people, mean);
      // Of the log-odds against the last move, at the mode: the second derivatives along the rows of probabilities.
      Vector curve(moves);
      for (Eigen::Index j = 0; j < moves; ++j) {
        curve[j] = 1 / (s.mean[j] * s.mean[j]);
        for (Eigen::Index g = 0; g < counts_.rows(); ++g)
          if (counts_(g, j) > 0)
            curve[j] += s.people * s.people *
                        (boost::math::trigamma(s.people * s.mean[j]) -
                         boost::math::trigamma(s.people * s.mean[j] + counts_(g, j)));
      }
      Eigen::MatrixXd along(moves, moves - 1), curved(moves, moves - 1);
      for (Eigen::Index j = 0; j < moves; ++j)
        for (Eigen::Index a = 0; a + 1 < moves; ++a) {
          along(j, a) = s.mean[j] * ((j == a ? 1 : 0) - s.mean[a]);
          curved(j, a) = curve[j] * along(j, a);
        }
      s.root = product(along.transpose(), curved).llt().matrixL();
      double weight = -1.5 * std::log(s.people) - 2 * std::log(1 - s.share);  // the grid is even in the share
      for (Eigen::Index g = 0; g < counts_.rows(); ++g) {
        weight -= log_rising(s.people, counts_.row(g).sum());
        for (Eigen::Index j = 0; j < moves; ++j) weight += log_rising(s.people * s.mean[j], counts_(g, j));
      }
      for (Eigen::Index j = 0; j < moves; ++j) weight += std::log(s.mean[j]);
      for (Eigen::Index a = 0; a + 1 < moves; ++a) weight -= std::log(s.root(a, a));
      log_weight.push_back(weight);
    }
    const double top = *std::max_element(log_weight.begin(), log_weight.end());
    double sum = 0;
    for (double& w : log_weight) sum += (w = std::exp(w - top));
    for (const double w : log_weight) weight_.push_back(w / sum);
  }

  [[nodiscard]] CommonRow summary(Level level) const {
    CommonRow out{Vector::Zero(counts_.cols()), 0, 0, 0};
    double below = 0;
    for (std::size_t k = 0; k < weight_.size(); ++k) {
      out.mean += weight_[k] * strengths_[k].mean;
      out.share += weight_[k] * strengths_[k].share;
      if (below < level.lower_tail()) out.lower = strengths_[k].share;
      if (below < 1 - level.lower_tail()) out.upper = strengths_[k].share;
      below += weight_[k];
    }
    return out;
  }
  /// The expected row of a group.
  [[nodiscard]] Vector expected(Eigen::Index group) const {
    Vector out = Vector::Zero(counts_.cols());
    const double people = counts_.row(group).sum();
    for (std::size_t k = 0; k < weight_.size(); ++k)
      out += weight_[k] * (strengths_[k].people * strengths_[k].mean + counts_.row(group).transpose()) /
             (strengths_[k].people + people);
    return out;
  }
  /// One joint world: the rows of all groups.
  [[nodiscard]] Matrix draw(Stream& stream) const {
    const Strength& s = strengths_[stream.categorical(weight_)];
    const Eigen::Index moves = counts_.cols();
    Vector z(moves - 1);
    for (double& x : z) x = stream.normal();
    Vector common = s.mean;
    for (Eigen::Index a = moves - 1; a-- > 0;) {
      for (Eigen::Index b = a + 1; b + 1 < moves; ++b) z[a] -= s.root(b, a) * z[b];
      z[a] /= s.root(a, a);
      common[a] *= std::exp(z[a]);
    }
    common /= common.sum();
    Matrix out(counts_.rows(), moves);
    std::vector<double> alpha(static_cast<std::size_t>(moves));
    for (Eigen::Index g = 0; g < counts_.rows(); ++g) {
      for (Eigen::Index j = 0; j < moves; ++j)
        alpha[static_cast<std::size_t>(j)] = s.people * common[j] + counts_(g, j);
      stream.dirichlet(alpha, {out.data() + g * moves, static_cast<std::size_t>(moves)});
    }
    return out;
  }

 private:
  static constexpr int grid = 60;
  struct Strength {
    double share, people;
    Vector mean;
    Eigen::MatrixXd root;  ///< of the information on the log-odds of the common row
  };
  /// The common row that is most likely under one strength. Method: the fixed point of Minka (2000), which never goes
  /// down.
  [[nodiscard]] Vector mode(double people, Vector mean) const {
    for (int round = 0; round < 10'000; ++round) {
      Vector next = Vector::Ones(mean.size());
      for (Eigen::Index j = 0; j < mean.size(); ++j)
        for (Eigen::Index g = 0; g < counts_.rows(); ++g)
          if (counts_(g, j) > 0)
            next[j] +=
                people * mean[j] *
                (boost::math::digamma(people * mean[j] + counts_(g, j)) - boost::math::digamma(people * mean[j]));
      next /= next.sum();
      const double change = (next - mean).cwiseAbs().maxCoeff();
      mean.swap(next);
      if (change < 1e-10) break;
    }
    return mean;
  }
  Matrix counts_;
  std::vector<Strength> strengths_{};
  std::vector<double> weight_{};
};

}  // namespace detail

/// Groups (or periods) whose rows are drawn towards a common row, each by as much as the groups' own spread says.
struct PartialPooling {
  std::vector<CommonRow> common;  ///< one for each stratum of the ladder
  std::vector<Ensemble> groups;   ///< a model for each group, in their order; draw k of all is one joint world
};

/// Draws the rows of some groups towards what they have in common: rows of many people stay what they are, thin ones
/// lean on the others.
///
/// For every stratum the rows of the groups are taken as drawn from one Dirichlet distribution, of which neither the
/// mean nor the strength is known: beforehand every common row is as likely as any other, and every spread between
/// groups, 1 / sqrt(strength). A move that nobody of any group made has probability 0. A stratum that nobody of a group
/// was seen in has the common row. Assumes: groups that differ as if by chance: no order, no known cause; a first-order
/// chain in each. Effect on intervals: draws are of the joint posterior of all groups, the common row and the strength,
/// so that a thin group has an interval as wide as the groups differ.
/// Few groups tell little of their spread: of 12 groups of strength 10, a third of them of 6 people and the others of
/// 60, 95 % intervals of a move held the truth in 92 % of 1,200 simulated cases. Throws Refusal [E-SHAPE] for fewer
/// than two groups, [E-LADDER-OTHER] for groups of other ladders, steps or kinds of weight, [E-ROW-EMPTY] for a stratum
/// nobody of any group was seen in, [E-PERIOD-MISSING] for groups by period, [E-GAP] for moves across gaps, [E-DRAW]
/// for 0 draws, [E-WEIGHT-ALONE] for sums of weights without the people behind them. Under weights people are the
/// effective ones. Cost: draws x groups x moves, and some thousand passes over the counts. Method: a hierarchical
/// Dirichlet-multinomial model, the common row by Laplace's approximation at each of 60 strengths; Gelman and others
/// (2013), Bayesian Data Analysis, chapter 5.
[[nodiscard]] inline PartialPooling partial_pooling(const std::vector<Tally>& groups, std::size_t draws, Seed seed,
                                                    Level level = Level()) {
  if (groups.size() < 2)
    throw Refusal("E-SHAPE", "found " + std::to_string(groups.size()) + " groups to pool; expected two or more");
  if (draws == 0) throw Refusal("E-DRAW", "found 0 draws; expected at least 1");
  const Ladder& ladder = groups.front().ladder();
  for (const Tally& t : groups) {
    detail::refuse_weights_alone(t);
    if (!(t.ladder() == ladder && t.step() == groups.front().step() && t.weight_kind() == groups.front().weight_kind()))
      throw Refusal("E-LADDER-OTHER",
                    "found tallies of two ladders, steps or kinds of weight; expected the same in both");
    if (!t.by_period().empty())
      throw Refusal("E-PERIOD-MISSING", "found groups whose periods are told apart; expected all periods pooled");
    if (!t.across_gaps().empty())
      throw Refusal("E-GAP",
                    "found people seen again only after several steps, and a prior; expected proportions for them, or "
                    "such pairs left out");
  }
  const auto n = static_cast<Eigen::Index>(ladder.size());
  const auto count = static_cast<Eigen::Index>(groups.size());
  std::vector<Matrix> point(groups.size(), detail::identity(ladder));
  std::vector<std::vector<Matrix>> drawn(groups.size(), std::vector<Matrix>(draws, detail::identity(ladder)));
  PartialPooling out;
  for (std::size_t i = 0; i < ladder.strata(); ++i) {
    const auto r = static_cast<Eigen::Index>(i);
    Matrix people = Matrix::Zero(count, n);
    for (Eigen::Index g = 0; g < count; ++g) {
      const Tally& t = groups[static_cast<std::size_t>(g)];
      const Counts& c = t.pooled();
      for (std::size_t j = 0; j < ladder.size() && c.row_weight(i) > 0; ++j)
        people(g, static_cast<Eigen::Index>(j)) = t.weight_kind() == WeightKind::none
                                                      ? c.people(i, j)
                                                      : c.weight(i, j) / c.row_weight(i) * c.row_effective_people(i);
    }
    std::vector<Eigen::Index> made;
    for (Eigen::Index j = 0; j < n; ++j)
      if (people.col(j).sum() > 0) made.push_back(j);
    if (made.empty())
      throw Refusal("E-ROW-EMPTY", "found no observed move from " + detail::quoted(ladder.name(i)) +
                                       " in any group or period; expected one in some");
    CommonRow& common = out.common.emplace_back(CommonRow{Vector::Zero(n)});
    const auto put = [&](Matrix& p, const auto& row) {
      p.row(r).setZero();
      for (std::size_t k = 0; k < made.size(); ++k) p(r, made[k]) = row[static_cast<Eigen::Index>(k)];
    };
    if (made.size() == 1) {  // nothing to tell apart
      common.mean[made[0]] = 1;
      for (std::size_t g = 0; g < groups.size(); ++g) {
        put(point[g], Vector::Ones(1));
        for (Matrix& p : drawn[g]) put(p, Vector::Ones(1));
      }
      continue;
    }
    Matrix seen(count, static_cast<Eigen::Index>(made.size()));
    for (std::size_t k = 0; k < made.size(); ++k) seen.col(static_cast<Eigen::Index>(k)) = people.col(made[k]);
    const detail::CommonRows rows(std::move(seen));
    const CommonRow summary = rows.summary(level);
    for (std::size_t k = 0; k < made.size(); ++k) common.mean[made[k]] = summary.mean[static_cast<Eigen::Index>(k)];
    common.share = summary.share;
    common.lower = summary.lower;
    common.upper = summary.upper;
    for (std::size_t g = 0; g < groups.size(); ++g) put(point[g], rows.expected(static_cast<Eigen::Index>(g)));
    for (std::size_t d = 0; d < draws; ++d) {
      Stream stream({seed, d, static_cast<std::uint32_t>(i), Purpose::parameters});
      const Matrix all = rows.draw(stream);
      for (std::size_t g = 0; g < groups.size(); ++g) put(drawn[g][d], all.row(static_cast<Eigen::Index>(g)));
    }
  }
  for (std::size_t g = 0; g < groups.size(); ++g) {
    Replicates replicates;
    for (Matrix& p : drawn[g])
      replicates.kernels.emplace_back(TransitionMatrix::from_weights(ladder, std::move(p), groups[g].step()));
    out.groups.emplace_back(Kernel(TransitionMatrix::from_weights(ladder, std::move(point[g]), groups[g].step())),
                            std::move(replicates), "partial pooling");
  }
  return out;
}

/// The matrices of consecutive periods, drawn towards what they have in common: an Estimator for tallies by period.
///
/// As partial_pooling() of the periods, with all that it assumes: no trend. Throws what that throws; Refusal
/// [E-PERIOD-MISSING] for a tally without periods.
struct PooledPeriods {
  std::size_t draws;
  Seed seed;
  Level level{};  ///< of the interval of the pooling itself

  [[nodiscard]] std::string name() const { return "partial pooling of periods"; }
  /// The periods as groups: what they have in common, and a model of each.
  [[nodiscard]] PartialPooling pool(const Tally& tally) const {
    if (tally.by_period().empty())
      throw Refusal("E-PERIOD-MISSING", "found a tally without periods; expected moves by the period they start in");
    std::vector<Tally> periods;
    for (const Counts* counts : detail::counts_by_matrix(tally)) {
      Tally& one = periods.emplace_back(tally.ladder(), tally.step(), tally.weight_kind());
      for (std::size_t i = 0; i < counts->size(); ++i)
        for (std::size_t j = 0; j < counts->size(); ++j)
          one.add(i, j, counts->people(i, j), counts->weight(i, j), counts->weight_squares(i, j), std::nullopt);
    }
    return partial_pooling(periods, draws, seed, level);
  }
  [[nodiscard]] Ensemble fit(const Tally& tally) const { return fit(tally, pool(tally)); }
  /// The same of periods that were pooled before.
  [[nodiscard]] Ensemble fit(const Tally& tally, const PartialPooling& pooled) const {
    const auto one_of_each = [&](const auto& kernel) {
      std::vector<TransitionMatrix> all;
      for (const Ensemble& e : pooled.groups) all.push_back(kernel(e).transition(0));
      return detail::kernel_of(tally, std::move(all));
    };
    Replicates replicates;
    for (std::size_t d = 0; d < draws; ++d)
      replicates.kernels.push_back(
          one_of_each([&](const Ensemble& e) { return std::get<Replicates>(e.draws()).kernels[d]; }));
    return {one_of_each([](const Ensemble& e) { return e.point(); }), std::move(replicates), name()};
  }
};

}  // namespace rungs

#endif
