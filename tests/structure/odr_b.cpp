// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/rungs.hpp>

const char* version_seen_by_b();

const char* version_seen_by_b() { return rungs::version; }
