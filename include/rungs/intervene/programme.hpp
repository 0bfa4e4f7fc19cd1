// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_INTERVENE_PROGRAMME_HPP
#define RUNGS_INTERVENE_PROGRAMME_HPP

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <rungs/core/draw.hpp>
#include <rungs/core/ladder.hpp>
#include <rungs/detail/sizes.hpp>
#include <rungs/intervene/effect.hpp>
#include <rungs/intervene/track.hpp>
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

  /// Whether a move is one of them: nobody goes from one group of people to another.
  [[nodiscard]] bool changes(std::size_t i, std::size_t j) const noexcept {
    return i != j && from.contains(i) && to.contains(j) && from.same_group(i, j);
  }
};

namespace detail {
/// As change_moves() below, of `size` moves of a row of `n`: numbers, or constants where the compiler knows them.
template <class Size, std::size_t size>
bool change_moves(Size n, double* row, std::size_t stay, std::span<const Eigen::Index, size> to,
                  std::span<const double, size> p, GivenUp rule) {
  const auto changed = [to](std::size_t j) {
    if constexpr (size == 1)
      return static_cast<Eigen::Index>(j) == to[0];
    else
      return std::find(to.begin(), to.end(), static_cast<Eigen::Index>(j)) != to.end();
  };
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
  for (std::size_t j = 0; j < n; ++j) rest += changed(j) ? 0.0 : row[j];
  const double room = rule == GivenUp::staying ? before + row[stay] : 1.0;
  const double share = after > room ? room / after : 1.0;
  capped = capped || share < 1;
  after = std::min(after, room);
  if (rule == GivenUp::staying) {
    row[stay] = std::max(0.0, row[stay] + (before - after));
  } else if (rest > 0) {
    const double factor = (1 - after) / rest;
    for (std::size_t j = 0; j < n; ++j) {
      if constexpr (size == 1)
        row[j] = changed(j) ? after : row[j] * factor;  // at once: who reads the row soon need not wait for two writes
      else
        row[j] *= factor;
    }
    if (size == 1) return capped;
  } else if (changed(stay)) {
    return true;  // nothing to take from, and nowhere to give to
  } else {
    row[stay] = 1 - after;
  }
  for (std::size_t k = 0; k < to.size(); ++k)
    row[to[k]] = share == 1 ? std::max(0.0, p[k]) : std::max(0.0, p[k]) * share;
  return capped;
}
}  // namespace detail

/// Changes the probabilities of some moves of a row at once, taking the difference by a named rule; returns whether
/// they had to be capped.
///
/// `to` and `p` are as long as each other: the moves and what they become. The other entries stay probabilities: what
/// cannot be given is not taken, and then the moves share what there is in proportion.
inline bool change_moves(Eigen::Ref<Eigen::RowVectorXd> row, Eigen::Index stay, std::span<const Eigen::Index> to,
                         std::span<const double> p, GivenUp rule) {
  return detail::change_moves(static_cast<std::size_t>(row.size()), row.data(), static_cast<std::size_t>(stay), to, p,
                              rule);
}

/// As change_moves(), for one move.
inline bool change_move(Eigen::Ref<Eigen::RowVectorXd> row, Eigen::Index stay, Eigen::Index to, double p,
                        GivenUp rule) {
  return detail::change_moves(static_cast<std::size_t>(row.size()), row.data(), static_cast<std::size_t>(stay),
                              std::span<const Eigen::Index, 1>(&to, 1), std::span<const double, 1>(&p, 1), rule);
}

/// The gradient behind change_moves(): from the derivatives `after` of a number with respect to the changed row, those
/// with respect to the row before it, written over `after`. `slope` has the derivative of each changed probability.
///
/// Of a row in which nothing was capped.
inline void pull_back_moves(Eigen::Ref<const Eigen::RowVectorXd> row, Eigen::Index stay,
                            std::span<const Eigen::Index> to, std::span<const double> p, std::span<const double> slope,
                            GivenUp rule, Eigen::Ref<Eigen::RowVectorXd> after) {
  const auto changed = [to](Eigen::Index j) { return std::find(to.begin(), to.end(), j) != to.end(); };
  if (rule == GivenUp::staying && !changed(stay)) {
    const double give = after[stay];
    for (std::size_t k = 0; k < to.size(); ++k) after[to[k]] = slope[k] * (after[to[k]] - give) + give;
    return;
  }
  double rest = 0, moved = 0, all = 0;
  for (Eigen::Index j = 0; j < row.size(); ++j)
    if (!changed(j)) {
      rest += row[j];
      moved += row[j] * after[j];
    }
  for (const double x : p) all += x;
  if (!(rest > 0)) {  // what is given up went to staying
    const double give = after[stay];
    for (std::size_t k = 0; k < to.size(); ++k) after[to[k]] = slope[k] * (after[to[k]] - give);
    return;
  }
  const double factor = (1 - all) / rest;
  for (Eigen::Index j = 0; j < row.size(); ++j)
    if (!changed(j)) after[j] = factor * (after[j] - moved / rest);
  for (std::size_t k = 0; k < to.size(); ++k) after[to[k]] = slope[k] * (after[to[k]] - moved / rest);
}

/// As pull_back_moves(), for all rows and any change of them, each row by itself: by central differences.
template <class Change>
void pull_back_by_differences(const Matrix& before, const Change& change, Matrix& gradient) {
  const Matrix after = gradient;
  constexpr double h = 1e-6;
  for (Eigen::Index j = 0; j < before.cols(); ++j) {
    Matrix up = before, down = before;
    for (Eigen::Index i = 0; i < before.rows(); ++i) {
      up(i, j) += h;
      if (before(i, j) >= h) down(i, j) -= h;  // else forward, from a move that nobody makes
    }
    change(up);
    change(down);
    for (Eigen::Index i = 0; i < before.rows(); ++i) {
      double slope = 0;
      for (Eigen::Index k = 0; k < before.cols(); ++k) slope += (up(i, k) - down(i, k)) * after(i, k);
      gradient(i, j) = slope / (before(i, j) >= h ? 2 * h : h);
    }
  }
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
    if (effects_.size() > 240)
      throw Refusal("E-SIZE", "found " + std::to_string(effects_.size()) + " effects of " + detail::quoted(name_) +
                                  "; expected at most 240");
    find_blocks();
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
  /// Checks the moves against a ladder: they exist, or are opened, in points that are probabilities.
  ///
  /// Throws Refusal [E-EFFECT-SELF], [E-ABSORB-LEFT], [E-STRUCT-ZERO]; DomainError [E-EFFECT-RANGE].
  void check(const Ladder& ladder) const {
    for (const MoveEffect& e : effects_) {
      ladder.require_own(e.from);
      ladder.require_own(e.to);
      bool any = false;
      for (const std::size_t i : e.from.indices())
        for (const std::size_t j : e.to.indices())
          if (e.from.same_group(i, j)) {
            any = true;
            check_move(ladder, e, i, j);
          }
      if (!any)
        throw Refusal("E-STRUCT-ZERO", "found an effect of " + detail::quoted(name_) + " from " + e.from.text() +
                                           " to " + e.to.text() +
                                           "; expected strata of one group, since nobody leaves their own");
    }
  }
  /// A move and whose effect it is, for messages.
  [[nodiscard]] std::string move(const Ladder& ladder, std::size_t from, std::size_t to) const {
    return detail::quoted(ladder.name(from)) + " -> " + detail::quoted(ladder.name(to)) + " by " +
           detail::quoted(name_);
  }
  bool change(Matrix& p, const Ladder& /*ladder*/, double years, Step step, const Draw& draw) const {
    return change(p, years, step, in_world(draw));
  }
  /// An uncertain number: what it is called, its value, and its interval.
  struct Input {
    std::string name;
    double value, low, high;
    bool is_cost = false;  ///< which changes nobody's moves
  };
  /// Every effect that has an interval, as one of whatever `of` says.
  [[nodiscard]] std::vector<Input> inputs(const std::string& of) const {
    std::vector<Input> out;
    for (std::size_t k = 0; k < effects_.size(); ++k)
      if (const Effect& e = effects_[k].effect; e.varies())
        out.push_back(
            {rungs::name(e.scale()) + " of " + of + (effects_.size() > 1 ? ", effect " + std::to_string(k + 1) : ""),
             e.value(), e.bounds()->first, e.bounds()->second});
    return out;
  }
  /// The same effects with one of the inputs() known to be a number.
  [[nodiscard]] MoveEffects with(std::size_t input, double number) const {
    std::vector<MoveEffect> effects = effects_;
    std::size_t at = 0;
    for (MoveEffect& e : effects)
      if (e.effect.varies() && at++ == input) e.effect = e.effect.known(number);
    return {name_, std::move(effects), profile_};
  }
  /// The inputs() as they are in a world.
  [[nodiscard]] std::vector<double> inputs_in(const Draw& draw) const {
    std::vector<double> out;
    const std::vector<InWorld> all = in_world(draw);
    for (std::size_t k = 0; k < all.size(); ++k)
      if (effects_[k].effect.varies()) out.push_back(all[k].value);
    return out;
  }
  /// Where the inputs() stand in a world, in standard normal deviations from their values.
  [[nodiscard]] std::vector<double> uncertain(const Draw& draw) const {
    std::vector<double> out;
    const std::vector<double> all = deviations(draw);
    for (std::size_t k = 0; k < all.size(); ++k)
      if (effects_[k].effect.varies()) out.push_back(all[k]);
    return out;
  }
  /// How far every effect stands from its value in one world, in standard normal deviations.
  [[nodiscard]] std::vector<double> deviations(const Draw& draw) const {
    std::vector<double> out;
    for (std::size_t k = 0; k < effects_.size(); ++k)
      out.push_back(draw.is_point() || !effects_[k].effect.varies()
                        ? 0.0
                        : draw.stream(Purpose::effects, part_ + static_cast<std::uint32_t>(k)).normal());
    return out;
  }
  /// What an effect is in one world: on a move that people make anyway, and on one that it opens.
  struct InWorld {
    double value, opening;
  };
  [[nodiscard]] std::vector<InWorld> in_world(const Draw& draw) const {
    std::vector<InWorld> out;
    const std::vector<double> z = deviations(draw);
    for (std::size_t k = 0; k < z.size(); ++k)
      out.push_back({effects_[k].effect.at(z[k]), effects_[k].effect.at(z[k], effects_[k].opens)});
    return out;
  }
  /// As change() above, with the effects of a world.
  bool change(Matrix& p, double years, Step step, std::span<const InWorld> world) const {
    return change(p, profile_.strength(years, step.years()), world);
  }
  /// As above, with the strength of the effects.
  bool change(Matrix& p, double strength, std::span<const InWorld> world) const {
    if (!(strength > 0)) return false;
    bool capped = false;
    const auto change = [&](auto size) { capped = change_rows(size, p.data(), strength, world); };
    const auto n = static_cast<std::size_t>(p.cols());
    if (!detail::with_small_size(n, change)) change(n);
    return capped;
  }
  /// As above, of a square of `n` rows, a number, or a constant where the compiler knows it; with a strength above 0.
  template <class Size>
  bool change_rows(Size n, double* p, double strength, std::span<const InWorld> world) const {
    bool capped = false;
    for (const Block& b : blocks_)
      capped = change_row(n, p + static_cast<std::size_t>(b.from) * n, b, strength, world) || capped;
    return capped;
  }
  /// Checks the effects against a model as well: probabilities stay in [0, 1] at the values of the effects.
  void check(const Kernel& kernel) const {
    check(kernel.ladder());
    for (const MoveEffect& e : effects_)
      for (const std::size_t i : e.from.indices())
        for (const std::size_t j : e.to.indices())
          if (e.changes(i, j)) check_probability(kernel, e, i, j);
  }
  /// The gradient behind change(): `before` are the moves without the effects, `gradient` the derivatives of a number
  /// with respect to the changed moves, replaced by those with respect to `before`. Of effects that are not capped.
  void pull_back(const Matrix& before, double strength, std::span<const InWorld> world, Matrix& gradient) const {
    if (!(strength > 0)) return;
    const auto n = static_cast<std::size_t>(before.cols());
    Numbers rows(blocks_.size() * n), then(most_), slope(most_);  // each row before its block changes it
    const auto row_of = [&](std::size_t b) { return Eigen::Map<Eigen::RowVectorXd>(&rows[b * n], before.cols()); };
    const auto become = [&](std::size_t b, bool with_slope) {
      const Block& block = blocks_[b];
      for (std::size_t k = 0; k < block.to.size(); ++k) {
        const double now = row_of(b)[block.to[k]], by = effect(block.by[k], now, world);
        then[k] = changed_probability(now, block.by[k].scale, by, strength);
        if (with_slope) slope[k] = slope_of_change(now, block.by[k].scale, by, strength);
      }
    };
    for (std::size_t b = 0; b < blocks_.size(); ++b) {
      const Block& block = blocks_[b];
      if (!block.earlier) {
        row_of(b) = before.row(block.from);
        continue;
      }
      const Block& last = blocks_[*block.earlier];
      become(*block.earlier, false);
      row_of(b) = row_of(*block.earlier);
      change_moves(row_of(b), block.from, last.to, then.first(last.to.size()), last.given_up);
    }
    for (std::size_t b = blocks_.size(); b-- > 0;) {
      const Block& block = blocks_[b];
      become(b, true);
      pull_back_moves(row_of(b), block.from, block.to, then.first(block.to.size()), slope.first(block.to.size()),
                      block.given_up, gradient.row(block.from));
    }
  }

 private:
  void check_move(const Ladder& ladder, const MoveEffect& e, std::size_t from, std::size_t to) const {
    if (from == to && e.from.size() == 1 && e.to.size() == 1)
      throw Refusal("E-EFFECT-SELF",
                    "found an effect on " + move(ladder, from, to) + "; expected two different strata");
    if (from == to) return;
    if (ladder.is_exit(from))
      throw Refusal("E-ABSORB-LEFT",
                    "found an effect on " + move(ladder, from, to) + "; expected no move out of an exit");
    if (!ladder.possible(from, to) && !e.opens)
      throw Refusal("E-STRUCT-ZERO", "found an effect on " + move(ladder, from, to) +
                                         ", which the ladder declares impossible; expected a possible move, or `opens "
                                         "= true` with an effect in points");
    if (e.opens && e.effect.scale() != Scale::points)
      throw Refusal("E-STRUCT-ZERO", "found an effect on " + move(ladder, from, to) +
                                         " that opens the move on the scale of " + rungs::name(e.effect.scale()) +
                                         "; expected points, since a ratio of 0 is 0");
    if (e.opens && !(e.effect.value() > 0 && e.effect.value() < 1 &&
                     (!e.effect.bounds() || (e.effect.bounds()->first > 0 && e.effect.bounds()->second < 1))))
      throw DomainError("E-EFFECT-RANGE",
                        "found an opened move " + move(ladder, from, to) +
                            " with a probability or bound not between 0 and 1; expected numbers between 0 and 1",
                        e.effect.value());
  }
  /// Which effect changes a move.
  struct By {
    std::size_t effect;
    Scale scale;
  };
  /// Moves of one row that change at once.
  struct Block {
    GivenUp given_up;
    Eigen::Index from;
    bool open = false;  // to moves of other effects
    std::vector<Eigen::Index> to{};
    std::vector<By> by{};                  // for each of these
    std::optional<std::size_t> earlier{};  // the block before it on the same row
  };
  /// Changes the row of a block, on a ladder of `n` states: a number, or a constant where the compiler knows it.
  template <class Size>
  static bool change_row(Size n, double* row, const Block& b, double strength, std::span<const InWorld> world) {
    const auto then = [&](Eigen::Index to, const By& by) {
      return changed_probability(row[to], by.scale, effect(by, row[to], world), strength);
    };
    const auto stay = static_cast<std::size_t>(b.from);
    if (b.to.size() == 1) {  // most often
      const double p = then(b.to[0], b.by[0]);
      return detail::change_moves(n, row, stay, std::span<const Eigen::Index, 1>(b.to),
                                  std::span<const double, 1>(&p, 1), b.given_up);
    }
    Numbers all(b.to.size());
    for (std::size_t k = 0; k < b.to.size(); ++k) all[k] = then(b.to[k], b.by[k]);
    return detail::change_moves(static_cast<std::size_t>(n), row, stay, std::span<const Eigen::Index>(b.to),
                                all.first(b.to.size()), b.given_up);
  }
  /// So many numbers, needed in every period of every track: on the stack, unless they are a great many.
  class Numbers {
   public:
    explicit Numbers(std::size_t size) : many_(size > few_.size() ? size : 0) {}
    double& operator[](std::size_t k) { return many_.empty() ? few_[k] : many_[k]; }
    [[nodiscard]] std::span<const double> first(std::size_t size) const {
      return std::span<const double>(many_.empty() ? few_.data() : many_.data(), size);
    }

   private:
    std::array<double, 32> few_;
    std::vector<double> many_;
  };
  void find_blocks() {
    std::map<std::size_t, std::size_t> last;  // block of a row
    for (std::size_t k = 0; k < effects_.size(); ++k) {
      const MoveEffect& e = effects_[k];
      // Odds multiply one after the other, which any order gives; on the other scales all moves change at once, those
      // of several effects too, so that none takes from another. What comes from staying alone is taken from no other
      // move anyway; and a move that is changed twice is changed in turn.
      const bool odds = e.effect.scale() == Scale::odds_ratio || e.effect.scale() == Scale::log_odds;
      const bool from_others = e.given_up == GivenUp::others, in_turn = from_others && odds;
      for (const std::size_t from : e.from.indices()) {
        std::vector<Eigen::Index> to;
        for (const std::size_t j : e.to.indices())
          if (e.changes(from, j)) to.push_back(static_cast<Eigen::Index>(j));
        bool begin = true;  // a block
        if (const auto at = last.find(from); from_others && !odds && at != last.end()) {
          const Block& before = blocks_[at->second];
          begin =
              !before.open || std::find_first_of(to.begin(), to.end(), before.to.begin(), before.to.end()) != to.end();
        }
        for (const Eigen::Index j : to) {
          if (begin || in_turn) {
            const auto [at, is_first] = last.try_emplace(from, blocks_.size());
            blocks_.push_back({e.given_up, static_cast<Eigen::Index>(from), from_others && !odds});
            if (!is_first) blocks_.back().earlier = std::exchange(at->second, blocks_.size() - 1);
            begin = false;
          }
          Block& block = blocks_[last.at(from)];
          block.to.push_back(j);
          block.by.push_back({k, e.effect.scale()});
          most_ = std::max(most_, block.to.size());
        }
      }
    }
  }
  /// An effect on a move of probability `now` in one world.
  [[nodiscard]] static double effect(const By& by, double now, std::span<const InWorld> world) {
    return now > 0 ? world[by.effect].value : world[by.effect].opening;
  }
  void check_probability(const Kernel& kernel, const MoveEffect& e, std::size_t from, std::size_t to) const {
    for (std::size_t m = 0; m < kernel.count(); ++m) {
      const double now = kernel.view(m)(static_cast<Eigen::Index>(from), static_cast<Eigen::Index>(to));
      const double then = changed_probability(now, e.effect.scale(), e.effect.value());
      if (!(then >= 0 && then <= 1))
        throw DomainError("E-EFFECT-RANGE",
                          std::string(e.effect.scale() == Scale::points ? "found " : "found a ") +
                              rungs::name(e.effect.scale()) + " of " + detail::text(e.effect.value()) + " on " +
                              move(kernel.ladder(), from, to) + " that turns a probability of " + detail::text(now) +
                              " into " + detail::text(then) +
                              "; expected a probability; an odds ratio cannot leave 0 to 1",
                          then);
    }
  }
  std::string name_;
  std::vector<MoveEffect> effects_;
  Profile profile_;
  std::uint32_t part_ = detail::stream_of(name_);
  std::vector<Block> blocks_{};  // in the order in which they act
  std::size_t most_ = 0;         // moves in one of them
};
static_assert(Intervention<MoveEffects>);

/// Who comes first when more people want a seat than there are.
enum class Rationing : std::uint8_t {
  pro_rata,         ///< all have the same chance
  longest_waiting,  ///< whoever has been on the waiting list longest, newcomers last
  lowest_rung,      ///< those on the lowest rung
};

/// A petty loan that each participant gets at enrolment: equal yearly instalments from a year after on, of which a
/// share is never paid.
///
/// Units: money; effective yearly interest; years from 0 (a gift) to 100.
struct Loan {
  double amount = 0;
  double interest = 0;
  int repaid_over_years = 0;
  UncertainShare default_share = Share(0);

  [[nodiscard]] double instalment() const {
    return repaid_over_years == 0 ? 0
           : interest == 0        ? amount / repaid_over_years
                                  : amount * interest / -std::expm1(-repaid_over_years * std::log1p(interest));
  }
  /// What all instalments are worth on the day of the loan, if all are paid, at a yearly discount rate.
  [[nodiscard]] double repaid(double discount_rate) const {
    double sum = 0;
    for (int year = 1; year <= repaid_over_years; ++year) sum += std::pow(1 + discount_rate, -year);
    return sum * instalment();
  }
};

/// Seats kept for the people of one stratum in one period.
struct SeatsAt {
  std::int64_t period = 0;
  Stratum stratum;
  Heads seats;
};

/// A programme: who may take part, how many do, when, at what cost, and what it does to their moves.
///
/// In every period of its years, of the eligible people who are not and were not in it, the share `offered` times
/// `uptake` (that of their stratum or group where it is stated) wants a seat; `seats_per_year` go to them by the
/// `rationing` rule. With a waiting list those who find none stay on it, and want a seat in every later period in which
/// they are eligible. All who enrol are locked in (no move up a rung) for `lock_in_years`. With `modules`, each is
/// finished at a rate of `modules_per_year` and the effect begins when the last is; the lock-in then ends with it at
/// the latest. The share `completion` completes; the others have no effect, and are free after `drop_out_years` where
/// that is stated. Of the completers, the share `deadweight` would have had the gain anyway, of the rest the share
/// `substitution` has it in the place of somebody an employer would have taken, of the rest the share `displacement` at
/// the cost of somebody elsewhere: none of them counts in the net result. Who may come `again` has the effect as of the
/// last time, which with modules is none until they are finished again; who does not complete then is held back all the
/// same, and keeps an earlier completion and an earlier effect; they are on no waiting list. Without lock-in and
/// modules a programme is completed on the day of enrolment. Units: shares of people per period; seats per year; money
/// per participant and per year of the programme. Throws InputError or Refusal from check() when it does not fit a
/// model.
class Programme {
 public:
  /// Everything but what the programme does.
  struct Terms {
    StratumSet eligible;
    double years_in_stratum = 0;       ///< in their stratum at least so long, counted from the start of the projection
    std::vector<std::string> after{};  ///< programmes that must have been completed before, all in the same policy
    Share offered = Share(1);
    Share uptake = Share(1);
    std::vector<std::pair<StratumSet, Share>>
        uptake_of{};  ///< of people of some strata (or groups), instead of `uptake`
    Heads seats_per_year = Heads::unlimited();
    std::optional<std::vector<SeatsAt>> seat_plan{};  ///< seats by period and stratum, instead of seats_per_year
    bool waiting_list = false;
    Rationing rationing = Rationing::pro_rata;
    std::optional<double> again_after_years{};  ///< years since enrolment (with modules: since the last was finished)
                                                ///< after which one may enrol again, if let go; never if absent
    int modules = 0;
    double modules_per_year = 0;
    Share completion = Share(1);
    double lock_in_years = 0;
    std::optional<double>
        drop_out_years{};  ///< years after which those who do not complete are free; lock_in_years if absent
    Share earnings_forgone = Share(0);  ///< of what people earn, the part they go without while they are locked in
    UncertainShare deadweight = Share(0);
    UncertainShare substitution = Share(0);
    UncertainShare displacement = Share(0);
    UncertainAmount cost_per_participant = 0;
    UncertainAmount cost_per_completion = 0;
    UncertainAmount fixed_cost_per_year = 0;
    UncertainAmount cost_once = 0;  ///< in the first period of the span in which it enrols
    std::optional<Loan> loan{};
    std::optional<std::pair<std::int64_t, std::int64_t>>
        years{};  ///< first and last period label it enrols in; always if absent

    /// The share of the eligible people of a stratum that wants a seat in a period.
    [[nodiscard]] double wanted_by(std::size_t stratum) const noexcept {
      for (const auto& [of, share] : uptake_of)
        if (of.contains(stratum)) return offered.value() * share.value();
      return offered.value() * uptake.value();
    }
  };

  /// Throws DomainError [E-PROFILE] for a length that is negative or not finite, [E-MODULES], [E-COST] for money that
  /// is not finite, [E-LOAN], [E-EFFECT-DATES] for years out of order; Refusal [E-RATIONING] for a rule that needs a
  /// waiting list without one.
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
    check_terms();
    change_ = [i = std::move(intervention)](Matrix& p, const Ladder& ladder, double years, Step step,
                                            const Draw& draw) { return i.change(p, ladder, years, step, draw); };
  }

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] const Terms& terms() const noexcept { return terms_; }
  /// The effects on moves, if the programme is of the usual kind.
  [[nodiscard]] const std::optional<MoveEffects>& effects() const noexcept { return effects_; }
  /// Whether anything that comes of it differs between worlds, but for what it costs.
  [[nodiscard]] bool varies() const noexcept {
    const bool shares = terms_.deadweight.varies() || terms_.substitution.varies() || terms_.displacement.varies();
    return (!changes_nothing() && (varies_ || shares)) ||
           (!nobody_enrols() && terms_.loan && terms_.loan->default_share.varies());
  }
  /// Whether what it costs differs between worlds, by the amounts themselves.
  [[nodiscard]] bool costs_vary() const noexcept {
    bool any = false;
    each_cost([&](const UncertainAmount& a, const char*, std::uint32_t) { any = any || a.varies(); });
    return any;
  }
  /// Years since enrolment (with modules: since the last was finished) after which nothing changes any more.
  [[nodiscard]] double settled() const noexcept { return free_after() + settled_; }
  /// Years since enrolment until a completer is free; with modules, the lock-in ends with the last of them.
  [[nodiscard]] double free_after() const noexcept { return terms_.modules > 0 ? 0 : terms_.lock_in_years; }
  [[nodiscard]] bool nobody_enrols() const noexcept {
    return !any_seats() || std::none_of(terms_.eligible.indices().begin(), terms_.eligible.indices().end(),
                                        [this](std::size_t i) { return terms_.wanted_by(i) > 0; });
  }
  [[nodiscard]] bool any_seats() const noexcept {
    return terms_.seat_plan ? std::any_of(terms_.seat_plan->begin(), terms_.seat_plan->end(),
                                          [](const SeatsAt& s) { return s.seats.value() > 0; })
                            : terms_.seats_per_year.value() > 0;
  }
  /// Of those who complete, the share that counts in a world: all (gross), or those left after each of the three
  /// deductions in turn.
  struct Kept {
    double after_deadweight = 1, after_substitution = 1, net = 1;
  };
  [[nodiscard]] Kept kept(const Draw& draw) const {
    Kept out;
    out.after_deadweight = 1 - number(terms_.deadweight, deadweight_part, draw);
    out.after_substitution = out.after_deadweight * (1 - number(terms_.substitution, substitution_part, draw));
    out.net = out.after_substitution * (1 - number(terms_.displacement, displacement_part, draw));
    return out;
  }
  /// Whether what counts in the net result differs from the gross one in some world.
  [[nodiscard]] bool all_count() const noexcept {
    return terms_.deadweight.is_zero() && terms_.substitution.is_zero() && terms_.displacement.is_zero();
  }
  /// What a participant costs, discounted to the day of enrolment, in one world: the budget's cost and what a loan is
  /// worth less its repayments.
  [[nodiscard]] double cost_of_participant(double discount_rate, const Draw& draw) const {
    const double cost = number(terms_.cost_per_participant, participant_part, draw) +
                        terms_.completion.value() * number(terms_.cost_per_completion, completion_part, draw);
    return terms_.loan ? cost + cost_of_loan(discount_rate, draw) : cost;
  }
  /// What it costs in each of its years, whoever takes part, in one world; and once, when it is set up.
  [[nodiscard]] double fixed_cost_per_year(const Draw& draw) const {
    return number(terms_.fixed_cost_per_year, fixed_part, draw);
  }
  [[nodiscard]] double cost_once(const Draw& draw) const { return number(terms_.cost_once, once_part, draw); }
  /// What one participant's loan is worth less its repayments, discounted to the day of enrolment, in one world.
  [[nodiscard]] double cost_of_loan(double discount_rate, const Draw& draw) const {
    return terms_.loan ? terms_.loan->amount - (1 - default_share(draw)) * terms_.loan->repaid(discount_rate) : 0.0;
  }
  /// The instalments of one participant's loan that are never paid, undiscounted, in one world.
  [[nodiscard]] double instalments_lost(const Draw& draw) const {
    return terms_.loan ? default_share(draw) * terms_.loan->repaid(0) : 0.0;
  }
  /// Whether taking part holds anybody back.
  [[nodiscard]] bool locks_in() const noexcept {
    return terms_.lock_in_years > 0 || terms_.drop_out_years.value_or(0) > 0;
  }
  /// Whether taking part changes nobody's moves.
  [[nodiscard]] bool changes_nothing() const noexcept {
    return nobody_enrols() || (!locks_in() && (null_ || !(terms_.completion.value() > 0)));
  }
  /// Whether it enrols people in the period with this label.
  [[nodiscard]] bool enrols_in(std::int64_t label) const noexcept {
    return !terms_.years || (label >= terms_.years->first && label <= terms_.years->second);
  }

  /// The moves of somebody `years` after enrolling (at the start of the period): locked in, and with the effect if
  /// `effective`. Returns whether an effect had to be capped.
  bool change(Matrix& p, const Ladder& ladder, double years, Step step, const Draw& draw, bool effective) const {
    const bool capped = effective && take_effect(p, ladder, years, step, draw);
    lock_in(p, ladder, locked(terms_.lock_in_years, years, step));
    return capped;
  }
  using Input = MoveEffects::Input;
  /// Every number that has an interval: effects in their order, then shares, then costs.
  [[nodiscard]] std::vector<Input> inputs() const {
    std::vector<Input> out = effects_ ? effects_->inputs(detail::quoted(name_)) : std::vector<Input>();
    const auto add = [&](const auto& number, const char* what, std::uint32_t) {
      if (number.varies())
        out.push_back(
            {what + (" of " + detail::quoted(name_)), number.value(), number.bounds()->first, number.bounds()->second});
    };
    each_share(add);
    const std::size_t before = out.size();
    each_cost(add);
    for (std::size_t k = before; k < out.size(); ++k) out[k].is_cost = true;
    return out;
  }
  /// The same programme with one of its inputs() known to be a number.
  [[nodiscard]] Programme with(std::size_t input, double number) const {
    Terms terms = terms_;
    std::size_t at = effects_ ? effects_->inputs({}).size() : 0;  // of the first that is no effect
    if (input < at) return {std::move(terms), effects_->with(input, number)};
    for (UncertainShare* s : {&terms.deadweight, &terms.substitution, &terms.displacement,
                              terms.loan ? &terms.loan->default_share : nullptr})
      if (s != nullptr && s->varies() && at++ == input) *s = Share(number);
    for (UncertainAmount* a :
         {&terms.cost_per_participant, &terms.cost_per_completion, &terms.fixed_cost_per_year, &terms.cost_once})
      if (a->varies() && at++ == input) *a = number;
    Programme out = *this;
    out.terms_ = std::move(terms);
    return out;
  }
  /// The inputs() as they are in a world.
  [[nodiscard]] std::vector<double> inputs_in(const Draw& draw) const {
    std::vector<double> out = effects_ ? effects_->inputs_in(draw) : std::vector<double>();
    const auto add = [&](const auto& x, const char*, std::uint32_t part) {
      if (x.varies()) out.push_back(number(x, part, draw));
    };
    each_share(add);
    each_cost(add);
    return out;
  }
  /// Where its uncertain numbers stand in a world, in standard normal deviations from their values, in the order of
  /// inputs(), without the costs.
  [[nodiscard]] std::vector<double> uncertain(const Draw& draw) const {
    std::vector<double> out = effects_ ? effects_->uncertain(draw) : std::vector<double>();
    each_share([&](const UncertainShare& s, const char*, std::uint32_t part) {
      if (s.varies()) out.push_back(draw.stream(Purpose::effects, part_ + part).normal());
    });
    return out;
  }
  /// As above, of the costs alone.
  [[nodiscard]] std::vector<double> uncertain_costs(const Draw& draw) const {
    std::vector<double> out;
    each_cost([&](const UncertainAmount& a, const char*, std::uint32_t part) {
      if (a.varies()) out.push_back(draw.stream(Purpose::effects, part_ + part).normal());
    });
    return out;
  }
  /// The same programme on other terms. Throws as the constructor does.
  [[nodiscard]] Programme on(Terms terms) const {
    Programme out = *this;
    out.terms_ = std::move(terms);
    out.check_terms();
    return out;
  }
  /// What take_effect() needs to know of a world, found once.
  [[nodiscard]] std::vector<MoveEffects::InWorld> in_world(const Draw& draw) const {
    return effects_ ? effects_->in_world(draw) : std::vector<MoveEffects::InWorld>();
  }
  /// The effect alone; in a period in which the lock-in ends, it is there as soon as the person is free. For somebody
  /// in several programmes all effects come before all lock-ins, so that no effect moves up a rung who is locked in by
  /// another programme.
  bool take_effect(Matrix& p, const Ladder& ladder, double years, Step step, const Draw& draw,
                   std::span<const MoveEffects::InWorld> world) const {
    const std::optional<Acting> acting = this->acting(years, step);
    return acting && take_effect(p, ladder, *acting, draw, world);
  }
  /// What take_effect() needs to know of a period, found once.
  struct Acting {
    double since;
    Step part;
    double strength;  ///< of the usual kind of effects
  };
  /// Nothing while the effect does not work.
  [[nodiscard]] std::optional<Acting> acting(double years, Step step) const {
    const auto [since, part] = effect_time(years, step);
    if (!part) return std::nullopt;
    if (!effects_) return Acting{since, *part, 1};
    return Acting{since, *part, effects_->profile().strength(since, part->years())};
  }
  bool take_effect(Matrix& p, const Ladder& ladder, const Acting& acting, const Draw& draw,
                   std::span<const MoveEffects::InWorld> world) const {
    return effects_ ? effects_->change(p, acting.strength, world) : change_(p, ladder, acting.since, acting.part, draw);
  }
  bool take_effect(Matrix& p, const Ladder& ladder, double years, Step step, const Draw& draw) const {
    return take_effect(p, ladder, years, step, draw, in_world(draw));
  }
  /// The gradient behind take_effect(): `gradient` holds the derivatives of a number with respect to the moves with the
  /// effect, and is given those with respect to the moves `before` it. Programmes of one's own, and effects that are
  /// capped, by central differences, row by row.
  void pull_back(const Matrix& before, const Ladder& ladder, double years, Step step, const Draw& draw,
                 std::span<const MoveEffects::InWorld> world, bool capped, Matrix& gradient) const {
    const auto [since, part] = effect_time(years, step);
    if (!part) return;
    if (effects_ && !capped)
      return effects_->pull_back(before, effects_->profile().strength(since, part->years()), world, gradient);
    pull_back_by_differences(
        before, [&](Matrix& p) { take_effect(p, ladder, years, step, draw, world); }, gradient);
  }
  /// Holds the moves up a rung, for a part of the period.
  static void lock_in(Matrix& p, const Ladder& ladder, double part) {
    if (!(part > 0)) return;
    const std::span<const int> heights = ladder.heights();
    for (std::size_t i = 0; i < ladder.strata(); ++i) {
      double* const row = p.data() + i * static_cast<std::size_t>(p.cols());
      double stays = row[i];
      for (std::size_t j = 0; j < ladder.strata(); ++j)
        if (heights[j] > heights[i]) {
          const double held = part * row[j];
          row[j] -= held;
          stays += held;
        }
      row[i] = stays;
    }
  }

  /// The part of a period, `years` after enrolling, that lies within a lock-in.
  [[nodiscard]] static double locked(double lock_in_years, double years, Step step) {
    return lock_in_years > years ? std::min((lock_in_years - years) / step.years(), 1.0) : 0.0;
  }

  /// Since when the effect may have begun, and how long it works in the period; no step while all of it is locked in.
  [[nodiscard]] std::pair<double, std::optional<Step>> effect_time(double years, Step step) const {
    const double part = locked(free_after(), years, step);
    if (!(part > 0)) return {years - free_after(), step};
    if (!(part < 1)) return {0, std::nullopt};
    return {0, Step(step.units(), step.years() * (1 - part))};
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
    for (const auto& [of, share] : terms_.uptake_of) ladder.require_own(of);
    if (terms_.seat_plan)
      for (const SeatsAt& s : *terms_.seat_plan) ladder.require_own(s.stratum);
    if (effects_) effects_->check(kernel);
  }

 private:
  // Streams of the programme's shares and costs, beyond those of its effects.
  static constexpr std::uint32_t deadweight_part = 255, substitution_part = 254, displacement_part = 253,
                                 default_part = 252, participant_part = 251, completion_part = 250, fixed_part = 249,
                                 once_part = 248;
  template <class Visit>
  void each_share(const Visit& visit) const {
    visit(terms_.deadweight, "deadweight", deadweight_part);
    visit(terms_.substitution, "substitution", substitution_part);
    visit(terms_.displacement, "displacement", displacement_part);
    if (terms_.loan) visit(terms_.loan->default_share, "default on loans", default_part);
  }
  template <class Visit>
  void each_cost(const Visit& visit) const {
    visit(terms_.cost_per_participant, "cost per participant", participant_part);
    visit(terms_.cost_per_completion, "cost per completion", completion_part);
    visit(terms_.fixed_cost_per_year, "fixed cost per year", fixed_part);
    visit(terms_.cost_once, "cost once", once_part);
  }
  /// A share or an amount in one world; at the point that of a share, and the mean of an amount.
  template <class Uncertain>
  [[nodiscard]] double number(const Uncertain& x, std::uint32_t part, const Draw& draw) const {
    if (x.varies() && !draw.is_point()) return x.at(draw.stream(Purpose::effects, part_ + part).normal());
    if constexpr (std::is_same_v<Uncertain, UncertainAmount>)
      return x.mean();
    else
      return x.value();
  }
  [[nodiscard]] double default_share(const Draw& draw) const {
    return number(terms_.loan->default_share, default_part, draw);
  }
  void check_terms() const {
    const auto length = [](double years, const char* what) {
      if (!(years >= 0 && years <= 1000))
        throw DomainError("E-PROFILE",
                          std::string("found ") + what + " of " + detail::text(years) + " years; expected 0 to 1000",
                          years);
    };
    length(terms_.lock_in_years, "a lock-in");
    length(terms_.years_in_stratum, "a time in the stratum");
    if (terms_.drop_out_years) length(*terms_.drop_out_years, "a time until dropping out");
    if (terms_.again_after_years) length(*terms_.again_after_years, "a time until enrolling again");
    if (!(terms_.modules >= 0 && terms_.modules <= 50))
      throw DomainError("E-MODULES",
                        "found " + std::to_string(terms_.modules) + " modules; expected a number from 0 to 50",
                        terms_.modules);
    if (terms_.modules > 0 && !(terms_.modules_per_year > 0 && terms_.modules_per_year <= 1000))
      throw DomainError(
          "E-MODULES",
          "found " + detail::text(terms_.modules_per_year) + " modules a year; expected a rate above 0, at most 1000",
          terms_.modules_per_year);
    if (terms_.loan) {
      const Loan& loan = *terms_.loan;
      if (!(loan.amount >= 0 && loan.amount <= 1e15))
        throw DomainError("E-LOAN", "found a loan of " + detail::text(loan.amount) + "; expected an amount, 0 or more",
                          loan.amount);
      if (!(loan.interest >= 0 && loan.interest <= 10))
        throw DomainError("E-LOAN",
                          "found an interest of " + detail::text(loan.interest) +
                              "; expected a yearly rate from 0 to 10, such as 0.04",
                          loan.interest);
      if (!(loan.repaid_over_years >= 0 && loan.repaid_over_years <= 100))
        throw DomainError("E-LOAN",
                          "found a loan repaid over " + std::to_string(loan.repaid_over_years) +
                              " years; expected a number from 0 to 100",
                          loan.repaid_over_years);
    }
    if (terms_.rationing == Rationing::longest_waiting && !terms_.waiting_list)
      throw Refusal("E-RATIONING", "found seats for the longest waiting of " + detail::quoted(name_) +
                                       " without a waiting list; expected a waiting list, or another rule");
    if (terms_.years && !(terms_.years->first <= terms_.years->second))
      throw DomainError("E-EFFECT-DATES",
                        "found years from " + std::to_string(terms_.years->first) + " to " +
                            std::to_string(terms_.years->second) + "; expected the first year first",
                        static_cast<double>(terms_.years->first));
  }
  Terms terms_;
  std::string name_;
  double settled_;
  std::uint32_t part_ = detail::stream_of(name_);
  bool null_ = false, varies_ = true;
  std::optional<MoveEffects> effects_{};
  std::function<bool(Matrix&, const Ladder&, double, Step, const Draw&)> change_{};
};

/// How the effects of several programmes on one person combine.
enum class Combine : std::uint8_t {
  in_turn,    ///< all, one after the other in the policy's order: odds ratios multiply
  strongest,  ///< of each stratum's moves, those under the programme that changes them most
  exclusive,  ///< nobody takes part in more than one programme of the policy
};

/// What several programmes do together beyond what each does: further effects on those who have the effect of all of
/// them, for the times at which all of them are there; years of their profile count from the day the last of them may
/// begin. Of a period in which they are there together for a part, that part of the strength.
struct Complement {
  std::vector<std::string> programmes;
  MoveEffects effects;
  /// What it is called: its programmes, together.
  [[nodiscard]] std::string together() const {
    std::string out;
    for (const std::string& name : programmes) out += (out.empty() ? "" : " and ") + detail::quoted(name);
    return out + " together";
  }
};

/// Programmes under one name, applied to one person in this order; without any it is the baseline.
///
/// `complements` work on top of the combination; with `exclusive` there can be none. With `assigned` seats nobody
/// applies: of the people asked about who have not reached the target, those for whom seats are kept take part, at most
/// the share `offered` times `uptake` of those who are there; seats and rationing of the programmes do not count then.
struct Policy {
  std::string name = "baseline";
  std::vector<Programme> programmes{};
  Combine combine = Combine::in_turn;
  std::vector<Complement> complements{};
  std::vector<SeatsOfTrack> assigned{};  ///< empty: everybody who is eligible may apply
  bool deals_alike = false;  ///< assigned seats go to all of their stratum who may enrol alike, whatever their history
};

}  // namespace rungs

#endif
