// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/estimate/memory.hpp>

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "../core/message.hpp"
#include "simulated.hpp"

namespace memory_test {
namespace {

using namespace rungs;
using namespace rungs_test;

using Path = std::vector<std::uint16_t>;

Histories drawn(std::uint64_t seed, const Ladder& ladder, std::size_t people, std::size_t periods, const Rule& rule) {
  Stream stream({Seed(seed), 7});
  return simulated_histories(stream, ladder, people, periods, rule);
}

TEST(Order, IsTheLogLikelihoodOfTwoChains) {
  // The probability of each last step, by the two before and by the one before, over all triples.
  const Ladder ladder = ladder_of(3);
  const Histories h = drawn(1, ladder, 90, 7, going_back(three, 0.2));
  double first = 0, second = 0, zero = 0, pearson = 0;
  const Triples n = triples(h);
  const auto sum = [&](int a, int b, int c) {  // -1: over all
    double all = 0;
    for (int i = 0; i < 3; ++i)
      for (int j = 0; j < 3; ++j)
        for (int k = 0; k < 3; ++k)
          if ((a < 0 || a == i) && (b < 0 || b == j) && (c < 0 || c == k))
            all += n(static_cast<std::size_t>(i), static_cast<std::size_t>(j), static_cast<std::size_t>(k));
    return all;
  };
  for (int a = 0; a < 3; ++a)
    for (int b = 0; b < 3; ++b)
      for (int c = 0; c < 3; ++c) {
        const double here = sum(a, b, c), expected = sum(a, b, -1) * sum(-1, b, c) / sum(-1, b, -1);
        if (here > 0) {
          second += here * std::log(here / sum(a, b, -1));
          first += here * std::log(sum(-1, b, c) / sum(-1, b, -1));
          zero += here * std::log(sum(-1, -1, c) / sum(-1, -1, -1));
        }
        pearson += std::pow(here - expected, 2) / expected;
      }
  const AssumptionTest t = test_order(h), t0 = test_order_zero(h);
  EXPECT_NEAR(t.likelihood_ratio, 2 * (second - first), 1e-9);
  EXPECT_NEAR(t.pearson, pearson, 1e-10);
  EXPECT_EQ(t.df_nominal, 12);
  EXPECT_EQ(t.observations, 90 * 5);
  EXPECT_NEAR(t0.likelihood_ratio, 2 * (first - zero), 1e-9);
  EXPECT_EQ(t0.df_nominal, 4);
  EXPECT_EQ(t0.df_support, 4);
}

TEST(Order, DegreesOfFreedomByHand) {
  // Up one rung at a time, or out: into b from a and b; from b to b, c and out. In a and c there is one past, or one
  // way on fewer.
  const Ladder ladder = Ladder::builder()
                            .rung("a")
                            .rung("b")
                            .rung("c")
                            .exit("x")
                            .move("a", "b")
                            .move("b", "c")
                            .move("b", "x")
                            .move("c", "x")
                            .build();
  Histories h(ladder);
  for (const Path& p :
       {Path{0, 0, 1, 1, 2}, Path{0, 1, 3}, Path{0, 1, 1, 3}, Path{1, 2, 2, 3}, Path{1, 1, 1, 2, 3}, Path{0, 1, 2, 3}})
    h.add(h.identities(), Period(0), p);
  const AssumptionTest t = test_order(h);
  // a: past a only. b: past a or b, then b, c or x: 1 x 2. c: past b or c, then c or x: 1 x 1.
  EXPECT_EQ(t.df_nominal, 3);
  EXPECT_EQ(t.by_origin[0].df_nominal, 0);
  EXPECT_EQ(t.by_origin[1].df_nominal, 2);
  EXPECT_EQ(t.by_origin[2].df_nominal, 1);
  EXPECT_EQ(t.df_support, 3);
  EXPECT_EQ(t.by_origin.size(), 3U);  // nobody moves on from an exit
  EXPECT_EQ(said<Refusal>([&] { (void)test_order_zero(h); }),
            "found moves that the ladder declares impossible; expected every move possible, as it is where the next "
            "stratum does not depend on the present one [E-ORDER]");
  // Without people whose past is b: nothing to compare.
  Histories few(ladder);
  few.add(0, Period(0), Path{0, 1, 2});
  few.add(1, Period(0), Path{0, 1, 1});
  EXPECT_EQ(test_order(few).df_support, 0);
  EXPECT_TRUE(std::isnan(test_order(few).lr_support.p));
  EXPECT_TRUE(test_order(few).warnings.empty());
}

TEST(Order, WarnsWithTheSizeForTheAnswer) {
  const Ladder ladder = Ladder::parse("low < middle < high");
  AssumptionOptions options;
  options.asked = AskedReach{ladder["low"], StratumSet(ladder["high"]), Span(3)};
  const Histories second = drawn(2, ladder, 600, 8, going_back(three, 0.3));
  const AssumptionTest t = test_order(second, options);
  ASSERT_TRUE(has(t, "W-MARKOV-REJECTED"));
  // The chain's answer, by all paths of the shares observed.
  const Counts n = move_counts(second);
  const auto p = [&](std::size_t i, std::size_t j) { return n.people(i, j) / n.row_people(i); };
  double implied = 0;
  for (std::size_t a = 0; a < 3; ++a)
    for (std::size_t b = 0; b < 3; ++b)
      for (std::size_t c = 0; c < 3; ++c)
        if (a == 2 || b == 2 || c == 2) implied += p(0, a) * p(a, b) * p(b, c);
  EXPECT_NEAR(t.consequence->implied.share, implied, 1e-14);
  const ReachFound observed = observed_reach(second, *options.asked);
  EXPECT_EQ(t.consequence->difference(), observed.share - t.consequence->implied.share);
  // Going back makes people get less far than the chain of their moves says. rejects: a difference of the wrong sign.
  EXPECT_LT(t.consequence->difference(), -2 * observed.standard_error);
  const auto percent = [](double x) { return detail::text(std::round(1000 * x) / 10) + " %"; };
  char statistic[64];
  std::snprintf(statistic, sizeof statistic, "%.1f on 12 degrees of freedom, p = 10^%.1f", t.likelihood_ratio,
                t.lr_support.log10_p);
  EXPECT_EQ(words(t, "W-MARKOV-REJECTED"),
            "the next stratum depends on more than the present one (likelihood ratio " + std::string(statistic) +
                "); for the answer asked, reaching 'high' from 'low' within 3 steps, the fitted chain says " +
                percent(implied) + ", as observed it is " + percent(observed.share) + " (" +
                detail::text(observed.people) + " people, " + detail::text(observed.windows) + " starts)");
  EXPECT_TRUE(test_order(drawn(3, ladder, 600, 8, chain(three)), options).warnings.empty());
  // Nobody was followed for 20 steps, which is said.
  options.asked->within = Span(20);
  EXPECT_NE(words(test_order(second, options), "W-MARKOV-REJECTED").find("as observed: nobody was followed so long"),
            std::string::npos);
}

TEST(Order, DrawsAreNamedByTheSeed) {
  const Histories h = drawn(4, ladder_of(3), 40, 5, chain(three));
  AssumptionOptions options;
  options.bootstrap = NullDraws{200, Seed(1)};
  const double p = test_order(h, options).bootstrap->p_likelihood_ratio;
  EXPECT_EQ(test_order(h, options).bootstrap->p_likelihood_ratio, p);
  options.bootstrap = NullDraws{200, Seed(2)};
  const double another = test_order(h, options).bootstrap->p_likelihood_ratio;
  EXPECT_NE(another, p);
  EXPECT_NEAR(another, p, 6 * std::sqrt(0.25 / 200 * 2));
}

TEST(Order, OfManyPeopleIsThatOfWeights) {
  const Ladder ladder = Ladder::parse("a < b");
  Histories people(ladder), weights(ladder);
  const std::vector<std::pair<Path, double>> all{
      {{0, 0, 1, 1}, 9}, {{0, 1, 0, 1}, 4}, {{1, 1, 0, 0}, 7}, {{1, 0, 0, 1}, 5}, {{0, 0, 0, 0}, 12}};
  for (const auto& [path, n] : all) {
    weights.add(weights.identities(), Period(0), path, n);
    for (int k = 0; k < static_cast<int>(n); ++k) people.add(people.identities(), Period(0), path);
  }
  AssumptionOptions options;
  options.bootstrap = NullDraws{300, Seed(1)};
  options.asked = AskedReach{ladder["a"], StratumSet(ladder["b"]), Span(2)};
  const AssumptionTest a = test_order(people, options), b = test_order(weights, options);
  EXPECT_EQ(a.likelihood_ratio, b.likelihood_ratio);
  EXPECT_EQ(a.bootstrap->p_pearson, b.bootstrap->p_pearson);  // each of the people is drawn
  EXPECT_EQ(a.consequence->difference(), b.consequence->difference());
}

TEST(Duration, IsTheTableOfLeavingByTime) {
  const Ladder ladder = ladder_of(3);
  const Histories h = drawn(5, ladder, 200, 8, leaving_by_time(3, {0.5, 0.3, 0.2}));
  const Spells s = spells(h, Span(3));
  const DurationTest t = test_duration(h, Span(3));
  double pearson = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    double left = 0, all = 0;
    for (std::size_t d = 0; d < 4; ++d) {
      left += s.left(i, d);
      all += s.left(i, d) + s.stayed(i, d);
    }
    for (std::size_t d = 0; d < 4; ++d) {
      const double n = s.left(i, d) + s.stayed(i, d);
      pearson += std::pow(s.left(i, d) - n * left / all, 2) / (n * left / all * (1 - left / all));
    }
  }
  EXPECT_NEAR(t.test.pearson, pearson, 1e-10);
  EXPECT_EQ(t.test.df_nominal, 9);
  EXPECT_EQ(t.test.df_support, 9);
  EXPECT_EQ(t.unknown, s.unknown());
  ASSERT_EQ(t.rates.size(), 4U);
  EXPECT_NEAR(t.rates[0].left / t.rates[0].people, 0.5, 0.06);
  EXPECT_GT(t.fall, 0.05);
  // Longer than the data hold: rows without people do not count.
  EXPECT_EQ(test_duration(h, Span(30)).test.df_nominal, 90);
  EXPECT_EQ(test_duration(h, Span(30)).test.df_support, test_duration(h, Span(6)).test.df_support);
}

TEST(Duration, OnePersonWhoLeavesLateDoesNotEndAFall) {
  Observations o;
  std::uint32_t person = 0;
  const auto add = [&](int people, std::size_t stays, bool leaves) {
    for (int k = 0; k < people; ++k, ++person) {
      std::int32_t t = 0;
      o.add(person, t++, 0);
      for (std::size_t d = 0; d < stays; ++d) o.add(person, t++, 1);
      if (leaves) o.add(person, t, 0);
    }
  };
  add(240, 1, true);
  add(64, 2, true);
  add(24, 3, true);
  add(11, 4, true);
  add(60, 5, false);
  add(1, 6, true);
  const AssumptionTest t = test_duration(histories(Panel(ladder_of(2), std::move(o)))).test;
  const std::string said = words(t, "W-DURATION");
  EXPECT_EQ(said.find("leaving falls with the time already spent in a stratum (likelihood ratio "), 0U) << said;
  EXPECT_NE(said.find("60 % of 400 leave in the period after entry, 16.2 % of 74 after 3 steps or more; either"),
            std::string::npos)
      << said;
}

TEST(Duration, WarnsOfFallingAndRisingRates) {
  const Ladder ladder = ladder_of(3);
  const auto of = [&](std::uint64_t seed, std::vector<double> rate) {
    return test_duration(drawn(seed, ladder, 400, 8, leaving_by_time(3, std::move(rate))), Span(3)).test;
  };
  const std::string falls = words(of(6, {0.5, 0.4, 0.3, 0.2}), "W-DURATION"),
                    rises = words(of(7, {0.2, 0.3, 0.4, 0.5}), "W-DURATION");
  EXPECT_EQ(falls.find("leaving falls with the time already spent in a stratum (likelihood ratio "), 0U) << falls;
  EXPECT_EQ(rises.find("leaving rises with the time already spent in a stratum (likelihood ratio "), 0U) << rises;
  EXPECT_NE(falls.find(" after 3 steps or more; either time itself does it, or people differ; ask for a reach"),
            std::string::npos)
      << falls;
  EXPECT_TRUE(of(8, {0.3}).warnings.empty());
  const std::string neither = words(of(9, {0.2, 0.6, 0.6, 0.2}), "W-DURATION");
  EXPECT_EQ(
      neither.find("leaving depends on the time already spent in a stratum, neither rising nor falling throughout "
                   "(likelihood ratio "),
      0U)
      << neither;
}

TEST(Duration, TimeBeforeTheFirstObservationIsNotKnown) {
  // Everybody entered their first stratum long ago and nobody leaves it; later strata are left at 0.5 whatever the
  // time. Counted from the first observation the rate seems to depend on time.
  const Ladder ladder = ladder_of(3);
  const Rule rule = [](std::size_t person, const std::vector<std::size_t>& past) {
    const bool first = past.back() == past.front() &&
                       std::count(past.begin(), past.end(), past.front()) == static_cast<std::ptrdiff_t>(past.size());
    std::vector<double> p(3, first && person % 2 == 0 ? 0.0 : 0.25);
    p[past.back()] = 1 - 2 * p[(past.back() + 1) % 3];
    return p;
  };
  const Histories h = drawn(9, ladder, 600, 8, rule);
  EXPECT_TRUE(test_duration(h, Span(3)).test.warnings.empty());
  EXPECT_TRUE(has(test_duration(h, Span(3), TimeInStratum::from_first_observation).test, "W-DURATION"));
}

TEST(ChapmanKolmogorov, ComparesWithPowersOfTheMatrix) {
  const Ladder ladder = ladder_of(3);
  const Histories h = drawn(10, ladder, 150, 6, with_stayers(three));
  const ChapmanKolmogorovTest t = test_chapman_kolmogorov(h, Span(3));
  const Counts one = move_counts(h);
  Matrix p(3, 3);
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 3; ++j)
      p(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) = one.people(i, j) / one.row_people(i);
  const Matrix cube = p * p * p;
  double pearson = 0, place = 0, in_place = 0, never = 0, stay = 0;
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 3; ++j) {
      double n = 0, row = 0;
      for (std::size_t k = 0; k < h.size(); ++k)
        for (std::size_t s = 0; s + 3 < h.strata(k).size(); ++s) {
          const auto path = h.strata(k).subspan(s, 4);
          row += path[0] == i ? 1 : 0;
          n += path[0] == i && path[3] == j ? 1 : 0;
          if (i == j) never += path[0] == i && path[1] == i && path[2] == i && path[3] == i ? 1 : 0;
        }
      const double expected = row * cube(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j));
      pearson += std::pow(n - expected, 2) / expected;
      if (i == j) {
        place += n;
        in_place += expected;
        stay += row * std::pow(p(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(i)), 3);
      }
    }
  EXPECT_NEAR(t.test.pearson, pearson, 1e-10);
  EXPECT_EQ(t.test.df_nominal, 6);
  EXPECT_EQ(t.test.df_support, 6);
  EXPECT_EQ(t.people, 150);
  EXPECT_EQ(t.test.observations, 450);
  EXPECT_NEAR(t.never_moved, never / 450, 1e-14);
  EXPECT_NEAR(t.never_moved_expected, stay / 450, 1e-14);
  EXPECT_NEAR(t.in_place, place / 450, 1e-14);
  EXPECT_NEAR(t.in_place_expected, in_place / 450, 1e-14);
  EXPECT_FALSE(t.test.chi_square_holds);
  EXPECT_TRUE(std::isnan(t.test.deciding_p()));  // without draws nothing is decided
}

TEST(ChapmanKolmogorov, WarnsOfStayers) {
  const Ladder ladder = Ladder::parse("low < middle < high");
  AssumptionOptions options;
  options.bootstrap = NullDraws{199, Seed(1)};
  options.asked = AskedReach{ladder["low"], StratumSet(ladder["high"]), Span(10)};
  const ChapmanKolmogorovTest stayers =
      test_chapman_kolmogorov(drawn(11, ladder, 600, 12, with_stayers(three)), Span(5), options);
  EXPECT_TRUE(has(stayers.test, "W-MARKOV-REJECTED"));
  const auto percent = [](double x) { return detail::text(std::round(1000 * x) / 10) + " %"; };
  const std::string start =
      "in 5 steps " + percent(stayers.never_moved) + " never moved (4200 starts of 600 people), by the fitted chain " +
      percent(stayers.never_moved_expected) +
      " would not; some people are stayers or become so, and long-run mobility is overstated; for the answer asked, "
      "reaching 'high' from 'low' within 10 steps, ";
  EXPECT_EQ(words(stayers.test, "W-STAYERS").substr(0, start.size()), start);
  EXPECT_LT(stayers.test.consequence->difference(), -0.05);  // a third never gets there
  const ChapmanKolmogorovTest none = test_chapman_kolmogorov(drawn(12, ladder, 600, 6, chain(three)), Span(5), options);
  EXPECT_TRUE(none.test.warnings.empty());
  EXPECT_GT(none.test.bootstrap->p_likelihood_ratio, 0.01);
  // With ten people chance does the same, and is not told of.
  const ChapmanKolmogorovTest few = test_chapman_kolmogorov(drawn(11, ladder, 9, 6, with_stayers(three)), Span(5));
  EXPECT_GT(few.never_moved - few.never_moved_expected, 0.05);
  EXPECT_FALSE(has(few.test, "W-STAYERS"));
}

TEST(ChapmanKolmogorov, CountsTheMovesThatAreFarEnough) {
  // One rung at a time: within 2 steps 3 strata can be reached from the bottom, and 1 from the top.
  const Ladder ladder =
      Ladder::builder().rung("a").rung("b").rung("c").rung("d").move("a", "b").move("b", "c").move("c", "d").build();
  Histories h(ladder);
  for (const Path& p : {Path{0, 0, 1, 1, 2, 2, 3}, Path{0, 1, 2, 3}, Path{1, 1, 2, 2, 2}, Path{0, 0, 0}})
    h.add(h.identities(), Period(0), p);
  const ChapmanKolmogorovTest t = test_chapman_kolmogorov(h, Span(2));
  EXPECT_EQ(t.test.df_nominal, 2 + 2 + 1 + 0);
  EXPECT_EQ(said<DomainError>([&] { (void)test_chapman_kolmogorov(h, Span(1)); }),
            "found a span of 1 steps; expected at least 2, since moves of one step are what the chain is fitted to "
            "[E-SPAN-SHORT]");
  // Nobody was followed for 9 steps.
  EXPECT_TRUE(std::isnan(test_chapman_kolmogorov(h, Span(9)).never_moved));
}

TEST(Redrawn, KeepsShapesAndFollowsTheMatrix) {
  const Ladder ladder = Ladder::parse("a < b | x");
  Histories h(ladder);
  for (std::uint32_t k = 0; k < 4000; ++k) h.add(k, Period(k % 3), k % 2 == 0 ? Path{0, 1, 1} : Path{1, 2});
  const Matrix p{{0.6, 0.3, 0.1}, {0.2, 0.7, 0.1}, {0, 0, 1}};
  Stream stream({Seed(1), 1, 0, Purpose::resample});
  const Histories d = detail::Redrawn(h).draw(stream, p);
  ASSERT_EQ(d.size(), 4000U);
  for (std::size_t k = 0; k < d.size(); ++k) {
    ASSERT_EQ(d.start(k), h.start(k));
    ASSERT_EQ(d.at(k, 0), h.at(k, 0));
    ASSERT_EQ(d.strata(k).size(), h.followed(k));  // whoever had left might have stayed
  }
  const Counts n = move_counts(d);
  for (std::size_t i = 0; i < 2; ++i)
    for (std::size_t j = 0; j < 3; ++j) {
      const double q = p(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)), people = n.row_people(i);
      EXPECT_NEAR(n.people(i, j), people * q, 6 * std::sqrt(people * q * (1 - q)));
    }
}

}  // namespace
}  // namespace memory_test
