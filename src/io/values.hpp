// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_IO_VALUES_HPP
#define RUNGS_IO_VALUES_HPP

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <rungs/io/scenario.hpp>

namespace rungs::io {

/// One [[value]] of a scenario, by the reader of its tables. Money is in the currency of `economics`, and discounted at
/// its rate if the value says no other; what is no money, at the rate of outcomes. `within` are the years asked about.
template <class Reader, class Table>
std::optional<ValueStream> read_value(Reader& reader, const Table& table, const Ladder& ladder,
                                      const Economics& economics, const std::vector<std::string>& programmes,
                                      double within) {
  const std::vector<std::string> amounts{"per_year_in",     "per_move",       "per_entry", "per_arrival",
                                         "per_participant", "fixed_per_year", "once"};
  std::vector<std::string> known{"name", "whose",         "unit",          "earnings",
                                 "due",  "discount_rate", "within_period", "growth_per_year"};
  known.insert(known.end(), amounts.begin(), amounts.end());
  reader.only(table, known, "[[value]]");
  const auto name = reader.text(table, "name");
  if (!name || name->empty()) {
    if (!table.contains("name") || name)
      reader.fail(reader.at(table), "E-CFG-KEY", "found a [[value]] without a name", "expected the key 'name'");
    return std::nullopt;
  }
  reader.on_one_line(*name, reader.at(*table.get("name")), "a value");
  const std::string of = "the value " + rungs::detail::quoted(*name);
  const auto number = [&](const Table& in, const std::string& key) { return reader.amount(in, key, of, "an amount"); };

  ValueStream::Terms terms{.name = *name};
  const auto whose = reader.text(table, "whose", {"budget", "participant", "others"});
  const auto unit = reader.text(table, "unit");
  if (table.contains("whose") == table.contains("unit"))
    reader.fail(reader.at(table), "E-CFG-KEY",
                std::string("found ") + (table.contains("whose") ? "both 'whose' and" : "neither 'whose' nor") +
                    " 'unit' in " + of,
                "expected whose money it is, or the unit of what is no money");
  if (unit && unit->empty())
    reader.fail(reader.at(*table.get("unit")), "E-CFG-RANGE", "found an empty unit of " + of, "expected a unit");
  if (unit) reader.on_one_line(*unit, reader.at(*table.get("unit")), ("the unit of " + of).c_str());
  terms.perspective = whose == "budget"        ? Perspective::budget
                      : whose == "participant" ? Perspective::participant
                                               : Perspective::society;
  if (whose) terms.currency = economics.currency;
  terms.unit = unit.value_or("");
  terms.rate = DiscountRate(reader.yearly_rate(table, "discount_rate", -0.99, 9.99, "a yearly rate such as 0.03")
                                .value_or(unit ? economics.outcome_discount_rate : economics.discount_rate));
  const auto rule = reader.text(table, "within_period", {"start", "end", "trapezoid", "every point", "legacy simpson"});
  terms.rule = rule == "start"            ? WithinPeriod::start
               : rule == "end"            ? WithinPeriod::end
               : rule == "every point"    ? WithinPeriod::every_point
               : rule == "legacy simpson" ? WithinPeriod::legacy_simpson
                                          : WithinPeriod::trapezoid;
  terms.growth = reader.yearly_rate(table, "growth_per_year", -0.99, 9.99, "a yearly rate such as 0.02").value_or(0);
  terms.earned = reader.flag(table, "earnings").value_or(false);
  if (terms.earned && !table.contains("per_year_in"))
    reader.fail(reader.at(*table.get("earnings")), "E-CFG-KEY", "found 'earnings' without 'per_year_in' in " + of,
                "expected both");
  const auto due = reader.text(table, "due", {"start", "middle", "end"});
  const Share moment(due == "start" ? 0 : due == "end" ? 1 : 0.5);
  ValueStream out(ladder, std::move(terms));

  // Of two amounts for one stratum, or one move, it would be a riddle whether they add up.
  const auto once_each = [&](const char* key, const auto& read, std::size_t cells) {
    const Table* all = reader.table(table, key);
    if (all == nullptr) return;
    std::vector<char> seen(cells);
    for (const auto& [entry, value] : *all) {
      const std::string words(entry.str());
      const Location where = reader.at(entry.source());
      const auto amount = number(*all, words);
      const std::vector<std::size_t> taken = read(words, where, amount.value_or(0.0));
      if (std::any_of(taken.begin(), taken.end(), [&](std::size_t c) { return seen[c] != 0; }))
        reader.fail(where, "E-CFG-DUP",
                    "found " + rungs::detail::quoted(words) + " in " + rungs::detail::quoted(key) + " of " + of +
                        ", some of which has an amount already",
                    "expected one amount for each");
      for (const std::size_t c : taken) seen[c] = 1;
    }
  };
  const auto strata = [&](const std::string& words, const Location& where) {
    return reader.checked(where, [&] { return ladder.select(words); });
  };
  const auto in_strata = [&](const auto& put) {
    return [&, put](const std::string& words, const Location& where, const UncertainAmount& amount) {
      const auto set = strata(words, where);
      if (set) put(*set, amount);
      return set ? set->indices() : std::vector<std::size_t>{};
    };
  };
  once_each("per_year_in", in_strata([&](const StratumSet& s, const UncertainAmount& x) { out.in(s, x); }),
            ladder.size());
  once_each("per_entry", in_strata([&](const StratumSet& s, const UncertainAmount& x) { out.on_entry(s, x, moment); }),
            ladder.size());
  once_each("per_arrival", in_strata([&](const StratumSet& s, const UncertainAmount& x) { out.on_arrival(s, x); }),
            ladder.size());
  once_each(
      "per_move",
      [&](const std::string& words, const Location& where, const UncertainAmount& amount) {
        std::vector<std::size_t> moves;
        const std::size_t arrow = words.find("->");
        if (arrow == std::string::npos) {
          reader.fail(where, "E-CFG-TYPE", "found the move " + rungs::detail::quoted(words),
                      "expected \"one stratum -> another\"");
          return moves;
        }
        const auto from = strata(std::string(rungs::detail::trimmed(words.substr(0, arrow))), where),
                   to = strata(std::string(rungs::detail::trimmed(words.substr(arrow + 2))), where);
        if (!from || !to) return moves;
        // Staying is meant only where one stratum leads to itself.
        const bool stays = *from == *to && std::all_of(from->indices().begin(), from->indices().end(), [&](auto i) {
          return ladder.within_group(i) == ladder.within_group(from->indices().front());
        });
        for (const std::size_t i : from->indices()) {
          std::vector<std::size_t> others;
          for (const std::size_t j : to->indices())
            if (from->same_group(i, j) && (i != j || stays)) others.push_back(j);
          for (const std::size_t j : others) moves.push_back(i * ladder.size() + j);
          if (!others.empty()) out.on_move(ladder.at(i), ladder.set_of(others), amount, moment);
        }
        return moves;
      },
      ladder.size() * ladder.size());
  if (const Table* all = reader.table(table, "per_participant"))
    for (const auto& [entry, value] : *all) {
      const std::string programme(entry.str());
      const bool is_there = reader.is_programme(programme, reader.at(entry.source()), programmes);
      const auto amount = number(*all, programme);
      if (is_there && amount) out.on_enrolment(programme, *amount);
    }
  if (const auto amount = number(table, "fixed_per_year")) out.each_year(*amount, moment);
  if (const auto* node = table.get("once"); node != nullptr && node->is_table()) {
    const Table& inner = *node->as_table();
    reader.only(inner, {"amount", "after_years"}, "'once'");
    if (!inner.contains("amount"))
      reader.fail(reader.at(inner), "E-CFG-KEY", "found no key 'amount' in 'once' of " + of, "expected an amount");
    const auto amount = number(inner, "amount");
    const auto years = reader.number(inner, "after_years", 0, within > 0 ? within : 1e6,
                                     "a number of years from 0 to the years asked about");
    if (amount) out.once(*amount, years.value_or(0));
  } else if (const auto amount = number(table, "once")) {
    out.once(*amount);
  }
  if (std::none_of(amounts.begin(), amounts.end(), [&](const std::string& key) { return table.contains(key); }))
    reader.fail(reader.at(table), "E-CFG-KEY", "found no amount in " + of,
                "expected one of " + rungs::detail::listed(amounts));
  return out;
}

}  // namespace rungs::io

#endif
