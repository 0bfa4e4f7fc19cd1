// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include "common.hpp"

#include <fmt/core.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <new>
#include <random>
#include <system_error>
#include <type_traits>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace rungs::cli {

namespace fs = std::filesystem;

// --- options
// -----------------------------------------------------------------------------------------------------------

CLI::Option* add_choice(CLI::App& app, const std::string& names, const std::vector<std::string>& words,
                        const std::function<void(std::size_t)>& chosen, const std::string& help) {
  std::string type;
  for (const std::string& word : words) type += (type.empty() ? "" : "|") + word;
  const std::function<void(const std::string&)> choose = [names, words, chosen](const std::string& text) {
    const auto at = std::find(words.begin(), words.end(), text);
    if (at == words.end()) {
      const std::string near = rungs::detail::nearest_name(text, words);
      throw CLI::ValidationError(
          names, "found " + rungs::detail::quoted(text) + "; expected one of " + rungs::detail::listed(words) +
                     (near.empty() ? "" : "; did you mean " + rungs::detail::quoted(near) + "?"));
    }
    chosen(static_cast<std::size_t>(at - words.begin()));
  };
  return app.add_option_function<std::string>(names, choose, help)->type_name(type);
}

namespace {

/// An option of a number that from_chars reads whole: no octal, no hexadecimal, nothing that wraps.
template <class T>
CLI::Option* add_digits(CLI::App& app, const std::string& names, const std::function<void(T)>& given,
                        const std::string& help) {
  const std::function<void(const std::string&)> read = [names, given](const std::string& text) {
    T x{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), x);
    if (error != std::errc() || end != text.data() + text.size())
      throw CLI::ValidationError(names, "found " + rungs::detail::quoted(text) + "; expected a whole number" +
                                            (std::is_unsigned_v<T> ? " from 0 to 18446744073709551615" : ""));
    given(x);
  };
  return app.add_option_function<std::string>(names, read, help)->type_name("N");
}

}  // namespace

CLI::Option* add_whole(CLI::App& app, const std::string& names, const std::function<void(std::int64_t)>& given,
                       const std::string& help) {
  return add_digits<std::int64_t>(app, names, given, help);
}

CLI::Option* add_seed(CLI::App& app, const std::string& names, const std::function<void(std::uint64_t)>& given,
                      const std::string& help) {
  return add_digits<std::uint64_t>(app, names, given, help);
}

std::vector<std::string> items_of(const std::string& option, std::string_view text) {
  std::vector<std::string> out;
  for (;;) {
    const std::size_t first = std::min(text.find_first_not_of(" \t"), text.size());
    const bool quoted = first < text.size() && text[first] == '"';
    const std::size_t close = quoted ? text.find('"', first + 1) : first;
    if (close == std::string_view::npos)
      throw UsageError(option + ": found a quote that does not close in " + rungs::detail::quoted(text) +
                       "; expected a name between two quotes");
    const std::size_t comma = text.find(',', close);
    if (quoted) {
      if (!rungs::detail::trimmed(text.substr(close + 1, comma == std::string_view::npos ? comma : comma - close - 1))
               .empty())
        throw UsageError(option + ": found text beside a quoted name in " + rungs::detail::quoted(text) +
                         "; expected nothing but the name between two quotes");
      out.emplace_back(text.substr(first + 1, close - first - 1));
    } else {
      out.emplace_back(rungs::detail::trimmed(text.substr(0, comma)));
    }
    if (comma == std::string_view::npos) return out;
    text.remove_prefix(comma + 1);
  }
}

void setup_common(CLI::App& verb, CommonOptions& options) {
  add_choice<Format>(verb, "--format", options.format,
                     {{"table", Format::table}, {"csv", Format::csv}, {"json", Format::json}},
                     "how results are written (default: table)")
      ->group("Results");
  verb.add_option("-o,--output", options.output,
                  "write results to this file, whole or not at all (default: standard output)")
      ->type_name("FILE")
      ->group("Results");
  verb.add_flag("--force", options.force, "replace the output file if it exists")->group("Results");
  verb.add_option("--level", options.level,
                  "probability that intervals are meant to hold the truth with (default: 0.95)")
      ->type_name("NUMBER")
      ->group("Results");
  add_whole(
      verb, "--draws", [&options](std::int64_t x) { options.draws = x; },
      "joint worlds drawn behind each interval (default: 2000)")
      ->group("Results");
  add_seed(
      verb, "--seed", [&options](std::uint64_t x) { options.seed = x; },
      "names the random numbers; without one the program picks one and says it")
      ->envname("RUNGS_SEED")
      ->group("Results");
  add_whole(
      verb, "--threads", [&options](std::int64_t x) { options.threads = x; },
      "threads at most, 0 = all; results never depend on it (default: 0)")
      ->group("Running");
  verb.add_flag("-q,--quiet", options.quiet, "no progress on the terminal; warnings are always shown")
      ->group("Running");
  add_choice<Color>(verb, "--color", options.color,
                    {{"auto", Color::automatic}, {"always", Color::always}, {"never", Color::never}},
                    "colours on a terminal (default: auto; NO_COLOR is obeyed)")
      ->group("Running");
}

void check_common(const CommonOptions& options) {
  const auto range = [](const char* name, std::int64_t found, std::int64_t least, std::int64_t most) {
    if (found < least || found > most)
      throw DomainError("E-CFG-RANGE",
                        fmt::format("found {} {}; expected a whole number from {} to {}", name, found, least, most),
                        static_cast<double>(found));
  };
  range("--threads", options.threads, 0, 100'000);
  range("--draws", options.draws, 2, 10'000'000);
  (void)options.interval_level();
}

Seed resolve_seed(const CommonOptions& options, std::vector<Diagnostic>& warnings) {
  if (options.seed) return Seed(*options.seed);
  const std::uint64_t picked = std::random_device()();
  warnings.push_back(warning(
      "W-SEED", fmt::format("no --seed was given: this run used {0}; --seed {0} gives the same numbers", picked)));
  return Seed(picked);
}

// --- warnings and errors
// -----------------------------------------------------------------------------------------------

Diagnostic warning(std::string code, std::string message) {
  return {Diagnostic::Severity::warning, std::move(code), {}, std::move(message), {}, {}};
}

Diagnostic warning(const Warning& known) { return warning(known.code, known.message); }

Warning stored(const Diagnostic& known) {
  std::string message = known.where.text();
  if (!message.empty()) message += ": ";
  message += known.found;
  if (!known.expected.empty()) message += "; " + known.expected;
  if (!known.hint.empty()) message += "; " + known.hint;
  return {known.code, std::move(message)};
}

namespace {

bool colored(Color color, int file) {
  if (color != Color::automatic) return color == Color::always;
  const char* off = std::getenv("NO_COLOR");
  return (off == nullptr || *off == '\0') && ::isatty(file) == 1;
}

void print_error_line(std::string_view text) {
  const std::string line = std::string(text) + "\n";
  (void)std::fwrite(line.data(), 1, line.size(), stderr);
}

/// One line on standard error, with the word "error:" or "warning:" painted where colours are wanted.
void print(const Diagnostic& d, Color color) {
  std::string text = d.text();
  const std::string_view word = d.severity == Diagnostic::Severity::error ? "error:" : "warning:";
  const std::string place = d.where.text();
  if (place.empty()) text = "rungs: " + text;
  text = printable(text);
  if (colored(color, STDERR_FILENO)) {
    const std::size_t at = text.find(word, place.empty() ? 0 : printable(place).size());
    if (at != std::string::npos) {
      text.insert(at + word.size(), "\x1b[0m");
      text.insert(at, d.severity == Diagnostic::Severity::error ? "\x1b[1;31m" : "\x1b[1;35m");
    }
  }
  print_error_line(text);
}

Diagnostic failure(std::string code, std::string words) {
  return {Diagnostic::Severity::error, std::move(code), {}, std::move(words), {}, {}};
}

/// An error of the library as a diagnostic.
Diagnostic diagnostic(const Error& e) { return failure(e.code(), e.message()); }

}  // namespace

bool colored_stdout(const CommonOptions& options) {
  return colored(options.color, STDOUT_FILENO) && options.output.empty();
}

void print_warnings(const std::vector<Diagnostic>& warnings, const CommonOptions& options) {
  std::vector<std::string> said;
  for (const Diagnostic& d : warnings) {
    if (std::find(said.begin(), said.end(), d.text()) != said.end()) continue;
    print(d, options.color);
    said.push_back(d.text());
  }
}

Exit report(const std::exception_ptr& error, Color color) {
  try {
    std::rethrow_exception(error);
  } catch (const InputError& e) {
    for (const Diagnostic& d : e.problems()) print(d, color);
    if (e.problems().empty()) print(diagnostic(e), color);
    return Exit::input;
  } catch (const Error& e) {
    print(diagnostic(e), color);
    return Exit::input;
  } catch (const UsageError& e) {
    print(failure("E-USAGE", e.what()), color);
    return Exit::usage;
  } catch (const std::bad_alloc&) {
    print(failure("E-MEM", "not enough memory"), color);
    return Exit::failure;
  } catch (const std::exception& e) {
    print(failure("E-INTERNAL", std::string("a fault of the program: ") + e.what()), color);
    return Exit::failure;
  } catch (...) {
    print(failure("E-INTERNAL", "a fault of the program"), color);
    return Exit::failure;
  }
}

// --- output
// ------------------------------------------------------------------------------------------------------------

namespace {

[[noreturn]] void refuse_output(const std::string& path, int error) {
  throw Error("E-IO", "cannot write " + rungs::detail::quoted(path) + ": " + std::system_category().message(error) +
                          "; expected a place that can be written to");
}

/// Where a path leads when it is a symbolic link, so that the link stays.
std::string target_of(const std::string& path) {
  std::error_code error;
  if (!fs::is_symlink(path, error)) return path;
  const fs::path target = fs::weakly_canonical(path, error);
  return error ? path : target.string();
}

std::string folder_of(const std::string& path) {
  const fs::path parent = fs::path(path).parent_path();
  return parent.empty() ? "." : parent.string();
}

/// Whether what stands at a path is no plain file: a terminal, a pipe, /dev/null. Such are written to as they are.
bool is_special(const std::string& path) {
  struct stat about {};
  return ::stat(path.c_str(), &about) == 0 && !S_ISREG(about.st_mode) && !S_ISDIR(about.st_mode);
}

void write_all(int file, std::string_view text, const std::string& path) {
  while (!text.empty()) {
    const ::ssize_t n = ::write(file, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) refuse_output(path, errno);
    text.remove_prefix(static_cast<std::size_t>(n));
  }
}

/// A file being written; what is not kept is removed.
class Draft {
 public:
  explicit Draft(const std::string& target)
      : target_(target), name_(target + ".XXXXXX"), file_(::mkostemp(name_.data(), O_CLOEXEC)) {
    if (file_ < 0) refuse_output(target_, errno);
  }
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;
  ~Draft() {
    if (file_ >= 0) ::close(file_);
    if (!kept_) ::unlink(name_.c_str());
  }
  void write(std::string_view text) const { write_all(file_, text, target_); }
  void keep() {
    // mkstemp lets nobody else read: give the rights of the old file, or those of any new one.
    struct stat old {};
    mode_t mode = 0;
    if (::stat(target_.c_str(), &old) == 0) {
      mode = old.st_mode & 07777U;
    } else {
      const mode_t mask = ::umask(0);
      ::umask(mask);
      mode = 0666U & ~mask;
    }
    (void)::fchmod(file_, mode);
    if (::fsync(file_) != 0 && errno != EINVAL) refuse_output(target_, errno);
    const int closed = ::close(file_);
    file_ = -1;
    if (closed != 0) refuse_output(target_, errno);
    if (::rename(name_.c_str(), target_.c_str()) != 0) refuse_output(target_, errno);
    kept_ = true;
    const int folder = ::open(folder_of(target_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder >= 0) {
      (void)::fsync(folder);
      ::close(folder);
    }
  }

 private:
  std::string target_, name_;
  int file_;
  bool kept_ = false;
};

}  // namespace

Output::Output(const CommonOptions& options, const std::vector<std::string>& inputs) {
  if (options.output.empty() || options.output == "-") return;
  path_ = target_of(options.output);
  std::error_code error;
  for (const std::string& input : inputs)
    if (input != "-" && fs::equivalent(input, path_, error) && !error)
      throw Error("E-OUT-SAME", "found the output " + rungs::detail::quoted(options.output) + " to be the input " +
                                    rungs::detail::quoted(input) + "; expected another file");
  if (is_special(path_)) return;
  if (fs::is_directory(path_, error)) refuse_output(options.output, EISDIR);
  if (fs::is_regular_file(path_, error) && fs::file_size(path_, error) > 0 && !options.force)
    throw Error("E-OUT-EXISTS", "found a file at the output " + rungs::detail::quoted(options.output) +
                                    "; expected none, or --force to replace it");
  { const Draft possible(path_); }  // whether a file can be made there, and gone again
}

void Output::write(std::string_view text) const {
  if (is_file())
    write_file(path_, text);
  else
    write_stdout(text);
}

void write_stdout(std::string_view text) { write_all(STDOUT_FILENO, text, "standard output"); }

void write_file(const std::string& path, std::string_view text) {
  if (is_special(path)) {
    const int file = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (file < 0) refuse_output(path, errno);
    try {
      write_all(file, text, path);
    } catch (...) {
      ::close(file);
      throw;
    }
    if (::close(file) != 0) refuse_output(path, errno);
    return;
  }
  Draft draft(path);
  draft.write(text);
  draft.keep();
}

std::string printable(std::string_view text) {
  std::string out;
  const auto byte = [&text](std::size_t k) { return k < text.size() ? static_cast<unsigned char>(text[k]) : 0U; };
  for (std::size_t k = 0; k < text.size();) {
    const unsigned a = byte(k);
    std::size_t length = a < 0x80                ? 1
                         : a >= 0xC2 && a < 0xE0 ? 2
                         : a >= 0xE0 && a < 0xF0 ? 3
                         : a >= 0xF0 && a < 0xF5 ? 4
                                                 : 0;
    for (std::size_t i = 1; i < length; ++i)
      if ((byte(k + i) & 0xC0U) != 0x80U) length = 0;
    const unsigned b = byte(k + 1);
    if (length == 3 && ((a == 0xE0 && b < 0xA0) || (a == 0xED && b > 0x9F))) length = 0;
    if (length == 4 && ((a == 0xF0 && b < 0x90) || (a == 0xF4 && b > 0x8F))) length = 0;
    const bool obeyed =
        (length == 1 && ((a < 0x20 && a != '\n') || a == 0x7F)) || (length == 2 && a == 0xC2 && b < 0xA0);
    if (length == 0 || obeyed) {
      const std::size_t shown = std::max<std::size_t>(1, length);
      for (std::size_t i = 0; i < shown; ++i) out += fmt::format("\\x{:02X}", byte(k + i));
      k += shown;
    } else {
      out += text.substr(k, length);
      k += length;
    }
  }
  return out;
}

// --- progress
// ----------------------------------------------------------------------------------------------------------

Progress::Progress(const CommonOptions& options, std::string what, std::size_t total)
    : what_(std::move(what)),
      total_(total),
      wanted_(!options.quiet && ::isatty(STDERR_FILENO) == 1),
      next_(std::chrono::steady_clock::now() + std::chrono::seconds(1)) {}

Progress::~Progress() {
  if (shown_) (void)std::fputs("\r\x1b[K", stderr);
}

void Progress::tick() {
  ++done_;
  if (!wanted_ || total_ == 0) return;
  const auto now = std::chrono::steady_clock::now();
  if (now < next_) return;
  next_ = now + std::chrono::milliseconds(200);
  shown_ = true;
  const std::string line = fmt::format("\r{} {} %", what_, std::min<std::size_t>(100, 100 * done_ / total_));
  (void)std::fputs(line.c_str(), stderr);
}

}  // namespace rungs::cli
