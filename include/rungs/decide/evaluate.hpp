// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_DECIDE_EVALUATE_HPP
#define RUNGS_DECIDE_EVALUATE_HPP

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <limits>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <rungs/core/estimate.hpp>
#include <rungs/decide/comparison.hpp>
#include <rungs/decide/frontier.hpp>
#include <rungs/model/ensemble.hpp>
#include <rungs/model/structure.hpp>
#include <rungs/project/projection.hpp>

namespace rungs {

/// In what money costs are counted, how the future is discounted, and what one more person is worth.
///
/// The discount rate is the effective annual rate on real time: a cost t years after the start counts (1 + rate)^-t.
/// The costs of a period fall due at its start. Throws DomainError [E-RATE] unless the rate is above -1, [E-COST] for a
/// value that is not finite.
struct Economics {
  Currency currency{};
  double discount_rate = 0;
  std::optional<double> value_per_additional_person{};

  void check() const {
    if (!(discount_rate > -1 && discount_rate < 10))
      throw DomainError(
          "E-RATE", "found a discount rate of " + detail::text(discount_rate) + "; expected a yearly rate such as 0.03",
          discount_rate);
    if (value_per_additional_person && !(std::abs(*value_per_additional_person) < 1e15))
      throw DomainError("E-COST",
                        "found a value of " + detail::text(*value_per_additional_person) +
                            " for one more person; expected a finite amount",
                        *value_per_additional_person);
  }
};

/// How to run an evaluation; the seed has no default.
struct EvaluateOptions {
  std::size_t draws = 2000;
  Seed seed;
  Level level{};
  unsigned threads = 1;                ///< 0: one for each core; results are the same bits for any number
  std::size_t bottleneck_draws = 200;  ///< worlds in which every move is eased in turn; 0: not asked
};

/// Heads at one period in one stratum or exit.
struct HeadcountAt {
  std::size_t step = 0;
  std::size_t stratum = 0;
  Estimate heads{};
};

/// Heads moving in one period.
struct FlowAt {
  std::size_t step = 0;
  std::size_t from = 0, to = 0;
  Estimate heads{};
};

/// What one programme of a policy does with people: all in heads, over the horizon.
struct ProgrammeResult {
  std::string name;
  Estimate participants{};
  Estimate turned_away{};
};

/// A move, and how many more people would reach the target if one more in a hundred made it in every period. Where
/// nobody can reach the target, the missing moves are among them.
struct EasedMove {
  std::size_t from = 0, to = 0;
  Estimate additional{};
};

/// A policy, or the baseline, on or off the efficient frontier by the values of its cost and of the additional people.
struct ComparedPolicy {
  std::string name;
  Estimate cost{};
  Estimate additional{};
  Dominance dominance = Dominance::efficient;
  std::optional<Estimate> icer{};  ///< money for one more person than with the efficient policy before it
  std::string icer_refused{};      ///< why an efficient policy has no `icer`
};

/// The answer for one policy. What is relative to the baseline is 0 or absent for the baseline itself.
struct PolicyResult {
  std::string name;
  Estimate reach{};                       ///< P(ever in the target within the span), of the cohort asked about
  Estimate people_reaching{};             ///< how many of them will be counted; individual chance varies too
  Estimate standing{};                    ///< P(in the target at the horizon)
  Estimate years_to_reach{};              ///< mean years until the target of those who reach it; NaN if nobody does
  std::vector<Estimate> first_passage{};  ///< P(in the target for the first time) at each step from 0
  std::vector<HeadcountAt> trajectory{};
  std::vector<FlowAt> flows{};
  std::string unreachable{};  ///< why nobody can reach the target, naming the missing moves; empty if somebody can
  std::vector<std::pair<std::size_t, std::size_t>> missing_moves{};

  std::vector<ProgrammeResult> programmes{};
  Estimate participants{};
  Estimate gross{};       ///< expected additional people reaching, before deadweight and displacement
  Estimate additional{};  ///< expected additional people reaching, net
  Estimate cost{};        ///< discounted, over the horizon
  std::optional<Estimate> number_needed_to_train{};
  std::optional<Estimate> cost_per_additional_person{};
  std::string ratio_refused{};  ///< why the two ratios are not given
  std::optional<Estimate> net_benefit{};
  /// Share of the worlds in which it is best: by net benefit where a value is stated, else by people reaching. A share
  /// over all that varies, so that nothing is left to vary in it: its interval (Wilson) is of the Monte Carlo error.
  Estimate probability_best{};
  std::vector<EasedMove> bottleneck{};  ///< moves, the most helpful first
};

/// Policies against the baseline, all in the same joint worlds.
struct Evaluation {
  double cohort = 0;  ///< people asked about
  std::size_t draws = 0;
  Seed seed{0};
  bool parameters_vary = false;
  PolicyResult baseline{};
  std::vector<PolicyResult> policies{};
  std::vector<ComparedPolicy> frontier{};  ///< baseline first, then the policies
  bool best_by_net_benefit = false;
  std::vector<Warning> warnings{};
};

namespace detail {

/// Runs `work(thread, index)` for every index in blocks on some threads; the first exception is thrown on.
template <class Work>
void parallel_for(std::size_t count, unsigned threads, const Work& work) {
  if (threads == 0) threads = std::max(1U, std::thread::hardware_concurrency());
  threads = static_cast<unsigned>(std::min<std::size_t>(threads, std::max<std::size_t>(1, count)));
  if (threads == 1) {
    for (std::size_t k = 0; k < count; ++k) work(std::size_t{0}, k);
    return;
  }
  std::atomic<std::size_t> next{0};
  std::exception_ptr failure;
  std::mutex guard;
  {
    std::vector<std::jthread> pool;
    for (unsigned t = 0; t < threads; ++t)
      pool.emplace_back([&, t] {
        try {
          for (std::size_t k = next++; k < count; k = next++) work(t, k);
        } catch (...) {
          const std::scoped_lock lock(guard);
          if (!failure) failure = std::current_exception();
          next = count;
        }
      });
  }
  if (failure) std::rethrow_exception(failure);
}

/// The cost of a policy in one world, discounted to the start.
inline double policy_cost(const Policy& policy, const Course& course, const Population& population, Step step,
                          double rate) {
  double sum = 0;
  for (std::size_t p = 0; p < policy.programmes.size(); ++p) {
    const Programme& programme = policy.programmes[p];
    for (Eigen::Index t = 0; t < course.participants.cols(); ++t) {
      const double factor = std::pow(1 + rate, -static_cast<double>(t) * step.years());
      double cost = course.participants(static_cast<Eigen::Index>(p), t) * programme.terms().cost_per_participant;
      if (programme.enrols_in(step.after(population.at(), t).label()))
        cost += programme.terms().fixed_cost_per_year * step.years();
      sum += factor * cost;
    }
  }
  return sum;
}

/// One policy planned gross and net (one plan where they are the same), with the numbers of every world.
class PolicyRun {
 public:
  PolicyRun(const Ensemble& ensemble, const Population& population, const Question& question, Policy policy,
            std::size_t draws)
      : net_(ensemble.point(), population, question, policy, Count::net),
        n_(ensemble.ladder().size()),
        steps_(net_.steps()) {
    bool same = true;
    for (const Programme& p : policy.programmes) {
      varies_ = varies_ || (p.varies() && !p.changes_nothing());
      same = same && p.terms().deadweight.value() == 0 && p.terms().displacement.value() == 0;
    }
    if (!same) gross_.emplace(ensemble.point(), population, question, std::move(policy), Count::gross);
    values.resize(size());
    point.resize(size());
    draws_ = draws;
  }
  /// Makes room for the draws of every number but the flows of moves that nobody can make in any world.
  void make_room(const Ladder& ladder) {
    for (std::size_t q = 0; q < flow(0, 0, 0); ++q) values[q].assign(draws_, point[q]);
    for (std::size_t i = 0; i < ladder.strata(); ++i)
      for (std::size_t j = 0; j < n_; ++j) {
        bool possible = ladder.possible(i, j);
        for (const Programme& p : net_.policy().programmes)
          if (p.effects())
            for (const MoveEffect& e : p.effects()->effects())
              possible = possible || (e.opens && e.from.contains(i) && e.to.contains(j));
        for (std::size_t t = 0; t < steps_ && possible; ++t) values[flow(t, i, j)].assign(draws_, point[flow(t, i, j)]);
      }
  }
  [[nodiscard]] const Projection& plan() const noexcept { return net_; }
  [[nodiscard]] bool effects_vary() const noexcept { return varies_; }
  [[nodiscard]] std::size_t programmes() const noexcept { return net_.policy().programmes.size(); }

  // Where each quantity stands among the numbers of a world.
  enum Fixed : std::size_t { reached, reached_gross, standing, years, cost, participants, fixed };
  [[nodiscard]] std::size_t taken(std::size_t p) const noexcept { return fixed + 2 * p; }
  [[nodiscard]] std::size_t turned(std::size_t p) const noexcept { return fixed + 2 * p + 1; }
  [[nodiscard]] std::size_t passage(std::size_t t) const noexcept { return fixed + 2 * programmes() + t; }
  [[nodiscard]] std::size_t heads(std::size_t t, std::size_t i) const noexcept {
    return passage(steps_ + 1) + t * n_ + i;
  }
  [[nodiscard]] std::size_t flow(std::size_t t, std::size_t i, std::size_t j) const noexcept {
    return heads(steps_ + 1, 0) + (t * n_ + i) * n_ + j;
  }
  [[nodiscard]] std::size_t size() const noexcept { return flow(steps_, 0, 0); }

  struct Room {
    Projection::Workspace net, gross;
    Course course, other;
  };
  /// Writes the numbers of one world through `put(index, number)`; returns whether an effect was capped.
  template <class Put>
  bool world(const Kernel& kernel, const Draw& draw, double rate, Room& room, const Put& put) const {
    net_.run(kernel, draw, room.course, room.net);
    const Course& c = room.course;
    const double total = c.reached();
    put(reached, total);
    put(standing, c.standing);
    double weighted = 0;
    for (Eigen::Index t = 0; t < c.first_reached.size(); ++t) {
      weighted += static_cast<double>(t) * c.first_reached[t];
      put(passage(static_cast<std::size_t>(t)), c.cohort > 0 ? c.first_reached[t] / c.cohort : 0.0);
    }
    put(years, total > 0 ? weighted / total * kernel.step().years() : std::numeric_limits<double>::quiet_NaN());
    put(cost, policy_cost(net_.policy(), c, net_.population(), kernel.step(), rate));
    put(participants, c.participants.sum());
    for (std::size_t p = 0; p < programmes(); ++p) {
      put(taken(p), c.participants.row(static_cast<Eigen::Index>(p)).sum());
      put(turned(p), c.turned_away.row(static_cast<Eigen::Index>(p)).sum());
    }
    for (std::size_t t = 0; t <= steps_; ++t)
      for (std::size_t i = 0; i < n_; ++i)
        put(heads(t, i), c.headcount(static_cast<Eigen::Index>(t), static_cast<Eigen::Index>(i)));
    for (std::size_t t = 0; t < steps_; ++t)
      for (std::size_t i = 0; i < n_; ++i)
        for (std::size_t j = 0; j < n_; ++j)
          put(flow(t, i, j), c.flows[t](static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)));
    bool edge = c.capped;
    if (gross_) {
      gross_->run(kernel, draw, room.other, room.gross);
      put(reached_gross, room.other.reached());
      edge = edge || room.other.capped;
    } else {
      put(reached_gross, total);
    }
    return edge;
  }

  std::vector<std::vector<double>> values;  // by quantity, then draw
  std::vector<double> point;
  std::size_t capped = 0;

 private:
  Projection net_;
  std::optional<Projection> gross_{};
  std::size_t n_, steps_, draws_ = 0;
  bool varies_ = false;
};

/// A kernel in which one more in a hundred makes a move in every period, the others of the row in proportion fewer.
inline Kernel eased(const Kernel& kernel, std::size_t from, std::size_t to) {
  std::vector<TransitionMatrix> matrices;
  const auto i = static_cast<Eigen::Index>(from), j = static_cast<Eigen::Index>(to);
  for (const TransitionMatrix& m : kernel.matrices()) {
    Matrix p = m.matrix();
    change_move(p.row(i), i, j, std::min(1.0, p(i, j) + 0.01), GivenUp::others);
    matrices.emplace_back(unchecked, m.ladder(), std::move(p), m.step());
  }
  if (kernel.is_constant()) return Kernel(std::move(matrices.front()));
  return {kernel.first(), std::move(matrices)};
}

}  // namespace detail

/// Answers the main question: of the people asked about, how many reach the target within the span under each policy,
/// how many more than without it, and at what cost.
///
/// Baseline and policies see the same joint worlds: one draw of the model and of every programme's effect each.
/// Expected numbers (`additional`, `cost`, headcounts, flows) have intervals over parameters and programme effects;
/// `people_reaching` has individual chance as well (people independent given the world).
/// The two ratios are given only where the interval of the additional people excludes 0; their value is a ratio of
/// values. Effect on intervals: see `varied` of each Estimate; how the programme's evidence carries over to these
/// people does not vary. Throws what Projection and Comparison throw; Refusal [E-COHORT] when nobody starts in the
/// strata asked about. Cost: draws x policies x one projection, on `threads` threads; memory draws x policies x
/// (periods x strata^2) numbers.
[[nodiscard]] inline Evaluation evaluate(const Ensemble& ensemble, const Population& population,
                                         const Question& question, const std::vector<Policy>& policies,
                                         const Economics& economics, const EvaluateOptions& options) {
  using detail::PolicyRun;
  economics.check();
  if (options.draws < 1) throw Refusal("E-DRAW", "found 0 draws; expected at least 1");
  const Ladder& ladder = ensemble.ladder();
  std::vector<PolicyRun> runs;
  runs.reserve(policies.size() + 1);
  bool effects_vary = false;
  const std::size_t draws = ensemble.limit(options.draws);
  for (std::size_t k = 0; k <= policies.size(); ++k) {
    const Policy policy = k == 0 ? Policy{} : policies[k - 1];
    for (const Programme& p : policy.programmes) effects_vary = effects_vary || (p.varies() && !p.changes_nothing());
    runs.emplace_back(ensemble, population, question, policy, draws);
  }
  Evaluation out;
  out.draws = draws;
  out.seed = options.seed;
  out.parameters_vary = ensemble.varies();

  const unsigned threads = options.threads == 0 ? std::max(1U, std::thread::hardware_concurrency()) : options.threads;
  struct Room {
    Kernel kernel;
    std::vector<PolicyRun::Room> runs;
  };
  std::vector<Room> rooms;
  for (unsigned t = 0; t < threads; ++t) rooms.push_back({ensemble.point(), std::vector<PolicyRun::Room>(runs.size())});
  for (std::size_t k = 0; k < runs.size(); ++k)
    if (runs[k].world(ensemble.point(), Draw::point(), economics.discount_rate, rooms[0].runs[k],
                      [&](std::size_t q, double x) { runs[k].point[q] = x; }))
      runs[k].capped = 1;
  for (PolicyRun& run : runs) run.make_room(ladder);
  out.cohort = rooms[0].runs[0].course.cohort;
  if (!(out.cohort > 0))
    throw Refusal("E-COHORT", "found nobody who starts in " + question.from.text() + "; expected people to ask about");

  const bool any_varies = ensemble.varies() || effects_vary;
  if (any_varies) {
    std::vector<std::vector<char>> capped(runs.size(), std::vector<char>(draws));
    detail::parallel_for(draws, threads, [&](std::size_t thread, std::size_t d) {
      Room& room = rooms[thread];
      const Draw draw(options.seed, d);
      ensemble.draw_into(draw, room.kernel);
      for (std::size_t k = 0; k < runs.size(); ++k)
        capped[k][d] = runs[k].world(room.kernel, draw, economics.discount_rate, room.runs[k],
                                     [&](std::size_t q, double x) {
                                       if (!runs[k].values[q].empty()) runs[k].values[q][d] = x;
                                     })
                           ? 1
                           : 0;
    });
    for (std::size_t k = 0; k < runs.size(); ++k)
      runs[k].capped = static_cast<std::size_t>(std::count(capped[k].begin(), capped[k].end(), char{1}));
  }

  const Centre centre = ensemble.centre();
  const auto varied_in = [&](const PolicyRun& run) {
    return Varied{.parameters = ensemble.varies(), .effects = run.effects_vary()};
  };
  const auto certain = [&](double value) {
    Estimate e;
    e.value = e.lower = e.upper = value;
    e.level = options.level.value();
    return e;
  };
  const auto sum_up = [&](std::vector<double> x, double point, Varied varied) {
    return any_varies && !x.empty() ? summarize(std::move(x), point, options.level, varied, centre) : certain(point);
  };
  const auto scaled = [](std::vector<double> x, double factor) {
    for (double& v : x) v *= factor;
    return x;
  };
  // A ratio of two numbers, of which the lower one has an interval above 0. The value is the ratio of the values; its
  // Monte Carlo error is that of a ratio of means. Where nobody more reaches, one more person cannot be had at any
  // price: the far end, not a negative number.
  const auto ratio = [&](const std::vector<double>& above, const std::vector<double>& below, const Estimate& numerator,
                         const Estimate& denominator, Varied varied) {
    const double value = numerator.value / denominator.value;
    std::vector<double> each(draws), residual(draws);
    for (std::size_t d = 0; d < draws && !below.empty(); ++d) {
      each[d] = below[d] > 0 ? above[d] / below[d] : std::numeric_limits<double>::max();
      residual[d] = above[d] - value * below[d];
    }
    Estimate e = sum_up(std::move(each), value, varied);
    e.value = value;
    if (e.draws == 0) return e;
    e.monte_carlo_error =
        detail::moments(residual).deviation / denominator.value / std::sqrt(static_cast<double>(draws));
    e.standard_deviation = std::numeric_limits<double>::quiet_NaN();  // the ratio may be without bound
    return e;
  };
  const PolicyRun& base = runs[0];
  const MoveGraph graph(ensemble.point().within(population.at(), question.within));

  for (std::size_t k = 0; k < runs.size(); ++k) {
    const PolicyRun& run = runs[k];
    const Varied varied = varied_in(run), both = varied | varied_in(base);
    PolicyResult r;
    r.name = run.plan().policy().name;
    const auto estimate = [&](std::size_t q) { return sum_up(run.values[q], run.point[q], varied); };
    r.reach = sum_up(scaled(run.values[PolicyRun::reached], 1 / out.cohort), run.point[PolicyRun::reached] / out.cohort,
                     varied);
    r.standing = sum_up(scaled(run.values[PolicyRun::standing], 1 / out.cohort),
                        run.point[PolicyRun::standing] / out.cohort, varied);
    r.years_to_reach = estimate(PolicyRun::years);
    {
      // Who is in the target at the start is there whatever happens.
      const double there = run.point[run.passage(0)] * out.cohort;
      const auto waiting = static_cast<std::uint64_t>(std::llround(out.cohort - there));
      std::vector<double> counted(draws);
      for (std::size_t d = 0; d < draws; ++d) {
        Stream chance = Draw(options.seed, d).stream(Purpose::chance);
        const double reached = run.values[PolicyRun::reached][d];
        const double p = waiting > 0 ? std::clamp((reached - there) / (out.cohort - there), 0.0, 1.0) : 0.0;
        counted[d] = there + static_cast<double>(chance.binomial(waiting, p));
      }
      Varied with_chance = varied;
      with_chance.individual_chance = true;
      r.people_reaching =
          summarize(std::move(counted), r.reach.value * out.cohort, options.level, with_chance, Centre::plug_in);
    }
    const std::size_t n = ladder.size(), steps = run.plan().steps();
    for (std::size_t t = 0; t <= steps; ++t) {
      r.first_passage.push_back(estimate(run.passage(t)));
      for (std::size_t i = 0; i < n; ++i) r.trajectory.push_back({t, i, estimate(run.heads(t, i))});
    }
    for (std::size_t t = 0; t < steps; ++t)
      for (std::size_t i = 0; i < ladder.strata(); ++i)
        for (std::size_t j = 0; j < n; ++j)
          if (const Estimate heads = estimate(run.flow(t, i, j)); heads.value > 0 || heads.upper > 0)
            r.flows.push_back({t, i, j, heads});

    // What can happen at all: the moves of the model and those that programmes open.
    const auto most = [](const Effect& e) { return e.bounds() ? std::max(e.value(), e.bounds()->second) : e.value(); };
    MoveGraph possible = graph;
    for (const Programme& p : run.plan().policy().programmes)
      if (p.effects() && !p.nobody_enrols())
        for (const MoveEffect& e : p.effects()->effects())
          for (const std::size_t i : e.from.indices())
            for (const std::size_t j : e.to.indices())
              if (e.opens || (i != j && e.effect.scale() == Scale::points && most(e.effect) > 0)) possible.add(i, j);
    const Reachability reachable = reachability(possible, question.from, question.target);
    if (!reachable.reachable) {
      r.unreachable = why_unreachable(ladder, question.from, question.target, reachable);
      r.missing_moves = reachable.missing;
    } else if (reachable.fewest_moves > static_cast<int>(steps)) {
      r.unreachable = "the shortest way from " + question.from.text() + " to " + question.target.text() + " takes " +
                      std::to_string(reachable.fewest_moves) + " moves, more than the " + std::to_string(steps) +
                      " steps asked about";
    }

    for (std::size_t p = 0; p < run.programmes(); ++p)
      r.programmes.push_back(
          {run.plan().policy().programmes[p].name(), estimate(run.taken(p)), estimate(run.turned(p))});
    if (k > 0) {
      r.participants = estimate(PolicyRun::participants);
      r.cost = estimate(PolicyRun::cost);
      std::vector<double> gross(draws), more(draws), benefit(draws);
      const double value = economics.value_per_additional_person.value_or(0);
      for (std::size_t d = 0; d < draws; ++d) {
        gross[d] = run.values[PolicyRun::reached_gross][d] - base.values[PolicyRun::reached][d];
        more[d] = run.values[PolicyRun::reached][d] - base.values[PolicyRun::reached][d];
        benefit[d] = value * more[d] - run.values[PolicyRun::cost][d];
      }
      const double point_more = run.point[PolicyRun::reached] - base.point[PolicyRun::reached];
      r.gross = sum_up(std::move(gross), run.point[PolicyRun::reached_gross] - base.point[PolicyRun::reached], both);
      r.additional = sum_up(more, point_more, both);
      if (economics.value_per_additional_person)
        r.net_benefit = sum_up(std::move(benefit), value * point_more - run.point[PolicyRun::cost], both);
      if (r.additional.lower > 0) {
        r.number_needed_to_train = ratio(run.values[PolicyRun::participants], more, r.participants, r.additional, both);
        if (r.cost.lower == 0 && r.cost.upper == 0)
          r.ratio_refused = "no costs are stated";
        else
          r.cost_per_additional_person = ratio(run.values[PolicyRun::cost], more, r.cost, r.additional, both);
      } else {
        r.ratio_refused = r.additional.upper < 0 ? "fewer people reach the target"
                          : r.additional.lower == 0 && r.additional.upper == 0
                              ? "nobody more reaches the target"
                              : "the interval of the additional people reaching holds 0";
      }
    }
    (k == 0 ? out.baseline : out.policies.emplace_back()) = std::move(r);
  }

  // Which policy is best, world by world: by net benefit where a value is stated, else by people reaching.
  out.best_by_net_benefit = economics.value_per_additional_person.has_value();
  Matrix costs = Matrix::Zero(static_cast<Eigen::Index>(draws), static_cast<Eigen::Index>(runs.size()));
  Matrix effects = costs;
  std::vector<std::string> names{"baseline"};
  for (std::size_t k = 0; k < runs.size(); ++k) {
    if (k > 0) names.push_back(out.policies[k - 1].name);
    const auto column = static_cast<Eigen::Index>(k);
    for (std::size_t d = 0; d < draws; ++d) {
      const auto row = static_cast<Eigen::Index>(d);
      effects(row, column) = runs[k].values[PolicyRun::reached][d];
      if (!out.best_by_net_benefit) continue;
      effects(row, column) -= base.values[PolicyRun::reached][d];
      costs(row, column) = runs[k].values[PolicyRun::cost][d];
    }
  }
  const Decision decision = decide(Comparison(std::move(names), std::move(costs), std::move(effects), {}),
                                   economics.value_per_additional_person.value_or(1), options.level);
  for (std::size_t k = 0; k < runs.size(); ++k) {
    const Estimate& e = decision.probability_best[k];
    (k == 0 ? out.baseline : out.policies[k - 1]).probability_best = any_varies ? e : certain(e.value);
  }

  // The frontier, and what one more person costs from each efficient policy to the next.
  std::vector<Alternative> alternatives{{"baseline", 0, 0}};
  for (const PolicyResult& r : out.policies) alternatives.push_back({r.name, r.cost.value, r.additional.value});
  std::vector<std::size_t> front;  // the efficient ones, as numbers of runs
  for (const FrontierPoint& p : efficient_frontier(alternatives)) {
    const std::size_t k = out.frontier.size();
    ComparedPolicy& c = out.frontier.emplace_back();
    c.name = p.name;
    c.dominance = p.dominance;
    c.cost = k == 0 ? certain(0) : out.policies[k - 1].cost;
    c.additional = k == 0 ? certain(0) : out.policies[k - 1].additional;
    if (p.dominance == Dominance::efficient) front.push_back(k);
  }
  std::sort(front.begin(), front.end(), [&](std::size_t a, std::size_t b) {
    return out.frontier[a].additional.value < out.frontier[b].additional.value;
  });
  for (std::size_t f = 1; f < front.size(); ++f) {
    const PolicyRun &less = runs[front[f - 1]], &run = runs[front[f]];
    ComparedPolicy& c = out.frontier[front[f]];
    const Varied both = varied_in(less) | varied_in(run);
    const auto difference = [&](std::size_t q) {
      std::vector<double> x(draws);
      for (std::size_t d = 0; d < draws; ++d) x[d] = run.values[q][d] - less.values[q][d];
      return x;
    };
    const std::vector<double> cost = difference(PolicyRun::cost), more = difference(PolicyRun::reached);
    const Estimate people = sum_up(more, run.point[PolicyRun::reached] - less.point[PolicyRun::reached], both);
    if (people.lower > 0)
      c.icer =
          ratio(cost, more, sum_up(cost, run.point[PolicyRun::cost] - less.point[PolicyRun::cost], both), people, both);
    else
      c.icer_refused = "the interval of the people it adds to those of " +
                       detail::quoted(out.frontier[front[f - 1]].name) + " holds 0";
  }

  // The bottleneck: ease every move in turn, in the first worlds.
  if (options.bottleneck_draws > 0) {
    const std::size_t worlds = any_varies ? std::min(draws, options.bottleneck_draws) : 0;
    for (std::size_t k = 0; k < runs.size(); ++k) {
      PolicyResult& r = k == 0 ? out.baseline : out.policies[k - 1];
      std::vector<std::pair<std::size_t, std::size_t>> moves =
          r.missing_moves;  // where nobody can reach, what would open a way
      for (std::size_t i = 0; i < ladder.strata(); ++i)
        for (std::size_t j = 0; j < ladder.strata(); ++j)
          if (i != j && ladder.possible(i, j) && !question.target.contains(i)) moves.emplace_back(i, j);
      std::vector<std::vector<double>> gain(moves.size(), std::vector<double>(worlds));
      std::vector<double> point(moves.size());
      const auto gains = [&](Room& room, const Kernel& kernel, const Draw& draw, double before, const auto& put) {
        for (std::size_t m = 0; m < moves.size(); ++m) {
          runs[k].plan().run(detail::eased(kernel, moves[m].first, moves[m].second), draw, room.runs[k].course,
                             room.runs[k].net);
          put(m, room.runs[k].course.reached() - before);
        }
      };
      gains(rooms[0], ensemble.point(), Draw::point(), runs[k].point[PolicyRun::reached],
            [&](std::size_t m, double x) { point[m] = x; });
      detail::parallel_for(worlds, threads, [&](std::size_t thread, std::size_t d) {
        Room& room = rooms[thread];
        ensemble.draw_into(Draw(options.seed, d), room.kernel);
        gains(room, room.kernel, Draw(options.seed, d), runs[k].values[PolicyRun::reached][d],
              [&](std::size_t m, double x) { gain[m][d] = x; });
      });
      for (std::size_t m = 0; m < moves.size(); ++m) {
        r.bottleneck.push_back(
            {moves[m].first, moves[m].second, sum_up(std::move(gain[m]), point[m], varied_in(runs[k]))});
      }
      std::stable_sort(r.bottleneck.begin(), r.bottleneck.end(),
                       [](const EasedMove& a, const EasedMove& b) { return a.additional.value > b.additional.value; });
    }
  }

  // What the reader must know.
  std::vector<std::string> spoken_of, bound;
  for (std::size_t k = 1; k < runs.size(); ++k) {
    const PolicyResult& r = out.policies[k - 1];
    if (runs[k].capped > 0)
      out.warnings.push_back(
          {"W-EFFECT-CAPPED",
           "under " + detail::quoted(r.name) + " an effect pushed a probability to 0 or 1" +
               (any_varies ? " in " + std::to_string(runs[k].capped) + " of " + std::to_string(draws) + " draws"
                           : std::string())});
    for (const ProgrammeResult& p : r.programmes)
      if (p.turned_away.value > 0 && p.participants.value > 0 &&
          std::find(bound.begin(), bound.end(), p.name) == bound.end()) {
        bound.push_back(p.name);
        out.warnings.push_back(
            {"W-SEATS", "the seats of " + detail::quoted(p.name) + " bind: under " + detail::quoted(r.name) +
                            " about " + detail::text(std::round(p.turned_away.value)) +
                            " applications find none; expected values are then an approximation of the expectation"});
      }
    for (const Programme& p : runs[k].plan().policy().programmes) {
      if (std::find(spoken_of.begin(), spoken_of.end(), p.name()) != spoken_of.end()) continue;
      spoken_of.push_back(p.name());
      const auto done = std::find_if(r.programmes.begin(), r.programmes.end(),
                                     [&](const ProgrammeResult& x) { return x.name == p.name(); });
      if (p.changes_nothing())
        out.warnings.push_back({"W-NOEFFECT", "the programme " + detail::quoted(p.name()) + " changes nobody's moves"});
      else if (done->participants.upper == 0)
        out.warnings.push_back({"W-NOEFFECT", "nobody takes part in the programme " + detail::quoted(p.name()) +
                                                  " within the span; see its years and who is eligible"});
      if (!p.effects()) continue;
      for (const MoveEffect& e : p.effects()->effects()) {
        const std::string effect =
            rungs::name(e.effect.scale()) + " of " + detail::text(e.effect.value()) + " of " + detail::quoted(p.name());
        if (e.effect.evidence().empty())
          out.warnings.push_back({"W-EFFECT-EVIDENCE", "the " + effect + " names no source"});
        if (e.effect.outside_its_interval())
          out.warnings.push_back({"W-EFFECT-EVIDENCE", "the " + effect + " lies outside its own interval"});
        if (!e.effect.bounds() && !e.effect.is_null())
          out.warnings.push_back({"W-EFFECT-EVIDENCE", "the " + effect + " has no interval and is taken as known"});
        bool works = e.opens || e.effect.scale() == Scale::points;
        for (const std::size_t i : e.from.indices())
          for (const std::size_t j : e.to.indices()) works = works || graph.has(i, j);
        if (!works)
          out.warnings.push_back(
              {"W-NOEFFECT",
               "the " + effect + " acts on a move that nobody makes (probability 0), and a ratio of 0 is 0"});
      }
    }
    if (r.additional.draws > 0 && r.additional.monte_carlo_error > (r.additional.upper - r.additional.lower) / 10)
      out.warnings.push_back({"W-MCERR", "the Monte Carlo error of the additional people under " +
                                             detail::quoted(r.name) +
                                             " exceeds a tenth of the interval; use more draws"});
  }
  return out;
}

}  // namespace rungs

#endif
