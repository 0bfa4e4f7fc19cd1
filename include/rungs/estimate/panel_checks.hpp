// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_ESTIMATE_PANEL_CHECKS_HPP
#define RUNGS_ESTIMATE_PANEL_CHECKS_HPP

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <Eigen/Core>
#include <boost/math/special_functions/gamma.hpp>

#include <rungs/data/histories.hpp>
#include <rungs/data/panel.hpp>
#include <rungs/estimate/interval.hpp>
#include <rungs/estimate/significance.hpp>
#include <rungs/model/transition_matrix.hpp>

namespace rungs {

/// When the records of a panel deserve a warning.
struct PanelChecks {
  double lost_per_wave = 0.10;      ///< share of those seen who are never seen again, in some wave
  double lost_difference = 0.05;    ///< between the strata that lose most and least
  double moves_of_few = 0.20;       ///< share of the moves that come from one person in a hundred
  double there_and_back_ratio = 2;  ///< times as often as the chain of one step has it people are back at once
  std::int64_t spike_rungs = 3;     ///< rungs that somebody jumps for a single record
  double break_points = 0.10;       ///< change of a stratum's share among the same people at one wave
  double break_ratio = 3;           ///< and how many times the usual change
  double rejected_below = 0.01;     ///< p of a test
};

namespace detail {

/// The records of a panel, one person after another.
template <class Visit>
void for_each_person(const Panel& panel, const Visit& visit) {
  std::vector<std::pair<std::int64_t, std::size_t>> records;  // when, and where among the strata of the panel
  const std::span<const Panel::Run> runs = panel.runs();
  for (std::size_t r = 0; r < runs.size(); ++r) {
    for (std::size_t k = runs[r].begin; k < runs[r].end; ++k)
      records.emplace_back(runs[r].start + static_cast<std::int64_t>(k - runs[r].begin) * panel.stride(), k);
    if (r + 1 < runs.size() && runs[r + 1].person == runs[r].person) continue;
    visit(std::span<const std::pair<std::int64_t, std::size_t>>(records));
    records.clear();
  }
}

inline std::string percent_of(double share) { return text(std::round(share * 1000) / 10) + " %"; }

/// People seen in a stratum at a time that is not the end of what was to be seen of them, and of them those never seen
/// again.
struct Lost {
  double seen = 0, lost = 0;
  [[nodiscard]] double share() const noexcept { return seen > 0 ? lost / seen : 0.0; }
};

inline void warn_of_attrition(const Panel& panel, const PanelChecks& checks, std::vector<Warning>& out) {
  const Ladder& ladder = panel.ladder();
  const std::span<const std::uint16_t> strata = panel.strata();
  std::int64_t last = 0, longest = 0;
  bool any = false;
  for_each_person(panel, [&](const auto& records) {
    last = any ? std::max(last, records.back().first) : records.back().first;
    longest = std::max(longest, records.back().first - records.front().first);
    any = true;
  });
  const auto ends = [last, longest](const auto& records, std::size_t k) {
    const std::int64_t time = records[k].first;
    return time == last || (longest > 0 && time - records.front().first == longest);
  };
  std::map<std::int64_t, Lost> waves;
  std::vector<Lost> by_stratum(ladder.size());
  std::vector<double> up(ladder.size()), moved(ladder.size());  // of those seen again
  for_each_person(panel, [&](const auto& records) {
    for (std::size_t k = 0; k < records.size(); ++k) {
      const std::size_t i = strata[records[k].second];
      if (ladder.is_exit(i) || ends(records, k)) continue;
      const double people = panel.weight_kind() == WeightKind::frequency ? panel.weight(records[k].second) : 1;
      Lost& wave = waves[records[k].first];
      wave.seen += people;
      by_stratum[i].seen += people;
      if (k + 1 == records.size()) {
        wave.lost += people;
        by_stratum[i].lost += people;
        continue;
      }
      moved[i] += people;
      if (ladder.upward(i, strata[records[k + 1].second])) up[i] += people;
    }
  });

  const auto of_strata = [&] {
    std::string words;
    for (std::size_t i = 0; i < ladder.strata(); ++i)
      if (by_stratum[i].seen > 0)
        words += (words.empty() ? "" : ", ") + detail::quoted(ladder.name(i)) + " " + percent_of(by_stratum[i].share());
    return words;
  };
  const std::pair<const std::int64_t, Lost>* worst = nullptr;
  for (const auto& wave : waves)
    if (wave.second.seen > 0 &&
        proportion_interval(wave.second.lost, wave.second.seen, Level(0.9), IntervalMethod::wilson).lower >
            checks.lost_per_wave &&
        (worst == nullptr || wave.second.share() > worst->second.share()))
      worst = &wave;
  if (worst != nullptr)
    out.push_back({"W-ATTRITION", "after time " + std::to_string(worst->first) + ", " +
                                      percent_of(worst->second.share()) + " of " + text(worst->second.seen) +
                                      " people were never seen again; by stratum, in all waves: " + of_strata()});

  double statistic = 0;
  std::int64_t classes = 0;
  Lost all;
  for (const Lost& l : by_stratum) {
    all.seen += l.seen;
    all.lost += l.lost;
  }
  std::size_t most = ladder.size(), least = ladder.size();
  for (std::size_t i = 0; i < ladder.strata(); ++i) {
    const Lost& l = by_stratum[i];
    if (!(l.seen > 0)) continue;
    ++classes;
    if (const double expected = l.seen * all.share() * (1 - all.share()); expected > 0)
      statistic += std::pow(l.lost - l.seen * all.share(), 2) / expected;
    if (most == ladder.size() || l.share() > by_stratum[most].share()) most = i;
    if (least == ladder.size() || l.share() < by_stratum[least].share()) least = i;
  }
  if (classes < 2 || !(by_stratum[most].share() - by_stratum[least].share() > checks.lost_difference) ||
      !(chi_square_significance(statistic, classes - 1).p < checks.rejected_below))
    return;
  // What the share upward would be if those lost had moved as those of their stratum did who stayed.
  double seen_up = 0, seen = 0, all_up = 0, everybody = 0;
  for (std::size_t i = 0; i < ladder.strata(); ++i) {
    if (!(moved[i] > 0)) continue;
    seen_up += up[i];
    seen += moved[i];
    all_up += by_stratum[i].seen * up[i] / moved[i];
    everybody += by_stratum[i].seen;
  }
  std::string lean;
  if (seen > 0)
    lean = "; the share that moves up, " + percent_of(seen_up / seen) + " of those seen again, would be " +
           percent_of(all_up / everybody) + " if the others had moved as people of their stratum did";
  out.push_back({"W-ATTRITION-SELECTIVE",
                 "people are lost from " + detail::quoted(ladder.name(most)) + " (" +
                     percent_of(by_stratum[most].share()) + ") rather than from " + detail::quoted(ladder.name(least)) +
                     " (" + percent_of(by_stratum[least].share()) + ")" + lean +
                     "; if it depended on where they went, the probabilities are wrong as well"});
}

inline void warn_of_few_people(const Panel& panel, const PanelChecks& checks, std::vector<Warning>& out) {
  std::vector<double> moves;
  double all = 0;
  for_each_person(panel, [&](const auto& records) {
    moves.push_back(static_cast<double>(records.size()) - 1);
    all += moves.back();
  });
  if (!(all > 0)) return;
  const std::size_t top = std::max<std::size_t>(1, moves.size() / 100);
  std::partial_sort(moves.begin(), moves.begin() + static_cast<std::ptrdiff_t>(top), moves.end(), std::greater<>());
  double theirs = 0;
  for (std::size_t k = 0; k < top; ++k) theirs += moves[k];
  const double fair = static_cast<double>(top) / static_cast<double>(moves.size());
  if (theirs / all > checks.moves_of_few && theirs / all > 5 * fair)
    out.push_back({"W-ID-DOMINANT", std::to_string(top) + " of " + std::to_string(moves.size()) +
                                        (top == 1 ? " people makes " : " people make ") + percent_of(theirs / all) +
                                        " of the pairs of records: moves of one person are not independent, and "
                                        "intervals that take them for it are too narrow"});
}

/// The share of pairs of records that go up, if a share `wrong` of the records named another stratum, any of the others
/// alike. Those seen are the true ones, distorted on both sides. None where so many errors cannot be: they alone would
/// make more moves of some kind, or upward, than are recorded, and chance (Poisson) makes of them so few with less
/// than `rejected_below`, over all kinds.
inline std::optional<double> share_up_if_wrong(const Matrix& pairs, const Ladder& ladder, double wrong,
                                               double rejected_below) {
  const Eigen::Index n = pairs.rows();
  if (n < 2) return 0;
  const double other = wrong / static_cast<double>(n - 1);
  // Records are distorted by c I + other J, of ones J, which has the inverse (I - other J) / c, on both sides.
  const double c = 1 - wrong - other, all = pairs.sum(), kinds = static_cast<double>(n * (n - 1) + 1);
  const auto too_few = [&](double recorded, double alone) {
    return alone > 0 && boost::math::gamma_q(recorded + 1, alone) < rejected_below / kinds;
  };
  double up = 0, up_alone = 0;
  for (Eigen::Index i = 0; i < n; ++i)
    for (Eigen::Index j = 0; j < n; ++j) {
      if (i == j) continue;
      const double alone = other * (pairs.row(i).sum() + pairs.col(j).sum()) - other * other * all;  // made by errors
      if (too_few(pairs(i, j), alone)) return std::nullopt;
      if (!ladder.upward(static_cast<std::size_t>(i), static_cast<std::size_t>(j))) continue;
      up += pairs(i, j);
      up_alone += alone;
    }
  if (too_few(up, up_alone)) return std::nullopt;
  return std::max(0.0, (up - up_alone) / (c * c * all));
}

/// What the share that goes up would be if 5 or 10 % of the records named a wrong stratum, or that they cannot.
inline std::string share_up_in_words(const Matrix& pairs, const Ladder& ladder, double rejected_below) {
  const auto of = [&](double wrong) { return share_up_if_wrong(pairs, ladder, wrong, rejected_below); };
  const std::optional<double> few = of(0.05), many = few ? of(0.1) : std::nullopt;
  const auto words = [](double share) { return share > 0 ? percent_of(share) : std::string("none but by error"); };
  const std::string cannot = ", since that alone would make more of some moves than are recorded";
  return "of the moves and stays of one step " + percent_of(of(0).value_or(0)) + " go up as recorded" +
         (few ? (many ? ", " : " and ") + words(*few) + " if 5 % of the records name a wrong stratum, any other alike"
              : "; 5 % of the records cannot name a wrong stratum, any other alike" + cannot) +
         (many  ? ", and " + words(*many) + " if 10 % do"
          : few ? "; 10 % of them cannot" + cannot
                : "");
}

inline void warn_of_miscoding(const Panel& panel, const Step& step, const PanelChecks& checks,
                              std::vector<Warning>& out) {
  const Ladder& ladder = panel.ladder();
  const std::span<const std::uint16_t> strata = panel.strata();
  const auto n = static_cast<Eigen::Index>(ladder.strata());
  Matrix pairs = Matrix::Zero(n, n);
  const auto next = [&](const auto& records, std::size_t k) {  // one step later, and neither an exit
    return k + 1 < records.size() && records[k + 1].first - records[k].first == step.units() &&
           !ladder.is_exit(strata[records[k].second]) && !ladder.is_exit(strata[records[k + 1].second]);
  };
  for_each_person(panel, [&](const auto& records) {
    for (std::size_t k = 0; k < records.size(); ++k)
      if (next(records, k)) pairs(strata[records[k].second], strata[records[k + 1].second]) += 1;
  });
  const Vector rows = pairs.rowwise().sum();
  double people = 0, back_people = 0, back = 0, expected = 0;
  std::string spikes;
  std::size_t spike_count = 0;
  for_each_person(panel, [&](const auto& records) {
    bool triple = false, returned = false;
    for (std::size_t k = 0; k + 2 < records.size(); ++k) {
      if (!next(records, k) || !next(records, k + 1)) continue;
      triple = true;
      const std::size_t a = strata[records[k].second], b = strata[records[k + 1].second],
                        c = strata[records[k + 2].second];
      if (a == b) continue;
      expected +=
          pairs(static_cast<Eigen::Index>(b), static_cast<Eigen::Index>(a)) / rows[static_cast<Eigen::Index>(b)];
      if (a != c) continue;
      back += 1;
      returned = true;
      if (const std::int64_t rungs = std::abs(static_cast<std::int64_t>(ladder.height(a)) - ladder.height(b));
          rungs >= checks.spike_rungs && ++spike_count <= 3) {
        const std::size_t line = panel.line(records[k + 1].second);
        spikes += (spikes.empty() ? "" : "; ") +
                  (line > 0 ? (panel.lines_are_observations() ? "observation " : "line ") + std::to_string(line) + ": "
                            : std::string()) +
                  detail::quoted(ladder.name(b)) + " between " + detail::quoted(ladder.name(a)) + " and " +
                  detail::quoted(ladder.name(c)) + " at time " + std::to_string(records[k + 1].first);
      }
    }
    people += triple ? 1 : 0;
    back_people += returned ? 1 : 0;
  });
  if (spike_count > 0)
    out.push_back({"W-SPIKE", "found a jump of " + std::to_string(checks.spike_rungs) +
                                  " rungs or more and back with the next record: " + spikes +
                                  (spike_count > 3 ? "; and " + std::to_string(spike_count - 3) + " more" : "")});
  const double allowed = checks.there_and_back_ratio * expected;  // a Poisson number of this mean at most, by the chain
  if (!(back > allowed && boost::math::gamma_p(back, allowed) < checks.rejected_below)) return;
  out.push_back({"W-MISCODING", text(back_people) + " of " + text(people) +
                                    " people move and are back one step later, " +
                                    text(std::round(10 * back / std::max(expected, 1e-300)) / 10) +
                                    " times as often as the moves of one step have it; " +
                                    share_up_in_words(pairs, ladder, checks.rejected_below) +
                                    "; people who differ, some of whom move often and others never, are back as often "
                                    "without any error"});
}

inline void warn_of_scheme_break(const Panel& panel, const PanelChecks& checks, std::vector<Warning>& out) {
  const Ladder& ladder = panel.ladder();
  const std::span<const std::uint16_t> strata = panel.strata();
  std::set<std::int64_t> times;
  for_each_person(panel, [&](const auto& records) {
    for (const auto& [when, k] : records) times.insert(when);
  });
  std::map<std::int64_t, std::int64_t> following;  // the wave after each
  for (auto t = times.begin(); t != times.end() && std::next(t) != times.end(); ++t) following[*t] = *std::next(t);
  struct Change {
    double people = 0;
    std::vector<double> before, after;
  };
  std::map<std::int64_t, Change> changes;
  for_each_person(panel, [&](const auto& records) {
    for (std::size_t k = 0; k + 1 < records.size(); ++k) {
      const auto wave = following.find(records[k].first);
      if (wave == following.end() || wave->second != records[k + 1].first) continue;
      if (ladder.is_exit(strata[records[k].second]) || ladder.is_exit(strata[records[k + 1].second])) continue;
      Change& c = changes.try_emplace(records[k + 1].first).first->second;
      c.before.resize(ladder.size());
      c.after.resize(ladder.size());
      c.people += 1;
      c.before[strata[records[k].second]] += 1;
      c.after[strata[records[k + 1].second]] += 1;
    }
  });
  if (changes.size() < 3) return;
  struct Largest {
    std::int64_t wave;
    std::size_t stratum;
    double change, noise;
  };
  std::vector<Largest> all;
  for (const auto& [wave, c] : changes) {
    Largest at{wave, 0, 0, 0};
    for (std::size_t i = 0; i < ladder.size(); ++i)
      if (const double d = (c.after[i] - c.before[i]) / c.people; std::abs(d) > std::abs(at.change))
        at = {wave, i, d, std::sqrt((c.before[i] + c.after[i]) / 2) / c.people};
    all.push_back(at);
  }
  std::sort(all.begin(), all.end(),
            [](const Largest& a, const Largest& b) { return std::abs(a.change) > std::abs(b.change); });
  const Largest& worst = all.front();
  const double usual = std::abs(all[all.size() / 2].change);
  if (!(std::abs(worst.change) > checks.break_points && std::abs(worst.change) > checks.break_ratio * usual &&
        std::abs(worst.change) > 4 * worst.noise))
    return;
  const Change& c = changes.at(worst.wave);
  out.push_back({"W-SCHEME-BREAK", "among the same " + text(c.people) + " people the share of " +
                                       detail::quoted(ladder.name(worst.stratum)) + " goes from " +
                                       percent_of(c.before[worst.stratum] / c.people) + " to " +
                                       percent_of(c.after[worst.stratum] / c.people) + " at time " +
                                       std::to_string(worst.wave) + ", where the usual change between waves is " +
                                       percent_of(usual) + ": was the coding of strata changed there?"});
}

}  // namespace detail

/// What a reader of estimates from a panel must know of its records: people who are lost, few who make many of the
/// moves, records that look like errors of coding, and a change of coding.
///
/// Codes: W-ATTRITION, W-ATTRITION-SELECTIVE (chi-square of being lost by stratum), W-ID-DOMINANT, W-SPIKE,
/// W-MISCODING (people move and are back at once more than twice as often as the moves of one step have it, by more
/// than chance makes of twice as many; people who differ do so without errors), W-SCHEME-BREAK (of people in a stratum
/// before and after). A person is lost who is not seen after a wave that is not the last of the data, unless last seen
/// in an exit, or followed for as long as anybody: where times are ages, or people are seen so many times each, there
/// is no last wave of all. Where times are ages, people who came in late count as lost all the same. Assumes nothing;
/// each is a reason to look, not a proof. Where records are sampled or precision weighted, people are counted once
/// each. Cost: a few passes over the records.
[[nodiscard]] inline std::vector<Warning> panel_warnings(const Panel& panel, const Step& step = Step{},
                                                         const PanelChecks& checks = {}) {
  std::vector<Warning> out;
  detail::warn_of_attrition(panel, checks, out);
  detail::warn_of_few_people(panel, checks, out);
  detail::warn_of_miscoding(panel, step, checks, out);
  detail::warn_of_scheme_break(panel, checks, out);
  return out;
}

}  // namespace rungs

#endif
