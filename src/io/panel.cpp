// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <rungs/io/csv.hpp>

#include "covariates.hpp"
#include "header.hpp"
#include "layouts.hpp"
#include "lookup.hpp"
#include "panel_reader.hpp"
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

/// Reads a time of up to four digits, by far the most frequent, and says where it ends; null for what is none.
const char* read_short_time(const char* p, std::int32_t& out) noexcept {
  const char* const begin = p;
  out = 0;
  for (; p - begin < 4 && detail::is_digit(*p); ++p) out = 10 * out + (*p - '0');
  return p == begin || out == 9999 ? nullptr : p;
}

class LongReader : detail::PanelReader {
 public:
  LongReader(const std::string& path, const PanelColumns& columns, const Ladder& ladder)
      : PanelReader(path, columns, ladder, wanted(columns, ladder)) {
    assign_slots(own + 1);
    slot_of_[*header_.find(columns_.time)] = time;
    slot_of_[*header_.find(columns_.state)] = state;
    assign_person_slots();
    covariates_.assign_slots(header_, slot_of_, slots_);
  }

  PanelFile read() {
    const bool nothing_else = !weighted_ && !grouped_ && nameless_ == 0 && !person_.any() && !covariates_.any();
    if (nothing_else)
      expect_order();
    else
      make_room();
    for (detail::Scanner::Found found{}; !findings_.full() && (found = next()) != detail::Scanner::Found::end;) {
      if (found != detail::Scanner::Found::record) continue;
      take_record();
      if (people_.size() == some_people && !people_expected_ && in_order_) expect_people();
      if (nothing_else && last_id_.length > 0) follow();
    }
    if (findings_.any_errors()) leave_order();
    years_ = std::any_of(rows_.time.begin(), rows_.time.end(), is_year) || (in_order_ && any_year(*in_order_));
    check_negative_times();
    refuse_without_rows();
    if (!findings_.any_errors() && rows_.size() == 0 && !(in_order_ && in_order_->size() > 0))
      findings_.error("E-NOROWS", scanner_.record(), "found no record with a state", "expected at least one",
                      "all " + std::to_string(records_) + " records have a state declared as missing");
    const std::vector<std::uint32_t> lines = covariates_.any() ? rows_.line : std::vector<std::uint32_t>();
    if (!ordered_) order_rows();
    covariates_.arrange(lines, rows_.line);
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
  static constexpr std::uint32_t time = own;

  static std::vector<detail::Wanted> wanted(const PanelColumns& columns, const Ladder& ladder) {
    std::vector<detail::Wanted> out = of_the_person(columns, ladder);
    out.insert(out.begin() + 1, {{"the time", columns.time}, {"the state", columns.state}});
    return detail::CovariateReader::wanted(columns, std::move(out));
  }

  [[nodiscard]] std::size_t expected_records() const {
    constexpr std::ptrdiff_t sample = 1 << 16;
    const std::ptrdiff_t size = source_.end() - source_.begin();
    const char* const stop = source_.begin() + std::min(sample, size);
    const auto lines = static_cast<double>(std::count(source_.begin(), stop, '\n')) + 1;
    return static_cast<std::size_t>(static_cast<double>(size) / static_cast<double>(stop - source_.begin()) * lines *
                                    1.02) +
           16;
  }
  void make_room() {
    const std::size_t records = expected_records();
    const auto in = [records](auto& column) {
      column.reserve(records);
      detail::expect_use(column.data(), records * sizeof(column[0]));
    };
    in(rows_.person);
    in(rows_.time);
    in(rows_.stratum);
    in(rows_.line);
    if (weighted_) in(rows_.weight);
  }

  void expect_order() {
    const std::size_t records = expected_records();
    in_order_.emplace().reserve(records, 0);
    detail::expect_use(in_order_->strata().data(), records * sizeof(in_order_->strata()[0]));
  }
  /// Once some people are known, it is about known how many there will be.
  void expect_people() {
    people_expected_ = true;
    if (in_order_->size() < 4 * std::size_t{people_.size()}) return;  // it may be that each comes once, and then again
    const double of_all = static_cast<double>(expected_records()) / static_cast<double>(in_order_->size());
    const auto people = static_cast<std::size_t>(1.1 * of_all * static_cast<double>(people_.size()));
    const auto segments = static_cast<std::size_t>(1.1 * of_all * static_cast<double>(in_order_->segments().size()));
    in_order_->reserve(0, segments);
    detail::expect_use(in_order_->segments().data(), segments * sizeof(in_order_->segments()[0]));
    people_.expect(people);
  }

  static bool is_year(std::int32_t t) { return t >= 1000; }
  static bool any_year(const OrderedObservations& rows) {
    for (std::size_t s = 0; s < rows.segments().size(); ++s)
      if (is_year(rows.time(s, rows.end(s) - 1))) return true;
    return false;
  }
  /// From here on records have columns.
  void leave_order() {
    if (!in_order_) return;
    make_room();
    const Observations before = in_order_->columns();
    in_order_.reset();
    for (std::size_t k = 0; k < before.size(); ++k)
      add_row(before.person[k], before.time[k], before.stratum[k], before.line[k]);
  }
  void keep(std::uint32_t person, std::int32_t when, std::uint32_t where, std::uint64_t line) {
    if (in_order_ && in_order_->add(person, when, where, static_cast<std::uint32_t>(line))) return;
    leave_order();
    add_row(person, when, where, line);
  }

  /// Reads on while the same person follows, later, in a known state, and all fields are plain. Any other record is
  /// left as it stands, to be read with all care; so that nothing is told here.
  void follow() {
    const char* record = scanner_.at();
    std::uint64_t line = scanner_.line();
    OrderedObservations* const in_order = in_order_ ? &*in_order_ : nullptr;
    for (const char* p = record; read_plain(p); record = p, ++line) {
      ++records_;
      if (in_order != nullptr)  // which takes it: the person's next
        (void)in_order->add(last_person_, last_time_, last_where_, static_cast<std::uint32_t>(line));
      else
        add_row(last_person_, last_time_, last_where_, line);
    }
    scanner_.go_on(record, line);
  }

  /// Reads a record of that kind from `p` on, and moves there; false for any other.
  bool read_plain(const char*& p) {
    using detail::Blanks, detail::Scanner;
    std::int32_t when = 0;
    for (std::size_t left = slot_of_.size(); const std::uint32_t role : slot_of_) {
      const char* const begin = p;
      if (role == id) {
        if (!last_id_.stands_at(p, source_.end())) return false;
        p += last_id_.length;
      } else if (role == time) {
        p = read_short_time(p, when);
        if (p == nullptr || when <= last_time_) return false;
      } else if (role == state && last_label_.stands_at(p, source_.end())) {
        p += last_label_.length;
      } else {
        p = Scanner::find_end(p);
        if (p - begin > Scanner::longest_field) return false;
        if (role == state) {
          if (Blanks::is_blank(*begin) || Blanks::is_blank(p[-1])) return false;
          last_label_ = Key(begin, p);
          last_where_ = labels_.find(last_label_);
        }
      }
      if (--left == 0 && *p == '\r') ++p;
      if (*p != (left == 0 ? '\n' : ',')) return false;
      ++p;
    }
    if (last_where_ == Lookup::none || last_where_ == missing_) return false;
    last_time_ = when;
    return true;
  }

  void take_record() {
    blanks_.trim(slots_[time]);
    blanks_.trim(slots_[state]);
    if (nameless_ > 0 && refuse_text_without_name()) return;

    std::int32_t when = 0;
    if (read_short_time(slots_[time].begin, when) != slots_[time].end &&
        !read_time_of(slots_[time], columns_.time, when))
      return explain();
    std::uint32_t where = last_where_;
    if (const Key label = key_of(slots_[state]); !(label == last_label_)) {  // most people stay where they are
      where = labels_.find(label);
      if (slots_[state].form != Field::Form::with_doubled_quotes) {  // those are not kept
        last_label_ = label;
        last_where_ = where;
      }
    }
    if (where == Lookup::none) [[unlikely]]
      return explain();
    const bool is_missing = where == missing_;
    std::uint32_t of = 0;
    if (grouped_) {
      if (!read_group(of)) return explain();
      if (!is_missing) where = of_group(where, of);
    }
    if (slots_[id].empty()) [[unlikely]]
      return explain();
    if (is_missing) {
      ++missing_states_;
      return;
    }
    double heavy = 1;
    if (weighted_ && *detail::read_weight(slots_[weight].text(), heavy).code != '\0') return explain();
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
    if (grouped_ && !note_group(last_person_, of)) return;
    if (!note_person(last_person_)) return;
    if (covariates_.any() && !covariates_.read(slots_, ladder_.is_exit(where), blanks_)) return;
    last_time_ = when;
    keep(last_person_, when, where, scanner_.record_line());
    if (weighted_) take_weight(heavy, last_person_, slots_[weight].begin);
  }

  // --- what is wrong with a record ---

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
      if (role == id) explain_id(who_text, when.empty() && where.empty());
      if (role == time) detail::tell_time(findings_, slots_[time].begin, when_text, columns_.time);
      if (role == state) explain_state(where, columns_.state);
      if (role == group) explain_group();
      if (role == weight && labels_.find(key_of(where)) != missing_) explain_weight();  // else it does not count
    }
  }

  // --- after the last record ---

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
    std::string of_dates;
    for (const Diagnostic& d : source_.remarks())
      if (d.code == "W-TIME-FORMAT" && d.hint == "they were read as their years")
        of_dates = "; " + d.found +
                   ", which were read as their years [W-TIME-FORMAT]: where people are seen more than "
                   "once a year, number the periods in a variable of their own";
    for (const Twice& one : twice)
      findings_.error_on(
          "E-DUP-KEY", one.line,
          "found a second record of " + shown(people_.id(one.person)) + " at time " + std::to_string(one.time),
          "expected one record for each person and time",
          "the first stands " + findings_.on_line(one.first_line) + of_dates);
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

  detail::CovariateReader covariates_{columns_, findings_};
  Key last_id_{}, last_label_{};
  std::uint32_t last_where_ = labels_.find(last_label_);  // an empty field may be declared as missing
  std::uint32_t last_person_ = 0;
  std::int32_t last_time_ = std::numeric_limits<std::int32_t>::min();
  static constexpr std::uint32_t some_people = 4096;
  bool people_expected_ = false;
  bool ordered_ = true;  // by person, and time within the person
  std::uint64_t missing_states_ = 0;
};

}  // namespace

PanelFile read_panel(const std::string& path, const PanelColumns& columns, const Ladder& ladder) {
  if (columns.weight.empty() != (columns.weight_kind == WeightKind::none))
    throw Refusal("E-COL-ROLE", columns.weight.empty()
                                    ? "found a kind of weight without a column of weights; expected both or none"
                                    : "found the column of weights " + shown(columns.weight) +
                                          " without a kind of weight; expected frequency, sampling or precision");
  detail::check_groups(columns.group, ladder);
  for (const std::string& name : columns.person.constant) {
    const bool spells = columns.layout == PanelLayout::spells;
    const char* of = columns.layout != PanelLayout::wide && name == columns.state       ? "the state"
                     : columns.layout == PanelLayout::long_form && name == columns.time ? "the time"
                     : spells && name == columns.spells.begin                           ? "the begin of a spell"
                     : spells && name == columns.spells.end                             ? "the end of a spell"
                                                                                        : nullptr;
    if (of != nullptr)
      throw Refusal("E-COL-ROLE", "found the column " + shown(name) + " said to be constant, which is " + of +
                                      "; expected a column of what does not change in a person");
  }
  if (columns.layout == PanelLayout::wide) return detail::read_wide_panel(path, columns, ladder);
  if (columns.layout == PanelLayout::spells) return detail::read_spells(path, columns, ladder);
  return LongReader(path, columns, ladder).read();
}

}  // namespace rungs::io
