// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_ESTIMATE_ESTIMATOR_HPP
#define RUNGS_ESTIMATE_ESTIMATOR_HPP

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <rungs/data/mobility_table.hpp>
#include <rungs/data/tally.hpp>
#include <rungs/model/ensemble.hpp>

namespace rungs {

/// What an estimator of one's own must offer: a name, and a model with its uncertainty from a tally.
///
/// | expression | returns | meaning |
/// |---|---|---|
/// | `e.name()` | `std::string` | how it is called in results |
/// | `e.fit(tally)` | `Ensemble` | the model; the ensemble's ladder is the tally's |
///
/// An author's first line is `static_assert(rungs::Estimator<Mine>)`, the second
/// `rungs::testing::check_estimator(mine)`.
template <class E>
concept Estimator = requires(const E& e, const Tally& t) {
  { e.name() } -> std::same_as<std::string>;
  { e.fit(t) } -> std::same_as<Ensemble>;
};

/// What to do with a stratum from which no move (and no stay) was observed.
enum class Unleft : std::uint8_t {
  unstated,   ///< refused by every estimator without a prior: it must be said
  absorbing,  ///< nobody leaves it
  prior,      ///< only the prior speaks; for estimators that have one
  refuse,     ///< an error
};

/// Fits a model: `estimate(tally(panel), DirichletRows{1})`.
template <Estimator E>
[[nodiscard]] Ensemble estimate(const Tally& tally, const E& estimator) {
  return estimator.fit(tally);
}

namespace detail {

/// The counts that a tally has for each matrix of the kernel: one, or one for each consecutive period.
///
/// Throws Refusal [E-PERIOD-MISSING] when a period between the first and the last has no moves.
inline std::vector<const Counts*> counts_by_matrix(const Tally& tally) {
  if (tally.by_period().empty()) return {&tally.pooled()};
  std::vector<const Counts*> out;
  std::int64_t expected = tally.by_period().begin()->first;
  for (const auto& [period, counts] : tally.by_period()) {
    if (period != expected)
      throw Refusal("E-PERIOD-MISSING",
                    "found no moves from period " + std::to_string(expected) + "; expected some in every period from " +
                        std::to_string(tally.by_period().begin()->first) + " to " +
                        std::to_string(tally.by_period().rbegin()->first) + ", or all periods pooled");
    out.push_back(&counts);
    expected += tally.step().units();
  }
  return out;
}

/// The period a matrix of the tally is for, in words: " in period 20", or nothing when all are pooled.
inline std::string in_period(const Tally& tally, std::size_t matrix) {
  if (tally.by_period().empty()) return {};
  return " in period " +
         std::to_string(tally.by_period().begin()->first + static_cast<std::int64_t>(matrix) * tally.step().units());
}

inline Kernel kernel_of(const Tally& tally, std::vector<TransitionMatrix> matrices) {
  if (tally.by_period().empty()) return Kernel(std::move(matrices.front()));
  return {Period(tally.by_period().begin()->first), std::move(matrices)};
}

inline Matrix identity(const Ladder& ladder) {
  return Matrix::Identity(static_cast<Eigen::Index>(ladder.size()), static_cast<Eigen::Index>(ladder.size()));
}

[[noreturn]] inline void refuse_empty_row(const Tally& tally, std::size_t stratum, std::size_t matrix) {
  throw Refusal(
      "E-ROW-EMPTY",
      "found no observed move from " + detail::quoted(tally.ladder().name(stratum)) + in_period(tally, matrix) +
          "; expected a stated treatment: absorbing (nobody leaves it), prior (with a Dirichlet prior), or refuse");
}

inline void refuse_weights_alone(const Tally& tally) {
  if (weights_alone(tally))
    throw Refusal(
        "E-WEIGHT-ALONE",
        "found sums of weights without the people behind them; expected the number of people of each cell too, "
        "or proportions, which then have no intervals");
}

/// Whether the share that moves up with weights is outside half the 95 % interval of the one without.
inline void warn_of_weights(const Tally& tally, std::vector<Warning>& out) {
  if (tally.weight_kind() != WeightKind::sampling && tally.weight_kind() != WeightKind::precision) return;
  const Counts& c = tally.pooled();
  double people = 0, weight = 0, up = 0, weight_up = 0;
  for (std::size_t i = 0; i < tally.ladder().strata(); ++i) {
    people += c.row_people(i);
    weight += c.row_weight(i);
    for (std::size_t j = 0; j < c.size(); ++j)
      if (tally.ladder().upward(i, j)) {
        up += c.people(i, j);
        weight_up += c.weight(i, j);
      }
  }
  if (!(people > 0 && weight > 0)) return;
  const double share = up / people, half = 1.96 * std::sqrt(share * (1 - share) / people);
  if (std::abs(weight_up / weight - share) > half)
    out.push_back({"W-WEIGHT-MATTERS", "with weights " + text(std::round(1000 * weight_up / weight) / 10) +
                                           " % of the moves and stays of one step go up, without " +
                                           text(std::round(1000 * share) / 10) +
                                           " %: more than chance makes of so many people; the weights must be right"});
}

}  // namespace detail

/// Which rows of the matrices of a tally an answer rests on: all, unless said.
struct RowsUsed {
  std::vector<std::vector<char>> by_matrix{};  ///< not 0 for the strata in use; empty: all rows are
  [[nodiscard]] bool operator()(std::size_t matrix, std::size_t stratum) const {
    return by_matrix.empty() || by_matrix[matrix][stratum] != 0;
  }
};

/// The rows by which people may move who start in some strata, in a period, and are followed for some steps: those of
/// all strata that possible moves lead to in time, but those `until` which they are followed.
[[nodiscard]] inline RowsUsed rows_used(const Tally& tally, const std::vector<std::size_t>& from, Period at, Span steps,
                                        const std::vector<std::size_t>& until = {}) {
  const Ladder& ladder = tally.ladder();
  const auto matrices = static_cast<std::int64_t>(std::max<std::size_t>(1, tally.by_period().size()));
  const std::vector<char> none(ladder.size());
  RowsUsed out{std::vector<std::vector<char>>(static_cast<std::size_t>(matrices), none)};
  std::vector<char> there = none;
  for (const std::size_t i : from) there[i] = 1;
  const auto ends = [&until](std::size_t i) { return std::find(until.begin(), until.end(), i) != until.end(); };
  for (std::int64_t t = 0; t < steps.steps(); ++t) {
    const std::int64_t first = tally.by_period().empty() ? 0 : tally.by_period().begin()->first;
    const std::int64_t matrix =
        tally.by_period().empty() ? 0 : (tally.step().after(at, t).label() - first) / tally.step().units();
    const std::vector<char> before = there;
    for (std::size_t i = 0; i < ladder.strata(); ++i) {
      if (before[i] == 0 || ends(i)) continue;
      if (matrix >= 0 && matrix < matrices) out.by_matrix[static_cast<std::size_t>(matrix)][i] = 1;
      for (std::size_t j = 0; j < ladder.strata(); ++j)
        if (ladder.possible(i, j)) there[j] = 1;
    }
    if (tally.by_period().empty() && there == before) break;
  }
  return out;
}

/// What a reader of a model fitted to these counts must know: thin rows, moves never seen, strata never seen; of the
/// rows in use.
///
/// Codes: W-WEIGHT-MATTERS (the share that moves up in a step is another without weights), W-WEIGHT-DOMINANT (of the
/// people behind a row fewer than half are effective), W-ROW-THIN (fewer than 30 effective people behind a row), W-ZERO
/// (possible moves never observed: the one-sided 95 % upper bound is about 3 / effective people), W-STATE-UNSEEN.
[[nodiscard]] inline std::vector<Warning> row_warnings(const Tally& tally, const RowsUsed& used = {}) {
  std::vector<Warning> out;
  const Ladder& ladder = tally.ladder();
  const auto rows = detail::counts_by_matrix(tally);
  std::string thin, zero, unlike;
  std::size_t thin_count = 0, zero_count = 0, unlike_count = 0;
  const bool weighted = tally.weight_kind() == WeightKind::sampling || tally.weight_kind() == WeightKind::precision;
  std::vector<char> seen(ladder.size());
  for (std::size_t m = 0; m < rows.size(); ++m)
    for (std::size_t i = 0; i < ladder.strata(); ++i) {
      const double people = rows[m]->row_effective_people(i);
      const bool in_use = used(m, i);
      if (in_use && people > 0 && people < 30 && ++thin_count <= 5)
        thin += (thin.empty() ? "" : ", ") + detail::quoted(ladder.name(i)) + detail::in_period(tally, m) + " (" +
                detail::text(std::round(people * 10) / 10) + " people)";
      if (weighted && in_use && people < 0.5 * rows[m]->row_people(i) && ++unlike_count <= 5)
        unlike += (unlike.empty() ? "" : ", ") + detail::quoted(ladder.name(i)) + detail::in_period(tally, m) + " (" +
                  detail::text(std::round(people * 10) / 10) + " of " + detail::text(rows[m]->row_people(i)) + ")";
      for (std::size_t j = 0; j < ladder.size(); ++j) {
        if (rows[m]->people(i, j) > 0) seen[i] = seen[j] = 1;
        if (in_use && people > 0 && ladder.possible(i, j) && !(rows[m]->people(i, j) > 0) && ++zero_count <= 5)
          zero += (zero.empty() ? "" : ", ") + detail::quoted(ladder.name(i)) + " -> " +
                  detail::quoted(ladder.name(j)) + detail::in_period(tally, m) + " (0 of " +
                  detail::text(std::round(people * 10) / 10) + (weighted ? " effective people)" : ")");
      }
    }
  const auto more = [](std::size_t n) { return n > 5 ? " and " + std::to_string(n - 5) + " more" : std::string(); };
  for (std::size_t i = 0; i < ladder.size(); ++i)
    if (seen[i] == 0)
      out.push_back({"W-STATE-UNSEEN",
                     detail::quoted(ladder.name(i)) + " is on the ladder but in no move or stay that was counted"});
  detail::warn_of_weights(tally, out);
  if (unlike_count > 0)
    out.push_back({"W-WEIGHT-DOMINANT",
                   "weights are so unlike that fewer than half of the people count behind the moves "
                   "from " +
                       unlike + more(unlike_count) + ": what is estimated from there rests on the largest weights"});
  if (thin_count > 0) out.push_back({"W-ROW-THIN", "few people behind the moves from " + thin + more(thin_count)});
  if (zero_count > 0)
    out.push_back({"W-ZERO", "possible moves that were never observed: " + zero + more(zero_count) +
                                 "; rare is not impossible: the one-sided 95 % upper bound is about 3 divided by the " +
                                 (weighted ? "effective people" : "people")});
  return out;
}

}  // namespace rungs

#endif
