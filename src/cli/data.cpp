// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include "data.hpp"

#include <rungs/data/mobility_table.hpp>
#include <rungs/estimate/bootstrap.hpp>
#include <rungs/estimate/coverage.hpp>
#include <rungs/estimate/dirichlet.hpp>
#include <rungs/estimate/homogeneity.hpp>
#include <rungs/estimate/memory.hpp>
#include <rungs/estimate/panel_checks.hpp>
#include <rungs/estimate/proportions.hpp>
#include <rungs/serialize/saved_model.hpp>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>
#include <limits>
#include <map>
#include <numeric>
#include <span>
#include <string_view>
#include <utility>

#include "hidden_groups.hpp"
#include "input.hpp"
#include "models.hpp"
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
  std::optional<PoolingDraws> pooling{};
  bool one_matrix = false;  // whether periods that are told apart have one all the same
  bool coverage = true;     // whether W-COVERAGE is told of the rows
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

/// The weight of a panel, or of a table, which may be a kind alone: that of its counts.
std::optional<WeightColumn> weight_of(const std::string& text, ScenarioData::Kind of) {
  if (text.empty()) return WeightColumn{};
  const std::size_t colon = text.rfind(':');
  const bool alone = of == ScenarioData::Kind::table && colon == std::string::npos;
  if (!alone && (colon == std::string::npos || colon == 0)) return std::nullopt;
  const std::string kind = alone ? text : text.substr(colon + 1), column = alone ? "" : text.substr(0, colon);
  if (kind == "frequency" && (alone || of != ScenarioData::Kind::table))
    return WeightColumn{column, WeightKind::frequency};
  if (kind == "sampling") return WeightColumn{column, WeightKind::sampling};
  if (kind == "precision") return WeightColumn{column, WeightKind::precision};
  return std::nullopt;
}

constexpr const char* method_words = "expected proportions, or dirichlet:PRIOR with a number above 0";
constexpr const char* weight_words = "expected COLUMN:KIND with the kind frequency, sampling or precision";
constexpr const char* table_weight_words =
    "expected what the counts of the table are, frequency, sampling or precision; or COLUMN:sampling or "
    "COLUMN:precision, the column of sums of weights beside the people";

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

void leave_out(std::vector<Diagnostic>& all, std::string_view code) {
  std::erase_if(all, [code](const Diagnostic& d) { return d.code == code; });
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

RowsUsed rows_followed(const Tally& tally, const Followed& people) {
  return rows_used(tally, people.from, people.at,
                   Span(static_cast<std::int64_t>(std::ceil(people.years / tally.step().years() - 1e-9))));
}

namespace {

/// The moves of all periods, not told apart.
Tally of_all_periods(const Tally& tally) {
  const Counts& moves = tally.pooled();
  Tally out(tally.ladder(), tally.step(), tally.weight_kind());
  for (std::size_t i = 0; i < moves.size(); ++i)
    for (std::size_t j = 0; j < moves.size(); ++j)
      out.add(i, j, moves.people(i, j), moves.weight(i, j), moves.weight_squares(i, j), std::nullopt);
  return out;
}

/// Periods drawn towards each other.
Data pooled_periods(Tally tally, const PoolingDraws& pooling) {
  const PooledPeriods periods{pooling.draws, pooling.seed, pooling.level};
  PartialPooling rows = periods.pool(tally);
  Data out{.ensemble = periods.fit(tally, rows), .common = std::move(rows.common)};
  for (const auto& [period, counts] : tally.by_period()) out.people.push_back(people_of(counts));
  out.people_observed = tally.people();
  add(out.warnings, row_warnings(of_all_periods(tally)));  // what all together do not tell, pooling does not
  out.tally = std::move(tally);
  return out;
}

bool has_weights(WeightKind kind) { return kind == WeightKind::sampling || kind == WeightKind::precision; }

constexpr const char* all_weights_zero =
    "found weights of 0 of all who were seen to move or stay; expected some above 0";

/// Refuses weights that are all 0 in a period that has a matrix of its own.
void check_weights_of_periods(const Tally& tally) {
  if (!has_weights(tally.weight_kind()) || !tally.across_gaps().empty()) return;
  for (const auto& [period, counts] : tally.by_period()) {
    double people = 0, weight = 0;
    for (std::size_t i = 0; i < counts.size(); ++i) {
      people += counts.row_people(i);
      weight += counts.row_weight(i);
    }
    if (people > 0 && !(weight > 0))
      throw Refusal("E-WEIGHT-ALLZERO", fmt::format("period {}: {} in every period", period, all_weights_zero));
  }
}

std::vector<Warning> row_coverage(const Tally& tally, const std::optional<DirichletRows>& prior, const RowsUsed& used) {
  return prior ? coverage_warnings(tally, *prior, used) : coverage_warnings(tally, used);
}

/// The model of some moves, with what is worth saying of its rows; that of a survey, where there is one.
Data estimated(Tally tally, const Method& method, const std::string& unleft, std::optional<Survey> survey = {},
               const std::optional<Followed>& people = {}, bool alone = false) {
  if (method.pooling) return pooled_periods(std::move(tally), *method.pooling);
  const DirichletRows dirichlet{method.prior, unleft_of(unleft, Unleft::prior)};
  if (method.one_matrix && !tally.by_period().empty()) {
    Tally all = of_all_periods(tally);
    all.set_people(tally.people());
    Data out = estimated(std::move(all), method, unleft, std::move(survey), people, alone);
    out.tally = std::move(tally);
    return out;
  }
  check_weights_of_periods(tally);
  Data out{.ensemble = survey             ? survey->estimate.ensemble
                       : method.dirichlet ? estimate(tally, dirichlet)
                                          : estimate(tally, Proportions{unleft_of(unleft, Unleft::unstated)})};
  if (alone || weights_alone(tally)) {  // nothing is known of how many people there are
    out.people_known = false;
    out.ensemble =
        Ensemble(out.ensemble.point(), Known{},
                 "proportions of weights alone: nothing is known of their error, and bounds are no interval");
    out.tally = std::move(tally);
    return out;
  }
  const RowsUsed used = people ? rows_followed(tally, *people) : RowsUsed{};
  add(out.warnings, row_warnings(tally, used));
  if (method.dirichlet) out.prior = dirichlet;
  if (method.dirichlet) add(out.warnings, prior_warnings(tally, dirichlet, used));
  if (method.coverage) add(out.warnings, row_coverage(tally, out.prior, used));
  out.by_row = true;
  if (survey) add(out.warnings, design_coverage_warnings(survey->estimate.degrees_of_freedom));
  out.survey = std::move(survey);
  if (tally.by_period().empty()) out.people.push_back(people_of(tally.pooled()));
  for (const auto& [period, counts] : tally.by_period()) out.people.push_back(people_of(counts));
  out.people_observed = tally.people();
  out.tally = std::move(tally);
  return out;
}

/// A test of an assumption, whose size is told for the reach that is asked; where none is, or nobody was followed for
/// so long, for the share upward.
AssumptionTest sized(const std::optional<AskedReach>& asked,
                     const std::function<AssumptionTest(const AssumptionOptions&)>& test) {
  if (asked) {
    AssumptionTest out = test({.asked = asked});
    if (out.consequence && std::any_of(out.consequence->found.begin(), out.consequence->found.end(),
                                       [](const ReachFound& f) { return !std::isnan(f.share); }))
      return out;
  }
  return test({.asked = AskedReach{.within = Span(3), .example = true}});
}

std::optional<AskedReach> answered(const ReachQuestion& asked, const Ladder& ladder, Step step) {
  return asked ? asked(ladder, step) : std::nullopt;
}

/// Whether one matrix is fitted to periods that differ, by two statistics that are both rough where people are few;
/// where people count by weights, so do they in the test.
std::vector<Diagnostic> warnings_of_periods(const Tally& by_period, const ReachQuestion& asked) {
  if (by_period.by_period().size() < 2) return {};
  const AssumptionTest t = sized(answered(asked, by_period.ladder(), by_period.step()),
                                 [&](const AssumptionOptions& o) { return test_homogeneity_over_time(by_period, o); });
  std::vector<Diagnostic> out;
  for (const Warning& w : t.warnings)
    if (w.code == "W-NONSTATIONARY" && t.pearson_support.p < 0.01) out.push_back(warning(w));
  return out;
}

/// Whether people remember what a chain forgets: where they came from, how long they have stayed, who they are. The
/// first two by two statistics that are both rough where people are few, as with the periods.
std::vector<Diagnostic> warnings_of_memory(const Panel& panel, const TallyOptions& options,
                                           const ReachQuestion& question) {
  std::vector<Diagnostic> out;
  const auto tell = [&out](const AssumptionTest& t, std::string_view code, bool sure) {
    for (const Warning& w : t.warnings)
      if (w.code == code && sure) out.push_back(warning(w));
  };
  try {
    const Histories h = histories(panel, options);
    const std::optional<AskedReach> asked = answered(question, h.ladder(), h.step());
    const AssumptionTest order = sized(asked, [&](const AssumptionOptions& o) { return test_order(h, o); });
    tell(order, "W-MARKOV-REJECTED", order.pearson_support.p < 0.01);
    const AssumptionTest duration = sized(asked, [&](const AssumptionOptions& o) {
      return test_duration(h, Span(5), TimeInStratum::from_observed_entry, o).test;
    });
    tell(duration, "W-DURATION", duration.pearson_support.p < 0.01);
    const AssumptionTest several =
        sized(asked, [&](const AssumptionOptions& o) { return test_chapman_kolmogorov(h, Span(3), o).test; });
    tell(several, "W-STAYERS", true);
  } catch (const DomainError&) {  // weights that change on the way, more strata than are tested
  }
  return out;
}

/// How people were drawn, where that is known or weights say that it was each alone: then tests go by it.
std::optional<SurveyDesign> design_known(const io::PanelFile& file, const ScenarioData& source) {
  if (!source.survey.given()) {
    if (has_weights(file.panel.weight_kind())) return SurveyDesign{};
    return std::nullopt;
  }
  if (!source.survey.columns.replicates.empty()) return std::nullopt;
  return design_of(file.person, file.panel.people(), source);
}

/// Whether there is not one move or stay to learn from.
bool nothing_seen(const Tally& tally) {
  return tally.pooled() == Counts(tally.ladder().size()) && tally.across_gaps().empty();
}

/// Refuses weights that are all 0, of everybody or of one group: nobody would count, and all would seem to stay.
void check_weights(const Tally& tally) {
  const Ladder& ladder = tally.ladder();
  const std::size_t groups = std::max<std::size_t>(1, ladder.groups().size());
  std::vector<double> people(groups), weight(groups);
  const auto add = [&](const Counts& counts) {
    for (std::size_t i = 0; i < ladder.size(); ++i) {
      const std::size_t g = ladder.groups().empty() ? 0 : ladder.group(i);
      people[g] += counts.row_people(i);
      weight[g] += counts.row_weight(i);
    }
  };
  add(tally.pooled());
  for (const auto& [gap, counts] : tally.across_gaps()) add(counts);
  const auto all_zero = [&](double heads, double weights) { return heads > 0 && !(weights > 0); };
  if (all_zero(std::accumulate(people.begin(), people.end(), 0.0), std::accumulate(weight.begin(), weight.end(), 0.0)))
    throw Refusal("E-WEIGHT-ALLZERO", all_weights_zero);
  for (std::size_t g = 0; g < groups; ++g)
    if (all_zero(people[g], weight[g]))
      throw Refusal("E-WEIGHT-ALLZERO",
                    fmt::format("group {}: {} in every group", in_quotes(ladder.groups()[g]), all_weights_zero));
}

Read read_panel(const ScenarioData& source, const Input& input, const Ladder& ladder, const PanelUse& use) {
  io::PanelColumns columns{
      .id = source.id, .time = source.time, .state = source.state, .missing = source.missing, .group = source.group};
  columns.encoding = source.encoding;
  columns.layout = source.layout;
  columns.person = source.survey.columns;
  columns.times = source.times;
  columns.covariates = use.covariates;
  columns.covariates_may_miss = use.covariates_may_miss;
  if (source.layout == io::PanelLayout::wide && !source.state_given) columns.state.clear();
  if (source.layout == io::PanelLayout::spells) {
    columns.spells = {.begin = source.begin,
                      .end = source.end,
                      .end_is = source.ends.value(),
                      .open = source.open,
                      .since = source.since,
                      .until = source.until,
                      .every = source.step,
                      .grid = source.grid};
  }
  const auto weight = weight_of(source.weight, source.kind);
  if (!weight) refuse(source.where, "E-COL-ROLE", "found the weight " + in_quotes(source.weight), weight_words);
  columns.weight = weight->column;
  columns.weight_kind = weight->kind;
  std::vector<InputFile> inputs{input.file()};
  if (!source.recode.empty()) {
    const Input recode(source.recode);
    recode.read([&](const std::string& path) { columns.recode = read_recode(path, ladder.of_each_group()); });
    inputs.push_back(recode.file());
  }
  const TallyOptions options{.step = Step(source.step, source.step_years),
                             .gap = gap_of(source.gap),
                             .by_period = source.by_period,
                             .step_stated = source.step_given};
  columns.moves = options;
  std::optional<Read> out;
  input.read([&](const std::string& path) {
    io::PanelFile file = io::read_panel(path, columns, ladder);
    check_unit_of_time(file.warnings, source);
    out = Read{.tally = tally(file.panel, options), .inputs = inputs};
    if (nothing_seen(out->tally))
      refuse({path, 0, 0}, "E-ROW-EMPTY",
             fmt::format("found {} records of {} people and nobody who was seen at two times one step ({}) apart",
                         file.panel.strata().size(), file.panel.people(), source.step),
             "expected some: nothing tells of moves");
    for (const Diagnostic& d : file.warnings) out->warnings.push_back(input.named(d));
    Ledger& ledger = out->tally.ledger();
    for (const auto& [reason, records] : file.dropped) ledger.dropped[reason] += records;
    ledger.records_read = file.records_read;
    ledger.check();
    if (source.layout == io::PanelLayout::spells) {
      file.spells.check();
      out->spells = file.spells;
    }
    add(out->warnings, panel_warnings(file.panel, options.step));
    if (use.also) use.also(file, options, *out);
    const std::optional<SurveyDesign> design = design_known(file, source);
    if (use.histories) {
      out->histories = histories(file.panel, options);
    } else if (design || !source.survey.given()) {
      const std::optional<AskedReach> asked = answered(use.asked, ladder, options.step);
      std::vector<Diagnostic> periods;
      if (!design) {
        TallyOptions by_period = options;
        by_period.by_period = true;
        periods = warnings_of_periods(tally(file.panel, by_period), use.asked);
      } else if (const auto test = survey_test_over_time(file.panel, *design, options); test && test->p < 0.01) {
        periods.push_back(*warning_of(*test));
      }
      const bool differ = !periods.empty();
      if (!source.by_period)
        for (Diagnostic& d : periods) out->warnings.push_back(std::move(d));
      const auto is = [&](std::string_view method) { return source.method.rfind(method, 0) == 0; };
      if (design) out->memory = survey_memory(file.panel, *design, options.step, asked);
      // There it is the model; and periods that differ, each with a matrix of its own, would seem to be memory.
      if (!is("mover-stayer") && !is("mixture") && !is("second-order") && !(source.by_period && differ)) {
        if (out->memory)
          for (Diagnostic& d : out->memory->warnings(ladder)) out->warnings.push_back(std::move(d));
        if (!design)
          for (Diagnostic& d : warnings_of_memory(file.panel, options, use.asked))
            out->warnings.push_back(std::move(d));
      }
    }
    if (use.groups_alike && design) out->groups_alike = survey_test_of_groups(file.panel, *design, options);
    const bool frequency = file.panel.weight_kind() == WeightKind::frequency;
    if (frequency) out->ids = file.panel.people();
    std::vector<double> people(ladder.groups().size());
    std::int64_t first = std::numeric_limits<std::int64_t>::max(), last = std::numeric_limits<std::int64_t>::min();
    const Panel::Run* before = nullptr;
    for (const Panel::Run& run : file.panel.runs()) {
      first = std::min<std::int64_t>(first, run.start);
      last = std::max(last, run.start + static_cast<std::int64_t>(run.end - run.begin - 1) * file.panel.stride());
      if (!ladder.groups().empty() && (before == nullptr || before->person != run.person))
        people[ladder.group(file.panel.strata()[run.begin])] += frequency ? file.panel.weight(run.begin) : 1;
      before = &run;
    }
    for (const double heads : people) out->people_of_group.push_back(static_cast<std::uint64_t>(std::llround(heads)));
    if (!file.panel.runs().empty()) out->observed = std::pair(first, last);
    out->observed_years = static_cast<double>(last - first) / static_cast<double>(source.step) * source.step_years;
    if (source.survey.given())
      out->sample = SurveySample{std::move(file.panel), std::move(file.person), options};
    else if (use.panel)
      out->panel = std::move(file.panel);
  });
  return std::move(*out);
}

Read read_table(const ScenarioData& source, const Input& input, const Ladder& ladder, const ReachQuestion& asked) {
  const auto weight = weight_of(source.weight, source.kind);
  if (!weight) refuse(source.where, "E-COL-ROLE", "found the weight " + in_quotes(source.weight), table_weight_words);
  if (weight->column.empty() && !source.weight_squares.empty())
    refuse(source.where, "E-COL-ROLE", "found squares of weights without a column of weights", "both");
  std::optional<Read> out;
  input.read([&](const std::string& path) {
    const io::TableFile file = io::read_table(path, ladder,
                                              {.period = source.period,
                                               .origin = source.origin,
                                               .destination = source.destination,
                                               .count = source.count,
                                               .group = source.group,
                                               .weight_kind = weight->kind,
                                               .weight = weight->column,
                                               .weight_squares = source.weight_squares,
                                               .encoding = source.encoding});
    check_unit_of_time(file.warnings, source);
    out = Read{.tally = tally(ladder, file.cells, Step(source.step, source.step_years), !source.pool, weight->kind),
               .inputs = {input.file()}};
    if (nothing_seen(out->tally))
      refuse({path, 0, 0}, "E-ROW-EMPTY", "found a table with nobody in any cell",
             "expected people who moved or stayed");
    for (const Diagnostic& d : file.warnings) out->warnings.push_back(input.named(d));
    if (source.pool && !has_weights(weight->kind))
      for (Diagnostic& d : warnings_of_periods(tally(ladder, file.cells, out->tally.step(), true, weight->kind), asked))
        out->warnings.push_back(std::move(d));
    for (const TableCell& cell : file.cells) {
      if (!cell.period) continue;
      const std::int64_t from = cell.period->label(), to = from + source.step;
      if (!out->observed) out->observed = std::pair(from, to);
      out->observed->first = std::min(out->observed->first, from);
      out->observed->second = std::max(out->observed->second, to);
    }
    out->people_of_group.resize(ladder.groups().size());
    for (std::size_t i = 0; i < ladder.size() && !ladder.groups().empty(); ++i)
      out->people_of_group[ladder.group(i)] += static_cast<std::uint64_t>(out->tally.pooled().row_people(i));
  });
  return std::move(*out);
}

Read read_people(const ScenarioData& source, const Input& input, const Ladder& ladder, const PanelUse& use) {
  Read out = source.kind == ScenarioData::Kind::panel ? read_panel(source, input, ladder, use)
                                                      : read_table(source, input, ladder, use.asked);
  if (has_weights(out.tally.weight_kind())) check_weights(out.tally);
  return out;
}

Method stated_method(const ScenarioData& source) {
  const auto method = method_of(source.method);
  if (!method) refuse(source.method_where, "E-CFG-RANGE", "found the method " + in_quotes(source.method), method_words);
  return *method;
}

/// What both of everybody and of each group is told once.
void add_source(Data& out, Read& read) {
  out.inputs = std::move(read.inputs);
  out.spells = std::move(read.spells);
  out.observed_years = read.observed_years;
  out.observed = read.observed;
  out.ids = read.ids;
  out.histories = std::move(read.histories);
  out.groups_alike = std::move(read.groups_alike);
  out.memory = std::move(read.memory);
}

Data of_everybody(Read read, const ScenarioData& source, const Method& method,
                  const std::optional<Followed>& people = {}) {
  std::vector<Diagnostic> warnings = std::move(read.warnings);
  add(warnings, read.tally.warnings());
  std::optional<Survey> survey;
  if (read.sample) survey = survey_of(*read.sample, source, unleft_of(source.unleft, Unleft::unstated));
  Data out = estimated(std::move(read.tally), method, source.unleft, std::move(survey), people);
  if (read.resampled) out.ensemble = std::move(*read.resampled);
  warnings.insert(warnings.end(), out.warnings.begin(), out.warnings.end());
  out.warnings = std::move(warnings);
  add_source(out, read);
  return out;
}

// --- groups of people, whose moves are counted side by side on one ladder

/// The moves of one group, or of all, on the ladder that each group has.
Tally moves_of(const Tally& all, const Ladder& each, std::optional<std::size_t> group) {
  const Ladder& ladder = all.ladder();
  Tally out(each, all.step(), all.weight_kind());
  const auto add = [&](const Counts& counts, const auto& put) {
    for (std::size_t i = 0; i < ladder.size(); ++i)
      for (std::size_t j = 0; j < ladder.size(); ++j)
        if ((!group || ladder.group(i) == *group) && (counts.people(i, j) > 0 || counts.weight(i, j) > 0))
          put(ladder.within_group(i), ladder.within_group(j), counts.people(i, j), counts.weight(i, j),
              counts.weight_squares(i, j));
  };
  const bool by_period = !all.by_period().empty();
  const auto of = [&](std::int64_t period) { return by_period ? std::optional(Period(period)) : std::nullopt; };
  const auto add_moves = [&](const Counts& counts, std::optional<Period> period) {
    add(counts, [&](std::size_t i, std::size_t j, double n, double w, double s) { out.add(i, j, n, w, s, period); });
  };
  if (!by_period) add_moves(all.pooled(), std::nullopt);
  for (const auto& [period, counts] : all.by_period()) add_moves(counts, of(period));
  for (const auto& [gap, counts] : all.across_gaps())
    add(counts, [&, &bridge = gap](std::size_t i, std::size_t j, double n, double w, double s) {
      out.add_across(i, j, bridge.steps, n, w, s, of(bridge.period));
    });
  return out;
}

/// The histories of one group, or of all.
Histories histories_of(const Histories& all, const Ladder& each, std::optional<std::size_t> group) {
  const Ladder& ladder = all.ladder();
  Histories out(each, all.step());
  if (!group) out.warn(all.warnings());
  std::map<std::uint32_t, std::uint32_t> number;  // of a person within the group
  std::vector<std::uint16_t> path;
  for (std::size_t k = 0; k < all.size(); ++k) {
    const std::span<const std::uint16_t> strata = all.strata(k);
    if (group && ladder.group(strata.front()) != *group) continue;
    path.clear();
    for (const std::uint16_t s : strata) path.push_back(static_cast<std::uint16_t>(ladder.within_group(s)));
    const std::uint32_t person =
        number.try_emplace(all.person(k), static_cast<std::uint32_t>(number.size())).first->second;
    out.add(person, Period(all.start(k)), path, all.people(k));
  }
  return out;
}

/// Groups drawn towards each other; together they have no moves but those they have in common.
Data pooled_groups(const Tally& all, const Ladder& each, const std::vector<std::string>& names,
                   const std::vector<std::uint64_t>& people, const PoolingDraws& pooling,
                   std::vector<Ensemble>& models) {
  std::vector<Tally> moves;
  for (std::size_t g = 0; g < names.size(); ++g) moves.push_back(moves_of(all, each, g));
  for (std::size_t g = 0; g < names.size(); ++g)
    if (people[g] == 0 && moves[g].pooled() == Counts(each.size()))
      throw Refusal("E-ROW-EMPTY", "found nobody in the group " + in_quotes(names[g]) +
                                       "; expected people in every group that is named: one without any would be given "
                                       "what the others have in common");
  PartialPooling pooled = partial_pooling(moves, pooling.draws, pooling.seed, pooling.level);
  const auto n = static_cast<Eigen::Index>(each.size());
  Matrix common = Matrix::Identity(n, n);
  for (std::size_t i = 0; i < each.strata(); ++i)
    common.row(static_cast<Eigen::Index>(i)) = pooled.common[i].mean.transpose();
  models = std::move(pooled.groups);
  Data out{.ensemble = Ensemble(Kernel(TransitionMatrix::from_weights(each, std::move(common), all.step())), Known{},
                                models.front().method()),
           .common = std::move(pooled.common)};
  out.people_observed = all.people();
  out.tally = moves_of(all, each, std::nullopt);
  out.tally->set_people(all.people());
  out.tally->ledger() = all.ledger();
  add(out.warnings, row_warnings(*out.tally));
  return out;
}

/// The data of everybody, with those of each group: of the people that were read on a ladder for groups.
Data in_groups(Read read, const Ladder& each, const ScenarioData& source, const Method& method, bool pooled) {
  const std::string& unleft = source.unleft;
  std::optional<Survey> of_all, side_by_side;  // each group is a domain of one sample
  if (read.sample) {
    const Unleft stated = unleft_of(unleft, Unleft::unstated);
    of_all = survey_of(*read.sample, source, stated, each);
    if (!pooled) side_by_side = survey_of(*read.sample, source, stated);
  }
  const std::vector<std::string> names = read.tally.ladder().groups();
  Tally all = moves_of(read.tally, each, std::nullopt);
  all.set_people(read.tally.people());
  all.ledger() = read.tally.ledger();
  std::vector<Ensemble> models;  // of each group, where they are made together
  Data out = method.pooling ? pooled_groups(read.tally, each, names, read.people_of_group, *method.pooling, models)
                            : estimated(std::move(all), method, unleft, std::move(of_all));
  std::vector<Data> groups;
  std::vector<Diagnostic> told;
  const bool alone = weights_alone(read.tally);  // of a group of nobody too
  for (std::size_t g = 0; g < names.size(); ++g) {
    Tally own = moves_of(read.tally, each, g);
    own.set_people(read.people_of_group[g]);
    const std::string of = "group " + in_quotes(names[g]) + ": ";
    try {
      if (models.empty()) {
        if (!pooled && nothing_seen(own))
          throw Refusal("E-ROW-EMPTY",
                        "found nobody who was seen at two times one step apart; expected some in every group");
        std::optional<Survey> survey;
        if (side_by_side) survey = survey_of_group(*side_by_side, *read.sample, g);
        groups.push_back(pooled ? Data{.tally = std::move(own), .ensemble = out.ensemble}
                                : estimated(std::move(own), method, unleft, std::move(survey), {}, alone));
      } else {
        Data group{.ensemble = std::move(models[g])};
        group.people.push_back(people_of(own.pooled()));
        group.people_observed = own.people();
        group.tally = std::move(own);
        groups.push_back(std::move(group));
      }
    } catch (const Refusal& e) {
      throw Refusal(e.code(), of + e.message());
    }
    Data& group = groups.back();
    group.group = names[g];
    group.observed_years = read.observed_years;
    if (read.histories) group.histories = histories_of(*read.histories, each, g);
    for (Diagnostic d : group.warnings) {
      d.found = of + d.found;
      told.push_back(std::move(d));
    }
    group.warnings.clear();
  }
  std::vector<Diagnostic> warnings = std::move(read.warnings);
  add(warnings, read.tally.warnings());
  if (pooled || method.pooling) told = std::move(out.warnings);
  warnings.insert(warnings.end(), told.begin(), told.end());
  out.warnings = std::move(warnings);
  if (read.histories) read.histories = histories_of(*read.histories, each, std::nullopt);
  add_source(out, read);
  if (side_by_side) out.side_by_side = side_by_side->estimate.ensemble;
  out.joined = std::move(side_by_side);
  out.groups = std::move(groups);
  return out;
}

/// "COLUMN", or "COLUMN: one, another".
struct GroupColumn {
  std::string column{};
  std::vector<std::string> names{};
};

GroupColumn group_of(const std::string& text) {
  const std::size_t colon = text.find(':');
  GroupColumn out{std::string(rungs::detail::trimmed(std::string_view(text).substr(0, colon)))};
  if (colon != std::string::npos) out.names = items_of("--group", std::string_view(text).substr(colon + 1));
  return out;
}

std::string fault_of_groups(const std::string& text) {
  const GroupColumn group = group_of(text);
  for (std::size_t g = 0; g < group.names.size(); ++g)
    if (!group.names[g].empty() && std::count(group.names.begin(), group.names.end(), group.names[g]) > 1)
      return "found the group " + in_quotes(group.names[g]) + " twice; expected each once; " + comma_words;
  if (!group.column.empty() &&
      std::none_of(group.names.begin(), group.names.end(), [](const std::string& name) { return name.empty(); }))
    return {};
  return "found " + in_quotes(text) + "; expected COLUMN, or COLUMN: GROUP, GROUP, ...";
}

/// A step of a matrix in units of the period: its years, where they are whole, so that periods are calendar years.
std::int64_t units_of(double step_years) {
  return step_years >= 1 && step_years == std::floor(step_years) ? static_cast<std::int64_t>(step_years) : 1;
}

Data from_matrix(const ScenarioData& source, const Ladder& ladder, io::RowSums row_sums) {
  Vector people = Vector::Constant(static_cast<Eigen::Index>(ladder.size()), std::numeric_limits<double>::quiet_NaN());
  for (const auto& [stratum, heads] : source.people_behind)
    people[static_cast<Eigen::Index>(ladder[stratum].index())] = heads;
  const Input input(source.path, source.encoding);
  std::vector<Diagnostic> warnings;
  const TransitionMatrix p = matrix_in(input, ladder, Step(units_of(source.step_years), source.step_years), row_sums,
                                       warnings, source.encoding);
  Data out{.ensemble = assumed(p, people)};
  out.warnings = std::move(warnings);
  out.inputs = {input.file()};
  return out;
}

/// Of a saved model of which each row is made of its own people, by shares or with a prior, those that the row holds:
/// effective ones, where people had weights.
void add_rows(Data& out) {
  const Ensemble& model = out.ensemble;
  const auto method = method_of(model.method());
  const auto* shares = std::get_if<MultinomialRows>(&model.draws());
  const auto* posterior = std::get_if<DirichletWeights>(&model.draws());
  if (!method || (method->dirichlet ? posterior == nullptr : shares == nullptr)) return;
  const Kernel& point = model.point();
  Tally tally(model.ladder(), model.step());
  DirichletRows dirichlet{method->prior};
  for (std::size_t m = 0; m < point.count(); ++m)
    for (std::size_t i = 0; i < model.ladder().strata(); ++i) {
      const auto row = (method->dirichlet ? posterior->alpha : shares->people)[m].row(static_cast<Eigen::Index>(i));
      const bool seen = row.sum() > 0;
      if (method->dirichlet && !seen) dirichlet.unleft = Unleft::absorbing;
      for (std::size_t j = 0; j < model.ladder().size(); ++j) {
        if (!model.ladder().possible(i, j)) continue;
        const double people = row[static_cast<Eigen::Index>(j)] - (seen ? method->prior : 0);
        if (!(people >= 0)) return;  // made otherwise, whatever its name is
        std::optional<Period> period;
        if (!point.is_constant()) period = model.step().after(point.first(), static_cast<std::int64_t>(m));
        tally.add(i, j, people, people, people, period);
      }
    }
  out.tally = std::move(tally);
  if (method->dirichlet) out.prior = dirichlet;
  out.by_row = true;
}

/// Of a saved model of groups, that of each.
void add_groups(Data& data) {
  const Ladder ladder = data.ensemble.ladder(), each = ladder.of_each_group();
  for (std::size_t g = 0; g < ladder.groups().size(); ++g) {
    Data& group = data.groups.emplace_back(Data{.ensemble = data.ensemble.group(g)});
    group.group = ladder.groups()[g];
    group.estimated_from = data.estimated_from;
    group.observed_years = data.observed_years;
    add_rows(group);
    for (const Matrix& all : data.people) {
      const auto n = static_cast<Eigen::Index>(each.size());
      Matrix& own = group.people.emplace_back(n, n);
      for (Eigen::Index i = 0; i < n; ++i)
        for (Eigen::Index j = 0; j < n; ++j)
          own(i, j) = all(static_cast<Eigen::Index>(ladder.for_group(static_cast<std::size_t>(i), g)),
                          static_cast<Eigen::Index>(ladder.for_group(static_cast<std::size_t>(j), g)));
    }
  }
}

Data from_model(const std::string& name) {
  const Input input(name);
  std::optional<Data> out;
  input.read([&](const std::string& path) {
    SavedModel saved = rungs::load(path);
    out = Data{.ensemble = std::move(saved.ensemble),
               .people = std::move(saved.people),
               .people_observed = saved.people_observed,
               .observed_years = saved.observed_years,
               .observed = saved.observed};
    for (const SavedInput& origin : saved.inputs) out->estimated_from.push_back({origin.name, origin.sha256});
    add(out->warnings, saved.warnings);
  });
  add_rows(*out);
  if (out->by_row) leave_out(out->warnings, "W-COVERAGE");  // of all rows: it is told of those that an answer rests on
  out->inputs = {input.file()};
  return std::move(*out);
}

}  // namespace

Data side_by_side(const Data& data) {
  std::vector<std::string> names;
  std::vector<Ensemble> models;
  for (const Data& group : data.groups) {
    names.push_back(group.group);
    models.push_back(group.ensemble);
  }
  const Ladder ladder = models.front().ladder().for_groups(names);
  Data out{.ensemble = data.side_by_side ? *data.side_by_side : Ensemble::of_groups(ladder, models)};
  const auto n = static_cast<Eigen::Index>(ladder.size());
  out.people.assign(data.groups.front().people.size(), Matrix::Zero(n, n));
  for (std::size_t m = 0; m < out.people.size(); ++m)
    for (Eigen::Index i = 0; i < n; ++i)
      for (Eigen::Index j = 0; j < n; ++j) {
        const auto from = static_cast<std::size_t>(i), to = static_cast<std::size_t>(j);
        if (ladder.group(from) == ladder.group(to))
          out.people[m](i, j) = data.groups[ladder.group(from)].people.at(m)(
              static_cast<Eigen::Index>(ladder.within_group(from)), static_cast<Eigen::Index>(ladder.within_group(to)));
      }
  out.people_observed = data.people_observed;
  return out;
}

std::vector<Diagnostic> coverage_of(const Data& data, const RowsUsed& used) {
  std::vector<Diagnostic> out;
  if (data.by_row) add(out, row_coverage(*data.tally, data.prior, used));
  return out;
}

void keep_to_rows(Data& model, const Followed& people) {
  if (!model.by_row) return;
  const RowsUsed used = rows_followed(*model.tally, people);
  if (model.prior) {
    leave_out(model.warnings, "W-PRIOR");
    add(model.warnings, prior_warnings(*model.tally, *model.prior, used));
  }
  add(model.warnings, row_coverage(*model.tally, model.prior, used));
}

std::vector<Diagnostic> group_warnings(const Data& data) {
  if (!data.people_known) return {};
  if (data.survey || (data.tally && has_weights(data.tally->weight_kind()))) {
    if (data.groups_alike && data.groups_alike->p < 0.01) return {*warning_of(*data.groups_alike)};
    return {};
  }
  std::vector<std::pair<std::string, Tally>> moves;
  for (const Data& group : data.groups) moves.emplace_back(group.group, *group.tally);
  std::vector<Diagnostic> out;
  if (moves.size() < 2) return out;
  for (const Warning& w :
       test_homogeneity_of_groups(moves, {.asked = AskedReach{.within = Span(3), .example = true}}).warnings)
    if (w.code == "W-GROUPS") out.push_back(warning(w));
  return out;
}

TransitionMatrix matrix_in(const Input& input, const Ladder& ladder, Step step, io::RowSums row_sums,
                           std::vector<Diagnostic>& warnings, const std::string& encoding) {
  std::optional<TransitionMatrix> out;
  input.read([&](const std::string& path) {
    const io::MatrixFile file = io::read_matrix(path, ladder, row_sums, encoding);
    const auto n = static_cast<Eigen::Index>(ladder.size());
    Matrix p(n, n);
    for (Eigen::Index k = 0; k < n * n; ++k) p(k / n, k % n) = file.rows[static_cast<std::size_t>(k)];
    out = TransitionMatrix(ladder, std::move(p), step);
    for (const Diagnostic& d : file.warnings) warnings.push_back(input.named(d));
  });
  return std::move(*out);
}

Vector Data::origins(std::size_t matrix) const {
  if (people.empty() && people_known) return {};
  if (!tally || tally->weight_kind() == WeightKind::none) return people.at(matrix).rowwise().sum();
  auto counts = tally->by_period().begin();
  if (!tally->by_period().empty()) std::advance(counts, static_cast<std::ptrdiff_t>(matrix));
  const Counts& moves = tally->by_period().empty() ? tally->pooled() : counts->second;
  Vector out(static_cast<Eigen::Index>(moves.size()));
  for (std::size_t i = 0; i < moves.size(); ++i) out[static_cast<Eigen::Index>(i)] = moves.row_weight(i);
  return out;
}

Data load(const ScenarioData& source, const Ladder& ladder, io::RowSums row_sums,
          const std::optional<Followed>& people) {
  if (source.kind == ScenarioData::Kind::model) return from_model(source.path);
  if (source.kind == ScenarioData::Kind::matrix) return from_matrix(source, ladder, row_sums);
  const Method method = stated_method(source);
  if (const auto fault = fault_of_survey(source))
    refuse(source.where, "E-CFG-RANGE", "found " + fault->first, "expected " + fault->second);
  return of_everybody(read_people(source, Input(source.path, source.encoding), ladder,
                                  {.asked = people ? people->asked : ReachQuestion{}}),
                      source, method, people);
}

namespace {

Method method_asked(const DataOptions& options) {
  Method out = options.pooling      ? Method{.pooling = options.pooling}
               : options.resampling ? Method{}
                                    : stated_method(options.source);
  out.one_matrix = options.one_matrix;
  out.coverage = options.coverage;
  return out;
}

Data load_groups(const DataOptions& options, ScenarioData source, const Ladder& each, const Input& input) {
  const GroupColumn group = group_of(options.group);
  source.group = group.column;
  std::vector<std::string> names = group.names;
  if (names.empty())
    input.read([&](const std::string& path) { names = io::read_groups(path, group.column, source.encoding); });
  return in_groups(
      read_people(source, input, each.for_groups(names),
                  {.histories = options.histories, .groups_alike = options.pool_groups, .asked = options.asked}),
      each, source, method_asked(options), options.pool_groups);
}

}  // namespace

std::vector<std::string> input_names(const DataOptions& options) {
  std::vector<std::string> out;
  if (ends_in(options.ladder, ".toml")) out.push_back(options.ladder);
  if (options.given) out.push_back(options.source.path);
  if (!options.source.recode.empty()) out.push_back(options.source.recode);
  return out;
}

namespace {

[[noreturn]] void refuse_no_ladder() {
  throw Refusal("E-SCHEME-NONE",
                "found no --ladder; expected the strata from the bottom up, such as --ladder \"labourer < operative "
                "< craftsman, clerical < manager | left\": their order cannot be guessed");
}

}  // namespace

Ladder ladder_in(const DataOptions& options, std::vector<InputFile>& inputs) {
  if (options.ladder.empty()) refuse_no_ladder();
  if (!ends_in(options.ladder, ".toml")) {
    try {
      return of_option("--ladder", [&] { return Ladder::parse(options.ladder); });
    } catch (const Refusal& e) {
      if (e.code() != "E-CFG-DUP" || options.ladder.find(',') == std::string::npos) throw;
      throw Refusal(e.code(), e.message() + "; " + comma_words);
    }
  }
  const Input input(options.ladder);
  std::optional<Ladder> ladder;
  input.read([&](const std::string& path) { ladder = io::read_ladder(path); });
  inputs.push_back(input.file());
  return std::move(*ladder);
}

namespace {

void check_weight(const ScenarioData& source) {
  if (source.weight.empty()) return;
  const bool table = source.kind == ScenarioData::Kind::table;
  if (!table && source.kind != ScenarioData::Kind::panel)
    throw UsageError("found --weight without --panel or --table; expected one of them: a matrix has no counts");
  const auto weight = weight_of(source.weight, source.kind);
  if (!weight) throw UsageError("found --weight " + source.weight + "; " + (table ? table_weight_words : weight_words));
  if (weight->column.empty() && !source.weight_squares.empty())
    throw UsageError("found --weight-squares and --weight " + source.weight +
                     "; expected the column of the sums of weights too: --weight COLUMN:" + source.weight);
}

/// What options say of the data, once they were seen to go together.
struct Prepared {
  ScenarioData source;
  Ladder ladder;
  std::vector<InputFile> inputs{};
};

Prepared prepared(const DataOptions& options) {
  if (!options.given)
    throw UsageError("found no data; expected one of --panel, --table, --matrix or --model (see --help)");
  if (options.source.layout == io::PanelLayout::spells && !options.source.ends)
    throw UsageError(
        "found --spells without --ends; expected --ends included where a spell still holds at the time that stands as "
        "its end, or --ends excluded where it is over by then");
  if (const auto fault = fault_of_survey(options.source))
    throw UsageError("found " + fault->first + "; expected " + fault->second);
  check_weight(options.source);
  if (options.ladder.empty()) refuse_no_ladder();
  const std::vector<std::string> names = input_names(options);
  if (std::count(names.begin(), names.end(), "-") > 1)
    throw UsageError("found '-' (standard input) for two files; expected it once");
  ScenarioData source = options.source;
  if (!source.step_years_given) source.step_years = static_cast<double>(source.step);

  std::vector<InputFile> inputs;
  const Ladder ladder = ladder_in(options, inputs);
  for (const std::string& text : options.people_behind) {
    const std::size_t equals = text.rfind('=');
    const auto heads = number(std::string_view(text).substr(equals == std::string::npos ? 0 : equals + 1));
    if (!heads || !std::isfinite(*heads))
      throw UsageError("found " + in_quotes(text) + " people behind the matrix; expected a number, or STRATUM=NUMBER");
    if (equals != std::string::npos)
      source.people_behind[of_option("--people-behind", [&] { return ladder[text.substr(0, equals)]; }).name()] =
          *heads;
    else
      for (std::size_t i = 0; i < ladder.strata(); ++i) source.people_behind.emplace(ladder.name(i), *heads);
  }
  return {std::move(source), ladder, std::move(inputs)};
}

}  // namespace

void check_unit_of_time(const std::vector<Diagnostic>& told, const io::ScenarioData& source) {
  if (source.step_years_given) return;
  for (const Diagnostic& d : told)
    for (const auto& [units, in_a_year] : {std::pair{"weeks", 52}, {"months", 12}, {"quarters", 4}, {"half-years", 2}})
      if (d.code == "W-TIME-FORMAT" && d.found.starts_with(std::string("found ") + units))
        throw InputError({{Diagnostic::Severity::error, "E-STEP", d.where,
                           d.found + fmt::format(" and a step of {} whose length in years is not stated", source.step),
                           "expected --step-years, in scenarios step_years",
                           fmt::format("a year has {} {}: a step of {} is {} years", in_a_year, units, source.step,
                                       rungs::detail::text(static_cast<double>(source.step) / in_a_year))}});
}

Read read_alone(const DataOptions& options, const PanelUse& use) {
  Prepared p = prepared(options);
  const Input input(p.source.path, p.source.encoding);
  if (!options.group.empty()) {
    const GroupColumn group = group_of(options.group);
    p.source.group = group.column;
    std::vector<std::string> names = group.names;
    if (names.empty())
      input.read([&](const std::string& path) { names = io::read_groups(path, group.column, p.source.encoding); });
    p.ladder = p.ladder.for_groups(names);
  }
  Read out = read_people(p.source, input, p.ladder, use);
  out.inputs.insert(out.inputs.begin(), p.inputs.begin(), p.inputs.end());
  return out;
}

Read read_alone(const ScenarioData& source, const Ladder& ladder, const PanelUse& use) {
  if (const auto fault = fault_of_survey(source))
    refuse(source.where, "E-CFG-RANGE", "found " + fault->first, "expected " + fault->second);
  return read_people(source, Input(source.path, source.encoding), ladder, use);
}

Data of_groups(Read read, std::vector<Data> groups) {
  const Ladder ladder = read.tally.ladder(), each = ladder.of_each_group();
  Data out{.ensemble = groups.front().ensemble};
  out.warnings = std::move(read.warnings);
  add(out.warnings, read.tally.warnings());
  Tally all = moves_of(read.tally, each, std::nullopt);
  all.set_people(read.tally.people());
  all.ledger() = read.tally.ledger();
  out.people_observed = all.people();
  out.tally = std::move(all);
  add_source(out, read);
  for (std::size_t g = 0; g < groups.size(); ++g) {
    Data& group = groups[g];
    group.group = ladder.groups()[g];
    group.people_observed = read.people_of_group[g];
    group.observed_years = out.observed_years;
    for (Diagnostic& d : group.warnings) {
      d.found = "group " + in_quotes(group.group) + ": " + d.found;
      out.warnings.push_back(std::move(d));
    }
    group.warnings.clear();
  }
  out.groups = std::move(groups);
  return out;
}

Data with_model(Read read, Ensemble ensemble) {
  Data out{.ensemble = std::move(ensemble)};
  out.warnings = std::move(read.warnings);
  add(out.warnings, read.tally.warnings());
  out.people.push_back(people_of(read.tally.pooled()));
  out.people_observed = read.tally.people();
  add_source(out, read);
  out.tally = std::move(read.tally);
  return out;
}

std::optional<Resampling> resampling_of(const DataOptions& options, const CommonOptions& common,
                                        std::vector<Diagnostic>& warnings) {
  const ScenarioData& source = options.source;
  if (source.method != "bootstrap") return std::nullopt;
  const auto refuse = [](const std::string& found, const char* expected) {
    throw UsageError("found " + found + " with --method bootstrap; expected " + expected);
  };
  if (source.kind != ScenarioData::Kind::panel) refuse("no --panel", "one: only a panel tells who made which moves");
  if (!options.group.empty())
    refuse("--group", "none; --cluster with the column of the id has intervals of whole people for each group");
  if (source.survey.given())
    refuse("a survey", "one of them: intervals are of the survey, or of samples of its people");
  if (source.gap == "skip" || source.gap == "em") refuse("--gap " + source.gap, "--gap drop or refuse");
  if (const auto weight = weight_of(source.weight, source.kind); weight && weight->kind == WeightKind::frequency)
    refuse("frequency weights", "none: people of one record would be drawn as one");
  return Resampling{common.number_of_draws(), resolve_seed(common, warnings)};
}

Data load(const DataOptions& options, const Input* opened) {
  if (options.given && !options.pooling && !options.resampling && !method_of(options.source.method))
    throw UsageError("found --method " + options.source.method + "; expected proportions or dirichlet:PRIOR here");
  if (options.given && options.source.kind == ScenarioData::Kind::model) {
    if (!options.ladder.empty())
      throw UsageError("found --ladder with --model; expected one of them: a saved model has its ladder");
    if (!options.group.empty())
      throw UsageError("found --group with --model; expected --panel or --table: a saved model holds no people");
    Data out = from_model(options.source.path);
    add_groups(out);
    return out;
  }
  const Prepared p = prepared(options);
  const bool counted = p.source.kind == ScenarioData::Kind::panel || p.source.kind == ScenarioData::Kind::table;
  if (!counted) {
    Data out = load(p.source, p.ladder, options.row_sums);
    out.inputs.insert(out.inputs.begin(), p.inputs.begin(), p.inputs.end());
    return out;
  }
  std::optional<Input> own;
  if (opened == nullptr) own.emplace(p.source.path, p.source.encoding);
  const Input& input = opened == nullptr ? *own : *opened;
  PanelUse use{.histories = options.histories, .asked = options.asked};
  if (options.resampling)
    use.also = [&](const io::PanelFile& file, const TallyOptions& how, Read& read) {
      const Proportions proportions{unleft_of(p.source.unleft, Unleft::unstated)};
      try {
        read.resampled =
            bootstrap_by_person(file.panel, proportions, how, options.resampling->samples, options.resampling->seed);
      } catch (const Refusal& e) {
        if (e.code() == "E-OBSERVATIONS") throw;  // of the people, not of a sample
        throw Refusal(e.code(), "in a sample of the people: " + e.message());
      }
    };
  Data out = options.group.empty()
                 ? of_everybody(read_people(p.source, input, p.ladder, use), p.source, method_asked(options))
                 : load_groups(options, p.source, p.ladder, input);
  out.inputs.insert(out.inputs.begin(), p.inputs.begin(), p.inputs.end());
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
    options.source.kind = kind;
    options.source.path = path;
    options.given = true;
  };
  return verb.add_option_function<std::string>(name, given, help)->type_name("FILE")->group("Data");
}

/// The options of panels that are not long.
void add_layouts(CLI::App& verb, ScenarioData& source, CLI::Option* panel, CLI::Option* time) {
  CLI::Option* wide = verb.add_flag_callback(
                              "--wide", [&source] { source.layout = io::PanelLayout::wide; },
                              "the panel has a record for each person, with a column of strata for each time")
                          ->needs(panel)
                          ->excludes(time)
                          ->group("Panel");
  verb.add_option("--times", source.times,
                  "columns of a wide panel: times (1980:1987, or 1980,1983), columns that end in their time, or "
                  "TIME=COLUMN (default: all columns that end in a time)")
      ->type_name("LIST")
      ->needs(wide)
      ->group("Panel");
  CLI::Option* spells = verb.add_flag_callback(
                                "--spells", [&source] { source.layout = io::PanelLayout::spells; },
                                "the panel has a record for each spell: a person is in a stratum from begin to end")
                            ->needs(panel)
                            ->excludes(time)
                            ->excludes(wide)
                            ->group("Panel");
  verb.add_option("--begin", source.begin, "column of the begin of a spell, a whole number (default: begin)")
      ->type_name("COLUMN")
      ->needs(spells)
      ->group("Panel");
  verb.add_option("--end", source.end, "column of the end of a spell, a whole number (default: end)")
      ->type_name("COLUMN")
      ->needs(spells)
      ->group("Panel");
  add_choice(
      verb, "--ends", {"included", "excluded"},
      [&source](std::size_t k) { source.ends = k == 0 ? io::SpellEnd::included : io::SpellEnd::excluded; },
      "whether a spell still holds at its end, or is over by then; needed")
      ->needs(spells)
      ->group("Panel");
  verb.add_option("--open", source.open,
                  "code, beside an empty field, of a begin or an end outside of what was observed; may be repeated")
      ->type_name("CODE")
      ->allow_extra_args(false)
      ->needs(spells)
      ->group("Panel");
  const auto add_time = [&](const char* name, std::optional<std::int32_t>& field, const char* help) {
    add_whole(
        verb, name,
        [&field, name](std::int64_t x) {
          if (x != static_cast<std::int32_t>(x))
            throw CLI::ValidationError(
                name, "found " + std::to_string(x) + "; expected a whole number from -2147483648 to 2147483647");
          field = static_cast<std::int32_t>(x);
        },
        help)
        ->needs(spells)
        ->group("Panel");
  };
  add_time("--since", source.since, "first time observed, since which spells without a begin are seen");
  add_time("--until", source.until, "last time observed, until which spells without an end are seen");
  add_whole(
      verb, "--grid", [&source](std::int64_t x) { source.grid = x; },
      "a time at which people are taken to be observed, needed for spells and a --step above 1")
      ->needs(spells)
      ->group("Panel");
}

CLI::Option* add_method(CLI::App& verb, DataOptions& options, Methods methods) {
  CLI::Option* method = verb.add_option("--method", options.source.method,
                                        "how probabilities are estimated: proportions (default), or dirichlet:PRIOR")
                            ->type_name("proportions|dirichlet:PRIOR")
                            ->group("Model");
  const bool all = methods == Methods::all;
  method->check([all](const std::string& text) {
    if (method_of(text) ||
        (all && (text == "bootstrap" || text == "pooled" || hidden_method(text) || is_model_method(text))))
      return std::string();
    return "found " + in_quotes(text) + "; " + method_words +
           (all ? ", bootstrap, pooled, mover-stayer, mixture:K with a whole number from 1 to 50, logit, second-order, "
                  "or "
                  "second-order:PRIOR with a number above 0"
                : "");
  });
  if (!all) return method;
  method
      ->type_name(
          "proportions|dirichlet:PRIOR|bootstrap|pooled|mover-stayer|mixture:K|logit|second-order|second-order:PRIOR")
      ->description(
          "how probabilities are estimated: proportions (default); dirichlet:PRIOR; bootstrap, proportions with "
          "intervals from samples of whole people; pooled, groups or periods drawn "
          "towards each other; mover-stayer, or mixture:K, people of K kinds that nobody sees; a logit on covariates; "
          "or by the two strata before");
  add_whole(
      verb, "--starts",
      [&options](std::int64_t x) {
        if (x < 3)
          throw UsageError("found --starts " + std::to_string(x) +
                           "; expected 3 or more: a top that one start finds may be one of many");
        options.starts = x;
      },
      "places from which the likelihood of a mixture is climbed, 3 or more (default: 20)")
      ->needs(method)
      ->group("Model");
  return method;
}

}  // namespace

void setup_data(CLI::App& verb, DataOptions& options, SavedModels saved, PooledGroups groups, Methods methods) {
  ScenarioData& source = options.source;
  CLI::Option* panel = add_file(verb, "--panel", options, ScenarioData::Kind::panel,
                                "CSV, Stata or SPSS file with a record for each person and time; - is standard input");
  CLI::Option* table = add_file(
      verb, "--table", options, ScenarioData::Kind::table,
      "CSV, Stata or SPSS file of counts: origin, destination, count; or a square with labels, rows being origins");
  CLI::Option* matrix = add_file(verb, "--matrix", options, ScenarioData::Kind::matrix,
                                 "CSV, Stata or SPSS file of probabilities: a square with labels, rows being origins");
  if (saved == SavedModels::yes)
    add_file(verb, "--model", options, ScenarioData::Kind::model, "model saved by 'rungs estimate -o FILE.rungs'");
  const std::function<void(const std::string&)> encoding = [&source](const std::string& text) {
    if (!io::knows_encoding(text))
      throw CLI::ValidationError("--encoding", "found " + in_quotes(text) +
                                                   "; expected an encoding that iconv knows, such as UTF-8, GBK, "
                                                   "GB18030, ISO-8859-1, WINDOWS-1252 or UTF-16");
    source.encoding = text;
  };
  CLI::Option* encoded = verb.add_option_function<std::string>(
                                 "--encoding", encoding,
                                 "encoding of the texts in the file of data, by a name that iconv knows (default: "
                                 "UTF-8, or what an SPSS file states)")
                             ->type_name("NAME")
                             ->group("Data");
  if (saved == SavedModels::yes) encoded->excludes("--model");
  verb.add_option(
          "--ladder", options.ladder,
          "strata from the bottom up: '<' goes up a rung, ',' stays on it, '|' introduces exits; or a file FILE.toml")
      ->type_name("TEXT|FILE.toml")
      ->group("Data");

  verb.add_option("--id", source.id, "column of the person (default: id)")
      ->type_name("COLUMN")
      ->needs(panel)
      ->group("Panel");
  CLI::Option* time = verb.add_option("--time", source.time, "column of the time, a whole number (default: time)")
                          ->type_name("COLUMN")
                          ->needs(panel)
                          ->group("Panel");
  const std::function<void(const std::string&)> state = [&source](const std::string& text) {
    source.state = text;
    source.state_given = true;
  };
  verb.add_option_function<std::string>(
          "--state", state,
          "column of the stratum (default: state); in a wide panel, what its columns of strata begin with")
      ->type_name("COLUMN")
      ->needs(panel)
      ->group("Panel");
  verb.add_option("--weight", source.weight,
                  "column of weights and what they are: frequency, sampling or precision; of a table, what its counts "
                  "are, or the column of sums of weights beside them")
      ->type_name("COLUMN:KIND|KIND")
      ->group("Data");
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
  verb.add_option("--constant", source.survey.columns.constant,
                  "column of what does not change in a person, such as a year of birth: told where it does; may be "
                  "repeated")
      ->type_name("COLUMN")
      ->allow_extra_args(false)
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
  verb.add_option("--weight-squares", source.weight_squares,
                  "column of sums of squared weights, which tell how many people weights rest on")
      ->type_name("COLUMN")
      ->needs(table)
      ->needs("--weight")
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
                          verb, "--step",
                          [&source](std::int64_t x) {
                            source.step = x;
                            source.step_given = true;
                          },
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
  CLI::Option* method = add_method(verb, options, methods);
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

  add_layouts(verb, source, panel, time);
  verb.add_option("--group", options.group,
                  "column of the groups of people, each with moves of its own; their names and order may follow")
      ->type_name("COLUMN[: GROUP, ...]")
      ->check(fault_of_groups)
      ->excludes(matrix)
      ->group("Data");
  if (groups == PooledGroups::if_asked)
    verb.add_flag("--pool-groups", options.pool_groups,
                  "one answer for all groups together, with a warning where their moves differ")
        ->needs("--group")
        ->group("Data");
}

}  // namespace rungs::cli
