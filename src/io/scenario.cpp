// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/io/scenario.hpp>

#include <charconv>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <system_error>

// Text that is not TOML is an error of the file, in every build: never an assertion of the parser.
#define TOML_ASSERT(expression) static_cast<void>(0)
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include <rungs/estimate/hidden_groups.hpp>

#include "allocation.hpp"
#include "values.hpp"
#include "words.hpp"

namespace rungs::io {
namespace {

constexpr std::size_t cap = 20;

/// Reads tables of one file and collects what is wrong with them.
class Reader {
 public:
  explicit Reader(std::string file) : file_(std::move(file)) {}

  [[nodiscard]] Location at(const toml::source_region& region) const {
    return {file_, region.begin.line, region.begin.column};
  }
  [[nodiscard]] Location at(const toml::node& node) const { return at(node.source()); }

  void fail(const Location& where, std::string code, std::string found, std::string expected, std::string hint = {}) {
    if (problems_.size() < cap)
      problems_.push_back({Diagnostic::Severity::error, std::move(code), where, std::move(found), std::move(expected),
                           std::move(hint)});
  }
  /// Refuses a name that would break the lines of a table.
  void on_one_line(const std::string& name, const Location& where, const char* of) {
    if (const std::string which = detail::breaks_lines(name); !which.empty())
      fail(where, "E-CFG-RANGE", "found the character " + which + " in the name " + detail::shown(name) + " of " + of,
           "expected a name without characters that break the line or turn the direction of writing");
  }
  void warn(const Location& where, std::string code, std::string found, std::string expected) {
    warnings_.push_back(
        {Diagnostic::Severity::warning, std::move(code), where, std::move(found), std::move(expected), {}});
  }
  [[nodiscard]] bool failed() const { return !problems_.empty(); }
  void finish() {
    if (problems_.empty()) return;
    std::stable_sort(problems_.begin(), problems_.end(), [](const Diagnostic& a, const Diagnostic& b) {
      return a.where.line != b.where.line ? a.where.line < b.where.line : a.where.column < b.where.column;
    });
    throw InputError(problems_);
  }
  [[nodiscard]] std::vector<Diagnostic>& warnings() { return warnings_; }

  /// Runs something that checks its arguments; an error becomes a problem at a place in the file.
  template <class Make>
  auto checked(const Location& where, const Make& make, const char* code = nullptr) -> std::optional<decltype(make())> {
    try {
      return make();
    } catch (const InputError& e) {
      for (const Diagnostic& d : e.problems()) fail(where, d.code, d.found, d.expected, d.hint);
    } catch (const Error& e) {
      const std::string text = e.message();
      const std::size_t cut = text.find("; ");
      fail(where, code != nullptr ? code : e.code(), text.substr(0, cut),
           cut == std::string::npos ? "" : text.substr(cut + 2));
    }
    return std::nullopt;
  }

  /// Every key of a table must be known.
  void only(const toml::table& table, const std::vector<std::string>& known, const std::string& of) {
    for (const auto& [key, value] : table) {
      const std::string name(key.str());
      if (std::find(known.begin(), known.end(), name) != known.end()) continue;
      std::string near = rungs::detail::nearest_name(name, known);
      for (const std::string& other : known)
        if (near.empty() && name.size() > 2 && (other.starts_with(name) || name.starts_with(other))) near = other;
      fail(at(key.source()), "E-CFG-KEY", "found the unknown key " + rungs::detail::quoted(name) + " in " + of,
           "expected one of " + rungs::detail::listed(known),
           near.empty() ? "" : "did you mean " + rungs::detail::quoted(near) + "?");
    }
  }

  [[nodiscard]] static std::string kind(const toml::node& node) {
    std::ostringstream out;
    out << node.type();
    const std::string type = out.str();
    return type == "integer"          ? "a whole number"
           : type == "floating-point" ? "a number"
           : type == "boolean"        ? "true or false"
           : type == "string"         ? "text"
           : type == "table"          ? "a table"
           : type == "array"          ? "a list"
                                      : "a date or time";
  }
  void wrong_type(const toml::node& node, const std::string& key, const char* expected) {
    fail(at(node), "E-CFG-TYPE", "found " + kind(node) + " for " + rungs::detail::quoted(key),
         std::string("expected ") + expected);
  }

  [[nodiscard]] std::optional<double> number(const toml::table& table, const std::string& key, double low, double high,
                                             const char* range, bool open_low = false) {
    const toml::node* node = table.get(key);
    if (node == nullptr) return std::nullopt;
    if (!node->is_number()) {
      wrong_type(*node, key, "a number");
      return std::nullopt;
    }
    const double x = *node->value<double>();
    if (!(x <= high && (open_low ? x > low : x >= low))) {
      fail(at(*node), "E-CFG-RANGE", "found " + rungs::detail::text(x) + " for " + rungs::detail::quoted(key),
           std::string("expected ") + range);
      return std::nullopt;
    }
    return x;
  }
  /// As above, a yearly rate: one above 1 is told, since 3 is 300 % a year.
  [[nodiscard]] std::optional<double> yearly_rate(const toml::table& table, const std::string& key, double low,
                                                  double high, const char* range) {
    const auto rate = number(table, key, low, high, range);
    if (rate && *rate > 1)
      warn(at(*table.get(key)), "W-RATE",
           "found " + rungs::detail::text(*rate) + " for " + rungs::detail::quoted(key) + ", which is " +
               rungs::detail::text(100 * *rate) + " % a year",
           "expected " + rungs::detail::text(*rate / 100) + ", if " + rungs::detail::text(*rate) + " % is meant");
    return rate;
  }
  [[nodiscard]] std::optional<std::int64_t> whole(const toml::node& node, const std::string& key, std::int64_t low,
                                                  std::int64_t high, const char* range) {
    if (!node.is_integer()) {
      wrong_type(node, key, "a whole number");
      return std::nullopt;
    }
    const std::int64_t x = *node.value<std::int64_t>();
    if (x < low || x > high) {
      fail(at(node), "E-CFG-RANGE", "found " + std::to_string(x) + " for " + rungs::detail::quoted(key),
           std::string("expected ") + range);
      return std::nullopt;
    }
    return x;
  }
  [[nodiscard]] std::optional<std::int64_t> whole(const toml::table& table, const std::string& key, std::int64_t low,
                                                  std::int64_t high, const char* range) {
    const toml::node* node = table.get(key);
    return node == nullptr ? std::nullopt : whole(*node, key, low, high, range);
  }
  [[nodiscard]] std::optional<std::string> text(const toml::table& table, const std::string& key,
                                                const std::vector<std::string>& allowed = {}) {
    const toml::node* node = table.get(key);
    if (node == nullptr) return std::nullopt;
    if (!node->is_string()) {
      wrong_type(*node, key, "text in quotes");
      return std::nullopt;
    }
    std::string out = *node->value<std::string>();
    if (!allowed.empty() && std::find(allowed.begin(), allowed.end(), out) == allowed.end()) {
      fail(at(*node), "E-CFG-RANGE", "found " + rungs::detail::quoted(out) + " for " + rungs::detail::quoted(key),
           "expected one of " + rungs::detail::listed(allowed));
      return std::nullopt;
    }
    return out;
  }
  [[nodiscard]] std::optional<bool> flag(const toml::table& table, const std::string& key) {
    const toml::node* node = table.get(key);
    if (node == nullptr) return std::nullopt;
    if (!node->is_boolean()) {
      wrong_type(*node, key, "true or false");
      return std::nullopt;
    }
    return *node->value<bool>();
  }
  [[nodiscard]] const toml::table* table(const toml::table& parent, const std::string& key, bool required = false) {
    const toml::node* node = parent.get(key);
    if (node == nullptr) {
      if (required) fail({file_, 1, 1}, "E-CFG-KEY", "found no [" + key + "]", "expected it in the scenario");
      return nullptr;
    }
    if (!node->is_table()) {
      wrong_type(*node, key, "a table");
      return nullptr;
    }
    return node->as_table();
  }
  /// A text or a list of texts, each with its place.
  [[nodiscard]] std::vector<std::pair<std::string, Location>> texts(const toml::node& node, const std::string& key) {
    std::vector<std::pair<std::string, Location>> out;
    if (node.is_string())
      out.emplace_back(*node.value<std::string>(), at(node));
    else if (const toml::array* list = node.as_array()) {
      for (const toml::node& item : *list) {
        if (item.is_string())
          out.emplace_back(*item.value<std::string>(), at(item));
        else
          wrong_type(item, key, "text in quotes");
      }
    } else {
      wrong_type(node, key, "text in quotes, or a list of such");
    }
    return out;
  }
  /// Strata named by one text or a list: strata, named sets, `X+`.
  [[nodiscard]] std::optional<StratumSet> strata(const Ladder& ladder, const toml::node& node, const std::string& key,
                                                 std::string* words = nullptr) {
    std::vector<std::size_t> members;
    bool ok = true;
    for (const auto& [name, where] : texts(node, key)) {
      if (words != nullptr) *words += (words->empty() ? "" : ", ") + name;
      const auto set = checked(where, [&, &text = name] { return ladder.select(text); });
      if (set) members.insert(members.end(), set->indices().begin(), set->indices().end());
      ok = ok && set.has_value();
    }
    if (node.is_array() && node.as_array()->empty())
      fail(at(node), "E-CFG-RANGE", "found no stratum for " + rungs::detail::quoted(key), "expected at least one");
    if (!ok || members.empty()) return std::nullopt;
    return ladder.set_of(members);
  }

  [[nodiscard]] std::optional<double> years(const toml::table& table, const std::string& key) {
    return number(table, key, 0, 1000, "a number of years from 0 to 1000");
  }
  /// Two numbers in a list.
  [[nodiscard]] std::optional<std::pair<double, double>> two_numbers(const toml::node& node, const std::string& key,
                                                                     const char* expected) {
    const toml::array* list = node.as_array();
    if (list == nullptr || list->size() != 2 || !(*list)[0].is_number() || !(*list)[1].is_number()) {
      wrong_type(node, key, expected);
      return std::nullopt;
    }
    return std::pair{*(*list)[0].value<double>(), *(*list)[1].value<double>()};
  }
  /// The key `years`, [first, last], or `periods`, which means the same where a step is not as many units as years.
  [[nodiscard]] std::optional<std::pair<std::int64_t, std::int64_t>> first_and_last(const toml::table& table) {
    const bool in_years = table.contains("years");
    const std::string key = in_years ? "years" : "periods";
    const toml::node* node = table.get(key);
    if (node == nullptr) return std::nullopt;
    if (in_years) years_where_.push_back(at(*node));
    if (in_years && table.contains("periods"))
      fail(at(*table.get("periods")), "E-CFG-KEY", "found 'periods' beside 'years'", "expected one of them");
    const toml::array* list = node->as_array();
    if (list == nullptr || list->size() != 2 || !(*list)[0].is_integer() || !(*list)[1].is_integer()) {
      wrong_type(*node, key, in_years ? "two whole years, [first, last]" : "two whole periods, [first, last]");
      return std::nullopt;
    }
    const std::pair out{*(*list)[0].value<std::int64_t>(), *(*list)[1].value<std::int64_t>()};
    if (out.first > out.second)
      fail(at(*node), "E-EFFECT-DATES",
           "found " + key + " from " + std::to_string(out.first) + " to " + std::to_string(out.second),
           "expected the first " + key.substr(0, key.size() - 1) + " first");
    return out;
  }
  /// Something uncertain with its `interval` at its `level`, if there is one; `of` says whose.
  template <class Uncertain>
  [[nodiscard]] std::optional<Uncertain> with_interval(const toml::table& table, const Uncertain& known,
                                                       const std::string& of) {
    if (const toml::node* node = table.get("interval")) {
      const auto bounds = two_numbers(*node, "interval", "two numbers, [lower, upper]");
      if (!bounds) return std::nullopt;
      const double level =
          number(table, "level", 0, 0.999999, "a level between 0 and 1, such as 0.95", true).value_or(0.95);
      return checked(at(*node), [&] { return known.interval(bounds->first, bounds->second, Level(level)); });
    }
    if (const toml::node* level = table.get("level"))
      fail(at(*level), "E-CFG-KEY", "found a level without an interval in " + of, "expected 'interval' too");
    return known;
  }
  /// An empty text must not count as no key.
  void refuse_empty(const toml::table& table, const char* key) {
    const toml::node* node = table.get(key);
    if (node != nullptr && node->is_string() && node->as_string()->get().empty())
      fail(at(*node), "E-CFG-RANGE", std::string("found nothing in '") + key + "'", "expected a name, or not the key");
  }
  /// Where the evidence of something is from; asked for if it is not said.
  [[nodiscard]] std::string source(const toml::table& table, const Location& where, const std::string& of) {
    const auto text = this->text(table, "source");
    const std::string out(text ? rungs::detail::trimmed(*text) : "");
    if (text && out.empty())
      warn(at(*table.get("source")), "W-EFFECT-EVIDENCE", "found an empty source of " + of,
           "expected where the evidence is from");
    else if (!table.contains("source"))
      warn(where, "W-EFFECT-EVIDENCE", "found no source of " + of, "expected where the evidence is from");
    return out;
  }
  /// Whether a programme is among those known, or a problem at its place.
  [[nodiscard]] bool is_programme(const std::string& name, const Location& where,
                                  const std::vector<std::string>& known) {
    if (std::find(known.begin(), known.end(), name) != known.end()) return true;
    if (!all_named_) return false;  // it may be one whose name was refused
    const std::string near = rungs::detail::nearest_name(name, known);
    fail(where, "E-LABEL-UNKNOWN", "found the programme " + rungs::detail::quoted(name),
         known.empty() ? "expected a [[programme]] of that name" : "expected one of " + rungs::detail::listed(known),
         near.empty() ? "" : "did you mean " + rungs::detail::quoted(near) + "?");
    return false;
  }
  /// Names of programmes, each among those known and at most once; `of` says where they stand.
  template <class Keep>
  void programmes_named(const toml::node& node, const std::string& key, const std::vector<std::string>& known,
                        const std::string& of, const Keep& keep) {
    std::vector<std::string> seen;
    for (const auto& [name, where] : texts(node, key)) {
      if (!is_programme(name, where, known)) continue;
      if (std::find(seen.begin(), seen.end(), name) != seen.end())
        fail(where, "E-CFG-DUP", "found the programme " + rungs::detail::quoted(name) + " twice in " + of,
             "expected each once");
      seen.push_back(name);
      keep(name, where);
    }
  }

  /// Strata of some kinds of people alone, where nobody could tell whom they are meant for.
  void all_kinds(const std::optional<StratumSet>& strata, const Ladder& ladder, const Location& where,
                 const std::string& what) {
    if (!unseen_ || !strata) return;
    for (const std::size_t i : strata->indices())
      for (std::size_t g = 0; g < ladder.groups().size(); ++g)
        if (!strata->contains(ladder.for_group(ladder.within_group(i), g))) {
          fail(where, "E-CFG-RANGE", "found " + rungs::detail::quoted(ladder.name(i)) + " alone in " + what,
               "expected " + rungs::detail::quoted(ladder.of_each_group().name(ladder.within_group(i))) +
                   ", all kinds alike, since nobody sees who is of which");
          return;
        }
  }
  [[nodiscard]] std::optional<Ladder> ladder(const toml::table& table);
  [[nodiscard]] ScenarioData data(const toml::table& table, const std::string& of = "[data]");
  void read_layout(const toml::table& table, ScenarioData& out, const std::string& of);
  void read_survey(const toml::table& table, ScenarioSurvey& out);
  void read_shares(const toml::table& table, ScenarioData& out, const std::string& of);
  [[nodiscard]] std::optional<Ladder> with_groups(const Ladder& each, const toml::array& groups);
  [[nodiscard]] std::vector<std::pair<StratumSet, Share>> uptake_of(const StratumSet& eligible, const Ladder& ladder,
                                                                    const toml::table& table,
                                                                    const std::string& programme);
  void start(const Ladder& ladder, std::size_t group, const toml::table& people, Vector& heads);
  [[nodiscard]] std::optional<Effect> effect(const toml::table& table, const Location& where,
                                             const std::string& programme);
  [[nodiscard]] std::optional<Effect> bounded_effect(const toml::table& table, const std::string& programme);
  [[nodiscard]] std::optional<MoveEffect> move_effect(const Ladder& ladder, const toml::table& moves,
                                                      const toml::table& size, const Location& where,
                                                      const std::string& programme);
  [[nodiscard]] std::optional<UncertainAmount> amount(const toml::table& table, const std::string& key,
                                                      const std::string& of, const char* range);
  [[nodiscard]] UncertainShare share(const toml::table& table, const std::string& key, const std::string& of);
  [[nodiscard]] std::optional<Profile> profile(const toml::table& table, const std::string& programme);
  [[nodiscard]] std::optional<Loan> loan(const toml::table& table, const std::string& programme);
  [[nodiscard]] std::optional<Programme> programme(const Ladder& ladder, const toml::table& table);
  [[nodiscard]] std::optional<Complement> complement(const Ladder& ladder, const toml::table& table,
                                                     const Policy& policy, const std::vector<std::string>& known);
  [[nodiscard]] std::optional<Inflow> inflow(const Ladder& ladder, const toml::table& table);
  [[nodiscard]] std::optional<Posts> posts(const Ladder& ladder, const toml::table& table, const toml::key& key,
                                           const toml::node& value);
  [[nodiscard]] Scenario scenario(const toml::table& root);

 private:
  std::string file_;
  std::vector<std::string> known_programmes_{};  // by name, also those that are refused
  bool all_named_ = true;
  bool seats_decided_ = false;  // by an allocation
  std::vector<Diagnostic> problems_{};
  std::vector<Location> years_where_{};
  std::vector<Diagnostic> warnings_{};
  bool unseen_ = false;  // whether groups are kinds that nobody sees
};

std::optional<Ladder> Reader::ladder(const toml::table& table) {
  const std::size_t before = problems_.size();
  only(table, {"rungs", "exits", "moves", "sets"}, "[ladder]");
  const toml::node* rungs = table.get("rungs");
  if (rungs == nullptr) {
    fail(at(table), "E-CFG-KEY", "found no key 'rungs' in [ladder]",
         "expected the strata of each rung, from the bottom up");
    return std::nullopt;
  }
  if (rungs->is_array() && rungs->as_array()->empty()) {
    fail(at(*rungs), "E-LADDER", "found no rung", "expected the strata of each rung, from the bottom up");
    return std::nullopt;
  }
  if (!rungs->is_array()) {
    wrong_type(*rungs, "rungs", "a list of rungs from the bottom up, each a list of strata");
    return std::nullopt;
  }
  Ladder::Builder builder = Ladder::builder();
  std::vector<std::string> names;
  bool ok = true;
  const auto fresh = [&](const std::string& name, const Location& where) {
    if (std::find(names.begin(), names.end(), name) != names.end()) {
      fail(where, "E-CFG-DUP", "found the stratum " + rungs::detail::quoted(name) + " twice",
           "expected each name once");
      ok = false;
    }
    names.push_back(name);
  };
  for (const toml::node& rung : *rungs->as_array()) {
    std::vector<std::string> strata;
    const std::size_t known = problems_.size();
    const auto named = texts(rung, "rungs");
    ok = ok && problems_.size() == known;
    for (const auto& [name, where] : named) {
      fresh(name, where);
      strata.push_back(name);
    }
    ok = ok && checked(at(rung), [&] { return &builder.rung(strata); }).has_value();
    if (!ok) return std::nullopt;
  }
  if (const toml::node* exits = table.get("exits"))
    for (const auto& [name, where] : texts(*exits, "exits")) {
      fresh(name, where);
      ok = ok && checked(where, [&, &text = name] { return &builder.exit(text); }).has_value();
    }
  if (const toml::node* moves = table.get("moves")) {
    builder.only_declared_moves();
    for (const auto& [move, where] : texts(*moves, "moves")) {
      const std::size_t arrow = move.find("->");
      if (arrow == std::string::npos) {
        fail(where, "E-CFG-TYPE", "found the move " + rungs::detail::quoted(move),
             "expected \"one stratum -> another\"");
        continue;
      }
      const std::string from(rungs::detail::trimmed(std::string_view(move).substr(0, arrow))),
          to(rungs::detail::trimmed(std::string_view(move).substr(arrow + 2)));
      (void)checked(where, [&] { return &builder.move(from, to); });
    }
  }
  if (const toml::node* sets = table.get("sets")) {
    if (!sets->is_table()) {
      wrong_type(*sets, "sets", "a table of named lists of strata");
    } else {
      for (const auto& [key, value] : *sets->as_table()) {
        std::vector<std::string> members;
        const std::size_t known = problems_.size();
        on_one_line(std::string(key.str()), at(key.source()), "a set");
        for (const auto& [name, where] : texts(value, std::string(key.str()))) {
          (void)checked(
              where, [&, &text = name] { return &Ladder::Builder(builder).set("a set", {text}); });  // at its own place
          members.push_back(name);
        }
        if (problems_.size() == known)
          (void)checked(at(value), [&, &name = key] { return &builder.set(name.str(), members); });
      }
    }
  }
  if (!ok || problems_.size() > before) return std::nullopt;
  return checked(at(table), [&] { return builder.build(); });
}

/// The ladder for the groups of people of [[group]], each with a name.
std::optional<Ladder> Reader::with_groups(const Ladder& each, const toml::array& groups) {
  std::vector<std::string> names;
  Location where{file_, 1, 1};
  for (const toml::node& item : groups) {
    if (!item.is_table()) {
      wrong_type(item, "group", "a table");
      return std::nullopt;
    }
    const toml::table& table = *item.as_table();
    only(table, {"name", "start", "data"}, "[[group]]");
    const auto name = text(table, "name");
    if (!name || rungs::detail::trimmed(*name).empty()) {
      if (!table.contains("name") || name)
        fail(at(table), "E-CFG-KEY", "found a [[group]] without a name", "expected the key 'name'");
      return std::nullopt;
    }
    where = at(*table.get("name"));
    if (std::find(names.begin(), names.end(), *name) != names.end()) {
      fail(where, "E-CFG-DUP", "found the group " + rungs::detail::quoted(*name) + " twice", "expected each name once");
      return std::nullopt;
    }
    names.push_back(*name);
  }
  return checked(where, [&] { return each.for_groups(names); });
}

/// The people at the start in each stratum, those of one group by the names of the ladder of each group.
void Reader::start(const Ladder& ladder, std::size_t group, const toml::table& people, Vector& heads) {
  const bool of_group = group < ladder.groups().size();
  const Ladder names = of_group ? ladder.of_each_group() : ladder;
  for (const auto& [key, value] : people) {
    const std::string name(key.str());
    const auto stratum = checked(at(key.source()), [&] { return names[name]; });
    const auto count = whole(value, name, 0, 1'000'000'000'000, "a number of people, 0 or more");
    if (!stratum || !count) continue;
    double& of =
        heads[static_cast<Eigen::Index>(of_group ? ladder.for_group(stratum->index(), group) : stratum->index())];
    if (of != 0)
      fail(at(key.source()), "E-CFG-DUP", "found the people in " + rungs::detail::quoted(name) + " a second time",
           "expected them in [population] or in [[group]]");
    of = static_cast<double>(*count);
  }
}

/// The uptake of people of different strata or groups.
std::vector<std::pair<StratumSet, Share>> Reader::uptake_of(const StratumSet& eligible, const Ladder& ladder,
                                                            const toml::table& table, const std::string& programme) {
  std::vector<std::pair<StratumSet, Share>> out;
  const std::string of = "the uptake of " + rungs::detail::quoted(programme);
  for (const auto& [key, value] : table) {
    const std::string name(key.str());
    const auto strata = checked(at(key.source()), [&] { return ladder.select(name); });
    const auto share = number(table, name, 0, 1, "a share from 0 to 1");
    all_kinds(strata, ladder, at(key.source()), of);
    if (!strata || !share) return {};
    for (const auto& [other, ignored] : out)
      for (const std::size_t i : strata->indices())
        if (other.contains(i)) {
          fail(at(key.source()), "E-CFG-DUP",
               "found " + rungs::detail::quoted(ladder.name(i)) + " a second time in " + of, "expected each once");
          return {};
        }
    out.emplace_back(*strata, Share(*share));
  }
  for (const std::size_t i : eligible.indices())
    if (std::none_of(out.begin(), out.end(), [i](const auto& one) { return one.first.contains(i); })) {
      fail(at(table), "E-CFG-KEY", "found no share for " + rungs::detail::quoted(ladder.name(i)) + " in " + of,
           "expected one for everybody who is eligible");
      return {};
    }
  return out;
}

/// How a panel is laid out, and the keys that belong to a layout.
void Reader::read_layout(const toml::table& table, ScenarioData& out, const std::string& of) {
  const auto layout = text(table, "layout", {"long", "wide", "spells"});
  if (table.contains("layout") && !layout) return;
  if (layout == "wide") out.layout = PanelLayout::wide;
  if (layout == "spells") out.layout = PanelLayout::spells;
  const auto only_with = [&](PanelLayout needed, const char* name, const std::vector<const char*>& keys) {
    for (const char* key : keys)
      if (table.contains(key) && out.layout != needed)
        fail(at(*table.get(key)), "E-CFG-KEY",
             "found '" + std::string(key) + "' in " + of + " of a panel with the layout \"" + layout.value_or("long") +
                 "\"",
             "expected layout = \"" + std::string(name) + "\" with it");
  };
  only_with(PanelLayout::long_form, "long", {"time"});
  only_with(PanelLayout::wide, "wide", {"times"});
  only_with(PanelLayout::spells, "spells", {"begin", "end", "ends", "open", "since", "until", "grid"});
  if (const auto times = text(table, "times")) out.times = *times;
  if (out.layout != PanelLayout::spells) return;
  if (const auto begin = text(table, "begin")) out.begin = *begin;
  if (const auto end = text(table, "end")) out.end = *end;
  const auto ends = text(table, "ends", {"included", "excluded"});
  if (ends) out.ends = *ends == "included" ? SpellEnd::included : SpellEnd::excluded;
  if (!table.contains("ends"))
    fail(at(*table.get("layout")), "E-CFG-KEY", "found spells without 'ends' in " + of,
         "expected ends = \"included\" where a spell still holds at the time that stands as its end, or \"excluded\"");
  if (const toml::node* open = table.get("open"))
    for (const auto& [code, where] : texts(*open, "open")) out.open.push_back(code);
  const auto time = [&](const char* key) -> std::optional<std::int32_t> {
    const auto t = whole(table, key, std::numeric_limits<std::int32_t>::min(), std::numeric_limits<std::int32_t>::max(),
                         "a time, a whole number");
    return t ? std::optional(static_cast<std::int32_t>(*t)) : std::nullopt;
  };
  out.since = time("since");
  out.until = time("until");
  if (const auto grid = time("grid")) out.grid = *grid;
}

/// How the people of a panel were drawn.
void Reader::read_survey(const toml::table& table, ScenarioSurvey& out) {
  const auto set = [&](const char* key, std::string& field, const std::vector<std::string>& allowed = {}) {
    if (const auto x = text(table, key, allowed)) field = *x;
    if (table.contains(key)) refuse_empty(table, key);
  };
  if (const toml::node* constant = table.get("constant"))
    for (const auto& [column, where] : texts(*constant, "constant")) out.columns.constant.push_back(column);
  set("survey_strata", out.columns.part);
  set("cluster", out.columns.cluster);
  out.columns.nested = flag(table, "nest").value_or(false);
  set("lonely", out.lonely, {"refuse", "centre", "certain"});
  set("replicates", out.columns.replicates);
  set("replicate_method", out.replicate_method);
  constexpr double most = 1e12;
  if (const auto x = number(table, "degrees_of_freedom", 0, most, "a number above 0", true)) out.degrees_of_freedom = x;
  const toml::node* const factor = table.get("replicate_factor");
  if (factor == nullptr) return;
  const auto add = [&](const toml::node& node) {
    if (!node.is_number()) return wrong_type(node, "replicate_factor", "a number, or a list of such");
    const double x = *node.value<double>();
    if (x > 0 && x <= most)
      out.replicate_factors.push_back(x);
    else
      fail(at(node), "E-CFG-RANGE", "found " + rungs::detail::text(x) + " for 'replicate_factor'",
           "expected a number above 0, or one for each replicate");
  };
  if (const toml::array* list = factor->as_array())
    for (const toml::node& item : *list) add(item);
  else
    add(*factor);
}

void Reader::read_shares(const toml::table& table, ScenarioData& out, const std::string& of) {
  const auto stated = [&](const char* key, std::string& field, const std::vector<std::string>& allowed,
                          const char* meaning) {
    if (const auto x = text(table, key, allowed)) field = *x;
    if (!table.contains(key) && table.contains("shares"))
      fail(at(table), "E-CFG-KEY", "found 'shares' without '" + std::string(key) + "' in " + of,
           std::string("expected ") + meaning);
  };
  stated("unit", out.unit, {"heads", "shares", "percent"}, "heads, shares or percent: what the numbers are");
  stated("shares_of", out.shares_of, {"panel", "cross-sections"},
         "panel (the same people in every period) or cross-sections");
  if (const auto x = text(table, "people")) out.people = *x;
  if (const auto x = text(table, "weighting", {"plain", "multinomial"})) out.weighting = *x;
  if (const auto x = text(table, "nearest_to")) out.nearest_to = *x;
  for (const char* key : {"people", "nearest_to"}) refuse_empty(table, key);
  if (out.unit == "heads" && table.contains("people"))
    fail(at(*table.get("people")), "E-CFG-KEY", "found 'people' with unit 'heads'",
         "expected it with shares or percent: heads are the people");
}

ScenarioData Reader::data(const toml::table& table, const std::string& of) {
  ScenarioData out;
  out.where = at(table);
  int kinds = 0;
  const auto is = [&](const char* key, ScenarioData::Kind kind) {
    kinds += table.contains(key) ? 1 : 0;
    if (const auto path = text(table, key)) {
      out.kind = kind;
      out.path = *path;
      out.where = at(*table.get(key));
    }
  };
  is("panel", ScenarioData::Kind::panel);
  is("table", ScenarioData::Kind::table);
  is("matrix", ScenarioData::Kind::matrix);
  is("shares", ScenarioData::Kind::shares);
  is("model", ScenarioData::Kind::model);
  if (kinds != 1)
    fail(at(table), "E-CFG-KEY", "found " + std::to_string(kinds) + " sources in " + of,
         "expected one of 'panel', 'table', 'matrix', 'shares', 'model'");
  std::vector<std::string> known{"panel", "table", "matrix", "shares", "model"};
  const auto allow = [&known](std::vector<std::string> more) { known.insert(known.end(), more.begin(), more.end()); };
  if (out.kind == ScenarioData::Kind::panel || kinds != 1) {
    allow({"id",
           "time",
           "state",
           "weight",
           "missing",
           "gap",
           "recode",
           "by_period",
           "step",
           "layout",
           "times",
           "begin",
           "end",
           "ends",
           "open",
           "since",
           "until",
           "grid",
           "constant",
           "survey_strata",
           "cluster",
           "nest",
           "lonely",
           "replicates",
           "replicate_method",
           "replicate_factor",
           "degrees_of_freedom"});
    read_layout(table, out, of);
    read_survey(table, out.survey);
  }
  if (out.kind == ScenarioData::Kind::table || kinds != 1)
    allow({"period", "origin", "destination", "count", "pool", "step", "weight", "weight_squares"});
  if (out.kind == ScenarioData::Kind::matrix || kinds != 1) allow({"people_behind"});
  if (out.kind == ScenarioData::Kind::shares || kinds != 1) {
    allow({"unit", "shares_of", "people", "weighting", "nearest_to", "time", "step"});
    read_shares(table, out, of);
  }
  if (out.kind == ScenarioData::Kind::panel || out.kind == ScenarioData::Kind::table || kinds != 1)
    allow({"method", "unleft"});
  if (out.kind == ScenarioData::Kind::panel || kinds != 1) allow({"starts"});
  if (out.kind != ScenarioData::Kind::model) allow({"step_years", "encoding"});
  if ((out.kind == ScenarioData::Kind::panel || out.kind == ScenarioData::Kind::table || kinds != 1) && of == "[data]")
    allow({"group"});
  only(table, known, of);
  const auto set = [&](const char* key, std::string& field, const std::vector<std::string>& allowed = {}) {
    if (const auto x = text(table, key, allowed)) field = *x;
  };
  set("group", out.group);
  if (table.contains("group") && out.group.empty() && table["group"].is_string())
    fail(at(*table.get("group")), "E-CFG-RANGE", "found an empty name of the column of groups", "expected its name");
  set("id", out.id);
  set("time", out.time);
  set("state", out.state);
  out.state_given = table.contains("state");
  set("weight", out.weight);
  set("recode", out.recode);
  set("weight_squares", out.weight_squares);
  set("encoding", out.encoding);
  if (table.contains("encoding") && !knows_encoding(out.encoding))
    fail(at(*table.get("encoding")), "E-ENC-UNKNOWN", "found the encoding " + rungs::detail::quoted(out.encoding),
         "expected one that iconv knows, such as UTF-8, GBK, GB18030, ISO-8859-1, WINDOWS-1252 or UTF-16");
  for (const char* key : {"weight", "weight_squares", "recode", "encoding"}) refuse_empty(table, key);
  set("gap", out.gap, {"drop", "skip", "em", "refuse"});
  set("unleft", out.unleft, {"absorbing", "prior", "refuse"});
  set("period", out.period);
  set("origin", out.origin);
  set("destination", out.destination);
  set("count", out.count);
  set("method", out.method);
  if (table.contains("method")) out.method_where = at(*table.get("method"));
  out.starts = whole(table, "starts", 3, 10'000, "a whole number of starts from 3 to 10000");
  if (table.contains("starts") && out.method.substr(0, 8) != "mixture:")
    fail(at(*table.get("starts")), "E-CFG-KEY", "found 'starts' without method = \"mixture:K\" in " + of,
         "expected both");
  if (const toml::node* missing = table.get("missing"))
    for (const auto& [code, where] : texts(*missing, "missing")) out.missing.push_back(code);
  out.by_period = flag(table, "by_period").value_or(false);
  out.pool = flag(table, "pool").value_or(false);
  out.step_given = table.contains("step");
  out.step = whole(table, "step", 1, 1'000'000, "a whole number of time units, 1 or more").value_or(1);
  if (const auto years = number(table, "step_years", 0, 1000, "a length in years above 0", true)) {
    out.step_years = *years;
    out.step_years_given = true;
  } else {
    out.step_years = static_cast<double>(out.step);
  }
  if (const auto* people = this->table(table, "people_behind"))
    for (const auto& [key, value] : *people)
      if (const auto x = number(*people, std::string(key.str()), 0, 1e12, "a number of people above 0", true))
        out.people_behind[std::string(key.str())] = *x;
  return out;
}

/// The keys of an effect, after some others.
std::vector<std::string> effect_keys(std::vector<std::string> before = {}) {
  for (const char* key : {"odds_ratio", "hazard_ratio", "risk_ratio", "points", "log_odds", "gross_rate",
                          "counterfactual", "interval", "level", "source"})
    before.emplace_back(key);
  return before;
}

std::optional<Effect> Reader::effect(const toml::table& table, const Location& where, const std::string& programme) {
  static const std::vector<std::pair<std::string, Scale>> scales{{"odds_ratio", Scale::odds_ratio},
                                                                 {"hazard_ratio", Scale::hazard_ratio},
                                                                 {"risk_ratio", Scale::risk_ratio},
                                                                 {"points", Scale::points},
                                                                 {"log_odds", Scale::log_odds}};
  const std::string of = "the effect of " + rungs::detail::quoted(programme);
  std::optional<Effect> out;
  Location value_where;
  int found = 0;
  for (const auto& [key, scale] : scales) {
    const toml::node* node = table.get(key);
    if (node == nullptr) continue;
    ++found;
    if (!node->is_number()) {
      wrong_type(*node, key, "a number");
      continue;
    }
    value_where = at(*node);
    out = checked(value_where, [&, &kind = scale] { return Effect(kind, *node->value<double>()); });
  }
  if (table.contains("gross_rate") && found == 0) {
    out = bounded_effect(table, programme);
  } else if (found != 1) {
    fail(where, "E-CFG-KEY", "found " + std::to_string(found) + " scales in " + of,
         "expected one of 'odds_ratio', 'hazard_ratio', 'risk_ratio', 'points', 'log_odds'");
    return std::nullopt;
  } else {
    for (const char* key : {"gross_rate", "counterfactual"})
      if (const toml::node* node = table.get(key))
        fail(at(*node), "E-CFG-KEY", std::string("found '") + key + "' beside a scale in " + of,
             "expected one of them");
    if (out) out = with_interval(table, *out, of);
    if (out && out->outside_its_interval())
      warn(value_where, "W-EFFECT-EVIDENCE",
           "found " + rungs::detail::text(out->value()) + " for the " + rungs::name(out->scale()) + " of " +
               rungs::detail::quoted(programme),
           "expected a number within its own interval, " + rungs::detail::text(out->bounds()->first) + " to " +
               rungs::detail::text(out->bounds()->second));
  }
  if (!out) return std::nullopt;
  return out->source(source(table, where, of));
}

/// An effect of which only a rate among participants is known: refused, or with the rates that they might have had
/// anyway, between what these leave.
std::optional<Effect> Reader::bounded_effect(const toml::table& table, const std::string& programme) {
  const std::string of = rungs::detail::quoted(programme);
  for (const char* key : {"interval", "level"})
    if (const toml::node* node = table.get(key))
      fail(at(*node), "E-CFG-KEY", std::string("found '") + key + "' beside 'gross_rate' in the effect of " + of,
           "expected 'counterfactual', the lowest and highest rate they might have had anyway");
  const Location where = at(*table.get("gross_rate"));
  const auto rate = number(table, "gross_rate", 0, 1, "a share from 0 to 1");
  if (!rate) return std::nullopt;
  const auto say = [](const EffectBounds& b) {
    return rungs::detail::text(b.lower) + " to " + rungs::detail::text(b.upper);
  };
  const toml::node* node = table.get("counterfactual");
  if (node == nullptr) {
    fail(where, "E-EFFECT-GROSS",
         "found a rate of " + rungs::detail::text(*rate) + " among the participants of " + of +
             ", which is no effect: without a comparison the effect may be anything from " +
             say(bounds_without_control(Share(*rate))) + " points",
         "expected an effect against a comparison",
         "or give 'counterfactual', the lowest and highest rate they might have had anyway");
    return std::nullopt;
  }
  const auto anyway = two_numbers(*node, "counterfactual", "two shares, [lowest, highest]");
  if (!anyway) return std::nullopt;
  const auto bounds = checked(at(*node), [&] {
    const Share lowest(anyway->first), highest(anyway->second);
    return bounds_without_control(Share(*rate), lowest, highest);
  });
  if (!bounds) return std::nullopt;
  warn(where, "W-EFFECT-BOUNDS",
       "found a rate among the participants of " + of + " for an effect of " + say(*bounds) +
           " points, which is the range between stated counterfactuals and no confidence interval",
       "expected an effect against a comparison");
  return points(bounds->middle()).interval(bounds->lower, bounds->upper);
}

/// One changed move: from and to in one table, how much in the same or another.
std::optional<MoveEffect> Reader::move_effect(const Ladder& ladder, const toml::table& moves, const toml::table& size,
                                              const Location& where, const std::string& programme) {
  const auto side = [&](const char* key) -> std::optional<StratumSet> {
    const toml::node* node = moves.get(key);
    if (node == nullptr) {
      fail(where, "E-CFG-KEY",
           std::string("found no key '") + key + "' for an effect of " + rungs::detail::quoted(programme),
           std::string("expected the strata the move goes ") + key);
      return std::nullopt;
    }
    return strata(ladder, *node, key);
  };
  const auto from = side("from"), to = side("to");
  const auto change = effect(size, where, programme);
  if (from && to && *from == *to && from->size() == 1) {
    fail(at(*moves.get("to")), "E-EFFECT-SELF",
         "found an effect of " + rungs::detail::quoted(programme) + " from " + from->text() + " to itself",
         "expected two different strata");
    return std::nullopt;
  }
  const auto rule = text(moves, "given_up", {"others", "staying"});
  const bool opens = flag(moves, "opens").value_or(false);
  if (!from || !to || !change) return std::nullopt;
  return MoveEffect{*from, *to, *change, rule == "staying" ? GivenUp::staying : GivenUp::others, opens};
}

/// An amount of money that is known, or one with the interval of its evidence; nothing if it is not there.
std::optional<UncertainAmount> Reader::amount(const toml::table& table, const std::string& key, const std::string& of,
                                              const char* range) {
  const toml::node* node = table.get(key);
  if (node == nullptr || !node->is_table()) {
    const auto known = number(table, key, -1e12, 1e12, range);
    return known ? std::optional<UncertainAmount>(*known) : std::nullopt;
  }
  const toml::table& inner = *node->as_table();
  const std::string what = rungs::detail::quoted(key) + " of " + of;
  only(inner, {"amount", "interval", "level", "source"}, what);
  if (!inner.contains("amount"))
    fail(at(inner), "E-CFG-KEY", "found no key 'amount' in " + what, std::string("expected ") + range);
  const auto known = number(inner, "amount", -1e12, 1e12, range);
  (void)source(inner, at(inner), what);
  return known ? with_interval(inner, UncertainAmount(*known), what) : std::nullopt;
}

/// A share that is known, or one with the interval of its evidence; 0 if it is not there.
UncertainShare Reader::share(const toml::table& table, const std::string& key, const std::string& of) {
  constexpr const char* range = "a share from 0 to 1";
  const toml::node* node = table.get(key);
  if (node == nullptr || !node->is_table()) return Share(number(table, key, 0, 1, range).value_or(0));
  const toml::table& inner = *node->as_table();
  const std::string what = "the " + key + " of " + rungs::detail::quoted(of);
  only(inner, {"share", "interval", "level", "source"}, what);
  if (!inner.contains("share"))
    fail(at(inner), "E-CFG-KEY", "found no key 'share' in " + what, "expected a share from 0 to 1");
  const auto known = number(inner, "share", 0, 1, range);
  (void)source(inner, at(inner), what);
  if (!known) return Share(0);
  return with_interval(inner, UncertainShare(Share(*known)), what).value_or(Share(0));
}

/// The strength of an effect over time: by its pieces, or by the usual lengths.
std::optional<Profile> Reader::profile(const toml::table& table, const std::string& programme) {
  const toml::node* pieces = table.get("profile");
  if (pieces == nullptr) {
    Profile out;
    if (const auto x = years(table, "lag_years")) out = out.lag(*x);
    if (const auto x = years(table, "ramp_years")) out = out.ramp(*x);
    if (const auto x = years(table, "lasts_years")) out = out.lasts(*x);
    if (const auto x = number(table, "fade_half_life_years", 0, 1000, "a number of years above 0, at most 1000", true))
      out = out.fade_half_life(*x);
    return out;
  }
  for (const char* key : {"lag_years", "ramp_years", "fade_half_life_years", "lasts_years"})
    if (const toml::node* node = table.get(key))
      fail(at(*node), "E-CFG-KEY",
           std::string("found '") + key + "' beside 'profile' in the programme " + rungs::detail::quoted(programme),
           "expected one of them");
  if (!pieces->is_array()) {
    wrong_type(*pieces, "profile", "a list of [years, strength]");
    return std::nullopt;
  }
  std::vector<std::pair<double, double>> all;
  for (const toml::node& piece : *pieces->as_array()) {
    const auto one = two_numbers(piece, "profile", "two numbers, [years, strength]");
    if (!one) return std::nullopt;
    all.push_back(*one);
  }
  return checked(at(*pieces), [&] { return Profile::piecewise(all); });
}

std::optional<Loan> Reader::loan(const toml::table& table, const std::string& programme) {
  const toml::table* t = this->table(table, "loan");
  if (t == nullptr) return std::nullopt;
  only(*t, {"amount", "interest", "repaid_over_years", "default"}, "the loan of a programme");
  for (const char* key : {"amount", "repaid_over_years"})
    if (!t->contains(key))
      fail(at(*t), "E-CFG-KEY",
           std::string("found no key '") + key + "' in the loan of " + rungs::detail::quoted(programme),
           "expected 'amount' and 'repaid_over_years'");
  Loan out;
  out.amount = number(*t, "amount", 0, 1e12, "an amount of money, 0 or more").value_or(0);
  out.interest = yearly_rate(*t, "interest", 0, 10, "a yearly rate from 0 to 10, such as 0.04").value_or(0);
  out.repaid_over_years =
      static_cast<int>(whole(*t, "repaid_over_years", 0, 100, "a number of years from 0 (a gift) to 100").value_or(0));
  out.default_share = share(*t, "default", programme);
  return out;
}

std::optional<Programme> Reader::programme(const Ladder& ladder, const toml::table& table) {
  only(table,
       {"name",
        "from",
        "to",
        "effect",
        "effects",
        "eligible",
        "opens",
        "given_up",
        "years_in_stratum",
        "after",
        "offered",
        "uptake",
        "seats_per_year",
        "waiting_list",
        "rationing",
        "again_after_years",
        "modules",
        "modules_per_year",
        "completion",
        "lock_in_years",
        "drop_out_years",
        "earnings_forgone",
        "lag_years",
        "ramp_years",
        "fade_half_life_years",
        "lasts_years",
        "profile",
        "deadweight",
        "substitution",
        "displacement",
        "cost",
        "loan",
        "years",
        "periods"},
       "[[programme]]");
  const auto name = text(table, "name");
  if (!name || name->empty()) {
    if (!table.contains("name") || (name && name->empty()))
      fail(at(table), "E-CFG-KEY", "found a [[programme]] without a name", "expected the key 'name'");
    return std::nullopt;
  }
  const std::size_t before = problems_.size();
  on_one_line(*name, at(*table.get("name")), "a programme");
  bool ok = true;
  // Effects: one written out, or a list of several.
  std::vector<MoveEffect> effects;
  const auto add_effect = [&](const toml::table& t, const toml::table& e, const Location& where) {
    if (const auto made = move_effect(ladder, t, e, where, *name))
      effects.push_back(*made);
    else
      ok = false;
  };
  const toml::node* one = table.get("effect");
  const toml::node* several = table.get("effects");
  if ((one == nullptr) == (several == nullptr)) {
    fail(at(table), "E-CFG-KEY",
         std::string("found ") + (one == nullptr ? "neither 'effect' nor 'effects'" : "both 'effect' and 'effects'") +
             " in the programme " + rungs::detail::quoted(*name),
         "expected one of them");
    return std::nullopt;
  }
  std::optional<StratumSet> eligible;
  if (one != nullptr) {
    const toml::table* t = this->table(table, "effect");
    if (t == nullptr) return std::nullopt;
    only(*t, effect_keys(), "an effect");
    add_effect(table, *t, at(*one));
  } else {
    for (const char* key : {"to", "opens", "given_up"})
      if (const toml::node* node = table.get(key))
        fail(at(*node), "E-CFG-KEY",
             std::string("found '") + key + "' beside 'effects' in the programme " + rungs::detail::quoted(*name),
             "expected it in each of the effects");
    if (table.contains("from") && table.contains("eligible"))
      fail(at(*table.get("from")), "E-CFG-KEY",
           "found 'from' beside 'effects' and 'eligible' in the programme " + rungs::detail::quoted(*name),
           "expected 'from' in each of the effects");
    const toml::array* list = several->as_array();
    if (list == nullptr || list->empty()) {
      wrong_type(*several, "effects", "a list of effects");
      return std::nullopt;
    }
    for (const toml::node& item : *list) {
      if (!item.is_table()) {
        wrong_type(item, "effects", "a table with from, to and the effect");
        ok = false;
        continue;
      }
      const toml::table& t = *item.as_table();
      only(t, effect_keys({"from", "to", "opens", "given_up"}), "an effect");
      add_effect(t, t, at(item));
    }
  }
  if (const toml::node* node = table.get("eligible"))
    eligible = strata(ladder, *node, "eligible");
  else if (one == nullptr && table.contains("from"))
    eligible = strata(ladder, *table.get("from"), "from");
  else if (!effects.empty())
    eligible = effects.front().from;
  all_kinds(eligible, ladder, at(table), "who may enrol in " + rungs::detail::quoted(*name));

  Programme::Terms terms{.eligible = eligible.value_or(ladder.set_of({}))};
  const auto known = [&](const char* key) {
    return Share(number(table, key, 0, 1, "a share from 0 to 1").value_or(1));
  };
  const auto money = [&](const toml::table& t, const char* key) {
    return amount(t, key, "the cost of " + rungs::detail::quoted(*name), "an amount of money").value_or(0.0);
  };
  const auto when = profile(table, *name);
  if (const toml::table* cost = this->table(table, "cost")) {
    only(*cost, {"per_participant", "per_completion", "fixed_per_year", "once"}, "the cost of a programme");
    terms.cost_once = money(*cost, "once");
    terms.cost_per_participant = money(*cost, "per_participant");
    terms.cost_per_completion = money(*cost, "per_completion");
    terms.fixed_cost_per_year = money(*cost, "fixed_per_year");
  }
  terms.loan = loan(table, *name);
  terms.years = first_and_last(table);
  if (const auto x = number(table, "seats_per_year", 0, 1e12, "a number of seats, 0 or more"))
    terms.seats_per_year = Heads(*x);
  terms.years_in_stratum = years(table, "years_in_stratum").value_or(0);
  if (const toml::node* node = table.get("after"))
    programmes_named(
        *node, "after", known_programmes_, "'after'", [&](const std::string& other, const Location& where) {
          terms.after.push_back(other);
          if (other == *name)
            fail(where, "E-CFG-RANGE", "found the programme " + rungs::detail::quoted(other) + " after itself",
                 "expected other programmes");
        });
  terms.offered = known("offered");
  if (const toml::node* node = table.get("uptake"); node == nullptr || !node->is_table())
    terms.uptake = known("uptake");
  else if (eligible)
    terms.uptake_of = uptake_of(*eligible, ladder, *node->as_table(), *name);
  terms.waiting_list = flag(table, "waiting_list").value_or(false);
  if (terms.waiting_list && !table.contains("seats_per_year") && !seats_decided_)
    warn(at(*table.get("waiting_list")), "W-NOEFFECT",
         "found a waiting list of " + rungs::detail::quoted(*name) + " and a seat for everybody",
         "expected 'seats_per_year' beside 'waiting_list': without it nobody waits");
  const auto rule = text(table, "rationing", {"pro rata", "longest waiting", "lowest rung"});
  terms.rationing = rule == "longest waiting" ? Rationing::longest_waiting
                    : rule == "lowest rung"   ? Rationing::lowest_rung
                                              : Rationing::pro_rata;
  terms.again_after_years = years(table, "again_after_years");
  terms.modules = static_cast<int>(whole(table, "modules", 0, 50, "a number of modules from 0 to 50").value_or(0));
  terms.modules_per_year =
      number(table, "modules_per_year", 0, 1000, "modules a year above 0, at most 1000", true).value_or(0);
  for (const auto& [key, other] : {std::pair{"modules", "modules_per_year"}, std::pair{"modules_per_year", "modules"}})
    if (table.contains(key) && !table.contains(other)) {
      fail(at(*table.get(key)), "E-CFG-KEY",
           std::string("found '") + key + "' without '" + other + "' in the programme " + rungs::detail::quoted(*name),
           "expected both");
      ok = false;
    }
  terms.completion = known("completion");
  terms.lock_in_years = years(table, "lock_in_years").value_or(0);
  terms.drop_out_years = years(table, "drop_out_years");
  terms.earnings_forgone = Share(number(table, "earnings_forgone", 0, 1, "a share from 0 to 1").value_or(0));
  if (const toml::node* node = table.get("earnings_forgone"); node != nullptr && !table.contains("lock_in_years"))
    fail(at(*node), "E-CFG-KEY",
         "found 'earnings_forgone' without 'lock_in_years' in the programme " + rungs::detail::quoted(*name),
         "expected both");
  terms.deadweight = share(table, "deadweight", *name);
  terms.substitution = share(table, "substitution", *name);
  terms.displacement = share(table, "displacement", *name);
  if (!ok || !eligible || !when || problems_.size() > before) return std::nullopt;
  const toml::node* rationing = table.get("rationing");
  return checked(rationing != nullptr ? at(*rationing) : at(table),
                 [&] { return Programme(terms, MoveEffects(*name, effects, *when)); });
}

std::optional<Complement> Reader::complement(const Ladder& ladder, const toml::table& table, const Policy& policy,
                                             const std::vector<std::string>& known) {
  only(table, effect_keys({"programmes", "from", "to", "opens", "given_up"}), "a complement");
  const toml::node* list = table.get("programmes");
  if (list == nullptr) {
    fail(at(table), "E-CFG-KEY", "found a complement without 'programmes'",
         "expected the programmes that work together");
    return std::nullopt;
  }
  const std::size_t before = problems_.size();
  std::vector<std::string> names;
  programmes_named(*list, "programmes", known, "one complement",
                   [&](const std::string& name, const Location&) { names.push_back(name); });
  if (names.size() < 2 && all_named_ && problems_.size() == before)
    fail(at(*list), "E-CFG-RANGE", "found fewer than two programmes in a complement",
         "expected the programmes that work together");
  std::sort(names.begin(), names.end());  // which are together, not in what order
  std::string together;
  for (const std::string& name : names) together += (together.empty() ? "" : " with ") + name;
  const auto effect = move_effect(ladder, table, table, at(table), together);
  if (!effect) return std::nullopt;
  // One complement has one effect in one world, under whatever policy it stands.
  const auto alike = std::count_if(policy.complements.begin(), policy.complements.end(),
                                   [&](const Complement& c) { return c.programmes == names; });
  MoveEffects effects(together + std::string(static_cast<std::size_t>(alike), '+'), {*effect});
  (void)checked(at(table), [&] { return effects.check(ladder), true; });
  return Complement{std::move(names), std::move(effects)};
}

std::optional<Inflow> Reader::inflow(const Ladder& ladder, const toml::table& table) {
  only(table, {"per_year", "into", "per_head_of"}, "an inflow");
  const toml::node* into = table.get("into");
  if (into == nullptr || !into->is_string()) {
    if (into == nullptr)
      fail(at(table), "E-CFG-KEY", "found an inflow without 'into'", "expected the stratum that people come into");
    else
      wrong_type(*into, "into", "the name of a stratum");
    return std::nullopt;
  }
  const auto stratum = checked(at(*into), [&] {
    const std::string name = *into->value<std::string>();
    if (!unseen_) return ladder[name];
    return ladder.at(ladder.for_group(ladder.of_each_group()[name].index(), 0));  // the first kind stands for all
  });
  if (stratum && stratum->is_exit())
    fail(at(*into), "E-INFLOW", "found an inflow into the exit " + rungs::detail::quoted(stratum->name()),
         "expected a stratum");
  const double per_year = number(table, "per_year", 0, 1e12, "a number of people, 0 or more").value_or(0);
  std::vector<std::pair<Stratum, double>> chain;
  if (const toml::table* heads = this->table(table, "per_head_of"))
    for (const auto& [key, value] : *heads) {
      const auto of = checked(at(key.source()), [&, &name = key] { return ladder.select(name.str()); });
      all_kinds(of, ladder, at(key.source()), "'per_head_of' of an inflow");
      const auto rate =
          number(*heads, std::string(key.str()), 0, 1e6, "a number of people a year for each head, 0 or more");
      for (std::size_t k = 0; of && rate && k < of->size(); ++k) {
        const Stratum one = ladder.at(of->indices()[k]);
        if (std::any_of(chain.begin(), chain.end(), [&](const auto& c) { return c.first == one; }))
          fail(at(key.source()), "E-CFG-DUP", "found " + rungs::detail::quoted(one.name()) + " twice in 'per_head_of'",
               "expected each once");
        chain.emplace_back(one, *rate);
      }
    }
  if (!stratum) return std::nullopt;
  return Inflow{*stratum, per_year, std::move(chain)};
}

std::optional<Posts> Reader::posts(const Ladder& ladder, const toml::table& table, const toml::key& key,
                                   const toml::node& value) {
  constexpr const char* range = "a number of posts, 0 or more";
  const std::string name(key.str());
  // On a ladder for groups, posts are of a stratum of one of them or of all.
  const auto stratum = checked(at(key.source()), [&] {
    return ladder.of_each_group().find(name) ? ladder.select(name) : StratumSet(ladder[name]);
  });
  all_kinds(stratum, ladder, at(key.source()), "'posts' of [population]");
  if (stratum && ladder.is_exit(stratum->indices().front())) {
    fail(at(key.source()), "E-POSTS", "found posts of the exit " + rungs::detail::quoted(name), "expected a stratum");
    return std::nullopt;
  }
  std::optional<double> now;
  double growth = 0;
  if (const toml::table* inner = value.as_table()) {
    only(*inner, {"now", "growth_per_year"}, "the posts of " + rungs::detail::quoted(name));
    if (!inner->contains("now"))
      fail(at(value), "E-CFG-KEY", "found no key 'now' in the posts of " + rungs::detail::quoted(name),
           std::string("expected ") + range);
    now = number(*inner, "now", 0, 1e12, range);
    growth = number(*inner, "growth_per_year", -1e9, 1e9, "a number of posts a year").value_or(0);
  } else if (value.is_number()) {
    now = number(table, name, 0, 1e12, range);
  } else {
    wrong_type(value, name, "a number of posts, or a table of 'now' and 'growth_per_year'");
  }
  if (!stratum || !now) return std::nullopt;
  return Posts{*stratum, Heads(*now), growth};
}

Scenario Reader::scenario(const toml::table& root) {
  only(root,
       {"ladder", "group", "data", "population", "question", "programme", "policy", "economics", "value", "run",
        "allocation"},
       "the scenario");
  // The ladder: without it no name can be checked.
  std::optional<Ladder> made;
  if (const toml::node* node = root.get("ladder"); node != nullptr && node->is_string())
    made = checked(at(*node), [&] {
      const std::string text = *node->value<std::string>();
      if (text.size() < 5 || text.substr(text.size() - 5) != ".toml") return Ladder::parse(text);
      const std::filesystem::path file(text);
      return read_ladder(file.is_absolute() ? text : (std::filesystem::path(file_).parent_path() / file).string());
    });
  else if (const toml::table* t = table(root, "ladder", true))
    made = ladder(*t);
  if (!made) finish();
  const toml::array* groups = root["group"].as_array();
  if (const toml::node* node = root.get("group"); node != nullptr && groups == nullptr)
    fail(at(*node), "E-CFG-TYPE", "found " + kind(*node) + " for 'group'", "expected [[group]] tables");
  if (groups != nullptr) made = with_groups(*made, *groups);
  if (!made) finish();
  if (const toml::node* node = root["data"]["method"].node(); node != nullptr && node->is_string()) {
    const std::vector<std::string> kinds = rungs::io::unseen_kinds(*node->value<std::string>());
    unseen_ = !kinds.empty();
    if (unseen_ && (root.contains("group") || root["data"].as_table()->contains("group"))) {
      fail(at(*node), "E-CFG-RANGE",
           "found the method " + rungs::detail::quoted(*node->value<std::string>()) + " and groups of people",
           "expected one of them: of groups that can be seen, kinds that nobody sees are not estimated in one run");
      finish();
    }
    if (unseen_ && !root["data"].as_table()->contains("panel")) {
      fail(at(*node), "E-CFG-RANGE",
           "found the method " + rungs::detail::quoted(*node->value<std::string>()) + " without a panel",
           "expected 'panel': kinds of people are told from what the same people do in several steps");
      finish();
    }
    if (unseen_) made = checked(at(*node), [&] { return made->for_groups(kinds); });
    if (!made) finish();
  }
  const Ladder& on = *made;
  const std::size_t seen_groups = unseen_ ? 0 : on.groups().size();

  // Where the moves come from: for all the same, or for each group its own.
  const auto read_data = [&](const toml::table& t, const std::string& of) {
    ScenarioData out = data(t, of);
    if (const toml::table* behind = t["people_behind"].as_table())
      for (const auto& [key, people] : *behind)
        (void)checked(at(key.source()), [&, &name = key] { return on.of_each_group()[name.str()]; });
    return out;
  };
  ScenarioData source;
  std::vector<ScenarioData> group_data;
  const auto has_data = [&](std::size_t g) { return (*groups)[g].as_table()->contains("data"); };
  std::size_t own = 0;
  for (std::size_t g = 0; g < seen_groups; ++g) own += has_data(g) ? 1U : 0U;
  if (const toml::table* t = table(root, "data", own == 0 || own < seen_groups)) source = read_data(*t, "[data]");
  for (std::size_t g = 0; own > 0 && g < seen_groups; ++g) {
    const toml::table* t = has_data(g) ? table(*(*groups)[g].as_table(), "data") : nullptr;
    group_data.push_back(t != nullptr ? read_data(*t, "the data of " + rungs::detail::quoted(on.groups()[g])) : source);
  }
  if (own > 0 && own + 1 < seen_groups)
    fail(at(*root.get("group")), "E-CFG-KEY",
         "found " + std::to_string(seen_groups - own) +
             " groups without data of their own beside others with it, which would be drawn apart",
         "expected it for each, or for none");
  if (own > 0 && own == seen_groups && root.contains("data"))
    fail(at(*root.get("data")), "E-CFG-KEY", "found [data] that no group uses, since each has its own",
         "expected one of them");
  if (const toml::node* node = root["data"]["group"].node(); node != nullptr && (seen_groups == 0 || own > 0))
    fail(at(*node), "E-CFG-KEY",
         std::string("found a column of groups and ") + (own > 0 ? "a [[group]] with its own data" : "no [[group]]"),
         own > 0 ? "expected one of them" : "expected a [[group]] for each value of the column");

  // The people.
  Vector heads = Vector::Zero(static_cast<Eigen::Index>(on.size()));
  std::vector<Inflow> inflows;
  std::vector<Posts> places;
  std::optional<std::int64_t> period;
  Location population_where{file_, 1, 1};
  if (const toml::table* t = table(root, "population", seen_groups == 0)) {
    population_where = at(*t);
    only(*t, {"start", "period", "year", "inflow", "posts"}, "[population]");
    if (const toml::table* people = table(*t, "start"))
      start(on, unseen_ ? 0 : seen_groups, *people, heads);  // the first kind stands for all
    else if (!t->contains("start") && seen_groups == 0)
      fail(at(*t), "E-CFG-KEY", "found no key 'start' in [population]",
           "expected the people in each stratum at the start");
    period = whole(*t, "period", -2'000'000'000, 2'000'000'000, "a period in the units of the data");
    if (const auto year = whole(*t, "year", -2'000'000'000, 2'000'000'000, "a year")) {
      if (period)
        fail(at(*t->get("year")), "E-CFG-KEY", "found both 'year' and 'period' in [population]",
             "expected one of them");
      period = year;
    }
    if (const toml::table* all = table(*t, "posts"))
      for (const auto& [key, value] : *all)
        if (const auto one = posts(on, *all, key, value)) places.push_back(*one);
    if (const toml::node* node = t->get("inflow")) {
      if (const toml::table* single = node->as_table()) {
        if (const auto in = inflow(on, *single)) inflows.push_back(*in);
      } else if (const toml::array* list = node->as_array()) {
        for (const toml::node& item : *list) {
          if (!item.is_table())
            wrong_type(item, "inflow", "a table");
          else if (const auto in = inflow(on, *item.as_table()))
            inflows.push_back(*in);
        }
      } else {
        wrong_type(*node, "inflow", "a table, or a list of tables");
      }
    }
  }

  for (std::size_t g = 0; g < seen_groups; ++g)
    if (const toml::table* people = table(*(*groups)[g].as_table(), "start")) start(on, g, *people, heads);

  // The question.
  std::optional<StratumSet> from, target;
  std::string from_text, reach_text;
  double within = 0;
  Location within_where;
  if (const toml::table* t = table(root, "question", true)) {
    only(*t, {"from", "reach", "within_years"}, "[question]");
    for (const char* key : {"from", "reach", "within_years"})
      if (!t->contains(key))
        fail(at(*t), "E-CFG-KEY", std::string("found no key '") + key + "' in [question]",
             "expected 'from', 'reach' and 'within_years'");
    const auto words = [&](const char* key, std::string& out) -> std::optional<StratumSet> {
      const toml::node* node = t->get(key);
      return node == nullptr ? std::nullopt : strata(on, *node, key, &out);
    };
    from = words("from", from_text);
    target = words("reach", reach_text);
    if (from) all_kinds(from, on, at(*t->get("from")), "'from' of [question]");
    if (target) all_kinds(target, on, at(*t->get("reach")), "'reach' of [question]");
    if (const toml::node* node = t->get("within_years")) within_where = at(*node);
    within = number(*t, "within_years", 0, 10000, "a number of years above 0, at most 10000", true).value_or(0);
  }

  // Programmes and policies.
  std::vector<Programme> programmes;
  std::vector<Location> where;
  std::set<std::string> seen;
  const auto each = [&](const char* key, const auto& work) {
    const toml::node* node = root.get(key);
    if (node == nullptr) return;
    const toml::array* list = node->as_array();
    if (list == nullptr) {
      fail(at(*node), "E-CFG-TYPE", std::string("found ") + kind(*node) + " for '" + key + "'",
           std::string("expected [[") + key + "]] tables");
      return;
    }
    if (list->size() > 1000) {
      fail(at(*node), "E-SIZE", "found " + std::to_string(list->size()) + " [[" + key + "]] tables",
           "expected at most 1000");
      return;
    }
    for (const toml::node& item : *list) {
      if (item.is_table())
        work(*item.as_table());
      else
        wrong_type(item, key, "a table");
    }
  };
  seats_decided_ = root.contains("allocation");
  all_named_ = !root.contains("programme") || root["programme"].is_array();
  if (const toml::array* list = root["programme"].as_array())
    for (const toml::node& item : *list) {
      known_programmes_.push_back(item.is_table() ? (*item.as_table())["name"].value_or(std::string()) : std::string());
      all_named_ = all_named_ && !known_programmes_.back().empty();
    }
  std::vector<std::size_t> costed, free;  // programmes by whether they say what they cost
  each("programme", [&](const toml::table& t) {
    if (const auto p = programme(on, t)) {
      if (!seen.insert(p->name()).second)
        fail(at(*t.get("name")), "E-CFG-DUP", "found the programme " + rungs::detail::quoted(p->name()) + " twice",
             "expected each name once");
      programmes.push_back(*p);
      where.push_back(at(t));
      (t.contains("cost") || t.contains("loan") ? costed : free).push_back(programmes.size() - 1);
    }
  });
  if (!costed.empty())
    for (const std::size_t k : free)
      warn(where[k], "W-COST",
           "found no 'cost' in the programme " + rungs::detail::quoted(programmes[k].name()) +
               ", which counts as free beside " + rungs::detail::quoted(programmes[costed[0]].name()),
           "expected what it costs, or 'cost = { per_participant = 0 }' if that is nothing");
  std::vector<Policy> policies;
  std::set<std::string> policy_names{"baseline"};
  each("policy", [&](const toml::table& t) {
    only(t, {"name", "programmes", "combine", "complements"}, "[[policy]]");
    const auto name = text(t, "name");
    const toml::node* list = t.get("programmes");
    if (!name || list == nullptr) {
      if (!t.contains("name") || list == nullptr)
        fail(at(t), "E-CFG-KEY", "found a [[policy]] without 'name' or 'programmes'", "expected both");
      return;
    }
    if (name->empty()) fail(at(*t.get("name")), "E-CFG-RANGE", "found an empty name of a policy", "expected a name");
    on_one_line(*name, at(*t.get("name")), "a policy");
    if (!policy_names.insert(*name).second)
      fail(at(*t.get("name")), "E-CFG-DUP",
           "found the policy " + rungs::detail::quoted(*name) + " twice or named as the baseline",
           "expected each name once");
    Policy policy{*name, {}};
    std::vector<std::string> members;
    programmes_named(*list, "programmes", known_programmes_, "one policy",
                     [&](const std::string& entry, const Location&) {
                       members.push_back(entry);
                       for (const Programme& p : programmes)
                         if (p.name() == entry) {  // else it has been refused
                           policy.programmes.push_back(p);
                           break;
                         }
                     });
    const auto rule = text(t, "combine", {"in turn", "strongest", "exclusive"});
    policy.combine = rule == "strongest"   ? Combine::strongest
                     : rule == "exclusive" ? Combine::exclusive
                                           : Combine::in_turn;
    if (const toml::node* node = t.get("complements")) {
      if (rule == "exclusive")
        fail(at(*node), "E-COMPLEMENT", "found complements of programmes that exclude each other",
             "expected another way to combine them");
      if (!node->is_array()) {
        wrong_type(*node, "complements", "a list of complements");
      } else {
        for (const toml::node& item : *node->as_array()) {
          if (!item.is_table())
            wrong_type(item, "complements", "a table with programmes, from, to and the effect");
          else if (auto extra = complement(on, *item.as_table(), policy, members))
            policy.complements.push_back(std::move(*extra));
        }
      }
    }
    policies.push_back(std::move(policy));
  });
  if (!root.contains("policy"))
    for (std::size_t k = 0; k < programmes.size(); ++k) {
      if (programmes[k].name() == "baseline")
        fail(where[k], "E-CFG-DUP", "found a programme named 'baseline' and no [[policy]]",
             "expected another name, since each programme is then a policy");
      policies.push_back({programmes[k].name(), {programmes[k]}});
    }

  Economics economics;
  Location known_where;
  if (const toml::table* t = table(root, "economics")) {
    only(*t,
         {"currency", "price_year", "discount_rate", "outcome_discount_rate", "value_per_additional_person",
          "perspective", "known_together"},
         "[economics]");
    if (const auto name = text(*t, "currency")) {
      on_one_line(*name, at(*t->get("currency")), "the currency");
      economics.currency.name = *name;
    }
    economics.currency.price_year =
        static_cast<int>(whole(*t, "price_year", 1000, 9999, "a year from 1000 to 9999").value_or(0));
    const auto rate = [&](const char* key) {
      return yearly_rate(*t, key, -0.99, 9.99, "a yearly rate such as 0.03").value_or(0);
    };
    economics.discount_rate = rate("discount_rate");
    economics.outcome_discount_rate = rate("outcome_discount_rate");
    const auto whose = text(*t, "perspective", {"budget", "participant", "society"});
    economics.perspective = whose == "participant" ? Perspective::participant
                            : whose == "society"   ? Perspective::society
                                                   : Perspective::budget;
    if (const auto x = number(*t, "value_per_additional_person", -1e12, 1e12, "an amount of money"))
      economics.value_per_additional_person = *x;
    bool costs = programmes.empty() || root.contains("value");
    if (const toml::array* list = root["programme"].as_array())
      for (const toml::node& item : *list)
        costs = costs || (item.is_table() && (item.as_table()->contains("cost") || item.as_table()->contains("loan")));
    if (!costs && economics.value_per_additional_person)
      fail(at(*t->get("value_per_additional_person")), "E-CFG-KEY",
           "found a value of one more person, and no 'cost' in any programme", "expected costs to weigh it against");
    if (t->contains("perspective") && !t->contains("value_per_additional_person"))
      fail(at(*t->get("perspective")), "E-CFG-KEY",
           "found 'perspective' without 'value_per_additional_person' in [economics]",
           "expected both, since they make the net benefit", "a value of 0 leaves the money alone");
    if (const toml::node* node = t->get("known_together")) {
      known_where = at(*node);
      const toml::array* const all = node->as_array();
      const auto read = [&](const toml::node& list) {
        std::vector<std::string>& names = economics.known_together.emplace_back();
        for (const auto& one : texts(list, "known_together")) names.push_back(one.first);
      };
      if (all != nullptr && !all->empty() && (*all)[0].is_array())
        for (const toml::node& list : *all) read(list);
      else
        read(*node);
      if (!economics.value_per_additional_person)
        fail(known_where, "E-CFG-KEY", "found 'known_together' without 'value_per_additional_person' in [economics]",
             "expected both, since what knowing is worth is money");
    }
  }
  std::set<std::string> value_names;
  each("value", [&](const toml::table& t) {
    if (auto value = read_value(*this, t, on, economics, known_programmes_, within)) {
      if (!value_names.insert(value->terms().name).second)
        fail(at(*t.get("name")), "E-CFG-DUP",
             "found the value " + rungs::detail::quoted(value->terms().name) + " twice", "expected each name once");
      economics.values.push_back(std::move(*value));
    }
  });
  if (std::none_of(economics.values.begin(), economics.values.end(),
                   [](const ValueStream& v) { return v.terms().earned; }))
    if (const toml::array* list = root["programme"].as_array())
      for (const toml::node& item : *list)
        if (const toml::node* node = item.is_table() ? item.as_table()->get("earnings_forgone") : nullptr)
          fail(at(*node), "E-CFG-KEY", "found 'earnings_forgone' and no earnings to forgo",
               "expected a [[value]] with 'earnings = true'");
  std::optional<std::uint64_t> seed;
  std::optional<std::size_t> draws;
  std::optional<double> level;
  if (const toml::table* t = table(root, "run")) {
    only(*t, {"seed", "draws", "level"}, "[run]");
    if (const auto x = whole(*t, "seed", 0, std::numeric_limits<std::int64_t>::max(), "a whole number, 0 or more"))
      seed = static_cast<std::uint64_t>(*x);
    if (const auto x = whole(*t, "draws", 2, 10'000'000, "a number of draws from 2 to 10000000"))
      draws = static_cast<std::size_t>(*x);
    level = number(*t, "level", 0, 0.999999, "a level between 0 and 1, such as 0.95", true);
  }
  auto allocation = read_allocation(*this, root, on, programmes);
  // Programmes with years need a start on the calendar: the first year of any, if none is said.
  if (!period)
    for (const Programme& p : programmes)
      if (p.terms().years && (!period || p.terms().years->first < *period)) period = p.terms().years->first;
  const bool stated = root["population"]["period"] || root["population"]["year"];
  finish();
  auto population = checked(
      population_where, [&] { return Population(Headcount(on, heads), Period(period.value_or(0)), inflows, places); });
  Location start_where;
  if (stated) start_where = at(*root["population"][root["population"]["year"] ? "year" : "period"].node());
  finish();
  return {file_,
          on,
          source,
          std::move(group_data),
          unseen_,
          *population,
          stated,
          from_text,
          reach_text,
          *from,
          *target,
          within,
          within_where,
          std::move(programmes),
          std::move(where),
          years_where_,
          std::move(policies),
          economics,
          seed,
          draws,
          level,
          warnings_,
          std::move(allocation),
          start_where,
          known_where};
}

/// Refuses what the parser would follow too deep for the stack: keys of very many parts; and files far too large.
void check_size(std::string_view text, const std::string& name) {
  constexpr std::size_t most_bytes = 16'777'216, most_parts = 200;
  if (text.size() > most_bytes)
    throw InputError({{Diagnostic::Severity::error,
                       "E-SIZE",
                       {name, 0, 0},
                       "found a file of more than " + std::to_string(most_bytes) + " bytes",
                       "expected a scenario",
                       ""}});
  std::size_t line = 1, parts = 1;
  char quote = 0;
  for (const char c : text) {
    if (c == '\n') {
      ++line;
      parts = 1;
      quote = 0;
    } else if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '#') {
      quote = '\n';
    } else if (c == '=' || c == ',') {
      parts = 1;
    } else if (c == '.' && ++parts > most_parts) {
      throw InputError({{Diagnostic::Severity::error,
                         "E-TOML",
                         {name, line, 1},
                         "found a key of more than " + std::to_string(most_parts) + " parts",
                         "expected TOML",
                         ""}});
    }
  }
}

toml::table parse(std::string_view text, const std::string& name) {
  check_size(text, name);
  try {
    return toml::parse(text, name);
  } catch (const toml::parse_error& e) {
    const toml::source_region& region = e.source();
    throw InputError({{Diagnostic::Severity::error,
                       "E-TOML",
                       {name, region.begin.line, region.begin.column},
                       std::string(e.description()),
                       "expected TOML",
                       ""}});
  }
}

std::string file_text(const std::string& path) {
  std::error_code none;
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    const std::error_code error(errno, std::generic_category());
    throw InputError({{Diagnostic::Severity::error,
                       "E-IO",
                       {path, 0, 0},
                       "cannot open the file (" + error.message() + ")",
                       "expected a scenario file",
                       ""}});
  }
  std::string text(16'777'217, '\0');  // one more than is accepted
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (in.bad())
    throw InputError(
        {{Diagnostic::Severity::error, "E-IO", {path, 0, 0}, "cannot read the file", "expected a scenario file", ""}});
  return text;
}

}  // namespace

std::vector<std::string> unseen_kinds(std::string_view method) {
  constexpr std::string_view mixture = "mixture:";
  if (method == "mover-stayer") return rungs::detail::movers_and_stayers();
  if (method.substr(0, mixture.size()) != mixture) return {};
  std::size_t classes = 0;
  const char* const last = method.data() + method.size();
  const auto [end, error] = std::from_chars(method.data() + mixture.size(), last, classes);
  if (error != std::errc() || end != last || !(classes >= 1 && classes <= 50)) return {};
  return rungs::detail::names_of_classes(classes);
}

Scenario parse_scenario(std::string_view text, const std::string& name) {
  const toml::table root = parse(text, name);
  Reader reader(name);
  return reader.scenario(root);
}

Scenario read_scenario(const std::string& path) { return parse_scenario(file_text(path), path); }

Ladder read_ladder(const std::string& path) {
  const toml::table root = parse(file_text(path), path);
  Reader reader(path);
  const toml::table* inner = root["ladder"].as_table();
  auto out = reader.ladder(inner != nullptr ? *inner : root);
  reader.finish();
  return *out;
}

}  // namespace rungs::io
