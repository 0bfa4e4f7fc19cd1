// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_ESTIMATE_SECOND_ORDER_SURVEY_HPP
#define RUNGS_ESTIMATE_SECOND_ORDER_SURVEY_HPP

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <rungs/estimate/second_order.hpp>
#include <rungs/estimate/survey.hpp>

namespace rungs {
namespace detail {

/// The time at which a panel of pairs has people without a pair.
inline constexpr std::int32_t without_pair = std::numeric_limits<std::int32_t>::min();

}  // namespace detail

/// The same people on the ladder of pairs: whoever is seen at two times one step apart stands at the second of them in
/// the pair of both, with the weight of the second record; whoever has left by an exit stands there.
///
/// People without such times stand in some pair once, at the earliest time that there is, with the weight 0 where there
/// are weights: they make no move, have no past in pasts(), and count as people who were drawn. One record a person and
/// pair, in the panel's order of people.
/// Throws as tally(). Cost: O(observations).
[[nodiscard]] inline Panel panel_of_pairs(const Panel& panel, Step step) {
  const Ladder &ladder = panel.ladder(), pairs = ladder_of_pairs(ladder);
  const TallyOptions options{.step = step};
  (void)tally(panel, options);  // refuses impossible moves and mixed steps
  std::vector<std::size_t> place(ladder.size() * ladder.size());
  for (std::size_t a = 0; a < ladder.strata(); ++a)
    for (std::size_t b = 0; b < ladder.size(); ++b)
      if (ladder.possible(a, b))
        place[a * ladder.size() + b] =
            pairs[ladder.is_exit(b) ? ladder.name(b) : ladder.name(a) + " > " + ladder.name(b)].index();
  for (std::size_t j = ladder.strata(); j < ladder.size(); ++j)
    place[j * ladder.size() + j] = pairs[ladder.name(j)].index();
  Observations rows;
  std::vector<char> has_pair(panel.people());
  const auto add = [&](std::size_t who, std::int64_t time, std::size_t where, double weight) {
    rows.add(static_cast<std::uint32_t>(who), static_cast<std::int32_t>(time), where);
    if (panel.weighted()) rows.weight.push_back(weight);
  };
  detail::for_each_pair(panel, options, [&](std::size_t who, std::size_t k, std::int64_t time, std::int64_t) {
    const std::size_t from = panel.strata()[k], to = panel.strata()[k + 1];
    add(who, time + step.units(), place[from * ladder.size() + to], panel.weight(k + 1));
    has_pair[who] = 1;
  });
  for (std::size_t who = 0; who < has_pair.size(); ++who)
    if (has_pair[who] == 0) add(who, detail::without_pair, 0, 0);
  return {pairs, std::move(rows), panel.weight_kind(), panel.file()};
}

/// Where those in each stratum were the step before, by weights: as pasts() of histories, of a panel_of_pairs(),
/// whose people without a pair have no past.
[[nodiscard]] inline Matrix pasts(const Panel& of_pairs, const Ladder& ladder, PastsOf which) {
  const auto strata = static_cast<Eigen::Index>(ladder.strata());
  Matrix out = Matrix::Zero(strata, strata);
  std::vector<std::pair<Eigen::Index, Eigen::Index>> pair(of_pairs.ladder().size(), {-1, -1});
  for (std::size_t a = 0; a < ladder.strata(); ++a)
    for (std::size_t b = 0; b < ladder.strata(); ++b)
      if (ladder.possible(a, b))
        pair[of_pairs.ladder()[ladder.name(a) + " > " + ladder.name(b)].index()] = {static_cast<Eigen::Index>(b),
                                                                                    static_cast<Eigen::Index>(a)};
  for (const Panel::Run& run : of_pairs.runs()) {
    if (run.start == detail::without_pair) continue;
    for (std::size_t k = which == PastsOf::all_moves ? run.begin : run.end - 1; k < run.end; ++k)
      if (const auto& [now, before] = pair[of_pairs.strata()[k]]; now >= 0) out(now, before) += of_pairs.weight(k);
  }
  for (Eigen::Index i = 0; i < strata; ++i)
    if (const double all = out.row(i).sum(); all > 0) out.row(i) /= all;
  return out;
}

/// A chain of second order of a survey.
struct SecondOrderSurvey {
  SecondOrder model;
  SurveyEstimate survey;  ///< the same on the ladder of pairs, with its covariance and intervals
};

/// The chain of second order of people drawn with unequal chances, in clusters or each alone: for everybody with a past
/// and a present stratum the weighted share that made each move, each move by the weight of the record it starts from.
///
/// Assumes: as fit_second_order(), and weights that are right. Effect on intervals: they are those of
/// estimate_survey() on the ladder of pairs: moves of one person (or cluster) stay together, rows vary together, and
/// weights times a constant change nothing. What few people with a past do to them is in
/// design_coverage_warnings(). Throws Refusal [E-ROW-EMPTY] for pairs that nobody was seen with, unless `unseen` is
/// absorbing; what first order or a prior would put there has no variance of the survey: Refusal [E-PRIOR]; and as
/// estimate_survey(). Cost: as estimate_survey(), of pairs.
[[nodiscard]] inline SecondOrderSurvey fit_second_order(const Panel& panel, const SurveyDesign& design, Step step,
                                                        const SecondOrderOptions& options = {}) {
  if (options.prior != 0 || options.unseen == UnseenPast::prior || options.unseen == UnseenPast::first_order)
    throw Refusal("E-PRIOR",
                  "found a prior, or rows of first order, in a survey; expected shares of people seen, or "
                  "pasts that nobody was seen with stated to be absorbing");
  const Ladder& ladder = panel.ladder();
  const bool absorbing = options.unseen == UnseenPast::absorbing;
  SurveyEstimate survey = estimate_survey(panel_of_pairs(panel, step), design, {.step = step, .step_stated = true},
                                          absorbing ? Unleft::absorbing : Unleft::unstated);
  if (absorbing) {  // whose past is left behind, too: they stand in the pair of their stratum with itself
    const Ladder& pairs = survey.ensemble.ladder();
    Matrix p = survey.ensemble.point().matrix(0);
    for (std::size_t a = 0; a < ladder.strata(); ++a)
      for (std::size_t b = 0; b < ladder.strata(); ++b) {
        if (a == b || !ladder.possible(a, b)) continue;
        const auto i = static_cast<Eigen::Index>(pairs[ladder.name(a) + " > " + ladder.name(b)].index()),
                   stay = static_cast<Eigen::Index>(pairs[ladder.name(b) + " > " + ladder.name(b)].index());
        if (p(i, i) > 0) std::swap(p(i, i), p(i, stay));  // no pair of two strata leads to itself
      }
    survey.ensemble = Ensemble(Kernel(TransitionMatrix(pairs, std::move(p), step)), survey.ensemble.draws(),
                               survey.ensemble.method());
  }
  survey.ensemble = Ensemble(survey.ensemble.point(), survey.ensemble.draws(), "second order, design-based");
  return {SecondOrder(ladder, survey.ensemble), std::move(survey)};
}

}  // namespace rungs

#endif
