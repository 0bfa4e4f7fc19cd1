// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_CLI_COMMON_HPP
#define RUNGS_CLI_COMMON_HPP

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rungs/core/error.hpp>
#include <rungs/core/ladder.hpp>
#include <rungs/core/quantity.hpp>
#include <rungs/core/random.hpp>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace rungs::cli {

/// How the program ends.
enum class Exit : int {
  success = 0,
  failure = 1,  ///< a fault of the program or the machine
  usage = 2,    ///< the command line is wrong
  input = 3,    ///< the data are wrong, or the question is refused
};

/// The command line is wrong in a way that its grammar does not show; ends in Exit::usage.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

enum class Format : std::uint8_t { table, csv, json };
enum class Color : std::uint8_t { automatic, always, never };

/// The options that every verb has.
struct CommonOptions {
  Format format = Format::table;
  std::string output{};  ///< empty or "-": standard output
  bool force = false;    ///< whether an existing output file is replaced
  std::optional<std::uint64_t> seed{};
  std::int64_t threads = 0;  ///< 0: all there are
  double level = 0.95;
  std::int64_t draws = 2000;
  bool quiet = false;
  Color color = Color::automatic;

  /// Throws DomainError [E-LEVEL].
  [[nodiscard]] Level interval_level() const { return Level(level); }
  [[nodiscard]] std::size_t number_of_draws() const { return static_cast<std::size_t>(draws); }
};

/// What stands between commas, without the blanks around it; or within double quotes, where it may hold a comma.
///
/// Throws UsageError, of the `option`, for quotes that do not close or have text beside them.
[[nodiscard]] std::vector<std::string> items_of(const std::string& option, std::string_view text);
/// Looks up what an option names, such that an error says of which option.
template <class Look>
auto of_option(const char* option, const Look& look) {
  try {
    return look();
  } catch (const Error& e) {
    throw Refusal(e.code(), std::string(option) + ": " + e.message());
  }
}

/// Where a name may have been cut at a comma.
constexpr const char* comma_words = "a name with a comma stands in double quotes";

/// Declares the common options on a verb.
void setup_common(CLI::App& verb, CommonOptions& options);

/// Throws DomainError [E-CFG-RANGE] or [E-LEVEL] for a number of threads or draws, or a level, out of range.
void check_common(const CommonOptions& options);

/// A file that was read, with the SHA-256 of its bytes.
struct InputFile {
  std::string file{};
  std::string sha256{};
};

/// The seed of this run: the one given, or one picked now, which is then said in a warning [W-SEED].
[[nodiscard]] Seed resolve_seed(const CommonOptions& options, std::vector<Diagnostic>& warnings);

/// A warning without a place, for the list that a verb prints and stores.
[[nodiscard]] Diagnostic warning(std::string code, std::string message);
[[nodiscard]] Diagnostic warning(const Warning& known);
/// The same as it is stored: code, and place and words in one message.
[[nodiscard]] Warning stored(const Diagnostic& known);

/// Where a result goes. Made before any work, so that a place that cannot be written to is refused first; then written
/// to at most once: standard output, or a temporary file that takes the place of the old one when it is complete.
class Output {
 public:
  /// Throws Error [E-IO] when nothing can be written there, [E-OUT-SAME] when it is one of the inputs, [E-OUT-EXISTS]
  /// when it exists, is not empty, and `force` was not given.
  Output(const CommonOptions& options, const std::vector<std::string>& inputs);
  /// Throws Error [E-IO] with the system's words; then an old file is as it was.
  void write(std::string_view text) const;
  [[nodiscard]] bool is_file() const noexcept { return !path_.empty(); }
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  std::string path_{};  // empty: standard output
};

/// Writes to standard output. Throws Error [E-IO].
void write_stdout(std::string_view text);
/// Puts a whole file in its place, or leaves everything as it was. Throws Error [E-IO].
void write_file(const std::string& path, std::string_view text);

/// Text that is safe on a terminal: bytes that it would obey, and bytes that are not UTF-8, are shown as \xNN.
[[nodiscard]] std::string printable(std::string_view text);
/// Whether results may be coloured.
[[nodiscard]] bool colored_stdout(const CommonOptions& options);

/// Says warnings on standard error, each once; -q does not silence them.
void print_warnings(const std::vector<Diagnostic>& warnings, const CommonOptions& options);

/// Says on standard error what went wrong, and gives the exit status that stands for it.
[[nodiscard]] Exit report(const std::exception_ptr& error, Color color);

/// How far a long computation is: shown on standard error after a second, only on a terminal, and not with -q.
class Progress {
 public:
  Progress(const CommonOptions& options, std::string what, std::size_t total);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress();
  void tick();

 private:
  std::string what_;
  std::size_t total_, done_ = 0;
  bool shown_ = false, wanted_;
  std::chrono::steady_clock::time_point next_;
};

/// An option whose value is one of some words.
CLI::Option* add_choice(CLI::App& app, const std::string& names, const std::vector<std::string>& words,
                        const std::function<void(std::size_t)>& chosen, const std::string& help);

/// As above, for an enumeration.
template <class E>
CLI::Option* add_choice(CLI::App& app, const std::string& names, E& value,
                        const std::vector<std::pair<std::string, E>>& choices, const std::string& help) {
  std::vector<std::string> words;
  for (const auto& choice : choices) words.push_back(choice.first);
  return add_choice(
      app, names, words, [&value, choices](std::size_t k) { value = choices[k].second; }, help);
}

/// An option whose value is a whole number, written in decimal digits.
CLI::Option* add_whole(CLI::App& app, const std::string& names, const std::function<void(std::int64_t)>& given,
                       const std::string& help);
/// As above, without a sign and up to 2^64 - 1.
CLI::Option* add_seed(CLI::App& app, const std::string& names, const std::function<void(std::uint64_t)>& given,
                      const std::string& help);

}  // namespace rungs::cli

#endif
