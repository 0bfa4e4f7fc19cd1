// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_IO_COVARIATES_HPP
#define RUNGS_IO_COVARIATES_HPP

#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include <rungs/io/csv.hpp>

#include "header.hpp"
#include "lookup.hpp"
#include "scanner.hpp"
#include "source.hpp"

namespace rungs::io::detail {

/// Reads the columns of covariates of a panel, beside whoever reads its rows.
class CovariateReader {
 public:
  CovariateReader(const PanelColumns& columns, Findings& findings);

  [[nodiscard]] bool any() const noexcept { return !columns_.empty(); }
  /// The columns that are wanted, among others for the roles that they stand in.
  [[nodiscard]] static std::vector<Wanted> wanted(const PanelColumns& columns, std::vector<Wanted> others);
  /// Finds the columns, and makes room for their fields behind those that are read already.
  void assign_slots(const Header& header, std::vector<std::uint32_t>& slot_of, std::vector<Field>& slots);
  /// The same, where each covariate has one column, or one for each of some times in their order.
  void assign_slots(const Header& header, const std::vector<std::vector<std::size_t>>& columns,
                    std::vector<std::uint32_t>& slot_of, std::vector<Field>& slots);
  /// Reads those of a record; false when something is wrong, which was told. Nothing need be known of people who have
  /// left by an exit.
  bool read(std::vector<Field>& slots, bool in_exit, Blanks& blanks) {
    begin_record();
    return read_at(0, slots, in_exit, blanks);
  }
  /// Of a record that holds several times, whose values of the person are read once: first begin_record(), then the
  /// times that there is a row for.
  void begin_record();
  bool read_at(std::size_t time, std::vector<Field>& slots, bool in_exit, Blanks& blanks);
  /// Puts them in the order that rows were brought into, told by the lines they stand on.
  void arrange(const std::vector<std::uint32_t>& before, const std::vector<std::uint32_t>& after);
  /// Gives each row those of the record that it comes from, counted from 0 in the order in which they were read.
  void spread(const std::vector<std::size_t>& record_of_row);
  /// Tells of values that look like codes for missing ones.
  void warn();
  [[nodiscard]] std::vector<CovariateValues> take();

 private:
  /// A value that looks like a code for a missing one: where it first stands, how often, and its number.
  struct Suspect {
    const char* first = nullptr;
    std::uint64_t times = 0;
    double value = 0;
  };
  struct Column {
    CovariateColumn wanted{};
    CovariateValues out{};
    Lookup labels{};
    struct Place {
      std::uint32_t slot;
      bool own;  // whether nobody else reads the field
      std::string name;
    };
    std::vector<Place> places{};       // one, or one for each time
    bool known = false, good = false;  // whether the one of the record was read, and nothing was wrong
    bool full = false;                 // whether it was told that there are too many categories
    std::map<std::string, Suspect> suspects{};
    double lowest = std::numeric_limits<double>::infinity(), highest = -std::numeric_limits<double>::infinity();
  };

  bool read_one(Column& column, const std::string& name, const Field& field, bool may_miss, double& out);
  bool read_label(Column& column, const std::string& name, const std::string& text, const char* at, double& out);
  bool read_number(Column& column, const std::string& name, const std::string& text, const char* at, double& out);

  bool may_miss_;
  Findings& findings_;
  std::vector<Column> columns_{};
  std::vector<double> values_{};  // of the record at hand
  Keeper kept_{};
};

}  // namespace rungs::io::detail

#endif
