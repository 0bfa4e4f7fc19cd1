// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_MODEL_ENSEMBLE_HPP
#define RUNGS_MODEL_ENSEMBLE_HPP

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <rungs/core/draw.hpp>
#include <rungs/core/estimate.hpp>
#include <rungs/model/kernel.hpp>

namespace rungs {

/// Nothing varies: the probabilities are taken as known.
struct Known {};

/// Every row of every matrix is a Dirichlet distribution with these weights; weight 0 is probability 0 in every draw.
struct DirichletWeights {
  std::vector<Matrix> alpha;  ///< one for each matrix of the kernel
};

/// Every row of every matrix is redrawn as the shares of a multinomial sample of as many people as were observed.
struct MultinomialRows {
  std::vector<Matrix> people;  ///< how many were observed to move, one matrix for each of the kernel
};

/// Ready-made draws, such as those of a bootstrap: draw k is kernel k, and there are no more.
struct Replicates {
  std::vector<Kernel> kernels;
};

/// The log-odds of the moves of all rows vary together, normally around those of the point: for estimates whose rows
/// are not independent. A probability of 0 stays 0.
struct NormalLogits {
  /// What is added to log p is `factor` times independent standard normals, before rows are divided by their sums. Row
  /// m n^2 + i n + j is the move from i to j in matrix m of the kernel; a column each for as many normals as there are.
  Matrix factor;
  /// Of the estimated covariance, where few clusters tell it: what is added is divided by the root of a chi-square over
  /// so many degrees of freedom, one for all in each draw, so that every log-odds has Student's distribution. Infinite:
  /// normal.
  double degrees_of_freedom = std::numeric_limits<double>::infinity();
};

/// A model with its uncertainty: a point, and draws made on demand from keys.
///
/// Estimators make it, programmes change it, measures read it. Whether the draws express what is known (a posterior) or
/// imitate repeated sampling decides which single number stands for them; see centre().
/// Cost: one draw is one pass over the matrices; nothing is stored but the kind of draws.
class Ensemble {
 public:
  using Draws = std::variant<Known, DirichletWeights, MultinomialRows, Replicates, NormalLogits>;

  /// Throws Refusal [E-SHAPE] when the draws are not of the point's ladder and number of matrices.
  Ensemble(Kernel point, Draws draws, std::string method)
      : point_(std::move(point)), draws_(std::move(draws)), method_(std::move(method)) {
    const auto same_shape = [this](const std::vector<Matrix>& m) {
      bool ok = m.size() == point_.count();
      for (const Matrix& x : m)
        ok = ok && x.rows() == static_cast<Eigen::Index>(ladder().size()) && x.cols() == x.rows();
      return ok;
    };
    bool ok = true;
    if (const auto* d = std::get_if<DirichletWeights>(&draws_)) ok = same_shape(d->alpha);
    if (const auto* m = std::get_if<MultinomialRows>(&draws_)) ok = same_shape(m->people);
    if (const auto* r = std::get_if<Replicates>(&draws_)) {
      ok = !r->kernels.empty();
      for (const Kernel& k : r->kernels)
        ok = ok && k.ladder() == ladder() && k.step() == step() && k.is_constant() == point_.is_constant() &&
             k.first() == point_.first() && k.count() == point_.count();
    }
    if (const auto* l = std::get_if<NormalLogits>(&draws_))
      ok = l->factor.rows() == static_cast<Eigen::Index>(point_.count()) * static_cast<Eigen::Index>(ladder().size()) *
                                   static_cast<Eigen::Index>(ladder().size()) &&
           l->factor.allFinite() && l->degrees_of_freedom > 0;
    if (!ok)
      throw Refusal("E-SHAPE", "found draws of another ladder or number of periods than the point; expected the same");
  }

  /// The same moves for every group of people, in every world: `ladder` is that of this model for_groups(). A programme
  /// or another start may then set them apart.
  ///
  /// Throws Refusal [E-LADDER-OTHER] when the ladder of each group is not that of this model.
  [[nodiscard]] Ensemble for_groups(const Ladder& ladder) const {
    if (ladder.groups().empty() || !(ladder.of_each_group() == this->ladder()))
      throw Refusal("E-LADDER-OTHER", "found moves on another ladder than that of each group; expected the same");
    const auto groups = [&](const Kernel& k) {
      return side_by_side(ladder, std::vector<const Kernel*>(ladder.groups().size(), &k));
    };
    const auto first = [&](const std::vector<Matrix>& rows) {  // the others are copied
      std::vector<const std::vector<Matrix>*> all(ladder.groups().size(), nullptr);
      all.front() = &rows;
      return side_by_side(ladder, all);
    };
    Draws draws;
    if (const auto* d = std::get_if<DirichletWeights>(&draws_)) draws = DirichletWeights{first(d->alpha)};
    if (const auto* m = std::get_if<MultinomialRows>(&draws_)) draws = MultinomialRows{first(m->people)};
    if (const auto* r = std::get_if<Replicates>(&draws_)) {
      Replicates all;
      for (const Kernel& k : r->kernels) all.kernels.push_back(groups(k));
      draws = std::move(all);
    }
    if (const auto* l = std::get_if<NormalLogits>(&draws_)) {
      std::vector<const Matrix*> all(ladder.groups().size(), nullptr);
      all.front() = &l->factor;
      draws = side_by_side(ladder, all, point_.count(), l->degrees_of_freedom);
    }
    Ensemble out(groups(point_), std::move(draws), method_);
    out.shared_by_groups_ = true;
    return out;
  }
  /// Groups of people that each have their own moves, of which nothing is common: one model for each group of `ladder`,
  /// in their order. Ready-made draws are taken side by side, draw k of all as one world: those of models made apart
  /// must come from different seeds. Log-odds of groups with Student's distribution of several degrees of freedom have
  /// the fewest of them, which errs on the side of wide intervals.
  ///
  /// Throws Refusal [E-LADDER-OTHER] for models of other ladders, steps or periods, [E-SHAPE] for another number of
  /// models than groups, or draws of several kinds.
  [[nodiscard]] static Ensemble of_groups(const Ladder& ladder, const std::vector<Ensemble>& models) {
    if (models.size() != ladder.groups().size() || models.empty())
      throw Refusal("E-SHAPE", "found " + std::to_string(models.size()) + " models for " +
                                   std::to_string(ladder.groups().size()) + " groups; expected one for each");
    std::vector<const Kernel*> points;
    for (const Ensemble& m : models) {
      if (!(m.ladder() == ladder.of_each_group()))
        throw Refusal("E-LADDER-OTHER", "found moves on another ladder than that of each group; expected the same");
      points.push_back(&m.point());
    }
    Draws draws;
    std::string method = models.front().method();
    const auto weights = [&]<class Kind>(std::vector<Matrix> Kind::*rows) {
      std::vector<const std::vector<Matrix>*> all;
      for (const Ensemble& m : models) {
        const auto* of = std::get_if<Kind>(&m.draws_);
        if (of == nullptr && m.varies()) throw several_ways();
        all.push_back(of == nullptr ? nullptr : &(of->*rows));
        if (of != nullptr) method = m.method();
      }
      draws = Kind{side_by_side(ladder, all)};
    };
    const auto any = [&]<class Kind>(const Kind*) {
      return std::any_of(models.begin(), models.end(),
                         [](const Ensemble& m) { return std::holds_alternative<Kind>(m.draws_); });
    };
    if (any(static_cast<const Replicates*>(nullptr))) {
      Replicates all;
      for (std::size_t k = 0;; ++k) {
        std::size_t left = 0;
        std::vector<const Kernel*> each;
        for (const Ensemble& m : models) {
          const auto* of = std::get_if<Replicates>(&m.draws_);
          if (of == nullptr && m.varies()) throw several_ways();
          if (of != nullptr && k < of->kernels.size()) ++left;
          each.push_back(of == nullptr ? &m.point() : k < of->kernels.size() ? &of->kernels[k] : nullptr);
          if (of != nullptr) method = m.method();
        }
        if (left == 0) break;
        if (std::find(each.begin(), each.end(), nullptr) != each.end())
          throw Refusal("E-SHAPE", "found models of groups with two numbers of ready-made draws; expected the same");
        all.kernels.push_back(side_by_side(ladder, each));
      }
      draws = std::move(all);
    } else if (any(static_cast<const NormalLogits*>(nullptr))) {
      std::vector<const Matrix*> all;
      double freedom = std::numeric_limits<double>::infinity();
      for (const Ensemble& m : models) {
        const auto* of = std::get_if<NormalLogits>(&m.draws_);
        if (of == nullptr && m.varies()) throw several_ways();
        all.push_back(of == nullptr ? nullptr : &of->factor);
        if (of != nullptr) method = m.method();
        if (of != nullptr) freedom = std::min(freedom, of->degrees_of_freedom);
      }
      draws = side_by_side(ladder, all, models.front().point().count(), freedom);
    } else if (any(static_cast<const DirichletWeights*>(nullptr)))
      weights(&DirichletWeights::alpha);
    else if (any(static_cast<const MultinomialRows*>(nullptr)))
      weights(&MultinomialRows::people);
    return {side_by_side(ladder, points), std::move(draws), std::move(method)};
  }
  /// The model of one group of a ladder for groups, on the ladder that each has: of_groups() taken apart, bit for bit.
  ///
  /// What moves the log-odds of several groups together moves this one as it did, but in worlds of its own: draw k of
  /// two groups is not one world, unless it is drawn from all. Throws Refusal [E-LADDER] for a group that the ladder
  /// does not have. Cost: O(size of the model).
  [[nodiscard]] Ensemble group(std::size_t g) const {
    const std::size_t groups = ladder().groups().size();
    if (g >= groups)
      throw Refusal("E-LADDER", "found group number " + std::to_string(g) + " of a ladder for " +
                                    std::to_string(groups) + " groups; expected one of them");
    const Ladder each = ladder().of_each_group();
    const std::size_t all = ladder().size(), own = each.size();
    const auto block = [&](const auto& m) {
      Matrix out(static_cast<Eigen::Index>(own), static_cast<Eigen::Index>(own));
      for (std::size_t i = 0; i < own; ++i)
        for (std::size_t j = 0; j < own; ++j)
          out(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) = m(
              static_cast<Eigen::Index>(ladder().for_group(i, g)), static_cast<Eigen::Index>(ladder().for_group(j, g)));
      return out;
    };
    const auto kernel = [&](const Kernel& k) {
      std::vector<TransitionMatrix> out;
      for (std::size_t m = 0; m < k.count(); ++m) out.emplace_back(unchecked, each, block(k.view(m)), k.step());
      return k.is_constant() ? Kernel(std::move(out.front())) : Kernel(k.first(), std::move(out));
    };
    const auto blocks = [&](const std::vector<Matrix>& rows) {
      std::vector<Matrix> out;
      for (const Matrix& m : rows) out.push_back(block(m));
      return out;
    };
    Draws draws;
    if (const auto* d = std::get_if<DirichletWeights>(&draws_)) draws = DirichletWeights{blocks(d->alpha)};
    if (const auto* m = std::get_if<MultinomialRows>(&draws_)) draws = MultinomialRows{blocks(m->people)};
    if (const auto* r = std::get_if<Replicates>(&draws_)) {
      Replicates kernels;
      for (const Kernel& k : r->kernels) kernels.kernels.push_back(kernel(k));
      draws = std::move(kernels);
    }
    if (const auto* l = std::get_if<NormalLogits>(&draws_)) {
      Matrix factor(static_cast<Eigen::Index>(point_.count() * own * own), l->factor.cols());
      for (std::size_t cell = 0; cell < point_.count() * own * own; ++cell) {
        const std::size_t m = cell / (own * own), i = cell / own % own, j = cell % own;
        factor.row(static_cast<Eigen::Index>(cell)) = l->factor.row(
            static_cast<Eigen::Index>(m * all * all + ladder().for_group(i, g) * all + ladder().for_group(j, g)));
      }
      Eigen::Index first = 0, last = factor.cols();  // the normals of other groups come before and behind
      while (last > 1 && factor.col(last - 1).isZero(0)) --last;
      while (first + 1 < last && factor.col(first).isZero(0)) ++first;
      draws = NormalLogits{factor.middleCols(first, last - first), l->degrees_of_freedom};
    }
    return {kernel(point_), std::move(draws), method_};
  }
  /// Whether all groups of people have the same moves in every world.
  [[nodiscard]] bool shared_by_groups() const noexcept { return shared_by_groups_; }

  [[nodiscard]] const Kernel& point() const noexcept { return point_; }
  [[nodiscard]] const Ladder& ladder() const noexcept { return point_.ladder(); }
  [[nodiscard]] Step step() const noexcept { return point_.step(); }
  [[nodiscard]] const Draws& draws() const noexcept { return draws_; }
  /// How it was estimated, in words: "proportions", "dirichlet:1".
  [[nodiscard]] const std::string& method() const noexcept { return method_; }
  [[nodiscard]] bool varies() const noexcept { return !std::holds_alternative<Known>(draws_); }
  /// A posterior (or a known matrix) is summed up by the mean of its draws, repeated sampling by the point.
  [[nodiscard]] Centre centre() const noexcept {
    return std::holds_alternative<DirichletWeights>(draws_) || std::holds_alternative<Known>(draws_)
               ? Centre::mean_of_draws
               : Centre::plug_in;
  }
  /// The largest number of different draws, or `asked` when there is no limit.
  [[nodiscard]] std::size_t limit(std::size_t asked) const noexcept {
    const auto* r = std::get_if<Replicates>(&draws_);
    return r != nullptr && r->kernels.size() < asked ? r->kernels.size() : asked;
  }

  /// The kernel in one joint world; the point for Draw::point().
  ///
  /// Throws Refusal [E-DRAW] for a draw beyond the replicates.
  [[nodiscard]] Kernel draw(const Draw& draw) const {
    Kernel out = point_;
    draw_into(draw, out);
    return out;
  }

  /// As draw(), into a kernel of this ensemble made before: no allocation.
  void draw_into(const Draw& draw, Kernel& out) const {
    if (draw.is_point() || !varies()) {
      out = point_;
      return;
    }
    if (const auto* r = std::get_if<Replicates>(&draws_)) {
      if (draw.index() >= r->kernels.size())
        throw Refusal("E-DRAW", "found draw number " + std::to_string(draw.index()) + "; expected one of the " +
                                    std::to_string(r->kernels.size()) + " replicates");
      out = r->kernels[draw.index()];
      return;
    }
    if (const auto* l = std::get_if<NormalLogits>(&draws_)) {
      shift_logits(*l, draw.stream(Purpose::parameters), out);
      return;
    }
    const auto* dirichlet = std::get_if<DirichletWeights>(&draws_);
    const std::vector<Matrix>& weights =
        dirichlet != nullptr ? dirichlet->alpha : std::get<MultinomialRows>(draws_).people;
    for (std::size_t m = 0; m < weights.size(); ++m) {
      Stream stream = draw.stream(Purpose::parameters, static_cast<std::uint32_t>(m));
      Eigen::Map<Matrix> p = out.matrix_for_draw(m);
      const auto n = static_cast<std::size_t>(p.cols());
      for (std::size_t i = 0; i < ladder().strata(); ++i) {
        const std::span<const double> w(weights[m].data() + i * n, n);
        const std::span<double> row(p.data() + i * n, n);
        if (dirichlet != nullptr) {
          bool any = false;
          for (const double x : w) any = any || x > 0;
          if (any) stream.dirichlet(w, row);  // a row without weight is known, and stays at the point
        } else {
          multinomial(stream, w, row);
        }
      }
      if (shared_by_groups_) copy_first_group(p);
    }
  }

 private:
  static Refusal several_ways() {
    return {"E-SHAPE", "found models of groups that vary in several ways; expected one method for all groups"};
  }
  void shift_logits(const NormalLogits& logits, Stream stream, Kernel& out) const {
    Vector normals(logits.factor.cols());
    for (double& z : normals) z = stream.normal();
    if (const double freedom = logits.degrees_of_freedom; std::isfinite(freedom))
      normals *= std::min(1e100, std::sqrt(freedom / 2) * std::exp(-0.5 * stream.log_gamma_variate(freedom / 2)));
    const Vector shift = logits.factor * normals;
    const auto n = static_cast<Eigen::Index>(ladder().size());
    for (std::size_t m = 0; m < point_.count(); ++m) {
      Eigen::Map<Matrix> p = out.matrix_for_draw(m);
      p = point_.view(m);
      for (Eigen::Index i = 0; i < static_cast<Eigen::Index>(ladder().strata()); ++i) {
        const Eigen::Index at = static_cast<Eigen::Index>(m) * n * n + i * n;
        double top = -std::numeric_limits<double>::infinity(), sum = 0;
        for (Eigen::Index j = 0; j < n; ++j)
          if (p(i, j) > 0) top = std::max(top, shift[at + j]);
        for (Eigen::Index j = 0; j < n; ++j)
          if (p(i, j) > 0) sum += p(i, j) *= std::exp(shift[at + j] - top);
        p.row(i) /= sum;
      }
      if (shared_by_groups_) copy_first_group(p);
    }
  }
  void copy_first_group(Eigen::Map<Matrix> p) const {
    const auto at = [this](std::size_t k, std::size_t g) {
      return static_cast<Eigen::Index>(ladder().for_group(k, g));
    };
    const std::size_t groups = ladder().groups().size();
    for (std::size_t i = 0; i < ladder().strata() / groups; ++i)
      for (std::size_t j = 0; j < ladder().size() / groups; ++j)
        for (std::size_t g = 1; g < groups; ++g) p(at(i, g), at(j, g)) = p(at(i, 0), at(j, 0));
  }
  /// Matrices of each group as blocks of one; a group without any has zeros.
  static std::vector<Matrix> side_by_side(const Ladder& ladder, const std::vector<const std::vector<Matrix>*>& groups) {
    std::vector<Matrix> out;
    for (std::size_t g = 0; g < groups.size(); ++g)
      for (std::size_t m = 0; groups[g] != nullptr && m < groups[g]->size(); ++m) {
        const Matrix& own = (*groups[g])[m];
        if (m == out.size()) {
          const auto n = static_cast<Eigen::Index>(ladder.size());
          out.emplace_back(Matrix::Zero(n, n));
        }
        for (Eigen::Index i = 0; i < own.rows(); ++i)
          for (Eigen::Index j = 0; j < own.cols(); ++j)
            out[m](static_cast<Eigen::Index>(ladder.for_group(static_cast<std::size_t>(i), g)),
                   static_cast<Eigen::Index>(ladder.for_group(static_cast<std::size_t>(j), g))) = own(i, j);
      }
    return out;
  }
  /// As above, of what moves the log-odds of each group: no normal moves two groups.
  static NormalLogits side_by_side(const Ladder& ladder, const std::vector<const Matrix*>& groups, std::size_t matrices,
                                   double degrees_of_freedom) {
    Eigen::Index columns = 0;
    for (const Matrix* of : groups) columns += of == nullptr ? 0 : of->cols();
    const std::size_t all = ladder.size(), own = ladder.of_each_group().size();
    NormalLogits out{Matrix::Zero(static_cast<Eigen::Index>(matrices * all * all), columns), degrees_of_freedom};
    Eigen::Index first = 0;
    for (std::size_t g = 0; g < groups.size(); ++g) {
      if (groups[g] == nullptr) continue;
      for (std::size_t cell = 0; cell < matrices * own * own; ++cell) {
        const std::size_t m = cell / (own * own), i = cell / own % own, j = cell % own;
        out.factor.block(
            static_cast<Eigen::Index>(m * all * all + ladder.for_group(i, g) * all + ladder.for_group(j, g)), first, 1,
            groups[g]->cols()) = groups[g]->row(static_cast<Eigen::Index>(cell));
      }
      first += groups[g]->cols();
    }
    return out;
  }
  static Kernel side_by_side(const Ladder& ladder, const std::vector<const Kernel*>& groups) {
    std::vector<std::vector<Matrix>> own;
    std::vector<const std::vector<Matrix>*> all;
    for (const Kernel* k : groups) {
      if (!(k->step() == groups.front()->step() && k->is_constant() == groups.front()->is_constant() &&
            k->first() == groups.front()->first() && k->count() == groups.front()->count()))
        throw Refusal("E-LADDER-OTHER", "found models of groups over other steps or periods; expected the same in all");
      std::vector<Matrix>& of = own.emplace_back();
      for (std::size_t m = 0; m < k->count(); ++m) of.emplace_back(k->view(m));
    }
    for (const std::vector<Matrix>& of : own) all.push_back(&of);
    std::vector<TransitionMatrix> out;
    for (Matrix& p : side_by_side(ladder, all))
      out.emplace_back(unchecked, ladder, std::move(p), groups.front()->step());
    if (groups.front()->is_constant()) return Kernel(std::move(out.front()));
    return {groups.front()->first(), std::move(out)};
  }
  static void multinomial(Stream& stream, std::span<const double> people, std::span<double> row) {
    double total = 0;
    for (const double x : people) total += x;
    auto left = static_cast<std::uint64_t>(std::llround(total));
    if (left == 0) return;  // nobody observed: the row is not estimated, and stays at the point
    double left_weight = total;
    const auto all = static_cast<double>(left);
    for (std::size_t j = 0; j < row.size(); ++j) {
      const std::uint64_t k = people[j] >= left_weight ? left : stream.binomial(left, people[j] / left_weight);
      row[j] = static_cast<double>(k) / all;
      left -= k;
      left_weight -= people[j];
    }
  }
  Kernel point_;
  Draws draws_;
  std::string method_;
  bool shared_by_groups_ = false;
};

}  // namespace rungs

#endif
