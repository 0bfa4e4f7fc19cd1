// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include "dta_layout.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <unordered_set>
#include <utility>

#include "encoding.hpp"
#include "source.hpp"
#include "words.hpp"

namespace rungs::io::detail {

namespace {

using namespace std::string_view_literals;

constexpr std::string_view start_of_117 = "<stata_dta>"sv;
constexpr std::size_t most_observations = std::numeric_limits<std::int32_t>::max();
constexpr const char* damaged = "the file may be damaged: write it anew";

class DtaWalk {
 public:
  DtaWalk(const std::string& file, std::string_view bytes, const std::string& encoding)
      : file_(file), bytes_(bytes), encoding_(encoding) {}

  DtaLayout walk() {
    if (bytes_.substr(0, start_of_117.size()) == start_of_117.substr(0, bytes_.size()))
      with_tags();
    else
      without_tags();
    return std::move(out_);
  }

 private:
  // --- errors and bytes ---

  [[noreturn]] void refuse(const char* code, std::size_t at, const std::string& found, const std::string& expected,
                           const std::string& hint = damaged) const {
    throw InputError({{Diagnostic::Severity::error,
                       code,
                       {file_, 0, 0},
                       "found " + found + " at byte " + std::to_string(at) + ", in " + section_,
                       "expected " + expected,
                       hint}});
  }
  [[nodiscard]] std::size_t left() const noexcept { return bytes_.size() - at_; }
  void need(std::size_t size) const {
    if (left() < size)
      refuse("E-DTA-TRUNC", bytes_.size(), "the end of the file",
             size - left() == 1 ? "one byte more" : std::to_string(size - left()) + " bytes more",
             "the file is cut off: copy or write it anew");
  }
  void need(std::size_t count, std::size_t each) const {
    if (each != 0 && count > left() / each)
      refuse("E-DTA-TRUNC", bytes_.size(), "the end of the file",
             std::to_string(count) + " entries of " + std::to_string(each) + " bytes from byte " + std::to_string(at_),
             "the file is cut off: copy or write it anew");
  }
  std::string_view take(std::size_t size) {
    need(size);
    const std::string_view out = bytes_.substr(at_, size);
    at_ += size;
    return out;
  }
  [[nodiscard]] std::uint64_t number(std::string_view digits) const noexcept {
    std::uint64_t out = 0;
    for (std::size_t i = 0; i < digits.size(); ++i)
      out = out << 8U | static_cast<unsigned char>(digits[big_ ? i : digits.size() - 1 - i]);
    return out;
  }
  std::uint64_t take_number(std::size_t size) { return number(take(size)); }
  /// A tag that must stand here; `code` where another text does.
  void tag(std::string_view text, const char* code = "E-DTA-HEADER") {
    const std::size_t there = std::min(left(), text.size());
    if (bytes_.substr(at_, there) != text.substr(0, there))
      refuse(code, at_, shown_bytes(bytes_.substr(at_, there)), shown(text));
    need(text.size());
    at_ += text.size();
  }
  /// Whether this tag stands here, which then is behind us.
  bool optional(std::string_view text) {
    const std::size_t there = std::min(left(), text.size());
    if (bytes_.substr(at_, there) != text.substr(0, there)) return false;
    need(text.size());
    at_ += text.size();
    return true;
  }
  [[nodiscard]] static std::string shown_bytes(std::string_view text) {
    std::string out;
    for (const char c : text) out += c >= 0x20 && c < 0x7f ? c : '?';
    return shown(out);
  }
  [[nodiscard]] static std::string_view text_of(std::string_view field) {
    return field.substr(0, std::min(field.find('\0'), field.size()));
  }

  // --- headers ---

  void version(const std::string& release) const {
    refuse("E-DTA-VERSION", 0, "a Stata file of release " + release,
           "release 113 to 115 or 117 to 119, as Stata 8 and later write them",
           "in Stata: save or saveold it anew, or write it as CSV: export delimited using FILE.csv");
  }
  void observations(std::uint64_t n, std::size_t at) {
    if (n > most_observations)
      refuse("E-DTA-SIZE", at, std::to_string(n) + " observations declared",
             "at most " + std::to_string(most_observations));
    out_.observations = static_cast<std::size_t>(n);
  }
  void variables(std::uint64_t n, std::size_t at) {
    if (n == 0) refuse("E-DTA-HEADER", at, "no variable declared", "at least one");
    variables_ = static_cast<std::size_t>(n);
  }
  void timestamp(std::size_t size) {
    out_.timestamp = at_;
    out_.timestamp_size = size;
    const std::string_view text = text_of(take(size));
    // "dd Mon yyyy hh:mm"
    constexpr std::string_view form = "00 aaa 0000 00:00"sv;
    const auto fits = [](char c, char like) {
      const bool digit = c >= '0' && c <= '9';
      return like == '0'   ? digit || c == ' '
             : like == 'a' ? !digit && c != ' ' && c != ':' && static_cast<unsigned char>(c) >= 0x21
                           : c == like;
    };
    const bool well = text.find_first_not_of(' ') == std::string_view::npos ||
                      (text.size() == form.size() && std::equal(text.begin(), text.end(), form.begin(), fits));
    if (!well)
      out_.warnings.push_back(
          {Diagnostic::Severity::warning,
           "W-DTA-TIMESTAMP",
           {file_, 0, 0},
           "found " + shown_bytes(text) + " as the date of the file at byte " + std::to_string(out_.timestamp),
           "expected a date such as '05 Jul 2017 14:30'",
           "nothing depends on it: the file was read"});
  }

  void without_tags() {
    section_ = "the header";
    const auto release = static_cast<unsigned char>(take(1)[0]);
    if (release < 113 || release > 115) version(std::to_string(release));
    out_.release = release;
    const char order = take(1)[0];
    big_ = order == 1;
    need(2);
    at_ += 2;
    const std::size_t sizes = at_;
    variables(take_number(2), sizes);
    observations(take_number(4), sizes + 2);
    (void)take(81);
    timestamp(18);
    section_ = "the types of variables";
    need(variables_, 1);
    types(1);
    section_ = "the names of variables";
    names(33);
    section_ = "the sort order";
    need(variables_ + 1, 2);
    (void)take(2 * (variables_ + 1));
    section_ = "the formats";
    skip_each(release == 113 ? 12 : 49);
    section_ = "the names of labels";
    label_names(33);
    section_ = "the labels of variables";
    skip_each(81);
    section_ = "the characteristics";
    for (;;) {
      const std::size_t here = at_;
      const char type = take(1)[0];
      const std::uint64_t size = take_number(4);
      if (type == 0 && size == 0) break;
      if (type != 1) refuse("E-DTA-HEADER", here, "no characteristic", "a characteristic, or the end of them");
      need(static_cast<std::size_t>(size));
      at_ += static_cast<std::size_t>(size);
    }
    section_ = "the data";
    data();
    section_ = "the value labels";
    while (left() > 0) label_table(33);
    check_labels();
  }

  void with_tags() {
    section_ = "<header>";
    tag(start_of_117);
    tag("<header>");
    tag("<release>");
    const std::size_t at = at_;
    const std::string release(take(3));
    if (!std::all_of(release.begin(), release.end(), [](char c) { return c >= '0' && c <= '9'; }))
      refuse("E-DTA-HEADER", at, shown_bytes(release), "a release such as 118");
    out_.release = std::stoi(release);
    if (out_.release < 117 || out_.release > 119) version(release);
    const bool wide = out_.release >= 118;
    tag("</release>");
    tag("<byteorder>");
    const std::size_t order_at = at_;
    const std::string_view order = take(3);
    if (order != "LSF" && order != "MSF") refuse("E-DTA-HEADER", order_at, shown_bytes(order), "'LSF' or 'MSF'");
    big_ = order == "MSF";
    tag("</byteorder>");
    tag("<K>");
    const std::size_t k_at = at_;
    variables(take_number(out_.release == 119 ? 4 : 2), k_at);
    tag("</K>");
    tag("<N>");
    const std::size_t n_at = at_;
    observations(take_number(wide ? 8 : 4), n_at);
    tag("</N>");
    tag("<label>");
    (void)take(static_cast<std::size_t>(take_number(wide ? 2 : 1)));
    tag("</label>");
    tag("<timestamp>");
    timestamp(static_cast<std::size_t>(take_number(1)));
    tag("</timestamp>");
    tag("</header>");

    begins_.assign(1, 0);
    open("<map>");
    const std::size_t map_at = at_;
    const std::string_view map = take(14 * 8);
    tag("</map>");
    open("<variable_types>");
    need(variables_, 2);
    types(2);
    tag("</variable_types>");
    open("<varnames>");
    names(wide ? 129 : 33);
    tag("</varnames>");
    open("<sortlist>");
    need(variables_ + 1, out_.release == 119 ? 4 : 2);
    at_ += (variables_ + 1) * (out_.release == 119 ? 4U : 2U);
    tag("</sortlist>");
    open("<formats>");
    skip_each(wide ? 57 : 49);
    tag("</formats>");
    open("<value_label_names>");
    label_names(wide ? 129 : 33);
    tag("</value_label_names>");
    open("<variable_labels>");
    skip_each(wide ? 321 : 81);
    tag("</variable_labels>");
    open("<characteristics>");
    while (optional("<ch>")) {
      const auto size = static_cast<std::size_t>(take_number(4));
      need(size);
      at_ += size;
      tag("</ch>");
    }
    tag("</characteristics>");
    open("<data>");
    data();
    tag("</data>", "E-DTA-SIZE");
    open("<strls>");
    strls();
    tag("</strls>");
    open("<value_labels>");
    while (optional("<lbl>")) {
      label_table(wide ? 129 : 33);
      tag("</lbl>");
    }
    tag("</value_labels>");
    open("</stata_dta>");
    begins_.push_back(at_);
    sections_.emplace_back("the end of the file");
    if (left() > 0)
      refuse("E-DTA-SIZE", at_, std::to_string(left()) + " bytes behind the end", "nothing behind </stata_dta>");
    for (std::size_t k = 0; k < begins_.size(); ++k) {
      const std::uint64_t said = number(map.substr(8 * k, 8));
      if (said == begins_[k]) continue;
      section_ = "<map>";
      refuse("E-DTA-MAP", map_at + 8 * k, "that " + sections_[k] + " begins at byte " + std::to_string(said),
             std::to_string(begins_[k]) + ", where it stands");
    }
    references();
  }

  void open(const char* text) {
    begins_.push_back(at_);
    sections_.emplace_back(text);
    section_ = text;
    tag(text);
  }

  // --- variables ---

  void types(std::size_t size) {
    for (std::size_t k = 0; k < variables_; ++k) {
      const std::size_t here = at_;
      const auto type = static_cast<std::uint32_t>(take_number(size));
      const std::uint32_t first_number = size == 1 ? 251 : 65526, longest = size == 1 ? 244 : 2045;
      constexpr std::uint8_t old_widths[] = {1, 2, 4, 4, 8}, widths[] = {8, 4, 4, 2, 1};
      std::size_t width = type;
      if (type >= first_number && type < first_number + 5) {
        width = size == 1 ? old_widths[type - first_number] : widths[type - first_number];
      } else if (size == 2 && type == 32768) {
        width = 8;
        long_texts_.push_back(width_);
        out_.long_texts.push_back(k);
      } else if (type == 0 || type > longest) {
        refuse("E-DTA-TYPE", here, "the type " + std::to_string(type) + " of variable " + std::to_string(k + 1),
               "a type of number or text that Stata has");
      }
      width_ += width;
    }
  }
  void names(std::size_t size) {
    need(variables_, size);
    std::unordered_set<std::string_view> known;
    for (std::size_t k = 0; k < variables_; ++k) {
      const std::size_t here = at_;
      const std::string_view field = take(size), name = text_of(field);
      const std::string which = " of variable " + std::to_string(k + 1);
      if (name.size() == field.size())
        refuse("E-DTA-NAME", here, "a name without end" + which, "at most " + std::to_string(size - 1) + " bytes");
      if (name.empty()) refuse("E-DTA-NAME", here, "no name" + which, "a name");
      const std::string text = in_utf8(name);
      if (text.empty())
        refuse("E-DTA-NAME", here,
               "the name " + shown_bytes(name) + which + ", which is not " +
                   (is_utf8(encoding_) ? std::string("UTF-8") : "text in " + encoding_),
               is_utf8(encoding_) ? std::string("UTF-8") : as_named(encoding_),
               out_.release >= 118
                   ? std::string(damaged)
                   : std::string(encoding_.empty() ? "name the encoding with --encoding (in scenarios encoding), or in"
                                                   : "in") +
                         " Stata 14 or later: unicode translate FILE, after unicode encoding set ENCODING");
      if (!known.insert(name).second)
        refuse("E-DTA-NAME", here, "the name " + shown(text) + " a second time", "each name once");
      out_.names.push_back(text);
    }
  }
  /// A name as UTF-8; empty where it is none in its encoding.
  [[nodiscard]] std::string in_utf8(std::string_view name) const {
    if (is_utf8(encoding_))
      return first_bad_byte(name.data(), name.data() + name.size()) == name.data() + name.size() ? std::string(name)
                                                                                                 : std::string();
    const Converted out = to_utf8(name, encoding_);
    return out.bytes == name.size() ? std::string(out.text.data(), out.text.size()) : std::string();
  }
  void skip_each(std::size_t size) {
    need(variables_, size);
    at_ += variables_ * size;
  }
  void label_names(std::size_t size) {
    need(variables_, size);
    for (std::size_t k = 0; k < variables_; ++k) {
      const std::size_t here = at_;
      const std::string_view field = take(size), name = text_of(field);
      if (name.size() == field.size())
        refuse("E-DTA-NAME", here, "a name of labels without end, of variable " + shown(out_.names[k]),
               "at most " + std::to_string(size - 1) + " bytes");
      if (!name.empty()) wanted_labels_.push_back({name, k});
    }
  }

  // --- data ---

  void data() {
    data_ = at_;
    if (width_ != 0 && out_.observations > left() / width_)
      refuse("E-DTA-TRUNC", bytes_.size(), "the end of the file",
             std::to_string(out_.observations) + " observations of " + std::to_string(width_) + " bytes from byte " +
                 std::to_string(at_),
             "the file is cut off: copy or write it anew");
    at_ += out_.observations * width_;
  }

  using Reference = std::pair<std::uint64_t, std::uint64_t>;  // variable and observation

  void strls() {
    const std::size_t size = out_.release == 117 ? 4 : 8;
    while (optional("GSO")) {
      const std::size_t here = at_ - 3;
      const std::uint64_t v = take_number(4), o = take_number(size);
      const std::uint64_t type = take_number(1);
      const auto length = static_cast<std::size_t>(take_number(4));
      if (v == 0 || v > variables_ || o == 0 || o > out_.observations)
        refuse("E-DTA-STRL", here, "a text of variable " + std::to_string(v) + " and observation " + std::to_string(o),
               "a variable and an observation of the file");
      if (type != 129 && type != 130)
        refuse("E-DTA-STRL", here, "a text of kind " + std::to_string(type), "129 or 130");
      const std::string_view text = take(length);
      if (type == 130 && (text.empty() || text.back() != '\0'))
        refuse("E-DTA-STRL", here, "a text without end", "a NUL as its last byte");
      texts_.emplace_back(v, o);
    }
    std::sort(texts_.begin(), texts_.end());
    const auto twice = std::adjacent_find(texts_.begin(), texts_.end());
    if (twice != texts_.end())
      refuse(
          "E-DTA-STRL", at_,
          "two texts of variable " + std::to_string(twice->first) + " and observation " + std::to_string(twice->second),
          "one");
  }
  /// That each text of type strL is there.
  void references() {
    section_ = "<data>";
    const std::size_t split = out_.release == 117 ? 4 : out_.release == 118 ? 2 : 3;
    for (std::size_t k = 0; k < out_.observations && !long_texts_.empty(); ++k)
      for (const std::size_t offset : long_texts_) {
        const std::size_t here = data_ + k * width_ + offset;
        const Reference to{number(bytes_.substr(here, split)), number(bytes_.substr(here + split, 8 - split))};
        if (to == Reference{0, 0} || std::binary_search(texts_.begin(), texts_.end(), to)) continue;
        refuse("E-DTA-STRL", here,
               "a reference to the text of variable " + std::to_string(to.first) + " and observation " +
                   std::to_string(to.second),
               "one that stands in <strls>");
      }
  }

  // --- labels ---

  void label_table(std::size_t name_size) {
    const std::size_t here = at_;
    const auto size = static_cast<std::size_t>(take_number(4));
    const std::string_view name = text_of(take(name_size));
    need(3);
    at_ += 3;
    const std::string_view table = take(size);
    const std::string which = "the labels " + shown_bytes(name);
    if (table.size() < 8) refuse("E-DTA-LABELS", here, which + " of " + std::to_string(size) + " bytes", "at least 8");
    const std::uint64_t n = number(table.substr(0, 4)), length = number(table.substr(4, 4));
    if (8 + 8 * n + length != table.size())
      refuse("E-DTA-LABELS", here,
             which + ", " + std::to_string(n) + " of them in " + std::to_string(length) + " bytes of text",
             std::to_string(table.size()) + " bytes in all, as it says itself");
    const std::string_view text = table.substr(static_cast<std::size_t>(8 + 8 * n));
    if (!text.empty() && text.back() != '\0')
      refuse("E-DTA-LABELS", here, which + " with a text without end", "a NUL as the last byte");
    for (std::size_t k = 0; k < n; ++k)
      if (number(table.substr(8 + 4 * k, 4)) >= length)
        refuse("E-DTA-LABELS", here, which + ", whose label " + std::to_string(k + 1) + " lies outside of them",
               "a label within the table");
    labels_.insert(name);
  }
  /// Of a release without a mark at its end: what is named must be there, else it may have been cut off.
  void check_labels() {
    for (const auto& [name, variable] : wanted_labels_)
      if (labels_.count(name) == 0)
        refuse("E-DTA-LABELS", bytes_.size(),
               "no labels " + shown_bytes(name) + ", which the variable " + shown(out_.names[variable]) + " names",
               "them before the end",
               "the file may be cut off; if the labels were dropped: label values " + out_.names[variable] +
                   " ., and save it anew");
  }

  const std::string& file_;
  std::string_view bytes_;
  const std::string& encoding_;
  std::size_t at_ = 0;
  bool big_ = false;
  std::string section_{};
  DtaLayout out_{};
  std::size_t variables_ = 0;
  std::size_t width_ = 0;
  std::size_t data_ = 0;
  std::vector<std::size_t> long_texts_{};  // where they lie in an observation
  std::vector<Reference> texts_{};
  std::vector<std::pair<std::string_view, std::size_t>> wanted_labels_{};
  std::unordered_set<std::string_view> labels_{};
  std::vector<std::size_t> begins_{};
  std::vector<std::string> sections_{"<stata_dta>"};
};

}  // namespace

bool begins_as_dta(std::string_view bytes) noexcept {
  const std::size_t n = std::min(bytes.size(), start_of_117.size());
  if (n >= 7 && bytes.substr(0, n) == start_of_117.substr(0, n)) return true;
  if (bytes.size() < 4) return false;
  const auto release = static_cast<unsigned char>(bytes[0]);
  return release >= 102 && release <= 116 && (bytes[1] == 1 || bytes[1] == 2) && bytes[2] == 1 && bytes[3] == 0;
}

DtaLayout check_dta(const std::string& file, std::string_view bytes, const std::string& encoding) {
  return DtaWalk(file, bytes, encoding).walk();
}

}  // namespace rungs::io::detail
