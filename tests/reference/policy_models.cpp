// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0

// Published models of policies: projected and valued with the library, and once more by plain loops.

#include <cmath>
#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <Eigen/LU>

#include <rungs/decide/frontier.hpp>
#include <rungs/measure/indices.hpp>
#include <rungs/measure/long_run.hpp>
#include <rungs/measure/value.hpp>
#include <rungs/project/projection.hpp>

#include "../core/message.hpp"
#include "certified.hpp"

namespace policy_models_test {
namespace {

using namespace rungs;
using namespace rungs_test;

/// The second route: chains and sums in long double, with nothing of the library.
namespace plain {

using Row = std::vector<long double>;
using Square = std::vector<Row>;

Row step(const Row& now, const Square& p) {
  Row next(now.size(), 0);
  for (std::size_t i = 0; i < now.size(); ++i)
    for (std::size_t j = 0; j < now.size(); ++j) next[j] += now[i] * p[i][j];
  return next;
}

/// Where people are at 0 to `steps`; `p` gives the moves from t to t + 1.
std::vector<Row> trace(Row now, const std::function<Square(std::size_t)>& p, std::size_t steps) {
  std::vector<Row> out{now};
  for (std::size_t t = 0; t < steps; ++t) out.push_back(now = step(now, p(t)));
  return out;
}

/// Values by point in time and stratum, at weights and discount factors of the points.
long double sum(const std::vector<Row>& trace, const std::function<Row(std::size_t)>& value,
                const std::function<long double(std::size_t)>& weight) {
  long double out = 0;
  for (std::size_t t = 0; t < trace.size(); ++t)
    for (std::size_t i = 0; i < trace[t].size(); ++i) out += weight(t) * trace[t][i] * value(t)[i];
  return out;
}

Matrix matrix(const Square& p) {
  Matrix out(static_cast<Eigen::Index>(p.size()), static_cast<Eigen::Index>(p.size()));
  for (Eigen::Index i = 0; i < out.rows(); ++i)
    for (Eigen::Index j = 0; j < out.cols(); ++j)
      out(i, j) = static_cast<double>(p[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)]);
  return out;
}

}  // namespace plain

Vector at(const Course& c, Eigen::Index t) { return c.headcount.row(t).transpose(); }

Course projected(const Kernel& kernel, const Vector& start, std::int64_t steps, const Policy& policy = {}) {
  const Ladder& l = kernel.ladder();
  return project(kernel, Population(Headcount(l, start)), {l.at(0), l.at(l.size() - 1), Span(steps)}, policy);
}

/// One enrolment at the start for everybody.
Programme for_all(const Ladder& ladder, MoveEffects effects) {
  std::vector<std::size_t> strata(ladder.strata());
  for (std::size_t i = 0; i < strata.size(); ++i) strata[i] = i;
  return Programme({.eligible = ladder.set_of(strata), .years = std::pair<std::int64_t, std::int64_t>(0, 0)},
                   std::move(effects));
}

const Currency gbp{"GBP", 1996}, usd{"USD", 2019};

// --- two treatments over twenty years, counted at the end of each -----------------------------------------------

class Hiv : public testing::Test {
 protected:
  const std::string source = "Briggs, Claxton and Sculpher (2006), exercise 2.5, as in heemod's tests";
  const Ladder ladder = Ladder::parse("C < B < A | D");
  // The published order of the states is A, B, C, D; a ladder begins at the bottom, which is C.
  static Vector published(const Vector& heads) { return Vector{{heads[2], heads[1], heads[0], heads[3]}}; }

  Matrix counts() const {
    Matrix m = Matrix::Zero(4, 4);
    m.row(2) << 116, 350, 1251, 17;
    m.row(1) << 512, 731, 0, 15;
    m.row(0) << 1312, 0, 0, 437;
    m(3, 3) = 1;
    return m;
  }
  const Kernel mono{TransitionMatrix::from_weights(ladder, counts())};
  const Stratum a = ladder["A"], b = ladder["B"], c = ladder["C"], d = ladder["D"];

  /// The risk ratio of all moves for the worse, for two years; what it takes from them stays.
  Policy combination() const {
    const auto worse = [&](const Stratum& from, std::vector<std::size_t> to) {
      return MoveEffect{from, ladder.set_of(std::move(to)), risk_ratio(0.509), GivenUp::staying};
    };
    const std::size_t ib = b.index(), ic = c.index(), id = d.index();
    return {"combination",
            {for_all(ladder, MoveEffects("combination", {worse(a, {ib, ic, id}), worse(b, {ic, id}), worse(c, {id})},
                                         Profile().lasts(2)))}};
  }
  /// What a year costs in each state; the second drug costs 2086.50 in the first two years.
  ValueStream cost(DiscountRate rate, bool second_drug) const {
    const auto drugs = [second_drug](std::size_t t) { return second_drug && t < 2 ? 2278 + 2086.5 : 2278.0; };
    return ValueStream(ladder, {.name = "cost", .currency = gbp, .rate = rate, .rule = WithinPeriod::end})
        .in(a, 1701 + 1055)
        .in(b, 1774 + 1278)
        .in(c, 6948 + 2059)
        .in(ladder.set_of({0, 1, 2}), drugs);
  }
  ValueStream years(WithinPeriod rule) const {
    return ValueStream(ladder, {.name = "life-years", .rule = rule}).in(ladder.set_of({0, 1, 2}), 1);
  }
  Course course(bool both) const { return projected(mono, Vector{{0, 0, 1, 0}}, 20, both ? combination() : Policy{}); }

  // In the published order.
  static plain::Square plain_moves(bool both) {
    const long double n[4][4] = {{1251, 350, 116, 17}, {0, 731, 512, 15}, {0, 0, 1312, 437}, {0, 0, 0, 1}};
    plain::Square p(4, plain::Row(4, 0));
    for (std::size_t i = 0; i < 4; ++i) {
      const long double sum = n[i][0] + n[i][1] + n[i][2] + n[i][3];
      long double left = 1;
      for (std::size_t j = i + 1; j < 4; ++j) left -= p[i][j] = n[i][j] / sum * (both ? 0.509L : 1);
      p[i][i] = left;
    }
    return p;
  }
  static std::vector<plain::Row> plain_trace(bool both) {
    return plain::trace(
        {1, 0, 0, 0}, [both](std::size_t t) { return plain_moves(both && t < 2); }, 20);
  }
  static long double plain_cost(bool both, long double factor) {
    return plain::sum(
        plain_trace(both),
        [both](std::size_t t) {
          const long double drugs = 2278 + (both && t <= 2 ? 2086.5L : 0);
          return plain::Row{2756 + drugs, 3052 + drugs, 9007 + drugs, 0};
        },
        [factor](std::size_t t) { return t == 0 ? 0 : std::pow(factor, -static_cast<long double>(t)); });
  }
  static long double plain_years(bool both, bool trapezoid) {
    return plain::sum(
        plain_trace(both),
        [](std::size_t) {
          return plain::Row{1, 1, 1, 0};
        },
        [trapezoid](std::size_t t) { return trapezoid && (t == 0 || t == 20) ? 0.5L
                                            : t == 0                         ? 0
                                                                             : 1; });
  }
};

TEST_F(Hiv, Moves) {
  const Matrix& p = mono.matrix(0);
  const auto row = [&](const Matrix& m, const Stratum& s) {
    return published(m.row(static_cast<Eigen::Index>(s.index())).transpose());
  };
  const plain::Square one = plain_moves(false), two = plain_moves(true);
  certify(source, "moves from A, one drug", {".7214532872", ".2018454441", ".06689734717", ".009803921569"}, one[0],
          row(p, a));
  certify(source, "moves from B, one drug", {"0", ".5810810811", ".40699523052", ".011923688394"}, one[1], row(p, b));
  certify(source, "moves from C, one drug", {"0", "0", ".75014293882", ".249857061178"}, one[2], row(p, c));
  Matrix q = p;
  combination().programmes[0].change(q, ladder, 0, Step(), Draw::point(), true);
  certify(source, "moves from A, two drugs", {".8582197232", ".1027393310", ".03405074971", ".004990196078"}, two[0],
          row(q, a));
  certify(source, "moves from B, two drugs", {"0", ".7867702703", ".20716057234", ".006069157393"}, two[1], row(q, b));
  certify(source, "moves from C, two drugs", {"0", "0", ".87282275586", ".127177244140"}, two[2], row(q, c));
}

TEST_F(Hiv, Traces) {
  certify(source, "A, B, C, D after 20 years, one drug", {".0014593664", ".0020707675", ".028233422", ".9682364438"},
          plain_trace(false)[20], published(at(course(false), 20)));
  certify(source, "A, B, C, D after 2 years, two drugs", {".736541093", ".1690051715", ".080226833", ".0142269025"},
          plain_trace(true)[2], published(at(course(true), 2)));
  certify(source, "A, B, C, D after 20 years, two drugs", {".002065118", ".0029187155", ".036223473", ".9587926935"},
          plain_trace(true)[20], published(at(course(true), 20)));
}

TEST_F(Hiv, CostAndLifeYears) {
  std::map<bool, double> costs, lives;
  for (const bool both : {false, true}) {
    const Valuation v = value_of(course(both), mono.step(), {cost(DiscountRate(0.06), both), years(WithinPeriod::end)});
    costs[both] = v.discounted(Perspective::society).amount();
    lives[both] = v["life-years"].undiscounted;
  }
  certify(source, "cost, one drug", "44663.4535637", plain_cost(false, 1.06L), costs[false]);
  certify(source, "cost, one drug, recomputed", "44663.453563697", plain_cost(false, 1.06L), costs[false]);
  certify(source, "cost, two drugs", "50601.6513312", plain_cost(true, 1.06L), costs[true]);
  certify(source, "cost, two drugs, recomputed", "50601.651331204", plain_cost(true, 1.06L), costs[true]);
  certify(source, "life-years, one drug", "7.9912066", plain_years(false, false), lives[false]);
  certify(source, "life-years, one drug, recomputed", "7.991206646", plain_years(false, false), lives[false]);
  certify(source, "life-years, two drugs", "8.9373889", plain_years(true, false), lives[true]);
  certify(source, "life-years, two drugs, recomputed", "8.937388892", plain_years(true, false), lives[true]);
  const auto front =
      efficient_frontier({{"mono", costs[false], lives[false]}, {"combination", costs[true], lives[true]}});
  certify(source, "cost of one more life-year", "6275.95560",
          (plain_cost(true, 1.06L) - plain_cost(false, 1.06L)) / (plain_years(true, false) - plain_years(false, false)),
          front[1].icer.value());
}

TEST_F(Hiv, LifeYearsByTheTrapezoid) {
  const auto lives = [&](bool both) {
    return value_of(course(both), mono.step(), {years(WithinPeriod::trapezoid)})["life-years"].undiscounted;
  };
  const std::string briggs = source + "; trapezoid as rdecision quotes it";
  certify(briggs, "life-years, one drug", "8.475", plain_years(false, true), lives(false));
  certify(briggs, "life-years, one drug, recomputed", "8.475325", plain_years(false, true), lives(false));
  certify(briggs, "life-years, two drugs", "9.42", plain_years(true, true), lives(true));
  certify(briggs, "life-years, two drugs, recomputed", "9.416785", plain_years(true, true), lives(true));
}

TEST_F(Hiv, DiscountTrap) {
  // 0.06 taken for a continuously compounded rate, as in hesim, and the rate that puts it right.
  const auto amount = [&](DiscountRate rate, bool both) {
    return cost(rate, both).over(course(both), mono.step()).discounted;
  };
  const std::string hesim = source + "; 0.06 compounded continuously, as in hesim";
  const DiscountRate trap = DiscountRate::continuously_compounded(0.06),
                     restored = DiscountRate::continuously_compounded(std::log(1.06));
  certify(hesim, "cost, one drug", "44230.99", plain_cost(false, std::exp(0.06L)), amount(trap, false));
  certify(hesim, "cost, two drugs", "50108.02", plain_cost(true, std::exp(0.06L)), amount(trap, true));
  certify(hesim, "cost, one drug, at ln 1.06", "44663.45", plain_cost(false, 1.06L), amount(restored, false));
}

// --- four strategies under three rules within the period ----------------------------------------------------------

class SickSicker : public testing::Test {
 protected:
  const std::string source = "Alarid-Escudero et al. (2023), Sick-Sicker, time-independent (DARTH)";
  const Ladder ladder = Ladder::parse("S2 < S1 < H | D");
  // The published order of the states is H, S1, S2, D.
  static Vector published(const Vector& heads) { return Vector{{heads[2], heads[1], heads[0], heads[3]}}; }
  const Stratum h = ladder["H"], s1 = ladder["S1"], s2 = ladder["S2"];

  static plain::Square plain_moves(bool b) {
    const auto p = [](long double rate) { return -std::expm1(-rate); };
    const long double h_d = p(0.002L), s1_d = p(0.006L), s2_d = p(0.02L), h_s1 = p(0.15L), s1_h = p(0.5L),
                      s1_s2 = p(b ? 0.6L * 0.105L : 0.105L);
    return {{(1 - h_d) * (1 - h_s1), (1 - h_d) * h_s1, 0, h_d},
            {(1 - s1_d) * s1_h, (1 - s1_d) * (1 - s1_h - s1_s2), (1 - s1_d) * s1_s2, s1_d},
            {0, 0, 1 - s2_d, s2_d},
            {0, 0, 0, 1}};
  }
  Kernel kernel(bool b) const {
    const Matrix p = plain::matrix(plain_moves(b));
    const Eigen::PermutationMatrix<4> order(Eigen::Vector4i(2, 1, 0, 3));
    return Kernel(TransitionMatrix(ladder, order * p * order.transpose()));
  }
  Course course(bool b) const { return projected(kernel(b), Vector{{0, 0, 1, 0}}, 75); }
  static std::vector<plain::Row> plain_trace(bool b) {
    return plain::trace(
        {1, 0, 0, 0}, [b](std::size_t) { return plain_moves(b); }, 75);
  }

  Valuation value(bool a, bool b, WithinPeriod rule) const {
    const double treatment = (a ? 12000.0 : 0.0) + (b ? 13000.0 : 0.0);
    ValueStream cost(ladder, {.name = "cost", .currency = usd, .rate = DiscountRate(0.03), .rule = rule});
    cost.in(h, 2000).in(s1, 4000 + treatment).in(s2, 15000 + treatment);
    ValueStream life(ladder, {.name = "QALYs", .rate = DiscountRate(0.03), .rule = rule});
    life.in(h, 1).in(s1, a ? 0.95 : 0.75).in(s2, 0.5);
    return value_of(course(b), Step(), {cost, life});
  }
  static long double plain_value(bool a, bool b, bool costs, WithinPeriod rule) {
    const long double treatment = (a ? 12000 : 0) + (b ? 13000 : 0);
    const plain::Row value =
        costs ? plain::Row{2000, 4000 + treatment, 15000 + treatment, 0} : plain::Row{1, a ? 0.95L : 0.75L, 0.5L, 0};
    return plain::sum(
        plain_trace(b), [&](std::size_t) { return value; },
        [rule](std::size_t t) {
          const bool edge = t == 0 || t == 75;
          const long double w = rule == WithinPeriod::every_point ? 1
                                : rule == WithinPeriod::trapezoid ? (edge ? 0.5L : 1)
                                : edge                            ? 1 / 3.0L
                                : t % 2 == 1                      ? 2 / 3.0L
                                                                  : 4 / 3.0L;
          return w * std::pow(1.03L, -static_cast<long double>(t));
        });
  }
};

TEST_F(SickSicker, MovesAndTraces) {
  const auto row = [&](bool b, const Stratum& s) {
    return published(kernel(b).matrix(0).row(static_cast<Eigen::Index>(s.index())).transpose());
  };
  certify(source, "moves from H", {".8589882807", ".1390137179", "0", ".001998001333"}, plain_moves(false)[0],
          row(false, h));
  certify(source, "moves from S1", {".3911155926", ".5038231564", ".09907921512", ".005982035946"},
          plain_moves(false)[1], row(false, s1));
  certify(source, "moves from S2", {"0", "0", ".98019867331", ".019801326693"}, plain_moves(false)[2], row(false, s2));
  certify(source, "moves from S1, strategy B", {".3911155926", ".5422110875", ".06069128398", ".005982035946"},
          plain_moves(true)[1], row(true, s1));
  certify(source, "H, S1, S2, D after 10 years, usual care",
          {".6201921416", ".1831486669", ".1587060066", ".0379531849"}, plain_trace(false)[10],
          published(at(course(false), 10)));
  certify(source, "H, S1, S2, D after 75 years, usual care",
          {".1157234506", ".0341785363", ".3170615355", ".5330364776"}, plain_trace(false)[75],
          published(at(course(false), 75)));
  certify(source, "H, S1, S2, D after 75 years, strategy B",
          {".2074685765", ".0655074127", ".2728725990", ".4541514118"}, plain_trace(true)[75],
          published(at(course(true), 75)));
}

TEST_F(SickSicker, FourStrategiesUnderThreeRules) {
  struct Printed {
    const char *name, *cost, *life;
  };
  const std::vector<std::tuple<std::string, WithinPeriod, std::vector<Printed>>> tables{
      {"as published, weights 1/3, 2/3, 4/3, ..., 1/3",
       WithinPeriod::legacy_simpson,
       {{"usual care", "151579.8660", "20.711331"},
        {"A", "284804.5134", "21.498663"},
        {"B", "259100.4106", "22.184465"},
        {"A and B", "378875.1984", "23.136844"}}},
      {"trapezoid, recomputed",
       WithinPeriod::trapezoid,
       {{"usual care", "152262.2907", "21.038151"},
        {"A", "285676.9230", "21.828836"},
        {"B", "259991.5153", "22.511198"},
        {"A and B", "379955.4473", "23.466846"}}},
      {"every point whole, recomputed",
       WithinPeriod::every_point,
       {{"usual care", "153541.4129", "21.554487"},
        {"A", "287185.6408", "22.345544"},
        {"B", "261490.9744", "23.032608"},
        {"A and B", "381676.0957", "23.988969"}}}};
  for (const auto& [title, rule, printed] : tables)
    for (std::size_t k = 0; k < 4; ++k) {
      const bool a = k % 2 == 1, b = k >= 2;
      const Valuation v = value(a, b, rule);
      const std::string where = source + "; " + title;
      certify(where, std::string("cost, ") + printed[k].name, printed[k].cost, plain_value(a, b, true, rule),
              v["cost"].discounted);
      certify(where, std::string("QALYs, ") + printed[k].name, printed[k].life, plain_value(a, b, false, rule),
              v["QALYs"].discounted);
    }
}

TEST_F(SickSicker, Frontier) {
  const WithinPeriod rule = WithinPeriod::legacy_simpson;
  std::vector<Alternative> all;
  for (const auto& [name, cost, life] :
       std::vector<std::tuple<std::string, std::string, std::string>>{{"usual care", "151580", "20.711"},
                                                                      {"A", "284805", "21.499"},
                                                                      {"B", "259100", "22.184"},
                                                                      {"A and B", "378875", "23.137"}}) {
    const bool a = name[0] == 'A', b = name.back() == 'B';
    const Valuation v = value(a, b, rule);
    all.push_back({name, v["cost"].discounted, v["QALYs"].discounted});
    certify(source, "cost and QALYs as in the published table, " + name, {cost, life},
            plain::Row{plain_value(a, b, true, rule), plain_value(a, b, false, rule)},
            std::vector<double>{all.back().cost, all.back().effect});
  }
  const auto front = efficient_frontier(all);
  EXPECT_EQ(front[1].dominance, Dominance::dominated) << "strategy A";
  const auto plain_price = [&](bool a) {  // of B against usual care, of A and B against B
    const auto more = [&](bool costs) {
      return plain_value(a, true, costs, rule) - plain_value(false, a, costs, rule);
    };
    return std::pair(more(true), more(false));
  };
  const auto [cost, life] = plain_price(false);
  certify(source, "more cost and QALYs of B", {"107521", "1.473"}, plain::Row{cost, life},
          std::vector<double>{front[2].cost - front[0].cost, front[2].effect - front[0].effect});
  certify(source, "cost of one more QALY, B after usual care", "72988", cost / life, front[2].icer.value());
  const auto [cost_both, life_both] = plain_price(true);
  certify(source, "cost of one more QALY, A and B after B", "125764", cost_both / life_both, front[3].icer.value());
}

// --- hazards that change with age and time, two discount rates, a one-off cost ------------------------------------

class HipReplacement : public testing::Test {
 protected:
  const std::string source = "Briggs, Claxton and Sculpher (2006), exercise 3.5, woman of 60, as in heemod's tests";
  const Ladder ladder = Ladder::builder().rung({"P", "R"}).rung({"SP", "SR"}).exit("D").build();
  const StratumSet successful = ladder["SP"], revision = ladder["R"], after = ladder["SR"];

  static constexpr long double ratio = -1.344474L;  // log hazard ratio of the new prosthesis
  static long double plain_risk(std::size_t t, bool new_one) {
    const long double lambda = std::exp(-5.490935L - 0.0367022L * 60 + (new_one ? ratio : 0)),
                      gamma = std::exp(0.3740968L), now = static_cast<long double>(t);
    return -std::expm1(lambda * (std::pow(now - 1, gamma) - std::pow(now, gamma)));
  }
  /// Moves from t - 1 to t among P, SP, R, SR, D.
  static plain::Square plain_moves(std::size_t t, bool new_one) {
    const std::size_t age = 60 + t;
    const long double dies = age >= 85 ? 0.1548L : age >= 75 ? 0.0535L : age >= 65 ? 0.0193L : 0.0067L;
    const long double fails = plain_risk(t, new_one);
    return {{0, 0.98L, 0, 0, 0.02L},
            {0, 1 - fails - dies, fails, 0, dies},
            {0, 0, 0, 1 - 0.02L - dies, 0.02L + dies},
            {0, 0, 0.04L, 0.96L - dies, dies},
            {0, 0, 0, 0, 1}};
  }
  static std::vector<plain::Row> plain_trace(bool new_one) {
    return plain::trace(
        {1, 0, 0, 0, 0}, [&](std::size_t t) { return plain_moves(t + 1, new_one); }, 60);
  }
  static long double plain_value(bool new_one, bool costs) {
    const plain::Row value = costs ? plain::Row{0, 0, 5294, 0, 0} : plain::Row{0, 0.85L, 0.30L, 0.75L, 0};
    const long double once = !costs ? 0 : new_one ? 579 : 394;
    return once + plain::sum(
                      plain_trace(new_one), [&](std::size_t) { return value; },
                      [costs](std::size_t t) {
                        return t == 0 ? 0 : std::pow(costs ? 1.06L : 1.015L, -static_cast<long double>(t));
                      });
  }

  // P, SP, R, SR, D on the ladder's order P, R, SP, SR, D.
  static Vector published(const Vector& x) { return Vector{{x[0], x[2], x[1], x[3], x[4]}}; }
  Kernel kernel() const {
    const Eigen::PermutationMatrix<5> order((Eigen::Matrix<int, 5, 1>() << 0, 2, 1, 3, 4).finished());
    std::vector<TransitionMatrix> moves;
    for (std::size_t t = 1; t <= 60; ++t)
      moves.emplace_back(ladder, order * plain::matrix(plain_moves(t, false)) * order.transpose());
    return {Period(0), moves};
  }
  /// The new prosthesis divides the hazard of the first revision, for good; what it takes away stays.
  Policy new_prosthesis() const {
    return {"new prosthesis",
            {for_all(ladder, MoveEffects("new prosthesis",
                                         {{successful, revision, hazard_ratio(static_cast<double>(std::exp(ratio))),
                                           GivenUp::staying}}))}};
  }
  Course course(bool new_one) const {
    return projected(kernel(), Vector{{1, 0, 0, 0, 0}}, 60, new_one ? new_prosthesis() : Policy{});
  }
  //! [hip]
  Valuation value(bool new_one) const {
    ValueStream cost(ladder, {.name = "cost", .currency = gbp, .rate = DiscountRate(0.06), .rule = WithinPeriod::end});
    cost.in(revision, 5294).once(new_one ? 579 : 394);
    ValueStream life(ladder, {.name = "QALYs", .rate = DiscountRate(0.015), .rule = WithinPeriod::end});
    life.in(successful, 0.85).in(revision, 0.30).in(after, 0.75);
    return value_of(course(new_one), Step(), {cost, life});
  }
  //! [hip]
};

TEST_F(HipReplacement, HazardsAndTraces) {
  const Kernel k = kernel();
  std::vector<double> risks;
  plain::Row wanted;
  for (std::size_t t = 1; t <= 3; ++t) {
    risks.push_back(k.transition(t - 1)(ladder["SP"], ladder["R"]));
    wanted.push_back(plain_risk(t, false));
  }
  certify(source, "risk of revision in years 1 to 3, standard, recomputed",
          {"4.558736e-4", "7.926554e-4", "1.00232e-3"}, wanted, risks);
  const Vector three = published(at(course(false), 3)), end = published(at(course(false), 60));
  const plain::Row plain_three = plain_trace(false)[3], plain_end = plain_trace(false)[60];
  certify(source, "SP, R, SR, D after 3 years, standard, recomputed",
          {".965165480497", "9.74914004e-4", "7.56061653e-4", ".0331035438"},
          plain::Row(plain_three.begin() + 1, plain_three.end()), Vector(three.tail(4)));
  certify(source, "SP after 60 years, standard, recomputed", "8.76144154e-4", plain_end[1], end[1]);
  // Recomputed by others as .9989382287; arithmetic of 40 digits gives .99893822855878, which is ours, and SP agrees.
  EXPECT_LE(std::abs(end[4] - static_cast<double>(plain_end[4])), 1e-15);
  EXPECT_NEAR(end[4], 0.99893822855878, 1e-14);
  record(source, "D after 60 years, standard, recomputed (the last digit should be a 6)", ".9989382287", shown(end[4]),
         std::abs(end[4] - 0.9989382287));
}

TEST_F(HipReplacement, FirstYears) {
  // As heemod's tests quote the authors' own spreadsheet.
  const std::vector<std::string> printed[2][8] = {{{"0.98000000", "0.0000000", "0.0000000", "0.0200000"},
                                                   {"0.97265720", "0.0007768", "0.0000000", "0.02656600"},
                                                   {"0.96516548", "0.00097491", "0.00075606", "0.03310354"},
                                                   {"0.95757109", "0.00115802", "0.00166964", "0.03960125"},
                                                   {"0.93783561", "0.00132115", "0.00268314", "0.05816010"},
                                                   {"0.91838963", "0.00145307", "0.00379326", "0.07636404"},
                                                   {"0.89924305", "0.00157339", "0.00496429", "0.09421927"},
                                                   {"0.88040225", "0.00168398", "0.00618146", "0.11173231"}},
                                                  {{"0.98000000", "0.00000000", "0.00000000", "0.02000000"},
                                                   {"0.97323145", "0.00020255", "0.00000000", "0.02656600"},
                                                   {"0.96645641", "0.00025438", "0.00019715", "0.03309206"},
                                                   {"0.95968665", "0.00030239", "0.00043553", "0.03957543"},
                                                   {"0.94083683", "0.00034529", "0.00070021", "0.05811767"},
                                                   {"0.92232657", "0.00038012", "0.00099040", "0.07630291"},
                                                   {"0.90415327", "0.00041201", "0.00129686", "0.09413786"},
                                                   {"0.88631355", "0.00044144", "0.00161577", "0.11162924"}}};
  for (const bool new_one : {false, true}) {
    const Course c = course(new_one);
    const auto wanted = plain_trace(new_one);
    for (std::size_t t = 1; t <= 8; ++t)
      certify(source, "SP, R, SR, D after year " + std::to_string(t) + (new_one ? ", new prosthesis" : ", standard"),
              printed[new_one ? 1 : 0][t - 1], plain::Row(wanted[t].begin() + 1, wanted[t].end()),
              Vector(published(at(c, static_cast<Eigen::Index>(t))).tail(4)));
  }
}

TEST_F(HipReplacement, TwoProstheses) {
  const Valuation standard = value(false), other = value(true);
  certify(source, "cost, standard", "512.434658", plain_value(false, true), standard["cost"].discounted);
  certify(source, "QALYs, standard", "14.6531896", plain_value(false, false), standard["QALYs"].discounted);
  certify(source, "cost, new prosthesis", "610.311818", plain_value(true, true), other["cost"].discounted);
  certify(source, "QALYs, new prosthesis", "14.69770986", plain_value(true, false), other["QALYs"].discounted);
  const auto front = efficient_frontier({{"standard", standard["cost"].discounted, standard["QALYs"].discounted},
                                         {"new", other["cost"].discounted, other["QALYs"].discounted}});
  const long double price =
      (plain_value(true, true) - plain_value(false, true)) / (plain_value(true, false) - plain_value(false, false));
  certify(source, "cost of one more QALY", "2198.486665", price, front[1].icer.value());
}

// --- the efficient frontier ---------------------------------------------------------------------------------------

std::string statuses(const std::vector<FrontierPoint>& points) {
  std::string out;
  for (const FrontierPoint& p : points)
    out += p.dominance == Dominance::efficient ? 'e' : p.dominance == Dominance::dominated ? 'd' : 'x';
  return out;
}

TEST(Frontiers, AsPublished) {
  const auto va = efficient_frontier(
      {{"E", 55000, 5}, {"D", 35000, 4}, {"C", 25000, 3}, {"B", 10000, 2}, {"A", 12000, 1.5}, {"UC", 5000, 1}});
  EXPECT_EQ(statuses(va), "eexede") << "C extendedly dominated, A dominated";
  certify("VA-HERC example (dampack's test)", "cost of one more unit: B, D, E", {"5000", "12500", "20000"},
          plain::Row{5000, 25000 / 2.0L, 20000}, std::vector<double>{*va[3].icer, *va[1].icer, *va[0].icer});
  const auto screening = efficient_frontier({{"none", 26000, 277.25 / 12},
                                             {"once", 27000, 277.57 / 12},
                                             {"every five years", 28020, 277.78 / 12},
                                             {"every three", 28440, 277.83 / 12},
                                             {"every year", 29440, 277.76 / 12}});
  EXPECT_EQ(statuses(screening), "eeeed");
  certify("Paltiel et al. (2006), screening", "cost of one more year: once, every five, every three years",
          {"37500", "58285.71", "100800"}, plain::Row{1000 * 12 / 0.32L, 1020 * 12 / 0.21L, 420 * 12 / 0.05L},
          std::vector<double>{*screening[1].icer, *screening[2].icer, *screening[3].icer});
  EXPECT_EQ(
      statuses(efficient_frontier(
          {{"treat all", 163771.0, 6.48273}, {"none", 164848.7, 6.52861}, {"test and treat", 163765.1, 6.52861}})),
      "dde")
      << "the cheapest of those tied best is alone";
  const auto one = efficient_frontier({{"only", 163771.0, 6.48273}});
  EXPECT_EQ(statuses(one), "e");
  EXPECT_FALSE(one[0].icer);
}

// --- a graded system with recruitment -----------------------------------------------------------------------------

class GradedSystem : public testing::Test {
 protected:
  const std::string source = "Graded manpower system in the tradition of Bartholomew (matrix from memory), recomputed";
  const Ladder ladder = Ladder::parse("1 < 2 < 3 | left");
  Matrix moves() const {
    Matrix m(4, 4);
    m << .5, .4, 0, .1, 0, .6, .3, .1, 0, 0, .8, .2, 0, 0, 0, 1;
    return m;
  }
  const TransitionMatrix p{ladder, moves()};
  const Matrix n = fundamental_matrix(p);
};

TEST_F(GradedSystem, Careers) {
  certify(source, "years in grades 1 to 3 of a recruit to grade 1", {"2", "2", "3"},
          plain::Row{1 / .5L, .4L / .5L / .4L, .4L / .5L * .3L / .4L / .2L}, Vector(n.row(0).transpose()));
  certify(source, "years in grades 1 to 3 of a recruit to grade 2", {"0", "2.5", "3.75"},
          plain::Row{0, 1 / .4L, .3L / .4L / .2L}, Vector(n.row(1).transpose()));
  certify(source, "years in grades 1 to 3 of a recruit to grade 3", {"0", "0", "5"}, plain::Row{0, 0, 1 / .2L},
          Vector(n.row(2).transpose()));
  const Vector reached = ever_reached(p, ladder["3"]).reached;
  certify(source, "chance to reach grade 3 from grades 1 and 2", {".6", ".75"},
          plain::Row{.4L / .5L * .3L / .4L, .3L / .4L}, Vector{{reached[0], reached[1]}});
}

TEST_F(GradedSystem, MaintainableStructures) {
  // Recruits to one grade alone hold what its row of N is in shares; recruits to several, a mixture of these.
  const char* shares[3] = {"2/7, 2/7, 3/7", "0, .4, .6", "0, 0, 1"};
  const plain::Square exact{{2 / 7.0L, 2 / 7.0L, 3 / 7.0L}, {0, .4L, .6L}, {0, 0, 1}};
  const Matrix q = moves().topLeftCorner(3, 3);
  const Vector leaving = moves().col(3).head(3);
  for (std::size_t g = 0; g < 3; ++g) {
    const Vector steady = n.row(static_cast<Eigen::Index>(g)).transpose() / n.row(static_cast<Eigen::Index>(g)).sum();
    certify(source, "structure held by recruiting to grade " + std::to_string(g + 1) + ": " + shares[g],
            plain::matrix(exact).row(static_cast<Eigen::Index>(g)).transpose(), steady, 1e-14);
    Matrix replaced = q;
    replaced.col(static_cast<Eigen::Index>(g)) += leaving;
    EXPECT_LT(relative(steady.transpose() * replaced, Matrix(steady.transpose())), 1e-14);
  }
  // A structure is maintainable if no grade has to lose people: in the hull of the three, and nowhere else.
  const Matrix vertices = plain::matrix(exact);
  int inside = 0, all = 0;
  for (int i = 0; i <= 40; ++i)
    for (int j = 0; i + j <= 40; ++j, ++all) {
      const Vector x{{i / 40.0, j / 40.0, (40 - i - j) / 40.0}};
      const Vector recruits = x - q.transpose() * x;
      const Vector mixture = vertices.transpose().inverse() * x;
      EXPECT_EQ(recruits.minCoeff() >= -1e-12, mixture.minCoeff() >= -1e-12) << x.transpose();
      inside += mixture.minCoeff() >= -1e-12 ? 1 : 0;
    }
  EXPECT_GT(inside, 0);
  EXPECT_LT(inside, all);
  const Vector bottom = n.row(0).transpose() / n.row(0).sum();
  certify(source, "recruits a year, in per cent of the staff, recruiting at the bottom", "14.285714", 100 / 7.0L,
          100 * leaving.dot(bottom));
}

TEST_F(GradedSystem, FiveYears) {
  const Stratum bottom = ladder["1"];
  const Population staff(Headcount(ladder, Vector{{100, 80, 50, 0}}), Period(0),
                         {{bottom, 0, {{bottom, .1}, {ladder["2"], .1}, {ladder["3"], .2}}}});
  const Course c = project(Kernel(p), staff, {bottom, ladder["3"], Span(5)});
  const char* printed[5][3] = {{"78", "88", "64"},
                               {"68.4", "84", "77.6"},
                               {"64.96", "77.76", "87.28"},
                               {"64.208", "72.64", "93.152"},
                               {"64.4192", "69.2672", "96.3136"}};
  const auto wanted = plain::trace(
      {100, 80, 50},
      [](std::size_t) {
        return plain::Square{{.6L, .4L, 0}, {.1L, .6L, .3L}, {.2L, 0, .8L}};
      },
      5);
  for (Eigen::Index t = 1; t <= 5; ++t) {
    const auto row = static_cast<std::size_t>(t);
    certify(source, "staff in grades 1 to 3 after year " + std::to_string(t),
            {printed[t - 1][0], printed[t - 1][1], printed[t - 1][2]}, wanted[row], Vector(at(c, t).head(3)));
  }
}

// --- chains without money -----------------------------------------------------------------------------------------

TEST(IntergenerationalMobility, OfThreeClasses) {
  const std::string source = "Glass (1954), upper, middle and lower class, recomputed";
  const Ladder ladder = Ladder::parse("L < M < U");
  Matrix m(3, 3);
  m << .486, .503, .011, .247, .699, .054, .068, .484, .448;
  const TransitionMatrix p(ladder, m);
  const Vector law = stationary_law(p);
  // By the cofactors of I - P, in the order U, M, L.
  const long double u = .247L * .011L + .054L * (1 - .486L), mid = .503L * (1 - .448L) + .484L * .011L,
                    low = .552L * .301L - .484L * .054L, all = u + mid + low;
  certify(source, "long run of U, M, L", {".06719974", ".6240338", ".3087664"},
          plain::Row{u / all, mid / all, low / all}, Vector(law.reverse()));
  std::map<std::string, double> index;
  for (const MobilityIndex& i : mobility_indices(p, stratum_weights(StratumWeights::uniform, p)))
    index[i.name] = i.value;
  const long double sum = .448L + .699L + .486L - 1;  // of the two eigenvalues beside 1; their product is det P
  const long double det = .448L * (.699L * .486L - .247L * .503L) - .484L * (.054L * .486L - .247L * .011L) +
                          .068L * (.054L * .503L - .699L * .011L);
  const long double root = std::sqrt(sum * sum - 4 * det);
  const double second = 1 - index.at("second_eigenvalue"), third = 3 - 2 * index.at("eigenvalue_sum") - 1 - second;
  certify(source, "second and third eigenvalue", {".4335609", ".1994391"},
          plain::Row{(sum + root) / 2, (sum - root) / 2}, std::vector<double>{second, third});
  certify(source, "Shorrocks's index", ".6835", (3 - (sum + 1)) / 2, index.at("prais_shorrocks"));
}

TEST(Neworder, ThreeStates) {
  const std::string source =
      "neworder, three states, recomputed: expected occupancy (theirs is a run of 100,000 people)";
  const plain::Square p{
      {1 - 1 / 13.0L - 1 / 23.0L, 1 / 13.0L, 1 / 23.0L}, {0, 1 - 1 / 29.0L, 1 / 29.0L}, {1 / 17.0L, 0, 1 - 1 / 17.0L}};
  const TransitionMatrix moves(Ladder::parse("0 < 1 < 2"), plain::matrix(p));
  const Course c = projected(Kernel(moves), Vector{{1, 0, 0}}, 100);
  const auto wanted = plain::trace(
      {1, 0, 0}, [&](std::size_t) { return p; }, 100);
  const std::vector<std::pair<std::size_t, std::vector<std::string>>> printed{
      {1, {".87959866", ".07692308", ".04347826"}},
      {10, {".33832805", ".39672774", ".26494421"}},
      {50, {".18678964", ".42794525", ".38526512"}},
      {100, {".18942743", ".42277663", ".38779593"}}};
  for (const auto& [t, row] : printed)
    certify(source, "states 0, 1, 2 at t = " + std::to_string(t), row, wanted[t], at(c, static_cast<Eigen::Index>(t)));
  const long double one = 29 / 13.0L, two = 17 * (1 / 13.0L + 1 / 23.0L), all = 1 + one + two;
  certify(source, "states 0, 1, 2 in the long run", {".18948035", ".42268695", ".38783270"},
          plain::Row{1 / all, one / all, two / all}, stationary_law(moves));
}

// --- scales of effects --------------------------------------------------------------------------------------------

TEST(EffectScales, OfTwoTimesAProbability) {
  const std::string source = "Effect scales: a ratio of 2 as a risk, odds and hazard ratio";
  const std::vector<std::pair<double, std::vector<std::string>>> printed{{.05, {".10", ".0952381", ".0975"}},
                                                                         {.2, {".4", ".3333333", ".36"}},
                                                                         {.5, {"1.0", ".6666667", ".75"}},
                                                                         {.8, {"1.6", ".8888889", ".96"}}};
  for (const auto& [p, row] : printed) {
    const long double x = p;
    certify(
        source, "of " + detail::text(p), row, plain::Row{2 * x, 2 * x / (1 + x), 2 * x - x * x},
        std::vector<double>{changed_probability(p, Scale::risk_ratio, 2), changed_probability(p, Scale::odds_ratio, 2),
                            changed_probability(p, Scale::hazard_ratio, 2)});
  }
  // A risk ratio of 2 on 0.8 is no probability: a programme with it is refused for such a model.
  const Ladder ladder = Ladder::parse("low < high");
  const auto check = [&](double p) {
    Matrix m(2, 2);
    m << 1 - p, p, 0, 1;
    const Programme programme({.eligible = ladder["low"]},
                              MoveEffects("x", {{ladder["low"], ladder["high"], risk_ratio(2)}}));
    return code_of([&] { programme.check(Kernel(TransitionMatrix(ladder, m))); });
  };
  EXPECT_EQ(check(.8), "E-EFFECT-RANGE");
  EXPECT_EQ(check(.5), "");
}

TEST(EffectScales, OfFourPoints) {
  const std::string source = "Effect scales: the ratios that add four points";
  const std::vector<std::pair<double, std::vector<std::string>>> printed{{.05, {"1.879121", "1.8", "1.838655"}},
                                                                         {.10, {"1.465116", "1.4", "1.431493"}},
                                                                         {.30, {"1.202020", "1.1333", "1.164970"}}};
  for (const auto& [p, row] : printed) {
    std::vector<double> ours;
    for (const Scale scale : {Scale::odds_ratio, Scale::risk_ratio, Scale::hazard_ratio}) {
      double low = 1, high = 4;  // the library changes a probability by a ratio: look for the ratio
      for (int k = 0; k < 100; ++k) {
        const double middle = (low + high) / 2;
        (changed_probability(p, scale, middle) < p + 0.04 ? low : high) = middle;
      }
      ours.push_back(low);
    }
    const long double x = p, y = x + 0.04L;
    certify(source, "odds, risk and hazard ratio, from " + detail::text(p), row,
            plain::Row{y / (1 - y) / (x / (1 - x)), y / x, std::log1p(-y) / std::log1p(-x)}, ours);
  }
}

}  // namespace
}  // namespace policy_models_test
