// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_IO_DTA_LAYOUT_HPP
#define RUNGS_IO_DTA_LAYOUT_HPP

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <rungs/core/error.hpp>

namespace rungs::io::detail {

/// What a Stata file says of itself, once it is known that its parts lie where they must.
struct DtaLayout {
  int release = 0;
  std::size_t observations = 0;
  std::vector<std::string> names{};
  std::vector<std::size_t> long_texts{};  ///< variables of type strL, from 0 on
  /// Where the date of the file stands; 0 bytes where it has none.
  std::size_t timestamp = 0, timestamp_size = 0;
  std::vector<Diagnostic> warnings{};
};

/// Whether the bytes begin as a Stata file does, of whatever release, even one that is cut off.
[[nodiscard]] bool begins_as_dta(std::string_view bytes) noexcept;

/// Walks through all parts of a Stata file (releases 113 to 115 and 117 to 119, either byte order) before its values
/// are read: whatever is cut off, too long, out of place or refers to nothing is refused, naming byte and section.
///
/// Names are those of `encoding`, UTF-8 where it is empty. Nothing is allocated by what the file declares. Throws
/// InputError [E-DTA-TRUNC, E-DTA-VERSION, E-DTA-HEADER, E-DTA-SIZE, E-DTA-TYPE, E-DTA-NAME, E-DTA-MAP, E-DTA-STRL,
/// E-DTA-LABELS]. In releases before 117 a file that is cut off between two tables of labels is known by a table that a
/// variable names and that is not there; later ones have a mark at their end. Cost: O(variables + labels), and
/// O(observations) with texts of type strL. Source: StataCorp, help dta (releases 113 to 119).
[[nodiscard]] DtaLayout check_dta(const std::string& file, std::string_view bytes, const std::string& encoding = {});

}  // namespace rungs::io::detail

#endif
