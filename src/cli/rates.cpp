// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include "rates.hpp"

#include <rungs/estimate/coverage.hpp>
#include <rungs/io/csv.hpp>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "input.hpp"
#include "json.hpp"
#include "table.hpp"

namespace rungs::cli {

void setup_rates(CLI::App& verb, RateOptions& options) {
  CLI::Option* rates = verb.add_option("--rates", options.path,
                                       "CSV file of events, such as changes of job: a record for each person, or for "
                                       "people alike, with the time in which they could happen")
                           ->type_name("FILE")
                           ->group("Data");
  verb.add_option("--events", options.events, "column of the number of events")
      ->type_name("COLUMN")
      ->needs(rates)
      ->group("Rates");
  verb.add_option("--exposure", options.exposure, "column of the time at risk (default: 1 in each record)")
      ->type_name("COLUMN")
      ->needs(rates)
      ->group("Rates");
  verb.add_option("--by", options.by,
                  "columns of groups whose rates are compared; the first group in the file is the "
                  "reference")
      ->type_name("COLUMN[,COLUMN]")
      ->needs(rates)
      ->group("Rates");
  verb.add_flag("--interaction", options.interaction, "let the ratio by one column differ by the other, and test that")
      ->needs(rates)
      ->group("Rates");
  add_choice(
      verb, "--family", {"poisson", "negative-binomial"},
      [&options](std::size_t k) { options.negative_binomial = k == 1; },
      "how numbers of events vary: as chance makes them (default), or more, since people differ")
      ->needs(rates)
      ->group("Rates");
  add_choice<RateErrors>(
      verb, "--errors", options.errors,
      {{"model", RateErrors::model}, {"robust", RateErrors::robust}, {"quasi", RateErrors::quasi}},
      "standard errors of the model (default), those that hold if only the rates are right, or the model's times the "
      "dispersion seen")
      ->needs(rates)
      ->group("Rates");
  for (const char* other : {"--panel", "--table", "--matrix", "--shares", "--ladder", "--method", "--unleft",
                            "--interval", "--step", "--step-years", "--group"})
    verb.get_option(other)->excludes(rates);
}

namespace {

/// A group of people: one label of each column.
struct RateGroup {
  std::vector<std::uint32_t> labels{};
  std::uint64_t records = 0;
  double events = 0, exposure = 0;
  double rate = 0;
  Interval interval{};
};

struct InteractionTest {
  double statistic = 0;
  std::int64_t df = 0;
  double p = 1;
};

struct RatesAnswer {
  const RateOptions* options;
  Level level;
  std::vector<std::string> by{};
  io::EventFile file{};
  std::vector<RateGroup> groups{};
  RateFit fit{};
  std::vector<RateCoefficient> coefficients{};
  std::optional<Overdispersion> nb1{}, nb2{};
  std::optional<Significance> against_poisson{};
  std::optional<InteractionTest> interaction{};
  std::optional<RateRatio> exact{};
  std::string group_name(const RateGroup& group) const {
    std::string out;
    for (std::size_t c = 0; c < by.size(); ++c) out += (c > 0 ? ", " : "") + file.labels[c][group.labels[c]];
    return out;
  }
};

Vector vector_of(const std::vector<double>& numbers) {
  return Eigen::Map<const Vector>(numbers.data(), static_cast<Eigen::Index>(numbers.size()));
}

RateFit fitted_rates(const RateData& data, bool negative_binomial) {
  return negative_binomial ? negative_binomial_rates(data) : poisson_rates(data);
}

/// Groups in the order of their labels, with their sums.
std::vector<RateGroup> groups_of(const io::EventFile& file) {
  std::vector<RateGroup> out;
  for (std::size_t k = 0; k < file.events.size(); ++k) {
    std::vector<std::uint32_t> labels;
    for (const std::vector<std::uint32_t>& of : file.label_of) labels.push_back(of[k]);
    auto group = std::find_if(out.begin(), out.end(), [&](const RateGroup& g) { return g.labels == labels; });
    if (group == out.end()) group = out.insert(out.end(), RateGroup{.labels = labels});
    ++group->records;
    group->events += file.events[k];
    group->exposure += file.exposure[k];
  }
  std::sort(out.begin(), out.end(), [](const RateGroup& a, const RateGroup& b) { return a.labels < b.labels; });
  return out;
}

/// A column for each group alone, so that coefficients are logarithms of rates.
RateData by_group(const io::EventFile& file, const std::vector<RateGroup>& groups, const RatesAnswer& answer) {
  RateData out{vector_of(file.events),
               vector_of(file.exposure),
               Matrix::Zero(static_cast<Eigen::Index>(file.events.size()), static_cast<Eigen::Index>(groups.size())),
               {}};
  for (std::size_t k = 0; k < file.events.size(); ++k)
    for (std::size_t g = 0; g < groups.size(); ++g) {
      bool same = true;
      for (std::size_t c = 0; c < file.label_of.size(); ++c) same = same && file.label_of[c][k] == groups[g].labels[c];
      out.design(static_cast<Eigen::Index>(k), static_cast<Eigen::Index>(g)) = same ? 1 : 0;
    }
  for (const RateGroup& group : groups) out.names.push_back(answer.group_name(group));
  return out;
}

/// A constant, a column for each label but the first of each column, and perhaps their products.
RateData compared(const io::EventFile& file, const std::vector<std::string>& by, bool interaction) {
  const auto n = static_cast<Eigen::Index>(file.events.size());
  RateData out{vector_of(file.events), vector_of(file.exposure), Matrix::Ones(n, 1), {"(constant)"}};
  const auto add = [&](const std::string& name, const Vector& values) {
    out.design.conservativeResize(n, out.design.cols() + 1);
    out.design.col(out.design.cols() - 1) = values;
    out.names.push_back(name);
  };
  const auto dummy = [&](std::size_t c, std::size_t label) {
    Vector values(n);
    for (Eigen::Index k = 0; k < n; ++k) values[k] = file.label_of[c][static_cast<std::size_t>(k)] == label ? 1 : 0;
    return values;
  };
  const auto name = [&](std::size_t c, std::size_t label) { return by[c] + "=" + file.labels[c][label]; };
  for (std::size_t c = 0; c < by.size(); ++c)
    for (std::size_t label = 1; label < file.labels[c].size(); ++label) add(name(c, label), dummy(c, label));
  for (std::size_t a = 1; interaction && a < file.labels[0].size(); ++a)
    for (std::size_t b = 1; b < file.labels[1].size(); ++b) {
      const Vector both = dummy(0, a).cwiseProduct(dummy(1, b));
      if (both.sum() > 0) add(name(0, a) + " and " + name(1, b), both);  // else nobody is in both
    }
  return out;
}

std::string significance_words(double p) { return p < 1e-4 ? "< 0.0001" : fmt::format("{:.4f}", p); }

RatesAnswer rates_of(const RateOptions& options, const Input& input, const std::string& encoding, Level level,
                     std::vector<Diagnostic>& warnings) {
  RatesAnswer out{.options = &options, .level = level};
  out.by = items_of("--by", options.by);
  input.read([&](const std::string& path) {
    out.file = io::read_events(
        path, {.events = options.events, .exposure = options.exposure, .by = out.by, .encoding = encoding});
  });
  for (const Diagnostic& d : out.file.warnings) warnings.push_back(input.named(d));
  out.groups = groups_of(out.file);
  for (const RateGroup& group : out.groups)
    if (!(group.events > 0) && group.exposure > 0) {
      const double most = -std::log((1 - level.value()) / 2) / group.exposure;  // of no events in a Poisson number
      throw Refusal("E-SEPARATION", "found no event in " + rungs::detail::quoted(out.group_name(group)) + ", in " +
                                        rounded(group.exposure) + " of exposure; expected events in every group: of " +
                                        "such a one no more is told than that its rate is at most " + rounded(most));
    }
  const RateData alone = by_group(out.file, out.groups, out);
  const RateFit rates = fitted_rates(alone, options.negative_binomial);
  const std::vector<RateCoefficient> logs = rate_coefficients(rates, options.errors, level);
  for (std::size_t g = 0; g < out.groups.size(); ++g) {
    out.groups[g].rate = logs[g].ratio;
    out.groups[g].interval = logs[g].ratio_interval;
  }
  const RateData data = compared(out.file, out.by, options.interaction);
  out.fit = fitted_rates(data, options.negative_binomial);
  out.coefficients = rate_coefficients(out.fit, options.errors, level);
  for (const Warning& w : out.fit.warnings) warnings.push_back(warning(w));
  const RateFit poisson = options.negative_binomial ? poisson_rates(data) : out.fit;
  if (poisson.degrees_of_freedom > 0) {
    out.nb1 = overdispersion_nb1(data.events, poisson);
    out.nb2 = overdispersion_nb2(data.events, poisson);
    if (!options.negative_binomial && options.errors == RateErrors::model && out.nb1->excess.p < 0.01)
      warnings.push_back(warning(
          "W-OVERDISPERSED",
          fmt::format("numbers of events vary more than chance makes them (p {}), {:.3g} times as much as their mean: "
                      "intervals are too narrow; expected --errors robust or quasi, or --family negative-binomial",
                      significance_words(out.nb1->excess.p), 1 + out.nb1->alpha)));
  }
  const bool robust = options.errors == RateErrors::robust;
  if (robust || (options.negative_binomial && options.errors == RateErrors::model)) {
    double fewest = static_cast<double>(out.groups.front().records);
    for (const RateGroup& group : out.groups) fewest = std::min(fewest, static_cast<double>(group.records));
    for (const Warning& w : rates_coverage_warnings(fewest, robust)) warnings.push_back(warning(w));
  }
  if (options.negative_binomial) out.against_poisson = likelihood_ratio(poisson, out.fit);
  if (options.interaction) {
    const RateFit main = fitted_rates(compared(out.file, out.by, false), options.negative_binomial);
    InteractionTest test;
    test.statistic = std::max(0.0, 2 * (out.fit.log_likelihood - main.log_likelihood));
    test.df = out.fit.coefficients.size() - main.coefficients.size();
    if (test.df > 0) test.p = chi_square_significance(test.statistic, test.df).p;
    out.interaction = test;
  }
  if (out.groups.size() == 2 && out.by.size() == 1 && !options.negative_binomial)
    out.exact =
        rate_ratio(out.groups[1].events, out.groups[1].exposure, out.groups[0].events, out.groups[0].exposure, level);
  return out;
}

const char* family_name(const RateOptions& options) {
  return options.negative_binomial ? "negative binomial" : "poisson";
}

Json json_of_significance(const Significance& s) {
  return {{"statistic", json_of(s.statistic)}, {"p", json_of(s.p)}, {"log10_p", json_of(s.log10_p)}};
}

std::string rates_as_json(const Head& head, const RatesAnswer& a) {
  Json out = json_of(head);
  out["method"] = std::string("rates, ") + family_name(*a.options);
  Json rates{{"events", a.options->events},
             {"exposure", a.options->exposure.empty() ? Json(nullptr) : Json(a.options->exposure)},
             {"by", a.by},
             {"family", family_name(*a.options)},
             {"errors", name(a.options->errors)},
             {"level", json_of(a.level.value())}};
  rates["groups"] = Json::array();
  for (const RateGroup& group : a.groups) {
    Json labels = Json::object();
    for (std::size_t c = 0; c < a.by.size(); ++c) labels[a.by[c]] = a.file.labels[c][group.labels[c]];
    rates["groups"].push_back({{"group", std::move(labels)},
                               {"records", group.records},
                               {"events", json_of(group.events)},
                               {"exposure", json_of(group.exposure)},
                               {"rate", json_of(group.rate)},
                               {"lower", json_of(group.interval.lower)},
                               {"upper", json_of(group.interval.upper)}});
  }
  rates["coefficients"] = Json::array();
  for (const RateCoefficient& c : a.coefficients)
    rates["coefficients"].push_back({{"column", c.name},
                                     {"value", json_of(c.value)},
                                     {"standard_error", json_of(c.standard_error)},
                                     {"lower", json_of(c.interval.lower)},
                                     {"upper", json_of(c.interval.upper)},
                                     {"ratio", json_of(c.ratio)},
                                     {"ratio_lower", json_of(c.ratio_interval.lower)},
                                     {"ratio_upper", json_of(c.ratio_interval.upper)},
                                     {"statistic", json_of(c.zero.statistic)},
                                     {"p", json_of(c.zero.p)}});
  rates["log_likelihood"] = json_of(a.fit.log_likelihood);
  rates["deviance"] = json_of(a.fit.deviance);
  rates["aic"] = json_of(a.fit.aic);
  rates["degrees_of_freedom"] = json_of(a.fit.degrees_of_freedom);
  rates["dispersion"] = json_of(a.fit.dispersion);
  rates["theta"] = json_of(a.fit.theta);
  rates["theta_standard_error"] = json_of(a.fit.theta_standard_error);
  rates["overdispersion"] = nullptr;
  if (a.nb1) {
    rates["overdispersion"] = Json::object();
    for (const auto& [key, test] : {std::pair("nb1", &*a.nb1), std::pair("nb2", &*a.nb2)}) {
      rates["overdispersion"][key] = {{"alpha", json_of(test->alpha)}};
      rates["overdispersion"][key].update(json_of_significance(test->excess));
    }
  }
  rates["against_poisson"] = a.against_poisson ? json_of_significance(*a.against_poisson) : Json(nullptr);
  rates["interaction"] = nullptr;
  if (a.interaction)
    rates["interaction"] = {
        {"statistic", json_of(a.interaction->statistic)}, {"df", a.interaction->df}, {"p", json_of(a.interaction->p)}};
  rates["exact_ratio"] = nullptr;
  if (a.exact)
    rates["exact_ratio"] = {{"ratio", json_of(a.exact->ratio)},
                            {"lower", json_of(a.exact->interval.lower)},
                            {"upper", json_of(a.exact->interval.upper)},
                            {"p", json_of(a.exact->equal.p)}};
  out["rates"] = std::move(rates);
  return text(out);
}

std::string rates_as_csv(const RatesAnswer& a) {
  std::string out = csv_line(
      {"result", "name", "records", "events", "exposure", "value", "lower", "upper", "level", "statistic", "df", "p"});
  const std::string level = csv_number(a.level.value());
  for (const RateGroup& g : a.groups)
    out +=
        csv_line({"rate", a.group_name(g), std::to_string(g.records), csv_number(g.events), csv_number(g.exposure),
                  csv_number(g.rate), csv_number(g.interval.lower), csv_number(g.interval.upper), level, "", "", ""});
  for (const RateCoefficient& c : a.coefficients)
    if (c.name != "(constant)")
      out +=
          csv_line({"ratio", c.name, "", "", "", csv_number(c.ratio), csv_number(c.ratio_interval.lower),
                    csv_number(c.ratio_interval.upper), level, csv_number(c.zero.statistic), "", csv_number(c.zero.p)});
  if (a.exact)
    out += csv_line({"exact ratio", a.group_name(a.groups[1]), "", "", "", csv_number(a.exact->ratio),
                     csv_number(a.exact->interval.lower), csv_number(a.exact->interval.upper), level, "", "",
                     csv_number(a.exact->equal.p)});
  const auto test = [&](const char* what, double value, double statistic, const std::string& df, double p) {
    out += csv_line({what, "", "", "", "", csv_number(value), "", "", "", csv_number(statistic), df, csv_number(p)});
  };
  if (a.nb1) test("overdispersion nb1", a.nb1->alpha, a.nb1->excess.statistic, "", a.nb1->excess.p);
  if (a.nb2) test("overdispersion nb2", a.nb2->alpha, a.nb2->excess.statistic, "", a.nb2->excess.p);
  if (a.against_poisson)
    test("negative binomial against poisson", a.fit.theta, a.against_poisson->statistic, "1", a.against_poisson->p);
  if (a.interaction)
    test("interaction", std::nan(""), a.interaction->statistic, std::to_string(a.interaction->df), a.interaction->p);
  return out;
}

std::string rates_as_table(const CommonOptions& common, const RatesAnswer& a) {
  const bool color = colored_stdout(common);
  const std::string interval = level_text(a.level.value());
  const auto between = [](const Interval& i) {
    return std::isnan(i.lower) ? std::string("-")
                               : rounded(i.lower, i.lower, i.upper) + " to " + rounded(i.upper, i.lower, i.upper);
  };
  TextTable rates("How often it happens, by " + a.options->by,
                  {"group", "records", "events", a.options->exposure.empty() ? "records at risk" : a.options->exposure,
                   "rate", interval});
  for (const RateGroup& g : a.groups)
    rates.row({a.group_name(g), std::to_string(g.records), rounded(g.events), rounded(g.exposure),
               rounded(g.rate, g.interval.lower, g.interval.upper), between(g.interval)});
  std::string out = rates.text(color);
  TextTable ratios("How many times as often", {"", "ratio", interval, "p"});
  for (const RateCoefficient& c : a.coefficients)
    if (c.name != "(constant)")
      ratios.row({c.name, rounded(c.ratio, c.ratio_interval.lower, c.ratio_interval.upper), between(c.ratio_interval),
                  significance_words(c.zero.p)});
  if (a.exact)
    ratios.row({a.by[0] + "=" + a.group_name(a.groups[1]) + ", exact",
                rounded(a.exact->ratio, a.exact->interval.lower, a.exact->interval.upper), between(a.exact->interval),
                significance_words(a.exact->equal.p)});
  for (std::size_t c = 0; c < a.by.size(); ++c)
    ratios.note("Compared with " + a.by[c] + "=" + a.file.labels[c][0] +
                (a.options->interaction ? ", of those with " + a.by[1 - c] + "=" + a.file.labels[1 - c][0] + "."
                                        : (a.by.size() > 1 ? ", the other column being the same." : ".")));
  if (a.options->interaction)
    ratios.note("With both, the ratio is of two ratios: by how much one differs by the other.");
  out += "\n" + ratios.text(color);
  TextTable model("The model");
  model.row({"family", family_name(*a.options)});
  model.row({"standard errors", name(a.options->errors)});
  model.row({"log-likelihood", fmt::format("{:.3f}, AIC {:.2f}", a.fit.log_likelihood, a.fit.aic)});
  model.row({"dispersion", std::isnan(a.fit.dispersion) ? "- (as many groups as records)" : rounded(a.fit.dispersion)});
  if (a.nb1)
    model.row({"over-dispersion",
               fmt::format("in proportion to the mean: {:.4f}, p {}; to its square: {:.4f}, p {}", a.nb1->alpha,
                           significance_words(a.nb1->excess.p), a.nb2->alpha, significance_words(a.nb2->excess.p))});
  if (a.against_poisson)
    model.row(
        {"against Poisson", fmt::format("theta {} (standard error {}), likelihood ratio {}, p {}", rounded(a.fit.theta),
                                        rounded(a.fit.theta_standard_error), rounded(a.against_poisson->statistic),
                                        significance_words(a.against_poisson->p))});
  if (a.interaction)
    model.row({"interaction",
               fmt::format("likelihood ratio {} with {} degrees of freedom, p {}", rounded(a.interaction->statistic),
                           a.interaction->df, significance_words(a.interaction->p))});
  if (a.interaction && a.options->errors != RateErrors::model)
    model.note("The likelihood ratio is that of the model, whatever the standard errors.");
  return out + "\n" + model.text(color);
}

}  // namespace

void run_rates(const RateOptions& options, const std::string& encoding, const CommonOptions& common) {
  const auto needed = [](const std::string& text, const char* option, const char* what) {
    if (text.empty())
      throw UsageError(std::string("found --rates without ") + option + "; expected the column of " + what);
  };
  needed(options.events, "--events", "the number of events");
  needed(options.by, "--by", "the groups that are compared");
  const std::vector<std::string> by = items_of("--by", options.by);
  if (std::any_of(by.begin(), by.end(), [](const std::string& c) { return c.empty(); }))
    throw UsageError("found --by " + rungs::detail::quoted(options.by) + "; expected COLUMN or COLUMN,COLUMN");
  if (by.size() > 2) throw UsageError("found --by with " + std::to_string(by.size()) + " columns; expected one or two");
  if (options.interaction && by.size() != 2)
    throw UsageError("found --interaction with one column; expected two: --by COLUMN,COLUMN");
  if (common.output.size() > 6 && common.output.compare(common.output.size() - 6, 6, ".rungs") == 0)
    throw UsageError("found rates and a model to save; expected another name: rates are no model of moves");
  const Output output(common, {options.path});
  const Input input(options.path, encoding);
  std::vector<Diagnostic> warnings;
  const RatesAnswer answer = rates_of(options, input, encoding, common.interval_level(), warnings);
  for (std::size_t c = 0; c < by.size(); ++c)
    if (answer.file.labels[c].size() < 2)
      warnings.push_back(warning("W-GROUP-ALONE", "the column " + rungs::detail::quoted(by[c]) +
                                                      " has one group alone: there is nothing to compare it with"));
  const Head head{.command = "estimate", .inputs = {input.file()}, .warnings = warnings};
  const std::string text = common.format == Format::json  ? rates_as_json(head, answer)
                           : common.format == Format::csv ? rates_as_csv(answer)
                                                          : rates_as_table(common, answer);
  print_warnings(warnings, common);
  output.write(text);
}

}  // namespace rungs::cli
