// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/estimate/bootstrap.hpp>

#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <rungs/estimate/dirichlet.hpp>
#include <rungs/estimate/proportions.hpp>

#include "../core/message.hpp"
#include "estimators.hpp"

namespace bootstrap_test {
namespace {

using namespace rungs;
using rungs_test::code_of;
using rungs_test::ladder_of;
using rungs_test::Move;
using rungs_test::panel_of;
using rungs_test::random_moves;
using rungs_test::said;

Matrix draw(const Ensemble& e, std::uint64_t d) { return e.draw(Draw(Seed(0), d)).matrix(0); }

/// Variance over all replicates of the probability of one move.
double variance(const Ensemble& e, std::size_t draws, Eigen::Index i, Eigen::Index j) {
  double sum = 0, squares = 0;
  for (std::size_t d = 0; d < draws; ++d) sum += draw(e, d)(i, j);
  for (std::size_t d = 0; d < draws; ++d) squares += std::pow(draw(e, d)(i, j) - sum / static_cast<double>(draws), 2);
  return squares / static_cast<double>(draws - 1);
}

TEST(Bootstrap, RepeatsItself) {
  const Panel panel = panel_of(3, random_moves(3, 80, 1));
  const Ensemble a = bootstrap_by_person(panel, Proportions{}, {}, 20, Seed(5)),
                 b = bootstrap_by_person(panel, Proportions{}, {}, 30, Seed(5));
  EXPECT_EQ(a.limit(1000), 20U);
  for (std::uint64_t d = 0; d < 20; ++d) EXPECT_EQ(draw(a, d), draw(b, d));  // more draws do not change the first
  EXPECT_NE(draw(a, 0), draw(a, 1));
  EXPECT_NE(draw(a, 0), draw(bootstrap_by_person(panel, Proportions{}, {}, 1, Seed(6)), 0));
  EXPECT_EQ(a.point(), Proportions{}.fit(tally(panel)).point());
  EXPECT_EQ(a.method(), "proportions, bootstrap by person");
  EXPECT_EQ(a.centre(), Centre::plug_in);
  EXPECT_EQ(said<Refusal>([&] { (void)bootstrap_by_person(panel, Proportions{}, {}, 0, Seed(1)); }),
            "found 0 bootstrap draws; expected at least 1 [E-DRAW]");
}

TEST(Bootstrap, OfOneMoveAPersonIsMultinomial) {
  // All start in one stratum: a sample of people is a multinomial sample of moves, of variance p (1
  // - p) / n.
  std::vector<Move> moves;
  for (int k = 0; k < 60; ++k) moves.push_back({0, k < 36 ? 0U : k < 54 ? 1U : 2U});
  const Ensemble e = bootstrap_by_person(panel_of(3, moves), Proportions{Unleft::absorbing}, {}, 20000, Seed(2));
  const double p[] = {0.6, 0.3, 0.1};
  for (Eigen::Index j = 0; j < 3; ++j) {
    EXPECT_NEAR(variance(e, 20000, 0, j) / (p[j] * (1 - p[j]) / 60), 1, 6.11 * std::sqrt(2.2 / 20000));
    double mean = 0;
    for (std::uint64_t d = 0; d < 20000; ++d) mean += draw(e, d)(0, j) / 20000;
    EXPECT_NEAR(mean, p[j], 6.11 * std::sqrt(p[j] * (1 - p[j]) / 60 / 20000));
  }
}

TEST(Bootstrap, KeepsTheMovesOfOnePersonTogether) {
  // 120 people make 4 moves each: stayers stay in 0; movers go 0, 1, 0, 1, 0. With m movers drawn
  // the share of moves up is 2 m / (480 - 2 m), whose variance follows from that of m, binomial.
  Observations o;
  const double n = 120, movers = 48;
  for (std::uint32_t person = 0; person < 120; ++person)
    for (std::int32_t t = 0; t < 5; ++t) o.add(person, t, person < 48 && t % 2 == 1 ? 1U : 0U);
  const Ensemble e = bootstrap_by_person(Panel(ladder_of(2), o), Proportions{}, {}, 10000, Seed(3));
  const double slope = 8 * n / std::pow(4 * n - 2 * movers, 2), expected = slope * slope * movers * (1 - movers / n);
  EXPECT_NEAR(variance(e, 10000, 0, 1) / expected, 1, 0.1);
  const double p = 2 * movers / (4 * n - 2 * movers), independent = p * (1 - p) / (4 * n - 2 * movers);
  EXPECT_GT(variance(e, 10000, 0, 1), 2 * independent);  // what rows taken as independent would say
  EXPECT_EQ(draw(e, 0)(1, 0), 1);
}

TEST(Bootstrap, CountsTheSameMovesAsTheTally) {
  // With two people alike every sample is the data: gaps, steps, periods and weights are as in tally().
  for (const WeightKind kind : {WeightKind::none, WeightKind::frequency, WeightKind::sampling}) {
    Observations rows;
    for (const std::uint32_t who : {0U, 1U}) {
      Stream s({Seed(1), 9});
      for (std::int32_t t = 0; t < 60; t += 2) {
        rows.add(who, t < 40 ? t : t + 1, s.below(2));
        if (kind != WeightKind::none) rows.weight.push_back(static_cast<double>(1 + s.below(4)));
      }
    }
    const Ensemble all =
        bootstrap_by_person(Panel(ladder_of(2), rows, kind), DirichletRows{1}, {Step(2, 1)}, 3, Seed(1));
    for (std::uint64_t d = 0; d < 3; ++d) EXPECT_EQ(all.draw(Draw(Seed(1), d)), all.point());
  }
  Observations o;
  for (const std::uint32_t who : {0U, 1U})
    for (std::int32_t t = 0; t < 10; ++t) o.add(who, t, static_cast<std::size_t>(t % 2));
  const Ensemble e =
      bootstrap_by_person(Panel(ladder_of(2), o), DirichletRows{1}, {Step(), Gap::drop, true}, 2, Seed(1));
  EXPECT_EQ(e.point().count(), 9U);
  EXPECT_EQ(e.draw(Draw(Seed(1), 1)), e.point());
}

TEST(Bootstrap, SampleHasTheMovesOfThePeopleDrawn) {
  // Few kinds of moves are added up eight at once, many and weighted ones one by one: both give what counting does.
  Stream s({Seed(4), 1});
  for (const std::size_t strata : {3U, 8U})
    for (const WeightKind kind : {WeightKind::none, WeightKind::frequency, WeightKind::sampling})
      for (const bool by_period : {false, true})
        for (const std::int32_t length : {6, 300}) {  // of 300 moves of one kind a byte does not hold the sum
          Observations rows;
          std::vector<std::vector<std::size_t>> seen(500 / static_cast<std::size_t>(length) + 2);
          std::vector<double> weight;
          for (std::uint32_t who = 0; who < seen.size(); ++who) {
            weight.push_back(static_cast<double>(1 + s.below(3)));
            const auto end =
                static_cast<std::int32_t>(s.below(static_cast<std::uint64_t>(length) + 1));  // or never seen
            for (std::int32_t t = 0; t < std::max(end, 1); ++t) {
              seen[who].push_back(strata == 3 && length == 300 ? 0 : s.below(strata));
              rows.add(who, t, seen[who].back());
              if (kind != WeightKind::none) rows.weight.push_back(weight.back());
            }
          }
          const Panel panel(ladder_of(strata), rows, kind);
          const TallyOptions options{Step(), Gap::drop, by_period};
          const Tally sample = detail::MovesByPerson(panel, options).sample(Stream({Seed(9), 3}));
          std::vector<std::uint32_t> drawn;
          Stream({Seed(9), 3}).each_below(static_cast<std::uint32_t>(seen.size()), seen.size(), [&](auto some) {
            for (const std::uint32_t who : some)
              if (who < seen.size()) drawn.push_back(who);
          });
          Matrix expected = Matrix::Zero(static_cast<Eigen::Index>(strata), static_cast<Eigen::Index>(strata));
          double third = 0;  // moves from the third period
          for (const std::uint32_t who : drawn)
            for (std::size_t t = 1; t < seen[who].size(); ++t) {
              const double w = kind == WeightKind::none ? 1 : weight[who];
              expected(static_cast<Eigen::Index>(seen[who][t - 1]), static_cast<Eigen::Index>(seen[who][t])) += w;
              third += t == 3 ? w : 0;
            }
          for (std::size_t i = 0; i < strata; ++i)
            for (std::size_t j = 0; j < strata; ++j)
              EXPECT_EQ(sample.pooled().weight(i, j),
                        expected(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)));
          if (by_period && third > 0) {
            double found = 0;
            for (std::size_t i = 0; i < strata; ++i)
              for (std::size_t j = 0; j < strata; ++j) found += sample.by_period().at(2).weight(i, j);
            EXPECT_EQ(found, third);
          }
        }
}

TEST(Bootstrap, SumsOfManyDoNotRunOver) {
  // As many moves of one kind as a byte holds twice, by more people than two bytes hold of them.
  for (const std::int32_t periods : {2, 127, 128, 129}) {
    Observations rows;
    constexpr std::uint32_t people = 1500;
    for (std::uint32_t who = 0; who < people; ++who)
      for (std::int32_t t = 0; t < periods; ++t) rows.add(who, t, 1);
    const Panel panel(ladder_of(3), rows);
    const Tally sample = detail::MovesByPerson(panel, {}).sample(Stream({Seed(9), 3}));
    EXPECT_EQ(sample.pooled().people(1, 1), static_cast<double>(people) * (periods - 1));
  }
}

TEST(Bootstrap, SaysWhenAStratumIsMissingFromASample) {
  std::vector<Move> moves(40, Move{0, 0});
  moves.push_back({1, 1});
  EXPECT_EQ(code_of([&] { (void)bootstrap_by_person(panel_of(2, moves), Proportions{}, {}, 200, Seed(1)); }),
            "E-ROW-EMPTY");
  EXPECT_NO_THROW((void)bootstrap_by_person(panel_of(2, moves), Proportions{Unleft::absorbing}, {}, 200, Seed(1)));
  EXPECT_EQ(code_of([&] { (void)bootstrap_by_person(Panel(ladder_of(2), {}), Proportions{}, {}, 2, Seed(1)); }),
            "E-ROW-EMPTY");
  EXPECT_EQ(said<Refusal>([&] {
              (void)bootstrap_by_person(panel_of(2, {Move{0, 1}}), Proportions{}, {}, 2, Seed(1));
            }),
            "found one person; expected at least two people to draw from, since all samples of one are alike "
            "[E-OBSERVATIONS]");
}

}  // namespace
}  // namespace bootstrap_test
