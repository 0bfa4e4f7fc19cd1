// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/estimate/mixture.hpp>
#include <rungs/estimate/mover_stayer.hpp>
#include <rungs/estimate/second_order_survey.hpp>

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <Eigen/LU>

#include "../core/message.hpp"
#include "estimators.hpp"

/// People of kinds that nobody sees, and of a past, drawn with unequal chances and in clusters.
namespace weighted_kinds_test {
namespace {

using namespace rungs;
using rungs_test::code_of;
using rungs_test::ladder_of;
using rungs_test::said;

using Paths = std::vector<std::vector<std::size_t>>;

Matrix movers() {
  Matrix m(3, 3);
  m << .6, .3, .1, .2, .6, .2, .1, .3, .6;
  return m;
}

Panel weighted(const Paths& people, const std::vector<double>& weights, WeightKind kind = WeightKind::sampling) {
  Observations o;
  for (std::size_t who = 0; who < people.size(); ++who)
    for (std::size_t t = 0; t < people[who].size(); ++t) {
      o.add(static_cast<std::uint32_t>(who), static_cast<std::int32_t>(t), people[who][t]);
      if (kind != WeightKind::none) o.weight.push_back(weights[who]);
    }
  return {ladder_of(3), std::move(o), kind};
}

std::vector<std::size_t> path_of(Stream& s, std::size_t start, double stays, std::size_t steps) {
  std::vector<std::size_t> path(1, start);
  const Matrix m = movers();
  const bool stayer = s.uniform() < stays;
  for (std::size_t t = 0; t < steps; ++t) {
    const std::vector<double> row(m.data() + path.back() * 3, m.data() + (path.back() + 1) * 3);
    path.push_back(stayer ? path.back() : s.categorical(row));
  }
  return path;
}

/// People of two halves of a population, of which one has more stayers and is drawn a quarter as often.
struct Sample {
  Paths people;
  std::vector<double> weights;
  std::vector<std::uint32_t> cluster{};
};
Sample unequal(std::uint64_t seed, std::size_t people, std::size_t steps, double rare = .6, double common = .2) {
  Sample out;
  Stream s({Seed(seed), 0});
  for (std::size_t who = 0; who < people; ++who) {
    const bool seldom = s.uniform() < .2;  // four of five are of the half that is drawn four times as often
    out.people.push_back(path_of(s, who % 3, seldom ? rare : common, steps));
    out.weights.push_back(seldom ? 4 : 1);
  }
  return out;
}

/// The log-likelihood of one person, by shares (row of stratum, column of kind) and chains.
double of_person(const std::vector<std::size_t>& path, const Matrix& shares, const std::vector<Matrix>& chains) {
  double sum = 0;
  for (std::size_t g = 0; g < chains.size(); ++g) {
    double p = shares(static_cast<Eigen::Index>(path[0]), static_cast<Eigen::Index>(g));
    for (std::size_t t = 0; t + 1 < path.size(); ++t)
      p *= chains[g](static_cast<Eigen::Index>(path[t]), static_cast<Eigen::Index>(path[t + 1]));
    sum += p;
  }
  return std::log(sum);
}

std::vector<double> constant(std::size_t n, double w) { return std::vector<double>(n, w); }

TEST(WeightedKinds, EqualWeightsAreNoneAndTwiceTheWeightsAreTheSame) {
  const Sample s = unequal(3, 400, 6);
  std::vector<double> twice = s.weights;
  for (double& w : twice) w *= 2;
  const Panel none = weighted(s.people, {}, WeightKind::none),
              equal = weighted(s.people, constant(s.people.size(), 0.3)), once = weighted(s.people, s.weights),
              doubled = weighted(s.people, twice);
  const MoverStayer a = fit_mover_stayer(none), b = fit_mover_stayer(equal), c = fit_mover_stayer(once),
                    d = fit_mover_stayer(doubled);
  EXPECT_LT((a.share - b.share).cwiseAbs().maxCoeff(), 1e-10);
  EXPECT_LT((a.movers - b.movers).cwiseAbs().maxCoeff(), 1e-10);
  EXPECT_GT((a.share - c.share).cwiseAbs().maxCoeff(), 0.03);  // rejects: weights that are not used
  EXPECT_EQ(c.share, d.share);
  EXPECT_EQ(c.movers, d.movers);
  EXPECT_EQ(c.covariance, d.covariance);
  EXPECT_TRUE(std::isnan(c.p_value));
  const MixtureOptions two{.classes = 2};
  const Mixture e = fit_mixture(none, two, Seed(1)), f = fit_mixture(equal, two, Seed(1)),
                g = fit_mixture(once, two, Seed(1)), h = fit_mixture(doubled, two, Seed(1));
  EXPECT_LT((e.shares() - f.shares()).cwiseAbs().maxCoeff(), 1e-10);
  for (std::size_t k = 0; k < 2; ++k) EXPECT_LT((e.chains[k] - f.chains[k]).cwiseAbs().maxCoeff(), 1e-10);
  EXPECT_EQ(g.shares(), h.shares());
  EXPECT_EQ(g.cells().standard_error(0, 0), h.cells().standard_error(0, 0));
  EXPECT_TRUE(std::isnan(g.bic) && !std::isnan(e.bic));
  const SecondOrder plain = fit_second_order(histories(none));
  const SecondOrderSurvey i = fit_second_order(equal, SurveyDesign{}, Step{}),
                          j = fit_second_order(once, SurveyDesign{}, Step{}),
                          k = fit_second_order(doubled, SurveyDesign{}, Step{});
  const auto of = [](const SecondOrder& model) { return Matrix(model.ensemble().point().matrix(0)); };
  EXPECT_LT((of(plain) - of(i.model)).cwiseAbs().maxCoeff(), 1e-10);
  EXPECT_GT((of(plain) - of(j.model)).cwiseAbs().maxCoeff(), 0.01);
  EXPECT_EQ(of(j.model), of(k.model));
  EXPECT_LT((j.survey.covariance - k.survey.covariance).cwiseAbs().maxCoeff(), 1e-15);
}

/// The variance by hand: slopes of each person and the information by differences, nothing of the library in them.
TEST(WeightedKinds, TheVarianceIsThatOfEachPersonsOwnSlopes) {
  Sample s = unequal(5, 300, 5);
  for (std::size_t who = 0; who < s.people.size(); ++who) s.cluster.push_back(static_cast<std::uint32_t>(who / 6));
  for (const bool clustered : {false, true}) {
    const Panel panel = weighted(s.people, s.weights);
    MoverStayerOptions options;
    if (clustered) options.design = SurveyDesign{.cluster = s.cluster};
    const MoverStayer fit = fit_mover_stayer(panel, options);
    // Log-odds of s and M(i, i), where leavers go being as it is: those are told apart in the likelihood.
    const auto value = [&](const Vector& at, std::size_t who) {
      Matrix shares(3, 2), m = fit.movers;
      for (Eigen::Index i = 0; i < 3; ++i) {
        shares(i, 1) = 1 / (1 + std::exp(-at[2 * i]));
        shares(i, 0) = 1 - shares(i, 1);
        const double stay = 1 / (1 + std::exp(-at[2 * i + 1]));
        m.row(i) *= (1 - stay) / (1 - fit.movers(i, i));
        m(i, i) = stay;
      }
      return of_person(s.people[who], shares, {m, Matrix::Identity(3, 3)});
    };
    Vector at(6);
    for (Eigen::Index i = 0; i < 3; ++i) {
      at[2 * i] = std::log(fit.share[i] / (1 - fit.share[i]));
      at[2 * i + 1] = std::log(fit.movers(i, i) / (1 - fit.movers(i, i)));
    }
    const double h = 1e-4;
    const auto moved = [&](Eigen::Index a, double x, Eigen::Index b, double y) {
      Vector out = at;
      out[a] += x;
      out[b] += y;
      return out;
    };
    Matrix information = Matrix::Zero(6, 6);
    std::vector<Vector> slopes(clustered ? 50 : 300, Vector::Zero(6));
    for (std::size_t who = 0; who < 300; ++who)
      for (Eigen::Index a = 0; a < 6; ++a) {
        slopes[clustered ? who / 6 : who][a] +=
            s.weights[who] * (value(moved(a, h, a, 0), who) - value(moved(a, -h, a, 0), who)) / (2 * h);
        for (Eigen::Index b = 0; b < 6; ++b)
          information(a, b) -= s.weights[who] *
                               (value(moved(a, h, b, h), who) - value(moved(a, h, b, -h), who) -
                                value(moved(a, -h, b, h), who) + value(moved(a, -h, b, -h), who)) /
                               (4 * h * h);
      }
    Matrix middle = Matrix::Zero(6, 6);
    Vector mean = Vector::Zero(6);
    const auto n = static_cast<double>(slopes.size());
    for (const Vector& z : slopes) mean += z / n;
    for (const Vector& z : slopes) middle += n / (n - 1) * (z - mean) * (z - mean).transpose();
    const Matrix wanted = information.inverse() * middle * information.inverse();
    for (Eigen::Index a = 0; a < 6; ++a)
      for (Eigen::Index b = 0; b < 6; ++b)
        EXPECT_NEAR(fit.covariance(a, b), wanted(a, b), 1e-4 * std::sqrt(wanted(a, a) * wanted(b, b)));
    EXPECT_EQ(fit.degrees_of_freedom, clustered ? 49 : 299);
    // The mixture of movers and people who never move is the same model, by other code.
    const Mixture other = fit_mixture(panel, {.classes = 1, .stayers = true, .design = options.design}, Seed(2));
    EXPECT_LT((other.shares().col(1) - fit.share).cwiseAbs().maxCoeff(), 1e-7);
    const CellIntervals cells = other.cells(), own = fit.mover_cells();
    const Ladder& groups = other.model.ladder();
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_NEAR(other.share_intervals().standard_error(static_cast<Eigen::Index>(i), 1) /
                      fit.share_error(panel.ladder().at(i)),
                  1, 1e-6);
      for (std::size_t j = 0; j < 3; ++j)
        EXPECT_NEAR(cells.standard_error(static_cast<Eigen::Index>(groups.for_group(i, 0)),
                                         static_cast<Eigen::Index>(groups.for_group(j, 0))) /
                        own.standard_error(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)),
                    1, 1e-6);
    }
  }
}

/// 400 samples: the share of intervals at 95 % that hold the truth has a standard deviation of sqrt(.95 * .05 / 400) =
/// 0.011, of which four are 0.044: 0.906 to 0.994. The truth is the mean of both halves, since they start alike.
TEST(WeightedKinds, IntervalsOfUnequalWeightsHoldTheTruth) {
  const int samples = 400;
  Vector held = Vector::Zero(3), unweighted = Vector::Zero(3), moves = Vector::Zero(3);
  for (int k = 0; k < samples; ++k) {
    const Sample s = unequal(static_cast<std::uint64_t>(1000 + k), 450, 7);
    const MoverStayer fit = fit_mover_stayer(weighted(s.people, s.weights)),
                      naive = fit_mover_stayer(weighted(s.people, {}, WeightKind::none));
    for (std::size_t i = 0; i < 3; ++i) {
      const auto in = [](const Interval& interval, double truth) {
        return interval.lower < truth && truth < interval.upper ? 1.0 : 0.0;
      };
      const auto r = static_cast<Eigen::Index>(i);
      held[r] += in(fit.share_interval(fit.model.ladder().of_each_group().at(i)), .4);
      unweighted[r] += in(naive.share_interval(fit.model.ladder().of_each_group().at(i)), .4);
      moves[r] += in({fit.mover_cells().lower(r, r), fit.mover_cells().upper(r, r)}, movers()(r, r));
    }
  }
  for (Eigen::Index i = 0; i < 3; ++i) {
    EXPECT_GT(held[i] / samples, 0.906);
    EXPECT_LT(held[i] / samples, 0.994);
    EXPECT_GT(moves[i] / samples, 0.906);
    EXPECT_LT(unweighted[i] / samples, 0.5);  // rejects: weights that are not used
  }
}

/// As above, in clusters of nine alike: all of a cluster are of the same half, so that the variance of people drawn
/// alone is too small; and of the chance to stay of those who stayed before, with second order.
TEST(WeightedKinds, ClustersWidenIntervals) {
  const int samples = 400;
  double held = 0, alone = 0, past = 0, past_alone = 0;
  for (int k = 0; k < samples; ++k) {
    Sample s;
    Stream stream({Seed(static_cast<std::uint64_t>(7000 + k)), 0});
    for (std::uint32_t c = 0; c < 50; ++c) {
      const bool seldom = stream.uniform() < .2;
      const double stays = (seldom ? .6 : .2) + (stream.uniform() < .5 ? -.15 : .15);
      for (int member = 0; member < 9; ++member) {
        s.people.push_back(path_of(stream, static_cast<std::size_t>(member % 3), stays, 6));
        s.weights.push_back(seldom ? 4 : 1);
        s.cluster.push_back(c);
      }
    }
    const Panel panel = weighted(s.people, s.weights);
    const SurveyDesign design{.cluster = s.cluster};
    const auto in = [](double lower, double upper, double truth) { return lower < truth && truth < upper ? 1.0 : 0.0; };
    const MoverStayer by_cluster = fit_mover_stayer(panel, {.design = design}), by_person = fit_mover_stayer(panel);
    EXPECT_EQ(by_cluster.share, by_person.share);
    const Stratum a = panel.ladder().at(0);
    const Interval one = by_cluster.share_interval(a), other = by_person.share_interval(a);
    held += in(one.lower, one.upper, .4);
    alone += in(other.lower, other.upper, .4);
    // P(a | a, a) two steps after people start in a: stayers, and movers who stay. The past is taken at the start only,
    // so that the truth is a ratio of two sums.
    Sample first = s;
    for (auto& path : first.people) path.resize(3);
    const Panel three = weighted(first.people, s.weights);
    const double m = .6, truth = (.4 + .6 * m * m) / (.4 + .6 * m);
    const SecondOrderSurvey p = fit_second_order(three, design, Step{}, {.unseen = UnseenPast::absorbing}),
                            q = fit_second_order(three, SurveyDesign{}, Step{}, {.unseen = UnseenPast::absorbing});
    const auto i = static_cast<Eigen::Index>(p.model.pair(a, a).index());
    const CellIntervals cells = p.survey.cells(), cells_alone = q.survey.cells();
    past += in(cells.lower(i, i), cells.upper(i, i), truth);
    past_alone += in(cells_alone.lower(i, i), cells_alone.upper(i, i), truth);
  }
  EXPECT_GT(held / samples, 0.906);
  EXPECT_LT(held / samples, 0.994);
  EXPECT_LT(alone, held);
  EXPECT_LT(past_alone, past);
  EXPECT_GT(past / samples, 0.906);
  EXPECT_LT(past / samples, 0.994);
}

/// As above, of two classes, of which the slow one is drawn less often; and of their moves.
TEST(WeightedKinds, IntervalsOfWeightedMixturesHoldTheTruthSlow) {
  const int samples = 400;
  Matrix fast(3, 3), slow(3, 3);
  fast << .5, .35, .15, .25, .45, .3, .15, .35, .5;
  slow << .9, .08, .02, .05, .9, .05, .02, .08, .9;
  double share = 0, unweighted = 0, move = 0, stay = 0;
  for (int k = 0; k < samples; ++k) {
    Sample s;
    Stream stream({Seed(static_cast<std::uint64_t>(50000 + k)), 0});
    for (std::size_t who = 0; who < 450; ++who) {
      const bool seldom = stream.uniform() < .2;
      const Matrix& m = stream.uniform() < (seldom ? .7 : .3) ? slow : fast;
      std::vector<std::size_t>& path = s.people.emplace_back(1, who % 3);
      while (path.size() < 11)
        path.push_back(
            stream.categorical(std::vector<double>(m.data() + path.back() * 3, m.data() + (path.back() + 1) * 3)));
      s.weights.push_back(seldom ? 4 : 1);
    }
    const MixtureOptions two{.classes = 2, .starts = 4};
    const Mixture fit = fit_mixture(weighted(s.people, s.weights), two, Seed(1)),
                  naive = fit_mixture(weighted(s.people, {}, WeightKind::none), two, Seed(1));
    const Ladder& groups = fit.model.ladder();
    const auto in = [](const CellIntervals& c, std::size_t i, std::size_t j, double truth) {
      const auto r = static_cast<Eigen::Index>(i), to = static_cast<Eigen::Index>(j);
      return c.lower(r, to) < truth && truth < c.upper(r, to) ? 1.0 : 0.0;
    };
    share += in(fit.share_intervals(), 0, 1, .5);
    unweighted += in(naive.share_intervals(), 0, 1, .5);
    move += in(fit.cells(), groups.for_group(0, 0), groups.for_group(1, 0), .35);
    stay += in(fit.cells(), groups.for_group(0, 1), groups.for_group(0, 1), .9);
  }
  for (const double held : {share, move, stay}) {
    EXPECT_GT(held / samples, 0.906);
    EXPECT_LT(held / samples, 0.994);
  }
  EXPECT_LT(unweighted / samples, 0.5);
}

/// Draws of people with their weights spread as the variance of linearisation says, and so do draws of clusters.
TEST(WeightedKinds, TheBootstrapSpreadsAsTheVariance) {
  Sample s = unequal(9, 900, 7);
  for (std::size_t who = 0; who < s.people.size(); ++who) s.cluster.push_back(static_cast<std::uint32_t>(who / 9));
  const Panel panel = weighted(s.people, s.weights);
  for (const bool clustered : {false, true}) {
    MoverStayerOptions options;
    if (clustered) options.design = SurveyDesign{.cluster = s.cluster};
    const MoverStayer fit = fit_mover_stayer(panel, options);
    const HiddenGroups draws = bootstrap_mover_stayer(panel, options, 600, Seed(4));
    EXPECT_EQ(draws.shares().col(1), fit.share);
    double sum = 0, squares = 0;
    for (std::uint64_t d = 0; d < 600; ++d) {
      const double x = draws.shares(Draw(Seed(4), d))(0, 1);
      sum += x;
      squares += x * x;
    }
    const double deviation = std::sqrt(squares / 600 - sum * sum / 360000);
    // Of 600 draws a standard deviation is known to 1 / sqrt(1200) = 3 %; four of them are 12 %, and the share's curve
    // adds some.
    EXPECT_NEAR(deviation / fit.share_error(panel.ladder().at(0)), 1, 0.15);
    EXPECT_EQ(draws.ensemble().method(),
              clustered ? "mover-stayer, bootstrap by cluster" : "mover-stayer, bootstrap by person");
  }
  const HiddenGroups mixed =
      bootstrap_mixture(panel, {.classes = 1, .stayers = true},
                        fit_mixture(panel, {.classes = 1, .stayers = true}, Seed(1)), 20, Seed(4));
  const HiddenGroups same = bootstrap_mover_stayer(panel, {}, 20, Seed(4));
  for (std::uint64_t d = 0; d < 20; ++d)
    EXPECT_LT((mixed.shares(Draw(Seed(4), d)) - same.shares(Draw(Seed(4), d))).cwiseAbs().maxCoeff(), 1e-6);
}

TEST(WeightedKinds, WeightedSharesOfPastsAndMovesAreSumsOfWeights) {
  const Sample s = unequal(12, 200, 4);
  const Panel panel = weighted(s.people, s.weights), pairs = panel_of_pairs(panel, Step{});
  const SecondOrderSurvey fit = fit_second_order(panel, SurveyDesign{}, Step{});
  std::vector<double> to(27), before(9), last(9);
  for (std::size_t who = 0; who < s.people.size(); ++who) {
    const auto& path = s.people[who];
    for (std::size_t t = 0; t + 2 < path.size(); ++t)
      to[(path[t] * 3 + path[t + 1]) * 3 + path[t + 2]] += s.weights[who];
    for (std::size_t t = 1; t < path.size(); ++t) before[path[t] * 3 + path[t - 1]] += s.weights[who];
    last[path[4] * 3 + path[3]] += s.weights[who];
  }
  const Ladder& ladder = panel.ladder();
  for (std::size_t a = 0; a < 3; ++a)
    for (std::size_t b = 0; b < 3; ++b) {
      double all = 0;
      for (std::size_t c = 0; c < 3; ++c) all += to[(a * 3 + b) * 3 + c];
      for (std::size_t c = 0; c < 3; ++c)
        EXPECT_NEAR(fit.model.ensemble().point().view(0)(
                        static_cast<Eigen::Index>(fit.model.pair(ladder.at(a), ladder.at(b)).index()),
                        static_cast<Eigen::Index>(fit.model.pair(ladder.at(b), ladder.at(c)).index())),
                    to[(a * 3 + b) * 3 + c] / all, 1e-13);
      const auto share = [&](const std::vector<double>& of) {
        return of[b * 3 + a] / (of[b * 3] + of[b * 3 + 1] + of[b * 3 + 2]);
      };
      const auto r = static_cast<Eigen::Index>(b), c = static_cast<Eigen::Index>(a);
      EXPECT_NEAR(pasts(pairs, ladder, PastsOf::all_moves)(r, c), share(before), 1e-13);
      EXPECT_NEAR(pasts(pairs, ladder, PastsOf::last_move)(r, c), share(last), 1e-13);
    }
}

TEST(WeightedKinds, WhoIsSeenOnceHasNoPast) {
  Observations o;
  const Paths people{{0, 1, 1}, {1, 0, 0}, {0}, {0}, {1, 1, 0}, {0}, {0, 0, 1}};
  for (std::size_t who = 0; who < people.size(); ++who)
    for (std::size_t t = 0; t < people[who].size(); ++t)
      o.add(static_cast<std::uint32_t>(who), static_cast<std::int32_t>(t), people[who][t]);
  const Panel panel(ladder_of(2), std::move(o)), pairs = panel_of_pairs(panel, Step{});
  EXPECT_EQ(pairs.people(), 7U);
  // To each stratum two moves from either, of them one the last.
  for (const PastsOf which : {PastsOf::all_moves, PastsOf::last_move}) {
    EXPECT_EQ(pasts(pairs, panel.ladder(), which), Matrix::Constant(2, 2, .5));
    EXPECT_EQ(pasts(histories(panel), which), Matrix::Constant(2, 2, .5));
  }
}

TEST(WeightedKinds, PastsThatNobodyHasLeadToTheirStratum) {
  // From a to b nobody is followed further; absorbing there is the pair of b with itself, which moves on.
  const Paths people{{0, 0, 1}, {1, 1, 1}, {1, 1, 0}, {0, 0, 0}, {1, 1, 0}, {0, 0, 0}};
  Observations o;
  for (std::size_t who = 0; who < people.size(); ++who)
    for (std::size_t t = 0; t < 3; ++t)
      o.add(static_cast<std::uint32_t>(who), static_cast<std::int32_t>(t), people[who][t]);
  const Panel panel(ladder_of(2), std::move(o));
  EXPECT_EQ(code_of([&] { (void)fit_second_order(panel, SurveyDesign{}, Step{}); }), "E-ROW-EMPTY");
  EXPECT_EQ(said<Refusal>(
                [&] { (void)fit_second_order(panel, SurveyDesign{}, Step{}, {.unseen = UnseenPast::first_order}); }),
            "found a prior, or rows of first order, in a survey; expected shares of people seen, or pasts that nobody "
            "was seen with stated to be absorbing [E-PRIOR]");
  const SecondOrderSurvey fit = fit_second_order(panel, SurveyDesign{}, Step{}, {.unseen = UnseenPast::absorbing});
  const SecondOrder plain = fit_second_order(histories(panel), {.unseen = UnseenPast::absorbing});
  EXPECT_EQ(Matrix(fit.model.ensemble().point().matrix(0)), Matrix(plain.ensemble().point().matrix(0)));
}

TEST(WeightedKinds, WhatIsRefused) {
  const Sample s = unequal(1, 60, 5);
  EXPECT_EQ(said<Refusal>([&] { (void)fit_mover_stayer(weighted(s.people, s.weights, WeightKind::precision)); }),
            "found precision weights; expected sampling or frequency weights, or none: the likelihood of people of "
            "several kinds is that of people [E-WEIGHT-KIND]");
  const MoverStayerOptions one{.design = SurveyDesign{.cluster = std::vector<std::uint32_t>(60, 0)}};
  EXPECT_EQ(code_of([&] {
              (void)fit_mover_stayer(weighted(s.people, s.weights, WeightKind::frequency), {.design = SurveyDesign{}});
            }),
            "E-WEIGHT-KIND");
  EXPECT_EQ(code_of([&] { (void)fit_mover_stayer(weighted(s.people, s.weights), one); }), "E-DESIGN-LONELY");
  EXPECT_EQ(said<Refusal>([&] { (void)bootstrap_mover_stayer(weighted(s.people, s.weights), one, 2, Seed(1)); }),
            "found part 0 of the frame with one cluster; expected two or more, or that it was certain to be in the "
            "sample: clusters are drawn anew within their part [E-DESIGN-LONELY]");
  const MoverStayerOptions few{.design = SurveyDesign{.cluster = {1, 2}}};
  EXPECT_EQ(code_of([&] { (void)fit_mover_stayer(weighted(s.people, s.weights), few); }), "E-SHAPE");
}

}  // namespace
}  // namespace weighted_kinds_test
