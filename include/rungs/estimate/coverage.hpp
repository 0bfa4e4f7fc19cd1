// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_ESTIMATE_COVERAGE_HPP
#define RUNGS_ESTIMATE_COVERAGE_HPP

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <rungs/estimate/dirichlet.hpp>
#include <rungs/estimate/estimator.hpp>

namespace rungs {

/// A number for the row of one stratum: on it depends whether intervals of reach hold what they promise.
struct RowMeasure {
  double value;
  std::size_t stratum, matrix;
};

namespace detail {

/// Calls f with each row in use from which people can climb: stratum, matrix, effective people behind a unit of
/// weight (0: nobody seen) and its counts.
template <class F>
void for_each_climbing_row(const Tally& tally, const RowsUsed& used, const F& f) {
  const Ladder& ladder = tally.ladder();
  const auto rows = counts_by_matrix(tally);
  for (std::size_t m = 0; m < rows.size(); ++m)
    for (std::size_t i = 0; i < ladder.strata(); ++i) {
      const double weight = rows[m]->row_weight(i);
      bool climbs = false;
      for (std::size_t j = 0; j < ladder.strata(); ++j)
        climbs = climbs || (ladder.upward(i, j) && ladder.possible(i, j));
      if (climbs && used(m, i)) f(i, m, weight > 0 ? rows[m]->row_effective_people(i) / weight : 0.0, *rows[m]);
    }
}

}  // namespace detail

/// The fewest people whose moves up from a stratum tell how far people climb from it: (sum of rungs)^2 / (sum of
/// squared rungs), so that one who leaps counts with many who take a step as little as one with a large weight does.
///
/// Under weights people are the effective ones. Nothing where nobody was seen in any stratum that can be climbed from.
[[nodiscard]] inline std::optional<RowMeasure> fewest_climbers(const Tally& tally, const RowsUsed& used = {}) {
  std::optional<RowMeasure> out;
  const Ladder& ladder = tally.ladder();
  detail::for_each_climbing_row(tally, used, [&](std::size_t i, std::size_t m, double unit, const Counts& counts) {
    if (!(unit > 0)) return;
    double rungs = 0, squares = 0;
    for (std::size_t j = 0; j < ladder.strata(); ++j)
      if (ladder.upward(i, j)) {
        const double leap = ladder.height(j) - ladder.height(i), people = unit * counts.weight(i, j);
        rungs += people * leap;
        squares += people * leap * leap;
      }
    const double climbers = squares > 0 ? rungs * rungs / squares : 0.0;
    if (!out || climbers < out->value) out = RowMeasure{climbers, i, m};
  });
  return out;
}

/// The most that the prior adds to the rungs climbed from a stratum, in posterior standard errors of those rungs.
///
/// Close to 0 the data speak; near 1 and above an interval lies off the truth by as much as it is wide, although the
/// prior may be a small share of the row: it is moves that few people make that it adds to.
[[nodiscard]] inline std::optional<RowMeasure> strongest_pull(const Tally& tally, const DirichletRows& estimator,
                                                              const RowsUsed& used = {}) {
  std::optional<RowMeasure> out;
  const Ladder& ladder = tally.ladder();
  detail::for_each_climbing_row(tally, used, [&](std::size_t i, std::size_t m, double unit, const Counts& counts) {
    double added = 0, squares = 0;
    for (std::size_t j = 0; j < ladder.strata(); ++j)
      if (ladder.upward(i, j) && ladder.possible(i, j)) {
        const double leap = ladder.height(j) - ladder.height(i);
        added += estimator.prior * leap;
        squares += (unit * counts.weight(i, j) + estimator.prior) * leap * leap;
      }
    const double pull = added / std::sqrt(squares);
    if (!out || pull > out->value) out = RowMeasure{pull, i, m};
  });
  return out;
}

/// One kind of simulated data, and how often 95 % intervals of reach held the truth in them, in percent.
///
/// The whole table is docs/reference/studies/coverage.txt.
struct StudiedCoverage {
  const char* data;
  double climbers;                ///< mean of fewest_climbers()
  double pull;                    ///< mean of strongest_pull() with a prior weight of 1
  double proportions, posterior;  ///< with Proportions, with DirichletRows{1}
};

inline constexpr std::array<StudiedCoverage, 16> studied_coverage{{
    {"2 strata, 100 people x 2", 10.0, 0.31, 93.45, 94.20},
    {"2 strata, 20 people x 2: thin rows", 2.0, 0.62, 86.25, 96.97},
    {"3 strata, 300 people x 4", 60.0, 0.22, 94.27, 94.80},
    {"3 strata, 30 people x 2: thin rows", 1.6, 0.96, 83.55, 96.23},
    {"4 strata, 200 people x 2", 9.4, 0.74, 92.85, 94.75},
    {"4 strata, rare moves, 60 people x 4", 1.5, 1.33, 72.40, 18.27},
    {"4 strata, rare moves, 600 people x 4", 19.7, 0.66, 93.85, 75.50},
    {"5 strata, 60 % stay, 500 people x 3", 31.5, 0.62, 94.60, 92.62},
    {"6 strata, 95 % stay, 600 people x 3", 2.5, 1.64, 77.95, 49.38},
    {"8 strata, 50 % stay, 160 people x 3", 5.7, 1.97, 92.92, 2.23},
    {"8 strata, 50 % stay, 1000 people x 3", 44.7, 1.19, 93.90, 62.72},
    {"one-way ladder with an exit, 200 people x 5", 43.0, 0.15, 94.05, 93.90},
    {"one-way ladder with an exit, 30 people x 3: thin rows", 3.5, 0.49, 90.77, 94.90},
    {"3 strata and an exit, 300 people x 5", 71.6, 0.22, 94.88, 94.88},
    {"3 strata, weights unlike at random (log sd 0.8), 400 people x 3", 28.5, 0.32, 94.75, 94.92},
    {"3 strata, weights that go with moves, 400 people x 2", 24.6, 0.34, 95.05, 95.47},
}};

/// How often 95 % intervals of reach within 5 steps held the truth in surveys of few clusters, in percent.
///
/// The whole table is docs/reference/studies/coverage-models.txt. There people of a cluster are alike, and clusters
/// either have 45 people each, or some have several times as many as others, which falls short for longer.
struct StudiedDesign {
  double degrees_of_freedom;  ///< one less than the clusters
  double of_one_size;
  const char* sizes;  ///< of clusters unlike in size, in people
  double unlike;
};
inline constexpr std::array<StudiedDesign, 5> studied_designs{{
    {1, 84.52, "18 to 72", 85.17},
    {2, 95.55, "12 to 90", 91.97},
    {3, 96.92, "12 to 90", 92.95},
    {5, 96.78, "12 to 90", 93.60},
    {11, 95.03, "12 to 90", 93.85},
}};
/// From so many degrees of freedom on they held it in more than 93.5 %, whatever the sizes of clusters.
inline constexpr double freedom_needed = 5;

/// Held in fewer samples than this, in percent, 95 % intervals fall short: by more than 1.5, which chance makes of
/// 4,000 samples once in 70,000 times.
inline constexpr double held_enough = 93.5;

/// Chains of second order, by who climbs from a past and a present stratum: how often 95 % intervals held the truth, in
/// percent. As in the tables of models that follow, data in which they fall short come first, and all are of
/// docs/reference/studies/coverage-models.txt.
struct StudiedSecondOrder {
  const char* data;
  double climbers;                ///< mean of fewest_climbers() on the ladder of pairs
  double pull;                    ///< mean of strongest_pull() there with a prior of 1 / strata
  double proportions, posterior;  ///< reach from the lowest stratum, by the past of which it is held less often
};
inline constexpr std::array<StudiedSecondOrder, 2> studied_second_order{{
    {"second order, 3 strata, 60 people x 4: thin rows", 0.70, 0.55, 90.80, 93.70},
    {"second order, 3 strata, 400 people x 5", 11.8, 0.14, 93.83, 94.00},
}};
/// Logits, by the people to each coefficient.
struct StudiedLogit {
  const char* data;
  double people;       ///< mean of people_to_a_coefficient()
  double held, least;  ///< marginal effects with errors by person: all, and that which is held least often
};
inline constexpr std::array<StudiedLogit, 4> studied_logits{{
    {"logit pooled, 60 people x 2 moves, by person", 6.0, 93.17, 89.12},
    {"logit pooled, weights unlike at random (log sd 0.8), 400 people x 2 moves", 21.4, 93.67, 92.75},
    {"logit by origin, 400 people x 2 moves", 26.6, 94.67, 93.69},
    {"logit pooled, 400 people x 2 moves", 40.0, 94.77, 93.90},
}};
/// Mixtures, by the people to each parameter and the moves that were seen of each of them.
struct StudiedMixture {
  const char* data;
  double people, moves;  ///< people to each parameter, and moves of each
  double first, others;  ///< moves of those who move most, and of the others
};
inline constexpr std::array<StudiedMixture, 2> studied_mixtures{{
    {"mixture of two chains, 120 people x 6 waves", 8, 5, 91.46, 74.57},
    {"mixture of two chains, 300 people x 10 waves", 20, 9, 95.05, 94.30},
}};
/// Rates of events and their ratio, by the people in the smaller of two groups.
struct StudiedRates {
  const char* data;
  double people;                                                   ///< in the smaller of two groups
  double robust, robust_ratio, negative_binomial, binomial_ratio;  ///< rates and their ratio
};
inline constexpr std::array<StudiedRates, 2> studied_rates{{
    {"rates that differ between people (alpha 0.5), 30 people", 15, 91.90, 92.70, 94.23, 93.30},
    {"rates that differ between people (alpha 0.5), 200 people", 100, 94.35, 94.62, 94.75, 94.85},
}};
/// Measures of association, by people.
struct StudiedAssociation {
  const char* data;
  double people;
  double least, most;  ///< of seven measures, those held least and most often
};
inline constexpr std::array<StudiedAssociation, 2> studied_associations{{
    {"association, 4 x 4 classes, 30 people", 30, 89.72, 92.62},
    {"association, 4 x 4 classes, 300 people", 300, 95.00, 95.30},
}};
inline constexpr double gamma_of_strong_association = 85.70;  ///< of 30 people

/// Association in surveys, by one less than the clusters: of seven measures, how often the 95 % interval of the one
/// held least often and of that held most often held the truth, in percent of 4,000 samples. Villages differ in both
/// variables; they have 24 people each, of whom some are drawn half as often as others, or one in three has 48 and the
/// others 12.
struct StudiedAssociationDesign {
  double degrees_of_freedom;
  double least, most;                ///< of clusters of one size
  double least_unlike, most_unlike;  ///< of clusters of 12 and 48 people
};
inline constexpr std::array<StudiedAssociationDesign, 9> studied_association_designs{{
    {1, 89.0, 92.6, 90.3, 93.8},
    {2, 89.5, 95.0, 87.8, 94.4},
    {3, 89.5, 95.7, 81.3, 93.9},
    {4, 90.1, 95.5, 85.0, 95.6},
    {5, 91.3, 95.9, 86.3, 94.7},
    {7, 92.5, 96.1, 89.2, 95.6},
    {11, 93.8, 95.9, 89.5, 95.1},
    {19, 94.3, 95.6, 90.5, 94.8},
    {39, 94.7, 95.5, 93.1, 95.1},
}};

/// Below so many climbers intervals of reach were held in less than 93.5 %, at this pull of a prior and above in as
/// few as 2 %.
inline constexpr double climbers_needed = 15, pull_allowed = 0.5;

namespace detail {

/// The studied data whose measure is nearest, by ratio; of NaN the first.
template <class Studied, std::size_t N>
const Studied& nearest_studied(const std::array<Studied, N>& studied, double value, double Studied::*measure) {
  const auto apart = [&](const Studied& s) { return std::abs(std::log(s.*measure / std::clamp(value, 0.01, 1e15))); };
  const Studied* out = studied.data();
  for (const Studied& s : studied)
    if (apart(s) < apart(*out)) out = &s;
  return *out;
}

/// "4 people", "1 person"; with "effective", "4 effective people".
inline std::string people_text(double people, const char* kind = "") {
  const double rounded = std::round(people * 10) / 10;
  return text(rounded) + kind + (rounded == 1 ? " person" : " people");
}

/// "what is known of how far people climb from 'a' is from as few as 4 people", or that nobody was seen to.
inline std::string known_of(const std::string& stratum, double climbers, const char* kind = "") {
  if (climbers == 0) return "nobody was seen to climb from " + stratum;
  return "what is known of how far people climb from " + stratum + " is from as few as " + people_text(climbers, kind);
}

/// How often intervals held the truth in data studied: in the nearest, where they fell short there, and in the worst of
/// those that are as hard or harder, which `harder` picks and `words` name.
template <class Harder>
std::string held(const StudiedCoverage& nearest, double StudiedCoverage::*percent, const Harder& harder,
                 const char* words) {
  const StudiedCoverage* worst = &nearest;
  for (const StudiedCoverage& s : studied_coverage)
    if (harder(s) && s.*percent < worst->*percent) worst = &s;
  std::string out = "95 % intervals of reach within 5 steps held the truth in ";
  const auto of = [percent](const StudiedCoverage& s) { return text(s.*percent) + " % of samples of "; };
  if (worst == &nearest) return out + of(nearest) + "the nearest data studied (" + nearest.data + ")";
  if (!(nearest.*percent < held_enough))
    return out + of(*worst) + "the worst data studied " + words + " (" + worst->data + ")";
  return out + of(nearest) + "the nearest data studied (" + nearest.data + "), and in " + text(worst->*percent) +
         " % of the worst " + words + " (" + worst->data + ")";
}

}  // namespace detail

/// W-COVERAGE when few people tell how far others climb from a stratum (fewest_climbers() below 15): outside the data
/// in which intervals of Proportions, of the bootstrap and of surveys were shown to hold what they promise.
///
/// Quotes of the data studied the nearest, where intervals fell short there, and the worst with as few or fewer.
/// Not found by it: clusters and people whose moves are alike, which a tally does not show.
[[nodiscard]] inline std::vector<Warning> coverage_warnings(const Tally& tally, const RowsUsed& used = {}) {
  const std::optional<RowMeasure> few = fewest_climbers(tally, used);
  if (!few || few->value >= climbers_needed) return {};
  const StudiedCoverage& s = detail::nearest_studied(studied_coverage, few->value, &StudiedCoverage::climbers);
  const auto harder = [&few](const StudiedCoverage& other) { return other.climbers <= few->value; };
  return {{"W-COVERAGE", "intervals of reach are too narrow: " +
                             detail::known_of(detail::quoted(tally.ladder().name(few->stratum)) +
                                                  detail::in_period(tally, few->matrix),
                                              few->value, " effective") +
                             "; " + detail::held(s, &StudiedCoverage::proportions, harder, "with as few or fewer")}};
}

/// W-COVERAGE when a prior adds more than half a standard error to the rungs climbed from a stratum: outside the data
/// in which intervals of its posterior were shown to hold what they promise.
///
/// Quotes of the data studied the nearest, where intervals fell short there, and the worst with as large a pull.
[[nodiscard]] inline std::vector<Warning> coverage_warnings(const Tally& tally, const DirichletRows& estimator,
                                                            const RowsUsed& used = {}) {
  const std::optional<RowMeasure> pull = strongest_pull(tally, estimator, used);
  if (!pull || pull->value <= pull_allowed) return {};
  const StudiedCoverage& s = detail::nearest_studied(studied_coverage, pull->value, &StudiedCoverage::pull);
  const auto harder = [&pull](const StudiedCoverage& other) { return other.pull >= pull->value; };
  return {{"W-COVERAGE", "intervals of reach may lie off the truth: to the rungs climbed from " +
                             detail::quoted(tally.ladder().name(pull->stratum)) +
                             detail::in_period(tally, pull->matrix) + " the prior adds " +
                             detail::text(std::round(pull->value * 100) / 100) + " times their standard error; " +
                             detail::held(s, &StudiedCoverage::posterior, harder, "with as much or more") +
                             "; try a smaller prior"}};
}

/// W-COVERAGE when clusters less the parts of the frame, or replicates less one, are fewer than 5: intervals widen for
/// few clusters, by Student's distribution, but not by enough where clusters are unlike in size, or only two.
///
/// Quotes the study at so many degrees of freedom, or at the next fewer that were studied. Single moves fall short as
/// reach does: of two clusters they were held in 86 to 90 %, of unlike ones in 93 %.
[[nodiscard]] inline std::vector<Warning> design_coverage_warnings(double degrees_of_freedom) {
  if (degrees_of_freedom >= freedom_needed) return {};  // NaN warns
  const StudiedDesign* s = studied_designs.data();
  for (const StudiedDesign& other : studied_designs)
    if (other.degrees_of_freedom <= degrees_of_freedom) s = &other;
  return {{"W-COVERAGE", std::string("intervals ") + (s->of_one_size < 93.5 ? "are" : "may be") +
                             " too narrow: the design has " + detail::text(degrees_of_freedom) +
                             (degrees_of_freedom == 1 ? " degree" : " degrees") +
                             " of freedom, and so few clusters tell little of how clusters vary; with " +
                             detail::text(s->degrees_of_freedom + 1) +
                             " clusters 95 % intervals of reach within 5 steps held the truth in " +
                             detail::text(s->of_one_size) + " % of samples if they were of one size, in " +
                             detail::text(s->unlike) + " % if of " + s->sizes + " people"}};
}

/// W-COVERAGE of a chain of second order, by its moves on the ladder of pairs: of the data studied the nearest, by
/// fewest_climbers(), are those in which intervals of reach fall short; or a prior adds more to the rungs climbed than
/// in any of them.
[[nodiscard]] inline std::vector<Warning> second_order_coverage_warnings(const Tally& pairs, double prior,
                                                                         const RowsUsed& used = {}) {
  const Ladder& ladder = pairs.ladder();
  if (prior > 0) {
    const std::optional<RowMeasure> pull = strongest_pull(pairs, DirichletRows{prior}, used);
    const StudiedSecondOrder& most = studied_second_order.front();
    if (!pull || pull->value <= most.pull) return {};
    return {{"W-COVERAGE", "intervals of reach may lie off the truth: to the rungs climbed from " +
                               detail::quoted(ladder.name(pull->stratum)) + " the prior adds " +
                               detail::text(std::round(pull->value * 100) / 100) +
                               " times their standard error, more than in any chain of second order that was studied: "
                               "at " +
                               detail::text(most.pull) +
                               " times 95 % intervals of reach within 5 steps held the truth "
                               "in " +
                               detail::text(most.posterior) + " % of samples (" + most.data +
                               "); try a smaller prior"}};
  }
  const std::optional<RowMeasure> few = fewest_climbers(pairs, used);
  if (!few) return {};
  const StudiedSecondOrder& s =
      detail::nearest_studied(studied_second_order, few->value, &StudiedSecondOrder::climbers);
  if (s.proportions >= held_enough) return {};
  return {
      {"W-COVERAGE",
       "intervals of reach are too narrow: " + detail::known_of(detail::quoted(ladder.name(few->stratum)), few->value) +
           "; 95 % intervals of reach within 5 steps held the truth in " + detail::text(s.proportions) +
           " % of samples of the nearest data studied (" + s.data + ")"}};
}

/// W-COVERAGE of a logit with errors by person, where of the data studied those in which intervals fall short are the
/// nearest by `people`: the effective people to each coefficient, of the stratum with the fewest.
[[nodiscard]] inline std::vector<Warning> logit_coverage_warnings(double people) {
  const StudiedLogit& s = detail::nearest_studied(studied_logits, people, &StudiedLogit::people);
  if (s.held >= held_enough) return {};
  return {{"W-COVERAGE", "intervals of the logit are too narrow: there are as few as " +
                             detail::text(std::round(people * 10) / 10) +
                             " effective people to each coefficient; 95 % intervals of marginal effects held the truth "
                             "in " +
                             detail::text(s.held) + " % of samples of the nearest data studied (" + s.data +
                             "), and the least of them in " + detail::text(s.least) + " %"}};
}

/// W-COVERAGE of a mixture, where the people to each of its parameters, or the moves seen of each of them, are nearer
/// to those of the data studied in which intervals fall short than to those in which they hold.
[[nodiscard]] inline std::vector<Warning> mixture_coverage_warnings(double people_to_a_parameter,
                                                                    double moves_of_each) {
  const StudiedMixture& s = studied_mixtures.front();
  if (&detail::nearest_studied(studied_mixtures, people_to_a_parameter, &StudiedMixture::people) != &s &&
      &detail::nearest_studied(studied_mixtures, moves_of_each, &StudiedMixture::moves) != &s)
    return {};
  return {{"W-COVERAGE", "intervals of the mixture are too narrow: to each parameter there are " +
                             detail::text(std::round(people_to_a_parameter * 10) / 10) + " people, seen to make " +
                             detail::text(std::round(moves_of_each * 10) / 10) +
                             " moves each; 95 % intervals of the moves of those who move most held the truth in " +
                             detail::text(s.first) + " % of samples, and of the others in " + detail::text(s.others) +
                             " %, in the nearest data studied (" + s.data + ")"}};
}

/// W-COVERAGE of rates with robust errors, or of a negative binomial with those of its model, where of the data studied
/// those in which intervals fall short are the nearest by the people in the smallest group.
[[nodiscard]] inline std::vector<Warning> rates_coverage_warnings(double fewest_people, bool robust) {
  const StudiedRates& s = detail::nearest_studied(studied_rates, fewest_people, &StudiedRates::people);
  const double rate = robust ? s.robust : s.negative_binomial, ratio = robust ? s.robust_ratio : s.binomial_ratio;
  if (std::min(rate, ratio) >= held_enough) return {};
  return {{"W-COVERAGE", std::string("intervals ") + (robust ? "by robust errors" : "of the negative binomial") +
                             " are too narrow: the smallest group has " + detail::text(fewest_people) +
                             (fewest_people == 1 ? " record" : " records") + "; 95 % ones held a rate in " +
                             detail::text(rate) + " % of samples, and a ratio of rates in " + detail::text(ratio) +
                             " %, in the nearest data studied (" + s.data + " in two groups)"}};
}

/// W-COVERAGE of measures of association in a survey of fewer than 39 degrees of freedom, clusters less the parts of
/// the frame: quotes the study at so many, or at the next fewer that were studied.
[[nodiscard]] inline std::vector<Warning> association_design_coverage_warnings(double degrees_of_freedom) {
  const StudiedAssociationDesign* s = studied_association_designs.data();
  if (degrees_of_freedom >= studied_association_designs.back().degrees_of_freedom) return {};  // NaN warns
  for (const StudiedAssociationDesign& other : studied_association_designs)
    if (other.degrees_of_freedom <= degrees_of_freedom) s = &other;
  const auto from_to = [](double least, double most) { return detail::text(least) + " to " + detail::text(most); };
  return {{"W-COVERAGE", std::string("intervals of association ") + (s->least < held_enough ? "are" : "may be") +
                             " too narrow: the design has " + detail::text(degrees_of_freedom) +
                             (degrees_of_freedom == 1 ? " degree" : " degrees") + " of freedom; with " +
                             detail::text(s->degrees_of_freedom + 1) + " clusters 95 % ones held the truth in " +
                             from_to(s->least, s->most) + " % of samples, by measure, if they were of one size, in " +
                             from_to(s->least_unlike, s->most_unlike) + " % if of 12 and 48 people"}};
}

/// W-COVERAGE of measures of association, where of the data studied those in which intervals fall short are the nearest
/// by the number of people.
[[nodiscard]] inline std::vector<Warning> association_coverage_warnings(double people) {
  const StudiedAssociation& s = detail::nearest_studied(studied_associations, people, &StudiedAssociation::people);
  if (s.least >= held_enough) return {};
  return {{"W-COVERAGE", "intervals of association are too narrow: there are " + detail::text(people) +
                             " people; 95 % ones held the truth in " + detail::text(s.least) + " to " +
                             detail::text(s.most) + " % of samples of the nearest data studied (" + s.data +
                             "), and that of gamma in " + detail::text(gamma_of_strong_association) +
                             " % where the association is strong"}};
}

}  // namespace rungs

#endif
