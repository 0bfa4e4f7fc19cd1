// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_CORE_RANDOM_HPP
#define RUNGS_CORE_RANDOM_HPP

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>

#include <Random123/philox.h>

#include <rungs/core/error.hpp>

namespace rungs {

/// The number that names a whole run; it has no default.
class Seed {
 public:
  constexpr explicit Seed(std::uint64_t value) : value_(value) {}
  [[nodiscard]] constexpr std::uint64_t value() const noexcept { return value_; }
  friend constexpr bool operator==(const Seed&, const Seed&) = default;

 private:
  std::uint64_t value_;
};

/// What random numbers are used for; streams of different purposes are independent.
enum class Purpose : std::uint8_t { parameters = 1, effects = 2, chance = 3, resample = 4, move = 5, test = 255 };

/// The name of one stream of random numbers: who draws (a person, or one joint world), when, and what for.
struct StreamKey {
  Seed seed;
  std::uint64_t unit = 0;
  std::uint32_t period = 0;
  Purpose purpose = Purpose::test;
};

/// A stream of random numbers named by its key: the same key gives the same bits on every machine, thread and rank.
///
/// Units: `unit` must stay below 2^56. Cost: about 10 ns for each 64 bits.
/// Method: Philox4x32-10 of Salmon et al. (2011), doi 10.1145/2063384.2063405, from Random123.
class Stream {
 public:
  explicit Stream(const StreamKey& key) noexcept {
    key_.v[0] = static_cast<std::uint32_t>(key.seed.value());
    key_.v[1] = static_cast<std::uint32_t>(key.seed.value() >> 32U);
    counter_.v[0] = 0;
    counter_.v[1] = static_cast<std::uint32_t>(key.unit);
    counter_.v[2] = key.period;
    counter_.v[3] =
        (static_cast<std::uint32_t>(key.purpose) << 24U) | (static_cast<std::uint32_t>(key.unit >> 32U) & 0xFFFFFFU);
  }

  /// The next 64 bits.
  std::uint64_t bits() noexcept {
    if (left_ == 0) {
      block_ = r123::Philox4x32()(counter_, key_);
      ++counter_.v[0];
      left_ = 2;
    }
    const std::size_t at = static_cast<std::size_t>(2 - left_) * 2;
    --left_;
    return (static_cast<std::uint64_t>(block_.v[at + 1]) << 32U) | block_.v[at];
  }

  /// Uniform on the 2^52 midpoints strictly between 0 and 1 (of 2^53 the upper half would be rounded, the last to 1).
  double uniform() noexcept { return (static_cast<double>(bits() >> 12U) + 0.5) * 0x1p-52; }

  /// Uniform on 0 .. n-1, exactly (by rejection); n must be above 0.
  std::uint64_t below(std::uint64_t n) noexcept {
    const std::uint64_t limit =
        std::numeric_limits<std::uint64_t>::max() - std::numeric_limits<std::uint64_t>::max() % n;
    std::uint64_t x = bits();
    while (x >= limit) x = bits();
    return x % n;
  }

  /// Calls `use` with spans of at most 256 numbers, `count` of them uniform on 0 .. n-1, exactly, and here and there
  /// among these n itself, which stands for a number rejected; n must be above 0 and below 2^32 - 1. The numbers are of
  /// 16 bits where n is at most 2^14, else of 32. They come from blocks of their own: bits() goes on as if there had
  /// been none.
  ///
  /// Cost: about 0.7 ns for each number of 16 bits, 1.5 of 32.
  /// Method: Philox4x64-10, which gives twice the bits of the other for as many products; Lemire (2019), ACM TOMACS
  /// 29(1), 3: the upper half of a product with n, so that nothing is divided. Nothing waits for what is rejected.
  template <class Use>
  void each_below(std::uint32_t n, std::size_t count, Use&& use) {
    if (count == 0) return;
    if (n <= 1U << 14U)
      scaled<std::uint16_t, std::uint32_t>(static_cast<std::uint16_t>(n), count, use);
    else
      scaled<std::uint32_t, std::uint64_t>(n, count, use);
  }

  /// Standard normal. Method: polar method of Marsaglia and Bray (1964).
  double normal() noexcept {
    double u = 0, s = 0;
    do {
      u = 2 * uniform() - 1;
      const double v = 2 * uniform() - 1;
      s = u * u + v * v;
    } while (!(s < 1 && s > 0));
    return u * std::sqrt(-2 * std::log(s) / s);
  }

  /// The logarithm of a gamma variable of the given shape (above 0) and scale 1; finite even where the variable
  /// underflows.
  ///
  /// Method: Marsaglia and Tsang (2000), doi 10.1145/358407.358414, with their boost for shapes below 1.
  double log_gamma_variate(double shape) noexcept {
    if (shape < 1) {
      const double boost = std::log(uniform()) / shape;
      return log_gamma_variate(shape + 1) + boost;
    }
    const double d = shape - 1.0 / 3, c = 1 / std::sqrt(9 * d);
    for (;;) {
      const double x = normal(), root = 1 + c * x;
      if (!(root > 0)) continue;
      const double v = root * root * root;
      const double u = uniform();
      if (u < 1 - 0.0331 * x * x * x * x || std::log(u) < 0.5 * x * x + d * (1 - v + std::log(v)))
        return std::log(d) + std::log(v);
    }
  }

  /// One draw from a Dirichlet distribution, into `out`; where `alpha` is 0 the share is exactly 0.
  ///
  /// Throws Refusal [E-ROW-EMPTY] when no alpha is above 0.
  void dirichlet(std::span<const double> alpha, std::span<double> out) {
    double top = -std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < alpha.size(); ++i) {
      out[i] = alpha[i] > 0 ? log_gamma_variate(alpha[i]) : -std::numeric_limits<double>::infinity();
      if (out[i] > top) top = out[i];
    }
    if (!(top > -std::numeric_limits<double>::infinity()))
      throw Refusal("E-ROW-EMPTY", "found no possible outcome with weight above 0; expected at least one");
    double sum = 0;
    for (double& x : out) sum += (x = std::exp(x - top));
    for (double& x : out) x /= sum;
  }

  /// The number of successes in n trials, each with probability p: exact, by inversion from the mode side for small
  /// means, by splitting n with beta order statistics otherwise.
  ///
  /// Cost: O(log n) gamma draws, then at most about 30 steps. Method: Relles (1972),
  /// JASA 67(339), 612 to 613.
  std::uint64_t binomial(std::uint64_t n, double p) noexcept {
    if (!(p > 0) || n == 0) return 0;
    if (!(p < 1)) return n;
    std::uint64_t successes = 0;
    while (n > 40) {
      const std::uint64_t i = n / 2 + 1;
      const double a = log_gamma_variate(static_cast<double>(i)), b = log_gamma_variate(static_cast<double>(n + 1 - i));
      const double x = 1 / (1 + std::exp(b - a));  // the i-th smallest of n uniforms
      if (x <= p) {
        successes += i;
        n -= i;
        p = (p - x) / (1 - x);
        if (!(p > 0)) return successes;
      } else {
        n = i - 1;
        p /= x;
        if (!(p < 1)) return successes + n;
      }
    }
    for (std::uint64_t k = 0; k < n; ++k) successes += uniform() < p ? 1U : 0U;
    return successes;
  }

  /// How many of `marked` are among `taken` that are picked from `all` at random, each at most once: exact, by
  /// inversion from the mode outwards. Neither may be above `all`.
  ///
  /// Cost: some twenty steps for each standard deviation.
  std::uint64_t hypergeometric(std::uint64_t taken, std::uint64_t marked, std::uint64_t all) noexcept {
    const double t = static_cast<double>(taken), m = static_cast<double>(marked), n = static_cast<double>(all);
    const double first = std::max(0.0, t + m - n), last = std::min(t, m);
    if (!(first < last)) return static_cast<std::uint64_t>(last);
    const double mode = std::clamp(std::floor((t + 1) * (m + 1) / (n + 2)), first, last);
    // Weights relative to that of the mode.
    const auto up = [=](double k) { return (m - k) * (t - k) / ((k + 1) * (n - m - t + k + 1)); };
    const auto down = [=](double k) { return k * (n - m - t + k) / ((m - k + 1) * (t - k + 1)); };
    double sum = 1;
    for (double k = mode, w = 1; k < last && (w *= up(k)) > 1e-18; ++k) sum += w;
    for (double k = mode, w = 1; k > first && (w *= down(k)) > 1e-18; --k) sum += w;
    double left = uniform() * sum - 1;
    double above = mode, below = mode, w_above = 1, w_below = 1;
    while (left >= 0 && (above < last || below > first)) {
      if (above < last && (left -= w_above *= up(above++)) < 0) return static_cast<std::uint64_t>(above);
      if (below > first && (left -= w_below *= down(below--)) < 0) return static_cast<std::uint64_t>(below);
      if (!(w_above > 1e-18 || w_below > 1e-18)) break;  // rounding of the sum
    }
    return static_cast<std::uint64_t>(mode);
  }

  /// An index drawn with the given probabilities; an index whose probability is 0 is never drawn, whatever the rounding
  /// of the sum.
  std::size_t categorical(std::span<const double> probability) noexcept {
    const double u = uniform();
    double sum = 0;
    std::size_t last = 0;
    for (std::size_t i = 0; i < probability.size(); ++i) {
      if (!(probability[i] > 0)) continue;
      sum += probability[i];
      last = i;
      if (u < sum) return i;
    }
    return last;
  }

 private:
  /// each_below() by words of the given size; `Product` holds the product of two.
  template <class Word, class Product, class Use>
  void scaled(Word n, std::size_t count, Use& use) {
    constexpr std::size_t bits = std::numeric_limits<Word>::digits, words = 256, in_block = 256 / bits;
    const r123::Philox4x64::key_type key{{(std::uint64_t{key_.v[1]} << 32U) | key_.v[0], 0}};
    std::array<Word, words> word{};
    while (count > 0) {
      for (std::size_t k = 0; k < words; k += in_block) {
        const auto block = r123::Philox4x64()({{blocks_++, counter_.v[1], counter_.v[2], counter_.v[3]}}, key);
        for (std::size_t j = 0; j < in_block; ++j)
          if constexpr (std::endian::native != std::endian::little)
            word[k + j] = static_cast<Word>(block.v[j * bits / 64] >> (j * bits % 64));
          else if (j * bits % 64 == 0)
            std::memcpy(&word[k + j], &block.v[j * bits / 64], 8);  // several at once
      }
      std::size_t kept = scale<Word, Product>(word, n), used = words;
      while (kept > count) kept -= word[--used] != n ? 1U : 0U;
      use(std::span<const Word>(word.data(), used));
      count -= kept;
    }
  }
  /// Turns words into numbers from 0 to n-1, or n where one is rejected, and returns how many are not. Not inlined,
  /// since only a compiler that takes n for any word multiplies as many at once as it can.
  template <class Word, class Product, std::size_t words>
  [[gnu::noinline]] static std::size_t scale(std::array<Word, words>& word, Word n) {
    constexpr std::size_t bits = std::numeric_limits<Word>::digits;
    const Word uneven = static_cast<Word>((Product{1} << bits) % n);  // so many words would make some numbers likelier
    Word kept = 0;
    for (Word& w : word) {
      const Product product = static_cast<Product>(w) * static_cast<Product>(n);
      const bool even = static_cast<Word>(product) >= uneven;
      w = even ? static_cast<Word>(product >> bits) : n;
      kept = static_cast<Word>(kept + even);
    }
    return kept;
  }

  r123::Philox4x32::ctr_type counter_{};
  r123::Philox4x32::key_type key_{};
  r123::Philox4x32::ctr_type block_{};
  int left_ = 0;
  std::uint64_t blocks_ = 0;  // of each_below()
};

}  // namespace rungs

#endif
