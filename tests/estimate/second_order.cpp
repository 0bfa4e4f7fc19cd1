// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/estimate/second_order.hpp>

#include <cmath>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <rungs/estimate/proportions.hpp>
#include <rungs/measure/reach.hpp>
#include <rungs/measure/summary.hpp>
#include <rungs/project/headcounts.hpp>

#include "../core/message.hpp"
#include "simulated.hpp"

namespace second_order_test {
namespace {

using namespace rungs;
using rungs_test::ladder_of;
using rungs_test::Rule;
using rungs_test::said;
using rungs_test::simulated_histories;

using Path = std::vector<std::uint16_t>;

Histories histories_of(const Ladder& ladder, const std::vector<std::pair<Path, double>>& paths) {
  Histories h(ladder);
  std::uint32_t person = 0;
  for (const auto& [path, people] : paths) h.add(person++, Period(0), path, people);
  return h;
}

/// Whoever has just risen falls back more often than whoever was there.
Rule climbers() {
  return [](std::size_t, const std::vector<std::size_t>& past) -> std::vector<double> {
    const std::size_t now = past.back(), before = past.size() > 1 ? past[past.size() - 2] : now;
    if (now == 0) return before == 1 ? std::vector<double>{.5, .4, .1} : std::vector<double>{.8, .2, 0};
    if (now == 1) return before == 0 ? std::vector<double>{.4, .5, .1} : std::vector<double>{.1, .7, .2};
    return before == 1 ? std::vector<double>{.1, .3, .6} : std::vector<double>{0, .1, .9};
  };
}

/// The probability of everything that may happen in some steps, path by path; knows nothing of the library.
double by_paths(const Rule& rule, std::vector<std::size_t> past, std::size_t target, int steps) {
  if (past.back() == target) return 1;
  if (steps == 0) return 0;
  const std::vector<double> p = rule(0, past);
  double sum = 0;
  past.push_back(0);
  for (std::size_t next = 0; next < p.size(); ++next) {
    past.back() = next;
    if (p[next] > 0) sum += p[next] * by_paths(rule, past, target, steps - 1);
  }
  return sum;
}

/// So many triples as a rule would make of many people with every past.
Histories exactly(const Rule& rule, std::size_t strata) {
  std::vector<std::pair<Path, double>> paths;
  for (std::size_t a = 0; a < strata; ++a)
    for (std::size_t b = 0; b < strata; ++b) {
      const std::vector<double> p = rule(0, {a, b});
      for (std::size_t c = 0; c < strata; ++c)
        if (p[c] > 0)
          paths.push_back(
              {{static_cast<std::uint16_t>(a), static_cast<std::uint16_t>(b), static_cast<std::uint16_t>(c)},
               1000 * p[c] * static_cast<double>(1 + a)});
    }
  return histories_of(ladder_of(strata), paths);
}

TEST(SecondOrder, HasALadderOfPairs) {
  const Ladder l = Ladder::builder()
                       .rung("low")
                       .rung({"mid", "side"})
                       .exit("left")
                       .move("low", "mid")
                       .move("mid", "side")
                       .move("side", "left")
                       .set("upper", {"mid", "side"})
                       .build();
  const Ladder pairs = ladder_of_pairs(l);
  EXPECT_EQ(pairs.names(),
            (std::vector<std::string>{"low > low", "low > mid", "mid > mid", "mid > side", "side > side", "left"}));
  EXPECT_EQ(pairs.height(1), 1);
  EXPECT_EQ(pairs.height(4), 1);
  EXPECT_TRUE(pairs.possible(0, 1));
  EXPECT_TRUE(pairs.possible(1, 2));
  EXPECT_TRUE(pairs.possible(1, 3));
  EXPECT_FALSE(pairs.possible(0, 2));  // from low nobody has been in mid before
  EXPECT_TRUE(pairs.possible(3, 5));
  EXPECT_FALSE(pairs.possible(2, 5));
  EXPECT_EQ(pairs.select("mid").indices(), (std::vector<std::size_t>{1, 2}));
  EXPECT_EQ(pairs.select("upper").indices(), (std::vector<std::size_t>{1, 2, 3, 4}));
  EXPECT_EQ(pairs.name_of(pairs.select("mid")), "mid");
}

TEST(SecondOrder, OfAHandfulOfPeopleAreTheirShares) {
  const Ladder l = ladder_of(2);
  const Histories h = histories_of(
      l,
      {{{0, 0, 0}, 3}, {{0, 0, 1}, 1}, {{0, 1, 0}, 2}, {{0, 1, 1}, 2}, {{1, 1, 1}, 4}, {{1, 0, 1}, 5}, {{1, 1, 0}, 1}});
  const SecondOrder m = fit_second_order(h);
  const auto p = [&](std::size_t a, std::size_t b, std::size_t c) {
    return m.ensemble().point().transition(0)(m.pair(l.at(a), l.at(b)), m.pair(l.at(b), l.at(c)));
  };
  EXPECT_DOUBLE_EQ(p(0, 0, 1), .25);
  EXPECT_DOUBLE_EQ(p(0, 1, 1), .5);
  EXPECT_DOUBLE_EQ(p(1, 1, 0), .2);
  EXPECT_DOUBLE_EQ(p(1, 0, 1), 1);
  EXPECT_EQ(m.ensemble().method(), "second order, proportions");
  // From 1 > 0 within two steps: 1 at once. From 0 > 0: 1/4, then 3/4 of them 1/4.
  const StratumSet target = m.now_in(l.at(1));
  const Vector passage = first_passage(m.ensemble().point(), m.pair(l.at(0), l.at(0)), target, Span(2));
  EXPECT_DOUBLE_EQ(passage[1], .25);
  EXPECT_DOUBLE_EQ(passage[2], .1875);
  EXPECT_DOUBLE_EQ(reach_probability(m.pair(l.at(1), l.at(0)), target, Span(2))(m.ensemble().point()), 1);
  // With a prior of one person on every possible move.
  const SecondOrder d = fit_second_order(h, {.prior = 1});
  EXPECT_DOUBLE_EQ(d.ensemble().point().transition(0)(d.pair(l.at(1), l.at(0)), d.pair(l.at(0), l.at(0))), 1.0 / 7);
  EXPECT_EQ(d.ensemble().method(), "second order, dirichlet:1");
}

TEST(SecondOrder, AnswersAreThoseOfAllPaths) {
  const Rule rule = climbers();
  const SecondOrder m = fit_second_order(exactly(rule, 3));
  const Ladder& l = m.ladder();
  for (std::size_t a = 0; a < 3; ++a)
    for (std::size_t b = 0; b < 2; ++b) {
      double before = 0;
      const Vector passage = first_passage(m.ensemble().point(), m.pair(l.at(a), l.at(b)), m.now_in(l.at(2)), Span(6));
      for (int k = 0; k <= 6; ++k) {
        const double reached = by_paths(rule, {a, b}, 2, k);
        EXPECT_NEAR(passage.head(k + 1).sum(), reached, 1e-13) << a << b << k;
        EXPECT_NEAR(passage[k], reached - before, 1e-13);
        before = reached;
      }
    }
  // Where people are: over all pasts, as first_passage to a stratum for people counted by past.
  Matrix past(3, 3);
  past << .9, .1, 0, .6, .4, 0, 0, .5, .5;
  const Headcount people = m.split(Headcount(l, Eigen::Vector3d(100, 50, 0)), past);
  EXPECT_DOUBLE_EQ(people[m.pair(l.at(0), l.at(1))], 30);
  const Matrix where = m.over_pasts(expected_headcounts(m.ensemble().point(), people, Span(1)));
  EXPECT_NEAR(where(0, 0), 100, 1e-12);
  EXPECT_NEAR(where(1, 0), 90 * .8 + 10 * .5 + 30 * .4 + 20 * .1, 1e-12);
  EXPECT_NEAR(where(1, 2), 10 * .1 + 30 * .1 + 20 * .2, 1e-12);
  const double reached = share_reaching(people, m.now_in(l.at(2)), Span(5))(m.ensemble().point());
  EXPECT_NEAR(reached,
              (90 * by_paths(rule, {0, 0}, 2, 5) + 10 * by_paths(rule, {1, 0}, 2, 5) +
               30 * by_paths(rule, {0, 1}, 2, 5) + 20 * by_paths(rule, {1, 1}, 2, 5)) /
                  150,
              1e-13);
}

TEST(SecondOrder, WhoseRowsDoNotDependOnThePastAnswersAsTheFirst) {
  Matrix p(3, 3);
  p << .7, .2, .1, .15, .75, .1, .05, .15, .8;
  const Rule rule = [p](std::size_t, const std::vector<std::size_t>& past) {
    const auto i = static_cast<Eigen::Index>(past.back());
    return std::vector<double>{p(i, 0), p(i, 1), p(i, 2)};
  };
  const SecondOrder m = fit_second_order(exactly(rule, 3));
  const Ladder& l = m.ladder();
  const Kernel first(TransitionMatrix(l, p));
  for (std::size_t a = 0; a < 3; ++a)
    EXPECT_NEAR(reach_probability(m.pair(l.at(a), l.at(0)), m.now_in(l.at(2)), Span(7))(m.ensemble().point()),
                reach_probability(l.at(0), l.at(2), Span(7))(first), 1e-13);
}

TEST(SecondOrder, FindsAnswersThatTheFirstMisses) {
  // Intervals for reach from simulated people hold the truth; those of a chain of first order do not.
  const Rule rule = climbers();
  const Ladder l = ladder_of(3);
  const double truth = by_paths(rule, {0, 1}, 2, 4);
  int held = 0, first_held = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    Stream stream({Seed(seed), 3});
    const Histories h = simulated_histories(stream, l, 1500, 8, rule);
    const SecondOrder m = fit_second_order(h, {.unseen = UnseenPast::absorbing});
    const DrawOptions draws{.draws = 200, .seed = Seed(seed)};
    const Estimate e =
        summarize(m.ensemble(), reach_probability(m.pair(l.at(0), l.at(1)), m.now_in(l.at(2)), Span(4)), draws);
    held += e.lower <= truth && truth <= e.upper;
    Tally t(l, Step());
    const Counts counts = move_counts(h);
    for (std::size_t i = 0; i < 3; ++i)
      for (std::size_t j = 0; j < 3; ++j)
        if (counts.people(i, j) > 0) t.add(i, j, counts.people(i, j));
    const Estimate f = summarize(Proportions{}.fit(t), reach_probability(l.at(1), l.at(2), Span(4)), draws);
    first_held += f.lower <= truth && truth <= f.upper;
  }
  EXPECT_GE(held, 88);
  EXPECT_LE(first_held, 10);
}

TEST(SecondOrder, NeedsAWordOnPastsThatNobodyWasSeenWith) {
  const Ladder l = ladder_of(2);
  const Histories h = histories_of(l, {{{0, 0, 0}, 3}, {{0, 0, 1}, 1}, {{0, 1, 1}, 3}, {{0, 1, 0}, 1}});
  EXPECT_EQ(said<Refusal>([&] { (void)fit_second_order(h); }),
            "found nobody seen one step after the past 's1 > s0', 's1 > s1'; expected a stated treatment: first_order "
            "(as all in the stratum), absorbing (nobody leaves it), or prior [E-ROW-EMPTY]");
  const auto p = [&](const SecondOrder& m, std::size_t a, std::size_t b, std::size_t c) {
    return m.ensemble().point().transition(0)(m.pair(l.at(a), l.at(b)), m.pair(l.at(b), l.at(c)));
  };
  const SecondOrder first = fit_second_order(h, {.unseen = UnseenPast::first_order});
  EXPECT_DOUBLE_EQ(p(first, 1, 1, 1), .75);
  EXPECT_DOUBLE_EQ(p(first, 1, 0, 1), .25);
  const SecondOrder stay = fit_second_order(h, {.unseen = UnseenPast::absorbing});
  EXPECT_DOUBLE_EQ(p(stay, 1, 1, 1), 1);
  EXPECT_DOUBLE_EQ(p(stay, 1, 0, 0), 1);
  const SecondOrder prior = fit_second_order(h, {.prior = .5, .unseen = UnseenPast::prior});
  EXPECT_DOUBLE_EQ(p(prior, 1, 1, 1), .5);
  EXPECT_DOUBLE_EQ(p(prior, 0, 0, 1), 1.5 / 5);
  EXPECT_EQ(said<DomainError>([&] { (void)fit_second_order(h, {.unseen = UnseenPast::prior}); }),
            "found no prior where only a prior is to speak; expected a weight above 0 [E-PRIOR]");
  EXPECT_EQ(said<DomainError>([&] { (void)fit_second_order(h, {.prior = std::nan("")}); }),
            "found a prior weight of nan; expected 0 or a number above it [E-PRIOR]");
  // Nobody at all was seen in s1: not even the first order has a row.
  EXPECT_EQ(said<Refusal>([&] {
              (void)fit_second_order(histories_of(l, {{{0, 0, 0}, 3}}), {.unseen = UnseenPast::first_order});
            }),
            "found nobody seen one step after the past 's0 > s1', 's1 > s1'; expected a stated treatment: absorbing "
            "(nobody leaves it), or prior [E-ROW-EMPTY]");
}

TEST(SecondOrder, DrawsStayAmongPossibleMoves) {
  const Ladder l = Ladder::builder().rung("a").rung("b").exit("out").move("a", "b").move("b", "out").build();
  const Histories h = histories_of(
      l, {{{0, 0, 0}, 5}, {{0, 0, 1}, 5}, {{0, 1, 1}, 4}, {{0, 1, 2}, 1}, {{1, 1, 2}, 2}, {{1, 1, 1}, 8}, {{1, 2}, 3}});
  for (const double prior : {0.0, 1.0}) {
    const SecondOrder m = fit_second_order(h, {.prior = prior});
    EXPECT_EQ(m.pairs().names(), (std::vector<std::string>{"a > a", "a > b", "b > b", "out"}));
    for (std::uint64_t d = 0; d < 50; ++d) {
      const Kernel k = m.ensemble().draw(Draw(Seed(1), d));
      EXPECT_EQ(k.matrix(0)(1, 1), 0);  // whoever came from a to b has been in b before, afterwards
      EXPECT_EQ(k.matrix(0)(0, 2), 0);
      EXPECT_NEAR(k.matrix(0).row(1).sum(), 1, 1e-15);
      EXPECT_EQ(k.matrix(0)(3, 3), 1);
    }
    EXPECT_EQ(m.now_in(l["out"]).indices(), (std::vector<std::size_t>{3}));
  }
}

TEST(SecondOrder, PastsAreThoseSeenAndAreChecked) {
  const Ladder l = Ladder::builder().rung("a").rung("b").exit("out").move("a", "b").move("b", "out").build();
  const Histories h = histories_of(l, {{{0, 0, 1, 1}, 3}, {{0, 1}, 1}, {{1, 2}, 1}, {{0}, 9}});
  Matrix all(2, 2), last(2, 2);
  all << 1, 0, 4.0 / 7, 3.0 / 7;  // into b: 3 and 1 from a, 3 stay
  last << 0, 0, .25, .75;
  EXPECT_LT((pasts(h, PastsOf::all_moves) - all).cwiseAbs().maxCoeff(), 1e-15);
  EXPECT_LT((pasts(h, PastsOf::last_move) - last).cwiseAbs().maxCoeff(), 1e-15);
  const SecondOrder m = fit_second_order(histories_of(l, {{{0, 0, 1}, 1}, {{0, 1, 1}, 1}, {{1, 1, 1}, 1}}), {});
  const Headcount people(l, Eigen::Vector3d(10, 20, 5));
  EXPECT_EQ(m.split(people, all).heads()[3], 5);
  EXPECT_EQ(said<DomainError>([&] { (void)m.split(people, last); }),
            "found shares of pasts that sum to 0 of those in 'a'; expected 1 [E-ROWSUM]");
  EXPECT_NO_THROW((void)m.split(Headcount(l, Eigen::Vector3d(0, 20, 5)), last));
  Matrix bad = all;
  bad(0, 1) = .5;
  EXPECT_EQ(said<DomainError>([&] { (void)m.split(people, bad); }),
            "found a share of 0.5 of those in 'a' with the past 'b'; expected 0, since the ladder declares the move "
            "impossible [E-STRUCT-ZERO]");
  bad(0, 1) = std::nan("");
  EXPECT_EQ(said<DomainError>([&] { (void)m.split(people, bad); }),
            "found a share of nan of those in 'a' with the past 'b'; expected a number from 0 to 1 [E-SHARE]");
  EXPECT_EQ(said<Refusal>([&] { (void)m.split(people, Matrix::Identity(3, 3)); }),
            "found pasts of 3 by 3; expected 2 by 2, the strata without exits [E-SHAPE]");
  EXPECT_EQ(said<Refusal>([&] { (void)m.pair(l["b"], l["a"]); }),
            "found a past of 'b' and then 'a'; expected two strata with a possible move from one to the other "
            "[E-STRUCT-ZERO]");
  EXPECT_EQ(rungs_test::code_of([&] { (void)m.pair(l["b"], l["out"]); }), "E-STRUCT-ZERO");
  EXPECT_EQ(rungs_test::code_of([&] { (void)m.split(Headcount(ladder_of(3)), all); }), "E-LADDER-OTHER");
  EXPECT_EQ(rungs_test::code_of([&] { (void)SecondOrder(ladder_of(3), m.ensemble()); }), "E-LADDER-OTHER");
  EXPECT_EQ(rungs_test::code_of([&] { (void)ladder_of_pairs(ladder_of(32)); }), "E-SIZE");
}

}  // namespace
}  // namespace second_order_test
