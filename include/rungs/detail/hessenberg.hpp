// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_DETAIL_HESSENBERG_HPP
#define RUNGS_DETAIL_HESSENBERG_HPP

#include <cmath>

#include <Eigen/Core>

namespace rungs::detail {

/// H of A = Q H Q', Q orthogonal and H without entries below its first subdiagonal; Q too where it is asked for.
///
/// Of a symmetric matrix, H is tridiagonal but for rounding. Eigenvalues of H take it from there; Eigen's own
/// reductions to it make compilers work through two to ten times as many types as all the rest.
/// Cost: O(n^3). Method: Householder (1958).
inline Eigen::MatrixXd hessenberg(Eigen::MatrixXd h, Eigen::MatrixXd* q = nullptr) {
  const Eigen::Index n = h.rows();
  if (q != nullptr) q->setIdentity(n, n);
  Eigen::VectorXd v(n), sums(n);
  const auto reflect_columns = [&](Eigen::MatrixXd& m, Eigen::Index first) {  // M (I - 2 v v'), v 0 before `first`
    sums.setZero();
    for (Eigen::Index j = first; j < n; ++j) sums += 2 * v[j] * m.col(j);
    for (Eigen::Index j = first; j < n; ++j) m.col(j) -= v[j] * sums;
  };
  for (Eigen::Index k = 0; k + 2 < n; ++k) {
    double rest = 0;
    for (Eigen::Index i = k + 2; i < n; ++i) rest += h(i, k) * h(i, k);
    if (rest > 0) {
      const double first = h(k + 1, k), from = first + std::copysign(std::sqrt(first * first + rest), first);
      const double length = std::sqrt(from * from + rest);
      v.setZero();
      v[k + 1] = from / length;
      for (Eigen::Index i = k + 2; i < n; ++i) v[i] = h(i, k) / length;
      for (Eigen::Index j = k; j < n; ++j) h.col(j) -= 2 * v.dot(h.col(j)) * v;
      reflect_columns(h, k + 1);
      if (q != nullptr) reflect_columns(*q, k + 1);
    }
    for (Eigen::Index i = k + 2; i < n; ++i) h(i, k) = 0;
  }
  return h;
}

}  // namespace rungs::detail

#endif
