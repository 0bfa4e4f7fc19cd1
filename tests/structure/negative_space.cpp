// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0

// What must not compile. Each line has a twin that must, so that a line cannot pass for another reason.
#include <string>
#include <type_traits>

#include <rungs/core/draw.hpp>
#include <rungs/core/ladder.hpp>
#include <rungs/data/tally.hpp>
#include <rungs/estimate/dirichlet.hpp>
#include <rungs/estimate/proportions.hpp>
#include <rungs/intervene/programme.hpp>
#include <rungs/measure/reach.hpp>
#include <rungs/measure/summary.hpp>
#include <rungs/measure/value.hpp>

namespace {

using namespace rungs;

template <class A, class B>
concept Adds = requires(A a, B b) {
  a + b;
};
template <class A, class B>
concept Compares = requires(A a, B b) {
  a < b;
};
template <class M>
concept WritableMatrix = requires(M m) {
  m.matrix()(0, 0) = 1;
};
template <class M>
concept ReadableMatrix = requires(M m) {
  m.matrix()(0, 0);
};
template <class M, class I>
concept IndexedBy = requires(M m, I i) {
  m(i, i);
};
template <class T, class A>
concept Call = requires(T t, A a) {
  t.uptake = a;
};
template <class D>
concept Random = requires(D d) {
  d.stream(Purpose::effects);
};

// Kinds of numbers are made on purpose and do not turn into each other.
static_assert(std::is_constructible_v<Share, double> && !std::is_convertible_v<double, Share>);
static_assert(std::is_constructible_v<Heads, double> && !std::is_convertible_v<double, Heads>);
static_assert(std::is_constructible_v<Level, double> && !std::is_convertible_v<double, Level>);
static_assert(std::is_constructible_v<Period, int> && !std::is_convertible_v<int, Period>);
static_assert(std::is_constructible_v<Span, int> && !std::is_convertible_v<int, Span>);
static_assert(std::is_constructible_v<Seed, int> && !std::is_convertible_v<int, Seed>);
static_assert(!std::is_convertible_v<Share, Heads> && !std::is_convertible_v<Heads, Share> &&
              !std::is_convertible_v<Level, Share>);
static_assert(!std::is_convertible_v<Estimate, double>, "no bare number: take .value on purpose");
static_assert(!std::is_constructible_v<Money, double>, "money has a currency");
static_assert(std::is_constructible_v<DiscountRate, double> && !std::is_convertible_v<double, DiscountRate>);
static_assert(std::is_convertible_v<double, Amount> && !std::is_constructible_v<Amount, Money>,
              "a stream has one currency, and its amounts are numbers in it");

// Money adds to money; a point in time does not add to a point in time; heads are not shares.
static_assert(Adds<Money, Money> && !Adds<Money, double> && !Adds<Period, Period> && !Adds<Share, Heads>);
static_assert(Compares<Share, Share> && Compares<Period, Period> && !Compares<Share, Heads> && !Compares<Period, Span>);

// No seed by default, and no randomness without a key.
static_assert(!std::is_default_constructible_v<Seed> && !std::is_default_constructible_v<Stream>);
static_assert(std::is_constructible_v<Stream, StreamKey> && !std::is_constructible_v<Stream, int>);
static_assert(Random<Draw> && !std::is_default_constructible_v<Draw>);

// A validated matrix cannot be written to, and strata index it, not numbers or names.
static_assert(ReadableMatrix<TransitionMatrix> && !WritableMatrix<TransitionMatrix>);
static_assert(IndexedBy<TransitionMatrix, Stratum> && !IndexedBy<TransitionMatrix, int> &&
              !IndexedBy<TransitionMatrix, std::string>);
static_assert(!std::is_default_constructible_v<TransitionMatrix> && !std::is_default_constructible_v<Ladder> &&
              !std::is_default_constructible_v<Stratum>);
static_assert(!std::is_constructible_v<TransitionMatrix, Matrix>, "a matrix knows its ladder");

// Terms of a programme take shares where they mean shares.
static_assert(Call<Programme::Terms, Share> && !Call<Programme::Terms, double> && !Call<Programme::Terms, Heads>);

// What is no estimator and no programme is not taken for one.
struct Nameless {
  [[nodiscard]] Ensemble fit(const Tally& tally) const { return Proportions{}.fit(tally); }
};
static_assert(Estimator<Proportions> && Estimator<DirichletRows> && !Estimator<Nameless> && !Estimator<MoveEffects>);
static_assert(Intervention<MoveEffects> && !Intervention<Proportions> &&
              !std::is_constructible_v<Programme, Programme::Terms, Proportions>);
static_assert(Measure<reach_probability> && Measure<standing_probability> && !Measure<Proportions>);

// Values are regular where they should be, and moving them cannot fail.
static_assert(std::is_nothrow_move_constructible_v<TransitionMatrix> && std::is_nothrow_move_constructible_v<Tally> &&
              std::is_copy_constructible_v<Ensemble>);

}  // namespace
