// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_CORE_DRAW_HPP
#define RUNGS_CORE_DRAW_HPP

#include <cstdint>
#include <optional>

#include <rungs/core/random.hpp>

namespace rungs {

/// The name of one joint world: every uncertain quantity, of the model and of the programmes, has one value in it.
///
/// Baseline and policies are always compared in the same world. `Draw::point()` is the world in which everything
/// uncertain stands at its point estimate.
class Draw {
 public:
  Draw(Seed seed, std::uint64_t index) : seed_(seed), index_(index) {}
  [[nodiscard]] static Draw point() { return {}; }
  [[nodiscard]] bool is_point() const noexcept { return !seed_; }
  [[nodiscard]] std::uint64_t index() const noexcept { return index_; }
  /// The stream of random numbers for one purpose in this world; `part` tells streams of one purpose apart.
  ///
  /// Throws Refusal [E-DRAW] for the point world, in which nothing is random.
  [[nodiscard]] Stream stream(Purpose purpose, std::uint32_t part = 0) const {
    if (!seed_)
      throw Refusal("E-DRAW", "found a random number asked of the point estimate; expected a draw with a seed");
    return Stream({*seed_, index_, part, purpose});
  }

 private:
  Draw() = default;
  std::optional<Seed> seed_{};
  std::uint64_t index_ = 0;
};

}  // namespace rungs

#endif
