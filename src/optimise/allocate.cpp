// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/optimise/allocate.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <tuple>
#include <utility>

#include <rungs/decide/seat_plan.hpp>
#include <rungs/detail/policy_run.hpp>
#include <rungs/measure/discount.hpp>
#include <rungs/project/projection.hpp>

namespace rungs {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

double amount(double x, const char* what) {
  if (!(x >= 0 && x < 1e15))
    throw DomainError("E-ALLOCATE",
                      std::string("found ") + what + " of " + detail::text(x) + "; expected a number, 0 or more", x);
  return x;
}

/// Seats that can be bought for those of one stratum on one track: a column.
struct Seats {
  std::size_t programme, step, track, stratum;
  double each;  // what one costs, discounted
  Column heads;
};

/// The linear programme of a goal.
struct Linear {
  SeatPlan plan;
  std::vector<Seats> seats{};
  std::vector<Term> people{}, money{};
  std::vector<std::size_t> group_of{};  // of each of the people
  std::vector<Row> limits{}, uptakes{};
  std::map<std::size_t, const MinimumGain*> gains{};  // by row: those of the limits that are of people who reach
  std::optional<Row> goal{};                          // the budget, or the people to reach
  std::map<std::tuple<std::size_t, std::size_t, std::size_t>, Node> nodes{};  // by period, track and stratum
  std::map<std::size_t, std::vector<Column>> set_up{};  // by programme: whether in each period so far
  bool whole = false;
};

/// An allocation on its way.
class Allocating {
 public:
  Allocating(const Kernel& point, const Population& population, const Question& question, const Policy& programmes,
             const AllocationRequest& request)
      : point_(point),
        population_(population),
        request_(request),
        rate_(request.discount_rate),
        policy_(checked(programmes, request, point.ladder())),
        plan_(point, Population(population.start(), population.at(), population.inflow()), question, policy_,
              Count::net) {
    if (population.unseen_groups() != nullptr)
      throw Refusal("E-ALLOCATE",
                    "found people of kinds that nobody can tell apart; expected groups that can be seen: the best "
                    "seats would be for one kind, and nobody could give them to it");
    for (const std::size_t i : question.from.indices())
      cohort_ += population.start().heads()[static_cast<Eigen::Index>(i)];
    if (!(cohort_ > 0))
      throw Refusal("E-COHORT",
                    "found nobody who starts in " + question.from.text() + "; expected people to ask about");
    const Ladder& ladder = point.ladder();
    for (std::size_t i = 0; i < ladder.size(); ++i)
      open_.push_back(!ladder.is_exit(i) && !question.target.contains(i) ? 1 : 0);
    look_ahead();
  }

  [[nodiscard]] Allocation answer() {
    const auto* most = std::get_if<MostPeople>(&request_.goal);
    Linear linear =
        most != nullptr ? most_people(most->budget) : least_cost(std::get<LeastCost>(request_.goal).additional_people);
    SolveOptions options{std::vector<Row>(), std::vector<Column>()};
    if (!linear.whole) {
      options.price = linear.limits;
      if (linear.goal) options.price->push_back(*linear.goal);
    }
    const LinearSolution solution = [&] {
      try {
        return solve(linear.plan.programme(), options);
      } catch (const Infeasible& e) {
        refuse_unreachable(linear, e);
      }
    }();
    Allocation out;
    out.cohort = cohort_;
    out.whole = linear.whole;
    out.degenerate = solution.degenerate;
    out.unique = solution.unique;
    out.bound = already() + outside();
    for (const Term& t : linear.people) out.bound += t.factor * solution[t.column].value;
    std::vector<double> seats = of(linear, solution);
    // Where money is left over, seats that add nobody would be as good: the best at the least cost.
    if (most != nullptr && (linear.whole || !(solution[*linear.goal].shadow_price_of_last > 0))) {
      const Linear cheapest = least_cost(out.bound * (1 - 1e-12) - already() - without());
      try {
        seats = of(cheapest, solve(cheapest.plan.programme(), {std::vector<Row>(), std::vector<Column>()}));
      } catch (const Refusal& e) {  // by rounding: then the first answer stands
        if (e.code() != "E-LP-INFEASIBLE" && e.code() != "E-LP-NUMERIC") throw;
      }
    }
    const bool posts = !population_.posts().empty();
    if (posts && !request_.gains.empty()) refuse_gains("people compete for posts");
    deals_alike_ = cannot_be_seen() && (posts || projected(linear, seats, true).reached() < out.bound - 1e-9 * cohort_);
    if (deals_alike_ && !request_.gains.empty())
      refuse_gains("seats are dealt alike, since whom a programme helped cannot be seen");
    if (posts || deals_alike_) {
      out.bound_holds = !posts || (!linear.whole && nobody_gains_from_finding_no_post(linear, solution));
      out.before_search = projected(linear, seats, deals_alike_).reached();
      improve(linear, seats);
      if (most == nullptr) ask_for_more(linear, seats);
    }
    // The prices are those of a world without competition: where posts bind they would promise people who cannot move.
    if (!linear.whole && !(out.before_search && *out.before_search < out.bound - 1e-9 * cohort_))
      value_limits(linear, seats, solution, out);
    report(linear, seats, out);
    return out;
  }

 private:
  using Index = Eigen::Index;

  [[nodiscard]] static const Programme& named(const Policy& policy, const std::string& name) {
    std::vector<std::string> known;
    for (const Programme& p : policy.programmes) {
      if (p.name() == name) return p;
      known.push_back(p.name());
    }
    throw Refusal("E-ALLOCATE",
                  "found a limit for " + detail::quoted(name) + "; expected one of " + detail::listed(known));
  }
  [[nodiscard]] static Policy checked(Policy policy, const AllocationRequest& request, const Ladder& ladder) {
    if (policy.programmes.empty())
      throw Refusal("E-ALLOCATE", "found no programme; expected one or more whose seats can be bought");
    if (!policy.assigned.empty())
      throw Refusal("E-ALLOCATE", "found seats that are assigned already; expected programmes without");
    if (const auto* most = std::get_if<MostPeople>(&request.goal))
      (void)amount(most->budget, "a budget");
    else
      (void)amount(std::get<LeastCost>(request.goal).additional_people, "additional people");
    for (const SeatLimit& limit : request.limits) {
      if (!limit.programme.empty()) (void)named(policy, limit.programme);
      if (limit.from) ladder.require_own(*limit.from);
      (void)amount(limit.least.value(), "least seats");
    }
    for (const ClassSize& size : request.classes) {
      (void)named(policy, size.programme);
      if (!(amount(size.seats, "classes") > 0))
        throw DomainError("E-ALLOCATE", "found classes of 0 seats; expected a number above 0", size.seats);
    }
    for (Programme& p : policy.programmes) {
      if (p.terms().waiting_list)
        throw Refusal("E-ALLOCATE", "found a waiting list of " + detail::quoted(p.name()) +
                                        "; expected programmes without, since every seat is assigned to somebody");
      (void)amount(p.terms().fixed_cost_per_year.value(), "a cost of each year");
      (void)amount(p.terms().cost_once.value(), "a one-off cost");
      if (!request.fixed_costs_paid || p.terms().fixed_cost_per_year.value() + p.terms().cost_once.value() == 0)
        continue;
      Programme::Terms terms = p.terms();
      terms.fixed_cost_per_year = terms.cost_once = 0;
      p = p.on(std::move(terms));
    }
    return policy;
  }

  [[nodiscard]] std::string when(std::size_t t) const { return " in period " + std::to_string(label(t)); }
  [[nodiscard]] std::int64_t label(std::size_t t) const {
    return point_.step().after(population_.at(), static_cast<std::int64_t>(t)).label();
  }
  [[nodiscard]] double worth(std::size_t t, std::size_t track, std::size_t i) const {
    return worth_[t](static_cast<Index>(track), static_cast<Index>(i));
  }

  /// From the horizon backwards: the probability of reaching the target from each track and stratum without another
  /// programme, and whether another one may follow.
  void look_ahead() {
    const std::size_t steps = plan_.steps(), n = open_.size(), programmes = policy_.programmes.size();
    const Tracks& ways = plan_.ways();
    const auto tracks = static_cast<Index>(ways.size());
    worth_.assign(steps + 1, Matrix::Zero(tracks, static_cast<Index>(n)));
    decides_.assign(steps + 1, std::vector<char>(ways.size()));
    moves_.resize(steps);
    for (std::size_t t = steps; t-- > 0;) {
      moves_[t] = plan_.moves(point_, Draw::point(), t);
      for (std::size_t p = 0; p < programmes; ++p)
        if (!policy_.programmes[p].nobody_enrols())
          for (const Tracks::Enrolment& way : ways.enrolments(t, p)) decides_[t][way.from] = 1;
      for (std::size_t k = 0; k < ways.present(t).size(); ++k) {
        const Tracks::Present& one = ways.present(t)[k];
        for (const auto* all : {&one.stay, &one.move})
          for (const Tracks::Later& l : *all)
            if (decides_[t + 1][l.track] != 0) decides_[t][one.track] = 1;
        for (std::size_t i = 0; i < n; ++i)
          if (open_[i] != 0)
            worth_[t](static_cast<Index>(one.track), static_cast<Index>(i)) =
                onwards(one, moves_[t][k], t, i, [](std::size_t, std::size_t, double) { return false; });
      }
    }
  }
  /// What one person of a track and stratum brings in the step that starts in a period and later, but for the parts
  /// that `go_on(track, stratum, share)` takes on.
  template <class GoOn>
  [[nodiscard]] double onwards(const Tracks::Present& one, const Matrix& moves, std::size_t t, std::size_t i,
                               const GoOn& go_on) const {
    double sum = 0;
    for (std::size_t j = 0; j < open_.size(); ++j) {
      const double p = moves(static_cast<Index>(i), static_cast<Index>(j));
      if (p == 0) continue;
      if (plan_.question().target.contains(j)) sum += p;
      if (open_[j] == 0) continue;
      for (const Tracks::Later& l : j == i ? one.stay : one.move)
        if (!go_on(l.track, j, p * l.share)) sum += p * l.share * worth(t + 1, l.track, j);
    }
    return sum;
  }
  /// People who are in the target when it starts.
  [[nodiscard]] double already() const {
    double sum = 0;
    for (const std::size_t i : plan_.question().from.indices())
      if (plan_.question().target.contains(i)) sum += population_.start().heads()[static_cast<Index>(i)];
    return sum;
  }
  /// Others who reach without any programme: all of them, or those of a group.
  [[nodiscard]] double without(std::optional<std::size_t> group = {}) const {
    double sum = 0;
    for (const std::size_t i : plan_.question().from.indices())
      if (open_[i] != 0 && group.value_or(point_.ladder().group(i)) == point_.ladder().group(i))
        sum += population_.start().heads()[static_cast<Index>(i)] * worth(0, 0, i);
    return sum;
  }

  /// Those of them who are no part of the linear programme, since no programme is ever open.
  [[nodiscard]] double outside() const { return decides_[0][0] != 0 ? 0 : without(); }

  [[nodiscard]] std::size_t group_of(const MinimumGain& least) const {
    const std::vector<std::string>& groups = point_.ladder().groups();
    const auto at = std::find(groups.begin(), groups.end(), least.group);
    if (at == groups.end())
      throw Refusal("E-ALLOCATE", "found a share of the additional people for the group " +
                                      detail::quoted(least.group) + "; expected " +
                                      (groups.empty() ? "people in groups" : "one of " + detail::listed(groups)));
    return static_cast<std::size_t>(at - groups.begin());
  }
  [[noreturn]] void refuse_gains(const std::string& where) const {
    throw Refusal("E-ALLOCATE", "found a share of the additional people for the group " +
                                    detail::quoted(request_.gains.front().group) + ", where " + where +
                                    "; expected none there: seats are searched for, within limits of seats alone");
  }

  // --- the linear programme

  [[nodiscard]] Linear most_people(double budget) const {
    Linear out{SeatPlan(Sense::maximise)};
    build(out);
    for (const Term& t : out.people) out.plan.programme().add_cost(t.column, t.factor);
    if (budget < infinity) out.goal = out.plan.programme().row("the budget", Bounds::at_most(budget), out.money);
    return out;
  }
  [[nodiscard]] Linear least_cost(double additional) const {
    Linear out{SeatPlan(Sense::minimise)};
    build(out);
    for (const Term& t : out.money) out.plan.programme().add_cost(t.column, t.factor);
    out.goal = out.plan.programme().row("the additional people", Bounds::at_least(without() - outside() + additional),
                                        out.people);
    return out;
  }
  void build(Linear& out) const {
    const Ladder& ladder = point_.ladder();
    const Tracks& ways = plan_.ways();
    const auto anyway = [&](std::size_t t, std::size_t track, std::size_t i) {
      return Heads(t == 0 && track == 0 && plan_.question().from.contains(i)
                       ? population_.start().heads()[static_cast<Index>(i)]
                       : 0.0);
    };
    for (std::size_t t = 0; t < plan_.steps(); ++t)
      for (const Tracks::Present& one : ways.present(t))
        for (std::size_t i = 0; i < open_.size() && decides_[t][one.track] != 0; ++i)
          if (open_[i] != 0)
            out.nodes.emplace(std::tuple(t, one.track, i),
                              out.plan.node(ladder.name(i) + " on track " + std::to_string(one.track) + when(t), t,
                                            anyway(t, one.track, i)));
    for (std::size_t t = 0; t < plan_.steps(); ++t) {
      for (std::size_t k = 0; k < ways.present(t).size(); ++k) carry(ways.present(t)[k], moves_[t][k], t, out);
      enrol(t, out);
    }
    for (const MinimumShare& least : request_.shares) {
      const Row row = out.plan.programme().row(
          "the share of " + detail::text(least.share.value()) + " of all seats for " + named(least.from),
          Bounds::at_least(0));
      for (const Seats& s : out.seats)
        out.plan.programme().add(row, {s.heads, (least.from.contains(s.stratum) ? 1 : 0) - least.share.value()});
      out.limits.push_back(row);
    }
    for (const MinimumGain& least : request_.gains) {
      const std::size_t group = group_of(least);
      const double share = least.share.value(), anyhow = decides_[0][0] != 0 ? without(group) - share * without() : 0;
      const Row row = out.plan.programme().row(
          "the share of " + detail::text(share) + " of the additional people for " + detail::quoted(least.group),
          Bounds::at_least(anyhow));
      for (std::size_t k = 0; k < out.people.size(); ++k)
        out.plan.programme().add(
            row, {out.people[k].column, ((out.group_of[k] == group ? 1 : 0) - share) * out.people[k].factor});
      out.limits.push_back(row);
      out.gains.emplace(row.index(), &least);
    }
  }
  void bring(Linear& out, Column column, double value, std::size_t stratum) const {
    if (value == 0) return;
    out.people.push_back({column, value});
    out.group_of.push_back(point_.ladder().group(stratum));
  }
  void carry(const Tracks::Present& one, const Matrix& moves, std::size_t t, Linear& out) const {
    for (std::size_t i = 0; i < open_.size(); ++i) {
      const auto at = out.nodes.find({t, one.track, i});
      if (at == out.nodes.end()) continue;
      std::vector<Arrival> arrivals;
      const double value = onwards(one, moves, t, i, [&](std::size_t track, std::size_t j, double share) {
        const auto next = out.nodes.find({t + 1, track, j});
        if (next != out.nodes.end()) arrivals.push_back({next->second, Share(std::min(share, 1.0))});  // rounding aside
        return next != out.nodes.end();
      });
      out.plan.carry(at->second, arrivals);
      bring(out, out.plan.heads(at->second), value, i);
    }
  }
  /// Seats and their limits in one period.
  void enrol(std::size_t t, Linear& out) const {
    struct Passing {  // people who leave a node along a flow, or come to it
      std::size_t programme;
      Term heads;
    };
    std::map<std::size_t, std::vector<Passing>> passing;  // by node
    const std::size_t first = out.seats.size();
    LinearProgramme& lp = out.plan.programme();
    for (std::size_t p = 0; p < policy_.programmes.size(); ++p) {
      const Programme& programme = policy_.programmes[p];
      if (programme.nobody_enrols()) continue;
      const double works = plan_.works(p, Draw::point()), completes = programme.terms().completion.value();
      const double each = rate_.factor(static_cast<double>(t) * point_.step().years()) *
                          programme.cost_of_participant(rate_.effective_annual(), Draw::point());
      for (const Tracks::Enrolment& way : plan_.ways().enrolments(t, p))
        for (const std::size_t i : programme.terms().eligible.indices()) {
          const auto from = out.nodes.find({t, way.from, i});
          if (from == out.nodes.end()) continue;
          std::vector<Arrival> arrivals;
          double value = 0;
          for (const auto& [track, share] : {std::pair(way.works, works), std::pair(way.idle, completes - works),
                                             std::pair(way.dropped, 1 - completes)}) {
            if (!(share > 0)) continue;
            const auto to = out.nodes.find({t, track, i});
            if (to == out.nodes.end())
              value += share * worth(t, track, i);
            else
              arrivals.push_back({to->second, Share(share)});
          }
          const Column heads = out.plan.flow(
              "seats of " + detail::quoted(programme.name()) + " for " + point_.ladder().name(i) + when(t),
              from->second, arrivals);
          out.seats.push_back({p, t, way.from, i, each, heads});
          bring(out, heads, value, i);
          if (each != 0) out.money.push_back({heads, each});
          passing[from->second.index()].push_back({p, {heads, 1}});
          for (const Arrival& a : arrivals) passing[a.at.index()].push_back({p, {heads, -a.share.value()}});
        }
      limit(t, p, out);
    }
    for (const SeatLimit& limit : request_.limits)
      if (limit.period.value_or(label(t)) == label(t)) keep(limit, t, out);
    // Of those there are before the enrolment in a programme, at most so many take a seat.
    for (std::size_t k = first; k < out.seats.size(); ++k) {
      const Seats& s = out.seats[k];
      const double share = policy_.programmes[s.programme].terms().wanted_by(s.stratum);
      const Node from = out.nodes.at({t, s.track, s.stratum});
      bool others_come = false;
      for (const Passing& other : passing[from.index()])
        others_come = others_come || (other.programme >= s.programme && other.heads.factor < 0);
      if (share == 1 && !others_come) continue;  // nobody goes who is not there
      const Row row = lp.row("the uptake of " + detail::quoted(policy_.programmes[s.programme].name()),
                             Bounds::at_most(0), {{s.heads, 1}, {out.plan.heads(from), -share}});
      for (const Passing& other : passing[from.index()])
        if (other.programme >= s.programme) lp.add(row, {other.heads.column, -share * other.heads.factor});
      out.uptakes.push_back(row);
    }
  }
  /// A limit of seats in one period.
  void keep(const SeatLimit& limit, std::size_t t, Linear& out) const {
    std::vector<Column> takers;
    for (const Seats& s : out.seats)
      if (s.step == t && (limit.programme.empty() || policy_.programmes[s.programme].name() == limit.programme) &&
          (!limit.from || limit.from->contains(s.stratum)))
        takers.push_back(s.heads);
    const std::string of = (limit.programme.empty() ? "all programmes" : detail::quoted(limit.programme)) +
                           (limit.from ? " for " + named(*limit.from) : "") + when(t);
    if (!limit.most.is_unlimited() && !takers.empty())
      out.limits.push_back(out.plan.seats("the limit of " + of, takers, limit.most));
    if (limit.least.value() > 0) {
      const Row row = out.plan.programme().row("the least seats of " + of, Bounds::at_least(limit.least.value()));
      for (const Column c : takers) out.plan.programme().add(row, {c, 1});
      out.limits.push_back(row);
    }
  }
  /// What limits the seats of a programme in one period.
  void limit(std::size_t t, std::size_t p, Linear& out) const {
    const Programme& programme = policy_.programmes[p];
    const Programme::Terms& terms = programme.terms();
    const std::string name = detail::quoted(programme.name());
    LinearProgramme& lp = out.plan.programme();
    const auto takers = [&](const auto& counts) {
      std::vector<Column> all;
      for (const Seats& s : out.seats)
        if (s.programme == p && s.step == t && counts(s.stratum)) all.push_back(s.heads);
      return all;
    };
    const std::vector<Column> all = takers([](std::size_t) { return true; });
    if (all.empty()) return;
    if (terms.seat_plan) {
      for (const std::size_t i : terms.eligible.indices()) {
        double seats = 0;
        for (const SeatsAt& s : *terms.seat_plan)
          if (s.period == label(t) && s.stratum.index() == i) seats += s.seats.value();
        if (seats < infinity)
          out.limits.push_back(out.plan.seats("the seats of " + name + " for " + point_.ladder().name(i) + when(t),
                                              takers([i](std::size_t j) { return i == j; }), Heads(seats)));
      }
    } else if (!terms.seats_per_year.is_unlimited()) {
      out.limits.push_back(out.plan.seats("the seats of " + name + when(t), all,
                                          Heads(terms.seats_per_year.value() * point_.step().years())));
    }
    const auto whole = [&](const std::string& what, double most) {
      out.whole = true;
      return lp.column(what + name + when(t), 0, {0, most}, Values::whole);
    };
    for (const ClassSize& size : request_.classes) {
      if (size.programme != programme.name()) continue;
      const auto in_classes = [&](const std::vector<Column>& of, const std::string& whose) {
        const Row row = lp.row("the full classes of " + name + whose + when(t), Bounds::exactly(0),
                               {{whole("classes of ", std::floor(cohort_ / size.seats) + 1), -size.seats}});
        for (const Column c : of) lp.add(row, {c, 1});
        out.uptakes.push_back(row);
      };
      if (!size.by_stratum) in_classes(all, "");
      for (const std::size_t i : terms.eligible.indices())
        if (size.by_stratum)
          in_classes(takers([i](std::size_t j) { return i == j; }), " for " + point_.ladder().name(i));
    }
    if (const double cost = programme.fixed_cost_per_year(Draw::point()) * point_.step().years(); cost > 0) {
      const Column held = whole("whether to hold ", 1);
      const Row row = lp.row("the year of " + name + when(t), Bounds::at_most(0), {{held, -cohort_}});
      for (const Column c : all) lp.add(row, {c, 1});
      out.money.push_back({held, rate_.factor(static_cast<double>(t) * point_.step().years()) * cost});
    }
    if (programme.cost_once(Draw::point()) > 0) {  // there are seats from the period on in which it is set up
      std::vector<Column>& from = out.set_up[p];
      from.push_back(whole("whether to set up ", 1));
      const Row row = lp.row("the set-up of " + name + when(t), Bounds::at_most(0));
      for (const Column c : all) lp.add(row, {c, 1});
      for (const Column c : from) lp.add(row, {c, -cohort_});
      out.money.push_back({from.back(), rate_.factor(static_cast<double>(t) * point_.step().years()) *
                                            programme.cost_once(Draw::point())});
    }
  }

  /// The limits among rows that cannot hold together, in words.
  [[nodiscard]] static std::string limits_in(const Linear& linear, const Infeasible& e) {
    std::vector<std::string> limits;
    for (const Row row : e.conflict()) {
      const auto is = [row](const std::vector<Row>& all) {
        return std::find(all.begin(), all.end(), row) != all.end();
      };
      const std::string& name = linear.plan.programme().name(row);
      if ((is(linear.limits) || is(linear.uptakes) || name == "the budget") &&
          std::find(limits.begin(), limits.end(), name) == limits.end())
        limits.push_back(name);
    }
    constexpr std::size_t shown = 6;
    std::string words;
    for (std::size_t k = 0; k < limits.size() && k < shown; ++k) words += (k == 0 ? "" : ", ") + limits[k];
    if (limits.size() > shown) words += " and " + std::to_string(limits.size() - shown) + " limits more";
    return words;
  }
  [[noreturn]] static void refuse_limits(const Linear& linear, const Infeasible& e) {
    const std::string words = limits_in(linear, e);
    throw Refusal("E-ALLOCATE-LIMITS", "found limits that cannot hold together" + (words.empty() ? "" : ": " + words) +
                                           "; expected room in one of them");
  }
  [[noreturn]] void refuse_unreachable(const Linear& linear, const Infeasible& e) const {
    const auto* least = std::get_if<LeastCost>(&request_.goal);
    if (least == nullptr) refuse_limits(linear, e);
    const Linear open = most_people(infinity);
    double most = outside() - without();
    try {
      most += solve(open.plan.programme(), {std::vector<Row>(), std::vector<Column>()}).objective;
    } catch (const Infeasible& alone) {  // whatever is to be reached
      refuse_limits(open, alone);
    }
    const std::string words = limits_in(linear, e);
    const bool posts = !population_.posts().empty();  // of which the linear programme knows nothing
    throw Refusal("E-ALLOCATE-REACH",
                  "found " + detail::text(least->additional_people) + " additional people asked for, of whom at most " +
                      detail::text(most) + " can be reached " + (posts ? "if posts are left out, " : "") +
                      "whatever the money" + (words.empty() ? " and the seats" : ", given " + words) +
                      "; expected fewer people" + (words.empty() ? "" : ", or room in these limits") +
                      (posts ? ", or the most people for a budget" : ""));
  }

  // --- the answer

  [[nodiscard]] static std::vector<double> of(const Linear& linear, const LinearSolution& solution) {
    std::vector<double> out;
    for (const Seats& s : linear.seats) out.push_back(solution[s.heads].value > 1e-8 ? solution[s.heads].value : 0);
    return out;
  }
  [[nodiscard]] std::vector<SeatsOfTrack> assigned(const Linear& linear, const std::vector<double>& seats) const {
    std::vector<SeatsOfTrack> out;
    for (std::size_t k = 0; k < seats.size(); ++k)
      if (seats[k] > 0) {
        const Seats& s = linear.seats[k];
        out.push_back({s.programme, s.step, plan_.ways()[s.track], s.stratum, seats[k]});
      }
    return out;
  }
  /// Whether the best seats may go by whom another programme helped, of those who completed it: nobody can tell.
  [[nodiscard]] bool cannot_be_seen() const {
    return std::any_of(policy_.programmes.begin(), policy_.programmes.end(), [&](const Programme& p) {
      return !p.all_count() && (policy_.programmes.size() > 1 || p.terms().again_after_years);
    });
  }
  [[nodiscard]] Policy plan(const Linear& linear, const std::vector<double>& seats, bool alike) const {
    Policy out = policy_;
    out.deals_alike = alike;
    out.assigned = assigned(linear, seats);
    if (out.assigned.empty()) return {policy_.name};  // nobody in any programme, rather than everybody
    return out;
  }
  [[nodiscard]] Course projected(const Linear& linear, const std::vector<double>& seats, bool alike) const {
    return Projection(point_, population_, plan_.question(), plan(linear, seats, alike), Count::net)
        .run(point_, Draw::point());
  }
  void report(const Linear& linear, const std::vector<double>& seats, Allocation& out) const {
    out.plan = plan(linear, seats, deals_alike_);
    out.dealt_alike = deals_alike_;
    const Course course = projected(linear, seats, deals_alike_);
    out.reached = course.reached();
    out.reached_alike = deals_alike_ ? out.reached : projected(linear, seats, true).reached();
    out.baseline = project(point_, population_, plan_.question()).reached();
    out.additional = std::abs(out.reached - out.baseline) < 1e-12 * cohort_ ? 0.0 : out.reached - out.baseline;
    out.cost = detail::policy_cost(out.plan, course, population_, point_.step(), rate_, Draw::point());
    for (std::size_t k = 0; k < seats.size(); ++k) {
      if (!(seats[k] > 0)) continue;
      const Seats& s = linear.seats[k];
      const auto same = std::find_if(out.seats.begin(), out.seats.end(), [&](const AllocatedSeats& a) {
        return a.programme == s.programme && a.step == s.step && a.stratum == s.stratum;
      });
      AllocatedSeats& a =
          same == out.seats.end() ? out.seats.emplace_back(AllocatedSeats{s.programme, s.step, s.stratum}) : *same;
      a.seats += seats[k];
      a.cost += seats[k] * s.each;
    }
    for (AllocatedSeats& a : out.seats)
      if (std::abs(a.seats - std::round(a.seats)) < 1e-9 && a.seats > 0.5) a.seats = std::round(a.seats);
    std::sort(out.seats.begin(), out.seats.end(), [](const AllocatedSeats& a, const AllocatedSeats& b) {
      return std::tuple(a.programme, a.step, a.stratum) < std::tuple(b.programme, b.step, b.stratum);
    });
  }
  [[nodiscard]] static std::optional<Range> but_for_rounding(std::optional<Range> range) {
    for (double* end : {range ? &range->lower : nullptr, range ? &range->upper : nullptr})
      if (end != nullptr && std::abs(*end) < 1e-9) *end = 0;
    return range;
  }
  /// What seats take of a limit, and by how much at most its terms differ.
  [[nodiscard]] static std::pair<double, double> taken_of(const Linear& linear, Row row,
                                                          const std::vector<double>& seats) {
    const LinearProgramme& lp = linear.plan.programme();
    std::vector<double> of(lp.columns());
    for (std::size_t k = 0; k < seats.size(); ++k) of[linear.seats[k].heads.index()] = seats[k];
    double sum = 0, size = 0;
    for (const Term& t : lp.terms(row)) {
      sum += t.factor * of[t.column.index()];
      size += std::abs(t.factor * of[t.column.index()]);
    }
    return {sum, size};
  }
  void value_limits(const Linear& linear, const std::vector<double>& seats, const LinearSolution& solution,
                    Allocation& out) const {
    const bool most = std::holds_alternative<MostPeople>(request_.goal);
    const double sign = most ? 1 : -1;  // money saved
    const auto used = [&](Row row) {
      const double bound = solution[row].bound, taken = taken_of(linear, row, seats).first;
      return std::abs(taken - bound) <= 1e-9 * (1 + std::abs(bound)) ? bound : taken;
    };
    const Vector reached = linear.gains.empty() ? Vector() : projected(linear, seats, false).reached_now;
    /// By how many the additional people of a group exceed their share.
    const auto exceeds = [&](const MinimumGain& least) {
      const std::size_t group = group_of(least);
      double sum = least.share.value() * (already() + without()) - without(group);
      for (Index i = 0; i < reached.size(); ++i) {
        const bool is = point_.ladder().group(static_cast<std::size_t>(i)) == group;
        sum += ((is ? 1 : 0) - least.share.value()) * reached[i];
      }
      for (const std::size_t i : plan_.question().from.indices())
        if (plan_.question().target.contains(i) && point_.ladder().group(i) == group)
          sum -= population_.start().heads()[static_cast<Index>(i)];
      return std::abs(sum) < 1e-9 * cohort_ ? 0.0 : sum;
    };
    const auto price = [&](double x) { return std::abs(x) < 1e-9 ? 0.0 : sign * x; };
    for (const Row row : linear.limits) {
      const RowResult& r = solution[row];
      LimitValue& v =
          out.limits.emplace_back(LimitValue{linear.plan.programme().name(row), r.bound, used(row),
                                             price(r.shadow_price_of_last), price(r.shadow_price), r.price_holds});
      if (const auto gain = linear.gains.find(row.index()); gain != linear.gains.end()) {  // counted from the share
        v.used = exceeds(*gain->second);
        v.size = 0;
        if (v.holds) v.holds = Range{v.holds->lower - r.bound, v.holds->upper - r.bound};
      }
      v.holds = but_for_rounding(v.holds);
    }
    const RowResult& r = solution[*linear.goal];
    if (most) {
      out.money = {"the budget",           r.bound,        used(*linear.goal),
                   r.shadow_price_of_last, r.shadow_price, but_for_rounding(r.price_holds)};
      return;
    }
    LimitValue money{"the least cost",           solution.objective, solution.objective,
                     1 / r.shadow_price_of_last, 1 / r.shadow_price, std::nullopt};
    if (r.price_holds) {
      const Range range{solution.objective - r.shadow_price_of_last * (r.bound - r.price_holds->lower),
                        solution.objective + r.shadow_price * (r.price_holds->upper - r.bound)};
      if (range.lower <= range.upper) money.holds = range;
    }
    out.money = money;
  }

  // --- posts

  /// Whether whoever finds no post is never worth more where they stay, by the prices of the optimum: then, by weak
  /// duality, no seats reach more with posts than the optimum without.
  [[nodiscard]] bool nobody_gains_from_finding_no_post(const Linear& linear, const LinearSolution& solution) const {
    double unit = 1;
    if (std::holds_alternative<LeastCost>(request_.goal)) unit = -1 / solution[*linear.goal].shadow_price;
    if (!(std::abs(unit) < infinity)) return false;
    const auto price = [&](std::size_t t, std::size_t track, std::size_t i) {
      if (plan_.question().target.contains(i)) return 1.0;
      const auto node = linear.nodes.find({t, track, i});
      return node == linear.nodes.end() ? worth(t, track, i)
                                        : unit * solution[linear.plan.balance(node->second)].shadow_price;
    };
    for (std::size_t t = 0; t < plan_.steps(); ++t)
      for (std::size_t k = 0; k < plan_.ways().present(t).size(); ++k) {
        const Tracks::Present& one = plan_.ways().present(t)[k];
        for (std::size_t i = 0; i < open_.size(); ++i)
          for (const std::size_t j : with_posts()) {
            if (open_[i] == 0 || i == j || !(moves_[t][k](static_cast<Index>(i), static_cast<Index>(j)) > 0)) continue;
            double stays = 0, moves = 0;
            for (const Tracks::Later& l : one.stay) stays += l.share * price(t + 1, l.track, i);
            for (const Tracks::Later& l : one.move) moves += l.share * price(t + 1, l.track, j);
            if (!(stays <= moves + 1e-9)) return false;
          }
      }
    return true;
  }
  /// Some strata in quotes: by one name if they have one.
  [[nodiscard]] std::string named(const StratumSet& strata) const {
    const std::string name = point_.ladder().name_of(strata);
    return name == strata.text() ? name : detail::quoted(name);
  }
  [[nodiscard]] std::vector<std::size_t> with_posts() const {
    std::vector<std::size_t> out;
    for (const Posts& posts : population_.posts())
      out.insert(out.end(), posts.at.indices().begin(), posts.at.indices().end());
    return out;
  }
  /// Seats of one programme, one step and one stratum: where they stand among all.
  using Groups = std::map<std::tuple<std::size_t, std::size_t, std::size_t>, std::vector<std::size_t>>;

  /// Plans that are tried against the projection.
  struct Trial {
    Projection projection;
    Projection::Workspace room{};
    Course course{};
    std::size_t runs = 0;
  };
  [[nodiscard]] double reached(const Linear& linear, const std::vector<double>& seats, Trial& trial) const {
    ++trial.runs;
    trial.projection.assign(assigned(linear, seats));
    trial.projection.run(point_, Draw::point(), trial.course, trial.room);
    return trial.course.reached();
  }
  /// Of the plan tried last, its seats that somebody took.
  [[nodiscard]] std::vector<double> taken(const Linear& linear, const Groups& groups, std::vector<double> seats,
                                          const Trial& trial) const {
    const auto place = [&](std::size_t programme, std::size_t step) {
      return step * policy_.programmes.size() + programme;
    };
    if (!deals_alike_) {
      std::vector<std::size_t> next(trial.room.takers.size());
      for (std::size_t k = 0; k < seats.size(); ++k) {
        if (!(seats[k] > 0)) continue;
        const std::size_t at = place(linear.seats[k].programme, linear.seats[k].step);
        seats[k] = std::min(seats[k], trial.room.takers[at][next[at]++].heads);
      }
      return seats;
    }
    for (const auto& [group, members] : groups) {
      const auto& [programme, step, stratum] = group;
      double all = 0, by = 0;
      for (const std::size_t k : members) all += seats[k];
      for (const Projection::Takers& t : trial.room.takers[place(programme, step)])
        by += t.stratum == stratum ? t.heads : 0.0;
      for (const std::size_t k : members) seats[k] *= all > by ? by / all : 1.0;
    }
    return seats;
  }
  [[nodiscard]] static bool are_filled(const std::vector<double>& seats, const std::vector<double>& taken) {
    for (std::size_t k = 0; k < seats.size(); ++k)
      if (!(taken[k] >= seats[k] * (1 - 1e-9) - 1e-9)) return false;
    return true;
  }
  /// A plan made without regard to posts, made better by trying: without the seats that nobody can take, by moving
  /// money, and without seats that do no good.
  void improve(const Linear& linear, std::vector<double>& seats) const {
    Policy policy = plan(linear, seats, deals_alike_);
    if (policy.assigned.empty()) return;
    Groups groups;
    for (std::size_t k = 0; k < seats.size(); ++k)
      groups[{linear.seats[k].programme, linear.seats[k].step, linear.seats[k].stratum}].push_back(k);
    Trial trial{Projection(point_, population_, plan_.question(), std::move(policy), Count::net)};
    const auto* most = std::get_if<MostPeople>(&request_.goal);
    const double budget = most != nullptr ? most->budget : spent_on(linear, seats);
    double best = reached(linear, seats, trial);
    if (!linear.whole) {
      std::vector<double> fewer = seats;
      for (std::size_t round = 0; round <= plan_.steps(); ++round) {  // who takes a seat later depends on those before
        const std::vector<double> next = taken(linear, groups, fewer, trial);
        if (are_filled(fewer, next)) break;
        fewer = next;
        best = reached(linear, fewer, trial);
      }
      if (within_limits(linear, fewer, budget))
        seats = std::move(fewer);
      else
        best = reached(linear, seats, trial);
      search(linear, groups, budget, trial, best, seats);
      if (!deals_alike_) {  // or to those who would take the same seats if they were dealt to all alike
        std::vector<double> alike = dealt_alike(linear, seats);
        if (const double then = reached(linear, alike, trial); then > best + 1e-9 &&
                                                               within_limits(linear, alike, budget) &&
                                                               are_filled(alike, taken(linear, groups, alike, trial))) {
          best = then;
          seats = std::move(alike);
          search(linear, groups, budget, trial, best, seats);
        }
      }
    }
    if (most == nullptr) return;
    const std::vector<double> none(seats.size());
    if (within_limits(linear, none, budget))
      if (const double without = reached(linear, none, trial); without >= best - 1e-9) {
        best = without;
        seats = none;
        if (!linear.whole) search(linear, groups, budget, trial, best, seats);
      }
    if (linear.whole) return;  // a class may be of several strata
    for (const auto& [place, members] : groups) {
      std::vector<double> other = seats;
      for (const std::size_t k : members) other[k] = 0;
      if (other == seats || !within_limits(linear, other, budget)) continue;
      if (const double then = reached(linear, other, trial);
          then >= best - 1e-9 && are_filled(other, taken(linear, groups, other, trial))) {
        best = std::max(best, then);
        seats = std::move(other);
      }
    }
  }
  /// Seats that reach fewer than the linear programme took them for: it is asked for more, by as much as comes of it,
  /// until they are enough or nothing more comes of it.
  void ask_for_more(const Linear& linear, std::vector<double>& seats) const {
    const double wanted = std::get<LeastCost>(request_.goal).additional_people;
    const double goal = project(point_, population_, plan_.question()).reached() + wanted;
    double asked = wanted, reached = projected(linear, seats, deals_alike_).reached(), slope = 1;
    for (int round = 0; round < 12 && goal - reached > 1e-9 * cohort_; ++round) {
      const double more = (goal - reached) / slope;
      try {
        const Linear next = least_cost(asked + more);
        std::vector<double> other = of(next, solve(next.plan.programme(), {std::vector<Row>(), std::vector<Column>()}));
        improve(next, other);
        const double then = projected(linear, other, deals_alike_).reached();
        if (!(then > reached + 1e-9 * cohort_)) return;
        slope = std::clamp((then - reached) / more, 0.1, 1.0);
        asked += more;
        reached = then;
        seats = std::move(other);
      } catch (const Refusal& e) {
        if (e.code() != "E-LP-INFEASIBLE" && e.code() != "E-LP-NUMERIC") throw;
        return;
      }
    }
  }
  /// The seats by who takes them if they are dealt to all who want one.
  [[nodiscard]] std::vector<double> dealt_alike(const Linear& linear, const std::vector<double>& seats) const {
    std::vector<double> out(seats.size());
    Policy policy = plan(linear, seats, true);
    if (policy.assigned.empty()) return out;
    const Projection projection(point_, population_, plan_.question(), std::move(policy), Count::net);
    Projection::Workspace room;
    Course course;
    projection.run(point_, Draw::point(), course, room);
    for (std::size_t k = 0; k < out.size(); ++k) {
      const Seats& s = linear.seats[k];
      for (const Projection::Takers& t : room.takers[s.step * policy_.programmes.size() + s.programme])
        if (t.track == s.track && t.stratum == s.stratum) out[k] += t.heads;
    }
    return out;
  }
  /// Money moves from some seats to others, or is kept, in smaller and smaller amounts, as long as more people reach
  /// with posts and all seats are taken.
  void search(const Linear& linear, const Groups& groups, double budget, Trial& trial, double& best,
              std::vector<double>& seats) const {
    constexpr std::size_t most_runs = 20'000;
    // What money buys: seats of a price, and where they are free, a unit is a seat.
    const auto price = [&](std::size_t k) { return linear.seats[k].each > 0 ? linear.seats[k].each : 1.0; };
    const auto worth = [&](const std::vector<std::size_t>& members) {
      double sum = 0;
      for (const std::size_t k : members) sum += seats[k] * price(k);
      return sum;
    };
    bool better = false;
    const auto attempt = [&](std::vector<double> other) {
      if (!within_limits(linear, other, budget)) return;
      const double then = reached(linear, other, trial);
      if (!(then > best + 1e-9) || !are_filled(other, taken(linear, groups, other, trial))) return;
      best = then;
      seats = std::move(other);
      better = true;
    };
    for (double amount = budget / 4; amount > budget / 3000 && trial.runs < most_runs;) {
      better = false;
      for (const auto& [from, out_of] : groups) {
        const double there = worth(out_of);
        if (!(std::min(amount, there) > amount * 1e-6) || trial.runs >= most_runs) continue;
        std::vector<double> other = seats;
        for (const std::size_t k : out_of) other[k] *= std::max(0.0, 1 - amount / there);
        attempt(std::move(other));
      }
      for (const auto& [to, into] : groups) {
        for (const auto& [from, out_of] : groups) {
          if (trial.runs >= most_runs) break;
          const double there = worth(out_of), here = worth(into);
          const bool unspent = from == to;  // in its own place: money that is left
          const double moved = std::min(amount, unspent ? budget - spent_on(linear, seats) : there);
          if (!(moved > amount * 1e-6)) continue;
          std::vector<double> other = seats;
          if (!unspent)
            for (const std::size_t k : out_of) other[k] *= std::max(0.0, 1 - moved / there);
          if (here > 0)
            for (const std::size_t k : into) other[k] *= 1 + moved / here;
          else
            other[into.front()] += moved / price(into.front());
          attempt(std::move(other));
        }
      }
      if (!better) amount /= 2;
    }
  }
  [[nodiscard]] static double spent_on(const Linear& linear, const std::vector<double>& seats) {
    double sum = 0;
    for (std::size_t k = 0; k < seats.size(); ++k) sum += seats[k] * linear.seats[k].each;
    return sum;
  }
  [[nodiscard]] static bool within_limits(const Linear& linear, const std::vector<double>& seats, double budget) {
    if (!(spent_on(linear, seats) <= budget * (1 + 1e-12))) return false;
    return std::all_of(linear.limits.begin(), linear.limits.end(), [&](const Row row) {
      const auto [sum, size] = taken_of(linear, row, seats);
      const Bounds& bounds = linear.plan.programme().bounds(row);
      return sum >= bounds.lower() - 1e-12 * (1 + size) && sum <= bounds.upper() + 1e-12 * (1 + size);
    });
  }

  const Kernel& point_;
  const Population& population_;
  const AllocationRequest& request_;
  DiscountRate rate_;
  Policy policy_;
  Projection plan_;  // without posts
  double cohort_ = 0;
  bool deals_alike_ = false;
  std::vector<char> open_{};                  // strata from which the target can still be reached for the first time
  std::vector<Matrix> worth_{};               // by period: tracks x strata
  std::vector<std::vector<char>> decides_{};  // by period and track: whether a programme may follow
  std::vector<std::vector<Matrix>> moves_{};  // by period, for each track present
};

}  // namespace

Allocation allocate(const Kernel& point, const Population& population, const Question& question,
                    const Policy& programmes, const AllocationRequest& request) {
  return Allocating(point, population, question, programmes, request).answer();
}

}  // namespace rungs
