// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_DETAIL_INFORMATION_HPP
#define RUNGS_DETAIL_INFORMATION_HPP

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace rungs::detail {

/// One entry of a sparse vector.
struct Entry {
  std::size_t column = 0;
  double value = 0;
};

/// A symmetric non-negative matrix, taken apart in the order of its columns: a column that depends on those before it
/// is dropped, so that what remains has an inverse, and what was dropped says which combinations are not identified.
///
/// Only the upper triangle is kept, row by row; zeros are skipped, so a long diagonal block first costs next to
/// nothing. Cost: at most p^3 / 3.
class Information {
 public:
  explicit Information(std::size_t p) : p_(p), a_(p * p), d_(p), kept_(p, 1), begin_(p + 1) {}
  [[nodiscard]] std::size_t size() const noexcept { return p_; }
  void clear() { std::fill(a_.begin(), a_.end(), 0.0); }
  /// Adds weight x x', for x with ascending columns.
  void add(std::span<const Entry> x, double weight) {
    for (std::size_t s = 0; s < x.size(); ++s) {
      double* row = a_.data() + x[s].column * p_;
      const double w = weight * x[s].value;
      for (std::size_t t = s; t < x.size(); ++t) row[x[t].column] += w * x[t].value;
    }
  }
  void add(std::size_t i, std::size_t j, double value) { a_[std::min(i, j) * p_ + std::max(i, j)] += value; }
  /// Adds a part of the diagonal to itself, so that steps become shorter (Marquardt 1963).
  void damp(double part) {
    for (std::size_t j = 0; j < p_; ++j) a_[j * p_ + j] *= 1 + part;
  }
  /// Drops each column of which the columns before leave less than `tolerance` of its square.
  void factor(double tolerance) {
    std::fill(kept_.begin(), kept_.end(), 1);
    eliminate(tolerance, false);
  }
  /// Keeps the columns that another one kept. False when they depend on each other here.
  [[nodiscard]] bool factor_as(const std::vector<char>& kept) {
    kept_ = kept;
    return eliminate(1e-14, true);
  }
  [[nodiscard]] const std::vector<char>& kept() const noexcept { return kept_; }
  [[nodiscard]] std::size_t rank() const {
    return static_cast<std::size_t>(std::count(kept_.begin(), kept_.end(), char{1}));
  }
  /// The solution for a right-hand side, with 0 in the dropped columns.
  [[nodiscard]] std::vector<double> solve(std::vector<double> b) const {
    for (std::size_t j = 0; j < p_; ++j)
      if (kept_[j] != 0 && b[j] != 0) subtract(j, b[j] / d_[j], b);
    for (std::size_t j = p_; j-- > 0;) {
      if (kept_[j] == 0) {
        b[j] = 0;
        continue;
      }
      const double* row = a_.data() + j * p_;
      double sum = b[j];
      for (std::size_t s = begin_[j]; s < begin_[j + 1]; ++s) sum -= row[filled_[s]] * b[filled_[s]];
      b[j] = sum / d_[j];
    }
    return b;
  }
  /// y over the kept columns, so that y'y is c' inverse c, the variance of the combination c, and y'z the covariance of
  /// two.
  [[nodiscard]] std::vector<double> whitened(std::span<const Entry> c) const {
    std::vector<double> y(p_);
    for (const Entry& e : c) y[e.column] += e.value;
    for (std::size_t j = 0; j < p_; ++j) {
      if (kept_[j] == 0) y[j] = 0;
      if (y[j] == 0) continue;
      subtract(j, y[j] / d_[j], y);
      y[j] /= std::sqrt(d_[j]);
    }
    return y;
  }
  /// For each dropped column, the combination of parameters along which nothing changes.
  [[nodiscard]] std::vector<std::vector<double>> unidentified() const {
    std::vector<std::vector<double>> out;
    for (std::size_t c = 0; c < p_; ++c) {
      if (kept_[c] != 0) continue;
      std::vector<double> g(p_);
      g[c] = -1;
      for (std::size_t j = c; j-- > 0;) {
        if (kept_[j] == 0) continue;
        const double* row = a_.data() + j * p_;
        double x = row[c];
        for (std::size_t s = begin_[j]; s < begin_[j + 1] && filled_[s] < c; ++s) x -= row[filled_[s]] * g[filled_[s]];
        g[j] = std::abs(x) > 1e-11 * std::abs(d_[j]) ? x / d_[j] : 0.0;
      }
      out.push_back(std::move(g));
    }
    return out;
  }

 private:
  void subtract(std::size_t j, double factor, std::vector<double>& from) const {
    const double* row = a_.data() + j * p_;
    for (std::size_t s = begin_[j]; s < begin_[j + 1]; ++s) from[filled_[s]] -= factor * row[filled_[s]];
  }
  bool eliminate(double tolerance, bool as_told) {
    std::vector<double> before(p_);
    for (std::size_t j = 0; j < p_; ++j) before[j] = a_[j * p_ + j];
    filled_.clear();
    for (std::size_t j = 0; j < p_; ++j) {
      const double* row = a_.data() + j * p_;
      d_[j] = row[j];
      begin_[j] = begin_[j + 1] = filled_.size();
      if (kept_[j] == 0) continue;
      if (!(d_[j] > tolerance * before[j] && before[j] > 0)) {
        if (as_told) return false;
        kept_[j] = 0;
        continue;
      }
      for (std::size_t k = j + 1; k < p_; ++k)
        if (row[k] != 0) filled_.push_back(k);
      begin_[j + 1] = filled_.size();
      const bool dense = 2 * (begin_[j + 1] - begin_[j]) > p_ - j;
      for (std::size_t s = begin_[j]; s < begin_[j + 1]; ++s) {
        const std::size_t i = filled_[s];
        const double f = row[i] / d_[j];
        double* below = a_.data() + i * p_;
        if (dense)
          for (std::size_t k = i; k < p_; ++k) below[k] -= f * row[k];
        else
          for (std::size_t t = s; t < begin_[j + 1]; ++t) below[filled_[t]] -= f * row[filled_[t]];
      }
    }
    return true;
  }
  std::size_t p_;
  std::vector<double> a_, d_;
  std::vector<char> kept_;
  std::vector<std::size_t> filled_{}, begin_;
};

}  // namespace rungs::detail

#endif
