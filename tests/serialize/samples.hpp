// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_TESTS_SERIALIZE_SAMPLES_HPP
#define RUNGS_TESTS_SERIALIZE_SAMPLES_HPP

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <rungs/serialize/saved_model.hpp>

#include "../../src/serialize/plain.hpp"

namespace samples {

using namespace rungs;

/// The largest allocation since it was last set to 0.
extern thread_local std::size_t largest_allocation;

inline Ladder two_rungs() { return Ladder::parse("worker < technician | left"); }

/// Rungs of several strata, declared moves, named sets that are not in order: all that a ladder holds.
inline Ladder full_ladder() {
  return Ladder::builder()
      .rung("worker")
      .rung("technician")
      .rung(std::vector<std::string>{"entrepreneur",
                                     "d\xc3\xa9"
                                     "signer"})
      .exit("returned home")
      .exit("retired")
      .move("worker", "technician")
      .move("technician", "worker")
      .move("technician", "entrepreneur")
      .move("technician",
            "d\xc3\xa9"
            "signer")
      .move("worker", "returned home")
      .move("entrepreneur", "retired")
      .set("top", {"entrepreneur",
                   "d\xc3\xa9"
                   "signer"})
      .set("bottom", {"worker"})
      .build();
}

/// Odd weights on each possible move.
inline Matrix weights(const Ladder& ladder, double extra) {
  const auto n = static_cast<Eigen::Index>(ladder.size());
  Matrix out = Matrix::Zero(n, n);
  for (Eigen::Index i = 0; i < static_cast<Eigen::Index>(ladder.strata()); ++i)
    for (Eigen::Index j = 0; j < n; ++j)
      if (ladder.possible(static_cast<std::size_t>(i), static_cast<std::size_t>(j)))
        out(i, j) = extra + static_cast<double>(1 + (7 * i + 3 * j) % 11);
  return out;
}

inline TransitionMatrix matrix(const Ladder& ladder, double extra, Step step = Step()) {
  Matrix p = weights(ladder, extra);
  for (auto i = static_cast<Eigen::Index>(ladder.strata()); i < p.rows(); ++i) p(i, i) = 1;
  return TransitionMatrix::from_weights(ladder, p, step);
}

inline SavedModel with_history(Ensemble ensemble, std::vector<Matrix> people) {
  return {std::move(ensemble),
          std::move(people),
          1234,
          {{"careers.csv", std::string(64, 'a')}, {"../../etc/passwd", std::string(60, '0') + "12ef"}},
          {{"W-GAP", "12 pairs of observations are not one step apart"}},
          "0.1.0"};
}

inline SavedModel known() {
  const Ladder ladder = two_rungs();
  return {Ensemble(Kernel(matrix(ladder, 0.5)), Known{}, "known"), {}, 0, {}, {}, "0.1.0"};
}

inline SavedModel dirichlet() {
  const Ladder ladder = full_ladder();
  return with_history(Ensemble(Kernel(matrix(ladder, 1)), DirichletWeights{{weights(ladder, 1)}}, "dirichlet:1"),
                      {weights(ladder, 0)});
}

/// Three periods, steps of two years.
inline SavedModel multinomial() {
  const Ladder ladder = full_ladder();
  const Step step(2, 2.5);
  return with_history(
      Ensemble(Kernel(Period(-1990), {matrix(ladder, 0, step), matrix(ladder, 1, step), matrix(ladder, 2, step)}),
               MultinomialRows{{weights(ladder, 0), weights(ladder, 1), weights(ladder, 2.25)}}, "proportions"),
      {weights(ladder, 0), weights(ladder, 1), weights(ladder, 2)});
}

inline SavedModel replicates() {
  const Ladder ladder = two_rungs();
  std::vector<Kernel> kernels;
  for (int k = 0; k < 4; ++k)
    kernels.emplace_back(Period(2000), std::vector{matrix(ladder, k), matrix(ladder, k + 0.1)});
  return with_history(Ensemble(Kernel(Period(2000), {matrix(ladder, 0.3), matrix(ladder, 0.7)}),
                               Replicates{std::move(kernels)}, "proportions, bootstrap by person"),
                      {weights(ladder, 0), weights(ladder, 0)});
}

inline SavedModel logits() {
  const Ladder ladder = full_ladder();
  const auto cells = static_cast<Eigen::Index>(ladder.size() * ladder.size());
  Matrix factor(cells, 2);
  for (Eigen::Index k = 0; k < factor.size(); ++k) factor.data()[k] = 0.01 * static_cast<double>(k % 7) - 0.02;
  return with_history(Ensemble(Kernel(matrix(ladder, 0.3)), NormalLogits{factor}, "proportions, across gaps"),
                      {weights(ladder, 0)});
}

/// Of a survey of few clusters.
inline SavedModel student() {
  const SavedModel normal = logits();
  return with_history(
      Ensemble(normal.ensemble.point(), NormalLogits{std::get<NormalLogits>(normal.ensemble.draws()).factor, 9},
               "weighted proportions, design-based"),
      {weights(full_ladder(), 0)});
}

/// With the time in which people were observed.
inline SavedModel timed() {
  SavedModel out = dirichlet();
  out.observed_years = 7.5;
  out.observed = {-1990, -1984};
  return out;
}

inline std::vector<SavedModel> all() {
  return {known(), dirichlet(), multinomial(), replicates(), logits(), student(), timed()};
}

/// The code of the refusal; the empty text when the model loads. Anything but an InputError fails the test.
inline std::string code_of(std::string_view bytes) {
  try {
    (void)from_bytes(bytes, "model.rungs");
    return {};
  } catch (const InputError& error) {
    return error.code();
  }
}

/// What the refusal says; the empty text when the model loads.
inline std::string words_of(std::string_view bytes) {
  try {
    (void)from_bytes(bytes, "model.rungs");
    return {};
  } catch (const InputError& error) {
    return error.problems().at(0).text();
  }
}

/// A model changed by someone who knows the format, and sealed again.
template <class Change>
std::string forged(const SavedModel& model, const Change& change) {
  detail::saved::PlainModel plain = detail::saved::described(model);
  change(plain);
  return detail::saved::sealed(detail::saved::payload_of(plain), plain.format);
}

}  // namespace samples

#endif
