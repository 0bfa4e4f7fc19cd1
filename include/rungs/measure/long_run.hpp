// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_MEASURE_LONG_RUN_HPP
#define RUNGS_MEASURE_LONG_RUN_HPP

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <Eigen/LU>

#include <rungs/detail/elimination.hpp>
#include <rungs/detail/product.hpp>
#include <rungs/detail/sizes.hpp>
#include <rungs/model/structure.hpp>

namespace rungs {

/// Where people of one closed class are in the long run: shares over all strata and exits, 0 outside the class.
struct StationaryLaw {
  std::vector<std::size_t> members;
  Vector shares;
};

/// The long-run law of each closed class of strata, which nobody leaves; there is one law for the whole ladder only
/// where there is one such class.
///
/// Assumes: the matrix holds for ever. Entrywise as accurate as the matrix, however rarely parts of the ladder meet.
/// Cost: 2/3 n^3. Method: GTH elimination, doi 10.1287/opre.33.5.1107.
[[nodiscard]] inline std::vector<StationaryLaw> stationary_laws(const TransitionMatrix& p) {
  std::vector<StationaryLaw> out;
  for (CommunicatingClass& c : communicating_classes(MoveGraph(Kernel(p)))) {
    if (!c.closed) continue;
    const auto m = static_cast<Eigen::Index>(c.members.size());
    Matrix q(m, m);
    for (Eigen::Index i = 0; i < m; ++i)
      for (Eigen::Index j = 0; j < m; ++j)
        q(i, j) = p.matrix()(static_cast<Eigen::Index>(c.members[static_cast<std::size_t>(i)]),
                             static_cast<Eigen::Index>(c.members[static_cast<std::size_t>(j)]));
    const Vector law = detail::stationary_irreducible(q);
    StationaryLaw found{std::move(c.members), Vector::Zero(p.size())};
    for (Eigen::Index i = 0; i < m; ++i)
      found.shares[static_cast<Eigen::Index>(found.members[static_cast<std::size_t>(i)])] = law[i];
    out.push_back(std::move(found));
  }
  return out;
}

/// In how many steps, at the least, people of a class come back to where they were: 1 where shares settle, d above 1
/// where they go round for ever through d parts of the class, so that a stationary law is the average over time.
///
/// `members` lead to each other; the first is where the search begins. Cost: a pass over the class. Method: the
/// greatest common divisor of all ways round, by distances from one member (Denardo 1977).
[[nodiscard]] inline std::size_t period_of_class(const Matrix& p, const std::vector<std::size_t>& members) {
  constexpr std::size_t far = std::numeric_limits<std::size_t>::max();
  const auto moves = [&p](std::size_t i, std::size_t j) {
    return p(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) > 0;
  };
  std::vector<std::size_t> steps(static_cast<std::size_t>(p.rows()), far), queue{members.front()};
  steps[members.front()] = 0;
  std::size_t out = 0;
  for (std::size_t k = 0; k < queue.size(); ++k)
    for (const std::size_t j : members) {
      const std::size_t i = queue[k];
      if (!moves(i, j)) continue;
      if (steps[j] == far) {
        steps[j] = steps[i] + 1;
        queue.push_back(j);
      }
      const std::size_t there = steps[i] + 1;
      out = std::gcd(out, there > steps[j] ? there - steps[j] : steps[j] - there);
    }
  return std::max<std::size_t>(out, 1);
}

namespace detail {

/// How many eigenvalues of a matrix with rows that sum to 1 have the modulus 1: as many for each closed class as its
/// period. By which moves there are alone, without rounding. Cost: n^3.
inline std::size_t moduli_of_one(const Matrix& p) {
  const auto n = static_cast<std::size_t>(p.rows());
  std::vector<std::vector<char>> reached(n, std::vector<char>(n));
  for (std::size_t i = 0; i < n; ++i) {
    std::vector<std::size_t> queue{i};
    reached[i][i] = 1;
    for (std::size_t k = 0; k < queue.size(); ++k)
      for (std::size_t j = 0; j < n; ++j)
        if (reached[i][j] == 0 && p(static_cast<Eigen::Index>(queue[k]), static_cast<Eigen::Index>(j)) > 0) {
          reached[i][j] = 1;
          queue.push_back(j);
        }
  }
  std::size_t out = 0;
  for (std::size_t i = 0; i < n; ++i) {
    std::vector<std::size_t> members;
    bool closed = true, first = true;
    for (std::size_t j = 0; j < n; ++j) {
      if (reached[i][j] == 0) continue;
      closed = closed && reached[j][i] != 0;
      first = first && j >= i;
      members.push_back(j);
    }
    if (closed && first) out += period_of_class(p, members);
  }
  return out;
}

}  // namespace detail

/// The long-run law of a chain, where everybody ends up among the same strata: shares over all strata and exits, 0 for
/// those that are left for good.
///
/// Throws Refusal [E-REDUCIBLE] for several closed classes, since there is then no law that everybody tends to.
[[nodiscard]] inline Vector stationary_law(const TransitionMatrix& p) {
  // An irreducible chain needs no search for classes.
  if (p.matrix().minCoeff() > 0) return detail::stationary_irreducible(p.matrix());
  const std::vector<StationaryLaw> laws = stationary_laws(p);
  if (laws.size() == 1) return laws.front().shares;
  std::string closed;
  for (const StationaryLaw& law : laws) closed += (closed.empty() ? "" : "; ") + p.ladder().set_of(law.members).text();
  throw Refusal("E-REDUCIBLE",
                "found a long-run law asked of a ladder of which not all strata lead to each other (closed classes: " +
                    closed + "); expected one closed class");
}

/// P raised to a number of steps: entry (i, j) is P(j after `steps` steps | i now).
///
/// Rows sum to 1 whatever the number of steps: what rounding adds to them doubles with every squaring, and is taken out
/// at the end.
/// Cost: at most 2 log2(steps) products of matrices, with room for two.
[[nodiscard]] inline Matrix n_step(const TransitionMatrix& p, Span steps) {
  const auto k = static_cast<std::uint64_t>(steps.steps());
  if (k == 0) return Matrix::Identity(p.size(), p.size());
  if (k == 1) return p.matrix();
  Matrix power = p.matrix(), room(p.size(), p.size());
  const auto go_on_by = [&](const Matrix& moves) {
    const bool done = detail::with_small_size(static_cast<std::size_t>(p.size()), [&](auto size) {
      constexpr std::size_t n = size();
      for (std::size_t i = 0; i < n; ++i) {
        std::array<double, n> row{};
        for (std::size_t via = 0; via < n; ++via)
          for (std::size_t j = 0; j < n; ++j) row[j] += power.data()[i * n + via] * moves.data()[via * n + j];
        std::copy(row.begin(), row.end(), room.data() + i * n);
      }
    });
    if (!done) room.noalias() = power * moves;
    power.swap(room);
  };
  for (int bit = static_cast<int>(std::bit_width(k)) - 2; bit >= 0; --bit) {  // below the highest, which is P itself
    go_on_by(power);
    if (((k >> static_cast<unsigned>(bit)) & 1U) != 0) go_on_by(p.matrix());
  }
  for (Eigen::Index i = 0; i < power.rows(); ++i) power.row(i) /= power.row(i).sum();
  return power;
}

namespace detail {

/// The transpose of (I - P + 1 law')^-1.
inline Eigen::MatrixXd fundamental_transposed(const Matrix& p, const Vector& law) {
  const Eigen::Index n = p.rows();
  Eigen::MatrixXd a(n, n);
  for (Eigen::Index i = 0; i < n; ++i)
    for (Eigen::Index j = 0; j < n; ++j) a(j, i) = (i == j ? 1.0 : 0.0) - p(i, j) + law[j];
  return a.partialPivLu().inverse();
}

/// The expected number of steps from every state until one is entered: infinite where it may never be, 0 from itself.
inline Vector steps_until(const Matrix& p, Eigen::Index target) {
  const Eigen::Index n = p.rows();
  std::vector<char> leads(static_cast<std::size_t>(n)), may_not(leads);
  // All that lead to `from` by way of others than the target.
  const auto spread = [&](std::vector<char>& from) {
    for (bool more = true; std::exchange(more, false);)
      for (Eigen::Index i = 0; i < n; ++i)
        for (Eigen::Index k = 0; k < n && from[static_cast<std::size_t>(i)] == 0 && i != target; ++k)
          if (p(i, k) > 0 && from[static_cast<std::size_t>(k)] != 0) {
            from[static_cast<std::size_t>(i)] = 1;
            more = true;
          }
  };
  leads[static_cast<std::size_t>(target)] = 1;
  spread(leads);
  for (std::size_t i = 0; i < leads.size(); ++i) may_not[i] = leads[i] == 0 ? 1 : 0;
  spread(may_not);
  std::vector<Eigen::Index> sure;
  for (Eigen::Index i = 0; i < n; ++i)
    if (i != target && may_not[static_cast<std::size_t>(i)] == 0) sure.push_back(i);
  Vector out = Vector::Constant(n, std::numeric_limits<double>::infinity());
  out[target] = 0;
  const auto m = static_cast<Eigen::Index>(sure.size());
  if (m == 0) return out;
  Matrix q(m, m);
  Vector leaving(m);
  for (Eigen::Index a = 0; a < m; ++a) {
    leaving[a] = p(sure[static_cast<std::size_t>(a)], target);
    for (Eigen::Index b = 0; b < m; ++b)
      q(a, b) = p(sure[static_cast<std::size_t>(a)], sure[static_cast<std::size_t>(b)]);
  }
  const Matrix steps = solve_transient(q, leaving, Matrix::Ones(m, 1));
  for (Eigen::Index a = 0; a < m; ++a) out[sure[static_cast<std::size_t>(a)]] = steps(a, 0);
  return out;
}

}  // namespace detail

/// Mean first passage times, in steps: entry (i, j) is the expected number of steps from i until j is first entered,
/// infinite where somebody may never get there; the diagonal holds mean recurrence times.
///
/// Without subtraction, entrywise accurate; above 40 strata that all lead to each other by the fundamental matrix of
/// Kemeny and Snell (1960). Cost: n^4/2 up to 40 strata or where not all lead to each other, 3 n^3 otherwise.
[[nodiscard]] inline Matrix mean_first_passage(const TransitionMatrix& p) {
  const Eigen::Index n = p.size();
  Matrix out(n, n);
  if (!(p.matrix().minCoeff() > 0) && communicating_classes(MoveGraph(Kernel(p))).size() != 1) {
    for (Eigen::Index j = 0; j < n; ++j) {
      out.col(j) = detail::steps_until(p.matrix(), j);
      out(j, j) = 1;
      for (Eigen::Index k = 0; k < n; ++k)
        if (k != j && p.matrix()(j, k) > 0) out(j, j) += p.matrix()(j, k) * out(k, j);
    }
    return out;
  }
  const Vector law = stationary_law(p);
  if (n > 40) {
    const Eigen::MatrixXd z = detail::fundamental_transposed(p.matrix(), law);
    const Vector own = z.diagonal();
    for (Eigen::Index i = 0; i < n; ++i)
      for (Eigen::Index j = 0; j < n; ++j) out(i, j) = (own[j] - z(j, i)) / law[j];
  } else {
    detail::times_to_enter(p.matrix(), out);
  }
  out.diagonal() = law.cwiseInverse();
  return out;
}

/// The fundamental matrix of an irreducible chain, Z = (I - P + 1 law')^-1: entry (i, j), less the long-run share of j,
/// is how many more visits to j those make who start in i than those who start by the long-run law.
///
/// Throws Refusal [E-REDUCIBLE]. Cost: 3 n^3. Method: Kemeny and Snell (1960), section 4.3.
[[nodiscard]] inline Matrix fundamental_matrix_of_law(const TransitionMatrix& p) {
  return detail::fundamental_transposed(p.matrix(), stationary_law(p)).transpose();
}

/// The covariance of the long-run shares of an estimated matrix, whose rows are known from so many people each.
///
/// Assumes: rows are independent multinomials; a row of nobody (0) is taken as known. Throws Refusal [E-REDUCIBLE],
/// [E-SHAPE] for another number of rows. Cost: 5 n^3. Method: delta method, with the derivative of Schweitzer (1968).
[[nodiscard]] inline Matrix stationary_covariance(const TransitionMatrix& p, const Vector& people) {
  const Eigen::Index n = p.size();
  if (people.size() != n)
    throw Refusal("E-SHAPE",
                  "found people of " + std::to_string(people.size()) + " rows; expected " + std::to_string(n));
  const Vector law = stationary_law(p);
  // A row in turn: of so many multinomial moves, carried on by law_i Z.
  const Eigen::MatrixXd on = detail::fundamental_transposed(p.matrix(), law);
  Eigen::MatrixXd of_rows = Eigen::MatrixXd::Zero(n, n);
  for (Eigen::Index i = 0; i < n; ++i) {
    if (!(people[i] > 0)) continue;
    const double weight = law[i] * law[i] / people[i];
    for (Eigen::Index a = 0; a < n; ++a)
      for (Eigen::Index b = 0; b < n; ++b)
        of_rows(a, b) += weight * p.matrix()(i, a) * ((a == b ? 1.0 : 0.0) - p.matrix()(i, b));
  }
  return detail::carried(on, of_rows);
}

/// Mean number of steps spent in a stratum once entered, before it is left: 1 / (1 - p_ii), infinite where nobody
/// leaves. Prais divides it by that under perfect mobility, 1 / (1 - law_i) of the stationary law.
///
/// Method: Prais (1955), JRSS A 118(1), 56 to 66.
[[nodiscard]] inline Vector mean_stay(const TransitionMatrix& p) {
  Vector out(p.size());
  for (Eigen::Index i = 0; i < p.size(); ++i) out[i] = 1 / (1 - p.matrix()(i, i));
  return out;
}

/// The largest difference between the flows from i to j and from j to i in the long run, as a share of all people: 0
/// where the chain looks the same backwards. Throws Refusal [E-REDUCIBLE].
[[nodiscard]] inline double reversibility_gap(const TransitionMatrix& p) {
  const Vector law = stationary_law(p);
  double out = 0;
  for (Eigen::Index i = 0; i < p.size(); ++i)
    for (Eigen::Index j = 0; j < i; ++j)
      out = std::max(out, std::abs(law[i] * p.matrix()(i, j) - law[j] * p.matrix()(j, i)));
  return out;
}

/// What becomes, in the end, of people who start in each stratum.
///
/// `reached` (n) is P(ever in the target, before any other stratum that is never left); `steps` (n) the expected number
/// of steps until then given that it happens (NaN where it cannot).
struct EverReached {
  Vector reached;
  Vector steps;
};

/// The probability of ever getting into a target, and how long it takes those who do, by starting stratum.
///
/// Assumes: the matrix holds for ever. Strata from which the target cannot be reached have exactly 0.
/// Cost: 2/3 n^3, without subtraction. Method: first-step equations; the time given success by the chain conditioned on
/// success (Doob's h-transform).
[[nodiscard]] inline EverReached ever_reached(const TransitionMatrix& p, const StratumSet& target) {
  p.ladder().require_own(target);
  const MoveGraph graph{Kernel(p)};
  const std::size_t n = p.ladder().size();
  EverReached out{Vector::Zero(p.size()), Vector::Constant(p.size(), std::numeric_limits<double>::quiet_NaN())};
  std::vector<Eigen::Index> inside;  // strata outside the target that can reach it
  for (std::size_t i = 0; i < n; ++i) {
    const auto r = static_cast<Eigen::Index>(i);
    if (target.contains(i)) {
      out.reached[r] = 1;
      out.steps[r] = 0;
    } else if (reachability(graph, p.ladder().at(i), target).reachable) {
      inside.push_back(r);
    }
  }
  const auto m = static_cast<Eigen::Index>(inside.size());
  if (m == 0) return out;
  Matrix q(m, m), hit = Matrix::Zero(m, 1);
  Vector leaving = Vector::Zero(m);
  for (Eigen::Index r = 0; r < m; ++r) {
    for (Eigen::Index j = 0, c = 0; j < p.size(); ++j) {
      const double move = p.matrix()(inside[static_cast<std::size_t>(r)], j);
      if (c < m && inside[static_cast<std::size_t>(c)] == j) {
        q(r, c++) = move;
      } else {
        leaving[r] += move;
        if (target.contains(static_cast<std::size_t>(j))) hit(r, 0) += move;
      }
    }
  }
  const Matrix h = detail::solve_transient(q, leaving, hit);
  const Matrix time = detail::solve_transient(q, leaving, h);  // (I - Q)^-1 h; divided by h it is the conditional mean
  for (Eigen::Index r = 0; r < m; ++r) {
    const double reached = leaving == hit.col(0) ? 1.0 : std::min(1.0, h(r, 0));
    out.reached[inside[static_cast<std::size_t>(r)]] = reached;
    out.steps[inside[static_cast<std::size_t>(r)]] = time(r, 0) / h(r, 0);
  }
  return out;
}

/// Expected number of periods spent in each stratum before leaving for good: entry (i, j) of (I - Q)^-1 over the strata
/// (rows and columns in the ladder's order, exits left out).
///
/// Throws Refusal [E-REDUCIBLE] when some strata are never left. Cost: 2 n^3.
[[nodiscard]] inline Matrix fundamental_matrix(const TransitionMatrix& p) {
  const auto m = static_cast<Eigen::Index>(p.ladder().strata());
  const Vector leaving = p.matrix().topRightCorner(m, p.size() - m).rowwise().sum();
  return detail::solve_transient(p.matrix().topLeftCorner(m, m), leaving, Matrix::Identity(m, m));
}

/// How many steps people stay on the ladder before they leave for good, by starting stratum.
struct TimeOnLadder {
  Vector mean;
  Vector variance;
};
/// Throws Refusal [E-REDUCIBLE] when some strata are never left. Cost: 2 n^3. Method: Kemeny and Snell (1960), section
/// 3.3: N 1, and (2 N - I) N 1 less its square.
[[nodiscard]] inline TimeOnLadder time_on_ladder(const TransitionMatrix& p) {
  const Matrix n = fundamental_matrix(p);
  const Vector mean = n.rowwise().sum();
  return {mean, 2 * detail::applied(n, mean) - mean - mean.cwiseAbs2()};
}

/// The probability of leaving by each exit in the end, by starting stratum: entry (i, k) for stratum i and exit k.
///
/// Throws Refusal [E-REDUCIBLE] when some strata are never left.
[[nodiscard]] inline Matrix exit_probabilities(const TransitionMatrix& p) {
  const auto m = static_cast<Eigen::Index>(p.ladder().strata());
  const Matrix r = p.matrix().topRightCorner(m, p.size() - m);
  return detail::solve_transient(p.matrix().topLeftCorner(m, m), r.rowwise().sum(), r);
}

}  // namespace rungs

#endif
