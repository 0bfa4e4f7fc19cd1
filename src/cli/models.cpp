// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include "models.hpp"

#include <CLI/CLI.hpp>

#include <charconv>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "hidden_groups.hpp"

namespace rungs::cli {

std::optional<double> second_order_prior(std::string_view method) {
  constexpr std::string_view name = "second-order";
  if (method == name) return 0;
  if (method.substr(0, name.size()) != name || method.size() < name.size() + 2 || method[name.size()] != ':')
    return std::nullopt;
  const std::string_view prior = method.substr(name.size() + 1);
  double x = 0;
  const auto [end, error] = std::from_chars(prior.data(), prior.data() + prior.size(), x);
  if (error != std::errc() || end != prior.data() + prior.size() || !(x > 0)) return std::nullopt;
  return x;
}

bool is_model_method(std::string_view method) { return method == "logit" || second_order_prior(method).has_value(); }

void setup_models(CLI::App& verb, DataOptions& options) {
  ModelOptions& model = options.model;
  CLI::Option* panel = verb.get_option("--panel");
  verb.add_option(
          "--covariate", model.covariates,
          "column of what may explain moves, with its kind; of a category, its labels may follow, the reference "
          "first (default: the first in the file); may be repeated")
      ->type_name("COLUMN[:number|:category[: LABEL, ...]]")
      ->allow_extra_args(false)
      ->needs(panel)
      ->group("Logit");
  verb.add_option("--at", model.at,
                  "value that a covariate is set to for everybody; others stay as they are; may be repeated")
      ->type_name("COLUMN=VALUE")
      ->allow_extra_args(false)
      ->needs("--covariate")
      ->group("Logit");
  add_choice(
      verb, "--missing-covariate", {"refuse", "drop"}, [&model](std::size_t k) { model.drop_missing = k == 1; },
      "a covariate that is empty or a sign for a missing value: an error (default), or moves that start there are left "
      "out and counted")
      ->needs("--covariate")
      ->group("Logit");
  add_choice(
      verb, "--slopes", {"by-stratum", "common"}, [&model](std::size_t k) { model.common_slopes = k == 1; },
      "whether covariates act in every stratum on their own (default), or alike in all")
      ->needs("--covariate")
      ->group("Logit");
  add_choice(
      verb, "--variance", {"by-person", "model"}, [&model](std::size_t k) { model.model_variance = k == 1; },
      "standard errors that hold where moves of one person are alike (default), or those of independent moves")
      ->needs("--covariate")
      ->group("Logit");
  add_choice(
      verb, "--average-over", {"stratum", "everybody"}, [&model](std::size_t k) { model.over_everybody = k == 1; },
      "whose covariates a row of the matrix is averaged over: of those in its stratum (default), or of all people")
      ->needs("--covariate")
      ->group("Logit");
  add_choice(
      verb, "--unseen-past", {"first-order", "absorbing", "prior"},
      [&model](std::size_t k) { model.unseen_past = k == 0   ? "first-order"
                                                    : k == 1 ? "absorbing"
                                                             : "prior"; },
      "what those do whose past and present stratum nobody was seen to follow: as all in the stratum, nobody leaves "
      "it, "
      "or only the prior speaks; there is no default")
      ->group("Second order");
}

void check_models(const DataOptions& options) {
  const ModelOptions& model = options.model;
  const io::ScenarioData& source = options.source;
  const bool logit = is_logit(options), second = is_second_order(options);
  if (options.starts && !hidden_method(source.method))
    throw UsageError("found --starts without --method mixture:K; expected both");
  if (!logit && !model.covariates.empty())
    throw UsageError("found --covariate without --method logit; expected both, or none");
  if (!second && !model.unseen_past.empty())
    throw UsageError("found --unseen-past without --method second-order; expected both, or none");
  if (!second && !model.pasts.empty())
    throw UsageError("found --pasts without --method second-order; expected both, or none");
  if (!logit && !second) return;
  const std::string method = "--method " + source.method;
  if (!options.given || source.kind != io::ScenarioData::Kind::panel)
    throw UsageError("found " + method + " without --panel; expected a panel: " +
                     (logit ? "covariates are of people" : "a past is what a person did before"));
  if (second && !options.group.empty())
    throw UsageError("found --group with " + method +
                     "; expected a file of each group: --group is for shares of moves, and for logits");
  if (second && source.by_period)
    throw UsageError("found --by-period with " + method + "; expected all periods together");
  if (logit && options.pool_groups)
    throw UsageError("found --pool-groups with " + method +
                     "; expected --group alone, a logit of each group, or neither");
  if (source.gap == "skip" || source.gap == "em")
    throw UsageError("found --gap " + source.gap + " with " + method +
                     "; expected --gap drop or refuse: moves that were not seen have no " +
                     (logit ? "covariates" : "past"));
  if (logit && model.covariates.empty())
    throw UsageError(
        "found --method logit without --covariate; expected at least one: without any, take --method proportions");
  if (logit && source.unleft == "prior")
    throw UsageError("found --unleft prior with --method logit; expected absorbing or refuse: a logit has no prior");
  if (second && !source.unleft.empty())
    throw UsageError("found --unleft with " + method +
                     "; expected --unseen-past, which says the same of each past and present stratum");
  if (second && model.unseen_past == "prior" && !(*second_order_prior(source.method) > 0))
    throw UsageError(
        "found --unseen-past prior without a prior; expected --method second-order:PRIOR with a number above 0");
}

}  // namespace rungs::cli
