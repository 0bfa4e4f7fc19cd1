// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_ESTIMATE_SURVEY_HPP
#define RUNGS_ESTIMATE_SURVEY_HPP

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <Eigen/Core>
#include <boost/math/distributions/students_t.hpp>

#include <rungs/estimate/estimator.hpp>
#include <rungs/estimate/proportions.hpp>
#include <rungs/estimate/survey_design.hpp>

namespace rungs {

/// Weights that repeat the drawing of the sample, as data providers publish them in place of the design.
struct ReplicateWeights {
  Matrix weights;  ///< a row for each person of the panel, a column for each replicate: in place of the person's weight
  /// The variance is the sum over replicates r of factor[r] times the squared distance of the replicate from the
  /// estimate: 1/R for balanced repeated replication and the bootstrap, 1 / (R (1 - k)^2) for Fay's method, (R - 1) / R
  /// for the jackknife that leaves out one of R clusters.
  Vector factor;
  double degrees_of_freedom = 0;  ///< 0: one less than the replicates
};

/// A chain with the variance that the drawing of the sample gives it.
struct SurveyEstimate {
  Ensemble ensemble;
  /// Of all cells: number m n^2 + i n + j is the move from i to j in matrix m of the kernel.
  Matrix covariance;
  double degrees_of_freedom = 0;
  /// By row m n + i: the clusters (or replicates) that tell how its shares vary, since not everybody in them has them.
  std::vector<double> clusters{};

  /// Standard errors and intervals of the cells of one matrix: around the log-odds, with the quantile of Student's t
  /// for the degrees of freedom of the design; one cell at a time. A cell at 0 or 1 has none (NaN).
  [[nodiscard]] CellIntervals cells(std::size_t matrix = 0, Level level = Level()) const {
    const MatrixView p = ensemble.point().view(matrix);
    const Eigen::Index n = p.rows(), first = static_cast<Eigen::Index>(matrix) * n * n;
    CellIntervals out{"log-odds", level.value(), Matrix::Constant(n, n, std::nan("")), {}, {}};
    out.lower = out.upper = out.standard_error;
    const double t =
        boost::math::quantile(boost::math::students_t_distribution<>(degrees_of_freedom), 1 - level.lower_tail());
    for (Eigen::Index k = 0; k < n * n; ++k) {
      const double x = p.data()[k];
      if (!(x > 0 && x < 1)) continue;
      const double error = std::sqrt(covariance(first + k, first + k)), odds = x / (1 - x);
      out.standard_error.data()[k] = error;
      out.lower.data()[k] = 1 / (1 + std::exp(t * error / (x * (1 - x))) / odds);
      out.upper.data()[k] = 1 / (1 + std::exp(-t * error / (x * (1 - x))) / odds);
    }
    return out;
  }
  /// How many times the variance of each cell is that of as many people drawn alone and with equal chances who made one
  /// move each; NaN where nothing varies.
  [[nodiscard]] Matrix design_effect(const Tally& tally, std::size_t matrix = 0) const {
    const MatrixView p = ensemble.point().view(matrix);
    const Eigen::Index n = p.rows(), first = static_cast<Eigen::Index>(matrix) * n * n;
    const Counts& counts = *detail::counts_by_matrix(tally).at(matrix);
    Matrix out = Matrix::Constant(n, n, std::nan(""));
    for (Eigen::Index i = 0; i < n; ++i)
      for (Eigen::Index j = 0; j < n; ++j) {
        const double simple = p(i, j) * (1 - p(i, j)) / counts.row_people(static_cast<std::size_t>(i));
        if (simple > 0) out(i, j) = covariance(first + i * n + j, first + i * n + j) / simple;
      }
    return out;
  }
};

namespace detail {

/// The weighted shares of a panel, each person's moves kept together.
class SurveyMoves {
 public:
  SurveyMoves(const Panel& panel, const TallyOptions& options, Unleft unleft)
      : tally_(tally(panel, options)), n_(static_cast<Eigen::Index>(tally_.ladder().size())) {
    if (!tally_.across_gaps().empty())
      throw Refusal("E-GAP",
                    "found people seen again only after several steps, and a survey; expected such pairs left out");
    if (panel.weight_kind() == WeightKind::frequency)
      throw Refusal("E-WEIGHT-KIND",
                    "found frequency weights in a survey; expected sampling weights, or none: a record that stands for "
                    "several people does not say who was drawn with whom");
    point_ = Proportions{unleft}.fit(tally_).point();
    const std::int64_t first = tally_.by_period().empty() ? 0 : tally_.by_period().begin()->first;
    end_.resize(panel.people());
    for_each_pair(panel, options, [&](std::size_t who, std::size_t k, std::int64_t time, std::int64_t) {
      const Seen seen(panel, k);
      const std::int64_t m = options.by_period ? (time - first) / options.step.units() : 0;
      moves_.push_back({(static_cast<Eigen::Index>(m) * n_ + static_cast<Eigen::Index>(seen.from)) * n_,
                        static_cast<Eigen::Index>(seen.to), seen.weight});
      end_[who] = moves_.size();
    });
    for (std::size_t who = 1; who < end_.size(); ++who) end_[who] = std::max(end_[who], end_[who - 1]);
    for (std::size_t m = 0; m < point_->count(); ++m)
      for (Eigen::Index k = 0; k < n_ * n_; ++k) {
        const double p = point_->view(m).data()[k];
        number_.push_back(p > 0 ? shares_of_made_.size() : none);
        if (p > 0) shares_of_made_.push_back(p);
        if (k % n_ == n_ - 1) row_end_.push_back(shares_of_made_.size());
      }
  }
  [[nodiscard]] const Tally& counted() const noexcept { return tally_; }
  [[nodiscard]] const Kernel& point() const noexcept { return *point_; }
  /// How many moves somebody made: what follows is of them alone, since the others are 0 whoever is drawn.
  [[nodiscard]] Eigen::Index made() const noexcept { return static_cast<Eigen::Index>(shares_of_made_.size()); }
  /// A covariance of the moves that somebody made, as one of all cells.
  [[nodiscard]] Matrix of_all_cells(const Matrix& covariance) const {
    const auto cells = static_cast<Eigen::Index>(number_.size());
    Matrix out = Matrix::Zero(cells, cells);
    for (Eigen::Index a = 0; a < cells; ++a)
      for (Eigen::Index b = 0; b < cells; ++b) {
        const std::size_t i = number_[static_cast<std::size_t>(a)], j = number_[static_cast<std::size_t>(b)];
        if (i != none && j != none) out(a, b) = covariance(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j));
      }
    return out;
  }
  [[nodiscard]] std::size_t people() const noexcept { return end_.size(); }

  /// Adds what a person contributes to the deviation of every move from its share.
  void add_influence(std::size_t who, Vector& out) const {
    const auto counts = counts_by_matrix(tally_);
    for (std::size_t k = who == 0 ? 0 : end_[who - 1]; k < end_[who]; ++k) {
      const Move& move = moves_[k];
      if (!(move.weight > 0)) continue;
      const Eigen::Index row = move.row / n_;
      const double share =
          move.weight / counts[static_cast<std::size_t>(row / n_)]->row_weight(static_cast<std::size_t>(row % n_));
      for (std::size_t cell = row_begin(row); cell < row_end(row); ++cell)
        out[static_cast<Eigen::Index>(cell)] -= share * shares_of_made_[cell];
      out[number(move)] += share;
    }
  }
  /// The shares under other weights of the people.
  [[nodiscard]] Vector shares(const Eigen::Ref<const Vector>& weights) const {
    Vector out = Vector::Zero(made());
    for (std::size_t who = 0; who < end_.size(); ++who)
      for (std::size_t k = who == 0 ? 0 : end_[who - 1]; k < end_[who]; ++k)
        if (number_[cell(moves_[k])] != none) out[number(moves_[k])] += weights[static_cast<Eigen::Index>(who)];
    for (Eigen::Index row = 0; row < static_cast<Eigen::Index>(row_end_.size()); ++row) {
      const auto first = static_cast<Eigen::Index>(row_begin(row)),
                 size = static_cast<Eigen::Index>(row_end(row)) - first;
      const double sum = out.segment(first, size).sum();
      const auto from = static_cast<std::size_t>(row % n_);
      const MatrixView p = point_->view(static_cast<std::size_t>(row / n_));
      if (sum > 0)
        out.segment(first, size) /= sum;
      else if (p(row % n_, row % n_) == 1)
        out[first] = 1;
      else
        throw Refusal("E-ROW-EMPTY", "found a replicate without anybody in " +
                                         rungs::detail::quoted(point_->ladder().name(from)) +
                                         "; expected replicate weights above 0 for somebody in every stratum");
    }
    return out;
  }
  [[nodiscard]] Vector shares() const { return Eigen::Map<const Vector>(shares_of_made_.data(), made()); }
  /// Where a row begins and ends among the moves that somebody made.
  [[nodiscard]] std::size_t row_begin(Eigen::Index row) const {
    return row == 0 ? 0 : row_end_[static_cast<std::size_t>(row) - 1];
  }
  [[nodiscard]] std::size_t row_end(Eigen::Index row) const { return row_end_[static_cast<std::size_t>(row)]; }
  /// Adds 1 to every row of the kernel, m n + i, in which some moves deviate from their shares.
  void count_rows(const Vector& deviation, std::vector<double>& rows) const {
    rows.resize(row_end_.size());
    for (std::size_t row = 0; row < rows.size(); ++row) {
      const auto at = static_cast<Eigen::Index>(row);
      bool any = false;
      for (std::size_t cell = row_begin(at); cell < row_end(at); ++cell)
        any = any || std::abs(deviation[static_cast<Eigen::Index>(cell)]) > 1e-12;
      rows[row] += any ? 1 : 0;
    }
  }

 private:
  struct Move {
    Eigen::Index row, to;  ///< the first cell of the row it leaves, and the column
    double weight;
  };
  static constexpr std::size_t none = static_cast<std::size_t>(-1);
  static std::size_t cell(const Move& move) { return static_cast<std::size_t>(move.row + move.to); }
  [[nodiscard]] Eigen::Index number(const Move& move) const { return static_cast<Eigen::Index>(number_[cell(move)]); }

  Tally tally_;
  Eigen::Index n_;
  std::optional<Kernel> point_{};
  std::vector<Move> moves_{};
  std::vector<std::size_t> end_{};     ///< where the moves of each person end
  std::vector<std::size_t> number_{};  ///< of each cell among the moves that somebody made
  std::vector<double> shares_of_made_{};
  std::vector<std::size_t> row_end_{};  ///< where the moves out of each row end among those
};

/// The variance of shares of all cells, and the clusters behind each row.
struct ShareVariance {
  Matrix covariance;
  double degrees_of_freedom;
  std::vector<double> clusters;
};

inline ShareVariance variance_of_shares(const SurveyMoves& moves, const SurveyDesign& design) {
  std::vector<double> by_row;
  const ClusterVariance made = variance_between_clusters(
      design, moves.people(), moves.made(), [&](std::size_t who, Vector& sum) { moves.add_influence(who, sum); },
      [&](const Vector& of_cluster) { moves.count_rows(of_cluster, by_row); });
  return {moves.of_all_cells(made.covariance), made.degrees_of_freedom, std::move(by_row)};
}

/// Draws whose log-odds have the covariance that some covariance of the cells gives them, known with so many degrees of
/// freedom.
///
/// The variance of every one linear combination of moves, such as what an answer moves by to first order, is a
/// chi-square over the degrees of freedom times its expectation, so that its distance from the truth in standard errors
/// is Student's; so are the draws.
inline NormalLogits logits_with(const Kernel& point, const Matrix& covariance, double degrees_of_freedom) {
  std::vector<Eigen::Index> made;  // the cells above 0
  std::vector<double> p;
  for (std::size_t m = 0; m < point.count(); ++m)
    for (Eigen::Index k = 0; k < point.view(m).size(); ++k)
      if (const double x = point.view(m).data()[k]; x > 0) {
        made.push_back(static_cast<Eigen::Index>(m) * point.view(m).size() + k);
        p.push_back(x);
      }
  // log p(i, j) moves by its own deviation over p; that of the largest cell of a row is taken from all.
  const auto size = static_cast<Eigen::Index>(made.size());
  Eigen::MatrixXd scaled(size, size);
  for (Eigen::Index a = 0; a < size; ++a)
    for (Eigen::Index b = 0; b < size; ++b) {
      const auto i = static_cast<std::size_t>(a), j = static_cast<std::size_t>(b);
      scaled(a, b) = covariance(made[i], made[j]) / (p[i] * p[j]);
    }
  const Eigen::MatrixXd root = root_of(scaled);
  NormalLogits out{Matrix::Zero(covariance.rows(), root.cols()), degrees_of_freedom};
  for (Eigen::Index a = 0; a < size; ++a) out.factor.row(made[static_cast<std::size_t>(a)]) = root.row(a);
  return out;
}

}  // namespace detail

/// The share of the population that made each move, from people drawn with unequal chances, in clusters and from parts
/// of a frame; with the variance of that drawing.
///
/// A person's moves stay together whatever the design: without weights and clusters these are the shares of
/// Proportions with a variance that holds when moves of one person are alike.
/// Assumes: clusters drawn with replacement within each part (a small share of them), by weights that are right.
/// Effect on intervals: sampling weights and clusters widen them; weights times a constant change nothing; draws move
/// the log-odds of all rows together, by Student's distribution with the degrees of freedom of the design, so that few
/// clusters widen the intervals of answers as they do those of cells(); a move never seen stays at 0 in every draw.
/// What intervals of few clusters then hold is in design_coverage_warnings(). Throws Refusal
/// [E-SHAPE] when the design does not have one entry for each person, or a cluster in two parts; [E-DESIGN-LONELY] for
/// a part with one cluster under Lonely::refuse; [E-WEIGHT-KIND] for frequency weights; [E-GAP] for gaps used as so
/// many steps; [E-ROW-EMPTY]. Cost: clusters x (moves made)^2, of all
/// matrices. Method: linearisation, ultimate clusters; Binder
/// (1983), doi 10.2307/1402588.
[[nodiscard]] inline SurveyEstimate estimate_survey(const Panel& panel, const SurveyDesign& design,
                                                    const TallyOptions& options = {},
                                                    Unleft unleft = Unleft::unstated) {
  const detail::SurveyMoves moves(panel, options, unleft);
  detail::ShareVariance variance = detail::variance_of_shares(moves, design);
  return {Ensemble(moves.point(), detail::logits_with(moves.point(), variance.covariance, variance.degrees_of_freedom),
                   panel.weighted() ? "weighted proportions, design-based" : "proportions, design-based"),
          std::move(variance.covariance), variance.degrees_of_freedom, std::move(variance.clusters)};
}

/// As above, with the variance over replicate weights.
///
/// Throws Refusal [E-SHAPE] when weights or factors do not fit the people and replicates; DomainError [E-WEIGHT-RANGE]
/// for a replicate weight or factor that is negative or not finite; Refusal [E-ROW-EMPTY] for a replicate without
/// anybody in a stratum. Cost: replicates x (moves + (moves made)^2). Method: Wolter (2007), Introduction to
/// Variance Estimation.
[[nodiscard]] inline SurveyEstimate estimate_survey(const Panel& panel, const ReplicateWeights& replicates,
                                                    const TallyOptions& options = {},
                                                    Unleft unleft = Unleft::unstated) {
  const detail::SurveyMoves moves(panel, options, unleft);
  const Eigen::Index count = replicates.weights.cols();
  if (replicates.weights.rows() != static_cast<Eigen::Index>(moves.people()) || replicates.factor.size() != count ||
      count < 2)
    throw Refusal("E-SHAPE", "found replicate weights of " + std::to_string(replicates.weights.rows()) + " people in " +
                                 std::to_string(count) + " replicates with " +
                                 std::to_string(replicates.factor.size()) + " factors; expected those of " +
                                 std::to_string(moves.people()) +
                                 " people in 2 replicates or more, and a factor for each");
  for (const auto& numbers : {Matrix(replicates.weights), Matrix(replicates.factor)})
    for (const double w : numbers.reshaped())
      if (!(w >= 0 && w < 1e300))
        throw DomainError("E-WEIGHT-RANGE",
                          "found a replicate weight or factor of " + detail::text(w) + "; expected 0 or more", w);
  const Vector p = moves.shares();
  Matrix covariance = Matrix::Zero(moves.made(), moves.made());
  std::vector<double> by_row;
  for (Eigen::Index r = 0; r < count; ++r) {
    const Vector apart = moves.shares(replicates.weights.col(r)) - p;
    moves.count_rows(apart, by_row);
    covariance.noalias() += replicates.factor[r] * apart * apart.transpose();
  }
  const double freedom =
      replicates.degrees_of_freedom > 0 ? replicates.degrees_of_freedom : static_cast<double>(count - 1);
  covariance = moves.of_all_cells(covariance);
  return {Ensemble(moves.point(), detail::logits_with(moves.point(), covariance, freedom),
                   "weighted proportions, replicate weights"),
          std::move(covariance), freedom, std::move(by_row)};
}

/// Of a survey on a ladder for groups of people (Ladder::for_groups), what it says of one group, on the ladder that
/// each group has: a domain of the sample.
///
/// How many of the group are in each cluster is left to chance, as it was: clusters without anybody of the group count
/// as having been drawn. The degrees of freedom are those of the whole design; where few clusters have people of the
/// group, set them to the number of such clusters less that of their parts. Throws Refusal [E-LADDER] for a ladder
/// without groups or a group that it does not have. Cost: (matrices x n^2)^2 for n strata of the group.
[[nodiscard]] inline SurveyEstimate survey_of_group(const SurveyEstimate& all, std::size_t group) {
  const Ladder ladder = all.ensemble.ladder();
  Ensemble ensemble = all.ensemble.group(group);
  const Ladder each = ladder.of_each_group();
  const auto index = [](std::size_t k) { return static_cast<Eigen::Index>(k); };
  std::vector<Eigen::Index> cells;  // of the group among all
  for (std::size_t m = 0; m < all.ensemble.point().count(); ++m)
    for (std::size_t i = 0; i < each.size(); ++i)
      for (std::size_t j = 0; j < each.size(); ++j)
        cells.push_back(
            index((m * ladder.size() + ladder.for_group(i, group)) * ladder.size() + ladder.for_group(j, group)));
  Matrix covariance(index(cells.size()), index(cells.size()));
  for (std::size_t a = 0; a < cells.size(); ++a)
    for (std::size_t b = 0; b < cells.size(); ++b) covariance(index(a), index(b)) = all.covariance(cells[a], cells[b]);
  return {std::move(ensemble), std::move(covariance), all.degrees_of_freedom};
}

}  // namespace rungs

#endif
