// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0

// What must stay, or change in a known way, when the data or the question are changed: each relation over many random
// cases, of which the first that breaks it is printed with its seed.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <numeric>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <rungs/data/histories.hpp>
#include <rungs/decide/evaluate.hpp>
#include <rungs/estimate/bootstrap.hpp>
#include <rungs/estimate/dirichlet.hpp>
#include <rungs/estimate/survey.hpp>
#include <rungs/io/csv.hpp>
#include <rungs/measure/indices.hpp>
#include <rungs/measure/long_run.hpp>
#include <rungs/measure/reach.hpp>
#include <rungs/project/headcounts.hpp>
#include <rungs/serialize/saved_model.hpp>

#include "../io/files.hpp"
#include "scenario.hpp"

namespace property_metamorphic_test {
namespace {

using namespace rungs;
using scenario::Dice;
using scenario::Plan;
using scenario::Scenario;

// --- random data -----------------------------------------------------------------------------------------------------

/// People on a ladder of single rungs, of whom some are not seen in every period and some leave by the exit.
struct People {
  Ladder ladder;
  Observations rows;
  WeightKind kind = WeightKind::none;

  [[nodiscard]] Panel panel() const { return {ladder, rows, kind}; }
};

Ladder ladder_of(std::size_t strata, std::size_t exits, bool reversed = false) {
  auto b = Ladder::builder();
  for (std::size_t k = 0; k < strata; ++k) b.rung("s" + std::to_string(reversed ? strata - 1 - k : k));
  for (std::size_t k = 0; k < exits; ++k) b.exit("x" + std::to_string(k));
  return b.build();
}

/// `gaps`: whether periods are missed; every stratum is left at least once.
People random_people(Dice& dice, WeightKind kind = WeightKind::none, bool gaps = false, std::size_t exits = 2) {
  const std::size_t strata = 2 + dice.below(4);
  People out{ladder_of(strata, dice.below(exits)), {}, kind};
  const std::size_t n = out.ladder.size(), people = strata + 5 + dice.below(30);
  const auto first = static_cast<std::int32_t>(dice.below(40)) - 20;
  std::size_t missed = gaps ? people / 12 : 0;  // few enough that one step is what the data have
  for (std::uint32_t who = 0; who < people; ++who) {
    std::size_t at = who % strata;
    const double weight = kind == WeightKind::frequency ? static_cast<double>(1 + dice.below(4)) : dice.between(0.2, 5);
    const std::size_t waves = 2 + dice.below(4);
    for (std::size_t t = 0; t < waves; ++t) {
      if (t > 0 && dice.chance(0.4)) at = dice.below(n);
      if (missed > 0 && t > 1 && t + 1 < waves && dice.chance(0.1)) {
        --missed;
        continue;
      }
      out.rows.add(who, first + static_cast<std::int32_t>(t), at);
      if (kind != WeightKind::none) out.rows.weight.push_back(weight);
      if (out.ladder.is_exit(at)) break;
    }
  }
  return out;
}

/// The records in the order given.
Observations arranged(const Observations& rows, const std::vector<std::size_t>& order) {
  Observations out;
  for (const std::size_t k : order) {
    out.add(rows.person[k], rows.time[k], rows.stratum[k]);
    if (!rows.weight.empty()) out.weight.push_back(rows.weight[k]);
  }
  return out;
}

std::vector<std::size_t> random_order(std::size_t n, Dice& dice) {
  std::vector<std::size_t> out(n);
  std::iota(out.begin(), out.end(), std::size_t{0});
  for (std::size_t k = n; k > 1; --k) std::swap(out[k - 1], out[dice.below(k)]);
  return out;
}

Observations changed(Observations rows, const std::function<void(Observations&, std::size_t)>& change) {
  for (std::size_t k = 0; k < rows.size(); ++k) change(rows, k);
  return rows;
}

WeightKind any_kind(Dice& dice) {
  return dice.one_of({WeightKind::none, WeightKind::sampling, WeightKind::precision, WeightKind::frequency});
}

Ensemble fitted(const Tally& t) { return Proportions{Unleft::absorbing}.fit(t); }
Matrix shares(const Tally& t) { return fitted(t).point().view(0); }

/// A random chain on single rungs.
TransitionMatrix random_chain(Dice& dice, std::size_t exits = 2, bool all_lead_to_all = false) {
  const Ladder ladder = ladder_of(2 + dice.below(5), dice.below(exits));
  const auto n = static_cast<Eigen::Index>(ladder.size());
  Matrix w = Matrix::Identity(n, n);
  for (Eigen::Index i = 0; i < static_cast<Eigen::Index>(ladder.strata()); ++i)
    for (Eigen::Index j = 0; j < n; ++j)
      w(i, j) = !all_lead_to_all && dice.chance(0.2) && i != j ? 0.0 : dice.between(0.01, 1);
  return TransitionMatrix::from_weights(ladder, w);
}

Stratum any_stratum(const Ladder& ladder, Dice& dice) { return ladder.at(dice.below(ladder.strata())); }
StratumSet any_target(const Ladder& ladder, Dice& dice) { return ladder.set_of(dice.some(ladder.strata(), 0.4)); }

// --- what two results have in common ---------------------------------------------------------------------------------

/// Nothing when all is well; what is wrong otherwise.
using Wrong = std::string;

Wrong same(const Counts& a, const Counts& b) { return a == b ? "" : "counts differ"; }
Wrong same_moves(const Tally& a, const Tally& b) {
  if (a.by_period() != b.by_period()) return "counts by period differ";
  return same(a.pooled(), b.pooled());
}
Wrong near(double a, double b, double within = 1e-12) {
  return std::abs(a - b) <= within * (1 + std::abs(b)) ? "" : std::to_string(a) + " and " + std::to_string(b);
}
Wrong near(const Matrix& a, const Matrix& b, double within = 1e-12) {
  if (a.rows() != b.rows() || a.cols() != b.cols()) return "shapes differ";
  for (Eigen::Index k = 0; k < a.size(); ++k) {
    const double x = a.data()[k], y = b.data()[k];
    if (std::isnan(x) && std::isnan(y)) continue;
    if (!(std::abs(x - y) <= within * (1 + std::abs(y))))
      return "entry " + std::to_string(k) + ": " + std::to_string(x) + " and " + std::to_string(y);
  }
  return "";
}
Wrong bits(const Matrix& a, const Matrix& b) { return near(a, b, 0); }
Wrong bits(const Course& a, const Course& b) {
  for (const Wrong& w : {bits(a.headcount, b.headcount), bits(a.entrants, b.entrants), bits(a.blocked, b.blocked),
                         bits(a.first_reached, b.first_reached)})
    if (!w.empty()) return w;
  for (std::size_t t = 0; t < a.flows.size(); ++t)
    if (const Wrong w = bits(a.flows[t], b.flows[t]); !w.empty()) return w;
  return a.standing == b.standing && a.cohort == b.cohort ? "" : "standing or cohort differ";
}
Wrong first_of(std::initializer_list<Wrong> all) {
  for (const Wrong& w : all)
    if (!w.empty()) return w;
  return "";
}
Wrong unless(bool good, const char* what) { return good ? "" : what; }

// --- the relations ---------------------------------------------------------------------------------------------------

struct Relation {
  const char* name;
  std::size_t cases;
  std::function<Wrong(Dice&)> broken;
};

void PrintTo(const Relation& r, std::ostream* out) { *out << r.name; }

const TallyOptions by_period{.by_period = true};

std::vector<Relation> of_data() {
  return {
      {"OrderOfTheRecordsDoesNotMatter", 1000,
       [](Dice& dice) {
         const People p = random_people(dice, any_kind(dice), true);
         People q = p;
         q.rows = arranged(p.rows, random_order(p.rows.size(), dice));
         return same_moves(tally(p.panel(), by_period), tally(q.panel(), by_period));
       }},
      {"NumbersOfPeopleDoNotMatter", 1000,
       [](Dice& dice) {
         const People p = random_people(dice);
         People q = p;
         const std::vector<std::size_t> order = random_order(p.panel().people(), dice);
         q.rows = changed(p.rows, [&](Observations& o, std::size_t k) {
           o.person[k] = static_cast<std::uint32_t>(1000 + 7 * order[o.person[k]]);
         });
         return same_moves(tally(p.panel(), by_period), tally(q.panel(), by_period));
       }},
      {"NamesOfStrataDoNotMatter", 1000,
       [](Dice& dice) {
         const People p = random_people(dice, any_kind(dice));
         const std::vector<std::size_t> order = random_order(p.ladder.strata(), dice);
         const auto place = [&](std::size_t i) { return i < order.size() ? order[i] : i; };
         People q = p;
         q.rows = changed(p.rows, [&](Observations& o, std::size_t k) {
           o.stratum[k] = static_cast<std::uint16_t>(place(o.stratum[k]));
         });
         const Matrix a = shares(tally(p.panel())), b = shares(tally(q.panel()));
         Matrix back = a;
         for (std::size_t i = 0; i < p.ladder.size(); ++i)
           for (std::size_t j = 0; j < p.ladder.size(); ++j)
             back(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) =
                 b(static_cast<Eigen::Index>(place(i)), static_cast<Eigen::Index>(place(j)));
         return near(back, a);
       }},
      {"TheCalendarDoesNotMatter", 1000,
       [](Dice& dice) {
         const People p = random_people(dice);
         People q = p;
         const auto shift = static_cast<std::int32_t>(dice.below(4000)) - 2000;
         q.rows = changed(p.rows, [&](Observations& o, std::size_t k) { o.time[k] += shift; });
         const Tally a = tally(p.panel(), by_period), b = tally(q.panel(), by_period);
         if (a.by_period().begin()->first + shift != b.by_period().begin()->first) return Wrong("period not shifted");
         return first_of({same(a.pooled(), b.pooled()), bits(shares(a), shares(b))});
       }},
      {"TheUnitOfTimeDoesNotMatter", 1000,
       [](Dice& dice) {
         const People p = random_people(dice);
         People q = p;
         const auto unit = static_cast<std::int32_t>(2 + dice.below(11));
         q.rows = changed(p.rows, [&](Observations& o, std::size_t k) { o.time[k] *= unit; });
         return same(tally(p.panel()).pooled(), tally(q.panel(), {.step = Step(unit, 1)}).pooled());
       }},
      {"PartsAddUp", 1000,
       [](Dice& dice) {
         const People p =
             random_people(dice, any_kind(dice) == WeightKind::none ? WeightKind::none : WeightKind::frequency);
         std::vector<Observations> part(3);
         for (std::size_t k = 0; k < p.rows.size(); ++k) {
           Observations& o = part[p.rows.person[k] * 7 % 3];
           o.add(p.rows.person[k], p.rows.time[k], p.rows.stratum[k]);
           if (!p.rows.weight.empty()) o.weight.push_back(p.rows.weight[k]);
         }
         Tally sum(p.ladder, Step(), p.kind);
         for (const std::size_t k : random_order(3, dice)) sum += tally(Panel(p.ladder, part[k], p.kind), by_period);
         const Tally whole = tally(p.panel(), by_period);
         return first_of({same_moves(sum, whole), unless(sum.people() == whole.people(), "people differ"),
                          unless(sum.ledger().records_used == whole.ledger().records_used, "records differ")});
       }},
      {"PeriodsAddUpToThePool", 1000,
       [](Dice& dice) {
         const People p =
             random_people(dice, any_kind(dice) == WeightKind::none ? WeightKind::none : WeightKind::frequency);
         Counts sum(p.ladder.size());
         const Tally each = tally(p.panel(), by_period);
         for (const auto& [period, counts] : each.by_period()) sum += counts;
         return same(sum, tally(p.panel()).pooled());
       }},
      {"HistoriesHaveTheSameMoves", 1000,
       [](Dice& dice) {
         const People p = random_people(dice, WeightKind::none, true);
         const Histories h = histories(p.panel());
         return first_of({same(move_counts(h), tally(p.panel()).pooled()), same(move_counts(h), [&] {
                            Counts sum(p.ladder.size());
                            for (const auto& [period, counts] : move_counts_by_period(h)) sum += counts;
                            return sum;
                          }())});
       }},
      {"WithoutGapsTheirUseDoesNotMatter", 1000,
       [](Dice& dice) {
         const People p = random_people(dice);
         const Tally drop = tally(p.panel());
         for (const Gap gap : {Gap::skip, Gap::em, Gap::refuse})
           if (const Wrong w = same_moves(drop, tally(p.panel(), {.gap = gap})); !w.empty()) return w;
         return Wrong();
       }},
      {"PeopleSeenOnceTellNothing", 1000,
       [](Dice& dice) {
         const People p = random_people(dice);
         People q = p;
         for (std::uint32_t k = 0; k < 1 + dice.below(9); ++k)
           q.rows.add(5000 + k, static_cast<std::int32_t>(dice.below(30)), dice.below(p.ladder.size()));
         return same(tally(p.panel()).pooled(), tally(q.panel()).pooled());
       }},
      {"MergedStrataHaveTheMovesOfBoth", 1000,
       [](Dice& dice) {
         const People p = random_people(dice, WeightKind::none, false, 1);
         const std::size_t n = p.ladder.size();
         if (n < 3) return Wrong();
         const auto into = [&](std::size_t i) { return i == n - 1 ? n - 2 : i; };  // the top two become one
         const Observations merged = changed(p.rows, [&](Observations& o, std::size_t k) {
           o.stratum[k] = static_cast<std::uint16_t>(into(o.stratum[k]));
         });
         Counts sum(n - 1);
         const Tally whole = tally(p.panel());
         for (std::size_t i = 0; i < n; ++i)
           for (std::size_t j = 0; j < n; ++j) sum.add(into(i), into(j), whole.pooled().people(i, j));
         return same(sum, tally(Panel(ladder_of(n - 1, 0), merged)).pooled());
       }},
      {"WhoNeverMovesIsNoMover", 1000,
       [](Dice& dice) {
         const People p = random_people(dice, any_kind(dice), false, 1);
         People q = p;
         q.rows = changed(p.rows, [&](Observations& o, std::size_t k) {
           o.stratum[k] = static_cast<std::uint16_t>(o.person[k] % p.ladder.strata());
         });
         const Matrix m = shares(tally(q.panel()));
         return bits(m, Matrix::Identity(m.rows(), m.cols()));
       }},
      {"TimeRunBackwardsTransposesTheMoves", 1000,
       [](Dice& dice) {
         const People p = random_people(dice, WeightKind::none, true, 1);
         People q = p;
         q.rows = changed(p.rows, [](Observations& o, std::size_t k) { o.time[k] = -o.time[k]; });
         const Tally a = tally(p.panel()), b = tally(q.panel());
         for (std::size_t i = 0; i < p.ladder.size(); ++i)
           for (std::size_t j = 0; j < p.ladder.size(); ++j)
             if (a.pooled().people(i, j) != b.pooled().people(j, i)) return Wrong("counts are not transposed");
         return Wrong();
       }},
      {"AFileSaysWhatIsInMemory", 200,
       [](Dice& dice) {
         const People p = random_people(dice, any_kind(dice), true);
         const std::vector<std::size_t> order = random_order(p.rows.size(), dice);
         std::string text = p.kind == WeightKind::none ? "state,id,year\n" : "state,id,w,year\n";
         char weight[40];
         for (const std::size_t k : order) {
           text += p.ladder.name(p.rows.stratum[k]) + ",p" + std::to_string(p.rows.person[k]) + ",";
           if (p.kind != WeightKind::none) {
             std::snprintf(weight, sizeof weight, "%.17g,", p.rows.weight[k]);
             text += weight;
           }
           text += std::to_string(p.rows.time[k]) + "\n";
         }
         const rungs::test::TemporaryFile file(text);
         io::PanelColumns columns{.id = "id", .time = "year", .state = "state"};
         if (p.kind != WeightKind::none) {
           columns.weight = "w";
           columns.weight_kind = p.kind;
         }
         const Tally read = tally(io::read_panel(file.path(), columns, p.ladder).panel, by_period),
                     built = tally(p.panel(), by_period);
         // People are numbered as they come, so that sums of weights are of another order.
         return first_of({near(shares(tally(io::read_panel(file.path(), columns, p.ladder).panel)),
                               shares(tally(p.panel())), 1e-14),
                          unless(read.people() == built.people(), "people differ"),
                          p.kind == WeightKind::none ? same_moves(read, built) : Wrong()});
       }},
  };
}

std::vector<Relation> of_estimates() {
  return {
      {"TwiceTheSamplingWeightIsTheSameInterval", 1000,
       [](Dice& dice) {
         const People p = random_people(dice, dice.one_of({WeightKind::sampling, WeightKind::precision}));
         People q = p;
         const double by = dice.one_of({0.25, 2.0, 1024.0});  // powers of two, so that bits are the same
         for (double& w : q.rows.weight) w *= by;
         const Tally a = tally(p.panel()), b = tally(q.panel());
         const CellIntervals x = cell_intervals(a.pooled(), p.ladder), y = cell_intervals(b.pooled(), q.ladder);
         const Draw draw(Seed(dice.below(1000)), dice.below(100));
         return first_of(
             {bits(x.lower, y.lower), bits(x.upper, y.upper), bits(x.standard_error, y.standard_error),
              bits(fitted(a).draw(draw).view(0), fitted(b).draw(draw).view(0)),
              bits(DirichletRows{1}.fit(a).draw(draw).view(0), DirichletRows{1}.fit(b).draw(draw).view(0))});
       }},
      {"WeightsThatAreAllTheSameAreNone", 1000,
       [](Dice& dice) {
         const People p = random_people(dice);
         People q = p;
         q.kind = dice.one_of({WeightKind::sampling, WeightKind::precision});
         q.rows.weight.assign(q.rows.size(), dice.between(0.1, 9));
         const CellIntervals x = cell_intervals(tally(p.panel()).pooled(), p.ladder),
                             y = cell_intervals(tally(q.panel()).pooled(), q.ladder);
         return first_of({near(shares(tally(p.panel())), shares(tally(q.panel()))), near(x.lower, y.lower, 1e-9),
                          near(x.upper, y.upper, 1e-9), near(x.standard_error, y.standard_error)});
       }},
      {"AFrequencyIsSoManyPeople", 1000,
       [](Dice& dice) {
         const People p = random_people(dice, WeightKind::frequency);
         Observations each;
         for (std::size_t k = 0; k < p.rows.size(); ++k)
           for (std::uint32_t copy = 0; copy < static_cast<std::uint32_t>(p.rows.weight[k]); ++copy)
             each.add(10 * p.rows.person[k] + copy, p.rows.time[k], p.rows.stratum[k]);
         const Tally a = tally(p.panel()), b = tally(Panel(p.ladder, each));
         const CellIntervals x = cell_intervals(a.pooled(), p.ladder), y = cell_intervals(b.pooled(), p.ladder);
         return first_of({same(a.pooled(), b.pooled()), bits(shares(a), shares(b)), bits(x.lower, y.lower),
                          bits(x.upper, y.upper),
                          near(DirichletRows{0.5}.fit(a).point().view(0), DirichletRows{0.5}.fit(b).point().view(0))});
       }},
      {"FourTimesThePeopleHalveTheStandardError", 1000,
       [](Dice& dice) {
         const People p = random_people(dice);
         Observations four;
         for (std::uint32_t copy = 0; copy < 4; ++copy)
           for (std::size_t k = 0; k < p.rows.size(); ++k)
             four.add(1000 * copy + p.rows.person[k], p.rows.time[k], p.rows.stratum[k]);
         const Tally a = tally(p.panel()), b = tally(Panel(p.ladder, four));
         const CellIntervals x = cell_intervals(a.pooled(), p.ladder), y = cell_intervals(b.pooled(), p.ladder);
         for (Eigen::Index k = 0; k < x.lower.size(); ++k)
           if (y.upper.data()[k] - y.lower.data()[k] > x.upper.data()[k] - x.lower.data()[k] + 1e-12)
             return Wrong("an interval got wider");
         return first_of({bits(shares(a), shares(b)), near(2 * y.standard_error, x.standard_error)});
       }},
      {"AHigherLevelHoldsTheLower", 1000,
       [](Dice& dice) {
         const People p = random_people(dice, any_kind(dice));
         const Counts c = tally(p.panel()).pooled();
         const double low = dice.between(0.5, 0.9), high = dice.between(low, 0.999);
         for (const IntervalMethod m : {IntervalMethod::exact, IntervalMethod::wilson, IntervalMethod::jeffreys}) {
           const CellIntervals x = cell_intervals(c, p.ladder, Level(low), m),
                               y = cell_intervals(c, p.ladder, Level(high), m);
           for (Eigen::Index k = 0; k < x.lower.size(); ++k)
             if (x.lower.data()[k] < y.lower.data()[k] - 1e-12 || x.upper.data()[k] > y.upper.data()[k] + 1e-12)
               return Wrong("interval ") + name(m);
         }
         return Wrong();
       }},
      {"APosteriorLiesBetweenPriorAndShares", 1000,
       [](Dice& dice) {
         const People p = random_people(dice, any_kind(dice));
         const Tally t = tally(p.panel());
         const Matrix plain = shares(t), post = DirichletRows{dice.between(0.1, 5)}.fit(t).point().view(0);
         const double flat = 1 / static_cast<double>(p.ladder.size());
         for (Eigen::Index i = 0; i < static_cast<Eigen::Index>(p.ladder.strata()); ++i)
           for (Eigen::Index j = 0; j < plain.cols(); ++j)
             if (t.pooled().row_people(static_cast<std::size_t>(i)) > 0 &&
                 !(post(i, j) >= std::min(flat, plain(i, j)) - 1e-12 &&
                   post(i, j) <= std::max(flat, plain(i, j)) + 1e-12))
               return Wrong("outside");
         return Wrong();
       }},
      {"ASmallPriorIsNone", 1000,
       [](Dice& dice) {
         const People p = random_people(dice, any_kind(dice));
         const Tally t = tally(p.panel());
         return near(DirichletRows{1e-10, Unleft::absorbing}.fit(t).point().view(0), shares(t), 1e-8);
       }},
      {"AnExitIsFinalInEveryDraw", 1000,
       [](Dice& dice) {
         const People p = random_people(dice, any_kind(dice), false, 3);
         const Tally t = tally(p.panel());
         for (const Ensemble& e : {fitted(t), DirichletRows{1}.fit(t)}) {
           const Kernel k = e.draw(Draw(Seed(dice.below(100)), dice.below(100)));
           const auto exits = static_cast<Eigen::Index>(p.ladder.exits());
           const auto strata = static_cast<Eigen::Index>(p.ladder.strata());
           const Matrix m = k.view(0);
           if (const Wrong w = first_of({bits(m.bottomRightCorner(exits, exits), Matrix::Identity(exits, exits)),
                                         bits(m.bottomLeftCorner(exits, strata), Matrix::Zero(exits, strata)),
                                         near(m.rowwise().sum(), Matrix::Ones(m.rows(), 1))});
               !w.empty())
             return w;
         }
         return Wrong();
       }},
      {"ADrawIsThatOfItsNumberWhateverCameBefore", 1000,
       [](Dice& dice) {
         const People p = random_people(dice, any_kind(dice));
         const Ensemble e = DirichletRows{1}.fit(tally(p.panel()));
         const Seed seed(dice.below(1000));
         Kernel later = e.point();
         for (const std::size_t d : {9U, 3U, 5U}) e.draw_into(Draw(seed, d), later);
         return bits(later.view(0), e.draw(Draw(seed, 5)).view(0));
       }},
      {"PeriodsThatAreAloneAreThePool", 1000,
       [](Dice& dice) {
         const People p = random_people(dice, any_kind(dice));
         Observations two;  // of each person the first move only, all in one period
         for (std::size_t k = 0; k + 1 < p.rows.size(); ++k)
           if ((k == 0 || p.rows.person[k - 1] != p.rows.person[k]) && p.rows.person[k + 1] == p.rows.person[k])
             for (std::size_t m : {k, k + 1}) {
               two.add(p.rows.person[m], p.rows.time[m], p.rows.stratum[m]);
               if (!p.rows.weight.empty()) two.weight.push_back(p.rows.weight[m]);
             }
         const Panel panel(p.ladder, two, p.kind);
         const Tally pool = tally(panel), each = tally(panel, by_period);
         const Draw draw(Seed(4), dice.below(50));
         return first_of(
             {bits(fitted(pool).draw(draw).view(0), fitted(each).draw(draw).view(0)),
              bits(DirichletRows{1}.fit(pool).draw(draw).view(0), DirichletRows{1}.fit(each).draw(draw).view(0))});
       }},
      {"NamesOfClustersDoNotMatter", 500,
       [](Dice& dice) {
         const People p = random_people(dice, dice.one_of({WeightKind::none, WeightKind::sampling}));
         const Panel panel = p.panel();
         SurveyDesign a, b;
         for (std::size_t k = 0; k < panel.people(); ++k) {
           a.cluster.push_back(static_cast<std::uint32_t>(k % 5));
           b.cluster.push_back(static_cast<std::uint32_t>(900 - 13 * (k % 5)));
         }
         const SurveyEstimate x = estimate_survey(panel, a, {}, Unleft::absorbing),
                              y = estimate_survey(panel, b, {}, Unleft::absorbing);
         return first_of({near(x.covariance, y.covariance),
                          near(x.ensemble.point().view(0), fitted(tally(panel)).point().view(0)),
                          unless(x.degrees_of_freedom == y.degrees_of_freedom, "degrees of freedom")});
       }},
      {"WeightsOfASurveyMatterOnlyInRatio", 500,
       [](Dice& dice) {
         const People p = random_people(dice, WeightKind::sampling);
         People q = p;
         for (double& w : q.rows.weight) w *= 8;
         const SurveyEstimate x = estimate_survey(p.panel(), SurveyDesign{}, {}, Unleft::absorbing),
                              y = estimate_survey(q.panel(), SurveyDesign{}, {}, Unleft::absorbing);
         return first_of({bits(x.covariance, y.covariance), bits(x.cells().lower, y.cells().lower)});
       }},
      {"PeopleDoubledAsClustersTellNoMore", 500,
       [](Dice& dice) {
         // Every person twice, both in one cluster: as much is known as of each once.
         const People p = random_people(dice);
         Observations twice;
         for (std::uint32_t copy = 0; copy < 2; ++copy)
           for (std::size_t k = 0; k < p.rows.size(); ++k)
             twice.add(2 * p.rows.person[k] + copy, p.rows.time[k], p.rows.stratum[k]);
         SurveyDesign design;
         for (std::uint32_t k = 0; k < 2 * p.panel().people(); ++k) design.cluster.push_back(k / 2);
         return near(estimate_survey(Panel(p.ladder, twice), design, {}, Unleft::absorbing).covariance,
                     estimate_survey(p.panel(), SurveyDesign{}, {}, Unleft::absorbing).covariance);
       }},
      {"ABootstrapOfWeightsMatterOnlyInRatio", 200,
       [](Dice& dice) {
         const People p = random_people(dice, WeightKind::sampling);
         People q = p;
         for (double& w : q.rows.weight) w *= 4;
         const Ensemble a = bootstrap_by_person(p.panel(), Proportions{Unleft::absorbing}, {}, 5, Seed(3)),
                        b = bootstrap_by_person(q.panel(), Proportions{Unleft::absorbing}, {}, 5, Seed(3));
         return bits(a.draw(Draw(Seed(0), 4)).view(0), b.draw(Draw(Seed(0), 4)).view(0));
       }},
      {"WhatIsSavedIsLoadedBitByBit", 200,
       [](Dice& dice) {
         const People p = random_people(dice, any_kind(dice));
         const bool periods = p.kind == WeightKind::none && dice.chance(0.3);
         Tally t = tally(p.panel(), {.by_period = periods});
         const Ensemble e = dice.chance(0.3)
                                ? bootstrap_by_person(p.panel(), Proportions{Unleft::absorbing}, {}, 6, Seed(8))
                            : dice.chance(0.5) ? DirichletRows{0.7}.fit(t)
                                               : fitted(t);
         const std::string bytes = to_bytes({e});
         const SavedModel back = from_bytes(bytes, "model");
         const Draw draw(Seed(dice.below(100)), dice.below(6));
         return first_of({unless(back.ensemble.point() == e.point(), "point"),
                          unless(back.ensemble.draw(draw) == e.draw(draw), "draw"),
                          unless(to_bytes({back.ensemble}) == bytes, "bytes")});
       }},
  };
}

std::vector<Relation> of_chains() {
  return {
      {"StepsAddUp", 1000,
       [](Dice& dice) {
         const TransitionMatrix p = random_chain(dice);
         const auto a = static_cast<std::int64_t>(dice.below(8)), b = static_cast<std::int64_t>(dice.below(8));
         return near(n_step(p, Span(a)) * n_step(p, Span(b)), n_step(p, Span(a + b)));
       }},
      {"UpDownAndStayingAreAll", 1000,
       [](Dice& dice) {
         const TransitionMatrix p = random_chain(dice);
         double up = 0, down = 0, stay = 0;
         for (const MobilityIndex& i : mobility_indices(p, stratum_weights(StratumWeights::uniform, p))) {
           if (i.name == "upward") up = i.value;
           if (i.name == "downward") down = i.value;
           if (i.name == "immobility") stay = i.value;
         }
         return near(up + down + stay, 1);
       }},
      {"TheLongRunStays", 1000,
       [](Dice& dice) {
         const TransitionMatrix p = random_chain(dice, 1, true);
         const Vector law = stationary_law(p);
         return first_of({near(Matrix(law.transpose() * p.matrix()), law.transpose()), near(law.sum(), 1),
                          near(stationary_law(TransitionMatrix(p.ladder(), n_step(p, Span(2)))), law, 1e-9)});
       }},
      {"TheLadderTurnedOverSwapsUpAndDown", 1000,
       [](Dice& dice) {
         const TransitionMatrix p = random_chain(dice, 1, true);
         const TransitionMatrix q(ladder_of(p.ladder().strata(), 0, true),
                                  p.matrix().rowwise().reverse().colwise().reverse());
         const Vector w = stationary_law(p), v = stationary_law(q);
         const auto a = mobility_indices(p, w), b = mobility_indices(q, v);
         for (std::size_t k = 0; k < a.size(); ++k) {
           const std::string& other = a[k].name == "upward"     ? "downward"
                                      : a[k].name == "downward" ? "upward"
                                                                : a[k].name;
           for (const MobilityIndex& x : b)
             if (x.name == other)
               if (const Wrong wrong = near(x.value, a[k].value, 1e-8); !wrong.empty()) return other + ": " + wrong;
         }
         return Wrong();
       }},
      {"WhoLeftStaysAway", 1000,
       [](Dice& dice) {
         const TransitionMatrix p = random_chain(dice, 4);
         const Matrix at = whereabouts(Kernel(p), any_stratum(p.ladder(), dice), Span(12));
         const auto exits = static_cast<Eigen::Index>(p.ladder().exits());
         for (Eigen::Index t = 0; t < 12; ++t)
           if (((at.row(t + 1) - at.row(t)).tail(exits).array() < -1e-15).any()) return Wrong("people came back");
         return near(at.rowwise().sum(), Matrix::Ones(13, 1));
       }},
      {"ReachIsStandingWhereTheTargetHolds", 1000,
       [](Dice& dice) {
         const TransitionMatrix p = random_chain(dice);
         const Stratum from = any_stratum(p.ladder(), dice);
         const StratumSet target = any_target(p.ladder(), dice);
         Matrix held = p.matrix();
         for (const std::size_t i : target.indices()) {
           held.row(static_cast<Eigen::Index>(i)).setZero();
           held(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(i)) = 1;
         }
         const Span within(static_cast<std::int64_t>(dice.below(9)));
         return near(reach_probability(from, target, within)(Kernel(p)),
                     standing_probability(from, target, within)(Kernel(TransitionMatrix(p.ladder(), held))));
       }},
      {"ReachIsReachOfOneStepLessFromTheNext", 1000,
       [](Dice& dice) {
         const TransitionMatrix p = random_chain(dice);
         const Kernel k(p);
         const Stratum from = any_stratum(p.ladder(), dice);
         const StratumSet target = any_target(p.ladder(), dice);
         const auto span = static_cast<std::int64_t>(1 + dice.below(8));
         if (target.contains(from.index())) return near(reach_probability(from, target, Span(span))(k), 1);
         double sum = 0;
         for (std::size_t j = 0; j < p.ladder().strata(); ++j)
           sum += p.matrix()(static_cast<Eigen::Index>(from.index()), static_cast<Eigen::Index>(j)) *
                  reach_probability(p.ladder().at(j), target, Span(span - 1))(k);
         return near(reach_probability(from, target, Span(span))(k), sum);
       }},
      {"ReachGrowsWithTimeAndTarget", 1000,
       [](Dice& dice) {
         const TransitionMatrix p = random_chain(dice);
         const Kernel k(p);
         const Stratum from = any_stratum(p.ladder(), dice);
         const StratumSet target = any_target(p.ladder(), dice);
         std::vector<std::size_t> more = target.indices();
         more.push_back(dice.below(p.ladder().strata()));
         const Span now(static_cast<std::int64_t>(dice.below(8))), later(now.steps() + 1);
         const double r = reach_probability(from, target, now)(k);
         return first_of(
             {unless(reach_probability(from, target, later)(k) >= r - 1e-14, "less with time"),
              unless(reach_probability(from, p.ladder().set_of(more), now)(k) >= r - 1e-14, "less with target"),
              unless(standing_probability(from, target, now)(k) <= r + 1e-14, "more stand than reached")});
       }},
      {"YearsAddUpToTheSpan", 1000,
       [](Dice& dice) {
         const TransitionMatrix p = random_chain(dice);
         const auto span = static_cast<std::int64_t>(1 + dice.below(12));
         return near(expected_years(Kernel(p), any_stratum(p.ladder(), dice), Span(span)).sum(),
                     static_cast<double>(span));
       }},
      {"TheSameMatrixEveryYearIsOne", 1000,
       [](Dice& dice) {
         const TransitionMatrix p = random_chain(dice);
         const Stratum from = any_stratum(p.ladder(), dice);
         const StratumSet target = any_target(p.ladder(), dice);
         const Kernel years(Period(1990), std::vector<TransitionMatrix>(6, p));
         return bits(first_passage(years, from, target, Span(6), Period(1990)),
                     first_passage(Kernel(p), from, target, Span(6)));
       }},
      {"HeadsAddUpAndScale", 1000,
       [](Dice& dice) {
         const TransitionMatrix p = random_chain(dice);
         const auto n = static_cast<Eigen::Index>(p.ladder().size());
         Vector a(n), b(n);
         for (double& x : a) x = dice.between(0, 100);
         for (double& x : b) x = dice.between(0, 100);
         const auto heads = [&](const Vector& v) {
           return expected_headcounts(Kernel(p), Headcount(p.ladder(), v), Span(7));
         };
         return first_of({near(heads(a) + heads(b), heads(a + b)), bits(8 * heads(a), heads(8 * a))});
       }},
      {"EachPersonForThemselvesIsAll", 1000,
       [](Dice& dice) {
         const TransitionMatrix p = random_chain(dice);
         const auto n = static_cast<Eigen::Index>(p.ladder().size());
         Vector heads(n);
         for (double& x : heads) x = dice.between(0, 100);
         Matrix sum = Matrix::Zero(6, n);
         for (std::size_t i = 0; i < p.ladder().size(); ++i)
           sum += heads[static_cast<Eigen::Index>(i)] * whereabouts(Kernel(p), p.ladder().at(i), Span(5));
         return near(expected_headcounts(Kernel(p), Headcount(p.ladder(), heads), Span(5)), sum);
       }},
  };
}

/// A scenario whose every programme is changed.
Scenario with(const Plan& plan, const std::function<void(scenario::ProgrammePlan&)>& change) {
  Plan other = plan;
  for (scenario::ProgrammePlan& p : other.programmes) change(p);
  return scenario::build(other);
}

Plan without_programmes(Plan plan) {
  plan.programmes.clear();
  plan.complement.reset();
  return plan;
}

/// A plan with programmes, some with all that programmes can have.
Plan plan_of(Dice& dice) {
  for (;;) {
    Plan plan = scenario::random_plan(dice.below(1'000'000'000), 5);
    if (plan.programmes.empty()) continue;
    if (dice.chance(0.3)) plan = scenario::enriched(std::move(plan), dice);
    plan.complement.reset();
    return plan;
  }
}

Draw any_draw(Dice& dice) { return dice.chance(0.5) ? Draw::point() : Draw(Seed(dice.below(1000)), dice.below(1000)); }

std::vector<Relation> of_policies() {
  const auto as_without = [](const std::function<void(scenario::ProgrammePlan&)>& change) {
    return [change](Dice& dice) {
      const Plan plan = plan_of(dice);
      const Draw draw = any_draw(dice);
      Course c = with(plan, change).run(draw);
      const Course none = scenario::build(without_programmes(plan)).run(draw);
      return bits(c, none);
    };
  };
  return {
      {"AnEffectOfNothingChangesNoBit", 1000, as_without([](scenario::ProgrammePlan& p) {
         std::erase_if(p.effects, [](const scenario::EffectPlan& e) { return e.opens; });
         for (scenario::EffectPlan& e : p.effects) {
           e.value = e.scale == Scale::points || e.scale == Scale::log_odds ? 0 : 1;
           e.bounds.reset();
         }
         p.lock_in = 0;
         p.drop_out.reset();
         p.displacement = p.substitution = p.deadweight = 0;
       })},
      {"AProgrammeNobodyTakesUpChangesNoBit", 1000, as_without([](scenario::ProgrammePlan& p) { p.uptake = 0; })},
      {"AProgrammeOfferedToNobodyChangesNoBit", 1000, as_without([](scenario::ProgrammePlan& p) { p.offered = 0; })},
      {"AProgrammeWithoutSeatsChangesNoBit", 1000, as_without([](scenario::ProgrammePlan& p) {
         p.seats = 0;
         p.waiting_list = false;
         p.rationing = Rationing::pro_rata;
       })},
      {"AProgrammeOfAnotherCenturyChangesNothing", 1000,
       [](Dice& dice) {
         const Plan plan = plan_of(dice);
         const Draw draw = any_draw(dice);
         const Course a = with(plan, [](scenario::ProgrammePlan& p) { p.years = {2100, 2110}; }).run(draw);
         const Course none = scenario::build(without_programmes(plan)).run(draw);
         return first_of({near(a.headcount, none.headcount), near(a.first_reached, none.first_reached),
                          near(a.blocked, none.blocked), near(a.standing, none.standing)});
       }},
      {"ReachGrowsWithUptake", 1000,
       [](Dice& dice) {
         // A ladder that only leads upward, and a programme that raises the odds of the last move.
         Plan plan;
         const std::size_t n = 2 + dice.below(4);
         for (std::size_t i = 0; i < n; ++i) plan.rung.push_back(static_cast<int>(i));
         plan.all_moves = false;
         plan.possible.assign(n * n, 0);
         Matrix w = Matrix::Zero(static_cast<Eigen::Index>(n), static_cast<Eigen::Index>(n));
         for (std::size_t i = 0; i < n; ++i)
           for (std::size_t j = i; j < std::min(n, i + 2); ++j) {
             plan.possible[i * n + j] = 1;
             w(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) = dice.between(0.05, 1);
           }
         plan.weights = {w};
         for (std::size_t i = 0; i < n; ++i) plan.heads.push_back(dice.between(0, 1000));
         plan.from = {0};
         plan.target = {n - 1};
         plan.within = static_cast<std::int64_t>(1 + dice.below(6));
         scenario::ProgrammePlan p;
         p.eligible = dice.some(n, 0.6);
         p.effects = {{{n - 2}, {n - 1}, Scale::odds_ratio, dice.between(1, 5)}};
         double before = 0;
         for (const double uptake : {0.0, 0.1, 0.5, 0.9, 1.0}) {
           p.uptake = uptake;
           plan.programmes = {p};
           const double reached = scenario::build(plan).run().reached();
           if (reached < before - 1e-9) return Wrong("less with an uptake of ") + std::to_string(uptake);
           before = reached;
         }
         return Wrong();
       }},
      {"PopulationsScaleWithoutSeatsAndPosts", 1000,
       [](Dice& dice) {
         Plan plan = plan_of(dice);
         plan.posts.clear();
         for (scenario::ProgrammePlan& p : plan.programmes) {
           p.seats.reset();
           p.waiting_list = false;
           p.rationing = Rationing::pro_rata;
         }
         Plan more = plan;
         for (double& h : more.heads) h *= 4;
         for (scenario::InflowPlan& in : more.inflow) in.per_year *= 4;
         const Draw draw = any_draw(dice);
         const Course a = scenario::build(plan).run(draw), b = scenario::build(more).run(draw);
         return first_of({near(4 * a.headcount, b.headcount, 1e-9), near(4 * a.first_reached, b.first_reached, 1e-9),
                          near(4 * a.participants, b.participants, 1e-9), near(4 * a.standing, b.standing, 1e-9)});
       }},
      {"ThePeriodItStartsInDoesNotMatter", 1000,
       [](Dice& dice) {
         Plan plan = plan_of(dice);
         const Draw draw = any_draw(dice);
         const Course a = scenario::build(plan).run(draw);
         plan.start += 37;
         for (scenario::ProgrammePlan& p : plan.programmes)
           if (p.years) p.years = {p.years->first + 37, p.years->second + 37};
         return bits(a, scenario::build(plan).run(draw));
       }},
      {"ThreadsChangeNoBit", 60,
       [](Dice& dice) {
         const Plan plan = plan_of(dice);
         if (plan.within < 1) return Wrong();
         Scenario s = scenario::build(plan);
         if (Projection(s.kernel, s.population, s.question, s.policy, s.count).tracks() > 60) return Wrong();
         double cohort = 0;
         for (const std::size_t i : s.question.from.indices())
           cohort += s.population.start().heads()[static_cast<Eigen::Index>(i)];
         if (!(cohort > 0)) return Wrong();
         std::vector<Matrix> alpha;
         for (std::size_t m = 0; m < s.kernel.count(); ++m) alpha.emplace_back(40 * s.kernel.view(m));
         for (Matrix& a : alpha) a.bottomRows(static_cast<Eigen::Index>(s.kernel.ladder().exits())).setZero();
         const Ensemble e(s.kernel, DirichletWeights{alpha}, "");
         std::vector<std::vector<double>> found;
         for (const unsigned threads : {1U, 2U, 5U}) {
           const Evaluation x = evaluate(e, s.population, s.question, {s.policy}, {},
                                         {.draws = 30, .seed = Seed(9), .threads = threads, .bottleneck_draws = 0});
           const PolicyResult& r = x.policies.front();
           found.push_back({r.reach.value, r.reach.lower, r.reach.upper, r.gross.value, r.gross.lower, r.gross.upper,
                            x.baseline.reach.value, x.baseline.reach.upper});
         }
         for (std::size_t k = 0; k < found[0].size(); ++k)
           for (std::size_t t = 1; t < found.size(); ++t)
             if (found[t][k] != found[0][k] && !(std::isnan(found[t][k]) && std::isnan(found[0][k])))
               return Wrong("number ") + std::to_string(k);
         return Wrong();
       }},
  };
}

class MetamorphicProperty : public testing::TestWithParam<Relation> {};

TEST_P(MetamorphicProperty, Holds) {
  const Relation& r = GetParam();
  std::uint64_t name = 1469598103934665603ULL;  // every relation has cases of its own
  for (const char* c = r.name; *c != 0; ++c) name = (name ^ static_cast<unsigned char>(*c)) * 1099511628211ULL;
  for (std::uint64_t k = 0; k < r.cases; ++k) {
    const std::uint64_t seed = name % 1'000'000'000 * 10'000 + k;
    Dice dice(seed);
    ASSERT_EQ(r.broken(dice), "") << r.name << ": case " << k << ", Dice(" << seed << ")";
  }
}

const auto named = [](const testing::TestParamInfo<Relation>& info) { return std::string(info.param.name); };
INSTANTIATE_TEST_SUITE_P(OfData, MetamorphicProperty, testing::ValuesIn(of_data()), named);
INSTANTIATE_TEST_SUITE_P(OfEstimates, MetamorphicProperty, testing::ValuesIn(of_estimates()), named);
INSTANTIATE_TEST_SUITE_P(OfChains, MetamorphicProperty, testing::ValuesIn(of_chains()), named);
INSTANTIATE_TEST_SUITE_P(OfPolicies, MetamorphicProperty, testing::ValuesIn(of_policies()), named);

}  // namespace
}  // namespace property_metamorphic_test
