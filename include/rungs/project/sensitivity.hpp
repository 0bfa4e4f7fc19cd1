// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_PROJECT_SENSITIVITY_HPP
#define RUNGS_PROJECT_SENSITIVITY_HPP

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <rungs/detail/product.hpp>
#include <rungs/project/projection.hpp>

namespace rungs {

/// A number that a projection gives: so much for each of the cohort who reaches the target, so much for each who stands
/// in it at the horizon, and so much for each who enrols, by programme and period (programmes x T; empty: nothing).
/// Of those who reach the target or stand in it, only those of one group count where one is named.
struct Objective {
  double reached = 1;
  double standing = 0;
  Matrix participants{};
  std::optional<std::size_t> group{};
};

/// How an objective reacts when something in the course of things gives way a little.
///
/// `moves` (n x n) the derivative with respect to the probability of a move, in every period, while the other moves of
/// its row (staying included) shrink in proportion: a hundredth of it is what one more in a hundred adds. Of a move
/// that is impossible, it tells what opening it would do at first. `seats` (programmes x T) one more seat in one
/// period, with a seat plan one more in each stratum where its own bind; 0 where seats do not bind or there are none;
/// `inflow` (n) one more entrant a year into a stratum (of groups that nobody can tell apart: whatever group it is of,
/// so that it is the same for each); `posts` (n) one more post in every period (of strata that share
/// posts at each of them the same), 0 where posts do not bind or none is free; `start` (n) one more person at the start
/// (of groups that nobody can tell apart: whatever group it is of). `variance` is that of the objective by
/// individual chance: who happens to move, to enrol, to complete, to find a seat or a post, to be of a group that
/// nobody sees.
struct Sensitivity {
  double value = 0;
  double variance = 0;
  Matrix moves;
  Matrix seats;
  Vector inflow;
  Vector posts;
  Vector start;
};

/// Derivatives of a projection, by one run forward and one back.
///
/// Rows stay stochastic; effects of programmes act on the changed moves as they do on all. Where an effect is capped,
/// seats are just filled or posts just bind, the derivative is of one side. The variance adds up, over all who take a
/// chance, what each of its outcomes would add to the objective; seats and posts are drawn for among those who want
/// them, entrants are as many as they are. It is exact where neither seats nor posts bind, else of first order, as the
/// expected values are. Cost: two to four times that of a run,
/// however many moves, seats and inflows there are; memory for the people of every track and period. Method: adjoint of
/// the recursion; Caswell (2019), with the row's own compensation. Throws what Projection::run() throws.
class ProjectionGradient {
 public:
  explicit ProjectionGradient(const Projection& projection) : m_(projection) {}

  [[nodiscard]] Sensitivity at(const Kernel& kernel, const Draw& draw, const Objective& objective = {}) {
    m_.require(kernel);
    if (m_.moves_ && objective.participants.size() == 0) return without_idle_programmes(kernel, draw, objective);
    const std::size_t programmes = m_.policy_.programmes.size(), n = m_.n_;
    const auto rows = static_cast<Eigen::Index>(n);
    states_.resize(m_.steps_ * (programmes + 1));
    m_.run_tracked(kernel, draw, course_, room_, [&](std::size_t t, std::size_t p) {
      if (p == programmes || !m_.tracks_.enrolments(t, p).empty()) states_[t * (programmes + 1) + p] = room_.now;
    });
    Sensitivity out;
    reach_.assign(n, 0);  // what it is worth to reach the target in a stratum
    stand_.assign(n, 0);
    variance_ = 0;
    for (std::size_t i = 0; i < n; ++i) {
      if (objective.group && m_.ladder_.group(i) != *objective.group) continue;
      reach_[i] = objective.reached;
      stand_[i] = m_.in_target_[i] != 0 ? objective.standing : 0.0;
      out.value += (reach_[i] + stand_[i]) * course_.reached_now[static_cast<Eigen::Index>(i)];
    }
    if (!objective.group) out.value = objective.reached * course_.reached() + objective.standing * course_.standing;
    if (objective.participants.size() > 0) out.value += objective.participants.cwiseProduct(course_.participants).sum();
    out.moves = Matrix::Zero(rows, rows);
    out.seats = Matrix::Zero(static_cast<Eigen::Index>(programmes), static_cast<Eigen::Index>(m_.steps_));
    out.inflow = Vector::Zero(rows);
    out.posts = Vector::Zero(rows);

    later_.assign(room_.now.size(), Cell::Zero());
    now_.assign(room_.now.size(), Cell::Zero());
    slope_.resize(m_.tracks_.size());
    used_.assign(m_.tracks_.size(), 0);
    all_used_.clear();
    for (const Tracks::Present& one : m_.tracks_.present(m_.steps_))
      for (const std::size_t i : m_.question_.target.indices())
        later_[m_.at(one.track) + i][Projection::reached] = stand_[i];

    Vector entrant(rows);
    for (std::size_t t = m_.steps_; t-- > 0;) {
      const MatrixView base = m_.base(kernel, t);
      for (const Tracks::Present& one : m_.tracks_.present(t))
        std::fill_n(now_.data() + m_.at(one.track), n, Cell::Zero());
      const std::vector<Cell>& people = states_[t * (programmes + 1) + programmes];
      for (Eigen::Index i = 0; i < rows; ++i)
        entrant[i] = later_[m_.at(0) + static_cast<std::size_t>(i)][Projection::others];
      if (!m_.limited_.empty()) back_through_posts(t, base, draw, people, entrant, out);
      if (room_.shares.size() > 0) spread(entrant, course_.entrants.row(static_cast<Eigen::Index>(t)));
      for (const Tracks::Present& one : m_.tracks_.present(t)) {
        const Projection::Rows p = m_.moves_of(m_.n_, one.track, base, draw, room_);
        const Cell* heads = m_.nobody(people, one.track) ? nullptr : people.data() + m_.at(one.track);
        Matrix* gradient = heads != nullptr ? &slope_of(m_.alike_[one.track]) : nullptr;
        const bool done = one.alike && m_.limited_.empty() &&
                          detail::with_small_size(n, [&](auto size) { back_of_size<size>(one, p, heads, gradient); });
        if (!done) back_through_moves(one, p, heads, gradient);
      }
      if (!m_.constant_) collect(base, draw, out);
      for (std::size_t p = programmes; p-- > 0;) back_through_enrolment(p, t, objective, out);
      const double years = m_.step_.years();
      out.inflow += years * entrant;
      for (const Inflow& in : m_.population_.inflow())
        for (const auto& [stratum, rate] : in.per_head_of)
          for (const Tracks::Present& one : m_.tracks_.present(t))
            for (Eigen::Index g = 0; g < Projection::groups; ++g)
              now_[m_.at(one.track) + stratum.index()][g] +=
                  rate * years * entrant[static_cast<Eigen::Index>(in.into.index())];
      now_.swap(later_);
    }
    if (m_.constant_ && m_.steps_ > 0) collect(m_.base(kernel, 0), draw, out);
    out.start.resize(rows);
    for (std::size_t i = 0; i < n; ++i) {
      const bool asked = m_.question_.from.contains(i), there = asked && m_.in_target_[i] != 0;
      out.start[static_cast<Eigen::Index>(i)] =
          there ? later_[m_.at(0) + i][Projection::reached] + reach_[i]
                : later_[m_.at(0) + i][asked ? Projection::asked : Projection::others];
    }
    if (room_.shares.size() > 0) spread(out.start, room_.heads);
    out.variance = variance_;
    return out;
  }

 private:
  static constexpr Eigen::Index groups = Projection::groups;
  using Cell = Projection::Cell;

  /// What one more person of whatever group is worth who is of each group with its share; `people` of whom that varies.
  void spread(Vector& one, const Vector& people) {
    const std::size_t all = m_.ladder_.groups().size();
    for (Eigen::Index k = 0; k < room_.shares.rows(); ++k) {
      double mean = 0;
      const auto at = [&](std::size_t g) {
        return static_cast<Eigen::Index>(m_.ladder_.for_group(static_cast<std::size_t>(k), g));
      };
      for (std::size_t g = 0; g < all; ++g) mean += room_.shares(k, static_cast<Eigen::Index>(g)) * one[at(g)];
      for (std::size_t g = 0; g < all; ++g) {
        variance_ += people[at(g)] * square(one[at(g)] - mean);
        one[at(g)] = mean;
      }
    }
  }
  /// Programmes that change nobody's moves are nothing to those who reach, to the last bit.
  Sensitivity without_idle_programmes(const Kernel& kernel, const Draw& draw, const Objective& objective) {
    if (!moving_) moving_ = std::make_unique<ProjectionGradient>(*m_.moves_);
    Sensitivity out = moving_->at(kernel, draw, objective);
    const Matrix seats = std::move(out.seats);
    out.seats = Matrix::Zero(static_cast<Eigen::Index>(m_.policy_.programmes.size()), seats.cols());
    Eigen::Index row = 0;
    for (std::size_t p = 0; p < m_.policy_.programmes.size() && row < seats.rows(); ++p)
      if (m_.policy_.programmes[p].name() == m_.moves_->policy_.programmes[static_cast<std::size_t>(row)].name())
        out.seats.row(static_cast<Eigen::Index>(p)) = seats.row(row++);
    return out;
  }

  [[nodiscard]] static double square(double x) noexcept { return x * x; }
  /// What one more person of a track is worth who ends the step in a stratum.
  [[nodiscard]] double worth(std::size_t track, Eigen::Index g, std::size_t j) const {
    const bool reaches = g == Projection::asked && m_.in_target_[j] != 0;
    return reaches ? later_[m_.at(track) + j][Projection::reached] + reach_[j] : later_[m_.at(track) + j][g];
  }
  /// The same by group, as mover or as stayer, of whatever track they go on in.
  void worth(const std::vector<Tracks::Later>& all, Matrix& out) const {
    out.setZero(groups, static_cast<Eigen::Index>(m_.n_));
    for (const Tracks::Later& later : all)
      for (Eigen::Index g = 0; g < groups; ++g)
        for (std::size_t j = 0; j < m_.n_; ++j)
          out(g, static_cast<Eigen::Index>(j)) += later.share * worth(later.track, g, j);
  }
  /// How much that varies with the track.
  [[nodiscard]] double variance_of_track(const std::vector<Tracks::Later>& all, Eigen::Index g, std::size_t j,
                                         double mean) const {
    double sum = 0;
    for (const Tracks::Later& later : all) sum += later.share * square(worth(later.track, g, j) - mean);
    return sum;
  }
  [[nodiscard]] double worth_of(Eigen::Index g, std::size_t i, std::size_t j) const {
    return (i == j ? stay_ : move_)(g, static_cast<Eigen::Index>(j));
  }

  /// The derivative with respect to the entry (i, j) of a track's moves before posts, for each head in group g of i.
  [[nodiscard]] double slope(Eigen::Index g, std::size_t i, std::size_t j) const {
    double out = worth_of(g, i, j);
    if (m_.limited_.empty()) return out;
    if (i != j) out += (1 - room_.admitted[j]) * (worth_of(g, i, i) - out);
    return out + through_posts_(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j));
  }

  /// With respect to the moves of a track and of all that are like it.
  Matrix& slope_of(std::size_t track) {
    if (used_[track] == 0) {
      slope_[track].setZero(static_cast<Eigen::Index>(m_.n_), static_cast<Eigen::Index>(m_.n_));
      all_used_.push_back(track);
    }
    used_[track] = 1;
    return slope_[track];
  }
  /// The people of one track back through their moves; `gradient` only where there are any.
  void back_through_moves(const Tracks::Present& one, Projection::Rows p, const Cell* heads, Matrix* gradient) {
    worth(one.stay, stay_);
    worth(one.move, move_);
    for (Eigen::Index g = 0; g < groups; ++g)
      for (std::size_t i = 0; i < m_.n_; ++i) {
        double sum = 0;
        for (std::size_t j = 0; j < m_.n_; ++j) {
          const auto r = static_cast<Eigen::Index>(i), c = static_cast<Eigen::Index>(j);
          const double one_more = slope(g, i, j);
          sum += p[i][j] * one_more;
          if (gradient != nullptr) (*gradient)(r, c) += heads[i][g] * one_more;
        }
        now_[m_.at(one.track) + i][g] += sum;
        if (gradient == nullptr || heads[i][g] == 0) continue;
        const double as_stayer = variance_of_track(one.stay, g, i, worth_of(g, i, i));
        for (std::size_t j = 0; j < m_.n_; ++j) {
          if (p[i][j] == 0) continue;
          const double moved = j == i ? 0.0 : m_.limited_.empty() ? 1.0 : room_.admitted[j];
          const double as_mover = moved > 0 ? variance_of_track(one.move, g, j, worth_of(g, i, j)) : 0.0;
          variance_ +=
              heads[i][g] * p[i][j] * (square(slope(g, i, j) - sum) + moved * as_mover + (1 - moved) * as_stayer);
        }
      }
  }
  /// As above, on a ladder of a size known to the compiler, without posts, of people who all go on in one track.
  template <std::size_t n>
  void back_of_size(const Tracks::Present& one, Projection::Rows p, const Cell* heads, Matrix* gradient) {
    const Cell* later = later_.data() + m_.at(one.stay[0].track);
    std::array<Cell, n> worth;
    for (std::size_t j = 0; j < n; ++j) {
      worth[j] = later[j];
      if (m_.in_target_[j] != 0) worth[j][Projection::asked] = later[j][Projection::reached] + reach_[j];
    }
    Cell* now = now_.data() + m_.at(one.track);
    for (std::size_t i = 0; i < n; ++i) {
      Cell sum = Cell::Zero();
      for (std::size_t j = 0; j < n; ++j) sum += p[i][j] * worth[j];
      now[i] += sum;
      if (gradient == nullptr) continue;
      Cell spread = Cell::Zero();
      for (std::size_t j = 0; j < n; ++j) {
        gradient->data()[i * n + j] += (heads[i] * worth[j]).sum();
        spread += p[i][j] * (worth[j] - sum).square();
      }
      variance_ += (heads[i] * spread).sum();
    }
  }

  /// What a push from i into j does by way of the posts that others then find or do not find.
  void back_through_posts(std::size_t t, const MatrixView& base, const Draw& draw, const std::vector<Cell>& people,
                          Vector& entrant, Sensitivity& out) {
    const auto n = static_cast<Eigen::Index>(m_.n_);
    room_.now = people;
    m_.admit(t, base, draw, room_, course_, push_);
    std::vector<std::size_t> binding;
    for (const std::size_t j : m_.limited_)
      if (room_.admitted[j] > 0 && room_.admitted[j] < 1) binding.push_back(j);
    through_posts_.setZero(n, n);
    const auto k = static_cast<Eigen::Index>(binding.size());
    if (k == 0) return;
    Vector gain = Vector::Zero(k);  // of a larger share that finds a post
    for (const Tracks::Present& one : m_.tracks_.present(t)) {
      if (m_.nobody(people, one.track)) continue;
      const Projection::Rows p = m_.moves_of(m_.n_, one.track, base, draw, room_);
      worth(one.stay, stay_);
      worth(one.move, move_);
      for (Eigen::Index b = 0; b < k; ++b) {
        const std::size_t j = binding[static_cast<std::size_t>(b)];
        for (const std::size_t c : m_.with_posts_)
          for (Eigen::Index g = 0; g < groups && m_.shares_posts_with_[c] == j; ++g)
            for (std::size_t i = 0; i < m_.n_; ++i)
              if (i != c)
                gain[b] += people[m_.at(one.track) + i][g] * p[i][c] * (worth_of(g, i, c) - worth_of(g, i, i));
      }
    }
    push_ = m_.by_posts(push_);
    Eigen::MatrixXd system = Eigen::MatrixXd::Zero(k, k);
    for (Eigen::Index a = 0; a < k; ++a)
      for (Eigen::Index b = 0; b < k; ++b) {
        const auto j = static_cast<Eigen::Index>(binding[static_cast<std::size_t>(a)]);
        const auto l = static_cast<Eigen::Index>(binding[static_cast<std::size_t>(b)]);
        system(a, b) = a == b ? push_.col(j).sum() - push_(j, j) : -push_(j, l);
      }
    const Vector price = detail::solution(system.transpose(), gain);  // of one more place
    for (Eigen::Index a = 0; a < k; ++a) {
      const std::size_t first = binding[static_cast<std::size_t>(a)];
      for (const std::size_t stratum : m_.with_posts_) {
        if (m_.shares_posts_with_[stratum] != first) continue;
        const auto j = static_cast<Eigen::Index>(stratum);
        for (Eigen::Index i = 0; i < n; ++i)
          through_posts_(i, j) -= i == j ? price[a] : room_.admitted[stratum] * price[a];
        for (const std::size_t l : m_.with_posts_)
          if (m_.shares_posts_with_[l] != first)
            through_posts_(j, static_cast<Eigen::Index>(l)) -= (1 - room_.admitted[l]) * price[a];
        entrant[j] -= price[a];
        out.posts[j] += price[a];
      }
    }
    // Who of those who push finds a post: as many as there are, whoever they are.
    Vector place = Vector::Zero(n);  // what a free one is worth in each stratum
    for (Eigen::Index a = 0; a < k; ++a)
      for (const std::size_t stratum : m_.with_posts_)
        if (m_.shares_posts_with_[stratum] == binding[static_cast<std::size_t>(a)])
          place[static_cast<Eigen::Index>(stratum)] = price[a];
    for (const Tracks::Present& one : m_.tracks_.present(t)) {
      if (m_.nobody(people, one.track)) continue;
      const Projection::Rows p = m_.moves_of(m_.n_, one.track, base, draw, room_);
      worth(one.stay, stay_);
      worth(one.move, move_);
      for (std::size_t i = 0; i < m_.n_; ++i)
        for (const std::size_t j : m_.with_posts_)
          for (Eigen::Index g = 0; g < groups && j != i; ++g)
            variance_ += people[m_.at(one.track) + i][g] * p[i][j] * room_.admitted[j] * (1 - room_.admitted[j]) *
                         square(worth_of(g, i, j) - worth_of(g, i, i) + place[static_cast<Eigen::Index>(i)] -
                                place[static_cast<Eigen::Index>(j)]);
    }
  }

  /// From the moves of every track to those of the model.
  void collect(const MatrixView& base, const Draw& draw, Sensitivity& out) {
    sum_.setZero(base.rows(), base.cols());
    for (const std::size_t track : all_used_) {
      if (m_.plain_[track] == 0) back_through_effects(track, base, draw, slope_[track]);
      sum_ += slope_[track];
      used_[track] = 0;
    }
    all_used_.clear();
    const auto compensate = [&](auto n) {
      for (std::size_t i = 0; i < n; ++i) {
        if (m_.ladder_.is_exit(i)) continue;
        const double *p = base.data() + i * n, *sum = sum_.data() + i * n;
        double mean = 0;
        for (std::size_t j = 0; j < n; ++j) mean += p[j] * sum[j];
        for (std::size_t j = 0; j < n; ++j)
          if (const double rest = 1 - p[j]; rest > 0)
            out.moves.data()[i * n + j] += sum[j] - (mean - p[j] * sum[j]) / rest;
      }
    };
    if (!detail::with_small_size(m_.n_, compensate)) compensate(m_.n_);
  }
  void back_through_effects(std::size_t track, const MatrixView& base, const Draw& draw, Matrix& gradient) {
    const std::vector<Programme>& programmes = m_.policy_.programmes;
    const Ladder& ladder = m_.ladder_;
    const double held = m_.held_[track];
    for (std::size_t i = 0; i < ladder.strata() && held > 0; ++i)
      for (std::size_t j = 0; j < ladder.strata(); ++j)
        if (ladder.upward(i, j)) {
          const auto r = static_cast<Eigen::Index>(i), c = static_cast<Eigen::Index>(j);
          gradient(r, c) += held * (gradient(r, r) - gradient(r, c));
        }
    const auto years = [&](std::size_t k) { return m_.tracks_.working(track, k) * m_.step_.years(); };
    const auto works = [&](std::size_t k) { return m_.tracks_.working(track, k) >= 0; };
    std::size_t first = 0;
    while (first < programmes.size() && !works(first)) ++first;
    std::size_t last = programmes.size();
    while (last > first && !works(last - 1)) --last;
    const bool strongest = m_.policy_.combine == Combine::strongest;
    if (last <= first + 1 && !strongest && m_.complements_.empty()) {  // one at most, on the model's own moves
      if (first < last)
        programmes[first].pull_back(base, ladder, years(first), m_.step_, draw, room_.effects[first],
                                    room_.capped[track] != 0, gradient);
      return;
    }
    // The stages before each effect and each complement.
    std::vector<std::pair<std::size_t, Matrix>> stages;  // of effects
    std::vector<char> capped;
    Matrix p = base;
    std::vector<int> chosen(static_cast<std::size_t>(base.rows()), -1);
    Vector most = Vector::Zero(base.rows());
    for (std::size_t k = 0; k < programmes.size(); ++k) {
      if (m_.tracks_.working(track, k) < 0) continue;
      Matrix after = strongest ? base : p;
      stages.emplace_back(k, after);
      capped.push_back(programmes[k].take_effect(after, ladder, years(k), m_.step_, draw, room_.effects[k]) ? 1 : 0);
      if (!strongest) {
        p = std::move(after);
        continue;
      }
      for (Eigen::Index i = 0; i < base.rows(); ++i)
        if (const double change = (after.row(i) - base.row(i)).cwiseAbs().sum(); change > most[i]) {
          most[i] = change;
          p.row(i) = after.row(i);
          chosen[static_cast<std::size_t>(i)] = static_cast<int>(stages.size()) - 1;
        }
    }
    std::vector<Matrix> before(m_.complements_.size());
    std::vector<char> over(m_.complements_.size());
    const auto complement = [&](std::size_t c, Matrix& moves) {
      return m_.policy_.complements[c].effects.change(moves, m_.together(track, c),
                                                      room_.effects[programmes.size() + c]);
    };
    for (std::size_t c = 0; c < before.size(); ++c) {
      before[c] = p;
      over[c] = complement(c, p) ? 1 : 0;
    }
    for (std::size_t c = before.size(); c-- > 0;) {
      if (over[c] != 0)
        pull_back_by_differences(
            before[c], [&](Matrix& moves) { complement(c, moves); }, gradient);
      else
        m_.policy_.complements[c].effects.pull_back(before[c], m_.together(track, c),
                                                    room_.effects[programmes.size() + c], gradient);
    }
    const auto pull = [&](std::size_t s, Matrix& g) {
      const std::size_t k = stages[s].first;
      programmes[k].pull_back(stages[s].second, ladder, years(k), m_.step_, draw, room_.effects[k], capped[s] != 0, g);
    };
    if (!strongest) {
      for (std::size_t s = stages.size(); s-- > 0;) pull(s, gradient);
      return;
    }
    for (std::size_t s = 0; s < stages.size(); ++s) {
      Matrix own = gradient;
      pull(s, own);
      for (Eigen::Index i = 0; i < base.rows(); ++i)
        if (chosen[static_cast<std::size_t>(i)] == static_cast<int>(s)) gradient.row(i) = own.row(i);
    }
  }

  /// What somebody is worth who enrols.
  struct Outcomes {
    double mean, variance;
  };
  template <class Worth>
  [[nodiscard]] Outcomes outcomes(std::size_t p, const Tracks::Enrolment& way, const Worth& worth) const {
    const double works = room_.works[p], completes = room_.completes[p];
    const double done = worth(way.works), idle = worth(way.idle), dropped = worth(way.dropped);
    const double mean = works * done + (completes - works) * idle + (1 - completes) * dropped;
    return {mean, works * square(done - mean) + (completes - works) * square(idle - mean) +
                      (1 - completes) * square(dropped - mean)};
  }
  void back_through_enrolment(std::size_t p, std::size_t t, const Objective& objective, Sensitivity& out) {
    const std::vector<Tracks::Enrolment>& ways = m_.tracks_.enrolments(t, p);
    if (ways.empty()) return;
    const Programme::Terms& terms = m_.policy_.programmes[p].terms();
    const auto r = static_cast<Eigen::Index>(p), c = static_cast<Eigen::Index>(t);
    const double paid = objective.participants.size() > 0 ? objective.participants(r, c) : 0.0;
    const std::vector<Cell>& people = states_[t * (m_.policy_.programmes.size() + 1) + p];
    if (!m_.assigned_.empty()) {
      const std::vector<Cell> after = now_;
      const std::vector<Projection::Assigned>& all = m_.assigned_[t * m_.policy_.programmes.size() + p];
      std::vector<Outcomes> one;  // of who enrols
      std::vector<double> wanted;
      for (const Projection::Assigned& a : all) {
        const auto worth = [&](std::size_t track) { return after[m_.at(track) + a.stratum][Projection::asked]; };
        one.push_back(outcomes(p, *a.way, worth));
        one.back().mean += paid - worth(a.way->from);
        wanted.push_back(terms.wanted_by(a.stratum) * people[m_.at(a.way->from) + a.stratum][Projection::asked]);
      }
      for (std::size_t k = 0; k < all.size(); ++k) {
        double& from = now_[m_.at(all[k].way->from) + all[k].stratum][Projection::asked];
        const double share = terms.wanted_by(all[k].stratum), seats = all[k].seats;
        if (!m_.policy_.deals_alike) {
          const bool bind = wanted[k] > seats;
          if (bind)
            out.seats(r, c) += seats > 0 ? one[k].mean : 0.0;
          else
            from += share * one[k].mean;
          if (!bind) variance_ += wanted[k] * (1 - share) * square(one[k].mean);
          variance_ += std::min(wanted[k], seats) * one[k].variance;
          continue;
        }
        const Projection::Queue queue = Projection::dealt(all, wanted, k);
        double mean = 0;  // of all who want one there
        for (std::size_t other = 0; queue.partial && other < all.size(); ++other)
          if (all[other].stratum == all[k].stratum) mean += wanted[other] / queue.wanted * one[other].mean;
        from += share * queue.admitted * (one[k].mean - mean);
        if (queue.partial && seats > 0) out.seats(r, c) += wanted[k] / queue.wanted * one[k].mean;
        variance_ +=
            wanted[k] * queue.admitted * ((1 - share * queue.admitted) * square(one[k].mean - mean) + one[k].variance);
      }
      return;
    }
    std::vector<Projection::Queue>& queues = room_.queues;
    m_.find_queues(p, t, people, queues);
    std::vector<double> gain(queues.size());  // of a larger share that finds a seat
    const std::vector<Cell> after = now_;
    const auto enrolled = [&](const Tracks::Enrolment& way, Eigen::Index g, std::size_t i) {  // what one is worth
      const auto worth = [&](std::size_t track) { return after[m_.at(track) + i][g]; };
      Outcomes seat = outcomes(p, way, worth);
      seat.mean += paid - worth(way.turned_away);
      return seat;
    };
    const auto each = [&](const auto& visit) {
      for (const Tracks::Enrolment& way : ways)
        for (const std::size_t i : terms.eligible.indices()) {
          const auto [pool, priority] = m_.place_in_line(terms, way, i);
          const auto q = static_cast<std::size_t>(&Projection::queue_of(queues, pool, priority) - queues.data());
          for (Eigen::Index g = 0; g < groups; ++g) visit(way, i, g, q, way.on_list ? 1.0 : terms.wanted_by(i));
        }
    };
    each([&](const Tracks::Enrolment& way, std::size_t i, Eigen::Index g, std::size_t q, double want) {
      if (queues[q].partial) gain[q] += people[m_.at(way.from) + i][g] * want * enrolled(way, g, i).mean;
    });
    std::vector<double> price(queues.size());  // of one more seat in the pool, where this queue shares the last
    for (std::size_t q = 0; q < queues.size(); ++q)
      if (queues[q].partial) {
        price[q] = gain[q] / queues[q].wanted;
        out.seats(r, c) += price[q];
      }
    each([&](const Tracks::Enrolment& way, std::size_t i, Eigen::Index g, std::size_t q, double want) {
      const Projection::Queue& mine = queues[q];
      const std::size_t from = m_.at(way.from) + i;
      const Outcomes seat = enrolled(way, g, i);
      double one = mine.admitted * (seat.mean - price[q]) + after[m_.at(way.turned_away) + i][g] - after[from][g];
      for (std::size_t other = 0; other < queues.size(); ++other)
        if (queues[other].partial && queues[other].pool == mine.pool && queues[other].priority > mine.priority)
          one -= price[other];
      now_[from][g] += want * one;
      variance_ += people[from][g] * want *
                   ((1 - want) * square(one) + mine.admitted * (1 - mine.admitted) * square(seat.mean - price[q]) +
                    mine.admitted * seat.variance);
    });
  }

  const Projection& m_;
  std::unique_ptr<ProjectionGradient> moving_{};
  Course course_{};
  Projection::Workspace room_{};
  std::vector<std::vector<Cell>> states_{};  // before each enrolment and before the moves, by period
  std::vector<Cell> now_{}, later_{};        // what one more person in each cell is worth
  std::vector<Matrix> slope_{};              // with respect to the moves of each track
  std::vector<char> used_{};
  std::vector<std::size_t> all_used_{};
  Matrix sum_{};
  Matrix stay_{}, move_{}, push_{}, through_posts_{};
  std::vector<double> reach_{}, stand_{};  // what it is worth to reach the target in a stratum, and to stand there
  double variance_ = 0;
};

}  // namespace rungs

#endif
