// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_TESTS_IO_DATA_SETS_HPP
#define RUNGS_TESTS_IO_DATA_SETS_HPP

#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <readstat.h>

namespace rungs::test {

/// A missing value: '.' that of the system, 'a' to 'z' the others of Stata.
struct Gone {
  char letter = '.';
};
using Cell = std::variant<double, std::string, Gone>;

struct Variable {
  std::string name{};
  readstat_type_t type = READSTAT_TYPE_DOUBLE;
  std::string labels{};
  std::string format{};
  std::size_t width = 20;                ///< of texts
  std::vector<double> missing_values{};  ///< of SPSS
};

/// A file to be written by ReadStat: release 113 to 119 of Stata, or 2 and 3 of SPSS.
struct DataSet {
  std::vector<Variable> variables{};
  std::vector<std::vector<Cell>> rows{};
  std::map<std::string, std::vector<std::pair<int, std::string>>> labels{};

  [[nodiscard]] std::string dta(int release = 118) const { return written(release, false, READSTAT_COMPRESS_NONE); }
  [[nodiscard]] std::string sav(readstat_compress_t compress = READSTAT_COMPRESS_NONE) const {
    return written(compress == READSTAT_COMPRESS_BINARY ? 3 : 2, true, compress);
  }

 private:
  static void check(readstat_error_t error) {
    if (error != READSTAT_OK) throw std::runtime_error(readstat_error_message(error));
  }
  [[nodiscard]] std::string written(int release, bool spss, readstat_compress_t compress) const {
    std::string out;
    const std::unique_ptr<readstat_writer_t, void (*)(readstat_writer_t*)> owner(readstat_writer_init(),
                                                                                 readstat_writer_free);
    readstat_writer_t* const w = owner.get();
    check(readstat_set_data_writer(w, [](const void* data, std::size_t size, void* to) -> ssize_t {
      static_cast<std::string*>(to)->append(static_cast<const char*>(data), size);
      return static_cast<ssize_t>(size);
    }));
    check(readstat_writer_set_file_format_version(w, static_cast<std::uint8_t>(release)));
    check(readstat_writer_set_compression(w, compress));
    check(readstat_writer_set_file_timestamp(w, 1500000000));
    std::map<std::string, readstat_label_set_t*> sets;
    for (const auto& [name, labelled] : labels) {
      sets[name] = readstat_add_label_set(w, spss ? READSTAT_TYPE_DOUBLE : READSTAT_TYPE_INT32, name.c_str());
      for (const auto& [value, label] : labelled)
        if (spss)
          readstat_label_double_value(sets[name], value, label.c_str());
        else
          readstat_label_int32_value(sets[name], value, label.c_str());
    }
    std::vector<readstat_variable_t*> known;
    for (const Variable& v : variables) {
      const bool numeric = v.type != READSTAT_TYPE_STRING && v.type != READSTAT_TYPE_STRING_REF;
      known.push_back(readstat_add_variable(w, v.name.c_str(), spss && numeric ? READSTAT_TYPE_DOUBLE : v.type,
                                            v.type == READSTAT_TYPE_STRING ? v.width : 0));
      if (!v.labels.empty()) readstat_variable_set_label_set(known.back(), sets.at(v.labels));
      if (!v.format.empty()) readstat_variable_set_format(known.back(), v.format.c_str());
      for (const double x : v.missing_values) check(readstat_variable_add_missing_double_value(known.back(), x));
    }
    std::map<std::string, readstat_string_ref_t*> texts;
    for (const auto& row : rows)
      for (std::size_t c = 0; c < row.size(); ++c)
        if (variables[c].type == READSTAT_TYPE_STRING_REF) {
          const std::string& text = std::get<std::string>(row[c]);
          if (texts.count(text) == 0) texts[text] = readstat_add_string_ref(w, text.c_str());
        }
    const auto n = static_cast<long>(rows.size());
    check(spss ? readstat_begin_writing_sav(w, &out, n) : readstat_begin_writing_dta(w, &out, n));
    for (const auto& row : rows) {
      check(readstat_begin_row(w));
      for (std::size_t c = 0; c < row.size(); ++c) {
        const readstat_variable_t* const v = known[c];
        if (const Gone* const gone = std::get_if<Gone>(&row[c])) {
          check(gone->letter == '.' ? readstat_insert_missing_value(w, v)
                                    : readstat_insert_tagged_missing_value(w, v, gone->letter));
        } else if (const std::string* const text = std::get_if<std::string>(&row[c])) {
          check(variables[c].type == READSTAT_TYPE_STRING_REF ? readstat_insert_string_ref(w, v, texts.at(*text))
                                                              : readstat_insert_string_value(w, v, text->c_str()));
        } else {
          insert(w, v, spss ? READSTAT_TYPE_DOUBLE : variables[c].type, std::get<double>(row[c]));
        }
      }
      check(readstat_end_row(w));
    }
    check(readstat_end_writing(w));
    return out;
  }
  static void insert(readstat_writer_t* w, const readstat_variable_t* v, readstat_type_t type, double x) {
    switch (type) {
      case READSTAT_TYPE_INT8:
        return check(readstat_insert_int8_value(w, v, static_cast<std::int8_t>(x)));
      case READSTAT_TYPE_INT16:
        return check(readstat_insert_int16_value(w, v, static_cast<std::int16_t>(x)));
      case READSTAT_TYPE_INT32:
        return check(readstat_insert_int32_value(w, v, static_cast<std::int32_t>(x)));
      case READSTAT_TYPE_FLOAT:
        return check(readstat_insert_float_value(w, v, static_cast<float>(x)));
      default:
        return check(readstat_insert_double_value(w, v, x));
    }
  }
};

}  // namespace rungs::test

#endif
