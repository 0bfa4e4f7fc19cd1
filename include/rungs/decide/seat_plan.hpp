// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_DECIDE_SEAT_PLAN_HPP
#define RUNGS_DECIDE_SEAT_PLAN_HPP

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <rungs/core/quantity.hpp>
#include <rungs/decide/linear_programme.hpp>
#include <rungs/model/transition_matrix.hpp>

namespace rungs {

/// A class of people in one period, by its place among the nodes of one SeatPlan: a stratum on one track through
/// programmes, or a grade of staff.
class Node {
 public:
  explicit Node(std::size_t index) noexcept : index_(index) {}
  [[nodiscard]] std::size_t index() const noexcept { return index_; }
  friend bool operator==(const Node&, const Node&) = default;

 private:
  std::size_t index_;
};

/// Where a share of some people goes.
struct Arrival {
  Node at;
  Share share = Share(1);
};

/// Whom to move where in which period, when people then move on at their own rates: the linear programme of it.
///
/// At the start of a period people are moved by decision along flows (a seat in a programme, training, recruitment,
/// redundancy); whoever then stands at a node is carried over to nodes of later periods in fixed shares. Heads of a
/// node are a column, 0 or more, counted after the moves by decision, so that nobody is moved who is not there:
///
///     heads = those there anyway + carried over + arriving along flows - leaving along flows
///
/// That balance is a row; its shadow price is what one more person there is worth. People are independent of one
/// another and need not be whole, and expected heads are linear in the decisions: the plan is exact as long as nobody
/// competes for posts.
/// People through programmes: a node for each track, stratum and period; enrolling is a flow from the untrained track
/// to the trained one (completers) and to the one of those who dropped out; `value` of the nodes at the horizon, or of
/// the trained nodes from which no further decision is made, is the probability of reaching the target from there.
/// Everything else a question needs (budgets, shares, further columns in a balance) goes directly into programme().
/// Throws Refusal [E-LP-HANDLE] for a node that is not of this plan, [E-FLOW-TIME] for people sent to an earlier
/// period, [E-FLOW-TWICE] when those of one node are carried over twice; DomainError [E-FLOW-SHARE] when shares of the
/// same people sum to more than 1. What the shares leave below 1 leaves the plan (wastage, exits).
class SeatPlan {
 public:
  explicit SeatPlan(Sense sense) noexcept : programme_(sense) {}

  /// People of one class in one period, with the heads that are there anyway, and what the objective counts for each.
  Node node(const std::string& name, std::size_t period, Heads anyway = Heads(0), double value = 0) {
    const Column heads = programme_.column("heads: " + name, value);
    const Row balance = programme_.row("balance: " + name, Bounds::exactly(finite(anyway)), {{heads, 1}});
    nodes_.push_back({period, heads, balance, false});
    return Node(nodes_.size() - 1);
  }

  /// Those who stand at a node at the end of its moves by decision go on in these shares.
  void carry(Node from, const std::vector<Arrival>& to) {
    NodeData& node = of(from);
    const std::string& name = programme_.name(node.heads);
    check(name, node.period + 1, to);
    if (node.carried)
      throw Refusal("E-FLOW-TWICE", "found people of " + detail::quoted(name) + " carried over twice; expected once");
    node.carried = true;
    arrive(node.heads, to);
  }
  /// The same for several nodes: entry (i, j) is P(at `to[j]` next | at `from[i]` now); rows may sum to less than 1.
  ///
  /// Throws Refusal [E-SHAPE] for a matrix of another shape.
  void carry(const std::vector<Node>& from, const Matrix& moves, const std::vector<Node>& to) {
    if (static_cast<std::size_t>(moves.rows()) != from.size() || static_cast<std::size_t>(moves.cols()) != to.size())
      throw Refusal("E-SHAPE", "found a matrix of " + std::to_string(moves.rows()) + " by " +
                                   std::to_string(moves.cols()) + "; expected " + std::to_string(from.size()) + " by " +
                                   std::to_string(to.size()) + ", the nodes");
    for (std::size_t i = 0; i < from.size(); ++i) {
      std::vector<Arrival> arrivals;
      for (std::size_t j = 0; j < to.size(); ++j) {
        const double p = moves(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j));
        if (p != 0) arrivals.push_back({to[j], Share(p)});
      }
      carry(from[i], arrivals);
    }
  }

  /// A decision: heads that leave a node (nobody's, for recruits) and arrive in shares (nowhere, for redundancies),
  /// each at a cost in the objective. The column is the number of heads that leave.
  Column flow(const std::string& name, std::optional<Node> from, const std::vector<Arrival>& to, double cost = 0,
              Heads most = Heads::unlimited()) {
    check(name, from ? of(*from).period : 0, to);
    const Column heads = programme_.column(name, cost, {0, most.value()});
    if (from) programme_.add(balance(*from), {heads, 1});
    arrive(heads, to);
    return heads;
  }

  /// A limit on the seats that some flows take: its shadow price is what one more seat is worth.
  Row seats(const std::string& name, const std::vector<Column>& takers, Heads most) {
    const Row row = programme_.row(name, Bounds::at_most(most.value()));
    for (const Column taker : takers) programme_.add(row, {taker, 1});
    return row;
  }
  /// As many seats as a share of the heads of a node after the moves of its period, such as one for four teachers.
  Row seats(const std::string& name, const std::vector<Column>& takers, double per_head, Node of) {
    const Row row = seats(name, takers, Heads(0));
    programme_.add(row, {heads(of), -per_head});
    return row;
  }

  /// How many heads are to stand at some nodes together.
  Row need(const std::string& name, const std::vector<Node>& at, Bounds heads_needed) {
    const Row row = programme_.row(name, heads_needed);
    for (const Node node : at) programme_.add(row, {heads(node), 1});
    return row;
  }

  [[nodiscard]] Column heads(Node node) const { return of(node).heads; }
  [[nodiscard]] Row balance(Node node) const { return of(node).balance; }
  [[nodiscard]] std::size_t period(Node node) const { return of(node).period; }
  [[nodiscard]] std::size_t nodes() const noexcept { return nodes_.size(); }
  [[nodiscard]] const LinearProgramme& programme() const noexcept { return programme_; }
  [[nodiscard]] LinearProgramme& programme() noexcept { return programme_; }

 private:
  struct NodeData {
    std::size_t period;
    Column heads;
    Row balance;
    bool carried;
  };

  static double finite(Heads anyway) {
    if (anyway.is_unlimited())
      throw Refusal("E-HEADS", "found unlimited people at a node; expected a number of people");
    return anyway.value();
  }
  void check(const std::string& name, std::size_t earliest, const std::vector<Arrival>& to) const {
    double sum = 0;
    for (const Arrival& arrival : to) {
      sum += arrival.share.value();
      if (of(arrival.at).period < earliest)
        throw Refusal("E-FLOW-TIME", "found " + detail::quoted(name) + " that leads to " +
                                         detail::quoted(programme_.name(heads(arrival.at))) + " of period " +
                                         std::to_string(of(arrival.at).period) + "; expected period " +
                                         std::to_string(earliest) + " or later");
    }
    if (!(sum <= 1 + 1e-12 * static_cast<double>(to.size())))
      throw DomainError(
          "E-FLOW-SHARE",
          "found shares of " + detail::quoted(name) + " that sum to " + detail::text(sum) + "; expected at most 1",
          sum);
  }
  void arrive(Column leaving, const std::vector<Arrival>& to) {
    for (const Arrival& arrival : to) programme_.add(balance(arrival.at), {leaving, -arrival.share.value()});
  }
  template <class Nodes>
  static auto& find(Nodes& nodes, Node node) {
    if (!(node.index() < nodes.size()))
      throw Refusal("E-LP-HANDLE", "found node " + std::to_string(node.index()) + " of another plan; expected one of " +
                                       std::to_string(nodes.size()) + ", counted from 0");
    return nodes[node.index()];
  }
  [[nodiscard]] const NodeData& of(Node node) const { return find(nodes_, node); }
  [[nodiscard]] NodeData& of(Node node) { return find(nodes_, node); }

  LinearProgramme programme_;
  std::vector<NodeData> nodes_{};
};

}  // namespace rungs

#endif
