// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <gtest/gtest.h>

#include <rungs/rungs.hpp>

// This file and negative_space.cpp both see everything; whatever is not inline is defined twice and does not link.
const char* version_seen_elsewhere();

TEST(OneDefinition, HoldsForTheUmbrella) { EXPECT_EQ(version_seen_elsewhere(), rungs::version); }
