// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/detail/symmetric_factor.hpp>

#include <cmath>

#include <gtest/gtest.h>
#include <Eigen/Cholesky>

namespace symmetric_factor_test {
namespace {

using rungs::detail::SymmetricFactor;

/// Of numbers anywhere, and as high a rank as asked for.
Eigen::MatrixXd square(Eigen::Index n, Eigen::Index rank) {
  Eigen::MatrixXd half(n, rank);
  for (Eigen::Index k = 0; k < half.size(); ++k) half.data()[k] = std::sin(static_cast<double>(7 * k * k + k + 1));
  return half * half.transpose();
}

double furthest(const Eigen::MatrixXd& a, const Eigen::MatrixXd& b) { return (a - b).cwiseAbs().maxCoeff(); }

TEST(SymmetricFactor, SolvesAndHasARoot) {
  for (const Eigen::Index n : {1, 2, 7}) {
    const Eigen::MatrixXd a = square(n, n + 2);
    const SymmetricFactor factor(a);
    EXPECT_TRUE(factor.positive_definite());
    EXPECT_LT(furthest(factor.root() * factor.root().transpose(), a), 1e-13);
    EXPECT_LT(furthest(factor.inverse() * a, Eigen::MatrixXd::Identity(n, n)), 1e-10);
    const Eigen::VectorXd x = Eigen::VectorXd::LinSpaced(n, 1, 2);
    EXPECT_LT(furthest(factor.solve(a * x), x), 1e-10);
    EXPECT_NEAR(factor.pivots()[0], a(factor.order()[0], factor.order()[0]), 1e-14);
  }
  Eigen::MatrixXd none(2, 2);
  none << 1, 2, 2, 1;
  EXPECT_FALSE(SymmetricFactor(none).positive_definite());
}

TEST(RootOf, KeepsWhatComesAfterAPivotOfNothing) {
  // rejects: a root that ends at the first pivot of 0, where pivots are taken to fall.
  Eigen::MatrixXd a(3, 3);
  a << 1, 1, 0, 1, 1, 0, 0, 0, 0.5;
  const Eigen::MatrixXd root = rungs::detail::root_of(a);
  EXPECT_EQ(root.cols(), 2);
  EXPECT_LT(furthest(root * root.transpose(), a), 1e-15);
  const Eigen::MatrixXd wide = square(9, 4), narrow = rungs::detail::root_of(wide);
  EXPECT_EQ(narrow.cols(), 4);
  EXPECT_LT(furthest(narrow * narrow.transpose(), wide), 1e-12);
  EXPECT_EQ(rungs::detail::root_of(Eigen::MatrixXd(0, 0)).size(), 0);
}

}  // namespace
}  // namespace symmetric_factor_test
