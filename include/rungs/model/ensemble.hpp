// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_MODEL_ENSEMBLE_HPP
#define RUNGS_MODEL_ENSEMBLE_HPP

#include <cmath>
#include <cstddef>
#include <cstdint>
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

/// A model with its uncertainty: a point, and draws made on demand from keys.
///
/// Estimators make it, programmes change it, measures read it. Whether the draws express what is known (a posterior) or
/// imitate repeated sampling decides which single number stands for them; see centre().
/// Cost: one draw is one pass over the matrices; nothing is stored but the kind of draws.
class Ensemble {
 public:
  using Draws = std::variant<Known, DirichletWeights, MultinomialRows, Replicates>;

  /// Throws Refusal [E-SHAPE] when the draws are not of the point's ladder and number of matrices.
  Ensemble(Kernel point, Draws draws, std::string method)
      : point_(std::move(point)), draws_(std::move(draws)), method_(std::move(method)) {
    const auto same_shape = [this](const std::vector<Matrix>& m) {
      bool ok = m.size() == point_.matrices().size();
      for (const Matrix& x : m) ok = ok && x.rows() == point_.matrices()[0].size() && x.cols() == x.rows();
      return ok;
    };
    bool ok = true;
    if (const auto* d = std::get_if<DirichletWeights>(&draws_)) ok = same_shape(d->alpha);
    if (const auto* m = std::get_if<MultinomialRows>(&draws_)) ok = same_shape(m->people);
    if (const auto* r = std::get_if<Replicates>(&draws_)) {
      ok = !r->kernels.empty();
      for (const Kernel& k : r->kernels)
        ok = ok && k.ladder() == ladder() && k.step() == step() && k.is_constant() == point_.is_constant() &&
             k.first() == point_.first() && k.matrices().size() == point_.matrices().size();
    }
    if (!ok)
      throw Refusal("E-SHAPE", "found draws of another ladder or number of periods than the point; expected the same");
  }

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
    const auto* dirichlet = std::get_if<DirichletWeights>(&draws_);
    const std::vector<Matrix>& weights =
        dirichlet != nullptr ? dirichlet->alpha : std::get<MultinomialRows>(draws_).people;
    for (std::size_t m = 0; m < weights.size(); ++m) {
      Stream stream = draw.stream(Purpose::parameters, static_cast<std::uint32_t>(m));
      Matrix& p = out.matrix_for_draw(m);
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
    }
  }

 private:
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
};

}  // namespace rungs

#endif
