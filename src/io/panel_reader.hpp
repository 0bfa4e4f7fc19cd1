// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_IO_PANEL_READER_HPP
#define RUNGS_IO_PANEL_READER_HPP

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <rungs/io/csv.hpp>

#include "header.hpp"
#include "lookup.hpp"
#include "person_columns.hpp"
#include "scanner.hpp"
#include "source.hpp"

namespace rungs::io::detail {

/// What is wrong with a weight; an empty code when nothing is.
struct WeightFault {
  const char* code = "";
  std::string hint{};
};
/// Reads a weight of 0, or of 1/`most` to `most`: beyond, sums and squares of weights would leave the range of numbers.
/// `of_weights` says what of all weights has to lie there.
[[nodiscard]] WeightFault read_weight(std::string_view text, double& out, double most = 1e12,
                                      const char* of_weights = "they");

/// Reads a weight of a column; false for what is none, which is told.
bool read_weight_of(Findings& findings, const Field& field, const std::string& column, double& out);

/// The first place of something, and how often it was.
struct Seen {
  const char* first = nullptr;
  std::uint64_t times = 0;
  void at(const char* place) {
    if (times++ == 0) first = place;
  }
};

/// "one id", "3 ids".
[[nodiscard]] std::string counted(std::uint64_t n, const char* one, const char* many);

/// What readers of panels have in common, however the file is laid out: ids, states, groups and weights, what is said
/// of them, and the rows of the panel to be.
class PanelReader {
 protected:
  /// Opens the file and reads its line of column names; `wanted` are the columns with a name that is known beforehand.
  PanelReader(const std::string& path, const PanelColumns& columns, const Ladder& ladder, std::vector<Wanted> wanted);

  enum Role : std::uint32_t { unused, id, state, weight, group, own };  ///< from `own` on each layout has its own

  /// The id, the weight and the group: the columns that every layout has.
  [[nodiscard]] static std::vector<Wanted> of_the_person(const PanelColumns& columns, const Ladder& ladder);
  /// Says where the columns of the person are, and makes room for `roles` fields and the nameless ones.
  void assign_slots(std::uint32_t roles);
  /// Gives a field to each column of what people keep that has none: once all others have theirs.
  void assign_person_slots() {
    person_.take_slots(slot_of_, static_cast<std::uint32_t>(slots_.size()));
    slots_.resize(slots_.size() + person_.most_slots());
  }
  /// Reads the next record, whose fields of the person are without blanks then.
  Scanner::Found next();
  /// Whether a column without a name holds text: then that was told.
  bool refuse_text_without_name();

  [[nodiscard]] Key key_of(const Field& field) {
    if (field.form != Field::Form::with_doubled_quotes) [[likely]]
      return {field.begin, field.end};
    scratch_ = field.meant();
    scratch_.append(8, '\0');
    return {scratch_.data(), scratch_.data() + scratch_.size() - 8};
  }
  [[nodiscard]] Key id_key() {
    const Field& field = slots_[id];
    if (field.form != Field::Form::with_doubled_quotes) [[likely]]
      return {field.begin, field.end};
    return kept_.keep(field.meant());
  }
  /// False for an id that stands for a missing value.
  bool note_new_id(const Key& key);
  /// Looks up the group of the record; false for one that is not known.
  bool read_group(std::uint32_t& of) {
    of = groups_.find(key_of(slots_[group]));
    return of != Lookup::none;
  }
  [[nodiscard]] std::uint32_t of_group(std::uint32_t where, std::uint32_t of) const {
    return static_cast<std::uint32_t>(ladder_.for_group(where, of));
  }
  void add_row(std::uint32_t person, std::int32_t when, std::uint32_t where, std::uint64_t line) {
    rows_.person.push_back(person);
    rows_.time.push_back(when);
    rows_.stratum.push_back(static_cast<std::uint16_t>(where));
    rows_.line.push_back(static_cast<std::uint32_t>(line));
  }
  /// Says once that times with a decimal point were read, and keeps those below 0 for check_negative_times(); false for
  /// what is no time.
  bool read_time_of(const Field& field, const std::string& column, std::int32_t& when);
  /// Times below 0 may be counted from an event; beside years, or as -9 alone, they are codes.
  void check_negative_times();
  /// Keeps the group of a person; false for another one than before, which was told.
  bool note_group(std::uint32_t person, std::uint32_t of);
  /// Keeps what the record says of the person; false for what is wrong, which was told.
  bool note_person(std::uint32_t person) {
    return !person_.any() || person_.take(person, people_.id(person), slots_, scanner_.record_line(), blanks_);
  }
  /// The weight of the row added last, which stands at `place`.
  void take_weight(double w, std::uint32_t person, const char* place);

  // What is wrong with a field, told at its place; nothing where nothing is.
  void explain_id(const std::string& text, bool nothing_else);
  void explain_state(const Field& field, const std::string& column);
  void explain_group();
  void explain_weight();

  void refuse_without_rows();
  /// The panel of the records that are sound, where something is wrong with others: to tell what else is.
  [[nodiscard]] std::optional<Panel> sound_rows() const;
  /// Throws the errors found; else tells what is worth saying, in the order of the file, and gives the panel.
  PanelFile finish();

  const PanelColumns& columns_;
  const Ladder& ladder_;
  Ladder alone_;
  bool grouped_;
  bool weighted_;
  Source source_;
  Findings findings_;
  Scanner scanner_;
  Blanks blanks_{};
  Header header_;
  PersonColumnReader person_;

  Lookup labels_{}, groups_{};
  std::uint32_t missing_ = 0;         // what labels_ says of a code declared as missing
  std::vector<std::string> known_{};  // names of the ladder and codes that are recoded
  Keeper kept_{};
  std::vector<std::uint32_t> slot_of_{};
  std::vector<Field> slots_{};
  std::uint32_t first_nameless_ = 0;
  std::size_t nameless_ = 0;

  People people_{};
  Observations rows_{};
  std::optional<OrderedObservations> in_order_{};  ///< in place of rows_, as long as records come so
  std::uint64_t records_ = 0;
  std::map<std::string, std::uint64_t> dropped_{};
  bool years_ = false;  ///< whether there are times from 1000 on
  Ledger spells_{};

 private:
  void learn_labels();
  /// Keeps the id of the person added last where it has characters that nobody sees, or accents beside their letters.
  void note_unseen_in_id(std::string_view text);
  /// Refuses ids that differ only so.
  void refuse_ids_alike();
  void warn();
  void warn_of_case();
  void warn_of_weights();

  struct StratumWeight {
    double total = 0;
    double largest = 0;
    std::uint64_t records = 0;
    std::size_t line = 0;  ///< of the largest
  };
  /// The weight of the records in each stratum that moves start from: those that the person's next record is one step
  /// later, or as many as the gap allows; without `columns.moves`, that any follows. The rows stand in order.
  [[nodiscard]] std::vector<StratumWeight> weight_that_moves() const;
  /// Where the weight stands in the record on a line, which is read again: places are not kept for every record.
  const char* place_of_weight(std::size_t line);

  /// An id that reads otherwise than it is written.
  struct SeenId {
    std::uint32_t person;
    const char* place;
    Key seen;
  };
  struct Negative {
    const char* place;
    const std::string* column;
  };
  struct GroupOf {
    std::uint32_t group = Lookup::none;
    std::uint64_t line = 0;
  };

  std::string scratch_{};
  Seen times_with_point_{};
  std::vector<Negative> negative_nines_{}, other_negatives_{};
  std::vector<GroupOf> group_of_{};
  Seen rewritten_ids_{};
  std::vector<SeenId> ids_seen_otherwise_{};
  bool capitals_ = false, small_letters_ = false;
  Seen varying_weights_{}, zero_weights_{}, fractions_{};
  std::vector<double> first_weights_{};
  const char* first_weight_ = nullptr;
};

}  // namespace rungs::io::detail

#endif
