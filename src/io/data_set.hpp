// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_IO_DATA_SET_HPP
#define RUNGS_IO_DATA_SET_HPP

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <rungs/core/error.hpp>

namespace rungs::io::detail {

/// A file of observations and variables, known by its first bytes.
enum class DataSetKind : std::uint8_t { none, stata, spss };
[[nodiscard]] DataSetKind data_set_kind(std::string_view head) noexcept;

/// What variables are read for, by name.
struct VariableUse {
  std::vector<std::string>
      ids{};  ///< must tell people or clusters apart: numbers that may have been rounded are refused
  std::vector<std::string> times{};    ///< numbers; dates become times, which is said
  std::vector<std::string> numbers{};  ///< whatever labels their values have
  std::vector<std::string> names{};    ///< the labels of their values, where they have any
  bool others = true;                  ///< whether other variables are read too, as `names`; else they stay empty
  std::vector<std::string> number_prefixes{};  ///< of numbers by time: `income` of `income2015`
  std::string encoding{};  ///< of the file; empty: UTF-8, or what it states; "UTF-8" where no other can be named
};

/// A variable with what is needed to explain its values.
struct Variable {
  std::string name{};
  std::vector<std::string> labels{};  ///< in order
  bool labels_absent = false;         ///< it names labels that the file does not have
};

/// A file of observations as the text that a reader of comma-separated values reads: a line of names, then a line for
/// each observation.
struct DataSetText {
  struct Free {
    void operator()(char* memory) const noexcept { std::free(memory); }
  };
  std::unique_ptr<char, Free> data{};
  std::size_t size = 0;  ///< 64 zero bytes follow
  std::vector<Variable> variables{};
  std::vector<Diagnostic> warnings{};
  int release = 0;  ///< of a Stata file
};

/// Reads a Stata or SPSS file with ReadStat.
///
/// A value with a label becomes the label, another number its shortest text. Missing values become ".", ".a" to ".z";
/// so does what SPSS declares as missing, which becomes ".". Line breaks in texts become U+2028. Texts of old files,
/// which do not say how they are encoded, stay as they are unless `use` says it. Changes `bytes` where the date of the
/// file stands. Throws InputError [E-DTA-..., E-SAV-..., E-ID-PRECISION, E-TIME-FORMAT, E-LABEL-NOVALUE,
/// E-ENC-INVALID]; [E-DTA-SIZE, E-SAV-SIZE] for more text than 24 times the file and 32 MiB. Cost: O(file and text).
[[nodiscard]] DataSetText read_data_set(const std::string& file, char* bytes, std::size_t size, DataSetKind kind,
                                        const VariableUse& use);

}  // namespace rungs::io::detail

#endif
