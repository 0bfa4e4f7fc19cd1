// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include <rungs/intervene/programme.hpp>

namespace programme_test {
namespace {

using rungs::change_move;
using rungs::DomainError;
using rungs::Draw;
using rungs::Effect;
using rungs::GivenUp;
using rungs::Kernel;
using rungs::Ladder;
using rungs::Matrix;
using rungs::MoveEffect;
using rungs::MoveEffects;
using rungs::Profile;
using rungs::Programme;
using rungs::Refusal;
using rungs::Seed;
using rungs::Share;
using rungs::Step;
using testing::AllOf;
using testing::Property;
using testing::StrEq;
using testing::Throws;
using testing::ThrowsMessage;

using Row = Eigen::RowVectorXd;

static_assert(std::is_nothrow_move_constructible_v<MoveEffects>);
static_assert(std::is_nothrow_move_constructible_v<Programme>);

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

Row row(std::initializer_list<double> x) {
  Row out(static_cast<Eigen::Index>(x.size()));
  Eigen::Index i = 0;
  for (const double v : x) out[i++] = v;
  return out;
}
testing::AssertionResult near(const Row& a, const Row& b, double tolerance = 1e-15) {
  if ((a - b).cwiseAbs().maxCoeff() <= tolerance) return testing::AssertionSuccess();
  return testing::AssertionFailure() << a << " and " << b;
}
bool same_bits(const Matrix& a, const Matrix& b) {
  return a.size() == b.size() &&
         std::memcmp(a.data(), b.data(), static_cast<std::size_t>(a.size()) * sizeof(double)) == 0;
}

template <class E, class F>
void expect_error(F f, const std::string& code, const std::string& text) {
  EXPECT_THAT(f, Throws<E>(Property(&E::code, StrEq(code))));
  EXPECT_THAT(f, ThrowsMessage<E>(StrEq(text + " [" + code + "]")));
}

// Workers, two kinds of technicians on one rung, managers, and a way out.
Ladder ladder() { return Ladder::parse("worker < fitter, clerk < manager | left"); }
Matrix moves() {
  Matrix m(5, 5);
  m << .5, .2, .1, .05, .15,  //
      .1, .6, .1, .1, .1,     //
      .05, .15, .6, .1, .1,   //
      0, .05, .05, .85, .05,  //
      0, 0, 0, 0, 1;
  return m;
}
Kernel kernel() { return Kernel(rungs::TransitionMatrix(ladder(), moves())); }

// --- one move of a row --------------------------------------------------------------------------

TEST(ChangeMove, TakesFromTheOthersInProportion) {
  // From .2 to .4: what is left, .6, is shared as .5 : .1 : .05 : .15 over .8.
  Row r = row({.5, .2, .1, .05, .15});
  EXPECT_FALSE(change_move(r, 0, 1, .4, GivenUp::others));
  EXPECT_TRUE(near(r, row({.375, .4, .075, .0375, .1125})));
  // And gives back to them in proportion.
  EXPECT_FALSE(change_move(r, 0, 1, .2, GivenUp::others));
  EXPECT_TRUE(near(r, row({.5, .2, .1, .05, .15})));
}

TEST(ChangeMove, TakesFromStayingAlone) {
  Row r = row({.5, .2, .1, .05, .15});
  EXPECT_FALSE(change_move(r, 0, 1, .4, GivenUp::staying));
  EXPECT_TRUE(near(r, row({.3, .4, .1, .05, .15})));
  EXPECT_FALSE(change_move(r, 0, 1, .1, GivenUp::staying));
  EXPECT_TRUE(near(r, row({.6, .1, .1, .05, .15})));
}

TEST(ChangeMove, TakesNoMoreThanThereIs) {
  Row r = row({.5, .2, .1, .05, .15});
  EXPECT_TRUE(change_move(r, 0, 1, .9, GivenUp::staying)) << "capped";
  EXPECT_TRUE(near(r, row({0, .7, .1, .05, .15})));
  r = row({.5, .2, .1, .05, .15});
  EXPECT_TRUE(change_move(r, 0, 1, 1.3, GivenUp::others));
  EXPECT_TRUE(near(r, row({0, 1, 0, 0, 0})));
  r = row({.5, .2, .1, .05, .15});
  EXPECT_TRUE(change_move(r, 0, 1, -.1, GivenUp::others));
  EXPECT_TRUE(near(r, row({.625, 0, .125, .0625, .1875})));
  r = row({.5, .2, .1, .05, .15});
  EXPECT_TRUE(change_move(r, 0, 1, -.1, GivenUp::staying));
  EXPECT_TRUE(near(r, row({.7, 0, .1, .05, .15})));
}

TEST(ChangeMove, SureMovesGiveToStaying) {
  for (const GivenUp rule : {GivenUp::others, GivenUp::staying}) {
    Row r = row({0, 1, 0});
    EXPECT_FALSE(change_move(r, 0, 1, .75, rule));
    EXPECT_TRUE(near(r, row({.25, .75, 0})));
  }
  Row stay = row({1, 0, 0});
  EXPECT_TRUE(change_move(stay, 0, 0, .5, GivenUp::others)) << "nowhere to go";
  EXPECT_TRUE(near(stay, row({1, 0, 0})));
}

TEST(ChangeMove, StayingItselfCanBeChanged) {
  for (const GivenUp rule : {GivenUp::others, GivenUp::staying}) {
    Row r = row({.5, .2, .3});
    EXPECT_FALSE(change_move(r, 0, 0, .75, rule));
    EXPECT_TRUE(near(r, row({.75, .1, .15})));
  }
}

TEST(ChangeMove, TheSameProbabilityKeepsEveryBit) {
  for (const GivenUp rule : {GivenUp::others, GivenUp::staying}) {
    Row r = row({.1, .2, .7}), same = r;
    EXPECT_FALSE(change_move(r, 0, 1, .2, rule));
    EXPECT_EQ(std::memcmp(r.data(), same.data(), 3 * sizeof(double)), 0);
  }
}

TEST(ChangeMove, RowsStayProbabilities) {
  rungs::Stream s({Seed(5), 0, 0, rungs::Purpose::test});
  for (int k = 0; k < 20'000; ++k) {
    const auto n = static_cast<Eigen::Index>(2 + s.below(5));
    Row r(n);
    for (Eigen::Index j = 0; j < n; ++j) r[j] = s.uniform() < .3 ? 0.0 : std::exp(-30 * s.uniform());
    r[static_cast<Eigen::Index>(s.below(static_cast<std::uint64_t>(n)))] += .1;
    r /= r.sum();
    for (int e = 0; e < 3; ++e) {
      const auto stay = static_cast<Eigen::Index>(s.below(static_cast<std::uint64_t>(n)));
      const auto to = static_cast<Eigen::Index>(s.below(static_cast<std::uint64_t>(n)));
      (void)change_move(r, stay, to, 1.4 * s.uniform() - .2, s.uniform() < .5 ? GivenUp::others : GivenUp::staying);
      ASSERT_GE(r.minCoeff(), 0) << k;
      ASSERT_LE(r.maxCoeff(), 1 + 1e-15) << k;
      ASSERT_NEAR(r.sum(), 1, 3e-15) << k << ": " << r;
    }
  }
}

// The rest of the row is summed, not taken as 1 less the move, which would have lost its digits.
TEST(ChangeMove, RowsStayProbabilitiesNextToCertainty) {
  for (int power = 8; power <= 40; ++power) {
    const double rest = std::pow(10, -power);
    Row r = row({rest / 3, 1 - rest, 2 * rest / 3});
    EXPECT_FALSE(change_move(r, 0, 1, .4, GivenUp::others));
    EXPECT_NEAR(r.sum(), 1, 1e-15) << power;
    EXPECT_NEAR(r[0], .2, 1e-15) << power;
  }
}

TEST(ChangeMove, OddsRatioMultipliesOneWeightAndRenormalises) {
  rungs::Stream s({Seed(6), 0, 0, rungs::Purpose::test});
  for (int k = 0; k < 2000; ++k) {
    Row r(5);
    for (double& x : r) x = s.uniform();
    r /= r.sum();
    const auto to = static_cast<Eigen::Index>(1 + s.below(4));
    const double odds = std::exp(4 * s.uniform() - 2);
    Row expected = r;
    expected[to] *= odds;
    expected /= expected.sum();
    (void)change_move(r, 0, to, rungs::changed_probability(r[to], rungs::Scale::odds_ratio, odds), GivenUp::others);
    ASSERT_TRUE(near(r, expected));
  }
}

// --- effects on moves ---------------------------------------------------------------------------

MoveEffects one(const Effect& effect, GivenUp rule = GivenUp::others, Profile profile = {}) {
  const Ladder l = ladder();
  return {"course", {{l["worker"], l["fitter"], effect, rule}}, profile};
}
Matrix after(const MoveEffects& effects, double years = 0, const Draw& draw = Draw::point(), Step step = Step()) {
  Matrix p = moves();
  (void)effects.change(p, ladder(), years, step, draw);
  return p;
}

TEST(MoveEffectsTest, ChangesTheMoveAndNoOtherRow) {
  // Odds .25 times 4 are 1.
  const Matrix p = after(one(rungs::odds_ratio(4)));
  EXPECT_TRUE(near(p.row(0), row({.3125, .5, .0625, .03125, .09375})));
  EXPECT_TRUE(same_bits(p.bottomRows(4), moves().bottomRows(4)));
  EXPECT_TRUE(near(after(one(rungs::points(.1), GivenUp::staying)).row(0), row({.4, .3, .1, .05, .15})));
}

TEST(MoveEffectsTest, FollowsItsProfile) {
  const MoveEffects e = one(rungs::odds_ratio(4), GivenUp::others, Profile().lag(1).fade_half_life(1));
  EXPECT_TRUE(same_bits(after(e, 0), moves()));
  EXPECT_NEAR(after(e, 1)(0, 1), .5, 1e-15);
  EXPECT_NEAR(after(e, 2)(0, 1), 1.0 / 3, 1e-15);
  EXPECT_EQ(e.settled(), e.profile().settled());
  EXPECT_EQ(e.name(), "course");
  EXPECT_EQ(e.effects().size(), 1U);
}

TEST(MoveEffectsTest, SaysWhenAnEffectWasCapped) {
  Matrix p = moves();
  EXPECT_FALSE(one(rungs::points(.3), GivenUp::staying).change(p, ladder(), 0, Step(), Draw::point()));
  p = moves();
  EXPECT_TRUE(one(rungs::points(.6), GivenUp::staying).change(p, ladder(), 0, Step(), Draw::point()));
  EXPECT_NEAR(p(0, 0), 0, 1e-15);
}

TEST(MoveEffectsTest, OddsRatiosOnOneRowCommute) {
  const Ladder l = ladder();
  const MoveEffect a{l["worker"], l["fitter"], rungs::odds_ratio(3)},
      b{l["worker"], l["manager"], rungs::odds_ratio(.4)}, c{l["worker"], l["left"], rungs::log_odds(.7)};
  const Matrix abc = after(MoveEffects("x", {a, b, c})), cba = after(MoveEffects("x", {c, b, a})),
               bac = after(MoveEffects("x", {b, a, c}));
  EXPECT_LE((abc - cba).cwiseAbs().maxCoeff(), 1e-15);
  EXPECT_LE((abc - bac).cwiseAbs().maxCoeff(), 1e-15);
  Row weights = moves().row(0);
  weights[1] *= 3;
  weights[3] *= .4;
  weights[4] *= std::exp(.7);
  EXPECT_TRUE(near(abc.row(0), weights / weights.sum()));
}

TEST(MoveEffectsTest, SetsStandForEveryMoveBetweenThem) {
  const Ladder l = ladder();
  const auto technicians = l.set_of({1, 2});
  // All moves from workers and technicians to technicians, but not staying.
  const Matrix p = after(MoveEffects("x", {{l.set_of({0, 1}), technicians, rungs::odds_ratio(2)}}));
  Row worker = moves().row(0), fitter = moves().row(1);
  worker[1] *= 2;
  worker[2] *= 2;
  fitter[2] *= 2;
  EXPECT_TRUE(near(p.row(0), worker / worker.sum()));
  EXPECT_TRUE(near(p.row(1), fitter / fitter.sum()));
  EXPECT_TRUE(same_bits(p.bottomRows(3), moves().bottomRows(3)));
  // From staying, each ratio of risks is exact.
  const Matrix risk = after(MoveEffects("x", {{l["worker"], technicians, rungs::risk_ratio(.5), GivenUp::staying}}));
  EXPECT_TRUE(near(risk.row(0), row({.65, .1, .05, .05, .15})));
}

TEST(MoveEffectsTest, PointsOnSeveralTargetsAreAddedToEach) {
  const Ladder l = ladder();
  const Matrix p = after(MoveEffects("x", {{l["worker"], l.set_of({1, 2}), rungs::points(.1)}}));
  EXPECT_NEAR(p(0, 1), .3, 1e-15);
  EXPECT_NEAR(p(0, 2), .2, 1e-15);
}

// Each move becomes what is stated, whichever effect is named first; what is left is as it was in proportion.
TEST(MoveEffectsTest, SeveralEffectsOnOneRowDoNotTakeFromEachOther) {
  const Ladder l = ladder();
  const MoveEffect points{l["worker"], l["fitter"], rungs::points(.1)},
      risk{l["worker"], l["clerk"], rungs::risk_ratio(1.5)}, hazard{l["worker"], l["manager"], rungs::hazard_ratio(2)};
  const Row wanted = row({.5, .3, .15, 1 - .95 * .95, .15});
  const double left = (1 - .3 - .15 - (1 - .95 * .95)) / .65;
  for (const std::vector<MoveEffect>& effects :
       {std::vector{points, risk, hazard}, std::vector{hazard, points, risk}, std::vector{risk, hazard, points}}) {
    const Matrix p = after(MoveEffects("x", effects));
    EXPECT_TRUE(near(p.row(0), row({wanted[0] * left, wanted[1], wanted[2], wanted[3], wanted[4] * left})));
    EXPECT_TRUE(same_bits(p.bottomRows(4), moves().bottomRows(4)));
  }
  // As of one effect on both.
  const MoveEffect other{l["worker"], l["clerk"], rungs::points(.1)};
  EXPECT_TRUE(same_bits(after(MoveEffects("x", {points, other})),
                        after(MoveEffects("x", {{l["worker"], l.set_of({1, 2}), rungs::points(.1)}}))));
  // A move that two effects change has both, one after the other.
  const Matrix twice = after(MoveEffects("x", {points, {l["worker"], l.set_of({1, 2}), rungs::risk_ratio(.5)}}));
  EXPECT_NEAR(twice(0, 1), (.2 + .1) * .5, 1e-15);
}

TEST(MoveEffectsTest, OneWorldHasOneEffectAndItsMovesDoNotMoveApart) {
  const Ladder l = ladder();
  const Effect effect = rungs::odds_ratio(2).interval(1, 4);
  const MoveEffects a("a", {{l.set_of({0, 1}), l["manager"], effect}}), b("b", {{l["worker"], l["manager"], effect}});
  const auto odds_ratio_of = [](const Matrix& p, Eigen::Index i) {
    const double x = p(i, 3), y = moves()(i, 3);
    return x / (1 - x) / (y / (1 - y));
  };
  const Draw draw(Seed(4), 7);
  const double first = odds_ratio_of(after(a, 0, draw), 0);
  EXPECT_NEAR(odds_ratio_of(after(a, 0, draw), 1), first, 1e-12) << "the same for every move";
  EXPECT_NEAR(odds_ratio_of(after(a, 5, draw), 0), first, 1e-12) << "and in every period";
  EXPECT_GT(std::abs(odds_ratio_of(after(a, 0, Draw(Seed(4), 8)), 0) - first), 1e-6);
  EXPECT_GT(std::abs(odds_ratio_of(after(b, 0, draw), 0) - first), 1e-6) << "another programme, another number";
  EXPECT_NEAR(odds_ratio_of(after(a), 0), 2, 1e-12) << "the point";
  EXPECT_TRUE(a.varies());
  EXPECT_FALSE(one(rungs::odds_ratio(2)).varies());
}

TEST(MoveEffectsTest, OpensAMoveOnTheLogit) {
  const Ladder l = ladder();
  const MoveEffects e("grant",
                      {{l["manager"], l["worker"], rungs::points(.04).interval(.01, .06), GivenUp::staying, true}});
  EXPECT_NEAR(after(e)(3, 0), .04, 1e-15);
  for (std::uint64_t k = 0; k < 2000; ++k) {
    const double p = after(e, 0, Draw(Seed(1), k))(3, 0);
    ASSERT_GT(p, 0);
    ASSERT_LT(p, .5);
  }
  EXPECT_FALSE(e.is_null());
}

TEST(MoveEffectsTest, NullEffectsKeepEveryBit) {
  const Ladder l = ladder();
  const MoveEffects e("none", {{l["worker"], l["fitter"], rungs::odds_ratio(1)},
                               {l["worker"], l["clerk"], rungs::hazard_ratio(1)},
                               {l["fitter"], l["manager"], rungs::risk_ratio(1)},
                               {l["clerk"], l["manager"], rungs::points(0)},
                               {l["clerk"], l["left"], rungs::log_odds(0)}});
  EXPECT_TRUE(e.is_null());
  EXPECT_TRUE(same_bits(after(e), moves()));
  EXPECT_TRUE(MoveEffects("empty", {}).is_null());
}

// --- programmes ---------------------------------------------------------------------------------

Programme programme(double lock_in, const MoveEffects& effects) {
  return {Programme::Terms{.eligible = ladder()["worker"], .lock_in_years = lock_in}, effects};
}
Matrix after(const Programme& p, double years, bool effective, Step step = Step()) {
  Matrix m = moves();
  (void)p.change(m, ladder(), years, step, Draw::point(), effective);
  return m;
}

TEST(ProgrammeTest, NobodyLockedInMovesUp) {
  const Programme p = programme(2, one(rungs::odds_ratio(4)));
  for (const bool effective : {true, false})
    for (const double years : {0.0, 1.0}) {
      const Matrix m = after(p, years, effective);
      EXPECT_TRUE(near(m.row(0), row({.85, 0, 0, 0, .15})));
      EXPECT_TRUE(near(m.row(1), row({.1, .7, .1, 0, .1})));
      EXPECT_TRUE(near(m.row(2), row({.05, .15, .7, 0, .1}))) << "within a rung is not up";
      EXPECT_TRUE(same_bits(m.bottomRows(2), moves().bottomRows(2)));
      EXPECT_EQ(m(0, 1) + m(0, 2) + m(0, 3), 0) << "not even a little";
    }
  EXPECT_TRUE(same_bits(after(p, 2, false), moves())) << "free again, without effect";
  EXPECT_NEAR(after(p, 2, true)(0, 1), .5, 1e-15) << "the effect begins when the lock-in ends";
  EXPECT_EQ(p.settled(), 2);
}

TEST(ProgrammeTest, HalfAPeriodLockedInHoldsHalfOfTheMovesUp) {
  const Programme p = programme(.5, one(rungs::odds_ratio(1)));
  const Matrix m = after(p, 0, false);
  EXPECT_TRUE(near(m.row(0), row({.675, .1, .05, .025, .15})));
  EXPECT_TRUE(near(m.row(1), row({.1, .65, .1, .05, .1})));
  EXPECT_TRUE(same_bits(after(p, 1, false), moves()));
  // A quarter is left of the second year, and two half-year steps fill one and a quarter years
  // with 2.5.
  EXPECT_NEAR(after(programme(1.25, one(rungs::odds_ratio(1))), 1, false)(0, 1), .15, 1e-15);
  EXPECT_NEAR(after(programme(1.25, one(rungs::odds_ratio(1))), 1, false, Step(1, .5))(0, 1), .1, 1e-15);
  EXPECT_NEAR(after(programme(1.25, one(rungs::odds_ratio(1))), 1.5, false, Step(1, .5))(0, 1), .2, 1e-15);
}

TEST(ProgrammeTest, TheEffectIsWholeInThePeriodInWhichTheLockInEnds) {
  // A move within a rung is never held, so that it has the whole effect from the period on in which
  // the person is free.
  const Ladder l = ladder();
  const Programme p = programme(.5, MoveEffects("x", {{l["fitter"], l["clerk"], rungs::odds_ratio(4)}}));
  EXPECT_NEAR(after(p, 0, true)(1, 2), 4 * .1 / (.9 + 4 * .1), 1e-15);
  EXPECT_NEAR(after(p, 1, true)(1, 2), 4 * .1 / (.9 + 4 * .1), 1e-15);
}

// Free half: .5 (odds .25 * 4 = 1), for half of the year.
TEST(ProgrammeTest, AfterHalfAYearOfLockInTheFreeHalfHasTheWholeEffect) {
  EXPECT_NEAR(after(programme(.5, one(rungs::odds_ratio(4))), 0, true)(0, 1), .25, 1e-15);
}

TEST(ProgrammeTest, EffectAndLockInApartMakeTheChange) {
  for (const double lock_in : {0.0, .5, 1.0, 1.5})
    for (const double years : {0.0, 1.0, 2.0}) {
      const Programme p = programme(lock_in, one(rungs::odds_ratio(4)));
      Matrix m = moves();
      (void)p.take_effect(m, ladder(), years, Step(), Draw::point());
      Programme::lock_in(m, ladder(), Programme::locked(lock_in, years, Step()));
      EXPECT_TRUE(same_bits(m, after(p, years, true)));
    }
}

TEST(ProgrammeTest, KnowsWhatItIs) {
  const Ladder l = ladder();
  const Programme p({.eligible = l["worker"], .uptake = Share(.4), .years = {{2000, 2002}}},
                    one(rungs::odds_ratio(2).interval(1, 4)));
  EXPECT_EQ(p.name(), "course");
  EXPECT_EQ(p.terms().uptake, Share(.4));
  EXPECT_TRUE(p.varies());
  ASSERT_TRUE(p.effects());
  EXPECT_EQ(p.effects()->name(), "course");
  EXPECT_FALSE(p.enrols_in(1999));
  EXPECT_TRUE(p.enrols_in(2000));
  EXPECT_TRUE(p.enrols_in(2002));
  EXPECT_FALSE(p.enrols_in(2003));
  EXPECT_TRUE(Programme({.eligible = l["worker"]}, one(rungs::odds_ratio(2))).enrols_in(-5000));
}

TEST(ProgrammeTest, KnowsWhenItChangesNothing) {
  const Ladder l = ladder();
  const auto effect = one(rungs::odds_ratio(2)), null = one(rungs::odds_ratio(1));
  const auto nothing = [](const Programme& p) { return p.changes_nothing(); };
  EXPECT_FALSE(nothing({{.eligible = l["worker"]}, effect}));
  EXPECT_TRUE(nothing({{.eligible = l["worker"]}, null}));
  EXPECT_FALSE(nothing({{.eligible = l["worker"], .lock_in_years = 1}, null}));
  EXPECT_FALSE(nothing({{.eligible = l["worker"]}, one(rungs::odds_ratio(1).interval(.9, 1.1))}))
      << "in other worlds it does";
  EXPECT_TRUE(nothing({{.eligible = l["worker"], .offered = Share(0), .lock_in_years = 1}, effect}));
  EXPECT_TRUE(nothing({{.eligible = l["worker"], .uptake = Share(0)}, effect}));
  EXPECT_TRUE(nothing({{.eligible = l["worker"], .seats_per_year = rungs::Heads(0)}, effect}));
  EXPECT_TRUE(nothing({{.eligible = l["worker"], .completion = Share(0)}, effect}));
  EXPECT_FALSE(nothing({{.eligible = l["worker"], .completion = Share(0), .lock_in_years = 1}, effect}));
}

TEST(ProgrammeTest, RefusesTermsThatAreNone) {
  const Ladder l = ladder();
  const auto effect = one(rungs::odds_ratio(2));
  for (const auto& [years, text] : {std::pair(-1.0, "-1"), std::pair(nan, "nan"), std::pair(1001.0, "1001")})
    expect_error<DomainError>([&, y = years] { Programme({.eligible = l["worker"], .lock_in_years = y}, effect); },
                              "E-PROFILE", std::string("found a lock-in of ") + text + " years; expected 0 to 1000");
  for (const auto& [cost, text] : {std::pair(nan, "nan"), std::pair(HUGE_VAL, "inf"), std::pair(-2e15, "-2e+15")}) {
    const std::string message = std::string("found an amount of ") + text + "; expected a finite number";
    expect_error<DomainError>(
        [&, c = cost] { Programme({.eligible = l["worker"], .cost_per_participant = c}, effect); }, "E-COST", message);
    expect_error<DomainError>([&, c = cost] { Programme({.eligible = l["worker"], .fixed_cost_per_year = c}, effect); },
                              "E-COST", message);
  }
  EXPECT_NO_THROW(Programme({.eligible = l["worker"], .cost_per_participant = -5}, effect))
      << "a fee is a cost below 0";
  expect_error<DomainError>(
      [&] {
        Programme({.eligible = l["worker"], .years = {{2005, 2004}}}, effect);
      },
      "E-EFFECT-DATES", "found years from 2005 to 2004; expected the first year first");
  EXPECT_NO_THROW(Programme({.eligible = l["worker"], .years = {{2005, 2005}}}, effect));
}

TEST(ProgrammeTest, RefusesModulesLoansAndRulesThatAreNone) {
  const Ladder l = ladder();
  const auto effect = one(rungs::odds_ratio(2));
  const auto made = [&](Programme::Terms terms) {
    return [=] {
      Programme::Terms t = terms;
      t.eligible = l["worker"];
      Programme(t, effect);
    };
  };
  const auto of = [&] { return Programme::Terms{.eligible = l["worker"]}; };
  for (const int modules : {-1, 51}) {
    Programme::Terms t = of();
    t.modules = modules;
    t.modules_per_year = 1;
    expect_error<DomainError>(made(t), "E-MODULES",
                              "found " + std::to_string(modules) + " modules; expected a number from 0 to 50");
  }
  for (const auto& [rate, text] : {std::pair(0.0, "0"), std::pair(nan, "nan"), std::pair(1001.0, "1001")}) {
    Programme::Terms t = of();
    t.modules = 1;
    t.modules_per_year = rate;
    expect_error<DomainError>(made(t), "E-MODULES",
                              std::string("found ") + text + " modules a year; expected a rate above 0, at most 1000");
  }
  const auto years = [&](auto set, const char* what) {
    Programme::Terms t = of();
    set(t);
    expect_error<DomainError>(made(t), "E-PROFILE", std::string("found ") + what + " of -1 years; expected 0 to 1000");
  };
  years([](Programme::Terms& t) { t.years_in_stratum = -1; }, "a time in the stratum");
  years([](Programme::Terms& t) { t.drop_out_years = -1; }, "a time until dropping out");
  years([](Programme::Terms& t) { t.again_after_years = -1; }, "a time until enrolling again");
  const auto loan = [&](rungs::Loan x, const std::string& text) {
    Programme::Terms t = of();
    t.loan = x;
    expect_error<DomainError>(made(t), "E-LOAN", text);
  };
  loan({.amount = -1}, "found a loan of -1; expected an amount, 0 or more");
  loan({.amount = nan}, "found a loan of nan; expected an amount, 0 or more");
  loan({.amount = 1, .interest = 11}, "found an interest of 11; expected a yearly rate from 0 to 10, such as 0.04");
  loan({.amount = 1, .repaid_over_years = 101}, "found a loan repaid over 101 years; expected a number from 0 to 100");
  Programme::Terms t = of();
  t.rationing = rungs::Rationing::longest_waiting;
  expect_error<Refusal>(made(t), "E-RATIONING",
                        "found seats for the longest waiting of '" + effect.name() +
                            "' without a waiting list; expected a waiting list, or another rule");
  t.waiting_list = true;
  EXPECT_NO_THROW(made(t)());
  // Seats for the people of another ladder.
  t.seat_plan = {{{2000, Ladder::parse("a < b")["a"], rungs::Heads(1)}}};
  EXPECT_THROW(Programme(t, effect).check(kernel()), Refusal);
  // A plan counts instead of the seats of every year, and so does a plan without any.
  t = of();
  t.seats_per_year = rungs::Heads(0);
  t.seat_plan = {{{2000, l["worker"], rungs::Heads(1)}}};
  EXPECT_FALSE(Programme(t, effect).nobody_enrols());
  t.seats_per_year = rungs::Heads(5);
  t.seat_plan = {{{2000, l["worker"], rungs::Heads(0)}}};
  EXPECT_TRUE(Programme(t, effect).nobody_enrols());
}

// --- what is left, and what it costs ------------------------------------------------------------

TEST(ProgrammeTest, DeductionsInTurn) {
  const Ladder l = ladder();
  const Programme p(
      {.eligible = l["worker"], .deadweight = Share(.2), .substitution = Share(.25), .displacement = Share(.5)},
      one(rungs::odds_ratio(2)));
  const Programme::Kept kept = p.kept(Draw(Seed(1), 1));
  EXPECT_NEAR(kept.after_deadweight, .8, 1e-15);
  EXPECT_NEAR(kept.after_substitution, .6, 1e-15);
  EXPECT_NEAR(kept.net, .3, 1e-15);
  EXPECT_FALSE(p.all_count());
  EXPECT_TRUE(Programme({.eligible = l["worker"]}, one(rungs::odds_ratio(2))).all_count());
  // Drawn apart from each other, and the median at the point.
  using rungs::UncertainShare;
  const Programme drawn({.eligible = l["worker"],
                         .deadweight = UncertainShare(Share(.2)).interval(.1, .4),
                         .substitution = UncertainShare(Share(.2)).interval(.1, .4),
                         .displacement = UncertainShare(Share(.2)).interval(.1, .4)},
                        one(rungs::odds_ratio(2)));
  EXPECT_TRUE(drawn.varies());
  EXPECT_NEAR(drawn.kept(Draw::point()).net, .8 * .8 * .8, 1e-15);
  double mean = 0, square = 0, both = 0;
  int below = 0;
  for (std::uint64_t d = 0; d < 10'000; ++d) {
    const Programme::Kept k = drawn.kept(Draw(Seed(2), d));
    const auto logit = [](double x) { return std::log(x / (1 - x)); };
    const double a = logit(1 - k.after_deadweight) - logit(.2),
                 b = logit(1 - k.after_substitution / k.after_deadweight) - logit(.2);
    below += a < 0 ? 1 : 0;
    mean += a / 10'000;
    square += a * a / 10'000;
    both += a * b / 10'000;
  }
  EXPECT_NEAR(below, 5000, 200);
  EXPECT_LT(std::abs(both - mean * mean) / square, .05) << "deadweight and substitution hang together";
}

TEST(LoanTest, Instalments) {
  // 1000 at 10 percent over 2 years: 1000 = a / 1.1 + a / 1.21, a = 1000 * 1.21 / 2.1
  EXPECT_NEAR((rungs::Loan{1000, .1, 2}.instalment()), 1210 / 2.1, 1e-10);
  EXPECT_NEAR((rungs::Loan{1000, 0, 4}.instalment()), 250, 0);
  EXPECT_EQ((rungs::Loan{1000, .1, 0}.instalment()), 0) << "a gift";
  EXPECT_EQ((rungs::Loan{1000, .1, 0}.repaid(.05)), 0);
  for (const double interest : {1e-9, .01, .2, 3.0})
    for (const int years : {1, 7, 40, 100}) {
      const rungs::Loan loan{5000, interest, years};
      const double q = std::pow(1 + interest, years);
      if (interest > 1e-6) {
        EXPECT_NEAR(loan.instalment(), 5000 * interest * q / (q - 1), 1e-9 * 5000);
      }
      EXPECT_NEAR(loan.repaid(interest), 5000, 1e-8) << "worth the loan at its own rate";
      EXPECT_NEAR(loan.repaid(0), years * loan.instalment(), 1e-7);
      // The closed value of an annuity at another rate.
      EXPECT_NEAR(loan.repaid(.04), loan.instalment() * (1 - std::pow(1.04, -years)) / .04, 1e-7);
    }
}

TEST(LoanTest, CostOfAParticipant) {
  const Ladder l = ladder();
  const auto cost = [&](rungs::Loan loan, double discount, Draw draw = Draw::point()) {
    return Programme({.eligible = l["worker"],
                      .completion = Share(.75),
                      .cost_per_participant = 100,
                      .cost_per_completion = 40,
                      .loan = loan},
                     MoveEffects("course", {}))
        .cost_of_participant(discount, draw);
  };
  EXPECT_NEAR(cost({1000, .05, 10}, .05), 130, 1e-9) << "a loan at the rate of discount costs nothing";
  EXPECT_NEAR(cost({1000, .05, 10, Share(1)}, .05), 1130, 1e-9) << "never paid";
  EXPECT_NEAR(cost({1000, .05, 10, Share(.3)}, .05), 430, 1e-9);
  EXPECT_NEAR(cost({1000, .05, 0}, .05), 1130, 0) << "a gift";
  EXPECT_NEAR(cost({1000, 0, 2}, .25), 130 + 1000 - 500 / 1.25 - 500 / 1.5625, 1e-10);
  EXPECT_LT(cost({1000, .2, 10}, .05), 130) << "dear loans earn";
  // The default is drawn: the stated share is the median, so is the cost at it.
  const rungs::Loan drawn{1000, .05, 10, rungs::UncertainShare(Share(.3)).interval(.1, .6)};
  int below = 0, inside = 0;
  for (std::uint64_t d = 0; d < 10'000; ++d) {
    const double x = cost(drawn, .05, Draw(Seed(3), d)) - 130;
    below += x < 300 ? 1 : 0;
    inside += x > 100 && x < 600 ? 1 : 0;
  }
  EXPECT_NEAR(below, 5000, 200);
  EXPECT_NEAR(inside, 9500, 90);
}

// --- the gradient behind an effect --------------------------------------------------------------

TEST(PullBack, EqualsDifferencesOnEveryScale) {
  const Ladder l = ladder();
  const auto i = Eigen::Index{0};
  for (const Effect& e : {rungs::odds_ratio(3), rungs::hazard_ratio(.5), rungs::risk_ratio(1.5), rungs::points(-.05),
                          rungs::log_odds(.7)})
    for (const GivenUp given_up : {GivenUp::others, GivenUp::staying})
      for (const double years : {0.0, 1.0, 2.5}) {
        const Programme p(
            {.eligible = l["worker"], .lock_in_years = .5},
            MoveEffects(
                "x", {{l["worker"], l.set_of({1, 2}), e, given_up}, {l["worker"], l["manager"], rungs::odds_ratio(2)}},
                Profile().fade_half_life(1)));
        Matrix g(5, 5);
        for (Eigen::Index r = 0; r < 5; ++r)
          for (Eigen::Index c = 0; c < 5; ++c) g(r, c) = std::sin(static_cast<double>(7 * r + 3 * c));
        const Matrix weights = g;
        const auto value = [&](const Row& x) {
          Matrix m = moves();
          m.row(i) = x;
          p.take_effect(m, l, years, Step(), Draw::point());
          return m.row(i).dot(weights.row(i));
        };
        p.pull_back(moves(), l, years, Step(), Draw::point(), p.in_world(Draw::point()), false, g);
        // In directions in which the row stays a probability.
        const Row at = moves().row(i);
        for (const Row& d : {row({-1, 1, 0, 0, 0}), row({.3, -.5, .4, -.4, .2}), row({0, 0, 1, -1, 0})}) {
          const double h = 1e-5;
          EXPECT_NEAR(g.row(i).dot(d), (value(at + h * d) - value(at - h * d)) / (2 * h), 1e-8)
              << name(e.scale()) << " " << years;
        }
      }
}

// --- fits the model? ----------------------------------------------------------------------------

void check(const MoveEffect& effect, const Kernel& model = kernel()) {
  Programme({.eligible = model.ladder().at(0)}, MoveEffects("course", {effect})).check(model);
}

TEST(ProgrammeCheck, AcceptsWhatFits) {
  const Ladder l = ladder();
  EXPECT_NO_THROW(check({l["worker"], l["fitter"], rungs::odds_ratio(2)}));
  EXPECT_NO_THROW(check({l["worker"], l["left"], rungs::risk_ratio(.5)})) << "into an exit";
  EXPECT_NO_THROW(check({l.set_of({0, 1, 2}), l.set_of({1, 2}), rungs::odds_ratio(2)})) << "staying is passed over";
  EXPECT_NO_THROW(
      check({Ladder::parse("worker < fitter, clerk < manager | left")["worker"], l["fitter"], rungs::odds_ratio(2)}))
      << "an equal ladder";
}

TEST(ProgrammeCheck, RefusesOtherLadders) {
  const Ladder l = ladder(), other = Ladder::parse("a < b");
  const std::string text =
      "found a stratum of another ladder ('a', 'b'); expected one of 'worker', 'fitter', 'clerk', "
      "'manager', 'left'";
  expect_error<Refusal>([&] { check({other["a"], l["fitter"], rungs::odds_ratio(2)}); }, "E-LADDER-OTHER", text);
  expect_error<Refusal>([&] { check({l["worker"], other["b"], rungs::odds_ratio(2)}); }, "E-LADDER-OTHER", text);
  expect_error<Refusal>([&] { Programme({.eligible = other["a"]}, one(rungs::odds_ratio(2))).check(kernel()); },
                        "E-LADDER-OTHER", text);
}

TEST(ProgrammeCheck, RefusesExits) {
  const Ladder l = ladder();
  expect_error<Refusal>(
      [&] {
        Programme({.eligible = l.set_of({0, 4})}, one(rungs::odds_ratio(2))).check(kernel());
      },
      "E-ABSORB-LEFT", "found the exit 'left' among those eligible for 'course'; expected strata");
  expect_error<Refusal>(
      [&] {
        check({l["left"], l["worker"], rungs::odds_ratio(2)});
      },
      "E-ABSORB-LEFT", "found an effect on 'left' -> 'worker' by 'course'; expected no move out of an exit");
  expect_error<Refusal>(
      [&] {
        check({l["left"], l["worker"], rungs::points(.1), GivenUp::others, true});
      },
      "E-ABSORB-LEFT", "found an effect on 'left' -> 'worker' by 'course'; expected no move out of an exit");
}

TEST(ProgrammeCheck, RefusesStaying) {
  const Ladder l = ladder();
  expect_error<Refusal>(
      [&] {
        check({l["worker"], l["worker"], rungs::odds_ratio(2)});
      },
      "E-EFFECT-SELF", "found an effect on 'worker' -> 'worker' by 'course'; expected two different strata");
}

// Workers become fitters, fitters managers, and nothing else.
Kernel narrow() {
  const Ladder l = Ladder::builder()
                       .rung("worker")
                       .rung("fitter")
                       .rung("manager")
                       .move("worker", "fitter")
                       .move("fitter", "manager")
                       .build();
  Matrix m(3, 3);
  m << .9, .1, 0, 0, .6, .4, 0, 0, 1;
  return Kernel(rungs::TransitionMatrix(l, m));
}

TEST(ProgrammeCheck, RefusesImpossibleMovesUnlessOpened) {
  const Kernel k = narrow();
  const Ladder& l = k.ladder();
  const MoveEffect leap{l["worker"], l["manager"], rungs::odds_ratio(2)};
  expect_error<Refusal>([&] { check(leap, k); }, "E-STRUCT-ZERO",
                        "found an effect on 'worker' -> 'manager' by 'course', which the ladder "
                        "declares impossible; expected a possible "
                        "move, or `opens = true` with an effect in points");
  for (const Effect& effect : {rungs::odds_ratio(2), rungs::hazard_ratio(2), rungs::risk_ratio(2), rungs::log_odds(2)})
    expect_error<Refusal>(
        [&] {
          check({leap.from, leap.to, effect, GivenUp::others, true}, k);
        },
        "E-STRUCT-ZERO",
        "found an effect on 'worker' -> 'manager' by 'course' that opens the move on the scale "
        "of " +
            rungs::name(effect.scale()) + "; expected points, since a ratio of 0 is 0");
  EXPECT_NO_THROW(check({leap.from, leap.to, rungs::points(.02).interval(.01, .04), GivenUp::others, true}, k));
  const std::string text =
      "found an opened move 'worker' -> 'manager' by 'course' with a probability or bound not "
      "between 0 and 1; expected numbers between "
      "0 and 1";
  for (const Effect& effect :
       {rungs::points(0), rungs::points(1), rungs::points(-.1), rungs::points(.1).interval(0, .2),
        rungs::points(.1).interval(.05, 1), rungs::points(.1).interval(-.1, .2)}) {
    const auto f = [&] { check({leap.from, leap.to, effect, GivenUp::others, true}, k); };
    expect_error<DomainError>(f, "E-EFFECT-RANGE", text);
    EXPECT_THAT(f, Throws<DomainError>(Property(&DomainError::found, effect.value())));
  }
}

TEST(ProgrammeCheck, LooksAtEveryPeriod) {
  const Ladder l = ladder();
  Matrix later = moves();
  later.row(0) << .2, .6, .1, .05, .05;
  const rungs::TransitionMatrix first(l, moves()), second(l, later);
  const MoveEffect tripled{l["worker"], l["fitter"], rungs::risk_ratio(3)};
  EXPECT_NO_THROW(check(tripled, Kernel(rungs::Period(1), {first})));
  const auto f = [&] { check(tripled, Kernel(rungs::Period(1), {first, second})); };
  expect_error<DomainError>(f, "E-EFFECT-RANGE",
                            "found a risk ratio of 3 on 'worker' -> 'fitter' by 'course' that "
                            "turns a probability of 0.6 into 1.8; expected a "
                            "probability; an odds ratio cannot leave 0 to 1");
  EXPECT_THAT(f, Throws<DomainError>(Property(&DomainError::found, testing::DoubleEq(1.8))));
}

// --- a kind of programme of one's own -----------------------------------------------------------

/// Nobody falls a rung while a mentor stands by, for three years.
struct Mentoring {
  [[nodiscard]] std::string name() const { return "mentoring"; }
  [[nodiscard]] double settled() const { return 3; }
  [[nodiscard]] bool change(Matrix& p, const Ladder& l, double years, Step /*step*/, const Draw& /*draw*/) const {
    if (years < 0 || years >= 3) return false;
    for (std::size_t i = 0; i < l.strata(); ++i)
      for (std::size_t j = 0; j < l.strata(); ++j)
        if (l.downward(i, j)) {
          const auto r = static_cast<Eigen::Index>(i), c = static_cast<Eigen::Index>(j);
          p(r, r) += p(r, c);
          p(r, c) = 0;
        }
    return false;
  }
};
static_assert(rungs::Intervention<Mentoring>);
struct NoName {
  [[nodiscard]] double settled() const { return 0; }
  bool change(Matrix&, const Ladder&, double, Step, const Draw&) const { return false; }
};
static_assert(!rungs::Intervention<NoName>);

TEST(InterventionTest, OfOnesOwn) {
  const Programme p({.eligible = ladder()["fitter"], .lock_in_years = 1}, Mentoring{});
  EXPECT_EQ(p.name(), "mentoring");
  EXPECT_FALSE(p.effects());
  EXPECT_FALSE(p.changes_nothing());
  EXPECT_TRUE(p.varies()) << "what is not known may vary";
  EXPECT_EQ(p.settled(), 4);
  EXPECT_NO_THROW(p.check(kernel()));
  EXPECT_TRUE(near(after(p, 0, true).row(1), row({.1, .7, .1, 0, .1}))) << "locked in, not yet mentored";
  EXPECT_TRUE(near(after(p, 1, true).row(1), row({0, .7, .1, .1, .1})));
  EXPECT_TRUE(same_bits(after(p, 1, false), moves()));
  EXPECT_TRUE(same_bits(after(p, 4, true), moves()));
}

/// Says itself that it changes nothing.
struct Leaflet : Mentoring {
  [[nodiscard]] bool is_null() const { return true; }
  [[nodiscard]] bool varies() const { return false; }
};

TEST(InterventionTest, MaySayThatItChangesNothing) {
  const Programme p({.eligible = ladder()["fitter"]}, Leaflet{});
  EXPECT_TRUE(p.changes_nothing());
  EXPECT_FALSE(p.varies());
}

}  // namespace
}  // namespace programme_test
