// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_TESTS_ESTIMATE_SIMULATED_HPP
#define RUNGS_TESTS_ESTIMATE_SIMULATED_HPP

#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include <rungs/data/histories.hpp>

#include "estimators.hpp"

namespace rungs_test {

/// The probabilities of the next stratum, by the person and the strata so far; knows nothing of the library.
using Rule = std::function<std::vector<double>(std::size_t person, const std::vector<std::size_t>& past)>;
using Rows = std::vector<std::vector<double>>;

/// A one-way ladder with an exit: nobody goes down, and one rung at a time; and how people move on it.
inline rungs::Ladder one_way() {
  return rungs::Ladder::builder()
      .rung("a")
      .rung("b")
      .rung("c")
      .exit("x")
      .move("a", "b")
      .move("b", "c")
      .move("a", "x")
      .move("b", "x")
      .move("c", "x")
      .build();
}
inline const Rows upward{{0.6, 0.3, 0, 0.1}, {0, 0.7, 0.2, 0.1}, {0, 0, 0.9, 0.1}, {0, 0, 0, 1}};

inline Rule chain(Rows p) {
  return [p = std::move(p)](std::size_t, const std::vector<std::size_t>& past) { return p[past.back()]; };
}

/// People who start in all strata in turn, in periods 0, 1, ...
inline rungs::Observations simulated(rungs::Stream& stream, std::size_t strata, std::size_t people, std::size_t periods,
                                     const Rule& rule) {
  rungs::Observations out;
  for (std::size_t person = 0; person < people; ++person) {
    std::vector<std::size_t> past{person % strata};
    while (past.size() < periods) {
      const std::vector<double> p = rule(person, past);
      double u = stream.uniform();
      std::size_t next = 0;
      while (next + 1 < p.size() && u >= p[next]) u -= p[next++];
      past.push_back(next);
    }
    for (std::size_t t = 0; t < periods; ++t)
      out.add(static_cast<std::uint32_t>(person), static_cast<std::int32_t>(t), past[t]);
  }
  return out;
}

inline rungs::Histories simulated_histories(rungs::Stream& stream, const rungs::Ladder& ladder, std::size_t people,
                                            std::size_t periods, const Rule& rule) {
  return rungs::histories(rungs::Panel(ladder, simulated(stream, ladder.strata(), people, periods, rule)));
}

/// Movers who follow a matrix, and every third person who never moves.
inline Rule with_stayers(Rows p) {
  return [p = std::move(p)](std::size_t person, const std::vector<std::size_t>& past) {
    if (person / 3 % 3 != 0) return p[past.back()];
    std::vector<double> stay(p.size(), 0.0);
    stay[past.back()] = 1;
    return stay;
  };
}

/// Leaves with a probability by the time since entry; the time before the first period counts as none.
inline Rule leaving_by_time(std::size_t strata, std::vector<double> rate) {
  return [strata, rate = std::move(rate)](std::size_t, const std::vector<std::size_t>& past) {
    std::size_t time = 0;
    while (time + 1 < past.size() && past[past.size() - 2 - time] == past.back()) ++time;
    const double leave = rate[std::min(time, rate.size() - 1)];
    std::vector<double> p(strata, leave / static_cast<double>(strata - 1));
    p[past.back()] = 1 - leave;
    return p;
  };
}

/// Repeats the stratum before the present one with a bonus: order 2.
inline Rule going_back(Rows p, double bonus) {
  return [p = std::move(p), bonus](std::size_t, const std::vector<std::size_t>& past) {
    std::vector<double> out = p[past.back()];
    if (past.size() < 2) return out;
    for (double& x : out) x *= 1 - bonus;
    out[past[past.size() - 2]] += bonus;
    return out;
  };
}

/// One matrix before a period, another from then on.
inline Rule regimes(Rows before, Rows after, std::size_t change) {
  return [before = std::move(before), after = std::move(after), change](std::size_t,
                                                                        const std::vector<std::size_t>& past) {
    return (past.size() <= change ? before : after)[past.back()];
  };
}

inline const Rows three{{0.7, 0.2, 0.1}, {0.2, 0.6, 0.2}, {0.1, 0.2, 0.7}};
inline const Rows other{{0.6, 0.25, 0.15}, {0.2, 0.5, 0.3}, {0.15, 0.25, 0.6}};

}  // namespace rungs_test

#endif
