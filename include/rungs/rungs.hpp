// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_RUNGS_HPP
#define RUNGS_RUNGS_HPP

/// Everything that needs Eigen and headers only.
///
/// Left out, to be included where wanted: rungs/io/csv.hpp and rungs/io/scenario.hpp (target rungs::io),
/// rungs/serialize/saved_model.hpp and rungs/serialize/sha256.hpp (target rungs::serialize), rungs/optimise/solve.hpp
/// and rungs/optimise/allocate.hpp (target rungs::optimise), and rungs/testing/conformance.hpp (checks for authors of
/// estimators and programmes).

#include <rungs/core/draw.hpp>
#include <rungs/core/error.hpp>
#include <rungs/core/estimate.hpp>
#include <rungs/core/ladder.hpp>
#include <rungs/core/quantity.hpp>
#include <rungs/core/random.hpp>
#include <rungs/core/time.hpp>
#include <rungs/data/histories.hpp>
#include <rungs/data/ledger.hpp>
#include <rungs/data/mobility_table.hpp>
#include <rungs/data/panel.hpp>
#include <rungs/data/tally.hpp>
#include <rungs/data/weight.hpp>
#include <rungs/decide/comparison.hpp>
#include <rungs/decide/economics.hpp>
#include <rungs/decide/evaluate.hpp>
#include <rungs/decide/frontier.hpp>
#include <rungs/decide/linear_programme.hpp>
#include <rungs/decide/seat_plan.hpp>
#include <rungs/decide/tornado.hpp>
#include <rungs/decide/value_of_information.hpp>
#include <rungs/estimate/across_gaps.hpp>
#include <rungs/estimate/aggregate_shares.hpp>
#include <rungs/estimate/association.hpp>
#include <rungs/estimate/assumptions.hpp>
#include <rungs/estimate/attainable_association.hpp>
#include <rungs/estimate/bootstrap.hpp>
#include <rungs/estimate/covariates.hpp>
#include <rungs/estimate/coverage.hpp>
#include <rungs/estimate/dirichlet.hpp>
#include <rungs/estimate/estimator.hpp>
#include <rungs/estimate/exchange.hpp>
#include <rungs/estimate/hidden_groups.hpp>
#include <rungs/estimate/homogeneity.hpp>
#include <rungs/estimate/interval.hpp>
#include <rungs/estimate/loglinear.hpp>
#include <rungs/estimate/margins.hpp>
#include <rungs/estimate/memory.hpp>
#include <rungs/estimate/mixture.hpp>
#include <rungs/estimate/mobility_tables.hpp>
#include <rungs/estimate/mover_stayer.hpp>
#include <rungs/estimate/panel_checks.hpp>
#include <rungs/estimate/partial_pooling.hpp>
#include <rungs/estimate/proportions.hpp>
#include <rungs/estimate/rates.hpp>
#include <rungs/estimate/second_order.hpp>
#include <rungs/estimate/second_order_survey.hpp>
#include <rungs/estimate/significance.hpp>
#include <rungs/estimate/survey.hpp>
#include <rungs/estimate/survey_design.hpp>
#include <rungs/estimate/survey_memory.hpp>
#include <rungs/estimate/survey_tests.hpp>
#include <rungs/estimate/table_model.hpp>
#include <rungs/estimate/transition_logit.hpp>
#include <rungs/estimate/two_samples.hpp>
#include <rungs/intervene/effect.hpp>
#include <rungs/intervene/programme.hpp>
#include <rungs/intervene/track.hpp>
#include <rungs/measure/discount.hpp>
#include <rungs/measure/embedding.hpp>
#include <rungs/measure/indices.hpp>
#include <rungs/measure/long_run.hpp>
#include <rungs/measure/reach.hpp>
#include <rungs/measure/summary.hpp>
#include <rungs/measure/value.hpp>
#include <rungs/measure/within_period.hpp>
#include <rungs/model/ensemble.hpp>
#include <rungs/model/group_shares.hpp>
#include <rungs/model/headcount.hpp>
#include <rungs/model/kernel.hpp>
#include <rungs/model/structure.hpp>
#include <rungs/model/transition_matrix.hpp>
#include <rungs/project/course.hpp>
#include <rungs/project/headcounts.hpp>
#include <rungs/project/population.hpp>
#include <rungs/project/projection.hpp>
#include <rungs/project/sensitivity.hpp>
#include <rungs/project/tracks.hpp>
#include <rungs/project/whole_people.hpp>
#include <rungs/version.hpp>

#endif
