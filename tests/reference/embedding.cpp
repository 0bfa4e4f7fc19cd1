// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0

// Roots, logarithms and generators of published matrices, against results of R's expm and ctmcd.

#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <rungs/data/mobility_table.hpp>
#include <rungs/estimate/proportions.hpp>
#include <rungs/measure/embedding.hpp>

#include "certified.hpp"

namespace embedding_reference_test {
namespace {

using namespace rungs;
using namespace rungs_test;

Matrix people_in(const std::string& file, const Ladder& ladder) {
  const Table table(file);
  const auto n = static_cast<Eigen::Index>(ladder.size());
  Matrix out = Matrix::Zero(n, n);
  for (std::size_t k = 0; k < table.size(); ++k)
    out(static_cast<Eigen::Index>(ladder[table["origin"][k]].index()),
        static_cast<Eigen::Index>(ladder[table["destination"][k]].index())) += std::stod(table["count"][k]);
  return out;
}

double log_likelihood(const Matrix& people, const Matrix& p) {
  double sum = 0;
  for (Eigen::Index k = 0; k < people.size(); ++k)
    if (people.data()[k] > 0) sum += people.data()[k] * std::log(p.data()[k]);
  return sum;
}

TEST(PublishedGenerators, OfCd4Counts) {
  if (!has_reference("01_markov.json")) GTEST_SKIP() << "no reference results in " << reference_dir();
  // Craig and Sendi (2002): half a step and rates, as markovchain's documentation prints them.
  const Ladder ladder = Ladder::parse("0-49 < 50-74 < 75-UP");
  const TransitionMatrix p = TransitionMatrix::from_weights(ladder, people_in("craigsendi_cd4.csv", ladder));
  ASSERT_EQ(embedding(p).verdict, Embeddable::yes) << embedding(p).reason;
  const Matrix q = embedded_rates(p), half = finer_step(p, 2).matrix();
  EXPECT_NEAR(q(0, 1), .0829648, 5e-8);
  EXPECT_NEAR(q(1, 0), 1.2299460, 5e-8);
  EXPECT_NEAR(q(1, 2), .5258612, 5e-8);
  EXPECT_NEAR(half(0, 0), .952946, 5e-7);
  EXPECT_NEAR(half(0, 1), .029302, 5e-7);
  EXPECT_NEAR(half(0, 2), .017751, 5e-7);
  EXPECT_LT((half * half - p.matrix()).cwiseAbs().maxCoeff(), 1e-15);
}

/// A year of credit ratings (R package ctmcd), from the best down to default.
class Ratings : public testing::Test {
 protected:
  void SetUp() override {
    if (!has_reference("05_ctmc.json")) GTEST_SKIP() << "no reference results in " << reference_dir();
    r = reference("05_ctmc.json")["tm_abs"];
    people = people_in("tm_abs_credit.csv", ladder);
  }
  [[nodiscard]] TransitionMatrix p() const { return {unchecked, ladder, matrix_of(r["P"])}; }
  [[nodiscard]] double of(const Matrix& rates) const {
    return log_likelihood(people, moves_at(ladder, rates, 1).matrix());
  }
  void expect_near(const char* what, const Matrix& ours, double tolerance) const {
    const Matrix theirs = matrix_of(r[what]);
    EXPECT_LT((ours - theirs).cwiseAbs().maxCoeff(), tolerance) << what;
  }
  const Ladder ladder = ladder_of({"AAA", "AA", "A", "BBB", "BB", "B", "C"}, {"D"});
  Matrix people;
  nlohmann::json r;
};

TEST_F(Ratings, AreNoMovesAtAnyMoment) {
  const Embedding e = embedding(p());
  EXPECT_EQ(e.verdict, Embeddable::no);
  EXPECT_EQ(e.reason, "the move 'AAA' -> 'BBB' has probability 0, but others lead there within any time");
  expect_near("logm", e.logarithm.value(), 1e-13);
  EXPECT_NEAR(e.lowest_rate, r["logm_min_offdiagonal"].get<double>(), 1e-13);
  certify("tm_abs_credit, R package ctmcd", "lowest entry of the logarithm off the diagonal", "-6.790841758e-4",
          static_cast<long double>(r["logm_min_offdiagonal"].get<double>()), e.lowest_rate);
  EXPECT_EQ(e.of_move, std::pair(ladder["C"].index(), ladder["BBB"].index()));
}

TEST_F(Ratings, AreRepairedInThreeWays) {
  const struct {
    const char* name;
    GeneratorRepair repair;
    double log_likelihood;
  } all[] = {{"DA", GeneratorRepair::diagonal, -3194.2765},
             {"WA", GeneratorRepair::weighted, -3194.2724},
             {"QO", GeneratorRepair::nearest, -3194.2638}};
  for (const auto& one : all) {
    const Matrix q = repaired_rates(p(), one.repair);
    Matrix theirs = matrix_of(r[one.name]);
    if (one.repair == GeneratorRepair::nearest) {
      // ctmcd loses a rate in a row that is that of a generator already: 4.9e-7 away in squares, where 0 is nearest.
      // Its likelihood of -3197.2546 is of that.
      const auto bbb = static_cast<Eigen::Index>(ladder["BBB"].index());
      const Matrix log = matrix_of(r["logm"]);
      EXPECT_NEAR((theirs.row(bbb) - log.row(bbb)).squaredNorm(), 4.9296e-7, 1e-11);
      EXPECT_LT((q.row(bbb) - log.row(bbb)).squaredNorm(), 1e-28);
      EXPECT_NEAR(of(theirs), -3197.2546, 5e-5);
      theirs.row(bbb) = q.row(bbb);
    }
    EXPECT_LT((q - theirs).cwiseAbs().maxCoeff(), 1e-12) << one.name;
    EXPECT_NEAR(of(q), one.log_likelihood, 5e-5) << one.name;
  }
  EXPECT_NEAR(log_likelihood(people, matrix_of(r["P"])), -3193.3805, 5e-5) << "what no rates can exceed";
}

TEST_F(Ratings, HaveLikeliestRates) {
  // ctmcd's EM stopped after 43 rounds; its likelihood is the lower one.
  const Matrix theirs = matrix_of(r["EM"]);
  Matrix first = Matrix::Constant(8, 8, .1);
  first.row(7).setZero();
  const Matrix ours = likeliest_rates(people, first);
  EXPECT_NEAR(of(theirs), r["EM_loglik"].get<double>(), 1e-7);
  EXPECT_GT(of(ours), of(theirs));
  EXPECT_NEAR(of(ours), -3194.2537, 5e-5);
  EXPECT_NEAR(ours(0, 1), .10488852, 5e-9);
  record("tm_abs_credit, R package ctmcd", "rate AAA to AA of greatest likelihood", ".10488852", shown(ours(0, 1)),
         std::abs(ours(0, 1) / .10488852 - 1));
  EXPECT_LT((ours - theirs).cwiseAbs().maxCoeff(), 1e-3);
  // No rate should change: those above 0 have no slope, those at 0 a negative one.
  for (Eigen::Index i = 0; i < 7; ++i)
    for (Eigen::Index j = 0; j < 8; ++j) {
      if (i == j) continue;
      constexpr double h = 1e-7;
      Matrix up = ours, down = ours;
      up(i, j) += h;
      up(i, i) -= h;
      down(i, j) -= h;
      down(i, i) += h;
      const double slope = ours(i, j) > 1e-5 ? (of(up) - of(down)) / (2 * h) : (of(up) - of(ours)) / h;
      if (ours(i, j) > 1e-5)
        EXPECT_NEAR(slope, 0, 2e-3) << i << j;
      else
        EXPECT_LT(slope, 2e-2) << i << j;
    }
}

TEST(PublishedLogarithms, OfMobilityTablesHaveRatesBelowZero) {
  if (!has_reference("05_ctmc.json")) GTEST_SKIP() << "no reference results in " << reference_dir();
  const nlohmann::json all = reference("05_ctmc.json")["embedding"], tables = reference("01_markov.json");
  for (const auto& [name, r] : all.items()) {
    if (!tables.contains(name) || !tables[name].contains("P")) continue;
    const Matrix p = matrix_of(tables[name]["P"]);
    std::vector<std::string> names;
    for (Eigen::Index i = 0; i < p.rows(); ++i) names.push_back("s" + std::to_string(i));
    const Embedding e = embedding(TransitionMatrix(unchecked, ladder_of(names), p));
    EXPECT_NEAR(e.determinant, r["det"].get<double>(), 1e-12 * std::abs(r["det"].get<double>()) + 1e-18) << name;
    EXPECT_NEAR(e.product_of_diagonal, r["prod_diag"].get<double>(), 1e-12 * r["prod_diag"].get<double>()) << name;
    EXPECT_EQ(!e.missing.empty(), r["zero_pattern_not_transitive"].get<bool>()) << name;
    ASSERT_EQ(e.logarithm.has_value(), r["principal_log_exists"].get<bool>()) << name;
    if (!e.logarithm) continue;
    EXPECT_LT((*e.logarithm - matrix_of(r["principal_log"])).cwiseAbs().maxCoeff(), 1e-11) << name;
    EXPECT_NEAR(e.lowest_rate, r["min_offdiagonal"].get<double>(), 1e-11) << name;
    EXPECT_EQ(e.verdict == Embeddable::yes, r["embeddable_by_principal_log"].get<bool>()) << name;
  }
}

}  // namespace
}  // namespace embedding_reference_test
