// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_DETAIL_MATRIX_FUNCTIONS_HPP
#define RUNGS_DETAIL_MATRIX_FUNCTIONS_HPP

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <cstddef>
#include <utility>

#include <Eigen/Eigenvalues>

#include <rungs/detail/hessenberg.hpp>
#include <rungs/detail/product.hpp>

namespace rungs::detail {

/// exp(A). Of rates it only ever adds and multiplies numbers of 0 or more, so that small probabilities are as accurate
/// as large ones.
///
/// Cost: 8 products, and one for each time that the sums of A double beyond 2. Method: Taylor's series of A less its
/// lowest diagonal entry, scaled and squared, by the scheme of Paterson and Stockmeyer (1973).
inline Eigen::MatrixXd exponential(Eigen::MatrixXd a) {
  const double lowest = a.diagonal().minCoeff();
  for (Eigen::Index i = 0; i < a.rows(); ++i) a(i, i) -= lowest;
  const double size = a.cwiseAbs().rowwise().sum().maxCoeff();
  int halved = size > 2 && std::isfinite(size) ? std::ilogb(size / 2) + 1 : 0;
  while ((Eigen::Index{24} << halved) < a.rows()) ++halved;  // so that the series gets from any stratum to any other
  a *= std::ldexp(1, -halved);

  std::array<double, 25> c{1};  // 1 / k!
  for (std::size_t k = 1; k < c.size(); ++k) c[k] = c[k - 1] / static_cast<double>(k);
  const Eigen::MatrixXd a2 = product(a, a), a3 = product(a2, a), a4 = product(a2, a2), a5 = product(a3, a2);
  Eigen::MatrixXd out = Eigen::MatrixXd::Zero(a.rows(), a.cols());
  for (std::size_t k = 25; k > 0;) {
    k -= 5;
    if (k < 20) out = product(out, a5);
    out += c[k + 1] * a + c[k + 2] * a2 + c[k + 3] * a3 + c[k + 4] * a4;
    for (Eigen::Index i = 0; i < a.rows(); ++i) out(i, i) += c[k];
  }
  out *= std::exp(std::ldexp(lowest, -halved));
  for (; halved > 0; --halved) out = product(out, out);
  return out;
}

/// A = U T U* = U (I + R)^(2^roots) U* with T and R upper triangular and R small.
struct RootNearOne {
  Eigen::MatrixXcd u, t, r;
  int roots = 0;
};
/// By square roots of the complex Schur form (Björck and Hammarling 1983), for a matrix without an eigenvalue that is 0
/// or negative.
inline RootNearOne root_near_one(const Eigen::MatrixXd& a) {
  const Eigen::Index n = a.rows();
  Eigen::MatrixXd q;
  const Eigen::MatrixXd h = hessenberg(a, &q);
  Eigen::ComplexSchur<Eigen::MatrixXd> schur;
  schur.computeFromHessenberg(h, q);
  RootNearOne out{schur.matrixU(), schur.matrixT(), schur.matrixT()};
  Eigen::MatrixXcd& t = out.r;
  const auto is_near = [&] {
    double far = 0;
    for (Eigen::Index j = 0; j < n; ++j) {
      double sum = std::abs(t(j, j) - 1.0);
      for (Eigen::Index i = 0; i < j; ++i) sum += std::abs(t(i, j));
      far = std::max(far, sum);
    }
    return far < 0.264;  // where approximants of degree 7 are exact to rounding
  };
  for (; !is_near() && out.roots < 64; ++out.roots)  // more only for an eigenvalue of 0
    for (Eigen::Index j = 0; j < n; ++j) {
      t(j, j) = std::sqrt(t(j, j));
      for (Eigen::Index i = j - 1; i >= 0; --i) {
        for (Eigen::Index k = i + 1; k < j; ++k) t(i, j) -= t(i, k) * t(k, j);
        if (t(i, j) != 0.0) t(i, j) /= t(i, i) + t(j, j);
      }
    }
  for (Eigen::Index i = 0; i < n; ++i) t(i, i) -= 1.0;
  return out;
}
/// (I + a A)^-1 b B of upper triangular matrices.
inline Eigen::MatrixXcd solve_triangular(double a, const Eigen::MatrixXcd& of_a, double b,
                                         const Eigen::MatrixXcd& of_b) {
  Eigen::MatrixXcd x = Eigen::MatrixXcd::Zero(of_a.rows(), of_a.cols());
  for (Eigen::Index j = 0; j < x.cols(); ++j)
    for (Eigen::Index i = j; i >= 0; --i) {
      std::complex<double> sum = b * of_b(i, j);
      for (Eigen::Index k = i + 1; k <= j; ++k) sum -= a * of_a(i, k) * x(k, j);
      x(i, j) = sum / (1.0 + a * of_a(i, i));
    }
  return x;
}
/// The real part of U T U*, T upper triangular.
inline Eigen::MatrixXd turned_back(const Eigen::MatrixXcd& u, const Eigen::MatrixXcd& t) {
  Eigen::MatrixXd out = Eigen::MatrixXd::Zero(t.rows(), t.cols());
  for (Eigen::Index i = 0; i < t.rows(); ++i)
    for (Eigen::Index j = 0; j < t.cols(); ++j) {
      std::complex<double> sum = 0;
      for (Eigen::Index k = 0; k <= j; ++k) sum += u(i, k) * t(k, j);
      for (Eigen::Index k = 0; k < t.rows(); ++k) out(i, k) += (sum * std::conj(u(k, j))).real();
    }
  return out;
}

/// The principal logarithm of a matrix without an eigenvalue that is 0 or negative.
///
/// Cost: O(n^3). Method: inverse scaling and squaring (Higham 2008, Functions of Matrices, algorithm 11.9); log(I + R)
/// is the integral of (I + x R)^-1 R over x from 0 to 1, by the rule of Gauss and Legendre.
inline Eigen::MatrixXd logarithm(const Eigen::MatrixXd& a) {
  constexpr std::array<std::pair<double, double>, 7> rule{{{0.0254460438286207377, 0.0647424830844348466},
                                                           {0.1292344072003027801, 0.1398526957446383340},
                                                           {0.2970774243113014166, 0.1909150252525594725},
                                                           {0.5, 0.2089795918367346939},
                                                           {0.7029225756886985834, 0.1909150252525594725},
                                                           {0.8707655927996972199, 0.1398526957446383340},
                                                           {0.9745539561713792623, 0.0647424830844348466}}};
  const RootNearOne near = root_near_one(a);
  Eigen::MatrixXcd log = Eigen::MatrixXcd::Zero(a.rows(), a.cols());
  for (const auto& [x, weight] : rule) log += solve_triangular(x, near.r, std::ldexp(weight, near.roots), near.r);
  return turned_back(near.u, log);
}

/// (b^p - a^p) / (b - a) without cancelling, or p a^(p - 1) where both are the same.
inline std::complex<double> slope_of_power(std::complex<double> a, std::complex<double> b, double p) {
  if (a == b) return p * std::pow(a, p - 1);
  if (!(std::abs(b - a) < std::abs(b + a) / 4) || std::abs(std::arg(b) - std::arg(a)) > 3)
    return (std::pow(b, p) - std::pow(a, p)) / (b - a);
  return 2.0 * std::exp(p / 2 * (std::log(a) + std::log(b))) * std::sinh(p * std::atanh((b - a) / (b + a))) / (b - a);
}

/// The principal root, of which `parts` make the matrix, of one without an eigenvalue that is 0 or negative.
///
/// Cost: O(n^3). Method: the diagonal Padé approximant of (I + R)^p as a continued fraction, squared as often as roots
/// were taken, with the diagonal and what is beside it anew each time (Higham and Lin 2011).
inline Eigen::MatrixXd principal_root(const Eigen::MatrixXd& a, double parts) {
  const RootNearOne near = root_near_one(a);
  const double p = 1 / parts;
  Eigen::MatrixXcd root = Eigen::MatrixXcd::Zero(a.rows(), a.cols());
  for (int i = 14; i > 0; --i) {
    const int half = i / 2;
    const double c = i == 1 ? p : i % 2 == 1 ? (half + p) / (2 * i) : (half - p) / (2 * i - 2);
    root = solve_triangular(1, root, c, near.r);
  }
  for (int left = near.roots;; --left) {
    for (Eigen::Index i = 0; i < root.rows(); ++i) {
      root(i, i) = std::pow(near.t(i, i), std::ldexp(p, -left));
      if (i > 0)
        root(i - 1, i) = near.t(i - 1, i) * slope_of_power(near.t(i - 1, i - 1), near.t(i, i), std::ldexp(p, -left));
    }
    if (left == 0) break;
    for (Eigen::Index j = root.cols() - 1; j >= 0; --j)  // in place: an entry needs those to its left and below
      for (Eigen::Index i = 0; i <= j; ++i) {
        std::complex<double> sum = 0;
        for (Eigen::Index k = i; k <= j; ++k) sum += root(i, k) * root(k, j);
        root(i, j) = sum;
      }
  }
  return turned_back(near.u, root);
}

}  // namespace rungs::detail

#endif
