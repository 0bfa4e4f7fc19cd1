// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include "association.hpp"

#include <rungs/estimate/coverage.hpp>
#include <rungs/io/csv.hpp>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "input.hpp"
#include "survey.hpp"

namespace rungs::cli {

const AssociationWords& words_by_rung() {
  static const AssociationWords words{
      .x = "origin",
      .y = "destination",
      .apart_x = "pairs on different rungs at the start",
      .apart_y = "pairs on different rungs at the end",
      .classes = "rungs)), with the fewer of the rungs that hold people at the start and at the end",
      .ranks = "the ranks at the start and at the end, the mean rank for people on one rung",
      .values = "the rungs at the start and at the end, counted 1, 2 and so on",
      .question = "Do origin and destination go together, by rung?",
      .margins = "how many start on each rung and how many end there"};
  return words;
}

std::vector<NamedMeasure> measures_of(const Association& a, const AssociationWords& words) {
  const std::string difference = "(concordant - discordant) / ";
  return {{"tau_b", difference + "root of (" + words.apart_x + " x " + words.apart_y + ")", &a.tau_b},
          {"tau_c", "2 (concordant - discordant) / (people^2 (1 - 1 / " + words.classes, &a.tau_c},
          {"gamma", difference + "(concordant + discordant)", &a.gamma},
          {"somers_" + words.y + "_given_" + words.x, difference + words.apart_x, &a.somers_y_given_x},
          {"somers_" + words.x + "_given_" + words.y, difference + words.apart_y, &a.somers_x_given_y},
          {"spearman", "correlation of " + words.ranks, &a.spearman},
          {"pearson", "correlation of " + words.values, &a.pearson}};
}

Json json_of(const Association& a, const AttainableAssociation& attainable, const AssociationWords& words) {
  Json out{{"people", json_of(a.people)},
           {"pairs",
            {{"concordant", json_of(a.concordant)},
             {"discordant", json_of(a.discordant)},
             {"tied_" + words.x, json_of(a.tied_x)},
             {"tied_" + words.y, json_of(a.tied_y)},
             {"tied_both", json_of(a.tied_both)}}},
           {"null_variance", json_of(a.null_variance)},
           {"p_null", json_of(a.null.p)},
           {"level", json_of(a.level)}};
  const auto measures = measures_of(a, words), least = measures_of(attainable.least, words),
             greatest = measures_of(attainable.greatest, words);
  for (std::size_t k = 0; k < measures.size(); ++k) {
    const AssociationMeasure* const m = measures[k].measure;
    out[measures[k].name] = {
        {"definition", measures[k].definition},      {"value", json_of(m->value)},
        {"lower", json_of(m->interval.lower)},       {"upper", json_of(m->interval.upper)},
        {"least", json_of(least[k].measure->value)}, {"greatest", json_of(greatest[k].measure->value)},
        {"standard_error", json_of(m->ase1)},        {"standard_error_if_none", json_of(m->ase0)},
        {"statistic", json_of(m->zero.statistic)},   {"p", json_of(m->zero.p)},
        {"log10_p", json_of(m->zero.log10_p)}};
  }
  return out;
}

namespace {

std::string p_of_none(double p) { return std::isnan(p) ? "-" : p < 1e-4 ? "< 0.0001" : fmt::format("{:.4f}", p); }

}  // namespace

TextTable table_of(const Association& a, const AttainableAssociation& attainable, const AssociationWords& words) {
  TextTable out(words.question, {"measure", "value", level_text(a.level), "p (none)", "possible"});
  const auto measures = measures_of(a, words), least = measures_of(attainable.least, words),
             greatest = measures_of(attainable.greatest, words);
  for (std::size_t k = 0; k < measures.size(); ++k)
    if (const AssociationMeasure* const m = measures[k].measure; !std::isnan(m->value))
      out.row(
          {measures[k].name, fmt::format("{:.4f}", m->value),
           std::isnan(m->interval.lower) ? "-" : fmt::format("{:.4f} to {:.4f}", m->interval.lower, m->interval.upper),
           p_of_none(m->zero.p), fmt::format("{:.4f} to {:.4f}", least[k].measure->value, greatest[k].measure->value)});
  out.note("Each from -1 to 1. Other people might have been seen (" + words.drawn + "): that is what varied.");
  out.note("tau_b respects ties, gamma leaves tied pairs out, Somers' d leaves out pairs tied on what is given.");
  out.note("Possible: from least to greatest, given " + words.margins + ".");
  return out;
}

// --- any two variables

void setup_association(CLI::App& verb, AssociationQuestion& question) {
  question.verb = &verb;
  CLI::Option* association =
      verb.add_option("--association", question.path,
                      "CSV, Stata or SPSS file of any two variables, of which nothing but their association is told: a "
                      "record for each person, or a table of counts")
          ->type_name("FILE")
          ->group("Data");
  const auto add = [&](const char* name, std::string& text, const char* type, const char* help) {
    verb.add_option(name, text, help)->type_name(type)->needs(association)->group("Association");
  };
  add("--x", question.x, "COLUMN[: LOW < HIGH]", "column of the first variable; of labels, their order too");
  add("--y", question.y, "COLUMN[: LOW < HIGH]", "column of the second");
  add("--rows", question.rows, "LOW < HIGH", "of a table of counts: the order of what stands in the first column");
  add("--columns", question.columns, "LOW < HIGH", "of a table of counts: the order of what stands in the first line");
  verb.get_option("--count")->remove_needs(verb.get_option("--table"));
  for (const char* of_people : {"--missing", "--survey-strata", "--cluster"})
    verb.get_option(of_people)->remove_needs(verb.get_option("--panel"));
}

void refuse_others(const CLI::App& verb, const std::string& option, const std::vector<std::string>& own,
                   const std::string& why) {
  for (const CLI::Option* given : verb.get_options()) {
    const std::string group = given->get_group(), name = given->get_name();
    if (given->count() > 0 && group != "Results" && group != "Running" && name != option &&
        std::find(own.begin(), own.end(), name) == own.end())
      throw UsageError("found " + name + " with " + option + "; expected none: " + why);
  }
}

namespace {

/// The column of sampling weights; empty where none is named, or weights of another kind.
std::string weight_column(const io::ScenarioData& source) {
  constexpr std::string_view kind = ":sampling";
  const std::string& text = source.weight;
  return text.size() > kind.size() && text.compare(text.size() - kind.size(), kind.size(), kind) == 0
             ? text.substr(0, text.size() - kind.size())
             : std::string();
}

/// Whether people were drawn otherwise than each alone and with the same chance.
bool is_survey(const io::ScenarioData& source) { return !source.weight.empty() || source.survey.given(); }

void check_question(const AssociationQuestion& question, const io::ScenarioData& source) {
  refuse_others(*question.verb, "--association",
                {"--x", "--y", "--rows", "--columns", "--count", "--missing", "--encoding", "--weight",
                 "--survey-strata", "--cluster", "--nest", "--lonely"},
                "any two variables are no moves, and nothing but their association is told");
  const bool of_table = !question.rows.empty() || !question.columns.empty();
  if (of_table && !(question.x.empty() && question.y.empty()))
    throw UsageError(
        "found --x or --y with --rows or --columns; expected --x and --y of a file of people, or --rows and --columns "
        "of a table of counts");
  if (of_table ? question.rows.empty() || question.columns.empty() : question.x.empty() || question.y.empty())
    throw UsageError(
        "found --association without its two variables; expected --x and --y of a file of people, or --rows and "
        "--columns of a table of counts");
  const io::PersonColumns& drawn = source.survey.columns;
  const char* const of_people = !source.count.empty()     ? "--count"
                                : !source.missing.empty() ? "--missing"
                                : !source.weight.empty()  ? "--weight"
                                : !drawn.part.empty()     ? "--survey-strata"
                                : !drawn.cluster.empty()  ? "--cluster"
                                                          : nullptr;
  if (of_table && of_people != nullptr)
    throw UsageError(std::string("found ") + of_people +
                     " with --rows; expected --x and --y: a table of counts has no columns of them");
  if (!source.count.empty() && is_survey(source))
    throw UsageError(std::string("found --count with ") +
                     (!source.weight.empty() ? "--weight"
                      : drawn.part.empty()   ? "--cluster"
                                             : "--survey-strata") +
                     "; expected a record for each person of a survey");
  if (!source.weight.empty() && weight_column(source).empty())
    throw UsageError("found --weight " + rungs::detail::quoted(source.weight) +
                     " with --association; expected COLUMN:sampling: numbers of people alike are a --count");
}

/// The order of labels, of which there are at least two that differ.
Ladder order_of(const char* option, std::string_view text) {
  return of_option(option, [&] {
    Ladder out = Ladder::parse(text);
    if (out.size() > out.strata())
      throw Refusal("E-LADDER", "found '|'; expected values from low to high, separated by '<'");
    if (out.height(out.strata() - 1) == 0)
      throw Refusal("E-LADDER",
                    "found nothing that is above another; expected values from low to high, separated by "
                    "'<'");
    return out;
  });
}

io::VariableColumn variable_of(const char* option, std::string_view text) {
  const std::size_t colon = text.find(':');
  io::VariableColumn out{.name = std::string(rungs::detail::trimmed(text.substr(0, colon)))};
  if (out.name.empty())
    throw UsageError(std::string("found ") + option + " " + rungs::detail::quoted(text) +
                     "; expected COLUMN, or COLUMN: LOW < HIGH");
  if (colon != std::string_view::npos) out.values = order_of(option, text.substr(colon + 1));
  return out;
}

/// How many people have each value of a variable.
struct Margin {
  struct Class {
    std::vector<std::string> labels;
    double people;
    double share;  ///< of the population that a survey is of
  };
  std::string name;
  std::size_t values;            ///< those that people have
  std::vector<Class> classes{};  ///< from low to high, where values are labels
};

Margin margin_of(const io::VariableColumn& variable, const std::vector<double>& values,
                 const std::vector<double>& people, const std::vector<double>& weights) {
  std::map<double, double> of_value, weight;
  double total = 0;
  for (std::size_t k = 0; k < values.size(); ++k) {
    const double w = people[k] * (weights.empty() ? 1.0 : weights[k]);
    if (!(w > 0)) continue;
    of_value[values[k]] += people[k];
    weight[values[k]] += w;
    total += w;
  }
  Margin out{.name = variable.name, .values = of_value.size()};
  for (std::size_t i = 0; variable.values && i < variable.values->strata(); ++i) {
    const int height = variable.values->height(i);
    if (static_cast<std::size_t>(height) == out.classes.size())
      out.classes.push_back({{}, of_value[height + 1], weight[height + 1] / total});
    out.classes.back().labels.push_back(variable.values->name(i));
  }
  return out;
}

struct AssociationAnswer {
  Margin x, y;
  std::optional<Ledger> ledger{};  ///< of records; a table has none
  Association found{};
  AttainableAssociation attainable{};
  AssociationWords words{};
  std::optional<Clusters> clusters{};  ///< of a survey
  std::string lonely{};
};

AssociationWords words_of(const Margin& x, const Margin& y) {
  const std::string both = x.name + " and of " + y.name;
  const auto counted = [](const Margin& m) { return m.classes.empty() ? "" : " (labels counted 1, 2 and so on)"; };
  return {.x = "x",
          .y = "y",
          .apart_x = "pairs that differ in " + x.name,
          .apart_y = "pairs that differ in " + y.name,
          .classes = "values)), with the fewer of the values that people have of " + both,
          .ranks = "the ranks of " + both + ", the mean rank for people with one value",
          .values = "the values of " + x.name + counted(x) + " and of " + y.name + counted(y),
          .question = "Do " + x.name + " (x) and " + y.name + " (y) go together?",
          .margins = "how many have each value of " + both};
}

AssociationAnswer answer_of(const AssociationQuestion& question, const io::ScenarioData& source, const Input& input,
                            Level level, std::vector<Diagnostic>& warnings) {
  io::PairFile file;
  io::PairColumns variables{.count = source.count,
                            .missing = source.missing,
                            .encoding = source.encoding,
                            .weight = weight_column(source),
                            .person = source.survey.columns};
  const bool of_table = !question.rows.empty();
  if (of_table) {
    variables.x = {"rows", order_of("--rows", question.rows)};
    variables.y = {"columns", order_of("--columns", question.columns)};
  } else {
    variables.x = variable_of("--x", question.x);
    variables.y = variable_of("--y", question.y);
  }
  input.read([&](const std::string& path) {
    file = of_table ? io::read_cross_table(path, *variables.x.values, *variables.y.values, source.encoding)
                    : io::read_pairs(path, variables);
  });
  for (const Diagnostic& d : file.warnings) warnings.push_back(input.named(d));
  const AssociationOptions options{.level = level, .x = variables.x.name, .y = variables.y.name};
  const std::vector<double>& parts = file.weights.empty() ? file.people : file.weights;
  AssociationAnswer out{margin_of(variables.x, file.x, file.people, file.weights),
                        margin_of(variables.y, file.y, file.people, file.weights)};
  if (!of_table) out.ledger = file.ledger;
  out.words = words_of(out.x, out.y);
  if (is_survey(source)) {
    out.clusters = clusters_of(file.person, parts.size());
    out.lonely = source.survey.lonely;
    out.words.drawn = file.person.cluster.empty() ? "each drawn alone" : out.clusters->words();
    out.words.margins = "how much of the population has each value of " + out.x.name + " and of " + out.y.name;
    out.found = association(file.x, file.y, parts, design_of(file.person, parts.size(), source), options);
  } else {
    out.found = association(file.x, file.y, file.people, options);
  }
  for (const Margin* of : {&out.x, &out.y})
    if (of->values < 2)
      throw Refusal("E-OBSERVATIONS", "found the same value of " + rungs::detail::quoted(of->name) + " for all " +
                                          rounded(out.found.people) +
                                          " people; expected at least two values: nothing can go together with one");
  out.attainable = out.clusters ? attainable_association_by_weight(file.x, file.y, parts, options)
                                : attainable_association(file.x, file.y, file.people, options);
  for (const std::vector<Warning>& more :
       {out.found.warnings, !file.person.cluster.empty()
                                ? association_design_coverage_warnings(out.found.degrees_of_freedom)
                                : association_coverage_warnings(out.found.people)})
    for (const Warning& w : more) warnings.push_back(warning(w));
  return out;
}

Json json_of_margin(const Margin& margin, bool of_survey) {
  Json out{{"name", margin.name}, {"values", margin.values}, {"margin", nullptr}};
  for (const Margin::Class& one : margin.classes)
    out["margin"].push_back({{"labels", one.labels}, {"people", json_of(one.people)}});
  for (std::size_t k = 0; of_survey && k < margin.classes.size(); ++k)
    out["margin"][k]["share"] = json_of(margin.classes[k].share);
  return out;
}

std::string association_as_json(const Head& head, const AssociationAnswer& a) {
  Json out = json_of(head);
  out["method"] = "association";
  if (a.ledger)
    out["ledger"] = {{"records_read", a.ledger->records_read},
                     {"records_used", a.ledger->records_used},
                     {"dropped", Json(a.ledger->dropped)}};
  const bool of_survey = a.clusters.has_value();
  if (of_survey) out["design"] = json_of(*a.clusters, a.lonely, a.found.degrees_of_freedom);
  Json of{{"x", json_of_margin(a.x, of_survey)}, {"y", json_of_margin(a.y, of_survey)}};
  of.update(json_of(a.found, a.attainable, a.words));
  of["z_null"] = json_of(a.found.null.statistic);
  of["p_null_continuity"] = json_of(a.found.null_continuity.p);
  of["p_exact"] = json_of(a.found.exact.p);
  of["varied"] = Varied{.parameters = true}.names();
  out["association"] = std::move(of);
  return text(out);
}

std::string association_as_csv(const AssociationAnswer& a) {
  std::string out = csv_line({"result", "value", "lower", "upper", "level", "least", "greatest", "standard_error",
                              "standard_error_if_none", "statistic", "p", "varied"});
  const auto measures = measures_of(a.found, a.words), least = measures_of(a.attainable.least, a.words),
             greatest = measures_of(a.attainable.greatest, a.words);
  for (std::size_t k = 0; k < measures.size(); ++k) {
    const AssociationMeasure& m = *measures[k].measure;
    out += csv_line({measures[k].name, csv_number(m.value), csv_number(m.interval.lower), csv_number(m.interval.upper),
                     csv_number(a.found.level), csv_number(least[k].measure->value),
                     csv_number(greatest[k].measure->value), csv_number(m.ase1), csv_number(m.ase0),
                     csv_number(m.zero.statistic), csv_number(m.zero.p), "parameters"});
  }
  const auto test = [&](const char* name, const Significance& s) {
    if (!std::isnan(s.p))
      out += csv_line({name, "", "", "", "", "", "", "", "", csv_number(s.statistic), csv_number(s.p), ""});
  };
  test("null", a.found.null);
  test("null_continuity", a.found.null_continuity);
  test("exact", a.found.exact);
  for (const auto& [name, count] : {std::pair("people", a.found.people),
                                    {"concordant", a.found.concordant},
                                    {"discordant", a.found.discordant},
                                    {"tied_x", a.found.tied_x},
                                    {"tied_y", a.found.tied_y},
                                    {"tied_both", a.found.tied_both}})
    out += csv_line({name, csv_number(count), "", "", "", "", "", "", "", "", "", ""});
  return out;
}

std::string pairs_of_population(const Association& of, bool color) {
  TextTable out("Of all pairs of the population", {"pairs", "share"});
  for (const auto& [name, share] : {std::pair("concordant", of.concordant),
                                    {"discordant", of.discordant},
                                    {"tied on x", of.tied_x},
                                    {"tied on y", of.tied_y},
                                    {"of these on both", of.tied_both}})
    out.row({name, fmt::format("{:.1f} %", 100 * share)});
  out.note("Concordant: one of the two is higher on both; discordant: higher on one and lower on the other.");
  out.note("These shares, and those of the population below, are estimates too, and have no interval.");
  return "\n" + out.text(color);
}

std::string association_as_table(const CommonOptions& common, const AssociationAnswer& a) {
  const bool color = colored_stdout(common);
  const Association& of = a.found;
  std::string out = table_of(of, a.attainable, a.words).text(color);
  const bool of_survey = a.clusters.has_value();
  if (of_survey) out += pairs_of_population(of, color);
  TextTable none("Is there none at all, if every order of one beside the other is as likely?", {"test", "z", "p"});
  none.row({"of the pairs", rounded(of.null.statistic), p_of_none(of.null.p)});
  none.row({"with continuity correction", rounded(of.null_continuity.statistic), p_of_none(of.null_continuity.p)});
  if (!std::isnan(of.exact.p)) none.row({"exact", "-", p_of_none(of.exact.p)});
  none.note(fmt::format("Pairs of people: {} concordant, {} discordant; {} tied on x, {} on y, {} of these on both.",
                        rounded(of.concordant), rounded(of.discordant), rounded(of.tied_x), rounded(of.tied_y),
                        rounded(of.tied_both)));
  if (!of_survey) out += "\n" + none.text(color);
  std::vector<std::string> heads{"variable", "value", "people"};
  if (of_survey) heads.emplace_back("share of the population");
  TextTable people("People: " + rounded(of.people), heads);
  for (const Margin* m : {&a.x, &a.y}) {
    const auto row = [&](const std::string& value, double count, double share) {
      std::vector<std::string> cells{m->name, value, rounded(count)};
      if (of_survey) cells.push_back(m->classes.empty() ? "-" : fmt::format("{:.1f} %", 100 * share));
      people.row(cells);
    };
    for (const Margin::Class& one : m->classes)
      row(fmt::format("{}", fmt::join(one.labels, ", ")), one.people, one.share);
    if (m->classes.empty()) row(fmt::format("numbers, {} of them", m->values), of.people, 1);
  }
  if (a.ledger) {
    std::vector<std::string> why;
    for (const auto& [reason, n] : a.ledger->dropped) why.push_back(fmt::format("{} ({})", n, reason));
    people.note(fmt::format("Records: {} read, {} used{}.", a.ledger->records_read, a.ledger->records_used,
                            why.empty() ? "" : fmt::format("; left out {}", fmt::join(why, ", "))));
  }
  return out + "\n" + people.text(color);
}

}  // namespace

void run_association(const AssociationQuestion& question, const io::ScenarioData& source, const CommonOptions& common) {
  check_question(question, source);
  const Output output(common, {question.path});
  const Input input(question.path, source.encoding);
  std::vector<Diagnostic> warnings;
  const AssociationAnswer answer = answer_of(question, source, input, common.interval_level(), warnings);
  const Head head{.command = "measure", .inputs = {input.file()}, .warnings = warnings};
  const std::string text = common.format == Format::json  ? association_as_json(head, answer)
                           : common.format == Format::csv ? association_as_csv(answer)
                                                          : association_as_table(common, answer);
  print_warnings(warnings, common);
  output.write(text);
}

}  // namespace rungs::cli
