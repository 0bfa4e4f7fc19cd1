// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include "test.hpp"

#include <rungs/estimate/exchange.hpp>
#include <rungs/estimate/homogeneity.hpp>
#include <rungs/estimate/interval.hpp>
#include <rungs/estimate/loglinear.hpp>
#include <rungs/estimate/margins.hpp>
#include <rungs/estimate/memory.hpp>
#include <rungs/estimate/survey_tests.hpp>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cmath>
#include <utility>
#include <variant>

#include "json.hpp"
#include "table.hpp"

namespace rungs::cli {

CLI::App* setup_test(CLI::App& app, TestCommand& command) {
  CLI::App* verb = app.add_subcommand(
      "test",
      "may we believe the model? Order, periods, time in a stratum, moves over several steps; models of tables");
  verb->footer(
      "Examples:\n"
      "  rungs test --panel males.csv --id nr --time year --state occupation --ladder ladder.toml --seed 7 \\\n"
      "      --from labourer --reach \"craftsman+\" --within 5\n"
      "  rungs test --table glass.csv --ladder \"Unskilled < Skilled < Supervisory < Managerial < Professional\"\n"
      "Every test is told with what it means for the answer asked: what the data say of it, beside the fitted chain.");
  verb->add_option("--from", command.from, "stratum where somebody starts (default: everybody, where they are)")
      ->type_name("STRATUM")
      ->group("Question");
  verb->add_option("--reach", command.reach,
                   "target: a stratum, X+ for X and above, or a named set (default: any stratum above one's own)")
      ->type_name("TARGET")
      ->group("Question");
  verb->add_option("--within", command.within, "horizon in years, a whole number of steps (default: 3 steps)")
      ->type_name("YEARS")
      ->group("Question");
  verb->add_option("--fit", command.fit, "CSV file of probabilities: do people move by this matrix?")
      ->type_name("FILE")
      ->group("Tests");
  verb->add_option("--levels", command.levels,
                   "CSV file of whole numbers, a square with labels: cells of one number share a level (of a table)")
      ->type_name("FILE")
      ->group("Tests");
  verb->add_option("--block", command.blocks,
                   "strata that might stand for one, separated by commas, or a named set; may be repeated")
      ->type_name("STRATA")
      ->allow_extra_args(false)
      ->group("Tests");
  setup_data(*verb, command.data, SavedModels::no, PooledGroups::always, Methods::of_plain_chains);
  setup_survey(*verb, command.data.source);
  setup_common(*verb, command.common);
  return verb;
}

namespace {

std::string p_text(double p) { return std::isnan(p) ? "-" : p < 1e-4 ? "< 0.0001" : fmt::format("{:.4f}", p); }

/// A number with four decimals, "-" where it is not known.
std::string four(double x) { return std::isnan(x) ? "-" : fmt::format("{:.4f}", x); }

/// One test with what its kind alone tells.
struct Tested {
  AssumptionTest test;
  std::optional<DurationTest> duration{};
  std::optional<ChapmanKolmogorovTest> several_steps{};
};

/// A model of the table, or why it was not fitted.
struct Fitted {
  std::string model, definition, reason;
  std::optional<TableFit> fit{};
};

struct TestAnswer {
  Head head{};
  Ladder ladder;
  AskedReach asked;
  double within_years = 0;
  Level level{};
  std::vector<Tested> tests{};
  std::vector<std::string> layers{};  ///< of the tables that the models are of
  std::vector<Fitted> models{};
  std::vector<MarginTest> margins{};
  std::vector<MobilityPart> mobility{};
};

/// Strata that may stand for one: names or sets, separated by commas.
StratumSet block_of(const Ladder& ladder, const std::string& text) {
  std::vector<std::size_t> members;
  for (const std::string& name : items_of("--block", text)) {
    try {
      const StratumSet found = ladder.select(name);
      members.insert(members.end(), found.indices().begin(), found.indices().end());
    } catch (const UnknownName& e) {
      for (const std::string& known : ladder.names())  // which a comma has cut
        if (known.find(',') != std::string::npos && known.find(name) != std::string::npos &&
            text.find(known) != std::string::npos)
          throw Refusal(e.code(), e.message() + "; " + comma_words);
      throw;
    }
  }
  return ladder.set_of(std::move(members));
}

AskedReach asked_of(const TestCommand& command, const Ladder& ladder, Step step) {
  AskedReach out;
  if (!command.from.empty()) {
    const StratumSet from = of_option("--from", [&] { return ladder.select(command.from); });
    if (from.size() != 1 || ladder.is_exit(from.indices().front()))
      throw Refusal("E-LADDER", "found " + from.text() + " to start from; expected one stratum, not an exit");
    out.from = ladder.at(from.indices().front());
  }
  if (!command.reach.empty()) out.target = of_option("--reach", [&] { return ladder.select(command.reach); });
  out.within = command.within ? step.steps_in(*command.within) : Span(3);
  return out;
}

/// The tables whose models are fitted: of each period, or group, or group in each period.
MobilityTables tables_of(const Data& data) {
  const Tally& all = *data.tally;
  if (data.groups.empty()) return all.by_period().size() > 1 ? MobilityTables::by_period(all) : MobilityTables(all);
  std::vector<Matrix> people;
  std::vector<std::string> names;
  for (const Data& group : data.groups) {
    const MobilityTables own =
        group.tally->by_period().empty() ? MobilityTables(*group.tally) : MobilityTables::by_period(*group.tally);
    for (std::size_t k = 0; k < own.layers(); ++k) {
      people.push_back(own.people(k));
      names.push_back(own.layer_names().empty() ? group.group : own.layer_names()[k] + ", " + group.group);
    }
  }
  return {all.ladder(), people, names};
}

/// Models with a level for each cell, from a file.
std::vector<TableModel> models_of_levels(const std::string& path, const Ladder& ladder, std::size_t layers,
                                         std::vector<InputFile>& inputs) {
  const Input input(path);
  std::vector<std::vector<int>> levels;
  input.read([&](const std::string& name) { levels = io::read_levels(name, ladder); });
  inputs.push_back(input.file());
  std::vector<TableModel> out{TableModel::of_levels(levels), TableModel::of_levels(levels, Diagonal::own)};
  if (layers > 1) out.push_back(TableModel::of_levels(levels).with(OverLayers::scaled));
  return out;
}

/// Whether somebody who starts somewhere has got where was asked in some strata of a block and not in others.
bool cuts_through(const Ladder& ladder, const AskedReach& asked, const std::vector<StratumSet>& blocks) {
  for (const StratumSet& block : blocks)
    for (std::size_t start = 0; start < ladder.strata(); ++start)
      for (const std::size_t j : block.indices())
        if (rungs::detail::is_target(ladder, asked, start, j) !=
            rungs::detail::is_target(ladder, asked, start, block.indices().front()))
          return true;
  return false;
}

void test_all(TestAnswer& a, const TestCommand& command, const Data& data, const AssumptionOptions& options,
              const MobilityDraws& draws) {
  const auto add = [&](AssumptionTest test) { a.tests.push_back({.test = std::move(test)}); };
  const auto add_groups = [&]<class Moves>(std::optional<Moves> Data::*moves) {
    std::vector<std::pair<std::string, Moves>> groups;
    for (const Data& group : data.groups) groups.emplace_back(group.group, *(group.*moves));
    if (!groups.empty()) add(test_homogeneity_of_groups(groups, options));
  };
  std::optional<TransitionMatrix> given;
  if (!command.fit.empty()) {
    const Input input(command.fit);
    given = matrix_in(input, a.ladder, data.ensemble.step(), command.data.row_sums, a.head.warnings);
    a.head.inputs.push_back(input.file());
  }
  std::vector<StratumSet> blocks;
  for (const std::string& text : command.blocks)
    blocks.push_back(of_option("--block", [&] { return block_of(a.ladder, text); }));
  // What nobody asked is not asked of blocks that it cuts through.
  AssumptionOptions of_blocks = options;
  if (command.reach.empty() && cuts_through(a.ladder, a.asked, blocks)) of_blocks.asked.reset();
  if (data.histories) {
    const Histories& h = *data.histories;
    if (a.ladder.all_moves_possible()) add(test_order_zero(h, options));
    add(test_order(h, options));
    if (move_counts_by_period(h).size() > 1) add(test_homogeneity_over_time(h, options));
    DurationTest duration = test_duration(h, Span(5), TimeInStratum::from_observed_entry, options);
    a.tests.push_back({.test = duration.test, .duration = std::move(duration)});
    if (a.asked.within.steps() >= 2) {
      ChapmanKolmogorovTest several = test_chapman_kolmogorov(h, a.asked.within, options);
      a.tests.push_back({.test = several.test, .several_steps = std::move(several)});
    }
    add_groups(&Data::histories);
    if (given) add(test_fit(h, *given, options));
    if (!blocks.empty()) add(test_lumpability(h, blocks, of_blocks));
    return;
  }
  const Tally& tally = *data.tally;
  const MobilityTables tables = tables_of(data);
  a.layers = tables.layer_names();
  if (tally.by_period().size() > 1) add(test_homogeneity_over_time(tally, options));
  add_groups(&Data::tally);
  if (given) add(test_fit(tally, *given, options));
  if (!blocks.empty()) add(test_lumpability(tally, blocks, of_blocks));
  for (const Warning& w : tables.warnings()) a.head.warnings.push_back(warning(w));
  std::vector<TableModel> models = usual_table_models(tables.layers());
  if (!command.levels.empty())
    for (TableModel& model : models_of_levels(command.levels, a.ladder, tables.layers(), a.head.inputs))
      models.push_back(std::move(model));
  for (const TableModel& model : models) {
    Fitted& one = a.models.emplace_back(Fitted{model.name(), model.definition(), {}, {}});
    try {
      one.fit = fit_table(tables, model);
    } catch (const Refusal& refusal) {
      one.reason = refusal.what();
    }
  }
  std::vector<const TableFit*> fits;
  for (const Fitted& one : a.models)
    if (one.fit) fits.push_back(&*one.fit);
  for (const Warning& w : table_warnings(fits)) a.head.warnings.push_back(warning(w));
  if (tally.by_period().size() > 1) return;
  const MobilityTables all(tally);
  const auto margins = [&](auto test) {
    try {
      a.margins.push_back(test(all));
    } catch (const Refusal& refusal) {
      a.head.warnings.push_back(warning("W-TABLE-MARGINS", refusal.what()));
    }
  };
  margins([](const MobilityTables& t) { return stuart_maxwell(t); });
  margins([](const MobilityTables& t) { return bhapkar(t); });
  a.mobility = mobility_parts(all, 0, draws);
}

/// Whether the data could have gone against what is tested.
bool is_tested(const AssumptionTest& t) {
  return !std::isnan(t.deciding_p()) && (t.df_support != 0 || std::isinf(t.likelihood_ratio));
}

/// The p of data drawn under the hypothesis; none where there is nothing to test.
std::optional<NullDrawsResult> drawn(const AssumptionTest& t) { return is_tested(t) ? t.bootstrap : std::nullopt; }

/// What became of a test, in one word.
std::string verdict(const AssumptionTest& t) {
  const double p = t.deciding_p();
  if (!is_tested(t)) return "nothing to test";
  return p < 0.01 ? "rejected" : p < 0.05 ? "doubtful" : "not rejected";
}

/// What is said of a statistic that is infinite.
constexpr const char* cannot_be = "infinite: what was seen has probability 0 under the hypothesis";

std::string reach_words(const ReachFound& r) {
  if (std::isnan(r.standard_error)) return fmt::format("{} {}", rounded(r.share), r.by);
  return r.windows == 0 ? fmt::format("{} (standard error {}) {}", rounded(r.share), rounded(r.standard_error), r.by)
                        : fmt::format("{} (standard error {}, {} starts of {} people) {}", rounded(r.share),
                                      rounded(r.standard_error), rounded(r.windows), rounded(r.people), r.by);
}

/// What the test means for the answer asked.
std::string meaning(const AssumptionTest& t, Level level) {
  if (t.name == "strata of a block move alike" && !t.consequence)
    return "the answer cuts through a block: --reach asks for one of whole blocks";
  if (!t.consequence || t.consequence->found.empty() || std::isnan(t.consequence->difference()))
    return "nobody was followed so long: what it means for the answer is not known";
  const Consequence& c = *t.consequence;
  const ReachDifference& d = c.differences.front();
  const Interval interval = reach_interval(d, level);
  return fmt::format("{} where the tested model says {}: a difference of {}{}", reach_words(c.found.front()),
                     rounded(d.implied), rounded(d.value),
                     std::isnan(interval.lower) ? std::string()
                                                : fmt::format(" ({:g} % interval {} to {})", 100 * level.value(),
                                                              rounded(interval.lower), rounded(interval.upper)));
}

// --- JSON ------------------------------------------------------------------------------------------

Json json_of_p(const Significance& nominal, const Significance& support) {
  return {{"nominal", json_of(nominal.p)},
          {"by_support", json_of(support.p)},
          {"log10_by_support", json_of(support.log10_p)}};
}

Json json_of_parts(const std::vector<TestPart>& parts) {
  Json out = Json::array();
  for (const TestPart& p : parts)
    out.push_back({{"name", p.name},
                   {"statistic", {{"LR", json_of(p.likelihood_ratio)}, {"X2", json_of(p.pearson)}}},
                   {"df", {{"nominal", p.df_nominal}, {"by_support", p.df_support}}},
                   {"p", json_of(p.p.p)}});
  return out;
}

Interval interval_of(const LeavingRate& r, Level level) {
  if (!(r.people > 0)) return {std::nan(""), std::nan("")};
  return proportion_interval(r.left, r.people, level, IntervalMethod::exact);
}

Json json_of_reach(const ReachFound& r, Level level) {
  const Interval interval = reach_interval(r, level);
  return {{"by", r.by},
          {"share", json_of(r.share)},
          {"standard_error", json_of(r.standard_error)},
          {"lower", json_of(interval.lower)},
          {"upper", json_of(interval.upper)},
          {"interval_method",
           std::isnan(interval.lower) ? Json(nullptr) : Json(std::isnan(r.centre) ? "normal" : "log-odds")},
          {"starts", json_of(r.windows)},
          {"people", json_of(r.people)}};
}

Json json_of_difference(const ReachDifference& d, Level level) {
  const Interval interval = reach_interval(d, level);
  return {{"implied", json_of(d.implied)},
          {"value", json_of(d.value)},
          {"standard_error", json_of(d.standard_error)},
          {"lower", json_of(interval.lower)},
          {"upper", json_of(interval.upper)}};
}

Json json_of_test(const Tested& tested, Level level) {
  const AssumptionTest& t = tested.test;
  Json out{
      {"name", t.name},
      {"hypothesis", t.hypothesis},
      {"observations", json_of(t.observations)},
      {"statistic", {{"LR", json_of(t.likelihood_ratio)}, {"X2", json_of(t.pearson)}}},
      {"df", {{"nominal", t.df_nominal}, {"by_support", t.df_support}}},
      {"p", {{"LR", json_of_p(t.lr_nominal, t.lr_support)}, {"X2", json_of_p(t.pearson_nominal, t.pearson_support)}}},
      {"chi_square_holds", t.chi_square_holds},
      {"sparse", json_of(t.sparse)}};
  if (const auto b = drawn(t))
    out["p_bootstrap"] = {{"LR", json_of(b->p_likelihood_ratio)}, {"X2", json_of(b->p_pearson)}, {"draws", b->draws}};
  else
    out["p_bootstrap"] = nullptr;
  out["verdict"] = verdict(t);
  out["meaning"] = meaning(t, level);
  if (t.consequence) {
    Json found = Json::array();
    for (std::size_t k = 0; k < t.consequence->found.size(); ++k) {
      found.push_back(json_of_reach(t.consequence->found[k], level));
      found.back()["difference"] = json_of_difference(t.consequence->differences[k], level);
    }
    out["reach"] = {{"level", level.value()},
                    {"implied", json_of_reach(t.consequence->implied, level)},
                    {"found", found},
                    {"difference", json_of(t.consequence->difference())}};
  } else {
    out["reach"] = nullptr;
  }
  out["by_origin"] = json_of_parts(t.by_origin);
  out["by_layer"] = json_of_parts(t.by_layer);
  if (tested.duration) {
    out["leaving"] = Json::array();
    for (const LeavingRate& r : tested.duration->rates) {
      const Interval interval = interval_of(r, level);
      out["leaving"].push_back({{"steps_in_stratum", r.time},
                                {"people", json_of(r.people)},
                                {"left", json_of(r.left)},
                                {"lower", json_of(interval.lower)},
                                {"upper", json_of(interval.upper)}});
    }
  }
  if (tested.several_steps) {
    const ChapmanKolmogorovTest& k = *tested.several_steps;
    out["steps"] = k.steps.steps();
    out["never_moved"] = {{"observed", json_of(k.never_moved)}, {"implied", json_of(k.never_moved_expected)}};
    out["in_place"] = {{"observed", json_of(k.in_place)}, {"implied", json_of(k.in_place_expected)}};
  }
  return out;
}

Json json_of_model(const Fitted& f) {
  Json out{{"name", f.model}, {"definition", f.definition}};
  if (!f.fit) {
    out["not_fitted"] = f.reason;
    return out;
  }
  const TableFit& t = *f.fit;
  out["deviance"] = json_of(t.deviance);
  out["pearson"] = json_of(t.pearson);
  out["df"] = t.df;
  out["p"] = json_of(t.p_value);
  out["bic"] = json_of(t.bic);
  out["dissimilarity"] = json_of(t.dissimilarity);
  out["normalisation"] = t.normalisation;
  out["parameters"] = Json::array();
  for (const TableParameter& p : t.estimates)
    out["parameters"].push_back({{"name", p.name},
                                 {"group", p.group},
                                 {"value", json_of(p.value)},
                                 {"standard_error", json_of(p.standard_error)}});
  out["unidentified"] = t.unidentified;
  return out;
}

std::string as_json(const TestAnswer& a) {
  Json out = json_of(a.head);
  Json targets = nullptr;
  if (a.asked.target) {
    targets = Json::array();
    for (const std::size_t i : a.asked.target->indices()) targets.push_back(a.ladder.name(i));
  }
  out["question"] = {{"from", a.asked.from ? Json(a.asked.from->name()) : Json(nullptr)},
                     {"target", targets},
                     {"within", {{"steps", a.asked.within.steps()}, {"years", json_of(a.within_years)}}}};
  out["tests"] = Json::array();
  for (const Tested& t : a.tests) out["tests"].push_back(json_of_test(t, a.level));
  if (!a.models.empty()) {
    out["layers"] = a.layers;
    out["table_models"] = Json::array();
    for (const Fitted& f : a.models) out["table_models"].push_back(json_of_model(f));
  }
  if (!a.margins.empty()) {
    out["margins"] = Json::array();
    for (const MarginTest& m : a.margins)
      out["margins"].push_back({{"name", m.name},
                                {"definition", m.definition},
                                {"statistic", json_of(m.statistic)},
                                {"df", m.df},
                                {"p", json_of(m.p_value)}});
  }
  if (!a.mobility.empty()) {
    out["mobility"] = Json::array();
    for (const MobilityPart& m : a.mobility)
      out["mobility"].push_back({{"name", m.name},
                                 {"definition", m.definition},
                                 {"people", json_of(m.people)},
                                 {"share", json_of(m.share)},
                                 {"standard_error", json_of(m.standard_error)},
                                 {"lower", json_of(m.lower)},
                                 {"upper", json_of(m.upper)},
                                 {"level", a.level.value()}});
  }
  return text(out);
}

// --- CSV and tables --------------------------------------------------------------------------------

std::string as_csv(const TestAnswer& a) {
  std::string out = csv_line({"test", "statistic", "value", "df_nominal", "df_by_support", "p_nominal", "p_by_support",
                              "p_bootstrap", "draws", "standard_error", "lower", "upper", "note"});
  const auto bootstrap = [](const std::optional<NullDrawsResult>& b, bool lr) {
    return b ? csv_number(lr ? b->p_likelihood_ratio : b->p_pearson) : std::string();
  };
  for (const Tested& tested : a.tests) {
    const AssumptionTest& t = tested.test;
    const char* const note = std::isinf(t.likelihood_ratio) ? cannot_be : "";
    for (const bool lr : {true, false})
      out += csv_line({t.name, lr ? "LR" : "X2", csv_number(lr ? t.likelihood_ratio : t.pearson),
                       std::to_string(t.df_nominal), std::to_string(t.df_support),
                       csv_number(lr ? t.lr_nominal.p : t.pearson_nominal.p),
                       csv_number(lr ? t.lr_support.p : t.pearson_support.p), bootstrap(drawn(t), lr),
                       drawn(t) ? std::to_string(drawn(t)->draws) : "", "", "", "", note});
  }
  const auto line = [&](const std::string& test, const std::string& statistic, double value, const std::string& df = {},
                        double p = std::nan(""), double error = std::nan(""), const std::string& note = {},
                        const Interval& interval = {std::nan(""), std::nan("")}) {
    out += csv_line({test, statistic, csv_number(value), "", df, "", csv_number(p), "", "", csv_number(error),
                     csv_number(interval.lower), csv_number(interval.upper), note});
  };
  for (const Tested& tested : a.tests) {
    if (!tested.test.consequence) continue;
    const Consequence& c = *tested.test.consequence;
    for (std::size_t k = 0; k < c.found.size(); ++k) {
      const ReachFound& f = c.found[k];
      const ReachDifference& d = c.differences[k];
      const std::string by = f.by.substr(0, f.by.find_last_not_of(',') + 1);
      line(tested.test.name, "reach", f.share, "", std::nan(""), f.standard_error, by, reach_interval(f, a.level));
      line(tested.test.name, "reach by the model", d.implied, "", std::nan(""), std::nan(""), by);
      line(tested.test.name, "difference", d.value, "", std::nan(""), d.standard_error, by, reach_interval(d, a.level));
    }
  }
  for (const Fitted& f : a.models) {
    if (!f.fit) {
      line(f.model, "", std::nan(""), "", std::nan(""), std::nan(""), "not fitted: " + f.reason);
      continue;
    }
    const TableFit& t = *f.fit;
    line(f.model, "LR", t.deviance, std::to_string(t.df), t.p_value);
    line(f.model, "X2", t.pearson, std::to_string(t.df));
    line(f.model, "BIC", t.bic);
    line(f.model, "dissimilarity", t.dissimilarity);
    for (const TableParameter& parameter : t.estimates)
      line(f.model, parameter.name, parameter.value, "", std::nan(""), parameter.standard_error, parameter.group);
  }
  for (const MarginTest& m : a.margins) line(m.name, "X2", m.statistic, std::to_string(m.df), m.p_value);
  for (const MobilityPart& m : a.mobility)
    line(m.name, "share", m.share, "", std::nan(""), m.standard_error, "", {m.lower, m.upper});
  return out;
}

std::string interval_words(const Interval& i) {
  return std::isnan(i.lower) ? "-" : fmt::format("{:.4f} to {:.4f}", i.lower, i.upper);
}

std::string as_table(const TestAnswer& a, bool color) {
  std::string out;
  const std::string level = fmt::format("{:g} %", 100 * a.level.value());
  if (!a.tests.empty()) {
    TextTable tests("May we believe the model?",
                    {"what is tested", "LR", "df", "p (chi-square)", "p (draws)", "verdict"});
    for (const Tested& tested : a.tests) {
      const AssumptionTest& t = tested.test;
      tests.row({t.hypothesis, std::isnan(t.likelihood_ratio) ? "-" : fmt::format("{:.2f}", t.likelihood_ratio),
                 t.df_nominal == t.df_support ? std::to_string(t.df_support)
                                              : fmt::format("{} of {}", t.df_support, t.df_nominal),
                 t.chi_square_holds ? p_text(t.lr_support.p) : "-",
                 drawn(t) ? p_text(drawn(t)->p_likelihood_ratio) : "-", verdict(t)});
    }
    tests.note(
        "LR: likelihood ratio; df: degrees of freedom by the moves that were seen (of those that are possible); p "
        "(draws): of data drawn under the hypothesis, which decides.");
    tests.note("Rejected: p below 0.01; doubtful: below 0.05. Not rejected is no proof: few people reject little.");
    out += tests.text(color);
    TextTable means(fmt::format("What it means for the answer: {} within {}",
                                (a.asked.target ? "reach of " + a.asked.target->text() : std::string("moving upward")) +
                                    (a.asked.from ? " from " + rungs::detail::quoted(a.asked.from->name())
                                                  : std::string(", of everybody")),
                                years_text(a.within_years)),
                    {"what is tested", "the data say", level + " interval", "the model says", "difference",
                     level + " interval of it"});
    bool not_followed = false, unknown = false;
    for (const Tested& tested : a.tests) {
      const AssumptionTest& t = tested.test;
      if (!t.consequence || t.consequence->found.empty()) continue;
      const Consequence& c = *t.consequence;
      for (std::size_t k = 0; k < c.found.size(); ++k) {  // of several groups or periods each by itself
        const ReachFound& f = c.found[k];
        const ReachDifference& d = c.differences[k];
        not_followed = not_followed || std::isnan(f.share);
        unknown = unknown || (!std::isnan(f.share) && std::isnan(d.standard_error));
        const std::string by = f.by.substr(0, f.by.find_last_not_of(',') + 1);
        means.row({c.found.size() == 1 ? t.hypothesis : t.hypothesis + ": " + by, four(f.share),
                   interval_words(reach_interval(f, a.level)),
                   four(std::isnan(d.implied) ? c.implied.share : d.implied), four(d.value),
                   interval_words(reach_interval(d, a.level))});
      }
    }
    means.note(
        "Intervals: other people might have been seen (all records of one person together; in a table each move is of "
        "another). By a matrix its probabilities vary, and those who start are taken as they are; the interval is "
        "around the log-odds with one person more in each row. The model's figure has its own uncertainty, which rungs "
        "measure tells.");
    means.note(
        "Difference: what the data say less what the model says of people who start in the same strata. Other people "
        "make both anew, so that its interval is no sum of two; where it holds 0, chance may be all there is. A matrix "
        "given is taken as it is.");
    if (unknown) means.note("An interval -: not known of one person, nor where all reach it, or nobody.");
    if (not_followed) means.note("-: nobody was followed for so long.");
    if (!means.empty()) out += "\n" + means.text(color);
  }
  for (const Tested& tested : a.tests) {
    if (tested.duration && !tested.duration->rates.empty()) {
      TextTable leaving("Who leaves a stratum, by the time spent there",
                        {"steps since entry", "people", "share that leaves", level + " interval"});
      for (const LeavingRate& r : tested.duration->rates)
        leaving.row({std::to_string(r.time) + (&r == &tested.duration->rates.back() ? " or more" : ""),
                     rounded(r.people), r.people > 0 ? fmt::format("{:.4f}", r.left / r.people) : "-",
                     interval_words(interval_of(r, a.level))});
      out += "\n" + leaving.text(color);
    }
    if (tested.several_steps) {
      const ChapmanKolmogorovTest& k = *tested.several_steps;
      TextTable still(fmt::format("Who never moves in {} steps", k.steps.steps()),
                      {"", "the data say", "the chain says"});
      still.row({"never moved", four(k.never_moved), four(k.never_moved_expected)});
      still.row({"in the same stratum at the end", four(k.in_place), four(k.in_place_expected)});
      out += "\n" + still.text(color);
    }
  }
  if (!a.models.empty()) {
    TextTable models(a.layers.size() > 1 ? "Models of the tables of " + rungs::detail::listed(a.layers)
                                         : std::string("Models of the table"),
                     {"model", "deviance", "df", "p", "BIC", "dissimilarity"});
    for (const Fitted& f : a.models) {
      if (!f.fit) {
        models.row({f.model, "not fitted", "", "", "", ""});
        models.note(f.model + ": " + f.reason);
        continue;
      }
      const TableFit& t = *f.fit;
      models.row({f.model, fmt::format("{:.3f}", t.deviance), std::to_string(t.df), p_text(t.p_value),
                  fmt::format("{:.1f}", t.bic), fmt::format("{:.2f} %", 100 * t.dissimilarity)});
    }
    models.note("BIC: below 0 the model is to be preferred to the table itself, and the lowest to the others.");
    if (a.layers.size() > 1)
      models.note(
          "Symmetry and marginal homogeneity are of each table by itself, the others have one association for all "
          "tables unless their name says otherwise.");
    models.note("Parameters with their standard errors are in --format json.");
    out += (out.empty() ? "" : "\n") + models.text(color);
  }
  if (!a.margins.empty()) {
    TextTable margins("Are origins and destinations distributed alike?", {"test", "statistic", "df", "p"});
    for (const MarginTest& m : a.margins)
      margins.row({m.name, std::isnan(m.statistic) ? "-" : fmt::format("{:.3f}", m.statistic), std::to_string(m.df),
                   p_text(m.p_value)});
    out += "\n" + margins.text(color);
  }
  if (!a.mobility.empty()) {
    TextTable parts("How much of the mobility had to be",
                    {"part", "people", "share", "standard error", level + " interval"});
    for (const MobilityPart& m : a.mobility)
      parts.row({m.name, rounded(m.people), four(m.share), four(m.standard_error), interval_words({m.lower, m.upper})});
    for (const MobilityPart& m : a.mobility) parts.note(m.name + ": " + m.definition + ".");
    parts.note(
        "Margins that are alike differ in every sample, so what had to be is found too high on average; the intervals "
        "of "
        "structural, exchange, boudon and yasuda allow for it, the standard errors do not.");
    if (std::any_of(a.mobility.begin(), a.mobility.end(), [](const MobilityPart& m) { return std::isnan(m.share); }))
      parts.note("-: not known, since what the share would be of is nobody.");
    out += "\n" + parts.text(color);
  }
  return out;
}

// --- surveys ---------------------------------------------------------------------------------------

/// What is tested of people drawn in clusters or with weights that repeat the drawing.
struct SurveyAnswer {
  Head head{};
  Ladder ladder;
  Step step;
  Survey survey;
  std::vector<SurveyTest> tests{};
  std::optional<SurveyMemory> memory{};
  Level level{};
};

/// Whether it is of what a chain forgets, whose size for the answer is told with it.
bool is_memory(const SurveyTest& t) {
  return t.name == "order 1 against 2" || t.name == "leaving by time in the stratum";
}

bool nothing_to_test(const SurveyTest& t) { return std::isnan(t.p) && !(t.pearson > 1e-9) && t.rows_left_out == 0; }

/// People by the stratum that they leave, in a matrix of people by move.
Vector leaving(const Matrix& people) { return people.rowwise().sum(); }

void refuse_beside_survey(const TestCommand& command) {
  const std::pair<bool, const char*> asked[] = {{!command.fit.empty(), "--fit"}, {!command.blocks.empty(), "--block"}};
  for (const auto& [given, name] : asked)
    if (given)
      throw UsageError(std::string("found ") + name +
                       " with a survey; expected none: of people drawn in clusters it is tested whether moves are the "
                       "same in all periods and groups and whether people remember where they came from, how long they "
                       "have stayed and who they are, and no more");
}

SurveyAnswer survey_tests(const TestCommand& command) {
  refuse_beside_survey(command);
  DataOptions options = command.data;
  options.histories = options.pool_groups = false;
  options.group.clear();
  options.asked = [&command](const Ladder& ladder, Step step) { return asked_of(command, ladder, step); };
  const Input file(options.source.path, options.source.encoding);
  const Data all = load(options, &file);
  SurveyAnswer out{{.command = "test", .inputs = all.inputs, .warnings = all.warnings},
                   all.ensemble.ladder(),
                   all.ensemble.step(),
                   *all.survey,
                   {},
                   all.memory,
                   command.common.interval_level()};
  const auto elsewhere = [](const Diagnostic& d) {  // by a test below; or of intervals that are not here
    return d.code == "W-COVERAGE" || d.code == "W-NONSTATIONARY" || d.code == "W-MARKOV-REJECTED" ||
           d.code == "W-DURATION" || d.code == "W-STAYERS";
  };
  std::erase_if(out.head.warnings, elsewhere);
  const auto tell = [&out](Diagnostic d) {
    if (std::none_of(out.head.warnings.begin(), out.head.warnings.end(),
                     [&d](const Diagnostic& known) { return known.text() == d.text(); }))
      out.head.warnings.push_back(std::move(d));
  };
  options.source.by_period = true;
  std::optional<Refusal> no_periods;
  try {
    const Data periods = load(options, &file);
    std::vector<Vector> people;
    for (const Matrix& moves : periods.people) people.push_back(leaving(moves));
    if (people.size() > 1) out.tests.push_back(test_homogeneity_over_time(periods.survey->estimate, people));
  } catch (const Refusal& e) {  // which says nothing against the others
    if (e.code() != "E-PERIOD-MISSING") throw;
    no_periods = e;
    tell(warning("W-UNTESTED", "it is not tested whether moves are the same in every period: " + e.message()));
  }
  if (!command.data.group.empty()) {
    options.group = command.data.group;
    options.source.by_period = false;
    options.asked = {};
    const Data groups = load(options, &file);
    for (const Diagnostic& d : groups.warnings)
      if (!elsewhere(d)) tell(d);
    std::vector<Vector> people;
    for (const Data& group : groups.groups) people.push_back(leaving(group.people.front()));
    if (people.size() > 1) out.tests.push_back(test_homogeneity_of_groups(groups.joined->estimate, people));
  }
  if (out.memory) {
    out.tests.push_back(out.memory->order);
    out.tests.push_back(out.memory->duration.test);
  } else {
    tell(warning("W-UNTESTED",
                 "it is not tested whether people remember where they came from and how long they have stayed: that "
                 "needs clusters, not replicate weights, and no more than 1000 moves by past, present and next stratum "
                 "and 5 million records"));
  }
  if (std::all_of(out.tests.begin(), out.tests.end(),
                  [](const SurveyTest& t) { return is_memory(t) && nothing_to_test(t); })) {
    if (no_periods) throw Refusal(*no_periods);
    throw Refusal("E-LAYERS",
                  "found one period and no two groups; expected several periods, or groups of people (--group): of a "
                  "survey it is tested whether they move alike, and whether people remember");
  }
  for (const SurveyTest& t : out.tests)
    if (auto told = warning_of(t); told && (told->code == "W-UNTESTED" || !is_memory(t))) tell(std::move(*told));
  if (out.memory)
    for (Diagnostic& d : out.memory->warnings(out.ladder)) tell(std::move(d));
  return out;
}

std::string verdict(const SurveyTest& t) {
  if (nothing_to_test(t)) return "nothing to test";
  return std::isnan(t.p) ? "not known"  // clusters are few, or alike
         : t.p < 0.01    ? "rejected"
         : t.p < 0.05    ? "doubtful"
                         : "not rejected";
}

std::string as_json(const SurveyAnswer& a) {
  Json out = json_of(a.head);
  out["design"] = cli::json_of(a.survey);
  out["survey_tests"] = Json::array();
  for (const SurveyTest& t : a.tests)
    out["survey_tests"].push_back({{"name", t.name},
                                   {"hypothesis", t.hypothesis},
                                   {"X2", json_of(t.pearson)},
                                   {"df", json_of(t.df)},
                                   {"design_effect", json_of(t.design_effect)},
                                   {"F", json_of(t.f)},
                                   {"df_numerator", json_of(t.df_numerator)},
                                   {"df_denominator", json_of(t.df_denominator)},
                                   {"p", json_of(t.p)},
                                   {"rows_left_out", t.rows_left_out},
                                   {"verdict", verdict(t)}});
  if (!a.memory) return text(out);
  const auto share = [&a](const char* what, Span steps, const SurveyShare& of) {
    const Interval i = cli::interval_of(of, a.level);
    return Json{{"what", what},
                {"steps", steps.steps()},
                {"years", json_of(static_cast<double>(steps.steps()) * a.step.years())},
                {"seen", json_of(of.seen)},
                {"by_chain", json_of(of.by_chain)},
                {"difference", json_of(of.difference())},
                {"standard_error", json_of(of.standard_error)},
                {"lower", json_of(i.lower)},
                {"upper", json_of(i.upper)},
                {"level", a.level.value()},
                {"starts", json_of(of.starts)},
                {"people", json_of(of.people)}};
  };
  out["survey_shares"] = {share("reached", a.memory->asked.within, a.memory->reach),
                          share("never moved", a.memory->steps, a.memory->never_moved)};
  const AskedReach& asked = a.memory->asked;
  out["survey_shares"][0]["from"] = asked.from ? Json(asked.from->name()) : Json(nullptr);
  out["survey_shares"][0]["target"] = asked.target ? Json(a.ladder.name_of(*asked.target)) : Json("upward");
  return text(out);
}

std::string as_csv(const SurveyAnswer& a) {
  std::string out = csv_line(
      {"test", "X2", "df", "design_effect", "F", "df_numerator", "df_denominator", "p", "verdict", "rows_left_out"});
  for (const SurveyTest& t : a.tests)
    out += csv_line({t.name, csv_number(t.pearson), csv_number(t.df), csv_number(t.design_effect), csv_number(t.f),
                     csv_number(t.df_numerator), csv_number(t.df_denominator), csv_number(t.p), verdict(t),
                     std::to_string(t.rows_left_out)});
  return out;
}

std::string as_table(const SurveyAnswer& a, bool color) {
  const auto number = [](double x) { return std::isnan(x) ? std::string("-") : fmt::format("{:.2f}", x); };
  TextTable tests("May we believe the model?", {"what is tested", "F", "df", "p", "verdict", "X2", "design effect"});
  for (const SurveyTest& t : a.tests)
    tests.row({t.hypothesis, number(t.f), number(t.df_numerator) + " and " + number(t.df_denominator), p_text(t.p),
               verdict(t), t.df > 0 ? number(t.pearson) + fmt::format(" (df {:g})", t.df) : std::string("-"),
               number(t.design_effect)});
  tests.note("F: Pearson's X2 over its mean under the hypothesis, by the design (Rao and Scott, second order).");
  for (const SurveyTest& t : a.tests)
    if (t.rows_left_out > 0)
      tests.note(fmt::format("'{}': {} left out, with people of fewer than 10 clusters (or replicates).", t.hypothesis,
                             t.rows_left_out == 1 ? "1 row is" : fmt::format("{} rows are", t.rows_left_out)));
  tests.note("The design: " + a.survey.words() + ".");
  tests.note("Rejected: p below 0.01; doubtful: below 0.05. Not rejected is no proof: few clusters reject little.");
  if (!a.memory) return tests.text(color);
  const AskedReach& asked = a.memory->asked;
  TextTable shares("What the data say and what the chain says",
                   {"share of people", "within", "in the data", "by the chain",
                    fmt::format("difference ({:g} %)", 100 * a.level.value()), "people", "starts"});
  const auto row = [&](const std::string& what, Span steps, const SurveyShare& of) {
    const auto points = [](double x) { return fmt::format("{:+.1f}", 100 * x); };
    const Interval i = cli::interval_of(of, a.level);
    shares.row(
        {what, fmt::format("{} {}", steps.steps(), steps.steps() == 1 ? "step" : "steps"),
         std::isnan(of.seen) ? "-" : rungs::detail::percent(of.seen),
         std::isnan(of.seen) ? "-" : rungs::detail::percent(of.by_chain),
         std::isnan(of.seen)
             ? "nobody was followed so long"
             : points(of.difference()) + " points" +
                   (std::isnan(i.lower) ? std::string() : " (" + points(i.lower) + " to " + points(i.upper) + ")"),
         rounded(of.people), rounded(of.starts)});
  };
  row((asked.target ? "who reach " + a.ladder.name_of(*asked.target) : std::string("who get higher up")) +
          (asked.from ? " from " + rungs::detail::quoted(asked.from->name()) : std::string(" from anywhere")),
      asked.within, a.memory->reach);
  row("who never move", a.memory->steps, a.memory->never_moved);
  shares.note(
      "Interval of the difference: what varies is who was drawn, by the design; the chain is fitted anew to them. "
      "The two shares have none of their own.");
  return tests.text(color) + "\n" + shares.text(color);
}

}  // namespace

void run_test(TestCommand& command) {
  const CommonOptions& common = command.common;
  check_common(common);
  using Kind = io::ScenarioData::Kind;
  if (command.data.given && command.data.source.kind == Kind::matrix)
    throw UsageError("found --matrix; expected --panel or --table: a matrix holds no people to test it with");
  if (command.data.source.gap == "skip" || command.data.source.gap == "em")
    throw UsageError("found --gap " + command.data.source.gap +
                     "; expected drop or refuse: the tests count people seen in every step");
  if (command.data.source.unleft.empty()) command.data.source.unleft = "absorbing";  // tests fit no such row
  command.data.histories = true;
  command.data.one_matrix = command.data.source.kind == io::ScenarioData::Kind::table;
  command.data.pool_groups = true;  // the other tests are of everybody
  std::vector<std::string> files = input_names(command.data);
  for (const std::string& name : {command.fit, command.levels})
    if (!name.empty()) files.push_back(name);
  if (!command.levels.empty() && !command.data.one_matrix)
    throw UsageError("found --levels without --table; expected a table, of whose cells they are");
  const Output output(common, files);
  if (command.data.source.survey.given()) {
    const SurveyAnswer a = survey_tests(command);
    const std::string answer = common.format == Format::json  ? as_json(a)
                               : common.format == Format::csv ? as_csv(a)
                                                              : as_table(a, colored_stdout(common));
    print_warnings(a.head.warnings, common);
    output.write(answer);
    return;
  }
  command.data.coverage = false;  // the tests tell no interval of a chain's reach
  const Data data = load(command.data);
  TestAnswer a{.head = {.command = "test", .inputs = data.inputs, .warnings = data.warnings},
               .ladder = data.ensemble.ladder(),
               .asked = AskedReach{},
               .level = common.interval_level()};
  a.asked = asked_of(command, a.ladder, data.ensemble.step());
  a.within_years = static_cast<double>(a.asked.within.steps()) * data.ensemble.step().years();
  if (const WeightKind kind = data.tally ? data.tally->weight_kind() : WeightKind::none;
      kind == WeightKind::sampling || kind == WeightKind::precision)
    a.head.warnings.push_back(warning(
        "W-WEIGHT-UNUSED",
        "these tests and what the data and the model say are of the people as they were observed, without their "
        "weights, by which 'rungs measure' may answer another question; --cluster with the column of the id tests "
        "with weights"));
  const Seed seed = resolve_seed(common, a.head.warnings);
  a.head.seed = seed;
  const AssumptionOptions options{.bootstrap = NullDraws{common.number_of_draws(), seed}, .asked = a.asked};
  test_all(a, command, data, options, {common.number_of_draws(), seed, a.level});
  for (const Tested& t : a.tests)
    for (const Warning& w : t.test.warnings) a.head.warnings.push_back(warning(w));
  const std::string answer = common.format == Format::json  ? as_json(a)
                             : common.format == Format::csv ? as_csv(a)
                                                            : as_table(a, colored_stdout(common));
  print_warnings(a.head.warnings, common);
  output.write(answer);
}

}  // namespace rungs::cli
