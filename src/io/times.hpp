// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_IO_TIMES_HPP
#define RUNGS_IO_TIMES_HPP

#include <cstdint>
#include <string>
#include <string_view>

#include "source.hpp"

namespace rungs::io::detail {

/// What a text in a column of times may turn out to be; the first three are times.
enum class TimeForm : std::uint8_t { whole, whole_with_point, negative, empty, fraction, code, too_large, other };
struct Time {
  TimeForm form = TimeForm::other;
  std::int32_t value = 0;
  [[nodiscard]] bool is_time() const noexcept { return form <= TimeForm::negative; }
};
[[nodiscard]] Time read_time(std::string_view text);

/// Tells why a text in a column of times is none; nothing when it is one.
void tell_time(Findings& findings, const char* at, const std::string& text, const std::string& column);

}  // namespace rungs::io::detail

#endif
