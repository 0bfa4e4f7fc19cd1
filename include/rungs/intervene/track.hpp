// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_INTERVENE_TRACK_HPP
#define RUNGS_INTERVENE_TRACK_HPP

#include <compare>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace rungs {

/// Where somebody stands with one programme.
struct Standing {
  /// Never in it; on its waiting list; in it, with modules to finish; past them.
  enum class Phase : std::uint8_t { never, waiting, attending, done };
  /// Has its effect; has completed without (deadweight, displaced); has dropped out.
  enum class Outcome : std::uint8_t { works, idle, dropped };
  Phase phase = Phase::never;
  Outcome outcome = Outcome::works;
  int module = 0;  ///< modules finished
  int age = 0;     ///< steps since the waiting, the attending or the effect began; stops where nothing changes any more
  int kept = -1;   ///< as `age`, of an effect from before that is kept, since this time it was not completed
  bool completed = false;  ///< has completed it before, and enrolled again
  friend auto operator<=>(const Standing&, const Standing&) = default;
};

/// People who have the same history with every programme of a policy, and have been in their stratum for as long.
struct Track {
  std::vector<Standing> with;
  int tenure = 0;  ///< steps in the stratum, up to the most that any programme asks for
  friend auto operator<=>(const Track&, const Track&) = default;
};

/// Seats of one programme that are kept, at the start of one step, for people of one stratum with one history.
struct SeatsOfTrack {
  std::size_t programme = 0;  ///< its place in the policy
  std::size_t step = 0;       ///< from the start of the projection, counted from 0
  Track track{};              ///< before enrolling
  std::size_t stratum = 0;
  double heads = 0;
  friend bool operator==(const SeatsOfTrack&, const SeatsOfTrack&) = default;
};

}  // namespace rungs

#endif
