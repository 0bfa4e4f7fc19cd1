// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_DETAIL_EXPONENTIAL_HPP
#define RUNGS_DETAIL_EXPONENTIAL_HPP

#include <array>
#include <cmath>
#include <cstddef>

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

}  // namespace rungs::detail

#endif
