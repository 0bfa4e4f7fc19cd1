// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_DATA_WEIGHT_HPP
#define RUNGS_DATA_WEIGHT_HPP

#include <cstdint>

namespace rungs {

/// What a weight means; a weight belongs to the record a transition starts from.
enum class WeightKind : std::uint8_t {
  none,
  frequency,  ///< the record stands for that many people who were observed: counts as people
  sampling,   ///< the record stands for 1/probability people of the population: moves the estimate, is never people
  precision,  ///< the record is known more or less exactly: moves the estimate, is never people
};

}  // namespace rungs

#endif
