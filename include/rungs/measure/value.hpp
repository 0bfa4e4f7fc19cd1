// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_MEASURE_VALUE_HPP
#define RUNGS_MEASURE_VALUE_HPP

#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rungs/core/draw.hpp>
#include <rungs/core/quantity.hpp>
#include <rungs/intervene/effect.hpp>
#include <rungs/measure/discount.hpp>
#include <rungs/measure/within_period.hpp>
#include <rungs/model/headcount.hpp>
#include <rungs/project/course.hpp>

namespace rungs {

/// Whose money it is, or whose good. What anybody pays or gains, society does.
enum class Perspective : std::uint8_t {
  budget,       ///< of who pays for the programmes
  participant,  ///< of the people who move: earnings forgone, fees
  society,      ///< of anybody else: employers, taxpayers of another budget
};

/// A number that may differ from period to period: period t starts t steps after the start.
///
/// One number for all periods, which may be uncertain (it is its mean then, but in one world); one for each; or a
/// function of t. Throws DomainError [E-COST] for a number that is not finite: at once when it is for all periods, else
/// when it is used; Refusal [E-HORIZON] for a period without one.
class Amount {
 public:
  Amount(double always) : of_([always](std::size_t) { return always; }) {  // NOLINT(google-explicit-constructor)
    (void)at(0);
  }
  Amount(const UncertainAmount& always) : Amount(always.mean()) {  // NOLINT(google-explicit-constructor)
    if (always.varies()) uncertain_ = always;
  }
  Amount(std::vector<double> by_period)  // NOLINT(google-explicit-constructor)
      : of_([values = std::move(by_period)](std::size_t t) {
          if (t < values.size()) return values[t];
          throw Refusal("E-HORIZON", "found amounts for " + std::to_string(values.size()) +
                                         " periods; expected one for period " + std::to_string(t) +
                                         " of the course too, counted from 0");
        }) {}
  template <class F>
  requires(!std::same_as<std::remove_cvref_t<F>, Amount> && std::is_invocable_r_v<double, const F&, std::size_t>)
      Amount(F of)  // NOLINT(google-explicit-constructor)
      : of_(std::move(of)) {}

  [[nodiscard]] double at(std::size_t period) const {
    const double x = of_(period);
    if (!(std::abs(x) < 1e15))
      throw DomainError("E-COST",
                        "found an amount of " + detail::text(x) + " in period " + std::to_string(period) +
                            "; expected a finite number",
                        x);
    return x;
  }

  [[nodiscard]] bool varies() const noexcept { return uncertain_.has_value(); }
  /// By what it is multiplied in a world, `z` standard normal deviations away from its value.
  [[nodiscard]] double factor(double z) const { return uncertain_ ? uncertain_->at(z) / uncertain_->mean() : 1; }

 private:
  std::function<double(std::size_t)> of_;
  std::optional<UncertainAmount> uncertain_{};
};

/// What one stream comes to over a course.
struct StreamValue {
  std::string name;
  std::optional<Currency> currency{};
  Perspective perspective = Perspective::society;
  double discounted = 0;
  double undiscounted = 0;
  double forgone = 0;  ///< what people go without because of programmes, discounted; the two above are less it
  friend bool operator==(const StreamValue&, const StreamValue&) = default;
};

/// One stream of values, such as a cost or an outcome: what is attached to standing somewhere, to moving, to coming in,
/// to enrolling, to a year and to a date, all in one unit.
///
/// Only standing is weighted by the within-period rule: moves, entries, enrolments and fixed amounts fall due at a
/// stated moment of their period, from Share(0), its start, to Share(1), its end; a one-off amount at its date. Nothing
/// but standing, moving, coming in and enrolling depends on heads. Uncertain amounts are drawn each by itself. Amounts
/// may be negative; within one valuation all money must have one sign for what is paid and the other for what is
/// gained. The functions throw Refusal [E-LADDER-OTHER] for strata of another ladder, DomainError [E-COST] for an
/// amount that is not finite or a growth outside -1 to 10, [E-SPAN] for a date before the start.
class ValueStream {
 public:
  /// What kind of values these are. Without a currency they are no money (years, people) and count in no total.
  struct Terms {
    std::string name;
    std::optional<Currency> currency{};
    Perspective perspective = Perspective::society;
    DiscountRate rate{};
    WithinPeriod rule = WithinPeriod::trapezoid;
    bool earned = false;  ///< who is away in a programme (Course::away) goes without what standing somewhere is worth
    std::string unit{};   ///< of what is no money
    double growth = 0;    ///< yearly, from the start on, of all amounts but those due once
  };
  ValueStream(Ladder ladder, Terms terms) : ladder_(std::move(ladder)), terms_(std::move(terms)) {
    if (!(terms_.growth > -1 && terms_.growth < 10))
      throw DomainError("E-COST",
                        "found a yearly growth of amounts of " + detail::text(terms_.growth) +
                            "; expected a number above -1 and below 10",
                        terms_.growth);
  }

  /// For each head in any of some strata (or gone by some exits), per year.
  ValueStream& in(const StratumSet& strata, Amount per_head_and_year) {
    ladder_.require_own(strata);
    stays_.push_back({strata.indices(), std::move(per_head_and_year)});
    return *this;
  }
  /// For each head that moves from any of some strata to any of others (staying is a move to the same).
  ValueStream& on_move(const StratumSet& from, const StratumSet& to, Amount per_head, Share moment) {
    ladder_.require_own(from);
    ladder_.require_own(to);
    events_.push_back({[n = static_cast<Eigen::Index>(ladder_.size()), i = from.indices(), j = to.indices()](
                           const Course& course, std::size_t t) {
                         if (t >= course.flows.size() || course.flows[t].rows() != n || course.flows[t].cols() != n)
                           throw Refusal("E-SHAPE", "found a course without the flows of period " + std::to_string(t) +
                                                        "; expected them, since a value is attached to a move");
                         return course.flows[t](i, j).sum();
                       },
                       std::move(per_head), moment.value()});
    return *this;
  }
  /// For each head that comes into a set of strata from those outside it; moves within the set are no entries.
  ValueStream& on_entry(const StratumSet& into, const Amount& per_head, Share moment) {
    std::vector<std::size_t> outside;
    for (std::size_t i = 0; i < ladder_.size(); ++i)
      if (!into.contains(i)) outside.push_back(i);
    return on_move(ladder_.set_of(std::move(outside)), into, per_head, moment);
  }
  /// For each head that comes into some strata from outside the ladder. They come at the end of a period.
  ValueStream& on_arrival(const StratumSet& into, Amount per_head) {
    ladder_.require_own(into);
    events_.push_back({[j = into.indices()](const Course& course, std::size_t t) {
                         return in_row(course.entrants, t, j, "entrants");
                       },
                       std::move(per_head), 1});
    return *this;
  }
  /// For each participant of a programme, by its place in the policy, counted from 0. They enrol at the start of a
  /// period.
  ValueStream& on_enrolment(std::size_t programme, Amount per_participant) {
    events_.push_back({[programme](const Course& course, std::size_t t) { return enrolled(course, programme, t); },
                       std::move(per_participant), 0});
    return *this;
  }
  /// The same of a programme by its name, in whatever place of a policy; nothing where the policy does not have it.
  ValueStream& on_enrolment(std::string programme, Amount per_participant) {
    enrolments_.push_back({std::move(programme), std::move(per_participant)});
    return *this;
  }
  /// In every year, whoever is there.
  ValueStream& each_year(Amount per_year, Share moment) {
    fixed_.push_back({std::move(per_year), moment.value()});
    return *this;
  }
  /// Once, some years after the start, whoever is there then; an amount in all, not for each head.
  ValueStream& once(Amount amount, double years = 0) {
    if (!(years >= 0 && years <= 1e6))
      throw DomainError(
          "E-SPAN", "found an amount due " + detail::text(years) + " years after the start; expected 0 or more", years);
    once_.push_back({std::move(amount), years});
    return *this;
  }

  [[nodiscard]] const Ladder& ladder() const noexcept { return ladder_; }
  [[nodiscard]] const Terms& terms() const noexcept { return terms_; }

  /// Whether any of its amounts differs between worlds.
  [[nodiscard]] bool varies() const noexcept {
    bool any = false;
    each_amount([&](const Amount& a, std::uint32_t) { any = any || a.varies(); });
    return any;
  }
  /// Where its uncertain amounts stand in a world, in standard normal deviations from their values.
  [[nodiscard]] std::vector<double> uncertain(const Draw& draw) const {
    std::vector<double> out;
    each_amount([&](const Amount& a, std::uint32_t part) {
      if (a.varies()) out.push_back(deviation(part, draw));
    });
    return out;
  }
  /// The stream with its amounts as they are in a world.
  [[nodiscard]] ValueStream in_world(const Draw& draw) const {
    ValueStream out = *this;
    if (draw.is_point()) return out;
    out.each_amount([&](Amount& a, std::uint32_t part) {
      if (a.varies()) a = Amount(a.at(0) * a.factor(deviation(part, draw)));
    });
    return out;
  }

  /// What the stream comes to over a course: discounted to the start, and not. `programmes` are the names of those of
  /// its policy. Uncertain amounts are as stated: see in_world().
  ///
  /// What people go without while they are away is that share of what standing where they were at the start of the
  /// period is worth, due as the rule within the period says.
  /// Throws Refusal [E-SHAPE] for a course of another size than the ladder, or without the flows, entrants or
  /// participants that amounts are attached to; [E-HORIZON] for a one-off amount due after the end, or a period without
  /// an amount. Cost: periods x amounts x the strata they are attached to.
  [[nodiscard]] StreamValue over(const Course& course, Step step,
                                 const std::vector<std::string>& programmes = {}) const {
    const auto steps = static_cast<std::int64_t>(course.headcount.rows()) - 1;
    if (steps < 0 || course.headcount.cols() != static_cast<Eigen::Index>(ladder_.size()))
      throw Refusal("E-SHAPE", "found a course of " + std::to_string(course.headcount.cols()) +
                                   " strata and exits at " + std::to_string(steps + 1) + " points in time; expected " +
                                   std::to_string(ladder_.size()) + " at one point or more");
    StreamValue out{terms_.name, terms_.currency, terms_.perspective};
    const auto add = [&](double amount, double years) {
      out.discounted += amount * terms_.rate.factor(years);
      out.undiscounted += amount;
    };
    const double years = step.years();
    for (std::int64_t t = 0; t <= steps; ++t) {
      const auto period = static_cast<std::size_t>(t);
      const auto now = static_cast<double>(t);
      const detail::PointWeight weight = detail::point_weight(terms_.rule, t, steps);
      double standing = 0;
      for (const Stay& s : stays_) {
        double per_head = 0;
        if (weight.as_end > 0) per_head += weight.as_end * amount(s.amount, period - 1, years);
        if (weight.as_start > 0) per_head += weight.as_start * amount(s.amount, period, years);
        standing += per_head * in_row(course.headcount, period, s.strata, "headcounts");
      }
      add(years * standing, years * now);
      if (t == steps) break;
      if (terms_.earned && course.away.size() > 0) go_without(course, t, steps, years, out);
      for (const Event& e : events_)
        add(amount(e.amount, period, years) * e.heads(course, period), years * (now + e.moment));
      for (const Enrolment& e : enrolments_)
        for (std::size_t p = 0; p < programmes.size(); ++p)
          if (programmes[p] == e.programme)
            add(amount(e.amount, period, years) * enrolled(course, p, period), years * now);
      for (const Fixed& f : fixed_) add(years * amount(f.amount, period, years), years * (now + f.moment));
    }
    const double end = years * static_cast<double>(steps);
    for (const Once& o : once_) {
      if (!(o.years <= end * (1 + 1e-12)))
        throw Refusal("E-HORIZON", "found an amount of " + detail::quoted(terms_.name) + " due " +
                                       detail::text(o.years) + " years after the start; expected at most " +
                                       detail::text(end) + ", where the course ends");
      add(o.amount.at(0), o.years);
    }
    return out;
  }

 private:
  struct Stay {
    std::vector<std::size_t> strata;
    Amount amount;
  };
  struct Event {
    std::function<double(const Course&, std::size_t)> heads;
    Amount amount;
    double moment;
  };
  struct Enrolment {
    std::string programme;
    Amount amount;
  };
  struct Fixed {
    Amount amount;
    double moment;
  };
  struct Once {
    Amount amount;
    double years;
  };
  /// All amounts in one order, each with the number of its stream of random numbers.
  template <class Self, class Visit>
  static void visit_amounts(Self& self, const Visit& visit) {
    std::uint32_t part = 0;
    for (auto& x : self.stays_) visit(x.amount, part++);
    for (auto& x : self.events_) visit(x.amount, part++);
    for (auto& x : self.enrolments_) visit(x.amount, part++);
    for (auto& x : self.fixed_) visit(x.amount, part++);
    for (auto& x : self.once_) visit(x.amount, part++);
  }
  template <class Visit>
  void each_amount(const Visit& visit) const {
    visit_amounts(*this, visit);
  }
  template <class Visit>
  void each_amount(const Visit& visit) {
    visit_amounts(*this, visit);
  }
  [[nodiscard]] double deviation(std::uint32_t part, const Draw& draw) const {
    return draw.is_point() ? 0.0 : draw.stream(Purpose::effects, part_ + part).normal();
  }
  /// An amount as it has grown by the start of a period.
  [[nodiscard]] double amount(const Amount& of, std::size_t period, double years) const {
    return of.at(period) * std::pow(1 + terms_.growth, static_cast<double>(period) * years);
  }
  /// Takes off what people go without in the period that starts at t. The rule weighs both of its ends.
  void go_without(const Course& course, std::int64_t t, std::int64_t steps, double years, StreamValue& out) const {
    const auto period = static_cast<std::size_t>(t);
    double lost = 0;
    for (const Stay& s : stays_)
      lost += years * amount(s.amount, period, years) * in_row(course.away, period, s.strata, "absences");
    for (const auto& [weight, end] : {std::pair(detail::point_weight(terms_.rule, t, steps).as_start, 0.0),
                                      std::pair(detail::point_weight(terms_.rule, t + 1, steps).as_end, 1.0)}) {
      const double now = weight * lost * terms_.rate.factor(years * (static_cast<double>(t) + end));
      out.forgone += now;
      out.discounted -= now;
      out.undiscounted -= weight * lost;
    }
  }
  static double enrolled(const Course& course, std::size_t programme, std::size_t t) {
    const auto p = static_cast<Eigen::Index>(programme), c = static_cast<Eigen::Index>(t);
    if (p >= course.participants.rows() || c >= course.participants.cols())
      throw Refusal("E-SHAPE", "found a course without participants of programme " + std::to_string(programme) +
                                   " in period " + std::to_string(t) +
                                   "; expected them, since a value is attached to enrolling");
    return course.participants(p, c);
  }
  static double in_row(const Matrix& heads, std::size_t t, const std::vector<std::size_t>& strata, const char* what) {
    const auto r = static_cast<Eigen::Index>(t);
    double sum = 0;
    for (const std::size_t j : strata) {
      const auto c = static_cast<Eigen::Index>(j);
      if (r >= heads.rows() || c >= heads.cols())
        throw Refusal("E-SHAPE", std::string("found a course without the ") + what + " of period " + std::to_string(t) +
                                     "; expected them, since a value is attached to them");
      sum += heads(r, c);
    }
    return sum;
  }
  Ladder ladder_;
  Terms terms_;
  std::uint32_t part_ = detail::stream_of("value " + terms_.name);  // another than that of a programme of its name
  std::vector<Stay> stays_{};
  std::vector<Event> events_{};
  std::vector<Enrolment> enrolments_{};
  std::vector<Fixed> fixed_{};
  std::vector<Once> once_{};
};

/// What a course of things is worth: by stream, and in all from a perspective.
///
/// A total is of the money from that perspective: the budget's, the participants', or, for society, everybody's. Throws
/// Refusal [E-CURRENCY] when a total would add two kinds of money, or there is no money at all; UnknownName
/// [E-LABEL-UNKNOWN] for a stream that is not there.
class Valuation {
 public:
  explicit Valuation(std::vector<StreamValue> streams) : streams_(std::move(streams)) {}
  [[nodiscard]] const std::vector<StreamValue>& streams() const noexcept { return streams_; }
  [[nodiscard]] const StreamValue& operator[](std::string_view name) const {
    std::vector<std::string> known;
    for (const StreamValue& s : streams_) {
      if (s.name == name) return s;
      known.push_back(s.name);
    }
    throw UnknownName("E-LABEL-UNKNOWN",
                      "found the stream " + detail::quoted(name) + "; expected one of " + detail::listed(known),
                      std::string(name), detail::nearest_name(name, known));
  }
  [[nodiscard]] Money discounted(Perspective whose = Perspective::society) const {
    return total(whose, &StreamValue::discounted);
  }
  [[nodiscard]] Money undiscounted(Perspective whose = Perspective::society) const {
    return total(whose, &StreamValue::undiscounted);
  }

 private:
  [[nodiscard]] Money total(Perspective whose, double StreamValue::*amount) const {
    std::optional<Money> sum;
    for (const StreamValue& s : streams_) {
      if (!s.currency) continue;
      const bool counts = whose == Perspective::society || whose == s.perspective;
      const Money more(counts ? s.*amount : 0.0, *s.currency);
      sum = sum ? *sum + more : more;
    }
    if (!sum) throw Refusal("E-CURRENCY", "found no stream of money; expected one with a currency");
    return *sum;
  }
  std::vector<StreamValue> streams_;
};

/// What a course is worth in some streams, with `step` the step of the model that it was projected with.
///
/// Answers: what does it cost, what does it bring, to whom, discounted and not. The course may be of tracked
/// participants, of an open population, or of shares instead of heads (then one-off and fixed amounts must be per head
/// too). Without uncertainty of its own: for intervals, value the course of every draw. Throws Refusal [E-CFG-DUP] for
/// two streams of one name, and what ValueStream::over() throws. Cost: the sum over the streams. Method: Siebert et al.
/// (2012), doi 10.1016/j.jval.2012.06.014; values on flows as docs/explanation/money.md has them.
[[nodiscard]] inline Valuation value_of(const Course& course, Step step, const std::vector<ValueStream>& streams) {
  std::vector<StreamValue> out;
  for (const ValueStream& s : streams) {
    for (const StreamValue& other : out)
      if (other.name == s.terms().name)
        throw Refusal("E-CFG-DUP", "found two streams named " + detail::quoted(other.name) + "; expected another name");
    out.push_back(s.over(course, step));
  }
  return Valuation(std::move(out));
}

}  // namespace rungs

#endif
