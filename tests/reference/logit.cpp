// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0

// Logits of moves on covariates, against nnet::multinom() and survival::clogit() in R.

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <rungs/estimate/transition_logit.hpp>

#include "certified.hpp"

namespace logit_test {
namespace {

using namespace rungs;
using namespace rungs_test;

class Logit : public testing::Test {
 protected:
  void SetUp() override {
    if (!has_reference("10_logit.json")) GTEST_SKIP() << "no reference results in " << reference_dir();
  }
};

const std::vector<std::string> choices{"school", "home", "white collar", "blue collar", "military"};

Vector column(const std::vector<double>& values) {
  return Eigen::Map<const Vector>(values.data(), static_cast<Eigen::Index>(values.size()));
}

/// Moves of Keane and Wolpin's men from age 16 on. The reference takes age less 16 and years of school less 10 at the
/// end of a move, so here each observation has those of the next.
CovariateMoves careers(bool with_covariates) {
  const Table table("kw97_nlsy_career.csv");
  Observations rows;
  std::vector<double> age, school;
  for (std::size_t k = 0; k < table.size(); ++k) {
    if (table["Age"][k] == "15") continue;
    const bool last = k + 1 == table.size() || table["Identifier"][k + 1] != table["Identifier"][k];
    rows.add(static_cast<std::uint32_t>(std::stoul(table["Identifier"][k])), std::stoi(table["Age"][k]),
             std::stoul(table["Choice"][k]) - 1);
    age.push_back(std::stod(table["Age"][last ? k : k + 1]) - 16);
    school.push_back(std::stod(table["Experience_School"][last ? k : k + 1]) - 10);
  }
  EXPECT_TRUE(panel_order(rows).empty());
  Covariates x;
  if (with_covariates) x.number("age", column(age)).number("school", column(school));
  return moves_with_covariates(Panel(ladder_of(choices), rows), x);
}

Matrix counted(const CovariateMoves& moves) {
  Matrix n = Matrix::Zero(5, 5);
  for (std::size_t k = 0; k < moves.size(); ++k) n(moves.from[k], moves.to[k]) += 1;
  return n;
}
Matrix shares(const CovariateMoves& moves) {
  return TransitionMatrix::from_weights(moves.ladder, counted(moves)).matrix();
}

const TransitionLogit plain{.variance = LogitVariance::model};
const std::string nnet = "Computed in R 4.2.2: multinomial logits (nnet), careers of Keane and Wolpin (1997)";

/// As certify(), of coefficients: the difference is counted in standard errors, since zero is no coefficient of note.
void certify_coefficients(const std::string& figure, const Matrix& published, const Matrix& ours, const Matrix& errors,
                          double tolerance) {
  const double difference = (ours - published).cwiseQuotient(errors).cwiseAbs().maxCoeff();
  EXPECT_LT(difference, tolerance) << figure;
  record(nnet, figure, std::to_string(published.size()) + " numbers", "the same", difference);
}

TEST_F(Logit, OfTheStratumAloneIsThatOfTheShares) {
  const nlohmann::json r = reference("10_logit.json")["kw97_lag_only"];
  const CovariateMoves moves = careers(false);
  ASSERT_EQ(moves.size(), 10986U);
  const FittedLogit fit = plain.fit(moves);
  const LogitCoefficients c = fit.coefficients();
  EXPECT_EQ(c.outcomes, std::vector<std::string>(choices.begin() + 1, choices.end()));
  // The maximum has a closed form here, log-odds ratios of counts, and it is ours: nnet stops up to 4e-7 of a
  // coefficient before it, which is less than 1e-5 of its standard error.
  const Matrix n = counted(moves);
  for (Eigen::Index j = 1; j < 5; ++j)
    for (Eigen::Index i = 0; i < 5; ++i) {
      const double at_base = std::log(n(0, j) / n(0, 0)), variance = 1 / n(0, j) + 1 / n(0, 0);
      EXPECT_NEAR(c.values(j - 1, i), i == 0 ? at_base : std::log(n(i, j) / n(i, 0)) - at_base, 1e-13);
      EXPECT_NEAR(c.standard_errors(j - 1, i), std::sqrt(variance + (i == 0 ? 0 : 1 / n(i, j) + 1 / n(i, 0))), 1e-13);
    }
  certify_coefficients("coefficients of the stratum alone (difference in standard errors)", matrix_of(r["coef"]),
                       c.values, c.standard_errors, 1e-5);
  certify(nnet, "standard errors of these", matrix_of(r["se"]), c.standard_errors, 1e-6);
  EXPECT_NEAR(fit.log_likelihood() / r["loglik"].get<double>(), 1, 1e-13);
  EXPECT_NEAR(fit.deviance() / r["deviance"].get<double>(), 1, 1e-13);
  EXPECT_EQ(fit.parameters(), r["edf"].get<int>());
  EXPECT_LT((fit.at(Vector()).matrix() - shares(moves)).cwiseAbs().maxCoeff(), 1e-15);
}

/// The gradient of the log-likelihood at some coefficients, computed plainly: a row for each outcome but school.
Matrix gradient_at(const Matrix& coefficients, const CovariateMoves& moves) {
  Matrix out = Matrix::Zero(4, 7);
  for (std::size_t k = 0; k < moves.size(); ++k) {
    Vector x = Vector::Zero(7);
    x[0] = 1;
    if (moves.from[k] > 0) x[moves.from[k]] = 1;
    x.tail(2) = moves.covariates.values().row(static_cast<Eigen::Index>(k)).transpose();
    Vector p = (coefficients * x).array().exp();
    p /= 1 + p.sum();
    if (moves.to[k] > 0) out.row(moves.to[k] - 1) += x.transpose();
    out -= p * x.transpose();
  }
  return out;
}

TEST_F(Logit, OfCareersOnAgeAndSchool) {
  const nlohmann::json all = reference("10_logit.json"), r = all["kw97_lag_age_school"];
  const CovariateMoves moves = careers(true);
  const FittedLogit fit = plain.fit(moves);
  const LogitCoefficients c = fit.coefficients();
  EXPECT_EQ(c.columns, (std::vector<std::string>{"(constant)", "home", "white collar", "blue collar", "military", "age",
                                                 "school"}));
  // nnet stops before we do (see above): its coefficients are within 2e-6 standard errors of the maximum. Who is nearer
  // is told by the gradient, and by rows that average to the shares of those observed.
  EXPECT_LT(gradient_at(c.values, moves).norm(), 1e-5 * gradient_at(matrix_of(r["coef"]), moves).norm());
  EXPECT_LT((fit.standardised(moves).matrix() - shares(moves)).cwiseAbs().maxCoeff(), 1e-14);
  certify_coefficients("coefficients on stratum, age and school (difference in standard errors)", matrix_of(r["coef"]),
                       c.values, c.standard_errors, 3e-6);
  certify(nnet, "standard errors of these", matrix_of(r["se"]), c.standard_errors, 1e-6);
  EXPECT_LT(fit.gradient_norm(), 1e-8);
  EXPECT_LT(fit.last_step(), 1e-9);
  EXPECT_NEAR(fit.log_likelihood() / r["loglik"].get<double>(), 1, 1e-13);
  EXPECT_EQ(fit.parameters(), r["edf"].get<int>());
  const LogitTest lr = likelihood_ratio_test(plain.fit(careers(false)), fit);
  certify(nnet, "likelihood ratio of age and school", Matrix::Constant(1, 1, all["kw97_LR"]["stat"].get<double>()),
          Matrix::Constant(1, 1, lr.statistic), 1e-10);
  EXPECT_EQ(lr.degrees_of_freedom, all["kw97_LR"]["df"].get<double>());
  EXPECT_LT(lr.p_value, 1e-200);
  certify(nnet, "moves at age 22 with 12 years of school", matrix_of(all["kw97_predicted_age22_school12"]),
          fit.at(fit.values({{"school", 2}, {"age", 6}})).matrix(), 1e-6);
}

/// Occupations of American men by that of their father.
struct Occupations {
  Ladder ladder = ladder_of({"farm", "craftsmen", "operatives", "professional", "sales"});
  CovariateMoves moves{ladder};
  Occupations() {
    const Table table("logan_gss_occupation.csv");
    std::vector<double> education;
    for (std::size_t k = 0; k < table.size(); ++k) {
      moves.from.push_back(static_cast<std::uint16_t>(ladder[table["focc"][k]].index()));
      moves.to.push_back(static_cast<std::uint16_t>(ladder[table["occupation"][k]].index()));
      education.push_back(std::stod(table["education"][k]));
    }
    moves.covariates.number("education", column(education));
  }
  void add_race() { moves.covariates.factor("race", Table("logan_gss_occupation.csv")["race"], "black"); }
};

TEST_F(Logit, SaysWhereThereIsNoMaximum) {
  // No son of a salesman is a farmer, and the base is farm. The likelihood has no maximum: it grows as all coefficients
  // of 'sales' grow together. nnet's 16.4 with errors of 0.3 are where it stopped, and say nothing: its log-likelihood
  // still is below the limit that is ours, and differences of these coefficients, which have a maximum, agree.
  const nlohmann::json r = reference("10_logit.json")["logan_multinom"];
  Occupations o;
  o.add_race();
  const FittedLogit fit = plain.fit(o.moves);
  ASSERT_EQ(fit.warnings().size(), 1U);
  EXPECT_EQ(fit.warnings()[0].code, "W-SEPARATION");
  EXPECT_EQ(fit.warnings()[0].message,
            "possible moves that were never observed: 'sales' -> 'farm' (0 of 82); their probability is estimated as 0 "
            "whatever the covariates, without an interval");
  EXPECT_EQ(fit.parameters(), r["edf"].get<int>() - 1);
  EXPECT_GT(fit.log_likelihood(), r["loglik"].get<double>());
  EXPECT_LT(fit.log_likelihood() - r["loglik"].get<double>(), 1e-4);
  const LogitCoefficients c = fit.coefficients();
  const Matrix theirs = matrix_of(r["coef"]), errors = matrix_of(r["se"]);
  double worst = 0, worst_error = 0;
  for (Eigen::Index k = 0; k < 7; ++k)
    for (Eigen::Index j = 0; j < 4; ++j) {
      if (k == 4) {
        EXPECT_EQ(c.values(j, k), std::numeric_limits<double>::infinity());
        EXPECT_TRUE(std::isnan(c.standard_errors(j, k)));
        continue;
      }
      worst = std::max(worst, std::abs(c.values(j, k) - theirs(j, k)) / errors(j, k));
      worst_error = std::max(worst_error, std::abs(c.standard_errors(j, k) / errors(j, k) - 1));
    }
  EXPECT_LT(worst, 1e-4);
  EXPECT_LT(worst_error, 1e-4);
  // Against craftsmen, moves of sons of salesmen have finite coefficients.
  TransitionLogit other = plain;
  other.base = o.ladder["craftsmen"];
  const Matrix finite = other.fit(o.moves).coefficients(o.ladder["sales"]).values;
  for (Eigen::Index j = 1; j < 4; ++j)
    EXPECT_NEAR(finite(j - 1, 0), theirs(j, 0) + theirs(j, 4) - theirs(0, 0) - theirs(0, 4), 1e-4);
  EXPECT_EQ(fit.at(fit.values({{"education", 12}, {"race=black"}})).matrix()(4, 0), 0);
}

TEST_F(Logit, OfOneStratumIsTheConditionalLogitOfItsOutcomes) {
  // clogit() of occupations on constants and their products with education, whoever the father: all rows are put into
  // one stratum. Its products are against sales, its constants against craftsmen.
  const nlohmann::json r = reference("10_logit.json")["logan_clogit"];
  const std::string source = "Computed in R 4.2.2: conditional logit (survival), occupations of the GSS (Logan 1983)";
  Occupations o;
  std::fill(o.moves.from.begin(), o.moves.from.end(), std::uint16_t{0});
  TransitionLogit logit{.form = LogitForm::by_origin, .variance = LogitVariance::model, .unleft = Unleft::absorbing};
  logit.base = o.ladder["craftsmen"];
  const FittedLogit fit = logit.fit(o.moves);
  const LogitCoefficients constants = fit.coefficients(o.ladder["farm"]);
  EXPECT_EQ(constants.outcomes, (std::vector<std::string>{"farm", "operatives", "professional", "sales"}));
  const Vector theirs = vector_of(nlohmann::json(r["coef"].begin(), r["coef"].begin() + 8)),
               errors = vector_of(r["se"]);
  certify(source, "constants", theirs.head(4), constants.values.col(0), 1e-7);
  certify(source, "standard errors of these", errors.head(4), constants.standard_errors.col(0), 1e-7);
  logit.base = o.ladder["sales"];
  const LogitCoefficients slopes = logit.fit(o.moves).coefficients(o.ladder["farm"]);
  EXPECT_EQ(slopes.outcomes, (std::vector<std::string>{"farm", "craftsmen", "operatives", "professional"}));
  Vector ours = slopes.values.col(1), our_errors = slopes.standard_errors.col(1);
  std::swap(ours[0], ours[1]);
  std::swap(our_errors[0], our_errors[1]);
  certify(source, "slopes", theirs.segment(4, 4), ours, 1e-7);
  certify(source, "standard errors of these", errors.segment(4, 4), our_errors, 1e-7);
  EXPECT_NEAR(fit.log_likelihood() / r["loglik"][1].get<double>(), 1, 1e-12);
}

}  // namespace
}  // namespace logit_test
