// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <rungs/estimate/covariates.hpp>

namespace covariates_test {
namespace {

using namespace rungs;

std::vector<std::string> names(const Covariates& x) {
  std::vector<std::string> out;
  for (const Covariates::Column& c : x.columns()) out.push_back(c.name);
  return out;
}

TEST(CovariateFactors, HaveTheirLevelsInAStatedOrder) {
  const std::vector<std::string> labels{"low", "high", "middle", "", "high"};
  Covariates found, stated;
  found.factor("school", labels, "low");
  stated.factor("school", labels, std::vector<std::string>{"low", "middle", "high"});
  EXPECT_EQ(names(found), (std::vector<std::string>{"school=high", "school=middle"}));
  EXPECT_EQ(names(stated), (std::vector<std::string>{"school=middle", "school=high"}));
  EXPECT_EQ(found.bases(), stated.bases());
  for (Eigen::Index k : {0, 1, 2, 4}) {
    EXPECT_EQ(found.values()(k, 0), stated.values()(k, 1));
    EXPECT_EQ(found.values()(k, 1), stated.values()(k, 0));
  }
  EXPECT_TRUE(std::isnan(stated.values()(3, 0)));
}

TEST(CovariateFactors, RefuseLabelsThatWereNotStated) {
  Covariates x;
  try {
    x.factor("school", {"low", "hihg"}, std::vector<std::string>{"low", "high"});
    FAIL();
  } catch (const Refusal& e) {
    EXPECT_EQ(e.code(), "E-COVARIATE");
    EXPECT_EQ(e.message(), "found 'hihg' in 'school'; expected one of 'low', 'high'");
  }
  EXPECT_THROW(x.factor("school", {"low"}, std::vector<std::string>{"none", "low"}), Refusal);
  EXPECT_THROW(x.factor("school", {"low"}, std::vector<std::string>{}), Refusal);
}

TEST(CovariateNumbers, AreDummiesWhereTheyAreKnown) {
  Covariates x;
  x.number("trained", Eigen::Vector4d(0, 1, std::nan(""), 1)).number("age", Eigen::Vector4d(0, 1, std::nan(""), 2));
  EXPECT_TRUE(x.columns()[0].dummy);
  EXPECT_FALSE(x.columns()[1].dummy);
}

}  // namespace
}  // namespace covariates_test
