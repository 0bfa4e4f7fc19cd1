// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_ESTIMATE_MIXTURE_HPP
#define RUNGS_ESTIMATE_MIXTURE_HPP

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

#include <Eigen/Core>

#include <rungs/detail/product.hpp>
#include <rungs/detail/symmetric_factor.hpp>
#include <rungs/estimate/estimator.hpp>
#include <rungs/estimate/hidden_groups.hpp>
#include <rungs/estimate/proportions.hpp>

namespace rungs {

/// How to fit a mixture of chains.
struct MixtureOptions {
  std::size_t classes = 2;               ///< of people who move, each by a chain of its own
  bool stayers = false;                  ///< one more class, of people who never move; with one other, mover-stayer
  Step step{};                           ///< one step of the model, in units of the time column and in years
  Unleft unleft = Unleft::unstated;      ///< of a stratum from which no step is seen: absorbing, or an error
  std::size_t starts = 20;               ///< how many times the likelihood is climbed, each from another place
  std::optional<SurveyDesign> design{};  ///< how people were drawn, where not each alone
};

namespace detail {

/// Shares and chains of the classes of a mixture.
struct MixturePoint {
  Matrix shares;               // strata and exits x classes
  std::vector<Matrix> chains;  // one for each class
};

/// The likelihood of a mixture of chains, given everybody's first stratum.
class MixtureLikelihood {
 public:
  MixtureLikelihood(const Panel& panel, const std::vector<Followed>& people, const std::vector<double>& times,
                    const MixtureOptions& options)
      : ladder_(panel.ladder()),
        n_(static_cast<Eigen::Index>(panel.ladder().size())),
        classes_(options.classes + (options.stayers ? 1U : 0U)),
        stayers_(options.stayers),
        pooled_(Matrix::Zero(n_, n_)),
        starters_(Vector::Zero(n_)) {
    std::map<std::vector<std::uint32_t>, std::size_t> known;  // people alike in all that counts are counted together
    for (std::size_t k = 0; k < people.size(); ++k) {
      const std::uint16_t* s = panel.strata().data() + people[k].begin;
      std::map<std::uint32_t, std::uint32_t> moves;
      for (std::int64_t t = 0; t < people[k].steps; ++t) {
        ++moves[static_cast<std::uint32_t>(s[t] * ladder_.size() + s[t + 1])];
        pooled_(s[t], s[t + 1]) += times[k];
      }
      starters_[*s] += times[k];
      all_ += times[k];
      std::vector<std::uint32_t> key{*s};
      for (const auto& [cell, count] : moves) key.insert(key.end(), {cell, count});
      const auto [at, fresh] = known.try_emplace(key, patterns_.size());
      if (fresh) {
        patterns_.push_back({*s, 0, {}, {}});
        for (const auto& [cell, count] : moves) patterns_.back().moves.emplace_back(cell, count);
        for (const auto& [cell, count] : moves) patterns_.back().rows[cell / static_cast<std::uint32_t>(n_)] += count;
      }
      patterns_[at->second].people += times[k];
      pattern_of_.push_back(at->second);
    }
  }

  [[nodiscard]] std::size_t classes() const noexcept { return classes_; }
  [[nodiscard]] const Matrix& pooled() const noexcept { return pooled_; }
  [[nodiscard]] const Vector& starters() const noexcept { return starters_; }
  [[nodiscard]] double people() const noexcept { return all_; }
  [[nodiscard]] std::size_t pattern_of(std::size_t person) const { return pattern_of_[person]; }
  [[nodiscard]] bool fixed(std::size_t k) const noexcept { return stayers_ && k + 1 == classes_; }

  /// The log-likelihood; and of every pattern, the chance of each class given what was seen.
  double operator()(const MixturePoint& at, Matrix& posterior) const {
    std::vector<Matrix> logs;
    for (const Matrix& p : at.chains) {
      Matrix& log = logs.emplace_back(p);
      for (Eigen::Index k = 0; k < log.size(); ++k) log.data()[k] = std::log(log.data()[k]);
    }
    const auto k = static_cast<Eigen::Index>(classes_);
    posterior.resize(static_cast<Eigen::Index>(patterns_.size()), k);
    double sum = 0;
    for (std::size_t h = 0; h < patterns_.size(); ++h) {
      const Pattern& pattern = patterns_[h];
      const auto r = static_cast<Eigen::Index>(h);
      double top = -std::numeric_limits<double>::infinity();
      for (Eigen::Index c = 0; c < k; ++c) {
        double f = std::log(at.shares(static_cast<Eigen::Index>(pattern.start), c));
        for (const auto& [cell, count] : pattern.moves) f += count * logs[static_cast<std::size_t>(c)].data()[cell];
        posterior(r, c) = f;
        top = std::max(top, f);
      }
      if (!(top > -std::numeric_limits<double>::infinity())) {
        posterior.row(r).setZero();
        if (pattern.people > 0) sum = -std::numeric_limits<double>::infinity();
        continue;
      }
      double total = 0;
      for (Eigen::Index c = 0; c < k; ++c) total += posterior(r, c) = std::exp(posterior(r, c) - top);
      posterior.row(r) /= total;
      sum += pattern.people * (top + std::log(total));
    }
    return sum;
  }
  /// The shares and chains that people of known chances of each class would have.
  void update(const Matrix& posterior, MixturePoint& at) const {
    const auto k = static_cast<Eigen::Index>(classes_);
    Matrix shares = Matrix::Zero(n_, k);
    std::vector<Matrix> moves(classes_, Matrix::Zero(n_, n_));
    for (std::size_t h = 0; h < patterns_.size(); ++h)
      for (Eigen::Index c = 0; c < k; ++c) {
        const double w = patterns_[h].people * posterior(static_cast<Eigen::Index>(h), c);
        if (!(w > 0)) continue;
        shares(static_cast<Eigen::Index>(patterns_[h].start), c) += w;
        for (const auto& [cell, count] : patterns_[h].moves)
          moves[static_cast<std::size_t>(c)].data()[cell] += w * count;
      }
    for (Eigen::Index i = 0; i < n_; ++i) {
      if (starters_[i] > 0) at.shares.row(i) = shares.row(i) / shares.row(i).sum();
      for (std::size_t c = 0; c < classes_; ++c) {
        const double all = moves[c].row(i).sum();
        if (!fixed(c) && all > 0) at.chains[c].row(i) = moves[c].row(i) / all;
      }
    }
  }

  /// A number that may vary: the log-odds of a share or of a move against the largest of its row.
  struct Parameter {
    bool share;
    Eigen::Index cls, row, to;
  };
  [[nodiscard]] std::vector<Parameter> parameters(const MixturePoint& at) const {
    std::vector<Parameter> out;
    Eigen::Index largest = 0;
    for (Eigen::Index i = 0; i < n_; ++i) {
      if (!(starters_[i] > 0)) continue;
      at.shares.row(i).maxCoeff(&largest);
      for (Eigen::Index c = 0; c < at.shares.cols(); ++c)
        if (c != largest && at.shares(i, c) > 0) out.push_back({true, c, i, c});
    }
    for (std::size_t c = 0; c < classes_; ++c)
      for (Eigen::Index i = 0; !fixed(c) && i < n_; ++i) {
        if (!(pooled_.row(i).sum() > 0)) continue;
        at.chains[c].row(i).maxCoeff(&largest);
        for (Eigen::Index j = 0; j < n_; ++j)
          if (j != largest && at.chains[c](i, j) > 0) out.push_back({false, static_cast<Eigen::Index>(c), i, j});
      }
    return out;
  }
  /// The slope of the log-likelihood in every parameter, and the observed information: what complete data would tell,
  /// less what is not known of who is of which class. Method: Louis (1982). `each`: the slope of one person of each
  /// pattern, in columns.
  void derivatives(const MixturePoint& at, const Matrix& posterior, const std::vector<Parameter>& of, Vector& slope,
                   Eigen::MatrixXd& information, Matrix* each = nullptr) const {
    const auto size = static_cast<Eigen::Index>(of.size()), k = static_cast<Eigen::Index>(classes_);
    slope = Vector::Zero(size);
    information = Eigen::MatrixXd::Zero(size, size);
    if (each != nullptr) *each = Matrix::Zero(size, static_cast<Eigen::Index>(patterns_.size()));
    Eigen::MatrixXd expected = Eigen::MatrixXd::Zero(n_, k);  // steps begun in each stratum by each class
    // Which parameters a class and a start have to do with.
    std::vector<std::vector<Eigen::Index>> own(classes_), first(static_cast<std::size_t>(n_));
    std::vector<Matrix> place(classes_, Matrix::Constant(n_, n_, -1));
    for (Eigen::Index q = 0; q < size; ++q) {
      const Parameter& p = of[static_cast<std::size_t>(q)];
      if (p.share) {
        first[static_cast<std::size_t>(p.row)].push_back(q);
      } else {
        own[static_cast<std::size_t>(p.cls)].push_back(q);
        place[static_cast<std::size_t>(p.cls)](p.row, p.to) = static_cast<double>(q);
      }
    }
    Eigen::MatrixXd scores = Eigen::MatrixXd::Zero(size, k);
    std::vector<Eigen::Index> touched;
    for (std::size_t h = 0; h < patterns_.size(); ++h) {
      const Pattern& pattern = patterns_[h];
      if (!(pattern.people > 0)) continue;
      touched.clear();
      const auto touch = [&](Eigen::Index q, Eigen::Index c, double value) {
        scores(q, c) += value;
        if (std::find(touched.begin(), touched.end(), q) == touched.end()) touched.push_back(q);
      };
      const Vector t = posterior.row(static_cast<Eigen::Index>(h)).transpose();
      for (Eigen::Index c = 0; c < k; ++c) {
        if (!(t[c] > 0)) continue;
        for (const Eigen::Index q : first[pattern.start]) {
          const Parameter& p = of[static_cast<std::size_t>(q)];
          touch(q, c, (p.to == c ? 1 : 0) - at.shares(p.row, p.to));
        }
        if (fixed(static_cast<std::size_t>(c))) continue;
        for (const Eigen::Index q : own[static_cast<std::size_t>(c)]) {
          const Parameter& p = of[static_cast<std::size_t>(q)];
          const auto row = pattern.rows.find(static_cast<std::uint32_t>(p.row));
          if (row != pattern.rows.end())
            touch(q, c, -row->second * at.chains[static_cast<std::size_t>(c)](p.row, p.to));
        }
        for (const auto& [cell, count] : pattern.moves) {
          const auto q = static_cast<Eigen::Index>(place[static_cast<std::size_t>(c)].data()[cell]);
          if (q >= 0) touch(q, c, count);
        }
        for (const auto& [row, count] : pattern.rows)
          expected(static_cast<Eigen::Index>(row), c) += pattern.people * t[c] * count;
      }
      for (const Eigen::Index a : touched) {
        const double mean = scores.row(a).dot(t);
        slope[a] += pattern.people * mean;
        if (each != nullptr) (*each)(a, static_cast<Eigen::Index>(h)) = mean;
        for (const Eigen::Index b : touched) {
          double missing = -mean * scores.row(b).dot(t);
          for (Eigen::Index c = 0; c < k; ++c) missing += t[c] * scores(a, c) * scores(b, c);
          information(a, b) -= pattern.people * missing;
        }
      }
      for (const Eigen::Index a : touched) scores.row(a).setZero();
    }
    for (Eigen::Index a = 0; a < size; ++a)
      for (Eigen::Index b = 0; b < size; ++b) {
        const Parameter &x = of[static_cast<std::size_t>(a)], &y = of[static_cast<std::size_t>(b)];
        if (x.share != y.share || x.row != y.row || (!x.share && x.cls != y.cls)) continue;
        const Matrix& p = x.share ? at.shares : at.chains[static_cast<std::size_t>(x.cls)];
        const double many = x.share ? starters_[x.row] : expected(x.row, x.cls);
        information(a, b) += many * ((x.to == y.to ? p(x.row, x.to) : 0) - p(x.row, x.to) * p(y.row, y.to));
      }
  }
  [[nodiscard]] std::string in_words(const Parameter& p, const std::vector<std::string>& names) const {
    const std::string who = detail::quoted(names[static_cast<std::size_t>(p.cls)]);
    const std::string& from = ladder_.name(static_cast<std::size_t>(p.row));
    return p.share ? "the share of " + who + " of those who start in " + detail::quoted(from)
                   : "the move from " + detail::quoted(from) + " to " +
                         detail::quoted(ladder_.name(static_cast<std::size_t>(p.to))) + " in " + who;
  }

 private:
  struct Pattern {
    std::size_t start;
    double people;
    std::vector<std::pair<std::uint32_t, double>> moves;  // cell from n + to, how often
    std::map<std::uint32_t, double> rows;
  };
  const Ladder& ladder_;
  Eigen::Index n_;
  std::size_t classes_;
  bool stayers_;
  std::vector<Pattern> patterns_{};
  std::vector<std::size_t> pattern_of_{};
  Matrix pooled_;
  Vector starters_;
  double all_ = 0;
};

/// Where climbing the likelihood of a mixture ends.
struct MixtureTop {
  MixturePoint at;
  double value = 0, gradient = 0;
  std::size_t rounds = 0;
  bool flat = false;  // the information there is not positive definite
  Eigen::Index weakest = 0;
  std::vector<MixtureLikelihood::Parameter> of{};
  Eigen::MatrixXd root{};  // of the covariance of the parameters
};

/// Expectation by turns until near the top, then Newton's steps.
inline MixtureTop climb(const MixtureLikelihood& likelihood, MixturePoint at) {
  MixtureTop out{std::move(at)};
  Matrix posterior;
  out.value = likelihood(out.at, posterior);
  const auto by_turns = [&](int most, double enough) {
    for (int round = 0; round < most; ++round, ++out.rounds) {
      likelihood.update(posterior, out.at);
      const double next = likelihood(out.at, posterior), gain = next - out.value;
      out.value = next;
      if (gain < enough * (1 + std::abs(next))) return;
    }
  };
  by_turns(3000, 1e-9);
  Vector slope;
  Eigen::MatrixXd information;
  for (int attempt = 0; attempt < 6; ++attempt) {
    // What goes to 0 is taken to be there; were it not, the value would fall below that found by turns.
    const MixturePoint before = out.at;
    const double value_before = out.value;
    const double tiny = std::min(1e-6, 1e-2 / likelihood.pooled().sum());
    const auto clear = [tiny](Matrix& m) {
      for (Eigen::Index i = 0; i < m.rows(); ++i) {
        for (Eigen::Index j = 0; j < m.cols(); ++j)
          if (m(i, j) < tiny) m(i, j) = 0;
        m.row(i) /= m.row(i).sum();
      }
    };
    clear(out.at.shares);
    for (Matrix& p : out.at.chains) clear(p);
    out.value = likelihood(out.at, posterior);
    bool settled = false;
    for (int round = 0; round < 50 && std::isfinite(out.value); ++round, ++out.rounds) {
      out.of = likelihood.parameters(out.at);
      likelihood.derivatives(out.at, posterior, out.of, slope, information);
      const auto size = static_cast<Eigen::Index>(out.of.size());
      if (size == 0) {  // nothing may vary
        out.flat = false;
        out.root = Eigen::MatrixXd(0, 0);
        settled = true;
        break;
      }
      out.gradient = slope.cwiseAbs().maxCoeff();
      // Scaled so that the information of each parameter alone is 1.
      Vector scale = Vector::Ones(size);
      out.flat = false;
      for (Eigen::Index q = 0; q < size; ++q) {
        if (information(q, q) > 1e-12) {
          scale[q] = 1 / std::sqrt(information(q, q));
        } else {
          out.flat = true;
          out.weakest = q;
        }
      }
      if (out.flat) break;
      const auto scaled = [&](Eigen::MatrixXd m) {
        for (Eigen::Index c = 0; c < size; ++c)
          for (Eigen::Index r = 0; r < size; ++r) m(r, c) = scale[r] * m(r, c) * scale[c];
        return m;
      };
      const SymmetricFactor factored(scaled(information));
      Eigen::Index least = 0;
      if (!(factored.pivots().minCoeff(&least) > 1e-9)) {
        out.flat = true;
        out.weakest = factored.order()[static_cast<std::size_t>(least)];
        break;
      }
      const Vector step = scale.cwiseProduct(factored.solve(scale.cwiseProduct(slope)));
      const double promised = slope.dot(step);
      if (promised < 1e-20 * (1 + std::abs(out.value)) || out.gradient < 1e-10) {
        settled = true;
        out.root = scaled(factored.inverse()).llt().matrixL();
        break;
      }
      double length = 1;
      const MixturePoint from = out.at;
      bool better = false;
      for (int halving = 0; halving < 12 && !better; ++halving, length /= 2) {
        out.at = from;
        for (Eigen::Index q = 0; q < size; ++q) {
          const auto& p = out.of[static_cast<std::size_t>(q)];
          (p.share ? out.at.shares : out.at.chains[static_cast<std::size_t>(p.cls)])(p.row, p.to) *=
              std::exp(std::min(5.0, std::max(-5.0, length * step[q])));
        }
        const auto whole = [](Matrix& m) {
          for (Eigen::Index i = 0; i < m.rows(); ++i) m.row(i) /= m.row(i).sum();
        };
        whole(out.at.shares);
        for (Matrix& p : out.at.chains) whole(p);
        const double next = likelihood(out.at, posterior);
        better = next >= out.value - 1e-13 * (1 + std::abs(out.value));
        if (better) out.value = next;
      }
      if (!better) {
        out.at = from;
        out.value = likelihood(out.at, posterior);
        break;
      }
    }
    if (settled && out.value >= value_before - 1e-10 * (1 + std::abs(value_before))) return out;
    out.at = before;  // closer by turns first
    out.value = likelihood(out.at, posterior);
    by_turns(5000, 1e-13);
  }
  out.flat = true;
  return out;
}

/// Rows anywhere among the moves that were seen, of each class for itself.
inline MixturePoint mixture_start(const MixtureLikelihood& likelihood, const Ladder& ladder, Stream stream) {
  const auto n = static_cast<Eigen::Index>(ladder.size()), k = static_cast<Eigen::Index>(likelihood.classes());
  MixturePoint out{Matrix::Zero(n, k), std::vector<Matrix>(likelihood.classes(), identity(ladder))};
  const std::vector<double> even(likelihood.classes(), 4.0);
  std::vector<double> share(likelihood.classes()), alpha(ladder.size()), row(ladder.size());
  for (Eigen::Index i = 0; i < n; ++i) {
    stream.dirichlet(even, share);
    for (Eigen::Index c = 0; c < k; ++c)
      out.shares(i, c) = likelihood.starters()[i] > 0 ? share[static_cast<std::size_t>(c)] : (c == 0 ? 1 : 0);
    const double all = likelihood.pooled().row(i).sum();
    if (!(all > 0)) continue;
    for (std::size_t c = 0; c < likelihood.classes(); ++c) {
      if (likelihood.fixed(c)) continue;
      for (Eigen::Index j = 0; j < n; ++j) alpha[static_cast<std::size_t>(j)] = likelihood.pooled()(i, j) > 0 ? 1 : 0;
      stream.dirichlet(alpha, row);
      for (Eigen::Index j = 0; j < n; ++j) {
        const double p = likelihood.pooled()(i, j) / all;  // nothing that was seen starts at 0
        out.chains[c](i, j) = 0.9 * row[static_cast<std::size_t>(j)] + 0.1 * p;
      }
    }
  }
  return out;
}

}  // namespace detail

/// A mixture of chains fitted to people; see fit_mixture().
struct Mixture {
  HiddenGroups model;  ///< on the ladder for the groups "class 1", ... (and "stayers"), with draws of moves and shares
  std::vector<Matrix> chains;  ///< of each class, stayers last
  Matrix posterior;    ///< a row for each person of the panel: P(class | what was seen); NaN for those not followed
  Vector class_share;  ///< of all people followed
  double log_likelihood = 0;   ///< given everybody's first stratum
  std::size_t parameters = 0;  ///< shares and possible moves that are not tied by their rows
  double bic = 0;              ///< parameters log(people) - 2 log_likelihood; smaller is better; NaN of a survey
  std::size_t agreeing = 0;    ///< starts that ended at this maximum
  std::size_t rounds = 0;      ///< of the best start, by turns and Newton's
  double gradient = 0;         ///< largest derivative at the maximum with respect to a free log-odds
  std::vector<Warning> warnings{};

  /// The shares of the classes by stratum at the first observation; see HiddenGroups.
  [[nodiscard]] const Matrix& shares() const noexcept { return model.shares(); }
  /// Standard errors and intervals of the moves on the ladder of the classes, one cell at a time.
  [[nodiscard]] CellIntervals cells(Level level = Level()) const {
    return cell_intervals(std::get<NormalLogits>(model.ensemble().draws()), model.ensemble().point().matrix(0), 0,
                          level);
  }
  /// As cells(), of the shares; one at 0 or 1 has none (NaN).
  [[nodiscard]] CellIntervals share_intervals(Level level = Level()) const {
    CellIntervals out{
        "log-odds", level.value(), Matrix::Constant(shares().rows(), shares().cols(), std::nan("")), {}, {}};
    out.lower = out.upper = out.standard_error;
    const double z = detail::quantile_of(std::get<NormalLogits>(model.ensemble().draws()).degrees_of_freedom, level);
    const Eigen::Index k = shares().cols();
    for (Eigen::Index i = 0; i < shares().rows(); ++i) {
      const Vector row = detail::applied(share_factor.middleRows(i * k, k).transpose(), shares().row(i).transpose());
      for (Eigen::Index c = 0; c < k; ++c) {
        const double p = shares()(i, c), error = (share_factor.row(i * k + c).transpose() - row).norm() / (1 - p);
        if (!(p > 0 && p < 1 && error > 0)) continue;
        out.standard_error(i, c) = error * p * (1 - p);
        out.lower(i, c) = 1 / (1 + (1 - p) / p * std::exp(z * error));
        out.upper(i, c) = 1 / (1 + (1 - p) / p * std::exp(-z * error));
      }
    }
    return out;
  }

  Matrix share_factor;  ///< as HiddenGroups takes it
};

namespace detail {

inline std::vector<std::string> class_names(const MixtureOptions& options) {
  return names_of_classes(options.classes, options.stayers);
}

/// Puts classes in the order of how much they move, those who move most first and stayers last; where each was.
inline std::vector<std::size_t> order_classes(MixturePoint& at, const MixtureLikelihood& likelihood) {
  std::vector<std::pair<double, std::size_t>> stay;
  for (std::size_t c = 0; c < likelihood.classes(); ++c) {
    double sum = likelihood.fixed(c) ? std::numeric_limits<double>::infinity() : 0;
    for (Eigen::Index i = 0; i < likelihood.pooled().rows(); ++i)
      sum += likelihood.pooled().row(i).sum() * at.chains[c](i, i);
    stay.emplace_back(sum, c);
  }
  std::sort(stay.begin(), stay.end());
  const MixturePoint from = at;
  std::vector<std::size_t> was;
  for (std::size_t c = 0; c < stay.size(); ++c) {
    was.push_back(stay[c].second);
    at.chains[c] = from.chains[stay[c].second];
    at.shares.col(static_cast<Eigen::Index>(c)) = from.shares.col(static_cast<Eigen::Index>(stay[c].second));
  }
  return was;
}

inline Kernel classes_side_by_side(const Ladder& groups, const Ladder& ladder, const std::vector<Matrix>& chains,
                                   Step step) {
  std::vector<Ensemble> models;
  for (const Matrix& p : chains) models.emplace_back(Kernel(TransitionMatrix(ladder, p, step)), Known{}, "");
  return Ensemble::of_groups(groups, models).point();
}

/// Throws where the numbers asked for are more than people followed for so long can tell.
inline std::size_t mixture_parameters(const Panel& panel, const std::vector<Followed>& people,
                                      const MixtureLikelihood& likelihood, const MixtureOptions& options) {
  const Ladder& ladder = panel.ladder();
  const std::size_t n = ladder.size();
  std::int64_t longest = 0;
  for (const Followed& f : people) longest = std::max(longest, f.steps);
  // Ways that somebody can go from each stratum in so many steps: what people can differ in.
  std::vector<double> ways(n, 1.0);
  for (std::int64_t t = 0; t < std::min<std::int64_t>(longest, 40); ++t) {
    const std::vector<double> next = ways;
    for (std::size_t i = 0; i < n; ++i) {
      ways[i] = 0;
      for (std::size_t j = 0; j < n; ++j) ways[i] += ladder.possible(i, j) ? next[j] : 0.0;
      if (ladder.is_exit(i)) ways[i] = 1;
    }
  }
  double told = 0;
  std::size_t asked = 0;
  for (std::size_t i = 0; i < ladder.strata(); ++i) {
    const auto r = static_cast<Eigen::Index>(i);
    if (likelihood.starters()[r] > 0) {
      told += ways[i] - 1;
      asked += likelihood.classes() - 1;
    }
    if (!(likelihood.pooled().row(r).sum() > 0)) {
      if (options.unleft != Unleft::absorbing)
        throw Refusal("E-ROW-EMPTY", "found no observed move from " + detail::quoted(ladder.name(i)) +
                                         "; expected some, or that it is stated to be absorbing");
      continue;
    }
    for (std::size_t j = 0; j < n; ++j) asked += j != i && ladder.possible(i, j) ? options.classes : 0U;
  }
  if (likelihood.classes() > 1 && (longest < 2 || static_cast<double>(asked) > told))
    throw Refusal("E-IDENT",
                  "found people followed for at most " + std::to_string(longest) + (longest == 1 ? " step" : " steps") +
                      ", who can go " + text(told) + " ways, and " + std::to_string(asked) +
                      " numbers to be told from that; expected more steps for each person, or fewer classes");
  return asked;
}

/// The root of the covariance of a top's parameters by how people were drawn: each person's slopes, through the
/// information. Method: Binder (1983), doi 10.2307/1402588.
inline Eigen::MatrixXd root_of_survey(const Panel& panel, const std::vector<Followed>& people,
                                      const std::vector<double>& times, const MixtureLikelihood& likelihood,
                                      const MixtureTop& top, const std::optional<SurveyDesign>& design,
                                      double& degrees_of_freedom) {
  Matrix posterior, slopes;
  Vector slope;
  Eigen::MatrixXd information;
  (void)likelihood(top.at, posterior);
  likelihood.derivatives(top.at, posterior, top.of, slope, information, &slopes);
  Matrix influence(static_cast<Eigen::Index>(top.of.size()), static_cast<Eigen::Index>(people.size()));
  for (std::size_t k = 0; k < people.size(); ++k)
    influence.col(static_cast<Eigen::Index>(k)) =
        times[k] * slopes.col(static_cast<Eigen::Index>(likelihood.pattern_of(k)));
  influence = product(top.root, product(top.root.transpose(), influence));
  const ClusterVariance variance = variance_of_people(panel, people, design, influence);
  degrees_of_freedom = variance.degrees_of_freedom;
  return root_of(variance.covariance);
}

}  // namespace detail

/// The maximum-likelihood mixture of chains: people are of a few kinds that nobody sees, each moving by a chain of its
/// own, in shares that depend on the stratum at the first observation.
///
/// Classes are in the order of how much they move, the first most; where nobody starts, the shares are those of all.
/// Every start is drawn from the seed; the highest likelihood must be found from three of them. With one class it is
/// the plain chain, with one and `stayers` the mover-stayer model, which fit_mover_stayer() fits sooner. Assumes:
/// nobody changes the class; within a class people are alike and forget the past; followed up to a first gap as
/// fit_mover_stayer() has it; the number of classes is known (see mixtures_by_classes()). Effect on intervals: they
/// rest on the observed information of all shares and moves together, so that not knowing who is of which class widens
/// them; that the number of classes was chosen from the data does not, and makes them too narrow. With 300 people seen
/// 10 times 95 % intervals held the truth in 94 to 95 %, the rarest move of those who move little in 86; with 120 seen
/// 6 times a third of the samples were refused, and moves of those who move most held it in 91 %, moves of the others
/// in 75, reach of people in a stratum in 94. A number at 0 stays there in every draw (W-BOUNDARY). Sampling weights
/// and a `design` count as in fit_mover_stayer(): the variance is then that between people or clusters. Throws
/// Refusal [E-WEIGHT-KIND] for precision weights, and for frequency weights with a design; [E-DESIGN-LONELY] as
/// estimate_survey(); [E-IDENT] when
/// people are not followed for enough steps, a class is empty (fewer than one person), or the information is singular,
/// naming the number it leaves open; [E-CONVERGENCE] when fewer than three starts (or all, if fewer) agree;
/// [E-ROW-EMPTY] for a stratum without a step, unless `unleft` is absorbing; [E-SHAPE] without a class or start. Cost:
/// starts x some 1,000 rounds of (kinds of people x steps x classes), then some 10 Newton steps of parameters^3.
/// Method: expectation and maximisation by turns, Dempster, Laird and Rubin (1977), then Newton with the information of
/// Louis (1982), doi 10.1111/j.2517-6161.1982.tb01203.x; Frydman (2005), doi 10.1198/016214505000000024.
[[nodiscard]] inline Mixture fit_mixture(const Panel& panel, const MixtureOptions& options, Seed seed) {
  if (options.classes == 0 || options.classes > 50 || options.starts == 0)
    throw Refusal("E-SHAPE", "found " + std::to_string(options.classes) + " classes and " +
                                 std::to_string(options.starts) + " starts; expected 1 to 50 classes and a start");
  const Ladder& ladder = panel.ladder();
  const auto n = static_cast<Eigen::Index>(ladder.size());
  std::vector<Warning> warnings;
  const std::vector<detail::Followed> people = detail::followed(panel, options.step, warnings);
  std::vector<double> times;
  for (const detail::Followed& f : people) times.push_back(f.people);
  const detail::MixtureLikelihood likelihood(panel, people, times, options);
  const std::size_t asked = detail::mixture_parameters(panel, people, likelihood, options);
  const std::vector<std::string> names = detail::class_names(options);
  const std::size_t starts = likelihood.classes() == 1 ? 1 : options.starts;

  std::vector<detail::MixtureTop> tops;
  std::size_t best = 0;
  for (std::size_t b = 0; b < starts; ++b) {
    tops.push_back(detail::climb(likelihood,
                                 detail::mixture_start(likelihood, ladder, Stream({seed, b, 0, Purpose::parameters}))));
    if (tops[b].value > tops[best].value) best = b;
  }
  std::size_t agreeing = 0;
  for (std::size_t b = 0; b < starts; ++b) {
    const double near = 1e-6 * (1 + std::abs(tops[best].value) * 1e-2);
    if (tops[b].value < tops[best].value - near) continue;
    ++agreeing;
    if (tops[best].flat && !tops[b].flat) best = b;
  }
  if (agreeing < std::min<std::size_t>(3, starts))
    throw Refusal("E-CONVERGENCE", "found the highest likelihood from " + std::to_string(agreeing) + " of " +
                                       std::to_string(starts) +
                                       " starts; expected it from three: more starts, or fewer classes");
  detail::MixtureTop& top = tops[best];
  Matrix posterior;
  Vector heads;  // people of each class
  const auto count = [&] {
    (void)likelihood(top.at, posterior);
    heads = Vector::Zero(static_cast<Eigen::Index>(likelihood.classes()));
    for (std::size_t k = 0; k < people.size(); ++k)
      heads += times[k] * posterior.row(static_cast<Eigen::Index>(likelihood.pattern_of(k))).transpose();
  };
  count();
  if (heads.minCoeff() < 1)
    throw Refusal("E-IDENT", "found a class with " + detail::text(std::round(heads.minCoeff() * 100) / 100) + " of " +
                                 detail::text(likelihood.people()) +
                                 " people; expected at least one person in each: fewer classes");
  // The same top, with its classes in order.
  detail::MixturePoint ordered = top.at;
  const std::vector<std::size_t> was = detail::order_classes(ordered, likelihood);
  if (top.flat) {
    std::vector<std::string> found(names);
    for (std::size_t c = 0; c < was.size(); ++c) found[was[c]] = names[c];
    throw Refusal("E-IDENT",
                  "found data that do not tell " +
                      (top.of.empty() ? std::string("the classes apart")
                                      : likelihood.in_words(top.of[static_cast<std::size_t>(top.weakest)], found)) +
                      "; expected people followed for more steps, or fewer classes");
  }
  if (!std::is_sorted(was.begin(), was.end())) {
    const std::size_t rounds = top.rounds;
    top = detail::climb(likelihood, std::move(ordered));
    top.rounds = rounds;
  }
  count();
  const std::size_t classes = likelihood.classes();
  const Ladder groups = ladder.for_groups(names);
  const bool survey = detail::is_survey(panel, options.design);
  double freedom = std::numeric_limits<double>::infinity();
  if (survey) top.root = detail::root_of_survey(panel, people, times, likelihood, top, options.design, freedom);
  const auto columns = top.root.cols(), all = static_cast<Eigen::Index>(groups.size()),
             k = static_cast<Eigen::Index>(classes);
  Matrix factor = Matrix::Zero(all * all, columns), share_factor = Matrix::Zero(n * k, columns);
  for (Eigen::Index q = 0; q < static_cast<Eigen::Index>(top.of.size()); ++q) {
    const auto& p = top.of[static_cast<std::size_t>(q)];
    const auto at = [&](Eigen::Index i) {
      return static_cast<Eigen::Index>(groups.for_group(static_cast<std::size_t>(i), static_cast<std::size_t>(p.cls)));
    };
    if (p.share)
      share_factor.row(p.row * k + p.to) = top.root.row(q);
    else
      factor.row(at(p.row) * all + at(p.to)) = top.root.row(q);
  }
  std::string boundary;
  std::size_t at_end = 0;
  const auto note = [&](const detail::MixtureLikelihood::Parameter& p) {
    if (++at_end <= 5) boundary += (boundary.empty() ? "" : ", ") + likelihood.in_words(p, names);
  };
  for (Eigen::Index c = 0; c < k; ++c)
    for (Eigen::Index i = 0; i < n; ++i) {
      if (likelihood.starters()[i] > 0 && top.at.shares(i, c) == 0) note({true, c, i, c});
      for (Eigen::Index j = 0; !likelihood.fixed(static_cast<std::size_t>(c)) && j < n; ++j)
        if (likelihood.pooled()(i, j) > 0 && top.at.chains[static_cast<std::size_t>(c)](i, j) == 0)
          note({false, c, i, j});
    }
  if (at_end > 0)
    warnings.push_back(
        {"W-BOUNDARY", "estimated as 0, without a standard error, in every draw but those of a bootstrap: " + boundary +
                           (at_end > 5 ? " and " + std::to_string(at_end - 5) + " more" : "")});
  const Vector people_of = heads / likelihood.people();
  for (Eigen::Index i = 0; i < n; ++i)
    if (!(likelihood.starters()[i] > 0)) top.at.shares.row(i) = people_of.transpose();
  Mixture out{.model = HiddenGroups(
                  Ensemble(detail::classes_side_by_side(groups, ladder, top.at.chains, options.step),
                           NormalLogits{std::move(factor), freedom},
                           "mixture of " + std::to_string(classes) + " chains" + (survey ? ", design-based" : "")),
                  top.at.shares, share_factor),
              .chains = top.at.chains,
              .posterior = Matrix::Constant(static_cast<Eigen::Index>(panel.people()), k, std::nan("")),
              .class_share = people_of,
              .log_likelihood = top.value,
              .parameters = asked,
              .bic = survey ? std::nan("") : static_cast<double>(asked) * std::log(likelihood.people()) - 2 * top.value,
              .agreeing = agreeing,
              .rounds = top.rounds,
              .gradient = top.gradient,
              .warnings = std::move(warnings),
              .share_factor = share_factor};
  for (std::size_t person = 0; person < people.size(); ++person) {
    out.posterior.row(static_cast<Eigen::Index>(people[person].who)) =
        posterior.row(static_cast<Eigen::Index>(likelihood.pattern_of(person)));
  }
  return out;
}

/// A mixture with draws by resampling whole people with replacement and climbing again from where `fitted` ended, so
/// that classes keep their names.
///
/// Effect on intervals: they also hold for numbers near 0, and where people are few; at 0 the bootstrap is not exact.
/// Weights and a `design` count as in bootstrap_mover_stayer().
/// Throws Refusal [E-DRAW] for 0 draws, and as fit_mixture(), but for [E-IDENT] in a sample. Cost: draws x one climb.
[[nodiscard]] inline HiddenGroups bootstrap_mixture(const Panel& panel, const MixtureOptions& options,
                                                    const Mixture& fitted, std::size_t draws, Seed seed) {
  if (draws == 0) throw Refusal("E-DRAW", "found 0 bootstrap draws; expected at least 1");
  const Ladder& ladder = panel.ladder();
  std::vector<Warning> warnings;
  const std::vector<detail::Followed> people = detail::followed(panel, options.step, warnings);
  const Ladder groups = ladder.for_groups(detail::class_names(options));
  if (!(groups == fitted.model.ladder()))
    throw Refusal("E-LADDER-OTHER", "found a mixture of other classes or strata; expected that of this panel");
  Replicates replicates;
  std::vector<Matrix> shares;
  const detail::PeopleDraws anew(panel, people, options.design);
  for (std::size_t b = 0; b < draws; ++b) {
    const std::vector<double> times = anew.draw(Stream({seed, b, 0, Purpose::resample}));
    const detail::MixtureLikelihood likelihood(panel, people, times, options);
    detail::MixturePoint start{fitted.shares(), fitted.chains};
    for (std::size_t c = 0; c < likelihood.classes(); ++c)  // nothing that was drawn starts at 0
      for (Eigen::Index i = 0; i < start.shares.rows(); ++i) {
        const double all = likelihood.pooled().row(i).sum();
        if (likelihood.starters()[i] > 0) start.shares(i, static_cast<Eigen::Index>(c)) += 0.01;
        if (!likelihood.fixed(c) && all > 0)
          for (Eigen::Index j = 0; j < start.chains[c].cols(); ++j)
            start.chains[c](i, j) = 0.99 * start.chains[c](i, j) + 0.01 / all * likelihood.pooled()(i, j);
      }
    for (Eigen::Index i = 0; i < start.shares.rows(); ++i) start.shares.row(i) /= start.shares.row(i).sum();
    detail::MixtureTop top = detail::climb(likelihood, std::move(start));
    replicates.kernels.push_back(detail::classes_side_by_side(groups, ladder, top.at.chains, options.step));
    shares.push_back(std::move(top.at.shares));
  }
  return {Ensemble(fitted.model.ensemble().point(), std::move(replicates),
                   "mixture of " + std::to_string(options.classes) + " chains, bootstrap by " +
                       (options.design && !options.design->cluster.empty() ? "cluster" : "person")),
          fitted.shares(),
          {},
          std::move(shares)};
}

/// A number of classes that was tried: its fit, or why there is none.
struct MixtureChoice {
  std::size_t classes = 1;
  std::optional<Mixture> fit{};
  std::string refused{};
};

/// Mixtures of 1, 2, ... classes, to choose among by BIC; a number that the data cannot tell is there with the reason.
///
/// Effect on intervals: those of the mixture chosen take the number of classes as known. BIC tends to too few classes
/// in small samples, and its theory does not hold where a class has a share of 0; it is no test. Throws as
/// fit_mixture(), but for [E-IDENT] and [E-CONVERGENCE].
[[nodiscard]] inline std::vector<MixtureChoice> mixtures_by_classes(const Panel& panel, MixtureOptions options,
                                                                    std::size_t most, Seed seed) {
  std::vector<MixtureChoice> out;
  for (std::size_t k = 1; k <= most; ++k) {
    options.classes = k;
    MixtureChoice& choice = out.emplace_back();
    choice.classes = k;
    try {
      choice.fit = fit_mixture(panel, options, seed);
    } catch (const Refusal& refused) {
      if (refused.code() != "E-IDENT" && refused.code() != "E-CONVERGENCE") throw;
      choice.refused = refused.what();
    }
  }
  return out;
}

/// The number in the list of the fit of smallest BIC.
///
/// Throws Refusal [E-IDENT] when none was fitted; so it does of a survey, whose fits have none.
[[nodiscard]] inline std::size_t best_by_bic(const std::vector<MixtureChoice>& choices) {
  std::size_t best = choices.size();
  for (std::size_t k = 0; k < choices.size(); ++k)
    if (choices[k].fit && !std::isnan(choices[k].fit->bic) &&
        (best == choices.size() || choices[k].fit->bic < choices[best].fit->bic))
      best = k;
  if (best == choices.size()) throw Refusal("E-IDENT", "found no mixture that was fitted; expected at least one");
  return best;
}

}  // namespace rungs

#endif
