// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_PROJECT_PROJECTION_HPP
#define RUNGS_PROJECT_PROJECTION_HPP

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <rungs/detail/product.hpp>
#include <rungs/detail/sizes.hpp>
#include <rungs/project/course.hpp>
#include <rungs/project/population.hpp>
#include <rungs/project/tracks.hpp>

namespace rungs {

/// Which effects count in a projection.
enum class Count : std::uint8_t {
  gross,               ///< of all who complete
  after_deadweight,    ///< of those who would not have had the gain anyway
  after_substitution,  ///< of those, of who has it in nobody's place at an employer
  net,                 ///< of those, of who has it at nobody's cost elsewhere
};

/// Expected headcounts and flows of a population under a policy, with participants tracked apart.
///
/// Answers: who stands where in each period, how many of the cohort asked about have reached the target, how many
/// enrol. Whoever has enrolled in a programme is kept apart by programme and time since enrolment, so that trained and
/// untrained people are never mixed into one averaged matrix. Tracks of which nothing changes any more are merged,
/// which is exact. Programmes that change nothing leave the baseline's bits. Assumes: people move independently at
/// their rates; effects of several programmes combine by the policy's rule; enrolment happens at the start of a period,
/// in the policy's order; assigned seats that nobody can take stay empty. Into a stratum with posts, moves are
/// min(push, places): the places are its posts less who stays and who comes in from outside, found for all strata at
/// once, so that a vacancy is filled in the period in which it arises and the vacancy behind it as well. Where seats or
/// posts bind the flows are no longer linear, and expected values are an approximation of the expectation (its relative
/// error is of the order of one over the seats, and of one over their root where they are just about enough: see
/// Course::close_posts and WholePeople); otherwise they are exact. Cost: periods x tracks x strata^2; planned once,
/// then run for each draw without allocation. Throws what Programme::check() throws; Refusal [E-HORIZON] when the
/// kernel has no matrix for a period; Refusal [E-SIZE] for more than 200000 tracks, [E-ASSIGNED] for assigned seats
/// that do not fit the policy; run() Refusal [E-LADDER-OTHER] or [E-SHAPE] for a kernel unlike the one that was planned
/// with.
class Projection {
 public:
  Projection(const Kernel& shape, Population population, Question question, Policy policy, Count count = Count::gross)
      : ladder_(shape.ladder()),
        population_(std::move(population)),
        question_(std::move(question)),
        policy_(std::move(policy)),
        step_(shape.step()),
        steps_(static_cast<std::size_t>(question_.within.steps())),
        n_(ladder_.size()),
        count_(count),
        tracks_(checked(shape), step_, population_.at(), steps_) {
    for (std::size_t t = 0; t < steps_; ++t)
      matrix_.push_back(shape.index(step_.after(population_.at(), static_cast<std::int64_t>(t))));
    constant_ = shape.is_constant();
    first_ = shape.first();
    kernel_size_ = shape.count();
    in_target_.assign(n_, 0);
    for (const std::size_t i : question_.target.indices()) in_target_[i] = 1;
    shares_posts_with_.resize(n_);
    for (std::size_t i = 0; i < n_; ++i) shares_posts_with_[i] = i;
    posts_of_.resize(n_);
    for (std::size_t k = 0; k < population_.posts().size(); ++k) {
      const Posts& p = population_.posts()[k];
      limited_.push_back(p.at.indices().front());
      for (const std::size_t i : p.at.indices()) {
        posts_of_[i] = k;
        shares_posts_with_[i] = limited_.back();
        with_posts_.push_back(i);
      }
    }
    // From the top down, since most vacancies are filled from below.
    std::stable_sort(limited_.begin(), limited_.end(), [](std::size_t a, std::size_t b) { return a > b; });
    std::stable_sort(with_posts_.begin(), with_posts_.end(), [](std::size_t a, std::size_t b) { return a > b; });
    for (const Complement& c : policy_.complements) {
      std::vector<std::size_t> of;
      for (const std::string& name : c.programmes) of.push_back(programme(name));
      complements_.push_back(std::move(of));
    }
    std::map<std::vector<double>, std::size_t> found;
    for (std::size_t track = 0; track < tracks_.size(); ++track) {
      bool plain = true;
      double held = 0;
      std::vector<double> state;
      for (std::size_t p = 0; p < policy_.programmes.size(); ++p) {
        const int working = tracks_.working(track, p);
        locked_.push_back(tracks_.locked(track, p, policy_.programmes[p], step_));
        held = std::max(held, locked_.back());
        plain = plain && working < 0 && !(held > 0);
        state.push_back(working);
        state.push_back(locked_.back());
      }
      plain_.push_back(plain ? 1 : 0);
      held_.push_back(held);
      away_.push_back(away(track));
      any_away_ = any_away_ || away_.back() > 0;
      alike_.push_back(found.try_emplace(std::move(state), track).first->second);
      std::vector<Acting>& acting = acting_.emplace_back();
      for (std::size_t p = 0; p < policy_.programmes.size() && alike_.back() == track; ++p)
        if (const int age = tracks_.working(track, p); age >= 0)
          if (const auto how = policy_.programmes[p].acting(age * step_.years(), step_)) acting.push_back({p, *how});
      changed_rows_.push_back(rows_that_change(track));
      for (std::size_t c = 0; c < complements_.size(); ++c)
        together_.push_back(alike_.back() == track ? found_together(track, c) : 0);
      alone_.push_back(acting.size() == 1 && has_few_changes(track) && acting.front().how.strength > 0 ? 1 : 0);
    }
    if (!policy_.assigned.empty()) {
      find_assigned();
      return;
    }
    // Programmes that change nobody's moves are followed for their participants only.
    Policy moving{policy_.name, {}, policy_.combine, policy_.complements};
    const bool some_do =
        !policy_.complements.empty() || std::any_of(policy_.programmes.begin(), policy_.programmes.end(),
                                                    [this](const Programme& p) { return !changes_nothing(p); });
    for (const Programme& p : policy_.programmes)
      if (!changes_nothing(p) || (some_do && matters_to_others(p.name()))) moving.programmes.push_back(p);
    if (moving.programmes.size() < policy_.programmes.size())
      moves_ = std::make_unique<Projection>(shape, population_, question_, std::move(moving), count);
  }

  [[nodiscard]] const Policy& policy() const noexcept { return policy_; }
  [[nodiscard]] std::size_t steps() const noexcept { return steps_; }
  [[nodiscard]] std::size_t tracks() const noexcept { return tracks_.size(); }
  [[nodiscard]] const Population& population() const noexcept { return population_; }
  [[nodiscard]] const Question& question() const noexcept { return question_; }
  /// The ways through the programmes; a track is known by its number there.
  [[nodiscard]] const Tracks& ways() const noexcept { return tracks_; }
  /// What people do in the step that starts in a period, whatever the posts, in one world: P(j next | i now) for each
  /// track of ways().present(t), in that order.
  [[nodiscard]] std::vector<Matrix> moves(const Kernel& kernel, const Draw& draw, std::size_t t) const {
    require(kernel);
    Workspace room;
    prepare(draw, room);
    std::vector<Matrix> out;
    for (const Tracks::Present& one : tracks_.present(t)) {
      const Rows p = moves_of(n_, one.track, base(kernel, t), draw, room);
      Matrix& all = out.emplace_back(static_cast<Eigen::Index>(n_), static_cast<Eigen::Index>(n_));
      for (std::size_t i = 0; i < n_; ++i) std::copy_n(p[i], n_, all.data() + i * n_);
    }
    return out;
  }
  /// Of those who enrol in a programme, the share on whom it works and who count, in one world.
  [[nodiscard]] double works(std::size_t p, const Draw& draw) const {
    return policy_.programmes[p].terms().completion.value() * kept(policy_.programmes[p], draw);
  }

  /// Other seats for a policy that was planned with assigned seats. Throws Refusal [E-ASSIGNED].
  void assign(std::vector<SeatsOfTrack> seats) {
    if (assigned_.empty() && steps_ * policy_.programmes.size() > 0)
      throw Refusal("E-ASSIGNED", "found seats to assign in " + detail::quoted(policy_.name) +
                                      ", which was planned without; expected a policy with assigned seats");
    policy_.assigned = std::move(seats);
    find_assigned();
  }

  /// The people of one track in one stratum: of those asked about who waits and who has reached the target; others; and
  /// all of them. Four numbers are moved at once.
  using Cell = Eigen::Array4d;
  /// People who want seats of one pool at once and share them alike.
  struct Queue {
    std::size_t pool;  ///< a stratum that has seats of its own
    int priority;      ///< the lowest first
    double offers = 0;
    double wanted = 0;
    double enrolled = 0;
    double admitted = 1;   ///< the share that finds a seat
    bool partial = false;  ///< they share the last seats, or would share one more
  };
  /// People of one track and stratum who took assigned seats.
  struct Takers {
    std::size_t track, stratum;
    double heads;
  };
  /// Numbers a run needs room for; one for each thread, reused from draw to draw.
  struct Workspace {
    std::vector<Cell> now, next, before, arrive;
    std::vector<double> taken, heads_of;
    std::vector<char> counted;
    std::vector<std::vector<Takers>> takers;  // of assigned seats, by step and programme
    std::vector<Queue> queues;
    std::vector<double> works, completes;                    // of those who enrol, by programme
    std::vector<std::vector<MoveEffects::InWorld>> effects;  // of each programme's effects, then of each complement's
    std::vector<Matrix> moves;               // by track, of those alike at the first: rows that are changed
    std::vector<const double*> rows;         // as moves: all rows, of the model where nothing changes them
    std::vector<const double*> rows_of_all;  // of the model
    std::vector<const double*> made_from;    // as moves: of which moves of the model
    std::vector<char> capped;                // as moves
    bool any_capped = false;
    std::vector<double> admitted;  // of those who push into a stratum, the share that finds a post
    Matrix push;                   // moves that people would make if there were posts for all
    Matrix within_posts;           // moves of a track of which some find no post
    std::vector<const double*> rows_within_posts;
    Matrix shares;  // of groups that nobody can tell apart, in this world; empty where there are none
    Vector heads;   // at the start, in this world
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
    require(kernel);
    run_tracked(kernel, draw, out, room, [](std::size_t, std::size_t) {});
    if (!moves_) return;
    if (!room.inner) room.inner = std::make_unique<Workspace>();
    Course seats;
    swap_seats(out, seats);
    moves_->run(kernel, draw, out, *room.inner);
    swap_seats(out, seats);
  }

 private:
  friend class ProjectionGradient;
  friend class WholePeople;
  enum Group : Eigen::Index { asked, reached, others, everybody, groups = everybody };

  /// Seats kept for those who go one way from one stratum.
  struct Assigned {
    const Tracks::Enrolment* way;
    std::size_t stratum;
    double seats;
  };
  /// A programme that works on a track.
  struct Acting {
    std::size_t programme;
    Programme::Acting how;
  };
  /// Finds the way of all assigned seats.
  void find_assigned() {
    const std::size_t programmes = policy_.programmes.size();
    assigned_.assign(steps_ * programmes, {});
    for (const SeatsOfTrack& s : policy_.assigned) {
      const auto refuse = [&](const std::string& found, const char* expected) {
        throw Refusal("E-ASSIGNED",
                      "found, in " + detail::quoted(policy_.name) + ", " + found + "; expected " + expected);
      };
      if (!(s.programme < programmes && s.step < steps_))
        refuse("assigned seats of programme " + std::to_string(s.programme) + " in step " + std::to_string(s.step),
               "a programme and a step that there are, counted from 0");
      const Programme& p = policy_.programmes[s.programme];
      if (p.terms().waiting_list)
        refuse("assigned seats and a waiting list of " + detail::quoted(p.name()), "no waiting list");
      if (p.nobody_enrols())
        refuse("assigned seats of " + detail::quoted(p.name()) + ", in which nobody enrols",
               "offers, uptake and seats above 0");
      if (!(s.heads >= 0 && s.heads < 1e12))
        refuse("assigned seats of " + detail::text(s.heads) + " people", "a number of people, 0 or more");
      const std::vector<Tracks::Enrolment>& ways = tracks_.enrolments(s.step, s.programme);
      const std::size_t track = tracks_.find(s.track);
      const auto way = std::find_if(ways.begin(), ways.end(), [&](const auto& w) { return w.from == track; });
      if (way == ways.end() || !p.terms().eligible.contains(s.stratum))
        refuse("seats of " + detail::quoted(p.name()) + " in step " + std::to_string(s.step) +
                   " assigned to people who may not enrol",
               "people who are eligible then");
      std::vector<Assigned>& all = assigned_[s.step * programmes + s.programme];
      bool is_new = true;
      for (Assigned& a : all)
        if (a.stratum == s.stratum && (policy_.deals_alike || a.way == &*way)) {
          a.seats += s.heads;
          is_new = false;
        }
      for (const Tracks::Enrolment& w : ways)
        if (is_new && (policy_.deals_alike || &w == &*way)) all.push_back({&w, s.stratum, s.heads});
    }
  }

  /// Whether what differs from the baseline on a track are effects on named moves, and no more.
  [[nodiscard]] bool has_few_changes(std::size_t track) const {
    return !(held_[track] > 0) && complements_.empty() && policy_.combine != Combine::strongest &&
           std::all_of(acting_[track].begin(), acting_[track].end(),
                       [&](const Acting& a) { return policy_.programmes[a.programme].effects().has_value(); });
  }
  /// The rows that differ from the baseline's on a track: those of named moves, or all.
  [[nodiscard]] std::vector<std::size_t> rows_that_change(std::size_t track) const {
    const std::vector<Acting>& acting = acting_[track];
    const bool few = has_few_changes(track);
    std::vector<std::size_t> out;
    for (std::size_t i = 0; i < n_; ++i)
      if (!few || std::any_of(acting.begin(), acting.end(), [&](const Acting& a) {
            const std::vector<MoveEffect>& all = policy_.programmes[a.programme].effects()->effects();
            return std::any_of(all.begin(), all.end(), [i](const MoveEffect& e) { return e.from.contains(i); });
          }))
        out.push_back(i);
    return out;
  }
  const Policy& checked(const Kernel& shape) {
    ladder_.require_own(question_.from);
    ladder_.require_own(question_.target);
    if (!(population_.start().ladder() == ladder_))
      throw Refusal("E-LADDER-OTHER", "found a population on another ladder than the model; expected the same");
    for (const Programme& programme : policy_.programmes)
      programme.check(shape.within(population_.at(), question_.within));
    if (policy_.combine == Combine::exclusive && !policy_.complements.empty())
      throw Refusal("E-COMPLEMENT", "found complements of programmes that exclude each other in " +
                                        detail::quoted(policy_.name) + "; expected another way to combine them");
    for (const Complement& c : policy_.complements) {
      if (c.programmes.empty())
        throw Refusal("E-COMPLEMENT", "found a complement of no programme in " + detail::quoted(policy_.name) +
                                          "; expected the names of its programmes");
      c.effects.check(shape.within(population_.at(), question_.within));
    }
    return policy_;
  }
  [[nodiscard]] std::size_t programme(const std::string& name) const {
    for (std::size_t p = 0; p < policy_.programmes.size(); ++p)
      if (policy_.programmes[p].name() == name) return p;
    return policy_.programmes.size();
  }
  /// Nobody's moves, in no world; such as net of a deadweight of 1.
  [[nodiscard]] bool changes_nothing(const Programme& p) const {
    return p.changes_nothing() || (!p.locks_in() && !(p.terms().completion.value() * kept(p, Draw::point()) > 0));
  }
  [[nodiscard]] bool matters_to_others(const std::string& name) const {
    const auto names = [&](const std::vector<std::string>& all) {
      return std::find(all.begin(), all.end(), name) != all.end();
    };
    return policy_.combine == Combine::exclusive ||
           std::any_of(policy_.programmes.begin(), policy_.programmes.end(),
                       [&](const Programme& p) { return names(p.terms().after); }) ||
           std::any_of(policy_.complements.begin(), policy_.complements.end(),
                       [&](const Complement& c) { return names(c.programmes); });
  }
  [[nodiscard]] double kept(const Programme& p, const Draw& draw) const {
    if (count_ == Count::gross || p.all_count()) return 1;
    const Programme::Kept kept = p.kept(draw);
    return count_ == Count::after_deadweight     ? kept.after_deadweight
           : count_ == Count::after_substitution ? kept.after_substitution
                                                 : kept.net;
  }
  void require(const Kernel& kernel) const {
    if (!(kernel.ladder() == ladder_ && kernel.step() == step_))
      throw Refusal("E-LADDER-OTHER",
                    "found a kernel of another ladder or step than the projection was planned for; expected the same");
    if (kernel.is_constant() != constant_ || kernel.first() != first_ || kernel.count() != kernel_size_)
      throw Refusal("E-SHAPE",
                    "found a kernel of other periods than the projection was planned for; expected the same");
  }
  /// The cell of the first stratum.
  [[nodiscard]] std::size_t at(std::size_t track) const { return track * n_; }
  [[nodiscard]] MatrixView base(const Kernel& kernel, std::size_t t) const {
    return kernel.view(constant_ ? 0 : matrix_[t]);
  }

  /// How strong a complement is in a track: for the times of the period at which all of its programmes are there.
  [[nodiscard]] double together(std::size_t track, std::size_t complement) const {
    return together_[alike_[track] * complements_.size() + complement];
  }
  [[nodiscard]] double found_together(std::size_t track, std::size_t complement) const {
    const double step = step_.years();
    double since = std::numeric_limits<double>::infinity(), years = step;
    Profile::Times all{{0, step}};  // since the period began
    for (const std::size_t p : complements_[complement]) {
      const int age = p < policy_.programmes.size() ? tracks_.working(track, p) : -1;
      const auto how = age < 0 ? std::nullopt : policy_.programmes[p].acting(age * step, step_);
      if (!how) return 0;
      since = std::min(since, how->since);
      years = std::min(years, how->part.years());
      if (!policy_.programmes[p].effects()) continue;
      const double begin = step - how->part.years() - how->since;
      Profile::Times both;
      for (const auto& [from, to] : policy_.programmes[p].effects()->profile().there())
        for (const auto& [first, last] : all)
          if (std::max(first, begin + from) < std::min(last, begin + to))
            both.emplace_back(std::max(first, begin + from), std::min(last, begin + to));
      all = std::move(both);
    }
    for (auto& [first, last] : all) {
      first += since - (step - years);
      last += since - (step - years);
    }
    return policy_.complements[complement].effects.profile().strength(since, years, all);
  }
  /// The rows of some moves.
  using Rows = const double* const*;
  /// The moves of a track in a period, made when first asked for.
  template <class Size>
  Rows moves_of(Size n, std::size_t track, const MatrixView& base, const Draw& draw, Workspace& room) const {
    if (plain_[track] != 0) {
      if (room.rows_of_all[0] != base.data())
        for (std::size_t i = 0; i < n; ++i) room.rows_of_all[i] = base.data() + i * n;
      return room.rows_of_all.data();
    }
    const std::size_t first = alike_[track];
    if (room.made_from[first] != base.data()) {
      Matrix& p = room.moves[first];
      if (p.rows() != base.rows()) p.resize(base.rows(), base.cols());
      const double** const rows = room.rows.data() + first * n;
      for (std::size_t i = 0; i < n; ++i) rows[i] = base.data() + i * n;
      for (const std::size_t i : changed_rows_[first]) {
        rows[i] = p.data() + i * n;
        for (std::size_t j = 0; j < n; ++j) p.data()[i * n + j] = base.data()[i * n + j];
      }
      if (alone_[first] != 0) {
        const auto& [k, how] = acting_[first].front();
        const bool capped = policy_.programmes[k].effects()->change_rows(n, p.data(), how.strength, room.effects[k]);
        room.made_from[first] = base.data();
        room.capped[first] = capped ? 1 : 0;
        room.any_capped = room.any_capped || capped;
      } else {
        change_moves_of(first, base, draw, room);
      }
    }
    return room.rows.data() + first * n;
  }
  void change_moves_of(std::size_t track, const MatrixView& base, const Draw& draw, Workspace& room) const {
    Matrix& p = room.moves[track];
    const std::vector<Programme>& programmes = policy_.programmes;
    bool capped = false;
    if (policy_.combine == Combine::strongest) {
      Matrix alone;
      Vector most = Vector::Zero(base.rows());
      for (const auto& [k, how] : acting_[track]) {
        alone = base;
        capped = programmes[k].take_effect(alone, ladder_, how, draw, room.effects[k]) || capped;
        for (Eigen::Index i = 0; i < base.rows(); ++i)
          if (const double change = (alone.row(i) - base.row(i)).cwiseAbs().sum(); change > most[i]) {
            most[i] = change;
            p.row(i) = alone.row(i);
          }
      }
    } else {
      for (const auto& [k, how] : acting_[track])
        capped = programmes[k].take_effect(p, ladder_, how, draw, room.effects[k]) || capped;
    }
    for (std::size_t c = 0; c < complements_.size(); ++c)
      capped =
          policy_.complements[c].effects.change(p, together(track, c), room.effects[programmes.size() + c]) || capped;
    Programme::lock_in(p, ladder_, held_[track]);
    room.made_from[track] = base.data();
    room.capped[track] = capped ? 1 : 0;
    room.any_capped = room.any_capped || capped;
  }

  /// The part of a period for which programmes keep people of a track from earning: each from its start for as long as
  /// it locks in, at most all of what they earn at any moment.
  [[nodiscard]] double away(std::size_t track) const {
    std::vector<std::pair<double, double>> all;  // until when, and which share
    double shares = 0, sum = 0, since = 0;
    for (std::size_t p = 0; p < policy_.programmes.size(); ++p) {
      all.emplace_back(locked_[track * policy_.programmes.size() + p],
                       policy_.programmes[p].terms().earnings_forgone.value());
      shares += all.back().second;
    }
    std::sort(all.begin(), all.end());
    for (const auto& [until, share] : all) {
      sum += (until - since) * std::clamp(shares, 0.0, 1.0);
      since = until;
      shares -= share;
    }
    return sum;
  }
  void prepare(const Draw& draw, Workspace& room) const {
    room.now.assign(tracks_.size() * n_, Cell::Zero());
    room.next.assign(tracks_.size() * n_, Cell::Zero());
    room.moves.resize(tracks_.size());
    room.rows.resize(tracks_.size() * n_);
    room.rows_of_all.assign(n_, nullptr);
    room.made_from.assign(tracks_.size(), nullptr);
    room.capped.assign(tracks_.size(), 0);
    room.any_capped = false;
    room.heads = population_.start().heads();
    if (const GroupShares* unseen = population_.unseen_groups()) {
      room.shares = unseen->in_world(draw);
      room.heads = population_.spread(room.heads, room.shares);
    }
    room.takers.assign(assigned_.size(), {});
    room.works.clear();
    room.completes.clear();
    room.effects.clear();
    for (const Programme& p : policy_.programmes) {
      room.completes.push_back(p.terms().completion.value());
      room.works.push_back(p.terms().completion.value() * kept(p, draw));
      room.effects.push_back(p.in_world(draw));
    }
    for (const Complement& c : policy_.complements) room.effects.push_back(c.effects.in_world(draw));
  }
  /// How many come in by an inflow in a period that begins with such headcounts.
  [[nodiscard]] double entering(const Inflow& in, const double* heads) const {
    double sum = in.per_year;
    for (const auto& [stratum, rate] : in.per_head_of) sum += rate * heads[stratum.index()];
    return sum * step_.years();
  }
  /// A course of which nothing has happened yet, of people who stand where `room.heads` says.
  void begin(Workspace& room, Course& out) const {
    const auto n = static_cast<Eigen::Index>(n_), steps = static_cast<Eigen::Index>(steps_),
               programmes = static_cast<Eigen::Index>(policy_.programmes.size());
    out.headcount.setZero(steps + 1, n);
    out.entrants.setZero(steps, n);
    out.blocked.setZero(steps, n);
    out.posts.setZero(steps + 1, static_cast<Eigen::Index>(population_.posts().size()));
    for (Eigen::Index t = 0; t <= steps; ++t)
      for (Eigen::Index k = 0; k < out.posts.cols(); ++k)
        out.posts(t, k) =
            population_.posts()[static_cast<std::size_t>(k)].after(static_cast<double>(t) * step_.years());
    out.first_reached.setZero(steps + 1);
    out.offers.setZero(assigned_.empty() ? programmes : 0, assigned_.empty() ? steps : 0);
    out.participants.setZero(programmes, steps);
    out.turned_away.setZero(programmes, steps);
    out.enrolled.setZero(programmes, n);
    out.reached_now.setZero(n);
    out.away.setZero(any_away_ ? steps : 0, any_away_ ? n : 0);
    out.flows.resize(steps_);
    for (Matrix& flow : out.flows)
      if (flow.rows() != n) flow.resize(n, n);
    out.close_seats.assign(policy_.programmes.size(), 0);
    out.close_posts.assign(population_.posts().size(), 0);
    out.cohort = 0;
    out.standing = 0;
    start(room.heads, room.now, out);
    out.headcount.row(0) = room.heads.transpose();
  }
  /// Where people are at the horizon.
  void end(const Workspace& room, Course& out) const {
    out.capped = room.any_capped;
    for (const Tracks::Present& one : tracks_.present(steps_))
      for (std::size_t i = 0; i < n_; ++i)
        out.reached_now[static_cast<Eigen::Index>(i)] += room.now[at(one.track) + i][reached];
    for (const std::size_t i : question_.target.indices())
      out.standing += out.reached_now[static_cast<Eigen::Index>(i)];
  }
  /// What is told of seats.
  static void swap_seats(Course& a, Course& b) {
    std::swap(a.offers, b.offers);
    std::swap(a.participants, b.participants);
    std::swap(a.turned_away, b.turned_away);
    std::swap(a.enrolled, b.enrolled);
    std::swap(a.close_seats, b.close_seats);
  }
  /// Whether there are about as many places as are wanted, where that many leave others.
  [[nodiscard]] static bool close(double wanted, double places, double stay = 0, double leave = 0) {
    const double variance = wanted + (leave > 0 ? stay * leave / (stay + leave) : 0.0);
    return wanted > 0 && std::abs(wanted - places) < 2 * std::sqrt(variance);
  }
  void start(const Vector& people, std::vector<Cell>& now, Course& out) const {
    for (std::size_t i = 0; i < n_; ++i) {
      const double heads = people[static_cast<Eigen::Index>(i)];
      if (!question_.from.contains(i)) {
        now[at(0) + i] = Cell(0, 0, heads, heads);
        continue;
      }
      out.cohort += heads;
      now[at(0) + i] = in_target_[i] != 0 ? Cell(0, heads, 0, heads) : Cell(heads, 0, 0, heads);
      if (in_target_[i] != 0) out.first_reached[0] += heads;
    }
  }

  /// `watch(t, p)` is called before the enrolment in each programme, and with the number of programmes before the
  /// moves.
  template <class Watch>
  void run_tracked(const Kernel& kernel, const Draw& draw, Course& out, Workspace& room, const Watch& watch) const {
    const std::size_t programmes = policy_.programmes.size();
    prepare(draw, room);
    begin(room, out);

    for (std::size_t t = 0; t < steps_; ++t) {
      const auto row = static_cast<Eigen::Index>(t);
      for (std::size_t p = 0; p < programmes; ++p) {
        watch(t, p);
        enrol(p, t, room, out);
      }
      watch(t, programmes);
      const MatrixView base = this->base(kernel, t);
      if (t + 2 < steps_) {  // where many kernels stand in memory the processor would wait for each of their matrices
        const MatrixView later = this->base(kernel, t + 2);
        for (std::size_t k = 0; k < n_ * n_; k += 8) __builtin_prefetch(later.data() + k);
      }
      for (const Inflow& in : population_.inflow())
        out.entrants(row, static_cast<Eigen::Index>(in.into.index())) += entering(in, out.headcount.data() + t * n_);
      if (room.shares.size() > 0 && !population_.inflow().empty())
        out.entrants.row(row) = population_.spread(out.entrants.row(row).transpose(), room.shares).transpose();
      if (!limited_.empty()) admit(t, base, draw, room, out, room.push);
      const auto move = [&](auto size) { move_all(size, base, draw, t, room, out); };
      if (!detail::with_small_size(n_, move)) move(n_);
    }
    end(room, out);
  }

  /// Those of a track whom programmes keep from earning; whoever has left by an exit attends no more.
  void count_away(std::size_t track, std::size_t t, const Workspace& room, Course& out) const {
    for (std::size_t i = 0; i < n_; ++i)
      if (!ladder_.is_exit(i))
        out.away(static_cast<Eigen::Index>(t), static_cast<Eigen::Index>(i)) +=
            away_[track] * room.now[at(track) + i][everybody];
  }

  [[nodiscard]] bool nobody(const std::vector<Cell>& cells, std::size_t track) const {
    const Cell* const first = cells.data() + at(track);
    return std::all_of(first, first + n_, [](const Cell& x) { return x[everybody] == 0 && (x == 0).all(); });
  }

  /// Of those who push into a stratum with posts, the share that finds one: the largest shares for which nobody stands
  /// without a post who was not there before. Found from the top down, again until nothing changes: each round can only
  /// lower them. Where strata wait for each other the rounds are many, and leap() spares most of them.
  void admit(std::size_t t, const MatrixView& base, const Draw& draw, Workspace& room, Course& out,
             Matrix& push) const {
    push.setZero(base.rows(), base.cols());
    for (const Tracks::Present& one : tracks_.present(t)) {
      if (nobody(room.now, one.track)) continue;
      const Rows p = moves_of(n_, one.track, base, draw, room);
      for (std::size_t i = 0; i < n_; ++i)
        count(n_, room.now[at(one.track) + i][everybody], p[i], true, push.data() + i * n_);
    }
    const Matrix together = by_posts(push);
    room.admitted.assign(n_, 1.0);
    for (int round = 1; round <= 1000; ++round) {
      double changed = 0;
      for (const std::size_t j : limited_) {
        const double share = demand(j, t, together, out, room.admitted).admitted();
        changed = std::max(changed, room.admitted[j] - share);
        room.admitted[j] = std::min(room.admitted[j], share);
      }
      if (!(changed > 1e-15)) break;
      if (round % 10 == 0) leap(t, together, out, room.admitted);
    }
    for (const std::size_t j : limited_) {
      const auto c = static_cast<Eigen::Index>(j);
      const Demand d = demand(j, t, together, out, room.admitted);
      const double stay = together(c, c), leave = together.row(c).sum() - stay;
      // Where more people are there than posts will be, some may find none though they stay: no fewer places than 0.
      const bool over = d.people > 0 && leave > d.places + d.rounding && leave > 0 &&
                        std::abs(d.places) < 2 * std::sqrt(stay * leave / (stay + leave));
      if (over || close(d.people, d.places, stay, leave)) out.close_posts[posts_of_[j]] = 1;
    }
    for (const std::size_t j : with_posts_) {
      room.admitted[j] = room.admitted[shares_posts_with_[j]];
      const auto c = static_cast<Eigen::Index>(j);
      out.blocked(static_cast<Eigen::Index>(t), c) = (1 - room.admitted[j]) * (push.col(c).sum() - push(c, c));
    }
  }
  /// Moves into and out of strata that share posts, added up at the first of them; everything else as it is.
  [[nodiscard]] Matrix by_posts(const Matrix& push) const {
    if (with_posts_.size() == limited_.size()) return push;
    Matrix out = Matrix::Zero(push.rows(), push.cols());
    for (std::size_t i = 0; i < n_; ++i)
      for (std::size_t j = 0; j < n_; ++j)
        out(static_cast<Eigen::Index>(shares_posts_with_[i]), static_cast<Eigen::Index>(shares_posts_with_[j])) +=
            push(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j));
    return out;
  }
  /// Who would move into a stratum with posts, and the places there are while such shares find one elsewhere.
  struct Demand {
    double people, places, rounding;  ///< the last of strata that are just full
    [[nodiscard]] double admitted() const {
      return people > places + rounding ? std::clamp(places / people, 0.0, 1.0) : 1.0;
    }
  };
  [[nodiscard]] Demand demand(std::size_t j, std::size_t t, const Matrix& push, const Course& out,
                              const std::vector<double>& shares) const {
    const auto c = static_cast<Eigen::Index>(j), row = static_cast<Eigen::Index>(t);
    const Posts& posts = population_.posts()[posts_of_[j]];
    double places = posts.after(static_cast<double>(t + 1) * step_.years()) - push(c, c);
    for (const std::size_t i : posts.at.indices()) places -= out.entrants(row, static_cast<Eigen::Index>(i));
    for (const std::size_t k : limited_)
      if (k != j) places -= (1 - shares[k]) * push(c, static_cast<Eigen::Index>(k));
    return {push.col(c).sum() - push(c, c), places, 1e-13 * (posts.now.value() + push.row(c).sum())};
  }
  /// Where all rounds from here lead while no share falls to 0, or as far as the first that does. What is lowered
  /// before the last round can only have been lowered by it: the shares are those of a linear system from below.
  void leap(std::size_t t, const Matrix& push, const Course& out, std::vector<double>& shares) const {
    std::vector<std::size_t> open;
    std::vector<double> next;
    for (const std::size_t j : limited_)
      if (const double share = std::min(shares[j], demand(j, t, push, out, shares).admitted());
          share > 0 && share < 1) {
        open.push_back(j);
        next.push_back(share);
      }
    const auto k = static_cast<Eigen::Index>(open.size());
    if (k == 0) return;
    Eigen::MatrixXd system = Eigen::MatrixXd::Zero(k, k);
    Vector fall(k);
    for (Eigen::Index a = 0; a < k; ++a) {
      const auto j = static_cast<Eigen::Index>(open[static_cast<std::size_t>(a)]);
      const double wanted = push.col(j).sum() - push(j, j);
      system(a, a) = 1 + 1e-12;  // closed circles would be singular
      fall[a] = shares[open[static_cast<std::size_t>(a)]] - next[static_cast<std::size_t>(a)];
      for (Eigen::Index b = 0; b < k; ++b)
        if (b != a) system(a, b) -= push(j, static_cast<Eigen::Index>(open[static_cast<std::size_t>(b)])) / wanted;
    }
    fall = detail::solution(system, fall);
    double part = 1;
    for (Eigen::Index a = 0; a < k; ++a) {
      if (!(fall[a] >= 0)) return;
      if (fall[a] > 0) part = std::min(part, shares[open[static_cast<std::size_t>(a)]] / fall[a]);
    }
    for (Eigen::Index a = 0; a < k; ++a) {
      double& share = shares[open[static_cast<std::size_t>(a)]];
      share = std::max(0.0, share - part * fall[a]);
    }
  }

  /// So many numbers to add up in: on the stack where the compiler knows how many.
  template <class Size, class T>
  static decltype(auto) numbers(Size n, std::vector<T>& room) {
    if constexpr (std::is_same_v<Size, std::size_t>) {
      room.resize(n);
      return (room);
    } else {
      return std::array<T, n>();
    }
  }
  /// Counts the moves out of a stratum; `more` if others have been counted before.
  template <class Size>
  static void count(Size n, double heads, const double* move, bool more, double* flow) {
    const auto heads_to = [&](std::size_t j) { return more ? flow[j] + heads * move[j] : heads * move[j]; };
    if constexpr (std::is_same_v<Size, std::size_t>) {
      for (std::size_t j = 0; j < n; ++j) flow[j] = heads_to(j);
    } else {  // all are read before one is written, so that the compiler may take several at once
      std::array<double, n> row;
      for (std::size_t j = 0; j < n; ++j) row[j] = heads_to(j);
      for (std::size_t j = 0; j < n; ++j) flow[j] = row[j];
    }
  }
  /// Those who come into a stratum of the target: who has waited for it reaches it there.
  [[nodiscard]] Cell reach(const Cell& heads, double& first) const {
    first += heads[asked];
    return heads + heads[asked] * reaching_;
  }

  /// The moves of one period, on a ladder of `n` states: a number, or a constant where the compiler knows it.
  template <class Size>
  void move_all(Size n, const MatrixView& base, const Draw& draw, std::size_t t, Workspace& room, Course& out) const {
    auto&& heads_of =
        numbers(n, room.heads_of);              // by stratum, of all tracks on which people move there as in the model
    auto&& counted = numbers(n, room.counted);  // whether others have been counted there, who move otherwise
    for (std::size_t i = 0; i < n; ++i) heads_of[i] = counted[i] = 0;
    double* const flow = out.flows[t].data();
    const auto count_flows = [&](const Cell* now, Rows p) {
      for (std::size_t i = 0; i < n; ++i)
        if (p[i] == base.data() + i * n)
          heads_of[i] += now[i][everybody];
        else
          count(n, now[i][everybody], p[i], std::exchange(counted[i], char{1}), flow + i * n);
    };
    Cell* const all = room.now.data();
    for (const Tracks::Present& one : tracks_.present(t)) {
      if (nobody(room.now, one.track)) continue;
      if (any_away_) count_away(one.track, t, room, out);
      const Rows wanted = moves_of(n, one.track, base, draw, room),
                 p = limited_.empty() ? wanted : within_posts(wanted, room);
      Cell* const now = all + at(one.track);
      count_flows(now, p);
      if (one.alike)
        move_together(n, now, p, room.next.data() + at(one.stay[0].track), t, room, out);
      else
        move_apart(one, p, t, room, out);
      std::fill_n(now, n, Cell::Zero());
    }
    for (std::size_t i = 0; i < n; ++i) count(n, heads_of[i], base.data() + i * n, counted[i], flow + i * n);
    if (!population_.inflow().empty())
      for (std::size_t i = 0; i < n; ++i) {
        const double heads = out.entrants.data()[t * n + i];
        room.next[at(0) + i] += Cell(0, 0, heads, heads);
      }
    double* heads = out.headcount.data() + (t + 1) * n;
    for (const Tracks::Present& one : tracks_.present(t + 1))
      for (std::size_t i = 0; i < n; ++i) heads[i] += room.next[at(one.track) + i][everybody];
    room.now.swap(room.next);
  }

  /// Moves the people of one track, who all go on in one track, by the probabilities `p`.
  template <class Size>
  void move_together(Size n, const Cell* now, Rows p, Cell* next, std::size_t t, Workspace& room, Course& out) const {
    auto&& arrive = numbers(n, room.arrive);
    for (std::size_t j = 0; j < n; ++j) {  // in two halves: the sums wait less for each other
      Cell even = now[0] * p[0][j], odd = n > 1 ? Cell(now[1] * p[1][j]) : Cell::Zero();
      for (std::size_t i = 2; i < n; ++i) (i % 2 == 0 ? even : odd) += now[i] * p[i][j];
      arrive[j] = even + odd;
    }
    const char* in_target = in_target_.data();
    double first = 0;
    for (std::size_t j = 0; j < n; ++j) next[j] += in_target[j] == 0 ? arrive[j] : reach(arrive[j], first);
    out.first_reached.data()[t + 1] += first;
  }
  /// As move_together(), where those who move and those who stay, or parts of them, go on in several tracks.
  void move_apart(const Tracks::Present& one, Rows p, std::size_t t, Workspace& room, Course& out) const {
    double& first = out.first_reached.data()[t + 1];
    for (std::size_t i = 0; i < n_; ++i) {
      const Cell& now = room.now[at(one.track) + i];
      for (std::size_t j = 0; j < n_; ++j)
        for (const Tracks::Later& later : j == i ? one.stay : one.move) {
          const Cell heads = now * (later.share * p[i][j]);
          room.next[at(later.track) + j] += in_target_[j] == 0 ? heads : reach(heads, first);
        }
    }
  }
  /// Moves in which those who find no post stay.
  Rows within_posts(Rows p, Workspace& room) const {
    const auto n = static_cast<Eigen::Index>(n_);
    room.within_posts.resize(n, n);
    room.rows_within_posts.resize(n_);
    for (Eigen::Index i = 0; i < n; ++i) {
      const auto row = static_cast<std::size_t>(i);
      room.rows_within_posts[row] = room.within_posts.data() + row * n_;
      std::copy_n(p[row], n_, room.within_posts.data() + row * n_);
      for (const std::size_t stratum : with_posts_) {
        const auto j = static_cast<Eigen::Index>(stratum);
        if (j == i || room.admitted[stratum] == 1) continue;
        const double blocked = (1 - room.admitted[stratum]) * room.within_posts(i, j);
        room.within_posts(i, j) -= blocked;
        room.within_posts(i, i) += blocked;
      }
    }
    return room.rows_within_posts.data();
  }

  static Queue& queue_of(std::vector<Queue>& all, std::size_t pool, int priority) {
    for (Queue& q : all)
      if (q.pool == pool && q.priority == priority) return q;
    return all.emplace_back(Queue{pool, priority});
  }
  [[nodiscard]] std::pair<std::size_t, int> place_in_line(const Programme::Terms& terms, const Tracks::Enrolment& way,
                                                          std::size_t i) const {
    return {terms.seat_plan ? i : 0, terms.rationing == Rationing::longest_waiting ? -way.waited
                                     : terms.rationing == Rationing::lowest_rung   ? ladder_.height(i)
                                                                                   : 0};
  }
  [[nodiscard]] double seats(const Programme::Terms& terms, std::size_t t, std::size_t pool) const {
    if (!terms.seat_plan)
      return terms.seats_per_year.is_unlimited() ? std::numeric_limits<double>::infinity()
                                                 : terms.seats_per_year.value() * step_.years();
    const std::int64_t label = step_.after(population_.at(), static_cast<std::int64_t>(t)).label();
    double sum = 0;
    for (const SeatsAt& s : *terms.seat_plan)
      if (s.period == label && s.stratum.index() == pool) sum += s.seats.value();
    return sum;
  }
  /// Who wants which seats; whether there are about as many as are wanted by those before some place in line.
  bool find_queues(std::size_t p, std::size_t t, const std::vector<Cell>& now, std::vector<Queue>& all) const {
    const Programme::Terms& terms = policy_.programmes[p].terms();
    all.clear();
    for (const Tracks::Enrolment& way : tracks_.enrolments(t, p))
      for (const std::size_t i : terms.eligible.indices()) {
        const double heads = now[at(way.from) + i][everybody];
        const auto [pool, priority] = place_in_line(terms, way, i);
        Queue& queue = queue_of(all, pool, priority);
        queue.wanted += way.on_list ? heads : heads * terms.wanted_by(i);
        queue.offers += way.on_list ? 0.0 : heads * terms.offered.value();
      }
    std::sort(all.begin(), all.end(), [](const Queue& a, const Queue& b) {
      return a.pool != b.pool ? a.pool < b.pool : a.priority < b.priority;
    });
    double left = 0, before = 0, there = 0;
    bool open = false;  // nobody has been turned away yet
    bool any_close = false;
    for (std::size_t q = 0; q < all.size(); ++q) {
      if (q == 0 || all[q].pool != all[q - 1].pool) {
        left = there = seats(terms, t, all[q].pool);
        before = 0;
        open = left > 0;
      }
      before += all[q].wanted;
      any_close = any_close || close(before, there);
      all[q].enrolled = std::min(all[q].wanted, left);
      if (all[q].wanted > left) {
        all[q].admitted = left / all[q].wanted;
        all[q].partial = std::exchange(open, false);
      }
      left = std::max(0.0, left - all[q].wanted);
    }
    return any_close;
  }
  /// Those of one cell who enrol, by outcome.
  void take_seats(const Tracks::Enrolment& way, std::size_t i, const Cell& leave, std::size_t p,
                  Workspace& room) const {
    const double works = room.works[p], completes = room.completes[p];
    room.now[at(way.from) + i] -= leave;
    room.now[at(way.works) + i] += leave * works;
    if (way.idle == way.dropped) {
      room.now[at(way.idle) + i] += leave - leave * works;
    } else {
      room.now[at(way.idle) + i] += leave * (completes - works);
      room.now[at(way.dropped) + i] += leave * (1 - completes);
    }
  }
  /// Seats of one stratum that are dealt to all who want one: how many do, and the share that finds one.
  [[nodiscard]] static Queue dealt(const std::vector<Assigned>& all, const std::vector<double>& wanted, std::size_t k) {
    Queue out{all[k].stratum, 0};
    for (std::size_t other = 0; other < all.size(); ++other)
      if (all[other].stratum == all[k].stratum) out.wanted += wanted[other];
    out.partial = out.wanted > all[k].seats;
    if (out.partial) out.admitted = all[k].seats / out.wanted;
    return out;
  }
  void enrol_assigned(std::size_t p, std::size_t t, Workspace& room, Course& out) const {
    const Programme::Terms& terms = policy_.programmes[p].terms();
    const std::vector<Assigned>& all = assigned_[t * policy_.programmes.size() + p];
    room.taken.clear();
    for (const Assigned& a : all)  // by who is there before, since nobody enrols twice in one period
      room.taken.push_back(terms.wanted_by(a.stratum) * room.now[at(a.way->from) + a.stratum][asked]);
    const std::vector<double> wanted = policy_.deals_alike ? room.taken : std::vector<double>();
    for (std::size_t k = 0; k < all.size(); ++k)
      room.taken[k] =
          policy_.deals_alike ? room.taken[k] * dealt(all, wanted, k).admitted : std::min(room.taken[k], all[k].seats);
    for (std::size_t k = 0; k < all.size(); ++k) {
      take_seats(*all[k].way, all[k].stratum, Cell(room.taken[k], 0, 0, room.taken[k]), p, room);
      out.participants(static_cast<Eigen::Index>(p), static_cast<Eigen::Index>(t)) += room.taken[k];
      out.enrolled(static_cast<Eigen::Index>(p), static_cast<Eigen::Index>(all[k].stratum)) += room.taken[k];
      room.takers[t * policy_.programmes.size() + p].push_back({all[k].way->from, all[k].stratum, room.taken[k]});
    }
  }
  void enrol(std::size_t p, std::size_t t, Workspace& room, Course& out) const {
    const std::vector<Tracks::Enrolment>& ways = tracks_.enrolments(t, p);
    if (ways.empty()) return;
    if (!assigned_.empty()) return enrol_assigned(p, t, room, out);
    const Programme::Terms& terms = policy_.programmes[p].terms();
    std::vector<Queue>& all = room.queues;
    if (find_queues(p, t, room.now, all)) out.close_seats[p] = 1;
    double offers = 0, wanted = 0, enrolled = 0;
    for (const Queue& q : all) {
      offers += q.offers;
      wanted += q.wanted;
      enrolled += q.enrolled;
    }
    const auto r = static_cast<Eigen::Index>(p), c = static_cast<Eigen::Index>(t);
    out.offers(r, c) = offers;
    out.participants(r, c) = enrolled;
    out.turned_away(r, c) = wanted - enrolled;
    if (!(wanted > 0)) return;
    const bool again = terms.waiting_list || terms.again_after_years;
    if (again) room.before = room.now;  // nobody enrols twice in one period
    const std::vector<Cell>& before = again ? room.before : room.now;
    for (const Tracks::Enrolment& way : ways)
      for (const std::size_t i : terms.eligible.indices()) {
        const auto [pool, priority] = place_in_line(terms, way, i);
        const double admitted = queue_of(all, pool, priority).admitted;
        const Cell want = before[at(way.from) + i] * (way.on_list ? 1.0 : terms.wanted_by(i)), leave = want * admitted;
        take_seats(way, i, leave, p, room);
        out.enrolled(r, static_cast<Eigen::Index>(i)) += leave[everybody];
        if (way.turned_away != way.from) {
          room.now[at(way.from) + i] -= want - leave;
          room.now[at(way.turned_away) + i] += want - leave;
        }
      }
  }

  Ladder ladder_;
  Population population_;
  Question question_;
  Policy policy_;
  Step step_;
  std::size_t steps_, n_;
  Count count_;
  Tracks tracks_;
  bool constant_ = true;
  Period first_{};
  std::size_t kernel_size_ = 1;
  std::vector<std::size_t> matrix_{};  // the kernel's matrix in each period
  std::vector<char> in_target_{};
  Cell reaching_{-1, 1, 0, 0};                           // of one who has waited
  std::vector<std::size_t> with_posts_{};                // strata with posts
  std::vector<std::size_t> limited_{};                   // of those that share posts, the first
  std::vector<std::size_t> shares_posts_with_{};         // of each stratum that one, or itself
  std::vector<std::size_t> posts_of_{};                  // of each stratum with posts, which they are
  std::vector<std::vector<std::size_t>> complements_{};  // of each, its programmes
  std::vector<double> together_{};                       // by track, of those alike at the first, and complement
  std::vector<std::vector<Assigned>> assigned_{};        // by step and programme; empty if none are
  std::vector<char> plain_{};                            // tracks on which nothing differs from the baseline
  std::vector<std::size_t> alike_{};                     // of each track, the first on which people move as on it
  std::vector<std::vector<Acting>> acting_{};            // by track, of those alike at the first
  std::vector<char> alone_{};  // by track: whether one programme's effects on named moves are all that acts
  std::vector<std::vector<std::size_t>> changed_rows_{};  // by track, of those alike at the first
  std::vector<double> locked_{};                          // the part of a period, by track and programme
  std::vector<double> held_{};                            // by track: the longest of them, since all begin together
  std::vector<double> away_{};                            // by track: the part of a period without earnings
  bool any_away_ = false;
  std::unique_ptr<Projection> moves_{};  // without the programmes that change nothing
};

/// Projects once, with one kernel and in one world: `project(kernel, population, question, policy)`.
[[nodiscard]] inline Course project(const Kernel& kernel, const Population& population, const Question& question,
                                    const Policy& policy = {}, const Draw& draw = Draw::point()) {
  return Projection(kernel, population, question, policy).run(kernel, draw);
}

}  // namespace rungs

#endif
