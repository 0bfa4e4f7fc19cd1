// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_CLI_DATA_HPP
#define RUNGS_CLI_DATA_HPP

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <rungs/data/histories.hpp>
#include <rungs/data/tally.hpp>
#include <rungs/estimate/assumptions.hpp>
#include <rungs/estimate/dirichlet.hpp>
#include <rungs/estimate/partial_pooling.hpp>
#include <rungs/io/csv.hpp>
#include <rungs/io/scenario.hpp>
#include <rungs/model/ensemble.hpp>

#include "common.hpp"
#include "input.hpp"
#include "survey.hpp"

namespace rungs::cli {

/// The draws behind groups or periods that are drawn towards each other.
struct PoolingDraws {
  std::size_t draws;
  Seed seed;
  Level level;  ///< of the interval of the pooling itself
};

/// The samples of people behind --method bootstrap.
struct Resampling {
  std::size_t samples;
  Seed seed;
};

struct LogitAnswer;
struct Data;
struct Read;

/// The options of models beyond shares of moves.
struct ModelOptions {
  // --method logit
  std::vector<std::string> covariates{};  ///< "COLUMN", "COLUMN:category: one, another" or "COLUMN:number"
  std::vector<std::string> at{};          ///< "COLUMN=VALUE"
  bool drop_missing = false;              ///< whether moves with a covariate that is not known are left out
  bool common_slopes = false;             ///< whether covariates act alike in all strata
  bool model_variance = false;            ///< whether all moves count as independent, also those of one person
  bool over_everybody = false;            ///< whether rows are averaged over all people, not those in their stratum

  // --method second-order
  std::string unseen_past{};  ///< empty: not stated
  std::string pasts{};        ///< empty: not stated
};

/// The reach that is asked, on the ladder of the data and by their step; nothing where it is not theirs, or at fault.
using ReachQuestion = std::function<std::optional<AskedReach>(const Ladder&, Step)>;

/// The options that say where the moves come from: one file, how to read it, and how to estimate.
struct DataOptions {
  io::ScenarioData source{};
  bool given = false;                        ///< whether any of the four files was given
  std::string ladder{};                      ///< as text, or the name of a file that ends in .toml
  std::vector<std::string> people_behind{};  ///< "400" for every stratum, or "stratum=400"
  io::RowSums row_sums = io::RowSums::must_be_one;
  std::string group{};                     ///< "COLUMN" or "COLUMN: one, another": the groups of people
  bool pool_groups = false;                ///< whether the answer is of all groups together
  bool histories = false;                  ///< whether what each person of a panel did over several steps is kept
  bool one_matrix = false;                 ///< whether periods that are told apart have one model all the same
  bool coverage = true;                    ///< whether W-COVERAGE is told of all rows; false: see coverage_of()
  std::optional<PoolingDraws> pooling{};   ///< of --method pooled, which not every verb has; see pooling.hpp
  std::optional<Resampling> resampling{};  ///< of --method bootstrap, likewise
  std::optional<std::int64_t> starts{};    ///< of --method mixture:K
  ReachQuestion asked{};                   ///< what warnings of assumptions give the size of, in place of an example
  ModelOptions model{};
};

/// Whether a verb reads saved models too.
enum class SavedModels : std::uint8_t { no, yes };

/// Whether a verb answers for groups together only where that is asked for.
enum class PooledGroups : std::uint8_t { always, if_asked };

/// Whether a verb asks only plain chains, or people of several kinds and pooled groups too.
enum class Methods : std::uint8_t { of_plain_chains, all };

/// Declares the data options on a verb.
void setup_data(CLI::App& verb, DataOptions& options, SavedModels saved, PooledGroups groups = PooledGroups::if_asked,
                Methods methods = Methods::all);

/// A model with what it was estimated from.
struct Data {
  std::optional<Tally> tally{};          ///< none for a matrix; for a saved model what its rows hold, where by_row
  std::optional<Histories> histories{};  ///< of a panel, where they were asked for
  Ensemble ensemble;
  bool by_row = false;  ///< whether each row of the model is made of its own people, by shares or with a prior
  std::optional<DirichletRows> prior{};  ///< how the model is made of the tally, where a prior has a part in it
  std::vector<Matrix> people{};  ///< people observed by move, one matrix for each of the kernel; empty when given
  std::uint64_t people_observed = 0;
  std::optional<std::uint64_t> ids{};  ///< of people, with frequency weights: each stands for several
  bool people_known = true;            ///< not so of sums of weights alone, which are all that is tallied then
  double observed_years = 0;           ///< from the first to the last observation of a panel; 0 when not known
  std::optional<std::pair<std::int64_t, std::int64_t>> observed{};  ///< first and last period observed, where known
  /// The same of each group by its name, where groups have data of other times.
  std::vector<std::pair<std::string, std::pair<std::int64_t, std::int64_t>>> observed_of_groups{};
  std::vector<InputFile> inputs{};          ///< the files read now
  std::vector<InputFile> estimated_from{};  ///< of a saved model: the files it was estimated from
  std::vector<Diagnostic> warnings{};
  std::optional<Survey> survey{};            ///< where it is known how people were drawn
  std::optional<Ledger> spells{};            ///< of spells: what became of them
  std::string group{};                       ///< the name of the group whose data these are; empty: of everybody
  std::vector<CommonRow> common{};           ///< with pooling: what groups or periods have in common, by stratum
  std::optional<Ensemble> side_by_side{};    ///< of a survey with groups: those of one sample, that vary together
  std::optional<Survey> joined{};            ///< as side_by_side, with what its variance stands on
  std::optional<SurveyTest> groups_alike{};  ///< of a panel with weights or a survey: whether its groups move alike
  std::optional<SurveyMemory> memory{};      ///< of the same: whether its people remember what a chain forgets
  std::vector<Data> groups{};  ///< of each group, where groups were asked for; these data are then of all together
  std::optional<GroupShares> kinds{};          ///< where the groups of the model are kinds of people that nobody sees
  std::shared_ptr<const LogitAnswer> logit{};  ///< what a logit of moves tells beyond its matrix
  std::vector<std::shared_ptr<const LogitAnswer>> logits{};  ///< the same by period, where each has its own

  /// People (their weight, where there are weights) by the stratum they were observed in at the start of a move, for
  /// one of the model's matrices; empty when not known.
  [[nodiscard]] Vector origins(std::size_t matrix) const;
};

/// The models of all groups as one on a ladder for groups, with the people of each: as it is saved.
[[nodiscard]] Data side_by_side(const Data& data);

/// People by move, as a matrix: from = row.
[[nodiscard]] Matrix people_of(const Counts& counts);

/// The files that will be read, in the order in which they are.
[[nodiscard]] std::vector<std::string> input_names(const DataOptions& options);

/// Reads the files and estimates.
///
/// With groups, warnings are of all together where they are pooled, else of each.
/// `opened`: the file of people, where it was opened already, since what comes only once can be opened once.
/// Throws UsageError when options do not go together; Refusal [E-SCHEME-NONE] without a ladder; what readers and
/// estimators throw.
[[nodiscard]] Data load(const DataOptions& options, const Input* opened = nullptr);

/// People of whom an answer is asked: where and when they start, and for how long they are followed.
struct Followed {
  std::vector<std::size_t> from;  ///< strata of the model
  Period at;
  double years;
  ReachQuestion asked{};  ///< as DataOptions::asked
};

/// The rows by which they may move.
[[nodiscard]] RowsUsed rows_followed(const Tally& tally, const Followed& people);

/// As load(), for the data of a scenario; paths are opened as they are. On a ladder for groups the model is of all
/// groups, side by side. Where it is said who is followed, warnings of rows are of those they may move by.
[[nodiscard]] Data load(const io::ScenarioData& source, const Ladder& ladder,
                        io::RowSums row_sums = io::RowSums::must_be_one, const std::optional<Followed>& people = {});

/// W-COVERAGE of the rows of a model that an interval of reach rests on; nothing of models that are not made row by
/// row.
[[nodiscard]] std::vector<Diagnostic> coverage_of(const Data& data, const RowsUsed& used);

/// Of a saved model that is made row by row, tells W-PRIOR and W-COVERAGE of the rows by which these people may move,
/// in place of those that were saved with it, which are of all. Their strata are those of the model's ladder.
void keep_to_rows(Data& model, const Followed& people);

/// Says [W-GROUPS] where the moves of the groups differ, by the test of homogeneity at 0.01, although they are pooled:
/// with their weights, where people count by weights. Nothing of a survey, which 'rungs test' takes, nor of a weighted
/// table, in which nobody knows who has which weight.
[[nodiscard]] std::vector<Diagnostic> group_warnings(const Data& data);

/// What a file of people holds, before anything is estimated.
struct Read {
  Tally tally;
  std::optional<Histories> histories{};
  std::vector<std::uint64_t> people_of_group{};
  std::optional<std::uint64_t> ids{};  ///< with frequency weights
  std::vector<Diagnostic> warnings{};
  std::vector<InputFile> inputs{};
  std::optional<Ledger> spells{};
  double observed_years = 0;
  std::optional<std::pair<std::int64_t, std::int64_t>> observed{};
  std::optional<Panel> panel{};          ///< where it was asked for
  std::optional<SurveySample> sample{};  ///< where it is known how people were drawn
  std::optional<SurveyTest> groups_alike{};
  std::optional<SurveyMemory> memory{};
  std::optional<Ensemble> resampled{};  ///< from samples of its people
};

/// Refuses, by what a reader said of the file, times that are counted in months and their like where the length of a
/// step in years is not stated: it would be taken for as many years.
///
/// Throws InputError [E-STEP].
void check_unit_of_time(const std::vector<Diagnostic>& told, const io::ScenarioData& source);

/// What else is taken from a panel when it is read.
struct PanelUse {
  bool histories = false;     ///< whether what each person did over several steps is kept
  bool panel = false;         ///< whether the panel itself is, for estimators that need to know who moved
  bool groups_alike = false;  ///< whether it is tested that groups move alike, where people count by weights
  std::vector<io::CovariateColumn> covariates{};
  bool covariates_may_miss = false;
  ReachQuestion asked{};                                                         ///< as DataOptions::asked
  std::function<void(const io::PanelFile&, const TallyOptions&, Read&)> also{};  ///< what is done with the panel
};

/// The samples of --method bootstrap, none of other methods; a seed that was picked is said in the warnings.
///
/// Throws UsageError where the data do not tell who moved, or are drawn in another way.
[[nodiscard]] std::optional<Resampling> resampling_of(const DataOptions& options, const CommonOptions& common,
                                                      std::vector<Diagnostic>& warnings);

/// Reads a panel, or a table, for a model that is estimated elsewhere; with groups, on the ladder for groups.
///
/// Throws as load().
[[nodiscard]] Read read_alone(const DataOptions& options, const PanelUse& use);
/// As above, for the data of a scenario.
[[nodiscard]] Read read_alone(const io::ScenarioData& source, const Ladder& ladder, const PanelUse& use);
/// The data of everybody with such a model.
[[nodiscard]] Data with_model(Read read, Ensemble ensemble);

/// The data of everybody in groups, of which each was estimated elsewhere; warnings of each follow those of the file.
[[nodiscard]] Data of_groups(Read read, std::vector<Data> groups);

/// The ladder of the options, from its text or file; a file is added to the inputs.
///
/// Throws Refusal [E-SCHEME-NONE] without one.
[[nodiscard]] Ladder ladder_in(const DataOptions& options, std::vector<InputFile>& inputs);

/// A square of probabilities from a file, in UTF-8 unless it is the data, whose encoding can be named.
[[nodiscard]] TransitionMatrix matrix_in(const Input& file, const Ladder& ladder, Step step, io::RowSums row_sums,
                                         std::vector<Diagnostic>& warnings, const std::string& encoding = "UTF-8");

}  // namespace rungs::cli

#endif
