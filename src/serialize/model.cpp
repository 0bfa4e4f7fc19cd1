// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <utility>
#include <variant>

#include "plain.hpp"

namespace rungs::detail::saved {

namespace {

// --- from a model ------------------------------------------------------------------------------

Numbers numbers_of(const Matrix& m) { return {{m.data(), m.data() + m.size()}}; }

void append(std::vector<Numbers>& out, const Kernel& kernel) {
  for (std::size_t m = 0; m < kernel.count(); ++m) out.push_back(numbers_of(kernel.view(m)));
}

std::vector<Numbers> numbers_of(const std::vector<Matrix>& matrices) {
  std::vector<Numbers> out;
  out.reserve(matrices.size());
  for (const Matrix& m : matrices) out.push_back(numbers_of(m));
  return out;
}

PlainLadder plain_of(const Ladder& ladder) {
  PlainLadder out;
  out.names = ladder.names();
  for (std::size_t i = 0; i < ladder.strata(); ++i) {
    if (i == 0 || ladder.height(i) != ladder.height(i - 1)) out.rungs.push_back(0);
    ++out.rungs.back();
  }
  out.all_moves = ladder.all_moves_possible() ? 1 : 0;
  if (!ladder.all_moves_possible())
    for (std::size_t i = 0; i < ladder.strata(); ++i)
      for (std::size_t j = 0; j < ladder.size(); ++j) out.moves += ladder.possible(i, j) ? '1' : '0';
  for (const auto& [name, members] : ladder.sets()) out.sets.push_back({name, {members.begin(), members.end()}});
  return out;
}

// --- and back ----------------------------------------------------------------------------------

/// Words of an error of the library without its code: what was found, and what was expected.
[[noreturn]] void refuse_as(std::string code, const Error& error, const std::string& place) {
  std::string words = error.what();
  const std::string suffix = " [" + error.code() + "]";
  if (words.size() >= suffix.size() && words.substr(words.size() - suffix.size()) == suffix)
    words.resize(words.size() - suffix.size());
  const std::size_t end = words.find("; expected ");
  refuse(std::move(code), words.substr(0, end) + place, end == std::string::npos ? "" : words.substr(end + 2));
}

/// What a terminal prints as it stands: valid UTF-8 without control characters.
bool is_printable(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = [&](std::size_t k) { return i + k < text.size() ? static_cast<unsigned char>(text[i + k]) : 0U; };
    const auto follows = [&](std::size_t k, unsigned lowest = 0x80, unsigned highest = 0xbf) {
      return byte(k) >= lowest && byte(k) <= highest;
    };
    const unsigned first = byte(0);
    if (first >= 0x20 && first < 0x7f) {
      i += 1;
    } else if (first >= 0xc2 && first <= 0xdf && follows(1, first == 0xc2 ? 0xa0 : 0x80)) {
      i += 2;
    } else if (first >= 0xe0 && first <= 0xef && follows(1, first == 0xe0 ? 0xa0 : 0x80, first == 0xed ? 0x9f : 0xbf) &&
               follows(2)) {
      i += 3;
    } else if (first >= 0xf0 && first <= 0xf4 && follows(1, first == 0xf0 ? 0x90 : 0x80, first == 0xf4 ? 0x8f : 0xbf) &&
               follows(2) && follows(3)) {
      i += 4;
    } else {
      return false;
    }
  }
  return true;
}

/// A text in quotes, with everything but plain ASCII shown as code points, and long ones cut off.
std::string shown(std::string_view text) {
  std::string out = detail::quoted(text.substr(0, 60));
  if (!is_printable(out)) {
    out = "'";
    for (const char c : text.substr(0, 60)) {
      const auto byte = static_cast<unsigned char>(c);
      if (byte >= 0x20 && byte < 0x7f)
        out += c;
      else
        out += std::string("\\x") + "0123456789ABCDEF"[byte >> 4U] + "0123456789ABCDEF"[byte & 15U];
    }
    out += "'";
  }
  return text.size() > 60 ? out + "..." : out;
}

void check_printable(const char* code, const char* what, std::string_view text) {
  if (!is_printable(text))
    refuse(code, std::string("found ") + what + " that does not print: " + shown(text),
           "expected UTF-8 without control characters");
}

void check_count(const char* what, std::size_t count) {
  constexpr std::size_t most = 10'000;
  if (count > most)
    refuse("E-ARCH-META", "found " + std::to_string(count) + " " + what, "expected at most " + std::to_string(most));
}

void check_texts(const PlainModel& plain) {
  check_count("inputs", plain.inputs.size());
  check_count("warnings", plain.warnings.size());
  check_count("named sets", plain.ladder.sets.size());
  for (const std::string& name : plain.ladder.names) check_printable("E-ARCH-LABEL", "a label", name);
  for (const std::string& name : plain.groups) check_printable("E-ARCH-LABEL", "a name of a group", name);
  for (const PlainSet& set : plain.ladder.sets) check_printable("E-ARCH-LABEL", "a name of a set", set.name);
  for (const PlainInput& input : plain.inputs) {
    check_printable("E-ARCH-META", "a name of an input", input.name);
    const auto is_digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
    if (input.sha256.size() != 64 || !std::all_of(input.sha256.begin(), input.sha256.end(), is_digit))
      refuse("E-ARCH-META",
             "found " + shown(input.sha256) + " as the SHA-256 of the input " + detail::quoted(input.name),
             "expected 64 hexadecimal digits");
  }
  for (const PlainWarning& warning : plain.warnings) {
    check_printable("E-ARCH-META", "a code of a warning", warning.code);
    check_printable("E-ARCH-META", "a warning", warning.message);
  }
  check_printable("E-ARCH-META", "a name of a method", plain.method);
  check_printable("E-ARCH-META", "a version", plain.rungs_version);
}

[[noreturn]] void refuse_shape(std::string found, std::string expected) {
  refuse("E-ARCH-SHAPE", std::move(found), std::move(expected));
}

void check_flag(std::uint64_t flag, const char* what) {
  if (flag > 1)
    refuse("E-ARCH-PAYLOAD", std::string("found ") + std::to_string(flag) + " for " + what, "expected 0 or 1");
}

Ladder ladder_of(const PlainLadder& plain) {
  const std::size_t size = plain.names.size();
  if (size == 0 || size > 1000)
    refuse_shape("found " + std::to_string(size) + " strata and exits", "expected 1 to 1000");
  std::size_t strata = 0;
  for (const std::uint64_t count : plain.rungs) {
    if (count == 0 || count > size - strata)
      refuse_shape("found rungs of other than the " + std::to_string(size) + " strata and exits",
                   "expected each stratum on one rung");
    strata += static_cast<std::size_t>(count);
  }
  if (strata == 0) refuse_shape("found a ladder without rungs", "expected at least one");
  check_flag(plain.all_moves, "whether all moves are possible");
  const std::size_t moves = plain.all_moves == 1 ? 0 : strata * size;
  if (plain.moves.size() != moves)
    refuse_shape("found " + std::to_string(plain.moves.size()) + " declarations of moves",
                 "expected " + std::to_string(moves));
  Ladder::Builder builder;
  auto name = plain.names.begin();
  for (const std::uint64_t count : plain.rungs) {
    builder.rung(std::vector<std::string>(name, name + static_cast<std::ptrdiff_t>(count)));
    name += static_cast<std::ptrdiff_t>(count);
  }
  for (; name != plain.names.end(); ++name) builder.exit(*name);
  if (plain.all_moves == 0) {
    builder.only_declared_moves();
    for (std::size_t i = 0; i < strata; ++i)
      for (std::size_t j = 0; j < size; ++j)
        if (i != j && plain.moves[i * size + j] == '1') builder.move(plain.names[i], plain.names[j]);
  }
  for (const PlainSet& set : plain.sets) {
    if (set.members.size() > 1000)
      refuse_shape("found a set of " + std::to_string(set.members.size()) + " strata", "expected at most 1000");
    std::vector<std::string> members;
    for (const std::uint64_t i : set.members) {
      if (i >= size)
        refuse_shape("found stratum number " + std::to_string(i) + " in the set " + detail::quoted(set.name),
                     "expected at most " + std::to_string(size - 1));
      members.push_back(plain.names[static_cast<std::size_t>(i)]);
    }
    builder.set(set.name, members);
  }
  return builder.build();
}

/// The matrices of a model, told apart in messages where there are several.
class Matrices {
 public:
  Matrices(const Ladder& ladder, Step step, std::size_t periods) : ladder_(ladder), step_(step), periods_(periods) {}

  /// A matrix of probabilities, bit by bit as it is written.
  [[nodiscard]] TransitionMatrix probabilities(Numbers& numbers, std::size_t index,
                                               const std::string& of_draw = {}) const {
    const Matrix p = square(numbers, "probabilities");
    try {
      TransitionMatrix out(ladder_, p, step_);
      // The check also repairs the last digit of a row. What is loaded is what was saved.
      if (std::memcmp(out.matrix().data(), p.data(), sizeof(double) * static_cast<std::size_t>(p.size())) == 0)
        return out;
    } catch (const Error& error) {
      const std::string code = error.code() == "E-ROWSUM"        ? "E-ARCH-ROWSUM"
                               : error.code() == "E-STRUCT-ZERO" ? "E-ARCH-STRUCT-ZERO"
                                                                 : "E-ARCH-PROB";
      refuse_as(code, error, place(index) + of_draw);
    }
    return {unchecked, ladder_, p, step_};
  }

  /// A matrix of people or of weights in people: 0 or more, none on impossible moves, and not too many to count.
  [[nodiscard]] Matrix people(Numbers& numbers, const char* what, std::size_t index) const {
    Matrix out = square(numbers, what);
    for (Eigen::Index i = 0; i < out.rows(); ++i) {
      for (Eigen::Index j = 0; j < out.cols(); ++j) {
        const double x = out(i, j);
        const auto from = static_cast<std::size_t>(i), to = static_cast<std::size_t>(j);
        const auto cell = [&] {
          return std::string("found ") + what + " of " + detail::text(x) + " from " +
                 detail::quoted(ladder_.name(from)) + " to " + detail::quoted(ladder_.name(to)) + place(index);
        };
        if (!(x >= 0 && x <= most))
          refuse("E-ARCH-WEIGHT", cell(), "expected a number from 0 to " + detail::text(most));
        if (x > 0 && !ladder_.possible(from, to))
          refuse("E-ARCH-STRUCT-ZERO", cell(), "expected 0, since the ladder declares the move impossible");
      }
      if (!(out.row(i).sum() <= most))
        refuse("E-ARCH-WEIGHT", "found a row of " + detail::text(out.row(i).sum()) + " people" + place(index),
               "expected at most " + detail::text(most));
    }
    return out;
  }

  [[nodiscard]] std::vector<Matrix> people_by_period(std::vector<Numbers>& numbers, const char* what) const {
    if (numbers.size() != periods_)
      refuse_shape("found matrices of " + std::string(what) + ": " + std::to_string(numbers.size()),
                   "expected one for each matrix of the model, " + std::to_string(periods_));
    std::vector<Matrix> out;
    out.reserve(periods_);
    for (std::size_t m = 0; m < periods_; ++m) out.push_back(people(numbers[m], what, m));
    return out;
  }

  /// What moves the log-odds, a row for each cell of each matrix; and behind it, where they vary by Student's
  /// distribution, its degrees of freedom.
  [[nodiscard]] NormalLogits shifts(std::vector<Numbers>& draws) const {
    const std::size_t rows = periods_ * ladder_.size() * ladder_.size();
    const bool student = draws.size() == 2 && draws[1].values.size() == 1;
    const std::size_t numbers = draws.size() == 1 || student ? draws[0].values.size() : 0;
    if (numbers == 0 || numbers % rows != 0)
      refuse_shape("found " + std::to_string(numbers) + " numbers that move log-odds",
                   "expected a multiple of " + std::to_string(rows) + ", the cells of the model");
    for (const double x : draws[0].values)
      if (!(std::abs(x) <= 1e6))
        refuse("E-ARCH-WEIGHT", "found log-odds that vary by " + detail::text(x), "expected a number within 1000000");
    NormalLogits out{Eigen::Map<const Matrix>(draws[0].values.data(), static_cast<Eigen::Index>(rows),
                                              static_cast<Eigen::Index>(numbers / rows))};
    if (student) out.degrees_of_freedom = draws[1].values[0];
    if (student && !(out.degrees_of_freedom > 0 && out.degrees_of_freedom < 1e300))
      refuse("E-ARCH-WEIGHT", "found log-odds with " + detail::text(out.degrees_of_freedom) + " degrees of freedom",
             "expected a number above 0");
    draws[0].values = std::vector<double>();
    return out;
  }

 private:
  static constexpr double most = 9007199254740992;  // 2^53: above, people are not whole numbers any more

  /// Frees the numbers.
  [[nodiscard]] Matrix square(Numbers& numbers, const char* what) const {
    const std::size_t n = ladder_.size();
    if (numbers.values.size() != n * n)
      refuse_shape("found a matrix of " + std::to_string(numbers.values.size()) + " " + what,
                   "expected " + std::to_string(n * n) + ", the square of the strata and exits");
    const auto rows = static_cast<Eigen::Index>(n);
    Matrix out = Eigen::Map<const Matrix>(numbers.values.data(), rows, rows);
    numbers.values = std::vector<double>();
    return out;
  }
  [[nodiscard]] std::string place(std::size_t index) const {
    return periods_ == 1 ? "" : " in matrix " + std::to_string(index + 1) + " of " + std::to_string(periods_);
  }
  const Ladder& ladder_;
  Step step_;
  std::size_t periods_;
};

Step step_of(const PlainModel& plain) {
  if (plain.step_years.values.size() != 1)
    refuse_shape("found " + std::to_string(plain.step_years.values.size()) + " lengths of a step", "expected one");
  return Step(plain.step_units, plain.step_years.values[0]);
}

/// Periods far enough from the ends of their type for every sum and difference of them.
void check_periods(const PlainModel& plain) {
  constexpr std::int64_t far = std::int64_t{1} << 61U;
  check_flag(plain.constant, "whether all periods have one matrix");
  const std::size_t count = plain.matrices.size();
  if (count == 0) refuse_shape("found no matrix", "expected at least one");
  if (plain.constant == 1 && (count != 1 || plain.first != 0))
    refuse_shape("found " + std::to_string(count) + " matrices for all periods", "expected one");
  if (plain.step_units > far || plain.first < -far || plain.first > far ||
      static_cast<std::int64_t>(count) > far / plain.step_units)
    refuse_shape("found periods from " + std::to_string(plain.first) + " on, " + std::to_string(count) +
                     " of them, in steps of " + std::to_string(plain.step_units),
                 "expected periods between -2^61 and 2^61");
}

Ensemble::Draws draws_of(PlainModel& plain, const Matrices& matrices, const std::vector<TransitionMatrix>& point) {
  const std::size_t periods = point.size();
  switch (static_cast<Kind>(plain.kind)) {
    case Kind::known:
      if (!plain.draws.empty()) refuse_shape("found draws of a model that does not vary", "expected none");
      return Known{};
    case Kind::dirichlet:
      return DirichletWeights{matrices.people_by_period(plain.draws, "weights")};
    case Kind::multinomial:
      return MultinomialRows{matrices.people_by_period(plain.draws, "people")};
    case Kind::replicates: {
      if (plain.draws.empty() || plain.draws.size() % periods != 0)
        refuse_shape("found " + std::to_string(plain.draws.size()) + " matrices of replicates",
                     "expected a multiple of " + std::to_string(periods) + ", the matrices of the model");
      Replicates out;
      out.kernels.reserve(plain.draws.size() / periods);
      for (std::size_t k = 0; k < plain.draws.size(); k += periods) {
        const std::string of_draw = " in replicate " + std::to_string(k / periods + 1);
        std::vector<TransitionMatrix> replicate;
        replicate.reserve(periods);
        for (std::size_t m = 0; m < periods; ++m)
          replicate.push_back(matrices.probabilities(plain.draws[k + m], m, of_draw));
        if (plain.constant == 1)
          out.kernels.emplace_back(std::move(replicate.front()));
        else
          out.kernels.emplace_back(Period(plain.first), std::move(replicate));
      }
      return out;
    }
    case Kind::logits:
      return matrices.shifts(plain.draws);
  }
  refuse("E-ARCH-PAYLOAD", "found draws of kind " + std::to_string(plain.kind), "expected a kind from 0 to 4");
}

/// The time in which people were observed.
void add_time(SavedModel& out, const PlainModel& plain) {
  constexpr std::int64_t far = std::int64_t{1} << 61U;
  const std::vector<double>& years = plain.observed_years.values;
  if (years.size() != 1 || !(years[0] >= 0 && years[0] < 1e300))
    refuse("E-ARCH-META", "found " + (years.size() == 1 ? detail::text(years[0]) : "no number") + " as years observed",
           "expected one number, 0 or more");
  out.observed_years = years[0];
  const std::vector<std::int64_t>& periods = plain.observed;
  if (periods.empty()) return;
  if (periods.size() != 2 || periods[0] > periods[1] || periods[0] < -far || periods[1] > far)
    refuse("E-ARCH-META", "found periods observed that are not a first and a last one",
           "expected two between -2^61 and 2^61, in their order");
  out.observed = std::pair(periods[0], periods[1]);
}

/// What `make` makes; what it throws gets this code.
template <class Make>
auto with_code(const char* code, const Make& make) {
  try {
    return make();
  } catch (const InputError&) {
    throw;
  } catch (const Error& error) {
    refuse_as(code, error, "");
  }
}

}  // namespace

void refuse(std::string code, std::string found, std::string expected, std::string hint) {
  throw InputError(
      {{Diagnostic::Severity::error, std::move(code), {}, std::move(found), std::move(expected), std::move(hint)}});
}

PlainModel described(const SavedModel& model) {
  const Ensemble& ensemble = model.ensemble;
  const Kernel& point = ensemble.point();
  PlainModel out;
  if (ensemble.shared_by_groups())
    refuse("E-LADDER", "found a model that groups of people share to save",
           "expected that model, or one of each group");
  out.groups = ensemble.ladder().groups();
  const bool timed = model.observed_years != 0 || model.observed;
  out.format = timed ? with_time : out.groups.empty() ? of_everybody : of_groups;
  if (timed) out.observed_years.values = {model.observed_years};
  if (model.observed) out.observed = {model.observed->first, model.observed->second};
  out.ladder = plain_of(ensemble.ladder().of_each_group());
  out.step_units = ensemble.step().units();
  out.step_years.values = {ensemble.step().years()};
  out.constant = point.is_constant() ? 1 : 0;
  out.first = point.first().label();
  out.matrices.reserve(point.count());
  append(out.matrices, point);
  out.kind = ensemble.draws().index();
  if (const auto* d = std::get_if<DirichletWeights>(&ensemble.draws())) out.draws = numbers_of(d->alpha);
  if (const auto* m = std::get_if<MultinomialRows>(&ensemble.draws())) out.draws = numbers_of(m->people);
  if (const auto* r = std::get_if<Replicates>(&ensemble.draws())) {
    out.draws.reserve(r->kernels.size() * point.count());
    for (const Kernel& k : r->kernels) append(out.draws, k);
  }
  if (const auto* l = std::get_if<NormalLogits>(&ensemble.draws())) {
    out.draws = {numbers_of(l->factor)};
    if (std::isfinite(l->degrees_of_freedom)) out.draws.push_back({{l->degrees_of_freedom}});
  }
  out.method = ensemble.method();
  for (const Matrix& m : model.people)
    if (m.rows() != m.cols())
      refuse_shape("found people in a matrix of " + std::to_string(m.rows()) + " by " + std::to_string(m.cols()),
                   "expected a square");
  out.people = numbers_of(model.people);
  out.people_observed = model.people_observed;
  for (const SavedInput& input : model.inputs) out.inputs.push_back({input.name, input.sha256});
  for (const Warning& warning : model.warnings) out.warnings.push_back({warning.code, warning.message});
  out.rungs_version = model.rungs_version;
  return out;
}

SavedModel rebuilt(PlainModel plain) {
  static_assert(std::variant_size_v<Ensemble::Draws> == 5, "a new kind of draws needs a new format");
  check_texts(plain);
  constexpr std::size_t most = 1000;
  if (plain.groups.size() > most || plain.groups.size() * plain.ladder.names.size() > most)
    refuse_shape("found " + std::to_string(plain.ladder.names.size()) + " strata and exits of " +
                     std::to_string(plain.groups.size()) + " groups",
                 "expected at most 1000 over all groups");
  const Ladder ladder = with_code("E-ARCH-LABEL", [&] {
    const Ladder each = ladder_of(plain.ladder);
    return plain.groups.empty() ? each : each.for_groups(plain.groups);
  });
  const Step step = with_code("E-ARCH-STEP", [&] { return step_of(plain); });
  check_periods(plain);
  const Matrices matrices(ladder, step, plain.matrices.size());
  std::vector<TransitionMatrix> point;
  point.reserve(plain.matrices.size());
  for (std::size_t m = 0; m < plain.matrices.size(); ++m) point.push_back(matrices.probabilities(plain.matrices[m], m));
  Ensemble::Draws draws = draws_of(plain, matrices, point);
  std::vector<Matrix> people;
  if (!plain.people.empty()) people = matrices.people_by_period(plain.people, "people");
  Ensemble ensemble = with_code("E-ARCH-SHAPE", [&] {
    Kernel kernel =
        plain.constant == 1 ? Kernel(std::move(point.front())) : Kernel(Period(plain.first), std::move(point));
    return Ensemble(std::move(kernel), std::move(draws), plain.method);
  });
  SavedModel out{std::move(ensemble), std::move(people), plain.people_observed, {}, {}, std::move(plain.rungs_version)};
  if (plain.format == with_time) add_time(out, plain);
  for (PlainInput& input : plain.inputs) out.inputs.push_back({std::move(input.name), std::move(input.sha256)});
  for (PlainWarning& warning : plain.warnings)
    out.warnings.push_back({std::move(warning.code), std::move(warning.message)});
  return out;
}

}  // namespace rungs::detail::saved
