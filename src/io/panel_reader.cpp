// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include "panel_reader.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <span>
#include <system_error>
#include <utility>

#include <rungs/data/tally.hpp>

#include "times.hpp"
#include "words.hpp"

namespace rungs::io::detail {

namespace {

/// Whether an id looks like a number that another program has rewritten: 1e3, 1.23457E+11, 17.0.
bool looks_rewritten(std::string_view id) {
  if (id.empty() || !is_digit(id[0])) return false;
  std::size_t i = 0;
  const auto digits = [&] {
    const std::size_t from = i;
    while (i < id.size() && is_digit(id[i])) ++i;
    return i > from;
  };
  (void)digits();
  if (i == id.size()) return false;
  bool zeros = false;
  if (id[i] == '.') {
    const std::size_t from = ++i;
    if (!digits()) return false;
    zeros = id.substr(from, i - from).find_first_not_of('0') == std::string_view::npos;
  }
  if (i == id.size()) return zeros;
  if (id[i] != 'e' && id[i] != 'E') return false;
  ++i;
  if (i < id.size() && (id[i] == '+' || id[i] == '-')) ++i;
  return digits() && i == id.size();
}

}  // namespace

WeightFault read_weight(std::string_view text, double& out, double most, const char* of_weights) {
  if (text.empty()) return {"E-WEIGHT-EMPTY", "an empty weight is taken neither as 0 nor as 1"};
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, out);
  if (error == std::errc::invalid_argument || rest != end) {
    if (is_missing_sign(text))
      return {"E-WEIGHT-PARSE", "it looks like a missing value: a record without a weight cannot count"};
    if (std::count(text.begin(), text.end(), '.') > 1 || text.find(' ') != std::string_view::npos ||
        text.find('\'') != std::string_view::npos)
      return {"E-WEIGHT-PARSE", "write the number without separators of thousands"};
    if (text.find(',') != std::string_view::npos) return {"E-WEIGHT-PARSE", "write a decimal point: 1.5, not 1,5"};
    if (text.size() > 1 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
      return {"E-WEIGHT-PARSE", "write the number in decimal digits"};
    if (std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; }))
      return {"E-WEIGHT-PARSE", "write digits as 0 to 9, and the minus as -"};
    return {"E-WEIGHT-PARSE", ""};
  }
  if (error == std::errc::result_out_of_range)
    return {"E-WEIGHT-RANGE", "it is too large or too small to be told from infinity or 0"};
  if (std::isnan(out)) return {"E-WEIGHT-NAN", "a record without a weight cannot count"};
  if (std::isinf(out)) return {"E-WEIGHT-INF", ""};
  if (!(out >= 0))
    return {"E-WEIGHT-NEG", is_missing_code(text)
                                ? "it looks like a code for a missing value: a record without a weight cannot count"
                                : ""};
  if (out != 0 && !(out >= 1 / most && out <= most)) {
    const std::string power = std::to_string(std::lround(std::log10(most)));
    return {"E-WEIGHT-RANGE", std::string("multiply all weights by one number, so that ") + of_weights +
                                  " lie from 1e-" + power + " to 1e" + power +
                                  "; frequency weights are numbers of people"};
  }
  return {};
}

bool read_weight_of(Findings& findings, const Field& field, const std::string& column, double& out) {
  const WeightFault fault = read_weight(field.text(), out);
  if (*fault.code == '\0') return true;
  const std::string text = field.meant(), place = " in column " + shown(column);
  findings.error(fault.code, field.begin, text.empty() ? "found no weight" + place : "found " + shown(text) + place,
                 "expected a number, 0 or more", fault.hint);
  return false;
}

namespace {

Header checked(Header header, Findings& findings, const std::vector<Wanted>& wanted) {
  header.check(findings, wanted);
  return header;
}

}  // namespace

namespace {

/// What a panel's variables are read for, where its file has variables.
VariableUse use_of(const PanelColumns& columns) {
  const bool spells = columns.layout == PanelLayout::spells;
  VariableUse out{{columns.id, columns.person.part, columns.person.cluster},
                  spells ? std::vector<std::string>{columns.spells.begin, columns.spells.end}
                         : std::vector<std::string>{columns.time},
                  {columns.weight},
                  {columns.state, columns.group},
                  columns.layout == PanelLayout::wide || !columns.person.replicates.empty()};
  out.encoding = columns.encoding;
  out.names.insert(out.names.end(), columns.person.constant.begin(), columns.person.constant.end());
  for (const CovariateColumn& covariate : columns.covariates) {
    (covariate.category ? out.names : out.numbers).push_back(covariate.name);
    if (!covariate.category && columns.layout == PanelLayout::wide) out.number_prefixes.push_back(covariate.name);
  }
  return out;
}

}  // namespace

std::string counted(std::uint64_t n, const char* one, const char* many) {
  return n == 1 ? std::string("one ") + one : std::to_string(n) + " " + many;
}

PanelReader::PanelReader(const std::string& path, const PanelColumns& columns, const Ladder& ladder,
                         std::vector<Wanted> wanted)
    : columns_(columns),
      ladder_(ladder),
      alone_(ladder.of_each_group()),
      grouped_(!ladder.groups().empty()),
      weighted_(!columns.weight.empty()),
      source_(path, use_of(columns)),
      findings_(source_),
      scanner_(source_, findings_),
      header_(checked(Header(scanner_, source_, findings_, blanks_, wanted), findings_, wanted)),
      person_(columns.person, columns.weight, header_, findings_) {
  learn_labels();
}

std::vector<Wanted> PanelReader::of_the_person(const PanelColumns& columns, const Ladder& ladder) {
  std::vector<Wanted> out{{"the id", columns.id}};
  if (!columns.weight.empty()) out.push_back({"the weight", columns.weight});
  if (!ladder.groups().empty()) out.push_back({"the group", columns.group});
  return out;
}

void PanelReader::learn_labels() {
  missing_ = static_cast<std::uint32_t>(alone_.size());
  for (const auto& [code, name] : columns_.recode) {
    labels_.find_or_add(kept_.keep(code), static_cast<std::uint32_t>(alone_[name].index()));
    known_.push_back(code);
  }
  for (const std::string& code : columns_.missing) {
    if (alone_.find(code) || columns_.recode.count(code) != 0)
      throw Refusal("E-CFG-DUP", "found " + shown(code) +
                                     " declared as missing and as a stratum; expected one meaning for each code");
    labels_.find_or_add(kept_.keep(code), missing_);
  }
  for (std::size_t i = 0; i < alone_.size(); ++i)
    labels_.find_or_add(kept_.keep(alone_.name(i)), static_cast<std::uint32_t>(i));
  for (std::size_t g = 0; g < ladder_.groups().size(); ++g)
    groups_.find_or_add(kept_.keep(ladder_.groups()[g]), static_cast<std::uint32_t>(g));
  known_.insert(known_.begin(), alone_.names().begin(), alone_.names().end());
}

void PanelReader::assign_slots(std::uint32_t roles) {
  slot_of_.assign(header_.size(), unused);
  slot_of_[*header_.find(columns_.id)] = id;
  if (weighted_) slot_of_[*header_.find(columns_.weight)] = weight;
  if (grouped_) slot_of_[*header_.find(columns_.group)] = group;
  first_nameless_ = roles;
  nameless_ = header_.nameless_at_end();
  for (std::size_t k = 0; k < nameless_; ++k) slot_of_[header_.size() - 1 - k] = static_cast<std::uint32_t>(roles + k);
  slots_.resize(roles + nameless_);
}

Scanner::Found PanelReader::next() {
  const Scanner::Found found = scanner_.next(std::span<const std::uint32_t>(slot_of_), slots_.data());
  if (found == Scanner::Found::end) return found;
  ++records_;
  if (found != Scanner::Found::record) return found;
  blanks_.trim(slots_[id]);
  if (weighted_) blanks_.trim(slots_[weight]);
  if (grouped_) blanks_.trim(slots_[group]);
  return found;
}

bool PanelReader::refuse_text_without_name() {
  for (std::size_t k = 0; k < nameless_; ++k) {
    if (slots_[first_nameless_ + k].empty()) continue;
    const std::size_t column = header_.size() - nameless_;
    findings_.error("E-COL-EMPTY", header_.fields()[column].begin,
                    "found column " + std::to_string(column + 1) + " without a name, but with text in it",
                    "expected a name for each column",
                    "the first such text stands " + findings_.on_line(scanner_.record_line()));
    nameless_ = 0;  // once is enough
    return true;
  }
  return false;
}

bool PanelReader::note_new_id(const Key& key) {
  const std::string_view text = key.view();
  if (is_missing_sign(text)) return false;
  if (looks_rewritten(text)) rewritten_ids_.at(slots_[id].begin);
  bool plain = true;
  for (const char c : text) {
    capitals_ = capitals_ || (c >= 'A' && c <= 'Z');
    small_letters_ = small_letters_ || (c >= 'a' && c <= 'z');
    const auto byte = static_cast<unsigned char>(c);
    plain = plain && byte >= 0x20 && byte < 0x7f;
  }
  if (!plain) [[unlikely]]
    note_unseen_in_id(text);
  return true;
}

void PanelReader::note_unseen_in_id(std::string_view text) {
  const std::string seen = as_seen(text);
  if (seen != text) ids_seen_otherwise_.push_back({people_.size() - 1, slots_[id].begin, kept_.keep(seen)});
}

void PanelReader::refuse_ids_alike() {
  Lookup seen;
  for (const SeenId& one : ids_seen_otherwise_) {
    if (findings_.full()) return;
    std::uint32_t other = people_.find(one.seen);
    if (other == Lookup::none) other = seen.find_or_add(one.seen, one.person);
    if (other == one.person) continue;
    const std::string_view text = people_.id(one.person), like = people_.id(other);
    findings_.error("E-ID-ALIKE", one.place,
                    "found the ids " + shown(like) + " and " + shown(text) + " in column " + shown(columns_.id),
                    "expected ids that differ in what is seen",
                    why_seen_alike(text, like) + ": one person may have become two; write the id in one way");
  }
}

bool PanelReader::read_time_of(const Field& field, const std::string& column, std::int32_t& when) {
  const Time read = read_time(field.text());
  when = read.value;
  if (read.form == TimeForm::whole_with_point) times_with_point_.at(field.begin);
  if (read.form == TimeForm::negative) {
    std::vector<Negative>& negatives =
        is_missing_code(field.text()) && field.begin[1] == '9' ? negative_nines_ : other_negatives_;
    if (negatives.size() < Findings::cap) negatives.push_back({field.begin, &column});
  }
  return read.is_time();
}

void PanelReader::check_negative_times() {
  const auto refuse = [&](const std::vector<Negative>& negatives) {
    for (const auto& [place, column] : negatives) {
      const char* end = place + 1;
      while (is_digit(*end)) ++end;
      findings_.error("E-TIME-RANGE", place,
                      "found " + shown({place, static_cast<std::size_t>(end - place)}) + " in column " + shown(*column),
                      "expected a time", "it looks like a code for a missing value: leave such records out");
    }
  };
  if (years_ || other_negatives_.empty()) refuse(negative_nines_);
  if (years_) refuse(other_negatives_);
}

bool PanelReader::note_group(std::uint32_t person, std::uint32_t of) {
  if (group_of_.size() <= person) group_of_.resize(people_.size());
  GroupOf& known = group_of_[person];
  if (known.group == Lookup::none) known = {of, scanner_.record_line()};
  if (known.group == of) return true;
  findings_.error("E-GROUP-VARIES", slots_[group].begin,
                  "found " + shown(people_.id(person)) + " in the group " + shown(ladder_.groups()[of]) +
                      " of column " + shown(columns_.group),
                  "expected each person in one group",
                  "the group was " + shown(ladder_.groups()[known.group]) + " " + findings_.on_line(known.line));
  return false;
}

void PanelReader::take_weight(double w, std::uint32_t person, const char* place) {
  rows_.weight.push_back(w);
  if (first_weights_.size() < people_.size()) first_weights_.resize(people_.size(), -1);
  double& first = first_weights_[person];
  if (first < 0)
    first = w;
  else if (first != w)
    varying_weights_.at(place);
  if (w == 0) zero_weights_.at(place);
  if (columns_.weight_kind == WeightKind::frequency && w != std::floor(w)) fractions_.at(place);
  if (first_weight_ == nullptr) first_weight_ = place;
}

void PanelReader::explain_id(const std::string& text, bool nothing_else) {
  const std::string column = " in column " + shown(columns_.id);
  if (text.empty())
    findings_.error("E-ID-EMPTY", slots_[id].begin, "found no id" + column,
                    "expected the person that the record is about",
                    nothing_else ? "the line has only commas, as spreadsheets write them: leave it out" : "");
  else if (is_missing_sign(text))
    findings_.error("E-ID-MISSING", slots_[id].begin, "found " + shown(text) + column + ", a sign for a missing value",
                    "expected the person that the record is about");
}

void PanelReader::explain_state(const Field& field, const std::string& of) {
  if (labels_.find(key_of(field)) != Lookup::none) return;
  const char* const at = field.begin;
  const std::string text = field.meant(), column = " in column " + shown(of),
                    expected = "expected one of " + listed(alone_.names());
  if (text.empty())
    findings_.error("E-STATE-MISSING", at, "found no state" + column, expected,
                    "where it is not known, declare '' as missing");
  else if (is_missing_sign(text))
    findings_.error("E-STATE-MISSING", at, "found " + shown(text) + column + ", a sign for a missing value", expected,
                    "where it is not known, declare " + shown(text) + " as missing");
  else if (const Variable* const variable = source_.variable(of); variable != nullptr && variable->labels_absent)
    findings_.error("E-DTA-LABELS", at, "found " + shown(text) + column + ", whose labels are not in the file",
                    expected, "label the values anew, or name on the ladder what stands in the file");
  else if (variable != nullptr && !variable->labels.empty() &&
           !std::binary_search(variable->labels.begin(), variable->labels.end(), text))
    findings_.error("E-LABEL-NOVALUE", at, "found the value " + shown(text) + " without a label" + column, expected,
                    "label the value in the file, recode it, or declare it as missing");
  else
    findings_.error("E-LABEL-UNKNOWN", at, "found " + shown(text) + column, expected,
                    hint_for_name(text, known_, &alone_));
}

void PanelReader::explain_group() {
  const std::string text = slots_[group].meant();
  if (groups_.find(key_of(slots_[group])) != Lookup::none) return;
  const bool looks_missing = text.empty() || is_missing_sign(text) || is_missing_code(text);
  findings_.error(
      "E-LABEL-UNKNOWN", slots_[group].begin,
      (text.empty() ? std::string("found no group") : "found " + shown(text)) + " in column " + shown(columns_.group),
      "expected one of " + listed(ladder_.groups()),
      looks_missing ? "leave out people of whom it is not known, or name the group that they are"
                    : hint_for_name(text, ladder_.groups()));
}

void PanelReader::explain_weight() {
  double w = 0;
  (void)read_weight_of(findings_, slots_[weight], columns_.weight, w);
}

void PanelReader::refuse_without_rows() {
  if (!findings_.any_errors() && records_ == 0) header_.refuse_no_records(source_);
}

std::optional<Panel> PanelReader::sound_rows() const {
  if (!findings_.any_errors() || findings_.full()) return std::nullopt;
  try {
    return Panel(ladder_, rows_, columns_.weight_kind, source_.name());
  } catch (const Error&) {
    return std::nullopt;
  }
}

PanelFile PanelReader::finish() {
  refuse_ids_alike();
  if (weighted_ && first_weight_ != nullptr && zero_weights_.times == rows_.size())
    findings_.error("E-WEIGHT-ALLZERO", first_weight_, "found weights of 0 in all records",
                    "expected at least one above 0");
  if (person_.replicates() && varying_weights_.times > 0)
    findings_.error("E-DESIGN-VARIES", varying_weights_.first,
                    "found another weight than that of the person's first record, beside replicate weights",
                    "expected one weight for each person, as replicate weights are");
  std::vector<std::uint32_t> people;
  if (person_.any() && !findings_.any_errors()) {
    people = rows_.person;
    std::sort(people.begin(), people.end());
    people.erase(std::unique(people.begin(), people.end()), people.end());
  }
  PersonValues person = person_.of(people);
  findings_.throw_errors();
  warn();
  rows_.lines_are_observations = source_.of_observations();
  PanelFile out{in_order_ ? Panel::in_order(ladder_, *std::move(in_order_), source_.name(), source_.of_observations())
                          : Panel(ladder_, std::move(rows_), columns_.weight_kind, source_.name()),
                records_, std::move(dropped_), findings_.warnings()};
  out.spells = std::move(spells_);
  out.person = std::move(person);
  return out;
}

void PanelReader::warn() {
  blanks_.tell(findings_);
  if (source_.control_z() != nullptr)
    findings_.warn("W-CTRLZ", source_.control_z(), "found a Ctrl-Z at the end", "expected the end of the file",
                   "old systems write it: it was left out");
  if (scanner_.blank_line() != nullptr)
    findings_.warn("W-LINE-BLANK", scanner_.blank_line(), "found a blank line between records", "expected none",
                   "blank lines were left out; this is the first");
  if (header_.nameless_at_end() > 0)
    findings_.warn("W-EMPTYCOL", header_.fields()[header_.size() - header_.nameless_at_end()].begin,
                   "found an empty column without a name at the end of every line", "expected none", "it was left out");
  if (rewritten_ids_.times > 0)
    findings_.warn("W-ID-FLOAT", rewritten_ids_.first,
                   "found " + counted(rewritten_ids_.times, "id", "ids") +
                       " that a spreadsheet seems to have rewritten as a number",
                   "expected ids as they were given",
                   "different ids may have become one: compare with the original; ids are read as text");
  if (capitals_ && small_letters_) warn_of_case();
  if (times_with_point_.times > 0)
    findings_.warn(
        "W-TIME-FLOAT", times_with_point_.first,
        "found " + counted(times_with_point_.times, "time", "times") + " with a decimal point, such as 2017.0",
        "expected whole numbers", "they were read as whole numbers");
  if (weighted_) warn_of_weights();
  person_.warn();
}

void PanelReader::warn_of_case() {
  Lookup low;
  Keeper kept;
  std::uint64_t pairs = 0;
  std::string_view first, second;
  for (std::uint32_t person = 0; person < people_.size(); ++person) {
    const std::uint32_t known = low.find_or_add(kept.keep(lower(people_.id(person))), person);
    if (known == person || pairs++ > 0) continue;
    first = people_.id(known);
    second = people_.id(person);
  }
  if (pairs == 0) return;
  const bool in_file = second.data() >= source_.begin() && second.data() < source_.end();
  findings_.warn("W-ID-CASE", in_file ? second.data() : source_.begin(),
                 "found the ids " + shown(first) + " and " + shown(second) + ", which differ only in capital letters",
                 "expected ids that differ otherwise",
                 "they are read as two people" +
                     (pairs > 1 ? "; there are " + std::to_string(pairs) + " such pairs" : std::string()));
}

std::vector<PanelReader::StratumWeight> PanelReader::weight_that_moves() const {
  std::vector<StratumWeight> out(ladder_.size());
  for (std::size_t k = 0; k + 1 < rows_.size(); ++k) {
    if (rows_.person[k] != rows_.person[k + 1] || ladder_.is_exit(rows_.stratum[k])) continue;
    const std::int64_t apart = std::int64_t{rows_.time[k + 1]} - rows_.time[k];
    if (columns_.moves && rungs::detail::steps_used(*columns_.moves, apart) == 0) continue;
    StratumWeight& sum = out[rows_.stratum[k]];
    const double w = rows_.weight[k];
    sum.total += w;
    ++sum.records;
    if (w > sum.largest) {
      sum.largest = w;
      sum.line = rows_.line[k];
    }
  }
  return out;
}

const char* PanelReader::place_of_weight(std::size_t line) {
  const char* at = source_.begin();
  for (std::size_t k = source_.first_line(); k < line; ++k) at = std::find(at, source_.end(), '\n') + 1;
  (void)Scanner(source_, findings_, at).next(std::span<const std::uint32_t>(slot_of_), slots_.data());
  blanks_.trim(slots_[weight]);
  return slots_[weight].begin;
}

void PanelReader::warn_of_weights() {
  if (varying_weights_.times > 0)
    findings_.warn("W-WEIGHT-VARIES", varying_weights_.first,
                   "found " + counted(varying_weights_.times, "record", "records") +
                       " with another weight than the person's first record",
                   "expected one weight for each person",
                   "every move takes the weight of the record it starts from; this is the first");
  if (zero_weights_.times > 0)
    findings_.warn("W-WEIGHT-ZERO", zero_weights_.first,
                   "found " + counted(zero_weights_.times, "record", "records") + " with a weight of 0",
                   "expected weights above 0", "moves from there count for nothing; this is the first");
  if (fractions_.times > 0)
    findings_.warn(
        "W-WEIGHT-FRACTION", fractions_.first,
        "found " + counted(fractions_.times, "frequency weight that is", "frequency weights that are") + " not whole",
        "expected numbers of people", "if they correct for sampling, declare sampling weights");
  if (columns_.weight_kind == WeightKind::frequency) return;  // a record of many people is not one of them
  const std::vector<StratumWeight> by_stratum = weight_that_moves();
  for (std::size_t i = 0; i < by_stratum.size(); ++i) {
    const StratumWeight& sum = by_stratum[i];
    // Of fewer than a hundred records each holds more than it does of many: five times as much as if all were alike.
    const double most = std::max(0.05, std::min(0.5, 5 / static_cast<double>(sum.records)));
    if (sum.records < 3 || !(sum.largest > most * sum.total)) continue;
    const auto percent = [](double share) { return rungs::detail::text(std::floor(1000 * share + 1e-9) / 10) + " %"; };
    findings_.warn("W-WEIGHT-DOMINANT", place_of_weight(sum.line),
                   "found a record that holds " + percent(sum.largest / sum.total) + " of the weight of all " +
                       std::to_string(sum.records) + " records in " + shown(ladder_.name(i)) + " that moves start from",
                   "expected at most " + percent(most), "what is estimated from there rests on one person");
  }
}

}  // namespace rungs::io::detail
