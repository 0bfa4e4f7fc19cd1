// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_DECIDE_LINEAR_PROGRAMME_HPP
#define RUNGS_DECIDE_LINEAR_PROGRAMME_HPP

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <rungs/core/error.hpp>

namespace rungs {

/// A number to be chosen, by its place among the columns of one linear programme.
class Column {
 public:
  explicit Column(std::size_t index) noexcept : index_(index) {}
  [[nodiscard]] std::size_t index() const noexcept { return index_; }
  friend bool operator==(const Column&, const Column&) = default;

 private:
  std::size_t index_;
};

/// A sum of columns that is held within bounds, by its place among the rows of one linear programme.
class Row {
 public:
  explicit Row(std::size_t index) noexcept : index_(index) {}
  [[nodiscard]] std::size_t index() const noexcept { return index_; }
  friend bool operator==(const Row&, const Row&) = default;

 private:
  std::size_t index_;
};

/// From where to where a number may lie, both ends included; an infinite end is none.
///
/// Throws DomainError [E-LP-BOUNDS] when the ends are not in order (NaN is not), when an end that is not infinite is
/// 1e15 or more, or when infinity itself would have to be reached.
class Bounds {
 public:
  Bounds(double lower, double upper) : lower_(lower), upper_(upper) {
    const auto is_end = [](double end, double none) { return end == none || (end > -1e15 && end < 1e15); };
    if (!(lower <= upper && is_end(lower, -infinity) && is_end(upper, infinity)))
      throw DomainError("E-LP-BOUNDS",
                        "found bounds from " + detail::text(lower) + " to " + detail::text(upper) +
                            "; expected two numbers in order, each below 1e15 or infinite",
                        lower <= upper ? upper : lower);
  }
  [[nodiscard]] static Bounds at_least(double lower) { return {lower, infinity}; }
  [[nodiscard]] static Bounds at_most(double upper) { return {-infinity, upper}; }
  [[nodiscard]] static Bounds exactly(double value) { return {value, value}; }
  [[nodiscard]] static Bounds none() { return {-infinity, infinity}; }

  [[nodiscard]] double lower() const noexcept { return lower_; }
  [[nodiscard]] double upper() const noexcept { return upper_; }
  friend bool operator==(const Bounds&, const Bounds&) = default;

  static constexpr double infinity = std::numeric_limits<double>::infinity();

 private:
  double lower_, upper_;
};

/// A column times a factor, in the sum of a row.
struct Term {
  Column column;
  double factor = 1;
};

/// Whether the objective is to be as small or as large as it can be.
enum class Sense : std::uint8_t { minimise, maximise };

/// Whether a column may take any number within its bounds, or whole numbers only.
enum class Values : std::uint8_t { any, whole };

/// What to choose within which limits: named columns, and named rows of their sums; rungs::solve() chooses.
///
/// The objective is the sum of every column times its cost (what it achieves, if the sense is to maximise). Terms of
/// one column in one row add up. Bounds and costs may be changed afterwards, so that one programme is solved under
/// several limits; handles stay valid, also in copies. Names are for messages and need not differ.
/// Throws DomainError [E-LP-NUMBER] for a cost or factor that is not a number below 1e15 in size, and Refusal
/// [E-LP-HANDLE] for a column or row that the programme does not have.
class LinearProgramme {
 public:
  explicit LinearProgramme(Sense sense) noexcept : sense_(sense) {}

  Column column(std::string name, double cost = 0, Bounds bounds = Bounds::at_least(0), Values values = Values::any) {
    columns_.push_back({std::move(name), number(cost), bounds, values});
    return Column(columns_.size() - 1);
  }
  Row row(std::string name, Bounds bounds, const std::vector<Term>& terms = {}) {
    for (const Term& term : terms) check(term);
    rows_.push_back({std::move(name), bounds, terms});
    return Row(rows_.size() - 1);
  }
  void add(Row row, Term term) {
    check(term);
    of(row).terms.push_back(term);
  }
  void add_cost(Column column, double cost) { of(column).cost = number(of(column).cost + number(cost)); }
  void set_cost(Column column, double cost) { of(column).cost = number(cost); }
  void set_bounds(Column column, Bounds bounds) { of(column).bounds = bounds; }
  void set_bounds(Row row, Bounds bounds) { of(row).bounds = bounds; }

  [[nodiscard]] Sense sense() const noexcept { return sense_; }
  [[nodiscard]] std::size_t columns() const noexcept { return columns_.size(); }
  [[nodiscard]] std::size_t rows() const noexcept { return rows_.size(); }
  [[nodiscard]] const std::string& name(Column column) const { return of(column).name; }
  [[nodiscard]] const std::string& name(Row row) const { return of(row).name; }
  [[nodiscard]] const Bounds& bounds(Column column) const { return of(column).bounds; }
  [[nodiscard]] const Bounds& bounds(Row row) const { return of(row).bounds; }
  [[nodiscard]] double cost(Column column) const { return of(column).cost; }
  [[nodiscard]] Values values(Column column) const { return of(column).values; }
  /// As they were added: a column may stand more than once.
  [[nodiscard]] const std::vector<Term>& terms(Row row) const { return of(row).terms; }

 private:
  struct ColumnData {
    std::string name;
    double cost;
    Bounds bounds;
    Values values;
  };
  struct RowData {
    std::string name;
    Bounds bounds;
    std::vector<Term> terms;
  };

  static double number(double x) {
    if (!(x > -1e15 && x < 1e15))
      throw DomainError("E-LP-NUMBER",
                        "found a cost or factor of " + detail::text(x) + "; expected a number below 1e15 in size", x);
    return x;
  }
  void check(const Term& term) const {
    (void)of(term.column);
    (void)number(term.factor);
  }
  template <class Parts>
  static auto& part(Parts& parts, std::size_t index, const char* kind) {
    if (!(index < parts.size()))
      throw Refusal("E-LP-HANDLE", std::string("found ") + kind + " " + std::to_string(index) +
                                       " of another linear programme; expected one of " + std::to_string(parts.size()) +
                                       ", counted from 0");
    return parts[index];
  }
  [[nodiscard]] const ColumnData& of(Column column) const { return part(columns_, column.index(), "column"); }
  [[nodiscard]] ColumnData& of(Column column) { return part(columns_, column.index(), "column"); }
  [[nodiscard]] const RowData& of(Row row) const { return part(rows_, row.index(), "row"); }
  [[nodiscard]] RowData& of(Row row) { return part(rows_, row.index(), "row"); }

  Sense sense_;
  std::vector<ColumnData> columns_{};
  std::vector<RowData> rows_{};
};

}  // namespace rungs

#endif
