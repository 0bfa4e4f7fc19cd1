// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_IO_LOOKUP_HPP
#define RUNGS_IO_LOOKUP_HPP

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "source.hpp"

namespace rungs::io::detail {

/// A short text as its first eight bytes and its length, so that most comparisons are of two
/// numbers.
///
/// The eight bytes from `text` on must be readable, whatever its length.
struct Key {
  const char* text = nullptr;
  std::uint64_t word = 0;
  std::uint32_t length = 0;

  Key() = default;
  Key(const char* begin, const char* end) noexcept : text(begin), length(static_cast<std::uint32_t>(end - begin)) {
    if (length == 0) return;
    if constexpr (std::endian::native == std::endian::little) {
      std::memcpy(&word, begin, sizeof word);
      if (length < 8) word &= ~std::uint64_t{0} >> (64 - 8 * length);
    } else {
      std::memcpy(&word, begin, length < 8 ? length : 8);
    }
  }
  [[nodiscard]] std::string_view view() const noexcept { return {text, length}; }
  friend bool operator==(const Key& a, const Key& b) noexcept {
    return a.word == b.word && a.length == b.length && same_rest(a.text, b.text, a.length);
  }
  /// Whether two texts of one length and with the same first eight bytes are the same.
  [[nodiscard]] static bool same_rest(const char* a, const char* b, std::uint32_t length) noexcept {
    if (length <= 8) return true;
    if (length > 24) return std::memcmp(a + 8, b + 8, length - 8) == 0;
    std::uint64_t middle[2], last[2];  // the last eight bytes, and those before them of longer texts
    const std::uint32_t at = length < 16 ? length - 8 : 8;
    std::memcpy(&middle[0], a + at, 8);
    std::memcpy(&middle[1], b + at, 8);
    std::memcpy(&last[0], a + length - 8, 8);
    std::memcpy(&last[1], b + length - 8, 8);
    return middle[0] == middle[1] && last[0] == last[1];
  }
  /// Whether this text stands at `p`, where what lies before `end` may be read, and the eight bytes from `p` on.
  [[nodiscard]] bool stands_at(const char* p, const char* end) const noexcept {
    return (length <= 8 || end - p >= std::ptrdiff_t{length}) && Key(p, p + length) == *this;
  }
  /// Shorter texts before longer ones, those of one length by their bytes: so 9 stands before 10,
  /// and P09 before P10.
  friend bool operator<(const Key& a, const Key& b) noexcept {
    return a.length != b.length ? a.length < b.length : std::memcmp(a.text, b.text, a.length) < 0;
  }
};

/// Keeps texts that do not stand in the file as they are meant, with bytes to read behind them.
class Keeper {
 public:
  [[nodiscard]] Key keep(std::string_view text) {
    std::string& kept = texts_.emplace_back(text);
    kept.append(8, '\0');
    return {kept.data(), kept.data() + text.size()};
  }

 private:
  std::deque<std::string> texts_{};
};

/// Numbers for texts: those of a fixed set, or each new text the next number. Method: open
/// addressing.
class Lookup {
 public:
  static constexpr std::uint32_t none = 0xffffffff;

  Lookup() : slots_(std::size_t{1} << 8) {}

  /// The number of a text, `none` for one that is not known.
  [[nodiscard]] std::uint32_t find(const Key& key) const noexcept {
    std::size_t at = hash(key) & (slots_.size() - 1);
    for (;; at = (at + 1) & (slots_.size() - 1)) {
      const Slot& slot = slots_[at];
      if (slot.number == none || (slot.word == key.word && slot.length == key.length && same_rest(slot, key)))
        return slot.number;
    }
  }
  /// The number of a text; `number` for one that was not known, which from now on is.
  std::uint32_t find_or_add(const Key& key, std::uint32_t number) {
    std::size_t at = hash(key) & (slots_.size() - 1);
    for (;; at = (at + 1) & (slots_.size() - 1)) {
      Slot& slot = slots_[at];
      if (slot.number == none) {
        slot = {key.word, key.text, key.length, number};
        if (++used_ * 2 > slots_.size()) grow();
        return number;
      }
      if (slot.word == key.word && slot.length == key.length && same_rest(slot, key)) return slot.number;
    }
  }
  /// Makes room for so many texts, once, before any is added.
  void reserve(std::size_t texts) { slots_.resize(std::bit_ceil(2 * texts + 2)); }

 private:
  struct Slot {
    std::uint64_t word = 0;
    const char* text = nullptr;
    std::uint32_t length = 0;
    std::uint32_t number = none;
  };
  static bool same_rest(const Slot& slot, const Key& key) noexcept {
    return Key::same_rest(slot.text, key.text, key.length);
  }
  static std::uint64_t mixed(std::uint64_t x) noexcept {
    x *= 0x9e3779b97f4a7c15ULL;
    x ^= x >> 32;
    x *= 0xd6e8feb86659fd93ULL;
    return x ^ (x >> 29);
  }
  template <class KeyOrSlot>
  static std::size_t hash(const KeyOrSlot& key) noexcept {
    std::uint64_t h = mixed(key.word ^ (std::uint64_t{key.length} << 56));
    for (std::size_t done = 8; done < key.length; done += 8) {
      const std::size_t from = key.length - done < 8 ? key.length - 8 : done;  // the last eight bytes may overlap
      std::uint64_t w = 0;
      std::memcpy(&w, key.text + from, sizeof w);
      h = mixed(h ^ w);
    }
    return static_cast<std::size_t>(h);
  }
  void grow() {
    std::vector<Slot> old(slots_.size() * 2);
    old.swap(slots_);
    for (const Slot& slot : old) {
      if (slot.number == none) continue;
      std::size_t at = hash(slot) & (slots_.size() - 1);
      while (slots_[at].number != none) at = (at + 1) & (slots_.size() - 1);
      slots_[at] = slot;
    }
  }
  std::vector<Slot> slots_;
  std::size_t used_ = 0;
};

/// People by id, numbered from 0 in the order in which they come.
///
/// As long as every new id is behind all others in order, none can be known already, and nothing is
/// looked up: a file sorted by person costs no table. In a file sorted by time the next person is
/// the one who came next before: that is tried first. The first id that is neither makes a table.
class People {
 public:
  [[nodiscard]] std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(ids_.size()); }
  /// Makes room for so many, of which not all need come.
  void expect(std::size_t people) {
    ids_.reserve(people);
    expect_use(ids_.data(), people * sizeof(Id));
  }
  [[nodiscard]] std::string_view id(std::uint32_t person) const noexcept {
    return {ids_[person].text, ids_[person].length};
  }
  /// The number of a person, Lookup::none for an id that nobody has. Makes the table.
  [[nodiscard]] std::uint32_t find(const Key& key) {
    if (!table_made_) make_table();
    return table_.find(key);
  }
  /// The number of a person; for a new one, size() before.
  std::uint32_t number(const Key& key) {
    const bool guess = wrong_guesses_ < 8;
    if (guess) {
      if (next_ >= size()) next_ = 0;
      if (size() > 0 && id(next_) == key.view()) {
        wrong_guesses_ = 0;
        return next_++;
      }
    }
    const std::uint32_t before = size();
    const std::uint32_t found = known_or_new(key);
    if (guess && found != before) ++wrong_guesses_;
    next_ = found + 1;
    return found;
  }

 private:
  struct Id {
    const char* text;
    std::uint32_t length;
  };
  std::uint32_t known_or_new(const Key& key) {
    if (!table_made_ && (ids_.empty() || last_ < key)) {
      last_ = key;
      ids_.push_back({key.text, key.length});
      return size() - 1;
    }
    if (!table_made_) make_table();
    const std::uint32_t found = table_.find_or_add(key, size());
    if (found == size()) ids_.push_back({key.text, key.length});
    return found;
  }
  void make_table() {
    table_.reserve(ids_.size());
    for (std::uint32_t person = 0; person < size(); ++person)
      table_.find_or_add({ids_[person].text, ids_[person].text + ids_[person].length}, person);
    table_made_ = true;
  }
  std::vector<Id> ids_{};
  std::uint32_t next_ = 0;      // who came next before
  unsigned wrong_guesses_ = 0;  // in a row
  Key last_{};
  Lookup table_{};
  bool table_made_ = false;
};

}  // namespace rungs::io::detail

#endif
