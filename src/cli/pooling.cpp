// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include "pooling.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>

namespace rungs::cli {

std::optional<PoolingDraws> pooling_of(const DataOptions& options, const CommonOptions& common,
                                       std::vector<Diagnostic>& warnings) {
  const io::ScenarioData& source = options.source;
  if (source.method != "pooled") return std::nullopt;
  if (source.kind == io::ScenarioData::Kind::model)
    throw UsageError("found --method pooled with --model; expected --panel or --table: a saved model is estimated");
  const bool by_period = source.by_period || (!source.period.empty() && !source.pool);
  if (options.group.empty() && !by_period)
    throw UsageError(
        "found --method pooled for everybody together; expected --group COLUMN, or periods (--by-period, or --period "
        "of a table): they are what is drawn together");
  if (!options.group.empty() && by_period)
    throw UsageError(
        "found --method pooled with groups and periods; expected one of them, --group or periods (--by-period, or "
        "--period without --pool)");
  if (options.pool_groups)
    throw UsageError(
        "found --pool-groups with --method pooled; expected one of them: --pool-groups takes all groups to move by one "
        "matrix, --method pooled asks how far they do");
  if (source.gap == "skip" || source.gap == "em")
    throw UsageError("found --gap " + source.gap +
                     " with --method pooled; expected --gap drop or refuse: pooling takes steps that were seen");
  if (!source.unleft.empty())
    throw UsageError(
        "found --unleft with --method pooled; expected none: a stratum that nobody of a group was seen in "
        "has the row that all groups have in common");
  return PoolingDraws{common.number_of_draws(), resolve_seed(common, warnings), common.interval_level()};
}

namespace {

/// Whether several moves were made out of a stratum, so that there was something to pool.
bool several_moves(const CommonRow& row) { return !((row.mean.array() == 1).any()); }

constexpr double untold = std::numeric_limits<double>::quiet_NaN();

}  // namespace

Json json_of_pooling(const Data& data, const PoolingDraws& pooling) {
  const Ladder& ladder = data.ensemble.ladder();
  Json common = Json::array(), strata = Json::array();
  for (std::size_t i = 0; i < ladder.size(); ++i) {
    Vector row = Vector::Zero(static_cast<Eigen::Index>(ladder.size()));
    row[static_cast<Eigen::Index>(i)] = 1;
    common.push_back(json_of(ladder.is_exit(i) ? row : data.common[i].mean));
  }
  for (std::size_t i = 0; i < ladder.strata(); ++i) {
    const CommonRow& row = data.common[i];
    const bool told = several_moves(row);
    strata.push_back({{"from", ladder.name(i)},
                      {"pooling", json_of(told ? row.share : untold)},
                      {"lower", json_of(told ? row.lower : untold)},
                      {"upper", json_of(told ? row.upper : untold)}});
  }
  return {{"draws", pooling.draws},
          {"level", json_of(pooling.level.value())},
          {"common_matrix", common},
          {"by_stratum", strata}};
}

TextTable table_of_pooling(const Data& data, const PoolingDraws& pooling) {
  const Ladder& ladder = data.ensemble.ladder();
  const std::string what = data.groups.empty() ? "periods" : "groups";
  std::vector<std::string> columns{"from", "pooling", level_text(pooling.level.value())};
  for (const std::string& name : ladder.names()) columns.push_back("to " + name);
  TextTable out("How far " + what + " are drawn towards what they have in common, and what that is", columns);
  for (std::size_t i = 0; i < ladder.strata(); ++i) {
    const CommonRow& row = data.common[i];
    const bool told = several_moves(row);
    std::vector<std::string> cells{
        ladder.name(i), told ? rounded(row.share, row.lower, row.upper) : "-",
        told ? rounded(row.lower, row.lower, row.upper) + " to " + rounded(row.upper, row.lower, row.upper) : "-"};
    for (std::size_t j = 0; j < ladder.size(); ++j)
      cells.push_back(ladder.possible(i, j) ? fmt::format("{:.4f}", row.mean[static_cast<Eigen::Index>(j)]) : ".");
    out.row(std::move(cells));
  }
  out.note("pooling: the share of the common row in the row of one of the " + what +
           " of mean size: 0, each by itself, to 1, all alike");
  out.note("The " + what + " are taken to differ as if by chance: no order, no trend, no known cause.");
  return out;
}

std::vector<std::string> csv_columns_of_pooling() { return {"pooling", "pooling_lower", "pooling_upper"}; }

std::vector<std::string> csv_of_pooling(const Data& data, std::size_t stratum) {
  const CommonRow& row = data.common[stratum];
  const bool told = several_moves(row);
  return {csv_number(told ? row.share : untold), csv_number(told ? row.lower : untold),
          csv_number(told ? row.upper : untold)};
}

}  // namespace rungs::cli
