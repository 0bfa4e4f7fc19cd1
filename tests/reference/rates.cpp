// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0

// Rates of employer change of 2,222 Austrian workers against results computed in R with 15 digits.

#include <rungs/estimate/rates.hpp>
#include <rungs/estimate/two_samples.hpp>

#include <cmath>
#include <cstddef>
#include <initializer_list>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <boost/math/special_functions/digamma.hpp>
#include <boost/math/special_functions/trigamma.hpp>

#include "certified.hpp"

namespace rates_test {
namespace {

using namespace rungs;
using namespace rungs_test;

class PublishedRates : public testing::Test {
 protected:
  void SetUp() override {
    if (!has_reference("07_counts.json")) GTEST_SKIP() << "no reference results in " << reference_dir();
    all = reference("07_counts.json");
    const Table table("austria_employer_changes.csv");
    const auto column = [&](const char* name) {
      Vector out(static_cast<Eigen::Index>(table.size()));
      for (std::size_t i = 0; i < table.size(); ++i) out[static_cast<Eigen::Index>(i)] = std::stod(table[name][i]);
      return out;
    };
    events = column("nchange");
    periods = column("periodsincome");
    columns["(Intercept)"] = Vector::Ones(events.size());
    columns["wc"] = column("occupation");
    columns["female"] = column("gender");
    columns["female:wc"] = columns["female"].cwiseProduct(columns["wc"]);
    columns["age"] = column("age");
    columns["periodsincome"] = periods;
    const Vector wage = column("medianwage");
    for (int level = 2; level <= 5; ++level)
      columns["factor(medianwage)" + std::to_string(level)] = (wage.array() == level).cast<double>();
  }

  [[nodiscard]] RateData data(const nlohmann::json& names, bool exposure) const {
    RateData out;
    out.events = events;
    if (exposure) out.exposure = periods;
    out.names = names.get<std::vector<std::string>>();
    out.design.resize(events.size(), static_cast<Eigen::Index>(out.names.size()));
    for (std::size_t j = 0; j < out.names.size(); ++j)
      out.design.col(static_cast<Eigen::Index>(j)) = columns.at(out.names[j]);
    return out;
  }

  nlohmann::json all;
  Vector events, periods;
  std::map<std::string, Vector> columns;
};

std::string in_r(const std::string& name) { return "Computed in R 4.2.2: rates of employer change, " + name; }

Matrix row(std::initializer_list<double> numbers) {
  Matrix out(1, static_cast<Eigen::Index>(numbers.size()));
  Eigen::Index k = 0;
  for (const double x : numbers) out(0, k++) = x;
  return out;
}

Matrix standard_errors(const RateFit& fit, RateErrors errors) {
  Matrix out(1, fit.coefficients.size());
  Eigen::Index k = 0;
  for (const RateCoefficient& c : rate_coefficients(fit, errors)) out(0, k++) = c.standard_error;
  return out;
}

void expect_fit(const std::string& name, const nlohmann::json& r, const RateFit& fit) {
  SCOPED_TRACE(name);
  certify(in_r(name), "coefficients", vector_of(r["coef"]).transpose(), fit.coefficients.transpose(), 1e-7);
  certify(in_r(name), "standard errors", vector_of(r["se"]).transpose(), standard_errors(fit, RateErrors::model), 1e-7);
  if (r.contains("robust_se_HC0"))
    certify(in_r(name), "robust standard errors", vector_of(r["robust_se_HC0"]).transpose(),
            standard_errors(fit, RateErrors::robust), 1e-7);
  Matrix z(1, fit.coefficients.size());
  Eigen::Index k = 0;
  for (const RateCoefficient& c : rate_coefficients(fit, RateErrors::model)) z(0, k++) = c.zero.statistic;
  certify(in_r(name), "z", vector_of(r["z"]).transpose(), z, 1e-7);
  certify(in_r(name), "deviance, log-likelihood, AIC, degrees of freedom",
          row({r["deviance"], r["loglik"], r["aic"], r["df_residual"]}),
          row({fit.deviance, fit.log_likelihood, fit.aic, fit.degrees_of_freedom}), 1e-7);
  if (r.contains("pearson_dispersion"))
    certify(in_r(name), "dispersion", row({r["pearson_dispersion"]}), row({fit.dispersion}), 1e-7);
  if (r.contains("theta")) certify(in_r(name), "theta", row({r["theta"]}), row({fit.theta}), 1e-7);
  EXPECT_LT(fit.gradient_norm, 1e-9);
}

TEST_F(PublishedRates, Poisson) {
  for (const char* name : {"poisson_occ", "poisson_occ_exposure", "poisson_full", "poisson_interaction_exposure"}) {
    const bool exposure = std::string(name).find("exposure") != std::string::npos;
    expect_fit(name, all[name], poisson_rates(data(all[name]["names"], exposure)));
  }
}

TEST_F(PublishedRates, QuasiPoisson) {
  const nlohmann::json& r = all["quasipoisson_occ_exposure"];
  const RateFit fit = poisson_rates(data(all["poisson_occ_exposure"]["names"], true));
  certify(in_r("quasipoisson_occ_exposure"), "coefficients", vector_of(r["coef"]).transpose(),
          fit.coefficients.transpose(), 1e-7);
  certify(in_r("quasipoisson_occ_exposure"), "standard errors", vector_of(r["se"]).transpose(),
          standard_errors(fit, RateErrors::quasi), 1e-7);
  certify(in_r("quasipoisson_occ_exposure"), "dispersion", row({r["dispersion"]}), row({fit.dispersion}), 1e-7);
}

TEST_F(PublishedRates, NegativeBinomial) {
  for (const char* name : {"negbin_occ_exposure", "negbin_full"}) {
    const bool exposure = std::string(name).find("exposure") != std::string::npos;
    expect_fit(name, all[name], negative_binomial_rates(data(all[name]["names"], exposure)));
  }
}

/// The standard error of theta from the curvature of the likelihood along it, and what Newton's step adds to theta.
std::pair<double, double> along_theta(const Vector& events, const Vector& mean, double theta) {
  using boost::math::digamma;
  using boost::math::trigamma;
  double slope = 0, information = 0;
  for (Eigen::Index i = 0; i < events.size(); ++i) {
    const double y = events[i], m = mean[i], sum = m + theta;
    slope += digamma(y + theta) - digamma(theta) + std::log(theta / sum) + 1 - (y + theta) / sum;
    information += trigamma(theta) - trigamma(y + theta) - 1 / theta + 2 / sum - (y + theta) / (sum * sum);
  }
  return {1 / std::sqrt(information), slope / information};
}

TEST_F(PublishedRates, StandardErrorOfTheta) {
  for (const char* name : {"negbin_occ_exposure", "negbin_full"}) {
    SCOPED_TRACE(name);
    const nlohmann::json& r = all[name];
    const double theta = r["theta"].get<double>(), error = r["se_theta"].get<double>();
    const bool exposure = std::string(name).find("exposure") != std::string::npos;
    const RateFit fit = negative_binomial_rates(data(r["names"], exposure));
    EXPECT_NEAR(fit.theta_standard_error, along_theta(events, fit.expected, fit.theta).first,
                1e-10 * fit.theta_standard_error);
    if (std::string(name) == "negbin_full") {
      certify(in_r(name), "standard error of theta", row({error}), row({fit.theta_standard_error}), 1e-7);
      continue;
    }
    // R's is off by 4e-5 of it: it is the curvature where the last step of its theta began, not where it ended. The
    // theta that has R's standard error is found by halving; one step from there leads to R's theta.
    EXPECT_NEAR(fit.theta_standard_error, error, 1e-4 * error);
    double low = theta - 0.01, high = theta;
    for (int k = 0; k < 60; ++k) {
      const double middle = (low + high) / 2;
      (along_theta(events, fit.expected, middle).first < error ? low : high) = middle;
    }
    EXPECT_GT(theta - low, 1e-5);
    EXPECT_NEAR(low + along_theta(events, fit.expected, low).second, theta, 1e-8);
  }
}

TEST_F(PublishedRates, Overdispersion) {
  const RateData d = data(all["poisson_occ_exposure"]["names"], true);
  const RateFit poisson = poisson_rates(d), negative_binomial = negative_binomial_rates(d);
  for (const char* name : {"dispersiontest_nb1", "dispersiontest_nb2"}) {
    const nlohmann::json& r = all[name];
    const Overdispersion o =
        std::string(name).back() == '1' ? overdispersion_nb1(d.events, poisson) : overdispersion_nb2(d.events, poisson);
    certify(in_r(name), "z, p, alpha", row({r["z"], r["p"], r["alpha"]}),
            row({o.excess.statistic, o.excess.p, o.alpha}), 1e-7);
  }
  certify(in_r("LR_poisson_vs_negbin"), "statistic", row({all["LR_poisson_vs_negbin"]["stat"]}),
          row({likelihood_ratio(poisson, negative_binomial).statistic}), 1e-7);
}

TEST_F(PublishedRates, TwoGroups) {
  std::vector<double> blue, white;
  double events_of[2] = {0, 0}, periods_of[2] = {0, 0};
  for (Eigen::Index i = 0; i < events.size(); ++i) {
    const bool second = columns["wc"][i] == 1;
    (second ? white : blue).push_back(events[i]);
    events_of[second] += events[i];
    periods_of[second] += periods[i];
  }
  const nlohmann::json& r = all["rate_ratio_exact"];
  const RateRatio ratio = rate_ratio(events_of[0], periods_of[0], events_of[1], periods_of[1]);
  certify(in_r("rate_ratio_exact"), "rates, ratio, interval, p",
          row({r["rate"][0], r["rate"][1], r["ratio"], r["ci"][0], r["ci"][1], r["p"]}),
          row({ratio.first_rate, ratio.second_rate, ratio.ratio, ratio.interval.lower, ratio.interval.upper,
               ratio.equal.p}),
          1e-10);
  const RankSum w = rank_sum(blue, white);
  certify(in_r("wilcoxon"), "W, p", row({all["wilcoxon"]["W"], all["wilcoxon"]["p"]}), row({w.w, w.equal.p}), 1e-10);
  const nlohmann::json& t = all["welch"];
  const MeanDifference m = mean_difference(blue, white);
  certify(
      in_r("welch"), "t, degrees of freedom, p, difference, interval",
      row({t["t"], t["df"], t["p"], t["diff"], t["ci"][0], t["ci"][1]}),
      row({m.equal.statistic, m.equal.degrees_of_freedom, m.equal.p, m.difference, m.interval.lower, m.interval.upper}),
      1e-10);
  for (const auto& [name, sample] : {std::pair("blue", &blue), std::pair("white", &white)}) {
    const nlohmann::json& g = all["groups"][name];
    EXPECT_EQ(static_cast<double>(sample->size()), g["n"].get<double>());
  }
  EXPECT_NEAR(m.first_mean, all["groups"]["blue"]["mean"].get<double>(), 1e-14);
  EXPECT_NEAR(m.second_mean, all["groups"]["white"]["mean"].get<double>(), 1e-14);
}

}  // namespace
}  // namespace rates_test
