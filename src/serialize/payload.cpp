// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#include <boost/archive/archive_exception.hpp>
#include <boost/archive/text_iarchive.hpp>
#include <boost/archive/text_oarchive.hpp>
#include <boost/serialization/level.hpp>
#include <boost/serialization/string.hpp>
#include <boost/serialization/tracking.hpp>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstddef>
#include <istream>
#include <locale>
#include <ostream>
#include <sstream>
#include <streambuf>
#include <string>
#include <type_traits>
#include <utility>

#include "plain.hpp"

// No class information in the archive, and no tracking of objects: what is read can only be values in their order.
#define RUNGS_PLAIN(Type)                                                                                              \
  BOOST_CLASS_IMPLEMENTATION(Type, boost::serialization::object_serializable)                                          \
  BOOST_CLASS_TRACKING(Type, boost::serialization::track_never)                                                        \
  static_assert(boost::serialization::implementation_level<Type>::value == boost::serialization::object_serializable); \
  static_assert(boost::serialization::tracking_level<Type>::value == boost::serialization::track_never);               \
  static_assert(std::is_aggregate_v<Type> && !std::is_polymorphic_v<Type>, "plain values only")

RUNGS_PLAIN(rungs::detail::saved::Numbers);
RUNGS_PLAIN(rungs::detail::saved::PlainSet);
RUNGS_PLAIN(rungs::detail::saved::PlainLadder);
RUNGS_PLAIN(rungs::detail::saved::PlainInput);
RUNGS_PLAIN(rungs::detail::saved::PlainWarning);
RUNGS_PLAIN(rungs::detail::saved::PlainModel);

namespace rungs::detail::saved {

namespace {

[[noreturn]] void refuse_payload(std::string found) {
  refuse("E-ARCH-PAYLOAD", std::move(found), "expected the content as Rungs writes it");
}

/// Text to read from, with what is left of it.
class Reading : public std::streambuf {
 public:
  explicit Reading(std::string_view text) {
    char* const begin = const_cast<char*>(text.data());  // never written: there is no put area
    setg(begin, begin, begin + text.size());
  }
  [[nodiscard]] std::string_view left() const { return {gptr(), static_cast<std::size_t>(egptr() - gptr())}; }
};

/// Compares what is written with a text.
class Comparing : public std::streambuf {
 public:
  explicit Comparing(std::string_view text) : left_(text) {}
  [[nodiscard]] bool equal() const noexcept { return equal_ && left_.empty(); }

 protected:
  int_type overflow(int_type c) override {
    const char byte = traits_type::to_char_type(c);
    compare({&byte, 1});
    return traits_type::not_eof(c);
  }
  std::streamsize xsputn(const char* bytes, std::streamsize size) override {
    compare({bytes, static_cast<std::size_t>(size)});
    return size;
  }

 private:
  void compare(std::string_view bytes) {
    equal_ = equal_ && left_.substr(0, bytes.size()) == bytes;
    left_.remove_prefix(std::min(bytes.size(), left_.size()));
  }
  std::string_view left_;
  bool equal_ = true;
};

/// Where an archive that reads finds what is left.
struct Budget {
  const Reading* reading = nullptr;
};
int budget_id = 0;

template <class Archive>
std::string_view left(Archive& ar) {
  return ar.template get_helper<Budget>(&budget_id).reading->left();
}

template <class Archive>
void value(Archive& ar, std::string& text) {
  // The archive would believe any length: look at it first.
  if constexpr (Archive::is_loading::value) {
    std::string_view rest = left(ar);
    if (!rest.empty() && rest.front() == ' ') rest.remove_prefix(1);
    std::uint64_t size = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), size);
    if (error != std::errc{} || size > static_cast<std::uint64_t>(rest.data() + rest.size() - end))
      refuse_payload("found a text longer than the content");
  }
  ar& text;
}
template <class Archive>
void value(Archive& ar, std::uint64_t& number) {
  ar& number;
}
template <class Archive>
void value(Archive& ar, std::int64_t& number) {
  ar& number;
}
template <class Archive, class T>
void value(Archive& ar, T& plain) {
  ar& plain;
}

/// A count and that many values; a value takes at least `least` bytes.
template <class Archive, class T>
void list(Archive& ar, std::vector<T>& values, std::size_t least) {
  std::uint64_t size = values.size();
  ar& size;
  if constexpr (Archive::is_loading::value) {
    if (size > left(ar).size() / least) refuse_payload("found a list longer than the content");
    values.reserve(static_cast<std::size_t>(size));
    for (std::uint64_t k = 0; k < size; ++k) value(ar, values.emplace_back());
  } else {
    for (T& x : values) value(ar, x);
  }
}
// A space and a digit; for text, a space more.
constexpr std::size_t number_bytes = 2, text_bytes = 3;

/// 16 hexadecimal digits for the bits of each number: the same on every machine and in every locale.
std::string to_hex(const std::vector<double>& values) {
  std::string out;
  out.reserve(16 * values.size());
  for (const double x : values) {
    const auto bits = std::bit_cast<std::uint64_t>(x);
    for (unsigned shift = 64; shift > 0;) out += "0123456789abcdef"[(bits >> (shift -= 4)) & 15U];
  }
  return out;
}

std::vector<double> from_hex(std::string_view hex) {
  if (hex.size() % 16 != 0) refuse_payload("found numbers that are cut off");
  std::vector<double> out;
  out.reserve(hex.size() / 16);
  for (; !hex.empty(); hex.remove_prefix(16)) {
    std::uint64_t bits = 0;
    const auto [end, error] = std::from_chars(hex.data(), hex.data() + 16, bits, 16);
    if (error != std::errc{} || end != hex.data() + 16)
      refuse_payload("found numbers that are not 16 hexadecimal digits each");
    out.push_back(std::bit_cast<double>(bits));
  }
  return out;
}

}  // namespace

template <class Archive>
void serialize(Archive& ar, Numbers& x, unsigned /*version*/) {
  std::string hex;
  if constexpr (Archive::is_saving::value) hex = to_hex(x.values);
  value(ar, hex);
  if constexpr (Archive::is_loading::value) x.values = from_hex(hex);
}

template <class Archive>
void serialize(Archive& ar, PlainSet& x, unsigned /*version*/) {
  value(ar, x.name);
  list(ar, x.members, number_bytes);
}

template <class Archive>
void serialize(Archive& ar, PlainLadder& x, unsigned /*version*/) {
  list(ar, x.rungs, number_bytes);
  list(ar, x.names, text_bytes);
  value(ar, x.all_moves);
  value(ar, x.moves);
  list(ar, x.sets, text_bytes + number_bytes);
}

template <class Archive>
void serialize(Archive& ar, PlainInput& x, unsigned /*version*/) {
  value(ar, x.name);
  value(ar, x.sha256);
}

template <class Archive>
void serialize(Archive& ar, PlainWarning& x, unsigned /*version*/) {
  value(ar, x.code);
  value(ar, x.message);
}

template <class Archive>
void serialize(Archive& ar, PlainModel& x, unsigned /*version*/) {
  if (x.format != of_everybody) list(ar, x.groups, text_bytes);
  value(ar, x.ladder);
  value(ar, x.step_units);
  value(ar, x.step_years);
  value(ar, x.constant);
  value(ar, x.first);
  list(ar, x.matrices, text_bytes);
  value(ar, x.kind);
  list(ar, x.draws, text_bytes);
  value(ar, x.method);
  list(ar, x.people, text_bytes);
  value(ar, x.people_observed);
  list(ar, x.inputs, 2 * text_bytes);
  list(ar, x.warnings, 2 * text_bytes);
  value(ar, x.rungs_version);
  if (x.format != with_time) return;
  value(ar, x.observed_years);
  list(ar, x.observed, number_bytes);
}

namespace {

constexpr unsigned flags = boost::archive::no_header | boost::archive::no_codecvt;

void write(std::ostream& out, const PlainModel& plain) {
  out.imbue(std::locale::classic());
  boost::archive::text_oarchive archive(out, flags);
  archive << plain;
}

}  // namespace

std::string payload_of(const PlainModel& plain) {
  std::ostringstream out;
  write(out, plain);
  return std::move(out).str();
}

bool has_payload(const PlainModel& plain, std::string_view payload) {
  Comparing comparing(payload);
  std::ostream out(&comparing);
  write(out, plain);
  return comparing.equal();
}

PlainModel read_payload(std::string_view payload, std::uint64_t format) {
  Reading reading(payload);
  std::istream in(&reading);
  in.imbue(std::locale::classic());
  PlainModel out;
  out.format = format;
  try {
    boost::archive::text_iarchive archive(in, flags);
    archive.get_helper<Budget>(&budget_id).reading = &reading;
    archive >> out;
  } catch (const boost::archive::archive_exception&) {
    refuse_payload("found content that is not a model");
  }
  return out;
}

}  // namespace rungs::detail::saved
