// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <rungs/estimate/homogeneity.hpp>
#include <rungs/estimate/memory.hpp>

#include "simulated.hpp"

namespace reach_difference_test {
namespace {

using namespace rungs;
using namespace rungs_test;

/// People of several kinds, by chance, who start in any stratum with the same probability.
struct Law {
  struct Kind {
    double share;
    Rule rule;
  };
  std::size_t strata = 3, periods = 6;
  std::vector<Kind> kinds{};
};

Law one_kind(std::size_t periods, Rule rule) { return {3, periods, {{1, std::move(rule)}}}; }

Rule stays() {
  return [](std::size_t, const std::vector<std::size_t>& past) {
    std::vector<double> out(3, 0.0);
    out[past.back()] = 1;
    return out;
  };
}

std::size_t drawn(Stream& stream, const std::vector<double>& p) {
  double u = stream.uniform();
  std::size_t next = 0;
  while (next + 1 < p.size() && u >= p[next]) u -= p[next++];
  return next;
}

Histories drawn(Stream& stream, const Ladder& ladder, const Law& law, std::size_t people) {
  Histories out(ladder);
  std::vector<double> shares;
  for (const Law::Kind& kind : law.kinds) shares.push_back(kind.share);
  const std::vector<double> even(law.strata, 1 / static_cast<double>(law.strata));
  for (std::uint32_t who = 0; who < people; ++who) {
    const Rule& rule = law.kinds[drawn(stream, shares)].rule;
    std::vector<std::size_t> past{drawn(stream, even)};
    while (past.size() < law.periods) past.push_back(drawn(stream, rule(who, past)));
    out.add(who, Period(0), std::vector<std::uint16_t>(past.begin(), past.end()));
  }
  return out;
}

/// What a person of a law is expected to do, from all paths there are; by no formula of the library.
struct Expected {
  std::vector<Matrix> moves;  ///< from each period
  double windows = 0, reached = 0;
  Vector starts;
};

bool in_target(const AskedReach& asked, std::size_t start, std::size_t now) {
  return asked.target ? asked.target->contains(now) : now > start;
}

Expected expected(const Law& law, const AskedReach& asked) {
  const auto n = static_cast<Eigen::Index>(law.strata);
  const auto steps = static_cast<std::size_t>(asked.within.steps());
  Expected out{std::vector<Matrix>(law.periods - 1, Matrix::Zero(n, n)), 0, 0, Vector::Zero(n)};
  const std::function<void(const Rule&, std::vector<std::size_t>&, double)> walk =
      [&](const Rule& rule, std::vector<std::size_t>& path, double p) {
        if (path.size() < law.periods) {
          const std::vector<double> next = rule(0, path);
          for (std::size_t j = 0; j < law.strata; ++j) {
            if (!(next[j] > 0)) continue;
            path.push_back(j);
            walk(rule, path, p * next[j]);
            path.pop_back();
          }
          return;
        }
        for (std::size_t t = 0; t + 1 < path.size(); ++t)
          out.moves[t](static_cast<Eigen::Index>(path[t]), static_cast<Eigen::Index>(path[t + 1])) += p;
        for (std::size_t t = 0; t + steps < path.size(); ++t) {
          const std::size_t from = path[t];
          if ((asked.from && asked.from->index() != from) || in_target(asked, from, from)) continue;
          bool there = false;
          for (std::size_t s = 1; s <= steps; ++s) there = there || in_target(asked, from, path[t + s]);
          out.windows += p;
          out.reached += there ? p : 0;
          out.starts[static_cast<Eigen::Index>(from)] += p;
        }
      };
  for (const Law::Kind& kind : law.kinds)
    for (std::size_t i = 0; i < law.strata; ++i) {
      std::vector<std::size_t> path{i};
      walk(kind.rule, path, kind.share / static_cast<double>(law.strata));
    }
  return out;
}

Matrix sum(const std::vector<Matrix>& moves, std::size_t from = 0) {
  Matrix out = Matrix::Zero(moves[0].rows(), moves[0].cols());
  for (std::size_t t = from; t < moves.size(); ++t) out += moves[t];
  return out;
}

Matrix rows_of(Matrix moves) {
  for (Eigen::Index i = 0; i < moves.rows(); ++i) moves.row(i) /= moves.row(i).sum();
  return moves;
}

/// P(reached) by a matrix for these starts, by walking on.
double by_matrix(const Matrix& p, const AskedReach& asked, const Vector& starts) {
  double reached = 0;
  for (Eigen::Index i = 0; i < starts.size(); ++i) {
    Eigen::RowVectorXd here = Eigen::RowVectorXd::Zero(p.cols());
    here[i] = starts[i];
    for (std::int64_t t = 0; t < asked.within.steps(); ++t) {
      here = (here * p).eval();
      for (Eigen::Index j = 0; j < here.size(); ++j)
        if (in_target(asked, static_cast<std::size_t>(i), static_cast<std::size_t>(j))) {
          reached += here[j];
          here[j] = 0;
        }
    }
  }
  return reached / starts.sum();
}

const Ladder& ladder() {
  static const Ladder out = ladder_of(3);
  return out;
}
AskedReach to_top(std::int64_t steps = 3) { return {ladder()["s0"], StratumSet(ladder()["s2"]), Span(steps)}; }
AskedReach upward_of_all(std::int64_t steps = 2) { return {{}, {}, Span(steps)}; }

using Tests = std::function<AssumptionTest(const Histories&, const AskedReach&)>;
AssumptionTest order(const Histories& h, const AskedReach& asked) { return test_order(h, {.asked = asked}); }
AssumptionTest order_zero(const Histories& h, const AskedReach& asked) { return test_order_zero(h, {.asked = asked}); }
AssumptionTest duration(const Histories& h, const AskedReach& asked) {
  return test_duration(h, Span(3), TimeInStratum::from_observed_entry, {.asked = asked}).test;
}
AssumptionTest several_steps(const Histories& h, const AskedReach& asked) {
  return test_chapman_kolmogorov(h, asked.within, {.asked = asked}).test;
}
AssumptionTest periods(const Histories& h, const AskedReach& asked) {
  return test_homogeneity_over_time(h, {.asked = asked});
}
AssumptionTest blocks(const Histories& h, const AskedReach& asked) {
  return test_lumpability(h, {ladder().set_of({0, 1})}, {.asked = asked});
}
Matrix matrix_of(const Rows& rows) {
  Matrix out(3, 3);
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 3; ++j) out(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) = rows[i][j];
  return out;
}
AssumptionTest fit_to_other(const Histories& h, const AskedReach& asked) {
  return test_fit(h, TransitionMatrix(ladder(), matrix_of(other), Step()), {.asked = asked});
}

const Rows rare{{.9, .08, .02}, {.05, .9, .05}, {.02, .06, .92}};
const Rows often_up{{.5, .4, .1}, {.2, .6, .2}, {.4, .3, .3}}, rarely_up{{.9, .08, .02}, {.5, .45, .05}, {.4, .3, .3}};
const Rows alike{{.6, .2, .2}, {.3, .5, .2}, {.1, .2, .7}};  // {s0, s1} and s2

struct Case {
  const char* why;
  Law law;
  AskedReach asked;
  Tests test;
  std::size_t which;                                          ///< of the shares found
  std::function<Matrix(const std::vector<Matrix>&)> model;    ///< what is fitted to so many moves
  std::function<Matrix(const std::vector<Matrix>&)> found{};  ///< none: what is observed
  bool rare = false;                                          ///< so that intervals may hold too much
};

double truth(const Case& c) {
  const Expected e = expected(c.law, c.asked);
  return (c.found ? by_matrix(c.found(e.moves), c.asked, e.starts) : e.reached / e.windows) -
         by_matrix(c.model(e.moves), c.asked, e.starts);
}

Matrix of_all(const std::vector<Matrix>& moves) { return rows_of(sum(moves)); }
Matrix of_last(const std::vector<Matrix>& moves) { return rows_of(moves.back()); }
Matrix of_no_memory(const std::vector<Matrix>& moves) {
  const Matrix later = sum(moves, 1);
  return rows_of(later.colwise().sum().replicate(3, 1));
}
Matrix of_blocks(const std::vector<Matrix>& moves) {  // {s0, s1} and s2, shared out evenly within
  const Matrix n = sum(moves);
  Matrix out(3, 3);
  const double both = n.topRows(2).sum(), stay = n.topLeftCorner(2, 2).sum();
  for (Eigen::Index i = 0; i < 2; ++i) out.row(i) << stay / both / 2, stay / both / 2, 1 - stay / both;
  const double left = n.row(2).head(2).sum() / n.row(2).sum();
  out.row(2) << left / 2, left / 2, 1 - left;
  return out;
}
Matrix of_given(const std::vector<Matrix>&) { return matrix_of(other); }

std::vector<Case> cases() {
  const Law stayers{3, 6, {{2. / 3, chain(three)}, {1. / 3, stays()}}};
  const Law two_kinds{3, 6, {{.5, chain(often_up)}, {.5, chain(rarely_up)}}};
  const Law slower = one_kind(6, leaving_by_time(3, {0.5, 0.4, 0.3, 0.2}));
  const Law back = one_kind(6, going_back(three, 0.3));
  const Law changed = one_kind(6, regimes(three, other, 3));
  const Rows flat(3, {0.5, 0.3, 0.2});
  return {
      {"chain, to the top", one_kind(6, chain(three)), to_top(), order, 0, of_all},
      {"chain, upward of all", one_kind(5, chain(three)), upward_of_all(), order, 0, of_all},
      {"chain, rare moves, upward of all", one_kind(6, chain(rare)), upward_of_all(3), order, 0, of_all},
      {"chain, rare moves, to the top", one_kind(6, chain(rare)), to_top(), order, 0, of_all},
      {"stayers, to the top", stayers, to_top(), order, 0, of_all},
      {"two kinds, upward of all", two_kinds, upward_of_all(3), several_steps, 0, of_all},
      {"time in the stratum", slower, upward_of_all(3), duration, 0, of_all},
      {"order two", back, to_top(), order, 0, of_all},
      {"no memory", one_kind(6, chain(flat)), to_top(), order_zero, 0, of_no_memory},
      {"a chain, beside no memory", one_kind(6, chain(three)), upward_of_all(), order_zero, 0, of_no_memory},
      {"periods alike, observed", one_kind(6, chain(three)), to_top(), periods, 0, of_all},
      {"periods alike, last", one_kind(6, chain(three)), to_top(), periods, 1, of_all, of_last},
      {"periods alike, rare moves, last", one_kind(6, chain(rare)), to_top(), periods, 1, of_all, of_last, true},
      {"periods differ, observed", changed, upward_of_all(), periods, 0, of_all},
      {"periods differ, last", changed, to_top(), periods, 1, of_all, of_last},
      {"another matrix, observed", one_kind(5, chain(three)), upward_of_all(), fit_to_other, 0, of_given},
      {"another matrix, of these data", one_kind(5, chain(three)), to_top(), fit_to_other, 1, of_given, of_all},
      {"two kinds, of these data", two_kinds, to_top(), fit_to_other, 1, of_given, of_all},
      {"blocks alike, observed", one_kind(6, chain(alike)), to_top(), blocks, 0, of_blocks},
      {"blocks alike, all strata", one_kind(6, chain(alike)), to_top(), blocks, 1, of_blocks, of_all},
      {"blocks differ, observed", one_kind(6, chain(three)), to_top(), blocks, 0, of_blocks},
      {"blocks differ, all strata", one_kind(6, chain(three)), to_top(), blocks, 1, of_blocks, of_all},
  };
}

/// The share of panels whose interval holds a difference; a panel that knows none does not count.
double held(std::size_t panels, double difference, const std::function<ReachDifference(Stream&)>& found) {
  std::size_t known = 0, holds = 0;
  for (std::uint64_t k = 0; k < panels; ++k) {
    Stream stream({Seed(k), 3});
    const Interval i = reach_interval(found(stream));
    known += std::isnan(i.lower) ? 0U : 1U;
    holds += i.lower <= difference && difference <= i.upper ? 1U : 0U;
  }
  EXPECT_GE(known, panels * 2 / 3);
  return static_cast<double>(holds) / static_cast<double>(known);
}

TEST(ReachDifferenceSlow, HoldsTheTrueOneOfAllKinds) {  // rejects: errors added as of two samples, or of the data alone
  for (const Case& c : cases())
    for (const auto& [people, panels] : {std::pair(60U, 2000U), std::pair(300U, 600U)}) {
      const std::size_t of = people;
      const double share = held(panels, truth(c), [&](Stream& stream) {
        return c.test(drawn(stream, ladder(), c.law, of), c.asked).consequence->differences.at(c.which);
      });
      EXPECT_GE(share, 0.925) << c.why << ", " << people;
      EXPECT_LE(share, c.rare ? 1 : 0.98) << c.why << ", " << people;
    }
}

/// Two groups of as many people, of these laws.
AssumptionTest of_two(Stream& stream, const Law& a, const Law& b, const AskedReach& asked, std::size_t people) {
  const Histories one = drawn(stream, ladder(), a, people), two = drawn(stream, ladder(), b, people);
  return test_homogeneity_of_groups({{"a", one}, {"b", two}}, {.asked = asked});
}

TEST(ReachDifferenceSlow, HoldsTheTrueOneOfGroups) {
  const Law two_kinds{3, 6, {{.5, chain(often_up)}, {.5, chain(rarely_up)}}};
  const Law a = one_kind(6, chain(three)), b = one_kind(4, chain(other));
  for (const std::pair<Law, Law>& laws : {std::pair(a, a), std::pair(a, b), std::pair(two_kinds, a)})
    for (const AskedReach& asked : {to_top(), upward_of_all()}) {
      const Expected e = expected(laws.first, asked);
      const Matrix own = rows_of(sum(e.moves)), both = rows_of(sum(e.moves) + sum(expected(laws.second, asked).moves));
      const double observed = e.reached / e.windows - by_matrix(both, asked, e.starts);
      const auto of = [&](std::size_t which) {
        return [&, which](Stream& stream) {
          return of_two(stream, laws.first, laws.second, asked, 80).consequence->differences.at(which);
        };
      };
      const double share = held(600, observed, of(0));
      EXPECT_GE(share, 0.925);
      EXPECT_LE(share, 0.98);
      if (!asked.from) continue;  // else those who start are taken as they are
      const double by_own = by_matrix(own, asked, e.starts) - by_matrix(both, asked, e.starts);
      const double of_matrix = held(600, by_own, of(2));
      EXPECT_GE(of_matrix, 0.925);
      EXPECT_LE(of_matrix, 0.98);
    }
}

/// Other samples of the people, with all their histories.
Histories resampled(Stream& stream, const Histories& h) {
  Histories out(h.ladder(), h.step());
  std::vector<std::vector<std::size_t>> of(h.identities());
  for (std::size_t k = 0; k < h.size(); ++k) of[h.person(k)].push_back(k);
  for (std::uint32_t who = 0; who < h.identities(); ++who) {
    const auto one = static_cast<std::size_t>(stream.uniform() * static_cast<double>(of.size()));
    for (const std::size_t k : of[std::min(one, of.size() - 1)])
      out.add(who, Period(h.start(k)), h.strata(k), h.people(k));
  }
  return out;
}

/// Compares an interval with that by differences of resampled people.
void expect_as_resampled(const std::string& why, const ReachDifference& d, std::vector<double> resampled) {
  std::sort(resampled.begin(), resampled.end());
  const auto at = [&](double q) {
    return resampled[static_cast<std::size_t>(q * static_cast<double>(resampled.size()))];
  };
  const Interval i = reach_interval(d);
  const double width = at(.975) - at(.025);
  EXPECT_NEAR((i.upper - i.lower) / width, 1, 0.1) << why;
  EXPECT_NEAR(i.lower, at(.025), 0.12 * width) << why;
  EXPECT_NEAR(i.upper, at(.975), 0.12 * width) << why;
}

TEST(ReachDifferenceSlow, IsThatOfResampledPeople) {
  for (const Case& c : cases()) {
    Stream stream({Seed(11), 5});
    const Histories h = drawn(stream, ladder(), c.law, 400);
    const auto difference = [&](const Histories& of) {
      return c.test(of, c.asked).consequence->differences.at(c.which);
    };
    std::vector<double> all;
    for (int k = 0; k < 2000; ++k) all.push_back(difference(resampled(stream, h)).value);
    expect_as_resampled(c.why, difference(h), all);
  }
}

TEST(ReachDifferenceSlow, IsThatOfResampledPeopleWithGapsAndExits) {
  // Every other person is away for a period, people stop at any time, and some leave for good.
  const Ladder way = one_way();
  Stream stream({Seed(12), 5});
  Histories h(way);
  for (std::uint32_t who = 0; who < 400; ++who) {
    std::vector<std::size_t> path{drawn(stream, {.5, .3, .2})};
    const std::size_t length = 4 + static_cast<std::size_t>(stream.uniform() * 5);
    const double slow = who % 3 == 0 ? 0.5 : 1;  // who differ for good
    while (path.size() < length && path.back() != 3) {
      std::vector<double> p = upward[path.back()];
      for (double& x : p) x *= slow;
      p[path.back()] += 1 - slow;
      path.push_back(drawn(stream, p));
    }
    const std::vector<std::uint16_t> all(path.begin(), path.end());
    if (who % 2 == 0 || all.size() < 4) {
      h.add(who, Period(0), all);
    } else {
      h.add(who, Period(0), std::span(all).first(2));
      h.add(who, Period(3), std::span(all).subspan(3));
    }
  }
  for (const AskedReach& asked : {AskedReach{way["a"], StratumSet(way["c"]), Span(3)}, AskedReach{{}, {}, Span(2)}})
    for (const Tests& test : {Tests(order), Tests(periods)}) {
      std::vector<double> all;
      for (int k = 0; k < 2000; ++k) all.push_back(test(resampled(stream, h), asked).consequence->difference());
      expect_as_resampled("gaps and exits", test(h, asked).consequence->differences.front(), all);
    }
}

TEST(ReachDifference, OfAMatrixGivenIsThatOfAShare) {
  // One start each, and a matrix that does not vary: the error of a share, by hand.
  Histories h(ladder());
  for (std::uint32_t who = 0; who < 20; ++who)
    h.add(who, Period(0), std::vector<std::uint16_t>{0, 1, static_cast<std::uint16_t>(who < 7 ? 2 : 0)});
  const AssumptionTest t = fit_to_other(h, to_top(2));
  const ReachDifference& d = t.consequence->differences.front();
  EXPECT_NEAR(d.implied, .15 + .6 * .15 + .25 * .3, 1e-15);
  EXPECT_NEAR(d.value, .35 - d.implied, 1e-15);
  EXPECT_NEAR(d.standard_error, std::sqrt(.35 * .65 / 19), 1e-15);
  EXPECT_NEAR(d.standard_error, t.consequence->found.front().standard_error, 1e-15);
  const Interval i = reach_interval(d, Level(.9));
  EXPECT_NEAR(i.upper - d.value, 1.6448536269514722 * d.standard_error, 1e-12);
  // So of the matrix of these data: its own error, around its own centre.
  EXPECT_NEAR(t.consequence->differences[1].standard_error, t.consequence->found[1].standard_error, 1e-15);
  EXPECT_NEAR(t.consequence->differences[1].centre, t.consequence->found[1].centre - d.implied, 1e-15);
}

TEST(ReachDifference, OfOneStepIsNone) {
  // Within one step the fitted chain says what was seen, whoever was seen; a chain without memory does not.
  Stream stream({Seed(2), 1});
  const Histories h = drawn(stream, ladder(), one_kind(4, chain(three)), 50);
  const ReachDifference d = order(h, to_top(1)).consequence->differences.front();
  EXPECT_EQ(d.value, 0);
  EXPECT_EQ(d.standard_error, 0);
  EXPECT_EQ(reach_interval(d).upper, 0);
  EXPECT_GT(order_zero(h, to_top(1)).consequence->differences.front().standard_error, 0.01);
}

TEST(ReachDifference, OfTablesIsThatOfDrawnMoves) {
  // Within one step: p1 - (n1 p1 + n2 p2) / n, of moves that are drawn one by one, by the slope at each number of them.
  const Ladder two = ladder_of(2);
  const std::vector<double> moves{1.2e5, 2.8e5, 2.4e5, 3.6e5};  // up and not, of the group and of the other
  const auto difference = [](const std::vector<double>& n) {
    return n[0] / (n[0] + n[1]) - (n[0] + n[2]) / (n[0] + n[1] + n[2] + n[3]);
  };
  double square = 0;
  for (std::size_t k = 0; k < 4; ++k) {
    std::vector<double> more = moves, less = moves;
    more[k] += 10;
    less[k] -= 10;
    square += moves[k] * std::pow((difference(more) - difference(less)) / 20, 2);
  }
  Tally a(two, Step()), b(two, Step());
  a.add(0, 1, moves[0]);
  a.add(0, 0, moves[1]);
  b.add(0, 1, moves[2]);
  b.add(0, 0, moves[3]);
  const AssumptionTest t =
      test_homogeneity_of_groups({{"a", a}, {"b", b}}, {.asked = AskedReach{two["s0"], {}, Span(1)}});
  const ReachDifference& d = t.consequence->differences.front();
  EXPECT_NEAR(d.value, difference(moves), 1e-14);
  EXPECT_NEAR(d.standard_error / std::sqrt(square), 1, 1e-5);
}

TEST(ReachDifference, OfAGroupIsFromItsOwnStarts) {
  // Two groups that move by one matrix, exactly, and start elsewhere: the model says of each what it does.
  Histories a(ladder()), b(ladder());
  const auto add = [](Histories& h, std::uint16_t from, std::uint16_t to, int people) {
    for (int k = 0; k < people; ++k) h.add(h.identities(), Period(0), std::vector<std::uint16_t>{from, to});
  };
  add(a, 0, 1, 20), add(a, 0, 0, 20), add(a, 1, 2, 1), add(a, 1, 1, 9);
  add(b, 0, 1, 5), add(b, 0, 0, 5), add(b, 1, 2, 4), add(b, 1, 1, 36);
  const AssumptionTest t = test_homogeneity_of_groups({{"a", a}, {"b", b}}, {.asked = upward_of_all(1)});
  EXPECT_NEAR(t.consequence->found[0].share, 21. / 50, 1e-15);
  EXPECT_NEAR(t.consequence->differences[0].implied, 21. / 50, 1e-15);
  EXPECT_NEAR(t.consequence->differences[1].implied, 9. / 50, 1e-15);
  EXPECT_NEAR(t.consequence->implied.share, 30. / 100, 1e-15);
  EXPECT_NEAR(t.consequence->difference(), 0, 1e-15);
}

TEST(ReachDifference, IsNotKnownWhereTheShareIsNot) {
  Histories h(ladder());
  for (std::uint32_t who = 0; who < 9; ++who) h.add(who, Period(0), std::vector<std::uint16_t>{0, 1, 0, 0});
  const auto unknown = [](const ReachDifference& d) {
    return std::isnan(d.standard_error) && std::isnan(reach_interval(d).lower) && std::isnan(reach_interval(d).upper);
  };
  const ReachDifference none = order(h, to_top(2)).consequence->differences.front();  // nobody reached it
  EXPECT_EQ(none.value, 0);
  EXPECT_TRUE(unknown(none));
  const ReachDifference nobody = order(h, to_top(7)).consequence->differences.front();  // nor was followed so long
  EXPECT_TRUE(std::isnan(nobody.value));
  EXPECT_TRUE(unknown(nobody));
}

}  // namespace
}  // namespace reach_difference_test
