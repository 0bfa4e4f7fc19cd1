// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_MODEL_STRUCTURE_HPP
#define RUNGS_MODEL_STRUCTURE_HPP

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <rungs/model/kernel.hpp>

namespace rungs {

/// Which moves happen at all, whatever their rate: entry (i, j) is whether i to j has a probability above 0.
class MoveGraph {
 public:
  explicit MoveGraph(Ladder ladder) : ladder_(std::move(ladder)), edge_(ladder_.size() * ladder_.size()) {}
  /// The moves with a probability above 0 in any of the kernel's matrices.
  explicit MoveGraph(const Kernel& kernel) : MoveGraph(kernel.ladder()) {
    for (std::size_t m = 0; m < kernel.count(); ++m)
      for (std::size_t i = 0; i < size(); ++i)
        for (std::size_t j = 0; j < size(); ++j)
          if (kernel.view(m)(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) > 0) add(i, j);
  }
  [[nodiscard]] const Ladder& ladder() const noexcept { return ladder_; }
  [[nodiscard]] std::size_t size() const noexcept { return ladder_.size(); }
  [[nodiscard]] bool has(std::size_t from, std::size_t to) const noexcept { return edge_[from * size() + to] != 0; }
  void add(std::size_t from, std::size_t to) noexcept { edge_[from * size() + to] = 1; }

  /// The fewest moves from any of `from` to each stratum; -1 where no chain of moves leads.
  [[nodiscard]] std::vector<int> distances(const StratumSet& from) const {
    std::vector<int> distance(size(), -1);
    std::vector<std::size_t> queue = from.indices();
    for (const std::size_t i : queue) distance[i] = 0;
    for (std::size_t head = 0; head < queue.size(); ++head)
      for (std::size_t j = 0; j < size(); ++j)
        if (has(queue[head], j) && distance[j] < 0) {
          distance[j] = distance[queue[head]] + 1;
          queue.push_back(j);
        }
    return distance;
  }

 private:
  Ladder ladder_;
  std::vector<char> edge_;
};

/// Some strata that lead to each other, and whether nothing leads out of them.
struct CommunicatingClass {
  std::vector<std::size_t> members;
  bool closed = false;
};

/// The communicating classes, in the order of their lowest member.
///
/// Cost: O(n^3) on strata, by reachability; ladders are small.
[[nodiscard]] inline std::vector<CommunicatingClass> communicating_classes(const MoveGraph& graph) {
  const std::size_t n = graph.size();
  std::vector<std::vector<int>> reach;
  for (std::size_t i = 0; i < n; ++i) reach.push_back(graph.distances(graph.ladder().at(i)));
  std::vector<char> done(n);
  std::vector<CommunicatingClass> out;
  for (std::size_t i = 0; i < n; ++i) {
    if (done[i] != 0) continue;
    CommunicatingClass c;
    c.closed = true;
    for (std::size_t j = 0; j < n; ++j) {
      if (reach[i][j] >= 0 && reach[j][i] >= 0) {
        c.members.push_back(j);
        done[j] = 1;
      } else if (reach[i][j] >= 0) {
        c.closed = false;
      }
    }
    out.push_back(std::move(c));
  }
  return out;
}

/// Whether a target can be reached at all, and if not, which single moves are missing.
struct Reachability {
  bool reachable = false;
  int fewest_moves = -1;  ///< -1: not reachable
  /// Where not reachable: the moves that would open a way, of the smallest rise first to last, each a pair (from, to).
  std::vector<std::pair<std::size_t, std::size_t>> missing{};
};

/// Whether any chain of moves leads from some strata to a target; where none does, the missing moves of smallest rise.
///
/// A missing move leads from a stratum that can be reached to a stratum from which the target can.
/// Cost: O(n^2) for each stratum.
[[nodiscard]] inline Reachability reachability(const MoveGraph& graph, const StratumSet& from,
                                               const StratumSet& target) {
  const Ladder& ladder = graph.ladder();
  ladder.require_own(from);
  ladder.require_own(target);
  const std::vector<int> distance = graph.distances(from);
  Reachability out;
  for (const std::size_t j : target.indices())
    if (distance[j] >= 0 && (out.fewest_moves < 0 || distance[j] < out.fewest_moves)) out.fewest_moves = distance[j];
  out.reachable = out.fewest_moves >= 0;
  if (out.reachable) return out;
  int smallest = std::numeric_limits<int>::max();
  for (std::size_t i = 0; i < ladder.strata(); ++i) {
    if (distance[i] < 0) continue;
    for (std::size_t j = 0; j < ladder.strata(); ++j) {
      if (distance[j] >= 0 || ladder.group(i) != ladder.group(j)) continue;
      const std::vector<int> onward = graph.distances(ladder.at(j));
      if (std::none_of(target.indices().begin(), target.indices().end(), [&](std::size_t k) { return onward[k] >= 0; }))
        continue;
      const int rise = std::abs(ladder.height(j) - ladder.height(i));
      if (rise < smallest) out.missing.clear();
      smallest = std::min(smallest, rise);
      if (rise == smallest) out.missing.emplace_back(i, j);
    }
  }
  return out;
}

/// Why a target is not reached, in a sentence that names the missing moves, and whether the ladder has them.
[[nodiscard]] inline std::string why_unreachable(const Ladder& ladder, const StratumSet& from, const StratumSet& target,
                                                 const Reachability& r) {
  std::string moves;
  for (const auto& [i, j] : r.missing)
    moves += (moves.empty() ? "" : " or ") + detail::quoted(ladder.name(i)) + " -> " + detail::quoted(ladder.name(j));
  const bool possible = std::any_of(r.missing.begin(), r.missing.end(),
                                    [&](const auto& move) { return ladder.possible(move.first, move.second); });
  return std::string("no chain of ") + (possible ? "moves with a probability above 0" : "possible moves") +
         " leads from " + from.text() + " to " + target.text() +
         (moves.empty() ? std::string() : "; the missing move is " + moves) +
         (possible ? ", which is possible and was never seen, or is given as 0" : "");
}

}  // namespace rungs

#endif
