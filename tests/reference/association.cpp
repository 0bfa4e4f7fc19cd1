// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0

// Measures of association against results computed in R with 15 digits, and what study 001 prints.

#include <rungs/estimate/association.hpp>
#include <rungs/estimate/attainable_association.hpp>

#include <cmath>
#include <initializer_list>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "certified.hpp"

namespace association_test {
namespace {

using namespace rungs;
using namespace rungs_test;

class PublishedAssociation : public testing::Test {
 protected:
  void SetUp() override {
    if (!has_reference("04_kendall.json")) GTEST_SKIP() << "no reference results in " << reference_dir();
    all = reference("04_kendall.json");
  }
  nlohmann::json all;
};

std::string in_r(const std::string& name) { return "Computed in R 4.2.2: association, " + name; }

Matrix row(std::initializer_list<double> numbers) {
  Matrix out(1, static_cast<Eigen::Index>(numbers.size()));
  Eigen::Index k = 0;
  for (const double x : numbers) out(0, k++) = x;
  return out;
}

/// The numbers of `r` by name, in the order given.
Matrix named(const nlohmann::json& r, std::initializer_list<const char*> names) {
  Matrix out(1, static_cast<Eigen::Index>(names.size()));
  Eigen::Index k = 0;
  for (const char* name : names) out(0, k++) = r.at(name).get<double>();
  return out;
}

std::vector<double> column(const Table& table, const std::string& name) {
  std::vector<double> out;
  for (const std::string& text : table[name]) out.push_back(std::stod(text));
  return out;
}

TEST_F(PublishedAssociation, Tables) {
  for (const char* name : {"occupational_status_uk", "glass_uk_5x5", "nsw_dw_treat_employed78_table"}) {
    SCOPED_TRACE(name);
    const nlohmann::json& r = all[name];
    const Association a = association(matrix_of(r["table"]));
    certify(in_r(name), "pairs", named(r, {"n", "concordant", "discordant", "S"}),
            row({a.people, a.concordant, a.discordant, a.concordant - a.discordant}), 1e-15);
    certify(in_r(name), "tau-b, tau-c, gamma, Somers' d both ways",
            named(r, {"tau_b", "tau_c", "gamma", "somers_d_col_given_row", "somers_d_row_given_col"}),
            row({a.tau_b.value, a.tau_c.value, a.gamma.value, a.somers_y_given_x.value, a.somers_x_given_y.value}),
            1e-13);
    certify(in_r(name), "variance without association, z, with continuity correction, p and its logarithm",
            named(r, {"var_S_null", "z", "z_continuity", "p_two_sided", "log10_p"}),
            row({a.null_variance, a.null.statistic, a.null_continuity.statistic, a.null.p, a.null.log10_p}), 1e-10);
    certify(in_r(name), "both standard errors of tau-b, z, interval", named(r, {"ase1", "ase0", "z_ase0"}),
            row({a.tau_b.ase1, a.tau_b.ase0, a.tau_b.zero.statistic}), 1e-12);
    certify(in_r(name), "interval of tau-b", vector_of(r["ci95_ase1"]).transpose(),
            row({a.tau_b.interval.lower, a.tau_b.interval.upper}), 1e-12);
    // All measures made of pairs have one test of no association.
    for (const AssociationMeasure* m : {&a.tau_c, &a.gamma, &a.somers_x_given_y, &a.somers_y_given_x})
      EXPECT_NEAR(m->zero.statistic, a.tau_b.zero.statistic, 1e-12);
    EXPECT_TRUE(a.warnings.empty());
  }
  const Association glass = association(matrix_of(all["glass_uk_5x5"]["table"]));
  certify(in_r("glass_uk_5x5"), "cor.test: tau, z, p", named(all["glass_check_cor_test"], {"tau", "z", "p"}),
          row({glass.tau_b.value, glass.null.statistic, glass.null.p}), 1e-10);
}

void expect_columns(const std::string& name, const nlohmann::json& r, const std::vector<double>& x,
                    const std::vector<double>& y) {
  SCOPED_TRACE(name);
  const Association a = association(x, y);
  certify(in_r(name), "tau-b, z, p", named(r, {"tau_b", "z", "p"}), row({a.tau_b.value, a.null.statistic, a.null.p}),
          1e-10);
  if (!r.contains("n")) return;
  ASSERT_EQ(a.people, r["n"].get<double>());
  certify(in_r(name), "Spearman's and Pearson's correlation, p",
          named(r, {"spearman", "p_spearman", "pearson", "p_pearson"}),
          row({a.spearman.value, a.spearman.zero.p, a.pearson.value, a.pearson.zero.p}), 1e-10);
}

TEST_F(PublishedAssociation, Columns) {
  const Table nsw("nsw_dw_experimental.csv");
  const std::vector<double> treat = column(nsw, "trt"), earnings = column(nsw, "re78");
  std::vector<double> employed;
  for (const double x : earnings) employed.push_back(x > 0 ? 1 : 0);
  expect_columns("nsw_dw_treat_re78", all["nsw_dw_treat_re78"], treat, earnings);
  expect_columns("nsw_dw_treat_employed78", all["nsw_dw_treat_employed78"], treat, employed);
  expect_columns("nsw_dw_educ_re78", all["nsw_dw_educ_re78"], column(nsw, "educ"), earnings);
  const Table austria("austria_employer_changes.csv");
  expect_columns("austria_whitecollar_nchange", all["austria_whitecollar_nchange"], column(austria, "occupation"),
                 column(austria, "nchange"));
  const nlohmann::json& ties = all["small_ties"];
  expect_columns("small_ties", ties, ties["x"].get<std::vector<double>>(), ties["y"].get<std::vector<double>>());
  // The same people as columns and as a table.
  const Association table = association(matrix_of(all["nsw_dw_treat_employed78_table"]["table"])),
                    columns = association(treat, employed);
  EXPECT_EQ(table.concordant, columns.concordant);
  EXPECT_EQ(table.tau_b.ase1, columns.tau_b.ase1);
  EXPECT_NEAR(table.pearson.value, table.tau_b.value, 1e-15);  // phi
}

TEST_F(PublishedAssociation, PValuesOfStatisticsAlone) {
  // These people are not in the data at hand (all 297 trained of the experiment beside the comparison population), but
  // what follows from their statistics is.
  const nlohmann::json& r = all["nsw_treated_vs_psid1_treat_re78"];
  const double n = r["n"].get<double>();
  const auto of = [n](double c) { return student_significance(c * std::sqrt((n - 2) / (1 - c * c)), n - 2).p; };
  certify(in_r("nsw_treated_vs_psid1_treat_re78"), "p of z and of two correlations",
          named(r, {"p", "p_spearman", "p_pearson"}),
          row({normal_significance(r["z"].get<double>()).p, of(r["spearman"].get<double>()),
               of(r["pearson"].get<double>())}),
          1e-10);
}

TEST_F(PublishedAssociation, ExactWithoutTies) {
  const nlohmann::json& r = all["small_exact_no_ties"];
  const Association a = association(r["x"].get<std::vector<double>>(), r["y"].get<std::vector<double>>());
  certify(in_r("small_exact_no_ties"), "concordant pairs, tau, exact p", named(r, {"T", "tau", "p_exact"}),
          row({a.concordant, a.tau_b.value, a.exact.p}), 1e-14);
}

// Study 001 (2009) prints tau-b of 2,351 people, and 1.43 in one place.

const std::string study = "Job training, migration and poverty (2009), recomputed in R";

TEST_F(PublishedAssociation, CorrelationsOfAStudyHoldTogether) {
  const nlohmann::json& r = all["seed001"];
  const std::vector<std::string> names{"age", "gender", "education", "migration", "training"};
  const CorrelationCheck check = check_correlations(matrix_of(r["table1"]), names);
  certify(study, "eigenvalues of table 1", vector_of(r["table1_eigenvalues"]).transpose(),
          check.eigenvalues.transpose(), 1e-13);
  EXPECT_TRUE(check.positive_semidefinite);
  EXPECT_TRUE(check.warnings.empty());
}

/// Table II: education, training, income, remittance; -182 is read as -.182.
Matrix table_two(double education_income) {
  Matrix m = Matrix::Identity(4, 4);
  const auto set = [&m](Eigen::Index i, Eigen::Index j, double r) { m(i, j) = m(j, i) = r; };
  set(0, 1, 0.037);
  set(0, 2, education_income);
  set(0, 3, 0.041);
  set(1, 2, -0.304);
  set(1, 3, -0.182);
  set(2, 3, 0.578);
  return m;
}

TEST_F(PublishedAssociation, AMisprintIsFoundAndBounded) {
  const nlohmann::json& r = all["seed001"];
  const std::vector<std::string> names{"education", "training", "income", "remittance"};
  for (const char* value : {"1.43", "0.143", "-0.143", "0.43", "0.0143"}) {
    const nlohmann::json& read = r["table2_education_income_" + std::string(value)];
    const CorrelationCheck check = check_correlations(table_two(read["value"].get<double>()), names);
    certify(study, "eigenvalues of table 2, education and income " + std::string(value),
            vector_of(read["eigenvalues"]).transpose(), check.eigenvalues.transpose(), 1e-12);
    EXPECT_EQ(check.positive_semidefinite, read["psd"].get<bool>());
    EXPECT_EQ(check.warnings.empty(), read["psd"].get<bool>());
  }
  const CorrelationCheck check = check_correlations(table_two(1.43), names);
  ASSERT_EQ(check.warnings.size(), 1U);
  EXPECT_EQ(check.warnings[0].code, "W-CORRELATION");
  EXPECT_EQ(check.warnings[0].message,
            "found a correlation of 1.43 between 'education' and 'income'; expected a number from -1 to 1");
  // The reference tried every ten-thousandth.
  const Interval range = correlation_range(table_two(1.43), names, 0, 2);
  const std::vector<double> tried = r["table2_education_income_psd_range"].get<std::vector<double>>();
  EXPECT_LE(range.lower, tried[0]);
  EXPECT_GT(range.lower, tried[0] - 1e-4);
  EXPECT_GE(range.upper, tried[1]);
  EXPECT_LT(range.upper, tried[1] + 1e-4);
}

TEST_F(PublishedAssociation, StarsOfAStudy) {
  const nlohmann::json& r = all["seed001"];
  constexpr double n = 2351, z = 2.5758293035489004;
  const Vector apart = Vector::Ones(2351);
  const auto halves = [](double p) { return Vector{{std::round(p * n), n - std::round(p * n)}}; };
  certify(study, "least tau-b that is significant at 1 %, no ties", row({r["critical_tau_01_n2351_no_ties"]}),
          row({z * tau_b_null_standard_error(apart, apart)}), 1e-12);
  for (const nlohmann::json& two : r["critical_tau_01_n2351_two_binary"])
    certify(study, "the same of two yes-or-no variables, shares " + shown(two["p"]), row({two["critical"]}),
            row({z * tau_b_null_standard_error(halves(two["p"]), halves(two["p"]))}), 1e-12);
  certify(study, "z of gender and training .17588, of education and training .198",
          named(r["z_implied_unstarred"], {"gender_training_.17588", "education_training_.198_no_ties"}),
          row({0.17588 / tau_b_null_standard_error(halves(0.5), halves(0.3)),
               -0.198 / tau_b_null_standard_error(apart, apart)}),
          1e-12);
}

TEST_F(PublishedAssociation, WhatIsAttainable) {
  const nlohmann::json& r = all["seed001"];
  for (const nlohmann::json& two : r["max_tau_binary_vs_continuous"]) {
    const double p = two["p"].get<double>();
    certify(study, "greatest tau-b of a yes-or-no variable and one without ties, share " + shown(p),
            row({two["max_abs_tau_b"]}), row({largest_tau_b_untied(Vector{{p, 1 - p}})}), 1e-13);
  }
  for (const nlohmann::json& two : r["phi_792"]) {
    const Share trained(two["p_trained"].get<double>()), migrant(two["p_migrant"].get<double>());
    const TwoByTwo t = two_by_two(0.792, trained, migrant);
    certify(study, "cells of phi .792, shares " + shown(trained.value()) + " and " + shown(migrant.value()),
            vector_of(two["cells"]).transpose(), row({t.both, t.first_only, t.second_only, t.neither}), 1e-12);
    EXPECT_EQ(t.feasible, two["feasible"].get<bool>());
    EXPECT_NEAR(t.second_given_first, two["P_migrate_given_trained"].get<double>(), 1e-13);
    EXPECT_NEAR(t.second_given_not_first, two["P_migrate_given_untrained"].get<double>(), 1e-13);
    const Interval phi = phi_bounds(trained, migrant);
    EXPECT_EQ(phi.lower <= 0.792 && 0.792 <= phi.upper, t.feasible);
  }
  // The reference tried every thousandth.
  for (const nlohmann::json& band : r["phi_792_feasible_migrant_share_by_trained_share"]) {
    const Interval range = shares_for_phi(0.792, Share(band[0].get<double>()));
    EXPECT_LE(range.lower, band[1].get<double>());
    EXPECT_GT(range.lower, band[1].get<double>() - 1e-3);
    EXPECT_GE(range.upper, band[2].get<double>());
    EXPECT_LT(range.upper, band[2].get<double>() + 1e-3);
  }
}

TEST_F(PublishedAssociation, AConstantIsUndefined) {
  ASSERT_TRUE(all["degenerate"].contains("constant_x"));
  const Association a = association(std::vector<double>{1, 1, 1}, std::vector<double>{1, 2, 3});
  EXPECT_TRUE(std::isnan(a.tau_b.value));
  ASSERT_EQ(a.warnings.size(), 1U);
  EXPECT_EQ(a.warnings[0].code, "W-UNDEFINED");
}

}  // namespace
}  // namespace association_test
