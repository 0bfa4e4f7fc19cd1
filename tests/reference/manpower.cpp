// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0

// Manpower planning (H. P. Williams, Model Building in Mathematical Programming, problem 5): three years of training,
// downgrading, recruitment and redundancy in three grades, on the flows and seats of SeatPlan.

#include <array>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <rungs/decide/seat_plan.hpp>
#include <rungs/optimise/solve.hpp>

#include "certified.hpp"
#include "optimise/certificate.hpp"

namespace manpower_test {
namespace {

using namespace rungs;
using namespace rungs_test;

constexpr std::size_t grades = 3, years = 3;
constexpr std::array<const char*, grades> grade{"unskilled", "semi-skilled", "skilled"};
constexpr std::array<double, grades> strength{2000, 1500, 1000}, wastage{0.10, 0.05, 0.05},
    first_year{0.25, 0.20, 0.10}, recruits{500, 800, 500}, redundancy_cost{200, 500, 500}, over_cost{1500, 2000, 3000},
    short_cost{500, 400, 400};
constexpr std::array<std::array<double, grades>, years> needed{
    {{1000, 1400, 1000}, {500, 2000, 1500}, {0, 2500, 2000}}};

/// What is least: people made redundant, or money.
enum class Least { redundancies, cost };

struct Manpower {
  using Cells = std::vector<std::vector<Column>>;  // by year and grade

  explicit Manpower(Least least) {
    const bool money = least == Least::cost;
    std::vector<Node> before;
    for (std::size_t g = 0; g < grades; ++g)
      before.push_back(plan.node(std::string(grade[g]) + " at the start", 0, Heads(strength[g])));
    Matrix stay = Matrix::Zero(3, 3);
    for (Eigen::Index g = 0; g < 3; ++g) stay(g, g) = 1 - wastage[static_cast<std::size_t>(g)];
    for (std::size_t t = 0; t < years; ++t) {
      const std::string in = " in year " + std::to_string(t + 1);
      std::vector<Node> now;
      for (std::size_t g = 0; g < grades; ++g) now.push_back(plan.node(grade[g] + in, t + 1));
      plan.carry(before, stay, now);
      recruited.emplace_back(), made_redundant.emplace_back(), over.emplace_back(), shortened.emplace_back();
      for (std::size_t g = 0; g < grades; ++g) {
        recruited[t].push_back(plan.flow(std::string("recruit ") + grade[g] + in, std::nullopt,
                                         {{now[g], Share(1 - first_year[g])}}, 0, Heads(recruits[g])));
        made_redundant[t].push_back(
            plan.flow(std::string("dismiss ") + grade[g] + in, now[g], {}, money ? redundancy_cost[g] : 1));
      }
      to_semi.push_back(plan.flow("train to semi-skilled" + in, now[0], {{now[1], Share(0.95)}}, money ? 400 : 0));
      to_skilled.push_back(plan.flow("train to skilled" + in, now[1], {{now[2], Share(0.95)}}, money ? 500 : 0));
      semi_down.push_back(plan.flow("semi-skilled to unskilled" + in, now[1], {{now[0], Share(0.5)}}));
      plan.flow("skilled to unskilled" + in, now[2], {{now[0], Share(0.5)}});
      plan.flow("skilled to semi-skilled" + in, now[2], {{now[1], Share(0.5)}});
      semi_seats.push_back(plan.seats("seats to semi-skilled" + in, {to_semi[t]}, Heads(200)));
      skilled_seats.push_back(plan.seats("seats to skilled" + in, {to_skilled[t]}, 0.25, now[2]));

      // Overmanning and short-time working are no part of the plan's flows: columns of the needs.
      LinearProgramme& programme = plan.programme();
      std::vector<Term> all_over;
      for (std::size_t g = 0; g < grades; ++g) {
        over[t].push_back(programme.column(std::string("over ") + grade[g] + in, money ? over_cost[g] : 0));
        shortened[t].push_back(
            programme.column(std::string("short ") + grade[g] + in, money ? short_cost[g] : 0, {0, 50}));
        const Row need = plan.need(std::string("need ") + grade[g] + in, {now[g]}, Bounds::exactly(needed[t][g]));
        programme.add(need, {over[t][g], -1});
        programme.add(need, {shortened[t][g], -0.5});
        all_over.push_back({over[t][g], 1});
      }
      programme.row("overmanning" + in, Bounds::at_most(150), all_over);
      before = now;
    }
  }

  SeatPlan plan{Sense::minimise};
  Cells recruited{}, made_redundant{}, over{}, shortened{};
  std::vector<Column> to_semi{}, to_skilled{}, semi_down{};
  std::vector<Row> semi_seats{}, skilled_seats{};
};

double sum(const LinearSolution& solution, const Manpower::Cells& cells) {
  double out = 0;
  for (const std::vector<Column>& year : cells)
    for (const Column column : year) out += solution[column].value;
  return out;
}

/// The prices of all rows, those of seats among them, and their ranges, against solving again.
void expect_prices(const LinearProgramme& programme, const LinearSolution& solution) {
  for (std::size_t i = 0; i < programme.rows(); ++i) expect_price(programme, Row(i), solution, programme.name(Row(i)));
}

/// On the page of certified figures, by how far from what is printed.
void on_the_page(const std::string& figure, const std::string& printed, double ours) {
  const double number = std::stod(printed);
  record("Williams, manpower planning", figure, printed, shown(ours),
         number == 0 ? std::abs(ours) : std::abs(ours / number - 1));
}
void expect_seats(const LinearSolution& s, Row row, double price, double lower, double upper) {
  EXPECT_NEAR(s[row].shadow_price, price, 1e-12);
  EXPECT_NEAR(s[row].shadow_price_of_last, price, 1e-12);
  EXPECT_NEAR(s[row].price_holds->lower, lower, 1e-8);
  if (s[row].price_holds->upper != upper) {
    EXPECT_NEAR(s[row].price_holds->upper, upper, 1e-8);
  }
}

// Published: 841.796875 redundancies, of unskilled only.
TEST(ManpowerPlan, LeastRedundancies) {
  Manpower model(Least::redundancies);
  LinearProgramme& programme = model.plan.programme();
  expect_proven(programme, solved(programme));
  const LinearSolution s = solve(programme);
  EXPECT_NEAR(s.objective, 841.796875, 1e-9 * 841);
  on_the_page("least redundancies", "841.796875", s.objective);
  expect_prices(programme, s);

  // Each seat to semi-skilled saves about one redundancy; a seat to skilled in year 1 a twentieth, later ones none.
  EXPECT_FALSE(s.degenerate);
  const struct {
    Row row;
    std::string seats;
    const char *price, *from, *to;
  } prices[] = {{model.semi_seats[0], "semi-skilled in year 1", "-0.905", "181.0855263158", "338.9802631579"},
                {model.semi_seats[1], "semi-skilled in year 2", "-1", "73.0977319945", "366.328125"},
                {model.semi_seats[2], "semi-skilled in year 3", "-1", "45.0831024931", "432.5"},
                // beyond a quarter of the skilled
                {model.skilled_seats[0], "skilled in year 1", "-0.0525", "-177.3026315789", "34.2261904762"},
                {model.skilled_seats[1], "skilled in year 2", "0", "-294.7368421053", ""},
                {model.skilled_seats[2], "skilled in year 3", "0", "-393.4210526316", ""}};
  for (const auto& p : prices) {
    const RowResult& seats = s[p.row];
    const bool ends = *p.to != '\0';
    expect_seats(s, p.row, std::stod(p.price), std::stod(p.from), ends ? std::stod(p.to) : without_end);
    on_the_page("redundancies that one more seat to " + p.seats + " adds, recomputed", p.price, seats.shadow_price);
    on_the_page("from so many seats", p.from, seats.price_holds->lower);
    if (ends) on_the_page("to so many", p.to, seats.price_holds->upper);
  }

  // Published by year: 443.0, 166.296875, 232.5. The first is 442.96875 to one decimal, and the second the total less
  // the two others as printed: with exactly these redundancies nothing fits. Ours are the only ones with this total.
  const double by_year[] = {442.96875, 166.328125, 232.5};
  std::vector<Term> all;
  for (const std::vector<Column>& year : model.made_redundant)
    for (const Column column : year) {
      all.push_back({column, 1});
      programme.set_cost(column, 0);
    }
  programme.row("no more redundancies", Bounds::at_most(841.796875), all);
  for (std::size_t t = 0; t < years; ++t) {
    const Column unskilled = model.made_redundant[t][0];
    EXPECT_NEAR(s[unskilled].value, by_year[t], 1e-9 * 500);
    for (const double sign : {1, -1}) {
      programme.set_cost(unskilled, sign);
      EXPECT_NEAR(solved(programme).objective, sign * by_year[t], 1e-9 * 500);
    }
    programme.set_cost(unskilled, 0);
  }
  EXPECT_FALSE(s.unique) << "training to skilled may be shared otherwise";
  programme.set_bounds(model.made_redundant[0][0], Bounds::exactly(443.0));
  programme.set_bounds(model.made_redundant[1][0], Bounds::exactly(166.296875));
  EXPECT_THROW((void)solved(programme), Infeasible);
}

// Published: with so few redundancies the least cost is 1,441,389.79, from a run that allowed 1e-9 more of them. One
// redundancy more saves 14,800 there, so that this comes to 1,441,389.8026 with none more.
TEST(ManpowerPlan, LeastCostOfLeastRedundancies) {
  Manpower model(Least::cost);
  LinearProgramme& programme = model.plan.programme();
  std::vector<Term> all;
  for (const std::vector<Column>& year : model.made_redundant)
    for (const Column column : year) all.push_back({column, 1});
  const Row fewest = programme.row("least redundancies", Bounds::at_most(841.796875), all);
  expect_proven(programme, solved(programme));
  const LinearSolution s = solve(programme, {.price = std::vector{fewest}, .cost = std::vector<Column>{}});
  EXPECT_NEAR(s.objective, 1441389.802631579, 1e-9 * 1441389);
  on_the_page("least cost of the least redundancies, recomputed", "1441389.802631579", s.objective);
  EXPECT_NEAR(s[fewest].shadow_price, -14800, 1e-6);
  EXPECT_EQ(s[fewest].shadow_price_of_last, -without_end) << "fewer are not possible";
  EXPECT_EQ(s[fewest].price_holds->lower, 841.796875);
  programme.set_bounds(fewest, Bounds::at_most(841.796875 * (1 + 1e-9)));
  EXPECT_NEAR(solved(programme).objective, 1441389.79, 0.005);
}

// Published: 498,677.2853 with 1423.718837 redundancies, and the plan that does it.
TEST(ManpowerPlan, LeastCost) {
  const Manpower model(Least::cost);
  const LinearProgramme& programme = model.plan.programme();
  expect_proven(programme, solved(programme));
  const LinearSolution s = solve(programme);
  EXPECT_NEAR(s.objective, 498677.2853, 5e-5);
  EXPECT_NEAR(sum(s, model.made_redundant), 1423.718837, 5e-7);
  on_the_page("least cost", "498677.2853", s.objective);
  on_the_page("redundancies at the least cost", "1423.718837", sum(s, model.made_redundant));
  EXPECT_TRUE(s.unique);
  struct Year {
    double redundant, to_semi, to_skilled, down, recruited[grades];
  };
  const Year published[] = {{812.5, 0, 0, 25, {0, 0, 55.6}},
                            {257.6, 142.38, 105.26, 0, {0, 800, 500}},
                            {353.6, 96.40, 131.58, 0, {0, 800, 500}}};
  for (std::size_t t = 0; t < years; ++t) {
    SCOPED_TRACE("year " + std::to_string(t + 1));
    EXPECT_NEAR(s[model.made_redundant[t][0]].value, published[t].redundant, 0.05);
    EXPECT_NEAR(s[model.made_redundant[t][1]].value + s[model.made_redundant[t][2]].value, 0, 1e-9);
    EXPECT_NEAR(s[model.to_semi[t]].value, published[t].to_semi, 0.005);
    EXPECT_NEAR(s[model.to_skilled[t]].value, published[t].to_skilled, 0.005);
    EXPECT_NEAR(s[model.semi_down[t]].value, published[t].down, 1e-9);
    for (std::size_t g = 0; g < grades; ++g)
      EXPECT_NEAR(s[model.recruited[t][g]].value, published[t].recruited[g], 0.05);
  }
  expect_prices(programme, s);
  // No cap on training binds, so that no seat is worth anything until caps come down to what is used.
  expect_seats(s, model.semi_seats[0], 0, 0, without_end);
  expect_seats(s, model.semi_seats[1], 0, s[model.to_semi[1]].value, without_end);
  expect_seats(s, model.semi_seats[2], 0, s[model.to_semi[2]].value, without_end);
  for (std::size_t t = 0; t < years; ++t)
    expect_seats(s, model.skilled_seats[t], 0, s[model.skilled_seats[t]].value, without_end);
}

}  // namespace
}  // namespace manpower_test
