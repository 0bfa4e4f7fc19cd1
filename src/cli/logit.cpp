// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include "logit.hpp"

#include <rungs/estimate/coverage.hpp>

#include <boost/math/distributions/normal.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>
#include <string_view>
#include <system_error>
#include <utility>

#include "models.hpp"
#include "table.hpp"

namespace rungs::cli {

namespace {

std::string named(std::string_view text) { return rungs::detail::quoted(text); }

constexpr const char* covariate_words =
    "expected COLUMN:number, COLUMN:category, or COLUMN:category: LABEL, LABEL, ... with the reference first";

/// A covariate as it was asked for; `stated` whether its kind was.
struct AskedCovariate {
  io::CovariateColumn column{};
  bool stated = false;
};

AskedCovariate asked_covariate(const std::string& text) {
  AskedCovariate out{{text, true, {}}, false};
  for (const bool category : {false, true}) {
    const std::string kind = category ? ":category" : ":number";
    const std::size_t at = text.find(kind);
    if (at == std::string::npos) continue;
    const std::string rest(rungs::detail::trimmed(std::string_view(text).substr(at + kind.size())));
    if (!rest.empty() && (!category || rest.front() != ':'))
      throw UsageError("found the covariate " + named(text) + "; " + covariate_words);
    out = {{text.substr(0, at), category, {}}, true};
    if (!rest.empty()) out.column.levels = items_of("--covariate", std::string_view(rest).substr(1));
    break;
  }
  if (!out.stated && text.find(':') != std::string::npos)
    throw UsageError("found the covariate " + named(text) + "; " + covariate_words +
                     " (of a column whose name has a colon the kind must be said)");
  const std::vector<std::string>& levels = out.column.levels;
  const bool empty_label = std::any_of(levels.begin(), levels.end(), [](const auto& l) { return l.empty(); });
  if (out.column.name.empty() || empty_label || levels.size() == 1)
    throw UsageError("found the covariate " + named(text) + "; " + covariate_words);
  for (std::size_t l = 0; l < levels.size(); ++l)
    if (std::count(levels.begin(), levels.end(), levels[l]) > 1)
      throw UsageError("found the category " + named(levels[l]) + " of " + named(out.column.name) +
                       " twice; expected each once; " + comma_words);
  return out;
}

std::vector<AskedCovariate> asked_covariates(const DataOptions& options) {
  std::vector<AskedCovariate> out;
  for (const std::string& text : options.model.covariates) {
    out.push_back(asked_covariate(text));
    const std::string& name = out.back().column.name;
    for (std::size_t k = 0; k + 1 < out.size(); ++k)
      if (out[k].column.name == name) throw UsageError("found --covariate " + named(name) + " twice; expected it once");
    const bool has_state = options.source.layout != io::PanelLayout::wide || options.source.state_given;
    if (name == options.source.id || (has_state && name == options.source.state))
      throw UsageError("found the column " + named(name) + " as a covariate, which is the " +
                       (name == options.source.id ? "person" : "stratum") + "; expected another column");
  }
  return out;
}

std::optional<double> number_in(std::string_view text) {
  double x = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), x);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() || !std::isfinite(x))
    return std::nullopt;
  return x;
}

/// Of a covariate without a stated kind: labels are categories, but numbers might be amounts or codes.
void require_kind(const AskedCovariate& wanted, const io::CovariateValues& read) {
  if (wanted.stated) return;
  const bool numbers = std::all_of(read.levels.begin(), read.levels.end(),
                                   [](const std::string& label) { return number_in(label).has_value(); });
  if (numbers)
    throw UsageError("found only numbers in the covariate " + named(read.name) + "; expected " +
                     named(read.name + ":number") + " if they are amounts, or " + named(read.name + ":category") +
                     " if they are codes");
}

/// The covariates of a panel's observations. Those of people who have left by an exit count nowhere, and need not be
/// known.
Covariates covariates_of(const io::PanelFile& file) {
  const Ladder& ladder = file.panel.ladder();
  Covariates out;
  for (const io::CovariateValues& read : file.covariates) {
    const auto unused = [&](std::size_t k) { return ladder.is_exit(file.panel.strata()[k]); };
    if (read.levels.empty()) {
      Vector values(static_cast<Eigen::Index>(read.values.size()));
      for (std::size_t k = 0; k < read.values.size(); ++k)
        values[static_cast<Eigen::Index>(k)] = std::isnan(read.values[k]) && unused(k) ? 0 : read.values[k];
      out.number(read.name, values);
      continue;
    }
    std::vector<std::string> labels;
    labels.reserve(read.values.size());
    for (std::size_t k = 0; k < read.values.size(); ++k) {
      const double level = std::isnan(read.values[k]) && unused(k) ? 0 : read.values[k];
      labels.push_back(std::isnan(level) ? std::string() : read.levels[static_cast<std::size_t>(level)]);
    }
    out.factor(read.name, labels, read.levels);
  }
  return out;
}

/// What is told of the covariates: their range and whether they change, among those used.
std::vector<LogitColumn> columns_of(const io::PanelFile& file) {
  std::vector<LogitColumn> out;
  const Panel& panel = file.panel;
  for (const io::CovariateValues& read : file.covariates) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    LogitColumn column{read.name, read.levels, infinity, -infinity, false};
    double first = 0;
    bool known = false;
    std::uint32_t person = 0;
    for (const Panel::Run& run : panel.runs())
      for (std::size_t k = run.begin; k < run.end; ++k) {
        const double x = read.values[k];
        if (std::isnan(x) || panel.ladder().is_exit(panel.strata()[k])) continue;
        column.lowest = std::min(column.lowest, x);
        column.highest = std::max(column.highest, x);
        if (known && run.person == person)
          column.varies = column.varies || x != first;
        else
          first = x;
        known = true;
        person = run.person;
      }
    out.push_back(std::move(column));
  }
  return out;
}

/// Takes moves whose covariates are not known out of the tally, and tells the ledger.
void leave_out(const io::PanelFile& file, const TallyOptions& options, const CovariateMoves& moves,
               const Covariates& covariates, Read& read, std::uint64_t& left_out) {
  const Panel& panel = file.panel;
  Ledger ledger = read.tally.ledger();
  left_out = ledger.pairs_used - moves.size();
  if (left_out == 0) return;
  std::vector<char> before(panel.observations()), after(panel.observations());
  Tally kept(panel.ladder(), options.step, panel.weight_kind());
  rungs::detail::for_each_pair(panel, options, [&](std::size_t, std::size_t k, std::int64_t time, std::int64_t steps) {
    before[k] = before[k + 1] = 1;
    if (!covariates.values().row(static_cast<Eigen::Index>(k)).allFinite()) return;
    after[k] = after[k + 1] = 1;
    rungs::detail::count(kept, rungs::detail::Seen(panel, k), steps,
                         options.by_period ? std::optional(Period(time)) : std::nullopt);
  });
  const auto lost = static_cast<std::uint64_t>(std::count(before.begin(), before.end(), 1) -
                                               std::count(after.begin(), after.end(), 1));
  ledger.pairs_used = moves.size();
  ledger.pairs_dropped["covariate not known"] = left_out;
  ledger.records_used -= lost;
  if (lost > 0) ledger.dropped["in no pair whose covariates are known"] = lost;
  ledger.check();
  kept.set_people(read.tally.people());
  for (const Warning& w : read.tally.warnings()) kept.warn(w.code, w.message);
  kept.ledger() = std::move(ledger);
  read.tally = std::move(kept);
}

/// What covariates are set to, as the model knows it.
struct Settings {
  std::vector<CovariateSetting> model{};
  std::vector<std::pair<std::string, std::string>> words{};
};

Settings settings_of(const std::vector<std::string>& at, const std::vector<LogitColumn>& columns,
                     std::vector<Diagnostic>& warnings) {
  Settings out;
  for (const std::string& text : at) {
    const auto column = std::find_if(columns.begin(), columns.end(), [&](const LogitColumn& c) {
      return text.size() > c.name.size() && text.compare(0, c.name.size(), c.name) == 0 && text[c.name.size()] == '=';
    });
    std::vector<std::string> names;
    for (const LogitColumn& c : columns) names.push_back(c.name);
    if (column == columns.end())
      throw UsageError("found --at " + named(text) + "; expected COLUMN=VALUE of one of " +
                       rungs::detail::listed(names));
    const std::string value = text.substr(column->name.size() + 1);
    for (const auto& [name, other] : out.words)
      if (name == column->name)
        throw UsageError("found --at " + named(name) + " twice; expected one value of each covariate");
    out.words.emplace_back(column->name, value);
    if (!column->levels.empty()) {
      if (std::find(column->levels.begin(), column->levels.end(), value) == column->levels.end()) {
        const std::string near = rungs::detail::nearest_name(value, column->levels);
        throw Refusal("E-LABEL-UNKNOWN", "found --at " + named(text) + "; expected one of " +
                                             rungs::detail::listed(column->levels) +
                                             (near.empty() ? "" : "; did you mean " + named(near) + "?"));
      }
      out.model.push_back({column->name + "=" + value, 1});
      continue;
    }
    const auto x = number_in(value);
    if (!x) throw UsageError("found --at " + named(text) + "; expected a number after " + named(column->name + "="));
    if (!(std::abs(*x - column->lowest) < 1e100 * (column->highest - column->lowest)))
      throw Refusal("E-COVARIATE", "found --at " + named(text) +
                                       "; expected a number nearer to those of the data, from " +
                                       rungs::detail::text(column->lowest) + " to " +
                                       rungs::detail::text(column->highest) + ": so far from them there is no answer");
    if (!(*x >= column->lowest && *x <= column->highest))
      warnings.push_back(warning("W-EXTRAPOLATION", named(column->name) + " is set to " + rungs::detail::text(*x) +
                                                        ", and was seen from " + rungs::detail::text(column->lowest) +
                                                        " to " + rungs::detail::text(column->highest) +
                                                        ": no data speak of moves there"));
    out.model.push_back({column->name, *x});
  }
  return out;
}

/// Whether there is a fit with covariates that act alike in all strata.
bool fits_alike(TransitionLogit model, const CovariateMoves& moves) {
  model.form = LogitForm::pooled;
  try {
    (void)model.fit(moves);
    return true;
  } catch (const Error&) {
    return false;
  }
}

/// The fit; where a covariate tells everything of one stratum, with a way out if there is one.
FittedLogit fitted_logit(const TransitionLogit& model, const CovariateMoves& moves) {
  try {
    return model.fit(moves);
  } catch (const Refusal& e) {
    const bool of_a_stratum =
        model.form == LogitForm::by_origin && (e.code() == "E-SEPARATION" || e.code() == "E-IDENT");
    if (!of_a_stratum || !fits_alike(model, moves)) throw;
    throw Refusal(e.code(), e.message() + ", or let covariates act alike in all strata (--slopes common)");
  }
}

LogitTested tested(std::string hypothesis, std::string kind, std::vector<std::string> covariates,
                   const std::function<LogitTest()>& test) {
  LogitTested out{std::move(hypothesis), std::move(kind), std::move(covariates), std::nullopt, {}};
  try {
    out.result = test();
  } catch (const Refusal& e) {
    out.reason = e.message();
  }
  return out;
}

std::vector<LogitTested> tests_of(const FittedLogit& fit, const CovariateMoves& moves, const TransitionLogit& model,
                                  const std::vector<LogitColumn>& columns) {
  std::vector<LogitTested> out;
  std::vector<std::string> all;
  for (const LogitColumn& column : columns) {
    std::vector<std::string> dummies;
    if (column.levels.empty()) dummies = {column.name};
    for (std::size_t l = 1; l < column.levels.size(); ++l) dummies.push_back(column.name + "=" + column.levels[l]);
    all.push_back(column.name);
    out.push_back(
        tested(named(column.name) + " does not matter", "wald", {column.name}, [&] { return fit.wald_test(dummies); }));
  }
  const bool likelihood = moves.weight_kind == WeightKind::none || moves.weight_kind == WeightKind::frequency;
  if (!likelihood) return out;
  CovariateMoves none = moves;
  none.covariates = {};
  TransitionLogit other = model;
  other.variance = LogitVariance::model;
  out.push_back(tested("no covariate matters", "likelihood ratio", all,
                       [&] { return likelihood_ratio_test(other.fit(none), fit); }));
  if (model.form == LogitForm::by_origin)
    out.push_back(tested("covariates act alike in all strata", "likelihood ratio", all, [&] {
      other.form = LogitForm::pooled;
      return likelihood_ratio_test(other.fit(moves), fit);
    }));
  return out;
}

double normal_quantile(Level level) {
  return boost::math::quantile(boost::math::normal_distribution<>(), 1 - level.lower_tail());
}

/// Infinite where the move was never seen, and unknown where it is not defined.
Json value_of(double x) { return std::isinf(x) ? Json(x > 0 ? "infinite" : "-infinite") : json_of(x); }

std::string value_words(double x, double lower, double upper) {
  return std::isinf(x) ? (x > 0 ? "infinite" : "-infinite") : std::isnan(x) ? "-" : rounded(x, lower, upper);
}

std::string from_to_words(double lower, double upper) {
  return std::isnan(lower) ? "-" : rounded(lower, lower, upper) + " to " + rounded(upper, lower, upper);
}

std::string p_words(double p) { return p < 1e-4 ? "< 0.0001" : fmt::format("{:.4f}", p); }

/// Does something for each effect of a covariate on a move that was seen: (from, to, value, standard error).
template <class F>
void for_effects(const MarginalEffect& effect, const Ladder& ladder, const F& f) {
  for (std::size_t i = 0; i < ladder.strata(); ++i)
    for (std::size_t j = 0; j < ladder.size(); ++j) {
      const auto r = static_cast<Eigen::Index>(i), c = static_cast<Eigen::Index>(j);
      if (ladder.possible(i, j) && !std::isnan(effect.effect(r, c)))
        f(i, j, effect.effect(r, c), effect.standard_error(r, c) > 0 ? effect.standard_error(r, c) : std::nan(""));
    }
}

/// The moves of a file with their covariates.
struct LogitMoves {
  CovariateMoves moves;
  std::vector<LogitColumn> columns{};
  std::uint64_t left_out = 0;
};

LogitMoves logit_moves(const io::PanelFile& file, const TallyOptions& counting, bool drop_missing, Read& read) {
  const Covariates values = covariates_of(file);
  LogitMoves out{
      .moves = moves_with_covariates(file.panel, values, counting, drop_missing ? Missing::drop : Missing::refuse),
      .columns = columns_of(file)};
  leave_out(file, counting, out.moves, values, read, out.left_out);
  return out;
}

/// A fit to some moves, standardised to the people who made them.
struct LogitModel {
  LogitAnswer answer;
  Ensemble ensemble;
  std::vector<Diagnostic> warnings{};
};

LogitModel logit_of(LogitMoves of, const Tally& tally, const DataOptions& options, std::size_t draws, Seed seed) {
  const ModelOptions& model = options.model;
  const CovariateMoves& moves = of.moves;
  const TransitionLogit fitting{.form = model.common_slopes ? LogitForm::pooled : LogitForm::by_origin,
                                .variance = model.model_variance ? LogitVariance::model : LogitVariance::by_person,
                                .unleft = options.source.unleft == "absorbing" ? Unleft::absorbing : Unleft::unstated};
  LogitAnswer answer{.fit = fitted_logit(fitting, moves), .columns = std::move(of.columns), .seed = seed};
  answer.left_out = of.left_out;
  std::vector<Diagnostic> warnings;
  for (const Warning& w : answer.fit.warnings())
    if (w.code == "W-COVARIATE" || w.code == "W-SEPARATION") warnings.push_back(warning(w));
  for (const Warning& w : row_warnings(tally))
    if (w.code != "W-ZERO") warnings.push_back(warning(w));
  if (!model.model_variance)
    for (const Warning& w : logit_coverage_warnings(people_to_a_coefficient(answer.fit, moves)))
      warnings.push_back(warning(w));
  const Settings at = settings_of(model.at, answer.columns, warnings);
  answer.at = at.words;
  answer.over_everybody = model.over_everybody;
  const AveragedOver over = model.over_everybody ? AveragedOver::everybody : AveragedOver::own_origin;
  for (std::size_t i = 0; i < moves.ladder.strata(); ++i)
    if (tally.pooled().row_weight(i) > 0) answer.coefficients.push_back(answer.fit.coefficients(moves.ladder.at(i)));
  answer.tests = tests_of(answer.fit, moves, fitting, answer.columns);
  answer.effects = answer.fit.marginal_effects(moves, over);
  const Ensemble drawn = answer.fit.standardised(moves, at.model, over, draws, seed);
  std::string method = drawn.method();
  for (const auto& [name, value] : at.words)
    method += (&name == &at.words.front().first ? " at " : ", ") + name + "=" + value;
  return {std::move(answer), Ensemble(drawn.point(), drawn.draws(), method), std::move(warnings)};
}

// --- groups and periods, each with a logit of its own

/// Some observations of a file, in its order, on the ladder that each group has.
io::PanelFile part_of(const io::PanelFile& file, const std::vector<std::size_t>& kept,
                      const std::vector<std::uint32_t>& person, const std::vector<std::int32_t>& time) {
  const Panel& panel = file.panel;
  Observations rows;
  rows.lines_are_observations = panel.lines_are_observations();
  for (const std::size_t k : kept) {
    rows.add(person[k], time[k], panel.ladder().within_group(panel.strata()[k]));
    if (panel.weighted()) rows.weight.push_back(panel.weight(k));
    rows.line.push_back(static_cast<std::uint32_t>(panel.line(k)));
  }
  io::PanelFile out{.panel = Panel(panel.ladder().of_each_group(), std::move(rows), panel.weight_kind(), panel.file())};
  for (const io::CovariateValues& all : file.covariates) {
    io::CovariateValues& own = out.covariates.emplace_back();
    own.name = all.name;
    own.levels = all.levels;
    for (const std::size_t k : kept) own.values.push_back(all.values[k]);
  }
  return out;
}

/// A part of the moves of a file.
struct LogitPiece {
  std::optional<std::size_t> group{};
  std::optional<std::int64_t> period{};
  LogitMoves moves;
  Tally tally;
};

std::string of_group(const Ladder& ladder, std::size_t group) {
  return "group " + named(ladder.groups()[group]) + ": ";
}

std::vector<LogitPiece> pieces_of(const io::PanelFile& file, TallyOptions counting, bool by_period, bool drop_missing) {
  const Panel& panel = file.panel;
  const Ladder& ladder = panel.ladder();
  std::vector<std::uint32_t> person(panel.observations());
  std::vector<std::int32_t> time(panel.observations());
  for (const Panel::Run& run : panel.runs())
    for (std::size_t k = run.begin; k < run.end; ++k) {
      person[k] = run.person;
      time[k] = run.start + static_cast<std::int32_t>(static_cast<std::int64_t>(k - run.begin) * panel.stride());
    }
  counting.by_period = false;
  std::vector<LogitPiece> out;
  const auto add = [&](std::optional<std::size_t> group, std::optional<std::int64_t> period,
                       const std::vector<std::size_t>& kept) {
    const io::PanelFile part = part_of(file, kept, person, time);
    Read read{.tally = tally(part.panel, counting)};
    try {
      LogitMoves moves = logit_moves(part, counting, drop_missing, read);
      out.push_back({group, period, std::move(moves), std::move(read.tally)});
    } catch (const Refusal& e) {
      throw Refusal(e.code(), (group ? of_group(ladder, *group) : "") +
                                  (period ? "period " + std::to_string(*period) + ": " : "") + e.message());
    }
  };
  for (std::size_t g = 0; g < std::max<std::size_t>(1, ladder.groups().size()); ++g) {
    const std::optional<std::size_t> group = ladder.groups().empty() ? std::nullopt : std::optional(g);
    const auto is_own = [&](std::size_t k) { return !group || ladder.group(panel.strata()[k]) == g; };
    if (!by_period) {
      std::vector<std::size_t> kept;
      for (std::size_t k = 0; k < panel.observations(); ++k)
        if (is_own(k)) kept.push_back(k);
      if (kept.empty())
        throw Refusal("E-ROW-EMPTY", "found nobody in the group " + named(ladder.groups()[g]) + "; expected people");
      add(group, std::nullopt, kept);
      continue;
    }
    std::map<std::int64_t, std::vector<std::size_t>> by;  // both ends of the moves that start in each period
    rungs::detail::for_each_pair(panel, counting, [&](std::size_t, std::size_t k, std::int64_t at, std::int64_t) {
      if (is_own(k)) by[at].insert(by[at].end(), {k, k + 1});
    });
    for (const auto& [period, kept] : by) {
      if (&kept != &by.begin()->second && out.back().period && period != *out.back().period + counting.step.units())
        throw Refusal("E-ROW-EMPTY", "found no move that starts in period " +
                                         std::to_string(*out.back().period + counting.step.units()) +
                                         (group ? " in the group " + named(ladder.groups()[g]) : std::string()) +
                                         "; expected some in every period from the first to the last");
      add(group, period, kept);
    }
    if (by.empty())
      throw Refusal("E-ROW-EMPTY", (group ? of_group(ladder, g) : "") +
                                       "found nobody who was seen at two times one step apart; expected some");
  }
  return out;
}

/// The matrices of consecutive periods as one model; draws of each period are its own.
Ensemble of_periods(const std::vector<LogitModel>& models, std::int64_t first) {
  std::vector<TransitionMatrix> point;
  for (const LogitModel& m : models) point.push_back(m.ensemble.point().at(Period(0)));
  Replicates all;
  const std::size_t draws = std::get<Replicates>(models.front().ensemble.draws()).kernels.size();
  for (std::size_t k = 0; k < draws; ++k) {
    std::vector<TransitionMatrix> each;
    for (const LogitModel& m : models)
      each.push_back(std::get<Replicates>(m.ensemble.draws()).kernels[k].at(Period(0)));
    all.kernels.emplace_back(Period(first), std::move(each));
  }
  return {Kernel(Period(first), std::move(point)), std::move(all), models.front().ensemble.method()};
}

/// The logits of all periods of one group, or of everybody, or the one of all periods.
Data data_of(std::vector<LogitPiece> pieces, const DataOptions& options, std::size_t draws, Seed seed,
             std::uint64_t before) {
  std::vector<LogitModel> models;
  std::vector<Diagnostic> warnings;
  std::vector<Matrix> people;
  std::optional<Tally> tally;
  for (LogitPiece& piece : pieces) {
    const std::string where = piece.period ? "period " + std::to_string(*piece.period) + ": " : "";
    try {
      models.push_back(
          logit_of(std::move(piece.moves), piece.tally, options, draws, Seed(seed.value() + before + models.size())));
    } catch (const Refusal& e) {
      throw Refusal(e.code(), where + e.message());
    }
    for (Diagnostic d : models.back().warnings) {
      d.found = where + d.found;
      warnings.push_back(std::move(d));
    }
    people.push_back(people_of(piece.tally.pooled()));
    if (!piece.period) {
      tally = piece.tally;
      continue;
    }
    if (!tally) tally.emplace(piece.tally.ladder(), piece.tally.step(), piece.tally.weight_kind());
    const Counts& counts = piece.tally.pooled();
    for (std::size_t i = 0; i < counts.size(); ++i)
      for (std::size_t j = 0; j < counts.size(); ++j)
        if (counts.people(i, j) > 0 || counts.weight(i, j) > 0)
          tally->add(i, j, counts.people(i, j), counts.weight(i, j), counts.weight_squares(i, j),
                     Period(*piece.period));
  }
  Data out{.ensemble = pieces.front().period ? of_periods(models, *pieces.front().period) : models.front().ensemble};
  out.tally = std::move(tally);
  out.people = std::move(people);
  out.warnings = std::move(warnings);
  for (LogitModel& m : models) out.logits.push_back(std::make_shared<const LogitAnswer>(std::move(m.answer)));
  if (!pieces.front().period) {
    out.logit = out.logits.front();
    out.logits.clear();
  }
  return out;
}

}  // namespace

Data load_logit(const DataOptions& options, std::size_t draws, Seed seed) {
  const ModelOptions& model = options.model;
  check_models(options);
  const std::vector<AskedCovariate> covariates = asked_covariates(options);
  PanelUse use;
  use.covariates_may_miss = model.drop_missing;
  for (const AskedCovariate& one : covariates) use.covariates.push_back(one.column);
  const bool by_period = options.source.by_period, in_parts = by_period || !options.group.empty();
  std::optional<LogitMoves> moves;
  std::vector<LogitPiece> pieces;
  use.also = [&](const io::PanelFile& file, const TallyOptions& counting, Read& read) {
    for (std::size_t c = 0; c < covariates.size(); ++c) require_kind(covariates[c], file.covariates[c]);
    for (const io::CovariateValues& column : file.covariates)
      if (column.levels.size() == 1)
        throw Refusal("E-IDENT", "found one category alone, " + named(column.levels.front()) + ", in the covariate " +
                                     named(column.name) + "; expected a covariate that differs");
    moves = logit_moves(file, counting, model.drop_missing, read);
    if (in_parts) pieces = pieces_of(file, counting, by_period, model.drop_missing);
  };
  Read read = read_alone(options, use);
  if (!in_parts) {
    LogitModel fitted = logit_of(std::move(*moves), read.tally, options, draws, seed);
    Data out = with_model(std::move(read), std::move(fitted.ensemble));
    out.warnings.insert(out.warnings.end(), fitted.warnings.begin(), fitted.warnings.end());
    out.logit = std::make_shared<const LogitAnswer>(std::move(fitted.answer));
    return out;
  }
  std::vector<Data> parts;
  std::uint64_t before = 0;
  for (std::size_t first = 0; first < pieces.size();) {
    std::vector<LogitPiece> own;
    const std::optional<std::size_t> group = pieces[first].group;
    for (; first < pieces.size() && pieces[first].group == group; ++first) own.push_back(std::move(pieces[first]));
    const std::size_t many = own.size();
    try {
      parts.push_back(data_of(std::move(own), options, draws, seed, before));
    } catch (const Refusal& e) {
      if (!group) throw;
      throw Refusal(e.code(), of_group(read.tally.ladder(), *group) + e.message());
    }
    before += many;
  }
  if (!options.group.empty()) return of_groups(std::move(read), std::move(parts));
  Data& all = parts.front();
  Data out = with_model(std::move(read), all.ensemble);
  out.people = std::move(all.people);
  out.logits = std::move(all.logits);
  out.warnings.insert(out.warnings.end(), all.warnings.begin(), all.warnings.end());
  return out;
}

void clear_unseen(CellIntervals& intervals, const Matrix& probabilities, const Counts& seen) {
  const auto rounded_away = [&](Eigen::Index i, Eigen::Index j) {  // of people who did this, and others who did not
    const auto from = static_cast<std::size_t>(i);
    const double weight = seen.weight(from, static_cast<std::size_t>(j));
    return weight > 0 && weight < seen.row_weight(from);
  };
  for (Eigen::Index i = 0; i < probabilities.rows(); ++i)
    for (Eigen::Index j = 0; j < probabilities.cols(); ++j)
      if (!(probabilities(i, j) > 0 && probabilities(i, j) < 1) && !rounded_away(i, j))
        intervals.lower(i, j) = intervals.upper(i, j) = intervals.standard_error(i, j) = std::nan("");
}

std::vector<Diagnostic> span_warnings(const LogitAnswer& answer) {
  std::vector<std::string> held, mixed;
  for (const LogitColumn& column : answer.columns) {
    const bool set = std::any_of(answer.at.begin(), answer.at.end(),
                                 [&column](const auto& setting) { return setting.first == column.name; });
    if (!set) mixed.push_back(column.name);
    if (set && column.varies) held.push_back(column.name);
  }
  std::vector<Diagnostic> out;
  if (!held.empty())
    out.push_back(warning("W-COVARIATE-HELD", rungs::detail::listed(held) +
                                                  (held.size() == 1 ? " changes" : " change") +
                                                  " for people over time, and answers over several steps hold " +
                                                  (held.size() == 1 ? "it" : "them") + " as set"));
  if (!mixed.empty())
    out.push_back(warning("W-COVARIATE-MIXED",
                          "the matrix is a mean over people who differ in " + rungs::detail::listed(mixed) +
                              ", and answers over several steps take them as mixed anew at each; expected --at for an "
                              "answer of given people"));
  return out;
}

std::vector<Diagnostic> span_warnings(const Data& data) {
  std::vector<Diagnostic> out;
  const auto add = [&out](const LogitAnswer& answer) {
    for (Diagnostic& d : span_warnings(answer))
      if (std::none_of(out.begin(), out.end(), [&d](const Diagnostic& other) { return other.text() == d.text(); }))
        out.push_back(std::move(d));
  };
  if (data.logit) add(*data.logit);
  for (const auto& one : data.logits) add(*one);
  for (const Data& group : data.groups)
    for (const Diagnostic& d : span_warnings(group))
      if (std::none_of(out.begin(), out.end(), [&d](const Diagnostic& other) { return other.text() == d.text(); }))
        out.push_back(d);
  return out;
}

std::string population_words(const LogitAnswer& answer) {
  std::string out = answer.over_everybody ? "everybody in the file, in each stratum" : "the people in each stratum";
  for (const auto& [name, value] : answer.at)
    out += (&name == &answer.at.front().first ? ", with " : ", ") + name + "=" + value;
  return out;
}

// --- JSON
// --------------------------------------------------------------------------------------------------------------

Json json_of_population(const LogitAnswer& answer) {
  Json at = Json::object();
  for (const auto& [name, value] : answer.at) {
    const auto column = std::find_if(answer.columns.begin(), answer.columns.end(),
                                     [&name = name](const LogitColumn& c) { return c.name == name; });
    at[name] = column->levels.empty() ? json_of(number_in(value).value_or(0)) : Json(value);
  }
  return {{"averaged_over", answer.over_everybody ? "everybody" : "stratum"}, {"at", std::move(at)}};
}

Json json_of_logit(const LogitAnswer& answer, Level level) {
  const FittedLogit& fit = answer.fit;
  const Ladder& ladder = fit.ladder();
  const double z = normal_quantile(level);
  Json out{{"slopes", fit.form() == LogitForm::pooled ? "common" : "by stratum"},
           {"variance", fit.variance() == LogitVariance::model ? "model" : "by person"},
           {"moves", json_of(fit.moves())},
           {"parameters", fit.parameters()},
           {"aic", json_of(fit.aic())},
           {"bic", json_of(fit.bic())},
           {"level", json_of(level.value())}};
  out["covariates"] = Json::array();
  for (const LogitColumn& column : answer.columns) {
    Json one{{"name", column.name}, {"kind", column.levels.empty() ? "number" : "category"}};
    if (column.levels.empty()) {
      one["lowest"] = json_of(column.lowest);
      one["highest"] = json_of(column.highest);
    } else {
      one["reference"] = column.levels.front();
      one["categories"] = column.levels;
    }
    one["changes"] = column.varies;
    out["covariates"].push_back(std::move(one));
  }
  out["population"] = json_of_population(answer);
  out["coefficients"] = Json::array();
  for (const LogitCoefficients& of : answer.coefficients)
    for (std::size_t k = 0; k < of.outcomes.size(); ++k)
      for (std::size_t c = 0; c < of.columns.size(); ++c) {
        const auto row = static_cast<Eigen::Index>(k), column = static_cast<Eigen::Index>(c);
        const double b = of.values(row, column), error = of.standard_errors(row, column);
        out["coefficients"].push_back({{"from", of.base_origin},
                                       {"to", of.outcomes[k]},
                                       {"against", of.base},
                                       {"column", of.columns[c]},
                                       {"value", value_of(b)},
                                       {"standard_error", json_of(error)},
                                       {"lower", json_of(b - z * error)},
                                       {"upper", json_of(b + z * error)}});
      }
  out["tests"] = Json::array();
  for (const LogitTested& t : answer.tests) {
    Json one{{"hypothesis", t.hypothesis}, {"kind", t.kind}, {"covariates", t.covariates}};
    one["statistic"] = t.result ? json_of(t.result->statistic) : Json(nullptr);
    one["df"] = t.result ? json_of(t.result->degrees_of_freedom) : Json(nullptr);
    one["p"] = t.result ? json_of(t.result->p_value) : Json(nullptr);
    if (!t.result) one["reason"] = t.reason;
    out["tests"].push_back(std::move(one));
  }
  out["marginal_effects"] = Json::array();
  for (const MarginalEffect& effect : answer.effects) {
    const auto n = static_cast<Eigen::Index>(ladder.size());
    Matrix value = Matrix::Constant(n, n, std::nan("")), error = value;
    for_effects(effect, ladder, [&](std::size_t i, std::size_t j, double x, double se) {
      value(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) = x;
      error(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) = se;
    });
    out["marginal_effects"].push_back({{"column", effect.column},
                                       {"kind", effect.difference ? "difference" : "per unit"},
                                       {"effect", json_of(value)},
                                       {"standard_error", json_of(error)},
                                       {"lower", json_of(Matrix(value - z * error))},
                                       {"upper", json_of(Matrix(value + z * error))}});
  }
  return out;
}

// --- CSV
// ---------------------------------------------------------------------------------------------------------------

namespace {

void add_csv(const LogitPart& part, const std::function<void(std::vector<std::string>)>& write) {
  const LogitAnswer& answer = *part.answer;
  const CellIntervals& intervals = *part.intervals;
  const Level level(intervals.level);
  const Ladder& ladder = answer.fit.ladder();
  const double z = normal_quantile(level);
  const auto row = [&](std::vector<std::string> what, double value, double error, double lower, double upper) {
    for (const double x : {value, error, lower, upper}) what.push_back(csv_number(x));
    what.push_back(csv_number(level.value()));
    what.resize(13);
    write(std::move(what));
  };
  const Matrix& p = *part.probabilities;
  for (std::size_t i = 0; i < ladder.strata(); ++i)
    for (std::size_t j = 0; j < ladder.size(); ++j) {
      const auto r = static_cast<Eigen::Index>(i), c = static_cast<Eigen::Index>(j);
      if (ladder.possible(i, j))
        row({"probability", ladder.name(i), ladder.name(j), "", ""}, p(r, c), intervals.standard_error(r, c),
            intervals.lower(r, c), intervals.upper(r, c));
    }
  for (const LogitCoefficients& of : answer.coefficients)
    for (std::size_t k = 0; k < of.outcomes.size(); ++k)
      for (std::size_t c = 0; c < of.columns.size(); ++c) {
        const double b = of.values(static_cast<Eigen::Index>(k), static_cast<Eigen::Index>(c)),
                     error = of.standard_errors(static_cast<Eigen::Index>(k), static_cast<Eigen::Index>(c));
        row({"coefficient", of.base_origin, of.outcomes[k], of.base, of.columns[c]}, b, error, b - z * error,
            b + z * error);
      }
  for (const MarginalEffect& effect : answer.effects)
    for_effects(effect, ladder, [&](std::size_t i, std::size_t j, double x, double se) {
      row({"marginal effect", ladder.name(i), ladder.name(j), "", effect.column}, x, se, x - z * se, x + z * se);
    });
  for (const LogitTested& t : answer.tests) {
    std::vector<std::string> fields{"test: " + t.hypothesis};
    fields.resize(10);
    if (t.result)
      for (const double x : {t.result->statistic, t.result->degrees_of_freedom, t.result->p_value})
        fields.push_back(csv_number(x));
    fields.resize(13);
    write(std::move(fields));
  }
}

}  // namespace

std::string logit_as_csv(const std::vector<LogitPart>& parts) {
  const bool groups = !parts.front().group.empty(), periods = parts.front().period.has_value();
  std::vector<std::string> columns{"result", "from",  "to",    "against",   "column", "value", "standard_error",
                                   "lower",  "upper", "level", "statistic", "df",     "p"};
  if (periods) columns.insert(columns.begin(), "period");
  if (groups) columns.insert(columns.begin(), "group");
  std::string out = csv_line(columns);
  for (const LogitPart& part : parts)
    add_csv(part, [&](std::vector<std::string> fields) {
      if (periods) fields.insert(fields.begin(), std::to_string(*part.period));
      if (groups) fields.insert(fields.begin(), part.group);
      out += csv_line(fields);
    });
  return out;
}

// --- tables
// ------------------------------------------------------------------------------------------------------------

std::string logit_as_tables(const LogitAnswer& answer, Level level, bool color) {
  const FittedLogit& fit = answer.fit;
  const Ladder& ladder = fit.ladder();
  const double z = normal_quantile(level);
  std::string out;
  for (const LogitCoefficients& of : answer.coefficients) {
    if (of.outcomes.empty()) continue;
    TextTable table("Log-odds of each move from " + of.base_origin + ", against " +
                        (of.base == of.base_origin ? "staying" : "being in " + of.base),
                    {"to", "covariate", "coefficient", level_text(level.value()), "standard error"});
    for (std::size_t k = 0; k < of.outcomes.size(); ++k)
      for (std::size_t c = 0; c < of.columns.size(); ++c) {
        const double b = of.values(static_cast<Eigen::Index>(k), static_cast<Eigen::Index>(c)),
                     error = of.standard_errors(static_cast<Eigen::Index>(k), static_cast<Eigen::Index>(c));
        const double lower = b - z * error, upper = b + z * error;
        table.row({c == 0 ? of.outcomes[k] : "", of.columns[c], value_words(b, lower, upper),
                   from_to_words(lower, upper), std::isnan(error) ? "-" : rounded(error, 0, 2 * error)});
      }
    if (!of.values.allFinite()) table.note("Infinite, or unknown, where a move was never seen.");
    out += "\n" + table.text(color);
  }
  TextTable effects("Average marginal effects: by how much the probability of a move changes with a covariate",
                    {"covariate", "move", "change", level_text(level.value()), "standard error"});
  for (const MarginalEffect& effect : answer.effects) {
    bool first = true;
    for_effects(effect, ladder, [&](std::size_t i, std::size_t j, double x, double se) {
      const double lower = x - z * se, upper = x + z * se;
      effects.row({first ? effect.column + (effect.difference ? "" : " (per unit)") : "",
                   ladder.name(i) + (i == j ? " (stays)" : " -> " + ladder.name(j)), value_words(x, lower, upper),
                   from_to_words(lower, upper), std::isnan(se) ? "-" : rounded(se, 0, 2 * se)});
      first = false;
    });
  }
  effects.note(std::string("A category is compared with its reference. Averaged over ") +
               (answer.over_everybody ? "everybody" : "those in the stratum") +
               ", with their other covariates as they are.");
  out += "\n" + effects.text(color);
  TextTable tests("Does it matter?", {"hypothesis", "test", "statistic", "df", "p"});
  for (const LogitTested& t : answer.tests) {
    if (t.result)
      tests.row({t.hypothesis, t.kind, rounded(t.result->statistic), rounded(t.result->degrees_of_freedom),
                 p_words(t.result->p_value)});
    else
      tests.row({t.hypothesis, t.kind, "-", "-", "-"});
  }
  for (const LogitTested& t : answer.tests)
    if (!t.result) tests.note("No test that " + t.hypothesis + ": " + t.reason + ".");
  tests.note(
      "Likelihood ratios take all moves as independent, those of one person too; Wald tests rest on the standard "
      "errors above.");
  out += "\n" + tests.text(color);
  TextTable about("The logit");
  for (const LogitColumn& column : answer.columns) {
    std::string words = fmt::format("number, from {} to {}", rounded(column.lowest), rounded(column.highest));
    if (!column.levels.empty()) {
      words = "category, compared with " + column.levels.front() + ":";
      for (std::size_t l = 1; l < column.levels.size(); ++l) words += (l > 1 ? ", " : " ") + column.levels[l];
    }
    about.row({"covariate " + column.name, words});
  }
  about.row({"slopes", fit.form() == LogitForm::pooled ? "alike in all strata" : "of each stratum"});
  about.row({"standard errors", fit.variance() == LogitVariance::model ? "of independent moves" : "by person"});
  about.row({"log-likelihood", fmt::format("{:.3f}, {} parameters", fit.log_likelihood(), fit.parameters())});
  if (!std::isnan(fit.aic())) about.row({"AIC, BIC", fmt::format("{:.2f}, {:.2f}", fit.aic(), fit.bic())});
  about.row({"seed of the draws", std::to_string(answer.seed.value())});
  out += "\n" + about.text(color);
  return out;
}

}  // namespace rungs::cli
