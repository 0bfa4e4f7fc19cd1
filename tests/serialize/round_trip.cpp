// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/serialize/saved_model.hpp>

#include <cmath>
#include <fstream>
#include <iterator>
#include <limits>
#include <locale>
#include <sstream>

#include <rungs/serialize/sha256.hpp>

#include "samples.hpp"

namespace round_trip_test {
namespace {

using namespace rungs;

const std::string golden = std::string(RUNGS_SOURCE_DIR) + "/tests/serialize/golden/model_v1.rungs";

std::string file_text(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void expect_equal(const SavedModel& a, const SavedModel& b) {
  EXPECT_TRUE(a.ensemble.point() == b.ensemble.point());
  EXPECT_EQ(a.ensemble.method(), b.ensemble.method());
  ASSERT_EQ(a.ensemble.draws().index(), b.ensemble.draws().index());
  if (const auto* d = std::get_if<DirichletWeights>(&a.ensemble.draws())) {
    EXPECT_EQ(d->alpha, std::get<DirichletWeights>(b.ensemble.draws()).alpha);
  }
  if (const auto* m = std::get_if<MultinomialRows>(&a.ensemble.draws())) {
    EXPECT_EQ(m->people, std::get<MultinomialRows>(b.ensemble.draws()).people);
  }
  if (const auto* r = std::get_if<Replicates>(&a.ensemble.draws())) {
    EXPECT_TRUE(r->kernels == std::get<Replicates>(b.ensemble.draws()).kernels);
  }
  for (std::uint64_t k = 0; k < 4; ++k)
    EXPECT_TRUE(a.ensemble.draw(Draw(Seed(7), k)) == b.ensemble.draw(Draw(Seed(7), k)));
  EXPECT_EQ(a.people, b.people);
  EXPECT_EQ(a.people_observed, b.people_observed);
  EXPECT_EQ(a.inputs, b.inputs);
  EXPECT_EQ(a.warnings, b.warnings);
  EXPECT_EQ(a.rungs_version, b.rungs_version);
  EXPECT_EQ(a.observed_years, b.observed_years);
  EXPECT_EQ(a.observed, b.observed);
}

TEST(SavedModel, EveryKindOfDrawsComesBackAsItWas) {
  for (const SavedModel& model : samples::all()) {
    const std::string bytes = to_bytes(model);
    const SavedModel loaded = from_bytes(bytes, "model.rungs");
    expect_equal(loaded, model);
    EXPECT_EQ(to_bytes(loaded), bytes);
  }
}

TEST(SavedModel, ALadderComesBackWithItsRungsMovesAndSetsInTheirOrder) {
  const Ladder ladder = from_bytes(to_bytes(samples::dirichlet()), "model.rungs").ensemble.ladder();
  EXPECT_TRUE(ladder == samples::full_ladder());
  EXPECT_EQ(ladder.set_names(), (std::vector<std::string>{"top", "bottom"}));
  EXPECT_EQ(ladder.height(2), ladder.height(3));
  EXPECT_FALSE(ladder.possible(0, 2));

  // Moves that are declared, all or none, are not the same as moves left open; a member may be named twice.
  for (const Ladder& odd :
       {Ladder::builder().rung("a").rung("b").only_declared_moves().build(),
        Ladder::builder().rung("a").rung("b").move("a", "b").move("b", "a").set("x", {"b", "a", "b"}).build(),
        Ladder::parse("a")}) {
    const SavedModel model{Ensemble(Kernel(samples::matrix(odd, 1)), Known{}, "known"), {}, 0, {}, {}, ""};
    EXPECT_TRUE(from_bytes(to_bytes(model), "model.rungs").ensemble.ladder() == odd);
  }
}

TEST(SavedModel, OfGroupsComesBackWithThemAndEachGroupAsItWas) {
  for (const SavedModel& sample : samples::all()) {
    if (std::holds_alternative<Known>(sample.ensemble.draws())) continue;
    const Ladder groups = sample.ensemble.ladder().for_groups({"women", "men"});
    SavedModel model = sample;
    model.ensemble = Ensemble::of_groups(groups, {sample.ensemble, sample.ensemble});
    model.people.clear();
    const std::string bytes = to_bytes(model);
    EXPECT_EQ(bytes.substr(0, 21), sample.observed ? "rungs-model\nformat 4\n" : "rungs-model\nformat 2\n");
    const SavedModel loaded = from_bytes(bytes, "model.rungs");
    expect_equal(loaded, model);
    EXPECT_EQ(to_bytes(loaded), bytes);
    EXPECT_TRUE(loaded.ensemble.ladder() == groups);
    EXPECT_EQ(loaded.ensemble.ladder().groups(), groups.groups());
    EXPECT_TRUE(loaded.ensemble.ladder().of_each_group() == sample.ensemble.ladder());
    for (std::size_t g = 0; g < 2; ++g) {
      SavedModel one = sample;
      one.ensemble = loaded.ensemble.group(g);
      expect_equal(one, sample);
    }
    // The same bytes under the other format are no model.
    std::string other = bytes;
    other.replace(12, 8, "format 1");
    EXPECT_THROW((void)from_bytes(other, "model.rungs"), InputError);
  }
  const auto forged = [](const std::vector<std::string>& groups) {
    using namespace detail::saved;
    PlainModel plain = described(samples::dirichlet());
    plain.format = detail::saved::of_groups;
    plain.groups = groups;
    return samples::code_of(sealed(payload_of(plain), plain.format));
  };
  EXPECT_EQ(forged({}), "E-ARCH-PAYLOAD");  // the other format is for that
  EXPECT_EQ(forged({"women", "women"}), "E-ARCH-LABEL");
  EXPECT_EQ(forged({"women", "me\n"}), "E-ARCH-LABEL");
  EXPECT_EQ(forged({"women", "men"}), "E-ARCH-SHAPE");  // matrices of one group
  EXPECT_EQ(forged(std::vector<std::string>(501, "a")), "E-ARCH-SHAPE");
  EXPECT_EQ(forged(std::vector<std::string>(2000, "a")), "E-ARCH-SHAPE");
}

TEST(SavedModel, TellsWhenPeopleWereObservedAndIsOtherwiseAsItWasBefore) {
  const SavedModel timed = samples::timed(), untimed = samples::dirichlet();
  EXPECT_EQ(to_bytes(timed).substr(0, 21), "rungs-model\nformat 4\n");
  EXPECT_EQ(to_bytes(untimed).substr(0, 21), "rungs-model\nformat 1\n");
  const SavedModel loaded = from_bytes(to_bytes(timed), "model.rungs");
  EXPECT_EQ(loaded.observed_years, 7.5);
  EXPECT_EQ(loaded.observed, std::pair(std::int64_t{-1990}, std::int64_t{-1984}));
  for (const bool years : {true, false}) {  // one is known without the other
    SavedModel model = timed;
    if (years)
      model.observed.reset();
    else
      model.observed_years = 0;
    expect_equal(from_bytes(to_bytes(model), "model.rungs"), model);
  }
  for (const char* const format : {"format 1", "format 2"}) {  // the same bytes under another format are no model
    std::string other = to_bytes(timed);
    other.replace(12, 8, format);
    EXPECT_EQ(samples::code_of(other), "E-ARCH-PAYLOAD");
  }
  using detail::saved::PlainModel;
  const auto forged = [](const auto& change) { return samples::words_of(samples::forged(samples::timed(), change)); };
  const auto years = [](const std::string& found) {
    return "model.rungs: error: found " + found + " as years observed; expected one number, 0 or more [E-ARCH-META]";
  };
  EXPECT_EQ(forged([](PlainModel& m) { m.observed_years.values[0] = -1; }), years("-1"));
  EXPECT_EQ(forged([](PlainModel& m) { m.observed_years.values[0] = std::nan(""); }), years("nan"));
  EXPECT_EQ(forged([](PlainModel& m) { m.observed_years.values.clear(); }), years("no number"));
  const std::string periods =
      "model.rungs: error: found periods observed that are not a first and a last one; expected two between -2^61 and "
      "2^61, in their order [E-ARCH-META]";
  EXPECT_EQ(forged([](PlainModel& m) { m.observed.pop_back(); }), periods);
  EXPECT_EQ(forged([](PlainModel& m) { std::swap(m.observed[0], m.observed[1]); }), periods);
  EXPECT_EQ(forged([](PlainModel& m) { m.observed[1] = std::numeric_limits<std::int64_t>::max(); }), periods);
  // Without any time it is the other format.
  EXPECT_EQ(samples::code_of(samples::forged(samples::timed(),
                                             [](PlainModel& m) {
                                               m.observed.clear();
                                               m.observed_years.values[0] = 0;
                                             })),
            "E-ARCH-PAYLOAD");
  SavedModel wrong = timed;
  wrong.observed_years = -1;
  EXPECT_THROW((void)to_bytes(wrong), InputError);
}

TEST(SavedModel, ThatGroupsShareIsRefusedRatherThanLosingThat) {
  SavedModel model = samples::dirichlet();
  model.ensemble = model.ensemble.for_groups(model.ensemble.ladder().for_groups({"women", "men"}));
  try {
    (void)to_bytes(model);
    FAIL();
  } catch (const InputError& e) {
    EXPECT_THAT(e.what(), testing::HasSubstr("found a model that groups of people share to save; expected that model, "
                                             "or one of each group [E-LADDER]"));
  }
}

TEST(SavedModel, ALargeLadderOfDeclaredMovesComesBack) {
  Ladder::Builder builder = Ladder::builder();
  for (int i = 0; i < 150; ++i) builder.rung("stratum " + std::to_string(i));
  for (int i = 0; i + 1 < 150; ++i) builder.move("stratum " + std::to_string(i), "stratum " + std::to_string(i + 1));
  const SavedModel model{Ensemble(Kernel(samples::matrix(builder.build(), 1)), Known{}, "known"), {}, 0, {}, {}, ""};
  expect_equal(from_bytes(to_bytes(model), "model.rungs"), model);
}

#ifndef RUNGS_AUDIT  // which checks, and so repairs, what is marked as unchecked
TEST(SavedModel, RowsThatAreOffInTheLastDigitKeepTheirBits) {
  // Rows made without a check are not as close to 1 as checked ones, and must not be repaired on the way.
  Stream stream({Seed(1)});
  const Ladder ladder = Ladder::parse("a < b < c < d < e < f < g");
  for (int k = 0; k < 300; ++k) {
    Matrix p(7, 7);
    const std::vector<double> alpha(7, 0.5);
    for (Eigen::Index i = 0; i < 7; ++i) stream.dirichlet(alpha, {p.data() + 7 * i, 7});
    const SavedModel model{
        Ensemble(Kernel(TransitionMatrix(unchecked, ladder, p)), Known{}, "known"), {}, 0, {}, {}, ""};
    expect_equal(from_bytes(to_bytes(model), "model.rungs"), model);
  }
}
#endif

TEST(SavedModel, ExtremeNumbersKeepTheirBits) {
  const Ladder ladder = Ladder::parse("a < b");
  Matrix p(2, 2), people(2, 2);
  p << 1 - 0x1p-53, 0x1p-53, std::numeric_limits<double>::denorm_min(), 1;
  people << 0x1p53, 0, -0.0, 1e-300;
  const SavedModel model{Ensemble(Kernel(Period(std::int64_t{1} << 60U), {TransitionMatrix(ladder, p, Step(1, 1e-9))}),
                                  DirichletWeights{{people}}, "assumed"),
                         {people},
                         std::numeric_limits<std::uint64_t>::max(),
                         {},
                         {},
                         ""};
  const SavedModel loaded = from_bytes(to_bytes(model), "model.rungs");
  EXPECT_EQ(to_bytes(loaded), to_bytes(model));
  EXPECT_TRUE(std::signbit(loaded.people[0](1, 0)));
  EXPECT_EQ(loaded.ensemble.point().matrix(0), p);
  EXPECT_EQ(loaded.people_observed, model.people_observed);
}

TEST(SavedModel, BytesDoNotDependOnTheLocale) {
  struct Grouping : std::numpunct<char> {
    char do_thousands_sep() const override { return '.'; }
    char do_decimal_point() const override { return ','; }
    std::string do_grouping() const override { return "\3"; }
  };
  const std::string bytes = to_bytes(samples::multinomial());
  const std::locale old = std::locale::global(std::locale(std::locale::classic(), new Grouping));
  std::ostringstream grouped;
  grouped << 1234567;
  const std::string there = to_bytes(samples::multinomial());
  const SavedModel loaded = from_bytes(bytes, "model.rungs");
  std::locale::global(old);
  EXPECT_EQ(grouped.str(), "1.234.567");
  EXPECT_EQ(there, bytes);
  expect_equal(loaded, samples::multinomial());
}

TEST(SavedModel, WhatCannotBeLoadedIsNotSaved) {
  const auto code = [](const SavedModel& model) -> std::string {
    try {
      (void)to_bytes(model);
      return {};
    } catch (const InputError& error) {
      return error.code();
    }
  };
  const Ladder ladder = Ladder::parse("a < b");
  const auto with = [&](double x, double y) {
    Matrix p(2, 2);
    p << x, y, 0, 1;
    return SavedModel{Ensemble(Kernel(TransitionMatrix(unchecked, ladder, p)), Known{}, "known"), {}, 0, {}, {}, ""};
  };
  EXPECT_EQ(code(with(0.25, 0.75)), "");
#ifndef RUNGS_AUDIT
  EXPECT_EQ(code(with(std::nan(""), 0.75)), "E-ARCH-PROB");
  EXPECT_EQ(code(with(std::numeric_limits<double>::infinity(), 0.75)), "E-ARCH-PROB");
  EXPECT_EQ(code(with(0.25, 0.7)), "E-ARCH-ROWSUM");
#endif
  SavedModel model = samples::dirichlet();
  model.people[0](0, 0) = std::nan("");
  EXPECT_EQ(code(model), "E-ARCH-WEIGHT");
  model.people[0] = Matrix::Zero(1, 36);
  EXPECT_EQ(code(model), "E-ARCH-SHAPE");
  model.people.clear();
  EXPECT_EQ(code(model), "");
  model.inputs[0].name = "a\nb";
  EXPECT_EQ(code(model), "E-ARCH-META");
}

TEST(SavedModel, TheFirstReleasedFormatLoadsToTheNumbersItWasSavedWith) {
  const SavedModel model = load(golden);
  const Ensemble& ensemble = model.ensemble;
  EXPECT_EQ(ensemble.ladder().names(), (std::vector<std::string>{"worker", "technician", "entrepreneur",
                                                                 "d\xc3\xa9signer", "returned home", "retired"}));
  EXPECT_EQ(ensemble.ladder().exits(), 2U);
  EXPECT_EQ(ensemble.ladder().select("top").indices(), (std::vector<std::size_t>{2, 3}));
  EXPECT_FALSE(ensemble.ladder().possible(0, 2));
  EXPECT_TRUE(ensemble.step() == Step(2, 2.5));
  EXPECT_EQ(ensemble.point().first(), Period(-1990));
  EXPECT_EQ(ensemble.point().last(), Period(-1986));
  EXPECT_EQ(ensemble.method(), "proportions");
  ASSERT_TRUE(std::holds_alternative<MultinomialRows>(ensemble.draws()));
  // The row of the worker in the first period: 1, 4 and 2 of 7 people.
  const Matrix& p = ensemble.point().matrix(0);
  EXPECT_EQ(p(0, 0), 1.0 / 7);
  EXPECT_EQ(p(0, 1), 4.0 / 7);
  EXPECT_EQ(p(0, 4), 2.0 / 7);
  EXPECT_EQ(std::get<MultinomialRows>(ensemble.draws()).people[2](0, 1), 6.25);
  EXPECT_EQ(model.people[1](0, 1), 5);
  EXPECT_EQ(model.people_observed, 1234U);
  EXPECT_EQ(model.inputs[1].name, "../../etc/passwd");
  EXPECT_EQ(model.warnings[0].code, "W-GAP");
  EXPECT_EQ(model.rungs_version, "0.1.0");
  EXPECT_EQ(to_bytes(model), file_text(golden));
  expect_equal(model, samples::multinomial());
}

TEST(SavedModel, WhatStrangersMaySendIsSaidInTheSameWordsEverywhere) {
  const auto flowing = [](std::string text) {
    std::string out;
    std::istringstream words(std::move(text));
    for (std::string word; words >> word;)
      if (word != "///") out += word + " ";
    return out;
  };
  const std::string header =
      flowing(file_text(std::string(RUNGS_SOURCE_DIR) + "/include/rungs/serialize/saved_model.hpp"));
  const std::string security = flowing(file_text(std::string(RUNGS_SOURCE_DIR) + "/SECURITY.md"));
  for (const char* sentence :
       {"Reading one runs nothing that it contains and opens no other file.",
        "A `.rungs` file is sealed with the SHA-256 of its content, so accidental damage is found.",
        "Whoever forges a model can seal it again, with probabilities that are valid and wrong.",
        "If it matters who made a model, compare the hash that Rungs prints with the one its author published."}) {
    EXPECT_THAT(header, testing::HasSubstr(sentence));
    EXPECT_THAT(security, testing::HasSubstr(sentence));
  }
}

}  // namespace
}  // namespace round_trip_test
