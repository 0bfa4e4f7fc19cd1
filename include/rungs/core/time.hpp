// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_CORE_TIME_HPP
#define RUNGS_CORE_TIME_HPP

#include <cmath>
#include <compare>
#include <cstdint>
#include <string>

#include <rungs/core/error.hpp>

namespace rungs {

/// A point in time: the number in the data's time column (a year, an age, a wave).
class Period {
 public:
  constexpr Period() = default;
  constexpr explicit Period(std::int64_t label) : label_(label) {}
  [[nodiscard]] constexpr std::int64_t label() const noexcept { return label_; }
  friend constexpr auto operator<=>(const Period&, const Period&) = default;

 private:
  std::int64_t label_ = 0;
};

/// A length of time: a whole number of steps of the model, 0 or more.
///
/// Throws DomainError [E-SPAN] when it is negative or above a million steps.
class Span {
 public:
  explicit Span(std::int64_t steps) : steps_(steps) {
    if (!(steps >= 0 && steps <= 1'000'000))
      throw DomainError("E-SPAN", "found a span of " + std::to_string(steps) + " steps; expected 0 to 1000000",
                        static_cast<double>(steps));
  }
  [[nodiscard]] std::int64_t steps() const noexcept { return steps_; }
  friend auto operator<=>(const Span&, const Span&) = default;

 private:
  std::int64_t steps_;
};

/// How long one step of a model lasts: in units of the data's time column, and in years.
///
/// Throws DomainError [E-STEP] when a length is not above 0.
class Step {
 public:
  explicit Step(std::int64_t units = 1, double years = 1) : units_(units), years_(years) {
    if (!(units >= 1))
      throw DomainError("E-STEP", "found a step of " + std::to_string(units) + " time units; expected 1 or more",
                        static_cast<double>(units));
    if (!(years > 0 && years <= 1000))
      throw DomainError("E-STEP", "found a step of " + detail::text(years) + " years; expected a length above 0",
                        years);
  }
  [[nodiscard]] std::int64_t units() const noexcept { return units_; }
  [[nodiscard]] double years() const noexcept { return years_; }
  /// The period `steps` steps after `start`.
  [[nodiscard]] Period after(Period start, std::int64_t steps) const noexcept {
    return Period(start.label() + steps * units_);
  }
  /// The whole number of steps in a number of years.
  ///
  /// Throws Refusal [E-EMBED] when it is not whole: a finer step needs a root of the matrix, which is never guessed.
  [[nodiscard]] Span steps_in(double years) const {
    const double steps = years / years_;
    if (!(std::abs(steps - std::round(steps)) < 1e-9))
      throw Refusal("E-EMBED", "found a length of " + detail::text(years) +
                                   " years; expected a whole number of steps of " + detail::text(years_) +
                                   " years, the step of the data");
    return Span(static_cast<std::int64_t>(std::llround(steps)));
  }
  friend bool operator==(const Step&, const Step&) = default;

 private:
  std::int64_t units_;
  double years_;
};

}  // namespace rungs

#endif
