// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/testing/conformance.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>

#include <rungs/estimate/dirichlet.hpp>

namespace conformance_test {
namespace {

using namespace rungs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(CheckEstimator, PassesOurs) {
  EXPECT_THAT(rungs::testing::check_estimator(Proportions{}), IsEmpty());
  EXPECT_THAT(rungs::testing::check_estimator(DirichletRows{.prior = 0.5}), IsEmpty());
}

/// Smooths towards moves that the ladder forbids.
struct Leaky {
  [[nodiscard]] std::string name() const { return "leaky"; }
  [[nodiscard]] Ensemble fit(const Tally& tally) const {
    Matrix p = Proportions{}.fit(tally).point().matrix(0);
    p.row(0).setConstant(1.0 / static_cast<double>(p.cols()));
    return {Kernel(TransitionMatrix(unchecked, tally.ladder(), p)), Known{}, name()};
  }
};

/// Knows less the more people there are.
struct Backwards {
  [[nodiscard]] std::string name() const { return "backwards"; }
  [[nodiscard]] Ensemble fit(const Tally& tally) const {
    const Ensemble honest = Proportions{}.fit(tally);
    const double people = tally.pooled().row_people(0);
    Matrix alpha = honest.point().matrix(0) * (1e6 / people / people);
    alpha.bottomRows(1).setZero();
    return {honest.point(), DirichletWeights{{alpha}}, name()};
  }
};

struct Unnamed {
  [[nodiscard]] std::string name() const { return ""; }
  [[nodiscard]] Ensemble fit(const Tally& tally) const { return Proportions{}.fit(tally); }
};

TEST(CheckEstimator, FindsWhatIsBroken) {
  EXPECT_THAT(rungs::testing::check_estimator(Leaky{}),
              ::testing::Contains(HasSubstr("the point is not a stochastic matrix")));
  EXPECT_THAT(rungs::testing::check_estimator(Backwards{}),
              ElementsAre("sixteen times the people make the draws wider"));
  EXPECT_THAT(rungs::testing::check_estimator(Unnamed{}), ElementsAre("name() is empty"));
}

TransitionMatrix moves() {
  Matrix p(2, 2);
  p << 0.8, 0.2, 0.1, 0.9;
  return {Ladder::parse("low < high"), p};
}

struct Adds {
  double gain = 0.1;
  bool spill = false;
  [[nodiscard]] std::string name() const { return "adds"; }
  [[nodiscard]] double settled() const { return 0; }
  bool change(Matrix& p, const Ladder&, double years, Step, const Draw&) const {
    p(0, 1) += gain * (spill ? years + 2 : 1);
    p(0, 0) = 1 - p(0, 1) + (spill ? 0.1 : 0);
    return false;
  }
};

struct Unsettled {
  [[nodiscard]] std::string name() const { return "unsettled"; }
  [[nodiscard]] double settled() const { return 2; }
  bool change(Matrix& p, const Ladder&, double years, Step, const Draw&) const {
    return change_move(p.row(0), 0, 1, 0.2 + 0.001 * (years + 1), GivenUp::staying);
  }
};

TEST(CheckIntervention, PassesOursAndFindsWhatIsBroken) {
  const Ladder l = moves().ladder();
  EXPECT_THAT(
      rungs::testing::check_intervention(MoveEffects("course", {{l["low"], l["high"], odds_ratio(2).interval(1, 4)}},
                                                     Profile().lag(1).fade_half_life(3)),
                                         moves()),
      IsEmpty());
  EXPECT_THAT(rungs::testing::check_intervention(Adds{}, moves()), IsEmpty());
  EXPECT_THAT(rungs::testing::check_intervention(Adds{.gain = 0.9}, moves()),
              ElementsAre(HasSubstr("the row of 'low' is not stochastic")));
  EXPECT_THAT(rungs::testing::check_intervention(Adds{.spill = true}, moves()),
              ElementsAre(HasSubstr("is not stochastic")));
  EXPECT_THAT(rungs::testing::check_intervention(Unsettled{}, moves()),
              ElementsAre("something changes after settled()"));
}

}  // namespace
}  // namespace conformance_test
