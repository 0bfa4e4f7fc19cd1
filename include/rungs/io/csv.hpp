// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_IO_CSV_HPP
#define RUNGS_IO_CSV_HPP

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <rungs/core/error.hpp>
#include <rungs/core/ladder.hpp>
#include <rungs/core/time.hpp>
#include <rungs/data/ledger.hpp>
#include <rungs/data/mobility_table.hpp>
#include <rungs/data/panel.hpp>
#include <rungs/data/tally.hpp>
#include <rungs/data/weight.hpp>

/// Files in and out.
///
/// Comma-separated files are read as RFC 4180 has them: UTF-8, a line of column names, fields that
/// may stand in double quotes. Nothing is guessed: whatever is not clear is refused, with file,
/// line and column.
///
/// Wherever such a file is read, a Stata (.dta, releases 113 to 115 and 117 to 119) or SPSS (.sav) file may stand,
/// known by its content: observations are records, variables columns, labels of values the values, except in ids,
/// times, weights and covariates that are numbers; missing values are `.` and `.a` to `.z`. Then places are
/// observations and variables. All of it is held in memory, as at most 24 times the file and 32 MiB.
///
/// Texts are UTF-8 unless an `encoding` is named, one that iconv knows: then a file of text is converted before it is
/// read, places being those in the converted text; so are the texts of a Stata or SPSS file. What is no text in that
/// encoding is refused [E-ENC-INVALID], an encoding that is not known too [E-ENC-UNKNOWN]; what could be UTF-8 all the
/// same is told [W-ENC-UTF8].
///
/// The path "-" is standard input. Columns of a place are counted in bytes from 1. Every function
/// throws InputError with all the problems found, up to 20, in the order of the file; the codes
/// stand in docs/reference/codes.md.
namespace rungs::io {

/// Whether texts in an encoding of this name can be read, wherever the program runs.
[[nodiscard]] bool knows_encoding(const std::string& name);

/// How the observations of a panel are laid out in its file.
enum class PanelLayout : std::uint8_t {
  long_form,  ///< one record for each person and time
  wide,       ///< one record for each person, with a column of states for each time
  spells,     ///< one record for each spell: a person is in a state from one time to another
};

/// Whether somebody is still in the state of a spell at the time that stands as its end.
enum class SpellEnd : std::uint8_t {
  included,  ///< a spell from 1990 to 1992 holds at 1990, 1991 and 1992, and the next may begin in 1993
  excluded,  ///< it holds at 1990 and 1991, and the next may begin in 1992
};

/// What spells are made of, and the times at which people are taken to be observed in them.
struct SpellColumns {
  std::string begin{};
  std::string end{};
  SpellEnd end_is = SpellEnd::included;
  /// Codes, beside an empty field, for a begin or an end that lies outside of what was observed.
  std::vector<std::string> open{};
  std::optional<std::int32_t> since{};  ///< the first time observed, where spells without a begin are seen first
  std::optional<std::int32_t> until{};  ///< the last time observed, to which spells without an end are seen
  /// People are observed every so many units of time ...
  std::int64_t every = 1;
  /// ... one such time being this; needed for more than one unit.
  std::optional<std::int64_t> grid{};
};

/// Columns of what a person keeps, beside the group.
struct PersonColumns {
  std::string part{};     ///< of the sampling frame that somebody was drawn from; empty: not known
  std::string cluster{};  ///< with which somebody was drawn; may be the id
  bool nested = false;    ///< whether each part numbers its clusters anew
  /// Weights that repeat the drawing of the sample: names separated by commas, or what stands before a whole number in
  /// the names of all of them.
  std::string replicates{};
  std::vector<std::string> constant{};  ///< said not to change, which is checked
};

/// A column of what may explain the moves of people: numbers, or labels of categories.
struct CovariateColumn {
  std::string name{};
  bool category = false;
  /// The labels that may stand in it, the category that others are compared with first; empty: those of the file, in
  /// the order in which they come.
  std::vector<std::string> levels{};
};

/// A covariate at each observation of a panel, in the panel's order of person and time.
struct CovariateValues {
  std::string name{};
  std::vector<std::string> levels{};  ///< of a category; empty for numbers
  /// Numbers; of a category, which of `levels`, from 0 on. NaN where it is not known.
  std::vector<double> values{};
};

/// Which columns of a panel hold what.
struct PanelColumns {
  std::string id{};
  std::string time{};    ///< of a long panel
  std::string state{};   ///< of a wide panel: what the names of its columns of states begin with; empty: see `times`
  std::string weight{};  ///< empty: no weights
  WeightKind weight_kind = WeightKind::none;
  /// Codes in the state column that stand for "not known".
  std::vector<std::string> missing{};
  /// Codes of the file and the names they have on the ladder.
  std::map<std::string, std::string> recode{};
  std::string group{};  ///< whose values are the groups of the ladder; empty: a ladder without groups
  PanelLayout layout = PanelLayout::long_form;
  /// Of a wide panel, which columns hold states: items separated by commas, each a time (1980) or the times from one to
  /// another (1980:1987), whose columns are called by the state and the time; a column whose name ends in its time; or
  /// TIME=COLUMN for a column with another name. Empty: all columns whose names end in a time.
  std::string times{};
  SpellColumns spells{};
  PersonColumns person{};
  /// What is known of people at each observation: in a long panel at that record (the column may be that of the time,
  /// weight or group too); in spells at the begin of the spell, which holds through it; in a wide panel the column of
  /// that name, of the person, or else one for each time of the states, called by the name and the time.
  std::vector<CovariateColumn> covariates{};
  /// Whether a covariate may be empty or a sign for a missing value; else that is an error, but in an exit.
  bool covariates_may_miss = false;
  /// The moves that are to be counted: a covariate that is missing is an error only where such a move starts, and
  /// weights of a stratum are compared where one does. Absent: covariates at each observation, weights wherever another
  /// observation of the person follows.
  std::optional<TallyOptions> moves{};
  std::string encoding{};  ///< of the file; empty: UTF-8, or what an SPSS file states
};

/// How the people of a panel were drawn, one entry for each in the panel's order; empty where no column says.
struct PersonValues {
  std::vector<std::uint32_t> part{}, cluster{};  ///< numbers of their names
  std::vector<std::string> parts{}, clusters{};  ///< the names; of clusters that are nested, several may be alike
  std::vector<std::string> replicates{};         ///< the columns of replicate weights
  std::vector<double> replicate_weights{};       ///< a row for each person
};

/// A panel with what was read of its file.
struct PanelFile {
  Panel panel;
  std::uint64_t records_read = 0;
  std::map<std::string, std::uint64_t> dropped{};  ///< records left out, by reason
  std::vector<Diagnostic> warnings{};
  /// Of spells: how many were read, how many hold at a time at which people are observed, and why others do not.
  Ledger spells{};
  PersonValues person{};
  std::vector<CovariateValues> covariates{};
};

/// Reads a panel: long, wide or as spells.
///
/// Ids are text and never become numbers, and are refused where two differ only by what is not seen [E-ID-ALIKE]; times
/// are whole numbers; states are names of the ladder (of that of each group, where it has groups), after `recode`. A
/// record whose state is a declared missing code is left out, so that the pair across it is a gap. Weights are 0, or
/// from 1e-12 to 1e12 [E-WEIGHT-RANGE]. People are numbered in the order in which they first come. Assumes: the file
/// does not change while it is read. Throws InputError as above; UnknownName for a recoding to a name that is not on
/// the ladder; Refusal [E-COL-ROLE] for a weight column without a kind of weight or the reverse, a group column without
/// groups on the ladder or the reverse, or a state or time said to be constant, [E-CFG-DUP] for a code that is both
/// missing and a state.
///
/// In a wide panel an empty cell is a time at which the person was not observed; it counts as a record that was left
/// out, so that records are people times columns. Weights and groups are of the person. Columns of states that are not
/// clear are refused [E-WIDE-TIMES].
///
/// Spells of a person stand in any order, and are refused where they overlap [E-SPELL-OVERLAP] or end before they begin
/// [E-SPELL-ORDER]; between two that do not meet, people are not observed. A spell counts as a record at every time of
/// the grid at which it holds. One without an end is observed until `until` and one without a begin since `since`,
/// which are needed for them [E-SPELL-UNTIL, E-SPELL-SINCE]: it is not known how long such a spell lasts in all.
///
/// The part of the frame, the cluster and the replicate weights of a person are the same in all of their records
/// [E-DESIGN-VARIES] and never missing [E-DESIGN-EMPTY]; a cluster is in one part [E-DESIGN-NESTED] unless clusters are
/// nested. With replicate weights the weight does not change either. A column that is said not to change and does is
/// told [W-CONST-VARIES]; there a missing value tells nothing. Records with a state declared as missing are not looked
/// at.
///
/// Covariates are refused where they are no finite number or none of the labels stated [E-COVARIATE, E-LABEL-UNKNOWN],
/// and where they are missing unless that is allowed, or no move of `moves` starts there; [E-SIZE] for more than 100
/// categories of a column; [E-COL-ABSENT] where a wide panel has neither a column of the person nor one for each time.
/// Values that look like codes for missing ones are warned of.
///
/// Cost: O(records), about 30 ns a record in order of person and time, and some 14 bytes (22 with
/// weights, 8 more for each covariate); records in another order cost a sort by person.
[[nodiscard]] PanelFile read_panel(const std::string& path, const PanelColumns& columns, const Ladder& ladder);

/// The values of a column in the order in which they are groups: whole numbers by size, then texts by their bytes.
///
/// Empty fields, and signs and codes for missing values (`NA`, `.`, -9, 99), are not among them: a reader that is to
/// take them for groups must be told so. Throws InputError as above; [E-SIZE] for more than 100 values. Cost: O(size of
/// file).
[[nodiscard]] std::vector<std::string> read_groups(const std::string& path, const std::string& column,
                                                   const std::string& encoding = {});

/// Which columns of a long mobility table hold what; an empty name is found by itself (see
/// read_table).
struct TableColumns {
  std::string period{};  ///< empty: the table is of one period
  std::string origin{};
  std::string destination{};
  std::string count{};
  std::string group{};  ///< of a long table: whose values are the groups of the ladder
  WeightKind weight_kind = WeightKind::none;
  /// Of a long table with sampling or precision weights: sums of weights beside the people. Empty: the counts are such
  /// sums, and people are not known.
  std::string weight{};
  std::string weight_squares{};  ///< sums of squared weights; empty: not known
  std::string encoding{};
};

/// The cells of a mobility table with what is worth saying of its file.
struct TableFile {
  std::vector<TableCell> cells{};
  std::vector<Diagnostic> warnings{};
};

/// Reads a mobility table: long (origin, destination, count) or a square of counts with labels,
/// rows being origins.
///
/// A long table is known by its column names (`origin` or `from`; `destination` or `to`; `count`,
/// `people` or `n`, in capitals or not), or has exactly three columns, then taken in this order.
/// Anything else is a square: names of the ladder in the first line and in the first column; with
/// periods, one square for each. The row of an exit may be left out.
///
/// With sampling or precision weights a cell has the sum of its weights, any number from 0 on; only a long table can
/// have people and weights in columns of their own.
/// Throws InputError as above, also for a cell given twice [E-DUP-KEY] and a stratum without row or
/// column [E-SHAPE], weights that are no numbers from 0 on [E-WEIGHT-PARSE and its like]; Refusal [E-COL-ROLE] for a
/// group column without groups on the ladder or the reverse, and for a column of weights without a kind of weight that
/// has one. Cost: O(size of the file).
[[nodiscard]] TableFile read_table(const std::string& path, const Ladder& ladder, const TableColumns& columns = {});

/// A variable of people: its column, and the order of its values where they are labels.
struct VariableColumn {
  std::string name{};
  std::optional<Ladder> values{};  ///< from low to high, those of one rung being alike; absent: numbers
};

/// Which columns of a file of people hold what.
struct PairColumns {
  VariableColumn x{};
  VariableColumn y{};
  std::string count{};                 ///< how many people a record stands for; empty: one
  std::vector<std::string> missing{};  ///< codes, beside signs for missing values, of a value that is not known
  std::string encoding{};
  std::string weight{};    ///< of a survey: sampling weights; empty: none
  PersonColumns person{};  ///< how people were drawn: parts and clusters alone
};

/// Two variables of the same people, and how many people each pair of values stands for.
struct PairFile {
  std::vector<double> x{}, y{};  ///< numbers; of labels, which rung of the order they are on, from 1
  std::vector<double> people{};
  std::vector<double> weights{};  ///< empty where no column holds them
  PersonValues person{};          ///< of the records that are used
  Ledger ledger{};
  std::vector<Diagnostic> warnings{};
};

/// Reads two variables, a record for each person or for several who are alike.
///
/// Records of which one of the two values is missing are left out, which the ledger tells. Throws InputError as above:
/// [E-NUMBER] for a value that is no finite number where no order is stated, [E-LABEL-UNKNOWN] where one is, [E-COUNT],
/// [E-WEIGHT-...], [E-DESIGN-...];
/// Refusal [E-CFG-DUP] for a code that is both missing and a value. Numbers that look like codes for missing values are
/// told [W-COVARIATE-CODE]. Cost: O(size of the file).
[[nodiscard]] PairFile read_pairs(const std::string& path, const PairColumns& columns);

/// Reads a table of counts with the values of one variable in the first line and of another in the first column, which
/// is x.
///
/// Rows and columns may stand in any order, and each value has one. Throws InputError as above, [E-SHAPE] for what is
/// no such table. Cost: O(size of the file).
[[nodiscard]] PairFile read_cross_table(const std::string& path, const Ladder& rows, const Ladder& columns,
                                        const std::string& encoding = {});

/// Correlations of variables with each other, as printed.
struct CorrelationFile {
  std::vector<std::string> names{};
  std::vector<double> values{};  ///< row by row, symmetric, 1 of a variable with itself; NaN where nothing stands
  std::vector<Diagnostic> warnings{};
};

/// Reads a square of correlations with the names of variables in the first line and in the first column.
///
/// Either triangle, rows of nothing and the diagonal may be left empty. Numbers outside -1 to 1 are read as they are.
/// Throws InputError as above: [E-NUMBER]; [E-CORRELATION] for two numbers in one place, and for a variable that is not
/// 1 with itself; [E-SHAPE] unless there are 2 to 100 variables. Cost: O(size of the file).
[[nodiscard]] CorrelationFile read_correlations(const std::string& path, const std::string& encoding = {});

/// Reads a square of levels, whole numbers from 0 to 1000, with names of the ladder in the first line and in the first
/// column: one for each cell of a table, whose cells of one level are alike.
///
/// Exits are in no table: their rows and columns may be left out, and are not looked at.
/// Throws InputError as above: [E-RANGE]; [E-SHAPE] for what is no such square. Cost: O(size of the file).
[[nodiscard]] std::vector<std::vector<int>> read_levels(const std::string& path, const Ladder& ladder);

/// What becomes of rows of probabilities that do not sum to 1.
enum class RowSums : std::uint8_t {
  /// An error, unless it is a rounding at the ninth digit: its largest entry takes that up, with a
  /// warning.
  must_be_one,
  /// Every row is divided by its sum; percentages are fine.
  renormalise,
};

/// A square of numbers in the ladder's order, with what is worth saying of its file.
struct MatrixFile {
  /// Row by row: the row is where people come from.
  std::vector<double> rows{};
  /// Where each row stands; the line is 0 for an exit's row that was left out.
  std::vector<Location> row_where{};
  std::vector<Diagnostic> warnings{};
};

/// Reads a square of probabilities with names of the ladder in the first line and in the first
/// column.
///
/// Rows and columns may stand in any order; the row of an exit may be left out, since exits are
/// final.
/// Throws InputError as above: [E-PROB], [E-ROWSUM], [E-SHAPE], [E-STRUCT-ZERO], [E-LABEL-UNKNOWN].
/// Cost: O(size of the file).
[[nodiscard]] MatrixFile read_matrix(const std::string& path, const Ladder& ladder, RowSums sums = RowSums::must_be_one,
                                     const std::string& encoding = {});

/// What the numbers of a series of shares are.
enum class ShareUnit : std::uint8_t {
  heads,    ///< whole numbers of people
  shares,   ///< parts of 1
  percent,  ///< parts of 100
};

/// Which columns of a series of shares hold what beside the strata.
struct ShareColumns {
  std::string time{"time"};
  std::string people{};  ///< the number of people behind each row; empty: not known, or that of heads
  std::string encoding{};
};

/// A series of shares by period, with what is worth saying of its file.
struct ShareFile {
  std::vector<Period> times{};   ///< in order
  std::vector<double> values{};  ///< row by row, in the ladder's order, in their unit
  std::vector<double> people{};  ///< empty where there is no such column
  std::vector<Diagnostic> warnings{};
};

/// Reads a row for each period: a column of the time, and one for each stratum and exit of the ladder, by its name.
///
/// Rows and columns may stand in any order. Shares and percentages may be off their sum by the rounding of published
/// ones, up to a hundredth, which is said; they are not corrected here.
/// Throws InputError as above: [E-SHARE], [E-ROWSUM], [E-COUNT], [E-SHAPE], [E-DUP-KEY], [E-LABEL-UNKNOWN] for a column
/// that is none of the ladder. Cost: O(size of the file).
[[nodiscard]] ShareFile read_shares(const std::string& path, const Ladder& ladder, ShareUnit unit,
                                    const ShareColumns& columns = {});

/// Which columns of a file of events hold what.
struct EventColumns {
  std::string events{};
  std::string exposure{};         ///< time at risk; empty: 1 in each record
  std::vector<std::string> by{};  ///< labels of groups
  std::string encoding{};
};

/// Numbers of events with the time in which they could happen, a row for each record.
struct EventFile {
  std::vector<double> events{};
  std::vector<double> exposure{};
  /// For each column of groups the labels, in the order in which they come, and which of them each record has.
  std::vector<std::vector<std::string>> labels{};
  std::vector<std::vector<std::uint32_t>> label_of{};
  std::vector<Diagnostic> warnings{};
};

/// Reads a record for each person, or for each group of people alike: how often something happened to them, such as a
/// change of job, in which time, and which groups they are of.
///
/// Throws InputError as above: [E-COUNT], [E-COUNT-RANGE], [E-EXPOSURE] for a time that is no number above 0,
/// [E-LABEL-UNKNOWN] for a group that is missing, [E-SIZE] for more than 100 groups in a column, [E-COL-ROLE] for one
/// column in two roles. Cost: O(size of the file).
[[nodiscard]] EventFile read_events(const std::string& path, const EventColumns& columns);

}  // namespace rungs::io

#endif
