// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_DETAIL_ELIMINATION_HPP
#define RUNGS_DETAIL_ELIMINATION_HPP

#include <algorithm>

#include <Eigen/Core>

#include <rungs/core/error.hpp>
#include <rungs/model/transition_matrix.hpp>

namespace rungs::detail {

/// Eliminates states `last` down to `first` of a chain without a single subtraction.
///
/// `a` is m x (c + m): c columns that lead out or carry rewards, then the moves among the m states. Where `leaving`,
/// column 0 is the mass that leaves the m states in a step; a pivot is what leaves a state for those still there (and
/// for good), never 1 minus what stays. Afterwards column c + k holds, above row k, the shares passed on through k, and
/// row k, left of column c + k, the moves of k censored to the states below; `pivot[k]` is what it was divided by.
/// Cost: 2/3 m^3, in blocks by matrix products. Method: Grassmann, Taksar and Heyman (1985),
/// doi 10.1287/opre.33.5.1107.
inline void eliminate(Matrix& a, Eigen::Index c, bool leaving, Eigen::Index first, Vector& pivot) {
  const Eigen::Index m = a.rows();
  constexpr Eigen::Index block = 48;
  pivot.setZero(m);
  for (Eigen::Index end = m; end > first;) {
    const Eigen::Index begin = std::max(first, end - block);
    for (Eigen::Index k = end - 1; k >= begin; --k) {
      const double out = (leaving ? a(k, 0) : 0.0) + a.row(k).segment(c, k).sum();
      if (!(out > 0))
        throw Refusal(
            "E-REDUCIBLE",
            "found strata that nobody leaves where an answer for all time was asked; expected a way out of each");
      pivot[k] = out;
      const double* const from = a.data() + k * a.cols();
      for (Eigen::Index i = begin; i < k; ++i) {
        double* const to = a.data() + i * a.cols();
        const double share = to[c + k] /= out;
        if (share != 0)
          for (Eigen::Index j = 0; j < c + k; ++j) to[j] += share * from[j];
      }
    }
    if (begin > 0) {
      // The same for the rows above, as one triangular solve: its off-diagonal is negative, so that it only ever adds.
      Matrix lower = -a.block(begin, c + begin, end - begin, end - begin);
      lower.diagonal() = pivot.segment(begin, end - begin);
      auto shares = a.block(0, c + begin, begin, end - begin);
      lower.triangularView<Eigen::Lower>().solveInPlace<Eigen::OnTheRight>(shares);
      a.topLeftCorner(begin, c + begin).noalias() +=
          a.block(0, c + begin, begin, end - begin) * a.block(begin, 0, end - begin, c + begin);
    }
    end = begin;
  }
}

/// (I - Q)^-1 W, written over W: `a` holds what leaves each state in a step (column 0), `rewards` columns W of numbers
/// 0 or more, and Q.
///
/// Throws Refusal [E-REDUCIBLE] when some states are never left.
inline void solve_in_place(Matrix& a, Eigen::Index rewards, Vector& pivot) {
  eliminate(a, 1 + rewards, true, 0, pivot);
  for (Eigen::Index k = 0; k < a.rows(); ++k) {
    auto x = a.row(k).segment(1, rewards);
    if (k > 0) x.noalias() += a.row(k).segment(1 + rewards, k) * a.block(0, 1, k, rewards);
    x /= pivot[k];
  }
}

/// (I - Q)^-1 W for moves Q among transient states, what leaves them in a step, and columns W of numbers 0 or more:
/// every entry as accurate as the input.
///
/// Throws Refusal [E-REDUCIBLE] when some states are never left.
inline Matrix solve_transient(const Eigen::Ref<const Matrix>& q, const Vector& leaving, const Matrix& w) {
  Matrix a(q.rows(), 1 + w.cols() + q.rows());
  a.col(0) = leaving;
  a.middleCols(1, w.cols()) = w;
  a.rightCols(q.rows()) = q;
  Vector pivot;
  solve_in_place(a, w.cols(), pivot);
  return a.middleCols(1, w.cols());
}

/// The stationary law of an irreducible chain.
inline Vector stationary_irreducible(Matrix a) {
  const Eigen::Index m = a.rows();
  Vector pivot, law = Vector::Zero(m);
  eliminate(a, 0, false, 1, pivot);
  law[0] = 1;
  for (Eigen::Index i = 0; i + 1 < m; ++i) law.tail(m - i - 1) += law[i] * a.row(i).tail(m - i - 1).transpose();
  law /= law.sum();
  return law;
}

}  // namespace rungs::detail

#endif
