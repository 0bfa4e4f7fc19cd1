// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/estimate/mixture.hpp>

#include <cmath>
#include <string>
#include <variant>
#include <vector>

#include <gtest/gtest.h>
#include <Eigen/LU>

#include <rungs/estimate/mover_stayer.hpp>

#include "../core/message.hpp"
#include "estimators.hpp"

namespace mixture_test {
namespace {

using namespace rungs;
using rungs_test::code_of;
using rungs_test::ladder_of;
using rungs_test::panel_of;
using rungs_test::People;
using rungs_test::said;

Matrix two(double a, double b) {
  Matrix m(2, 2);
  m << 1 - a, a, b, 1 - b;
  return m;
}

/// Two kinds of people, of whom the first move more.
struct Truth {
  Matrix shares = (Matrix(2, 2) << .4, .6, .55, .45).finished();
  std::vector<Matrix> chains{two(.6, .5), two(.08, .15)};
};

People simulated(const Truth& truth, std::size_t people, std::size_t steps, std::uint64_t seed, bool uneven = false) {
  People out;
  for (std::size_t who = 0; who < people; ++who) {
    Stream s({Seed(seed), who});
    std::vector<std::size_t>& path = out.emplace_back(1, who % 2);
    const Matrix& p = truth.chains[s.uniform() < truth.shares(static_cast<Eigen::Index>(path[0]), 0) ? 0 : 1];
    const std::size_t length = uneven ? 2 + s.below(steps - 1) : steps;
    for (std::size_t t = 0; t < length; ++t)
      path.push_back(s.uniform() < p(static_cast<Eigen::Index>(path.back()), 1) ? 1 : 0);
  }
  return out;
}

double of_class(const std::vector<std::size_t>& path, const Matrix& p) {
  double product = 1;
  for (std::size_t t = 0; t + 1 < path.size(); ++t)
    product *= p(static_cast<Eigen::Index>(path[t]), static_cast<Eigen::Index>(path[t + 1]));
  return product;
}

double likelihood(const People& people, const Matrix& shares, const std::vector<Matrix>& chains) {
  double sum = 0;
  for (const std::vector<std::size_t>& path : people) {
    double p = 0;
    for (std::size_t c = 0; c < chains.size(); ++c)
      p += shares(static_cast<Eigen::Index>(path[0]), static_cast<Eigen::Index>(c)) * of_class(path, chains[c]);
    sum += std::log(p);
  }
  return sum;
}

TEST(Mixture, WithOneClassAndStayersIsMoverStayer) {
  People people;
  const Truth truth{(Matrix(2, 2) << .7, .3, .6, .4).finished(), {two(.4, .3), two(0, 0)}};
  for (const auto& path : simulated(truth, 400, 5, 3, true)) people.push_back(path);
  const Panel panel = panel_of(ladder_of(2), people);
  const MoverStayer one = fit_mover_stayer(panel);
  const Mixture other = fit_mixture(panel, {.classes = 1, .stayers = true}, Seed(1));
  EXPECT_NEAR(one.log_likelihood, other.log_likelihood, 1e-9);
  EXPECT_LT((one.model.shares() - other.shares()).cwiseAbs().maxCoeff(), 1e-9);
  EXPECT_LT((one.movers - other.chains[0]).cwiseAbs().maxCoeff(), 1e-9);
  EXPECT_EQ(other.chains[1], Matrix::Identity(2, 2));
  EXPECT_EQ(other.model.ladder().groups(), (std::vector<std::string>{"class 1", "stayers"}));
  EXPECT_EQ(other.agreeing, 20U);
  EXPECT_EQ(other.parameters, 4U);
  EXPECT_NEAR(other.bic, 4 * std::log(400) - 2 * other.log_likelihood, 1e-9);
  // So are what varies: the information of people known in part is that of the closed form.
  const CellIntervals moves = one.mover_cells(), cells = other.cells(), shares = other.share_intervals();
  for (std::size_t i = 0; i < 2; ++i) {
    const auto r = static_cast<Eigen::Index>(i);
    EXPECT_NEAR(one.share_error(ladder_of(2).at(i)), shares.standard_error(r, 1), 1e-8);
    EXPECT_NEAR(one.share_interval(ladder_of(2).at(i)).lower, shares.lower(r, 1), 1e-8);
    EXPECT_NEAR(one.share_interval(ladder_of(2).at(i)).upper, shares.upper(r, 1), 1e-8);
    const auto at = static_cast<Eigen::Index>(other.model.ladder().for_group(i, 0));
    EXPECT_NEAR(moves.standard_error(r, r), cells.standard_error(at, at), 1e-8);
    EXPECT_NEAR(moves.lower(r, r), cells.lower(at, at), 1e-8);
  }
}

TEST(Mixture, OfOneClassIsTheChain) {
  const People people = simulated({}, 200, 4, 8);
  const Mixture fit = fit_mixture(panel_of(ladder_of(2), people), {.classes = 1}, Seed(1));
  const Tally t = tally(panel_of(ladder_of(2), people));
  const Matrix p = estimate(t, Proportions{}).point().matrix(0);
  EXPECT_LT((fit.chains[0] - p).cwiseAbs().maxCoeff(), 1e-14);
  EXPECT_LT((fit.cells().standard_error - cell_intervals(t.pooled(), t.ladder()).standard_error).cwiseAbs().maxCoeff(),
            1e-12);
  EXPECT_EQ(fit.shares(), Matrix::Ones(2, 1));
  EXPECT_EQ(fit.posterior, Matrix::Ones(200, 1));
  EXPECT_NEAR(fit.log_likelihood, log_likelihood(t.pooled(), p), 1e-9);
}

TEST(Mixture, IsTheMaximumOfItsLikelihood) {
  const People people = simulated({}, 500, 6, 5, true);
  const Mixture fit = fit_mixture(panel_of(ladder_of(2), people), {}, Seed(1));
  EXPECT_GE(fit.agreeing, 3U);
  EXPECT_LT(fit.gradient, 1e-6);
  EXPECT_NEAR(fit.log_likelihood, likelihood(people, fit.shares(), fit.chains), 1e-9);
  EXPECT_GT(fit.log_likelihood, likelihood(people, Truth().shares, Truth().chains));
  // Curvature by differences in the log-odds of the two shares and four moves, against the draws' covariance.
  const auto moved = [&](const Vector& by) {
    Matrix shares = fit.shares();
    std::vector<Matrix> chains = fit.chains;
    const auto shift = [](double p, double d) { return 1 / (1 + (1 - p) / p * std::exp(-d)); };
    for (Eigen::Index i = 0; i < 2; ++i) {
      shares(i, 0) = shift(shares(i, 0), by[i]);
      shares(i, 1) = 1 - shares(i, 0);
      for (std::size_t c = 0; c < 2; ++c) {
        chains[c](i, 0) = shift(chains[c](i, 0), by[2 + 2 * static_cast<Eigen::Index>(c) + i]);
        chains[c](i, 1) = 1 - chains[c](i, 0);
      }
    }
    return likelihood(people, shares, chains);
  };
  const double h = 1e-3;
  Eigen::MatrixXd information(6, 6);
  for (Eigen::Index a = 0; a < 6; ++a) {
    const Vector x = h * Vector::Unit(6, a);
    EXPECT_NEAR((moved(x) - moved(-x)) / (2 * h), 0, 1e-3);
    for (Eigen::Index b = 0; b < 6; ++b) {
      const Vector y = h * Vector::Unit(6, b);
      information(a, b) = (moved(x - y) + moved(y - x) - moved(x + y) - moved(-x - y)) / (4 * h * h);
    }
  }
  const Eigen::MatrixXd covariance = information.inverse();
  const CellIntervals cells = fit.cells(), shares = fit.share_intervals();
  for (std::size_t i = 0; i < 2; ++i) {
    const auto r = static_cast<Eigen::Index>(i);
    const double s = fit.shares()(r, 0);
    EXPECT_NEAR(shares.standard_error(r, 0) / (s * (1 - s) * std::sqrt(covariance(r, r))), 1, 1e-4);
    for (std::size_t c = 0; c < 2; ++c) {
      const auto at = static_cast<Eigen::Index>(fit.model.ladder().for_group(i, c)),
                 to = static_cast<Eigen::Index>(fit.model.ladder().for_group(0, c)),
                 q = static_cast<Eigen::Index>(2 + 2 * c + i);
      const double p = fit.chains[c](r, 0);
      EXPECT_NEAR(cells.standard_error(at, to) / (p * (1 - p) * std::sqrt(covariance(q, q))), 1, 1e-4);
    }
  }
  // Draws of shares and moves are of one world: the correlation of a share with a move is that of the two.
  double ss = 0, sm = 0, mm = 0;
  const auto odds = [](double p) { return std::log(p / (1 - p)); };
  for (std::uint64_t d = 0; d < 4000; ++d) {
    const Draw draw(Seed(6), d);
    const double x = odds(fit.model.shares(draw)(0, 0)) - odds(fit.shares()(0, 0)),
                 y = odds(fit.model.ensemble().draw(draw).matrix(0)(0, 0)) - odds(fit.chains[0](0, 0));
    ss += x * x, sm += x * y, mm += y * y;
  }
  const double correlation = covariance(0, 2) / std::sqrt(covariance(0, 0) * covariance(2, 2));
  EXPECT_GT(std::abs(correlation), 0.2);
  EXPECT_NEAR(sm / std::sqrt(ss * mm), correlation, 0.05);
  EXPECT_NEAR(ss / 4000 / covariance(0, 0), 1, 0.15);
}

TEST(Mixture, DerivativesAreThoseOfItsLikelihood) {
  // Three classes on three strata, away from the maximum.
  Stream s({Seed(4), 0});
  People people;
  for (int who = 0; who < 60; ++who) {
    std::vector<std::size_t>& path = people.emplace_back();
    for (int t = 0; t < 6; ++t) path.push_back(s.below(3));
  }
  const Panel panel = panel_of(ladder_of(3), people);
  std::vector<Warning> warnings;
  const MixtureOptions options{.classes = 3};
  const auto followed = detail::followed(panel, options.step, warnings);
  const detail::MixtureLikelihood l(panel, followed, std::vector<double>(followed.size(), 1.0), options);
  const detail::MixturePoint at = detail::mixture_start(l, ladder_of(3), Stream({Seed(9), 1}));
  Matrix posterior;
  EXPECT_NEAR(l(at, posterior), likelihood(people, at.shares, at.chains), 1e-10);
  const auto of = l.parameters(at);
  ASSERT_EQ(of.size(), 3U * 2 + 3 * 3 * 2);
  const auto size = static_cast<Eigen::Index>(of.size());
  const auto moved = [&](const Vector& by) {
    detail::MixturePoint x = at;
    for (Eigen::Index q = 0; q < size; ++q) {
      const auto& p = of[static_cast<std::size_t>(q)];
      (p.share ? x.shares : x.chains[static_cast<std::size_t>(p.cls)])(p.row, p.to) *= std::exp(by[q]);
    }
    for (Eigen::Index i = 0; i < 3; ++i) {
      x.shares.row(i) /= x.shares.row(i).sum();
      for (Matrix& c : x.chains) c.row(i) /= c.row(i).sum();
    }
    return likelihood(people, x.shares, x.chains);
  };
  Vector slope;
  Eigen::MatrixXd information;
  l.derivatives(at, posterior, of, slope, information);
  const double h = 1e-3;
  for (Eigen::Index a = 0; a < size; ++a) {
    const Vector x = h * Vector::Unit(size, a);
    EXPECT_NEAR((moved(x) - moved(-x)) / (2 * h), slope[a], 1e-4)
        << l.in_words(of[static_cast<std::size_t>(a)], {"a", "b", "c"});
    for (Eigen::Index b = 0; b < size; ++b) {
      const Vector y = h * Vector::Unit(size, b);
      EXPECT_NEAR((moved(x - y) + moved(y - x) - moved(x + y) - moved(-x - y)) / (4 * h * h), information(a, b), 1e-3);
    }
  }
}

TEST(Mixture, KnowsPeopleByWhatTheyDid) {
  People people = simulated({}, 400, 7, 5);
  people.push_back({0});  // seen once: nothing is known
  const Mixture fit = fit_mixture(panel_of(ladder_of(2), people), {}, Seed(3));
  ASSERT_EQ(fit.posterior.rows(), 401);
  EXPECT_TRUE(std::isnan(fit.posterior(400, 0)));
  ASSERT_EQ(fit.warnings.size(), 1U);
  EXPECT_EQ(fit.warnings[0].code, "W-SINGLETON");
  double sum = 0;
  for (std::size_t who = 0; who < 400; ++who) {
    const auto r = static_cast<Eigen::Index>(who), i = static_cast<Eigen::Index>(people[who][0]);
    const double a = fit.shares()(i, 0) * of_class(people[who], fit.chains[0]),
                 b = fit.shares()(i, 1) * of_class(people[who], fit.chains[1]);
    EXPECT_NEAR(fit.posterior(r, 0), a / (a + b), 1e-12);
    sum += fit.posterior(r, 0);
  }
  EXPECT_NEAR(fit.class_share[0], sum / 400, 1e-12);
  // The classes stand in order: those who move most first; and side by side the model expects what the two do.
  EXPECT_GT(fit.chains[0](0, 1), fit.chains[1](0, 1));
  const Matrix after = fit.shares().col(0).asDiagonal() * fit.chains[0] * fit.chains[0] * fit.chains[0] +
                       fit.shares().col(1).asDiagonal() * fit.chains[1] * fit.chains[1] * fit.chains[1];
  EXPECT_LT((fit.model.after(Span(3)) - after).cwiseAbs().maxCoeff(), 1e-14);
  const Headcount start = fit.model.split(Headcount(ladder_of(2)).set(ladder_of(2).at(1), Heads(50)));
  EXPECT_NEAR(start[fit.model.ladder()["class 2: s1"]], 50 * fit.shares()(1, 1), 1e-12);
  EXPECT_NEAR(start.total(), 50, 1e-12);
}

TEST(Mixture, BootstrapByPersonSaysTheSame) {
  const People people = simulated({}, 800, 8, 6);
  const Panel panel = panel_of(ladder_of(2), people);
  const Mixture fit = fit_mixture(panel, {}, Seed(1));
  const HiddenGroups b = bootstrap_mixture(panel, {}, fit, 200, Seed(2));
  const double error = fit.share_intervals().standard_error(0, 0), own = fit.cells().standard_error(0, 0);
  double shares = 0, moves = 0;
  for (std::uint64_t d = 0; d < 200; ++d) {
    shares += std::pow(b.shares(Draw(Seed(1), d))(0, 0) - fit.shares()(0, 0), 2) / 200;
    moves += std::pow(b.ensemble().draw(Draw(Seed(1), d)).matrix(0)(0, 0) - fit.chains[0](0, 0), 2) / 200;
  }
  EXPECT_NEAR(std::sqrt(shares) / error, 1, 0.25);
  EXPECT_NEAR(std::sqrt(moves) / own, 1, 0.25);
  EXPECT_EQ(b.ensemble().point(), fit.model.ensemble().point());
  EXPECT_EQ(said<Refusal>([&] { (void)bootstrap_mixture(panel, {}, fit, 0, Seed(2)); }),
            "found 0 bootstrap draws; expected at least 1 [E-DRAW]");
  EXPECT_EQ(said<Refusal>([&] { (void)bootstrap_mixture(panel, {.classes = 3}, fit, 1, Seed(2)); }),
            "found a mixture of other classes or strata; expected that of this panel [E-LADDER-OTHER]");
}

TEST(Mixture, BicFindsTheNumberOfClasses) {
  const auto chosen = [](const People& people) {
    const std::vector<MixtureChoice> all =
        mixtures_by_classes(panel_of(ladder_of(2), people), {.starts = 8}, 3, Seed(1));
    EXPECT_EQ(all.size(), 3U);
    for (std::size_t k = 0; k + 1 < all.size(); ++k)
      if (all[k].fit && all[k + 1].fit) {
        EXPECT_LE(all[k].fit->log_likelihood, all[k + 1].fit->log_likelihood + 1e-6);
        EXPECT_EQ(all[k + 1].fit->parameters, all[k].fit->parameters + 4);
      }
    return all[best_by_bic(all)].classes;
  };
  EXPECT_EQ(chosen(simulated({}, 400, 8, 6)), 2U);
  Truth alike;
  alike.chains[1] = alike.chains[0];
  EXPECT_EQ(chosen(simulated(alike, 400, 8, 6)), 1U);
  // A number of classes that the data cannot tell is there, with the reason.
  const std::vector<MixtureChoice> short_time =
      mixtures_by_classes(panel_of(ladder_of(2), {{0, 1}, {0, 0}, {1, 0}, {1, 1}}), {}, 2, Seed(1));
  ASSERT_TRUE(short_time[0].fit);
  EXPECT_FALSE(short_time[1].fit);
  EXPECT_EQ(best_by_bic(short_time), 0U);
  EXPECT_EQ(short_time[1].refused,
            "found people followed for at most 1 step, who can go 2 ways, and 6 numbers to be told from that; expected "
            "more steps for each person, or fewer classes [E-IDENT]");
  EXPECT_EQ(said<Refusal>([&] { (void)best_by_bic({short_time[1]}); }),
            "found no mixture that was fitted; expected at least one [E-IDENT]");
}

TEST(Mixture, SaysWhatLiesAtTheEndOfItsRange) {
  // The second class never moves down, though others do.
  const Truth truth{(Matrix(2, 2) << .5, .5, .5, .5).finished(), {two(.9, .9), two(.1, 0)}};
  const Mixture fit = fit_mixture(panel_of(ladder_of(2), simulated(truth, 600, 8, 3)), {}, Seed(1));
  ASSERT_EQ(fit.chains[1](1, 0), 0);
  ASSERT_EQ(fit.warnings.size(), 1U);
  EXPECT_EQ(fit.warnings[0].code, "W-BOUNDARY");
  EXPECT_EQ(fit.warnings[0].message,
            "estimated as 0, without a standard error, in every draw but those of a bootstrap: the move from 's1' to "
            "'s0' in 'class 2'");
  const auto at = static_cast<Eigen::Index>(fit.model.ladder().for_group(1, 1)),
             to = static_cast<Eigen::Index>(fit.model.ladder().for_group(0, 1));
  EXPECT_TRUE(std::isnan(fit.cells().lower(at, to)));
  EXPECT_EQ(fit.model.ensemble().draw(Draw(Seed(1), 4)).matrix(0)(at, to), 0);
}

TEST(Mixture, RefusesWhatItCannotTell) {
  const Panel panel = panel_of(ladder_of(2), simulated({}, 100, 4, 6));
  EXPECT_EQ(said<Refusal>([&] { (void)fit_mixture(panel, {.classes = 0}, Seed(1)); }),
            "found 0 classes and 20 starts; expected 1 to 50 classes and a start [E-SHAPE]");
  EXPECT_EQ(code_of([&] { (void)fit_mixture(panel, {.starts = 0}, Seed(1)); }), "E-SHAPE");
  // Nobody who never moves: no stayers.
  EXPECT_EQ(said<Refusal>([&] {
              (void)fit_mixture(panel_of(ladder_of(2), {{0, 1, 0, 0}, {0, 1, 1, 0}, {1, 1, 0, 1}, {1, 0, 0, 0}}),
                                {.classes = 1, .stayers = true}, Seed(1));
            }),
            "found a class with 0 of 4 people; expected at least one person in each: fewer classes [E-IDENT]");
  const People nobody_there{{0, 1}, {0, 0}};
  EXPECT_EQ(said<Refusal>([&] { (void)fit_mixture(panel_of(ladder_of(2), nobody_there), {.classes = 1}, Seed(1)); }),
            "found no observed move from 's1'; expected some, or that it is stated to be absorbing [E-ROW-EMPTY]");
  EXPECT_EQ(fit_mixture(panel_of(ladder_of(2), nobody_there), {.classes = 1, .unleft = Unleft::absorbing}, Seed(1))
                .chains[0](1, 1),
            1);
  // Few people, many strata and classes: every start ends elsewhere.
  Stream s({Seed(4), 0});
  People few;
  for (int who = 0; who < 60; ++who) {
    std::vector<std::size_t>& path = few.emplace_back();
    for (int t = 0; t < 6; ++t) path.push_back(s.below(5));
  }
  EXPECT_EQ(
      said<Refusal>([&] { (void)fit_mixture(panel_of(ladder_of(5), few), {.classes = 3, .starts = 4}, Seed(1)); }),
      "found the highest likelihood from 1 of 4 starts; expected it from three: more starts, or fewer classes "
      "[E-CONVERGENCE]");
  // Everybody does the same: nothing tells classes apart.
  const std::string alike = said<Refusal>([&] {
    (void)fit_mixture(panel_of(ladder_of(2), People(50, {0, 1, 0, 1, 0})), {}, Seed(1));
  });
  const auto words = [](const std::string& which) {  // either share is as good a name for both
    return "found data that do not tell the share of '" + which +
           "' of those who start in 's0'; expected people followed for more steps, or fewer classes [E-IDENT]";
  };
  EXPECT_TRUE(alike == words("class 1") || alike == words("class 2")) << alike;
}

TEST(Mixture, SlowCoversTheTruthAsOftenAsItSays) {
  // 1,000 panels: the 95 % intervals of shares and moves of both classes hold the truth within 2 points of 95 %.
  const Truth truth;
  Matrix covered = Matrix::Zero(2, 3);
  const int trials = 1000;
  for (int trial = 0; trial < trials; ++trial) {
    const Mixture fit =
        fit_mixture(panel_of(ladder_of(2), simulated(truth, 800, 10, 9000 + static_cast<std::uint64_t>(trial))),
                    {.starts = 4}, Seed(1));
    const CellIntervals cells = fit.cells(), shares = fit.share_intervals();
    for (std::size_t i = 0; i < 2; ++i) {
      const auto r = static_cast<Eigen::Index>(i);
      for (std::size_t c = 0; c < 2; ++c) {
        const auto at = static_cast<Eigen::Index>(fit.model.ladder().for_group(i, c)),
                   to = static_cast<Eigen::Index>(fit.model.ladder().for_group(0, c));
        const double p = truth.chains[c](r, 0);
        covered(r, static_cast<Eigen::Index>(c)) += cells.lower(at, to) <= p && p <= cells.upper(at, to) ? 1 : 0;
      }
      const double s = truth.shares(r, 0);
      covered(r, 2) += shares.lower(r, 0) <= s && s <= shares.upper(r, 0) ? 1 : 0;
    }
  }
  EXPECT_LE((covered / trials - Matrix::Constant(2, 3, 0.95)).cwiseAbs().maxCoeff(), 0.02) << covered;
}

}  // namespace
}  // namespace mixture_test
