// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_PROJECT_POPULATION_HPP
#define RUNGS_PROJECT_POPULATION_HPP

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include <rungs/core/ladder.hpp>
#include <rungs/core/time.hpp>
#include <rungs/model/headcount.hpp>

namespace rungs {

/// People who come in from outside, into one stratum: so many a year, and so many a year for each head already in some
/// strata (chain migration; replacement of leavers).
///
/// They arrive at the end of a period, in proportion to the heads at its start. Units: heads per year, heads per head
/// and year.
struct Inflow {
  Stratum into;
  double per_year = 0;
  std::vector<std::pair<Stratum, double>> per_head_of{};
};

/// The people at the start: how many in each stratum, at which period, and who comes in later.
///
/// Throws DomainError [E-INFLOW] for an inflow that is negative or not finite; Refusal for strata of another ladder or
/// inflow into an exit.
class Population {
 public:
  explicit Population(Headcount start, Period at = Period{}, std::vector<Inflow> inflow = {})
      : start_(std::move(start)), at_(at), inflow_(std::move(inflow)) {
    const auto finite = [](double x) {
      if (!(x >= 0 && x < 1e12))
        throw DomainError("E-INFLOW",
                          "found an inflow of " + detail::text(x) + "; expected a number of heads, 0 or more", x);
    };
    for (const Inflow& in : inflow_) {
      start_.ladder().require_own(in.into);
      if (in.into.is_exit())
        throw Refusal("E-INFLOW",
                      "found an inflow into the exit " + detail::quoted(in.into.name()) + "; expected a stratum");
      finite(in.per_year);
      for (const auto& [stratum, rate] : in.per_head_of) {
        start_.ladder().require_own(stratum);
        finite(rate);
      }
    }
  }
  [[nodiscard]] const Headcount& start() const noexcept { return start_; }
  [[nodiscard]] Period at() const noexcept { return at_; }
  [[nodiscard]] const std::vector<Inflow>& inflow() const noexcept { return inflow_; }

 private:
  Headcount start_;
  Period at_;
  std::vector<Inflow> inflow_;
};

/// Of the people who start in some strata, how many ever get into a target within a span?
struct Question {
  StratumSet from;
  StratumSet target;
  Span within;
};

}  // namespace rungs

#endif
