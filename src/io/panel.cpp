// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <rungs/io/csv.hpp>

#include "header.hpp"
#include "lookup.hpp"
#include "scanner.hpp"
#include "source.hpp"
#include "times.hpp"
#include "words.hpp"

namespace rungs::io {

namespace {

using detail::Field;
using detail::Findings;
using detail::Key;
using detail::Lookup;
using detail::shown;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// A time of four digits, by far the most frequent; else false.
bool read_year(const Field& field, std::int32_t& out) noexcept {
  if (field.size() != 4) return false;
  const auto digit = [&field](std::size_t i) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(field.begin[i])) - '0';
  };
  const std::uint32_t a = digit(0), b = digit(1), c = digit(2), d = digit(3);
  if (a > 9 || b > 9 || c > 9 || d > 9) return false;
  out = static_cast<std::int32_t>(((a * 10 + b) * 10 + c) * 10 + d);
  return out != 9999;
}

// --- weights
// -----------------------------------------------------------------------------------------------------------

/// What is wrong with a weight; an empty code when nothing is.
struct WeightFault {
  const char* code = "";
  const char* hint = "";
};

WeightFault read_weight(std::string_view text, double& out) {
  if (text.empty()) return {"E-WEIGHT-EMPTY", "an empty weight is taken neither as 0 nor as 1"};
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, out);
  if (error == std::errc::invalid_argument || rest != end) {
    if (detail::is_missing_sign(text))
      return {"E-WEIGHT-PARSE", "it looks like a missing value: a record without a weight cannot count"};
    if (std::count(text.begin(), text.end(), '.') > 1 || text.find(' ') != std::string_view::npos ||
        text.find('\'') != std::string_view::npos)
      return {"E-WEIGHT-PARSE", "write the number without separators of thousands"};
    if (text.find(',') != std::string_view::npos) return {"E-WEIGHT-PARSE", "write a decimal point: 1.5, not 1,5"};
    if (text.size() > 1 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
      return {"E-WEIGHT-PARSE", "write the number in decimal digits"};
    if (std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; }))
      return {"E-WEIGHT-PARSE", "write digits as 0 to 9, and the minus as -"};
    return {"E-WEIGHT-PARSE", ""};
  }
  if (error == std::errc::result_out_of_range)
    return {"E-WEIGHT-RANGE", "it is too large or too small to be told from infinity or 0"};
  if (std::isnan(out)) return {"E-WEIGHT-NAN", "a record without a weight cannot count"};
  if (std::isinf(out)) return {"E-WEIGHT-INF", ""};
  if (!(out >= 0))
    return {"E-WEIGHT-NEG", detail::is_missing_code(text)
                                ? "it looks like a code for a missing value: a record without a weight cannot count"
                                : ""};
  return {};
}

// --- ids
// ---------------------------------------------------------------------------------------------------------------

/// Whether an id looks like a number that another program has rewritten: 1e3, 1.23457E+11, 17.0.
bool looks_rewritten(std::string_view id) {
  if (id.empty() || !is_digit(id[0])) return false;
  std::size_t i = 0;
  const auto digits = [&] {
    const std::size_t from = i;
    while (i < id.size() && is_digit(id[i])) ++i;
    return i > from;
  };
  (void)digits();
  if (i == id.size()) return false;
  bool zeros = false;
  if (id[i] == '.') {
    const std::size_t from = ++i;
    if (!digits()) return false;
    zeros = id.substr(from, i - from).find_first_not_of('0') == std::string_view::npos;
  }
  if (i == id.size()) return zeros;
  if (id[i] != 'e' && id[i] != 'E') return false;
  ++i;
  if (i < id.size() && (id[i] == '+' || id[i] == '-')) ++i;
  return digits() && i == id.size();
}

/// The first place of something, and how often it was.
struct Seen {
  const char* first = nullptr;
  std::uint64_t times = 0;
  void at(const char* place) {
    if (times++ == 0) first = place;
  }
};

std::string counted(std::uint64_t n, const char* one, const char* many) {
  return n == 1 ? std::string("one ") + one : std::to_string(n) + " " + many;
}

// --- the panel
// ---------------------------------------------------------------------------------------------------------

class PanelReader {
 public:
  PanelReader(const std::string& path, const PanelColumns& columns, const Ladder& ladder)
      : columns_(columns),
        ladder_(ladder),
        alone_(ladder.of_each_group()),
        grouped_(!ladder.groups().empty()),
        weighted_(!columns.weight.empty()),
        source_(path),
        findings_(source_),
        scanner_(source_, findings_),
        header_(scanner_, source_, findings_, blanks_, wanted()) {
    header_.check(findings_, wanted());
    learn_labels();
    assign_slots();
  }

  PanelFile read() {
    reserve();
    while (!findings_.full()) {
      const detail::Scanner::Found found = scanner_.next(std::span<const std::uint32_t>(slot_of_), slots_.data());
      if (found == detail::Scanner::Found::end) break;
      ++records_;
      if (found == detail::Scanner::Found::record) take_record();
    }
    return finish();
  }

 private:
  enum Role : std::uint32_t { unused, id, time, state, weight, group, nameless };

  [[nodiscard]] std::vector<detail::Wanted> wanted() const {
    std::vector<detail::Wanted> out = {
        {"the id", columns_.id}, {"the time", columns_.time}, {"the state", columns_.state}};
    if (weighted_) out.push_back({"the weight", columns_.weight});
    if (grouped_) out.push_back({"the group", columns_.group});
    return out;
  }

  void learn_labels() {
    missing_ = static_cast<std::uint32_t>(alone_.size());
    for (const auto& [code, name] : columns_.recode) {
      labels_.find_or_add(kept_.keep(code), static_cast<std::uint32_t>(alone_[name].index()));
      known_.push_back(code);
    }
    for (const std::string& code : columns_.missing) {
      if (alone_.find(code) || columns_.recode.count(code) != 0)
        throw Refusal("E-CFG-DUP", "found " + shown(code) +
                                       " declared as missing and as a stratum; expected one meaning for each code");
      labels_.find_or_add(kept_.keep(code), missing_);
    }
    for (std::size_t i = 0; i < alone_.size(); ++i)
      labels_.find_or_add(kept_.keep(alone_.name(i)), static_cast<std::uint32_t>(i));
    for (std::size_t g = 0; g < ladder_.groups().size(); ++g)
      groups_.find_or_add(kept_.keep(ladder_.groups()[g]), static_cast<std::uint32_t>(g));
    known_.insert(known_.begin(), alone_.names().begin(), alone_.names().end());
  }

  void assign_slots() {
    slot_of_.assign(header_.size(), unused);
    slot_of_[*header_.find(columns_.id)] = id;
    slot_of_[*header_.find(columns_.time)] = time;
    slot_of_[*header_.find(columns_.state)] = state;
    if (weighted_) slot_of_[*header_.find(columns_.weight)] = weight;
    if (grouped_) slot_of_[*header_.find(columns_.group)] = group;
    nameless_ = header_.nameless_at_end();
    for (std::size_t k = 0; k < nameless_; ++k)
      slot_of_[header_.size() - 1 - k] = static_cast<std::uint32_t>(nameless + k);
    slots_.resize(nameless + nameless_);
  }

  void reserve() {
    constexpr std::ptrdiff_t sample = 1 << 16;
    const std::ptrdiff_t size = source_.end() - source_.begin();
    const char* const stop = source_.begin() + std::min(sample, size);
    const auto lines = static_cast<double>(std::count(source_.begin(), stop, '\n')) + 1;
    const auto records = static_cast<std::size_t>(static_cast<double>(size) /
                                                  static_cast<double>(stop - source_.begin()) * lines * 1.02) +
                         16;
    const auto make_room = [records](auto& column) {
      column.reserve(records);
      detail::expect_use(column.data(), records * sizeof(column[0]));
    };
    make_room(rows_.person);
    make_room(rows_.time);
    make_room(rows_.stratum);
    make_room(rows_.line);
    if (weighted_) make_room(rows_.weight);
  }

  void take_record() {
    for (std::uint32_t role = id; role <= (weighted_ ? weight : state); ++role) blanks_.trim(slots_[role]);
    if (grouped_) blanks_.trim(slots_[group]);
    for (std::size_t k = 0; k < nameless_; ++k)
      if (!slots_[nameless + k].empty()) [[unlikely]]
        return refuse_nameless();

    std::int32_t when = 0;
    if (!read_year(slots_[time], when) && !take_time(when)) return explain();
    std::uint32_t where = labels_.find(label_key());
    if (where == Lookup::none) [[unlikely]]
      return explain();
    const bool is_missing = where == missing_;
    if (grouped_) {
      const std::uint32_t of = groups_.find(key_of(slots_[group]));
      if (of == Lookup::none) return explain();
      where = static_cast<std::uint32_t>(ladder_.for_group(where, of));
    }
    if (slots_[id].empty()) [[unlikely]]
      return explain();
    if (is_missing) {
      ++dropped_;
      return;
    }
    double heavy = 1;
    if (weighted_ && *read_weight(slots_[weight].text(), heavy).code != '\0') return explain();
    const Key key = id_key();
    if (!(key == last_id_)) {
      last_id_ = key;
      const std::uint32_t new_person = people_.size();
      last_person_ = people_.number(key);
      if (last_person_ == new_person) {
        if (!note_new_id(key)) return explain();
      } else {
        ordered_ = false;
      }
    } else if (when <= last_time_) {
      ordered_ = false;
    }
    last_time_ = when;
    rows_.person.push_back(last_person_);
    rows_.time.push_back(when);
    rows_.stratum.push_back(static_cast<std::uint16_t>(where));
    rows_.line.push_back(static_cast<std::uint32_t>(scanner_.record_line()));
    if (weighted_) take_weight(heavy, where);
  }

  /// A time that is not four digits; false when it is none.
  bool take_time(std::int32_t& when) {
    const Field& field = slots_[time];
    const detail::Time read = detail::read_time(field.text());
    when = read.value;
    if (read.form == detail::TimeForm::whole_with_point) times_with_point_.at(field.begin);
    if (read.form == detail::TimeForm::negative) {
      std::vector<const char*>& negatives =
          detail::is_missing_code(field.text()) && field.begin[1] == '9' ? negative_nines_ : other_negatives_;
      if (negatives.size() < Findings::cap) negatives.push_back(field.begin);
    }
    return read.is_time();
  }

  Key label_key() { return key_of(slots_[state]); }
  Key key_of(const Field& field) {
    if (field.form != Field::Form::with_doubled_quotes) [[likely]]
      return {field.begin, field.end};
    scratch_ = field.meant();
    scratch_.append(8, '\0');
    return {scratch_.data(), scratch_.data() + scratch_.size() - 8};
  }
  Key id_key() {
    const Field& field = slots_[id];
    if (field.form != Field::Form::with_doubled_quotes) [[likely]]
      return {field.begin, field.end};
    return kept_.keep(field.meant());
  }

  bool note_new_id(const Key& key) {
    const std::string_view text = key.view();
    if (detail::is_missing_sign(text)) return false;
    if (looks_rewritten(text)) rewritten_ids_.at(slots_[id].begin);
    for (const char c : text) {
      capitals_ = capitals_ || (c >= 'A' && c <= 'Z');
      small_letters_ = small_letters_ || (c >= 'a' && c <= 'z');
    }
    return true;
  }

  void take_weight(double w, std::uint32_t where) {
    const char* const place = slots_[weight].begin;
    rows_.weight.push_back(w);
    if (first_weights_.size() < people_.size()) first_weights_.resize(people_.size(), -1);
    double& first = first_weights_[last_person_];
    if (first < 0)
      first = w;
    else if (first != w)
      varying_weights_.at(place);
    if (w == 0) zero_weights_.at(place);
    if (columns_.weight_kind == WeightKind::frequency && w != std::floor(w)) fractions_.at(place);
    if (by_stratum_.empty()) by_stratum_.resize(ladder_.size());
    StratumWeight& sum = by_stratum_[where];
    sum.total += w;
    ++sum.records;
    if (w > sum.largest) {
      sum.largest = w;
      sum.place = place;
    }
    if (first_weight_ == nullptr) first_weight_ = place;
  }

  // --- what is wrong with a record ---

  void refuse_nameless() {
    const std::size_t column = header_.size() - nameless_;
    findings_.error("E-COL-EMPTY", header_.fields()[column].begin,
                    "found column " + std::to_string(column + 1) + " without a name, but with text in it",
                    "expected a name for each column",
                    "the first such text stands on line " + std::to_string(scanner_.record_line()));
    nameless_ = 0;  // once is enough
  }

  void explain() {
    const Field &who = slots_[id], &when = slots_[time], &where = slots_[state];
    const std::string who_text = who.meant(), when_text = when.meant(), where_text = where.meant();
    if (who_text == columns_.id && when_text == columns_.time && where_text == columns_.state) {
      findings_.error("E-DUP-KEY", scanner_.record(), "found the line of column names a second time",
                      "expected it once, at the top", "it looks like two files put together");
      return;
    }
    if (where.empty() && detail::is_total(who_text)) {
      findings_.error("E-TIME-PARSE", scanner_.record(),
                      "found a line that starts with " + shown(who_text) + " and has no state", "expected a record",
                      "it looks like a footer: leave it out");
      return;
    }
    // In the order in which the columns stand.
    for (const std::uint32_t role : slot_of_) {
      if (findings_.full()) return;
      if (role == id) explain_id(who_text);
      if (role == time) detail::tell_time(findings_, slots_[time].begin, when_text, columns_.time);
      if (role == state) explain_state(where_text);
      if (role == group) explain_group(slots_[group].meant());
      if (role == weight) explain_weight();
    }
  }

  void explain_id(const std::string& text) {
    const std::string column = " in column " + shown(columns_.id);
    if (text.empty())
      findings_.error("E-ID-EMPTY", slots_[id].begin, "found no id" + column,
                      "expected the person that the record is about",
                      slots_[state].empty() && slots_[time].empty()
                          ? "the line has only commas, as spreadsheets write them: leave it out"
                          : "");
    else if (detail::is_missing_sign(text))
      findings_.error("E-ID-MISSING", slots_[id].begin,
                      "found " + shown(text) + column + ", a sign for a missing value",
                      "expected the person that the record is about");
  }

  void explain_state(const std::string& text) {
    if (labels_.find(label_key()) != Lookup::none) return;
    const char* const at = slots_[state].begin;
    const std::string column = " in column " + shown(columns_.state),
                      expected = "expected one of " + detail::listed(alone_.names());
    if (text.empty())
      findings_.error("E-STATE-MISSING", at, "found no state" + column, expected,
                      "where it is not known, declare '' as missing");
    else if (detail::is_missing_sign(text))
      findings_.error("E-STATE-MISSING", at, "found " + shown(text) + column + ", a sign for a missing value", expected,
                      "where it is not known, declare " + shown(text) + " as missing");
    else
      findings_.error("E-LABEL-UNKNOWN", at, "found " + shown(text) + column, expected,
                      detail::hint_for_name(text, known_));
  }

  void explain_group(const std::string& text) {
    if (groups_.find(key_of(slots_[group])) != Lookup::none) return;
    findings_.error(
        "E-LABEL-UNKNOWN", slots_[group].begin,
        (text.empty() ? std::string("found no group") : "found " + shown(text)) + " in column " + shown(columns_.group),
        "expected one of " + detail::listed(ladder_.groups()), detail::hint_for_name(text, ladder_.groups()));
  }

  void explain_weight() {
    double w = 0;
    const std::string text = slots_[weight].meant();
    if (labels_.find(label_key()) == missing_) return;  // the record does not count
    const WeightFault fault = read_weight(slots_[weight].text(), w);
    if (*fault.code == '\0') return;
    const std::string column = " in column " + shown(columns_.weight);
    findings_.error(fault.code, slots_[weight].begin,
                    text.empty() ? "found no weight" + column : "found " + shown(text) + column,
                    "expected a number, 0 or more", fault.hint);
  }

  // --- after the last record ---

  PanelFile finish() {
    check_negative_times();
    if (!findings_.any_errors() && records_ == 0) header_.refuse_no_records(source_);
    if (!findings_.any_errors() && rows_.size() == 0)
      findings_.error("E-NOROWS", scanner_.record(), "found no record with a state", "expected at least one",
                      "all " + std::to_string(records_) + " records have a state declared as missing");
    if (weighted_ && first_weight_ != nullptr && zero_weights_.times == rows_.size())
      findings_.error("E-WEIGHT-ALLZERO", first_weight_, "found weights of 0 in all records",
                      "expected at least one above 0");
    if (!ordered_) order_rows();
    findings_.throw_errors();
    warn();
    std::map<std::string, std::uint64_t> dropped;
    if (dropped_ > 0) dropped["missing state"] = dropped_;
    return {Panel(ladder_, std::move(rows_), columns_.weight_kind, source_.name()), records_, std::move(dropped),
            findings_.warnings()};
  }

  /// Times below 0 may be counted from an event; beside years, or as -9 alone, they are codes.
  void check_negative_times() {
    if (negative_nines_.empty() && other_negatives_.empty()) return;
    const bool years = std::any_of(rows_.time.begin(), rows_.time.end(), [](std::int32_t t) { return t >= 1000; });
    const auto refuse = [&](const std::vector<const char*>& places) {
      for (const char* place : places) {
        const char* end = place + 1;
        while (is_digit(*end)) ++end;
        findings_.error(
            "E-TIME-RANGE", place,
            "found " + shown({place, static_cast<std::size_t>(end - place)}) + " in column " + shown(columns_.time),
            "expected a time", "it looks like a code for a missing value: leave such records out");
      }
    };
    if (years || other_negatives_.empty()) refuse(negative_nines_);
    if (years) refuse(other_negatives_);
  }

  /// Brings the rows into the order of person and time, and tells of two records of one person at
  /// one time.
  void order_rows() {
    if (weighted_)
      order_rows_as<WeightedRow>();
    else
      order_rows_as<Row>();
  }

  struct Row {
    std::int32_t time;
    std::uint32_t line;
    std::uint16_t stratum;
    friend bool operator<(const Row& a, const Row& b) { return a.time != b.time ? a.time < b.time : a.line < b.line; }
  };
  struct WeightedRow : Row {
    double weight;
  };

  template <class AnyRow>
  void order_rows_as() {
    constexpr bool with_weights = std::is_same_v<AnyRow, WeightedRow>;
    const std::size_t n = rows_.size();
    const std::size_t people = people_.size();
    std::vector<std::size_t> start(people + 1);  // where the rows of a person start
    for (const std::uint32_t person : rows_.person) ++start[person + 1];
    for (std::size_t p = 0; p < people; ++p) start[p + 1] += start[p];
    std::vector<AnyRow> sorted(n);
    detail::expect_use(sorted.data(), n * sizeof(AnyRow));
    std::vector<std::size_t> next(start.begin(), start.end() - 1);
    for (std::size_t k = 0; k < n; ++k) {
      AnyRow& row = sorted[next[rows_.person[k]]++];
      row.time = rows_.time[k];
      row.line = rows_.line[k];
      row.stratum = rows_.stratum[k];
      if constexpr (with_weights) row.weight = rows_.weight[k];
    }
    std::vector<Twice> twice;
    for (std::uint32_t p = 0; p < people; ++p) {
      const auto begin = sorted.begin() + static_cast<std::ptrdiff_t>(start[p]),
                 end = sorted.begin() + static_cast<std::ptrdiff_t>(start[p + 1]);
      if (!std::is_sorted(begin, end)) std::sort(begin, end);
      auto first = begin;
      for (auto k = begin; k != end; ++k) {
        if (k->time != first->time)
          first = k;
        else if (k != first)
          twice.push_back({k->line, first->line, p, k->time});
      }
      if (twice.size() > 4096) keep_first(twice);
    }
    keep_first(twice);
    for (const Twice& one : twice)
      findings_.error_on(
          "E-DUP-KEY", one.line,
          "found a second record of " + shown(people_.id(one.person)) + " at time " + std::to_string(one.time),
          "expected one record for each person and time", "the first stands on line " + std::to_string(one.first_line));
    for (std::size_t k = 0, p = 0; k < n; ++k) {
      while (start[p + 1] == k) ++p;
      rows_.person[k] = static_cast<std::uint32_t>(p);
      rows_.time[k] = sorted[k].time;
      rows_.line[k] = sorted[k].line;
      rows_.stratum[k] = sorted[k].stratum;
      if constexpr (with_weights) rows_.weight[k] = sorted[k].weight;
    }
  }

  /// A second record of one person at one time.
  struct Twice {
    std::uint32_t line;
    std::uint32_t first_line;
    std::uint32_t person;
    std::int32_t time;
  };
  static void keep_first(std::vector<Twice>& twice) {
    std::sort(twice.begin(), twice.end(), [](const Twice& a, const Twice& b) { return a.line < b.line; });
    if (twice.size() > Findings::cap) twice.resize(Findings::cap);
  }

  void warn() {
    blanks_.tell(findings_);
    if (source_.control_z() != nullptr)
      findings_.warn("W-CTRLZ", source_.control_z(), "found a Ctrl-Z at the end", "expected the end of the file",
                     "old systems write it: it was left out");
    if (scanner_.blank_line() != nullptr)
      findings_.warn("W-LINE-BLANK", scanner_.blank_line(), "found a blank line between records", "expected none",
                     "blank lines were left out; this is the first");
    if (header_.nameless_at_end() > 0)
      findings_.warn("W-EMPTYCOL", header_.fields()[header_.size() - header_.nameless_at_end()].begin,
                     "found an empty column without a name at the end of every line", "expected none",
                     "it was left out");
    if (rewritten_ids_.times > 0)
      findings_.warn("W-ID-FLOAT", rewritten_ids_.first,
                     "found " + counted(rewritten_ids_.times, "id", "ids") +
                         " that a spreadsheet seems to have rewritten as a number",
                     "expected ids as they were given",
                     "different ids may have become one: compare with the original; ids are read as text");
    if (capitals_ && small_letters_) warn_of_case();
    if (times_with_point_.times > 0)
      findings_.warn(
          "W-TIME-FLOAT", times_with_point_.first,
          "found " + counted(times_with_point_.times, "time", "times") + " with a decimal point, such as 2017.0",
          "expected whole numbers", "they were read as whole numbers");
    if (weighted_) warn_of_weights();
  }

  void warn_of_case() {
    Lookup low;
    detail::Keeper kept;
    std::uint64_t pairs = 0;
    std::string_view first, second;
    for (std::uint32_t person = 0; person < people_.size(); ++person) {
      const std::uint32_t known = low.find_or_add(kept.keep(detail::lower(people_.id(person))), person);
      if (known == person || pairs++ > 0) continue;
      first = people_.id(known);
      second = people_.id(person);
    }
    if (pairs == 0) return;
    const bool in_file = second.data() >= source_.begin() && second.data() < source_.end();
    findings_.warn("W-ID-CASE", in_file ? second.data() : source_.begin(),
                   "found the ids " + shown(first) + " and " + shown(second) + ", which differ only in capital letters",
                   "expected ids that differ otherwise",
                   "they are read as two people" +
                       (pairs > 1 ? "; there are " + std::to_string(pairs) + " such pairs" : std::string()));
  }

  void warn_of_weights() {
    if (varying_weights_.times > 0)
      findings_.warn("W-WEIGHT-VARIES", varying_weights_.first,
                     "found " + counted(varying_weights_.times, "record", "records") +
                         " with another weight than the person's first record",
                     "expected one weight for each person",
                     "every move takes the weight of the record it starts from; this is the first");
    if (zero_weights_.times > 0)
      findings_.warn("W-WEIGHT-ZERO", zero_weights_.first,
                     "found " + counted(zero_weights_.times, "record", "records") + " with a weight of 0",
                     "expected weights above 0", "moves from there count for nothing; this is the first");
    if (fractions_.times > 0)
      findings_.warn(
          "W-WEIGHT-FRACTION", fractions_.first,
          "found " + counted(fractions_.times, "frequency weight that is", "frequency weights that are") + " not whole",
          "expected numbers of people", "if they correct for sampling, declare sampling weights");
    for (std::size_t i = 0; i < by_stratum_.size(); ++i) {
      const StratumWeight& sum = by_stratum_[i];
      if (sum.records >= 3 && sum.largest > 0.5 * sum.total)
        findings_.warn("W-WEIGHT-DOMINANT", sum.place,
                       "found a record that holds " +
                           rungs::detail::text(std::floor(1000 * sum.largest / sum.total) / 10) +
                           " % of the weight of all records in " + shown(ladder_.name(i)),
                       "expected at most half", "what is estimated from there rests on one person");
    }
  }

  struct StratumWeight {
    double total = 0;
    double largest = 0;
    std::uint64_t records = 0;
    const char* place = nullptr;
  };

  const PanelColumns& columns_;
  const Ladder& ladder_;
  Ladder alone_;
  bool grouped_;
  bool weighted_;
  detail::Source source_;
  Findings findings_;
  detail::Scanner scanner_;
  detail::Blanks blanks_{};
  detail::Header header_;

  Lookup labels_{}, groups_{};
  std::uint32_t missing_ = 0;         // what labels_ says of a code declared as missing
  std::vector<std::string> known_{};  // names of the ladder and codes that are recoded
  detail::Keeper kept_{};
  std::string scratch_{};
  std::vector<std::uint32_t> slot_of_{};
  std::vector<Field> slots_{};
  std::size_t nameless_ = 0;

  detail::People people_{};
  Key last_id_{};
  std::uint32_t last_person_ = 0;
  std::int32_t last_time_ = std::numeric_limits<std::int32_t>::min();
  bool ordered_ = true;  // by person, and time within the person
  Observations rows_{};
  std::uint64_t records_ = 0;
  std::uint64_t dropped_ = 0;

  std::vector<const char*> negative_nines_{}, other_negatives_{};
  Seen times_with_point_{}, rewritten_ids_{};
  bool capitals_ = false, small_letters_ = false;
  Seen varying_weights_{}, zero_weights_{}, fractions_{};
  std::vector<double> first_weights_{};
  std::vector<StratumWeight> by_stratum_{};
  const char* first_weight_ = nullptr;
};

}  // namespace

PanelFile read_panel(const std::string& path, const PanelColumns& columns, const Ladder& ladder) {
  if (columns.weight.empty() != (columns.weight_kind == WeightKind::none))
    throw Refusal("E-COL-ROLE", columns.weight.empty()
                                    ? "found a kind of weight without a column of weights; expected both or none"
                                    : "found the column of weights " + shown(columns.weight) +
                                          " without a kind of weight; expected frequency, sampling or precision");
  detail::check_groups(columns.group, ladder);
  return PanelReader(path, columns, ladder).read();
}

}  // namespace rungs::io
