// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_DETAIL_POLICY_RUN_HPP
#define RUNGS_DETAIL_POLICY_RUN_HPP

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <rungs/measure/value.hpp>
#include <rungs/model/ensemble.hpp>
#include <rungs/project/projection.hpp>
#include <rungs/project/whole_people.hpp>

namespace rungs::detail {

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

/// Whether a programme of a policy is held in a period: with assigned seats, where it has any.
inline bool is_held(const Policy& policy, std::size_t p, std::int64_t t, std::int64_t label) {
  return policy.programmes[p].enrols_in(label) &&
         (policy.assigned.empty() ||
          std::any_of(policy.assigned.begin(), policy.assigned.end(), [&](const SeatsOfTrack& s) {
            return s.programme == p && s.step == static_cast<std::size_t>(t) && s.heads > 0;
          }));
}

/// What each participant costs in one world, discounted to the start: programmes x steps.
inline Matrix costs_of_participants(const Policy& policy, std::size_t steps, Step step, DiscountRate rate,
                                    const Draw& draw) {
  Matrix out(static_cast<Eigen::Index>(policy.programmes.size()), static_cast<Eigen::Index>(steps));
  for (Eigen::Index p = 0; p < out.rows(); ++p) {
    const double each =
        policy.programmes[static_cast<std::size_t>(p)].cost_of_participant(rate.effective_annual(), draw);
    for (Eigen::Index t = 0; t < out.cols(); ++t) out(p, t) = rate.factor(static_cast<double>(t) * step.years()) * each;
  }
  return out;
}

/// The cost of a policy in one world, discounted to the start.
inline double policy_cost(const Policy& policy, const Course& course, const Population& population, Step step,
                          DiscountRate rate, const Draw& draw) {
  double sum = 0;
  for (std::size_t p = 0; p < policy.programmes.size(); ++p) {
    const Programme& programme = policy.programmes[p];
    const double each = programme.cost_of_participant(rate.effective_annual(), draw);
    double once = programme.cost_once(draw);
    const double fixed = programme.fixed_cost_per_year(draw) * step.years();
    for (Eigen::Index t = 0; t < course.participants.cols(); ++t) {
      double cost = course.participants(static_cast<Eigen::Index>(p), t) * each;
      if (is_held(policy, p, t, step.after(population.at(), t).label())) {
        cost += fixed + once;
        once = 0;
      }
      sum += rate.factor(static_cast<double>(t) * step.years()) * cost;
    }
  }
  return sum;
}

/// What loans are worth to those who take them: what they cost the budget, discounted to the start.
inline double worth_of_loans(const Policy& policy, const Course& course, Step step, DiscountRate rate,
                             const Draw& draw) {
  double sum = 0;
  for (std::size_t p = 0; p < policy.programmes.size(); ++p)
    if (policy.programmes[p].terms().loan) {
      const double each = policy.programmes[p].cost_of_loan(rate.effective_annual(), draw);
      for (Eigen::Index t = 0; t < course.participants.cols(); ++t)
        sum += rate.factor(static_cast<double>(t) * step.years()) *
               course.participants(static_cast<Eigen::Index>(p), t) * each;
    }
  return sum;
}

/// Money that is gained over a course, discounted, from each perspective.
struct Gains {
  double budget = 0, participant = 0, society = 0;
  [[nodiscard]] double of(Perspective whose) const noexcept {
    return whose == Perspective::budget ? budget : whose == Perspective::participant ? participant : society;
  }
};
/// The cost of a policy is the budget's loss, its loans go from the budget to participants, and streams of money gain
/// for those whose they are. What anybody gains or loses, society does.
inline Gains gains(double cost, double loans, const std::vector<ValueStream>& streams,
                   const std::vector<StreamValue>& values) {
  Gains out{-cost, loans, 0};
  double others = 0;
  for (std::size_t v = 0; v < streams.size(); ++v) {
    if (!streams[v].terms().currency) continue;
    const Perspective whose = streams[v].terms().perspective;
    (whose == Perspective::budget        ? out.budget
     : whose == Perspective::participant ? out.participant
                                         : others) += values[v].discounted;
  }
  out.society = out.budget + out.participant + others;
  return out;
}

/// The people who reach the target, each counted less the later they do: as an amount due when they first are there.
inline double reached_discounted(const Course& course, Step step, DiscountRate rate) {
  if (rate.effective_annual() == 0) return course.reached();
  double sum = 0;
  for (Eigen::Index t = 0; t < course.first_reached.size(); ++t)
    sum += rate.factor(static_cast<double>(t) * step.years()) * course.first_reached[t];
  return sum;
}

/// Rungs climbed less rungs descended by everybody over a course; moves to exits are neither.
inline double rungs_climbed(const Ladder& ladder, const Course& course) {
  double sum = 0;
  for (const Matrix& flow : course.flows)
    for (std::size_t i = 0; i < ladder.strata(); ++i)
      for (std::size_t j = 0; j < ladder.strata(); ++j)
        if (const int up = ladder.height(j) - ladder.height(i); up != 0)
          sum += up * flow(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j));
  return sum;
}

/// One policy planned as far as its counts differ (gross, after each deduction, net), with the numbers of every world.
class PolicyRun {
 public:
  PolicyRun(const Ensemble& ensemble, const Population& population, const Question& question, const Policy& policy,
            const std::vector<ValueStream>& streams, DiscountRate outcomes, std::size_t draws)
      : net_(ensemble.point(), population, question, policy, Count::net),
        n_(ensemble.ladder().size()),
        steps_(net_.steps()),
        posts_(population.posts().size()),
        groups_(ensemble.ladder().groups().size()),
        streams_(streams),
        outcomes_(outcomes),
        draws_(draws) {
    for (const Programme& p : policy.programmes) names_.push_back(p.name());
    const auto any = [&](const auto& of) {
      return std::any_of(policy.programmes.begin(), policy.programmes.end(),
                         [&](const Programme& p) { return !of(p.terms()).is_zero(); });
    };
    const bool deadweight = any([](const Programme::Terms& t) { return t.deadweight; });
    const bool substitution = any([](const Programme::Terms& t) { return t.substitution; });
    const bool displacement = any([](const Programme::Terms& t) { return t.displacement; });
    for (const Programme& p : policy.programmes) {
      varies_ = varies_ || p.varies();
      costs_vary_ = costs_vary_ || p.costs_vary();
    }
    for (const Complement& c : policy.complements) varies_ = varies_ || c.effects.varies();
    const auto plan = [&](Count count) {
      return std::optional<Projection>(std::in_place, ensemble.point(), population, question, policy, count);
    };
    // Each stage is the one after it where nothing is deducted in between.
    if (displacement) before_displacement_ = plan(Count::after_substitution);
    if (substitution) before_substitution_ = plan(Count::after_deadweight);
    if (deadweight) gross_ = plan(Count::gross);
    values.resize(size());
    point.resize(size());
  }
  /// Makes room for the draws of every number but the flows of moves that nobody can make in any world.
  void make_room(const Ladder& ladder) {
    for (std::size_t q = 0; q < size(); ++q)
      if (q < flow(0, 0, 0) || q >= group(0, reached_of)) values[q].assign(draws_, point[q]);
    for (std::size_t i = 0; i < ladder.strata(); ++i)
      for (std::size_t j = 0; j < n_; ++j) {
        const auto opens = [&](const MoveEffects& effects) {
          return std::any_of(effects.effects().begin(), effects.effects().end(),
                             [&](const MoveEffect& e) { return e.opens && e.changes(i, j); });
        };
        bool possible = ladder.possible(i, j);
        for (const Programme& p : net_.policy().programmes) possible = possible || (p.effects() && opens(*p.effects()));
        for (const Complement& c : net_.policy().complements) possible = possible || opens(c.effects);
        for (std::size_t t = 0; t < steps_ && possible; ++t) values[flow(t, i, j)].assign(draws_, point[flow(t, i, j)]);
      }
  }
  [[nodiscard]] const Projection& plan() const noexcept { return net_; }
  [[nodiscard]] bool effects_vary() const noexcept { return varies_; }
  [[nodiscard]] bool costs_vary() const noexcept { return costs_vary_; }
  [[nodiscard]] std::size_t programmes() const noexcept { return net_.policy().programmes.size(); }

  // Where each quantity stands among the numbers of a world.
  enum Fixed : std::size_t {
    reached,
    reached_before_displacement,
    reached_before_substitution,
    reached_gross,
    standing,
    years,
    cost,
    participants,
    all_turned_away,
    climbed,
    reached_in_time,  // discounted
    gain_of_budget,
    gain_of_participant,
    gain_of_society,
    fixed
  };
  enum OfProgramme : std::size_t { offers, taken, turned_away, lent, lost, of_programme };
  [[nodiscard]] std::size_t programme(std::size_t p, OfProgramme what) const noexcept {
    return fixed + of_programme * p + what;
  }
  enum OfPosts : std::size_t { open, blocked, of_posts };
  [[nodiscard]] std::size_t posts(std::size_t t, std::size_t k, OfPosts what) const noexcept {
    return fixed + of_programme * programmes() + (t * posts_ + k) * of_posts + what;
  }
  [[nodiscard]] std::size_t moves_per_vacancy() const noexcept { return posts(steps_, 0, open); }
  enum OfValue : std::size_t { total, forgone, of_value };
  [[nodiscard]] std::size_t value(std::size_t stream, OfValue what = total) const noexcept {
    return moves_per_vacancy() + 1 + of_value * stream + what;
  }
  [[nodiscard]] static std::size_t gain(Perspective whose) noexcept {
    return whose == Perspective::budget        ? gain_of_budget
           : whose == Perspective::participant ? gain_of_participant
                                               : gain_of_society;
  }
  [[nodiscard]] std::size_t passage(std::size_t t) const noexcept { return value(streams_.size()) + t; }
  [[nodiscard]] std::size_t heads(std::size_t t, std::size_t i) const noexcept {
    return passage(steps_ + 1) + t * n_ + i;
  }
  [[nodiscard]] std::size_t flow(std::size_t t, std::size_t i, std::size_t j) const noexcept {
    return heads(steps_ + 1, 0) + (t * n_ + i) * n_ + j;
  }
  enum OfGroup : std::size_t { reached_of, standing_of, participants_of, cohort_of, of_group };
  [[nodiscard]] std::size_t group(std::size_t g, OfGroup what) const noexcept {
    return flow(steps_, 0, 0) + g * of_group + what;
  }
  [[nodiscard]] std::size_t size() const noexcept { return group(groups_, reached_of); }

  struct Room {
    Projection::Workspace net, other_room;
    Course course, other;
    std::vector<StreamValue> values;
  };
  /// Writes the expected numbers of one world through `put(index, number)`; returns whether an effect was capped.
  template <class Put>
  bool world(const Kernel& kernel, const Draw& draw, DiscountRate rate, Room& room, const Put& put) const {
    return numbers(kernel, draw, rate, room, put, [&](const Projection& plan, std::size_t stage, Course& out) {
      plan.run(kernel, draw, out, stage == 0 ? room.net : room.other_room);
    });
  }
  /// As above, as counted once in whole people.
  using People = std::array<std::unique_ptr<WholePeople>, 4>;
  template <class Put>
  void count(const Kernel& kernel, const Draw& draw, const Draw& chance, DiscountRate rate, Room& room, People& people,
             const Put& put) const {
    numbers(kernel, draw, rate, room, put, [&](const Projection& plan, std::size_t stage, Course& out) {
      if (!people[stage]) people[stage] = std::make_unique<WholePeople>(plan);
      people[stage]->run(kernel, draw, chance, out);
    });
  }
  /// What a quantity is of: where people stand at the start; who reaches; where people go; the money that is worth; who
  /// is offered a place; who enrols, and what that costs; or a ratio, of which the mean is not the ratio of the means.
  enum class Of : std::uint8_t { start, reach, people, money, offers, seats, costs, ratio };
  [[nodiscard]] Of kind(std::size_t q) const noexcept {
    if (q == years || q == moves_per_vacancy()) return Of::ratio;
    if (q < cost && q != years) return Of::reach;
    if (q == cost) return Of::costs;
    if (q == participants || q == all_turned_away) return Of::seats;
    if (q == climbed) return Of::people;
    if (q == reached_in_time) return Of::reach;
    if (q < fixed) return Of::money;
    if (q < posts(0, 0, open)) {
      const std::size_t what = (q - programme(0, offers)) % of_programme;
      return what == offers ? Of::offers : what <= turned_away ? Of::seats : Of::costs;
    }
    if (q < moves_per_vacancy()) return Of::people;
    if (q < passage(0)) return Of::money;
    if (q < heads(0, 0)) return Of::reach;
    if (q < heads(1, 0)) return Of::start;
    if (q < group(0, reached_of)) return Of::people;
    const std::size_t what = (q - group(0, reached_of)) % of_group;
    return what == cohort_of ? Of::start : what == participants_of ? Of::seats : Of::reach;
  }
  /// The number of a quantity in another policy, which may have other programmes; none where it is of a programme.
  [[nodiscard]] std::optional<std::size_t> in_other(std::size_t q, const PolicyRun& other) const noexcept {
    if (q < fixed) return q;
    if (q < posts(0, 0, open)) return std::nullopt;
    return q - posts(0, 0, open) + other.posts(0, 0, open);
  }
  /// In one world, those who reach and those who find no seat or post, as often as they want one.
  template <class Get>
  [[nodiscard]] double wanted(const Get& get) const {
    double sum = get(reached) + get(all_turned_away);
    for (std::size_t t = 0; t < steps_; ++t)
      for (std::size_t k = 0; k < posts_; ++k) sum += get(posts(t, k, blocked));
    return sum;
  }
  /// About how long it takes to count once, in ns, of a course: for each person, or for each cell of people.
  [[nodiscard]] double time_of_counting(const Course& course) const {
    double cells = 0;
    for (std::size_t t = 0; t < steps_; ++t)
      cells += static_cast<double>(net_.ways().present(t).size()) * static_cast<double>(n_ * n_);
    const double people = course.headcount.row(course.headcount.rows() - 1).sum();  // who has left has been there
    return std::min(25 * people * static_cast<double>(steps_), 1000 * cells);
  }

  std::vector<std::vector<double>> values;  // by quantity, then draw
  std::vector<double> point;
  std::size_t capped = 0;

 private:
  template <class Put, class Run>
  bool numbers(const Kernel& kernel, const Draw& draw, DiscountRate rate, Room& room, const Put& put,
               const Run& run) const {
    run(net_, 0, room.course);
    const Course& c = room.course;
    const Population& people = net_.population();
    const double sum = c.reached();
    put(reached, sum);
    put(reached_in_time, reached_discounted(c, kernel.step(), outcomes_));
    put(standing, c.standing);
    double weighted = 0;
    for (Eigen::Index t = 0; t < c.first_reached.size(); ++t) {
      weighted += static_cast<double>(t) * c.first_reached[t];
      put(passage(static_cast<std::size_t>(t)), c.cohort > 0 ? c.first_reached[t] / c.cohort : 0.0);
    }
    put(years, sum > 0 ? weighted / sum * kernel.step().years() : std::numeric_limits<double>::quiet_NaN());
    const double spent = policy_cost(net_.policy(), c, people, kernel.step(), rate, draw);
    put(cost, spent);
    put(participants, c.participants.sum());
    put(all_turned_away, c.turned_away.sum());
    put(climbed, rungs_climbed(kernel.ladder(), c));
    for (std::size_t p = 0; p < programmes(); ++p) {
      const auto row = static_cast<Eigen::Index>(p);
      const double enrolled = c.participants.row(row).sum();
      const Programme& of = net_.policy().programmes[p];
      put(programme(p, offers), c.offers.size() > 0 ? c.offers.row(row).sum() : 0.0);
      put(programme(p, taken), enrolled);
      put(programme(p, turned_away), c.turned_away.row(row).sum());
      put(programme(p, lent), enrolled * (of.terms().loan ? of.terms().loan->amount : 0.0));
      put(programme(p, lost), enrolled * of.instalments_lost(draw));
    }
    put_posts(c, people, put);
    room.values.clear();
    for (std::size_t v = 0; v < streams_.size(); ++v) {
      room.values.push_back(streams_[v].varies() && !draw.is_point()
                                ? streams_[v].in_world(draw).over(c, kernel.step(), names_)
                                : streams_[v].over(c, kernel.step(), names_));
      put(value(v), room.values[v].discounted);
      put(value(v, forgone), room.values[v].forgone);
    }
    const Gains all = gains(spent, worth_of_loans(net_.policy(), c, kernel.step(), rate, draw), streams_, room.values);
    for (const Perspective whose : {Perspective::budget, Perspective::participant, Perspective::society})
      put(gain(whose), all.of(whose));
    for (std::size_t t = 0; t <= steps_; ++t)
      for (std::size_t i = 0; i < n_; ++i)
        put(heads(t, i), c.headcount(static_cast<Eigen::Index>(t), static_cast<Eigen::Index>(i)));
    for (std::size_t t = 0; t < steps_; ++t)
      for (std::size_t i = 0; i < n_; ++i)
        for (std::size_t j = 0; j < n_; ++j)
          put(flow(t, i, j), c.flows[t](static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)));
    put_groups(kernel.ladder(), c, put);
    bool edge = c.capped;
    double before = sum;
    std::size_t number = 0;
    for (const auto& [stage, quantity] :
         {std::pair(&before_displacement_, reached_before_displacement),
          std::pair(&before_substitution_, reached_before_substitution), std::pair(&gross_, reached_gross)}) {
      ++number;
      if (*stage) {
        run(**stage, number, room.other);
        before = room.other.reached();
        edge = edge || room.other.capped;
      }
      put(quantity, before);
    }
    return edge;
  }

  template <class Put>
  void put_groups(const Ladder& ladder, const Course& c, const Put& put) const {
    for (std::size_t g = 0; g < groups_; ++g) {
      double reached_in = 0, standing_in = 0, enrolled = 0, asked = 0;
      for (std::size_t k = 0; k < n_ / groups_; ++k) {
        const std::size_t i = ladder.for_group(k, g);
        const auto at = static_cast<Eigen::Index>(i);
        reached_in += c.reached_now[at];
        if (net_.question().target.contains(i)) standing_in += c.reached_now[at];
        if (net_.question().from.contains(i)) asked += c.headcount(0, at);
        for (Eigen::Index p = 0; p < c.enrolled.rows(); ++p) enrolled += c.enrolled(p, at);
      }
      put(group(g, reached_of), reached_in);
      put(group(g, standing_of), standing_in);
      put(group(g, participants_of), enrolled);
      put(group(g, cohort_of), asked);
    }
  }
  template <class Put>
  void put_posts(const Course& c, const Population& people, const Put& put) const {
    std::vector<char> limited(n_);
    for (const Posts& p : people.posts())
      for (const std::size_t j : p.at.indices()) limited[j] = 1;
    double moves = 0, vacancies = 0;
    for (std::size_t k = 0; k < posts_; ++k) {
      const Posts& p = people.posts()[k];
      const auto heads = [&](std::size_t t) {
        double sum = 0;
        for (const std::size_t j : p.at.indices())
          sum += c.headcount(static_cast<Eigen::Index>(t), static_cast<Eigen::Index>(j));
        return sum;
      };
      vacancies += std::max(0.0, c.posts(0, static_cast<Eigen::Index>(k)) - heads(0));
      for (std::size_t t = 0; t < steps_; ++t) {
        const double before = c.posts(static_cast<Eigen::Index>(t), static_cast<Eigen::Index>(k)),
                     then = c.posts(static_cast<Eigen::Index>(t + 1), static_cast<Eigen::Index>(k));
        const double free = then - heads(t + 1);
        put(posts(t, k, open), free > 1e-12 * then ? free : 0.0);  // full but for rounding is full
        vacancies += std::max(0.0, then - before);
        double none = 0;
        for (const std::size_t at : p.at.indices()) {
          const auto j = static_cast<Eigen::Index>(at);
          none += c.blocked(static_cast<Eigen::Index>(t), j);
          for (std::size_t i = 0; i < n_; ++i) {
            if (i == at) continue;
            moves += c.flows[t](static_cast<Eigen::Index>(i), j);
            if (limited[i] == 0) vacancies += c.flows[t](j, static_cast<Eigen::Index>(i));
          }
        }
        put(posts(t, k, blocked), none);
      }
    }
    put(moves_per_vacancy(), vacancies > 0 ? moves / vacancies : std::numeric_limits<double>::quiet_NaN());
  }

  Projection net_;
  std::optional<Projection> before_displacement_{}, before_substitution_{}, gross_{};
  std::size_t n_, steps_, posts_, groups_;
  std::vector<ValueStream> streams_;
  std::vector<std::string> names_{};  // of the programmes
  DiscountRate outcomes_;
  std::size_t draws_;
  bool varies_ = false, costs_vary_ = false;
};

}  // namespace rungs::detail

#endif
