// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0

// How often the intervals of every estimator hold the truth, in simulated data of many kinds.
//
// The table of docs/reference/studies/coverage.txt is printed by
//   test_estimate --gtest_also_run_disabled_tests --gtest_filter='*Coverage.DISABLED_Deep' --gtest_brief=1

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <rungs/estimate/bootstrap.hpp>
#include <rungs/estimate/coverage.hpp>
#include <rungs/estimate/dirichlet.hpp>
#include <rungs/estimate/mover_stayer.hpp>
#include <rungs/estimate/partial_pooling.hpp>
#include <rungs/estimate/survey.hpp>
#include <rungs/measure/reach.hpp>

#include "simulated.hpp"

namespace coverage_study_test {
namespace {

using namespace rungs;
using namespace rungs_test;

constexpr std::size_t draws = 500;  // of each interval
constexpr std::size_t horizon = 5;  // steps of reach and standing

/// People of one kind: how they move, how many of the population and of the sample they are. Nobody moves where `rows`
/// is empty.
struct Kind {
  Rows rows;
  double population = 1, sample = 1;
};

struct Scenario {
  std::string name;
  Ladder ladder;
  std::vector<Kind> kinds;
  std::size_t people, waves;
  std::string methods;  // a letter each, see method_names
  double lost = 0;      // share of people never seen again after a wave
  double missed = 0;    // share of waves but the first in which a person is not seen
  double unequal = 0;   // standard deviation of the logarithm of weights that have nothing to do with moves
  bool weighted = false;
  std::size_t cluster = 0;  // people of a cluster
  double alike = 0;         // how many people of evidence a cluster's own rows are around the common ones; 0: the same
  std::size_t parts = 1;    // of the frame
  std::size_t groups = 1;   // pooled: the moves of groups are drawn around the common ones, as those of clusters
};

const std::map<char, std::string> method_names{{'D', "dirichlet:1"},
                                               {'J', "dirichlet:1/strata"},
                                               {'P', "proportions"},
                                               {'B', "bootstrap by person"},
                                               {'S', "survey, linearised"},
                                               {'R', "survey, replicate weights"},
                                               {'E', "proportions, across gaps"},
                                               {'M', "mover-stayer"},
                                               {'G', "partial pooling of groups"}};

const Rows two{{0.8, 0.2}, {0.3, 0.7}};
const Rows rare{{0.9, 0.08, 0.02, 0}, {0.05, 0.9, 0.04, 0.01}, {0.01, 0.04, 0.9, 0.05}, {0, 0.02, 0.08, 0.9}};
const Rows four{{0.6, 0.25, 0.1, 0.05}, {0.2, 0.5, 0.2, 0.1}, {0.1, 0.2, 0.5, 0.2}, {0.05, 0.1, 0.25, 0.6}};
const Rows exits{{0.55, 0.25, 0.1, 0.1}, {0.15, 0.55, 0.2, 0.1}, {0.05, 0.15, 0.7, 0.1}, {0, 0, 0, 1}};

/// Staying with one probability; the rest to the neighbours above all.
Rows banded(std::size_t n, double stay) {
  Rows out;
  for (std::size_t i = 0; i < n; ++i) {
    std::vector<double> row(n);
    double sum = 0;
    for (std::size_t j = 0; j < n; ++j)
      if (j != i) sum += row[j] = std::pow(0.4, std::abs(static_cast<double>(i) - static_cast<double>(j)));
    for (double& x : row) x *= (1 - stay) / sum;
    row[i] = stay;
    out.push_back(row);
  }
  return out;
}

Ladder with_exit() { return Ladder::parse("a < b < c | x"); }

std::vector<Scenario> scenarios() {
  const Ladder l2 = ladder_of(2), l3 = ladder_of(3), l4 = ladder_of(4), l5 = ladder_of(5), l8 = ladder_of(8);
  const std::vector<Kind> stayers{{three, 2. / 3, 2. / 3}, {{}, 1. / 3, 1. / 3}};
  const std::vector<Kind> uneven{{three, 0.5, 0.25}, {other, 0.5, 0.75}};
  return {
      {"2 strata, 100 people x 2", l2, {{two}}, 100, 2, "DJPBS"},
      {"2 strata, 20 people x 2: thin rows", l2, {{two}}, 20, 2, "DJPBS"},
      {"3 strata, 300 people x 4", l3, {{three}}, 300, 4, "DJPBSR"},
      {"3 strata, 30 people x 2: thin rows", l3, {{three}}, 30, 2, "DJPBS"},
      {"4 strata, 200 people x 2", l4, {{four}}, 200, 2, "DJPBS"},
      {"4 strata, rare moves, 60 people x 4", l4, {{rare}}, 60, 4, "DJPBS"},
      {"4 strata, rare moves, 600 people x 4", l4, {{rare}}, 600, 4, "DJPBS"},
      {"5 strata, 60 % stay, 500 people x 3", l5, {{banded(5, 0.6)}}, 500, 3, "DJPBS"},
      {"6 strata, 95 % stay, 600 people x 3", ladder_of(6), {{banded(6, 0.95)}}, 600, 3, "DJPBS"},
      {"8 strata, 50 % stay, 160 people x 3", l8, {{banded(8, 0.5)}}, 160, 3, "DJPBS"},
      {"8 strata, 50 % stay, 1000 people x 3", l8, {{banded(8, 0.5)}}, 1000, 3, "DJPBS"},
      {"one-way ladder with an exit, 200 people x 5", one_way(), {{upward}}, 200, 5, "DJPBS"},
      {"one-way ladder with an exit, 30 people x 3: thin rows", one_way(), {{upward}}, 30, 3, "DJPBS"},
      {"3 strata and an exit, 300 people x 5", with_exit(), {{exits}}, 300, 5, "DJPBS"},
      {"3 strata, 20 % lost at random after every wave, 300 people x 5", l3, {{three}}, 300, 5, "DJPBS", 0.2},
      {"3 strata, a third never moves, 200 people x 6", l3, stayers, 200, 6, "DJPBSRM"},
      {"3 strata, weights unlike at random (log sd 0.8), 400 people x 3",
       l3,
       {{three}},
       400,
       3,
       "DJPBSR",
       0,
       0,
       0.8,
       true},
      {"3 strata, weights very unlike (log sd 1.5), 150 people x 2", l3, {{three}}, 150, 2, "DJPBSR", 0, 0, 1.5, true},
      {"3 strata, weights that go with moves, 400 people x 2", l3, uneven, 400, 2, "DJPBSR", 0, 0, 0, true},
      {"3 strata, 40 clusters of 15, x 2", l3, {{three}}, 600, 2, "DJPBSR", 0, 0, 0, false, 15, 20},
      {"3 strata, 10 clusters of 45, x 2", l3, {{three}}, 450, 2, "DJPBSR", 0, 0, 0, false, 45, 20},
      {"3 strata, weights, 4 parts of 8 clusters of 15, x 2",
       l3,
       {{three}},
       480,
       2,
       "PBSR",
       0,
       0,
       0.5,
       true,
       15,
       30,
       4},
      {"3 strata, 8 % of the waves missed, 200 people x 6", l3, {{three}}, 200, 6, "DJPBSE", 0, 0.08},
      {"one-way ladder with an exit, a fifth of the waves missed, 200 people x 6",
       one_way(),
       {{upward}},
       200,
       6,
       "E",
       0,
       0.2},
      {"3 strata, 12 groups of 6 and 60 people that differ: a group of 6, x 2",
       l3,
       {{three}},
       0,
       2,
       "DJPG",
       0,
       0,
       0,
       false,
       0,
       15,
       1,
       12},
  };
}

// --- what people do --------------------------------------------------------------------------------------------------

struct Sample {
  Observations rows{};
  std::vector<std::uint32_t> part{}, cluster{};  // by person
  std::vector<double> weight{};                  // by person
};

std::size_t pick(Stream& s, const std::vector<double>& p) {
  double u = s.uniform();
  std::size_t k = 0;
  while (k + 1 < p.size() && u >= p[k]) u -= p[k++];
  return k;
}

/// Rows around given ones, as if from so many people of evidence.
Rows around(Stream& s, const Rows& rows, double people) {
  Rows out = rows;
  for (std::vector<double>& row : out) {
    std::vector<double> alpha = row;
    for (double& a : alpha) a *= people;
    s.dirichlet(alpha, row);
  }
  return out;
}

void add_person(Stream& s, const Scenario& c, const Kind& kind, double weight, std::size_t start, Sample& out) {
  const auto who = static_cast<std::uint32_t>(out.weight.size());
  std::size_t at = start;
  for (std::size_t t = 0; t < c.waves; ++t) {
    if (t > 0 && !kind.rows.empty()) at = pick(s, kind.rows[at]);
    if (t > 0 && c.lost > 0 && s.uniform() < c.lost) break;
    if (t > 0 && c.missed > 0 && s.uniform() < c.missed) continue;
    out.rows.add(who, static_cast<std::int32_t>(t), at);
    if (c.weighted) out.rows.weight.push_back(weight);
    if (c.ladder.is_exit(at)) break;
  }
  out.weight.push_back(weight);
}

Sample sample(Stream& s, const Scenario& c) {
  Sample out;
  std::vector<double> shares;
  for (const Kind& k : c.kinds) shares.push_back(k.sample);
  std::vector<Kind> kinds = c.kinds;
  for (std::size_t person = 0; person < c.people; ++person) {
    const std::size_t cluster = c.cluster > 0 ? person / c.cluster : person;
    if (c.cluster > 0 && person % c.cluster == 0 && c.alike > 0)
      kinds.front().rows = around(s, c.kinds.front().rows, c.alike);
    const std::size_t kind = kinds.size() > 1 ? pick(s, shares) : 0;
    const double weight = kinds[kind].population / kinds[kind].sample * std::exp(c.unequal * s.normal());
    out.cluster.push_back(static_cast<std::uint32_t>(cluster));
    out.part.push_back(static_cast<std::uint32_t>(cluster % c.parts));
    add_person(s, c, kinds[kind], weight, person % c.ladder.strata(), out);
  }
  return out;
}

// --- what is true ----------------------------------------------------------------------------------------------------

struct Targets {
  double reach, standing, up;
};

StratumSet goal(const Ladder& ladder) {
  std::vector<std::size_t> top;
  for (std::size_t i = ladder.strata() <= 4 ? ladder.strata() - 1 : ladder.strata() / 2; i < ladder.strata(); ++i)
    top.push_back(i);
  return ladder.set_of(top);
}

double share_up(const Ladder& ladder, const auto& p) {
  double up = 0;
  for (std::size_t i = 0; i < ladder.strata(); ++i)
    for (std::size_t j = 0; j < ladder.strata(); ++j)
      if (ladder.upward(i, j)) up += p(i, j) / static_cast<double>(ladder.strata());
  return up;
}

/// By plain sums, from the lowest stratum.
Targets truth(const Ladder& ladder, const Rows& p) {
  const StratumSet target = goal(ladder);
  std::vector<double> now(p.size()), alive(p.size());
  now[0] = alive[0] = 1;
  Targets out{0, 0, share_up(ladder, [&p](std::size_t i, std::size_t j) { return p[i][j]; })};
  for (std::size_t t = 0; t < horizon; ++t) {
    std::vector<double> next(p.size()), next_alive(p.size());
    for (std::size_t i = 0; i < p.size(); ++i)
      for (std::size_t j = 0; j < p.size(); ++j) {
        next[j] += now[i] * p[i][j];
        next_alive[j] += alive[i] * p[i][j];
      }
    for (const std::size_t j : target.indices()) {
      out.reach += next_alive[j];
      next_alive[j] = 0;
    }
    now = next;
    alive = next_alive;
  }
  for (const std::size_t j : target.indices()) out.standing += now[j];
  return out;
}

/// The shares of the population that make each move, over all waves that are seen.
Rows one_step(const Scenario& c) {
  const std::size_t n = c.ladder.size();
  Rows out(n, std::vector<double>(n));
  for (const Kind& kind : c.kinds)
    for (std::size_t start = 0; start < c.ladder.strata(); ++start) {
      std::vector<double> now(n);
      now[start] = kind.population;
      for (std::size_t t = 0; t + 1 < c.waves; ++t) {
        std::vector<double> next(n);
        for (std::size_t i = 0; i < n; ++i)
          for (std::size_t j = 0; j < n; ++j) {
            const double moved = now[i] * (kind.rows.empty() ? (i == j ? 1.0 : 0.0) : kind.rows[i][j]);
            next[j] += moved;
            out[i][j] += moved * std::pow(1 - c.lost, static_cast<double>(t + 1));
          }
        now = next;
      }
    }
  for (std::vector<double>& row : out) {
    double sum = 0;
    for (const double x : row) sum += x;
    for (double& x : row) x /= sum;
  }
  return out;
}

// --- what the intervals hold -----------------------------------------------------------------------------------------

struct Found {
  std::vector<double> cells;  // by cell: how often its interval holds it
  double reach = 0, standing = 0, up = 0;
  std::size_t replications = 0, refused = 0;

  /// Over the cells that may be other than 0 and 1.
  [[nodiscard]] double mean_cell() const { return mean_ / static_cast<double>(number_); }
  [[nodiscard]] double least_cell() const { return least_; }
  void finish(const Scenario& c, const Rows& p) {
    const auto all = static_cast<double>(replications - refused);
    for (double* x : {&reach, &standing, &up}) *x /= all;
    for (std::size_t i = 0; i < c.ladder.strata(); ++i)
      for (std::size_t j = 0; j < c.ladder.size(); ++j)
        if (p[i][j] > 0 && p[i][j] < 1) {
          const double covered = cells[i * c.ladder.size() + j] / all;
          mean_ += covered;
          ++number_;
          least_ = std::min(least_, covered);
        }
  }

 private:
  double mean_ = 0, least_ = 1;
  std::size_t number_ = 0;
};

/// One replication of one method.
struct Answer {
  CellIntervals cells{};
  Estimate reach{}, standing{}, up{};
};

Estimate estimated(std::vector<double> of_draws, const Ensemble& e) {
  return summarize(std::move(of_draws), 0, Level(), {true, false, false}, e.centre());
}

/// The three answers over the draws of a model; `keep` is the share of people in each draw that the model is of.
Answer answer(const Ensemble& e, const Ladder& ladder, Seed seed, CellIntervals cells) {
  const reach_probability reach(ladder.at(0), goal(ladder), Span(horizon));
  const standing_probability standing(ladder.at(0), goal(ladder), Span(horizon));
  std::array<std::vector<double>, 3> of_draws;
  Kernel k = e.point();
  for (std::size_t d = 0; d < draws; ++d) {
    e.draw_into(Draw(seed, d), k);
    const MatrixView p = k.view(0);
    of_draws[0].push_back(reach(k));
    of_draws[1].push_back(standing(k));
    of_draws[2].push_back(share_up(ladder, [&p](std::size_t i, std::size_t j) {
      return p(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j));
    }));
  }
  return {std::move(cells), estimated(of_draws[0], e), estimated(of_draws[1], e), estimated(of_draws[2], e)};
}

/// Intervals of the cells from ready-made draws.
CellIntervals of_replicates(const Ensemble& e) {
  const auto& kernels = std::get<Replicates>(e.draws()).kernels;
  const MatrixView point = e.point().view(0);
  CellIntervals out{"draws", 0.95, Matrix(point.rows(), point.cols()), {}, {}};
  out.lower = out.upper = out.standard_error;
  for (Eigen::Index i = 0; i < point.rows(); ++i)
    for (Eigen::Index j = 0; j < point.cols(); ++j) {
      std::vector<double> x;
      for (const Kernel& k : kernels) x.push_back(k.view(0)(i, j));
      const Estimate s = summarize(std::move(x), point(i, j), Level(), {}, Centre::plug_in);
      out.lower(i, j) = s.lower;
      out.upper(i, j) = s.upper;
    }
  return out;
}

/// Weights that leave out one cluster (or one of 30 random groups of people) at a time.
ReplicateWeights jackknife(const Scenario& c, const Sample& s) {
  const std::size_t count = c.cluster > 0 ? c.people / c.cluster : 30;
  ReplicateWeights out{
      Matrix(static_cast<Eigen::Index>(s.weight.size()), static_cast<Eigen::Index>(count)),
      Vector::Constant(static_cast<Eigen::Index>(count), static_cast<double>(count - 1) / static_cast<double>(count))};
  for (std::size_t who = 0; who < s.weight.size(); ++who)
    for (std::size_t r = 0; r < count; ++r) {
      const std::size_t group = c.cluster > 0 ? who / c.cluster : who / c.ladder.strata() % count;
      out.weights(static_cast<Eigen::Index>(who), static_cast<Eigen::Index>(r)) =
          group == r ? 0.0
                     : (c.weighted ? s.weight[who] : 1.0) * static_cast<double>(count) / static_cast<double>(count - 1);
    }
  return out;
}

/// Movers and stayers: the movers' cells, and the answers of people in the lowest stratum, whoever they are.
Answer mover_stayer(const Panel& panel, const Ladder& ladder, Seed seed) {
  const MoverStayer fit = fit_mover_stayer(panel, {.unleft = Unleft::absorbing});
  Answer out = answer(Ensemble(Kernel(TransitionMatrix(ladder, fit.movers)), NormalLogits{fit.mover_factor}, ""),
                      ladder, seed, fit.mover_cells());
  const auto n = static_cast<Eigen::Index>(ladder.size());
  const Ladder& groups = fit.model.ladder();
  const reach_probability reach(groups.at(groups.for_group(0, 0)),
                                groups.set_of({groups.for_group(ladder.strata() - 1, 0)}), Span(horizon));
  const standing_probability standing(reach.from, reach.target, Span(horizon));
  std::array<std::vector<double>, 3> of_draws;
  Kernel k = fit.model.ensemble().point();
  for (std::size_t d = 0; d < draws; ++d) {
    const Draw draw(seed, d);
    fit.model.ensemble().draw_into(draw, k);
    const Matrix share = fit.model.shares(draw);
    of_draws[0].push_back(share(0, 0) * reach(k));
    of_draws[1].push_back(share(0, 0) * standing(k));
    double up = 0;
    for (Eigen::Index i = 0; i < n; ++i)
      for (Eigen::Index j = i + 1; j < n; ++j) up += share(i, 0) * k.view(0)(2 * i, 2 * j) / static_cast<double>(n);
    of_draws[2].push_back(up);
  }
  out.reach = estimated(of_draws[0], fit.model.ensemble());
  out.standing = estimated(of_draws[1], fit.model.ensemble());
  out.up = estimated(of_draws[2], fit.model.ensemble());
  return out;
}

Answer answered(char method, const Scenario& c, const Sample& s, const Panel& panel, Seed seed) {
  const auto cells_of = [&](const Tally& t) { return cell_intervals(t.pooled(), c.ladder); };
  switch (method) {
    case 'D':
    case 'J': {
      const DirichletRows rows{method == 'D' ? 1 : 1 / static_cast<double>(c.ladder.strata())};
      const Ensemble e = rows.fit(tally(panel));
      return answer(e, c.ladder, seed, cell_intervals(std::get<DirichletWeights>(e.draws()).alpha[0]));
    }
    case 'P': {
      const Tally t = tally(panel);
      return answer(Proportions{Unleft::absorbing}.fit(t), c.ladder, seed, cells_of(t));
    }
    case 'B': {
      const Ensemble e = bootstrap_by_person(panel, Proportions{Unleft::absorbing}, {}, draws, seed);
      return answer(e, c.ladder, seed, of_replicates(e));
    }
    case 'S': {
      SurveyDesign design{.lonely = SurveyDesign::Lonely::centre};
      if (c.cluster > 0) design.cluster = s.cluster;
      if (c.parts > 1) design.part = s.part;
      const SurveyEstimate e = estimate_survey(panel, design, {}, Unleft::absorbing);
      return answer(e.ensemble, c.ladder, seed, e.cells());
    }
    case 'R': {
      const SurveyEstimate e = estimate_survey(panel, jackknife(c, s), {}, Unleft::absorbing);
      return answer(e.ensemble, c.ladder, seed, e.cells());
    }
    case 'E': {
      const Ensemble e = Proportions{Unleft::absorbing}.fit(tally(panel, {.gap = Gap::em}));
      return answer(e, c.ladder, seed, cell_intervals(std::get<NormalLogits>(e.draws()), Matrix(e.point().view(0)), 0));
    }
    default:
      return mover_stayer(panel, c.ladder, seed);
  }
}

bool holds(double lower, double upper, double x) { return lower <= x && x <= upper; }

void count(const Scenario& c, const Answer& a, const Rows& p, const Targets& t, Found& out) {
  const std::size_t n = c.ladder.size();
  out.cells.resize(n * n);
  for (std::size_t i = 0; i < c.ladder.strata(); ++i)
    for (std::size_t j = 0; j < n; ++j) {
      const auto r = static_cast<Eigen::Index>(i), k = static_cast<Eigen::Index>(j);
      out.cells[i * n + j] += holds(a.cells.lower(r, k), a.cells.upper(r, k), p[i][j]) ? 1 : 0;
    }
  out.reach += holds(a.reach.lower, a.reach.upper, t.reach) ? 1 : 0;
  out.standing += holds(a.standing.lower, a.standing.upper, t.standing) ? 1 : 0;
  out.up += holds(a.up.lower, a.up.upper, t.up) ? 1 : 0;
}

/// Groups whose rows are drawn around common ones: the first has 6 people, and what is asked is its own.
void pooled(Stream& s, const Scenario& c, Seed seed, std::map<char, Found>& out) {
  std::vector<Tally> groups;
  std::optional<Panel> first;
  Rows own;
  for (std::size_t g = 0; g < c.groups; ++g) {
    Scenario one = c;
    one.people = g % 2 == 0 ? 6 : 60;
    one.kinds.front().rows = around(s, c.kinds.front().rows, c.alike);
    if (g == 0) own = one.kinds.front().rows;
    one.groups = 1;
    const Panel panel(c.ladder, sample(s, one).rows);
    groups.push_back(tally(panel));
    if (g == 0) first = panel;
  }
  const Targets t = truth(c.ladder, own);
  for (const char method : c.methods)
    if (method != 'G')
      count(c, answered(method, c, {}, *first, seed), own, t, out[method]);
    else {
      const PartialPooling fit = partial_pooling(groups, draws, seed);
      count(c, answer(fit.groups[0], c.ladder, seed, of_replicates(fit.groups[0])), own, t, out[method]);
    }
}

struct Run {
  std::map<char, Found> found{};
  double climbers = 0, pull = 0;  // mean of fewest_climbers() and strongest_pull()
};

Run run(const Scenario& c, std::size_t number, std::size_t replications) {
  Run all;
  std::map<char, Found>& out = all.found;
  const Rows p = one_step(c);
  const Targets plain = truth(c.ladder, p);
  Targets mixed = truth(c.ladder, c.kinds.front().rows);  // of movers and stayers
  for (double* x : {&mixed.reach, &mixed.standing, &mixed.up}) *x *= c.kinds.front().population;
  for (std::size_t r = 0; r < replications; ++r) {
    Stream stream({Seed(2000 + number), r});
    const Seed seed(7000 + 100000 * number + r);
    for (const char method : c.methods) ++out[method].replications;
    if (c.groups > 1) {
      pooled(stream, c, seed, out);
      continue;
    }
    const Sample s = sample(stream, c);
    const Panel panel(c.ladder, s.rows, c.weighted ? WeightKind::sampling : WeightKind::none);
    const Tally moves = tally(panel, {.gap = Gap::em});
    all.climbers += fewest_climbers(moves)->value / static_cast<double>(replications);
    all.pull += strongest_pull(moves, DirichletRows{1})->value / static_cast<double>(replications);
    for (const char method : c.methods) {
      try {
        const Answer a = answered(method, c, s, panel, seed);
        count(c, a, method == 'M' ? c.kinds.front().rows : p, method == 'M' ? mixed : plain, out[method]);
      } catch (const Error&) {
        ++out[method].refused;
      }
    }
  }
  for (auto& [method, found] : out) found.finish(c, p);
  return all;
}

std::string percent(double share) {
  char text[32];
  std::snprintf(text, sizeof text, "%7.2f%s", 100 * share, std::abs(share - 0.95) <= 0.015 ? " " : "*");
  return text;
}

void print(const std::string& name, const Found& f) {
  std::printf("  %-28s %s %s %s %s %s", name.c_str(), percent(f.mean_cell()).c_str(), percent(f.least_cell()).c_str(),
              percent(f.reach).c_str(), percent(f.standing).c_str(), percent(f.up).c_str());
  if (f.refused > 0) std::printf("  refused %zu", f.refused);
  std::printf("\n");
  std::fflush(stdout);
}

void print(std::size_t number, const Scenario& c, const Run& r) {
  std::printf("\n%zu. %s\n", number + 1, c.name.c_str());
  if (r.climbers > 0) std::printf("   fewest climbers %.1f, pull of the prior %.2f\n", r.climbers, r.pull);
  for (const auto& [method, name] : method_names)
    if (const auto found = r.found.find(method); found != r.found.end()) print(name, found->second);
}

/// What the committed log says of one kind of data.
struct Logged {
  double climbers = 0, pull = 0;
  std::map<std::string, std::array<double, 5>> found{};  // by method: cells, least, reach, standing, up; in percent
};

std::map<std::string, Logged> committed() {
  std::ifstream in(RUNGS_SOURCE_DIR "/docs/reference/studies/coverage.txt");
  std::map<std::string, Logged> out;
  Logged* now = nullptr;
  for (std::string line; std::getline(in, line);) {
    const std::size_t dot = line.find(". ");
    if (!line.empty() && std::isdigit(static_cast<unsigned char>(line[0])) != 0 && dot < 3)
      now = &out[line.substr(dot + 2)];
    if (now == nullptr) continue;
    (void)std::sscanf(line.c_str(), "   fewest climbers %lf, pull of the prior %lf", &now->climbers, &now->pull);
    std::array<double, 5> x{};
    if (line.size() > 60 && line.rfind("  ", 0) == 0 &&
        std::sscanf(line.c_str() + 30, "%lf%*[* ]%lf%*[* ]%lf%*[* ]%lf%*[* ]%lf", &x[0], &x[1], &x[2], &x[3], &x[4]) ==
            5) {
      const std::string name = line.substr(2, 28);
      now->found[name.substr(0, name.find_last_not_of(' ') + 1)] = x;
    }
  }
  return out;
}

// Some kinds of data again, in few replications: what the log says is what comes out. 72 comparisons at five standard
// errors fail one time in 300 by chance, were seeds not fixed; intervals half as wide as they should be are 20 off.
TEST(SimulatedCoverage, SlowShortIsThatOfTheLog) {
  constexpr std::size_t replications = 120;
  const std::map<std::string, Logged> log = committed();
  const std::vector<Scenario> all = scenarios();
  ASSERT_EQ(log.size(), all.size());
  for (const std::size_t k : {0U, 5U, 13U, 18U, 20U, 22U}) {
    const Scenario& c = all[k];
    SCOPED_TRACE(c.name);
    ASSERT_TRUE(log.contains(c.name));
    const Logged& l = log.at(c.name);
    const auto again = run(c, k, replications);
    for (const auto& found : again.found) {
      const std::string& method = method_names.at(found.first);
      const Found& f = found.second;
      ASSERT_TRUE(l.found.contains(method)) << method;
      const std::array<double, 5>& deep = l.found.at(method);
      const auto compare = [&](double share, double percent, const char* what) {
        const double p = percent / 100;
        EXPECT_NEAR(share, p, 5 * std::sqrt(p * (1 - p) / replications) + 1.0 / replications) << method << ", " << what;
      };
      compare(f.mean_cell(), deep[0], "cells");
      compare(f.reach, deep[2], "reach");
      compare(f.standing, deep[3], "standing");
      compare(f.up, deep[4], "up");
    }
  }
}

// A chain with people enough is held by every method, whatever the log says.
TEST(SimulatedCoverage, OfAChainIsTheirLevel) {
  std::size_t kinds = 0;
  for (const auto& [name, l] : committed()) {
    if (name != "3 strata, 300 people x 4" && name != "one-way ladder with an exit, 200 people x 5" &&
        name != "3 strata and an exit, 300 people x 5" && name.find("lost at random") == std::string::npos)
      continue;
    ++kinds;
    for (const auto& [method, x] : l.found)
      for (const std::size_t k : {2U, 3U, 4U}) EXPECT_NEAR(x[k], 95, 1.5) << name << ", " << method;
  }
  EXPECT_EQ(kinds, 4U);
}

TEST(SimulatedCoverage, FindsIntervalsOfHalfTheWidth) {
  const Scenario c = scenarios()[2];
  const Targets t = truth(c.ladder, three);
  Found found;
  for (std::size_t r = 0; r < 200; ++r) {
    Stream stream({Seed(1), r});
    const Ensemble e = DirichletRows{1}.fit(tally(Panel(c.ladder, sample(stream, c).rows)));
    const Matrix sure = 4 * std::get<DirichletWeights>(e.draws()).alpha[0];
    count(c, answer(Ensemble(e.point(), DirichletWeights{{sure}}, ""), c.ladder, Seed(r), cell_intervals(sure)), three,
          t, found);
  }
  found.replications = 200;
  found.finish(c, three);
  for (const double share : {found.mean_cell(), found.reach, found.standing, found.up}) EXPECT_LT(share, 0.8);
}

TEST(CoverageWarnings, QuoteTheStudy) {
  const std::map<std::string, Logged> log = committed();
  for (const StudiedCoverage& s : studied_coverage) {
    SCOPED_TRACE(s.data);
    ASSERT_TRUE(log.contains(s.data));
    const Logged& l = log.at(s.data);
    EXPECT_EQ(s.climbers, l.climbers);
    EXPECT_EQ(s.pull, l.pull);
    EXPECT_EQ(s.proportions, l.found.at("proportions")[2]);
    EXPECT_EQ(s.posterior, l.found.at("dirichlet:1")[2]);
    // What is not told of has intervals that hold.
    if (s.climbers >= climbers_needed) {
      EXPECT_GE(s.proportions, 93.5);
    }
    if (s.pull <= pull_allowed) {
      EXPECT_GE(s.posterior, 93.5);
    }
  }
  EXPECT_GT(studied_coverage.size(), 12U);
}

TEST(SimulatedCoverage, DISABLED_Deep) {
  std::printf(
      "\n\nHow often 95 %% intervals hold the truth in simulated data, in percent, in 4000 replications of each case\n"
      "(standard error 0.34 at 95, 0.6 at 80); 500 draws an interval, of which the ends cost 0.4. Outside 93.5 to "
      "96.5: *\n"
      "cells: the method's own intervals of single moves, mean over those that can happen; least: that of them which "
      "is\n"
      "held least often; a move without an interval is not held. reach: ever in the highest stratum (of 5 and more "
      "strata:\n"
      "the upper half) within 5 steps from the lowest; standing: there after 5 steps; up: the share that moves up in a "
      "step,\n"
      "strata alike. People start in all strata in turn; \"x 4\": in 4 periods each. fewest climbers, pull of the "
      "prior: the\n"
      "means of fewest_climbers() and strongest_pull(). What stands below 93.5 because the method does not fit the "
      "data\n"
      "(clusters taken as people drawn alone) is there to show by how much.\n\n"
      "%-30s %7s  %7s  %7s  %7s  %7s\n",
      "", "cells", "least", "reach", "standing", "up");
  const std::vector<Scenario> all = scenarios();
  for (std::size_t k = 0; k < all.size(); ++k) print(k, all[k], run(all[k], k, 4000));
}

}  // namespace
}  // namespace coverage_study_test
