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

/// Reads the columns of covariates of a long panel, beside whoever reads its rows.
class CovariateReader {
 public:
  CovariateReader(const PanelColumns& columns, Findings& findings);

  [[nodiscard]] bool any() const noexcept { return !columns_.empty(); }
  /// Finds the columns, and makes room for their fields behind those that are read already.
  void assign_slots(const Header& header, std::vector<std::uint32_t>& slot_of, std::vector<Field>& slots);
  /// Reads those of a record; false when something is wrong, which was told. Nothing need be known of people who have
  /// left by an exit.
  bool read(std::vector<Field>& slots, bool in_exit, Blanks& blanks);
  /// Puts them in the order that rows were brought into, told by the lines they stand on.
  void arrange(const std::vector<std::uint32_t>& before, const std::vector<std::uint32_t>& after);
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
    std::uint32_t slot = 0;
    bool own = true;    // whether nobody else reads the field
    bool full = false;  // whether it was told that there are too many categories
    std::map<std::string, Suspect> suspects{};
    double lowest = std::numeric_limits<double>::infinity(), highest = -std::numeric_limits<double>::infinity();
  };

  bool read_one(Column& column, const Field& field, bool may_miss, double& out);
  bool read_label(Column& column, const std::string& text, const char* at, double& out);
  bool read_number(Column& column, const std::string& text, const char* at, double& out);

  bool may_miss_;
  Findings& findings_;
  std::vector<Column> columns_{};
  std::vector<double> values_{};  // of the record at hand
  Keeper kept_{};
};

}  // namespace rungs::io::detail

#endif
