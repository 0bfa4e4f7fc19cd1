// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include "data.hpp"

#include <rungs/data/mobility_table.hpp>
#include <rungs/estimate/coverage.hpp>
#include <rungs/estimate/dirichlet.hpp>
#include <rungs/estimate/homogeneity.hpp>
#include <rungs/estimate/panel_checks.hpp>
#include <rungs/estimate/proportions.hpp>
#include <rungs/serialize/saved_model.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>
#include <limits>
#include <string_view>
#include <utility>

#include "input.hpp"
#include "recode.hpp"

namespace rungs::cli {

namespace {

using io::ScenarioData;

std::string in_quotes(std::string_view text) { return rungs::detail::quoted(text); }

bool ends_in(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

std::optional<double> number(std::string_view text) {
  double x = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), x);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return x;
}

struct Method {
  bool dirichlet = false;
  double prior = 0;
};

std::optional<Method> method_of(std::string_view text) {
  constexpr std::string_view dirichlet = "dirichlet:";
  if (text == "proportions") return Method{};
  if (text.substr(0, dirichlet.size()) != dirichlet) return std::nullopt;
  const auto prior = number(text.substr(dirichlet.size()));
  if (!prior) return std::nullopt;
  return Method{true, *prior};
}

struct WeightColumn {
  std::string column{};
  WeightKind kind = WeightKind::none;
};

std::optional<WeightColumn> weight_of(const std::string& text) {
  if (text.empty()) return WeightColumn{};
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0) return std::nullopt;
  const std::string kind = text.substr(colon + 1);
  if (kind == "frequency") return WeightColumn{text.substr(0, colon), WeightKind::frequency};
  if (kind == "sampling") return WeightColumn{text.substr(0, colon), WeightKind::sampling};
  if (kind == "precision") return WeightColumn{text.substr(0, colon), WeightKind::precision};
  return std::nullopt;
}

constexpr const char* method_words = "expected proportions, or dirichlet:PRIOR with a number above 0";
constexpr const char* weight_words = "expected COLUMN:KIND with the kind frequency, sampling or precision";

Gap gap_of(const std::string& text) {
  return text == "refuse" ? Gap::refuse : text == "skip" ? Gap::skip : text == "em" ? Gap::em : Gap::drop;
}

Unleft unleft_of(const std::string& text, Unleft unstated) {
  if (text == "absorbing") return Unleft::absorbing;
  if (text == "prior") return Unleft::prior;
  if (text == "refuse") return Unleft::refuse;
  return unstated;
}

/// An error in what a scenario says of its data, at its place where that is known.
[[noreturn]] void refuse(const Location& where, std::string code, std::string found, std::string expected) {
  throw InputError({{Diagnostic::Severity::error, std::move(code), where, std::move(found), std::move(expected), {}}});
}

void add(std::vector<Diagnostic>& all, const std::vector<Warning>& more) {
  for (const Warning& w : more) all.push_back(warning(w));
}

}  // namespace

Matrix people_of(const Counts& counts) {
  const auto n = static_cast<Eigen::Index>(counts.size());
  Matrix out(n, n);
  for (Eigen::Index i = 0; i < n; ++i)
    for (Eigen::Index j = 0; j < n; ++j)
      out(i, j) = counts.people(static_cast<std::size_t>(i), static_cast<std::size_t>(j));
  return out;
}

namespace {

Data estimated(Tally tally, const Method& method, const std::string& unleft, std::vector<Diagnostic> warnings,
               std::vector<InputFile> inputs) {
  add(warnings, tally.warnings());
  const DirichletRows dirichlet{method.prior, unleft_of(unleft, Unleft::prior)};
  Data out{.ensemble = method.dirichlet ? estimate(tally, dirichlet)
                                        : estimate(tally, Proportions{unleft_of(unleft, Unleft::unstated)})};
  add(warnings, row_warnings(tally));
  if (method.dirichlet) add(warnings, prior_warnings(tally, dirichlet));
  add(warnings, method.dirichlet ? coverage_warnings(tally, dirichlet) : coverage_warnings(tally));
  if (tally.by_period().empty()) out.people.push_back(people_of(tally.pooled()));
  for (const auto& [period, counts] : tally.by_period()) out.people.push_back(people_of(counts));
  out.people_observed = tally.people();
  out.tally = std::move(tally);
  out.warnings = std::move(warnings);
  out.inputs = std::move(inputs);
  return out;
}

/// Whether one matrix is fitted to periods that differ, by two statistics that are both rough where people are few.
std::vector<Warning> warnings_of_periods(const Panel& panel, TallyOptions options) {
  options.by_period = true;
  const Tally by_period = tally(panel, options);
  if (by_period.by_period().size() < 2) return {};
  const AssumptionTest t = test_homogeneity_over_time(by_period);
  std::vector<Warning> out;
  for (const Warning& w : t.warnings)
    if (w.code == "W-NONSTATIONARY" && t.pearson_support.p < 0.01) out.push_back(w);
  return out;
}

Data from_panel(const ScenarioData& source, const Ladder& ladder, const Method& method, bool with_histories) {
  io::PanelColumns columns{
      .id = source.id, .time = source.time, .state = source.state, .missing = source.missing, .group = source.group};
  const auto weight = weight_of(source.weight);
  if (!weight) refuse(source.where, "E-COL-ROLE", "found the weight " + in_quotes(source.weight), weight_words);
  columns.weight = weight->column;
  columns.weight_kind = weight->kind;
  const Input input(source.path);
  std::vector<InputFile> inputs{input.file()};
  if (!source.recode.empty()) {
    const Input recode(source.recode);
    recode.read([&](const std::string& path) { columns.recode = read_recode(path, ladder.of_each_group()); });
    inputs.push_back(recode.file());
  }
  std::optional<Data> out;
  input.read([&](const std::string& path) {
    const io::PanelFile file = io::read_panel(path, columns, ladder);
    std::vector<Diagnostic> warnings;
    for (const Diagnostic& d : file.warnings) warnings.push_back(input.named(d));
    const TallyOptions options{
        .step = Step(source.step, source.step_years), .gap = gap_of(source.gap), .by_period = source.by_period};
    Tally counted = tally(file.panel, options);
    Ledger& ledger = counted.ledger();
    for (const auto& [reason, records] : file.dropped) ledger.dropped[reason] += records;
    ledger.records_read = file.records_read;
    ledger.check();
    out = estimated(std::move(counted), method, source.unleft, std::move(warnings), inputs);
    add(out->warnings, panel_warnings(file.panel, options.step));
    if (!source.by_period) add(out->warnings, warnings_of_periods(file.panel, options));
    if (with_histories) out->histories = histories(file.panel, options);
    std::int64_t first = std::numeric_limits<std::int64_t>::max(), last = std::numeric_limits<std::int64_t>::min();
    for (const Panel::Run& run : file.panel.runs()) {
      first = std::min<std::int64_t>(first, run.start);
      last = std::max(last, run.start + static_cast<std::int64_t>(run.end - run.begin - 1) * file.panel.stride());
    }
    out->observed_years = static_cast<double>(last - first) / static_cast<double>(source.step) * source.step_years;
  });
  return std::move(*out);
}

Data from_table(const ScenarioData& source, const Ladder& ladder, const Method& method) {
  const Input input(source.path);
  std::optional<Data> out;
  input.read([&](const std::string& path) {
    const io::TableFile file = io::read_table(path, ladder,
                                              {.period = source.period,
                                               .origin = source.origin,
                                               .destination = source.destination,
                                               .count = source.count,
                                               .group = source.group});
    std::vector<Diagnostic> warnings;
    for (const Diagnostic& d : file.warnings) warnings.push_back(input.named(d));
    out = estimated(tally(ladder, file.cells, Step(source.step, source.step_years), !source.pool), method,
                    source.unleft, std::move(warnings), {input.file()});
  });
  return std::move(*out);
}

/// A step of a matrix in units of the period: its years, where they are whole, so that periods are calendar years.
std::int64_t units_of(double step_years) {
  return step_years >= 1 && step_years == std::floor(step_years) ? static_cast<std::int64_t>(step_years) : 1;
}

Data from_matrix(const ScenarioData& source, const Ladder& ladder, io::RowSums row_sums) {
  Vector people = Vector::Constant(static_cast<Eigen::Index>(ladder.size()), std::numeric_limits<double>::quiet_NaN());
  for (const auto& [stratum, heads] : source.people_behind)
    people[static_cast<Eigen::Index>(ladder[stratum].index())] = heads;
  const Input input(source.path);
  std::vector<Diagnostic> warnings;
  const TransitionMatrix p =
      matrix_in(input, ladder, Step(units_of(source.step_years), source.step_years), row_sums, warnings);
  Data out{.ensemble = assumed(p, people)};
  out.warnings = std::move(warnings);
  out.inputs = {input.file()};
  return out;
}

Data from_model(const std::string& name) {
  const Input input(name);
  std::optional<Data> out;
  input.read([&](const std::string& path) {
    SavedModel saved = rungs::load(path);
    out = Data{.ensemble = std::move(saved.ensemble),
               .people = std::move(saved.people),
               .people_observed = saved.people_observed};
    for (const SavedInput& origin : saved.inputs) out->estimated_from.push_back({origin.name, origin.sha256});
    add(out->warnings, saved.warnings);
  });
  out->inputs = {input.file()};
  return std::move(*out);
}

}  // namespace

TransitionMatrix matrix_in(const Input& input, const Ladder& ladder, Step step, io::RowSums row_sums,
                           std::vector<Diagnostic>& warnings) {
  std::optional<TransitionMatrix> out;
  input.read([&](const std::string& path) {
    const io::MatrixFile file = io::read_matrix(path, ladder, row_sums);
    const auto n = static_cast<Eigen::Index>(ladder.size());
    Matrix p(n, n);
    for (Eigen::Index k = 0; k < n * n; ++k) p(k / n, k % n) = file.rows[static_cast<std::size_t>(k)];
    out = TransitionMatrix(ladder, std::move(p), step);
    for (const Diagnostic& d : file.warnings) warnings.push_back(input.named(d));
  });
  return std::move(*out);
}

Vector Data::origins(std::size_t matrix) const {
  if (people.empty()) return {};
  if (!tally || tally->weight_kind() == WeightKind::none) return people.at(matrix).rowwise().sum();
  auto counts = tally->by_period().begin();
  if (!tally->by_period().empty()) std::advance(counts, static_cast<std::ptrdiff_t>(matrix));
  const Counts& moves = tally->by_period().empty() ? tally->pooled() : counts->second;
  Vector out(static_cast<Eigen::Index>(moves.size()));
  for (std::size_t i = 0; i < moves.size(); ++i) out[static_cast<Eigen::Index>(i)] = moves.row_weight(i);
  return out;
}

Data load(const ScenarioData& source, const Ladder& ladder, io::RowSums row_sums, bool with_histories) {
  if (source.kind == ScenarioData::Kind::model) return from_model(source.path);
  if (source.kind == ScenarioData::Kind::matrix) return from_matrix(source, ladder, row_sums);
  const auto method = method_of(source.method);
  if (!method) refuse(source.method_where, "E-CFG-RANGE", "found the method " + in_quotes(source.method), method_words);
  return source.kind == ScenarioData::Kind::panel ? from_panel(source, ladder, *method, with_histories)
                                                  : from_table(source, ladder, *method);
}

std::vector<std::string> input_names(const DataOptions& options) {
  std::vector<std::string> out;
  if (ends_in(options.ladder, ".toml")) out.push_back(options.ladder);
  if (options.given) out.push_back(options.source.path);
  if (!options.source.recode.empty()) out.push_back(options.source.recode);
  return out;
}

Data load(const DataOptions& options) {
  if (!options.given)
    throw UsageError("found no data; expected one of --panel, --table, --matrix or --model (see --help)");
  if (options.source.kind == ScenarioData::Kind::model) {
    if (!options.ladder.empty())
      throw UsageError("found --ladder with --model; expected one of them: a saved model has its ladder");
    return from_model(options.source.path);
  }
  if (options.ladder.empty())
    throw Refusal("E-SCHEME-NONE",
                  "found no --ladder; expected the strata from the bottom up, such as --ladder \"labourer < operative "
                  "< craftsman, clerical < manager | left\": their order cannot be guessed");
  std::vector<std::string> names = input_names(options);
  if (std::count(names.begin(), names.end(), "-") > 1)
    throw UsageError("found '-' (standard input) for two files; expected it once");
  ScenarioData source = options.source;
  if (!source.step_years_given) source.step_years = static_cast<double>(source.step);

  std::vector<InputFile> inputs;
  std::optional<Ladder> ladder;
  if (ends_in(options.ladder, ".toml")) {
    const Input input(options.ladder);
    input.read([&](const std::string& path) { ladder = io::read_ladder(path); });
    inputs.push_back(input.file());
  } else {
    ladder = Ladder::parse(options.ladder);
  }
  for (const std::string& text : options.people_behind) {
    const std::size_t equals = text.rfind('=');
    const auto heads = number(std::string_view(text).substr(equals == std::string::npos ? 0 : equals + 1));
    if (!heads || !std::isfinite(*heads))
      throw UsageError("found " + in_quotes(text) + " people behind the matrix; expected a number, or STRATUM=NUMBER");
    if (equals != std::string::npos)
      source.people_behind[(*ladder)[text.substr(0, equals)].name()] = *heads;
    else
      for (std::size_t i = 0; i < ladder->strata(); ++i) source.people_behind.emplace(ladder->name(i), *heads);
  }
  Data out = load(source, *ladder, options.row_sums, options.histories);
  out.inputs.insert(out.inputs.begin(), inputs.begin(), inputs.end());
  return out;
}

// --- options
// -----------------------------------------------------------------------------------------------------------

namespace {

CLI::Option* add_file(CLI::App& verb, const std::string& name, DataOptions& options, ScenarioData::Kind kind,
                      const std::string& help) {
  const std::function<void(const std::string&)> given = [&options, kind, name](const std::string& path) {
    if (options.given)
      throw UsageError("found " + name +
                       " beside another file of data; expected one of --panel, --table, --matrix or --model");
    if (kind == ScenarioData::Kind::panel && (ends_in(path, ".dta") || ends_in(path, ".sav")))
      throw UsageError(
          "reading Stata and SPSS files is not in this release; write the data as CSV, for instance in Stata: export "
          "delimited using FILE.csv");
    options.source.kind = kind;
    options.source.path = path;
    options.given = true;
  };
  return verb.add_option_function<std::string>(name, given, help)->type_name("FILE")->group("Data");
}

}  // namespace

void setup_data(CLI::App& verb, DataOptions& options, SavedModels saved) {
  ScenarioData& source = options.source;
  CLI::Option* panel = add_file(verb, "--panel", options, ScenarioData::Kind::panel,
                                "CSV file with a record for each person and time; - is standard input");
  CLI::Option* table =
      add_file(verb, "--table", options, ScenarioData::Kind::table,
               "CSV file of counts: origin, destination, count; or a square with labels, rows being origins");
  CLI::Option* matrix = add_file(verb, "--matrix", options, ScenarioData::Kind::matrix,
                                 "CSV file of probabilities: a square with labels, rows being origins");
  if (saved == SavedModels::yes)
    add_file(verb, "--model", options, ScenarioData::Kind::model, "model saved by 'rungs estimate -o FILE.rungs'");
  verb.add_option(
          "--ladder", options.ladder,
          "strata from the bottom up: '<' goes up a rung, ',' stays on it, '|' introduces exits; or a file FILE.toml")
      ->type_name("TEXT|FILE.toml")
      ->group("Data");

  verb.add_option("--id", source.id, "column of the person (default: id)")
      ->type_name("COLUMN")
      ->needs(panel)
      ->group("Panel");
  verb.add_option("--time", source.time, "column of the time, a whole number (default: time)")
      ->type_name("COLUMN")
      ->needs(panel)
      ->group("Panel");
  verb.add_option("--state", source.state, "column of the stratum (default: state)")
      ->type_name("COLUMN")
      ->needs(panel)
      ->group("Panel");
  verb.add_option("--weight", source.weight, "column of weights and what they are: frequency, sampling or precision")
      ->type_name("COLUMN:KIND")
      ->needs(panel)
      ->check([](const std::string& text) {
        return weight_of(text) ? std::string() : "found " + in_quotes(text) + "; " + weight_words;
      })
      ->group("Panel");
  verb.add_option("--missing", source.missing,
                  "code in the column of the stratum that stands for 'not known'; may be repeated")
      ->type_name("CODE")
      ->allow_extra_args(false)
      ->needs(panel)
      ->group("Panel");
  const std::function<void(const std::string&)> gap = [&source](const std::string& text) {
    if (text != "drop" && text != "skip" && text != "em" && text != "refuse")
      throw CLI::ValidationError("--gap", "found " + in_quotes(text) + "; expected drop, skip, em or refuse");
    source.gap = text;
  };
  verb.add_option_function<std::string>(
          "--gap", gap,
          "pairs of records that are not one step apart: not counted (default); those two steps apart used as two "
          "steps; all used as so many steps; or an error")
      ->type_name("drop|skip|em|refuse")
      ->needs(panel)
      ->group("Panel");
  verb.add_option("--recode", source.recode, "CSV file of two columns: code in the data, stratum on the ladder")
      ->type_name("FILE")
      ->needs(panel)
      ->group("Panel");
  verb.add_flag("--by-period", source.by_period, "a matrix for each period that moves start in")
      ->needs(panel)
      ->group("Panel");

  verb.add_option("--period", source.period, "column of the period: a matrix for each (or see --pool)")
      ->type_name("COLUMN")
      ->needs(table)
      ->group("Table");
  verb.add_flag("--pool", source.pool, "add up the periods of a table")->needs(table)->group("Table");
  verb.add_option("--origin", source.origin, "column of the stratum people come from")
      ->type_name("COLUMN")
      ->needs(table)
      ->group("Table");
  verb.add_option("--destination", source.destination, "column of the stratum people go to")
      ->type_name("COLUMN")
      ->needs(table)
      ->group("Table");
  verb.add_option("--count", source.count, "column of the number of people")
      ->type_name("COLUMN")
      ->needs(table)
      ->group("Table");

  verb.add_option("--people-behind", options.people_behind,
                  "people that a matrix may be taken to rest on, so that it has intervals: for every stratum, or for "
                  "one; may be repeated")
      ->type_name("N|STRATUM=N")
      ->allow_extra_args(false)
      ->needs(matrix)
      ->group("Matrix");
  verb.add_flag_callback(
          "--renormalise", [&options] { options.row_sums = io::RowSums::renormalise; },
          "divide each row of a matrix by its sum")
      ->needs(matrix)
      ->group("Matrix");

  CLI::Option* step = add_whole(
                          verb, "--step", [&source](std::int64_t x) { source.step = x; },
                          "one step of the model, in units of the column of time or period (default: 1)")
                          ->group("Model");
  step->excludes(matrix);
  const std::function<void(const double&)> years = [&source](const double& x) {
    source.step_years = x;
    source.step_years_given = true;
  };
  verb.add_option_function<double>("--step-years", years, "length of one step in years (default: that of --step)")
      ->type_name("X")
      ->group("Model");
  CLI::Option* method = verb.add_option("--method", source.method,
                                        "how probabilities are estimated: proportions (default), or dirichlet:PRIOR")
                            ->type_name("proportions|dirichlet:PRIOR")
                            ->check([](const std::string& text) {
                              return method_of(text) ? std::string() : "found " + in_quotes(text) + "; " + method_words;
                            })
                            ->group("Model");
  CLI::Option* unleft = add_choice(
                            verb, "--unleft", {"absorbing", "prior", "refuse"},
                            [&source](std::size_t k) {
                              source.unleft = k == 0 ? "absorbing" : k == 1 ? "prior" : "refuse";
                            },
                            "a stratum without an observed move: nobody leaves it, only the prior speaks, or an error; "
                            "there is no default without a prior")
                            ->group("Model");
  method->excludes(matrix);
  unleft->excludes(matrix);

  add_later(verb, "--wide", "give a long panel, with a record for each person and time, to --panel");
  add_later(verb, "--spells", "give a long panel, with a record for each person and time, to --panel");
  add_later(verb, "--group", "estimate each group from a file of its own");
}

}  // namespace rungs::cli
