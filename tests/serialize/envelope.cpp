// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/serialize/saved_model.hpp>

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "samples.hpp"

namespace envelope_test {
namespace {

using namespace rungs;
using samples::code_of;
using samples::largest_allocation;
using samples::words_of;
using testing::StartsWith;

std::vector<std::string> archives() {
  std::vector<std::string> out;
  for (const SavedModel& model : samples::all()) out.push_back(to_bytes(model));
  return out;
}

/// The bytes with one text in them replaced by another.
std::string with(std::string bytes, std::string_view old, std::string_view replacement) {
  const std::size_t at = bytes.find(old);
  EXPECT_NE(at, std::string::npos) << old;
  return bytes.replace(at, old.size(), replacement);
}

std::string length_line(const std::string& bytes) {
  const std::size_t at = bytes.find("payload ");
  return bytes.substr(at, bytes.find('\n', at) - at);
}

TEST(Envelope, IsThreeLinesOfPlainTextAfterItsName) {
  const std::string bytes = archives()[0];
  const std::size_t payload = bytes.size() - bytes.find('\n', bytes.find("sha256 ")) - 1;
  EXPECT_THAT(bytes, StartsWith("rungs-model\nformat 1\npayload " + std::to_string(payload) + " bytes\nsha256 "));
}

TEST(Envelope, EverySingleBitFlippedIsRefused) {
  std::set<std::string> codes;
  std::size_t mutants = 0;
  for (std::string bytes : archives())
    for (std::size_t i = 0; i < bytes.size(); ++i)
      for (unsigned bit = 0; bit < 8; ++bit) {
        const char before = bytes[i];
        bytes[i] = static_cast<char>(static_cast<unsigned char>(before) ^ (1U << bit));
        const std::string code = code_of(bytes);
        ASSERT_THAT(code, StartsWith("E-ARCH-")) << "byte " << i << ", bit " << bit;
        codes.insert(code);
        bytes[i] = before;
        ++mutants;
      }
  EXPECT_GT(mutants, 10'000U);
  EXPECT_THAT(codes, testing::IsSubsetOf({"E-ARCH-MAGIC", "E-ARCH-NEWER", "E-ARCH-LENGTH", "E-ARCH-TRUNC",
                                          "E-ARCH-TRAILING", "E-ARCH-HASH"}));
}

TEST(Envelope, EveryTruncationIsRefused) {
  for (const std::string& bytes : archives())
    for (std::size_t size = 0; size < bytes.size(); ++size)
      ASSERT_EQ(code_of(std::string_view(bytes).substr(0, size)), size <= 12 ? "E-ARCH-MAGIC" : "E-ARCH-TRUNC") << size;
}

TEST(Envelope, NothingMayFollow) {
  for (const std::string& bytes : archives()) {
    EXPECT_EQ(code_of(bytes + "x"), "E-ARCH-TRAILING");
    EXPECT_EQ(code_of(bytes + "\n"), "E-ARCH-TRAILING");
    EXPECT_EQ(code_of(bytes + std::string(1, '\0')), "E-ARCH-TRAILING");
    EXPECT_EQ(code_of(bytes + bytes), "E-ARCH-TRAILING");
  }
}

TEST(Envelope, LengthsThatCannotBeAreRefusedWithoutAllocating) {
  const std::string bytes = archives()[1];
  for (const char* length : {"4294967295", "9223372036854775808", "18446744073709551615", "18446744073709551616", "-1",
                             "+5", "0x10", "1e9", "", " 5", "007", "2147483649"}) {
    const std::string forged = with(bytes, length_line(bytes), std::string("payload ") + length + " bytes");
    largest_allocation = 0;
    EXPECT_EQ(code_of(forged), "E-ARCH-LENGTH") << length;
    EXPECT_LT(largest_allocation, 4096U) << length;
  }
  EXPECT_EQ(code_of(with(bytes, length_line(bytes), "payload 2147483648 bytes")), "E-ARCH-TRUNC");
  EXPECT_EQ(code_of(with(bytes, length_line(bytes), "payload 0 bytes")), "E-ARCH-TRAILING");
}

TEST(Envelope, LengthsInsideAreRefusedWithoutAllocating) {
  // The payload begins with the number of rungs.
  const std::string payload(detail::saved::unsealed(archives()[1]));
  for (const char* length : {"4294967295", "9223372036854775808", "18446744073709551615", "-1", "99999"}) {
    for (const std::string& forged :
         {with(payload, "3 ", std::string(length) + " "), with(payload, "6 worker", std::string(length) + " worker")}) {
      const std::string bytes = detail::saved::sealed(forged);
      largest_allocation = 0;
      EXPECT_EQ(code_of(bytes), "E-ARCH-PAYLOAD") << length;
      EXPECT_LT(largest_allocation, 4096U) << length;
    }
  }
}

TEST(Envelope, OtherFormatsOfOurs) {
  const std::string bytes = archives()[0];
  EXPECT_EQ(code_of(with(bytes, "format 1", "format 5")), "E-ARCH-NEWER");
  EXPECT_EQ(code_of(with(bytes, "format 1", "format 3")), "E-ARCH-MAGIC") << "there is none";
  EXPECT_EQ(code_of(with(bytes, "format 1", "format 18446744073709551615")), "E-ARCH-NEWER");
  EXPECT_EQ(code_of("rungs-model\nformat 5\nanything may follow\n"), "E-ARCH-NEWER");
  EXPECT_EQ(code_of(with(bytes, "format 1", "format 0")), "E-ARCH-MAGIC");
  EXPECT_EQ(code_of(with(bytes, "format 1", "format 01")), "E-ARCH-MAGIC");
  EXPECT_EQ(code_of(with(bytes, "format 1", "format one")), "E-ARCH-MAGIC");
}

TEST(Envelope, FilesOfAnotherKindAreNamed) {
  using namespace std::string_literals;
  EXPECT_EQ(code_of(""), "E-ARCH-MAGIC");
  EXPECT_EQ(code_of("rungs-model\n"), "E-ARCH-MAGIC");
  EXPECT_EQ(code_of("rungs-model\r\nformat 1\r\n"), "E-ARCH-MAGIC");
  EXPECT_EQ(code_of("origin,destination,count\n"), "E-ARCH-MAGIC");
  EXPECT_EQ(code_of("rungs-model\n" + std::string(1000, 'x')), "E-ARCH-MAGIC");
  EXPECT_EQ(code_of("22 serialization::archive 19 0 0"), "E-ARCH-RAW");
  EXPECT_EQ(code_of("\x16\0\0\0\0\0\0\0serialization::archive\x13"s), "E-ARCH-RAW");
  EXPECT_EQ(code_of("<?xml version=\"1.0\"?>\n<!DOCTYPE boost_serialization>\n"), "E-ARCH-RAW");
  for (const std::string& other : {"\x1f\x8b\x08\0"s, "PK\x03\x04\x14"s, "\x80\x04\x95\x10"s, "\x80\x02}q"s,
                                   "\x89HDF\r\n\x1a\n\0"s, "\x08\x07\x12\x07pytorch"s, "BZh91AY"s,
                                   "\xfd"
                                   "7zXZ\0"s,
                                   "\x28\xb5\x2f\xfd"s, "{\"model\": 1}"s, "<html>"s, "\x93NUMPY\x01"s, "RDX3\n"s})
    EXPECT_EQ(code_of(other), "E-ARCH-KIND") << other;
}

TEST(Envelope, RefusalsSayWhereWhatWasFoundAndWhatWasExpected) {
  const std::string bytes = archives()[0];
  const std::size_t payload = detail::saved::unsealed(bytes).size();
  EXPECT_EQ(words_of(""), "model.rungs: error: found an empty file; expected a saved model of Rungs [E-ARCH-MAGIC]");
  EXPECT_EQ(words_of("a,b\n"),
            "model.rungs: error: found a file of another kind; expected a saved model of Rungs, which begins with "
            "'rungs-model' [E-ARCH-MAGIC]");
  EXPECT_EQ(words_of("22 serialization::archive 19 0 0"),
            "model.rungs: error: found a raw Boost archive; expected a saved model of Rungs; raw archives are not safe "
            "to read from files: load it in the "
            "program that wrote it, and save it with rungs::save [E-ARCH-RAW]");
  EXPECT_EQ(words_of("\x1f\x8b\x08"),
            "model.rungs: error: found a file compressed by gzip; expected a saved model of Rungs; unpack it first: "
            "gunzip FILE [E-ARCH-KIND]");
  EXPECT_EQ(words_of(with(bytes, "format 1", "format 7")),
            "model.rungs: error: found a saved model of format 7; expected at most format 4, the newest that this "
            "Rungs reads; read it with a newer Rungs [E-ARCH-NEWER]");
  EXPECT_EQ(words_of(bytes.substr(0, bytes.size() - 10)), "model.rungs: error: found " + std::to_string(payload - 10) +
                                                              " bytes of content; expected " + std::to_string(payload) +
                                                              "; the file is cut short: copy it again [E-ARCH-TRUNC]");
  EXPECT_EQ(words_of(bytes + "12345"),
            "model.rungs: error: found bytes after the end of the model: 5; expected none [E-ARCH-TRAILING]");
  EXPECT_EQ(words_of(with(bytes, length_line(bytes), "payload 4294967295 bytes")),
            "model.rungs: error: found 4294967295 bytes as the length of the content; expected at most 2147483648 "
            "[E-ARCH-LENGTH]");
  EXPECT_THAT(words_of(with(bytes, "worker", "walker")),
              testing::MatchesRegex("model.rungs: error: found content with the SHA-256 [0-9a-f]{12}\\.\\.\\.; "
                                    "expected another one, that written in the file; the "
                                    "file is damaged: copy it again \\[E-ARCH-HASH\\]"));
}

class Files : public testing::Test {
 protected:
  Files() {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directory(folder_);
  }
  ~Files() override { std::filesystem::remove_all(folder_); }
  [[nodiscard]] std::string path(const std::string& name) const { return (folder_ / name).string(); }
  [[nodiscard]] static std::string text(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  [[nodiscard]] std::size_t count() const {
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator(folder_), std::filesystem::directory_iterator()));
  }
  template <class Do>
  [[nodiscard]] static std::string words(const Do& act) {
    try {
      act();
      return {};
    } catch (const InputError& error) {
      return error.problems().at(0).text();
    }
  }

 private:
  std::filesystem::path folder_ =
      std::filesystem::path(testing::TempDir()) / ("rungs_saved_" + std::to_string(::getpid()));
};

TEST_F(Files, AreWrittenWholeAndReadBack) {
  for (const SavedModel& model : samples::all()) {
    save(model, path("model.rungs"));
    EXPECT_EQ(text(path("model.rungs")), to_bytes(model));
    EXPECT_EQ(to_bytes(load(path("model.rungs"))), to_bytes(model));
    EXPECT_EQ(count(), 1U);
  }
}

TEST_F(Files, AreReplacedOnlyOnceTheNewOneIsWhole) {
  save(samples::known(), path("model.rungs"));
  std::filesystem::permissions(path("model.rungs"),
                               std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  // A file may not become longer than 1000 bytes, as on a disk that is full.
  rlimit old{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old), 0);
  auto* const handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit limit{1000, old.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
  const std::string said = words([&] { save(samples::multinomial(), path("model.rungs")); });
  ::setrlimit(RLIMIT_FSIZE, &old);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(said,
            path("model.rungs") + ": error: cannot be written: File too large; expected a place for a file [E-IO]");
  EXPECT_EQ(text(path("model.rungs")), to_bytes(samples::known()));
  EXPECT_EQ(count(), 1U);

  // What a crash left lying about is neither read nor in the way; the mode of the file stays.
  std::ofstream(path("model.rungs.partial-" + std::to_string(::getpid()) + "-0")) << "half a mod";
  save(samples::multinomial(), path("model.rungs"));
  EXPECT_EQ(text(path("model.rungs")), to_bytes(samples::multinomial()));
  EXPECT_EQ(count(), 2U);
  EXPECT_EQ(std::filesystem::status(path("model.rungs")).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST_F(Files, ARefusedModelLeavesWhatWasThere) {
  save(samples::known(), path("model.rungs"));
  SavedModel bad = samples::dirichlet();
  bad.people[0](0, 0) = -1;
  EXPECT_EQ(words([&] { save(bad, path("model.rungs")); }),
            path("model.rungs") +
                ": error: found people of -1 from 'worker' to 'worker'; expected a number from 0 to 9.00719925474e+15 "
                "[E-ARCH-WEIGHT]");
  EXPECT_EQ(text(path("model.rungs")), to_bytes(samples::known()));
}

TEST_F(Files, LinksAreFollowedAndStay) {
  save(samples::known(), path("model.rungs"));
  std::filesystem::create_symlink("model.rungs", path("link.rungs"));
  EXPECT_EQ(to_bytes(load(path("link.rungs"))), to_bytes(samples::known()));
  save(samples::dirichlet(), path("link.rungs"));
  EXPECT_TRUE(std::filesystem::is_symlink(path("link.rungs")));
  EXPECT_EQ(text(path("model.rungs")), to_bytes(samples::dirichlet()));
}

TEST_F(Files, PipesDevicesAndFoldersAreRefusedAtOnce) {
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  std::filesystem::create_symlink("pipe", path("link"));
  std::filesystem::create_symlink("nowhere", path("lost"));
  const std::string special = "; expected a regular file [E-ARCH-KIND-SPECIAL]";
  EXPECT_EQ(words([&] { (void)load(path("pipe")); }), path("pipe") + ": error: found a pipe" + special);
  EXPECT_EQ(words([&] { (void)load(path("link")); }), path("link") + ": error: found a pipe" + special);
  EXPECT_EQ(words([&] { (void)load("/dev/zero"); }), "/dev/zero: error: found a device" + special);
  EXPECT_EQ(words([&] { (void)load(path("")); }), path("") + ": error: found a folder" + special);
  EXPECT_EQ(words([&] { save(samples::known(), path("pipe")); }), path("pipe") + ": error: found a pipe" + special);
  EXPECT_EQ(words([&] { save(samples::known(), "/dev/null"); }), "/dev/null: error: found a device" + special);
  EXPECT_THAT(words([&] { (void)load(path("lost")); }),
              testing::HasSubstr("cannot be read: No such file or directory; expected a file that can be read [E-IO]"));
  EXPECT_THAT(words([&] { save(samples::known(), path("no folder/model.rungs")); }),
              testing::HasSubstr("cannot be written: No such file or directory"));
  EXPECT_THAT(words([&] { save(samples::known(), ""); }), testing::HasSubstr("[E-"));
}

TEST_F(Files, AVeryLongFileIsRefusedUnread) {
  {
    std::ofstream out(path("long.rungs"), std::ios::binary);
    out << "rungs-model\nformat 1\npayload 10737418240 bytes\n";
  }
  std::filesystem::resize_file(path("long.rungs"), std::uintmax_t{10} << 30U);  // 10 GiB, without taking up any
  largest_allocation = 0;
  EXPECT_THAT(words([&] { (void)load(path("long.rungs")); }), testing::EndsWith("[E-ARCH-LENGTH]"));
  EXPECT_LT(largest_allocation, 8192U);
}

}  // namespace
}  // namespace envelope_test
