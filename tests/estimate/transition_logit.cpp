// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/estimate/transition_logit.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <variant>
#include <vector>

#include <gtest/gtest.h>
#include <Eigen/LU>

#include <rungs/measure/reach.hpp>
#include <rungs/measure/summary.hpp>

#include "../core/message.hpp"
#include "estimators.hpp"

namespace transition_logit_test {
namespace {

using namespace rungs;
using rungs_test::ladder_of;
using rungs_test::said;

constexpr double infinity = std::numeric_limits<double>::infinity();

/// Constants and slopes on a number and a dummy, against outcome 0: what random moves are drawn from.
constexpr std::array<std::array<double, 4>, 4> constants{
    {{0, -0.5, -1, -2}, {0, 0.8, 0.1, -0.4}, {0, 0.3, 1.2, 0.2}, {0, -0.2, 0.4, 1.5}}};
constexpr std::array<double, 4> on_number{0, 0.4, -0.3, 0.7}, on_dummy{0, -0.6, 0.5, 0.2};

/// The probabilities of moves from one stratum, computed plainly; moves that the ladder lacks have none.
Vector plainly(const Ladder& ladder, std::size_t from, double number, double dummy) {
  Vector p(static_cast<Eigen::Index>(ladder.size()));
  for (std::size_t j = 0; j < ladder.size(); ++j)
    p[static_cast<Eigen::Index>(j)] =
        ladder.possible(from, j) ? std::exp(constants[from][j] + on_number[j] * number + on_dummy[j] * dummy) : 0;
  return p / p.sum();
}

/// So many people with `each` moves from drawn strata; everything is independent.
CovariateMoves drawn(const Ladder& ladder, std::size_t people, std::size_t each, std::uint64_t seed) {
  CovariateMoves out{ladder};
  Vector number(static_cast<Eigen::Index>(people * each)), dummy = number;
  Stream s({Seed(seed), 0});
  for (std::size_t k = 0; k < people * each; ++k) {
    const auto r = static_cast<Eigen::Index>(k);
    number[r] = 0.5 * static_cast<double>(s.below(9)) - 2;
    dummy[r] = static_cast<double>(s.below(2));
    const std::size_t from = s.below(ladder.strata());
    const Vector p = plainly(ladder, from, number[r], dummy[r]);
    double left = s.uniform();
    std::size_t to = 0;
    while (to + 1 < ladder.size() && left >= p[static_cast<Eigen::Index>(to)])
      left -= p[static_cast<Eigen::Index>(to++)];
    while (!ladder.possible(from, to)) --to;
    out.from.push_back(static_cast<std::uint16_t>(from));
    out.to.push_back(static_cast<std::uint16_t>(to));
    out.person.push_back(static_cast<std::uint32_t>(k / each));
  }
  out.covariates.number("number", number).number("dummy", dummy);
  return out;
}
/// Three strata and an exit; nobody moves from the bottom to the top, nor from the top to the exit.
Ladder narrow() {
  return Ladder::builder()
      .rung("s0")
      .rung("s1")
      .rung("s2")
      .exit("left")
      .move("s0", "s1")
      .move("s0", "left")
      .move("s1", "s0")
      .move("s1", "s2")
      .move("s1", "left")
      .move("s2", "s1")
      .move("s2", "s0")
      .build();
}

double furthest(const Matrix& a, const Matrix& b) { return (a - b).cwiseAbs().maxCoeff(); }

const std::array<LogitForm, 2> both_forms{LogitForm::pooled, LogitForm::by_origin};

TEST(TransitionLogit, OfADummyIsTheOddsRatio) {
  // 30 and 20 of those without, 12 and 48 of those with it go up: the log-odds ratio is that of the 2 by 2 table.
  CovariateMoves m{ladder_of(2)};
  Vector dummy(110);
  for (int k = 0; k < 110; ++k) {
    m.from.push_back(0);
    m.to.push_back(k < 30 || (k >= 50 && k < 62) ? 0 : 1);
    dummy[k] = k < 50 ? 0 : 1;
  }
  m.covariates.number("with", dummy);
  const TransitionLogit logit{
      .form = LogitForm::by_origin, .variance = LogitVariance::model, .unleft = Unleft::absorbing};
  const FittedLogit fit = logit.fit(m);
  const LogitCoefficients c = fit.coefficients(m.ladder["s0"]);
  EXPECT_EQ(c.base, "s0");
  EXPECT_EQ(c.outcomes, std::vector<std::string>{"s1"});
  EXPECT_EQ(c.columns, (std::vector<std::string>{"(constant)", "with"}));
  EXPECT_NEAR(c.values(0, 0), std::log(20.0 / 30), 1e-13);
  EXPECT_NEAR(c.values(0, 1), std::log(48.0 * 30 / (12 * 20)), 1e-13);
  EXPECT_NEAR(c.standard_errors(0, 0), std::sqrt(1.0 / 20 + 1.0 / 30), 1e-13);
  EXPECT_NEAR(c.standard_errors(0, 1), std::sqrt(1.0 / 20 + 1.0 / 30 + 1.0 / 12 + 1.0 / 48),
              1e-11);  // of the step before
  EXPECT_NEAR(fit.log_likelihood(), 20 * std::log(0.4) + 30 * std::log(0.6) + 48 * std::log(0.8) + 12 * std::log(0.2),
              1e-12);
  EXPECT_EQ(fit.parameters(), 2);
  EXPECT_NEAR(fit.aic(), fit.deviance() + 4, 1e-12);
  EXPECT_NEAR(fit.bic(), fit.deviance() + 2 * std::log(110), 1e-12);
  // The sandwich of a saturated logit is the inverse of the information, but for people / (people - 1).
  TransitionLogit robust = logit;
  robust.variance = LogitVariance::by_person;
  EXPECT_LT(
      furthest(robust.fit(m).coefficients(m.ladder["s0"]).standard_errors, std::sqrt(110.0 / 109) * c.standard_errors),
      1e-11);
  // One coefficient: Wald's statistic is the square of its ratio to the error, and the effect is that of the shares.
  const double ratio = c.values(0, 1) / c.standard_errors(0, 1);
  const LogitTest wald = fit.wald_test({"with"});
  EXPECT_NEAR(wald.statistic, ratio * ratio, 1e-10);
  EXPECT_EQ(wald.degrees_of_freedom, 1);
  EXPECT_NEAR(wald.p_value, std::erfc(ratio / std::sqrt(2.0)), 1e-14);
  const MarginalEffect effect = fit.marginal_effects(m).at(0);
  EXPECT_TRUE(effect.difference);
  EXPECT_NEAR(effect.effect(0, 1), 0.8 - 0.4, 1e-13);
  EXPECT_NEAR(effect.effect(0, 0), 0.4 - 0.8, 1e-13);
  EXPECT_NEAR(effect.standard_error(0, 1), std::sqrt(0.8 * 0.2 / 60 + 0.4 * 0.6 / 50), 1e-11);
  EXPECT_TRUE(std::isnan(effect.effect(1, 0)));  // nobody is there
}

TEST(TransitionLogit, HasTheDerivativesOfItsLikelihood) {
  Stream s({Seed(3), 0});
  detail::LogitRows rows;
  rows.z.resize(600, 3);  // more than two blocks
  rows.weight.resize(600);
  for (Eigen::Index k = 0; k < 600; ++k) {
    rows.z.row(k) << 1, s.normal(), s.normal();
    rows.weight[k] = 0.5 + s.uniform();
    rows.outcome.push_back(static_cast<int>(s.below(4)));
  }
  Eigen::MatrixXd phi(3, 3), gradient, information, up, down, other;
  for (double& x : phi.reshaped()) x = s.normal();
  const double value = detail::logit_pass(rows, phi, gradient, information);
  double plain = 0;
  for (Eigen::Index k = 0; k < 600; ++k) {
    const Vector e = (phi.transpose() * rows.z.row(k).transpose()).array().exp();
    const int to = rows.outcome[static_cast<std::size_t>(k)];
    plain += rows.weight[k] * std::log((to == 3 ? 1 : e[to]) / (1 + e.sum()));
  }
  EXPECT_NEAR(value / plain, 1, 1e-14);
  for (Eigen::Index u = 0; u < 9; ++u) {
    const double h = 1e-5, at = phi.data()[u];
    phi.data()[u] = at + h;
    const double above = detail::logit_pass(rows, phi, up, other);
    phi.data()[u] = at - h;
    const double below = detail::logit_pass(rows, phi, down, other);
    phi.data()[u] = at;
    EXPECT_NEAR(gradient.data()[u], (above - below) / (2 * h), 1e-5);
    for (Eigen::Index v = 0; v < 9; ++v)
      EXPECT_NEAR(information(u, v), -(up.data()[v] - down.data()[v]) / (2 * h), 1e-6) << u << " " << v;
  }
}

TEST(TransitionLogit, DoesNotOverflow) {
  detail::LogitRows rows;
  rows.z = Eigen::MatrixXd::Ones(2, 1);
  rows.weight = Eigen::ArrayXd::Ones(2);
  rows.outcome = {0, 1};
  Eigen::MatrixXd gradient, information;
  EXPECT_NEAR(detail::logit_pass(rows, Eigen::MatrixXd::Constant(1, 1, 800), gradient, information), -800, 1e-10);
  EXPECT_NEAR(detail::logit_pass(rows, Eigen::MatrixXd::Constant(1, 1, -800), gradient, information), -800, 1e-10);
}

TEST(TransitionLogit, RecoversWhatMovesWereDrawnFrom) {
  const CovariateMoves m = drawn(narrow(), 40'000, 1, 11);
  for (const LogitForm form : both_forms) {
    const FittedLogit fit = TransitionLogit{.form = form}.fit(m);
    EXPECT_TRUE(fit.warnings().empty());
    for (const std::size_t from : {0U, 1U, 2U}) {
      const LogitCoefficients c = fit.coefficients(m.ladder.at(from));
      for (std::size_t k = 0; k < c.outcomes.size(); ++k) {
        const std::size_t to = m.ladder[c.outcomes[k]].index(), base = m.ladder[c.base].index();
        const std::array<double, 3> truth{constants[from][to] - constants[from][base], on_number[to] - on_number[base],
                                          on_dummy[to] - on_dummy[base]};
        for (std::size_t a = 0; a < 3; ++a) {
          const auto r = static_cast<Eigen::Index>(k), q = static_cast<Eigen::Index>(a);
          if (!m.ladder.possible(from, to)) continue;
          EXPECT_LT(std::abs(c.values(r, q) - truth[a]), 5 * c.standard_errors(r, q)) << from << to << a;
          EXPECT_LT(c.standard_errors(r, q), 0.15);
        }
      }
    }
  }
}

TEST(TransitionLogit, GivesImpossibleMovesNothing) {
  const CovariateMoves m = drawn(narrow(), 900, 1, 5);
  for (const LogitForm form : both_forms) {
    const FittedLogit fit = TransitionLogit{.form = form}.fit(m);
    // Constants of the moves possible but for one in each row, slopes of the outcomes but the base.
    EXPECT_EQ(fit.parameters(), form == LogitForm::pooled ? 2 + 3 + 2 + 3 * 2 : (2 + 3 + 2) * 3);
    const Ensemble e = fit.ensemble(fit.values({{"number", 0.7}, {"dummy", 1}}));
    for (const Matrix& p :
         {Matrix(e.point().matrix(0)), e.draw(Draw(Seed(1), 4)).matrix(0), fit.standardised(m).matrix()}) {
      EXPECT_EQ(p(0, 2), 0);
      EXPECT_EQ(p(2, 3), 0);
      EXPECT_EQ(p(3, 3), 1);
      EXPECT_LT((p.rowwise().sum().array() - 1).abs().maxCoeff(), 1e-15);
    }
    const auto effects = fit.marginal_effects(m);
    EXPECT_LT(effects[0].effect.topRows(3).rowwise().sum().cwiseAbs().maxCoeff(), 1e-15);
    EXPECT_EQ(effects[0].effect(0, 2), 0);
    EXPECT_EQ(effects[0].standard_error(0, 2), 0);
  }
  // From 's2' nobody can reach the exit, from 's0' not 's2': coefficients against the base are infinite there.
  const LogitCoefficients c = TransitionLogit{}.fit(m).coefficients();
  EXPECT_EQ(c.outcomes, (std::vector<std::string>{"s1", "s2", "left"}));
  EXPECT_EQ(c.columns, (std::vector<std::string>{"(constant)", "s1", "s2", "number", "dummy"}));
  EXPECT_EQ(c.values(1, 0), -infinity);
  EXPECT_EQ(c.values(1, 1), infinity);
  EXPECT_EQ(c.values(2, 2), -infinity);
  EXPECT_TRUE(std::isnan(c.standard_errors(2, 2)));
  EXPECT_TRUE(std::isfinite(c.values(1, 3)) && std::isfinite(c.standard_errors(1, 3)));
}

TEST(TransitionLogit, DoesNotDependOnBasesAndUnits) {
  const CovariateMoves m = drawn(narrow(), 400, 2, 6);
  CovariateMoves other = m;
  other.covariates = Covariates();
  other.covariates.number("dummy", m.covariates.values().col(1))
      .number("number", (m.covariates.values().col(0).array() * 1e-3 + 2000).matrix());
  for (const LogitForm form : both_forms) {
    const FittedLogit a = TransitionLogit{.form = form}.fit(m);
    TransitionLogit changed{.form = form};
    changed.base = m.ladder["left"];  // which is impossible from 's2'
    changed.base_origin = m.ladder["s1"];
    const FittedLogit b = changed.fit(other);
    EXPECT_NEAR(a.log_likelihood() / b.log_likelihood(), 1, 1e-13);
    EXPECT_EQ(a.parameters(), b.parameters());
    EXPECT_LT(
        furthest(a.at(Vector::Constant(2, 1)).matrix(), b.at(b.values({{"number", 2000.001}, {"dummy", 1}})).matrix()),
        1e-10);
    const MarginalEffect x = a.marginal_effects(m)[0], y = b.marginal_effects(other)[1];
    EXPECT_LT(furthest(x.effect.topRows(3), 1e-3 * y.effect.topRows(3)), 1e-10);  // of 2000.001, 1e-13 is rounded away
    EXPECT_LT(furthest(x.standard_error.topRows(3), 1e-3 * y.standard_error.topRows(3)), 1e-10);
    EXPECT_NEAR(a.wald_test({"number"}).statistic / b.wald_test({"number"}).statistic, 1, 1e-9);
  }
}

TEST(TransitionLogit, HasNoAnswerWhereLogOddsAreNoNumbers) {
  const CovariateMoves m = drawn(narrow(), 400, 2, 6);
  for (const LogitForm form : both_forms) {
    const FittedLogit fit = TransitionLogit{.form = form}.fit(m);
    for (const double x : {1e308, -1e308, 1e300, 1e130}) {
      const std::vector<CovariateSetting> far{{"number", x}, {"dummy", 1}};
      EXPECT_THROW((void)fit.at(fit.values(far)), DomainError);
      EXPECT_THROW((void)fit.ensemble(fit.values(far)), DomainError);
      EXPECT_THROW((void)fit.standardised(m, far), DomainError);
    }
    const Matrix p = fit.at(fit.values({{"number", 1e100}, {"dummy", 1}})).matrix();
    EXPECT_TRUE(p.allFinite());
    EXPECT_LT((p.rowwise().sum().array() - 1).abs().maxCoeff(), 1e-15);
    EXPECT_EQ((p.array() == 0 || p.array() == 1).count(), p.size());  // whatever has the steepest slope is sure
  }
}

TEST(TransitionLogit, WithoutCovariatesIsTheShares) {
  CovariateMoves m = drawn(narrow(), 500, 1, 7);
  m.covariates = Covariates();
  Matrix shares = Matrix::Zero(4, 4);
  for (std::size_t k = 0; k < m.size(); ++k) shares(m.from[k], m.to[k]) += 1;
  shares(3, 3) = 1;
  const Matrix p = TransitionMatrix::from_weights(m.ladder, shares).matrix();
  for (const LogitForm form : both_forms)
    EXPECT_LT(furthest(TransitionLogit{.form = form}.fit(m).at(Vector()).matrix(), p), 1e-15);
}

TEST(TransitionLogit, StandardisedOverThoseObservedIsTheShares) {
  // At the maximum each row, averaged over the people in its stratum, is the shares of those people.
  CovariateMoves m = drawn(ladder_of(4), 700, 1, 8);
  m.weight_kind = WeightKind::sampling;
  Stream s({Seed(1), 0});
  Matrix shares = Matrix::Zero(4, 4);
  for (std::size_t k = 0; k < m.size(); ++k) {
    m.weight.push_back(0.2 + s.uniform());
    shares(m.from[k], m.to[k]) += m.weight[k];
  }
  const Matrix p = TransitionMatrix::from_weights(m.ladder, shares).matrix();
  for (const LogitForm form : both_forms) {
    const FittedLogit fit = TransitionLogit{.form = form}.fit(m);
    EXPECT_LT(furthest(fit.standardised(m).matrix(), p), 1e-10);
    // rejects: one average for all rows, where everybody stands for the people of each stratum.
    EXPECT_GT(furthest(fit.standardised(m, {}, AveragedOver::everybody).matrix(), p), 1e-3);
    // Everybody set to the same covariates is one of them.
    const Matrix set = fit.standardised(m, {{"number", 1.5}, {"dummy", 0}}).matrix();
    EXPECT_LT(furthest(set, fit.at(fit.values({{"number", 1.5}, {"dummy", 0}})).matrix()), 1e-14);
    EXPECT_TRUE(std::isnan(fit.aic()));
  }
}

TEST(TransitionLogit, AveragesPlainly) {
  const CovariateMoves m = drawn(ladder_of(4), 60, 1, 9);
  const FittedLogit fit = TransitionLogit{}.fit(drawn(ladder_of(4), 500, 1, 10));
  Matrix mean = Matrix::Zero(4, 4);
  for (Eigen::Index k = 0; k < 60; ++k)
    mean += fit.at(fit.values({{"number", m.covariates.values()(k, 0)}, {"dummy", 1}})).matrix() / 60;
  EXPECT_LT(furthest(fit.standardised(m, {{"dummy", 1}}, AveragedOver::everybody).matrix(), mean), 1e-14);
  EXPECT_EQ(said<Refusal>([&] { (void)fit.standardised(drawn(ladder_of(3), 60, 1, 9)); }),
            "found a population on another ladder ('s0', 's1', 's2'); expected 's0', 's1', 's2', 's3' "
            "[E-LADDER-OTHER]");
  // Who has left by an exit is in no stratum, and counts for none.
  const FittedLogit leaving = TransitionLogit{}.fit(drawn(narrow(), 500, 1, 10));
  CovariateMoves some = drawn(narrow(), 60, 1, 9);
  const Matrix before = leaving.standardised(some, {}, AveragedOver::everybody).matrix();
  Matrix x(61, 2);
  x << some.covariates.values(), Eigen::RowVector2d(9, 1);
  some.from.push_back(3);
  some.covariates = Covariates();
  some.covariates.number("number", x.col(0)).number("dummy", x.col(1));
  EXPECT_EQ(leaving.standardised(some, {}, AveragedOver::everybody).matrix(), before);
}

TEST(TransitionLogit, CountsFrequencyWeightsAsPeople) {
  const CovariateMoves once = drawn(ladder_of(4), 150, 3, 12);
  CovariateMoves weighted = once, twice = once;
  weighted.weight_kind = WeightKind::frequency;
  weighted.weight.assign(once.size(), 2);
  Matrix x(once.covariates.rows() * 2, 2);
  x << once.covariates.values(), once.covariates.values();
  for (std::size_t k = 0; k < once.size(); ++k) {
    twice.from.push_back(once.from[k]);
    twice.to.push_back(once.to[k]);
    twice.person.push_back(once.person[k] + 150);
  }
  twice.covariates = Covariates();
  twice.covariates.number("number", x.col(0)).number("dummy", x.col(1));
  for (const LogitForm form : both_forms)
    for (const LogitVariance variance : {LogitVariance::model, LogitVariance::by_person}) {
      const TransitionLogit logit{.form = form, .variance = variance};
      const FittedLogit a = logit.fit(weighted), b = logit.fit(twice), c = logit.fit(once);
      EXPECT_NEAR(a.log_likelihood() / b.log_likelihood(), 1, 1e-13);
      EXPECT_EQ(a.moves(), 900);
      const Stratum s1 = once.ladder["s1"];
      EXPECT_LT(furthest(a.coefficients(s1).values, b.coefficients(s1).values), 1e-11);
      EXPECT_LT(furthest(a.coefficients(s1).standard_errors, b.coefficients(s1).standard_errors), 1e-11);
      EXPECT_GT(furthest(a.coefficients(s1).standard_errors, c.coefficients(s1).standard_errors), 1e-2);
    }
  // Sampling weights are no people: twice the weights are the same, and errors that take them for people are refused.
  CovariateMoves sampled = weighted, heavier = weighted;
  sampled.weight_kind = heavier.weight_kind = WeightKind::sampling;
  heavier.weight.assign(once.size(), 6);
  const Stratum s1 = once.ladder["s1"];
  EXPECT_LT(furthest(TransitionLogit{}.fit(sampled).coefficients(s1).standard_errors,
                     TransitionLogit{}.fit(heavier).coefficients(s1).standard_errors),
            1e-13);
  EXPECT_EQ(said<Refusal>([&] { (void)TransitionLogit{.variance = LogitVariance::model}.fit(sampled); }),
            "found sampling or precision weights, and standard errors that take them for people; expected those by "
            "person [E-WEIGHT-KIND]");
  weighted.weight[1] = 3;
  EXPECT_EQ(said<Refusal>([&] { (void)TransitionLogit{}.fit(weighted); }),
            "found frequency weights that differ between the moves of one person; expected one weight, so that it is "
            "known whose moves belong together [E-WEIGHT-KIND]");
}

TEST(TransitionLogit, ByPersonIsTheSandwichOfNumericalDerivatives) {
  // Two strata, weights, three moves a person: scores and information by differences of a plain log-likelihood.
  CovariateMoves m{ladder_of(2)};
  Stream s({Seed(21), 0});
  Vector x(120);
  for (std::size_t k = 0; k < 120; ++k) {
    x[static_cast<Eigen::Index>(k)] = s.normal() + static_cast<double>(k / 3 % 2);
    m.from.push_back(static_cast<std::uint16_t>(s.below(2)));
    m.to.push_back(k / 3 % 3 == 0 ? 1 : static_cast<std::uint16_t>(s.below(2)));
    m.person.push_back(static_cast<std::uint32_t>((k * 7) % 40));  // not in order
    m.weight.push_back(0.5 + s.uniform());
  }
  m.weight_kind = WeightKind::sampling;
  m.covariates.number("x", x);
  // `of_move` is what the coefficients of the log-odds of s1 are multiplied by for a move.
  const auto sandwich = [&](const Vector& b, const auto& of_move) {
    const Eigen::Index n = b.size();
    const auto likelihood = [&](const Vector& at, std::uint32_t person) {
      double sum = 0;
      for (std::size_t k = 0; k < 120; ++k) {
        const double eta = at.dot(of_move(k));
        if (person == 999 || m.person[k] == person) sum += m.weight[k] * (m.to[k] * eta - std::log1p(std::exp(eta)));
      }
      return sum;
    };
    const double h = 1e-4;
    const auto unit = [&](Eigen::Index a) { return (h * Vector::Unit(n, a)).eval(); };
    Eigen::MatrixXd bread(n, n), meat = Eigen::MatrixXd::Zero(n, n);
    for (Eigen::Index a = 0; a < n; ++a)
      for (Eigen::Index c = 0; c < n; ++c)
        bread(a, c) = -(likelihood(b + unit(a) + unit(c), 999) - likelihood(b + unit(a) - unit(c), 999) -
                        likelihood(b - unit(a) + unit(c), 999) + likelihood(b - unit(a) - unit(c), 999)) /
                      (4 * h * h);
    for (std::uint32_t p = 0; p < 40; ++p) {
      Vector score(n);
      for (Eigen::Index a = 0; a < n; ++a)
        score[a] = (likelihood(b + unit(a), p) - likelihood(b - unit(a), p)) / (2 * h);
      meat += score * score.transpose();
    }
    return Eigen::MatrixXd(40.0 / 39 * bread.inverse() * meat * bread.inverse());
  };
  const LogitCoefficients c = TransitionLogit{}.fit(m).coefficients();
  ASSERT_EQ(c.values.cols(), 3);  // constant, origin s1, x
  const Eigen::MatrixXd v = sandwich(c.values.row(0).transpose(), [&](std::size_t k) {
    return Eigen::Vector3d(1, m.from[k], x[static_cast<Eigen::Index>(k)]);
  });
  for (Eigen::Index a = 0; a < 3; ++a) EXPECT_NEAR(c.standard_errors(0, a) / std::sqrt(v(a, a)), 1, 1e-5);
  // By origin, the coefficients of both strata vary together since the same people were in both.
  TransitionLogit logit{.form = LogitForm::by_origin};
  logit.base = m.ladder["s0"];
  const FittedLogit fit = logit.fit(m);
  Vector b(4);
  b << fit.coefficients(m.ladder["s0"]).values.row(0).transpose(),
      fit.coefficients(m.ladder["s1"]).values.row(0).transpose();
  const Eigen::MatrixXd joint = sandwich(b, [&](std::size_t k) {
    Eigen::Vector4d row = Eigen::Vector4d::Zero();
    row.segment<2>(2 * m.from[k]) << 1, x[static_cast<Eigen::Index>(k)];
    return row;
  });
  const Eigen::Vector2d slopes(b[1], b[3]);
  Eigen::Matrix2d of_slopes;
  of_slopes << joint(1, 1), joint(1, 3), joint(3, 1), joint(3, 3);
  const double wald = slopes.dot(of_slopes.inverse() * slopes);
  EXPECT_NEAR(fit.wald_test({"x"}).statistic / wald, 1, 1e-5);
  // rejects: strata taken as independent.
  EXPECT_GT(std::abs((b[1] * b[1] / joint(1, 1) + b[3] * b[3] / joint(3, 3)) / wald - 1), 1e-3);
}

/// What the draws of an ensemble at some covariates change in each probability, to first order: (n n) by normals.
Matrix first_order(const Ensemble& e) {
  const Matrix& factor = std::get<NormalLogits>(e.draws()).factor;
  const Matrix& p = e.point().matrix(0);
  const Eigen::Index n = p.rows();
  Matrix out(n * n, factor.cols());
  for (Eigen::Index i = 0; i < n; ++i) {
    const Matrix mean = p.row(i) * factor.middleRows(i * n, n);
    for (Eigen::Index j = 0; j < n; ++j) out.row(i * n + j) = p(i, j) * (factor.row(i * n + j) - mean);
  }
  return out;
}

TEST(TransitionLogit, EffectsAndTheirErrorsAreThoseOfDifferences) {
  const Ladder ladder = narrow();
  const CovariateMoves m = drawn(ladder, 500, 2, 13), few = drawn(ladder, 12, 1, 14);
  for (const LogitForm form : both_forms) {
    const FittedLogit fit = TransitionLogit{.form = form}.fit(m);
    const auto effects = fit.marginal_effects(few, AveragedOver::everybody);
    ASSERT_EQ(effects.size(), 2U);
    EXPECT_EQ(effects[0].column, "number");
    EXPECT_FALSE(effects[0].difference);
    EXPECT_TRUE(effects[1].difference);
    const double h = 1e-4;
    for (std::size_t c = 0; c < 2; ++c) {
      Matrix effect = Matrix::Zero(4, 4), change;
      for (Eigen::Index k = 0; k < 12; ++k) {
        Vector up = few.covariates.values().row(k).transpose(), down = up;
        up[static_cast<Eigen::Index>(c)] = c == 0 ? up[0] + h : 1;
        down[static_cast<Eigen::Index>(c)] = c == 0 ? down[0] - h : 0;
        const double weight = (c == 0 ? 1 / (2 * h) : 1) / 12;
        const Ensemble above = fit.ensemble(up), below = fit.ensemble(down);
        effect += weight * (above.point().matrix(0) - below.point().matrix(0));
        const Matrix one = weight * (first_order(above) - first_order(below));
        change = k == 0 ? one : Matrix(change + one);
      }
      EXPECT_LT(furthest(effects[c].effect.topRows(3), effect.topRows(3)), 1e-8);
      for (Eigen::Index cell = 0; cell < 12; ++cell)
        EXPECT_NEAR(effects[c].standard_error.data()[cell], change.row(cell).norm(), 1e-8) << c << " " << cell;
      EXPECT_GT(effects[c].standard_error(1, 2), 1e-3);
    }
  }
}

TEST(TransitionLogit, EffectsOfAFactorAreAgainstItsBase) {
  CovariateMoves m = drawn(ladder_of(3), 600, 1, 15);
  std::vector<std::string> region;
  for (std::size_t k = 0; k < m.size(); ++k) region.emplace_back(k % 3 == 0 ? "south" : k % 3 == 1 ? "north" : "east");
  m.covariates.factor("region", region, "south");
  const FittedLogit fit = TransitionLogit{}.fit(m);
  const auto set = [&](const std::string& to) { return fit.standardised(m, {{to}}, AveragedOver::everybody).matrix(); };
  const auto effects = fit.marginal_effects(m, AveragedOver::everybody);
  ASSERT_EQ(effects.size(), 4U);
  EXPECT_EQ(effects[3].column, "region=east");
  EXPECT_LT(furthest(effects[2].effect, set("region=north") - set("region=south")), 1e-14);
  EXPECT_LT(furthest(effects[3].effect, set("region=east") - set("region=south")), 1e-14);
  // One level is set, and the others of the factor are then 0.
  EXPECT_EQ(fit.values({{"number", 2}, {"dummy", 0}, {"region=east"}}), (Eigen::Vector4d(2, 0, 0, 1)));
  EXPECT_EQ(fit.values({{"number", 2}, {"dummy", 0}, {"region=south"}}), (Eigen::Vector4d(2, 0, 0, 0)));
  // A population without anybody in the east has the same columns by name.
  CovariateMoves some{m.ladder};
  some.from = {0, 1, 2};
  some.covariates.factor("region", {"south", "north", "south"}, "south")
      .number("dummy", Eigen::Vector3d(0, 1, 1))
      .number("number", Eigen::Vector3d(1, 2, -1));
  const Matrix p = fit.standardised(some).matrix();
  EXPECT_LT((p.row(1) - fit.at(Eigen::Vector4d(2, 1, 1, 0)).matrix().row(1)).cwiseAbs().maxCoeff(), 1e-15);
  some.covariates = Covariates();
  some.covariates.factor("region", {"west", "north", "south"}, "south");
  EXPECT_EQ(said<UnknownName>([&] { (void)fit.standardised(some); }),
            "found covariate 'region=west'; expected one of 'number', 'dummy', 'region=north', 'region=east'; did you "
            "mean 'region=east'? [E-LABEL-UNKNOWN]");
  some.covariates = Covariates();
  some.covariates.factor("region", {"north", "north", "south"}, "north");
  EXPECT_EQ(said<Refusal>([&] { (void)fit.standardised(some); }),
            "found the base 'north' of 'region'; expected 'south', as in the model [E-BASE]");
  some.covariates = Covariates();
  some.covariates.number("number", Eigen::Vector3d(1, 2, -1));
  EXPECT_EQ(said<Refusal>([&] { (void)fit.standardised(some); }),
            "found a population without 'dummy'; expected all covariates of the model [E-COVARIATE]");
}

TEST(TransitionLogit, DrawsVaryAsItsCoefficients) {
  const CovariateMoves m = drawn(narrow(), 300, 2, 16);
  for (const LogitForm form : both_forms) {
    const FittedLogit fit = TransitionLogit{.form = form}.fit(m);
    // Log-odds of people whose covariates are 0 are the constants.
    const Ensemble at_zero = fit.ensemble(Vector::Zero(2));
    const Matrix& factor = std::get<NormalLogits>(at_zero.draws()).factor;
    for (Eigen::Index from = 0; from < 3; ++from) {
      const LogitCoefficients c = fit.coefficients(m.ladder.at(static_cast<std::size_t>(from)));
      const auto base = static_cast<Eigen::Index>(m.ladder[c.base].index());
      for (std::size_t k = 0; k < c.outcomes.size(); ++k) {
        const auto to = static_cast<Eigen::Index>(m.ladder[c.outcomes[k]].index()), r = static_cast<Eigen::Index>(k);
        EXPECT_NEAR((factor.row(4 * from + to) - factor.row(4 * from + base)).norm(), c.standard_errors(r, 0), 1e-12);
      }
    }
    // Draws of a population of people with the same covariates are those of one of them, world by world.
    const Vector x = fit.values({{"number", 1.5}, {"dummy", 1}});
    const Ensemble one = fit.ensemble(x),
                   many = fit.standardised(m, {{"number", 1.5}, {"dummy", 1}}, AveragedOver::own_origin, 5, Seed(9));
    const Ensemble aged = fit.ensemble(Period(20), {Vector::Zero(2), x});
    for (std::uint64_t k = 0; k < 5; ++k) {
      const Matrix p = one.draw(Draw(Seed(9), k)).matrix(0);
      EXPECT_LT(furthest(p, many.draw(Draw(Seed(9), k)).matrix(0)), 1e-13);
      EXPECT_LT(furthest(p, aged.draw(Draw(Seed(9), k)).at(Period(21)).matrix()), 1e-13);
      EXPECT_GT(furthest(p, one.point().matrix(0)), 1e-4);
    }
    EXPECT_EQ(many.method(),
              form == LogitForm::pooled ? "logit, pooled, standardised" : "logit, by origin, standardised");
    // What comes after an estimate takes it as any other.
    const Estimate reach =
        summarize(one, reach_probability(m.ladder["s0"], m.ladder["s2"], Span(5)), {.draws = 200, .seed = Seed(2)});
    EXPECT_TRUE(reach.lower < reach.value && reach.value < reach.upper);
  }
}

TEST(TransitionLogit, DrawsVaryByAllThatIsLeftOfALowerRank) {
  // rejects: draws that leave out every coefficient after the first that follows from others.
  CovariateMoves m{ladder_of(3)};
  const auto move = [&](std::uint32_t who, std::uint16_t from, std::uint16_t to) {
    m.from.push_back(from);
    m.to.push_back(to);
    m.person.push_back(who);
  };
  for (std::uint32_t who = 0; who < 4; ++who) {  // the same four people in two strata: both constants vary as one
    move(who, 0, who < 2 ? 0 : 1);
    move(who, 1, who < 2 ? 1 : 0);
  }
  for (std::uint32_t who = 4; who < 44; ++who) move(who, 2, who < 24 ? 2 : 1);
  const FittedLogit fit = TransitionLogit{.form = LogitForm::by_origin}.fit(m);
  const Ensemble draws = fit.ensemble(Vector());
  const Matrix& factor = std::get<NormalLogits>(draws.draws()).factor;
  EXPECT_EQ(factor.cols(), 2);
  for (const Eigen::Index cell : {1, 3, 7}) {
    const std::string from = "s" + std::to_string(cell / 3);
    EXPECT_NEAR(factor.row(cell).norm(), fit.coefficients(m.ladder[from]).standard_errors(0, 0), 1e-12);
  }
}

TEST(TransitionLogit, RefusesCovariatesThatOthersDetermine) {
  CovariateMoves m = drawn(ladder_of(3), 200, 1, 17);
  const Vector number = m.covariates.values().col(0), dummy = m.covariates.values().col(1);
  const auto with = [&](const std::string& name, const Vector& values, LogitForm form = LogitForm::pooled) {
    CovariateMoves more = m;
    more.covariates.number(name, values);
    return said<Refusal>([&] { (void)TransitionLogit{.form = form}.fit(more); });
  };
  EXPECT_EQ(with("both", 3 * number - dummy),
            "found that 'both' follows from 'number', 'dummy' among those in one stratum; expected covariates of which "
            "none follows from others: leave one out [E-IDENT]");
  EXPECT_EQ(with("seven", Vector::Constant(200, 7)),
            "found that 'seven' is the same in all moves; expected a covariate that differs [E-IDENT]");
  Vector stratum(200);
  for (std::size_t k = 0; k < 200; ++k) stratum[static_cast<Eigen::Index>(k)] = m.from[k] * 10;
  EXPECT_EQ(with("rung", stratum),
            "found that 'rung' does not differ among those in one stratum; expected a covariate that differs, or one "
            "less [E-IDENT]");
  EXPECT_EQ(with("rung", stratum, LogitForm::by_origin),
            "found that 'rung' does not differ among those in 's0'; expected a covariate that differs, or one less "
            "[E-IDENT]");
  // Two societies that nobody moves between: slopes of one against the base of the other mean nothing.
  CovariateMoves apart = drawn(ladder_of(4), 200, 1, 17);
  for (std::size_t k = 0; k < 200; ++k)
    apart.to[k] = static_cast<std::uint16_t>(apart.from[k] / 2 * 2 + apart.to[k] % 2);
  const std::string words = said<Refusal>([&] { (void)TransitionLogit{}.fit(apart); });
  const std::size_t name = words.find("'");  // which of the four coefficients is named is for rounding to tell
  EXPECT_EQ(words.substr(0, name), "found moves that do not tell the coefficient of ");
  EXPECT_EQ(words.substr(words.find(" from others")),
            " from others; expected more moves, or fewer covariates [E-IDENT]");
  EXPECT_EQ(TransitionLogit{.form = LogitForm::by_origin}.fit(apart).parameters(), 4 * 3);
}

TEST(TransitionLogit, RefusesWhatPredictsWithoutException) {
  CovariateMoves m = drawn(ladder_of(3), 300, 1, 18);
  Vector union_member(300);
  for (std::size_t k = 0; k < 300; ++k)
    union_member[static_cast<Eigen::Index>(k)] = m.to[k] == 2 ? static_cast<double>(k % 2) : 0;
  m.covariates.number("union", union_member);
  EXPECT_EQ(said<Refusal>([&] { (void)TransitionLogit{}.fit(m); }),
            "found that 'union' tells without exception who moves to 's2' or who does not, so that its coefficient has "
            "no finite estimate; expected people of both kinds: leave it out, or join levels or strata [E-SEPARATION]");
  EXPECT_EQ(said<Refusal>([&] { (void)TransitionLogit{.form = LogitForm::by_origin}.fit(m); }),
            "found that 'union' tells without exception who moves from 's0' to 's2' or who does not, so that its "
            "coefficient has no finite estimate; expected people of both kinds: leave it out, or join levels or strata "
            "[E-SEPARATION]");
  // rejects: taking a strong effect for none. One exception each gives an estimate, however large.
  Vector nearly = union_member;
  for (const std::uint16_t to : {std::uint16_t{0}, std::uint16_t{1}})
    nearly[std::find(m.to.begin(), m.to.end(), to) - m.to.begin()] = 1;
  CovariateMoves other = drawn(ladder_of(3), 300, 1, 18);
  other.covariates.number("union", nearly);
  const FittedLogit fit = TransitionLogit{.base = other.ladder["s1"]}.fit(other);
  EXPECT_GT(fit.coefficients().values(1, 5), 2);
  EXPECT_LT(fit.gradient_norm(), 1e-8);
}

TEST(TransitionLogit, TakesMovesNeverSeenOutOfTheChoice) {
  // Nobody in s0 goes to s2: the likelihood is at its largest where that probability is 0.
  CovariateMoves m = drawn(ladder_of(3), 400, 1, 19);
  for (std::size_t k = 0; k < m.size(); ++k)
    if (m.from[k] == 0 && m.to[k] == 2) m.to[k] = 1;
  for (const LogitForm form : both_forms) {
    const FittedLogit fit = TransitionLogit{.form = form}.fit(m);
    ASSERT_EQ(fit.warnings().size(), 1U);
    EXPECT_EQ(fit.warnings()[0].code, "W-SEPARATION");
    EXPECT_EQ(fit.parameters(), form == LogitForm::pooled ? 5 + 4 : 5 * 3);
    EXPECT_EQ(fit.at(Vector::Zero(2)).matrix()(0, 2), 0);
    EXPECT_GT(fit.at(Vector::Zero(2)).matrix()(1, 2), 0.01);
    // It is the limit of giving one in a million of them that move.
    CovariateMoves nearly = m;
    const auto n = static_cast<Eigen::Index>(m.size());
    Matrix x(n + 1, 2);
    x.topRows(n) = m.covariates.values();
    x.row(n) << 0, 1;
    nearly.from.push_back(0);
    nearly.to.push_back(2);
    nearly.person.push_back(1'000);
    nearly.weight.assign(m.size(), 1);
    nearly.weight.push_back(1e-6);
    nearly.weight_kind = WeightKind::sampling;
    nearly.covariates = Covariates();
    nearly.covariates.number("number", x.col(0)).number("dummy", x.col(1));
    if (form == LogitForm::by_origin) continue;  // three coefficients of one move have no maximum
    const FittedLogit close = TransitionLogit{.form = form}.fit(nearly);
    EXPECT_LT(furthest(close.at(Vector::Ones(2)).matrix(), fit.at(Vector::Ones(2)).matrix()), 1e-6);
  }
}

TEST(TransitionLogit, ComparesNestedModels) {
  const CovariateMoves m = drawn(ladder_of(3), 500, 1, 20);
  CovariateMoves less = m, none = m;
  less.covariates = Covariates();
  less.covariates.number("number", m.covariates.values().col(0));
  none.covariates = Covariates();
  const FittedLogit all = TransitionLogit{}.fit(m), one = TransitionLogit{}.fit(less),
                    zero = TransitionLogit{}.fit(none);
  const FittedLogit rows = TransitionLogit{.form = LogitForm::by_origin}.fit(m);
  const LogitTest a = likelihood_ratio_test(zero, one), b = likelihood_ratio_test(one, all),
                  c = likelihood_ratio_test(zero, all);
  EXPECT_NEAR(a.statistic + b.statistic, c.statistic, 1e-9);
  EXPECT_EQ(a.degrees_of_freedom, 2);
  EXPECT_EQ(c.degrees_of_freedom, 4);
  EXPECT_NEAR(a.p_value, std::exp(-a.statistic / 2), 1e-12);  // of two degrees of freedom
  EXPECT_EQ(likelihood_ratio_test(all, rows).degrees_of_freedom, 8);
  EXPECT_EQ(likelihood_ratio_test(all, all).p_value, 1);
  // Both tests ask the same of many people.
  EXPECT_NEAR(
      TransitionLogit{.variance = LogitVariance::model}.fit(m).wald_test({"number", "dummy"}).statistic / c.statistic,
      1, 0.15);
  const std::string words =
      "found two models of which none contains the other, or of other moves; expected the smaller one first, with "
      "covariates that the larger one has too, fitted to the same moves [E-NESTED]";
  EXPECT_EQ(said<Refusal>([&] { (void)likelihood_ratio_test(all, one); }), words);
  EXPECT_EQ(said<Refusal>([&] { (void)likelihood_ratio_test(rows, all); }), words);
  CovariateMoves other = less;
  std::swap(other.to[0], other.to[1]);
  other.to[2] = static_cast<std::uint16_t>((other.to[2] + 1) % 3);
  EXPECT_EQ(said<Refusal>([&] { (void)likelihood_ratio_test(TransitionLogit{}.fit(other), all); }), words);
  EXPECT_EQ(said<UnknownName>([&] { (void)all.wald_test({"numbers"}); }),
            "found covariate 'numbers'; expected one of 'number', 'dummy'; did you mean 'number'? [E-LABEL-UNKNOWN]");
}

TEST(TransitionLogit, SaysWhatItNeeds) {
  const CovariateMoves m = drawn(ladder_of(3), 100, 1, 22);
  CovariateMoves wrong = m;
  wrong.to.pop_back();
  EXPECT_EQ(
      said<Refusal>([&] { (void)TransitionLogit{}.fit(wrong); }),
      "found columns of different lengths, or weights without a kind; expected one entry for each move [E-SHAPE]");
  wrong = CovariateMoves{ladder_of(3)};
  wrong.from = {0, 1};
  wrong.to = {1, 1};
  EXPECT_EQ(said<Refusal>([&] { (void)TransitionLogit{}.fit(wrong); }),
            "found no observed move from 's2'; expected a stated treatment: absorbing (nobody leaves it), or refuse "
            "[E-ROW-EMPTY]");
  wrong = m;
  wrong.ladder = narrow();
  wrong.from[0] = 0;
  wrong.to[0] = 2;
  EXPECT_EQ(said<Refusal>([&] { (void)TransitionLogit{}.fit(wrong); }),
            "found a move from 's0' to 's2'; expected only moves that the ladder declares possible [E-STRUCT-ZERO]");
  wrong = m;
  wrong.weight_kind = WeightKind::sampling;
  wrong.weight.assign(100, 1);
  wrong.weight[3] = std::nan("");
  EXPECT_EQ(said<DomainError>([&] { (void)TransitionLogit{}.fit(wrong); }),
            "found a weight of nan; expected a finite number, 0 or more [E-WEIGHT-RANGE]");
  const FittedLogit fit = TransitionLogit{}.fit(m);
  EXPECT_EQ(said<Refusal>([&] {
              (void)fit.values({{"number", 1}});
            }),
            "found no value of 'dummy'; expected one for each covariate of the model [E-COVARIATE]");
  EXPECT_EQ(said<Refusal>([&] { (void)fit.at(Vector::Zero(1)); }),
            "found 1 values of covariates; expected 2 finite numbers, in the order of the columns [E-SHAPE]");
  EXPECT_EQ(said<Refusal>([&] { (void)TransitionLogit{.form = LogitForm::by_origin}.fit(m).coefficients(); }),
            "found coefficients asked of all strata together in the form by origin; expected one stratum "
            "[E-LOGIT-FORM]");
  CovariateMoves nobody = m;
  std::replace(nobody.from.begin(), nobody.from.end(), std::uint16_t{1}, std::uint16_t{0});
  EXPECT_EQ(said<Refusal>([&] { (void)fit.standardised(nobody); }),
            "found nobody of the population in 's1'; expected people in every stratum, or averages over everybody "
            "[E-ROW-EMPTY]");
  EXPECT_EQ(said<Refusal>([&] { (void)fit.standardised(m, {}, AveragedOver::everybody, 0, Seed(1)); }),
            "found 0 draws of coefficients; expected at least 1 [E-DRAW]");
}

TEST(Covariates, AreThoseAtTheStartOfAMove) {
  Observations o;
  o.add(7, 2, 1);  // not in the panel's order
  o.add(7, 1, 0);
  o.add(3, 1, 2);
  o.add(3, 2, 0);
  o.add(3, 3, 1);
  Covariates x;
  Vector age(5);
  age << 21, 20, 30, 31, std::nan("");
  x.number("age", age);
  const std::vector<std::size_t> order = panel_order(o);
  EXPECT_EQ(order, (std::vector<std::size_t>{2, 3, 4, 1, 0}));
  const CovariateMoves m = moves_with_covariates(Panel(ladder_of(3), o), x.at_rows(order));  // the last is no start
  EXPECT_EQ(m.from, (std::vector<std::uint16_t>{2, 0, 0}));
  EXPECT_EQ(m.to, (std::vector<std::uint16_t>{0, 1, 1}));
  EXPECT_EQ(m.person, (std::vector<std::uint32_t>{0, 0, 1}));
  EXPECT_EQ(m.covariates.values(), (Eigen::Vector3d(30, 31, 20)));
  age[3] = std::nan("");
  Covariates unknown;
  unknown.number("age", age);
  EXPECT_EQ(said<Refusal>([&] { (void)moves_with_covariates(Panel(ladder_of(3), o), unknown.at_rows(order)); }),
            "found moves whose covariates are not known: 'age' of 1; expected all known, or such moves to be dropped "
            "[E-COVARIATE]");
  const CovariateMoves dropped =
      moves_with_covariates(Panel(ladder_of(3), o), unknown.at_rows(order), {}, Missing::drop);
  EXPECT_EQ(dropped.size(), 2U);
  ASSERT_EQ(dropped.warnings.size(), 1U);
  EXPECT_EQ(dropped.warnings[0].code, "W-COVARIATE");
  EXPECT_EQ(dropped.warnings[0].message,
            "1 moves are left out since their covariates are not known ('age' of 1): right only if that does not "
            "depend on where people move");
  EXPECT_EQ(said<Refusal>([&] {
              (void)moves_with_covariates(Panel(ladder_of(3), o), Covariates().number("age", Eigen::Vector2d(1, 2)));
            }),
            "found 2 rows of covariates; expected 5, one for each observation of the panel [E-SHAPE]");
}

TEST(Covariates, AreNumbersAndFactors) {
  Covariates x;
  x.factor("region", {"north", "south", "", "east", "south"}, "south").number("one", Vector::Ones(5));
  ASSERT_EQ(x.columns().size(), 3U);
  EXPECT_EQ(x.columns()[0].name, "region=north");
  EXPECT_EQ(x.columns()[1].name, "region=east");
  EXPECT_TRUE(x.columns()[0].dummy && x.columns()[2].dummy);
  EXPECT_EQ(x.values().row(0), (Eigen::RowVector3d(1, 0, 1)));
  EXPECT_EQ(x.values().row(3), (Eigen::RowVector3d(0, 1, 1)));
  EXPECT_TRUE(std::isnan(x.values()(2, 0)) && std::isnan(x.values()(2, 1)));
  EXPECT_EQ(said<Refusal>([&] { x.number("one", Vector::Ones(5)); }),
            "found two columns called 'one'; expected each name once [E-CFG-DUP]");
  EXPECT_EQ(said<Refusal>([&] { x.number("two", Vector::Ones(4)); }),
            "found 4 rows of 'two'; expected 5, as of the columns before [E-SHAPE]");
  EXPECT_EQ(said<Refusal>([&] {
              x.factor("sex", {"m", "f", "f", "m", "m"}, "woman");
            }),
            "found no row with 'woman', the base of 'sex'; expected a base that occurs [E-BASE]");
  EXPECT_EQ(said<DomainError>([&] { x.number("wage", Vector::Constant(5, infinity)); }),
            "found inf in 'wage'; expected finite numbers [E-COVARIATE]");
}

TEST(TransitionLogit, IntervalsCoverTheTruthSlow) {
  // 1,000 samples of 500 people: 95 % intervals of slopes hold the truth 95 times of 100, within 2.
  for (const LogitVariance variance : {LogitVariance::model, LogitVariance::by_person}) {
    double inside = 0, all = 0, effect_inside = 0, effects = 0;
    const Ladder ladder = ladder_of(3);
    for (std::uint64_t r = 0; r < 1000; ++r) {
      const CovariateMoves m = drawn(ladder, 500, 1, 1000 + r);
      const FittedLogit fit = TransitionLogit{.variance = variance}.fit(m);
      const LogitCoefficients c = fit.coefficients();
      for (Eigen::Index j = 0; j < 2; ++j)
        for (Eigen::Index a = 0; a < 2; ++a) {
          const double truth =
              a == 0 ? on_number[static_cast<std::size_t>(j) + 1] : on_dummy[static_cast<std::size_t>(j) + 1];
          inside += std::abs(c.values(j, 3 + a) - truth) < 1.959963984540054 * c.standard_errors(j, 3 + a);
          all += 1;
        }
      const MarginalEffect effect = fit.marginal_effects(m, AveragedOver::everybody)[1];
      double truth = 0;
      for (Eigen::Index k = 0; k < 500; ++k) {
        const double number = m.covariates.values()(k, 0);
        truth += (plainly(ladder, 1, number, 1)[2] - plainly(ladder, 1, number, 0)[2]) / 500;
      }
      effect_inside += std::abs(effect.effect(1, 2) - truth) < 1.959963984540054 * effect.standard_error(1, 2);
      effects += 1;
    }
    EXPECT_NEAR(inside / all, 0.95, 0.02);
    EXPECT_NEAR(effect_inside / effects, 0.95, 0.02);
  }
}

}  // namespace
}  // namespace transition_logit_test
