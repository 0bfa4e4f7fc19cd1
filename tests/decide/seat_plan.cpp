// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/decide/seat_plan.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <rungs/optimise/solve.hpp>

#include "core/message.hpp"
#include "optimise/certificate.hpp"

namespace seat_plan_test {
namespace {

using namespace rungs;
using namespace rungs_test;

TEST(SeatPlan, OnePeriodByHand) {
  // 100 workers of whom 1 in 10 gets on; with a course of 20 seats, 1 in 2, and 3 in 4 complete it.
  SeatPlan plan(Sense::maximise);
  const Node worker = plan.node("worker", 0, Heads(100)), trained = plan.node("trained", 0);
  const Node dropped = plan.node("dropped out", 0), reached = plan.node("reached", 1, Heads(0), 1);
  plan.carry(worker, {{reached, Share(0.1)}});
  plan.carry(trained, {{reached, Share(0.5)}});
  plan.carry(dropped, {{reached, Share(0.1)}});
  const Column enrol = plan.flow("enrol", worker, {{trained, Share(0.75)}, {dropped, Share(0.25)}});
  const Row seats = plan.seats("seats", {enrol}, Heads(20));
  const LinearSolution s = solve(plan.programme());
  EXPECT_DOUBLE_EQ(s[enrol].value, 20);
  EXPECT_NEAR(s.objective, 10 + 20 * 0.75 * 0.4, 1e-12);
  EXPECT_NEAR(s[seats].shadow_price, 0.3, 1e-12);
  EXPECT_NEAR(s[seats].price_holds->lower, 0, 1e-9);
  EXPECT_NEAR(s[seats].price_holds->upper, 100, 1e-9) << "there are no more workers";
  EXPECT_NEAR(s[plan.balance(worker)].shadow_price, 0.1, 1e-12) << "one more worker";
  EXPECT_NEAR(s[plan.heads(dropped)].value, 5, 1e-12);
}

TEST(SeatPlan, SeatsForEachHeadAndNeeds) {
  // A quarter of a seat for each skilled, counted after training arrives; half of those trained arrive.
  SeatPlan plan(Sense::minimise);
  const Node semi = plan.node("semi", 1, Heads(500)), skilled = plan.node("skilled", 1, Heads(100));
  const Column train = plan.flow("train", semi, {{skilled, Share(0.5)}}, 3);
  const Column hire = plan.flow("hire", std::nullopt, {{skilled}}, 100, Heads(50));
  const Row seats = plan.seats("seats", {train}, 0.25, skilled);
  const Row need = plan.need("need", {skilled}, Bounds::at_least(120));
  const LinearSolution s = solve(plan.programme());
  EXPECT_NEAR(s[train].value, 30, 1e-12) << "a quarter of 120";
  EXPECT_NEAR(s[hire].value, 5, 1e-12);
  EXPECT_NEAR(s[need].shadow_price, 100 + 0.25 * (3 - 50), 1e-9) << "hire one, less what the seat it brings saves";
  EXPECT_NEAR(s[seats].shadow_price, 3 - 50, 1e-9);
  for (const Row row : {seats, need}) expect_price(plan.programme(), row, s, plan.programme().name(row));
}

TEST(SeatPlan, RefusesWhatCannotBe) {
  SeatPlan plan(Sense::maximise);
  const Node early = plan.node("early", 0, Heads(10)), late = plan.node("late", 1);
  EXPECT_EQ(said<Refusal>([&] {
              plan.carry(late, {{early, Share(1)}});
            }),
            "found 'heads: late' that leads to 'heads: early' of period 0; expected period 2 or later [E-FLOW-TIME]");
  EXPECT_EQ(code_of([&] { plan.carry(early, {{early, Share(1)}}); }), "E-FLOW-TIME") << "staying takes a period";
  EXPECT_EQ(code_of([&] { plan.flow("back", late, {{early}}); }), "E-FLOW-TIME");
  plan.carry(early, {{late, Share(1)}});
  EXPECT_EQ(said<Refusal>([&] {
              plan.carry(early, {{late, Share(1)}});
            }),
            "found people of 'heads: early' carried over twice; expected once [E-FLOW-TWICE]");
  EXPECT_EQ(said<DomainError>([&] {
              plan.flow("all", early, {{late, Share(0.7)}, {late, Share(0.5)}});
            }),
            "found shares of 'all' that sum to 1.2; expected at most 1 [E-FLOW-SHARE]");
  EXPECT_EQ(plan.programme().columns(), 2U) << "what was refused leaves nothing behind";
  EXPECT_EQ(code_of([&] { plan.node("many", 0, Heads::unlimited()); }), "E-HEADS");
  EXPECT_EQ(code_of([&] { (void)plan.heads(Node(5)); }), "E-LP-HANDLE");
  EXPECT_EQ(code_of([&] { plan.flow("gone", Node(5), {}); }), "E-LP-HANDLE");
  EXPECT_EQ(code_of([&] { plan.carry({early}, Matrix::Zero(1, 2), {late}); }), "E-SHAPE");
  Matrix wrong = Matrix::Zero(1, 1);
  wrong(0, 0) = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(code_of([&] { plan.carry({early}, wrong, {late}); }), "E-SHARE");
}

/// People of three strata and two programmes, one for each of the lower two, over three periods; the third stratum is
/// the target. Completers move by a matrix of their programme for good, those who drop out as before.
struct Question {
  static constexpr std::size_t strata = 3, programmes = 2, periods = 3, tracks = 4;  // untrained, A, B, dropped out
  using Seats = std::array<std::array<double, periods>, programmes>;

  explicit Question(std::mt19937_64& random) {
    const auto uniform = [&] { return static_cast<double>(random() >> 11U) * 0x1p-53; };
    for (Matrix& p : moves) {
      p.setZero(3, 3);
      for (Eigen::Index i = 0; i < 2; ++i) {
        p.row(i) << uniform(), uniform(), uniform();
        p.row(i) *= (0.7 + 0.3 * uniform()) / p.row(i).sum();  // the rest leaves
      }
      p(2, 2) = 1;  // who has reached has reached
    }
    moves[3] = moves[0];
    for (std::size_t p = 0; p < programmes; ++p) {
      Eigen::Index up = static_cast<Eigen::Index>(p);
      Matrix& trained = moves[p + 1];
      if (uniform() < 0.8) trained.row(up) = 0.4 * moves[0].row(up), trained(up, 2) += 0.5 * moves[0].row(up).sum();
      completion[p] = 0.5 + 0.5 * uniform();
      cost[p] = 1 + std::floor(3 * uniform());
      for (double& seats : most[p]) seats = std::floor(4 * uniform());
    }
    for (double& heads : start) heads = 1 + std::floor(5 * uniform());
    budget = 2 + std::floor(14 * uniform());
    least_share = uniform() < 0.5 ? 0 : 0.3;
  }

  /// People reaching, by plain sums; less than 0 where the seats are more than the people, the seats or the money.
  [[nodiscard]] double reaching(const Seats& seats) const {
    double money = 0, second = 0, all = 0;
    std::array<std::array<double, strata>, tracks> now{};
    now[0] = start;
    for (std::size_t t = 0; t < periods; ++t) {
      for (std::size_t p = 0; p < programmes; ++p) {
        const double n = seats[p][t];
        money += n * cost[p], all += n, second += p == 1 ? n : 0;
        if (n > most[p][t] + 1e-9 || n > now[0][p] + 1e-9) return -1;
        now[0][p] -= n;
        now[p + 1][p] += n * completion[p];
        now[3][p] += n * (1 - completion[p]);
      }
      std::array<std::array<double, strata>, tracks> next{};
      for (std::size_t k = 0; k < tracks; ++k)
        for (std::size_t i = 0; i < strata; ++i)
          for (std::size_t j = 0; j < strata; ++j)
            next[k][j] += now[k][i] * moves[k](static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j));
      now = next;
    }
    if (money > budget + 1e-9 || second < least_share * all - 1e-9) return -1;
    double out = 0;
    for (const auto& track : now) out += track[2];
    return out;
  }

  /// P(in the target at the horizon | in a stratum on a track in a period).
  [[nodiscard]] double from_here(std::size_t track, std::size_t stratum, std::size_t period) const {
    Vector value = Vector::Unit(3, 2);
    for (std::size_t t = period; t < periods; ++t) value = moves[track] * value;
    return value[static_cast<Eigen::Index>(stratum)];
  }

  std::array<Matrix, tracks> moves{};
  std::array<double, programmes> completion{}, cost{};
  Seats most{};
  std::array<double, strata> start{};
  double budget = 0, least_share = 0;
};

/// The question as a plan: trained people followed to the horizon, or counted at once by their probability.
struct Tracked {
  Tracked(const Question& q, bool follow, Values values = Values::any) {
    const std::size_t followed = follow ? Question::tracks : 1;
    std::vector<std::vector<Node>> now;
    const auto nodes = [&](std::size_t t) {
      now.clear();
      for (std::size_t k = 0; k < Question::tracks; ++k) {
        now.emplace_back();
        for (std::size_t i = 0; i < Question::strata; ++i)
          now[k].push_back(plan.node(
              "track " + std::to_string(k) + ", stratum " + std::to_string(i) + ", period " + std::to_string(t), t,
              Heads(t == 0 && k == 0 ? q.start[i] : 0),
              k >= followed || t == Question::periods ? q.from_here(k, i, t) : 0));
      }
    };
    std::vector<Term> money, share;
    nodes(0);
    for (std::size_t t = 0; t < Question::periods; ++t) {
      for (std::size_t p = 0; p < Question::programmes; ++p) {
        const std::string name = "programme " + std::to_string(p) + " in period " + std::to_string(t);
        const Column enrol = plan.flow(
            name, now[0][p], {{now[p + 1][p], Share(q.completion[p])}, {now[3][p], Share(1 - q.completion[p])}});
        seats.push_back(enrol);
        caps.push_back(plan.seats("seats of " + name, {enrol}, Heads(q.most[p][t])));
        money.push_back({enrol, q.cost[p]});
        share.push_back({enrol, (p == 1 ? 1 : 0) - q.least_share});
        if (values == Values::whole) {
          const Column whole = plan.programme().column("whole " + name, 0, {0, 10}, Values::whole);
          plan.programme().row("whole " + name, Bounds::exactly(0), {{enrol, 1}, {whole, -1}});
        }
      }
      const auto before = now;
      nodes(t + 1);
      for (std::size_t k = 0; k < followed; ++k) plan.carry(before[k], q.moves[k], now[k]);
    }
    budget = plan.programme().row("budget", Bounds::at_most(q.budget), money);
    plan.programme().row("least share", Bounds::at_least(0), share);
  }

  [[nodiscard]] Question::Seats chosen(const LinearSolution& s) const {
    Question::Seats out{};
    for (std::size_t k = 0; k < seats.size(); ++k)
      out[k % Question::programmes][k / Question::programmes] = s[seats[k]].value;
    return out;
  }

  SeatPlan plan{Sense::maximise};
  std::vector<Column> seats{};
  std::vector<Row> caps{};
  Row budget{0};
};

TEST(SeatPlan, TracksThroughProgrammesAgainstEveryWholePlan) {
  std::mt19937_64 random(42);
  int at_grid = 0, between = 0, binding = 0;
  for (int k = 0; k < 60; ++k) {
    SCOPED_TRACE("question " + std::to_string(k));
    const Question q(random);
    const Tracked tracked(q, true);
    const LinearProgramme& programme = tracked.plan.programme();
    expect_proven(programme, solved(programme));
    std::vector<Row> limits = tracked.caps;
    limits.push_back(tracked.budget);
    const LinearSolution s = solve(programme, {.price = limits, .cost = std::vector<Column>{}});
    EXPECT_NEAR(q.reaching(tracked.chosen(s)), s.objective, 1e-9) << "plain sums give another number";
    for (const Row row : limits) {
      expect_price(programme, row, s, programme.name(row));
      if (s[row].shadow_price > 1e-9) ++binding;
    }
    EXPECT_NEAR(solved(Tracked(q, false).plan.programme()).objective, s.objective, 1e-9) << "counted at once";

    double best = -1;
    Question::Seats seats{};
    const auto all = [&](const auto& self, std::size_t place) -> void {
      if (place == Question::programmes * Question::periods) {
        best = std::max(best, q.reaching(seats));
        return;
      }
      double& here = seats[place % Question::programmes][place / Question::programmes];
      for (here = 0; here <= q.most[place % Question::programmes][place / Question::programmes]; ++here)
        self(self, place + 1);
      here = 0;
    };
    all(all, 0);
    EXPECT_GE(s.objective, best - 1e-9);
    bool whole = true;
    for (const Column column : tracked.seats)
      whole = whole && std::abs(s[column].value - std::round(s[column].value)) < 1e-9;
    if (whole) {
      EXPECT_NEAR(s.objective, best, 1e-9);
    }
    (whole ? at_grid : between) += 1;
    const Tracked classes(q, true, Values::whole);
    EXPECT_NEAR(solve(classes.plan.programme()).objective, best, 1e-9) << "whole seats";
  }
  EXPECT_GT(at_grid, 5);
  EXPECT_GT(between, 5);
  EXPECT_GT(binding, 30);
}

}  // namespace
}  // namespace seat_plan_test
