// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_CLI_RECODE_HPP
#define RUNGS_CLI_RECODE_HPP

#include <map>
#include <string>

#include <rungs/core/ladder.hpp>

namespace rungs::cli {

/// Reads a file of two columns with a line of names: codes as they stand in the data, and strata (or exits) of the
/// ladder.
///
/// Throws InputError as the readers of rungs::io do; [E-DUP-KEY] for a code given twice, [E-LABEL-UNKNOWN] for a name
/// that is not on the ladder, [E-SHAPE] when there are not two columns.
[[nodiscard]] std::map<std::string, std::string> read_recode(const std::string& path, const Ladder& ladder);

}  // namespace rungs::cli

#endif
