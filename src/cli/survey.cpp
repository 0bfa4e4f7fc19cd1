// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include "survey.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <functional>
#include <iterator>
#include <map>
#include <set>
#include <string_view>
#include <system_error>
#include <vector>

#include "table.hpp"

namespace rungs::cli {

namespace {

using io::ScenarioData;

std::optional<double> positive(std::string_view text) {
  double x = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), x);
  if (error != std::errc() || end != text.data() + text.size() || !(x > 0 && x < 1e300)) return std::nullopt;
  return x;
}

constexpr const char* replicate_method_words =
    "brr, fay:K with a number K from 0 to below 1, jk1, jk2, bootstrap or sdr";

/// What the squared distance of each of so many replicates counts for.
std::optional<double> factor_of(std::string_view method, double replicates) {
  constexpr std::string_view fay = "fay:";
  if (method == "brr" || method == "bootstrap") return 1 / replicates;
  if (method == "jk1") return (replicates - 1) / replicates;
  if (method == "jk2") return 1.0;
  if (method == "sdr") return 4 / replicates;
  if (method.substr(0, fay.size()) != fay) return std::nullopt;
  const std::string_view number = method.substr(fay.size());
  const auto k = number == "0" ? std::optional(0.0) : positive(number);
  if (!k || !(*k < 1)) return std::nullopt;
  return 1 / (replicates * (1 - *k) * (1 - *k));
}

/// Numbers above 0 separated by commas; empty where one is not.
std::vector<double> factors_of(std::string_view text) {
  std::vector<double> out;
  for (;;) {
    const std::size_t comma = text.find(',');
    const auto x = positive(rungs::detail::trimmed(text.substr(0, comma)));
    if (!x) return {};
    out.push_back(*x);
    if (comma == std::string_view::npos) return out;
    text.remove_prefix(comma + 1);
  }
}

/// The same people on the ladder that each group has.
Panel together(const Panel& panel, const Ladder& each) {
  Observations rows;
  rows.lines_are_observations = panel.lines_are_observations();
  for (const Panel::Run& run : panel.runs())
    for (std::size_t k = run.begin; k < run.end; ++k) {
      rows.add(run.person,
               run.start + static_cast<std::int32_t>(static_cast<std::int64_t>(k - run.begin) * panel.stride()),
               panel.ladder().within_group(panel.strata()[k]));
      if (panel.weighted()) rows.weight.push_back(panel.weight(k));
      rows.line.push_back(static_cast<std::uint32_t>(panel.line(k)));
    }
  return {each, std::move(rows), panel.weight_kind(), panel.file()};
}

using ClustersByPart = std::map<std::uint32_t, std::set<std::uint32_t>>;

void add_cluster(ClustersByPart& out, const io::PersonValues& drawn, std::size_t who) {
  out[drawn.part.empty() ? 0 : drawn.part[who]].insert(drawn.cluster.empty() ? static_cast<std::uint32_t>(who)
                                                                             : drawn.cluster[who]);
}

/// The clusters (or people drawn alone) of each part that anybody is in.
ClustersByPart clusters_by_part(const io::PersonValues& drawn, std::size_t people) {
  ClustersByPart out;
  for (std::size_t who = 0; who < people; ++who) add_cluster(out, drawn, who);
  return out;
}

/// The same of a sample; of one group, where it is named.
ClustersByPart clusters_by_part(const SurveySample& sample, std::optional<std::size_t> group = {}) {
  ClustersByPart out;
  std::size_t who = 0;
  const Panel::Run* before = nullptr;
  for (const Panel::Run& run : sample.panel.runs()) {
    if (before != nullptr && before->person == run.person) continue;
    if (!group || sample.panel.ladder().group(sample.panel.strata()[run.begin]) == *group)
      add_cluster(out, sample.drawn, who);
    ++who;
    before = &run;
  }
  return out;
}

void count(Clusters& out, const ClustersByPart& clusters) {
  out.parts = clusters.size();
  out.clusters = 0;
  for (const auto& entry : clusters) out.clusters += entry.second.size();
}

void refuse_lonely(const io::PersonValues& drawn, const ClustersByPart& parts) {
  if (drawn.part.empty()) return;
  for (const auto& [part, clusters] : parts)
    if (clusters.size() == 1)
      throw Refusal(
          "E-DESIGN-LONELY",
          "found the part of the frame " + rungs::detail::quoted(drawn.parts[part]) + " with one " +
              (drawn.cluster.empty() ? std::string("person")
                                     : "cluster, " + rungs::detail::quoted(drawn.clusters[*clusters.begin()])) +
              "; expected two or more, or a stated treatment of such parts: centre (its distance from the "
              "mean of all) or certain (it adds nothing)");
}

std::string counted(std::size_t n, const char* one, const char* many) {
  return fmt::format("{} {}", n, n == 1 ? one : many);
}

}  // namespace

std::string Clusters::words() const {
  return counted(clusters, "cluster", "clusters") + " in " + counted(parts, "part of the frame", "parts of the frame");
}

std::string Survey::words() const {
  return (replicates > 0 ? counted(replicates, "replicate", "replicates") + " (" + treatment + ")"
                         : Clusters::words()) +
         ", " + rounded(estimate.degrees_of_freedom) + " degrees of freedom";
}

Json json_of(const Clusters& of, const std::string& lonely, double degrees_of_freedom) {
  return {{"variance", "clusters"},
          {"strata", of.parts},
          {"clusters", of.clusters},
          {"lonely", lonely},
          {"degrees_of_freedom", json_of(degrees_of_freedom)}};
}

Json json_of(const Survey& survey) {
  if (survey.replicates > 0)
    return {{"variance", "replicates"},
            {"replicates", survey.replicates},
            {"method", survey.treatment},
            {"degrees_of_freedom", json_of(survey.estimate.degrees_of_freedom)}};
  return json_of(survey, survey.treatment, survey.estimate.degrees_of_freedom);
}

void setup_survey(CLI::App& verb, ScenarioData& source) {
  io::ScenarioSurvey& survey = source.survey;
  const auto column = [&](const char* name, std::string& field, const char* type, const char* help) {
    return verb.add_option(name, field, help)->type_name(type)->needs("--panel")->group("Survey");
  };
  CLI::Option* strata = column("--survey-strata", survey.columns.part, "COLUMN",
                               "column of the part (stratum) of the sampling frame that a person was drawn from");
  CLI::Option* cluster = column("--cluster", survey.columns.cluster, "COLUMN",
                                "column of the cluster (primary sampling unit) that a person was drawn with; the "
                                "column of the person, where each was drawn alone");
  verb.add_flag("--nest", survey.columns.nested, "each part of the frame numbers its clusters anew")
      ->needs(strata)
      ->needs(cluster)
      ->group("Survey");
  add_choice(
      verb, "--lonely", {"refuse", "centre", "certain"},
      [&survey](std::size_t k) { survey.lonely = k == 0   ? "refuse"
                                                 : k == 1 ? "centre"
                                                          : "certain"; },
      "a part with one cluster: an error (default); its distance from the mean of all parts; or sure to be in the "
      "sample, so that it adds nothing")
      ->needs(strata)
      ->group("Survey");
  CLI::Option* replicates = column("--replicates", survey.columns.replicates, "PREFIX|COLUMN,COLUMN,...",
                                   "columns of replicate weights: what stands before their numbers, or all of them")
                                ->excludes(strata)
                                ->excludes(cluster);
  const std::function<void(const std::string&)> method = [&survey](const std::string& text) {
    if (!factor_of(text, 2))
      throw CLI::ValidationError("--replicate-method", "found " + rungs::detail::quoted(text) + "; expected " +
                                                           std::string(replicate_method_words));
    survey.replicate_method = text;
  };
  CLI::Option* by = verb.add_option_function<std::string>("--replicate-method", method, "how replicates were made")
                        ->type_name("brr|fay:K|jk1|jk2|bootstrap|sdr")
                        ->needs(replicates)
                        ->group("Survey");
  const std::function<void(const std::string&)> factor = [&survey](const std::string& text) {
    survey.replicate_factors = factors_of(text);
    if (survey.replicate_factors.empty())
      throw CLI::ValidationError("--replicate-factor", "found " + rungs::detail::quoted(text) +
                                                           "; expected a number above 0, or one for each replicate");
  };
  verb.add_option_function<std::string>("--replicate-factor", factor,
                                        "what the squared distance of a replicate from the estimate counts for: one "
                                        "number, or one for each replicate")
      ->type_name("X|X,X,...")
      ->needs(replicates)
      ->excludes(by)
      ->group("Survey");
  const std::function<void(const double&)> freedom = [&survey](const double& x) {
    if (!(x > 0 && x < 1e300))
      throw CLI::ValidationError("--degrees-of-freedom",
                                 "found " + rungs::detail::text(x) + "; expected a number above 0");
    survey.degrees_of_freedom = x;
  };
  verb.add_option_function<double>("--degrees-of-freedom", freedom,
                                   "of the replicates (default: one less than there are)")
      ->type_name("X")
      ->needs(replicates)
      ->group("Survey");
}

std::optional<std::pair<std::string, std::string>> fault_of_survey(const ScenarioData& source) {
  using Fault = std::pair<std::string, std::string>;
  const auto fault = [](std::string found, std::string expected) {
    return std::optional(Fault{std::move(found), std::move(expected)});
  };
  const io::ScenarioSurvey& survey = source.survey;
  const io::PersonColumns& columns = survey.columns;
  if (columns.nested && (columns.part.empty() || columns.cluster.empty()))
    return fault("clusters numbered anew in each part of the frame, without the column of one of them",
                 "the columns of both");
  if (survey.lonely != "refuse" && columns.part.empty())
    return fault("a treatment of parts with one cluster, without the column of parts", "that column");
  if (columns.replicates.empty() &&
      (!survey.replicate_method.empty() || !survey.replicate_factors.empty() || survey.degrees_of_freedom))
    return fault("how replicate weights were made, without the columns of them", "those columns");
  if (!columns.replicates.empty() && !(columns.part.empty() && columns.cluster.empty()))
    return fault("replicate weights beside parts or clusters", "one of them: the weights repeat the drawing");
  if (!survey.given()) return std::nullopt;
  const std::string_view weight = source.weight, kind = weight.substr(std::min(weight.rfind(':'), weight.size()));
  if (!weight.empty() && kind != ":sampling")
    return fault(
        "weights of the kind " + std::string(kind.substr(std::min<std::size_t>(1, kind.size()))) + " and a survey",
        "sampling weights, or none");
  const bool of_people = !io::unseen_kinds(source.method).empty() || source.method == "second-order";
  if (of_people && !columns.replicates.empty())
    return fault("the method " + source.method + " and replicate weights",
                 "parts and clusters: the model is not fitted anew with each replicate");
  if (source.method != "proportions" && !of_people)
    return fault("the method " + source.method + " and a survey",
                 source.method.rfind("dirichlet", 0) == 0
                     ? "proportions: a prior does not know how people were drawn"
                     : "proportions: other models do not know how people were drawn");
  if (source.gap == "skip" || source.gap == "em")
    return fault("moves across gaps (" + source.gap + ") and a survey", "such pairs dropped");
  if (columns.replicates.empty()) return std::nullopt;
  if (weight.empty())
    return fault("replicate weights without a weight",
                 "the column of the weights that they repeat, of the kind sampling");
  if (!survey.replicate_method.empty() && !factor_of(survey.replicate_method, 2))
    return fault("replicates by " + rungs::detail::quoted(survey.replicate_method),
                 std::string(replicate_method_words));
  if (!survey.replicate_method.empty() && !survey.replicate_factors.empty())
    return fault("a method and a factor of replicates", "one of them");
  if (survey.replicate_method.empty() && survey.replicate_factors.empty())
    return fault("replicate weights without how they were made",
                 std::string("a method (") + replicate_method_words + "), or a factor");
  return std::nullopt;
}

Survey survey_of(const SurveySample& sample, const ScenarioData& source, Unleft unleft,
                 const std::optional<Ladder>& each) {
  constexpr double most = 4000;
  const io::ScenarioSurvey& survey = source.survey;
  const Panel panel = each ? together(sample.panel, *each) : sample.panel;
  const Tally moves = tally(panel, sample.options);
  const auto n = static_cast<double>(panel.ladder().size()),
             matrices = static_cast<double>(std::max<std::size_t>(1, moves.by_period().size()));
  if (!(matrices * n * n <= most))
    throw Refusal("E-SIZE", "found a survey of " + rungs::detail::text(matrices * n * n) +
                                " possible moves over all groups and periods; expected at most " +
                                rungs::detail::text(most) + ", since each varies together with each");
  if (!survey.columns.replicates.empty()) {
    const auto people = static_cast<Eigen::Index>(panel.people()),
               count = static_cast<Eigen::Index>(sample.drawn.replicates.size());
    ReplicateWeights weights{Eigen::Map<const Matrix>(sample.drawn.replicate_weights.data(), people, count),
                             Vector(count), survey.degrees_of_freedom.value_or(0)};
    const std::vector<double>& stated = survey.replicate_factors;
    if (stated.size() > 1 && static_cast<Eigen::Index>(stated.size()) != count)
      throw Refusal("E-SHAPE", "found " + std::to_string(stated.size()) + " factors for " + std::to_string(count) +
                                   " replicates; expected one for all, or one for each");
    for (Eigen::Index r = 0; r < count; ++r)
      weights.factor[r] = stated.empty() ? factor_of(survey.replicate_method, static_cast<double>(count)).value()
                                         : stated[stated.size() == 1 ? 0 : static_cast<std::size_t>(r)];
    Survey out{{}, estimate_survey(panel, weights, sample.options, unleft)};
    out.replicates = static_cast<std::size_t>(count);
    out.treatment = stated.empty() ? survey.replicate_method : "stated factors";
    return out;
  }
  Survey out{{}, estimate_survey(panel, design_of(sample, source), sample.options, unleft)};
  count(out, clusters_by_part(sample));
  out.treatment = survey.lonely;
  return out;
}

Clusters clusters_of(const io::PersonValues& drawn, std::size_t people) {
  Clusters out;
  count(out, clusters_by_part(drawn, people));
  return out;
}

SurveyDesign design_of(const SurveySample& sample, const ScenarioData& source) {
  return design_of(sample.drawn, sample.panel.people(), source);
}

SurveyDesign design_of(const io::PersonValues& drawn, std::size_t people, const ScenarioData& source) {
  const std::string& lonely = source.survey.lonely;
  if (lonely == "refuse") refuse_lonely(drawn, clusters_by_part(drawn, people));
  return {.part = drawn.part,
          .cluster = drawn.cluster,
          .lonely = lonely == "centre"    ? SurveyDesign::Lonely::centre
                    : lonely == "certain" ? SurveyDesign::Lonely::certain
                                          : SurveyDesign::Lonely::refuse};
}

Survey survey_of_group(const Survey& all, const SurveySample& sample, std::size_t group) {
  Survey out{{}, rungs::survey_of_group(all.estimate, group), all.replicates, all.treatment};
  if (all.replicates > 0) return out;
  count(out, clusters_by_part(sample, group));
  if (!(out.clusters > out.parts))
    throw Refusal("E-DESIGN-LONELY",
                  "found as many clusters as parts of the frame with people of the group; expected more: one cluster a "
                  "part does not tell how clusters vary");
  out.estimate.degrees_of_freedom = static_cast<double>(out.clusters - out.parts);
  return out;
}

namespace {

struct SurveyTestWords {
  const char *name, *code, *rejected, *layers;
};
constexpr SurveyTestWords survey_test_words[] = {
    {"homogeneity over time", "W-NONSTATIONARY", "moves differ between periods", "periods"},
    {"homogeneity of groups", "W-GROUPS", "moves differ between groups", "groups"},
    {"order 1 against 2", "W-MARKOV-REJECTED", "the next stratum depends on more than the present one",
     "strata that people came from"},
    {"leaving by time in the stratum", "W-DURATION", "leaving depends on the time already spent in a stratum",
     "times spent in it"}};

}  // namespace

std::optional<Diagnostic> warning_of(const SurveyTest& test) {
  const SurveyTestWords& words = *std::find_if(std::begin(survey_test_words), std::end(survey_test_words),
                                               [&test](const SurveyTestWords& w) { return test.name == w.name; });
  if (test.p < 0.01)
    return warning(words.code,
                   std::string(words.rejected) +
                       fmt::format(" (F = {:.2f}, p {})", test.f,
                                   test.p < 1e-4 ? std::string("< 0.0001") : fmt::format("= {:.4f}", test.p)));
  if (!std::isnan(test.p)) return std::nullopt;
  return warning(
      "W-UNTESTED",
      "it is not tested whether " + test.hypothesis + ": " +
          (test.df > 0
               ? "in the strata that can be compared the clusters (or replicates) do not differ, so that nothing "
                 "tells how they vary"
               : std::string("no stratum has two ") + words.layers +
                     " in which 10 clusters (or replicates) or more tell how its people vary" +
                     (test.rows_left_out == 0   ? std::string()
                      : test.rows_left_out == 1 ? std::string("; 1 row of fewer is left out")
                                                : fmt::format("; {} rows of fewer are left out", test.rows_left_out))));
}

namespace {

/// Sizes up to which a test that nobody asked for is made.
bool is_small(const Panel& panel, std::size_t matrices) {
  const auto n = static_cast<double>(panel.ladder().size());
  return static_cast<double>(matrices) * n * n <= 1000 && panel.observations() <= 5'000'000;
}

Vector leaving(const Counts& moves, const std::function<std::size_t(std::size_t)>& stratum, std::size_t strata) {
  Vector out(static_cast<Eigen::Index>(strata));
  for (std::size_t i = 0; i < strata; ++i) out[static_cast<Eigen::Index>(i)] = moves.row_people(stratum(i));
  return out;
}

}  // namespace

std::optional<SurveyTest> survey_test_over_time(const Panel& panel, const SurveyDesign& design, TallyOptions options) {
  options.by_period = true;
  const Tally moves = tally(panel, options);
  if (moves.by_period().size() < 2 || !moves.across_gaps().empty() || !is_small(panel, moves.by_period().size()))
    return std::nullopt;
  std::vector<Vector> people;
  for (const auto& [period, counts] : moves.by_period())
    people.push_back(leaving(
        counts, [](std::size_t i) { return i; }, panel.ladder().strata()));
  try {
    return test_homogeneity_over_time(rungs::detail::survey_without_draws(panel, design, options), people);
  } catch (const Refusal&) {  // such as a period without moves
    return std::nullopt;
  }
}

std::optional<SurveyTest> survey_test_of_groups(const Panel& panel, const SurveyDesign& design, TallyOptions options) {
  options.by_period = false;
  const Ladder& ladder = panel.ladder();
  const Tally moves = tally(panel, options);
  if (ladder.groups().size() < 2 || !moves.across_gaps().empty() || !is_small(panel, 1)) return std::nullopt;
  std::vector<Vector> people;
  for (std::size_t g = 0; g < ladder.groups().size(); ++g)
    people.push_back(leaving(
        moves.pooled(), [&ladder, g](std::size_t i) { return ladder.for_group(i, g); },
        ladder.of_each_group().strata()));
  try {
    return test_homogeneity_of_groups(rungs::detail::survey_without_draws(panel, design, options), people);
  } catch (const Refusal&) {
    return std::nullopt;
  }
}

std::optional<SurveyMemory> survey_memory(const Panel& panel, const SurveyDesign& design, Step step,
                                          const std::optional<AskedReach>& asked) {
  if (!is_small(panel, panel.ladder().strata())) return std::nullopt;
  SurveyMemory out{.asked = asked.value_or(AskedReach{.within = Span(3), .example = true}), .steps = Span(3)};
  try {
    out.order = test_order(panel, design, step);
    out.duration = test_duration(panel, design, step);
    out.reach = survey_reach(panel, design, step, out.asked);
    out.never_moved = never_moved(panel, design, step, out.steps);
  } catch (const Refusal&) {  // such as frequency weights, or clusters that do not tell how they vary
    return std::nullopt;
  } catch (const DomainError&) {
    return std::nullopt;
  }
  return out;
}

Interval interval_of(const SurveyShare& share, Level level) {
  if (std::isnan(share.standard_error)) return {share.standard_error, share.standard_error};
  const double half =
      share.standard_error *
      boost::math::quantile(boost::math::students_t_distribution<>(share.degrees_of_freedom), 1 - level.lower_tail());
  return {std::max(-1.0, share.difference() - half), std::min(1.0, share.difference() + half)};
}

std::optional<Diagnostic> warning_of_stayers(const SurveyShare& never_moved, std::int64_t steps,
                                             const std::string& size) {
  const double above = never_moved.difference();
  if (!(above > AssumptionOptions{}.stayers_above) ||
      !(interval_of(never_moved, Level(0.98)).lower > 0))  // one time in a hundred by chance
    return std::nullopt;
  return warning("W-STAYERS",
                 fmt::format("in {} steps {} never moved ({:g} starts of {:g} people), by the fitted chain {} would "
                             "not; some people are stayers or become so, and long-run mobility is overstated{}",
                             steps, rungs::detail::percent(never_moved.seen), never_moved.starts, never_moved.people,
                             rungs::detail::percent(never_moved.by_chain), size));
}

std::vector<Diagnostic> SurveyMemory::warnings(const Ladder& ladder) const {
  std::string size = "; " + rungs::detail::asked_in_words(ladder, asked) + ", ";
  if (reach.starts > 0) {
    size += fmt::format("the fitted chain says {}, as observed it is {} ({:g} people, {:g} starts)",
                        rungs::detail::percent(reach.by_chain), rungs::detail::percent(reach.seen), reach.people,
                        reach.starts);
    if (const Interval i = interval_of(reach, Level()); !std::isnan(i.lower))
      size += fmt::format(", a difference of {:.1f} points ({:.1f} to {:.1f} at 95 %)", 100 * reach.difference(),
                          100 * i.lower, 100 * i.upper);
  } else {
    size += "nobody was followed so long";
  }
  std::vector<Diagnostic> out;
  if (order.p < 0.01) out.push_back(warning("W-MARKOV-REJECTED", warning_of(order)->found + size));
  if (duration.test.p < 0.01) {
    const auto rate = [](const LeavingRate& r) { return rungs::detail::percent(r.left / r.people); };
    const LeavingRate& first = duration.rates.front();
    LeavingRate last;  // the longest times together that hold a twentieth of the weight of the first
    for (std::size_t d = duration.rates.size(); d-- > 1 && !(last.people > 0 && last.people >= first.people / 20);)
      last = {d, last.people + duration.rates[d].people, last.left + duration.rates[d].left};
    std::string rates;
    if (first.people > 0 && last.people > 0)
      rates = fmt::format(": {} leave in the period after entry, {} after {} or more", rate(first), rate(last),
                          counted(last.time, "step", "steps"));
    out.push_back(warning("W-DURATION", warning_of(duration.test)->found + rates +
                                            "; either time itself does it, or people differ" + size));
  }
  if (auto stayers = warning_of_stayers(never_moved, steps.steps(), size)) out.push_back(std::move(*stayers));
  return out;
}

}  // namespace rungs::cli
