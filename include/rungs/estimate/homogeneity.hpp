// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_ESTIMATE_HOMOGENEITY_HPP
#define RUNGS_ESTIMATE_HOMOGENEITY_HPP

#include <algorithm>
#include <cstddef>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <rungs/estimate/assumptions.hpp>

namespace rungs {

namespace detail {

/// Counts of several periods or groups, to be compared row by row.
struct Layers {
  std::vector<std::string> names{};
  std::vector<Counts> counts{};
  [[nodiscard]] Counts pooled(std::size_t size) const {
    Counts out(size);
    for (const Counts& c : counts) out += c;
    return out;
  }
};

inline Layers layers_of(const std::map<std::int64_t, Counts>& by_period) {
  Layers out;
  for (const auto& [period, counts] : by_period) {
    out.names.push_back(std::to_string(period));
    out.counts.push_back(counts);
  }
  return out;
}

inline std::vector<Contrast> contrasts(const Ladder& ladder, const std::vector<Counts>& layers) {
  const std::size_t n = ladder.size(), rows = layers.size();
  std::vector<Contrast> out;
  for (std::size_t i = 0; i < ladder.strata(); ++i) {
    std::int64_t possible = 0;
    Contrast c{ladder.name(i), rows, n, 0, std::vector<double>(rows * n)};
    for (std::size_t j = 0; j < n; ++j) {
      possible += ladder.possible(i, j) ? 1 : 0;
      for (std::size_t t = 0; t < rows; ++t) c.at(t, j) = layers[t].people(i, j);
    }
    c.df_nominal = static_cast<std::int64_t>(rows - 1) * (possible - 1);
    out.push_back(std::move(c));
  }
  return out;
}

/// The layers that differ from all others together by more than so many comparisons explain, most first, in words.
inline std::string which(const AssumptionTest& t, double reject_below) {
  std::vector<const TestPart*> out;
  for (const TestPart& layer : t.by_layer)
    if (layer.p.p * static_cast<double>(t.by_layer.size()) < reject_below) out.push_back(&layer);
  std::sort(out.begin(), out.end(), [](const TestPart* a, const TestPart* b) { return a->p.log10_p < b->p.log10_p; });
  std::string words;
  for (std::size_t k = 0; k < out.size() && k < 5; ++k) words += (k > 0 ? ", " : "") + out[k]->name;
  return out.size() > 5 ? words + " and " + std::to_string(out.size() - 5) + " more" : words;
}

/// The same as a clause; of two layers, each of which is all others of the other, that there are two.
inline std::string which_in_words(const AssumptionTest& t, double reject_below, const char* layer) {
  if (t.by_layer.size() == 2) return "there are two, " + t.by_layer[0].name + " and " + t.by_layer[1].name;
  const std::string names = which(t, reject_below);
  return names.empty() ? std::string("no single ") + layer + " stands out" : "unlike all others together: " + names;
}

/// Adds the reach by the matrix of all moves, with its difference from a model to which moves add `model`.
inline void add_all_moves(Consequence& c, const Ladder& ladder, const AskedReach& asked, const Counts& counts,
                          const Matrix& otherwise, const Histories* h, const Vector& start, std::string by,
                          const Matrix& model) {
  add_counted(c, ladder, asked, counts, counts, otherwise, start, std::move(by), model, [&](const Influence& added) {
    return h == nullptr ? squared_error(added, counts, counts) : squared_error(added, {h}, any_move);
  });
}

inline void require_two(const Layers& layers, const std::string& what) {
  if (layers.counts.size() < 2)
    throw Refusal("E-LAYERS", "found moves of " + std::to_string(layers.counts.size()) + " " + what +
                                  "; expected at "
                                  "least two to compare");
}

/// `redraw(stream)` gives the layers drawn under the hypothesis, as counts.
template <class Redraw>
AssumptionTest compare_layers(const Ladder& ladder, const Layers& layers, const std::string& name,
                              const std::string& hypothesis, const AssumptionOptions& options, const Redraw& redraw) {
  const std::vector<Contrast> all = contrasts(ladder, layers.counts);
  AssumptionTest out = result(name, hypothesis, parts(all));
  for (std::size_t t = 0; t < layers.counts.size(); ++t)
    out.by_layer.push_back(part(against_the_rest(all, t, layers.names[t])));
  bootstrap(out, options, [&](Stream& stream) { return sum(parts(contrasts(ladder, redraw(stream)))); });
  warn_if_sparse(out);
  return out;
}

template <class Redraw>
AssumptionTest over_time(const Ladder& ladder, const Layers& layers, const AssumptionOptions& options,
                         const Histories* h, const Redraw& redraw) {
  AssumptionTest out = compare_layers(ladder, layers, "the same in every period",
                                      "people move by one matrix in all periods", options, redraw);
  const Counts pooled = layers.pooled(ladder.size());
  const Matrix p = shares(pooled);
  if (options.asked) {
    const AskedReach& asked = *options.asked;
    check(ladder, asked);
    Consequence c{};
    Vector start = starts(pooled);
    std::vector<const Histories*> people;
    if (h != nullptr) {
      people = {h};
      add_observed(
          c, *h, asked, start, p, [&](const Matrix& slope) { return move_gain(slope, p, pooled); }, people, any_move);
    }
    Matrix model;
    std::tie(c.implied, model) = reach_of_all(ladder, asked, pooled, p, people, start, "the matrix of all periods");
    const Counts& last = layers.counts.back();
    const std::int64_t last_period = std::stoll(layers.names.back());
    add_counted(c, ladder, asked, last, pooled, p, start,
                "by the matrix of the last period, " + layers.names.back() + ",", model, [&](const Influence& added) {
                  return h == nullptr
                             ? squared_error(added, last, pooled)
                             : squared_error(added, {h}, [&](const Histories&, std::size_t k, std::size_t t) {
                                 return h->start(k) + static_cast<std::int64_t>(t) * h->step().units() == last_period;
                               });
                });
    out.consequence = std::move(c);
  }
  if (out.deciding_p() < options.reject_below) {
    out.warnings.push_back({"W-NONSTATIONARY", "moves differ between periods (" + test_in_words(out) + "); " +
                                                   which_in_words(out, options.reject_below, "period") +
                                                   size_in_words(ladder, out, options)});
  }
  return out;
}

template <class Redraw>
AssumptionTest of_groups(const Ladder& ladder, const Layers& layers, const AssumptionOptions& options,
                         const std::vector<const Histories*>& people, const Redraw& redraw) {
  AssumptionTest out = compare_layers(ladder, layers, "the same in every group",
                                      "people of all groups move by one matrix", options, redraw);
  const Counts pooled = layers.pooled(ladder.size());
  const Matrix p = shares(pooled);
  if (options.asked) {
    const AskedReach& asked = *options.asked;
    const Vector start = starts(pooled);
    auto [implied, model] = reach_of_all(ladder, asked, pooled, p, people, start, "the matrix of all groups");
    Consequence c{std::move(implied)};
    for (std::size_t g = 0; g < people.size(); ++g) {
      Vector seen;  // each group's own
      add_observed(
          c, *people[g], asked, seen, p, [&](const Matrix& slope) { return move_gain(slope, p, pooled); }, people,
          any_move);
      c.found.back().by = "as observed of " + detail::quoted(layers.names[g]);
    }
    for (std::size_t g = 0; g < layers.counts.size(); ++g)
      add_counted(c, ladder, asked, layers.counts[g], pooled, p, start,
                  "by the matrix of " + detail::quoted(layers.names[g]), model, [&](const Influence& added) {
                    return people.empty()
                               ? squared_error(added, layers.counts[g], pooled)
                               : squared_error(added, people, [&](const Histories& h, std::size_t, std::size_t) {
                                   return &h == people[g];
                                 });
                  });
    out.consequence = std::move(c);
  }
  if (out.deciding_p() < options.reject_below) {
    out.warnings.push_back({"W-GROUPS", "moves differ between groups (" + test_in_words(out) + "); " +
                                            which_in_words(out, options.reject_below, "group") +
                                            "; a matrix of all groups answers no question about one of them" +
                                            size_in_words(ladder, out, options)});
  }
  return out;
}

template <class Redraw>
AssumptionTest fit(const Ladder& ladder, const Counts& counts, const Matrix& p, const AssumptionOptions& options,
                   const Histories* h, const Redraw& redraw) {
  const auto compared = [&](const Counts& n) {
    std::vector<PartStatistic> out;
    for (std::size_t i = 0; i < ladder.strata(); ++i) {
      PartStatistic one{ladder.name(i), -1, {}};
      const double people = n.row_people(i);
      for (std::size_t j = 0; j < ladder.size(); ++j) {
        if (!ladder.possible(i, j)) continue;
        const double share = p(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j));
        one.df_nominal += 1;
        if (people > 0) {
          one.value.compare(n.people(i, j), people * share);
          one.value.df += share > 0 ? 1 : 0;
        }
      }
      one.value.df -= people > 0 ? 1 : 0;
      one.value.lr = std::max(one.value.lr, 0.0);
      out.push_back(std::move(one));
    }
    return out;
  };
  AssumptionTest out = result("fit to a given matrix", "people move by the matrix given", compared(counts));
  bootstrap(out, options, [&](Stream& stream) { return sum(compared(redraw(stream))); });
  warn_if_sparse(out);
  if (options.asked) {
    check(ladder, *options.asked);
    Consequence c{};
    Vector start = starts(counts);
    const Matrix fixed = Matrix::Zero(p.rows(), p.cols());  // to which no move adds
    if (h != nullptr)
      add_observed(
          c, *h, *options.asked, start, p, [&](const Matrix&) { return fixed; }, {h}, any_move);
    c.implied = implied_reach(ladder, *options.asked, p, start, "the matrix given");
    add_all_moves(c, ladder, *options.asked, counts, p, h, start, "by the matrix of these data", fixed);
    out.consequence = std::move(c);
  }
  if (out.deciding_p() < options.reject_below)
    out.warnings.push_back({"W-FIT", "people do not move by the matrix given (" + test_in_words(out) + ")" +
                                         size_in_words(ladder, out, options)});
  return out;
}

/// The block of every stratum and exit, and the blocks' names.
struct Blocks {
  std::vector<std::size_t> of{};
  std::vector<std::string> names{};
};

inline Blocks blocks_of(const Ladder& ladder, const std::vector<StratumSet>& partition) {
  const std::size_t none = ladder.size();
  Blocks out;
  out.of.assign(ladder.size(), none);
  for (const StratumSet& block : partition) {
    ladder.require_own(block);
    for (const std::size_t i : block.indices()) {
      if (out.of[i] != none)
        throw Refusal("E-PARTITION",
                      "found " + detail::quoted(ladder.name(i)) + " in two blocks; expected every stratum in one");
      if (ladder.is_exit(i) != ladder.is_exit(block.indices().front()))
        throw Refusal("E-PARTITION", "found strata and exits in one block, " + block.text() +
                                         "; expected blocks of strata, since nobody leaves an exit");
      out.of[i] = out.names.size();
    }
    out.names.push_back(ladder.name_of(block));
  }
  for (std::size_t i = 0; i < ladder.size(); ++i)
    if (out.of[i] == none) {
      out.of[i] = out.names.size();
      out.names.push_back(ladder.name(i));
    }
  return out;
}

template <class Redraw>
AssumptionTest lumpable(const Ladder& ladder, const Counts& counts, const Blocks& blocks,
                        const AssumptionOptions& options, const Histories* h, const Redraw& redraw) {
  const std::size_t n = ladder.size(), size = blocks.names.size();
  const auto block_contrasts = [&](const Counts& found) {
    std::vector<Contrast> out;
    for (std::size_t a = 0; a < size; ++a) {
      std::vector<std::size_t> members;
      std::vector<char> possible(size);
      for (std::size_t i = 0; i < ladder.strata(); ++i)
        if (blocks.of[i] == a) members.push_back(i);
      if (members.size() < 2) continue;
      Contrast c{blocks.names[a], members.size(), size, 0, std::vector<double>(members.size() * size)};
      for (std::size_t r = 0; r < members.size(); ++r)
        for (std::size_t j = 0; j < n; ++j) {
          c.at(r, blocks.of[j]) += found.people(members[r], j);
          if (ladder.possible(members[r], j)) possible[blocks.of[j]] = 1;
        }
      c.df_nominal = static_cast<std::int64_t>(members.size() - 1) *
                     (static_cast<std::int64_t>(std::count(possible.begin(), possible.end(), 1)) - 1);
      out.push_back(std::move(c));
    }
    return out;
  };
  AssumptionTest out =
      result("strata of a block move alike", "strata of one block go to each block with the same probability",
             parts(block_contrasts(counts)));
  // Under the hypothesis: the sums over blocks are those of the block, shared out within as they are.
  const auto at = [](std::size_t i) { return static_cast<Eigen::Index>(i); };
  Matrix between = Matrix::Zero(at(size), at(size)), possible = between, to = Matrix::Zero(at(size), at(n)),
         own = Matrix::Zero(at(n), at(size));
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j) {
      between(at(blocks.of[i]), at(blocks.of[j])) += counts.people(i, j);
      to(at(blocks.of[i]), at(j)) += counts.people(i, j);
      own(at(i), at(blocks.of[j])) += counts.people(i, j);
      if (ladder.possible(i, j)) possible(at(blocks.of[i]), at(blocks.of[j])) = 1;
    }
  const auto under_hypothesis = [&](double more) {  // people in each row of blocks, spread over the possible ones
    Matrix p = Matrix::Identity(at(n), at(n));
    for (std::size_t i = 0; i < ladder.strata(); ++i) {
      const Eigen::Index a = at(blocks.of[i]);
      const double people = between.row(a).sum();
      if (!(people > 0)) continue;
      for (std::size_t j = 0; j < n; ++j) {
        const Eigen::Index b = at(blocks.of[j]);
        const double within =
            own(at(i), b) > 0   ? counts.people(i, j) / own(at(i), b)
            : between(a, b) > 0 ? to(a, at(j)) / between(a, b)
                                : 1 / static_cast<double>(std::count(blocks.of.begin(), blocks.of.end(), blocks.of[j]));
        const double share =
            (between(a, b) + (possible(a, b) > 0 ? more / possible.row(a).sum() : 0)) / (people + more);
        p(at(i), at(j)) = share * within;
      }
    }
    return p;
  };
  const Matrix p = under_hypothesis(0), drawn_from = under_hypothesis(1);
  bootstrap(out, options, [&](Stream& stream) { return sum(parts(block_contrasts(redraw(stream, drawn_from)))); });
  warn_if_sparse(out);
  if (options.asked) {
    const AskedReach& asked = *options.asked;
    check(ladder, asked);
    for (std::size_t i = 0; i < ladder.strata(); ++i)
      for (std::size_t j = 0; j < n; ++j)
        for (std::size_t k = 0; k < n; ++k)
          if (blocks.of[j] == blocks.of[k] && is_target(ladder, asked, i, j) != is_target(ladder, asked, i, k))
            throw Refusal("E-PARTITION", "found the block of " + detail::quoted(ladder.name(j)) + " and " +
                                             detail::quoted(ladder.name(k)) +
                                             " partly in the target; expected targets of whole blocks");
    Consequence c{};
    Vector start = starts(counts);
    const auto gain = [&](const Matrix& slope) {  // moves count as those between blocks
      Matrix total = Matrix::Zero(at(size), at(size)), added = Matrix::Zero(at(n), at(n));
      for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < n; ++j) {
          const Eigen::Index a = at(blocks.of[i]), b = at(blocks.of[j]);
          total(a, b) +=
              slope(at(i), at(j)) / static_cast<double>(std::count(blocks.of.begin(), blocks.of.end(), blocks.of[j]));
        }
      for (std::size_t i = 0; i < ladder.strata(); ++i) {
        const Eigen::Index a = at(blocks.of[i]);
        const double people = between.row(a).sum();
        for (std::size_t j = 0; j < n && people > 0; ++j)
          added(at(i), at(j)) = (total(a, at(blocks.of[j])) - total.row(a).dot(between.row(a)) / people) / people;
      }
      return added;
    };
    if (h != nullptr) add_observed(c, *h, asked, start, p, gain, {h}, any_move);
    c.implied = implied_reach(ladder, asked, p, start, "the chain of blocks");
    c.implied.centre = implied_reach(ladder, asked, drawn_from, start, {}).share;
    add_all_moves(c, ladder, asked, counts, shares(counts), h, start, "by the chain of all strata",
                  gain(reach_slope(ladder, asked, p, start)));
    out.consequence = std::move(c);
  }
  if (out.deciding_p() < options.reject_below)
    out.warnings.push_back({"W-LUMPING", "strata of one block do not move alike (" + test_in_words(out) +
                                             "), so the blocks are no chain of their own" +
                                             size_in_words(ladder, out, options)});
  return out;
}

}  // namespace detail

/// Whether people move by the same matrix in every period: `by_layer` tells which periods are unlike all others.
///
/// Counts people at one step whatever their weight; a sampling weight has no part in it.
/// Assumes: a first-order chain; moves independent given where people are.
/// Effect on intervals: where it is rejected, the interval of an answer by the matrix of all periods is of an average
/// that no period has. The bootstrap draws each row of each period with the people it had; that of histories draws
/// their people anew from their first strata.
/// Throws Refusal [E-LAYERS] for fewer than two periods, [E-DRAWS-FEW] for fewer than 100 draws; DomainError [E-COUNT]
/// where people who are not whole are to be drawn. Warns W-NONSTATIONARY, W-SPARSE. Cost: periods x strata^2 a draw.
/// Method: Anderson and Goodman (1957), doi 10.1214/aoms/1177707039, sections 3.1 and 3.2.
[[nodiscard]] inline AssumptionTest test_homogeneity_over_time(const Tally& by_period,
                                                               const AssumptionOptions& options = {}) {
  const detail::Layers layers = detail::layers_of(by_period.by_period());
  detail::require_two(layers, "periods");
  const Matrix p = detail::shares_to_draw_from(by_period.ladder(), layers.pooled(by_period.ladder().size()));
  return detail::over_time(by_period.ladder(), layers, options, nullptr, [&](Stream& stream) {
    std::vector<Counts> out;
    for (const Counts& c : layers.counts) out.push_back(detail::redrawn_rows(c, p, stream));
    return out;
  });
}

/// The same from histories, whose people are drawn anew under the hypothesis, and whose reach is observed.
[[nodiscard]] inline AssumptionTest test_homogeneity_over_time(const Histories& h,
                                                               const AssumptionOptions& options = {}) {
  const detail::Layers layers = detail::layers_of(move_counts_by_period(h));
  detail::require_two(layers, "periods");
  const Matrix p = detail::shares_to_draw_from(h.ladder(), layers.pooled(h.ladder().size()));
  const detail::Redrawn people(h);
  return detail::over_time(h.ladder(), layers, options, &h, [&](Stream& stream) {
    return detail::layers_of(move_counts_by_period(people.draw(stream, p))).counts;
  });
}

/// Whether people of several groups (or samples, regions, cohorts) move by the same matrix.
///
/// Compares rows, never pairs: groups may have quite different people in their strata. As over time in all else.
/// Throws Refusal [E-LAYERS] for fewer than two groups, [E-LADDER-OTHER] for groups on different ladders or with
/// different steps. Warns W-GROUPS, W-SPARSE.
/// Method: Kullback, Kupperman and Ku (1962), doi 10.1080/00401706.1962.10490041.
[[nodiscard]] inline AssumptionTest test_homogeneity_of_groups(const std::vector<std::pair<std::string, Tally>>& groups,
                                                               const AssumptionOptions& options = {}) {
  detail::Layers layers;
  for (const auto& [name, tally] : groups) {
    if (!(tally.ladder() == groups.front().second.ladder() && tally.step() == groups.front().second.step()))
      throw Refusal("E-LADDER-OTHER", "found groups on two ladders or with two steps; expected the same in all");
    layers.names.push_back(name);
    layers.counts.push_back(tally.pooled());
  }
  detail::require_two(layers, "groups");
  const Ladder& ladder = groups.front().second.ladder();
  if (options.asked) detail::check(ladder, *options.asked);
  const Matrix p = detail::shares_to_draw_from(ladder, layers.pooled(ladder.size()));
  return detail::of_groups(ladder, layers, options, {}, [&](Stream& stream) {
    std::vector<Counts> out;
    for (const Counts& c : layers.counts) out.push_back(detail::redrawn_rows(c, p, stream));
    return out;
  });
}

/// The same from histories, whose people are drawn anew under the hypothesis, and whose reach is observed.
[[nodiscard]] inline AssumptionTest test_homogeneity_of_groups(
    const std::vector<std::pair<std::string, Histories>>& groups, const AssumptionOptions& options = {}) {
  detail::Layers layers;
  std::vector<detail::Redrawn> people;
  std::vector<const Histories*> all;
  for (const auto& [name, h] : groups) {
    if (!(h.ladder() == groups.front().second.ladder() && h.step() == groups.front().second.step()))
      throw Refusal("E-LADDER-OTHER", "found groups on two ladders or with two steps; expected the same in all");
    layers.names.push_back(name);
    layers.counts.push_back(move_counts(h));
    people.emplace_back(h);
    all.push_back(&h);
  }
  detail::require_two(layers, "groups");
  const Ladder& ladder = groups.front().second.ladder();
  if (options.asked) detail::check(ladder, *options.asked);
  const Matrix p = detail::shares_to_draw_from(ladder, layers.pooled(ladder.size()));
  return detail::of_groups(ladder, layers, options, all, [&](Stream& stream) {
    std::vector<Counts> out;
    for (const detail::Redrawn& group : people) out.push_back(move_counts(group.draw(stream, p)));
    return out;
  });
}

/// Whether people move by a matrix that was given beforehand (published, or of other data), not fitted to these.
///
/// Expected are the people of each row times its probabilities. A move that was seen where the matrix says 0 refutes it
/// for certain: the statistics are infinite.
/// Throws Refusal [E-LADDER-OTHER] for another ladder or step. Warns W-FIT, W-SPARSE.
/// Method: Anderson and Goodman (1957), section 3.2; Kullback, Kupperman and Ku (1962).
[[nodiscard]] inline AssumptionTest test_fit(const Tally& tally, const TransitionMatrix& given,
                                             const AssumptionOptions& options = {}) {
  if (!(tally.ladder() == given.ladder() && tally.step() == given.step()))
    throw Refusal("E-LADDER-OTHER", "found moves and a matrix of two ladders or steps; expected the same in both");
  const Counts& counts = tally.pooled();
  return detail::fit(tally.ladder(), counts, given.matrix(), options, nullptr,
                     [&](Stream& stream) { return detail::redrawn_rows(counts, given.matrix(), stream); });
}

/// The same from histories, whose people are drawn anew under the hypothesis, and whose reach is observed.
[[nodiscard]] inline AssumptionTest test_fit(const Histories& h, const TransitionMatrix& given,
                                             const AssumptionOptions& options = {}) {
  if (!(h.ladder() == given.ladder() && h.step() == given.step()))
    throw Refusal("E-LADDER-OTHER", "found moves and a matrix of two ladders or steps; expected the same in both");
  const detail::Redrawn people(h);
  return detail::fit(h.ladder(), move_counts(h), given.matrix(), options, &h,
                     [&](Stream& stream) { return move_counts(people.draw(stream, given.matrix())); });
}

/// Whether blocks of strata may stand for their strata: all strata of a block go to each block with the same
/// probability, so that the blocks are a chain of their own.
///
/// Strata and exits that are in no block given are blocks of one. `by_origin` is by block. A move that the ladder
/// declares possible from some strata of a block only counts as possible from all: under the hypothesis it is.
/// Throws Refusal [E-PARTITION] for a stratum in two blocks, for strata and exits in one, and for a target that is not
/// made of whole blocks. Warns W-LUMPING, W-SPARSE.
/// Method: Kemeny and Snell (1960), section 6.3, as a comparison of the rows of the collapsed counts.
[[nodiscard]] inline AssumptionTest test_lumpability(const Tally& tally, const std::vector<StratumSet>& partition,
                                                     const AssumptionOptions& options = {}) {
  const Counts& counts = tally.pooled();
  return detail::lumpable(tally.ladder(), counts, detail::blocks_of(tally.ladder(), partition), options, nullptr,
                          [&](Stream& stream, const Matrix& p) { return detail::redrawn_rows(counts, p, stream); });
}

/// The same from histories, whose people are drawn anew under the hypothesis, and whose reach is observed.
[[nodiscard]] inline AssumptionTest test_lumpability(const Histories& h, const std::vector<StratumSet>& partition,
                                                     const AssumptionOptions& options = {}) {
  const detail::Redrawn people(h);
  return detail::lumpable(h.ladder(), move_counts(h), detail::blocks_of(h.ladder(), partition), options, &h,
                          [&](Stream& stream, const Matrix& p) { return move_counts(people.draw(stream, p)); });
}

}  // namespace rungs

#endif
