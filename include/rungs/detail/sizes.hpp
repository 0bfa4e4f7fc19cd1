// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_DETAIL_SIZES_HPP
#define RUNGS_DETAIL_SIZES_HPP

#include <cstddef>
#include <type_traits>
#include <utility>

namespace rungs::detail {

/// A size as Eigen takes it: a constant where the compiler knows it.
template <class Size>
inline constexpr int fixed_or_dynamic = -1;
template <std::size_t n>
inline constexpr int fixed_or_dynamic<std::integral_constant<std::size_t, n>> = static_cast<int>(n);

/// Calls `work` with the size as a constant where it is from 2 to 8, so that loops over it have a length known to the
/// compiler; returns whether it did.
template <class Work>
bool with_small_size(std::size_t n, const Work& work) {
  return [&]<std::size_t... k>(std::index_sequence<k...> /*sizes*/) {
    return ((n == k + 2 && (work(std::integral_constant<std::size_t, k + 2>()), true)) || ...);
  }
  (std::make_index_sequence<7>());
}

}  // namespace rungs::detail

#endif
