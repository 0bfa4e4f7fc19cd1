// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_DECIDE_FRONTIER_HPP
#define RUNGS_DECIDE_FRONTIER_HPP

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <rungs/core/error.hpp>

namespace rungs {

/// One way to act, with what it costs and what it achieves.
struct Alternative {
  std::string name;
  double cost = 0;
  double effect = 0;
};

/// Whether an alternative is worth considering at some price of the effect.
enum class Dominance : std::uint8_t {
  efficient,             ///< on the frontier
  dominated,             ///< another costs no more and achieves no less
  extendedly_dominated,  ///< a mixture of two others does
};

/// An alternative on or off the efficient frontier; `icer` is the price of one more unit of effect against the
/// efficient alternative before it, absent for the first and for those off the frontier.
struct FrontierPoint {
  std::string name;
  double cost = 0;
  double effect = 0;
  Dominance dominance = Dominance::efficient;
  std::optional<double> icer{};
};

namespace detail {
/// Numbers that differ by less than this share of themselves differ by rounding only.
inline constexpr double rounding = 1e-9;
}  // namespace detail

/// The efficient frontier: alternatives in their order, with dominance and incremental cost per unit of effect.
///
/// Of two that are equal in both, the first given stays; an alternative that equals a mixture of two others is not
/// needed. Costs, effects and prices that differ by rounding (1e-9 of themselves) are equal. Costs may be negative.
/// Throws DomainError [E-COST] for numbers that are not finite. Cost: O(n^2). Method: Johannesson and Weinstein (1993),
/// doi 10.1016/0167-6296(93)90005-Y.
[[nodiscard]] inline std::vector<FrontierPoint> efficient_frontier(const std::vector<Alternative>& alternatives) {
  std::vector<FrontierPoint> out;
  for (const Alternative& a : alternatives) {
    if (!(a.cost - a.cost == 0 && a.effect - a.effect == 0))
      throw DomainError("E-COST",
                        "found a cost or effect of " + detail::quoted(a.name) + " that is not finite; expected numbers",
                        a.cost);
    out.push_back({a.name, a.cost, a.effect, Dominance::efficient, {}});
  }
  std::vector<std::size_t> order(out.size());
  for (std::size_t k = 0; k < order.size(); ++k) order[k] = k;
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return out[a].cost != out[b].cost ? out[a].cost < out[b].cost : out[a].effect > out[b].effect;
  });
  const auto same = [](double a, double b) {
    return std::abs(a - b) <= detail::rounding * std::max(std::abs(a), std::abs(b));
  };
  const auto price = [&](std::size_t a, std::size_t b) {
    return (out[b].cost - out[a].cost) / (out[b].effect - out[a].effect);
  };
  std::vector<std::size_t> front;
  for (const std::size_t k : order) {
    if (!front.empty()) {
      const std::size_t last = front.back();
      const bool as_dear = same(out[k].cost, out[last].cost), as_good = same(out[k].effect, out[last].effect);
      const bool given_first = as_dear && as_good && k < last;
      if ((as_good || out[k].effect < out[last].effect) && !given_first) {
        out[k].dominance = Dominance::dominated;
        continue;
      }
      if (as_dear) {
        out[last].dominance = Dominance::dominated;
        front.pop_back();
      }
    }
    while (front.size() >= 2) {
      const double before = price(front[front.size() - 2], front.back()), after = price(front.back(), k);
      if (before < after && !same(before, after)) break;
      out[front.back()].dominance = Dominance::extendedly_dominated;
      front.pop_back();
    }
    front.push_back(k);
  }
  for (std::size_t f = 1; f < front.size(); ++f)
    out[front[f]].icer =
        (out[front[f]].cost - out[front[f - 1]].cost) / (out[front[f]].effect - out[front[f - 1]].effect);
  return out;
}

}  // namespace rungs

#endif
