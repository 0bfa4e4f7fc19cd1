// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include "encoding.hpp"

#include <algorithm>
#include <cerrno>
#include <new>

#include <rungs/core/error.hpp>
#include <rungs/io/csv.hpp>

#include "words.hpp"

#include <iconv.h>

namespace rungs::io {

namespace {

constexpr const char* unknown_words =
    "expected an encoding that iconv knows, such as UTF-8, GBK, GB18030, ISO-8859-1, WINDOWS-1252 or UTF-16";

/// A conversion to UTF-8; none where the name is not known.
class Conversion {
 public:
  explicit Conversion(const std::string& from) {
    // Others mean what depends on the system, or change what cannot be converted into something else.
    const bool plain = !from.empty() && from.size() <= 40 && std::all_of(from.begin(), from.end(), [](char c) {
      return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '_' ||
             c == '.' || c == ':' || c == '+';
    });
    const std::string low = detail::lower(from);
    if (plain && low != "char" && low != "wchar_t" && low != "internal") made_ = ::iconv_open("UTF-8", from.c_str());
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

bool is_wide(std::string_view encoding) noexcept {
  const std::string low = lower(encoding);
  return low.rfind("utf-16", 0) == 0 || low.rfind("utf16", 0) == 0 || low.rfind("utf-32", 0) == 0 ||
         low.rfind("utf32", 0) == 0 || low.rfind("ucs", 0) == 0 || low.rfind("iso-10646", 0) == 0;
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

}  // namespace detail

}  // namespace rungs::io
