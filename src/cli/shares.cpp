// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include "shares.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <functional>
#include <utility>

#include "input.hpp"

namespace rungs::cli {

void setup_shares(CLI::App& verb, ShareOptions& options) {
  CLI::Option* shares = verb.add_option("--shares", options.path,
                                        "CSV file of how many are where: a row for each period, a column for each "
                                        "stratum and exit, and nothing of who moved")
                            ->type_name("FILE")
                            ->group("Data");
  add_choice(
      verb, "--unit", {"heads", "shares", "percent"},
      [&options](std::size_t k) { options.unit = static_cast<io::ShareUnit>(k); },
      "what the numbers are; there is no default")
      ->needs(shares)
      ->group("Shares");
  add_choice(
      verb, "--shares-of", {"panel", "cross-sections"},
      [&options](std::size_t k) { options.source = k == 0 ? ShareSource::panel : ShareSource::cross_sections; },
      "whether they are of the same people in every period, or of others; there is no default")
      ->needs(shares)
      ->group("Shares");
  verb.add_option("--people", options.columns.people, "column of the people behind each row of shares or percent")
      ->type_name("COLUMN")
      ->needs(shares)
      ->group("Shares");
  add_choice(
      verb, "--weighting", {"plain", "multinomial"},
      [&options](std::size_t k) { options.weighting = static_cast<ShareWeighting>(k); },
      "how differences count: all alike (default), or by the variance of a share of so many people")
      ->needs(shares)
      ->group("Shares");
  verb.add_option("--nearest-to", options.nearest_to,
                  "CSV file of probabilities, as of --matrix: where several matrices fit as well, the nearest to it is "
                  "taken")
      ->type_name("FILE")
      ->needs(shares)
      ->group("Shares");
  verb.get_option("--time")->remove_needs(verb.get_option("--panel"));
  for (const char* other : {"--panel", "--table", "--matrix", "--method", "--unleft", "--interval"})
    verb.get_option(other)->excludes(shares);
}

namespace {

/// Reads the files and fits; draws, where the people behind the shares are known.
ShareResult fit(const ShareOptions& options, const io::ScenarioData& source, const Ladder& ladder, std::size_t draws,
                const std::function<Seed(std::vector<Diagnostic>&)>& seed) {
  std::vector<InputFile> inputs;
  const Step step(source.step, source.step_years_given ? source.step_years : static_cast<double>(source.step));
  const Input input(options.path, source.encoding);
  inputs.push_back(input.file());
  std::vector<Diagnostic> warnings;
  std::optional<ShareSeries> series;
  std::size_t steps = 0;
  std::pair<std::int64_t, std::int64_t> observed{};
  io::ShareColumns columns = options.columns;
  columns.time = source.time;
  columns.encoding = source.encoding;
  input.read([&](const std::string& path) {
    io::ShareFile file = io::read_shares(path, ladder, *options.unit, columns);
    check_unit_of_time(file.warnings, source);
    for (const Diagnostic& d : file.warnings) warnings.push_back(input.named(d));
    for (std::size_t t = 1; t < file.times.size(); ++t)
      if (step.after(file.times[t - 1], 1) != file.times[t])
        throw Refusal("E-PERIOD-MISSING", "found shares of period " + std::to_string(file.times[t - 1].label()) +
                                              " and next of " + std::to_string(file.times[t].label()) +
                                              "; expected every step of " + std::to_string(step.units()) +
                                              " between the first and the last");
    const auto n = static_cast<Eigen::Index>(ladder.size());
    steps = file.times.size() - 1;
    observed = {file.times.front().label(), file.times.back().label()};
    Matrix values(static_cast<Eigen::Index>(file.times.size()), n);
    std::copy(file.values.begin(), file.values.end(), values.data());
    series = *options.unit == io::ShareUnit::heads
                 ? ShareSeries::from_heads(ladder, std::move(values), *options.source, step)
                 : ShareSeries::from_weights(ladder, std::move(values), *options.source, step, std::move(file.people));
  });
  SharesOptions fitting{.weighting = options.weighting};
  if (!options.nearest_to.empty()) {
    const Input stated(options.nearest_to);
    fitting.nearest_to = matrix_in(stated, ladder, step, io::RowSums::must_be_one, warnings);
    inputs.push_back(stated.file());
  }
  ShareResult out{.fit = fit_shares(*series, fitting),
                  .source = *options.source,
                  .weighting = options.weighting,
                  .years = static_cast<double>(steps) * step.years(),
                  .observed = observed};
  for (const Warning& w : out.fit.warnings()) warnings.push_back(warning(w));
  const bool told = out.fit.verdict() == Identification::identified;
  if (!told)
    warnings.push_back(warning(
        "W-IDENT", std::string("the shares do not tell every move: where lowest and highest differ, ") +
                       (fitting.nearest_to ? "the probability is that of the matrix nearest to the stated one, and the "
                                             "interval leaves out what the shares do not tell"
                                           : "there is no probability, and no model")));
  if (told || fitting.nearest_to) {
    if (series->people().empty()) {
      out.ensemble = Ensemble(Kernel(out.fit.matrix()), Known{}, out.fit.method());
      warnings.push_back(
          warning("W-SHARES-PEOPLE", std::string("it is not known how many people are behind the shares: there are no "
                                                 "intervals, and a saved model is taken as known") +
                                         (series->source() == ShareSource::cross_sections
                                              ? "; of cross sections of few people the probabilities may be far off"
                                              : "")));
    } else {
      out.seed = seed(warnings);
      out.ensemble = bootstrap_shares(*series, fitting, draws, *out.seed);
    }
  }
  out.inputs = std::move(inputs);
  out.warnings = std::move(warnings);
  return out;
}

}  // namespace

ShareResult estimate_shares(const ShareOptions& options, const DataOptions& data, const CommonOptions& common) {
  if (!options.unit)
    throw UsageError("found --shares without --unit; expected heads, shares or percent: what the numbers are");
  if (!options.source)
    throw UsageError(
        "found --shares without --shares-of; expected panel (the same people in every period) or cross-sections");
  if (*options.unit == io::ShareUnit::heads && !options.columns.people.empty())
    throw UsageError("found --people with --unit heads; expected it with shares or percent: heads are the people");
  std::vector<InputFile> inputs;
  const Ladder ladder = ladder_in(data, inputs);
  ShareResult out = fit(options, data.source, ladder, common.number_of_draws(),
                        [&common](std::vector<Diagnostic>& warnings) { return resolve_seed(common, warnings); });
  out.inputs.insert(out.inputs.begin(), inputs.begin(), inputs.end());
  return out;
}

Data load_shares(const io::ScenarioData& source, const Ladder& ladder, CommonOptions& common, std::uint64_t group) {
  ShareOptions options{.path = source.path};
  options.columns.people = source.people;
  options.unit = source.unit == "heads"    ? io::ShareUnit::heads
                 : source.unit == "shares" ? io::ShareUnit::shares
                                           : io::ShareUnit::percent;
  options.source = source.shares_of == "panel" ? ShareSource::panel : ShareSource::cross_sections;
  options.weighting = source.weighting == "plain" ? ShareWeighting::plain : ShareWeighting::multinomial;
  options.nearest_to = source.nearest_to;
  ShareResult result = fit(options, source, ladder, common.number_of_draws(), [&](std::vector<Diagnostic>& warnings) {
    common.seed = resolve_seed(common, warnings).value();
    return Seed(*common.seed + group);
  });
  if (!result.ensemble) (void)result.fit.matrix();  // says which moves are not told
  Data out{.ensemble = std::move(*result.ensemble)};
  out.observed_years = result.years;
  out.observed = result.observed;
  out.inputs = std::move(result.inputs);
  out.warnings = std::move(result.warnings);
  return out;
}

}  // namespace rungs::cli
