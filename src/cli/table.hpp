// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_CLI_TABLE_HPP
#define RUNGS_CLI_TABLE_HPP

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <rungs/core/estimate.hpp>

namespace rungs::cli {

/// A table for people to read: a heading, a line of column names, rows; the first column is aligned to the left, the
/// others to the right. Cells are made safe for a terminal.
class TextTable {
 public:
  explicit TextTable(std::string title, std::vector<std::string> columns = {});
  void row(std::vector<std::string> cells);
  /// A sentence under the table.
  void note(std::string text);
  [[nodiscard]] bool empty() const noexcept { return rows_.empty(); }
  /// The lines, each ending in a line end; headings are bold where `color`.
  [[nodiscard]] std::string text(bool color = false) const;

 private:
  std::string title_;
  std::vector<std::string> columns_;
  std::vector<std::vector<std::string>> rows_{};
  std::vector<std::string> notes_{};
};

/// A number to two significant digits of the half width of its interval; to six digits where there is no interval.
[[nodiscard]] std::string rounded(double x, double lower, double upper);
/// A number to at most six digits; "-" where it is not known.
[[nodiscard]] std::string rounded(double x);
/// "1 year", "2.5 years".
[[nodiscard]] std::string years_text(double years);
/// The value of an estimate, rounded to suit its interval.
[[nodiscard]] std::string value_text(const Estimate& estimate);
/// "0.195 to 0.244"; "-" where nothing is known of the uncertainty.
[[nodiscard]] std::string interval_text(const Estimate& estimate);
/// "parameters, individual chance"; "nothing" where nothing varied.
[[nodiscard]] std::string varied_text(const Estimate& estimate);
/// "95 % interval".
[[nodiscard]] std::string level_text(double level);
/// How many columns of a terminal a text takes.
[[nodiscard]] std::size_t display_width(std::string_view text);

/// A record of a CSV file, with its line end; fields are quoted where they must be.
[[nodiscard]] std::string csv_line(const std::vector<std::string>& fields);
/// A number with 17 significant digits; empty where it is NaN or infinite.
[[nodiscard]] std::string csv_number(double x);
/// The columns value, lower, upper, level, draws, monte_carlo_error and varied of an estimate.
[[nodiscard]] std::vector<std::string> csv_fields(const Estimate& estimate);
/// The names of those columns.
[[nodiscard]] std::vector<std::string> csv_estimate_columns();

}  // namespace rungs::cli

#endif
