// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0

// Each warning of the records of a panel: data that raise it, word for word, and data of the same kind that must not.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <rungs/core/draw.hpp>
#include <rungs/estimate/estimator.hpp>
#include <rungs/estimate/panel_checks.hpp>

namespace panel_checks_test {
namespace {

using namespace rungs;
using ::testing::IsEmpty;

Ladder ladder() { return Ladder::parse("worker < technician < senior < foreman < manager | left"); }

/// People with a stratum in each of some years from 1 on; -1 where they are not seen.
struct Records {
  Observations rows{};
  std::uint32_t people = 0;
  Ladder on = ladder();
  Records& add(const std::vector<int>& strata, std::size_t times = 1) {
    for (std::size_t k = 0; k < times; ++k, ++people)
      for (std::size_t t = 0; t < strata.size(); ++t)
        if (strata[t] >= 0) {
          rows.add(people, static_cast<std::int32_t>(t + 1), static_cast<std::size_t>(strata[t]));
          rows.line.push_back(static_cast<std::uint32_t>(rows.person.size() + 1));
        }
    return *this;
  }
  [[nodiscard]] Panel panel() const { return {on, rows}; }
};

std::vector<std::string> all(const Panel& panel) {
  std::vector<std::string> out;
  for (const Warning& w : panel_warnings(panel)) out.push_back(w.code + ": " + w.message);
  return out;
}
std::vector<std::string> all(const Records& records) { return all(records.panel()); }

TEST(PanelWarnings, SaysNothingOfPeopleWhoAreAllFollowed) {
  EXPECT_THAT(all(Records().add({0, 0, 1, 1}, 8).add({1, 1, 1, 2}, 8).add({2, 5, 5, 5}, 4)), IsEmpty());
}

TEST(PanelWarnings, OfPeopleLost) {
  // Of 40 people 12 are never seen after the first wave, alike in both strata.
  EXPECT_THAT(
      all(Records().add({0, 0, 0, 0}, 14).add({0}, 6).add({1, 1, 1, 1}, 14).add({1}, 6)),
      ::testing::ElementsAre("W-ATTRITION: after time 1, 30 % of 40 people were never seen again; by stratum, in all "
                             "waves: 'worker' 12.5 %, 'technician' 12.5 %"));
  // One in ten is what the chance of so few people may be; whoever left by an exit is not lost.
  EXPECT_THAT(all(Records().add({0, 0, 0, 0}, 36).add({0}, 4)), IsEmpty());
  EXPECT_THAT(all(Records().add({0, 0, 0, 0}, 28).add({0, 5}, 12)), IsEmpty());
}

/// People seen at six ages each, the first of which differs: of as many as are not lost after their second record.
Records aged(int lost) {
  Records out;
  for (int who = 0; who < 300; ++who) {
    std::vector<int> path(static_cast<std::size_t>(who % 5), -1);
    for (int t = 0; t < (who % 10 < lost ? 2 : 6); ++t) path.push_back(t * 5 < who % 30 ? 0 : 1);
    out.add(path);
  }
  return out;
}

TEST(PanelWarnings, OfPeopleLostWhereTimesAreAges) {
  const auto lost = [](const Records& records) {
    std::vector<std::string> out = all(records);
    std::erase_if(out, [](const std::string& w) { return w.find("W-ATTRITION") != 0; });
    return out;
  };
  EXPECT_THAT(lost(aged(0)), IsEmpty()) << "the survey is over at another age of each";
  EXPECT_THAT(lost(aged(3)), ::testing::Contains(::testing::StartsWith("W-ATTRITION: ")));
  // So it is where people take part so many times each, and others take their places.
  EXPECT_THAT(lost(Records().add({0, 0, 1}, 40).add({-1, 0, 0, 1}, 40).add({-1, -1, 1, 1, 1}, 40)), IsEmpty());
  // Once each, nobody was followed.
  EXPECT_THAT(lost(Records().add({0}, 40).add({-1, 0}, 40).add({-1, -1, 0}, 40)),
              ::testing::Contains(::testing::StartsWith("W-ATTRITION: after time 1, 100 % of 40 people")));
}

TEST(PanelWarnings, OfPeopleLostFromOneStratum) {
  // Of workers 98 are seen and 9 lost, of 94 technicians and 15 seniors nobody. Of those seen again 8 of 89 workers and
  // 15 of 94 technicians go up: 23 of 198; with the lost, 98 x 8 / 89 + 15 of 207.
  Records workers;
  workers.add({0, 0, 1, 1}, 4).add({0, 0, 0, 1}, 4).add({0, 0, 0, 0}, 20).add({0}, 3).add({0, 0}, 3).add({0, 0, 0}, 3);
  Records most = workers;
  most.add({1, 1, 1, 1}, 20).add({1, 2, 2, 2}, 5).add({1, 1, 2, 2}, 5).add({1, 1, 1, 2}, 5);
  EXPECT_THAT(all(most), ::testing::ElementsAre(
                             "W-ATTRITION-SELECTIVE: people are lost from 'worker' (9.2 %) rather than from "
                             "'technician' (0 %); the share that moves up, 11.6 % of those seen again, would be "
                             "11.5 % if the others had moved as people of their stratum did; if it depended on "
                             "where they went, the probabilities are wrong as well"));
  most = workers;
  most.add({1, 1, 1, 1}, 20).add({1}, 3).add({1, 1}, 3).add({1, 1, 1}, 3);
  EXPECT_THAT(all(most), IsEmpty()) << "lost alike";
}

TEST(PanelWarnings, OfFewPeopleWithManyMoves) {
  Records one;
  one.add(std::vector<int>(60, 0)).add({0, 0}, 12);
  EXPECT_THAT(all(one),
              ::testing::Contains("W-ID-DOMINANT: 1 of 13 people makes 83.1 % of the pairs of records: moves "
                                  "of one person are not independent, and intervals that take them for it are "
                                  "too narrow"));
  EXPECT_THAT(all(Records().add({0, 0, 0}, 3)), IsEmpty()) << "a third of the moves each is everybody's share";
}

TEST(PanelWarnings, OfAJumpForOneRecord) {
  EXPECT_THAT(all(Records().add({0, 4, 0, 0}).add({0, 1, 1, 1}, 9).add({0, 0, 1, 1}, 9).add({0, 0, 0, 1}, 9)),
              ::testing::ElementsAre("W-SPIKE: found a jump of 3 rungs or more and back with the next record: line 3: "
                                     "'manager' between 'worker' and 'worker' at time 2"));
  EXPECT_THAT(all(Records().add({0, 2, 0, 0}).add({0, 1, 1, 1}, 9).add({0, 0, 1, 1}, 9).add({0, 0, 0, 1}, 9)),
              IsEmpty())
      << "two rungs";
  EXPECT_THAT(all(Records().add({0, 4, 4, 0}).add({0, 1, 1, 1}, 9).add({0, 0, 1, 1}, 9).add({0, 0, 0, 1}, 9)),
              IsEmpty())
      << "two records";
}

/// People who move by a chain that returns often, or hardly ever move and are at times miscoded for one record.
Records moving(double wrong) {
  Records out;
  out.on = Ladder::parse("worker < technician");
  Stream random = Draw(Seed(3), 0).stream(Purpose::parameters);
  for (int who = 0; who < 400; ++who) {
    std::vector<int> path;
    int at = who % 2;
    for (int t = 0; t < 6; ++t) {
      if (random.uniform() < (wrong > 0 ? 0.02 : 0.15)) at = 1 - at;
      path.push_back(wrong > 0 && random.uniform() < wrong ? 1 - at : at);
    }
    out.add(path);
  }
  return out;
}

TEST(PanelWarnings, OfRecordsThatNameAWrongStratum) {
  EXPECT_THAT(all(moving(0)), IsEmpty()) << "a chain has them as often as it should";
  const std::string back =
      "W-MISCODING: [0-9]+ of 400 people move and are back one step later, [0-9.]+ times as often as the moves of one "
      "step have it; of the moves and stays of one step [0-9.]+ % go up as recorded";
  const std::string differ =
      "; people who differ, some of whom move often and others never, are back as often without any error";
  EXPECT_THAT(all(moving(0.05)), ::testing::ElementsAre(::testing::MatchesRegex(
                                     back +
                                     " and [0-9.]+ % if 5 % of the records name a wrong stratum, any other alike; 10 "
                                     "% of them cannot, since that alone would make more of some moves than are "
                                     "recorded" +
                                     differ)));
}

TEST(PanelWarnings, OfFewRecordsThatNameAWrongStratumAmongManyPeople) {
  // 1 in 100 people are back at once, which is under 3 % and many times what a chain has.
  const auto of = [](std::size_t wrong) {
    Records out;
    out.add({0, 0, 0, 0, 0, 0}, 1000).add({1, 1, 1, 1, 1, 1}, 1000).add({0, 0, 0, 1, 0, 0}, wrong);
    for (int when = 1; when < 6; ++when) {  // people who move and stay there, as many in each wave
      std::vector<int> path(6);
      std::fill(path.begin() + when, path.end(), 1);
      out.add(path, 60);
    }
    return out;
  };
  const std::vector<std::string> found = all(of(20));
  // By the chain 260 go up and on with 20 in 5620 back down, and 20 down and on with 320 in 5980 back up: 2.0. Of 11600
  // pairs 320 go up; of as many with 5 % wrong, 73 would go from worker to senior, and nobody does.
  EXPECT_THAT(
      found,
      ::testing::ElementsAre(
          "W-MISCODING: 20 of 2320 people move and are back one step later, 10 times as often as the moves of "
          "one step have it; of the moves and stays of one step 2.8 % go up as recorded; 5 % of the records "
          "cannot name a wrong stratum, any other alike, since that alone would make more of some moves than are "
          "recorded; people who differ, some of whom move often and others never, are back as often without "
          "any error"));
  EXPECT_THAT(all(of(0)), IsEmpty());
  // One of 122 people back at once is chance, though five times what the chain has: 31 who go up, with 1 in 151 back.
  Records few;
  few.add({0, 1, 0}, 1).add({0, 1, 1}, 30).add({0, 0, 0}, 31).add({1, 1, 1}, 60);
  EXPECT_THAT(all(few), IsEmpty());
  // So are 3 of 64, who are more than 3 %: 15 go up, with 3 in 73 back, and of twice 0.6 chance makes 3 once in eight.
  Records three;
  three.add({0, 1, 0}, 3).add({0, 1, 1}, 12).add({0, 0, 0}, 20).add({1, 1, 1}, 29);
  EXPECT_THAT(all(three), IsEmpty());
}

TEST(PanelWarnings, KnowsTheShareUpwardBehindWrongRecords) {
  // True pairs, each record wrong one time in twenty in favour of any of the other strata alike.
  const Ladder l = Ladder::parse("a < b < c");
  Matrix truth(3, 3);
  truth << 50, 6, 2, 3, 20, 4, 1, 2, 12;
  const Matrix d = Matrix::Constant(3, 3, 0.025) + (0.95 - 0.025) * Matrix::Identity(3, 3);
  const Matrix seen = d * truth * d;
  const auto up = [&l](const Matrix& pairs, double wrong) { return detail::share_up_if_wrong(pairs, l, wrong, 0.01); };
  EXPECT_NEAR(up(seen, 0.05).value(), 0.12, 1e-14);
  EXPECT_NEAR(up(truth, 0).value(), 0.12, 1e-15);
  EXPECT_GT(up(seen, 0).value(), 0.13);
  const Matrix e = Matrix::Constant(3, 3, 0.05) + (0.9 - 0.05) * Matrix::Identity(3, 3);
  EXPECT_EQ(detail::share_up_in_words(e * truth * e, l, 0.01),
            "of the moves and stays of one step 18.2 % go up as recorded, 15.5 % if 5 % of the records name a wrong "
            "stratum, any other alike, and 12 % if 10 % do");
  // Of 1000 pairs 46 go up, and by errors alone 47.5 would with 5 % wrong, and 90 with 10 %.
  Matrix few(2, 2);
  few << 454, 46, 46, 454;
  EXPECT_EQ(detail::share_up_in_words(few, Ladder::parse("a < b"), 0.01),
            "of the moves and stays of one step 4.6 % go up as recorded and none but by error if 5 % of the records "
            "name a wrong stratum, any other alike; 10 % of them cannot, since that alone would make more of some "
            "moves than are recorded");
  // With 30 % wrong 24.3 would go up by errors alone, and 12 do: chance may make it so, but not of ten times as many.
  EXPECT_EQ(up(truth, 0.3), 0) << "never below 0";
  EXPECT_EQ(up(10 * truth, 0.3), std::nullopt);
  Matrix one = Matrix::Zero(3, 3);
  one.diagonal() << 1000, 1000, 1000;
  EXPECT_EQ(up(one, 0.05), std::nullopt) << "nobody moves, and 48 of each kind would";
  EXPECT_EQ(up(one, 0), 0);
}

TEST(PanelWarnings, OfAChangeOfCoding) {
  // Half of the workers are called technicians from the fourth wave on, as one in ten moves at any other.
  Records jump;
  jump.add({0, 0, 0, 1, 1, 1}, 40).add({0, 0, 0, 0, 0, 0}, 30);
  jump.add({0, 1, 1, 1, 1, 1}, 3).add({0, 0, 1, 1, 1, 1}, 3).add({0, 0, 0, 0, 1, 1}, 3).add({0, 0, 0, 0, 0, 1}, 3);
  const std::string said =
      "W-SCHEME-BREAK: among the same 82 people the share of 'worker' goes from 92.7 % to 43.9 % at time 4, where the "
      "usual change between waves is 3.7 %: was the coding of strata changed there?";
  EXPECT_THAT(all(jump), ::testing::ElementsAre(said));
  // Those who leave between two waves are not among the same people, and fill no stratum.
  jump.add({0, 5, 5, 5, 5, 5}, 20).add({0, 0, 0, 5, 5, 5}, 20);
  EXPECT_THAT(all(jump), ::testing::ElementsAre(said));
  // Of all who are left 15 % leave with each of 20 waves, and are recorded as such ever after.
  Records leaving;
  double left = 1000;
  for (int when = 1; when < 20; ++when) {
    const double now = std::round(0.15 * left);
    std::vector<int> path(20);
    std::fill(path.begin() + when, path.end(), 5);
    leaving.add(path, static_cast<std::size_t>(now));
    left -= now;
  }
  leaving.add(std::vector<int>(20), static_cast<std::size_t>(left));
  EXPECT_THAT(all(leaving), IsEmpty());
  // The same change at every wave is how people move.
  EXPECT_THAT(all(Records()
                      .add({0, 1, 1, 1, 1}, 20)
                      .add({0, 0, 1, 1, 1}, 20)
                      .add({0, 0, 0, 1, 1}, 20)
                      .add({0, 0, 0, 0, 1}, 20)),
              IsEmpty());
}

TEST(RowWarnings, OfWeightsThatMatter) {
  const auto tally_of = [](double weight_of_those_who_move) {
    Tally t(Ladder::parse("worker < manager"), Step{}, WeightKind::sampling);
    t.add(0, 0, 80, 80, 80, {});
    const double w = weight_of_those_who_move;
    t.add(0, 1, 20, 20 * w, 20 * w * w, {});
    t.add(1, 1, 50, 50, 50, {});
    t.add(1, 0, 5, 5, 5, {});
    return t;
  };
  const auto found = row_warnings(tally_of(3));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].code, "W-WEIGHT-MATTERS");
  EXPECT_EQ(
      found[0].message,
      "with weights 30.8 % of the moves and stays of one step go up, without 12.9 %: more than chance makes of so "
      "many people; the weights must be right");
  EXPECT_THAT(row_warnings(tally_of(1.2)), IsEmpty());
}

}  // namespace
}  // namespace panel_checks_test
