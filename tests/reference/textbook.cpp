// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0

// Chains of textbooks, whose figures are fractions.

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <rungs/measure/embedding.hpp>
#include <rungs/measure/long_run.hpp>

#include "certified.hpp"

namespace textbook_test {
namespace {

using namespace rungs;
using namespace rungs_test;

const std::string book = "Grinstead and Snell (1997), Introduction to Probability, chapter 11";

std::vector<double> numbers(const Matrix& m) { return {m.data(), m.data() + m.size()}; }
std::vector<double> numbers(const Vector& v) { return {v.data(), v.data() + v.size()}; }

TEST(Textbook, LandOfOz) {
  const TransitionMatrix p(Ladder::parse("rain < nice < snow"),
                           (Matrix(3, 3) << .5, .25, .25, .5, 0, .5, .25, .25, .5).finished());
  certify(book, "Land of Oz: long-run law", {".4", ".2", ".4"}, std::vector<long double>{.4L, .2L, .4L},
          numbers(stationary_law(p)));
  const Matrix m = mean_first_passage(p);
  certify(book, "Land of Oz: mean first passage times, rain to nice and to snow, nice to rain, snow to nice",
          {"4", "3.333", "2.667", "4"}, std::vector<long double>{4, 10 / 3.L, 8 / 3.L, 4},
          std::vector<double>{m(0, 1), m(0, 2), m(1, 0), m(2, 1)});
}

TEST(Textbook, DrunkardsWalk) {
  const Ladder ladder = Ladder::parse("first < second < third | home, bar");
  Matrix p = Matrix::Zero(5, 5);
  p(0, 1) = p(0, 3) = p(1, 0) = p(1, 2) = p(2, 1) = p(2, 4) = .5;
  p(3, 3) = p(4, 4) = 1;
  const TransitionMatrix walk(ladder, p);
  certify(book, "drunkard's walk: visits before the end, by start", {"1.5", "1", ".5", "1", "2", "1", ".5", "1", "1.5"},
          std::vector<long double>{1.5L, 1, .5L, 1, 2, 1, .5L, 1, 1.5L}, numbers(fundamental_matrix(walk)));
  const TimeOnLadder time = time_on_ladder(walk);
  certify(book, "drunkard's walk: mean steps to the end", {"3", "4", "3"}, std::vector<long double>{3, 4, 3},
          numbers(time.mean));
  certify(book, "drunkard's walk: variance of the steps", {"8", "8", "8"}, std::vector<long double>{8, 8, 8},
          numbers(time.variance));
  certify(book, "drunkard's walk: ends at either side", {".75", ".25", ".5", ".5", ".25", ".75"},
          std::vector<long double>{.75L, .25L, .5L, .5L, .25L, .75L}, numbers(exit_probabilities(walk)));
}

TEST(Textbook, ErlangLadder) {
  Matrix q = Matrix::Zero(4, 4);
  for (Eigen::Index i = 0; i < 3; ++i) {
    q(i, i) = -.1;
    q(i, i + 1) = .1;
  }
  const Matrix p = moves_at(Ladder::parse("a < b < c < d"), q, 10).matrix();
  const long double e = std::exp(-1.0L);
  certify("closed form", "three rungs at a rate of 0.1 each: where people are after 10 years",
          {".36787944", ".36787944", ".18393972", ".08030140"}, std::vector<long double>{e, e, e / 2, 1 - 2.5L * e},
          std::vector<double>{p(0, 0), p(0, 1), p(0, 2), p(0, 3)});
}

/// How many of `people` take the second of two conventions, where one at a time chooses anew: the best answer to the
/// others, the second once more than `threshold` of them do, or either by mistake, at `mistakes` by chance. By Kandori,
/// Mailath and Rob (1993), with one choice a step.
Matrix conventions(int people, long double threshold, long double mistakes) {
  const auto chance = [&](bool of_second, int others) {  // to choose it when so many of the others have the second
    const bool best = others / static_cast<long double>(people - 1) > threshold;
    return best == of_second ? 1 - mistakes / 2 : mistakes / 2;
  };
  Matrix out = Matrix::Zero(people + 1, people + 1);
  for (int n = 0; n <= people; ++n) {
    const long double part = n / static_cast<long double>(people);
    const long double down = n == 0 ? 0 : part * chance(false, n - 1),
                      up = n == people ? 0 : (1 - part) * chance(true, n);
    if (n > 0) out(n, n - 1) = static_cast<double>(down);
    if (n < people) out(n, n + 1) = static_cast<double>(up);
    out(n, n) = static_cast<double>(1 - down - up);
  }
  return out;
}

/// The long-run law of a chain that moves to neighbours alone, from the balance between each two.
std::vector<long double> balanced(const Matrix& p) {
  std::vector<long double> out{1};
  long double total = 1;
  for (Eigen::Index n = 1; n < p.rows(); ++n) total += out.emplace_back(out.back() * p(n - 1, n) / p(n, n - 1));
  for (long double& x : out) x /= total;
  return out;
}

TEST(Textbook, ConventionsThatHardlyEverChange) {
  const std::string model = "Kandori, Mailath and Rob (1993), as in the tests of QuantEcon";
  for (const auto& [people, mistakes] : {std::pair{3, 1e-14}, std::pair{27, 1e-2}}) {
    const Matrix p = conventions(people, 1 / 3.L, mistakes);
    std::string names = "0";
    for (int n = 1; n <= people; ++n) names += " < " + std::to_string(n);
    const Vector law = stationary_law(TransitionMatrix(Ladder::parse(names), p));
    EXPECT_NEAR(law.sum(), 1, 1e-15);
    EXPECT_GE(law.minCoeff(), 0);
    EXPECT_LE((p.transpose() * law - law).cwiseAbs().maxCoeff(), 1e-15);
    const std::vector<long double> by_balance = balanced(p);
    for (Eigen::Index n = 0; n < law.size(); ++n) {
      const auto exact = static_cast<double>(by_balance[static_cast<std::size_t>(n)]);
      EXPECT_NEAR(law[n], exact, 1e-14 * exact) << people << " people, " << n << " of the second";
    }
    if (people != 3) continue;
    const long double odds = (mistakes / 2) / (1 - mistakes / 2.L), total = (1 + odds) * (1 + 3 * odds);
    certify(model, "three people, mistakes 1e-14 by chance: long-run law of how many take the second convention",
            {"5e-15", "7.5e-29", "1.5e-14", "1"},
            std::vector<long double>{odds / total, 3 * odds * odds / total, 3 * odds / total, 1 / total}, numbers(law));
  }
}

}  // namespace
}  // namespace textbook_test
