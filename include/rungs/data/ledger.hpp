// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_DATA_LEDGER_HPP
#define RUNGS_DATA_LEDGER_HPP

#include <cstdint>
#include <map>
#include <string>

#include <rungs/core/error.hpp>

namespace rungs {

/// What became of every record that was read: read = used + dropped, by named reason.
///
/// A record is used when at least one transition counted rests on it. Ledgers of parts of the data add up.
struct Ledger {
  std::uint64_t records_read = 0;
  std::uint64_t records_used = 0;
  std::map<std::string, std::uint64_t> dropped{};  ///< records, by reason
  std::uint64_t pairs_used = 0;                    ///< transitions counted
  std::map<std::string, std::uint64_t> pairs_dropped{};

  /// Throws Refusal [E-LEDGER] when the records do not add up: a fault of the program, never of the data.
  void check() const {
    std::uint64_t sum = records_used;
    for (const auto& entry : dropped) sum += entry.second;
    if (sum != records_read)
      throw Refusal("E-LEDGER", "found " + std::to_string(records_read) + " records read and " + std::to_string(sum) +
                                    " used or dropped; expected the same number");
  }
  Ledger& operator+=(const Ledger& other) {
    records_read += other.records_read;
    records_used += other.records_used;
    pairs_used += other.pairs_used;
    for (const auto& [reason, n] : other.dropped) dropped[reason] += n;
    for (const auto& [reason, n] : other.pairs_dropped) pairs_dropped[reason] += n;
    return *this;
  }
  friend bool operator==(const Ledger&, const Ledger&) = default;
};

}  // namespace rungs

#endif
