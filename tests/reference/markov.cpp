// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0

// Chains estimated from published data, against results computed in R with 15 digits.

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <Eigen/Eigenvalues>
#include <Eigen/LU>

#include <rungs/data/mobility_table.hpp>
#include <rungs/estimate/dirichlet.hpp>
#include <rungs/estimate/proportions.hpp>
#include <rungs/measure/indices.hpp>
#include <rungs/measure/reach.hpp>
#include <rungs/measure/summary.hpp>

#include "../core/message.hpp"
#include "certified.hpp"

namespace markov_test {
namespace {

using namespace rungs;
using namespace rungs_test;

class Published : public testing::Test {
 protected:
  void SetUp() override {
    if (!has_reference("01_markov.json")) GTEST_SKIP() << "no reference results in " << reference_dir();
  }
};

/// Counts of people by the columns origin, destination and count; with `layer`, of one layer.
Tally table_of(const std::string& file, const Ladder& ladder, const std::string& layer = "") {
  const Table table(file);
  std::vector<TableCell> cells;
  for (std::size_t k = 0; k < table.size(); ++k)
    if (layer.empty() || table["layer"][k] == layer)
      cells.push_back({ladder[table["origin"][k]].index(),
                       ladder[table["destination"][k]].index(),
                       std::stod(table["count"][k]),
                       {},
                       {}});
  return tally(ladder, cells);
}

/// The heading of what was computed in R from one table, on the page of certified figures.
std::string in_r(const std::string& name) { return "Computed in R 4.2.2: " + name; }

/// What R's chain says of the indices under some weights.
void expect_indices(const std::string& source, StratumWeights kind, const TransitionMatrix& p, const Vector& w,
                    const nlohmann::json& indices, const nlohmann::json& weighted) {
  std::map<std::string, double> found;
  for (const MobilityIndex& i : mobility_indices(p, w)) found[i.name] = i.value;
  double difference = 0;
  const auto is = [&](const char* ours, const nlohmann::json& value, double tolerance = 1e-12) {
    EXPECT_NEAR(found.at(ours), value.get<double>(), tolerance) << ours;  // absolute: indices are of the order of 1
    difference = std::max(difference, std::abs(found.at(ours) - value.get<double>()));
  };
  is("prais_shorrocks", indices["shorrocks_trace"]);
  is("determinant", indices["shorrocks_det"]);
  is("determinant_root", indices["shorrocks_det_root"]);
  is("second_eigenvalue", indices["sommers_conlisk_L2"]);
  is("eigenvalue_sum", indices["eigenvalue_sum"]);
  is("mean_stay", indices["harmonic_exit"], 1e-12 * found.at("mean_stay"));
  is("bartholomew", weighted["bartholomew"]);
  is("bartholomew_normalised", weighted["bartholomew_normalised"]);
  is("unconditional_leaving", weighted["bartholomew1_giddy"]);
  is("immobility", weighted["immobility"]);
  is("upward", weighted["upward_if_low_index_is_bottom"]);
  is("downward", weighted["downward_if_low_index_is_bottom"]);
  record(in_r(source), "indices of mobility, weights " + name(kind), "12 numbers", "the same", difference);
}

/// Eigenvalues, long run and indices of a matrix whose ladder is in the order of the reference.
void expect_chain(const std::string& source, const TransitionMatrix& p, const nlohmann::json& r, const Vector& origin) {
  std::vector<double> moduli;
  const Eigen::EigenSolver<Eigen::MatrixXd> spectrum(p.matrix());
  for (Eigen::Index k = 0; k < p.size(); ++k) moduli.push_back(std::abs(spectrum.eigenvalues()[k]));
  std::sort(moduli.rbegin(), moduli.rend());
  for (std::size_t k = 0; k < moduli.size(); ++k) EXPECT_NEAR(moduli[k], r["eigen_mod"][k].get<double>(), 1e-12);
  EXPECT_NEAR(p.matrix().determinant(), r["det"].get<double>(), 1e-15);
  ASSERT_TRUE(r["irreducible"].get<bool>());
  const Vector law = stationary_law(p);
  certify(in_r(source), "long run", vector_of(r["stationary"]), law, 1e-12);
  certify(in_r(source), "mean first passages", matrix_of(r["mean_first_passage"]), mean_first_passage(p), 1e-12);
  certify(in_r(source), "fundamental matrix", matrix_of(r["fundamental_Z"]), fundamental_matrix_of_law(p),
          1e-10);  // by LU, as there: small entries lose digits
  std::map<std::string, double> found;
  for (const MobilityIndex& i : mobility_indices(p, law)) found[i.name] = i.value;
  const nlohmann::json& prais = r["prais"];
  const auto number = [](double x) { return Vector(Vector::Constant(1, x)); };
  certify(in_r(source), "half-life", number(r["half_life_steps"].get<double>()), number(found.at("half_life")), 1e-12);
  certify(in_r(source), "Kemeny's constant", number(r["kemeny_minus1"].get<double>()), number(found.at("kemeny")),
          1e-12);
  certify(in_r(source), "entropy rate", number(r["entropy_rate_nats"].get<double>()), number(found.at("entropy_rate")),
          1e-12);
  certify(in_r(source), "mean stays", vector_of(prais["mean_exit_time"]), mean_stay(p), 1e-12);
  certify(in_r(source), "mean stays under perfect mobility", vector_of(prais["mean_exit_time_perfect"]),
          Vector((1 - law.array()).inverse()), 1e-12);
  EXPECT_NEAR(reversibility_gap(p), r["reversible_max_abs_gap"].get<double>(), 1e-15);
  if (r.contains("stationary_delta_cov"))
    certify(in_r(source), "covariance of the long run", matrix_of(r["stationary_delta_cov"]),
            stationary_covariance(p, origin), 1e-10);
  const nlohmann::json& indices = r["indices"];
  expect_indices(source, StratumWeights::uniform, p, stratum_weights(StratumWeights::uniform, p), indices,
                 indices["with_uniform_weights"]);
  expect_indices(source, StratumWeights::stationary, p, stratum_weights(StratumWeights::stationary, p), indices,
                 indices["with_stationary"]);
  if (origin.size() > 0)
    expect_indices(source, StratumWeights::origin, p, stratum_weights(StratumWeights::origin, p, origin), indices,
                   indices["with_row_marginals"]);
}

void expect_all(const std::string& source, const Tally& t, const nlohmann::json& r) {
  const Matrix counts = matrix_of(r["counts"]);
  Matrix found(counts.rows(), counts.cols());
  Vector origin(counts.rows());
  for (Eigen::Index i = 0; i < counts.rows(); ++i) {
    origin[i] = t.pooled().row_people(static_cast<std::size_t>(i));
    for (Eigen::Index j = 0; j < counts.cols(); ++j)
      found(i, j) = t.pooled().people(static_cast<std::size_t>(i), static_cast<std::size_t>(j));
  }
  ASSERT_EQ(found, counts);
  EXPECT_EQ(origin, vector_of(r["row_totals"]));
  const Ensemble e = estimate(t, Proportions{});
  const TransitionMatrix& p = e.point().transition(0);
  certify(in_r(source), "moves", matrix_of(r["P"]), p.matrix(), 1e-14);
  certify(in_r(source), "standard errors of moves", matrix_of(r["se"]),
          cell_intervals(t.pooled(), t.ladder()).standard_error, 1e-12);
  expect_chain(source, p, r, origin);
  // The standard error of Prais's index: that of a sum of independent diagonal entries.
  double variance = 0;
  for (Eigen::Index i = 0; i < p.size(); ++i)
    variance += std::pow(cell_intervals(t.pooled(), t.ladder()).standard_error(i, i), 2);
  EXPECT_NEAR(std::sqrt(variance) / static_cast<double>(p.size() - 1),
              r["indices"]["shorrocks_trace_delta_se"].get<double>(), 1e-14);
}

std::vector<std::string> labels(const nlohmann::json& r) { return r["labels"].get<std::vector<std::string>>(); }

TEST_F(Published, MobilityTables) {
  const nlohmann::json all = reference("01_markov.json");
  for (const auto& [name, file, layer] : std::vector<std::tuple<std::string, std::string, std::string>>{
           {"glass_uk_5x5", "glass_uk_5x5.csv", ""},
           {"occupational_status_uk", "occupational_status_uk.csv", ""},
           {"craigsendi_cd4", "craigsendi_cd4.csv", ""},
           {"erikson_EW", "erikson_3countries_9x9.csv", "EW"},
           {"erikson_F", "erikson_3countries_9x9.csv", "F"},
           {"erikson_S", "erikson_3countries_9x9.csv", "S"}}) {
    SCOPED_TRACE(name);
    expect_all(name, table_of(file, ladder_of(labels(all[name])), layer), all[name]);
  }
}

TEST_F(Published, StatusOrderIsNotTheOrderOfTheFileNorOfTheAlphabet) {
  // British mobility from the bottom up: the reference lists it from the top down, so up and down
  // change places.
  const nlohmann::json r = reference("01_markov.json")["glass_uk_5x5"];
  const Ladder ladder = Ladder::parse("Unskilled < Skilled < Supervisory < Managerial < Professional");
  const TransitionMatrix p = estimate(table_of("glass_uk_5x5.csv", ladder), Proportions{}).point().transition(0);
  EXPECT_LT(relative(p.matrix().reverse(), matrix_of(r["P"])), 1e-14);
  std::map<std::string, double> found;
  for (const MobilityIndex& i : mobility_indices(p, stratum_weights(StratumWeights::uniform, p)))
    found[i.name] = i.value;
  EXPECT_NEAR(found.at("upward"), r["indices"]["with_uniform_weights"]["downward_if_low_index_is_bottom"].get<double>(),
              1e-14);
  EXPECT_NEAR(found.at("downward"), r["indices"]["with_uniform_weights"]["upward_if_low_index_is_bottom"].get<double>(),
              1e-14);
  EXPECT_NEAR(found.at("prais_shorrocks"), 0.7727538, 5e-8);
  EXPECT_NEAR(found.at("determinant"), 0.9991309, 5e-8);
  EXPECT_NEAR(found.at("second_eigenvalue"), 0.5289964, 5e-8);
}

TEST_F(Published, PanelOfYoungMenInOccupations) {
  const nlohmann::json r = reference("01_markov.json")["males_nlsy_occupation"];
  const Ladder ladder = ladder_of(labels(r));
  const Table table("males_nlsy_occupation.csv");
  Observations rows;
  for (std::size_t k = 0; k < table.size(); ++k)
    rows.add(static_cast<std::uint32_t>(std::stoul(table["nr"][k])), std::stoi(table["year"][k]),
             ladder[table["occupation"][k]].index());
  const Tally t = tally(Panel(ladder, rows));
  EXPECT_EQ(t.people(), 545U);
  EXPECT_EQ(t.ledger().pairs_used, 545U * 7U);
  expect_all("males_nlsy_occupation", t, r);
}

/// 1,373 men by age; `first` the first age kept, and whether everybody is put in school at 15.
Tally career(const Ladder& ladder, int first, bool school_at_15) {
  const Table table("kw97_nlsy_career.csv");
  Observations rows;
  for (std::size_t k = 0; k < table.size(); ++k) {
    const int age = std::stoi(table["Age"][k]);
    if (age < first) continue;
    const std::size_t choice = static_cast<std::size_t>(std::stoul(table["Choice"][k])) - 1;
    rows.add(static_cast<std::uint32_t>(std::stoul(table["Identifier"][k])), age,
             age == 15 && school_at_15 ? 0 : choice);
  }
  return tally(Panel(ladder, rows));
}

TEST_F(Published, CareersOfYoungMenUnderThreeConventions) {
  const nlohmann::json all = reference("01_markov.json");
  for (const auto& [name, first, school] :
       std::vector<std::tuple<std::string, int, bool>>{{"kw97_ages16plus", 16, false},
                                                       {"kw97_all_rows_incl_observed_age15", 15, false},
                                                       {"kw97_published_convention", 15, true}}) {
    SCOPED_TRACE(name);
    const Tally t = career(ladder_of(labels(all[name])), first, school);
    expect_all(name, t, all[name]);
    EXPECT_EQ(t.people(), 1373U);
    EXPECT_EQ(t.ledger().records_read, first == 15 ? 13732U : 12359U);
  }
  // The rows printed by Keane and Wolpin (1997), in percent.
  const Ladder ladder = Ladder::parse("school < home < white < blue < military");
  const Matrix p = 100 * estimate(career(ladder, 15, true), Proportions{}).point().matrix(0);
  Matrix printed(4, 5);
  printed << 69.9, 12.4, 6.5, 9.9, 1.3, 9.8, 47.2, 8.1, 31.3, 3.7, 5.7, 6.3, 67.4, 19.9, 0.7, 3.4, 12.4, 9.9, 73.4, 0.9;
  EXPECT_LT((p.topRows(4) - printed).cwiseAbs().maxCoeff(), 0.0501);
}

TEST_F(Published, MatricesWithoutCounts) {
  const nlohmann::json all = reference("01_markov.json");
  for (const char* name : {"prais1955_recalled", "kemeny_snell_3class_recalled"}) {
    SCOPED_TRACE(name);
    expect_chain(name, TransitionMatrix::from_weights(ladder_of(labels(all[name])), matrix_of(all[name]["P"])),
                 all[name], {});
  }
}

TEST_F(Published, CreditRatingsWithAFinalState) {
  const nlohmann::json r = reference("01_markov.json")["tm_abs_credit"];
  const Table table("tm_abs_credit.csv");
  std::vector<std::string> names;
  for (const std::string& name : table["origin"])
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  const std::string last = names.back();
  names.pop_back();
  const Ladder ladder = ladder_of(names, {last});
  const Tally t = table_of("tm_abs_credit.csv", ladder);
  const TransitionMatrix p = estimate(t, Proportions{}).point().transition(0);
  const std::string source = in_r("tm_abs_credit");
  certify(source, "moves", matrix_of(r["P"]), p.matrix(), 1e-14);
  const Matrix n = fundamental_matrix(p);
  certify(source, "visits before the final state", matrix_of(r["absorbing"]["N"]), n, 1e-12);
  certify(source, "steps to the final state", vector_of(r["absorbing"]["mean_steps"]), time_on_ladder(p).mean, 1e-12);
  certify(source, "their variance", vector_of(r["absorbing"]["var_steps"]), time_on_ladder(p).variance, 1e-12);
  EXPECT_LT(relative(ever_reached(p, ladder[last]).steps.head(n.rows()), vector_of(r["absorbing"]["mean_steps"])),
            1e-12);
  EXPECT_EQ(ever_reached(p, ladder[last]).reached, Vector::Ones(p.size()));
  EXPECT_LT(relative(exit_probabilities(p), Matrix::Ones(n.rows(), 1)), 1e-13);
  certify(source, "moves in ten years", matrix_of(r["ten_year"]), n_step(p, Span(10)), 1e-12);
}

TEST_F(Published, LogLikelihoods) {
  const Ladder cd4 = Ladder::parse("0-49 < 50-74 < 75-UP");
  const Tally t = table_of("craigsendi_cd4.csv", cd4);
  EXPECT_NEAR(log_likelihood(t.pooled(), estimate(t, Proportions{}).point().matrix(0)), -581.13661, 5e-6);
  const Ladder rain = Ladder::parse("0 < 1-5 < 6+");
  const Table days("rain_alofi.csv");
  Observations rows;
  for (std::size_t k = 0; k < days.size(); ++k) rows.add(0, std::stoi(days["t"][k]), rain[days["rain"][k]].index());
  const Tally r = tally(Panel(rain, rows));
  const double counts[3][3] = {{362, 126, 60}, {136, 90, 68}, {50, 79, 124}};
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 3; ++j) EXPECT_EQ(r.pooled().people(i, j), counts[i][j]);
  EXPECT_NEAR(log_likelihood(r.pooled(), estimate(r, Proportions{}).point().matrix(0)), -1040.41855, 5e-6);
}

TEST(PublishedInPrint, LogLikelihoodOfBasesInPreproglucacon) {
  // Pairs of bases in a row in an intron of preproglucacon (Avery and Henderson 1999, Applied Statistics 48(1), 53 to
  // 61); the logarithm of the likelihood is that of the R package markovchain.
  const double n[4][4] = {{185, 74, 86, 171}, {101, 41, 6, 115}, {69, 45, 34, 78}, {161, 103, 100, 202}};
  std::vector<TableCell> cells;
  for (std::size_t i = 0; i < 4; ++i)
    for (std::size_t j = 0; j < 4; ++j) cells.push_back({i, j, n[i][j], {}, {}});
  const Tally t = tally(Ladder::parse("A < C < G < T"), cells);
  long double again = 0;
  for (const auto& row : n) {
    const double all = row[0] + row[1] + row[2] + row[3];
    for (const double x : row) again += x * std::log(static_cast<long double>(x) / all);
  }
  certify("Avery and Henderson (1999), by the R package markovchain", "log-likelihood of the bases of preproglucacon",
          "-2028.34341", again, log_likelihood(t.pooled(), estimate(t, Proportions{}).point().matrix(0)));
}

TEST(PublishedInPrint, QuartersOfIncomeInTheirOrder) {
  // Fathers' and sons' quarters of income, sons born in 1970, in rounded shares (Blanden, Gregg and Machin 2005,
  // Intergenerational Mobility in Europe and North America, as the R package markovchain has it); figures recomputed
  // with the columns in the order of the rows. rejects: 0.940151, 0.262862 and 0.763212, of columns in the order of the
  // alphabet.
  const Ladder ladder = Ladder::parse("Bottom < 2nd < 3rd < Top");
  const Matrix shares =
      (Matrix(4, 4) << .38, .29, .22, .11, .25, .28, .26, .22, .21, .26, .28, .24, .16, .17, .25, .42).finished();
  EXPECT_EQ(said<DomainError>([&] { TransitionMatrix(ladder, shares); }),
            "found a row sum of 1.01 for '2nd'; expected 1 [E-ROWSUM]");
  const TransitionMatrix p = TransitionMatrix::from_weights(ladder, shares);
  std::map<std::string, double> found;
  for (const MobilityIndex& index : mobility_indices(p, stratum_weights(StratumWeights::uniform, p, {})))
    found[index.name] = index.value;
  EXPECT_NEAR(found.at("prais_shorrocks"), 0.879981, 5.1e-7);
  EXPECT_NEAR(found.at("second_eigenvalue"), 0.727138, 5.1e-7);
  EXPECT_NEAR(n_step(p, Span(2))(0, 0), 0.280449, 5.1e-7);
}

/// Whether the son of an unskilled father, or his, or his, gets into the two upper strata.
class BritishReach : public Published {
 protected:
  const Ladder ladder = Ladder::parse("Unskilled < Skilled < Supervisory < Managerial < Professional");
  const Stratum bottom = ladder["Unskilled"];
  const StratumSet upper = ladder.select("Managerial+");
  const Span within{3};
  [[nodiscard]] Tally counts() const { return table_of("glass_uk_5x5.csv", ladder); }
};

TEST_F(BritishReach, AtThePoint) {
  const Kernel kernel = estimate(counts(), Proportions{}).point();
  const Vector passage = first_passage(kernel, bottom, upper, within);
  const Vector printed{{0, 0.053066038, 0.081292175, 0.080553461}};
  for (Eigen::Index t = 0; t < 4; ++t) EXPECT_NEAR(passage[t], printed[t], 5.1e-10);
  certify(in_r("glass_uk_5x5"), "first passages from the bottom to the two upper strata, 0 to 3 generations", printed,
          passage, 1e-8);
  const double reached = reach_probability(bottom, upper, within)(kernel);
  EXPECT_NEAR(reached, 0.214911674, 5.1e-10);
  record(in_r("glass_uk_5x5"), "reach of the two upper strata from the bottom within 3 generations", "0.214911674",
         shown(reached), std::abs(reached / 0.214911674 - 1));
  EXPECT_NEAR(standing_probability(bottom, upper, within)(kernel), 0.130224944, 5.1e-10);
}

TEST_F(BritishReach, ReactsToMoves) {
  const Tally t = counts();
  const Kernel kernel = estimate(t, Proportions{}).point();
  const ReachSensitivity s = reach_sensitivity(kernel, bottom, upper, within);
  const auto manager = static_cast<Eigen::Index>(ladder["Managerial"].index());
  EXPECT_NEAR(s.sensitivity(0, manager), 1.628411, 5.1e-7);
  EXPECT_NEAR(s.elasticity(0, manager), 0.375282, 5.1e-7);
  // By the delta method: with compensation the derivative times 1 - p is the derivative less its
  // mean over the row.
  double variance = 0;
  const Matrix& p = kernel.matrix(0);
  for (Eigen::Index i = 0; i < 5; ++i)
    for (Eigen::Index j = 0; j < 5; ++j)
      variance += p(i, j) * std::pow(s.sensitivity(i, j) * (1 - p(i, j)), 2) /
                  t.pooled().row_people(static_cast<std::size_t>(i));
  EXPECT_NEAR(std::sqrt(variance), 0.01436533, 5.1e-9);
}

TEST_F(BritishReach, OfRepeatedSamples) {
  const Estimate e =
      summarize(estimate(counts(), Proportions{}), reach_probability(bottom, upper, within), {40000, Seed(1)});
  EXPECT_NEAR(e.standard_deviation / 0.01436533, 1, 0.02);
  EXPECT_NEAR(e.value, 0.214911674, 5.1e-10);
}

TEST_F(BritishReach, OfThePosterior) {
  const Estimate e =
      summarize(estimate(counts(), DirichletRows{1}), reach_probability(bottom, upper, within), {200000, Seed(2)});
  EXPECT_NEAR(e.value, 0.219357, 4 * std::hypot(e.monte_carlo_error, 1.4e-5));
  EXPECT_LT(e.monte_carlo_error, 4e-5);
  EXPECT_NEAR(e.lower, 0.19204, 3e-4);
  EXPECT_NEAR(e.upper, 0.24871, 3e-4);
}

TEST_F(BritishReach, InPeople) {
  const Estimate e = predict_people(estimate(counts(), DirichletRows{1}), reach_probability(bottom, upper, within),
                                    Heads(848), {200000, Seed(3)});
  EXPECT_NEAR(e.value, 186.0, 0.05 + 4 * 848 * std::hypot(3.3e-5, 1.4e-5));
  EXPECT_NEAR(e.standard_deviation, 17.19, 0.005 + 4 * 17.19 / std::sqrt(2 * 200000.0));
}

}  // namespace
}  // namespace markov_test
