// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_TESTS_CORE_MESSAGE_HPP
#define RUNGS_TESTS_CORE_MESSAGE_HPP

#include <exception>
#include <string>
#include <typeinfo>

#include <gtest/gtest.h>

#include <rungs/core/error.hpp>

namespace rungs_test {

/// The words of the error of exactly one type that `action` throws; they must end with its code.
template <class E, class Action>
std::string said(Action&& action) {
  try {
    action();
  } catch (const rungs::Error& error) {
    const std::string words = error.what(), end = " [" + error.code() + "]";
    EXPECT_TRUE(typeid(error) == typeid(E)) << "another type of error: " << words;
    if (typeid(error) != typeid(rungs::InputError)) {
      EXPECT_TRUE(words.size() > end.size() && words.compare(words.size() - end.size(), end.size(), end) == 0)
          << words << " does not end with its code " << error.code();
    }
    return words;
  } catch (const std::exception& error) {
    return std::string("not an error of ours: ") + error.what();
  }
  return "nothing was thrown";
}

/// The code of whatever error of ours `action` throws, or an empty text.
template <class Action>
std::string code_of(Action&& action) {
  try {
    action();
  } catch (const rungs::Error& error) {
    return error.code();
  } catch (const std::exception& error) {
    return std::string("not an error of ours: ") + error.what();
  }
  return "";
}

}  // namespace rungs_test

#endif
