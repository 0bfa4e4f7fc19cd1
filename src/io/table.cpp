// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <map>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

#include <rungs/io/csv.hpp>

#include "header.hpp"
#include "numbers.hpp"
#include "panel_reader.hpp"
#include "person_columns.hpp"
#include "scanner.hpp"
#include "source.hpp"
#include "times.hpp"
#include "words.hpp"

namespace rungs::io {

namespace {

using detail::Field;
using detail::Findings;
using detail::shown;

constexpr std::size_t largest_ladder = 1000;

/// A number that fills the whole text.
struct Number {
  double value = 0;
  bool is_number = false;
  bool in_range = true;
};
Number read_number(std::string_view text) {
  Number out;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, out.value);
  out.is_number = !text.empty() && error != std::errc::invalid_argument && rest == end;
  out.in_range = error != std::errc::result_out_of_range;
  return out;
}

/// A file of labelled numbers with what has been found in it so far.
class Sheet {
 public:
  Sheet(const std::string& path, const Ladder& ladder, const std::vector<detail::Wanted>& wanted,
        const std::string& encoding)
      : Sheet(path, &ladder, wanted, use_of(wanted, encoding)) {}
  /// Without a ladder there are no strata.
  Sheet(const std::string& path, const Ladder* ladder, const std::vector<detail::Wanted>& wanted,
        const detail::VariableUse& use)
      : ladder_(ladder),
        source_(path, use),
        findings_(source_),
        scanner_(source_, findings_),
        header_(scanner_, source_, findings_, blanks_, wanted),
        columns_(header_.size() - header_.nameless_at_end()) {}

  static detail::VariableUse use_of(const std::vector<detail::Wanted>& wanted, const std::string& encoding) {
    detail::VariableUse out;
    out.encoding = encoding;
    for (const detail::Wanted& one : wanted)
      if (one.role == "the period" || one.role == "the time") out.times.push_back(one.name);
    return out;
  }
  [[nodiscard]] const detail::Header& header() const noexcept { return header_; }
  [[nodiscard]] Findings& findings() noexcept { return findings_; }
  [[nodiscard]] const Ladder& ladder() const noexcept { return *ladder_; }
  /// The number of columns, without nameless ones at the end.
  [[nodiscard]] std::size_t columns() const noexcept { return columns_; }
  [[nodiscard]] std::uint64_t line() const noexcept { return scanner_.record_line(); }
  /// Where the last record starts.
  [[nodiscard]] const char* record() const noexcept { return scanner_.record(); }
  [[nodiscard]] const char* start() const noexcept { return source_.begin(); }

  /// The next record that can be read, its blanks cut off; false at the end and when there are too
  /// many errors.
  bool next(std::vector<Field>& fields) {
    if (slot_of_.empty())
      for (std::size_t c = 0; c < header_.size(); ++c) slot_of_.push_back(static_cast<std::uint32_t>(c));
    fields.resize(slot_of_.size());
    while (!findings_.full()) {
      const detail::Scanner::Found found = scanner_.next(std::span<const std::uint32_t>(slot_of_), fields.data());
      if (found == detail::Scanner::Found::end) return false;
      ++records_;
      if (found != detail::Scanner::Found::record) continue;
      for (Field& field : fields) blanks_.trim(field);
      for (std::size_t c = columns_; c < fields.size(); ++c)
        if (!fields[c].empty() && !nameless_told_) {
          nameless_told_ = true;
          findings_.error("E-COL-EMPTY", header_.fields()[c].begin,
                          "found column " + std::to_string(c + 1) + " without a name, but with text in it",
                          "expected a name for each column", "the first such text stands " + findings_.on_line(line()));
        }
      return true;
    }
    return false;
  }

  /// Where a field of the last record stands.
  [[nodiscard]] Location where(const char* at) const {
    const auto line =
        scanner_.record_line() + static_cast<std::uint64_t>(std::count(std::min(scanner_.record(), at), at, '\n'));
    return source_.where(at, static_cast<std::size_t>(line));
  }

  /// The stratum that a field names; what is wrong is told.
  std::optional<std::size_t> stratum(const Field& field, const std::string& place) {
    return one_of(*ladder_, field, place);
  }
  /// The number of a name on a ladder, or among some; what is wrong is told, with the hint where the name is like none
  /// of them.
  std::optional<std::size_t> one_of(const Ladder& ladder, const Field& field, const std::string& place) {
    return one_of(ladder.names(), field, place, {}, &ladder);
  }
  std::optional<std::size_t> one_of(const std::vector<std::string>& names, const Field& field, const std::string& place,
                                    const std::string& hint = {}, const Ladder* ladder = nullptr) {
    const std::string name = field.meant();
    if (const auto at = std::find(names.begin(), names.end(), name); at != names.end())
      return static_cast<std::size_t>(at - names.begin());
    std::string near = detail::hint_for_name(name, names, ladder);
    if (!hint.empty() && (near.empty() || detail::is_total(name))) near = hint;
    findings_.error("E-LABEL-UNKNOWN", field.begin,
                    (name.empty() ? std::string("found no name") : "found " + shown(name)) + place,
                    "expected one of " + detail::listed(names), near);
    return std::nullopt;
  }

  /// The period that a field names; what is wrong is told.
  std::optional<Period> period(const Field& field, const std::string& column) {
    const std::string text = field.meant();
    const detail::Time read = detail::read_time(text);
    if (read.is_time()) return Period(read.value);
    detail::tell_time(findings_, field.begin, text, column);
    return std::nullopt;
  }

  /// A whole number of people; what is wrong is told, and whether it may be a sum of weights.
  std::optional<double> count(const Field& field, bool or_weights = true) {
    const std::string text = field.meant();
    const Number read = read_number(text);
    const std::string found = text.empty() ? "found no count" : "found the count " + shown(text);
    constexpr const char* expected = "expected a whole number of people, 0 or more";
    if (!read.is_number) {
      const bool nothing = text.empty() || text == "-" || detail::is_missing_sign(text);
      const bool thousands =
          text.find_first_of(", '") != std::string::npos || std::count(text.begin(), text.end(), '.') > 1;
      findings_.error("E-COUNT", field.begin, found, expected,
                      nothing     ? "where there is nobody, write 0"
                      : thousands ? "write the number without separators of thousands"
                                  : "");
    } else if (!read.in_range || read.value >= 1e15) {
      findings_.error("E-COUNT-RANGE", field.begin, found, "expected less than 1e15 people");
    } else if (!(read.value >= 0) || read.value != std::floor(read.value)) {
      findings_.error("E-COUNT", field.begin, found, expected,
                      !(read.value > 0) ? ""
                      : or_weights      ? "weighted counts and shares are no counts of people: if these are sums of "
                                          "weights, state the kind of weight"
                                        : "weighted counts and shares are no counts of people");
    } else {
      return read.value;
    }
    return std::nullopt;
  }

  /// The level of a cell; what is wrong is told.
  std::optional<int> level(const Field& field) {
    const std::string text = field.meant();
    const Number read = read_number(text);
    if (read.is_number && read.in_range && read.value >= 0 && read.value <= 1000 &&
        read.value == std::floor(read.value))
      return static_cast<int>(read.value);
    findings_.error("E-RANGE", field.begin, text.empty() ? "found no level" : "found the level " + shown(text),
                    "expected a whole number from 0 to 1000", "cells of one number share a level of density");
    return std::nullopt;
  }

  /// A sum of weights, or of their squares; what is wrong is told.
  std::optional<double> squares(const Field& field) {
    return weight(field, "sum of squared weights", 1e30, "their sums of squares");
  }
  std::optional<double> weight(const Field& field, const std::string& what, double most = 1e15,
                               const char* of_weights = "their sums") {
    const std::string text = field.meant();
    double out = 0;
    const detail::WeightFault fault = detail::read_weight(text, out, most, of_weights);
    if (*fault.code == '\0') return out;
    findings_.error(fault.code, field.begin, (text.empty() ? "found no " : "found " + shown(text) + " as the ") + what,
                    "expected a number, 0 or more",
                    text.empty() || text == "-" ? "where there is nobody, write 0" : fault.hint);
    return std::nullopt;
  }

  /// Throws the errors, and that there is no record; else the warnings.
  std::vector<Diagnostic> finish() {
    findings_.throw_errors();
    if (records_ == 0) header_.refuse_no_records(source_);
    blanks_.tell(findings_);
    if (source_.control_z() != nullptr)
      findings_.warn("W-CTRLZ", source_.control_z(), "found a Ctrl-Z at the end", "expected the end of the file",
                     "old systems write it: it was left out");
    if (scanner_.blank_line() != nullptr)
      findings_.warn("W-LINE-BLANK", scanner_.blank_line(), "found a blank line between records", "expected none",
                     "blank lines were left out; this is the first");
    if (columns_ < header_.size())
      findings_.warn("W-EMPTYCOL", header_.fields()[columns_].begin,
                     "found an empty column without a name at the end of every line", "expected none",
                     "it was left out");
    return findings_.warnings();
  }

 private:
  const Ladder* ladder_;
  detail::Source source_;
  Findings findings_;
  detail::Scanner scanner_;
  detail::Blanks blanks_{};
  detail::Header header_;
  std::size_t columns_;
  std::vector<std::uint32_t> slot_of_{};
  std::uint64_t records_ = 0;
  bool nameless_told_ = false;
};

// --- squares
// -----------------------------------------------------------------------------------------------------------

/// A row of a labelled square, its cells in the ladder's order.
struct SquareRow {
  std::optional<Period> period{};
  std::size_t from = 0;
  std::vector<Field> cells{};
  Location where{};
  const char* start = nullptr;
};

/// Reads a square with names of the ladder in the first line and the first column; or a table with names of one ladder
/// in its first line and of the other in its first column.
class SquareReader {
 public:
  SquareReader(Sheet& sheet, std::optional<std::size_t> period, bool with_exits = true)
      : sheet_(sheet),
        columns_(&sheet.ladder()),
        period_(period),
        label_(period == 0U ? 1 : 0),
        with_exits_(with_exits) {}
  SquareReader(Sheet& sheet, const Ladder& columns) : sheet_(sheet), columns_(&columns) {}

  std::vector<SquareRow> read() {
    read_names();
    std::vector<SquareRow> rows;
    std::vector<Field> fields;
    while (sheet_.next(fields)) read_row(fields, rows);
    if (!sheet_.findings().any_errors()) check_complete(rows);
    sheet_.findings().throw_errors();
    tell_order(rows);
    return rows;
  }

 private:
  void read_names() {
    Findings& findings = sheet_.findings();
    const std::size_t labels = sheet_.columns() - std::min<std::size_t>(sheet_.columns(), period_ ? 2 : 1);
    if (labels > largest_ladder)
      findings.error("E-SIZE", sheet_.start(), "found a square of " + std::to_string(labels) + " names",
                     "expected at most " + std::to_string(largest_ladder));
    else if (labels < 2)
      findings.error(
          "E-SHAPE", sheet_.start(),
          "found " + std::string(labels == 0 ? "no name" : "one name") + " in the first line beside the first column",
          is_square() ? "expected a square of at least two strata" : "expected at least two values of the columns");
    findings.throw_errors();
    column_of_.assign(columns_->size(), none);
    for (std::size_t c = 0; c < sheet_.columns() && !findings.full(); ++c) {
      if (c == label_ || c == period_) continue;
      const Field& field = sheet_.header().fields()[c];
      const auto to = sheet_.one_of(*columns_, field, " in the first line");
      if (!to) continue;
      if (column_of_[*to] != none)
        findings.error("E-COL-DUP", field.begin,
                       "found the column name " + shown(columns_->name(*to)) + " a second time",
                       "expected each name once", "the first is column " + std::to_string(column_of_[*to] + 1));
      column_of_[*to] = c;
    }
    findings.throw_errors();
    if (!with_exits_) column_of_.resize(columns_->strata());
    for (std::size_t i = 0; i < column_of_.size(); ++i)
      if (column_of_[i] == none)
        findings.error("E-SHAPE", sheet_.start(), "found no column for " + shown(columns_->name(i)),
                       !is_square()  ? "expected a column for each value that was stated"
                       : with_exits_ ? "expected a column for each stratum and exit of the ladder"
                                     : "expected a column for each stratum of the ladder",
                       !is_square()  ? "where nobody has it, write 0"
                       : with_exits_ ? "where nobody moves there, write 0"
                                     : "");
    findings.throw_errors();
  }

  void read_row(const std::vector<Field>& fields, std::vector<SquareRow>& rows) {
    SquareRow row;
    if (period_) {
      row.period = sheet_.period(fields[*period_], sheet_.header().names()[*period_]);
      if (!row.period) return;
    }
    const auto from = sheet_.stratum(fields[label_], " at the start of the line");
    if (!from) return;
    row.from = *from;
    row.start = sheet_.record();
    row.where = sheet_.where(row.start);
    const std::int64_t key = row.period ? row.period->label() : 0;
    const auto [first, is_new] = line_of_.try_emplace({key, row.from}, row.where.line);
    if (!is_new) {
      sheet_.findings().error_on("E-DUP-KEY", row.where.line,
                                 "found a second row for " + shown(sheet_.ladder().name(row.from)) +
                                     (row.period ? " in period " + std::to_string(key) : std::string()),
                                 "expected one", "the first stands " + sheet_.findings().on_line(first->second));
      return;
    }
    for (const std::size_t c : column_of_) row.cells.push_back(fields[c]);
    rows.push_back(std::move(row));
  }

  void check_complete(const std::vector<SquareRow>& rows) {
    if (rows.empty()) return;
    std::map<std::int64_t, std::uint64_t> last_line;
    for (const SquareRow& row : rows) last_line[row.period ? row.period->label() : 0] = row.where.line;
    for (const auto& [period, line] : last_line)
      for (std::size_t i = 0; i < sheet_.ladder().strata() && !sheet_.findings().full(); ++i)
        if (line_of_.count({period, i}) == 0)
          sheet_.findings().error_on(
              "E-SHAPE", static_cast<std::size_t>(line),
              "found no row for " + shown(sheet_.ladder().name(i)) +
                  (period_ ? " in period " + std::to_string(period) : std::string()),
              is_square() ? "expected a row for each stratum of the ladder"
                          : "expected a row for each value that was stated",
              is_square() ? "only the rows of exits may be left out" : "where nobody has it, write 0");
  }

  void tell_order(const std::vector<SquareRow>& rows) {
    bool ordered = std::is_sorted(column_of_.begin(), column_of_.end());
    for (std::size_t r = 1; r < rows.size(); ++r)
      ordered = ordered && (rows[r].period != rows[r - 1].period || rows[r - 1].from < rows[r].from);
    if (!ordered)
      sheet_.findings().warn("W-ORDER", sheet_.start(),
                             is_square() ? "found rows or columns in another order than the ladder's"
                                         : "found rows or columns in another order than was stated",
                             is_square() ? "expected the ladder's order" : "expected the order that was stated",
                             "they were read by name");
  }
  [[nodiscard]] bool is_square() const { return columns_ == &sheet_.ladder(); }

  static constexpr auto none = static_cast<std::size_t>(-1);
  Sheet& sheet_;
  const Ladder* columns_;
  std::optional<std::size_t> period_{};
  std::size_t label_ = 0;
  bool with_exits_ = true;                // whether their columns are needed
  std::vector<std::size_t> column_of_{};  // of the ladder's strata, and exits
  std::map<std::pair<std::int64_t, std::size_t>, std::size_t> line_of_{};
};

// --- tables
// ------------------------------------------------------------------------------------------------------------

std::optional<std::size_t> find_any(const detail::Header& header, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names)
    for (std::size_t c = 0; c < header.size(); ++c)
      if (detail::lower(header.names()[c]) == name) return c;
  return std::nullopt;
}

class TableReader {
 public:
  TableReader(const std::string& path, const Ladder& ladder, const TableColumns& columns)
      : columns_(columns),
        ladder_(ladder),
        alone_(ladder.of_each_group()),
        sheet_(path, alone_, wanted(columns), columns.encoding) {}

  TableFile read() {
    const detail::Header& header = sheet_.header();
    if (is_long()) {
      // The names that are found by themselves are then wanted, so that what is missing is told
      // with the names there are.
      std::vector<detail::Wanted> all = {{"where people come from", name_of(origin_, columns_.origin, "origin")},
                                         {"where they go", name_of(destination_, columns_.destination, "destination")},
                                         {"how many", name_of(count_, columns_.count, "count")}};
      if (!columns_.period.empty()) all.push_back({"the period", columns_.period});
      if (!columns_.group.empty()) all.push_back({"the group", columns_.group});
      if (!columns_.weight.empty()) all.push_back({"the sum of weights", columns_.weight});
      if (!columns_.weight_squares.empty()) all.push_back({"the sum of squared weights", columns_.weight_squares});
      header.check(sheet_.findings(), all);
      weight_ = columns_.weight.empty() ? std::nullopt : header.find(columns_.weight);
      squares_ = columns_.weight_squares.empty() ? std::nullopt : header.find(columns_.weight_squares);
      origin_ = header.find(all[0].name);
      destination_ = header.find(all[1].name);
      count_ = header.find(all[2].name);
      period_ = columns_.period.empty() ? std::nullopt : header.find(columns_.period);
      group_ = columns_.group.empty() ? std::nullopt : header.find(columns_.group);
      read_long();
    } else {
      if (!columns_.period.empty()) header.check(sheet_.findings(), {{"the period", columns_.period}});
      period_ = columns_.period.empty() ? std::nullopt : header.find(columns_.period);
      read_square();
    }
    TableFile out;
    out.warnings = sheet_.finish();
    out.cells = std::move(cells_);
    return out;
  }

 private:
  static std::vector<detail::Wanted> wanted(const TableColumns& columns) {
    std::vector<detail::Wanted> out;
    if (!columns.origin.empty()) out.push_back({"where people come from", columns.origin});
    if (!columns.destination.empty()) out.push_back({"where they go", columns.destination});
    if (!columns.count.empty()) out.push_back({"how many", columns.count});
    if (!columns.period.empty()) out.push_back({"the period", columns.period});
    if (!columns.group.empty()) out.push_back({"the group", columns.group});
    if (!columns.weight.empty()) out.push_back({"the sum of weights", columns.weight});
    if (!columns.weight_squares.empty()) out.push_back({"the sum of squared weights", columns.weight_squares});
    return out;
  }
  /// Whether the counts are sums of weights, of people who were not counted.
  [[nodiscard]] bool sums_alone() const {
    return columns_.weight.empty() &&
           (columns_.weight_kind == WeightKind::sampling || columns_.weight_kind == WeightKind::precision);
  }

  [[nodiscard]] std::string name_of(std::optional<std::size_t> column, const std::string& given,
                                    const char* usual) const {
    if (!given.empty()) return given;
    return column ? sheet_.header().names()[*column] : usual;
  }

  /// Whether the table has a line for each cell; finds the columns that are not named by the user.
  bool is_long() {
    const detail::Header& header = sheet_.header();
    origin_ = columns_.origin.empty() ? find_any(header, {"origin", "from"}) : header.find(columns_.origin);
    destination_ =
        columns_.destination.empty() ? find_any(header, {"destination", "to"}) : header.find(columns_.destination);
    count_ = columns_.count.empty() ? find_any(header, {"count", "people", "n"}) : header.find(columns_.count);
    if (!columns_.origin.empty() || !columns_.destination.empty() || !columns_.count.empty()) return true;
    const bool has_groups = !columns_.group.empty() || !columns_.weight.empty();  // then it is no square
    const auto named = [&](const std::string& column, std::size_t c) {
      return !column.empty() && header.names()[c] == column;
    };
    std::vector<std::size_t> others;
    for (std::size_t c = 0; c < sheet_.columns(); ++c)
      if (!named(columns_.period, c) && !named(columns_.group, c) && !named(columns_.weight, c) &&
          !named(columns_.weight_squares, c))
        others.push_back(c);
    const auto is_name = [&](std::size_t k) { return sheet_.ladder().find(header.names()[others[k]]).has_value(); };
    if (others.size() >= 3 && is_name(1) && is_name(2) && !read_number(header.names()[others[2]]).is_number)
      return has_groups;
    if (origin_ && destination_) {
      if (!count_ && others.size() == 3)
        count_ = others[3 - static_cast<std::size_t>(find_index(others, *origin_) + find_index(others, *destination_))];
      return true;
    }
    if (others.size() != 3) return has_groups;
    if (is_name(0) && is_name(1) && read_number(header.names()[others[2]]).is_number) {
      sheet_.findings().error("E-COL-ABSENT", sheet_.start(), "found a record in the first line",
                              "expected names of columns, such as origin,destination,count");
      sheet_.findings().throw_errors();
    }
    if (is_name(1) && is_name(2)) return has_groups;
    origin_ = others[0];
    destination_ = others[1];
    count_ = others[2];
    return true;
  }
  static std::ptrdiff_t find_index(const std::vector<std::size_t>& columns, std::size_t column) {
    return std::find(columns.begin(), columns.end(), column) - columns.begin();
  }

  void read_long() {
    std::vector<Field> fields;
    std::map<std::tuple<std::int64_t, std::size_t, std::size_t>, std::uint64_t> line_of;
    while (sheet_.next(fields)) {
      std::optional<Period> period;
      if (period_) {
        period = sheet_.period(fields[*period_], sheet_.header().names()[*period_]);
        if (!period) continue;
      }
      const auto in = [this](std::size_t column) { return " in column " + shown(sheet_.header().names()[column]); };
      auto from = sheet_.stratum(fields[*origin_], in(*origin_));
      auto to = sheet_.stratum(fields[*destination_], in(*destination_));
      const auto people =
          sums_alone() ? sheet_.weight(fields[*count_], "sum of weights") : sheet_.count(fields[*count_]);
      const auto weight = weight_ ? sheet_.weight(fields[*weight_], "sum of weights") : people;
      const auto squares = squares_ ? sheet_.squares(fields[*squares_]) : people;
      const auto group = group_ ? sheet_.one_of(ladder_.groups(), fields[*group_], in(*group_)) : std::size_t{0};
      if (!from || !to || !people || !weight || !squares || !group) continue;
      from = ladder_.for_group(*from, *group);
      to = ladder_.for_group(*to, *group);
      const auto [first, is_new] = line_of.try_emplace({period ? period->label() : 0, *from, *to}, sheet_.line());
      if (!is_new) {
        const bool others = sheet_.columns() >
                            3U + (period_ ? 1U : 0U) + (group_ ? 1U : 0U) + (weight_ ? 1U : 0U) + (squares_ ? 1U : 0U);
        sheet_.findings().error_on(
            "E-DUP-KEY", static_cast<std::size_t>(sheet_.line()),
            "found a second count from " + shown(ladder_.name(*from)) + " to " + shown(ladder_.name(*to)) +
                (period ? " in period " + std::to_string(period->label()) : std::string()),
            "expected one",
            "the first stands " + sheet_.findings().on_line(first->second) +
                (others ? "; where another column tells them apart, name it as the period or add "
                          "them up"
                        : ""));
        continue;
      }
      TableCell& cell = cells_.emplace_back(
          TableCell{*from, *to, *people, period, sheet_.where(fields[weight_.value_or(*count_)].begin), *weight});
      if (sums_alone()) cell.people = 0;
      if (squares_) cell.weight_squares = *squares;
      if (weight_ && *people > 0 && *weight == 0 && weightless_++ == 0) first_weightless_ = fields[*weight_].begin;
    }
    if (weightless_ > 0)
      sheet_.findings().warn(
          "W-WEIGHT-ZERO", first_weightless_,
          "found " + (weightless_ == 1 ? std::string("one count") : std::to_string(weightless_) + " counts") +
              " of people with a weight of 0",
          "expected weights above 0", "such moves count for nothing; this is the first");
  }

  void read_square() {
    SquareReader reader(sheet_, period_);
    for (const SquareRow& row : reader.read())
      for (std::size_t to = 0; to < row.cells.size() && !sheet_.findings().full(); ++to) {
        const auto people = sums_alone() ? sheet_.weight(row.cells[to], "sum of weights") : sheet_.count(row.cells[to]);
        if (!people) continue;
        Location where = row.where;
        if (!where.is_observation) where.column = static_cast<std::size_t>(row.cells[to].begin - row.start) + 1;
        cells_.push_back({row.from, to, sums_alone() ? 0 : *people, row.period, std::move(where), *people});
      }
  }

  const TableColumns& columns_;
  const Ladder& ladder_;
  Ladder alone_;
  Sheet sheet_;
  std::optional<std::size_t> origin_{}, destination_{}, count_{}, period_{}, group_{}, weight_{}, squares_{};
  std::vector<TableCell> cells_{};
  std::size_t weightless_ = 0;
  const char* first_weightless_ = nullptr;
};

// --- two variables

/// Two columns of the same people.
class PairReader {
 public:
  PairReader(const std::string& path, const PairColumns& columns)
      : columns_(columns), sheet_(path, nullptr, wanted(columns), use_of(columns)) {}

  PairFile read() {
    sheet_.header().check(sheet_.findings(), wanted(columns_));
    const std::size_t at_x = *sheet_.header().find(columns_.x.name), at_y = *sheet_.header().find(columns_.y.name);
    const auto column = [&](const std::string& name) {
      return name.empty() ? std::nullopt : sheet_.header().find(name);
    };
    const auto at_count = column(columns_.count), at_weight = column(columns_.weight);
    person_.emplace(columns_.person, columns_.weight, sheet_.header(), sheet_.findings());
    person_->take_slots_of_file();
    std::vector<Field> fields;
    while (sheet_.next(fields)) {
      ++out_.ledger.records_read;
      const double x = value(columns_.x, fields[at_x], codes_x_), y = value(columns_.y, fields[at_y], codes_y_);
      const auto people = at_count ? sheet_.count(fields[*at_count], false) : 1;
      if (std::isnan(x) || std::isnan(y)) {
        const std::string& of = !std::isnan(y) ? columns_.x.name : columns_.y.name;
        ++out_.ledger.dropped[std::isnan(x) && std::isnan(y) ? "both missing" : "missing " + of];
      } else if (people && take_drawn(fields, at_weight)) {
        ++out_.ledger.records_used;
        out_.x.push_back(x);
        out_.y.push_back(y);
        out_.people.push_back(*people);
      }
    }
    codes_x_.warn(sheet_.findings(), columns_.x.name, false);
    codes_y_.warn(sheet_.findings(), columns_.y.name, false);
    std::vector<std::uint32_t> everybody(out_.x.size());
    std::iota(everybody.begin(), everybody.end(), 0U);
    if (person_->any() && !sheet_.findings().any_errors()) out_.person = person_->of(everybody);
    out_.warnings = sheet_.finish();
    return std::move(out_);
  }

 private:
  static std::vector<detail::Wanted> wanted(const PairColumns& columns) {
    std::vector<detail::Wanted> out{{"the first variable", columns.x.name}, {"the second variable", columns.y.name}};
    if (!columns.count.empty()) out.push_back({"how many", columns.count});
    if (!columns.weight.empty()) out.push_back({"the weight", columns.weight});
    return out;
  }
  static detail::VariableUse use_of(const PairColumns& columns) {
    detail::VariableUse out;
    out.encoding = columns.encoding;
    for (const std::string* of : {&columns.count, &columns.weight})
      if (!of->empty()) out.numbers.push_back(*of);
    for (const std::string* of : {&columns.person.part, &columns.person.cluster})
      if (!of->empty()) out.ids.push_back(*of);
    for (const VariableColumn* of : {&columns.x, &columns.y}) {
      (of->values ? out.names : out.numbers).push_back(of->name);
      for (const std::string& code : columns.missing)
        if (of->values && of->values->find(code))
          throw Refusal("E-CFG-DUP", "found " + rungs::detail::quoted(code) + " both as a value of " +
                                         rungs::detail::quoted(of->name) + " and as missing; expected it once");
    }
    return out;
  }

  /// Keeps the weight of the next person and how they were drawn; false for what is wrong, which was told.
  bool take_drawn(std::vector<Field>& fields, std::optional<std::size_t> at_weight) {
    double w = 1;
    if (at_weight && !detail::read_weight_of(sheet_.findings(), fields[*at_weight], columns_.weight, w)) return false;
    const auto who = static_cast<std::uint32_t>(out_.x.size());
    if (person_->any() && !person_->take(who, {}, fields, sheet_.line(), blanks_)) return false;
    if (at_weight) out_.weights.push_back(w);
    return true;
  }

  /// NaN where it is not known; what is wrong is told, and any number stands for it.
  double value(const VariableColumn& of, const Field& field, detail::MissingCodes& codes) {
    const std::string text = field.meant(), place = " in column " + shown(of.name);
    const auto named = of.values ? of.values->find(text) : std::nullopt;
    if (named) return of.values->height(*named) + 1;
    const bool declared = std::find(columns_.missing.begin(), columns_.missing.end(), text) != columns_.missing.end();
    if (text.empty() || declared || detail::is_missing_sign(text)) return std::numeric_limits<double>::quiet_NaN();
    if (of.values) {
      (void)sheet_.one_of(*of.values, field, place);
      return 0;
    }
    const auto number = detail::finite_number(text);
    if (number)
      codes.see_number(*number, text, field.begin);
    else
      sheet_.findings().error("E-NUMBER", field.begin, "found " + shown(text) + place, "expected a finite number",
                              detail::hint_for_number(text, "of labels, state the order: \"COLUMN: LOW < HIGH\""));
    return number.value_or(0);
  }

  const PairColumns& columns_;
  Sheet sheet_;
  detail::MissingCodes codes_x_{}, codes_y_{};
  std::optional<detail::PersonColumnReader> person_{};
  detail::Blanks blanks_{};  // fields are trimmed before
  PairFile out_{};
};

// --- correlations

class CorrelationReader {
 public:
  CorrelationReader(const std::string& path, const detail::VariableUse& use) : sheet_(path, nullptr, {}, use) {}

  CorrelationFile read() {
    read_names();
    const std::size_t n = out_.names.size();
    out_.values.assign(n * n, std::numeric_limits<double>::quiet_NaN());
    std::vector<Field> fields;
    while (sheet_.next(fields)) read_row(fields);
    for (std::size_t i = 0; i < n; ++i) out_.values[i * n + i] = 1;
    out_.warnings = sheet_.finish();
    return std::move(out_);
  }

 private:
  void read_names() {
    Findings& findings = sheet_.findings();
    for (std::size_t c = 1; c < sheet_.columns() && !findings.full(); ++c) {
      const Field& field = sheet_.header().fields()[c];
      const std::string name = field.meant();
      const auto same = std::find(out_.names.begin(), out_.names.end(), name);
      if (name.empty())
        findings.error("E-COL-EMPTY", field.begin, "found column " + std::to_string(c + 1) + " without a name",
                       "expected the name of a variable");
      else if (same != out_.names.end())
        findings.error("E-COL-DUP", field.begin, "found the column name " + shown(name) + " a second time",
                       "expected each name once",
                       "the first is column " + std::to_string(same - out_.names.begin() + 2));
      out_.names.push_back(name);
    }
    if (out_.names.size() < 2 || out_.names.size() > 100)
      findings.error("E-SHAPE", sheet_.start(),
                     "found " + std::to_string(out_.names.size()) +
                         " names of variables in the first line beside the first column",
                     "expected a square of 2 to 100");
    findings.throw_errors();
  }

  void read_row(const std::vector<Field>& fields) {
    Findings& findings = sheet_.findings();
    const std::size_t n = out_.names.size();
    const auto row = sheet_.one_of(out_.names, fields[0], " at the start of the line");
    if (!row) return;
    const auto [first, is_new] = line_of_.try_emplace(*row, sheet_.line());
    if (!is_new) {
      findings.error_on("E-DUP-KEY", static_cast<std::size_t>(sheet_.line()),
                        "found a second row for " + shown(out_.names[*row]), "expected one",
                        "the first stands " + findings.on_line(first->second));
      return;
    }
    for (std::size_t j = 0; j < n && !findings.full(); ++j) {
      const std::string text = fields[j + 1].meant();
      if (text.empty() || text == "-" || detail::is_missing_sign(text)) continue;
      const auto value = detail::finite_number(text);
      double& other = out_.values[j * n + *row];
      if (!value)
        findings.error("E-NUMBER", fields[j + 1].begin, "found the correlation " + shown(text), "expected a number",
                       detail::hint_for_number(text, "stars are left out, and what is not known is left empty"));
      else if (*row == j ? *value != 1 : !std::isnan(other) && other != *value)
        findings.error("E-CORRELATION", fields[j + 1].begin,
                       "found a correlation of " + shown(text) + " between " + shown(out_.names[*row]) + " and " +
                           shown(out_.names[j]) +
                           (*row == j ? std::string() : ", and of " + rungs::detail::text(other) + " before"),
                       *row == j ? "expected 1 of a variable with itself" : "expected the same number twice");
      else
        out_.values[*row * n + j] = other = *value;
    }
  }

  Sheet sheet_;
  CorrelationFile out_{};
  std::map<std::size_t, std::uint64_t> line_of_{};
};

// --- levels
// ------------------------------------------------------------------------------------------------------------

std::vector<std::vector<int>> levels_in(const std::string& path, const Ladder& ladder) {
  Sheet sheet(path, ladder, {}, "UTF-8");
  const std::vector<std::string>& names = sheet.header().names();
  const bool has_names =
      std::any_of(names.begin(), names.end(), [&](const std::string& name) { return ladder.find(name).has_value(); });
  if (!has_names && sheet.columns() > 1) {
    sheet.findings().error("E-SHAPE", sheet.start(), "found no stratum of the ladder in the first line",
                           "expected a square with labels: the strata in the first line and in the first column");
    sheet.findings().throw_errors();
  }
  std::vector<std::vector<int>> out(ladder.strata(), std::vector<int>(ladder.strata()));
  for (const SquareRow& row : SquareReader(sheet, std::nullopt, false).read())
    for (std::size_t to = 0; row.from < ladder.strata() && to < row.cells.size() && !sheet.findings().full(); ++to)
      if (const auto level = sheet.level(row.cells[to])) out[row.from][to] = *level;
  (void)sheet.finish();
  return out;
}

// --- matrices
// ----------------------------------------------------------------------------------------------------------

class MatrixReader {
 public:
  MatrixReader(const std::string& path, const Ladder& ladder, RowSums sums, const std::string& encoding)
      : ladder_(ladder), n_(ladder.size()), sums_(sums), sheet_(path, ladder, {}, encoding) {}

  MatrixFile read() {
    SquareReader reader(sheet_, std::nullopt);
    const std::vector<SquareRow> rows = reader.read();
    out_.rows.assign(n_ * n_, 0.0);
    out_.row_where.assign(n_, {});
    for (std::size_t i = ladder_.strata(); i < n_; ++i) out_.rows[i * n_ + i] = 1;
    for (const SquareRow& row : rows) take_row(row);
    if (!sheet_.findings().any_errors()) {
      const bool percent = sums_ == RowSums::must_be_one && are_percent(rows);
      for (const SquareRow& row : rows) {
        if (sheet_.findings().full()) break;
        if ((percent || check_entries(row)) && !sheet_.findings().full()) check_sum(row, percent);
      }
    }
    tell_sums();
    out_.warnings = sheet_.finish();
    return std::move(out_);
  }

 private:
  [[nodiscard]] double sum_of(std::size_t i) const {
    double sum = 0;
    for (std::size_t j = 0; j < n_; ++j) sum += out_.rows[i * n_ + j];
    return sum;
  }

  void take_row(const SquareRow& row) {
    out_.row_where[row.from] = row.where;
    for (std::size_t j = 0; j < n_ && !sheet_.findings().full(); ++j) {
      const Field& field = row.cells[j];
      const std::string text = field.meant();
      const Number read = read_number(text);
      if (read.is_number && read.in_range && std::isfinite(read.value)) {
        out_.rows[row.from * n_ + j] = read.value;
        continue;
      }
      std::string hint;
      if (text.empty() || text == "-" || detail::is_missing_sign(text))
        hint = "an impossible move has the probability 0";
      else if (text.back() == '%')
        hint = "write 0.25 for 25 %";
      else if (text.find(',') != std::string::npos)
        hint = "write a decimal point: 0.25, not 0,25";
      sheet_.findings().error(
          "E-PROB", field.begin,
          (text.empty() ? std::string("found no probability") : "found the probability " + shown(text)) +
              cell(row.from, j),
          "expected a number from 0 to 1", hint);
    }
  }

  [[nodiscard]] std::string cell(std::size_t from, std::size_t to) const {
    return " from " + shown(ladder_.name(from)) + " to " + shown(ladder_.name(to));
  }

  [[nodiscard]] bool are_percent(const std::vector<SquareRow>& rows) const {
    return !rows.empty() && std::all_of(rows.begin(), rows.end(),
                                        [this](const SquareRow& row) { return std::abs(sum_of(row.from) - 100) < 1; });
  }

  [[nodiscard]] bool are_transposed() const {
    for (std::size_t j = 0; j < n_; ++j) {
      double sum = 0;
      for (std::size_t i = 0; i < n_; ++i) sum += out_.rows[i * n_ + j];
      if (!(std::abs(sum - 1) < 1e-6)) return false;
    }
    return true;
  }

  bool check_entries(const SquareRow& row) {
    bool good = true;
    const double most = sums_ == RowSums::renormalise ? std::numeric_limits<double>::max() : 1;
    for (std::size_t j = 0; j < n_ && !sheet_.findings().full(); ++j) {
      const double p = out_.rows[row.from * n_ + j];
      const char* const at = row.cells[j].begin;
      if (!(p >= 0 && p <= most)) {
        sheet_.findings().error(
            "E-PROB", at, "found the probability " + shown(row.cells[j].meant()) + cell(row.from, j),
            sums_ == RowSums::renormalise ? "expected a number, 0 or more" : "expected a number from 0 to 1");
        good = false;
      } else if (p > 0 && !ladder_.possible(row.from, j)) {
        sheet_.findings().error(
            "E-STRUCT-ZERO", at, "found the probability " + shown(row.cells[j].meant()) + cell(row.from, j),
            ladder_.is_exit(row.from) ? "expected 0, since exits are final"
                                      : "expected 0, since the ladder declares the move impossible");
        good = false;
      }
    }
    return good;
  }

  void check_sum(const SquareRow& row, bool percent) {
    const double sum = sum_of(row.from);
    const double error = std::abs(sum - 1);
    const auto n = static_cast<double>(n_);
    double* const p = &out_.rows[row.from * n_];
    if (sums_ == RowSums::renormalise) {
      if (!(sum > 0)) {
        sheet_.findings().error_on("E-ROW-EMPTY", row.where.line,
                                   "found a row of zeros for " + shown(ladder_.name(row.from)),
                                   "expected at least one move");
        return;
      }
      note_sum(row, sum, error);
      for (std::size_t j = 0; j < n_; ++j) p[j] /= sum;
    } else if (error > std::max(1e-8, 5e-10 * n)) {  // more than rounding at the ninth digit
      sheet_.findings().error_on(
          "E-ROWSUM", row.where.line,
          "found a row sum of " + rungs::detail::text(sum) + " for " + shown(ladder_.name(row.from)), "expected 1",
          percent            ? "are these percent? write 0.25 for 25"
          : are_transposed() ? "the columns sum to 1: rows are where people come from"
                             : "");
    } else if (error > exact_) {
      note_sum(row, sum, error);
      *std::max_element(p, p + n_) -= sum - 1;
    }
  }

  void note_sum(const SquareRow& row, double sum, double error) {
    if (error <= exact_) return;
    ++inexact_rows_;
    if (first_inexact_ == nullptr) first_inexact_ = row.start;
    if (error > largest_error_) {
      largest_error_ = error;
      furthest_sum_ = sum;
      furthest_row_ = row.from;
    }
  }

  void tell_sums() {
    if (inexact_rows_ == 0 || sheet_.findings().any_errors()) return;
    char sum[40];
    const auto written = std::to_chars(sum, sum + sizeof sum, furthest_sum_);
    sheet_.findings().warn(
        "W-ROWSUM", first_inexact_,
        "found " +
            (inexact_rows_ == 1 ? std::string("a row that does") : std::to_string(inexact_rows_) + " rows that do") +
            " not sum to 1; furthest is that of " + shown(ladder_.name(furthest_row_)) + ", " +
            std::string(sum, written.ptr),
        "expected 1",
        sums_ == RowSums::renormalise ? "rows were divided by their sums"
                                      : "the largest entry of a row took up the difference");
  }

  const Ladder& ladder_;
  std::size_t n_;
  RowSums sums_;
  Sheet sheet_;
  MatrixFile out_{};
  double exact_ = std::min(1e-12, 1e-15 * static_cast<double>(n_) + 1e-15);  // what TransitionMatrix accepts
  std::size_t inexact_rows_ = 0, furthest_row_ = 0;
  const char* first_inexact_ = nullptr;
  double largest_error_ = 0, furthest_sum_ = 1;
};

// --- series of shares
// --------------------------------------------------------------------------------------------------

class SharesReader {
 public:
  SharesReader(const std::string& path, const Ladder& ladder, ShareUnit unit, const ShareColumns& columns)
      : ladder_(ladder), unit_(unit), columns_(columns), sheet_(path, ladder, wanted(columns), columns.encoding) {}

  ShareFile read() {
    const detail::Header& header = sheet_.header();
    header.check(sheet_.findings(), wanted(columns_));
    time_ = *header.find(columns_.time);
    if (!columns_.people.empty()) people_ = header.find(columns_.people);
    read_names();
    std::vector<Field> fields;
    while (sheet_.next(fields)) read_row(fields);
    ShareFile out;
    out.warnings = sheet_.finish();
    for (auto& [period, row] : rows_) {
      out.times.emplace_back(period);
      out.values.insert(out.values.end(), row.values.begin(), row.values.end());
      if (people_) out.people.push_back(row.people);
    }
    return out;
  }

 private:
  struct Row {
    std::uint64_t line = 0;
    std::vector<double> values{};
    double people = 0;
  };
  static std::vector<detail::Wanted> wanted(const ShareColumns& columns) {
    std::vector<detail::Wanted> out{{"the time", columns.time}};
    if (!columns.people.empty()) out.push_back({"the people behind each row", columns.people});
    return out;
  }

  void read_names() {
    detail::Findings& findings = sheet_.findings();
    column_of_.assign(ladder_.size(), none);
    for (std::size_t c = 0; c < sheet_.columns() && !findings.full(); ++c)
      if (c != time_ && c != people_)
        if (const auto to = sheet_.one_of(ladder_.names(), sheet_.header().fields()[c], " in the first line",
                                          hint_for_column(sheet_.header().names()[c])))
          column_of_[*to] = c;
    for (std::size_t i = 0; i < column_of_.size() && !findings.any_errors(); ++i)
      if (column_of_[i] == none)
        findings.error("E-SHAPE", sheet_.start(), "found no column for " + shown(ladder_.name(i)),
                       "expected a column for each stratum and exit of the ladder",
                       ladder_.is_exit(i) ? "an exit counts all who have left by then" : "");
    findings.throw_errors();
  }

  /// What a column might be that is no stratum.
  [[nodiscard]] std::string hint_for_column(const std::string& name) const {
    if (unit_ == ShareUnit::heads) return "leave it out: the people of a period are its heads added up";
    if (people_ || name.empty()) return {};
    return "if it is how many people are behind each row, name it as such (--people " + shown(name) +
           ", or people in a scenario); else leave it out";
  }

  std::optional<double> share(const Field& field, std::size_t stratum) {
    const std::string text = field.meant();
    const Number read = read_number(text);
    const double most = unit_ == ShareUnit::percent ? 100 : 1;
    if (read.is_number && read.in_range && read.value >= 0 && read.value <= most) return read.value;
    std::string hint;
    if (text.empty() || text == "-" || detail::is_missing_sign(text))
      hint = "a period of which not all is known cannot be used: leave the series out before or after it";
    else if (read.is_number && unit_ == ShareUnit::shares && read.value > 1 && read.value <= 100)
      hint = "is this percent?";
    else if (text.find(',') != std::string::npos)
      hint = "write a decimal point: 0.25, not 0,25";
    sheet_.findings().error("E-SHARE", field.begin,
                            (text.empty() ? std::string("found no share") : "found the share " + shown(text)) + " of " +
                                shown(ladder_.name(stratum)),
                            "expected a number from 0 to " + rungs::detail::text(most), hint);
    return std::nullopt;
  }

  void read_row(const std::vector<Field>& fields) {
    const auto period = sheet_.period(fields[time_], columns_.time);
    bool good = period.has_value();
    Row row{sheet_.line()};
    double sum = 0;
    for (std::size_t i = 0; i < ladder_.size() && !sheet_.findings().full(); ++i) {
      const Field& field = fields[column_of_[i]];
      const auto value = unit_ == ShareUnit::heads ? sheet_.count(field) : share(field, i);
      good = good && value;
      row.values.push_back(value.value_or(0));
      sum += row.values.back();
    }
    if (people_) {
      const auto people = sheet_.count(fields[*people_]);
      good = good && people;
      row.people = people.value_or(0);
    }
    if (!good) return;
    const auto line = static_cast<std::size_t>(row.line);
    if (unit_ != ShareUnit::heads) {
      const double whole = unit_ == ShareUnit::percent ? 100 : 1, off = std::abs(sum - whole) / whole;
      const std::string found =
          "found shares that sum to " + rungs::detail::text(sum) + " in period " + std::to_string(period->label());
      const std::string expected = "expected " + rungs::detail::text(whole);
      if (!(off <= 0.01 + 1e-9)) {
        sheet_.findings().error_on("E-ROWSUM", line, found, expected,
                                   unit_ == ShareUnit::shares && std::abs(sum - 100) < 1 ? "are these percent?" : "");
        return;
      }
      if (off > 1e-9 && !rounding_told_) {
        rounding_told_ = true;
        sheet_.findings().warn("W-ROWSUM", sheet_.record(), found, expected,
                               "shares are divided by their sum; this is the first such row");
      }
    }
    const auto [first, is_new] = rows_.try_emplace(period->label(), std::move(row));
    if (!is_new)
      sheet_.findings().error_on("E-DUP-KEY", line, "found a second row for period " + std::to_string(period->label()),
                                 "expected one", "the first stands " + sheet_.findings().on_line(first->second.line));
  }

  static constexpr auto none = static_cast<std::size_t>(-1);
  const Ladder& ladder_;
  ShareUnit unit_;
  const ShareColumns& columns_;
  Sheet sheet_;
  std::size_t time_ = 0;
  std::optional<std::size_t> people_{};
  std::vector<std::size_t> column_of_{};
  std::map<std::int64_t, Row> rows_{};
  bool rounding_told_ = false;
};

}  // namespace

TableFile read_table(const std::string& path, const Ladder& ladder, const TableColumns& columns) {
  detail::check_groups(columns.group, ladder);
  const bool weighted = columns.weight_kind == WeightKind::sampling || columns.weight_kind == WeightKind::precision;
  if (!weighted && !columns.weight.empty())
    throw Refusal("E-COL-ROLE", "found the column of weights " + shown(columns.weight) +
                                    " of a table without the kind sampling or precision; expected that kind, or people "
                                    "alone: frequency weights are counts");
  if (columns.weight.empty() && !columns.weight_squares.empty())
    throw Refusal("E-COL-ROLE", "found the column of squared weights " + shown(columns.weight_squares) +
                                    " without a column of weights; expected both");
  return TableReader(path, ladder, columns).read();
}

PairFile read_pairs(const std::string& path, const PairColumns& columns) { return PairReader(path, columns).read(); }

PairFile read_cross_table(const std::string& path, const Ladder& rows, const Ladder& columns,
                          const std::string& encoding) {
  Sheet sheet(path, rows, {}, encoding);
  PairFile out;
  for (const SquareRow& row : SquareReader(sheet, columns).read())
    for (std::size_t to = 0; to < row.cells.size() && !sheet.findings().full(); ++to)
      if (const auto people = sheet.count(row.cells[to], false)) {
        out.x.push_back(rows.height(row.from) + 1);
        out.y.push_back(columns.height(to) + 1);
        out.people.push_back(*people);
      }
  out.warnings = sheet.finish();
  return out;
}

CorrelationFile read_correlations(const std::string& path, const std::string& encoding) {
  detail::VariableUse use;
  use.encoding = encoding;
  return CorrelationReader(path, use).read();
}

std::vector<std::vector<int>> read_levels(const std::string& path, const Ladder& ladder) {
  return levels_in(path, ladder.of_each_group());
}

MatrixFile read_matrix(const std::string& path, const Ladder& ladder, RowSums sums, const std::string& encoding) {
  return MatrixReader(path, ladder, sums, encoding).read();
}

ShareFile read_shares(const std::string& path, const Ladder& ladder, ShareUnit unit, const ShareColumns& columns) {
  return SharesReader(path, ladder, unit, columns).read();
}

}  // namespace rungs::io
