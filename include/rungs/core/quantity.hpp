// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_CORE_QUANTITY_HPP
#define RUNGS_CORE_QUANTITY_HPP

#include <compare>
#include <limits>
#include <string>
#include <utility>

#include <rungs/core/error.hpp>

namespace rungs {

/// A part of a whole, from 0 to 1: a probability, an uptake, a completion rate.
///
/// Throws DomainError [E-SHARE] when the number is not in [0, 1]; NaN is not.
class Share {
 public:
  explicit Share(double value) : value_(value) {
    if (!(value >= 0 && value <= 1))
      throw DomainError("E-SHARE", "found a share of " + detail::text(value) + "; expected a number from 0 to 1",
                        value);
  }
  [[nodiscard]] double value() const noexcept { return value_; }
  friend auto operator<=>(const Share&, const Share&) = default;

 private:
  double value_;
};

/// A number of people; expected headcounts need not be whole. `Heads::unlimited()` stands for "no limit".
///
/// Throws DomainError [E-HEADS] when the number is negative, NaN or infinite.
class Heads {
 public:
  explicit Heads(double value) : value_(value) {
    if (!(value >= 0 && value < std::numeric_limits<double>::infinity()))
      throw DomainError("E-HEADS", "found " + detail::text(value) + " people; expected a number of people, 0 or more",
                        value);
  }
  [[nodiscard]] static Heads unlimited() noexcept { return Heads(); }
  [[nodiscard]] bool is_unlimited() const noexcept { return value_ == std::numeric_limits<double>::infinity(); }
  [[nodiscard]] double value() const noexcept { return value_; }
  friend auto operator<=>(const Heads&, const Heads&) = default;

 private:
  Heads() noexcept : value_(std::numeric_limits<double>::infinity()) {}
  double value_;
};

/// A currency at the prices of one year; money of different kinds does not add up.
struct Currency {
  std::string name{};
  int price_year = 0;
  friend bool operator==(const Currency&, const Currency&) = default;
};

/// An amount of money in a currency at the prices of one year.
///
/// Throws DomainError [E-MONEY] when the amount is not finite, and Refusal [E-CURRENCY] when two kinds of money meet.
class Money {
 public:
  Money(double amount, Currency currency) : amount_(amount), currency_(std::move(currency)) {
    if (!(amount - amount == 0))
      throw DomainError("E-MONEY", "found an amount of " + detail::text(amount) + "; expected a finite number", amount);
  }
  [[nodiscard]] double amount() const noexcept { return amount_; }
  [[nodiscard]] const Currency& currency() const noexcept { return currency_; }
  friend Money operator+(const Money& a, const Money& b) {
    if (!(a.currency_ == b.currency_))
      throw Refusal("E-CURRENCY", "found " + a.currency_.name + " " + std::to_string(a.currency_.price_year) + " and " +
                                      b.currency_.name + " " + std::to_string(b.currency_.price_year) +
                                      " in one sum; expected one currency at the prices of one year");
    return {a.amount_ + b.amount_, a.currency_};
  }
  friend Money operator*(double factor, const Money& a) { return {factor * a.amount_, a.currency_}; }
  friend bool operator==(const Money&, const Money&) = default;

 private:
  double amount_;
  Currency currency_;
};

/// The probability that an interval is meant to hold the truth with, strictly between 0 and 1, such as 0.95.
///
/// Throws DomainError [E-LEVEL] otherwise.
class Level {
 public:
  explicit Level(double value = 0.95) : value_(value) {
    if (!(value > 0 && value < 1))
      throw DomainError("E-LEVEL", "found a level of " + detail::text(value) + "; expected a number between 0 and 1",
                        value);
  }
  [[nodiscard]] double value() const noexcept { return value_; }
  [[nodiscard]] double lower_tail() const noexcept { return (1 - value_) / 2; }
  friend auto operator<=>(const Level&, const Level&) = default;

 private:
  double value_;
};

}  // namespace rungs

#endif
