// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/estimate/dirichlet.hpp>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <rungs/data/mobility_table.hpp>

#include "../core/message.hpp"
#include "estimators.hpp"

namespace dirichlet_test {
namespace {

using namespace rungs;
using rungs_test::code_of;
using rungs_test::ladder_of;
using rungs_test::panel_of;
using rungs_test::random_moves;
using rungs_test::said;

static_assert(Estimator<DirichletRows>);

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

Matrix point(const Ensemble& e) { return e.point().matrix(0); }
Matrix alpha(const Ensemble& e) { return std::get<DirichletWeights>(e.draws()).alpha[0]; }

const Ladder partial =
    Ladder::builder().rung("a").rung("b").rung("c").exit("x").move("a", "b").move("a", "x").move("b", "c").build();

TEST(DirichletRows, AddThePriorToPossibleMovesOnly) {
  const Tally t = tally(partial, {{0, 0, 6, {}, {}}, {0, 1, 3, {}, {}}, {1, 1, 4, {}, {}}});
  const Ensemble e = DirichletRows{0.5}.fit(t);
  Matrix expected = Matrix::Zero(4, 4);
  expected.row(0) << 6.5, 3.5, 0, 0.5;
  expected.row(1) << 0, 4.5, 0.5, 0;
  expected.row(2) << 0, 0, 0.5, 0;  // nobody seen: the prior, on staying only
  EXPECT_EQ(alpha(e), expected);
  Matrix mean = Matrix::Identity(4, 4);
  mean.row(0) = expected.row(0) / 10.5;
  mean.row(1) = expected.row(1) / 5;
  EXPECT_TRUE(point(e).isApprox(mean, 1e-15));
  EXPECT_EQ(e.method(), "dirichlet:0.5");
  EXPECT_EQ(e.centre(), Centre::mean_of_draws);
  for (std::uint64_t d = 0; d < 300; ++d) {
    const Kernel drawn = e.draw(Draw(Seed(1), d));
    const Matrix& p = drawn.matrix(0);
    for (Eigen::Index i = 0; i < 4; ++i)
      for (Eigen::Index j = 0; j < 4; ++j)
        if (!partial.possible(static_cast<std::size_t>(i), static_cast<std::size_t>(j))) {
          ASSERT_EQ(p(i, j), 0.0);
        }
    ASSERT_GT(p(0, 3), 0);  // never seen, but possible
  }
}

TEST(DirichletRows, TreatTheUnseenAsStated) {
  const Tally t = tally(ladder_of(3), {{0, 1, 6, {}, {}}, {1, 1, 1, {}, {}}});
  EXPECT_EQ(point(DirichletRows{2}.fit(t)).row(2), Matrix::Constant(1, 3, 1.0 / 3));
  EXPECT_EQ(point(DirichletRows{2, Unleft::unstated}.fit(t)).row(2), Matrix::Constant(1, 3, 1.0 / 3));
  const Ensemble absorbing = DirichletRows{2, Unleft::absorbing}.fit(t);
  EXPECT_EQ(point(absorbing)(2, 2), 1);
  EXPECT_EQ(absorbing.draw(Draw(Seed(1), 0)).matrix(0)(2, 2), 1);
  EXPECT_EQ(said<Refusal>([&] {
              (void)DirichletRows{2, Unleft::refuse}.fit(t);
            }),
            "found no observed move from 's2'; expected a stated treatment: absorbing (nobody "
            "leaves it), prior (with a Dirichlet prior), or "
            "refuse [E-ROW-EMPTY]");
}

TEST(DirichletRows, CountEffectivePeopleUnderWeights) {
  const auto moves = random_moves(3, 60, 3);
  const Tally t = tally(panel_of(3, moves, WeightKind::sampling));
  const Matrix a = alpha(DirichletRows{1}.fit(t));
  for (std::size_t i = 0; i < 3; ++i) {
    double sum = 0, squares = 0, own = 0;
    for (const auto& m : moves)
      if (m.from == i) sum += m.weight, squares += m.weight * m.weight, own += m.to == 1 ? m.weight : 0;
    EXPECT_NEAR(a(static_cast<Eigen::Index>(i), 1), 1 + own / sum * (sum * sum / squares), 1e-12);
    EXPECT_NEAR(a.row(static_cast<Eigen::Index>(i)).sum(), 3 + sum * sum / squares, 1e-12);
  }
}

TEST(DirichletRows, RefuseWhatIsNoPrior) {
  const Tally t = tally(ladder_of(1), {{0, 0, 6, {}, {}}});
  for (const auto& [prior, words] : std::vector<std::pair<double, std::string>>{
           {0, "0"}, {-1, "-1"}, {nan, "nan"}, {1e9, "1000000000"}, {std::numeric_limits<double>::infinity(), "inf"}})
    EXPECT_EQ(said<DomainError>([&, x = prior] { (void)DirichletRows{x}.fit(t); }),
              "found a prior weight of " + words + "; expected a number above 0 [E-PRIOR]");
  EXPECT_EQ(point(DirichletRows{1e-9}.fit(t))(0, 0), 1);
}

TEST(Assumed, RestsOnTheStatedNumberOfPeople) {
  Matrix p(3, 3);
  p << 0.7, 0.3, 0, 0.2, 0.7, 0.1, 0, 0, 1;
  const TransitionMatrix matrix(Ladder::parse("a < b | x"), p);
  Vector people(3);
  people << 200, nan, nan;
  const Ensemble e = assumed(matrix, people);
  EXPECT_EQ(e.method(), "assumed");
  EXPECT_EQ(point(e), p);
  EXPECT_NEAR(alpha(e)(0, 0), 140, 1e-12);
  EXPECT_EQ(alpha(e).row(1).sum(), 0);
  double sum = 0, squares = 0;
  for (std::uint64_t d = 0; d < 20000; ++d) {
    const Kernel drawn = e.draw(Draw(Seed(1), d));
    const Matrix& q = drawn.matrix(0);
    ASSERT_EQ(q(0, 2), 0);
    ASSERT_EQ(q.row(1), p.row(1));  // taken as known
    sum += q(0, 0);
    squares += (q(0, 0) - 0.7) * (q(0, 0) - 0.7);
  }
  EXPECT_NEAR(sum / 20000, 0.7, 6 * std::sqrt(0.21 / 201 / 20000));
  EXPECT_NEAR(squares / 20000 / (0.21 / 201), 1, 0.06);
  EXPECT_FALSE(assumed(matrix, Vector::Constant(3, nan)).varies());
  EXPECT_EQ(assumed(matrix, Vector::Constant(3, nan)).method(), "known");
  people[1] = 0;
  EXPECT_EQ(said<DomainError>([&] { (void)assumed(matrix, people); }),
            "found 0 people behind the row of 'b'; expected a number above 0 [E-PRIOR]");
  people[1] = -3;
  EXPECT_EQ(code_of([&] { (void)assumed(matrix, people); }), "E-PRIOR");
  people[1] = std::numeric_limits<double>::infinity();
  EXPECT_EQ(code_of([&] { (void)assumed(matrix, people); }), "E-PRIOR");
  EXPECT_EQ(said<Refusal>([&] { (void)assumed(matrix, Vector::Ones(2)); }),
            "found 2 numbers of people; expected 3 [E-SHAPE]");
}

TEST(PosteriorIntervals, HaveTheirClosedForms) {
  // Beta(1, b) and Beta(a, 1) have quantiles 1 - (1 - q)^(1/b) and q^(1/a).
  Matrix a(2, 2);
  a << 1, 9, 4, 0;
  const CellIntervals i = cell_intervals(a, Level(0.9));
  EXPECT_EQ(i.method, "posterior");
  EXPECT_NEAR(i.lower(0, 0), 1 - std::pow(0.95, 1.0 / 9), 1e-14);
  EXPECT_NEAR(i.upper(0, 0), 1 - std::pow(0.05, 1.0 / 9), 1e-14);
  EXPECT_NEAR(i.lower(0, 1), std::pow(0.05, 1.0 / 9), 1e-14);
  EXPECT_NEAR(i.standard_error(0, 1), std::sqrt(0.1 * 0.9 / 11), 1e-16);
  EXPECT_EQ(i.lower(1, 0), 1);  // the only possible move
  EXPECT_EQ(i.upper(1, 0), 1);
  EXPECT_EQ(i.standard_error(1, 0), 0);
  EXPECT_TRUE(std::isnan(i.lower(1, 1)) && std::isnan(i.upper(1, 1)) && std::isnan(i.standard_error(1, 1)));
}

TEST(PosteriorCovariance, HasItsClosedForm) {
  const Tally t = tally(partial, {{0, 0, 6, {}, {}}, {0, 1, 3, {}, {}}, {1, 1, 4, {}, {}}});
  const Ensemble e = DirichletRows{0.5}.fit(t);
  const Matrix v = cell_covariance(alpha(e), partial), errors = cell_intervals(alpha(e)).standard_error;
  ASSERT_EQ(v.rows(), 16);
  EXPECT_TRUE(v.allFinite());  // the prior is on every possible move
  EXPECT_NEAR(v(0, 0), 6.5 / 10.5 * (4 / 10.5) / 11.5, 1e-17);
  EXPECT_NEAR(v(0, 3), -6.5 / 10.5 * (0.5 / 10.5) / 11.5, 1e-17);
  EXPECT_NEAR(v(5, 6), -4.5 / 5 * (0.5 / 5) / 6, 1e-17);
  EXPECT_TRUE(v.row(2).isZero(0));             // impossible
  EXPECT_TRUE(v.row(8 + 2).isZero(0));         // nothing else is possible
  EXPECT_TRUE(v.row(12 + 3).isZero(0));        // an exit
  EXPECT_TRUE(v.block(0, 4, 4, 4).isZero(0));  // rows are independent
  for (Eigen::Index k = 0; k < 16; ++k)
    if (!std::isnan(errors(k / 4, k % 4))) {
      EXPECT_NEAR(std::sqrt(v(k, k)), errors(k / 4, k % 4), 1e-16);
    }
  const Matrix drawn = rungs_test::covariance_of_draws(e, 20000);
  EXPECT_EQ(rungs_test::apart(v, drawn, 20000, 6), 0);
  EXPECT_GT(rungs_test::apart(1.15 * v, drawn, 20000, 6), 0);  // and would see a sixth more
}

TEST(PosteriorCovariance, IsNotKnownOfWhatIsTakenAsKnown) {
  const Ladder ladder = Ladder::parse("a < b | x");
  const Tally t = tally(ladder, {{0, 0, 6, {}, {}}, {0, 1, 3, {}, {}}});
  const Matrix v = cell_covariance(alpha(DirichletRows{1, Unleft::absorbing}.fit(t)), ladder);
  for (Eigen::Index k = 0; k < 9; ++k) EXPECT_EQ(std::isnan(v(k, k)), k / 3 == 1) << k;
  EXPECT_TRUE(std::isnan(v(0, 3)) && std::isnan(v(3, 0)));
  Matrix p(3, 3);
  p << 0.7, 0.3, 0, 0.2, 0.7, 0.1, 0, 0, 1;
  const Matrix assumed_rows =
      cell_covariance(alpha(assumed(TransitionMatrix(ladder, p), Vector::Constant(3, 200))), ladder);
  EXPECT_NEAR(assumed_rows(0, 1), -0.7 * 0.3 / 201, 1e-17);
  EXPECT_TRUE(std::isnan(assumed_rows(2, 2)));  // a probability of 0 stays 0 in every draw
}

TEST(PriorWarnings, NameRowsThatRestOnThePrior) {
  const Tally t = tally(partial, {{0, 0, 12, {}, {}}, {1, 1, 7, {}, {}}, {2, 2, 100, {}, {}}});
  const std::vector<Warning> w = prior_warnings(t, DirichletRows{1});  // 3 of 15, 2 of 9, 1 of 101
  ASSERT_EQ(w.size(), 1U);
  // Two moves are possible from 'b', neither made by any of the 7 who stayed.
  EXPECT_EQ(w[0], (Warning{"W-PRIOR",
                           "the prior makes up more than a fifth of the row of 'b' (22 %: 11.1 % move up in a step, "
                           "6.3 % with half the prior and 18.2 % with double)"}));
  EXPECT_TRUE(prior_warnings(t, DirichletRows{0.5}).empty());
}

TEST(PriorWarnings, GiveNoSharesThatAreAllTheSame) {
  Tally even(ladder_of(2),
             Step());  // of 'a' half move up, with any prior; of 'b' 4 of 12, 3 of 10 and 6 of 16 move down
  for (const std::size_t i : {std::size_t{0}, std::size_t{1}})
    for (const std::size_t j : {std::size_t{0}, std::size_t{1}})
      even.add(i, j,
               i == 0   ? 4
               : j == 0 ? 2
                        : 6,
               i == 0   ? 4
               : j == 0 ? 2
                        : 6,
               i == 0   ? 4
               : j == 0 ? 2
                        : 6,
               std::nullopt);
  EXPECT_EQ(
      prior_warnings(even, DirichletRows{2})[0],
      (Warning{"W-PRIOR",
               "the prior makes up more than a fifth of the row of 's0' (33 %), 's1' (33 %: 66.7 % stay in a step, "
               "70 % with half the prior and 62.5 % with double)"}));
}

}  // namespace
}  // namespace dirichlet_test
