// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_CLI_POOLING_HPP
#define RUNGS_CLI_POOLING_HPP

#include <optional>
#include <string>
#include <vector>

#include "common.hpp"
#include "data.hpp"
#include "json.hpp"
#include "table.hpp"

namespace rungs::cli {

/// The draws of --method pooled, none of other methods; a seed that was picked is said in the warnings.
///
/// Throws UsageError when options do not go together; DomainError [E-LEVEL].
[[nodiscard]] std::optional<PoolingDraws> pooling_of(const DataOptions& options, const CommonOptions& common,
                                                     std::vector<Diagnostic>& warnings);

/// How far the rows of each stratum are drawn towards the common row, which is told too.
[[nodiscard]] Json json_of_pooling(const Data& data, const PoolingDraws& pooling);
[[nodiscard]] TextTable table_of_pooling(const Data& data, const PoolingDraws& pooling);

/// The columns of a CSV result, and their fields for moves from a stratum.
[[nodiscard]] std::vector<std::string> csv_columns_of_pooling();
[[nodiscard]] std::vector<std::string> csv_of_pooling(const Data& data, std::size_t stratum);

}  // namespace rungs::cli

#endif
