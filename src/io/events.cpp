// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <rungs/io/csv.hpp>

#include "header.hpp"
#include "scanner.hpp"
#include "source.hpp"
#include "words.hpp"

namespace rungs::io {

namespace {

using detail::Field;
using detail::shown;

class EventReader {
 public:
  EventReader(const std::string& path, const EventColumns& columns)
      : columns_(columns),
        source_(path, {{}, {}, {columns.events, columns.exposure}, columns.by, false, {}, columns.encoding}),
        findings_(source_),
        scanner_(source_, findings_),
        header_(scanner_, source_, findings_, blanks_, wanted(columns)) {
    header_.check(findings_, wanted(columns));
    out_.labels.resize(columns.by.size());
    out_.label_of.resize(columns.by.size());
  }

  EventFile read() {
    std::vector<std::uint32_t> slot_of(header_.size());
    for (std::size_t c = 0; c < slot_of.size(); ++c) slot_of[c] = static_cast<std::uint32_t>(c);
    std::vector<Field> fields(slot_of.size());
    std::uint64_t records = 0;
    while (!findings_.full()) {
      const detail::Scanner::Found found = scanner_.next(std::span<const std::uint32_t>(slot_of), fields.data());
      if (found == detail::Scanner::Found::end) break;
      ++records;
      if (found == detail::Scanner::Found::record) take(fields);
    }
    findings_.throw_errors();
    if (records == 0) header_.refuse_no_records(source_);
    blanks_.tell(findings_);
    if (scanner_.blank_line() != nullptr)
      findings_.warn("W-LINE-BLANK", scanner_.blank_line(), "found a blank line between records", "expected none",
                     "blank lines were left out; this is the first");
    out_.warnings = findings_.warnings();
    return std::move(out_);
  }

 private:
  static std::vector<detail::Wanted> wanted(const EventColumns& columns) {
    std::vector<detail::Wanted> out{{"the number of events", columns.events}};
    if (!columns.exposure.empty()) out.push_back({"the time at risk", columns.exposure});
    for (const std::string& by : columns.by) out.push_back({"a group", by});
    return out;
  }

  Field& field(std::vector<Field>& fields, const std::string& name) {
    Field& out = fields[*header_.find(name)];
    blanks_.trim(out);
    return out;
  }
  static std::optional<double> number(const std::string& text) {
    double x = 0;
    const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), x);
    if (text.empty() || error != std::errc() || rest != text.data() + text.size()) return std::nullopt;
    return x;
  }

  void take(std::vector<Field>& fields) {
    out_.events.push_back(events(field(fields, columns_.events)));
    out_.exposure.push_back(columns_.exposure.empty() ? 1 : exposure(field(fields, columns_.exposure)));
    for (std::size_t c = 0; c < columns_.by.size(); ++c)
      out_.label_of[c].push_back(label(c, field(fields, columns_.by[c])));
  }

  double events(const Field& at) {
    const std::string text = at.meant();
    const auto x = number(text);
    if (x && *x >= 0 && *x < 1e9 && *x == std::floor(*x)) return *x;
    const std::string column = " in column " + shown(columns_.events);
    if (x && *x >= 1e9)
      findings_.error("E-COUNT-RANGE", at.begin, "found " + shown(text) + column, "expected less than 1e9 events");
    else
      findings_.error(
          "E-COUNT", at.begin, text.empty() ? "found no number of events" + column : "found " + shown(text) + column,
          "expected a whole number of events, 0 or more",
          text.empty() || detail::is_missing_sign(text) ? "leave out records of which it is not known" : "");
    return 0;
  }

  double exposure(const Field& at) {
    const std::string text = at.meant();
    const auto x = number(text);
    if (x && *x > 0 && *x < 1e15) return *x;
    findings_.error(
        "E-EXPOSURE", at.begin,
        (text.empty() ? "found no time at risk" : "found " + shown(text)) + " in column " + shown(columns_.exposure),
        "expected a time at risk above 0", x && *x == 0 ? "leave out who was never at risk" : "");
    return 1;
  }

  std::uint32_t label(std::size_t c, const Field& at) {
    const std::string text = at.meant();
    const std::string column = " in column " + shown(columns_.by[c]);
    if (text.empty() || detail::is_missing_sign(text)) {
      findings_.error(
          "E-LABEL-UNKNOWN", at.begin,
          text.empty() ? "found no group" + column : "found " + shown(text) + column + ", a sign for a missing value",
          "expected the name of a group", "leave out records of which it is not known");
      return 0;
    }
    std::vector<std::string>& known = out_.labels[c];
    const auto found = std::find(known.begin(), known.end(), text);
    if (found != known.end()) return static_cast<std::uint32_t>(found - known.begin());
    if (known.size() == 100) {
      if (!full_)
        findings_.error("E-SIZE", at.begin, "found more than 100 groups" + column, "expected fewer",
                        "are they numbers?");
      full_ = true;
      return 0;
    }
    known.push_back(text);
    return static_cast<std::uint32_t>(known.size() - 1);
  }

  const EventColumns& columns_;
  detail::Source source_;
  detail::Findings findings_;
  detail::Scanner scanner_;
  detail::Blanks blanks_{};
  detail::Header header_;
  EventFile out_{};
  bool full_ = false;
};

}  // namespace

EventFile read_events(const std::string& path, const EventColumns& columns) {
  return EventReader(path, columns).read();
}

}  // namespace rungs::io
