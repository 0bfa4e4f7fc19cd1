// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/estimate/loglinear.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <Eigen/LU>

#include "../core/message.hpp"
#include "tables.hpp"

namespace loglinear_test {
namespace {

using namespace rungs;
using namespace rungs_test;
using Eigen::Index;

constexpr Diagonal own = Diagonal::own;

double deviance(const Matrix& n, const Matrix& m) {
  double sum = 0;
  for (Index i = 0; i < n.rows(); ++i)
    for (Index j = 0; j < n.cols(); ++j) sum += n(i, j) > 0 ? 2 * n(i, j) * std::log(n(i, j) / m(i, j)) : 0.0;
  return sum;
}

/// Expected people by repeated scaling to the sums over sets of cells that the model repeats: rows, columns, and the
/// classes of `of`; cells of class -1 are left out. It shares nothing with the library.
Matrix scaled_to_fit(const Matrix& n, const Eigen::MatrixXi& of, int rounds = 20000) {
  Matrix m = (of.array() >= 0).cast<double>();
  const Matrix seen = n.cwiseProduct(m);
  const int classes = of.maxCoeff() + 1;
  for (int k = 0; k < rounds; ++k) {
    for (Index i = 0; i < n.rows(); ++i) m.row(i) *= m.row(i).sum() > 0 ? seen.row(i).sum() / m.row(i).sum() : 0;
    for (Index j = 0; j < n.cols(); ++j) m.col(j) *= m.col(j).sum() > 0 ? seen.col(j).sum() / m.col(j).sum() : 0;
    Vector observed = Vector::Zero(classes), expected = observed;
    const auto each = [&](auto&& action) {
      for (Index i = 0; i < n.rows(); ++i)
        for (Index j = 0; j < n.cols(); ++j)
          if (of(i, j) >= 0) action(i, j);
    };
    each([&](Index i, Index j) { observed[of(i, j)] += n(i, j), expected[of(i, j)] += m(i, j); });
    each([&](Index i, Index j) { m(i, j) *= expected[of(i, j)] > 0 ? observed[of(i, j)] / expected[of(i, j)] : 0; });
  }
  return m;
}

Eigen::MatrixXi one_class(Index n) { return Eigen::MatrixXi::Zero(n, n); }
Eigen::MatrixXi movers(Index n) {
  Eigen::MatrixXi out = one_class(n);
  out.diagonal().setConstant(-1);
  return out;
}
Eigen::MatrixXi pairs(Index n) {
  Eigen::MatrixXi out(n, n);
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < n; ++j) out(i, j) = std::min(i, j) * static_cast<int>(n) + std::max(i, j);
  return out;
}

/// A design matrix of margins and more columns over the cells of a square, row by row.
Matrix design(Index n, const std::vector<Matrix>& more) {
  Matrix x = Matrix::Zero(n * n, 2 * n + static_cast<Index>(more.size()));
  for (Index i = 0; i < n; ++i)
    for (Index j = 0; j < n; ++j) {
      x(i * n + j, i) = x(i * n + j, n + j) = 1;
      for (std::size_t k = 0; k < more.size(); ++k) x(i * n + j, 2 * n + static_cast<Index>(k)) = more[k](i, j);
    }
  return x;
}
Index rank(const Matrix& x) { return Eigen::FullPivLU<Eigen::MatrixXd>(Eigen::MatrixXd(x)).rank(); }

std::vector<std::string> names(const TableFit& fit, const std::string& group) {
  std::vector<std::string> out;
  for (const TableParameter& p : fit.estimates)
    if (p.group == group) out.push_back(p.name);
  return out;
}

TEST(Independence, IsTheProductOfMargins) {
  const MobilityTables t = glass();
  const Matrix& n = t.people();
  const TableFit f = fit_table(t, TableModel::independence());
  const Matrix m = n.rowwise().sum() * n.colwise().sum() / n.sum();
  EXPECT_TRUE(f.fitted[0].isApprox(m, 1e-13));
  EXPECT_NEAR(f.deviance, deviance(n, m), 1e-10);
  EXPECT_NEAR(f.pearson, (n - m).cwiseAbs2().cwiseQuotient(m).sum(), 1e-9);
  EXPECT_NEAR(f.dissimilarity, (n - m).cwiseAbs().sum() / (2 * n.sum()), 1e-14);
  EXPECT_EQ(f.df, 16U);
  EXPECT_EQ(f.cells, 25U);
  EXPECT_NEAR(f.bic, f.deviance - 16 * std::log(3500.0), 1e-9);
  EXPECT_EQ(f.model, "independence");
  EXPECT_EQ(f.definition, "log expected people = origin + destination");
  // The standard error of the logarithm of a ratio of two totals. rejects: one without the first stratum, 0.0257.
  const TableParameter& p = f.parameter("origin 'Skilled'");
  EXPECT_NEAR(p.value, std::log(n.row(1).sum() / n.row(0).sum()), 1e-12);
  EXPECT_NEAR(p.standard_error, std::sqrt(1 / n.row(1).sum() + 1 / n.row(0).sum()), 1e-13);
  EXPECT_EQ(p.group, "origin");
  double log_likelihood = 0;
  for (Index i = 0; i < 5; ++i)
    for (Index j = 0; j < 5; ++j) {
      log_likelihood += n(i, j) * std::log(m(i, j)) - m(i, j);
      for (double x = 2; x <= n(i, j); ++x) log_likelihood -= std::log(x);
    }
  EXPECT_NEAR(f.log_likelihood, log_likelihood, 1e-8);
}

TEST(QuasiIndependence, IsWhatRepeatedScalingGives) {
  for (const MobilityTables& t : {glass(), statuses(), random_tables(4, 1, 50, 3)}) {
    const Matrix& n = t.people();
    const TableFit f = fit_table(t, TableModel::quasi_independence());
    Matrix m = scaled_to_fit(n, movers(n.rows()), 3000);
    m.diagonal() = n.diagonal();
    EXPECT_LT((f.fitted[0] - m).cwiseAbs().maxCoeff(), 1e-8);
    EXPECT_NEAR(f.deviance, deviance(n, m), 1e-8);
    EXPECT_EQ(f.df, static_cast<std::size_t>((n.rows() - 1) * (n.rows() - 1) - n.rows()));
    EXPECT_EQ(f.fitted[0].diagonal(), n.diagonal());
  }
}

TEST(Covariances, AreThoseOfTheInverseInformation) {
  // Of a design without the first origin and destination, whose coefficients are the estimates.
  const auto expect = [](const TableFit& f, const Matrix& x, const std::vector<Index>& columns) {
    const Vector w = f.fitted[0].reshaped<Eigen::RowMajor>();
    const Eigen::MatrixXd inverse = (x.transpose() * w.asDiagonal() * x).inverse();
    ASSERT_EQ(f.covariance.rows(), static_cast<Index>(f.estimates.size()));
    ASSERT_EQ(columns.size(), f.estimates.size());
    for (Index k = 0; k < f.covariance.rows(); ++k) {
      const double se = f.estimates[static_cast<std::size_t>(k)].standard_error;
      EXPECT_NEAR(f.covariance(k, k), se * se, 1e-14 * se * se);
      for (Index l = 0; l < f.covariance.rows(); ++l)
        EXPECT_NEAR(f.covariance(k, l),
                    inverse(columns[static_cast<std::size_t>(k)], columns[static_cast<std::size_t>(l)]), 1e-10)
            << f.estimates[static_cast<std::size_t>(k)].name << " and "
            << f.estimates[static_cast<std::size_t>(l)].name;
    }
  };
  const MobilityTables t = glass();
  std::vector<Matrix> stayers, product(1, Matrix(5, 5));
  for (Index i = 0; i < 5; ++i) {
    stayers.push_back(Matrix::Zero(5, 5));
    stayers.back()(i, i) = 1;
    for (Index j = 0; j < 5; ++j) product[0](i, j) = static_cast<double>((i - 2) * (j - 2));
  }
  const auto without_first = [](const Matrix& x) {  // one column for all cells in place of origin and destination 1
    Matrix out(x.rows(), x.cols() - 1);
    out << Matrix::Ones(x.rows(), 1), x.middleCols(1, 4), x.rightCols(x.cols() - 6);
    return out;
  };
  // Stayers, origins and destinations of movers; association, origins and destinations.
  expect(fit_table(t, TableModel::quasi_independence()), without_first(design(5, stayers)),
         {9, 10, 11, 12, 13, 1, 2, 3, 4, 5, 6, 7, 8});
  expect(fit_table(t, TableModel::uniform_association()), without_first(design(5, product)),
         {9, 1, 2, 3, 4, 5, 6, 7, 8});
  // Layers each for itself do not covary; models without parameters have no covariance.
  const MobilityTables two(t.ladder(), {t.people(), Matrix(t.people().transpose())}, {"then", "now"});
  const TableFit both = fit_table(two, TableModel::uniform_association().with(OverLayers::own)),
                 first = fit_table(t, TableModel::uniform_association());
  ASSERT_EQ(both.covariance.rows(), 18);
  EXPECT_TRUE(both.covariance.topLeftCorner(9, 9).isApprox(first.covariance, 1e-12));
  EXPECT_TRUE(both.covariance.topRightCorner(9, 9).isZero(0));
  EXPECT_NEAR(both.covariance(9, 9), first.covariance(0, 0), 1e-12);
  EXPECT_EQ(fit_table(t, TableModel::symmetry()).covariance.size(), 0);
}

TEST(QuasiSymmetry, IsNotWhatAliasedColumnsGaveInR) {
  // R's glm with a tolerance of 1e-12 gives 49.28 on 18 degrees of freedom: it drops too few columns, and does not
  // converge. The second way: scaling to rows, columns and pairs; the rank by Gauss with full pivots.
  const MobilityTables t = statuses();
  const Matrix& n = t.people();
  const TableFit f = fit_table(t, TableModel::quasi_symmetry());
  const Matrix m = scaled_to_fit(n, pairs(8), 4000);
  EXPECT_LT((f.fitted[0] - m).cwiseAbs().maxCoeff(), 1e-7);
  EXPECT_NEAR(f.deviance, deviance(n, m), 1e-8);
  EXPECT_NEAR(f.deviance, 22.934755, 5.1e-7);  // rejects: 49.28
  std::vector<Matrix> columns;
  for (Index i = 0; i < 8; ++i)
    for (Index j = i; j < 8; ++j) {
      columns.push_back(Matrix::Zero(8, 8));
      columns.back()(i, j) = columns.back()(j, i) = 1;
    }
  EXPECT_EQ(f.df, static_cast<std::size_t>(64 - rank(design(8, columns))));
  EXPECT_EQ(f.df, 21U);  // rejects: 18
  // It is symmetric but for margins.
  for (Index i = 1; i < 8; ++i)
    for (Index j = 1; j < i; ++j)
      EXPECT_NEAR(std::log(f.fitted[0](i, j) * f.fitted[0](j, 0) * f.fitted[0](0, i)),
                  std::log(f.fitted[0](j, i) * f.fitted[0](0, j) * f.fitted[0](i, 0)), 1e-10);
}

TEST(Symmetry, IsTheMeanOfBothWays) {
  const MobilityTables t = glass();
  const Matrix& n = t.people();
  const TableFit f = fit_table(t, TableModel::symmetry());
  const Matrix m = (n + n.transpose()) / 2;
  EXPECT_EQ(f.fitted[0], m);
  EXPECT_NEAR(f.deviance, deviance(n, m), 1e-11);
  EXPECT_EQ(f.df, 10U);
  EXPECT_EQ(fit_table(random_tables(4, 3, 9, 1), TableModel::symmetry()).df, 18U);
  // One-way moves are no evidence against it, and count no degree of freedom.
  const Ladder l = Ladder::builder().rung("a").rung("b").rung("c").move("a", "b").move("b", "a").move("b", "c").build();
  Matrix one_way(3, 3);
  one_way << 5, 4, 0, 2, 6, 9, 0, 0, 7;
  const TableFit o = fit_table({l, one_way}, TableModel::symmetry());
  EXPECT_EQ(o.df, 1U);
  EXPECT_EQ(o.impossible, 3U);
  EXPECT_NEAR(o.deviance, 2 * (4 * std::log(4 / 3.0) + 2 * std::log(2 / 3.0)), 1e-12);
}

TEST(UniformAssociation, OfTwoStrataIsTheLogOddsRatio) {
  Matrix n(2, 2);
  n << 20, 5, 8, 30;
  const TableFit f = fit_table({ladder_of(2), n}, TableModel::uniform_association());
  EXPECT_EQ(f.df, 0U);
  EXPECT_TRUE(std::isnan(f.p_value));
  EXPECT_NEAR(f.deviance, 0, 1e-12);
  const TableParameter& p = f.parameter("uniform association");
  EXPECT_NEAR(p.value, std::log(20 * 30 / (5.0 * 8)), 1e-12);
  EXPECT_NEAR(p.standard_error, std::sqrt(1 / 20.0 + 1 / 5.0 + 1 / 8.0 + 1 / 30.0), 1e-12);
}

TEST(UniformAssociation, IsAMaximum) {
  // Finite differences of the logarithm of the likelihood, in every parameter, at what the fit expects.
  const MobilityTables t = glass();
  const Matrix& n = t.people();
  const TableFit f = fit_table(t, TableModel::uniform_association());
  Matrix xy(5, 5);
  for (Index i = 0; i < 5; ++i)
    for (Index j = 0; j < 5; ++j) xy(i, j) = static_cast<double>(i * j);
  const Matrix x = design(5, {xy});
  const Vector eta = f.fitted[0].array().log().reshaped<Eigen::RowMajor>();
  const auto log_likelihood = [&](const Vector& at) {
    return n.reshaped<Eigen::RowMajor>().dot(at) - at.array().exp().sum();
  };
  for (Index c = 0; c < x.cols(); ++c) {
    const double h = 1e-4;
    EXPECT_NEAR((log_likelihood(eta + h * x.col(c)) - log_likelihood(eta - h * x.col(c))) / (2 * h), 0, 1e-3);
    EXPECT_GT(log_likelihood(eta), log_likelihood(eta + 0.01 * x.col(c)));
  }
  // Log odds ratios of strata one rung apart are all the same.
  for (Index i = 1; i < 5; ++i)
    for (Index j = 1; j < 5; ++j)
      EXPECT_NEAR(
          std::log(f.fitted[0](i, j) * f.fitted[0](i - 1, j - 1) / f.fitted[0](i, j - 1) / f.fitted[0](i - 1, j)),
          f.parameter("uniform association").value, 1e-11);
}

TEST(UniformAssociation, HangsOnTheOrderOfTheLadder) {
  const Matrix& n = glass().people();
  const TableFit status = fit_table(glass(), TableModel::uniform_association());
  const int alphabet[] = {3, 4, 1, 2, 0};  // Managerial, Professional, Skilled, Supervisory, Unskilled
  Matrix sorted(5, 5);
  for (Index i = 0; i < 5; ++i)
    for (Index j = 0; j < 5; ++j) sorted(i, j) = n(alphabet[i], alphabet[j]);
  const MobilityTables t(Ladder::parse("Managerial < Professional < Skilled < Supervisory < Unskilled"), sorted);
  EXPECT_NEAR(fit_table(t, TableModel::uniform_association()).deviance, 453.59, 0.0051);
  EXPECT_NEAR(status.deviance, 79.44, 0.0051);
  // What has no order does not change, and upside down is the same.
  EXPECT_NEAR(fit_table(t, TableModel::quasi_symmetry()).deviance,
              fit_table(glass(), TableModel::quasi_symmetry()).deviance, 1e-9);
  const MobilityTables reversed(ladder_of(5), n.reverse());
  EXPECT_NEAR(fit_table(reversed, TableModel::uniform_association()).deviance, status.deviance, 1e-9);
  // The scores of the right order may be given.
  EXPECT_NEAR(fit_table(t, TableModel::uniform_association().with_scores({3, 4, 1, 2, 0})).deviance, status.deviance,
              1e-9);
}

TEST(Rungs, AreTheScores) {
  const Matrix n = random_tables(4, 1, 40, 8).people();
  const MobilityTables forked(Ladder::parse("a < b, c < d"), n);
  for (const TableModel& m :
       {TableModel::uniform_association(), TableModel::row_effects(own), TableModel::distance()}) {
    const TableFit f = fit_table(forked, m);
    const TableFit g = fit_table({ladder_of(4), n}, m.with_scores({0, 1, 1, 2}));
    EXPECT_NEAR(f.deviance, g.deviance, 1e-10);
    EXPECT_EQ(f.df, g.df);
    EXPECT_GT(std::abs(f.deviance - fit_table({ladder_of(4), n}, m).deviance), 1e-3);
  }
  const TableFit crossings = fit_table(forked, TableModel::crossings());
  EXPECT_EQ(names(crossings, "association"),
            (std::vector<std::string>{"crossing between 'a' and 'b', 'c'", "crossing between 'b', 'c' and 'd'"}));
  EXPECT_EQ(crossings.df, 16U - 7U - 2U);
}

TEST(Crossings, HaveStandardErrorsOfTheInformation) {
  const MobilityTables t = glass();
  const TableFit f = fit_table(t, TableModel::crossings());
  std::vector<Matrix> barriers(4, Matrix::Zero(5, 5));
  for (Index h = 0; h < 4; ++h)
    for (Index i = 0; i < 5; ++i)
      for (Index j = 0; j < 5; ++j)
        barriers[static_cast<std::size_t>(h)](i, j) = std::min(i, j) <= h && h < std::max(i, j);
  Matrix x = design(5, barriers);
  x.col(5).setZero();  // the first destination is the reference
  x = (Matrix(25, 13) << x.leftCols(5), x.rightCols(8)).finished();
  const Vector m = f.fitted[0].reshaped<Eigen::RowMajor>();
  const Eigen::MatrixXd v = Eigen::MatrixXd(x.transpose() * m.asDiagonal() * x).inverse();
  for (std::size_t h = 0; h < 4; ++h) {
    const auto c = static_cast<Index>(9 + h);
    EXPECT_NEAR(f.estimates[h].standard_error, std::sqrt(v(c, c)), 1e-11);
  }
  EXPECT_EQ(f.estimates[3].name, "crossing between 'Managerial' and 'Professional'");
}

TEST(Crossings, AtTheEndsCannotBeToldFromMarginsWithoutStayers) {
  const TableFit f = fit_table(glass(), TableModel::crossings(own));
  EXPECT_EQ(f.unidentified, (std::vector<std::string>{"crossing between 'Unskilled' and 'Skilled'",
                                                      "crossing between 'Managerial' and 'Professional'",
                                                      "staying in 'Unskilled'", "staying in 'Professional'"}));
  EXPECT_EQ(f.df, 9U);  // rejects: 7, of all parameters
  EXPECT_EQ(
      said<Refusal>([&] { (void)f.parameter("staying in 'Unskilled'"); }),
      "found no information on the staying in 'Unskilled' under crossings, own diagonal; expected people in cells "
      "that tell it from other parameters [E-IDENT]");
  EXPECT_EQ(
      said<UnknownName>([&] { (void)fit_table(glass(), TableModel::distance()).parameter("distances"); }).substr(0, 71),
      "found 'distances'; expected one of 'distance', 'origin 'Skilled'', 'ori");
  EXPECT_EQ(f.parameter("crossing between 'Skilled' and 'Supervisory'").group, "association");
}

TEST(Stayers, AreComparedWithWhatMoversExpect) {
  // The same from the saturated parametrisation: the diagonal as columns of the design, by Gauss.
  const MobilityTables t = glass();
  const TableFit f = fit_table(t, TableModel::uniform_association(own));
  std::vector<Matrix> more(6, Matrix::Zero(5, 5));
  for (Index i = 0; i < 5; ++i) {
    more[static_cast<std::size_t>(i)](i, i) = 1;
    for (Index j = 0; j < 5; ++j) more[5](i, j) = static_cast<double>(i * j);
  }
  const Matrix all = design(5, more);
  const Matrix x = (Matrix(25, 15) << all.leftCols(5), all.rightCols(10)).finished();
  const Vector m = f.fitted[0].reshaped<Eigen::RowMajor>();
  const Eigen::MatrixXd v = Eigen::MatrixXd(x.transpose() * m.asDiagonal() * x).inverse();
  const Vector theta = v * (x.transpose() * (m.array() * m.array().log()).matrix());
  for (std::size_t i = 0; i < 5; ++i) {
    const TableParameter& p = f.parameter("staying in '" + t.ladder().name(i) + "'");
    const auto c = static_cast<Index>(9 + i);
    EXPECT_NEAR(p.value, theta[c], 1e-9);
    EXPECT_NEAR(p.standard_error, std::sqrt(v(c, c)), 1e-10);
  }
}

TEST(Levels, AreWhatTheUserSays) {
  const MobilityTables t = glass();
  std::vector<std::vector<int>> levels(5, std::vector<int>(5));
  for (std::size_t i = 0; i < 5; ++i)
    for (std::size_t j = 0; j < 5; ++j) levels[i][j] = i == j ? 7 : i > j ? 3 : 4;
  const TableFit f = fit_table(t, TableModel::of_levels(levels));
  Eigen::MatrixXi of(5, 5);
  for (int i = 0; i < 5; ++i)
    for (int j = 0; j < 5; ++j) of(i, j) = i == j ? 2 : i > j ? 0 : 1;
  EXPECT_LT((f.fitted[0] - scaled_to_fit(t.people(), of, 3000)).cwiseAbs().maxCoeff(), 1e-7);
  EXPECT_EQ(names(f, "association"), (std::vector<std::string>{"level 4", "level 7"}));
  const Matrix& m = f.fitted[0];
  EXPECT_NEAR(std::log(m(1, 1) * m(2, 2) / m(1, 2) / m(2, 1)),
              2 * f.parameter("level 7").value - f.parameter("level 4").value, 1e-10);
  EXPECT_EQ(f.df, 14U);
  levels[2].pop_back();
  EXPECT_EQ(said<Refusal>([&] { (void)fit_table(t, TableModel::of_levels(levels)); }),
            "found levels that are not a square of 5 rows and columns; expected a level for each move from (row) to "
            "(column) [E-SHAPE]");
}

TEST(RowsAndColumns, ChangePlacesInATransposedTable) {
  const MobilityTables t = glass(), transposed(t.ladder(), Matrix(t.people().transpose()));
  const TableFit rows = fit_table(t, TableModel::row_effects(own));
  const TableFit columns = fit_table(transposed, TableModel::column_effects(own));
  EXPECT_NEAR(rows.deviance, columns.deviance, 1e-9);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_NEAR(rows.estimates[i].value, columns.estimates[i].value, 1e-10);
    EXPECT_NEAR(rows.estimates[i].standard_error, columns.estimates[i].standard_error, 1e-10);
  }
  EXPECT_EQ(rows.estimates[0].name, "slope of origin 'Skilled'");
  EXPECT_EQ(columns.estimates[0].name, "slope of destination 'Skilled'");
  const TableFit a = fit_table(t, TableModel::rc()), b = fit_table(transposed, TableModel::rc());
  for (const char* s : {"'Unskilled'", "'Supervisory'", "'Professional'"})
    EXPECT_NEAR(a.parameter(std::string("score of origin ") + s).value,
                b.parameter(std::string("score of destination ") + s).value, 1e-8);
  EXPECT_NEAR(a.parameter("intrinsic association").standard_error, b.parameter("intrinsic association").standard_error,
              1e-8);
}

TEST(EstimatedScores, FulfilTheLikelihoodEquations) {
  for (const MobilityTables& t : {glass(), statuses()}) {
    const TableFit f = fit_table(t, TableModel::rc());
    const Index n = t.people().rows();
    const Matrix r = t.people() - f.fitted[0];
    Vector u(n), v(n);
    for (Index i = 0; i < n; ++i) {
      u[i] = f.estimates[static_cast<std::size_t>(1 + i)].value;
      v[i] = f.estimates[static_cast<std::size_t>(1 + n + i)].value;
    }
    EXPECT_NEAR(u.sum(), 0, 1e-13);
    EXPECT_NEAR(v.squaredNorm(), 1, 1e-13);
    EXPECT_GT(u[n - 1], u[0]);
    for (const Vector& zero : {Vector(r * v), Vector(r.transpose() * u), Vector(r.rowwise().sum())})
      EXPECT_LT(zero.cwiseAbs().maxCoeff(), 1e-8);
    // What the parameters say is what is expected: the log odds ratio of the corners.
    const Matrix& m = f.fitted[0];
    EXPECT_NEAR(std::log(m(0, 0) * m(n - 1, n - 1) / m(0, n - 1) / m(n - 1, 0)),
                f.estimates[0].value * (u[n - 1] - u[0]) * (v[n - 1] - v[0]), 1e-9);
    // Standard errors by the information bordered with the constraints (Aitchison and Silvey 1958).
    const double phi = f.estimates[0].value;
    Eigen::MatrixXd x = Eigen::MatrixXd::Zero(n * n, 4 * n + 1);
    for (Index i = 0; i < n; ++i)
      for (Index j = 0; j < n; ++j) {
        auto row = x.row(i * n + j);
        row[i] = row[n + j] = 1;
        row[2 * n + i] = phi * v[j];
        row[3 * n + j] = phi * u[i];
        row[4 * n] = u[i] * v[j];
      }
    const Vector w = m.reshaped<Eigen::RowMajor>();
    const Index p = x.cols();
    Eigen::MatrixXd k = Eigen::MatrixXd::Zero(p + 5, p + 5);
    k.topLeftCorner(p, p) = x.transpose() * w.asDiagonal() * x;
    Eigen::MatrixXd h = Eigen::MatrixXd::Zero(5, p);
    h(0, n) = 1;
    h.row(1).segment(2 * n, n).setOnes();
    h.row(2).segment(3 * n, n).setOnes();
    h.row(3).segment(2 * n, n) = 2 * u;
    h.row(4).segment(3 * n, n) = 2 * v;
    k.bottomLeftCorner(5, p) = h;
    k.topRightCorner(p, 5) = h.transpose();
    const Eigen::MatrixXd inverse = k.inverse();
    EXPECT_NEAR(f.estimates[0].standard_error, std::sqrt(inverse(4 * n, 4 * n)), 1e-8);
    for (Index i = 0; i < 2 * n; ++i) {
      EXPECT_NEAR(f.estimates[static_cast<std::size_t>(1 + i)].standard_error, std::sqrt(inverse(2 * n + i, 2 * n + i)),
                  1e-8);
      EXPECT_NEAR(f.covariance(1 + i, 0), inverse(2 * n + i, 4 * n), 1e-8);
      for (Index j = 0; j < 2 * n; ++j) EXPECT_NEAR(f.covariance(1 + i, 1 + j), inverse(2 * n + i, 2 * n + j), 1e-8);
    }
  }
}

TEST(EstimatedScores, OfOneKindFulfilTheirs) {
  const MobilityTables t = statuses();
  const TableFit f = fit_table(t, TableModel::homogeneous_rc(own));
  Vector u(8);
  for (Index i = 0; i < 8; ++i) u[i] = f.estimates[static_cast<std::size_t>(1 + i)].value;
  EXPECT_NEAR(u.squaredNorm(), 1, 1e-13);
  const Matrix r = t.people() - f.fitted[0];
  EXPECT_LT(((r + r.transpose()) * u).cwiseAbs().maxCoeff(), 1e-8);
  EXPECT_EQ(f.df, 34U);
  // Tables in which people move to the other end: the association is below 0.
  const TableFit g = fit_table({ladder_of(8), Matrix(t.people().rowwise().reverse())}, TableModel::homogeneous_rc());
  EXPECT_LT(g.parameter("intrinsic association").value, 0);
  EXPECT_LT(g.gradient_norm, 1e-6);
}

/// Log odds ratios against the first origin and destination.
Matrix odds(const Matrix& m) {
  Matrix out = m.array().log();
  for (Index i = m.rows(); i-- > 0;) out.row(i) -= out.row(0).eval();
  for (Index j = m.cols(); j-- > 0;) out.col(j) -= out.col(0).eval();
  return out;
}

TEST(EstimatedScores, AreFoundWhereTheyChangePlaces) {
  // Deviances and associations from R's gnm 1.1-2, the best of 6 starts each. With some scores held where they start,
  // the others run away on the way there.
  const Matrix few = (Matrix(3, 3) << 444, 14, 5, 43, 41, 4, 8, 1, 9).finished();
  const TableFit f = fit_table({ladder_of(3), few}, TableModel::rc());
  EXPECT_NEAR(f.deviance, 26.710025736531, 1e-9);
  EXPECT_EQ(f.df, 1U);
  EXPECT_NEAR(f.parameter("intrinsic association").value, 2.1901158956, 1e-7);
  Matrix many(6, 6);
  many << 704, 135, 67, 915, 11, 42, 161, 444, 85, 1350, 10, 74, 10, 13, 57, 336, 1, 25, 1, 3, 1, 404, 1, 10, 4, 5, 9,
      577, 43, 110, 9, 10, 15, 640, 26, 825;
  const TableFit g = fit_table({ladder_of(6), many}, TableModel::rc(own));
  EXPECT_NEAR(g.deviance, 12.690036634980, 1e-9);
  EXPECT_EQ(g.df, 10U);
  EXPECT_NEAR(g.parameter("intrinsic association").value, 4.2442954518, 1e-7);
}

TEST(EstimatedScores, AreNotTakenForFoundWhereTheyRunAway) {
  // As the score of 's0' goes to infinity those of its two destinations come together, and the deviance falls to some
  // 327.9 without end. Without the cells that this leaves empty 320.1 would be found, which no scores come near.
  Matrix n(8, 8);
  n << 8, 1, 0, 0, 0, 0, 0, 0, 6, 82, 30, 8, 1, 1, 0, 0, 1, 15, 137, 30, 4, 1, 3, 1, 22, 86, 355, 1240, 80, 39, 35, 4,
      1, 2, 7, 19, 16, 5, 4, 2, 0, 4, 11, 16, 4, 27, 25, 1, 0, 0, 2, 6, 6, 7, 93, 11, 0, 3, 2, 4, 0, 3, 15, 25;
  EXPECT_EQ(said<Refusal>([&] {
              (void)fit_table({ladder_of(8), n}, TableModel::rc());
            }),
            "found no most likely RC(1): the likelihood grows for ever as the score of origin 's0' leaves the others "
            "behind; expected a maximum [E-CONVERGENCE]");
}

TEST(EstimatedScores, AreNoTopBelowAClimbThatMeetsNone) {
  // Half of the starts end at a top with the deviance 25.6, half are on their way to 17.4, which no scores come near.
  const Matrix n = (Matrix(3, 3) << 28, 30, 9, 0, 8, 6, 17, 12, 0).finished();
  const std::string words = said<Refusal>([&] { (void)fit_table({ladder_of(3), n}, TableModel::homogeneous_rc()); });
  EXPECT_TRUE(words.starts_with("found no most likely homogeneous RC(1)")) << words;
  // 12.5 of ten starts, and 6.7 for ever ahead of the others.
  Matrix wide(5, 5);
  wide << 2, 2, 1, 2, 0, 6, 3, 5, 14, 2, 1, 0, 0, 1, 1, 1, 2, 2, 5, 1, 4, 8, 8, 24, 0;
  EXPECT_EQ(said<Refusal>([&] {
              (void)fit_table({ladder_of(5), wide}, TableModel::homogeneous_rc());
            }),
            "found no most likely homogeneous RC(1): the likelihood grows for ever as the score of 's4' leaves the "
            "others behind; expected a maximum [E-CONVERGENCE]");
}

TEST(EstimatedScores, MayHaveNoMaximum) {
  // Strata differ only in what they exchange with the lowest: the likelihood grows as its score goes to infinity.
  Matrix n = Matrix::Constant(5, 5, 100);
  n.row(0) << 300, 20, 60, 150, 400;
  n.col(0) = n.row(0).transpose().eval();
  EXPECT_EQ(said<Refusal>([&] {
              (void)fit_table({ladder_of(5), n}, TableModel::homogeneous_rc(own));
            }),
            "found no most likely homogeneous RC(1), own diagonal: the likelihood grows for ever as the score of 's0' "
            "leaves the others behind; expected a maximum [E-CONVERGENCE]");
}

TEST(EstimatedScores, MayHaveNoMaximumWithNothingLeftToFit) {
  // Scores of movers fit all counts but the nobody from 's0' to 's3' and come as near to that as one likes: SciPy's
  // BFGS finds the deviance 1e-12 with an association of 58 or of 185, and less the further both go.
  const Matrix n = (Matrix(4, 4) << 40, 12, 5, 0, 9, 33, 14, 3, 2, 17, 28, 11, 1, 4, 9, 25).finished();
  EXPECT_EQ(
      said<Refusal>([&] {
        (void)fit_table({ladder_of(4), n}, TableModel::rc(own));
      }),
      "found no most likely RC(1), own diagonal: the likelihood grows for ever as the score of origin 's0' leaves "
      "the others behind; expected a maximum [E-CONVERGENCE]");
  // With degrees of freedom left, little is left to gain where the others are fitted.
  const Matrix few = (Matrix(3, 3) << 25, 0, 0, 4, 7, 5, 0, 3, 36).finished();
  EXPECT_EQ(code_of([&] { (void)fit_table({ladder_of(3), few}, TableModel::homogeneous_rc()); }), "E-CONVERGENCE");
  // Nobody in a cell is no reason: with stayers in the model there is a maximum.
  const TableFit all = fit_table({ladder_of(4), n}, TableModel::rc());
  EXPECT_NEAR(all.deviance, 7.133081297792, 1e-9);  // gnm 1.1-2
  EXPECT_EQ(all.df, 4U);
}

TEST(EstimatedScores, FitATableOfNoDegreesOfFreedom) {
  // A table made of scores, in which movers leave 0 degrees of freedom: the parameters are those that it was made of.
  Vector u(4), v(4);
  u << -0.7, -0.1, 0.1, 0.7;
  v << -0.6, -0.3, 0.2, 0.7;
  Matrix n(4, 4);
  for (Index i = 0; i < 4; ++i)
    for (Index j = 0; j < 4; ++j)
      n(i, j) =
          i == j ? 90 + 10 * static_cast<double>(i) : std::exp(3 + 0.2 * static_cast<double>(i - j) + 3 * u[i] * v[j]);
  const TableFit f = fit_table({ladder_of(4), n}, TableModel::rc(own));
  EXPECT_EQ(f.df, 0U);
  EXPECT_NEAR(f.deviance, 0, 1e-12);
  EXPECT_NEAR(f.parameter("intrinsic association").value, 3 * u.norm() * v.norm(), 1e-6);
  EXPECT_LT(f.parameter("intrinsic association").standard_error, 10);
}

TEST(Unidiff, NeedsOneDirectionOfAssociation) {
  const Matrix up = (Matrix(3, 3) << 30, 12, 4, 14, 22, 13, 5, 11, 33).finished();
  const Matrix down = up.rowwise().reverse();
  EXPECT_EQ(code_of([&] {
              (void)fit_table({ladder_of(3), {up, down}, {"then", "now"}}, TableModel::unidiff());
            }),
            "E-CONVERGENCE");  // as much up as down: the steps end at none, which is no maximum
  const MobilityTables t(ladder_of(3), {Matrix(3 * up), down}, {"then", "now"});
  const std::string words = said<Refusal>([&] { (void)fit_table(t, TableModel::unidiff()); });
  EXPECT_NE(words.find("the scale in 'now' runs away; expected an association of the same direction in all layers"),
            std::string::npos)
      << words;
}

TEST(Unidiff, FulfilsTheLikelihoodEquations) {
  const MobilityTables t = random_tables(5, 3, 60, 21);
  const TableFit f = fit_table(t, TableModel::unidiff());
  EXPECT_EQ(f.df, 3U * 16U - 16U - 2U);
  const double s[] = {1, std::exp(f.parameter("log scale in 'layer 1'").value),
                      std::exp(f.parameter("log scale in 'layer 2'").value)};
  Matrix sum = Matrix::Zero(5, 5);
  const Matrix psi = odds(f.fitted[0]);
  for (std::size_t k = 0; k < 3; ++k) {
    const Matrix r = t.people(k) - f.fitted[k];
    EXPECT_LT((odds(f.fitted[k]) - s[k] * psi).cwiseAbs().maxCoeff(), 1e-9) << k;  // it is of the model
    EXPECT_LT(r.rowwise().sum().cwiseAbs().maxCoeff(), 1e-8);
    EXPECT_LT(r.colwise().sum().cwiseAbs().maxCoeff(), 1e-8);
    EXPECT_NEAR(r.cwiseProduct(psi).sum(), 0, 1e-7);
    sum += s[k] * r;
  }
  EXPECT_LT(sum.cwiseAbs().maxCoeff(), 1e-8);
  EXPECT_NEAR(f.parameter("association of 's2' with 's3'").value, psi(2, 3), 1e-9);
  // Standard errors from the information of a full parametrisation with corners at 0.
  const Index n = 5;
  Eigen::MatrixXd x = Eigen::MatrixXd::Zero(75, 27 + 16 + 2);
  Vector w(75);
  for (Index k = 0; k < 3; ++k)
    for (Index i = 0; i < n; ++i)
      for (Index j = 0; j < n; ++j) {
        const Index c = (k * n + i) * n + j;
        w[c] = f.fitted[static_cast<std::size_t>(k)](i, j);
        x(c, 9 * k) = 1;
        if (i > 0) x(c, 9 * k + i) = 1;
        if (j > 0) x(c, 9 * k + 4 + j) = 1;
        if (i > 0 && j > 0) x(c, 27 + (i - 1) * 4 + j - 1) = s[k];
        if (k > 0) x(c, 42 + k) = s[k] * psi(i, j);
      }
  const Eigen::MatrixXd v = Eigen::MatrixXd(x.transpose() * w.asDiagonal() * x).inverse();
  EXPECT_NEAR(f.parameter("log scale in 'layer 1'").standard_error, std::sqrt(v(43, 43)), 1e-9);
  EXPECT_NEAR(f.parameter("log scale in 'layer 2'").standard_error, std::sqrt(v(44, 44)), 1e-9);
  EXPECT_NEAR(f.parameter("association of 's2' with 's3'").standard_error, std::sqrt(v(27 + 4 + 2, 27 + 4 + 2)), 1e-9);
}

TEST(Layers, AloneAddUp) {
  const MobilityTables t = random_tables(5, 3, 30, 5);
  for (const TableModel& model : usual_table_models(3)) {
    if (model.form == TableForm::full) continue;
    const TableFit all = fit_table(t, model.with(OverLayers::own));
    double sum = 0;
    std::size_t df = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      const TableFit one = fit_table({t.ladder(), t.people(k)}, model);
      sum += one.deviance;
      df += one.df;
      EXPECT_LT((one.fitted[0] - all.fitted[k]).cwiseAbs().maxCoeff(), 1e-7) << model.name();
    }
    EXPECT_NEAR(all.deviance, sum, 1e-8) << model.name();
    EXPECT_EQ(all.df, df) << model.name();
  }
  // One number of association in each layer is the same whether as such or as a scale.
  const TableFit alone = fit_table(t, TableModel::uniform_association().with(OverLayers::own));
  const TableFit scaled = fit_table(t, TableModel::uniform_association().with(OverLayers::scaled));
  EXPECT_NEAR(alone.deviance, scaled.deviance, 1e-8);
  EXPECT_NEAR(std::log(alone.parameter("uniform association in 'layer 2'").value /
                       alone.parameter("uniform association in 'layer 0'").value),
              scaled.parameter("log scale in 'layer 2'").value, 1e-8);
  EXPECT_EQ(scaled.model, "uniform association, scaled by layer");
}

TEST(Models, AreNested) {
  const MobilityTables t = random_tables(5, 2, 40, 77);
  const auto g = [&](const TableModel& m) { return fit_table(t, m).deviance; };
  const auto in_order = [&](const std::vector<TableModel>& models) {
    for (std::size_t k = 1; k < models.size(); ++k) {
      EXPECT_GE(g(models[k - 1]), g(models[k]) - 1e-8) << models[k - 1].name() << ", " << models[k].name();
      EXPECT_GT(fit_table(t, models[k - 1]).df, fit_table(t, models[k]).df);
    }
  };
  in_order({TableModel::independence(), TableModel::uniform_association(), TableModel::row_effects(), TableModel::rc(),
            TableModel::rc().with(OverLayers::scaled), TableModel::rc().with(OverLayers::own)});
  in_order({TableModel::uniform_association(), TableModel::homogeneous_rc(), TableModel::quasi_symmetry(),
            TableModel::constant_association(), TableModel::unidiff()});
  in_order({TableModel::uniform_association(own), TableModel::homogeneous_rc(own), TableModel::rc(own)});
  in_order({TableModel::distance(), TableModel::crossings(), TableModel::quasi_symmetry()});
}

TEST(Models, RepeatMarginsAndSayHowFarTheGradientIs) {
  for (const MobilityTables& t : {random_tables(5, 1, 30, 2), random_tables(4, 2, 30, 9)})
    for (const TableModel& model : usual_table_models(t.layers())) {
      const TableFit f = fit_table(t, model);
      EXPECT_LT(f.gradient_norm, 1e-7) << model.name();
      if (!model.layered() && model.form != TableForm::independence) continue;
      for (std::size_t k = 0; k < t.layers(); ++k) {
        const Matrix r = t.people(k) - f.fitted[k];
        EXPECT_LT(r.rowwise().sum().cwiseAbs().maxCoeff() + r.colwise().sum().cwiseAbs().maxCoeff(), 1e-7)
            << model.name();
      }
      EXPECT_EQ(table_model(model.name()), model);
    }
}

TEST(Models, HaveTenTimesTheDevianceWithTenTimesThePeople) {
  const MobilityTables t = glass(), more(t.ladder(), Matrix(10 * t.people()));
  for (const TableModel& model : usual_table_models()) {
    const TableFit a = fit_table(t, model), b = fit_table(more, model);
    EXPECT_NEAR(b.deviance, 10 * a.deviance, 1e-7) << model.name();
    EXPECT_EQ(a.df, b.df);
    ASSERT_EQ(a.estimates.size(), b.estimates.size());
    for (std::size_t k = 0; k < a.estimates.size(); ++k) {
      EXPECT_NEAR(a.estimates[k].value, b.estimates[k].value, 1e-7);
      EXPECT_NEAR(a.estimates[k].standard_error, std::sqrt(10.0) * b.estimates[k].standard_error, 1e-7);
    }
  }
  EXPECT_TRUE(std::isnan(fit_table({t.ladder(), Matrix(t.people() / 3)}, TableModel::rc()).log_likelihood));
}

TEST(ImpossibleMoves, AreNoCellsOfTheModel) {
  // A ladder on which people climb and fall one rung at a time: 13 cells, of which independence explains 9.
  Ladder::Builder b = Ladder::builder().rung("s0").rung("s1").rung("s2").rung("s3").rung("s4");
  for (const auto& [from, to] :
       std::vector<std::pair<const char*, const char*>>{{"s0", "s1"}, {"s1", "s2"}, {"s2", "s3"}, {"s3", "s4"}})
    b.move(from, to).move(to, from);
  Matrix n = Matrix::Zero(5, 5);
  Eigen::MatrixXi of = Eigen::MatrixXi::Constant(5, 5, -1);
  for (Index i = 0; i < 5; ++i)
    for (Index j = std::max<Index>(0, i - 1); j < std::min<Index>(5, i + 2); ++j) {
      n(i, j) = static_cast<double>(3 + (7 * i + 5 * j) % 11);
      of(i, j) = 0;
    }
  const MobilityTables t(b.build(), n);
  const TableFit f = fit_table(t, TableModel::independence());
  EXPECT_EQ(f.impossible, 12U);
  EXPECT_EQ(f.cells, 13U);
  EXPECT_EQ(f.df, 4U);  // rejects: 16, of the full square
  EXPECT_EQ(f.fitted_zero, 0U);
  EXPECT_LT((f.fitted[0] - scaled_to_fit(n, of, 5000)).cwiseAbs().maxCoeff(), 1e-8);
}

TEST(Zeros, ThatAreExpectedCountNoDegreesOfFreedom) {
  Matrix n = statuses().people();
  n(2, 5) = n(5, 2) = 0;  // a pair between which nobody moves
  const TableFit pair = fit_table({ladder_of(8), n}, TableModel::quasi_symmetry());
  EXPECT_EQ(pair.df, 20U);
  EXPECT_EQ(pair.fitted_zero, 2U);
  EXPECT_EQ(pair.fitted[0](2, 5), 0);
  ASSERT_FALSE(pair.warnings.empty());
  EXPECT_EQ(pair.warnings[0], (Warning{"W-BOUNDARY",
                                       "2 cells of nobody are expected to hold nobody under quasi-symmetry: parameters "
                                       "run to minus infinity there, are not shown, and degrees of freedom count the "
                                       "other cells"}));
  EXPECT_EQ(said<Refusal>([&] { (void)pair.parameter("association of 's2' and 's5'"); }).substr(0, 65),
            "found no information on the association of 's2' and 's5' under qu");
  n = statuses().people();
  n.row(3).setZero();  // nobody comes from s3
  const TableFit row = fit_table({ladder_of(8), n}, TableModel::independence());
  EXPECT_EQ(row.df, 42U);  // rejects: 49
  EXPECT_EQ(row.fitted_zero, 8U);
  EXPECT_NEAR(
      row.deviance,
      [&] {
        const Matrix m = n.rowwise().sum() * n.colwise().sum() / n.sum();
        return deviance(n, m);
      }(),
      1e-9);
}

TEST(Zeros, MayBeExpectedWithoutAnyEmptySum) {
  // Nobody moves between a and b, though people leave and enter both: the likelihood grows for ever in one direction.
  Matrix n(3, 3);
  n << 4, 0, 6, 0, 5, 7, 8, 9, 3;
  const TableFit f = fit_table({ladder_of(3), n}, TableModel::quasi_independence());
  EXPECT_EQ(f.fitted_zero, 2U);
  EXPECT_EQ(f.df, 0U);  // rejects: 1, of the formula
  EXPECT_NEAR(f.deviance, 0, 1e-10);
  EXPECT_LT((f.fitted[0] - n).cwiseAbs().maxCoeff(), 1e-9);
  // A larger one, by repeated scaling, which goes to the same edge: movers fall into two blocks.
  Matrix m = random_tables(6, 1, 20, 4).people();
  m.block(0, 3, 3, 3).setZero();
  m.block(3, 0, 3, 3).setZero();
  m(0, 4) = 5;
  const TableFit g = fit_table({ladder_of(6), m}, TableModel::distance());
  EXPECT_LT(g.gradient_norm, 1e-6);
  const TableFit h = fit_table({ladder_of(6), m}, TableModel::quasi_independence());
  Matrix slow = scaled_to_fit(m, movers(6), 20000);
  slow.diagonal() = m.diagonal();
  EXPECT_LT((h.fitted[0] - slow).cwiseAbs().maxCoeff(), 1e-3);
}

TEST(Zeros, OfStayersAreNamed) {
  Matrix n = glass().people();
  n(2, 2) = 0;
  const TableFit f = fit_table({glass().ladder(), n}, TableModel::uniform_association(own));
  EXPECT_EQ(f.df, 10U);
  EXPECT_EQ(f.unidentified, std::vector<std::string>{"staying in 'Supervisory'"});
}

TEST(Fits, SayTogetherWhatIsDoubtfulOfSeveral) {
  Matrix n(2, 2);
  n << 1, 2, 2, 40;
  const MobilityTables tables(ladder_of(2), n);
  const TableFit independence = fit_table(tables, TableModel::independence()),
                 symmetry = fit_table(tables, TableModel::symmetry()),
                 diagonal = fit_table(tables, TableModel::quasi_independence());
  EXPECT_EQ(table_warnings({&independence}), independence.warnings);
  // Of independence 0.2 people are expected at the least, of symmetry 1; both expect fewer than 5 in three cells.
  EXPECT_EQ(
      table_warnings({&independence, &symmetry, &diagonal}),
      (std::vector<Warning>{{"W-TABLE-THIN",
                             "3 of 4 cells expect fewer than 5 people under 'independence', 'symmetry' (the least "
                             "0.2): the p-values are approximate"}}));
  n.resize(3, 3);
  n << 90, 0, 2, 0, 90, 30, 2, 30, 90;  // nobody moves between s0 and s1
  const MobilityTables larger(ladder_of(3), n);
  const TableFit pair = fit_table(larger, TableModel::symmetry()),
                 quasi = fit_table(larger, TableModel::quasi_symmetry()),
                 movers = fit_table(larger, TableModel::independence());
  EXPECT_EQ(
      table_warnings({&pair, &quasi, &movers}).front(),
      (Warning{"W-BOUNDARY",
               "2 cells of nobody are expected to hold nobody under 'symmetry', 'quasi-symmetry': parameters run to "
               "minus infinity there, are not shown, and degrees of freedom count the other cells"}));
  EXPECT_TRUE(table_warnings({}).empty());
}

TEST(Fits, SayWhereTheyAreDoubtful) {
  Matrix n(2, 2);
  n << 1, 2, 2, 40;
  const TableFit f = fit_table({ladder_of(2), n}, TableModel::independence());
  ASSERT_EQ(f.warnings.size(), 1U);
  EXPECT_EQ(f.warnings[0], (Warning{"W-TABLE-THIN",
                                    "3 of 4 cells expect fewer than 5 people under independence (the least 0.2): the "
                                    "p-value is approximate"}));
  EXPECT_TRUE(fit_table(glass(), TableModel::uniform_association()).warnings.empty());
  EXPECT_EQ(said<Refusal>([&] {
              (void)fit_table(glass(), TableModel::distance().with_scores({1, 2}));
            }),
            "found 2 places of strata; expected 5, one for each stratum [E-SHAPE]");
  EXPECT_EQ(said<DomainError>([&] {
              (void)fit_table(glass(), TableModel::distance().with_scores({1, 2, 3, 4, std::nan("")}));
            }),
            "found a stratum at place nan; expected a number below 1e6 in size [E-RANGE]");
  EXPECT_EQ(said<Refusal>([&] {
              (void)fit_table({ladder_of(64), Matrix(Matrix::Ones(64, 64))}, TableModel::constant_association());
            }),
            "found a model of 4224 parameters before any is dropped; expected at most 4000 [E-SIZE]");
}

TEST(Models, HaveNames) {
  EXPECT_EQ(TableModel::crossings(own).name(), "crossings, own diagonal");
  EXPECT_EQ(TableModel::of_levels({}).with(OverLayers::scaled).name(), "levels, scaled by layer");
  EXPECT_EQ(TableModel::unidiff().name(), "unidiff");
  EXPECT_EQ(TableModel::unidiff().definition(),
            "log expected people = origin + destination + scale of the layer x association of origin and destination");
  EXPECT_EQ(TableModel::quasi_independence().definition(),
            "log expected people = origin + destination + a number for each cell of stayers");
  const std::string words = said<UnknownName>([] { (void)table_model("crossing"); });
  EXPECT_EQ(words.substr(0, 55), "found a model 'crossing'; expected one of 'independence");
  EXPECT_NE(words.find("'unidiff'; did you mean 'crossings'? [E-TABLE-MODEL]"), std::string::npos) << words;
}

TEST(Sampling, GivesDeviancesOfTheirLawAndIntervalsThatCover) {
  // 600 tables of one model with uniform association: the mean deviance is its degrees of freedom, one p-value in
  // twenty is below 0.05, and 19 of 20 intervals hold the truth. Bounds are four standard errors.
  const double phi = 0.3;
  Matrix p(4, 4);
  for (Index i = 0; i < 4; ++i)
    for (Index j = 0; j < 4; ++j)
      p(i, j) =
          std::exp(phi * static_cast<double>(i * j) - 0.5 * static_cast<double>(i) - 0.4 * static_cast<double>(j));
  p /= p.sum();
  double sum = 0;
  int rejected = 0, covered = 0;
  const int tables = 600;
  for (int k = 0; k < tables; ++k) {
    Stream s({Seed(99), static_cast<std::uint64_t>(k)});
    Matrix n = Matrix::Zero(4, 4);
    for (int person = 0; person < 1500; ++person) {
      double u = s.uniform();
      Index cell = 0;
      while (cell < 15 && u >= p(cell / 4, cell % 4)) u -= p(cell / 4, cell % 4), ++cell;
      n(cell / 4, cell % 4) += 1;
    }
    const TableFit f = fit_table({ladder_of(4), n}, TableModel::uniform_association());
    sum += f.deviance;
    rejected += f.p_value < 0.05 ? 1 : 0;
    const TableParameter& found = f.parameter("uniform association");
    covered += std::abs(found.value - phi) < 1.959964 * found.standard_error ? 1 : 0;
  }
  EXPECT_NEAR(sum / tables, 8, 4 * std::sqrt(16.0 / tables));
  EXPECT_NEAR(static_cast<double>(rejected) / tables, 0.05, 4 * std::sqrt(0.05 * 0.95 / tables));
  EXPECT_NEAR(static_cast<double>(covered) / tables, 0.95, 4 * std::sqrt(0.05 * 0.95 / tables));
}

}  // namespace
}  // namespace loglinear_test
