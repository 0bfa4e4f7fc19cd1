// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_DECIDE_EVALUATE_HPP
#define RUNGS_DECIDE_EVALUATE_HPP

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <rungs/decide/economics.hpp>
#include <rungs/decide/tornado.hpp>
#include <rungs/decide/value_of_information.hpp>
#include <rungs/detail/policy_run.hpp>
#include <rungs/detail/whole_counts.hpp>
#include <rungs/measure/summary.hpp>
#include <rungs/measure/value.hpp>
#include <rungs/model/structure.hpp>
#include <rungs/project/sensitivity.hpp>

namespace rungs {

/// How to run an evaluation; the seed has no default.
struct EvaluateOptions {
  std::size_t draws = 2000;
  Seed seed;
  Level level{};
  unsigned threads = 1;                ///< 0: one for each core; results are the same bits for any number
  std::size_t bottleneck_draws = 500;  ///< worlds in which the bottleneck is looked for; 0: not asked
  bool keep_worlds = false;            ///< whether Evaluation::worlds is asked for
};

/// Heads at one period in one stratum or exit.
struct HeadcountAt {
  std::size_t step = 0;
  std::size_t stratum = 0;
  Estimate heads{};
};

/// Heads moving in one period.
struct FlowAt {
  std::size_t step = 0;
  std::size_t from = 0, to = 0;
  Estimate heads{};
};

/// What one programme of a policy does with people: all in heads, over the horizon.
struct ProgrammeResult {
  std::string name;
  std::optional<Estimate> offers{};  ///< see Course; one person may get several, each in another period
  Estimate participants{};
  Estimate turned_away{};
  Estimate lent{}, lost{};  ///< money of loans, and of instalments never paid, undiscounted; 0 without a loan
};

/// A stratum with posts in one period: heads at its end without a person, and people who found none.
struct PostsResult {
  std::size_t step = 0;
  std::string stratum;
  Estimate open{}, blocked{};
};

/// A further stream of values over the course of a policy, discounted as it says, and how much more than without it;
/// `forgone` is what people go without because of programmes, which the other two are less.
struct ValueResult {
  std::string name;
  Estimate total{}, additional{}, forgone{};
};

/// What a policy brings in money, from each perspective, more than the baseline: discounted, costs as losses.
struct GainResult {
  Estimate budget{}, participant{}, society{};
};

/// The answer for one group of people, of those of it who are asked about.
struct GroupResult {
  std::string name;
  double cohort = 0;  ///< of groups that nobody can tell apart, at the point of their shares
  Estimate people{};  ///< the same, which varies with the shares
  Estimate reach{}, people_reaching{}, standing{};
  Estimate participants{};  ///< of the whole group, also those not asked about
  Estimate additional{};
  std::string unreachable{};  ///< why nobody of the group can reach the target; empty if somebody can
};

/// By how much the reach of one group exceeds that of another, and how much more so than in the baseline.
struct GapResult {
  std::string group, other;
  Estimate reach{}, change{};
};

/// What one more of something does.
struct Reaction {
  Estimate additional{};             ///< people reaching, under the policy
  std::optional<Estimate> change{};  ///< of the people that the policy adds to the baseline; of the baseline none
  std::optional<Estimate> cost{};    ///< of the policy, discounted; where participants cost something
};

/// A move that one more in a hundred makes in every period: a hundredth of the derivative. Where nobody can reach the
/// target, the missing moves are among them.
struct EasedMove : Reaction {
  std::size_t from = 0, to = 0;  ///< of groups that nobody can tell apart, which are eased together, those of the first
};

/// Something of which there is one more: a seat of a programme in every year it enrols, a post of a stratum in every
/// period, an entrant into a stratum in every year.
struct OneMore : Reaction {
  std::string what{};
  std::string refused{};  ///< why nothing is said of it: chance decides whether it is used; else empty
};

/// One uncertain input of a policy at both ends of its interval, all else at its value: the additional people, the cost
/// to the budget and the net benefit there.
struct OneWay {
  std::string input;
  double low = 0, high = 0;
  double additional_at_low = 0, additional_at_high = 0;
  double cost_at_low = 0, cost_at_high = 0;                           ///< of the policy
  std::optional<double> net_benefit_at_low{}, net_benefit_at_high{};  ///< where an additional person has a value
  bool decision_changes = false;  ///< whether the policy is better than the baseline at one end and not at the other
};

/// What it is worth to know the numbers of one thing before choosing, or of those that Economics::known_together names;
/// absent where there are too few draws to tell.
struct KnownBefore {
  std::string what;
  std::optional<Estimate> evppi{};
  std::string refused{};
};

/// A policy, or the baseline, on or off the efficient frontier by the values of its cost and of the additional people.
struct ComparedPolicy {
  std::string name;
  Estimate cost{};
  Estimate additional{};
  Dominance dominance = Dominance::efficient;
  std::optional<Estimate> icer{};  ///< money for one more person than with the efficient policy before it
  std::string icer_refused{};      ///< why an efficient policy has no `icer`
};

/// The answer for one policy. What is relative to the baseline is 0 or absent for the baseline itself.
struct PolicyResult {
  std::string name;
  Estimate reach{};                       ///< P(ever in the target within the span), of the cohort asked about
  Estimate people_reaching{};             ///< how many of them will be counted; individual chance varies too
  Estimate standing{};                    ///< P(in the target at the horizon)
  Estimate years_to_reach{};              ///< mean years until the target of those who reach it; NaN if nobody does
  std::vector<Estimate> first_passage{};  ///< P(in the target for the first time) at each step from 0
  std::vector<HeadcountAt> trajectory{};
  std::vector<FlowAt> flows{};
  std::string unreachable{};  ///< why nobody can reach the target, naming the missing moves; empty if somebody can
  std::vector<std::pair<std::size_t, std::size_t>> missing_moves{};

  std::vector<ProgrammeResult> programmes{};
  Estimate participants{};
  Estimate turned_away{};                             ///< applications that found no seat
  Estimate gross{};                                   ///< expected additional people reaching, of all who complete
  Estimate after_deadweight{}, after_substitution{};  ///< of those left after each deduction; the last is displacement
  Estimate additional{};                              ///< expected additional people reaching, net
  Estimate cost{};                                    ///< discounted, over the horizon
  std::optional<Estimate> number_needed_to_train{};
  std::optional<Estimate> cost_per_additional_person{};
  std::string ratio_refused{};    ///< why the two ratios are not given
  Estimate additional_in_time{};  ///< `additional`, each discounted from when they first reach
  GainResult gain{};
  std::optional<Estimate> net_benefit{};
  Estimate additional_rungs{};  ///< rungs climbed less rungs descended by everybody, more than in the baseline
  std::vector<ValueResult> values{};
  std::vector<GroupResult> groups{};    ///< of each group with people asked about; empty on a ladder without groups
  std::vector<GapResult> gaps{};        ///< of each pair of them
  std::vector<HeadcountAt> together{};  ///< people of all groups, by stratum of the ladder of each group
  std::vector<PostsResult> posts{};
  std::optional<Estimate> moves_per_vacancy{};  ///< moves into strata with posts for each vacancy from outside them
  /// Share of the worlds in which it is best: by net benefit where a value is stated, else by people reaching. A share
  /// over all that varies, so that nothing is left to vary in it: its interval (Wilson) is of the Monte Carlo error.
  Estimate probability_best{};
  std::vector<EasedMove> bottleneck{};      ///< moves, the most helpful first
  std::vector<OneMore> one_more_seat{};     ///< of each programme of which seats bind
  std::vector<OneMore> one_more_post{};     ///< of each stratum of which posts bind
  std::vector<OneMore> one_more_entrant{};  ///< of each stratum into which one more changes something
  std::vector<OneWay> one_way{};            ///< the widest first; of the baseline none
};

/// The joint worlds behind an evaluation, a row for each draw (one, at the point, where nothing varies): what is
/// uncertain, and what the baseline and every policy come to there, a column for each in that order.
///
/// `numbers` holds each uncertain number once, in its own unit: of programmes (Programme::inputs) and of those that
/// work together; of values how far they stand from what is stated, in standard normal deviations; and, where moves are
/// the same in every period, the probability of each that varies, without a programme. Numbers of people are expected
/// ones, without individual chance. A ranking is by net benefit where a value is stated, else by people reaching.
struct Worlds {
  std::vector<std::string> names{};                      ///< of the columns of `numbers`
  Matrix numbers{};                                      ///< worlds x names
  Matrix people_reaching{}, additional{};                ///< heads, of those asked about: worlds x policies
  Matrix participants{}, cost{};                         ///< heads; money, discounted
  std::optional<Matrix> net_benefit{};                   ///< money, of the stated perspective, more than the baseline
  std::vector<std::size_t> other_best{}, other_order{};  ///< the rows in which the ranking changes: see Decision
};

/// Policies against the baseline, all in the same joint worlds.
struct Evaluation {
  double cohort = 0;  ///< people asked about
  std::size_t draws = 0;
  Seed seed{0};
  bool parameters_vary = false;
  PolicyResult baseline{};
  std::vector<PolicyResult> policies{};
  std::vector<ComparedPolicy> frontier{};  ///< baseline first, then the policies
  bool best_by_net_benefit = false;
  /// The choice at the stated value of one more person, and at values from 0 to twice that; absent without a value.
  std::optional<Decision> decision{};
  std::vector<Decision> acceptability{};
  std::vector<KnownBefore> known_before{};
  std::optional<Worlds> worlds{};  ///< where asked for
  std::vector<Warning> warnings{};
};

namespace detail {

/// An evaluation on its way: all policies in all worlds, then what follows from their numbers.
class Evaluating {
 public:
  Evaluating(const Ensemble& ensemble, const Population& population, const Question& question,
             const std::vector<Policy>& policies, const Economics& economics, const EvaluateOptions& options)
      : ensemble_(ensemble),
        ladder_(ensemble.ladder()),
        population_(population),
        question_(question),
        economics_(economics),
        options_(options),
        rate_(economics.discount_rate),
        outcomes_(economics.outcome_discount_rate),
        draws_(ensemble.limit(options.draws)),
        threads_(options.threads == 0 ? std::max(1U, std::thread::hardware_concurrency()) : options.threads),
        any_varies_(ensemble.varies()),
        graph_(ensemble.point().within(population.at(), question.within)) {
    for (const ValueStream& v : economics.values)
      if (!(v.ladder() == ladder_))
        throw Refusal("E-LADDER-OTHER", "found the value " + detail::quoted(v.terms().name) +
                                            " on another ladder than that of the model; expected the same");
    runs_.reserve(policies.size() + 1);
    for (std::size_t k = 0; k <= policies.size(); ++k) {
      runs_.emplace_back(ensemble, population, question, k == 0 ? Policy{} : policies[k - 1], economics.values,
                         outcomes_, draws_);
      any_varies_ = any_varies_ || runs_.back().effects_vary() || runs_.back().costs_vary();
    }
    for (const ValueStream& v : economics.values) values_vary_ = values_vary_ || v.varies();
    any_varies_ = any_varies_ || values_vary_;
    for (unsigned t = 0; t < threads_; ++t) {
      rooms_.push_back({ensemble.point(), std::vector<PolicyRun::Room>(runs_.size()), {}});
      for (const PolicyRun& r : runs_) rooms_.back().chances.emplace_back(r.plan());
    }
  }

  [[nodiscard]] Evaluation answer() {
    check_known_together();
    run();
    out_.draws = draws_;
    out_.seed = options_.seed;
    out_.parameters_vary = ensemble_.varies();
    for (std::size_t k = 0; k < runs_.size(); ++k) {
      PolicyResult r = result(k);
      (k == 0 ? out_.baseline : out_.policies.emplace_back()) = std::move(r);
    }
    compare();
    for (std::size_t k = 0; k < runs_.size(); ++k) {
      if (options_.bottleneck_draws > 0) find_bottleneck(k);
      if (k > 0) vary_one_way(k);
    }
    warn();
    return std::move(out_);
  }

 private:
  struct Room {
    Kernel kernel;
    std::vector<PolicyRun::Room> runs;
    std::vector<ProjectionGradient> chances;
  };
  /// What a count varies by in one world: what each who starts in a stratum is worth, and the variance of the sum.
  struct Chance {
    Vector start;
    double variance;
  };
  /// By how much the numbers of a policy were moved to what is counted, at the point; the Monte Carlo errors of that,
  /// and of how much more it is than in the baseline, by quantity; by how many those who reach, and which kinds were
  /// moved.
  struct Moved {
    std::vector<double> by, error, error_of_more;
    std::size_t as = 0;                                   // the first policy that counts do not tell it from
    std::map<std::size_t, std::vector<double>> expected;  // numbers before they were moved, of those that rank policies
    double reached_by = 0;
    bool reach = false, people = false, seats = false;
    [[nodiscard]] bool any() const { return reach || people || seats; }
  };
  PolicyResult& result_of(std::size_t k) { return k == 0 ? out_.baseline : out_.policies[k - 1]; }

  void run() {
    for (PolicyRun& run : runs_) {
      if (run.world(ensemble_.point(), Draw::point(), rate_, rooms_[0].runs[number(run)],
                    [&](std::size_t q, double x) { run.point[q] = x; }))
        run.capped = 1;
      run.make_room(ladder_);
      const Course& course = rooms_[0].runs[number(run)].course;
      close_.push_back(is_close(course) ? 1 : 0);
      times_.push_back(run.time_of_counting(course));
    }
    out_.cohort = rooms_[0].runs[0].course.cohort;
    if (!(out_.cohort > 0))
      throw Refusal("E-COHORT",
                    "found nobody who starts in " + question_.from.text() + "; expected people to ask about");
    const auto find_chances = [&](Room& room, const Kernel& kernel, const Draw& draw, std::size_t d) {
      for (std::size_t k = 0; k < runs_.size(); ++k)
        for (std::size_t c = 0; c < chances_[k].size(); ++c) {
          Objective counted;
          if (c > 0) counted.group = c - 1;
          Sensitivity s = room.chances[k].at(kernel, draw, counted);
          chances_[k][c][d] = {std::move(s.start), s.variance};
        }
    };
    chances_.assign(runs_.size(), std::vector(1 + ladder_.groups().size(), std::vector<Chance>(draws_)));
    if (!any_varies_) {
      find_chances(rooms_[0], ensemble_.point(), Draw::point(), 0);
      for (auto& of_run : chances_)
        for (std::vector<Chance>& of : of_run) std::fill(of.begin(), of.end(), of.front());
    } else {
      run_worlds(find_chances);
    }
    count_whole_people();
  }
  template <class FindChances>
  void run_worlds(const FindChances& find_chances) {
    std::vector<std::vector<char>> capped(runs_.size(), std::vector<char>(draws_)), close = capped;
    parallel_for(draws_, threads_, [&](std::size_t thread, std::size_t d) {
      Room& room = rooms_[thread];
      const Draw draw(options_.seed, d);
      ensemble_.draw_into(draw, room.kernel);
      find_chances(room, room.kernel, draw, d);
      for (std::size_t k = 0; k < runs_.size(); ++k) {
        capped[k][d] = runs_[k].world(room.kernel, draw, rate_, room.runs[k],
                                      [&](std::size_t q, double x) {
                                        if (!runs_[k].values[q].empty()) runs_[k].values[q][d] = x;
                                      })
                           ? 1
                           : 0;
        close[k][d] = is_close(room.runs[k].course) ? 1 : 0;
      }
    });
    const auto of = [](const std::vector<char>& all) {
      return static_cast<std::size_t>(std::count(all.begin(), all.end(), char{1}));
    };
    for (std::size_t k = 0; k < runs_.size(); ++k) {
      runs_[k].capped = of(capped[k]);
      if (40 * of(close[k]) > draws_) close_[k] = 1;
    }
  }
  /// Whether chance decides, for want of seats or posts, who finds one.
  [[nodiscard]] static bool is_close(const Course& course) {
    const auto any = [](const std::vector<char>& close) {
      return std::find(close.begin(), close.end(), char{1}) != close.end();
    };
    return any(course.close_seats) || any(course.close_posts);
  }
  /// Counts whole people where chance decides who finds a place, some 10 s in all at most: expected people find
  /// min(push, places), and whole people fewer. The baseline is counted as well, by the same chance.
  void count_whole_people() {
    counts_.resize(runs_.size());
    moved_.resize(runs_.size());
    const bool planned = std::any_of(runs_.begin(), runs_.end(), [](const PolicyRun& run) {
      return !run.plan().policy().assigned.empty();  // for expected people, with whom the others are compared then
    });
    if (planned || std::count(close_.begin(), close_.end(), char{1}) == 0) return;
    const auto is_counted = [this](std::size_t k) { return k == 0 || close_[k] != 0; };
    double time = 0;
    for (std::size_t k = 0; k < runs_.size(); ++k)
      if (is_counted(k)) time += times_[k];
    const auto counts = static_cast<std::size_t>(std::clamp(1e10 / time, 100.0, 10'000.0));
    const std::size_t worlds = std::min(draws_, counts), each = counts / worlds;
    std::vector<double> wanted(draws_ + 1);
    for (std::size_t k = 0; k < runs_.size(); ++k) {
      if (!is_counted(k)) continue;
      const PolicyRun& run = runs_[k];
      for (std::size_t d = 0; d < draws_; ++d) wanted[d] += run.wanted([&](std::size_t q) { return run.values[q][d]; });
      wanted[draws_] += run.wanted([&](std::size_t q) { return run.point[q]; });
      WholeCounts& whole = counts_[k].emplace(run, worlds, each, ladder_.groups().size());
      std::vector<PolicyRun::People> people(threads_);
      parallel_for(worlds, threads_, [&](std::size_t thread, std::size_t w) {
        Room& room = rooms_[thread];
        const Draw draw = any_varies_ ? Draw(options_.seed, w) : Draw::point();
        if (any_varies_) ensemble_.draw_into(draw, room.kernel);
        for (std::size_t c = 0; c < each; ++c)
          run.count(room.kernel, draw, Draw(options_.seed, w + c * draws_), rate_, room.runs[k], people[thread],
                    [&](std::size_t q, double x) { whole.put(run, w, c, q, x); });
      });
    }
    const AlikeWorlds alike(wanted, worlds);
    for (std::size_t k = 0; k < runs_.size(); ++k)
      if (close_[k] != 0) move_to_counts(k, alike);
  }
  /// How many more of a quantity of a policy than expected are counted in each world of another, which may be itself;
  /// 0 of what the other does not have, as of a move that the policy opens.
  [[nodiscard]] std::vector<double> more_in(std::size_t other, const PolicyRun& run, std::size_t q) const {
    if (const auto there = run.in_other(q, runs_[other]); there && !counts_[other]->more(*there).empty())
      return counts_[other]->more(*there);
    return std::vector<double>(counts_[other]->more(PolicyRun::reached).size());
  }
  [[nodiscard]] static double error(const std::vector<double>& x) {
    return moments(x).deviation / std::sqrt(static_cast<double>(x.size()));
  }
  [[nodiscard]] static std::vector<double> minus(std::vector<double> x, const std::vector<double>& y) {
    for (std::size_t w = 0; w < y.size(); ++w) x[w] -= y[w];
    return x;
  }
  /// The first policy whose counts of who reaches differ from a policy's own by no more than chance; itself if none.
  [[nodiscard]] std::size_t counted_as(std::size_t k) const {
    const PolicyRun& run = runs_[k];
    for (std::size_t other = 1; other < k; ++other) {
      if (!moved_[other]) continue;
      bool same = true;
      for (std::size_t q = 0; q < run.size() && same; ++q) {
        if (run.kind(q) != PolicyRun::Of::reach || counts_[k]->more(q).empty()) continue;
        const std::vector<double> more = minus(counts_[k]->more(q), more_in(other, run, q));
        same = !(std::abs(moments(more).mean) > 4 * error(more));
      }
      if (same) return other;
    }
    return k;
  }
  /// Whether some number of a kind differs from what is counted by more than chance; of what hardly ever happens counts
  /// do not tell.
  [[nodiscard]] bool differs(std::size_t k, PolicyRun::Of kind) const {
    const PolicyRun& run = runs_[k];
    const double counts = static_cast<double>(counts_[k]->counted(0).size());
    for (std::size_t q = 0; q < run.size(); ++q) {
      const std::vector<double>& more = counts_[k]->more(q);
      if (run.kind(q) != kind || q == PolicyRun::climbed || more.empty()) continue;
      const bool is_share = q >= run.passage(0) && q < run.heads(0, 0);
      const double expected = moments(run.values[q]).mean, by = moments(more).mean;
      if (std::max(std::abs(expected), std::abs(expected + by)) * counts * (is_share ? out_.cohort : 1) < 25) continue;
      if (std::abs(by) > 4 * error(more)) return true;
    }
    return false;
  }
  /// Moves expected numbers by as much as counts differ from them on average. Who reaches, and where people go, are
  /// moved only where that is more than chance, else as in the baseline; where the baseline is not moved it is known
  /// without chance, and counts of a policy are compared with its counts. What is not moved may be off by what counts
  /// say of it, and by their chance: its interval holds both.
  void move_to_counts(std::size_t k, const AlikeWorlds& alike) {
    using Of = PolicyRun::Of;
    PolicyRun& run = runs_[k];
    Moved& moved = moved_[k].emplace();
    moved.by.assign(run.size(), 0);
    moved.error = moved.error_of_more = moved.by;
    moved.reach = differs(k, Of::reach);
    moved.people = differs(k, Of::people);
    moved.seats = differs(k, Of::seats);
    moved.as = counted_as(k);
    for (const std::size_t q : {PolicyRun::reached, PolicyRun::reached_in_time})
      moved.expected[q] = any_varies_ ? run.values[q] : std::vector<double>{run.point[q]};
    const bool of_baseline = k > 0 && moved_[0];
    for (std::size_t q = 0; q < run.size(); ++q) {
      const std::vector<double>& own = counts_[k]->more(q);
      if (own.empty()) continue;
      const Of kind = run.kind(q);
      const bool follows = kind == Of::reach || kind == Of::people || kind == Of::money,
                 is_moved = kind == Of::reach ? moved.reach
                            : follows         ? moved.people
                                              : moved.seats,
                 base_is_moved = of_baseline && (kind == Of::reach ? moved_[0]->reach : moved_[0]->people);
      const std::vector<double> base = k == 0 ? std::vector<double>() : more_in(0, run, q);
      std::vector<double> more(own.size());
      if (is_moved)
        more = base_is_moved || !follows ? own : minus(own, base);
      else if (base_is_moved)
        more = base;
      if (moved.people != moved.seats && (q == PolicyRun::gain_of_budget || q == PolicyRun::gain_of_society))
        for (std::size_t w = 0; w < more.size(); ++w)  // costs are moved with the seats
          more[w] += (moved.people ? 1 : -1) * counts_[k]->more(PolicyRun::cost)[w];
      const std::vector<double> told = follows ? minus(own, base) : own;  // of the policy alone
      moved.error_of_more[q] =
          apart(is_moved ? error(told) : std::max(error(told), std::abs(moments(told).mean) / 2), 0, out_.cohort);
      moved.error[q] = is_moved ? error(more) : std::hypot(error(more), moved.error_of_more[q]);
      if (q == PolicyRun::reached) moved.reached_by = moments(more).mean;
      const std::vector<double> by = alike.average(more);
      for (std::size_t d = 0; d < draws_; ++d) run.values[q][d] += by[d];
      run.point[q] += by[draws_];
      moved.by[q] = by[draws_];
    }
    const auto years = [&](const auto& get) {
      double sum = 0, all = 0;
      for (std::size_t t = 0; t <= run.plan().steps(); ++t) {
        all += get(run.passage(t));
        sum += static_cast<double>(t) * ensemble_.step().years() * get(run.passage(t));
      }
      return all > 0 ? sum / all : std::numeric_limits<double>::quiet_NaN();
    };
    for (std::size_t d = 0; d < draws_; ++d)
      run.values[PolicyRun::years][d] = years([&](std::size_t q) { return run.values[q][d]; });
    run.point[PolicyRun::years] = years([&](std::size_t q) { return run.point[q]; });
  }
  /// An estimate of a quantity that was moved to counts: with their Monte Carlo error, and within what can be.
  [[nodiscard]] Estimate moved(const PolicyRun& run, std::size_t q, double factor, Estimate e) const {
    const std::optional<Moved>& by = moved_[number(run)];
    if (!by) return e;
    blur(e, by->error[q] * factor);
    const PolicyRun::Of kind = run.kind(q);
    if ((kind == PolicyRun::Of::reach || kind == PolicyRun::Of::people || kind == PolicyRun::Of::offers ||
         kind == PolicyRun::Of::seats) &&
        q != PolicyRun::climbed) {
      const double most = kind == PolicyRun::Of::reach ? out_.cohort * factor : std::numeric_limits<double>::max();
      for (double* x : {&e.value, &e.lower, &e.upper}) *x = std::clamp(*x, 0.0, std::max(0.0, most));
    }
    return e;
  }
  /// Adds the Monte Carlo error of counts to an estimate: it is not taken for certain where nothing else varies. At an
  /// end nearer to 0 than the value the error is less by as much, unless the value itself may be 0.
  static void blur(Estimate& e, double error) {
    if (!(error > 0)) return;
    e.monte_carlo_error = std::hypot(e.monte_carlo_error, error);
    const auto ends = [&](double end) {
      const double part = 2 * error < std::abs(e.value) ? std::min(1.0, std::abs(end / e.value)) : 1.0;
      return std::hypot(end - e.value, 2 * error * part);
    };
    e.lower = e.value - ends(e.lower);
    e.upper = e.value + ends(e.upper);
  }
  [[nodiscard]] std::size_t number(const PolicyRun& run) const { return static_cast<std::size_t>(&run - runs_.data()); }

  // --- sums over the worlds

  [[nodiscard]] Varied varied_in(const PolicyRun& run) const {
    return {.parameters = ensemble_.varies(), .effects = run.effects_vary()};
  }
  /// As above, of the cost of a policy; and of what is gained from it.
  [[nodiscard]] Varied varied_in_cost(const PolicyRun& run) const {
    return varied_in(run) | Varied{.amounts = run.costs_vary()};
  }
  [[nodiscard]] Varied varied_in_gain(const PolicyRun& run) const {
    return varied_in_cost(run) | Varied{.amounts = values_vary_};
  }
  [[nodiscard]] Estimate certain(double value) const {
    Estimate e;
    e.value = e.lower = e.upper = value;
    e.level = options_.level.value();
    return e;
  }
  [[nodiscard]] Estimate sum_up(std::vector<double> x, double point, Varied varied) const {
    return any_varies_ && !x.empty() ? summarize(std::move(x), point, options_.level, varied, ensemble_.centre())
                                     : certain(point);
  }
  [[nodiscard]] Estimate estimate(const PolicyRun& run, std::size_t quantity, double factor = 1) const {
    std::vector<double> x = run.values[quantity];
    if (factor != 1)
      for (double& v : x) v *= factor;
    return moved(run, quantity, factor, sum_up(std::move(x), run.point[quantity] * factor, varied_in(run)));
  }
  [[nodiscard]] Estimate estimate(const PolicyRun& run, std::size_t quantity, Varied varied) const {
    return moved(run, quantity, 1, sum_up(run.values[quantity], run.point[quantity], varied));
  }
  /// Whether a quantity is a number of the people asked about who reach the target.
  [[nodiscard]] static bool counts_cohort(const PolicyRun& run, std::size_t quantity) {
    return quantity == PolicyRun::reached || quantity == PolicyRun::reached_gross ||
           quantity == PolicyRun::reached_before_displacement || quantity == PolicyRun::reached_before_substitution ||
           quantity >= run.group(0, PolicyRun::reached_of);
  }
  /// A difference of two numbers of people (or their shares), without what rounding alone makes of nothing. Of a share
  /// of nobody it is not known (NaN), not 0.
  [[nodiscard]] static double apart(double a, double b, double size) {
    const double difference = a - b;
    return std::abs(difference) <= 1e-12 * size ? 0.0 : difference;
  }
  /// How much more of a quantity one policy has than another, in each draw.
  [[nodiscard]] std::vector<double> more(const PolicyRun& run, std::size_t quantity, const PolicyRun& than,
                                         std::size_t of_other) const {
    std::vector<double> x(draws_);
    const double size = counts_cohort(run, quantity) ? out_.cohort : 0;
    for (std::size_t d = 0; d < draws_; ++d) x[d] = apart(run.values[quantity][d], than.values[of_other][d], size);
    return x;
  }
  [[nodiscard]] Estimate difference(const PolicyRun& run, std::size_t quantity, const PolicyRun& than,
                                    std::size_t of_other) const {
    return difference(run, quantity, than, of_other, varied_in(run) | varied_in(than));
  }
  [[nodiscard]] Estimate difference(const PolicyRun& run, std::size_t quantity, const PolicyRun& than,
                                    std::size_t of_other, Varied varied) const {
    Estimate e = sum_up(
        more(run, quantity, than, of_other),
        apart(run.point[quantity], than.point[of_other], counts_cohort(run, quantity) ? out_.cohort : 0), varied);
    for (const auto& [of, q] : {std::pair(&run, quantity), std::pair(&than, of_other)})
      if (const std::optional<Moved>& by = moved_[number(*of)]; by && number(*of) > 0) blur(e, by->error_of_more[q]);
    return e;
  }
  /// A ratio of two numbers, of which the lower one has an interval above 0. The value is the ratio of the values; its
  /// Monte Carlo error is that of a ratio of means. Where nobody more reaches, one more person cannot be had at any
  /// price: the far end, not a negative number.
  [[nodiscard]] Estimate ratio(const std::vector<double>& above, const std::vector<double>& below,
                               const Estimate& numerator, const Estimate& denominator, Varied varied) const {
    const double value = numerator.value / denominator.value;
    std::vector<double> each(draws_), residual(draws_);
    for (std::size_t d = 0; d < draws_; ++d) {
      each[d] = below[d] > 0 ? above[d] / below[d] : std::numeric_limits<double>::max();
      residual[d] = above[d] - value * below[d];
    }
    double last = 0;  // of which there is a price
    for (const double x : each)
      if (x < std::numeric_limits<double>::max()) last = std::max(last, x);
    Estimate e = sum_up(std::move(each), value, varied);
    e.value = value;
    e.upper = std::min(e.upper, last);  // not between a price and none
    if (e.draws == 0) return e;
    e.monte_carlo_error = moments(residual).deviation / denominator.value / std::sqrt(static_cast<double>(draws_));
    e.standard_deviation = std::numeric_limits<double>::quiet_NaN();  // the ratio may be without bound
    return e;
  }

  // --- one policy

  [[nodiscard]] PolicyResult result(std::size_t k) {
    const PolicyRun& run = runs_[k];
    PolicyResult r;
    r.name = run.plan().policy().name;
    r.reach = estimate(run, PolicyRun::reached, 1 / out_.cohort);
    r.standing = estimate(run, PolicyRun::standing, 1 / out_.cohort);
    r.years_to_reach = estimate(run, PolicyRun::years);
    r.people_reaching = counted(run, std::nullopt);
    const std::size_t n = ladder_.size(), steps = run.plan().steps();
    for (std::size_t t = 0; t <= steps; ++t) {
      r.first_passage.push_back(estimate(run, run.passage(t)));
      for (std::size_t i = 0; i < n; ++i) r.trajectory.push_back({t, i, estimate(run, run.heads(t, i))});
    }
    for (std::size_t t = 0; t < steps; ++t)
      for (std::size_t i = 0; i < ladder_.strata(); ++i)
        for (std::size_t j = 0; j < n; ++j)
          if (const Estimate heads = estimate(run, run.flow(t, i, j)); heads.value > 0 || heads.upper > 0)
            r.flows.push_back({t, i, j, heads});
    for (std::size_t t = 0; t < steps; ++t)
      for (std::size_t p = 0; p < population_.posts().size(); ++p)
        r.posts.push_back({t, ladder_.name_of(population_.posts()[p].at),
                           estimate(run, run.posts(t, p, PolicyRun::open)),
                           estimate(run, run.posts(t, p, PolicyRun::blocked))});
    if (!population_.posts().empty()) r.moves_per_vacancy = estimate(run, run.moves_per_vacancy());
    for (std::size_t v = 0; v < economics_.values.size(); ++v) {
      const Varied amounts{.amounts = economics_.values[v].varies()}, of_run = varied_in(run) | amounts;
      r.values.push_back({economics_.values[v].terms().name, estimate(run, run.value(v), of_run),
                          difference(run, run.value(v), runs_[0], runs_[0].value(v), of_run | varied_in(runs_[0])),
                          estimate(run, run.value(v, PolicyRun::forgone), of_run)});
    }
    by_group(run, r);
    say_what_cannot_be(run, r);
    for (std::size_t p = 0; p < run.programmes(); ++p) {
      const auto of = [&](PolicyRun::OfProgramme what) { return estimate(run, run.programme(p, what)); };
      r.programmes.push_back({run.plan().policy().programmes[p].name(),
                              {},
                              of(PolicyRun::taken),
                              of(PolicyRun::turned_away),
                              of(PolicyRun::lent),
                              of(PolicyRun::lost)});
      if (run.plan().policy().assigned.empty()) r.programmes.back().offers = of(PolicyRun::offers);
    }
    if (k > 0) compare_with_baseline(run, r);
    return r;
  }
  /// People at the start who are asked about, all of one chance, and where they stand.
  struct Alike {
    std::uint32_t at;
    double people;
  };
  /// Those of one group, or all; where groups cannot be told apart, those of all groups in each stratum.
  [[nodiscard]] std::vector<Alike> asked_about(std::optional<std::size_t> group) const {
    const bool unseen = population_.unseen_groups() != nullptr;
    std::vector<Alike> out;
    for (const std::size_t i : question_.from.indices()) {
      const double heads = population_.start().heads()[static_cast<Eigen::Index>(i)];
      const auto at = static_cast<std::uint32_t>(unseen ? ladder_.for_group(ladder_.within_group(i), 0) : i);
      if (!unseen && group && ladder_.group(i) != *group) continue;
      const auto known = std::find_if(out.begin(), out.end(), [at](const Alike& a) { return a.at == at; });
      if (known != out.end())
        known->people += heads;
      else
        out.push_back({at, heads});
    }
    return out;
  }
  /// The number that is counted in one world, of which mean and variance are known: by binomial numbers of those who
  /// start together. Where people wait for each other's seats and posts it is that of one mean chance for all but those
  /// who are `there` at the start, drawn closer to the mean or further from it as the variance is.
  [[nodiscard]] double count(const Draw& draw, const std::vector<Alike>& asked, double there, double mean,
                             const Chance& chance) const {
    const auto whole = [](Stream& stream, double x) {
      return x == std::floor(x) ? x : std::floor(x + stream.uniform());
    };
    const auto binomial = [&](Stream& stream, double n, double p) {
      return static_cast<double>(stream.binomial(static_cast<std::uint64_t>(whole(stream, n)), p));
    };
    double people = 0, sum = 0, variance = 0;
    bool apart = true;
    for (const Alike& a : asked) {
      const double p = chance.start[static_cast<Eigen::Index>(a.at)];
      people += a.people;
      sum += a.people * p;
      variance += a.people * p * (1 - p);
      apart = apart && p >= -1e-12 && p <= 1 + 1e-12;
    }
    apart = apart && std::abs(sum - mean) <= 1e-9 * (1 + mean);
    double out = 0;
    for (const Alike& a : asked) {
      if (!apart) break;
      Stream stream = draw.stream(Purpose::chance, 1 + a.at);
      out += binomial(stream, a.people, chance.start[static_cast<Eigen::Index>(a.at)]);
    }
    if (apart && std::abs(chance.variance - variance) <= 1e-9 * (1 + variance)) return out;
    Stream stream = draw.stream(Purpose::chance);
    if (!apart) {
      const double rest = people - there, p = rest > 0 ? std::clamp((mean - there) / rest, 0.0, 1.0) : 0.0;
      variance = rest * p * (1 - p);
      out = there + binomial(stream, rest, p);
    }
    const double part = 1.0 / 6;  // the variance that comes with whole people for parts of them
    const double scale = variance > 0 ? std::sqrt(std::max(0.0, chance.variance - part) / variance) : 0.0;
    return std::clamp(whole(stream, mean + (out - mean) * scale), there, people);
  }
  /// How many of those asked about, of one group or of all, will be counted as reaching: individual chance varies too.
  [[nodiscard]] Estimate counted(const PolicyRun& run, std::optional<std::size_t> group) const {
    const std::size_t quantity = group ? run.group(*group, PolicyRun::reached_of) : PolicyRun::reached;
    const auto summed_up = [&](std::vector<double> x) {
      Varied varied = varied_in(run);
      varied.individual_chance = true;
      return summarize_counts(std::move(x), estimate(run, quantity), options_.level, varied);
    };
    if (moved_[number(run)]) return summed_up(counts_[number(run)]->counted(group ? 1 + *group : 0));
    const std::vector<Alike> asked = asked_about(group);
    const std::vector<Chance>& chances = chances_[number(run)][group ? 1 + *group : 0];
    double there = 0;
    for (const Alike& a : asked)  // of groups that nobody sees it is chance who of those is of which
      if (question_.target.contains(a.at) && !(group && population_.unseen_groups() != nullptr)) there += a.people;
    std::vector<double> x(draws_);
    for (std::size_t d = 0; d < draws_; ++d)
      x[d] = count(Draw(options_.seed, d), asked, there, run.values[quantity][d], chances[d]);
    return summed_up(std::move(x));
  }
  /// A number of people of a group, for each of those asked about.
  [[nodiscard]] Estimate of_cohort(const PolicyRun& run, std::size_t g, PolicyRun::OfGroup what) const {
    const std::size_t people = run.group(g, PolicyRun::cohort_of);
    if (population_.unseen_groups() == nullptr) return estimate(run, run.group(g, what), 1 / run.point[people]);
    std::vector<double> x = run.values[run.group(g, what)];
    for (std::size_t d = 0; d < x.size(); ++d) x[d] /= run.values[people][d];
    return sum_up(std::move(x), run.point[run.group(g, what)] / run.point[people], varied_in(run));
  }
  /// Each group of people by itself, and how far apart they are.
  void by_group(const PolicyRun& run, PolicyResult& r) const {
    const PolicyRun& base = runs_[0];
    const std::size_t groups = ladder_.groups().size();
    std::vector<std::size_t> asked;  // groups, as in r.groups
    for (std::size_t g = 0; g < groups; ++g) {
      GroupResult of{ladder_.groups()[g]};
      for (const std::size_t i : question_.from.indices())
        if (ladder_.group(i) == g) of.cohort += population_.start().heads()[static_cast<Eigen::Index>(i)];
      if (!(of.cohort > 0)) continue;
      const std::size_t reached = run.group(g, PolicyRun::reached_of);
      of.people = estimate(run, run.group(g, PolicyRun::cohort_of));
      of.reach = of_cohort(run, g, PolicyRun::reached_of);
      of.people_reaching = counted(run, g);
      of.standing = of_cohort(run, g, PolicyRun::standing_of);
      of.participants = estimate(run, run.group(g, PolicyRun::participants_of));
      of.additional = difference(run, reached, base, base.group(g, PolicyRun::reached_of));
      asked.push_back(g);
      r.groups.push_back(std::move(of));
    }
    for (std::size_t a = 0; a < asked.size(); ++a)
      for (std::size_t b = a + 1; b < asked.size(); ++b) {
        const auto gap = [&](const PolicyRun& in, const auto& world) {
          const auto reach = [&](std::size_t g) {
            return world(in, in.group(g, PolicyRun::reached_of)) / world(in, in.group(g, PolicyRun::cohort_of));
          };
          return apart(reach(asked[a]), reach(asked[b]), 1);
        };
        std::vector<double> reach(draws_), change(draws_);
        for (std::size_t d = 0; d < draws_; ++d) {
          const auto world = [d](const PolicyRun& in, std::size_t q) { return in.values[q][d]; };
          reach[d] = gap(run, world);
          change[d] = apart(reach[d], gap(base, world), 1);
        }
        const auto point = [](const PolicyRun& in, std::size_t q) { return in.point[q]; };
        r.gaps.push_back(
            {r.groups[a].name, r.groups[b].name, sum_up(std::move(reach), gap(run, point), varied_in(run)),
             sum_up(std::move(change), apart(gap(run, point), gap(base, point), 1), varied_in(run) | varied_in(base))});
      }
    for (std::size_t t = 0; groups > 0 && t <= run.plan().steps(); ++t)
      for (std::size_t i = 0; i < ladder_.of_each_group().size(); ++i) {
        std::vector<double> heads(draws_);
        double point = 0;
        for (std::size_t g = 0; g < groups; ++g) {
          const std::size_t of = run.heads(t, ladder_.for_group(i, g));
          point += run.point[of];
          for (std::size_t d = 0; d < draws_; ++d) heads[d] += run.values[of][d];
        }
        r.together.push_back({t, i, sum_up(std::move(heads), point, varied_in(run))});
      }
  }
  /// What can happen at all: the moves of the model and those that programmes open.
  [[nodiscard]] MoveGraph possible_moves(const PolicyRun& run) const {
    const auto most = [](const Effect& e) { return e.bounds() ? std::max(e.value(), e.bounds()->second) : e.value(); };
    MoveGraph possible = graph_;
    const auto open = [&](const MoveEffects& effects) {
      for (const MoveEffect& e : effects.effects())
        for (const std::size_t i : e.from.indices())
          for (const std::size_t j : e.to.indices())
            if (e.changes(i, j) && (e.opens || (e.effect.scale() == Scale::points && most(e.effect) > 0)))
              possible.add(i, j);
    };
    for (const Programme& p : run.plan().policy().programmes)
      if (p.effects() && !p.nobody_enrols()) open(*p.effects());
    for (const Complement& c : run.plan().policy().complements) open(c.effects);
    return possible;
  }
  /// Why nobody of some people reaches the target; no words if somebody does in some world.
  [[nodiscard]] std::string why_not(const PolicyRun& run, const StratumSet& from, const Reachability& reachable,
                                    const Estimate& reach) const {
    if (!reachable.reachable) return why_unreachable(ladder_, from, question_.target, reachable);
    if (reachable.fewest_moves <= static_cast<int>(run.plan().steps()))
      return reach.value == 0 && reach.upper == 0
                 ? "of the moves that lead from " + from.text() + " to " + question_.target.text() +
                       " some are made by nobody within the span"
                 : "";
    return "the shortest way from " + from.text() + " to " + question_.target.text() + " takes " +
           std::to_string(reachable.fewest_moves) + " moves, more than the " + std::to_string(run.plan().steps()) +
           " steps asked about";
  }
  void say_what_cannot_be(const PolicyRun& run, PolicyResult& r) const {
    const MoveGraph possible = possible_moves(run);
    const Reachability reachable = reachability(possible, question_.from, question_.target);
    r.unreachable = why_not(run, question_.from, reachable, r.reach);
    r.missing_moves = reachable.missing;
    for (GroupResult& g : r.groups) {
      std::vector<std::size_t> from;
      for (const std::size_t i : question_.from.indices())
        if (ladder_.groups()[ladder_.group(i)] == g.name) from.push_back(i);
      const StratumSet own = ladder_.set_of(std::move(from));
      g.unreachable = why_not(run, own, reachability(possible, own, question_.target), g.reach);
    }
  }
  void compare_with_baseline(const PolicyRun& run, PolicyResult& r) const {
    const PolicyRun& base = runs_[0];
    const Varied both = varied_in(run) | varied_in(base);
    r.participants = estimate(run, PolicyRun::participants);
    r.turned_away = estimate(run, PolicyRun::all_turned_away);
    r.cost = estimate(run, PolicyRun::cost, varied_in_cost(run));
    r.gross = difference(run, PolicyRun::reached_gross, base, PolicyRun::reached);
    r.after_deadweight = difference(run, PolicyRun::reached_before_substitution, base, PolicyRun::reached);
    r.after_substitution = difference(run, PolicyRun::reached_before_displacement, base, PolicyRun::reached);
    r.additional = difference(run, PolicyRun::reached, base, PolicyRun::reached);
    r.additional_rungs = difference(run, PolicyRun::climbed, base, PolicyRun::climbed);
    r.additional_in_time = difference(run, PolicyRun::reached_in_time, base, PolicyRun::reached_in_time);
    for (const auto& [whose, gain] :
         {std::pair(Perspective::budget, &r.gain.budget), std::pair(Perspective::participant, &r.gain.participant),
          std::pair(Perspective::society, &r.gain.society)})
      *gain =
          difference(run, PolicyRun::gain(whose), base, PolicyRun::gain(whose), varied_in_gain(run) | varied_in(base));
    if (economics_.value_per_additional_person) {
      const double value = *economics_.value_per_additional_person;
      const std::size_t gain = PolicyRun::gain(economics_.perspective);
      std::vector<double> benefit = more(run, gain, base, gain);
      const std::vector<double> people = more(run, PolicyRun::reached_in_time, base, PolicyRun::reached_in_time);
      for (std::size_t d = 0; d < draws_; ++d) benefit[d] += value * people[d];
      r.net_benefit = sum_up(std::move(benefit),
                             value * (run.point[PolicyRun::reached_in_time] - base.point[PolicyRun::reached_in_time]) +
                                 (run.point[gain] - base.point[gain]),
                             both | varied_in_gain(run));
    }
    const std::vector<double> people = more(run, PolicyRun::reached, base, PolicyRun::reached);
    if (!(r.additional.lower > 0)) {
      r.ratio_refused = r.additional.upper < 0 ? "fewer people reach the target"
                        : r.additional.lower == 0 && r.additional.upper == 0
                            ? "nobody more reaches the target"
                            : "the interval of the additional people reaching holds 0";
      return;
    }
    r.number_needed_to_train = ratio(run.values[PolicyRun::participants], people, r.participants, r.additional, both);
    if (r.cost.lower == 0 && r.cost.upper == 0)
      r.ratio_refused = "no costs are stated";
    else
      r.cost_per_additional_person =
          ratio(run.values[PolicyRun::cost], people, r.cost, r.additional, both | varied_in_cost(run));
  }

  // --- all policies

  /// Costs and additional people of baseline and policies, by draw, as the net benefit has them; where money does not
  /// matter, the people as they are. Of one row where nothing varies.
  [[nodiscard]] Comparison comparison(bool money_matters) const {
    const std::size_t counted = money_matters ? PolicyRun::reached_in_time : PolicyRun::reached,
                      gain = PolicyRun::gain(economics_.perspective);
    const auto rows = static_cast<Eigen::Index>(any_varies_ ? draws_ : 1),
               columns = static_cast<Eigen::Index>(runs_.size());
    Matrix costs = Matrix::Zero(rows, columns), people(rows, columns);
    std::vector<std::string> names;
    Varied varied = varied_in(runs_[0]);
    for (std::size_t k = 0; k < runs_.size(); ++k) {
      const PolicyRun& run = runs_[k];
      names.push_back(run.plan().policy().name);
      varied = varied | (money_matters ? varied_in_gain(run) : varied_in(run));
      for (Eigen::Index d = 0; d < rows; ++d) {
        const auto at = [&](std::size_t k_, std::size_t q) {
          return any_varies_ ? runs_[k_].values[q][static_cast<std::size_t>(d)] : runs_[k_].point[q];
        };
        if (money_matters && k > 0) costs(d, static_cast<Eigen::Index>(k)) = at(0, gain) - at(k, gain);
        people(d, static_cast<Eigen::Index>(k)) = apart(at(k, counted), at(0, counted), out_.cohort);
      }
      if (!moved_[k]) continue;
      const auto column = static_cast<Eigen::Index>(k), as = static_cast<Eigen::Index>(moved_[k]->as);
      if (as != column) {  // counts do not tell them apart, and what is expected does
        const std::vector<double>&own = moved_[k]->expected.at(counted),
              &other = moved_[moved_[k]->as]->expected.at(counted);
        for (Eigen::Index d = 0; d < rows; ++d)
          people(d, column) = people(d, as) + own[static_cast<std::size_t>(d)] - other[static_cast<std::size_t>(d)];
        continue;
      }
      if (!moved_[k]->reach) continue;
      const double chance = 2 * moved_[k]->error_of_more[counted];  // where they do not tell it from none, it is none
      if (!(std::abs(people.col(column).mean()) <= chance)) continue;
      for (Eigen::Index d = 0; d < rows; ++d)
        if (double& more = people(d, column); std::abs(more) <= chance) more = 0;
    }
    return {std::move(names), std::move(costs), std::move(people), varied};
  }
  void compare() {
    out_.best_by_net_benefit = economics_.value_per_additional_person.has_value();
    const Comparison all = comparison(out_.best_by_net_benefit);
    const double value = economics_.value_per_additional_person.value_or(1);
    const Decision decision = decide(all, value, options_.level);
    for (std::size_t k = 0; k < runs_.size(); ++k)
      result_of(k).probability_best =
          any_varies_ ? decision.probability_best[k] : certain(decision.probability_best[k].value);
    if (out_.best_by_net_benefit && any_varies_ && runs_.size() > 1) {
      out_.decision = decision;
      std::vector<double> grid;
      for (int k = 0; k <= 20; ++k) grid.push_back(value * k / 10);
      out_.acceptability = decide(all, grid, options_.level);
      find_value_of_knowing(all, value);
    }
    if (options_.keep_worlds) keep_worlds(all, decision);
    find_frontier();
  }
  /// The probabilities of moves that vary, by world, and their names; those that groups share once, without a group.
  /// None where moves differ by period.
  [[nodiscard]] std::pair<std::vector<std::string>, Matrix> moves_in_worlds() {
    const bool shared = ensemble_.shared_by_groups();
    const auto name = [&](std::size_t i) {
      return shared ? ladder_.of_each_group().name(ladder_.within_group(i)) : ladder_.name(i);
    };
    std::vector<std::string> names;
    std::vector<std::pair<Eigen::Index, Eigen::Index>> cells;
    if (ensemble_.varies() && ensemble_.point().is_constant())
      for (std::size_t i = 0; i < ladder_.strata(); ++i)
        for (std::size_t j = 0; j < ladder_.size(); ++j)
          if (i != j && graph_.has(i, j) && !(shared && ladder_.group(i) > 0)) {
            cells.emplace_back(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j));
            names.push_back(name(i) + " -> " + name(j));
          }
    Matrix numbers(static_cast<Eigen::Index>(draws_), static_cast<Eigen::Index>(cells.size()));
    Kernel& kernel = rooms_[0].kernel;
    for (std::size_t d = 0; d < draws_ && !cells.empty(); ++d) {
      ensemble_.draw_into(Draw(options_.seed, d), kernel);
      for (std::size_t c = 0; c < cells.size(); ++c)
        numbers(static_cast<Eigen::Index>(d), static_cast<Eigen::Index>(c)) =
            kernel.view(0)(cells[c].first, cells[c].second);
    }
    return {std::move(names), std::move(numbers)};
  }
  void keep_worlds(const Comparison& all, const Decision& decision) {
    Worlds& out = out_.worlds.emplace();
    const auto rows = static_cast<Eigen::Index>(all.draws());
    const auto table = [&](std::size_t quantity) {
      Matrix x(rows, static_cast<Eigen::Index>(runs_.size()));
      for (std::size_t k = 0; k < runs_.size(); ++k)
        for (Eigen::Index d = 0; d < rows; ++d)
          x(d, static_cast<Eigen::Index>(k)) =
              any_varies_ ? runs_[k].values[quantity][static_cast<std::size_t>(d)] : runs_[k].point[quantity];
      return x;
    };
    out.people_reaching = table(PolicyRun::reached);
    out.additional = comparison(false).effects();
    out.participants = table(PolicyRun::participants);
    out.cost = table(PolicyRun::cost);
    if (economics_.value_per_additional_person)
      out.net_benefit = all.net_benefit(*economics_.value_per_additional_person);
    out.other_best = decision.other_best;
    out.other_order = decision.other_order;

    const auto append = [&](const std::vector<std::string>& names, const Matrix& numbers) {
      out.names.insert(out.names.end(), names.begin(), names.end());
      out.numbers.conservativeResize(rows, static_cast<Eigen::Index>(out.names.size()));
      out.numbers.rightCols(numbers.cols()) = numbers;
    };
    const auto add = [&](const std::vector<std::string>& names, const auto& in_world) {  // once, of several policies
      if (!names.empty() && std::find(out.names.begin(), out.names.end(), names.front()) == out.names.end())
        append(names, in_worlds(in_world));
    };
    const auto names_of = [](const std::vector<Programme::Input>& inputs) {
      std::vector<std::string> names;
      for (const Programme::Input& i : inputs) names.push_back(i.name);
      return names;
    };
    out.numbers.resize(rows, 0);
    for (const PolicyRun& run : runs_) {
      for (const Programme& p : run.plan().policy().programmes)
        add(names_of(p.inputs()), [&p](const Draw& draw) { return p.inputs_in(draw); });
      for (const Complement& c : run.plan().policy().complements)
        add(names_of(c.effects.inputs(c.together())), [&c](const Draw& draw) { return c.effects.inputs_in(draw); });
    }
    for (const ValueStream& v : economics_.values) {
      std::vector<std::string> names(v.uncertain(Draw::point()).size(),
                                     "deviation of the amount of " + detail::quoted(v.terms().name));
      for (std::size_t k = 1; k < names.size(); ++k) names[k] += ", " + std::to_string(k + 1);
      add(names, [&v](const Draw& draw) { return v.uncertain(draw); });
    }
    const auto [names, moves] = moves_in_worlds();
    if (!names.empty()) append(names, moves);
  }
  /// Numbers of every world, a row for each, as `in_world` lists them for one.
  template <class InWorld>
  [[nodiscard]] Matrix in_worlds(const InWorld& in_world) const {
    Matrix numbers(any_varies_ ? static_cast<Eigen::Index>(draws_) : 1, 0);
    for (Eigen::Index d = 0; d < numbers.rows(); ++d) {
      const std::vector<double> one =
          in_world(any_varies_ ? Draw(options_.seed, static_cast<std::size_t>(d)) : Draw::point());
      if (d == 0) numbers.resize(numbers.rows(), static_cast<Eigen::Index>(one.size()));
      numbers.row(d) = Eigen::Map<const Eigen::RowVectorXd>(one.data(), numbers.cols());
    }
    return numbers;
  }
  /// Things that may be learnt before choosing: the effects or the costs of each programme, a value, or the moves of
  /// the model; each by its name, and its numbers in every world.
  using Things = std::vector<std::pair<std::string, std::function<Matrix()>>>;
  [[nodiscard]] Things things() {
    Things out;
    std::vector<std::string> seen;
    const auto add = [&](const std::string& what, const auto& in_world) {
      if (!in_world(Draw(options_.seed, 0)).empty())
        out.emplace_back(what, [this, in_world] { return in_worlds(in_world); });
    };
    for (const PolicyRun& run : runs_)
      for (const Programme& p : run.plan().policy().programmes) {
        if (std::find(seen.begin(), seen.end(), p.name()) != seen.end()) continue;
        seen.push_back(p.name());
        if (p.varies())
          add("what " + detail::quoted(p.name()) + " does", [&p](const Draw& draw) { return p.uncertain(draw); });
        if (p.costs_vary())
          add("what " + detail::quoted(p.name()) + " costs",
              [&p](const Draw& draw) { return p.uncertain_costs(draw); });
      }
    for (const PolicyRun& run : runs_)
      for (const Complement& c : run.plan().policy().complements) {
        const std::string what = "what " + c.together() + " do";
        if (!c.effects.varies() || std::find(seen.begin(), seen.end(), what) != seen.end()) continue;
        seen.push_back(what);
        add(what, [&c](const Draw& draw) { return c.effects.uncertain(draw); });
      }
    for (const ValueStream& v : economics_.values)
      if (v.varies())
        add("what " + detail::quoted(v.terms().name) + " is worth",
            [&v](const Draw& draw) { return v.uncertain(draw); });
    if (ensemble_.varies() && ensemble_.point().is_constant())
      out.emplace_back("how people move without a programme", [this] { return moves_and_shares_in_worlds(); });
    return out;
  }
  /// The probabilities of moves that vary, and the shares of groups that nobody can tell apart, by world.
  [[nodiscard]] Matrix moves_and_shares_in_worlds() {
    Matrix numbers = moves_in_worlds().second;
    const GroupShares* const unseen = population_.unseen_groups();
    if (unseen == nullptr || !unseen->varies()) return numbers;
    const Eigen::Index moves = numbers.cols(), shares = unseen->point().size();
    numbers.conservativeResize(Eigen::NoChange, moves + shares);
    for (std::size_t d = 0; d < draws_; ++d) {
      const Matrix in_world = unseen->in_world(Draw(options_.seed, d));
      for (Eigen::Index s = 0; s < shares; ++s) numbers(static_cast<Eigen::Index>(d), moves + s) = in_world.data()[s];
    }
    return numbers;
  }
  /// Refuses names of things that are not there, before anything is run.
  void check_known_together() {
    if (economics_.known_together.empty()) return;
    std::vector<std::string> names;
    if (runs_.size() > 1 && any_varies_)
      for (const auto& thing : things()) names.push_back(thing.first);
    std::string there;
    for (const std::string& name : names) there += (there.empty() ? "" : ", ") + name;
    for (const std::vector<std::string>& together : economics_.known_together) {
      if (together.empty())
        throw Refusal("E-PARAMETER", "found no name in a list of what is to be known together; expected one or more");
      for (auto name = together.begin(); name != together.end(); ++name) {
        if (std::find(names.begin(), names.end(), *name) == names.end())
          throw Refusal("E-PARAMETER", "found \"" + *name + "\" among what is to be known together; expected " +
                                           (names.empty() ? "something that is uncertain and that a choice hangs on"
                                                          : "one of: " + there));
        if (std::find(together.begin(), name, *name) != name)
          throw Refusal("E-PARAMETER",
                        "found \"" + *name + "\" twice in one list of what is to be known together; expected it once");
      }
    }
  }
  /// What knowing each of the things() before choosing would be worth, and those that are named together.
  void find_value_of_knowing(const Comparison& all, double value) {
    std::map<std::string, Matrix> numbers_of;
    const auto know = [&](std::string what, const Matrix& numbers) {
      KnownBefore& known = out_.known_before.emplace_back(KnownBefore{std::move(what), {}, {}});
      try {
        known.evppi = evppi(all, value, numbers, options_.level);
      } catch (const Refusal& e) {
        known.refused = e.message();
      }
    };
    for (const auto& [what, numbers] : things()) know(what, numbers_of[what] = numbers());
    for (const std::vector<std::string>& names : economics_.known_together) {
      std::string what;
      Matrix together(static_cast<Eigen::Index>(draws_), 0);
      for (const std::string& name : names) {
        const Matrix& one = numbers_of.at(name);
        together.conservativeResize(Eigen::NoChange, together.cols() + one.cols());
        together.rightCols(one.cols()) = one;
        what += (what.empty() ? "" : " and ") + name;
      }
      know(names.size() > 1 ? what + ", together" : what, together);
    }
  }
  /// The frontier, and what one more person costs from each efficient policy to the next.
  void find_frontier() {
    std::vector<Alternative> alternatives{{"baseline", 0, 0}};
    const Matrix ranked = comparison(false).effects();
    for (std::size_t k = 1; k < runs_.size(); ++k) {
      const PolicyResult& r = out_.policies[k - 1];
      const bool as_other = moved_[k] && moved_[k]->as != k;
      alternatives.push_back(
          {r.name, r.cost.value, as_other ? ranked.col(static_cast<Eigen::Index>(k)).mean() : r.additional.value});
    }
    std::vector<std::size_t> front;  // the efficient ones, as numbers of runs
    for (const FrontierPoint& p : efficient_frontier(alternatives)) {
      const std::size_t k = out_.frontier.size();
      ComparedPolicy& c = out_.frontier.emplace_back();
      c.name = p.name;
      c.dominance = p.dominance;
      c.cost = k == 0 ? certain(0) : out_.policies[k - 1].cost;
      c.additional = k == 0 ? certain(0) : out_.policies[k - 1].additional;
      if (p.dominance == Dominance::efficient) front.push_back(k);
    }
    std::sort(front.begin(), front.end(), [&](std::size_t a, std::size_t b) {
      return out_.frontier[a].additional.value < out_.frontier[b].additional.value;
    });
    for (std::size_t f = 1; f < front.size(); ++f) {
      const PolicyRun &less = runs_[front[f - 1]], &run = runs_[front[f]];
      ComparedPolicy& c = out_.frontier[front[f]];
      const Estimate people = difference(run, PolicyRun::reached, less, PolicyRun::reached);
      if (people.lower > 0)
        c.icer = ratio(more(run, PolicyRun::cost, less, PolicyRun::cost),
                       more(run, PolicyRun::reached, less, PolicyRun::reached),
                       difference(run, PolicyRun::cost, less, PolicyRun::cost), people,
                       varied_in_cost(less) | varied_in_cost(run));
      else
        c.icer_refused = "the interval of the people it adds to those of " +
                         detail::quoted(out_.frontier[front[f - 1]].name) + " holds 0";
    }
  }

  // --- what holds people back

  /// How the people who reach, those whom the policy adds and its cost react to every move, seat, post and entrant, in
  /// the first worlds.
  void find_bottleneck(std::size_t k) {
    PolicyResult& r = result_of(k);
    const Projection& plan = runs_[k].plan();
    const std::size_t worlds = any_varies_ ? std::min(draws_, options_.bottleneck_draws) : 0;
    std::vector<std::pair<std::size_t, std::size_t>> moves =
        r.missing_moves;  // where nobody can reach: would open a way
    const auto opened = [&](std::size_t i, std::size_t j) {
      const std::vector<Programme>& all = plan.policy().programmes;
      return std::any_of(all.begin(), all.end(), [&](const Programme& p) {
        return p.effects() && std::any_of(p.effects()->effects().begin(), p.effects()->effects().end(),
                                          [&](const MoveEffect& e) { return e.opens && e.changes(i, j); });
      });
    };
    for (std::size_t i = 0; i < ladder_.strata(); ++i)  // who has reached matters to others by the post alone
      for (std::size_t j = 0; j < ladder_.size(); ++j)
        if (i != j && (ladder_.possible(i, j) || opened(i, j)) &&
            !(question_.target.contains(i) && population_.posts().empty()) &&
            std::find(moves.begin(), moves.end(), std::pair(i, j)) == moves.end())
          moves.emplace_back(i, j);
    // Groups that nobody can tell apart are eased together: the first stands for all.
    const bool unseen = population_.unseen_groups() != nullptr;
    if (unseen) {
      std::vector<std::pair<std::size_t, std::size_t>> of_first;
      for (const auto& [from, to] : moves) {
        const std::pair<std::size_t, std::size_t> move{from - ladder_.group(from), to - ladder_.group(to)};
        if (std::find(of_first.begin(), of_first.end(), move) == of_first.end()) of_first.push_back(move);
      }
      moves = std::move(of_first);
    }
    const std::size_t programmes = runs_[k].programmes(), posts = population_.posts().size();
    const std::size_t entrants = moves.size() + posts, seats = entrants + ladder_.strata(), all = seats + programmes;
    // What one more of each does to a number of which these are the derivatives; of the baseline, whoever has seats.
    const auto reactions = [&](const Sensitivity& s, const auto& put) {
      for (std::size_t m = 0; m < moves.size(); ++m) {
        double sum = 0;
        for (std::size_t g = 0; g < (unseen ? ladder_.groups().size() : 1); ++g)
          sum += s.moves(static_cast<Eigen::Index>(moves[m].first + g), static_cast<Eigen::Index>(moves[m].second + g));
        put(m, 0.01 * sum);
      }
      for (std::size_t p = 0; p < posts; ++p)
        put(moves.size() + p, s.posts[static_cast<Eigen::Index>(population_.posts()[p].at.indices().front())]);
      for (std::size_t i = 0; i < ladder_.strata(); ++i) put(entrants + i, s.inflow[static_cast<Eigen::Index>(i)]);
      for (std::size_t p = 0; p < programmes; ++p)
        put(seats + p,
            s.seats.rows() == 0 ? 0.0 : s.seats.row(static_cast<Eigen::Index>(p)).sum() * ensemble_.step().years());
    };
    const auto cost_of = [&](const Draw& draw) {
      return costs_of_participants(plan.policy(), plan.steps(), ensemble_.step(), rate_, draw);
    };
    const bool costs = !cost_of(Draw::point()).isZero(0);
    struct Numbers {
      std::vector<double> point;
      std::vector<std::vector<double>> each;
    };
    const Numbers none{std::vector<double>(all), std::vector<std::vector<double>>(all, std::vector<double>(worlds))};
    Numbers reach = none, change = k == 0 ? Numbers() : none, cost = costs ? none : Numbers();
    std::vector<ProjectionGradient> gradients, of_baseline;
    for (unsigned t = 0; t < threads_; ++t) {
      gradients.emplace_back(plan);
      of_baseline.emplace_back(runs_[0].plan());
    }
    const auto world = [&](std::size_t thread, const Kernel& kernel, const Draw& draw, const auto& put) {
      reactions(gradients[thread].at(kernel, draw), [&](std::size_t m, double x) {
        put(reach, m) = apart(x, 0, out_.cohort);
        if (k > 0) put(change, m) = x;
      });
      if (k > 0)
        reactions(of_baseline[thread].at(kernel, draw),
                  [&](std::size_t m, double x) { put(change, m) = apart(put(change, m), x, out_.cohort); });
      if (costs)
        reactions(gradients[thread].at(kernel, draw, {.reached = 0, .participants = cost_of(draw)}),
                  [&](std::size_t m, double x) { put(cost, m) = x; });
    };
    world(0, ensemble_.point(), Draw::point(), [](Numbers& n, std::size_t m) -> double& { return n.point[m]; });
    parallel_for(worlds, threads_, [&](std::size_t thread, std::size_t d) {
      Room& room = rooms_[thread];
      const Draw draw(options_.seed, d);
      ensemble_.draw_into(draw, room.kernel);
      world(thread, room.kernel, draw, [d](Numbers& n, std::size_t m) -> double& { return n.each[m][d]; });
    });
    const Varied varied = varied_in(runs_[k]);
    const auto reaction = [&](std::size_t m) {
      const auto of = [&](Numbers& n) {
        return sum_up(std::move(n.each[m]), n.point[m], &n == &cost ? varied_in_cost(runs_[k]) : varied);
      };
      Reaction out{.additional = of(reach)};
      if (k > 0) out.change = of(change);
      if (costs) out.cost = of(cost);
      return out;
    };
    for (std::size_t m = 0; m < moves.size(); ++m)
      r.bottleneck.push_back({reaction(m), moves[m].first, moves[m].second});
    const auto keep = [&](std::vector<OneMore>& list, const std::string& what, std::size_t m) {
      OneMore one{reaction(m), what};
      const auto is_nothing = [](const Estimate& e) { return e.value == 0 && e.lower == 0 && e.upper == 0; };
      if (!is_nothing(one.additional) || (one.cost && !is_nothing(*one.cost))) list.push_back(std::move(one));
    };
    // Of places that are just about enough, a derivative would take one more for used that may stay empty.
    const Course course = plan.run(ensemble_.point(), Draw::point());
    const auto keep_unless = [&](char close, std::vector<OneMore>& list, const char* of, const std::string& what,
                                 std::size_t m) {
      if (close == 0) return keep(list, what, m);
      list.push_back({{},
                      what,
                      "its " + std::string(of) +
                          " are just about enough in some period, so that chance "
                          "decides whether one more is used"});
    };
    for (std::size_t p = 0; p < programmes; ++p)
      keep_unless(plan.policy().assigned.empty() ? course.close_seats[p] : char{0}, r.one_more_seat, "seats",
                  plan.policy().programmes[p].name(), seats + p);
    for (std::size_t p = 0; p < posts; ++p)
      keep_unless(course.close_posts[p], r.one_more_post, "posts", ladder_.name_of(population_.posts()[p].at),
                  moves.size() + p);
    for (std::size_t i = 0; i < ladder_.strata(); ++i)
      if (!unseen || ladder_.group(i) == 0)
        keep(r.one_more_entrant, unseen ? ladder_.of_each_group().name(ladder_.within_group(i)) : ladder_.name(i),
             entrants + i);
    const auto first = [](const Reaction& a, const Reaction& b) { return a.additional.value > b.additional.value; };
    std::stable_sort(r.bottleneck.begin(), r.bottleneck.end(), first);
    for (std::vector<OneMore>* list : {&r.one_more_seat, &r.one_more_post, &r.one_more_entrant})
      std::stable_sort(list->begin(), list->end(), first);
  }

  /// Every uncertain number of the policy's programmes, and of what they do together, at both ends of its interval, in
  /// the world of the points.
  void vary_one_way(std::size_t k) {
    const Policy& policy = runs_[k].plan().policy();
    std::vector<TornadoInput> inputs;
    std::vector<std::pair<std::size_t, std::size_t>> which;  // programme, then complement, and which of its inputs
    const std::size_t programmes = policy.programmes.size();
    for (std::size_t p = 0; p < programmes + policy.complements.size(); ++p) {
      const Complement* const complement = p < programmes ? nullptr : &policy.complements[p - programmes];
      const std::vector<Programme::Input> all =
          complement == nullptr ? policy.programmes[p].inputs() : complement->effects.inputs(complement->together());
      for (std::size_t i = 0; i < all.size(); ++i) {
        // A value outside its own interval is warned about; its bar starts or ends at the value.
        inputs.push_back(
            {all[i].name, std::min(all[i].low, all[i].value), all[i].value, std::max(all[i].high, all[i].value)});
        which.emplace_back(p, i);
      }
    }
    if (inputs.empty()) return;
    const PolicyRun& base = runs_[0];
    const auto moved_by = [&](std::size_t q) { return moved_[k] ? moved_[k]->by[q] : 0.0; };
    struct There {
      double additional = 0, cost = 0, net_benefit = 0;
    };
    std::map<std::vector<double>, There> known;  // asked of each end twice: the answer, and the decision
    const auto with = [&](const std::vector<double>& numbers) -> const There& {
      const auto found = known.find(numbers);
      if (found != known.end()) return found->second;
      Policy other = policy;
      for (std::size_t m = 0; m < which.size(); ++m) {
        const auto [p, input] = which[m];
        if (numbers[m] == inputs[m].point) continue;
        if (p < programmes) {
          other.programmes[p] = other.programmes[p].with(input, numbers[m]);
        } else {
          MoveEffects& effects = other.complements[p - programmes].effects;
          effects = effects.with(input, numbers[m]);
        }
      }
      const Course course = Projection(ensemble_.point(), population_, question_, other, Count::net)
                                .run(ensemble_.point(), Draw::point());
      There at;
      at.additional = course.reached() + moved_by(PolicyRun::reached) - base.point[PolicyRun::reached];
      at.cost =
          policy_cost(other, course, population_, ensemble_.step(), rate_, Draw::point()) + moved_by(PolicyRun::cost);
      if (economics_.value_per_additional_person) {
        const double people =
            reached_discounted(course, ensemble_.step(), outcomes_) + moved_by(PolicyRun::reached_in_time);
        const std::size_t gain = PolicyRun::gain(economics_.perspective);
        at.net_benefit = *economics_.value_per_additional_person * (people - base.point[PolicyRun::reached_in_time]) +
                         gains_of(other, course).of(economics_.perspective) + moved_by(gain) - base.point[gain];
      }
      return known.emplace(numbers, at).first->second;
    };
    const bool has_value = economics_.value_per_additional_person.has_value();
    const auto benefits = [&](const std::vector<double>& numbers) {
      return std::vector<double>{0.0, has_value ? with(numbers).net_benefit : with(numbers).additional};
    };
    std::vector<double> at;
    for (const TornadoInput& i : inputs) at.push_back(i.point);
    for (const TornadoBar& bar : tornado(
             inputs, [&](const std::vector<double>& numbers) { return with(numbers).additional; }, benefits)) {
      OneWay out{bar.name, bar.low, bar.high, bar.at_low, bar.at_high};
      out.decision_changes = bar.decision_changes.value_or(false);
      std::vector<double> end = at;
      end[bar.input] = bar.low;
      const There low = with(end);
      end[bar.input] = bar.high;
      const There high = with(end);
      out.cost_at_low = low.cost;
      out.cost_at_high = high.cost;
      if (has_value) {
        out.net_benefit_at_low = low.net_benefit;
        out.net_benefit_at_high = high.net_benefit;
      }
      result_of(k).one_way.push_back(std::move(out));
    }
  }

  [[nodiscard]] Gains gains_of(const Policy& policy, const Course& course) const {
    std::vector<std::string> names;
    for (const Programme& p : policy.programmes) names.push_back(p.name());
    std::vector<StreamValue> values;
    for (const ValueStream& v : economics_.values) values.push_back(v.over(course, ensemble_.step(), names));
    return gains(policy_cost(policy, course, population_, ensemble_.step(), rate_, Draw::point()),
                 worth_of_loans(policy, course, ensemble_.step(), rate_, Draw::point()), economics_.values, values);
  }

  // --- what the reader must know

  void warn() {
    std::vector<std::string> spoken_of, bound;
    const auto say = [this](const char* code, std::string text) { out_.warnings.push_back({code, std::move(text)}); };
    for (std::size_t k = 1; k < runs_.size(); ++k) {
      const PolicyResult& r = out_.policies[k - 1];
      if (runs_[k].capped > 0)
        say("W-EFFECT-CAPPED",
            "under " + detail::quoted(r.name) + " an effect pushed a probability to the edge of what is possible" +
                (any_varies_ ? " in " + std::to_string(runs_[k].capped) + " of " + std::to_string(draws_) + " draws"
                             : std::string()));
      for (const ProgrammeResult& p : r.programmes)
        if (p.turned_away.value >= 0.5 && p.participants.value > 0 &&
            std::find(bound.begin(), bound.end(), p.name) == bound.end()) {
          bound.push_back(p.name);
          say("W-SEATS", "the seats of " + detail::quoted(p.name) + " bind: under " + detail::quoted(r.name) +
                             " about " + detail::text(std::round(p.turned_away.value)) + " applications find none" +
                             approximate(k));
        }
      const Policy& policy = runs_[k].plan().policy();
      for (const Programme& p : policy.programmes) {
        if (std::find(spoken_of.begin(), spoken_of.end(), p.name()) != spoken_of.end()) continue;
        spoken_of.push_back(p.name());
        const auto done = std::find_if(r.programmes.begin(), r.programmes.end(),
                                       [&](const ProgrammeResult& x) { return x.name == p.name(); });
        if (p.changes_nothing())
          say("W-NOEFFECT", "the programme " + detail::quoted(p.name()) + " changes nobody's moves");
        else if (done->participants.upper == 0 && policy.assigned.empty())
          say("W-NOEFFECT", "nobody takes part in the programme " + detail::quoted(p.name()) +
                                " within the span; see its years and who is eligible");
        if (p.effects()) warn_of(*p.effects(), "of " + detail::quoted(p.name()));
      }
      for (const Complement& c : policy.complements)
        warn_of(c.effects, "of the complement in " + detail::quoted(policy.name));
      if (r.additional.draws > 0 && r.additional.monte_carlo_error > (r.additional.upper - r.additional.lower) / 10)
        say("W-MCERR", "the Monte Carlo error of the additional people under " + detail::quoted(r.name) +
                           " exceeds a tenth of the interval; use more draws");
    }
    std::vector<std::string> told;
    for (std::size_t k = 0; k < runs_.size(); ++k) warn_of_places(k, told);
    for (const PostsResult& p : out_.baseline.posts)
      if (p.blocked.value > 0 && !(moved_[0] && moved_[0]->any())) {
        say("W-POSTS",
            "the posts of " + detail::quoted(p.stratum) + " bind: some who would move in find none" + approximate(0));
        break;
      }
  }
  /// What seats or posts that bind make of expected numbers that are not counted.
  [[nodiscard]] std::string approximate(std::size_t k) const {
    return moved_[k] ? "" : "; expected values are then an approximation of the expectation";
  }
  /// Says where seats or posts are as many as are wanted but for chance, and what that does to the expected numbers.
  void warn_of_places(std::size_t k, std::vector<std::string>& told) {
    const PolicyRun& run = runs_[k];
    const Policy& policy = run.plan().policy();
    const Course course = run.plan().run(ensemble_.point(), Draw::point());
    std::vector<std::string> close;
    for (std::size_t p = 0; p < course.close_seats.size(); ++p)
      if (course.close_seats[p] != 0 && policy.assigned.empty())
        close.push_back("the seats of " + detail::quoted(policy.programmes[p].name()));
    const std::size_t seats = close.size();
    for (std::size_t p = 0; p < course.close_posts.size(); ++p)
      if (course.close_posts[p] != 0)
        close.push_back("the posts of " + detail::quoted(ladder_.name_of(population_.posts()[p].at)));
    if (moved_[k] ? !moved_[k]->any() : close.empty()) return;  // it makes no difference
    std::string what = "seats or posts";                        // in other worlds than that of the points
    for (std::size_t c = 0; c < close.size(); ++c)
      what = c == 0 ? close[0] : what + (c + 1 < close.size() ? ", " : " and ") + close[c];
    what += " are just about enough in some period";
    const char* const code =
        close.size() > seats || (seats == 0 && !population_.posts().empty()) ? "W-POSTS" : "W-SEATS";
    if (moved_[k]) {
      const double more = std::round(10 * moved_[k]->reached_by) / 10;
      out_.warnings.push_back(
          {code,
           (k == 0 ? std::string("in the baseline ") : "under " + detail::quoted(policy.name) + " ") + what +
               ", so that chance decides whether somebody finds none: expected numbers are moved to the average of " +
               std::to_string(counts_[k]->counted(0).size()) + " counts of whole people" +
               (more == 0 ? std::string()
                          : ", by which " + detail::text(std::abs(more)) + (more > 0 ? " more" : " fewer") +
                                " reach the target than if all went as expected") +
               "; intervals hold twice its Monte Carlo error"});
      return;
    }
    if (std::find(told.begin(), told.end(), what) != told.end()) return;  // once, for baseline and policies
    told.push_back(what);
    out_.warnings.push_back({code, what + ": whether somebody finds none is a matter of chance there, so that expected "
                                          "numbers are somewhat too high and the range of the count is rough"});
  }
  void warn_of(const MoveEffects& effects, const std::string& whose) {
    const auto say = [this](const char* code, std::string text) { out_.warnings.push_back({code, std::move(text)}); };
    for (const MoveEffect& e : effects.effects()) {
      const std::string effect = rungs::name(e.effect.scale()) + " of " + detail::text(e.effect.value()) + " " + whose;
      if (e.effect.evidence().empty()) say("W-EFFECT-EVIDENCE", "the " + effect + " names no source");
      if (e.effect.outside_its_interval()) say("W-EFFECT-EVIDENCE", "the " + effect + " lies outside its own interval");
      if (!e.effect.bounds() && !e.effect.is_null())
        say("W-EFFECT-EVIDENCE", "the " + effect + " has no interval and is taken as known");
      bool works = e.opens || e.effect.scale() == Scale::points;
      for (const std::size_t i : e.from.indices())
        for (const std::size_t j : e.to.indices()) works = works || graph_.has(i, j);
      if (!works)
        say("W-NOEFFECT", "the " + effect + " acts on a move that nobody makes (probability 0), and a ratio of 0 is 0");
    }
  }

  const Ensemble& ensemble_;
  Ladder ladder_;
  const Population& population_;
  const Question& question_;
  const Economics& economics_;
  const EvaluateOptions& options_;
  DiscountRate rate_, outcomes_;
  std::size_t draws_;
  unsigned threads_;
  bool any_varies_, values_vary_ = false;
  MoveGraph graph_;
  std::vector<PolicyRun> runs_{};                            // the baseline first
  std::vector<char> close_{};                                // as runs_: whether chance decides who finds a place
  std::vector<double> times_{};                              // as runs_: that a count takes, in ns
  std::vector<std::optional<WholeCounts>> counts_{};         // as runs_: in whole people
  std::vector<std::optional<Moved>> moved_{};                // as runs_: where numbers were moved to counts
  std::vector<Room> rooms_{};                                // one for each thread
  std::vector<std::vector<std::vector<Chance>>> chances_{};  // by policy, of all and of each group, in each draw
  Evaluation out_{};
};

}  // namespace detail

/// Answers the main question: of the people asked about, how many reach the target within the span under each policy,
/// how many more than without it, and at what cost.
///
/// Baseline and policies see the same joint worlds: one draw of the model and of every programme's effect each.
/// Expected numbers (`additional`, `cost`, headcounts, flows) have intervals over parameters and programme effects;
/// `people_reaching` has individual chance as well: who happens to move, to enrol, to find a seat or a post, given the
/// world (see Sensitivity::variance). Where seats or posts are just about enough in some period (Course::close_seats)
/// the range is of counts by WholePeople, and expected numbers of people and money are moved to their average, with
/// twice its Monte Carlo error in their intervals; the moves per vacancy and the bottleneck stay those of expected
/// people.
/// The two ratios are given only where the interval of the additional people excludes 0; their value is a ratio of
/// values. Of groups that nobody can tell apart (Population::in_unseen_groups) every world has shares of its own.
/// Effect on intervals: see `varied` of each Estimate; how the programme's evidence carries over to these
/// people does not vary. Throws what Projection throws; Refusal [E-COHORT] when nobody starts in the strata asked
/// about. Cost: draws x policies x one projection (one for each deduction from gross to net) and a gradient (one for
/// each group), on `threads` threads, and up to ten projections more for the bottleneck, in at most bottleneck_draws
/// worlds; where places are just about enough, 100 to 10000 counts of each policy, of some 10 s in all; memory draws x
/// policies x (periods x strata^2) numbers.
[[nodiscard]] inline Evaluation evaluate(const Ensemble& ensemble, const Population& population,
                                         const Question& question, const std::vector<Policy>& policies,
                                         const Economics& economics, const EvaluateOptions& options) {
  economics.check();
  if (options.draws < 1) throw Refusal("E-DRAW", "found 0 draws; expected at least 1");
  return detail::Evaluating(ensemble, population, question, policies, economics, options).answer();
}

}  // namespace rungs

#endif
