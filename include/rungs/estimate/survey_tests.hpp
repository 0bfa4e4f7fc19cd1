// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_ESTIMATE_SURVEY_TESTS_HPP
#define RUNGS_ESTIMATE_SURVEY_TESTS_HPP

#include <boost/math/distributions/fisher_f.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include <rungs/estimate/survey.hpp>

namespace rungs {

/// Whether layers of a survey (periods or groups) move alike, by a Pearson statistic corrected for how people were
/// drawn.
struct SurveyTest {
  std::string name;
  std::string hypothesis;
  /// Of the shares, as if the people of each row were drawn alone; NaN where no row can be compared.
  double pearson = std::numeric_limits<double>::quiet_NaN();
  double df = 0;  ///< that it would have then
  /// How many times the statistic is on average, under the hypothesis, what it would be of people drawn alone.
  double design_effect = std::numeric_limits<double>::quiet_NaN();
  double f = std::numeric_limits<double>::quiet_NaN();  ///< Pearson's statistic over its mean under the hypothesis
  double df_numerator = std::numeric_limits<double>::quiet_NaN();
  double df_denominator = std::numeric_limits<double>::quiet_NaN();
  double p = std::numeric_limits<double>::quiet_NaN();  ///< NaN where there is nothing to test
  /// Rows of a layer that somebody left, but people of fewer than 10 clusters: too few to tell how they vary.
  std::size_t rows_left_out = 0;
};

namespace detail {

/// A row of one layer: its shares, where each stands in the covariance, and the people behind them.
struct SurveyRow {
  std::vector<double> shares{};
  std::vector<Eigen::Index> cells{};
  double people = 0;
  double clusters = 0;
};

/// Rows of several layers out of the same strata, those of each stratum together.
inline SurveyTest compare_layers(const std::vector<std::vector<SurveyRow>>& by_stratum, const Matrix& covariance_of_all,
                                 double degrees_of_freedom) {
  constexpr double fewest_clusters = 10;
  SurveyTest out;
  double pearson = 0;
  std::vector<Eigen::Index> cells;  // of the covariance
  std::vector<double> wider;        // by which each deviates more than its own shares let it
  struct Block {                    // the cells of one move in all layers, one after the other
    std::size_t first;
    std::vector<double> people;
    double common;
  };
  std::vector<Block> blocks;
  for (const std::vector<SurveyRow>& all : by_stratum) {
    std::vector<const SurveyRow*> rows;
    double people = 0;
    for (const SurveyRow& row : all)
      if (row.people > 0 && row.clusters >= fewest_clusters) {
        rows.push_back(&row);
        people += row.people;
      } else {
        out.rows_left_out += row.people > 0 ? 1 : 0;
      }
    if (rows.size() < 2) continue;
    double moves = 0;
    for (std::size_t j = 0; j < rows.front()->shares.size(); ++j) {
      double common = 0;
      for (const SurveyRow* row : rows) common += row->people / people * row->shares[j];
      if (!(common > 0)) continue;
      ++moves;
      Block& block = blocks.emplace_back(Block{cells.size(), {}, common});
      for (const SurveyRow* row : rows) {
        cells.push_back(row->cells[j]);
        wider.push_back(std::sqrt(row->clusters / (row->clusters - 1)));
        block.people.push_back(row->people);
        pearson += row->people * (row->shares[j] - common) * (row->shares[j] - common) / common;
      }
    }
    out.df += static_cast<double>(rows.size() - 1) * (moves - 1);
  }
  if (!(out.df > 0)) return out;
  out.pearson = pearson;
  // The statistic is a quadratic form of the shares; times their covariance its eigenvalues are those of its law.
  const auto size = static_cast<Eigen::Index>(cells.size());
  Matrix form = Matrix::Zero(size, size);
  for (const Block& block : blocks) {
    double people = 0;
    for (const double n : block.people) people += n;
    const auto first = static_cast<Eigen::Index>(block.first), layers = static_cast<Eigen::Index>(block.people.size());
    for (Eigen::Index a = 0; a < layers; ++a) {
      const double of_a = block.people[static_cast<std::size_t>(a)];
      for (Eigen::Index b = 0; b < layers; ++b)
        form(first + a, first + b) =
            ((a == b ? of_a : 0) - of_a * block.people[static_cast<std::size_t>(b)] / people) / block.common;
    }
  }
  Matrix covariance(size, size);
  for (Eigen::Index a = 0; a < size; ++a)
    for (Eigen::Index b = 0; b < size; ++b)
      covariance(a, b) = wider[static_cast<std::size_t>(a)] * wider[static_cast<std::size_t>(b)] *
                         covariance_of_all(cells[static_cast<std::size_t>(a)], cells[static_cast<std::size_t>(b)]);
  const Matrix product = form * covariance;
  const double mean = product.trace(), squares = product.cwiseProduct(product.transpose()).sum();
  if (!(mean > 1e-12 * out.df && squares > 0)) return out;  // rounding is no variance
  out.design_effect = mean / out.df;
  out.f = out.pearson / mean;
  out.df_numerator = mean * mean / squares;
  out.df_denominator = out.df_numerator * degrees_of_freedom;
  out.p = boost::math::cdf(
      boost::math::complement(boost::math::fisher_f_distribution<>(out.df_numerator, out.df_denominator), out.f));
  return out;
}

/// As estimate_survey(), without its draws: what tests of many people need.
inline SurveyEstimate survey_without_draws(const Panel& panel, const SurveyDesign& design,
                                           const TallyOptions& options) {
  const SurveyMoves moves(panel, options, Unleft::absorbing);
  ShareVariance variance = variance_of_shares(moves, design);
  return {Ensemble(moves.point(), Known{}, "shares of a survey"), std::move(variance.covariance),
          variance.degrees_of_freedom, std::move(variance.clusters)};
}

inline void require_people(const std::vector<Vector>& people, std::size_t layers, std::size_t strata) {
  bool fits = people.size() == layers;
  for (const Vector& of : people) fits = fits && of.size() >= static_cast<Eigen::Index>(strata);
  if (!fits)
    throw Refusal("E-SHAPE", "found people of " + std::to_string(people.size()) + " layers; expected those of " +
                                 std::to_string(layers) + " layers, by stratum");
}

}  // namespace detail

/// Do the people of a survey move by the same matrix in every period? Of an estimate by period.
///
/// `people[m][i]` are those seen to leave stratum i in period m: they say what each row counts for, and rows of nobody
/// are left out, and so are those of fewer than 10 clusters: around their own shares, which few make, they vary less
/// than around those of all, and a test would reject what is true (of rows of two people in 22 % of samples). What is
/// left of that is mended by c / (c - 1) for c clusters. Assumes: the covariance of the design is right.
/// Effect on intervals: none; p allows for clusters, weights, and people who are seen in several periods. Throws
/// Refusal [E-SHAPE] for people of another number of periods, [E-LAYERS] for fewer than two. Cost: (moves made)^3.
/// Method: Pearson's statistic with the second-order correction of Rao and Scott (1984), Annals of Statistics 12(1), 46
/// to 60, by Satterthwaite's degrees of freedom, set against F (Thomas and Rao 1987).
[[nodiscard]] inline SurveyTest test_homogeneity_over_time(const SurveyEstimate& survey,
                                                           const std::vector<Vector>& people) {
  const Kernel& kernel = survey.ensemble.point();
  const std::size_t n = kernel.ladder().size(), strata = kernel.ladder().strata();
  detail::require_people(people, kernel.count(), strata);
  if (kernel.count() < 2) throw Refusal("E-LAYERS", "found one period; expected two or more to compare");
  std::vector<std::vector<detail::SurveyRow>> rows(strata);
  for (std::size_t i = 0; i < strata; ++i)
    for (std::size_t m = 0; m < kernel.count(); ++m) {
      detail::SurveyRow& row = rows[i].emplace_back();
      row.people = people[m][static_cast<Eigen::Index>(i)];
      row.clusters = survey.clusters[m * n + i];
      for (std::size_t j = 0; j < n; ++j) {
        row.shares.push_back(kernel.view(m)(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)));
        row.cells.push_back(static_cast<Eigen::Index>((m * n + i) * n + j));
      }
    }
  SurveyTest out = detail::compare_layers(rows, survey.covariance, survey.degrees_of_freedom);
  out.name = "homogeneity over time";
  out.hypothesis = "moves are the same in every period";
  return out;
}

/// Do all groups of people of a survey move by the same matrix? Of an estimate on a ladder for groups, of one matrix.
///
/// `people[g][i]` are those of group g seen to leave stratum i of the ladder that each group has. Throws as
/// test_homogeneity_over_time(); Refusal [E-PERIOD-MISSING] for an estimate by period.
[[nodiscard]] inline SurveyTest test_homogeneity_of_groups(const SurveyEstimate& survey,
                                                           const std::vector<Vector>& people) {
  const Kernel& kernel = survey.ensemble.point();
  const Ladder ladder = kernel.ladder(), each = ladder.of_each_group();
  const std::size_t groups = ladder.groups().size(), n = each.size();
  detail::require_people(people, groups, each.strata());
  if (groups < 2) throw Refusal("E-LAYERS", "found fewer than two groups; expected two or more to compare");
  if (kernel.count() > 1)
    throw Refusal("E-PERIOD-MISSING", "found groups whose periods are told apart; expected all periods pooled");
  std::vector<std::vector<detail::SurveyRow>> rows(each.strata());
  for (std::size_t i = 0; i < each.strata(); ++i)
    for (std::size_t g = 0; g < groups; ++g) {
      const auto from = static_cast<Eigen::Index>(ladder.for_group(i, g));
      detail::SurveyRow& row = rows[i].emplace_back();
      row.people = people[g][static_cast<Eigen::Index>(i)];
      row.clusters = survey.clusters[static_cast<std::size_t>(from)];
      for (std::size_t j = 0; j < n; ++j) {
        const auto to = static_cast<Eigen::Index>(ladder.for_group(j, g));
        row.shares.push_back(kernel.view(0)(from, to));
        row.cells.push_back(from * static_cast<Eigen::Index>(ladder.size()) + to);
      }
    }
  SurveyTest out = detail::compare_layers(rows, survey.covariance, survey.degrees_of_freedom);
  out.name = "homogeneity of groups";
  out.hypothesis = "people of all groups move by one matrix";
  return out;
}

}  // namespace rungs

#endif
