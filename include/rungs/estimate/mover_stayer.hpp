// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_ESTIMATE_MOVER_STAYER_HPP
#define RUNGS_ESTIMATE_MOVER_STAYER_HPP

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/math/distributions/chi_squared.hpp>

#include <rungs/estimate/estimator.hpp>
#include <rungs/estimate/hidden_groups.hpp>
#include <rungs/estimate/interval.hpp>
#include <rungs/estimate/proportions.hpp>

namespace rungs {

namespace detail {

/// What people say of one stratum of a mover-stayer model: the log-likelihood of s (share of stayers) and m (chance
/// that a mover stays a step) is moved log(1 - s) + sum over T of never[T] log(s + (1 - s) m^T) + stays log m + leaves
/// log(1 - m), and nothing else depends on the two.
struct StayerRow {
  double moved = 0;                        ///< people who start here and move sometime
  std::map<std::int64_t, double> never{};  ///< people who start here and never move, by how many steps they are seen
  double stays = 0, leaves = 0;            ///< steps that begin here, of people who move sometime

  [[nodiscard]] double never_moved() const {
    double sum = 0;
    for (const auto& entry : never) sum += entry.second;
    return sum;
  }
  [[nodiscard]] double starters() const { return moved + never_moved(); }

  /// Derivatives with respect to the log-odds of s and m.
  struct Slopes {
    double value = 0, s = 0, m = 0, ss = 0, sm = 0, mm = 0;
  };
  /// At s and log-odds u of m.
  [[nodiscard]] Slopes at(double s, double u) const {
    const double m = 1 / (1 + std::exp(-u)), out = 1 / (1 + std::exp(u)), log_m = -std::log1p(std::exp(-u));
    // With v the log-odds of s and L the log-likelihood: first the derivatives for s and m themselves.
    double value = stays * log_m - leaves * std::log1p(std::exp(u)), s1 = 0, m1 = stays / m - leaves / out, ss = 0,
           sm = 0, mm = -stays / (m * m) - leaves / (out * out);
    if (moved > 0) {
      value += moved * std::log1p(-s);
      s1 -= moved / (1 - s);
      ss -= moved / ((1 - s) * (1 - s));
    }
    for (const auto& [steps, people] : never) {
      const auto t = static_cast<double>(steps);
      const double x = std::exp(t * log_m), left = -std::expm1(t * log_m), dx = t * std::exp((t - 1) * log_m),
                   ddx = steps < 2 ? 0 : t * (t - 1) * std::exp((t - 2) * log_m);
      const double f = s + (1 - s) * x, fs = left / f, fm = (1 - s) * dx / f;
      value += people * std::log(f);
      s1 += people * fs;
      m1 += people * fm;
      ss -= people * fs * fs;
      sm += people * (-dx / f - fs * fm);
      mm += people * ((1 - s) * ddx / f - fm * fm);
    }
    const double ds = s * (1 - s), dm = m * out;
    return {value,        s1 * ds,
            m1 * dm,      ss * ds * ds + s1 * ds * (1 - 2 * s),
            sm * ds * dm, mm * dm * dm + m1 * dm * (out - m)};
  }
  /// The best s for log-odds u of m: the likelihood is concave in s. Method: Newton's, within a bracket.
  [[nodiscard]] double best_share(double u) const {
    if (never.empty()) return 0;
    if (!(moved > 0)) return 1;
    const double log_m = -std::log1p(std::exp(-u));
    const auto slope = [&](double s, double& curvature) {
      double sum = -moved / (1 - s);
      curvature = sum / (1 - s);
      for (const auto& [steps, people] : never) {
        const double left = -std::expm1(static_cast<double>(steps) * log_m), f = (1 - left) + s * left;
        sum += people * left / f;
        curvature -= people * (left / f) * (left / f);
      }
      return sum;
    };
    double low = 0, high = 1, s = 0.5 * never_moved() / starters(), curvature = 0;
    if (!(slope(0, curvature) > 0)) return 0;
    for (int round = 0; round < 100; ++round) {
      const double at = slope(s, curvature);
      (at > 0 ? low : high) = s;
      double next = s - at / curvature;
      if (!(next > low && next < high)) next = 0.5 * (low + high);
      if (std::abs(next - s) <= 4e-16 * s) return next;
      s = next;
    }
    return s;
  }

  struct Found {
    double share = 0, stay = 0, value = 0, gradient = 0;
    int rounds = 0;
  };
  /// The maximum, where somebody leaves: along the best s for each m the value may have several tops, so that every one
  /// between two points of a grid over the log-odds of m is climbed and the highest taken.
  [[nodiscard]] Found maximum() const {
    constexpr double end = 30, width = 0.5;
    const auto slope = [this](double u, Slopes& at) {
      const double s = best_share(u);
      at = this->at(s, u);
      return s;
    };
    Found best;
    bool any = false;
    Slopes at;
    double s = slope(-end, at);
    if (!(at.m > 0)) {  // nobody who moves sometime ever stays
      best = {never.empty() ? 0 : never_moved() / starters(), 0, 0, 0, 1};
      if (moved > 0 && best.share > 0)
        best.value = moved * std::log(1 - best.share) + never_moved() * std::log(best.share);
      any = true;
    }
    for (double u = -end; u < end; u += width) {
      const double before = at.m;
      s = slope(u + width, at);
      if (!(before > 0 && at.m <= 0)) continue;
      const Slopes kept = at;
      double low = u, high = u + width, x = u + width / 2;
      int round = 0;
      for (; round < 200; ++round) {
        s = slope(x, at);
        (at.m > 0 ? low : high) = x;
        // Along the best s: the curvature less what s takes up.
        const double curvature = s > 0 && s < 1 ? at.mm - at.sm * at.sm / at.ss : at.mm;
        double next = x - at.m / curvature;
        if (!(next > low && next < high)) next = 0.5 * (low + high);
        const bool done = std::abs(next - x) <= 1e-15 * (1 + std::abs(x));
        x = next;
        if (done) break;
      }
      s = slope(x, at);
      best.rounds += round;
      if (!any || at.value > best.value)
        best = {s, 1 / (1 + std::exp(-x)), at.value, std::max(s > 0 && s < 1 ? std::abs(at.s) : 0.0, std::abs(at.m)),
                best.rounds};
      any = true;
      at = kept;
    }
    return best;
  }
  /// The maximum without stayers: that of a plain chain.
  [[nodiscard]] Found without_stayers() const {
    Found out{0, 0, 0, 0, 0};
    double all = stays;
    for (const auto& [steps, people] : never) all += static_cast<double>(steps) * people;
    if (all > 0) out.stay = all / (all + leaves), out.value += all * std::log(out.stay);
    if (leaves > 0) out.value += leaves * std::log(leaves / (all + leaves));
    return out;
  }
};

/// All that a mover-stayer model needs to know of people.
struct StayerCounts {
  std::vector<StayerRow> rows;
  Counts moves;   ///< of all people, each step
  Counts stayed;  ///< of those who never move: on the diagonal
};

inline StayerCounts stayer_counts(const Panel& panel, const std::vector<Followed>& people,
                                  const std::vector<double>& times) {
  const std::size_t n = panel.ladder().size();
  StayerCounts out{std::vector<StayerRow>(n), Counts(n), Counts(n)};
  for (std::size_t k = 0; k < people.size(); ++k) {
    if (!(times[k] > 0)) continue;
    const std::uint16_t* s = panel.strata().data() + people[k].begin;
    const auto steps = static_cast<std::size_t>(people[k].steps);
    const bool moves = std::any_of(s + 1, s + steps + 1, [s](std::uint16_t x) { return x != *s; });
    for (std::size_t t = 0; t < steps; ++t) out.moves.add(s[t], s[t + 1], times[k]);
    if (!moves) {
      out.rows[*s].never[people[k].steps] += times[k];
      continue;
    }
    out.rows[*s].moved += times[k];
    for (std::size_t t = 0; t < steps; ++t)
      (s[t] == s[t + 1] ? out.rows[s[t]].stays : out.rows[s[t]].leaves) += times[k];
  }
  return out;
}

/// The point of a mover-stayer model.
struct StayerPoint {
  Vector share;
  Matrix movers, plain;
  std::vector<StayerRow::Found> found, plain_found;
};

inline StayerPoint stayer_point(const Ladder& ladder, const StayerCounts& counts, Unleft unleft) {
  const auto n = static_cast<Eigen::Index>(ladder.size());
  StayerPoint out{Vector::Zero(n), Matrix::Identity(n, n), Matrix::Identity(n, n), {}, {}};
  for (std::size_t i = 0; i < ladder.strata(); ++i) {
    const StayerRow& row = counts.rows[i];
    StayerRow::Found& found = out.found.emplace_back();
    out.plain_found.push_back(row.without_stayers());
    if (!(row.leaves > 0)) {
      if (unleft != Unleft::absorbing)
        throw Refusal("E-IDENT", "found nobody who was seen to leave " + detail::quoted(ladder.name(i)) +
                                     "; expected somebody, since stayers are told from movers by who leaves, or that "
                                     "it is stated to be absorbing");
      found.stay = 1;
      continue;
    }
    const bool one_step = row.never.empty() || row.never.rbegin()->first == 1;
    if (one_step && !row.never.empty() && !(row.stays > 0) && !(row.leaves > row.moved))
      throw Refusal("E-IDENT", "found nobody whose second step tells stayers in " + detail::quoted(ladder.name(i)) +
                                   " from movers who stay; expected people followed for two steps or more");
    found = row.maximum();
    if (found.share < 1e-8) {
      const int rounds = found.rounds;
      found = out.plain_found.back();
      found.rounds = rounds;
    }
    const auto r = static_cast<Eigen::Index>(i);
    out.share[r] = found.share;
    double leaves = 0;  // as row.leaves, but for the rounding of weights
    for (std::size_t j = 0; j < ladder.size(); ++j) leaves += j == i ? 0 : counts.moves.people(i, j);
    const double all = leaves + counts.moves.people(i, i);
    for (std::size_t j = 0; j < ladder.size(); ++j) {
      const auto c = static_cast<Eigen::Index>(j);
      out.movers(r, c) = j == i ? found.stay : (1 - found.stay) * counts.moves.people(i, j) / leaves;
      out.plain(r, c) = counts.moves.people(i, j) / all;
    }
  }
  return out;
}

/// log of the probability of the moves given that they are moves: the part of the likelihood that both models share.
inline double log_moves(const Counts& moves) {
  double sum = 0;
  for (std::size_t i = 0; i < moves.size(); ++i) {
    double all = 0;
    for (std::size_t j = 0; j < moves.size(); ++j) all += j == i ? 0 : moves.people(i, j);
    for (std::size_t j = 0; j < moves.size(); ++j)
      if (j != i && moves.people(i, j) > 0) sum += moves.people(i, j) * std::log(moves.people(i, j) / all);
  }
  return sum;
}

inline Matrix share_of_stayers(const Vector& share) {
  Matrix out(share.size(), 2);
  out.col(1) = share;
  out.col(0) = Vector::Ones(share.size()) - share;
  return out;
}

inline Kernel movers_beside_stayers(const Ladder& groups, const Ladder& ladder, const Matrix& movers, Step step) {
  const Ensemble m(Kernel(TransitionMatrix(ladder, movers, step)), Known{}, ""),
      s(Kernel(TransitionMatrix(ladder, identity(ladder), step)), Known{}, "");
  return Ensemble::of_groups(groups, {m, s}).point();
}

inline Matrix power(const Matrix& p, Span steps) {
  Matrix out = Matrix::Identity(p.rows(), p.rows());
  for (std::int64_t t = 0; t < steps.steps(); ++t) out *= p;
  return out;
}

}  // namespace detail

/// How to fit a mover-stayer model.
struct MoverStayerOptions {
  Step step{};                           ///< one step of the model, in units of the time column and in years
  Unleft unleft = Unleft::unstated;      ///< of a stratum nobody is seen to leave: absorbing, or an error
  std::optional<SurveyDesign> design{};  ///< how people were drawn, where not each alone
};

/// A mover-stayer model fitted to people, beside the plain chain fitted to the same people; see fit_mover_stayer().
///
/// Vectors and matrices are in the ladder's order with the exits; from = row.
struct MoverStayer {
  HiddenGroups model;  ///< on the ladder for the groups "movers" and "stayers", with draws of both s and M
  Vector share;        ///< s: of those in the stratum at their first observation, who never move; 0 for exits
  Matrix movers;       ///< M: the chain of the others
  Matrix plain;        ///< the plain chain of all people
  Counts moves;        ///< how many people made each move in one step
  Vector starters;     ///< people in the stratum at their first observation
  Vector never_moved;  ///< of those, who were never seen elsewhere
  double log_likelihood = 0, plain_log_likelihood = 0;  ///< given everybody's first stratum
  double likelihood_ratio = 0;                          ///< twice the difference of the two
  /// The asymptotic chance of as large a ratio where there are no stayers. Every s then lies at the end of its range,
  /// so that its part of the ratio is 0 half of the time: a mixture of chi-squares with 0 to k degrees of freedom in
  /// the proportions of k tosses of a coin (Self and Liang 1987).
  double p_value = 1;        ///< NaN of a survey, where the ratio is of weighted people and has another distribution
  std::size_t tested = 0;    ///< k: the strata with starters that somebody leaves
  std::size_t interior = 0;  ///< how many of the shares are neither 0 nor 1
  Vector ratio_by_stratum;   ///< what each stratum adds to the ratio
  std::size_t rounds = 0;    ///< Newton rounds of all strata
  double gradient = 0;       ///< largest derivative at the maximum with respect to the log-odds of a free s or M(i, i)
  Matrix covariance;  ///< of the log-odds of s(i) and M(i, i), numbers 2i and 2i + 1; 0 for what is at an end of its
                      ///< range; different strata are independent, but for those of a survey
  double degrees_of_freedom = std::numeric_limits<double>::infinity();  ///< of a survey: clusters less their parts
  std::vector<Warning> warnings{};

  /// The interval of a share of stayers, symmetric around its log-odds; NaN for one at 0 or 1 (see W-BOUNDARY).
  [[nodiscard]] Interval share_interval(const Stratum& stratum, Level level = Level()) const {
    const auto i = static_cast<Eigen::Index>(stratum.index());
    const double z = detail::quantile_of(degrees_of_freedom, level);
    const double nan = std::nan(""), spread = z * std::sqrt(covariance(2 * i, 2 * i)), s = share[i];
    if (!(spread > 0)) return {nan, nan};
    return {1 / (1 + (1 - s) / s * std::exp(spread)), 1 / (1 + (1 - s) / s * std::exp(-spread))};
  }
  /// The standard error of a share of stayers; NaN for one at 0 or 1.
  [[nodiscard]] double share_error(const Stratum& stratum) const {
    const auto i = static_cast<Eigen::Index>(stratum.index());
    return covariance(2 * i, 2 * i) > 0 ? share[i] * (1 - share[i]) * std::sqrt(covariance(2 * i, 2 * i))
                                        : std::nan("");
  }
  /// Standard errors and intervals of M, one cell at a time.
  [[nodiscard]] CellIntervals mover_cells(Level level = Level()) const {
    return cell_intervals(NormalLogits{mover_factor, degrees_of_freedom}, movers, 0, level);
  }
  /// P(in j after so many steps | in i at first) under this model, S + (I - S) M^k.
  [[nodiscard]] Matrix after(Span steps) const { return model.after(steps); }
  /// The same under the plain chain.
  [[nodiscard]] Matrix plain_after(Span steps) const { return detail::power(plain, steps); }

  Matrix mover_factor;  ///< as NormalLogits, of the movers alone
};

namespace detail {

/// What moves s and M in draws: the columns are normals, two for each stratum and one for each move seen.
struct StayerFactors {
  Matrix movers, shares;  // rows i n + j, and 2 i + g
  Matrix covariance;
};

inline StayerFactors stayer_factors(const Ladder& ladder, const StayerCounts& counts, const StayerPoint& point) {
  const auto n = static_cast<Eigen::Index>(ladder.size());
  Eigen::Index columns = 0;
  for (std::size_t i = 0; i < ladder.strata(); ++i) {
    columns += 2;
    for (std::size_t j = 0; j < ladder.size(); ++j) columns += j != i && counts.moves.people(i, j) > 0 ? 1 : 0;
  }
  StayerFactors out{Matrix::Zero(n * n, columns), Matrix::Zero(2 * n, columns), Matrix::Zero(2 * n, 2 * n)};
  Eigen::Index column = 0;
  for (std::size_t k = 0; k < ladder.strata(); ++k) {
    const auto i = static_cast<Eigen::Index>(k);
    const double s = point.share[i], m = point.movers(i, i);
    const bool share_free = s > 0 && s<1, stay_free = m> 0 && m < 1;
    double ss = 0, sm = 0, mm = 0;  // covariance of the log-odds
    if (stay_free) {
      const StayerRow::Slopes at = counts.rows[k].at(s, std::log(m / (1 - m)));
      const double determinant = at.ss * at.mm - at.sm * at.sm;
      if (!(at.mm < 0) || (share_free && !(at.ss < 0 && determinant > 1e-10 * at.ss * at.mm)))
        throw Refusal("E-IDENT", "found too few people to tell stayers in " + detail::quoted(ladder.name(k)) +
                                     " from movers who stay; expected people followed for more steps");
      mm = share_free ? -at.ss / determinant : -1 / at.mm;
      ss = share_free ? -at.mm / determinant : 0;
      sm = share_free ? at.sm / determinant : 0;
    } else if (share_free) {  // no mover stays: then whoever stays is a stayer
      ss = 1 / (counts.rows[k].starters() * s * (1 - s));
    }
    out.covariance(2 * i, 2 * i) = ss;
    out.covariance(2 * i + 1, 2 * i + 1) = mm;
    out.covariance(2 * i, 2 * i + 1) = out.covariance(2 * i + 1, 2 * i) = sm;
    // Its root: the first normal moves both, the second what is left of the staying.
    out.shares(2 * i + 1, column) = std::sqrt(ss);
    out.movers(i * n + i, column) = ss > 0 ? sm / std::sqrt(ss) : 0;
    out.movers(i * n + i, column + 1) = std::sqrt(std::max(0.0, mm - (ss > 0 ? sm * sm / ss : 0)));
    column += 2;
    // Where those go who leave: shares q of a multinomial sample.
    const double leaves = counts.rows[k].leaves;
    for (std::size_t j = 0; j < ladder.size(); ++j) {
      if (j == k || !(counts.moves.people(k, j) > 0)) continue;
      const double q = counts.moves.people(k, j) / leaves, root = 1 / std::sqrt(q * leaves);
      for (std::size_t l = 0; l < ladder.size(); ++l)
        if (l != k && counts.moves.people(k, l) > 0)
          out.movers(i * n + static_cast<Eigen::Index>(l), column) = ((l == j ? 1 : 0) - q) * root;
      ++column;
    }
  }
  return out;
}

/// As stayer_factors(), with the variance of how people were drawn: each person's slopes, through the information.
/// Method: Binder (1983), doi 10.2307/1402588.
inline StayerFactors stayer_factors_of_survey(const Panel& panel, const std::vector<Followed>& people,
                                              const std::optional<SurveyDesign>& design, const StayerCounts& counts,
                                              const StayerPoint& point, double& degrees_of_freedom) {
  const Ladder& ladder = panel.ladder();
  const auto n = static_cast<Eigen::Index>(ladder.size());
  (void)stayer_factors(ladder, counts, point);  // refuses what the data do not tell apart
  // Rows: the log-odds of M(i, i) and the logs of where those go who leave, by cell; then the log-odds of s(i).
  Matrix influence = Matrix::Zero(n * n + n, static_cast<Eigen::Index>(people.size()));
  for (std::size_t person = 0; person < people.size(); ++person) {
    const auto column = static_cast<Eigen::Index>(person);
    const double weight = people[person].people;
    const StayerCounts own = stayer_counts(panel, {people[person]}, {1.0});
    for (std::size_t k = 0; k < ladder.strata(); ++k) {
      const StayerRow &row = own.rows[k], &all = counts.rows[k];
      const auto i = static_cast<Eigen::Index>(k);
      if (!(row.starters() + row.stays + row.leaves > 0)) continue;
      const double s = point.share[i], m = point.movers(i, i);
      const bool share_free = s > 0 && s<1, stay_free = m> 0 && m < 1;
      double &share = influence(n * n + i, column), &stay = influence(i * n + i, column);
      if (stay_free) {
        const double u = std::log(m / (1 - m));
        const StayerRow::Slopes slope = row.at(s, u), at = all.at(s, u);
        if (share_free) {
          const double determinant = at.ss * at.mm - at.sm * at.sm;
          share = weight * (at.sm * slope.m - at.mm * slope.s) / determinant;
          stay = weight * (at.sm * slope.s - at.ss * slope.m) / determinant;
        } else {
          stay = -weight * slope.m / at.mm;
        }
      } else if (share_free) {  // no mover stays: then whoever stays is a stayer
        share = weight * (row.never_moved() - s * row.starters()) / (all.starters() * s * (1 - s));
      }
      for (std::size_t l = 0; l < ladder.size(); ++l) {
        const double to = counts.moves.people(k, l);
        if (l != k && to > 0)
          influence(i * n + static_cast<Eigen::Index>(l), column) =
              weight * (own.moves.people(k, l) / to - row.leaves / all.leaves);
      }
    }
  }
  const ClusterVariance variance = variance_of_people(panel, people, design, influence);
  degrees_of_freedom = variance.degrees_of_freedom;
  const Matrix root = root_of(variance.covariance);
  StayerFactors out{root.topRows(n * n), Matrix::Zero(2 * n, root.cols()), Matrix::Zero(2 * n, 2 * n)};
  for (Eigen::Index i = 0; i < n; ++i) out.shares.row(2 * i + 1) = root.row(n * n + i);
  const auto place = [n](Eigen::Index q) { return q % 2 == 0 ? n * n + q / 2 : (q / 2) * n + q / 2; };
  for (Eigen::Index a = 0; a < 2 * n; ++a)
    for (Eigen::Index b = 0; b < 2 * n; ++b) out.covariance(a, b) = variance.covariance(place(a), place(b));
  return out;
}

}  // namespace detail

/// The maximum-likelihood mover-stayer model: a person in stratum i at the first observation never moves with
/// probability s(i), and otherwise moves by the chain M; tells how many of those who stay could not be moved at all.
///
/// Assumes: whether somebody is a stayer depends on the first stratum only; movers are alike; people are followed from
/// their first observation (each for any number of steps) up to their first gap or exit, and when that comes says
/// nothing of who they are. Observations after a gap are left out (W-GAP), since a gap does not show whether a mover
/// came back. Weights are those of a person's first record: frequency weights count people; sampling weights weigh each
/// person's log-likelihood, as shares of their mean.
/// Effect on intervals: where people differ, those of a plain chain are too narrow, and its reach over several steps
/// too large for stayers and too small for movers; here they rest on the observed information of s and M(i, i), which
/// are told apart the less the fewer steps people are followed. Intervals are symmetric around the log-odds; a share at
/// 0 or 1 has none, stays there in every draw, and is told (W-BOUNDARY): bootstrap_mover_stayer() lets it vary. A move
/// never seen has probability 0, as of Proportions. Where nobody starts, the share is 0. With sampling weights or a
/// `design` the variance is that between people, or between the clusters they were drawn in (linearisation), with the
/// degrees of freedom of the design.
/// Throws Refusal [E-WEIGHT-KIND] for precision weights, and for frequency weights with a design; [E-DESIGN-LONELY],
/// [E-SHAPE] as estimate_survey(); [E-IDENT] naming the stratum whose stayers and
/// movers the data do not tell apart, or that nobody leaves unless `unleft` is absorbing (its s is then 0);
/// [E-ROW-EMPTY] when nobody was followed; and as tally() does. Cost: one pass over the data, then 120 evaluations and
/// some 10 Newton rounds for each stratum. Method: Goodman (1961), JASA 56(296), 841 to 868; Frydman (1984),
/// JASA 79(387), 632 to 638: the likelihood separates by stratum, and in it by s given M(i, i).
[[nodiscard]] inline MoverStayer fit_mover_stayer(const Panel& panel, const MoverStayerOptions& options = {}) {
  const Ladder& ladder = panel.ladder();
  const auto n = static_cast<Eigen::Index>(ladder.size());
  std::vector<Warning> warnings;
  const std::vector<detail::Followed> people = detail::followed(panel, options.step, warnings);
  std::vector<double> times;
  for (const detail::Followed& f : people) times.push_back(f.people);
  const detail::StayerCounts counts = detail::stayer_counts(panel, people, times);
  const detail::StayerPoint point = detail::stayer_point(ladder, counts, options.unleft);
  const bool survey = detail::is_survey(panel, options.design);
  double freedom = std::numeric_limits<double>::infinity();
  const detail::StayerFactors factors =
      survey ? detail::stayer_factors_of_survey(panel, people, options.design, counts, point, freedom)
             : detail::stayer_factors(ladder, counts, point);

  const Ladder groups = ladder.for_groups(detail::movers_and_stayers());
  const Ensemble movers(Kernel(TransitionMatrix(ladder, point.movers, options.step)),
                        NormalLogits{factors.movers, freedom}, survey ? "mover-stayer, design-based" : "mover-stayer"),
      stayers(Kernel(TransitionMatrix(ladder, detail::identity(ladder), options.step)), Known{}, "stayers");
  MoverStayer out{.model = HiddenGroups(Ensemble::of_groups(groups, {movers, stayers}),
                                        detail::share_of_stayers(point.share), factors.shares),
                  .share = point.share,
                  .movers = point.movers,
                  .plain = point.plain,
                  .moves = counts.moves,
                  .starters = Vector::Zero(n),
                  .never_moved = Vector::Zero(n),
                  .ratio_by_stratum = Vector::Zero(n),
                  .covariance = factors.covariance,
                  .degrees_of_freedom = freedom,
                  .warnings = std::move(warnings),
                  .mover_factor = factors.movers};
  out.log_likelihood = out.plain_log_likelihood = detail::log_moves(counts.moves);
  std::string boundary, restless;
  for (std::size_t k = 0; k < ladder.strata(); ++k) {
    const auto i = static_cast<Eigen::Index>(k);
    const detail::StayerRow& row = counts.rows[k];
    const auto& found = point.found[k];
    out.starters[i] = row.starters();
    out.never_moved[i] = row.never_moved();
    out.log_likelihood += found.value;
    out.plain_log_likelihood += point.plain_found[k].value;
    out.ratio_by_stratum[i] = std::max(0.0, 2 * (found.value - point.plain_found[k].value));
    out.likelihood_ratio += out.ratio_by_stratum[i];
    out.rounds += static_cast<std::size_t>(found.rounds);
    out.gradient = std::max(out.gradient, found.gradient);
    if (!(out.movers(i, i) > 0)) restless += (restless.empty() ? "" : ", ") + detail::quoted(ladder.name(k));
    if (!(row.leaves > 0 && out.starters[i] > 0)) continue;
    ++out.tested;
    if (found.share > 0 && found.share < 1)
      ++out.interior;
    else
      boundary += (boundary.empty() ? "" : ", ") + detail::quoted(ladder.name(k)) + (found.share > 0 ? " (1)" : " (0)");
  }
  if (!boundary.empty())
    out.warnings.push_back({"W-BOUNDARY", "the share of stayers lies at the end of its range in " + boundary +
                                              ": it has no standard error, and does not vary in draws but those of a "
                                              "bootstrap"});
  if (!restless.empty())
    out.warnings.push_back({"W-BOUNDARY", "no mover was seen to stay in " + restless +
                                              ": the chance of staying is 0 in every draw but those of a bootstrap"});
  if (survey) {
    out.p_value = std::nan("");
  } else if (out.likelihood_ratio > 0) {
    double weight = std::pow(0.5, static_cast<double>(out.tested));
    out.p_value = 0;
    for (std::size_t k = 1; k <= out.tested; ++k) {
      weight *= static_cast<double>(out.tested - k + 1) / static_cast<double>(k);
      const boost::math::chi_squared_distribution<> chi(static_cast<double>(k));
      out.p_value += weight * boost::math::cdf(boost::math::complement(chi, out.likelihood_ratio));
    }
  }
  return out;
}

/// The mover-stayer model with draws by resampling whole people with replacement and fitting again: for shares at or
/// near 0, which the log-odds of fit_mover_stayer() keep from varying.
///
/// Effect on intervals: they then hold for shares near 0 too, if on the wide side; at 0 itself the bootstrap is not
/// exact. A stratum in which nobody starts in a draw has the share of the data there. Weights go along with people;
/// with a `design` whole clusters are drawn within their parts (Rao and Wu 1988), and a lonely one must be certain.
/// Throws as fit_mover_stayer(): a rare stratum may be left by nobody in a sample (state `unleft`); Refusal [E-DRAW]
/// for 0 draws. Cost: draws x (observations + the fit of each stratum).
[[nodiscard]] inline HiddenGroups bootstrap_mover_stayer(const Panel& panel, const MoverStayerOptions& options,
                                                         std::size_t draws, Seed seed) {
  if (draws == 0) throw Refusal("E-DRAW", "found 0 bootstrap draws; expected at least 1");
  const Ladder& ladder = panel.ladder();
  std::vector<Warning> warnings;
  const std::vector<detail::Followed> people = detail::followed(panel, options.step, warnings);
  std::vector<double> times;
  for (const detail::Followed& f : people) times.push_back(f.people);
  const Ladder groups = ladder.for_groups(detail::movers_and_stayers());
  const detail::StayerPoint point =
      detail::stayer_point(ladder, detail::stayer_counts(panel, people, times), options.unleft);
  Replicates replicates;
  std::vector<Matrix> shares;
  const detail::PeopleDraws anew(panel, people, options.design);
  for (std::size_t b = 0; b < draws; ++b) {
    times = anew.draw(Stream({seed, b, 0, Purpose::resample}));
    const detail::StayerCounts counts = detail::stayer_counts(panel, people, times);
    detail::StayerPoint drawn = detail::stayer_point(ladder, counts, options.unleft);
    for (std::size_t k = 0; k < ladder.strata(); ++k)  // where nobody starts, as in the data
      if (!(counts.rows[k].starters() > 0))
        drawn.share[static_cast<Eigen::Index>(k)] = point.share[static_cast<Eigen::Index>(k)];
    replicates.kernels.push_back(detail::movers_beside_stayers(groups, ladder, drawn.movers, options.step));
    shares.push_back(detail::share_of_stayers(drawn.share));
  }
  return {Ensemble(detail::movers_beside_stayers(groups, ladder, point.movers, options.step), std::move(replicates),
                   options.design && !options.design->cluster.empty() ? "mover-stayer, bootstrap by cluster"
                                                                      : "mover-stayer, bootstrap by person"),
          detail::share_of_stayers(point.share),
          {},
          std::move(shares)};
}

/// Where people were a number of steps after their first observation: how many in which stratum, of those who were
/// followed for so long. What after() and plain_after() of a MoverStayer are to be held against.
///
/// People who left by an exit before are counted there.
/// Throws as fit_mover_stayer() does.
[[nodiscard]] inline Counts observed_after(const Panel& panel, Step step, Span steps) {
  std::vector<Warning> warnings;
  Counts out(panel.ladder().size());
  for (const detail::Followed& f : detail::followed(panel, step, warnings)) {
    const std::uint16_t* s = panel.strata().data() + f.begin;
    const std::int64_t last = std::min(f.steps, steps.steps());
    if (f.steps >= steps.steps() || panel.ladder().is_exit(s[f.steps])) out.add(*s, s[last], f.people);
  }
  return out;
}

}  // namespace rungs

#endif
