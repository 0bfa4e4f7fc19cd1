// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include "scenario.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <utility>

#include <rungs/measure/reach.hpp>

#include "hidden_groups.hpp"
#include "input.hpp"
#include "shares.hpp"

namespace rungs::cli {

void setup_scenario(CLI::App& verb, ScenarioCommand& command) {
  verb.add_option("scenario", command.scenario,
                  "the scenario (TOML): ladder, data, people, question, programmes, policies")
      ->required()
      ->type_name("FILE");
  verb.add_option("--model", command.model, "a saved model (.rungs) in place of the scenario's data")
      ->type_name("FILE");
  setup_common(verb, command.common);
  verb.parse_complete_callback([&verb, &command] {
    command.draws_given = verb.count("--draws") > 0;
    command.level_given = verb.count("--level") > 0;
  });
}

std::string money_text(const Currency& c) {
  return c.name.empty()      ? "no currency stated"
         : c.price_year != 0 ? c.name + " of " + std::to_string(c.price_year)
                             : c.name;
}

std::int64_t Asked::period(std::size_t t) const {
  return model.ensemble.step().after(scenario.population.at(), static_cast<std::int64_t>(t)).label();
}

std::vector<std::string> Asked::files() const {
  std::vector<std::string> out;
  for (const InputFile& one : model.inputs) out.push_back(one.file);
  return out;
}

void refuse_at(const Location& where, const Error& e) {
  const std::string words = e.message();
  const std::size_t cut = words.find("; ");
  throw InputError({{Diagnostic::Severity::error, e.code(), where, words.substr(0, cut),
                     cut == std::string::npos ? "" : words.substr(cut + 2), ""}});
}

namespace {

/// Where the people of a scenario start, or come in, on the ladder of all or that of each group.
std::vector<std::size_t> strata_entered(const io::Scenario& scenario, const Ladder& on) {
  const Population& people = scenario.population;
  const auto opens = [](const MoveEffects& all) {
    return std::any_of(all.effects().begin(), all.effects().end(), [](const MoveEffect& e) { return e.opens; });
  };
  bool any_way = false;  // then people may get to any stratum
  for (const Programme& p : scenario.programmes) any_way = any_way || (p.effects() && opens(*p.effects()));
  for (const Policy& policy : scenario.policies)
    for (const Complement& c : policy.complements) any_way = any_way || opens(c.effects);
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < scenario.ladder.size(); ++i) {
    const bool here = any_way || people.start().heads()[static_cast<Eigen::Index>(i)] > 0 ||
                      std::any_of(people.inflow().begin(), people.inflow().end(),
                                  [&](const Inflow& in) { return in.into.index() == i; });
    if (here) out.push_back(on.groups().empty() ? scenario.ladder.within_group(i) : i);
  }
  return out;
}

/// Files are named from where the scenario stands; "-" is standard input.
void find_files(io::ScenarioData& source, const ScenarioCommand& command) {
  const std::filesystem::path folder = std::filesystem::path(command.scenario).parent_path();
  for (std::string* path : {&source.path, &source.recode, &source.nearest_to})
    if (!path->empty() && *path != "-" && std::filesystem::path(*path).is_relative()) *path = (folder / *path).string();
}

/// The moves of people of kinds that nobody sees, side by side.
Data model_of_kinds(const io::Scenario& scenario, ScenarioCommand& command) {
  if (!command.model.empty())
    refuse_at(
        {command.model, 0, 0},
        Refusal("E-LADDER-OTHER", "found a saved model and the method " + rungs::detail::quoted(scenario.data.method) +
                                      "; expected one of them: a saved model has no shares of kinds that nobody "
                                      "sees"));
  io::ScenarioData source = scenario.data;
  find_files(source, command);
  const Ladder each = scenario.ladder.of_each_group();
  try {
    HiddenFit fit = fit_hidden(source, each, command.common);
    for (std::size_t k = 0; k < each.strata(); ++k) {
      const std::size_t first = scenario.ladder.for_group(k, 0);
      const bool entered = scenario.population.start().heads()[static_cast<Eigen::Index>(first)] > 0 ||
                           std::any_of(scenario.population.inflow().begin(), scenario.population.inflow().end(),
                                       [first](const Inflow& in) { return in.into.index() == first; });
      if (entered && !(fit.starters[static_cast<Eigen::Index>(k)] > 0))
        throw Refusal("E-IDENT", "found people who start in or come into " + rungs::detail::quoted(each.name(k)) +
                                     ", where the data first show nobody; expected somebody: of which kinds those are "
                                     "who are found there is not known");
    }
    const Followed people{strata_entered(scenario, each), scenario.population.at(), scenario.within_years};
    for (Diagnostic& d : coverage_of(fit, rows_followed(fit.data.tally, people))) fit.warnings.push_back(std::move(d));
    const HiddenGroups model = bootstrapped(fit, command.common.number_of_draws());
    Data out{.ensemble = model.ensemble()};
    out.kinds = model.group_shares();
    out.observed_years = fit.data.observed_years;
    out.observed = fit.data.observed;
    out.inputs = std::move(fit.data.inputs);
    out.warnings = std::move(fit.warnings);
    return out;
  } catch (const InputError&) {
    throw;
  } catch (const Error& e) {
    constexpr std::string_view option = "--unleft absorbing";
    std::string message = e.message();
    if (const std::size_t at = message.find(option); at != std::string::npos)
      message.replace(at, option.size(), "unleft = \"absorbing\"");
    refuse_at(source.where, Refusal(e.code(), message));
  }
}

/// The moves of a scenario: for all people the same, or for each group its own.
Data model_of(const io::Scenario& scenario, ScenarioCommand& command) {
  const Ladder &ladder = scenario.ladder, each = ladder.of_each_group();
  if (scenario.unseen_kinds) return model_of_kinds(scenario, command);
  const auto read = [&](io::ScenarioData source, const Ladder& on, std::uint64_t group = 0) {
    find_files(source, command);
    const Location where = command.model.empty() ? source.where : Location{command.model, 0, 0};
    if (!command.model.empty()) {
      source.kind = io::ScenarioData::Kind::model;
      source.path = command.model;
    }
    if (source.kind == io::ScenarioData::Kind::shares) {
      try {
        return load_shares(source, on, command.common, group);
      } catch (const InputError&) {
        throw;
      } catch (const Error& e) {
        refuse_at(where, e);
      }
    }
    Data out = load(source, on, io::RowSums::must_be_one,
                    Followed{strata_entered(scenario, on), scenario.population.at(), scenario.within_years,
                             [&scenario](const Ladder& of, Step step) -> std::optional<AskedReach> {
                               if (of != scenario.ladder) return {};
                               try {
                                 return AskedReach{{}, scenario.target, step.steps_in(scenario.within_years)};
                               } catch (const Error&) {
                                 return {};  // told below, at its place
                               }
                             }});
    const bool of_groups = source.kind == io::ScenarioData::Kind::model && out.ensemble.ladder() == ladder;
    if (!(of_groups || out.ensemble.ladder() == on))
      refuse_at(where, Refusal("E-LADDER-OTHER", "found a model on the ladder " +
                                                     rungs::detail::listed(out.ensemble.ladder().names()) +
                                                     "; expected the rungs and possible moves of the scenario: " +
                                                     rungs::detail::listed(on.names())));
    if (source.kind == io::ScenarioData::Kind::model)
      keep_to_rows(out,
                   {strata_entered(scenario, out.ensemble.ladder()), scenario.population.at(), scenario.within_years});
    return out;
  };
  if (ladder.groups().empty()) return read(scenario.data, ladder);
  if (command.model.empty() && !scenario.data.group.empty()) return read(scenario.data, ladder);
  if (!command.model.empty() || scenario.group_data.empty()) {
    Data out = read(scenario.data, each);
    if (out.ensemble.ladder() == ladder) return out;
    out.ensemble = out.ensemble.for_groups(ladder);
    if (!scenario.group_data.empty() || !scenario.data.group.empty())
      out.warnings.push_back(warning("W-GROUPS",
                                     "found --model in place of the data of each group: all groups move by "
                                     "it alike"));
    return out;
  }
  std::vector<Ensemble> models;
  std::vector<Data> parts;
  std::vector<std::optional<std::pair<std::int64_t, std::int64_t>>> times;  // of each group
  std::optional<Data> all;
  for (const io::ScenarioData& source : scenario.group_data) {
    Data one = read(source, each, models.size());
    models.push_back(one.ensemble);
    parts.push_back({.tally = one.tally, .ensemble = one.ensemble, .prior = one.prior});
    times.push_back(one.observed);
    if (!all) {
      all = std::move(one);
      continue;
    }
    for (const InputFile& file : one.inputs)
      if (std::none_of(all->inputs.begin(), all->inputs.end(), [&](const InputFile& x) { return x.file == file.file; }))
        all->inputs.push_back(file);
    all->warnings.insert(all->warnings.end(), one.warnings.begin(), one.warnings.end());
    if (one.observed_years > 0 && !(all->observed_years > 0 && all->observed_years < one.observed_years))
      all->observed_years = one.observed_years;
  }
  if (std::any_of(times.begin(), times.end(), [&](const auto& time) { return time != times.front(); })) {
    all->observed.reset();
    for (std::size_t g = 0; g < times.size(); ++g)
      if (times[g]) all->observed_of_groups.emplace_back(ladder.groups()[g], *times[g]);
  }
  try {
    all->ensemble = Ensemble::of_groups(ladder, models);
  } catch (const Error& e) {
    refuse_at(scenario.group_data.back().where, e);
  }
  all->groups = std::move(parts);
  return std::move(*all);
}

/// Says [W-HORIZON] where people start before the data or long after them, and where a programme starts before people
/// do. A start one step after the last observation is where a plan usually starts.
void warn_of_start(std::vector<Diagnostic>& warnings, const io::Scenario& scenario, const Data& model) {
  if (!scenario.period_stated) return;
  const std::int64_t start = scenario.population.at().label();
  const auto say = [&](const Location& where, std::string found, const char* expected, const char* hint) {
    warnings.push_back({Diagnostic::Severity::warning, "W-HORIZON", where, std::move(found),
                        std::string("expected ") + expected, hint});
  };
  const auto compare = [&](std::int64_t first, std::int64_t last, const std::string& of) {
    if (start < first || start - model.ensemble.step().units() > last)
      say(scenario.start_where,
          fmt::format("found people{} who start in {} and moves observed from {} to {}", of, start, first, last),
          "a start in that time, or a step after it", "the moves are taken to be the same then: if it is so, say why");
  };
  if (model.observed) compare(model.observed->first, model.observed->second, "");
  for (const auto& [group, time] : model.observed_of_groups)
    compare(time.first, time.second, " of the group " + rungs::detail::quoted(group));
  for (std::size_t k = 0; k < scenario.programmes.size(); ++k) {
    const auto& years = scenario.programmes[k].terms().years;
    if (years && years->first < start)
      say(scenario.programme_where[k],
          fmt::format("found the programme {} from {} on and people who start in {}",
                      rungs::detail::quoted(scenario.programmes[k].name()), years->first, start),
          "a programme of the time that is asked about",
          "nobody is enrolled, and nothing is paid, before people start");
  }
}

/// A model with its prior so many times as large, on the ladder of a scenario.
Ensemble with_prior(const Data& model, const Ladder& ladder, double times) {
  const auto of = [times](const Data& data) {
    if (!data.prior) return data.ensemble;
    DirichletRows prior = *data.prior;
    prior.prior *= times;
    return estimate(*data.tally, prior);
  };
  if (model.groups.empty()) {
    Ensemble out = of(model);
    return out.ladder() == ladder ? out : out.for_groups(ladder);
  }
  std::vector<Ensemble> each;
  for (const Data& group : model.groups) each.push_back(of(group));
  return Ensemble::of_groups(ladder, each);
}

/// Says [W-PRIOR] what half and double the prior make of the reach under no policy, where the prior makes up much of a
/// row that it rests on.
void warn_of_prior(std::vector<Diagnostic>& warnings, const io::Scenario& scenario, const Data& model, Span within) {
  const Ladder& ladder = scenario.ladder;
  const Vector& heads = scenario.population.start().heads();
  const Period at = scenario.population.at();
  std::vector<std::size_t> from;
  for (const std::size_t i : scenario.from.indices())
    if (heads[static_cast<Eigen::Index>(i)] > 0) from.push_back(i);
  const auto rests_on = [&](const Data& data, std::optional<std::size_t> group) {
    if (!data.prior) return false;
    const auto strata = [&](const std::vector<std::size_t>& of) {
      std::vector<std::size_t> out;
      for (const std::size_t i : of)
        if (!group || ladder.group(i) == *group)
          out.push_back(data.tally->ladder().groups().empty() ? ladder.within_group(i) : i);
      return out;
    };
    return !prior_warnings(*data.tally, *data.prior,
                           rows_used(*data.tally, strata(from), at, within, strata(scenario.target.indices())))
                .empty();
  };
  bool any = model.groups.empty() && rests_on(model, std::nullopt);
  for (std::size_t g = 0; g < model.groups.size(); ++g) any = any || rests_on(model.groups[g], g);
  if (!any) return;
  const auto with = [&](double times) {
    const Ensemble changed = with_prior(model, ladder, times);
    double people = 0, reached = 0;
    for (const std::size_t i : from) {
      const double here = heads[static_cast<Eigen::Index>(i)];
      people += here;
      reached += here * reach_probability(ladder.at(i), scenario.target, within, at)(changed.point());
    }
    return fmt::format("{:.4f}", reached / people);
  };
  const std::string as_is = with(1), half = with(0.5), twice = with(2);
  if (as_is == half && as_is == twice) return;  // it does not rest on it after all
  warnings.push_back(warning(
      "W-PRIOR", fmt::format("the reach under no policy rests on the prior: by the mean matrix{} it "
                             "is {}, with half the prior {} and with double {}",
                             scenario.population.posts().empty() ? "" : ", with posts for all,", as_is, half, twice)));
}

}  // namespace

Asked ask(ScenarioCommand& command) {
  check_common(command.common);
  const Input file(command.scenario);
  std::string bytes;
  file.read([&](const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    bytes.resize(16'777'217);  // one more than the reader of scenarios accepts
    in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    bytes.resize(static_cast<std::size_t>(in.gcount()));
  });
  io::Scenario scenario = io::parse_scenario(bytes, command.scenario);
  std::vector<Diagnostic> warnings = scenario.warnings;
  if (!command.common.seed && scenario.seed) command.common.seed = scenario.seed;
  if (!command.draws_given && scenario.draws) command.common.draws = static_cast<std::int64_t>(*scenario.draws);
  if (!command.level_given && scenario.level) command.common.level = *scenario.level;

  Data model = model_of(scenario, command);
  model.inputs.insert(model.inputs.begin(), file.file());
  warnings.insert(warnings.end(), model.warnings.begin(), model.warnings.end());
  if (model.kinds) scenario.population = scenario.population.in_unseen_groups(*model.kinds);
  const Ensemble& ensemble = model.ensemble;
  Span within(0);
  try {
    within = ensemble.step().steps_in(scenario.within_years);
  } catch (const Error& e) {
    refuse_at(scenario.within_where, e);
  }
  if (!ensemble.point().is_constant() && !scenario.period_stated)
    refuse_at(scenario.within_where, Refusal("E-CFG-KEY",
                                             "found a model with a matrix for each period and no 'period' in "
                                             "[population]; expected the period at which the people start"));
  if (model.observed_years > 0 && scenario.within_years > model.observed_years + 1e-9)
    warnings.push_back({Diagnostic::Severity::warning, "W-HORIZON", scenario.within_where,
                        fmt::format("found a question about {} years and data over {} years", scenario.within_years,
                                    model.observed_years),
                        "expected a span that was observed", ""});
  warn_of_start(warnings, scenario, model);
  try {
    warn_of_prior(warnings, scenario, model, within);
  } catch (const Error& e) {
    refuse_at(scenario.within_where, e);
  }
  for (std::size_t k = 0; k < scenario.programmes.size(); ++k) {
    try {
      scenario.programmes[k].check(ensemble.point().within(scenario.population.at(), within));
    } catch (const Error& e) {
      refuse_at(scenario.programme_where[k], e);
    }
  }
  const bool calendar = std::abs(static_cast<double>(ensemble.step().units()) - ensemble.step().years()) < 1e-9;
  if (!calendar && !scenario.years_where.empty())
    refuse_at(
        scenario.years_where.front(),
        Refusal("E-STEP",
                fmt::format("found 'years' and a step of {} years that is {} in the units of the period; expected "
                            "'periods', [first, last] in those units, or a step that is as many units as years",
                            ensemble.step().years(), ensemble.step().units())));
  Question question{scenario.from, scenario.target, within};
  return {std::move(scenario), std::move(model), std::move(question), std::move(warnings)};
}

}  // namespace rungs::cli
