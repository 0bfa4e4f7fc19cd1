// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_MODEL_GROUP_SHARES_HPP
#define RUNGS_MODEL_GROUP_SHARES_HPP

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <rungs/core/draw.hpp>
#include <rungs/core/quantity.hpp>
#include <rungs/core/random.hpp>
#include <rungs/model/headcount.hpp>

namespace rungs {

/// How many of the people found in each stratum are of which group, where nobody can tell groups apart by sight: in
/// every joint world other shares.
///
/// Entry (i, g) of the shares is that of group g among those in stratum or exit i of the ladder that each group has;
/// rows sum to 1. Assumes: people who are split are found as those of the data were.
/// Effect on intervals: in draw k the shares are those of the same world as draw k of the moves they were estimated
/// with, since both are moved by the same normals, or are the same replicate; the point leaves their uncertainty out.
class GroupShares {
 public:
  /// `factor`: row i G + g is what normals of the world add to the log of share (i, g) before rows are divided by their
  /// sums, as NormalLogits does with the log-odds of moves and with its degrees of freedom. `replicates`: the shares of
  /// each ready-made draw. Without either the shares are known.
  ///
  /// Throws Refusal [E-SHAPE] when these do not fit the ladder, or both are given; DomainError [E-SHARE] for a share
  /// outside 0 to 1, or a row that does not sum to 1, [E-RANGE] for a factor that is not finite.
  GroupShares(Ladder groups, Matrix shares, Matrix factor = {}, std::vector<Matrix> replicates = {},
              double degrees_of_freedom = std::numeric_limits<double>::infinity())
      : ladder_(std::move(groups)),
        shares_(std::move(shares)),
        factor_(std::move(factor)),
        replicates_(std::move(replicates)),
        degrees_of_freedom_(degrees_of_freedom) {
    const auto groups_of = static_cast<Eigen::Index>(ladder_.groups().size());
    const auto rows = static_cast<Eigen::Index>(ladder_.of_each_group().size());
    const auto fits = [&](const Matrix& s) { return s.rows() == rows && s.cols() == groups_of; };
    bool ok = groups_of > 0 && fits(shares_) && (factor_.size() == 0 || replicates_.empty()) &&
              (factor_.size() == 0 || factor_.rows() == rows * groups_of);
    for (const Matrix& s : replicates_) ok = ok && fits(s);
    if (!ok)
      throw Refusal("E-SHAPE", "found shares of other strata, groups or draws than the moves; expected the same");
    check(shares_);
    for (const Matrix& s : replicates_) check(s);
    for (const double x : std::span(factor_.data(), static_cast<std::size_t>(factor_.size())))
      if (!std::isfinite(x))
        throw DomainError("E-RANGE", "found " + detail::text(x) + " in the factor of shares; expected finite numbers",
                          x);
  }
  /// That of the groups, side by side.
  [[nodiscard]] const Ladder& ladder() const noexcept { return ladder_; }
  [[nodiscard]] const Matrix& point() const noexcept { return shares_; }
  [[nodiscard]] const Matrix& factor() const noexcept { return factor_; }
  [[nodiscard]] std::size_t replicates() const noexcept { return replicates_.size(); }
  [[nodiscard]] bool varies() const noexcept { return factor_.cols() > 0 || !replicates_.empty(); }

  /// The shares in one joint world; those of the point for Draw::point().
  ///
  /// Throws Refusal [E-DRAW] for a draw beyond the replicates.
  [[nodiscard]] Matrix in_world(const Draw& draw) const {
    if (draw.is_point() || !varies()) return shares_;
    if (!replicates_.empty()) {
      if (draw.index() >= replicates_.size())
        throw Refusal("E-DRAW", "found draw number " + std::to_string(draw.index()) + "; expected one of the " +
                                    std::to_string(replicates_.size()) + " replicates");
      return replicates_[draw.index()];
    }
    // The normals that move the shares are those that move the log-odds of the moves: Ensemble draws them in this
    // order.
    Stream stream = draw.stream(Purpose::parameters);
    Vector normals(factor_.cols());
    for (double& z : normals) z = stream.normal();
    if (std::isfinite(degrees_of_freedom_))
      normals *= std::min(1e100, std::sqrt(degrees_of_freedom_ / 2) *
                                     std::exp(-0.5 * stream.log_gamma_variate(degrees_of_freedom_ / 2)));
    const Vector shift = factor_ * normals;
    Matrix out = shares_;
    for (Eigen::Index i = 0; i < out.rows(); ++i) {
      const double top = shift.segment(i * out.cols(), out.cols()).maxCoeff();
      double sum = 0;
      for (Eigen::Index g = 0; g < out.cols(); ++g) sum += out(i, g) *= std::exp(shift[i * out.cols() + g] - top);
      out.row(i) /= sum;
    }
    return out;
  }
  /// People counted by stratum, as expected numbers by stratum and group on ladder(), by some shares.
  [[nodiscard]] Vector split(const Vector& heads, const Matrix& shares) const {
    Vector out(static_cast<Eigen::Index>(ladder_.size()));
    for (Eigen::Index i = 0; i < shares.rows(); ++i)
      for (Eigen::Index g = 0; g < shares.cols(); ++g)
        out[static_cast<Eigen::Index>(ladder_.for_group(static_cast<std::size_t>(i), static_cast<std::size_t>(g)))] =
            heads[i] * shares(i, g);
    return out;
  }

 private:
  static void check(const Matrix& shares) {
    for (const double s : std::span(shares.data(), static_cast<std::size_t>(shares.size()))) (void)Share(s);
    for (Eigen::Index i = 0; i < shares.rows(); ++i)
      if (const double sum = shares.row(i).sum(); !(std::abs(sum - 1) < 1e-9))
        throw DomainError("E-SHARE", "found shares that sum to " + detail::text(sum) + "; expected 1", sum);
  }
  Ladder ladder_;
  Matrix shares_, factor_;
  std::vector<Matrix> replicates_;
  double degrees_of_freedom_;
};

}  // namespace rungs

#endif
