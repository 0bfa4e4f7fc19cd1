// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_MEASURE_SUMMARY_HPP
#define RUNGS_MEASURE_SUMMARY_HPP

#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <rungs/core/estimate.hpp>
#include <rungs/model/ensemble.hpp>

namespace rungs {

/// How many joint worlds to look at, named by which seed, and the level of the intervals.
struct DrawOptions {
  std::size_t draws = 1000;
  Seed seed;
  Level level{};
};

/// A question to a kernel that is answered by one number.
template <class M>
concept Measure = requires(const M& m, const Kernel& k) {
  { m(k) } -> std::convertible_to<double>;
};

/// A question to a kernel that is answered by a column of numbers, always of one length.
template <class M>
concept VectorMeasure = requires(const M& m, const Kernel& k) {
  { m(k) } -> std::convertible_to<Vector>;
};

/// The answers to a column of questions, each with its interval over the draws of the model.
///
/// Effect on intervals: the parameters of the model vary, and nothing else. A model taken as known has no draws, and
/// bounds equal to the value. Cost: draws x one evaluation.
template <VectorMeasure M>
[[nodiscard]] std::vector<Estimate> summarize_all(const Ensemble& ensemble, const M& measure,
                                                  const DrawOptions& options) {
  const Vector point = measure(ensemble.point());
  const std::size_t draws = ensemble.varies() ? ensemble.limit(options.draws) : 0;
  std::vector<std::vector<double>> values(static_cast<std::size_t>(point.size()), std::vector<double>(draws));
  Kernel kernel = ensemble.point();
  for (std::size_t d = 0; d < draws; ++d) {
    ensemble.draw_into(Draw(options.seed, d), kernel);
    const Vector answer = measure(kernel);
    for (std::size_t k = 0; k < values.size(); ++k) values[k][d] = answer[static_cast<Eigen::Index>(k)];
  }
  std::vector<Estimate> out;
  for (std::size_t k = 0; k < values.size(); ++k) {
    const double value = point[static_cast<Eigen::Index>(k)];
    if (!ensemble.varies()) {
      Estimate known;
      known.value = known.lower = known.upper = value;
      known.level = options.level.value();
      out.push_back(known);
    } else {
      out.push_back(
          summarize(std::move(values[k]), value, options.level, Varied{.parameters = true}, ensemble.centre()));
    }
  }
  return out;
}

/// The answer to one question, with its interval over the draws of the model.
///
/// As summarize_all() for one number.
template <Measure M>
[[nodiscard]] Estimate summarize(const Ensemble& ensemble, const M& measure, const DrawOptions& options) {
  return summarize_all(
             ensemble, [&](const Kernel& kernel) { return Vector(Vector::Constant(1, measure(kernel))); }, options)
      .front();
}

/// An estimate of a number that is counted, around the expected one: its ends are numbers that were drawn.
///
/// Effect on intervals: at least as many draws within as the level says, since a count lies on no number between two.
[[nodiscard]] inline Estimate summarize_counts(std::vector<double> drawn, const Estimate& expected, Level level,
                                               Varied varied) {
  std::erase_if(drawn, [](double x) { return std::isnan(x); });
  Estimate out = summarize(drawn, expected.value, level, varied, Centre::plug_in);
  out.centre = expected.centre;
  if (drawn.empty()) return out;
  const auto at = [&](double k) {
    const auto nth = drawn.begin() + static_cast<std::ptrdiff_t>(k);
    std::nth_element(drawn.begin(), nth, drawn.end());
    return *nth;
  };
  const double last = static_cast<double>(drawn.size() - 1);
  out.lower = at(std::floor(last * level.lower_tail()));
  out.upper = at(std::ceil(last * (1 - level.lower_tail())));
  return out;
}

/// Of so many people, how many will be counted for whom something happens with an uncertain probability.
///
/// Effect on intervals: the parameters vary and so does individual chance (people independent given the parameters), so
/// that the interval is of the number that will be counted, not of its expectation.
/// Method: one binomial number for each draw; the value is people times the probability's value.
/// Throws DomainError [E-HEADS] for more than 1e15 people, [E-SHARE] when the measure is not a probability; draws in
/// which it is NaN are left out.
template <Measure M>
[[nodiscard]] Estimate predict_people(const Ensemble& ensemble, const M& measure, Heads people,
                                      const DrawOptions& options) {
  if (!(people.value() <= 1e15))
    throw DomainError(
        "E-HEADS",
        "found " + detail::text(people.value()) + " people; expected a number of people to count, up to 1e15",
        people.value());
  const double point = measure(ensemble.point());
  const std::size_t draws = ensemble.limit(options.draws);
  const auto heads = static_cast<std::uint64_t>(std::llround(people.value()));
  std::vector<double> counted(draws);
  Kernel kernel = ensemble.point();
  detail::Moments mean{point, 0};
  std::vector<double> probability(draws);
  for (std::size_t d = 0; d < draws; ++d) {
    const Draw draw(options.seed, d);
    ensemble.draw_into(draw, kernel);
    probability[d] = measure(kernel);
    if (std::isnan(probability[d])) {
      counted[d] = probability[d];
      continue;
    }
    if (!(probability[d] >= -1e-12 && probability[d] <= 1 + 1e-12)) (void)Share(probability[d]);
    Stream stream = draw.stream(Purpose::chance);
    counted[d] = static_cast<double>(stream.binomial(heads, probability[d]));
  }
  std::erase_if(probability, [](double p) { return std::isnan(p); });
  if (ensemble.centre() == Centre::mean_of_draws && !probability.empty()) mean = detail::moments(probability);
  Estimate expected;
  expected.value = people.value() * mean.mean;
  expected.centre = ensemble.centre();
  return summarize_counts(std::move(counted), expected, options.level,
                          Varied{.parameters = ensemble.varies(), .individual_chance = true});
}

}  // namespace rungs

#endif
