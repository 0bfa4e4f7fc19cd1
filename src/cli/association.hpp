// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_CLI_ASSOCIATION_HPP
#define RUNGS_CLI_ASSOCIATION_HPP

#include <string>
#include <vector>

#include <rungs/estimate/attainable_association.hpp>
#include <rungs/io/scenario.hpp>

#include "common.hpp"
#include "json.hpp"
#include "table.hpp"

namespace rungs::cli {

/// What is said of two variables whose association is told.
struct AssociationWords {
  std::string x, y;                           ///< in names of results: somers_Y_given_X
  std::string apart_x, apart_y;               ///< pairs that are not tied on one of them
  std::string classes;                        ///< what tau-c counts the fewer of
  std::string ranks, values;                  ///< what Spearman's and Pearson's correlation are of
  std::string question, margins;              ///< the title of a table, and what the possible values are beside
  std::string drawn = "drawn independently";  ///< how other people might have been
};

/// Of the origins and destinations of a table of people.
[[nodiscard]] const AssociationWords& words_by_rung();

struct NamedMeasure {
  std::string name, definition;
  const AssociationMeasure* measure;
};

/// Every measure of an association; pairs are of people.
[[nodiscard]] std::vector<NamedMeasure> measures_of(const Association& a, const AssociationWords& words);
[[nodiscard]] Json json_of(const Association& a, const AttainableAssociation& attainable,
                           const AssociationWords& words);
[[nodiscard]] TextTable table_of(const Association& a, const AttainableAssociation& attainable,
                                 const AssociationWords& words);

/// Refuses, beside `option`, all options of the verb but its `own` and those of every verb.
///
/// Throws UsageError, with the reason `why`.
void refuse_others(const CLI::App& verb, const std::string& option, const std::vector<std::string>& own,
                   const std::string& why);

/// The options of an association of any two variables of the same people.
struct AssociationQuestion {
  const CLI::App* verb = nullptr;
  std::string path{};
  std::string x{}, y{};           ///< "COLUMN" or "COLUMN: low < high", of a file of people
  std::string rows{}, columns{};  ///< "low < high", of a table
};

/// Declares them on the verb that has the options of data.
void setup_association(CLI::App& verb, AssociationQuestion& question);

/// Reads the file, and writes how the two variables go together.
void run_association(const AssociationQuestion& question, const io::ScenarioData& source, const CommonOptions& common);

}  // namespace rungs::cli

#endif
