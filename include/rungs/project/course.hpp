// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_PROJECT_COURSE_HPP
#define RUNGS_PROJECT_COURSE_HPP

#include <vector>

#include <rungs/model/transition_matrix.hpp>

namespace rungs {

/// What an expected-value projection gives, period by period: heads, not shares. Index 0 is the start, T the horizon.
///
/// `headcount` (T+1 x n) all people by stratum and exit; `flows` (T matrices n x n) heads moving from row to column;
/// `entrants` (T x n) people who came in during the period; `blocked` (T x n) heads who would have moved into a stratum
/// and found no post there (they are in the flows as staying); `posts` (T+1 x Population::posts()) how many there are;
/// `first_reached` (T+1) people of the cohort asked about who are in the target for the first time; `cohort` how many
/// were asked about; `standing` how many of them are in the target at the horizon; `offers` (programmes x T) people who
/// are offered to take part: the share `offered` of those who may enrol then and wait for no seat (empty where seats
/// are assigned, which are offered to nobody else); `participants` (programmes x T) people who enrol, `turned_away`
/// those who wanted to and found no seat; `enrolled` (programmes x n) the participants by the stratum they enrol from;
/// `reached_now` (n) those of the cohort who have reached the target, by where they are at the horizon; `away` (T x n)
/// heads at the start of the period, after the enrolment, times the part of the period for which programmes keep them
/// from earning: at most all of it for somebody in several, and empty where no programme does. The state at T
/// satisfies: people at t+1 = people at t + entrants, exits included; without a waiting list `offers` times the uptake
/// are `participants` and `turned_away`.
struct Course {
  Matrix headcount;
  std::vector<Matrix> flows;
  Matrix entrants;
  Matrix blocked;
  Matrix posts;
  Vector first_reached;
  double cohort = 0;
  double standing = 0;
  Matrix offers;
  Matrix participants;
  Matrix turned_away;
  Matrix enrolled;
  Vector reached_now;
  Matrix away;
  std::vector<char> close_seats;
  std::vector<char> close_posts;
  bool capped = false;  ///< an effect pushed a probability to the edge of what is possible

  [[nodiscard]] double reached() const { return first_reached.sum(); }
};

}  // namespace rungs

#endif
