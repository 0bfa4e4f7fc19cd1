// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_ESTIMATE_TABLE_MODEL_HPP
#define RUNGS_ESTIMATE_TABLE_MODEL_HPP

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rungs/core/error.hpp>

namespace rungs {

/// What ties destinations to origins in a model of a mobility table.
enum class TableForm : std::uint8_t {
  independence,         ///< nothing: origin and destination say nothing of each other
  uniform,              ///< one number: the log odds ratio of strata one rung apart, the same all along the ladder
  row_effects,          ///< a slope along the ladder for each origin
  column_effects,       ///< a slope along the ladder for each destination
  crossings,            ///< a barrier between each rung and the next, to be crossed on the way
  distance,             ///< the number of rungs between origin and destination
  levels,               ///< a level of density for each cell, from a matrix of the user's
  quasi_symmetry,       ///< an association that is the same both ways
  rc,                   ///< a score of each origin times a score of each destination, both estimated
  rc_homogeneous,       ///< the same with one score for each stratum, as origin and as destination
  full,                 ///< every odds ratio for itself: only what layers have in common can be tested
  symmetry,             ///< as many move up from i to j as down from j to i; margins are equal too
  marginal_homogeneity  ///< as many arrive in each stratum as leave it, whatever the moves
};

/// What becomes of those who stay.
enum class Diagonal : std::uint8_t {
  modelled,  ///< stayers follow the same model as movers
  own        ///< each cell of stayers (in each layer) has a number of its own: the model is of movers only
};

/// What layers have in common, besides margins of their own in each.
enum class OverLayers : std::uint8_t {
  same,    ///< one association for all layers
  scaled,  ///< one association, weaker or stronger in a layer by one factor above 0: log-multiplicative layers
  own      ///< each layer by itself
};

/// A log-linear or log-multiplicative model of a mobility table, as data: what to fit, not the fit.
///
/// log expected people in (i, j) of layer k = origin_ik + destination_jk + scale_k x association_ij, and a number of
/// its own for each stayer's cell under Diagonal::own. `scores` are the places of the strata on the ladder for the
/// forms that need them (uniform, row and column effects, distance); empty means their rungs, so that strata on one
/// rung share a score. `levels` holds a level number for each cell, a row for each origin. Method: Goodman (1972,
/// 1979); Haberman (1974); Hauser (1978) for levels; Caussinus (1965) for quasi-symmetry; Xie (1992)
/// and Erikson and Goldthorpe (1992) for scaled layers.
struct TableModel {
  TableForm form = TableForm::independence;
  Diagonal diagonal = Diagonal::modelled;
  OverLayers over = OverLayers::same;
  std::vector<double> scores{};
  std::vector<std::vector<int>> levels{};

  [[nodiscard]] static TableModel independence() { return of(TableForm::independence); }
  [[nodiscard]] static TableModel quasi_independence() { return of(TableForm::independence, Diagonal::own); }
  [[nodiscard]] static TableModel symmetry() { return of(TableForm::symmetry); }
  [[nodiscard]] static TableModel quasi_symmetry() { return of(TableForm::quasi_symmetry); }
  [[nodiscard]] static TableModel marginal_homogeneity() { return of(TableForm::marginal_homogeneity); }
  [[nodiscard]] static TableModel uniform_association(Diagonal d = Diagonal::modelled) {
    return of(TableForm::uniform, d);
  }
  [[nodiscard]] static TableModel crossings(Diagonal d = Diagonal::modelled) { return of(TableForm::crossings, d); }
  [[nodiscard]] static TableModel row_effects(Diagonal d = Diagonal::modelled) { return of(TableForm::row_effects, d); }
  [[nodiscard]] static TableModel column_effects(Diagonal d = Diagonal::modelled) {
    return of(TableForm::column_effects, d);
  }
  [[nodiscard]] static TableModel distance(Diagonal d = Diagonal::modelled) { return of(TableForm::distance, d); }
  [[nodiscard]] static TableModel of_levels(std::vector<std::vector<int>> levels, Diagonal d = Diagonal::modelled) {
    TableModel out = of(TableForm::levels, d);
    out.levels = std::move(levels);
    return out;
  }
  [[nodiscard]] static TableModel rc(Diagonal d = Diagonal::modelled) { return of(TableForm::rc, d); }
  [[nodiscard]] static TableModel homogeneous_rc(Diagonal d = Diagonal::modelled) {
    return of(TableForm::rc_homogeneous, d);
  }
  /// One association of any kind, the same in all layers.
  [[nodiscard]] static TableModel constant_association() { return of(TableForm::full); }
  /// One association of any kind, stronger or weaker by a factor in each layer.
  [[nodiscard]] static TableModel unidiff() { return constant_association().with(OverLayers::scaled); }

  /// The same model with another treatment of layers.
  [[nodiscard]] TableModel with(OverLayers layers) const {
    TableModel out = *this;
    out.over = layers;
    return out;
  }
  /// The same model with places of the strata other than their rungs.
  [[nodiscard]] TableModel with_scores(std::vector<double> places) const {
    TableModel out = *this;
    out.scores = std::move(places);
    return out;
  }

  /// How it is called in results: `quasi-independence`, `crossings, own diagonal`, `levels, scaled by layer`.
  [[nodiscard]] std::string name() const {
    if (form == TableForm::full)
      return over == OverLayers::same ? "constant association" : over == OverLayers::scaled ? "unidiff" : "saturated";
    const bool blocked = diagonal == Diagonal::own;
    std::string out = form == TableForm::independence && blocked ? "quasi-independence" : words();
    if (blocked && form != TableForm::independence) out += ", own diagonal";
    if (!layered()) return out;
    return out + (over == OverLayers::scaled ? ", scaled by layer"
                  : over == OverLayers::own  ? ", each layer alone"
                                             : "");
  }
  /// What it says, in one sentence.
  [[nodiscard]] std::string definition() const {
    if (form == TableForm::symmetry) return "as many people move from i to j as from j to i";
    if (form == TableForm::marginal_homogeneity) return "as many people arrive in each stratum as leave it";
    std::string out = "log expected people = origin + destination";
    if (form != TableForm::independence)
      out +=
          layered() && over == OverLayers::scaled ? " + scale of the layer x " + association() : " + " + association();
    if (diagonal == Diagonal::own) out += " + a number for each cell of stayers";
    return out;
  }
  /// Whether treatment of layers makes a difference: not where there is no association to share.
  [[nodiscard]] bool layered() const {
    return form != TableForm::independence && form != TableForm::symmetry && form != TableForm::marginal_homogeneity;
  }
  friend bool operator==(const TableModel&, const TableModel&) = default;

 private:
  static TableModel of(TableForm form, Diagonal diagonal = Diagonal::modelled) {
    TableModel out;
    out.form = form;
    out.diagonal = diagonal;
    return out;
  }
  [[nodiscard]] std::string words() const {
    switch (form) {
      case TableForm::independence:
        return "independence";
      case TableForm::uniform:
        return "uniform association";
      case TableForm::row_effects:
        return "row effects";
      case TableForm::column_effects:
        return "column effects";
      case TableForm::crossings:
        return "crossings";
      case TableForm::distance:
        return "distance";
      case TableForm::levels:
        return "levels";
      case TableForm::quasi_symmetry:
        return "quasi-symmetry";
      case TableForm::rc:
        return "RC(1)";
      case TableForm::rc_homogeneous:
        return "homogeneous RC(1)";
      case TableForm::full:
        return "constant association";
      case TableForm::symmetry:
        return "symmetry";
      case TableForm::marginal_homogeneity:
        break;
    }
    return "marginal homogeneity";
  }
  [[nodiscard]] std::string association() const {
    switch (form) {
      case TableForm::uniform:
        return "phi x place of origin x place of destination";
      case TableForm::row_effects:
        return "slope of the origin x place of destination";
      case TableForm::column_effects:
        return "slope of the destination x place of origin";
      case TableForm::crossings:
        return "the barriers crossed between origin and destination";
      case TableForm::distance:
        return "beta x distance of the places of origin and destination";
      case TableForm::levels:
        return "level of the cell";
      case TableForm::quasi_symmetry:
        return "an association that is the same both ways";
      case TableForm::rc:
        return "phi x score of origin x score of destination";
      case TableForm::rc_homogeneous:
        return "phi x score of origin stratum x score of destination stratum";
      default:
        break;
    }
    return "association of origin and destination";
  }
};

/// The models without data of their own, in the order in which tables of fits are printed; `layers` is the number of
/// tables.
[[nodiscard]] inline std::vector<TableModel> usual_table_models(std::size_t layers = 1) {
  constexpr Diagonal own = Diagonal::own;
  std::vector<TableModel> out{TableModel::independence(),
                              TableModel::quasi_independence(),
                              TableModel::symmetry(),
                              TableModel::quasi_symmetry(),
                              TableModel::marginal_homogeneity(),
                              TableModel::uniform_association(),
                              TableModel::uniform_association(own),
                              TableModel::crossings(),
                              TableModel::crossings(own),
                              TableModel::row_effects(),
                              TableModel::row_effects(own),
                              TableModel::column_effects(),
                              TableModel::column_effects(own),
                              TableModel::distance(),
                              TableModel::distance(own),
                              TableModel::rc(),
                              TableModel::rc(own),
                              TableModel::homogeneous_rc(),
                              TableModel::homogeneous_rc(own)};
  if (layers > 1) {
    out.push_back(TableModel::constant_association());
    out.push_back(TableModel::unidiff());
  }
  return out;
}

/// The usual model of a name, such as `quasi-independence` or `crossings, own diagonal`.
///
/// Throws UnknownName [E-TABLE-MODEL] with the nearest known name.
[[nodiscard]] inline TableModel table_model(std::string_view name) {
  std::vector<std::string> known;
  for (TableModel& model : usual_table_models(2)) {
    known.push_back(model.name());
    if (known.back() == name) return std::move(model);
  }
  const std::string near = detail::nearest_name(name, known);
  throw UnknownName("E-TABLE-MODEL",
                    "found a model " + detail::quoted(name) + "; expected one of " + detail::listed(known) +
                        (near.empty() ? "" : "; did you mean " + detail::quoted(near) + "?"),
                    std::string(name), near);
}

}  // namespace rungs

#endif
