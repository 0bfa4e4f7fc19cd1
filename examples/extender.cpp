// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0

// An extender: an estimator and a kind of programme of one's own, with the checks that Rungs offers their authors.
#include <cstdio>

#include <rungs/estimate/proportions.hpp>
#include <rungs/intervene/programme.hpp>
#include <rungs/testing/conformance.hpp>

//! [estimator]
/// Rows pulled towards the moves of all people together, by a stated number of people.
struct PooledRows {
  double people = 10;
  [[nodiscard]] std::string name() const { return "pooled:" + std::to_string(people); }
  [[nodiscard]] rungs::Ensemble fit(const rungs::Tally& tally) const {
    rungs::Tally pulled(tally.ladder(), tally.step());
    const rungs::Counts& counts = tally.pooled();
    double stayed = 0, all = 0;
    for (std::size_t i = 0; i < tally.ladder().strata(); ++i) {
      stayed += counts.people(i, i);
      all += counts.row_people(i);
    }
    for (std::size_t i = 0; i < tally.ladder().strata(); ++i)
      for (std::size_t j = 0; j < counts.size(); ++j) pulled.add(i, j, counts.people(i, j) + (i == j ? people * stayed / all : 0));
    return rungs::Proportions{}.fit(pulled);
  }
};
static_assert(rungs::Estimator<PooledRows>);
//! [estimator]

//! [programme]
/// Mentoring: nobody who has a mentor falls a rung, for as long as the mentoring lasts.
struct Mentoring {
  double years = 2;
  [[nodiscard]] std::string name() const { return "mentoring"; }
  [[nodiscard]] double settled() const { return years; }
  bool change(rungs::Matrix& p, const rungs::Ladder& ladder, double since, rungs::Step, const rungs::Draw&) const {
    for (std::size_t i = 0; i < ladder.strata() && since >= 0 && since < years; ++i)
      for (std::size_t j = 0; j < ladder.strata(); ++j)
        if (ladder.downward(i, j)) rungs::change_move(p.row(static_cast<Eigen::Index>(i)), static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j), 0, rungs::GivenUp::staying);
    return false;
  }
};
static_assert(rungs::Intervention<Mentoring>);
//! [programme]

int main() {
  //! [checks]
  const rungs::Ladder ladder = rungs::Ladder::parse("worker < technician < manager");
  rungs::Matrix moves(3, 3);
  moves << 0.9, 0.1, 0, 0.2, 0.7, 0.1, 0, 0.3, 0.7;
  for (const std::string& broken : rungs::testing::check_estimator(PooledRows{})) std::printf("estimator: %s\n", broken.c_str());
  for (const std::string& broken : rungs::testing::check_intervention(Mentoring{}, {ladder, moves})) std::printf("programme: %s\n", broken.c_str());
  std::printf("checked\n");
  //! [checks]
  return 0;
}
