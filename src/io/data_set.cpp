// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include "data_set.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstring>
#include <exception>
#include <limits>
#include <map>
#include <new>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include <readstat.h>

#include "dta_layout.hpp"
#include "encoding.hpp"
#include "source.hpp"
#include "words.hpp"

namespace rungs::io::detail {

namespace {

using namespace std::string_view_literals;

// --- the file in memory, as ReadStat reads it ---

struct Memory {
  const char* data;
  std::size_t size;
  std::size_t at = 0;
};

extern "C" {
static int open_memory(const char*, void* context) {
  static_cast<Memory*>(context)->at = 0;
  return 0;
}
static int close_memory(void*) { return 0; }
static readstat_off_t seek_memory(readstat_off_t offset, readstat_io_flags_t whence, void* context) {
  auto& memory = *static_cast<Memory*>(context);
  const auto size = static_cast<readstat_off_t>(memory.size);
  const readstat_off_t from = whence == READSTAT_SEEK_SET   ? 0
                              : whence == READSTAT_SEEK_CUR ? static_cast<readstat_off_t>(memory.at)
                                                            : size;
  if (offset < -from || offset > size - from) return -1;
  memory.at = static_cast<std::size_t>(from + offset);
  return from + offset;
}
static ssize_t read_memory(void* to, std::size_t wanted, void* context) {
  auto& memory = *static_cast<Memory*>(context);
  const std::size_t got = std::min(wanted, memory.size - memory.at);
  if (to == nullptr) return -1;  // ReadStat does not ask whether it got the memory that it reads into
  if (got > 0) std::memcpy(to, memory.data + memory.at, got);
  memory.at += got;
  return static_cast<ssize_t>(got);
}
static readstat_error_t update_memory(long, readstat_progress_handler, void*, void*) { return READSTAT_OK; }
}

// --- the text that it becomes ---

/// Grows in place where the system can; never beyond its limit.
class Text {
 public:
  explicit Text(std::size_t limit) : limit_(limit) {}

  struct TooLong {};
  void add(std::string_view text) {
    if (text.empty()) return;
    if (text.size() > capacity_ - size_) grow(text.size());
    std::memcpy(data_.get() + size_, text.data(), text.size());
    size_ += text.size();
  }
  void add(char c) { add(std::string_view(&c, 1)); }
  /// Puts zero bytes behind the text, and gives it away.
  void take(DataSetText& out) {
    const std::size_t size = size_;
    limit_ += 64;
    for (int k = 0; k < 64; ++k) add('\0');
    out.data = std::move(data_);
    out.size = size;
  }

 private:
  void grow(std::size_t more) {
    if (more > limit_ - size_) throw TooLong{};
    const std::size_t wanted =
        std::min(limit_ + 64, std::max({size_ + more, capacity_ + capacity_ / 2, std::size_t{1} << 16}));
    void* const moved = std::realloc(data_.get(), wanted);
    if (moved == nullptr) throw std::bad_alloc();
    (void)data_.release();
    data_.reset(static_cast<char*>(moved));
    capacity_ = wanted;
  }
  std::unique_ptr<char, DataSetText::Free> data_{};
  std::size_t size_ = 0, capacity_ = 0, limit_;
};

/// A text as a field of a record: in quotes where it needs them, and always on one line.
std::string field_of(std::string_view text) {
  const bool quotes = text.find_first_of(",\"\r\n"sv) != std::string_view::npos;
  if (!quotes) return std::string(text);
  std::string out = "\"";
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
    if (text[i] == '\r' || text[i] == '\n')
      out += "\xe2\x80\xa8";
    else
      out.append(text[i] == '"' ? 2 : 1, text[i]);
  }
  return out + '"';
}

/// The shortest text of a number: whole ones without decimals.
template <class Number>
std::string_view text_of(Number x, char (&buffer)[40]) {
  char* end = buffer;
  if (x == std::floor(x) && std::abs(x) < Number(9e18))
    end = std::to_chars(buffer, buffer + sizeof buffer, static_cast<std::int64_t>(x)).ptr;
  else
    end = std::to_chars(buffer, buffer + sizeof buffer, x).ptr;
  return {buffer, static_cast<std::size_t>(end - buffer)};
}

// --- dates ---

enum class Dates : std::uint8_t { none, days, milliseconds, seconds, counted, unknown };

struct DateFormat {
  Dates dates = Dates::none;
  const char* of = "dates";
  const char* as = "they were read as their years";
};

DateFormat stata_dates(std::string_view format) {
  if (!format.empty() && format[0] == '%') format.remove_prefix(1);
  if (!format.empty() && (format[0] == '-' || format[0] == '~')) format.remove_prefix(1);
  if (format.empty()) return {};
  if (format[0] == 'd') return {Dates::days};
  if (format[0] != 't') return {};
  switch (format.size() > 1 ? format[1] : '\0') {
    case 'd':
      return {Dates::days};
    case 'c':
    case 'C':
      return {Dates::milliseconds};
    case 'w':
      return {Dates::counted, "weeks",
              "they were read as weeks counted from the first of 1960, as Stata counts them: a step of 1 is a week, so "
              "that its "
              "length in years has to be stated, 1/52"};
    case 'm':
      return {Dates::counted, "months",
              "they were read as months counted from January 1960, as Stata counts them: a step of 1 is a month, so "
              "that its "
              "length in years has to be stated, 1/12"};
    case 'q':
      return {Dates::counted, "quarters",
              "they were read as quarters counted from the first of 1960, as Stata counts them: a step of 1 is a "
              "quarter, so that "
              "its length in years has to be stated, 0.25"};
    case 'h':
      return {Dates::counted, "half-years",
              "they were read as half-years counted from the first of 1960, as Stata counts them: a step of 1 is a "
              "half-year, so "
              "that its length in years has to be stated, 0.5"};
    case 'y':
      return {};
    default:
      return {Dates::unknown};
  }
}

DateFormat spss_dates(std::string_view format) {
  std::size_t letters = 0;
  while (letters < format.size() && format[letters] >= 'A' && format[letters] <= 'Z') ++letters;
  format = format.substr(0, letters);
  for (const std::string_view date : {"DATE"sv, "ADATE"sv, "EDATE"sv, "SDATE"sv, "JDATE"sv, "DATETIME"sv, "YMDHMS"sv})
    if (format == date) return {Dates::seconds};
  for (const std::string_view other :
       {"MOYR"sv, "QYR"sv, "WKYR"sv, "TIME"sv, "DTIME"sv, "MTIME"sv, "WKDAY"sv, "MONTH"sv})
    if (format == other) return {Dates::unknown};
  return {};
}

/// The year of a date; false for one that is no date of the years 1 to 9999.
bool year_of(double x, Dates dates, int& year) {
  using std::chrono::sys_days;
  const double days = std::floor(dates == Dates::days ? x : x / (dates == Dates::seconds ? 86400.0 : 86400000.0));
  const auto epoch =
      dates == Dates::seconds ? sys_days(std::chrono::year(1582) / 10 / 14) : sys_days(std::chrono::year(1960) / 1 / 1);
  if (!(std::abs(days) < 4e6)) return false;
  const std::chrono::year_month_day date(epoch + std::chrono::days(static_cast<int>(days)));
  year = static_cast<int>(date.year());
  return year >= 1 && year <= 9999;
}

// --- variables and labels ---

struct Label {
  std::string text{};   ///< as it is meant
  std::string field{};  ///< as a field of a record
  bool shared = false;  ///< with another value
};

struct LabelSet {
  std::unordered_map<double, Label> of_number{};
  std::unordered_map<std::string, Label> of_text{};
  std::unordered_map<std::string, Label*> words{};

  void add(Label& label, const char* text) {
    label.text = text;
    label.field = field_of(label.text);
    const auto [known, is_new] = words.try_emplace(label.text, &label);
    if (!is_new && known->second != &label) known->second->shared = label.shared = true;
  }
};

struct Column {
  std::string name{};
  std::string label_set{};
  const LabelSet* labels = nullptr;
  bool read = false, as_name = false, id = false, long_text = false;
  DateFormat date{};
  std::string format{};
  bool shared_told = false, date_told = false;
};

/// Takes what ReadStat finds: first the variables and labels, then, once labels are known, the values.
class Taker {
 public:
  Taker(const std::string& file, DataSetKind kind, const VariableUse& use, std::size_t size,
        std::vector<std::size_t> long_texts, bool raw = false)
      : file_(file),
        kind_(kind),
        use_(use),
        raw_(raw),
        long_texts_(std::move(long_texts)),
        text_(24 * size + (std::size_t{32} << 20U)),
        labels_left_(3 * size + (std::size_t{16} << 20U)) {}

  [[nodiscard]] bool stata() const noexcept { return kind_ == DataSetKind::stata; }
  [[nodiscard]] const char* code(const char* of_stata, const char* of_spss) const noexcept {
    return stata() ? of_stata : of_spss;
  }

  void parse(Memory& memory, bool values) {
    std::unique_ptr<readstat_parser_t, void (*)(readstat_parser_t*)> parser(readstat_parser_init(),
                                                                            readstat_parser_free);
    if (parser == nullptr) throw std::bad_alloc();
    readstat_set_open_handler(parser.get(), open_memory);
    readstat_set_close_handler(parser.get(), close_memory);
    readstat_set_seek_handler(parser.get(), seek_memory);
    readstat_set_read_handler(parser.get(), read_memory);
    readstat_set_update_handler(parser.get(), update_memory);
    readstat_set_io_ctx(parser.get(), &memory);
    readstat_set_metadata_handler(parser.get(), on_metadata);
    if (values) {
      // Some programs do not say how many observations they write: then all that come are read.
      if (observations_ < 0) readstat_set_row_limit(parser.get(), std::numeric_limits<std::int32_t>::max());
      readstat_set_variable_handler(parser.get(), on_variable_again);
      readstat_set_value_handler(parser.get(), on_value);
    } else {
      readstat_set_variable_handler(parser.get(), on_variable);
      readstat_set_value_label_handler(parser.get(), on_label);
    }
    // Old Stata files do not say how their texts are encoded: nothing is made of them unless somebody does.
    if (!is_utf8(use_.encoding))
      readstat_set_file_character_encoding(parser.get(), use_.encoding.c_str());
    else if (stata() || raw_)
      readstat_set_handler_character_encoding(parser.get(), nullptr);
    const readstat_error_t error = stata() ? readstat_parse_dta(parser.get(), file_.c_str(), this)
                                           : readstat_parse_sav(parser.get(), file_.c_str(), this);
    if (thrown_) std::rethrow_exception(thrown_);
    if (!errors_.empty()) throw InputError(std::move(errors_));
    if (error != READSTAT_OK) refuse(error);
  }

  DataSetText read(Memory memory) {
    parse(memory, false);
    learn();
    guarded(this, [](Taker& self) {
      for (std::size_t c = 0; c < self.columns_.size(); ++c) {
        if (c > 0) self.text_.add(',');
        self.text_.add(field_of(self.columns_[c].name));
      }
      self.text_.add('\n');
      return READSTAT_HANDLER_OK;
    });
    if (thrown_) std::rethrow_exception(thrown_);
    parse(memory, true);
    if (observations_ >= 0 && any_read_ && started_ != observations_) refuse_cut();
    guarded(this, [](Taker& self) {
      // Of a file without any column that is asked for, which the reader then says, one row is enough.
      const std::int64_t rows = self.any_read_ ? self.observations_ : std::min(self.observations_, std::int64_t{1});
      while (self.started_ < rows) self.start_row();
      self.end_row();
      return READSTAT_HANDLER_OK;
    });
    if (thrown_) std::rethrow_exception(thrown_);
    DataSetText out;
    for (const Column& column : columns_) {
      Variable& variable = out.variables.emplace_back();
      variable.name = column.name;
      variable.labels_absent = column.labels == nullptr && !column.label_set.empty();
      if (column.labels == nullptr) continue;
      for (const auto& [word, label] : column.labels->words) variable.labels.push_back(word);
      std::sort(variable.labels.begin(), variable.labels.end());
    }
    out.warnings = std::move(warnings_);
    text_.take(out);
    return out;
  }

 private:
  // --- errors ---

  [[noreturn]] void refuse_cut() const {
    throw InputError({{Diagnostic::Severity::error,
                       code("E-DTA-TRUNC", "E-SAV-TRUNC"),
                       {file_, 0, 0},
                       "found the end of the file after " + std::to_string(started_) + " observations",
                       "expected " + std::to_string(observations_) + ", as it says itself",
                       "the file is cut off: copy or write it anew"}});
  }
  [[noreturn]] void refuse(readstat_error_t error) const {
    const bool cut =
        error == READSTAT_ERROR_READ || error == READSTAT_ERROR_SEEK || error == READSTAT_ERROR_ROW_COUNT_MISMATCH;
    const bool encoding = error == READSTAT_ERROR_CONVERT_BAD_STRING || error == READSTAT_ERROR_CONVERT_SHORT_STRING ||
                          error == READSTAT_ERROR_UNSUPPORTED_CHARSET;
    const std::string words = std::string("found a file of which ReadStat says: ") + readstat_error_message(error);
    if (encoding)
      throw InputError({{Diagnostic::Severity::error,
                         "E-ENC-INVALID",
                         {file_, 0, 0},
                         words,
                         is_utf8(use_.encoding) ? "expected texts in the encoding that the file states"
                                                : "expected texts in " + as_named(use_.encoding),
                         stata() ? "the file may be damaged, or in another encoding" : "in SPSS: save it in Unicode"}});
    throw InputError({{Diagnostic::Severity::error,
                       cut ? code("E-DTA-TRUNC", "E-SAV-TRUNC") : code("E-DTA-READ", "E-SAV-READ"),
                       {file_, 0, 0},
                       words,
                       stata() ? "expected a whole Stata file" : "expected a whole SPSS file",
                       cut ? "the file may be cut off: copy or write it anew"
                       : error == READSTAT_ERROR_MALLOC
                           ? "memory is short, or the file is damaged and asks for too much: write it anew"
                           : "write it anew, or as CSV in UTF-8"}});
  }
  [[nodiscard]] Location at(const Column& column, std::size_t observation) const {
    return {file_, observation, 0, true, column.name};
  }
  /// False once there are so many errors that reading on is no use.
  bool error(const char* code, const Column& column, std::size_t observation, std::string found, std::string expected,
             std::string hint) {
    errors_.push_back({Diagnostic::Severity::error, code, at(column, observation), std::move(found),
                       std::move(expected), std::move(hint)});
    return errors_.size() < Findings::cap;
  }
  void warn(const char* code, const Column& column, std::size_t observation, std::string found, std::string expected,
            std::string hint) {
    warnings_.push_back({Diagnostic::Severity::warning, code, at(column, observation), std::move(found),
                         std::move(expected), std::move(hint)});
  }

  // --- what ReadStat calls: no exception may pass through it ---

  template <class Body>
  static int guarded(void* context, const Body& body) noexcept {
    auto& self = *static_cast<Taker*>(context);
    try {
      return body(self);
    } catch (const Text::TooLong&) {
      self.thrown_ = std::make_exception_ptr(InputError(
          {{Diagnostic::Severity::error,
            self.code("E-DTA-SIZE", "E-SAV-SIZE"),
            {self.file_, 0, 0},
            "found more text than 24 times the size of the file",
            "expected less",
            "labels may be very long, or the file made to fill the memory: keep only the variables that are needed"}}));
    } catch (...) {
      self.thrown_ = std::current_exception();
    }
    return READSTAT_HANDLER_ABORT;
  }
  static int on_metadata(readstat_metadata_t* metadata, void* context) {
    return guarded(context, [&](Taker& self) {
      self.observations_ = metadata->row_count;
      return READSTAT_HANDLER_OK;
    });
  }
  static int on_variable(int index, readstat_variable_t* variable, const char* labels, void* context) {
    return guarded(context, [&](Taker& self) {
      self.add_variable(static_cast<std::size_t>(index), variable, labels);
      return READSTAT_HANDLER_OK;
    });
  }
  static int on_variable_again(int index, readstat_variable_t*, const char*, void* context) {
    return guarded(context, [&](Taker& self) {
      const auto c = static_cast<std::size_t>(index);
      return c < self.columns_.size() && self.columns_[c].read ? READSTAT_HANDLER_OK : READSTAT_HANDLER_SKIP_VARIABLE;
    });
  }
  static int on_label(const char* set, readstat_value_t value, const char* label, void* context) {
    return guarded(context, [&](Taker& self) {
      self.add_label(set, value, label);
      return READSTAT_HANDLER_OK;
    });
  }
  static int on_value(int observation, readstat_variable_t* variable, readstat_value_t value, void* context) {
    return guarded(context, [&](Taker& self) {
      const bool on = self.take(observation, variable, value);
      return on ? READSTAT_HANDLER_OK : READSTAT_HANDLER_ABORT;
    });
  }

  void add_variable(std::size_t index, const readstat_variable_t* variable, const char* labels) {
    if (columns_.size() <= index) columns_.resize(index + 1);
    Column& column = columns_[index];
    if (const char* const name = readstat_variable_get_name(variable)) column.name = name;
    if (const char* const format = readstat_variable_get_format(variable)) column.format = format;
    if (labels != nullptr) column.label_set = labels;
    const auto is_in = [&column](const std::vector<std::string>& names) {
      return std::find(names.begin(), names.end(), column.name) != names.end();
    };
    const bool time = is_in(use_.times), name = is_in(use_.names);
    const bool number =
        is_in(use_.numbers) ||
        std::any_of(use_.number_prefixes.begin(), use_.number_prefixes.end(), [&](const std::string& before) {
          return column.name.size() > before.size() && column.name.compare(0, before.size(), before) == 0 &&
                 std::all_of(column.name.begin() + static_cast<std::ptrdiff_t>(before.size()), column.name.end(),
                             [](char c) { return c >= '0' && c <= '9'; });
        });
    column.id = is_in(use_.ids);
    column.long_text = std::binary_search(long_texts_.begin(), long_texts_.end(), index);
    column.read = column.id || time || name || number || use_.others;
    column.as_name = !column.id && !time && (name || !number);
    any_read_ = any_read_ || column.read;
    if (time && readstat_variable_get_type_class(variable) == READSTAT_TYPE_CLASS_NUMERIC)
      column.date = stata() ? stata_dates(column.format) : spss_dates(column.format);
  }
  void add_label(const char* name, const readstat_value_t& value, const char* text) {
    if (text == nullptr || *text == '\0') return;
    // Many values may have one long text in the file.
    const std::size_t cost = 200 + 3 * std::strlen(text);
    if (cost > labels_left_) throw Text::TooLong{};
    labels_left_ -= cost;
    LabelSet& set = label_sets_[name];
    if (readstat_value_type_class(value) == READSTAT_TYPE_CLASS_STRING) {
      const char* const key = readstat_string_value(value);
      set.add(set.of_text[key == nullptr ? "" : key], text);
    } else if (!readstat_value_is_tagged_missing(value) && !readstat_value_is_system_missing(value)) {
      set.add(set.of_number[number_of(value)], text);
    }
  }
  /// Once labels are known.
  void learn() {
    for (Column& column : columns_) {
      const auto known = label_sets_.find(column.label_set);
      if (known != label_sets_.end()) column.labels = &known->second;
      if (column.date.dates == Dates::unknown)
        (void)error("E-TIME-FORMAT", column, 0, "found times of format " + shown(column.format),
                    stata() ? "expected whole numbers, or dates of format %td, %tc, %tw, %tm, %tq, %th or %ty"
                            : "expected whole numbers, or dates of format DATE, ADATE, EDATE, SDATE or DATETIME",
                    "write the year, or number the periods, in a variable of their own");
    }
    if (!errors_.empty()) throw InputError(std::move(errors_));
  }

  // --- values ---

  static double number_of(const readstat_value_t& value) {
    switch (readstat_value_type(value)) {
      case READSTAT_TYPE_INT8:
        return static_cast<signed char>(readstat_int8_value(value));
      case READSTAT_TYPE_INT16:
        return readstat_int16_value(value);
      case READSTAT_TYPE_INT32:
        return readstat_int32_value(value);
      case READSTAT_TYPE_FLOAT:
        return static_cast<double>(readstat_float_value(value));
      default:
        return readstat_double_value(value);
    }
  }
  void start_row() {
    end_row();
    ++started_;
    stands_ = true;
    next_ = 0;
  }
  void end_row() {
    if (!stands_) return;
    if (columns_.size() == 1 && !written_) text_.add("\"\"");  // an empty line would be no observation
    for (std::size_t c = next_ + 1; c < columns_.size(); ++c) text_.add(',');
    text_.add('\n');
    stands_ = written_ = false;
  }
  bool take(int observation, readstat_variable_t* variable, const readstat_value_t& value) {
    const auto c = static_cast<std::size_t>(readstat_variable_get_index(variable));
    while (started_ <= observation) start_row();
    for (; next_ < c; ++next_) text_.add(',');
    Column& column = columns_[c];
    return column.read ? take_value(column, static_cast<std::size_t>(observation) + 1, variable, value) : true;
  }
  void put(std::string_view field) {
    written_ = written_ || !field.empty();
    text_.add(field);
  }

  bool take_value(Column& column, std::size_t row, readstat_variable_t* variable, const readstat_value_t& value) {
    if (readstat_value_type_class(value) == READSTAT_TYPE_CLASS_STRING) {
      const char* text = readstat_string_value(value);
      if (text == nullptr || *text == '\0') return true;
      // ReadStat does not convert long texts.
      if (stata() && !is_utf8(use_.encoding) && column.long_text) {
        const Converted made = to_utf8(text, use_.encoding);
        if (made.bytes < std::strlen(text)) return refuse_text(column, row, text[made.bytes]);
        long_text_.assign(made.text.begin(), made.text.end());
        text = long_text_.c_str();
      }
      if (!stata() && readstat_value_is_defined_missing(value, variable)) return put("."), true;
      if (column.as_name && column.labels != nullptr) {
        const auto known = column.labels->of_text.find(text);
        if (known != column.labels->of_text.end()) return put_label(column, row, known->second);
        return put_unlabelled(column, row, text);
      }
      put(field_of(text));
      return true;
    }
    if (readstat_value_is_tagged_missing(value)) {
      const char tag = readstat_value_tag(value);
      if (tag < 'a' || tag > 'z') return refuse_value(column, row);
      const char text[] = {'.', tag};
      put({text, 2});
      return true;
    }
    if (readstat_value_is_system_missing(value)) return put("."), true;
    if (!stata() && readstat_value_is_defined_missing(value, variable)) return put("."), true;
    const double x = number_of(value);
    if (!std::isfinite(x)) return refuse_value(column, row);
    if (column.date.dates != Dates::none) return put_time(column, row, x);
    const readstat_type_t type = readstat_value_type(value);
    char buffer[40];
    const std::string_view text =
        type == READSTAT_TYPE_FLOAT ? text_of(readstat_float_value(value), buffer) : text_of(x, buffer);
    if (column.id && type == READSTAT_TYPE_DOUBLE && !(std::abs(x) < 0x1p53))
      return error("E-ID-PRECISION", column, row, "found the id " + std::string(text) + ", held as a double",
                   "expected whole numbers below 9007199254740992, or texts",
                   "beyond that a double cannot tell neighbours apart: different ids may have become one; keep ids as "
                   "text in the file they come from");
    if (column.id && type == READSTAT_TYPE_FLOAT && !(std::abs(x) < 0x1p24))
      return error("E-ID-PRECISION", column, row, "found the id " + std::string(text) + ", held as a float",
                   "expected whole numbers below 16777216, or another type",
                   "beyond that a float cannot tell neighbours apart: different ids may have become one; keep ids as "
                   "long, double or text in the file they come from");
    if (column.as_name && column.labels != nullptr) {
      const auto known = column.labels->of_number.find(x);
      if (known != column.labels->of_number.end()) return put_label(column, row, known->second);
      return put_unlabelled(column, row, text);
    }
    put(text);
    return true;
  }
  bool put_label(Column& column, std::size_t row, const Label& label) {
    if (label.shared && !column.shared_told) {
      column.shared_told = true;
      warn("W-LABEL-DUP", column, row, "found the label " + shown(label.text) + " of more than one value",
           "expected a label of its own for each value", "the values were read as one");
    }
    put(label.field);
    return true;
  }
  bool put_unlabelled(const Column& column, std::size_t row, std::string_view text) {
    if (column.labels->words.count(std::string(text)) != 0)
      return error(
          "E-LABEL-NOVALUE", column, row,
          "found the value " + shown(text) + " without a label, beside another value with the label " + shown(text),
          "expected a label for each value", "label the value, or make it missing");
    put(field_of(text));
    return true;
  }
  bool put_time(Column& column, std::size_t row, double x) {
    char buffer[40];
    if (!column.date_told)
      warn("W-TIME-FORMAT", column, 0, std::string("found ") + column.date.of + " of format " + shown(column.format),
           "expected whole numbers such as 2017", column.date.as);
    column.date_told = true;
    if (column.date.dates == Dates::counted) return put(text_of(x, buffer)), true;
    int year = 0;
    if (!year_of(x, column.date.dates, year))
      return error("E-TIME-RANGE", column, row,
                   "found " + std::string(text_of(x, buffer)) + " as a date of format " + shown(column.format),
                   "expected a date of the years 1 to 9999", "the format may be another one");
    put(text_of(static_cast<double>(year), buffer));
    return true;
  }
  bool refuse_text(const Column& column, std::size_t row, char byte) {
    return error("E-ENC-INVALID", column, row,
                 "found the byte " + shown_byte(byte) + ", with which no character begins",
                 "expected text in " + as_named(use_.encoding), "the file may be damaged, or in another encoding");
  }
  bool refuse_value(const Column& column, std::size_t row) {
    return error(code("E-DTA-VALUE", "E-SAV-VALUE"), column, row,
                 "found a number that is neither a number nor a missing value", "expected one or the other",
                 "the file may be damaged: write it anew");
  }

  const std::string& file_;
  DataSetKind kind_;
  const VariableUse& use_;
  bool raw_;  // whether no text is converted
  std::vector<std::size_t> long_texts_;
  Text text_;
  std::size_t labels_left_;  // bytes that labels may still take
  std::vector<Column> columns_{};
  std::map<std::string, LabelSet> label_sets_{};
  std::int64_t observations_ = -1, started_ = 0;
  std::size_t next_ = 0;
  bool stands_ = false, written_ = false, any_read_ = false;
  std::string long_text_{};
  std::vector<Diagnostic> errors_{}, warnings_{};
  std::exception_ptr thrown_{};
};

/// Whether the texts have letters beyond ASCII and are UTF-8 before anything is converted.
bool is_utf8_as_it_stands(const std::string& file, char* bytes, std::size_t size, DataSetKind kind,
                          const VariableUse& use, const std::vector<std::size_t>& long_texts) {
  VariableUse raw = use;
  raw.encoding.clear();
  try {
    const DataSetText text = Taker(file, kind, raw, size, long_texts, true).read({bytes, size});
    const char *const begin = text.data.get(), *const end = begin + text.size;
    return std::any_of(begin, end, [](char c) { return (c & 0x80) != 0; }) && first_bad_byte(begin, end) == end;
  } catch (const Error&) {  // which reading tells of
    return false;
  }
}

}  // namespace

DataSetKind data_set_kind(std::string_view head) noexcept {
  if (begins_as_dta(head)) return DataSetKind::stata;
  if (head.substr(0, 4) == "$FL2"sv || head.substr(0, 4) == "$FL3"sv) return DataSetKind::spss;
  return DataSetKind::none;
}

DataSetText read_data_set(const std::string& file, char* bytes, std::size_t size, DataSetKind kind,
                          const VariableUse& use) {
  std::vector<Diagnostic> warnings;
  std::vector<std::size_t> long_texts;
  int release = 0;
  if (kind == DataSetKind::stata) {
    DtaLayout layout = check_dta(file, {bytes, size}, use.encoding);
    warnings = std::move(layout.warnings);
    release = layout.release;
    long_texts = std::move(layout.long_texts);
    // ReadStat refuses a file for its date, on which nothing depends.
    if (layout.timestamp_size > 0) std::memset(bytes + layout.timestamp, 0, layout.timestamp_size);
  }
  if (!is_utf8(use.encoding) && is_utf8_as_it_stands(file, bytes, size, kind, use, long_texts))
    warnings.push_back({Diagnostic::Severity::warning,
                        "W-ENC-UTF8",
                        {file, 0, 0},
                        "found texts that are UTF-8 as they stand",
                        "expected text in " + as_named(use.encoding),
                        "they were read so; if names look wrong, leave --encoding (in scenarios encoding) out"});
  Taker taker(file, kind, use, size, std::move(long_texts));
  DataSetText out = taker.read({bytes, size});
  out.warnings.insert(out.warnings.begin(), warnings.begin(), warnings.end());
  out.release = release;
  return out;
}

}  // namespace rungs::io::detail
