// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/version.hpp>

#include <CLI/CLI.hpp>

#include <exception>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "allocate.hpp"
#include "common.hpp"
#include "completion.hpp"
#include "estimate.hpp"
#include "evaluate.hpp"
#include "measure.hpp"
#include "test.hpp"

namespace rungs::cli {

namespace {

std::string near(const std::string& text, const std::vector<std::string>& known) {
  const std::string name = detail::nearest_name(text, known);
  return name.empty() ? "" : "; did you mean " + detail::quoted(name) + "?";
}

std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> out;
  for (const CLI::Option* option : app.get_options())
    if (!option->get_group().empty())
      for (const std::string& name : option->get_lnames()) out.push_back("--" + name);
  return out;
}

/// What the parser found wrong, in our words where it has too few: an unknown verb or option, an option given twice.
std::string wrong(const CLI::App& app, const CLI::ParseError& error, int argc, const char* const* argv) {
  std::vector<std::string> verbs;
  for (const CLI::App* verb : app.get_subcommands({})) verbs.push_back(verb->get_name());
  const CLI::App* verb = app.get_subcommands().empty() ? nullptr : app.get_subcommands().front();
  if (verb == nullptr) {
    if (argc < 2) return "found no verb; expected one of " + detail::listed(verbs) + " (see rungs --help)";
    const std::string first = argv[1];
    if (first.empty() || first.front() != '-')
      return "found the verb " + detail::quoted(first) + "; expected one of " + detail::listed(verbs) +
             near(first, verbs);
    return "found " + detail::quoted(first) + " in place of a verb; expected one of " + detail::listed(verbs) +
           near(first, option_names(app));
  }
  const std::vector<std::string> names = option_names(*verb);
  for (const std::string& left : verb->remaining()) {
    if (left.size() < 2 || left.front() != '-') continue;
    const std::string name = left.substr(0, left.find('='));
    return "found " + detail::quoted(name) + "; expected an option of rungs " + verb->get_name() + near(name, names) +
           " (see rungs " + verb->get_name() + " --help)";
  }
  if (!verb->remaining().empty())
    return "found " + detail::quoted(verb->remaining().front()) +
           ", which belongs to no option; expected options of rungs " + verb->get_name();
  for (const CLI::Option* option : verb->get_options())
    if (option->get_items_expected_max() == 1 && option->results().size() > 1)
      return "found " + option->get_name() + " " + std::to_string(option->results().size()) +
             " times; expected it once";
  return error.what();
}

/// An option with an empty text, such as a variable of the shell that was not set, must not count as no option.
void refuse_empty(const CLI::App& verb) {
  for (const CLI::Option* option : verb.get_options()) {
    const std::string name = option->get_name();
    if (name == "--missing" || name == "--open") continue;  // codes of a file
    for (const std::string& text : option->results())
      if (text.empty()) throw UsageError("found nothing behind " + name + "; expected a value, or not the option");
  }
}

int run(int argc, const char* const* argv) {
  CLI::App app("rungs: occupational career-path mobility. Who climbs, who leaves, and what a programme changes.",
               "rungs");
  app.set_version_flag("--version", std::string("rungs ") + version);
  app.require_subcommand(1);
  app.footer(
      "Examples:\n"
      "  rungs estimate --table glass.csv --ladder \"Unskilled < Skilled < Supervisory < Managerial < Professional\"\n"
      "  rungs measure --table glass.csv --ladder ladder.toml --from Unskilled --reach \"Managerial+\" --within 3\n"
      "  rungs test --panel males.csv --id nr --time year --state occupation --ladder ladder.toml\n"
      "  rungs evaluate scenario.toml\n"
      "  rungs allocate scenario.toml\n"
      "Exit status: 0 success, 1 internal failure, 2 wrong usage, 3 bad input or refused question.\n"
      "More: rungs VERB --help");

  ScenarioCommand allocation, evaluation;
  EstimateCommand estimation;
  MeasureCommand measurement;
  TestCommand tested;
  CompletionCommand completion;
  const CommonOptions none;
  const std::vector<std::tuple<CLI::App*, const CommonOptions*, std::function<void()>>> verbs{
      {setup_evaluate(app, evaluation), &evaluation.common, [&] { run_evaluate(evaluation); }},
      {setup_allocate(app, allocation), &allocation.common, [&] { run_allocate(allocation); }},
      {setup_estimate(app, estimation), &estimation.common, [&] { run_estimate(estimation); }},
      {setup_measure(app, measurement), &measurement.common, [&] { run_measure(measurement); }},
      {setup_test(app, tested), &tested.common, [&] { run_test(tested); }},
      {setup_completion(app, completion), &none, [&] { run_completion(app); }},
  };
  const auto color = [&] {
    for (const auto& [verb, common, work] : verbs)
      if (verb->parsed()) return common->color;
    return Color::automatic;
  };
  try {
    app.parse(argc, argv);
    for (const auto& [verb, common, work] : verbs)
      if (verb->parsed()) refuse_empty(*verb);
    for (const auto& [verb, common, work] : verbs)
      if (verb->parsed()) work();
    return static_cast<int>(Exit::success);
  } catch (const CLI::CallForVersion& e) {
    write_stdout(std::string(e.what()) + "\n");
    return static_cast<int>(Exit::success);
  } catch (const CLI::CallForHelp&) {
    write_stdout(app.help());
    return static_cast<int>(Exit::success);
  } catch (const CLI::ParseError& e) {
    return static_cast<int>(report(std::make_exception_ptr(UsageError(wrong(app, e, argc, argv))), color()));
  } catch (...) {
    return static_cast<int>(report(std::current_exception(), color()));
  }
}

}  // namespace

}  // namespace rungs::cli

int main(int argc, char** argv) {
  try {
    return rungs::cli::run(argc, argv);
  } catch (...) {
    return static_cast<int>(rungs::cli::report(std::current_exception(), rungs::cli::Color::automatic));
  }
}
