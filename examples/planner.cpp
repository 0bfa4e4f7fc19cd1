// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0

// A planner, in code: how many more reach because of a course, and at what cost?
#include <cstdio>

#include <rungs/decide/evaluate.hpp>
#include <rungs/estimate/dirichlet.hpp>

int main() {
  using namespace rungs;
  //! [model]
  const Ladder ladder = Ladder::parse("worker < technician < senior technician | returned home");
  Matrix moves(4, 4);
  moves << 0.85, 0.05, 0.00, 0.10,
           0.02, 0.86, 0.06, 0.06,
           0.00, 0.02, 0.94, 0.04,
           0.00, 0.00, 0.00, 1.00;
  const Ensemble model = assumed(TransitionMatrix(ladder, moves), Vector::Constant(4, 300));  // as if from 300 people a row
  const Population people(Headcount(ladder).set(ladder["worker"], Heads(800)), Period(2025));
  const Question question{ladder["worker"], ladder.at_or_above("technician"), Span(10)};
  //! [model]

  //! [programme]
  const Programme course({.eligible = ladder["worker"], .uptake = Share(0.35), .seats_per_year = Heads(120), .completion = Share(0.8),
                          .cost_per_participant = 2400, .fixed_cost_per_year = 50000, .years = {{2025, 2029}}},
                         MoveEffects("evening course", {{ladder["worker"], ladder["technician"], odds_ratio(1.8).interval(1.1, 2.9).source("a trial of one's own")}},
                                     Profile().lag(1).fade_half_life(5)));
  const Evaluation answer = evaluate(model, people, question, {{"evening course", {course}}}, {.currency = {"CNY", 2015}, .discount_rate = 0.03}, {.seed = Seed(7)});
  //! [programme]

  //! [answer]
  const PolicyResult& with = answer.policies.front();
  std::printf("without: %.0f of %.0f reach (%.0f to %.0f)\n", answer.baseline.people_reaching.value, answer.cohort, answer.baseline.people_reaching.lower, answer.baseline.people_reaching.upper);
  std::printf("additional people: %.1f (%.1f to %.1f)\n", with.additional.value, with.additional.lower, with.additional.upper);
  std::printf("cost: %.0f CNY of 2015 (%.0f to %.0f)\n", with.cost.value, with.cost.lower, with.cost.upper);
  if (with.cost_per_additional_person) std::printf("cost per additional person: %.0f\n", with.cost_per_additional_person->value);
  else std::printf("no cost per additional person: %s\n", with.ratio_refused.c_str());
  //! [answer]
  return 0;
}
