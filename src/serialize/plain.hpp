// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_SRC_SERIALIZE_PLAIN_HPP
#define RUNGS_SRC_SERIALIZE_PLAIN_HPP

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <rungs/serialize/saved_model.hpp>

/// What stands in a saved model, as plain values that promise nothing; rebuilt() is the only way back to a model.
namespace rungs::detail::saved {

/// A matrix row by row, or a single number.
struct Numbers {
  std::vector<double> values{};
};

struct PlainSet {
  std::string name{};
  std::vector<std::uint64_t> members{};
};

struct PlainLadder {
  std::vector<std::uint64_t> rungs{};  // how many strata are on each, from the bottom up
  std::vector<std::string> names{};    // strata, then exits
  std::uint64_t all_moves = 1;
  std::string moves{};  // unless all are possible: '1' or '0' for each move out of a stratum, row by row
  std::vector<PlainSet> sets{};
};

struct PlainInput {
  std::string name{};
  std::string sha256{};
};

struct PlainWarning {
  std::string code{};
  std::string message{};
};

enum class Kind : std::uint64_t { known, dirichlet, multinomial, replicates, logits };

/// The first format, that of models for groups of people, and that of either with the time in which people were
/// observed. No bit of a file makes one of them another: 3 would be one away from both of the others.
inline constexpr std::uint64_t of_everybody = 1, of_groups = 2, with_time = 4, newest = with_time;

struct PlainModel {
  std::uint64_t format = of_everybody;  // not in the payload
  std::vector<std::string> groups{};    // not in the first format; with groups, the ladder is that of each
  PlainLadder ladder{};
  std::int64_t step_units = 1;
  Numbers step_years{};
  std::uint64_t constant = 1;
  std::int64_t first = 0;
  std::vector<Numbers> matrices{};
  std::uint64_t kind = 0;
  std::vector<Numbers> draws{};  // of replicates: all matrices of the first, then of the second, and so on
  std::string method{};
  std::vector<Numbers> people{};
  std::uint64_t people_observed = 0;
  std::vector<PlainInput> inputs{};
  std::vector<PlainWarning> warnings{};
  std::string rungs_version{};
  Numbers observed_years{};              // only in the format with the time, as what follows; one number
  std::vector<std::int64_t> observed{};  // none, or the first and the last period
};

/// Throws InputError with one problem that has no place yet.
[[noreturn]] void refuse(std::string code, std::string found, std::string expected, std::string hint = {});

/// The values of a model, none checked but that the parts are of one shape.
[[nodiscard]] PlainModel described(const SavedModel& model);

/// The model of some values, through every check there is. Throws InputError [E-ARCH-...].
[[nodiscard]] SavedModel rebuilt(PlainModel plain);

/// Values to text and back. Reading throws InputError [E-ARCH-PAYLOAD], and never allocates more than the text bears
/// out.
[[nodiscard]] std::string payload_of(const PlainModel& plain);
[[nodiscard]] PlainModel read_payload(std::string_view payload, std::uint64_t format = of_everybody);
/// Whether payload_of(plain) is this text.
[[nodiscard]] bool has_payload(const PlainModel& plain, std::string_view payload);

/// The longest payload there may be: 2 GiB.
inline constexpr std::uint64_t longest_payload = std::uint64_t{1} << 31U;
/// More bytes than any header has.
inline constexpr std::uint64_t longest_header = 256;

/// A payload with its header, and the payload of a file whose header and hash are right.
[[nodiscard]] std::string sealed(std::string_view payload, std::uint64_t format = of_everybody);
[[nodiscard]] std::string_view unsealed(std::string_view bytes);
/// The format of what begins as a saved model; refuses what does not: [E-ARCH-MAGIC], [E-ARCH-RAW], [E-ARCH-KIND],
/// [E-ARCH-NEWER].
std::uint64_t check_start(std::string_view head);

}  // namespace rungs::detail::saved

#endif
