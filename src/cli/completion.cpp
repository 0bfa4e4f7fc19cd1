// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include "completion.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace rungs::cli {

CLI::App* setup_completion(CLI::App& app, CompletionCommand& command) {
  CLI::App* verb = app.add_subcommand("completion", "print a script that completes commands in a shell");
  verb->footer("Example:\n  rungs completion bash > ~/.local/share/bash-completion/completions/rungs");
  add_choice(
      *verb, "shell", {"bash"}, [&command](std::size_t) { command.shell = "bash"; }, "the shell")
      ->required();
  return verb;
}

namespace {

/// The names of an option as they are typed, or nothing for one that is not shown.
std::vector<std::string> typed(const CLI::Option& option) {
  std::vector<std::string> out;
  if (option.get_group().empty()) return out;
  for (const std::string& name : option.get_snames()) out.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) out.push_back("--" + name);
  return out;
}

/// The words an option may be given, read off its type: "table|csv|json".
std::vector<std::string> words(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  std::vector<std::string> out(1);
  for (const char c : type) {
    if (c == '|')
      out.emplace_back();
    else if ((c >= 'a' && c <= 'z') || c == ':' || c == '-')
      out.back() += c;
    else if (c >= 'A' && c <= 'Z' && !out.back().empty() && out.back().back() == ':')
      continue;
    else
      return {};
  }
  return out.size() > 1 ? out : std::vector<std::string>{};
}

}  // namespace

void run_completion(const CLI::App& app) {
  std::vector<std::string> verbs, files;
  std::string options, values;
  for (const CLI::App* verb : app.get_subcommands({})) {
    verbs.push_back(verb->get_name());
    std::vector<std::string> names;
    for (const CLI::Option* option : verb->get_options()) {
      const std::vector<std::string> own = typed(*option);
      names.insert(names.end(), own.begin(), own.end());
      for (const std::string& name : own) {
        if (option->get_type_name().find("FILE") != std::string::npos) files.push_back(name);
        const std::vector<std::string> choice = words(*option);
        const std::string line = fmt::format("    {}) COMPREPLY=($(compgen -W '{}' -- \"$current\")); return ;;\n",
                                             name, fmt::join(choice, " "));
        // Of an option with more words in one verb, the first verb that has them counts: estimate.
        if (!choice.empty() && values.find("    " + name + ") ") == std::string::npos) values += line;
      }
      if (own.empty() && !option->get_group().empty()) {  // what stands without a name: a word of a choice, or a file
        const std::vector<std::string> choice = words(*option);
        if (!choice.empty())
          names.insert(names.end(), choice.begin(), choice.end());
        else if (option->get_type_name() == "bash")
          names.emplace_back("bash");
      }
    }
    options += fmt::format("    {}) words='{}' ;;\n", verb->get_name(), fmt::join(names, " "));
  }
  std::sort(files.begin(), files.end());
  files.erase(std::unique(files.begin(), files.end()), files.end());
  write_stdout(
      fmt::format("# SPDX-FileCopyrightText: 2026 The Rungs authors\n"
                  "# SPDX-License-Identifier: BSL-1.0\n"
                  "# Completion of rungs in bash; printed by: rungs completion bash\n"
                  "_rungs() {{\n"
                  "  local current=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD - 1]}} words\n"
                  "  COMPREPLY=()\n"
                  "  if ((COMP_CWORD == 1)); then\n"
                  "    COMPREPLY=($(compgen -W '{} --help --version' -- \"$current\"))\n"
                  "    return\n"
                  "  fi\n"
                  "  case $previous in\n"
                  "{}"
                  "    {}) compopt -o default; return ;;\n"
                  "  esac\n"
                  "  case ${{COMP_WORDS[1]}} in\n"
                  "{}"
                  "    *) words='' ;;\n"
                  "  esac\n"
                  "  if [[ $current == -* || ${{COMP_WORDS[1]}} == completion ]]; then\n"
                  "    COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
                  "  else\n"
                  "    compopt -o default\n"
                  "  fi\n"
                  "}}\n"
                  "complete -F _rungs rungs\n",
                  fmt::join(verbs, " "), values, fmt::join(files, "|"), options));
}

}  // namespace rungs::cli
