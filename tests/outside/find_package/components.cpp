// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <iostream>

#include <rungs/io/csv.hpp>
#include <rungs/serialize/saved_model.hpp>

// Something of each component must be found when this is linked; both refuse a file that is not there.
int main() {
  try {
    (void)rungs::load("no such file");
  } catch (const rungs::InputError& refused) {
    try {
      (void)rungs::io::read_table("no such file", rungs::Ladder::parse("worker < technician"));
    } catch (const rungs::InputError& as_well) {
      std::cout << refused.what() << '\n' << as_well.what() << '\n';
      return 0;
    }
  }
  return 1;
}
