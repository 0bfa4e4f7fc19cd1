// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_ESTIMATE_LOGLINEAR_HPP
#define RUNGS_ESTIMATE_LOGLINEAR_HPP

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include <rungs/detail/table_scoring.hpp>
#include <rungs/estimate/margins.hpp>
#include <rungs/estimate/mobility_tables.hpp>
#include <rungs/estimate/significance.hpp>
#include <rungs/estimate/table_model.hpp>

namespace rungs {

/// One number of a fitted table model, under the normalisation that the fit states.
///
/// `group` is association, diagonal, layer, origin or destination. The standard error is from the expected information.
struct TableParameter {
  std::string name;
  std::string group;
  double value = 0;
  double standard_error = 0;
};

/// A table model fitted by maximum likelihood: how far it is from the table, what it expects, and its parameters.
///
/// Numbers of people, not shares. `fitted` has a square for each layer, row = origin, with 0 for impossible moves.
struct TableFit {
  std::string model;
  std::string definition;
  std::string normalisation;    ///< what makes the parameters unique
  double people = 0;            ///< in all tables
  double deviance = 0;          ///< 2 sum observed log(observed / expected)
  double pearson = 0;           ///< sum (observed - expected)^2 / expected
  std::size_t df = 0;           ///< cells with expected people less independent parameters
  double p_value = 0;           ///< of the deviance; NaN without degrees of freedom
  double bic = 0;               ///< deviance - df log(people): below 0 the model is to be preferred to the table itself
  double dissimilarity = 0;     ///< share of people who would have to be in other cells for the model to fit
  double log_likelihood = 0;    ///< Poisson, with its constant; NaN where counts are not whole
  double gradient_norm = 0;     ///< largest sum of counts that the fit does not repeat, in people
  std::size_t parameters = 0;   ///< independent ones
  std::size_t cells = 0;        ///< with expected people
  std::size_t impossible = 0;   ///< cells left out because the ladder declares the move impossible
  std::size_t fitted_zero = 0;  ///< cells of nobody in which the model expects nobody
  std::size_t must_hold = 0;    ///< cells of nobody that equal margins need people in
  std::size_t thin = 0;         ///< cells with expected people, but fewer than 5
  double least_fitted = 0;      ///< fewest people expected in a cell with expected people
  std::size_t steps = 0;        ///< of the iteration; 0 for closed forms
  std::vector<Matrix> fitted{};
  std::vector<TableParameter> estimates{};
  Matrix covariance{};                      ///< of the estimates, in their order; none (0 x 0) without parameters
  std::vector<std::string> unidentified{};  ///< parameters of which these people say nothing
  std::vector<Warning> warnings{};

  /// A parameter by its name. Throws Refusal [E-IDENT] for one that is not identified, UnknownName [E-TABLE-PARAMETER].
  [[nodiscard]] const TableParameter& parameter(const std::string& name) const {
    std::vector<std::string> known;
    for (const TableParameter& p : estimates) {
      if (p.name == name) return p;
      known.push_back(p.name);
    }
    if (std::find(unidentified.begin(), unidentified.end(), name) != unidentified.end())
      throw Refusal("E-IDENT", "found no information on the " + name + " under " + model +
                                   "; expected people in cells that tell it from other parameters");
    const std::string near = detail::nearest_name(name, known);
    throw UnknownName("E-TABLE-PARAMETER",
                      "found " + detail::quoted(name) + "; expected one of " + detail::listed(known) +
                          (near.empty() ? "" : "; did you mean " + detail::quoted(near) + "?"),
                      name, near);
  }
};

namespace detail {

/// "2 cells"; "up to 4 cells" where the models differ.
inline std::string cells_under(const std::vector<const TableFit*>& fits, std::size_t TableFit::*count) {
  std::size_t least = fits.front()->*count, most = least;
  for (const TableFit* f : fits) {
    least = std::min(least, f->*count);
    most = std::max(most, f->*count);
  }
  return (least < most ? "up to " : "") + std::to_string(most) + (most == 1 ? " cell" : " cells");
}

inline std::string models_of(const std::vector<const TableFit*>& fits) {
  if (fits.size() == 1) return fits.front()->model;
  std::vector<std::string> names;
  for (const TableFit* f : fits) names.push_back(f->model);
  return listed(names);  // in quotes, since names hold commas
}

}  // namespace detail

/// W-BOUNDARY and W-TABLE-THIN of fits to the same tables: each is told once, of all models that it is true of, with
/// the numbers of that of which it is most so.
[[nodiscard]] inline std::vector<Warning> table_warnings(const std::vector<const TableFit*>& fits) {
  std::vector<const TableFit*> emptied, thin, apart;
  for (const TableFit* f : fits) {
    if (f->fitted_zero > 0) emptied.push_back(f);
    if (f->df > 0 && (f->least_fitted < 1 || 5 * f->thin > f->cells)) thin.push_back(f);
    if (f->must_hold > 0) apart.push_back(f);
  }
  std::vector<Warning> out;
  if (!emptied.empty())
    out.push_back({"W-BOUNDARY", detail::cells_under(emptied, &TableFit::fitted_zero) +
                                     " of nobody are expected to hold nobody under " + detail::models_of(emptied) +
                                     ": parameters run to minus infinity there, are not shown, and degrees of freedom "
                                     "count the other cells"});
  if (!thin.empty()) {
    const TableFit* most = thin.front();
    double least = most->least_fitted;
    bool alike = true;
    for (const TableFit* f : thin) {
      alike = alike && f->thin == most->thin && f->cells == most->cells;
      if (f->thin * most->cells > most->thin * f->cells) most = f;
      least = std::min(least, f->least_fitted);
    }
    out.push_back({"W-TABLE-THIN", (alike ? "" : "up to ") + std::to_string(most->thin) + " of " +
                                       std::to_string(most->cells) + " cells expect fewer than 5 people under " +
                                       detail::models_of(thin) + " (the least " +
                                       detail::text(std::round(least * 100) / 100) + "): the " +
                                       (thin.size() == 1 ? "p-value is" : "p-values are") + " approximate"});
  }
  if (!apart.empty())
    out.push_back({"W-BOUNDARY", detail::cells_under(apart, &TableFit::must_hold) +
                                     " of nobody must hold people for equal margins: the p-value is approximate"});
  return out;
}

namespace detail {

/// What is to be told of a fit: combinations of columns with names.
class TableReport {
 public:
  TableReport(const MobilityTables& tables, const TableModel& model, const TableScoring& scoring, TableFit& fit)
      : tables_(&tables), model_(&model), scoring_(&scoring), fit_(&fit), n_(tables.strata()) {}

  void write() {
    association();
    if (scoring_->scaled())
      for (std::size_t k = 1; k < tables_->layers(); ++k)
        tell("log scale" + tables_->in_layer(k), "layer", scoring_->values()[scoring_->scale(k)],
             {{scoring_->scale(k), 1}});
    if (model_->diagonal == Diagonal::own) stayers();
    margins();
    normalisation();
    const auto size = static_cast<Eigen::Index>(whitened_.size());
    fit_->covariance.resize(size, size);
    for (Eigen::Index k = 0; k < size; ++k)
      for (Eigen::Index l = 0; l <= k; ++l) {
        const std::vector<double>&a = whitened_[static_cast<std::size_t>(k)],
              &b = whitened_[static_cast<std::size_t>(l)];
        fit_->covariance(k, l) = fit_->covariance(l, k) = std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
      }
    for (Eigen::Index k = 0; k < size; ++k) {
      fit_->covariance(k, k) += more_variance_[static_cast<std::size_t>(k)];
      fit_->estimates[static_cast<std::size_t>(k)].standard_error = std::sqrt(fit_->covariance(k, k));
    }
  }

 private:
  [[nodiscard]] std::string stratum(std::size_t i) const { return detail::quoted(tables_->ladder().name(i)); }
  void tell(std::string name, const char* group, double value, const std::vector<Entry>& combination,
            double more_variance = 0) {
    if (!scoring_->identified(combination)) {
      fit_->unidentified.push_back(std::move(name));
      return;
    }
    fit_->estimates.push_back({std::move(name), group, value, 0});
    whitened_.push_back(scoring_->whitened(combination));
    more_variance_.push_back(more_variance);
  }
  void tell_columns(std::string name, const char* group, const std::vector<Entry>& combination) {
    double value = 0;
    for (const Entry& e : combination) value += e.value * scoring_->values()[e.column];
    tell(std::move(name), group, value, combination);
  }
  [[nodiscard]] std::string rung(int height) const {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < n_; ++i)
      if (tables_->ladder().height(i) == height) names.push_back(tables_->ladder().name(i));
    return detail::listed(names);
  }
  void association() {
    switch (model_->form) {
      case TableForm::uniform:
        tell_columns("uniform association", "association", {{0, 1}});
        break;
      case TableForm::distance:
        tell_columns("distance", "association", {{0, 1}});
        break;
      case TableForm::row_effects:
      case TableForm::column_effects: {
        const char* side = model_->form == TableForm::row_effects ? "slope of origin " : "slope of destination ";
        for (std::size_t i = 1; i < n_; ++i) tell_columns(side + stratum(i), "association", {{i, 1}, {0, -1}});
        break;
      }
      case TableForm::crossings:
        for (std::size_t h = 0; h < scoring_->linear(); ++h)
          tell_columns("crossing between " + rung(static_cast<int>(h)) + " and " + rung(static_cast<int>(h) + 1),
                       "association", {{h, 1}});
        break;
      case TableForm::levels:
        for (std::size_t l = 1; l < scoring_->classes().size(); ++l)
          tell_columns("level " + std::to_string(scoring_->classes()[l]), "association", {{l, 1}, {0, -1}});
        break;
      case TableForm::quasi_symmetry:
      case TableForm::full: {
        const bool both_ways = model_->form == TableForm::quasi_symmetry;
        for (std::size_t i = 1; i < n_; ++i)
          for (std::size_t j = both_ways ? i : 1; j < n_; ++j) {
            std::vector<Entry> c;
            scoring_->add_association(i, j, 1, c);
            scoring_->add_association(i, 0, -1, c);
            scoring_->add_association(0, j, -1, c);
            scoring_->add_association(0, 0, 1, c);
            tell_columns("association of " + stratum(i) + (both_ways ? " and " : " with ") + stratum(j), "association",
                         c);
          }
        break;
      }
      case TableForm::rc:
      case TableForm::rc_homogeneous:
        scores();
        break;
      default:
        break;
    }
  }
  struct Side {
    std::vector<std::size_t> strata{};
    std::vector<double> deviation{};
    double squares = 0;
  };
  [[nodiscard]] Side side(bool origins, bool both) const {
    Side out;
    std::vector<char> present(n_);
    for (const TableScoring::Cell& c : scoring_->cells()) {
      if (origins || both) present[c.from] = 1;
      if (!origins || both) present[c.to] = 1;
    }
    double mean = 0;
    for (std::size_t i = 0; i < n_; ++i)
      if (present[i] != 0) out.strata.push_back(i);
    const auto at = [&](std::size_t i) {
      return scoring_->values()[origins ? scoring_->score_of_origin(i) : scoring_->score_of_destination(i)];
    };
    for (const std::size_t i : out.strata) mean += at(i) / static_cast<double>(out.strata.size());
    for (const std::size_t i : out.strata) {
      out.deviation.push_back(at(i) - mean);
      out.squares += out.deviation.back() * out.deviation.back();
    }
    return out;
  }
  void scores() {
    const bool both = model_->form == TableForm::rc_homogeneous;
    const Side u = side(true, both), v = side(false, both);
    const double a = std::sqrt(u.squares), b = std::sqrt(v.squares);
    double rising = 0;
    for (std::size_t k = 0; k < u.strata.size(); ++k) rising += u.deviation[k] * scoring_->places()[u.strata[k]];
    const double turn = rising < 0 ? -1 : 1;
    std::vector<Entry> c;
    for (std::size_t k = 0; k < u.strata.size(); ++k)
      c.push_back({scoring_->score_of_origin(u.strata[k]),
                   both ? 2 * scoring_->sign() * u.deviation[k] : u.deviation[k] * b / a});
    if (!both)
      for (std::size_t k = 0; k < v.strata.size(); ++k)
        c.push_back({scoring_->score_of_destination(v.strata[k]), v.deviation[k] * a / b});
    tell("intrinsic association", "association", both ? scoring_->sign() * u.squares : a * b, c);
    const auto list = [&](const Side& s, bool origins, const std::string& of) {
      const double root = std::sqrt(s.squares);
      for (std::size_t k = 0; k < s.strata.size(); ++k) {
        std::vector<Entry> g;
        for (std::size_t l = 0; l < s.strata.size(); ++l)
          g.push_back({origins ? scoring_->score_of_origin(s.strata[l]) : scoring_->score_of_destination(s.strata[l]),
                       turn *
                           ((k == l ? 1.0 : 0.0) - 1 / static_cast<double>(s.strata.size()) -
                            s.deviation[k] * s.deviation[l] / s.squares) /
                           root});
        tell("score of " + of + stratum(s.strata[k]), "association", turn * s.deviation[k] / root, g);
      }
    };
    list(u, true, both ? "" : "origin ");
    if (!both) list(v, false, "destination ");
  }
  void stayers() {
    for (std::size_t k = 0; k < tables_->layers(); ++k)
      for (std::size_t i = 0; i < n_; ++i) {
        std::string name = "staying in " + stratum(i) + tables_->in_layer(k);
        const double people = tables_->people(k)(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(i));
        if (!(people > 0)) {
          fit_->unidentified.push_back(std::move(name));
          continue;
        }
        const TableScoring::Cell cell{k, i, i, people};
        std::vector<Entry> c = scoring_->row(cell);
        for (Entry& e : c) e.value = -e.value;
        tell(std::move(name), "diagonal", std::log(people) - scoring_->log_expected(cell), c, 1 / people);
      }
  }
  /// Margins, where they do not hang on a normalisation of the association.
  void margins() {
    const bool by_class = model_->form == TableForm::full || model_->form == TableForm::quasi_symmetry;
    for (std::size_t k = 0; k < tables_->layers(); ++k)
      for (const bool origin : {true, false})
        for (std::size_t i = 1; i < n_; ++i) {
          const auto column = [&](std::size_t s) {
            return origin ? scoring_->origin(k, s) : scoring_->destination(k, s);
          };
          const std::vector<Entry> c{{column(i), 1}, {column(0), -1}};
          if (by_class || !scoring_->identified(c)) continue;
          tell_columns((origin ? "origin " : "destination ") + stratum(i) + tables_->in_layer(k),
                       origin ? "origin" : "destination", c);
        }
  }
  void normalisation() {
    std::string out =
        "origins and destinations are against the first stratum, and shown where they hang on nothing else";
    switch (model_->form) {
      case TableForm::row_effects:
      case TableForm::column_effects:
        out += "; slopes are against that of the first stratum";
        break;
      case TableForm::levels:
        out += "; levels are against the lowest";
        break;
      case TableForm::quasi_symmetry:
      case TableForm::full:
        out = "associations are log odds ratios against the first stratum as origin and as destination";
        break;
      case TableForm::rc:
      case TableForm::rc_homogeneous:
        out += "; scores have mean 0 and squares that sum to 1, strata counting alike, and rise along the ladder";
        break;
      default:
        break;
    }
    if (scoring_->scaled())
      out += "; the scale of the first layer is 1, and the association is that of the first layer";
    if (model_->diagonal == Diagonal::own)
      out += "; stayers are compared with what the model of movers expects in their cell, on the log scale";
    fit_->normalisation = out;
  }
  const MobilityTables* tables_;
  const TableModel* model_;
  const TableScoring* scoring_;
  TableFit* fit_;
  std::size_t n_;
  std::vector<std::vector<double>> whitened_{};  // of the estimates
  std::vector<double> more_variance_{};          // of people on whom the model of movers does not rest
};

/// How far a fit is from the table; `fitted`, `cells` and `parameters` are known.
inline void judge(const MobilityTables& tables, TableFit& fit) {
  fit.people = tables.total();
  fit.df = fit.cells - fit.parameters;
  double apart = 0;
  fit.least_fitted = std::numeric_limits<double>::infinity();
  bool whole = true;
  fit.deviance = fit.pearson = fit.log_likelihood = 0;
  for (std::size_t k = 0; k < tables.layers(); ++k)
    for (Eigen::Index i = 0; i < fit.fitted[k].rows(); ++i)
      for (Eigen::Index j = 0; j < fit.fitted[k].cols(); ++j) {
        const double n = tables.people(k)(i, j), m = fit.fitted[k](i, j);
        apart += std::abs(n - m);
        if (n > 0)
          fit.deviance += 2 * (n * std::log(n / m) - (n - m));
        else
          fit.deviance += 2 * m;
        if (!(m > 0)) continue;
        fit.pearson += (n - m) * (n - m) / m;
        whole = whole && n == std::floor(n);
        fit.log_likelihood += n * std::log(m) - m - (n > 1 ? boost::math::lgamma(n + 1) : 0.0);
        fit.least_fitted = std::min(fit.least_fitted, m);
        if (m < 5) ++fit.thin;
      }
  fit.deviance = std::max(fit.deviance, 0.0);
  if (!whole) fit.log_likelihood = std::numeric_limits<double>::quiet_NaN();
  fit.p_value = chi_square_significance(std::max(fit.deviance, 0.0), static_cast<std::int64_t>(fit.df)).p;
  fit.bic = fit.deviance - static_cast<double>(fit.df) * std::log(fit.people);
  fit.dissimilarity = apart / (2 * fit.people);
  for (Warning& warning : tables.warnings()) fit.warnings.push_back(std::move(warning));
  for (Warning& warning : table_warnings({&fit})) fit.warnings.push_back(std::move(warning));
}

inline std::size_t impossible_cells(const MobilityTables& tables) {
  std::size_t out = 0;
  for (std::size_t i = 0; i < tables.strata(); ++i)
    for (std::size_t j = 0; j < tables.strata(); ++j) out += tables.ladder().possible(i, j) ? 0U : 1U;
  return out * tables.layers();
}

/// Symmetry in each layer; where only one way is possible the cell is fitted as it is.
inline TableFit fit_symmetry(const MobilityTables& tables, TableFit fit) {
  const Ladder& ladder = tables.ladder();
  for (std::size_t k = 0; k < tables.layers(); ++k) {
    const Matrix& n = tables.people(k);
    Matrix m = n;
    for (Eigen::Index i = 0; i < n.rows(); ++i)
      for (Eigen::Index j = i; j < n.cols(); ++j) {
        const auto a = static_cast<std::size_t>(i), b = static_cast<std::size_t>(j);
        const std::size_t ways = a == b ? 1U : (ladder.possible(a, b) ? 1U : 0U) + (ladder.possible(b, a) ? 1U : 0U);
        if (ways == 2) m(i, j) = m(j, i) = (n(i, j) + n(j, i)) / 2;
        if (m(i, j) + m(j, i) > 0) {
          fit.cells += ways;
          ++fit.parameters;
        } else {
          fit.fitted_zero += ways;
        }
      }
    fit.fitted.push_back(std::move(m));
  }
  judge(tables, fit);
  return fit;
}

inline TableFit fit_equal_margins(const MobilityTables& tables, TableFit fit) {
  std::size_t cells = 0, constraints = 0;
  for (std::size_t k = 0; k < tables.layers(); ++k) {
    EqualMargins m = equal_margins(tables.people(k), tables.ladder());
    fit.steps += m.steps;
    fit.gradient_norm = std::max(fit.gradient_norm, m.gap);
    fit.must_hold += m.at_zero;
    constraints += m.constraints;
    cells += tables.strata() * tables.strata();
    fit.fitted.push_back(std::move(m.fitted));
  }
  fit.cells = cells - fit.impossible;  // a cell of nobody bears on no margin, but the model leaves it free
  fit.parameters = fit.cells - constraints;
  judge(tables, fit);
  return fit;
}

}  // namespace detail

/// How well a model describes tables of people by origin and destination, and what it says.
///
/// Assumes: people drawn independently (Poisson, or with totals given: the same fit). Margins of each layer are free in
/// every model but symmetry. Degrees of freedom count the cells that are possible and in which the model expects
/// somebody, less the rank of its parameters there.
/// Effect on intervals: standard errors and covariances are of the expected information under the normalisation stated,
/// so they hold if the model does; a parameter that these people cannot tell from others is named in `unidentified`,
/// never shown.
/// Warnings: W-BOUNDARY where the most likely table has cells without people, W-TABLE-THIN where the chi-squared law is
/// doubtful, W-EXITS. Throws Refusal [E-SHAPE] for scores or levels of another size, [E-CONVERGENCE] naming a
/// parameter, [E-IDENT] as equal margins do, [E-SIZE] above 4000 parameters; DomainError [E-RANGE] for a place that is
/// no number. RC models climb from seven to nine starts (five fewer, above 100 columns of parameters), in two ways from
/// each, and keep the best; another maximum may be higher. Where a climb that met no maximum stands higher than that,
/// it goes on, and is refused if it meets none [E-CONVERGENCE]: an end of steps is none where only cells that hold
/// nobody, and are expected to, say how far the scores have run.
/// Cost: a few steps of O(cells + p^3 / 3), less for classes of cells, of RC models some thousand; and O(p^3) for the
/// covariances.
/// Method: Newton, with Fisher's scoring where the observed information has no maximum; Bishop, Fienberg and Holland
/// (1975), section 3.8, for degrees of freedom; Raftery (1986) for BIC; Aitchison and Silvey (1958) for equal margins.
[[nodiscard]] inline TableFit fit_table(const MobilityTables& tables, const TableModel& model) {
  TableFit fit;
  fit.model = model.name();
  fit.definition = model.definition();
  fit.impossible = detail::impossible_cells(tables);
  if (model.form == TableForm::symmetry) return detail::fit_symmetry(tables, std::move(fit));
  if (model.form == TableForm::marginal_homogeneity) return detail::fit_equal_margins(tables, std::move(fit));
  if (model.layered() && model.over == OverLayers::own && tables.layers() > 1) {
    for (std::size_t k = 0; k < tables.layers(); ++k) {
      const MobilityTables layer = tables.only(k);
      TableFit part = fit_table(layer, model);
      fit.cells += part.cells;
      fit.parameters += part.parameters;
      fit.fitted_zero += part.fitted_zero;
      fit.steps += part.steps;
      fit.gradient_norm = std::max(fit.gradient_norm, part.gradient_norm);
      fit.normalisation = part.normalisation;
      fit.fitted.push_back(std::move(part.fitted.front()));
      const std::string where = tables.in_layer(k);
      const auto named = [&](std::string name) { return name.ends_with(where) ? name : name + where; };
      for (TableParameter& p : part.estimates) {
        p.name = named(std::move(p.name));
        fit.estimates.push_back(std::move(p));
      }
      for (std::string& name : part.unidentified) fit.unidentified.push_back(named(std::move(name)));
      const Eigen::Index before = fit.covariance.rows(), size = before + part.covariance.rows();
      fit.covariance.conservativeResizeLike(Matrix(Matrix::Zero(size, size)));
      fit.covariance.bottomRightCorner(size - before, size - before) = part.covariance;
    }
    detail::judge(tables, fit);
    return fit;
  }
  detail::TableScoring scoring(tables, model);
  scoring.fit();
  const auto n = static_cast<Eigen::Index>(tables.strata());
  fit.fitted.assign(tables.layers(), Matrix::Zero(n, n));
  fit.cells = scoring.cells().size();
  fit.parameters = scoring.rank();
  fit.fitted_zero = scoring.fitted_zero();
  fit.steps = scoring.steps();
  fit.gradient_norm = scoring.gradient_norm();
  for (std::size_t k = 0; k < scoring.cells().size(); ++k) {
    const detail::TableScoring::Cell& c = scoring.cells()[k];
    fit.fitted[c.layer](static_cast<Eigen::Index>(c.from), static_cast<Eigen::Index>(c.to)) = scoring.expected()[k];
  }
  if (model.diagonal == Diagonal::own)
    for (std::size_t k = 0; k < tables.layers(); ++k)
      for (Eigen::Index i = 0; i < n; ++i) {
        const double stayers = tables.people(k)(i, i);
        fit.fitted[k](i, i) = stayers;
        fit.cells += stayers > 0 ? 1U : 0U;
        fit.parameters += stayers > 0 ? 1U : 0U;
        fit.fitted_zero += stayers > 0 ? 0U : 1U;
      }
  detail::TableReport(tables, model, scoring, fit).write();
  detail::judge(tables, fit);
  return fit;
}

}  // namespace rungs

#endif
