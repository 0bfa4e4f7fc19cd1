// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/project/headcounts.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <rungs/core/random.hpp>
#include <rungs/project/projection.hpp>

namespace headcounts_test {
namespace {

using namespace rungs;

/// A ladder of n strata, matrices for `periods` periods (one for all if 0) and people in every stratum.
struct Society {
  Ladder ladder;
  Kernel kernel;
  Headcount start;
};

Society society(std::size_t n, std::size_t periods, std::uint64_t seed) {
  Ladder::Builder builder = Ladder::builder();
  for (std::size_t i = 0; i < n; ++i) builder.rung("stratum " + std::to_string(i));
  const Ladder ladder = builder.build();
  Stream stream({Seed(seed)});
  std::vector<TransitionMatrix> matrices;
  const auto size = static_cast<Eigen::Index>(n);
  for (std::size_t t = 0; t < std::max<std::size_t>(1, periods); ++t) {
    Matrix weights(size, size);
    for (double& x : weights.reshaped()) x = stream.uniform();
    matrices.push_back(TransitionMatrix::from_weights(ladder, weights));
  }
  Vector heads(size);
  for (double& x : heads) x = 1000 * stream.uniform();
  Kernel kernel = periods == 0 ? Kernel(matrices.front()) : Kernel(Period(2000), matrices);
  return {ladder, std::move(kernel), Headcount(ladder, heads)};
}

TEST(ExpectedHeadcounts, AreThoseOfTheProjectionForEverySize) {
  for (std::size_t n = 1; n <= 11; ++n)
    for (const std::size_t periods : {0U, 25U}) {
      const Society s = society(n, periods, 10 * n + periods);
      const Matrix heads = expected_headcounts(s.kernel, s.start, Span(20), Period(2003));
      const Course course =
          project(s.kernel, Population(s.start, Period(2003)), {s.ladder.at(0), s.ladder.at(n - 1), Span(20)});
      EXPECT_LE((heads - course.headcount).cwiseAbs().maxCoeff(), 1e-9) << n << " strata, " << periods << " periods";
      EXPECT_NEAR(heads.row(20).sum(), s.start.total(), 1e-9);
    }
}

TEST(ExpectedHeadcounts, AreMatrixPowersWhereTheMatrixIsConstant) {
  const Society s = society(4, 0, 1);
  Matrix power = Matrix::Identity(4, 4);
  const Matrix heads = expected_headcounts(s.kernel, s.start, Span(7));
  for (Eigen::Index t = 0; t <= 7; ++t) {
    EXPECT_LE((heads.row(t) - s.start.heads().transpose() * power).cwiseAbs().maxCoeff(), 1e-10);
    power = (power * s.kernel.matrix(0)).eval();
  }
  EXPECT_EQ(expected_headcounts(s.kernel, s.start, Span(0)).rows(), 1);
}

TEST(ExpectedHeadcounts, RefuseWhatTheKernelDoesNotHave) {
  const Society s = society(3, 5, 2), other = society(2, 0, 3);
  EXPECT_EQ(expected_headcounts(s.kernel, s.start, Span(5), Period(2000)).rows(), 6);
  EXPECT_THROW((void)expected_headcounts(s.kernel, s.start, Span(6), Period(2000)), Refusal);
  EXPECT_THROW((void)expected_headcounts(s.kernel, s.start, Span(1), Period(1999)), Refusal);
  EXPECT_THAT([&] { (void)expected_headcounts(s.kernel, other.start, Span(1), Period(2000)); },
              testing::ThrowsMessage<Refusal>(
                  "found a headcount and a kernel of two ladders; expected the same [E-LADDER-OTHER]"));
}

}  // namespace
}  // namespace headcounts_test
