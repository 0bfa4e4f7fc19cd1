// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <iostream>

#include <rungs/rungs.hpp>

int main() {
  const auto ladder = rungs::Ladder::parse("worker < technician < entrepreneur | left home");
  std::cout << ladder.size() << '\n';
}
