// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_ESTIMATE_MOBILITY_TABLES_HPP
#define RUNGS_ESTIMATE_MOBILITY_TABLES_HPP

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <rungs/data/tally.hpp>
#include <rungs/model/transition_matrix.hpp>

namespace rungs {

/// How many people moved from each stratum to each other, as square tables on one ladder: one, or one for each layer
/// (country, cohort, sex).
///
/// Entry (i, j) of a table is people, from i to j, strata only: who left by an exit is counted apart (W-EXITS), since a
/// table compares origins and destinations. Moves that the ladder declares impossible are cells left out of every
/// model. On a ladder with groups of people each group is a layer.
/// Assumes: people drawn independently, each once; several moves of one person count as several people.
/// Throws DomainError [E-COUNT] for a number of people that is not 0 or more, or a layer without anybody; Refusal
/// [E-STRUCT-ZERO] for people in an impossible move, [E-SHAPE] for a square that is not the ladder's, fewer than two
/// strata, or names that are not as many as layers, [E-CFG-DUP] for a layer named twice, [E-TABLE-WEIGHTS] for sampling
/// or precision weights, under which deviances follow no chi-squared law, [E-LADDER-OTHER] for tallies of two ladders,
/// [E-PERIOD-MISSING] for layers by period of a tally without periods.
class MobilityTables {
 public:
  explicit MobilityTables(const Tally& tally) : MobilityTables(std::vector<Tally>{tally}, {}) {}
  MobilityTables(const std::vector<Tally>& tallies, std::vector<std::string> layers)
      : MobilityTables(ladder_of(tallies), squares(tallies), std::move(layers)) {}
  MobilityTables(const Ladder& ladder, const Counts& counts) : MobilityTables(ladder, {square(counts)}, {}) {}
  MobilityTables(const Ladder& ladder, const Matrix& people)
      : MobilityTables(ladder, std::vector<Matrix>{people}, {}) {}
  /// `layers` may be empty for one table.
  MobilityTables(const Ladder& ladder, const std::vector<Matrix>& people, std::vector<std::string> layers)
      : ladder_(ladder.of_each_group()) {
    if (people.empty() || (layers.size() != people.size() && !(layers.empty() && people.size() == 1)))
      throw Refusal("E-SHAPE", "found " + std::to_string(layers.size()) + " names of layers for " +
                                   std::to_string(people.size()) + " tables; expected a name for each table");
    for (std::size_t k = 0; k < layers.size(); ++k)
      if (std::find(layers.begin(), layers.begin() + static_cast<std::ptrdiff_t>(k), layers[k]) !=
          layers.begin() + static_cast<std::ptrdiff_t>(k))
        throw Refusal("E-CFG-DUP",
                      "found two layers named " + detail::quoted(layers[k]) + "; expected one of each name");
    if (ladder_.strata() < 2)
      throw Refusal("E-SHAPE", "found a ladder with " + std::to_string(ladder_.strata()) +
                                   " stratum; expected at least two for a mobility table");
    const std::vector<std::string>& groups = ladder.groups();
    for (std::size_t k = 0; k < people.size(); ++k) {
      const auto side = static_cast<std::size_t>(people[k].rows());
      if (people[k].rows() != people[k].cols() || (side != ladder.size() && side != ladder.strata()))
        throw Refusal("E-SHAPE", "found " + std::to_string(people[k].rows()) + " rows and " +
                                     std::to_string(people[k].cols()) + " columns; expected " +
                                     std::to_string(ladder.strata()) + " of each, one for each stratum");
      const std::string layer = layers.empty() ? std::string() : layers[k];
      for (std::size_t g = 0; g < std::max<std::size_t>(1, groups.size()); ++g) {
        add(ladder, people[k], g);
        if (!groups.empty())
          layers_.push_back(layer.empty() ? groups[g] : layer + ", " + groups[g]);
        else if (!layer.empty())
          layers_.push_back(layer);
        if (!(people_.back().sum() > 0))
          throw DomainError("E-COUNT",
                            "found no people" + in_layer(people_.size() - 1) + "; expected some in every table", 0);
      }
    }
  }
  /// A layer for each period that moves start in.
  [[nodiscard]] static MobilityTables by_period(const Tally& tally) {
    if (tally.by_period().empty())
      throw Refusal("E-PERIOD-MISSING", "found a tally of all periods together; expected one by period for its layers");
    require_people(tally);
    std::vector<Matrix> people;
    std::vector<std::string> layers;
    for (const auto& [period, counts] : tally.by_period()) {
      people.push_back(square(counts));
      layers.push_back(std::to_string(period));
    }
    return {tally.ladder(), people, std::move(layers)};
  }

  /// The ladder of each layer: that of one group, where there are groups.
  [[nodiscard]] const Ladder& ladder() const noexcept { return ladder_; }
  [[nodiscard]] std::size_t strata() const noexcept { return ladder_.strata(); }
  /// Number of tables, at least 1.
  [[nodiscard]] std::size_t layers() const noexcept { return people_.size(); }
  /// Names of the layers; empty for one table without a name.
  [[nodiscard]] const std::vector<std::string>& layer_names() const noexcept { return layers_; }
  /// People from (row) to (column), strata only.
  [[nodiscard]] const Matrix& people(std::size_t layer = 0) const& { return people_.at(layer); }
  [[nodiscard]] Matrix people(std::size_t layer = 0) && { return std::move(people_.at(layer)); }
  /// People in all tables.
  [[nodiscard]] double total() const {
    double sum = 0;
    for (const Matrix& table : people_) sum += table.sum();
    return sum;
  }
  /// One layer by itself.
  [[nodiscard]] MobilityTables only(std::size_t layer) const {
    MobilityTables out = *this;
    out.people_ = {people_.at(layer)};
    out.layers_ = layers_.empty() ? layers_ : std::vector<std::string>{layers_[layer]};
    return out;
  }
  /// ` in 'EW'`, or nothing for one table without a name.
  [[nodiscard]] std::string in_layer(std::size_t layer) const {
    return layers_.empty() ? std::string() : " in " + detail::quoted(layers_[layer]);
  }
  /// W-EXITS, when people left by an exit.
  [[nodiscard]] std::vector<Warning> warnings() const {
    if (!(left_ > 0)) return {};
    return {{"W-EXITS", detail::text(left_) + " people left by an exit and are in no cell of the table"}};
  }

 private:
  void add(const Ladder& ladder, const Matrix& people, std::size_t group) {
    const auto n = static_cast<Eigen::Index>(ladder_.strata());
    Matrix table = Matrix::Zero(n, n);
    for (std::size_t i = 0; i < ladder.strata(); ++i)
      for (std::size_t j = 0; j < static_cast<std::size_t>(people.cols()); ++j) {
        const double x = people(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j));
        if (ladder.group(i) != group) continue;
        const auto move = [&] {
          return " moving from " + detail::quoted(ladder.name(i)) + " to " + detail::quoted(ladder.name(j));
        };
        if (!(x >= 0 && x < 1e15))
          throw DomainError("E-COUNT",
                            "found " + detail::text(x) + " people" + move() + "; expected a number, 0 or more", x);
        if (x > 0 && !ladder.possible(i, j))
          throw Refusal("E-STRUCT-ZERO", "found " + detail::text(x) + " people" + move() +
                                             "; expected only moves that the ladder declares possible");
        if (ladder.is_exit(j))
          left_ += x;
        else if (ladder.group(j) == group)
          table(static_cast<Eigen::Index>(ladder.within_group(i)), static_cast<Eigen::Index>(ladder.within_group(j))) =
              x;
      }
    people_.push_back(std::move(table));
  }
  static void require_people(const Tally& tally) {
    if (tally.weight_kind() == WeightKind::sampling || tally.weight_kind() == WeightKind::precision)
      throw Refusal("E-TABLE-WEIGHTS",
                    "found counts under sampling or precision weights; expected people, or frequency weights: "
                    "the deviance of weighted counts follows no chi-squared law");
  }
  static const Ladder& ladder_of(const std::vector<Tally>& tallies) {
    if (tallies.empty())
      throw Refusal("E-SHAPE", "found 0 names of layers for 0 tables; expected a name for each table");
    for (const Tally& tally : tallies)
      if (!(tally.ladder() == tallies.front().ladder()))
        throw Refusal("E-LADDER-OTHER", "found tallies of two ladders; expected the same in all layers");
    return tallies.front().ladder();
  }
  static Matrix square(const Counts& counts) {
    const auto n = static_cast<Eigen::Index>(counts.size());
    Matrix out(n, n);
    for (Eigen::Index i = 0; i < n; ++i)
      for (Eigen::Index j = 0; j < n; ++j)
        out(i, j) = counts.people(static_cast<std::size_t>(i), static_cast<std::size_t>(j));
    return out;
  }
  static std::vector<Matrix> squares(const std::vector<Tally>& tallies) {
    std::vector<Matrix> out;
    for (const Tally& tally : tallies) {
      require_people(tally);
      out.push_back(square(tally.pooled()));
    }
    return out;
  }
  Ladder ladder_;
  std::vector<Matrix> people_{};
  std::vector<std::string> layers_{};
  double left_ = 0;
};

}  // namespace rungs

#endif
