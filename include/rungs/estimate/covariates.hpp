// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_ESTIMATE_COVARIATES_HPP
#define RUNGS_ESTIMATE_COVARIATES_HPP

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rungs/data/tally.hpp>
#include <rungs/model/transition_matrix.hpp>

namespace rungs {

/// What is known of people besides their stratum: numbers by name, and factors as dummies against a stated base.
///
/// A row for each observation, move or person; the constant is no covariate. NaN, or an empty label, is missing.
class Covariates {
 public:
  /// One column: a number, or the dummy of one level of a factor.
  struct Column {
    std::string name;    ///< `age`, or `region=north` for a level of a factor
    std::string factor;  ///< `region`; empty for a number
    bool dummy = false;  ///< 0 or 1 in every row where it is known
  };

  /// Adds a number; one that is 0 or 1 in every row where it is known is a dummy.
  ///
  /// Throws Refusal [E-SHAPE] for another number of rows than before, [E-CFG-DUP] for a name that stands already;
  /// DomainError [E-COVARIATE] for an infinite number.
  Covariates& number(const std::string& name, const Vector& values) {
    bool dummy = true;
    for (const double x : values) {
      if (std::isinf(x))
        throw DomainError("E-COVARIATE",
                          "found " + detail::text(x) + " in " + detail::quoted(name) + "; expected finite numbers", x);
      dummy = dummy && (x == 0 || x == 1 || std::isnan(x));
    }
    add({name, "", dummy}, values);
    return *this;
  }
  /// Adds a factor: a dummy for each label but the base, in the order in which they first appear.
  ///
  /// Throws as number(), and Refusal [E-BASE] when no row has the base.
  Covariates& factor(const std::string& name, const std::vector<std::string>& labels, const std::string& base) {
    std::vector<std::string> levels{base};
    for (const std::string& label : labels)
      if (!label.empty() && std::find(levels.begin(), levels.end(), label) == levels.end()) levels.push_back(label);
    return factor(name, labels, levels);
  }
  /// As above, with a dummy for each of the levels but the first, which is the base, in their order.
  ///
  /// Throws Refusal [E-COVARIATE] for a label that is none of them.
  Covariates& factor(const std::string& name, const std::vector<std::string>& labels,
                     const std::vector<std::string>& all_levels) {
    const std::string base = all_levels.empty() ? std::string() : all_levels.front();
    if (std::find(labels.begin(), labels.end(), base) == labels.end())
      throw Refusal("E-BASE", "found no row with " + detail::quoted(base) + ", the base of " + detail::quoted(name) +
                                  "; expected a base that occurs");
    for (const std::string& label : labels)
      if (!label.empty() && std::find(all_levels.begin(), all_levels.end(), label) == all_levels.end())
        throw Refusal("E-COVARIATE", "found " + detail::quoted(label) + " in " + detail::quoted(name) +
                                         "; expected one of " + detail::listed(all_levels));
    const std::vector<std::string> levels(all_levels.begin() + 1, all_levels.end());
    for (const std::string& level : levels) {
      Vector values(static_cast<Eigen::Index>(labels.size()));
      for (std::size_t k = 0; k < labels.size(); ++k)
        values[static_cast<Eigen::Index>(k)] = labels[k].empty() ? std::nan("") : labels[k] == level ? 1 : 0;
      add({name + "=" + level, name, true}, values);
    }
    bases_.emplace_back(name, base);
    return *this;
  }

  [[nodiscard]] Eigen::Index rows() const noexcept { return values_.rows(); }
  [[nodiscard]] const std::vector<Column>& columns() const noexcept { return columns_; }
  /// The factors, each with its base.
  [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& bases() const noexcept { return bases_; }
  [[nodiscard]] const Matrix& values() const noexcept { return values_; }
  [[nodiscard]] std::optional<Eigen::Index> find(std::string_view name) const noexcept {
    for (std::size_t k = 0; k < columns_.size(); ++k)
      if (columns_[k].name == name) return static_cast<Eigen::Index>(k);
    return std::nullopt;
  }
  /// Some rows, in the order given: those that moves start from, or panel_order().
  [[nodiscard]] Covariates at_rows(const std::vector<std::size_t>& rows) const {
    Covariates out = *this;
    out.values_.resize(static_cast<Eigen::Index>(rows.size()), values_.cols());
    for (std::size_t k = 0; k < rows.size(); ++k)
      out.values_.row(static_cast<Eigen::Index>(k)) = values_.row(static_cast<Eigen::Index>(rows[k]));
    return out;
  }

 private:
  void add(Column column, const Vector& values) {
    if (!columns_.empty() && values.size() != values_.rows())
      throw Refusal("E-SHAPE", "found " + std::to_string(values.size()) + " rows of " + detail::quoted(column.name) +
                                   "; expected " + std::to_string(values_.rows()) + ", as of the columns before");
    if (find(column.name))
      throw Refusal("E-CFG-DUP",
                    "found two columns called " + detail::quoted(column.name) + "; expected each name once");
    values_.conservativeResize(values.size(), values_.cols() + 1);
    values_.col(values_.cols() - 1) = values;
    columns_.push_back(std::move(column));
  }
  Matrix values_{};
  std::vector<Column> columns_{};
  std::vector<std::pair<std::string, std::string>> bases_{};
};

/// Moves with the covariates of who makes them at their start; without `to`, a population.
///
/// One entry in each column for each move or person. `weight` may be empty (all 1), `person` may be empty (each row is
/// somebody else). Covariates may have no column, and then no row.
struct CovariateMoves {
  Ladder ladder;
  Step step{};
  std::vector<std::uint16_t> from{}, to{};
  Covariates covariates{};
  std::vector<double> weight{};
  WeightKind weight_kind = WeightKind::none;
  std::vector<std::uint32_t> person{};
  std::vector<Warning> warnings{};

  [[nodiscard]] std::size_t size() const noexcept { return from.size(); }
};

/// What becomes of a move whose covariates are not all known.
enum class Missing : std::uint8_t {
  refuse,  ///< an error
  drop,    ///< it is left out, which is right only if that does not depend on where people move
};

/// The moves of a panel with the covariates at their start: of each pair of observations one step apart, as tally()
/// counts them. Covariates have a row for each observation, in the panel's order (see panel_order()).
///
/// Throws as tally(); Refusal [E-GAP] for gaps used as so many steps, [E-SHAPE] for another number of rows than
/// observations, [E-COVARIATE] for a covariate that is not known, under Missing::refuse. Warns with W-COVARIATE of
/// moves left out for that. Cost: O(observations x covariates).
[[nodiscard]] inline CovariateMoves moves_with_covariates(const Panel& panel, const Covariates& covariates,
                                                          const TallyOptions& options = {},
                                                          Missing missing = Missing::refuse) {
  const Tally counted = tally(panel, options);  // refuses impossible moves
  if (!counted.across_gaps().empty())
    throw Refusal("E-GAP",
                  "found people seen again only after several steps, and covariates; expected such pairs left out");
  if (!covariates.columns().empty() && covariates.rows() != static_cast<Eigen::Index>(panel.observations()))
    throw Refusal("E-SHAPE", "found " + std::to_string(covariates.rows()) + " rows of covariates; expected " +
                                 std::to_string(panel.observations()) + ", one for each observation of the panel");
  CovariateMoves out{panel.ladder(), options.step, {}, {}, {}, {}, panel.weight_kind(), {}, counted.warnings()};
  std::vector<std::size_t> starts;
  std::vector<std::size_t> unknown(covariates.columns().size());
  std::size_t left_out = 0;
  detail::for_each_pair(panel, options, [&](std::size_t who, std::size_t k, std::int64_t, std::int64_t) {
    bool known = true;
    for (std::size_t c = 0; c < unknown.size(); ++c)
      if (std::isnan(covariates.values()(static_cast<Eigen::Index>(k), static_cast<Eigen::Index>(c)))) {
        ++unknown[c];
        known = false;
      }
    if (!known) {
      ++left_out;
      return;
    }
    starts.push_back(k);
    out.from.push_back(panel.strata()[k]);
    out.to.push_back(panel.strata()[k + 1]);
    out.person.push_back(static_cast<std::uint32_t>(who));
    if (panel.weighted()) out.weight.push_back(panel.weight(k));
  });
  if (left_out > 0) {
    std::string words;
    for (std::size_t c = 0; c < unknown.size(); ++c)
      if (unknown[c] > 0)
        words += (words.empty() ? "" : ", ") + detail::quoted(covariates.columns()[c].name) + " of " +
                 std::to_string(unknown[c]);
    if (missing == Missing::refuse)
      throw Refusal("E-COVARIATE", "found moves whose covariates are not known: " + words +
                                       "; expected all known, or such moves to be dropped");
    out.warnings.push_back({"W-COVARIATE", std::to_string(left_out) +
                                               " moves are left out since their covariates are not known (" + words +
                                               "): right only if that does not depend on where people move"});
  }
  out.covariates = covariates.columns().empty() ? covariates : covariates.at_rows(starts);
  return out;
}

}  // namespace rungs

#endif
