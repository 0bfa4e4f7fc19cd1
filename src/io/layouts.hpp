// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_IO_LAYOUTS_HPP
#define RUNGS_IO_LAYOUTS_HPP

#include <string>

#include <rungs/io/csv.hpp>

namespace rungs::io::detail {

/// Reads a panel with a record for each person; see read_panel().
[[nodiscard]] PanelFile read_wide_panel(const std::string& path, const PanelColumns& columns, const Ladder& ladder);

/// Reads a panel with a record for each spell; see read_panel().
[[nodiscard]] PanelFile read_spells(const std::string& path, const PanelColumns& columns, const Ladder& ladder);

}  // namespace rungs::io::detail

#endif
