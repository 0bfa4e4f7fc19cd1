// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_IO_PERSON_COLUMNS_HPP
#define RUNGS_IO_PERSON_COLUMNS_HPP

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include <rungs/io/csv.hpp>

#include "header.hpp"
#include "lookup.hpp"
#include "scanner.hpp"
#include "source.hpp"

namespace rungs::io::detail {

/// Reads what a person keeps over all records: how they were drawn, replicate weights, and columns said to be constant.
class PersonColumnReader {
 public:
  /// Finds the columns. Throws InputError where one is absent, stands twice among the replicates, or is the weight too.
  PersonColumnReader(const PersonColumns& of, const std::string& weight, const Header& header, Findings& findings);

  [[nodiscard]] bool any() const noexcept { return !columns_.empty(); }
  [[nodiscard]] bool replicates() const noexcept { return replicates_ > 0; }
  [[nodiscard]] bool has(std::size_t column) const;
  /// Gives a field to each column that has none yet, from `first` on.
  void take_slots(std::vector<std::uint32_t>& slot_of, std::uint32_t first);
  /// Of a reader whose fields stand as those of the file do.
  void take_slots_of_file() {
    for (Column& column : columns_) column.slot = static_cast<std::uint32_t>(column.column);
  }
  [[nodiscard]] std::size_t most_slots() const noexcept { return columns_.size(); }
  /// Keeps what a record says of a person, who has no id in a file of one record for each; false where something is
  /// wrong, which was told.
  bool take(std::uint32_t person, std::string_view id, std::vector<Field>& fields, std::uint64_t line, Blanks& blanks);
  /// Says where what was said to be constant is not.
  void warn();
  /// What was read of the people with these numbers, in their order; what is wrong with the design is told.
  [[nodiscard]] PersonValues of(const std::vector<std::uint32_t>& people);

 private:
  enum class Kind : std::uint8_t { part, cluster, replicate, constant };
  /// What a person's first record says in a column of texts.
  struct First {
    std::uint32_t value = Lookup::none;  // its number
    std::uint64_t line = 0;
    const char* at = nullptr;
  };
  struct Column {
    Kind kind;
    std::string name;
    std::size_t column;
    std::uint32_t slot = 0;
    Lookup numbers{};
    std::vector<std::string> texts{};
    std::vector<First> of_person{};
    std::uint64_t changes = 0;  // of a constant: records with another value than the person's first
    const char* first_change = nullptr;
    std::string how{};
  };

  void add(Kind kind, const std::string& name, const Header& header);
  void add_replicates(const std::string& text, const std::string& weight, const Header& header, Findings& findings);
  bool take_text(Column& column, std::uint32_t person, std::string_view id, const Field& field, std::uint64_t line);
  bool take_weight(const Column& column, double& known, std::uint64_t first_line, std::string_view id,
                   const Field& field);
  static const char* word(Kind kind);

  Findings& findings_;
  bool nested_;
  std::size_t replicates_ = 0;
  std::deque<Column> columns_{};
  std::vector<double> weights_{};            // of replicates: a row for each person; -1 where not known yet
  std::vector<std::uint64_t> first_line_{};  // of each person
  Keeper kept_{};
};

}  // namespace rungs::io::detail

#endif
