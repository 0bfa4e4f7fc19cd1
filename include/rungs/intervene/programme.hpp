// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_INTERVENE_PROGRAMME_HPP
#define RUNGS_INTERVENE_PROGRAMME_HPP

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rungs/core/ladder.hpp>
#include <rungs/intervene/effect.hpp>
#include <rungs/model/kernel.hpp>

namespace rungs {

/// From where the probability that an effect adds to a move is taken (or where it goes when the effect is negative).
enum class GivenUp : std::uint8_t {
  others,   ///< the other moves of the row and staying, each in proportion to its probability
  staying,  ///< staying alone
};

/// One effect on one kind of move: from any of some strata to each of some strata.
struct MoveEffect {
  StratumSet from;
  StratumSet to;
  Effect effect;
  GivenUp given_up = GivenUp::others;
  bool opens = false;  ///< the programme opens a move that the ladder declares impossible; its effect must be in points
};

/// Changes the probabilities of some moves of a row at once, taking the difference by a named rule; returns whether
/// they had to be capped.
///
/// `to` and `p` are as long as each other: the moves and what they become. The other entries stay probabilities: what
/// cannot be given is not taken, and then the moves share what there is in proportion.
inline bool change_moves(Eigen::Ref<Eigen::RowVectorXd> row, Eigen::Index stay, std::span<const Eigen::Index> to,
                         std::span<const double> p, GivenUp rule) {
  const auto changed = [to](Eigen::Index j) { return std::find(to.begin(), to.end(), j) != to.end(); };
  if (changed(stay)) rule = GivenUp::others;
  double before = 0, after = 0, rest = 0;  // rest: not 1 - before, which loses all digits where `before` is almost 1
  bool same = true, capped = false;
  for (std::size_t k = 0; k < to.size(); ++k) {
    before += row[to[k]];
    after += std::max(0.0, p[k]);
    same = same && p[k] == row[to[k]];
    capped = capped || !(p[k] >= 0);
  }
  if (same) return false;
  for (Eigen::Index j = 0; j < row.size(); ++j)
    if (!changed(j)) rest += row[j];
  const double room = rule == GivenUp::staying ? before + row[stay] : 1.0;
  const double share = after > room ? room / after : 1.0;
  capped = capped || share < 1;
  after = std::min(after, room);
  if (rule == GivenUp::staying) {
    row[stay] = std::max(0.0, row[stay] + (before - after));
  } else if (rest > 0) {
    const double factor = (1 - after) / rest;
    for (Eigen::Index j = 0; j < row.size(); ++j)
      if (!changed(j)) row[j] *= factor;
  } else if (changed(stay)) {
    return true;  // nothing to take from, and nowhere to give to
  } else {
    row[stay] = 1 - after;
  }
  for (std::size_t k = 0; k < to.size(); ++k)
    row[to[k]] = share == 1 ? std::max(0.0, p[k]) : std::max(0.0, p[k]) * share;
  return capped;
}

/// As change_moves(), for one move.
inline bool change_move(Eigen::Ref<Eigen::RowVectorXd> row, Eigen::Index stay, Eigen::Index to, double p,
                        GivenUp rule) {
  return change_moves(row, stay, {&to, 1}, {&p, 1}, rule);
}

/// What a kind of programme of one's own must offer.
///
/// | expression | returns | meaning |
/// |---|---|---|
/// | `i.name()` | `std::string` | how it is called in results; programmes of one name have one effect in one world |
/// | `i.settled()` | `double` | years after which the changed moves no longer change (infinite if never) |
/// | `i.change(p, ladder, years, step, draw)` | `bool` | changes the moves `p` of a completer in a period that starts
/// `years` after the effect may begin (negative: before), in one world; true when something had to be capped |
///
/// An author's first line is `static_assert(rungs::Intervention<Mine>)`, the second
/// `rungs::testing::check_intervention(mine, ...)`.
template <class I>
concept Intervention = requires(const I& i, Matrix& p, const Ladder& ladder, double years, Step step,
                                const Draw& draw) {
  { i.name() } -> std::same_as<std::string>;
  { i.settled() } -> std::same_as<double>;
  { i.change(p, ladder, years, step, draw) } -> std::same_as<bool>;
};

/// The usual kind: effects on named moves, on one profile over time.
class MoveEffects {
 public:
  MoveEffects(std::string name, std::vector<MoveEffect> effects, Profile profile = {})
      : name_(std::move(name)), effects_(std::move(effects)), profile_(profile) {
    std::uint32_t hash = 2166136261U;  // FNV-1a: the effect's stream is named by the programme's name
    for (const char c : name_) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
    part_ = hash & 0xFFFFFF00U;
  }
  [[nodiscard]] const std::string& name_ref() const noexcept { return name_; }
  [[nodiscard]] std::string name() const { return name_; }
  [[nodiscard]] double settled() const { return profile_.settled(); }
  [[nodiscard]] const std::vector<MoveEffect>& effects() const noexcept { return effects_; }
  [[nodiscard]] const Profile& profile() const noexcept { return profile_; }
  [[nodiscard]] bool is_null() const {
    return std::all_of(effects_.begin(), effects_.end(),
                       [](const MoveEffect& e) { return e.effect.is_null() && !e.opens; });
  }
  [[nodiscard]] bool varies() const {
    return std::any_of(effects_.begin(), effects_.end(), [](const MoveEffect& e) { return e.effect.varies(); });
  }
  bool change(Matrix& p, const Ladder& /*ladder*/, double years, Step step, const Draw& draw) const {
    const double strength = profile_.strength(years, step.years());
    if (!(strength > 0)) return false;
    bool capped = false;
    for (std::size_t k = 0; k < effects_.size(); ++k) {
      const MoveEffect& e = effects_[k];
      const double z = draw.is_point() || !e.effect.varies()
                           ? 0.0
                           : draw.stream(Purpose::effects, part_ + static_cast<std::uint32_t>(k)).normal();
      for (const std::size_t from : e.from.indices()) {
        const auto i = static_cast<Eigen::Index>(from);
        // Odds multiply one after the other, which any order gives; on the other scales all moves change at once, so
        // that none takes from another.
        const bool in_turn = e.given_up == GivenUp::others &&
                             (e.effect.scale() == Scale::odds_ratio || e.effect.scale() == Scale::log_odds);
        std::vector<Eigen::Index> moves;
        std::vector<double> then;
        for (const std::size_t to : e.to.indices()) {
          if (from == to) continue;
          const double now = p(i, static_cast<Eigen::Index>(to));
          moves.push_back(static_cast<Eigen::Index>(to));
          then.push_back(changed_probability(now, e.effect.scale(), e.effect.at(z, e.opens && !(now > 0)), strength));
          if (!in_turn && moves.size() < e.to.size()) continue;
          capped = change_moves(p.row(i), i, moves, then, e.given_up) || capped;
          moves.clear();
          then.clear();
        }
        if (!moves.empty()) capped = change_moves(p.row(i), i, moves, then, e.given_up) || capped;
      }
    }
    return capped;
  }

 private:
  std::string name_;
  std::vector<MoveEffect> effects_;
  Profile profile_;
  std::uint32_t part_ = 0;
};
static_assert(Intervention<MoveEffects>);

/// A programme: who may take part, how many do, when, at what cost, and what it does to their moves.
///
/// In every period of its years, of the eligible people who have never taken part, the share `offered` times `uptake`
/// enrols, up to `seats_per_year` (shared pro rata). All who enrol are locked in (no move up a rung) for
/// `lock_in_years`. The share `completion` of them completes; those who drop out have no effect. Of the completers, the
/// share `deadweight` would have had the gain anyway, and of the rest the share `displacement` takes a place from
/// somebody else: neither counts in the net result. Units: shares of people per period; seats per year; money per
/// participant and per year of the programme. Throws InputError or Refusal from check() when it does not fit a model.
class Programme {
 public:
  /// Everything but what the programme does.
  struct Terms {
    StratumSet eligible;
    Share offered = Share(1);
    Share uptake = Share(1);
    Heads seats_per_year = Heads::unlimited();
    Share completion = Share(1);
    double lock_in_years = 0;
    Share deadweight = Share(0);
    Share displacement = Share(0);
    double cost_per_participant = 0;
    double fixed_cost_per_year = 0;
    std::optional<std::pair<std::int64_t, std::int64_t>>
        years{};  ///< first and last period label it enrols in; always if absent
  };

  /// Throws DomainError [E-PROFILE] for a negative lock-in, [E-COST] for a cost that is not finite, [E-EFFECT-DATES]
  /// for years out of order.
  template <class I>
  requires(!std::same_as<std::remove_cvref_t<I>, Programme>) && Intervention<I> Programme(Terms terms, I intervention)
      : terms_(std::move(terms)),
  name_(intervention.name()), settled_(intervention.settled()) {
    if constexpr (requires {
                    { intervention.is_null() } -> std::convertible_to<bool>;
                  })
      null_ = intervention.is_null();
    if constexpr (requires {
                    { intervention.varies() } -> std::convertible_to<bool>;
                  })
      varies_ = intervention.varies();
    if constexpr (std::same_as<I, MoveEffects>) effects_ = intervention;
    if (!(terms_.lock_in_years >= 0 && terms_.lock_in_years < 1000))
      throw DomainError("E-PROFILE",
                        "found a lock-in of " + detail::text(terms_.lock_in_years) + " years; expected 0 or more",
                        terms_.lock_in_years);
    for (const double cost : {terms_.cost_per_participant, terms_.fixed_cost_per_year})
      if (!(cost >= -1e15 && cost <= 1e15))
        throw DomainError("E-COST", "found a cost of " + detail::text(cost) + "; expected a finite number", cost);
    if (terms_.years && !(terms_.years->first <= terms_.years->second))
      throw DomainError("E-EFFECT-DATES",
                        "found years from " + std::to_string(terms_.years->first) + " to " +
                            std::to_string(terms_.years->second) + "; expected the first year first",
                        static_cast<double>(terms_.years->first));
    change_ = [i = std::move(intervention)](Matrix& p, const Ladder& ladder, double years, Step step,
                                            const Draw& draw) { return i.change(p, ladder, years, step, draw); };
  }

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] const Terms& terms() const noexcept { return terms_; }
  /// The effects on moves, if the programme is of the usual kind.
  [[nodiscard]] const std::optional<MoveEffects>& effects() const noexcept { return effects_; }
  [[nodiscard]] bool varies() const noexcept { return varies_; }
  /// Years since enrolment after which nothing changes any more.
  [[nodiscard]] double settled() const noexcept { return terms_.lock_in_years + settled_; }
  [[nodiscard]] bool nobody_enrols() const noexcept {
    return !(terms_.offered.value() > 0 && terms_.uptake.value() > 0 && terms_.seats_per_year.value() > 0);
  }
  /// Whether taking part changes nobody's moves.
  [[nodiscard]] bool changes_nothing() const noexcept {
    return nobody_enrols() || (terms_.lock_in_years == 0 && (null_ || !(terms_.completion.value() > 0)));
  }
  /// Whether it enrols people in the period with this label.
  [[nodiscard]] bool enrols_in(std::int64_t label) const noexcept {
    return !terms_.years || (label >= terms_.years->first && label <= terms_.years->second);
  }

  /// The moves of somebody `years` after enrolling (at the start of the period): locked in, and with the effect if
  /// `effective`. Returns whether an effect had to be capped.
  bool change(Matrix& p, const Ladder& ladder, double years, Step step, const Draw& draw, bool effective) const {
    const bool capped = effective && take_effect(p, ladder, years, step, draw);
    lock_in(p, ladder, years, step);
    return capped;
  }
  /// The effect alone; in a period in which the lock-in ends, it is there as soon as the person is free. For somebody
  /// in several programmes all effects come before all lock-ins, so that no effect moves up a rung who is locked in by
  /// another programme.
  bool take_effect(Matrix& p, const Ladder& ladder, double years, Step step, const Draw& draw) const {
    const double part = locked(years, step);
    if (!(part > 0)) return change_(p, ladder, years - terms_.lock_in_years, step, draw);
    return part < 1 && change_(p, ladder, 0, Step(step.units(), step.years() * (1 - part)), draw);
  }
  /// The lock-in alone: holds the moves up a rung, for the part of the period that is locked in.
  void lock_in(Matrix& p, const Ladder& ladder, double years, Step step) const {
    const double part = locked(years, step);
    if (!(part > 0)) return;
    for (std::size_t i = 0; i < ladder.strata(); ++i)
      for (std::size_t j = 0; j < ladder.strata(); ++j)
        if (ladder.upward(i, j)) {
          const auto r = static_cast<Eigen::Index>(i), c = static_cast<Eigen::Index>(j);
          const double held = part * p(r, c);
          p(r, c) -= held;
          p(r, r) += held;
        }
  }

  /// Checks the effects against a model: moves exist, opened moves are in points, probabilities stay in [0, 1] at the
  /// point.
  ///
  /// Throws Refusal [E-EFFECT-SELF], [E-ABSORB-LEFT], [E-STRUCT-ZERO]; DomainError [E-EFFECT-RANGE] with the move and
  /// the probability it would get.
  void check(const Kernel& kernel) const {
    const Ladder& ladder = kernel.ladder();
    ladder.require_own(terms_.eligible);
    for (const std::size_t i : terms_.eligible.indices())
      if (ladder.is_exit(i))
        throw Refusal("E-ABSORB-LEFT", "found the exit " + detail::quoted(ladder.name(i)) +
                                           " among those eligible for " + detail::quoted(name_) + "; expected strata");
    if (!effects_) return;
    for (const MoveEffect& e : effects_->effects()) {
      ladder.require_own(e.from);
      ladder.require_own(e.to);
      for (const std::size_t i : e.from.indices())
        for (const std::size_t j : e.to.indices()) check_move(kernel, e, i, j);
    }
  }

 private:
  [[nodiscard]] double locked(double years, Step step) const {
    return std::clamp((terms_.lock_in_years - years) / step.years(), 0.0, 1.0);
  }
  void check_move(const Kernel& kernel, const MoveEffect& e, std::size_t from, std::size_t to) const {
    const Ladder& ladder = kernel.ladder();
    const std::string move =
        detail::quoted(ladder.name(from)) + " -> " + detail::quoted(ladder.name(to)) + " by " + detail::quoted(name_);
    if (from == to && e.from.size() == 1 && e.to.size() == 1)
      throw Refusal("E-EFFECT-SELF", "found an effect on " + move + "; expected two different strata");
    if (from == to) return;
    if (ladder.is_exit(from))
      throw Refusal("E-ABSORB-LEFT", "found an effect on " + move + "; expected no move out of an exit");
    if (!ladder.possible(from, to) && !e.opens)
      throw Refusal("E-STRUCT-ZERO", "found an effect on " + move +
                                         ", which the ladder declares impossible; expected a possible move, or `opens "
                                         "= true` with an effect in points");
    if (e.opens && e.effect.scale() != Scale::points)
      throw Refusal("E-STRUCT-ZERO", "found an effect on " + move + " that opens the move on the scale of " +
                                         rungs::name(e.effect.scale()) + "; expected points, since a ratio of 0 is 0");
    if (e.opens && !(e.effect.value() > 0 && e.effect.value() < 1 &&
                     (!e.effect.bounds() || (e.effect.bounds()->first > 0 && e.effect.bounds()->second < 1))))
      throw DomainError("E-EFFECT-RANGE",
                        "found an opened move " + move +
                            " with a probability or bound not between 0 and 1; expected numbers between 0 and 1",
                        e.effect.value());
    for (const TransitionMatrix& m : kernel.matrices()) {
      const double now = m.matrix()(static_cast<Eigen::Index>(from), static_cast<Eigen::Index>(to));
      const double then = changed_probability(now, e.effect.scale(), e.effect.value());
      if (!(then >= 0 && then <= 1))
        throw DomainError("E-EFFECT-RANGE",
                          "found a " + rungs::name(e.effect.scale()) + " of " + detail::text(e.effect.value()) +
                              " on " + move + " that turns a probability of " + detail::text(now) + " into " +
                              detail::text(then) + "; expected a probability; an odds ratio cannot leave 0 to 1",
                          then);
    }
  }
  Terms terms_;
  std::string name_;
  double settled_;
  bool null_ = false, varies_ = true;
  std::optional<MoveEffects> effects_{};
  std::function<bool(Matrix&, const Ladder&, double, Step, const Draw&)> change_{};
};

/// Programmes under one name, applied to one person in this order; without any it is the baseline.
struct Policy {
  std::string name = "baseline";
  std::vector<Programme> programmes{};
};

}  // namespace rungs

#endif
