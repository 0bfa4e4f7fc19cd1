// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/estimate/attainable_association.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <Eigen/Eigenvalues>

#include <rungs/core/random.hpp>

#include "../core/message.hpp"

namespace attainable_association_test {
namespace {

using namespace rungs;
using rungs_test::code_of;
using rungs_test::said;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

TEST(TauBBounds, AreTheEndsOfAllOrders) {
  const std::vector<std::pair<Vector, Vector>> cases{{Vector{{3, 4}}, Vector{{2, 5}}},
                                                     {Vector{{1, 2, 4}}, Vector{{3, 1, 2, 1}}},
                                                     {Vector{{4, 3}}, Vector{{1, 1, 1, 1, 1, 1, 1}}},
                                                     {Vector{{2, 2, 3}}, Vector{{5, 2}}},
                                                     {Vector{{1, 5, 1}}, Vector{{2, 3, 2}}}};
  for (const auto& [x, y] : cases) {
    std::vector<double> xs, ys;
    for (Eigen::Index i = 0; i < x.size(); ++i) xs.insert(xs.end(), static_cast<std::size_t>(x[i]), double(i));
    for (Eigen::Index j = 0; j < y.size(); ++j) ys.insert(ys.end(), static_cast<std::size_t>(y[j]), double(j));
    double least = 2, most = -2;
    do {
      const double tau = association(xs, ys).tau_b.value;
      least = std::min(least, tau);
      most = std::max(most, tau);
    } while (std::next_permutation(ys.begin(), ys.end()));
    const Interval bounds = tau_b_bounds(x, y);
    EXPECT_NEAR(bounds.lower, least, 1e-14);
    EXPECT_NEAR(bounds.upper, most, 1e-14);
    EXPECT_NEAR(tau_b_bounds(y, x).lower, bounds.lower, 1e-14);
    const Interval shares = tau_b_bounds(x / 7, y / 7);  // people or shares of them
    EXPECT_NEAR(shares.lower, bounds.lower, 1e-14);
    EXPECT_NEAR(shares.upper, bounds.upper, 1e-14);
  }
}

TEST(AttainableAssociation, IsAtTheEndsOfAllOrdersOfEveryMeasure) {
  const std::vector<Matrix> cases{(Matrix(2, 2) << 2, 1, 0, 4).finished(),
                                  (Matrix(3, 4) << 1, 0, 0, 0, 1, 0, 0, 1, 1, 1, 2, 0).finished(),
                                  (Matrix(3, 3) << 0, 2, 0, 1, 2, 1, 0, 1, 1).finished()};
  using Measure = AssociationMeasure Association::*;
  for (const Matrix& n : cases) {
    const AttainableAssociation ends = attainable_association(n);
    std::vector<double> xs, ys;
    for (Eigen::Index i = 0; i < n.rows(); ++i)
      xs.insert(xs.end(), static_cast<std::size_t>(n.row(i).sum()), double(i));
    for (Eigen::Index j = 0; j < n.cols(); ++j)
      ys.insert(ys.end(), static_cast<std::size_t>(n.col(j).sum()), double(j));
    const Measure all[] = {&Association::tau_b,
                           &Association::tau_c,
                           &Association::gamma,
                           &Association::somers_y_given_x,
                           &Association::somers_x_given_y,
                           &Association::spearman,
                           &Association::pearson};
    std::vector<double> least(std::size(all), 2), most(std::size(all), -2);
    do {
      const Association a = association(xs, ys);
      for (std::size_t k = 0; k < std::size(all); ++k) {
        least[k] = std::min(least[k], (a.*all[k]).value);
        most[k] = std::max(most[k], (a.*all[k]).value);
      }
    } while (std::next_permutation(ys.begin(), ys.end()));
    for (std::size_t k = 0; k < std::size(all); ++k) {
      EXPECT_NEAR((ends.least.*all[k]).value, least[k], 1e-14) << k;
      EXPECT_NEAR((ends.greatest.*all[k]).value, most[k], 1e-14) << k;
    }
    EXPECT_EQ(ends.least.people, n.sum());
    // The same of people one by one, in any order.
    const AttainableAssociation of_people =
        attainable_association(xs, ys, std::vector<double>(xs.size(), 1.0), AssociationOptions{});
    for (std::size_t k = 0; k < std::size(all); ++k) {
      EXPECT_NEAR((of_people.least.*all[k]).value, least[k], 1e-14) << k;
      EXPECT_NEAR((of_people.greatest.*all[k]).value, most[k], 1e-14) << k;
    }
    const Vector x = n.rowwise().sum(), y = n.colwise().sum().transpose();
    EXPECT_NEAR(ends.greatest.tau_b.value, tau_b_bounds(x, y).upper, 1e-14);
  }
}

TEST(AttainableAssociation, ByWeightIsThatOfAsManyPeople) {
  Stream stream({Seed(5), 0, 0, Purpose::test});
  std::vector<double> x, y, people, weights;
  for (int who = 0; who < 40; ++who) {
    x.push_back(static_cast<double>(stream.below(4)));
    y.push_back(static_cast<double>(stream.below(6)));
    people.push_back(static_cast<double>(stream.below(5)));
    weights.push_back(people.back() * 0.7);
  }
  const AttainableAssociation counted = attainable_association(x, y, people),
                              weighed = attainable_association_by_weight(x, y, weights);
  for (const auto& [wanted, found] :
       {std::pair(&counted.least, &weighed.least), {&counted.greatest, &weighed.greatest}}) {
    for (const auto measure : {&Association::tau_b, &Association::tau_c, &Association::gamma, &Association::spearman,
                               &Association::pearson, &Association::somers_x_given_y, &Association::somers_y_given_x})
      EXPECT_NEAR((found->*measure).value, (wanted->*measure).value, 1e-12);
  }
  EXPECT_EQ(code_of([&] { (void)attainable_association_by_weight(x, y, std::vector<double>(40, nan)); }),
            "E-WEIGHT-RANGE");
}

TEST(AttainableAssociation, IsOfWholeNumbersOfPeople) {
  EXPECT_EQ(said<DomainError>([] { (void)attainable_association((Matrix(2, 2) << 1, 2, 0.5, 1).finished()); }),
            "found 0.5 people in row 2 and column 1; expected a whole number of people, 0 or more [E-COUNT]");
  // Everybody ends in one place: nothing can go together with that.
  EXPECT_TRUE(std::isnan(attainable_association((Matrix(2, 2) << 1, 0, 2, 0).finished()).greatest.tau_b.value));
}

TEST(TauBBounds, AreOneOnlyForLikeMargins) {
  EXPECT_EQ(tau_b_bounds(Vector{{1, 2, 3}}, Vector{{1, 2, 3}}).upper, 1);
  EXPECT_EQ(tau_b_bounds(Vector{{1, 2, 3}}, Vector{{3, 2, 1}}).lower, -1);
  EXPECT_LT(tau_b_bounds(Vector{{1, 2, 3}}, Vector{{3, 2, 1}}).upper, 0.9);
  EXPECT_EQ(tau_b_bounds(Vector{{1, 0, 2, 3}}, Vector{{1, 2, 0, 3}}).upper, 1);  // values of nobody
  // Shares whose sums are rounded.
  EXPECT_NEAR(tau_b_bounds(Vector{{0.1, 0.2, 0.7}}, Vector{{0.3, 0.7}}).upper,
              tau_b_bounds(Vector{{1, 2, 7}}, Vector{{3, 7}}).upper, 1e-14);
  // Of two yes-or-no variables: phi.
  const Interval phi = phi_bounds(Share(0.2), Share(0.35)),
                 tau = tau_b_bounds(Vector{{0.8, 0.2}}, Vector{{0.65, 0.35}});
  EXPECT_NEAR(phi.lower, tau.lower, 1e-15);
  EXPECT_NEAR(phi.upper, tau.upper, 1e-15);
}

TEST(TauBBounds, OfAVariableWithoutTies) {
  for (const double p : {0.05, 0.3, 0.5}) {
    EXPECT_NEAR(largest_tau_b_untied(Vector{{p, 1 - p}}), std::sqrt(2 * p * (1 - p)), 1e-15);
    EXPECT_LE(largest_tau_b_untied(Vector{{p, 1 - p}}), std::sqrt(0.5) + 1e-15);
    const Interval sample = tau_b_bounds(Vector{{40 * p, 40 * (1 - p)}}, Vector::Ones(40));
    EXPECT_NEAR(sample.upper, std::sqrt(2 * p * (1 - p) * 40 / 39), 1e-14);
    EXPECT_NEAR(sample.lower, -sample.upper, 1e-15);
  }
  EXPECT_NEAR(largest_tau_b_untied(Vector{{25, 25, 25, 25}}), std::sqrt(0.75), 1e-15);
}

TEST(TauBBounds, RefuseWhatIsNoMargin) {
  EXPECT_EQ(said<Refusal>([] {
              (void)tau_b_bounds(Vector{{1, 2}}, Vector{{1, 1}});
            }),
            "found 3 people with the one variable and 2 with the other; expected the same people [E-SHAPE]");
  EXPECT_EQ(said<DomainError>([] {
              (void)tau_b_bounds(Vector{{1, -2}}, Vector{{1, 1}});
            }),
            "found -2 people on a value; expected a number, 0 or more [E-COUNT]");
  EXPECT_EQ(said<Refusal>([] {
              (void)largest_tau_b_untied(Vector{{0, 1}});
            }),
            "found a variable with fewer than 2 values; expected at least 2 [E-OBSERVATIONS]");
  EXPECT_EQ(code_of([] { (void)largest_tau_b_untied(Vector{{nan, 1}}); }), "E-COUNT");
}

const std::vector<std::string> three{"age", "school", "income"};

Matrix symmetric(double ab, double ac, double bc) { return Matrix{{1, ab, ac}, {ab, 1, bc}, {ac, bc, 1}}; }

double least_eigenvalue(const Matrix& m) { return Eigen::SelfAdjointEigenSolver<Matrix>(m).eigenvalues()[0]; }

TEST(Correlations, OfThreeHaveAClosedRange) {
  for (const double a : {-0.9, 0.0, 0.3, 0.8})
    for (const double b : {-0.5, 0.6, 1.0}) {
      const Interval range = correlation_range(symmetric(nan, a, b), three, 0, 1);
      const double half = std::sqrt((1 - a * a) * (1 - b * b));
      EXPECT_NEAR(range.lower, a * b - half, 1e-14);
      EXPECT_NEAR(range.upper, a * b + half, 1e-14);
    }
}

TEST(Correlations, AreJustPossibleAtTheEndsOfTheirRange) {
  for (std::uint64_t unit = 0; unit < 20; ++unit) {
    Stream stream({Seed(21), unit, 0, Purpose::test});
    const auto n = static_cast<Eigen::Index>(2 + unit % 5);
    Matrix loads(n, n + 1);
    for (double& x : loads.reshaped()) x = stream.normal();
    loads.rowwise().normalize();
    Matrix r = loads * loads.transpose();
    r = (r + r.transpose()).eval() / 2;
    r.diagonal().setOnes();
    std::vector<std::string> names(static_cast<std::size_t>(n), "x");
    EXPECT_TRUE(check_correlations(r, names).positive_semidefinite);
    const Interval range = correlation_range(r, names, 0, 1);
    EXPECT_LE(range.lower, r(0, 1));
    EXPECT_GE(range.upper, r(0, 1));
    const auto least = [&](double value) {
      r(0, 1) = r(1, 0) = value;
      return least_eigenvalue(r);
    };
    EXPECT_NEAR(least(range.lower), 0, 1e-13);
    EXPECT_NEAR(least(range.upper), 0, 1e-13);
    EXPECT_LT(least(range.lower - 1e-3), 0);
    EXPECT_LT(least(range.upper + 1e-3), 0);
    EXPECT_GT(least((range.lower + range.upper) / 2), 0);
  }
}

TEST(Correlations, OfOneVariableTwiceLeaveOneValue) {
  // age and school are the same; what one has with income, so must the other.
  Matrix r = symmetric(1, 0.4, 0.7);
  const Interval range = correlation_range(r, three, 0, 2);
  EXPECT_NEAR(range.lower, 0.7, 1e-7);
  EXPECT_NEAR(range.upper, 0.7, 1e-7);
  r = Matrix::Identity(4, 4);  // the last two are the same, and the first must not tell them apart
  r(2, 3) = r(3, 2) = 1;
  const std::vector<std::string> four{"a", "b", "c", "d"};
  r(0, 2) = r(2, 0) = r(0, 3) = r(3, 0) = 0.6;
  EXPECT_NEAR(correlation_range(r, four, 0, 1).upper, std::sqrt(1 - 0.36), 1e-12);
  r(0, 3) = r(3, 0) = 0.5;
  EXPECT_EQ(said<Refusal>([&] { (void)correlation_range(r, four, 0, 1); }),
            "found no correlation between 'a' and 'b' that the others allow; expected others that can hold together "
            "[E-CORRELATION]");
}

TEST(Correlations, ThatCannotHoldTogetherAreNamed) {
  const CorrelationCheck check = check_correlations(symmetric(0.9, 0.9, -0.9), three);
  EXPECT_FALSE(check.positive_semidefinite);
  EXPECT_NEAR(check.eigenvalues[2], -0.8, 1e-14);
  EXPECT_NEAR(check.eigenvalues[0], 1.9, 1e-14);
  ASSERT_EQ(check.warnings.size(), 1U);
  EXPECT_EQ(check.warnings[0].message,
            "found correlations that no variables can have together: the smallest eigenvalue is -0.8; expected 0 or "
            "more");
  EXPECT_TRUE(check.impossible.empty());
  EXPECT_TRUE(check_correlations(symmetric(1, 1, 1), three).positive_semidefinite);  // at the edge
  const CorrelationCheck beyond = check_correlations(symmetric(0, 0, -182), three);
  ASSERT_EQ(beyond.impossible.size(), 1U);
  EXPECT_EQ(beyond.impossible[0].row, 1U);
  EXPECT_EQ(beyond.impossible[0].column, 2U);
  EXPECT_EQ(beyond.impossible[0].value, -182);
  EXPECT_EQ(beyond.warnings.at(0).message,
            "found a correlation of -182 between 'school' and 'income'; expected a number from -1 to 1");
}

TEST(Correlations, RefuseWhatIsNoTableOfThem) {
  EXPECT_EQ(said<Refusal>([] { (void)check_correlations(Matrix(3, 2), three); }),
            "found correlations in 3 rows and 2 columns of 3 variables; expected a square of at least 2 [E-SHAPE]");
  Matrix r = symmetric(0.1, 0.2, 0.3);
  r(0, 1) = 0.4;
  EXPECT_EQ(said<DomainError>([&] { (void)check_correlations(r, three); }),
            "found correlations 0.1 and 0.4 between 'school' and 'age'; expected the same number twice "
            "[E-CORRELATION]");
  r = symmetric(0.1, 0.2, 0.3);
  r(1, 1) = 0;
  EXPECT_EQ(said<DomainError>([&] { (void)check_correlations(r, three); }),
            "found correlations 0 and 0 between 'school' and 'school'; expected 1 of a variable with itself "
            "[E-CORRELATION]");
  EXPECT_EQ(code_of([] { (void)check_correlations(symmetric(nan, 0, 0), three); }), "E-CORRELATION");
  EXPECT_EQ(said<Refusal>([] { (void)correlation_range(symmetric(0, 0, 0), three, 1, 1); }),
            "found an entry of row 2 and column 2; expected one off the diagonal of 3 variables [E-SHAPE]");
  EXPECT_EQ(code_of([] { (void)correlation_range(symmetric(0, 0, 0), three, 0, 3); }), "E-SHAPE");
  EXPECT_EQ(code_of([] { (void)correlation_range(symmetric(0, 1.2, 0), three, 0, 1); }), "E-CORRELATION");
}

TEST(TwoByTwo, ComesBackAsTheAssociationOfItsPeople) {
  for (const double phi : {-0.3, 0.0, 0.45}) {
    const TwoByTwo t = two_by_two(phi, Share(0.25), Share(0.4));
    EXPECT_NEAR(t.both + t.first_only, 0.25, 1e-15);
    EXPECT_NEAR(t.both + t.second_only, 0.4, 1e-15);
    EXPECT_NEAR(t.both + t.first_only + t.second_only + t.neither, 1, 1e-15);
    EXPECT_NEAR((t.both * t.neither - t.first_only * t.second_only) / std::sqrt(0.25 * 0.75 * 0.4 * 0.6), phi, 1e-14);
    EXPECT_NEAR(t.second_given_first * 0.25 + t.second_given_not_first * 0.75, 0.4, 1e-15);
    EXPECT_TRUE(t.feasible);
  }
}

TEST(TwoByTwo, IsFeasibleWithinTheBoundsOnly) {
  for (const double p : {0.1, 0.3, 0.5, 0.8})
    for (const double q : {0.2, 0.5, 0.7}) {
      const Interval bounds = phi_bounds(Share(p), Share(q));
      EXPECT_TRUE(two_by_two(bounds.lower, Share(p), Share(q)).feasible);
      EXPECT_TRUE(two_by_two(bounds.upper, Share(p), Share(q)).feasible);
      if (bounds.upper < 0.999) {
        EXPECT_FALSE(two_by_two(bounds.upper + 1e-6, Share(p), Share(q)).feasible);
      }
      if (bounds.lower > -0.999) {
        EXPECT_FALSE(two_by_two(bounds.lower - 1e-6, Share(p), Share(q)).feasible);
      }
    }
  for (const double phi : {-0.8, -0.2, 0.3, 0.9}) {
    const Interval shares = shares_for_phi(phi, Share(0.3));
    EXPECT_TRUE(two_by_two(phi, Share(0.3), Share(shares.lower)).feasible);
    EXPECT_TRUE(two_by_two(phi, Share(0.3), Share(shares.upper)).feasible);
    EXPECT_FALSE(two_by_two(phi, Share(0.3), Share(shares.lower - 1e-6)).feasible);
    EXPECT_FALSE(two_by_two(phi, Share(0.3), Share(shares.upper + 1e-6)).feasible);
  }
  EXPECT_EQ(shares_for_phi(0, Share(0.3)).upper, 1);
  EXPECT_NEAR(shares_for_phi(1, Share(0.3)).lower, 0.3, 1e-15);
  EXPECT_NEAR(shares_for_phi(-1, Share(0.3)).upper, 0.7, 1e-15);
}

TEST(TwoByTwo, RefusesWhatDoesNotVary) {
  EXPECT_EQ(said<DomainError>([] { (void)two_by_two(0.5, Share(0), Share(0.5)); }),
            "found a share of 0 with a variable; expected a number between 0 and 1, or there is no correlation "
            "[E-SHARE]");
  EXPECT_EQ(said<DomainError>([] { (void)two_by_two(1.43, Share(0.5), Share(0.5)); }),
            "found a phi coefficient of 1.43; expected a number from -1 to 1 [E-CORRELATION]");
  EXPECT_EQ(code_of([] { (void)shares_for_phi(nan, Share(0.5)); }), "E-CORRELATION");
  EXPECT_EQ(code_of([] { (void)phi_bounds(Share(0.5), Share(1)); }), "E-SHARE");
}

}  // namespace
}  // namespace attainable_association_test
