// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include "source.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "encoding.hpp"
#include "words.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace rungs::io::detail {

namespace {

constexpr std::size_t padding = 64;

[[noreturn]] void refuse(const std::string& file, std::size_t line, std::string code, std::string found,
                         std::string expected, std::string hint = {}) {
  throw InputError({{Diagnostic::Severity::error,
                     std::move(code),
                     {file, line, line},
                     std::move(found),
                     std::move(expected),
                     std::move(hint)}});
}

[[noreturn]] void refuse_unreadable(const std::string& path, int error) {
  refuse(path, 0, "E-IO", "cannot be read: " + std::system_category().message(error),
         "expected a file that can be read");
}

/// Closes what was opened, whatever happens; standard input stays open.
class File {
 public:
  explicit File(const std::string& path)
      : number_(path == "-" ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC)), ours_(path != "-") {
    if (number_ < 0) refuse_unreadable(path, errno);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (ours_) ::close(number_);
  }
  [[nodiscard]] int number() const noexcept { return number_; }

 private:
  int number_;
  bool ours_;
};

}  // namespace

Bytes::Bytes(const std::string& path, bool text_has_nuls) {
  const File file(path);
  struct stat about {};
  if (::fstat(file.number(), &about) != 0) refuse_unreadable(path, errno);
  if (S_ISDIR(about.st_mode)) refuse_unreadable(path, EISDIR);
  // Standard input may have been read from already: only a file that we opened is mapped.
  if (S_ISREG(about.st_mode) && about.st_size > 0 && path != "-")
    map(file.number(), static_cast<std::size_t>(about.st_size));
  if (data_ == nullptr) read(file.number(), path, text_has_nuls);
}

Bytes::~Bytes() {
  if (mapped_ != 0) ::munmap(data_, mapped_);
}

void Bytes::map(int file, std::size_t size) {
  // Zero pages first, the file over them: so there are zero bytes behind it even where it ends with
  // a page.
  const std::size_t space = size + padding;
  void* const base = ::mmap(nullptr, space, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (base == MAP_FAILED) return;
  if (::mmap(base, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE, file, 0) == MAP_FAILED) {
    ::munmap(base, space);
    return;
  }
  (void)::madvise(base, size, MADV_SEQUENTIAL);
  data_ = static_cast<char*>(base);
  size_ = size;
  mapped_ = space;
}

void Bytes::read(int file, const std::string& path, bool text_has_nuls) {
  constexpr std::size_t block = std::size_t{1} << 18;
  bool more = true;
  while (more) {
    held_.resize(size_ + std::max(block, size_ / 2));
    while (size_ < held_.size()) {
      const ::ssize_t got = ::read(file, held_.data() + size_, held_.size() - size_);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) refuse_unreadable(path, errno);
      more = got > 0;
      if (!more) break;
      // A NUL in text is refused anyway: no use reading on, above all from a device that never ends.
      size_ += static_cast<std::size_t>(got);
      const bool nul = !text_has_nuls &&
                       std::memchr(held_.data() + size_ - got, 0, static_cast<std::size_t>(got)) != nullptr &&
                       data_set_kind({held_.data(), size_}) == DataSetKind::none;
      more = !nul;
      cut_ = nul;
      if (nul) break;
    }
  }
  held_.resize(size_);
  held_.resize(size_ + padding);
  data_ = held_.data();
}

// --- what kind of file it is
// -------------------------------------------------------------------------------------------

namespace {

struct Kind {
  std::string_view start;
  const char* code;
  const char* found;
  const char* hint;
};

using namespace std::string_view_literals;

constexpr const char* save_as_csv = "save it as CSV in UTF-8 with the program it comes from";
constexpr const char* unpack = "unpack it first";

constexpr Kind kinds[] = {
    {"\x1f\x8b"sv, "E-KIND-GZIP", "a file compressed by gzip", "unpack it first: gunzip FILE"},
    {"PK\x03\x04"sv, "E-KIND-ZIP", "a zip archive, such as an Excel workbook (.xlsx)",
     "open it in a spreadsheet and save it as CSV UTF-8"},
    {"PK\x05\x06"sv, "E-KIND-ZIP", "an empty zip archive", save_as_csv},
    {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"sv, "E-KIND-XLS", "an old Excel workbook (.xls) or other Office file",
     "open it in a spreadsheet and save it as CSV UTF-8"},
    {"PAR1"sv, "E-KIND-PARQUET", "a Parquet file", save_as_csv},
    {"ARROW1"sv, "E-KIND-ARROW", "an Arrow file", save_as_csv},
    {"\x89HDF\r\n\x1a\n"sv, "E-KIND-HDF5", "an HDF5 file", save_as_csv},
    {"SQLite format 3"sv, "E-KIND-SQLITE", "an SQLite database", save_as_csv},
    {"RDX2\n"sv, "E-KIND-RDATA", "an R data file", save_as_csv},
    {"RDX3\n"sv, "E-KIND-RDATA", "an R data file", save_as_csv},
    {"BZh"sv, "E-KIND-BZIP2", "a file compressed by bzip2", unpack},
    {"\xfd"
     "7zXZ"sv,
     "E-KIND-XZ", "a file compressed by xz", unpack},
    {"\x28\xb5\x2f\xfd"sv, "E-KIND-ZSTD", "a file compressed by zstd", unpack},
    {"7z\xbc\xaf\x27\x1c"sv, "E-KIND-7Z", "a 7-Zip archive", unpack},
    {"%PDF-"sv, "E-KIND-PDF", "a PDF document", "ask for the table as CSV"},
    {"version https://git-lfs.github.com/spec/"sv, "E-KIND-LFS", "a Git LFS pointer instead of the data",
     "fetch the data: git lfs pull"},
    {"\x7f"
     "ELF"sv,
     "E-KIND-PROGRAM", "a program", "check the name of the file"},
};

bool starts_with_any_case(std::string_view text, std::string_view lower) {
  if (text.size() < lower.size()) return false;
  for (std::size_t i = 0; i < lower.size(); ++i) {
    const char c = text[i];
    if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c) != lower[i]) return false;
  }
  return true;
}

constexpr const char* expected_kind = "expected comma-separated text in UTF-8, or a Stata or SPSS file";

/// Refuses what is no text at all, by its first bytes.
void check_binary(const std::string& file, std::string_view head) {
  for (const Kind& kind : kinds)
    if (head.substr(0, kind.start.size()) == kind.start)
      refuse(file, 1, kind.code, std::string("found ") + kind.found, expected_kind, kind.hint);
}

std::string name_or_convert(const std::string& encoding, bool may_be_named) {
  return (may_be_named ? name_it(encoding) + ", or " : std::string()) + "convert it: iconv -f " + encoding +
         " -t UTF-8 OLD > NEW";
}

/// Refuses text of another kind or encoding, by its first bytes.
void check_kind(const std::string& file, std::string_view head, bool may_be_named) {
  constexpr const char* expected = expected_kind;
  const auto utf16 = [&](const char* name, const char* from) {
    refuse(file, 1, "E-ENC-UTF16", std::string("found text in ") + name, "expected UTF-8",
           name_or_convert(from, may_be_named));
  };
  if (head.substr(0, 4) == "\xff\xfe\0\0"sv || head.substr(0, 4) == "\0\0\xfe\xff"sv)
    refuse(file, 1, "E-ENC-UTF32", "found text in UTF-32", "expected UTF-8", name_or_convert("UTF-32", may_be_named));
  if (head.substr(0, 2) == "\xff\xfe"sv) utf16("UTF-16 (little-endian)", "UTF-16");
  if (head.substr(0, 2) == "\xfe\xff"sv) utf16("UTF-16 (big-endian)", "UTF-16");
  if (head.size() >= 4 && head[0] != 0 && head[1] == 0 && head[2] != 0 && head[3] == 0)
    utf16("UTF-16 (little-endian) without a mark", "UTF-16LE");
  if (head.size() >= 4 && head[0] == 0 && head[1] != 0 && head[2] == 0 && head[3] != 0)
    utf16("UTF-16 (big-endian) without a mark", "UTF-16BE");

  std::string_view text = head;
  while (!text.empty() && (text[0] == ' ' || text[0] == '\t' || text[0] == '\r' || text[0] == '\n'))
    text.remove_prefix(1);
  if (starts_with_any_case(text, "<!doctype html") || starts_with_any_case(text, "<html"))
    refuse(file, 1, "E-KIND-HTML", "found a web page", expected,
           "the server may have sent a page instead of the file: look at it in a browser");
  if (starts_with_any_case(text, "<?xml")) refuse(file, 1, "E-KIND-XML", "found an XML file", expected, save_as_csv);
  const std::size_t second = text.find_first_not_of(" \t\r\n", 1);
  if (!text.empty() && second != std::string_view::npos &&
      ((text[0] == '{' && (text[second] == '"' || text[second] == '}')) ||
       (text[0] == '[' && (text[second] == '{' || text[second] == '['))))
    refuse(file, 1, "E-KIND-JSON", "found a JSON file", expected, save_as_csv);
}

/// How long the UTF-8 sequence at `p` is, 0 when it is none. Reads up to 4 bytes, which there are.
std::size_t sequence(const char* p) noexcept {
  const auto byte = [p](std::size_t i) { return static_cast<unsigned char>(p[i]); };
  const auto follows = [&](std::size_t i) { return (byte(i) & 0xc0U) == 0x80; };
  const unsigned char first = byte(0);
  if (first < 0x80) return first == 0 ? 0 : 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  if (!follows(1)) return 0;
  if (first < 0xe0) return 2;
  if (!follows(2)) return 0;
  if (first < 0xf0) return (first == 0xe0 && byte(1) < 0xa0) || (first == 0xed && byte(1) >= 0xa0) ? 0 : 3;
  if (!follows(3)) return 0;
  return (first == 0xf0 && byte(1) < 0x90) || (first == 0xf4 && byte(1) >= 0x90) ? 0 : 4;
}

/// The encoding that a line with an invalid byte may be in, judged by that byte and the bytes after
/// it.
std::string likely_encoding(const char* bad, const char* end) {
  const auto high = [&](const char* p) {
    return p < end && static_cast<unsigned char>(*p) >= 0xa1 && static_cast<unsigned char>(*p) != 0xff;
  };
  std::size_t length = 0;
  while (high(bad + length)) ++length;
  if (length >= 4 && length % 2 == 0) return "GBK";  // two characters of two bytes
  const auto byte = static_cast<unsigned char>(*bad);
  const bool alone = bad + 1 >= end || static_cast<unsigned char>(bad[1]) < 0x80;
  if (alone && byte >= 0xc0 && byte != 0xff) return "ISO-8859-1";
  if (alone && byte >= 0x80 && byte <= 0x9f && byte != 0x81 && byte != 0x8d && byte != 0x8f && byte != 0x90 &&
      byte != 0x9d)
    return "WINDOWS-1252";
  return {};
}

}  // namespace

void expect_use(const void* memory, std::size_t bytes) noexcept {
#ifdef MADV_HUGEPAGE
  constexpr std::uintptr_t page = 1U << 21;
  const auto begin = reinterpret_cast<std::uintptr_t>(memory);
  const std::uintptr_t first = (begin + page - 1) / page * page, last = (begin + bytes) / page * page;
  if (first < last) (void)::madvise(reinterpret_cast<void*>(first), last - first, MADV_HUGEPAGE);
#else
  (void)memory;
  (void)bytes;
#endif
}

const char* first_bad_byte(const char* p, const char* end) noexcept {
  constexpr std::ptrdiff_t block = 64;
  while (p < end) {
    // 64 bytes at a time, which compilers take together, while all are 1 to 127: then neither the byte nor the byte
    // less one has its high bit set.
    for (; end - p >= block; p += block) {
      unsigned char any = 0;
      for (std::ptrdiff_t k = 0; k < block; ++k) {
        const auto byte = static_cast<unsigned char>(p[k]);
        any = static_cast<unsigned char>(any | byte | static_cast<unsigned char>(byte - 1));
      }
      if (any >= 0x80) break;
    }
    const char* const stop = end - p >= block ? p + block : end;
    while (p < stop) {
      const std::size_t length = sequence(p);
      if (length == 0 || length > static_cast<std::size_t>(end - p)) return p;
      p += length;
    }
  }
  return end;
}

Source::Source(std::string path, const VariableUse& use)
    : name_(std::move(path)), bytes_(name_, is_wide(use.encoding)), encoding_(use.encoding) {
  kind_ = data_set_kind({bytes_.data(), bytes_.size()});
  if (kind_ == DataSetKind::none) {
    if (!is_utf8(encoding_)) convert();
    check_text();
  } else {
    check_name();
    set_ = read_data_set(name_, bytes_.data(), bytes_.size(), kind_, use);
    begin_ = set_.data.get();
    end_ = begin_ + set_.size;
  }
  check_encoding();
  if (bytes_.cut())
    refuse(name_, 0, "E-NUL", "found NUL bytes, after which nothing was read", "expected text",
           "the file may be damaged, or in another encoding");
}

void Source::check_name() const {
  constexpr std::size_t ending = 4;
  if (name_.size() < ending || !starts_with_any_case(std::string_view(name_).substr(name_.size() - ending), ".csv"))
    return;
  const bool stata = kind_ == DataSetKind::stata;
  refuse(name_, 1, stata ? "E-KIND-DTA" : "E-KIND-SAV",
         std::string("found ") + (stata ? "a Stata" : "an SPSS") + " file under a name that ends in .csv",
         "expected comma-separated text in UTF-8",
         std::string("if it is the data, rename it to ") + (stata ? ".dta" : ".sav"));
}

void Source::convert() {
  const std::string_view bytes(bytes_.data(), bytes_.size());
  const std::string expected = "expected text in " + as_named(encoding_);
  check_binary(name_, bytes);
  if (!is_wide(encoding_))
    for (const auto& [mark, of] :
         {std::pair{"\xef\xbb\xbf"sv, "UTF-8"}, {"\xff\xfe"sv, "UTF-16"}, {"\xfe\xff"sv, "UTF-16"}})
      if (bytes.substr(0, mark.size()) == mark)
        refuse(name_, 1, "E-ENC-INVALID", std::string("found a mark of ") + of + " at the start", expected,
               mark.size() == 3 ? "leave --encoding (in scenarios encoding) out" : name_it("UTF-16"));
  Converted made = to_utf8(bytes, encoding_);
  converted_ = std::move(made.text);
  if (made.bytes < bytes.size()) {
    const auto last_line = std::find(converted_.rbegin(), converted_.rend(), '\n');
    throw InputError({{Diagnostic::Severity::error,
                       "E-ENC-INVALID",
                       {name_, 1 + static_cast<std::size_t>(std::count(converted_.begin(), converted_.end(), '\n')),
                        1 + static_cast<std::size_t>(last_line - converted_.rbegin())},
                       "found the byte " + shown_byte(bytes[made.bytes]) + ", with which no character begins",
                       expected,
                       "the file may be damaged, or in another encoding"}});
  }
  const char* const begin = bytes_.data();
  if (!is_wide(encoding_) && std::any_of(bytes.begin(), bytes.end(), [](char c) { return (c & 0x80) != 0; }) &&
      first_bad_byte(begin, begin + bytes.size()) == begin + bytes.size())
    set_.warnings.push_back({Diagnostic::Severity::warning,
                             "W-ENC-UTF8",
                             {name_, 1, 1},
                             "found text that is UTF-8 as it stands",
                             expected,
                             "it was read so; if names look wrong, leave --encoding (in scenarios encoding) out"});
  converted_.resize(converted_.size() + padding);
}

void Source::check_text() {
  const bool is_converted = !converted_.empty();
  char* const data = is_converted ? converted_.data() : bytes_.data();
  const std::size_t size = is_converted ? converted_.size() - padding : bytes_.size();
  check_binary(name_, std::string_view(data, size));
  check_kind(name_, std::string_view(data, std::min<std::size_t>(size, 4096)), encoding_.empty());
  begin_ = data;
  if (std::string_view(data, size).substr(0, 3) == "\xef\xbb\xbf") begin_ += 3;
  char* end = data + size;
  while (end > begin_ && end[-1] == 0x1a) --end;
  if (end != data + size) {
    control_z_ = end;
    *end = 0;
  }
  end_ = end;
  if (std::all_of(begin_, end_, [](char c) { return c == '\n' || c == '\r' || c == ' ' || c == '\t'; }))
    refuse(name_, 1, "E-EMPTY", size == 0 ? "found an empty file" : "found a file without text",
           "expected a line of column names and records");
}

std::string Source::hint_for_encoding(const std::string& likely) const {
  const bool may_be_named = encoding_.empty();
  const std::string name = likely.empty() ? "ENCODING" : likely,
                    it_may = likely.empty() ? "" : "it may be " + likely + ": ";
  if (!is_utf8(encoding_)) return "the file may be damaged: write it anew";
  if (!of_observations()) {
    if (!likely.empty()) return it_may + name_or_convert(likely, may_be_named);
    return std::string("the file may be damaged, or in another encoding") +
           (may_be_named ? ", which --encoding (in scenarios encoding) names" : "");
  }
  const std::string name_or_write = may_be_named ? name_it(name) : "write it anew, or as CSV in UTF-8";
  if (kind_ == DataSetKind::spss)
    return "the file says that its texts are UTF-8, which they are not: " + it_may + name_or_write;
  if (set_.release >= 118)
    return "texts of Stata files of release " + std::to_string(set_.release) +
           " are always in UTF-8: the program that wrote this one did not convert them; " + it_may + name_or_write;
  return "Stata files of release " + std::to_string(set_.release) + " do not say how their texts are encoded; " +
         it_may + (may_be_named ? name_it(name) + ", or in" : "in") + " Stata 14 or later: unicode encoding set " +
         name + ", then unicode translate FILE";
}

void Source::check_encoding() {
  // What the fields say is not known in a broken encoding, so these errors are told alone: the
  // first of each line.
  Findings findings(*this);
  for (const char* p = first_bad_byte(begin_, end_); p != end_ && !findings.full(); p = first_bad_byte(p, end_)) {
    if (*p == 0) {
      const char* last = p;
      while (last < end_ && *last == 0) ++last;
      findings.error("E-NUL", p,
                     last - p == 1 ? "found a NUL byte" : "found " + std::to_string(last - p) + " NUL bytes",
                     "expected text",
                     last == end_ ? "the program that wrote the file may have crashed: write it anew"
                                  : "the file may be damaged: write it anew");
    } else {
      const std::string encoding = likely_encoding(p, end_);
      findings.error("E-ENC-INVALID", p, "found the byte " + shown_byte(*p) + ", which is not UTF-8",
                     "expected text in UTF-8", hint_for_encoding(encoding));
    }
    const void* const line_end = std::memchr(p, '\n', static_cast<std::size_t>(end_ - p));
    p = line_end == nullptr ? end_ : static_cast<const char*>(line_end);
  }
  findings.throw_errors();
}

Location Source::where(const char* at, std::size_t line) const {
  const char* start = at;
  while (start > begin_ && start[-1] != '\n') --start;
  Location out{name_, line, static_cast<std::size_t>(at - start) + 1, of_observations()};
  if (!of_observations()) return out;
  // A comma within quotes is no border; no text of ours holds the end of a line.
  std::size_t variable = 0;
  bool quoted = false;
  for (const char* p = start; p != at; ++p) {
    quoted ^= *p == '"';
    if (*p == ',' && !quoted) ++variable;
  }
  out.column = 0;
  if (variable < set_.variables.size() && at != begin_) out.variable = set_.variables[variable].name;
  return out;
}

const Variable* Source::variable(std::string_view name) const {
  for (const Variable& one : set_.variables)
    if (one.name == name) return &one;
  return nullptr;
}

// --- findings
// ----------------------------------------------------------------------------------------------------------

void Findings::error(std::string code, const char* at, std::string found, std::string expected, std::string hint) {
  ++errors_;
  entries_.push_back({at,
                      {Diagnostic::Severity::error,
                       std::move(code),
                       {source_.name(), 0, 0},
                       std::move(found),
                       std::move(expected),
                       std::move(hint)}});
}

void Findings::error_on(std::string code, std::size_t line, std::string found, std::string expected, std::string hint) {
  ++errors_;
  entries_.push_back({nullptr,
                      {Diagnostic::Severity::error, std::move(code), source_.line(line), std::move(found),
                       std::move(expected), std::move(hint)}});
}

void Findings::warn(std::string code, const char* at, std::string found, std::string expected, std::string hint) {
  entries_.push_back({at,
                      {Diagnostic::Severity::warning,
                       std::move(code),
                       {source_.name(), 0, 0},
                       std::move(found),
                       std::move(expected),
                       std::move(hint)}});
}

Location Findings::where(const char* at) const {
  const auto lines = static_cast<std::size_t>(std::count(source_.begin(), at, '\n'));
  return source_.where(at, source_.first_line() + lines);
}

std::vector<Diagnostic> Findings::placed(Diagnostic::Severity severity) {
  std::vector<Entry*> chosen;
  for (Entry& entry : entries_)
    if (entry.what.severity == severity) chosen.push_back(&entry);
  // Lines are counted here, once over the file, and never while reading.
  std::stable_sort(chosen.begin(), chosen.end(), [](const Entry* a, const Entry* b) { return a->at < b->at; });
  std::size_t line = source_.first_line();
  const char* counted = source_.begin();
  for (Entry* entry : chosen) {
    if (entry->at == nullptr) continue;
    line += static_cast<std::size_t>(std::count(counted, entry->at, '\n'));
    counted = entry->at;
    entry->what.where = source_.where(entry->at, line);
  }
  std::vector<Diagnostic> out;
  out.reserve(chosen.size());
  for (const Entry* entry : chosen) out.push_back(entry->what);
  std::stable_sort(out.begin(), out.end(), [](const Diagnostic& a, const Diagnostic& b) {
    return a.where.line != b.where.line ? a.where.line < b.where.line : a.where.column < b.where.column;
  });
  return out;
}

void Findings::throw_errors() {
  if (errors_ == 0) return;
  std::vector<Diagnostic> problems = placed(Diagnostic::Severity::error);
  if (problems.size() > cap) problems.resize(cap);
  throw InputError(std::move(problems));
}

std::vector<Diagnostic> Findings::warnings() { return placed(Diagnostic::Severity::warning); }

}  // namespace rungs::io::detail
