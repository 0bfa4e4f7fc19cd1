// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include "covariates.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "words.hpp"

namespace rungs::io::detail {

namespace {

constexpr std::size_t most_levels = 100;

std::string in_column(const std::string& name) { return " in column " + shown(name); }

}  // namespace

CovariateReader::CovariateReader(const PanelColumns& columns, Findings& findings)
    : may_miss_(columns.covariates_may_miss), moves_(columns.moves), findings_(findings) {
  for (const CovariateColumn& wanted : columns.covariates) {
    Column& column = columns_.emplace_back();
    column.wanted = wanted;
    column.out = {wanted.name, wanted.levels, {}};
    for (std::size_t l = 0; l < wanted.levels.size(); ++l)
      column.labels.find_or_add(kept_.keep(wanted.levels[l]), static_cast<std::uint32_t>(l));
  }
  values_.resize(columns_.size());
}

std::vector<Wanted> CovariateReader::wanted(const PanelColumns& columns, std::vector<Wanted> others) {
  for (const CovariateColumn& covariate : columns.covariates) {
    const bool known = std::any_of(others.begin(), others.end(), [&](const Wanted& w) {
      return w.name == covariate.name && w.role != "the id" && w.role != "the state" && w.role != "a covariate";
    });
    if (!known) others.push_back({"a covariate", covariate.name});
  }
  return others;
}

void CovariateReader::assign_slots(const Header& header, std::vector<std::uint32_t>& slot_of,
                                   std::vector<Field>& slots) {
  std::vector<std::vector<std::size_t>> columns;
  for (const Column& column : columns_) columns.push_back({*header.find(column.wanted.name)});
  assign_slots(header, columns, slot_of, slots);
}

void CovariateReader::assign_slots(const Header& header, const std::vector<std::vector<std::size_t>>& columns,
                                   std::vector<std::uint32_t>& slot_of, std::vector<Field>& slots) {
  for (std::size_t c = 0; c < columns_.size(); ++c)
    for (const std::size_t column : columns[c]) {
      std::uint32_t& slot = slot_of[column];
      const bool own = slot == 0;  // 0 holds the fields that nobody asks for
      if (own) {
        slot = static_cast<std::uint32_t>(slots.size());
        slots.emplace_back();
      }
      columns_[c].places.push_back({slot, own, header.names()[column]});
    }
}

void CovariateReader::begin_record() {
  for (Column& column : columns_) column.known = false;
}

bool CovariateReader::read_at(std::size_t time, std::vector<Field>& slots, bool in_exit, Blanks& blanks) {
  bool good = true;
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    Column& column = columns_[c];
    const bool of_the_record = column.places.size() == 1;
    if (!(of_the_record && column.known)) {
      const Column::Place& place = column.places[of_the_record ? 0 : time];
      if (place.own) blanks.trim(slots[place.slot]);
      column.at = &place;
      column.field = slots[place.slot];
      column.good = read_one(column, place.name, column.field, may_miss_ || moves_ || in_exit, values_[c]);
      column.known = true;
    }
    good = column.good && good;
  }
  for (std::size_t c = 0; good && c < columns_.size(); ++c) {
    Column& column = columns_[c];
    if (moves_ && !may_miss_ && std::isnan(values_[c]))
      column.unknown.push_back({column.out.values.size(), column.field, column.at});
    column.out.values.push_back(values_[c]);
  }
  return good;
}

void CovariateReader::spread(const std::vector<std::size_t>& record_of_row) {
  for (Column& column : columns_) put_in_order(column, record_of_row);
}

void CovariateReader::put_in_order(Column& column, const std::vector<std::size_t>& from) {
  std::vector<double> values;
  std::vector<Column::Unknown> unknown;
  values.reserve(from.size());
  for (const std::size_t row : from) {
    const auto one = std::lower_bound(column.unknown.begin(), column.unknown.end(), row,
                                      [](const Column::Unknown& u, std::size_t r) { return u.row < r; });
    if (one != column.unknown.end() && one->row == row) unknown.push_back({values.size(), one->field, one->place});
    values.push_back(column.out.values[row]);
  }
  column.out.values = std::move(values);
  column.unknown = std::move(unknown);
}

void CovariateReader::tell_missing(const Panel& panel) {
  const bool any = std::any_of(columns_.begin(), columns_.end(), [](const Column& c) { return !c.unknown.empty(); });
  if (!any) return;
  std::vector<char> starts(panel.observations());
  rungs::detail::for_each_pair(panel, *moves_, [&](std::size_t, std::size_t k, std::int64_t, std::int64_t) {
    starts[k] = panel.ladder().is_exit(panel.strata()[k]) ? 0 : 1;
  });
  for (const Column& column : columns_) {
    const char* told = nullptr;  // what holds at several rows stands in one place
    for (const Column::Unknown& one : column.unknown) {
      if (starts[one.row] == 0 || one.field.begin == told || findings_.full()) continue;
      refuse_missing(column, one.place->name, one.field);
      told = one.field.begin;
    }
  }
}

void CovariateReader::refuse_missing(const Column& column, const std::string& name, const Field& field) {
  const std::string text = field.meant();
  findings_.error("E-COVARIATE", field.begin,
                  text.empty() ? "found nothing" + in_column(name)
                               : "found " + shown(text) + in_column(name) + ", a sign for a missing value",
                  column.wanted.category ? "expected a category" : "expected a number",
                  "where it is not known, moves that start there may be dropped (--missing-covariate drop)");
}

bool CovariateReader::read_one(Column& column, const std::string& name, const Field& field, bool may_miss,
                               double& out) {
  const std::string text = field.meant();
  const std::vector<std::string>& levels = column.wanted.levels;
  const bool stated = std::find(levels.begin(), levels.end(), text) != levels.end();
  if (!stated && (text.empty() || is_missing_sign(text))) {
    out = std::nan("");
    if (may_miss) return true;
    refuse_missing(column, name, field);
    return false;
  }
  return column.wanted.category ? read_label(column, name, text, field.begin, out)
                                : read_number(column, name, text, field.begin, out);
}

bool CovariateReader::read_label(Column& column, const std::string& name, const std::string& text, const char* at,
                                 double& out) {
  std::string padded = text + std::string(8, '\0');
  std::uint32_t level = column.labels.find({padded.data(), padded.data() + text.size()});
  if (level == Lookup::none) {
    if (!column.wanted.levels.empty()) {
      findings_.error("E-LABEL-UNKNOWN", at, "found " + shown(text) + in_column(name),
                      "expected one of " + listed(column.wanted.levels), hint_for_name(text, column.wanted.levels));
      return false;
    }
    if (column.out.levels.size() == most_levels) {
      if (!std::exchange(column.full, true))  // once is enough
        findings_.error("E-SIZE", at,
                        "found more than " + std::to_string(most_levels) + " categories" + in_column(name),
                        "expected fewer", "are they numbers?");
      return false;
    }
    level = static_cast<std::uint32_t>(column.out.levels.size());
    column.out.levels.push_back(text);
    column.labels.find_or_add(kept_.keep(text), level);
  }
  if (column.wanted.levels.empty()) column.suspects.see_label(text, at);
  out = level;
  return true;
}

bool CovariateReader::read_number(Column& column, const std::string& name, const std::string& text, const char* at,
                                  double& out) {
  const auto number = finite_number(text);
  if (!number) {
    findings_.error("E-COVARIATE", at, "found " + shown(text) + in_column(name), "expected a finite number",
                    hint_for_number(text, "labels are read as categories by COLUMN:category"));
    return false;
  }
  out = *number;
  column.suspects.see_number(out, text, at);
  return true;
}

void CovariateReader::arrange(const std::vector<std::uint32_t>& before, const std::vector<std::uint32_t>& after) {
  if (!any() || before == after) return;
  std::vector<std::size_t> from;  // lines rise from record to record
  from.reserve(after.size());
  for (const std::uint32_t line : after)
    from.push_back(static_cast<std::size_t>(std::lower_bound(before.begin(), before.end(), line) - before.begin()));
  for (Column& column : columns_) put_in_order(column, from);
}

void CovariateReader::warn() {
  for (const Column& column : columns_) column.suspects.warn(findings_, column.wanted.name, column.wanted.category);
}

std::vector<CovariateValues> CovariateReader::take() {
  std::vector<CovariateValues> out;
  for (Column& column : columns_) out.push_back(std::move(column.out));
  return out;
}

}  // namespace rungs::io::detail
