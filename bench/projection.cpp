// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0

// Headcounts under 4 policies in 1,000 joint worlds, 60 periods, 5 strata: a matrix for each
// period, given beforehand or drawn, and with programmes whose participants are tracked apart; and
// how the people who reach react to every move.
#include <memory>
#include <utility>

#include <rungs/model/ensemble.hpp>
#include <rungs/project/headcounts.hpp>
#include <rungs/project/projection.hpp>
#include <rungs/project/sensitivity.hpp>

#include "workload.hpp"

namespace projection_bench {
namespace {

constexpr std::size_t worlds = 1000, policies = 4, horizon = 60;
constexpr double people = 1000;

/// One matrix for each of 60 periods, in which most people stay.
std::vector<rungs::TransitionMatrix> matrices(const rungs::Ladder& ladder, std::mt19937_64& random) {
  std::vector<rungs::TransitionMatrix> out;
  for (std::size_t t = 0; t < horizon; ++t) {
    rungs::Matrix weights = 8 * rungs::Matrix::Identity(5, 5);
    for (double& x : weights.reshaped()) x += static_cast<double>(random() >> 11U) * 0x1p-53;
    out.push_back(rungs::TransitionMatrix::from_weights(ladder, std::move(weights)));
  }
  return out;
}

struct Setting {
  rungs::Ladder ladder = workload::ladder();
  rungs::Population population{rungs::Headcount(ladder).set(ladder["primary"], rungs::Heads(people))};
  rungs::Question question{ladder["primary"], ladder.at_or_above("entrepreneur"), rungs::Span(horizon)};
};

/// Heads at the end and the first to reach the target, by plain loops.
void check_course(const rungs::Course& course, const rungs::Kernel& kernel, bool asked) {
  std::array<double, 5> now{people, 0, 0, 0, 0}, waiting = now;
  double reached = 0;
  for (std::size_t t = 0; t < horizon; ++t) {
    const rungs::Matrix& p = kernel.at(rungs::Period(static_cast<std::int64_t>(t))).matrix();
    std::array<double, 5> next{}, still{};
    for (std::size_t i = 0; i < 5; ++i)
      for (std::size_t j = 0; j < 5; ++j) {
        const double move = p(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j));
        next[j] += now[i] * move;
        still[j] += waiting[i] * move;
      }
    reached += still[3] + still[4];
    still[3] = still[4] = 0;
    now = next;
    waiting = still;
  }
  for (std::size_t i = 0; i < 5; ++i)
    workload::check_close(course.headcount(horizon, static_cast<Eigen::Index>(i)), now[i], 1e-12,
                          "the heads at the horizon");
  workload::check_close(course.reached(), asked ? reached : 0, 1e-12, "the people who reach");
}

/// The matrices of every world and policy stand in memory: a vector times a matrix 240,000 times.
/// Where nobody starts in the stratum asked about, the answer is headcounts and flows alone.
void given(benchmark::State& state, const char* asked_about) {
  Setting setting;
  setting.question.from = setting.ladder[asked_about];
  std::mt19937_64 random(1);
  std::vector<rungs::Kernel> kernels;
  kernels.reserve(worlds * policies);
  for (std::size_t k = 0; k < worlds * policies; ++k)
    kernels.emplace_back(rungs::Period(0), matrices(setting.ladder, random));
  const rungs::Projection projection(kernels[0], setting.population, setting.question, {});
  rungs::Course course;
  rungs::Projection::Workspace room;
  projection.run(kernels[7], rungs::Draw::point(), course, room);
  check_course(course, kernels[7], course.cohort > 0);
  for (auto _ : state)
    for (const rungs::Kernel& kernel : kernels) {
      projection.run(kernel, rungs::Draw::point(), course, room);
      benchmark::DoNotOptimize(course);
    }
  workload::each(state, "each_step", worlds * policies * horizon);
}

/// As above, where only the headcounts are wanted: what the other packages compute.
void headcounts(benchmark::State& state) {
  const Setting setting;
  std::mt19937_64 random(1);
  std::vector<rungs::Kernel> kernels;
  kernels.reserve(worlds * policies);
  for (std::size_t k = 0; k < worlds * policies; ++k)
    kernels.emplace_back(rungs::Period(0), matrices(setting.ladder, random));
  const rungs::Headcount& start = setting.population.start();
  const rungs::Course course = rungs::project(kernels[7], setting.population, setting.question);
  rungs::Matrix heads = rungs::expected_headcounts(kernels[7], start, rungs::Span(horizon));
  workload::check_close((heads - course.headcount).cwiseAbs().maxCoeff() + 1, 1, 1e-9, "the heads in every period");
  for (auto _ : state)
    for (const rungs::Kernel& kernel : kernels) {
      rungs::expected_headcounts(kernel, start, rungs::Span(horizon), rungs::Period(0), heads);
      benchmark::DoNotOptimize(heads.data());
    }
  workload::each(state, "each_step", worlds * policies * horizon);
}

/// A model of 60 matrices with Dirichlet rows; one draw of all of them is one world.
rungs::Ensemble model(const Setting& setting) {
  std::mt19937_64 random(1);
  rungs::DirichletWeights weights;
  std::vector<rungs::TransitionMatrix> point = matrices(setting.ladder, random);
  for (const rungs::TransitionMatrix& p : point) weights.alpha.emplace_back(200 * p.matrix());
  return {rungs::Kernel(rungs::Period(0), std::move(point)), std::move(weights), "assumed"};
}

/// All policies in every world of a model.
void drawn(benchmark::State& state, const std::vector<rungs::Policy>& all) {
  const Setting setting;
  const rungs::Ensemble ensemble = model(setting);
  std::vector<rungs::Projection> projections;
  for (const rungs::Policy& policy : all)
    projections.emplace_back(ensemble.point(), setting.population, setting.question, policy);
  std::vector<rungs::Course> courses(all.size());
  std::vector<rungs::Projection::Workspace> rooms(all.size());
  rungs::Kernel kernel = ensemble.point();
  const auto world = [&](const rungs::Draw& draw) {
    ensemble.draw_into(draw, kernel);
    for (std::size_t k = 0; k < all.size(); ++k) projections[k].run(kernel, draw, courses[k], rooms[k]);
  };
  world(rungs::Draw(rungs::Seed(1), 3));
  check_course(courses[0], kernel, true);
  for (std::size_t k = 0; k < all.size(); ++k) {
    workload::check_close(courses[k].headcount.row(horizon).sum(), people, 1e-12, "people are lost or made");
    workload::check(all[k].programmes.empty() || courses[k].participants.sum() > 0, "nobody takes part in a programme");
  }
  for (auto _ : state)
    for (std::size_t d = 0; d < worlds; ++d) {
      world(rungs::Draw(rungs::Seed(1), d));
      benchmark::DoNotOptimize(courses);
    }
  workload::each(state, "each_step", static_cast<double>(worlds * all.size() * horizon));
}

void untracked(benchmark::State& state) { drawn(state, std::vector<rungs::Policy>(policies)); }

/// The baseline and three programmes, of which one begins with a lock-in and one has 20 seats.
std::vector<rungs::Policy> courses() {
  const rungs::Ladder ladder = workload::ladder();
  const auto policy = [&](double ratio, double lock_in, rungs::Heads seats) {
    return rungs::Policy{
        "course",
        {rungs::Programme(
            {.eligible = ladder["primary"],
             .uptake = rungs::Share(0.2),
             .seats_per_year = seats,
             .completion = rungs::Share(0.8),
             .lock_in_years = lock_in,
             .years = {{0, 9}}},
            rungs::MoveEffects("course", {{ladder["primary"], ladder["technician"], rungs::odds_ratio(ratio)}}))}};
  };
  return {rungs::Policy{}, policy(2, 0, rungs::Heads::unlimited()), policy(5, 1, rungs::Heads::unlimited()),
          policy(2, 0, rungs::Heads(20))};
}

void tracked(benchmark::State& state) { drawn(state, courses()); }

/// One move of every period a little more likely, the others of its row in proportion less.
rungs::Kernel eased(const rungs::Kernel& kernel, Eigen::Index i, Eigen::Index j, double more) {
  std::vector<rungs::TransitionMatrix> out;
  for (std::size_t m = 0; m < kernel.count(); ++m) {
    rungs::Matrix p = kernel.matrix(m);
    p.row(i) *= 1 - more / (1 - p(i, j));
    p(i, j) = kernel.matrix(m)(i, j) + more;
    out.push_back(rungs::TransitionMatrix::from_weights(kernel.ladder(), std::move(p)));
  }
  return {rungs::Period(0), std::move(out)};
}

/// All policies with the matrices of every world in memory, with the derivative with respect to every move or without.
void tracked_given(benchmark::State& state, bool gradient) {
  const Setting setting;
  const std::vector<rungs::Policy> all = courses();
  std::mt19937_64 random(1);
  std::vector<rungs::Kernel> kernels;
  kernels.reserve(worlds * policies);
  for (std::size_t k = 0; k < worlds * policies; ++k)
    kernels.emplace_back(rungs::Period(0), matrices(setting.ladder, random));
  std::vector<rungs::Projection> projections;
  projections.reserve(policies);
  for (const rungs::Policy& policy : all)
    projections.emplace_back(kernels[0], setting.population, setting.question, policy);
  std::vector<rungs::ProjectionGradient> gradients(projections.begin(), projections.end());
  std::vector<rungs::Course> course(policies);
  std::vector<rungs::Projection::Workspace> room(policies);
  const rungs::Draw point = rungs::Draw::point();
  projections[0].run(kernels[7], point, course[0], room[0]);
  check_course(course[0], kernels[7], true);
  for (std::size_t k = 0; k < policies; ++k) {
    projections[k].run(kernels[7], point, course[k], room[k]);
    workload::check_close(course[k].headcount.row(horizon).sum(), people, 1e-12, "people are lost or made");
    workload::check(k == 0 || course[k].participants.sum() > 0, "nobody takes part in a programme");
    const rungs::Sensitivity s = gradients[k].at(kernels[7], point);
    workload::check_close(s.value, course[k].reached(), 1e-12, "the people who reach");
    for (Eigen::Index i = 0; i < 5; ++i) {
      const Eigen::Index j = (i + 1) % 5;
      constexpr double h = 1e-4;
      const double up = projections[k].run(eased(kernels[7], i, j, h), point).reached(),
                   down = projections[k].run(eased(kernels[7], i, j, -h), point).reached();
      workload::check_close(s.moves(i, j), (up - down) / (2 * h), 1e-3, "how the people who reach react to a move");
    }
  }
  for (auto _ : state)
    for (std::size_t d = 0; d < worlds; ++d)
      for (std::size_t k = 0; k < policies; ++k)
        if (gradient) {
          const rungs::Sensitivity s = gradients[k].at(kernels[d * policies + k], point);
          benchmark::DoNotOptimize(s.moves.data());
        } else {
          projections[k].run(kernels[d * policies + k], point, course[k], room[k]);
          benchmark::DoNotOptimize(course);
        }
  workload::each(state, "each_step", worlds * policies * horizon);
}

BENCHMARK_CAPTURE(given, asked, "primary")->Name("projection/matrices_given")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(given, unasked, "designer")
    ->Name("projection/matrices_given_nobody_asked_about")
    ->Unit(benchmark::kMillisecond);
BENCHMARK(headcounts)->Name("projection/headcounts_given")->Unit(benchmark::kMillisecond);
BENCHMARK(untracked)->Name("projection/matrices_drawn")->Unit(benchmark::kMillisecond);
BENCHMARK(tracked)->Name("projection/participants_tracked")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(tracked_given, evaluation, false)
    ->Name("projection/participants_tracked_matrices_given")
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(tracked_given, gradient, true)->Name("projection/gradient")->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace projection_bench
