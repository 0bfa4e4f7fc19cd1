// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include "person_columns.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <system_error>
#include <utility>

#include <rungs/core/ladder.hpp>

#include "panel_reader.hpp"
#include "words.hpp"

namespace rungs::io::detail {

namespace {

/// The whole number that a name ends in after `prefix`, where there is nothing else.
std::optional<std::uint64_t> number_behind(std::string_view name, std::string_view prefix) {
  if (name.size() <= prefix.size() || name.substr(0, prefix.size()) != prefix) return std::nullopt;
  const char* const end = name.data() + name.size();
  std::uint64_t number = 0;
  const auto [rest, error] = std::from_chars(name.data() + prefix.size(), end, number);
  if (error != std::errc() || rest != end) return std::nullopt;
  return number;
}

}  // namespace

const char* PersonColumnReader::word(Kind kind) {
  switch (kind) {
    case Kind::part:
      return "part of the frame";
    case Kind::cluster:
      return "cluster";
    case Kind::replicate:
      return "replicate weight";
    case Kind::constant:
      break;
  }
  return "value";
}

PersonColumnReader::PersonColumnReader(const PersonColumns& of, const std::string& weight, const Header& header,
                                       Findings& findings)
    : findings_(findings), nested_(of.nested) {
  std::map<std::string, std::string> wanted;  // one role of each column: it may have several
  for (const std::string& name : of.constant) wanted[name] = "said to be constant";
  if (!of.cluster.empty()) wanted[of.cluster] = "the cluster";
  if (!of.part.empty()) wanted[of.part] = "the part of the frame";
  std::vector<Wanted> all;
  for (const auto& [name, role] : wanted) all.push_back({role, name});
  if (!all.empty()) header.check(findings, all);
  if (!of.part.empty()) add(Kind::part, of.part, header);
  if (!of.cluster.empty()) add(Kind::cluster, of.cluster, header);
  for (const std::string& name : std::set<std::string>(of.constant.begin(), of.constant.end()))
    add(Kind::constant, name, header);
  if (!of.replicates.empty()) add_replicates(of.replicates, weight, header, findings);
}

void PersonColumnReader::add(Kind kind, const std::string& name, const Header& header) {
  Column& column = columns_.emplace_back();
  column.kind = kind;
  column.name = name;
  column.column = *header.find(name);
}

void PersonColumnReader::add_replicates(const std::string& text, const std::string& weight, const Header& header,
                                        Findings& findings) {
  const char* const at = header.fields().front().begin;
  std::vector<std::string> names;
  if (header.find(text)) {
    findings.error("E-COL-ABSENT", at, "found one column called " + shown(text) + " (replicate weights)",
                   "expected two or more: their names with commas between, or what they begin with");
  } else if (text.find(',') == std::string::npos) {
    std::vector<std::pair<std::uint64_t, std::string>> found;
    for (std::size_t c = 0; c + header.nameless_at_end() < header.size(); ++c)
      if (const auto number = number_behind(header.names()[c], text); number && header.names()[c] != weight)
        found.emplace_back(*number, header.names()[c]);
    std::sort(found.begin(), found.end());
    for (auto& [number, name] : found) names.push_back(std::move(name));
    if (names.size() < 2)
      findings.error("E-COL-ABSENT", at,
                     "found " + (names.empty() ? std::string("no column") : "only column " + shown(names.front())) +
                         " of " + shown(text) + " with a whole number behind it (replicate weights)",
                     "expected two or more, such as " + shown(text + "1") + " and " + shown(text + "2"));
  } else {
    std::vector<Wanted> wanted;
    for (std::string_view rest = text;;) {
      const std::size_t comma = rest.find(',');
      names.emplace_back(rungs::detail::trimmed(rest.substr(0, comma)));
      wanted.push_back({"a replicate weight", names.back()});
      if (comma == std::string_view::npos) break;
      rest.remove_prefix(comma + 1);
    }
    if (!weight.empty()) wanted.push_back({"the weight", weight});
    header.check(findings, wanted);
  }
  findings.throw_errors();
  for (const std::string& name : names) add(Kind::replicate, name, header);
  replicates_ = names.size();
}

bool PersonColumnReader::has(std::size_t column) const {
  return std::any_of(columns_.begin(), columns_.end(), [column](const Column& c) { return c.column == column; });
}

void PersonColumnReader::take_slots(std::vector<std::uint32_t>& slot_of, std::uint32_t first) {
  for (Column& column : columns_) {
    std::uint32_t& slot = slot_of[column.column];
    if (slot == 0) slot = first++;
    column.slot = slot;
  }
}

bool PersonColumnReader::take(std::uint32_t person, std::string_view id, std::vector<Field>& fields, std::uint64_t line,
                              Blanks& blanks) {
  bool ok = true;
  if (first_line_.size() <= person) {
    first_line_.resize(person + std::size_t{1});
    weights_.resize((person + std::size_t{1}) * replicates_, -1);
  }
  if (first_line_[person] == 0) first_line_[person] = line;
  std::size_t replicate = person * replicates_;
  for (Column& column : columns_) {
    Field& field = fields[column.slot];
    blanks.trim(field);
    if (column.kind == Kind::replicate)
      ok = take_weight(column, weights_[replicate++], first_line_[person], id, field) && ok;
    else
      ok = take_text(column, person, id, field, line) && ok;
    if (findings_.full()) return false;
  }
  return ok;
}

bool PersonColumnReader::take_text(Column& column, std::uint32_t person, std::string_view id, const Field& field,
                                   std::uint64_t line) {
  const std::string_view plain = field.text();
  if (plain.empty() || is_missing_sign(plain)) {
    if (column.kind == Kind::constant) return true;
    findings_.error("E-DESIGN-EMPTY", field.begin,
                    (plain.empty() ? "found no " + std::string(word(column.kind))
                                   : "found " + shown(plain) + ", a sign for a missing value,") +
                        " in column " + shown(column.name),
                    "expected the " + std::string(word(column.kind)) + " that " +
                        (id.empty() ? "the person" : shown(id)) + " was drawn " +
                        (column.kind == Kind::part ? "from" : "with"),
                    "leave out people of whom it is not known");
    return false;
  }
  const Key key =
      field.form == Field::Form::with_doubled_quotes ? kept_.keep(field.meant()) : Key{field.begin, field.end};
  const auto fresh = static_cast<std::uint32_t>(column.texts.size());
  const std::uint32_t value = column.numbers.find_or_add(key, fresh);
  if (value == fresh) column.texts.emplace_back(key.view());
  if (column.of_person.size() <= person) column.of_person.resize(person + std::size_t{1});
  First& first = column.of_person[person];
  if (first.value == Lookup::none) first = {value, line, field.begin};
  if (first.value == value) return true;
  if (column.kind == Kind::constant) {
    if (column.changes++ > 0) return true;
    column.first_change = field.begin;
    column.how = "the first is of " + shown(id) + ": " + shown(column.texts[value]) + ", and " +
                 shown(column.texts[first.value]) + " " + findings_.on_line(first.line) +
                 "; is one id used for two people?";
    return true;
  }
  findings_.error(
      "E-DESIGN-VARIES", field.begin,
      "found " + shown(id) + " in the " + word(column.kind) + " " + shown(column.texts[value]) + " of column " +
          shown(column.name),
      "expected each person in one, that they were drawn " + std::string(column.kind == Kind::part ? "from" : "with"),
      "it was " + shown(column.texts[first.value]) + " " + findings_.on_line(first.line));
  return false;
}

bool PersonColumnReader::take_weight(const Column& column, double& known, std::uint64_t first_line, std::string_view id,
                                     const Field& field) {
  double w = 0;
  const WeightFault fault = read_weight(field.text(), w);
  if (*fault.code != '\0') {
    findings_.error(fault.code, field.begin,
                    (field.empty() ? "found no replicate weight" : "found " + shown(field.meant())) +
                        std::string(" in column ") + shown(column.name),
                    "expected a number, 0 or more", fault.hint);
    return false;
  }
  if (known < 0) known = w;
  if (known == w) return true;
  findings_.error(
      "E-DESIGN-VARIES", field.begin,
      "found the replicate weight " + shown(field.meant()) + " of " + shown(id) + " in column " + shown(column.name),
      "expected one replicate weight for each person",
      "it was " + rungs::detail::text(known) + " " + findings_.on_line(first_line));
  return false;
}

void PersonColumnReader::warn() {
  for (const Column& column : columns_)
    if (column.changes > 0)
      findings_.warn("W-CONST-VARIES", column.first_change,
                     "found " + counted(column.changes, "record", "records") + " with another value in column " +
                         shown(column.name) + " than the person's first record",
                     "expected one value for each person", column.how);
}

PersonValues PersonColumnReader::of(const std::vector<std::uint32_t>& people) {
  PersonValues out;
  const Column* parts = nullptr;
  for (const Column& column : columns_) {
    if (column.kind == Kind::part) {
      parts = &column;
      out.parts = column.texts;
      for (const std::uint32_t who : people) out.part.push_back(column.of_person[who].value);
    }
    if (column.kind == Kind::replicate) out.replicates.push_back(column.name);
    if (column.kind != Kind::cluster) continue;
    // Where each part numbers its clusters anew, a cluster is told by both.
    struct Met {
      std::uint32_t number, part;
      std::uint64_t line;
    };
    std::map<std::pair<std::uint32_t, std::uint32_t>, Met> numbers;
    for (std::size_t k = 0; k < people.size(); ++k) {
      const First& own = column.of_person[people[k]];
      const std::uint32_t part = parts == nullptr ? 0 : out.part[k];
      const auto [met, is_new] = numbers.try_emplace(
          {nested_ ? part : 0, own.value}, Met{static_cast<std::uint32_t>(out.clusters.size()), part, own.line});
      if (is_new) out.clusters.push_back(column.texts[own.value]);
      if (met->second.part != part && !findings_.full())
        findings_.error("E-DESIGN-NESTED", own.at,
                        "found the cluster " + shown(column.texts[own.value]) + " of column " + shown(column.name) +
                            " in the part of the frame " + shown(parts->texts[part]),
                        "expected each cluster in one part",
                        "it was in " + shown(parts->texts[met->second.part]) + " " +
                            findings_.on_line(met->second.line) +
                            "; if each part numbers its clusters anew, declare them as nested");
      out.cluster.push_back(met->second.number);
    }
  }
  out.replicate_weights.reserve(people.size() * replicates_);
  for (const std::uint32_t who : people)
    for (std::size_t r = 0; r < replicates_; ++r) out.replicate_weights.push_back(weights_[who * replicates_ + r]);
  return out;
}

}  // namespace rungs::io::detail
