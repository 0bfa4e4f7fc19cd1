// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_DETAIL_TABLE_SCORING_HPP
#define RUNGS_DETAIL_TABLE_SCORING_HPP

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <rungs/detail/information.hpp>
#include <rungs/estimate/mobility_tables.hpp>
#include <rungs/estimate/table_model.hpp>

namespace rungs::detail {

/// A model of mobility tables as columns of parameters, and the way to its most likely values.
///
/// Columns, in the order of elimination: what is linear in the association (classes of cells, barriers, slopes),
/// origins and destinations of each layer, scores of origins and of destinations where they are estimated, and the
/// logarithms of the scales of the layers after the first. Nothing is normalised here: columns that depend on others
/// are dropped, and what is reported are combinations that do not depend on which. On the way, estimated scores are
/// held about a mean of 0 and those of origins as long as those of destinations, which changes no cell: with some of
/// them held where they start instead, the others run away where the held ones should change places.
class TableScoring {
 public:
  struct Cell {
    std::size_t layer, from, to;
    double people;
  };

  TableScoring(const MobilityTables& tables, const TableModel& model)
      : tables_(&tables),
        model_(model),
        n_(tables.strata()),
        layers_(tables.layers()),
        estimated_(model.form == TableForm::rc || model.form == TableForm::rc_homogeneous),
        homogeneous_(model.form == TableForm::rc_homogeneous),
        scaled_(model.layered() && model.over == OverLayers::scaled && layers_ > 1) {
    set_places();
    terms_.resize(n_ * n_);
    set_terms();
    margins_ = linear_;
    u_ = margins_ + 2 * n_ * layers_;
    v_ = homogeneous_ ? u_ : u_ + (estimated_ ? n_ : 0);
    scales_ = estimated_ ? v_ + n_ : u_;
    p_ = scales_ + (scaled_ ? layers_ - 1 : 0);
    if (p_ > 4000)
      throw Refusal("E-SIZE", "found a model of " + std::to_string(p_) +
                                  " parameters before any is dropped; expected at most 4000");
    take_cells();
  }

  /// Climbs to the most likely parameters; afterwards all that is asked below is known.
  ///
  /// Throws Refusal [E-CONVERGENCE] naming the parameter that still moves.
  void fit() {
    for (;;) {
      std::vector<std::size_t> vanishing = estimated_ ? climb_scores() : climb_all();
      if (vanishing.empty()) break;
      for (auto k = vanishing.rbegin(); k != vanishing.rend(); ++k)
        cells_.erase(cells_.begin() + static_cast<std::ptrdiff_t>(*k));
      zeros_ += vanishing.size();
    }
    Information jacobian(p_);
    for (const Cell& c : cells_) jacobian.add(row(c), 1);
    jacobian.factor(1e-9);
    rank_ = std::max(jacobian.rank(), elsewhere_);
    free_ = jacobian.unidentified();
    information_.emplace(p_);
    std::vector<double> g = weigh(*information_);
    gradient_ = 0;
    for (const double x : g) gradient_ = std::max(gradient_, std::abs(x));
    if (!information_->factor_as(jacobian.kept()))
      throw Refusal("E-IDENT", "found parameters of " + model_.name() +
                                   " that these people cannot tell apart; expected a model with fewer");
  }

  [[nodiscard]] const std::vector<Cell>& cells() const noexcept { return cells_; }
  /// Expected people of each of cells().
  [[nodiscard]] const std::vector<double>& expected() const noexcept { return expected_; }
  [[nodiscard]] std::size_t fitted_zero() const noexcept { return zeros_; }
  [[nodiscard]] std::size_t rank() const noexcept { return rank_; }
  [[nodiscard]] double gradient_norm() const noexcept { return gradient_; }
  [[nodiscard]] std::size_t steps() const noexcept { return steps_; }
  [[nodiscard]] const std::vector<double>& values() const noexcept { return theta_; }
  [[nodiscard]] const std::vector<double>& places() const noexcept { return places_; }
  [[nodiscard]] bool scaled() const noexcept { return scaled_; }
  [[nodiscard]] std::size_t linear() const noexcept { return linear_; }
  [[nodiscard]] const std::vector<int>& classes() const noexcept { return classes_; }
  [[nodiscard]] double sign() const noexcept { return sign_; }
  [[nodiscard]] std::size_t score_of_origin(std::size_t i) const noexcept { return u_ + i; }
  [[nodiscard]] std::size_t score_of_destination(std::size_t j) const noexcept { return v_ + j; }
  [[nodiscard]] std::size_t origin(std::size_t layer, std::size_t i) const noexcept {
    return margins_ + 2 * n_ * layer + i;
  }
  [[nodiscard]] std::size_t destination(std::size_t layer, std::size_t j) const noexcept {
    return margins_ + 2 * n_ * layer + n_ + j;
  }
  /// The logarithm of the scale of a layer after the first.
  [[nodiscard]] std::size_t scale(std::size_t layer) const noexcept { return scales_ + layer - 1; }
  /// The association of a cell in a layer of scale 1.
  [[nodiscard]] double association(std::size_t i, std::size_t j) const {
    if (homogeneous_) return sign_ * theta_[u_ + i] * theta_[u_ + j];
    if (estimated_) return theta_[u_ + i] * theta_[v_ + j];
    double sum = 0;
    for (const Entry& e : terms_[i * n_ + j]) sum += e.value * theta_[e.column];
    return sum;
  }
  /// The derivatives of the association of a cell in a layer of scale 1, each times a factor, added to a combination.
  void add_association(std::size_t i, std::size_t j, double factor, std::vector<Entry>& to) const {
    for (const Entry& e : terms_[i * n_ + j]) to.push_back({e.column, factor * e.value});
    if (!estimated_) return;
    const double sign = homogeneous_ ? sign_ : 1.0;
    to.push_back({u_ + i, factor * sign * theta_[v_ + j]});
    to.push_back({v_ + j, factor * sign * theta_[u_ + i]});
  }
  /// The derivatives of the logarithm of the expected people of a cell, in use or not.
  [[nodiscard]] const std::vector<Entry>& row(const Cell& c) const {
    row_.clear();
    const double s = scale_of(c.layer);
    for (const Entry& e : terms_[c.from * n_ + c.to]) row_.push_back({e.column, s * e.value});
    row_.push_back({origin(c.layer, c.from), 1});
    row_.push_back({destination(c.layer, c.to), 1});
    if (homogeneous_) {
      const std::size_t low = std::min(c.from, c.to), high = std::max(c.from, c.to);
      if (low == high) {
        row_.push_back({u_ + low, 2 * sign_ * s * theta_[u_ + low]});
      } else {
        row_.push_back({u_ + low, sign_ * s * theta_[u_ + high]});
        row_.push_back({u_ + high, sign_ * s * theta_[u_ + low]});
      }
    } else if (estimated_) {
      row_.push_back({u_ + c.from, s * theta_[v_ + c.to]});
      row_.push_back({v_ + c.to, s * theta_[u_ + c.from]});
    }
    if (scaling_ && c.layer > 0) row_.push_back({scale(c.layer), s * association(c.from, c.to)});
    return row_;
  }
  [[nodiscard]] double log_expected(const Cell& c) const {
    return theta_[origin(c.layer, c.from)] + theta_[destination(c.layer, c.to)] +
           scale_of(c.layer) * association(c.from, c.to);
  }
  /// Whether the data say anything of a combination of parameters.
  [[nodiscard]] bool identified(const std::vector<Entry>& combination) const {
    bool any = false;
    for (const Entry& e : combination) any = any || e.value != 0;
    for (const std::vector<double>& g : free_) {
      double sum = 0, size = 0;
      for (const Entry& e : combination) {
        sum += e.value * g[e.column];
        size += std::abs(e.value * g[e.column]);
      }
      if (!(std::abs(sum) <= 1e-7 * size)) return false;
    }
    return any;
  }
  /// Whose product with itself is the variance of a combination, and with that of another their covariance.
  [[nodiscard]] std::vector<double> whitened(const std::vector<Entry>& combination) const {
    return information_->whitened(combination);
  }

 private:
  void set_places() {
    const Ladder& ladder = tables_->ladder();
    places_ = model_.scores;
    if (places_.empty())
      for (std::size_t i = 0; i < n_; ++i) places_.push_back(ladder.height(i));
    if (places_.size() != n_)
      throw Refusal("E-SHAPE", "found " + std::to_string(places_.size()) + " places of strata; expected " +
                                   std::to_string(n_) + ", one for each stratum");
    double mean = 0;
    for (const double x : places_) {
      if (!(std::abs(x) < 1e6))
        throw DomainError("E-RANGE", "found a stratum at place " + text(x) + "; expected a number below 1e6 in size",
                          x);
      mean += x / static_cast<double>(n_);
    }
    for (double& x : places_) x -= mean;
  }
  void set_terms() {
    const Ladder& ladder = tables_->ladder();
    std::map<int, std::size_t> column_of;
    if (model_.form == TableForm::levels) {
      bool square = model_.levels.size() == n_;
      for (const std::vector<int>& line : model_.levels) {
        square = square && line.size() == n_;
        for (const int level : line) column_of.emplace(level, 0);
      }
      if (!square)
        throw Refusal("E-SHAPE", "found levels that are not a square of " + std::to_string(n_) +
                                     " rows and columns; expected a level for each move from (row) to (column)");
      for (auto& [level, column] : column_of) {
        column = classes_.size();
        classes_.push_back(level);
      }
    }
    for (std::size_t i = 0; i < n_; ++i)
      for (std::size_t j = 0; j < n_; ++j) {
        std::vector<Entry>& t = terms_[i * n_ + j];
        const double x = places_[i], y = places_[j];
        switch (model_.form) {
          case TableForm::uniform:
            t = {{0, x * y}};
            break;
          case TableForm::row_effects:
            t = {{i, y}};
            break;
          case TableForm::column_effects:
            t = {{j, x}};
            break;
          case TableForm::distance:
            t = {{0, std::abs(x - y)}};
            break;
          case TableForm::crossings: {
            const auto low = std::min(ladder.height(i), ladder.height(j));
            const auto high = std::max(ladder.height(i), ladder.height(j));
            for (int h = low; h < high; ++h) t.push_back({static_cast<std::size_t>(h), 1});
            break;
          }
          case TableForm::levels:
            t = {{column_of.at(model_.levels[i][j]), 1}};
            break;
          case TableForm::quasi_symmetry:
            t = {{std::max(i, j) * (std::max(i, j) + 1) / 2 + std::min(i, j), 1}};
            break;
          case TableForm::full:
            t = {{i * n_ + j, 1}};
            break;
          default:
            break;
        }
      }
    switch (model_.form) {
      case TableForm::uniform:
      case TableForm::distance:
        linear_ = 1;
        break;
      case TableForm::row_effects:
      case TableForm::column_effects:
        linear_ = n_;
        break;
      case TableForm::crossings:
        linear_ = static_cast<std::size_t>(ladder.height(n_ - 1));
        break;
      case TableForm::levels:
        linear_ = classes_.size();
        break;
      case TableForm::quasi_symmetry:
        linear_ = n_ * (n_ + 1) / 2;
        break;
      case TableForm::full:
        linear_ = n_ * n_;
        break;
      default:
        break;
    }
  }
  /// The cells that the model is of: possible, not left to themselves, and not bound to be 0 because a sum of counts
  /// that the fit repeats is 0.
  void take_cells() {
    const bool own = model_.diagonal == Diagonal::own;
    for (std::size_t k = 0; k < layers_; ++k)
      for (std::size_t i = 0; i < n_; ++i)
        for (std::size_t j = 0; j < n_; ++j)
          if (tables_->ladder().possible(i, j) && !(own && i == j))
            cells_.push_back({k, i, j, tables_->people(k)(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j))});
    std::vector<double> sums(p_);
    std::vector<char> counts(p_);
    for (std::size_t before = cells_.size() + 1; before != cells_.size();) {
      before = cells_.size();
      std::fill(sums.begin(), sums.end(), 0.0);
      std::fill(counts.begin(), counts.end(), char{1});
      const auto each_column = [&](const Cell& c, auto&& action) {
        for (const Entry& e : terms_[c.from * n_ + c.to]) action(e);
        action(Entry{origin(c.layer, c.from), 1});
        action(Entry{destination(c.layer, c.to), 1});
      };
      for (const Cell& c : cells_)
        each_column(c, [&](const Entry& e) {
          sums[e.column] += e.value * c.people;
          if (e.value < 0) counts[e.column] = 0;
        });
      std::erase_if(cells_, [&](const Cell& c) {
        bool zero = false;
        each_column(
            c, [&](const Entry& e) { zero = zero || (counts[e.column] != 0 && e.value > 0 && !(sums[e.column] > 0)); });
        return zero;
      });
      zeros_ += before - cells_.size();
    }
  }
  [[nodiscard]] double scale_of(std::size_t layer) const {
    return scaling_ && layer > 0 ? std::exp(theta_[scale(layer)]) : 1.0;
  }
  /// Expected people at theta, and the logarithm of the likelihood but for a constant.
  double evaluate() {
    expected_.resize(cells_.size());
    double sum = 0;
    for (std::size_t k = 0; k < cells_.size(); ++k) {
      const double eta = log_expected(cells_[k]);
      expected_[k] = std::exp(eta);
      sum += cells_[k].people * eta - expected_[k];
    }
    return sum;
  }
  /// The expected information at theta, and the gradient.
  std::vector<double> weigh(Information& into) const {
    std::vector<double> g(p_);
    into.clear();
    for (std::size_t k = 0; k < cells_.size(); ++k) {
      const std::vector<Entry>& x = row(cells_[k]);
      into.add(x, expected_[k]);
      for (const Entry& e : x) g[e.column] += e.value * (cells_[k].people - expected_[k]);
    }
    return g;
  }
  /// What makes the observed information of the expected: products of parameters, weighted with the residuals.
  void bend(Information& into) const {
    for (std::size_t k = 0; k < cells_.size(); ++k) {
      const Cell& c = cells_[k];
      const double s = scale_of(c.layer), r = expected_[k] - c.people;
      const bool scale_too = scaling_ && c.layer > 0;
      if (scale_too) {
        for (const Entry& e : terms_[c.from * n_ + c.to]) into.add(e.column, scale(c.layer), r * s * e.value);
        into.add(scale(c.layer), scale(c.layer), r * s * association(c.from, c.to));
      }
      if (!estimated_) continue;
      const double sign = homogeneous_ ? sign_ : 1.0;
      const std::size_t u = u_ + c.from, v = v_ + c.to;
      into.add(u, v, r * s * sign * (u == v ? 2 : 1));
      if (scale_too) {
        into.add(u, scale(c.layer), r * s * sign * theta_[v]);
        into.add(v, scale(c.layer), r * s * sign * theta_[u]);
      }
    }
  }
  /// Calls `use` with each estimated score and whether it is one of origins, where the data say anything of it.
  template <class Use>
  void each_score(const Use& use) const {
    std::vector<char> present(p_);
    for (const Cell& c : cells_) present[u_ + c.from] = present[v_ + c.to] = 1;
    for (std::size_t c = u_; c < scales_; ++c)
      if (present[c] != 0) use(c, c < v_ || homogeneous_);
  }
  /// Sums of squares of the scores of origins and of destinations.
  [[nodiscard]] std::pair<double, double> squares() const {
    std::pair<double, double> out{0, 0};
    if (!estimated_) return out;
    each_score([&](std::size_t c, bool origin) { (origin ? out.first : out.second) += theta_[c] * theta_[c]; });
    return out;
  }
  /// Moves the scores to a mean of 0 each and to one length, and the margins so that no cell changes.
  void centre() {
    if (!held_) return;
    double u = 0, v = 0, us = 0, vs = 0;
    each_score([&](std::size_t c, bool origin) {
      (origin ? u : v) += theta_[c];
      (origin ? us : vs) += 1;
    });
    u /= us;
    v = homogeneous_ ? u : v / vs;
    const std::vector<double> before = theta_;
    each_score([&](std::size_t c, bool origin) { theta_[c] -= origin ? u : v; });
    const double sign = homogeneous_ ? sign_ : 1.0;
    for (std::size_t k = 0; k < layers_; ++k)  // (u' + m)(v' + l) = u'v' + l u' + m v, v before
      for (std::size_t i = 0; i < n_; ++i) {
        theta_[origin(k, i)] += scale_of(k) * sign * v * theta_[u_ + i];
        theta_[destination(k, i)] += scale_of(k) * sign * u * before[v_ + i];
      }
    if (homogeneous_) return;
    const auto [a, b] = squares();
    if (!(a > 0 && b > 0)) return;
    each_score(
        [&, root = std::pow(b / a, 0.25)](std::size_t c, bool origin) { theta_[c] *= origin ? root : 1 / root; });
  }
  /// Adds what holds the scores to an information: as many rows as there are ways to change them and no cell.
  void hold(Information& into, double weight) const {
    if (!held_) return;
    const auto [a, b] = squares();
    std::vector<Entry> origins, destinations, lengths;
    each_score([&](std::size_t c, bool origin) {
      (origin ? origins : destinations).push_back({c, 1});
      lengths.push_back({c, origin ? theta_[c] : -theta_[c]});
    });
    into.add(origins, weight * (homogeneous_ ? a : b));
    if (homogeneous_) return;
    into.add(destinations, weight * a);
    into.add(lengths, weight);
  }
  [[nodiscard]] std::vector<char> columns_to_keep() const {
    Information jacobian(p_);
    for (const Cell& c : cells_) jacobian.add(row(c), 1);
    hold(jacobian, 1);
    jacobian.factor(1e-9);
    return jacobian.kept();
  }
  /// A first guess for what is linear: least squares of the logarithms of the counts.
  void start() {
    theta_.assign(p_, 0);
    Information a(p_);
    std::vector<double> b(p_);
    for (const Cell& c : cells_) {
      const std::vector<Entry>& x = row(c);
      const double w = c.people + 0.5;
      a.add(x, w);
      for (const Entry& e : x) b[e.column] += w * e.value * std::log(w);
    }
    a.factor(1e-9);
    theta_ = a.solve(std::move(b));
    kept_ = a.kept();
  }
  /// Newton's method from theta, with the expected information where the observed one has no maximum. The numbers of
  /// the cells that run away to 0, if any; else theta is the maximum.
  std::vector<std::size_t> climb(std::size_t most = 500) {
    const bool linear = !estimated_ && !scaling_;
    if (linear) most = 200;
    double value = evaluate(), last = std::numeric_limits<double>::infinity();
    Information a(p_);
    std::vector<double> before;
    std::size_t unmoved = 0;
    double damping = 1e-3;  // of steps where the observed information has no maximum
    double people = 0;
    for (const Cell& c : cells_) people += c.people;
    const double weight = people / static_cast<double>(cells_.size());
    for (std::size_t k = 0; k < most; ++k) {
      centre();
      std::vector<double> g = weigh(a);
      hold(a, weight);
      if (!linear && k > 0) bend(a);
      bool whole = a.factor_as(kept_);
      const bool observed = linear || (k > 0 && whole);
      if (!whole && !linear && k > 0) {
        (void)weigh(a);
        hold(a, weight);
        a.damp(damping);
        whole = a.factor_as(kept_);
      }
      if (!whole) {
        kept_ = columns_to_keep();
        (void)weigh(a);
        hold(a, weight);
        if (!a.factor_as(kept_)) break;
      }
      const std::vector<double> step = a.solve(g);
      double decrement = 0;
      for (std::size_t c = 0; c < p_; ++c) decrement += g[c] * step[c];
      if (!(decrement < 1e300)) break;
      if (k >= 6) {
        const std::vector<std::size_t> gone = vanishing(step);
        if (!gone.empty()) return gone;
      }
      ++steps_;
      before = theta_;
      double next = value;
      for (double t = 1;; t /= 2) {
        for (std::size_t c = 0; c < p_; ++c) theta_[c] = before[c] + t * step[c];
        next = evaluate();
        if (next >= value + 1e-4 * t * decrement || (decrement < 1e-7 && std::isfinite(next))) break;
        if (t < 1e-2) damping = std::min(1e3, 4 * damping);
        if (t < 1e-12) {
          theta_ = before;
          (void)evaluate();
          refuse(g);
        }
      }
      value = next;
      damping = std::max(1e-6, damping / 4);
      if (std::size_t farthest = 0; estimated_ && spread(farthest) > 1000) run_away(value, farthest);
      unmoved = decrement < 1e-12 && !(decrement < 0.9 * last) ? unmoved + 1 : 0;
      if (decrement < (observed ? 1e-11 : 1e-20) || unmoved == 3) {
        if (linear) return {};
        // A start may lie where columns depend on each other that do not elsewhere.
        std::vector<char> kept = columns_to_keep();
        if (std::count(kept.begin(), kept.end(), char{1}) <= std::count(kept_.begin(), kept_.end(), char{1})) {
          require_maximum(a, weight, value);
          return {};
        }
        kept_ = std::move(kept);
        unmoved = 0;
      }
      last = decrement;
    }
    Information unused(p_);
    refuse(weigh(unused));
  }
  /// Cells of nobody whose logarithm falls by 1 with every step, while those of somebody stand still, and scores too:
  /// without the cells that scores leave empty as they run away, more could be fitted than with them. (A cell may be
  /// left empty by margins alone, where the stayers have numbers of their own.)
  [[nodiscard]] std::vector<std::size_t> vanishing(const std::vector<double>& step) const {
    std::vector<std::size_t> out;
    for (std::size_t k = 0; k < cells_.size(); ++k) {
      const bool nobody = !(cells_[k].people > 0);
      if (nobody && !(expected_[k] < 1e-3)) continue;
      double change = 0, by_scores = 0;
      for (const Entry& e : row(cells_[k])) {
        change += e.value * step[e.column];
        by_scores += e.column < u_ ? 0 : e.value * step[e.column];
      }
      if (!nobody && !(std::abs(change) < 1e-2)) return {};
      if (estimated_ && !(std::abs(by_scores) < 1e-2)) return {};
      if (nobody && change < -0.5) out.push_back(k);
    }
    return out;
  }
  [[noreturn]] void run_away(double value, std::size_t farthest) {
    if (value > runaway_value_) {
      runaway_value_ = value;
      runaway_ = farthest;
    }
    refuse_runaway(farthest);
  }
  /// Refuses a point from which the likelihood rises in some direction, or a scale on its way to 0 or without end.
  void require_maximum(Information& into, double weight, double value) {
    const std::vector<double> g = weigh(into);
    hold(into, weight);
    bend(into);
    if (!into.factor_as(kept_))
      throw Refusal("E-CONVERGENCE",
                    "found no most likely " + model_.name() + " in " + std::to_string(steps_) +
                        " steps: they end where the likelihood rises to both sides; expected a maximum");
    for (std::size_t k = 1; scaling_ && k < layers_; ++k)
      if (std::abs(theta_[scale(k)]) > 7) refuse(g);
    if (std::size_t farthest = 0; estimated_ && rests_on_nobody()) {
      (void)spread(farthest);
      run_away(value, farthest);
    }
  }
  /// Whether cells that hold nobody, and are expected to, alone say how far scores have run: no maximum, where a sum of
  /// people must be repeated along every direction, but the end of steps with nothing left to gain.
  [[nodiscard]] bool rests_on_nobody() const {
    Information all(p_), people(p_);
    std::size_t most = 0;  // directions that so many cells tell apart; near the end of a run, rounding may tell more
    for (std::size_t k = 0; k < cells_.size(); ++k) {
      all.add(row(cells_[k]), 1);
      if (!(cells_[k].people > 0) && expected_[k] < 1e-6) continue;
      people.add(row(cells_[k]), 1);
      ++most;
    }
    all.factor(1e-9);
    people.factor(1e-9);
    return std::min(people.rank(), most) < all.rank();
  }
  /// The product of the lengths of the scores about their means.
  [[nodiscard]] double spread(std::size_t& farthest) const {
    double product = 1, most = -1;
    for (const std::size_t first : {u_, v_}) {
      double mean = 0, squares = 0;
      for (std::size_t i = 0; i < n_; ++i) mean += theta_[first + i] / static_cast<double>(n_);
      for (std::size_t i = 0; i < n_; ++i) squares += (theta_[first + i] - mean) * (theta_[first + i] - mean);
      for (std::size_t i = 0; i < n_; ++i)
        if (std::abs(theta_[first + i] - mean) / std::sqrt(squares) > most) {
          most = std::abs(theta_[first + i] - mean) / std::sqrt(squares);
          farthest = first + i;
        }
      product *= std::sqrt(squares);
    }
    return product;
  }
  [[noreturn]] void refuse(const std::vector<double>& g) const {
    std::size_t worst = 0;
    for (std::size_t c = 0; c < p_; ++c)
      if (std::abs(g[c]) > std::abs(g[worst])) worst = c;
    std::string why = " still moves (gradient " + text(g[worst]) + "); expected a maximum";
    if (scaling_)
      for (std::size_t k = 1; k < layers_; ++k)
        if (std::abs(theta_[scale(k)]) > 2.5) {
          worst = scale(k);
          why = " runs away; expected an association of the same direction in all layers";
        }
    throw Refusal("E-CONVERGENCE", "found no most likely " + model_.name() + " in " + std::to_string(steps_) +
                                       " steps: " + column_name(worst) + why);
  }
  [[noreturn]] void refuse_runaway(std::size_t score) const {
    throw Refusal("E-CONVERGENCE", "found no most likely " + model_.name() + ": the likelihood grows for ever as " +
                                       column_name(score) + " leaves the others behind; expected a maximum");
  }
  [[nodiscard]] std::string column_name(std::size_t c) const {
    const Ladder& ladder = tables_->ladder();
    if (c >= scales_) return "the scale" + tables_->in_layer(c - scales_ + 1);
    if (c >= margins_ && c < u_) {
      const std::size_t layer = (c - margins_) / (2 * n_), at = (c - margins_) % (2 * n_);
      return (at < n_ ? "origin " : "destination ") + detail::quoted(ladder.name(at % n_)) + tables_->in_layer(layer);
    }
    if (estimated_)
      return "the score of " +
             std::string(homogeneous_ ? ""
                         : c < v_     ? "origin "
                                      : "destination ") +
             detail::quoted(ladder.name((c - u_) % n_));
    return "the association";
  }
  std::vector<std::size_t> climb_all() {
    scaling_ = false;
    start();
    std::vector<std::size_t> gone = climb();
    if (!gone.empty() || !scaled_) return gone;
    scaling_ = true;
    kept_ = columns_to_keep();
    return climb();
  }
  /// The maximum from several starts: scores at the places of the strata, and scores that the residuals of independence
  /// suggest. Where a start that found none stands higher than all that did, it climbs on, and what it meets counts.
  std::vector<std::size_t> climb_scores() {
    struct Found {
      double value;
      double sign;
      std::vector<double> theta;
      bool held, scaling;
    };
    std::optional<Found> best, lost;
    std::string why;
    constexpr double none = -std::numeric_limits<double>::infinity();
    const std::vector<std::pair<std::vector<double>, double>> all = starts();
    held_ = false;  // a maximum may lie where the model folds, and has fewer directions than elsewhere
    theta_ = all.back().first;
    scaling_ = scaled_;
    const std::vector<char> columns = columns_to_keep();
    elsewhere_ = static_cast<std::size_t>(std::count(columns.begin(), columns.end(), char{1}));
    const auto try_from = [&](const Found& start, std::size_t most) {
      held_ = start.held;
      theta_ = start.theta;
      sign_ = start.sign;
      scaling_ = start.scaling;
      kept_ = columns_to_keep();
      std::vector<std::size_t> gone = climb(most);
      if (gone.empty() && scaled_ && !scaling_) {
        scaling_ = true;
        kept_ = columns_to_keep();
        gone = climb(most);
      }
      if (!gone.empty()) return gone;
      const double value = evaluate();
      if (!best || value > best->value + 1e-9 * (1 + std::abs(value)))
        best = Found{value, sign_, theta_, held_, scaling_};
      return gone;
    };
    for (std::size_t k = 0; k < 2 * all.size(); ++k) {
      try {
        std::vector<std::size_t> gone = try_from({0, all[k / 2].second, all[k / 2].first, k % 2 == 0, false}, 500);
        if (!gone.empty()) return gone;
      } catch (const Refusal& refusal) {
        why = refusal.message();
        if (const double value = evaluate(); value > (lost ? lost->value : none))
          lost = Found{value, sign_, theta_, held_, scaling_};
      }
    }
    const auto beats_best = [&](double value) { return value > none && (!best || value > best->value + 1e-6); };
    if (lost && lost->value > runaway_value_ && beats_best(lost->value)) try {
        std::vector<std::size_t> gone = try_from(*lost, p_ > 100 ? 1000 : 5000);
        if (!gone.empty()) return gone;
      } catch (const Refusal&) {
        if (!beats_best(runaway_value_)) throw;
      }
    if (beats_best(runaway_value_)) refuse_runaway(runaway_);
    if (!best) throw Refusal("E-CONVERGENCE", why);
    theta_ = best->theta;
    sign_ = best->sign;
    scaling_ = scaled_;
    (void)evaluate();
    return {};
  }
  [[nodiscard]] std::vector<std::pair<std::vector<double>, double>> starts() const {
    std::vector<std::pair<std::vector<double>, double>> out;
    const auto from = [&](const TableScoring& linear, const std::vector<double>& u, const std::vector<double>& v) {
      std::vector<double> theta(p_);
      std::copy_n(linear.theta_.begin() + static_cast<std::ptrdiff_t>(linear.margins_), 2 * n_ * layers_,
                  theta.begin() + static_cast<std::ptrdiff_t>(margins_));
      std::copy(u.begin(), u.end(), theta.begin() + static_cast<std::ptrdiff_t>(u_));
      if (!homogeneous_) std::copy(v.begin(), v.end(), theta.begin() + static_cast<std::ptrdiff_t>(v_));
      return theta;
    };
    TableModel simple;
    simple.diagonal = model_.diagonal;
    simple.scores = model_.scores;
    simple.form = TableForm::uniform;
    bool apart = false;
    for (const double x : places_) apart = apart || x != places_[0];
    double sign = 1;
    if (apart) {
      TableScoring uniform(*tables_, simple);
      uniform.fit();
      const double phi = uniform.theta_[0], root = std::sqrt(std::max(std::abs(phi), 1e-3));
      sign = phi < 0 ? -1 : 1;
      std::vector<double> u = places_, v = places_;
      for (std::size_t i = 0; i < n_; ++i) {
        u[i] *= root;
        v[i] *= root * (homogeneous_ ? 1 : sign);
      }
      out.emplace_back(from(uniform, u, v), sign);
    }
    simple.form = TableForm::independence;
    TableScoring independent(*tables_, simple);
    independent.fit();
    for (const double s : {1.0, -1.0}) {
      if (s < 0 && (!homogeneous_ || (apart && sign > 0))) break;
      auto [u, v] = independent.leading_scores(homogeneous_, s);
      out.emplace_back(from(independent, u, v), s);
    }
    for (int k = 1; k <= (p_ > 100 ? 1 : 6); ++k) {  // scores that have nothing to do with the ladder
      std::vector<double> u(n_), v(n_);
      for (std::size_t i = 0; i < n_; ++i) {
        u[i] = std::cos(2.399963 * k * static_cast<double>(i + 1));
        v[i] = std::cos(2.399963 * k * static_cast<double>(i + n_ + 1) + k);
      }
      out.emplace_back(from(independent, u, v), k % 2 == 0 ? -1 : 1);
    }
    return out;
  }
  /// Scores whose product is nearest to the residuals of this fit, as in correspondence analysis.
  [[nodiscard]] std::pair<std::vector<double>, std::vector<double>> leading_scores(bool symmetric, double s) const {
    std::vector<double> r(n_ * n_), e(n_ * n_), rows(n_), columns(n_);
    double total = 0, size = 0;
    for (std::size_t k = 0; k < cells_.size(); ++k) {
      const std::size_t at = cells_[k].from * n_ + cells_[k].to;
      r[at] += cells_[k].people - expected_[k];
      e[at] += expected_[k];
      rows[cells_[k].from] += expected_[k];
      columns[cells_[k].to] += expected_[k];
      total += expected_[k];
    }
    for (std::size_t k = 0; k < r.size(); ++k) r[k] = e[k] > 0 ? s * r[k] / std::sqrt(e[k]) : 0.0;
    if (symmetric)
      for (std::size_t i = 0; i < n_; ++i)
        for (std::size_t j = 0; j < i; ++j) r[i * n_ + j] = r[j * n_ + i] = (r[i * n_ + j] + r[j * n_ + i]) / 2;
    for (const double x : r) size += x * x;
    const double shift = symmetric ? std::sqrt(size) : 0.0;  // so that the largest, not the largest in size, leads
    std::vector<double> p(n_), q(n_);
    for (std::size_t i = 0; i < n_; ++i) p[i] = places_[i] + 0.1 * static_cast<double>(i % 3) + 0.01;
    double norm = 0;
    const auto unit = [&](std::vector<double>& x) {
      norm = 0;
      for (const double y : x) norm += y * y;
      norm = std::sqrt(norm);
      for (double& y : x) y /= norm > 0 ? norm : 1;
    };
    unit(p);
    for (int k = 0; k < 500; ++k) {
      for (std::size_t j = 0; j < n_; ++j) {
        q[j] = shift * p[j];
        for (std::size_t i = 0; i < n_; ++i) q[j] += r[i * n_ + j] * p[i];
      }
      unit(q);
      if (symmetric) {
        p = q;
        continue;
      }
      for (std::size_t i = 0; i < n_; ++i) {
        p[i] = 0;
        for (std::size_t j = 0; j < n_; ++j) p[i] += r[i * n_ + j] * q[j];
      }
      unit(p);
    }
    const double root = std::sqrt(std::max(norm - shift, 1e-3 * std::sqrt(total)) * std::sqrt(total));
    for (std::size_t i = 0; i < n_; ++i) {
      const double a = symmetric ? std::sqrt(rows[i] * columns[i]) : rows[i], b = symmetric ? a : columns[i];
      p[i] = a > 0 ? p[i] * root / std::sqrt(a) : 0.0;
      q[i] = b > 0 ? q[i] * root / std::sqrt(b) : 0.0;
    }
    return {p, q};
  }

  const MobilityTables* tables_;
  TableModel model_;
  std::size_t n_, layers_, linear_ = 0, u_ = 0, v_ = 0, margins_ = 0, scales_ = 0, p_ = 0;
  bool estimated_, homogeneous_, scaled_, scaling_ = false, held_ = false;
  double sign_ = 1;
  std::vector<double> places_{};
  std::vector<int> classes_{};
  std::vector<std::vector<Entry>> terms_{};
  std::vector<Cell> cells_{};
  std::vector<double> theta_{}, expected_{};
  std::vector<char> kept_{};
  mutable std::vector<Entry> row_{};
  std::optional<Information> information_{};
  std::vector<std::vector<double>> free_{};
  std::size_t zeros_ = 0, rank_ = 0, elsewhere_ = 0, steps_ = 0, runaway_ = 0;
  double gradient_ = 0, runaway_value_ = -std::numeric_limits<double>::infinity();
};

}  // namespace rungs::detail

#endif
