// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include "allocate.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <rungs/core/error.hpp>
#include <rungs/decide/evaluate.hpp>
#include <rungs/intervene/track.hpp>
#include <rungs/optimise/allocate.hpp>

#include "json.hpp"
#include "table.hpp"

namespace rungs::cli {

CLI::App* setup_allocate(CLI::App& app, ScenarioCommand& command) {
  CLI::App* verb = app.add_subcommand("allocate", "which seats should a budget buy?");
  verb->footer(
      "Example:\n"
      "  rungs allocate examples/careers/allocation.toml\n"
      "  rungs allocate scenario.toml --format json -o seats.json");
  setup_scenario(*verb, command);
  return verb;
}

namespace {

/// Everything that is written, whatever the format.
struct AllocationAnswer {
  const Asked& asked;
  const Policy& programmes;
  const Allocation& allocation;
  const Evaluation& evaluation;
  Head head;

  [[nodiscard]] const io::ScenarioAllocation& wanted() const { return *asked.scenario.allocation; }
  [[nodiscard]] const PolicyResult& plan() const { return evaluation.policies.front(); }
  [[nodiscard]] const std::string& programme(const AllocatedSeats& s) const {
    return programmes.programmes[s.programme].name();
  }
  [[nodiscard]] const std::string& stratum(const AllocatedSeats& s) const {
    return asked.scenario.ladder.name(s.stratum);
  }
  /// Whether fewer would reach if the seats went to all in a stratum alike.
  [[nodiscard]] bool go_by_history() const {
    return !allocation.dealt_alike && allocation.reached_alike < allocation.reached - 1e-9 * allocation.cohort;
  }

  /// The seats of one line by what their takers have been through, as far as it can be seen: whether a programme
  /// helped those who completed it cannot, so they are counted together, however long ago it was.
  [[nodiscard]] std::map<std::string, double> by_history(const AllocatedSeats& s) const {
    std::map<std::string, double> out;
    for (const SeatsOfTrack& x : allocation.plan.assigned)
      if (x.programme == s.programme && x.step == s.step && x.stratum == s.stratum) out[history(x.track)] += x.heads;
    return out;
  }

 private:
  [[nodiscard]] std::string history(const Track& track) const {
    std::string out;
    for (std::size_t k = 0; k < track.with.size(); ++k) {
      const Standing& with = track.with[k];
      if (with.phase == Standing::Phase::never && !with.completed) continue;
      const char* what = with.phase == Standing::Phase::attending     ? "in "
                         : with.phase == Standing::Phase::waiting     ? "waiting for "
                         : with.outcome == Standing::Outcome::dropped ? "dropped out of "
                                                                      : "completed ";
      out += (out.empty() ? "" : ", ") + (what + detail::quoted(programmes.programmes[k].name()));
    }
    return out.empty() ? "in no programme so far" : out;
  }
};

Json json_of_limit(const LimitValue& v) {
  return {{"limit", v.limit},
          {"size", json_of(v.size)},
          {"used", json_of(v.used)},
          {"last", json_of(v.last)},
          {"one_more", json_of(v.one_more)},
          {"holds",
           v.holds ? Json{{"lower", json_of(v.holds->lower)}, {"upper", json_of(v.holds->upper)}} : Json(nullptr)}};
}
Json json_if(const std::optional<double>& x) { return x ? json_of(*x) : Json(nullptr); }

std::string as_json(const AllocationAnswer& a) {
  const io::Scenario& s = a.asked.scenario;
  const Allocation& best = a.allocation;
  Json out = json_of(a.head);
  out["question"] = {{"from", s.from_text},
                     {"target", s.reach_text},
                     {"within", s.within_years},
                     {"within_unit", "years"},
                     {"people", best.cohort},
                     {"start_period", s.population.at().label()},
                     {"budget", json_if(a.wanted().budget)},
                     {"additional_people", json_if(a.wanted().additional_people)}};
  out["draws"] = a.evaluation.draws;
  out["level"] = a.plan().reach.level;
  out["currency"] = s.economics.currency.name;
  out["price_year"] = s.economics.currency.price_year == 0 ? Json(nullptr) : Json(s.economics.currency.price_year);
  out["discount_rate"] = s.economics.discount_rate;
  Json seats = Json::array(), limits = Json::array();
  for (const AllocatedSeats& x : best.seats) {
    Json histories = Json::array();
    for (const auto& [history, heads] : a.by_history(x))
      histories.push_back({{"history", history}, {"seats", json_of(heads)}});
    seats.push_back({{"programme", a.programme(x)},
                     {"period", a.asked.period(x.step)},
                     {"stratum", a.stratum(x)},
                     {"seats", json_of(x.seats)},
                     {"cost", json_of(x.cost)},
                     {"by_history", histories}});
  }
  for (const LimitValue& v : best.limits) limits.push_back(json_of_limit(v));
  out["allocation"] = {{"seats", seats},
                       {"baseline", json_of(best.baseline)},
                       {"reached", json_of(best.reached)},
                       {"additional", json_of(best.additional)},
                       {"cost", json_of(best.cost)},
                       {"bound", json_of(best.bound)},
                       {"bound_holds", best.bound_holds},
                       {"before_search", json_if(best.before_search)},
                       {"reached_alike", json_of(best.reached_alike)},
                       {"dealt_alike", best.dealt_alike},
                       {"money", best.money ? json_of_limit(*best.money) : Json(nullptr)},
                       {"limits", limits},
                       {"whole", best.whole},
                       {"degenerate", best.degenerate},
                       {"unique", best.unique}};
  const PolicyResult& plan = a.plan();
  out["evaluation"] = {{"baseline", {{"people_reaching", json_of(a.evaluation.baseline.people_reaching)}}},
                       {"people_reaching", json_of(plan.people_reaching)},
                       {"additional_people_reaching", json_of(plan.additional)},
                       {"gross", json_of(plan.gross)},
                       {"participants", json_of(plan.participants)},
                       {"cost", json_of(plan.cost)},
                       {"cost_per_additional_person",
                        plan.cost_per_additional_person ? json_of(*plan.cost_per_additional_person) : Json(nullptr)},
                       {"ratio_refused", plan.ratio_refused.empty() ? Json(nullptr) : Json(plan.ratio_refused)},
                       {"groups", Json::array()}};
  for (const GroupResult& g : plan.groups)
    out["evaluation"]["groups"].push_back({{"name", g.name}, {"additional_people_reaching", json_of(g.additional)}});
  return text(out);
}

std::string as_csv(const AllocationAnswer& a) {
  std::vector<std::string> columns{"quantity", "programme", "period", "stratum"};
  for (const std::string& c : csv_estimate_columns()) columns.push_back(c);
  std::string out = csv_line(columns);
  const auto line = [&](std::vector<std::string> fields, const std::vector<std::string>& number) {
    fields.insert(fields.end(), number.begin(), number.end());
    fields.resize(columns.size());
    out += csv_line(fields);
  };
  for (const AllocatedSeats& s : a.allocation.seats)
    for (const auto& [what, number] : {std::pair("seats", s.seats), std::pair("cost of seats", s.cost)})
      line({what, a.programme(s), std::to_string(a.asked.period(s.step)), a.stratum(s)}, {csv_number(number)});
  for (const AllocatedSeats& s : a.allocation.seats)
    for (const auto& [history, heads] : a.by_history(s))
      line({"seats of those " + history, a.programme(s), std::to_string(a.asked.period(s.step)), a.stratum(s)},
           {csv_number(heads)});
  const PolicyResult& plan = a.plan();
  line({"people_reaching", "", "", ""}, csv_fields(plan.people_reaching));
  line({"additional_people_reaching", "", "", ""}, csv_fields(plan.additional));
  for (const GroupResult& g : plan.groups)
    line({"additional_people_reaching of " + g.name, "", "", ""}, csv_fields(g.additional));
  line({"participants", "", "", ""}, csv_fields(plan.participants));
  line({"cost", "", "", ""}, csv_fields(plan.cost));
  line({"bound", "", "", ""}, {csv_number(a.allocation.bound)});
  std::vector<LimitValue> limits = a.allocation.limits;
  if (a.allocation.money) limits.insert(limits.begin(), *a.allocation.money);
  for (const LimitValue& v : limits) {
    line({"one more of " + v.limit, "", "", ""}, {csv_number(v.one_more)});
    line({"the last of " + v.limit, "", "", ""}, {csv_number(v.last)});
  }
  return out;
}

std::string as_table(const AllocationAnswer& a, bool color) {
  const io::Scenario& s = a.asked.scenario;
  const Allocation& best = a.allocation;
  const PolicyResult& plan = a.plan();
  const bool budget = a.wanted().budget.has_value();
  const std::string money = money_text(s.economics.currency), level = level_text(plan.reach.level);
  const std::string when = s.period_stated ? fmt::format(" in period {}", s.population.at().label()) : "";
  std::string out = fmt::format("Of {} people who start in '{}'{}, some more are to reach '{}' within {}.\n",
                                best.cohort, s.from_text, when, s.reach_text, years_text(s.within_years));
  out += budget ? fmt::format("Which seats reach the most for {:.12g}{}?\n\n", *a.wanted().budget,
                              s.economics.currency.name.empty() ? ", in no stated currency" : " " + money)
                : fmt::format("Which seats reach {:.12g} more at the least cost?\n\n", *a.wanted().additional_people);

  TextTable seats("Seats to buy, and their cost in " + money +
                      fmt::format(", discounted at {:g} % a year", 100 * s.economics.discount_rate),
                  {"programme", "period", "for", "seats", "cost"});
  for (const AllocatedSeats& x : best.seats)
    seats.row(
        {a.programme(x), std::to_string(a.asked.period(x.step)), a.stratum(x), rounded(x.seats), rounded(x.cost)});
  if (best.seats.empty()) seats.row({"none", "", "", "0", "0"});
  seats.note(
      "Seats are for people asked about who have not reached the target by then; nobody else adds to the number.");
  if (!best.whole) seats.note("Seats need not be whole: round them, or state class sizes.");
  if (!best.whole && !best.unique) seats.note("Other seats may be as good.");
  out += seats.text(color) + "\n";

  if (a.go_by_history()) {
    TextTable who("Who takes them, by what they have been through", {"programme", "period", "for", "who are", "seats"});
    for (const AllocatedSeats& x : best.seats)
      for (const auto& [history, heads] : a.by_history(x))
        who.row({a.programme(x), std::to_string(a.asked.period(x.step)), a.stratum(x), history, rounded(heads)});
    out += who.text(color) + "\n";
  }

  TextTable what("What comes of it", {"", "expected", level});
  what.row({"people reaching without a programme", value_text(a.evaluation.baseline.people_reaching),
            interval_text(a.evaluation.baseline.people_reaching)});
  what.row({"people reaching with these seats", value_text(plan.people_reaching), interval_text(plan.people_reaching)});
  what.row({"additional people", value_text(plan.additional), interval_text(plan.additional)});
  for (const GroupResult& g : plan.groups)
    what.row({"  of " + g.name, value_text(g.additional), interval_text(g.additional)});
  what.row({"participants", value_text(plan.participants), interval_text(plan.participants)});
  what.row({"cost, " + money, value_text(plan.cost), interval_text(plan.cost)});
  if (plan.cost_per_additional_person)
    what.row({"cost per additional person, " + money, value_text(*plan.cost_per_additional_person),
              interval_text(*plan.cost_per_additional_person)});
  what.note(fmt::format("The seats are chosen at the single best values of moves and effects, where {} more reach.",
                        rounded(best.additional)));
  // Among whole numbers there is no search.
  const std::string searched = best.whole ? "" : ", and those above, found by local search, " + rounded(best.reached);
  if (best.dealt_alike)
    what.note(fmt::format(
        "Whom a programme helped, of those who completed it, cannot be seen: seats that go by it would reach {}. Dealt "
        "to all in a stratum alike the seats of that answer reach {}{}.",
        rounded(best.bound), rounded(*best.before_search), searched));
  else if (a.go_by_history())
    what.note(
        fmt::format("Some of these seats are for those in a stratum who have, or have not, taken part in another "
                    "programme: at the same values, dealt to all in it alike, {} would reach, not {}.",
                    rounded(best.reached_alike), rounded(best.reached)));
  if (best.before_search && !best.dealt_alike)
    what.note(fmt::format(
        "People compete for posts: without posts these seats' money would reach {}{}; with posts the seats of that "
        "answer reach {}{} (gap {}).",
        rounded(best.bound), best.bound_holds ? ", which no seats can exceed" : "", rounded(*best.before_search),
        searched, rounded(best.bound - best.reached)));
  if (!budget && best.additional < *a.wanted().additional_people * (1 - 1e-9))
    what.note(fmt::format("These seats do NOT reach the {} more that were asked for.",
                          rounded(*a.wanted().additional_people)));
  else if (!budget && plan.additional.value < *a.wanted().additional_people * (1 - 1e-9))
    what.note(
        fmt::format("Over all that varies these seats add fewer on average than the {} that were asked for: ask "
                    "for more to have that many.",
                    rounded(*a.wanted().additional_people)));
  out += what.text(color) + "\n";

  if (!best.whole && !best.money) {
    out += std::string(best.dealt_alike ? "Where seats are dealt alike" : "Where people compete for posts") +
           ", money and seats have no prices that hold.\n\n";
  } else if (best.whole) {
    out +=
        "Found among whole numbers (class sizes, costs of each year that is held), by branch and bound: there are no "
        "prices of money and seats.\n\n";
  } else {
    TextTable limits(
        "What one more, and the last one, of each limit is worth, in " + std::string(budget ? "people" : "money"),
        {"limit", "size", "used", "the last", "one more", "holds from", "to"});
    const auto worth = [](double x) { return std::isfinite(x) ? rounded(x) : "-"; };  // beyond it there is no answer
    const auto row = [&](const LimitValue& v) {
      limits.row({v.limit, rounded(v.size), rounded(v.used), worth(v.last), worth(v.one_more),
                  v.holds ? rounded(v.holds->lower) : "-", v.holds ? rounded(v.holds->upper) : "-"});
    };
    if (budget && best.money) row(*best.money);
    for (const LimitValue& v : best.limits)
      if (v.last != 0 || v.one_more != 0) row(v);
    if (best.money && best.money->one_more > 0 && std::isfinite(best.money->one_more))
      limits.note(fmt::format("At this point one more person costs {} {}{}.", rounded(1 / best.money->one_more), money,
                              best.money->holds ? ", until " + rounded(best.money->holds->upper) + " are spent" : ""));
    if (!a.wanted().minimum_shares.empty())
      limits.note("Of a share the size is in seats, counted from what it says: 1 is a seat more for these people.");
    if (!a.wanted().minimum_gains.empty())
      limits.note("Of a share of the additional people it is in people, counted in the same way.");
    if (std::any_of(a.wanted().limits.begin(), a.wanted().limits.end(),
                    [](const io::ScenarioLimit& l) { return l.at_least.value_or(0) > 0; }))
      limits.note("Of the least seats one more is a seat more that has to be there.");
    limits.note("Limits that do not bind are worth nothing and are left out.");
    limits.note("All of these are at the single best values too, and have no interval.");
    out += limits.empty() ? "No limit binds: a little more of any is worth nothing.\n\n" : limits.text(color) + "\n";
  }
  out += fmt::format(
      "{}s: {} varied; in the people reaching also individual chance, who of them happens to move{}.\n"
      "{} draws, seed {}.\n",
      level, varied_text(plan.additional), plan.cost.varied.amounts ? "; in the cost also its amounts" : "",
      a.evaluation.draws, a.evaluation.seed.value());
  return out;
}

/// A limit of the scenario, by the periods of the span that start in its years.
void add(const io::ScenarioLimit& limit, const Asked& asked, std::vector<SeatLimit>& limits) {
  const double years = asked.model.ensemble.step().years();
  const auto steps = static_cast<std::size_t>(asked.question.within.steps());
  const std::size_t before = limits.size();
  for (std::size_t t = 0; t < steps; ++t) {
    const std::int64_t period = asked.period(t);
    if (limit.periods && (period < limit.periods->first || period > limit.periods->second)) continue;
    SeatLimit one{limit.programme, period, limit.from};
    if (limit.at_most) one.most = Heads(*limit.at_most * years);
    if (limit.at_least) one.least = Heads(*limit.at_least * years);
    limits.push_back(std::move(one));
  }
  if (limits.size() == before)
    refuse_at(
        limit.where,
        Refusal("E-CFG-RANGE",
                fmt::format("found a limit for {} to {}, in which no period of the span starts; expected "
                            "periods from {} to {}",
                            limit.periods->first, limit.periods->second, asked.period(0), asked.period(steps - 1))));
}

}  // namespace

void run_allocate(ScenarioCommand command) {
  Asked asked = ask(command);
  const io::Scenario& scenario = asked.scenario;
  const Output output(command.common, asked.files());
  if (!scenario.allocation)
    refuse_at({scenario.file, 1, 1}, Refusal("E-CFG-KEY",
                                             "found no [allocation] in the scenario; expected it, with 'budget' or "
                                             "'additional_people'"));
  const io::ScenarioAllocation& wanted = *scenario.allocation;
  const Policy programmes{"allocation", wanted.programmes};
  AllocationRequest request{.goal = MostPeople{wanted.budget.value_or(0)},
                            .discount_rate = scenario.economics.discount_rate,
                            .fixed_costs_paid = wanted.fixed_costs_paid};
  if (wanted.additional_people) request.goal = LeastCost{*wanted.additional_people};
  for (const auto& [from, share] : wanted.minimum_shares) request.shares.push_back({from, share});
  for (const auto& [group, share] : wanted.minimum_gains) request.gains.push_back({group, share});
  for (const auto& [programme, seats] : wanted.class_sizes) request.classes.push_back({programme, seats});
  for (const io::ScenarioLimit& limit : wanted.limits) add(limit, asked, request.limits);
  const Seed seed = resolve_seed(command.common, asked.warnings);
  const Ensemble& ensemble = asked.model.ensemble;
  const auto [allocation, evaluation] = [&] {
    try {
      Allocation best = allocate(ensemble.point(), scenario.population, asked.question, programmes, request);
      Evaluation then = evaluate(ensemble, scenario.population, asked.question, {best.plan}, scenario.economics,
                                 {.draws = command.common.number_of_draws(),
                                  .seed = seed,
                                  .level = command.common.interval_level(),
                                  .threads = static_cast<unsigned>(command.common.threads),
                                  .bottleneck_draws = 0});
      return std::pair(std::move(best), std::move(then));
    } catch (const InputError&) {
      throw;
    } catch (const Error& e) {
      refuse_at(wanted.where, e);
    }
  }();
  for (const Warning& w : evaluation.warnings)
    if (w.code != "W-EFFECT-EVIDENCE" || w.message.ends_with("taken as known"))  // else said with its place
      asked.warnings.push_back(warning(w));
  if (wanted.additional_people && allocation.before_search &&
      allocation.additional < *wanted.additional_people * (1 - 1e-9))
    asked.warnings.push_back(warning(
        "W-ALLOCATE-POSTS",
        fmt::format("{} these seats reach {} additional people of the {} asked for",
                    asked.scenario.population.posts().empty() ? "dealt alike to all who want one," : "with posts",
                    rounded(allocation.additional), rounded(*wanted.additional_people))));

  const AllocationAnswer answer{
      asked, programmes, allocation, evaluation, {"allocate", seed, asked.model.inputs, asked.warnings}};
  const Format format = command.common.format;
  output.write(format == Format::json  ? as_json(answer)
               : format == Format::csv ? as_csv(answer)
                                       : as_table(answer, colored_stdout(command.common)));
  print_warnings(asked.warnings, command.common);
}

}  // namespace rungs::cli
