// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_PROJECT_PROJECTION_HPP
#define RUNGS_PROJECT_PROJECTION_HPP

#include <algorithm>
#include <cmath>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <rungs/intervene/programme.hpp>
#include <rungs/project/population.hpp>

namespace rungs {

/// What an expected-value projection gives, period by period: heads, not shares. Index 0 is the start, T the horizon.
///
/// `headcount` (T+1 x n) all people by stratum and exit; `flows` (T matrices n x n) heads moving from row to column;
/// `entrants` (T x n) people who came in during the period; `first_reached` (T+1) people of the cohort asked about who
/// are in the target for the first time; `cohort` how many were asked about; `standing` how many of them are in the
/// target at the horizon; `participants` (programmes x T) people who enrol, `turned_away` those who wanted to and found
/// no seat. The state at T satisfies: people at t+1 = people at t + entrants, exits included.
struct Course {
  Matrix headcount;
  std::vector<Matrix> flows;
  Matrix entrants;
  Vector first_reached;
  double cohort = 0;
  double standing = 0;
  Matrix participants;
  Matrix turned_away;
  bool capped = false;  ///< an effect pushed a probability to the edge of what is possible

  [[nodiscard]] double reached() const { return first_reached.sum(); }
};

/// Which effects count in a projection.
enum class Count : std::uint8_t {
  gross,  ///< of all who complete
  net,    ///< of those who complete and are neither deadweight nor displace somebody else
};

/// Expected headcounts and flows of a population under a policy, with participants tracked apart.
///
/// Answers: who stands where in each period, how many of the cohort asked about have reached the target, how many
/// enrol. Whoever has enrolled in a programme is kept apart by programme and time since enrolment, so that trained and
/// untrained people are never mixed into one averaged matrix. Tracks of which nothing changes any more are merged,
/// which is exact. Programmes that change nothing leave the baseline's bits. Assumes: people move independently at
/// their rates; participants of several programmes have the effects of both, applied in the policy's order; enrolment
/// happens at the start of a period, in the policy's order, pro rata where seats bind. Where seats bind the flows are
/// no longer linear, and expected values are an approximation of the expectation (its relative error is of the order of
/// one over the seats); without binding seats they are exact. Cost: periods x tracks x strata^2; planned once, then run
/// for each draw without allocation. Throws what Programme::check() throws; Refusal [E-HORIZON] when the kernel has no
/// matrix for a period; Refusal [E-SIZE] for more than 200000 tracks; run() Refusal [E-LADDER-OTHER] or [E-SHAPE] for a
/// kernel unlike the one that was planned with.
class Projection {
 public:
  Projection(const Kernel& shape, Population population, Question question, Policy policy, Count count = Count::gross)
      : ladder_(shape.ladder()),
        population_(std::move(population)),
        question_(std::move(question)),
        policy_(std::move(policy)),
        step_(shape.step()),
        steps_(static_cast<std::size_t>(question_.within.steps())),
        n_(ladder_.size()) {
    ladder_.require_own(question_.from);
    ladder_.require_own(question_.target);
    if (!(population_.start().ladder() == ladder_))
      throw Refusal("E-LADDER-OTHER", "found a population on another ladder than the model; expected the same");
    for (const Programme& programme : policy_.programmes)
      programme.check(shape.within(population_.at(), question_.within));
    for (std::size_t t = 0; t < steps_; ++t)
      matrix_.push_back(shape.index(step_.after(population_.at(), static_cast<std::int64_t>(t))));
    constant_ = shape.is_constant();
    first_ = shape.first();
    kernel_size_ = shape.matrices().size();
    in_target_.assign(n_, 0);
    for (const std::size_t i : question_.target.indices()) in_target_[i] = 1;
    for (const Programme& p : policy_.programmes) {
      const Programme::Terms& terms = p.terms();
      const double kept = count == Count::net ? (1 - terms.deadweight.value()) * (1 - terms.displacement.value()) : 1.0;
      effective_.push_back(terms.completion.value() * kept);
    }
    // Programmes that change nobody's moves are followed for their participants only.
    Policy moving{policy_.name, {}};
    for (std::size_t p = 0; p < policy_.programmes.size(); ++p) {
      const Programme& programme = policy_.programmes[p];
      const bool never_works =
          !(effective_[p] > 0) && programme.terms().lock_in_years == 0;  // such as net of a deadweight of 1
      if (!programme.changes_nothing() && !never_works) moving.programmes.push_back(programme);
    }
    if (moving.programmes.size() < policy_.programmes.size())
      moves_ = std::make_unique<Projection>(shape, population_, question_, moving, count);
    plan();
  }

  [[nodiscard]] const Policy& policy() const noexcept { return policy_; }
  [[nodiscard]] std::size_t steps() const noexcept { return steps_; }
  [[nodiscard]] std::size_t tracks() const noexcept { return tracks_.size(); }
  [[nodiscard]] const Population& population() const noexcept { return population_; }
  [[nodiscard]] const Question& question() const noexcept { return question_; }

  /// Numbers a run needs room for; one for each thread, reused from draw to draw.
  struct Workspace {
    std::vector<double> now, next;
    std::vector<Matrix> moves;
    std::vector<char> ready;
    std::unique_ptr<Workspace> inner;
  };

  /// The course of things with one kernel, in one joint world.
  [[nodiscard]] Course run(const Kernel& kernel, const Draw& draw) const {
    Course out;
    Workspace room;
    run(kernel, draw, out, room);
    return out;
  }
  void run(const Kernel& kernel, const Draw& draw, Course& out, Workspace& room) const {
    if (!(kernel.ladder() == ladder_ && kernel.step() == step_))
      throw Refusal("E-LADDER-OTHER",
                    "found a kernel of another ladder or step than the projection was planned for; expected the same");
    if (kernel.is_constant() != constant_ || kernel.first() != first_ || kernel.matrices().size() != kernel_size_)
      throw Refusal("E-SHAPE",
                    "found a kernel of other periods than the projection was planned for; expected the same");
    run_tracked(kernel, draw, out, room);
    if (!moves_) return;
    if (!room.inner) room.inner = std::make_unique<Workspace>();
    Matrix participants = std::move(out.participants), turned_away = std::move(out.turned_away);
    moves_->run(kernel, draw, out, *room.inner);
    out.participants = std::move(participants);
    out.turned_away = std::move(turned_away);
  }

 private:
  enum Group : std::size_t { asked, reached, others, groups };
  static constexpr int none = -1;

  /// Where somebody stands with each programme: never enrolled, or so many steps ago, with or without its effect.
  struct Standing {
    int age = none;
    bool effective = false;
    friend auto operator<=>(const Standing&, const Standing&) = default;
  };
  using Track = std::vector<Standing>;

  /// Splits those of one track who enrol in one programme at the start of one period.
  struct Enrolment {
    std::size_t from, with_effect, without_effect;
  };

  void plan() {
    const std::size_t k = policy_.programmes.size();
    std::vector<int> settled(k), released(k);
    for (std::size_t p = 0; p < k; ++p) {
      const auto steps = [&](double years) {
        return years / step_.years() < 1e6 ? static_cast<int>(std::ceil(std::max(0.0, years / step_.years() - 1e-9)))
                                           : static_cast<int>(steps_) + 1;
      };
      settled[p] = steps(policy_.programmes[p].settled());
      released[p] = steps(policy_.programmes[p].terms().lock_in_years);
    }
    std::map<Track, std::size_t> index;
    const auto number = [&](const Track& track) {
      const auto [at, is_new] = index.try_emplace(track, tracks_.size());
      if (is_new) {
        if (tracks_.size() >= 200'000)
          throw Refusal("E-SIZE", "found more than 200000 tracks of people through the programmes of " +
                                      detail::quoted(policy_.name) +
                                      "; expected fewer programmes, or effects that settle");
        tracks_.push_back(track);
        older_.push_back(0);
      }
      return at->second;
    };
    std::vector<std::size_t> present{number(Track(k))};
    enrolments_.assign(steps_, std::vector<std::vector<Enrolment>>(k));
    present_.assign(steps_ + 1, {});
    for (std::size_t t = 0; t < steps_; ++t) {
      const std::int64_t label = step_.after(population_.at(), static_cast<std::int64_t>(t)).label();
      for (std::size_t p = 0; p < k; ++p) {
        const Programme& programme = policy_.programmes[p];
        if (!programme.enrols_in(label)) continue;
        const std::size_t before = present.size();
        for (std::size_t s = 0; s < before; ++s) {
          Track track = tracks_[present[s]];
          if (track[p].age != none) continue;
          if (programme.nobody_enrols()) {  // only counted: without a seat all who want one are turned away
            enrolments_[t][p].push_back({present[s], present[s], present[s]});
            continue;
          }
          track[p] = {0, true};
          const std::size_t with = number(track);
          track[p].effective = false;
          const std::size_t without = number(track);
          enrolments_[t][p].push_back({present[s], with, without});
          present.push_back(with);
          present.push_back(without);
        }
        std::sort(present.begin(), present.end());
        present.erase(std::unique(present.begin(), present.end()), present.end());
      }
      present_[t] = present;
      std::vector<std::size_t> after;
      for (const std::size_t s : present) {
        Track track = tracks_[s];
        for (std::size_t p = 0; p < k; ++p)
          if (track[p].age != none)
            track[p].age = std::min(track[p].age + 1, track[p].effective ? settled[p] : released[p]);
        const std::size_t older = number(track);
        older_[s] = older;
        after.push_back(older);
      }
      std::sort(after.begin(), after.end());
      after.erase(std::unique(after.begin(), after.end()), after.end());
      present = std::move(after);
    }
    present_[steps_] = present;
    // A track on which nothing differs from the baseline shares its moves.
    for (const Track& track : tracks_) {
      bool plain = true;
      for (std::size_t p = 0; p < k; ++p)
        plain = plain && (track[p].age == none || (!track[p].effective && track[p].age >= released[p]));
      plain_.push_back(plain ? 1 : 0);
    }
  }

  /// The moves of a track in a period, made when first asked for.
  const Matrix& moves_of(std::size_t track, const Matrix& base, const Draw& draw, Workspace& room, bool& capped) const {
    if (plain_[track] != 0) return base;
    Matrix& p = room.moves[track];
    if (room.ready[track] == 0) {
      p = base;
      for (std::size_t k = 0; k < policy_.programmes.size(); ++k) {
        const Standing& s = tracks_[track][k];
        if (s.age != none && s.effective)
          capped = policy_.programmes[k].take_effect(p, ladder_, s.age * step_.years(), step_, draw) || capped;
      }
      for (std::size_t k = 0; k < policy_.programmes.size(); ++k) {
        const Standing& s = tracks_[track][k];
        if (s.age != none) policy_.programmes[k].lock_in(p, ladder_, s.age * step_.years(), step_);
      }
      room.ready[track] = 1;
    }
    return p;
  }

  void run_tracked(const Kernel& kernel, const Draw& draw, Course& out, Workspace& room) const {
    const auto n = static_cast<Eigen::Index>(n_), steps = static_cast<Eigen::Index>(steps_);
    const std::size_t programmes = policy_.programmes.size(), cells = tracks_.size() * groups * n_;
    room.now.assign(cells, 0.0);
    room.next.assign(cells, 0.0);
    room.moves.resize(tracks_.size());
    room.ready.assign(tracks_.size(), 0);
    out.headcount.setZero(steps + 1, n);
    out.entrants.setZero(steps, n);
    out.first_reached.setZero(steps + 1);
    out.participants.setZero(static_cast<Eigen::Index>(programmes), steps);
    out.turned_away.setZero(static_cast<Eigen::Index>(programmes), steps);
    out.flows.resize(steps_);
    out.cohort = 0;
    out.standing = 0;
    out.capped = false;

    const auto cell = [this](std::vector<double>& x, std::size_t track, std::size_t group) {
      return x.data() + (track * groups + group) * n_;
    };
    for (std::size_t i = 0; i < n_; ++i) {
      const double heads = population_.start().heads()[static_cast<Eigen::Index>(i)];
      if (!question_.from.contains(i)) {
        cell(room.now, 0, others)[i] = heads;
        continue;
      }
      out.cohort += heads;
      if (in_target_[i] != 0) {
        cell(room.now, 0, reached)[i] = heads;
        out.first_reached[0] += heads;
      } else {
        cell(room.now, 0, asked)[i] = heads;
      }
    }
    count_heads(room.now, present_[0], out, 0);

    for (std::size_t t = 0; t < steps_; ++t) {
      const auto row = static_cast<Eigen::Index>(t);
      for (std::size_t p = 0; p < programmes; ++p) enrol(p, t, room.now, out);
      const Matrix& base = kernel.matrices()[constant_ ? 0 : matrix_[t]].matrix();
      if (!constant_ && t > 0) std::fill(room.ready.begin(), room.ready.end(), char{0});
      Matrix& flow = out.flows[t];
      flow.setZero(n, n);
      for (const std::size_t track : present_[t + 1])
        std::fill(cell(room.next, track, 0), cell(room.next, track, 0) + groups * n_, 0.0);
      for (const std::size_t track : present_[t]) {
        double* now = cell(room.now, track, 0);
        if (std::all_of(now, now + groups * n_, [](double x) { return x == 0; })) continue;
        const Matrix& p = moves_of(track, base, draw, room, out.capped);
        double* next = cell(room.next, older_[track], 0);
        for (std::size_t i = 0; i < n_; ++i) {
          const double a = now[i], b = now[n_ + i], c = now[2 * n_ + i], all = a + b + c;
          if (all == 0) continue;
          const double* move = p.data() + i * n_;
          double* moved = flow.data() + i * n_;
          for (std::size_t j = 0; j < n_; ++j) moved[j] += all * move[j];
          if (c != 0)
            for (std::size_t j = 0; j < n_; ++j) next[2 * n_ + j] += c * move[j];
          if (b != 0)
            for (std::size_t j = 0; j < n_; ++j) next[n_ + j] += b * move[j];
          if (a != 0)
            for (std::size_t j = 0; j < n_; ++j) {
              const double heads = a * move[j];
              if (in_target_[j] != 0) {
                out.first_reached[row + 1] += heads;
                next[n_ + j] += heads;
              } else {
                next[j] += heads;
              }
            }
        }
      }
      for (const Inflow& in : population_.inflow()) {
        double heads = in.per_year;
        for (const auto& [stratum, rate] : in.per_head_of)
          heads += rate * out.headcount(row, static_cast<Eigen::Index>(stratum.index()));
        heads *= step_.years();
        out.entrants(row, static_cast<Eigen::Index>(in.into.index())) += heads;
        cell(room.next, 0, others)[in.into.index()] += heads;
      }
      room.now.swap(room.next);
      count_heads(room.now, present_[t + 1], out, t + 1);
    }
    for (const std::size_t track : present_[steps_])
      for (const std::size_t i : question_.target.indices())
        out.standing += cell(room.now, track, asked)[i] + cell(room.now, track, reached)[i];
  }

  void count_heads(const std::vector<double>& cells, const std::vector<std::size_t>& present, Course& out,
                   std::size_t t) const {
    for (const std::size_t track : present)
      for (std::size_t g = 0; g < groups; ++g)
        for (std::size_t i = 0; i < n_; ++i)
          out.headcount(static_cast<Eigen::Index>(t), static_cast<Eigen::Index>(i)) +=
              cells[(track * groups + g) * n_ + i];
  }

  void enrol(std::size_t p, std::size_t t, std::vector<double>& now, Course& out) const {
    const std::vector<Enrolment>& ways = enrolments_[t][p];
    if (ways.empty()) return;
    const Programme::Terms& terms = policy_.programmes[p].terms();
    double eligible = 0;
    for (const Enrolment& way : ways)
      for (std::size_t g = 0; g < groups; ++g)
        for (const std::size_t i : terms.eligible.indices()) eligible += now[(way.from * groups + g) * n_ + i];
    const double share = terms.offered.value() * terms.uptake.value(), wanted = eligible * share;
    const double seats = terms.seats_per_year.is_unlimited() ? wanted : terms.seats_per_year.value() * step_.years();
    const double enrolled = std::min(wanted, seats);
    const auto r = static_cast<Eigen::Index>(p), c = static_cast<Eigen::Index>(t);
    out.participants(r, c) = enrolled;
    out.turned_away(r, c) = wanted - enrolled;
    if (!(enrolled > 0)) return;
    const double taken = wanted > seats ? share * (seats / wanted) : share;
    for (const Enrolment& way : ways)
      for (std::size_t g = 0; g < groups; ++g)
        for (const std::size_t i : terms.eligible.indices()) {
          double& from = now[(way.from * groups + g) * n_ + i];
          const double leave = from * taken, effective = leave * effective_[p];
          from -= leave;
          now[(way.with_effect * groups + g) * n_ + i] += effective;
          now[(way.without_effect * groups + g) * n_ + i] += leave - effective;
        }
  }

  Ladder ladder_;
  Population population_;
  Question question_;
  Policy policy_;
  Step step_;
  std::size_t steps_, n_;
  bool constant_ = true;
  Period first_{};
  std::size_t kernel_size_ = 1;
  std::vector<std::size_t> matrix_{};  // the kernel's matrix in each period
  std::vector<char> in_target_{};
  std::vector<double> effective_{};  // of those who enrol, the share that has the effect
  std::vector<Track> tracks_{};
  std::vector<std::size_t> older_{};  // the track one step later
  std::vector<char> plain_{};
  std::vector<std::vector<std::size_t>> present_{};  // tracks that may hold people, by period, after enrolment
  std::vector<std::vector<std::vector<Enrolment>>> enrolments_{};  // by period and programme
  std::unique_ptr<Projection> moves_{};                            // without the programmes that change nothing
};

/// Projects once, with one kernel and in one world: `project(kernel, population, question, policy)`.
[[nodiscard]] inline Course project(const Kernel& kernel, const Population& population, const Question& question,
                                    const Policy& policy = {}, const Draw& draw = Draw::point()) {
  return Projection(kernel, population, question, policy).run(kernel, draw);
}

}  // namespace rungs

#endif
