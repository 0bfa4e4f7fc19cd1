// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0

// Tests of the assumptions of a first-order chain on published data, against results computed in R with 15 digits.

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <rungs/data/mobility_table.hpp>
#include <rungs/estimate/homogeneity.hpp>
#include <rungs/estimate/memory.hpp>
#include <rungs/estimate/proportions.hpp>
#include <rungs/estimate/second_order.hpp>

#include "certified.hpp"

namespace assumptions_test {
namespace {

using namespace rungs;
using namespace rungs_test;

class PublishedTests : public testing::Test {
 protected:
  void SetUp() override {
    if (!has_reference("02_tests.json")) GTEST_SKIP() << "no reference results in " << reference_dir();
    all = reference("02_tests.json");
  }
  nlohmann::json all;
};

std::string in_r(const std::string& name) { return "Computed in R 4.2.2, tests of assumptions: " + name; }

Matrix row_of(const std::vector<double>& numbers) {
  Matrix m(1, static_cast<Eigen::Index>(numbers.size()));
  for (std::size_t k = 0; k < numbers.size(); ++k) m(0, static_cast<Eigen::Index>(k)) = numbers[k];
  return m;
}

/// Both statistics, every p, log10 p where it is given, and the parts by origin.
void expect_homogeneity(const std::string& source, const nlohmann::json& r, const AssumptionTest& t) {
  certify(in_r(source), "likelihood ratio and Pearson's statistic", row_of({r["LR"], r["X2"]}),
          row_of({t.likelihood_ratio, t.pearson}), 1e-10);
  EXPECT_EQ(t.df_nominal, r["df_full"].get<std::int64_t>());
  EXPECT_EQ(t.df_support, r["df_observed"].get<std::int64_t>());
  certify(in_r(source), "p of both, by nominal and by supported degrees of freedom",
          row_of({r["p_LR_full"], r["p_LR_observed"], r["p_X2_full"], r["p_X2_observed"]}),
          row_of({t.lr_nominal.p, t.lr_support.p, t.pearson_nominal.p, t.pearson_support.p}), 1e-9);
  certify(in_r(source), "log10 p", row_of({r["log10p_LR_observed"]}), row_of({t.lr_support.log10_p}), 1e-10);
  const nlohmann::json& parts = r["by_origin_LR_X2_df"];
  ASSERT_EQ(parts.size(), t.by_origin.size());
  Matrix found(static_cast<Eigen::Index>(parts.size()), 3);
  for (std::size_t i = 0; i < parts.size(); ++i)
    found.row(static_cast<Eigen::Index>(i)) << t.by_origin[i].likelihood_ratio, t.by_origin[i].pearson,
        static_cast<double>(t.by_origin[i].df_support);
  certify(in_r(source), "both statistics and degrees of freedom by origin", matrix_of(parts), found, 1e-10);
}

void expect_orders(const std::string& source, const nlohmann::json& r, const Histories& h) {
  const AssumptionTest t = test_order(h), zero = test_order_zero(h);
  EXPECT_EQ(triples(h).total(), r["triples"].get<double>());
  const nlohmann::json &one = r["order1_vs_2"], &none = r["order0_vs_1"];
  certify(in_r(source), "order 1 against 2, both statistics", row_of({one["LR"], one["X2"]}),
          row_of({t.likelihood_ratio, t.pearson}), 1e-10);
  EXPECT_EQ(t.df_nominal, one["df_full"].get<std::int64_t>());
  EXPECT_EQ(t.df_support, one["df_observed"].get<std::int64_t>());
  certify(in_r(source), "order 1 against 2, p", row_of({one["p_observed"]}), row_of({t.lr_support.p}), 1e-9);
  certify(in_r(source), "order 0 against 1, likelihood ratio and log10 p", row_of({none["LR"], none["log10p"]}),
          row_of({zero.likelihood_ratio, zero.lr_nominal.log10_p}), 1e-10);
  EXPECT_EQ(zero.df_nominal, none["df_full"].get<std::int64_t>());
}

Histories males() {
  const Table table("males_nlsy_occupation.csv");
  const Ladder ladder =
      ladder_of(reference("01_markov.json")["males_nlsy_occupation"]["labels"].get<std::vector<std::string>>());
  Observations rows;
  for (std::size_t k = 0; k < table.size(); ++k)
    rows.add(static_cast<std::uint32_t>(std::stoul(table["nr"][k])), std::stoi(table["year"][k]),
             ladder[table["occupation"][k]].index());
  return histories(Panel(ladder, rows));
}

Histories careers() {
  const Table table("kw97_nlsy_career.csv");
  Observations rows;
  for (std::size_t k = 0; k < table.size(); ++k)
    if (const int age = std::stoi(table["Age"][k]); age >= 16)
      rows.add(static_cast<std::uint32_t>(std::stoul(table["Identifier"][k])), age,
               static_cast<std::size_t>(std::stoul(table["Choice"][k])) - 1);
  return histories(Panel(Ladder::parse("school < home < white < blue < military"), rows));
}

/// 1,583 women in five years, each line of the table so many of them; the first column is the last year.
Histories women(bool as_weights) {
  const Table table("heckman_women_lfp_1967_71.csv");
  Observations rows;
  std::uint32_t person = 0;
  for (std::size_t k = 0; k < table.size(); ++k) {
    const double count = std::stod(table["count"][k]);
    for (int copy = 0; copy < (as_weights ? 1 : static_cast<int>(count)); ++copy, ++person)
      for (int year = 1967; year <= 1971; ++year) {
        rows.add(person, year, table["e" + std::to_string(year)][k] == "No" ? 0 : 1);
        if (as_weights) rows.weight.push_back(count);
      }
  }
  return histories(
      Panel(Ladder::parse("not employed < employed"), rows, as_weights ? WeightKind::frequency : WeightKind::none));
}

TEST_F(PublishedTests, HomogeneityOverTime) {
  expect_homogeneity("careers of young men, by age", all["kw97_age_homogeneity"],
                     test_homogeneity_over_time(careers()));
  expect_homogeneity("occupations of young men, by year", all["males_year_homogeneity"],
                     test_homogeneity_over_time(males()));
  expect_homogeneity("women in the labour force, by year", all["heckman_year_homogeneity"],
                     test_homogeneity_over_time(women(false)));
}

TEST_F(PublishedTests, Orders) {
  expect_orders("careers of young men, order", all["kw97_order"], careers());
  expect_orders("occupations of young men, order", all["males_order"], males());
  expect_orders("women in the labour force, order", all["heckman_order"], women(false));
}

TEST_F(PublishedTests, OrderOfRain) {
  const Ladder ladder = Ladder::parse("0 < 1-5 < 6+");
  const Table days("rain_alofi.csv");
  Observations rows;
  for (std::size_t k = 0; k < days.size(); ++k) rows.add(0, std::stoi(days["t"][k]), ladder[days["rain"][k]].index());
  const Histories h = histories(Panel(ladder, rows));
  expect_orders("rain of Alofi, order", all["rain_order"], h);
  const AssumptionTest t = test_order(h);
  EXPECT_NEAR(t.likelihood_ratio, 25.8370199, 5.1e-8);
  EXPECT_NEAR(t.pearson, 26.0957517, 5.1e-8);
  EXPECT_EQ(t.df_support, 12);
  EXPECT_NEAR(t.lr_support.p, 0.0113, 5e-5);  // rejects: 0.173 on 20 degrees of freedom, of an older test
  // The same from the two chains themselves.
  const Triples n = triples(h);
  const SecondOrder second = fit_second_order(h);
  Counts moves(3);
  for (std::size_t a = 0; a < 3; ++a)
    for (std::size_t b = 0; b < 3; ++b)
      for (std::size_t c = 0; c < 3; ++c) moves.add(b, c, n(a, b, c));
  Matrix first(3, 3);
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 3; ++j)
      first(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) = moves.people(i, j) / moves.row_people(i);
  const double gain = log_likelihood(n, second, second.ensemble().point()) - log_likelihood(moves, first);
  EXPECT_NEAR(2 * gain, 25.8370199, 5.1e-8);
  EXPECT_NEAR(2 * gain, all["rain_order"]["order1_vs_2"]["LR"].get<double>(), 1e-10);
}

TEST_F(PublishedTests, TwoSamplesOfKullback) {
  const Ladder ladder = Ladder::parse("a < b < c < d < e < f");
  const Table table("kullback_2samples.csv");
  std::map<std::string, std::vector<TableCell>> cells;
  for (std::size_t k = 0; k < table.size(); ++k)
    cells[table["sample"][k]].push_back({ladder[table["origin"][k]].index(),
                                         ladder[table["destination"][k]].index(),
                                         std::stod(table["count"][k]),
                                         {},
                                         {}});
  std::vector<std::pair<std::string, Tally>> samples;
  for (const auto& [name, sample] : cells) samples.emplace_back(name, tally(ladder, sample));
  const AssumptionTest t = test_homogeneity_of_groups(samples);
  expect_homogeneity("two samples of Kullback, Kupperman and Ku", all["kullback_two_sample"], t);
  EXPECT_NEAR(t.likelihood_ratio, 160.96060, 5.1e-6);
  EXPECT_NEAR(t.pearson, 158.40593, 5.1e-6);
  EXPECT_EQ(t.df_support, 29);
  EXPECT_EQ(t.df_nominal, 30);
  // A second route: the log-likelihood of each sample by its own shares less that by the shares of both.
  Tally both = samples[0].second;
  both += samples[1].second;
  const auto shares = [](const Tally& of) { return estimate(of, Proportions{Unleft::absorbing}).point().matrix(0); };
  double apart = 0, pairs = 0, total = 0;
  for (const auto& sample : samples) apart += log_likelihood(sample.second.pooled(), shares(sample.second));
  EXPECT_NEAR(2 * (apart - log_likelihood(both.pooled(), shares(both))), t.likelihood_ratio, 1e-10 * 160);
  // rejects: 275.996, which compares how often each pair of strata is seen instead of each row.
  for (std::size_t i = 0; i < 6; ++i)
    for (std::size_t j = 0; j < 6; ++j) total += both.pooled().people(i, j);
  for (const auto& sample : samples) {
    double size = 0;
    for (std::size_t i = 0; i < 6; ++i) size += sample.second.pooled().row_people(i);
    for (std::size_t i = 0; i < 6; ++i)
      for (std::size_t j = 0; j < 6; ++j)
        if (const double n = sample.second.pooled().people(i, j); n > 0)
          pairs += 2 * n * std::log(n / (size * both.pooled().people(i, j) / total));
  }
  EXPECT_NEAR(pairs, 275.996, 5e-4);
}

TEST_F(PublishedTests, LifeExpectancyOverTime) {
  const Table table("holson_life_expectancy.csv");
  Observations rows;
  for (std::size_t k = 0; k < table.size(); ++k)
    for (int t = 1; t <= 11; ++t)
      rows.add(static_cast<std::uint32_t>(k), t,
               static_cast<std::size_t>(std::stoul(table["time" + std::to_string(t)][k])) - 1);
  const Panel panel(Ladder::parse("1 < 2 < 3"), rows);
  const AssumptionTest t = test_homogeneity_over_time(tally(panel, {Step(), Gap::drop, true}));
  EXPECT_EQ(t.df_support, 54);
  EXPECT_EQ(t.df_nominal, 54);
  EXPECT_NEAR(t.likelihood_ratio, 198.56237, 5.1e-6);
  EXPECT_NEAR(t.pearson, 195.845484, 5.1e-7);
  const std::string source = "Life expectancy of 1,000 people (R package markovchain): the same in every period";
  record(source, "likelihood ratio and Pearson's statistic on 54 degrees of freedom", "198.56237, 195.845484",
         shown(t.likelihood_ratio) + ", " + shown(t.pearson),
         std::max(std::abs(t.likelihood_ratio / 198.56237 - 1), std::abs(t.pearson / 195.845484 - 1)));
}

TEST(PublishedTestsInPrint, FitOfKullbackKuppermanAndKu) {
  // The moves of a sequence of 150, and the matrix it is compared with; the figures are those that the maintainers of
  // the R package markovchain print.
  const Ladder ladder = Ladder::parse("0 < 1 < 2");
  const double n[3][3] = {{51, 11, 8}, {12, 31, 9}, {6, 11, 10}};
  std::vector<TableCell> cells;
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 3; ++j) cells.push_back({i, j, n[i][j], {}, {}});
  Matrix p(3, 3);
  p << 5. / 8, 1. / 4, 1. / 8, 1. / 4, 1. / 2, 1. / 4, 1. / 4, 3. / 8, 3. / 8;
  const AssumptionTest t = test_fit(tally(ladder, cells), TransitionMatrix(ladder, p));
  EXPECT_EQ(t.df_nominal, 6);
  EXPECT_EQ(t.df_support, 6);
  const double row[3] = {70, 52, 27}, column[3] = {69, 53, 27};
  long double by_rows = 0, by_columns = 0;
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j) {
      by_rows += 2 * n[i][j] * std::log(n[i][j] / (row[i] * p(i, j)));
      by_columns += 2 * n[i][j] * std::log(n[i][j] / (column[i] * p(i, j)));
    }
  certify("Kullback, Kupperman and Ku (1962), fit to a given matrix", "likelihood ratio", "6.518384096", by_rows,
          t.likelihood_ratio);
  EXPECT_NEAR(static_cast<double>(by_columns), 6.551795, 5.1e-7);  // rejects: people of columns instead of rows
  EXPECT_NEAR(t.lr_support.p, 0.367688, 5.1e-7);
}

TEST(PublishedTestsInPrint, OrderOfBasesInPreproglucacon) {
  // How often each base follows two others in the 1,572 of an intron of preproglucacon (Avery and Henderson 1999,
  // Applied Statistics 48(1), 53 to 61): by the first, the second and the third of them. The likelihood ratio is that
  // of the validation that came with the mended test of the R package markovchain.
  const Ladder ladder = Ladder::parse("A < C < G < T");
  const int n[4][4][4] = {{{81, 22, 29, 53}, {30, 7, 2, 35}, {29, 18, 11, 27}, {54, 23, 33, 61}},
                          {{30, 20, 15, 36}, {15, 2, 1, 23}, {2, 1, 0, 3}, {28, 26, 20, 41}},
                          {{30, 3, 14, 22}, {18, 10, 1, 16}, {12, 5, 10, 7}, {28, 11, 12, 27}},
                          {{44, 29, 28, 60}, {38, 22, 2, 41}, {26, 21, 13, 40}, {51, 43, 35, 73}}};
  Histories h(ladder);
  std::uint32_t place = 0;
  for (std::uint16_t i = 0; i < 4; ++i)
    for (std::uint16_t j = 0; j < 4; ++j)
      for (std::uint16_t k = 0; k < 4; ++k)
        for (int copy = 0; copy < n[i][j][k]; ++copy) h.add(place++, Period(0), std::vector<std::uint16_t>{i, j, k});
  EXPECT_EQ(place, 1570U);
  const AssumptionTest t = test_order(h);
  long double again = 0;
  for (int j = 0; j < 4; ++j) {
    int all = 0;
    for (int i = 0; i < 4; ++i)
      for (int k = 0; k < 4; ++k) all += n[i][j][k];
    for (int i = 0; i < 4; ++i)
      for (int k = 0; k < 4; ++k) {
        int row = 0, column = 0;
        for (int x = 0; x < 4; ++x) {
          row += n[i][j][x];
          column += n[x][j][k];
        }
        if (n[i][j][k] > 0)
          again += 2 * n[i][j][k] * std::log(static_cast<long double>(n[i][j][k]) * all / row / column);
      }
  }
  certify("Avery and Henderson (1999), by the R package markovchain",
          "likelihood ratio of the order of the bases of preproglucacon, 36 degrees of freedom", "55.6626645", again,
          t.likelihood_ratio);
  EXPECT_EQ(t.df_nominal, 36);
  EXPECT_EQ(t.df_support, 36);  // nobody in one cell of 64, but in each row and column
}

TEST(PublishedTestsInPrint, CountsAndNotShares) {
  // 500 and 500 people against 600 and 400: 20.20 from counts. rejects: 0.0202, the same sum of shares.
  const Ladder ladder = Ladder::parse("low < high");
  const Tally first = tally(ladder, {{0, 0, 500, {}, {}}, {0, 1, 500, {}, {}}, {1, 1, 10, {}, {}}}),
              second = tally(ladder, {{0, 0, 600, {}, {}}, {0, 1, 400, {}, {}}, {1, 1, 20, {}, {}}});
  const AssumptionTest t = test_homogeneity_of_groups({{"first", first}, {"second", second}});
  double by_hand = 0;
  for (const double moved : {500., 400.})
    by_hand += std::pow(moved - 450, 2) / 450 + std::pow(1000 - moved - 550, 2) / 550;
  EXPECT_NEAR(t.pearson, by_hand, 1e-12 * by_hand);
  EXPECT_NEAR(t.pearson, 20.20, 5e-3);
  EXPECT_EQ(t.df_nominal, 2);
  EXPECT_EQ(t.df_support, 1);
  EXPECT_NEAR(by_hand / 1000, 0.0202, 5e-5);
}

TEST_F(PublishedTests, PeopleAsWeights) {
  const Histories one_by_one = women(false), weighted = women(true);
  EXPECT_EQ(move_counts(one_by_one), move_counts(weighted));
  EXPECT_EQ(triples(one_by_one), triples(weighted));
  EXPECT_EQ(test_order(one_by_one).likelihood_ratio, test_order(weighted).likelihood_ratio);
}

TEST_F(PublishedTests, WomenWhoNeverMoved) {
  // Of 1,583 women 559 and 426 were in one stratum in all five years; by the chain, 4 steps leave the shares below
  // where they were (reference of the mover-stayer model).
  const nlohmann::json r = reference("06_heterogeneity.json")["heckman_women_lfp"];
  const ChapmanKolmogorovTest t = test_chapman_kolmogorov(women(false), Span(4));
  EXPECT_EQ(t.test.observations, 1583);
  EXPECT_NEAR(t.never_moved, (559. + 426) / 1583, 1e-15);
  const auto expected = matrix_of(r["expected_T_step_markov"]), observed = matrix_of(r["observed_T_step"]);
  const Vector n = vector_of(r["n0"]);
  const auto diagonal = [&](const Matrix& p) { return (n[0] * p(0, 0) + n[1] * p(1, 1)) / 1583; };
  certify(in_r("women in the labour force, over four steps"), "in place after four steps: as observed, by the chain",
          row_of({diagonal(observed), diagonal(expected)}), row_of({t.in_place, t.in_place_expected}), 1e-12);
  double pearson = 0, likelihood = 0;
  for (Eigen::Index i = 0; i < 2; ++i)
    for (Eigen::Index j = 0; j < 2; ++j) {
      pearson += n[i] * std::pow(observed(i, j) - expected(i, j), 2) / expected(i, j);
      likelihood += 2 * n[i] * observed(i, j) * std::log(observed(i, j) / expected(i, j));
    }
  EXPECT_NEAR(t.test.pearson, pearson, 1e-10 * pearson);
  EXPECT_NEAR(t.test.likelihood_ratio, likelihood, 1e-10 * likelihood);
  ASSERT_EQ(t.test.warnings.size(), 1U);
  EXPECT_EQ(t.test.warnings[0].code, "W-STAYERS");
}

}  // namespace
}  // namespace assumptions_test
