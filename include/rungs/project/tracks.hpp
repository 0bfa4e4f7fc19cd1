// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_PROJECT_TRACKS_HPP
#define RUNGS_PROJECT_TRACKS_HPP

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <rungs/intervene/programme.hpp>
#include <rungs/intervene/track.hpp>

namespace rungs {

/// Which tracks there can be in each period, who can go from one to another by enrolling, and what becomes of a track a
/// step later: all that can be known of a policy before any number is.
///
/// Tracks of which nothing differs any more are merged, which is exact. Cost: the number of tracks, which grows with
/// the horizon only while effects fade or people wait their turn. Throws Refusal [E-SIZE] for more than 200000 tracks.
class Tracks {
 public:
  /// Those of one track who enrol in one programme at the start of one period, by outcome; the others want a seat and
  /// find none.
  struct Enrolment {
    std::size_t from, works, idle, dropped, turned_away;
    bool on_list;  ///< all of them want a seat, not only the share that is offered one and takes it up
    int waited;    ///< steps on the list, -1 for newcomers
  };
  /// What becomes of a share of a track.
  struct Later {
    std::size_t track;
    double share;
  };
  /// A track that may hold people in a period, after enrolment, and what becomes of those who stay in their stratum and
  /// of those who move.
  struct Present {
    std::size_t track;
    std::vector<Later> stay, move;
    bool alike;  ///< both the same, and one track
  };

  Tracks(const Policy& policy, Step step, Period start, std::size_t steps) {
    const std::size_t k = policy.programmes.size();
    exclusive_ = policy.combine == Combine::exclusive;
    const auto enrols = [&](std::size_t p, std::size_t t) {
      return policy.programmes[p].enrols_in(step.after(start, static_cast<std::int64_t>(t)).label());
    };
    for (const Programme& p : policy.programmes) {
      const Programme::Terms& terms = p.terms();
      const auto in_steps = [&](double years) {
        return years / step.years() < 1e6 ? static_cast<int>(std::ceil(std::max(0.0, years / step.years() - 1e-9)))
                                          : static_cast<int>(steps) + 1;
      };
      Lengths l;
      l.locked = in_steps(terms.lock_in_years);
      l.released = in_steps(p.free_after());
      l.dropped = in_steps(terms.drop_out_years.value_or(terms.lock_in_years));
      double settled = p.settled();
      for (const Complement& c : policy.complements)  // which goes by the same clock
        if (std::find(c.programmes.begin(), c.programmes.end(), p.name()) != c.programmes.end())
          settled = std::max(settled, p.free_after() + c.effects.settled());
      l.settled = in_steps(settled);
      l.again = terms.again_after_years ? in_steps(*terms.again_after_years) : -1;
      l.tenure = in_steps(terms.years_in_stratum);
      l.waits = terms.waiting_list;
      l.by_wait = terms.rationing == Rationing::longest_waiting;
      longest_tenure_ = std::max(longest_tenure_, l.tenure);
      for (std::size_t t = 0; t < steps; ++t)
        if (enrols(lengths_.size(), t)) l.last = static_cast<int>(t);
      for (const std::string& name : terms.after) {
        std::size_t q = 0;
        while (q < k && policy.programmes[q].name() != name) ++q;
        l.after.push_back(q);  // of no programme of the policy: nobody has completed it
      }
      for (double rate = terms.modules_per_year * step.years(), some = std::exp(-rate), rest = 1;
           static_cast<int>(l.finish.size()) <= terms.modules && terms.modules > 0;) {
        const bool all = static_cast<int>(l.finish.size()) == terms.modules;
        l.finish.push_back(all ? rest : some);  // Poisson, the last for all that are left
        rest = std::max(0.0, rest - some);
        some *= rate / static_cast<double>(l.finish.size());
      }
      last_of_any_ = std::max(last_of_any_, l.last);
      lengths_.push_back(std::move(l));
    }
    for (std::size_t p = 0; p < k; ++p)
      for (const std::size_t q : lengths_[p].after)
        if (q < k) lengths_[q].asked_for = std::max(lengths_[q].asked_for, lengths_[p].last);

    std::vector<std::size_t> present{number({std::vector<Standing>(k), 0}, policy)};
    enrolments_.assign(steps, std::vector<std::vector<Enrolment>>(k));
    for (std::size_t t = 0; t < steps; ++t) {
      for (std::size_t p = 0; p < k; ++p) {
        if (!enrols(p, t)) continue;
        const std::size_t before = present.size();
        for (std::size_t s = 0; s < before; ++s)
          if (may_enrol(tracks_[present[s]], p)) add_enrolment(t, p, present[s], present, policy);
        sort(present);
      }
      std::vector<Present>& now = present_.emplace_back();
      std::vector<std::size_t> after;
      for (const std::size_t s : present) {
        Present& one = now.emplace_back(Present{s, {}, {}, false});
        become(s, static_cast<int>(t) + 1, one, policy);
        one.alike = one.stay.size() == 1 && one.move.size() == 1 && one.stay[0].track == one.move[0].track;
        for (const std::vector<Later>* all : {&one.stay, &one.move})
          for (const Later& l : *all) after.push_back(l.track);
      }
      sort(after);
      present = std::move(after);
    }
    std::vector<Present>& end = present_.emplace_back();
    for (const std::size_t s : present) end.push_back({s, {}, {}, true});
  }

  [[nodiscard]] std::size_t size() const noexcept { return tracks_.size(); }
  [[nodiscard]] const Track& operator[](std::size_t track) const { return tracks_[track]; }
  /// The number of a track; size() if nobody can be on it.
  [[nodiscard]] std::size_t find(const Track& track) const {
    const auto at = index_.find(track);
    return at == index_.end() ? tracks_.size() : at->second;
  }
  /// The tracks that may hold people in a period (0 to the horizon), after enrolment.
  [[nodiscard]] const std::vector<Present>& present(std::size_t t) const { return present_[t]; }
  /// Who may enrol in a programme at the start of a period; empty where it does not enrol.
  [[nodiscard]] const std::vector<Enrolment>& enrolments(std::size_t t, std::size_t p) const {
    return enrolments_[t][p];
  }
  /// Steps since the day from which a programme may work, for people of a track; -1 where it does not.
  [[nodiscard]] int working(std::size_t track, std::size_t p) const {
    const Standing& s = tracks_[track].with[p];
    return s.phase == Standing::Phase::done && s.outcome == Standing::Outcome::works ? s.age : s.kept;
  }
  /// The part of a period that people of a track are locked in by a programme.
  [[nodiscard]] double locked(std::size_t track, std::size_t p, const Programme& programme, Step step) const {
    const Standing& s = tracks_[track].with[p];
    const Programme::Terms& terms = programme.terms();
    const double years = s.age * step.years();
    const bool done = s.phase == Standing::Phase::done;
    if (!done && s.phase != Standing::Phase::attending) return 0;
    if (s.outcome == Standing::Outcome::dropped && terms.drop_out_years && !(done && terms.modules > 0))
      return Programme::locked(*terms.drop_out_years, years, step);
    return Programme::locked(done ? programme.free_after() : terms.lock_in_years, years, step);
  }

 private:
  struct Lengths {
    int locked = 0, released = 0, dropped = 0, settled = 0, again = -1, tenure = 0;
    int last = -1;       // the last period in which it enrols
    int asked_for = -1;  // the last period in which another programme asks who has completed it
    bool waits = false, by_wait = false;
    std::vector<std::size_t> after{};
    std::vector<double> finish{};  // P(so many modules finished in a step), the last: all that are left
  };
  static void sort(std::vector<std::size_t>& x) {
    std::sort(x.begin(), x.end());
    x.erase(std::unique(x.begin(), x.end()), x.end());
  }
  std::size_t number(const Track& track, const Policy& policy) {
    const auto [at, is_new] = index_.try_emplace(track, tracks_.size());
    if (is_new) {
      if (tracks_.size() >= 200'000)
        throw Refusal("E-SIZE", "found more than 200000 tracks of people through the programmes of " +
                                    detail::quoted(policy.name) +
                                    "; expected fewer programmes, or effects that settle");
      tracks_.push_back(track);
    }
    return at->second;
  }
  [[nodiscard]] bool may_enrol(const Track& track, std::size_t p) const {
    using enum Standing::Phase;
    const Lengths& l = lengths_[p];
    const Standing& mine = track.with[p];
    if (mine.phase == attending) return false;
    if (mine.phase == done && (l.again < 0 || mine.age < std::max(l.again, free_after(mine, l)))) return false;
    if (track.tenure < l.tenure) return false;
    for (std::size_t q = 0; exclusive_ && q < track.with.size(); ++q)
      if (q != p && (track.with[q].phase == attending || track.with[q].phase == done)) return false;
    return std::all_of(l.after.begin(), l.after.end(),
                       [&](std::size_t q) { return q < track.with.size() && has_completed(track.with[q], q); });
  }
  /// Steps after which a programme lets somebody go who is past it.
  [[nodiscard]] static int free_after(const Standing& s, const Lengths& l) {
    return s.outcome == Standing::Outcome::dropped && l.finish.empty() ? l.dropped : l.released;
  }
  [[nodiscard]] bool has_completed(const Standing& s, std::size_t p) const {
    return s.completed || (s.phase == Standing::Phase::done && s.outcome != Standing::Outcome::dropped &&
                           s.age >= lengths_[p].released);
  }
  void add_enrolment(std::size_t t, std::size_t p, std::size_t from, std::vector<std::size_t>& present,
                     const Policy& policy) {
    using Phase = Standing::Phase;
    using Outcome = Standing::Outcome;
    const Track track = tracks_[from];
    const Standing mine = track.with[p];
    const Lengths& l = lengths_[p];
    Enrolment way{
        from, from, from, from, from, mine.phase == Phase::waiting, mine.phase == Phase::waiting ? mine.age : -1};
    const auto becomes = [&](Standing standing) {
      Track other = track;
      other.with[p] = standing;
      present.push_back(number(other, policy));
      return present.back();
    };
    if (l.waits && mine.phase == Phase::never) way.turned_away = becomes({Phase::waiting, Outcome::works, 0, 0});
    if (policy.programmes[p].nobody_enrols()) {  // only counted: without a seat all who want one are turned away
      enrolments_[t][p].push_back(way);
      return;
    }
    // Who does not complete this time keeps an effect from before, and has completed it all the same.
    const Phase first = l.finish.empty() ? Phase::done : Phase::attending;
    const bool again = mine.phase == Phase::done;
    const bool completed = again && has_completed(mine, p);
    const int kept = again && mine.outcome == Outcome::works ? mine.age : mine.kept;
    way.works = becomes(plainly({first, Outcome::works, 0, 0, -1, completed}, p, static_cast<int>(t)));
    way.idle = becomes(plainly({first, Outcome::idle, 0, 0, kept, completed}, p, static_cast<int>(t)));
    const bool apart = policy.programmes[p].terms().drop_out_years || l.asked_for >= 0 || !l.finish.empty();
    way.dropped =
        apart ? becomes(plainly({first, Outcome::dropped, 0, 0, kept, completed}, p, static_cast<int>(t))) : way.idle;
    enrolments_[t][p].push_back(way);
  }
  /// A standing in period t, without a completion that nobody will ask for or that is plain from the rest.
  [[nodiscard]] Standing plainly(Standing s, std::size_t p, int t) const {
    if (lengths_[p].asked_for < t) s.completed = false;
    if (s.completed) {
      s.completed = false;
      s.completed = !has_completed(s, p);
    }
    return s;
  }
  /// The track in period t, without what can no longer matter.
  [[nodiscard]] Track settled(Track track, int t) const {
    using Phase = Standing::Phase;
    for (std::size_t p = 0; p < track.with.size(); ++p) {
      Standing& s = track.with[p];
      const Lengths& l = lengths_[p];
      const int free = free_after(s, l);
      const int longest = s.phase == Phase::waiting               ? (l.by_wait ? t : 0)
                          : s.phase == Phase::attending           ? std::max(l.locked, l.dropped)
                          : s.outcome == Standing::Outcome::works ? std::max({l.settled, l.again, l.released})
                                                                  : std::max(free, l.again);
      s.age = std::min(s.age, longest);
      if (s.kept >= 0) s.kept = std::min(s.kept, std::max({l.settled, l.again, l.released}));
      bool idle = s.phase == Phase::done && s.outcome != Standing::Outcome::works && s.age >= free;
      if (idle && s.kept >= 0 && (l.last < t || s.age >= l.again)) {  // as if they had not enrolled again
        s = {Phase::done, Standing::Outcome::works, 0, s.kept, -1, s.completed};
        idle = false;
      }
      idle = idle && s.kept < 0;
      s = plainly(s, p, t);
      const bool forgotten =
          s.phase == Phase::waiting || (idle && l.asked_for < t && !(exclusive_ && last_of_any_ >= t));
      if (forgotten && l.last < t) s = Standing{};
    }
    return track;
  }
  /// What becomes of a track a step later, in period t.
  void become(std::size_t from, int t, Present& out, const Policy& policy) {
    std::vector<std::pair<Track, double>> all{{tracks_[from], 1.0}};
    for (std::size_t p = 0; p < lengths_.size(); ++p) {
      const std::vector<double>& finish = lengths_[p].finish;
      std::vector<std::pair<Track, double>> next;
      for (auto& [track, share] : all) {
        Standing& s = track.with[p];
        if (s.phase != Standing::Phase::never) ++s.age;
        if (s.kept >= 0) ++s.kept;
        if (s.phase != Standing::Phase::attending) {
          next.emplace_back(std::move(track), share);
          continue;
        }
        const int left = static_cast<int>(finish.size()) - 1 - s.module;
        double rest = 1;
        for (int m = 0; m <= left; ++m) {
          const double part = m < left ? finish[static_cast<std::size_t>(m)] : std::max(0.0, rest);
          rest -= part;
          if (!(part > 0)) continue;
          Track other = track;
          other.with[p].module = m < left ? s.module + m : 0;
          if (m == left) other.with[p] = {Standing::Phase::done, s.outcome, 0, 0, s.kept, s.completed};
          next.emplace_back(std::move(other), share * part);
        }
      }
      all = std::move(next);
    }
    for (auto& [track, share] : all) {
      track = settled(std::move(track), t);
      Track moved = track;
      track.tenure = std::min(track.tenure + 1, longest_tenure_);
      moved.tenure = 0;
      add(out.stay, number(track, policy), share);
      add(out.move, number(moved, policy), share);
    }
  }
  static void add(std::vector<Later>& all, std::size_t track, double share) {
    for (Later& l : all)
      if (l.track == track) {
        l.share += share;
        return;
      }
    all.push_back({track, share});
  }

  bool exclusive_ = false;
  int longest_tenure_ = 0, last_of_any_ = -1;
  std::vector<Lengths> lengths_{};
  std::vector<Track> tracks_{};
  std::map<Track, std::size_t> index_{};
  std::vector<std::vector<Present>> present_{};
  std::vector<std::vector<std::vector<Enrolment>>> enrolments_{};  // by period and programme
};

}  // namespace rungs

#endif
