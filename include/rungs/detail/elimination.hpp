// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_DETAIL_ELIMINATION_HPP
#define RUNGS_DETAIL_ELIMINATION_HPP

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

#include <Eigen/Core>

#include <rungs/core/error.hpp>
#include <rungs/detail/sizes.hpp>
#include <rungs/model/transition_matrix.hpp>

namespace rungs::detail {

inline Refusal never_left() {
  return {"E-REDUCIBLE",
          "found strata that nobody leaves where an answer for all time was asked; expected a way out of each"};
}

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
      const double* const from = a.data() + k * a.cols();
      const double out = (leaving ? from[0] : 0.0) + Eigen::Map<const Vector>(from + c, k).sum();
      if (!(out > 0)) throw never_left();
      pivot[k] = out;
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

/// eliminate() for so few states that the compiler knows how many; returns whether people leave each of them.
template <std::size_t m, std::size_t c>
[[nodiscard]] bool eliminate_few(std::array<std::array<double, c + m>, m>& a, std::size_t first,
                                 std::array<double, m>& pivot) {
  for (std::size_t k = m; k-- > first;) {
    double out = c > 0 ? a[k][0] : 0.0;
    for (std::size_t j = c; j < c + k; ++j) out += a[k][j];
    if (!(out > 0)) return false;
    pivot[k] = out;
    for (std::size_t i = 0; i < k; ++i) {
      const double share = a[i][c + k] /= out;
      for (std::size_t j = 0; j < c + k; ++j) a[i][j] += share * a[k][j];
    }
  }
  return true;
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
inline Vector stationary_irreducible(const Matrix& p) {
  const Eigen::Index m = p.rows();
  Vector law(m);
  bool left = true;
  const bool few = with_small_size(static_cast<std::size_t>(m), [&](auto size) {
    constexpr std::size_t n = size();
    std::array<std::array<double, n>, n> a;
    std::memcpy(a.data(), p.data(), sizeof a);
    std::array<double, n> pivot;
    left = eliminate_few<n, 0>(a, 1, pivot);
    std::array<double, n> of{1};
    double all = 1;
    for (std::size_t j = 1; j < n; ++j) {
      for (std::size_t i = 0; i < j; ++i) of[j] += of[i] * a[i][j];
      all += of[j];
    }
    for (std::size_t j = 0; j < n; ++j) law[static_cast<Eigen::Index>(j)] = of[j] / all;
  });
  if (!left) throw never_left();
  if (few) return law;
  Matrix a = p;
  Vector pivot;
  law.setZero();
  eliminate(a, 0, false, 1, pivot);
  law[0] = 1;
  for (Eigen::Index i = 0; i + 1 < m; ++i)
    for (Eigen::Index j = i + 1; j < m; ++j) law[j] += law[i] * a(i, j);
  law /= law.sum();
  return law;
}

/// Column j: the expected number of steps until j is entered, from every other stratum; the diagonal is not written.
inline void times_to_enter(const Matrix& p, Matrix& out) {
  const Eigen::Index n = p.rows();
  bool left = true;
  const bool few = with_small_size(static_cast<std::size_t>(n), [&](auto size) {
    constexpr std::size_t m = size() - 1;  // the others
    for (std::size_t j = 0; j <= m; ++j) {
      std::array<std::array<double, m + 2>, m> a;  // what enters j, a step, and the moves among the others
      for (std::size_t i = 0; i < m; ++i) {
        const double* const from = p.data() + (i + (i >= j ? 1U : 0U)) * size();
        a[i][0] = from[j];
        a[i][1] = 1;
        for (std::size_t k = 0; k < m; ++k) a[i][2 + k] = from[k + (k >= j ? 1U : 0U)];
      }
      std::array<double, m> pivot;
      left = eliminate_few<m, 2>(a, 0, pivot) && left;
      for (std::size_t k = 0; k < m; ++k) {
        double time = a[k][1];
        for (std::size_t i = 0; i < k; ++i) time += a[k][2 + i] * a[i][1];
        a[k][1] = time / pivot[k];
        out.data()[(k + (k >= j ? 1U : 0U)) * size() + j] = a[k][1];
      }
    }
  });
  if (!left) throw never_left();
  if (few) return;
  Matrix a(n - 1, n + 1);
  Vector pivot;
  for (Eigen::Index j = 0; j < n && n > 1; ++j) {
    for (Eigen::Index i = 0, r = 0; i < n; ++i) {
      if (i == j) continue;
      const double* from = p.data() + i * n;
      double* to = a.data() + r++ * (n + 1);
      *to++ = from[j];
      *to++ = 1;
      std::copy(from + j + 1, from + n, std::copy(from, from + j, to));
    }
    solve_in_place(a, 1, pivot);
    for (Eigen::Index i = 0, r = 0; i < n; ++i)
      if (i != j) out(i, j) = a(r++, 1);
  }
}

}  // namespace rungs::detail

#endif
