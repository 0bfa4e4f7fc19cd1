// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/estimate/rates.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <rungs/core/random.hpp>

#include "../core/message.hpp"

namespace rates_test {
namespace {

using namespace rungs;
using rungs_test::code_of;
using rungs_test::said;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

/// A Poisson number: how many exponential waits fit into the mean.
double poisson(Stream& stream, double mean) {
  double n = -1;
  for (double left = mean; left >= 0; ++n) left += std::log(stream.uniform());
  return n;
}

/// People with an intercept, a yes-or-no column, an age, their product, and time at risk; counts with gamma factors of
/// variance alpha.
RateData people(std::uint64_t unit, Eigen::Index n, double alpha) {
  Stream stream({Seed(41), unit, 0, Purpose::test});
  RateData d;
  d.names = {"(Intercept)", "manual", "age", "manual:age"};
  d.design.resize(n, 4);
  d.events.resize(n);
  d.exposure.resize(n);
  for (Eigen::Index i = 0; i < n; ++i) {
    const double manual = stream.uniform() < 0.4 ? 1 : 0, age = 20 + std::floor(40 * stream.uniform());
    d.design.row(i) << 1, manual, age, manual * age;
    d.exposure[i] = 1 + 10 * stream.uniform();
    const double rate = std::exp(-1 + 0.5 * manual - 0.02 * age);
    const double factor = alpha > 0 ? alpha * std::exp(stream.log_gamma_variate(1 / alpha)) : 1;
    d.events[i] = poisson(stream, rate * d.exposure[i] * factor);
  }
  return d;
}

/// The log-likelihood by its textbook form, without the library.
double log_likelihood(const RateData& d, const Vector& beta, double theta) {
  double sum = 0;
  for (Eigen::Index i = 0; i < d.events.size(); ++i) {
    const double y = d.events[i], m = d.exposure[i] * std::exp(d.design.row(i).dot(beta));
    sum += std::isinf(theta) ? y * std::log(m) - m - std::lgamma(y + 1)
                             : std::lgamma(y + theta) - std::lgamma(theta) - std::lgamma(y + 1) +
                                   theta * std::log(theta / (theta + m)) + y * std::log(m / (theta + m));
  }
  return sum;
}

TEST(Rates, OfTwoGroupsHaveTheirClosedForm) {
  // The log of the ratio of two rates, and its variance 1/a + 1/b; people one by one or summed by group.
  RateData d;
  d.events = Vector{{3, 0, 2, 7, 1, 4}};
  d.exposure = Vector{{2, 1, 4, 2.5, 0.5, 2}};
  d.design = Matrix{{1, 0}, {1, 0}, {1, 0}, {1, 1}, {1, 1}, {1, 1}};
  d.names = {"(Intercept)", "left behind"};
  RateData grouped;
  grouped.events = Vector{{5, 12}};
  grouped.exposure = Vector{{7, 5}};
  grouped.design = Matrix{{1, 0}, {1, 1}};
  grouped.names = d.names;
  for (const RateData& data : {d, grouped}) {
    const RateFit fit = poisson_rates(data);
    EXPECT_NEAR(fit.coefficients[0], std::log(5.0 / 7), 1e-14);
    EXPECT_NEAR(fit.coefficients[1], std::log(12.0 / 5 / (5.0 / 7)), 1e-14);
    EXPECT_NEAR(fit.covariance(0, 0), 1.0 / 5, 1e-14);
    EXPECT_NEAR(fit.covariance(1, 1), 1.0 / 5 + 1.0 / 12, 1e-14);
    EXPECT_NEAR(fit.covariance(0, 1), -1.0 / 5, 1e-14);
  }
  const RateFit fit = poisson_rates(d);
  // The sandwich: squared residuals of a group over its squared events.
  double squares[2] = {0, 0}, pearson = 0, ll = 0;
  for (Eigen::Index i = 0; i < 6; ++i) {
    const double m = d.exposure[i] * (i < 3 ? 5.0 / 7 : 12.0 / 5), off = d.events[i] - m;
    squares[i >= 3] += off * off;
    pearson += off * off / m;
    ll += d.events[i] * std::log(m) - m - std::lgamma(d.events[i] + 1);
  }
  EXPECT_NEAR(fit.robust_covariance(0, 0), squares[0] / 25, 1e-14);
  EXPECT_NEAR(fit.robust_covariance(1, 1), squares[0] / 25 + squares[1] / 144, 1e-14);
  EXPECT_NEAR(fit.pearson, pearson, 1e-13);
  EXPECT_NEAR(fit.dispersion, pearson / 4, 1e-13);
  EXPECT_NEAR(fit.log_likelihood, ll, 1e-13);
  EXPECT_NEAR(fit.aic, 4 - 2 * ll, 1e-12);
  EXPECT_NEAR(poisson_rates(grouped).deviance, 0, 1e-14);  // as many coefficients as rows
  EXPECT_TRUE(std::isnan(poisson_rates(grouped).dispersion));
}

TEST(Rates, OfTwoGroupsAreReportedAsARatio) {
  RateData d;
  d.events = Vector{{5, 12, 9}};
  d.design = Matrix{{1, 0}, {1, 1}, {1, 1}};
  d.names = {"(Intercept)", "left behind"};
  const RateFit fit = poisson_rates(d);
  const std::vector<RateCoefficient> c = rate_coefficients(fit, RateErrors::model, Level(0.9));
  ASSERT_EQ(c.size(), 2U);
  EXPECT_EQ(c[1].name, "left behind");
  EXPECT_NEAR(c[1].ratio, 10.5 / 5, 1e-13);
  EXPECT_NEAR(c[1].standard_error, std::sqrt(1.0 / 5 + 1.0 / 21), 1e-14);
  EXPECT_NEAR(std::log(c[1].ratio_interval.upper / c[1].ratio) / c[1].standard_error, 1.6448536269514722, 1e-12);
  EXPECT_NEAR(c[1].zero.p, normal_significance(c[1].value / c[1].standard_error).p, 1e-16);
  const RateCoefficient q = rate_coefficients(fit, RateErrors::quasi)[1];
  EXPECT_NEAR(q.standard_error, c[1].standard_error * std::sqrt(4.5 / 10.5), 1e-13);  // (1.5^2 + 1.5^2) / 10.5 over 1
  EXPECT_EQ(q.zero.degrees_of_freedom, 1);
  EXPECT_NEAR((q.interval.upper - q.value) / q.standard_error, 12.706204736174698, 1e-9);
  EXPECT_NEAR(rate_coefficients(fit, RateErrors::robust)[1].standard_error, std::sqrt(4.5 / 441), 1e-14);
  EXPECT_EQ(name(RateErrors::model) + name(RateErrors::robust) + name(RateErrors::quasi), "modelrobustquasi");
}

TEST(Rates, OfStrataAreThoseOfTheSaturatedModel) {
  // Separate fits and one fit with interactions say the same.
  const RateData d = people(1, 300, 0);
  const RateFit pooled = poisson_rates(d);
  for (const double manual : {0.0, 1.0}) {
    RateData part;
    std::vector<Eigen::Index> rows;
    for (Eigen::Index i = 0; i < d.events.size(); ++i)
      if (d.design(i, 1) == manual) rows.push_back(i);
    part.events = d.events(rows);
    part.exposure = d.exposure(rows);
    part.design.resize(part.events.size(), 2);
    part.design.col(0).setOnes();
    part.design.col(1) = d.design(rows, 2);
    part.names = {"(Intercept)", "age"};
    const RateFit alone = poisson_rates(part);
    for (Eigen::Index j = 0; j < 2; ++j) {
      EXPECT_NEAR(alone.coefficients[j], pooled.coefficients[2 * j] + manual * pooled.coefficients[2 * j + 1], 1e-12);
      const double variance = pooled.covariance(2 * j, 2 * j) + manual * (pooled.covariance(2 * j + 1, 2 * j + 1) +
                                                                          2 * pooled.covariance(2 * j, 2 * j + 1));
      EXPECT_NEAR(alone.covariance(j, j), variance, 1e-12);
    }
  }
}

TEST(Rates, HaveTheHighestLikelihood) {
  for (const double alpha : {0.0, 0.3, 2.0}) {
    const RateData d = people(2, 400, alpha);
    for (const bool nb : {false, true}) {
      const RateFit fit = nb ? negative_binomial_rates(d) : poisson_rates(d);
      if (nb && fit.alpha == 0) continue;
      EXPECT_NEAR(fit.log_likelihood, log_likelihood(d, fit.coefficients, fit.theta), 1e-9);
      EXPECT_LT(fit.gradient_norm, 1e-9);
      // Each coefficient, and theta: level in every direction, and lower on both sides.
      for (Eigen::Index j = 0; j < (nb ? 5 : 4); ++j) {
        const double error = j < 4 ? std::sqrt(fit.covariance(j, j)) : fit.theta_standard_error, h = 1e-4 * error;
        const auto at = [&](double step) {
          Vector b = fit.coefficients;
          double theta = fit.theta;
          (j < 4 ? b[j] : theta) += step;
          return log_likelihood(d, b, theta);
        };
        EXPECT_NEAR((at(h) - at(-h)) / (2 * h) * error, 0, 1e-6) << j;
        EXPECT_LT(at(error), fit.log_likelihood);
        EXPECT_LT(at(-error), fit.log_likelihood);
        const double curvature = -(at(300 * h) + at(-300 * h) - 2 * at(0)) / (9e4 * h * h);
        if (j == 4) {
          EXPECT_NEAR(curvature * error * error, 1, 1e-3);
        }
      }
    }
  }
}

TEST(Rates, HaveTheCovarianceOfTheirInformation) {
  // Poisson: minus the second differences of the log-likelihood, inverted.
  const RateData d = people(3, 200, 0);
  const RateFit fit = poisson_rates(d);
  Matrix information(4, 4);
  for (Eigen::Index j = 0; j < 4; ++j)
    for (Eigen::Index k = 0; k < 4; ++k) {
      const auto at = [&](double a, double b) {
        Vector beta = fit.coefficients;
        beta[j] += a * 0.03 * std::sqrt(fit.covariance(j, j));
        beta[k] += b * 0.03 * std::sqrt(fit.covariance(k, k));
        return log_likelihood(d, beta, infinity);
      };
      information(j, k) = -(at(1, 1) - at(1, -1) - at(-1, 1) + at(-1, -1)) /
                          (4 * 9e-4 * std::sqrt(fit.covariance(j, j) * fit.covariance(k, k)));
    }
  const Matrix product = information * fit.covariance;
  EXPECT_LT((product - Matrix::Identity(4, 4)).cwiseAbs().maxCoeff(), 0.03);
}

TEST(Rates, SlopesOfTheLikelihoodAreItsDifferences) {
  for (const double log_alpha : {-30.0, -12.0, -5.0, -1.0, 2.0}) {
    const RateData d = people(4, 60, 0.5);
    const detail::Orthonormal design = detail::orthonormal(d);
    const detail::CountLikelihood likelihood(d, design);
    Vector at(5);
    at << likelihood.start(), log_alpha;
    Vector gradient, above, below;
    Eigen::MatrixXd information, unused;
    likelihood.slopes(at, gradient, information);
    for (Eigen::Index j = 0; j < 5; ++j) {
      constexpr double h = 1e-4;
      Vector up = at, down = at;
      up[j] += h;
      down[j] -= h;
      const double size = 1 + gradient.cwiseAbs().maxCoeff();
      EXPECT_NEAR((likelihood.value(up) - likelihood.value(down)) / (2 * h), gradient[j], 1e-6 * size) << log_alpha;
      likelihood.slopes(up, above, unused);
      likelihood.slopes(down, below, unused);
      for (Eigen::Index k = 0; k < 5; ++k)
        EXPECT_NEAR(-(above[k] - below[k]) / (2 * h), information(j, k), 1e-6 * (1 + information.cwiseAbs().maxCoeff()))
            << log_alpha << " " << j << " " << k;
    }
    // The excess along alpha itself, which numbers near 0 would lose: a part of alpha.
    Vector up = at, down = at;
    up[4] += 0.5;
    down[4] -= 0.5;
    likelihood.slopes(up, above, unused);
    likelihood.slopes(down, below, unused);
    if (log_alpha < -10) {
      EXPECT_NEAR(above[4] / below[4], std::exp(1.0), 0.01);
      EXPECT_NEAR(information(4, 4), -gradient[4], 1e-2 * std::abs(gradient[4]));
    }
  }
}

TEST(Rates, DoNotDependOnUnits) {
  const RateData d = people(5, 250, 0.7);
  RateData scaled = d;
  scaled.design.col(2) *= 1e6;
  scaled.exposure *= 12;
  for (const bool nb : {false, true}) {
    const RateFit a = nb ? negative_binomial_rates(d) : poisson_rates(d),
                  b = nb ? negative_binomial_rates(scaled) : poisson_rates(scaled);
    EXPECT_NEAR(b.coefficients[0], a.coefficients[0] - std::log(12.0), 1e-10);
    EXPECT_NEAR(b.coefficients[2] * 1e6, a.coefficients[2], 1e-11);
    EXPECT_NEAR(std::sqrt(b.covariance(2, 2)) * 1e6, std::sqrt(a.covariance(2, 2)), 1e-11);
    EXPECT_NEAR(std::sqrt(b.robust_covariance(2, 2)) * 1e6, std::sqrt(a.robust_covariance(2, 2)), 1e-11);
    EXPECT_NEAR(b.log_likelihood, a.log_likelihood, 1e-9);
    EXPECT_NEAR(b.deviance, a.deviance, 1e-9);
  }
}

TEST(NegativeBinomial, OfOneGroupIsFoundByTryingEveryTheta) {
  RateData d;
  d.events = Vector{{0, 0, 1, 5, 2, 0, 9, 3, 0, 1, 1, 4}};
  d.exposure = Vector::Ones(12);
  d.design = Matrix::Ones(12, 1);
  d.names = {"(Intercept)"};
  const RateFit fit = negative_binomial_rates(d);
  const Vector mean{{std::log(26.0 / 12)}};  // whatever theta
  EXPECT_NEAR(fit.coefficients[0], mean[0], 1e-12);
  double low = 1e-3, high = 1e3;
  for (int k = 0; k < 200; ++k) {
    const double a = low * std::pow(high / low, 1.0 / 3), b = low * std::pow(high / low, 2.0 / 3);
    (log_likelihood(d, mean, a) < log_likelihood(d, mean, b) ? low : high) =
        log_likelihood(d, mean, a) < log_likelihood(d, mean, b) ? a : b;
  }
  EXPECT_NEAR(fit.theta, low, 1e-6 * low);
  EXPECT_NEAR(fit.covariance(0, 0), (1 / (26.0 / 12) + fit.alpha) / 12, 1e-13);
  EXPECT_GT(fit.alpha, 0);
  EXPECT_NEAR(fit.alpha * fit.theta, 1, 1e-15);
  EXPECT_EQ(fit.aic, 4 - 2 * fit.log_likelihood);
  double deviance = 0;
  for (const double y : d.events) {
    const double m = 26.0 / 12, t = fit.theta;
    deviance += 2 * ((y > 0 ? y * std::log(y / m) : 0) - (y + t) * std::log((y + t) / (m + t)));
  }
  EXPECT_NEAR(fit.deviance, deviance, 1e-12);
}

TEST(NegativeBinomial, IsFoundWhereTheLikelihoodIsASmallDifferenceOfLargeNumbers) {
  // Thousands of events each: rounding in the likelihood must not pass for a step downhill.
  for (std::uint64_t unit = 0; unit < 30; ++unit) {
    RateData d = people(unit, 40, 0.05);
    Stream stream({Seed(42), unit, 0, Purpose::test});
    for (double& y : d.events) y = std::floor(3000 * std::exp(stream.normal()));
    const RateFit fit = negative_binomial_rates(d);
    EXPECT_LT(fit.gradient_norm, 1e-8);
    EXPECT_GT(fit.log_likelihood, poisson_rates(d).log_likelihood);
  }
}

TEST(NegativeBinomial, IsFoundWhereTheLikelihoodIsNoDome) {
  // Times at risk of very different lengths: from Poisson's coefficients, these and alpha must be bent back together.
  for (std::uint64_t unit = 0; unit < 30; ++unit) {
    Stream stream({Seed(43), unit, 0, Purpose::test});
    RateData d;
    d.names = {"(Intercept)", "a", "b"};
    d.design.resize(40, 3);
    d.events.resize(40);
    d.exposure.resize(40);
    for (Eigen::Index i = 0; i < 40; ++i) {
      d.design.row(i) << 1, (stream.uniform() < 0.4 ? 1.0 : 0.0), stream.normal();
      d.exposure[i] = std::exp(2 * stream.normal());
      const double mean = 10 * d.exposure[i] * std::exp(0.5 * d.design(i, 1) + 0.8 * d.design(i, 2));
      d.events[i] = std::floor(std::min(1e4, mean * std::exp(stream.normal())));
    }
    const RateFit fit = negative_binomial_rates(d);
    EXPECT_LT(fit.gradient_norm, 1e-8);
    EXPECT_GT(fit.log_likelihood, poisson_rates(d).log_likelihood);
  }
}

TEST(NegativeBinomial, IsFoundWhereTheSlopeAtPoissonIsDown) {
  // One firm with 10,000 changes hides, at alpha 0, that people elsewhere have none or many. Means are those of the
  // groups, whatever theta. rejects: Poisson for want of a rise at alpha 0.
  RateData d;
  d.events = Vector{{10000, 0, 20, 0, 25, 0, 0, 30, 0, 5}};
  d.exposure = Vector::Ones(10);
  d.design = Matrix::Zero(10, 2);
  d.design.col(0).setOnes();
  d.design(0, 1) = 1;
  d.names = {"(Intercept)", "firm"};
  ASSERT_LT((d.events.tail(9).array() - 80.0 / 9).square().sum(), d.events.sum());
  const RateFit fit = negative_binomial_rates(d);
  const Vector beta{{std::log(80.0 / 9), std::log(10000 / (80.0 / 9))}};
  double best = -infinity, theta = 0;
  for (double t = 0.05; t < 20; t *= 1.001)
    if (const double value = log_likelihood(d, beta, t); value > best) {
      best = value;
      theta = t;
    }
  EXPECT_NEAR(fit.theta, theta, 2e-3 * theta);
  EXPECT_NEAR(fit.coefficients[0], beta[0], 1e-10);
  EXPECT_NEAR(fit.log_likelihood, best, 1e-5);
  EXPECT_GT(fit.log_likelihood, poisson_rates(d).log_likelihood + 10);
}

TEST(NegativeBinomial, IsPoissonWhereCountsVaryLess) {
  RateData d;
  d.events = Vector{{2, 3, 2, 3, 2, 2}};
  d.design = Matrix::Ones(6, 1);
  d.names = {"(Intercept)"};
  const RateFit poisson = poisson_rates(d), nb = negative_binomial_rates(d);
  EXPECT_EQ(nb.alpha, 0);
  EXPECT_TRUE(std::isinf(nb.theta));
  EXPECT_TRUE(std::isnan(nb.theta_standard_error));
  EXPECT_EQ(nb.coefficients, poisson.coefficients);
  EXPECT_EQ(nb.log_likelihood, poisson.log_likelihood);
  ASSERT_EQ(nb.warnings.size(), 1U);
  EXPECT_EQ(nb.warnings[0].code, "W-BOUNDARY");
  EXPECT_EQ(
      nb.warnings[0].message,
      "found numbers of events that vary no more than chance would make them: the excess variance alpha is at the "
      "end of its range, 0, and the fit is Poisson's");
  EXPECT_EQ(likelihood_ratio(poisson, nb).p, 1);
  EXPECT_EQ(likelihood_ratio(poisson, nb).statistic, 0);
}

TEST(NegativeBinomial, TestsAgainstPoissonAtTheEndOfARange) {
  const RateData d = people(6, 400, 0.15);
  const RateFit poisson = poisson_rates(d), nb = negative_binomial_rates(d);
  const Significance test = likelihood_ratio(poisson, nb);
  EXPECT_GT(test.statistic, 0.1);
  EXPECT_NEAR(test.statistic, 2 * (nb.log_likelihood - poisson.log_likelihood), 1e-12);
  EXPECT_NEAR(test.p, std::erfc(std::sqrt(test.statistic / 2)) / 2, 1e-15);  // half of a chi-square's
  EXPECT_NEAR(test.log10_p, std::log10(test.p), 1e-13);
  EXPECT_EQ(said<Refusal>([&] { (void)likelihood_ratio(nb, poisson); }),
            "found other models; expected a Poisson model and a negative binomial model of the same rows and columns "
            "[E-MODELS]");
}

TEST(Overdispersion, HasTheSizeOfWhatIsThere) {
  const RateData none = people(7, 3000, 0), much = people(8, 3000, 0.8);
  EXPECT_GT(overdispersion_nb2(none.events, poisson_rates(none)).excess.p, 0.001);
  const Overdispersion nb2 = overdispersion_nb2(much.events, poisson_rates(much));
  EXPECT_NEAR(nb2.alpha, 0.8, 0.25);
  EXPECT_LT(nb2.excess.p, 1e-6);
  // By hand: mean 2, squares 4 1 0 1 4 less counts 0 1 2 3 4, over 2: 2 0 -1 -1 0.
  RateData d;
  d.events = Vector{{0, 1, 2, 3, 4}};
  d.design = Matrix::Ones(5, 1);
  d.names = {"(Intercept)"};
  const Overdispersion nb1 = overdispersion_nb1(d.events, poisson_rates(d));
  EXPECT_NEAR(nb1.alpha, 0, 1e-14);
  EXPECT_NEAR(nb1.excess.p, 0.5, 1e-14);
  d.events = Vector{{0, 0, 2, 3, 5}};  // squares 4 4 0 1 9, over 2: 2 2 -1 -1 2; deviation sqrt(2.7)
  EXPECT_NEAR(overdispersion_nb1(d.events, poisson_rates(d)).alpha, 0.8, 1e-13);
  EXPECT_NEAR(overdispersion_nb1(d.events, poisson_rates(d)).excess.statistic, 0.8 / std::sqrt(2.7 / 5), 1e-13);
  EXPECT_NEAR(overdispersion_nb2(d.events, poisson_rates(d)).alpha, 0.4, 1e-13);
  EXPECT_EQ(said<Refusal>([&] { (void)overdispersion_nb1(d.events, negative_binomial_rates(d)); }),
            "found 5 numbers of events and a negative binomial model of 5 rows; expected a Poisson model of the same "
            "rows [E-MODELS]");
}

TEST(Rates, NameTheColumnThatOthersExplain) {
  RateData d = people(9, 50, 0);
  d.design.conservativeResize(50, 6);
  d.design.col(4) = 1 - d.design.col(1).array();
  d.design.col(5) = d.exposure;
  d.names = {"(Intercept)", "manual", "age", "manual:age", "office", "periods"};
  EXPECT_EQ(
      said<Refusal>([&] { (void)poisson_rates(d); }),
      "found that 'office' follows from '(Intercept)', 'manual', so that their coefficients cannot be told apart; "
      "expected columns of which none is a combination of others: leave one out [E-IDENT]");
  d.design.col(4).setZero();
  EXPECT_EQ(said<Refusal>([&] { (void)negative_binomial_rates(d); }),
            "found that 'office' is 0 throughout; expected a column that differs [E-IDENT]");
  // Nearly, but not quite: calendar years beside an intercept.
  d.design.col(4) = d.design.col(2).array() / 1e3 + 1980;
  d.design.col(2) = d.exposure.array().square();
  EXPECT_LT(poisson_rates(d).gradient_norm, 1e-8);
}

TEST(Rates, NameTheCoefficientWithoutABestValue) {
  RateData d;
  d.events = Vector{{3, 1, 2, 0, 0}};
  d.design = Matrix{{1, 0}, {1, 0}, {1, 0}, {1, 1}, {1, 1}};
  d.names = {"(Intercept)", "designer"};
  const std::string words = said<Refusal>([&] { (void)poisson_rates(d); });
  EXPECT_EQ(words.find("found no highest likelihood in "), 0U) << words;
  EXPECT_NE(words.find(" steps: the coefficient of 'designer' was -3"), std::string::npos) << words;
  EXPECT_NE(
      words.find(" and still moved by -1; expected at least one event where it applies: leave it out, or merge its "
                 "group with another [E-CONVERGENCE]"),
      std::string::npos)
      << words;
  EXPECT_EQ(code_of([&] { (void)negative_binomial_rates(d); }), "E-CONVERGENCE");
  d.events.setZero();
  EXPECT_NE(said<Refusal>([&] { (void)poisson_rates(d); }).find("coefficient of '(Intercept)' was -"),
            std::string::npos);
}

TEST(Rates, RefuseWhatTheyCannotRead) {
  RateData d;
  d.events = Vector{{1, 2}};
  d.design = Matrix::Ones(2, 1);
  d.names = {"(Intercept)"};
  const auto with = [&](auto change) {
    RateData wrong = d;
    change(wrong);
    return [wrong] { (void)poisson_rates(wrong); };
  };
  EXPECT_EQ(said<DomainError>(with([](RateData& w) { w.events[1] = 1.5; })),
            "found 1.5 events in row 2; expected a whole number, 0 or more [E-COUNT]");
  EXPECT_EQ(code_of(with([](RateData& w) { w.events[1] = nan; })), "E-COUNT");
  EXPECT_EQ(code_of(with([](RateData& w) { w.events[1] = -1; })), "E-COUNT");
  EXPECT_EQ(said<DomainError>(with([](RateData& w) {
              w.exposure = Vector{{1, 0}};
            })),
            "found an exposure of 0 in row 2; expected a time above 0: leave out who was never at risk [E-EXPOSURE]");
  EXPECT_EQ(code_of(with([](RateData& w) { w.exposure = Vector{{1, nan}}; })), "E-EXPOSURE");
  EXPECT_EQ(said<DomainError>(with([](RateData& w) { w.design(1, 0) = nan; })),
            "found nan as '(Intercept)' in row 2; expected a finite number [E-NUMBER]");
  EXPECT_EQ(
      said<Refusal>(with([](RateData& w) { w.names.emplace_back("age"); })),
      "found 2 numbers of events, 0 exposures, 2 rows and 1 columns of what explains them, and 2 names; expected a "
      "row for each number of events and a name for each column [E-SHAPE]");
  EXPECT_EQ(code_of(with([](RateData& w) { w.exposure = Vector{{1}}; })), "E-SHAPE");
  EXPECT_EQ(code_of([] { (void)poisson_rates({}); }), "E-SHAPE");
  d.events = Vector{{1}};
  d.design = Matrix::Ones(1, 1);
  EXPECT_EQ(code_of([&] { (void)rate_coefficients(poisson_rates(d), RateErrors::quasi); }), "E-OBSERVATIONS");
  EXPECT_EQ(code_of([&] { (void)overdispersion_nb1(d.events, poisson_rates(d)); }), "E-OBSERVATIONS");
}

/// P(at most k) of a binomial number, by adding up.
double binomial_share(int k, int n, double p) {
  return std::exp(std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1) + k * std::log(p) +
                  (n - k) * std::log1p(-p));
}

TEST(RateRatio, TestsByAddingUpWhatIsAsUnlikely) {
  for (const int n : {1, 2, 7, 30, 101})
    for (const double p : {0.05, 0.3, 0.5, 0.9})
      for (int x = 0; x <= n; ++x) {
        double sum = 0;
        for (int k = 0; k <= n; ++k)
          if (binomial_share(k, n, p) <= binomial_share(x, n, p) * (1 + 1e-7)) sum += binomial_share(k, n, p);
        const RateRatio r = rate_ratio(x, p, n - x, 1 - p);
        EXPECT_NEAR(r.equal.p, std::min(1.0, sum), 1e-11) << x << " of " << n << " at " << p;
        EXPECT_NEAR(r.equal.log10_p, std::log10(std::min(1.0, sum)), 1e-9);
      }
}

TEST(RateRatio, TakesEqualSharesForEqual) {
  // Of 3 m + 2 events at a share of a third, m and m + 1 are equally likely, and nothing is likelier. rejects: rounding
  // that tells them apart.
  for (int m = 0; m < 60; ++m) {
    EXPECT_NEAR(rate_ratio(m, 1, 2 * m + 2, 2).equal.p, 1, 1e-12) << m;
    EXPECT_NEAR(rate_ratio(m + 1, 1, 2 * m + 1, 2).equal.p, 1, 1e-12) << m;
  }
}

TEST(RateRatio, HasALogarithmWhereThePValueHasNone) {
  const RateRatio all = rate_ratio(3000, 1, 0, 1);
  EXPECT_EQ(all.equal.p, 0);
  EXPECT_NEAR(all.equal.log10_p, -2999 * std::log10(2.0), 1e-9);
  // From where the p-value still is a number to where it is none: no jump.
  double before = 0;
  for (double x = 1700; x < 1900; ++x) {
    const double log10_p = rate_ratio(x, 1, 2000 - x, 1).equal.log10_p;
    if (x > 1702) {
      EXPECT_LT(log10_p, before);
      EXPECT_GT(log10_p, before - 2);
    }
    before = log10_p;
  }
  EXPECT_LT(before, -350);
  EXPECT_NEAR(rate_ratio(100, 1, 1900, 1).equal.log10_p, rate_ratio(1900, 1, 100, 1).equal.log10_p, 1e-9);
}

TEST(RateRatio, IsTheSameTheOtherWayRound) {
  for (const double x : {0.0, 1.0, 8.0})
    for (const double y : {0.0, 3.0, 20.0}) {
      if (x + y == 0) continue;
      const RateRatio a = rate_ratio(x, 2.5, y, 7, Level(0.9)), b = rate_ratio(y, 7, x, 2.5, Level(0.9));
      EXPECT_NEAR(a.equal.p, b.equal.p, 1e-13);
      if (x > 0 && y > 0) {
        EXPECT_NEAR(a.ratio * b.ratio, 1, 1e-14);
        EXPECT_NEAR(a.interval.lower * b.interval.upper, 1, 1e-12);
      }
      EXPECT_EQ(a.interval.lower == 0, x == 0);
      EXPECT_EQ(std::isinf(a.interval.upper), y == 0);
    }
  EXPECT_EQ(rate_ratio(0, 1, 4, 1).ratio, 0);
  EXPECT_EQ(rate_ratio(4, 1, 0, 1).ratio, infinity);
  // 0 of 4: an upper share of 1 - 0.025^(1/4).
  const double share = 1 - std::pow(0.025, 0.25);
  EXPECT_NEAR(rate_ratio(0, 1, 4, 1).interval.upper, share / (1 - share), 1e-13);
  EXPECT_NEAR(rate_ratio(1, 3, 1, 1).ratio, 1.0 / 3, 1e-16);
}

TEST(RateRatio, CoversAtLeastWhatItPromises) {
  // Exactly, by all pairs of counts of two Poisson numbers.
  constexpr int top = 60;
  std::vector<Interval> interval(top * top);
  for (int x = 0; x < top; ++x)
    for (int y = 0; y < top; ++y)
      interval[static_cast<std::size_t>(x * top + y)] =
          x + y == 0 ? Interval{0, infinity} : rate_ratio(x, 1, y, 2, Level(0.9)).interval;
  const auto share = [](int k, double mean) { return std::exp(k * std::log(mean) - mean - std::lgamma(k + 1)); };
  for (const double ratio : {0.2, 0.7, 1.0, 3.0})
    for (const double rate : {0.5, 2.0, 6.0}) {
      double covered = 0;
      for (int x = 0; x < top; ++x)
        for (int y = 0; y < top; ++y) {
          const Interval& i = interval[static_cast<std::size_t>(x * top + y)];
          if (i.lower <= ratio && ratio <= i.upper) covered += share(x, ratio * rate) * share(y, 2 * rate);
        }
      EXPECT_GE(covered, 0.9 - 1e-9) << ratio << " " << rate;
      EXPECT_LE(covered, 1);
      if (rate == 6 && ratio >= 0.7) {
        EXPECT_LE(covered, 0.95);
      }
    }
}

TEST(RateRatio, RefusesWhatIsNoCountOrTime) {
  EXPECT_EQ(said<DomainError>([] { (void)rate_ratio(0, 1, 0, 1); }),
            "found no event in either group; expected at least one [E-COUNT]");
  EXPECT_EQ(said<DomainError>([] { (void)rate_ratio(1.5, 1, 0, 1); }),
            "found 1.5 events; expected a whole number, 0 or more [E-COUNT]");
  EXPECT_EQ(said<DomainError>([] { (void)rate_ratio(1, 1, 1, 0); }),
            "found an exposure of 0; expected a time above 0 [E-EXPOSURE]");
  EXPECT_EQ(code_of([] { (void)rate_ratio(1, nan, 1, 1); }), "E-EXPOSURE");
  EXPECT_EQ(code_of([] { (void)rate_ratio(nan, 1, 1, 1); }), "E-COUNT");
}

TEST(RatesSlow, IntervalsCoverWhatTheyPromise) {
  // Counts with gamma factors: negative binomial, robust and quasi intervals hold, and Poisson's do not.
  constexpr int samples = 1000;
  int covered[4] = {0, 0, 0, 0};
  for (int s = 0; s < samples; ++s) {
    RateData d = people(1000 + static_cast<std::uint64_t>(s), 300, 1.0);
    d.design.conservativeResize(300, 3);
    d.names.pop_back();
    const RateFit poisson = poisson_rates(d), nb = negative_binomial_rates(d);
    const Interval intervals[4] = {rate_coefficients(poisson, RateErrors::model)[1].interval,
                                   rate_coefficients(poisson, RateErrors::robust)[1].interval,
                                   rate_coefficients(poisson, RateErrors::quasi)[1].interval,
                                   rate_coefficients(nb, RateErrors::model)[1].interval};
    for (int k = 0; k < 4; ++k) covered[k] += intervals[k].lower <= 0.5 && 0.5 <= intervals[k].upper;
  }
  EXPECT_LT(covered[0], 0.9 * samples);
  for (const int k : {1, 2, 3}) {
    EXPECT_GE(covered[k], 0.925 * samples) << k;
    EXPECT_LE(covered[k], 0.97 * samples) << k;
  }
}

}  // namespace
}  // namespace rates_test
