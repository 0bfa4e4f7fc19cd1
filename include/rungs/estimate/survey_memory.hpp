// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_ESTIMATE_SURVEY_MEMORY_HPP
#define RUNGS_ESTIMATE_SURVEY_MEMORY_HPP

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include <rungs/estimate/memory.hpp>
#include <rungs/estimate/survey_tests.hpp>

namespace rungs {

/// A share of a survey's people after several steps, beside what the chain without memory that is fitted to the same
/// people says of the same starts.
///
/// Every record of a person who was followed for all the steps is a start, and counts by its weight.
struct SurveyShare {
  double seen = std::numeric_limits<double>::quiet_NaN();  ///< NaN where nobody was followed so long, as what follows
  double by_chain = std::numeric_limits<double>::quiet_NaN();
  /// Of the difference: other people might have been drawn, who make both figures anew; NaN where nothing varies.
  double standard_error = std::numeric_limits<double>::quiet_NaN();
  double degrees_of_freedom = 0;  ///< of the design
  double starts = 0;
  double people = 0;  ///< behind the starts, each counted once whatever the weight
  [[nodiscard]] double difference() const noexcept { return seen - by_chain; }
};

namespace detail {

/// A move out of a stratum, by what may tell moves out of it apart.
struct LayeredMove {
  std::size_t stratum, layer, outcome;
  double weight;
};

/// Whether the moves out of each stratum are alike in all layers, as test_homogeneity_over_time() has it.
class LayeredMoves {
 public:
  LayeredMoves(std::size_t people, std::size_t strata, std::size_t layers, std::size_t outcomes)
      : strata_(strata),
        layers_(layers),
        outcomes_(outcomes),
        of_person_(people),
        sums_(strata * layers * outcomes),
        weights_(strata * layers),
        moves_(strata * layers) {}
  void add(std::size_t who, const LayeredMove& move) {
    if (!(move.weight > 0)) return;
    of_person_[who].push_back(move);
    sums_[row(move) * outcomes_ + move.outcome] += move.weight;
    weights_[row(move)] += move.weight;
    moves_[row(move)] += 1;
  }
  [[nodiscard]] SurveyTest compare(const SurveyDesign& design) const {
    std::vector<Eigen::Index> cell(sums_.size(), -1);  // of the outcomes that the stratum has, in rows with moves
    std::vector<double> share(sums_.size());
    std::vector<std::vector<SurveyRow>> rows(strata_);
    Eigen::Index size = 0;
    for (std::size_t i = 0; i < strata_; ++i)
      for (std::size_t layer = 0; layer < layers_; ++layer) {
        const std::size_t row = i * layers_ + layer;
        SurveyRow& out = rows[i].emplace_back();
        out.people = moves_[row];
        const double sum = weights_[row];
        for (std::size_t j = 0; j < outcomes_; ++j) {
          const std::size_t k = row * outcomes_ + j;
          if (!has_outcome(i, j)) continue;
          if (sum > 0) cell[k] = size++;
          share[k] = sum > 0 ? sums_[k] / sum : 0;
          out.shares.push_back(share[k]);
          out.cells.push_back(cell[k]);
        }
      }
    const auto add = [&](std::size_t who, Vector& out) {
      for (const LayeredMove& move : of_person_[who]) {
        const std::size_t first = row(move) * outcomes_;
        for (std::size_t k = first; k < first + outcomes_; ++k)
          if (cell[k] >= 0)
            out[cell[k]] += move.weight / weights_[row(move)] * ((k - first == move.outcome ? 1 : 0) - share[k]);
      }
    };
    const auto count = [&](const Vector& of_cluster) {
      for (std::vector<SurveyRow>& of_stratum : rows)
        for (SurveyRow& one : of_stratum)
          one.clusters += std::any_of(one.cells.begin(), one.cells.end(),
                                      [&](Eigen::Index k) { return k >= 0 && std::abs(of_cluster[k]) > 1e-12; })
                              ? 1
                              : 0;
    };
    const ClusterVariance variance = variance_between_clusters(design, of_person_.size(), size, add, count);
    return compare_layers(rows, variance.covariance, variance.degrees_of_freedom);
  }

 private:
  [[nodiscard]] std::size_t row(const LayeredMove& move) const noexcept { return move.stratum * layers_ + move.layer; }
  [[nodiscard]] bool has_outcome(std::size_t stratum, std::size_t outcome) const {
    for (std::size_t layer = 0; layer < layers_; ++layer)
      if (sums_[(stratum * layers_ + layer) * outcomes_ + outcome] > 0) return true;
    return false;
  }
  std::size_t strata_, layers_, outcomes_;
  std::vector<std::vector<LayeredMove>> of_person_;
  std::vector<double> sums_, weights_, moves_;  ///< of each outcome; of all, and how many moves, by stratum and layer
};

/// The panel by histories, with the weight of every record.
class WeightedHistories {
 public:
  WeightedHistories(const Panel& panel, Step step) : histories_(histories(panel, {.step = step})), panel_(panel) {
    if (panel.weight_kind() == WeightKind::frequency)
      throw Refusal("E-WEIGHT-KIND",
                    "found frequency weights in a survey; expected sampling weights, or none: a record that stands for "
                    "several people does not say who was drawn with whom");
    for (std::size_t k = 0, first = 0; k < histories_.size(); ++k) {
      first_.push_back(first);  // histories are cut from the panel one after the other
      first += histories_.strata(k).size();
    }
  }
  [[nodiscard]] const Histories& operator*() const noexcept { return histories_; }
  [[nodiscard]] const Histories* operator->() const noexcept { return &histories_; }
  [[nodiscard]] double weight(std::size_t k, std::size_t t) const { return panel_.weight(first_[k] + t); }

 private:
  Histories histories_;
  const Panel& panel_;
  std::vector<std::size_t> first_{};
};

/// The share of the starts that came to something, against `by_start` of the chain, whose sum over all starts gains
/// `slope(weight of the starts by stratum)` with every entry of the matrix; `windows(f)` calls
/// f(history, record in it, stratum, whether it came to it).
template <class Windows, class Slope>
SurveyShare against_chain(const WeightedHistories& h, const SurveyDesign& design, const Matrix& p,
                          const Vector& moves_by_row, const Vector& by_start, const Windows& windows,
                          const Slope& slope) {
  SurveyShare out;
  Vector starts = Vector::Zero(p.rows());
  double all = 0, came = 0, expected = 0;
  std::vector<char> followed(h->identities());
  windows([&](std::size_t k, std::size_t t, std::size_t from, bool there) {
    const double w = h.weight(k, t);
    if (!(w > 0)) return;
    const auto i = static_cast<Eigen::Index>(from);
    out.starts += 1;
    followed[h->person(k)] = 1;
    starts[i] += w;
    all += w;
    came += there ? w : 0;
    expected += w * by_start[i];
  });
  out.people = static_cast<double>(std::count(followed.begin(), followed.end(), 1));
  if (!(all > 0)) return out;
  out.seen = came / all;
  out.by_chain = expected / all;
  // What each person adds to the difference: by starts, and by the moves that the matrix is fitted to.
  std::vector<double> influence(h->identities());
  windows([&](std::size_t k, std::size_t t, std::size_t from, bool there) {
    influence[h->person(k)] +=
        h.weight(k, t) / all * ((there ? 1 : 0) - by_start[static_cast<Eigen::Index>(from)] - out.difference());
  });
  const Matrix gain = slope(starts);
  const Vector of_row = gain.cwiseProduct(p).rowwise().sum();
  for (std::size_t k = 0; k < h->size(); ++k) {
    const std::span<const std::uint16_t> s = h->strata(k);
    for (std::size_t t = 0; t + 1 < s.size(); ++t) {
      const auto from = static_cast<Eigen::Index>(s[t]), to = static_cast<Eigen::Index>(s[t + 1]);
      if (moves_by_row[from] > 0)
        influence[h->person(k)] -= h.weight(k, t) / moves_by_row[from] * (gain(from, to) - of_row[from]);
    }
  }
  const ClusterVariance variance = variance_between_clusters(
      design, influence.size(), 1, [&](std::size_t who, Vector& sum) { sum[0] += influence[who]; });
  out.degrees_of_freedom = variance.degrees_of_freedom;
  if (variance.covariance(0, 0) > 1e-24) out.standard_error = std::sqrt(variance.covariance(0, 0));
  return out;
}

/// The weighted shares of all moves, and the weight behind each row; whoever nobody was seen to leave stays.
inline std::pair<Matrix, Vector> weighted_shares(const WeightedHistories& h) {
  const auto n = static_cast<Eigen::Index>(h->ladder().size());
  Matrix p = Matrix::Zero(n, n);
  for (std::size_t k = 0; k < h->size(); ++k) {
    const std::span<const std::uint16_t> s = h->strata(k);
    for (std::size_t t = 0; t + 1 < s.size(); ++t)
      p(static_cast<Eigen::Index>(s[t]), static_cast<Eigen::Index>(s[t + 1])) += h.weight(k, t);
  }
  Vector rows = p.rowwise().sum();
  for (Eigen::Index i = 0; i < n; ++i)
    if (rows[i] > 0)
      p.row(i) /= rows[i];
    else
      p(i, i) = 1;
  return {std::move(p), std::move(rows)};
}

}  // namespace detail

/// Does the next stratum of a survey's people depend on the past beside the present one?
///
/// The moves out of each stratum are told apart by the stratum before it; each counts by the weight of the record it
/// starts from. Assumes: weights that are right, and clusters drawn with replacement. Rows of fewer than 10 clusters
/// are left out, as in test_homogeneity_over_time(). Effect on intervals: where it is rejected, intervals of answers
/// over several steps are of a chain that people do not follow; survey_reach() tells how far off it is. Throws Refusal
/// [E-WEIGHT-KIND] for frequency weights, [E-DESIGN-LONELY], [E-SHAPE], and as tally(). Cost: (strata^2 x moves out of
/// each)^3. Method: that of test_homogeneity_over_time(), of the layers of test_order().
[[nodiscard]] inline SurveyTest test_order(const Panel& panel, const SurveyDesign& design, Step step) {
  const detail::WeightedHistories h(panel, step);
  const std::size_t strata = panel.ladder().strata();
  detail::LayeredMoves moves(panel.people(), strata, strata, panel.ladder().size());
  for (std::size_t k = 0; k < h->size(); ++k) {
    const std::span<const std::uint16_t> s = h->strata(k);
    for (std::size_t t = 1; t + 1 < s.size(); ++t)
      if (s[t] < strata) moves.add(h->person(k), {s[t], s[t - 1], s[t + 1], h.weight(k, t)});
  }
  SurveyTest out = moves.compare(design);
  out.name = "order 1 against 2";
  out.hypothesis = "the next stratum depends on the present one alone";
  return out;
}

/// Whether leaving depends on the time already spent in a stratum, of a survey, and how often people leave by it.
struct SurveyDuration {
  SurveyTest test;
  std::vector<LeavingRate> rates{};  ///< by time, over all strata: weights in place of people
};

/// Does leaving a stratum depend on the time already spent in it, of a survey?
///
/// Time is counted in steps from an entry that was seen, up to `longest`, which stands for all above. Otherwise as
/// test_order() of a survey. Method: that of test_homogeneity_over_time(), of the layers of test_duration().
[[nodiscard]] inline SurveyDuration test_duration(const Panel& panel, const SurveyDesign& design, Step step,
                                                  Span longest = Span(5)) {
  const detail::WeightedHistories h(panel, step);
  const std::size_t strata = panel.ladder().strata(), most = static_cast<std::size_t>(longest.steps());
  SurveyDuration out;
  for (std::size_t d = 0; d <= most; ++d) out.rates.push_back({d, 0, 0});
  detail::LayeredMoves moves(panel.people(), strata, most + 1, 2);
  for (std::size_t k = 0; k < h->size(); ++k) {
    const std::span<const std::uint16_t> s = h->strata(k);
    for (std::size_t t = 1, entry = 0; t + 1 < s.size(); ++t) {
      if (s[t] != s[t - 1]) entry = t;
      if (entry == 0 || !(s[t] < strata)) continue;
      const std::size_t time = std::min(t - entry, most), left = s[t + 1] != s[t] ? 1 : 0;
      const double w = h.weight(k, t);
      moves.add(h->person(k), {s[t], time, left, w});
      out.rates[time].people += w;
      out.rates[time].left += left > 0 ? w : 0;
    }
  }
  out.test = moves.compare(design);
  out.test.name = "leaving by time in the stratum";
  out.test.hypothesis = "leaving does not depend on the time already spent in a stratum";
  return out;
}

/// Which share of a survey's people was in one stratum at all of the steps + 1 periods, and what the chain says.
///
/// Assumes: one matrix for all periods. Effect on intervals: where more stay than the chain has, long-run mobility is
/// overstated. Throws as test_order() of a survey. Cost: observations, and clusters. Method: linearisation of the
/// difference from the powers of the diagonal; Blumen, Kogan and McCarthy (1955) for the question.
[[nodiscard]] inline SurveyShare never_moved(const Panel& panel, const SurveyDesign& design, Step step, Span steps) {
  const detail::WeightedHistories h(panel, step);
  const auto [p, rows] = detail::weighted_shares(h);
  const Matrix& shares = p;
  const auto power = static_cast<double>(steps.steps());
  const auto k_steps = static_cast<std::size_t>(steps.steps());
  const auto windows = [&](const auto& found) {
    for (std::size_t k = 0; k < h->size(); ++k)
      for (std::size_t t = 0; t < h->strata(k).size() && t + k_steps < h->followed(k); ++t) {
        const std::size_t from = h->at(k, t);
        if (h->ladder().is_exit(from)) continue;
        bool same = true;
        for (std::size_t s = 1; s <= k_steps && same; ++s) same = h->at(k, t + s) == from;
        found(k, t, from, same);
      }
  };
  return detail::against_chain(h, design, p, rows, p.diagonal().array().pow(power).matrix(), windows,
                               [&](const Vector& starts) {
                                 Matrix out = Matrix::Zero(shares.rows(), shares.cols());
                                 for (Eigen::Index i = 0; i < out.rows(); ++i)
                                   out(i, i) = starts[i] / starts.sum() * power * std::pow(shares(i, i), power - 1);
                                 return out;
                               });
}

/// Which share of a survey's people reached a target within some steps, as observed, and what the chain says.
///
/// Throws as test_order() of a survey, and as observed_reach(). Cost: observations x steps, and clusters. Method:
/// linearisation of both figures.
[[nodiscard]] inline SurveyShare survey_reach(const Panel& panel, const SurveyDesign& design, Step step,
                                              const AskedReach& asked) {
  const Ladder& ladder = panel.ladder();
  detail::check(ladder, asked);
  const detail::WeightedHistories h(panel, step);
  const auto [p, rows] = detail::weighted_shares(h);
  const Matrix& shares = p;
  return detail::against_chain(
      h, design, p, rows, detail::reach_by_start(ladder, asked, p),
      [&](const auto& found) { detail::each_window(*h, asked, found); },
      [&](const Vector& starts) { return detail::reach_slope(ladder, asked, shares, starts); });
}

}  // namespace rungs

#endif
