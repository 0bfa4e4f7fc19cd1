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

#include <Eigen/QR>
#include <boost/math/distributions/normal.hpp>

#include <rungs/decide/comparison.hpp>
#include <rungs/detail/product.hpp>
#include <rungs/detail/symmetric_eigen.hpp>

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
      smoothed.middleCols(next, knots) = product(kernels, half);
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

    fixed_ = basis(fixed);
    const double whole = smoothed.squaredNorm();
    for (int twice = 0; twice < 2; ++twice) smoothed -= product(fixed_, product(fixed_.transpose(), smoothed));
    const SymmetricEigen eigen = symmetric_eigen(product(smoothed.transpose(), smoothed));
    const Vector& weight = eigen.values;
    const double negligible = std::max(1e-13 * weight[weight.size() - 1], 1e-24 * whole);
    const Eigen::Index rank = std::count_if(weight.begin(), weight.end(), [&](double w) { return w > negligible; });
    weight_ = weight.tail(rank);
    Eigen::MatrixXd axes = eigen.vectors.rightCols(rank);
    for (Eigen::Index k = 0; k < rank; ++k) axes.col(k) /= std::sqrt(weight_[k]);
    smooth_ = product(smoothed, axes);
  }

  /// The factors of the smoother with the least generalised cross-validation for y, degrees of freedom counting 1.4.
  ///
  /// Method: Craven and Wahba (1979), doi 10.1007/BF01404567; the 1.4 of Kim and Gu (2004).
  [[nodiscard]] Vector choose(const Vector& y) const {
    const Vector rest = y - applied(fixed_, along(fixed_, y)), part = along(smooth_, rest);
    const double unexplained = (rest - applied(smooth_, part)).squaredNorm();
    const auto n = static_cast<double>(y.size());
    Vector best = Vector::Zero(weight_.size()), factor = best;
    double least = std::numeric_limits<double>::infinity();
    for (int step = 18; step >= -36 && weight_.size() > 0; --step) {
      const double penalty = weight_[weight_.size() - 1] * std::pow(10.0, step / 3.0);
      double residual = unexplained;
      for (Eigen::Index k = 0; k < factor.size(); ++k) {
        factor[k] = weight_[k] / (weight_[k] + penalty);
        const double left = (1 - factor[k]) * part[k];
        residual += left * left;
      }
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
    return applied(fixed_, along(fixed_, y)) + applied(smooth_, factor.cwiseProduct(along(smooth_, y)));
  }
  [[nodiscard]] double freedom(const Vector& factor) const { return static_cast<double>(fixed_.cols()) + factor.sum(); }

 private:
  /// M' x, of a matrix that is not small.
  static Vector along(const Eigen::MatrixXd& m, const Vector& x) { return m.transpose() * x; }
  /// An orthonormal basis of what some columns span.
  static Eigen::MatrixXd basis(const Eigen::MatrixXd& columns) {
    Eigen::ColPivHouseholderQR<Eigen::MatrixXd> qr(columns);
    qr.setThreshold(1e-10);
    return qr.householderQ() * Eigen::MatrixXd::Identity(columns.rows(), qr.rank());
  }
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
    const SymmetricEigen eigen = symmetric_eigen(at);
    return carried(eigen.vectors, eigen.values.cwiseSqrt().cwiseInverse().asDiagonal());
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
  for (Eigen::Index j = 0; j < parameters.cols(); ++j) {
    const Vector parameter = parameters.col(j);
    Vector from_mean = parameter - Vector::Constant(parameter.size(), parameter.mean());
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
  std::vector<std::size_t> chosen(draws, comparison.size());
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
        chosen[static_cast<std::size_t>(d)] = regressions.size();
      }
    regressions.push_back(std::move(r));
  }
  const auto n = static_cast<double>(draws);
  std::vector<double> influence(gain.begin(), gain.end());
  for (std::size_t k = 0; k < regressions.size(); ++k) {
    const Regression& r = regressions[k];
    Vector here(x.rows());
    for (Eigen::Index d = 0; d < x.rows(); ++d) here[d] = chosen[static_cast<std::size_t>(d)] == k ? 1 : 0;
    const Vector change = smoother.smooth(here, r.factor).cwiseProduct(r.residual) * std::sqrt(n / (n - r.freedom));
    for (std::size_t d = 0; d < draws; ++d) influence[d] += change[static_cast<Eigen::Index>(d)];
  }
  return detail::expectation(std::min(gain.mean(), most.value), detail::moments(influence).deviation / std::sqrt(n),
                             draws, level, 0, most.upper);
}

}  // namespace rungs

#endif
