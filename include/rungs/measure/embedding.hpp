// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_MEASURE_EMBEDDING_HPP
#define RUNGS_MEASURE_EMBEDDING_HPP

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <Eigen/LU>
#include <unsupported/Eigen/MatrixFunctions>

#include <rungs/detail/eigenvalues.hpp>
#include <rungs/detail/exponential.hpp>
#include <rungs/detail/product.hpp>
#include <rungs/model/kernel.hpp>
#include <rungs/model/structure.hpp>
#include <rungs/model/transition_matrix.hpp>

namespace rungs {

/// Whether moves of one step can come from moving at any moment.
enum class Embeddable : std::uint8_t {
  yes,      ///< the principal logarithm is a generator
  no,       ///< a necessary condition fails, or there is no other logarithm to look at
  unknown,  ///< the principal logarithm is none, and another branch is not ruled out
};

/// What speaks for and against a matrix of one step being exp(Q) of rates Q: entry (i, j) of Q is the rate of going
/// from i to j, per step; rows sum to 0.
struct Embedding {
  Embeddable verdict = Embeddable::unknown;
  std::string reason;      ///< in words
  double determinant = 0;  ///< of a matrix exp(Q) above 0 and at most the product of the diagonal
  double product_of_diagonal = 0;
  std::vector<std::pair<std::size_t, std::size_t>> missing;  ///< moves of probability 0 that several others lead to
  std::optional<Matrix> logarithm{};                         ///< the principal one, where there is one
  double lowest_rate = std::numeric_limits<double>::quiet_NaN();  ///< the smallest rate of a move in it
  std::pair<std::size_t, std::size_t> of_move{};                  ///< whose rate that is
};

/// How rates are made of a logarithm that has some below 0.
enum class GeneratorRepair : std::uint8_t {
  diagonal,  ///< they become 0, and people leave that much faster (Israel, Rosenthal and Wei 2001)
  weighted,  ///< they become 0, and the other rates of the row shrink in proportion: people leave as fast as before
  nearest,   ///< the nearest row of a generator, in squares (Kreinin and Sidelnikova 2001)
};

namespace detail {

inline bool has_principal_logarithm(const Matrix& p) {
  const std::vector<std::complex<double>> all = eigenvalues(p);
  return std::all_of(all.begin(), all.end(), [](const std::complex<double>& x) {
    return std::abs(x) > 1e-14 && !(x.real() <= 0 && std::abs(x.imag()) <= 1e-12 * std::abs(x));
  });
}

/// The nearest numbers that sum to `sum`, not below 0 except at `free`.
inline void to_nearest(Eigen::Ref<Eigen::RowVectorXd> row, Eigen::Index free, double sum) {
  std::vector<double> others;
  for (Eigen::Index j = 0; j < row.size(); ++j)
    if (j != free) others.push_back(row[j]);
  std::sort(others.begin(), others.end(), std::greater<>());
  // All above 0 are lowered by one number; the fewest for which the next would fall below 0.
  double total = free < 0 ? 0.0 : row[free], lower = 0;
  std::size_t count = free < 0 ? 0 : 1;
  if (count > 0) lower = total - sum;
  for (const double x : others) {
    if (count > 0 && !(x > lower)) break;
    total += x;
    ++count;
    lower = (total - sum) / static_cast<double>(count);
  }
  for (Eigen::Index j = 0; j < row.size(); ++j) row[j] = j == free ? row[j] - lower : std::max(0.0, row[j] - lower);
}

/// Rows of a generator: the diagonal is what makes their sum 0.
inline void close_rows(Matrix& q) {
  for (Eigen::Index i = 0; i < q.rows(); ++i) {
    q(i, i) = 0;
    q(i, i) = -q.row(i).sum();
  }
}

/// P(t) for moves at rates `q` per step: exp(Q t). Throws Refusal [E-SPAN] for rates of more than a million.
inline Matrix moves_at_rates(const Matrix& q, double steps) {
  if (!(q.cwiseAbs().sum() * std::abs(steps) < 1e6))
    throw Refusal("E-SPAN", "found rates of " + text(q.cwiseAbs().sum()) + " over " + text(steps) +
                                " steps; expected fewer than a million moves");
  return exponential(q * steps);
}

}  // namespace detail

/// Whether a transition matrix can be that of moves at any moment, by rates that do not change: the question before any
/// finer step than that of the data.
///
/// Necessary: a determinant above 0 and not above the product of the diagonal, and no probability of 0 where several
/// moves lead. Sufficient: the principal logarithm has no rate below 0 (by more than 1e-12). Where it has, and every
/// stratum keeps more than half of its people, there is no other logarithm to look at (Cuthbert 1973). Sampling alone
/// makes many an estimated matrix fail: see embedded_rates() and closest_rates().
/// Cost: O(n^3). Source: Singer and Spilerman (1976); Israel, Rosenthal and Wei (2001).
[[nodiscard]] inline Embedding embedding(const TransitionMatrix& p) {
  Embedding out;
  const Matrix& m = p.matrix();
  const Ladder& ladder = p.ladder();
  out.determinant = Eigen::PartialPivLU<Eigen::MatrixXd>(m).determinant();
  out.product_of_diagonal = m.diagonal().prod();
  const MoveGraph graph((Kernel(p)));
  for (std::size_t i = 0; i < graph.size(); ++i) {
    const std::vector<int> steps = graph.distances(ladder.set_of({i}));
    for (std::size_t j = 0; j < graph.size(); ++j)
      if (steps[j] > 1) out.missing.emplace_back(i, j);
  }
  if (detail::has_principal_logarithm(m)) {
    out.logarithm = Matrix(Eigen::MatrixXd(m).log());
    out.lowest_rate = std::numeric_limits<double>::infinity();
    for (Eigen::Index i = 0; i < m.rows(); ++i)
      for (Eigen::Index j = 0; j < m.cols(); ++j)
        if (i != j && (*out.logarithm)(i, j) < out.lowest_rate) {
          out.lowest_rate = (*out.logarithm)(i, j);
          out.of_move = {static_cast<std::size_t>(i), static_cast<std::size_t>(j)};
        }
  }
  const auto move = [&](const std::pair<std::size_t, std::size_t>& ij) {
    return detail::quoted(ladder.name(ij.first)) + " -> " + detail::quoted(ladder.name(ij.second));
  };
  const auto no = [&](std::string why) {
    out.verdict = Embeddable::no;
    out.reason = std::move(why);
    return out;
  };
  if (!(out.determinant > 0)) return no("its determinant is " + detail::text(out.determinant) + ", not above 0");
  if (out.determinant > out.product_of_diagonal * (1 + 1e-12))
    return no("its determinant of " + detail::text(out.determinant) + " is above the product of its diagonal, " +
              detail::text(out.product_of_diagonal));
  if (!out.missing.empty())
    return no("the move " + move(out.missing.front()) + " has probability 0, but others lead there within any time");
  if (out.logarithm && out.lowest_rate >= -1e-12) {
    out.verdict = Embeddable::yes;
    out.reason = "its principal logarithm has no rate below 0";
    return out;
  }
  const std::string found = out.logarithm ? "its principal logarithm has a rate of " + detail::text(out.lowest_rate) +
                                                " for " + move(out.of_move)
                                          : std::string("it has no principal logarithm");
  if (out.logarithm && m.diagonal().minCoeff() > 0.5)
    return no(found + ", and no other is a generator, since most people stay everywhere");
  out.reason = found + "; another logarithm is not ruled out";
  return out;
}

/// The rates of moves per step behind a matrix: its principal logarithm, which must be a generator.
///
/// Throws Refusal [E-EMBED] that says why it is none.
[[nodiscard]] inline Matrix embedded_rates(const TransitionMatrix& p) {
  const Embedding e = embedding(p);
  if (e.verdict != Embeddable::yes)
    throw Refusal("E-EMBED", "found moves of one step that " +
                                 std::string(e.verdict == Embeddable::no ? "cannot" : "may not") +
                                 " come from moving at any moment: " + e.reason +
                                 "; expected moves that can, or a repair that is asked for by name");
  Matrix q = e.logarithm->cwiseMax(0);
  detail::close_rows(q);
  return q;
}

/// Rates that are made of a logarithm with some below 0, by a named repair. They no longer give the matrix: compare
/// moves_at().
///
/// Throws Refusal [E-EMBED] for a matrix without a principal logarithm.
[[nodiscard]] inline Matrix repaired_rates(const TransitionMatrix& p, GeneratorRepair repair) {
  const Embedding e = embedding(p);
  if (!e.logarithm)
    throw Refusal("E-EMBED",
                  "found moves of one step without a principal logarithm; expected no eigenvalue that is 0 "
                  "or negative");
  Matrix q = *e.logarithm;
  for (Eigen::Index i = 0; i < q.rows(); ++i) {
    if (repair == GeneratorRepair::nearest) {
      detail::to_nearest(q.row(i), i, 0);
      continue;
    }
    const double leaving = -q(i, i);
    for (Eigen::Index j = 0; j < q.cols(); ++j)
      if (j != i) q(i, j) = std::max(0.0, q(i, j));
    if (const double all = q.row(i).sum() + leaving; repair == GeneratorRepair::weighted && all > 0)
      q.row(i) *= leaving / all;  // close_rows() makes the diagonal anew
  }
  detail::close_rows(q);
  return q;
}

/// The rates under which the moves that people were seen to make in one step are most likely.
///
/// `people` (n x n) were seen to move from row to column; `first` are rates to start from, of which those that are 0
/// stay 0. The likelihood grows with every round; it ends when no rate changes by more than 1e-13 of the largest, or
/// after 100000 rounds. With few people the most likely rates may be none or infinite: then they are only near it.
/// Cost: an exponential of 2n x 2n a round. Method: EM of Bladt and Sorensen (2005), its expectations from one block
/// exponential (Van Loan 1978).
[[nodiscard]] inline Matrix likeliest_rates(const Matrix& people, const Matrix& first) {
  const Eigen::Index n = people.rows();
  if (people.cols() != n || first.rows() != n || first.cols() != n || !(people.minCoeff() >= 0))
    throw Refusal("E-SHAPE", "found counts and rates of different sizes, or negative counts; expected one square each");
  Matrix q = first;
  detail::close_rows(q);
  for (int round = 0; round < 100000; ++round) {
    const Matrix p = detail::moves_at_rates(q, 1);
    Eigen::MatrixXd block = Eigen::MatrixXd::Zero(2 * n, 2 * n);
    block.topLeftCorner(n, n) = block.bottomRightCorner(n, n) = q;
    for (Eigen::Index i = 0; i < n; ++i)
      for (Eigen::Index j = 0; j < n; ++j)
        if (people(i, j) > 0) block(j, n + i) = people(i, j) / p(i, j);
    // Entry (l, k): what is gained by spending time in k and going on from l, over all who were seen.
    const Eigen::MatrixXd gain = detail::exponential(block).topRightCorner(n, n);
    Matrix next = q;
    for (Eigen::Index k = 0; k < n; ++k)
      for (Eigen::Index l = 0; l < n; ++l)
        if (k != l) next(k, l) = gain(k, k) > 0 ? q(k, l) * gain(l, k) / gain(k, k) : 0.0;
    detail::close_rows(next);
    const double change = (next - q).cwiseAbs().maxCoeff();
    q = next;
    if (change <= 1e-13 * q.cwiseAbs().maxCoeff()) break;
  }
  return q;
}

/// The matrix of moves over some steps, or a part of one, at given rates per step: exp(Q t).
///
/// Throws what TransitionMatrix throws for rates that are no generator of the ladder; Refusal [E-SPAN] for a negative
/// number of steps, or more than a million moves.
[[nodiscard]] inline TransitionMatrix moves_at(const Ladder& ladder, const Matrix& rates, double steps,
                                               Step step = Step{}) {
  if (!(steps >= 0)) throw Refusal("E-SPAN", "found " + detail::text(steps) + " steps; expected 0 or more");
  Matrix p = detail::moves_at_rates(rates, steps).cwiseMax(0);
  for (Eigen::Index i = 0; i < p.rows(); ++i) p.row(i) /= p.row(i).sum();
  return {ladder, std::move(p), step};
}

/// The matrix of a step that is `parts` times finer, for which so many steps give the matrix: its principal root.
///
/// A matrix may have a root without coming from moves at any moment. Periods of the new step are numbered one by one.
/// Throws Refusal [E-EMBED] where the principal root has a probability below 0 (by more than 1e-12) or there is none,
/// saying how far off it is; DomainError [E-STEP] for fewer than 2 parts. Cost: O(n^3).
[[nodiscard]] inline TransitionMatrix finer_step(const TransitionMatrix& p, std::int64_t parts) {
  if (!(parts >= 2))
    throw DomainError("E-STEP", "found a step in " + std::to_string(parts) + " parts; expected 2 or more",
                      static_cast<double>(parts));
  if (!detail::has_principal_logarithm(p.matrix()))
    throw Refusal("E-EMBED",
                  "found moves of one step without a principal root; expected no eigenvalue that is 0 or "
                  "negative");
  const Eigen::MatrixXd principal = Eigen::MatrixXd(p.matrix()).pow(1 / static_cast<double>(parts));
  Matrix root = principal;
  Eigen::Index i = 0, j = 0;
  if (const double least = root.minCoeff(&i, &j); least < -1e-12) {
    Matrix nearest = root;
    for (Eigen::Index r = 0; r < nearest.rows(); ++r) detail::to_nearest(nearest.row(r), -1, 1);
    Matrix power = nearest;
    for (std::int64_t k = 1; k < parts; ++k) power = detail::product(power, nearest);
    throw Refusal("E-EMBED", "found moves of one step that are not those of " + std::to_string(parts) +
                                 " finer ones: their root has a probability of " + detail::text(least) + " for " +
                                 detail::quoted(p.ladder().name(static_cast<std::size_t>(i))) + " -> " +
                                 detail::quoted(p.ladder().name(static_cast<std::size_t>(j))) +
                                 ", and the nearest matrix without gives probabilities that are off by up to " +
                                 detail::text((power - p.matrix()).cwiseAbs().maxCoeff()) +
                                 "; expected data at the finer step");
  }
  root = root.cwiseMax(0);
  for (Eigen::Index r = 0; r < root.rows(); ++r) root.row(r) /= root.row(r).sum();
  return {p.ladder(), std::move(root), Step(1, p.step().years() / static_cast<double>(parts))};
}

}  // namespace rungs

#endif
