// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/estimate/mover_stayer.hpp>

#include <cmath>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <rungs/measure/reach.hpp>
#include <rungs/measure/summary.hpp>

#include "../core/message.hpp"
#include "estimators.hpp"

namespace mover_stayer_test {
namespace {

using namespace rungs;
using rungs_test::code_of;
using rungs_test::ladder_of;
using rungs_test::panel_of;
using rungs_test::People;
using rungs_test::said;

Matrix chain() {
  Matrix m(3, 3);
  m << .6, .3, .1, .2, .6, .2, .1, .3, .6;
  return m;
}

/// People of whom some never move; with `uneven`, each is followed for a number of steps of their own.
People simulated(const Vector& share, const Matrix& movers, std::size_t people, std::size_t steps, std::uint64_t seed,
                 bool uneven = false) {
  People out;
  const auto n = static_cast<std::size_t>(share.size());
  for (std::size_t who = 0; who < people; ++who) {
    Stream s({Seed(seed), who});
    std::vector<std::size_t>& path = out.emplace_back(1, who % n);
    const bool stays = s.uniform() < share[static_cast<Eigen::Index>(path[0])];
    const std::size_t length = uneven ? 1 + s.below(steps) : steps;
    for (std::size_t t = 0; t < length; ++t) {
      const std::vector<double> row(movers.data() + path.back() * n, movers.data() + (path.back() + 1) * n);
      path.push_back(stays ? path.back() : s.categorical(row));
    }
  }
  return out;
}

bool never_moves(const std::vector<std::size_t>& path) {
  return std::set<std::size_t>(path.begin(), path.end()).size() == 1;
}

double likelihood(const People& people, const Vector& share, const Matrix& movers) {
  double sum = 0;
  for (const std::vector<std::size_t>& path : people) {
    double p = 1;
    for (std::size_t t = 0; t + 1 < path.size(); ++t)
      p *= movers(static_cast<Eigen::Index>(path[t]), static_cast<Eigen::Index>(path[t + 1]));
    const double s = share[static_cast<Eigen::Index>(path[0])];
    sum += std::log((1 - s) * p + (never_moves(path) ? s : 0));
  }
  return sum;
}

/// Who is a stayer, expected by turns with the shares and moves: slow and plain.
std::pair<Vector, Matrix> by_turns(const People& people, Eigen::Index n, int rounds) {
  Vector share = Vector::Constant(n, 0.3);
  Matrix movers = Matrix::Constant(n, n, 1.0 / static_cast<double>(n));
  for (int round = 0; round < rounds; ++round) {
    Vector stayers = Vector::Zero(n), all = Vector::Zero(n);
    Matrix moves = Matrix::Zero(n, n);
    for (const std::vector<std::size_t>& path : people) {
      const auto i = static_cast<Eigen::Index>(path[0]);
      const double p = std::pow(movers(i, i), static_cast<double>(path.size() - 1));
      const double stayer = never_moves(path) ? share[i] / (share[i] + (1 - share[i]) * p) : 0;
      all[i] += 1;
      stayers[i] += stayer;
      for (std::size_t t = 0; t + 1 < path.size(); ++t)
        moves(static_cast<Eigen::Index>(path[t]), static_cast<Eigen::Index>(path[t + 1])) += 1 - stayer;
    }
    for (Eigen::Index i = 0; i < n; ++i) {
      share[i] = stayers[i] / all[i];
      movers.row(i) = moves.row(i) / moves.row(i).sum();
    }
  }
  return {share, movers};
}

Vector shares(double a, double b, double c) {
  Vector s(3);
  s << a, b, c;
  return s;
}

TEST(MoverStayer, IsWhereExpectationByTurnsEnds) {
  for (std::uint64_t trial = 0; trial < 6; ++trial) {
    const People people = simulated(shares(.3, .15, .45), chain(), 240, 6, 10 + trial, trial % 2 == 1);
    const MoverStayer fit = fit_mover_stayer(panel_of(ladder_of(3), people));
    const auto [share, movers] = by_turns(people, 3, 4000);
    EXPECT_LT((fit.share - share).cwiseAbs().maxCoeff(), 1e-8) << trial;
    EXPECT_LT((fit.movers - movers).cwiseAbs().maxCoeff(), 1e-8) << trial;
    EXPECT_NEAR(fit.log_likelihood, likelihood(people, fit.share, fit.movers), 1e-9);
    EXPECT_NEAR(fit.plain_log_likelihood, likelihood(people, Vector::Zero(3), fit.plain), 1e-9);
    EXPECT_GE(fit.log_likelihood, likelihood(people, share, movers) - 1e-10);
    EXPECT_LT(fit.gradient, 1e-9);
    // And nothing near is better.
    Stream s({Seed(3), trial});
    for (int k = 0; k < 50; ++k) {
      Vector near = fit.share;
      Matrix moved = fit.movers;
      for (Eigen::Index i = 0; i < 3; ++i) {
        near[i] = std::min(0.99, std::max(0.0, near[i] + 0.05 * s.normal()));
        for (Eigen::Index j = 0; j < 3; ++j) moved(i, j) *= std::exp(0.05 * s.normal());
        moved.row(i) /= moved.row(i).sum();
      }
      EXPECT_LT(likelihood(people, near, moved), fit.log_likelihood);
    }
  }
}

TEST(MoverStayer, TwoStepsAreAQuadratic) {
  // Everybody is followed for two steps. With a starters who move, c who do not, b stays and d leaves of movers, m is
  // the root of (b + d - 2 a) m^2 + d m - b = 0, and s = (c / (a + c) - m^2) / (1 - m^2) (Frydman 1984).
  People people;
  const auto add = [&people](std::size_t times, std::vector<std::size_t> path) {
    people.insert(people.end(), times, path);
  };
  add(60, {0, 0, 0});
  add(20, {0, 0, 1});
  add(13, {0, 1, 0});
  add(6, {0, 1, 1});
  add(40, {1, 1, 1});
  add(11, {1, 1, 0});
  add(8, {1, 0, 1});
  add(7, {1, 0, 0});
  const MoverStayer fit = fit_mover_stayer(panel_of(ladder_of(2), people));
  const auto expect = [&](Eigen::Index i, double a, double c, double b, double d) {
    const double q = b + d - 2 * a, m = 2 * b / (d + std::sqrt(d * d + 4 * q * b)),
                 s = (c / (a + c) - m * m) / (1 - m * m);
    EXPECT_NEAR(fit.movers(i, i), m, 1e-14) << i;
    EXPECT_NEAR(fit.share[i], s, 1e-13) << i;
    EXPECT_GT(s, 0.1);
  };
  expect(0, 39, 60, 20 + 7, 39 + 8);
  expect(1, 26, 40, 11 + 6, 26 + 13);
  EXPECT_EQ(fit.interior, 2U);
  EXPECT_TRUE(fit.warnings.empty());
}

TEST(MoverStayer, CovarianceIsTheCurvature) {
  const People people = simulated(shares(.3, .15, .45), chain(), 300, 6, 21, true);
  const MoverStayer fit = fit_mover_stayer(panel_of(ladder_of(3), people));
  // What leaves is shared out in the same proportions, whatever the stay: then only s and m of one row change.
  const auto at = [&](Eigen::Index i, double ds, double dm) {
    Vector share = fit.share;
    Matrix movers = fit.movers;
    const double m = movers(i, i), odds = m / (1 - m) * std::exp(dm), stay = odds / (1 + odds);
    movers.row(i) *= (1 - stay) / (1 - m);
    movers(i, i) = stay;
    share[i] = 1 / (1 + (1 - share[i]) / share[i] * std::exp(-ds));
    return likelihood(people, share, movers);
  };
  const double h = 1e-3;
  for (Eigen::Index i = 0; i < 3; ++i) {
    EXPECT_NEAR((at(i, h, 0) - at(i, -h, 0)) / (2 * h), 0, 1e-4);
    EXPECT_NEAR((at(i, 0, h) - at(i, 0, -h)) / (2 * h), 0, 1e-4);
    Eigen::Matrix2d information;
    information << (2 * at(i, 0, 0) - at(i, h, 0) - at(i, -h, 0)) / (h * h),
        (at(i, h, -h) + at(i, -h, h) - at(i, h, h) - at(i, -h, -h)) / (4 * h * h), 0,
        (2 * at(i, 0, 0) - at(i, 0, h) - at(i, 0, -h)) / (h * h);
    information(1, 0) = information(0, 1);
    const Eigen::Matrix2d product = information * fit.covariance.block(2 * i, 2 * i, 2, 2);
    EXPECT_LT((product - Eigen::Matrix2d::Identity()).cwiseAbs().maxCoeff(), 1e-4);
    EXPECT_LT(fit.covariance(2 * i, 2 * i + 1), 0);  // more stayers, and movers who stay less
    // Where movers go is a multinomial sample of those who leave: sqrt(q (1 - q) / d), and (1 - m) scales it.
    const Stratum stratum = fit.model.ladder().of_each_group().at(static_cast<std::size_t>(i));
    const Interval interval = fit.share_interval(stratum);
    EXPECT_LT(interval.lower, fit.share[i]);
    EXPECT_GT(interval.upper, fit.share[i]);
    EXPECT_NEAR(fit.share_error(stratum), (interval.upper - interval.lower) / 3.92, 0.005);
    double leaves = 0;  // of people who move, which those who never do are not
    for (Eigen::Index j = 0; j < 3; ++j)
      if (j != i) leaves += fit.moves.people(static_cast<std::size_t>(i), static_cast<std::size_t>(j));
    const double m = fit.movers(i, i), variance = fit.covariance(2 * i + 1, 2 * i + 1);
    const CellIntervals cells = fit.mover_cells();
    EXPECT_NEAR(cells.standard_error(i, i), m * (1 - m) * std::sqrt(variance), 1e-12);
    for (Eigen::Index j = 0; j < 3; ++j) {
      if (j == i) continue;
      const double q = fit.movers(i, j) / (1 - m), own = std::pow(q * m * (1 - m), 2) * variance;
      EXPECT_NEAR(cells.standard_error(i, j), std::sqrt(own + std::pow(1 - m, 2) * q * (1 - q) / leaves), 1e-12);
    }
  }
}

TEST(MoverStayer, StandsBesideStayersOnALadderOfGroups) {
  const People people = simulated(shares(.5, .2, .6), chain(), 900, 6, 5);
  const MoverStayer fit = fit_mover_stayer(panel_of(ladder_of(3), people));
  const Ladder& both = fit.model.ladder();
  EXPECT_EQ(both.groups(), (std::vector<std::string>{"movers", "stayers"}));
  const Ladder each = both.of_each_group();
  const Matrix s = fit.share.asDiagonal(), i = Matrix::Identity(3, 3);
  Matrix power = i;
  for (std::int64_t k = 0; k <= 12; ++k) {
    EXPECT_LT((fit.after(Span(k)) - (s + (i - s) * power)).cwiseAbs().maxCoeff(), 1e-14) << k;
    // The same from people split over the groups, step by step on the ladder of both.
    for (std::size_t from = 0; from < 3; ++from) {
      const Headcount start = fit.model.split(Headcount(each).set(each.at(from), Heads(1)));
      EXPECT_NEAR(start.total(), 1, 1e-15);
      EXPECT_EQ(start[both["stayers: s" + std::to_string(from)]], fit.share[static_cast<Eigen::Index>(from)]);
      Eigen::RowVectorXd now = start.heads().transpose();
      for (std::int64_t t = 0; t < k; ++t) now *= fit.model.ensemble().point().matrix(0);
      for (std::size_t to = 0; to < 3; ++to)
        EXPECT_NEAR(now[static_cast<Eigen::Index>(both.for_group(to, 0))] +
                        now[static_cast<Eigen::Index>(both.for_group(to, 1))],
                    fit.after(Span(k))(static_cast<Eigen::Index>(from), static_cast<Eigen::Index>(to)), 1e-14);
    }
    power *= fit.movers;
  }
  EXPECT_LT((fit.plain_after(Span(3)) - fit.plain * fit.plain * fit.plain).cwiseAbs().maxCoeff(), 1e-15);
  // Reach of the top from the bottom: the chain lets everybody arrive, but stayers never do.
  const Kernel plain(TransitionMatrix(each, fit.plain, Step()));
  const auto mixed = [&](std::int64_t within) {
    double sum = 0;
    const Headcount start = fit.model.split(Headcount(each).set(each.at(0), Heads(1)));
    for (const char* group : {"movers: ", "stayers: "})
      sum +=
          start[both[group + std::string("s0")]] * reach_probability(both[group + std::string("s0")], both.select("s2"),
                                                                     Span(within))(fit.model.ensemble().point());
    return sum;
  };
  const auto chained = [&](std::int64_t within) {
    return reach_probability(each.at(0), each.at(2), Span(within))(plain);
  };
  EXPECT_LT(mixed(20), chained(20) - 0.2);
  EXPECT_NEAR(mixed(200), 1 - fit.share[0], 1e-6);
  EXPECT_GT(chained(200), 1 - 1e-6);
  // Those who do move arrive sooner than the chain says.
  EXPECT_GT(reach_probability(both["movers: s0"], both.select("s2"), Span(5))(fit.model.ensemble().point()),
            chained(5) + 0.1);
  // Questions about the ensemble are asked as of any other.
  const Estimate asked =
      summarize(fit.model.ensemble(), reach_probability(both["movers: s0"], both.select("s2"), Span(5)),
                {.draws = 200, .seed = Seed(1)});
  EXPECT_EQ(asked.draws, 200U);
  EXPECT_LT(asked.lower, asked.value);
  EXPECT_GT(asked.upper, asked.value);
  EXPECT_EQ(summarize(fit.model.ensemble(), reach_probability(both["stayers: s0"], both.select("s2"), Span(5)),
                      {.draws = 200, .seed = Seed(1)})
                .upper,
            0);
  // And of people followed for 6 steps the model expects what was seen; the chain does not.
  const Counts seen = observed_after(panel_of(ladder_of(3), people), Step(), Span(6));
  for (std::size_t k = 0; k < 3; ++k) {
    const auto r = static_cast<Eigen::Index>(k);
    const double stayed = seen.people(k, k) / seen.row_people(k);
    EXPECT_NEAR(fit.after(Span(6))(r, r), stayed, 0.05);
    EXPECT_LT(fit.plain_after(Span(6))(r, r), stayed - 0.07);
  }
}

TEST(MoverStayer, DrawsSharesAndMovesOfOneWorld) {
  const People people = simulated(shares(.3, .15, .45), chain(), 300, 4, 22);
  const MoverStayer fit = fit_mover_stayer(panel_of(ladder_of(3), people));
  const HiddenGroups bootstrap = bootstrap_mover_stayer(panel_of(ladder_of(3), people), {}, 600, Seed(2));
  const auto odds = [](double p) { return std::log(p / (1 - p)); };
  for (const HiddenGroups* model : {&fit.model, &bootstrap}) {
    const bool normal = model == &fit.model;
    const int draws = normal ? 4000 : 600;
    for (std::size_t k = 0; k < 3; ++k) {
      const auto i = static_cast<Eigen::Index>(k), at = static_cast<Eigen::Index>(model->ladder().for_group(k, 0)),
                 stays = static_cast<Eigen::Index>(model->ladder().for_group(k, 1));
      double ss = 0, sm = 0, mm = 0, s1 = 0, m1 = 0;
      for (int d = 0; d < draws; ++d) {
        const Draw draw(Seed(4), static_cast<std::uint64_t>(d));
        const Matrix p = model->ensemble().draw(draw).matrix(0), share = model->shares(draw);
        ASSERT_EQ(p(stays, stays), 1);
        ASSERT_NEAR(share.row(i).sum(), 1, 1e-15);
        const double x = odds(share(i, 1)) - odds(fit.share[i]), y = odds(p(at, at)) - odds(fit.movers(i, i));
        s1 += x / draws, m1 += y / draws, ss += x * x / draws, sm += x * y / draws, mm += y * y / draws;
      }
      const double correlation = fit.covariance(2 * i, 2 * i + 1) /
                                 std::sqrt(fit.covariance(2 * i, 2 * i) * fit.covariance(2 * i + 1, 2 * i + 1));
      EXPECT_NEAR((ss - s1 * s1) / fit.covariance(2 * i, 2 * i), 1, normal ? 0.15 : 0.5);
      EXPECT_NEAR((mm - m1 * m1) / fit.covariance(2 * i + 1, 2 * i + 1), 1, normal ? 0.15 : 0.5);
      // rejects: shares drawn apart from the moves, of no correlation.
      EXPECT_LT(correlation, -0.3);
      EXPECT_NEAR((sm - s1 * m1) / std::sqrt((ss - s1 * s1) * (mm - m1 * m1)), correlation, normal ? 0.05 : 0.15);
    }
  }
  EXPECT_EQ(bootstrap.shares(Draw::point()), fit.model.shares());
  EXPECT_EQ(bootstrap.ensemble().point(), fit.model.ensemble().point());
  EXPECT_EQ(said<Refusal>([&] { (void)bootstrap.shares(Draw(Seed(1), 600)); }),
            "found draw number 600; expected one of the 600 replicates [E-DRAW]");
  EXPECT_EQ(said<Refusal>([&] { (void)bootstrap_mover_stayer(panel_of(ladder_of(3), people), {}, 0, Seed(2)); }),
            "found 0 bootstrap draws; expected at least 1 [E-DRAW]");
}

TEST(MoverStayer, ADrawInWhichNobodyStartsHasTheShareOfTheData) {
  // One of the two who start in s2 stays there, one leaves. Of draws exp(-2) have neither: 54 of 400.
  People people = simulated(shares(.3, .3, .5), chain(), 200, 4, 5);
  for (auto& path : people)
    if (path.front() == 2) path.front() = 1;
  people.push_back({2, 2, 2, 2, 2});
  people.push_back({2, 1, 0, 1, 0});
  const MoverStayer fit = fit_mover_stayer(panel_of(ladder_of(3), people));
  EXPECT_GT(fit.share[2], 0.1);
  const HiddenGroups bootstrap = bootstrap_mover_stayer(panel_of(ladder_of(3), people), {}, 400, Seed(2));
  int as_fitted = 0;
  for (std::uint64_t d = 0; d < 400; ++d) as_fitted += bootstrap.shares(Draw(Seed(2), d))(2, 1) == fit.share[2] ? 1 : 0;
  EXPECT_NEAR(as_fitted, 54, 4 * 6.9);
}

TEST(MoverStayer, WithoutStayersIsTheChainAndSaysSo) {
  // Whoever starts in s0 moves at once, and whoever starts in s1 sometime: no share can be above 0.
  const People people{{0, 1, 0, 1}, {0, 1, 1, 0}, {0, 1, 0, 0}, {1, 1, 1, 0}, {1, 0, 0, 1}, {1, 1, 0, 0}};
  const MoverStayer fit = fit_mover_stayer(panel_of(ladder_of(2), people));
  EXPECT_EQ(fit.share, Vector::Zero(2));
  EXPECT_LT((fit.movers - fit.plain).cwiseAbs().maxCoeff(), 1e-15);
  EXPECT_EQ(fit.likelihood_ratio, 0);
  EXPECT_EQ(fit.p_value, 1);
  EXPECT_EQ(fit.tested, 2U);
  EXPECT_EQ(fit.interior, 0U);
  ASSERT_EQ(fit.warnings.size(), 1U);
  EXPECT_EQ(fit.warnings[0].code, "W-BOUNDARY");
  EXPECT_EQ(fit.warnings[0].message,
            "the share of stayers lies at the end of its range in 's0' (0), 's1' (0): it has no standard error, and "
            "does not vary in draws but those of a bootstrap");
  EXPECT_TRUE(std::isnan(fit.share_interval(ladder_of(2).at(0)).lower));
  EXPECT_TRUE(std::isnan(fit.share_error(ladder_of(2).at(1))));
  for (std::uint64_t d = 0; d < 20; ++d) EXPECT_EQ(fit.model.shares(Draw(Seed(1), d)).col(1), Vector::Zero(2));
  // The moves vary as those of the chain: sqrt(p (1 - p) / n), n steps from the stratum.
  EXPECT_EQ(fit.moves.row_people(0), 8);
  EXPECT_NEAR(fit.mover_cells().standard_error(0, 0), std::sqrt(fit.plain(0, 0) * fit.plain(0, 1) / 8), 1e-12);
}

TEST(MoverStayer, EndsOfTheRange) {
  // Nobody who starts in s1 moves: all of them stayers, and movers who come by tell its moves.
  const People people{{0, 1, 0}, {0, 1, 1}, {0, 1, 0}, {0, 0, 1}, {0, 0, 0}, {1, 1, 1}, {1, 1, 1}};
  const MoverStayer fit = fit_mover_stayer(panel_of(ladder_of(2), people));
  EXPECT_EQ(fit.share[1], 1);
  EXPECT_NEAR(fit.movers(1, 1), 1.0 / 3, 1e-14);
  EXPECT_NE(fit.warnings.at(0).message.find("'s1' (1)"), std::string::npos);
  EXPECT_EQ(fit.model.shares(Draw(Seed(1), 3))(1, 1), 1);
  // A stratum that nobody leaves needs a word; then its people are there for good, as movers.
  const People there{{0, 1, 1}, {0, 0, 1}, {0, 0, 0}, {0, 0, 0}, {1, 1, 1}};
  EXPECT_EQ(said<Refusal>([&] { (void)fit_mover_stayer(panel_of(ladder_of(2), there)); }),
            "found nobody who was seen to leave 's1'; expected somebody, since stayers are told from movers by who "
            "leaves, or that it is stated to be absorbing [E-IDENT]");
  const MoverStayer absorbed = fit_mover_stayer(panel_of(ladder_of(2), there), {.unleft = Unleft::absorbing});
  EXPECT_EQ(absorbed.movers(1, 1), 1);
  EXPECT_EQ(absorbed.plain(1, 1), 1);
  EXPECT_EQ(absorbed.share[1], 0);
  EXPECT_EQ(absorbed.tested, 1U);
  EXPECT_NEAR(absorbed.log_likelihood, likelihood(there, absorbed.share, absorbed.movers), 1e-14);
  // No mover ever stays: then whoever stays is a stayer.
  const People restless{{0, 1, 0}, {0, 1, 0}, {0, 1, 0}, {0, 0, 0}, {1, 0, 1}, {1, 1, 1}};
  const MoverStayer sharp = fit_mover_stayer(panel_of(ladder_of(2), restless));
  EXPECT_EQ(sharp.movers(0, 0), 0);
  EXPECT_EQ(sharp.share[0], 0.25);
  EXPECT_EQ(sharp.share[1], 0.5);
  ASSERT_EQ(sharp.warnings.size(), 1U);
  EXPECT_EQ(sharp.warnings[0].code, "W-BOUNDARY");
  EXPECT_EQ(sharp.warnings[0].message,
            "no mover was seen to stay in 's0', 's1': the chance of staying is 0 in every draw but those of a "
            "bootstrap");
  EXPECT_NEAR(sharp.share_error(ladder_of(2).at(0)), std::sqrt(.25 * .75 / 4), 1e-14);
  EXPECT_NEAR(sharp.log_likelihood, likelihood(restless, sharp.share, sharp.movers), 1e-14);
  // One step alone tells nothing of stayers.
  EXPECT_EQ(said<Refusal>([&] {
              (void)fit_mover_stayer(panel_of(ladder_of(2), {{0, 1}, {0, 0}, {1, 0}, {1, 1}}));
            }),
            "found nobody whose second step tells stayers in 's0' from movers who stay; expected people followed for "
            "two steps or more [E-IDENT]");
  // Next to nobody who is followed for longer: the data tell next to nothing.
  const People hardly{{0, 1}, {0, 0}, {1, 0, 1}, {1, 1, 1}, {1, 0, 0}};
  Observations o;
  for (std::uint32_t who = 0; who < hardly.size(); ++who)
    for (std::size_t t = 0; t < hardly[who].size(); ++t) {
      o.add(who, static_cast<std::int32_t>(t), hardly[who][t]);
      o.weight.push_back(who < 2 ? 50 : 1e-12);
    }
  EXPECT_EQ(
      said<Refusal>([&] { (void)fit_mover_stayer(Panel(ladder_of(2), o, WeightKind::frequency)); }),
      "found too few people to tell stayers in 's0' from movers who stay; expected people followed for more steps "
      "[E-IDENT]");
}

TEST(MoverStayer, FollowsPeopleUpToTheirFirstGapOrExit) {
  const Ladder ladder = Ladder::parse("low < high | gone");
  Observations o;
  const auto add = [&o](std::uint32_t who, std::vector<std::pair<std::int32_t, std::size_t>> seen) {
    for (const auto& [t, at] : seen) o.add(who, t, at);
  };
  const auto common = [&add] {
    for (std::uint32_t k = 0; k < 40; ++k) {
      add(10 + 4 * k, {{0, 0}, {1, 0}, {2, 0}, {3, 0}, {4, 0}});
      add(11 + 4 * k, {{0, 0}, {1, 1}, {2, 1}, {3, 0}, {4, 0}});
      add(12 + 4 * k, {{0, 1}, {1, 1}, {2, 0}, {3, 0}, {4, 1}});
      add(13 + 4 * k, {{0, 1}, {1, 1}, {2, 1}, {3, 1}, {4, 1}});
    }
  };
  common();
  add(1, {{0, 0}, {1, 0}, {2, 2}, {3, 2}, {4, 2}});  // leaves, and stays away
  add(2, {{0, 1}, {1, 1}, {3, 0}, {4, 1}});          // what comes after the gap is not used
  add(3, {{0, 1}, {3, 0}, {4, 0}});                  // not seen one step later
  add(4, {{0, 2}, {1, 2}});                          // had left before
  const MoverStayer fit = fit_mover_stayer(Panel(ladder, o));
  ASSERT_EQ(fit.warnings.size(), 2U);
  EXPECT_EQ(fit.warnings[0].code, "W-GAP");
  EXPECT_EQ(
      fit.warnings[0].message,
      "4 of 647 pairs of observations that begin in a stratum (0.6 %) come after a gap and were not used: people are "
      "followed from their first observation up to the first gap");
  EXPECT_EQ(fit.warnings[1].code, "W-SINGLETON");
  EXPECT_EQ(fit.warnings[1].message,
            "2 people are not seen one step after their first observation, or have left by then, and tell nothing of "
            "moves");
  o = {};
  common();
  add(1, {{0, 0}, {1, 0}, {2, 2}});
  add(2, {{0, 1}, {1, 1}});
  const MoverStayer same = fit_mover_stayer(Panel(ladder, o));
  EXPECT_EQ(fit.share, same.share);
  EXPECT_EQ(fit.movers, same.movers);
  EXPECT_EQ(fit.log_likelihood, same.log_likelihood);
  EXPECT_EQ(fit.starters, same.starters);
  EXPECT_EQ(fit.movers(2, 2), 1);
  EXPECT_EQ(fit.share[2], 0);
  // People who left are where they left to.
  const Counts seen = observed_after(Panel(ladder, o), Step(), Span(4));
  EXPECT_EQ(seen.people(0, 2), 1);
  EXPECT_EQ(seen.people(0, 0), 80);
  EXPECT_EQ(seen.people(1, 1), 80);
}

TEST(MoverStayer, FrequencyWeightsArePeople) {
  const People people = simulated(shares(.3, .15, .45), chain(), 90, 4, 2);
  People twice = people;
  twice.insert(twice.end(), people.begin(), people.end());
  Observations o;
  for (std::uint32_t who = 0; who < people.size(); ++who)
    for (std::size_t t = 0; t < people[who].size(); ++t) {
      o.add(who, static_cast<std::int32_t>(t), people[who][t]);
      o.weight.push_back(2);
    }
  const MoverStayer a = fit_mover_stayer(panel_of(ladder_of(3), twice)),
                    b = fit_mover_stayer(Panel(ladder_of(3), o, WeightKind::frequency));
  EXPECT_LT((a.share - b.share).cwiseAbs().maxCoeff(), 1e-14);
  EXPECT_LT((a.covariance - b.covariance).cwiseAbs().maxCoeff(), 1e-12);
  EXPECT_EQ(a.starters, b.starters);
  // And as many are drawn in a bootstrap: half the variance of one of the records as people.
  const auto spread = [](const HiddenGroups& model) {
    double sum = 0;
    for (std::uint64_t d = 0; d < 500; ++d)
      sum += std::pow(model.shares(Draw(Seed(1), d))(0, 1) - model.shares()(0, 1), 2) / 500;
    return sum;
  };
  EXPECT_NEAR(spread(bootstrap_mover_stayer(Panel(ladder_of(3), o, WeightKind::frequency), {}, 500, Seed(8))) /
                  spread(bootstrap_mover_stayer(panel_of(ladder_of(3), twice), {}, 500, Seed(9))),
              1, 0.25);
  EXPECT_EQ(said<Refusal>([&] { (void)fit_mover_stayer(Panel(ladder_of(3), o, WeightKind::precision)); }),
            "found precision weights; expected sampling or frequency weights, or none: the likelihood of people of "
            "several kinds is that of people [E-WEIGHT-KIND]");
  Observations alone;
  alone.add(0, 0, 0);
  EXPECT_EQ(said<Refusal>([&] { (void)fit_mover_stayer(Panel(ladder_of(2), alone)); }),
            "found nobody who was seen at two times one step apart; expected at least one [E-ROW-EMPTY]");
}

TEST(MoverStayer, SharesOfOtherShapeAreRefused) {
  const MoverStayer fit = fit_mover_stayer(panel_of(ladder_of(3), simulated(shares(.3, .15, .45), chain(), 90, 4, 2)));
  EXPECT_EQ(said<Refusal>([&] { (void)HiddenGroups(fit.model.ensemble(), Matrix::Zero(2, 2)); }),
            "found shares of other strata, groups or draws than the moves; expected the same [E-SHAPE]");
  EXPECT_EQ(code_of([&] { (void)HiddenGroups(fit.model.ensemble(), fit.model.shares()); }), "E-SHAPE");  // no factor
  EXPECT_EQ(code_of([&] {
              Matrix s = fit.model.shares();
              s(0, 0) = std::nan("");
              (void)HiddenGroups(Ensemble(fit.model.ensemble().point(), Known{}, ""), s);
            }),
            "E-SHARE");
  EXPECT_EQ(said<Refusal>([&] { (void)fit.model.split(Headcount(ladder_of(2))); }),
            "found people on another ladder than that of each group; expected the same [E-LADDER-OTHER]");
}

TEST(MoverStayer, RatioHasItsDistributionWithoutStayers) {
  // 1,000 panels without stayers: 5 % of the chances are below 5 %, and in an eighth nothing is above 0.
  // rejects: a chi-square with 3 degrees of freedom, below 5 % in 1 % of them.
  int below = 0, zero = 0;
  for (std::uint64_t trial = 0; trial < 1000; ++trial) {
    const MoverStayer fit =
        fit_mover_stayer(panel_of(ladder_of(3), simulated(shares(0, 0, 0), chain(), 240, 5, 1000 + trial)));
    below += fit.p_value < 0.05 ? 1 : 0;
    zero += fit.interior == 0 ? 1 : 0;
  }
  EXPECT_NEAR(below / 1000.0, 0.05, 0.02);
  EXPECT_NEAR(zero / 1000.0, 0.125, 0.035);
}

TEST(MoverStayer, CoversTheTruthAsOftenAsItSays) {
  // 1,000 panels: the 95 % intervals of every s and cell of M hold the truth within 2 points of 95 %.
  const Vector share = shares(.3, .2, .4);
  const Matrix movers = chain();
  Matrix covered = Matrix::Zero(3, 4);
  const int trials = 1000;
  for (int trial = 0; trial < trials; ++trial) {
    const MoverStayer fit = fit_mover_stayer(
        panel_of(ladder_of(3), simulated(share, movers, 600, 8, 5000 + static_cast<std::uint64_t>(trial), true)));
    const CellIntervals cells = fit.mover_cells();
    for (Eigen::Index i = 0; i < 3; ++i) {
      for (Eigen::Index j = 0; j < 3; ++j)
        covered(i, j) += cells.lower(i, j) <= movers(i, j) && movers(i, j) <= cells.upper(i, j) ? 1 : 0;
      const Interval s = fit.share_interval(ladder_of(3).at(static_cast<std::size_t>(i)));
      covered(i, 3) += s.lower <= share[i] && share[i] <= s.upper ? 1 : 0;
    }
  }
  EXPECT_LE((covered / trials - Matrix::Constant(3, 4, 0.95)).cwiseAbs().maxCoeff(), 0.02) << covered;
}

}  // namespace
}  // namespace mover_stayer_test
