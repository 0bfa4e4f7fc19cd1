// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0

// Ladders with recruits and leavers, against results computed in R.

#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <rungs/measure/long_run.hpp>
#include <rungs/measure/reach.hpp>

#include "certified.hpp"

namespace calibration_test {
namespace {

using namespace rungs;
using namespace rungs_test;

class OpenLadder : public testing::Test {
 protected:
  void SetUp() override {
    if (!has_reference("11_calibration_open.json")) GTEST_SKIP() << "no reference results in " << reference_dir();
    all = reference("11_calibration_open.json");
  }
  /// Moves among strata with what leaves them by one exit.
  static TransitionMatrix leaving(const Matrix& q, const Vector& out) {
    const Eigen::Index m = q.rows();
    Matrix p = Matrix::Identity(m + 1, m + 1);
    p.topLeftCorner(m, m) = q;
    p.topRightCorner(m, 1) = out;
    std::vector<std::string> names;
    for (Eigen::Index i = 0; i < m; ++i) names.push_back("s" + std::to_string(i));
    return TransitionMatrix(ladder_of(names, {"left"}), p);
  }
  const std::string source = "Computed in R 4.2.2: ladders with recruits and leavers";
  nlohmann::json all;
};

TEST_F(OpenLadder, StocksAndCareers) {
  const nlohmann::json& r = all["open_ladder"];
  const TransitionMatrix p = leaving(matrix_of(r["P"]), vector_of(r["wastage"]));
  const Matrix n = fundamental_matrix(p);
  certify(source, "years in each stratum, by entry", matrix_of(r["fundamental"]), n, 1e-14);
  certify(source, "years in all, by entry", vector_of(r["expected_years_by_entry"]), n.rowwise().sum(), 1e-14);
  certify(source, "stock in the long run", vector_of(r["stationary_stock"]),
          r["recruits"].get<double>() * n.transpose() * vector_of(r["recruit_vector"]), 1e-14);
  const Matrix ever = matrix_of(r["prob_ever_reach"]);
  for (Eigen::Index j = 0; j < 4; ++j)
    certify(source, "chances ever to reach stratum " + std::to_string(j + 1), ever.col(j),
            ever_reached(p, p.ladder().at(static_cast<std::size_t>(j))).reached.head(4), 1e-14);
  EXPECT_LT(relative(exit_probabilities(p), Matrix::Ones(4, 1)), 1e-14);
  Vector stock = vector_of(r["trajectory"][0]);
  for (const nlohmann::json& year : r["trajectory"]) {
    EXPECT_LT(relative(stock, vector_of(year)), 1e-12);
    stock = p.matrix().topLeftCorner(4, 4).transpose() * stock +
            r["recruits"].get<double>() * vector_of(r["recruit_vector"]);
  }
  const TransitionMatrix fixed(ladder_of({"a", "b", "c", "d"}), matrix_of(r["fixed_size_chain"]));
  certify(source, "long run at fixed size", vector_of(r["fixed_size_stationary"]), stationary_law(fixed), 1e-12);
}

TEST_F(OpenLadder, VacanciesTravelDown) {
  const nlohmann::json& r = all["vacancy_chain"];
  const TransitionMatrix p = leaving(matrix_of(r["Q"]), vector_of(r["absorb"]));
  const Matrix n = fundamental_matrix(p);
  EXPECT_LT(relative(n, matrix_of(r["fundamental"])), 1e-14);
  certify(source, "length of vacancy chains, by start", vector_of(r["expected_chain_length_by_start"]),
          n.rowwise().sum(), 1e-14);
  EXPECT_LT(relative(10 * n.row(0).transpose(), vector_of(r["moves_created_by_10_retirements_in_stratum1"])), 1e-14);
  const Vector length = vector_of(r["length_pmf_from_stratum1"]);
  const Vector passage = first_passage(Kernel(p), p.ladder().at(0), p.ladder()["left"], Span(length.size()));
  EXPECT_EQ(passage[0], 0);
  certify(source, "distribution of the length of a vacancy chain", length, passage.tail(length.size()), 1e-13);
}

TEST_F(OpenLadder, LadderThatIsCutBelowTheTop) {
  const std::vector<std::string> names = all["seed_ladder_no_policy"]["states"].get<std::vector<std::string>>();
  const Ladder ladder = ladder_of(names);
  const TransitionMatrix before(ladder, matrix_of(all["seed_ladder_no_policy"]["P"])),
      after(ladder, matrix_of(all["seed_ladder_policy"]["P"]));
  const Stratum start = ladder["primary"], top = ladder["entrepreneur_downstream"];
  const EverReached cut = ever_reached(before, top), senior = ever_reached(before, ladder["senior"]);
  EXPECT_EQ(cut.reached[0], 0.0);
  EXPECT_TRUE(std::isnan(cut.steps[0]));
  EXPECT_EQ(reach_probability(start, top, Span(1000))(Kernel(before)), 0.0);
  const Reachability why = reachability(MoveGraph(Kernel(before)), start, top);
  EXPECT_EQ(why_unreachable(ladder, start, top, why),
            "no chain of moves with a probability above 0 leads from 'primary' to 'entrepreneur_downstream'; the "
            "missing move is 'senior' -> "
            "'entrepreneur_downstream', which is possible and was never seen, or is given as 0");
  EXPECT_EQ(senior.reached[0], all["seed_ladder_no_policy"]["prob_ever_senior_from_primary"].get<double>());
  EXPECT_NEAR(senior.steps[0], all["seed_ladder_no_policy"]["expected_years_primary_to_senior"].get<double>(), 1e-12);
  const nlohmann::json& r = all["seed_ladder_policy"];
  EXPECT_LT(std::abs(ever_reached(after, top).steps[0] / r["expected_years_primary_to_entrepreneur"].get<double>() - 1),
            1e-13);
  for (std::size_t k = 0; k < r["years"].size(); ++k)
    EXPECT_LT(std::abs(reach_probability(start, top, Span(r["years"][k].get<std::int64_t>()))(Kernel(after)) /
                           r["cum_prob_entrepreneur_by_year"][k].get<double>() -
                       1),
              1e-12);
}

TEST_F(OpenLadder, LongRunReactsToOneMove) {
  // The derivative of the long-run law along one move, by central differences of ours.
  if (!has_reference("01_markov.json")) GTEST_SKIP();
  const Matrix p = matrix_of(reference("01_markov.json")["prais1955_recalled"]["P"]);
  const Ladder ladder = ladder_of({"1", "2", "3", "4", "5", "6", "7"});
  const double h = 1e-5;
  const auto law = [&](double change) {
    Matrix q = p;
    q(6, 5) += change;
    q(6, 6) -= change;
    return stationary_law(TransitionMatrix::from_weights(ladder, q));
  };
  const Vector slope = (law(h) - law(-h)) / (2 * h), expected = vector_of(all["sensitivity_prais"]["analytic"]);
  EXPECT_LT((slope - expected).cwiseAbs().maxCoeff(), 1e-9);
  EXPECT_NEAR(expected.sum(), 0, 1e-15);
}

}  // namespace
}  // namespace calibration_test
