// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/data/histories.hpp>

#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <rungs/core/random.hpp>

#include "../core/message.hpp"

namespace histories_test {
namespace {

using namespace rungs;
using rungs_test::said;

const Ladder ladder = Ladder::parse("a < b < c | x");
using Path = std::vector<std::uint16_t>;

Path path(const Histories& h, std::size_t k) { return {h.strata(k).begin(), h.strata(k).end()}; }

/// People with gaps, singletons and exits, at random; `from` .. `to`-1 of them.
Observations random_people(std::uint32_t from, std::uint32_t to) {
  Observations o;
  for (std::uint32_t person = from; person < to; ++person) {
    Stream s({Seed(4), person});
    std::size_t now = s.below(3);
    std::int32_t t = static_cast<std::int32_t>(s.below(3));
    for (const std::uint64_t length = 1 + s.below(12), end = length; o.size() < 100000 && t < 14;) {
      o.add(person, t, now);
      if (static_cast<std::uint64_t>(t) > end || now == 3) break;
      now = s.below(20) == 0 ? 3 : s.below(3);
      t += s.below(25) == 0 ? 2 : 1;
    }
  }
  return o;
}

TEST(Histories, AreCutAtGapsAndPeople) {
  Observations o;
  o.add(7, 10, 0);
  o.add(7, 11, 1);
  o.add(7, 13, 2);  // after a gap
  for (std::int32_t t = 5; t < 15; ++t) o.add(9, t, t < 7 ? 0 : 1);
  o.add(12, 14, 2);  // alone
  const Histories h = histories(Panel(ladder, o));
  ASSERT_EQ(h.size(), 4U);
  EXPECT_EQ(path(h, 0), (Path{0, 1}));
  EXPECT_EQ(path(h, 1), (Path{2}));
  EXPECT_EQ(path(h, 2), (Path{0, 0, 1, 1, 1, 1, 1, 1, 1, 1}));
  EXPECT_EQ(path(h, 3), (Path{2}));
  EXPECT_EQ(h.identities(), 3U);
  EXPECT_EQ(h.person(0), 0U);
  EXPECT_EQ(h.person(1), 0U);
  EXPECT_EQ(h.person(2), 1U);
  EXPECT_EQ(h.person(3), 2U);
  EXPECT_EQ(h.start(1), 13);
  EXPECT_EQ(h.last(), 14);
  ASSERT_EQ(h.warnings().size(), 2U);
  EXPECT_EQ(h.warnings()[0].code, "W-GAP");
  EXPECT_EQ(h.warnings()[1].code, "W-SINGLETON");
}

TEST(Histories, GoOnInAnExit) {
  Observations o;
  o.add(0, 1, 0);
  o.add(0, 2, 3);  // left in period 2; the data go on until 6
  for (std::int32_t t = 1; t <= 6; ++t) o.add(1, t, 1);
  const Histories h = histories(Panel(ladder, o));
  EXPECT_EQ(h.followed(0), 6U);
  EXPECT_EQ(h.followed(1), 6U);
  EXPECT_EQ(h.at(0, 0), 0U);
  EXPECT_EQ(h.at(0, 5), 3U);
  // Four steps on, one of two is out. rejects: 0 of 2, where whoever left is taken as not followed.
  const Counts after = move_counts_after(h, Span(4));
  EXPECT_EQ(after.people(0, 3), 1);
  EXPECT_EQ(after.people(3, 3), 1);  // from period 2 to 6
  EXPECT_EQ(after.people(1, 1), 2);
  EXPECT_EQ(move_counts(h).people(3, 3), 0);  // nobody was seen to stay there
}

TEST(Histories, CountTheMovesOfTheTally) {
  for (const std::int64_t unit : {1, 2}) {
    Observations o = random_people(0, 400);
    for (std::int32_t& t : o.time) t *= static_cast<std::int32_t>(unit);
    const Panel panel(ladder, o);
    const Histories h = histories(panel, {Step(unit)});
    const Tally t = tally(panel, {Step(unit), Gap::drop, true});
    EXPECT_EQ(move_counts(h), t.pooled());
    EXPECT_EQ(move_counts_by_period(h), t.by_period());
    EXPECT_EQ(move_counts_after(h, Span(1)).people(0, 1), t.pooled().people(0, 1));
  }
}

TEST(Histories, OfPartsAddUp) {
  const Histories whole = histories(Panel(ladder, random_people(0, 300)));
  Histories parts = histories(Panel(ladder, random_people(0, 120)));
  parts += histories(Panel(ladder, random_people(120, 300)));
  EXPECT_EQ(parts.size(), whole.size());
  EXPECT_EQ(parts.identities(), 300U);
  EXPECT_EQ(parts.last(), whole.last());
  EXPECT_EQ(move_counts_by_period(parts), move_counts_by_period(whole));
  EXPECT_EQ(triples(parts), triples(whole));
  EXPECT_EQ(move_counts_after(parts, Span(3)), move_counts_after(whole, Span(3)));
  Triples sum = triples(histories(Panel(ladder, random_people(0, 120))));
  sum += triples(histories(Panel(ladder, random_people(120, 300))));
  EXPECT_EQ(sum, triples(whole));
  Spells spell = spells(histories(Panel(ladder, random_people(0, 120))), Span(3));
  spell += spells(histories(Panel(ladder, random_people(120, 300))), Span(3));
  EXPECT_EQ(spell, spells(whole, Span(3)));
  Histories empty(ladder);
  empty += whole;
  EXPECT_EQ(empty.last(), whole.last());
}

TEST(Triples, AreCountedOneByOne) {
  const Observations o = random_people(0, 300);
  const Panel panel(ladder, o);
  Triples expected(4);
  for (std::size_t k = 0; k + 2 < o.size(); ++k)
    if (o.person[k] == o.person[k + 2] && o.time[k + 2] - o.time[k] == 2)
      expected.add(o.stratum[k], o.stratum[k + 1], o.stratum[k + 2]);
  EXPECT_EQ(triples(histories(panel)), expected);
  EXPECT_GT(expected.total(), 500);
  EXPECT_EQ(said<DomainError>([] { (void)Triples(201); }),
            "found 201 strata and exits; expected at most 200 to count triples [E-SIZE]");
}

TEST(Spells, CountTimeFromAnObservedEntry) {
  // Seen: a a b b b b c a | the first spell began nobody knows when, the last had no period to leave in.
  Histories h(ladder);
  h.add(0, Period(0), Path{0, 0, 1, 1, 1, 1, 2, 0});
  const Spells s = spells(h, Span(2));
  EXPECT_EQ(s.unknown(), 2);
  EXPECT_EQ(s.stayed(0, 0) + s.left(0, 0), 0);
  EXPECT_EQ(s.stayed(1, 0), 1);
  EXPECT_EQ(s.stayed(1, 1), 1);
  EXPECT_EQ(s.stayed(1, 2), 1);  // after 2 steps
  EXPECT_EQ(s.left(1, 2), 1);    // after 3, which counts with 2
  EXPECT_EQ(s.left(2, 0), 1);
  const Spells all = spells(h, Span(5), TimeInStratum::from_first_observation);
  EXPECT_EQ(all.unknown(), 0);
  EXPECT_EQ(all.stayed(0, 0), 1);
  EXPECT_EQ(all.left(0, 1), 1);
  EXPECT_EQ(all.left(1, 3), 1);
  EXPECT_EQ(all.stayed(1, 2), 1);
  Histories out(ladder);
  out.add(0, Period(0), Path{0, 1, 3, 3, 3});
  const Spells left = spells(out, Span(5));
  EXPECT_EQ(left.left(1, 0), 1);
  EXPECT_EQ(left.stayed(3, 0), 0);  // exits are no stratum to stay in
}

TEST(Histories, WeightsAreOfAHistory) {
  Observations o;
  for (std::int32_t t = 0; t < 3; ++t) {
    o.add(0, t, static_cast<std::size_t>(t));
    o.weight.push_back(7);
    o.line.push_back(static_cast<std::uint32_t>(t + 2));
  }
  EXPECT_EQ(triples(histories(Panel(ladder, o, WeightKind::frequency)))(0, 1, 2), 7);
  EXPECT_EQ(triples(histories(Panel(ladder, o, WeightKind::sampling)))(0, 1, 2), 1);
  o.weight[2] = 8;
  EXPECT_EQ(said<DomainError>([&] { (void)histories(Panel(ladder, o, WeightKind::frequency)); }),
            "found frequency weights of 7 and 8 in one history, on line 4; expected one number of people for all of it "
            "[E-WEIGHT-VARIES]");
  EXPECT_NO_THROW((void)histories(Panel(ladder, o, WeightKind::sampling)));
}

TEST(Histories, RefuseWhatDoesNotBelong) {
  Histories h(ladder);
  EXPECT_EQ(said<Refusal>([&] {
              h.add(0, Period(0), Path{0, 4});
            }),
            "found stratum number 4; expected one of 'a', 'b', 'c', 'x' [E-LADDER-OTHER]");
  EXPECT_EQ(said<Refusal>([&] { h += Histories(ladder, Step(2)); }),
            "found histories of two ladders or steps; expected the same in both [E-LADDER-OTHER]");
  EXPECT_EQ(said<Refusal>([] { Triples(2) += Triples(3); }),
            "found triples of two ladders; expected the same in both [E-LADDER-OTHER]");
  EXPECT_EQ(said<Refusal>([] { Spells(2, 3) += Spells(2, 4); }),
            "found spells of two ladders or with two longest times; expected the same in both [E-LADDER-OTHER]");
  Observations o;
  o.add(0, 0, 3);
  o.add(0, 1, 0);
  EXPECT_EQ(rungs_test::code_of([&] { (void)histories(Panel(ladder, o)); }), "E-STRUCT-ZERO");
}

}  // namespace
}  // namespace histories_test
