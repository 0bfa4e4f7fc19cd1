// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/decide/value_of_information.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <boost/math/constants/constants.hpp>

#include <core/message.hpp>
#include <rungs/core/random.hpp>

namespace value_of_information_test {
namespace {

using namespace rungs;
using rungs_test::said;

/// Of net benefits 0 and m + s z, z standard normal.
double gaussian_value(double m, double s) {
  const double z = std::abs(m) / s;
  return s * std::exp(-z * z / 2) * boost::math::double_constants::one_div_root_two_pi -
         std::abs(m) * std::erfc(z * boost::math::double_constants::one_div_root_two) / 2;
}

/// Of net benefits 0 and g(z): E max(0, g) - max(0, E g), by the midpoint rule.
template <class G>
double integrated_value(const G& g) {
  double above = 0, mean = 0;
  const double step = 1e-4;
  for (double z = -10 + step / 2; z < 10; z += step) {
    const double mass = std::exp(-z * z / 2) * boost::math::double_constants::one_div_root_two_pi * step, y = g(z);
    above += mass * std::max(0.0, y);
    mean += mass * y;
  }
  return above - std::max(0.0, mean);
}

Matrix normals(std::uint64_t seed, Eigen::Index draws, Eigen::Index columns) {
  Stream stream({Seed(seed)});
  Matrix x(draws, columns);
  for (double& v : x.reshaped<Eigen::RowMajor>()) v = stream.normal();
  return x;
}

/// One alternative that is worth nothing, and others of which the net benefit is given.
template <class Columns>
Comparison against_nothing(const Columns& others) {
  Matrix costs = Matrix::Zero(others.rows(), others.cols() + 1);
  costs.rightCols(others.cols()) = -others;
  return {std::vector<std::string>(static_cast<std::size_t>(costs.cols()), "x"),
          costs,
          Matrix::Zero(costs.rows(), costs.cols()),
          {}};
}

TEST(Evpi, IsTheLeastExpectedLoss) {
  const Comparison c = against_nothing(normals(1, 300, 3));
  const Decision d = decide(c, 1);
  const Estimate e = evpi(c, 1, Level(0.9));
  EXPECT_EQ(e.value, d.expected_loss[d.best].value);
  EXPECT_EQ(e.monte_carlo_error, d.evpi().monte_carlo_error);
  EXPECT_EQ(e.level, 0.9);
  EXPECT_GT(e.lower, d.evpi().lower);
}

TEST(Evppi, OfIndependentGaussianParametersHasTheClosedForm) {
  const Matrix x = normals(2, 4000, 4);
  const std::vector<double> weight{1, 0.5, 2, 0.1};
  for (const double m : {0.4, -1.5}) {
    Vector benefit = Vector::Constant(x.rows(), m);
    for (Eigen::Index j = 0; j < 4; ++j) benefit += weight[static_cast<std::size_t>(j)] * x.col(j);
    const Comparison c = against_nothing(benefit);
    for (const std::vector<int>& known : {std::vector{0}, {1}, {2}, {3}, {0, 1}, {2, 3}, {3, 1, 0}}) {
      double variance = 0;
      for (const int j : known) variance += std::pow(weight[static_cast<std::size_t>(j)], 2);
      const Estimate e = evppi(c, 1, x(Eigen::all, known));
      EXPECT_NEAR(e.value, gaussian_value(m, std::sqrt(variance)), 4 * e.monte_carlo_error + 1e-9)
          << m << ' ' << known.size() << ' ' << known[0];
      EXPECT_LT(e.monte_carlo_error, 0.05);
      EXPECT_EQ(e.varied, Varied{});
      EXPECT_EQ(e.draws, 4000U);
    }
    const Estimate all = evppi(c, 1, x);
    EXPECT_NEAR(all.value, evpi(c, 1).value, 1e-9) << "they determine the net benefit";
    EXPECT_NEAR(all.value, gaussian_value(m, std::sqrt(5.26)), 4 * all.monte_carlo_error);
    EXPECT_NEAR(all.monte_carlo_error, evpi(c, 1).monte_carlo_error, 1e-6);
    EXPECT_NEAR(all.upper, evpi(c, 1).upper, 1e-6) << "as unsure upwards as EVPI is";
  }
}

TEST(Evppi, OfACurvedNetBenefitAgreesWithIntegration) {
  const Matrix z = normals(3, 5000, 2);
  const auto check = [&](const char* what, const auto& g, const auto& seen_as) {
    Vector sure(z.rows()), blurred(z.rows());
    Matrix x(z.rows(), 1);
    for (Eigen::Index d = 0; d < z.rows(); ++d) {
      sure[d] = g(z(d, 0));
      blurred[d] = sure[d] + z(d, 1);
      x(d, 0) = seen_as(z(d, 0));
    }
    const double truth = integrated_value(g);
    const Estimate all = evppi(against_nothing(sure), 1, x), part = evppi(against_nothing(blurred), 1, x);
    EXPECT_NEAR(all.value, truth, 4 * all.monte_carlo_error) << what;
    EXPECT_NEAR(all.value, evpi(against_nothing(sure), 1).value, 0.01 * truth) << what;
    EXPECT_NEAR(part.value, truth, 4 * part.monte_carlo_error) << what;
    EXPECT_LT(part.monte_carlo_error, 0.1 * truth) << what;
  };
  const auto itself = [](double v) { return v; };
  const auto exponential = [](double v) { return std::exp(v); };
  check(
      "square", [](double v) { return v * v - 1.3; }, itself);
  check(
      "exponential", [](double v) { return std::exp(v) - 1.5; }, itself);
  check(
      "wave", [](double v) { return std::sin(2 * v) - 0.2; }, itself);
  check(
      "logarithm of the parameter", [](double v) { return v - 0.3; }, exponential);
  check(
      "root of the parameter", [](double v) { return std::exp(v / 2) - 1; }, exponential);
}

TEST(Evppi, SeesParametersThatActTogether) {
  // z1 z2 - m given both; nothing given one of them, whatever the other.
  const Matrix z = normals(4, 5000, 2);
  const Vector benefit = z.col(0).cwiseProduct(z.col(1)).array() - 0.3;
  const Comparison c = against_nothing(benefit);
  const Estimate both = evppi(c, 1, z), one = evppi(c, 1, z.leftCols(1));
  EXPECT_NEAR(both.value, evpi(c, 1).value, 1e-3);
  EXPECT_LT(one.value, 0.01);
}

TEST(Evppi, OfAJumpIsBlurredAndOfTwoKindsIsNot) {
  const Matrix z = normals(5, 5000, 2);
  Matrix kind(z.rows(), 1);
  Vector benefit(z.rows());
  for (Eigen::Index d = 0; d < z.rows(); ++d) {
    kind(d, 0) = z(d, 0) > 0.5 ? 1 : 0;
    benefit[d] = (kind(d, 0) > 0 ? 1 : -0.3) + z(d, 1);
  }
  const Comparison c = against_nothing(benefit);
  const double truth = integrated_value([](double v) { return v > 0.5 ? 1 : -0.3; });
  const Estimate seen = evppi(c, 1, kind), blurred = evppi(c, 1, z.leftCols(1));
  EXPECT_NEAR(seen.value, truth, 4 * seen.monte_carlo_error);
  EXPECT_LT(blurred.value, seen.value);
  EXPECT_GT(blurred.value, 0.8 * truth);
}

TEST(Evppi, LiesBetweenNothingAndEvpi) {
  for (std::uint64_t seed = 0; seed < 240; ++seed) {
    Stream stream({Seed(seed), 1});
    const auto draws = static_cast<Eigen::Index>(200 + stream.below(200)),
               others = static_cast<Eigen::Index>(stream.below(4)),
               parameters = static_cast<Eigen::Index>(1 + stream.below(3));
    Matrix x = normals(seed, draws, parameters), y = normals(seed + 1000, draws, others);
    const auto shape = seed % 8;
    for (Eigen::Index d = 0; d < draws; ++d) {
      if (shape == 1) x(d, parameters - 1) = 3;                 // does not vary
      if (shape == 2) x(d, parameters - 1) = -2 * x(d, 0) + 5;  // repeats another
      if (shape == 3) x(d, 0) = std::exp(4 * x(d, 0));          // heavy tail
      if (shape == 4) x(d, 0) = x(d, 0) > 1 ? 1e9 : 1e9 - 1;    // two kinds
      if (shape == 5) x(d, 0) = std::round(x(d, 0));            // few values
      if (shape == 6 && d > 0) x(d, 0) = 1;                     // one draw apart
      for (Eigen::Index k = 0; k < others; ++k) {
        const double signal = std::clamp(x(d, k % parameters), -1e6, 1e6);
        y(d, k) = shape == 7 ? (k == 0 ? 0 : 1) : y(d, k) * stream.uniform() + signal + 0.3 * static_cast<double>(k);
      }
    }
    const Comparison c = against_nothing(y);
    const Estimate e = evppi(c, 1, x), most = evpi(c, 1);
    EXPECT_GE(e.value, 0) << seed;
    EXPECT_LE(e.value, most.value) << seed;
    EXPECT_GE(e.lower, 0) << seed;
    EXPECT_LE(e.lower, e.value) << seed;
    EXPECT_GE(e.upper, e.value) << seed;
    EXPECT_LE(e.upper, most.upper) << seed;
    EXPECT_TRUE(std::isfinite(e.monte_carlo_error)) << seed;
  }
}

TEST(Evppi, IgnoresWhatAddsNothing) {
  const Matrix z = normals(6, 1000, 2);
  const Comparison c = against_nothing((z.col(0) + z.col(1)).eval());
  const Estimate one = evppi(c, 1, z.leftCols(1));
  Matrix more(z.rows(), 3);
  more << z.col(0), Vector::Constant(z.rows(), 7), Vector::Constant(z.rows(), 0);
  EXPECT_EQ(evppi(c, 1, more).value, one.value) << "constants, to the bit";
  for (Eigen::Index d = 0; d < more.rows(); ++d) more(d, 1) = d % 2 == 0 ? 0.3 : 0.1 + 0.2;
  EXPECT_EQ(evppi(c, 1, more).value, one.value) << "nor what varies by rounding only";
  more << z.col(0), z.col(0), 4 - 2 * z.col(0).array();
  EXPECT_NEAR(evppi(c, 1, more).value, one.value, 0.003) << "collinear";
  EXPECT_NEAR(evppi(c, 1, 1e-6 * z.leftCols(1)).value, one.value, 1e-12) << "other units";
  EXPECT_EQ(evppi(c, 1, Matrix::Constant(z.rows(), 2, 5)).value, 0);
  EXPECT_EQ(evppi(c, 1, Matrix(z.rows(), 0)).value, 0);
  EXPECT_EQ(evppi(c, 1, Matrix::Constant(z.rows(), 2, 5)).monte_carlo_error, 0);
  const Estimate noise = evppi(against_nothing((z.col(1).array() - 1).matrix().eval()), 1, z.leftCols(1));
  EXPECT_LT(noise.value, 0.002) << "another parameter decides";
}

TEST(Smoother, TakesWhatRepeatsOthersAsOne) {
  const Matrix z = normals(9, 400, 2);
  Matrix x(z.rows(), 4);
  x << z, -z.col(0), (z.col(0) + z.col(1)) / boost::math::double_constants::root_two;
  const detail::Smoother smoother(x);
  const Vector line = 3 + z.col(0).array() - z.col(1).array() / 2;
  const Vector factor = smoother.choose(line + 1e-3 * normals(10, 400, 1));
  EXPECT_GT(smoother.freedom(factor), 3);
  EXPECT_LT(smoother.freedom(0 * factor), 3.5) << "a mean and two slopes";
  EXPECT_LT((smoother.smooth(line, 0 * factor) - line).norm(), 1e-10);
  EXPECT_NEAR(smoother.smooth(z.col(0).array().exp().matrix(), factor).mean(), z.col(0).array().exp().mean(), 1e-12)
      << "keeps the mean";
}

TEST(Evppi, DoesNotDependOnOrderCommonPartOrUnits) {
  const Matrix z = normals(7, 800, 5);
  Matrix benefit(z.rows(), 3);
  benefit << z.col(0) + z.col(2), z.col(1) + z.col(3), (z.col(0) - z.col(1)).array().square().matrix() + z.col(4);
  const std::vector<std::string> names{"a", "b", "c"};
  const Matrix none = Matrix::Zero(z.rows(), 3), x = z.leftCols(2);
  const Estimate e = evppi(Comparison(names, none, benefit, {}), 1, x);
  EXPECT_GT(e.value, 0.1);
  const Estimate turned = evppi(Comparison(names, none, benefit.rowwise().reverse(), {}), 1, x.rowwise().reverse());
  EXPECT_NEAR(turned.value, e.value, 1e-9);
  EXPECT_NEAR(turned.monte_carlo_error, e.monte_carlo_error, 1e-9);
  const Matrix shared = benefit.colwise() + (1000 * z.col(4)).eval();
  EXPECT_NEAR(evppi(Comparison(names, none, shared, {}), 1, x).value, e.value, 1e-8);
  EXPECT_NEAR(evppi(Comparison(names, none, benefit, {}), 100, x).value, 100 * e.value, 1e-7);
  EXPECT_EQ(evppi(Comparison(names, none, benefit, {}), 1, x).value, e.value) << "no random numbers";
}

TEST(Evppi, KnowsItsMonteCarloError) {
  for (const double m : {-0.5, 1.0}) {
    double squares = 0;
    const int repetitions = 100;
    for (int r = 0; r < repetitions; ++r) {
      const Matrix z = normals(static_cast<std::uint64_t>(100 + r), 500, 2);
      const Estimate e =
          evppi(against_nothing((m + z.col(0).array() + 2 * z.col(1).array()).matrix().eval()), 1, z.leftCols(1));
      squares += std::pow((e.value - gaussian_value(m, 1)) / e.monte_carlo_error, 2);
    }
    // Of a chi-square over its 100 degrees of freedom, the outermost 1e-4 are beyond 0.54 and 1.64.
    EXPECT_GT(squares / repetitions, 0.54) << m;
    EXPECT_LT(squares / repetitions, 1.64) << m;
  }
}

TEST(Evppi, Refuses) {
  const Matrix z = normals(8, 129, 2);
  const Comparison c = against_nothing(z);
  EXPECT_EQ(said<Refusal>([&] { (void)evppi(c, 1, z.topRows(128)); }),
            "found parameters of 128 draws; expected the 129 of the comparison [E-SHAPE]");
  EXPECT_EQ(said<Refusal>([&] { (void)evppi(against_nothing(z.topRows(114)), 1, z.topRows(114)); }),
            "found 114 draws; expected at least 115 to regress on 2 parameters that vary [E-DRAWS-FEW]");
  EXPECT_EQ(said<Refusal>([&] { (void)evppi(against_nothing(z.topRows(59)), 1, z.topLeftCorner(59, 1)); }),
            "found 59 draws; expected at least 60 to regress on 1 parameter that varies [E-DRAWS-FEW]");
  EXPECT_NO_THROW((void)evppi(against_nothing(z.topRows(115)), 1, z.topRows(115)));
  for (const auto& [bad, text] :
       {std::pair{std::nan(""), "nan"}, {HUGE_VAL, "inf"}, {-HUGE_VAL, "-inf"}, {1e150, "1e+150"}}) {
    Matrix wrong = z;
    wrong(3, 1) = bad;
    EXPECT_EQ(said<DomainError>([&] { (void)evppi(c, 1, wrong); }),
              std::string("found a parameter of ") + text + "; expected a finite number below 1e150 [E-PARAMETER]");
  }
  EXPECT_EQ(said<DomainError>([&] { (void)evppi(c, std::nan(""), z); }),
            "found a value of nan for one unit of effect; expected a finite amount [E-COST]");
}

}  // namespace
}  // namespace value_of_information_test
