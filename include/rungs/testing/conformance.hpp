// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_TESTING_CONFORMANCE_HPP
#define RUNGS_TESTING_CONFORMANCE_HPP

#include <cmath>
#include <string>
#include <vector>

#include <rungs/estimate/estimator.hpp>
#include <rungs/intervene/programme.hpp>

/// Checks for authors of estimators and programmes of their own; public, but may change between releases.
namespace rungs::testing {

namespace detail {

inline bool stochastic(const Kernel& kernel) {
  const auto n = static_cast<Eigen::Index>(kernel.ladder().size());
  for (std::size_t m = 0; m < kernel.count(); ++m)
    for (Eigen::Index i = 0; i < n; ++i) {
      if (!(std::abs(kernel.view(m).row(i).sum() - 1) < 1e-12)) return false;
      for (Eigen::Index j = 0; j < n; ++j) {
        const double p = kernel.view(m)(i, j);
        if (!(p >= 0 && p <= 1 + 1e-15)) return false;
        if (p > 0 && !kernel.ladder().possible(static_cast<std::size_t>(i), static_cast<std::size_t>(j))) return false;
      }
    }
  return true;
}

}  // namespace detail

/// What an estimator promises and does not keep, in words; empty when all is well.
///
/// Tried on counts of a ladder with an exit and an impossible move: the model keeps the ladder, point and draws are
/// stochastic and leave impossible moves impossible, a draw is the same whenever it is asked for, and twice the people
/// do not make draws of the reach wider.
template <Estimator E>
[[nodiscard]] std::vector<std::string> check_estimator(const E& estimator) {
  std::vector<std::string> broken;
  const Ladder ladder = Ladder::builder()
                            .rung("low")
                            .rung("middle")
                            .rung("high")
                            .exit("gone")
                            .move("low", "middle")
                            .move("middle", "low")
                            .move("middle", "high")
                            .move("high", "middle")
                            .move("low", "gone")
                            .move("middle", "gone")
                            .move("high", "gone")
                            .build();
  const auto counts = [&](double times) {
    Tally tally(ladder, Step{});
    const double cells[3][4] = {{70, 20, 0, 10}, {8, 60, 25, 7}, {0, 12, 80, 8}};
    for (std::size_t i = 0; i < 3; ++i)
      for (std::size_t j = 0; j < 4; ++j)
        if (cells[i][j] > 0) tally.add(i, j, times * cells[i][j]);
    return tally;
  };
  if (estimator.name().empty()) broken.emplace_back("name() is empty");
  const Ensemble model = estimator.fit(counts(1)), larger = estimator.fit(counts(16));
  if (!(model.ladder() == ladder)) return {"fit() does not keep the ladder of the tally"};
  if (!detail::stochastic(model.point()))
    broken.emplace_back("the point is not a stochastic matrix on the possible moves");
  double wide = 0, narrow = 0;
  for (std::uint64_t d = 0; d < 100; ++d) {
    const Draw draw(Seed(1), d);
    if (d >= model.limit(100) || d >= larger.limit(100)) break;
    const Kernel kernel = model.draw(draw);
    if (!detail::stochastic(kernel)) {
      broken.emplace_back("draw " + std::to_string(d) + " is not a stochastic matrix on the possible moves");
      break;
    }
    if (!(kernel == model.draw(draw))) {
      broken.emplace_back("draw " + std::to_string(d) + " is another one when asked for again");
      break;
    }
    wide += std::abs(kernel.matrix(0)(0, 1) - model.point().matrix(0)(0, 1));
    narrow += std::abs(larger.draw(draw).matrix(0)(0, 1) - larger.point().matrix(0)(0, 1));
  }
  if (narrow > wide) broken.emplace_back("sixteen times the people make the draws wider");
  return broken;
}

/// What a kind of programme promises and does not keep, in words, on a ladder and a matrix of its author's; empty when
/// all is well.
///
/// Rows stay stochastic at every time since enrolment and in every world, a world is the same whenever it is asked for,
/// and nothing changes any more once settled.
template <Intervention I>
[[nodiscard]] std::vector<std::string> check_intervention(const I& intervention, const TransitionMatrix& matrix) {
  std::vector<std::string> broken;
  if (intervention.name().empty()) broken.emplace_back("name() is empty");
  if (!(intervention.settled() >= 0)) broken.emplace_back("settled() is negative or not a number");
  const Ladder& ladder = matrix.ladder();
  const auto changed = [&](double years, const Draw& draw) {
    Matrix p = matrix.matrix();
    (void)intervention.change(p, ladder, years, matrix.step(), draw);
    return p;
  };
  for (std::uint64_t d = 0; d < 50; ++d) {
    const Draw draw = d == 0 ? Draw::point() : Draw(Seed(1), d);
    for (const double years : {-1.0, 0.0, 0.5, 1.0, 3.0, 10.0, 40.0}) {
      const Matrix p = changed(years, draw);
      for (Eigen::Index i = 0; i < p.rows(); ++i)
        if (!(std::abs(p.row(i).sum() - 1) < 1e-9 && p.row(i).minCoeff() >= 0)) {
          broken.push_back("the row of '" + ladder.name(static_cast<std::size_t>(i)) + "' is not stochastic " +
                           std::to_string(years) + " years on");
          return broken;
        }
      if (!(p == changed(years, draw))) {
        broken.emplace_back("the same world gives another change when asked for again");
        return broken;
      }
    }
    if (intervention.settled() < 1e6 &&
        !(changed(intervention.settled(), draw) == changed(intervention.settled() + 7, draw))) {
      broken.emplace_back("something changes after settled()");
      return broken;
    }
  }
  return broken;
}

}  // namespace rungs::testing

#endif
