// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_DECIDE_COMPARISON_HPP
#define RUNGS_DECIDE_COMPARISON_HPP

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <boost/math/distributions/normal.hpp>

#include <rungs/core/estimate.hpp>
#include <rungs/decide/frontier.hpp>
#include <rungs/detail/wilson.hpp>
#include <rungs/model/transition_matrix.hpp>

namespace rungs {

/// What is known of some alternatives: the cost and the effect of each in every joint world.
///
/// `costs` in money and `effects` in units of effect (such as additional people), draws x alternatives each; row d of
/// both is one world. Throws Refusal [E-SHAPE] where names, costs and effects differ in size or there is no
/// alternative, [E-DRAW] without a draw; DomainError [E-COST] for a number that is not finite.
class Comparison {
 public:
  Comparison(std::vector<std::string> names, Matrix costs, Matrix effects, Varied varied)
      : names_(std::move(names)), costs_(std::move(costs)), effects_(std::move(effects)), varied_(varied) {
    const auto size = [](const Matrix& m) { return std::to_string(m.rows()) + " x " + std::to_string(m.cols()); };
    if (names_.empty()) throw Refusal("E-SHAPE", "found no alternative; expected at least one");
    if (costs_.cols() != static_cast<Eigen::Index>(names_.size()) || effects_.cols() != costs_.cols() ||
        effects_.rows() != costs_.rows())
      throw Refusal("E-SHAPE", "found " + std::to_string(names_.size()) + " names, " + size(costs_) + " costs and " +
                                   size(effects_) +
                                   " effects; expected one row for each draw and one column for each name in both");
    if (costs_.rows() < 1) throw Refusal("E-DRAW", "found 0 draws; expected at least 1");
    check(costs_, "a cost");
    check(effects_, "an effect");
  }
  [[nodiscard]] const std::vector<std::string>& names() const noexcept { return names_; }
  [[nodiscard]] const Matrix& costs() const noexcept { return costs_; }
  [[nodiscard]] const Matrix& effects() const noexcept { return effects_; }
  [[nodiscard]] Varied varied() const noexcept { return varied_; }
  [[nodiscard]] std::size_t draws() const noexcept { return static_cast<std::size_t>(costs_.rows()); }
  [[nodiscard]] std::size_t size() const noexcept { return names_.size(); }

  /// What each alternative is worth in each draw, in money: value x effect - cost, draws x alternatives.
  ///
  /// `value` is money for one unit of effect. Throws DomainError [E-COST] for a value that is not finite, or a net
  /// benefit of 1e150 or more in size.
  [[nodiscard]] Matrix net_benefit(double value) const {
    if (!(value - value == 0))
      throw DomainError("E-COST",
                        "found a value of " + detail::text(value) + " for one unit of effect; expected a finite amount",
                        value);
    Matrix out = value * effects_ - costs_;
    for (const double x : out.reshaped())
      if (!(std::abs(x) < 1e150))
        throw DomainError("E-COST", "found a net benefit of " + detail::text(x) + "; expected an amount below 1e150",
                          x);
    return out;
  }

 private:
  void check(const Matrix& m, const char* what) const {
    for (Eigen::Index d = 0; d < m.rows(); ++d)
      for (Eigen::Index k = 0; k < m.cols(); ++k)
        if (!(m(d, k) - m(d, k) == 0))
          throw DomainError("E-COST",
                            std::string("found ") + what + " of " + detail::text(m(d, k)) + " for " +
                                detail::quoted(names_[static_cast<std::size_t>(k)]) + " in draw " + std::to_string(d) +
                                "; expected a finite number",
                            m(d, k));
  }
  std::vector<std::string> names_;
  Matrix costs_, effects_;
  Varied varied_;
};

/// Which alternative to choose at one value of a unit of effect, and how sure that is.
///
/// The lists are in the order of the alternatives. `net_benefit` varies with the world. All else is an expectation or a
/// share over all that varies, so that nothing is left to vary in it: its interval is of the Monte Carlo error.
struct Decision {
  double value = 0;                          ///< money for one unit of effect
  std::size_t best = 0;                      ///< least expected loss; of several the first given
  std::vector<Estimate> net_benefit{};       ///< money
  std::vector<Estimate> probability_best{};  ///< share of the worlds; those tied for best share a world, the sum is 1
  std::vector<Estimate> expected_loss{};     ///< money: E[greatest net benefit of a world - that of the alternative]
  std::vector<std::size_t> other_order{};    ///< draws in which two stand the other way round than on average
  std::vector<std::size_t> other_best{};     ///< draws in which another is better than `best`
  Estimate share_other_order{}, share_other_best{};

  /// What it is worth to know everything before choosing: the expected loss of the best, which is the least of all.
  [[nodiscard]] const Estimate& evpi() const { return expected_loss.at(best); }
  /// The probability that the best on average is best: a point of the acceptability frontier.
  [[nodiscard]] const Estimate& acceptability() const { return probability_best.at(best); }
};

namespace detail {

/// An expectation over all that varies, between known limits, with the normal interval of its Monte Carlo error.
inline Estimate expectation(double value, double error, std::size_t draws, Level level, double least, double most) {
  const double half = error * boost::math::quantile(boost::math::normal_distribution<>(), 1 - level.lower_tail());
  Estimate e;
  e.value = value;
  e.lower = std::max(least, value - half);
  e.upper = std::min(most, value + half);
  e.level = level.value();
  e.draws = draws;
  e.monte_carlo_error = error;
  e.centre = Centre::mean_of_draws;
  return e;
}

/// A share of the draws, with the Wilson interval of its Monte Carlo error.
inline Estimate share_of_draws(double count, std::size_t draws, Level level) {
  const auto n = static_cast<double>(draws);
  const double share = std::min(1.0, count / n);
  const auto [lower, upper] = wilson_interval(share * n, n, level.lower_tail());
  Estimate e = expectation(share, std::sqrt(share * (1 - share) / n), draws, level, 0, 1);
  e.lower = lower;
  e.upper = upper;
  return e;
}

}  // namespace detail

/// Which alternative to choose if one unit of effect is worth `value`, and how sure that is.
///
/// Net benefits that differ by rounding (1e-9 of the largest value x effect or cost of the draw) are equal: those tied
/// for best share a draw, and no order between them counts as another order.
/// The loss of an alternative in a draw is against the best of that draw; EVPI is the least mean loss, never below 0.
/// Assumes: draws are independent, each a world that knowing everything could reveal.
/// Effect on intervals: `net_benefit` has the quantiles of the draws; all else the Monte Carlo error alone, which for
/// `expected_loss` takes the best on average as the best in truth; where two nearly tie, EVPI is low by less than that.
/// Throws DomainError [E-COST] as Comparison::net_benefit does. Cost: O(draws x alternatives).
/// Method: Raiffa and Schlaifer (1961); Alarid-Escudero et al. (2019), doi 10.1016/j.jval.2019.02.008.
[[nodiscard]] inline Decision decide(const Comparison& comparison, double value, Level level = Level{}) {
  const Matrix benefit = comparison.net_benefit(value);
  Vector top = benefit.col(0), slack = Vector::Zero(benefit.rows());
  for (Eigen::Index d = 0; d < benefit.rows(); ++d)
    for (Eigen::Index k = 0; k < benefit.cols(); ++k) {
      const double size = std::max(std::abs(value * comparison.effects()(d, k)), std::abs(comparison.costs()(d, k)));
      top[d] = std::max(top[d], benefit(d, k));
      slack[d] = std::max(slack[d], detail::rounding * size);
    }
  const std::size_t draws = comparison.draws();
  const auto column = [](const auto& x) { return std::vector<double>(x.begin(), x.end()); };

  Decision out;
  out.value = value;
  for (Eigen::Index k = 0; k < benefit.cols(); ++k) {
    out.net_benefit.push_back(summarize(column(benefit.col(k)), 0, level, comparison.varied(), Centre::mean_of_draws));
    const std::vector<double> losses = column((top - benefit.col(k)).eval());
    const detail::Moments loss = detail::moments(losses);
    out.expected_loss.push_back(detail::expectation(std::max(0.0, loss.mean),
                                                    loss.deviation / std::sqrt(static_cast<double>(draws)), draws,
                                                    level, 0, std::numeric_limits<double>::infinity()));
  }

  std::vector<Eigen::Index> order(comparison.size());
  for (std::size_t k = 0; k < order.size(); ++k) order[k] = static_cast<Eigen::Index>(k);
  const auto loss = [&](Eigen::Index k) { return out.expected_loss[static_cast<std::size_t>(k)].value; };
  std::stable_sort(order.begin(), order.end(), [&](Eigen::Index a, Eigen::Index b) { return loss(a) < loss(b); });
  out.best = static_cast<std::size_t>(order.front());

  const double tie = slack.mean();
  std::vector<double> wins(comparison.size());
  for (std::size_t d = 0; d < draws; ++d) {
    const auto row = benefit.row(static_cast<Eigen::Index>(d));
    const double near = slack[static_cast<Eigen::Index>(d)], best = row.maxCoeff() - near;
    const auto tied = static_cast<double>(std::count_if(row.begin(), row.end(), [&](double x) { return x >= best; }));
    for (std::size_t k = 0; k < wins.size(); ++k)
      if (row[static_cast<Eigen::Index>(k)] >= best) wins[k] += 1 / tied;
    if (row[order.front()] < best) out.other_best.push_back(d);
    // From the best on average to the worst; those that tie on average have no order among them.
    double least = std::numeric_limits<double>::infinity(), among = least;
    for (std::size_t r = 0; r < order.size(); ++r) {
      if (r > 0 && loss(order[r]) - loss(order[r - 1]) > tie) least = std::min(least, among);
      if (row[order[r]] > least + near) {
        out.other_order.push_back(d);
        break;
      }
      among = std::min(among, row[order[r]]);
    }
  }
  for (const double w : wins) out.probability_best.push_back(detail::share_of_draws(w, draws, level));
  out.share_other_order = detail::share_of_draws(static_cast<double>(out.other_order.size()), draws, level);
  out.share_other_best = detail::share_of_draws(static_cast<double>(out.other_best.size()), draws, level);
  return out;
}

/// The decision at each of several values of a unit of effect.
///
/// `probability_best` over the values is the acceptability curve, `acceptability()` the acceptability frontier,
/// `expected_loss` the curve of losses and `evpi()` that of the value of knowing everything.
/// Throws and costs what each decision does.
[[nodiscard]] inline std::vector<Decision> decide(const Comparison& comparison, const std::vector<double>& values,
                                                  Level level = Level{}) {
  std::vector<Decision> out;
  out.reserve(values.size());
  for (const double value : values) out.push_back(decide(comparison, value, level));
  return out;
}

}  // namespace rungs

#endif
