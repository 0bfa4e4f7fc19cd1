// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
//
// Scenario files: wrong ones, each made from one good file, with every message word for word; and what a good one
// gives.
#include <rungs/io/scenario.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <rungs/decide/evaluate.hpp>
#include <rungs/estimate/dirichlet.hpp>

#include "files.hpp"

namespace scenario_test {
namespace {

using rungs::Diagnostic;
using rungs::InputError;
using rungs::io::parse_scenario;
using rungs::io::Scenario;
using rungs::io::ScenarioData;
using rungs::test::TemporaryFile;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// --- the good scenario and its edits ---

constexpr const char* good_text = R"([ladder]
rungs = [["learner"], ["skilled"], ["foreman"], ["manager"]]
exits = ["left"]
sets = { "in charge" = ["foreman", "manager"] }

[data]
panel = "panel.csv"
step = 1

[population]
period = 2015
start = { "learner" = 100, "skilled" = 50 }
inflow = { per_year = 3, into = "learner", per_head_of = { "manager" = 0.5 } }

[question]
from = "learner"
reach = "foreman+"
within_years = 3

[[programme]]
name = "course"
from = "learner"
to = "skilled"
effect = { odds_ratio = 1.8, interval = [1.1, 2.9], source = "a trial" }
uptake = 0.35
years = [2015, 2017]
cost = { per_participant = 2400, fixed_per_year = 500 }

[[policy]]
name = "course alone"
programmes = ["course"]

[economics]
currency = "CNY"
price_year = 2015
discount_rate = 0.03
value_per_additional_person = 50000

[run]
seed = 7
draws = 500
level = 0.9
)";

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) out.push_back(line);
  return out;
}

/// The good scenario with some lines in other words, and without some others (counted from 1).
std::string edited(const std::map<std::size_t, std::string>& edits, const std::set<std::size_t>& without = {}) {
  const std::vector<std::string> lines = lines_of(good_text);
  std::string text;
  for (std::size_t k = 1; k <= lines.size(); ++k) {
    const auto edit = edits.find(k);
    if (!without.contains(k)) text += (edit != edits.end() ? edit->second : lines[k - 1]) + "\n";
  }
  return text;
}
std::string good() { return good_text; }

/// What is said of a text: all errors, line by line; nothing if it is accepted.
std::vector<std::string> said(const std::string& text) {
  std::vector<std::string> out;
  try {
    (void)parse_scenario(text, "s.toml");
  } catch (const InputError& e) {
    for (const Diagnostic& d : e.problems()) out.push_back(d.text());
  }
  return out;
}
std::vector<std::string> warned(const std::string& text) {
  std::vector<std::string> out;
  for (const Diagnostic& d : parse_scenario(text, "s.toml").warnings) out.push_back(d.text());
  return out;
}

/// Edits of the good scenario, and all that is then said, in the form of the tables below:
///
///     # a name              starts a case
///     12: start = {}        line 12 in other words; said again, a further line after it
///     15-18                 lines to leave out
///     > 12:9: error: ...    an error; where it ends in "...", the library says the rest, not the reader
struct Case {
  std::string what{};
  std::map<std::size_t, std::string> edits{};
  std::set<std::size_t> without{};
  std::vector<std::string> said{};
};

std::vector<Case> cases_of(const char* table) {
  std::vector<Case> out;
  for (const std::string& line : lines_of(table)) {
    if (line.empty()) continue;
    if (line[0] == '#') {
      out.push_back({.what = line});
    } else if (line[0] == '>') {
      out.back().said.push_back("s.toml:" + line.substr(2));
    } else {
      std::size_t end = 0;
      const std::size_t number = std::stoul(line, &end);
      if (line.at(end) == '-') {
        for (std::size_t k = number; k <= std::stoul(line.substr(end + 1)); ++k) out.back().without.insert(k);
      } else {
        const std::string words = line.substr(std::min(end + 2, line.size()));
        const auto [at, fresh] = out.back().edits.emplace(number, words);
        if (!fresh) at->second += "\n" + words;
      }
    }
  }
  return out;
}

bool same(const std::string& found, const std::string& expected) {
  if (!expected.ends_with("...")) return found == expected;
  return found.starts_with(expected.substr(0, expected.size() - 3)) && found.ends_with(" [E-EFFECT-RANGE]");
}

void check(const char* table, std::size_t at_least) {
  const std::vector<Case> cases = cases_of(table);
  EXPECT_GE(cases.size(), at_least);
  for (const Case& c : cases) {
    const std::string text = edited(c.edits, c.without);
    SCOPED_TRACE(c.what + " " + (c.edits.empty() ? "" : c.edits.rbegin()->second));
    const std::vector<std::string> found = said(text);
    if (found.size() != c.said.size()) {
      ADD_FAILURE() << testing::PrintToString(found);
      continue;
    }
    for (std::size_t k = 0; k < found.size(); ++k) EXPECT_PRED2(same, found[k], c.said[k]);
  }
}

// --- wrong scenarios ---

/// What the rules forbid.
constexpr const char* rules = R"~(
# G01 negative people
12: start = { "learner" = -100 }
> 12:23: error: found -100 for 'learner'; expected a number of people, 0 or more [E-CFG-RANGE]
# G02 number for whole number
12: start = { "learner" = 100.5 }
> 12:23: error: found a number for 'learner'; expected a whole number [E-CFG-TYPE]
# G03 text for whole number
12: start = { "learner" = "100" }
> 12:23: error: found text for 'learner'; expected a whole number [E-CFG-TYPE]
# G05 zero years
18: within_years = 0
> 18:16: error: found 0 for 'within_years'; expected a number of years above 0, at most 10000 [E-CFG-RANGE]
# G05 negative years
18: within_years = -3
> 18:16: error: found -3 for 'within_years'; expected a number of years above 0, at most 10000 [E-CFG-RANGE]
# G09 odds ratio zero
24: effect = { odds_ratio = 0 }
> 24:25: error: found an effect of 0 on the scale of odds ratio...
# G10 effect not a number
24: effect = { odds_ratio = nan }
> 24:25: error: found an effect of nan on the scale of odds ratio...
# G10 effect infinite
24: effect = { odds_ratio = inf }
> 24:25: error: found an effect of inf on the scale of odds ratio...
# G13 unknown stratum
23: to = "skiled"
> 23:6: error: found 'skiled'; expected one of 'learner', 'skilled', 'foreman', 'manager', 'left', 'in charge'; did you mean 'skilled'? [E-LABEL-UNKNOWN]
# G13 unknown stratum without a near one
23: to = "bishop"
> 23:6: error: found 'bishop'; expected one of 'learner', 'skilled', 'foreman', 'manager', 'left', 'in charge' [E-LABEL-UNKNOWN]
# G14 from and to the same
23: to = "learner"
> 23:6: error: found an effect of 'course' from 'learner' to itself; expected two different strata [E-EFFECT-SELF]
# G15 end before start
26: years = [2017, 2015]
> 26:9: error: found years from 2017 to 2015; expected the first year first [E-EFFECT-DATES]
# G17 key twice
3: exits = ["left"]
3: exits = ["dead"]
> 4:9: error: Error while parsing key-value pair: cannot redefine existing array 'exits'; expected TOML [E-TOML]
# G17 table twice
6: [ladder]
> 6:1: error: Error while parsing table header: cannot redefine existing table 'ladder'; expected TOML [E-TOML]
# G18 no closing bracket
1: [ladder
> 1:8: error: Error while parsing table header: expected ']', saw '\n'; expected TOML [E-TOML]
# G18 no value
8: step =
> 8:7: error: Error while parsing key-value pair: expected value, saw '\n'; expected TOML [E-TOML]
# G18 no closing quote
16: from = "learner
> 16:16: error: Error while parsing string: unescaped control characters other than TAB (U+0009) are explicitly prohibited; expected TOML [E-TOML]
# G18 text without quotes
16: from = learner
> 16:8: error: Error while parsing value: could not determine value type; expected TOML [E-TOML]
# G19 stratum twice
2: rungs = [["learner"], ["skilled"], ["foreman"], ["skilled"]]
> 2:50: error: found the stratum 'skilled' twice; expected each name once [E-CFG-DUP]
# G19 exit named as a stratum
3: exits = ["left", "foreman"]
> 3:18: error: found the stratum 'foreman' twice; expected each name once [E-CFG-DUP]
# G19 set named as a stratum
4: sets = { "foreman" = ["manager"] }
> 4:22: error: found the set 'foreman' named as a stratum; expected another name [E-CFG-DUP]
# I12 no span
18: within_years = 0.0
> 18:16: error: found 0 for 'within_years'; expected a number of years above 0, at most 10000 [E-CFG-RANGE]
# risk ratio negative
24: effect = { risk_ratio = -2 }
> 24:25: error: found an effect of -2 on the scale of risk ratio...
# hazard ratio zero
24: effect = { hazard_ratio = 0.0 }
> 24:27: error: found an effect of 0 on the scale of hazard ratio...
# points above one
24: effect = { points = 4 }
> 24:21: error: found an effect of 4 on the scale of points...
# log odds far out
24: effect = { log_odds = 25 }
> 24:23: error: found an effect of 25 on the scale of log odds...
# two scales
24: effect = { odds_ratio = 1.8, points = 0.1 }
> 24:10: error: found 2 scales in the effect of 'course'; expected one of 'odds_ratio', 'hazard_ratio', 'risk_ratio', 'points', 'log_odds' [E-CFG-KEY]
# no scale
24: effect = { source = "a trial" }
> 24:10: error: found 0 scales in the effect of 'course'; expected one of 'odds_ratio', 'hazard_ratio', 'risk_ratio', 'points', 'log_odds' [E-CFG-KEY]
# interval out of order
24: effect = { odds_ratio = 1.8, interval = [2.9, 1.1] }
> 24:41: error: found an interval from 2.9 to 1.1; expected the lower bound first [E-EFFECT-INTERVAL]
# interval of ratios below 0
24: effect = { odds_ratio = 1.8, interval = [-1.1, 2.9] }
> 24:41: error: found a lower bound of -1.1 on the scale of odds ratio...
# interval of three
24: effect = { odds_ratio = 1.8, interval = [1, 2, 3] }
> 24:41: error: found a list for 'interval'; expected two numbers, [lower, upper] [E-CFG-TYPE]
# level of an interval
24: effect = { odds_ratio = 1.8, interval = [1, 2], level = 95 }
> 24:57: error: found 95 for 'level'; expected a level between 0 and 1, such as 0.95 [E-CFG-RANGE]
# level without an interval
24: effect = { odds_ratio = 1.8, level = 0.9 }
> 24:38: error: found a level without an interval in the effect of 'course'; expected 'interval' too [E-CFG-KEY]
)~";

/// Keys that no table has.
constexpr const char* unknown_keys = R"~(
# unknown table
39: [runs]
> 39:2: error: found the unknown key 'runs' in the scenario; expected one of 'ladder', 'group', 'data', 'population', 'question', 'programme', 'policy', 'economics', 'value', 'run', 'allocation'; did you mean 'run'? [E-CFG-KEY]
# unknown key at the top
1: seed = 3
1: [ladder]
> 1:1: error: found the unknown key 'seed' in the scenario; expected one of 'ladder', 'group', 'data', 'population', 'question', 'programme', 'policy', 'economics', 'value', 'run', 'allocation' [E-CFG-KEY]
# unknown key ladder
3: exit = ["left"]
> 3:1: error: found the unknown key 'exit' in [ladder]; expected one of 'rungs', 'exits', 'moves', 'sets'; did you mean 'exits'? [E-CFG-KEY]
# unknown key data
8: steps = 1
> 8:1: error: found the unknown key 'steps' in [data]; expected one of 'panel', 'table', 'matrix', 'shares', 'model', 'id', 'time', 'state', 'weight', 'missing', 'gap', 'recode', 'by_period', 'step', 'layout', 'times', 'begin', 'end', 'ends', 'open', 'since', 'until', 'grid', 'constant', 'survey_strata', 'cluster', 'nest', 'lonely', 'replicates', 'replicate_method', 'replicate_factor', 'degrees_of_freedom', 'method', 'unleft', 'starts', 'step_years', 'encoding', 'group'; did you mean 'step'? [E-CFG-KEY]
# unknown key data of another kind
8: people_behind = { "learner" = 30 }
> 8:1: error: found the unknown key 'people_behind' in [data]; expected one of 'panel', 'table', 'matrix', 'shares', 'model', 'id', 'time', 'state', 'weight', 'missing', 'gap', 'recode', 'by_period', 'step', 'layout', 'times', 'begin', 'end', 'ends', 'open', 'since', 'until', 'grid', 'constant', 'survey_strata', 'cluster', 'nest', 'lonely', 'replicates', 'replicate_method', 'replicate_factor', 'degrees_of_freedom', 'method', 'unleft', 'starts', 'step_years', 'encoding', 'group' [E-CFG-KEY]
# unknown key population
11: periods = 2015
> 11:1: error: found the unknown key 'periods' in [population]; expected one of 'start', 'period', 'year', 'inflow', 'posts'; did you mean 'period'? [E-CFG-KEY]
# unknown key inflow
13: inflow = { per_yaer = 3, into = "learner" }
> 13:12: error: found the unknown key 'per_yaer' in an inflow; expected one of 'per_year', 'into', 'per_head_of'; did you mean 'per_year'? [E-CFG-KEY]
# unknown key question
18: within = 3
> 15:1: error: found no key 'within_years' in [question]; expected 'from', 'reach' and 'within_years' [E-CFG-KEY]
> 18:1: error: found the unknown key 'within' in [question]; expected one of 'from', 'reach', 'within_years'; did you mean 'within_years'? [E-CFG-KEY]
# unknown key programme
25: uptak = 0.35
> 25:1: error: found the unknown key 'uptak' in [[programme]]; expected one of 'name', 'from', 'to', 'effect', 'effects', 'eligible', 'opens', 'given_up', 'years_in_stratum', 'after', 'offered', 'uptake', 'seats_per_year', 'waiting_list', 'rationing', 'again_after_years', 'modules', 'modules_per_year', 'completion', 'lock_in_years', 'drop_out_years', 'earnings_forgone', 'lag_years', 'ramp_years', 'fade_half_life_years', 'lasts_years', 'profile', 'deadweight', 'substitution', 'displacement', 'cost', 'loan', 'years', 'periods'; did you mean 'uptake'? [E-CFG-KEY]
# unknown key effect
24: effect = { ods_ratio = 1.8 }
> 24:10: error: found 0 scales in the effect of 'course'; expected one of 'odds_ratio', 'hazard_ratio', 'risk_ratio', 'points', 'log_odds' [E-CFG-KEY]
> 24:12: error: found the unknown key 'ods_ratio' in an effect; expected one of 'odds_ratio', 'hazard_ratio', 'risk_ratio', 'points', 'log_odds', 'gross_rate', 'counterfactual', 'interval', 'level', 'source'; did you mean 'odds_ratio'? [E-CFG-KEY]
# unknown key cost
27: cost = { per_particpant = 2400 }
> 27:10: error: found the unknown key 'per_particpant' in the cost of a programme; expected one of 'per_participant', 'per_completion', 'fixed_per_year', 'once'; did you mean 'per_participant'? [E-CFG-KEY]
# unknown key policy
31: programs = ["course"]
> 29:1: error: found a [[policy]] without 'name' or 'programmes'; expected both [E-CFG-KEY]
> 31:1: error: found the unknown key 'programs' in [[policy]]; expected one of 'name', 'programmes', 'combine', 'complements'; did you mean 'programmes'? [E-CFG-KEY]
# unknown key economics
36: discount = 0.03
> 36:1: error: found the unknown key 'discount' in [economics]; expected one of 'currency', 'price_year', 'discount_rate', 'outcome_discount_rate', 'value_per_additional_person', 'perspective', 'known_together'; did you mean 'discount_rate'? [E-CFG-KEY]
# unknown key run
41: draw = 500
> 41:1: error: found the unknown key 'draw' in [run]; expected one of 'seed', 'draws', 'level'; did you mean 'draws'? [E-CFG-KEY]
# unknown key without a near one
41: zebra = 500
> 41:1: error: found the unknown key 'zebra' in [run]; expected one of 'seed', 'draws', 'level' [E-CFG-KEY]
# key in another case
40: Seed = 7
> 40:1: error: found the unknown key 'Seed' in [run]; expected one of 'seed', 'draws', 'level'; did you mean 'seed'? [E-CFG-KEY]
# unknown key in effects
22:
23:
24: effects = [{ from = "learner", to = "skilled", odds_ratio = 2, uptake = 1 }]
> 24:64: error: found the unknown key 'uptake' in an effect; expected one of 'from', 'to', 'opens', 'given_up', 'odds_ratio', 'hazard_ratio', 'risk_ratio', 'points', 'log_odds', 'gross_rate', 'counterfactual', 'interval', 'level', 'source' [E-CFG-KEY]
)~";

/// What must be there, and what must not be there twice.
constexpr const char* missing = R"~(
# no ladder
1-4
> 1:1: error: found no [ladder]; expected it in the scenario [E-CFG-KEY]
# no rungs
2-2
> 1:1: error: found no key 'rungs' in [ladder]; expected the strata of each rung, from the bottom up [E-CFG-KEY]
# no data
6-8
> 1:1: error: found no [data]; expected it in the scenario [E-CFG-KEY]
# no source
7-7
> 6:1: error: found 0 sources in [data]; expected one of 'panel', 'table', 'matrix', 'shares', 'model' [E-CFG-KEY]
# two sources
8: table = "t.csv"
> 6:1: error: found 2 sources in [data]; expected one of 'panel', 'table', 'matrix', 'shares', 'model' [E-CFG-KEY]
# shares of what
7: shares = "s.csv"
> 6:1: error: found 'shares' without 'unit' in [data]; expected heads, shares or percent: what the numbers are [E-CFG-KEY]
> 6:1: error: found 'shares' without 'shares_of' in [data]; expected panel (the same people in every period) or cross-sections [E-CFG-KEY]
# people behind heads
7: shares = "s.csv"
7: unit = "heads"
7: shares_of = "panel"
7: people = "n"
> 10:10: error: found 'people' with unit 'heads'; expected it with shares or percent: heads are the people [E-CFG-KEY]
# no population
10-13
> 1:1: error: found no [population]; expected it in the scenario [E-CFG-KEY]
# no start
12-12
> 10:1: error: found no key 'start' in [population]; expected the people in each stratum at the start [E-CFG-KEY]
# inflow into nothing
13: inflow = { per_year = 3 }
> 13:10: error: found an inflow without 'into'; expected the stratum that people come into [E-CFG-KEY]
# no question
15-18
> 1:1: error: found no [question]; expected it in the scenario [E-CFG-KEY]
# empty question
16-18
> 15:1: error: found no key 'from' in [question]; expected 'from', 'reach' and 'within_years' [E-CFG-KEY]
> 15:1: error: found no key 'reach' in [question]; expected 'from', 'reach' and 'within_years' [E-CFG-KEY]
> 15:1: error: found no key 'within_years' in [question]; expected 'from', 'reach' and 'within_years' [E-CFG-KEY]
# no name of a programme
21-21
> 20:1: error: found a [[programme]] without a name; expected the key 'name' [E-CFG-KEY]
# empty name of a programme
21: name = ""
> 20:1: error: found a [[programme]] without a name; expected the key 'name' [E-CFG-KEY]
# no from
22-22
> 23:10: error: found no key 'from' for an effect of 'course'; expected the strata the move goes from [E-CFG-KEY]
# no to
23-23
> 23:10: error: found no key 'to' for an effect of 'course'; expected the strata the move goes to [E-CFG-KEY]
# no effect
24-24
> 20:1: error: found neither 'effect' nor 'effects' in the programme 'course'; expected one of them [E-CFG-KEY]
# effect and effects
23: to = "skilled"
23: effects = [{ from = "learner", to = "skilled", odds_ratio = 2 }]
> 20:1: error: found both 'effect' and 'effects' in the programme 'course'; expected one of them [E-CFG-KEY]
# no name of a policy
30-30
> 29:1: error: found a [[policy]] without 'name' or 'programmes'; expected both [E-CFG-KEY]
# no programmes of a policy
31-31
> 29:1: error: found a [[policy]] without 'name' or 'programmes'; expected both [E-CFG-KEY]
# empty file
1-42
> 1:1: error: found no [ladder]; expected it in the scenario [E-CFG-KEY]
# effects beside to
22:
24: effects = [{ from = "learner", to = "skilled", odds_ratio = 2 }]
> 23:6: error: found 'to' beside 'effects' in the programme 'course'; expected it in each of the effects [E-CFG-KEY]
# effects beside opens
22: opens = true
23:
24: effects = [{ from = "learner", to = "skilled", odds_ratio = 2 }]
> 22:9: error: found 'opens' beside 'effects' in the programme 'course'; expected it in each of the effects [E-CFG-KEY]
# effects beside from and eligible
22: from = "learner"
23: eligible = "skilled"
24: effects = [{ from = "learner", to = "skilled", odds_ratio = 2 }]
> 22:8: error: found 'from' beside 'effects' and 'eligible' in the programme 'course'; expected 'from' in each of the effects [E-CFG-KEY]
)~";

/// Every key with a value of another type, or out of its range.
constexpr const char* types = R"~(
#
2: rungs = 3
> 2:9: error: found a whole number for 'rungs'; expected a list of rungs from the bottom up, each a list of strata [E-CFG-TYPE]
#
2: rungs = [["learner"], 4]
> 2:23: error: found a whole number for 'rungs'; expected text in quotes, or a list of such [E-CFG-TYPE]
#
2: rungs = [["learner", true]]
> 2:22: error: found true or false for 'rungs'; expected text in quotes [E-CFG-TYPE]
#
2: rungs = []
> 2:9: error: found no rung; expected the strata of each rung, from the bottom up [E-LADDER]
#
2: rungs = [[]]
> 2:10: error: found a rung without a stratum; expected at least one name [E-LADDER]
#
3: exits = 1
> 3:9: error: found a whole number for 'exits'; expected text in quotes, or a list of such [E-CFG-TYPE]
#
3: exits = [1]
> 3:10: error: found a whole number for 'exits'; expected text in quotes [E-CFG-TYPE]
#
3: moves = 1
> 3:9: error: found a whole number for 'moves'; expected text in quotes, or a list of such [E-CFG-TYPE]
#
3: moves = [1.5]
> 3:10: error: found a number for 'moves'; expected text in quotes [E-CFG-TYPE]
#
3: moves = ["learner to skilled"]
> 3:10: error: found the move 'learner to skilled'; expected "one stratum -> another" [E-CFG-TYPE]
#
4: sets = ["in charge"]
> 4:8: error: found a list for 'sets'; expected a table of named lists of strata [E-CFG-TYPE]
#
4: sets = { "in charge" = 1 }
> 4:24: error: found a whole number for 'in charge'; expected text in quotes, or a list of such [E-CFG-TYPE]
#
4: sets = { "in charge" = [1] }
> 4:25: error: found a whole number for 'in charge'; expected text in quotes [E-CFG-TYPE]
#
4: sets = { "in charge" = [] }
> 4:24: error: found the empty set 'in charge'; expected at least one stratum [E-LADDER]
#
7: panel = 1
> 7:9: error: found a whole number for 'panel'; expected text in quotes [E-CFG-TYPE]
#
7: table = ["t.csv"]
> 7:9: error: found a list for 'table'; expected text in quotes [E-CFG-TYPE]
#
7: matrix = { file = "m.csv" }
> 7:10: error: found a table for 'matrix'; expected text in quotes [E-CFG-TYPE]
#
7: model = false
> 7:9: error: found true or false for 'model'; expected text in quotes [E-CFG-TYPE]
#
8: step = 1.5
> 8:8: error: found a number for 'step'; expected a whole number [E-CFG-TYPE]
#
8: step = 0
> 8:8: error: found 0 for 'step'; expected a whole number of time units, 1 or more [E-CFG-RANGE]
#
8: step = "1"
> 8:8: error: found text for 'step'; expected a whole number [E-CFG-TYPE]
#
8: id = 1
> 8:6: error: found a whole number for 'id'; expected text in quotes [E-CFG-TYPE]
#
8: time = 1
> 8:8: error: found a whole number for 'time'; expected text in quotes [E-CFG-TYPE]
#
8: state = 1
> 8:9: error: found a whole number for 'state'; expected text in quotes [E-CFG-TYPE]
#
8: weight = 1
> 8:10: error: found a whole number for 'weight'; expected text in quotes [E-CFG-TYPE]
#
8: recode = 1
> 8:10: error: found a whole number for 'recode'; expected text in quotes [E-CFG-TYPE]
#
8: gap = 1
> 8:7: error: found a whole number for 'gap'; expected text in quotes [E-CFG-TYPE]
#
8: gap = "skp"
> 8:7: error: found 'skp' for 'gap'; expected one of 'drop', 'skip', 'em', 'refuse' [E-CFG-RANGE]
#
8: missing = 1
> 8:11: error: found a whole number for 'missing'; expected text in quotes, or a list of such [E-CFG-TYPE]
#
8: missing = [-9]
> 8:12: error: found a whole number for 'missing'; expected text in quotes [E-CFG-TYPE]
#
8: by_period = 1
> 8:13: error: found a whole number for 'by_period'; expected true or false [E-CFG-TYPE]
#
8: survey_strata = 1
> 8:17: error: found a whole number for 'survey_strata'; expected text in quotes [E-CFG-TYPE]
#
8: cluster = ["a"]
> 8:11: error: found a list for 'cluster'; expected text in quotes [E-CFG-TYPE]
#
8: nest = "yes"
> 8:8: error: found text for 'nest'; expected true or false [E-CFG-TYPE]
#
8: lonely = "no"
> 8:10: error: found 'no' for 'lonely'; expected one of 'refuse', 'centre', 'certain' [E-CFG-RANGE]
#
8: constant = [1]
> 8:13: error: found a whole number for 'constant'; expected text in quotes [E-CFG-TYPE]
#
8: replicate_factor = [1, "x"]
> 8:24: error: found text for 'replicate_factor'; expected a number, or a list of such [E-CFG-TYPE]
#
8: replicate_factor = nan
> 8:20: error: found nan for 'replicate_factor'; expected a number above 0, or one for each replicate [E-CFG-RANGE]
#
8: degrees_of_freedom = 0
> 8:22: error: found 0 for 'degrees_of_freedom'; expected a number above 0 [E-CFG-RANGE]
#
8: method = 1
> 8:10: error: found a whole number for 'method'; expected text in quotes [E-CFG-TYPE]
#
8: unleft = 1
> 8:10: error: found a whole number for 'unleft'; expected text in quotes [E-CFG-TYPE]
#
8: unleft = "stay"
> 8:10: error: found 'stay' for 'unleft'; expected one of 'absorbing', 'prior', 'refuse' [E-CFG-RANGE]
#
8: step_years = "1"
> 8:14: error: found text for 'step_years'; expected a number [E-CFG-TYPE]
#
8: step_years = 0
> 8:14: error: found 0 for 'step_years'; expected a length in years above 0 [E-CFG-RANGE]
#
10: population = 3
10: [other]
> 1:1: error: found no [population]; expected it in the scenario [E-CFG-KEY]
> 10:1: error: found the unknown key 'population' in [data]; expected one of 'panel', 'table', 'matrix', 'shares', 'model', 'id', 'time', 'state', 'weight', 'missing', 'gap', 'recode', 'by_period', 'step', 'layout', 'times', 'begin', 'end', 'ends', 'open', 'since', 'until', 'grid', 'constant', 'survey_strata', 'cluster', 'nest', 'lonely', 'replicates', 'replicate_method', 'replicate_factor', 'degrees_of_freedom', 'method', 'unleft', 'starts', 'step_years', 'encoding', 'group' [E-CFG-KEY]
> 11:2: error: found the unknown key 'other' in the scenario; expected one of 'ladder', 'group', 'data', 'population', 'question', 'programme', 'policy', 'economics', 'value', 'run', 'allocation' [E-CFG-KEY]
#
11: period = "2015"
> 11:10: error: found text for 'period'; expected a whole number [E-CFG-TYPE]
#
11: period = 2015.0
> 11:10: error: found a number for 'period'; expected a whole number [E-CFG-TYPE]
#
11: year = 2015-01-01
> 11:8: error: found a date or time for 'year'; expected a whole number [E-CFG-TYPE]
#
11: year = 3_000_000_000
> 11:8: error: found 3000000000 for 'year'; expected a year [E-CFG-RANGE]
#
11: period = 2015
11: year = 2015
> 12:8: error: found both 'year' and 'period' in [population]; expected one of them [E-CFG-KEY]
#
12: start = 3
> 12:9: error: found a whole number for 'start'; expected a table [E-CFG-TYPE]
#
12: start = { "learner" = true }
> 12:23: error: found true or false for 'learner'; expected a whole number [E-CFG-TYPE]
#
12: start = { "lerner" = 3 }
> 12:11: error: found 'lerner'; expected one of 'learner', 'skilled', 'foreman', 'manager', 'left'; did you mean 'learner'? [E-LABEL-UNKNOWN]
#
13: inflow = 3
> 13:10: error: found a whole number for 'inflow'; expected a table, or a list of tables [E-CFG-TYPE]
#
13: inflow = [3]
> 13:11: error: found a whole number for 'inflow'; expected a table [E-CFG-TYPE]
#
13: inflow = { per_year = "3", into = "learner" }
> 13:23: error: found text for 'per_year'; expected a number [E-CFG-TYPE]
#
13: inflow = { per_year = -3, into = "learner" }
> 13:23: error: found -3 for 'per_year'; expected a number of people, 0 or more [E-CFG-RANGE]
#
13: inflow = { into = 3 }
> 13:19: error: found a whole number for 'into'; expected the name of a stratum [E-CFG-TYPE]
#
13: inflow = { into = "laerner" }
> 13:19: error: found 'laerner'; expected one of 'learner', 'skilled', 'foreman', 'manager', 'left'; did you mean 'learner'? [E-LABEL-UNKNOWN]
#
13: inflow = { into = "left" }
> 13:19: error: found an inflow into the exit 'left'; expected a stratum [E-INFLOW]
#
13: inflow = { into = "learner", per_head_of = 3 }
> 13:44: error: found a whole number for 'per_head_of'; expected a table [E-CFG-TYPE]
#
13: inflow = { into = "learner", per_head_of = { "manager" = "1" } }
> 13:58: error: found text for 'manager'; expected a number [E-CFG-TYPE]
#
13: inflow = { into = "learner", per_head_of = { "manger" = 1 } }
> 13:46: error: found 'manger'; expected one of 'learner', 'skilled', 'foreman', 'manager', 'left', 'in charge'; did you mean 'manager'? [E-LABEL-UNKNOWN]
#
13: inflow = { into = "learner", per_head_of = { "manager" = -1 } }
> 13:58: error: found -1 for 'manager'; expected a number of people a year for each head, 0 or more [E-CFG-RANGE]
#
16: from = 3
> 16:8: error: found a whole number for 'from'; expected text in quotes, or a list of such [E-CFG-TYPE]
#
16: from = []
> 16:8: error: found no stratum for 'from'; expected at least one [E-CFG-RANGE]
#
16: from = [3]
> 16:9: error: found a whole number for 'from'; expected text in quotes [E-CFG-TYPE]
#
16: from = ["learner", "lerner"]
> 16:20: error: found 'lerner'; expected one of 'learner', 'skilled', 'foreman', 'manager', 'left', 'in charge'; did you mean 'learner'? [E-LABEL-UNKNOWN]
#
17: reach = true
> 17:9: error: found true or false for 'reach'; expected text in quotes, or a list of such [E-CFG-TYPE]
#
17: reach = "formeman+"
> 17:9: error: found 'formeman'; expected one of 'learner', 'skilled', 'foreman', 'manager', 'left', 'in charge'; did you mean 'foreman'? [E-LABEL-UNKNOWN]
#
17: reach = "left+"
> 17:9: error: found exit 'left'; expected a stratum, since exits are on no rung [E-LADDER]
#
18: within_years = "3"
> 18:16: error: found text for 'within_years'; expected a number [E-CFG-TYPE]
#
18: within_years = nan
> 18:16: error: found nan for 'within_years'; expected a number of years above 0, at most 10000 [E-CFG-RANGE]
#
18: within_years = 1e9
> 18:16: error: found 1000000000 for 'within_years'; expected a number of years above 0, at most 10000 [E-CFG-RANGE]
#
21: name = 3
> 21:8: error: found a whole number for 'name'; expected text in quotes [E-CFG-TYPE]
#
22: from = 3
> 22:8: error: found a whole number for 'from'; expected text in quotes, or a list of such [E-CFG-TYPE]
#
23: to = []
> 23:6: error: found no stratum for 'to'; expected at least one [E-CFG-RANGE]
#
24: effect = 1.8
> 24:10: error: found a number for 'effect'; expected a table [E-CFG-TYPE]
#
24: effect = { odds_ratio = "1.8" }
> 24:25: error: found text for 'odds_ratio'; expected a number [E-CFG-TYPE]
#
24: effect = { odds_ratio = 1.8, interval = 2 }
> 24:41: error: found a whole number for 'interval'; expected two numbers, [lower, upper] [E-CFG-TYPE]
#
24: effect = { odds_ratio = 1.8, source = 3 }
> 24:39: error: found a whole number for 'source'; expected text in quotes [E-CFG-TYPE]
#
24: effect = { odds_ratio = 1.8, interval = [1, 2], level = "0.9" }
> 24:57: error: found text for 'level'; expected a number [E-CFG-TYPE]
#
25: uptake = "0.35"
> 25:10: error: found text for 'uptake'; expected a number [E-CFG-TYPE]
#
25: uptake = 35
> 25:10: error: found 35 for 'uptake'; expected a share from 0 to 1 [E-CFG-RANGE]
#
25: uptake = nan
> 25:10: error: found nan for 'uptake'; expected a share from 0 to 1 [E-CFG-RANGE]
#
25: offered = true
> 25:11: error: found true or false for 'offered'; expected a number [E-CFG-TYPE]
#
25: offered = -0.1
> 25:11: error: found -0.1 for 'offered'; expected a share from 0 to 1 [E-CFG-RANGE]
#
25: completion = []
> 25:14: error: found a list for 'completion'; expected a number [E-CFG-TYPE]
#
25: completion = 1.01
> 25:14: error: found 1.01 for 'completion'; expected a share from 0 to 1 [E-CFG-RANGE]
#
25: deadweight = "a"
> 25:14: error: found text for 'deadweight'; expected a number [E-CFG-TYPE]
#
25: deadweight = 2
> 25:14: error: found 2 for 'deadweight'; expected a share from 0 to 1 [E-CFG-RANGE]
#
25: displacement = "a"
> 25:16: error: found text for 'displacement'; expected a number [E-CFG-TYPE]
#
25: displacement = -1
> 25:16: error: found -1 for 'displacement'; expected a share from 0 to 1 [E-CFG-RANGE]
#
25: seats_per_year = "many"
> 25:18: error: found text for 'seats_per_year'; expected a number [E-CFG-TYPE]
#
25: seats_per_year = -1
> 25:18: error: found -1 for 'seats_per_year'; expected a number of seats, 0 or more [E-CFG-RANGE]
#
25: lock_in_years = "1"
> 25:17: error: found text for 'lock_in_years'; expected a number [E-CFG-TYPE]
#
25: lock_in_years = -1
> 25:17: error: found -1 for 'lock_in_years'; expected a number of years from 0 to 1000 [E-CFG-RANGE]
#
25: lag_years = "1"
> 25:13: error: found text for 'lag_years'; expected a number [E-CFG-TYPE]
#
25: lag_years = -1
> 25:13: error: found -1 for 'lag_years'; expected a number of years from 0 to 1000 [E-CFG-RANGE]
#
25: ramp_years = "1"
> 25:14: error: found text for 'ramp_years'; expected a number [E-CFG-TYPE]
#
25: ramp_years = -1
> 25:14: error: found -1 for 'ramp_years'; expected a number of years from 0 to 1000 [E-CFG-RANGE]
#
25: lasts_years = "1"
> 25:15: error: found text for 'lasts_years'; expected a number [E-CFG-TYPE]
#
25: lasts_years = 1e6
> 25:15: error: found 1000000 for 'lasts_years'; expected a number of years from 0 to 1000 [E-CFG-RANGE]
#
25: fade_half_life_years = "1"
> 25:24: error: found text for 'fade_half_life_years'; expected a number [E-CFG-TYPE]
#
25: fade_half_life_years = 0
> 25:24: error: found 0 for 'fade_half_life_years'; expected a number of years above 0, at most 1000 [E-CFG-RANGE]
#
25: opens = 1
> 25:9: error: found a whole number for 'opens'; expected true or false [E-CFG-TYPE]
#
25: given_up = 1
> 25:12: error: found a whole number for 'given_up'; expected text in quotes [E-CFG-TYPE]
#
25: given_up = "stay"
> 25:12: error: found 'stay' for 'given_up'; expected one of 'others', 'staying' [E-CFG-RANGE]
#
25: eligible = 1
> 25:12: error: found a whole number for 'eligible'; expected text in quotes, or a list of such [E-CFG-TYPE]
#
25: eligible = "lerner"
> 25:12: error: found 'lerner'; expected one of 'learner', 'skilled', 'foreman', 'manager', 'left', 'in charge'; did you mean 'learner'? [E-LABEL-UNKNOWN]
#
26: years = 2015
> 26:9: error: found a whole number for 'years'; expected two whole years, [first, last] [E-CFG-TYPE]
#
26: years = [2015]
> 26:9: error: found a list for 'years'; expected two whole years, [first, last] [E-CFG-TYPE]
#
26: years = [2015.0, 2017.0]
> 26:9: error: found a list for 'years'; expected two whole years, [first, last] [E-CFG-TYPE]
#
27: cost = 2400
> 27:8: error: found a whole number for 'cost'; expected a table [E-CFG-TYPE]
#
27: cost = { per_participant = "2400" }
> 27:28: error: found text for 'per_participant'; expected a number [E-CFG-TYPE]
#
27: cost = { per_participant = inf }
> 27:28: error: found inf for 'per_participant'; expected an amount of money [E-CFG-RANGE]
#
27: cost = { fixed_per_year = [] }
> 27:27: error: found a list for 'fixed_per_year'; expected a number [E-CFG-TYPE]
#
27: cost = { fixed_per_year = nan }
> 27:27: error: found nan for 'fixed_per_year'; expected an amount of money [E-CFG-RANGE]
#
30: name = 3
> 30:8: error: found a whole number for 'name'; expected text in quotes [E-CFG-TYPE]
#
31: programmes = 3
> 31:14: error: found a whole number for 'programmes'; expected text in quotes, or a list of such [E-CFG-TYPE]
#
31: programmes = [3]
> 31:15: error: found a whole number for 'programmes'; expected text in quotes [E-CFG-TYPE]
#
31: programmes = ["cuorse"]
> 31:15: error: found the programme 'cuorse'; expected one of 'course'; did you mean 'course'? [E-LABEL-UNKNOWN]
#
31: programmes = ["course", "course"]
> 31:25: error: found the programme 'course' twice in one policy; expected each once [E-CFG-DUP]
#
30: name = "baseline"
> 30:8: error: found the policy 'baseline' twice or named as the baseline; expected each name once [E-CFG-DUP]
#
30: name = ""
> 30:8: error: found an empty name of a policy; expected a name [E-CFG-RANGE]
#
34: currency = 3
> 34:12: error: found a whole number for 'currency'; expected text in quotes [E-CFG-TYPE]
#
35: price_year = "2015"
> 35:14: error: found text for 'price_year'; expected a whole number [E-CFG-TYPE]
#
35: price_year = 15
> 35:14: error: found 15 for 'price_year'; expected a year from 1000 to 9999 [E-CFG-RANGE]
#
36: discount_rate = "3 %"
> 36:17: error: found text for 'discount_rate'; expected a number [E-CFG-TYPE]
#
36: discount_rate = -1
> 36:17: error: found -1 for 'discount_rate'; expected a yearly rate such as 0.03 [E-CFG-RANGE]
#
36: discount_rate = 10
> 36:17: error: found 10 for 'discount_rate'; expected a yearly rate such as 0.03 [E-CFG-RANGE]
#
37: value_per_additional_person = "1"
> 37:31: error: found text for 'value_per_additional_person'; expected a number [E-CFG-TYPE]
#
37: value_per_additional_person = nan
> 37:31: error: found nan for 'value_per_additional_person'; expected an amount of money [E-CFG-RANGE]
#
40: seed = "7"
> 40:8: error: found text for 'seed'; expected a whole number [E-CFG-TYPE]
#
40: seed = -7
> 40:8: error: found -7 for 'seed'; expected a whole number, 0 or more [E-CFG-RANGE]
#
40: seed = 7.0
> 40:8: error: found a number for 'seed'; expected a whole number [E-CFG-TYPE]
#
40: seed = 99999999999999999999
> 40:28: error: Error while parsing decimal integer: '99999999999999999999' is not representable in 64 bits; expected TOML [E-TOML]
#
41: draws = 500.0
> 41:9: error: found a number for 'draws'; expected a whole number [E-CFG-TYPE]
#
41: draws = 0
> 41:9: error: found 0 for 'draws'; expected a number of draws from 2 to 10000000 [E-CFG-RANGE]
#
41: draws = 100000000
> 41:9: error: found 100000000 for 'draws'; expected a number of draws from 2 to 10000000 [E-CFG-RANGE]
#
42: level = "0.9"
> 42:9: error: found text for 'level'; expected a number [E-CFG-TYPE]
#
42: level = 95
> 42:9: error: found 95 for 'level'; expected a level between 0 and 1, such as 0.95 [E-CFG-RANGE]
#
42: level = 0
> 42:9: error: found 0 for 'level'; expected a level between 0 and 1, such as 0.95 [E-CFG-RANGE]
#
20: [programme]
> 20:1: error: found a table for 'programme'; expected [[programme]] tables [E-CFG-TYPE]
#
29: [policy]
> 29:1: error: found a table for 'policy'; expected [[policy]] tables [E-CFG-TYPE]
#
39: [[run]]
> 39:1: error: found a list for 'run'; expected a table [E-CFG-TYPE]
#
33: [[economics]]
> 33:1: error: found a list for 'economics'; expected a table [E-CFG-TYPE]
#
15: [[question]]
> 15:1: error: found a list for 'question'; expected a table [E-CFG-TYPE]
#
6: [[data]]
> 6:1: error: found a list for 'data'; expected a table [E-CFG-TYPE]
#
1: [[ladder]]
> 1:1: error: found a list for 'ladder'; expected a table [E-CFG-TYPE]
#
7: table = "t.csv"
8: period = 1
> 8:10: error: found a whole number for 'period'; expected text in quotes [E-CFG-TYPE]
#
7: table = "t.csv"
8: origin = 1
> 8:10: error: found a whole number for 'origin'; expected text in quotes [E-CFG-TYPE]
#
7: table = "t.csv"
8: destination = 1
> 8:15: error: found a whole number for 'destination'; expected text in quotes [E-CFG-TYPE]
#
7: table = "t.csv"
8: count = 1
> 8:9: error: found a whole number for 'count'; expected text in quotes [E-CFG-TYPE]
#
7: table = "t.csv"
8: pool = 1
> 8:8: error: found a whole number for 'pool'; expected true or false [E-CFG-TYPE]
#
7: table = "t.csv"
8: step = 0
> 8:8: error: found 0 for 'step'; expected a whole number of time units, 1 or more [E-CFG-RANGE]
#
7: table = "t.csv"
8: id = "a"
> 8:1: error: found the unknown key 'id' in [data]; expected one of 'panel', 'table', 'matrix', 'shares', 'model', 'period', 'origin', 'destination', 'count', 'pool', 'step', 'weight', 'weight_squares', 'method', 'unleft', 'step_years', 'encoding', 'group' [E-CFG-KEY]
#
7: table = "t.csv"
8: people_behind = 3
> 8:1: error: found the unknown key 'people_behind' in [data]; expected one of 'panel', 'table', 'matrix', 'shares', 'model', 'period', 'origin', 'destination', 'count', 'pool', 'step', 'weight', 'weight_squares', 'method', 'unleft', 'step_years', 'encoding', 'group' [E-CFG-KEY]
> 8:17: error: found a whole number for 'people_behind'; expected a table [E-CFG-TYPE]
#
7: matrix = "m.csv"
8: people_behind = 3
> 8:17: error: found a whole number for 'people_behind'; expected a table [E-CFG-TYPE]
#
7: matrix = "m.csv"
8: people_behind = { "learner" = "60" }
> 8:31: error: found text for 'learner'; expected a number [E-CFG-TYPE]
#
7: matrix = "m.csv"
8: people_behind = { "learner" = 0 }
> 8:31: error: found 0 for 'learner'; expected a number of people above 0 [E-CFG-RANGE]
#
7: matrix = "m.csv"
8: people_behind = { "lerner" = 60 }
> 8:19: error: found 'lerner'; expected one of 'learner', 'skilled', 'foreman', 'manager', 'left'; did you mean 'learner'? [E-LABEL-UNKNOWN]
#
7: matrix = "m.csv"
8: method = "proportions"
> 8:1: error: found the unknown key 'method' in [data]; expected one of 'panel', 'table', 'matrix', 'shares', 'model', 'people_behind', 'step_years', 'encoding' [E-CFG-KEY]
#
7: matrix = "m.csv"
8: step = 1
> 8:1: error: found the unknown key 'step' in [data]; expected one of 'panel', 'table', 'matrix', 'shares', 'model', 'people_behind', 'step_years', 'encoding'; did you mean 'step_years'? [E-CFG-KEY]
#
7: matrix = "m.csv"
8: step_years = -1
> 8:14: error: found -1 for 'step_years'; expected a length in years above 0 [E-CFG-RANGE]
#
7: model = "m.rungs"
8: step = 1
> 8:1: error: found the unknown key 'step' in [data]; expected one of 'panel', 'table', 'matrix', 'shares', 'model' [E-CFG-KEY]
#
7: model = "m.rungs"
8: method = "proportions"
> 8:1: error: found the unknown key 'method' in [data]; expected one of 'panel', 'table', 'matrix', 'shares', 'model' [E-CFG-KEY]
#
7: model = "m.rungs"
8: step_years = 1
> 8:1: error: found the unknown key 'step_years' in [data]; expected one of 'panel', 'table', 'matrix', 'shares', 'model' [E-CFG-KEY]
#
22:
23:
24: effects = 3
> 24:11: error: found a whole number for 'effects'; expected a list of effects [E-CFG-TYPE]
#
22:
23:
24: effects = []
> 24:11: error: found a list for 'effects'; expected a list of effects [E-CFG-TYPE]
#
22:
23:
24: effects = [3]
> 24:12: error: found a whole number for 'effects'; expected a table with from, to and the effect [E-CFG-TYPE]
#
22:
23:
24: effects = [{ to = "skilled", odds_ratio = 2 }]
> 24:12: error: found no key 'from' for an effect of 'course'; expected the strata the move goes from [E-CFG-KEY]
#
22:
23:
24: effects = [{ from = "learner", odds_ratio = 2 }]
> 24:12: error: found no key 'to' for an effect of 'course'; expected the strata the move goes to [E-CFG-KEY]
#
22:
23:
24: effects = [{ from = "learner", to = "skilled" }]
> 24:12: error: found 0 scales in the effect of 'course'; expected one of 'odds_ratio', 'hazard_ratio', 'risk_ratio', 'points', 'log_odds' [E-CFG-KEY]
#
22:
23:
24: effects = [{ from = "learner", to = "skilled", odds_ratio = 2 }, { from = "skilled", to = "skilled", odds_ratio = 2 }]
> 24:91: error: found an effect of 'course' from 'skilled' to itself; expected two different strata [E-EFFECT-SELF]
#
22:
23:
24: effects = [{ from = "learner", to = "skilled", odds_ratio = 2, opens = 1 }]
> 24:72: error: found a whole number for 'opens'; expected true or false [E-CFG-TYPE]
#
1: ladder = 3
2-4
> 1:10: error: found a whole number for 'ladder'; expected a table [E-CFG-TYPE]
#
1: programme = 3
1: [ladder]
20-27
> 1:13: error: found a whole number for 'programme'; expected [[programme]] tables [E-CFG-TYPE]
#
1: programme = [3]
1: [ladder]
20-27
> 1:14: error: found a whole number for 'programme'; expected a table [E-CFG-TYPE]
)~";

/// Names, and what depends on them.
constexpr const char* names = R"~(
# moves
3: exits = ["left"]
3: moves = ["learner -> skilled -> foreman"]
> 4:10: error: found 'skilled -> foreman'; expected one of 'learner', 'skilled', 'foreman', 'manager', 'left' [E-LABEL-UNKNOWN]
# moves
3: exits = ["left"]
3: moves = ["learner -> lerner"]
> 4:10: error: found 'lerner'; expected one of 'learner', 'skilled', 'foreman', 'manager', 'left'; did you mean 'learner'? [E-LABEL-UNKNOWN]
# moves
3: exits = ["left"]
3: moves = ["learner -> learner"]
> 4:10: error: found a move from 'learner' to itself; expected two strata, since staying is always possible [E-LADDER]
# moves
3: exits = ["left"]
3: moves = ["left -> learner"]
> 4:10: error: found a move out of the exit 'left'; expected exits to be final [E-LADDER]
# moves
3: exits = ["left"]
3: moves = ["-> skilled"]
> 4:10: error: found ''; expected one of 'learner', 'skilled', 'foreman', 'manager', 'left' [E-LABEL-UNKNOWN]
# moves
3: exits = ["left"]
3: moves = ["learner ->"]
> 4:10: error: found ''; expected one of 'learner', 'skilled', 'foreman', 'manager', 'left' [E-LABEL-UNKNOWN]
# sets unknown
4: sets = { "in charge" = ["foreman", "manger"] }
> 4:36: error: found 'manger'; expected one of 'learner', 'skilled', 'foreman', 'manager', 'left'; did you mean 'manager'? [E-LABEL-UNKNOWN]
# sets and move
3: exits = ["left"]
3: moves = ["learner -> skiled", "learner ->  manger"]
4: sets = { "in charge" = ["foreman", "manger"] }
> 4:10: error: found 'skiled'; expected one of 'learner', 'skilled', 'foreman', 'manager', 'left'; did you mean 'skilled'? [E-LABEL-UNKNOWN]
> 4:31: error: found 'manger'; expected one of 'learner', 'skilled', 'foreman', 'manager', 'left'; did you mean 'manager'? [E-LABEL-UNKNOWN]
> 5:36: error: found 'manger'; expected one of 'learner', 'skilled', 'foreman', 'manager', 'left'; did you mean 'manager'? [E-LABEL-UNKNOWN]
# programme twice
29: [[programme]]
29: name = "course"
29: from = "learner"
29: to = "skilled"
29: effect = { odds_ratio = 2 }
29:
29: [[policy]]
> 30:8: error: found the programme 'course' twice; expected each name once [E-CFG-DUP]
# policy twice
33: [[policy]]
33: name = "course alone"
33: programmes = []
33:
33: [economics]
> 34:8: error: found the policy 'course alone' twice or named as the baseline; expected each name once [E-CFG-DUP]
# programme named baseline without policies
21: name = "baseline"
29-31
> 20:1: error: found a programme named 'baseline' and no [[policy]]; expected another name, since each programme is then a policy [E-CFG-DUP]
# ladder text wrong
1: ladder = "learner < skilled <"
2-4
> 1:10: error: found no name after the last '<'; expected the name of a stratum [E-LADDER]
# ladder text twice
1: ladder = "learner < skilled < learner"
2-4
> 1:10: error: found the stratum 'learner' twice; expected each name once [E-CFG-DUP]
# chinese before
12: start = { "learner" = 100, "技工" = 50 }
> 12:28: error: found '技工'; expected one of 'learner', 'skilled', 'foreman', 'manager', 'left' [E-LABEL-UNKNOWN]
# chinese
2: rungs = [["工人"], ["技工"], ["foreman"], ["manager"], ["learner"], ["skilled"]]
12: start = { "工人" = 1, "技工" = -50 }
> 12:28: error: found -50 for '技工'; expected a number of people, 0 or more [E-CFG-RANGE]
# tab indent
18: 	within_years = "3"
> 18:17: error: found text for 'within_years'; expected a number [E-CFG-TYPE]
# control
23: to = "ski\u001bled"
> 23:6: error: found 'ski\x1Bled'; expected one of 'learner', 'skilled', 'foreman', 'manager', 'left', 'in charge'; did you mean 'skilled'? [E-LABEL-UNKNOWN]
)~";

/// Programmes in full, and effects that are none.
constexpr const char* in_full = R"~(
# years in the stratum
25: years_in_stratum = -1
> 25:20: error: found -1 for 'years_in_stratum'; expected a number of years from 0 to 1000 [E-CFG-RANGE]
# after a programme that is not there
25: after = "cuorse"
> 25:9: error: found the programme 'cuorse'; expected one of 'course'; did you mean 'course'? [E-LABEL-UNKNOWN]
# after several, one not there
25: after = ["school", "school of design"]
29: [[programme]]
29: name = "school"
29: from = "learner"
29: to = "skilled"
29: effect = { odds_ratio = 2 }
29: [[policy]]
> 25:20: error: found the programme 'school of design'; expected one of 'course', 'school' [E-LABEL-UNKNOWN]
# after itself
25: after = "course"
> 25:9: error: found the programme 'course' after itself; expected other programmes [E-CFG-RANGE]
# after twice
25: after = ["school", "school"]
29: [[programme]]
29: name = "school"
29: from = "learner"
29: to = "skilled"
29: effect = { odds_ratio = 2 }
29: [[policy]]
> 25:20: error: found the programme 'school' twice in 'after'; expected each once [E-CFG-DUP]
# after no text
25: after = [3]
> 25:10: error: found a whole number for 'after'; expected text in quotes [E-CFG-TYPE]
# after no list
25: after = 3
> 25:9: error: found a whole number for 'after'; expected text in quotes, or a list of such [E-CFG-TYPE]
# waiting list
25: waiting_list = "yes"
> 25:16: error: found text for 'waiting_list'; expected true or false [E-CFG-TYPE]
# rationing unknown
25: rationing = "first come"
> 25:13: error: found 'first come' for 'rationing'; expected one of 'pro rata', 'longest waiting', 'lowest rung' [E-CFG-RANGE]
# rationing no text
25: rationing = 1
> 25:13: error: found a whole number for 'rationing'; expected text in quotes [E-CFG-TYPE]
# rationing without a list
25: uptake = 0.35
25: rationing = "longest waiting"
> 26:13: error: found seats for the longest waiting of 'course' without a waiting list; expected a waiting list, or another rule [E-RATIONING]
# a list that is none, told once
25: waiting_list = 1
25: rationing = "longest waiting"
> 25:16: error: found a whole number for 'waiting_list'; expected true or false [E-CFG-TYPE]
# again
25: again_after_years = "5"
> 25:21: error: found text for 'again_after_years'; expected a number [E-CFG-TYPE]
# again below 0
25: again_after_years = -5
> 25:21: error: found -5 for 'again_after_years'; expected a number of years from 0 to 1000 [E-CFG-RANGE]
# modules
25: modules = 2.5
25: modules_per_year = 1
> 25:11: error: found a number for 'modules'; expected a whole number [E-CFG-TYPE]
# too many modules
25: modules = 51
25: modules_per_year = 1
> 25:11: error: found 51 for 'modules'; expected a number of modules from 0 to 50 [E-CFG-RANGE]
# no rate
25: modules = 3
> 25:11: error: found 'modules' without 'modules_per_year' in the programme 'course'; expected both [E-CFG-KEY]
# no modules
25: modules_per_year = 3
> 25:20: error: found 'modules_per_year' without 'modules' in the programme 'course'; expected both [E-CFG-KEY]
# no module a year
25: modules = 3
25: modules_per_year = 0
> 26:20: error: found 0 for 'modules_per_year'; expected modules a year above 0, at most 1000 [E-CFG-RANGE]
# dropping out
25: drop_out_years = true
> 25:18: error: found true or false for 'drop_out_years'; expected a number [E-CFG-TYPE]
# dropping out late
25: drop_out_years = 1001
> 25:18: error: found 1001 for 'drop_out_years'; expected a number of years from 0 to 1000 [E-CFG-RANGE]
# substitution
25: substitution = 1.2
> 25:16: error: found 1.2 for 'substitution'; expected a share from 0 to 1 [E-CFG-RANGE]
# share of a list
25: substitution = [0.2, 0.5]
> 25:16: error: found a list for 'substitution'; expected a number [E-CFG-TYPE]
# table without a share
25: deadweight = { interval = [0.27, 0.96], source = "a review" }
> 25:14: error: found no key 'share' in the deadweight of 'course'; expected a share from 0 to 1 [E-CFG-KEY]
# share in a table
25: deadweight = { share = 50, source = "a review" }
> 25:24: error: found 50 for 'share'; expected a share from 0 to 1 [E-CFG-RANGE]
# key of a share
25: deadweight = { value = 0.5, share = 0.5, source = "a review" }
> 25:16: error: found the unknown key 'value' in the deadweight of 'course'; expected one of 'share', 'interval', 'level', 'source' [E-CFG-KEY]
# interval of a share
25: deadweight = { share = 0.5, interval = [0.96, 0.27], source = "a review" }
> 25:40: error: found a share of 0.5 with an interval from 0.96 to 0.27; expected the share within it [E-EFFECT-INTERVAL]
# interval of a share that ends at 1
25: displacement = { share = 0.5, interval = [0.27, 1], source = "a review" }
> 25:42: error: found 1 in the interval of a share; expected numbers between 0 and 1 [E-SHARE]
# interval of one number
25: substitution = { share = 0.5, interval = [0.27], source = "a review" }
> 25:42: error: found a list for 'interval'; expected two numbers, [lower, upper] [E-CFG-TYPE]
# level of a share
25: substitution = { share = 0.5, interval = [0.2, 0.8], level = 80, source = "a review" }
> 25:62: error: found 80 for 'level'; expected a level between 0 and 1, such as 0.95 [E-CFG-RANGE]
# level of a share without an interval
25: substitution = { share = 0.5, level = 0.8, source = "a review" }
> 25:39: error: found a level without an interval in the substitution of 'course'; expected 'interval' too [E-CFG-KEY]
# profile no list
25: profile = 3
> 25:11: error: found a whole number for 'profile'; expected a list of [years, strength] [E-CFG-TYPE]
# profile of numbers
25: profile = [0, 0.5]
> 25:12: error: found a whole number for 'profile'; expected two numbers, [years, strength] [E-CFG-TYPE]
# profile out of order
25: profile = [[0, 0.5], [2, 1], [1, 0]]
> 25:11: error: found the piece 1 years, strength 0 in the profile of an effect; expected years in order from 0 and strengths from 0 to 1 [E-PROFILE]
# profile too strong
25: profile = [[0, 2]]
> 25:11: error: found the piece 0 years, strength 2 in the profile of an effect; expected years in order from 0 and strengths from 0 to 1 [E-PROFILE]
# profile empty
25: profile = []
> 25:11: error: found a profile without pieces; expected at least one [E-PROFILE]
# profile and lengths
25: profile = [[0, 1]]
25: lag_years = 1
25: fade_half_life_years = 1
> 26:13: error: found 'lag_years' beside 'profile' in the programme 'course'; expected one of them [E-CFG-KEY]
> 27:24: error: found 'fade_half_life_years' beside 'profile' in the programme 'course'; expected one of them [E-CFG-KEY]
# cost of completing
27: cost = { per_completion = "2400" }
> 27:27: error: found text for 'per_completion'; expected a number [E-CFG-TYPE]
# cost once
27: cost = { once = inf }
> 27:17: error: found inf for 'once'; expected an amount of money [E-CFG-RANGE]
# loan
25: loan = 5000
> 25:8: error: found a whole number for 'loan'; expected a table [E-CFG-TYPE]
# loan without an amount
25: loan = { interest = 0.04, repaid_over_years = 3 }
> 25:8: error: found no key 'amount' in the loan of 'course'; expected 'amount' and 'repaid_over_years' [E-CFG-KEY]
# loan without years
25: loan = { amount = 5000 }
> 25:8: error: found no key 'repaid_over_years' in the loan of 'course'; expected 'amount' and 'repaid_over_years' [E-CFG-KEY]
# key of a loan
25: loan = { amount = 5000, repaid_over_years = 3, defaults = 0.1 }
> 25:48: error: found the unknown key 'defaults' in the loan of a programme; expected one of 'amount', 'interest', 'repaid_over_years', 'default'; did you mean 'default'? [E-CFG-KEY]
# amount of a loan
25: loan = { amount = -5000, repaid_over_years = 3 }
> 25:19: error: found -5000 for 'amount'; expected an amount of money, 0 or more [E-CFG-RANGE]
# interest of a loan
25: loan = { amount = 5000, interest = 40, repaid_over_years = 3 }
> 25:36: error: found 40 for 'interest'; expected a yearly rate from 0 to 10, such as 0.04 [E-CFG-RANGE]
# years of a loan
25: loan = { amount = 5000, repaid_over_years = 2.5 }
> 25:45: error: found a number for 'repaid_over_years'; expected a whole number [E-CFG-TYPE]
# too many years of a loan
25: loan = { amount = 5000, repaid_over_years = 101 }
> 25:45: error: found 101 for 'repaid_over_years'; expected a number of years from 0 (a gift) to 100 [E-CFG-RANGE]
# default of a loan
25: loan = { amount = 5000, repaid_over_years = 3, default = { share = 0.1, interval = [0.2, 0.3], source = "a bank" } }
> 25:84: error: found a share of 0.1 with an interval from 0.2 to 0.3; expected the share within it [E-EFFECT-INTERVAL]
# a rate among participants
24: effect = { gross_rate = 0.88, source = "88 % found work" }
> 24:25: error: found a rate of 0.88 among the participants of 'course', which is no effect: without a comparison the effect may be anything from -0.12 to 0.88 points; expected an effect against a comparison; or give 'counterfactual', the lowest and highest rate they might have had anyway [E-EFFECT-GROSS]
# a rate among participants in a list of effects
22:
23:
24: effects = [{ from = "learner", to = "skilled", gross_rate = 1 }]
> 24:61: error: found a rate of 1 among the participants of 'course', which is no effect: without a comparison the effect may be anything from 0 to 1 points; expected an effect against a comparison; or give 'counterfactual', the lowest and highest rate they might have had anyway [E-EFFECT-GROSS]
# a rate that is none
24: effect = { gross_rate = 88, source = "88 % found work" }
> 24:25: error: found 88 for 'gross_rate'; expected a share from 0 to 1 [E-CFG-RANGE]
# a rate in words
24: effect = { gross_rate = "88 %", source = "88 % found work" }
> 24:25: error: found text for 'gross_rate'; expected a number [E-CFG-TYPE]
# one counterfactual
24: effect = { gross_rate = 0.88, counterfactual = 0.3, source = "88 % found work" }
> 24:48: error: found a number for 'counterfactual'; expected two shares, [lowest, highest] [E-CFG-TYPE]
# counterfactuals out of order
24: effect = { gross_rate = 0.88, counterfactual = [0.6, 0.3], source = "88 % found work" }
> 24:48: error: found a counterfactual from 0.6 to 0.3; expected the lowest rate first [E-EFFECT-INTERVAL]
# counterfactuals that are no shares
24: effect = { gross_rate = 0.88, counterfactual = [30, 60], source = "88 % found work" }
> 24:48: error: found a share of 30; expected a number from 0 to 1 [E-SHARE]
# an interval of a rate
24: effect = { gross_rate = 0.88, counterfactual = [0.3, 0.6], interval = [0.8, 0.9], source = "88 % found work" }
> 24:71: error: found 'interval' beside 'gross_rate' in the effect of 'course'; expected 'counterfactual', the lowest and highest rate they might have had anyway [E-CFG-KEY]
# a rate beside an effect
24: effect = { points = 0.04, gross_rate = 0.88, counterfactual = [0.3, 0.6], source = "88 % found work" }
> 24:40: error: found 'gross_rate' beside a scale in the effect of 'course'; expected one of them [E-CFG-KEY]
> 24:63: error: found 'counterfactual' beside a scale in the effect of 'course'; expected one of them [E-CFG-KEY]
# combining
31: programmes = ["course"]
31: combine = "all"
> 32:11: error: found 'all' for 'combine'; expected one of 'in turn', 'strongest', 'exclusive' [E-CFG-RANGE]
# combining in numbers
31: programmes = ["course"]
31: combine = 1
> 32:11: error: found a whole number for 'combine'; expected text in quotes [E-CFG-TYPE]
# complements no list
31: programmes = ["course"]
31: complements = 3
> 32:15: error: found a whole number for 'complements'; expected a list of complements [E-CFG-TYPE]
# complements of numbers
31: programmes = ["course"]
31: complements = [3]
> 32:16: error: found a whole number for 'complements'; expected a table with programmes, from, to and the effect [E-CFG-TYPE]
# complement of nothing
31: programmes = ["course"]
31: complements = [{ from = "learner", to = "skilled", odds_ratio = 2 }]
> 32:16: error: found a complement without 'programmes'; expected the programmes that work together [E-CFG-KEY]
# complement of one
31: programmes = ["course"]
31: complements = [{ programmes = "course", from = "learner", to = "skilled", odds_ratio = 2 }]
> 32:31: error: found fewer than two programmes in a complement; expected the programmes that work together [E-CFG-RANGE]
# complement of none
31: programmes = ["course"]
31: complements = [{ programmes = [], from = "learner", to = "skilled", odds_ratio = 2 }]
> 32:31: error: found fewer than two programmes in a complement; expected the programmes that work together [E-CFG-RANGE]
# complement of one twice
31: programmes = ["course"]
31: complements = [{ programmes = ["course", "course"], from = "learner", to = "skilled", odds_ratio = 2 }]
> 32:42: error: found the programme 'course' twice in one complement; expected each once [E-CFG-DUP]
# complement of a programme that is not in the policy
29: [[programme]]
29: name = "school"
29: from = "learner"
29: to = "skilled"
29: effect = { odds_ratio = 2 }
29: [[policy]]
31: programmes = ["course"]
31: complements = [{ programmes = ["course", "school"], from = "learner", to = "skilled", odds_ratio = 2 }]
> 37:42: error: found the programme 'school'; expected one of 'course' [E-LABEL-UNKNOWN]
# key of a complement
29: [[programme]]
29: name = "school"
29: from = "learner"
29: to = "skilled"
29: effect = { odds_ratio = 2 }
29: [[policy]]
31: programmes = ["course", "school"]
31: complements = [{ programmes = ["course", "school"], frm = "learner", from = "learner", to = "skilled", odds_ratio = 2 }]
> 37:53: error: found the unknown key 'frm' in a complement; expected one of 'programmes', 'from', 'to', 'opens', 'given_up', 'odds_ratio', 'hazard_ratio', 'risk_ratio', 'points', 'log_odds', 'gross_rate', 'counterfactual', 'interval', 'level', 'source'; did you mean 'from'? [E-CFG-KEY]
# no effect of a complement
29: [[programme]]
29: name = "school"
29: from = "learner"
29: to = "skilled"
29: effect = { odds_ratio = 2 }
29: [[policy]]
31: programmes = ["course", "school"]
31: complements = [{ programmes = ["course", "school"], from = "learner", to = "skilled" }]
> 37:16: error: found 0 scales in the effect of 'course with school'; expected one of 'odds_ratio', 'hazard_ratio', 'risk_ratio', 'points', 'log_odds' [E-CFG-KEY]
# complement of programmes that exclude each other
29: [[programme]]
29: name = "school"
29: from = "learner"
29: to = "skilled"
29: effect = { odds_ratio = 2 }
29: [[policy]]
31: programmes = ["course", "school"]
31: combine = "exclusive"
31: complements = [{ programmes = ["course", "school"], from = "learner", to = "skilled", odds_ratio = 2 }]
> 38:15: error: found complements of programmes that exclude each other; expected another way to combine them [E-COMPLEMENT]
# complement that opens a move by a ratio
29: [[programme]]
29: name = "school"
29: from = "learner"
29: to = "skilled"
29: effect = { odds_ratio = 2 }
29: [[policy]]
31: programmes = ["course", "school"]
31: complements = [{ programmes = ["course", "school"], from = "learner", to = "skilled", opens = true, odds_ratio = 2 }]
> 37:16: error: found an effect on 'learner' -> 'skilled' by 'course with school' that opens the move on the scale of odds ratio; expected points, since a ratio of 0 is 0 [E-STRUCT-ZERO]
# complement on a move that cannot be
3: exits = ["left"]
3: moves = ["learner -> skilled", "skilled -> foreman"]
29: [[programme]]
29: name = "school"
29: from = "learner"
29: to = "skilled"
29: effect = { odds_ratio = 2 }
29: [[policy]]
31: programmes = ["course", "school"]
31: complements = [{ programmes = ["course", "school"], from = "learner", to = "foreman", points = 0.1 }]
> 38:16: error: found an effect on 'learner' -> 'foreman' by 'course with school', which the ladder declares impossible; expected a possible move, or `opens = true` with an effect in points [E-STRUCT-ZERO]
# posts
13: posts = 3
> 13:9: error: found a whole number for 'posts'; expected a table [E-CFG-TYPE]
# posts of an unknown stratum
13: posts = { "manger" = 3 }
> 13:11: error: found 'manger'; expected one of 'learner', 'skilled', 'foreman', 'manager', 'left'; did you mean 'manager'? [E-LABEL-UNKNOWN]
# posts of an exit
13: posts = { "left" = 3 }
> 13:11: error: found posts of the exit 'left'; expected a stratum [E-POSTS]
# posts in words
13: posts = { "manager" = "three" }
> 13:23: error: found text for 'manager'; expected a number of posts, or a table of 'now' and 'growth_per_year' [E-CFG-TYPE]
# posts below 0
13: posts = { "manager" = -3 }
> 13:23: error: found -3 for 'manager'; expected a number of posts, 0 or more [E-CFG-RANGE]
# posts now below 0
13: posts = { "manager" = { now = -3 } }
> 13:31: error: found -3 for 'now'; expected a number of posts, 0 or more [E-CFG-RANGE]
# posts without now
13: posts = { "manager" = { growth_per_year = 3 } }
> 13:23: error: found no key 'now' in the posts of 'manager'; expected a number of posts, 0 or more [E-CFG-KEY]
# growth of posts
13: posts = { "manager" = { now = 40, growth_per_year = inf } }
> 13:53: error: found inf for 'growth_per_year'; expected a number of posts a year [E-CFG-RANGE]
# key of posts
13: posts = { "manager" = { now = 40, growth = 2 } }
> 13:35: error: found the unknown key 'growth' in the posts of 'manager'; expected one of 'now', 'growth_per_year'; did you mean 'growth_per_year'? [E-CFG-KEY]
)~";

/// Values, and limits of an allocation.
constexpr const char* values = R"~(
# unknown key of a value
39: [[value]]
39: name = "earnings"
39: who = "participant"
39: per_year_in = { "skilled" = 5 }
39: [run]
> 39:1: error: found neither 'whose' nor 'unit' in the value 'earnings'; expected whose money it is, or the unit of what is no money [E-CFG-KEY]
> 41:1: error: found the unknown key 'who' in [[value]]; expected one of 'name', 'whose', 'unit', 'earnings', 'due', 'discount_rate', 'within_period', 'growth_per_year', 'per_year_in', 'per_move', 'per_entry', 'per_arrival', 'per_participant', 'fixed_per_year', 'once'; did you mean 'whose'? [E-CFG-KEY]
# values in one table
39: [value]
39: name = "earnings"
39: [run]
> 39:1: error: found a table for 'value'; expected [[value]] tables [E-CFG-TYPE]
# value without a name
39: [[value]]
39: whose = "budget"
39: [run]
> 39:1: error: found a [[value]] without a name; expected the key 'name' [E-CFG-KEY]
# value without an amount
39: [[value]]
39: name = "earnings"
39: whose = "budget"
39: [run]
> 39:1: error: found no amount in the value 'earnings'; expected one of 'per_year_in', 'per_move', 'per_entry', 'per_arrival', 'per_participant', 'fixed_per_year', 'once' [E-CFG-KEY]
# value twice
39: [[value]]
39: name = "tax"
39: whose = "budget"
39: once = 1
39: [[value]]
39: name = "tax"
39: whose = "others"
39: once = 1
39: [run]
> 44:8: error: found the value 'tax' twice; expected each name once [E-CFG-DUP]
# whose, unit, rule, date
39: [[value]]
39: name = "tax"
39: whose = "mine"
39: unit = "years"
39: within_period = "simpson"
39: due = "noon"
39: discount_rate = -1
39: once = 1
39: [run]
> 39:1: error: found both 'whose' and 'unit' in the value 'tax'; expected whose money it is, or the unit of what is no money [E-CFG-KEY]
> 41:9: error: found 'mine' for 'whose'; expected one of 'budget', 'participant', 'others' [E-CFG-RANGE]
> 43:17: error: found 'simpson' for 'within_period'; expected one of 'start', 'end', 'trapezoid', 'every point', 'legacy simpson' [E-CFG-RANGE]
> 44:7: error: found 'noon' for 'due'; expected one of 'start', 'middle', 'end' [E-CFG-RANGE]
> 45:17: error: found -1 for 'discount_rate'; expected a yearly rate such as 0.03 [E-CFG-RANGE]
# strata and amounts
39: [[value]]
39: name = "earnings"
39: whose = "participant"
39: per_year_in = { "skiled" = 5, "skilled" = "6", "foreman" = nan }
39: [run]
> 42:17: error: found 'skiled'; expected one of 'learner', 'skilled', 'foreman', 'manager', 'left', 'in charge'; did you mean 'skilled'? [E-LABEL-UNKNOWN]
> 42:43: error: found text for 'skilled'; expected a number [E-CFG-TYPE]
> 42:60: error: found nan for 'foreman'; expected an amount [E-CFG-RANGE]
# a stratum twice
39: [[value]]
39: name = "earnings"
39: whose = "participant"
39: per_year_in = { "in charge" = 5, "manager" = 6 }
39: [run]
> 42:34: error: found 'manager' in 'per_year_in' of the value 'earnings', some of which has an amount already; expected one amount for each [E-CFG-DUP]
# moves
39: [[value]]
39: name = "hiring"
39: whose = "others"
39: per_move = { "learner to skilled" = 5, "learner -> skiled" = 6 }
39: [run]
> 42:14: error: found the move 'learner to skilled'; expected "one stratum -> another" [E-CFG-TYPE]
> 42:40: error: found 'skiled'; expected one of 'learner', 'skilled', 'foreman', 'manager', 'left', 'in charge'; did you mean 'skilled'? [E-LABEL-UNKNOWN]
# a move twice
39: [[value]]
39: name = "hiring"
39: whose = "others"
39: per_move = { "learner -> foreman+" = 5, "learner -> manager" = 6 }
39: [run]
> 42:41: error: found 'learner -> manager' in 'per_move' of the value 'hiring', some of which has an amount already; expected one amount for each [E-CFG-DUP]
# participants of an unknown programme
39: [[value]]
39: name = "grant"
39: whose = "participant"
39: per_participant = { "curse" = 5 }
39: [run]
> 42:21: error: found the programme 'curse'; expected one of 'course'; did you mean 'course'? [E-LABEL-UNKNOWN]
# once after the end
39: [[value]]
39: name = "building"
39: whose = "budget"
39: once = { amount = -5, after_years = 4 }
39: [run]
> 42:37: error: found 4 for 'after_years'; expected a number of years from 0 to the years asked about [E-CFG-RANGE]
# once without an amount
39: [[value]]
39: name = "building"
39: whose = "budget"
39: once = { after_years = 2 }
39: [run]
> 42:8: error: found no key 'amount' in 'once' of the value 'building'; expected an amount [E-CFG-KEY]
# earnings of nobody
39: [[value]]
39: name = "earnings"
39: whose = "participant"
39: earnings = true
39: once = 5
39: [run]
> 42:12: error: found 'earnings' without 'per_year_in' in the value 'earnings'; expected both [E-CFG-KEY]
# nothing to forgo
25: lock_in_years = 1
25: earnings_forgone = 0.5
> 26:20: error: found 'earnings_forgone' and no earnings to forgo; expected a [[value]] with 'earnings = true' [E-CFG-KEY]
# nothing to forgo it for
25: earnings_forgone = 1.5
39: [[value]]
39: name = "earnings"
39: whose = "participant"
39: earnings = true
39: per_year_in = { "skilled" = 5 }
39: [run]
> 25:20: error: found 1.5 for 'earnings_forgone'; expected a share from 0 to 1 [E-CFG-RANGE]
> 25:20: error: found 'earnings_forgone' without 'lock_in_years' in the programme 'course'; expected both [E-CFG-KEY]
# perspective
36: perspective = "mine"
36: outcome_discount_rate = 11
> 36:15: error: found 'mine' for 'perspective'; expected one of 'budget', 'participant', 'society' [E-CFG-RANGE]
> 37:25: error: found 11 for 'outcome_discount_rate'; expected a yearly rate such as 0.03 [E-CFG-RANGE]
# perspective of nothing
37: perspective = "society"
> 37:15: error: found 'perspective' without 'value_per_additional_person' in [economics]; expected both, since they make the net benefit; a value of 0 leaves the money alone [E-CFG-KEY]
# limits
39: [allocation]
39: budget = 5
39: [[allocation.limit]]
39: programme = "curse"
39: from = "skiled"
39: years = [2017, 2015]
39: at_least = 6
39: at_most = 5
39: [run]
> 42:13: error: found the programme 'curse'; expected one of 'course'; did you mean 'course'? [E-LABEL-UNKNOWN]
> 43:8: error: found 'skiled'; expected one of 'learner', 'skilled', 'foreman', 'manager', 'left', 'in charge'; did you mean 'skilled'? [E-LABEL-UNKNOWN]
> 44:9: error: found years from 2017 to 2015; expected the first year first [E-EFFECT-DATES]
> 46:11: error: found at least 6 and at most 5 seats; expected the larger number for 'at_most' [E-CFG-RANGE]
# limit of nothing
39: [allocation]
39: budget = 5
39: [[allocation.limit]]
39: at_mots = 5
39: [run]
> 41:1: error: found a limit without 'at_least' and 'at_most'; expected one of them, or both [E-CFG-KEY]
> 42:1: error: found the unknown key 'at_mots' in [[allocation.limit]]; expected one of 'programme', 'from', 'years', 'periods', 'at_least', 'at_most'; did you mean 'at_most'? [E-CFG-KEY]
# limit that is no number of seats
39: [allocation]
39: budget = 5
39: limit = [{ at_least = -1, at_most = nan, years = 2015 }, 3]
39: [run]
> 41:23: error: found -1 for 'at_least'; expected a number of seats, 0 or more [E-CFG-RANGE]
> 41:37: error: found nan for 'at_most'; expected a number of seats, 0 or more [E-CFG-RANGE]
> 41:50: error: found a whole number for 'years'; expected two whole years, [first, last] [E-CFG-TYPE]
> 41:58: error: found a whole number for 'limit'; expected a table [E-CFG-TYPE]
# shares of seats for those who have left, and of more than all
39: [allocation]
39: budget = 5
39: programmes = ["course", "course"]
39: minimum_share = [{ from = "left", share = 0.1 }, { from = "learner", share = 0.7 }, { from = "skilled", share = 0.7 }]
39: [run]
> 41:25: error: found the programme 'course' twice in [allocation]; expected each once [E-CFG-DUP]
> 42:27: error: found a minimum share for the exit 'left'; expected strata, since nobody who has left takes a seat [E-CFG-RANGE]
> 42:113: error: found minimum shares of different people that add up to 1.5; expected at most 1 in all [E-CFG-RANGE]
)~";

TEST(ScenarioErrors, RulesAreKept) { check(rules, 30); }
TEST(ScenarioErrors, UnknownKeysAreToldWithTheNearest) { check(unknown_keys, 15); }
TEST(ScenarioErrors, WhatIsMissingIsTold) { check(missing, 20); }
TEST(ScenarioErrors, EveryKeyHasItsType) { check(types, 150); }
TEST(ScenarioErrors, NamesAreChecked) { check(names, 15); }
TEST(ScenarioErrors, ProgrammesInFullAreChecked) { check(in_full, 70); }
TEST(ScenarioErrors, ValuesAndLimitsAreChecked) { check(values, 20); }

TEST(ScenarioErrors, AllAreToldInTheOrderOfTheFile) {
  check(R"(
# several
8: steps = 1
12: start = { "lerner" = 100, "skilled" = -50 }
18: within_years = "3"
24: effect = { odds_ratio = 0 }
25: uptake = 35
31: programmes = ["cuorse"]
36: discount_rate = "3 %"
39: [runs]
> 8:1: error: found the unknown key 'steps' in [data]; expected one of 'panel', 'table', 'matrix', 'shares', 'model', 'id', 'time', 'state', 'weight', 'missing', 'gap', 'recode', 'by_period', 'step', 'layout', 'times', 'begin', 'end', 'ends', 'open', 'since', 'until', 'grid', 'constant', 'survey_strata', 'cluster', 'nest', 'lonely', 'replicates', 'replicate_method', 'replicate_factor', 'degrees_of_freedom', 'method', 'unleft', 'starts', 'step_years', 'encoding', 'group'; did you mean 'step'? [E-CFG-KEY]
> 12:11: error: found 'lerner'; expected one of 'learner', 'skilled', 'foreman', 'manager', 'left'; did you mean 'learner'? [E-LABEL-UNKNOWN]
> 12:39: error: found -50 for 'skilled'; expected a number of people, 0 or more [E-CFG-RANGE]
> 18:16: error: found text for 'within_years'; expected a number [E-CFG-TYPE]
> 24:25: error: found an effect of 0 on the scale of odds ratio...
> 25:10: error: found 35 for 'uptake'; expected a share from 0 to 1 [E-CFG-RANGE]
> 31:15: error: found the programme 'cuorse'; expected one of 'course'; did you mean 'course'? [E-LABEL-UNKNOWN]
> 36:17: error: found text for 'discount_rate'; expected a number [E-CFG-TYPE]
> 39:2: error: found the unknown key 'runs' in the scenario; expected one of 'ladder', 'group', 'data', 'population', 'question', 'programme', 'policy', 'economics', 'value', 'run', 'allocation'; did you mean 'run'? [E-CFG-KEY]
)",
        1);
}

TEST(ScenarioErrors, AtMostTwentyAreTold) {
  std::string strata;
  for (int k = 0; k < 10'000; ++k) strata += "\"x" + std::to_string(k) + "\" = 1, ";
  const std::string line = "start = { " + strata + "\"learner\" = 1 }";
  EXPECT_EQ(said(edited({{12, line}})).size(), 20U);
}

TEST(ScenarioErrors, TextThatIsNotTomlIsRefusedAtItsPlace) {
  const auto first = [](const std::string& text) {
    const std::vector<std::string> all = said(text);
    return all.empty() ? std::string() : all.front();
  };
  std::string nul = good(), latin = good(), cr = good();
  nul.insert(12, 1, '\0');
  latin.replace(latin.find("foreman"), 1, "\xe9");
  std::replace(cr.begin(), cr.end(), '\n', '\r');
  EXPECT_THAT(first(nul), AllOf(HasSubstr("s.toml:2:"), HasSubstr("[E-TOML]")));
  EXPECT_THAT(first(latin), AllOf(HasSubstr("s.toml:2:"), HasSubstr("invalid utf-8"), HasSubstr("[E-TOML]")));
  EXPECT_THAT(first(cr), AllOf(HasSubstr("s.toml:1:"), HasSubstr("[E-TOML]")));
  EXPECT_THAT(first("\xff\xfe[\0l\0"), HasSubstr("[E-TOML]"));
  EXPECT_THAT(first("PK\x03\x04"), HasSubstr("[E-TOML]"));
  EXPECT_EQ(said("\xef\xbb\xbf" + good()), std::vector<std::string>()) << "a byte order mark";
  std::string crlf;
  for (const char c : good()) crlf += c == '\n' ? "\r\n" : std::string(1, c);
  EXPECT_EQ(said(crlf), std::vector<std::string>()) << "line ends of Windows";
}

TEST(ScenarioErrors, TextThatIsFarTooDeepOrLargeIsRefused) {
  const auto repeated = [](const std::string& part, std::size_t times) {
    std::string out;
    out.reserve(part.size() * times);
    for (std::size_t k = 0; k < times; ++k) out += part;
    return out;
  };
  const std::string deep = repeated("a.", 1'000'000) + "a",
                    first_error = "s.toml:1:1: error: found a key of more than 200 parts; expected TOML [E-TOML]";
  EXPECT_THAT(said(deep + " = 1\n"), ElementsAre(first_error));
  EXPECT_THAT(said("[" + deep + "]\n"), ElementsAre(first_error));
  EXPECT_THAT(said("[[" + deep + "]]\n"), ElementsAre(first_error));
  EXPECT_THAT(said(repeated("\"a\" . ", 1'000'000) + "a = 1\n"), ElementsAre(first_error));
  EXPECT_THAT(said("x = " + repeated("[", 1'000'000)),
              ElementsAre(AllOf(HasSubstr("s.toml:1:"), HasSubstr("[E-TOML]"))));
  EXPECT_THAT(said("x = " + repeated("{a=", 1'000'000)),
              ElementsAre(AllOf(HasSubstr("s.toml:1:"), HasSubstr("[E-TOML]"))));
  EXPECT_THAT(said("# " + repeated("x", 16'777'216) + "\n" + good()),
              ElementsAre("s.toml: error: found a file of more than 16777216 bytes; expected a scenario [E-SIZE]"));
  EXPECT_THAT(said("# " + repeated("a.b.c ", 100'000) + "\n" + good()), IsEmpty()) << "a comment is not a key";
  // I13
  EXPECT_THAT(said(good() + repeated("[[programme]]\nname = \"p\"\n", 10'000)),
              ElementsAre("s.toml:20:1: error: found 10001 [[programme]] tables; expected at most 1000 [E-SIZE]"));
  EXPECT_THAT(said(good() + repeated("[[policy]]\nname = \"p\"\n", 10'000)),
              ElementsAre("s.toml:29:1: error: found 10001 [[policy]] tables; expected at most 1000 [E-SIZE]"));
  const std::string rungs = "rungs = [" + repeated("[\"x\"],", 2000) + "]";
  EXPECT_THAT(said(edited({{2, rungs}})),
              ElementsAre("s.toml:2:17: error: found the stratum 'x' twice; expected each name once [E-CFG-DUP]"));
}

TEST(ScenarioErrors, FilesThatCannotBeReadAreToldByName) {
  const auto read = [](const std::string& path) {
    try {
      (void)rungs::io::read_scenario(path);
    } catch (const InputError& e) {
      return e.problems().front().text();
    }
    return std::string();
  };
  EXPECT_EQ(
      read("/nowhere/s.toml"),
      "/nowhere/s.toml: error: cannot open the file (No such file or directory); expected a scenario file [E-IO]");
  EXPECT_THAT(read(testing::TempDir()), HasSubstr("[E-IO]"));
  const TemporaryFile wrong(edited({{18, "within_years = 0"}}), ".toml"), right(good(), ".toml");
  EXPECT_EQ(
      read(wrong.path()),
      wrong.path() +
          ":18:16: error: found 0 for 'within_years'; expected a number of years above 0, at most 10000 [E-CFG-RANGE]");
  EXPECT_EQ(read(right.path()), "");
}

TEST(ScenarioErrors, ALadderAloneIsCheckedToo) {
  const auto read = [](const std::string& text) {
    const TemporaryFile file(text, ".toml");
    try {
      return rungs::io::read_ladder(file.path()).names().back();
    } catch (const InputError& e) {
      return e.problems().front().text().substr(file.path().size());
    }
  };
  EXPECT_EQ(read("rungs = [[\"a\"], [\"b\", \"c\"]]\nexits = [\"d\"]\n"), "d");
  EXPECT_EQ(read("[ladder]\nrungs = [\"a\", \"b\"]\n[data]\npanel = \"p.csv\"\n"), "b");
  EXPECT_EQ(read("rungs = [[\"a\"]]\nrung = 1\n"),
            ":2:1: error: found the unknown key 'rung' in [ladder]; expected one of 'rungs', 'exits', 'moves', 'sets'; "
            "did you mean 'rungs'? [E-CFG-KEY]");
  EXPECT_EQ(read("exits = [\"a\"]\n"),
            ":1:1: error: found no key 'rungs' in [ladder]; expected the strata of each rung, from the bottom up "
            "[E-CFG-KEY]");
}

// --- warnings of the reader ---

TEST(ScenarioWarnings, EvidenceIsAskedForAtItsPlace) {
  const auto with = [](const char* effect) { return warned(edited({{24, effect}})); };
  EXPECT_THAT(warned(good()), IsEmpty());
  // G21
  EXPECT_THAT(with(R"(effect = { odds_ratio = 1.8, interval = [1.1, 2.9], source = "" })"),
              ElementsAre("s.toml:24:62: warning: found an empty source of the effect of 'course'; expected where the "
                          "evidence is from [W-EFFECT-EVIDENCE]"));
  EXPECT_THAT(with(R"(effect = { odds_ratio = 1.8, interval = [1.1, 2.9], source = " " })"),
              ElementsAre(HasSubstr("found an empty source")));
  EXPECT_THAT(with("effect = { odds_ratio = 1.8, interval = [1.1, 2.9] }"),
              ElementsAre("s.toml:24:10: warning: found no source of the effect of 'course'; expected where the "
                          "evidence is from [W-EFFECT-EVIDENCE]"));
  // G11
  EXPECT_THAT(with(R"(effect = { odds_ratio = 5, interval = [1.1, 2.9], source = "a trial" })"),
              ElementsAre("s.toml:24:25: warning: found 5 for the odds ratio of 'course'; expected a number within its "
                          "own interval, 1.1 to 2.9 [W-EFFECT-EVIDENCE]"));
  EXPECT_THAT(with(R"(effect = { odds_ratio = 2.9, interval = [1.1, 2.9], source = "a trial" })"), IsEmpty());
}

TEST(ScenarioWarnings, RatesInPerCentAreTold) {
  const auto with = [](const char* rate) { return warned(edited({{36, rate}})); };
  EXPECT_THAT(
      with("discount_rate = 3"),
      ElementsAre("s.toml:36:17: warning: found 3 for 'discount_rate', which is 300 % a year; expected 0.03, if "
                  "3 % is meant [W-RATE]"));
  EXPECT_THAT(with("outcome_discount_rate = 1.5"),
              ElementsAre("s.toml:36:25: warning: found 1.5 for 'outcome_discount_rate', which is 150 % a year; "
                          "expected 0.015, if 1.5 % is meant [W-RATE]"));
  EXPECT_THAT(with("discount_rate = 1"), IsEmpty());
}

TEST(ScenarioWarnings, ProgrammesThatCountAsFreeBesideOthersAreTold) {
  const auto beside = [](const std::string& cost) {
    return warned(good() + R"([[programme]]
name = "talks"
from = "learner"
to = "skilled"
effect = { odds_ratio = 1.8, interval = [1.1, 2.9], source = "a trial" }
)" + cost);
  };
  EXPECT_THAT(beside(""),
              Contains("s.toml:43:1: warning: found no 'cost' in the programme 'talks', which counts as free "
                       "beside 'course'; expected what it costs, or 'cost = { per_participant = 0 }' if "
                       "that is nothing [W-COST]"));
  EXPECT_THAT(beside("cost = { per_participant = 0 }\n"), Not(Contains(HasSubstr("W-COST"))));
  EXPECT_THAT(beside("loan = { amount = 100, repaid_over_years = 3 }\n"), Not(Contains(HasSubstr("W-COST"))));
  EXPECT_THAT(warned(edited({{27, ""}, {37, ""}})),
              Not(Contains(HasSubstr("W-COST"))));  // nobody says what anything costs
}

TEST(ScenarioWarnings, ARangeBetweenCounterfactualsIsNoInterval) {
  const auto with = [](const char* effect) { return parse_scenario(edited({{24, effect}}), "s.toml"); };
  const Scenario s = with(R"(effect = { gross_rate = 0.88, counterfactual = [0.3, 0.6], source = "88 % found work" })");
  ASSERT_EQ(s.warnings.size(), 1U);
  EXPECT_EQ(s.warnings[0].text(),
            "s.toml:24:25: warning: found a rate among the participants of 'course' for an effect of 0.28 to 0.58 "
            "points, which is the range between stated counterfactuals and no confidence interval; expected an effect "
            "against a comparison [W-EFFECT-BOUNDS]");
  const rungs::Effect& effect = s.programmes.at(0).effects()->effects().at(0).effect;
  EXPECT_EQ(effect.scale(), rungs::Scale::points);
  EXPECT_NEAR(effect.value(), .43, 1e-15);
  EXPECT_NEAR(effect.bounds()->first, .28, 1e-15);
  EXPECT_NEAR(effect.bounds()->second, .58, 1e-15);
  EXPECT_EQ(effect.evidence(), "88 % found work");
  EXPECT_EQ(with("effect = { gross_rate = 0.88, counterfactual = [0.3, 0.6] }").warnings.size(), 2U)
      << "it has no source either";
}

TEST(ScenarioWarnings, SharesFromEvidenceAreAskedForTheirSource) {
  const auto with = [](const char* line) { return warned(edited({{25, line}})); };
  EXPECT_THAT(with("deadweight = 0.5"), IsEmpty()) << "a number is an assumption of the scenario";
  EXPECT_THAT(with(R"(deadweight = { share = 0.5, source = "a review" })"), IsEmpty());
  EXPECT_THAT(with("deadweight = { share = 0.5 }"),
              ElementsAre("s.toml:25:14: warning: found no source of the deadweight of 'course'; expected where the "
                          "evidence is from [W-EFFECT-EVIDENCE]"));
  EXPECT_THAT(with(R"(loan = { amount = 1, repaid_over_years = 1, default = { share = 0.1, source = "" } })"),
              ElementsAre("s.toml:25:79: warning: found an empty source of the default of 'course'; expected where the "
                          "evidence is from [W-EFFECT-EVIDENCE]"));
}

// --- a good scenario ---

TEST(Scenario, GivesTheSameAsCode) {
  const Scenario s = parse_scenario(edited({{25,
                                             "uptake = 0.35\noffered = 0.9\nseats_per_year = 20\ncompletion = "
                                             "0.8\nlock_in_years = 1\nlag_years = 1\nramp_years = 2\n"
                                             "fade_half_life_years = 5\nlasts_years = 9\ndeadweight = "
                                             "0.1\ndisplacement = 0.2\ngiven_up = \"staying\"\nopens = false\n"
                                             "eligible = [\"learner\", \"skilled\"]"}}),
                                    "s.toml");
  using rungs::Ladder;
  const Ladder ladder = Ladder::builder()
                            .rung("learner")
                            .rung("skilled")
                            .rung("foreman")
                            .rung("manager")
                            .exit("left")
                            .set("in charge", {"foreman", "manager"})
                            .build();
  ASSERT_EQ(s.ladder, ladder);
  rungs::Vector heads = rungs::Vector::Zero(5);
  heads << 100, 50, 0, 0, 0;
  const rungs::Population people(rungs::Headcount(ladder, heads), rungs::Period(2015),
                                 {{ladder["learner"], 3, {{ladder["manager"], 0.5}}}});
  const rungs::Programme course(
      {.eligible = ladder.set_of({0, 1}),
       .offered = rungs::Share(0.9),
       .uptake = rungs::Share(0.35),
       .seats_per_year = rungs::Heads(20),
       .completion = rungs::Share(0.8),
       .lock_in_years = 1,
       .deadweight = rungs::Share(0.1),
       .displacement = rungs::Share(0.2),
       .cost_per_participant = 2400,
       .fixed_cost_per_year = 500,
       .years = {{2015, 2017}}},
      rungs::MoveEffects("course",
                         {{ladder["learner"], ladder["skilled"],
                           rungs::odds_ratio(1.8).interval(1.1, 2.9).source("a trial"), rungs::GivenUp::staying}},
                         rungs::Profile().lag(1).ramp(2).fade_half_life(5).lasts(9)));
  const rungs::Economics economics{{"CNY", 2015}, 0.03, 50000};

  EXPECT_EQ(s.from, rungs::StratumSet(ladder["learner"]));
  EXPECT_EQ(s.target, ladder.select("foreman+"));
  EXPECT_EQ(s.from_text, "learner");
  EXPECT_EQ(s.reach_text, "foreman+");
  EXPECT_EQ(s.within_years, 3);
  EXPECT_TRUE(s.period_stated);
  EXPECT_EQ(s.seed, 7U);
  EXPECT_EQ(s.draws, 500U);
  EXPECT_EQ(s.level, 0.9);
  EXPECT_EQ(s.within_where, (rungs::Location{"s.toml", 18, 16}));
  ASSERT_EQ(s.programme_where.size(), 1U);
  EXPECT_EQ(s.programme_where[0], (rungs::Location{"s.toml", 20, 1}));

  ASSERT_EQ(s.programmes.size(), 1U);
  const rungs::Programme::Terms &found = s.programmes[0].terms(), &expected = course.terms();
  EXPECT_EQ(found.eligible, expected.eligible);
  EXPECT_EQ(found.offered.value(), expected.offered.value());
  EXPECT_EQ(found.uptake.value(), expected.uptake.value());
  EXPECT_EQ(found.seats_per_year.value(), expected.seats_per_year.value());
  EXPECT_EQ(found.completion.value(), expected.completion.value());
  EXPECT_EQ(found.lock_in_years, expected.lock_in_years);
  EXPECT_EQ(found.deadweight.value(), expected.deadweight.value());
  EXPECT_EQ(found.displacement.value(), expected.displacement.value());
  EXPECT_EQ(found.cost_per_participant, expected.cost_per_participant);
  EXPECT_EQ(found.fixed_cost_per_year, expected.fixed_cost_per_year);
  EXPECT_EQ(found.years, expected.years);
  ASSERT_TRUE(s.programmes[0].effects());
  ASSERT_EQ(s.programmes[0].effects()->effects().size(), 1U);
  const rungs::MoveEffect& effect = s.programmes[0].effects()->effects()[0];
  EXPECT_EQ(effect.from, rungs::StratumSet(ladder["learner"]));
  EXPECT_EQ(effect.to, rungs::StratumSet(ladder["skilled"]));
  EXPECT_EQ(effect.given_up, rungs::GivenUp::staying);
  EXPECT_FALSE(effect.opens);
  EXPECT_EQ(effect.effect.evidence(), "a trial");
  EXPECT_EQ(effect.effect.level().value(), 0.95);

  // The same answer to the last bit, in every draw; over six years, since an effect that begins in the third climbs two
  // rungs in the fourth at the earliest.
  rungs::Matrix p(5, 5), alpha(5, 5);
  p << .6, .2, .05, 0, .15, .05, .6, .2, .05, .1, 0, .1, .6, .2, .1, 0, 0, .1, .8, .1, 0, 0, 0, 0, 1;
  alpha = 60 * p;
  alpha.row(4).setZero();
  const rungs::Ensemble model(rungs::Kernel(rungs::TransitionMatrix(ladder, p, rungs::Step())),
                              rungs::DirichletWeights{{alpha}}, "assumed");
  const rungs::EvaluateOptions options{
      .draws = 100, .seed = rungs::Seed(7), .level = rungs::Level(0.9), .bottleneck_draws = 10};
  const auto a =
      rungs::evaluate(model, s.population, {s.from, s.target, rungs::Span(6)}, s.policies, s.economics, options);
  const auto b = rungs::evaluate(model, people, {ladder["learner"], ladder.select("foreman+"), rungs::Span(6)},
                                 {{"course alone", {course}}}, economics, options);
  const auto numbers = [](const rungs::Evaluation& e) {
    std::vector<double> out;
    const auto put = [&out](const rungs::Estimate& x) {
      for (const double number : {x.value, x.lower, x.upper, x.monte_carlo_error})
        out.push_back(std::isnan(number) ? -1.0 : number);
    };
    for (const rungs::PolicyResult* r : {&e.baseline, &e.policies.at(0)}) {
      for (const rungs::Estimate* x : {&r->reach, &r->people_reaching, &r->standing, &r->years_to_reach, &r->gross,
                                       &r->additional, &r->participants, &r->cost})
        put(*x);
      for (const auto& h : r->trajectory) put(h.heads);
      for (const auto& f : r->flows) put(f.heads);
      out.push_back(r->probability_best.value);
    }
    put(e.policies.at(0).net_benefit.value());
    return out;
  };
  EXPECT_EQ(a.policies.at(0).name, "course alone");
  EXPECT_NE(a.policies.at(0).additional.value, 0);
  EXPECT_NE(a.policies.at(0).additional.value, a.policies.at(0).gross.value);
  EXPECT_EQ(numbers(a), numbers(b));
}

TEST(Scenario, ReadsProgrammesInFull) {
  const Scenario s = parse_scenario(
      edited(
          {{13, "posts = { \"foreman\" = 40, \"manager\" = { now = 4.5, growth_per_year = -0.5 } }"},
           {25,
            "years_in_stratum = 2\nafter = [\"school\"]\nwaiting_list = true\nseats_per_year = 40\nrationing = "
            "\"longest waiting\"\n"
            "again_after_years = 5\nmodules = 4\nmodules_per_year = 2.5\ndrop_out_years = 0.5\n"
            "deadweight = { share = 0.5, interval = [0.27, 0.96], level = 0.9, source = \"a review\" }\n"
            "substitution = 0.2\ndisplacement = { share = 0.3, source = \"a review\" }\n"
            "loan = { amount = 5000, interest = 0.04, repaid_over_years = 3, default = { share = 0.1, interval = "
            "[0.05, 0.2], source = \"a bank\" } }\n"
            "profile = [[0, 0.5], [2, 1.0], [6, 0.0]]"},
           {27, "cost = { per_completion = 300 }"},
           {29,
            "[[programme]]\nname = \"school\"\nfrom = \"learner\"\nto = \"skilled\"\nrationing = \"lowest rung\"\n"
            "effect = { odds_ratio = 2, source = \"assumed\" }\ncost = { once = 0 }\n[[policy]]\nname = "
            "\"best\"\nprogrammes = "
            "\"school\"\ncombine = \"strongest\"\n[[policy]]"},
           {31,
            "programmes = [\"school\", \"course\"]\ncombine = \"in turn\"\ncomplements = [\n"
            "{ programmes = [\"school\", \"course\"], from = \"learner\", to = \"foreman\", points = 0.02, interval = "
            "[0.01, 0.05], opens = true, given_up = \"staying\", source = \"assumed\" },\n"
            "{ programmes = [\"school\", \"course\"], from = \"skilled\", to = \"foreman\", odds_ratio = 1.5, source = "
            "\"assumed\" },\n]\n[[policy]]\nname = \"one\"\nprogrammes = [\"school\", \"course\"]\ncombine = "
            "\"exclusive\""}}),
      "s.toml");
  EXPECT_THAT(s.warnings, IsEmpty());
  const std::vector<rungs::Posts>& posts = s.population.posts();
  ASSERT_EQ(posts.size(), 2U);
  EXPECT_EQ(posts[0].at.text() + posts[1].at.text(), "'foreman''manager'");
  EXPECT_EQ(posts[0].after(3), 40);
  EXPECT_EQ(posts[1].after(3), 3);

  const rungs::Programme::Terms &course = s.programmes.at(0).terms(), &school = s.programmes.at(1).terms();
  EXPECT_EQ(course.years_in_stratum, 2);
  EXPECT_THAT(course.after, ElementsAre("school")) << "named before it is described";
  EXPECT_TRUE(course.waiting_list && !school.waiting_list);
  EXPECT_EQ(course.rationing, rungs::Rationing::longest_waiting);
  EXPECT_EQ(school.rationing, rungs::Rationing::lowest_rung);
  EXPECT_EQ(course.again_after_years, 5);
  EXPECT_EQ(course.modules, 4);
  EXPECT_EQ(course.modules_per_year, 2.5);
  EXPECT_EQ(course.drop_out_years, .5);
  EXPECT_EQ(course.deadweight.value(), .5);
  EXPECT_EQ(course.deadweight.bounds(), std::pair(.27, .96));
  const double z90 = 1.6448536269514722;
  EXPECT_NEAR(course.deadweight.at(z90), .96, 1e-12) << "at the level of its interval";
  EXPECT_EQ(course.substitution.value(), .2);
  EXPECT_FALSE(course.substitution.varies());
  EXPECT_EQ(course.displacement.value(), .3);
  EXPECT_EQ(course.cost_per_participant, 0);
  EXPECT_EQ(course.cost_per_completion, 300);
  ASSERT_TRUE(course.loan && !school.loan);
  EXPECT_EQ(course.loan->amount, 5000);
  EXPECT_EQ(course.loan->interest, .04);
  EXPECT_EQ(course.loan->repaid_over_years, 3);
  EXPECT_EQ(course.loan->default_share.bounds(), std::pair(.05, .2));
  const rungs::Profile& profile = s.programmes[0].effects()->profile();
  for (const auto& [years, strength] : {std::pair(-1.0, 0.0), {0.0, .5}, {1.0, .5}, {2.0, 1.0}, {5.0, 1.0}, {6.0, 0.0}})
    EXPECT_EQ(profile.strength(years, 1), strength) << years;

  ASSERT_EQ(s.policies.size(), 3U);
  EXPECT_EQ(s.policies[0].combine, rungs::Combine::strongest);
  EXPECT_EQ(s.policies[1].combine, rungs::Combine::in_turn);
  EXPECT_EQ(s.policies[2].combine, rungs::Combine::exclusive);
  EXPECT_THAT(s.policies[0].complements, IsEmpty());
  ASSERT_EQ(s.policies[1].complements.size(), 2U);
  const rungs::Complement &first = s.policies[1].complements[0], &second = s.policies[1].complements[1];
  EXPECT_THAT(first.programmes, testing::UnorderedElementsAre("school", "course"));
  ASSERT_EQ(first.effects.effects().size(), 1U);
  EXPECT_TRUE(first.effects.effects()[0].opens);
  EXPECT_EQ(first.effects.effects()[0].given_up, rungs::GivenUp::staying);
  EXPECT_EQ(first.effects.effects()[0].effect.value(), .02);
  EXPECT_NE(first.effects.name(), second.effects.name()) << "each draws for itself";
}

TEST(Scenario, TheNumbersOfTheReferencePageAreTrue) {
  const Scenario s = rungs::io::read_scenario(RUNGS_SOURCE_DIR "/examples/keys/programmes.toml");
  const auto programme = [&](const std::string& name) {
    return *std::find_if(s.programmes.begin(), s.programmes.end(),
                         [&](const rungs::Programme& p) { return p.name() == name; });
  };
  const rungs::Draw point = rungs::Draw::point();
  const rungs::Programme loan = programme("loan"), placement = programme("placement");
  EXPECT_NEAR(loan.terms().loan->instalment(), 1801.74, .005);
  EXPECT_NEAR(loan.terms().loan->repaid(s.economics.discount_rate), 5096.43, .005);
  EXPECT_NEAR(loan.cost_of_participant(s.economics.discount_rate, point), 413.21 + 200 + 240, .005);
  EXPECT_NEAR(30 * loan.cost_of_participant(s.economics.discount_rate, point), 25596, .5);
  EXPECT_NEAR(40 * placement.kept(point).after_deadweight, 20, 1e-12);
  EXPECT_NEAR(40 * placement.kept(point).after_substitution, 16, 1e-12);
  EXPECT_NEAR(40 * placement.kept(point).net, 14.4, 1e-12);
  const rungs::MoveEffects& effects = *placement.effects();
  for (const auto& [years, odds] : {std::pair(0.0, 2.0), {2.0, 4.0}, {6.0, 1.0}}) {
    const double strength = effects.profile().strength(years, 1), p = .2;
    const double then =
        rungs::changed_probability(p, rungs::Scale::odds_ratio, effects.effects()[0].effect.value(), strength);
    EXPECT_NEAR(then / (1 - then), odds * p / (1 - p), 1e-12) << years;
  }
  for (const auto& [ratio, then] : {std::pair(1.8 * 2, .47), {2, .33}, {1.8 * 2 * 1.5, .57}})
    EXPECT_NEAR(rungs::changed_probability(.2, rungs::Scale::odds_ratio, ratio), then, .005);
  const rungs::Programme::Terms modules = programme("modules").terms();
  ASSERT_EQ(modules.modules, 3);
  for (const auto& [years, through] : {std::pair(1, .32), {2, .76}}) {
    const double mean = years * modules.modules_per_year;
    EXPECT_NEAR(1 - std::exp(-mean) * (1 + mean + mean * mean / 2), through, .005);
  }
  EXPECT_EQ(s.population.posts().at(0).after(0), 12);
  EXPECT_EQ(s.population.posts().at(0).after(2), 16);
}

TEST(Scenario, WhatIsNotSaidHasItsDefault) {
  const Scenario s = parse_scenario(
      "ladder = \"a < b, c | d\"\n[data]\npanel = \"p.csv\"\n[population]\nstart = { a = 1 }\n[question]\nfrom = "
      "\"a\"\nreach = [\"b\", \"c\"]\nwithin_years = 0.5\n"
      "[[programme]]\nname = \"x\"\nfrom = \"a\"\nto = \"b\"\neffect = { points = 0.1 }\n[[programme]]\nname = "
      "\"y\"\nfrom = [\"a\", \"b\"]\nto = \"c\"\neffect = { log_odds = 0.1 }\nyears = [1999, 2001]\n",
      "s.toml");
  EXPECT_EQ(s.ladder, rungs::Ladder::parse("a < b, c | d"));
  EXPECT_EQ(s.data.kind, ScenarioData::Kind::panel);
  EXPECT_EQ(s.data.id + s.data.time + s.data.state + s.data.weight + s.data.gap + s.data.method + s.data.unleft,
            "idtimestatedropproportions");
  EXPECT_EQ(s.data.step, 1);
  EXPECT_EQ(s.data.step_years, 1);
  EXPECT_FALSE(s.data.step_years_given || s.data.by_period || s.data.pool || s.period_stated || s.seed || s.draws ||
               s.level);
  EXPECT_EQ(s.reach_text, "b, c");
  EXPECT_EQ(s.population.at().label(), 1999) << "the first year in which a programme enrols";
  EXPECT_THAT(s.population.inflow(), IsEmpty());
  ASSERT_EQ(s.policies.size(), 2U) << "each programme is a policy";
  EXPECT_EQ(s.policies[0].name + s.policies[1].name, "xy");
  const rungs::Programme::Terms& x = s.programmes[0].terms();
  EXPECT_EQ(x.eligible, rungs::StratumSet(s.ladder["a"]));
  EXPECT_EQ(x.offered.value() * x.uptake.value() * x.completion.value(), 1);
  EXPECT_EQ(x.deadweight.value() + x.displacement.value() + x.lock_in_years, 0);
  EXPECT_EQ(x.cost_per_participant.value() + x.fixed_cost_per_year.value() + x.cost_per_completion.value(), 0);
  EXPECT_TRUE(x.seats_per_year.is_unlimited());
  EXPECT_EQ(x.years_in_stratum + x.modules + x.modules_per_year + x.substitution.value(), 0);
  EXPECT_THAT(x.after, IsEmpty());
  EXPECT_FALSE(x.waiting_list || x.again_after_years || x.drop_out_years || x.loan);
  EXPECT_EQ(x.rationing, rungs::Rationing::pro_rata);
  EXPECT_EQ(s.policies[0].combine, rungs::Combine::in_turn);
  EXPECT_THAT(s.population.posts(), IsEmpty());
  EXPECT_FALSE(x.years);
  EXPECT_EQ(s.programmes[0].effects()->effects()[0].given_up, rungs::GivenUp::others);
  EXPECT_EQ(s.programmes[1].terms().eligible, s.ladder.set_of({0, 1}));
  EXPECT_EQ(s.economics.discount_rate, 0);
  EXPECT_EQ(s.economics.currency.name, "");
  EXPECT_FALSE(s.economics.value_per_additional_person);
}

TEST(Scenario, ReadsEveryKeyOfTheData) {
  const auto data = [](const std::string& keys) {
    return parse_scenario(
               "ladder = \"a < b\"\n[data]\n" + keys +
                   "\n[population]\nstart = { a = 1 }\n[question]\nfrom = \"a\"\nreach = \"b\"\nwithin_years = 1\n",
               "s.toml")
        .data;
  };
  const ScenarioData panel = data(
      "panel = \"p.csv\"\nid = \"i\"\ntime = \"t\"\nstate = \"s\"\nweight = \"w:sampling\"\nmissing = [\"-9\", "
      "\".\"]\ngap = \"refuse\"\nrecode = \"r.csv\"\n"
      "by_period = true\nstep = 2\nmethod = \"dirichlet:1\"\nunleft = \"prior\"");
  EXPECT_EQ(panel.path + panel.id + panel.time + panel.state + panel.weight + panel.gap + panel.recode + panel.method +
                panel.unleft,
            "p.csvitsw:samplingrefuser.csvdirichlet:1prior");
  EXPECT_THAT(panel.missing, ElementsAre("-9", "."));
  EXPECT_TRUE(panel.by_period);
  EXPECT_EQ(panel.step, 2);
  EXPECT_EQ(panel.step_years, 2) << "as long as the step";
  EXPECT_EQ(panel.where, (rungs::Location{"s.toml", 3, 9}));
  EXPECT_EQ(panel.method_where, (rungs::Location{"s.toml", 13, 10}));
  const ScenarioData table = data(
      "table = \"t.csv\"\nperiod = \"p\"\norigin = \"o\"\ndestination = \"d\"\ncount = \"n\"\npool = true\nstep = "
      "5\nstep_years = 2.5\nunleft = \"refuse\"");
  EXPECT_EQ(table.kind, ScenarioData::Kind::table);
  EXPECT_EQ(table.path + table.period + table.origin + table.destination + table.count + table.unleft,
            "t.csvpodnrefuse");
  EXPECT_TRUE(table.pool && table.step_years_given);
  EXPECT_EQ(table.step_years, 2.5);
  const ScenarioData matrix = data("matrix = \"m.csv\"\nstep_years = 10\npeople_behind = { a = 60, b = 30.5 }");
  EXPECT_EQ(matrix.kind, ScenarioData::Kind::matrix);
  EXPECT_EQ(matrix.people_behind, (std::map<std::string, double>{{"a", 60}, {"b", 30.5}}));
  EXPECT_EQ(matrix.step_years, 10);
  EXPECT_EQ(data("model = \"m.rungs\"").kind, ScenarioData::Kind::model);
}

// --- groups of people

/// A scenario of women and men, with some of its text replaced; what it says that is wrong, without the file's name.
std::string of_groups(std::vector<std::pair<std::string, std::string>> edits = {}) {
  std::string text = R"(ladder = "learner < skilled | left"
[[group]]
name = "women"
start = { learner = 30 }
[[group]]
name = "men"
start = { learner = 20, skilled = 5 }
[data]
table = "t.csv"
group = "sex"
[population]
inflow = { per_year = 3, into = "women: learner", per_head_of = { skilled = 0.5 } }
posts = { skilled = 40 }
[question]
from = "learner"
reach = "skilled+"
within_years = 3
[[programme]]
name = "course"
from = "women: learner"
to = "skilled"
effect = { odds_ratio = 2, source = "x" }
eligible = "learner"
uptake = { women = 0.5, men = 0.25 }
)";
  for (const auto& [old, with] : edits) {
    const std::size_t at = text.find(old);
    EXPECT_NE(at, std::string::npos) << old;
    text.replace(at, old.size(), with);
  }
  return text;
}
std::string wrong_groups(std::vector<std::pair<std::string, std::string>> edits) {
  try {
    (void)parse_scenario(of_groups(std::move(edits)), "s");
  } catch (const InputError& e) {
    std::string out;
    for (const Diagnostic& d : e.problems()) out += (out.empty() ? "" : "\n") + d.text();
    return out;
  }
  return "";
}

TEST(ScenarioGroups, AreReadWithAllThatIsTheirOwn) {
  const Scenario s = parse_scenario(of_groups(), "s");
  EXPECT_THAT(s.ladder.groups(), ElementsAre("women", "men"));
  EXPECT_EQ(s.ladder.of_each_group(), rungs::Ladder::parse("learner < skilled | left"));
  EXPECT_EQ(s.data.group, "sex");
  EXPECT_THAT(s.group_data, IsEmpty());
  const rungs::Vector& heads = s.population.start().heads();  // women and men who learn, then who are skilled
  EXPECT_EQ(std::vector<double>(heads.begin(), heads.end()), (std::vector<double>{30, 20, 0, 5, 0, 0}));
  ASSERT_EQ(s.population.inflow().size(), 1U);
  EXPECT_EQ(s.population.inflow()[0].into, s.ladder["women: learner"]);
  ASSERT_EQ(s.population.inflow()[0].per_head_of.size(), 2U) << "of the skilled of both";
  EXPECT_EQ(s.population.inflow()[0].per_head_of[1].first, s.ladder["men: skilled"]);
  ASSERT_EQ(s.population.posts().size(), 1U);
  EXPECT_EQ(s.population.posts()[0].at, s.ladder.select("skilled"));
  EXPECT_EQ(s.from, s.ladder.select("learner"));
  EXPECT_EQ(s.target, s.ladder.select("skilled"));
  const rungs::Programme& p = s.programmes.at(0);
  EXPECT_EQ(p.terms().eligible, s.ladder.select("learner"));
  EXPECT_EQ(p.terms().wanted_by(s.ladder["women: learner"].index()), 0.5);
  EXPECT_EQ(p.terms().wanted_by(s.ladder["men: learner"].index()), 0.25);
  const rungs::MoveEffect& e = p.effects()->effects().at(0);
  EXPECT_TRUE(e.changes(s.ladder["women: learner"].index(), s.ladder["women: skilled"].index()));
  EXPECT_FALSE(e.changes(s.ladder["women: learner"].index(), s.ladder["men: skilled"].index()));
  EXPECT_FALSE(e.changes(s.ladder["men: learner"].index(), s.ladder["men: skilled"].index()));

  // A group with its own data; the other has that of [data].
  const Scenario own = parse_scenario(of_groups({{"group = \"sex\"\n", ""},
                                                 {"start = { learner = 30 }",
                                                  "start = { learner = 30 }\n[group.data]\nmatrix = \"w.csv\"\n"
                                                  "people_behind = { learner = 9 }"}}),
                                      "s");
  ASSERT_EQ(own.group_data.size(), 2U);
  EXPECT_EQ(own.group_data[0].kind, ScenarioData::Kind::matrix);
  EXPECT_EQ(own.group_data[0].path, "w.csv");
  EXPECT_EQ(own.group_data[1].kind, ScenarioData::Kind::table);
  // The start may stand in [population], by whole names.
  const Scenario start =
      parse_scenario(of_groups({{"start = { learner = 30 }\n", ""},
                                {"[population]", "[population]\nstart = { \"women: skilled\" = 4 }"}}),
                     "s");
  EXPECT_EQ(start.population.start().heads()[2], 4);
}

TEST(ScenarioGroups, AreRefusedWordForWord) {
  EXPECT_EQ(wrong_groups({}), "");
  EXPECT_EQ(wrong_groups({{"name = \"men\"\n", ""}}),
            "s:5:1: error: found a [[group]] without a name; expected the key 'name' [E-CFG-KEY]");
  EXPECT_EQ(wrong_groups({{"name = \"men\"", "name = \"women\""}}),
            "s:6:8: error: found the group 'women' twice; expected each name once [E-CFG-DUP]");
  EXPECT_EQ(wrong_groups({{"name = \"men\"", "name = \"skilled\""}}),
            "s:6:8: error: found the group 'skilled' named as a stratum or a set; expected another name [E-CFG-DUP]");
  EXPECT_EQ(wrong_groups({{"start = { learner = 30 }", "start = { lerner = 30 }"}}),
            "s:4:11: error: found 'lerner'; expected one of 'learner', 'skilled', 'left'; did you mean 'learner'? "
            "[E-LABEL-UNKNOWN]");
  EXPECT_EQ(wrong_groups({{"start = { learner = 30 }", "people = 30"}}),
            "s:4:1: error: found the unknown key 'people' in [[group]]; expected one of 'name', 'start', 'data' "
            "[E-CFG-KEY]");
  EXPECT_EQ(wrong_groups({{"[population]", "[population]\nstart = { \"men: skilled\" = 4 }"}}),
            "s:7:25: error: found the people in 'skilled' a second time; expected them in [population] or in [[group]] "
            "[E-CFG-DUP]");
  EXPECT_EQ(wrong_groups({{"into = \"women: learner\"", "into = \"learner\""}}),
            "s:12:33: error: found 'learner'; expected one of 'women: learner', 'men: learner', 'women: skilled', "
            "'men: skilled', 'women: left', 'men: left' [E-LABEL-UNKNOWN]");
  EXPECT_EQ(wrong_groups({{"men = 0.25", "boys = 0.25"}}),
            "s:24:25: error: found 'boys'; expected one of 'women: learner', 'men: learner', 'women: skilled', "
            "'men: skilled', 'women: left', 'men: left', 'women', 'men', 'learner', 'skilled', 'left' "
            "[E-LABEL-UNKNOWN]");
  EXPECT_EQ(wrong_groups({{", men = 0.25", ""}}),
            "s:24:10: error: found no share for 'men: learner' in the uptake of 'course'; expected one for everybody "
            "who is eligible [E-CFG-KEY]");
  EXPECT_EQ(wrong_groups({{"men = 0.25", "men = 0.25, learner = 0.1"}}),
            "s:24:25: error: found 'men: learner' a second time in the uptake of 'course'; expected each once "
            "[E-CFG-DUP]");
  EXPECT_EQ(wrong_groups({{"men = 0.25", "men = 25"}}),
            "s:24:31: error: found 25 for 'men'; expected a share from 0 to 1 [E-CFG-RANGE]");
  EXPECT_EQ(wrong_groups({{"start = { learner = 30 }", "start = { learner = 30 }\n[group.data]\nmatrix = \"w.csv\""}}),
            "s:12:9: error: found a column of groups and a [[group]] with its own data; expected one of them "
            "[E-CFG-KEY]");
  EXPECT_EQ(wrong_groups({{"start = { learner = 30 }",
                           "start = { learner = 30 }\n[group.data]\ntable = \"w.csv\"\ngroup = \"sex\""},
                          {"group = \"sex\"\n[population]", "[population]"}}),
            "s:7:1: error: found the unknown key 'group' in the data of 'women'; expected one of 'panel', 'table', "
            "'matrix', 'shares', 'model', 'period', 'origin', 'destination', 'count', 'pool', 'step', 'weight', "
            "'weight_squares', 'method', 'unleft', "
            "'step_years', 'encoding' [E-CFG-KEY]");
  EXPECT_EQ(wrong_groups({{"group = \"sex\"\n", ""},
                          {"[[group]]\nname = \"men\"",
                           "[group.data]\nmatrix = \"w.csv\"\n[[group]]\nname = \"old\"\n[[group]]\nname = \"men\""}}),
            "s:2:1: error: found 2 groups without data of their own beside others with it, which would be drawn apart; "
            "expected it for each, or for none [E-CFG-KEY]\n"
            "s:27:10: error: found no share for 'old: learner' in the uptake of 'course'; expected one for everybody "
            "who is eligible [E-CFG-KEY]");
  EXPECT_EQ(wrong_groups({{"per_head_of = { skilled = 0.5 }", "per_head_of = { skilled = 0.5, women = 0.1 }"}}),
            "s:12:82: error: found 'women: skilled' twice in 'per_head_of'; expected each once [E-CFG-DUP]");
  EXPECT_EQ(wrong_groups({{"group = \"sex\"", "group = \"\""}}),
            "s:10:9: error: found an empty name of the column of groups; expected its name [E-CFG-RANGE]");
  std::string alone = of_groups();
  alone.erase(alone.find("[[group]]"), alone.find("[data]") - alone.find("[[group]]"));
  try {
    (void)parse_scenario(alone, "s");
    FAIL();
  } catch (const InputError& e) {
    EXPECT_THAT(e.what(), HasSubstr("s:4:9: error: found a column of groups and no [[group]]; expected a [[group]] for "
                                    "each value of the column [E-CFG-KEY]"));
  }
  EXPECT_EQ(wrong_groups({{"[[group]]\nname = \"women\"\nstart = { learner = 30 }\n[[group]]\nname = \"men\"\nstart = "
                           "{ learner = 20, skilled = 5 }",
                           "[group]\nname = \"women\""}})
                .substr(0, 79),
            "s:2:1: error: found a table for 'group'; expected [[group]] tables [E-CFG-TYPE]");
}

// --- with a model: what only then is refused, and the warnings of an evaluation ---

/// A scenario of one programme on a ladder in which nobody moves from learner to manager at once.
Scenario with_programme(const std::string& programme) {
  return parse_scenario(
      "[ladder]\nrungs = [[\"learner\"], [\"skilled\"], [\"manager\"]]\nexits = [\"left\"]\n"
      "moves = [\"learner -> skilled\", \"learner -> left\", \"skilled -> manager\", \"skilled -> learner\", \"skilled "
      "-> left\", \"manager -> left\"]\n"
      "[data]\nmatrix = \"m.csv\"\n[population]\nyear = 2015\nstart = { learner = 100 }\n[question]\nfrom = "
      "\"learner\"\nreach = \"manager\"\nwithin_years = 4\n"
      "[[programme]]\nname = \"course\"\n" +
          programme,
      "s.toml");
}
rungs::TransitionMatrix moves(const rungs::Ladder& ladder) {
  rungs::Matrix p(4, 4);
  p << .5, .4, 0, .1, 0, .7, .2, .1, 0, 0, .9, .1, 0, 0, 0, 1;
  return {ladder, p, rungs::Step()};
}
std::string refused(const std::string& programme) {
  const Scenario s = with_programme(programme);
  try {
    s.programmes.at(0).check(rungs::Kernel(moves(s.ladder)));
  } catch (const rungs::Error& e) {
    return e.what();
  }
  return "";
}

TEST(Scenario, ReadsAnAllocation) {
  EXPECT_FALSE(parse_scenario(good_text, "s.toml").allocation);
  const Scenario s = parse_scenario(std::string(good_text) + R"(
[allocation]
budget = 5000
programmes = "course"
seats_per_year = { "course" = 12.5 }
minimum_share = [{ from = "learner", share = 0.5 }, { from = "skilled+", share = 0.25 }]
class_size = { "course" = 20 }
fixed_costs_paid = true
[[allocation.limit]]
programme = "course"
from = ["learner", "in charge"]
years = [2015, 2016]
at_least = 2
at_most = 7.5
[[allocation.limit]]
at_most = 9
)",
                                    "s.toml");
  ASSERT_TRUE(s.allocation);
  EXPECT_EQ(*s.allocation->budget, 5000);
  EXPECT_FALSE(s.allocation->additional_people);
  ASSERT_EQ(s.allocation->programmes.size(), 1U);
  EXPECT_EQ(s.allocation->programmes[0].terms().seats_per_year.value(), 12.5);
  EXPECT_TRUE(s.programmes[0].terms().seats_per_year.is_unlimited());
  ASSERT_EQ(s.allocation->minimum_shares.size(), 2U);
  EXPECT_EQ(s.allocation->minimum_shares[1].first, s.ladder.at_or_above("skilled"));
  EXPECT_EQ(s.allocation->minimum_shares[1].second.value(), 0.25);
  ASSERT_EQ(s.allocation->class_sizes.size(), 1U);
  EXPECT_EQ(s.allocation->class_sizes[0].second, 20);
  EXPECT_TRUE(s.allocation->fixed_costs_paid);
  ASSERT_EQ(s.allocation->limits.size(), 2U);
  const rungs::io::ScenarioLimit &one = s.allocation->limits[0], &all = s.allocation->limits[1];
  EXPECT_EQ(one.programme, "course");
  EXPECT_EQ(one.from, s.ladder.set_of({0, 2, 3}));
  EXPECT_EQ(one.periods, std::pair(std::int64_t{2015}, std::int64_t{2016}));
  EXPECT_EQ(one.at_least, 2);
  EXPECT_EQ(one.at_most, 7.5);
  EXPECT_EQ(all.programme, "");
  EXPECT_FALSE(all.from || all.periods || all.at_least);
}

TEST(Scenario, ReadsValues) {
  const Scenario s = rungs::io::read_scenario(RUNGS_SOURCE_DIR "/examples/keys/values.toml");
  EXPECT_EQ(s.economics.perspective, rungs::Perspective::society);
  EXPECT_EQ(s.economics.outcome_discount_rate, 0.015);
  EXPECT_EQ(s.programmes[0].terms().earnings_forgone.value(), 0.8);
  EXPECT_EQ(s.programmes[0].terms().cost_once, 30000);
  ASSERT_EQ(s.economics.values.size(), 5U);
  const auto terms = [&](std::size_t k) { return s.economics.values[k].terms(); };
  EXPECT_TRUE(terms(0).earned);
  EXPECT_EQ(terms(0).currency, (rungs::Currency{"CNY", 2024}));
  EXPECT_EQ(terms(0).perspective, rungs::Perspective::participant);
  EXPECT_EQ(terms(0).rate.effective_annual(), 0.03) << "as the costs";
  EXPECT_EQ(terms(2).perspective, rungs::Perspective::budget);
  EXPECT_EQ(terms(3).perspective, rungs::Perspective::society) << "anybody else";
  EXPECT_EQ(terms(3).rate.effective_annual(), 0.05);
  EXPECT_FALSE(terms(4).currency);
  EXPECT_EQ(terms(4).unit, "years");
  EXPECT_EQ(terms(0).growth, 0.02);
  EXPECT_EQ(terms(1).growth, 0);
  EXPECT_EQ(terms(4).rate.effective_annual(), 0.015) << "as the outcomes";

  // One year on the ladder learner, skilled, foreman, designer, left.
  rungs::Course c;
  c.headcount = rungs::Matrix::Zero(2, 5);
  c.headcount.row(0) << 400, 150, 20, 0, 0;
  c.headcount.row(1) << 300, 200, 30, 10, 60;
  c.flows = {rungs::Matrix::Zero(5, 5)};
  c.flows[0](0, 1) = 80;
  c.flows[0](1, 2) = 15;
  c.flows[0](1, 3) = 3;
  c.flows[0](2, 1) = 1;
  c.entrants = rungs::Matrix::Zero(1, 5);
  c.entrants(0, 0) = 30;
  c.participants = rungs::Matrix::Constant(1, 1, 40);
  const auto worth = [&](std::size_t k) {
    return s.economics.values[k].over(c, rungs::Step(), {"full-time course"}).undiscounted;
  };
  EXPECT_NEAR(worth(0), 350 * 30000 + 175 * 52000 + 30 * 80000 + 30 * 24000, 1e-6);
  EXPECT_NEAR(worth(1), 40 * 600, 1e-9);
  EXPECT_NEAR(worth(2), 175 * 1500 + 30 * 6000, 1e-7);
  EXPECT_NEAR(worth(4), 25, 1e-12);
  // A one-off amount is due in the second year, which this course does not have.
  EXPECT_THROW((void)worth(3), rungs::Refusal);
  c.headcount.conservativeResizeLike(rungs::Matrix::Zero(3, 5));
  c.flows.push_back(rungs::Matrix::Zero(5, 5));
  c.entrants = rungs::Matrix::Zero(2, 5);
  c.entrants(0, 0) = 30;
  EXPECT_NEAR(worth(3), -3000 * 18 - 800 * 81 - 1000 * 30 - 2 * 20000 - 100000, 1e-7);
  const double first = -3000 * 18 - 800 * 81 - 1000 * 30 - 20000;
  EXPECT_NEAR(s.economics.values[3].over(c, rungs::Step(), {}).discounted,
              first / 1.05 + (-20000 - 100000) / (1.05 * 1.05), 1e-7)
      << "at the end of each year";
}

TEST(ScenarioWithAModel, RefusesWhatTheModelDoesNotAllow) {
  // I01, I04, I05
  EXPECT_THAT(refused("from = \"learner\"\nto = \"skilled\"\neffect = { risk_ratio = 3 }"),
              AllOf(HasSubstr("'learner' -> 'skilled' by 'course' that turns a probability of 0.4 into 1.2"),
                    HasSubstr("[E-EFFECT-RANGE]")));
  EXPECT_THAT(refused("from = \"learner\"\nto = \"manager\"\neffect = { odds_ratio = 2 }"),
              AllOf(HasSubstr("'learner' -> 'manager' by 'course', which the ladder declares impossible"),
                    HasSubstr("[E-STRUCT-ZERO]")));
  EXPECT_THAT(refused("from = \"learner\"\nto = \"manager\"\nopens = true\neffect = { odds_ratio = 2 }"),
              HasSubstr("[E-STRUCT-ZERO]"));
  EXPECT_THAT(refused("from = \"left\"\nto = \"learner\"\neffect = { odds_ratio = 2 }"), HasSubstr("[E-ABSORB-LEFT]"));
  EXPECT_THAT(refused("from = \"learner\"\nto = \"skilled\"\neligible = \"left\"\neffect = { odds_ratio = 2 }"),
              HasSubstr("[E-ABSORB-LEFT]"));
  EXPECT_EQ(refused("from = \"learner\"\nto = \"skilled\"\neffect = { odds_ratio = 3 }"), "");
  EXPECT_EQ(refused("from = \"learner\"\nto = \"manager\"\nopens = true\neffect = { points = 0.1 }"), "");
}

std::set<std::string> warnings(const std::string& programme, std::size_t draws = 200) {
  const Scenario s = with_programme(programme);
  const rungs::Ensemble model = rungs::assumed(moves(s.ladder), rungs::Vector::Constant(4, 50.0));
  std::set<std::string> out;
  for (const rungs::Warning& w :
       rungs::evaluate(model, s.population, {s.from, s.target, rungs::Span(4)}, s.policies, s.economics,
                       {.draws = draws, .seed = rungs::Seed(1), .bottleneck_draws = 0})
           .warnings) {
    EXPECT_THAT(w.message, Not(IsEmpty()));
    out.insert(w.code);
  }
  return out;
}

TEST(ScenarioWithAModel, WarnsWhereItMustAndNowhereElse) {
  const std::string move = "from = \"learner\"\nto = \"skilled\"\n",
                    effect = "effect = { odds_ratio = 1.8, interval = [1.1, 2.9], source = \"a trial\" }\n";
  EXPECT_THAT(warnings(move + effect), IsEmpty());

  EXPECT_THAT(warnings(move + "effect = { odds_ratio = 1.8, interval = [1.1, 2.9] }"), ElementsAre("W-EFFECT-EVIDENCE"))
      << "no source";
  EXPECT_THAT(warnings(move + "effect = { odds_ratio = 1.8, interval = [1.1, 2.9], source = \"\" }"),
              ElementsAre("W-EFFECT-EVIDENCE"))
      << "an empty source";
  EXPECT_THAT(warnings(move + "effect = { odds_ratio = 4, interval = [1.1, 2.9], source = \"a trial\" }"),
              ElementsAre("W-EFFECT-EVIDENCE"))
      << "outside its interval";
  EXPECT_THAT(warnings(move + "effect = { odds_ratio = 1.8, source = \"a trial\" }"), ElementsAre("W-EFFECT-EVIDENCE"))
      << "no interval";

  EXPECT_THAT(warnings(move + effect + "seats_per_year = 5"), ElementsAre("W-SEATS"));
  EXPECT_THAT(warnings(move + effect + "seats_per_year = 500"), IsEmpty());

  // I06
  EXPECT_THAT(warnings(move + effect + "uptake = 0"), Contains("W-NOEFFECT"));
  EXPECT_THAT(warnings(move + effect + "seats_per_year = 0"), Contains("W-NOEFFECT"));
  EXPECT_THAT(warnings(move + effect + "completion = 0"), Contains("W-NOEFFECT"));
  EXPECT_THAT(warnings(move + "effect = { odds_ratio = 1, source = \"a trial\" }"), ElementsAre("W-NOEFFECT"));
  EXPECT_THAT(warnings("from = \"skilled\"\nto = \"learner\"\n" + effect), Contains("W-NOEFFECT"))
      << "a move that nobody makes";
  EXPECT_THAT(warnings("from = \"skilled\"\nto = \"learner\"\neffect = { points = 0.1, interval = [0.05, 0.15], source "
                       "= \"a trial\" }"),
              Not(Contains("W-NOEFFECT")));

  EXPECT_THAT(warnings(move + "effect = { points = 0.3, interval = [-0.5, 0.9], source = \"a trial\" }"),
              Contains("W-EFFECT-CAPPED"));
  EXPECT_THAT(warnings(move + "effect = { points = 0.1, interval = [0.05, 0.15], source = \"a trial\" }"), IsEmpty());

  EXPECT_THAT(warnings(move + effect, 4), Contains("W-MCERR"));
  EXPECT_THAT(warnings(move + effect, 2000), Not(Contains("W-MCERR")));
}

}  // namespace
}  // namespace scenario_test
