// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include "header.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include <rungs/core/ladder.hpp>

#include "words.hpp"

namespace rungs::io::detail {

namespace {

constexpr std::pair<char, const char*> other_separators[] = {
    {';', "semicolons"}, {'\t', "tabs"}, {'|', "vertical bars"}, {':', "colons"}, {' ', "spaces"}};

std::vector<std::string> split(std::string_view line, char separator) {
  std::vector<std::string> out;
  for (;;) {
    const std::size_t at = line.find(separator);
    std::string_view part = rungs::detail::trimmed(line.substr(0, at));
    if (part.size() >= 2 && part.front() == '"' && part.back() == '"') part = part.substr(1, part.size() - 2);
    out.emplace_back(part);
    if (at == std::string_view::npos) return out;
    line.remove_prefix(at + 1);
  }
}

/// What separates the columns, where it is not commas.
const char* other_separator(std::string_view line, const std::vector<Wanted>& wanted) {
  for (const auto& [separator, name] : other_separators) {
    const std::vector<std::string> parts = split(line, separator);
    if (parts.size() < 2) continue;
    const bool all = !wanted.empty() && std::all_of(wanted.begin(), wanted.end(), [&parts](const Wanted& w) {
      return std::find(parts.begin(), parts.end(), w.name) != parts.end();
    });
    const bool plain = separator == ';' || separator == '\t' || separator == '|';
    if (all || (plain && line.find(',') == std::string_view::npos)) return name;
  }
  return nullptr;
}

bool is_number(const std::string& text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || c == '.' || c == '-'; });
}

}  // namespace

void Blanks::cut(Field& field) {
  if (first_ == nullptr || field.begin < first_) first_ = field.begin;
  ++fields_;
  while (field.begin != field.end && is_blank(*field.begin)) ++field.begin;
  while (field.begin != field.end && is_blank(field.end[-1])) --field.end;
}

void Blanks::tell(Findings& findings) const {
  if (fields_ == 0) return;
  findings.warn("W-SPACE", first_,
                "found " + (fields_ == 1 ? std::string("a field") : std::to_string(fields_) + " fields") +
                    " with blanks at the start or the end",
                "expected none", "they were read without them; this is the first");
}

Header::Header(Scanner& scanner, const Source& source, Findings& findings, Blanks& blanks,
               const std::vector<Wanted>& wanted)
    : fields_(scanner.header()), start_(scanner.record()), line_(static_cast<std::size_t>(scanner.record_line())) {
  for (Field& field : fields_) {
    blanks.trim(field);
    names_.push_back(field.meant());
  }
  while (nameless_ + 1 < size() && names_[size() - 1 - nameless_].empty()) ++nameless_;
  const bool all_there =
      std::all_of(wanted.begin(), wanted.end(), [this](const Wanted& w) { return find(w.name).has_value(); });
  const char* const line_end = std::find(scanner.record(), source.end(), '\n');
  if (!all_there || size() == 1) {
    if (const char* const separator =
            other_separator({scanner.record(), static_cast<std::size_t>(line_end - scanner.record())}, wanted)) {
      findings.error("E-SEP", source.begin(), std::string("found columns separated by ") + separator, "expected commas",
                     "save the file as CSV with commas between fields and points in decimal numbers");
      findings.throw_errors();
    }
  }
}

std::optional<std::size_t> Header::find(std::string_view name) const {
  const auto at = std::find(names_.begin(), names_.end(), name);
  if (at == names_.end()) return std::nullopt;
  return static_cast<std::size_t>(at - names_.begin());
}

void Header::check(Findings& findings, const std::vector<Wanted>& wanted) const {
  std::map<std::string_view, std::size_t> seen;
  for (std::size_t c = 0; c + nameless_ < size() && !findings.full(); ++c) {
    if (names_[c].empty())
      findings.error("E-COL-EMPTY", fields_[c].begin, "found column " + std::to_string(c + 1) + " without a name",
                     "expected a name for each column",
                     c == 0 ? "some programs write row numbers in front: name the column, or write "
                              "the file without them"
                            : "");
    else if (const auto [first, is_new] = seen.try_emplace(names_[c], c); !is_new)
      findings.error("E-COL-DUP", fields_[c].begin, "found the column name " + shown(names_[c]) + " a second time",
                     "expected each name once", "the first is column " + std::to_string(first->second + 1));
  }
  findings.throw_errors();  // what is absent may be what has no name

  const bool none =
      std::none_of(wanted.begin(), wanted.end(), [this](const Wanted& w) { return find(w.name).has_value(); });
  const bool looks_like_record = none && std::any_of(names_.begin(), names_.end(), is_number);
  for (std::size_t a = 0; a < wanted.size(); ++a) {
    if (!find(wanted[a].name)) {
      const std::string near = rungs::detail::nearest_name(wanted[a].name, names_);
      const bool only_case = !near.empty() && lower(near) == lower(wanted[a].name);
      std::string hint;
      if (looks_like_record)
        hint = "the first line looks like a record: it must name the columns";
      else if (only_case)
        hint = "only capital letters differ from " + shown(near);
      else if (!near.empty())
        hint = "did you mean " + shown(near) + "?";
      findings.error(
          "E-COL-ABSENT", start_, "found no column " + shown(wanted[a].name) + " (" + wanted[a].role + ")",
          "expected it among " + listed({names_.begin(), names_.end() - static_cast<std::ptrdiff_t>(nameless_)}), hint);
    }
    for (std::size_t b = 0; b < a; ++b)
      if (wanted[a].name == wanted[b].name)
        findings.error(
            "E-COL-ROLE", start_,
            "found column " + shown(wanted[a].name) + " named as " + wanted[b].role + " and as " + wanted[a].role,
            "expected a column for each");
  }
  findings.throw_errors();
}

void Header::refuse_no_records(const Source& source) const {
  throw InputError(
      {{Diagnostic::Severity::error, "E-NOROWS",
        source.of_observations() ? Location{source.name()} : source.line(line_ + 1),
        source.of_observations() ? "found variables but no observation" : "found column names but no record",
        source.of_observations() ? "expected at least one observation" : "expected at least one record", ""}});
}

}  // namespace rungs::io::detail
