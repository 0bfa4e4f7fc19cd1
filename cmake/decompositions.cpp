// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#define RUNGS_DECOMPOSITIONS
#include "decompositions.hpp"
