// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_IO_COVARIATES_HPP
#define RUNGS_IO_COVARIATES_HPP

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <rungs/io/csv.hpp>

#include "header.hpp"
#include "lookup.hpp"
#include "numbers.hpp"
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
  /// Tells of values that are missing where a move of a panel starts whose covariates are wanted.
  void tell_missing(const Panel& panel);
  /// Tells of values that look like codes for missing ones.
  void warn();
  [[nodiscard]] std::vector<CovariateValues> take();

 private:
  struct Column {
    CovariateColumn wanted{};
    CovariateValues out{};
    Lookup labels{};
    struct Place {
      std::uint32_t slot;
      bool own;  // whether nobody else reads the field
      std::string name;
    };
    /// A value that is missing, of which it is told only where a move starts: its row and where it stands.
    struct Unknown {
      std::size_t row;
      Field field;
      const Place* place;
    };
    std::vector<Place> places{};       // one, or one for each time
    const Place* at = nullptr;         // the one that was read last
    Field field{};                     // what stood there
    std::vector<Unknown> unknown{};    // in the order of rows
    bool known = false, good = false;  // whether the one of the record was read, and nothing was wrong
    bool full = false;                 // whether it was told that there are too many categories
    MissingCodes suspects{};
  };

  void put_in_order(Column& column, const std::vector<std::size_t>& from);
  void refuse_missing(const Column& column, const std::string& name, const Field& field);
  bool read_one(Column& column, const std::string& name, const Field& field, bool may_miss, double& out);
  bool read_label(Column& column, const std::string& name, const std::string& text, const char* at, double& out);
  bool read_number(Column& column, const std::string& name, const std::string& text, const char* at, double& out);

  bool may_miss_;
  std::optional<TallyOptions> moves_;
  Findings& findings_;
  std::vector<Column> columns_{};
  std::vector<double> values_{};  // of the record at hand
  Keeper kept_{};
};

}  // namespace rungs::io::detail

#endif
