// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_DECIDE_TORNADO_HPP
#define RUNGS_DECIDE_TORNADO_HPP

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <rungs/core/error.hpp>
#include <rungs/decide/frontier.hpp>

namespace rungs {

/// An input of an answer, with the lowest and the highest number it may be.
struct TornadoInput {
  std::string name;
  double low = 0, point = 0, high = 0;
};

/// How far an answer moves when one input goes from its low to its high and all others stay at their points.
struct TornadoBar {
  std::string name;
  double low = 0, high = 0;                ///< of the input
  double at_low = 0, at_high = 0;          ///< the answer there
  double width = 0;                        ///< between the least and the greatest answer at low, point and high
  std::optional<bool> decision_changes{};  ///< another alternative is better at low or at high than the best at point
  std::size_t input = 0;                   ///< which it is of those given
};

namespace detail {

/// The bars in the order of the inputs, and the answer at the points.
template <class Answer>
std::vector<TornadoBar> tornado_bars(const std::vector<TornadoInput>& inputs, const Answer& answer) {
  std::vector<double> at;
  for (const TornadoInput& i : inputs) {
    if (!(i.low <= i.point && i.point <= i.high && i.high - i.low < HUGE_VAL))
      throw DomainError("E-RANGE",
                        "found " + detail::quoted(i.name) + " from " + text(i.low) + " over " + text(i.point) + " to " +
                            text(i.high) + "; expected finite numbers in order",
                        i.point);
    at.push_back(i.point);
  }
  const auto asked = [&](const std::string& where) {
    const double y = std::invoke(answer, std::as_const(at));
    if (!(y - y == 0))
      throw DomainError("E-ANSWER", "found an answer of " + text(y) + " at " + where + "; expected a finite number", y);
    return y;
  };
  const double middle = asked("the points of all inputs");
  std::vector<TornadoBar> out;
  for (std::size_t k = 0; k < inputs.size(); ++k) {
    const TornadoInput& i = inputs[k];
    TornadoBar bar{i.name, i.low, i.high};
    at[k] = i.low;
    bar.at_low = asked("the low of " + detail::quoted(i.name));
    at[k] = i.high;
    bar.at_high = asked("the high of " + detail::quoted(i.name));
    at[k] = i.point;
    bar.width = std::max({bar.at_low, middle, bar.at_high}) - std::min({bar.at_low, middle, bar.at_high});
    bar.input = k;
    out.push_back(std::move(bar));
  }
  return out;
}

inline std::vector<TornadoBar> widest_first(std::vector<TornadoBar> bars) {
  std::stable_sort(bars.begin(), bars.end(),
                   [](const TornadoBar& a, const TornadoBar& b) { return a.width > b.width; });
  return bars;
}

}  // namespace detail

/// Which inputs move an answer most, each alone: the widest bar first, those equally wide in the order given.
///
/// `answer` gives a number for a vector of inputs in their order. Inputs move one at a time and to their ends only:
/// what they do together, or in between, is not seen. Throws DomainError [E-RANGE] unless low <= point <= high, all
/// finite; [E-ANSWER] for an answer that is not finite. Cost: 2 inputs + 1 answers.
template <class Answer>
requires std::convertible_to < std::invoke_result_t < const Answer&, const std::vector<double>
& >, double >
         [[nodiscard]] std::vector<TornadoBar> tornado(const std::vector<TornadoInput>& inputs, const Answer& answer) {
  return detail::widest_first(detail::tornado_bars(inputs, answer));
}

/// The same, and whether an input alone changes the decision.
///
/// `net_benefits` gives the net benefit of each alternative for a vector of inputs, as a range of numbers. The best at
/// the points is the first of the greatest; it is no longer best where another is above it by more than rounding (1e-9
/// of the larger). Throws also Refusal [E-SHAPE] when the number of alternatives is 0 or changes, and DomainError
/// [E-ANSWER] for a net benefit that is not finite. Cost: also 2 inputs + 1 lists of net benefits.
template <class Answer, class NetBenefits>
requires std::convertible_to < std::invoke_result_t < const Answer&, const std::vector<double>
& >, double > [[nodiscard]] std::vector<TornadoBar> tornado(const std::vector<TornadoInput>& inputs,
                                                            const Answer& answer, const NetBenefits& net_benefits) {
  std::vector<TornadoBar> bars = detail::tornado_bars(inputs, answer);
  std::vector<double> at;
  for (const TornadoInput& i : inputs) at.push_back(i.point);
  const auto asked = [&] {
    std::vector<double> y;
    for (const double b : std::invoke(net_benefits, std::as_const(at))) {
      if (!(b - b == 0))
        throw DomainError("E-ANSWER", "found a net benefit of " + detail::text(b) + "; expected a finite number", b);
      y.push_back(b);
    }
    return y;
  };
  const std::vector<double> middle = asked();
  if (middle.empty()) throw Refusal("E-SHAPE", "found no alternative; expected at least one");
  const auto best = static_cast<std::size_t>(std::max_element(middle.begin(), middle.end()) - middle.begin());
  const auto another_is_better = [&](std::size_t input, double x) {
    at[input] = x;
    const std::vector<double> y = asked();
    at[input] = inputs[input].point;
    if (y.size() != middle.size())
      throw Refusal("E-SHAPE", "found " + std::to_string(y.size()) + " net benefits with " +
                                   detail::quoted(inputs[input].name) + " at " + detail::text(x) + "; expected " +
                                   std::to_string(middle.size()) + " as at the points");
    const double top = *std::max_element(y.begin(), y.end());
    return top - y[best] > detail::rounding * std::max(std::abs(top), std::abs(y[best]));
  };
  for (std::size_t k = 0; k < inputs.size(); ++k)
    bars[k].decision_changes = another_is_better(k, inputs[k].low) || another_is_better(k, inputs[k].high);
  return detail::widest_first(std::move(bars));
}

}  // namespace rungs

#endif
