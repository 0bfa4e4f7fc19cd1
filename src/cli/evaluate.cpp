// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include "evaluate.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cmath>
#include <set>
#include <tuple>

#include <rungs/decide/evaluate.hpp>
#include <rungs/io/scenario.hpp>

#include "json.hpp"
#include "table.hpp"

namespace rungs::cli {

CLI::App* setup_evaluate(CLI::App& app, ScenarioCommand& command) {
  CLI::App* verb = app.add_subcommand("evaluate", "how many more reach under each policy, and at what cost?");
  verb->footer(
      "Example:\n"
      "  rungs evaluate examples/careers/training.toml\n"
      "  rungs evaluate scenario.toml --format json -o answer.json\n"
      "  rungs evaluate scenario.toml --worlds worlds.csv");
  setup_scenario(*verb, command);
  verb->add_option("--worlds", command.worlds,
                   "write what is uncertain, and what every policy comes to, in each joint world to this file (CSV)")
      ->type_name("FILE")
      ->group("Results");
  return verb;
}

namespace {

/// Of those who enrol in a programme, all who complete it, within the span or later.
Estimate completing(const io::Scenario& scenario, const ProgrammeResult& result) {
  const auto programme = std::find_if(scenario.programmes.begin(), scenario.programmes.end(),
                                      [&](const Programme& p) { return p.name() == result.name; });
  const double share = programme->terms().completion.value();
  Estimate out = result.participants;
  for (double* x : {&out.value, &out.lower, &out.upper, &out.monte_carlo_error, &out.standard_deviation}) *x *= share;
  return out;
}

/// Everything that is written, whatever the format.
struct Answer {
  const io::Scenario& scenario;
  const Evaluation& evaluation;
  Step step;
  Head head;

  [[nodiscard]] std::vector<const PolicyResult*> results() const {
    std::vector<const PolicyResult*> out{&evaluation.baseline};
    for (const PolicyResult& r : evaluation.policies) out.push_back(&r);
    return out;
  }
  [[nodiscard]] std::int64_t period(std::size_t t) const {
    return step.after(scenario.population.at(), static_cast<std::int64_t>(t)).label();
  }
  [[nodiscard]] std::string verdict(const PolicyResult& r) const {
    if (!r.unreachable.empty()) return "exactly 0: " + r.unreachable;
    if (r.additional.lower > 0) return "more people reach, over the whole interval";
    if (r.additional.upper < 0) return "fewer people reach, over the whole interval";
    if (r.additional.lower == 0 && r.additional.upper == 0) return "nobody more reaches";
    return "not decided: the interval of the additional people holds 0";
  }
  /// A stratum; of kinds that nobody sees, which are reported together, that of all.
  [[nodiscard]] std::string stratum(std::size_t i) const {
    const Ladder& ladder = scenario.ladder;
    return scenario.unseen_kinds ? ladder.of_each_group().name(ladder.within_group(i)) : ladder.name(i);
  }
  [[nodiscard]] const char* definition() const {
    return "ever in the target within the span, before leaving by an exit";
  }
};

const char* name(Perspective whose) {
  return whose == Perspective::budget ? "budget" : whose == Perspective::participant ? "participant" : "society";
}
const char* name(WithinPeriod rule) {
  return rule == WithinPeriod::start         ? "start"
         : rule == WithinPeriod::end         ? "end"
         : rule == WithinPeriod::trapezoid   ? "trapezoid"
         : rule == WithinPeriod::every_point ? "every point"
                                             : "legacy simpson";
}

/// What one more of something does, after what it is.
Json json_of_reaction(Json what, const Reaction& r) {
  what["additional_people_reaching"] = json_of(r.additional);
  if (r.change) what["more_than_in_the_baseline"] = json_of(*r.change);
  if (r.cost) what["cost"] = json_of(*r.cost);
  return what;
}

Json json_of_one_more(const char* unit, const OneMore& m) {
  const Json what{{unit, m.what}};
  Json out = m.refused.empty() ? json_of_reaction(what, m) : what;
  if (!m.refused.empty()) out["additional_people_reaching"] = nullptr;
  out["refused"] = m.refused.empty() ? Json(nullptr) : Json(m.refused);
  return out;
}

/// Each [[value]] over the course of one policy.
Json json_of_values(const Answer& a, const PolicyResult& r, bool baseline) {
  Json out = Json::array();
  for (std::size_t v = 0; v < r.values.size(); ++v) {
    const ValueStream::Terms& terms = a.scenario.economics.values[v].terms();
    Json one;
    one["name"] = terms.name;
    one["whose"] = !terms.currency                             ? Json(nullptr)
                   : terms.perspective == Perspective::society ? Json("others")
                                                               : Json(name(terms.perspective));
    one["unit"] = terms.currency ? Json(nullptr) : Json(terms.unit);
    one["discount_rate"] = terms.rate.effective_annual();
    one["within_period"] = name(terms.rule);
    one["total"] = json_of(r.values[v].total);
    one["forgone"] = terms.earned ? json_of(r.values[v].forgone) : Json(nullptr);
    if (!baseline) one["additional"] = json_of(r.values[v].additional);
    out.push_back(one);
  }
  return out;
}

Json json_of_policy(const Answer& a, const PolicyResult& r, bool baseline) {
  const Ladder& ladder = a.scenario.ladder;
  Json out;
  out["name"] = r.name;
  out["reach"] = json_of(r.reach);
  out["people_reaching"] = json_of(r.people_reaching);
  out["standing"] = json_of(r.standing);
  out["years_to_reach"] = json_of(r.years_to_reach);
  if (!r.unreachable.empty()) {
    Json missing = Json::array();
    for (const auto& [from, to] : r.missing_moves)
      missing.push_back({{"from", a.stratum(from)}, {"to", a.stratum(to)}});
    out["unreachable"] = {{"reason", r.unreachable}, {"missing_moves", missing}};
  }
  if (!baseline) {
    out["additional_people_reaching"] = json_of(r.additional);
    out["gross"] = json_of(r.gross);
    out["after_deadweight"] = json_of(r.after_deadweight);
    out["after_substitution"] = json_of(r.after_substitution);
    out["net"] = json_of(r.additional);
    out["verdict"] = a.verdict(r);
    out["participants"] = json_of(r.participants);
    Json programmes = Json::array();
    for (const ProgrammeResult& p : r.programmes)
      programmes.push_back({{"name", p.name},
                            {"offers", json_of(p.offers.value())},
                            {"participants", json_of(p.participants)},
                            {"completing", json_of(completing(a.scenario, p))},
                            {"turned_away", json_of(p.turned_away)},
                            {"lent", json_of(p.lent)},
                            {"lost", json_of(p.lost)}});
    out["programmes"] = programmes;
    Json cost;
    cost["total"] = json_of(r.cost);
    cost["currency"] = a.scenario.economics.currency.name;
    cost["price_year"] =
        a.scenario.economics.currency.price_year == 0 ? Json(nullptr) : Json(a.scenario.economics.currency.price_year);
    cost["discount_rate"] = a.scenario.economics.discount_rate;
    out["cost"] = cost;
    const auto ratio = [&](const std::optional<Estimate>& e) { return e ? json_of(*e) : Json(nullptr); };
    out["number_needed_to_train"] = ratio(r.number_needed_to_train);
    out["cost_per_additional_person"] = ratio(r.cost_per_additional_person);
    out["ratio_refused"] = r.ratio_refused.empty() ? Json(nullptr) : Json(r.ratio_refused);
    out["gain"] = {{"budget", json_of(r.gain.budget)},
                   {"participant", json_of(r.gain.participant)},
                   {"society", json_of(r.gain.society)}};
    out["additional_people_discounted"] = json_of(r.additional_in_time);
    out["net_benefit"] = ratio(r.net_benefit);
    out["additional_rungs"] = json_of(r.additional_rungs);
    Json one_way = Json::array();
    for (const OneWay& w : r.one_way)
      one_way.push_back(
          {{"input", w.input},
           {"low", json_of(w.low)},
           {"high", json_of(w.high)},
           {"additional_at_low", json_of(w.additional_at_low)},
           {"additional_at_high", json_of(w.additional_at_high)},
           {"cost_at_low", json_of(w.cost_at_low)},
           {"cost_at_high", json_of(w.cost_at_high)},
           {"net_benefit_at_low", w.net_benefit_at_low ? json_of(*w.net_benefit_at_low) : Json(nullptr)},
           {"net_benefit_at_high", w.net_benefit_at_high ? json_of(*w.net_benefit_at_high) : Json(nullptr)},
           {"decision_changes", w.decision_changes}});
    out["one_way"] = one_way;
  }
  out["values"] = json_of_values(a, r, baseline);
  Json passage = Json::array(), trajectory = Json::array(), flows = Json::array(), bottleneck = Json::array();
  for (std::size_t t = 0; t < r.first_passage.size(); ++t)
    passage.push_back({{"period", a.period(t)}, {"probability", json_of(r.first_passage[t])}});
  for (std::size_t k = 0; k < r.trajectory.size();) {
    const std::size_t t = r.trajectory[k].step;
    Json heads;
    for (; k < r.trajectory.size() && r.trajectory[k].step == t; ++k)
      heads[ladder.name(r.trajectory[k].stratum)] = json_of(r.trajectory[k].heads);
    trajectory.push_back({{"period", a.period(t)}, {"headcount", heads}});
  }
  for (const FlowAt& f : r.flows)
    flows.push_back({{"period", a.period(f.step)},
                     {"from", ladder.name(f.from)},
                     {"to", ladder.name(f.to)},
                     {"heads", json_of(f.heads)}});
  for (const EasedMove& m : r.bottleneck)
    bottleneck.push_back(json_of_reaction({{"from", a.stratum(m.from)}, {"to", a.stratum(m.to)}}, m));
  out["first_passage"] = passage;
  out["trajectory"] = trajectory;
  out["flows"] = flows;
  out["bottleneck"] = bottleneck;
  for (const auto& [key, unit, all] : {std::tuple("one_more_seat", "programme", &r.one_more_seat),
                                       std::tuple("one_more_post", "stratum", &r.one_more_post),
                                       std::tuple("one_more_entrant", "stratum", &r.one_more_entrant)}) {
    out[key] = Json::array();
    for (const OneMore& m : *all) out[key].push_back(json_of_one_more(unit, m));
  }
  out["posts"] = Json::array();
  for (const PostsResult& p : r.posts)
    out["posts"].push_back({{"period", a.period(p.step)},
                            {"stratum", p.stratum},
                            {"open", json_of(p.open)},
                            {"blocked", json_of(p.blocked)}});
  out["moves_per_vacancy"] = r.moves_per_vacancy ? json_of(*r.moves_per_vacancy) : Json(nullptr);
  if (ladder.groups().empty()) return out;
  out["groups"] = Json::array();
  for (const GroupResult& g : r.groups) {
    Json& of =
        out["groups"].emplace_back(Json{{"name", g.name},
                                        {"people", g.cohort},
                                        {"reach", json_of(g.reach)},
                                        {"people_reaching", json_of(g.people_reaching)},
                                        {"standing", json_of(g.standing)},
                                        {"unreachable", g.unreachable.empty() ? Json(nullptr) : Json(g.unreachable)}});
    if (a.scenario.unseen_kinds) of["people_estimated"] = json_of(g.people);
    if (baseline) continue;
    of["additional_people_reaching"] = json_of(g.additional);
    of["participants"] = json_of(g.participants);
  }
  out["gaps"] = Json::array();
  for (const GapResult& g : r.gaps) {
    Json& of = out["gaps"].emplace_back(Json{{"group", g.group}, {"other", g.other}, {"reach", json_of(g.reach)}});
    if (!baseline) of["change"] = json_of(g.change);
  }
  const Ladder each = ladder.of_each_group();
  for (const HeadcountAt& h : r.together)
    out["trajectory"][h.step]["together"][each.name(h.stratum)] = json_of(h.heads);
  return out;
}

/// The choice at the stated value of one more person, and at others; null where no value is stated.
Json json_of_decision(const Evaluation& e) {
  if (!e.decision) return nullptr;
  std::vector<std::string> names{e.baseline.name};
  for (const PolicyResult& r : e.policies) names.push_back(r.name);
  const auto by_name = [&](const std::vector<Estimate>& all) {
    Json out;
    for (std::size_t k = 0; k < names.size(); ++k) out[names[k]] = json_of(all[k]);
    return out;
  };
  Json curve = Json::array(), known = Json::array();
  for (const Decision& d : e.acceptability)
    curve.push_back({{"value", json_of(d.value)},
                     {"best", names[d.best]},
                     {"probability_best", by_name(d.probability_best)},
                     {"evpi", json_of(d.evpi())}});
  for (const KnownBefore& k : e.known_before)
    known.push_back({{"what", k.what},
                     {"evppi", k.evppi ? json_of(*k.evppi) : Json(nullptr)},
                     {"refused", k.refused.empty() ? Json(nullptr) : Json(k.refused)}});
  return {{"best", names[e.decision->best]},
          {"expected_loss", by_name(e.decision->expected_loss)},
          {"evpi", json_of(e.decision->evpi())},
          {"evppi", known},
          {"other_best", json_of(e.decision->share_other_best)},
          {"other_order", json_of(e.decision->share_other_order)},
          {"acceptability", curve}};
}

const char* status_of(const ComparedPolicy& p) {
  return p.dominance == Dominance::efficient   ? "efficient"
         : p.dominance == Dominance::dominated ? "dominated"
                                               : "extendedly dominated";
}

std::string as_json(const Answer& a) {
  const io::Scenario& s = a.scenario;
  Json out = json_of(a.head);
  out["question"] = {{"from", s.from_text},
                     {"target", s.reach_text},
                     {"within", s.within_years},
                     {"within_unit", "years"},
                     {"definition", a.definition()},
                     {"people", a.evaluation.cohort},
                     {"start_period", s.population.at().label()}};
  out["step_years"] = a.step.years();
  out["draws"] = a.evaluation.draws;
  out["level"] = a.evaluation.baseline.reach.level;
  out["ladder"] = {{"strata", Json::array()}, {"rungs", Json::array()}, {"exits", Json::array()}};
  for (std::size_t i = 0; i < s.ladder.size(); ++i) {
    if (s.ladder.is_exit(i)) {
      out["ladder"]["exits"].push_back(s.ladder.name(i));
    } else {
      out["ladder"]["strata"].push_back(s.ladder.name(i));
      out["ladder"]["rungs"].push_back(s.ladder.height(i));
    }
  }
  if (!s.ladder.groups().empty()) {
    out["ladder"]["groups"] = s.ladder.groups();
    out["ladder"]["unseen"] = s.unseen_kinds;
  }
  out["baseline"] = json_of_policy(a, a.evaluation.baseline, true);
  out["policies"] = Json::array();
  for (const PolicyResult& r : a.evaluation.policies) out["policies"].push_back(json_of_policy(a, r, false));
  Json frontier = Json::array(), best, benefit;
  for (const ComparedPolicy& p : a.evaluation.frontier) {
    frontier.push_back({{"name", p.name},
                        {"cost", json_of(p.cost)},
                        {"additional_people_reaching", json_of(p.additional)},
                        {"status", status_of(p)},
                        {"icer", p.icer ? json_of(*p.icer) : Json(nullptr)},
                        {"icer_refused", p.icer_refused.empty() ? Json(nullptr) : Json(p.icer_refused)}});
  }
  for (const PolicyResult* r : a.results()) {
    best[r->name] = json_of(r->probability_best);
    if (r->net_benefit) benefit[r->name] = json_of(*r->net_benefit);
  }
  out["comparison"] = {
      {"frontier", frontier},
      {"net_benefit", benefit.is_null() ? Json(nullptr) : benefit},
      {"value_per_additional_person",
       s.economics.value_per_additional_person ? json_of(*s.economics.value_per_additional_person) : Json(nullptr)},
      {"perspective", name(s.economics.perspective)},
      {"outcome_discount_rate", s.economics.outcome_discount_rate},
      {"probability_best", best},
      {"best_by", a.evaluation.best_by_net_benefit ? "net benefit" : "people reaching"},
      {"decision", json_of_decision(a.evaluation)}};
  return text(out);
}

std::string as_csv(const Answer& a) {
  std::vector<std::string> columns{"policy", "quantity", "period", "from", "to"};
  for (const std::string& c : csv_estimate_columns()) columns.push_back(c);
  std::string out = csv_line(columns);
  const Ladder& ladder = a.scenario.ladder;
  for (const PolicyResult* r : a.results()) {
    const auto line = [&](const std::string& quantity, const Estimate& e, const std::string& period = "",
                          const std::string& from = "", const std::string& to = "") {
      std::vector<std::string> fields{r->name, quantity, period, from, to};
      for (const std::string& f : csv_fields(e)) fields.push_back(f);
      out += csv_line(fields);
    };
    line("reach", r->reach);
    line("people_reaching", r->people_reaching);
    line("standing", r->standing);
    line("years_to_reach", r->years_to_reach);
    line("probability_best", r->probability_best);
    if (r != &a.evaluation.baseline) {
      line("additional_people_reaching", r->additional);
      line("gross", r->gross);
      line("after_deadweight", r->after_deadweight);
      line("after_substitution", r->after_substitution);
      line("additional_rungs", r->additional_rungs);
      line("participants", r->participants);
      line("cost", r->cost);
      if (r->number_needed_to_train) line("number_needed_to_train", *r->number_needed_to_train);
      if (r->cost_per_additional_person) line("cost_per_additional_person", *r->cost_per_additional_person);
      line("gain of budget", r->gain.budget);
      line("gain of participant", r->gain.participant);
      line("gain of society", r->gain.society);
      line("additional_people_discounted", r->additional_in_time);
      if (r->net_benefit) line("net_benefit", *r->net_benefit);
    }
    for (std::size_t v = 0; v < r->values.size(); ++v) {
      const ValueResult& x = r->values[v];
      line("value of " + x.name, x.total);
      if (r != &a.evaluation.baseline) line("additional value of " + x.name, x.additional);
      if (a.scenario.economics.values[v].terms().earned) line("forgone of " + x.name, x.forgone);
    }
    for (const ProgrammeResult& p : r->programmes) {
      line("offers of " + p.name, p.offers.value());
      line("participants of " + p.name, p.participants);
      line("completing " + p.name, completing(a.scenario, p));
      line("turned_away from " + p.name, p.turned_away);
    }
    for (std::size_t t = 0; t < r->first_passage.size(); ++t)
      line("first_passage", r->first_passage[t], std::to_string(a.period(t)));
    for (const HeadcountAt& h : r->trajectory)
      line("headcount", h.heads, std::to_string(a.period(h.step)), ladder.name(h.stratum));
    for (const HeadcountAt& h : r->together)
      line("headcount", h.heads, std::to_string(a.period(h.step)), ladder.of_each_group().name(h.stratum));
    for (const GroupResult& g : r->groups) {
      if (a.scenario.unseen_kinds) line("people of " + g.name, g.people);
      line("reach of " + g.name, g.reach);
      line("people_reaching of " + g.name, g.people_reaching);
      line("standing of " + g.name, g.standing);
      if (r == &a.evaluation.baseline) continue;
      line("additional_people_reaching of " + g.name, g.additional);
      line("participants of " + g.name, g.participants);
    }
    for (const GapResult& g : r->gaps) {
      line("reach of " + g.group + " less that of " + g.other, g.reach);
      if (r != &a.evaluation.baseline) line("change of the reach of " + g.group + " less that of " + g.other, g.change);
    }
    for (const FlowAt& f : r->flows)
      line("flow", f.heads, std::to_string(a.period(f.step)), ladder.name(f.from), ladder.name(f.to));
    for (const ComparedPolicy& p : a.evaluation.frontier)
      if (p.name == r->name && p.icer) line("icer", *p.icer);
    const auto reaction = [&](const std::string& quantity, const Reaction& m, const std::string& from = {},
                              const std::string& to = {}) {
      line(quantity, m.additional, "", from, to);
      if (m.change) line("change by " + quantity, *m.change, "", from, to);
      if (m.cost) line("cost of " + quantity, *m.cost, "", from, to);
    };
    for (const EasedMove& m : r->bottleneck) reaction("bottleneck", m, a.stratum(m.from), a.stratum(m.to));
    for (const OneMore& m : r->one_more_seat)
      if (m.refused.empty()) reaction("one_more_seat of " + m.what, m);
    for (const OneMore& m : r->one_more_post)
      if (m.refused.empty()) reaction("one_more_post", m, m.what);
    for (const OneMore& m : r->one_more_entrant) reaction("one_more_entrant", m, m.what);
    for (const PostsResult& p : r->posts) {
      line("open_posts", p.open, std::to_string(a.period(p.step)), p.stratum);
      line("blocked", p.blocked, std::to_string(a.period(p.step)), p.stratum);
    }
    if (r->moves_per_vacancy) line("moves_per_vacancy", *r->moves_per_vacancy);
  }
  return out;
}

/// What is uncertain and what every policy comes to, a line for each joint world.
std::string as_csv(const Worlds& worlds, const Evaluation& e) {
  std::vector<std::string> columns{"world"};
  columns.insert(columns.end(), worlds.names.begin(), worlds.names.end());
  std::vector<const Matrix*> tables{&worlds.people_reaching, &worlds.additional, &worlds.participants, &worlds.cost};
  std::vector<std::string> names{"expected_people_reaching", "additional_people_reaching", "participants", "cost"};
  if (worlds.net_benefit) {
    tables.push_back(&*worlds.net_benefit);
    names.emplace_back("net_benefit");
  }
  for (const std::string& what : names) {
    columns.push_back(what + " of " + e.baseline.name);
    for (const PolicyResult& r : e.policies) columns.push_back(what + " of " + r.name);
  }
  columns.insert(columns.end(), {"other_best", "other_order"});
  std::string out = csv_line(columns);
  const auto is_among = [](const std::vector<std::size_t>& all, Eigen::Index d) {
    return std::binary_search(all.begin(), all.end(), static_cast<std::size_t>(d)) ? "1" : "0";
  };
  for (Eigen::Index d = 0; d < worlds.cost.rows(); ++d) {
    std::vector<std::string> fields{std::to_string(d)};
    for (const double x : worlds.numbers.row(d)) fields.push_back(csv_number(x));
    for (const Matrix* table : tables)
      for (const double x : table->row(d)) fields.push_back(csv_number(x));
    fields.insert(fields.end(), {is_among(worlds.other_best, d), is_among(worlds.other_order, d)});
    out += csv_line(fields);
  }
  return out;
}

/// A share of draws, with what its Monte Carlo error leaves open.
std::string share_text(const Estimate& share, const char* of_draws = " of draws") {
  const auto percent = [](double x) { return fmt::format("{:.0f}", 100 * x); };
  const std::string low = percent(share.lower), high = percent(share.upper);
  return percent(share.value) + " %" + of_draws + (low == high ? "" : " (" + low + " to " + high + ")");
}

/// Which policy to choose at the stated value of one more person, and at others; nothing without such a value.
std::string decision_text(const Answer& a, const std::string& level, bool color) {
  const Evaluation& e = a.evaluation;
  const Economics& economics = a.scenario.economics;
  if (!economics.value_per_additional_person) return "";
  const std::string to = economics.perspective == Perspective::budget        ? ""
                         : economics.perspective == Perspective::participant ? " to participants"
                                                                             : " to society";
  std::vector<std::string> columns{"policy", "net benefit", level};
  if (e.decision) columns.insert(columns.end(), {"expected loss", "its range"});
  columns.emplace_back("best in");
  TextTable out("Net benefit" + to + ", where one more person is worth " +
                    rounded(*economics.value_per_additional_person) + ", in " + money_text(economics.currency),
                std::move(columns));
  for (const PolicyResult* r : a.results()) {
    const bool baseline = r == &e.baseline;
    std::vector<std::string> row{r->name, baseline ? "0" : value_text(*r->net_benefit),
                                 baseline ? "-" : interval_text(*r->net_benefit)};
    if (e.decision) {
      const auto k = static_cast<std::size_t>(baseline ? 0 : 1 + (r - e.policies.data()));
      const Estimate& loss = e.decision->expected_loss[k];
      row.insert(row.end(), {value_text(loss), interval_text(loss)});
    }
    row.push_back(share_text(r->probability_best));
    out.row(std::move(row));
  }
  out.note("Best in: the share of draws in which its net benefit" + to + " is the largest.");
  if (economics.outcome_discount_rate != 0)
    out.note(fmt::format("An additional person is discounted at {:g} % a year from the start to the first arrival.",
                         100 * economics.outcome_discount_rate));
  if (e.decision) {
    out.note("Expected loss: how much less it brings than the best of each draw would, on average.");
    const auto worth = [](const Estimate& x) { return value_text(x) + " (" + interval_text(x) + ")"; };
    std::string note = "To know everything before choosing would be worth " + worth(e.decision->evpi());
    for (const KnownBefore& k : e.known_before)
      if (k.evppi) note += "; " + k.what + ", " + worth(*k.evppi);
    out.note(note + ".");
    const std::size_t alone = e.known_before.size() - economics.known_together.size();  // the last were asked for
    for (std::size_t k = alone; k < e.known_before.size(); ++k)
      if (!e.known_before[k].evppi)
        out.note("To know " + e.known_before[k].what + ": not given, since " + e.known_before[k].refused + ".");
    out.note(
        "Ranges of losses, of what knowing is worth and of shares are of the number of draws alone, with more of "
        "which they narrow.");
  }
  std::string text = out.text(color) + "\n";
  if (e.acceptability.empty()) return text;

  std::vector<std::string> names{"one more person is worth", "largest on average", e.baseline.name};
  for (const PolicyResult& r : e.policies) names.push_back(r.name);
  TextTable curve(
      "Share of draws in which each has the largest net benefit" + to + ", by what one more person is worth", names);
  const std::size_t apart = (e.acceptability.size() - 1) / 4;
  for (std::size_t k = 0; k < e.acceptability.size(); k += apart) {
    const Decision& d = e.acceptability[k];
    std::vector<std::string> row{rounded(d.value), names[2 + d.best]};
    for (const Estimate& share : d.probability_best) row.push_back(share_text(share, ""));
    curve.row(std::move(row));
  }
  return text + curve.text(color) + "\n";
}

/// What the values of the scenario come to, and who gains or loses in money.
void add_values(const Answer& a, const std::string& level, bool color, std::string& out) {
  const Economics& economics = a.scenario.economics;
  if (economics.values.empty()) return;
  const std::string money = money_text(economics.currency);
  TextTable values(fmt::format("Values over {}, of everybody, discounted", years_text(a.scenario.within_years)),
                   {"policy", "value", "in", "total", level, "more than without", level});
  for (const PolicyResult* r : a.results())
    for (std::size_t v = 0; v < r->values.size(); ++v) {
      const ValueResult& x = r->values[v];
      const ValueStream::Terms& terms = economics.values[v].terms();
      const bool baseline = r == &a.evaluation.baseline;
      values.row({v == 0 ? r->name : "", x.name, terms.currency ? money : terms.unit, value_text(x.total),
                  interval_text(x.total), baseline ? "-" : value_text(x.additional),
                  baseline ? "-" : interval_text(x.additional)});
    }
  for (const PolicyResult& r : a.evaluation.policies)
    for (const ValueResult& x : r.values)
      if (x.forgone.value != 0 || x.forgone.upper != 0)
        values.note(r.name + ": " + x.name + " less the " + value_text(x.forgone) + " (" + interval_text(x.forgone) +
                    ") that people forgo while they are locked in.");
  std::vector<std::pair<std::string, std::string>> ways;  // how they are added up, and which of them
  for (const ValueStream& v : economics.values) {
    const std::string way = fmt::format("discounted at {:g} % a year; heads of a period by the rule '{}'",
                                        100 * v.terms().rate.effective_annual(), name(v.terms().rule));
    const auto same = std::find_if(ways.begin(), ways.end(), [&](const auto& w) { return w.first == way; });
    if (same == ways.end())
      ways.emplace_back(way, v.terms().name);
    else
      same->second += ", " + v.terms().name;
  }
  for (const auto& [way, which] : ways) values.note(which + ": " + way + ".");
  out += values.text(color) + "\n";

  if (a.evaluation.policies.empty() || std::none_of(economics.values.begin(), economics.values.end(),
                                                    [](const ValueStream& v) { return v.terms().currency; }))
    return;
  TextTable gains("Who gains, in " + money + ", compared with no programme",
                  {"policy", "budget", level, "participants", level, "society", level});
  for (const PolicyResult& r : a.evaluation.policies)
    gains.row({r.name, value_text(r.gain.budget), interval_text(r.gain.budget), value_text(r.gain.participant),
               interval_text(r.gain.participant), value_text(r.gain.society), interval_text(r.gain.society)});
  gains.note("Costs of programmes are losses of the budget; society is the budget, participants and all others.");
  out += gains.text(color) + "\n";
}

/// Which policies are worth considering at some price of one more person.
std::string frontier_text(const Answer& a, bool color) {
  TextTable out("Efficient frontier, by cost and additional people",
                {"policy", "", "one more person costs", level_text(a.evaluation.baseline.reach.level)});
  bool dominated = false, extendedly = false;
  for (const ComparedPolicy& p : a.evaluation.frontier) {
    out.row({p.name, status_of(p),
             p.icer                   ? value_text(*p.icer)
             : p.icer_refused.empty() ? "-"
                                      : "not given",
             p.icer ? interval_text(*p.icer) : "-"});
    dominated = dominated || p.dominance == Dominance::dominated;
    extendedly = extendedly || p.dominance == Dominance::extendedly_dominated;
  }
  for (const ComparedPolicy& p : a.evaluation.frontier)
    if (!p.icer_refused.empty()) out.note(p.name + ": no price of one more person, since " + p.icer_refused + ".");
  out.note("One more person costs: than with the efficient policy before, of fewer additional people.");
  if (dominated) out.note("Dominated: another costs no more, and adds as many people.");
  if (extendedly) out.note("Extendedly dominated: a mix of two others does.");
  return out.text(color);
}

/// Whether anything is said of money.
bool money_is_stated(const io::Scenario& s) {
  return s.economics.value_per_additional_person ||
         std::any_of(s.programmes.begin(), s.programmes.end(), [](const Programme& p) {
           return p.terms().cost_per_participant != 0 || p.terms().cost_per_completion != 0 ||
                  p.terms().fixed_cost_per_year != 0 || p.terms().cost_once != 0 || p.terms().loan;
         });
}

/// Whether more people are offered a place than take part.
bool some_decline(const ProgrammeResult& p) { return p.offers.value().value != p.participants.value; }

const char* const what_offers_are =
    "An offer is to one person for one period; who does not take part may have another in the next.";

/// How many are offered a place in each programme, enrol and complete it, of policies of several.
std::string participants_text(const Answer& a, const std::string& level, bool turned_away, bool color) {
  bool all_complete = true, all_enrol = true;
  for (const PolicyResult& r : a.evaluation.policies)
    for (const ProgrammeResult& p : r.programmes) {
      all_complete = all_complete && completing(a.scenario, p).value == p.participants.value;
      all_enrol = all_enrol && !some_decline(p);
    }
  std::vector<std::string> columns{"policy", "programme"};
  if (!all_enrol) columns.insert(columns.end(), {"offers", level});
  columns.insert(columns.end(), {"participants", level});
  if (!all_complete) columns.insert(columns.end(), {"who complete", level});
  if (turned_away) columns.insert(columns.end(), {"found no seat", level});
  TextTable out("Participants by programme", std::move(columns));
  for (const PolicyResult& r : a.evaluation.policies) {
    if (r.programmes.size() < 2) continue;
    for (const ProgrammeResult& p : r.programmes) {
      std::vector<std::string> row{&p == r.programmes.data() ? r.name : "", p.name};
      const auto add = [&row](const Estimate& x) { row.insert(row.end(), {value_text(x), interval_text(x)}); };
      if (!all_enrol) add(p.offers.value());
      add(p.participants);
      if (!all_complete) add(completing(a.scenario, p));
      if (turned_away) add(p.turned_away);
      out.row(std::move(row));
    }
  }
  if (out.empty()) return "";
  if (!all_enrol) out.note(what_offers_are);
  if (!all_complete) out.note("Who complete: within the span or after it; the others drop out.");
  return out.text(color) + "\n";
}

/// What the answer of each policy hangs on, where that is more than one number.
std::string one_way_text(const Answer& a, bool color) {
  const auto both = [](double x, double y, const Estimate& whole) {
    const std::string low = rounded(x, std::min(x, y), std::max(x, y)),
                      high = rounded(y, std::min(x, y), std::max(x, y));
    return low == high ? rounded(x, whole.lower, whole.upper) : low + " to " + high;
  };
  const bool money = money_is_stated(a.scenario), value = a.scenario.economics.value_per_additional_person.has_value();
  std::vector<std::string> head{"policy", "number", "from ... to", "additional people"};
  if (money) head.emplace_back("cost");
  if (value) head.emplace_back("net benefit");
  TextTable out("What the answer hangs on: each uncertain number alone, at both ends of its interval", std::move(head));
  constexpr std::size_t shown = 5;
  for (const PolicyResult& r : a.evaluation.policies) {
    if (r.one_way.size() < 2) continue;
    for (std::size_t k = 0; k < r.one_way.size() && k < shown; ++k) {
      const OneWay& w = r.one_way[k];
      std::vector<std::string> row{k == 0 ? r.name : "", w.input, both(w.low, w.high, {}),
                                   both(w.additional_at_low, w.additional_at_high, r.additional)};
      if (money) row.push_back(both(w.cost_at_low, w.cost_at_high, r.cost));
      if (value) row.push_back(both(*w.net_benefit_at_low, *w.net_benefit_at_high, *r.net_benefit));
      out.row(std::move(row));
    }
    if (r.one_way.size() > shown)
      out.note(fmt::format("{}: {} more, of less weight, in --format json.", r.name, r.one_way.size() - shown));
    for (const OneWay& w : r.one_way)
      if (w.decision_changes)
        out.note(r.name + ": better than no programme at one end of the " + w.input + ", and not at the other.");
  }
  if (out.empty()) return "";
  if (money)
    out.note("Money is in " + money_text(a.scenario.economics.currency) +
             fmt::format(", discounted at {:g} % a year.", 100 * a.scenario.economics.discount_rate));
  out.note("All else at its value: moves too, whose uncertainty is in the intervals above and not here.");
  return out.text(color) + "\n";
}

std::string as_table(const Answer& a, bool color) {
  const io::Scenario& s = a.scenario;
  const Evaluation& e = a.evaluation;
  const std::string level = level_text(e.baseline.reach.level);
  const std::string when = a.scenario.period_stated ? fmt::format(" in period {}", s.population.at().label()) : "";
  std::string out = fmt::format("Of {} people who start in '{}'{}, how many reach '{}' within {}?\n", e.cohort,
                                s.from_text, when, s.reach_text, years_text(s.within_years));
  out += "To reach is to have been there at least once by then, even if not at the end.\n\n";

  TextTable reach("People reaching",
                  {"policy", "probability", level, "people",
                   fmt::format("{:g} % range of the count", 100 * e.baseline.reach.level), "there at the end", level});
  for (const PolicyResult* r : a.results())
    reach.row({r->name, value_text(r->reach), interval_text(r->reach), value_text(r->people_reaching),
               interval_text(r->people_reaching), value_text(r->standing), interval_text(r->standing)});
  for (const PolicyResult* r : a.results())
    if (!r->unreachable.empty()) reach.note(r->name + ": exactly 0, since " + r->unreachable + ".");
  out += reach.text(color) + "\n";

  if (!e.policies.empty()) {
    bool turned_away = false, others = s.population.start().total() > e.cohort || !s.population.inflow().empty();
    for (const PolicyResult& r : e.policies)
      for (const ProgrammeResult& p : r.programmes) turned_away = turned_away || p.turned_away.value > 0;

    std::vector<std::string> columns{"policy", "additional people", level, "participants", level};
    if (turned_away) columns.insert(columns.end(), {"found no seat", level});
    columns.insert(columns.end(), {"participants per additional person", level});
    TextTable more("Additional people reaching, compared with no programme", columns);
    for (const PolicyResult& r : e.policies) {
      const bool ratio = r.number_needed_to_train.has_value();
      std::vector<std::string> row{r.name, value_text(r.additional), interval_text(r.additional),
                                   value_text(r.participants), interval_text(r.participants)};
      if (turned_away) row.insert(row.end(), {value_text(r.turned_away), interval_text(r.turned_away)});
      row.push_back(ratio ? value_text(*r.number_needed_to_train) : "not given");
      row.push_back(ratio ? interval_text(*r.number_needed_to_train) : "-");
      more.row(std::move(row));
    }
    for (const PolicyResult& r : e.policies)
      if (r.unreachable.empty()) more.note(r.name + ": " + a.verdict(r) + ".");
    for (const PolicyResult& r : e.policies)
      if (r.gross.value != r.additional.value) {
        std::string cascade;
        const Estimate* last = &r.gross;
        for (const auto& [what, rest] :
             {std::pair("deadweight", &r.after_deadweight), std::pair("substitution", &r.after_substitution),
              std::pair("displacement", &r.additional)})
          if (rest->value != last->value) {
            cascade += std::string("; less ") + what + " " + value_text(*rest) + " (" + interval_text(*rest) + ")";
            last = rest;
          }
        more.note(r.name + ": " + value_text(r.gross) + " (" + interval_text(r.gross) + ") gross" + cascade + ".");
      }
    bool offers = false;
    for (const PolicyResult& r : e.policies)
      if (r.programmes.size() == 1 && some_decline(r.programmes[0])) {
        const Estimate& made = r.programmes[0].offers.value();
        more.note(r.name + ": offers made: " + value_text(made) + " (" + interval_text(made) + ").");
        offers = true;
      }
    if (offers) more.note(what_offers_are);
    for (const PolicyResult& r : e.policies)
      if (r.programmes.size() == 1)
        if (const Estimate complete = completing(s, r.programmes[0]); complete.value != r.participants.value)
          more.note(r.name + ": of the participants " + value_text(complete) + " (" + interval_text(complete) +
                    ") complete, within the span or after it.");
    for (const PolicyResult& r : e.policies)
      if (r.additional_rungs.lower != 0 || r.additional_rungs.upper != 0)
        more.note(r.name + ": rungs climbed less rungs descended, by everybody: " + value_text(r.additional_rungs) +
                  " (" + interval_text(r.additional_rungs) + ") more than without.");
    if (others) more.note("Participants (and costs) are of all who enrol, also those not asked about.");
    out += more.text(color) + "\n" + participants_text(a, level, turned_away, color);

    if (money_is_stated(s)) {
      std::vector<std::string> head{"policy", "cost", level, "per additional person", level};
      if (!e.best_by_net_benefit) head.emplace_back("best in");
      TextTable cost("Cost, in " + money_text(s.economics.currency) +
                         fmt::format(", discounted at {:g} % a year", 100 * s.economics.discount_rate),
                     std::move(head));
      for (const PolicyResult* r : a.results()) {
        const bool ratio = r->cost_per_additional_person.has_value(), baseline = r == &e.baseline;
        std::vector<std::string> row{r->name, baseline ? "0" : value_text(r->cost),
                                     baseline ? "-" : interval_text(r->cost),
                                     ratio      ? value_text(*r->cost_per_additional_person)
                                     : baseline ? "-"
                                                : "not given",
                                     ratio ? interval_text(*r->cost_per_additional_person) : "-"};
        if (!e.best_by_net_benefit) row.push_back(share_text(r->probability_best));
        cost.row(std::move(row));
      }
      for (const PolicyResult& r : e.policies)
        if (!r.ratio_refused.empty())
          cost.note(r.name + ": no cost per additional person, since " + r.ratio_refused + ".");
        else if (r.cost_per_additional_person && r.cost.upper < 0)
          cost.note(r.name + ": it saves money, so that an additional person costs less than nothing.");
      if (!e.best_by_net_benefit) {
        if (std::any_of(e.policies.begin(), e.policies.end(),
                        [](const PolicyResult& r) { return r.probability_best.lower < r.probability_best.upper; }))
          cost.note("Best in: the range after a share is of the number of draws alone, with more of which it narrows.");
        cost.note("Best: the most people reaching, by however little and whatever the cost.");
      }
      out += cost.text(color) + "\n" + decision_text(a, level, color);
      if (e.policies.size() > 1) out += frontier_text(a, color) + "\n";
    } else {
      out += "No costs are stated (see 'cost' of a programme).\n\n";
    }
  }

  if (!e.baseline.groups.empty()) {
    TextTable groups(s.unseen_kinds ? "By kind of people, which nobody sees" : "By group",
                     {"policy", "group", "asked about", "probability", level, "people",
                      fmt::format("{:g} % range of the count", 100 * e.baseline.reach.level), "additional people",
                      level, "participants", level});
    for (const PolicyResult* r : a.results())
      for (const GroupResult& g : r->groups) {
        std::vector<std::string> row{&g == r->groups.data() ? r->name : "",
                                     g.name,
                                     s.unseen_kinds ? value_text(g.people) : fmt::format("{}", g.cohort),
                                     value_text(g.reach),
                                     interval_text(g.reach),
                                     value_text(g.people_reaching),
                                     interval_text(g.people_reaching)};
        for (const Estimate* x : {&g.additional, &g.participants}) {
          row.push_back(r == &e.baseline ? "-" : value_text(*x));
          row.push_back(r == &e.baseline ? "-" : interval_text(*x));
        }
        groups.row(std::move(row));
      }
    for (const PolicyResult* r : a.results())
      for (const GroupResult& g : r->groups)
        if (!g.unreachable.empty() && r->unreachable.empty())
          groups.note(r->name + ": exactly 0 for " + g.name +
                      (s.unseen_kinds ? std::string(".") : ", since " + g.unreachable + "."));
    for (const PolicyResult* r : a.results())
      for (const GapResult& g : s.unseen_kinds ? std::vector<GapResult>() : r->gaps) {
        std::string note = r->name + ": the probability of " + g.group + " less that of " + g.other + " is " +
                           value_text(g.reach) + " (" + interval_text(g.reach) + ")";
        if (r != &e.baseline) note += "; the change is " + value_text(g.change) + " (" + interval_text(g.change) + ")";
        groups.note(note + ".");
      }
    if (s.unseen_kinds) {
      for (const GroupResult& g : e.baseline.groups)
        groups.note("Of those asked about, " + value_text(g.people) + " (" + level + " " + interval_text(g.people) +
                    ") are " + g.name + ", as the data have it of people first seen where they start.");
      groups.note("Nobody can be chosen by kind: who enrols is of each kind as people are who stand there then.");
    } else if (e.baseline.groups.size() < s.ladder.groups().size())
      groups.note("Groups of whom nobody is asked about are left out, also as participants.");
    out += groups.text(color) + "\n";
  }
  add_values(a, level, color, out);
  out += one_way_text(a, color);

  TextTable moves(
      "Bottleneck: if 1 in 100 of those in a stratum made this move who otherwise would not, in every period",
      {"policy", "move", "additional people", level});
  for (const PolicyResult* r : a.results())
    for (std::size_t k = 0; k < r->bottleneck.size() && k < 3; ++k) {
      const EasedMove& m = r->bottleneck[k];
      if (!(m.additional.value > 0)) break;
      moves.row({k == 0 ? r->name : "", a.stratum(m.from) + " -> " + a.stratum(m.to), value_text(m.additional),
                 interval_text(m.additional)});
    }
  for (const PolicyResult* r : a.results()) {
    const auto say = [&](const std::string& what, const OneMore& one) {
      const Estimate& more = one.additional;
      if (one.refused.empty() && more.lower == 0 && more.upper == 0) return;
      if (moves.empty()) moves.row({"any", "none", "-", "-"});
      if (!one.refused.empty()) {
        moves.note(r->name + ": what one more " + what + " adds is not given, since " + one.refused + ".");
        return;
      }
      const std::string people = value_text(more);
      moves.note(r->name + ": one more " + what + " adds " + people + (people == "1" ? " person (" : " people (") +
                 interval_text(more) + ").");
    };
    for (const OneMore& m : r->one_more_seat) say("seat a year in '" + m.what + "'", m);
    for (const OneMore& m : r->one_more_post) say("post of '" + m.what + "' in every period", m);
    const auto most = std::max_element(
        r->one_more_entrant.begin(), r->one_more_entrant.end(),
        [](const OneMore& x, const OneMore& y) { return std::abs(x.additional.value) < std::abs(y.additional.value); });
    if (most != r->one_more_entrant.end()) say("entrant a year into '" + most->what + "'", *most);
  }
  if (!moves.empty()) out += moves.text(color) + "\n";

  if (!e.baseline.posts.empty()) {
    TextTable posts("Posts in the last period",
                    {"policy", "stratum", "without a person", level, "people who found none", level});
    const std::size_t limited = s.population.posts().size();
    for (const PolicyResult* r : a.results())
      for (std::size_t k = r->posts.size() - limited; k < r->posts.size(); ++k)
        posts.row({r->name, r->posts[k].stratum, value_text(r->posts[k].open), interval_text(r->posts[k].open),
                   value_text(r->posts[k].blocked), interval_text(r->posts[k].blocked)});
    out += posts.text(color) + "\n";
  }

  // What the intervals hold, in words.
  std::set<std::string> varied;
  double blur = e.baseline.reach.monte_carlo_error * e.cohort;
  for (const PolicyResult& r : e.policies) {
    for (const std::string& v : r.additional.varied.names()) varied.insert(v);
    blur = std::max(blur, r.additional.monte_carlo_error);
  }
  for (const std::string& v : e.baseline.reach.varied.names()) varied.insert(v);
  std::string what;
  for (const std::string& v : varied) what += (what.empty() ? "" : " and ") + v;
  bool amounts = false;
  for (const PolicyResult& r : e.policies) amounts = amounts || r.gain.society.varied.amounts;
  out += fmt::format(
      "{}s: {} varied; in the range of the count also individual chance, who of the people happens to move{}.\n", level,
      what.empty() ? "nothing" : what, amounts ? "; in those of money also its amounts" : "");
  out += fmt::format("{} draws, seed {}. Monte Carlo error of the numbers of people: at most {:.2g}.\n", e.draws,
                     e.seed.value(), blur);
  return out;
}

}  // namespace

void run_evaluate(ScenarioCommand command) {
  Asked asked = ask(command);
  const io::Scenario& scenario = asked.scenario;
  const Ensemble& ensemble = asked.model.ensemble;
  std::vector<Diagnostic>& warnings = asked.warnings;
  const Output output(command.common, asked.files());
  std::optional<Output> worlds;
  if (!command.worlds.empty()) {
    CommonOptions beside = command.common;
    beside.output = command.worlds;
    worlds.emplace(beside, asked.files());
    if (worlds->path() == output.path())
      throw Error("E-OUT-SAME", "found the answer and the worlds both to go to " +
                                    (output.is_file() ? detail::quoted(output.path()) : "standard output") +
                                    "; expected another file for one of them");
  }
  const Seed seed = resolve_seed(command.common, warnings);
  Evaluation evaluation = [&] {
    try {
      return evaluate(ensemble, scenario.population, asked.question, scenario.policies, scenario.economics,
                      {.draws = command.common.number_of_draws(),
                       .seed = seed,
                       .level = command.common.interval_level(),
                       .threads = static_cast<unsigned>(command.common.threads),
                       .keep_worlds = worlds.has_value()});
    } catch (const InputError&) {
      throw;
    } catch (const Error& e) {
      refuse_at(e.code() == "E-PARAMETER" ? scenario.known_where : scenario.within_where, e);
    }
  }();
  for (const Warning& w : evaluation.warnings) {
    const bool said = w.code == "W-EFFECT-EVIDENCE" &&
                      (w.message.ends_with("names no source") ||
                       w.message.ends_with("outside its own interval"));  // by the reader, with its place
    if (!said) warnings.push_back(warning(w));
  }

  const Answer answer{scenario, evaluation, ensemble.step(), {"evaluate", seed, asked.model.inputs, warnings}};
  if (worlds) worlds->write(as_csv(*evaluation.worlds, evaluation));
  const Format format = command.common.format;
  output.write(format == Format::json  ? as_json(answer)
               : format == Format::csv ? as_csv(answer)
                                       : as_table(answer, colored_stdout(command.common)));
  print_warnings(warnings, command.common);
}

}  // namespace rungs::cli
