// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0

// Chains of textbooks, whose figures are fractions.

#include <cmath>
#include <string>
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

}  // namespace
}  // namespace textbook_test
