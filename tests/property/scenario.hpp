// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_TESTS_PROPERTY_SCENARIO_HPP
#define RUNGS_TESTS_PROPERTY_SCENARIO_HPP

// Random ladders, kernels, populations and policies, as plain numbers first, so that one scenario
// can be built with its strata in more than one order.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <rungs/core/random.hpp>
#include <rungs/project/projection.hpp>

namespace scenario {

using Places = std::vector<std::size_t>;

struct EffectPlan {
  Places from, to;
  rungs::Scale scale = rungs::Scale::odds_ratio;
  double value = 1;
  std::optional<std::pair<double, double>> bounds{};
  rungs::GivenUp given_up = rungs::GivenUp::others;
  bool opens = false;
};

struct ProgrammePlan {
  Places eligible;
  double offered = 1, uptake = 1, completion = 1, lock_in = 0, deadweight = 0, displacement = 0;
  std::optional<double> seats{};
  std::optional<std::pair<std::int64_t, std::int64_t>> years{};
  rungs::Profile profile{};
  std::vector<EffectPlan> effects{};
  // In full: see enriched().
  double in_stratum = 0, substitution = 0, modules_per_year = 0;
  int modules = 0;
  bool waiting_list = false;
  rungs::Rationing rationing = rungs::Rationing::pro_rata;
  std::optional<double> again{}, drop_out{};
  std::vector<std::size_t> after{};  // numbers of programmes
};

struct PostsPlan {
  std::size_t at = 0;
  double now = 0, growth = 0;
};

struct InflowPlan {
  std::size_t into = 0;
  double per_year = 0;
  std::vector<std::pair<std::size_t, double>> per_head_of{};
};

struct Plan {
  std::vector<int> rung;  // of each stratum, from the bottom
  std::size_t exits = 0;
  bool all_moves = true;
  std::vector<char> possible{};
  std::vector<rungs::Matrix> weights{};
  bool by_period = false;
  rungs::Step step{};
  std::int64_t start = 2000;
  std::vector<double> heads{};
  std::vector<InflowPlan> inflow{};
  Places from, target;
  std::int64_t within = 1;
  std::vector<ProgrammePlan> programmes{};
  std::vector<PostsPlan> posts{};
  rungs::Combine combine = rungs::Combine::in_turn;
  std::optional<EffectPlan> complement{};  // of the first two programmes
  rungs::Count count = rungs::Count::gross;

  [[nodiscard]] std::size_t strata() const { return rung.size(); }
  [[nodiscard]] std::size_t size() const { return rung.size() + exits; }
  [[nodiscard]] bool can(std::size_t i, std::size_t j) const { return possible[i * size() + j] != 0; }
};

struct Scenario {
  rungs::Kernel kernel;
  rungs::Population population;
  rungs::Question question;
  rungs::Policy policy;
  rungs::Count count;

  [[nodiscard]] rungs::Course run(const rungs::Draw& draw = rungs::Draw::point()) const {
    return rungs::Projection(kernel, population, question, policy, count).run(kernel, draw);
  }
};

/// Random numbers in words.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : stream_({rungs::Seed(seed), 0, 0, rungs::Purpose::test}) {}
  double between(double low, double high) { return low + (high - low) * stream_.uniform(); }
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(stream_.below(n)); }
  bool chance(double p) { return stream_.uniform() < p; }
  template <class T>
  T one_of(std::initializer_list<T> all) {
    return *(all.begin() + static_cast<std::ptrdiff_t>(below(all.size())));
  }
  /// Each of the first n with probability p, and at least one.
  Places some(std::size_t n, double p) {
    Places out;
    for (std::size_t i = 0; i < n; ++i)
      if (chance(p)) out.push_back(i);
    if (out.empty()) out.push_back(below(n));
    return out;
  }

 private:
  rungs::Stream stream_;
};

/// The same order.
inline Places as_is(const Plan& plan) {
  Places order(plan.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  return order;
}

/// Another order of the strata within each rung, and of the exits: order[i] is the new place of i.
inline Places shuffled(const Plan& plan, Dice& dice) {
  Places order = as_is(plan);
  const auto mix = [&](std::size_t first, std::size_t last) {
    for (std::size_t i = last; i > first + 1; --i) std::swap(order[i - 1], order[first + dice.below(i - first)]);
  };
  for (std::size_t first = 0, last = 0; first < plan.strata(); first = last) {
    while (last < plan.strata() && plan.rung[last] == plan.rung[first]) ++last;
    mix(first, last);
  }
  mix(plan.strata(), plan.size());
  return order;
}

inline rungs::Ladder build_ladder(const Plan& plan, const Places& order) {
  std::vector<std::string> names(plan.size());
  for (std::size_t i = 0; i < plan.size(); ++i) names[order[i]] = "s" + std::to_string(i);
  auto builder = rungs::Ladder::builder();
  for (std::size_t first = 0, last = 0; first < plan.strata(); first = last) {
    std::vector<std::string> rung;
    while (last < plan.strata() && plan.rung[last] == plan.rung[first]) rung.push_back(names[last++]);
    builder.rung(rung);
  }
  for (std::size_t i = plan.strata(); i < plan.size(); ++i) builder.exit(names[i]);
  if (!plan.all_moves) {
    builder.only_declared_moves();
    for (std::size_t i = 0; i < plan.strata(); ++i)
      for (std::size_t j = 0; j < plan.size(); ++j)
        if (i != j && plan.can(i, j)) builder.move(names[order[i]], names[order[j]]);
  }
  return builder.build();
}

inline Scenario build(const Plan& plan, const Places& order) {
  const rungs::Ladder ladder = build_ladder(plan, order);
  const auto set = [&](Places members) {
    for (std::size_t& i : members) i = order[i];
    return ladder.set_of(std::move(members));
  };
  const auto place = [&](std::size_t i) { return static_cast<Eigen::Index>(order[i]); };
  const auto n = static_cast<Eigen::Index>(plan.size());

  std::vector<rungs::TransitionMatrix> matrices;
  for (const rungs::Matrix& w : plan.weights) {
    rungs::Matrix moved(n, n);
    for (std::size_t i = 0; i < plan.size(); ++i)
      for (std::size_t j = 0; j < plan.size(); ++j)
        moved(place(i), place(j)) = w(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j));
    matrices.push_back(rungs::TransitionMatrix::from_weights(ladder, moved, plan.step));
  }
  rungs::Vector heads(n);
  for (std::size_t i = 0; i < plan.size(); ++i) heads[place(i)] = plan.heads[i];
  std::vector<rungs::Inflow> inflow;
  for (const InflowPlan& in : plan.inflow) {
    inflow.push_back({ladder.at(order[in.into]), in.per_year, {}});
    for (const auto& [stratum, rate] : in.per_head_of)
      inflow.back().per_head_of.emplace_back(ladder.at(order[stratum]), rate);
  }
  rungs::Policy policy{"plan", {}, plan.combine, {}};
  const auto build_effect = [&](const EffectPlan& e) {
    rungs::Effect effect(e.scale, e.value);
    if (e.bounds) effect = effect.interval(e.bounds->first, e.bounds->second);
    return rungs::MoveEffect{set(e.from), set(e.to), effect, e.given_up, e.opens};
  };
  const auto name = [](std::size_t k) { return "programme " + std::to_string(k); };
  if (plan.complement)
    policy.complements.push_back(
        {{name(0), name(1)}, rungs::MoveEffects("complement", {build_effect(*plan.complement)})});
  std::vector<rungs::Posts> posts;
  for (const PostsPlan& p : plan.posts) posts.push_back({ladder.at(order[p.at]), rungs::Heads(p.now), p.growth});
  for (const ProgrammePlan& p : plan.programmes) {
    std::vector<rungs::MoveEffect> effects;
    for (const EffectPlan& e : p.effects) effects.push_back(build_effect(e));
    std::vector<std::string> after;
    for (const std::size_t q : p.after) after.push_back(name(q));
    policy.programmes.emplace_back(
        rungs::Programme::Terms{.eligible = set(p.eligible),
                                .years_in_stratum = p.in_stratum,
                                .after = std::move(after),
                                .offered = rungs::Share(p.offered),
                                .uptake = rungs::Share(p.uptake),
                                .seats_per_year = p.seats ? rungs::Heads(*p.seats) : rungs::Heads::unlimited(),
                                .waiting_list = p.waiting_list,
                                .rationing = p.rationing,
                                .again_after_years = p.again,
                                .modules = p.modules,
                                .modules_per_year = p.modules_per_year,
                                .completion = rungs::Share(p.completion),
                                .lock_in_years = p.lock_in,
                                .drop_out_years = p.drop_out,
                                .deadweight = rungs::Share(p.deadweight),
                                .substitution = rungs::Share(p.substitution),
                                .displacement = rungs::Share(p.displacement),
                                .years = p.years},
        rungs::MoveEffects(name(policy.programmes.size()), effects, p.profile));
  }
  return {
      plan.by_period ? rungs::Kernel(rungs::Period(plan.start), std::move(matrices)) : rungs::Kernel(matrices.front()),
      rungs::Population(rungs::Headcount(ladder, heads), rungs::Period(plan.start), std::move(inflow),
                        std::move(posts)),
      rungs::Question{set(plan.from), set(plan.target), rungs::Span(plan.within)}, std::move(policy), plan.count};
}

inline Scenario build(const Plan& plan) { return build(plan, as_is(plan)); }

/// The probability of a move in each matrix of a plan, the lowest and the highest.
inline std::pair<double, double> range(const Plan& plan, std::size_t from, std::size_t to) {
  double low = 1, high = 0;
  for (const rungs::Matrix& w : plan.weights) {
    const double p = w(static_cast<Eigen::Index>(from), static_cast<Eigen::Index>(to)) /
                     w.row(static_cast<Eigen::Index>(from)).sum();
    low = std::min(low, p);
    high = std::max(high, p);
  }
  return {low, high};
}

/// A random effect that fits the plan, if the ladder has a move left to change.
///
/// Several targets at once only with odds ratios: see MoveEffectsTest about the other scales.
inline std::optional<EffectPlan> random_effect(const Plan& plan, Dice& dice) {
  EffectPlan e;
  const std::size_t i = dice.below(plan.strata());
  Places can, cannot;
  for (std::size_t j = 0; j < plan.size(); ++j)
    if (j != i) (plan.can(i, j) ? can : cannot).push_back(j);
  e.from = {i};
  e.given_up = dice.chance(0.5) ? rungs::GivenUp::others : rungs::GivenUp::staying;
  if (!cannot.empty() && dice.chance(0.2)) {
    e.to = {cannot[dice.below(cannot.size())]};
    e.opens = true;
    e.scale = rungs::Scale::points;
    e.value = dice.between(0.01, 0.3);
    if (dice.chance(0.5)) e.bounds = {e.value / 2, e.value * 1.2};
    return e;
  }
  if (can.empty()) return std::nullopt;
  const std::size_t j = can[dice.below(can.size())];
  e.to = {j};
  const auto [low, high] = range(plan, i, j);
  switch (dice.below(5)) {
    case 0: {
      e.value = dice.one_of({0.2, 0.8, 1.0, 1.5, 6.0});
      if (dice.chance(0.5)) {
        e.to = can;
        e.given_up = rungs::GivenUp::others;
      }
      break;
    }
    case 1:
      e.scale = rungs::Scale::hazard_ratio;
      e.value = dice.between(0.3, 3);
      break;
    case 2:
      e.scale = rungs::Scale::risk_ratio;
      e.value = dice.between(0.2, high > 0 ? std::min(3.0, 0.99 / high) : 3.0);
      break;
    case 3:
      e.scale = rungs::Scale::points;
      e.value = dice.between(-0.9 * low, 0.9 * (1 - high));
      break;
    default:
      e.scale = rungs::Scale::log_odds;
      e.value = dice.between(-2, 2);
  }
  if (dice.chance(0.3)) {
    const bool ratio = e.scale != rungs::Scale::points && e.scale != rungs::Scale::log_odds;
    const double width = e.scale == rungs::Scale::points ? 0.05 : 0.7;
    e.bounds = ratio ? std::pair(e.value / 2, e.value * 1.5)
                     : std::pair(std::max(e.value - width, -1.0), std::min(e.value + 2 * width, 1.0));
    if (!(e.bounds->first <= e.bounds->second)) e.bounds.reset();
  }
  return e;
}

inline ProgrammePlan random_programme(const Plan& plan, Dice& dice) {
  ProgrammePlan p;
  p.eligible = dice.some(plan.strata(), 0.5);
  p.offered = dice.chance(0.1) ? 0.0 : dice.chance(0.5) ? 1.0 : dice.between(0, 1);
  p.uptake = dice.chance(0.2) ? 1.0 : dice.between(0, 1);
  p.completion = dice.chance(0.1) ? 0.0 : dice.chance(0.3) ? 1.0 : dice.between(0, 1);
  p.lock_in = dice.one_of({0.0, 0.0, 0.0, 0.5, 1.0, 1.3, 2.0});
  if (dice.chance(0.3)) p.deadweight = dice.between(0, 1);
  if (dice.chance(0.3)) p.displacement = dice.between(0, 1);
  if (dice.chance(0.4)) p.seats = dice.one_of({0.0, 5.0, 40.0, 200.0, 5000.0});
  if (dice.chance(0.3)) {
    const std::int64_t first = plan.start + static_cast<std::int64_t>(dice.below(4)) - 1;
    p.years = {first, first + static_cast<std::int64_t>(dice.below(4))};
  }
  if (dice.chance(0.3)) p.profile = p.profile.lag(dice.one_of({0.5, 1.0, 1.7}));
  if (dice.chance(0.3)) p.profile = p.profile.ramp(dice.one_of({1.0, 2.0, 2.5}));
  if (dice.chance(0.2)) p.profile = p.profile.fade_half_life(dice.one_of({0.5, 1.0, 4.0}));
  if (dice.chance(0.3)) p.profile = p.profile.lasts(dice.one_of({0.0, 1.0, 2.0, 2.5}));
  const std::size_t effects = 1 + dice.below(2);
  for (std::size_t k = 0; k < effects; ++k)
    if (const auto e = random_effect(plan, dice)) p.effects.push_back(*e);
  return p;
}

/// A random scenario: at most `horizon` periods, and the fewer the more programmes it has.
inline Plan random_plan(std::uint64_t seed, std::size_t horizon = 9) {
  Dice dice(seed);
  Plan plan;
  const std::size_t strata = 2 + dice.below(5);
  plan.exits = dice.below(3);
  for (std::size_t i = 0, rung = 0; i < strata; ++i) {
    if (i > 0 && dice.chance(0.6)) ++rung;
    plan.rung.push_back(static_cast<int>(rung));
  }
  const std::size_t n = plan.size();
  plan.all_moves = dice.chance(0.4);
  plan.possible.assign(n * n, 0);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j)
      if (i == j || (i < strata && (plan.all_moves || dice.chance(0.6)))) plan.possible[i * n + j] = 1;
  const std::size_t programmes = dice.one_of<std::size_t>({0, 1, 1, 1, 1, 1, 2, 2, 2, 3});
  const std::size_t longest = programmes < 2 ? horizon : programmes == 2 ? std::min<std::size_t>(horizon, 6) : 4;
  plan.within = static_cast<std::int64_t>(dice.below(longest + 1));
  plan.by_period = dice.chance(0.3);
  plan.step = rungs::Step(1, dice.one_of({1.0, 1.0, 1.0, 0.5, 2.0}));
  const std::size_t matrices = plan.by_period ? static_cast<std::size_t>(plan.within) + 1 : 1;
  for (std::size_t m = 0; m < matrices; ++m) {
    rungs::Matrix w = rungs::Matrix::Zero(static_cast<Eigen::Index>(n), static_cast<Eigen::Index>(n));
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < n; ++j)
        if (plan.can(i, j) && (i == j || dice.chance(0.9)))
          w(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) = dice.between(0, i == j ? 4 : 1);
    for (Eigen::Index i = 0; i < w.rows(); ++i) w(i, i) += 0.01;
    plan.weights.push_back(std::move(w));
  }
  for (std::size_t i = 0; i < n; ++i) plan.heads.push_back(dice.chance(0.15) ? 0.0 : dice.between(0, 1000));
  const std::size_t inflows = dice.below(3);
  for (std::size_t k = 0; k < inflows; ++k) {
    plan.inflow.push_back({dice.below(strata), dice.between(0, 50), {}});
    if (dice.chance(0.5)) plan.inflow.back().per_head_of.emplace_back(dice.below(n), dice.between(0, 0.3));
  }
  plan.from = dice.some(strata, 0.5);
  plan.target = dice.some(n, 0.3);
  plan.count = dice.chance(0.5) ? rungs::Count::gross : rungs::Count::net;
  for (std::size_t k = 0; k < programmes; ++k) plan.programmes.push_back(random_programme(plan, dice));
  return plan;
}

/// The same plan with everything else that programmes and strata can have.
inline Plan enriched(Plan plan, Dice& dice) {
  for (std::size_t k = 0; k < plan.programmes.size(); ++k) {
    ProgrammePlan& p = plan.programmes[k];
    if (dice.chance(0.2)) p.in_stratum = dice.one_of({1.0, 2.0});
    if (dice.chance(0.3)) p.substitution = dice.between(0, 0.8);
    if (dice.chance(0.3)) {
      p.modules = static_cast<int>(1 + dice.below(3));
      p.modules_per_year = dice.between(0.3, 3);
    }
    p.waiting_list = dice.chance(0.4);
    p.rationing = dice.chance(0.3)                     ? rungs::Rationing::lowest_rung
                  : p.waiting_list && dice.chance(0.5) ? rungs::Rationing::longest_waiting
                                                       : rungs::Rationing::pro_rata;
    if (p.waiting_list && !p.seats) p.seats = dice.between(10, 200);
    if (dice.chance(0.3)) p.again = dice.one_of({0.0, 1.0, 2.0});
    if (dice.chance(0.3)) p.drop_out = dice.one_of({0.0, 0.5, 1.0});
    if (k > 0 && dice.chance(0.3)) p.after = {dice.below(k)};
  }
  plan.combine = dice.one_of({rungs::Combine::in_turn, rungs::Combine::strongest, rungs::Combine::exclusive});
  if (plan.programmes.size() > 1 && plan.combine != rungs::Combine::exclusive && dice.chance(0.5))
    plan.complement = random_effect(plan, dice);
  if (plan.complement && plan.complement->opens) plan.complement.reset();
  for (std::size_t i = 0; i < plan.strata(); ++i)
    if (dice.chance(0.25)) plan.posts.push_back({i, dice.between(0, 1500), dice.between(-50, 100)});
  return plan;
}

}  // namespace scenario

#endif
