// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_SERIALIZE_SAVED_MODEL_HPP
#define RUNGS_SERIALIZE_SAVED_MODEL_HPP

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rungs/core/error.hpp>
#include <rungs/model/ensemble.hpp>

namespace rungs {

/// A file that a model was estimated from: its name as the user gave it, and the SHA-256 of its bytes.
struct SavedInput {
  std::string name{};
  std::string sha256{};
  friend bool operator==(const SavedInput&, const SavedInput&) = default;
};

/// A model with its uncertainty and its history, as one `.rungs` file holds it.
///
/// `people` are the people observed by move, one matrix for each matrix of the kernel, rows being origins; empty for a
/// model that was given and not estimated. On a ladder for groups of people, each has moves of its own
/// (Ensemble::of_groups()); that the ladder has groups comes back too. How long people were observed, in years (0 where
/// it is not known), and the first and last period of it tell which questions go beyond the data.
struct SavedModel {
  Ensemble ensemble;
  std::vector<Matrix> people{};
  std::uint64_t people_observed = 0;
  std::vector<SavedInput> inputs{};
  std::vector<Warning> warnings{};
  std::string rungs_version{};
  double observed_years = 0;
  std::optional<std::pair<std::int64_t, std::int64_t>> observed{};
};

/// Writes a model to a file, in full or not at all: what stood there before stays until the new file is on the disk.
///
/// The bytes depend on the model alone, not on machine, compiler or locale. A model whose draws are keyed by seed is
/// saved without a seed; replicates are saved one by one.
/// Throws InputError: [E-IO] when the file cannot be written; [E-LADDER] for a model that groups share, which is saved
/// without them; [E-ARCH-KIND-SPECIAL] for a device or pipe; otherwise the
/// code that load() would give, such as [E-ARCH-PROB] for NaN: nothing is written that load() would refuse.
/// Cost: 16 bytes of file for each number, and the checks of load().
void save(const SavedModel& model, const std::string& path);

/// Reads a model that save() wrote, and checks all of it again as if it were typed in.
///
/// A file is data, never code. Reading one runs nothing that it contains and opens no other file. Memory stays within
/// 64 MiB plus 16 times the size of the file. Whatever is wrong with the file, you get a named error: not a crash, not
/// a number.
///
/// Undamaged does not mean honest. A `.rungs` file is sealed with the SHA-256 of its content, so accidental damage is
/// found. Whoever forges a model can seal it again, with probabilities that are valid and wrong. If it matters who made
/// a model, compare the hash that Rungs prints with the one its author published.
///
/// Throws InputError with one problem: [E-IO] when the file cannot be read, else a code that starts with E-ARCH-; see
/// docs/reference/codes.md.
/// Cost: O(size of the file); where moves are declared, each is also looked up by name among the strata.
[[nodiscard]] SavedModel load(const std::string& path);

/// What save() would write.
[[nodiscard]] std::string to_bytes(const SavedModel& model);

/// As load(), from bytes; the name stands where messages would name the file.
[[nodiscard]] SavedModel from_bytes(std::string_view bytes, const std::string& name_for_messages);

}  // namespace rungs

#endif
