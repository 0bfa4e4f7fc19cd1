// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/core/ladder.hpp>

#include <string>
#include <type_traits>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "message.hpp"

namespace ladder_test {
namespace {

using namespace rungs;
using rungs_test::code_of;
using rungs_test::said;
using testing::ElementsAre;
using testing::HasSubstr;
using Indices = std::vector<std::size_t>;
using Names = std::vector<std::string>;

static_assert(!std::is_default_constructible_v<Ladder> && !std::is_default_constructible_v<Stratum>);
static_assert(std::is_nothrow_move_constructible_v<Ladder> && std::is_nothrow_move_constructible_v<Stratum> &&
              std::is_nothrow_move_constructible_v<StratumSet>);
static_assert(std::is_convertible_v<Stratum, StratumSet>);

Ladder shop() { return Ladder::parse("worker < technician < entrepreneur, designer | returned home, retired"); }

TEST(Ladder, KeepsTheOrderOfDeclaration) {
  const Ladder ladder = Ladder::parse("zebra < apple < Mango < 10 < 9");
  EXPECT_THAT(ladder.names(), ElementsAre("zebra", "apple", "Mango", "10", "9"));
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(ladder.height(i), static_cast<int>(i));
    EXPECT_EQ(ladder.find(ladder.name(i)), i);
  }
}

TEST(Ladder, HasStrataOnOneRungAndExitsLast) {
  const Ladder ladder = shop();
  EXPECT_EQ(ladder.size(), 6U);
  EXPECT_EQ(ladder.strata(), 4U);
  EXPECT_EQ(ladder.exits(), 2U);
  EXPECT_THAT(ladder.names(),
              ElementsAre("worker", "technician", "entrepreneur", "designer", "returned home", "retired"));
  EXPECT_EQ(ladder.height(2), 2);
  EXPECT_EQ(ladder.height(3), 2);
  EXPECT_FALSE(ladder.is_exit(3));
  EXPECT_TRUE(ladder.is_exit(4));
  EXPECT_TRUE(ladder["retired"].is_exit());
  EXPECT_FALSE(ladder["designer"].is_exit());
  EXPECT_EQ(ladder["returned home"].index(), 4U);
  EXPECT_EQ(ladder.at(1).name(), "technician");
}

TEST(Ladder, KnowsUpAndDown) {
  const Ladder ladder = shop();
  EXPECT_TRUE(ladder.upward(0, 1) && ladder.upward(0, 3) && ladder.downward(3, 0));
  EXPECT_FALSE(ladder.upward(1, 0) || ladder.downward(0, 1) || ladder.upward(1, 1));
  EXPECT_FALSE(ladder.upward(2, 3) || ladder.downward(2, 3));  // one rung
  for (std::size_t i = 0; i < 6; ++i)
    for (std::size_t exit = 4; exit < 6; ++exit)
      EXPECT_FALSE(ladder.upward(i, exit) || ladder.downward(i, exit) || ladder.upward(exit, i) ||
                   ladder.downward(exit, i));
}

TEST(Ladder, AllowsEveryMoveButOutOfExits) {
  const Ladder ladder = shop();
  EXPECT_TRUE(ladder.all_moves_possible());
  for (std::size_t i = 0; i < 6; ++i)
    for (std::size_t j = 0; j < 6; ++j) EXPECT_EQ(ladder.possible(i, j), i < 4 || i == j) << i << " to " << j;
}

TEST(Ladder, AllowsOnlyDeclaredMovesOnceOneIs) {
  const Ladder ladder = Ladder::builder().rung("a").rung("b").rung("c").exit("x").move("a", "b").move("b", "x").build();
  EXPECT_FALSE(ladder.all_moves_possible());
  for (std::size_t i = 0; i < 4; ++i)
    for (std::size_t j = 0; j < 4; ++j)
      EXPECT_EQ(ladder.possible(i, j), i == j || (i == 0 && j == 1) || (i == 1 && j == 3));
  const Ladder none = Ladder::builder().rung("a").rung("b").only_declared_moves().build();
  EXPECT_FALSE(none.all_moves_possible());
  EXPECT_TRUE(none.possible(0, 0) && none.possible(1, 1));
  EXPECT_FALSE(none.possible(0, 1) || none.possible(1, 0));
}

TEST(Ladder, ParsesQuotedNamesWithTheirSigns) {
  const Ladder ladder = Ladder::parse(R"( "V/VI, skilled" <"a<b" , plain name <" padded "|"left | gone" )");
  EXPECT_THAT(ladder.names(), ElementsAre("V/VI, skilled", "a<b", "plain name", " padded ", "left | gone"));
  EXPECT_EQ(ladder.height(1), ladder.height(2));
  EXPECT_EQ(ladder.exits(), 1U);
  EXPECT_THAT(Ladder::parse("\tone \t<  two words ").names(), ElementsAre("one", "two words"));
  EXPECT_EQ(Ladder::parse("only").size(), 1U);
}

TEST(Ladder, RefusesTextThatIsNoLadder) {
  const auto parse = [](std::string_view text) { return [text] { (void)Ladder::parse(text); }; };
  EXPECT_EQ(said<Refusal>(parse("")), "found an empty name; expected the name of a stratum [E-LADDER]");
  EXPECT_EQ(said<Refusal>(parse("   ")), "found an empty name; expected the name of a stratum [E-LADDER]");
  for (const auto& [text, where] :
       {std::pair("a <", "after the last '<'"), std::pair("a < b <", "after the last '<'"),
        std::pair("< a", "before the first '<'"), std::pair("a < < b", "between '<' and '<'"),
        std::pair("a,,b", "between ',' and ','"), std::pair("a, ", "after the last ','"),
        std::pair("a |", "after the last '|'"), std::pair("a | x,", "after the last ','"),
        std::pair("a < \"\"", "after the last '<'"), std::pair("a < | x", "between '<' and '|'")})
    EXPECT_EQ(said<Refusal>(parse(text)),
              std::string("found no name ") + where + "; expected the name of a stratum [E-LADDER]")
        << text;
  EXPECT_EQ(said<Refusal>(parse("a < a")), "found the stratum 'a' twice; expected each name once [E-CFG-DUP]");
  EXPECT_EQ(said<Refusal>(parse("a | a")), "found the stratum 'a' twice; expected each name once [E-CFG-DUP]");
  EXPECT_EQ(said<Refusal>(parse("a | x < b")),
            "found '<' after the exits; expected exits last, separated by commas [E-LADDER]");
  EXPECT_EQ(said<Refusal>(parse("a | x | y")),
            "found '|' after the exits; expected exits last, separated by commas [E-LADDER]");
  EXPECT_EQ(said<Refusal>(parse("a < \"b")),
            "found a quote that does not close; expected a name between two quotes [E-LADDER]");
  EXPECT_EQ(said<Refusal>(parse("a\nb")),
            "found a control character in the name 'a\\x0Ab'; expected printable text [E-LADDER]");
  // Nothing that was typed is dropped in silence.
  for (const char* text : {"a\"b\"", "\"a\"b", "\"a\" \"b\"", "x \"a\" < b", "\"a\"\"b\""})
    EXPECT_EQ(said<Refusal>(parse(text)),
              "found text beside a quoted name; expected nothing but the name between two quotes "
              "[E-LADDER]")
        << text;
}

TEST(LadderBuilder, RefusesWhatIsNoLadder) {
  const auto start = [] { return Ladder::builder().rung("a").rung("b").exit("x"); };
  EXPECT_EQ(said<Refusal>([&] { start().rung("c"); }),
            "found a rung after an exit; expected the exits last [E-LADDER]");
  EXPECT_EQ(said<Refusal>([] { Ladder::builder().rung(Names{}); }),
            "found a rung without a stratum; expected at least one name [E-LADDER]");
  EXPECT_EQ(said<Refusal>([] { Ladder::builder().exit("x"); }),
            "found an exit before any rung; expected at least one stratum first [E-LADDER]");
  EXPECT_EQ(said<Refusal>([] { (void)Ladder::builder().build(); }),
            "found no stratum; expected at least one [E-LADDER]");
  EXPECT_EQ(said<Refusal>([&] { start().move("a", "a"); }),
            "found a move from 'a' to itself; expected two strata, since staying is always possible "
            "[E-LADDER]");
  EXPECT_EQ(said<Refusal>([&] { start().move("x", "a"); }),
            "found a move out of the exit 'x'; expected exits to be final [E-LADDER]");
  EXPECT_EQ(said<UnknownName>([&] { start().move("a", "c"); }),
            "found 'c'; expected one of 'a', 'b', 'x' [E-LABEL-UNKNOWN]");
  EXPECT_EQ(said<Refusal>([&] { start().set("top", {}); }),
            "found the empty set 'top'; expected at least one stratum [E-LADDER]");
  EXPECT_EQ(said<Refusal>([&] { start().set("top", {"b"}).set("top", {"a"}); }),
            "found the set 'top' twice; expected each name once [E-CFG-DUP]");
  EXPECT_EQ(said<Refusal>([&] { start().set("a", {"b"}); }),
            "found the set 'a' named as a stratum; expected another name [E-CFG-DUP]");
  EXPECT_EQ(code_of([&] { start().set("top", {"nobody at all"}); }), "E-LABEL-UNKNOWN");
  EXPECT_EQ(said<Refusal>([] { Ladder::builder().rung(std::string(1001, 'a')); }),
            "found a name of 1001 bytes; expected at most 1000 [E-LADDER]");
  EXPECT_NO_THROW(Ladder::builder().rung(std::string(1000, 'a')));
  EXPECT_EQ(said<Refusal>([] { Ladder::builder().rung("a\x7f"); }),
            "found a control character in the name 'a\\x7F'; expected printable text [E-LADDER]");
  Ladder::Builder many = Ladder::builder();
  for (int k = 0; k < 1000; ++k) many.rung(std::to_string(k));
  EXPECT_EQ(many.build().size(), 1000U);
  EXPECT_EQ(said<Refusal>([&] { many.rung("one more"); }),
            "found more than 1000 strata; expected at most 1000 [E-SIZE]");
}

TEST(Ladder, SelectsStrataByNameSetOrAndAbove) {
  const Ladder ladder = Ladder::builder()
                            .rung("worker")
                            .rung("C++")
                            .rung({"boss", "C"})
                            .exit("left")
                            .set("office", {"boss", "C++", "boss"})
                            .build();
  EXPECT_EQ(ladder.select("boss").indices(), (Indices{2}));
  EXPECT_EQ(ladder.select("left").indices(), (Indices{4}));
  EXPECT_EQ(ladder.select("office").indices(), (Indices{1, 2}));  // in order, each once
  EXPECT_EQ(ladder.select("worker+").indices(), (Indices{0, 1, 2, 3}));
  EXPECT_EQ(ladder.select("C+").indices(), (Indices{2, 3}));  // those on the same rung too
  EXPECT_EQ(ladder.select("C++").indices(), (Indices{1}));    // the stratum before the shorthand
  EXPECT_EQ(ladder.select("C+++").indices(), (Indices{1, 2, 3}));
  EXPECT_EQ(ladder.at_or_above("C").indices(), (Indices{2, 3}));
  EXPECT_THAT(ladder.set_names(), ElementsAre("office"));
  EXPECT_EQ(ladder.select("office").text(), "'C++', 'boss'");
  EXPECT_EQ(ladder.select("office").size(), 2U);
  EXPECT_TRUE(ladder.select("office").contains(1));
  EXPECT_FALSE(ladder.select("office").contains(0));
  EXPECT_EQ(ladder.set_of({3, 0, 3}).indices(), (Indices{0, 3}));
  EXPECT_EQ(StratumSet(ladder["boss"]), ladder.select("boss"));
}

TEST(Ladder, HasTheSameStrataForGroupsOfPeople) {
  const Ladder alone = Ladder::builder()
                           .rung("worker")
                           .rung({"boss", "artist"})
                           .exit("left")
                           .move("worker", "boss")
                           .move("boss", "left")
                           .set("free", {"artist", "left"})
                           .build();
  const Ladder both = alone.for_groups({"women", "men"});
  EXPECT_THAT(both.names(), ElementsAre("women: worker", "men: worker", "women: boss", "men: boss", "women: artist",
                                        "men: artist", "women: left", "men: left"));
  EXPECT_EQ(both.strata(), 6U);
  EXPECT_EQ(both.height(1), 0);
  EXPECT_EQ(both.height(5), 1);
  EXPECT_THAT(both.groups(), ElementsAre("women", "men"));
  EXPECT_EQ(both.of_each_group(), alone);
  EXPECT_EQ(alone.of_each_group(), alone);
  EXPECT_TRUE(alone.groups().empty());
  EXPECT_NE(both, alone);
  for (std::size_t i = 0; i < both.size(); ++i) {
    EXPECT_EQ(both.for_group(both.within_group(i), both.group(i)), i);
    EXPECT_EQ(both.name(i), both.groups()[both.group(i)] + ": " + alone.name(both.within_group(i)));
    for (std::size_t j = 0; j < both.size(); ++j)
      EXPECT_EQ(both.possible(i, j),
                both.group(i) == both.group(j) && alone.possible(both.within_group(i), both.within_group(j)));
  }
  // Everything that can be asked for by name.
  EXPECT_EQ(both.select("boss").indices(), (Indices{2, 3}));
  EXPECT_EQ(both.select("men").indices(), (Indices{1, 3, 5}));
  EXPECT_EQ(both.select("free").indices(), (Indices{4, 5, 6, 7}));
  EXPECT_EQ(both.select("men: boss").indices(), (Indices{3}));
  EXPECT_EQ(both.select("men: worker+").indices(), (Indices{1, 3, 5}));
  EXPECT_EQ(both.select("boss+").indices(), (Indices{2, 3, 4, 5}));
  EXPECT_EQ(both.name_of(both.select("boss")), "boss");
  EXPECT_EQ(both.name_of(both.select("men")), "men");
  EXPECT_EQ(both.name_of(both.select("men: boss")), "men: boss");
  EXPECT_EQ(both.name_of(both.set_of({0, 3})), "'women: worker', 'men: boss'");
  EXPECT_TRUE(both.select("boss").same_group(0, 2));
  EXPECT_FALSE(both.select("boss").same_group(0, 3));

  EXPECT_EQ(said<Refusal>([&] { (void)alone.for_groups({}); }),
            "found no group of people; expected at least one name [E-LADDER]");
  EXPECT_EQ(said<Refusal>([&] { (void)both.for_groups({"old"}); }),
            "found groups for a ladder that has groups; expected one without [E-LADDER]");
  EXPECT_EQ(said<Refusal>([&] {
              (void)alone.for_groups({"boss", "men"});
            }),
            "found the group 'boss' named as a stratum or a set; expected another name [E-CFG-DUP]");
  EXPECT_EQ(said<Refusal>([&] {
              (void)alone.for_groups({"men", "free"});
            }),
            "found the group 'free' named as a stratum or a set; expected another name [E-CFG-DUP]");
  EXPECT_EQ(said<Refusal>([&] {
              (void)alone.for_groups({"men", "men"});
            }),
            "found the stratum 'men: worker' twice; expected each name once [E-CFG-DUP]");
}

TEST(Ladder, NamesTheNearestOfUnknownStrata) {
  const Ladder ladder = shop();
  EXPECT_EQ(said<UnknownName>([&] { (void)ladder["techncian"]; }),
            "found 'techncian'; expected one of 'worker', 'technician', 'entrepreneur', 'designer', "
            "'returned home', 'retired'; did you mean 'technician'? [E-LABEL-UNKNOWN]");
  EXPECT_EQ(said<UnknownName>([&] { (void)ladder["xyz"]; }),
            "found 'xyz'; expected one of 'worker', 'technician', 'entrepreneur', 'designer', "
            "'returned home', 'retired' [E-LABEL-UNKNOWN]");
  try {
    (void)ladder.select("desinger+");
    FAIL();
  } catch (const UnknownName& error) {
    EXPECT_EQ(error.code(), "E-LABEL-UNKNOWN");
    EXPECT_EQ(error.name(), "desinger");
    EXPECT_EQ(error.nearest(), "designer");
  }
  EXPECT_EQ(code_of([&] { (void)ladder.select(""); }), "E-LABEL-UNKNOWN");
  EXPECT_EQ(code_of([&] { (void)ladder["Worker"]; }), "E-LABEL-UNKNOWN");  // case matters
  EXPECT_EQ(said<Refusal>([&] { (void)ladder.at_or_above("retired"); }),
            "found exit 'retired'; expected a stratum, since exits are on no rung [E-LADDER]");
  EXPECT_EQ(said<Refusal>([&] { (void)ladder.select("retired+"); }),
            "found exit 'retired'; expected a stratum, since exits are on no rung [E-LADDER]");
  EXPECT_EQ(said<DomainError>([&] { (void)ladder.at(6); }), "found stratum number 6; expected 0 to 5 [E-LADDER]");
  EXPECT_EQ(code_of([&] { (void)ladder.set_of({0, 6}); }), "E-LADDER");
}

TEST(Ladder, IsEqualByContent) {
  EXPECT_EQ(shop(), shop());
  EXPECT_EQ(shop()["designer"], shop()["designer"]);
  EXPECT_NE(shop()["designer"], shop()["worker"]);
  EXPECT_EQ(shop().select("technician+"), shop().select("technician+"));
  EXPECT_NE(shop().select("technician+"), shop().select("worker+"));
  EXPECT_EQ(Ladder::parse("a < b"), Ladder::builder().rung("a").rung("b").build());
  EXPECT_NE(Ladder::parse("a < b"), Ladder::parse("b < a"));
  EXPECT_NE(Ladder::parse("a < b"), Ladder::parse("a, b"));
  EXPECT_NE(Ladder::parse("a < b"), Ladder::parse("a | b"));
  EXPECT_EQ(Ladder::parse("a < b"), Ladder::builder().rung("a").rung("b").set("s", {"a"}).build())
      << "a named set is a name for strata, and no part of the ladder";
  EXPECT_NE(Ladder::parse("a < b"), Ladder::builder().rung("a").rung("b").move("a", "b").build());
  EXPECT_NE(Ladder::parse("a < b")["a"], Ladder::parse("a < c")["a"]);
}

TEST(Ladder, RefusesStrataOfAnother) {
  const Ladder ladder = shop(), other = Ladder::parse("one < two");
  EXPECT_NO_THROW(ladder.require_own(shop()["worker"]));
  EXPECT_NO_THROW(ladder.require_own(shop().select("technician+")));
  EXPECT_EQ(said<Refusal>([&] { other.require_own(Ladder::parse("one < three")["one"]); }),
            "found a stratum of another ladder ('one', 'three'); expected one of 'one', 'two' "
            "[E-LADDER-OTHER]");
  EXPECT_EQ(code_of([&] { ladder.require_own(other.select("one+")); }), "E-LADDER-OTHER");
}

TEST(Ladder, OutlivesWhatWasTakenFromIt) {
  const Stratum stratum = shop()["designer"];  // the ladder is gone
  const StratumSet set = shop().select("technician+");
  EXPECT_EQ(stratum.name(), "designer");
  EXPECT_EQ(set.text(), "'technician', 'entrepreneur', 'designer'");
}

}  // namespace
}  // namespace ladder_test
