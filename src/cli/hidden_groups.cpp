// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include "hidden_groups.hpp"

#include <rungs/estimate/coverage.hpp>
#include <rungs/measure/long_run.hpp>
#include <rungs/measure/reach.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "estimate.hpp"
#include "json.hpp"
#include "table.hpp"

namespace rungs::cli {

std::optional<HiddenMethod> hidden_method(std::string_view text) {
  const std::size_t kinds = io::unseen_kinds(text).size();
  if (kinds == 0) return std::nullopt;
  return text == "mover-stayer" ? HiddenMethod{true, 2} : HiddenMethod{false, kinds};
}

// --- fitting
// -------------------------------------------------------------------------------------------------------------

namespace {

constexpr double not_known = std::numeric_limits<double>::quiet_NaN();

/// Throws where options do not go with people of kinds that nobody sees.
void check_hidden(const DataOptions& options, const HiddenMethod& method) {
  const io::ScenarioData& source = options.source;
  const std::string found = "found --method " + source.method;
  if (!options.given) throw UsageError("found no data; expected --panel with --method " + source.method);
  if (source.kind != io::ScenarioData::Kind::panel)
    throw UsageError(found +
                     " without a panel; expected --panel: who stays is told from what the same people do in several "
                     "steps");
  if (!options.group.empty())
    throw UsageError(found +
                     " and --group; expected one of them, or a file of each group: of groups that can be seen, "
                     "hidden ones are not estimated in one run");
  if (source.by_period)
    throw UsageError(found + " and --by-period; expected one of them: a kind of people has one matrix for all periods");
  if (source.gap == "skip" || source.gap == "em")
    throw UsageError(found + " and --gap " + source.gap +
                     "; expected --gap drop or refuse: people are followed up to their first gap");
  if (source.unleft == "prior")
    throw UsageError(found + " and --unleft prior; expected absorbing or refuse: there is no prior");
  const std::size_t colon = source.weight.rfind(':');
  if (colon != std::string::npos && source.weight.substr(colon + 1) == "precision")
    throw UsageError(found +
                     " and weights of the kind precision; expected sampling or frequency weights, or none: the "
                     "likelihood of people of several kinds is that of people");
  if (options.starts && method.mover_stayer)
    throw UsageError(
        "found --starts with --method mover-stayer; expected --method mixture:K: every top of the "
        "likelihood of a mover-stayer model is found without");
  if (options.starts && !(*options.starts >= 1 && *options.starts <= 10'000))
    throw UsageError("found --starts " + std::to_string(*options.starts) + "; expected a whole number from 1 to 10000");
}

/// The intervals of one class out of those of all side by side.
CellIntervals block_of_class(const CellIntervals& all, const Ladder& groups, std::size_t size, std::size_t g) {
  const auto n = static_cast<Eigen::Index>(size);
  CellIntervals out{all.method, all.level, Matrix(n, n), Matrix(n, n), Matrix(n, n)};
  for (Eigen::Index i = 0; i < n; ++i)
    for (Eigen::Index j = 0; j < n; ++j) {
      const auto r = static_cast<Eigen::Index>(groups.for_group(static_cast<std::size_t>(i), g)),
                 c = static_cast<Eigen::Index>(groups.for_group(static_cast<std::size_t>(j), g));
      out.standard_error(i, j) = all.standard_error(r, c);
      out.lower(i, j) = all.lower(r, c);
      out.upper(i, j) = all.upper(r, c);
    }
  return out;
}

/// The ledger of people followed from their first observation to their first gap.
void count_followed(HiddenFit& fit) {
  std::vector<Warning> known;
  fit.starters = Vector::Zero(static_cast<Eigen::Index>(fit.ladder().size()));
  std::uint64_t steps = 0;
  for (const rungs::detail::Followed& f : rungs::detail::followed(fit.panel(), fit.options.step, known)) {
    fit.starters[static_cast<Eigen::Index>(fit.panel().strata()[f.begin])] += f.people;
    fit.longest = std::max(fit.longest, f.steps);
    fit.moves_of_each += f.people * static_cast<double>(f.steps);
    steps += static_cast<std::uint64_t>(f.steps);
  }
  fit.moves_of_each /= fit.people();
  Ledger& ledger = fit.data.tally.ledger();
  if (ledger.pairs_used > steps)
    ledger.pairs_dropped["after a gap of the person, or an exit"] += ledger.pairs_used - steps;
  ledger.pairs_used = steps;
}

HiddenFit fit_read(Read data, const io::ScenarioData& source, std::int64_t starts, const CommonOptions& common,
                   bool draws_follow) {
  const HiddenMethod method = *hidden_method(source.method);
  const Level level = common.interval_level();
  std::vector<Diagnostic> warnings = std::move(data.warnings);
  for (const std::vector<Warning>& more : {data.tally.warnings(), row_warnings(data.tally)})
    for (const Warning& w : more) warnings.push_back(warning(w));
  std::optional<Seed> seed;
  if (!method.mover_stayer || draws_follow) seed = resolve_seed(common, warnings);
  MixtureOptions fitting{.classes = method.classes,
                         .step = data.tally.step(),
                         .unleft = source.unleft == "absorbing" ? Unleft::absorbing : Unleft::unstated,
                         .starts = static_cast<std::size_t>(starts)};
  if (data.sample) {
    fitting.design = design_of(*data.sample, source);
    data.panel = std::move(data.sample->panel);
    data.sample.reset();
  }
  MixtureOptions one = fitting;
  one.classes = 1;
  const auto add = [&warnings](const std::vector<Warning>& more) {
    for (const Warning& w : more) warnings.push_back(warning(w));
  };
  const auto n = static_cast<Eigen::Index>(data.panel->ladder().size());
  if (method.mover_stayer) {
    MoverStayer ms =
        fit_mover_stayer(*data.panel, {.step = fitting.step, .unleft = fitting.unleft, .design = fitting.design});
    add(ms.warnings);
    Mixture plain = fit_mixture(*data.panel, one, Seed(0));
    HiddenFit out{.method = method,
                  .data = std::move(data),
                  .classes = ms.model.ladder().groups(),
                  .chains = {ms.movers, Matrix::Identity(n, n)},
                  .chain_intervals = {ms.mover_cells(level), std::nullopt},
                  .starters = {},
                  .never_moved = ms.never_moved,
                  .log_likelihood = ms.log_likelihood,
                  .parameters = plain.parameters + ms.tested,
                  .likelihood_ratio = ms.likelihood_ratio,
                  .p_value = ms.p_value,
                  .plain = std::move(plain),
                  .model = ms.model,
                  .seed = seed,
                  .options = fitting};
    count_followed(out);
    out.shares_at = {"log-odds", level.value(), Matrix::Constant(n, 2, not_known), {}, {}};
    out.shares_at.lower = out.shares_at.upper = out.shares_at.standard_error;
    for (std::size_t i = 0; i < out.ladder().strata(); ++i) {
      const auto r = static_cast<Eigen::Index>(i);
      const Interval interval = ms.share_interval(out.ladder().at(i), level);
      out.shares_at.standard_error.row(r).setConstant(ms.share_error(out.ladder().at(i)));
      out.shares_at.lower(r, 1) = interval.lower;
      out.shares_at.upper(r, 1) = interval.upper;
      out.shares_at.lower(r, 0) = 1 - interval.upper;
      out.shares_at.upper(r, 0) = 1 - interval.lower;
    }
    out.bic = static_cast<double>(out.parameters) * std::log(out.people()) - 2 * out.log_likelihood;
    if (std::isfinite(ms.degrees_of_freedom)) {
      out.degrees_of_freedom = ms.degrees_of_freedom;
      for (const Warning& w : design_coverage_warnings(ms.degrees_of_freedom)) warnings.push_back(warning(w));
      out.bic = not_known;
    }
    out.warnings = std::move(warnings);
    return out;
  }
  Mixture mixture = fit_mixture(*data.panel, fitting, *seed);
  add(mixture.warnings);
  Mixture plain = method.classes == 1 ? mixture : fit_mixture(*data.panel, one, Seed(0));
  const Ladder groups = mixture.model.ladder();
  std::vector<std::optional<CellIntervals>> intervals;
  const CellIntervals cells = mixture.cells(level);
  for (std::size_t g = 0; g < method.classes; ++g)
    intervals.emplace_back(block_of_class(cells, groups, static_cast<std::size_t>(n), g));
  HiddenFit out{.method = method,
                .data = std::move(data),
                .classes = groups.groups(),
                .chains = mixture.chains,
                .chain_intervals = std::move(intervals),
                .starters = {},
                .shares_at = mixture.share_intervals(level),
                .log_likelihood = mixture.log_likelihood,
                .bic = mixture.bic,
                .parameters = mixture.parameters,
                .starts = method.classes == 1 ? 1 : fitting.starts,
                .agreeing = mixture.agreeing,
                .plain = std::move(plain),
                .model = mixture.model,
                .seed = seed,
                .options = fitting};
  count_followed(out);
  if (const double freedom = std::get<NormalLogits>(mixture.model.ensemble().draws()).degrees_of_freedom;
      std::isfinite(freedom)) {
    out.degrees_of_freedom = freedom;
    for (const Warning& w : design_coverage_warnings(freedom)) warnings.push_back(warning(w));
  }
  if (method.classes > 1)
    add(mixture_coverage_warnings(out.people() / static_cast<double>(out.parameters), out.moves_of_each));
  out.mixture = std::move(mixture);
  out.warnings = std::move(warnings);
  return out;
}

/// What a scenario says of its data that does not go with people of kinds that nobody sees.
void check_hidden(const io::ScenarioData& source) {
  const auto refuse = [&](const std::string& found, const std::string& expected) {
    throw InputError(
        {{Diagnostic::Severity::error, "E-CFG-RANGE", source.method_where,
          "found the method " + rungs::detail::quoted(source.method) + " and " + found, "expected " + expected, ""}});
  };
  if (source.by_period) refuse("'by_period'", "one of them: a kind of people has one matrix for all periods");
  if (source.gap == "skip" || source.gap == "em")
    refuse("gap = " + rungs::detail::quoted(source.gap), "drop or refuse: people are followed up to their first gap");
  if (source.unleft == "prior") refuse("unleft = 'prior'", "absorbing or refuse: there is no prior");
  const std::size_t colon = source.weight.rfind(':');
  if (colon != std::string::npos && source.weight.substr(colon + 1) == "precision")
    refuse("weights of the kind precision",
           "sampling or frequency weights, or none: the likelihood of people of several kinds is that of people");
}

}  // namespace

HiddenFit fit_hidden(const DataOptions& options, const CommonOptions& common, bool draws_follow) {
  check_hidden(options, *hidden_method(options.source.method));
  return fit_read(read_alone(options, {.panel = true}), options.source, options.starts.value_or(20), common,
                  draws_follow);
}

HiddenFit fit_hidden(const io::ScenarioData& source, const Ladder& ladder, CommonOptions& common) {
  check_hidden(source);
  HiddenFit out =
      fit_read(read_alone(source, ladder, {.panel = true}), source, source.starts.value_or(20), common, true);
  common.seed = out.seed->value();
  return out;
}

std::vector<Diagnostic> coverage_of(const HiddenFit& fit, const RowsUsed& used) {
  std::vector<Diagnostic> out;
  if (fit.method.mover_stayer || fit.method.classes > 1) return out;
  for (const Warning& w : coverage_warnings(fit.data.tally, used)) out.push_back(warning(w));
  return out;
}

HiddenGroups bootstrapped(const HiddenFit& fit, std::size_t draws) {
  if (!fit.method.mover_stayer) return bootstrap_mixture(fit.panel(), fit.options, *fit.mixture, draws, *fit.seed);
  try {
    return bootstrap_mover_stayer(
        fit.panel(), {.step = fit.options.step, .unleft = fit.options.unleft, .design = fit.options.design}, draws,
        *fit.seed);
  } catch (const Refusal& e) {
    if (e.code() != "E-IDENT") throw;
    throw Refusal(e.code(), "in a sample of these people, drawn with replacement for the intervals: " + e.message() +
                                "; --unleft absorbing states it for such samples, and for the data");
  }
}

// --- measures
// ------------------------------------------------------------------------------------------------------------

namespace {

/// One world: the moves of each class on the ladder of the strata, and the shares of the classes.
struct HiddenWorld {
  std::vector<TransitionMatrix> moves;
  Matrix shares;
};

HiddenWorld world_of(const HiddenGroups& model, const Ladder& ladder, const Kernel& kernel, Matrix shares) {
  HiddenWorld out{{}, std::move(shares)};
  const auto n = static_cast<Eigen::Index>(ladder.size());
  const MatrixView p = kernel.view(0);
  for (std::size_t g = 0; g < model.ladder().groups().size(); ++g) {
    const auto at = [&](Eigen::Index k) {
      return static_cast<Eigen::Index>(model.ladder().for_group(static_cast<std::size_t>(k), g));
    };
    Matrix own(n, n);
    for (Eigen::Index i = 0; i < n; ++i)
      for (Eigen::Index j = 0; j < n; ++j) own(i, j) = p(at(i), at(j));
    out.moves.emplace_back(ladder, std::move(own), kernel.step());
  }
  return out;
}

/// All answers in one world, one after another: as in HiddenAnswers.
Vector answers_in(const HiddenWorld& world, const HiddenQuestion& q) {
  const Ladder& ladder = world.moves.front().ladder();
  const double years = world.moves.front().step().years();
  const auto n = static_cast<Eigen::Index>(ladder.size()), classes = static_cast<Eigen::Index>(world.moves.size()),
             from = static_cast<Eigen::Index>(q.from.index()), periods = q.within.steps() + 1;
  Vector passage = Vector::Zero(periods), reach_of(classes), spent = Vector::Zero(n);
  double standing = 0;
  Matrix moves = Matrix::Zero(n, n);
  for (Eigen::Index g = 0; g < classes; ++g) {
    const TransitionMatrix& p = world.moves[static_cast<std::size_t>(g)];
    const Kernel kernel(p);
    const double share = world.shares(from, g);
    spent += share * expected_years(kernel, q.from, q.within);
    if (q.draws_of_moves) moves += world.shares.col(g).asDiagonal() * n_step(p, q.within);
    if (!q.target) continue;
    const Vector own = first_passage(kernel, q.from, *q.target, q.within);
    reach_of[g] = own.sum();
    passage += share * own;
    standing += share * standing_probability(q.from, *q.target, q.within)(kernel);
  }
  std::vector<double> out;
  const auto put = [&out](const auto& numbers) { out.insert(out.end(), numbers.begin(), numbers.end()); };
  if (q.target) {
    const double reached = passage.sum();
    double sum = 0;
    for (Eigen::Index t = 0; t < periods; ++t) sum += static_cast<double>(t) * passage[t];
    out.push_back(reached);
    out.push_back(reached > 0 ? sum / reached * years : not_known);
    put(passage);
    out.push_back(standing);
    put(reach_of);
  }
  put(spent);
  put(Vector(world.shares.row(from).transpose()));
  if (q.draws_of_moves) put(moves.reshaped<Eigen::RowMajor>());
  return Eigen::Map<const Vector>(out.data(), static_cast<Eigen::Index>(out.size()));
}

}  // namespace

HiddenAnswers ask_hidden(const HiddenGroups& model, const HiddenQuestion& question, const DrawOptions& options,
                         const CommonOptions& common) {
  const Ensemble& ensemble = model.ensemble();
  const Ladder ladder = model.ladder().of_each_group();
  const auto n = static_cast<Eigen::Index>(ladder.size());
  const HiddenWorld best = world_of(model, ladder, ensemble.point(), model.shares());
  Matrix any = Matrix::Zero(n, n), after = Matrix::Zero(n, n);
  for (std::size_t g = 0; g < best.moves.size(); ++g) {
    any += best.moves[g].matrix();
    after += best.shares.col(static_cast<Eigen::Index>(g)).asDiagonal() * n_step(best.moves[g], question.within);
  }
  const Vector point = answers_in(best, question);
  const std::size_t draws = ensemble.limit(options.draws), size = static_cast<std::size_t>(point.size());
  std::vector<std::vector<double>> values(size, std::vector<double>(draws));
  Progress progress(common, "rungs: drawing", draws);
  for (std::size_t d = 0; d < draws; ++d) {
    const Draw draw(options.seed, d);
    const Vector answer = answers_in(world_of(model, ladder, ensemble.draw(draw), model.shares(draw)), question);
    for (std::size_t k = 0; k < size; ++k) values[k][d] = answer[static_cast<Eigen::Index>(k)];
    progress.tick();
  }

  HiddenAnswers out{.moves_at_point = after,
                    .any_class = TransitionMatrix::from_weights(ladder, std::move(any), ensemble.step())};
  const Varied parameters{.parameters = true};
  if (question.people) {  // each of them reaches or not, whatever their kind
    std::vector<double> counted(draws);
    const auto heads = static_cast<std::uint64_t>(std::llround(question.people->value()));
    for (std::size_t d = 0; d < draws; ++d) {
      Stream stream = Draw(options.seed, d).stream(Purpose::chance);
      counted[d] = static_cast<double>(stream.binomial(heads, std::min(1.0, values[0][d])));
    }
    out.people_reaching = summarize(std::move(counted), question.people->value() * point[0], options.level,
                                    Varied{.parameters = true, .individual_chance = true}, Centre::plug_in);
  }
  std::size_t at = 0;
  const auto take = [&](std::size_t many) {
    std::vector<Estimate> part;
    for (const std::size_t end = at + many; at < end; ++at)
      part.push_back(summarize(std::move(values[at]), point[static_cast<Eigen::Index>(at)], options.level, parameters,
                               ensemble.centre()));
    return part;
  };
  const std::vector<std::string>& names = model.ladder().groups();
  if (question.target) {
    out.reach = take(static_cast<std::size_t>(question.within.steps()) + 3);
    out.standing = take(1);
    out.class_reach = take(names.size());
  }
  out.expected_years = take(ladder.size());
  const std::vector<Estimate> shares = take(names.size());
  for (std::size_t g = 0; g < names.size(); ++g) out.shares.emplace_back(names[g], shares[g]);
  if (question.draws_of_moves) out.moves = take(ladder.size() * ladder.size());
  return out;
}

// --- rungs estimate
// ------------------------------------------------------------------------------------------------------

namespace {

constexpr const char* start_words =
    "Shares are of those first observed in a stratum, as the data have them; nobody changes the kind.";

/// Where people are some steps after their first observation: seen, by this model, and by one plain chain.
struct AfterSteps {
  std::int64_t steps;
  Matrix people, implied, plain;  // people: how many; rows in which nobody starts are not known
};

std::vector<AfterSteps> after_steps(const HiddenFit& fit) {
  std::vector<AfterSteps> out;
  for (std::int64_t k = 1; k <= std::min<std::int64_t>(fit.longest, 10); ++k) {
    AfterSteps one{k, people_of(observed_after(fit.panel(), fit.options.step, Span(k))), fit.model.after(Span(k)),
                   fit.plain.model.after(Span(k))};
    for (Eigen::Index i = 0; i < one.people.rows(); ++i)
      if (!(fit.starters[i] > 0)) {
        one.implied.row(i).setConstant(not_known);
        one.plain.row(i).setConstant(not_known);
      }
    out.push_back(std::move(one));
  }
  return out;
}

/// The share of a class of those who start in a stratum; not known where nobody does.
double share_at(const HiddenFit& fit, Eigen::Index from, Eigen::Index cls) {
  return fit.starters[from] > 0 ? fit.model.shares()(from, cls) : not_known;
}

double share_of_everybody(const HiddenFit& fit, Eigen::Index cls) {
  double sum = 0;
  for (Eigen::Index i = 0; i < fit.starters.size(); ++i) sum += fit.starters[i] * fit.model.shares()(i, cls);
  return sum / fit.people();
}

Json interval_json(const std::optional<CellIntervals>& of) {
  if (!of) return nullptr;
  return {{"method", of->method},
          {"level", json_of(of->level)},
          {"lower", json_of(of->lower)},
          {"upper", json_of(of->upper)}};
}

Json hidden_json(const HiddenFit& fit) {
  const Ladder& ladder = fit.ladder();
  const auto classes = static_cast<Eigen::Index>(fit.classes.size());
  Json out{{"people_followed", json_of(fit.people())}, {"longest", fit.longest}};
  out["shares"] = Json::array();
  for (std::size_t i = 0; i < ladder.strata(); ++i) {
    const auto r = static_cast<Eigen::Index>(i);
    Json one{{"from", ladder.name(i)}, {"people", json_of(fit.starters[r])}};
    if (fit.method.mover_stayer) one["never_moved"] = json_of(fit.never_moved[r]);
    one["classes"] = Json::array();
    for (Eigen::Index g = 0; g < classes; ++g)
      one["classes"].push_back({{"class", fit.classes[static_cast<std::size_t>(g)]},
                                {"share", json_of(share_at(fit, r, g))},
                                {"standard_error", json_of(fit.shares_at.standard_error(r, g))},
                                {"lower", json_of(fit.shares_at.lower(r, g))},
                                {"upper", json_of(fit.shares_at.upper(r, g))},
                                {"level", json_of(fit.shares_at.level)}});
    out["shares"].push_back(std::move(one));
  }
  out["classes"] = Json::array();
  for (Eigen::Index g = 0; g < classes; ++g) {
    const auto k = static_cast<std::size_t>(g);
    const auto& cells = fit.chain_intervals[k];
    out["classes"].push_back({{"class", fit.classes[k]},
                              {"share_of_people", json_of(share_of_everybody(fit, g))},
                              {"transition_matrix", json_of(fit.chains[k])},
                              {"standard_error", cells ? json_of(cells->standard_error) : Json(nullptr)},
                              {"interval", interval_json(cells)}});
  }
  out["log_likelihood"] = json_of(fit.log_likelihood);
  out["parameters"] = fit.parameters;
  out["bic"] = json_of(fit.bic);
  if (fit.degrees_of_freedom) out["degrees_of_freedom"] = json_of(*fit.degrees_of_freedom);
  if (fit.method.mover_stayer)
    out["no_stayers"] = {{"LR", json_of(fit.likelihood_ratio)}, {"p", json_of(fit.p_value)}};
  else
    out["starts"] = {{"tried", fit.starts}, {"agreeing", fit.agreeing}};
  out["plain_chain"] = {{"transition_matrix", json_of(fit.plain.chains.front())},
                        {"log_likelihood", json_of(fit.plain.log_likelihood)},
                        {"parameters", fit.plain.parameters},
                        {"bic", json_of(fit.plain.bic)}};
  out["after"] = Json::array();
  for (const AfterSteps& a : after_steps(fit))
    out["after"].push_back({{"steps", a.steps},
                            {"years", json_of(static_cast<double>(a.steps) * fit.options.step.years())},
                            {"observed", json_of(a.people)},
                            {"implied", json_of(a.implied)},
                            {"implied_by_plain_chain", json_of(a.plain)}});
  return out;
}

std::string hidden_as_json(const Head& head, const HiddenFit& fit) {
  Json out = json_of(head);
  out["ladder"] = json_of(fit.ladder());
  out["ledger"] = json_of(fit.data.tally.ledger(), fit.data.spells);
  out["people"] = fit.data.tally.people();
  const Step step = fit.options.step;
  out["step"] = {{"units", step.units()}, {"years", json_of(step.years())}};
  out["method"] = fit.model.ensemble().method();
  out["hidden_groups"] = hidden_json(fit);
  return text(out);
}

std::string hidden_as_csv(const HiddenFit& fit) {
  const Ladder& ladder = fit.ladder();
  std::string out = csv_line({"measure", "class", "from", "to", "steps", "value", "standard_error", "lower", "upper",
                              "level", "interval_method"});
  const auto line = [&out](std::vector<std::string> what, double value, const CellIntervals* of, Eigen::Index i,
                           Eigen::Index j) {
    what.push_back(csv_number(value));
    if (of != nullptr && !std::isnan(of->standard_error(i, j)))
      for (const std::string& field : {csv_number(of->standard_error(i, j)), csv_number(of->lower(i, j)),
                                       csv_number(of->upper(i, j)), csv_number(of->level), of->method})
        what.push_back(field);
    what.resize(11);
    out += csv_line(what);
  };
  const auto number = [&line](const char* measure, double value) {
    line({measure, "", "", "", ""}, value, nullptr, 0, 0);
  };
  const auto strata = static_cast<Eigen::Index>(ladder.strata()), n = static_cast<Eigen::Index>(ladder.size());
  const auto named = [&ladder](Eigen::Index k) { return ladder.name(static_cast<std::size_t>(k)); };
  for (Eigen::Index i = 0; i < strata; ++i)
    line({"people_followed", "", named(i), "", ""}, fit.starters[i], nullptr, 0, 0);
  for (Eigen::Index i = 0; i < strata; ++i)
    for (std::size_t g = 0; g < fit.classes.size(); ++g)
      line({"share", fit.classes[g], named(i), "", ""}, share_at(fit, i, static_cast<Eigen::Index>(g)), &fit.shares_at,
           i, static_cast<Eigen::Index>(g));
  for (std::size_t g = 0; g < fit.classes.size(); ++g)
    for (Eigen::Index i = 0; i < strata; ++i)
      for (Eigen::Index j = 0; j < n; ++j)
        if (ladder.possible(static_cast<std::size_t>(i), static_cast<std::size_t>(j)))
          line({"probability", fit.classes[g], named(i), named(j), ""}, fit.chains[g](i, j),
               fit.chain_intervals[g] ? &*fit.chain_intervals[g] : nullptr, i, j);
  number("log_likelihood", fit.log_likelihood);
  number("parameters", static_cast<double>(fit.parameters));
  number("bic", fit.bic);
  number("plain_log_likelihood", fit.plain.log_likelihood);
  number("plain_parameters", static_cast<double>(fit.plain.parameters));
  number("plain_bic", fit.plain.bic);
  if (fit.method.mover_stayer) {
    number("likelihood_ratio", fit.likelihood_ratio);
    number("p", fit.p_value);
  } else {
    number("starts", static_cast<double>(fit.starts));
    number("starts_agreeing", static_cast<double>(fit.agreeing));
  }
  for (const AfterSteps& a : after_steps(fit))
    for (Eigen::Index i = 0; i < strata; ++i)
      for (Eigen::Index j = 0; j < n; ++j) {
        const std::string steps = std::to_string(a.steps);
        line({"observed_people_after", "", named(i), named(j), steps}, a.people(i, j), nullptr, 0, 0);
        line({"implied_after", "", named(i), named(j), steps}, a.implied(i, j), nullptr, 0, 0);
        line({"implied_after_by_plain_chain", "", named(i), named(j), steps}, a.plain(i, j), nullptr, 0, 0);
      }
  return out;
}

std::string range_text(double lower, double upper) {
  return std::isnan(lower) ? "-" : rounded(lower, lower, upper) + " to " + rounded(upper, lower, upper);
}

TextTable about_hidden(const HiddenFit& fit) {
  TextTable about("How people move, of kinds that nobody sees");
  about.row({"method", fit.model.ensemble().method()});
  const double years = fit.options.step.years();
  about.row({"one step", fmt::format("{} {}", rounded(years), years == 1 ? "year" : "years")});
  const Ledger& ledger = fit.data.tally.ledger();
  about.row({"people", fmt::format("{}, of whom {} followed, for at most {} {}", fit.data.tally.people(),
                                   rounded(fit.people()), fit.longest, fit.longest == 1 ? "step" : "steps")});
  if (fit.data.spells) {
    about.row(
        {"spells", fmt::format("{} read, {} observed", fit.data.spells->records_read, fit.data.spells->records_used)});
    for (const auto& [reason, n] : fit.data.spells->dropped) about.row({"", fmt::format("{} dropped: {}", n, reason)});
  }
  about.row({"records", fmt::format("{} read, {} used", ledger.records_read, ledger.records_used)});
  for (const auto& [reason, n] : ledger.dropped) about.row({"", fmt::format("{} dropped: {}", n, reason)});
  about.row({"moves and stays", fmt::format("{} counted", ledger.pairs_used)});
  for (const auto& [reason, n] : ledger.pairs_dropped)
    about.row({"", fmt::format("{} pairs not counted: {}", n, reason)});
  if (fit.degrees_of_freedom)
    about.row({"variance", fmt::format("of how people were drawn, with {} degrees of freedom; people are counted by "
                                       "their weights, as shares of the mean weight",
                                       rounded(*fit.degrees_of_freedom))});
  if (!fit.method.mover_stayer)
    about.row({"starts", fmt::format("{} of {} ended at the highest likelihood", fit.agreeing, fit.starts)});
  return about;
}

TextTable shares_of_hidden(const HiddenFit& fit) {
  const std::string interval = level_text(fit.shares_at.level);
  const bool stayers = fit.method.mover_stayer;
  TextTable out(
      stayers ? "Share of stayers, who never move, by the stratum people start in"
              : "Share of each class, by the stratum people start in",
      stayers
          ? std::vector<std::string>{"starts in", "people", "never seen to move", "stayers", interval, "standard error"}
          : std::vector<std::string>{"starts in", "people", "class", "share", interval, "standard error"});
  const auto add = [&](const std::string& from, double people, const std::string& third, double share, double lower,
                       double upper, double error) {
    out.row({from, rounded(people), third,
             std::isnan(share)   ? "-"
             : std::isnan(lower) ? fmt::format("{:.4f}", share)
                                 : rounded(share, lower, upper),
             range_text(lower, upper), std::isnan(error) ? "-" : rounded(error, 0, 2 * error)});
  };
  for (std::size_t i = 0; i < fit.ladder().strata(); ++i)
    for (std::size_t g = stayers ? 1 : 0; g < fit.classes.size(); ++g) {
      const auto r = static_cast<Eigen::Index>(i), c = static_cast<Eigen::Index>(g);
      add(fit.ladder().name(i), fit.starters[r], stayers ? rounded(fit.never_moved[r]) : fit.classes[g],
          share_at(fit, r, c), fit.shares_at.lower(r, c), fit.shares_at.upper(r, c),
          fit.shares_at.standard_error(r, c));
    }
  for (std::size_t g = stayers ? 1 : 0; g < fit.classes.size(); ++g)
    add("everybody", fit.people(), stayers ? rounded(fit.never_moved.sum()) : fit.classes[g],
        share_of_everybody(fit, static_cast<Eigen::Index>(g)), not_known, not_known, not_known);
  out.note(start_words);
  return out;
}

std::string chains_of_hidden(const HiddenFit& fit, bool color) {
  const Ladder& ladder = fit.ladder();
  std::string out;
  std::vector<std::string> columns{"from \\ to"};
  for (const std::string& name : ladder.names()) columns.push_back(name);
  for (std::size_t g = 0; g < fit.classes.size(); ++g) {
    if (!fit.chain_intervals[g]) continue;  // stayers
    const CellIntervals& cells = *fit.chain_intervals[g];
    TextTable matrix("Probability of being there one step later, " + fit.classes[g], columns);
    TextTable moves("Each move with its interval, " + fit.classes[g],
                    {"move", "probability", level_text(cells.level), "standard error"});
    for (std::size_t i = 0; i < ladder.strata(); ++i) {
      std::vector<std::string> row{ladder.name(i)};
      for (std::size_t j = 0; j < ladder.size(); ++j) {
        const auto r = static_cast<Eigen::Index>(i), c = static_cast<Eigen::Index>(j);
        const double p = fit.chains[g](r, c), lower = cells.lower(r, c), upper = cells.upper(r, c),
                     error = cells.standard_error(r, c);
        row.push_back(ladder.possible(i, j) ? fmt::format("{:.4f}", p) : ".");
        if (!ladder.possible(i, j)) continue;
        moves.row({ladder.name(i) + (i == j ? " (stays)" : " -> " + ladder.name(j)),
                   std::isnan(lower) ? fmt::format("{:.4f}", p) : rounded(p, lower, upper), range_text(lower, upper),
                   std::isnan(error) ? "-" : rounded(error, 0, 2 * error)});
      }
      matrix.row(std::move(row));
    }
    if (!ladder.all_moves_possible()) matrix.note("A point stands for a move that the ladder declares impossible.");
    moves.note("interval around the log-odds, one cell at a time; only the probabilities vary in it (parameters)");
    out += "\n" + matrix.text(color) + "\n" + moves.text(color);
  }
  return out;
}

TextTable beside_plain_chain(const HiddenFit& fit) {
  TextTable out("Against one plain chain for everybody", {"", fit.model.ensemble().method(), "plain chain"});
  out.row(
      {"log-likelihood", fmt::format("{:.2f}", fit.log_likelihood), fmt::format("{:.2f}", fit.plain.log_likelihood)});
  out.row({"parameters", std::to_string(fit.parameters), std::to_string(fit.plain.parameters)});
  if (fit.degrees_of_freedom) {
    out.note("Of weighted people there is no BIC, and no test by the likelihood.");
    return out;
  }
  out.row({"BIC", fmt::format("{:.2f}", fit.bic), fmt::format("{:.2f}", fit.plain.bic)});
  if (fit.method.mover_stayer)
    out.note(fmt::format("no stayers at all: likelihood ratio {:.2f}, p {}", fit.likelihood_ratio,
                         fit.p_value < 1e-4 ? "< 0.0001" : fmt::format("{:.4f}", fit.p_value)));
  if (fit.parameters > fit.plain.parameters)
    out.note(fit.bic < fit.plain.bic ? "The smaller BIC is better: these data tell of people of several kinds."
                                     : "The smaller BIC is better: these data ask for no more than a plain chain.");
  return out;
}

TextTable seen_after(const HiddenFit& fit) {
  TextTable out(
      "In the stratum people started in, some steps later",
      {"starts in", "steps", "people", "observed", "standard error", fit.model.ensemble().method(), "plain chain"});
  const std::vector<AfterSteps> all = after_steps(fit);
  for (std::size_t i = 0; i < fit.ladder().strata(); ++i)
    for (const AfterSteps& a : all) {
      const auto r = static_cast<Eigen::Index>(i);
      if (a.steps != 1 && a.steps != 2 && a.steps != 5 && a.steps != all.back().steps) continue;
      const double people = a.people.row(r).sum(), seen = a.people(r, r) / people;
      if (!(people > 0)) continue;
      out.row({fit.ladder().name(i), std::to_string(a.steps), rounded(people), fmt::format("{:.4f}", seen),
               fit.degrees_of_freedom ? "-" : fmt::format("{:.4f}", std::sqrt(seen * (1 - seen) / people)),
               fmt::format("{:.4f}", a.implied(r, r)), fmt::format("{:.4f}", a.plain(r, r))});
    }
  out.note("observed: of those followed for so many steps; the other strata stand in --format json and csv");
  return out;
}

}  // namespace

void run_estimate_hidden(const EstimateCommand& command) {
  const CommonOptions& common = command.common;
  if (command.interval)
    throw UsageError("found --interval with --method " + command.data.source.method +
                     "; expected none: shares and moves have intervals around their log-odds");
  const Output output(common, input_names(command.data));
  if (saves_model(output, common.output))
    throw UsageError("found --method " + command.data.source.method +
                     " and a model to save; expected another name for the result: a saved model has one matrix for "
                     "everybody, and no shares of kinds that nobody sees");
  HiddenFit fit = fit_hidden(command.data, common, false);
  for (Diagnostic& d : coverage_of(fit, {})) fit.warnings.push_back(std::move(d));
  const Head head{.command = "estimate", .seed = fit.seed, .inputs = fit.data.inputs, .warnings = fit.warnings};
  std::string answer;
  if (common.format == Format::json) {
    answer = hidden_as_json(head, fit);
  } else if (common.format == Format::csv) {
    answer = hidden_as_csv(fit);
  } else {
    const bool color = colored_stdout(common);
    answer = about_hidden(fit).text(color) + "\n" + shares_of_hidden(fit).text(color) + chains_of_hidden(fit, color) +
             "\n" + beside_plain_chain(fit).text(color) + "\n" + seen_after(fit).text(color);
  }
  print_warnings(fit.warnings, common);
  output.write(answer);
}

}  // namespace rungs::cli
