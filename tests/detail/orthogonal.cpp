// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/detail/orthogonal.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>
#include <Eigen/QR>
#include <Eigen/SVD>

namespace orthogonal_test {
namespace {

using rungs::detail::OrthogonalFactor;
using rungs::detail::singular_values;
using rungs::detail::SingularValues;

struct Shape {
  Eigen::Index rows, columns, rank;
};
const std::vector<Shape> shapes{{1, 1, 1}, {6, 3, 3}, {3, 6, 3}, {7, 5, 2}, {5, 7, 2}, {8, 8, 8}};

Eigen::MatrixXd numbers(Eigen::Index rows, Eigen::Index columns, int from) {
  Eigen::MatrixXd out(rows, columns);
  for (Eigen::Index k = 0; k < out.size(); ++k) out.data()[k] = std::sin(static_cast<double>(7 * k * k + k + from));
  return out;
}
Eigen::MatrixXd of(const Shape& s) { return numbers(s.rows, s.rank, 1) * numbers(s.rank, s.columns, 2); }

double furthest(const Eigen::MatrixXd& a, const Eigen::MatrixXd& b) {
  return a.size() == 0 ? 0 : (a - b).cwiseAbs().maxCoeff();
}

TEST(OrthogonalFactor, GivesTheShortestLeastSquares) {
  for (const Shape& s : shapes) {
    const Eigen::MatrixXd a = of(s);
    const Eigen::VectorXd b = numbers(s.rows, 1, 3);
    const OrthogonalFactor factor(a, 1e-12);
    EXPECT_EQ(factor.rank(), s.rank);
    EXPECT_LT(furthest(factor.solve(b), a.completeOrthogonalDecomposition().solve(b)), 1e-10);
    if (s.rank == s.columns) {
      EXPECT_LT(furthest(OrthogonalFactor(a).solve(b), factor.solve(b)), 1e-11);
    }
  }
}

TEST(OrthogonalFactor, HasTheRestOfTheSpace) {
  for (const Shape& s : shapes) {
    const Eigen::MatrixXd a = of(s), rest = OrthogonalFactor(a, 1e-12).rest();
    ASSERT_EQ(rest.cols(), s.rows - s.rank);
    EXPECT_LT(furthest(rest.transpose() * rest, Eigen::MatrixXd::Identity(rest.cols(), rest.cols())), 1e-14);
    EXPECT_LT(furthest(a.transpose() * rest, Eigen::MatrixXd::Zero(s.columns, rest.cols())), 1e-13);
  }
}

TEST(SingularValues, AreThoseOfTheMatrix) {
  for (const Shape& s : shapes) {
    const Eigen::MatrixXd a = of(s);
    const Eigen::VectorXd other = Eigen::JacobiSVD<Eigen::MatrixXd>(a).singularValues();
    const SingularValues found = singular_values(a);
    EXPECT_LT(furthest(found.values.head(std::min(s.rows, s.columns)), other), 1e-13);
    EXPECT_LT(furthest(found.left * found.values.asDiagonal() * found.right.transpose(), a), 1e-13);
    EXPECT_LT(furthest(found.right.transpose() * found.right, Eigen::MatrixXd::Identity(s.columns, s.columns)), 1e-13);
  }
}

}  // namespace
}  // namespace orthogonal_test
