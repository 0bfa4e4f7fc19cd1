// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/measure/indices.hpp>

#include <cmath>
#include <limits>
#include <map>
#include <string>

#include <gtest/gtest.h>

#include "../core/message.hpp"
#include "chains.hpp"

namespace indices_test {
namespace {

using namespace rungs;
using rungs_test::code_of;
using rungs_test::column;
using rungs_test::ladder_of;
using rungs_test::random_rows;
using rungs_test::rows;
using rungs_test::said;

std::map<std::string, double> indices(const TransitionMatrix& p, const Vector& w) {
  std::map<std::string, double> out;
  for (const MobilityIndex& i : mobility_indices(p, w)) out[i.name] = i.value;
  return out;
}
TransitionMatrix chain(const Matrix& p) { return TransitionMatrix(ladder_of(p.rows()), p); }
Vector alike(Eigen::Index n) { return Vector::Constant(n, 1 / static_cast<double>(n)); }

TEST(MobilityIndices, OfNoMobilityAreNought) {
  auto found = indices(chain(Matrix::Identity(4, 4)), alike(4));
  EXPECT_EQ(found.size(), 15U);
  EXPECT_EQ(found.at("immobility"), 1);
  for (const char* name : {"half_life", "kemeny", "mean_stay"}) {
    EXPECT_EQ(found.at(name), std::numeric_limits<double>::infinity()) << name;
    found.erase(name);
  }
  found.erase("immobility");
  for (const auto& [name, value] : found) EXPECT_NEAR(value, 0, 1e-15) << name;
}

TEST(MobilityIndices, OfPerfectMobilityAreOne) {
  // All rows alike: 1 by the index's own idea, and the distances of two independent rungs.
  const auto found = indices(chain(Matrix::Constant(4, 4, 0.25)), alike(4));
  for (const char* name : {"prais_shorrocks", "determinant", "determinant_root", "second_eigenvalue", "eigenvalue_sum",
                           "unconditional_leaving"})
    EXPECT_NEAR(found.at(name), 1, std::string(name) == "determinant_root" ? 1e-5 : 1e-12)
        << name;  // the root of rounding
  EXPECT_NEAR(found.at("bartholomew"), 20.0 / 16, 1e-15);
  EXPECT_NEAR(found.at("bartholomew_normalised"), 20.0 / 48, 1e-15);
  EXPECT_NEAR(found.at("upward"), 6.0 / 16, 1e-15);
  EXPECT_NEAR(found.at("downward"), 6.0 / 16, 1e-15);
  EXPECT_NEAR(found.at("immobility"), 0.25, 1e-15);
}

TEST(MobilityIndices, OfTwoStrataHaveClosedForms) {
  const double a = 0.3, b = 0.1;
  const auto found = indices(chain(rows({{1 - a, a}, {b, 1 - b}})), column({0.2, 0.8}));
  EXPECT_NEAR(found.at("prais_shorrocks"), a + b, 1e-15);
  EXPECT_NEAR(found.at("determinant"), a + b, 1e-15);
  EXPECT_NEAR(found.at("determinant_root"), a + b, 1e-15);
  EXPECT_NEAR(found.at("second_eigenvalue"), a + b, 1e-15);
  EXPECT_NEAR(found.at("half_life"), std::log(0.5) / std::log(1 - a - b), 1e-13);
  EXPECT_NEAR(found.at("kemeny"), 1 / (a + b), 1e-13);
  EXPECT_NEAR(found.at("mean_stay"), (1 / a + 1 / b) / 2, 1e-13);
  EXPECT_NEAR(found.at("entropy_rate"),
              -.2 * (a * std::log(a) + (1 - a) * std::log(1 - a)) - .8 * (b * std::log(b) + (1 - b) * std::log(1 - b)),
              1e-15);
  EXPECT_NEAR(found.at("eigenvalue_sum"), a + b, 1e-15);
  EXPECT_NEAR(found.at("bartholomew"), 0.2 * a + 0.8 * b, 1e-15);
  EXPECT_NEAR(found.at("unconditional_leaving"), 2 * (0.2 * a + 0.8 * b), 1e-15);
  EXPECT_NEAR(found.at("upward"), 0.2 * a, 1e-15);
  EXPECT_NEAR(found.at("downward"), 0.8 * b, 1e-15);
}

TEST(MobilityIndices, TakeTheModulusOfComplexEigenvalues) {
  const auto found = indices(chain(rows({{0, 1, 0}, {0, 0, 1}, {1, 0, 0}})),
                             alike(3));  // all go round: the third roots of 1
  EXPECT_EQ(found.at("second_eigenvalue"), 0) << "1 and its roots have the modulus 1, without rounding";
  EXPECT_EQ(found.at("eigenvalue_sum"), 0);
  EXPECT_NEAR(found.at("determinant"), 0, 1e-15);
  EXPECT_NEAR(found.at("prais_shorrocks"), 1.5, 1e-15);
  EXPECT_EQ(found.at("half_life"), std::numeric_limits<double>::infinity()) << "what differs goes round, and stays";
  EXPECT_NEAR(found.at("kemeny"), 1, 1e-15) << "one step or two to the others, 0 to one's own";
}

TEST(MobilityIndices, KemenysConstantIsTheMeanFirstPassageFromAnywhere) {
  Stream s({Seed(7), 1});
  for (int trial = 0; trial < 50; ++trial) {
    const TransitionMatrix p = chain(random_rows(s, 2 + trial % 6, 0, 0));
    Matrix times = mean_first_passage(p);
    times.diagonal().setZero();
    const Vector mean = times * stationary_law(p);
    const double constant = indices(p, alike(p.size())).at("kemeny");
    for (const double x : mean) EXPECT_NEAR(constant / x, 1, 1e-9);
  }
  const auto apart = indices(chain(Matrix::Identity(2, 2)), alike(2));
  EXPECT_EQ(apart.at("kemeny"), std::numeric_limits<double>::infinity());
  EXPECT_EQ(apart.at("half_life"), std::numeric_limits<double>::infinity());
}

TEST(MobilityIndices, TellChainsThatGoRoundFromThoseThatAlmostDo) {
  const auto second = [](double stay) {
    return indices(chain(rows({{stay, 1 - stay}, {1 - stay, stay}})), alike(2)).at("second_eigenvalue");
  };
  EXPECT_EQ(second(0), 0);
  EXPECT_NEAR(second(1e-9), 2e-9, 1e-15);  // the other eigenvalue is 2 stay - 1
  EXPECT_EQ(second(1), 0);
  // Two closed classes, one of which goes round: the moduli are 1, 1, 1 and 0.
  const auto found = indices(chain(rows({{0, 1, 0, 0}, {1, 0, 0, 0}, {0, 0, .5, .5}, {0, 0, .5, .5}})), alike(4));
  EXPECT_EQ(found.at("second_eigenvalue"), 0);
  EXPECT_NEAR(found.at("eigenvalue_sum"), 1.0 / 3, 1e-15);
}

TEST(MobilityIndices, ReversingTheLadderSwapsUpAndDown) {
  Stream s({Seed(1), 1});
  for (int trial = 0; trial < 50; ++trial) {
    const Eigen::Index n = 2 + trial % 6;
    const Matrix p = random_rows(s, n, 0, 0.2);
    Vector w(n);
    for (double& x : w) x = s.uniform();
    w /= w.sum();
    auto there = indices(chain(p), w), back = indices(chain(p.reverse()), w.reverse());
    EXPECT_NEAR(there.at("upward") + there.at("downward") + there.at("immobility"), 1, 1e-15);
    std::swap(back.at("upward"), back.at("downward"));
    for (const auto& [name, value] : there)
      if (std::isinf(value))
        EXPECT_EQ(value, back.at(name)) << name;
      else
        EXPECT_NEAR(value, back.at(name), (name == "determinant_root" ? 1e-9 : 1e-12) * std::max(1.0, std::abs(value)))
            << name;
  }
}

TEST(MobilityIndices, MovesOnOneRungAreNeitherUpNorDown) {
  const TransitionMatrix p(Ladder::parse("a < b, c"), rows({{0.5, 0.25, 0.25}, {0.1, 0.5, 0.4}, {0.2, 0.2, 0.6}}));
  const auto found = indices(p, alike(3));
  EXPECT_NEAR(found.at("upward"), 0.5 / 3, 1e-15);
  EXPECT_NEAR(found.at("downward"), 0.3 / 3, 1e-15);
  EXPECT_NEAR(found.at("immobility"), 1.6 / 3, 1e-15);
  EXPECT_NEAR(found.at("bartholomew"), 0.8 / 3, 1e-15);
  EXPECT_NEAR(found.at("bartholomew_normalised"), 0.8 / 3, 1e-15);  // two rungs, one apart
}

TEST(MobilityIndices, WithExitsAreOfThoseWhoStay) {
  const Matrix inner = rows({{0.6, 0.4}, {0.25, 0.75}});
  Matrix p = Matrix::Identity(3, 3);
  p.row(0) << 0.5 * inner.row(0), 0.5;
  p.row(1) << 0.8 * inner.row(1), 0.2;
  const TransitionMatrix open(ladder_of(2, 1), p);
  EXPECT_TRUE(moves_on_the_ladder(open).isApprox(inner, 1e-15));
  const auto a = indices(open, alike(2)), b = indices(chain(inner), alike(2));
  for (const auto& [name, value] : a) EXPECT_NEAR(value, b.at(name), 1e-14) << name;
  EXPECT_TRUE(stratum_weights(StratumWeights::stationary, open).isApprox(column({0.25, 0.4}) / 0.65, 1e-14));
  p.row(0) << 0, 0, 1;
  EXPECT_EQ(said<Refusal>([&] { (void)indices(TransitionMatrix(ladder_of(2, 1), p), alike(2)); }),
            "found the stratum 's0' that everybody leaves by an exit; expected moves on the ladder "
            "for an index of mobility [E-REDUCIBLE]");
}

TEST(MobilityIndices, HalveAtOnceUnderPerfectMobility) {
  for (const Vector& row : {column({0.1, 0.2, 0.7}), column({0.25, 0.75}), column({0.3, 0.7})}) {
    const auto found = indices(chain(Vector::Ones(row.size()) * row.transpose()), alike(row.size()));
    EXPECT_EQ(found.at("half_life"), 0);
    EXPECT_EQ(found.at("second_eigenvalue"), 1);
  }
}

TEST(MobilityIndices, OfOneStratumHaveNoDenominator) {
  const auto found = indices(chain(Matrix::Ones(1, 1)), Vector::Ones(1));
  for (const char* name : {"prais_shorrocks", "determinant_root", "second_eigenvalue", "half_life", "kemeny",
                           "eigenvalue_sum", "bartholomew_normalised", "unconditional_leaving"})
    EXPECT_TRUE(std::isnan(found.at(name))) << name;
  EXPECT_EQ(found.at("immobility"), 1);
  EXPECT_EQ(said<Refusal>([] { (void)mobility_indices(chain(Matrix::Identity(3, 3)), Vector::Ones(2)); }),
            "found 2 weights of strata; expected 3 [E-SHAPE]");
}

TEST(StratumWeights, AreOfThreeKinds) {
  const TransitionMatrix p = chain(rows({{0.7, 0.3}, {0.1, 0.9}}));
  EXPECT_EQ(stratum_weights(StratumWeights::uniform, p), column({0.5, 0.5}));
  EXPECT_TRUE(stratum_weights(StratumWeights::stationary, p).isApprox(column({0.25, 0.75}), 1e-15));
  EXPECT_EQ(stratum_weights(StratumWeights::origin, p, column({30, 10})), column({0.75, 0.25}));
  const std::string words = "found no people by origin; expected counts for weights by origin [E-COUNT]";
  EXPECT_EQ(said<Refusal>([&] { (void)stratum_weights(StratumWeights::origin, p); }), words);
  EXPECT_EQ(said<Refusal>([&] { (void)stratum_weights(StratumWeights::origin, p, column({0, 0})); }), words);
  EXPECT_EQ(said<Refusal>([&] { (void)stratum_weights(StratumWeights::origin, p, column({std::nan(""), 1})); }), words);
  EXPECT_EQ(code_of([] { (void)stratum_weights(StratumWeights::stationary, chain(Matrix::Identity(2, 2))); }),
            "E-REDUCIBLE");
  EXPECT_EQ(name(StratumWeights::stationary), "stationary");
  EXPECT_EQ(name(StratumWeights::origin), "origin");
  EXPECT_EQ(name(StratumWeights::uniform), "uniform");
}

}  // namespace
}  // namespace indices_test
