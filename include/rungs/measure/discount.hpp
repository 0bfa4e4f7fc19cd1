// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_MEASURE_DISCOUNT_HPP
#define RUNGS_MEASURE_DISCOUNT_HPP

#include <cmath>
#include <compare>

#include <rungs/core/error.hpp>

namespace rungs {

/// How much less a later amount counts than one at the start: an effective annual rate on real time.
///
/// What falls due `years` after the start counts (1 + rate)^-years, for any real length, so that the factors of two
/// lengths multiply to that of their sum whatever the step of the model. A rate of 0 discounts nothing. Throws
/// DomainError [E-RATE] unless the rate is above -1 and below 10.
class DiscountRate {
 public:
  explicit DiscountRate(double effective_annual = 0) : rate_(effective_annual) {
    if (!(rate_ > -1 && rate_ < 10))
      throw DomainError(
          "E-RATE", "found a discount rate of " + detail::text(rate_) + "; expected a yearly rate such as 0.03", rate_);
  }
  /// From a continuously compounded rate, of which the factor is exp(-rate x years): 0.06 is then 6.18 % a year.
  [[nodiscard]] static DiscountRate continuously_compounded(double rate) { return DiscountRate(std::expm1(rate)); }

  [[nodiscard]] double effective_annual() const noexcept { return rate_; }
  [[nodiscard]] double factor(double years) const noexcept { return std::pow(1 + rate_, -years); }
  friend auto operator<=>(const DiscountRate&, const DiscountRate&) = default;

 private:
  double rate_;
};

}  // namespace rungs

#endif
