// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_TESTS_PROJECT_ORACLE_HPP
#define RUNGS_TESTS_PROJECT_ORACLE_HPP

// The projection without any thrift: one entry for every history that somebody can have, dated by periods and never
// merged, with plain loops for seats and posts. Nothing of the library's arithmetic but the strength of a profile and
// the draws of effects and shares.

#include <algorithm>
#include <cmath>
#include <compare>
#include <cstddef>
#include <map>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include <rungs/project/projection.hpp>

namespace oracle {

using rungs::Matrix;
using rungs::Policy;
using rungs::Programme;
using rungs::Vector;

/// What somebody has been through with one programme: periods, -1 for never.
struct Story {
  int enrolled = -1, finished = -1, modules = 0, waits = -1;
  char outcome = ' ';      // w: has the effect, i: completed without, d: dropped out
  int earlier = -1;        // since when an earlier participation may have an effect that is kept
  bool completed = false;  // an earlier participation was completed
  friend auto operator<=>(const Story&, const Story&) = default;
};
struct Life {
  std::vector<Story> with;
  int since = 0;  // the period in which they came into their stratum
  friend auto operator<=>(const Life&, const Life&) = default;
};

inline double changed(double p, const rungs::MoveEffect& e, double x, double strength) {
  switch (e.effect.scale()) {
    case rungs::Scale::odds_ratio: {
      const double w = std::pow(x, strength) * p;
      return w / (w + 1 - p);
    }
    case rungs::Scale::log_odds: {
      const double w = std::exp(x * strength) * p;
      return w / (w + 1 - p);
    }
    case rungs::Scale::hazard_ratio:
      return 1 - std::pow(1 - p, std::pow(x, strength));
    case rungs::Scale::risk_ratio:
      return p * std::pow(x, strength);
    case rungs::Scale::points:
      return p + strength * x;
  }
  return p;
}

/// The moves of a programme's effects, at so many deviations from the value of each.
inline void take(Matrix& p, const rungs::MoveEffects& effects, double strength, const std::vector<double>& z) {
  // Of a row: as it was, and what moves have become that do not take from each other.
  std::map<Eigen::Index, std::pair<Eigen::RowVectorXd, std::map<Eigen::Index, double>>> together;
  for (std::size_t m = 0; m < effects.effects().size(); ++m) {
    const rungs::MoveEffect& e = effects.effects()[m];
    for (const std::size_t i : e.from.indices())
      for (const std::size_t j : e.to.indices()) {
        if (i == j) continue;
        const auto r = static_cast<Eigen::Index>(i), c = static_cast<Eigen::Index>(j);
        const bool odds = e.effect.scale() == rungs::Scale::odds_ratio || e.effect.scale() == rungs::Scale::log_odds;
        if (odds || e.given_up == rungs::GivenUp::staying || together[r].second.count(c) > 0) together.erase(r);
        if (!odds && e.given_up == rungs::GivenUp::others) {
          auto& [before, become] = together.try_emplace(r).first->second;
          if (become.empty()) before = p.row(r);
          const double was = before[c], by = e.effect.at(z[m], e.opens && !(was > 0));
          become[c] = std::clamp(changed(was, e, by, strength), 0.0, 1.0);
          double all = 0, rest = before.sum();
          for (const auto& [to, then] : become) {
            all += then;
            rest -= before[to];
          }
          if (become.size() > 1) {
            p.row(r) = before * ((1 - std::min(all, 1.0)) / rest);
            for (const auto& [to, then] : become) p(r, to) = then / std::max(all, 1.0);
            continue;
          }
        }
        const double now = p(r, c), x = e.effect.at(z[m], e.opens && !(now > 0));
        double then = std::clamp(changed(now, e, x, strength), 0.0, 1.0);
        if (e.given_up == rungs::GivenUp::staying) {
          then = std::min(then, now + p(r, r));
          p(r, r) = std::max(0.0, p(r, r) + now - then);
        } else if (now < 1) {
          const double rest = p.row(r).sum() - now;
          p.row(r) *= (1 - then) / rest;
        } else {
          p(r, r) += 1 - then;
        }
        p(r, c) = then;
      }
  }
}

class Plain {
 public:
  Plain(const rungs::Kernel& kernel, const rungs::Population& population, const rungs::Question& question,
        const Policy& policy, rungs::Count count, const rungs::Draw& draw)
      : kernel_(kernel), population_(population), question_(question), policy_(policy), count_(count), draw_(draw) {}

  /// Nothing where there are more histories than `most`.
  [[nodiscard]] std::optional<rungs::Course> run(std::size_t most = 1U << 20U) {
    start();
    for (int t = 0; t < steps_; ++t) {
      for (std::size_t k = 0; k < policy_.programmes.size(); ++k) enrol(k, t);
      if (people_.size() > most) return std::nullopt;
      move(t);
    }
    for (const auto& [life, heads] : people_)
      for (const std::size_t i : question_.target.indices()) out_.standing += heads[i] + heads[n_ + i];
    return out_;
  }

 private:
  enum { asked, reached, others };
  using Heads = std::vector<double>;  // by group and stratum

  Heads& of(const Life& life) { return people_.try_emplace(life, Heads(3 * n_)).first->second; }
  [[nodiscard]] double years(int from, int t) const { return (t - from) * step_; }
  [[nodiscard]] const Programme::Terms& terms(std::size_t k) const { return policy_.programmes[k].terms(); }
  [[nodiscard]] double free_after(std::size_t k) const { return terms(k).modules > 0 ? 0 : terms(k).lock_in_years; }
  [[nodiscard]] std::size_t number(const std::string& name) const {
    for (std::size_t k = 0; k < policy_.programmes.size(); ++k)
      if (policy_.programmes[k].name() == name) return k;
    return policy_.programmes.size();
  }

  void start() {
    const auto n = static_cast<Eigen::Index>(n_), programmes = static_cast<Eigen::Index>(policy_.programmes.size());
    out_.headcount = Matrix::Zero(steps_ + 1, n);
    out_.entrants = out_.blocked = Matrix::Zero(steps_, n);
    out_.first_reached = Vector::Zero(steps_ + 1);
    out_.offers = out_.participants = out_.turned_away = Matrix::Zero(programmes, steps_);
    Heads& all = of({std::vector<Story>(policy_.programmes.size()), 0});
    for (std::size_t i = 0; i < n_; ++i) {
      const double heads = population_.start().heads()[static_cast<Eigen::Index>(i)];
      const bool in = question_.from.contains(i), there = question_.target.contains(i);
      all[(!in ? others : there ? reached : asked) * n_ + i] += heads;
      if (in && there) out_.first_reached[0] += heads;
      if (in) out_.cohort += heads;
      out_.headcount(0, static_cast<Eigen::Index>(i)) = heads;
    }
  }

  [[nodiscard]] bool has_completed(const Story& s, std::size_t q, int t) const {
    return s.completed || (s.finished >= 0 && s.outcome != 'd' && years(s.finished, t) >= free_after(q) - 1e-9);
  }
  [[nodiscard]] bool may(const Life& life, std::size_t k, int t) const {
    const Story& mine = life.with[k];
    if (mine.enrolled >= 0) {
      if (mine.finished < 0 || !terms(k).again_after_years) return false;
      const bool let_go_early = mine.outcome == 'd' && terms(k).modules == 0;
      const double held = let_go_early ? terms(k).drop_out_years.value_or(terms(k).lock_in_years) : free_after(k);
      if (years(mine.finished, t) < std::max(held, *terms(k).again_after_years) - 1e-9) return false;
    }
    if (years(life.since, t) < terms(k).years_in_stratum - 1e-9) return false;
    for (std::size_t q = 0; q < life.with.size(); ++q)
      if (policy_.combine == rungs::Combine::exclusive && q != k && life.with[q].enrolled >= 0) return false;
    for (const std::string& name : terms(k).after) {
      const std::size_t q = number(name);
      if (q == life.with.size() || !has_completed(life.with[q], q, t)) return false;
    }
    return true;
  }
  [[nodiscard]] double share(const Life& life, std::size_t k) const {
    return life.with[k].waits >= 0 ? 1.0 : terms(k).offered.value() * terms(k).uptake.value();
  }

  void enrol(std::size_t k, int t) {
    const Programme::Terms& a = terms(k);
    const std::int64_t label = kernel_.step().after(population_.at(), t).label();
    if (a.years && (label < a.years->first || label > a.years->second)) return;
    // Who wants a seat, by pool and by who comes first.
    std::map<std::pair<std::size_t, int>, double> wanted, found;
    const auto line = [&](const Life& life, std::size_t i) {
      const int first = a.rationing == rungs::Rationing::longest_waiting
                            ? (life.with[k].waits < 0 ? t + 1 : life.with[k].waits)
                        : a.rationing == rungs::Rationing::lowest_rung ? kernel_.ladder().height(i)
                                                                       : 0;
      return std::pair(a.seat_plan ? i : std::size_t{0}, first);
    };
    for (const auto& [life, heads] : people_)
      if (may(life, k, t))
        for (const std::size_t i : a.eligible.indices()) {
          const double there = heads[i] + heads[n_ + i] + heads[2 * n_ + i];
          wanted[line(life, i)] += share(life, k) * there;
          if (life.with[k].waits < 0) out_.offers(static_cast<Eigen::Index>(k), t) += a.offered.value() * there;
        }
    std::map<std::size_t, double> seats;
    for (const auto& [who, heads] : wanted) {
      const std::size_t pool = who.first;
      if (!seats.contains(pool)) {
        double there = a.seats_per_year.is_unlimited() ? 1e300 : a.seats_per_year.value() * step_;
        if (a.seat_plan) {
          there = 0;
          for (const rungs::SeatsAt& s : *a.seat_plan)
            if (s.period == label && s.stratum.index() == pool) there += s.seats.value();
        }
        seats[pool] = there;
      }
      const double in = std::min(heads, seats[pool]);
      seats[pool] -= in;
      found[who] = heads > 0 ? in / heads : 0;
      out_.participants(static_cast<Eigen::Index>(k), t) += in;
      out_.turned_away(static_cast<Eigen::Index>(k), t) += heads - in;
    }
    const Programme::Kept kept = policy_.programmes[k].kept(draw_);
    const double completes = a.completion.value();
    const double counts = count_ == rungs::Count::gross                ? 1
                          : count_ == rungs::Count::after_deadweight   ? kept.after_deadweight
                          : count_ == rungs::Count::after_substitution ? kept.after_substitution
                                                                       : kept.net;
    const auto before = people_;
    for (const auto& entry : before) {
      const Life& life = entry.first;
      const Heads& heads = entry.second;
      if (!may(life, k, t)) continue;
      const Story& mine = life.with[k];
      const auto becomes = [&](char outcome) {
        Life other = life;
        Story s;
        s.enrolled = t;
        s.finished = a.modules > 0 ? -1 : t;
        s.outcome = outcome;
        s.completed = mine.enrolled >= 0 && has_completed(mine, k, t);
        if (outcome != 'w') s.earlier = mine.outcome == 'w' ? mine.finished : mine.earlier;
        other.with[k] = s;
        return other;
      };
      Life waits = life;
      if (a.waiting_list && mine.enrolled < 0 && mine.waits < 0) waits.with[k].waits = t;
      for (const std::size_t i : a.eligible.indices())
        for (std::size_t g = 0; g < 3; ++g) {
          const double x = heads[g * n_ + i];
          if (x == 0) continue;
          const double want = x * share(life, k), in = want * found.at(line(life, i));
          of(life)[g * n_ + i] -= want;
          of(waits)[g * n_ + i] += want - in;
          if (!(in > 0)) continue;
          of(becomes('w'))[g * n_ + i] += in * completes * counts;
          if (counts < 1) of(becomes('i'))[g * n_ + i] += in * completes * (1 - counts);
          if (completes < 1) of(becomes('d'))[g * n_ + i] += in * (1 - completes);
        }
    }
  }

  [[nodiscard]] static bool is_there(const rungs::MoveEffects& effects, double since) {
    return effects.profile().strength(since, 1e-11) > 0;
  }
  /// The share of a length of time in which something is there: looked at in 64 parts, and where it begins or ends by
  /// halving.
  template <class There>
  [[nodiscard]] static double presence(const There& there, double length) {
    double sum = 0;
    for (int k = 0; k < 64; ++k) {
      const double first = k * length / 64, last = first + length / 64 - 2e-11;
      if (there(first) == there(last)) {
        sum += there(first) ? length / 64 : 0;
        continue;
      }
      double a = first, b = last;
      for (int half = 0; half < 60; ++half) (there((a + b) / 2) == there(first) ? a : b) = (a + b) / 2;
      sum += there(first) ? a - first : last - a;
    }
    return sum / length;
  }
  void apply(Matrix& p, const rungs::MoveEffects& effects, double since, double length, double part = 1) const {
    const double strength = part * effects.profile().strength(since, length);
    if (!(strength > 0)) return;
    take(p, effects, strength, effects.deviations(draw_));
  }
  /// Since when an effect may have begun, and the part of the period in which it can: both in years.
  [[nodiscard]] std::pair<double, double> free_part(double years, double locked) const {
    const double since = years - locked;
    return since >= 0 ? std::pair(since, step_) : std::pair(0.0, std::max(0.0, step_ + since));
  }
  [[nodiscard]] int works_since(const Story& s) const {
    return s.outcome == 'w' ? s.finished : s.outcome == ' ' ? -1 : s.earlier;
  }

  [[nodiscard]] Matrix moves(const Matrix& base, const Life& life, int t) const {
    Matrix p = base;
    Vector most = Vector::Zero(base.rows());
    for (std::size_t k = 0; k < life.with.size(); ++k) {
      const int from = works_since(life.with[k]);
      if (from < 0) continue;
      const auto [since, length] = free_part(years(from, t), free_after(k));
      if (!(length > 1e-12)) continue;
      if (policy_.combine != rungs::Combine::strongest) {
        apply(p, *policy_.programmes[k].effects(), since, length);
        continue;
      }
      Matrix alone = base;
      apply(alone, *policy_.programmes[k].effects(), since, length);
      for (Eigen::Index i = 0; i < base.rows(); ++i) {
        const double change = (alone.row(i) - base.row(i)).cwiseAbs().sum();
        if (change > most[i] + 1e-12) {
          most[i] = change;
          p.row(i) = alone.row(i);
        }
      }
    }
    for (const rungs::Complement& c : policy_.complements) {
      double since = 1e300, length = step_;
      std::vector<std::pair<const rungs::MoveEffects*, double>> all{{&c.effects, 0}};  // and since when, at the end
      for (const std::string& name : c.programmes) {
        const std::size_t k = number(name);
        const int from = k < life.with.size() ? works_since(life.with[k]) : -1;
        const auto [mine, part] = from < 0 ? std::pair(0.0, 0.0) : free_part(years(from, t), free_after(k));
        since = std::min(since, mine);
        length = std::min(length, part);
        if (part > 1e-12) all.emplace_back(&*policy_.programmes[k].effects(), mine + part);
      }
      if (!(length > 1e-12)) continue;
      all[0].second = since + length;
      const double own = presence([&](double at) { return is_there(c.effects, since + at); }, length);
      const auto together = [&](double at) {
        return std::all_of(all.begin(), all.end(),
                           [&](const auto& one) { return is_there(*one.first, one.second - length + at); });
      };
      if (own > 0) apply(p, c.effects, since, length, presence(together, length) / own);
    }
    double longest = 0;  // all lock-ins of a period begin with it
    for (std::size_t k = 0; k < life.with.size(); ++k) {
      const Story& s = life.with[k];
      if (s.enrolled < 0 || (s.finished >= 0 && terms(k).modules > 0)) continue;
      const double lock =
          s.outcome == 'd' ? terms(k).drop_out_years.value_or(terms(k).lock_in_years) : terms(k).lock_in_years;
      longest = std::max(longest, std::clamp((lock - years(s.enrolled, t)) / step_, 0.0, 1.0));
    }
    const rungs::Ladder& l = kernel_.ladder();
    for (std::size_t i = 0; i < l.strata(); ++i)
      for (std::size_t j = 0; j < l.strata(); ++j)
        if (l.height(j) > l.height(i)) {
          const auto r = static_cast<Eigen::Index>(i), c = static_cast<Eigen::Index>(j);
          const double held = longest * p(r, c);
          p(r, r) += held;
          p(r, c) -= held;
        }
    return p;
  }

  /// The modules of one more step, finished at their rate: every way it can go, with its probability.
  [[nodiscard]] std::vector<std::pair<Life, double>> studied(const Life& life, int t) const {
    std::vector<std::pair<Life, double>> all{{life, 1.0}};
    for (std::size_t k = 0; k < life.with.size(); ++k) {
      const Story& s = life.with[k];
      if (s.enrolled < 0 || s.finished >= 0) continue;
      const double rate = terms(k).modules_per_year * step_;
      const int left = terms(k).modules - s.modules;
      std::vector<std::pair<Life, double>> next;
      for (const auto& [one, share] : all) {
        double rest = 1;
        for (int m = 0; m < left; ++m) {
          const double p = std::exp(-rate + m * std::log(rate) - std::lgamma(m + 1.0));
          rest -= p;
          next.emplace_back(one, share * p).first.with[k].modules += m;
        }
        next.emplace_back(one, share * std::max(0.0, rest)).first.with[k].finished = t + 1;
      }
      all = std::move(next);
    }
    return all;
  }

  void move(int t) {
    const Matrix& base = kernel_.at(kernel_.step().after(population_.at(), t)).matrix();
    Vector entrants = Vector::Zero(base.rows());
    for (const rungs::Inflow& in : population_.inflow()) {
      double heads = in.per_year;
      for (const auto& [of, rate] : in.per_head_of)
        heads += rate * out_.headcount(t, static_cast<Eigen::Index>(of.index()));
      entrants[static_cast<Eigen::Index>(in.into.index())] += heads * step_;
    }
    std::vector<std::pair<const Life*, Matrix>> all;
    Matrix push = Matrix::Zero(base.rows(), base.cols());
    for (const auto& [life, heads] : people_) {
      all.emplace_back(&life, moves(base, life, t));
      for (std::size_t i = 0; i < n_; ++i)
        push.row(static_cast<Eigen::Index>(i)) +=
            (heads[i] + heads[n_ + i] + heads[2 * n_ + i]) * all.back().second.row(static_cast<Eigen::Index>(i));
    }
    // Nobody is refused at first; whoever is refused stays where another may have wanted the place; and so on.
    Vector refused = Vector::Zero(base.rows());
    for (int round = 0; round < 2'000'000; ++round) {
      Vector next = refused;
      for (const rungs::Posts& posts : population_.posts()) {
        const auto j = static_cast<Eigen::Index>(posts.at.indices().front());
        double places = std::max(0.0, posts.now.value() + posts.growth_per_year * years(0, t + 1));
        places -= push(j, j) + entrants[j];
        for (Eigen::Index k = 0; k < base.rows(); ++k)
          if (k != j) places -= push(j, k) * refused[k];
        const double wanted = push.col(j).sum() - push(j, j);
        if (wanted > 0) next[j] = std::max(refused[j], std::clamp(1 - places / wanted, 0.0, 1.0));
      }
      const double change = (next - refused).cwiseAbs().maxCoeff();
      refused = next;
      if (change < 1e-15) break;
    }
    for (Eigen::Index j = 0; j < base.rows(); ++j) out_.blocked(t, j) = refused[j] * (push.col(j).sum() - push(j, j));

    Matrix flow = Matrix::Zero(base.rows(), base.cols());
    const auto before = std::exchange(people_, {});
    auto at = all.begin();
    const bool by_tenure = std::any_of(policy_.programmes.begin(), policy_.programmes.end(),
                                       [](const Programme& p) { return p.terms().years_in_stratum > 0; });
    for (const auto& [life, heads] : before) {
      Matrix p = (at++)->second;
      for (Eigen::Index i = 0; i < p.rows(); ++i)
        for (Eigen::Index j = 0; j < p.cols(); ++j)
          if (i != j) {
            p(i, i) += refused[j] * p(i, j);
            p(i, j) *= 1 - refused[j];
          }
      for (const auto& [later, share] : studied(life, t)) {
        Life moved = later;
        if (by_tenure) moved.since = t + 1;
        Heads& stay = of(later);
        Heads& gone = of(moved);
        for (std::size_t g = 0; g < 3; ++g)
          for (std::size_t i = 0; i < n_; ++i) {
            if (heads[g * n_ + i] == 0) continue;
            for (std::size_t j = 0; j < n_; ++j) {
              const double x =
                  share * heads[g * n_ + i] * p(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j));
              flow(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) += x;
              const bool arrives = g == asked && question_.target.contains(j);
              if (arrives) out_.first_reached[t + 1] += x;
              (i == j ? stay : gone)[(arrives ? std::size_t{reached} : g) * n_ + j] += x;
            }
          }
      }
    }
    out_.flows.push_back(flow);
    Life newcomer{std::vector<Story>(policy_.programmes.size()), by_tenure ? t + 1 : 0};
    for (std::size_t i = 0; i < n_; ++i) {
      of(newcomer)[others * n_ + i] += entrants[static_cast<Eigen::Index>(i)];
      out_.entrants(t, static_cast<Eigen::Index>(i)) = entrants[static_cast<Eigen::Index>(i)];
    }
    for (auto one = people_.begin(); one != people_.end();) {
      const bool empty = std::all_of(one->second.begin(), one->second.end(), [](double x) { return x == 0; });
      for (std::size_t g = 0; g < 3; ++g)
        for (std::size_t i = 0; i < n_; ++i)
          out_.headcount(t + 1, static_cast<Eigen::Index>(i)) += one->second[g * n_ + i];
      one = empty ? people_.erase(one) : std::next(one);
    }
  }

  const rungs::Kernel& kernel_;
  const rungs::Population& population_;
  const rungs::Question& question_;
  const Policy& policy_;
  rungs::Count count_;
  rungs::Draw draw_;
  std::size_t n_ = kernel_.ladder().size();
  double step_ = kernel_.step().years();
  int steps_ = static_cast<int>(question_.within.steps());
  std::map<Life, Heads> people_{};
  rungs::Course out_{};
};

}  // namespace oracle

#endif
