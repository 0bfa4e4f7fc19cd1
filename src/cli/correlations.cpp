// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include "correlations.hpp"

#include <rungs/estimate/attainable_association.hpp>
#include <rungs/io/csv.hpp>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <cmath>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "association.hpp"
#include "input.hpp"
#include "json.hpp"
#include "table.hpp"

namespace rungs::cli {

void setup_correlations(CLI::App& verb, CorrelationQuestion& question) {
  question.verb = &verb;
  verb.add_option("--correlations", question.path,
                  "CSV file of published correlations, a square with labels: can they hold together, and which values "
                  "may each have beside the others?")
      ->type_name("FILE")
      ->group("Data");
}

namespace {

/// A correlation between two variables, and what it can be beside the others, where that is known.
struct PublishedEntry {
  std::size_t row, column;
  double value;  // NaN: not known
  std::optional<Interval> range{};
};

struct CorrelationsAnswer {
  std::vector<std::string> names{};
  std::vector<PublishedEntry> entries{};
  std::optional<CorrelationCheck> check{};  ///< where all are known

  [[nodiscard]] std::string between(const PublishedEntry& e) const {
    return rungs::detail::quoted(names[e.row]) + " and " + rungs::detail::quoted(names[e.column]);
  }
};

CorrelationsAnswer correlations_of(io::CorrelationFile file, std::vector<Diagnostic>& warnings) {
  CorrelationsAnswer out{.names = std::move(file.names)};
  const std::size_t n = out.names.size();
  const Matrix r = Eigen::Map<const Matrix>(file.values.data(), static_cast<Eigen::Index>(n),
                                            static_cast<Eigen::Index>(n));  // symmetric
  std::vector<std::size_t> open;                                            // entries that are lost or impossible
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = i + 1; j < n; ++j) {
      const double value = file.values[i * n + j];
      if (!(std::abs(value) <= 1)) open.push_back(out.entries.size());
      out.entries.push_back({i, j, value});
    }
  if (open.size() > 1)
    throw Refusal("E-IDENT",
                  fmt::format("found {} correlations that are lost or outside -1 to 1, such as those between "
                              "{} and between {}; expected at most one: what it can be is told by all others",
                              open.size(), out.between(out.entries[open[0]]), out.between(out.entries[open[1]])));
  if (open.empty() || !std::isnan(out.entries[open[0]].value)) {
    out.check = check_correlations(r, out.names);
    for (const Warning& w : out.check->warnings) warnings.push_back(warning(w));
  }
  for (std::size_t k = 0; k < out.entries.size(); ++k) {
    PublishedEntry& e = out.entries[k];
    if (!open.empty() && open[0] != k) continue;
    try {
      e.range = correlation_range(r, out.names, e.row, e.column);
    } catch (const Refusal&) {
      if (!open.empty()) throw;  // of others that all hold together there is an answer
    }
  }
  return out;
}

Json json_of_range(const std::optional<Interval>& range, double Interval::*end) {
  return range ? json_of((*range).*end) : Json(nullptr);
}

std::string correlations_as_json(const Head& head, const CorrelationsAnswer& a) {
  Json out = json_of(head);
  out["method"] = "correlations";
  Json of{{"variables", a.names},
          {"eigenvalues", a.check ? json_of(a.check->eigenvalues) : Json(nullptr)},
          {"positive_semidefinite", a.check ? Json(a.check->positive_semidefinite) : Json(nullptr)},
          {"entries", Json::array()}};
  for (const PublishedEntry& e : a.entries)
    of["entries"].push_back({{"row", a.names[e.row]},
                             {"column", a.names[e.column]},
                             {"value", json_of(e.value)},
                             {"least", json_of_range(e.range, &Interval::lower)},
                             {"greatest", json_of_range(e.range, &Interval::upper)}});
  out["correlations"] = std::move(of);
  return text(out);
}

std::string correlations_as_csv(const CorrelationsAnswer& a) {
  std::string out = csv_line({"row", "column", "value", "least", "greatest"});
  for (const PublishedEntry& e : a.entries)
    out += csv_line({a.names[e.row], a.names[e.column], csv_number(e.value), e.range ? csv_number(e.range->lower) : "",
                     e.range ? csv_number(e.range->upper) : ""});
  return out;
}

std::string correlations_as_table(const CommonOptions& common, const CorrelationsAnswer& a) {
  TextTable out("Which correlations can hold together?", {"between", "published", "possible"});
  for (const PublishedEntry& e : a.entries)
    out.row({a.names[e.row] + " and " + a.names[e.column], rounded(e.value),
             e.range ? fmt::format("{:.4f} to {:.4f}", e.range->lower, e.range->upper) : "-"});
  out.note("Possible: from least to greatest, if all others are right and of the same people.");
  out.note("This is no interval: how certain a correlation is, no table of them tells.");
  if (a.check)
    out.note(fmt::format("The least eigenvalue is {}: the table {}.",
                         rounded(a.check->eigenvalues[a.check->eigenvalues.size() - 1]),
                         a.check->positive_semidefinite ? "can be of some variables" : "is of no variables at all"));
  return out.text(colored_stdout(common));
}

}  // namespace

void run_correlations(const CorrelationQuestion& question, const std::string& encoding, const CommonOptions& common) {
  refuse_others(*question.verb, "--correlations", {"--encoding"},
                "correlations are no moves, and nothing but what they can be is told");
  const Output output(common, {question.path});
  const Input input(question.path, encoding);
  io::CorrelationFile file;
  input.read([&](const std::string& path) { file = io::read_correlations(path, encoding); });
  std::vector<Diagnostic> warnings;
  for (const Diagnostic& d : file.warnings) warnings.push_back(input.named(d));
  const CorrelationsAnswer answer = correlations_of(std::move(file), warnings);
  const Head head{.command = "measure", .inputs = {input.file()}, .warnings = warnings};
  const std::string text = common.format == Format::json  ? correlations_as_json(head, answer)
                           : common.format == Format::csv ? correlations_as_csv(answer)
                                                          : correlations_as_table(common, answer);
  print_warnings(warnings, common);
  output.write(text);
}

}  // namespace rungs::cli
