// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_OPTIMISE_ALLOCATE_HPP
#define RUNGS_OPTIMISE_ALLOCATE_HPP

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <rungs/core/ladder.hpp>
#include <rungs/core/quantity.hpp>
#include <rungs/intervene/programme.hpp>
#include <rungs/model/kernel.hpp>
#include <rungs/optimise/solve.hpp>
#include <rungs/project/population.hpp>

namespace rungs {

/// The most people who reach the target for a budget: money of the day the span starts, over all of it.
struct MostPeople {
  double budget = 0;
};

/// So many people more than without any programme, at the least cost.
struct LeastCost {
  double additional_people = 0;
};

/// At least and at most so many seats of a programme, beside those it says itself: in each period or in one, for people
/// of all strata together or of some.
struct SeatLimit {
  std::string programme;  ///< empty: of all programmes together
  std::optional<std::int64_t> period{};
  std::optional<StratumSet> from{};
  Heads most = Heads::unlimited();
  Heads least = Heads(0);
};

/// People of some strata get at least a share of all seats, of all programmes over the whole span.
struct MinimumShare {
  StratumSet from;
  Share share;
};

/// Of the additional people who reach the target, at least a share are of one group, by expectation at the point.
struct MinimumGain {
  std::string group;
  Share share;
};

/// A programme is held in full classes of so many seats; people of several strata sit in one unless `by_stratum`.
struct ClassSize {
  std::string programme;
  double seats = 1;
  bool by_stratum = false;
};

/// What an allocation of seats is to achieve, and within which limits.
///
/// `discount_rate` is the effective annual rate; costs fall due at the start of each period. What a programme costs in
/// each year it is held, whoever comes, counts in every period that has seats, and what it costs once in the first;
/// with `fixed_costs_paid` both are spent in any case and count nowhere.
struct AllocationRequest {
  std::variant<MostPeople, LeastCost> goal;
  double discount_rate = 0;
  std::vector<SeatLimit> limits{};
  std::vector<MinimumShare> shares{};
  std::vector<MinimumGain> gains{};
  std::vector<ClassSize> classes{};
  bool fixed_costs_paid = false;
};

/// Seats of a programme in one period for people of one stratum, and what they cost, discounted.
struct AllocatedSeats {
  std::size_t programme = 0;
  std::size_t step = 0;
  std::size_t stratum = 0;
  double seats = 0;
  double cost = 0;
};

/// A limit of an allocation, and what it is worth in people who reach the target (with LeastCost: in money saved).
///
/// `last` is lost with one unit less, `one_more` won with one unit more; `holds` are the sizes of the limit between
/// which they hold, absent where rounding hides it. Of a minimum share the unit is a seat more that is kept for these
/// people than the share says; of a minimum gain a person more of the group.
struct LimitValue {
  std::string limit;
  double size = 0;
  double used = 0;
  double last = 0;
  double one_more = 0;
  std::optional<Range> holds{};
};

/// Which seats to buy, and what comes of them.
///
/// `plan` has the programmes and their assigned seats: Projection and evaluate() count its people by them, in other
/// worlds too. `reached`, `additional` and `cost` are what the plan does at the point, in expectation and of the cohort
/// asked about. `bound` is the optimum of the linear programme: who would reach if nobody competed for posts. Without
/// posts that is `reached`, unless the best seats of a second course depend on whom the first one helped, not only on
/// who completed it: that cannot be seen (deadweight, substitution, displacement), so that the plan then deals seats
/// alike within each stratum and is improved by search. A minimum gain holds where neither is so. With posts no seats
/// of that cost can do better if `bound_holds`, which is known from prices where nobody is better off for finding no
/// post; `before_search` is what the seats of the linear programme do with posts. `money` is the worth of money, in
/// people for one unit of it; its `size` is the budget, or the least cost. Whole numbers (classes, costs of a year)
/// have no such values, and where posts bind they would be of a world in which nobody competes: `money` and `limits`
/// are then absent.
struct Allocation {
  Policy plan;
  std::vector<AllocatedSeats> seats{};  ///< by programme, period and stratum
  double cohort = 0;
  double baseline = 0;
  double reached = 0;
  double additional = 0;
  double cost = 0;
  double bound = 0;
  bool bound_holds = true;
  double reached_alike = 0;  ///< who would reach if the seats went to all in a stratum alike, whatever their history
  bool dealt_alike = false;  ///< whether the plan does that, since by what else to choose people cannot be seen
  std::optional<double> before_search{};
  std::optional<LimitValue> money{};
  std::vector<LimitValue> limits{};
  bool whole = false;       ///< found among whole numbers, by branch and bound
  bool degenerate = false;  ///< see LinearSolution
  bool unique = false;      ///< no other seats are as good; false where it is not known
};

/// Which seats should a budget buy, by programme, period and stratum: to reach the most people, or a number of
/// additional people at the least cost?
///
/// Seats go to people asked about who have not reached the target, since nobody else adds to the number; of those there
/// are, at most the share `offered` times `uptake` of a programme enrols in a period. Programmes are as in
/// Projection, their rationing aside, and count net of deadweight, substitution and displacement.
/// Exact as long as nobody competes for posts: people are then independent, and expected numbers linear in the seats,
/// which need not be whole and may depend on who took part in what before. With posts the linear answer is a bound; its
/// plan is projected with the posts and improved by local search, in which money moves from some seats to others for as
/// long as more people reach (no promise of the best). Throws what Projection and solve() throw; Refusal [E-ALLOCATE]
/// for a policy without programmes or with assigned seats, for a waiting list, for people in groups that nobody can
/// tell apart, for names that the policy or the ladder does not have, and for a minimum gain where seats are searched
/// for; [E-ALLOCATE-REACH] for more additional people than the
/// limits allow, naming these and the most that can be reached, [E-ALLOCATE-LIMITS] for limits that cannot hold
/// together; [E-COHORT] when nobody is asked about; DomainError [E-ALLOCATE] for a budget, number of people, class or
/// fixed cost that is not a number, 0 or more. Cost: a linear programme with a column for each period, track and
/// stratum from which people may still enrol, and up to four short ones for each limit that is valued; with whole
/// numbers exponential at worst. Method: SeatPlan; tracks from which no programme can be entered any more are summed up
/// to their probability of reaching the target.
[[nodiscard]] Allocation allocate(const Kernel& point, const Population& population, const Question& question,
                                  const Policy& programmes, const AllocationRequest& request);

}  // namespace rungs

#endif
