// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include "encoding.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <new>

#include <rungs/core/error.hpp>
#include <rungs/io/csv.hpp>

#include "words.hpp"

#include <iconv.h>

namespace rungs::io {

namespace {

constexpr const char* unknown_words =
    "expected an encoding that iconv knows, such as UTF-8, GBK, GB18030, ISO-8859-1, WINDOWS-1252 or UTF-16";

/// A conversion between an encoding and UTF-8; none where the name is not known.
class Conversion {
 public:
  enum class To : std::uint8_t { utf8, named };
  explicit Conversion(const std::string& name, To to = To::utf8) {
    // Others mean what depends on the system, or change what cannot be converted into something else.
    const bool plain = !name.empty() && name.size() <= 40 && std::all_of(name.begin(), name.end(), [](char c) {
      return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '_' ||
             c == '.' || c == ':' || c == '+';
    });
    const std::string low = detail::lower(name);
    if (!plain || low == "char" || low == "wchar_t" || low == "internal") return;
    made_ = to == To::utf8 ? ::iconv_open("UTF-8", name.c_str()) : ::iconv_open(name.c_str(), "UTF-8");
  }
  Conversion(const Conversion&) = delete;
  Conversion& operator=(const Conversion&) = delete;
  ~Conversion() {
    if (known()) ::iconv_close(made_);
  }
  [[nodiscard]] bool known() const noexcept { return made_ != none(); }
  [[nodiscard]] ::iconv_t get() const noexcept { return made_; }

 private:
  static ::iconv_t none() noexcept { return reinterpret_cast<::iconv_t>(-1); }
  ::iconv_t made_ = none();
};

}  // namespace

bool knows_encoding(const std::string& name) { return detail::is_utf8(name) || Conversion(name).known(); }

namespace detail {

bool is_utf8(std::string_view encoding) noexcept {
  const auto is = [encoding](std::string_view name) {
    return encoding.size() == name.size() && std::equal(name.begin(), name.end(), encoding.begin(), [](char a, char b) {
             return a == (b >= 'A' && b <= 'Z' ? static_cast<char>(b - 'A' + 'a') : b);
           });
  };
  return encoding.empty() || is("utf-8") || is("utf8");
}

bool is_wide(const std::string& encoding) {
  if (is_utf8(encoding)) return false;
  // They have many names: what a letter becomes tells more than a list.
  const Conversion conversion(encoding, Conversion::To::named);
  if (!conversion.known()) return false;
  char letter[] = "a";
  char made[16];
  char *from = letter, *to = made;
  std::size_t left = 1, room = sizeof made;
  (void)::iconv(conversion.get(), &from, &left, &to, &room);
  return std::find(made, to, '\0') != to;
}

Converted to_utf8(std::string_view text, const std::string& encoding) {
  const Conversion conversion(encoding);
  if (!conversion.known())
    throw Refusal("E-ENC-UNKNOWN", "found the encoding " + shown(encoding) + "; " + unknown_words);
  Converted out;
  std::vector<char>& to = out.text;
  std::size_t written = 0, left = text.size();
  char* from = const_cast<char*>(text.data());  // which iconv does not change
  bool more = true;
  while (more) {
    to.resize(std::max<std::size_t>(4096, written + left + left / 2 + 64));
    char* at = to.data() + written;
    std::size_t room = to.size() - written;
    std::size_t done = left > 0 ? ::iconv(conversion.get(), &from, &left, &at, &room) : 0;
    if (done != static_cast<std::size_t>(-1)) done = ::iconv(conversion.get(), nullptr, nullptr, &at, &room);
    more = done == static_cast<std::size_t>(-1) && errno == E2BIG;
    written = static_cast<std::size_t>(at - to.data());
  }
  out.bytes = text.size() - left;
  to.resize(written);
  constexpr std::string_view mark = "\xef\xbb\xbf";
  if (std::string_view(to.data(), to.size()).substr(0, mark.size()) == mark)
    to.erase(to.begin(), to.begin() + static_cast<std::ptrdiff_t>(mark.size()));
  return out;
}

std::string as_named(const std::string& encoding) { return encoding + ", as --encoding (in scenarios encoding) says"; }

std::string name_it(const std::string& encoding) {
  return "name it with --encoding " + encoding + " (in scenarios encoding)";
}

}  // namespace detail

}  // namespace rungs::io
