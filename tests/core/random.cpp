// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/core/random.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <set>
#include <type_traits>
#include <vector>

#include <gtest/gtest.h>
#include <boost/math/distributions/beta.hpp>
#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/hypergeometric.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/special_functions/gamma.hpp>

#include "message.hpp"
#include "statistics.hpp"

namespace random_test {
namespace {

using namespace rungs;
using rungs_test::chi_square_p;
using rungs_test::false_alarm;
using rungs_test::said;
using rungs_test::z_limit;
using Block = std::array<std::uint32_t, 4>;
using Row = std::vector<double>;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

static_assert(std::is_nothrow_move_constructible_v<Stream>);
static_assert(!std::is_default_constructible_v<Seed> && !std::is_convertible_v<int, Seed>);

Stream stream(std::uint64_t unit, std::uint64_t seed = 20260101) {
  return Stream({Seed(seed), unit, 0, Purpose::test});
}

/// Philox4x32-10 written from the paper, for comparison.
Block philox(Block c, std::array<std::uint32_t, 2> k) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t a = std::uint64_t{0xD2511F53U} * c[0], b = std::uint64_t{0xCD9E8D57U} * c[2];
    c = {static_cast<std::uint32_t>(b >> 32U) ^ c[1] ^ k[0], static_cast<std::uint32_t>(b),
         static_cast<std::uint32_t>(a >> 32U) ^ c[3] ^ k[1], static_cast<std::uint32_t>(a)};
    k[0] += 0x9E3779B9U;
    k[1] += 0xBB67AE85U;
  }
  return c;
}

/// Philox4x64-10, likewise.
std::array<std::uint64_t, 4> philox64(std::array<std::uint64_t, 4> c, std::array<std::uint64_t, 2> k) {
  const auto upper = [](std::uint64_t a, std::uint64_t b) {  // half of a product, by halves of the factors
    const std::uint64_t low = 0xFFFFFFFFU, middle = (a >> 32U) * (b & low) + ((a & low) * (b & low) >> 32U);
    return (a >> 32U) * (b >> 32U) + (middle >> 32U) + (((a & low) * (b >> 32U) + (middle & low)) >> 32U);
  };
  for (int round = 0; round < 10; ++round) {
    constexpr std::uint64_t first = 0xD2E7470EE14C6C93U, second = 0xCA5A826395121157U;
    c = {upper(second, c[2]) ^ c[1] ^ k[0], second * c[2], upper(first, c[0]) ^ c[3] ^ k[1], first * c[0]};
    k[0] += 0x9E3779B97F4A7C15U;
    k[1] += 0xBB67AE8584CAA73BU;
  }
  return c;
}

TEST(Philox, GivesThePublishedKnownAnswers) {
  // Known-answer vectors published with Random123.
  struct Case {
    Block counter;
    std::array<std::uint32_t, 2> key;
    Block answer;
  };
  const std::uint32_t f = 0xffffffffU;
  const std::vector<Case> cases{{{0, 0, 0, 0}, {0, 0}, {0x6627e8d5U, 0xe169c58dU, 0xbc57ac4cU, 0x9b00dbd8U}},
                                {{f, f, f, f}, {f, f}, {0x408f276dU, 0x41c83b0eU, 0xa20bc7c6U, 0x6d5451fdU}},
                                {{0x243f6a88U, 0x85a308d3U, 0x13198a2eU, 0x03707344U},
                                 {0xa4093822U, 0x299f31d0U},
                                 {0xd16cfe09U, 0x94fdccebU, 0x5001e420U, 0x24126ea1U}}};
  for (const Case& c : cases) {
    EXPECT_EQ(philox(c.counter, c.key), c.answer);
    r123::Philox4x32::ctr_type counter{};
    r123::Philox4x32::key_type key{};
    std::copy(c.counter.begin(), c.counter.end(), counter.v);
    std::copy(c.key.begin(), c.key.end(), key.v);
    const auto answer = r123::Philox4x32()(counter, key);
    EXPECT_TRUE(std::equal(c.answer.begin(), c.answer.end(), answer.v));
  }
  EXPECT_EQ(philox64({}, {}), (std::array<std::uint64_t, 4>{0x16554d9eca36314cU, 0xdb20fe9d672d0fdcU,
                                                            0xd7e772cee186176bU, 0x7e68b68aec7ba23bU}));
}

TEST(Stream, IsPhiloxOfItsKey) {
  const std::uint64_t unit = 0x00ABCDEF12345678ULL, seed = 0xFEDCBA9876543210ULL;
  Stream s({Seed(seed), unit, 77, Purpose::move});
  for (std::uint32_t block = 0; block < 3; ++block) {
    const Block b = philox({block, 0x12345678U, 77, (5U << 24U) | 0xABCDEFU}, {0x76543210U, 0xFEDCBA98U});
    EXPECT_EQ(s.bits(), (std::uint64_t{b[1]} << 32U) | b[0]);
    EXPECT_EQ(s.bits(), (std::uint64_t{b[3]} << 32U) | b[2]);
  }
}

TEST(Stream, RepeatsItselfAndNoOther) {
  const StreamKey key{Seed(1), 2, 3, Purpose::chance};
  Stream a(key), b(key);
  for (int k = 0; k < 100; ++k) EXPECT_EQ(a.bits(), b.bits());
  std::set<std::uint64_t> first;
  std::size_t keys = 0;
  const auto add = [&](StreamKey k) { first.insert(Stream(k).bits()), ++keys; };
  for (std::uint64_t bit = 0; bit < 64; ++bit) add({Seed(1ULL << bit), 0, 0, Purpose::test});
  for (std::uint64_t bit = 0; bit < 56; ++bit) add({Seed(0), 1ULL << bit, 0, Purpose::test});
  for (std::uint32_t bit = 0; bit < 32; ++bit) add({Seed(0), 0, 1U << bit, Purpose::test});
  for (const Purpose p :
       {Purpose::parameters, Purpose::effects, Purpose::chance, Purpose::resample, Purpose::move, Purpose::test})
    add({Seed(0), 0, 0, p});
  EXPECT_EQ(first.size(), keys);
}

TEST(Stream, OfAnotherKeyIsUncorrelated) {
  const StreamKey base{Seed(5), 100, 7, Purpose::parameters};
  StreamKey seed = base, unit = base, far = base, period = base, purpose = base;
  seed.seed = Seed(6);
  unit.unit = 101;
  far.unit += std::uint64_t{1} << 32U;
  period.period = 8;
  purpose.purpose = Purpose::effects;
  constexpr int n = 100000;
  for (const StreamKey& other : {seed, unit, far, period, purpose}) {
    Stream a(base), b(other);
    double same = 0, shifted = 0, before = 0;
    for (int k = 0; k < n; ++k) {
      const double x = a.uniform() - 0.5, y = b.uniform() - 0.5;
      same += x * y;
      shifted += before * y;
      before = x;
    }
    EXPECT_LT(std::abs(same) * 12 / std::sqrt(n), z_limit);
    EXPECT_LT(std::abs(shifted) * 12 / std::sqrt(n), z_limit);
  }
  // The first numbers of neighbouring units, as people use them: on a grid of pairs.
  std::vector<double> cells(256), expected(256, n / 256.0);
  for (std::uint64_t k = 0; k < n; ++k) {
    const double x = stream(2 * k).uniform(), y = stream(2 * k + 1).uniform();
    cells[static_cast<std::size_t>(x * 16) * 16 + static_cast<std::size_t>(y * 16)] += 1;
  }
  EXPECT_GT(chi_square_p(cells, expected), false_alarm);
}

TEST(Stream, GoldenNumbersAreTheSameEverywhere) {
  // The digits themselves prove nothing; that every compiler gives these does.
  const auto five = [](auto&& draw) {
    Stream s({Seed(42), 1, 0, Purpose::test});
    Row out;
    for (int k = 0; k < 5; ++k) out.push_back(draw(s));
    return out;
  };
  EXPECT_EQ(
      five([](Stream& s) { return s.uniform(); }),
      (Row{0.27028600220942278, 0.34808073636048842, 0.32268395459784738, 0.21480443966785268, 0.074923635115736853}));
  EXPECT_EQ(five([](Stream& s) { return static_cast<double>(s.below(1000000)); }),
            (Row{316162, 296165, 3308, 460377, 994383}));
  EXPECT_EQ(
      five([](Stream& s) { return s.normal(); }),
      (Row{-1.2882539218871054, -0.66622421214319438, -0.74181970165436584, -0.51159332252878242, 1.3336042505090682}));
  EXPECT_EQ(
      five([](Stream& s) { return s.log_gamma_variate(0.01); }),
      (Row{-133.06727464337962, -258.84689678948757, -40.315378077438005, -131.24910513944994, -47.160523869738824}));
  EXPECT_EQ(
      five([](Stream& s) { return s.log_gamma_variate(0.5); }),
      (Row{-3.7566796945801979, -4.503297978783511, -0.12188955828204551, -2.749413750571033, 0.34161429032709778}));
  EXPECT_EQ(
      five([](Stream& s) { return s.log_gamma_variate(1); }),
      (Row{-2.644649909359857, 0.27129969086073658, 0.89852226276973834, -0.73641213553417129, -1.3812273949644838}));
  EXPECT_EQ(five([](Stream& s) { return s.log_gamma_variate(1000); }),
            (Row{6.8663977096964404, 6.9269632899071647, 6.9493074245959958, 6.8993190537114675, 6.8858336574835866}));
  EXPECT_EQ(five([](Stream& s) { return static_cast<double>(s.binomial(40, 0.3)); }), (Row{14, 11, 5, 12, 11}));
  EXPECT_EQ(five([](Stream& s) { return static_cast<double>(s.binomial(1000000, 0.3)); }),
            (Row{300095, 300257, 300530, 298972, 300501}));
  EXPECT_EQ(five([](Stream& s) {
              return static_cast<double>(s.categorical(Row{0.1, 0.2, 0, 0.7}));
            }),
            (Row{1, 3, 3, 1, 0}));
  Row shares(5);
  Stream({Seed(42), 1, 0, Purpose::test}).dirichlet(Row{1, 2, 3, 0.5, 4}, shares);
  EXPECT_EQ(shares, (Row{0.0046995542742523256, 0.17214374363863691, 0.36330365544321508, 0.012433431745736002,
                         0.44741961489815973}));
}

TEST(Uniform, IsUniformInHighAndLowBits) {
  Stream s = stream(1);
  constexpr int n = 1 << 20;
  std::vector<double> high(1024), low(1024), expected(1024, n / 1024.0);
  double least = 1, most = 0;
  for (int k = 0; k < n; ++k) {
    const double u = s.uniform();
    least = std::min(least, u);
    most = std::max(most, u);
    ASSERT_EQ(std::fmod(u * 0x1p53, 2), 1);  // a midpoint as it is, never rounded, never 1
    high[static_cast<std::size_t>(u * 1024)] += 1;
    const double v = u * 0x1p42;
    low[static_cast<std::size_t>((v - std::floor(v)) * 1024)] += 1;  // the last ten bits drawn
  }
  EXPECT_GT(least, 0);
  EXPECT_LT(most, 1);
  EXPECT_GT(chi_square_p(high, expected), false_alarm);
  EXPECT_GT(chi_square_p(low, expected), false_alarm);
}

TEST(Below, IsUniformWithoutModuloBias) {
  Stream s = stream(2);
  for (const std::uint64_t n : {std::uint64_t{2}, std::uint64_t{7}, std::uint64_t{1000}}) {
    std::vector<double> cells(n), expected(n, 200000.0 / static_cast<double>(n));
    for (int k = 0; k < 200000; ++k) cells.at(s.below(n)) += 1;
    EXPECT_GT(chi_square_p(cells, expected), false_alarm) << n;
  }
  for (int k = 0; k < 10; ++k) EXPECT_EQ(s.below(1), 0U);
  // Of 3 * 2^62 numbers a plain remainder would give each of the first 2^62 twice as often.
  const std::uint64_t n = 3ULL << 62U;
  std::vector<double> cells(3), expected(3, 100000);
  for (int k = 0; k < 300000; ++k) cells.at(s.below(n) >> 62U) += 1;
  EXPECT_GT(chi_square_p(cells, expected), false_alarm);
}

TEST(Stream, ManyNumbersBelowAreUpperHalvesOfProducts) {
  for (const std::uint32_t n : {1U, 7U, 10000U, 16384U, 16385U, 3U << 30U, 4294967294U}) {
    const unsigned bits = n <= 16384 ? 16 : 32;
    const std::uint64_t size = std::uint64_t{1} << bits;
    std::vector<std::uint64_t> out, expected;
    Stream s({Seed(8), n});
    s.each_below(n, 4001, [&](auto some) { out.insert(out.end(), some.begin(), some.end()); });
    EXPECT_EQ(s.bits(), Stream({Seed(8), n}).bits()) << "from blocks of their own";
    for (std::uint64_t block = 0, kept = 0; kept < 4001; ++block)
      for (std::uint64_t four : philox64({block, n, 0, std::uint64_t{255} << 24U}, {8, 0}))
        for (unsigned k = 0; k < 64 / bits && kept < 4001; ++k, four >>= bits) {
          const std::uint64_t product = four % size * n;
          expected.push_back(product % size >= size % n ? product / size : n);
          kept += expected.back() < n ? 1U : 0U;
        }
    EXPECT_EQ(out, expected) << n;
  }
  // Of 3 * 2^30 numbers three quarters of the words are kept; without the rest all thirds are as likely.
  constexpr std::uint32_t n = 3U << 30U;
  std::array<double, 4> thirds{};
  Stream({Seed(2), 5}).each_below(n, 300000, [&](auto some) {
    for (const std::uint32_t x : some) ++thirds.at(x >> 30U);
  });
  EXPECT_EQ(thirds[0] + thirds[1] + thirds[2], 300000) << "the others are n itself";
  for (std::size_t k = 0; k < 3; ++k) EXPECT_NEAR(thirds[k], 100000, 6.11 * std::sqrt(300000 * 2.0 / 9));
  Stream({Seed(2), 5}).each_below(0, 0, [](auto) { ADD_FAILURE() << "nothing was asked for"; });
}

TEST(Normal, HasItsShapeAndMoments) {
  Stream s = stream(3);
  constexpr int n = 400000;
  std::vector<double> cells(100), expected(100, n / 100.0);
  double m1 = 0, m2 = 0, m3 = 0, m4 = 0, lag = 0, before = 0;
  const boost::math::normal_distribution<> normal;
  for (int k = 0; k < n; ++k) {
    const double x = s.normal();
    cells[static_cast<std::size_t>(boost::math::cdf(normal, x) * 100)] += 1;
    m1 += x, m2 += x * x, m3 += x * x * x, m4 += x * x * x * x, lag += x * before;
    before = x;
  }
  EXPECT_GT(chi_square_p(cells, expected), false_alarm);
  const double root = std::sqrt(n);  // the variances of the sums are 1, 2, 15, 96 and 1 times n
  EXPECT_LT(std::abs(m1) / root, z_limit);
  EXPECT_LT(std::abs(m2 - n) / root / std::sqrt(2), z_limit);
  EXPECT_LT(std::abs(m3) / root / std::sqrt(15), z_limit);
  EXPECT_LT(std::abs(m4 - 3.0 * n) / root / std::sqrt(96), z_limit);
  EXPECT_LT(std::abs(lag) / root, z_limit);
}

TEST(Gamma, HasItsShapeForAllShapes) {
  std::uint64_t unit = 10;
  for (const double a : {0.01, 0.1, 0.5, 0.999, 1.0, 1.001, 2.0, 10.0, 100.0, 1000.0}) {
    Stream s = stream(unit++);
    constexpr int n = 60000;
    std::vector<double> cells(60), expected(60, n / 60.0);
    for (int k = 0; k < n; ++k) {
      const double log_x = s.log_gamma_variate(a);
      ASSERT_TRUE(std::isfinite(log_x)) << a;
      // Where the variable underflows its distribution function is x^a / Gamma(a + 1).
      const double p =
          log_x < -600 ? std::exp(a * log_x - std::lgamma(a + 1)) : boost::math::gamma_p(a, std::exp(log_x));
      cells[std::min<std::size_t>(59, static_cast<std::size_t>(p * 60))] += 1;
    }
    EXPECT_GT(chi_square_p(cells, expected), false_alarm) << "shape " << a;
  }
}

TEST(Dirichlet, HasItsMeansVariancesAndMargins) {
  const Row alpha{0.5, 2, 0, 30, 7.5};
  const double sum = 40;
  constexpr int n = 60000;
  Stream s = stream(30);
  Row out(5), mean(5), square(5);
  double product = 0;
  std::vector<std::vector<double>> cells(5, std::vector<double>(40));
  for (int k = 0; k < n; ++k) {
    s.dirichlet(alpha, out);
    double total = 0;
    for (std::size_t j = 0; j < 5; ++j) {
      total += out[j];
      if (j == 2) continue;
      mean[j] += out[j] / n;
      square[j] += out[j] * out[j] / n;
      const double p = boost::math::cdf(boost::math::beta_distribution<>(alpha[j], sum - alpha[j]), out[j]);
      cells[j][std::min<std::size_t>(39, static_cast<std::size_t>(p * 40))] += 1;
    }
    product += out[3] * out[4] / n;
    ASSERT_NEAR(total, 1, 4e-16);
    ASSERT_EQ(out[2], 0.0);
  }
  for (const std::size_t j : {0U, 1U, 3U, 4U}) {
    const double m = alpha[j] / sum, v = m * (1 - m) / (sum + 1);
    EXPECT_LT(std::abs(mean[j] - m) / std::sqrt(v / n), z_limit) << j;
    // Kurtosis of these Betas is below 15: the variance of the squared deviation is below 14 v^2.
    EXPECT_LT(std::abs(square[j] - mean[j] * mean[j] - v) / v, z_limit * std::sqrt(14.0 / n)) << j;
    EXPECT_GT(chi_square_p(cells[j], Row(40, n / 40.0)), false_alarm) << j;
  }
  const double covariance = -alpha[3] * alpha[4] / (sum * sum * (sum + 1));
  EXPECT_NEAR(product - mean[3] * mean[4], covariance, 0.05 * std::abs(covariance));
}

TEST(Dirichlet, TakesTinyWeightsAndRefusesNone) {
  Stream s = stream(31);
  const Row tiny{1e-5, 1e-5, 1e-5};
  Row out(3), mean(3);
  constexpr int n = 30000;
  for (int k = 0; k < n; ++k) {  // exp() of every one of these gammas underflows
    s.dirichlet(tiny, out);
    ASSERT_NEAR(out[0] + out[1] + out[2], 1, 1e-15);
    for (std::size_t j = 0; j < 3; ++j) mean[j] += out[j] / n;
  }
  for (const double m : mean) EXPECT_NEAR(m, 1.0 / 3, z_limit * std::sqrt(2.0 / 9 / n));
  s.dirichlet(Row{0, 3, 0}, out);
  EXPECT_EQ(out, (Row{0, 1, 0}));
  const std::string words = "found no possible outcome with weight above 0; expected at least one [E-ROW-EMPTY]";
  EXPECT_EQ(said<Refusal>([&] { s.dirichlet(Row{0, 0, 0}, out); }), words);
  EXPECT_EQ(said<Refusal>([&] { s.dirichlet(Row{nan, -1, 0}, out); }), words);
}

TEST(Binomial, IsExact) {
  std::uint64_t unit = 40;
  for (const std::uint64_t n : {5U, 40U, 41U, 1000U})
    for (const double p : {0.003, 0.2, 0.5, 0.97}) {
      Stream s = stream(unit++);
      constexpr int draws = 100000;
      std::vector<double> cells(n + 1), expected(n + 1);
      for (int k = 0; k < draws; ++k) cells.at(s.binomial(n, p)) += 1;
      const boost::math::binomial_distribution<> exact(static_cast<double>(n), p);
      for (std::size_t x = 0; x <= n; ++x) expected[x] = draws * boost::math::pdf(exact, static_cast<double>(x));
      EXPECT_GT(chi_square_p(cells, expected), false_alarm) << n << " at " << p;
    }
}

TEST(Binomial, KnowsItsEnds) {
  Stream s = stream(60);
  for (const std::uint64_t n : {0U, 1U, 40U, 1000000U}) {
    EXPECT_EQ(s.binomial(n, 0), 0U);
    EXPECT_EQ(s.binomial(n, -0.0), 0U);
    EXPECT_EQ(s.binomial(n, 1), n);
    EXPECT_EQ(s.binomial(n, 1 + 1e-16), n);
  }
  constexpr double n = 1e12, p = 0.3;  // far beyond what is tried one by one
  double sum = 0, squares = 0;
  constexpr int draws = 20000;
  for (int k = 0; k < draws; ++k) {
    const double x = (static_cast<double>(s.binomial(1'000'000'000'000ULL, p)) - n * p) / std::sqrt(n * p * (1 - p));
    sum += x;
    squares += x * x;
  }
  EXPECT_LT(std::abs(sum) / std::sqrt(draws), z_limit);
  EXPECT_LT(std::abs(squares - draws) / std::sqrt(2.0 * draws), z_limit);
}

TEST(Hypergeometric, IsExact) {
  std::uint64_t unit = 80;
  struct Urn {
    std::uint64_t taken, marked, all;
  };
  for (const Urn& u : {Urn{1, 1, 2}, Urn{3, 5, 8}, Urn{10, 4, 12}, Urn{30, 200, 1000}, Urn{900, 500, 1000}}) {
    Stream s = stream(unit++);
    constexpr int draws = 100000;
    std::vector<double> cells(u.marked + 1), expected(u.marked + 1);
    for (int k = 0; k < draws; ++k) cells.at(s.hypergeometric(u.taken, u.marked, u.all)) += 1;
    const boost::math::hypergeometric_distribution<> exact(
        static_cast<unsigned>(u.marked), static_cast<unsigned>(u.taken), static_cast<unsigned>(u.all));
    const std::uint64_t least = u.taken + u.marked > u.all ? u.taken + u.marked - u.all : 0;
    for (std::uint64_t x = least; x <= std::min(u.taken, u.marked); ++x)
      expected[x] = draws * boost::math::pdf(exact, static_cast<double>(x));
    EXPECT_GT(chi_square_p(cells, expected), false_alarm) << u.taken << " of " << u.all << ", " << u.marked;
  }
}

TEST(Hypergeometric, KnowsItsEnds) {
  Stream s = stream(90);
  EXPECT_EQ(s.hypergeometric(0, 5, 10), 0U);
  EXPECT_EQ(s.hypergeometric(5, 0, 10), 0U);
  EXPECT_EQ(s.hypergeometric(0, 0, 0), 0U);
  EXPECT_EQ(s.hypergeometric(10, 4, 10), 4U);
  EXPECT_EQ(s.hypergeometric(4, 10, 10), 4U);
  constexpr double taken = 3e8, marked = 2e8, all = 1e9;
  constexpr double mean = taken * marked / all, variance = mean * (1 - marked / all) * (all - taken) / (all - 1);
  double sum = 0, squares = 0;
  constexpr int draws = 400;
  for (int k = 0; k < draws; ++k) {
    const double x =
        (static_cast<double>(s.hypergeometric(300'000'000, 200'000'000, 1'000'000'000)) - mean) / std::sqrt(variance);
    sum += x;
    squares += x * x;
  }
  EXPECT_LT(std::abs(sum) / std::sqrt(draws), z_limit);
  EXPECT_LT(std::abs(squares - draws) / std::sqrt(2.0 * draws), z_limit);
}

TEST(Categorical, FollowsItsRow) {
  Stream s = stream(70);
  const Row p{0.05, 0, 0.6, 0.3, 0.05, 0};
  constexpr int n = 300000;
  Row cells(6), expected;
  for (const double x : p) expected.push_back(n * x);
  for (int k = 0; k < n; ++k) cells[s.categorical(p)] += 1;
  EXPECT_EQ(cells[1], 0);
  EXPECT_EQ(cells[5], 0);
  EXPECT_GT(
      chi_square_p({cells[0], cells[2], cells[3], cells[4]}, {expected[0], expected[2], expected[3], expected[4]}),
      false_alarm);
}

TEST(Categorical, NeverDrawsAStructuralZeroWhateverTheRounding) {
  Stream s = stream(71);
  // Half of these numbers are beyond the sum: they belong to the last possible move, not to the
  // last column.
  for (int k = 0; k < 1000; ++k) {
    const std::size_t j = s.categorical(Row{0, 0.25, 0.25, 0, 0});
    ASSERT_TRUE(j == 1 || j == 2);
    ASSERT_EQ(s.categorical(Row{0, 1e-300, 0}), 1U);
    ASSERT_LT(s.categorical(Row{0.5, 0.5 - 1e-16, 0}), 2U);
    ASSERT_LT(s.categorical(Row{0.5, 0.5 - 1e-16, nan}), 2U);
  }
  Row cells(2);
  for (int k = 0; k < 100000; ++k) cells[s.categorical(Row{0.5, 0.5 - 1e-16, 0})] += 1;
  EXPECT_GT(chi_square_p(cells, {50000, 50000}), false_alarm);
}

}  // namespace
}  // namespace random_test
