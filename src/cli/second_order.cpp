// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include "second_order.hpp"

#include <rungs/estimate/coverage.hpp>
#include <rungs/estimate/dirichlet.hpp>
#include <rungs/estimate/homogeneity.hpp>
#include <rungs/estimate/memory.hpp>
#include <rungs/estimate/proportions.hpp>
#include <rungs/estimate/second_order.hpp>
#include <rungs/estimate/second_order_survey.hpp>
#include <rungs/measure/reach.hpp>
#include <rungs/measure/summary.hpp>
#include <rungs/measure/within_period.hpp>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "json.hpp"
#include "models.hpp"
#include "table.hpp"

namespace rungs::cli {

void setup_pasts(CLI::App& verb, ModelOptions& model) {
  add_choice(
      verb, "--pasts", {"all-moves", "last-move"},
      [&model](std::size_t k) { model.pasts = k == 0 ? "all-moves" : "last-move"; },
      "where those who start in a stratum were before: as people in the data at all times, or at the end of their "
      "record; without it --from must say a past: \"A > B\"")
      ->group("Second order");
}

namespace {

/// A chain of second order with the data that it was fitted to.
struct SecondOrderFit {
  Read read;
  SecondOrder model;
  std::vector<Diagnostic> warnings{};
  std::optional<SurveyEstimate> survey{};  ///< of weights, or clusters
  std::optional<Panel> pairs{};            ///< the people of the survey, by pairs of strata
};

/// Where somebody with a pair goes, on the ladder of pairs.
std::size_t place_of_next(const SecondOrder& model, std::size_t now, std::size_t next) {
  const Ladder& ladder = model.ladder();
  return ladder.is_exit(next) ? model.pairs()[ladder.name(next)].index()
                              : model.pair(ladder.at(now), ladder.at(next)).index();
}

/// Adds moves of people by their past and present stratum, as moves on the ladder of pairs.
void add_triples(Tally& to, const Triples& seen, const SecondOrder& model, std::optional<Period> period = {}) {
  const Ladder& ladder = model.ladder();
  for (std::size_t now = 0; now < ladder.strata(); ++now)
    for (std::size_t before = 0; before < ladder.strata(); ++before)
      for (std::size_t next = 0; next < ladder.size(); ++next)
        if (const double people = seen(before, now, next); people > 0)
          to.add(model.pair(ladder.at(before), ladder.at(now)).index(), place_of_next(model, now, next), people,
                 period);
}

Tally moves_of_pairs(const Histories& h, const SecondOrder& model) {
  Tally out(model.pairs(), h.step());
  add_triples(out, triples(h), model);
  return out;
}

/// The same by the period that the moves start in.
Tally moves_of_pairs_by_period(const Histories& h, const SecondOrder& model) {
  std::map<std::int64_t, Triples> by_period;
  for (std::size_t k = 0; k < h.size(); ++k) {
    const auto s = h.strata(k);
    for (std::size_t t = 1; t + 1 < s.size(); ++t)
      by_period.try_emplace(h.start(k) + static_cast<std::int64_t>(t) * h.step().units(), h.ladder().size())
          .first->second.add(s[t - 1], s[t], s[t + 1], h.people(k));
  }
  Tally out(model.pairs(), h.step());
  for (const auto& [period, seen] : by_period) add_triples(out, seen, model, Period(period));
  return out;
}

/// W-NONSTATIONARY where those with the same past move otherwise in some periods, by two statistics that are both rough
/// where people are few, as of a chain of first order; nothing of more cells than are soon compared.
void warn_of_periods_of_pairs(const Histories& h, const SecondOrder& model, std::vector<Diagnostic>& warnings) {
  const std::size_t pairs = model.pairs().size();
  if (move_counts_by_period(h).size() * pairs * pairs > 5'000'000) return;
  const Tally by_period = moves_of_pairs_by_period(h, model);
  if (by_period.by_period().size() < 2) return;
  AssumptionOptions options;
  const AssumptionTest test = test_homogeneity_over_time(by_period, options);
  if (!(test.lr_support.p < options.reject_below && test.pearson_support.p < options.reject_below)) return;
  if (pairs <= 300) options.asked = AskedReach{.within = Span(3), .example = true};
  for (const Warning& w : test_homogeneity_over_time(by_period, options).warnings)
    if (w.code == "W-NONSTATIONARY") warnings.push_back(warning(w));
}

/// W-STAYERS where more never moved than those with the same past would by the chain, over five steps of the ladder of
/// pairs or as many as anybody was followed: somebody who stays on it had stayed in the step before, too.
void warn_of_stayers_of_pairs(const Panel& panel, Step step, std::vector<Diagnostic>& warnings) {
  const Histories of_pairs = histories(panel_of_pairs(panel, step), {.step = step});
  if (of_pairs.ladder().size() > 300) return;
  std::size_t longest = 0;
  for (std::size_t k = 0; k < of_pairs.size(); ++k) longest = std::max(longest, of_pairs.strata(k).size());
  if (longest < 3) return;
  const auto steps = static_cast<std::int64_t>(std::min<std::size_t>(longest - 1, 5));
  const AssumptionOptions options{.asked = AskedReach{.within = Span(3), .example = true}};
  for (const Warning& w : test_chapman_kolmogorov(of_pairs, Span(steps), options).test.warnings)
    if (w.code == "W-STAYERS")
      warnings.push_back(
          warning(w.code, fmt::format("in {} steps{}", steps + 1, w.message.substr(w.message.find(" steps ") + 6))));
}

/// The same of a survey, by how people were drawn.
void warn_of_pairs_in_survey(const Panel& pairs, const SurveyDesign& design, Step step,
                             std::vector<Diagnostic>& warnings) {
  if (const auto test = survey_test_over_time(pairs, design, {.step = step, .step_stated = true});
      test && test->p < 0.01)
    warnings.push_back(*warning_of(*test));
  constexpr std::int64_t steps = 3;
  if (auto told = warning_of_stayers(never_moved(pairs, design, step, Span(steps)), steps + 1, ""))
    warnings.push_back(std::move(*told));
}

/// Tells of moves that nobody with a past was seen to make, though people with it were seen; of pairs of strata the
/// ladder does not know which are possible.
void warn_of_moves_never_seen(const Histories& histories, std::vector<Diagnostic>& warnings) {
  const Ladder& ladder = histories.ladder();
  const Triples seen = triples(histories);
  std::string zero;
  std::size_t count = 0;
  for (std::size_t before = 0; before < ladder.strata(); ++before)
    for (std::size_t now = 0; now < ladder.strata(); ++now) {
      double people = 0;
      for (std::size_t next = 0; next < ladder.size(); ++next) people += seen(before, now, next);
      for (std::size_t next = 0; next < ladder.size() && people > 0; ++next)
        if (ladder.possible(now, next) && !(seen(before, now, next) > 0) && ++count <= 5)
          zero += (zero.empty() ? "" : ", ") + rungs::detail::quoted(ladder.name(before)) + " > " +
                  rungs::detail::quoted(ladder.name(now)) + " -> " + rungs::detail::quoted(ladder.name(next)) +
                  " (0 of " + rounded(people) + ")";
    }
  if (count > 0)
    warnings.push_back(warning("W-ZERO", "possible moves that were never observed: " + zero +
                                             (count > 5 ? fmt::format(" and {} more", count - 5) : "") +
                                             "; rare is not impossible: the one-sided 95 % upper bound is about 3 "
                                             "divided by the people"));
}

SecondOrderFit fitted_second_order(const DataOptions& options) {
  check_models(options);
  PanelUse use;
  use.histories = use.panel = true;
  Read read = read_alone(options, use);
  const WeightKind kind = read.tally.weight_kind();
  if (kind == WeightKind::precision)
    throw UsageError("found precision weights with --method " + options.source.method +
                     "; expected sampling or frequency weights, or none: it counts people");
  const std::string& unseen = options.model.unseen_past;
  const bool of_survey = read.sample || kind == WeightKind::sampling;
  if (of_survey && *second_order_prior(options.source.method) > 0)
    throw UsageError("found --method " + options.source.method +
                     " with a survey; expected second-order: a prior does not know how people were drawn");
  if (of_survey && unseen == "first-order")
    throw UsageError(
        "found --unseen-past first-order with a survey; expected absorbing, or none: what all in the "
        "stratum do has no variance of its own there");
  std::optional<SurveyEstimate> survey;
  std::optional<Panel> pairs;
  SurveyDesign design;
  SecondOrder model = [&] {
    try {
      if (of_survey) {
        const Panel& panel = read.sample ? read.sample->panel : *read.panel;
        if (read.sample) design = design_of(*read.sample, options.source);
        SecondOrderSurvey out =
            fit_second_order(panel, design, read.tally.step(),
                             {.unseen = unseen == "absorbing" ? UnseenPast::absorbing : UnseenPast::unstated});
        survey = std::move(out.survey);
        pairs = panel_of_pairs(panel, read.tally.step());
        return std::move(out.model);
      }
      return fit_second_order(*read.histories, {.prior = *second_order_prior(options.source.method),
                                                .unseen = unseen == "first-order" ? UnseenPast::first_order
                                                          : unseen == "absorbing" ? UnseenPast::absorbing
                                                          : unseen == "prior"     ? UnseenPast::prior
                                                                                  : UnseenPast::unstated});
    } catch (const Refusal& e) {
      if (e.code() != "E-ROW-EMPTY") throw;
      const std::string message = e.message();
      if (of_survey)
        throw Refusal(e.code(), message.substr(0, message.find("; expected")) +
                                    "; expected --unseen-past absorbing (nobody leaves the stratum)");
      throw Refusal(e.code(), message.substr(0, message.find("; expected")) +
                                  "; expected --unseen-past: first-order (as all in the stratum), absorbing (nobody "
                                  "leaves it), or prior (with second-order:PRIOR)");
    }
  }();
  std::vector<Diagnostic> warnings = std::move(read.warnings);
  for (const Warning& w : read.tally.warnings()) warnings.push_back(warning(w));
  const Tally pairs_seen = moves_of_pairs(*read.histories, model);
  for (const Warning& w : row_warnings(pairs_seen))
    if (w.code != "W-ZERO" && w.code != "W-STATE-UNSEEN") warnings.push_back(warning(w));
  for (const Warning& w : row_warnings(read.tally))
    if (w.code == "W-STATE-UNSEEN") warnings.push_back(warning(w));
  warn_of_moves_never_seen(*read.histories, warnings);
  if (of_survey) {
    warn_of_pairs_in_survey(*pairs, design, read.tally.step(), warnings);
  } else {
    warn_of_periods_of_pairs(*read.histories, model, warnings);
    warn_of_stayers_of_pairs(*read.panel, read.tally.step(), warnings);
  }
  if (survey)
    for (const Warning& w : design_coverage_warnings(survey->degrees_of_freedom)) warnings.push_back(warning(w));
  return {std::move(read), std::move(model), std::move(warnings), std::move(survey), std::move(pairs)};
}

/// The pairs by which people may move who start in some, and are followed for some steps or until they are in a target.
RowsUsed pairs_used(const SecondOrder& model, const Vector& start, Span steps, const StratumSet& target) {
  const Ladder& ladder = model.ladder();
  std::vector<char> there(model.pairs().size()), used = there;
  for (std::size_t k = 0; k < there.size(); ++k) there[k] = start[static_cast<Eigen::Index>(k)] > 0 ? 1 : 0;
  for (std::int64_t t = 0; t < steps.steps(); ++t) {
    const std::vector<char> before = there;
    for (std::size_t a = 0; a < ladder.strata(); ++a)
      for (std::size_t b = 0; b < ladder.strata(); ++b) {
        if (!ladder.possible(a, b)) continue;
        const std::size_t pair = model.pair(ladder.at(a), ladder.at(b)).index();
        if (before[pair] == 0 || target.contains(pair)) continue;
        used[pair] = 1;
        for (std::size_t c = 0; c < ladder.size(); ++c)
          if (ladder.possible(b, c)) there[place_of_next(model, b, c)] = 1;
      }
    if (there == before) break;
  }
  return {{used}};
}

/// W-COVERAGE of the moves of the pairs in use.
void warn_of_coverage(const SecondOrderFit& fit, const DataOptions& options, const RowsUsed& used,
                      std::vector<Diagnostic>& warnings) {
  const Tally pairs_seen = moves_of_pairs(*fit.read.histories, fit.model);
  RowsUsed speak{{{}}};  // of a prior where nobody has the past, it does only if that is stated
  for (std::size_t i = 0; i < pairs_seen.ladder().size(); ++i)
    speak.by_matrix[0].push_back(
        used(0, i) && (options.model.unseen_past == "prior" || pairs_seen.pooled().row_people(i) > 0) ? 1 : 0);
  for (const Warning& w : second_order_coverage_warnings(pairs_seen, *second_order_prior(options.source.method), speak))
    warnings.push_back(warning(w));
}

/// One move of those with one past.
struct PastMove {
  std::size_t before, now, next;
  double people, probability, standard_error, lower, upper;
};

std::vector<PastMove> moves_of(const SecondOrderFit& fit, Level level) {
  const SecondOrder& model = fit.model;
  const Ladder& ladder = model.ladder();
  const Matrix p = model.ensemble().point().matrix(0);
  const Triples seen = triples(*fit.read.histories);
  const auto* posterior = std::get_if<DirichletWeights>(&model.ensemble().draws());
  std::vector<PastMove> out;
  const Tally counts = moves_of_pairs(*fit.read.histories, model);
  for (std::size_t now = 0; now < ladder.strata(); ++now)
    for (std::size_t before = 0; before < ladder.strata(); ++before) {
      if (!ladder.possible(before, now)) continue;
      for (std::size_t next = 0; next < ladder.size(); ++next) {
        if (!ladder.possible(now, next)) continue;
        out.push_back({before, now, next, seen(before, now, next), 0, 0, 0, 0});
      }
    }
  const CellIntervals intervals = fit.survey             ? fit.survey->cells(0, level)
                                  : posterior != nullptr ? cell_intervals(posterior->alpha[0], level)
                                                         : cell_intervals(counts.pooled(), model.pairs(), level);
  for (PastMove& move : out) {
    const auto i = static_cast<Eigen::Index>(model.pair(ladder.at(move.before), ladder.at(move.now)).index()),
               j = static_cast<Eigen::Index>(place_of_next(model, move.now, move.next));
    move.probability = p(i, j);
    move.standard_error = intervals.standard_error(i, j);
    move.lower = intervals.lower(i, j);
    move.upper = intervals.upper(i, j);
  }
  return out;
}

/// The largest log-likelihood of the moves that triples end in, by the present stratum alone.
double first_order_likelihood(const Triples& n) {
  double sum = 0;
  for (std::size_t b = 0; b < n.size(); ++b) {
    std::vector<double> to(n.size());
    double all = 0;
    for (std::size_t c = 0; c < n.size(); ++c) {
      for (std::size_t a = 0; a < n.size(); ++a) to[c] += n(a, b, c);
      all += to[c];
    }
    for (const double people : to)
      if (people > 0) sum += people * std::log(people / all);
  }
  return sum;
}

/// Triples whose last move starts in a stratum: nobody moves out of an exit.
Triples moving_triples(const Histories& h) {
  const Triples all = triples(h);
  Triples out(all.size());
  for (std::size_t a = 0; a < h.ladder().strata(); ++a)
    for (std::size_t b = 0; b < h.ladder().strata(); ++b)
      for (std::size_t c = 0; c < h.ladder().size(); ++c) out.add(a, b, c, all(a, b, c));
  return out;
}

void add_ladder_and_step(Json& out, const Ladder& ladder, Step step) {
  Json strata = Json::array(), rungs = Json::array(), exits = Json::array();
  for (std::size_t i = 0; i < ladder.size(); ++i) {
    (ladder.is_exit(i) ? exits : strata).push_back(ladder.name(i));
    if (!ladder.is_exit(i)) rungs.push_back(ladder.height(i));
  }
  out["ladder"] = {{"strata", strata}, {"rungs", rungs}, {"exits", exits}};
  out["step"] = {{"units", step.units()}, {"years", cli::json_of(step.years())}};
}

std::string years_words(Step step) {
  return fmt::format("{} {}", rounded(step.years()), step.years() == 1 ? "year" : "years");
}

}  // namespace

void estimate_second_order(const DataOptions& options, const CommonOptions& common, const Output& output) {
  const SecondOrderFit fit = fitted_second_order(options);
  const SecondOrder& model = fit.model;
  const Ladder& ladder = model.ladder();
  const Histories& histories = *fit.read.histories;
  const Level level = common.interval_level();
  const std::vector<PastMove> moves = moves_of(fit, level);
  const bool posterior = std::holds_alternative<DirichletWeights>(model.ensemble().draws());
  const std::string interval = fit.survey ? "log-odds" : posterior ? "posterior" : "exact";
  const Triples seen = moving_triples(histories);
  const double second = fit.survey ? std::nan("") : log_likelihood(seen, model, model.ensemble().point()),
               first = fit.survey ? std::nan("") : first_order_likelihood(seen);
  const AssumptionTest test = test_order(histories);
  std::vector<Diagnostic> warnings = fit.warnings;
  warn_of_coverage(fit, options, {}, warnings);
  for (Warning w : fit.survey ? std::vector<Warning>() : test.warnings) {
    constexpr std::string_view draws = "; ask for draws";
    if (w.code == "W-MARKOV-REJECTED") continue;
    if (const std::size_t at = w.message.find(draws); at != std::string::npos)
      w.message.replace(at, draws.size(), "; rungs test has one by draws");
    warnings.push_back(warning(w));
  }
  const Head head{.command = "estimate", .inputs = fit.read.inputs, .warnings = warnings};
  const Ledger& ledger = fit.read.tally.ledger();
  const Step step = histories.step();

  std::string answer;
  if (common.format == Format::json) {
    Json out = json_of(head);
    add_ladder_and_step(out, ladder, step);
    out["ledger"] = {{"records_read", ledger.records_read},
                     {"records_used", ledger.records_used},
                     {"pairs_used", ledger.pairs_used},
                     {"dropped", Json(ledger.dropped)},
                     {"pairs_dropped", Json(ledger.pairs_dropped)}};
    if (fit.read.spells)
      out["ledger"]["spells"] = {{"read", fit.read.spells->records_read},
                                 {"observed", fit.read.spells->records_used},
                                 {"dropped", Json(fit.read.spells->dropped)}};
    out["people"] = fit.read.tally.people();
    out["method"] = model.ensemble().method();
    Json all = Json::array();
    for (const PastMove& m : moves)
      all.push_back({{"before", ladder.name(m.before)},
                     {"now", ladder.name(m.now)},
                     {"next", ladder.name(m.next)},
                     {"people", cli::json_of(m.people)},
                     {"probability", cli::json_of(m.probability)},
                     {"standard_error", cli::json_of(m.standard_error)},
                     {"lower", cli::json_of(m.lower)},
                     {"upper", cli::json_of(m.upper)}});
    out["second_order"] = {
        {"level", cli::json_of(level.value())},
        {"interval_method", interval},
        {"unseen_past", options.model.unseen_past.empty() ? Json(nullptr) : Json(options.model.unseen_past)},
        {"triples", cli::json_of(seen.total())},
        {"moves", std::move(all)},
        {"log_likelihood", cli::json_of(second)},
        {"first_order_log_likelihood", cli::json_of(first)},
        {"test",
         {{"hypothesis", test.hypothesis},
          {"statistic", cli::json_of(test.likelihood_ratio)},
          {"df", test.df_support},
          {"p", cli::json_of(test.lr_support.p)},
          {"chi_square_holds", test.chi_square_holds}}}};
    if (fit.survey) {  // it takes people for drawn alone and with equal chances
      out["second_order"]["test"] = nullptr;
      out["second_order"]["degrees_of_freedom"] = cli::json_of(fit.survey->degrees_of_freedom);
    }
    answer = text(out);
  } else if (common.format == Format::csv) {
    answer = csv_line({"before", "now", "next", "people", "probability", "standard_error", "lower", "upper", "level",
                       "interval_method"});
    for (const PastMove& m : moves)
      answer += csv_line({ladder.name(m.before), ladder.name(m.now), ladder.name(m.next), csv_number(m.people),
                          csv_number(m.probability), csv_number(m.standard_error), csv_number(m.lower),
                          csv_number(m.upper), csv_number(level.value()), interval});
  } else {
    const bool color = colored_stdout(common);
    TextTable about("How people move, by where they were before");
    about.row({"method", model.ensemble().method()});
    about.row({"one step", years_words(step)});
    about.row({"people", std::to_string(fit.read.tally.people())});
    if (fit.survey)
      about.row({"variance", fmt::format("of how people were drawn, with {} degrees of freedom",
                                         rounded(fit.survey->degrees_of_freedom))});
    about.row({"records", fmt::format("{} read, {} used", ledger.records_read, ledger.records_used)});
    for (const auto& [reason, n] : ledger.dropped) about.row({"", fmt::format("{} dropped: {}", n, reason)});
    about.row({"moves and stays",
               fmt::format("{} counted, {} of them with a past", ledger.pairs_used, rounded(seen.total()))});
    for (const auto& [reason, n] : ledger.pairs_dropped)
      about.row({"", fmt::format("{} pairs not counted: {}", n, reason)});
    answer = about.text(color);
    std::vector<std::string> columns{"before \\ next"};
    for (const std::string& name : ladder.names()) columns.push_back(name);
    columns.emplace_back("people");
    for (std::size_t now = 0; now < ladder.strata(); ++now) {
      TextTable table("Of those in " + ladder.name(now) + ": probability of being there one step later", columns);
      for (std::size_t before = 0; before < ladder.strata(); ++before) {
        if (!ladder.possible(before, now)) continue;
        std::vector<std::string> row{ladder.name(before)};
        double people = 0;
        for (std::size_t next = 0; next < ladder.size(); ++next) {
          const auto move = std::find_if(moves.begin(), moves.end(), [&](const PastMove& m) {
            return m.before == before && m.now == now && m.next == next;
          });
          row.push_back(move == moves.end() ? "." : fmt::format("{:.4f}", move->probability));
          if (move != moves.end()) people += move->people;
        }
        row.push_back(rounded(people));
        table.row(row);
      }
      answer += "\n" + table.text(color);
    }
    TextTable table("Each move with its interval",
                    {"before > now", "next", "people", "probability", level_text(level.value()), "standard error"});
    for (const PastMove& m : moves)
      table.row(
          {ladder.name(m.before) + " > " + ladder.name(m.now), ladder.name(m.next), rounded(m.people),
           rounded(m.probability, m.lower, m.upper),
           std::isnan(m.lower) ? "-" : rounded(m.lower, m.lower, m.upper) + " to " + rounded(m.upper, m.lower, m.upper),
           std::isnan(m.standard_error) ? "-" : rounded(m.standard_error, 0, 2 * m.standard_error)});
    table.note(fit.survey  ? "interval around the log-odds by the variance of how people were drawn, one move at a time"
               : posterior ? "posterior interval with equal tails, one move at a time"
                           : "exact interval (Clopper and Pearson), one move at a time");
    table.note("Without an interval: nobody with that past was seen, and --unseen-past speaks.");
    answer += "\n" + table.text(color);
    if (fit.survey) {
      print_warnings(warnings, common);
      output.write(answer);
      return;
    }
    TextTable order("Does the past count?");
    order.row({"log-likelihood", fmt::format("{:.3f}; by the present stratum alone {:.3f}", second, first)});
    order.row({"likelihood ratio",
               fmt::format("{} with {} degrees of freedom", rounded(test.likelihood_ratio), test.df_support)});
    order.row({"p", test.lr_support.p < 1e-4 ? "< 0.0001" : fmt::format("{:.4f}", test.lr_support.p)});
    order.note(test.chi_square_holds ? "A small p says that it does, or that people or periods differ."
                                     : "Few people are behind it: rungs test has a p from draws.");
    answer += "\n" + order.text(color);
  }
  print_warnings(warnings, common);
  output.write(answer);
}

// --- measure
// -----------------------------------------------------------------------------------------------------------

namespace {

/// Expected people by stratum and exit at 0, 1, ... steps.
Matrix headcounts_over(const Kernel& kernel, const Headcount& people, Span within) {
  Matrix out(within.steps() + 1, static_cast<Eigen::Index>(kernel.ladder().size()));
  out.row(0) = people.heads().transpose();
  for (std::int64_t t = 0; t < within.steps(); ++t) out.row(t + 1) = out.row(t) * kernel.view(0);
  return out;
}

struct PastStart {
  Headcount people;
  std::string words{};
};

PastStart past_start(const SecondOrderFit& fit, const std::string& from, const std::string& pasts_of) {
  const SecondOrder& model = fit.model;
  const Ladder& ladder = model.ladder();
  const auto no_exit = [](const Stratum& s) {
    if (s.is_exit())
      throw Refusal("E-LADDER", "found the exit " + rungs::detail::quoted(s.name()) +
                                    " to start from; expected a stratum, since nobody comes back from an exit");
  };
  const std::size_t arrow = from.find('>');
  if (arrow != std::string::npos && !ladder.find(from)) {
    if (!pasts_of.empty()) throw UsageError("found --pasts and a past in --from; expected one of them");
    const auto named = [&](std::string_view name) {
      return of_option("--from", [&] { return ladder[std::string(rungs::detail::trimmed(name))]; });
    };
    const Stratum before = named(std::string_view(from).substr(0, arrow)),
                  now = named(std::string_view(from).substr(arrow + 1));
    no_exit(before);
    no_exit(now);
    return {Headcount(model.pairs()).set(model.pair(before, now), Heads(1)), "given"};
  }
  const Stratum now = of_option("--from", [&] { return ladder[from]; });
  no_exit(now);
  if (pasts_of.empty())
    throw UsageError("found --from " + rungs::detail::quoted(from) + " without a past; expected --from \"BEFORE > " +
                     from +
                     "\", or --pasts all-moves or last-move for an average over the pasts of people in the data");
  const PastsOf which = pasts_of == "all-moves" ? PastsOf::all_moves : PastsOf::last_move;
  const Matrix shares = fit.pairs ? pasts(*fit.pairs, ladder, which) : pasts(*fit.read.histories, which);
  const auto i = static_cast<Eigen::Index>(now.index());
  if (!(shares.row(i).sum() > 0))
    throw Refusal("E-ROW-EMPTY", "found nobody in " + rungs::detail::quoted(from) +
                                     " whose past is known; expected some, or a past that is stated");
  return {model.split(Headcount(ladder).set(now, Heads(1)), shares),
          pasts_of == "all-moves" ? "all moves" : "last move"};
}

}  // namespace

void measure_second_order(const DataOptions& options, const CommonOptions& common, const Output& output,
                          const std::string& from, const std::string& reach, const std::optional<double>& within) {
  if (from.empty() || reach.empty() || !within)
    throw UsageError("found --method " + options.source.method +
                     " without a question; expected --from, --reach and --within: a chain of second order answers "
                     "these alone");
  const SecondOrderFit fit = fitted_second_order(options);
  const SecondOrder& model = fit.model;
  const Ladder& ladder = model.ladder();
  const Ensemble& ensemble = model.ensemble();
  const Step step = ensemble.step();
  if (!(*within > 0 && *within <= 1e6 * step.years()))
    throw DomainError("E-CFG-RANGE",
                      "found a horizon of " + rungs::detail::text(*within) +
                          " years; expected a number above 0, and at most a million steps",
                      *within);
  const Span span = step.steps_in(*within);
  const StratumSet target = of_option("--reach", [&] { return ladder.select(reach); });
  const StratumSet there = model.now_in(target);
  const PastStart start = past_start(fit, from, options.model.pasts);
  std::vector<Diagnostic> warnings = fit.warnings;
  warn_of_coverage(fit, options, pairs_used(model, start.people.heads(), span, there), warnings);
  if (fit.read.observed_years > 0 && *within > fit.read.observed_years + 1e-9)
    warnings.push_back(
        warning("W-HORIZON",
                fmt::format("found a question about {} years and data over {} years; expected a span that was observed",
                            rounded(*within), rounded(fit.read.observed_years))));
  const Seed seed = resolve_seed(common, warnings);
  const Eigen::Index periods = span.steps() + 1, n = static_cast<Eigen::Index>(ladder.size());
  const std::size_t draws = ensemble.varies() ? ensemble.limit(common.number_of_draws()) : 0;
  std::vector<Estimate> all;
  {
    Progress progress(common, "rungs: drawing", draws);
    all = summarize_all(ensemble,
                        [&](const Kernel& kernel) {
                          const Vector passage = first_passage(kernel, start.people, there, span);
                          const Matrix heads = model.over_pasts(headcounts_over(kernel, start.people, span));
                          double mean = 0, standing = 0;
                          for (Eigen::Index t = 0; t < passage.size(); ++t) mean += static_cast<double>(t) * passage[t];
                          for (const std::size_t j : target.indices())
                            standing += heads(span.steps(), static_cast<Eigen::Index>(j));
                          Vector out(3 + periods + n);
                          out << passage.sum(), standing,
                              passage.sum() > 0 ? mean / passage.sum() * step.years() : std::nan(""), passage,
                              step.years() * (heads.transpose() * headcount_weights(WithinPeriod::trapezoid, span));
                          progress.tick();
                          return out;
                        },
                        {.draws = common.number_of_draws(), .seed = seed, .level = common.interval_level()});
  }
  const auto at = [&](Eigen::Index k) -> const Estimate& { return all[static_cast<std::size_t>(k)]; };
  const Head head{.command = "measure", .seed = seed, .inputs = fit.read.inputs, .warnings = warnings};
  std::string answer;
  if (common.format == Format::json) {
    Json out = cli::json_of(head);
    add_ladder_and_step(out, ladder, step);
    out["method"] = ensemble.method();
    out["second_order"] = {
        {"past", start.words},
        {"unseen_past", options.model.unseen_past.empty() ? Json(nullptr) : Json(options.model.unseen_past)}};
    Json shares = Json::array();
    for (std::size_t b = 0; b < model.pairs().strata(); ++b)
      if (const double share = start.people.heads()[static_cast<Eigen::Index>(b)]; share > 0)
        shares.push_back({{"pair", model.pairs().name(b)}, {"share", cli::json_of(share)}});
    out["second_order"]["start"] = std::move(shares);
    const auto question = [&](const Estimate& e, const char* definition) {
      Json strata = Json::array();
      for (const std::size_t i : target.indices()) strata.push_back(ladder.name(i));
      Json one{{"from", from},
               {"target", reach},
               {"target_strata", strata},
               {"within", cli::json_of(*within)},
               {"steps", span.steps()},
               {"definition", definition},
               {"probability", cli::json_of(e.value)}};
      one.update(cli::json_of(e));
      return one;
    };
    out["reach"] =
        question(at(0), "probability of ever being in the target within the span, before leaving by an exit");
    out["standing"] = question(at(1), "probability of being in the target at the end of the span");
    out["time_to_reach"] = {{"mean_given_reached", cli::json_of(at(2))},
                            {"unit", "years"},
                            {"definition",
                             "mean number of years until the target is first reached, of those who reach it within the "
                             "span"}};
    out["first_passage"] = Json::array();
    for (Eigen::Index t = 0; t < periods; ++t) {
      Json one{{"period", t}, {"years", cli::json_of(static_cast<double>(t) * step.years())}};
      one.update(cli::json_of(at(3 + t)));
      out["first_passage"].push_back(std::move(one));
    }
    out["expected_years"] = Json::array();
    for (Eigen::Index j = 0; j < n; ++j) {
      Json one{{"stratum", ladder.name(static_cast<std::size_t>(j))}};
      one.update(cli::json_of(at(3 + periods + j)));
      out["expected_years"].push_back(std::move(one));
    }
    answer = text(out);
  } else if (common.format == Format::csv) {
    std::vector<std::string> columns{"measure", "from", "to", "years", "past"};
    for (std::string& column : csv_estimate_columns()) columns.push_back(std::move(column));
    answer = csv_line(columns);
    const auto add = [&](const char* measure, const std::string& to, double years, const Estimate& e) {
      std::vector<std::string> fields{measure, from, to, csv_number(years), start.words};
      for (std::string& field : csv_fields(e)) fields.push_back(std::move(field));
      answer += csv_line(fields);
    };
    add("reach", reach, *within, at(0));
    add("standing", reach, *within, at(1));
    add("mean_years_given_reached", reach, *within, at(2));
    for (Eigen::Index t = 0; t < periods; ++t)
      add("first_passage", reach, static_cast<double>(t) * step.years(), at(3 + t));
    for (Eigen::Index j = 0; j < n; ++j)
      add("expected_years", ladder.name(static_cast<std::size_t>(j)), *within, at(3 + periods + j));
  } else {
    const bool color = colored_stdout(common);
    const auto line = [](const std::string& name, const Estimate& e) {
      return std::vector<std::string>{name, value_text(e), interval_text(e), varied_text(e)};
    };
    const std::string interval = level_text(common.level);
    TextTable table(fmt::format("From {} to {} ({}), within {}", from, reach, target.text(), years_text(*within)),
                    {"", "value", interval, "what varied"});
    table.row(line("reach: probability of ever being there, before an exit", at(0)));
    table.row(line("standing: probability of being there at the end", at(1)));
    table.row(line("years until then, mean of those who reach", at(2)));
    table.note(start.words == "given" ? "Of people with this past."
                                      : "Averaged over pasts as people in the data have them (" + start.words +
                                            "), which are taken as known.");
    answer = table.text(color);
    TextTable passage("When the target is reached for the first time",
                      {"years", "probability", interval, "what varied"});
    for (Eigen::Index t = 0; t < periods && t <= 50; ++t)
      passage.row(line(rounded(static_cast<double>(t) * step.years()), at(3 + t)));
    if (periods > 51) passage.note("Later years stand in --format json and csv.");
    answer += "\n" + passage.text(color);
    TextTable spent(fmt::format("Expected years in each stratum, from {}, of {}", from, years_text(*within)),
                    {"stratum", "years", interval, "what varied"});
    for (Eigen::Index j = 0; j < n; ++j) spent.row(line(ladder.name(static_cast<std::size_t>(j)), at(3 + periods + j)));
    answer += "\n" + spent.text(color);
    answer += "\nmethod: " + printable(ensemble.method()) +
              fmt::format("; draws: {}; seed: {}\n", common.draws, seed.value());
  }
  print_warnings(warnings, common);
  output.write(answer);
}

}  // namespace rungs::cli
