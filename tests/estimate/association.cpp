// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/estimate/association.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <rungs/core/random.hpp>
#include <rungs/estimate/coverage.hpp>

#include "../core/message.hpp"

namespace association_test {
namespace {

using namespace rungs;
using rungs_test::code_of;
using rungs_test::said;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
using Numbers = std::vector<double>;

/// Values 0 .. classes - 1, of which the second leans on the first.
std::pair<Numbers, Numbers> random_columns(std::uint64_t unit, std::size_t n, std::uint64_t x_classes,
                                           std::uint64_t y_classes) {
  Stream stream({Seed(11), unit, 0, Purpose::test});
  std::pair<Numbers, Numbers> out;
  for (std::size_t i = 0; i < n; ++i) {
    out.first.push_back(static_cast<double>(stream.below(x_classes)));
    const double own = static_cast<double>(stream.below(y_classes));
    out.second.push_back(stream.uniform() < 0.3 ? std::min(out.first[i], static_cast<double>(y_classes - 1)) : own);
  }
  return out;
}

int sign(double x) { return x > 0 ? 1 : x < 0 ? -1 : 0; }

TEST(Association, CountsPairsAsLookingAtEachDoes) {
  for (std::uint64_t unit = 0; unit < 60; ++unit) {
    const std::size_t n = 2 + unit * 3;
    const auto [x, y] = random_columns(unit, n, 1 + unit % 9 * unit, 2 + unit % 5);
    double concordant = 0, discordant = 0, tied_x = 0, tied_y = 0, both = 0;
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < i; ++j) {
        const int s = sign(x[i] - x[j]), t = sign(y[i] - y[j]);
        concordant += s * t > 0;
        discordant += s * t < 0;
        tied_x += s == 0;
        tied_y += t == 0;
        both += s == 0 && t == 0;
      }
    const Association a = association(x, y);
    EXPECT_EQ(a.people, static_cast<double>(n));
    EXPECT_EQ(a.concordant, concordant) << unit;
    EXPECT_EQ(a.discordant, discordant) << unit;
    EXPECT_EQ(a.tied_x, tied_x) << unit;
    EXPECT_EQ(a.tied_y, tied_y) << unit;
    EXPECT_EQ(a.tied_both, both) << unit;
    const double pairs = static_cast<double>(n * (n - 1)) / 2, s = concordant - discordant;
    if (tied_x == pairs || tied_y == pairs) {
      EXPECT_TRUE(std::isnan(a.tau_b.value));
      continue;
    }
    EXPECT_NEAR(a.tau_b.value, s / std::sqrt((pairs - tied_x) * (pairs - tied_y)), 1e-14);
    EXPECT_NEAR(a.gamma.value, s / (concordant + discordant), 1e-14);
    EXPECT_NEAR(a.somers_y_given_x.value, s / (pairs - tied_x), 1e-14);
    EXPECT_NEAR(a.somers_x_given_y.value, s / (pairs - tied_y), 1e-14);
    // tau-b is the geometric mean of Somers' d both ways.
    EXPECT_NEAR(a.somers_y_given_x.value * a.somers_x_given_y.value, a.tau_b.value * a.tau_b.value, 1e-14);
  }
}

/// All measures of a table whose people need not be whole, by their definitions and without the library: every cell
/// with every other.
std::vector<double> measures(const Matrix& t) {
  const double n = t.sum();
  double p = 0, q = 0, wr = n * n, wc = n * n;
  for (Eigen::Index i = 0; i < t.rows(); ++i) {
    wr -= std::pow(t.row(i).sum(), 2);
    for (Eigen::Index j = 0; j < t.cols(); ++j)
      for (Eigen::Index k = 0; k < t.rows(); ++k)
        for (Eigen::Index l = 0; l < t.cols(); ++l) {
          if ((k - i) * (l - j) > 0) p += t(i, j) * t(k, l);
          if ((k - i) * (l - j) < 0) q += t(i, j) * t(k, l);
        }
  }
  for (Eigen::Index j = 0; j < t.cols(); ++j) wc -= std::pow(t.col(j).sum(), 2);
  const double m = static_cast<double>(std::min(t.rows(), t.cols()));
  const auto correlation = [&](const Vector& x, const Vector& y) {
    double mx = 0, my = 0, xx = 0, yy = 0, xy = 0;
    for (Eigen::Index i = 0; i < t.rows(); ++i) mx += t.row(i).sum() * x[i] / n;
    for (Eigen::Index j = 0; j < t.cols(); ++j) my += t.col(j).sum() * y[j] / n;
    for (Eigen::Index i = 0; i < t.rows(); ++i)
      for (Eigen::Index j = 0; j < t.cols(); ++j) {
        xx += t(i, j) * std::pow(x[i] - mx, 2);
        yy += t(i, j) * std::pow(y[j] - my, 2);
        xy += t(i, j) * (x[i] - mx) * (y[j] - my);
      }
    return xy / std::sqrt(xx * yy);
  };
  const auto ranks = [](const Vector& margin) {
    Vector out(margin.size());
    for (Eigen::Index i = 0; i < out.size(); ++i) out[i] = margin.head(i).sum() + margin[i] / 2;
    return out;
  };
  const Vector rows = t.rowwise().sum(), columns = t.colwise().sum();
  return {(p - q) / std::sqrt(wr * wc),
          m / (m - 1) * (p - q) / (n * n),
          (p - q) / (p + q),
          (p - q) / wr,
          (p - q) / wc,
          correlation(ranks(rows), ranks(columns)),
          correlation(Vector::LinSpaced(t.rows(), 1, static_cast<double>(t.rows())),
                      Vector::LinSpaced(t.cols(), 1, static_cast<double>(t.cols())))};
}

std::vector<const AssociationMeasure*> all_of(const Association& a) {
  return {&a.tau_b, &a.tau_c, &a.gamma, &a.somers_y_given_x, &a.somers_x_given_y, &a.spearman, &a.pearson};
}

TEST(Association, StandardErrorsAreThoseOfTheDeltaMethod) {
  // The variance of a function of shares is the sum, over people, of its squared derivatives: here by differences.
  for (std::uint64_t unit = 0; unit < 20; ++unit) {
    Stream stream({Seed(12), unit, 0, Purpose::test});
    Matrix t(2 + static_cast<Eigen::Index>(unit % 4), 2 + static_cast<Eigen::Index>(unit % 3));
    for (Eigen::Index i = 0; i < t.rows(); ++i)
      for (Eigen::Index j = 0; j < t.cols(); ++j)
        t(i, j) = static_cast<double>(stream.below(30)) + (i == j ? 5 : i == 0 || j == 0 ? 1 : 0);
    const Association a = association(t);
    const std::vector<double> here = measures(t);
    std::vector<double> variance(here.size()), total(here.size());
    for (Eigen::Index i = 0; i < t.rows(); ++i)
      for (Eigen::Index j = 0; j < t.cols(); ++j) {
        constexpr double h = 1e-3;
        Matrix up = t, down = t;
        up(i, j) += h;
        down(i, j) -= h;
        const std::vector<double> above = measures(up), below = measures(down);
        for (std::size_t k = 0; k < here.size(); ++k) {
          const double slope = (above[k] - below[k]) / (2 * h);
          variance[k] += t(i, j) * slope * slope;
          total[k] += t(i, j) * slope;
        }
      }
    for (std::size_t k = 0; k < here.size(); ++k) {
      EXPECT_NEAR(all_of(a)[k]->value, here[k], 1e-13) << unit << " " << k;
      EXPECT_NEAR(all_of(a)[k]->ase1, std::sqrt(variance[k]), 1e-6 * std::sqrt(variance[k])) << unit << " " << k;
      EXPECT_NEAR(total[k], 0, 1e-6);  // shares only
    }
  }
}

TEST(Association, OfColumnsAndOfTheirTableIsTheSame) {
  const auto [x, y] = random_columns(3, 200, 4, 6);
  Matrix t = Matrix::Zero(4, 6);
  for (std::size_t i = 0; i < x.size(); ++i) ++t(static_cast<Eigen::Index>(x[i]), static_cast<Eigen::Index>(y[i]));
  const Association a = association(x, y), b = association(t);
  for (std::size_t k = 0; k < 7; ++k) {
    EXPECT_NEAR(all_of(a)[k]->value, all_of(b)[k]->value, 1e-14);
    EXPECT_NEAR(all_of(a)[k]->ase1, all_of(b)[k]->ase1, 1e-14);
  }
  EXPECT_EQ(a.null.statistic, b.null.statistic);
  // Rows without people are no classes: tau-c does not see them.
  Matrix wide = Matrix::Zero(6, 6);
  wide.topRows(2) = t.topRows(2);
  wide.bottomRows(2) = t.bottomRows(2);
  EXPECT_NEAR(association(wide).tau_c.value, b.tau_c.value, 1e-15);
  EXPECT_NE(association(wide).pearson.value, b.pearson.value);  // positions count
}

TEST(Association, OfSeveralPeopleAtOnceIsThatOfEachOfThem) {
  const Numbers x{3, 0.5, 3, -1, 0.5}, y{2, 2, 7, 1, 3}, people{2, 1, 4, 0, 3};
  Numbers each_x, each_y;
  for (std::size_t i = 0; i < x.size(); ++i) {
    each_x.insert(each_x.end(), static_cast<std::size_t>(people[i]), x[i]);
    each_y.insert(each_y.end(), static_cast<std::size_t>(people[i]), y[i]);
  }
  const Association together = association(x, y, people), each = association(each_x, each_y);
  EXPECT_EQ(together.people, 10);
  EXPECT_EQ(together.concordant, each.concordant);
  EXPECT_EQ(together.tied_both, each.tied_both);
  EXPECT_EQ(together.null.p, each.null.p);
  for (std::size_t k = 0; k < all_of(each).size(); ++k) {
    EXPECT_NEAR(all_of(together)[k]->value, all_of(each)[k]->value, 1e-14);
    EXPECT_NEAR(all_of(together)[k]->ase1, all_of(each)[k]->ase1, 1e-14);
  }
  EXPECT_EQ(said<DomainError>([&] {
              (void)association(x, y, Numbers{1, 2, 0.5, 1, 1});
            }),
            "found 0.5 people with value 3 of 'the first variable'; expected a whole number of people, 0 or more "
            "[E-COUNT]");
  EXPECT_EQ(
      said<Refusal>([&] {
        (void)association(x, y, Numbers{1, 2});
      }),
      "found 5 values of 'the first variable' and 5 of 'the second variable', of 2 numbers of people; expected one "
      "of each for every person [E-SHAPE]");
}

TEST(Association, HasTheSymmetriesOfItsMeasures) {
  const auto [x, y] = random_columns(4, 150, 7, 5);
  Numbers down, steep;
  for (const double v : y) down.push_back(-v);
  for (const double v : x) steep.push_back(std::exp(3 * v) - 5);
  const Association a = association(x, y), turned = association(y, x), falling = association(x, down),
                    bent = association(steep, y);
  for (std::size_t k = 0; k < 7; ++k) {
    EXPECT_NEAR(all_of(falling)[k]->value, -all_of(a)[k]->value, 1e-14);
    EXPECT_NEAR(all_of(falling)[k]->ase1, all_of(a)[k]->ase1, 1e-14);
    if (k != 6) {
      EXPECT_NEAR(all_of(bent)[k]->value, all_of(a)[k]->value, 1e-14);  // only order counts
    }
  }
  EXPECT_EQ(turned.tau_b.value, a.tau_b.value);
  EXPECT_EQ(turned.somers_x_given_y.value, a.somers_y_given_x.value);
  EXPECT_NEAR(turned.somers_x_given_y.ase1, a.somers_y_given_x.ase1, 1e-15);
  EXPECT_GT(std::abs(bent.pearson.value - a.pearson.value), 0.01);
  for (const AssociationMeasure* m : all_of(a)) {
    EXPECT_NEAR(m->interval.lower + m->interval.upper, 2 * m->value, 1e-14);
    EXPECT_NEAR((m->interval.upper - m->value) / m->ase1, 1.959963984540054, 1e-12);
  }
  EXPECT_NEAR((association(x, y, {.level = Level(0.9)}).gamma.interval.upper - a.gamma.value) / a.gamma.ase1,
              1.6448536269514722, 1e-12);
}

TEST(Association, WithoutOneIsTestedByAllOrders) {
  // Every order of y beside x is as likely: the variance of their score, and the share as far out as one of them.
  const std::vector<std::pair<Numbers, Numbers>> cases{{{1, 2, 3, 4, 5, 6}, {2, 1, 3, 6, 4, 5}},
                                                       {{1, 1, 2, 2, 2, 3}, {1, 2, 2, 3, 4, 4}},
                                                       {{0, 0, 0, 1, 1, 1, 1}, {1, 1, 0, 0, 0, 1, 1}},
                                                       {{1, 2, 3, 4, 5, 6, 7}, {3, 1, 2, 7, 6, 5, 4}}};
  for (const auto& [x, y] : cases) {
    const auto score = [&x = x](const Numbers& order) {
      double s = 0;
      for (std::size_t i = 0; i < x.size(); ++i)
        for (std::size_t j = 0; j < i; ++j) s += sign(x[i] - x[j]) * sign(order[i] - order[j]);
      return s;
    };
    std::vector<std::size_t> order(x.size());
    std::iota(order.begin(), order.end(), 0U);
    const double found = score(y);
    double orders = 0, squares = 0, far = 0;
    do {
      Numbers z;
      for (const std::size_t k : order) z.push_back(y[k]);
      const double s = score(z);
      ++orders;
      squares += s * s;
      far += std::abs(s) >= std::abs(found);
    } while (std::next_permutation(order.begin(), order.end()));
    const Association a = association(x, y);
    EXPECT_NEAR(a.null_variance, squares / orders, 1e-12 * squares / orders);
    EXPECT_NEAR(a.null.statistic, found / std::sqrt(squares / orders), 1e-13);
    EXPECT_NEAR(a.null_continuity.statistic, sign(found) * (std::abs(found) - 1) / std::sqrt(squares / orders), 1e-13);
    if (a.tied_x + a.tied_y == 0) {
      EXPECT_NEAR(a.exact.p, far / orders, 1e-14);
    } else {
      EXPECT_TRUE(std::isnan(a.exact.p));
    }
  }
}

TEST(Association, IsExactBelowFiftyPeople) {
  Numbers up(49);
  std::iota(up.begin(), up.end(), 1.0);
  EXPECT_NEAR(association(up, up).exact.log10_p, std::log10(2.0) - std::lgamma(50.0) / std::log(10.0), 1e-11);
  up.push_back(50);
  EXPECT_TRUE(std::isnan(association(up, up).exact.p));
  const Association even = association(Numbers{1, 2, 3}, Numbers{2, 3, 1});  // 1 pair of 3 agrees
  EXPECT_EQ(even.exact.p, 1);
  EXPECT_EQ(association(Numbers{1, 2, 3, 4}, Numbers{2, 1, 4, 3}).exact.p, 0.75);  // 4 of 6: 18 of 24 orders
}

TEST(Association, OfTwoYesOrNoVariablesIsPhi) {
  const Matrix t{{30, 10}, {5, 20}};
  const Association a = association(t);
  const double phi = (30 * 20 - 10 * 5) / std::sqrt(40.0 * 25 * 35 * 30);
  for (const AssociationMeasure* m : {&a.tau_b, &a.spearman, &a.pearson}) {
    EXPECT_NEAR(m->value, phi, 1e-15);
    EXPECT_NEAR(m->ase1, a.tau_b.ase1, 1e-15);
  }
  EXPECT_NEAR(a.gamma.value, (600.0 - 50) / 650, 1e-15);                // Yule's Q
  EXPECT_NEAR(a.somers_y_given_x.value, 20.0 / 25 - 10.0 / 40, 1e-15);  // a difference of shares
  EXPECT_NEAR(a.somers_y_given_x.ase1, std::sqrt(0.8 * 0.2 / 25 + 0.25 * 0.75 / 40), 1e-15);
  EXPECT_NEAR(a.null.statistic, phi * std::sqrt(64.0), 1e-13);
}

TEST(Association, OfAConstantIsUndefinedAndNeverZero) {
  const Association a = association(Numbers{1, 2, 3, 4}, Numbers{7, 7, 7, 7}, {.x = "training", .y = "income"});
  for (const AssociationMeasure* m : all_of(a)) {
    EXPECT_TRUE(std::isnan(m->value));
    EXPECT_TRUE(std::isnan(m->ase1));
    EXPECT_TRUE(std::isnan(m->interval.lower));
    EXPECT_TRUE(std::isnan(m->zero.p));
  }
  EXPECT_TRUE(std::isnan(a.null.p));
  EXPECT_TRUE(std::isnan(a.null_variance));
  ASSERT_EQ(a.warnings.size(), 1U);
  EXPECT_EQ(a.warnings[0].code, "W-UNDEFINED");
  EXPECT_EQ(a.warnings[0].message,
            "found the same value of 'income' for all 4 people: no association with it is defined");
  EXPECT_EQ(association(Matrix{{12}}).warnings.size(), 2U);
  EXPECT_TRUE(std::isnan(association(Matrix{{1, 2}}).somers_x_given_y.value));
}

TEST(Association, AtTheEndOfItsRangeHasNoInterval) {
  const Numbers x{1, 2, 3, 4, 5};
  const Association a = association(x, Numbers{2, 3, 5, 7, 11}, {.x = "age", .y = "rung"});
  EXPECT_EQ(a.tau_b.value, 1);
  EXPECT_NEAR(a.spearman.value, 1, 1e-15);
  EXPECT_LT(a.pearson.value, 0.99);
  for (const AssociationMeasure* m : {&a.tau_b, &a.gamma, &a.somers_x_given_y, &a.spearman}) {
    EXPECT_NEAR(m->ase1, 0, 1e-15);
    EXPECT_TRUE(std::isnan(m->interval.lower));
    EXPECT_TRUE(std::isnan(m->interval.upper));
  }
  EXPECT_FALSE(std::isnan(a.pearson.interval.lower));
  EXPECT_TRUE(std::isnan(a.tau_b.zero.p));  // nobody differs from anybody in how many agree
  EXPECT_NEAR(a.exact.p, 2.0 / 120, 1e-16);
  ASSERT_EQ(a.warnings.size(), 1U);
  EXPECT_EQ(a.warnings[0].code, "W-BOUNDARY");
  EXPECT_EQ(
      a.warnings[0].message,
      "found the largest value there is of tau-b, tau-c, gamma, Somers' d of 'rung' given 'age', Somers' d of 'age' "
      "given 'rung', Spearman's correlation between 'age' and 'rung': its standard error says nothing, and it has no "
      "interval");
  // Gamma alone, by one empty cell.
  const Association one = association(Matrix{{5, 3}, {0, 4}});
  EXPECT_EQ(one.gamma.value, 1);
  EXPECT_LT(one.tau_b.value, 0.9);
  EXPECT_NE(one.warnings.at(0).message.find(" of gamma between"), std::string::npos);
}

TEST(Association, IntervalsStayInRange) {
  const Association a = association(Matrix{{20, 1}, {0, 20}});
  EXPECT_EQ(a.tau_b.interval.upper, 1);
  EXPECT_LT(a.tau_b.interval.lower, a.tau_b.value);
}

TEST(Association, OfLargeAndSmallNumbersIsTheSame) {
  const auto [x, y] = random_columns(5, 60, 9, 9);
  Numbers far, tiny;
  for (const double v : x) far.push_back(1e200 * v);
  for (const double v : y) tiny.push_back(1e-200 * v);
  EXPECT_NEAR(association(far, tiny).pearson.value, association(x, y).pearson.value, 1e-14);
  EXPECT_NEAR(association(far, tiny).pearson.ase1, association(x, y).pearson.ase1, 1e-14);
  const Matrix many = 1e6 * Matrix{{30, 10}, {5, 20}};  // more people: the same association, errors a thousandth
  EXPECT_NEAR(association(many).tau_b.value, association(Matrix{{30, 10}, {5, 20}}).tau_b.value, 1e-14);
  EXPECT_NEAR(1e3 * association(many).tau_b.ase1, association(Matrix{{30, 10}, {5, 20}}).tau_b.ase1, 1e-14);
}

TEST(Association, RefusesWhatItCannotRead) {
  EXPECT_EQ(said<Refusal>([] {
              (void)association(Numbers{1, 2}, Numbers{1});
            }),
            "found 2 values of 'the first variable' and 1 of 'the second variable'; expected one of each for every "
            "person [E-SHAPE]");
  EXPECT_EQ(said<Refusal>([] { (void)association(Numbers{1}, Numbers{1}, {.x = "age", .y = "rung"}); }),
            "found 1 people with 'age' and 'rung'; expected at least 2 [E-OBSERVATIONS]");
  EXPECT_EQ(said<DomainError>([] {
              (void)association(Numbers{1, 2}, Numbers{1, nan}, {.y = "income"});
            }),
            "found nan as value 2 of 'income'; expected a finite number [E-NUMBER]");
  EXPECT_EQ(said<DomainError>([] {
              (void)association(Matrix{{1, 2}, {3, -1}});
            }),
            "found -1 people in row 2 and column 2; expected a whole number of people, 0 or more [E-COUNT]");
  EXPECT_EQ(code_of([] { (void)association(Matrix{{1, nan}}); }), "E-COUNT");
  EXPECT_EQ(code_of([] { (void)association(Matrix{{1, 0.5}}); }), "E-COUNT");
  EXPECT_EQ(code_of([] { (void)association(Matrix(0, 0)); }), "E-OBSERVATIONS");
  EXPECT_EQ(code_of([] { (void)association(Numbers{}, Numbers{}); }), "E-OBSERVATIONS");
}

TEST(TauBNullStandardError, IsThatOfTheSample) {
  const auto [x, y] = random_columns(6, 80, 5, 3);
  Vector rows = Vector::Zero(5), columns = Vector::Zero(3);
  for (std::size_t i = 0; i < x.size(); ++i) {
    ++rows[static_cast<Eigen::Index>(x[i])];
    ++columns[static_cast<Eigen::Index>(y[i])];
  }
  const Association a = association(x, y);
  EXPECT_NEAR(a.tau_b.value / tau_b_null_standard_error(rows, columns), a.null.statistic, 1e-13);
  // Without ties: Kendall's closed form. Of two yes-or-no variables: 1 / sqrt(n - 1), whatever their shares.
  const Vector ones = Vector::Ones(30);
  EXPECT_NEAR(tau_b_null_standard_error(ones, ones), std::sqrt(2 * (2 * 30.0 + 5) / (9 * 30 * 29.0)), 1e-15);
  EXPECT_NEAR(tau_b_null_standard_error(Vector{{3, 27}}, Vector{{14, 16}}), 1 / std::sqrt(29.0), 1e-15);
  EXPECT_EQ(said<Refusal>([] {
              (void)tau_b_null_standard_error(Vector{{1, 2}}, Vector{{2, 2}});
            }),
            "found 3 people with the one variable and 4 with the other; expected the same people [E-SHAPE]");
  EXPECT_EQ(said<Refusal>([] {
              (void)tau_b_null_standard_error(Vector{{4}}, Vector{{2, 2}});
            }),
            "found a variable with fewer than 2 values; expected at least 2 [E-OBSERVATIONS]");
  EXPECT_EQ(said<DomainError>([] {
              (void)tau_b_null_standard_error(Vector{{1, 2.5}}, Vector{{2, 2}});
            }),
            "found 2.5 people on a value; expected a whole number above 0 [E-COUNT]");
  EXPECT_EQ(code_of([] { (void)tau_b_null_standard_error(Vector{{1, nan}}, Vector{{2, 2}}); }), "E-COUNT");
}

TEST(AssociationSlow, IntervalsCoverWhatTheyPromise) {
  // Samples of 200 from one table of shares, whose measures are known.
  Matrix shares{{0.15, 0.08, 0.04, 0.01}, {0.08, 0.14, 0.10, 0.04}, {0.03, 0.07, 0.13, 0.13}};
  const std::vector<double> truth = measures(shares);
  constexpr int samples = 2000;
  std::vector<int> covered(truth.size());
  for (int s = 0; s < samples; ++s) {
    Stream stream({Seed(13), static_cast<std::uint64_t>(s), 0, Purpose::test});
    Matrix t = Matrix::Zero(3, 4);
    for (int i = 0; i < 200; ++i)
      ++t.data()[stream.categorical({shares.data(), static_cast<std::size_t>(shares.size())})];
    const Association a = association(t);
    for (std::size_t k = 0; k < truth.size(); ++k) {
      const Interval& i = all_of(a)[k]->interval;
      covered[k] += i.lower <= truth[k] && truth[k] <= i.upper;
    }
  }
  for (std::size_t k = 0; k < truth.size(); ++k) {
    EXPECT_GE(covered[k], 0.93 * samples) << k;
    EXPECT_LE(covered[k], 0.97 * samples) << k;
  }
}

/// The measures of an association, in one order.
std::vector<const AssociationMeasure*> measures_of(const Association& a) {
  return {&a.tau_b, &a.tau_c, &a.gamma, &a.somers_y_given_x, &a.somers_x_given_y, &a.spearman, &a.pearson};
}

TEST(SurveyAssociation, OfPeopleDrawnAloneWithOneWeightIsThePlainOne) {
  for (std::uint64_t unit = 0; unit < 20; ++unit) {
    const std::size_t n = 10 + 7 * unit;
    const auto [x, y] = random_columns(unit, n, 4, 5);
    const Association plain = association(x, y), survey = association(x, y, Numbers(n, 0.3), SurveyDesign());
    const auto found = measures_of(survey), wanted = measures_of(plain);
    const auto people = static_cast<double>(n);
    for (std::size_t k = 0; k < found.size(); ++k) {
      EXPECT_NEAR(found[k]->value, wanted[k]->value, 1e-14);
      EXPECT_NEAR(found[k]->ase1, wanted[k]->ase1 * std::sqrt(people / (people - 1)), 1e-13);
      EXPECT_TRUE(std::isnan(found[k]->ase0));
      EXPECT_NEAR(found[k]->zero.statistic, found[k]->value / found[k]->ase1, 1e-12);
      EXPECT_EQ(found[k]->zero.degrees_of_freedom, people - 1);
    }
    EXPECT_EQ(survey.people, people);
    EXPECT_EQ(survey.degrees_of_freedom, people - 1);
    EXPECT_NEAR(survey.concordant, 2 * plain.concordant / (people * people), 1e-14);
    EXPECT_NEAR(survey.discordant, 2 * plain.discordant / (people * people), 1e-14);
    EXPECT_NEAR(survey.tied_x, (2 * plain.tied_x + people) / (people * people), 1e-14);
    EXPECT_NEAR(survey.tied_y, (2 * plain.tied_y + people) / (people * people), 1e-14);
    EXPECT_NEAR(survey.tied_both, (2 * plain.tied_both + people) / (people * people), 1e-14);
    EXPECT_TRUE(std::isnan(survey.null.p) && std::isnan(survey.exact.p) && std::isnan(survey.null_variance));
  }
}

TEST(SurveyAssociation, IsThatOfAsManyPeopleAsWeightsSay) {
  const auto [x, y] = random_columns(3, 80, 4, 4);
  Numbers weights;
  for (std::size_t i = 0; i < x.size(); ++i) weights.push_back(static_cast<double>(i % 4));
  const Association survey = association(x, y, weights, SurveyDesign()), plain = association(x, y, weights);
  for (std::size_t k = 0; k < measures_of(plain).size(); ++k)
    EXPECT_NEAR(measures_of(survey)[k]->value, measures_of(plain)[k]->value, 1e-14);
  EXPECT_EQ(survey.people, 60);
}

TEST(SurveyAssociation, StandardErrorsAreThoseOfTheDesign) {
  // What a measure changes by with the weight of each person, by differences, added up by cluster.
  Stream stream({Seed(12), 0, 0, Purpose::test});
  for (std::uint64_t unit = 0; unit < 2; ++unit) {
    const std::size_t n = 60;
    const auto [x, y] = random_columns(100 + unit, n, 4, 3 + 4 * unit);
    Numbers weights;
    SurveyDesign design;
    for (std::size_t i = 0; i < n; ++i) {
      weights.push_back(i % 13 == 5 ? 0.0 : 0.2 + 3 * stream.uniform());
      design.part.push_back(static_cast<std::uint32_t>(i / 20));
      design.cluster.push_back(static_cast<std::uint32_t>(i / 4));
    }
    const Association found = association(x, y, weights, design);
    EXPECT_EQ(found.degrees_of_freedom, 12);
    for (std::size_t k = 0; k < measures_of(found).size(); ++k) {
      Numbers of_cluster(15);
      for (std::size_t i = 0; i < n; ++i) {
        if (!(weights[i] > 0)) continue;
        const double step = 1e-5 * weights[i];
        Numbers more = weights, less = weights;
        more[i] += step;
        less[i] -= step;
        const double up = measures_of(association(x, y, more, design))[k]->value,
                     down = measures_of(association(x, y, less, design))[k]->value;
        of_cluster[i / 4] += weights[i] * (up - down) / (2 * step);
      }
      double variance = 0;
      for (std::size_t part = 0; part < 3; ++part) {
        const auto* const first = of_cluster.data() + 5 * part;
        const double mean = std::accumulate(first, first + 5, 0.0) / 5;
        for (std::size_t c = 0; c < 5; ++c) variance += 1.25 * std::pow(first[c] - mean, 2);
      }
      EXPECT_NEAR(measures_of(found)[k]->ase1, std::sqrt(variance), 1e-7) << unit << ' ' << k;
    }
  }
}

TEST(SurveyAssociation, RefusesWhatItCannotRead) {
  const Numbers x{1, 2, 3}, y{1, 3, 2};
  const SurveyDesign design;
  EXPECT_EQ(
      said<Refusal>([&] {
        (void)association(x, y, Numbers{1, 2}, design);
      }),
      "found 3 values of 'the first variable' and 3 of 'the second variable', of 2 weights; expected one of each for "
      "every person [E-SHAPE]");
  EXPECT_EQ(said<DomainError>([&] {
              (void)association(x, y, Numbers{1, -2, 1}, design);
            }),
            "found a weight of -2; expected a finite number, 0 or more [E-WEIGHT-RANGE]");
  EXPECT_EQ(code_of([&] { (void)association(x, y, Numbers{1, nan, 1}, design); }), "E-WEIGHT-RANGE");
  EXPECT_EQ(code_of([&] { (void)association(x, Numbers{1, nan, 2}, Numbers{1, 1, 1}, design); }), "E-NUMBER");
  EXPECT_EQ(code_of([&] { (void)association(x, y, Numbers{0, 5, 0}, design); }), "E-OBSERVATIONS");
  EXPECT_EQ(code_of([&] { (void)association(x, y, Numbers{1, 1, 1}, SurveyDesign{{0, 0}, {}}); }), "E-SHAPE");
  EXPECT_EQ(code_of([&] {
              (void)association(x, y, Numbers{1, 1, 1}, SurveyDesign{{}, {4, 4, 4}});
            }),
            "E-DESIGN-LONELY");
  const Association most = association(x, x, Numbers{1, 2, 3}, design);
  EXPECT_EQ(most.tau_b.value, 1);
  EXPECT_TRUE(std::isnan(most.tau_b.interval.lower) && std::isnan(most.tau_b.zero.p));
  EXPECT_EQ(most.warnings.front().code, "W-BOUNDARY");
  const Association constant = association(x, Numbers{2, 2, 2}, Numbers{1, 2, 3}, design);
  EXPECT_EQ(constant.warnings.front().code, "W-UNDEFINED");
  EXPECT_TRUE(std::isnan(constant.tau_b.value));
}

/// Somebody of a village, which differs from others in both variables; `often` where both are high: of such people
/// twice as many are drawn.
std::pair<double, double> villager(Stream& stream, double village, bool& often) {
  const double shared = stream.uniform();
  const auto level = [&] { return std::floor(4 * (0.5 * village + 0.25 * shared + 0.25 * stream.uniform())); };
  const double x = level(), y = level();
  often = x + y >= 4;
  return {x, y};
}

/// The measures of everybody: of many villages, with all drawn alike.
Numbers measures_of_villages() {
  Stream stream({Seed(13), 1, 0, Purpose::test});
  Numbers x, y, out;
  for (int village = 0; village < 60'000; ++village) {
    const double level = stream.uniform();
    for (int k = 0; k < 5; ++k) {
      bool often = false;
      const auto [a, b] = villager(stream, level, often);
      x.push_back(a);
      y.push_back(b);
    }
  }
  for (const AssociationMeasure* m : measures_of(association(x, y))) out.push_back(m->value);
  return out;
}

/// How often 95 % intervals hold the truth, in percent by measure, in surveys of villages of such sizes: by their
/// design, and taking people as drawn alone.
std::pair<Numbers, Numbers> held_in_villages(const std::vector<int>& sizes, int samples, const Numbers& truth) {
  std::pair<Numbers, Numbers> out{Numbers(truth.size()), Numbers(truth.size())};
  for (int sample = 0; sample < samples; ++sample) {
    Stream stream(
        {Seed(14), static_cast<std::uint64_t>(sample), static_cast<std::uint32_t>(sizes.size()), Purpose::test});
    Numbers x, y, weights;
    SurveyDesign design;
    for (std::uint32_t village = 0; village < sizes.size(); ++village) {
      const double level = stream.uniform();
      for (int k = 0; k < sizes[village]; ++k) {
        bool often = false;
        const auto [a, b] = villager(stream, level, often);
        if (!often && stream.uniform() < 0.5) continue;
        x.push_back(a);
        y.push_back(b);
        weights.push_back(often ? 1 : 2);
        design.cluster.push_back(village);
      }
    }
    const Association survey = association(x, y, weights, design), plain = association(x, y);
    for (std::size_t k = 0; k < truth.size(); ++k) {
      const auto holds = [&](const Interval& i) { return i.lower <= truth[k] && truth[k] <= i.upper; };
      out.first[k] += holds(measures_of(survey)[k]->interval) ? 100.0 / samples : 0;
      out.second[k] += holds(measures_of(plain)[k]->interval) ? 100.0 / samples : 0;
    }
  }
  return out;
}

TEST(AssociationSlow, IntervalsOfSurveysCoverWhatTheyPromise) {
  const auto [held, held_plain] = held_in_villages(std::vector<int>(40, 16), 1000, measures_of_villages());
  for (std::size_t k = 0; k < held.size(); ++k) {
    EXPECT_GE(held[k], 92.5) << k;
    EXPECT_LE(held[k], 97.5) << k;
    EXPECT_LE(held_plain[k], 85) << k;
  }
}

TEST(AssociationSlow, IntervalsOfFewClustersCoverWhatIsSaidOfThem) {
  const Numbers truth = measures_of_villages();
  for (const StudiedAssociationDesign& s : studied_association_designs) {
    const auto clusters = static_cast<std::size_t>(s.degrees_of_freedom + 1);
    std::vector<int> unlike;
    for (std::size_t village = 0; village < clusters; ++village) unlike.push_back(village % 3 == 0 ? 48 : 12);
    const auto ends = [&](const std::vector<int>& sizes) {
      const Numbers held = held_in_villages(sizes, 500, truth).first;
      return std::pair(*std::min_element(held.begin(), held.end()), *std::max_element(held.begin(), held.end()));
    };
    const auto [least, most] = ends(std::vector<int>(clusters, 24));
    const auto [least_unlike, most_unlike] = ends(unlike);
    // Four standard errors of a share of 500 samples.
    const auto near = [](double share) { return 400 * std::sqrt(share / 100 * (1 - share / 100) / 500); };
    EXPECT_NEAR(least, s.least, near(s.least)) << clusters;
    EXPECT_NEAR(most, s.most, near(s.most)) << clusters;
    EXPECT_NEAR(least_unlike, s.least_unlike, near(s.least_unlike)) << clusters;
    EXPECT_NEAR(most_unlike, s.most_unlike, near(s.most_unlike)) << clusters;
  }
}

TEST(AssociationSlow, TestsRejectAsOftenAsTheySay) {
  // Samples of 60 with ties and without association: both tests of none, at 5 %.
  constexpr int samples = 2000;
  int null = 0, zero = 0, continuity = 0;
  for (int s = 0; s < samples; ++s) {
    Stream stream({Seed(14), static_cast<std::uint64_t>(s), 0, Purpose::test});
    Numbers x, y;
    for (int i = 0; i < 60; ++i) {
      x.push_back(static_cast<double>(stream.below(4)));
      y.push_back(static_cast<double>(stream.below(7)));
    }
    const Association a = association(x, y);
    null += a.null.p < 0.05;
    continuity += a.null_continuity.p < 0.05;
    zero += a.tau_b.zero.p < 0.05;
  }
  for (const int rejected : {null, zero, continuity}) {
    EXPECT_GE(rejected, 0.035 * samples);
    EXPECT_LE(rejected, 0.07 * samples);
  }
  EXPECT_LE(continuity, null);
}

}  // namespace
}  // namespace association_test
