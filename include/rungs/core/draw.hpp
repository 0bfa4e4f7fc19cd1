// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_CORE_DRAW_HPP
#define RUNGS_CORE_DRAW_HPP

#include <cstdint>
#include <optional>
#include <string_view>

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

namespace detail {
/// The parts of what has a name, such as a programme, are named by it (FNV-1a): 256 from here on.
inline std::uint32_t stream_of(std::string_view name) {
  std::uint32_t hash = 2166136261U;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  return hash & 0xFFFFFF00U;
}
}  // namespace detail

}  // namespace rungs

#endif
