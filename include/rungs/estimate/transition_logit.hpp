// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_ESTIMATE_TRANSITION_LOGIT_HPP
#define RUNGS_ESTIMATE_TRANSITION_LOGIT_HPP

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <Eigen/Core>
#include <boost/math/special_functions/gamma.hpp>

#include <rungs/detail/product.hpp>
#include <rungs/detail/symmetric_factor.hpp>
#include <rungs/estimate/covariates.hpp>
#include <rungs/estimate/estimator.hpp>

namespace rungs {

/// How the stratum that somebody leaves enters a logit of moves.
enum class LogitForm : std::uint8_t {
  pooled,     ///< each stratum has its own constants, and all have common slopes
  by_origin,  ///< each stratum has its own constants and slopes: a logit for each row of the matrix
};

/// What the standard errors of a logit rest on.
enum class LogitVariance : std::uint8_t {
  by_person,  ///< the sandwich over people: moves of one person may be alike, and weights need not be people
  model,      ///< the inverse of the information: every move is as good as independent of the others
};

/// Whose covariates the row of a stratum is averaged over.
enum class AveragedOver : std::uint8_t {
  own_origin,  ///< those of the people of the population who are in that stratum
  everybody,   ///< those of all people of the population who are in a stratum: rows then differ by the stratum alone
};

/// A covariate set to a value: a number by its name, or one level of a factor by `region=north` (the base too).
struct CovariateSetting {
  std::string column;
  double value = 1;
};

/// Coefficients of the log-odds of each outcome against the base, with standard errors: a row for each outcome but the
/// base, a column for each of the constant, the origins but the base and the covariates.
///
/// A coefficient that runs away since a move was never seen, or is impossible, is infinite; one that is then not
/// defined is NaN; neither has a standard error.
struct LogitCoefficients {
  std::string base;         ///< outcome
  std::string base_origin;  ///< what the constant is of
  std::vector<std::string> outcomes, columns;
  Matrix values, standard_errors;
};

/// A statistic that has a chi-squared distribution when the smaller model holds.
struct LogitTest {
  double statistic = 0;
  double degrees_of_freedom = 0;
  double p_value = 1;
};

/// By how many points the probability of each move changes with a covariate; from = row, rows sum to 0.
struct MarginalEffect {
  std::string column;
  bool difference = false;        ///< from 0 (the base of a factor) to 1; otherwise the derivative, per unit
  Matrix effect, standard_error;  ///< NaN for a stratum in which the population has nobody
};

namespace detail {

/// The moves out of one stratum, ready for fitting.
struct LogitRows {
  Eigen::MatrixXd z;         ///< a row for each move: 1, and the standardised covariates
  std::vector<int> outcome;  ///< the number of the column of coefficients; one more than there are for the base
  Eigen::ArrayXd weight;
  std::vector<std::size_t> at;  ///< where each move stands in the data
};

/// The probabilities of a multinomial logit in `m` rows of z: into the top of `p` those of all outcomes but the base,
/// of `sums` and `tops` what gives the logarithm of the denominator, log sum + top, and of `eta` the log-odds.
inline void logit_shares(const Eigen::MatrixXd& z, Eigen::Index first, Eigen::Index m, const Eigen::MatrixXd& phi,
                         Eigen::MatrixXd& eta, Eigen::MatrixXd& p, Eigen::ArrayXd& tops, Eigen::ArrayXd& sums) {
  eta.topRows(m).noalias() = z.middleRows(first, m) * phi;
  auto top = tops.head(m), sum = sums.head(m);
  top.setZero();
  for (Eigen::Index j = 0; j < phi.cols(); ++j) top = top.max(eta.col(j).head(m).array());
  sum = (-top).exp();
  for (Eigen::Index j = 0; j < phi.cols(); ++j) {
    p.col(j).head(m) = (eta.col(j).head(m).array() - top).exp();
    sum += p.col(j).head(m).array();
  }
  for (Eigen::Index j = 0; j < phi.cols(); ++j) p.col(j).head(m).array() /= sum;
}

/// The log-likelihood of one multinomial logit, its gradient and minus its second derivatives.
///
/// `phi` has a row for each column of z and a column for each outcome but the base, whose coefficients are 0. Second
/// derivatives are numbered outcome by outcome. Cost: moves x (outcomes x columns)^2 / 4, as products of thin matrices.
inline double logit_pass(const LogitRows& rows, const Eigen::MatrixXd& phi, Eigen::MatrixXd& gradient,
                         Eigen::MatrixXd& information) {
  constexpr Eigen::Index block = 256;
  const Eigen::Index n = rows.z.rows(), columns = phi.rows(), outcomes = phi.cols();
  const Eigen::Index pairs = outcomes * (outcomes + 1) / 2, products = columns * (columns + 1) / 2;
  gradient.setZero(columns, outcomes);
  Eigen::MatrixXd sums = Eigen::MatrixXd::Zero(pairs, products);
  Eigen::MatrixXd weights(block, pairs), crossed(block, products), shares(block, outcomes), linear(block, outcomes);
  Eigen::ArrayXd tops(block), denominators(block);
  double value = 0;
  for (Eigen::Index first = 0; first < n; first += block) {
    const Eigen::Index m = std::min(block, n - first);
    const auto z = rows.z.middleRows(first, m);
    const auto w = rows.weight.segment(first, m);
    logit_shares(rows.z, first, m, phi, linear, shares, tops, denominators);
    auto top = tops.head(m), sum = denominators.head(m);
    value -= (w * (top + sum.log())).sum();
    Eigen::Index at = 0;
    for (Eigen::Index j = 0; j < outcomes; ++j) {
      sum = w * shares.col(j).head(m).array();
      for (Eigen::Index l = 0; l < j; ++l) weights.col(at++).head(m).array() = -sum * shares.col(l).head(m).array();
      weights.col(at++).head(m).array() = sum * (1 - shares.col(j).head(m).array());
    }
    at = 0;
    for (Eigen::Index a = 0; a < columns; ++a)
      for (Eigen::Index b = 0; b <= a; ++b) crossed.col(at++).head(m) = z.col(a).cwiseProduct(z.col(b));
    const auto weighted = std::as_const(weights).topRows(m);  // constant as z is, for one kind of product
    sums.noalias() += weighted.transpose() * crossed.topRows(m);
    for (Eigen::Index j = 0; j < outcomes; ++j) shares.col(j).head(m).array() *= -w;
    for (Eigen::Index k = 0; k < m; ++k) {
      const int to = rows.outcome[static_cast<std::size_t>(first + k)];
      if (to >= outcomes) continue;
      value += w[k] * linear(k, to);
      shares(k, to) += w[k];
    }
    gradient.noalias() += z.transpose() * shares.topRows(m);
  }
  information.resize(columns * outcomes, columns * outcomes);
  for (Eigen::Index j = 0, pair = 0; j < outcomes; ++j)
    for (Eigen::Index l = 0; l <= j; ++l, ++pair)
      for (Eigen::Index a = 0, product = 0; a < columns; ++a)
        for (Eigen::Index b = 0; b <= a; ++b, ++product) {
          const double h = sums(pair, product);
          information(j * columns + a, l * columns + b) = information(j * columns + b, l * columns + a) = h;
          information(l * columns + a, j * columns + b) = information(l * columns + b, j * columns + a) = h;
        }
  return value;
}

/// A stratum that people were seen to leave or stay in, and how its coefficients follow from the parameters of the fit.
struct LogitOrigin {
  std::size_t state = 0;
  std::vector<std::size_t> outcomes{};  ///< strata in which somebody was seen next; the last is the base
  /// The parameter behind each coefficient, outcome by outcome, and the one that is taken from it: -1 for none.
  std::vector<Eigen::Index> plus{}, minus{};

  [[nodiscard]] Eigen::Index free() const noexcept { return static_cast<Eigen::Index>(outcomes.size()) - 1; }
  [[nodiscard]] Eigen::MatrixXd coefficients(const Vector& theta, Eigen::Index columns) const {
    Eigen::MatrixXd phi(columns, free());
    for (std::size_t u = 0; u < plus.size(); ++u)
      phi.data()[u] = (plus[u] < 0 ? 0 : theta[plus[u]]) - (minus[u] < 0 ? 0 : theta[minus[u]]);
    return phi;
  }
  /// Adds a derivative with respect to the coefficients to one with respect to the parameters.
  template <class Out>
  void add(const double* of_coefficients, Out&& out) const {
    for (std::size_t u = 0; u < plus.size(); ++u) {
      if (plus[u] >= 0) out[plus[u]] += of_coefficients[u];
      if (minus[u] >= 0) out[minus[u]] -= of_coefficients[u];
    }
  }
  void add(const Eigen::MatrixXd& information, Eigen::Index first, Eigen::MatrixXd& out) const {
    const auto at = [&](Eigen::Index a, Eigen::Index b, double h) {
      if (a >= 0 && b >= 0) out(a - first, b - first) += h;
    };
    for (std::size_t u = 0; u < plus.size(); ++u)
      for (std::size_t v = 0; v < plus.size(); ++v) {
        const double h = information(static_cast<Eigen::Index>(u), static_cast<Eigen::Index>(v));
        at(plus[u], plus[v], h);
        at(minus[u], minus[v], h);
        at(plus[u], minus[v], -h);
        at(minus[u], plus[v], -h);
      }
  }
};

}  // namespace detail

/// A logit of moves that was fitted: its coefficients, tests, and the transition matrices that follow from it.
class FittedLogit {
 public:
  [[nodiscard]] const Ladder& ladder() const noexcept { return ladder_; }
  [[nodiscard]] LogitForm form() const noexcept { return form_; }
  /// The covariates, in the order of the columns of every answer.
  [[nodiscard]] const std::vector<Covariates::Column>& columns() const noexcept { return columns_; }
  /// Of frequency weights, moves of people; else rows. Sampling and precision weights are divided by their mean.
  [[nodiscard]] double moves() const noexcept { return moves_; }
  /// The sum of the weights times the logs of the probabilities of the moves seen; under sampling and precision weights
  /// no likelihood, so that aic(), bic() and likelihood_ratio_test() are not defined.
  [[nodiscard]] double log_likelihood() const noexcept { return log_likelihood_; }
  [[nodiscard]] double deviance() const noexcept { return -2 * log_likelihood_; }
  /// The number of parameters; those of moves that are impossible or were never seen do not count.
  [[nodiscard]] Eigen::Index parameters() const noexcept { return theta_.size(); }
  [[nodiscard]] double aic() const noexcept { return is_likelihood() ? deviance() + 2 * count() : std::nan(""); }
  [[nodiscard]] double bic() const noexcept {
    return is_likelihood() ? deviance() + std::log(moves_) * count() : std::nan("");
  }
  /// The length of the gradient before the last step, of covariates divided by their standard deviations.
  [[nodiscard]] double gradient_norm() const noexcept { return gradient_norm_; }
  /// The length of the last step, in standard errors; what is left to the maximum is about its square.
  [[nodiscard]] double last_step() const noexcept { return last_step_; }
  [[nodiscard]] int rounds() const noexcept { return rounds_; }
  [[nodiscard]] LogitVariance variance() const noexcept { return variance_; }
  [[nodiscard]] const std::vector<Warning>& warnings() const noexcept { return warnings_; }

  /// The coefficients of the pooled form: constants of the base origin, differences of the other origins, slopes.
  ///
  /// Throws Refusal [E-LOGIT-FORM] for the form by origin: ask for those of one stratum.
  [[nodiscard]] LogitCoefficients coefficients() const {
    if (form_ == LogitForm::by_origin)
      throw Refusal("E-LOGIT-FORM",
                    "found coefficients asked of all strata together in the form by origin; expected one stratum");
    return table(origins_.at(base_origin_), true);
  }
  /// The coefficients of the moves from one stratum: its own constants, and the slopes.
  ///
  /// Throws Refusal [E-ROW-EMPTY] for a stratum that nobody was seen in.
  [[nodiscard]] LogitCoefficients coefficients(const Stratum& from) const {
    ladder_.require_own(from);
    return table(origin(from.index()), false);
  }

  /// Values of all covariates in the order of columns(), from settings by name.
  ///
  /// Throws UnknownName [E-LABEL-UNKNOWN]; Refusal [E-COVARIATE] for a covariate that is not set.
  [[nodiscard]] Vector values(const std::vector<CovariateSetting>& settings) const {
    Vector x = Vector::Constant(static_cast<Eigen::Index>(columns_.size()), std::nan(""));
    for (const CovariateSetting& s : settings) set(s, x);
    for (std::size_t c = 0; c < columns_.size(); ++c)
      if (std::isnan(x[static_cast<Eigen::Index>(c)]))
        throw Refusal("E-COVARIATE", "found no value of " + detail::quoted(columns_[c].name) +
                                         "; expected one for each covariate of the model");
    return x;
  }
  /// The transition matrix of people with these covariates.
  ///
  /// Throws Refusal [E-SHAPE] for another number of values, or one that is not finite; DomainError [E-COVARIATE] for
  /// one 1e120 standard deviations from the data, where log-odds are no numbers any more.
  [[nodiscard]] TransitionMatrix at(const Vector& x) const {
    Eigen::MatrixXd z(1, width());
    z.row(0) = standardised_row(x).transpose();
    Matrix p = detail::identity(ladder_);
    for (std::size_t o = 0; o < origins_.size(); ++o) average_row(origins_[o], phi_[o], z, Vector::Ones(1), p);
    return matrix(std::move(p));
  }
  /// The same with draws: coefficients vary normally with their covariance, which for given covariates moves log-odds
  /// normally, so that draws are exact and there are as many as asked for. One world has the same coefficients here,
  /// for other covariates and in standardised().
  [[nodiscard]] Ensemble ensemble(const Vector& x) const {
    return {Kernel(at(x)), NormalLogits{factor({x})}, method()};
  }
  /// One matrix for each of some consecutive periods, with the covariates of each: of people who grow older.
  [[nodiscard]] Ensemble ensemble(Period first, const std::vector<Vector>& x) const {
    std::vector<TransitionMatrix> matrices;
    for (const Vector& one : x) matrices.push_back(at(one));
    return {Kernel(first, std::move(matrices)), NormalLogits{factor(x)}, method()};
  }

  /// The mean of the transition matrices of the people of a population, some of their covariates set to values: the
  /// standardisation (g-formula) of Robins (1986), doi 10.1016/0270-0255(86)90088-6.
  ///
  /// Assumes, where a setting stands for an intervention, that no covariate that matters for both it and the moves is
  /// left out. Covariates of the population are found by name. Throws Refusal [E-ROW-EMPTY] for a stratum without
  /// people of the population, under AveragedOver::own_origin; UnknownName [E-LABEL-UNKNOWN] for covariates that the
  /// population lacks or levels that the model does not know. Cost: people x outcomes x covariates.
  [[nodiscard]] TransitionMatrix standardised(const CovariateMoves& population,
                                              const std::vector<CovariateSetting>& settings = {},
                                              AveragedOver over = AveragedOver::own_origin) const {
    return standardised(phi_, groups(population, settings, over));
  }
  /// The same with draws of the coefficients; draw k is of the same world as draw k of ensemble() with this seed.
  ///
  /// Effect on intervals: the population is taken as it is; only the coefficients vary. Throws Refusal [E-DRAW] for 0
  /// draws. Cost: draws x people with different covariates.
  [[nodiscard]] Ensemble standardised(const CovariateMoves& population, const std::vector<CovariateSetting>& settings,
                                      AveragedOver over, std::size_t draws, Seed seed) const {
    if (draws == 0) throw Refusal("E-DRAW", "found 0 draws of coefficients; expected at least 1");
    const std::vector<Group> all = groups(population, settings, over);
    Replicates out;
    for (std::size_t k = 0; k < draws; ++k) {
      Stream stream = Draw(seed, k).stream(Purpose::parameters);
      Vector normals(root_.cols());
      for (double& z : normals) z = stream.normal();
      out.kernels.emplace_back(standardised(phi_of(theta_ + detail::applied(root_, normals)), all));
    }
    return {Kernel(standardised(phi_, all)), std::move(out), method() + ", standardised"};
  }
  /// The average marginal effect of every covariate on every move: what the moves of the people of a population would
  /// change on average by, if it were another for all of them (a level of a factor against its base).
  ///
  /// A covariate computed from another (a square, a product) is taken as one of its own. Standard errors are by the
  /// delta method, the population being taken as it is. Throws as standardised(), but has NaN for a stratum without
  /// people. Cost: people x covariates x (outcomes^2 x covariates).
  [[nodiscard]] std::vector<MarginalEffect> marginal_effects(const CovariateMoves& population,
                                                             AveragedOver over = AveragedOver::own_origin) const {
    const Eigen::Index n = static_cast<Eigen::Index>(ladder_.size());
    std::vector<MarginalEffect> out;
    const std::vector<Group> observed = groups(population, {}, over, true);
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      MarginalEffect effect{columns_[c].name, columns_[c].dummy, Matrix::Constant(n, n, std::nan("")), {}};
      effect.standard_error = effect.effect;
      std::vector<Group> with, without;
      if (columns_[c].dummy) {
        with = groups(population, {{columns_[c].name, 1}}, over, true);
        std::vector<CovariateSetting> none{{columns_[c].name, 0}};
        for (const Covariates::Column& other : columns_)
          if (!other.factor.empty() && other.factor == columns_[c].factor) none.push_back({other.name, 0});
        without = groups(population, none, over, true);
      }
      for (std::size_t o = 0; o < origins_.size(); ++o) {
        if (observed[o].weight.size() == 0) continue;
        const detail::LogitOrigin& origin = origins_[o];
        const auto r = static_cast<Eigen::Index>(origin.state), outcomes = origin.free() + 1;
        Vector value = Vector::Zero(outcomes);
        Matrix slope = Matrix::Zero(outcomes, static_cast<Eigen::Index>(origin.plus.size()));
        if (columns_[c].dummy) {
          add_shares(origin, phi_[o], with[o], 1, value, slope);
          add_shares(origin, phi_[o], without[o], -1, value, slope);
        } else {
          add_derivatives(origin, phi_[o], observed[o], static_cast<Eigen::Index>(c), value, slope);
        }
        effect.effect.row(r).setZero();
        effect.standard_error.row(r).setZero();
        for (Eigen::Index j = 0; j < outcomes; ++j) {
          const auto to = static_cast<Eigen::Index>(origin.outcomes[static_cast<std::size_t>(j)]);
          Vector of_parameters = Vector::Zero(theta_.size());
          origin.add(slope.row(j).data(), of_parameters);
          effect.effect(r, to) = value[j];
          effect.standard_error(r, to) = error_of(of_parameters);
        }
      }
      out.push_back(std::move(effect));
    }
    return out;
  }

  /// Whether some covariates matter at all: the test that all their coefficients are 0, by their covariance.
  ///
  /// Throws UnknownName [E-LABEL-UNKNOWN]; Refusal [E-IDENT] when there are fewer people than coefficients tested.
  [[nodiscard]] LogitTest wald_test(const std::vector<std::string>& covariates) const {
    std::vector<Eigen::Index> tested;
    for (const std::string& name : covariates) {
      const auto c = static_cast<std::size_t>(column(name));
      tested.insert(tested.end(), slopes_[c].begin(), slopes_[c].end());
    }
    std::sort(tested.begin(), tested.end());
    tested.erase(std::unique(tested.begin(), tested.end()), tested.end());
    const auto k = static_cast<Eigen::Index>(tested.size());
    Eigen::MatrixXd v(k, k);
    Vector b(k);
    for (Eigen::Index i = 0; i < k; ++i) {
      b[i] = theta_[tested[static_cast<std::size_t>(i)]];
      for (Eigen::Index j = 0; j < k; ++j)
        v(i, j) = covariance_(tested[static_cast<std::size_t>(i)], tested[static_cast<std::size_t>(j)]);
    }
    if (k == 0) return {};
    const detail::SymmetricFactor solver(v);
    if (!(solver.pivots().minCoeff() > 1e-12 * solver.pivots().maxCoeff()))
      throw Refusal("E-IDENT", "found a covariance of lower rank than the " + std::to_string(k) +
                                   " coefficients tested; expected more people than coefficients");
    return test(b.dot(solver.solve(b)), static_cast<double>(k));
  }

  /// Whether a model with more parameters fits better than one that it contains.
  ///
  /// Throws Refusal [E-NESTED] when the models are of other moves or the smaller is not contained in the larger, and
  /// [E-WEIGHT-KIND] under sampling or precision weights, where there is no likelihood: use wald_test().
  [[nodiscard]] friend LogitTest likelihood_ratio_test(const FittedLogit& smaller, const FittedLogit& larger) {
    if (!smaller.is_likelihood() || !larger.is_likelihood())
      throw Refusal("E-WEIGHT-KIND",
                    "found sampling or precision weights, under which there is no likelihood to compare; expected a "
                    "Wald test");
    bool nested = smaller.data_ == larger.data_ && smaller.ladder_ == larger.ladder_ &&
                  smaller.theta_.size() <= larger.theta_.size() &&
                  (smaller.form_ == larger.form_ || larger.form_ == LogitForm::by_origin);
    for (const Covariates::Column& c : smaller.columns_) nested = nested && larger.find(c.name).has_value();
    if (!nested)
      throw Refusal("E-NESTED",
                    "found two models of which none contains the other, or of other moves; expected the smaller one "
                    "first, with covariates that the larger one has too, fitted to the same moves");
    return test(std::max(0.0, 2 * (larger.log_likelihood_ - smaller.log_likelihood_)),
                static_cast<double>(larger.theta_.size() - smaller.theta_.size()));
  }

 private:
  friend struct TransitionLogit;
  /// People of one stratum of a population, those with the same covariates together: weights sum to 1.
  struct Group {
    Eigen::MatrixXd z;
    Vector weight;
  };

  FittedLogit(Ladder ladder, Step step) : ladder_(std::move(ladder)), step_(step) {}

  [[nodiscard]] bool is_likelihood() const noexcept {
    return weight_kind_ == WeightKind::none || weight_kind_ == WeightKind::frequency;
  }
  [[nodiscard]] double count() const noexcept { return static_cast<double>(theta_.size()); }
  [[nodiscard]] Eigen::Index width() const noexcept { return static_cast<Eigen::Index>(columns_.size()) + 1; }
  [[nodiscard]] std::string method() const { return form_ == LogitForm::pooled ? "logit, pooled" : "logit, by origin"; }
  static LogitTest test(double statistic, double degrees) {
    return {statistic, degrees, degrees > 0 ? boost::math::gamma_q(degrees / 2, statistic / 2) : 1.0};
  }
  [[nodiscard]] std::optional<Eigen::Index> find(const std::string& name) const noexcept {
    for (std::size_t c = 0; c < columns_.size(); ++c)
      if (columns_[c].name == name) return static_cast<Eigen::Index>(c);
    return std::nullopt;
  }
  [[nodiscard]] UnknownName unknown(const std::string& name) const {
    std::vector<std::string> known;
    for (const Covariates::Column& c : columns_) known.push_back(c.name);
    const std::string near = detail::nearest_name(name, known);
    return {"E-LABEL-UNKNOWN",
            "found covariate " + detail::quoted(name) + "; expected one of " + detail::listed(known) +
                (near.empty() ? "" : "; did you mean " + detail::quoted(near) + "?"),
            name, near};
  }
  [[nodiscard]] Eigen::Index column(const std::string& name) const {
    if (const auto c = find(name)) return *c;
    throw unknown(name);
  }
  [[nodiscard]] const detail::LogitOrigin& origin(std::size_t state) const {
    for (const detail::LogitOrigin& o : origins_)
      if (o.state == state) return o;
    throw Refusal("E-ROW-EMPTY", "found no observed move from " + detail::quoted(ladder_.name(state)) +
                                     "; expected a stratum that people were seen in");
  }
  /// Sets a covariate in a row of values, and the other levels of its factor to 0.
  void set(const CovariateSetting& s, Vector& x) const {
    if (!std::isfinite(s.value))
      throw DomainError("E-COVARIATE",
                        "found " + detail::text(s.value) + " for " + detail::quoted(s.column) + "; expected a number",
                        s.value);
    const auto clear = [&](const std::string& factor) {
      for (std::size_t c = 0; c < columns_.size(); ++c)
        if (columns_[c].factor == factor) x[static_cast<Eigen::Index>(c)] = 0;
    };
    for (const auto& [factor, base] : bases_)
      if (s.column == factor + "=" + base) return clear(factor);
    const Eigen::Index c = column(s.column);
    const std::string& factor = columns_[static_cast<std::size_t>(c)].factor;
    if (!factor.empty() && s.value != 0) clear(factor);
    x[c] = s.value;
  }
  [[nodiscard]] Vector standardised_row(const Vector& x) const {
    if (x.size() + 1 != width() || !x.allFinite())
      throw Refusal("E-SHAPE", "found " + std::to_string(x.size()) + " values of covariates; expected " +
                                   std::to_string(width() - 1) + " finite numbers, in the order of the columns");
    Vector z(width());
    z[0] = 1;
    z.tail(width() - 1) = (x - centre_).cwiseQuotient(scale_);
    for (Eigen::Index c = 0; c + 1 < width(); ++c)
      if (!(std::abs(z[c + 1]) < 1e120))  // times coefficients it would not be a number
        throw DomainError(
            "E-COVARIATE",
            "found " + detail::text(x[c]) + " of " + detail::quoted(columns_[static_cast<std::size_t>(c)].name) +
                "; expected a number nearer to those of the data, whose mean is " + detail::text(centre_[c]),
            x[c]);
    return z;
  }
  [[nodiscard]] std::vector<Eigen::MatrixXd> phi_of(const Vector& theta) const {
    std::vector<Eigen::MatrixXd> out;
    for (const detail::LogitOrigin& o : origins_) out.push_back(o.coefficients(theta, width()));
    return out;
  }
  [[nodiscard]] TransitionMatrix matrix(Matrix p) const {
    return TransitionMatrix::from_weights(ladder_, std::move(p), step_);
  }
  /// The weighted mean of the probabilities of some people, into the row of their stratum.
  static void average_row(const detail::LogitOrigin& origin, const Eigen::MatrixXd& phi, const Eigen::MatrixXd& z,
                          const Vector& weight, Matrix& p) {
    const auto r = static_cast<Eigen::Index>(origin.state);
    Eigen::MatrixXd eta(z.rows(), phi.cols()), share(z.rows(), phi.cols());
    Eigen::ArrayXd top(z.rows()), sum(z.rows());
    detail::logit_shares(z, 0, z.rows(), phi, eta, share, top, sum);
    p.row(r).setZero();
    for (Eigen::Index j = 0; j < phi.cols(); ++j)
      p(r, static_cast<Eigen::Index>(origin.outcomes[static_cast<std::size_t>(j)])) = weight.dot(share.col(j));
    double base = 0;
    for (Eigen::Index k = 0; k < z.rows(); ++k) base += weight[k] * std::exp(-top[k]) / sum[k];
    p(r, static_cast<Eigen::Index>(origin.outcomes.back())) = base;
  }
  [[nodiscard]] TransitionMatrix standardised(const std::vector<Eigen::MatrixXd>& phi,
                                              const std::vector<Group>& groups) const {
    Matrix p = detail::identity(ladder_);
    for (std::size_t o = 0; o < origins_.size(); ++o)
      average_row(origins_[o], phi[o], groups[o].z, groups[o].weight, p);
    return matrix(std::move(p));
  }
  /// The values of a population in the order of columns(), by name.
  [[nodiscard]] Matrix aligned(const CovariateMoves& population) const {
    const Covariates& given = population.covariates;
    const auto n = static_cast<Eigen::Index>(population.size());
    if (!(population.ladder == ladder_))
      throw Refusal("E-LADDER-OTHER", "found a population on another ladder (" +
                                          detail::listed(population.ladder.names()) + "); expected " +
                                          detail::listed(ladder_.names()));
    if (!columns_.empty() && !given.columns().empty() && given.rows() != n)
      throw Refusal("E-SHAPE", "found " + std::to_string(given.rows()) + " rows of covariates; expected " +
                                   std::to_string(n) + ", one for each person of the population");
    Matrix out = Matrix::Zero(n, width() - 1);
    for (const auto& [factor, base] : given.bases())
      for (const auto& [ours, our_base] : bases_)
        if (factor == ours && base != our_base)
          throw Refusal("E-BASE", "found the base " + detail::quoted(base) + " of " + detail::quoted(factor) +
                                      "; expected " + detail::quoted(our_base) + ", as in the model");
    for (const Covariates::Column& c : given.columns())
      for (const auto& [factor, base] : bases_)
        if (c.factor == factor && !find(c.name)) throw unknown(c.name);
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      if (const auto found = given.find(columns_[c].name)) {
        out.col(static_cast<Eigen::Index>(c)) = given.values().col(*found);
        continue;
      }
      bool absent_level = false;  // nobody of the population has it
      for (const auto& [factor, base] : given.bases()) absent_level = absent_level || factor == columns_[c].factor;
      if (!absent_level)
        throw Refusal("E-COVARIATE", "found a population without " + detail::quoted(columns_[c].name) +
                                         "; expected all covariates of the model");
    }
    return out;
  }
  /// The people that the row of each origin is averaged over; the same covariates stand once.
  [[nodiscard]] std::vector<Group> groups(const CovariateMoves& population,
                                          const std::vector<CovariateSetting>& settings, AveragedOver over,
                                          bool empty_allowed = false) const {
    Matrix x = aligned(population);
    const std::size_t n = population.size();
    if (!population.weight.empty() && population.weight.size() != n)
      throw Refusal("E-SHAPE", "found " + std::to_string(population.weight.size()) + " weights; expected " +
                                   std::to_string(n) + ", one for each person of the population");
    for (Eigen::Index k = 0; k < x.rows(); ++k) {
      Vector row = x.row(k).transpose();
      for (const CovariateSetting& s : settings) set(s, row);
      x.row(k) = row.transpose();
    }
    if (!x.allFinite())
      throw Refusal("E-COVARIATE", "found people of the population whose covariates are not all known; expected all");
    std::vector<std::size_t> order;  // without those who have left by an exit
    for (std::size_t k = 0; k < n; ++k)
      if (population.from[k] < ladder_.strata()) order.push_back(k);
    const auto compare = [&](std::size_t a, std::size_t b) {
      if (over == AveragedOver::own_origin && population.from[a] != population.from[b])
        return population.from[a] < population.from[b] ? -1 : 1;
      for (Eigen::Index c = 0; c < x.cols(); ++c) {
        const double u = x(static_cast<Eigen::Index>(a), c), v = x(static_cast<Eigen::Index>(b), c);
        if (u != v) return u < v ? -1 : 1;
      }
      return 0;
    };
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return compare(a, b) < 0; });
    std::vector<std::size_t> first;  // of each kind of people
    std::vector<double> weight;
    for (std::size_t k = 0; k < order.size(); ++k) {
      const double w = population.weight.empty() ? 1 : population.weight[order[k]];
      if (!(w >= 0 && w < std::numeric_limits<double>::infinity()))
        throw DomainError("E-WEIGHT-RANGE",
                          "found a weight of " + detail::text(w) + "; expected a finite number, 0 or more", w);
      if (k == 0 || compare(first.back(), order[k]) != 0) {
        first.push_back(order[k]);
        weight.push_back(0);
      }
      weight.back() += w;
    }
    std::vector<Group> out;
    for (const detail::LogitOrigin& origin : origins_) {
      if (over == AveragedOver::everybody && !out.empty()) {
        out.push_back(out.front());
        continue;
      }
      std::vector<std::size_t> members;
      double total = 0;
      for (std::size_t k = 0; k < first.size(); ++k)
        if (weight[k] > 0 && (over == AveragedOver::everybody || population.from[first[k]] == origin.state)) {
          members.push_back(k);
          total += weight[k];
        }
      if (members.empty() && !empty_allowed)
        throw Refusal("E-ROW-EMPTY", "found nobody of the population in " + detail::quoted(ladder_.name(origin.state)) +
                                         "; expected people in every stratum, or averages over everybody");
      Group& group = out.emplace_back();
      const auto m = static_cast<Eigen::Index>(members.size());
      group.z.resize(m, width());
      group.weight.resize(m);
      for (Eigen::Index k = 0; k < m; ++k) {
        const std::size_t kind = members[static_cast<std::size_t>(k)];
        group.weight[k] = weight[kind] / total;
        group.z.row(k) = standardised_row(x.row(static_cast<Eigen::Index>(first[kind])).transpose()).transpose();
      }
    }
    return out;
  }
  /// Adds `sign` times the mean probabilities of some people, and their derivatives with respect to the coefficients.
  static void add_shares(const detail::LogitOrigin& origin, const Eigen::MatrixXd& phi, const Group& group, double sign,
                         Vector& value, Matrix& slope) {
    const Eigen::Index outcomes = origin.free() + 1, columns = phi.rows();
    Vector p(outcomes);
    for (Eigen::Index k = 0; k < group.z.rows(); ++k) {
      shares(phi, group.z.row(k).transpose(), p);
      const double w = sign * group.weight[k];
      value += w * p;
      for (Eigen::Index j = 0; j < outcomes; ++j)
        for (Eigen::Index l = 0; l + 1 < outcomes; ++l) {
          const double d = w * p[j] * ((j == l ? 1 : 0) - p[l]);
          for (Eigen::Index a = 0; a < columns; ++a) slope(j, l * columns + a) += d * group.z(k, a);
        }
    }
  }
  /// Adds the mean derivatives of the probabilities with respect to a covariate, and theirs.
  void add_derivatives(const detail::LogitOrigin& origin, const Eigen::MatrixXd& phi, const Group& group,
                       Eigen::Index c, Vector& value, Matrix& slope) const {
    const Eigen::Index outcomes = origin.free() + 1, columns = phi.rows();
    Vector p(outcomes), gamma = Vector::Zero(outcomes);
    gamma.head(outcomes - 1) = phi.row(c + 1).transpose() / scale_[c];
    for (Eigen::Index k = 0; k < group.z.rows(); ++k) {
      shares(phi, group.z.row(k).transpose(), p);
      const double w = group.weight[k], mean = p.dot(gamma);
      for (Eigen::Index j = 0; j < outcomes; ++j) {
        value[j] += w * p[j] * (gamma[j] - mean);
        for (Eigen::Index l = 0; l + 1 < outcomes; ++l) {
          const double own = (j == l ? 1 : 0) - p[l];
          const double d = w * p[j] * (own * (gamma[j] - mean) - p[l] * (gamma[l] - mean));
          for (Eigen::Index a = 0; a < columns; ++a) slope(j, l * columns + a) += d * group.z(k, a);
          slope(j, l * columns + c + 1) += w * p[j] * own / scale_[c];
        }
      }
    }
  }
  static void shares(const Eigen::MatrixXd& phi, const Vector& z, Vector& p) {
    p.setZero();
    for (Eigen::Index j = 0; j < phi.cols(); ++j) p[j] = phi.col(j).dot(z);
    const double top = p.maxCoeff();
    for (double& x : p) x = std::exp(x - top);
    p /= p.sum();
  }
  [[nodiscard]] double error_of(const Vector& of_parameters) const {
    return std::sqrt(std::max(0.0, of_parameters.dot(detail::applied(covariance_, of_parameters))));
  }
  /// What a change of the parameters adds to the log of the unnormalised probability of one move.
  [[nodiscard]] Vector log_odds(const detail::LogitOrigin& origin, std::size_t outcome, const Vector& z) const {
    Vector out = Vector::Zero(theta_.size());
    std::vector<double> of_coefficients(origin.plus.size());
    const auto columns = static_cast<std::size_t>(width());
    for (std::size_t a = 0; a < columns && outcome + 1 < origin.outcomes.size(); ++a)
      of_coefficients[outcome * columns + a] = z[static_cast<Eigen::Index>(a)];
    origin.add(of_coefficients.data(), out);
    return out;
  }
  [[nodiscard]] Matrix factor(const std::vector<Vector>& x) const {
    const std::size_t n = ladder_.size();
    Matrix out = Matrix::Zero(static_cast<Eigen::Index>(x.size() * n * n), root_.cols());
    const Eigen::MatrixXd across = root_.transpose();
    for (std::size_t m = 0; m < x.size(); ++m) {
      const Vector z = standardised_row(x[m]);
      for (const detail::LogitOrigin& o : origins_)
        for (std::size_t j = 0; j < o.outcomes.size(); ++j)
          out.row(static_cast<Eigen::Index>(m * n * n + o.state * n + o.outcomes[j])) =
              detail::applied(across, log_odds(o, j, z)).transpose();
    }
    return out;
  }
  [[nodiscard]] LogitCoefficients table(const detail::LogitOrigin& from, bool contrasts) const {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    const auto position = [](const detail::LogitOrigin& o, std::size_t state) -> std::optional<std::size_t> {
      const auto found = std::find(o.outcomes.begin(), o.outcomes.end(), state);
      if (found == o.outcomes.end()) return std::nullopt;
      return static_cast<std::size_t>(found - o.outcomes.begin());
    };
    const std::size_t base = form_ == LogitForm::pooled ? base_outcome_ : from.outcomes.back();
    LogitCoefficients out{ladder_.name(base), ladder_.name(from.state), {}, {"(constant)"}, {}, {}};
    std::vector<std::size_t> outcomes;
    for (std::size_t j = 0; j < ladder_.size(); ++j) {
      bool seen = false;
      for (const detail::LogitOrigin& o : origins_) seen = seen || ((contrasts || &o == &from) && position(o, j));
      if (seen && j != base) outcomes.push_back(j);
    }
    std::vector<const detail::LogitOrigin*> others;
    for (const detail::LogitOrigin& o : origins_)
      if (contrasts && &o != &from) {
        others.push_back(&o);
        out.columns.push_back(ladder_.name(o.state));
      }
    for (const Covariates::Column& c : columns_) out.columns.push_back(c.name);
    out.values.resize(static_cast<Eigen::Index>(outcomes.size()), static_cast<Eigen::Index>(out.columns.size()));
    out.standard_errors = out.values;
    Vector at_zero(width());  // the constant is that of people whose covariates are 0
    at_zero[0] = 1;
    at_zero.tail(width() - 1) = -centre_.cwiseQuotient(scale_);
    // The log-odds of an outcome against the base, and what the parameters change in them; without, where infinite.
    const auto against_base = [&](const detail::LogitOrigin& o, std::size_t j, Vector& change) {
      const auto to = position(o, j), of = position(o, base);
      if (!to || !of) return to ? infinity : of ? -infinity : std::nan("");
      change = log_odds(o, *to, at_zero) - log_odds(o, *of, at_zero);
      return change.dot(theta_);
    };
    for (std::size_t k = 0; k < outcomes.size(); ++k) {
      const auto r = static_cast<Eigen::Index>(k);
      out.outcomes.push_back(ladder_.name(outcomes[k]));
      Vector change, other_change;
      const double constant = against_base(from, outcomes[k], change);
      out.values(r, 0) = constant;
      out.standard_errors(r, 0) = std::isfinite(constant) ? error_of(change) : std::nan("");
      Eigen::Index at = 1;
      for (const detail::LogitOrigin* o : others) {
        const double difference = against_base(*o, outcomes[k], other_change) - constant;
        out.values(r, at) = difference;
        out.standard_errors(r, at++) = std::isfinite(difference) ? error_of(other_change - change) : std::nan("");
      }
      for (Eigen::Index c = 0; c + 1 < width(); ++c, ++at) {
        Vector slope = Vector::Zero(theta_.size()), z = Vector::Zero(width());
        z[c + 1] = 1 / scale_[c];
        if (form_ == LogitForm::pooled)
          slope[slope_of_[outcomes[k]] + c] = z[c + 1];
        else
          slope = log_odds(from, *position(from, outcomes[k]), z);
        out.values(r, at) = slope.dot(theta_);
        out.standard_errors(r, at) = error_of(slope);
      }
    }
    return out;
  }

  Ladder ladder_;
  Step step_;
  LogitForm form_ = LogitForm::pooled;
  LogitVariance variance_ = LogitVariance::by_person;
  WeightKind weight_kind_ = WeightKind::none;
  std::vector<Covariates::Column> columns_{};
  std::vector<std::pair<std::string, std::string>> bases_{};
  Vector centre_{}, scale_{};
  std::vector<detail::LogitOrigin> origins_{};
  std::size_t base_origin_ = 0;                      ///< in origins_
  std::size_t base_outcome_ = 0;                     ///< of the pooled form: on the ladder
  std::vector<Eigen::Index> slope_of_{};             ///< of the pooled form: the first slope of each outcome
  std::vector<std::vector<Eigen::Index>> slopes_{};  ///< the parameters of each covariate
  Vector theta_{};
  Eigen::MatrixXd covariance_{}, root_{};
  std::vector<Eigen::MatrixXd> phi_{};
  double moves_ = 0, log_likelihood_ = 0, gradient_norm_ = 0, last_step_ = 0;
  int rounds_ = 0;
  std::uint64_t data_ = 0;  ///< a checksum of the moves
  std::vector<Warning> warnings_{};
};

/// Multinomial logit of moves on covariates: log P(to | from, x) against a base outcome is a constant of each stratum
/// plus slopes times the covariates.
///
/// Moves that the ladder declares impossible are in nobody's choice. A possible move that nobody in a stratum was seen
/// to make has probability 0 at the maximum, whatever the covariates: it is taken out too, and W-SEPARATION tells so;
/// programs that iterate until they give up report large coefficients with meaningless standard errors instead.
/// Assumes: given the covariates at the start of a move, moves do not depend on the past; independence of irrelevant
/// alternatives. People who have left by an exit are left out.
/// Effect on intervals: frequency weights count as people; under sampling and precision weights, and when moves of one
/// person are alike, only LogitVariance::by_person holds: of moves that were there twice intervals by the model held
/// the truth in 83 %, by person in 95. With 60 people those of marginal effects, which are symmetric, held it in 93 %.
/// Throws Refusal [E-ROW-EMPTY] for a stratum that nobody was seen in, unless `unleft` is absorbing; [E-IDENT] for a
/// covariate that others determine, [E-SEPARATION] for one that predicts moves without exception, so that its
/// coefficient has no finite estimate; [E-CONVERGENCE]; [E-BASE], [E-COVARIATE], [E-SHAPE], [E-STRUCT-ZERO],
/// [E-WEIGHT-KIND]. Cost: about 7 rounds of moves x (outcomes x columns)^2 /
/// 4. Method: Newton on the likelihood, which has one maximum; McFadden (1974); sandwich of Huber (1967) over people,
/// Liang and Zeger (1986), doi 10.1093/biomet/73.1.13, times people / (people - 1).
struct TransitionLogit {
  LogitForm form = LogitForm::pooled;
  LogitVariance variance = LogitVariance::by_person;
  std::optional<Stratum> base{};         ///< outcome; unset: the lowest that somebody moves to, by origin: staying
  std::optional<Stratum> base_origin{};  ///< of the pooled form; unset: the lowest that somebody is in
  Unleft unleft = Unleft::unstated;

  [[nodiscard]] FittedLogit fit(const CovariateMoves& moves) const {
    FittedLogit out(moves.ladder, moves.step);
    out.form_ = form;
    out.variance_ = variance;
    out.weight_kind_ = moves.weight_kind;
    out.columns_ = moves.covariates.columns();
    out.bases_ = moves.covariates.bases();
    out.warnings_ = moves.warnings;
    check(moves);
    std::vector<detail::LogitRows> rows = prepare(moves, out);
    number(moves.ladder, rows, out);
    for (std::size_t first = 0; first < out.origins_.size();) {
      const std::size_t last = form == LogitForm::pooled ? out.origins_.size() : first + 1;
      maximise(rows, first, last, out);
      first = last;
    }
    out.last_step_ = std::sqrt(out.last_step_);
    out.gradient_norm_ = std::sqrt(out.gradient_norm_);
    out.phi_ = out.phi_of(out.theta_);
    if (variance == LogitVariance::by_person) sandwich(moves, rows, out);
    out.root_ = out.theta_.size() == 0 ? Eigen::MatrixXd(0, 1) : detail::root_of(out.covariance_);
    return out;
  }

 private:
  void check(const CovariateMoves& moves) const {
    const std::size_t n = moves.size();
    const Ladder& ladder = moves.ladder;
    const Covariates& x = moves.covariates;
    if (moves.to.size() != n || !(moves.weight.empty() || moves.weight.size() == n) ||
        !(moves.person.empty() || moves.person.size() == n) ||
        !(x.columns().empty() || x.rows() == static_cast<Eigen::Index>(n)) ||
        (moves.weight_kind == WeightKind::none && !moves.weight.empty()))
      throw Refusal("E-SHAPE",
                    "found columns of different lengths, or weights without a kind; expected one entry for each move");
    double total = 0;
    for (std::size_t k = 0; k < n; ++k) {
      const std::size_t from = moves.from[k], to = moves.to[k];
      if (!(from < ladder.size() && to < ladder.size()))
        throw Refusal("E-LADDER-OTHER", "found stratum number " + std::to_string(std::max(from, to)) +
                                            "; expected one of " + detail::listed(ladder.names()));
      if (!ladder.possible(from, to) || (ladder.is_exit(from) && from != to))
        throw Refusal("E-STRUCT-ZERO", "found a move from " + detail::quoted(ladder.name(from)) + " to " +
                                           detail::quoted(ladder.name(to)) +
                                           "; expected only moves that the ladder declares possible");
      const double w = moves.weight.empty() ? 1 : moves.weight[k];
      if (!(w >= 0 && w < 1e300))
        throw DomainError("E-WEIGHT-RANGE",
                          "found a weight of " + detail::text(w) + "; expected a finite number, 0 or more", w);
      total += w;
    }
    if (n == 0) {
      const bool left_out = std::any_of(moves.warnings.begin(), moves.warnings.end(),
                                        [](const Warning& w) { return w.code == "W-COVARIATE"; });
      throw Refusal("E-ROW-EMPTY", left_out ? "found no move whose covariates are all known; expected some"
                                            : "found no move; expected some");
    }
    if (!(total > 0)) throw Refusal("E-WEIGHT-ALLZERO", "found weights that are all 0; expected some above 0");
    for (Eigen::Index c = 0; c < x.values().cols(); ++c)
      if (!x.values().col(c).allFinite())
        throw Refusal("E-COVARIATE", "found moves whose " +
                                         detail::quoted(x.columns()[static_cast<std::size_t>(c)].name) +
                                         " is not known; expected all known");
      else if (const double size = n == 0 ? 0 : x.values().col(c).cwiseAbs().maxCoeff(); !(size < 1e100))
        throw Refusal("E-COVARIATE", "found a value of " + detail::text(size) + " in size in " +
                                         detail::quoted(x.columns()[static_cast<std::size_t>(c)].name) +
                                         "; expected numbers below 1e100: count in larger units");
    if (variance == LogitVariance::model && moves.weight_kind != WeightKind::none &&
        moves.weight_kind != WeightKind::frequency)
      throw Refusal("E-WEIGHT-KIND",
                    "found sampling or precision weights, and standard errors that take them for people; expected "
                    "those by person");
    for (const std::optional<Stratum>* stratum : {&base, &base_origin})
      if (*stratum) ladder.require_own(**stratum);
  }

  /// Moves by the stratum they leave, covariates standardised; and what the fit says of the data.
  static std::vector<detail::LogitRows> prepare(const CovariateMoves& moves, FittedLogit& out) {
    const Matrix& x = moves.covariates.values();
    const Eigen::Index columns = static_cast<Eigen::Index>(out.columns_.size());
    std::vector<std::size_t> members(moves.ladder.strata());
    std::vector<double> weight(moves.size(), 1);
    double total = 0;
    std::size_t used = 0;
    out.data_ = 14695981039346656037ULL;
    Vector mean = Vector::Zero(columns), squares = Vector::Zero(columns);
    const auto in_use = [&](std::size_t k) { return weight[k] > 0 && moves.from[k] < moves.ladder.strata(); };
    for (std::size_t k = 0; k < moves.size(); ++k) {
      if (!moves.weight.empty()) weight[k] = moves.weight[k];
      for (const std::uint64_t word :
           {std::uint64_t{moves.from[k]}, std::uint64_t{moves.to[k]}, std::bit_cast<std::uint64_t>(weight[k])})
        out.data_ = (out.data_ ^ word) * 1099511628211ULL;
      if (!in_use(k)) continue;
      ++members[moves.from[k]];
      ++used;
      total += weight[k];
      if (columns > 0) mean += weight[k] * x.row(static_cast<Eigen::Index>(k)).transpose();
    }
    if (used == 0) throw Refusal("E-ROW-EMPTY", "found no move from a stratum; expected some");
    mean /= total;
    for (std::size_t k = 0; k < moves.size() && columns > 0; ++k)
      if (in_use(k)) squares += weight[k] * (x.row(static_cast<Eigen::Index>(k)).transpose() - mean).cwiseAbs2();
    out.centre_ = mean;
    out.scale_ = (squares / total).cwiseSqrt();
    for (Eigen::Index c = 0; c < columns; ++c)
      if (!(out.scale_[c] > 1e-12 * std::abs(mean[c]))) {
        double lowest = std::numeric_limits<double>::infinity(), highest = -lowest;
        for (std::size_t k = 0; k < moves.size(); ++k)
          if (in_use(k)) {
            lowest = std::min(lowest, x(static_cast<Eigen::Index>(k), c));
            highest = std::max(highest, x(static_cast<Eigen::Index>(k), c));
          }
        const std::string name = detail::quoted(out.columns_[static_cast<std::size_t>(c)].name);
        if (lowest < highest)
          throw Refusal("E-IDENT", "found that " + name + " differs by " + detail::text(highest - lowest) +
                                       " in numbers of size " + detail::text(std::abs(mean[c])) +
                                       ", too little to be told apart; expected it counted from one of its values");
        throw Refusal("E-IDENT", "found that " + name + " is the same in all moves; expected a covariate that differs");
      }
    out.moves_ = moves.weight_kind == WeightKind::frequency ? total : static_cast<double>(used);
    const double unit = out.moves_ / total;  // weights that are no people have mean 1
    std::vector<detail::LogitRows> rows(moves.ladder.strata());
    for (std::size_t i = 0; i < rows.size(); ++i) {
      rows[i].z.resize(static_cast<Eigen::Index>(members[i]), columns + 1);
      rows[i].weight.resize(static_cast<Eigen::Index>(members[i]));
      rows[i].at.reserve(members[i]);
    }
    for (std::size_t k = 0; k < moves.size(); ++k) {
      if (!in_use(k)) continue;
      detail::LogitRows& to = rows[moves.from[k]];
      const auto r = static_cast<Eigen::Index>(to.at.size());
      to.z(r, 0) = 1;
      for (Eigen::Index c = 0; c < columns; ++c)
        to.z(r, c + 1) = (x(static_cast<Eigen::Index>(k), c) - mean[c]) / out.scale_[c];
      to.weight[r] = unit * weight[k];
      to.outcome.push_back(moves.to[k]);  // numbered anew by number()
      to.at.push_back(k);
    }
    return rows;
  }

  /// Chooses the outcomes and the base of every stratum, and numbers the parameters; `rows` is left with one entry for
  /// each stratum that somebody was seen in. Starts at the shares.
  void number(const Ladder& ladder, std::vector<detail::LogitRows>& rows, FittedLogit& out) const {
    const std::size_t n = ladder.size();
    const auto columns = static_cast<std::size_t>(out.width());
    std::vector<std::vector<double>> seen(rows.size(), std::vector<double>(n));
    std::vector<double> all(n);
    std::string never;
    std::size_t never_count = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      for (std::size_t k = 0; k < rows[i].at.size(); ++k) {
        seen[i][static_cast<std::size_t>(rows[i].outcome[k])] += rows[i].weight[static_cast<Eigen::Index>(k)];
        all[static_cast<std::size_t>(rows[i].outcome[k])] += 1;
      }
      if (rows[i].at.empty()) {
        if (unleft != Unleft::absorbing)
          throw Refusal("E-ROW-EMPTY", "found no observed move from " + detail::quoted(ladder.name(i)) +
                                           "; expected a stated treatment: absorbing (nobody leaves it), or refuse");
        continue;
      }
      for (std::size_t j = 0; j < n; ++j)
        if (ladder.possible(i, j) && !(seen[i][j] > 0) && ++never_count <= 5)
          never += (never.empty() ? "" : ", ") + detail::quoted(ladder.name(i)) + " -> " +
                   detail::quoted(ladder.name(j)) + " (0 of " + std::to_string(rows[i].at.size()) + ")";
    }
    if (never_count > 0)
      out.warnings_.push_back(
          {"W-SEPARATION", "possible moves that were never observed: " + never +
                               (never_count > 5 ? " and " + std::to_string(never_count - 5) + " more" : "") +
                               "; their probability is estimated as 0 whatever the covariates, without an interval"});
    if (form == LogitForm::pooled) {
      std::size_t lowest = 0;
      while (!(all[lowest] > 0)) ++lowest;
      out.base_outcome_ = base ? base->index() : lowest;
      if (!(all[out.base_outcome_] > 0))
        throw Refusal("E-BASE", "found nobody who moves to " + detail::quoted(ladder.name(out.base_outcome_)) +
                                    ", the base outcome; expected one that somebody moves to");
    }
    out.slopes_.resize(columns - 1);
    out.slope_of_.assign(n, -1);
    Eigen::Index next = 0;
    const auto give_slopes = [&](std::vector<Eigen::Index>& of, std::size_t outcome) {
      of[outcome] = next;
      for (std::size_t c = 0; c + 1 < columns; ++c) out.slopes_[c].push_back(next++);
    };
    for (std::size_t j = 0; j < n && form == LogitForm::pooled; ++j)
      if (all[j] > 0 && j != out.base_outcome_) give_slopes(out.slope_of_, j);
    std::vector<double> start;
    std::vector<detail::LogitRows> kept;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (rows[i].at.empty()) continue;
      std::size_t own = form == LogitForm::pooled ? out.base_outcome_ : base ? base->index() : i;
      if (!(seen[i][own] > 0)) own = i;
      for (std::size_t j = 0; !(seen[i][own] > 0); ++j) own = j;
      detail::LogitOrigin o{i, {}, {}, {}};
      std::vector<int> place(n);
      for (std::size_t j = 0; j < n; ++j)
        if (seen[i][j] > 0 && j != own) {
          place[j] = static_cast<int>(o.outcomes.size());
          o.outcomes.push_back(j);
        }
      place[own] = static_cast<int>(o.outcomes.size());
      o.outcomes.push_back(own);
      std::vector<Eigen::Index> slope = out.slope_of_;
      for (std::size_t l = 0; l + 1 < o.outcomes.size(); ++l) {
        const std::size_t j = o.outcomes[l];
        start.resize(static_cast<std::size_t>(next) + 1);
        start.back() = std::log(seen[i][j] / seen[i][own]);
        o.plus.push_back(next++);
        o.minus.push_back(-1);
        if (form == LogitForm::by_origin) give_slopes(slope, j);
        for (std::size_t c = 0; c + 1 < columns; ++c) {
          o.plus.push_back(slope[j] < 0 ? -1 : slope[j] + static_cast<Eigen::Index>(c));
          o.minus.push_back(slope[own] < 0 ? -1 : slope[own] + static_cast<Eigen::Index>(c));
        }
      }
      for (int& to : rows[i].outcome) to = place[static_cast<std::size_t>(to)];
      if (base_origin && base_origin->index() == i) out.base_origin_ = out.origins_.size();
      out.origins_.push_back(std::move(o));
      kept.push_back(std::move(rows[i]));
    }
    if (base_origin && out.origins_[out.base_origin_].state != base_origin->index())
      throw Refusal("E-BASE", "found nobody in " + detail::quoted(base_origin->name()) +
                                  ", the base origin; expected one that somebody is in");
    if (next > 10'000) throw Refusal("E-SIZE", "found " + std::to_string(next) + " parameters; expected at most 10000");
    rows = std::move(kept);
    start.resize(static_cast<std::size_t>(next));
    out.theta_ = Eigen::Map<const Vector>(start.data(), next);
    out.covariance_ = Eigen::MatrixXd::Zero(next, next);
  }

  /// Which covariates say nothing of their own, among people of one stratum.
  static void check_columns(const std::vector<detail::LogitRows>& rows, std::size_t first, std::size_t last,
                            const FittedLogit& out) {
    const Eigen::Index columns = out.width() - 1;
    Eigen::MatrixXd g = Eigen::MatrixXd::Zero(columns, columns);
    double total = 0;
    for (std::size_t o = first; o < last; ++o) {
      if (out.origins_[o].free() == 0) continue;
      const detail::LogitRows& r = rows[o];
      total += r.weight.sum();
      Vector root(r.weight.size());
      for (Eigen::Index k = 0; k < root.size(); ++k) root[k] = std::sqrt(r.weight[k]);
      Eigen::MatrixXd z(r.z.rows(), columns);  // less the mean, times the root of the weight
      for (Eigen::Index c = 0; c < columns; ++c) {
        const double mean = r.z.col(c + 1).dot(r.weight.matrix()) / r.weight.sum();
        for (Eigen::Index k = 0; k < z.rows(); ++k) z(k, c) = root[k] * (r.z(k, c + 1) - mean);
      }
      for (Eigen::Index a = 0; a < columns; ++a)
        for (Eigen::Index b = 0; b <= a; ++b) g(a, b) += z.col(a).dot(z.col(b));
    }
    if (!(total > 0)) return;
    const std::string among = last - first == 1
                                  ? " among those in " + detail::quoted(out.ladder_.name(out.origins_[first].state))
                                  : " among those in one stratum";
    const auto name = [&](Eigen::Index c) { return detail::quoted(out.columns_[static_cast<std::size_t>(c)].name); };
    for (Eigen::Index c = 0; c < columns; ++c) {
      if (!(g(c, c) > 1e-12 * total)) {
        bool differs = false;  // but by next to nothing beside others
        for (std::size_t o = first; o < last; ++o)
          differs = differs ||
                    (out.origins_[o].free() > 0 && rows[o].z.col(c + 1).maxCoeff() > rows[o].z.col(c + 1).minCoeff());
        if (differs)
          throw Refusal("E-IDENT", "found that " + name(c) + " differs" + among +
                                       " by less than a millionth of its standard deviation over all moves; expected "
                                       "values of like size: look for one that is far off");
        throw Refusal("E-IDENT", "found that " + name(c) + " does not differ" + among +
                                     "; expected a covariate that differs, or one less");
      }
      const Vector along = g.row(c).head(c).transpose();
      const Vector of = detail::SymmetricFactor(g.topLeftCorner(c, c)).solve(along);
      if (g(c, c) - of.dot(along) > 1e-12 * g(c, c)) continue;
      std::string others;
      for (Eigen::Index b = 0; b < c; ++b)
        if (std::abs(of[b]) > 1e-6) others += (others.empty() ? "" : ", ") + name(b);
      throw Refusal("E-IDENT", "found that " + name(c) + " follows from " + others + among +
                                   "; expected covariates of which none follows from others: leave one out");
    }
  }

  /// What a parameter is called.
  static std::string name_of(Eigen::Index parameter, const FittedLogit& out) {
    const auto columns = static_cast<std::size_t>(out.width());
    for (const detail::LogitOrigin& o : out.origins_)
      for (std::size_t u = 0; u < o.plus.size(); ++u)
        if (o.plus[u] == parameter) {
          const std::string to = detail::quoted(out.ladder_.name(o.outcomes[u / columns]));
          const std::string from = detail::quoted(out.ladder_.name(o.state));
          if (u % columns == 0) return "the constant of moves from " + from + " to " + to;
          return "the coefficient of " + detail::quoted(out.columns_[u % columns - 1].name) + " on moves " +
                 (out.form_ == LogitForm::by_origin ? "from " + from + " " : "") + "to " + to;
        }
    return "a coefficient";
  }

  /// Whether moving along a direction never makes a move that was seen less likely: then there is no maximum.
  static bool recedes(const std::vector<detail::LogitRows>& rows, std::size_t first, std::size_t last,
                      const Vector& direction, const FittedLogit& out) {
    double worst = 0, largest = 0;
    for (std::size_t o = first; o < last; ++o) {
      const Eigen::MatrixXd phi = out.origins_[o].coefficients(direction, out.width());
      const Eigen::MatrixXd eta = detail::product(rows[o].z, phi);
      for (Eigen::Index k = 0; k < eta.rows() && phi.cols() > 0; ++k) {
        const int to = rows[o].outcome[static_cast<std::size_t>(k)];
        const double own = to < phi.cols() ? eta(k, to) : 0, top = std::max(0.0, eta.row(k).maxCoeff());
        worst = std::max(worst, top - own);
        largest = std::max({largest, top, -eta.row(k).minCoeff()});
      }
    }
    return worst <= 1e-6 * largest;
  }
  [[noreturn]] static void refuse_separation(std::size_t first, std::size_t last, const Vector& direction,
                                             const FittedLogit& out) {
    // What runs away the most, in standard deviations, from what the outcomes have in common.
    double largest = 0;
    std::vector<double> by_column(static_cast<std::size_t>(out.width()));
    std::size_t outcome = 0;
    for (std::size_t o = first; o < last; ++o) {
      const detail::LogitOrigin& origin = out.origins_[o];
      const Eigen::MatrixXd phi = origin.coefficients(direction, out.width());
      for (Eigen::Index a = 1; a < out.width(); ++a) {
        const double mean = phi.row(a).sum() / static_cast<double>(phi.cols() + 1);
        for (Eigen::Index l = 0; l <= phi.cols(); ++l) {
          const double off = std::abs((l < phi.cols() ? phi(a, l) : 0) - mean);
          double& most = by_column[static_cast<std::size_t>(a)];
          most = std::max(most, off);
          if (off > largest) {
            largest = off;
            outcome = origin.outcomes[static_cast<std::size_t>(l)];
          }
        }
      }
    }
    std::string names;
    std::size_t count = 0;
    for (std::size_t a = 1; a < by_column.size(); ++a)
      if (by_column[a] > 0.01 * largest && ++count <= 5)
        names += (names.empty() ? "" : ", ") + detail::quoted(out.columns_[a - 1].name);
    const std::string from =
        last - first == 1 ? " from " + detail::quoted(out.ladder_.name(out.origins_[first].state)) : "";
    throw Refusal("E-SEPARATION", "found that " + names + (count > 1 ? " tell" : " tells") +
                                      " without exception who moves" + from + " to " +
                                      detail::quoted(out.ladder_.name(outcome)) + " or who does not, so that " +
                                      (count > 1 ? "their coefficients have" : "its coefficient has") +
                                      " no finite estimate; expected people of both kinds: leave it out, or join "
                                      "levels or strata");
  }

  /// Newton's method on the parameters of the origins first .. last - 1, which no other origin shares.
  static void maximise(const std::vector<detail::LogitRows>& rows, std::size_t first, std::size_t last,
                       FittedLogit& out) {
    Eigen::Index begin = out.theta_.size(), end = 0;
    for (std::size_t o = first; o < last; ++o)
      for (const std::vector<Eigen::Index>* of : {&out.origins_[o].plus, &out.origins_[o].minus})
        for (const Eigen::Index u : *of)
          if (u >= 0) {
            begin = std::min(begin, u);
            end = std::max(end, u + 1);
          }
    if (end <= begin) return;  // nobody was seen to move
    const Eigen::Index size = end - begin;
    if (out.width() > 1) check_columns(rows, first, last, out);
    Eigen::MatrixXd of_coefficients, second, information(size, size);
    Vector gradient, theta = out.theta_;
    const auto evaluate = [&](const Vector& at) {
      double value = 0;
      gradient.setZero(out.theta_.size());
      information.setZero();
      for (std::size_t o = first; o < last; ++o) {
        const detail::LogitOrigin& origin = out.origins_[o];
        if (origin.free() == 0) continue;
        value += detail::logit_pass(rows[o], origin.coefficients(at, out.width()), of_coefficients, second);
        origin.add(of_coefficients.data(), gradient);
        origin.add(second, begin, information);
      }
      return value;
    };
    double value = evaluate(theta), before = std::numeric_limits<double>::infinity();
    Vector step = Vector::Zero(theta.size());
    for (int round = 1;; ++round) {
      // Solved with unit diagonal, so that pivots tell how much of a parameter the others do not.
      Vector unit(size);
      for (Eigen::Index k = 0; k < size; ++k)
        unit[k] = 1 / std::sqrt(std::max(std::numeric_limits<double>::min(), information(k, k)));
      const auto scale = [&](Eigen::MatrixXd m) {
        for (Eigen::Index c = 0; c < size; ++c)
          for (Eigen::Index r = 0; r < size; ++r) m(r, c) = unit[r] * m(r, c) * unit[c];
        return m;
      };
      const detail::SymmetricFactor solver(scale(information));
      Eigen::Index weakest = 0;
      const double pivot = solver.pivots().minCoeff(&weakest);
      if (round == 1 && !(pivot > 1e-11))
        throw Refusal("E-IDENT", "found moves that do not tell " +
                                     name_of(begin + solver.order()[static_cast<std::size_t>(weakest)], out) +
                                     " from others; expected more moves, or fewer covariates");
      const Vector g = gradient.segment(begin, size);
      step.setZero();
      step.segment(begin, size) = unit.cwiseProduct(solver.solve(unit.cwiseProduct(g)));
      const double distance = g.dot(step.segment(begin, size)), length = step.cwiseAbs().maxCoeff();
      const bool close = distance <= 1e-16 || (distance <= 1e-10 && !(distance < 0.25 * before));
      if (close && pivot > 0 && length < 1e-3) {
        out.theta_ = theta + step;  // from so near, the step squares what is left to the maximum
        out.log_likelihood_ += value;
        out.gradient_norm_ += g.squaredNorm();
        out.last_step_ += std::max(0.0, distance);
        out.rounds_ = std::max(out.rounds_, round);
        out.covariance_.block(begin, begin, size, size) = scale(solver.inverse());
        return;
      }
      const bool lost = close || round >= 60 || !(pivot > 0) || !std::isfinite(length);
      if ((lost || (round > 8 && length > 0.1)) && recedes(rows, first, last, step, out))
        refuse_separation(first, last, step, out);
      if (lost)
        throw Refusal("E-CONVERGENCE", "found no maximum of the likelihood in " + std::to_string(round) +
                                           " rounds: the gradient still has length " + detail::text(g.norm()) +
                                           "; expected fewer covariates or levels");
      before = distance;
      const double old = value;
      value = evaluate(theta + step);
      for (int half = 0; half < 40 && !(value >= old - 1e-10 * std::abs(old)); ++half) {
        step /= 2;
        value = evaluate(theta + step);
      }
      theta += step;
    }
  }

  /// Replaces the inverse of the information by the sandwich over people.
  static void sandwich(const CovariateMoves& moves, const std::vector<detail::LogitRows>& rows, FittedLogit& out) {
    const bool frequency = moves.weight_kind == WeightKind::frequency;
    struct Place {
      std::uint32_t origin = 0, row = 0;
    };
    std::vector<Place> place(moves.size());
    std::vector<Eigen::MatrixXd> residual;  // by origin: a row for each move, a column for each outcome but the base
    std::vector<std::size_t> order;
    order.reserve(moves.size());
    for (std::size_t o = 0; o < rows.size(); ++o) {
      const Eigen::MatrixXd& phi = out.phi_[o];
      const Eigen::Index n = rows[o].z.rows();
      Eigen::MatrixXd eta(n, phi.cols()), p(n, phi.cols());
      Eigen::ArrayXd top(n), sum(n);
      detail::logit_shares(rows[o].z, 0, n, phi, eta, p, top, sum);
      p = -p;
      for (std::size_t k = 0; k < rows[o].at.size(); ++k) {
        const auto r = static_cast<Eigen::Index>(k);
        if (rows[o].outcome[k] < phi.cols()) p(r, rows[o].outcome[k]) += 1;
        if (!frequency) p.row(r) *= rows[o].weight[r];
        place[rows[o].at[k]] = {static_cast<std::uint32_t>(o), static_cast<std::uint32_t>(k)};
        order.push_back(rows[o].at[k]);
      }
      residual.push_back(std::move(p));
    }
    const auto person = [&](std::size_t k) { return moves.person.empty() ? k : std::size_t{moves.person[k]}; };
    std::sort(order.begin(), order.end(),
              [&](std::size_t a, std::size_t b) { return person(a) != person(b) ? person(a) < person(b) : a < b; });
    constexpr Eigen::Index chunk = 128;
    const Eigen::Index size = out.theta_.size(), columns = out.width();
    Eigen::MatrixXd scores = Eigen::MatrixXd::Zero(size, chunk), meat = Eigen::MatrixXd::Zero(size, size);
    std::vector<double> of_coefficients;
    double people = 0;
    Eigen::Index filled = 0;
    const auto flush = [&] {
      meat.selfadjointView<Eigen::Lower>().rankUpdate(scores.leftCols(filled));
      scores.setZero();
      filled = 0;
    };
    for (std::size_t at = 0; at < order.size();) {
      const std::size_t who = person(order[at]);
      const double weight = frequency ? moves.weight.empty() ? 1 : moves.weight[order[at]] : 1;
      if (filled == chunk) flush();
      for (; at < order.size() && person(order[at]) == who; ++at) {
        const std::size_t k = order[at];
        if (frequency && !moves.weight.empty() && moves.weight[k] != weight)
          throw Refusal("E-WEIGHT-KIND",
                        "found frequency weights that differ between the moves of one person; expected one weight, so "
                        "that it is known whose moves belong together");
        const Eigen::MatrixXd& r = residual[place[k].origin];
        const Eigen::MatrixXd& z = rows[place[k].origin].z;
        of_coefficients.resize(static_cast<std::size_t>(r.cols() * columns));
        for (Eigen::Index l = 0, u = 0; l < r.cols(); ++l)
          for (Eigen::Index a = 0; a < columns; ++a, ++u)
            of_coefficients[static_cast<std::size_t>(u)] = r(place[k].row, l) * z(place[k].row, a);
        out.origins_[place[k].origin].add(of_coefficients.data(), scores.col(filled));
      }
      scores.col(filled++) *= std::sqrt(weight);
      people += weight;
    }
    flush();
    if (!(people > 1))
      throw Refusal("E-IDENT", "found moves of one person; expected several people for standard errors by person");
    meat = meat.selfadjointView<Eigen::Lower>();
    meat = detail::carried(out.covariance_, meat);
    for (Eigen::Index a = 0; a < size; ++a)
      for (Eigen::Index b = 0; b < size; ++b)
        out.covariance_(a, b) = people / (people - 1) * (meat(a, b) + meat(b, a)) / 2;
  }
};

/// How many people tell each coefficient of a fit with errors by person: those who made the moves it was fitted to,
/// over its parameters; in the form by origin of the stratum with the fewest, over its own.
///
/// Under sampling and precision weights people are the effective ones, (sum)^2 / (sum of squares) of the weights of
/// their first moves; frequency weights are people. A stratum with no coefficient does not count; without any of them
/// it is infinite. Cost: O(moves log people).
[[nodiscard]] inline double people_to_a_coefficient(const FittedLogit& fit, const CovariateMoves& moves) {
  const auto people = [&](std::optional<std::size_t> from) {
    std::map<std::uint32_t, double> weight_of;
    for (std::size_t k = 0; k < moves.size(); ++k)
      if (!from || moves.from[k] == *from)
        weight_of.emplace(moves.person.empty() ? static_cast<std::uint32_t>(k) : moves.person[k],
                          moves.weight.empty() ? 1.0 : moves.weight[k]);
    double sum = 0, squares = 0;
    for (const auto& [person, weight] : weight_of) {
      sum += weight;
      squares += weight * weight;
    }
    return moves.weight_kind == WeightKind::frequency || !(squares > 0) ? sum : sum * sum / squares;
  };
  if (fit.form() == LogitForm::pooled)
    return fit.parameters() > 0 ? people(std::nullopt) / static_cast<double>(fit.parameters())
                                : std::numeric_limits<double>::infinity();
  double out = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < moves.ladder.strata(); ++i) {
    if (std::find(moves.from.begin(), moves.from.end(), static_cast<std::uint16_t>(i)) == moves.from.end()) continue;
    const auto coefficients =
        static_cast<double>(fit.coefficients(moves.ladder.at(i)).standard_errors.array().isFinite().count());
    if (coefficients > 0) out = std::min(out, people(i) / coefficients);
  }
  return out;
}

}  // namespace rungs

#endif
