// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0

// Models of mobility tables, against results computed in R with 15 digits.

#include <rungs/estimate/loglinear.hpp>

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "certified.hpp"

namespace loglinear_test {
namespace {

using namespace rungs;
using namespace rungs_test;

class PublishedTables : public testing::Test {
 protected:
  void SetUp() override {
    if (!has_reference("03_loglinear.json")) GTEST_SKIP() << "no reference results in " << reference_dir();
  }
  const std::vector<std::string> countries{"EW", "F", "S"};

  /// Counts of a file by names of strata in the order of the ladder.
  static Matrix counts(const std::string& file, const Ladder& ladder, const std::string& layer = "") {
    const Table table(file);
    Matrix out = Matrix::Zero(static_cast<Eigen::Index>(ladder.size()), static_cast<Eigen::Index>(ladder.size()));
    for (std::size_t k = 0; k < table.size(); ++k)
      if (layer.empty() || table["layer"][k] == layer)
        out(static_cast<Eigen::Index>(ladder[table["origin"][k]].index()),
            static_cast<Eigen::Index>(ladder[table["destination"][k]].index())) += std::stod(table["count"][k]);
    return out;
  }
  [[nodiscard]] MobilityTables erikson(const Ladder& ladder) const {
    std::vector<Matrix> people;
    for (const std::string& country : countries)
      people.push_back(counts("erikson_3countries_9x9.csv", ladder, country));
    return {ladder, people, countries};
  }
};

Matrix column(const std::vector<double>& x) {
  Matrix out(static_cast<Eigen::Index>(x.size()), 1);
  for (std::size_t k = 0; k < x.size(); ++k) out(static_cast<Eigen::Index>(k), 0) = x[k];
  return out;
}

/// Deviance, degrees of freedom, Pearson's statistic, BIC and dissimilarity.
void expect_fit(const std::string& source, const TableFit& f, const nlohmann::json& r, double tolerance) {
  certify("Computed in R 4.2.2: " + source + " (log-linear)", f.model,
          column({r["deviance"], r["df"], r["pearson"], r["BIC_raftery"], r["dissimilarity"]}),
          column({f.deviance, static_cast<double>(f.df), f.pearson, f.bic, f.dissimilarity}), tolerance);
  EXPECT_EQ(f.df, r["df"].get<std::size_t>()) << f.model;
}

const std::vector<std::pair<const char*, TableModel>>& models() {
  constexpr Diagonal own = Diagonal::own;
  static const std::vector<std::pair<const char*, TableModel>> all{
      {"independence", TableModel::independence()},
      {"quasi_independence", TableModel::quasi_independence()},
      {"uniform_association", TableModel::uniform_association()},
      {"uniform_assoc_plus_diag", TableModel::uniform_association(own)},
      {"symmetry", TableModel::symmetry()},
      {"quasi_symmetry", TableModel::quasi_symmetry()},
      {"crossings", TableModel::crossings()},
      {"crossings_plus_diag", TableModel::crossings(own)},
      {"row_effects", TableModel::row_effects()},
      {"col_effects", TableModel::column_effects()},
      {"linear_by_linear_distance", TableModel::distance()},
      {"RC1", TableModel::rc()},
      {"RC1_plus_diag", TableModel::rc(own)},
      {"RC1_homogeneous_plus_diag", TableModel::homogeneous_rc(own)}};
  return all;
}

TEST_F(PublishedTables, OfOneCountry) {
  const nlohmann::json all = reference("03_loglinear.json");
  for (const auto& [name, ladder] : std::vector<std::pair<std::string, Ladder>>{
           {"occupational_status_uk", ladder_of({"1", "2", "3", "4", "5", "6", "7", "8"})},
           {"glass_uk_5x5", ladder_of({"Professional", "Managerial", "Supervisory", "Skilled", "Unskilled"})}}) {
    const MobilityTables t(ladder, counts(name + ".csv", ladder));
    std::size_t found = 0;
    for (const auto& [key, model] : models()) {
      if (!all[name].contains(key)) continue;
      ++found;
      const nlohmann::json& r = all[name][key];
      const bool closed = model.form == TableForm::independence && model.diagonal == Diagonal::modelled;
      const TableFit f = fit_table(t, model);
      expect_fit(name, f, r, closed || model.form == TableForm::symmetry ? 1e-12 : 1e-10);
      std::vector<double> wanted, ours;
      if (r.contains("phi_log")) {
        wanted = {r["phi_log"], r["se"]};
        ours = {f.parameter("uniform association").value, f.parameter("uniform association").standard_error};
      } else if (r.contains("coef")) {
        if (r["coef"].is_array())
          wanted = r["coef"].get<std::vector<double>>();
        else
          wanted = {r["coef"].get<double>()};
        for (std::size_t k = 0; k < wanted.size(); ++k) ours.push_back(f.estimates.at(k).value);
      }
      if (!wanted.empty())
        certify("Computed in R 4.2.2: " + name + " (log-linear)", f.model + ", parameters", column(wanted),
                column(ours), 1e-10);
    }
    EXPECT_EQ(found, all[name].size()) << "a result of R without a model of ours";
  }
}

TEST_F(PublishedTables, OfThreeCountries) {
  const nlohmann::json r = reference("03_loglinear.json")["erikson_unidiff"];
  const MobilityTables t = erikson(ladder_of({"I", "II", "III", "IVa", "IVb", "IVc", "V/VI", "VIIa", "VIIb"}));
  expect_fit("erikson_unidiff", fit_table(t, TableModel::independence()), r["conditional_independence"], 1e-12);
  expect_fit("erikson_unidiff", fit_table(t, TableModel::constant_association()), r["constant_association"], 1e-10);
  const TableFit f = fit_table(t, TableModel::unidiff());
  expect_fit("erikson_unidiff", f, r["unidiff"], 1e-10);
  const double france = f.parameter("log scale in 'F'").value, sweden = f.parameter("log scale in 'S'").value;
  certify("Computed in R 4.2.2: erikson_unidiff (log-linear)", "unidiff, log scales and scales of the layers",
          column({r["unidiff"]["log_scores_relative_to_first"][1], r["unidiff"]["log_scores_relative_to_first"][2],
                  r["unidiff"]["scores_relative_to_first"][1], r["unidiff"]["scores_relative_to_first"][2]}),
          column({france, sweden, std::exp(france), std::exp(sweden)}), 1e-9);
}

TEST_F(PublishedTables, OfSevenClassesInThreeCountries) {
  // Xie (1992), as gnm fits it. The classes are found by trying: I and II together, and IVa and IVb, give the published
  // deviance of no association to its last digit; so do these six levels both deviances with levels.
  const Ladder nine = ladder_of({"I", "II", "III", "IVa", "IVb", "IVc", "V/VI", "VIIa", "VIIb"});
  const MobilityTables all = erikson(nine);
  const Eigen::Index to[] = {0, 0, 1, 2, 2, 3, 4, 5, 6};
  std::vector<Matrix> people(3, Matrix::Zero(7, 7));
  for (std::size_t k = 0; k < 3; ++k)
    for (Eigen::Index i = 0; i < 9; ++i)
      for (Eigen::Index j = 0; j < 9; ++j) people[k](to[i], to[j]) += all.people(k)(i, j);
  const MobilityTables t(ladder_of({"I and II", "III", "IVa and IVb", "IVc", "V/VI", "VIIa", "VIIb"}), people,
                         countries);
  const TableModel levels = TableModel::of_levels({{2, 3, 4, 6, 5, 6, 6},
                                                   {3, 3, 4, 6, 4, 5, 6},
                                                   {4, 4, 2, 5, 5, 5, 5},
                                                   {6, 6, 5, 1, 6, 5, 2},
                                                   {4, 4, 5, 6, 3, 4, 5},
                                                   {5, 4, 5, 5, 3, 3, 5},
                                                   {6, 6, 5, 3, 5, 4, 1}});
  const std::string source = "Xie (1992), 7 classes in 3 countries, computed in R with gnm";
  for (const auto& [model, published, df] :
       std::vector<std::tuple<TableModel, double, std::size_t>>{{TableModel::independence(), 4860.0257, 108},
                                                                {TableModel::constant_association(), 121.3044, 72},
                                                                {TableModel::unidiff(), 92.1411, 70},
                                                                {levels, 244.3416, 103},
                                                                {levels.with(OverLayers::scaled), 216.3733, 101}}) {
    const TableFit f = fit_table(t, model);
    EXPECT_NEAR(f.deviance, published, 5.1e-5) << f.model;
    EXPECT_EQ(f.df, df) << f.model;
    record(source, f.model + ": deviance, degrees of freedom", shown(published) + ", " + std::to_string(df),
           shown(std::round(f.deviance * 1e4) / 1e4) + ", " + std::to_string(f.df),
           std::abs(std::round(f.deviance * 1e4) / 1e4 / published - 1));
  }
  const TableFit f = fit_table(t, TableModel::unidiff());
  for (const auto& [name, value, error] : std::vector<std::tuple<const char*, double, double>>{
           {"log scale in 'F'", 0.02659, 0.03540}, {"log scale in 'S'", -0.27664, 0.06003}}) {
    EXPECT_NEAR(f.parameter(name).value, value, 5.1e-6);
    EXPECT_NEAR(f.parameter(name).standard_error, error, 5.1e-6);
  }
}

}  // namespace
}  // namespace loglinear_test
