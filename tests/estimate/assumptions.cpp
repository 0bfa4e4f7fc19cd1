// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/estimate/assumptions.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "../core/message.hpp"
#include "simulated.hpp"

namespace assumptions_test {
namespace {

using namespace rungs;
using namespace rungs_test;

using Path = std::vector<std::uint16_t>;

TEST(ChiSquareTail, IsThatOfPoissonSums) {
  // With 2 m degrees of freedom P(chi-square >= x) is P(Poisson(x / 2) < m).
  for (const double x : {0.5, 3.0, 20.0, 200.0, 900.0, 2000.0, 1e4, 1e5})
    for (const int m : {1, 2, 5, 40}) {
      long double sum = 0, term = 1;
      for (int k = 0; k < m; ++k) {
        sum += term;
        term *= static_cast<long double>(x) / 2 / (k + 1);
      }
      const long double log10_p = (-static_cast<long double>(x) / 2 + std::log(sum)) / std::log(10.0L);
      const Significance tail = chi_square_significance(x, 2 * m);
      EXPECT_NEAR(tail.log10_p, static_cast<double>(log10_p), 1e-13 + 1e-13 * std::abs(static_cast<double>(log10_p)))
          << x << ", " << m;
      const double p = static_cast<double>(std::pow(10.0L, log10_p));
      EXPECT_NEAR(tail.p, p, 2e-12 * p);
    }
  // rejects: 0 and minus infinity for the logarithm of what is too small for a double.
  EXPECT_EQ(chi_square_significance(1e5, 2).p, 0);
  EXPECT_NEAR(chi_square_significance(1e5, 2).log10_p, -5e4 / std::log(10.0), 1e-8);
}

TEST(ChiSquareTail, SaysWhenThereIsNothingToTest) {
  EXPECT_TRUE(std::isnan(chi_square_significance(0, 0).p));
  EXPECT_TRUE(std::isnan(chi_square_significance(std::nan(""), 3).p));
  EXPECT_EQ(chi_square_significance(0, 3).p, 1);
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(chi_square_significance(infinity, 3).p, 0);
  EXPECT_EQ(chi_square_significance(infinity, 3).log10_p, -infinity);
  // Odd degrees of freedom: one is the square of a normal number.
  EXPECT_NEAR(chi_square_significance(4, 1).p, std::erfc(std::sqrt(2.0)), 1e-15);
}

TEST(ObservedReach, IsCountedByHand) {
  const Ladder ladder = Ladder::parse("a < b < c | x");
  Histories h(ladder);
  h.add(0, Period(0), Path{0, 1, 2, 0, 0});  // from a: reached c in 2; from the a at 3 not followed for 2
  h.add(1, Period(0), Path{0, 0, 0, 1, 2});  // from 0: no; 1: no; 2: yes
  h.add(2, Period(0), Path{0, 3});           // left; the data go on until 4, so that it is known: no
  h.add(3, Period(3), Path{0, 2});           // not followed for 2
  const ReachFound found = observed_reach(h, {ladder["a"], StratumSet(ladder["c"]), Span(2)});
  EXPECT_EQ(found.windows, 5);
  EXPECT_EQ(found.people, 3);
  EXPECT_DOUBLE_EQ(found.share, 2. / 5);
  // By person: 1 of 1, 1 of 3, 0 of 1; what each has beyond the share, squared.
  EXPECT_NEAR(found.standard_error, std::sqrt((0.36 + 0.04 + 0.16) * 3 / 2) / 5, 1e-15);
  // Upward from anywhere; whoever is at the top counts, and does not get higher.
  const ReachFound up = observed_reach(h, {{}, {}, Span(1)});
  EXPECT_EQ(up.windows, 4 + 4 + 1 + 1);
  EXPECT_DOUBLE_EQ(up.share, 5. / 10);
  EXPECT_EQ(up.people, 4);
  // Where all reach, or nobody, it is not told how far others would be from that.
  const ReachFound always = observed_reach(h, {ladder["b"], StratumSet(ladder["c"]), Span(1)});
  EXPECT_EQ(always.people, 2);
  EXPECT_EQ(always.share, 1);
  EXPECT_TRUE(std::isnan(always.standard_error));
  const ReachFound once = observed_reach(h, {ladder["a"], StratumSet(ladder["c"]), Span(1)});
  EXPECT_EQ(once.share, 1. / 7);
  EXPECT_GT(once.standard_error, 0);
  const ReachFound nobody = observed_reach(h, {ladder["b"], StratumSet(ladder["c"]), Span(9)});
  EXPECT_EQ(nobody.windows, 0);
  EXPECT_TRUE(std::isnan(nobody.share));
}

TEST(ObservedReach, OfWeightsIsThatOfPeople) {
  const Ladder ladder = Ladder::parse("a < b");
  Histories one(ladder), three_times(ladder);
  for (std::uint32_t k = 0; k < 3; ++k) three_times.add(k, Period(0), Path{0, 0, 1});
  three_times.add(3, Period(0), Path{0, 0, 0});
  one.add(0, Period(0), Path{0, 0, 1}, 3);
  one.add(1, Period(0), Path{0, 0, 0}, 1);
  const AskedReach asked{ladder["a"], StratumSet(ladder["b"]), Span(1)};
  const ReachFound a = observed_reach(one, asked), b = observed_reach(three_times, asked);
  EXPECT_EQ(a.windows, b.windows);
  EXPECT_EQ(a.people, b.people);
  EXPECT_EQ(a.share, b.share);
  EXPECT_DOUBLE_EQ(a.standard_error, b.standard_error);
}

TEST(ObservedReach, OfAChainIsThatOfTheMatrix) {
  const Ladder ladder = ladder_of(3);
  Stream stream({Seed(3), 1});
  const Histories h = simulated_histories(stream, ladder, 6000, 5, chain(three));
  // P(ever in s2 within 3 steps from s0), by all paths.
  double exact = 0;
  for (std::size_t a = 0; a < 3; ++a)
    for (std::size_t b = 0; b < 3; ++b)
      for (std::size_t c = 0; c < 3; ++c)
        if (a == 2 || b == 2 || c == 2) exact += three[0][a] * three[a][b] * three[b][c];
  const ReachFound found = observed_reach(h, {ladder["s0"], StratumSet(ladder["s2"]), Span(3)});
  EXPECT_NEAR(found.share, exact, 5 * found.standard_error);
  EXPECT_LT(found.standard_error, 0.01);
}

TEST(ObservedReach, RefusesWhatCannotBeAsked) {
  const Ladder ladder = Ladder::parse("a < b");
  const Histories h(ladder);
  EXPECT_EQ(said<Refusal>([&] {
              (void)observed_reach(h, {ladder["b"], ladder.select("b"), Span(1)});
            }),
            "found the start 'b' inside the target 'b'; expected a start from where it is still to be reached "
            "[E-ASKED]");
  EXPECT_EQ(said<Refusal>([&] {
              (void)observed_reach(h, {ladder["a"], {}, Span(0)});
            }),
            "found a question about reaching within 0 steps; expected at least 1 [E-ASKED]");
  EXPECT_EQ(code_of([&] { (void)observed_reach(h, {ladder_of(2)["s0"], {}, Span(1)}); }), "E-LADDER-OTHER");
}

}  // namespace
}  // namespace assumptions_test
