// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0

// Movers and stayers and mixtures of chains, against results computed in R with 15 digits by expectation and
// maximisation in turns: these end a little before the maximum, where ours is shown to be.

#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <rungs/estimate/mixture.hpp>
#include <rungs/estimate/mover_stayer.hpp>

#include "certified.hpp"

namespace heterogeneity_test {
namespace {

using namespace rungs;
using namespace rungs_test;

class Heterogeneity : public testing::Test {
 protected:
  void SetUp() override {
    if (!has_reference("06_heterogeneity.json")) GTEST_SKIP() << "no reference results in " << reference_dir();
  }
};

/// Women by whether they were employed in the five years 1967 to 1971; a record stands for all women of one history.
Panel women() {
  const Ladder ladder = ladder_of({"not_employed", "employed"});
  const Table table("heckman_women_lfp_1967_71.csv");
  Observations o;
  for (std::size_t k = 0; k < table.size(); ++k)
    for (std::int32_t year = 1967; year <= 1971; ++year) {
      const std::string& worked = table["e" + std::to_string(year)][k];
      o.add(static_cast<std::uint32_t>(k), year, worked.find("Yes") != std::string::npos ? 1 : 0);
      o.weight.push_back(std::stod(table["count"][k]));
    }
  return {ladder, o, WeightKind::frequency};
}

Panel men(const std::vector<std::string>& states) {
  const Ladder ladder = ladder_of(states);
  const Table table("males_nlsy_occupation.csv");
  Observations o;
  for (std::size_t k = 0; k < table.size(); ++k)
    o.add(static_cast<std::uint32_t>(std::stoul(table["nr"][k])), std::stoi(table["year"][k]),
          ladder[table["occupation"][k]].index());
  return {ladder, o};
}

Matrix one(double x) { return Matrix::Constant(1, 1, x); }

void expect_mover_stayer(const std::string& source, const Panel& panel, const nlohmann::json& r) {
  SCOPED_TRACE(source);
  const MoverStayer fit = fit_mover_stayer(panel);
  EXPECT_EQ(fit.starters, vector_of(r["n0"]));
  EXPECT_EQ(fit.never_moved, vector_of(r["never_moved"]));
  const Matrix moves = matrix_of(r["N"]);
  for (Eigen::Index i = 0; i < moves.rows(); ++i)
    for (Eigen::Index j = 0; j < moves.cols(); ++j)
      EXPECT_EQ(fit.moves.people(static_cast<std::size_t>(i), static_cast<std::size_t>(j)), moves(i, j));
  const std::string page = "Computed in R 4.2.2: " + source + ", movers and stayers";
  certify(page, "moves of the plain chain", matrix_of(r["P_markov"]), fit.plain, 1e-14);
  certify(page, "log-likelihood of the plain chain", one(r["loglik_markov"]), one(fit.plain_log_likelihood), 1e-13);
  certify(page, "shares of stayers", vector_of(r["s"]), fit.share, 1e-7);
  certify(page, "moves of movers", matrix_of(r["M"]), fit.movers, 1e-7);
  certify(page, "log-likelihood", one(r["loglik_mover_stayer"]), one(fit.log_likelihood), 1e-12);
  certify(page, "likelihood ratio", one(r["LR"]), one(fit.likelihood_ratio), 1e-11);
  const Span steps(r["T"].get<std::int64_t>());
  certify(page, "where the plain chain leads in all steps", matrix_of(r["expected_T_step_markov"]),
          fit.plain_after(steps), 1e-13);
  certify(page, "where movers and stayers are after all steps", matrix_of(r["expected_T_step_mover_stayer"]),
          fit.after(steps), 1e-7);
  const Counts seen = observed_after(panel, Step(), steps);
  Matrix observed = Matrix::Zero(moves.rows(), moves.cols());
  for (std::size_t i = 0; i < seen.size(); ++i)
    for (std::size_t j = 0; j < seen.size(); ++j)
      observed(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) = seen.people(i, j) / seen.row_people(i);
  certify(page, "where people were after all steps", matrix_of(r["observed_T_step"]), observed, 1e-14);
  // Ours is the maximum: no slope is left, and no value is higher.
  EXPECT_LT(fit.gradient, 1e-11);
  EXPECT_GE(fit.log_likelihood, r["loglik_mover_stayer"].get<double>() - 1e-11);
  // As a mixture, by another way, the same.
  const Mixture mixture = fit_mixture(panel, {.classes = 1, .stayers = true}, Seed(1));
  EXPECT_NEAR(mixture.log_likelihood, fit.log_likelihood, 1e-8);
  EXPECT_LT((mixture.shares() - fit.model.shares()).cwiseAbs().maxCoeff(), 1e-9);
  EXPECT_LT((mixture.chains[0] - fit.movers).cwiseAbs().maxCoeff(), 1e-9);
}

TEST_F(Heterogeneity, MoversAndStayers) {
  const nlohmann::json all = reference("06_heterogeneity.json");
  expect_mover_stayer("heckman_women_lfp", women(), all["heckman_women_lfp"]);
  const nlohmann::json& r = all["males_nlsy_occupation"];
  const Panel panel = men(r["states"].get<std::vector<std::string>>());
  expect_mover_stayer("males_nlsy_occupation", panel, r);
  const MoverStayer fit = fit_mover_stayer(panel);
  EXPECT_EQ(fit.interior, 7U);
  ASSERT_EQ(fit.warnings.size(), 1U);
  EXPECT_NE(fit.warnings[0].message.find("'Laborers_and_farmers' (0), 'Sales_Workers' (0)"), std::string::npos);
  EXPECT_LT(fit.p_value, 1e-15);
}

TEST_F(Heterogeneity, CareersOfUnequalLengthByTwoWays) {
  // No reference has stayers among these men, who are followed for 1 to 11 years: the closed form in each stratum and
  // the mixture, which climbs all numbers together, must meet.
  const Table table("kw97_nlsy_career.csv");
  Observations o;
  for (std::size_t k = 0; k < table.size(); ++k)
    if (std::stoi(table["Age"][k]) >= 16)
      o.add(static_cast<std::uint32_t>(std::stoul(table["Identifier"][k])), std::stoi(table["Age"][k]),
            std::stoul(table["Choice"][k]) - 1);
  const Panel panel(Ladder::parse("school < home < white < blue < military"), o);
  const MoverStayer fit = fit_mover_stayer(panel);
  const Mixture mixture = fit_mixture(panel, {.classes = 1, .stayers = true}, Seed(1));
  EXPECT_GT(fit.interior, 0U);
  EXPECT_LT(fit.gradient, 1e-10);
  EXPECT_NEAR(mixture.log_likelihood, fit.log_likelihood, 1e-7);
  EXPECT_LT((mixture.chains[0] - fit.movers).cwiseAbs().maxCoeff(), 1e-8);
  EXPECT_EQ(mixture.agreeing, 20U);
  for (Eigen::Index i = 0; i < 5; ++i)
    if (fit.starters[i] > 0) {
      EXPECT_NEAR(mixture.shares()(i, 1), fit.share[i], 1e-8) << i;
    }
}

TEST_F(Heterogeneity, MixtureOfTwoChains) {
  const nlohmann::json r = reference("06_heterogeneity.json")["heckman_mixture2"];
  const Mixture fit = fit_mixture(women(), {.classes = 2}, Seed(1));
  EXPECT_GE(fit.agreeing, 3U);
  // The reference has shares of the classes, and in each the law of the first stratum: of those who start in i the
  // share of class k is w_k q_k(i) / sum; and its likelihood has the first stratum in it.
  const Vector weights = vector_of(r["weights"]);
  const Matrix initial = matrix_of(r["initial"]);
  Matrix shares(2, 2);
  for (Eigen::Index i = 0; i < 2; ++i)
    for (Eigen::Index k = 0; k < 2; ++k) shares(i, k) = weights[k] * initial(k, i);
  const Vector start = shares.rowwise().sum();
  double first = 0;
  for (Eigen::Index i = 0; i < 2; ++i) {
    const double people = i == 0 ? 907 : 676;
    EXPECT_NEAR(start[i], people / 1583, 1e-9);
    first += people * std::log(people / 1583);
    shares.row(i) /= start[i];
  }
  const std::string page = "Computed in R 4.2.2: heckman_women_lfp, mixture of two chains";
  // Ours are in the order of how much people move: the reference's classes have to be in the same.
  Matrix a = matrix_of(r["P"][0]), b = matrix_of(r["P"][1]);
  if ((a - fit.chains[0]).norm() > (b - fit.chains[0]).norm()) {
    std::swap(a, b);
    shares.col(0).swap(shares.col(1));
  }
  // The reference stopped where a round gained little: there the log-likelihood still has a slope, and is lower than
  // at ours, which has none. From there, climbing on ends at ours.
  const double value = r["loglik_with_initial"].get<double>();
  certify(page, "log-likelihood", one(value), one(fit.log_likelihood + first), 1e-10);
  EXPECT_GT(fit.log_likelihood + first, value);
  const Panel panel = women();
  std::vector<Warning> warnings;
  const std::vector<detail::Followed> people = detail::followed(panel, Step(), warnings);
  std::vector<double> times;
  for (const detail::Followed& f : people) times.push_back(f.people);
  const detail::MixtureLikelihood likelihood(panel, people, times, {});
  const auto slope = [&](const detail::MixturePoint& at) {
    Matrix posterior;
    Vector out;
    Eigen::MatrixXd information;
    (void)likelihood(at, posterior);
    likelihood.derivatives(at, posterior, likelihood.parameters(at), out, information);
    return out.cwiseAbs().maxCoeff();
  };
  EXPECT_GT(slope({shares, {a, b}}), 1e-5);
  EXPECT_LT(slope({fit.shares(), fit.chains}), 1e-8);
  EXPECT_LT(fit.gradient, 1e-8);
  const detail::MixtureTop on = detail::climb(likelihood, {shares, {a, b}});
  EXPECT_LT((on.at.shares - fit.shares()).cwiseAbs().maxCoeff(), 1e-8);
  EXPECT_LT((on.at.chains[0] - fit.chains[0]).cwiseAbs().maxCoeff(), 1e-8);
  EXPECT_LT((on.at.chains[1] - fit.chains[1]).cwiseAbs().maxCoeff(), 1e-8);
  EXPECT_LT(relative(fit.chains[0], a), 2e-4);
  EXPECT_LT(relative(fit.chains[1], b), 2e-4);
  EXPECT_LT(relative(fit.shares(), shares), 2e-4);
}

}  // namespace
}  // namespace heterogeneity_test
