// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include "recode.hpp"

#include <array>
#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

#include "../io/scanner.hpp"
#include "../io/source.hpp"
#include "../io/words.hpp"

namespace rungs::cli {

std::map<std::string, std::string> read_recode(const std::string& path, const Ladder& ladder) {
  using io::detail::shown;
  const io::detail::Source source(path, {.encoding = "UTF-8"});  // which no option names otherwise
  io::detail::Findings findings(source);
  io::detail::Scanner scanner(source, findings);
  const std::vector<io::detail::Field> header = scanner.header();
  if (header.size() != 2) {
    findings.error("E-SHAPE", source.begin(),
                   "found " + std::to_string(header.size()) + " columns in a file that recodes",
                   "expected two: code and stratum");
    findings.throw_errors();
  }
  std::map<std::string, std::string> out;
  std::map<std::string, std::uint64_t> line;
  const std::array<std::size_t, 2> slot_of{0, 1};
  std::array<io::detail::Field, 2> fields{};
  for (;;) {
    const auto found = scanner.next<std::size_t>(slot_of, fields.data());
    if (found == io::detail::Scanner::Found::end || findings.full()) break;
    if (found == io::detail::Scanner::Found::broken_record) continue;
    const std::string code(rungs::detail::trimmed(fields[0].meant())),
        stratum(rungs::detail::trimmed(fields[1].meant()));
    if (!ladder.find(stratum))
      findings.error("E-LABEL-UNKNOWN", fields[1].begin, "found " + shown(stratum),
                     "expected one of " + io::detail::listed(ladder.names()),
                     io::detail::hint_for_name(stratum, ladder.names(), &ladder));
    else if (!out.emplace(code, stratum).second)
      findings.error("E-DUP-KEY", fields[0].begin, "found the code " + shown(code) + " twice",
                     "expected each code once", "the first stands " + findings.on_line(line[code]));
    line.emplace(code, scanner.record_line());
  }
  findings.throw_errors();
  if (out.empty()) {
    findings.error("E-NOROWS", source.end(), "found no code", "expected at least one line with a code and a stratum");
    findings.throw_errors();
  }
  return out;
}

}  // namespace rungs::cli
