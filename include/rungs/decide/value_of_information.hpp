// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_DECIDE_VALUE_OF_INFORMATION_HPP
#define RUNGS_DECIDE_VALUE_OF_INFORMATION_HPP

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <Eigen/Eigenvalues>
#include <Eigen/QR>
#include <boost/math/distributions/normal.hpp>

#include <rungs/decide/comparison.hpp>

namespace rungs {

/// What it is worth to know everything before choosing, in money: the expected loss of the best on average.
///
/// Never below 0. Assumptions, interval, errors and cost are those of `decide`.
[[nodiscard]] inline Estimate evpi(const Comparison& comparison, double value, Level level = Level{}) {
  return decide(comparison, value, level).evpi();
}

namespace detail {

/// For each number the standard normal quantile of its rank; equal numbers share the mean of their ranks.
inline Vector normal_scores(const Vector& x) {
  std::vector<Eigen::Index> order(static_cast<std::size_t>(x.size()));
  for (std::size_t d = 0; d < order.size(); ++d) order[d] = static_cast<Eigen::Index>(d);
  std::sort(order.begin(), order.end(), [&](Eigen::Index a, Eigen::Index b) { return x[a] < x[b]; });
  Vector out(x.size());
  for (std::size_t from = 0, to = 0; from < order.size(); from = to) {
    while (to < order.size() && x[order[to]] == x[order[from]]) ++to;
    const double score = boost::math::quantile(boost::math::normal_distribution<>(),
                                               static_cast<double>(from + to) / 2 / static_cast<double>(x.size()));
    for (std::size_t d = from; d < to; ++d) out[order[d]] = score;
  }
  return out;
}

/// A smooth regression on some parameters: linear smoothers that keep the mean, one for each amount of smoothing.
///
/// Not smoothed: each parameter. Smoothed alike: for each parameter a cubic spline in its normal scores (reproducing
/// kernel of Gu 2013, section 2.3.3), and products of two parameters up to the third degree where the basis stays
/// small. Method: Demmler and Reinsch (1975): in the basis of the eigenvectors, smoothing is one factor for each.
class Smoother {
 public:
  static constexpr Eigen::Index knots = 10;
  /// Columns of the basis without products.
  static Eigen::Index columns(Eigen::Index parameters) { return 1 + parameters * (1 + knots); }

  /// `x` has one column for each parameter, which varies, with mean 0 and mean square 1.
  explicit Smoother(const Matrix& x) {
    const Eigen::Index n = x.rows(), p = x.cols();
    Eigen::MatrixXd fixed(n, 1 + p);
    fixed.col(0).setOnes();
    fixed.rightCols(p) = x;

    // All products of a degree, or none: otherwise their order would matter.
    const Eigen::Index pairs = p * (p - 1) / 2, room = std::min<Eigen::Index>(n / 10, 300) - columns(p);
    const Eigen::Index kinds = 3 * pairs <= room ? 3 : pairs <= room ? 1 : 0;
    Eigen::MatrixXd smoothed(n, p * knots + kinds * pairs);
    const Eigen::MatrixXd half = inverse_root();
    Eigen::Index next = 0;
    for (Eigen::Index j = 0; j < p; ++j, next += knots) {
      const Vector scores = normal_scores(x.col(j));
      const double low = scores.minCoeff(), width = scores.maxCoeff() - low;
      Eigen::MatrixXd kernels(n, knots);
      for (Eigen::Index k = 0; k < knots; ++k)
        for (Eigen::Index d = 0; d < n; ++d) kernels(d, k) = kernel((scores[d] - low) / width, knot(k));
      smoothed.middleCols(next, knots) = kernels * half;
    }
    // As rough as a spline that bends as much, where all draws lie within about 7 standard deviations.
    constexpr double rough = 70;
    for (Eigen::Index i = 0; i < p && kinds > 0; ++i)
      for (Eigen::Index j = 0; j < i; ++j) {
        const Vector product = x.col(i).cwiseProduct(x.col(j)) / rough;
        smoothed.col(next++) = product;
        if (kinds == 1) continue;
        smoothed.col(next++) = product.cwiseProduct(x.col(i)) / 3;
        smoothed.col(next++) = product.cwiseProduct(x.col(j)) / 3;
      }

    Eigen::ColPivHouseholderQR<Eigen::MatrixXd> qr(fixed);
    qr.setThreshold(1e-10);
    fixed_ = qr.householderQ() * Eigen::MatrixXd::Identity(n, qr.rank());
    const double whole = smoothed.squaredNorm();
    for (int twice = 0; twice < 2; ++twice) smoothed -= fixed_ * (fixed_.transpose() * smoothed).eval();
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> eigen(smoothed.transpose() * smoothed);
    const Vector& weight = eigen.eigenvalues();
    const double negligible = std::max(1e-13 * weight[weight.size() - 1], 1e-24 * whole);
    const Eigen::Index rank = (weight.array() > negligible).count();
    weight_ = weight.tail(rank);
    smooth_ = smoothed * eigen.eigenvectors().rightCols(rank) * weight_.cwiseSqrt().cwiseInverse().asDiagonal();
  }

  /// The factors of the smoother with the least generalised cross-validation for y, degrees of freedom counting 1.4.
  ///
  /// Method: Craven and Wahba (1979), doi 10.1007/BF01404567; the 1.4 of Kim and Gu (2004).
  [[nodiscard]] Vector choose(const Vector& y) const {
    const Vector rest = y - fixed_ * (fixed_.transpose() * y), part = smooth_.transpose() * rest;
    const double unexplained = (rest - smooth_ * part).squaredNorm();
    const auto n = static_cast<double>(y.size());
    Vector best = Vector::Zero(weight_.size());
    double least = std::numeric_limits<double>::infinity();
    for (int step = 18; step >= -36 && weight_.size() > 0; --step) {
      const double penalty = weight_[weight_.size() - 1] * std::pow(10.0, step / 3.0);
      const Vector factor = weight_.array() / (weight_.array() + penalty);
      const double residual = unexplained + ((1 - factor.array()) * part.array()).matrix().squaredNorm();
      const double freedom = n - 1.4 * this->freedom(factor);
      const double criterion = residual / (freedom * freedom);
      if (freedom > 0 && criterion < least) {
        least = criterion;
        best = factor;
      }
    }
    return best;
  }
  [[nodiscard]] Vector smooth(const Vector& y, const Vector& factor) const {
    return fixed_ * (fixed_.transpose() * y) + smooth_ * (factor.asDiagonal() * (smooth_.transpose() * y)).eval();
  }
  [[nodiscard]] double freedom(const Vector& factor) const { return static_cast<double>(fixed_.cols()) + factor.sum(); }

 private:
  /// Not at 1: less their straight lines, the functions are as high there as at 0.
  static double knot(Eigen::Index k) { return static_cast<double>(k) / static_cast<double>(knots); }
  /// Of the functions on [0, 1] with square-integrable second derivative, less the straight lines.
  static double kernel(double x, double z) {
    const auto bernoulli2 = [](double t) { return ((t - 0.5) * (t - 0.5) - 1.0 / 12) / 2; };
    const double s = std::abs(x - z) - 0.5, s2 = s * s;
    return bernoulli2(x) * bernoulli2(z) - (s2 * s2 - s2 / 2 + 7.0 / 240) / 24;
  }
  static Eigen::MatrixXd inverse_root() {
    Eigen::MatrixXd at(knots, knots);
    for (Eigen::Index k = 0; k < knots; ++k)
      for (Eigen::Index l = 0; l < knots; ++l) at(k, l) = kernel(knot(k), knot(l));
    return Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(at).operatorInverseSqrt();
  }

  Eigen::MatrixXd fixed_, smooth_;  // orthonormal columns
  Vector weight_;
};

}  // namespace detail

/// What it is worth to know some parameters before choosing, in money, all else staying as uncertain as it is.
///
/// `parameters`: draws x parameters, in the draws of the comparison; a parameter that does not vary (by more than 1e-9
/// of itself) adds nothing, one that repeats others neither. With d* the best on average and g_k the regression on the
/// parameters of what alternative k is worth more than d*, EVPPI is the mean of max(0, g_k over all k): never below 0.
/// It is never above EVPI in truth; a regression may be, so more than the EVPI of the same draws is cut to it.
/// Assumes: independent draws; an expectation given the parameters that is smooth in each, with interactions of two at
/// a time (none beyond 300 columns of the basis or a tenth of the draws). A jump is blurred.
/// Effect on intervals: the interval is of the Monte Carlo error alone: which worlds were drawn, and what they leave
/// unknown of the regressions. It is the standard deviation of max(0, g) + sum over k of S_k 1[k chosen] x (residual of
/// k), S_k the smoother, over the root of the draws: right to first order, and 0 where no draw would change the choice.
/// Where two nearly tie, what the regression takes from chance adds about one such error to the value.
/// Throws Refusal [E-SHAPE] where the draws differ in number, [E-DRAWS-FEW] with fewer than 5 for each column of the
/// basis (5 + 55 for each parameter that varies); DomainError [E-PARAMETER] for a parameter that is not a number below
/// 1e150, [E-COST] as decide does. Cost: O(draws x columns^2). No random numbers.
/// Method: Strong, Oakley and Brennan (2014), doi 10.1177/0272989X13505910.
[[nodiscard]] inline Estimate evppi(const Comparison& comparison, double value, const Matrix& parameters,
                                    Level level = Level{}) {
  if (parameters.rows() != comparison.costs().rows())
    throw Refusal("E-SHAPE", "found parameters of " + std::to_string(parameters.rows()) + " draws; expected the " +
                                 std::to_string(comparison.draws()) + " of the comparison");
  for (const double x : parameters.reshaped())
    if (!(std::abs(x) < 1e150))
      throw DomainError("E-PARAMETER",
                        "found a parameter of " + detail::text(x) + "; expected a finite number below 1e150", x);
  Matrix x(parameters.rows(), parameters.cols());
  Eigen::Index vary = 0;
  for (const auto& parameter : parameters.colwise()) {
    Vector from_mean = parameter.array() - parameter.mean();
    const double far = from_mean.cwiseAbs().maxCoeff();
    if (!(far > detail::rounding * parameter.cwiseAbs().maxCoeff())) continue;
    from_mean /= far;
    x.col(vary++) = from_mean / std::sqrt(from_mean.squaredNorm() / static_cast<double>(x.rows()));
  }
  x.conservativeResize(Eigen::NoChange, vary);
  const std::size_t draws = comparison.draws();
  const Decision decision = decide(comparison, value, level);
  const Estimate& most = decision.evpi();
  if (vary == 0) return detail::expectation(0, 0, draws, level, 0, most.upper);
  if (const Eigen::Index needed = 5 * detail::Smoother::columns(vary); x.rows() < needed)
    throw Refusal("E-DRAWS-FEW", "found " + std::to_string(draws) + " draws; expected at least " +
                                     std::to_string(needed) + " to regress on " + std::to_string(vary) +
                                     (vary == 1 ? " parameter that varies" : " parameters that vary"));

  const detail::Smoother smoother(x);
  const Matrix benefit = comparison.net_benefit(value);
  struct Regression {
    Vector factor, residual;
    double freedom;
  };
  std::vector<Regression> regressions;
  Vector gain = Vector::Zero(x.rows());
  Eigen::VectorXi chosen = Eigen::VectorXi::Constant(x.rows(), -1);
  for (Eigen::Index k = 0; k < benefit.cols(); ++k) {
    if (k == static_cast<Eigen::Index>(decision.best)) continue;
    const Vector more = benefit.col(k) - benefit.col(static_cast<Eigen::Index>(decision.best));
    Regression r;
    r.factor = smoother.choose(more);
    const Vector fitted = smoother.smooth(more, r.factor);
    r.residual = more - fitted;
    r.freedom = smoother.freedom(r.factor);
    for (Eigen::Index d = 0; d < x.rows(); ++d)
      if (fitted[d] > gain[d]) {
        gain[d] = fitted[d];
        chosen[d] = static_cast<int>(regressions.size());
      }
    regressions.push_back(std::move(r));
  }
  const auto n = static_cast<double>(draws);
  Vector influence = gain;
  for (std::size_t k = 0; k < regressions.size(); ++k) {
    const Regression& r = regressions[k];
    const Vector here = (chosen.array() == static_cast<int>(k)).cast<double>();
    influence.array() += smoother.smooth(here, r.factor).array() * r.residual.array() * std::sqrt(n / (n - r.freedom));
  }
  const std::vector<double> each(influence.begin(), influence.end());
  return detail::expectation(std::min(gain.mean(), most.value), detail::moments(each).deviation / std::sqrt(n), draws,
                             level, 0, most.upper);
}

}  // namespace rungs

#endif
