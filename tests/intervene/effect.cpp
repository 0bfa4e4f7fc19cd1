// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include <rungs/intervene/effect.hpp>
#include <rungs/intervene/programme.hpp>

namespace effect_test {
namespace {

using rungs::changed_probability;
using rungs::DomainError;
using rungs::Draw;
using rungs::Effect;
using rungs::Level;
using rungs::Profile;
using rungs::Scale;
using testing::AllOf;
using testing::HasSubstr;
using testing::Property;
using testing::StrEq;
using testing::Throws;
using testing::ThrowsMessage;

static_assert(std::is_nothrow_move_constructible_v<Effect>);
static_assert(std::is_nothrow_move_constructible_v<Profile>);

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double z95 = 1.959963984540054;  // the normal quantile at 0.975
constexpr std::array scales{Scale::odds_ratio, Scale::hazard_ratio, Scale::risk_ratio, Scale::points, Scale::log_odds};

bool same_bits(double a, double b) { return std::memcmp(&a, &b, sizeof a) == 0; }
double null_of(Scale s) { return s == Scale::points || s == Scale::log_odds ? 0.0 : 1.0; }

/// Fails with the two sentences of a refusal that are to be seen.
template <class F>
void expect_error(F f, const std::string& code, const std::string& text, double found) {
  EXPECT_THAT(f, Throws<DomainError>(AllOf(Property(&DomainError::code, StrEq(code)),
                                           Property(&DomainError::found, testing::NanSensitiveDoubleEq(found)))));
  EXPECT_THAT(f, ThrowsMessage<DomainError>(StrEq(text + " [" + code + "]")));
}

// --- scales -------------------------------------------------------------------------------------

struct Doubled {
  double p, risk, odds, hazard;
};
// What doubling does to a probability on each scale. The odds at p are p/(1-p); at .05 twice the
// odds of 1/19 are 2/19, and 2/19 / (21/19) = 2/21. The hazard ratio of 2 is the chance in two
// tries.
constexpr std::array doubled{Doubled{.05, .10, 2.0 / 21, .0975}, Doubled{.2, .4, 1.0 / 3, .36},
                             Doubled{.5, 1.0, 2.0 / 3, .75}, Doubled{.8, 1.6, 8.0 / 9, .96}};

TEST(EffectScale, DoublingOnEachScale) {
  for (const Doubled& row : doubled) {
    EXPECT_NEAR(changed_probability(row.p, Scale::risk_ratio, 2), row.risk, 1e-12);
    EXPECT_NEAR(changed_probability(row.p, Scale::odds_ratio, 2), row.odds, 1e-12);
    EXPECT_NEAR(changed_probability(row.p, Scale::hazard_ratio, 2), row.hazard, 1e-12);
    EXPECT_NEAR(changed_probability(row.p, Scale::log_odds, std::log(2.0)), row.odds, 1e-12);
    EXPECT_NEAR(changed_probability(row.p, Scale::points, 0.04), row.p + 0.04, 1e-12);
  }
}

struct FourPoints {
  double p, odds, risk, hazard;  // exactly; and as printed
  double printed_odds, printed_risk, printed_hazard;
};
// Four percentage points more, as a ratio on each scale: .09/.91 * .95/.05 = 171/91, and so on.
const std::array four_points{
    FourPoints{.05, 171.0 / 91, 9.0 / 5, std::log(.91) / std::log(.95), 1.879121, 1.8, 1.838655},
    FourPoints{.10, 63.0 / 43, 7.0 / 5, std::log(.86) / std::log(.90), 1.465116, 1.4, 1.431493},
    FourPoints{.30, 119.0 / 99, 17.0 / 15, std::log(.66) / std::log(.70), 1.202020, 1.1333, 1.164970}};

TEST(EffectScale, FourPercentagePointsAsRatios) {
  for (const FourPoints& row : four_points) {
    EXPECT_NEAR(row.odds, row.printed_odds, 5e-7);
    EXPECT_NEAR(row.risk, row.printed_risk, 5e-5);
    EXPECT_NEAR(row.hazard, row.printed_hazard, 5e-7);
    const double more = row.p + 0.04;
    EXPECT_NEAR(changed_probability(row.p, Scale::odds_ratio, row.odds), more, 1e-12);
    EXPECT_NEAR(changed_probability(row.p, Scale::risk_ratio, row.risk), more, 1e-12);
    EXPECT_NEAR(changed_probability(row.p, Scale::hazard_ratio, row.hazard), more, 1e-12);
    EXPECT_NEAR(changed_probability(row.p, Scale::points, 0.04), more, 1e-12);
  }
}

// A ladder of two rungs on which the move up has probability p.
rungs::Kernel two_rungs(double p) {
  rungs::Matrix m(2, 2);
  m << 1 - p, p, 0, 1;
  return rungs::Kernel(rungs::TransitionMatrix(rungs::Ladder::parse("worker < technician"), m));
}
rungs::Programme course(const rungs::Kernel& kernel, const Effect& effect) {
  const rungs::Ladder& ladder = kernel.ladder();
  return {rungs::Programme::Terms{.eligible = ladder["worker"]},
          rungs::MoveEffects("course", {{ladder["worker"], ladder["technician"], effect}})};
}

TEST(EffectScale, RiskRatioBeyondOneIsRefusedByTheProgramme) {
  for (const Doubled& row : doubled) {
    const rungs::Kernel kernel = two_rungs(row.p);
    EXPECT_NO_THROW(course(kernel, rungs::odds_ratio(2)).check(kernel));
    EXPECT_NO_THROW(course(kernel, rungs::hazard_ratio(2)).check(kernel));
    if (row.risk <= 1) {
      EXPECT_NO_THROW(course(kernel, rungs::risk_ratio(2)).check(kernel));
    }
  }
  const rungs::Kernel kernel = two_rungs(.8);
  expect_error([&] { course(kernel, rungs::risk_ratio(2)).check(kernel); }, "E-EFFECT-RANGE",
               "found a risk ratio of 2 on 'worker' -> 'technician' by 'course' that turns a "
               "probability of 0.8 "
               "into 1.6; expected a probability; an odds ratio cannot leave 0 to 1",
               1.6);
  expect_error([&] { course(kernel, rungs::points(.25)).check(kernel); }, "E-EFFECT-RANGE",
               "found points of 0.25 on 'worker' -> 'technician' by 'course' that turns a "
               "probability of 0.8 "
               "into 1.05; expected a probability; an odds ratio cannot leave 0 to 1",
               .8 + .25);
  EXPECT_THROW(course(kernel, rungs::points(-.81)).check(kernel), DomainError);
  EXPECT_NO_THROW(course(kernel, rungs::points(-.8)).check(kernel));
}

TEST(EffectScale, NullEffectsKeepEveryBit) {
  rungs::Stream stream({rungs::Seed(1), 0, 0, rungs::Purpose::test});
  for (int k = 0; k < 2000; ++k) {
    const double p = k == 0 ? 0.0 : k == 1 ? 1.0 : k % 3 == 0 ? std::exp(-40 * stream.uniform()) : stream.uniform();
    for (const Scale scale : scales)
      for (const double strength : {1.0, 0.37, 1e-9, 0.0})
        ASSERT_TRUE(same_bits(changed_probability(p, scale, null_of(scale), strength), p))
            << rungs::name(scale) << " at " << p;
  }
}

TEST(EffectScale, StrengthZeroKeepsEveryBit) {
  for (const Scale scale : scales)
    for (const double p : {0.0, 1e-300, .1, 1.0 / 3, .9999, 1.0})
      for (const double effect : {.3, .9})
        for (const double strength : {0.0, -0.0, -1.0})
          EXPECT_TRUE(same_bits(changed_probability(p, scale, effect, strength), p));
}

TEST(EffectScale, HalfStrengthIsTheRootOfARatioAndHalfOfADifference) {
  for (const double p : {.05, .3, .8}) {
    EXPECT_NEAR(changed_probability(p, Scale::odds_ratio, 4, .5), changed_probability(p, Scale::odds_ratio, 2), 1e-15);
    EXPECT_NEAR(changed_probability(p, Scale::hazard_ratio, 4, .5), changed_probability(p, Scale::hazard_ratio, 2),
                1e-15);
    EXPECT_NEAR(changed_probability(p, Scale::risk_ratio, .25, .5), p / 2, 1e-15);
    EXPECT_NEAR(changed_probability(p, Scale::points, .04, .5), p + .02, 1e-15);
    EXPECT_NEAR(changed_probability(p, Scale::log_odds, 1, .5), changed_probability(p, Scale::log_odds, .5), 1e-15);
  }
}

TEST(EffectScale, GrowsWithTheEffectAndWithStrength) {
  for (const Scale scale : scales) {
    const bool ratio = null_of(scale) == 1;
    for (const double p : {1e-9, .01, .2, .5, .9, .999999}) {
      double before = -inf;
      for (int k = -20; k <= 20; ++k) {
        const double now = changed_probability(p, scale, ratio ? std::exp(.2 * k) : .02 * k);
        EXPECT_TRUE(now > before || now == 1) << rungs::name(scale) << " at " << p << ", step " << k;
        before = now;
      }
      before = p;
      for (const double strength : {.1, .5, .9, 1.0}) {
        const double now = changed_probability(p, scale, ratio ? 1.7 : .03, strength);
        EXPECT_GT(now, before);
        before = now;
      }
    }
  }
}

TEST(EffectScale, OddsAndHazardsStayProbabilities) {
  for (const double p : {0.0, 1e-300, 1e-9, .3, .999999999, 1.0})
    for (const double ratio : {1e-300, 1e-6, .5, 2.0, 999999.0, 1e300, inf})
      for (const Scale scale : {Scale::odds_ratio, Scale::hazard_ratio}) {
        const double now = changed_probability(p, scale, ratio);
        EXPECT_TRUE(now >= 0 && now <= 1) << rungs::name(scale) << " " << ratio << " at " << p << ": " << now;
        if (p == 0 || p == 1) {
          EXPECT_EQ(now, p);
        }
      }
  for (const double p : {0.0, .3, 1.0})
    for (const double shift : {-inf, -800.0, 800.0, inf}) {
      const double now = changed_probability(p, Scale::log_odds, shift);
      EXPECT_TRUE(now >= 0 && now <= 1) << shift << " at " << p << ": " << now;
    }
}

TEST(EffectScale, NoProbabilityStaysNone) {
  for (const Scale scale : scales) EXPECT_TRUE(std::isnan(changed_probability(nan, scale, .3)));
}

TEST(EffectScale, Names) {
  EXPECT_EQ(rungs::name(Scale::odds_ratio), "odds ratio");
  EXPECT_EQ(rungs::name(Scale::hazard_ratio), "hazard ratio");
  EXPECT_EQ(rungs::name(Scale::risk_ratio), "risk ratio");
  EXPECT_EQ(rungs::name(Scale::points), "points");
  EXPECT_EQ(rungs::name(Scale::log_odds), "log odds");
  EXPECT_EQ(rungs::name(static_cast<Scale>(9)), "");
  EXPECT_EQ(changed_probability(.3, static_cast<Scale>(9), 2), .3);
}

// --- one effect in many worlds ------------------------------------------------------------------

// Intervals of which the two sides differ on the scale that is drawn on.
std::vector<Effect> asymmetric() {
  return {rungs::odds_ratio(1.8).interval(1.1, 2.9), rungs::odds_ratio(2).interval(1.9, 9),
          rungs::hazard_ratio(.8).interval(.3, .9),  rungs::risk_ratio(.509).interval(.365, .710),
          rungs::risk_ratio(1.2).interval(1.1, 2.5), rungs::points(.04).interval(.02, .06),
          rungs::points(.04).interval(-.01, .05),    rungs::log_odds(.4).interval(-.1, 2),
          rungs::log_odds(-1).interval(-1.2, 1)};
}

TEST(EffectDraws, ValueIsTheMedianAndTheIntervalIsTheInterval) {
  constexpr std::size_t n = 40'000;
  std::vector<double> z(n);
  for (std::size_t k = 0; k < n; ++k) z[k] = Draw(rungs::Seed(31), k).stream(rungs::Purpose::effects, 3).normal();
  // The quantile of n normal numbers at q has the standard error sqrt(q (1-q) / n) / density; 5.5
  // of them, for a false alarm below 1e-7, are .0345 at the median and .0735 at the 2.5 and 97.5
  // percent.
  constexpr double middle = .0345, tail = .0735;
  for (const Effect& effect : asymmetric()) {
    std::vector<double> x(n);
    std::transform(z.begin(), z.end(), x.begin(), [&](double d) { return effect.at(d); });
    std::sort(x.begin(), x.end());
    const auto [lower, upper] = *effect.bounds();
    EXPECT_THAT(x[n / 2], AllOf(testing::Ge(effect.at(-middle)), testing::Le(effect.at(middle))));
    EXPECT_THAT(x[n / 40], AllOf(testing::Ge(effect.at(-z95 - tail)), testing::Le(effect.at(-z95 + tail))));
    EXPECT_THAT(x[n - n / 40], AllOf(testing::Ge(effect.at(z95 - tail)), testing::Le(effect.at(z95 + tail))));
    // Exactly.
    EXPECT_TRUE(same_bits(effect.at(0), effect.value()));
    EXPECT_NEAR(effect.at(-z95), lower, 1e-12);
    EXPECT_NEAR(effect.at(z95), upper, 1e-12);
  }
}

TEST(EffectDraws, ByHand) {
  // One normal quantile above 2 on the way to 8 is 8, half of it is 4; below, on the way to 1, the
  // half is the root of 2.
  const Effect odds = rungs::odds_ratio(2).interval(1, 8);
  EXPECT_NEAR(odds.at(z95 / 2), 4, 1e-12);
  EXPECT_NEAR(odds.at(-z95 / 2), std::sqrt(2.0), 1e-12);
  EXPECT_NEAR(odds.at(2 * z95), 32, 1e-10);
  const Effect points = rungs::points(.04).interval(.02, .10);
  EXPECT_NEAR(points.at(z95 / 2), .07, 1e-15);
  EXPECT_NEAR(points.at(-z95 / 2), .03, 1e-15);
  // The published standard error of a logarithm of a risk ratio: (ln .710 - ln .365) / (2 * 1.96).
  const Effect risk = rungs::risk_ratio(.509).interval(.365, .710);
  EXPECT_NEAR(std::log(risk.at(1) / risk.at(-1)), (std::log(.710) - std::log(.365)) / z95, 1e-12);
}

TEST(EffectDraws, OtherLevels) {
  const Effect e = rungs::odds_ratio(2).interval(1.5, 4, Level(.5));
  EXPECT_EQ(e.level(), Level(.5));
  EXPECT_NEAR(e.at(.6744897501960817), 4, 1e-12);
  EXPECT_NEAR(e.at(-.6744897501960817), 1.5, 1e-12);
  // The widest level there is has a quantile too.
  const Effect wide = rungs::odds_ratio(2).interval(1.5, 4, Level(std::nextafter(1.0, 0.0)));
  EXPECT_GT(wide.at(1), 2);
  EXPECT_LT(wide.at(1), 2.4);
}

TEST(EffectDraws, OpenedMovesStayProbabilities) {
  const Effect e = rungs::points(.04).interval(.02, .06);
  EXPECT_TRUE(same_bits(e.at(0, true), .04));
  EXPECT_NEAR(e.at(-z95, true), .02, 1e-14);
  EXPECT_NEAR(e.at(z95, true), .06, 1e-14);
  for (const double z : {-9.0, -6.0, 6.0, 9.0}) EXPECT_THAT(e.at(z, true), AllOf(testing::Gt(0), testing::Lt(1)));
  EXPECT_LT(e.at(-6),
            0);  // as points of an existing move they may leave it, and the move is then capped
  // By hand, on the logit: from .5 (logit 0) half way to .8 (odds 4) are odds of 2.
  const Effect half = rungs::points(.5).interval(.2, .8);
  EXPECT_NEAR(half.at(z95 / 2, true), 2.0 / 3, 1e-14);
}

TEST(EffectDraws, ValueOutsideItsIntervalIsDrawnAroundItself) {
  const Effect e = rungs::odds_ratio(3).interval(1.1, 2.9);
  EXPECT_TRUE(e.outside_its_interval());
  EXPECT_FALSE(rungs::odds_ratio(2.9).interval(1.1, 2.9).outside_its_interval());
  EXPECT_FALSE(rungs::odds_ratio(3).outside_its_interval());
  EXPECT_EQ(e.at(0), 3);
  const double half = std::sqrt(2.9 / 1.1);
  EXPECT_NEAR(e.at(z95), 3 * half, 1e-12);
  EXPECT_NEAR(e.at(-z95), 3 / half, 1e-12);
  const Effect p = rungs::points(0).interval(.02, .06);
  EXPECT_NEAR(p.at(z95), .02, 1e-15);
  EXPECT_NEAR(p.at(-z95), -.02, 1e-15);
}

TEST(EffectDraws, ValueAtABoundIsDrawnToOneSideOnly) {
  const Effect e = rungs::odds_ratio(1).interval(1, 2);
  EXPECT_EQ(e.at(-3), 1);
  EXPECT_NEAR(e.at(z95), 2, 1e-12);
}

TEST(EffectDraws, WithoutIntervalTheSameInEveryWorld) {
  for (const double z : {-3.0, 0.0, 5.0}) {
    EXPECT_EQ(rungs::odds_ratio(1.7).at(z), 1.7);
    EXPECT_EQ(rungs::points(.1).at(z, true), .1);
    EXPECT_EQ(rungs::odds_ratio(1.7).interval(1.7, 1.7).at(z), 1.7);
  }
  EXPECT_FALSE(rungs::odds_ratio(1.7).varies());
  EXPECT_FALSE(rungs::odds_ratio(1.7).interval(1.7, 1.7).varies());
  EXPECT_TRUE(rungs::odds_ratio(1.7).interval(1.6, 1.7).varies());
}

TEST(EffectDraws, FarDrawsStayProbabilities) {
  const Effect e = rungs::odds_ratio(1e5).interval(1e-300, 1);  // outside, and as wide as can be
  for (const double z : {-8.0, 8.0})
    for (const double p : {0.0, .3, 1.0}) {
      const double now = changed_probability(p, Scale::odds_ratio, e.at(z));
      EXPECT_TRUE(now >= 0 && now <= 1) << z << " at " << p << ": " << now;
    }
}

TEST(EffectTest, KnowsWhatItIs) {
  const Effect plain = rungs::odds_ratio(1.8), e = plain.interval(1.1, 2.9, Level(.9)).source("a trial");
  EXPECT_EQ(e.scale(), Scale::odds_ratio);
  EXPECT_EQ(e.value(), 1.8);
  EXPECT_EQ(*e.bounds(), std::pair(1.1, 2.9));
  EXPECT_EQ(e.level(), Level(.9));
  EXPECT_EQ(e.evidence(), "a trial");
  EXPECT_FALSE(plain.bounds());
  EXPECT_EQ(plain.evidence(), "");
  EXPECT_EQ(rungs::hazard_ratio(2).scale(), Scale::hazard_ratio);
  EXPECT_EQ(rungs::risk_ratio(2).scale(), Scale::risk_ratio);
  EXPECT_EQ(rungs::points(.2).scale(), Scale::points);
  EXPECT_EQ(rungs::log_odds(.2).scale(), Scale::log_odds);
  for (const Scale scale : scales) {
    EXPECT_TRUE(Effect(scale, null_of(scale)).is_null());
    EXPECT_FALSE(Effect(scale, .5).is_null());
    EXPECT_TRUE(Effect(scale, null_of(scale)).interval(null_of(scale), null_of(scale)).is_null());
    EXPECT_FALSE(Effect(scale, null_of(scale)).interval(.1, 1).is_null()) << "it changes moves in other worlds";
  }
}

TEST(EffectTest, RefusesValuesOffTheScale) {
  for (const double x : {0.0, -0.0, -1.0, nan, inf, -inf}) {
    const std::string ratio = "; expected a ratio above 0 and below 1000000";
    expect_error([&] { (void)rungs::odds_ratio(x); }, "E-EFFECT-RANGE",
                 "found an effect of " + rungs::detail::text(x) + " on the scale of odds ratio" + ratio, x);
    expect_error([&] { (void)rungs::hazard_ratio(x); }, "E-EFFECT-RANGE",
                 "found an effect of " + rungs::detail::text(x) + " on the scale of hazard ratio" + ratio, x);
    expect_error([&] { (void)rungs::risk_ratio(x); }, "E-EFFECT-RANGE",
                 "found an effect of " + rungs::detail::text(x) + " on the scale of risk ratio" + ratio, x);
    expect_error([&] { (void)rungs::odds_ratio(1).interval(x, 2); }, "E-EFFECT-RANGE",
                 "found a lower bound of " + rungs::detail::text(x) + " on the scale of odds ratio" + ratio, x);
    expect_error([&] { (void)rungs::odds_ratio(1).interval(.5, x); }, "E-EFFECT-RANGE",
                 "found an upper bound of " + rungs::detail::text(x) + " on the scale of odds ratio" + ratio, x);
  }
  EXPECT_THROW((void)rungs::odds_ratio(1e6), DomainError);
  EXPECT_NO_THROW((void)rungs::log_odds(20));
  EXPECT_NO_THROW((void)rungs::log_odds(-20));
  for (const double x : {4.0, -1.01, nan, inf})
    expect_error([&] { (void)rungs::points(x); }, "E-EFFECT-RANGE",
                 "found an effect of " + rungs::detail::text(x) +
                     " on the scale of points; expected points from -1 to 1 (0.04 is four "
                     "percentage points)",
                 x);
  for (const double x : {21.0, -21.0, nan, inf})
    expect_error([&] { (void)rungs::log_odds(x); }, "E-EFFECT-RANGE",
                 "found an effect of " + rungs::detail::text(x) +
                     " on the scale of log odds; expected a log odds shift from -20 to 20",
                 x);
  EXPECT_NO_THROW((void)rungs::points(-1));
  EXPECT_NO_THROW((void)rungs::points(1));
}

TEST(EffectTest, RefusesBoundsOutOfOrder) {
  expect_error([] { (void)rungs::odds_ratio(1.5).interval(2.9, 1.1); }, "E-EFFECT-INTERVAL",
               "found an interval from 2.9 to 1.1; expected the lower bound first", 2.9);
  expect_error([] { (void)rungs::points(.04).interval(.06, .02); }, "E-EFFECT-INTERVAL",
               "found an interval from 0.06 to 0.02; expected the lower bound first", .06);
}

// --- strength over time -------------------------------------------------------------------------

/// The strengths in yearly periods 0, 1, 2, ... after the effect may begin.
std::vector<double> yearly(const Profile& profile, int years) {
  std::vector<double> out;
  for (int t = 0; t < years; ++t) out.push_back(profile.strength(t, 1));
  return out;
}
using testing::DoubleEq;
using testing::ElementsAre;

TEST(EffectTest, WithoutAControlTheEffectIsBetweenBounds) {
  using rungs::bounds_without_control;
  using rungs::Share;
  // 88 % of 2.5 million participants found off-farm work; of people like them, 30 to 60 % might have anyway.
  const rungs::EffectBounds worst = bounds_without_control(Share(.88));
  EXPECT_NEAR(worst.lower, -.12, 1e-15);
  EXPECT_NEAR(worst.upper, .88, 1e-15);
  const rungs::EffectBounds stated = bounds_without_control(Share(.88), Share(.3), Share(.6));
  EXPECT_NEAR(stated.lower, .28, 1e-15);
  EXPECT_NEAR(stated.upper, .58, 1e-15);
  EXPECT_NEAR(stated.middle(), .43, 1e-15);
  for (const double rate : {0.0, .3, 1.0}) {  // always as wide as what is not known
    const rungs::EffectBounds none = bounds_without_control(Share(rate)),
                              all = bounds_without_control(Share(rate), Share(.2), Share(.2));
    EXPECT_NEAR(none.upper - none.lower, 1, 1e-15);
    EXPECT_EQ(all.lower, all.upper);
    EXPECT_EQ(all.middle(), rate - .2) << "a known counterfactual gives the effect";
  }
  expect_error([] { (void)bounds_without_control(Share(.88), Share(.6), Share(.3)); }, "E-EFFECT-INTERVAL",
               "found a counterfactual from 0.6 to 0.3; expected the lowest rate first", .6);
}

TEST(ProfileTest, FullForeverWithoutAnything) {
  EXPECT_THAT(yearly(Profile(), 4), ElementsAre(1, 1, 1, 1));
  EXPECT_EQ(Profile().settled(), 0);
  EXPECT_EQ(Profile().strength(-1, 1), 0) << "before it may begin";
  EXPECT_EQ(Profile().strength(-.25, 1), .75) << "it begins in a quarter of the period";
}

TEST(ProfileTest, Lag) {
  EXPECT_THAT(yearly(Profile().lag(2), 4), ElementsAre(0, 0, 1, 1));
  EXPECT_THAT(yearly(Profile().lag(1.25), 4), ElementsAre(0, .75, 1, 1))
      << "three quarters of the second year are left";
  EXPECT_EQ(Profile().lag(2).settled(), 2);
  // In half-year periods.
  EXPECT_EQ(Profile().lag(1.25).strength(1, .5), .5);
  EXPECT_EQ(Profile().lag(1.25).strength(1.5, .5), 1);
}

TEST(ProfileTest, RampIsFullInItsLastYear) {
  EXPECT_THAT(yearly(Profile().ramp(4), 6), ElementsAre(.25, .5, .75, 1, 1, 1));
  EXPECT_THAT(yearly(Profile().ramp(1), 2), ElementsAre(1, 1));
  EXPECT_THAT(yearly(Profile().ramp(2.5), 4), ElementsAre(DoubleEq(.4), DoubleEq(.8), 1, 1));
  EXPECT_THAT(yearly(Profile().lag(1).ramp(2), 4), ElementsAre(0, .5, 1, 1));
  EXPECT_EQ(Profile().lag(1).ramp(2).settled(), 3);
}

TEST(ProfileTest, FadesByHalvesFromWhenItIsFull) {
  EXPECT_THAT(yearly(Profile().fade_half_life(1), 4), ElementsAre(1, .5, .25, .125));
  EXPECT_THAT(yearly(Profile().fade_half_life(2), 5),
              ElementsAre(1, DoubleEq(std::sqrt(.5)), .5, DoubleEq(.5 * std::sqrt(.5)), .25));
  EXPECT_THAT(yearly(Profile().lag(1).fade_half_life(1), 4), ElementsAre(0, 1, .5, .25));
  EXPECT_THAT(yearly(Profile().ramp(2).fade_half_life(1), 5), ElementsAre(.5, 1, .5, .25, .125));
  EXPECT_GT(Profile().fade_half_life(1).settled(), 1e100) << "it never settles";
}

TEST(ProfileTest, LastsFromTheEndOfTheLag) {
  EXPECT_THAT(yearly(Profile().lasts(2), 4), ElementsAre(1, 1, 0, 0));
  EXPECT_THAT(yearly(Profile().lag(1).lasts(2), 5), ElementsAre(0, 1, 1, 0, 0));
  EXPECT_THAT(yearly(Profile().lasts(0), 2), ElementsAre(0, 0));
  EXPECT_THAT(yearly(Profile().fade_half_life(1).lasts(2), 4), ElementsAre(1, .5, 0, 0));
  EXPECT_EQ(Profile().lag(1).lasts(2).settled(), 3);
  EXPECT_EQ(Profile().fade_half_life(1).lasts(2).settled(), 2);
  // Three steps of a tenth are not quite .3 in binary, and the end is not missed by that.
  EXPECT_EQ(Profile().lasts(.3).strength(3 * .1, .1), 0);
  EXPECT_EQ(Profile().lasts(.3).strength(2 * .1, .1), 1);
}

TEST(ProfileTest, NothingChangesOnceSettled) {
  for (const double lag : {0.0, .5, 2.0})
    for (const double ramp : {0.0, 1.0, 2.5})
      for (const double lasts : {-1.0, 0.0, 1.5, 3.0})
        for (const double step : {.25, 1.0, 2.0}) {
          Profile p = Profile().lag(lag).ramp(ramp);
          if (lasts >= 0) p = p.lasts(lasts);
          const double end = p.settled();
          for (int k = 0; k < 20; ++k)
            EXPECT_EQ(p.strength(end + k * step, step), p.strength(end + 1000, step))
                << lag << " " << ramp << " " << lasts << " " << step;
        }
}

TEST(ProfileTest, StrengthIsAShare) {
  const Profile p = Profile().lag(.7).ramp(2.2).fade_half_life(1.5).lasts(6);
  for (int k = -30; k < 100; ++k)
    for (const double step : {.1, .5, 1.0, 3.0}) {
      const double s = p.strength(.1 * k, step);
      EXPECT_TRUE(s >= 0 && s <= 1) << k;
    }
  EXPECT_EQ(p.strength(nan, 1), 0);
}

TEST(ProfileTest, RefusesLengthsThatAreNone) {
  const auto text = [](double x) {
    return "found a length of " + rungs::detail::text(x) +
           " years in the profile of an effect; expected 0 or more (a half-life above 0)";
  };
  for (const double x : {-1.0, -1e-9, nan, inf, -inf, 1e300}) {
    expect_error([&] { (void)Profile().lag(x); }, "E-PROFILE", text(x), x);
    expect_error([&] { (void)Profile().ramp(x); }, "E-PROFILE", text(x), x);
    expect_error([&] { (void)Profile().fade_half_life(x); }, "E-PROFILE", text(x), x);
    expect_error([&] { (void)Profile().lasts(x); }, "E-PROFILE", text(x), x);
  }
  expect_error([] { (void)Profile().fade_half_life(0); }, "E-PROFILE", text(0), 0);
  EXPECT_NO_THROW((void)Profile().lag(0).ramp(0).lasts(0));
}

TEST(ProfileTest, InPieces) {
  const Profile p = Profile::piecewise({{0, .5}, {2, 1}, {4, 0}});
  EXPECT_THAT(yearly(p, 6), ElementsAre(.5, .5, 1, 1, 0, 0));
  EXPECT_EQ(p.settled(), 4);
  EXPECT_EQ(p.strength(-1, 1), 0) << "before it may begin";
  EXPECT_EQ(p.strength(-.25, 1), .375) << "it begins in a quarter of the period";
  EXPECT_EQ(p.strength(1.5, 1), .75) << "half of the period with a half, half with all";
  EXPECT_EQ(p.strength(0, 8), .375) << "2 years with a half, 2 with all, 4 with nothing";
  EXPECT_EQ(p.strength(100, 1), 0);
  EXPECT_THAT(yearly(Profile::piecewise({{1, .25}}), 3), ElementsAre(0, .25, .25)) << "nothing before the first";
  EXPECT_EQ(p.strength(nan, 1), 0);
  const Profile tenths = Profile::piecewise({{0, 1}, {.3, 0}});
  EXPECT_EQ(tenths.strength(2 * .1, .1), 1);
  EXPECT_NEAR(tenths.strength(3 * .1, .1), 0, 1e-15) << "three tenths are not quite .3 in binary";
}

TEST(ProfileTest, RefusesPiecesOutOfOrder) {
  const auto text = [](double years, double strength) {
    return "found the piece " + rungs::detail::text(years) + " years, strength " + rungs::detail::text(strength) +
           " in the profile of an effect; expected years in order from 0 and strengths from 0 to 1";
  };
  for (const double years : {0.0, -1.0, nan, inf})
    expect_error([&] { (void)Profile::piecewise({{0, 1}, {years, .5}}); }, "E-PROFILE", text(years, .5), years);
  for (const double strength : {-.1, 1.1, nan})
    expect_error([&] { (void)Profile::piecewise({{2, strength}}); }, "E-PROFILE", text(2, strength), 2);
  expect_error([] { (void)Profile::piecewise({}); }, "E-PROFILE",
               "found a profile without pieces; expected at least one", 0);
}

// --- shares that are known from evidence --------------------------------------------------------

TEST(UncertainShareTest, ValueIsTheMedianAndTheIntervalIsTheInterval) {
  using rungs::Share;
  using rungs::UncertainShare;
  for (const auto& [value, low, high, level] :
       {std::array{.3, .1, .6, .95}, std::array{.02, .01, .2, .9}, std::array{.9, .5, .95, .5}}) {
    const UncertainShare share = UncertainShare(Share(value)).interval(low, high, Level(level));
    std::vector<double> drawn;
    for (std::uint64_t d = 0; d < 20'000; ++d)
      drawn.push_back(share.at(Draw(rungs::Seed(5), d).stream(rungs::Purpose::effects, 3).normal()));
    std::sort(drawn.begin(), drawn.end());
    // Of 20000 draws the share below a quantile is known to four times sqrt(q (1-q) / 20000).
    const auto below = [&](double x) {
      return static_cast<double>(std::lower_bound(drawn.begin(), drawn.end(), x) - drawn.begin()) / 20'000;
    };
    for (const auto& [x, q] : {std::pair(low, (1 - level) / 2), std::pair(value, .5), std::pair(high, (1 + level) / 2)})
      EXPECT_NEAR(below(x), q, 4 * std::sqrt(q * (1 - q) / 20'000)) << value << " at " << x;
    EXPECT_GT(drawn.front(), 0);
    EXPECT_LT(drawn.back(), 1);
  }
  // By hand: logits of .2, .5, .9 are ln 1/4, 0, ln 9.
  const UncertainShare share = UncertainShare(Share(.5)).interval(.2, .9);
  EXPECT_EQ(share.at(0), .5);
  EXPECT_NEAR(share.at(z95), .9, 1e-14);
  EXPECT_NEAR(share.at(-z95), .2, 1e-14);
  EXPECT_NEAR(share.at(z95 / 2), .75, 1e-14) << "odds of 3";
  EXPECT_NEAR(share.at(-z95 / 2), 1.0 / 3, 1e-14) << "odds of a half";
}

TEST(UncertainShareTest, KnowsWhatItIs) {
  using rungs::Share;
  using rungs::UncertainShare;
  const UncertainShare known = Share(.25);
  EXPECT_FALSE(known.varies());
  EXPECT_FALSE(known.bounds());
  EXPECT_EQ(known.value(), .25);
  EXPECT_EQ(known.at(5), .25) << "the same in every world";
  EXPECT_TRUE(UncertainShare(Share(0)).is_zero());
  const UncertainShare share = known.interval(.1, .5);
  EXPECT_TRUE(share.varies());
  EXPECT_FALSE(share.is_zero());
  EXPECT_EQ(share.bounds(), std::pair(.1, .5));
  EXPECT_FALSE(known.interval(.25, .25).varies());
  EXPECT_EQ(known.interval(.25, .25).at(3), .25);
}

TEST(UncertainShareTest, RefusesIntervalsThatAreNone) {
  using rungs::Share;
  using rungs::UncertainShare;
  for (const double x : {0.0, 1.0, -.1, 1.5, nan})
    expect_error([&] { (void)UncertainShare(Share(.5)).interval(x, .9); }, "E-SHARE",
                 "found " + rungs::detail::text(x) + " in the interval of a share; expected numbers between 0 and 1",
                 x);
  expect_error([] { (void)UncertainShare(Share(0)).interval(.1, .9); }, "E-SHARE",
               "found 0 in the interval of a share; expected numbers between 0 and 1", 0);
  expect_error([] { (void)UncertainShare(Share(.5)).interval(.6, .9); }, "E-EFFECT-INTERVAL",
               "found a share of 0.5 with an interval from 0.6 to 0.9; expected the share within it", .5);
  expect_error([] { (void)UncertainShare(Share(.5)).interval(.9, .1); }, "E-EFFECT-INTERVAL",
               "found a share of 0.5 with an interval from 0.9 to 0.1; expected the share within it", .5);
}

// --- amounts of money that are known from evidence ----------------------------------------------

TEST(UncertainAmountTest, ValueIsTheMedianAndTheIntervalIsTheInterval) {
  using rungs::UncertainAmount;
  for (const auto& [value, low, high, level] :
       {std::array{2400., 2000., 3600., .95}, std::array{-50., -200., -40., .9}, std::array{1., .5, 1.1, .5}}) {
    const UncertainAmount amount = UncertainAmount(value).interval(low, high, Level(level));
    std::vector<double> drawn;
    for (std::uint64_t d = 0; d < 20'000; ++d)
      drawn.push_back(amount.at(Draw(rungs::Seed(5), d).stream(rungs::Purpose::effects, 3).normal()));
    std::sort(drawn.begin(), drawn.end());
    const auto below = [&](double x) {
      return static_cast<double>(std::lower_bound(drawn.begin(), drawn.end(), x) - drawn.begin()) / 20'000;
    };
    for (const auto& [x, q] : {std::pair(low, (1 - level) / 2), std::pair(value, .5), std::pair(high, (1 + level) / 2)})
      EXPECT_NEAR(below(x), q, 4 * std::sqrt(q * (1 - q) / 20'000)) << value << " at " << x;
    EXPECT_GT(drawn.front() * drawn.back(), 0) << "a cost stays a cost";
  }
  // By hand: 100 is a quarter of 400 and 1600 four times it, so that half the way is by a factor of 2.
  const UncertainAmount amount = UncertainAmount(400).interval(100, 1600);
  EXPECT_EQ(amount.at(0), 400);
  EXPECT_NEAR(amount.at(z95), 1600, 1e-10);
  EXPECT_NEAR(amount.at(-z95), 100, 1e-11);
  EXPECT_NEAR(amount.at(z95 / 2), 800, 1e-10);
  EXPECT_NEAR(amount.at(-z95 / 2), 200, 1e-10);
}

TEST(UncertainAmountTest, MeanIsThatOfAllWorlds) {
  using rungs::UncertainAmount;
  for (const auto& [value, low, high] : {std::array{2400., 2000., 3600.}, std::array{-50., -200., -40.},
                                         std::array{1., .9, 30.}, std::array{7., 1., 7.5}}) {
    const UncertainAmount amount = UncertainAmount(value).interval(low, high);
    constexpr double h = 1e-3;
    double sum = 0;  // over the normal curve, by trapezoids
    for (int k = -9000; k <= 9000; ++k)
      sum += h * std::exp(-.5 * k * h * k * h) / std::sqrt(2 * std::acos(-1.)) * amount.at(k * h);
    EXPECT_NEAR(amount.mean() / sum, 1, 1e-6) << value;
  }
  EXPECT_EQ(UncertainAmount(25).mean(), 25);
}

TEST(UncertainAmountTest, KnowsWhatItIs) {
  using rungs::UncertainAmount;
  const UncertainAmount known = 25;
  EXPECT_FALSE(known.varies());
  EXPECT_FALSE(known.bounds());
  EXPECT_EQ(known.at(5), 25) << "the same in every world";
  EXPECT_EQ(known, 25);
  const UncertainAmount amount = known.interval(10, 50);
  EXPECT_TRUE(amount.varies());
  EXPECT_EQ(amount.bounds(), std::pair(10., 50.));
  EXPECT_NE(amount, known);
  EXPECT_FALSE(known.interval(25, 25).varies());
  EXPECT_EQ(known.interval(25, 25).at(3), 25);
}

TEST(UncertainAmountTest, RefusesIntervalsThatAreNone) {
  using rungs::UncertainAmount;
  const std::string one_side = "; expected all three above 0, or all below, within a factor of a million";
  expect_error([] { (void)UncertainAmount(nan); }, "E-COST", "found an amount of nan; expected a finite number", nan);
  for (const double x : {0.0, -1.0, 6e8, nan})
    expect_error([&] { (void)UncertainAmount(500).interval(x, 600); }, "E-COST",
                 "found an amount of 500 with an interval from " + rungs::detail::text(x) + " to 600" + one_side, x);
  expect_error([] { (void)UncertainAmount(0).interval(1, 2); }, "E-COST",
               "found an amount of 0 with an interval from 1 to 2" + std::string(one_side), 1);
  expect_error([] { (void)UncertainAmount(5).interval(6, 9); }, "E-EFFECT-INTERVAL",
               "found an amount of 5 with an interval from 6 to 9; expected the amount within it", 5);
  expect_error([] { (void)UncertainAmount(-5).interval(-4, -9); }, "E-EFFECT-INTERVAL",
               "found an amount of -5 with an interval from -4 to -9; expected the amount within it", -5);
}

}  // namespace
}  // namespace effect_test
