// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <cmath>

#include <CbcModel.hpp>
#include <CglKnapsackCover.hpp>
#include <CglMixedIntegerRounding2.hpp>
#include <CglProbing.hpp>
#include <OsiClpSolverInterface.hpp>

#include "simplex.hpp"

namespace rungs::detail::lp {

std::vector<double> best_whole(const Plain& plain) {
  ClpSimplex relaxed = simplex(plain);
  OsiClpSolverInterface solver(&relaxed);
  solver.messageHandler()->setLogLevel(0);
  for (const int j : plain.whole) solver.setInteger(j);
  CbcModel search(solver);
  search.setLogLevel(0);
  search.solver()->messageHandler()->setLogLevel(0);
  search.setIntegerTolerance(1e-9);
  search.setAllowableGap(0);
  search.setAllowableFractionGap(0);
  search.setCutoffIncrement(0);
  CglProbing probing;
  CglKnapsackCover cover;
  CglMixedIntegerRounding2 rounding;
  search.addCutGenerator(&probing, -1, "probing");
  search.addCutGenerator(&cover, -1, "cover");
  search.addCutGenerator(&rounding, -1, "rounding");
  search.branchAndBound();
  if (search.isProvenInfeasible()) return {};
  if (!search.isProvenOptimal() || search.bestSolution() == nullptr)
    throw Refusal("E-LP-NUMERIC",
                  "found a linear programme whose whole columns the solver gives up; expected numbers of like size");
  std::vector<double> out;
  for (const int j : plain.whole) out.push_back(std::round(search.bestSolution()[j]));
  return out;
}

}  // namespace rungs::detail::lp
