// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include "estimate.hpp"

#include <rungs/estimate/dirichlet.hpp>
#include <rungs/estimate/proportions.hpp>
#include <rungs/measure/summary.hpp>
#include <rungs/serialize/saved_model.hpp>
#include <rungs/version.hpp>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "hidden_groups.hpp"
#include "json.hpp"
#include "logit.hpp"
#include "models.hpp"
#include "pooling.hpp"
#include "rates.hpp"
#include "second_order.hpp"
#include "table.hpp"

namespace rungs::cli {

CLI::App* setup_estimate(CLI::App& app, EstimateCommand& command) {
  CLI::App* verb =
      app.add_subcommand("estimate", "how do people move? A matrix of transitions with standard errors and intervals");
  verb->footer(
      "Examples:\n"
      "  rungs estimate --panel males.csv --id nr --time year --state occupation \\\n"
      "      --ladder \"labourer < operative < craftsman, clerical < manager | left\" --format json\n"
      "  rungs estimate --table glass.csv --ladder \"Unskilled < Skilled < Supervisory < Managerial < Professional\"\n"
      "  rungs estimate --table glass.csv --ladder ladder.toml --method dirichlet:0.5 -o glass.rungs\n"
      "  rungs estimate --panel lives.csv --spells --begin from --end to --ends excluded --until 2020 --group sex \\\n"
      "      --state job --ladder \"labourer < operative < craftsman | left\"\n"
      "  rungs estimate --shares payroll.csv --unit heads --shares-of panel --ladder ladder.toml\n"
      "  rungs estimate --panel males.csv --state job --ladder ladder.toml --method logit \\\n"
      "      --covariate age:number --covariate \"school:category: low, high\" --at school=high\n"
      "  rungs estimate --rates jobs.csv --events changes --exposure years --by collar,sex --interaction\n"
      "A FILE that ends in .rungs saves the model, for other verbs to read with --model.");
  setup_data(*verb, command.data, SavedModels::no);
  setup_survey(*verb, command.data.source);
  const std::vector<IntervalMethod> methods{IntervalMethod::exact, IntervalMethod::wilson, IntervalMethod::jeffreys};
  add_choice(
      *verb, "--interval", {"exact", "wilson", "jeffreys"},
      [&command, methods](std::size_t k) { command.interval = methods[k]; },
      "interval of each proportion (default: exact)")
      ->group("Results");
  setup_shares(*verb, command.shares);
  setup_models(*verb, command.data);
  setup_rates(*verb, command.rates);
  setup_common(*verb, command.common);
  return verb;
}

namespace {

/// All that is told of one matrix.
struct MatrixResult {
  std::optional<Period> period{};  ///< none when all periods are pooled
  Matrix probabilities;
  const Matrix* people;  ///< null where nobody was observed: a matrix that was given
  const Counts* counts;  ///< as `people`
  std::optional<CellIntervals> intervals{};
  std::optional<double> log_likelihood{};
  std::optional<Matrix> design_effect{};  ///< of a survey
  const LogitAnswer* logit = nullptr;
  std::vector<std::string> switched{};  ///< strata whose intervals are exact though another method was asked
};

/// All that is told of one group of people, or of everybody.
struct GroupMoves {
  const Data* data;
  std::vector<MatrixResult> matrices;
  [[nodiscard]] const std::string& name() const { return data->group; }  ///< empty: everybody
};

/// The spread of every cell of a matrix over the draws of a model; none where it is taken as known.
std::optional<CellIntervals> intervals_of_draws(const Ensemble& ensemble, Level level, std::size_t matrix,
                                                const char* method) {
  if (!ensemble.varies()) return std::nullopt;
  const Eigen::Index n = static_cast<Eigen::Index>(ensemble.ladder().size());
  CellIntervals out{method, level.value(), Matrix::Constant(n, n, std::nan("")), {}, {}};
  out.lower = out.upper = out.standard_error;
  const std::vector<Estimate> cells =
      summarize_all(ensemble,
                    [matrix](const Kernel& k) {
                      const Matrix p = k.matrix(matrix);
                      return Vector(p.reshaped<Eigen::RowMajor>());
                    },
                    {.draws = std::numeric_limits<std::size_t>::max(), .seed = Seed(0), .level = level});
  for (Eigen::Index i = 0; i < static_cast<Eigen::Index>(ensemble.ladder().strata()); ++i)
    for (Eigen::Index j = 0; j < n; ++j) {
      const Estimate& cell = cells[static_cast<std::size_t>(i * n + j)];
      out.standard_error(i, j) = cell.standard_deviation;
      out.lower(i, j) = cell.lower;
      out.upper(i, j) = cell.upper;
    }
  return out;
}

/// Intervals by the method asked, and exact ones in rows of few people, or of which few made a possible move.
void add_intervals(MatrixResult& one, const Ladder& ladder, Level level, IntervalMethod method) {
  one.intervals = cell_intervals(*one.counts, ladder, level, method);
  if (method == IntervalMethod::exact) return;
  const CellIntervals exact = cell_intervals(*one.counts, ladder, level);
  for (std::size_t i = 0; i < ladder.strata(); ++i) {
    if (!(one.counts->row_people(i) > 0) || !thin_row(*one.counts, ladder, i)) continue;
    const auto r = static_cast<Eigen::Index>(i);
    one.intervals->lower.row(r) = exact.lower.row(r);
    one.intervals->upper.row(r) = exact.upper.row(r);
    one.switched.push_back(ladder.name(i));
  }
  if (!one.switched.empty()) one.intervals->method += ", exact where people or moves are few";
}

/// Tells of rows whose intervals are not by the method that was asked.
void warn_of_switched(const std::vector<GroupMoves>& groups, std::vector<Diagnostic>& warnings) {
  for (const GroupMoves& group : groups)
    for (const MatrixResult& one : group.matrices)
      if (!one.switched.empty())
        warnings.push_back(
            warning("W-ROW-THIN", (group.name().empty() ? "" : "group " + rungs::detail::quoted(group.name()) + ": ") +
                                      "intervals of the moves from " + rungs::detail::listed(one.switched) +
                                      (one.period ? fmt::format(" in period {}", one.period->label()) : "") +
                                      " are exact, and not by the method asked: fewer than 30 effective people are "
                                      "behind them, or fewer than 5 made a possible move"));
}

std::vector<MatrixResult> results(const EstimateCommand& command, const Data& data) {
  const Kernel& kernel = data.ensemble.point();
  const Level level = command.common.interval_level();
  std::vector<const Counts*> counts;
  if (data.tally) {
    if (kernel.is_constant())
      counts.push_back(&data.tally->pooled());
    else
      for (const auto& entry : data.tally->by_period()) counts.push_back(&entry.second);
  }
  const auto* dirichlet = std::get_if<DirichletWeights>(&data.ensemble.draws());
  const auto* logits = std::get_if<NormalLogits>(&data.ensemble.draws());
  std::vector<MatrixResult> out;
  for (std::size_t m = 0; m < kernel.count(); ++m) {
    const Matrix p = kernel.matrix(m);
    MatrixResult one{.probabilities = p,
                     .people = data.people.empty() ? nullptr : &data.people[m],
                     .counts = counts.empty() ? nullptr : counts[m]};
    if (!kernel.is_constant()) one.period = kernel.step().after(kernel.first(), static_cast<std::int64_t>(m));
    one.logit = data.logit ? data.logit.get() : data.logits.empty() ? nullptr : data.logits.at(m).get();
    if (one.logit != nullptr) {
      one.intervals = intervals_of_draws(data.ensemble, level, m, "draws of coefficients");
      clear_unseen(*one.intervals, p, *counts.at(m));
    } else if (data.survey) {
      one.intervals = data.survey->estimate.cells(m, level);
      one.design_effect = data.survey->estimate.design_effect(*data.tally, m);
    } else if (dirichlet != nullptr)
      one.intervals = cell_intervals(dirichlet->alpha[m], level);
    else if (logits != nullptr)
      one.intervals = cell_intervals(*logits, p, m, level);
    else if (std::holds_alternative<Replicates>(data.ensemble.draws()))
      one.intervals = intervals_of_draws(
          data.ensemble, level, m, command.data.source.method == "bootstrap" ? "bootstrap by person" : "posterior");
    else if (one.counts != nullptr && data.people_known)
      add_intervals(one, data.ensemble.ladder(), level, command.interval.value_or(IntervalMethod::exact));
    if (one.logit != nullptr)
      one.log_likelihood = one.logit->fit.log_likelihood();
    else if (one.counts != nullptr && data.people_known && data.tally->across_gaps().empty())
      one.log_likelihood = log_likelihood(*one.counts, p);
    out.push_back(std::move(one));
  }
  return out;
}

void add_matrix(Json& out, const MatrixResult& r, bool weighted) {
  if (r.people != nullptr) out["counts"] = json_of(*r.people);
  if (weighted && r.counts != nullptr) {
    const Eigen::Index n = r.probabilities.rows();
    Matrix weights(n, n);
    for (Eigen::Index i = 0; i < n; ++i)
      for (Eigen::Index j = 0; j < n; ++j)
        weights(i, j) = r.counts->weight(static_cast<std::size_t>(i), static_cast<std::size_t>(j));
    out["weighted_counts"] = json_of(weights);
  }
  out["transition_matrix"] = json_of(r.probabilities);
  if (r.intervals) {
    out["standard_error"] = json_of(r.intervals->standard_error);
    out["interval"] = {{"method", r.intervals->method},
                       {"level", json_of(r.intervals->level)},
                       {"lower", json_of(r.intervals->lower)},
                       {"upper", json_of(r.intervals->upper)}};
  } else {
    out["standard_error"] = nullptr;
    out["interval"] = nullptr;
  }
  if (r.design_effect) out["design_effect"] = json_of(*r.design_effect);
  if (r.log_likelihood) out["log_likelihood"] = json_of(*r.log_likelihood);
  if (r.logit != nullptr) out["logit"] = json_of_logit(*r.logit, Level(r.intervals->level));
}

/// What people are seen to do over gaps, and the matrices of everybody or of a group.
void add_results(Json& out, const GroupMoves& group) {
  const Data& data = *group.data;
  if (data.tally && !data.tally->across_gaps().empty()) {
    out["across_gaps"] = Json::array();
    for (const auto& [bridge, counts] : data.tally->across_gaps()) {
      Json& one = out["across_gaps"].emplace_back();
      if (!data.tally->by_period().empty()) one["period"] = bridge.period;
      one["steps"] = bridge.steps;
      one["counts"] = cli::json_of(people_of(counts));
    }
    out["log_likelihood"] = cli::json_of(log_likelihood(*data.tally, data.ensemble.point()));
  }
  const bool weighted = data.tally && data.tally->weight_kind() != WeightKind::none;
  if (data.ensemble.point().is_constant()) return add_matrix(out, group.matrices.front(), weighted);
  out["periods"] = Json::array();
  for (const MatrixResult& r : group.matrices) {
    Json one;
    one["period"] = r.period->label();
    add_matrix(one, r, weighted);
    out["periods"].push_back(std::move(one));
  }
}

std::string as_json(const Head& head, const Data& data, const std::vector<GroupMoves>& groups,
                    const std::optional<PoolingDraws>& pooling) {
  Json out = json_of(head);
  const Step step = data.ensemble.step();
  out["ladder"] = json_of(data.ensemble.ladder());
  if (data.tally && data.people_known) {
    out["ledger"] = json_of(data.tally->ledger(), data.spells);
    out["people"] = data.people_observed;
    if (data.ids) out["ids"] = *data.ids;
  }
  out["step"] = {{"units", step.units()}, {"years", json_of(step.years())}};
  out["method"] = data.ensemble.method();
  if (pooling) out["pooling"] = json_of_pooling(data, *pooling);
  if (data.survey) out["design"] = cli::json_of(*data.survey);
  if (groups.front().name().empty()) {
    add_results(out, groups.front());
    return text(out);
  }
  out["groups"] = Json::array();
  for (const GroupMoves& group : groups) {
    Json one{{"group", group.name()}};
    if (group.data->people_known) one["people"] = group.data->people_observed;
    if (group.data->survey) one["design"] = cli::json_of(*group.data->survey);
    add_results(one, group);
    out["groups"].push_back(std::move(one));
  }
  return text(out);
}

/// Does something for every possible move of the strata: (from, to).
template <class F>
void for_moves(const Ladder& ladder, const F& f) {
  for (std::size_t i = 0; i < ladder.strata(); ++i)
    for (std::size_t j = 0; j < ladder.size(); ++j)
      if (ladder.possible(i, j)) f(i, j, static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j));
}

std::string as_csv(const Data& data, const std::vector<GroupMoves>& groups) {
  std::vector<LogitPart> logits;
  for (const GroupMoves& group : groups)
    for (const MatrixResult& r : group.matrices)
      if (r.logit != nullptr)
        logits.push_back({group.name(), r.period ? std::optional(r.period->label()) : std::nullopt, r.logit,
                          &r.probabilities, &*r.intervals});
  if (!logits.empty()) return logit_as_csv(logits);
  const Ladder& ladder = data.ensemble.ladder();
  std::vector<std::string> columns{"period",         "from",  "to",    "people", "probability",
                                   "standard_error", "lower", "upper", "level",  "interval_method"};
  if (!data.common.empty())
    for (std::string& column : csv_columns_of_pooling()) columns.push_back(std::move(column));
  if (!groups.front().name().empty()) columns.insert(columns.begin(), "group");
  std::string out = csv_line(columns);
  for (const GroupMoves& group : groups)
    for (const MatrixResult& r : group.matrices)
      for_moves(ladder, [&](std::size_t from, std::size_t to, Eigen::Index i, Eigen::Index j) {
        std::vector<std::string> fields{r.period ? std::to_string(r.period->label()) : "", ladder.name(from),
                                        ladder.name(to), r.people != nullptr ? csv_number((*r.people)(i, j)) : "",
                                        csv_number(r.probabilities(i, j))};
        if (r.intervals)
          for (std::string& field : std::vector<std::string>{
                   csv_number(r.intervals->standard_error(i, j)), csv_number(r.intervals->lower(i, j)),
                   csv_number(r.intervals->upper(i, j)), csv_number(r.intervals->level), r.intervals->method})
            fields.push_back(std::move(field));
        else
          fields.resize(10);
        if (!data.common.empty())
          for (std::string& field : csv_of_pooling(data, from)) fields.push_back(std::move(field));
        if (!group.name().empty()) fields.insert(fields.begin(), group.name());
        out += csv_line(fields);
      });
  return out;
}

std::string interval_method_words(const std::string& method) {
  if (method == "exact") return "exact interval (Clopper and Pearson), one cell at a time";
  if (method == "wilson") return "interval of Wilson, one cell at a time";
  if (method == "jeffreys") return "interval of Jeffreys, one cell at a time";
  const std::string few =
      ", exact where fewer than 30 effective people are behind a row or fewer than 5 made a possible move, one cell at "
      "a time";
  if (method == "wilson, exact where people or moves are few") return "interval of Wilson" + few;
  if (method == "jeffreys, exact where people or moves are few") return "interval of Jeffreys" + few;
  if (method == "bootstrap") return "quantiles of estimates from repeated series, one cell at a time";
  if (method == "bootstrap by person")
    return "quantiles of estimates from samples of whole people, one cell at a time; a move never seen is in no sample";
  if (method == "draws of coefficients") return "quantiles over draws of the coefficients, one cell at a time";
  if (method == "log-odds") return "interval around the log-odds, one cell at a time";
  return "posterior interval with equal tails, one cell at a time";
}

std::string as_table(const EstimateCommand& command, const Data& data, const std::vector<GroupMoves>& groups,
                     const std::optional<PoolingDraws>& pooling) {
  const Ladder& ladder = data.ensemble.ladder();
  const bool color = colored_stdout(command.common);
  TextTable about("How people move");
  about.row({"method", data.ensemble.method()});
  if (data.survey) about.row({"design", data.survey->words()});
  for (const GroupMoves& group : groups)
    if (data.survey && !group.name().empty())
      about.row({"", fmt::format("group {}: {}", group.name(), group.data->survey->words())});
  const Step step = data.ensemble.step();
  about.row({"one step", fmt::format("{} {}", rounded(step.years()), step.years() == 1 ? "year" : "years")});
  if (data.tally && !data.people_known) about.row({"people", "not known: sums of weights alone"});
  if (data.tally && data.people_known) {
    const Ledger& ledger = data.tally->ledger();
    about.row({"people", std::to_string(data.people_observed) +
                             (data.ids ? fmt::format(", by the frequency weights of {} ids", *data.ids) : "")});
    for (const GroupMoves& group : groups)
      if (!group.name().empty())
        about.row({"", fmt::format("{} of group {}", group.data->people_observed, group.name())});
    if (data.spells) {
      about.row({"spells", fmt::format("{} read, {} observed", data.spells->records_read, data.spells->records_used)});
      for (const auto& [reason, n] : data.spells->dropped) about.row({"", fmt::format("{} dropped: {}", n, reason)});
    }
    about.row({"records", fmt::format("{} read, {} used", ledger.records_read, ledger.records_used)});
    for (const auto& [reason, n] : ledger.dropped) about.row({"", fmt::format("{} dropped: {}", n, reason)});
    about.row({"moves and stays", fmt::format("{} counted", ledger.pairs_used)});
    std::map<std::int64_t, double> across;
    for (const auto& [bridge, counts] : data.tally->across_gaps())
      for (std::size_t i = 0; i < ladder.size(); ++i) across[bridge.steps] += counts.row_people(i);
    for (const auto& [steps, people] : across)
      about.row({"", fmt::format("{} of them over {} steps, the way between not seen", rounded(people), steps)});
    for (const auto& [reason, n] : ledger.pairs_dropped)
      about.row({"", fmt::format("{} pairs not counted: {}", n, reason)});
  }
  std::string out = about.text(color);
  if (pooling) out += "\n" + table_of_pooling(data, *pooling).text(color);
  for (const GroupMoves& group : groups)
    for (const MatrixResult& r : group.matrices) {
      const std::string when = (r.logit != nullptr ? ", of " + population_words(*r.logit) : std::string()) +
                               (group.name().empty() ? "" : ", group " + group.name()) +
                               (r.period ? fmt::format(", from period {}", r.period->label()) : "");
      std::vector<std::string> columns{"from \\ to"};
      for (const std::string& name : ladder.names()) columns.push_back(name);
      TextTable matrix("Probability of being there one step later" + when, columns);
      for (std::size_t i = 0; i < ladder.strata(); ++i) {
        std::vector<std::string> row{ladder.name(i)};
        for (std::size_t j = 0; j < ladder.size(); ++j)
          row.push_back(ladder.possible(i, j) ? fmt::format("{:.4f}", r.probabilities(static_cast<Eigen::Index>(i),
                                                                                      static_cast<Eigen::Index>(j)))
                                              : ".");
        matrix.row(row);
      }
      if (!ladder.all_moves_possible()) matrix.note("A point stands for a move that the ladder declares impossible.");
      out += "\n" + matrix.text(color);
      if (!r.intervals) continue;
      TextTable moves("Each move with its interval" + when,
                      {"move", "people", "probability", level_text(r.intervals->level), "standard error"});
      for_moves(ladder, [&](std::size_t from, std::size_t to, Eigen::Index i, Eigen::Index j) {
        const double lower = r.intervals->lower(i, j), upper = r.intervals->upper(i, j),
                     error = r.intervals->standard_error(i, j);
        const bool known = !std::isnan(lower);
        moves.row({ladder.name(from) + (from == to ? " (stays)" : " -> " + ladder.name(to)),
                   r.people != nullptr ? rounded((*r.people)(i, j)) : "-", rounded(r.probabilities(i, j), lower, upper),
                   known ? rounded(lower, lower, upper) + " to " + rounded(upper, lower, upper) : "-",
                   rounded(error, 0, 2 * error)});
      });
      moves.note(interval_method_words(r.intervals->method) + (r.design_effect ? ", by Student's t" : "") +
                 "; only the probabilities vary in it (parameters)");
      out += "\n" + moves.text(color);
      if (r.logit != nullptr) out += logit_as_tables(*r.logit, command.common.interval_level(), color);
    }
  return out;
}

void save_model(SavedModel model, const std::vector<InputFile>& inputs, const std::vector<Diagnostic>& warnings,
                const std::string& path) {
  model.rungs_version = version;
  for (const InputFile& input : inputs) model.inputs.push_back({input.file, input.sha256});
  for (const Diagnostic& d : warnings) model.warnings.push_back(stored(d));
  rungs::save(model, path);
}

// --- shares alone
// --------------------------------------------------------------------------------------------------------

const char* name_of(ShareSource source) { return source == ShareSource::panel ? "panel" : "cross-sections"; }

std::string shares_as_json(const Head& head, const ShareResult& r, const std::optional<CellIntervals>& intervals) {
  const SharesFit& fit = r.fit;
  const Ladder& ladder = fit.ladder();
  Json out = json_of(head);
  out["ladder"] = json_of(ladder);
  out["step"] = {{"units", fit.step().units()}, {"years", json_of(fit.step().years())}};
  out["method"] = r.ensemble ? r.ensemble->method() : fit.method();
  Json verdicts = Json::array();
  for (std::size_t i = 0; i < ladder.size(); ++i) {
    Json row = Json::array();
    for (std::size_t j = 0; j < ladder.size(); ++j) row.push_back(name(fit.verdict(ladder.at(i), ladder.at(j))));
    verdicts.push_back(std::move(row));
  }
  out["identification"] = {{"verdict", name(fit.verdict())},
                           {"dimensions", fit.dimension()},
                           {"shares_of", name_of(r.source)},
                           {"weighting", r.weighting == ShareWeighting::plain ? "plain" : "multinomial"},
                           {"criterion", json_of(fit.criterion())},
                           {"amplification", json_of(fit.amplification())},
                           {"by_move", std::move(verdicts)},
                           {"lowest", json_of(fit.lower())},
                           {"highest", json_of(fit.upper())}};
  if (r.ensemble) {
    const Matrix p = r.ensemble->point().matrix(0);
    add_matrix(out, {.probabilities = p, .people = nullptr, .counts = nullptr, .intervals = intervals}, false);
  }
  return text(out);
}

std::string shares_as_csv(const ShareResult& r, const std::optional<CellIntervals>& intervals) {
  const Ladder& ladder = r.fit.ladder();
  std::string out = csv_line({"from", "to", "verdict", "lowest", "highest", "probability", "standard_error", "lower",
                              "upper", "level", "interval_method"});
  for_moves(ladder, [&](std::size_t from, std::size_t to, Eigen::Index i, Eigen::Index j) {
    std::vector<std::string> fields{ladder.name(from),
                                    ladder.name(to),
                                    name(r.fit.verdict(ladder.at(from), ladder.at(to))),
                                    csv_number(r.fit.lower()(i, j)),
                                    csv_number(r.fit.upper()(i, j)),
                                    r.ensemble ? csv_number(r.ensemble->point().matrix(0)(i, j)) : ""};
    if (intervals)
      fields.insert(fields.end(),
                    {csv_number(intervals->standard_error(i, j)), csv_number(intervals->lower(i, j)),
                     csv_number(intervals->upper(i, j)), csv_number(intervals->level), intervals->method});
    fields.resize(11);
    out += csv_line(fields);
  });
  return out;
}

std::string shares_as_table(const CommonOptions& common, const ShareResult& r,
                            const std::optional<CellIntervals>& intervals) {
  const SharesFit& fit = r.fit;
  const Ladder& ladder = fit.ladder();
  const bool color = colored_stdout(common);
  TextTable about("How people move, as far as shares alone tell");
  about.row({"method", r.ensemble ? r.ensemble->method() : fit.method()});
  about.row({"shares of",
             r.source == ShareSource::panel ? "the same people in every period" : "other people in every period"});
  about.row(
      {"one step", fmt::format("{} {}", rounded(fit.step().years()), fit.step().years() == 1 ? "year" : "years")});
  about.row({"the moves are", name(fit.verdict())});
  if (fit.dimension() > 0) about.row({"", fmt::format("{} of their numbers may be chosen", fit.dimension())});
  std::vector<std::string> columns{"move", "verdict", "lowest", "highest"};
  if (r.ensemble) columns.emplace_back("probability");
  if (intervals) {
    columns.push_back(level_text(intervals->level));
    columns.emplace_back("standard error");
  }
  TextTable moves("Each move over all matrices that fit the shares best", columns);
  for_moves(ladder, [&](std::size_t from, std::size_t to, Eigen::Index i, Eigen::Index j) {
    std::vector<std::string> row{ladder.name(from) + (from == to ? " (stays)" : " -> " + ladder.name(to)),
                                 name(fit.verdict(ladder.at(from), ladder.at(to))),
                                 fmt::format("{:.4f}", fit.lower()(i, j)), fmt::format("{:.4f}", fit.upper()(i, j))};
    if (r.ensemble) row.push_back(fmt::format("{:.4f}", r.ensemble->point().matrix(0)(i, j)));
    if (intervals) {
      const double lower = intervals->lower(i, j), upper = intervals->upper(i, j);
      row.push_back(rounded(lower, lower, upper) + " to " + rounded(upper, lower, upper));
      row.push_back(rounded(intervals->standard_error(i, j), 0, 2 * intervals->standard_error(i, j)));
    }
    moves.row(row);
  });
  moves.note("lowest and highest are what the shares allow, not what chance does to them");
  if (intervals)
    moves.note(interval_method_words(intervals->method) + "; only the probabilities vary in it (parameters)");
  return about.text(color) + "\n" + moves.text(color);
}

void run_shares(const EstimateCommand& command) {
  const CommonOptions& common = command.common;
  std::vector<std::string> inputs = input_names(command.data);
  inputs.push_back(command.shares.path);
  if (!command.shares.nearest_to.empty()) inputs.push_back(command.shares.nearest_to);
  if (std::count(inputs.begin(), inputs.end(), "-") > 1)
    throw UsageError("found '-' (standard input) for two files; expected it once");
  const Output output(common, inputs);
  const ShareResult result = estimate_shares(command.shares, command.data, common);
  const bool saves = saves_model(output, common.output);
  if (saves && !result.ensemble) (void)result.fit.matrix();  // refuses
  const auto intervals =
      result.ensemble ? intervals_of_draws(*result.ensemble, common.interval_level(), 0, "bootstrap") : std::nullopt;
  const Head head{.command = "estimate", .seed = result.seed, .inputs = result.inputs, .warnings = result.warnings};
  const std::string answer = common.format == Format::json  ? shares_as_json(head, result, intervals)
                             : common.format == Format::csv ? shares_as_csv(result, intervals)
                                                            : shares_as_table(common, result, intervals);
  print_warnings(result.warnings, common);
  if (saves) {
    save_model({.ensemble = *result.ensemble, .observed_years = result.years, .observed = result.observed},
               result.inputs, result.warnings, output.path());
    write_stdout(answer);
  } else {
    output.write(answer);
  }
}

}  // namespace

bool saves_model(const Output& output, const std::string& name) {
  constexpr std::string_view saved = ".rungs";
  return output.is_file() && name.size() > saved.size() &&
         name.compare(name.size() - saved.size(), saved.size(), saved) == 0;
}

void run_estimate(const EstimateCommand& command) {
  const CommonOptions& common = command.common;
  check_common(common);
  if (!command.shares.path.empty()) {
    run_shares(command);
    return;
  }
  if (!command.rates.path.empty()) {
    run_rates(command.rates, command.data.source.encoding, command.common);
    return;
  }
  check_models(command.data);
  if (command.data.source.time != io::ScenarioData{}.time && command.data.source.kind != io::ScenarioData::Kind::panel)
    throw UsageError("found --time without --panel or --shares; expected one of them");
  if (hidden_method(command.data.source.method)) {
    run_estimate_hidden(command);
    return;
  }
  const Output output(common, input_names(command.data));
  if (command.interval &&
      (command.data.source.kind == io::ScenarioData::Kind::matrix || command.data.source.method != "proportions"))
    throw UsageError(
        is_model_method(command.data.source.method)
            ? "found --interval with --method " + command.data.source.method +
                  "; expected none: it has intervals of its own"
            : "found --interval without proportions; expected --method proportions: other intervals are those of the "
              "posterior");
  const bool saving = saves_model(output, common.output);
  if (is_second_order(command.data)) {
    if (saving)
      throw UsageError(
          "found a model of second order to save; expected another method: a saved model has no pasts. rungs measure "
          "reads the panel itself");
    estimate_second_order(command.data, common, output);
    return;
  }
  std::vector<Diagnostic> warnings;
  DataOptions options = command.data;
  options.pooling = pooling_of(command.data, common, warnings);
  options.resampling = resampling_of(command.data, common, warnings);
  Data data = is_logit(command.data)
                  ? load_logit(command.data, common.number_of_draws(), resolve_seed(common, warnings))
                  : load(options);
  data.warnings.insert(data.warnings.begin(), warnings.begin(), warnings.end());
  if (command.data.pool_groups)
    for (Diagnostic& d : group_warnings(data)) data.warnings.push_back(std::move(d));
  if (command.interval && data.survey)
    throw UsageError("found --interval with a survey; expected none: its intervals are around the log-odds");
  if (command.interval && std::holds_alternative<NormalLogits>(data.ensemble.draws()))
    throw UsageError(
        "found --interval with moves across gaps; expected none, or --gap drop: rows that share what was not seen have "
        "intervals around their log-odds");
  std::vector<GroupMoves> groups;
  if (data.groups.empty() || command.data.pool_groups)
    groups.push_back({&data, results(command, data)});
  else
    for (const Data& group : data.groups) groups.push_back({&group, results(command, group)});
  warn_of_switched(groups, data.warnings);
  Head head{.command = "estimate", .inputs = data.inputs, .warnings = data.warnings};
  if (options.pooling) head.seed = options.pooling->seed;
  if (options.resampling) head.seed = options.resampling->seed;
  if (is_logit(command.data)) head.seed = groups.front().matrices.front().logit->seed;
  const std::string answer = common.format == Format::json  ? as_json(head, data, groups, options.pooling)
                             : common.format == Format::csv ? as_csv(data, groups)
                                                            : as_table(command, data, groups, options.pooling);
  print_warnings(data.warnings, common);
  if (saving) {
    std::optional<Data> joined;
    if (!data.groups.empty() && !command.data.pool_groups) joined = side_by_side(data);
    const Data& of = joined ? *joined : data;
    std::vector<Diagnostic> kept = data.warnings;  // and those of answers that only a saved model gives
    for (Diagnostic& d : span_warnings(data)) kept.push_back(std::move(d));
    const Ensemble& model = of.ensemble;
    // What intervals stand on is told again by whoever reads the model.
    const Ensemble told =
        data.survey ? Ensemble(model.point(), model.draws(),
                               model.method() + "; " + data.survey->words() + (joined ? " (all groups together)" : ""))
                    : model;
    save_model({.ensemble = told,
                .people = of.people,
                .people_observed = data.people_observed,
                .observed_years = data.observed_years,
                .observed = data.observed},
               data.inputs, kept, output.path());
    write_stdout(answer);
  } else {
    output.write(answer);
  }
}

}  // namespace rungs::cli
