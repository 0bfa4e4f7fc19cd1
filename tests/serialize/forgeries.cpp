// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/serialize/saved_model.hpp>

#include <malloc.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "samples.hpp"

namespace forgeries_test {
namespace {

using namespace rungs;
using detail::saved::PlainModel;
using samples::code_of;
using samples::forged;
using samples::words_of;

struct Forgery {
  const char* code;
  const char* what;
  std::function<void(PlainModel&)> change;
};

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

// The Dirichlet model: strata worker, technician, entrepreneur, designer; exits returned home, retired. Cell 2 is from
// worker to entrepreneur, which is impossible; cell 24 is from returned home to worker.
const std::vector<Forgery> forgeries = {
    {"E-ARCH-ROWSUM", "a row that sums to less", [](PlainModel& m) { m.matrices[0].values[0] -= 0.01; }},
    {"E-ARCH-ROWSUM", "a row that is a little off", [](PlainModel& m) { m.matrices[0].values[0] += 1e-9; }},
    {"E-ARCH-ROWSUM", "a row of zeros", [](PlainModel& m) { std::fill_n(m.matrices[0].values.begin(), 6, 0.0); }},
    {"E-ARCH-ROWSUM", "an exit that people vanish from", [](PlainModel& m) { m.matrices[0].values[35] = 0; }},
    {"E-ARCH-PROB", "NaN", [](PlainModel& m) { m.matrices[0].values[0] = nan; }},
    {"E-ARCH-PROB", "infinity", [](PlainModel& m) { m.matrices[0].values[0] = infinity; }},
    {"E-ARCH-PROB", "a negative probability",
     [](PlainModel& m) { m.matrices[0].values[0] = -m.matrices[0].values[0]; }},
    {"E-ARCH-PROB", "a probability above 1", [](PlainModel& m) { m.matrices[0].values[0] = 1.5; }},
    {"E-ARCH-STRUCT-ZERO", "an impossible move",
     [](PlainModel& m) { std::swap(m.matrices[0].values[0], m.matrices[0].values[2]); }},
    {"E-ARCH-STRUCT-ZERO", "a way back from an exit",
     [](PlainModel& m) { std::swap(m.matrices[0].values[24], m.matrices[0].values[28]); }},
    {"E-ARCH-LABEL", "a label twice", [](PlainModel& m) { m.ladder.names[1] = "worker"; }},
    {"E-ARCH-LABEL", "an exit named as a stratum", [](PlainModel& m) { m.ladder.names[5] = "worker"; }},
    {"E-ARCH-LABEL", "an empty label", [](PlainModel& m) { m.ladder.names[1] = ""; }},
    {"E-ARCH-LABEL", "a newline in a label", [](PlainModel& m) { m.ladder.names[1] = "tech\nnician"; }},
    {"E-ARCH-LABEL", "a NUL in a label", [](PlainModel& m) { m.ladder.names[1] = std::string("tech\0nician", 11); }},
    {"E-ARCH-LABEL", "an escape code in a label", [](PlainModel& m) { m.ladder.names[1] = "\x1b[2J"; }},
    {"E-ARCH-LABEL", "an 8-bit escape code in a label",
     [](PlainModel& m) {
       m.ladder.names[1] =
           "\xc2\x9b"
           "2J";
     }},
    {"E-ARCH-LABEL", "a label that is not UTF-8", [](PlainModel& m) { m.ladder.names[1] = "d\xe9signer"; }},
    {"E-ARCH-LABEL", "a label in overlong UTF-8", [](PlainModel& m) { m.ladder.names[1] = "\xc0\xaf"; }},
    {"E-ARCH-LABEL", "half a character", [](PlainModel& m) { m.ladder.names[1] = "\xe4\xb8"; }},
    {"E-ARCH-LABEL", "a surrogate", [](PlainModel& m) { m.ladder.names[1] = "\xed\xa0\x80"; }},
    {"E-ARCH-LABEL", "a very long label", [](PlainModel& m) { m.ladder.names[1] = std::string(1001, 'x'); }},
    {"E-ARCH-LABEL", "a set named as a stratum", [](PlainModel& m) { m.ladder.sets[0].name = "worker"; }},
    {"E-ARCH-LABEL", "a set twice", [](PlainModel& m) { m.ladder.sets[0].name = "bottom"; }},
    {"E-ARCH-LABEL", "a set without members", [](PlainModel& m) { m.ladder.sets[0].members.clear(); }},
    {"E-ARCH-LABEL", "an escape code in the name of a set", [](PlainModel& m) { m.ladder.sets[0].name = "\x1b[31m"; }},
    {"E-ARCH-SHAPE", "a set with a stratum that is not there", [](PlainModel& m) { m.ladder.sets[0].members = {99}; }},
    {"E-ARCH-SHAPE", "a very large set", [](PlainModel& m) { m.ladder.sets[0].members.assign(2000, 1); }},
    {"E-ARCH-PAYLOAD", "a set out of order",
     [](PlainModel& m) { std::swap(m.ladder.sets[0].members[0], m.ladder.sets[0].members[1]); }},
    {"E-ARCH-SHAPE", "fewer labels than the matrix has rows",
     [](PlainModel& m) {
       m.ladder.names.pop_back();
       m.ladder.all_moves = 1;
       m.ladder.moves.clear();
     }},
    {"E-ARCH-SHAPE", "more labels than the matrix has rows",
     [](PlainModel& m) {
       m.ladder.names.emplace_back("another");
       m.ladder.all_moves = 1;
       m.ladder.moves.clear();
     }},
    {"E-ARCH-SHAPE", "no labels", [](PlainModel& m) { m.ladder.names.clear(); }},
    {"E-ARCH-SHAPE", "more than 1000 labels",
     [](PlainModel& m) {
       for (int i = 0; i < 1000; ++i) m.ladder.names.push_back("x" + std::to_string(i));
     }},
    {"E-ARCH-SHAPE", "no rungs", [](PlainModel& m) { m.ladder.rungs.clear(); }},
    {"E-ARCH-SHAPE", "an empty rung", [](PlainModel& m) { m.ladder.rungs.push_back(0); }},
    {"E-ARCH-SHAPE", "rungs of more strata than there are", [](PlainModel& m) { m.ladder.rungs[0] = 7; }},
    {"E-ARCH-SHAPE", "rungs whose sum is too large to count",
     [](PlainModel& m) {
       m.ladder.rungs = {1, std::numeric_limits<std::uint64_t>::max()};
     }},
    {"E-ARCH-SHAPE", "declarations of too few moves", [](PlainModel& m) { m.ladder.moves.pop_back(); }},
    {"E-ARCH-SHAPE", "declarations where all moves are possible", [](PlainModel& m) { m.ladder.all_moves = 1; }},
    {"E-ARCH-PAYLOAD", "a flag that is neither 0 nor 1", [](PlainModel& m) { m.ladder.all_moves = 2; }},
    {"E-ARCH-PAYLOAD", "a declaration that is neither 0 nor 1", [](PlainModel& m) { m.ladder.moves[2] = 'x'; }},
    {"E-ARCH-PAYLOAD", "a declaration that staying is impossible", [](PlainModel& m) { m.ladder.moves[0] = '0'; }},
    {"E-ARCH-SHAPE", "no matrix", [](PlainModel& m) { m.matrices.clear(); }},
    {"E-ARCH-SHAPE", "a matrix without numbers", [](PlainModel& m) { m.matrices[0].values.clear(); }},
    {"E-ARCH-SHAPE", "a matrix with a number too few", [](PlainModel& m) { m.matrices[0].values.pop_back(); }},
    {"E-ARCH-SHAPE", "two matrices for all periods", [](PlainModel& m) { m.matrices.push_back(m.matrices[0]); }},
    {"E-ARCH-SHAPE", "a first period where there is none", [](PlainModel& m) { m.first = 1; }},
    {"E-ARCH-SHAPE", "periods that overflow",
     [](PlainModel& m) {
       m.constant = 0;
       m.first = std::numeric_limits<std::int64_t>::max();
     }},
    {"E-ARCH-SHAPE", "periods that overflow downwards",
     [](PlainModel& m) {
       m.constant = 0;
       m.first = std::numeric_limits<std::int64_t>::min();
     }},
    {"E-ARCH-SHAPE", "steps that overflow",
     [](PlainModel& m) { m.step_units = std::numeric_limits<std::int64_t>::max(); }},
    {"E-ARCH-STEP", "a step of no time", [](PlainModel& m) { m.step_units = 0; }},
    {"E-ARCH-STEP", "a step backwards", [](PlainModel& m) { m.step_units = -1; }},
    {"E-ARCH-STEP", "a step of NaN years", [](PlainModel& m) { m.step_years.values = {nan}; }},
    {"E-ARCH-STEP", "a step of infinitely many years", [](PlainModel& m) { m.step_years.values = {infinity}; }},
    {"E-ARCH-SHAPE", "a step without a length", [](PlainModel& m) { m.step_years.values.clear(); }},
    {"E-ARCH-SHAPE", "a step of two lengths",
     [](PlainModel& m) {
       m.step_years.values = {1, 1};
     }},
    {"E-ARCH-WEIGHT", "a negative alpha", [](PlainModel& m) { m.draws[0].values[0] = -1; }},
    {"E-ARCH-WEIGHT", "an alpha that is NaN", [](PlainModel& m) { m.draws[0].values[0] = nan; }},
    {"E-ARCH-WEIGHT", "an infinite alpha", [](PlainModel& m) { m.draws[0].values[0] = infinity; }},
    {"E-ARCH-WEIGHT", "alphas whose sum is too large",
     [](PlainModel& m) { m.draws[0].values[0] = m.draws[0].values[1] = 0x1p53; }},
    {"E-ARCH-STRUCT-ZERO", "an impossible move with an alpha", [](PlainModel& m) { m.draws[0].values[2] = 0.5; }},
    {"E-ARCH-STRUCT-ZERO", "a way back from an exit with an alpha", [](PlainModel& m) { m.draws[0].values[24] = 0.5; }},
    {"E-ARCH-SHAPE", "no alphas", [](PlainModel& m) { m.draws.clear(); }},
    {"E-ARCH-SHAPE", "alphas for two periods", [](PlainModel& m) { m.draws.push_back(m.draws[0]); }},
    {"E-ARCH-SHAPE", "alphas of another size", [](PlainModel& m) { m.draws[0].values.resize(9); }},
    {"E-ARCH-SHAPE", "draws of what does not vary", [](PlainModel& m) { m.kind = 0; }},
    {"E-ARCH-SHAPE", "no replicates",
     [](PlainModel& m) {
       m.kind = 3;
       m.draws.clear();
     }},
    {"E-ARCH-PROB", "replicates that are no probabilities", [](PlainModel& m) { m.kind = 3; }},
    {"E-ARCH-PAYLOAD", "draws of an unknown kind", [](PlainModel& m) { m.kind = 5; }},
    {"E-ARCH-SHAPE", "log-odds for a part of the cells",
     [](PlainModel& m) {
       m.kind = 4;
       m.draws.resize(1);
       m.draws[0].values.pop_back();
     }},
    {"E-ARCH-WEIGHT", "log-odds without an end",
     [](PlainModel& m) {
       m.kind = 4;
       m.draws.resize(1);
       m.draws[0].values[0] = std::numeric_limits<double>::quiet_NaN();
     }},
    {"E-ARCH-WEIGHT", "log-odds without degrees of freedom",
     [](PlainModel& m) {
       m.kind = 4;
       m.draws.resize(1);
       m.draws.push_back({{0.0}});
     }},
    {"E-ARCH-WEIGHT", "degrees of freedom that are NaN",
     [](PlainModel& m) {
       m.kind = 4;
       m.draws.resize(1);
       m.draws.push_back({{nan}});
     }},
    {"E-ARCH-WEIGHT", "degrees of freedom without an end, which is no Student's distribution",
     [](PlainModel& m) {
       m.kind = 4;
       m.draws.resize(1);
       m.draws.push_back({{infinity}});
     }},
    {"E-ARCH-SHAPE", "two numbers of degrees of freedom",
     [](PlainModel& m) {
       m.kind = 4;
       m.draws.resize(1);
       m.draws.push_back({{3.0, 4.0}});
     }},
    {"E-ARCH-SHAPE", "something behind the degrees of freedom",
     [](PlainModel& m) {
       m.kind = 4;
       m.draws.resize(1);
       m.draws.push_back({{3.0}});
       m.draws.push_back({{3.0}});
     }},
    {"E-ARCH-PAYLOAD", "draws of a kind that overflows",
     [](PlainModel& m) { m.kind = std::numeric_limits<std::uint64_t>::max(); }},
    {"E-ARCH-WEIGHT", "a negative number of people", [](PlainModel& m) { m.people[0].values[0] = -1; }},
    {"E-ARCH-WEIGHT", "people that are NaN", [](PlainModel& m) { m.people[0].values[0] = nan; }},
    {"E-ARCH-STRUCT-ZERO", "people who made an impossible move", [](PlainModel& m) { m.people[0].values[2] = 1; }},
    {"E-ARCH-SHAPE", "people of two periods", [](PlainModel& m) { m.people.push_back(m.people[0]); }},
    {"E-ARCH-META", "2^20 inputs", [](PlainModel& m) { m.inputs.resize(std::size_t{1} << 20U, m.inputs[0]); }},
    {"E-ARCH-META", "2^20 warnings", [](PlainModel& m) { m.warnings.resize(std::size_t{1} << 20U, m.warnings[0]); }},
    {"E-ARCH-META", "2^20 named sets",
     [](PlainModel& m) { m.ladder.sets.resize(std::size_t{1} << 20U, m.ladder.sets[0]); }},
    {"E-ARCH-META", "a hash that is none", [](PlainModel& m) { m.inputs[0].sha256 = "abc"; }},
    {"E-ARCH-META", "a hash in capitals", [](PlainModel& m) { m.inputs[0].sha256 = std::string(64, 'A'); }},
    {"E-ARCH-META", "an escape code in the name of an input", [](PlainModel& m) { m.inputs[0].name = "\x1b]0;x\x07"; }},
    {"E-ARCH-META", "a newline in a warning", [](PlainModel& m) { m.warnings[0].message = "all is\nwell"; }},
    {"E-ARCH-META", "an escape code in the code of a warning", [](PlainModel& m) { m.warnings[0].code = "\x1b[0m"; }},
    {"E-ARCH-META", "an escape code in the method", [](PlainModel& m) { m.method = "\x1b[0m"; }},
    {"E-ARCH-META", "an escape code in the version", [](PlainModel& m) { m.rungs_version = "\x1b[0m"; }},
};

TEST(Forgeries, EachHasItsCode) {
  const SavedModel model = samples::dirichlet();
  for (const Forgery& forgery : forgeries) {
    const std::string bytes = forged(model, forgery.change);
    EXPECT_EQ(code_of(bytes), forgery.code) << forgery.what << ": " << words_of(bytes);
    for (const char c : words_of(bytes))
      ASSERT_TRUE(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) << forgery.what;
  }
  EXPECT_EQ(code_of(forged(model, [](PlainModel&) {})), "");
  EXPECT_GE(forgeries.size(), 40U);
}

TEST(Forgeries, MessagesNameTheCell) {
  const SavedModel model = samples::dirichlet();
  const auto words = [&](const std::function<void(PlainModel&)>& change) { return words_of(forged(model, change)); };
  EXPECT_EQ(words([](PlainModel& m) { m.matrices[0].values[0] += 0.125; }),
            "model.rungs: error: found a row sum of 1.125 for 'worker'; expected 1 [E-ARCH-ROWSUM]");
  EXPECT_EQ(words([](PlainModel& m) { m.matrices[0].values[1] = 2; }),
            "model.rungs: error: found a probability of 2 from 'worker' to 'technician'; expected a number from 0 to 1 "
            "[E-ARCH-PROB]");
  EXPECT_EQ(words([](PlainModel& m) { m.draws[0].values[2] = 3; }),
            "model.rungs: error: found weights of 3 from 'worker' to 'entrepreneur'; expected 0, since the ladder "
            "declares the move impossible [E-ARCH-STRUCT-ZERO]");
  EXPECT_EQ(words([](PlainModel& m) { m.ladder.names[1] = "worker"; }),
            "model.rungs: error: found the stratum 'worker' twice; expected each name once [E-ARCH-LABEL]");
  EXPECT_EQ(words([](PlainModel& m) { m.ladder.names[1] = "a\x1b[2J\xc2\x9b"; }),
            "model.rungs: error: found a label that does not print: 'a\\x1B[2J\\xC2\\x9B'; expected UTF-8 without "
            "control characters [E-ARCH-LABEL]");
  EXPECT_EQ(words([](PlainModel& m) { m.inputs.resize(10'001, m.inputs[0]); }),
            "model.rungs: error: found 10001 inputs; expected at most 10000 [E-ARCH-META]");
  EXPECT_EQ(words([](PlainModel& m) { m.matrices[0].values.pop_back(); }),
            "model.rungs: error: found a matrix of 35 probabilities; expected 36, the square of the strata and exits "
            "[E-ARCH-SHAPE]");
  EXPECT_EQ(words([](PlainModel& m) { m.step_units = 0; }),
            "model.rungs: error: found a step of 0 time units; expected 1 or more [E-ARCH-STEP]");
  EXPECT_EQ(words([](PlainModel& m) { m.ladder.moves[2] = 'x'; }),
            "model.rungs: error: found content that Rungs writes otherwise; expected the content as Rungs writes it "
            "[E-ARCH-PAYLOAD]");
  EXPECT_EQ(words_of(forged(samples::replicates(), [](PlainModel& m) { m.draws[3].values[0] += 0.5; })),
            "model.rungs: error: found a row sum of 1.5 for 'worker' in matrix 2 of 2 in replicate 2; expected 1 "
            "[E-ARCH-ROWSUM]");
}

TEST(Forgeries, TextThatParsesToTheSameModelIsNotTheSame) {
  const std::string payload(detail::saved::unsealed(to_bytes(samples::dirichlet())));
  const auto code = [](const std::string& text) { return code_of(detail::saved::sealed(text)); };
  EXPECT_EQ(code(payload), "");
  EXPECT_EQ(code(" " + payload), "E-ARCH-PAYLOAD");
  EXPECT_EQ(code("+" + payload), "E-ARCH-PAYLOAD");
  EXPECT_EQ(code("0" + payload), "E-ARCH-PAYLOAD");
  EXPECT_EQ(code(payload + " "), "E-ARCH-PAYLOAD");
  EXPECT_EQ(code(payload.substr(0, payload.size() - 1)), "E-ARCH-PAYLOAD");
  EXPECT_EQ(code(payload + payload), "E-ARCH-PAYLOAD");
  EXPECT_EQ(code(""), "E-ARCH-PAYLOAD");
  for (std::size_t i = 0; i < payload.size(); ++i) {
    if (payload[i] == ' ' && i % 3 == 0) {
      std::string other = payload;
      other[i] = '\t';
      EXPECT_NE(code(other), "") << i;
    }
    // Hexadecimal digits in capitals are digits too.
    if (i > 400 && payload[i] >= 'a' && payload[i] <= 'f' && payload.substr(i - 4, 4) == "3fe5") {
      std::string other = payload;
      other[i] = static_cast<char>(other[i] - 'a' + 'A');
      EXPECT_EQ(code(other), "E-ARCH-PAYLOAD") << i;
    }
  }
}

/// A payload after one to three random edits.
std::string mutated(std::string text, Stream& stream) {
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(stream.below(n)); };
  for (std::size_t edits = 1 + below(3); edits > 0; --edits) {
    const std::size_t at = below(text.size()), length = 1 + below(40);
    switch (below(9)) {
      case 0:
        text[at] = static_cast<char>(below(256));
        break;
      case 1:
        text[at] = "0123456789abcdef"[below(16)];
        break;
      case 2:
        text.erase(at, length);
        break;
      case 3:
        text.insert(at, text.substr(below(text.size()), length));
        break;
      case 4:
        text.insert(at, 1, " 09-+.eEnx\n\t"[below(12)]);
        break;
      case 5:
        text.replace(at, 16,
                     std::vector<std::string>{"7ff8000000000000", "fff0000000000000", "bff0000000000000",
                                              "8000000000000000", "7fefffffffffffff"}[below(5)]);
        break;
      case 6:
        text.resize(at + 1);
        break;
      case 7: {  // another number or length
        const std::size_t space = text.find(' ', at);
        if (space != std::string::npos)
          text.replace(space, std::min(text.find(' ', space + 1), text.size()) - space,
                       " " + std::to_string(stream.bits() >> below(64)));
        break;
      }
      default: {  // a digit of a number up or down
        const std::size_t digit = text.find_first_of("0123456789", at);
        if (digit != std::string::npos)
          text[digit] = static_cast<char>('0' + (text[digit] - '0' + 1 + static_cast<int>(below(9))) % 10);
      }
    }
    if (text.empty()) text = " ";
  }
  return text;
}

TEST(Forgeries, RandomOnesAreRefusedOrSoundModels) {
  std::vector<std::pair<std::string, std::uint64_t>> payloads;  // with their format
  for (const SavedModel& model : samples::all())
    payloads.emplace_back(detail::saved::unsealed(to_bytes(model)), detail::saved::described(model).format);
  Stream stream({Seed(20260101)});
  std::map<std::string, int> codes;
  for (int k = 0; k < 20'000; ++k) {
    const auto& [payload, format] = payloads[static_cast<std::size_t>(k) % payloads.size()];
    const std::string bytes = detail::saved::sealed(mutated(payload, stream), format);
    try {
      const SavedModel model = from_bytes(bytes, "model.rungs");
      ++codes["loaded"];
      ASSERT_EQ(to_bytes(model), bytes) << k;
      try {
        const Kernel drawn = model.ensemble.draw(Draw(Seed(1), 0));
        for (std::size_t m = 0; m < drawn.count(); ++m) {
          const Matrix p = drawn.matrix(m);
          ASSERT_TRUE(p.minCoeff() >= 0) << k;
          ASSERT_TRUE((p.rowwise().sum().array() - 1).abs().maxCoeff() < 1e-9) << k << "\n" << p;
        }
      } catch (const Refusal& refusal) {  // weights too small to draw with
        ASSERT_EQ(refusal.code(), "E-ROW-EMPTY");
      }
    } catch (const InputError& error) {
      ASSERT_THAT(error.code(), testing::StartsWith("E-ARCH-")) << k;
      ASSERT_EQ(error.problems().size(), 1U);
      ++codes[error.code()];
    }
  }
  EXPECT_GE(codes.size(), 8U) << testing::PrintToString(codes);
}

#if defined(__SANITIZE_ADDRESS__)
constexpr bool sanitized = true;
#elif defined(__has_feature)
constexpr bool sanitized = __has_feature(address_sanitizer);
#else
constexpr bool sanitized = false;
#endif

/// By how many bytes the memory of a process grows at most while it loads a model, or tries to; 0 when it cannot be
/// told.
std::uint64_t peak_of_loading(const std::string& bytes) {
  int ends[2];
  if (::pipe(ends) != 0) return 0;
  const pid_t child = ::fork();
  if (child == 0) {
    const auto kilobytes = [](const std::string& name) {
      std::ifstream status("/proc/self/status");
      for (std::string line; std::getline(status, line);)
        if (line.substr(0, name.size()) == name) return std::strtoull(line.c_str() + name.size(), nullptr, 10);
      return 0ULL;
    };
    ::malloc_trim(0);  // what is free already would not be seen to be used
    { std::ofstream("/proc/self/clear_refs") << "5"; }
    const std::uint64_t before = kilobytes("VmRSS:");
    (void)code_of(bytes);
    const std::uint64_t peak = 1024 * (kilobytes("VmHWM:") - before);
    const bool told = ::write(ends[1], &peak, sizeof peak) == sizeof peak;
    ::_exit(told ? 0 : 1);
  }
  std::uint64_t peak = 0;
  const bool heard = ::read(ends[0], &peak, sizeof peak) == sizeof peak;
  ::waitpid(child, nullptr, 0);
  ::close(ends[0]);
  ::close(ends[1]);
  return heard ? peak : 0;
}

TEST(Forgeries, MemoryStaysWithinItsBoundWhateverTheFileHolds) {
  if (sanitized) GTEST_SKIP() << "the sanitizer keeps memory of its own";
  const SavedModel one{Ensemble(Kernel(samples::matrix(Ladder::parse("a"), 1)),
                                Replicates{{Kernel(samples::matrix(Ladder::parse("a"), 1))}}, ""),
                       {},
                       0,
                       {},
                       {},
                       ""};
  const std::size_t many = 500'000;
  const std::vector<std::pair<const char*, std::function<void(PlainModel&)>>> cases = {
      {"replicates of one number", [&](PlainModel& m) { m.draws.resize(many, m.draws[0]); }},
      {"replicates of no number", [&](PlainModel& m) { m.draws.resize(many); }},
      {"periods of one number",
       [&](PlainModel& m) {
         m.kind = 0;
         m.draws.clear();
         m.constant = 0;
         m.matrices.resize(many, m.matrices[0]);
       }},
      {"empty labels", [&](PlainModel& m) { m.ladder.names.resize(many); }},
      {"rungs", [&](PlainModel& m) { m.ladder.rungs.resize(many, 1); }},
      {"empty sets", [&](PlainModel& m) { m.ladder.sets.resize(many); }},
      {"members of a set",
       [&](PlainModel& m) {
         m.ladder.sets.push_back({"x", std::vector<std::uint64_t>(many)});
       }},
      {"empty inputs", [&](PlainModel& m) { m.inputs.resize(many); }},
      {"empty warnings", [&](PlainModel& m) { m.warnings.resize(many); }},
      {"one long text", [&](PlainModel& m) { m.method.assign(20 * many, 'x'); }},
      {"one large matrix", [&](PlainModel& m) { m.matrices[0].values.resize(many); }},
  };
  for (const auto& [what, change] : cases) {
    const std::string bytes = forged(one, change);
    const std::uint64_t peak = peak_of_loading(bytes);
    if (peak == 0) GTEST_SKIP() << "the peak cannot be read here";
    EXPECT_LT(peak, (std::uint64_t{4} << 20U) + 15 * bytes.size())
        << what << ": " << static_cast<double>(peak) / static_cast<double>(bytes.size()) << " times the file";
    RecordProperty(what, std::to_string(static_cast<double>(peak) / static_cast<double>(bytes.size())));
  }
}

}  // namespace
}  // namespace forgeries_test
