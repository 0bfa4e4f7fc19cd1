// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include "layouts.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "covariates.hpp"
#include "panel_reader.hpp"
#include "times.hpp"
#include "words.hpp"

namespace rungs::io {

namespace {

using detail::Field;
using detail::Findings;
using detail::Key;
using detail::Lookup;
using detail::Scanner;
using detail::shown;

/// Whether times look like dates written as one number: 199012 or 19901231.
class DateLikeness {
 public:
  void see(std::int64_t t, const char* place) {
    if (first_ == nullptr) first_ = place, value_ = t;
    several_ = several_ || t != value_;
    months_ = months_ && is_month(t);
    days_ = days_ && t % 100 >= 1 && t % 100 <= 31 && is_month(t / 100);
  }
  void tell(Findings& findings, const std::string& where) const {
    if (!several_ || !(months_ || days_)) return;
    findings.error("E-TIME-PARSE", first_, "found " + std::to_string(value_) + where,
                   "expected a whole number of units",
                   std::string("all times look like ") + (months_ ? "year and month" : "year, month and day") +
                       " in one number, which cannot be subtracted: number the " + (months_ ? "months" : "days") +
                       " one after the other");
  }

 private:
  static bool is_month(std::int64_t t) { return t / 100 >= 1800 && t / 100 <= 2200 && t % 100 >= 1 && t % 100 <= 12; }
  const char* first_ = nullptr;
  std::int64_t value_ = 0;
  bool several_ = false, months_ = true, days_ = true;
};

// --- a record for each person
// ------------------------------------------------------------------------------------------

class WideReader : detail::PanelReader {
 public:
  WideReader(const std::string& path, const PanelColumns& columns, const Ladder& ladder)
      : PanelReader(path, columns, ladder, of_the_person(columns, ladder)) {
    find_times();
    findings_.throw_errors();
    std::sort(times_.begin(), times_.end(), [](const Time& a, const Time& b) { return a.time < b.time; });
    check_times();
    findings_.throw_errors();
    assign_slots(own + static_cast<std::uint32_t>(times_.size()));
    for (std::size_t k = 0; k < times_.size(); ++k) slot_of_[times_[k].column] = own + static_cast<std::uint32_t>(k);
    assign_person_slots();
    const std::vector<std::vector<std::size_t>> covariates = find_covariates();
    findings_.throw_errors();
    covariates_.assign_slots(header_, covariates, slot_of_, slots_);
  }

  PanelFile read() {
    for (Scanner::Found found{}; !findings_.full() && (found = next()) != Scanner::Found::end;)
      if (found == Scanner::Found::record) take_record();
    refuse_without_rows();
    records_ *= times_.size();
    if (!findings_.any_errors() && rows_.size() == 0)
      findings_.error("E-NOROWS", scanner_.record(), "found no state in any column of states", "expected at least one",
                      "all " + std::to_string(records_) + " cells are empty, or declared as missing");
    if (empty_cells_ > 0) dropped_["empty cell"] = empty_cells_;
    if (missing_states_ > 0) dropped_["missing state"] = missing_states_;
    covariates_.warn();
    if (const auto sound = sound_rows()) covariates_.tell_missing(*sound);
    PanelFile out = finish();
    covariates_.tell_missing(out.panel);
    findings_.throw_errors();
    out.covariates = covariates_.take();
    return out;
  }

 private:
  /// A column of states.
  struct Time {
    std::int32_t time;
    std::size_t column;
  };
  /// A column whose name ends in a whole number.
  struct Candidate {
    std::string stub;
    Time time;
  };

  // --- which columns hold states ---

  void refuse(std::string found, std::string expected, std::string hint = {}) {
    findings_.error("E-WIDE-TIMES", header_.fields().front().begin, std::move(found), std::move(expected),
                    std::move(hint));
  }
  [[nodiscard]] const std::string& name(const Time& t) const { return header_.names()[t.column]; }
  [[nodiscard]] bool is_of_the_person(std::size_t column) const {
    const std::string& name = header_.names()[column];
    return name == columns_.id || (weighted_ && name == columns_.weight) || (grouped_ && name == columns_.group) ||
           person_.has(column);
  }
  /// Whether a column is a covariate: one of the person by its whole name, else one of a time.
  [[nodiscard]] bool is_covariate(std::size_t column) const {
    const bool is_state = !columns_.state.empty() && candidate(header_.names()[column], column, columns_.state);
    if (is_state) return false;  // and told where it is named as a covariate too
    return std::any_of(columns_.covariates.begin(), columns_.covariates.end(), [&](const CovariateColumn& c) {
      return header_.find(c.name) ? header_.names()[column] == c.name
                                  : c.name != columns_.state && candidate(header_.names()[column], column, c.name);
    });
  }
  static std::optional<std::int32_t> time_of(std::string_view text) {
    const detail::Time read = detail::read_time(text);
    if (read.form != detail::TimeForm::whole && read.form != detail::TimeForm::negative) return std::nullopt;
    return read.value;
  }
  /// The time that the name of a column ends in, after `stub` where there is one.
  static std::optional<Candidate> candidate(const std::string& name, std::size_t column, const std::string& stub) {
    std::size_t at = stub.size();
    if (name.compare(0, at, stub) != 0) return std::nullopt;
    if (stub.empty()) {
      at = name.size();
      while (at > 0 && detail::is_digit(name[at - 1])) --at;
      if (at == 1 && name[0] == '-') at = 0;
    } else if (!(at < name.size() && detail::is_digit(name[at]))) {
      return std::nullopt;
    }
    const auto time = time_of(std::string_view(name).substr(at));
    if (!time) return std::nullopt;
    return Candidate{name.substr(0, at), {*time, column}};
  }
  [[nodiscard]] std::vector<Candidate> candidates(const std::string& stub) const {
    std::vector<Candidate> out;
    for (std::size_t c = 0; c + nameless_ < header_.size(); ++c)
      if (!is_of_the_person(c) && !is_covariate(c))
        if (const auto one = candidate(header_.names()[c], c, stub)) out.push_back(*one);
    return out;
  }
  /// What stands before the times, with how many columns it has: "'job' (8 columns), 'pay' (8 columns)".
  static std::string stubs_of(const std::vector<Candidate>& all, std::size_t& how_many) {
    std::map<std::string, std::uint64_t> columns;
    for (const Candidate& one : all) ++columns[one.stub];
    how_many = columns.size();
    std::string out;
    std::size_t told = 0;
    for (const auto& [stub, n] : columns) {
      if (++told > 8) return out + " and more";
      out += (out.empty() ? "" : ", ") + shown(stub) + " (" + detail::counted(n, "column", "columns") + ")";
    }
    return out;
  }
  /// Adds the columns of some times, which all must have one stub.
  void add(const std::vector<Candidate>& all) {
    std::size_t stubs = 0;
    const std::string told = stubs_of(all, stubs);
    if (stubs > 1)
      return refuse("found columns with times behind several names: " + told, "expected one kind of state",
                    "name the one that is meant as the state, or list its columns as the times");
    for (const Candidate& one : all) times_.push_back(one.time);
  }

  void find_times() {
    if (!columns_.times.empty()) return find_stated_times();
    const std::vector<Candidate> all = candidates(columns_.state);
    if (!all.empty()) return add(all);
    std::size_t stubs = 0;
    const std::string others = columns_.state.empty() ? std::string() : stubs_of(candidates(""), stubs);
    refuse(
        columns_.state.empty() ? "found no column whose name ends in a time"
                               : "found no column of " + shown(columns_.state) + " with a time behind it",
        "expected a column of states for each time, such as job1990 and job1991",
        others.empty() ? "list them as the times: 1990=first job,1991=second job" : "there are times behind " + others);
  }
  void find_stated_times() {
    std::string_view rest = columns_.times;
    for (bool more = true; more && !findings_.full();) {
      const std::size_t comma = rest.find(',');
      add_item(std::string(rungs::detail::trimmed(rest.substr(0, comma))));
      more = comma != std::string_view::npos;
      rest.remove_prefix(more ? comma + 1 : rest.size());
    }
    if (!numbers_.empty() && !findings_.any_errors()) add_numbers();
  }
  void add_item(const std::string& item) {
    const std::size_t equals = item.find('='), colon = item.find(':');
    if (equals != std::string::npos) {
      const auto time = time_of(rungs::detail::trimmed(std::string_view(item).substr(0, equals)));
      if (!time)
        return refuse("found " + shown(item) + " among the times", "expected TIME=COLUMN with a whole number first");
      return add_column(std::string(rungs::detail::trimmed(std::string_view(item).substr(equals + 1))), time);
    }
    if (const auto time = time_of(item)) return numbers_.push_back({*time, *time});
    if (colon != std::string::npos) {
      const auto first = time_of(rungs::detail::trimmed(std::string_view(item).substr(0, colon))),
                 last = time_of(rungs::detail::trimmed(std::string_view(item).substr(colon + 1)));
      if (first && last && *first < *last) return numbers_.push_back({*first, *last});
      if (first && last)
        return refuse("found " + shown(item) + " among the times", "expected the first time before the last");
    }
    add_column(item, std::nullopt);
  }
  void add_column(const std::string& name, std::optional<std::int32_t> time) {
    const auto column = name.empty() ? std::nullopt : header_.find(name);
    if (!column) {
      const std::string near = rungs::detail::nearest_name(name, header_.names());
      findings_.error("E-COL-ABSENT", header_.fields().front().begin,
                      "found no column " + shown(name) + " (a time of the state)",
                      "expected it among " + detail::listed(header_.names()),
                      near.empty() ? "" : "did you mean " + shown(near) + "?");
      return;
    }
    if (is_of_the_person(*column)) {
      findings_.error("E-COL-ROLE", header_.fields()[*column].begin,
                      "found column " + shown(name) + " named as a time of the state and for something else",
                      "expected a column for each");
      return;
    }
    if (!time) {
      const auto one = candidate(name, *column, "");
      if (!one)
        return refuse("found " + shown(name) + " among the times, which does not end in a whole number",
                      "expected TIME=COLUMN for such a column, as in 1990=" + name);
      time = one->time.time;
    }
    times_.push_back({*time, *column});
  }
  /// The columns of the times that were given as numbers.
  void add_numbers() {
    std::vector<Candidate> all;
    for (const Candidate& one : candidates(columns_.state))
      if (std::any_of(numbers_.begin(), numbers_.end(),
                      [&](const auto& n) { return n.first <= one.time.time && one.time.time <= n.second; }))
        all.push_back(one);
    std::set<std::int32_t> wanted;
    for (const auto& [first, last] : numbers_) {
      wanted.insert(first);
      wanted.insert(last);
    }
    for (const Candidate& one : all) wanted.erase(one.time.time);
    if (!wanted.empty())
      return refuse("found no column of " + (columns_.state.empty() ? "a state" : shown(columns_.state)) +
                        " with the time " + std::to_string(*wanted.begin()) + " behind it",
                    "expected it among " + detail::listed(header_.names()));
    add(all);
  }

  // --- which columns hold covariates ---

  /// The column of each covariate, or its columns at the times of the states.
  std::vector<std::vector<std::size_t>> find_covariates() {
    std::vector<std::vector<std::size_t>> out;
    for (const CovariateColumn& covariate : columns_.covariates) {
      std::vector<std::size_t>& columns = out.emplace_back();
      const auto whole = header_.find(covariate.name);
      if (whole) {
        columns.push_back(*whole);
        const bool is_state =
            std::any_of(times_.begin(), times_.end(), [&](const Time& t) { return t.column == *whole; });
        if (is_state || covariate.name == columns_.id)
          findings_.error("E-COL-ROLE", header_.fields()[*whole].begin,
                          "found column " + shown(covariate.name) + " named as a covariate and as " +
                              (is_state ? "a state" : "the id"),
                          "expected a column for each");
        continue;
      }
      std::map<std::int32_t, std::size_t> at;
      for (std::size_t c = 0; c + nameless_ < header_.size(); ++c)
        if (const auto one = candidate(header_.names()[c], c, covariate.name))
          if (const auto [first, is_new] = at.try_emplace(one->time.time, c); !is_new)
            refuse("found columns " + shown(header_.names()[first->second]) + " and " + shown(header_.names()[c]) +
                       " of one time, " + std::to_string(one->time.time),
                   "expected a column for each time");
      for (const Time& t : times_) {
        const auto column = at.find(t.time);
        if (column == at.end()) {
          explain_covariate(covariate.name, t.time, at.empty());
          break;
        }
        columns.push_back(column->second);
      }
    }
    return out;
  }
  void explain_covariate(const std::string& name, std::int32_t time, bool nowhere) {
    const std::string near = rungs::detail::nearest_name(name, header_.names());
    findings_.error(
        "E-COL-ABSENT", header_.fields().front().begin,
        nowhere ? "found no column " + shown(name) + " (a covariate), and none of it with a time behind it"
                : "found no column of the covariate " + shown(name) + " with the time " + std::to_string(time) +
                      " behind it",
        nowhere ? "expected it among " + detail::listed(header_.names()) : "expected one for each time of the states",
        nowhere && !near.empty() ? "did you mean " + shown(near) + "?" : "");
  }

  void check_times() {
    DateLikeness dates;
    for (std::size_t k = 0; k < times_.size(); ++k) {
      const char* const at = header_.fields()[times_[k].column].begin;
      dates.see(times_[k].time, at);
      if (k == 0) continue;
      if (times_[k - 1].column == times_[k].column)
        findings_.error("E-WIDE-TIMES", at, "found column " + shown(name(times_[k])) + " among the times twice",
                        "expected each once");
      else if (times_[k - 1].time == times_[k].time)
        findings_.error("E-WIDE-TIMES", at,
                        "found columns " + shown(name(times_[k - 1])) + " and " + shown(name(times_[k])) +
                            " of one time, " + std::to_string(times_[k].time),
                        "expected a column for each time");
    }
    if (findings_.any_errors()) return;
    if (times_.size() < 2)
      return refuse("found one column of states, " + shown(name(times_.front())), "expected at least two",
                    "a move is seen between two times");
    dates.tell(findings_, " behind the name of column " + shown(name(times_.front())));
    check_centuries();
  }
  /// Two digits of the years 1998 to 2001 are 98, 99, 00, 01: in that order nobody moves.
  void check_centuries() {
    bool leading_zero = false, two_digits = true;
    std::int32_t widest = 0;
    for (std::size_t k = 0; k < times_.size(); ++k) {
      const std::string& n = name(times_[k]);
      std::size_t digits = 0;
      while (digits < n.size() && detail::is_digit(n[n.size() - 1 - digits])) ++digits;
      two_digits = two_digits && digits == 2 && times_[k].time >= 0 && times_[k].time < 100;
      leading_zero = leading_zero || (digits == 2 && times_[k].time < 10);
      if (k > 0) widest = std::max(widest, times_[k].time - times_[k - 1].time);
    }
    if (two_digits && leading_zero && widest >= 40)
      refuse("found columns " + shown(name(times_.front())) + " and " + shown(name(times_.back())) +
                 ", whose times look like years of two centuries",
             "expected times in their order",
             "write the years out: 1999=" + name(times_.back()) + ",2000=" + name(times_.front()));
  }

  // --- records ---

  void take_record() {
    if (nameless_ > 0 && refuse_text_without_name()) return;
    const Field& who = slots_[id];
    const bool no_cell =
        std::all_of(slots_.begin() + own, slots_.begin() + own + static_cast<std::ptrdiff_t>(times_.size()),
                    [](const Field& f) { return f.empty(); });
    if (who.empty()) return explain_id("", no_cell);
    if (who.text() == columns_.id && slots_[own].text() == name(times_.front())) {
      findings_.error("E-DUP-KEY", scanner_.record(), "found the line of column names a second time",
                      "expected it once, at the top", "it looks like two files put together");
      return;
    }
    const Key key = id_key();
    const std::uint32_t new_person = people_.size(), person = people_.number(key);
    if (person != new_person) {
      findings_.error("E-DUP-KEY", who.begin, "found a second record of " + shown(key.view()),
                      "expected one record for each person",
                      "the first stands " + findings_.on_line(line_of_[person]) +
                          "; with a record for each time, the panel is not wide");
      return;
    }
    line_of_.push_back(scanner_.record_line());
    if (!note_new_id(key)) explain_id(who.meant(), false);
    std::uint32_t of = 0;
    if (grouped_ && !read_group(of)) return explain_group();
    if (!note_person(person)) return;
    double heavy = 1;
    const bool weight_is_wrong = weighted_ && *detail::read_weight(slots_[weight].text(), heavy).code != '\0';
    bool any = false;
    covariates_.begin_record();
    for (std::size_t k = 0; k < times_.size() && !findings_.full(); ++k) {
      Field& cell = slots_[own + k];
      blanks_.trim(cell);
      std::uint32_t where = labels_.find(key_of(cell));
      if (where == missing_) {
        ++missing_states_;
      } else if (where == Lookup::none) {
        if (cell.empty())
          ++empty_cells_;
        else
          explain_state(cell, name(times_[k]));
      } else {
        any = true;
        if (grouped_) where = of_group(where, of);
        if (weight_is_wrong) continue;
        if (covariates_.any() && !covariates_.read_at(k, slots_, ladder_.is_exit(where), blanks_)) continue;
        add_row(person, times_[k].time, where, scanner_.record_line());
        if (weighted_) take_weight(heavy, person, slots_[weight].begin);
      }
    }
    if (any && weight_is_wrong) explain_weight();
  }

  detail::CovariateReader covariates_{columns_, findings_};
  std::vector<Time> times_{};
  std::vector<std::pair<std::int32_t, std::int32_t>> numbers_{};  // times and ranges of them that were asked for
  std::vector<std::uint64_t> line_of_{};                          // of each person
  std::uint64_t empty_cells_ = 0, missing_states_ = 0;
};

// --- a record for each spell
// -------------------------------------------------------------------------------------------

class SpellReader : detail::PanelReader {
 public:
  SpellReader(const std::string& path, const PanelColumns& columns, const Ladder& ladder)
      : PanelReader(path, columns, ladder, wanted(columns, ladder)), options_(columns.spells) {
    assign_slots(own + 2);
    slot_of_[*header_.find(columns_.state)] = state;
    slot_of_[*header_.find(options_.begin)] = begin;
    slot_of_[*header_.find(options_.end)] = end;
    assign_person_slots();
    covariates_.assign_slots(header_, slot_of_, slots_);
  }

  PanelFile read() {
    for (Scanner::Found found{}; !findings_.full() && (found = next()) != Scanner::Found::end;)
      if (found == Scanner::Found::record) take_record();
    check_negative_times();
    refuse_without_rows();
    if (!findings_.any_errors()) dates_.tell(findings_, " in the columns of the spells");
    std::sort(spells_found_.begin(), spells_found_.end(), [](const Spell& a, const Spell& b) {
      return a.person != b.person ? a.person < b.person : a.first != b.first ? a.first < b.first : a.line < b.line;
    });
    check_neighbours();
    spells_.records_read = std::exchange(records_, 0);
    if (!findings_.any_errors())
      for (const Spell& one : spells_found_) observe(one);
    if (missing_states_ > 0) dropped_["missing state"] = missing_states_;
    if (!findings_.any_errors() && rows_.size() == 0)
      findings_.error("E-NOROWS", scanner_.record(), "found no spell that holds at a time of the grid with a state",
                      "expected at least one",
                      "all " + std::to_string(spells_.records_read) +
                          " spells have a state declared as missing, or lie between the times");
    covariates_.spread(spell_of_row_);
    covariates_.warn();
    if (const auto sound = sound_rows()) covariates_.tell_missing(*sound);
    PanelFile out = finish();
    covariates_.tell_missing(out.panel);
    findings_.throw_errors();
    out.covariates = covariates_.take();
    return out;
  }

 private:
  static constexpr std::uint32_t begin = own, end = own + 1;

  /// Somebody is in a state from `first` to `last`, both included.
  struct Spell {
    std::uint32_t person;
    std::uint32_t where;
    std::int64_t first, last;
    std::uint64_t line;
    double weight;
    const char *at, *weight_at;
    bool open_end, is_missing;
    std::size_t covariates;  // which of the records of covariates that were read is its
  };

  static std::vector<detail::Wanted> wanted(const PanelColumns& columns, const Ladder& ladder) {
    std::vector<detail::Wanted> out = of_the_person(columns, ladder);
    out.insert(out.begin() + 1,
               {{"the state", columns.state}, {"the begin", columns.spells.begin}, {"the end", columns.spells.end}});
    return detail::CovariateReader::wanted(columns, std::move(out));
  }
  [[nodiscard]] bool is_open(const Field& field) const {
    return field.empty() || (!options_.open.empty() && std::find(options_.open.begin(), options_.open.end(),
                                                                 field.meant()) != options_.open.end());
  }

  void take_record() {
    blanks_.trim(slots_[state]);
    blanks_.trim(slots_[begin]);
    blanks_.trim(slots_[end]);
    if (nameless_ > 0 && refuse_text_without_name()) return;
    const Field &who = slots_[id], &what = slots_[state], &from = slots_[begin], &to = slots_[end];
    if (who.text() == columns_.id && what.text() == columns_.state && from.text() == options_.begin) {
      findings_.error("E-DUP-KEY", scanner_.record(), "found the line of column names a second time",
                      "expected it once, at the top", "it looks like two files put together");
      return;
    }
    bool ok = true;
    if (who.empty()) {
      explain_id("", what.empty() && from.empty() && to.empty());
      return;
    }
    const std::uint32_t new_person = people_.size(), person = people_.number(id_key());
    if (person == new_person && !note_new_id(id_key())) {
      explain_id(who.meant(), false);
      ok = false;
    }
    std::uint32_t of = 0;
    if (grouped_ && !read_group(of)) {
      explain_group();
      ok = false;
    } else if (grouped_ && !note_group(person, of)) {
      ok = false;
    }
    ok = note_person(person) && ok;
    std::uint32_t where = labels_.find(key_of(what));
    if (where == Lookup::none) {
      explain_state(what, columns_.state);
      ok = false;
    }
    double heavy = 1;
    if (weighted_ && where != missing_ && *detail::read_weight(slots_[weight].text(), heavy).code != '\0') {
      explain_weight();
      ok = false;
    }
    const auto first = time_of(from, options_.begin, options_.since, begin_words),
               last = time_of(to, options_.end, options_.until, end_words);
    if (!ok || !first || !last) return;
    Spell one{person,
              where,
              *first,
              *last,
              scanner_.record_line(),
              heavy,
              from.begin,
              slots_[weight].begin,
              is_open(to),
              where == missing_,
              records_of_covariates_};
    if (grouped_ && !one.is_missing) one.where = of_group(where, of);
    if (covariates_.any() && !one.is_missing) {
      if (!covariates_.read(slots_, ladder_.is_exit(one.where), blanks_)) return;
      ++records_of_covariates_;
    }
    if (!one.open_end && options_.end_is == SpellEnd::excluded) --one.last;
    if (one.first <= one.last && lies_within(one, from, to)) spells_found_.push_back(one);
    if (one.first > one.last) explain_order(*first, *last, is_open(from), one.open_end);
  }

  struct Words {
    const char *code, *what, *without, *hint;
  };
  static constexpr Words begin_words{"E-SPELL-SINCE", "the begin", "found a spell without a begin",
                                     "state the first time observed, from which such people are seen"};
  static constexpr Words end_words{"E-SPELL-UNTIL", "the end", "found a spell without an end",
                                   "state the last time observed, until which such people are seen"};
  /// The time in a field; where it is open, the first or last one observed.
  std::optional<std::int64_t> time_of(const Field& field, const std::string& column,
                                      const std::optional<std::int32_t>& observed, const Words& words) {
    if (is_open(field)) {
      if (observed) return *observed;
      findings_.error(words.code, field.begin,
                      words.without + (field.empty() ? std::string() : ", " + shown(field.meant()) + ",") +
                          " in column " + shown(column),
                      "expected a time", words.hint);
      return std::nullopt;
    }
    std::int32_t when = 0;
    if (!read_time_of(field, column, when)) {
      if (detail::read_time(field.text()).form == detail::TimeForm::code || detail::is_missing_sign(field.text()))
        findings_.error("E-TIME-RANGE", field.begin, "found " + shown(field.meant()) + " in column " + shown(column),
                        "expected a time",
                        "it looks like a code: if it means that the spell lasts beyond what was observed, declare it "
                        "as open");
      else
        detail::tell_time(findings_, field.begin, field.meant(), column);
      return std::nullopt;
    }
    years_ = years_ || when >= 1000;
    dates_.see(when, field.begin);
    return when;
  }
  /// Whether a spell lies within what was observed, where that is stated.
  bool lies_within(const Spell& one, const Field& from, const Field& to) {
    if (options_.since && one.first < *options_.since) {
      findings_.error("E-SPELL-SINCE", from.begin,
                      "found a spell from " + std::to_string(one.first) + ", before the first time observed, " +
                          std::to_string(*options_.since),
                      "expected none", "leave out what was not observed, or state an earlier time");
      return false;
    }
    if (options_.until && one.last > *options_.until) {
      findings_.error("E-SPELL-UNTIL", to.begin,
                      "found a spell to " + std::to_string(one.last) + ", after the last time observed, " +
                          std::to_string(*options_.until),
                      "expected none", "leave out what was not observed, or state a later time");
      return false;
    }
    return true;
  }
  void explain_order(std::int64_t first, std::int64_t last, bool open_begin, bool open_end) {
    if (open_begin)
      findings_.error("E-SPELL-SINCE", slots_[end].begin,
                      "found the end " + std::to_string(last) + " of a spell without a begin, and " +
                          std::to_string(first) + " as the first time observed",
                      "expected a spell that was observed");
    else if (open_end)
      findings_.error("E-SPELL-UNTIL", slots_[begin].begin,
                      "found the begin " + std::to_string(first) + " of a spell without an end, and " +
                          std::to_string(last) + " as the last time observed",
                      "expected a spell that was observed");
    else if (first == last)
      findings_.error("E-SPELL-ORDER", slots_[end].begin,
                      "found a spell of no length, from " + std::to_string(first) + " to " + std::to_string(last) +
                          ", its end not included",
                      "expected an end after the begin", "leave such spells out, or count time in shorter units");
    else
      findings_.error("E-SPELL-ORDER", slots_[end].begin,
                      "found the end " + std::to_string(last) + " of a spell that begins at " + std::to_string(first),
                      "expected no end before the begin");
  }

  /// Refuses spells of one person that overlap, and tells of those that do not meet.
  void check_neighbours() {
    std::uint64_t gaps = 0, meet = 0, of_one = 0;
    const Spell* gap = nullptr;
    std::int64_t before_gap = 0;
    const Spell* longest = nullptr;  // the spell of the person that ends last so far
    for (const Spell& one : spells_found_) {
      if (findings_.full()) return;
      const Spell* const other = longest;
      if (longest == nullptr || longest->person != one.person || longest->last < one.last) longest = &one;
      if (other == nullptr || other->person != one.person) continue;
      if (one.first <= other->last) {
        const std::string hint =
            other->open_end ? "; only the last spell of a person has no end"
            : one.first == other->last && options_.end_is == SpellEnd::included
                ? "; where the next spell begins at the end of the one before, ends are not included"
                : "";
        findings_.error("E-SPELL-OVERLAP", one.at,
                        "found a spell of " + shown(people_.id(one.person)) + " from " + std::to_string(one.first) +
                            " that begins before another ends, from " + std::to_string(other->first) + " to " +
                            end_text(*other),
                        "expected the spells of a person one after another",
                        "the other stands " + findings_.on_line(other->line) + hint);
        continue;
      }
      ++(one.first == other->last + 1 ? meet : gaps);
      if (one.first == other->last + 1) continue;
      of_one += one.first == other->last + 2 ? 1U : 0U;
      if (gap == nullptr || one.line < gap->line) {
        gap = &one;
        before_gap = other->last;
      }
    }
    if (gap == nullptr || findings_.any_errors()) return;
    findings_.warn("W-SPELL-GAP", gap->at,
                   "found " + detail::counted(gaps, "spell that does", "spells that do") +
                       " not begin where the spell of the person before ends",
                   "expected spells that meet",
                   "the first is of " + shown(people_.id(gap->person)) + ", not observed from " +
                       std::to_string(before_gap + 1) + " to " + std::to_string(gap->first - 1) +
                       (meet == 0 && of_one == gaps && options_.end_is == SpellEnd::excluded
                            ? "; all such gaps are of one unit and no spells meet: are ends included?"
                            : ""));
  }
  [[nodiscard]] std::string end_text(const Spell& one) const {
    if (one.open_end) return "an open end";
    return std::to_string(one.last + (options_.end_is == SpellEnd::excluded ? 1 : 0));
  }

  /// Adds a row for each time of the grid at which a spell holds.
  void observe(const Spell& one) {
    constexpr std::int64_t longest_spell = 100'000;
    const std::int64_t every = options_.every, grid = options_.grid.value_or(0);
    const std::int64_t off = ((one.first - grid) % every + every) % every;  // how far behind a time of the grid
    const std::int64_t start = off == 0 ? one.first : one.first + (every - off);
    if (start > one.last) {
      ++spells_.dropped["between the times of the grid"];
      return;
    }
    const std::int64_t times = (one.last - start) / every + 1;
    if (times > longest_spell) {
      findings_.error("E-SPELL-LONG", one.at, "found a spell of " + std::to_string(times) + " steps",
                      "expected at most " + std::to_string(longest_spell),
                      "count time in larger units, or choose a longer step");
      return;
    }
    records_ += static_cast<std::uint64_t>(times);
    if (one.is_missing) {  // a stratum of a group may have the number of missing_
      missing_states_ += static_cast<std::uint64_t>(times);
      ++spells_.dropped["missing state"];
      return;
    }
    ++spells_.records_used;
    for (std::int64_t k = 0; k < times; ++k) {
      add_row(one.person, static_cast<std::int32_t>(start + k * every), one.where, one.line);
      if (weighted_) take_weight(one.weight, one.person, one.weight_at);
      if (covariates_.any()) spell_of_row_.push_back(one.covariates);
    }
  }

  const SpellColumns& options_;
  detail::CovariateReader covariates_{columns_, findings_};
  std::size_t records_of_covariates_ = 0;
  std::vector<std::size_t> spell_of_row_{};
  std::vector<Spell> spells_found_{};
  DateLikeness dates_{};
  std::uint64_t missing_states_ = 0;
};

}  // namespace

namespace detail {

PanelFile read_wide_panel(const std::string& path, const PanelColumns& columns, const Ladder& ladder) {
  return WideReader(path, columns, ladder).read();
}

PanelFile read_spells(const std::string& path, const PanelColumns& columns, const Ladder& ladder) {
  const SpellColumns& s = columns.spells;
  if (!(s.every >= 1))
    throw DomainError("E-STEP", "found a step of " + std::to_string(s.every) + "; expected 1 or more",
                      static_cast<double>(s.every));
  if (s.every > 1 && !s.grid)
    throw Refusal("E-SPELL-GRID", "found spells and a step of " + std::to_string(s.every) +
                                      " without a grid; expected one time at which people are taken to be observed, "
                                      "the others being whole steps before and after it");
  if (s.since && s.until && *s.since > *s.until)
    throw Refusal("E-SPELL-UNTIL", "found " + std::to_string(*s.since) + " as the first time observed and " +
                                       std::to_string(*s.until) + " as the last; expected the first before the last");
  return SpellReader(path, columns, ladder).read();
}

}  // namespace detail

// --- groups
// ------------------------------------------------------------------------------------------------------------

namespace {

class GroupReader {
 public:
  GroupReader(const std::string& path, const std::string& column, const std::string& encoding)
      : column_(column),
        source_(path, {{}, {}, {}, {column}, false, {}, encoding}),
        findings_(source_),
        scanner_(source_, findings_),
        header_(scanner_, source_, findings_, blanks_, {{"the group", column}}) {
    header_.check(findings_, {{"the group", column}});
  }

  std::vector<std::string> read() {
    constexpr std::size_t most = 100;
    std::vector<std::uint32_t> slot_of(header_.size(), 0);
    slot_of[*header_.find(column_)] = 1;
    Field slots[2];
    std::set<std::string> found;
    bool any = false;
    for (Scanner::Found next{}; !findings_.full() && (next = scanner_.next(std::span<const std::uint32_t>(slot_of),
                                                                           slots)) != Scanner::Found::end;) {
      any = true;
      if (next != Scanner::Found::record) continue;  // told of by whoever reads the records
      blanks_.trim(slots[1]);
      const std::string text = slots[1].meant();
      if (text.empty() || detail::is_missing_sign(text) || detail::is_missing_code(text)) continue;
      if (!found.insert(text).second) continue;
      for (const std::string& other : found)
        if (other != text && detail::as_seen(other) == detail::as_seen(text)) {
          findings_.error("E-LABEL-UNKNOWN", slots[1].begin,
                          "found the groups " + shown(other) + " and " + shown(text) + " in column " + shown(column_),
                          "expected groups that differ in what is seen", detail::why_seen_alike(text, other));
          findings_.throw_errors();
        }
      if (found.size() > most) {
        findings_.error("E-SIZE", slots[1].begin,
                        "found more than " + std::to_string(most) + " groups in column " + shown(column_),
                        "expected at most " + std::to_string(most));
        findings_.throw_errors();
      }
    }
    if (!any) header_.refuse_no_records(source_);
    if (found.empty() && !findings_.any_errors())
      findings_.error("E-LABEL-UNKNOWN", header_.fields()[*header_.find(column_)].begin,
                      "found no group in column " + shown(column_), "expected at least one");
    if (found.empty()) findings_.throw_errors();
    std::vector<std::string> out(found.begin(), found.end());
    std::stable_sort(out.begin(), out.end(), [](const std::string& a, const std::string& b) {
      const auto x = whole(a), y = whole(b);
      return x && y ? *x < *y : x.has_value() && !y.has_value();
    });
    return out;
  }

 private:
  static std::optional<std::int64_t> whole(const std::string& text) {
    std::int64_t x = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), x);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return x;
  }

  const std::string& column_;
  detail::Source source_;
  Findings findings_;
  Scanner scanner_;
  detail::Blanks blanks_{};
  detail::Header header_;
};

}  // namespace

std::vector<std::string> read_groups(const std::string& path, const std::string& column, const std::string& encoding) {
  return GroupReader(path, column, encoding).read();
}

}  // namespace rungs::io
