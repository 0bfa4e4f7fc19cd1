// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_MEASURE_INDICES_HPP
#define RUNGS_MEASURE_INDICES_HPP

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <Eigen/LU>

#include <rungs/detail/eigenvalues.hpp>
#include <rungs/measure/long_run.hpp>

namespace rungs {

/// How the strata count in an index that averages over them.
enum class StratumWeights : std::uint8_t {
  stationary,  ///< by the long-run law of the matrix
  origin,      ///< by where people started in the data
  uniform,     ///< all alike
};
[[nodiscard]] inline std::string name(StratumWeights w) {
  return w == StratumWeights::stationary ? "stationary" : w == StratumWeights::origin ? "origin" : "uniform";
}

/// The moves among strata of those who do not leave: rows over strata divided by what stays on the ladder.
///
/// Throws Refusal [E-REDUCIBLE] for a stratum that everybody leaves by an exit at once.
[[nodiscard]] inline Matrix moves_on_the_ladder(const TransitionMatrix& p) {
  const auto m = static_cast<Eigen::Index>(p.ladder().strata());
  Matrix out = p.matrix().topLeftCorner(m, m);
  if (m == p.size()) return out;
  for (Eigen::Index i = 0; i < m; ++i) {
    const double sum = out.row(i).sum();
    if (!(sum > 0))
      throw Refusal("E-REDUCIBLE",
                    "found the stratum " + detail::quoted(p.ladder().name(static_cast<std::size_t>(i))) +
                        " that everybody leaves by an exit; expected moves on the ladder for an index of mobility");
    out.row(i) /= sum;
  }
  return out;
}

/// One index of mobility with its definition in words.
struct MobilityIndex {
  std::string name;
  std::string definition;
  bool weighted = false;  ///< whether the weights of strata matter
  double value = 0;
};

/// The indices of mobility of a matrix, under weights of strata that sum to 1.
///
/// `w` has one number for each stratum. With exits, indices are of the moves of those who stay on the ladder.
/// Up and down follow the ladder's rungs; a move between strata of one rung is neither.
/// `half_life`, `kemeny` and `mean_stay` are in steps, and infinite where strata never meet, or one is never left.
/// Cost: O(n^3). Method: Shorrocks (1978), doi 10.2307/1911443; Sommers and Conlisk (1979); Bartholomew (1982); Kemeny
/// and Snell (1960), section 4.4, for their constant.
[[nodiscard]] inline std::vector<MobilityIndex> mobility_indices(const TransitionMatrix& matrix, const Vector& w) {
  const Matrix p = moves_on_the_ladder(matrix);
  const Eigen::Index m = p.rows();
  const Ladder& ladder = matrix.ladder();
  const auto n = static_cast<double>(m);
  if (w.size() != m)
    throw Refusal("E-SHAPE", "found " + std::to_string(w.size()) + " weights of strata; expected " + std::to_string(m));
  const double trace = p.trace(), determinant = std::abs(Eigen::PartialPivLU<Eigen::MatrixXd>(p).determinant());
  std::vector<double> moduli;
  const std::vector<std::complex<double>> spectrum = detail::eigenvalues(p);
  for (const std::complex<double>& x : spectrum) moduli.push_back(std::abs(x));
  std::sort(moduli.rbegin(), moduli.rend());
  if (m > 1 && moduli[1] > 1 - 1e-6)  // perhaps 1: then without rounding
    std::fill_n(moduli.begin(), detail::moduli_of_one(p), 1.0);
  for (double& x : moduli)
    if (!(x > 1e-15 * n)) x = 0;  // what rounding leaves of 0
  double sum_of_moduli = 0;
  for (const double x : moduli) sum_of_moduli += x;
  const double infinity = std::numeric_limits<double>::infinity();
  const double half_life = m > 1 && moduli[1] < 1 ? std::log(0.5) / std::log(moduli[1]) : infinity;
  std::size_t first = 0;  // the eigenvalue 1 that every matrix has
  for (std::size_t k = 1; k < spectrum.size(); ++k)
    if (std::abs(1.0 - spectrum[k]) < std::abs(1.0 - spectrum[first])) first = k;
  double kemeny = 0;
  for (std::size_t k = 0; k < spectrum.size(); ++k)
    if (const std::complex<double> rest = 1.0 - spectrum[k]; k != first)
      kemeny += std::abs(rest) < 1e-12 ? infinity : (1.0 / rest).real();
  double distance = 0, stay = 0, stays = 0, up = 0, down = 0, entropy = 0;
  int top = 0;
  for (Eigen::Index i = 0; i < m; ++i) {
    stay += w[i] * p(i, i);
    stays += 1 / (1 - p(i, i)) / n;
    top = std::max(top, ladder.height(static_cast<std::size_t>(i)));
    for (Eigen::Index j = 0; j < m; ++j) {
      const auto from = static_cast<std::size_t>(i), to = static_cast<std::size_t>(j);
      if (p(i, j) > 0) entropy -= w[i] * p(i, j) * std::log(p(i, j));
      distance += w[i] * p(i, j) * std::abs(ladder.height(from) - ladder.height(to));
      if (ladder.upward(from, to)) up += w[i] * p(i, j);
      if (ladder.downward(from, to)) down += w[i] * p(i, j);
    }
  }
  const double nan = std::nan("");
  const auto over = [nan](double a, double b) { return b > 0 ? a / b : nan; };
  return {
      {"prais_shorrocks", "(n - trace P) / (n - 1)", false, over(n - trace, n - 1)},
      {"determinant", "1 - |det P|", false, 1 - determinant},
      {"determinant_root", "1 - |det P|^(1 / (n - 1))", false, m > 1 ? 1 - std::pow(determinant, 1 / (n - 1)) : nan},
      {"second_eigenvalue", "1 - modulus of the second largest eigenvalue of P", false, m > 1 ? 1 - moduli[1] : nan},
      {"half_life",
       "steps in which the slowest part of the difference between origins halves: log(1/2) / log(modulus of "
       "the second largest eigenvalue)",
       false, m > 1 ? half_life : nan},
      {"kemeny",
       "mean steps to a stratum drawn by the long-run shares (0 if already there), from any: sum of 1 / (1 - "
       "eigenvalue) but for the first",
       false, m > 1 ? kemeny : nan},
      {"mean_stay", "mean over strata of the steps spent in one before it is left, 1 / (1 - p_ii)", false, stays},
      {"eigenvalue_sum", "(n - sum of the moduli of the eigenvalues of P) / (n - 1)", false,
       over(n - sum_of_moduli, n - 1)},
      {"bartholomew", "weighted mean number of rungs moved in one step", true, distance},
      {"bartholomew_normalised", "weighted mean number of rungs moved in one step / (number of rungs - 1)", true,
       over(distance, top)},
      {"unconditional_leaving", "n / (n - 1) times the weighted share that leaves its stratum in one step", true,
       over(n * (1 - stay), n - 1)},
      {"entropy_rate",
       "weighted mean over strata of - sum p log p, in nats: 0 where all is certain, log n where all is open", true,
       entropy},
      {"immobility", "weighted share that stays in its stratum in one step", true, stay},
      {"upward", "weighted share that moves up a rung or more in one step", true, up},
      {"downward", "weighted share that moves down a rung or more in one step", true, down},
  };
}

/// Weights of strata of a kind; `origin` needs how many people started in each stratum.
///
/// Throws Refusal [E-REDUCIBLE] for stationary weights where there is no one law of those who stay on the ladder;
/// [E-COUNT] for origin weights without people.
[[nodiscard]] inline Vector stratum_weights(StratumWeights kind, const TransitionMatrix& matrix,
                                            const Vector& origin = {}) {
  const auto m = static_cast<Eigen::Index>(matrix.ladder().strata());
  switch (kind) {
    case StratumWeights::uniform:
      return Vector::Constant(m, 1 / static_cast<double>(m));
    case StratumWeights::origin:
      if (origin.size() < m || !(origin.head(m).sum() > 0))
        throw Refusal("E-COUNT", "found no people by origin; expected counts for weights by origin");
      return origin.head(m) / origin.head(m).sum();
    case StratumWeights::stationary:
      break;
  }
  if (m == matrix.size()) return stationary_law(matrix);
  Ladder::Builder closed = Ladder::builder();
  for (std::size_t i = 0; i < matrix.ladder().strata(); ++i) closed.rung(matrix.ladder().name(i));
  return stationary_law(TransitionMatrix(unchecked, closed.build(), moves_on_the_ladder(matrix)));
}

}  // namespace rungs

#endif
