// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_IO_ALLOCATION_HPP
#define RUNGS_IO_ALLOCATION_HPP

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <rungs/io/scenario.hpp>

namespace rungs::io {

/// The table [allocation] of a scenario, by the reader of its tables; `programmes` are those that were read.
template <class Reader, class Table>
std::optional<ScenarioAllocation> read_allocation(Reader& reader, const Table& root, const Ladder& ladder,
                                                  const std::vector<Programme>& programmes) {
  const Table* table = reader.table(root, "allocation");
  if (table == nullptr) return std::nullopt;
  reader.only(*table,
              {"budget", "additional_people", "programmes", "seats_per_year", "minimum_share", "minimum_gain",
               "class_size", "limit", "fixed_costs_paid"},
              "[allocation]");
  ScenarioAllocation out;
  out.where = reader.at(*table);
  out.budget = reader.number(*table, "budget", 0, 1e14, "an amount of money, 0 or more");
  out.additional_people = reader.number(*table, "additional_people", 0, 1e12, "a number of people, 0 or more");
  if (table->contains("budget") == table->contains("additional_people"))
    reader.fail(out.where, "E-CFG-KEY",
                std::string("found ") + (table->contains("budget") ? "both" : "neither") +
                    " of 'budget' and 'additional_people' in [allocation]",
                "expected one of them");
  out.fixed_costs_paid = reader.flag(*table, "fixed_costs_paid").value_or(false);

  std::vector<std::string> known;
  for (const Programme& p : programmes) known.push_back(p.name());
  const auto find = [&](std::vector<Programme>& among, const std::string& name, const Location& where) -> Programme* {
    const auto at = std::find_if(among.begin(), among.end(), [&](const Programme& p) { return p.name() == name; });
    if (at != among.end()) return &*at;
    (void)reader.is_programme(name, where, known);
    return nullptr;
  };
  std::vector<Programme> all = programmes;
  if (const auto* node = table->get("programmes")) {
    reader.programmes_named(*node, "programmes", known, "[allocation]",
                            [&](const std::string& name, const Location& where) {
                              if (const Programme* p = find(all, name, where)) out.programmes.push_back(*p);
                            });
    known.clear();
    for (const Programme& p : out.programmes) known.push_back(p.name());
  } else {
    out.programmes = all;
  }
  if (const Table* seats = reader.table(*table, "seats_per_year"))
    for (const auto& [key, value] : *seats) {
      const std::string name(key.str());
      Programme* p = find(out.programmes, name, reader.at(key.source()));
      const auto most = reader.number(*seats, name, 0, 1e12, "a number of seats, 0 or more");
      if (p == nullptr || !most) continue;
      Programme::Terms terms = p->terms();
      terms.seats_per_year = Heads(*most);
      *p = p->on(std::move(terms));
    }
  if (const Table* classes = reader.table(*table, "class_size"))
    for (const auto& [key, value] : *classes) {
      const std::string name(key.str());
      const bool is_there = find(out.programmes, name, reader.at(key.source())) != nullptr;
      const auto size = reader.whole(*classes, name, 1, 1'000'000'000, "a whole number of seats, 1 or more");
      if (is_there && size) out.class_sizes.emplace_back(name, static_cast<double>(*size));
    }
  const auto each = [&](const char* key, const char* list_of, const char* one_of, const auto& read) {
    const auto* node = table->get(key);
    if (node == nullptr) return;
    const auto* list = node->as_array();
    if (list == nullptr) return reader.wrong_type(*node, key, list_of);
    for (const auto& item : *list) {
      if (const Table* one = item.as_table())
        read(*one);
      else
        reader.wrong_type(item, key, one_of);
    }
  };
  double apart = 0;  // shares of people of whom none has another
  each(
      "minimum_share", "a list of tables with 'from' and 'share'", "a table with 'from' and 'share'",
      [&](const Table& one) {
        reader.only(one, {"from", "share"}, "a minimum share");
        if (!one.contains("from") || !one.contains("share"))
          return reader.fail(reader.at(one), "E-CFG-KEY", "found a minimum share without 'from' or 'share'",
                             "expected both");
        const auto from = reader.strata(ladder, *one.get("from"), "from");
        const auto share = reader.number(one, "share", 0, 1, "a share from 0 to 1");
        if (!from || !share) return;
        for (const std::size_t i : from->indices())
          if (ladder.is_exit(i))
            reader.fail(reader.at(*one.get("from")), "E-CFG-RANGE",
                        "found a minimum share for the exit " + rungs::detail::quoted(ladder.name(i)),
                        "expected strata, since nobody who has left takes a seat");
        const bool is_apart = std::all_of(out.minimum_shares.begin(), out.minimum_shares.end(), [&](const auto& other) {
          const std::vector<std::size_t> strata = from->indices();
          return std::none_of(strata.begin(), strata.end(), [&](std::size_t i) { return other.first.contains(i); });
        });
        if (is_apart) apart += *share;
        if (is_apart && !(apart <= 1 + 1e-12))
          reader.fail(reader.at(*one.get("share")), "E-CFG-RANGE",
                      "found minimum shares of different people that add up to " + rungs::detail::text(apart),
                      "expected at most 1 in all");
        out.minimum_shares.emplace_back(*from, Share(*share));
      });
  double gains = 0;
  each("minimum_gain", "a list of tables with 'group' and 'share'", "a table with 'group' and 'share'",
       [&](const Table& one) {
         reader.only(one, {"group", "share"}, "a minimum gain");
         if (!one.contains("group") || !one.contains("share"))
           return reader.fail(reader.at(one), "E-CFG-KEY", "found a minimum gain without 'group' or 'share'",
                              "expected both");
         const auto group = reader.text(one, "group");
         const auto share = reader.number(one, "share", 0, 1, "a share from 0 to 1");
         if (!group || !share) return;
         const Location where = reader.at(*one.get("group"));
         if (std::find(ladder.groups().begin(), ladder.groups().end(), *group) == ladder.groups().end())
           return reader.fail(where, "E-LABEL-UNKNOWN", "found the group " + rungs::detail::quoted(*group),
                              ladder.groups().empty() ? "expected none, since there are no [[group]] tables"
                                                      : "expected one of " + rungs::detail::listed(ladder.groups()));
         for (const auto& other : out.minimum_gains)
           if (other.first == *group)
             return reader.fail(where, "E-CFG-RANGE",
                                "found two minimum gains of the group " + rungs::detail::quoted(*group),
                                "expected one");
         gains += *share;
         if (!(gains <= 1 + 1e-12))
           reader.fail(reader.at(*one.get("share")), "E-CFG-RANGE",
                       "found minimum gains that add up to " + rungs::detail::text(gains), "expected at most 1 in all");
         out.minimum_gains.emplace_back(*group, Share(*share));
       });
  each("limit", "[[allocation.limit]] tables", "a table", [&](const Table& one) {
    reader.only(one, {"programme", "from", "years", "periods", "at_least", "at_most"}, "[[allocation.limit]]");
    ScenarioLimit limit{.where = reader.at(one)};
    if (const auto name = reader.text(one, "programme"))
      if (const Programme* p = find(out.programmes, *name, reader.at(*one.get("programme"))))
        limit.programme = p->name();
    if (const auto* strata = one.get("from")) limit.from = reader.strata(ladder, *strata, "from");
    limit.periods = reader.first_and_last(one);
    limit.at_least = reader.number(one, "at_least", 0, 1e12, "a number of seats, 0 or more");
    limit.at_most = reader.number(one, "at_most", 0, 1e12, "a number of seats, 0 or more");
    if (!one.contains("at_least") && !one.contains("at_most"))
      reader.fail(limit.where, "E-CFG-KEY", "found a limit without 'at_least' and 'at_most'",
                  "expected one of them, or both");
    if (limit.at_least && limit.at_most && !(*limit.at_least <= *limit.at_most))
      reader.fail(reader.at(*one.get("at_most")), "E-CFG-RANGE",
                  "found at least " + rungs::detail::text(*limit.at_least) + " and at most " +
                      rungs::detail::text(*limit.at_most) + " seats",
                  "expected the larger number for 'at_most'");
    out.limits.push_back(std::move(limit));
  });
  return out;
}

}  // namespace rungs::io

#endif
