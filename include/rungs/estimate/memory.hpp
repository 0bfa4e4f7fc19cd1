// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_ESTIMATE_MEMORY_HPP
#define RUNGS_ESTIMATE_MEMORY_HPP

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <rungs/estimate/assumptions.hpp>

namespace rungs {

namespace detail {

/// For each present stratum b: the past a in rows, the next c in columns.
inline std::vector<Contrast> past_and_next(const Ladder& ladder, const Triples& n) {
  const std::size_t size = ladder.size();
  std::vector<Contrast> out;
  for (std::size_t b = 0; b < ladder.strata(); ++b) {
    std::int64_t before = 0, after = 0;
    Contrast c{ladder.name(b), size, size, 0, std::vector<double>(size * size)};
    for (std::size_t k = 0; k < size; ++k) {
      before += ladder.possible(k, b) ? 1 : 0;
      after += ladder.possible(b, k) ? 1 : 0;
      for (std::size_t next = 0; next < size; ++next) c.at(k, next) = n(k, b, next);
    }
    c.df_nominal = (before - 1) * (after - 1);
    out.push_back(std::move(c));
  }
  return out;
}

/// The moves of people who were seen one step before, too: those that triples end in.
inline Counts moves_with_past(const Histories& h) {
  Counts out(h.ladder().size());
  for (std::size_t k = 0; k < h.size(); ++k) {
    const std::span<const std::uint16_t> s = h.strata(k);
    for (std::size_t t = 1; t + 1 < s.size(); ++t) out.add(s[t], s[t + 1], h.people(k));
  }
  return out;
}

/// The present stratum in rows, the next in columns, with what each row adds to the statistics.
inline std::vector<PartStatistic> present_and_next(const Ladder& ladder, const Counts& n) {
  std::vector<double> column(ladder.size());
  double total = 0;
  for (std::size_t i = 0; i < ladder.strata(); ++i)
    for (std::size_t j = 0; j < ladder.size(); ++j) {
      column[j] += n.people(i, j);
      total += n.people(i, j);
    }
  std::int64_t columns = 0;
  for (const double people : column) columns += people > 0 ? 1 : 0;
  std::vector<PartStatistic> out;
  bool first = true, first_seen = true;
  for (std::size_t i = 0; i < ladder.strata(); ++i) {
    PartStatistic one{ladder.name(i), first ? 0 : static_cast<std::int64_t>(ladder.size()) - 1, {}};
    const double people = n.row_people(i);
    if (people > 0) {
      for (std::size_t j = 0; j < ladder.size(); ++j)
        if (column[j] > 0) one.value.compare(n.people(i, j), people * column[j] / total);
      one.value.df = first_seen ? 0 : columns - 1;
      first_seen = false;
    }
    first = false;
    out.push_back(std::move(one));
  }
  return out;
}

/// How many strata and exits the possible moves lead to from each stratum in some steps, itself among them.
inline std::vector<std::int64_t> reachable_in(const Ladder& ladder, Span steps) {
  std::vector<std::int64_t> out;
  for (std::size_t i = 0; i < ladder.strata(); ++i) {
    std::vector<char> now(ladder.size());
    now[i] = 1;
    for (std::int64_t t = 0; t < steps.steps(); ++t) {
      std::vector<char> next = now;
      for (std::size_t a = 0; a < ladder.size(); ++a)
        for (std::size_t b = 0; b < ladder.size() && now[a] != 0; ++b)
          if (ladder.possible(a, b)) next[b] = 1;
      if (next == now) break;
      now = std::move(next);
    }
    out.push_back(std::count(now.begin(), now.end(), 1));
  }
  return out;
}

inline void finish_order(AssumptionTest& test, const Histories& h, const Matrix& p, const Counts& counts,
                         const AssumptionOptions& options) {
  warn_if_sparse(test);
  if (!options.asked) return;
  Consequence c{};
  Vector start = starts(counts);  // where nobody was followed so long
  add_observed(
      c, h, *options.asked, start, p, [&](const Matrix& slope) { return move_gain(slope, p, counts); }, {&h}, any_move);
  c.implied = reach_of_all(h.ladder(), *options.asked, counts, p, {&h}, start, "the fitted chain").first;
  test.consequence = std::move(c);
}

}  // namespace detail

/// Whether the next stratum depends on the present one at all: order 0 against order 1.
///
/// On the moves that triples end in, as test_order(), so that the two likelihood ratios add up to that of 0 against 2.
/// `by_origin` has the share of each present stratum in the statistics; its degrees of freedom are of all but the first
/// row with people, and its p is of no use.
/// Throws Refusal [E-ORDER] where the ladder declares moves impossible: people who move without regard to where they
/// are make every move. Warns W-SPARSE. Method: Anderson and Goodman (1957), section 3.3.
[[nodiscard]] inline AssumptionTest test_order_zero(const Histories& h, const AssumptionOptions& options = {}) {
  const Ladder& ladder = h.ladder();
  if (!ladder.all_moves_possible())
    throw Refusal("E-ORDER",
                  "found moves that the ladder declares impossible; expected every move possible, as it is where the "
                  "next stratum does not depend on the present one");
  const Counts counts = detail::moves_with_past(h);
  AssumptionTest out = detail::result("order 0 against 1", "the next stratum does not depend on the present one",
                                      detail::present_and_next(ladder, counts));
  for (TestPart& part : out.by_origin) part.p = {};
  Matrix p = Matrix::Identity(static_cast<Eigen::Index>(ladder.size()), static_cast<Eigen::Index>(ladder.size()));
  Eigen::RowVectorXd column = Eigen::RowVectorXd::Zero(p.cols());
  for (std::size_t i = 0; i < ladder.strata(); ++i)
    for (std::size_t j = 0; j < ladder.size(); ++j) column[static_cast<Eigen::Index>(j)] += counts.people(i, j);
  if (column.sum() > 0) p.topRows(static_cast<Eigen::Index>(ladder.strata())).rowwise() = column / column.sum();
  const detail::Redrawn people(h);
  detail::bootstrap(out, options, [&](Stream& stream) {
    return detail::sum(detail::present_and_next(ladder, detail::moves_with_past(people.draw(stream, p))));
  });
  detail::warn_if_sparse(out);
  if (!options.asked) return out;
  const auto gain = [&](const Matrix& slope) {  // moves count alike wherever they start
    Matrix added = Matrix::Zero(p.rows(), p.cols());
    const Eigen::RowVectorXd total = slope.topRows(static_cast<Eigen::Index>(ladder.strata())).colwise().sum();
    if (const double moves = column.sum(); moves > 0)
      added.rowwise() = ((total.array() - total.dot(column) / moves) / moves).matrix();
    return added;
  };
  Consequence c{};
  Vector start = detail::starts(move_counts(h));  // where nobody was followed so long
  detail::add_observed(c, h, *options.asked, start, p, gain, {&h},
                       [](const Histories&, std::size_t, std::size_t t) { return t > 0; });
  c.implied = detail::implied_reach(ladder, *options.asked, p, start, "a chain without memory");
  if (!(column.sum() > 0)) {  // nobody tells where people go
    c.implied.share = std::numeric_limits<double>::quiet_NaN();
    c.differences = {ReachDifference{}};
  }
  out.consequence = std::move(c);
  return out;
}

/// Whether the next stratum depends on the past beside the present one: order 1 against order 2, on the same triples.
///
/// `by_origin` is by present stratum. Rejected also where people differ for good or where periods do; see
/// test_chapman_kolmogorov() and test_homogeneity_over_time().
/// Effect on intervals: where it is rejected, intervals of answers over several steps are of a chain that people do not
/// follow; `consequence` tells how far its answer is from the one observed.
/// Throws Refusal [E-DRAWS-FEW], [E-ASKED]; DomainError [E-SIZE] above 200 strata. Warns W-MARKOV-REJECTED, W-SPARSE.
/// Cost: observations + strata^3, a draw as much. Method: Anderson and Goodman (1957), section 3.3.
[[nodiscard]] inline AssumptionTest test_order(const Histories& h, const AssumptionOptions& options = {}) {
  const Ladder& ladder = h.ladder();
  AssumptionTest out = detail::result("order 1 against 2", "the next stratum depends on the present one alone",
                                      detail::parts(detail::past_and_next(ladder, triples(h))));
  const Counts counts = move_counts(h);
  const Matrix p = detail::shares(counts), drawn_from = detail::shares_to_draw_from(ladder, counts);
  const detail::Redrawn people(h);
  detail::bootstrap(out, options, [&](Stream& stream) {
    return detail::sum(detail::parts(detail::past_and_next(ladder, triples(people.draw(stream, drawn_from)))));
  });
  detail::finish_order(out, h, p, counts, options);
  if (out.deciding_p() < options.reject_below)
    out.warnings.push_back({"W-MARKOV-REJECTED", "the next stratum depends on more than the present one (" +
                                                     detail::test_in_words(out) + ")" +
                                                     detail::size_in_words(ladder, out, options)});
  return out;
}

/// How often people leave a stratum, by the steps already spent in it, over all strata together.
struct LeavingRate {
  std::size_t time = 0;  ///< the last stands for all above, too
  double people = 0;
  double left = 0;
};

/// Whether leaving depends on the time already spent in the stratum.
struct DurationTest {
  AssumptionTest test;
  TimeInStratum rule = TimeInStratum::from_observed_entry;
  std::vector<LeavingRate> rates{};  ///< by time, over all strata
  double unknown = 0;                ///< periods left out since it is not known how long the person had been there
  /// Leaving less how often people of the same strata leave, for the shorter half less the longer half of the times
  /// spent: above 0 where the rate falls with time.
  double fall = 0;
};

/// Whether leaving depends on the time already spent in the stratum: stays and departures by time, stratum by stratum.
///
/// Time is counted in steps from the period of entry, up to `longest`, which stands for all above. Of people who were
/// in their stratum when first seen (after a gap, too) it is not known; by default such spells are left out, else they
/// count from then. Exits are not counted.
/// Assumes: nothing on where people go. A rate that falls may be the time itself or people who differ: these data
/// cannot tell one from the other.
/// Effect on intervals: as with the order.
/// Throws as test_order(). Warns W-DURATION, W-SPARSE. Method: McGinnis (1968) for the question; a comparison of the
/// rows of stays and departures, which are independent given the past under the hypothesis.
[[nodiscard]] inline DurationTest test_duration(const Histories& h, Span longest = Span(5),
                                                TimeInStratum rule = TimeInStratum::from_observed_entry,
                                                const AssumptionOptions& options = {}) {
  const Ladder& ladder = h.ladder();
  const auto rows = static_cast<std::size_t>(longest.steps()) + 1;
  const auto by_time = [&](const Spells& s) {
    std::vector<detail::Contrast> out;
    for (std::size_t i = 0; i < ladder.strata(); ++i) {
      bool may_leave = false;
      for (std::size_t j = 0; j < ladder.size(); ++j) may_leave = may_leave || (j != i && ladder.possible(i, j));
      detail::Contrast c{ladder.name(i), rows, 2, may_leave ? longest.steps() : 0, std::vector<double>(rows * 2)};
      for (std::size_t d = 0; d < rows; ++d) {
        c.at(d, 0) = s.stayed(i, d);
        c.at(d, 1) = s.left(i, d);
      }
      out.push_back(std::move(c));
    }
    return out;
  };
  const Spells seen = spells(h, longest, rule);
  DurationTest out{
      detail::result("leaving by time in the stratum", "leaving does not depend on the time already spent in a stratum",
                     detail::parts(by_time(seen))),
      rule,
      {},
      seen.unknown(),
      0};
  const Counts counts = move_counts(h);
  const Matrix p = detail::shares(counts), drawn_from = detail::shares_to_draw_from(ladder, counts);
  const detail::Redrawn people(h);
  detail::bootstrap(out.test, options, [&](Stream& stream) {
    return detail::sum(detail::parts(by_time(spells(people.draw(stream, drawn_from), longest, rule))));
  });
  // Departures beyond those expected of the strata people are in, by time.
  std::vector<double> beyond(rows);
  for (std::size_t d = 0; d < rows; ++d) out.rates.push_back({d, 0, 0});
  for (std::size_t i = 0; i < ladder.strata(); ++i) {
    double left = 0, all = 0;
    for (std::size_t d = 0; d < rows; ++d) {
      left += seen.left(i, d);
      all += seen.left(i, d) + seen.stayed(i, d);
    }
    for (std::size_t d = 0; d < rows && all > 0; ++d) {
      const double here = seen.left(i, d) + seen.stayed(i, d);
      out.rates[d].people += here;
      out.rates[d].left += seen.left(i, d);
      beyond[d] += seen.left(i, d) - here * left / all;
    }
  }
  double total = 0, below = 0, low = 0, high = 0, low_people = 0;
  for (const LeavingRate& r : out.rates) total += r.people;
  for (std::size_t d = 0; d < rows; ++d) {
    // Half of the people below, half above; who stands in the middle is divided.
    const double here = out.rates[d].people, in_low = std::min(here, std::max(0.0, total / 2 - below));
    if (here > 0) {
      low += beyond[d] * in_low / here;
      high += beyond[d] * (here - in_low) / here;
    }
    low_people += in_low;
    below += here;
  }
  if (low_people > 0 && total > low_people) out.fall = low / low_people - high / (total - low_people);
  detail::finish_order(out.test, h, p, counts, options);
  if (out.test.deciding_p() < options.reject_below) {
    const LeavingRate& first = out.rates.front();
    LeavingRate last;  // the longest times together that hold a twentieth of the people of the first
    for (std::size_t d = rows; d-- > 1 && !(last.people > 0 && last.people >= first.people / 20);)
      last = {d, last.people + out.rates[d].people, last.left + out.rates[d].left};
    if (!(last.people > 0)) last = first;
    const bool or_more = last.time + 1 == rows || last.people > out.rates[last.time].people;
    // One way throughout, but for what chance makes of so many people: two standard errors.
    const auto rise = [](const LeavingRate& a, const LeavingRate& b) {
      const double before = a.left / a.people, after = b.left / b.people;
      const double both = (a.left + b.left) / (a.people + b.people);
      const double chance = std::sqrt(both * (1 - both) * (1 / a.people + 1 / b.people));
      return std::abs(after - before) > 2 * chance ? after - before : 0;
    };
    const double overall = first.people > 0 && last.people > 0 ? rise(first, last) : 0;
    bool falls = out.fall > 0 && overall < 0, rises = out.fall < 0 && overall > 0;
    const LeavingRate* former = nullptr;
    for (const LeavingRate& r : out.rates) {
      if (!(r.people > 0)) continue;
      if (former != nullptr) falls = falls && !(rise(*former, r) > 0);
      if (former != nullptr) rises = rises && !(rise(*former, r) < 0);
      former = &r;
    }
    const auto rate = [](const LeavingRate& r) {
      return detail::percent(r.people > 0 ? r.left / r.people : 0) + " of " + detail::text(r.people);
    };
    out.test.warnings.push_back({"W-DURATION", std::string("leaving ") +
                                                   (falls   ? "falls with"
                                                    : rises ? "rises with"
                                                            : "depends on") +
                                                   " the time already spent in a stratum" +
                                                   (falls || rises ? "" : ", neither rising nor falling throughout") +
                                                   " (" + detail::test_in_words(out.test) + "): " + rate(first) +
                                                   " leave in the period after entry, " + rate(last) + " after " +
                                                   std::to_string(last.time) + (or_more ? " steps or more" : " steps") +
                                                   "; either time itself does it, or people differ" +
                                                   detail::size_in_words(ladder, out.test, options)});
  }
  return out;
}

/// Whether moves over several steps are those of the one-step matrix, and who never moves.
///
/// `never_moved` is the share that was in one stratum at all of the steps + 1 periods, and `in_place` the share that
/// was there at the last; each beside what the chain says of the same starts.
struct ChapmanKolmogorovTest {
  AssumptionTest test;
  Span steps{1};
  double never_moved = 0;
  double never_moved_expected = 0;
  double in_place = 0;
  double in_place_expected = 0;
  double people = 0;  ///< behind the windows, each counted once
};

/// Whether people are after k steps where k steps of the fitted matrix say: observed counts against P^k.
///
/// Windows of k steps start in every period and overlap, and the matrix is of the same data, so that the statistics are
/// not chi-square: `chi_square_holds` is false, the p by degrees of freedom are there for comparison only, and without
/// draws nothing is decided.
/// Assumes: one matrix for all periods. Rejected where people differ for good (movers and stayers), where time in a
/// stratum counts, or where periods differ.
/// Effect on intervals: where it is rejected, answers over many steps are biased, and their intervals are around the
/// wrong number; with stayers long-run mobility is overstated.
/// Throws Refusal [E-DRAWS-FEW], [E-ASKED]; DomainError [E-SPAN-SHORT] for less than 2 steps. Warns W-MARKOV-REJECTED,
/// and W-STAYERS where the share that never moved is above that of the chain, the k-th power of P's diagonal, by more
/// than `options.stayers_above` and by more than chance makes of so many people one time in a hundred. Cost:
/// observations, a draw as much. Method: Blumen, Kogan and McCarthy (1955); Singer and Spilerman (1976).
[[nodiscard]] inline ChapmanKolmogorovTest test_chapman_kolmogorov(const Histories& h, Span steps,
                                                                   const AssumptionOptions& options = {}) {
  if (steps.steps() < 2)
    throw DomainError("E-SPAN-SHORT",
                      "found a span of " + std::to_string(steps.steps()) +
                          " steps; expected at least 2, since moves of one step are what the chain is fitted to",
                      static_cast<double>(steps.steps()));
  const Ladder& ladder = h.ladder();
  const auto power = [&](Matrix p) {
    Matrix out = Matrix::Identity(p.rows(), p.cols());
    for (std::int64_t k = steps.steps(); k > 0; k /= 2) {
      if (k % 2 == 1) out = (out * p).eval();
      p = (p * p).eval();
    }
    return out;
  };
  const std::vector<std::int64_t> far = detail::reachable_in(ladder, steps);
  const auto compared = [&](const Counts& n, const Matrix& pk) {
    std::vector<detail::PartStatistic> out;
    for (std::size_t i = 0; i < ladder.strata(); ++i) {
      detail::PartStatistic one{ladder.name(i), far[i] - 1, {}};
      const double people = n.row_people(i);
      for (std::size_t j = 0; j < ladder.size() && people > 0; ++j) {
        const double share = pk(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j));
        one.value.compare(n.people(i, j), people * share);
        one.value.df += share > 0 ? 1 : 0;
      }
      one.value.df -= people > 0 ? 1 : 0;
      one.value.lr = std::max(one.value.lr, 0.0);
      out.push_back(std::move(one));
    }
    return out;
  };
  const Counts counts = move_counts(h);
  const Matrix p = detail::shares(counts), pk = power(p), drawn_from = detail::shares_to_draw_from(ladder, counts);
  const Counts after = move_counts_after(h, steps);
  ChapmanKolmogorovTest out{
      detail::result("moves over " + std::to_string(steps.steps()) + " steps",
                     "moves over several steps are those of the one-step matrix", compared(after, pk)),
      steps,
      0,
      0,
      0,
      0,
      0};
  out.test.chi_square_holds = false;
  const detail::Redrawn people(h);
  detail::bootstrap(out.test, options, [&](Stream& stream) {
    const Histories drawn = people.draw(stream, drawn_from);
    return detail::sum(compared(move_counts_after(drawn, steps), power(detail::shares(move_counts(drawn)))));
  });
  const auto k_steps = static_cast<std::size_t>(steps.steps());
  double never = 0, windows = 0;
  std::vector<double> seen(h.identities());
  for (std::size_t k = 0; k < h.size(); ++k) {
    const std::span<const std::uint16_t> s = h.strata(k);
    if (h.followed(k) > k_steps && !ladder.is_exit(s.front())) seen[h.person(k)] = h.people(k);
    std::size_t same = 0;  // periods in a row in one stratum, this one included
    for (std::size_t t = 0; t < s.size(); ++t) {
      same = t > 0 && s[t] == s[t - 1] ? same + 1 : 1;
      never += same > k_steps && !ladder.is_exit(s[t]) ? h.people(k) : 0.0;
    }
  }
  for (std::size_t i = 0; i < ladder.strata(); ++i) {
    const auto d = static_cast<Eigen::Index>(i);
    const double here = after.row_people(i);
    windows += here;
    out.in_place += after.people(i, i);
    out.in_place_expected += here * pk(d, d);
    out.never_moved_expected += here * std::pow(p(d, d), static_cast<double>(steps.steps()));
  }
  for (const double n : seen) out.people += n;
  const double nan = std::numeric_limits<double>::quiet_NaN(), scale = windows > 0 ? 1 / windows : nan;
  out.never_moved = never * scale;
  out.in_place *= scale;
  out.in_place_expected *= scale;
  out.never_moved_expected *= scale;
  detail::finish_order(out.test, h, p, counts, options);
  if (out.test.deciding_p() < options.reject_below)
    out.test.warnings.push_back({"W-MARKOV-REJECTED", "people are not where the one-step matrix says after " +
                                                          std::to_string(steps.steps()) + " steps (" +
                                                          detail::test_in_words(out.test) + ")" +
                                                          detail::size_in_words(ladder, out.test, options)});
  // Above what is said, and above what chance makes of so few people.
  const double excess = out.never_moved - out.never_moved_expected;
  const double chance = std::sqrt(out.never_moved_expected * (1 - out.never_moved_expected) / out.people);
  if (excess > options.stayers_above && excess > 2.326 * chance)
    out.test.warnings.push_back(
        {"W-STAYERS", "in " + std::to_string(steps.steps()) + " steps " + detail::percent(out.never_moved) +
                          " never moved (" + detail::text(windows) + " starts of " + detail::text(out.people) +
                          " people), by the fitted chain " + detail::percent(out.never_moved_expected) +
                          " would not; some people are stayers or become so, and long-run mobility is overstated" +
                          detail::size_in_words(ladder, out.test, options)});
  return out;
}

}  // namespace rungs

#endif
