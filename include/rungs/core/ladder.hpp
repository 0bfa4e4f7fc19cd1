// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_CORE_LADDER_HPP
#define RUNGS_CORE_LADDER_HPP

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rungs/core/error.hpp>

namespace rungs {

class Ladder;

namespace detail {

/// What a ladder is made of; equal content is an equal ladder.
struct LadderData {
  std::vector<std::string> names;  // strata from the bottom up, then exits
  std::vector<int> heights;        // of the strata
  std::vector<char> possible;      // row by row, from x to
  std::vector<std::pair<std::string, std::vector<std::size_t>>> sets;
  bool all_moves = true;
  std::vector<std::string> groups{};            // of people; each has its own strata and exits
  std::shared_ptr<const LadderData> of_each{};  // the ladder of one group

  /// Named sets are names for strata and no part of what makes a ladder.
  friend bool operator==(const LadderData& a, const LadderData& b) {
    return a.names == b.names && a.heights == b.heights && a.possible == b.possible && a.groups == b.groups;
  }
};

inline std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace detail

/// One stratum (or exit) of one ladder; it does not index anything of another ladder.
class Stratum {
 public:
  [[nodiscard]] std::size_t index() const noexcept { return index_; }
  [[nodiscard]] const std::string& name() const noexcept { return ladder_->names[index_]; }
  [[nodiscard]] bool is_exit() const noexcept { return index_ >= ladder_->heights.size(); }
  friend bool operator==(const Stratum& a, const Stratum& b) {
    return a.index_ == b.index_ && (a.ladder_ == b.ladder_ || *a.ladder_ == *b.ladder_);
  }

 private:
  friend class Ladder;
  friend class StratumSet;
  Stratum(std::shared_ptr<const detail::LadderData> ladder, std::size_t index)
      : ladder_(std::move(ladder)), index_(index) {}
  std::shared_ptr<const detail::LadderData> ladder_;
  std::size_t index_;
};

/// Some strata of one ladder, in its order: a target to reach, those who may enrol.
class StratumSet {
 public:
  StratumSet(const Stratum& one);  // NOLINT(google-explicit-constructor): one stratum is a set
  [[nodiscard]] bool contains(std::size_t index) const noexcept {
    return std::binary_search(members_.begin(), members_.end(), index);
  }
  [[nodiscard]] const std::vector<std::size_t>& indices() const noexcept { return members_; }
  [[nodiscard]] std::size_t size() const noexcept { return members_.size(); }
  /// Whether two strata are of one group of people, so that there may be a move from one to the other.
  [[nodiscard]] bool same_group(std::size_t a, std::size_t b) const noexcept {
    const std::size_t groups = std::max<std::size_t>(1, ladder_->groups.size());
    return a % groups == b % groups;
  }
  /// The names, joined for a sentence: `'entrepreneur', 'designer'`.
  [[nodiscard]] std::string text() const {
    std::string out;
    for (const std::size_t i : members_) out += (out.empty() ? "'" : ", '") + ladder_->names[i] + "'";
    return out;
  }
  friend bool operator==(const StratumSet& a, const StratumSet& b) {
    return a.members_ == b.members_ && (a.ladder_ == b.ladder_ || *a.ladder_ == *b.ladder_);
  }

 private:
  friend class Ladder;
  StratumSet(std::shared_ptr<const detail::LadderData> ladder, std::vector<std::size_t> members)
      : ladder_(std::move(ladder)), members_(std::move(members)) {
    std::sort(members_.begin(), members_.end());
    members_.erase(std::unique(members_.begin(), members_.end()), members_.end());
  }
  std::shared_ptr<const detail::LadderData> ladder_;
  std::vector<std::size_t> members_;
};

/// The strata of a society with their heights, the moves that are possible between them, the exits, and named sets.
///
/// Index order is the order of declaration: strata from the bottom rung up, then exits. Labels are never sorted.
/// Several strata may share a rung. Exits are final, and on no rung. Staying is always possible; without declared
/// moves, every move between strata and to exits is. With groups of people (see for_groups()) each group has its own
/// strata and exits, and nobody moves from one group to another.
/// Cost: copying a ladder copies a pointer; it is immutable.
class Ladder {
 public:
  class Builder;
  [[nodiscard]] static Builder builder();

  /// Reads `"worker < technician < entrepreneur, designer | returned home"`: `<` goes up a rung, `,` stays on it,
  /// `|` introduces exits. A name may be quoted with double quotes.
  ///
  /// Throws Refusal [E-LADDER] when a name is empty or not well quoted, [E-CFG-DUP] when one stands twice.
  [[nodiscard]] static Ladder parse(std::string_view text);

  /// Number of strata and exits: the side of every matrix of this ladder.
  [[nodiscard]] std::size_t size() const noexcept { return data_->names.size(); }
  /// Number of strata, without the exits.
  [[nodiscard]] std::size_t strata() const noexcept { return data_->heights.size(); }
  [[nodiscard]] std::size_t exits() const noexcept { return size() - strata(); }
  [[nodiscard]] const std::vector<std::string>& names() const noexcept { return data_->names; }
  [[nodiscard]] const std::string& name(std::size_t index) const { return data_->names.at(index); }
  [[nodiscard]] bool is_exit(std::size_t index) const noexcept { return index >= strata(); }
  /// The rung of a stratum, counted from 0 at the bottom.
  [[nodiscard]] int height(std::size_t stratum) const { return data_->heights.at(stratum); }
  /// As above, of all strata; exits have none.
  [[nodiscard]] std::span<const int> heights() const noexcept { return data_->heights; }
  [[nodiscard]] bool possible(std::size_t from, std::size_t to) const noexcept {
    return data_->possible[from * size() + to] != 0;
  }
  [[nodiscard]] bool all_moves_possible() const noexcept { return data_->all_moves; }
  /// Whether a move goes up a rung; moves to an exit go neither up nor down.
  [[nodiscard]] bool upward(std::size_t from, std::size_t to) const noexcept {
    return !is_exit(from) && !is_exit(to) && data_->heights[to] > data_->heights[from];
  }
  [[nodiscard]] bool downward(std::size_t from, std::size_t to) const noexcept {
    return !is_exit(from) && !is_exit(to) && data_->heights[to] < data_->heights[from];
  }
  [[nodiscard]] std::vector<std::string> set_names() const {
    std::vector<std::string> out;
    for (const auto& entry : data_->sets) out.push_back(entry.first);
    return out;
  }

  /// The named sets in the order of their declaration, each with the indices of its members.
  [[nodiscard]] const std::vector<std::pair<std::string, std::vector<std::size_t>>>& sets() const noexcept {
    return data_->sets;
  }

  /// The index of a stratum or exit by its name, if there is one.
  [[nodiscard]] std::optional<std::size_t> find(std::string_view name) const noexcept {
    for (std::size_t i = 0; i < size(); ++i)
      if (data_->names[i] == name) return i;
    return std::nullopt;
  }
  /// The stratum (or exit) of a name. Throws UnknownName [E-LABEL-UNKNOWN] with the nearest known name.
  [[nodiscard]] Stratum operator[](std::string_view name) const {
    if (const auto i = find(name)) return at(*i);
    throw unknown(name, data_->names);
  }
  [[nodiscard]] Stratum at(std::size_t index) const {
    if (index >= size())
      throw DomainError(
          "E-LADDER", "found stratum number " + std::to_string(index) + "; expected 0 to " + std::to_string(size() - 1),
          static_cast<double>(index));
    return {data_, index};
  }
  /// The strata at the height of the named one or above it, of its group.
  [[nodiscard]] StratumSet at_or_above(std::string_view name) const {
    const Stratum s = (*this)[name];
    if (s.is_exit())
      throw Refusal("E-LADDER",
                    "found exit " + detail::quoted(name) + "; expected a stratum, since exits are on no rung");
    std::vector<std::size_t> members;
    for (std::size_t i = 0; i < strata(); ++i)
      if (height(i) >= height(s.index()) && group(i) == group(s.index())) members.push_back(i);
    return {data_, std::move(members)};
  }
  /// Strata by name: a stratum, a named set, or `X+` for X and above (of a stratum of all groups, in each of them).
  ///
  /// Throws UnknownName [E-LABEL-UNKNOWN].
  [[nodiscard]] StratumSet select(std::string_view text) const {
    if (const auto i = find(text)) return at(*i);
    for (const auto& [set, members] : data_->sets)
      if (set == text) return {data_, members};
    if (!text.empty() && text.back() == '+') {
      const std::string_view name = text.substr(0, text.size() - 1);
      if (find(name)) return at_or_above(name);
      if (data_->of_each && of_each_group().find(name)) {
        const StratumSet above = of_each_group().at_or_above(name);
        std::vector<std::size_t> members;
        for (const std::size_t k : above.indices())
          for (std::size_t g = 0; g < copies(); ++g) members.push_back(for_group(k, g));
        return {data_, std::move(members)};
      }
    }
    std::vector<std::string> known = data_->names;
    for (const auto& entry : data_->sets) known.push_back(entry.first);
    if (!text.empty() && text.back() == '+') text.remove_suffix(1);
    throw unknown(text, known);
  }
  /// What some strata are called: by the name of one, of a named set, or by all their names.
  [[nodiscard]] std::string name_of(const StratumSet& strata) const {
    if (strata.size() == 1) return name(strata.indices().front());
    for (const auto& [set, members] : data_->sets)
      if (members == strata.indices()) return set;
    return strata.text();
  }
  [[nodiscard]] StratumSet set_of(std::vector<std::size_t> members) const {
    for (const std::size_t i : members) (void)at(i);
    return {data_, std::move(members)};
  }
  /// The same ladder for several groups of people (origins, sexes, tracks), side by side: stratum k of group g has the
  /// index k G + g and the name `"women: technician"`; its own name, `"technician"`, is then the set of those of all
  /// groups, and `"women"` the set of all strata of a group. Named sets go over all groups.
  ///
  /// Throws Refusal [E-LADDER] for no group or a ladder that has groups already, [E-CFG-DUP] for a name that stands
  /// twice or is a stratum or a set, and as Builder does.
  [[nodiscard]] Ladder for_groups(const std::vector<std::string>& groups) const;
  /// The groups of people in the order of their declaration; empty without.
  [[nodiscard]] const std::vector<std::string>& groups() const noexcept { return data_->groups; }
  /// The number of the group that a stratum or exit is of; 0 without groups.
  [[nodiscard]] std::size_t group(std::size_t index) const noexcept { return index % copies(); }
  /// The number that a stratum or exit has on the ladder of its group alone.
  [[nodiscard]] std::size_t within_group(std::size_t index) const noexcept { return index / copies(); }
  /// The index of a stratum or exit of the ladder of each group, for one group.
  [[nodiscard]] std::size_t for_group(std::size_t index_within, std::size_t group) const noexcept {
    return index_within * copies() + group;
  }
  /// The ladder of each group alone; without groups this one.
  [[nodiscard]] Ladder of_each_group() const { return data_->of_each ? Ladder(data_->of_each) : *this; }

  /// Throws Refusal [E-LADDER-OTHER] when a stratum or set belongs to a ladder of other content.
  void require_own(const Stratum& s) const { require_same(s.ladder_); }
  void require_own(const StratumSet& s) const { require_same(s.ladder_); }

  friend bool operator==(const Ladder& a, const Ladder& b) { return a.data_ == b.data_ || *a.data_ == *b.data_; }

 private:
  friend class StratumSet;
  explicit Ladder(std::shared_ptr<const detail::LadderData> data) : data_(std::move(data)) {}
  [[nodiscard]] std::size_t copies() const noexcept { return std::max<std::size_t>(1, data_->groups.size()); }
  void require_same(const std::shared_ptr<const detail::LadderData>& other) const {
    if (other != data_ && !(*other == *data_))
      throw Refusal("E-LADDER-OTHER", "found a stratum of another ladder (" + detail::listed(other->names) +
                                          "); expected one of " + detail::listed(data_->names));
  }
  [[nodiscard]] static UnknownName unknown(std::string_view name, const std::vector<std::string>& known) {
    const std::string near = detail::nearest_name(name, known);
    return {"E-LABEL-UNKNOWN",
            "found " + detail::quoted(name) + "; expected one of " + detail::listed(known) +
                (near.empty() ? "" : "; did you mean " + detail::quoted(near) + "?"),
            std::string(name), near};
  }
  std::shared_ptr<const detail::LadderData> data_;
};

inline StratumSet::StratumSet(const Stratum& one) : ladder_(one.ladder_), members_{one.index()} {}

/// Builds a ladder rung by rung from the bottom:
/// `Ladder::builder().rung("worker").rung("technician").exit("left").build()`.
///
/// Each function throws Refusal [E-LADDER], [E-CFG-DUP] for a name given twice, [E-SIZE] for more than 1000 names, or
/// UnknownName for a move or set of names not declared yet.
class Ladder::Builder {
 public:
  /// A new rung above the last, with one stratum.
  Builder& rung(std::string_view stratum) { return rung(std::vector<std::string>{std::string(stratum)}); }
  /// A new rung above the last, with several strata.
  Builder& rung(const std::vector<std::string>& strata) {
    if (data_.names.size() > data_.heights.size())
      throw Refusal("E-LADDER", "found a rung after an exit; expected the exits last");
    if (strata.empty()) throw Refusal("E-LADDER", "found a rung without a stratum; expected at least one name");
    const int height = data_.heights.empty() ? 0 : data_.heights.back() + 1;
    for (const std::string& name : strata) {
      add(name);
      data_.heights.push_back(height);
    }
    return *this;
  }
  Builder& rung(std::initializer_list<std::string_view> strata) {
    return rung(std::vector<std::string>(strata.begin(), strata.end()));
  }
  Builder& exit(std::string_view name) {
    if (data_.heights.empty())
      throw Refusal("E-LADDER", "found an exit before any rung; expected at least one stratum first");
    add(name);
    return *this;
  }
  /// Declares a possible move; once one is declared, moves not declared are impossible (staying never is).
  Builder& move(std::string_view from, std::string_view to) {
    moves_.emplace_back(index(from), index(to));
    if (moves_.back().first == moves_.back().second)
      throw Refusal("E-LADDER", "found a move from " + detail::quoted(from) +
                                    " to itself; expected two strata, since staying is always possible");
    if (moves_.back().first >= data_.heights.size())
      throw Refusal("E-LADDER",
                    "found a move out of the exit " + detail::quoted(from) + "; expected exits to be final");
    return *this;
  }
  /// Declares that no move is possible but those declared with move(), even when none is.
  Builder& only_declared_moves() {
    data_.all_moves = false;
    return *this;
  }
  Builder& set(std::string_view name, const std::vector<std::string>& strata) {
    std::vector<std::size_t> members;
    for (const std::string& stratum : strata) members.push_back(index(stratum));
    if (members.empty())
      throw Refusal("E-LADDER", "found the empty set " + detail::quoted(name) + "; expected at least one stratum");
    for (const auto& entry : data_.sets)
      if (entry.first == name)
        throw Refusal("E-CFG-DUP", "found the set " + detail::quoted(name) + " twice; expected each name once");
    if (std::find(data_.names.begin(), data_.names.end(), name) != data_.names.end())
      throw Refusal("E-CFG-DUP",
                    "found the set " + detail::quoted(name) + " named as a stratum; expected another name");
    data_.sets.emplace_back(std::string(name), std::move(members));
    std::sort(data_.sets.back().second.begin(), data_.sets.back().second.end());
    return *this;
  }
  [[nodiscard]] Ladder build() const {
    if (data_.heights.empty()) throw Refusal("E-LADDER", "found no stratum; expected at least one");
    auto data = std::make_shared<detail::LadderData>(data_);
    const std::size_t n = data->names.size(), strata = data->heights.size();
    data->all_moves = data->all_moves && moves_.empty();
    data->possible.assign(n * n, 0);
    for (std::size_t i = 0; i < n; ++i) data->possible[i * n + i] = 1;
    if (data->all_moves)
      for (std::size_t i = 0; i < strata; ++i)
        for (std::size_t j = 0; j < n; ++j) data->possible[i * n + j] = 1;
    for (const auto& [from, to] : moves_) data->possible[from * n + to] = 1;
    return Ladder(std::move(data));
  }

 private:
  friend class Ladder;
  [[nodiscard]] std::size_t index(std::string_view name) const {
    const auto at = std::find(data_.names.begin(), data_.names.end(), name);
    if (at == data_.names.end()) throw Ladder::unknown(name, data_.names);
    return static_cast<std::size_t>(at - data_.names.begin());
  }
  void add(std::string_view name) {
    if (name.empty()) throw Refusal("E-LADDER", "found an empty name; expected the name of a stratum");
    if (name.size() > 1000)
      throw Refusal("E-LADDER", "found a name of " + std::to_string(name.size()) + " bytes; expected at most 1000");
    for (const char c : name)
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
        throw Refusal("E-LADDER",
                      "found a control character in the name " + detail::quoted(name) + "; expected printable text");
    if (std::find(data_.names.begin(), data_.names.end(), name) != data_.names.end())
      throw Refusal("E-CFG-DUP", "found the stratum " + detail::quoted(name) + " twice; expected each name once");
    if (data_.names.size() >= 1000) throw Refusal("E-SIZE", "found more than 1000 strata; expected at most 1000");
    data_.names.emplace_back(name);
  }
  detail::LadderData data_{};
  std::vector<std::pair<std::size_t, std::size_t>> moves_{};
};

inline Ladder::Builder Ladder::builder() { return {}; }

inline Ladder Ladder::for_groups(const std::vector<std::string>& groups) const {
  if (groups.empty() || !data_->groups.empty())
    throw Refusal("E-LADDER", groups.empty() ? "found no group of people; expected at least one name"
                                             : "found groups for a ladder that has groups; expected one without");
  Builder builder;
  const auto of = [&](std::size_t index) {
    std::vector<std::string> out;
    for (const std::string& group : groups) out.push_back(group + ": " + name(index));
    return out;
  };
  for (std::size_t i = 0; i < strata();) {
    std::vector<std::string> rung;
    for (const int at = height(i); i < strata() && height(i) == at; ++i)
      for (std::string& each : of(i)) rung.push_back(std::move(each));
    builder.rung(rung);
  }
  for (std::size_t i = strata(); i < size(); ++i)
    for (const std::string& each : of(i)) builder.exit(each);
  builder.only_declared_moves();
  for (std::size_t i = 0; i < strata(); ++i)
    for (std::size_t j = 0; j < size(); ++j)
      if (i != j && possible(i, j))
        for (std::size_t g = 0; g < groups.size(); ++g) builder.move(of(i)[g], of(j)[g]);
  for (std::size_t g = 0; g < groups.size(); ++g) {
    if (find(groups[g]) ||
        std::any_of(sets().begin(), sets().end(), [&](const auto& s) { return s.first == groups[g]; }))
      throw Refusal("E-CFG-DUP", "found the group " + detail::quoted(groups[g]) +
                                     " named as a stratum or a set; expected another name");
    if (!groups[g].empty() && groups[g].back() == '+')
      throw Refusal("E-LADDER", "found the group " + detail::quoted(groups[g]) +
                                    "; expected a name that does not end in +, which means strata and those above");
    std::vector<std::string> all;
    for (std::size_t i = 0; i < strata(); ++i) all.push_back(of(i)[g]);
    builder.set(groups[g], all);
  }
  for (std::size_t i = 0; i < size(); ++i) builder.set(name(i), of(i));
  for (const auto& [set, members] : sets()) {
    std::vector<std::string> all;
    for (const std::size_t i : members)
      for (std::string& each : of(i)) all.push_back(std::move(each));
    builder.set(set, all);
  }
  builder.data_.groups = groups;
  builder.data_.of_each = data_;
  return builder.build();
}

inline Ladder Ladder::parse(std::string_view text) {
  Builder builder;
  std::vector<std::string> rung;
  std::string name;
  bool quoted = false, was_quoted = false, in_exits = false;
  char before = '\0';  // the sign that the name follows
  const auto finish_name = [&](char after) {
    rung.emplace_back(was_quoted ? name : std::string(detail::trimmed(name)));
    const auto sign = [](char c) { return std::string("'") + c + "'"; };
    if (rung.back().empty() && (before != '\0' || after != '\0'))
      throw Refusal("E-LADDER", "found no name " +
                                    (before == '\0'  ? "before the first " + sign(after)
                                     : after == '\0' ? "after the last " + sign(before)
                                                     : "between " + sign(before) + " and " + sign(after)) +
                                    "; expected the name of a stratum");
    before = after;
    name.clear();
    was_quoted = false;
  };
  const auto finish_rung = [&](char after) {
    finish_name(after);
    if (in_exits)
      for (const std::string& exit : rung) builder.exit(exit);
    else
      builder.rung(rung);
    rung.clear();
  };
  for (const char c : text) {
    const bool blank = c == ' ' || c == '\t', sign = c == '<' || c == '|' || c == ',';
    if (!quoted && ((was_quoted && !blank && !sign) || (c == '"' && !detail::trimmed(name).empty())))
      throw Refusal("E-LADDER", "found text beside a quoted name; expected nothing but the name between two quotes");
    if (c == '"') {
      if (!quoted) name.clear();
      quoted = !quoted;
      was_quoted = true;
    } else if (quoted) {
      name += c;
    } else if (was_quoted && blank) {
      continue;
    } else if (c == '<' || c == '|') {
      if (in_exits)
        throw Refusal("E-LADDER",
                      std::string("found '") + c + "' after the exits; expected exits last, separated by commas");
      finish_rung(c);
      in_exits = c == '|';
    } else if (c == ',') {
      finish_name(c);
    } else {
      name += c;
    }
  }
  if (quoted) throw Refusal("E-LADDER", "found a quote that does not close; expected a name between two quotes");
  finish_rung('\0');
  return builder.build();
}

}  // namespace rungs

#endif
