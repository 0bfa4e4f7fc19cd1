// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include "scanner.hpp"

#include "words.hpp"

namespace rungs::io::detail {

namespace {

bool is_blank(char c) { return c == ' ' || c == '\t'; }
bool ends_line(const char* p) { return *p == '\n' || *p == '\0' || (*p == '\r' && p[1] == '\n'); }

}  // namespace

std::string Field::meant() const {
  if (form != Form::with_doubled_quotes) return std::string(text());
  std::string out;
  for (const char* p = begin; p != end; ++p) {
    out += *p;
    if (*p == '"') ++p;
  }
  return out;
}

Scanner::Scanner(const Source& source, Findings& findings)
    : findings_(findings),
      at_(source.begin()),
      record_(source.begin()),
      last_text_(source.end()),
      line_(source.first_line()),
      record_line_(line_) {
  while (last_text_ > at_ && (is_blank(last_text_[-1]) || last_text_[-1] == '\n' || last_text_[-1] == '\r'))
    --last_text_;
}

std::vector<Field> Scanner::header() {
  while (*at_ == '\n' || *at_ == '\r' || is_blank(*at_)) {
    const char* p = at_;
    while (is_blank(*p)) ++p;
    if (!ends_line(p) || *p == '\0') break;
    end_line(p);
    ++line_;
  }
  record_ = at_;
  record_line_ = line_;
  std::vector<Field> fields;
  const char* p = at_;
  for (;;) {
    Field field;
    if (*p == '"') {
      p = quoted(p, field);
      if (p == nullptr) break;
    } else {
      field.begin = p;
      p = find_end(p);
      field.end = p;
    }
    if (*p == '"') {
      (void)bare_quote(p);
      break;
    }
    if (p - field.begin > longest_field) {
      (void)long_field(field);
      break;
    }
    fields.push_back(field);
    if (*p != ',') {
      end_line(p);
      ++line_;
      break;
    }
    ++p;
  }
  findings_.throw_errors();
  return fields;
}

const char* Scanner::quoted(const char* p, Field& field) {
  field.begin = p + 1;
  field.form = Field::Form::quoted;
  const char* q = p + 1;
  for (;; ++q) {
    q = find_end(q);
    if (*q == '\0') {
      findings_.error("E-QUOTE-OPEN", p, "found a quote that does not close",
                      "expected another quote at the end of the field", "a quote inside a field is written twice");
      at_ = q;
      return nullptr;
    }
    if (*q == '\n') ++line_;
    if (*q != '"') continue;
    if (q[1] != '"') break;
    field.form = Field::Form::with_doubled_quotes;
    ++q;
  }
  field.end = q++;
  if (*q == ',' || *q == '\n' || *q == '\r' || *q == '\0') return q;
  const bool backslash = field.end > field.begin && field.end[-1] == '\\';
  findings_.error("E-QUOTE-JUNK", q, "found text after the closing quote of a field",
                  "expected a comma or the end of the line",
                  backslash ? "a quote inside a field is written twice, not with a backslash"
                            : "a quote inside a field is written twice");
  (void)skip_line(q);
  return nullptr;
}

bool Scanner::is_blank_line(const char* p) {
  for (const char* q = record_; q != p; ++q)
    if (!is_blank(*q)) return false;
  if (!ends_line(p)) return false;
  if (blank_line_ == nullptr && p < last_text_) blank_line_ = record_;
  end_line(p);
  ++line_;
  return true;
}

void Scanner::end_line(const char* p) {
  if (*p == '\0') {
    at_ = p;
  } else if (*p == '\n') {
    at_ = p + 1;
  } else if (p[1] == '\n') {
    at_ = p + 2;
  } else {
    if (!lone_return_told_)
      findings_.error("E-EOL-CR", p, "found a carriage return without a line feed",
                      "expected lines that end in a line feed, or in both",
                      "old Macintosh programs end lines so: save the file with Unix or Windows line ends");
    lone_return_told_ = true;
    at_ = p + 1;
  }
}

Scanner::Found Scanner::skip_line(const char* p) {
  while (*p != '\n' && *p != '\0') ++p;
  at_ = *p == '\n' ? p + 1 : p;
  ++line_;
  return Found::broken_record;
}

Scanner::Found Scanner::bare_quote(const char* p) {
  findings_.error("E-QUOTE-BARE", p, "found a quote inside a field that does not start with one",
                  "expected quotes around the whole field", "a quote inside a quoted field is written twice");
  return skip_line(p);
}

Scanner::Found Scanner::long_field(const Field& field) {
  findings_.error(
      "E-FIELD-LONG", field.begin, "found a field of " + std::to_string(field.size()) + " bytes",
      "expected at most " + std::to_string(longest_field),
      field.form == Field::Form::plain ? "the file may be damaged, or no table" : "a closing quote may be missing");
  return skip_line(field.end);
}

Scanner::Found Scanner::too_many(const char* p, std::size_t columns) {
  const bool decimal = p > record_ && is_digit(p[-1]) && is_digit(p[1]);
  findings_.error("E-FIELDS-MANY", p, "found more than " + std::to_string(columns) + " fields",
                  "expected " + std::to_string(columns) + ", as in the line of column names",
                  decimal ? "a decimal number is written with a point: 1.5, not 1,5"
                          : "a field that holds a comma stands in double quotes");
  return skip_line(p);
}

Scanner::Found Scanner::too_few(const char* p, std::size_t fields, std::size_t columns) {
  if (!ends_line(p)) {  // a carriage return cuts the record in two: one error is enough
    end_line(p);
    return skip_line(p);
  }
  std::string hint;
  if (*record_ == '#')
    hint = "comments are not read: leave the line out";
  else if (*p == '\0')
    hint = "the end of the file may be missing";
  const std::string found = fields == 1 ? "found one field, " + shown({record_, static_cast<std::size_t>(p - record_)})
                                        : "found " + std::to_string(fields) + " fields";
  findings_.error("E-FIELDS-FEW", fields == 1 ? record_ : p, found,
                  "expected " + std::to_string(columns) + ", as in the line of column names", hint);
  return skip_line(p);
}

}  // namespace rungs::io::detail
