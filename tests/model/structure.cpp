// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/model/structure.hpp>

#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <rungs/core/random.hpp>

#include "../core/message.hpp"

namespace structure_test {
namespace {

using namespace rungs;
using rungs_test::code_of;
using Indices = std::vector<std::size_t>;
using Moves = std::vector<std::pair<std::size_t, std::size_t>>;

const Ladder five = Ladder::parse("a < b < c < d < e");

MoveGraph graph_of(const Ladder& ladder, const Moves& moves) {
  MoveGraph g(ladder);
  for (const auto& [i, j] : moves) g.add(i, j);
  return g;
}

TEST(MoveGraph, HasTheMovesAboveZeroOfAnyPeriod) {
  const Ladder two = Ladder::parse("a < b");
  Matrix p(2, 2), q = Matrix::Identity(2, 2);
  p << 1 - 1e-300, 1e-300, 0, 1;
  EXPECT_TRUE(MoveGraph(Kernel(TransitionMatrix(two, p))).has(0, 1));  // rare is not impossible
  EXPECT_FALSE(MoveGraph(Kernel(TransitionMatrix(two, q))).has(0, 1));
  const MoveGraph both(Kernel(Period(0), {TransitionMatrix(two, q), TransitionMatrix(two, p)}));
  EXPECT_TRUE(both.has(0, 1) && both.has(0, 0));
  EXPECT_FALSE(both.has(1, 0));
}

TEST(MoveGraph, CountsTheFewestMoves) {
  const MoveGraph g = graph_of(five, {{0, 1}, {1, 2}, {2, 0}, {0, 3}, {3, 3}});
  EXPECT_EQ(g.distances(five["a"]), (std::vector<int>{0, 1, 2, 1, -1}));
  EXPECT_EQ(g.distances(five["e"]), (std::vector<int>{-1, -1, -1, -1, 0}));
  EXPECT_EQ(g.distances(five.set_of({1, 4})), (std::vector<int>{2, 0, 1, 3, 0}));
}

TEST(CommunicatingClasses, AreThoseOfATextbookChain) {
  // {a, c} closed, {b} open, {d, e} open and leading to both.
  const auto classes = communicating_classes(graph_of(five, {{0, 2}, {2, 0}, {1, 0}, {3, 4}, {4, 3}, {4, 1}}));
  ASSERT_EQ(classes.size(), 3U);
  EXPECT_EQ(classes[0].members, (Indices{0, 2}));
  EXPECT_TRUE(classes[0].closed);
  EXPECT_EQ(classes[1].members, (Indices{1}));
  EXPECT_FALSE(classes[1].closed);
  EXPECT_EQ(classes[2].members, (Indices{3, 4}));
  EXPECT_FALSE(classes[2].closed);
}

TEST(CommunicatingClasses, AgreeWithAllPairsOnRandomGraphs) {
  Stream s({Seed(1), 1});
  for (int trial = 0; trial < 300; ++trial) {
    const std::size_t n = 1 + s.below(9);
    Ladder::Builder b = Ladder::builder();
    for (std::size_t k = 0; k < n; ++k) b.rung(std::to_string(k));
    MoveGraph g(b.build());
    std::vector<std::vector<int>> d(n, std::vector<int>(n, 1000));  // Floyd and Warshall
    for (std::size_t i = 0; i < n; ++i) d[i][i] = 0;
    for (std::size_t k = s.below(2 * n + 1); k > 0; --k) {
      const std::size_t i = s.below(n), j = s.below(n);
      g.add(i, j);
      d[i][j] = std::min(d[i][j], 1);
    }
    for (std::size_t k = 0; k < n; ++k)
      for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < n; ++j) d[i][j] = std::min(d[i][j], d[i][k] + d[k][j]);
    std::vector<int> member(n);
    std::size_t lowest = 0;
    for (const CommunicatingClass& c : communicating_classes(g)) {
      ASSERT_GE(c.members.front(), lowest);
      lowest = c.members.front();
      bool closed = true;
      for (const std::size_t i : c.members) {
        ++member[i];
        for (std::size_t j = 0; j < n; ++j) {
          const bool same = std::find(c.members.begin(), c.members.end(), j) != c.members.end();
          ASSERT_EQ(same, d[i][j] < 1000 && d[j][i] < 1000);
          closed = closed && (same || d[i][j] == 1000);
        }
      }
      ASSERT_EQ(c.closed, closed);
    }
    ASSERT_EQ(member, std::vector<int>(n, 1));
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < n; ++j) {
        const Reachability r = reachability(g, g.ladder().at(i), g.ladder().at(j));
        ASSERT_EQ(r.reachable, d[i][j] < 1000);
        ASSERT_EQ(r.fewest_moves, d[i][j] < 1000 ? d[i][j] : -1);
        ASSERT_TRUE(r.reachable ? r.missing.empty() : !r.missing.empty());
        for (const auto& [from, to] : r.missing) {  // each of them opens a way
          MoveGraph opened = g;
          opened.add(from, to);
          ASSERT_TRUE(reachability(opened, g.ladder().at(i), g.ladder().at(j)).reachable);
        }
      }
  }
}

TEST(Reachability, NamesTheMissingMovesOfSmallestRise) {
  // A worker gets to senior technician and no further; entrepreneur and designer are on the rung
  // above.
  const Ladder ladder = Ladder::parse("worker < technician < senior < entrepreneur, designer | left");
  const MoveGraph g = graph_of(ladder, {{0, 1}, {1, 2}, {3, 4}, {0, 5}});
  const Reachability r = reachability(g, ladder["worker"], ladder["designer"]);
  EXPECT_FALSE(r.reachable);
  EXPECT_EQ(r.fewest_moves, -1);
  EXPECT_EQ(r.missing, (Moves{{2, 3}, {2, 4}}));
  EXPECT_EQ(why_unreachable(ladder, ladder["worker"], ladder["designer"], r),
            "no chain of moves with a probability above 0 leads from 'worker' to 'designer'; the missing move is "
            "'senior' -> 'entrepreneur' "
            "or 'senior' -> 'designer', which is possible and was never seen, or is given as 0");
  const Reachability there = reachability(g, ladder["worker"], ladder.set_of({2, 3}));
  EXPECT_TRUE(there.reachable);
  EXPECT_EQ(there.fewest_moves, 2);
  EXPECT_EQ(reachability(g, ladder["worker"], ladder["worker"]).fewest_moves, 0);
  EXPECT_TRUE(reachability(g, ladder["worker"], ladder["left"]).reachable);
  // From an exit nothing can be opened.
  const Reachability gone = reachability(g, ladder["left"], ladder["worker"]);
  EXPECT_FALSE(gone.reachable);
  EXPECT_TRUE(gone.missing.empty());
  EXPECT_EQ(why_unreachable(ladder, ladder["left"], ladder["worker"], gone),
            "no chain of possible moves leads from 'left' to 'worker'");
  EXPECT_EQ(code_of([&] { (void)reachability(g, five["a"], ladder["left"]); }), "E-LADDER-OTHER");
  EXPECT_EQ(code_of([&] { (void)reachability(g, ladder["left"], five["a"]); }), "E-LADDER-OTHER");
}

}  // namespace
}  // namespace structure_test
