// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/decide/comparison.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <boost/math/constants/constants.hpp>

#include <core/message.hpp>
#include <rungs/core/random.hpp>
#include <rungs/estimate/interval.hpp>

namespace comparison_test {
namespace {

using namespace rungs;
using rungs_test::said;
using testing::ElementsAre;

const Varied effects_vary{.effects = true};

/// Rows are draws; the net benefit at value 1 is the effect.
Comparison worth(const Matrix& effects) {
  std::vector<std::string> names;
  for (Eigen::Index k = 0; k < effects.cols(); ++k) names.push_back(std::string(1, static_cast<char>('a' + k)));
  return {names, Matrix::Zero(effects.rows(), effects.cols()), effects, effects_vary};
}

Comparison random(std::uint64_t seed, Eigen::Index draws, Eigen::Index alternatives) {
  Stream stream({Seed(seed)});
  Matrix costs(draws, alternatives), effects(draws, alternatives);
  std::vector<std::string> names;
  for (Eigen::Index k = 0; k < alternatives; ++k) {
    names.push_back("policy " + std::to_string(k));
    const double cost = 10 * stream.uniform(), effect = stream.normal();
    for (Eigen::Index d = 0; d < draws; ++d) {
      costs(d, k) = cost + stream.normal();
      effects(d, k) = effect + stream.normal();
    }
  }
  return {names, costs, effects, effects_vary};
}

std::vector<double> values_of(const std::vector<Estimate>& estimates) {
  std::vector<double> out;
  for (const Estimate& e : estimates) out.push_back(e.value);
  return out;
}

TEST(Decide, WorkedByHand) {
  Matrix costs(4, 3), effects(4, 3);
  costs << 0, 10, 25, 0, 10, 25, 0, 20, 25, 0, 20, 25;
  effects << 0, 3, 4, 0, 1, 4, 0, 5, 4, 0, 1, 4;
  const Comparison c({"none", "course", "loan"}, costs, effects, {.parameters = true});
  // Net benefit at 10 a unit: 0, 20, 15 | 0, 0, 15 | 0, 30, 15 | 0, -10, 15.
  const Decision d = decide(c, 10);
  EXPECT_EQ(d.value, 10);
  EXPECT_THAT(values_of(d.net_benefit), ElementsAre(0, 10, 15));
  EXPECT_EQ(d.net_benefit[1].varied, Varied{.parameters = true});
  EXPECT_EQ(d.net_benefit[1].draws, 4U);
  EXPECT_EQ(d.best, 2U);
  EXPECT_THAT(values_of(d.probability_best), ElementsAre(0, 0.5, 0.5));
  // Against 20, 15, 30, 15.
  EXPECT_THAT(values_of(d.expected_loss), ElementsAre(20, 10, 5));
  EXPECT_EQ(d.evpi().value, 5);
  // Losses of the loan: 5, 0, 15, 0.
  EXPECT_DOUBLE_EQ(d.evpi().monte_carlo_error, std::sqrt((0 + 25 + 100 + 25) / 3.0) / 2);
  EXPECT_EQ(d.evpi().varied, Varied{}) << "nothing is left to vary in an expectation";
  EXPECT_EQ(d.evpi().lower, 0) << "a loss is not below 0";
  EXPECT_EQ(d.acceptability().value, 0.5);
  EXPECT_THAT(d.other_best, ElementsAre(0, 2));
  // On average loan, course, none; the second draw has a tie of the last two, which is no other order.
  EXPECT_THAT(d.other_order, ElementsAre(0, 2, 3));
  EXPECT_EQ(d.share_other_best.value, 0.5);
  EXPECT_EQ(d.share_other_order.value, 0.75);
  const Interval wilson = proportion_interval(2, 4, Level{}, IntervalMethod::wilson);
  EXPECT_EQ(d.probability_best[1].lower, wilson.lower);
  EXPECT_EQ(d.probability_best[1].upper, wilson.upper);
  EXPECT_DOUBLE_EQ(d.probability_best[1].monte_carlo_error, 0.25);
}

TEST(Decide, GivesTheValueOfKnowingEverythingOfAGaussian) {
  // Net benefits 0 and m + s z: EVPI = s phi(m/s) - |m| Phi(-|m|/s).
  for (const auto& [m, s] : {std::pair{0.5, 1.0}, {-1.0, 2.0}, {3.0, 1.5}, {-0.2, 40.0}}) {
    Stream stream({Seed(84)});
    Matrix effects = Matrix::Zero(20000, 2);
    for (Eigen::Index d = 0; d < effects.rows(); ++d) effects(d, 1) = m + s * stream.normal();
    const Estimate e = decide(worth(effects), 1).evpi();
    const double z = std::abs(m) / s;
    const double truth = s * std::exp(-z * z / 2) * boost::math::double_constants::one_div_root_two_pi -
                         std::abs(m) * std::erfc(z * boost::math::double_constants::one_div_root_two) / 2;
    EXPECT_NEAR(e.value, truth, 4 * e.monte_carlo_error) << m << ' ' << s;
    EXPECT_LT(e.lower, truth);
    EXPECT_GT(e.upper, truth);
    EXPECT_LT(e.monte_carlo_error, 0.01 * s);
  }
}

TEST(Decide, HoldsItsLawsOverRandomComparisons) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const Comparison c =
        random(seed, 1 + static_cast<Eigen::Index>(seed % 60), 1 + static_cast<Eigen::Index>(seed % 5));
    for (const Decision& d : decide(c, {0.0, 0.5, 3.0, 50.0})) {
      double sum = 0, least = std::numeric_limits<double>::infinity();
      for (std::size_t k = 0; k < c.size(); ++k) {
        sum += d.probability_best[k].value;
        least = std::min(least, d.expected_loss[k].value);
        EXPECT_GE(d.probability_best[k].lower, 0);
        EXPECT_LE(d.probability_best[k].upper, 1);
        EXPECT_LE(d.expected_loss[k].lower, d.expected_loss[k].value);
        EXPECT_GE(d.net_benefit[d.best].value, d.net_benefit[k].value - 1e-12);
        EXPECT_NEAR(d.expected_loss[k].value - d.evpi().value, d.net_benefit[d.best].value - d.net_benefit[k].value,
                    1e-11);
      }
      EXPECT_NEAR(sum, 1, 1e-12);
      EXPECT_EQ(d.evpi().value, least) << "exactly the least expected loss";
      EXPECT_GE(least, 0);
      EXPECT_LE(d.other_best.size(), d.other_order.size());
      EXPECT_NEAR(d.acceptability().value + d.share_other_best.value, 1, 1e-12) << "no ties in these";
      if (c.size() == 1 || c.draws() == 1) {
        EXPECT_EQ(d.evpi().value, 0);
      }
      if (c.size() == 2) {
        EXPECT_EQ(d.other_best, d.other_order);
      }
    }
  }
}

// dampack issue 84: losses were taken against the best on average in some draws and the best of the draw in others, so
// that the least expected loss was not EVPI.
TEST(Decide, TakesEveryLossAgainstTheBestOfItsDraw) {
  Matrix effects(4, 3);
  effects << 10, 0, 4, 0, 9, 4, 10, 0, 4, 0, 9, 4;
  const Decision d = decide(worth(effects), 1);
  EXPECT_EQ(d.best, 0U);
  EXPECT_THAT(values_of(d.expected_loss), ElementsAre(4.5, 5, 5.5));
  const double greatest = effects.rowwise().maxCoeff().mean(), on_average = effects.colwise().mean().maxCoeff();
  EXPECT_EQ(d.evpi().value, greatest - on_average);
  EXPECT_NE(values_of(d.expected_loss), (std::vector<double>{0, 0.5, 1})) << "against the best on average in all draws";
}

TEST(Decide, GivesTheCurvesOverValues) {
  // The course costs 1000 and brings 1 person more in a quarter of the worlds, 3 in the rest.
  Matrix costs = Matrix::Zero(4, 2), effects = Matrix::Zero(4, 2);
  costs.col(1).setConstant(1000);
  effects.col(1) << 1, 3, 3, 3;
  const std::vector<Decision> at = decide(Comparison({"none", "course"}, costs, effects, effects_vary),
                                          {0.0, 300.0, 350.0, 390.0, 500.0, 1000.0, 2000.0});
  std::vector<double> acceptability, frontier, evpi;
  std::vector<std::size_t> best;
  for (const Decision& d : at) {
    acceptability.push_back(d.probability_best[1].value);
    frontier.push_back(d.acceptability().value);
    evpi.push_back(d.evpi().value);
    best.push_back(d.best);
  }
  EXPECT_THAT(best, ElementsAre(0, 0, 0, 0, 1, 1, 1));
  EXPECT_THAT(acceptability, ElementsAre(0, 0, 0.75, 0.75, 0.75, 0.875, 1)) << "of the tie at 1000 a half";
  EXPECT_THAT(frontier, ElementsAre(1, 1, 0.25, 0.25, 0.75, 0.875, 1)) << "the best on average need not be likely best";
  EXPECT_THAT(evpi, ElementsAre(0, 0, 37.5, 127.5, 125, 0, 0)) << "most where the decision turns";
}

TEST(Decide, DoesNotDependOnOrderCommonPartOrUnits) {
  const Comparison c = random(7, 500, 4);
  const Decision d = decide(c, 2);
  const std::vector<std::size_t> order{2, 0, 3, 1};
  Matrix costs = c.costs(), effects = c.effects();
  std::vector<std::string> names;
  for (std::size_t k = 0; k < order.size(); ++k) {
    costs.col(static_cast<Eigen::Index>(k)) = c.costs().col(static_cast<Eigen::Index>(order[k]));
    effects.col(static_cast<Eigen::Index>(k)) = c.effects().col(static_cast<Eigen::Index>(order[k]));
    names.push_back(c.names()[order[k]]);
  }
  const Decision other = decide(Comparison(names, costs, effects, effects_vary), 2);
  EXPECT_EQ(order[other.best], d.best);
  EXPECT_EQ(other.evpi().value, d.evpi().value);
  EXPECT_EQ(other.other_order, d.other_order);
  EXPECT_EQ(other.other_best, d.other_best);
  for (std::size_t k = 0; k < order.size(); ++k)
    EXPECT_EQ(other.probability_best[k].value, d.probability_best[order[k]].value);

  // What all share in a world, certain or not, is no reason to choose.
  Matrix shared = c.costs();
  for (Eigen::Index r = 0; r < shared.rows(); ++r) shared.row(r).array() += 1000 + static_cast<double>(r % 7);
  const Decision more = decide(Comparison(c.names(), shared, c.effects(), effects_vary), 2);
  EXPECT_NEAR(more.evpi().value, d.evpi().value, 1e-10);
  EXPECT_EQ(values_of(more.probability_best), values_of(d.probability_best));
  EXPECT_EQ(more.other_order, d.other_order);

  const Decision cents = decide(Comparison(c.names(), 100 * c.costs(), c.effects(), effects_vary), 200);
  EXPECT_NEAR(cents.evpi().value, 100 * d.evpi().value, 1e-10);
  EXPECT_NEAR(cents.evpi().monte_carlo_error, 100 * d.evpi().monte_carlo_error, 1e-10);
  EXPECT_EQ(values_of(cents.probability_best), values_of(d.probability_best));
}

TEST(Decide, GivesNothingToWhatIsNeverBest) {
  const Comparison c = random(8, 300, 2);
  Matrix costs(300, 3), effects(300, 3);
  costs << c.costs(), c.costs().col(0).array() + 1;
  effects << c.effects(), c.effects().col(0).array() - 1;
  const Decision with = decide(Comparison({"a", "b", "dominated"}, costs, effects, effects_vary), 3),
                 without = decide(c, 3);
  EXPECT_EQ(with.probability_best[2].value, 0);
  EXPECT_EQ(with.probability_best[2].lower, 0);
  EXPECT_GT(with.probability_best[2].upper, 0) << "300 draws do not prove that it never is";
  EXPECT_EQ(with.evpi().value, without.evpi().value);
  EXPECT_EQ(with.best, without.best);
}

TEST(Decide, LetsEqualsShare) {
  // 0.1 + 0.2 and 0.3 differ by rounding only, of one size whether or not most of it cancels.
  Matrix costs = Matrix::Zero(3, 2), effects = Matrix::Zero(3, 2);
  effects.col(0).setConstant(0.3);
  effects.col(1).setConstant(0.1 + 0.2);
  costs.setConstant(0.3);
  for (const double value : {1.0, 1e6}) {
    const Decision d = decide(Comparison({"a", "b"}, costs, effects, {}), value);
    EXPECT_THAT(values_of(d.probability_best), ElementsAre(0.5, 0.5));
    EXPECT_TRUE(d.other_best.empty());
    EXPECT_TRUE(d.other_order.empty());
    EXPECT_NEAR(d.evpi().value, 0, 1e-9);
  }
  Matrix nearly(2, 2);
  nearly << 2, 1, 0.3, 0.1 + 0.2;
  EXPECT_TRUE(decide(worth(nearly), 1).other_order.empty()) << "the second draw has no order";
  // Equal on average only: no order among them to differ from.
  Matrix turns(2, 2);
  turns << 1, 0, 0, 1;
  const Decision d = decide(worth(turns), 1);
  EXPECT_EQ(d.best, 0U) << "the first given";
  EXPECT_TRUE(d.other_order.empty());
  EXPECT_THAT(d.other_best, ElementsAre(1));
  EXPECT_EQ(d.evpi().value, 0.5);
}

TEST(Decide, IsCertainOfOneAlternativeAndOfOneWorld) {
  const Decision one = decide(worth(Matrix::Constant(1, 1, 3)), 1);
  EXPECT_EQ(one.best, 0U);
  EXPECT_EQ(one.probability_best[0].value, 1);
  EXPECT_EQ(one.evpi().value, 0);
  EXPECT_EQ(one.evpi().monte_carlo_error, 0);
  EXPECT_TRUE(decide(worth(Matrix::Constant(1, 1, 3)), std::vector<double>{}).empty());
}

TEST(Comparison, RefusesWhatItCannotCompare) {
  const Matrix good = Matrix::Ones(3, 2);
  const std::vector<std::string> names{"a", "b"};
  EXPECT_EQ(said<Refusal>([&] { Comparison({}, Matrix(3, 0), Matrix(3, 0), {}); }),
            "found no alternative; expected at least one [E-SHAPE]");
  EXPECT_EQ(said<Refusal>([&] { Comparison(names, Matrix(0, 2), Matrix(0, 2), {}); }),
            "found 0 draws; expected at least 1 [E-DRAW]");
  const std::string one_row = "; expected one row for each draw and one column for each name in both [E-SHAPE]";
  EXPECT_EQ(said<Refusal>([&] { Comparison({"a"}, good, good, {}); }),
            "found 1 names, 3 x 2 costs and 3 x 2 effects" + one_row);
  EXPECT_EQ(said<Refusal>([&] { Comparison(names, good, Matrix::Ones(4, 2), {}); }),
            "found 2 names, 3 x 2 costs and 4 x 2 effects" + one_row);
  EXPECT_EQ(said<Refusal>([&] { Comparison(names, good, Matrix::Ones(3, 1), {}); }),
            "found 2 names, 3 x 2 costs and 3 x 1 effects" + one_row);
  for (const auto& [bad, text] : {std::pair{std::nan(""), "nan"}, {HUGE_VAL, "inf"}, {-HUGE_VAL, "-inf"}}) {
    Matrix wrong = good;
    wrong(2, 1) = bad;
    const std::string where = std::string(" of ") + text + " for 'b' in draw 2; expected a finite number [E-COST]";
    EXPECT_EQ(said<DomainError>([&] { Comparison(names, wrong, good, {}); }), "found a cost" + where);
    EXPECT_EQ(said<DomainError>([&] { Comparison(names, good, wrong, {}); }), "found an effect" + where);
    EXPECT_EQ(said<DomainError>([&, v = bad] { (void)decide(Comparison(names, good, good, {}), v); }),
              std::string("found a value of ") + text + " for one unit of effect; expected a finite amount [E-COST]");
  }
  EXPECT_EQ(said<DomainError>([&] { (void)decide(Comparison(names, good, 1e200 * good, {}), 1); }),
            "found a net benefit of 1e+200; expected an amount below 1e150 [E-COST]");
}

}  // namespace
}  // namespace comparison_test
