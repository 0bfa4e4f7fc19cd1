// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_DETAIL_ACTIVE_SET_HPP
#define RUNGS_DETAIL_ACTIVE_SET_HPP

#include <algorithm>
#include <cstddef>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <Eigen/Core>
#include <Eigen/QR>

#include <rungs/core/error.hpp>
#include <rungs/model/transition_matrix.hpp>

namespace rungs::detail {

/// Some columns of a matrix, in the order given.
inline Eigen::MatrixXd columns(const Eigen::MatrixXd& m, const std::vector<Eigen::Index>& which) {
  Eigen::MatrixXd out(m.rows(), static_cast<Eigen::Index>(which.size()));
  for (std::size_t k = 0; k < which.size(); ++k) out.col(static_cast<Eigen::Index>(k)) = m.col(which[k]);
  return out;
}

/// What a bounded convex programme is to make small: |A x - b|^2 where A has rows, else c'x.
struct ConvexObjective {
  Eigen::MatrixXd a{};
  Vector b{};
  Vector c{};  ///< used where A has no rows

  [[nodiscard]] bool linear() const noexcept { return a.rows() == 0; }
  [[nodiscard]] Vector gradient(const Vector& x) const { return linear() ? c : Vector(a.transpose() * (a * x - b)); }
};

/// How far a point is from the conditions of Karush, Kuhn and Tucker for {x >= 0, E x = e}: 0 at an exact optimum.
///
/// The multipliers of the equalities are found from the numbers above 0 alone, so that the check does not depend on how
/// the optimum was found.
struct Optimality {
  double stationarity = 0;  ///< the gradient of a number above 0, beyond what the equalities explain
  double multiplier = 0;    ///< how much a number at 0 would still gain
  double feasibility = 0;   ///< how far an equality is missed, or a number is below 0
  [[nodiscard]] double largest() const noexcept { return std::max({stationarity, multiplier, feasibility}); }
};

inline Optimality optimality(const ConvexObjective& objective, const Eigen::MatrixXd& e, const Vector& rhs,
                             const Vector& x) {
  std::vector<Eigen::Index> above;
  for (Eigen::Index k = 0; k < x.size(); ++k)
    if (x[k] > 0) above.push_back(k);
  const Vector g = objective.gradient(x);
  Vector own(static_cast<Eigen::Index>(above.size()));
  for (std::size_t k = 0; k < above.size(); ++k) own[static_cast<Eigen::Index>(k)] = g[above[k]];
  const Eigen::MatrixXd transposed = columns(e, above).transpose();
  const Vector lambda = transposed.completeOrthogonalDecomposition().solve(own);
  const Vector mu = g - e.transpose() * lambda;
  Optimality out;
  for (Eigen::Index k = 0; k < x.size(); ++k) {
    if (x[k] > 0)
      out.stationarity = std::max(out.stationarity, std::abs(mu[k]));
    else
      out.multiplier = std::max(out.multiplier, -mu[k]);
    out.feasibility = std::max(out.feasibility, -x[k]);
  }
  if (e.rows() > 0) out.feasibility = std::max(out.feasibility, (e * x - rhs).cwiseAbs().maxCoeff());
  return out;
}

/// The point of the smallest value of an objective over {x >= 0, E x = E x0}, a bounded set of which x0 is a point; E
/// has full row rank, and A no singular values between 0 and some 1e-7 times the largest.
///
/// `held` has which numbers are held at 0 at the start, and at the end: none, or those of an optimum of another
/// objective over the same set, from which it is often a few rounds to this one.
/// Method: primal active sets with directions in the null space of the equalities (Nocedal and Wright 2006, section
/// 16.5); the lowest number goes first wherever several could (Bland 1977), so that ties do not make it run in circles.
/// Throws Refusal [E-CONVERGENCE]. Cost: some N rounds of N^3 for N numbers.
inline Vector minimise(const ConvexObjective& objective, const Eigen::MatrixXd& e, Vector x, std::vector<char>& held) {
  const Eigen::Index n = x.size();
  held.resize(static_cast<std::size_t>(n), 0);
  // Multipliers are sums of products of A and differences, which are as exact as b.
  const Vector least = objective.linear()
                           ? Vector::Constant(n, -1e-11)
                           : Vector(-1e-15 * objective.b.norm() * objective.a.colwise().norm().transpose());
  bool at_bottom = false;  // the last step went all the way to the bottom of what the held numbers leave
  const Eigen::Index limit = 1000 + 50 * n;
  for (Eigen::Index round = 0; round < limit; ++round) {
    std::vector<Eigen::Index> open;
    for (Eigen::Index k = 0; k < n; ++k)
      if (held[static_cast<std::size_t>(k)] == 0) open.push_back(k);
    const auto free = static_cast<Eigen::Index>(open.size());
    // No equality loses its last number: a number is held only if a direction along all equalities moves it.
    const Eigen::HouseholderQR<Eigen::MatrixXd> qr(columns(e, open).transpose());
    const Vector g = objective.gradient(x);
    Vector own(free);
    for (Eigen::Index k = 0; k < free; ++k) own[k] = g[open[static_cast<std::size_t>(k)]];
    if (!at_bottom && free > e.rows()) {
      const Eigen::MatrixXd q = qr.householderQ(), z = q.rightCols(free - e.rows());
      Vector d;
      if (objective.linear()) {
        const Vector along = z.transpose() * own;
        if (along.norm() > 1e-11 * (1 + own.norm())) d = -z * along;
      } else {
        Eigen::CompleteOrthogonalDecomposition<Eigen::MatrixXd> slope;
        slope.setThreshold(1e-12);
        slope.compute(columns(objective.a, open) * z);
        const Vector gap = objective.b - objective.a * x, bottom = slope.solve(gap);
        d = z * bottom;
      }
      const double size = d.size() == 0 ? 0.0 : d.cwiseAbs().maxCoeff();
      if (size > 1e-16) {
        double step = objective.linear() ? std::numeric_limits<double>::infinity() : 1.0;
        Eigen::Index blocking = -1;
        for (Eigen::Index k = 0; k < free; ++k) {
          if (!(d[k] < -1e-12 * size)) continue;
          const double room = std::max(0.0, x[open[static_cast<std::size_t>(k)]]) / -d[k];
          if (room < step) {
            step = room;
            blocking = k;
          }
        }
        if (blocking < 0 && objective.linear()) break;  // not bounded: the caller's mistake
        for (Eigen::Index k = 0; k < free; ++k) {
          double& value = x[open[static_cast<std::size_t>(k)]];
          value = std::max(0.0, value + step * d[k]);
        }
        if (blocking >= 0) {
          x[open[static_cast<std::size_t>(blocking)]] = 0;
          held[static_cast<std::size_t>(open[static_cast<std::size_t>(blocking)])] = 1;
        } else {
          at_bottom = true;
        }
        continue;
      }
    }
    // At the bottom: which of the held numbers would gain?
    const Vector lambda = qr.solve(own);
    const Vector mu = g - e.transpose() * lambda;
    Eigen::Index gains = 0;
    while (gains < n && !(held[static_cast<std::size_t>(gains)] != 0 && mu[gains] < least[gains])) ++gains;
    if (gains == n) return x;
    held[static_cast<std::size_t>(gains)] = 0;
    at_bottom = false;
  }
  throw Refusal("E-CONVERGENCE", "found no optimum in " + std::to_string(limit) +
                                     " changes of the active set; expected shares that are not so close to each other");
}

}  // namespace rungs::detail

#endif
