// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <rungs/serialize/sha256.hpp>

#include <charconv>
#include <optional>
#include <utility>

#include "plain.hpp"

// A header of four lines, and then the payload:
//
//     rungs-model
//     format 1 (2: of groups of people; 4: with the time in which people were observed)
//     payload 1234 bytes
//     sha256 64 hexadecimal digits
namespace rungs::detail::saved {

namespace {

using namespace std::string_view_literals;

constexpr std::string_view magic = "rungs-model\n";
constexpr const char* expected_model = "expected a saved model of Rungs";

struct Start {
  std::string_view bytes;
  const char* found;
  const char* hint;
};

constexpr const char* unpack = "unpack it first";
constexpr const char* check_name = "check the name of the file";

constexpr Start others[] = {
    {"\x1f\x8b"sv, "a file compressed by gzip", "unpack it first: gunzip FILE"},
    {"PK\x03\x04"sv, "a zip archive", unpack},
    {"PK\x05\x06"sv, "an empty zip archive", unpack},
    {"BZh"sv, "a file compressed by bzip2", unpack},
    {"\xfd"
     "7zXZ"sv,
     "a file compressed by xz", unpack},
    {"\x28\xb5\x2f\xfd"sv, "a file compressed by zstd", unpack},
    {"7z\xbc\xaf\x27\x1c"sv, "a 7-Zip archive", unpack},
    {"\x89HDF\r\n\x1a\n"sv, "an HDF5 file", check_name},
    {"\x93NUMPY"sv, "a NumPy array", "write it as CSV"},
    {"PAR1"sv, "a Parquet file", "write it as CSV"},
    {"ARROW1"sv, "an Arrow file", "write it as CSV"},
    {"SQLite format 3"sv, "an SQLite database", "write the table as CSV"},
    {"<stata_dta>"sv, "a Stata file", "write it as CSV"},
    {"RDX2\n"sv, "an R data file", "write it as CSV"},
    {"RDX3\n"sv, "an R data file", "write it as CSV"},
    {"version https://git-lfs.github.com/spec/"sv, "a Git LFS pointer instead of the data",
     "fetch the data: git lfs pull"},
    {"\x7f"
     "ELF"sv,
     "a program", check_name},
    {"%PDF-"sv, "a PDF document", check_name},
    {"{"sv, "text in braces, such as JSON", check_name},
    {"<"sv, "a web page or XML file", check_name},
};

constexpr std::string_view raw[] = {"22 serialization::archive"sv, "\x16\0\0\0\0\0\0\0serialization::archive"sv,
                                    "\x16\0\0\0serialization::archive"sv};

/// Python writes \x80, the protocol and, from protocol 4 on, a frame; ONNX a small version and a name, as Protobuf
/// fields.
const char* by_shape(std::string_view head) {
  if (head.size() < 3) return nullptr;
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(head[i]); };
  if (byte(0) == 0x80 && byte(1) >= 2 && byte(1) <= 5) return "a Python pickle";
  if (byte(0) == 8 && byte(1) > 0 && byte(1) < 32 && byte(2) == 0x12) return "an ONNX model";
  return nullptr;
}

/// A number as we write it: digits without a zero in front.
std::optional<std::uint64_t> number(std::string_view digits) {
  std::uint64_t out = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out);
  if (error != std::errc{} || end != digits.data() + digits.size() || std::to_string(out) != digits)
    return std::nullopt;
  return out;
}

bool starts_with(std::string_view text, std::string_view start) { return text.substr(0, start.size()) == start; }

/// The next line of a header without its end, taken off `rest`.
std::string_view next_line(std::string_view& rest) {
  const std::size_t end = rest.substr(0, longest_header).find('\n');
  if (end == std::string_view::npos) {
    if (rest.size() >= longest_header) refuse("E-ARCH-MAGIC", "found a header that is damaged", expected_model);
    refuse("E-ARCH-TRUNC", "found a file that ends in its header", expected_model,
           "the file is cut short: copy it again");
  }
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return line;
}

/// What stands between two words of a line.
std::string_view between(std::string_view line, std::string_view before, std::string_view after) {
  if (line.size() < before.size() + after.size() || !starts_with(line, before) ||
      line.substr(line.size() - after.size()) != after)
    refuse("E-ARCH-MAGIC", "found a header that is damaged", expected_model);
  return line.substr(before.size(), line.size() - before.size() - after.size());
}

std::uint64_t read_format(std::string_view line) {
  const auto found = number(between(line, "format ", ""));
  if (!found || *found == 0) refuse("E-ARCH-MAGIC", "found a header that is damaged", expected_model);
  if (*found > newest)
    refuse("E-ARCH-NEWER", "found a saved model of format " + std::to_string(*found),
           "expected at most format " + std::to_string(newest) + ", the newest that this Rungs reads",
           "read it with a newer Rungs");
  if (*found != of_everybody && *found != of_groups && *found != with_time)
    refuse("E-ARCH-MAGIC", "found a header that is damaged", expected_model);
  return *found;
}

std::string first_digits(std::string_view hash) { return std::string(hash.substr(0, 12)) + "..."; }

}  // namespace

std::uint64_t check_start(std::string_view head) {
  if (head.empty()) refuse("E-ARCH-MAGIC", "found an empty file", expected_model);
  if (!starts_with(head, magic)) {
    constexpr const char* hint =
        "raw archives are not safe to read from files: load it in the program that wrote it, and save it with "
        "rungs::save";
    for (const std::string_view start : raw)
      if (starts_with(head, start)) refuse("E-ARCH-RAW", "found a raw Boost archive", expected_model, hint);
    if (head.find("<!DOCTYPE boost_serialization") != std::string_view::npos)
      refuse("E-ARCH-RAW", "found a raw Boost archive", expected_model, hint);
    for (const Start& other : others)
      if (starts_with(head, other.bytes))
        refuse("E-ARCH-KIND", std::string("found ") + other.found, expected_model, other.hint);
    if (const char* const other = by_shape(head))
      refuse("E-ARCH-KIND", std::string("found ") + other, expected_model, check_name);
    if (starts_with(head, "rungs-model\r"))
      refuse("E-ARCH-MAGIC", "found a saved model whose line ends were changed", expected_model,
             "transfer it as a binary file");
    refuse("E-ARCH-MAGIC", "found a file of another kind",
           std::string(expected_model) + ", which begins with 'rungs-model'");
  }
  if (head == magic) refuse("E-ARCH-MAGIC", "found a file without a model", expected_model);
  head.remove_prefix(magic.size());
  return read_format(next_line(head));
}

std::string sealed(std::string_view payload, std::uint64_t format) {
  if (payload.size() > longest_payload)
    refuse("E-ARCH-LENGTH", "found a model of " + std::to_string(payload.size()) + " bytes",
           "expected at most " + std::to_string(longest_payload));
  std::string out(magic);
  out.reserve(longest_header + payload.size());
  out += "format " + std::to_string(format) + "\npayload " + std::to_string(payload.size()) + " bytes\nsha256 " +
         sha256(payload) + "\n";
  return out += payload;
}

std::string_view unsealed(std::string_view bytes) {
  (void)check_start(bytes.substr(0, 4096));
  std::string_view rest = bytes;
  (void)next_line(rest);
  (void)next_line(rest);
  const auto length = number(between(next_line(rest), "payload ", " bytes"));
  if (!length) refuse("E-ARCH-LENGTH", "found a length of the content that is no number", "expected a number of bytes");
  if (*length > longest_payload)
    refuse("E-ARCH-LENGTH", "found " + std::to_string(*length) + " bytes as the length of the content",
           "expected at most " + std::to_string(longest_payload));
  const std::string_view hash = between(next_line(rest), "sha256 ", "");
  if (hash.size() != 64)
    refuse("E-ARCH-HASH", "found a SHA-256 of " + std::to_string(hash.size()) + " digits", "expected 64 digits");
  if (rest.size() < *length)
    refuse("E-ARCH-TRUNC", "found " + std::to_string(rest.size()) + " bytes of content",
           "expected " + std::to_string(*length), "the file is cut short: copy it again");
  if (rest.size() > *length)
    refuse("E-ARCH-TRAILING", "found bytes after the end of the model: " + std::to_string(rest.size() - *length),
           "expected none");
  if (const std::string found = sha256(rest); found != hash)
    refuse("E-ARCH-HASH", "found content with the SHA-256 " + first_digits(found),
           "expected another one, that written in the file", "the file is damaged: copy it again");
  return rest;
}

}  // namespace rungs::detail::saved
