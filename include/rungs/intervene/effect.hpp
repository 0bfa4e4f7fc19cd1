// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_INTERVENE_EFFECT_HPP
#define RUNGS_INTERVENE_EFFECT_HPP

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/math/distributions/normal.hpp>

#include <rungs/core/draw.hpp>
#include <rungs/core/quantity.hpp>

namespace rungs {

/// On what scale an effect changes the probability p of a move in one step.
enum class Scale : std::uint8_t {
  odds_ratio,    ///< odds p/(1-p) times the effect; any positive effect gives a probability (the default choice)
  hazard_ratio,  ///< 1 - (1-p)^effect: the rate behind p times the effect; any positive effect gives a probability
  risk_ratio,    ///< p times the effect; refused where that exceeds 1
  points,        ///< p plus the effect (0.04 is four percentage points); refused where that leaves [0, 1]
  log_odds,      ///< log odds plus the effect
};

[[nodiscard]] inline std::string name(Scale scale) {
  switch (scale) {
    case Scale::odds_ratio:
      return "odds ratio";
    case Scale::hazard_ratio:
      return "hazard ratio";
    case Scale::risk_ratio:
      return "risk ratio";
    case Scale::points:
      return "points";
    case Scale::log_odds:
      return "log odds";
  }
  return {};
}

/// The probability of a move after an effect, with a strength from 0 (none) to 1 (full); may leave [0, 1] for ratios of
/// risks and for points, which the caller guards.
///
/// Strength acts on the scale's own logarithm: an odds ratio of 4 at strength 1/2 is an odds ratio of 2. Strength 0
/// gives p itself, bit for bit.
[[nodiscard]] inline double changed_probability(double p, Scale scale, double effect, double strength = 1) {
  if (!(strength > 0)) return p;
  const auto odds = [p](double ratio) { return ratio * p / (1 - p + ratio * p); };
  const auto finite = [](double ratio) {
    return std::clamp(ratio, 1e-300, 1e300);
  };  // a draw far out, where 0 times infinity is near
  const double ratio = finite(strength == 1 ? effect : std::pow(effect, strength));
  switch (scale) {
    case Scale::odds_ratio:
      return ratio == 1 ? p : odds(ratio);
    case Scale::hazard_ratio:
      return ratio == 1 ? p : -std::expm1(ratio * std::log1p(-p));
    case Scale::risk_ratio:
      return ratio * p;
    case Scale::points:
      return p + strength * effect;
    case Scale::log_odds:
      return effect == 0 ? p : odds(finite(std::exp(strength * effect)));
  }
  return p;
}

/// The derivative of changed_probability() with respect to the probability before.
[[nodiscard]] inline double slope_of_change(double p, Scale scale, double effect, double strength = 1) {
  if (!(strength > 0)) return 1;
  const auto odds = [p](double ratio) { return ratio / ((1 - p + ratio * p) * (1 - p + ratio * p)); };
  const auto finite = [](double ratio) { return std::clamp(ratio, 1e-300, 1e300); };
  const auto power = [&] { return finite(strength == 1 ? effect : std::pow(effect, strength)); };
  switch (scale) {
    case Scale::odds_ratio:
      return odds(power());
    case Scale::hazard_ratio: {
      const double ratio = power();
      return ratio * std::exp((ratio - 1) * std::log1p(-p));
    }
    case Scale::risk_ratio:
      return power();
    case Scale::points:
      return 1;
    case Scale::log_odds:
      return odds(finite(std::exp(strength * effect)));
  }
  return 1;
}

/// What a programme does to one move of somebody who completes it, against that person's own moves without it: a number
/// on a named scale, with the interval and the source of the evidence.
///
/// In a joint world the effect is the value moved along a normal curve on the logarithm of ratios, and on points and
/// log odds as they are; its two halves are as wide as the two sides of the interval, so that the stated value is the
/// median of the draws and the stated interval their interval. A value outside its interval is drawn around itself with
/// the interval's width. Without an interval the effect is the same in every world. Throws DomainError [E-EFFECT-RANGE]
/// for a ratio that is not above 0, points outside [-1, 1], anything not finite; [E-EFFECT-INTERVAL] for an interval of
/// which the bounds are not in order.
class Effect {
 public:
  Effect(Scale scale, double value) : scale_(scale), value_(value) { check(value, "an effect"); }

  /// The interval of the evidence, at a level (0.95 if not said).
  [[nodiscard]] Effect interval(double lower, double upper, Level level = Level()) const {
    Effect out = *this;
    out.check(lower, "a lower bound");
    out.check(upper, "an upper bound");
    if (!(lower <= upper))
      throw DomainError("E-EFFECT-INTERVAL",
                        "found an interval from " + detail::text(lower) + " to " + detail::text(upper) +
                            "; expected the lower bound first",
                        lower);
    out.bounds_ = {lower, upper};
    out.quantile_ =
        boost::math::quantile(boost::math::complement(boost::math::normal_distribution<>(), level.lower_tail()));
    out.level_ = level;
    return out;
  }
  [[nodiscard]] Effect source(std::string text) const {
    Effect out = *this;
    out.source_ = std::move(text);
    return out;
  }

  /// The effect as it would be in every world if it were known to be a number, such as an end of its interval.
  [[nodiscard]] Effect known(double x) const {
    Effect out = *this;
    out.check(x, "an effect");
    out.known_ = x;
    return out;
  }

  [[nodiscard]] Scale scale() const noexcept { return scale_; }
  [[nodiscard]] double value() const noexcept { return value_; }
  [[nodiscard]] const std::optional<std::pair<double, double>>& bounds() const noexcept { return bounds_; }
  [[nodiscard]] Level level() const noexcept { return level_; }
  [[nodiscard]] const std::string& evidence() const noexcept { return source_; }
  [[nodiscard]] bool varies() const noexcept { return !known_ && bounds_ && bounds_->first < bounds_->second; }
  /// Whether the effect changes nothing in any world.
  [[nodiscard]] bool is_null() const noexcept { return !varies() && at(0) == (is_ratio() ? 1.0 : 0.0); }
  [[nodiscard]] bool outside_its_interval() const noexcept {
    return bounds_ && !(value_ >= bounds_->first && value_ <= bounds_->second);
  }

  /// The effect in a world, `z` standard normal deviations away from its value; `opened` for a move with no probability
  /// of its own, where points are drawn on the logit so that they stay a probability.
  [[nodiscard]] double at(double z, bool opened = false) const {
    if (z == 0 || !varies()) return known_.value_or(value_);
    const auto to = [&](double x) { return opened ? std::log(x / (1 - x)) : is_ratio() ? std::log(x) : x; };
    const auto back = [&](double x) { return opened ? 1 / (1 + std::exp(-x)) : is_ratio() ? std::exp(x) : x; };
    const double middle = to(value_), low = to(bounds_->first), high = to(bounds_->second);
    const bool inside = !outside_its_interval();
    const double width = !inside ? (high - low) / 2 : z < 0 ? middle - low : high - middle;
    return back(middle + z * width / quantile_);
  }

 private:
  [[nodiscard]] bool is_ratio() const noexcept { return scale_ != Scale::points && scale_ != Scale::log_odds; }
  void check(double x, const char* what) const {
    const bool ok = is_ratio() ? x > 0 && x < 1e6 : scale_ == Scale::points ? x >= -1 && x <= 1 : x >= -20 && x <= 20;
    if (!ok)
      throw DomainError("E-EFFECT-RANGE",
                        std::string("found ") + what + " of " + detail::text(x) + " on the scale of " +
                            rungs::name(scale_) + "; expected " +
                            (is_ratio()                ? "a ratio above 0 and below 1000000"
                             : scale_ == Scale::points ? "points from -1 to 1 (0.04 is four percentage points)"
                                                       : "a log odds shift from -20 to 20"),
                        x);
  }
  Scale scale_;
  double value_;
  std::optional<double> known_{};
  std::optional<std::pair<double, double>> bounds_{};
  double quantile_ = 1;
  Level level_{};
  std::string source_{};
};

/// An odds ratio: `odds_ratio(1.8).interval(1.1, 2.9)`.
[[nodiscard]] inline Effect odds_ratio(double x) { return {Scale::odds_ratio, x}; }
[[nodiscard]] inline Effect hazard_ratio(double x) { return {Scale::hazard_ratio, x}; }
[[nodiscard]] inline Effect risk_ratio(double x) { return {Scale::risk_ratio, x}; }
[[nodiscard]] inline Effect points(double x) { return {Scale::points, x}; }
[[nodiscard]] inline Effect log_odds(double x) { return {Scale::log_odds, x}; }

/// What an effect in points can be when all that is known is a rate among those who took part, and not what it would
/// have been without: the whole range, and no interval with a probability.
struct EffectBounds {
  double lower, upper;
  [[nodiscard]] double middle() const noexcept { return lower + (upper - lower) / 2; }
};

/// The bounds on an effect without a control group (Manski): the rate less the highest, and less the lowest, that the
/// participants might have had anyway. Nothing known of that, they are rate - 1 and rate.
///
/// Throws DomainError [E-EFFECT-INTERVAL] for a lowest rate above the highest.
[[nodiscard]] inline EffectBounds bounds_without_control(Share rate, Share lowest = Share(0),
                                                         Share highest = Share(1)) {
  if (!(lowest.value() <= highest.value()))
    throw DomainError("E-EFFECT-INTERVAL",
                      "found a counterfactual from " + detail::text(lowest.value()) + " to " +
                          detail::text(highest.value()) + "; expected the lowest rate first",
                      lowest.value());
  return {rate.value() - highest.value(), rate.value() - lowest.value()};
}

/// A share that is known from evidence: deadweight, displacement, default.
///
/// With an interval it is drawn on the logit, the stated value being the median and the stated interval the interval of
/// the draws; without one it is the same in every world. Throws DomainError [E-SHARE] for a value outside [0, 1], or
/// with an interval not strictly inside (0, 1); [E-EFFECT-INTERVAL] for bounds that are not in order around it.
class UncertainShare {
 public:
  UncertainShare(Share value) : value_(value.value()) {}  // NOLINT(google-explicit-constructor): a share is known
  [[nodiscard]] UncertainShare interval(double lower, double upper, Level level = Level()) const {
    for (const double x : {lower, value_, upper})
      if (!(x > 0 && x < 1))
        throw DomainError(
            "E-SHARE", "found " + detail::text(x) + " in the interval of a share; expected numbers between 0 and 1", x);
    if (!(lower <= value_ && value_ <= upper))
      throw DomainError("E-EFFECT-INTERVAL",
                        "found a share of " + detail::text(value_) + " with an interval from " + detail::text(lower) +
                            " to " + detail::text(upper) + "; expected the share within it",
                        value_);
    UncertainShare out = *this;
    out.drawn_ = Effect(Scale::points, value_).interval(lower, upper, level);
    return out;
  }
  [[nodiscard]] double value() const noexcept { return value_; }
  [[nodiscard]] bool varies() const noexcept { return drawn_ && drawn_->varies(); }
  [[nodiscard]] bool is_zero() const noexcept { return value_ == 0; }
  [[nodiscard]] std::optional<std::pair<double, double>> bounds() const {
    return drawn_ ? drawn_->bounds() : std::nullopt;
  }
  /// The share in a world, `z` standard normal deviations away from its value.
  [[nodiscard]] double at(double z) const { return varies() ? drawn_->at(z, true) : value_; }

 private:
  double value_;
  std::optional<Effect> drawn_{};
};

/// An amount of money that is known from evidence: a cost, a wage.
///
/// With an interval it is drawn along its logarithm, the stated amount being the median and the stated interval the
/// interval of the draws, so that a cost stays a cost; where one number stands for all worlds it is the mean of them,
/// since sums of money are means. Without an interval it is the same in every world. Throws DomainError
/// [E-COST] for an amount that is not finite, or with an interval that is not of amounts on one side of 0;
/// [E-EFFECT-INTERVAL] for bounds that are not in order around it.
class UncertainAmount {
 public:
  UncertainAmount(double value) : value_(value) {  // NOLINT(google-explicit-constructor): an amount is known
    if (!(std::abs(value) <= 1e15))
      throw DomainError("E-COST", "found an amount of " + detail::text(value) + "; expected a finite number", value);
  }
  [[nodiscard]] UncertainAmount interval(double lower, double upper, Level level = Level()) const {
    for (const double x : {lower, upper})
      if (!(std::abs(x) <= 1e15 && x / value_ > 1e-6 && x / value_ < 1e6))
        throw DomainError("E-COST",
                          "found an amount of " + detail::text(value_) + " with an interval from " +
                              detail::text(lower) + " to " + detail::text(upper) +
                              "; expected all three above 0, or all below, within a factor of a million",
                          x);
    if (!(lower <= value_ && value_ <= upper))
      throw DomainError("E-EFFECT-INTERVAL",
                        "found an amount of " + detail::text(value_) + " with an interval from " + detail::text(lower) +
                            " to " + detail::text(upper) + "; expected the amount within it",
                        value_);
    UncertainAmount out = *this;
    const double a = lower / value_, b = upper / value_;
    out.factor_ = Effect(Scale::risk_ratio, 1).interval(std::min(a, b), std::max(a, b), level);
    out.bounds_ = {lower, upper};
    return out;
  }
  [[nodiscard]] double value() const noexcept { return value_; }
  [[nodiscard]] bool varies() const noexcept { return factor_ && factor_->varies(); }
  [[nodiscard]] const std::optional<std::pair<double, double>>& bounds() const noexcept { return bounds_; }
  /// The amount in a world, `z` standard normal deviations away from its value.
  [[nodiscard]] double at(double z) const { return varies() ? value_ * factor_->at(z) : value_; }
  /// The mean over all worlds: above the median where the amount may be far above it.
  [[nodiscard]] double mean() const {
    if (!varies()) return value_;
    const boost::math::normal_distribution<> normal;
    const auto half = [&](double width) { return std::exp(width * width / 2) * boost::math::cdf(normal, width); };
    const double up = std::log(factor_->at(1)), down = std::log(factor_->at(-1));
    return value_ * (half(up) + half(down));
  }
  friend bool operator==(const UncertainAmount& a, const UncertainAmount& b) {
    return a.value_ == b.value_ && a.bounds_ == b.bounds_;
  }

 private:
  double value_;
  std::optional<Effect> factor_{};
  std::optional<std::pair<double, double>> bounds_{};
};

/// How strong an effect is over the time since it may begin: lag, ramp, full, fade-out, end. All in years.
///
/// Evaluated at the start of each period. After the lag the effect grows in equal steps and is full in the last year of
/// the ramp; from then on it halves every half-life; `lasts` years after the lag it ends. A period in which the lag
/// ends has the effect for the part that is left. Instead of all these, piecewise() gives the strength from a number of
/// years on until the next; a period across a border has the mean of both. Throws DomainError [E-PROFILE] for a
/// negative length, a half-life that is not above 0, or pieces out of order or with a strength outside [0, 1].
class Profile {
 public:
  Profile() = default;
  [[nodiscard]] Profile lag(double years) const { return with(&Profile::lag_, years, years >= 0); }
  [[nodiscard]] Profile ramp(double years) const { return with(&Profile::ramp_, years, years >= 0); }
  [[nodiscard]] Profile fade_half_life(double years) const { return with(&Profile::half_life_, years, years > 0); }
  [[nodiscard]] Profile lasts(double years) const { return with(&Profile::lasts_, years, years >= 0); }
  /// Strengths by the years since the effect may begin: `{{0, 0.5}, {2, 1}, {6, 0}}` is half for two years, full for
  /// four, then gone. Before the first piece there is none.
  [[nodiscard]] static Profile piecewise(std::vector<std::pair<double, double>> pieces) {
    Profile out;
    double last = -1;
    for (const auto& [years, strength] : pieces) {
      if (!(years > last && years >= 0 && years < never && strength >= 0 && strength <= 1))
        throw DomainError("E-PROFILE",
                          "found the piece " + detail::text(years) + " years, strength " + detail::text(strength) +
                              " in the profile of an effect; expected years in order from 0 and strengths from 0 to 1",
                          years);
      last = years;
    }
    if (pieces.empty()) throw DomainError("E-PROFILE", "found a profile without pieces; expected at least one", 0);
    out.pieces_ = std::move(pieces);
    return out;
  }

  /// The strength, from 0 to 1, in a period of `step` years that starts `years` after the effect may begin (may be
  /// negative).
  [[nodiscard]] double strength(double years, double step) const {
    if (!pieces_.empty()) {
      double sum = 0;
      for (std::size_t k = 0; k < pieces_.size(); ++k) {
        const double from = std::max(years, pieces_[k].first);
        const double to = std::min(years + step, ends(k));
        if (to - from >= step * (1 - 1e-12)) return pieces_[k].second;
        if (to > from) sum += pieces_[k].second * (to - from) / step;
      }
      return sum;
    }
    const double since = years - lag_;
    const bool whole = since >= -1e-12 && since + step <= lasts_ + 1e-12;
    const double share =
        whole ? 1.0 : std::clamp((std::min(since + step, lasts_) - std::max(since, 0.0)) / step, 0.0, 1.0);
    const double age = std::max(since, 0.0);
    if (!(share > 1e-12) || !(age < lasts_ - 1e-12)) return 0;
    return share * level(age, step);
  }
  /// Times from the first of each pair to the second, in order and apart.
  using Times = std::vector<std::pair<double, double>>;
  /// When the effect is there at all, however weak, in years since it may begin; without an end, to 1e300.
  [[nodiscard]] Times there() const {
    if (pieces_.empty()) return {{lag_, lag_ + lasts_}};
    Times out;
    for (std::size_t k = 0; k < pieces_.size(); ++k)
      if (pieces_[k].second > 0) out.emplace_back(pieces_[k].first, ends(k));
    return out;
  }
  /// As strength(), of some times of the period alone, on the same clock: as strong as in the whole period for the part
  /// of it that both the times and the effect have.
  [[nodiscard]] double strength(double years, double step, const Times& times) const {
    const auto share = [&](double from, double to) {
      double sum = 0;
      for (const auto& [first, last] : times)
        sum += std::max(0.0, std::min({to, last, years + step}) - std::max({from, first, years})) / step;
      return sum < 1e-12 ? 0.0 : sum > 1 - 1e-12 ? 1.0 : sum;
    };
    if (pieces_.empty()) return share(lag_, lag_ + lasts_) * level(std::max(years - lag_, 0.0), step);
    double sum = 0;
    for (std::size_t k = 0; k < pieces_.size(); ++k) sum += pieces_[k].second * share(pieces_[k].first, ends(k));
    return std::min(sum, 1.0);
  }
  /// Years after which the strength no longer changes; infinite while it fades.
  [[nodiscard]] double settled() const noexcept {
    if (!pieces_.empty()) return pieces_.back().first;
    return lasts_ < never ? lag_ + lasts_ : half_life_ < never ? never : lag_ + ramp_;
  }

 private:
  static constexpr double never = 1e300;
  [[nodiscard]] double ends(std::size_t piece) const {
    return piece + 1 < pieces_.size() ? pieces_[piece + 1].first : never;
  }
  /// Of a period that begins at an age.
  [[nodiscard]] double level(double age, double step) const {
    const double rise = ramp_ > 0 ? std::min(1.0, (age + step) / ramp_) : 1.0;
    const double faded = age - std::max(ramp_ - step, 0.0);
    return rise * (faded > 0 && half_life_ < never ? std::exp2(-faded / half_life_) : 1.0);
  }
  [[nodiscard]] Profile with(double Profile::*field, double years, bool ok) const {
    if (!ok || !(years < never))
      throw DomainError("E-PROFILE",
                        "found a length of " + detail::text(years) +
                            " years in the profile of an effect; expected 0 or more (a half-life above 0)",
                        years);
    Profile out = *this;
    out.*field = years;
    return out;
  }
  double lag_ = 0, ramp_ = 0, half_life_ = never, lasts_ = never;
  std::vector<std::pair<double, double>> pieces_{};
};

}  // namespace rungs

#endif
