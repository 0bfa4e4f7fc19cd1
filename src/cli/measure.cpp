// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include "measure.hpp"

#include <rungs/estimate/coverage.hpp>
#include <rungs/measure/long_run.hpp>
#include <rungs/measure/reach.hpp>
#include <rungs/measure/summary.hpp>
#include <rungs/model/structure.hpp>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

#include "hidden_groups.hpp"
#include "json.hpp"
#include "logit.hpp"
#include "models.hpp"
#include "pooling.hpp"
#include "second_order.hpp"
#include "table.hpp"

namespace rungs::cli {

CLI::App* setup_measure(CLI::App& app, MeasureCommand& command) {
  CLI::App* verb = app.add_subcommand("measure", "who reaches what, by when, and how mobile is this society?");
  verb->footer(
      "Examples:\n"
      "  rungs measure --table glass.csv --ladder \"Unskilled < Skilled < Supervisory < Managerial < Professional\" "
      "\\\n"
      "      --from Unskilled --reach \"Managerial+\" --within 3 --people 848 --seed 7\n"
      "  rungs measure --model glass.rungs --format json\n"
      "  rungs measure --association training.csv --rows \"untrained < trained\" --columns \"stayed < went\"\n"
      "  rungs measure --association survey.csv --x \"school: none < primary < middle\" --y income\n"
      "Without --reach, only what is asked of the whole society is measured.");
  verb->add_option("--from", command.from, "stratum where somebody starts")->type_name("STRATUM")->group("Question");
  verb->add_option("--reach", command.reach, "target: a stratum, X+ for X and above, or a named set of the ladder")
      ->type_name("TARGET")
      ->group("Question");
  verb->add_option("--within", command.within, "horizon in years, a whole number of steps")
      ->type_name("YEARS")
      ->group("Question");
  verb->add_option("--start", command.start,
                   "period that the horizon starts in, for matrices by period (default: the first)")
      ->type_name("PERIOD")
      ->group("Question");
  verb->add_option("--people", command.people, "how many of so many people will be counted reaching")
      ->type_name("N")
      ->group("Question");
  add_choice<StratumWeights>(
      *verb, "--weights", command.weights,
      {{"stationary", StratumWeights::stationary},
       {"origin", StratumWeights::origin},
       {"uniform", StratumWeights::uniform}},
      "how strata count in indices that average over them: long-run shares (default), people by origin, or all alike")
      ->group("Question");
  setup_data(*verb, command.data, SavedModels::yes);
  setup_survey(*verb, command.data.source);
  setup_models(*verb, command.data);
  setup_pasts(*verb, command.data.model);
  setup_association(*verb, command.association);
  setup_correlations(*verb, command.correlations);
  setup_common(*verb, command.common);
  return verb;
}

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr const char* reach_definition =
    "probability of ever being in the target within the span, before leaving by an exit";
constexpr const char* standing_definition = "probability of being in the target at the end of the span";
constexpr const char* left_out_words =
    "long-run shares, indices of mobility, elasticities and sensitivities are left out: they are of one matrix, and "
    "here "
    "people of several kinds move each by their own, the mix of kinds changing with the stratum and the time";
constexpr const char* time_definition =
    "mean number of years until the target is first reached, of those who reach it within the span";

/// Questions that are asked together of every draw, so that each draw is made once.
class Questions {
 public:
  using Ask = std::function<Vector(const Kernel&)>;

  /// Adds a question that is answered by so many numbers.
  void add(const std::string& name, Eigen::Index size, Ask ask) {
    parts_.push_back({name, size, std::move(ask), {}});
    size_ += size;
  }
  /// Adds a question that was answered elsewhere.
  void put(const std::string& name, std::vector<Estimate> answers) {
    parts_.push_back({name, 0, [](const Kernel&) { return Vector(); }, std::move(answers)});
  }
  void answer(const Ensemble& ensemble, const DrawOptions& options, Progress& progress) {
    const std::vector<Estimate> all = summarize_all(
        ensemble,
        [&](const Kernel& kernel) {
          Vector out(size_);
          Eigen::Index at = 0;
          for (const Part& part : parts_) {
            out.segment(at, part.size) = part.ask(kernel);
            at += part.size;
          }
          progress.tick();
          return out;
        },
        options);
    auto next = all.begin();
    for (Part& part : parts_) {
      part.answers.assign(next, next + part.size);
      next += part.size;
    }
  }
  /// The answers to a question, or none where it was not asked.
  [[nodiscard]] const std::vector<Estimate>& operator[](const std::string& name) const {
    static const std::vector<Estimate> none;
    for (const Part& part : parts_)
      if (part.name == name) return part.answers;
    return none;
  }

 private:
  struct Part {
    std::string name;
    Eigen::Index size;
    Ask ask;
    std::vector<Estimate> answers;
  };
  std::vector<Part> parts_{};
  Eigen::Index size_ = 0;
};

/// The question put to somebody, after names were looked up.
struct Target {
  Stratum from;
  StratumSet reach;
};

/// The name of the question for all indices under weights of a kind.
std::string indices_by(StratumWeights kind) { return "indices by " + name(kind); }

/// Everything that is written, whatever the format.
struct Measured {
  const MeasureCommand* command;
  std::string group{};  // empty: of everybody
  Head head;
  Ladder ladder;
  Step step;
  std::string method;
  std::vector<InputFile> estimated_from{};
  std::optional<Survey> survey{};
  std::shared_ptr<const LogitAnswer> logit{};
  std::optional<Period> start{};  // for matrices by period
  std::optional<Span> within{};
  std::optional<Stratum> from{};
  std::optional<Target> target{};
  Questions questions{};

  std::optional<Estimate> people_reaching{};
  std::string unreachable{};
  std::vector<std::pair<std::size_t, std::size_t>> missing_moves{};
  std::vector<StationaryLaw> closed_classes{};  // where there is no one long-run law
  std::vector<std::string> rounds{};            ///< of closed classes in which shares go round, in words
  std::optional<Matrix> mean_first_passage{};   // in years
  std::optional<Matrix> n_step{};
  std::vector<MobilityIndex> indices{};  // names and definitions
  StratumWeights weights = StratumWeights::stationary;
  std::vector<StratumWeights> weights_known{};
  bool sensitivity_intervals = true;
  std::optional<Association> association{};           // of origins and destinations, in a table of people
  std::optional<AttainableAssociation> attainable{};  // beside the margins of that table
  std::optional<HiddenAnswers> hidden{};              // of people of kinds that nobody sees
  std::optional<ReachSensitivity> sensitivity{};      // at the point, where its intervals would take too much memory

  [[nodiscard]] const Estimate& one(const std::string& name, std::size_t k = 0) const { return questions[name].at(k); }
  /// An index under weights of a kind; one that does not average over strata is the same under all, and defined in more
  /// draws under uniform ones.
  [[nodiscard]] const Estimate& index(std::size_t k, StratumWeights kind) const {
    return one(indices_by(indices[k].weighted ? kind : StratumWeights::uniform), k);
  }
};

/// People by the rungs of origin and destination; whoever left by an exit is in none.
Matrix people_by_rung(const Ladder& ladder, const Matrix& people) {
  Eigen::Index rungs = 0;
  for (std::size_t i = 0; i < ladder.strata(); ++i)
    rungs = std::max<Eigen::Index>(rungs, static_cast<Eigen::Index>(ladder.height(i)) + 1);
  Matrix table = Matrix::Zero(rungs, rungs);
  for (std::size_t i = 0; i < ladder.strata(); ++i)
    for (std::size_t j = 0; j < ladder.strata(); ++j)
      table(ladder.height(i), ladder.height(j)) += people(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j));
  return table;
}

Vector column(std::initializer_list<double> numbers) {
  Vector out(static_cast<Eigen::Index>(numbers.size()));
  std::copy(numbers.begin(), numbers.end(), out.begin());
  return out;
}

/// The answer to a question that some draws may not have, such as a long-run law: then NaN, which is left out of
/// summaries.
template <class F>
Vector where_defined(Eigen::Index size, const F& f) {
  try {
    return f();
  } catch (const Error&) {
    return Vector::Constant(size, nan);
  }
}

/// The rows of the strata, one after another.
Vector rows_of_strata(const Matrix& square, const Ladder& ladder) {
  const auto n = square.cols(), m = static_cast<Eigen::Index>(ladder.strata());
  Vector out(n * m);
  for (Eigen::Index i = 0; i < m; ++i) out.segment(i * n, n) = square.row(i).transpose();
  return out;
}

/// All entries of a square, row by row.
Vector entries(const Matrix& square) { return square.reshaped<Eigen::RowMajor>(); }

/// Whether there is room for the draws of a square of the ladder's size.
bool draws_of_square_fit(Eigen::Index n, std::size_t draws) {
  return draws > 0 && n <= 40 && static_cast<double>(n * n) * static_cast<double>(draws) < 2e7;
}

/// Why nobody reaches the target, where no moves of these matrices lead there within the span.
void find_unreachable(Measured& a, const Kernel& kernel) {
  const auto& [from, target] = *a.target;
  const Reachability r = reachability(MoveGraph(kernel), from, target);
  if (!r.reachable) {
    a.unreachable = why_unreachable(a.ladder, from, target, r);
    a.missing_moves = r.missing;
  } else if (r.fewest_moves > a.within->steps()) {
    a.unreachable = fmt::format("at least {} moves lead from {} to {}, and the span has {} steps", r.fewest_moves,
                                StratumSet(from).text(), target.text(), a.within->steps());
  }
}

void ask_of_somebody(Measured& a, const Ensemble& ensemble, std::size_t draws) {
  const Kernel& kernel = ensemble.point();
  const Ladder& ladder = a.ladder;
  const Span within = *a.within;
  const Period start = a.start.value_or(Period{});
  const auto n = static_cast<Eigen::Index>(ladder.size());
  if (a.from)
    a.questions.add("expected years", n, [=, from = *a.from](const Kernel& k) {
      return expected_years(k, from, within, WithinPeriod::trapezoid, start);
    });
  if (!a.target) return;
  const Stratum from = a.target->from;
  const StratumSet target = a.target->reach;
  const Eigen::Index periods = within.steps() + 1;
  const double years = a.step.years();
  a.questions.add("reach", 2 + periods, [=](const Kernel& k) {
    const Vector passage = first_passage(k, from, target, within, start);
    const double reached = passage.sum();
    double sum = 0;
    for (Eigen::Index t = 0; t < passage.size(); ++t) sum += static_cast<double>(t) * passage[t];
    Vector out(2 + periods);
    out << reached, reached > 0 ? sum / reached * years : nan, passage;
    return out;
  });
  a.questions.add("standing", 1,
                  [=](const Kernel& k) { return column({standing_probability(from, target, within, start)(k)}); });
  a.sensitivity_intervals = static_cast<double>(n) * static_cast<double>(n) * static_cast<double>(draws) < 2e7;
  if (a.sensitivity_intervals) {
    a.questions.add("sensitivity", 2 * n * static_cast<Eigen::Index>(ladder.strata()), [=](const Kernel& k) {
      const ReachSensitivity s = reach_sensitivity(k, from, target, within, start);
      Vector out(2 * n * static_cast<Eigen::Index>(ladder.strata()));
      out << rows_of_strata(s.elasticity, ladder), rows_of_strata(s.sensitivity, ladder);
      return out;
    });
  } else {
    a.sensitivity = reach_sensitivity(kernel, from, target, within, start);
    a.head.warnings.push_back(warning("W-INTERVAL",
                                      "elasticities and sensitivities of a ladder of this size are given at the point, "
                                      "without intervals; fewer --draws give them"));
  }
  find_unreachable(a, kernel.within(start, within));
}

/// The shares among the strata of each class, one class after another, by the classes of a draw: fewer moves may leave
/// a part of a class that nobody leaves. NaN where there are several such parts, or one with strata of no class or of
/// two.
Vector shares_in(const std::vector<StationaryLaw>& classes, const std::vector<StationaryLaw>& drawn, Eigen::Index n) {
  Vector out = Vector::Constant(static_cast<Eigen::Index>(classes.size()) * n, nan);
  for (std::size_t c = 0; c < classes.size(); ++c) {
    const std::vector<std::size_t>& members = classes[c].members;
    const auto belongs = [&](std::size_t i) { return std::find(members.begin(), members.end(), i) != members.end(); };
    const StationaryLaw* found = nullptr;
    bool one = true;
    for (const StationaryLaw& law : drawn) {
      const auto shared = std::count_if(law.members.begin(), law.members.end(), belongs);
      if (shared == 0) continue;
      one = one && found == nullptr && static_cast<std::size_t>(shared) == law.members.size();
      found = &law;
    }
    if (found != nullptr && one) out.segment(static_cast<Eigen::Index>(c) * n, n) = found->shares;
  }
  return out;
}

void ask_of_society(Measured& a, const Ensemble& ensemble, const Vector& origins, std::size_t draws) {
  const Ladder ladder = a.ladder;
  const Period start = a.start.value_or(Period{});
  const TransitionMatrix& point = ensemble.point().at(start);
  const auto n = static_cast<Eigen::Index>(ladder.size());

  const bool irreducible = communicating_classes(MoveGraph(Kernel(point))).size() == 1;
  if (!irreducible) a.closed_classes = stationary_laws(point);
  if (irreducible || (a.closed_classes.size() == 1 && !ladder.is_exit(a.closed_classes.front().members.front())))
    a.questions.add("stationary", n,
                    [=](const Kernel& k) { return where_defined(n, [&] { return stationary_law(k.at(start)); }); });
  if (irreducible) {
    a.mean_first_passage = Matrix(mean_first_passage(point) * a.step.years());
    if (draws_of_square_fit(n, draws))
      a.questions.add("mean first passage", n * n, [=, years = a.step.years()](const Kernel& k) {
        return Vector(years * entries(mean_first_passage(k.at(start))));
      });
  } else {
    if (draws_of_square_fit(n, draws))
      a.questions.add("closed classes", static_cast<Eigen::Index>(a.closed_classes.size()) * n,
                      [=, classes = a.closed_classes](const Kernel& k) {
                        return shares_in(classes, stationary_laws(k.at(start)), n);
                      });
  }

  std::vector<std::vector<std::size_t>> closed;
  for (const StationaryLaw& law : a.closed_classes) closed.push_back(law.members);
  if (irreducible) {
    closed.emplace_back(static_cast<std::size_t>(n));
    std::iota(closed.back().begin(), closed.back().end(), std::size_t{0});
  }
  for (const std::vector<std::size_t>& members : closed)
    if (const std::size_t period = period_of_class(point.matrix(), members); period > 1) {
      a.rounds.push_back(fmt::format("{}: shares go round, the same again every {} steps, and never settle",
                                     ladder.set_of(members).text(), period));
      a.head.warnings.push_back(warning(
          "W-PERIODIC", a.rounds.back() + "; shares in the long run are averages over time, and no share of one time"));
    }

  std::string reason;
  for (const StratumWeights kind : {StratumWeights::stationary, StratumWeights::origin, StratumWeights::uniform}) {
    try {
      a.indices = mobility_indices(point, stratum_weights(kind, point, origins));
      a.weights_known.push_back(kind);
    } catch (const Refusal& e) {
      if (kind == a.command->weights) reason = e.message();
    }
  }
  if (a.weights_known.empty()) {
    a.head.warnings.push_back(warning("W-WEIGHTS", "there are no indices of mobility: " + reason));
    return;
  }
  a.weights = reason.empty() ? a.command->weights : a.weights_known.front();
  if (!reason.empty())
    a.head.warnings.push_back(warning("W-WEIGHTS", "indices that average over strata are weighted by " +
                                                       name(a.weights) + " instead of " + name(a.command->weights) +
                                                       ": " + reason));
  for (const StratumWeights kind : a.weights_known) {
    const auto size = static_cast<Eigen::Index>(a.indices.size());
    a.questions.add(indices_by(kind), size, [=](const Kernel& k) {
      return where_defined(size, [&] {
        const TransitionMatrix& p = k.at(start);
        const std::vector<MobilityIndex> indices = mobility_indices(p, stratum_weights(kind, p, origins));
        Vector out(size);
        for (Eigen::Index i = 0; i < size; ++i) out[i] = indices[static_cast<std::size_t>(i)].value;
        return out;
      });
    });
  }
}

/// P(in j after the span | in i at its start).
Matrix moves_within(const Kernel& kernel, Span within, Period start) {
  if (kernel.is_constant()) return n_step(kernel.at(start), within);
  Matrix out = kernel.at(start).matrix();
  for (std::int64_t t = 1; t < within.steps(); ++t)
    out = Matrix(out * kernel.at(kernel.step().after(start, t)).matrix());
  return out;
}

// --- JSON
// --------------------------------------------------------------------------------------------------------------

/// What was asked, then the estimate; the probability stands under its own name too.
Json question(const Measured& a, const Estimate& estimate, const char* definition, bool probability) {
  Json out;
  out["from"] = a.command->from;
  out["target"] = a.command->reach;
  Json strata = Json::array();
  for (const std::size_t i : a.target->reach.indices()) strata.push_back(a.ladder.name(i));
  out["target_strata"] = strata;
  out["within"] = cli::json_of(*a.command->within);
  out["steps"] = a.within->steps();
  out["definition"] = definition;
  if (probability) out["probability"] = cli::json_of(estimate.value);
  out.update(cli::json_of(estimate));
  return out;
}

/// A square of numbers taken from estimates; null where `asked` says that there is none.
Json square_of(const std::vector<Estimate>& estimates, std::size_t offset, const Ladder& ladder,
               double Estimate::*number, bool moves_only) {
  Json out = Json::array();
  for (std::size_t i = 0; i < ladder.size(); ++i) {
    Json row = Json::array();
    for (std::size_t j = 0; j < ladder.size(); ++j) {
      const bool asked = !moves_only || (!ladder.is_exit(i) && ladder.possible(i, j));
      row.push_back(asked ? cli::json_of(estimates[offset + i * ladder.size() + j].*number) : Json(nullptr));
    }
    out.push_back(std::move(row));
  }
  return out;
}

/// The bounds of a square of estimates, with what they are of.
Json intervals_of(const std::vector<Estimate>& estimates, std::size_t offset, const Ladder& ladder, bool moves_only) {
  const Estimate& first = estimates[offset];
  std::size_t draws = 0;
  for (std::size_t k = 0; k < ladder.size() * ladder.size() && offset + k < estimates.size(); ++k)
    draws = std::max(draws, estimates[offset + k].draws);
  return {{"level", cli::json_of(first.level)},
          {"draws", draws},
          {"varied", first.varied.names()},
          {"lower", square_of(estimates, offset, ladder, &Estimate::lower, moves_only)},
          {"upper", square_of(estimates, offset, ladder, &Estimate::upper, moves_only)},
          {"monte_carlo_error", square_of(estimates, offset, ladder, &Estimate::monte_carlo_error, moves_only)}};
}

/// Numbers without draws, in the form of estimates.
std::vector<Estimate> without_draws(const Matrix& elasticity, const Matrix& sensitivity, const Ladder& ladder,
                                    double level) {
  std::vector<Estimate> out;
  for (const Matrix* square : {&elasticity, &sensitivity})
    for (const double x : rows_of_strata(*square, ladder)) {
      Estimate e;
      e.value = x;
      e.level = level;
      out.push_back(e);
    }
  return out;
}

Json index_json(const Measured& a, std::size_t k, StratumWeights kind) {
  Json out = cli::json_of(a.index(k, kind));
  out["definition"] = a.indices[k].definition;
  out["weights"] = a.indices[k].weighted ? name(kind) : "none";
  return out;
}

std::vector<Estimate> sensitivities(const Measured& a) {
  return a.sensitivity
             ? without_draws(a.sensitivity->elasticity, a.sensitivity->sensitivity, a.ladder, a.command->common.level)
             : a.questions["sensitivity"];
}

/// The classes that nobody sees: their shares where people start, and the reach of each.
Json json_of_classes(const Measured& a) {
  Json out = Json::array();
  for (std::size_t g = 0; g < a.hidden->shares.size(); ++g) {
    const auto& [name, share] = a.hidden->shares[g];
    Json one{{"class", name}, {"share", cli::json_of(share)}};
    if (a.target) one["reach"] = cli::json_of(a.hidden->class_reach[g]);
    out.push_back(std::move(one));
  }
  return out;
}

void add_answer(Json& out, const Measured& a);

std::string as_json(const Head& head, const std::vector<Measured>& answers) {
  const Measured& a = answers.front();
  Json out = cli::json_of(head);
  if (!a.estimated_from.empty()) {
    out["estimated_from"] = Json::array();
    for (const InputFile& file : a.estimated_from)
      out["estimated_from"].push_back({{"file", file.file}, {"sha256", file.sha256}});
  }
  out["ladder"] = cli::json_of(a.ladder);
  out["step"] = {{"units", a.step.units()}, {"years", cli::json_of(a.step.years())}};
  out["method"] = a.method;
  if (a.logit) out["population"] = json_of_population(*a.logit);
  if (a.group.empty()) {
    add_answer(out, a);
    return text(out);
  }
  out["groups"] = Json::array();
  for (const Measured& of : answers) {
    Json one{{"group", of.group}};
    add_answer(one, of);
    out["groups"].push_back(std::move(one));
  }
  return text(out);
}

/// What was asked, of everybody or of a group.
void add_answer(Json& out, const Measured& a) {
  if (a.survey) out["design"] = cli::json_of(*a.survey);
  const Ladder& ladder = a.ladder;
  if (a.start) out["start"] = a.start->label();

  if (a.target) {
    out["reach"] = question(a, a.one("reach"), reach_definition, true);
    out["standing"] = question(a, a.one("standing"), standing_definition, true);
    out["time_to_reach"] = {
        {"mean_given_reached", cli::json_of(a.one("reach", 1))}, {"unit", "years"}, {"definition", time_definition}};
    out["first_passage"] = Json::array();
    const std::vector<Estimate>& reach = a.questions["reach"];
    for (std::size_t t = 0; t + 2 < reach.size(); ++t) {
      Json one;
      one["period"] = t;
      one["years"] = cli::json_of(static_cast<double>(t) * a.step.years());
      one.update(cli::json_of(reach[t + 2]));
      out["first_passage"].push_back(std::move(one));
    }
    if (a.people_reaching) {
      out["people_reaching"] = {{"of", cli::json_of(*a.command->people)}};
      out["people_reaching"].update(cli::json_of(*a.people_reaching));
    }
    if (!a.hidden) {
      const std::vector<Estimate> s = sensitivities(a);
      const std::size_t half = ladder.strata() * ladder.size();
      out["elasticity"] = square_of(s, 0, ladder, &Estimate::value, true);
      out["elasticity_interval"] = intervals_of(s, 0, ladder, true);
      out["sensitivity"] = square_of(s, half, ladder, &Estimate::value, true);
      out["sensitivity_interval"] = intervals_of(s, half, ladder, true);
    }
    if (!a.unreachable.empty()) {
      Json missing = Json::array();
      for (const auto& [from, to] : a.missing_moves)
        missing.push_back({{"from", ladder.name(from)}, {"to", ladder.name(to)}});
      out["unreachable"] = {{"reason", a.unreachable}, {"missing_moves", missing}};
    }
  }
  if (a.from) {
    out["expected_years"] = Json::array();
    for (std::size_t i = 0; i < ladder.size(); ++i) {
      Json one{{"stratum", ladder.name(i)}};
      one.update(cli::json_of(a.one("expected years", i)));
      out["expected_years"].push_back(std::move(one));
    }
  }
  if (a.n_step)
    out["n_step"] = {{"years", cli::json_of(*a.command->within)},
                     {"steps", a.within->steps()},
                     {"transition_matrix", cli::json_of(*a.n_step)}};
  if (const auto& moves = a.questions["n step"]; !moves.empty()) {
    out["n_step"]["transition_matrix"] = square_of(moves, 0, ladder, &Estimate::value, false);
    out["n_step"]["interval"] = intervals_of(moves, 0, ladder, false);
  }

  if (a.hidden) {
    out["hidden_groups"] = json_of_classes(a);
    out["left_out"] = left_out_words;
    for (const char* name : {"stationary", "mean_first_passage", "association", "indices", "indices_by_weights"})
      out[name] = nullptr;
    return;
  }
  out["stationary"] = nullptr;
  if (!a.questions["stationary"].empty()) {
    out["stationary"] = Json::array();
    for (std::size_t i = 0; i < ladder.size(); ++i) {
      Json one{{"stratum", ladder.name(i)}};
      one.update(cli::json_of(a.one("stationary", i)));
      out["stationary"].push_back(std::move(one));
    }
  }
  if (a.mean_first_passage) {
    out["mean_first_passage"] = cli::json_of(*a.mean_first_passage);
    if (const auto& times = a.questions["mean first passage"]; !times.empty()) {
      out["mean_first_passage"] = square_of(times, 0, ladder, &Estimate::value, false);
      out["mean_first_passage_interval"] = intervals_of(times, 0, ladder, false);
    }
  } else {
    out["closed_classes"] = Json::array();
    const std::vector<Estimate>& drawn = a.questions["closed classes"];
    for (std::size_t c = 0; c < a.closed_classes.size(); ++c) {
      const StationaryLaw& law = a.closed_classes[c];
      Json members = Json::array(), one;
      for (const std::size_t i : law.members) members.push_back(ladder.name(i));
      one["strata"] = members;
      one["shares"] = cli::json_of(law.shares);
      if (!drawn.empty()) {
        const Estimate& first = drawn[c * ladder.size()];
        Json lower = Json::array(), upper = Json::array();
        one["shares"] = Json::array();
        for (std::size_t i = 0; i < ladder.size(); ++i) {
          const Estimate& e = drawn[c * ladder.size() + i];
          one["shares"].push_back(cli::json_of(e.value));
          lower.push_back(cli::json_of(e.lower));
          upper.push_back(cli::json_of(e.upper));
        }
        one["interval"] = {{"level", cli::json_of(first.level)},
                           {"draws", first.draws},
                           {"varied", first.varied.names()},
                           {"lower", lower},
                           {"upper", upper}};
      }
      out["closed_classes"].push_back(std::move(one));
    }
    out["mean_first_passage"] = nullptr;
  }

  out["association"] = a.association ? cli::json_of(*a.association, *a.attainable, words_by_rung()) : Json(nullptr);
  if (a.weights_known.empty()) {
    out["indices"] = nullptr;
    out["indices_by_weights"] = nullptr;
    return;
  }
  out["indices"] = Json::object();
  for (std::size_t k = 0; k < a.indices.size(); ++k) out["indices"][a.indices[k].name] = index_json(a, k, a.weights);
  out["indices_by_weights"] = Json::object();
  for (const StratumWeights kind : {StratumWeights::stationary, StratumWeights::origin, StratumWeights::uniform}) {
    const bool known = std::find(a.weights_known.begin(), a.weights_known.end(), kind) != a.weights_known.end();
    Json all = Json::object();
    for (std::size_t k = 0; known && k < a.indices.size(); ++k)
      if (a.indices[k].weighted) all[a.indices[k].name] = index_json(a, k, kind);
    out["indices_by_weights"][name(kind)] = known ? all : Json(nullptr);
  }
}

// --- CSV
// ---------------------------------------------------------------------------------------------------------------

std::vector<std::string> csv_columns() {
  std::vector<std::string> columns{"measure", "from", "to", "years", "weights"};
  for (std::string& column : csv_estimate_columns()) columns.push_back(std::move(column));
  return columns;
}

std::string csv_lines(const Measured& a) {
  const Ladder& ladder = a.ladder;
  const std::vector<std::string> columns = csv_columns();
  std::string out;
  const auto write = [&](std::vector<std::string> fields) {
    if (!a.group.empty()) fields.insert(fields.begin(), a.group);
    out += csv_line(fields);
  };
  const auto add = [&write](std::vector<std::string> what, const Estimate& e) {
    for (std::string& field : csv_fields(e)) what.push_back(std::move(field));
    write(std::move(what));
  };
  const std::string from = a.command->from, to = a.command->reach;
  const std::string years = a.command->within ? csv_number(*a.command->within) : "";
  if (a.target) {
    add({"reach", from, to, years, ""}, a.one("reach"));
    add({"standing", from, to, years, ""}, a.one("standing"));
    add({"mean_years_given_reached", from, to, years, ""}, a.one("reach", 1));
    if (a.people_reaching) add({"people_reaching", from, to, years, ""}, *a.people_reaching);
    const std::vector<Estimate>& reach = a.questions["reach"];
    for (std::size_t t = 0; t + 2 < reach.size(); ++t)
      add({"first_passage", from, to, csv_number(static_cast<double>(t) * a.step.years()), ""}, reach[t + 2]);
    const std::vector<Estimate> s = a.hidden ? std::vector<Estimate>{} : sensitivities(a);
    for (std::size_t part = 0; part < 2 && !a.hidden; ++part)
      for (std::size_t i = 0; i < ladder.strata(); ++i)
        for (std::size_t j = 0; j < ladder.size(); ++j)
          if (ladder.possible(i, j))
            add({part == 0 ? "elasticity" : "sensitivity", ladder.name(i), ladder.name(j), years, ""},
                s[(part * ladder.strata() + i) * ladder.size() + j]);
  }
  for (std::size_t g = 0; a.hidden && g < a.hidden->shares.size(); ++g) {
    const auto& [name, share] = a.hidden->shares[g];
    add({"share of " + name, from, "", "", ""}, share);
    if (a.target) add({"reach of " + name, from, to, years, ""}, a.hidden->class_reach[g]);
  }
  for (std::size_t i = 0; a.from && i < ladder.size(); ++i)
    add({"expected_years", from, ladder.name(i), years, ""}, a.one("expected years", i));
  const auto plain = [&](const char* measure, const Matrix& square, const std::string& span,
                         const std::vector<Estimate>& drawn) {
    for (std::size_t i = 0; i < ladder.size(); ++i)
      for (std::size_t j = 0; j < ladder.size(); ++j) {
        if (!drawn.empty()) {
          add({measure, ladder.name(i), ladder.name(j), span, ""}, drawn[i * ladder.size() + j]);
          continue;
        }
        std::vector<std::string> fields{measure,
                                        ladder.name(i),
                                        ladder.name(j),
                                        span,
                                        "",
                                        csv_number(square(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)))};
        fields.resize(columns.size());
        write(std::move(fields));
      }
  };
  if (a.n_step) plain("n_step", *a.n_step, years, a.questions["n step"]);
  for (std::size_t i = 0; !a.questions["stationary"].empty() && i < ladder.size(); ++i)
    add({"stationary", "", ladder.name(i), "", ""}, a.one("stationary", i));
  if (a.mean_first_passage) plain("mean_first_passage", *a.mean_first_passage, "", a.questions["mean first passage"]);
  bool first = true;
  for (const StratumWeights kind : a.weights_known) {
    for (std::size_t k = 0; k < a.indices.size(); ++k)
      if (a.indices[k].weighted || first)
        add({a.indices[k].name, "", "", "", a.indices[k].weighted ? name(kind) : "none"}, a.index(k, kind));
    first = false;
  }
  if (a.association) {
    for (const NamedMeasure& of : measures_of(*a.association, words_by_rung()))
      if (!std::isnan(of.measure->value))
        add({"association " + of.name, "", "", "", ""}, {.value = of.measure->value,
                                                         .lower = of.measure->interval.lower,
                                                         .upper = of.measure->interval.upper,
                                                         .level = a.association->level,
                                                         .standard_deviation = of.measure->ase1,
                                                         .varied = {.parameters = true}});
    for (const bool most : {false, true})
      for (const NamedMeasure& of : measures_of(most ? a.attainable->greatest : a.attainable->least, words_by_rung()))
        if (!std::isnan(of.measure->value)) {
          std::vector<std::string> fields{std::string(most ? "greatest" : "least") + " association " + of.name,
                                          "",
                                          "",
                                          "",
                                          "",
                                          csv_number(of.measure->value)};
          fields.resize(columns.size());
          write(std::move(fields));
        }
  }
  return out;
}

std::string as_csv(const std::vector<Measured>& answers) {
  std::vector<std::string> columns = csv_columns();
  if (!answers.front().group.empty()) columns.insert(columns.begin(), "group");
  std::string out = csv_line(columns);
  for (const Measured& a : answers) out += csv_lines(a);
  return out;
}

// --- tables
// ------------------------------------------------------------------------------------------------------------

std::string as_table(const Measured& a) {
  const Ladder& ladder = a.ladder;
  const CommonOptions& common = a.command->common;
  const bool color = colored_stdout(common);
  const std::string interval = level_text(common.level);
  std::string out = a.group.empty() ? "" : "Group " + printable(a.group) + "\n";
  const auto print = [&](const TextTable& table) { out += (out.empty() ? "" : "\n") + table.text(color); };
  const auto line = [](const std::string& name, const Estimate& e) {
    return std::vector<std::string>{name, value_text(e), interval_text(e), varied_text(e)};
  };

  if (a.target) {
    TextTable reach(fmt::format("From {} to {} ({}), within {}", a.command->from, a.command->reach,
                                a.target->reach.text(), years_text(*a.command->within)),
                    {"", "value", interval, "what varied"});
    reach.row(line("reach: probability of ever being there, before an exit", a.one("reach")));
    reach.row(line("standing: probability of being there at the end", a.one("standing")));
    reach.row(line("years until then, mean of those who reach", a.one("reach", 1)));
    if (a.people_reaching)
      reach.row(line(fmt::format("people reaching, of {}", rounded(*a.command->people)), *a.people_reaching));
    if (!a.unreachable.empty()) reach.note("The reach is exactly 0: " + a.unreachable + ".");
    print(reach);

    TextTable passage("When the target is reached for the first time",
                      {"years", "probability", interval, "what varied"});
    const std::vector<Estimate>& all = a.questions["reach"];
    for (std::size_t t = 0; t + 2 < all.size() && t <= 50; ++t)
      passage.row(line(rounded(static_cast<double>(t) * a.step.years()), all[t + 2]));
    if (all.size() > 53) passage.note("Later years stand in --format json and csv.");
    print(passage);

    // The moves that matter most, whatever their sign.
    const std::vector<Estimate> s =
        a.hidden ? std::vector<Estimate>(ladder.strata() * ladder.size()) : sensitivities(a);
    std::vector<std::pair<std::size_t, std::size_t>> moves;
    for (std::size_t i = 0; i < ladder.strata(); ++i)
      for (std::size_t j = 0; j < ladder.size(); ++j)
        if (ladder.possible(i, j) && std::abs(s[i * ladder.size() + j].value) > 0) moves.emplace_back(i, j);
    const auto size = [&](const std::pair<std::size_t, std::size_t>& move) {
      return std::abs(s[move.first * ladder.size() + move.second].value);
    };
    std::stable_sort(moves.begin(), moves.end(), [&](const auto& x, const auto& y) { return size(x) > size(y); });
    TextTable elasticity("Percent by which the reach grows when a move becomes one percent more likely",
                         {"move", "elasticity", interval, "what varied"});
    for (std::size_t k = 0; k < moves.size() && k < 10; ++k) {
      const auto& [i, j] = moves[k];
      elasticity.row(line(ladder.name(i) + (i == j ? " (stays)" : " -> " + ladder.name(j)), s[i * ladder.size() + j]));
    }
    elasticity.note(
        "The other moves of the row shrink in proportion. The ten largest; all stand in --format json and csv.");
    if (!elasticity.empty()) print(elasticity);
  }
  if (a.hidden) {
    std::vector<std::string> columns{"class", "share", interval};
    if (a.target) columns.insert(columns.end(), {"reach", interval});
    TextTable classes("People who start in " + a.command->from + ", by kinds that nobody sees", columns);
    for (std::size_t g = 0; g < a.hidden->shares.size(); ++g) {
      const auto& [name, share] = a.hidden->shares[g];
      std::vector<std::string> row{name, value_text(share), interval_text(share)};
      if (a.target) {
        const Estimate& reach = a.hidden->class_reach[g];
        row.insert(row.end(), {value_text(reach), interval_text(reach)});
      }
      classes.row(std::move(row));
    }
    classes.note(
        "Those who start are taken to be of the kinds of those first observed there; nobody changes the kind.");
    print(classes);
  }
  if (a.from) {
    TextTable spent(
        fmt::format("Expected years in each stratum, from {}, of {}", a.command->from, years_text(*a.command->within)),
        {"stratum", "years", interval, "what varied"});
    for (std::size_t i = 0; i < ladder.size(); ++i) spent.row(line(ladder.name(i), a.one("expected years", i)));
    print(spent);
  }
  const auto square = [&](const std::string& title, const Matrix& point, const char* form,
                          const std::vector<Estimate>& drawn) {
    Matrix numbers = point;
    for (std::size_t k = 0; k < drawn.size(); ++k)
      numbers(static_cast<Eigen::Index>(k / ladder.size()), static_cast<Eigen::Index>(k % ladder.size())) =
          drawn[k].value;
    std::vector<std::string> columns{"from \\ to"};
    for (const std::string& name : ladder.names()) columns.push_back(name);
    TextTable table(title, columns);
    for (std::size_t i = 0; i < ladder.size(); ++i) {
      std::vector<std::string> row{ladder.name(i)};
      for (std::size_t j = 0; j < ladder.size(); ++j)
        row.push_back(
            fmt::format(fmt::runtime(form), numbers(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j))));
      table.row(row);
    }
    table.note(drawn.empty()
                   ? "At the point estimates; nothing varied."
                   : "Their intervals stand in --format json and csv; " + varied_text(drawn.front()) + " varied.");
    print(table);
  };
  if (a.n_step)
    square(fmt::format("Probability of being there after {}", years_text(*a.command->within)), *a.n_step, "{:.4f}",
           a.questions["n step"]);
  if (a.hidden) {
    out += "\n" + std::string(left_out_words) + ".\n";
  } else if (!a.questions["stationary"].empty()) {
    TextTable law("Shares in the long run, if the matrix holds for ever",
                  {"stratum", "share", interval, "what varied"});
    for (std::size_t i = 0; i < ladder.size(); ++i) law.row(line(ladder.name(i), a.one("stationary", i)));
    for (const std::string& round : a.rounds) law.note(round + ": these are averages over time.");
    if (!a.mean_first_passage) law.note("A share of 0: a stratum that everybody leaves for good.");
    print(law);
    if (a.mean_first_passage)
      square("Mean years until a stratum is first entered (diagonal: until it is entered again)", *a.mean_first_passage,
             "{:.2f}", a.questions["mean first passage"]);
  } else {
    TextTable classes(a.closed_classes.size() == 1
                          ? "What people do not leave again"
                          : "There is no one long-run law: strata that people do not leave, with the shares among them",
                      {"closed class", "shares"});
    for (const StationaryLaw& law : a.closed_classes) {
      std::string shares;
      for (const std::size_t i : law.members)
        shares += (shares.empty() ? "" : ", ") + fmt::format("{:.4f}", law.shares[static_cast<Eigen::Index>(i)]);
      classes.row({ladder.set_of(law.members).text(), shares});
    }
    classes.note("At the point estimates; nothing varied.");
    for (const std::string& round : a.rounds) classes.note(round + ": these are averages over time.");
    print(classes);
  }
  if (!a.weights_known.empty()) {
    TextTable indices("Mobility in one step", {"index", "value", interval, "what varied", "weights"});
    for (std::size_t k = 0; k < a.indices.size(); ++k) {
      std::vector<std::string> row = line(a.indices[k].name, a.index(k, a.weights));
      row.push_back(a.indices[k].weighted ? name(a.weights) : "none");
      indices.row(std::move(row));
    }
    for (const MobilityIndex& index : a.indices) indices.note(index.name + ": " + index.definition);
    print(indices);
  }
  if (a.association)
    if (const TextTable together = table_of(*a.association, *a.attainable, words_by_rung()); !together.empty())
      print(together);
  out += "\nmethod: " + printable(a.method);
  if (a.survey) out += "; " + a.survey->words();
  if (a.logit) out += "; the matrix is of " + printable(population_words(*a.logit));
  if (a.start)
    out += fmt::format("; moves start in period {}, and long-run measures take its matrix to hold for ever",
                       a.start->label());
  if (a.head.seed) out += fmt::format("; draws: {}; seed: {}", common.draws, a.head.seed->value());
  return out + "\n";
}

std::string tables_of(const std::vector<Measured>& answers) {
  std::string out;
  for (const Measured& a : answers) out += (out.empty() ? "" : "\n") + as_table(a);
  return out;
}

/// The reach that is asked; what is wrong with it is told when it is looked up, once the data are known.
ReachQuestion reach_asked(const MeasureCommand& command) {
  return [&command](const Ladder& ladder, Step step) -> std::optional<AskedReach> {
    try {
      const StratumSet from = ladder.select(command.from);
      const double years = command.within.value_or(0);
      if (from.size() != 1 || ladder.is_exit(from.indices().front())) return {};
      if (!(years > 0 && years <= 1e6 * step.years())) return {};
      return AskedReach{ladder.at(from.indices().front()), ladder.select(command.reach), step.steps_in(years)};
    } catch (const Error&) {
      return {};
    }
  };
}

/// The question, with its names looked up and its numbers checked, before anything is drawn.
void look_up(Measured& a, const Kernel& kernel) {
  const MeasureCommand& command = *a.command;
  if (!kernel.is_constant())
    a.start = command.start ? Period(*command.start) : kernel.first();
  else if (command.start)
    throw UsageError(
        "found --start with one matrix for all periods; expected matrices by period (--period, or --by-period)");
  if (command.within) {
    const double years = *command.within;
    if (!(years > 0 && years <= 1e6 * a.step.years()))
      throw DomainError("E-CFG-RANGE",
                        "found a horizon of " + rungs::detail::text(years) +
                            " years; expected a number above 0, and at most a million steps",
                        years);
    a.within = a.step.steps_in(years);
  }
  if (!command.from.empty()) {
    const StratumSet from = of_option("--from", [&] { return a.ladder.select(command.from); });
    if (from.size() != 1)
      throw Refusal("E-LADDER", "found " + from.text() +
                                    " to start from; expected one stratum, since a set would have to be weighted");
    a.from = a.ladder.at(from.indices().front());
    if (a.from->is_exit())
      throw Refusal("E-LADDER", "found the exit " + rungs::detail::quoted(command.from) +
                                    " to start from; expected a stratum, since nobody comes back from an exit");
  }
  if (!command.reach.empty())
    a.target = Target{*a.from, of_option("--reach", [&] { return a.ladder.select(command.reach); })};
  if (command.people && *command.people != std::floor(Heads(*command.people).value()))
    throw DomainError("E-HEADS",
                      "found " + rungs::detail::text(*command.people) + " people; expected a whole number of people",
                      *command.people);
}

/// Whether the answers were drawn often enough, and whether the question goes beyond the data.
void warn_of_answers(Measured& a, const MeasureCommand& command, double observed_years, std::size_t draws) {
  if (a.within && observed_years > 0 && *command.within > observed_years + 1e-9)
    a.head.warnings.push_back(
        warning("W-HORIZON",
                fmt::format("found a question about {} years and data over {} years; expected a span that was observed",
                            rounded(*command.within), rounded(observed_years))));
  if (const auto& law = a.questions["stationary"]; !law.empty() && law.front().draws < draws)
    a.head.warnings.push_back(
        warning("W-INTERVAL", fmt::format("in {} of {} draws there are several groups of strata that nobody leaves, "
                                          "and no one long-run law: the intervals of long-run shares, and of what is "
                                          "weighted by them, are of the others",
                                          draws - law.front().draws, draws)));
  if (!a.target || draws == 0) return;
  const Estimate& reach = a.one("reach");
  const double part = reach.monte_carlo_error / (reach.upper - reach.lower);
  if (part > 0.1)
    a.head.warnings.push_back(
        warning("W-MCERR", fmt::format("the Monte Carlo error of the reach is {:.0f} % of its interval's width; "
                                       "--draws {} would make it a tenth",
                                       100 * part, std::ceil(100 * part * part * static_cast<double>(reach.draws)))));
}

/// The rows that the reach rests on: of strata that people may be in before they are there.
RowsUsed rows_before(const Measured& a, const Tally& tally) {
  return rows_used(tally, {a.target->from.index()}, a.start.value_or(Period{}), *a.within, a.target->reach.indices());
}

/// What half and double the prior make of the reach, where the prior makes up much of a row that it rests on.
void warn_of_prior(Measured& a, const Data& data) {
  if (!a.target || !data.prior || data.tally->by_period().empty() != data.ensemble.point().is_constant()) return;
  const Period start = a.start.value_or(Period{});
  const RowsUsed used = rows_before(a, *data.tally);
  if (prior_warnings(*data.tally, *data.prior, used).empty()) return;
  const auto with = [&](double times) {
    DirichletRows prior = *data.prior;
    prior.prior *= times;
    const Ensemble model = estimate(*data.tally, prior);
    return fmt::format("{:.4f}", reach_probability(a.target->from, a.target->reach, *a.within, start)(model.point()));
  };
  const std::string as_is = with(1), half = with(0.5), twice = with(2);
  if (as_is == half && as_is == twice) return;  // it does not rest on it after all
  a.head.warnings.push_back(warning("W-PRIOR", "the reach rests on the prior: by the mean matrix it is " + as_is +
                                                   ", with half the prior " + half + " and with double " + twice));
}

/// What can be asked of people of kinds that nobody sees.
Measured measured_hidden(const MeasureCommand& command) {
  const CommonOptions& common = command.common;
  if (command.from.empty())
    throw UsageError("found --method " + command.data.source.method +
                     " without --from and --within; expected both: of the whole society nothing is measured, since "
                     "people of several kinds have no one matrix");
  HiddenFit fit = fit_hidden(command.data, common, true);
  Measured a{.command = &command,
             .head = {.command = "measure", .seed = fit.seed, .inputs = fit.data.inputs, .warnings = fit.warnings},
             .ladder = fit.ladder(),
             .step = fit.options.step,
             .method = ""};
  look_up(a, fit.model.ensemble().point());
  if (!(fit.starters[static_cast<Eigen::Index>(a.from->index())] > 0))
    throw Refusal("E-IDENT", "found nobody whom the data first show in " + rungs::detail::quoted(a.from->name()) +
                                 "; expected somebody: of which kinds those are who start there is not known");
  const auto n = static_cast<Eigen::Index>(a.ladder.size());
  const HiddenQuestion question{.from = *a.from,
                                .target = a.target ? std::optional(a.target->reach) : std::nullopt,
                                .within = *a.within,
                                .people = command.people ? std::optional(Heads(*command.people)) : std::nullopt,
                                .draws_of_moves = draws_of_square_fit(n, common.number_of_draws())};
  const HiddenGroups model = bootstrapped(fit, common.number_of_draws());
  a.method = model.ensemble().method();
  a.hidden =
      ask_hidden(model, question,
                 {.draws = common.number_of_draws(), .seed = *fit.seed, .level = common.interval_level()}, common);
  a.n_step = a.hidden->moves_at_point;
  for (Eigen::Index i = 0; i < n; ++i)
    if (i < static_cast<Eigen::Index>(a.ladder.strata()) && !(fit.starters[i] > 0)) {
      a.n_step->row(i).setConstant(nan);  // of which kinds those are is not known
      for (Eigen::Index j = 0; j < n && !a.hidden->moves.empty(); ++j) {
        Estimate& e = a.hidden->moves[static_cast<std::size_t>(i * n + j)];
        e.value = e.lower = e.upper = e.monte_carlo_error = e.standard_deviation = nan;
      }
    }
  a.questions.put("reach", a.hidden->reach);
  a.questions.put("standing", a.hidden->standing);
  a.questions.put("expected years", a.hidden->expected_years);
  if (question.draws_of_moves) a.questions.put("n step", a.hidden->moves);
  a.people_reaching = a.hidden->people_reaching;
  if (a.target) find_unreachable(a, Kernel(a.hidden->any_class));
  warn_of_answers(a, command, fit.data.observed_years, common.number_of_draws());
  for (Diagnostic& d : coverage_of(fit, a.target ? rows_before(a, fit.data.tally) : RowsUsed{}))
    a.head.warnings.push_back(std::move(d));
  return a;
}

/// Everything asked of everybody or of one group; `picked` is the seed of all groups, once one was needed.
Measured measured(const MeasureCommand& command, const Data& data, std::optional<Seed>& picked) {
  const CommonOptions& common = command.common;
  const Ensemble& ensemble = data.ensemble;

  Measured a{.command = &command,
             .group = data.group,
             .head = {.command = "measure"},
             .ladder = ensemble.ladder(),
             .step = ensemble.step(),
             .method = ensemble.method(),
             .estimated_from = data.estimated_from,
             .survey = data.survey,
             .logit = data.logits.empty() ? data.logit : data.logits.front()};
  look_up(a, ensemble.point());
  const std::size_t draws = ensemble.varies() ? ensemble.limit(common.number_of_draws()) : 0;
  if (a.within) {
    ask_of_somebody(a, ensemble, draws);
    const Period start = a.start.value_or(Period{});
    const auto n = static_cast<Eigen::Index>(a.ladder.size());
    a.n_step = moves_within(ensemble.point(), *a.within, start);
    if (draws_of_square_fit(n, draws))
      a.questions.add("n step", n * n,
                      [=, within = *a.within](const Kernel& k) { return entries(moves_within(k, within, start)); });
  }
  ask_of_society(a, ensemble, data.origins(ensemble.point().index(a.start.value_or(Period{}))), draws);

  const bool counted = data.tally && data.tally->weight_kind() == WeightKind::none;
  if (command.data.source.kind == io::ScenarioData::Kind::table && counted) {
    const Matrix& people = data.people.at(ensemble.point().index(a.start.value_or(Period{})));
    const auto strata = static_cast<Eigen::Index>(a.ladder.strata());
    if (people.topLeftCorner(strata, strata).sum() >= 2 && people == people.array().round().matrix()) {
      const Matrix by_rung = people_by_rung(a.ladder, people);
      const AssociationOptions options{.level = common.interval_level(), .x = "origin", .y = "destination"};
      a.association = association(by_rung, options);
      a.attainable = attainable_association(by_rung, options);
      for (const std::vector<Warning>& more :
           {a.association->warnings, association_coverage_warnings(a.association->people)})
        for (const Warning& w : more) a.head.warnings.push_back(warning(w));
    }
  }

  const bool drawn = ensemble.varies() || command.people;
  if (drawn && !picked) picked = resolve_seed(common, a.head.warnings);
  const Seed seed = picked.value_or(Seed(0));
  if (drawn) a.head.seed = seed;
  const DrawOptions options{.draws = common.number_of_draws(), .seed = seed, .level = common.interval_level()};
  {
    Progress progress(common, "rungs: drawing", draws);
    a.questions.answer(ensemble, options, progress);
  }
  if (command.people)
    a.people_reaching = predict_people(
        ensemble, reach_probability(a.target->from, a.target->reach, *a.within, a.start.value_or(Period{})),
        Heads(*command.people), options);
  warn_of_answers(a, command, data.observed_years, draws);
  if (data.by_row)
    for (Diagnostic& d : coverage_of(data, a.target ? rows_before(a, *data.tally) : RowsUsed{}))
      a.head.warnings.push_back(std::move(d));
  warn_of_prior(a, data);
  return a;
}

}  // namespace

void run_measure(const MeasureCommand& command) {
  const CommonOptions& common = command.common;
  check_common(common);
  if (!command.association.path.empty()) {
    run_association(command.association, command.data.source, common);
    return;
  }
  if (!command.correlations.path.empty()) {
    run_correlations(command.correlations, command.data.source.encoding, common);
    return;
  }
  const io::ScenarioData& source = command.data.source;
  if (!source.count.empty() && source.kind != io::ScenarioData::Kind::table)
    throw UsageError("found --count without --table or --association; expected one of them");
  if (!source.missing.empty() && source.kind != io::ScenarioData::Kind::panel)
    throw UsageError("found --missing without --panel or --association; expected one of them");
  const io::PersonColumns& drawn = source.survey.columns;
  if (!(drawn.part.empty() && drawn.cluster.empty()) && source.kind != io::ScenarioData::Kind::panel)
    throw UsageError(std::string("found ") + (drawn.part.empty() ? "--cluster" : "--survey-strata") +
                     " without --panel or --association; expected one of them");
  const bool incomplete = !command.reach.empty() && (command.from.empty() || !command.within);
  if (incomplete) throw UsageError("found --reach without --from and --within; expected all three");
  if (!command.from.empty() && !command.within) throw UsageError("found --from without --within; expected both");
  if (command.people && command.reach.empty())
    throw UsageError(
        "found --people without --reach; expected both: so many people are asked to reach something (people behind a "
        "matrix are --people-behind)");
  const Output output(common, input_names(command.data));
  check_models(command.data);
  if (hidden_method(command.data.source.method)) {
    if (command.weights != StratumWeights::stationary)
      throw UsageError("found --weights with --method " + command.data.source.method +
                       "; expected none: indices are not measured then");
    std::vector<Measured> answers;
    answers.push_back(measured_hidden(command));
    const std::string answer = common.format == Format::json  ? as_json(answers.front().head, answers)
                               : common.format == Format::csv ? as_csv(answers)
                                                              : tables_of(answers);
    print_warnings(answers.front().head.warnings, common);
    output.write(answer);
    return;
  }
  if (is_second_order(command.data)) {
    if (command.start || command.people || command.weights != StratumWeights::stationary)
      throw UsageError(std::string("found ") +
                       (command.start    ? "--start"
                        : command.people ? "--people"
                                         : "--weights") +
                       " with a chain of second order; expected --from, --reach and --within alone");
    measure_second_order(command.data, common, output, command.from, command.reach, command.within);
    return;
  }
  std::vector<Diagnostic> warnings;
  DataOptions options = command.data;
  options.coverage = false;  // told of the rows that an answer rests on
  if (!command.reach.empty()) options.asked = reach_asked(command);
  options.pooling = pooling_of(command.data, common, warnings);
  options.resampling = resampling_of(command.data, common, warnings);
  std::optional<Seed> picked;
  if (options.pooling) picked = options.pooling->seed;
  if (options.resampling) picked = options.resampling->seed;
  if (is_logit(command.data)) picked = resolve_seed(common, warnings);
  Data data = is_logit(command.data) ? load_logit(command.data, common.number_of_draws(), *picked) : load(options);
  data.warnings.insert(data.warnings.begin(), warnings.begin(), warnings.end());
  for (Diagnostic& d : span_warnings(data)) data.warnings.push_back(std::move(d));
  Head all{.command = "measure", .inputs = data.inputs, .warnings = std::move(data.warnings)};
  if (command.data.pool_groups)
    for (Diagnostic& d : group_warnings(data)) all.warnings.push_back(std::move(d));
  std::vector<Measured> answers;
  if (data.groups.empty() || command.data.pool_groups)
    answers.push_back(measured(command, data, picked));
  else
    for (const Data& group : data.groups) answers.push_back(measured(command, group, picked));
  for (Measured& a : answers) {
    if (a.head.seed) all.seed = a.head.seed;
    for (Diagnostic& d : a.head.warnings) {
      if (!a.group.empty() && d.code != "W-SEED" && d.code != "W-HORIZON")
        d.found = "group " + rungs::detail::quoted(a.group) + ": " + d.found;
      const auto told = [&d](const Diagnostic& other) { return other.text() == d.text(); };
      if (std::none_of(all.warnings.begin(), all.warnings.end(), told)) all.warnings.push_back(std::move(d));
    }
  }
  const std::string answer = common.format == Format::json  ? as_json(all, answers)
                             : common.format == Format::csv ? as_csv(answers)
                                                            : tables_of(answers);
  print_warnings(all.warnings, common);
  output.write(answer);
}

}  // namespace rungs::cli
