// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include <gmock/gmock.h>

namespace {

/// Where undefined behaviour is a trap (preset clang-debug), says which test met it; preset sanitize says where.
void tell_of_trap(int) {
  if (const testing::TestInfo* test = testing::UnitTest::GetInstance()->current_test_info(); test != nullptr)
    std::fprintf(stderr, "undefined behaviour in %s.%s\n", test->test_suite_name(), test->name());
  std::_Exit(EXIT_FAILURE);
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGILL, tell_of_trap);
  testing::InitGoogleMock(&argc, argv);
  return RUN_ALL_TESTS();
}
