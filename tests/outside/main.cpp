// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <iostream>

// A header for each library that Rungs needs: Random123, Boost, Eigen. outside.sh adds all headers, in one way.
#include <rungs/core/draw.hpp>
#include <rungs/core/ladder.hpp>
#include <rungs/estimate/interval.hpp>
#include <rungs/model/transition_matrix.hpp>
#include <rungs/version.hpp>

int main() {
  const auto ladder = rungs::Ladder::parse("worker < technician < entrepreneur | left home");
  std::cout << ladder.size() << '\n';
}
