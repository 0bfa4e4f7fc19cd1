// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_DECIDE_ECONOMICS_HPP
#define RUNGS_DECIDE_ECONOMICS_HPP

#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include <rungs/measure/value.hpp>

namespace rungs {

/// In what money costs are counted, how the future is discounted, what one more person is worth, and whose money
/// decides.
///
/// The discount rate is the effective annual rate on real time: a cost t years after the start counts (1 + rate)^-t.
/// The costs of a period fall due at its start; a loan is paid back from a year after each enrolment on, also after the
/// end of the span. `values` are further streams (earnings by stratum, what a move costs), each valued over the course
/// of every policy. The net benefit is the value of the additional people, each discounted at `outcome_discount_rate`
/// from when they first reach the target, and what is gained from the `perspective`: by the budget its streams less the
/// costs, by participants their streams and what loans cost the budget, by society all of it, in which loans cancel.
/// `known_together` are lists of things that one study would tell, by the names of KnownBefore.
/// Throws DomainError [E-RATE] unless the rates are above -1, [E-COST] for a value that is not finite; Refusal
/// [E-CURRENCY] for a stream of other money, [E-PARAMETER] for things to be known without a value of one more person.
struct Economics {
  Currency currency{};
  double discount_rate = 0;
  std::optional<double> value_per_additional_person{};
  std::vector<ValueStream> values{};
  Perspective perspective = Perspective::budget;
  double outcome_discount_rate = 0;
  std::vector<std::vector<std::string>> known_together{};

  void check() const {
    (void)DiscountRate(discount_rate);
    (void)DiscountRate(outcome_discount_rate);
    for (const ValueStream& v : values)
      if (v.terms().currency && !(*v.terms().currency == currency))
        throw Refusal("E-CURRENCY", "found the stream " + detail::quoted(v.terms().name) +
                                        " in other money than the costs; expected the same currency and price year");
    if (value_per_additional_person && !(std::abs(*value_per_additional_person) < 1e15))
      throw DomainError("E-COST",
                        "found a value of " + detail::text(*value_per_additional_person) +
                            " for one more person; expected a finite amount",
                        *value_per_additional_person);
    if (!known_together.empty() && !value_per_additional_person)
      throw Refusal("E-PARAMETER",
                    "found things to be known together without a value of one more person; expected both, since what "
                    "knowing is worth is money");
  }
};

}  // namespace rungs

#endif
