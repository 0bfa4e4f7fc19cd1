// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_ESTIMATE_ASSUMPTIONS_HPP
#define RUNGS_ESTIMATE_ASSUMPTIONS_HPP

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/math/distributions/normal.hpp>

#include <rungs/core/quantity.hpp>
#include <rungs/core/random.hpp>
#include <rungs/data/histories.hpp>
#include <rungs/detail/product.hpp>
#include <rungs/estimate/interval.hpp>
#include <rungs/estimate/significance.hpp>
#include <rungs/model/transition_matrix.hpp>

namespace rungs {

/// Draws of the data under the hypothesis: how many, and the seed that names them.
struct NullDraws {
  std::size_t draws;
  Seed seed;
};

/// The answer that a violated assumption may change: P(reached within some steps), before any exit.
///
/// Without `from`: of everybody, from the strata in which people were observed, but for whoever starts in the target.
/// Without `target`: any stratum on a higher rung than one's own, that is the share upward, of which whoever is at the
/// top has none. `example` says that nobody asked, and that it shows the size of the violation.
struct AskedReach {
  std::optional<Stratum> from{};
  std::optional<StratumSet> target{};
  Span within{1};
  bool example = false;
};

/// What to do beside the test itself.
///
/// The p that decides on a warning is that of the likelihood ratio: by draws where there are any, else by chi-square
/// with the degrees of freedom of the support.
struct AssumptionOptions {
  std::optional<NullDraws> bootstrap{};
  std::optional<AskedReach> asked{};
  double reject_below = 0.01;   ///< the p below which there is a warning
  double stayers_above = 0.05;  ///< the excess share that never moves, above which there is one
};

/// What one stratum, period or group has to do with a statistic; those of the strata add up to the whole.
struct TestPart {
  std::string name;
  double likelihood_ratio = 0;
  double pearson = 0;
  std::int64_t df_nominal = 0;
  std::int64_t df_support = 0;
  Significance p{};  ///< of the likelihood ratio, by the degrees of freedom of the support
};

/// A p from draws of the data under the hypothesis: (1 + draws at least as far off) / (1 + draws).
///
/// How far off a draw is, is told by its p by chi-square with the degrees of freedom of its own support: where moves
/// are rare, data in which more of them were seen have larger statistics, and are drawn from a matrix that has more of
/// them. By the statistics alone, the likelihood ratio rejected true hypotheses about rare moves at 5 % in 0.3 to 4.7 %
/// of cases instead of 2 to 5.5 %. X2 of the time in a stratum still does so in some 7 %.
/// Method: Beran (1988), doi 10.1080/01621459.1988.10478649.
struct NullDrawsResult {
  std::size_t draws = 0;
  double p_likelihood_ratio = std::numeric_limits<double>::quiet_NaN();
  double p_pearson = std::numeric_limits<double>::quiet_NaN();
};

/// A share of people who reached, as observed or as some matrix implies.
///
/// `windows` are the starts it rests on (one person may start in several periods) and `people` those who have any; both
/// are 0 for what a matrix implies. `standard_error` takes all windows or moves of one person together. Of the observed
/// share it is NaN of one person, and where all of them reach or none, which does not tell it. Of a matrix counted from
/// people it is that of `centre`: the share where one person more is in each row, spread evenly over its possible
/// moves, so that moves nobody happened to make count as rare and not as impossible. Of a matrix given, and of
/// a chain of blocks or without memory, it is NaN.
struct ReachFound {
  std::string by;
  double share = std::numeric_limits<double>::quiet_NaN();
  double standard_error = std::numeric_limits<double>::quiet_NaN();
  double windows = 0;
  double people = 0;
  double centre = std::numeric_limits<double>::quiet_NaN();
};

/// The interval of a share of people who reached: other people might have been seen, all records of one together.
///
/// Of an observed share it is normal, within 0 and 1. Of a matrix counted from people it is symmetric around the
/// log-odds of `centre`, and holds the share itself: those who start are taken as they are, the probabilities vary.
/// Assumes there: people of the layer move by one matrix, drawn one by one; a person's own moves need not be alike.
/// NaN where the standard error is not known. At 95 % it held 94 to 98 % of true shares of simulated groups of 21 to 90
/// people, where they differ for good, too. Method: the delta method by person, with the prior of Perks (1947).
[[nodiscard]] inline Interval reach_interval(const ReachFound& r, Level level = Level()) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double half = r.standard_error * boost::math::quantile(boost::math::complement(
                                             boost::math::normal_distribution<>(), level.lower_tail()));
  if (!(half >= 0)) return {nan, nan};
  if (std::isnan(r.centre)) return {std::max(0.0, r.share - half), std::min(1.0, r.share + half)};
  const double odds = r.centre / (1 - r.centre), factor = std::exp(half / (r.centre * (1 - r.centre)));
  return {std::min(r.share, 1 / (1 + factor / odds)), std::max(r.share, 1 / (1 + 1 / (factor * odds)))};
}

/// How far a share found is from what the tested model says of people who start in the same strata.
///
/// Both are of the same people, so that `standard_error` is of the difference itself, all records of one person
/// together: of an observed share with its starts and with the model fitted to the same moves anew; of a share by a
/// matrix as that of `centre`, the difference where one person more is in each row, with those who start taken as they
/// are. It is 0 where both are one figure whatever the data, such as the fitted chain within one step, and NaN where
/// that of the share found is.
struct ReachDifference {
  double implied = std::numeric_limits<double>::quiet_NaN();
  double value = std::numeric_limits<double>::quiet_NaN();
  double standard_error = std::numeric_limits<double>::quiet_NaN();
  double centre = std::numeric_limits<double>::quiet_NaN();
};

/// The interval of a difference of reaches: other people might have been seen, who make both figures anew.
///
/// It is normal, within -1 and 1: of an observed share around the difference itself; of a share by a matrix around
/// `centre`, and it holds the difference. NaN where the standard error is not known.
/// Assumes: people drawn one by one; a person's own moves need not be alike. A matrix given is taken as it is.
/// At 95 % it held 93 to 96 % of true differences of simulated panels of 60 to 300 people, 92 to 98 % of 30, and up to
/// 99.7 % beside a last period in which moves are rare; where the hypothesis is true, and where it is not.
/// Method: the delta method by person, with the prior of Perks (1947) in a share by a matrix.
[[nodiscard]] inline Interval reach_interval(const ReachDifference& d, Level level = Level()) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double half = d.standard_error * boost::math::quantile(boost::math::complement(
                                             boost::math::normal_distribution<>(), level.lower_tail()));
  if (!(half >= 0)) return {nan, nan};
  const double centre = std::isnan(d.centre) ? d.value : d.centre;
  return {std::max(-1.0, std::min(d.value, centre - half)), std::min(1.0, std::max(d.value, centre + half))};
}

/// What the violation means for the answer asked: what the tested model says, and what the data or less restrictive
/// models say.
struct Consequence {
  ReachFound implied;
  std::vector<ReachFound> found{};             ///< the first is the one to compare with
  std::vector<ReachDifference> differences{};  ///< of each share found
  [[nodiscard]] double difference() const {
    return differences.empty() ? std::numeric_limits<double>::quiet_NaN() : differences.front().value;
  }
};

/// The result of testing one assumption from counts.
///
/// `df_nominal` counts every move that the ladder declares possible; `df_support` leaves out rows and columns in which
/// nobody was seen, of which nothing can be learnt. By strata, `by_origin` adds up to both statistics and both degrees
/// of freedom; `by_layer` compares each period or group with all others together.
struct AssumptionTest {
  std::string name;
  std::string hypothesis;
  double observations = 0;  ///< moves, triples or windows counted
  double likelihood_ratio = 0;
  double pearson = 0;
  std::int64_t df_nominal = 0;
  std::int64_t df_support = 0;
  Significance lr_nominal{}, lr_support{}, pearson_nominal{}, pearson_support{};
  double sparse = 0;             ///< the share of the cells compared that expect fewer than 5 people
  bool chi_square_holds = true;  ///< whether the statistics are chi-square with many people
  std::optional<NullDrawsResult> bootstrap{};
  std::vector<TestPart> by_origin{};
  std::vector<TestPart> by_layer{};
  std::optional<Consequence> consequence{};
  std::vector<Warning> warnings{};

  /// The p that decides: by draws where there are any, else by chi-square and support where that holds, else NaN.
  [[nodiscard]] double deciding_p() const {
    if (std::isinf(likelihood_ratio)) return 0;  // what cannot be was seen
    if (bootstrap) return bootstrap->p_likelihood_ratio;
    return chi_square_holds ? lr_support.p : std::numeric_limits<double>::quiet_NaN();
  }
};

namespace detail {

/// A table of which rows are compared: under the hypothesis they have the same shares of columns.
struct Contrast {
  std::string name;
  std::size_t rows, columns;
  std::int64_t df_nominal;
  std::vector<double> cells;
  [[nodiscard]] double& at(std::size_t r, std::size_t c) { return cells[r * columns + c]; }
  [[nodiscard]] double at(std::size_t r, std::size_t c) const { return cells[r * columns + c]; }
};

/// Both statistics, with the degrees of freedom by support and how many cells there are and expect fewer than 5.
struct Statistic {
  double lr = 0, pearson = 0, cells = 0, sparse = 0, total = 0;
  std::int64_t df = 0;
  void compare(double found, double expected) {
    total += found;
    if (!(expected > 0)) {
      if (found > 0) lr = pearson = std::numeric_limits<double>::infinity();
      return;
    }
    if (found > 0) lr += 2 * found * std::log(found / expected);
    pearson += (found - expected) * (found - expected) / expected;
    cells += 1;
    sparse += expected < 5 ? 1 : 0;
  }
  Statistic& operator+=(const Statistic& other) {
    lr += other.lr;
    pearson += other.pearson;
    cells += other.cells;
    sparse += other.sparse;
    total += other.total;
    df += other.df;
    return *this;
  }
};

inline Statistic statistic(const Contrast& t) {
  std::vector<double> row(t.rows), column(t.columns);
  double total = 0;
  for (std::size_t r = 0; r < t.rows; ++r)
    for (std::size_t c = 0; c < t.columns; ++c) {
      row[r] += t.at(r, c);
      column[c] += t.at(r, c);
      total += t.at(r, c);
    }
  Statistic out;
  const auto used = [](const std::vector<double>& sums) {
    return static_cast<std::int64_t>(std::count_if(sums.begin(), sums.end(), [](double x) { return x > 0; }));
  };
  const std::int64_t rows = used(row), columns = used(column);
  out.df = rows > 0 ? (rows - 1) * (columns - 1) : 0;
  for (std::size_t r = 0; r < t.rows; ++r)
    for (std::size_t c = 0; c < t.columns; ++c)
      if (row[r] > 0 && column[c] > 0) out.compare(t.at(r, c), row[r] * column[c] / total);
  out.lr = std::max(out.lr, 0.0);  // equal shares leave a rounding error of either sign
  return out;
}

/// What a test is made of: the parts it adds up from, in order.
struct PartStatistic {
  std::string name;
  std::int64_t df_nominal;
  Statistic value;
};

inline std::vector<PartStatistic> parts(const std::vector<Contrast>& contrasts) {
  std::vector<PartStatistic> out;
  for (const Contrast& c : contrasts) out.push_back({c.name, c.df_nominal, statistic(c)});
  return out;
}

inline Statistic sum(const std::vector<PartStatistic>& all) {
  Statistic out;
  for (const PartStatistic& p : all) out += p.value;
  return out;
}

inline TestPart part(const PartStatistic& p) {
  return {p.name,       p.value.lr, p.value.pearson,
          p.df_nominal, p.value.df, chi_square_significance(p.value.lr, p.value.df)};
}

/// Row `row` of every contrast against all its other rows together.
inline PartStatistic against_the_rest(const std::vector<Contrast>& contrasts, std::size_t row, std::string name) {
  PartStatistic out{std::move(name), 0, {}};
  for (const Contrast& c : contrasts) {
    Contrast two{"", 2, c.columns, 0, std::vector<double>(2 * c.columns)};
    for (std::size_t r = 0; r < c.rows; ++r)
      for (std::size_t k = 0; k < c.columns; ++k) two.at(r == row ? 0 : 1, k) += c.at(r, k);
    out.df_nominal += c.rows > 1 ? c.df_nominal / static_cast<std::int64_t>(c.rows - 1) : 0;
    out.value += statistic(two);
  }
  return out;
}

inline AssumptionTest result(std::string name, std::string hypothesis, const std::vector<PartStatistic>& by_origin) {
  AssumptionTest out;
  out.name = std::move(name);
  out.hypothesis = std::move(hypothesis);
  const Statistic all = sum(by_origin);
  for (const PartStatistic& p : by_origin) {
    out.by_origin.push_back(part(p));
    out.df_nominal += p.df_nominal;
  }
  out.observations = all.total;
  out.likelihood_ratio = all.lr;
  out.pearson = all.pearson;
  out.df_support = all.df;
  out.sparse = all.cells > 0 ? all.sparse / all.cells : 0;
  out.lr_nominal = chi_square_significance(all.lr, out.df_nominal);
  out.lr_support = chi_square_significance(all.lr, out.df_support);
  out.pearson_nominal = chi_square_significance(all.pearson, out.df_nominal);
  out.pearson_support = chi_square_significance(all.pearson, out.df_support);
  return out;
}

/// Adds the p by draws: `redraw(stream)` gives the statistic of data drawn under the hypothesis.
template <class Redraw>
void bootstrap(AssumptionTest& test, const AssumptionOptions& options, const Redraw& redraw) {
  if (!options.bootstrap) return;
  const std::size_t draws = options.bootstrap->draws;
  if (draws < 100)
    throw Refusal("E-DRAWS-FEW", "found " + std::to_string(draws) +
                                     " draws under the hypothesis; expected at least 100, since fewer cannot give a p "
                                     "below 0.01, or no bootstrap");
  std::size_t lr = 0, pearson = 0;
  const auto off = [](const Significance& s) { return std::isnan(s.log10_p) ? 0.0 : -s.log10_p; };
  const auto as_far = [&](const Statistic& by, double drawn, const Significance& found) {
    return off(chi_square_significance(drawn, by.df)) >= off(found) - 1e-9 * (1 + off(found));
  };
  for (std::size_t b = 0; b < draws; ++b) {
    Stream stream({options.bootstrap->seed, b, 0, Purpose::resample});
    const Statistic drawn = redraw(stream);
    lr += as_far(drawn, drawn.lr, test.lr_support) ? 1U : 0U;
    pearson += as_far(drawn, drawn.pearson, test.pearson_support) ? 1U : 0U;
  }
  const auto p = [draws](std::size_t n) { return static_cast<double>(n + 1) / static_cast<double>(draws + 1); };
  test.bootstrap = NullDrawsResult{draws, p(lr), p(pearson)};
  if (test.df_support == 0 && test.chi_square_holds && std::isfinite(test.likelihood_ratio))
    test.bootstrap->p_likelihood_ratio = test.bootstrap->p_pearson = std::numeric_limits<double>::quiet_NaN();
}

/// Shares of counts; where nobody was seen to move from, people stay.
inline Matrix shares(const Counts& counts) {
  const auto n = static_cast<Eigen::Index>(counts.size());
  Matrix p = Matrix::Identity(n, n);
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const double people = counts.row_people(i);
    if (!(people > 0)) continue;
    for (std::size_t j = 0; j < counts.size(); ++j)
      p(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) = counts.people(i, j) / people;
  }
  return p;
}

/// What data are drawn from under a hypothesis: shares of counts with one person more in each row, spread evenly over
/// its possible moves.
///
/// Without that person moves that happen not to be seen would be impossible in every draw, and the draws of sparse
/// counts too much alike: p below 5 % in 9 to 10 % of true cases (docs/reference/studies/assumptions.txt has the share
/// now). Method: the prior of Perks (1947).
inline Matrix shares_to_draw_from(const Ladder& ladder, const Counts& counts) {
  Matrix p = shares(counts);
  for (std::size_t i = 0; i < ladder.strata(); ++i) {
    const double people = counts.row_people(i);
    if (!(people > 0)) continue;
    double possible = 0;
    for (std::size_t j = 0; j < ladder.size(); ++j) possible += ladder.possible(i, j) ? 1 : 0;
    for (std::size_t j = 0; j < ladder.size(); ++j)
      p(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) =
          ladder.possible(i, j) ? (counts.people(i, j) + 1 / possible) / (people + 1) : 0.0;
  }
  return p;
}

/// A whole number of people, which can be drawn.
inline std::uint64_t whole(double people) {
  if (!(people >= 0 && people < 1e15 && people == std::floor(people)))
    throw DomainError("E-COUNT",
                      "found " + text(people) + " people; expected a whole number, since people are drawn one by one",
                      people);
  return static_cast<std::uint64_t>(people);
}

/// Histories of the same starts and lengths, drawn from chains: `matrix(period)` is the matrix of moves from a period.
///
/// A history that stands for several people is drawn for each of them.
class Redrawn {
 public:
  explicit Redrawn(const Histories& h) : empty_(h.ladder(), h.step()) {
    for (std::size_t k = 0; k < h.size(); ++k) {
      const std::uint64_t people = whole(h.people(k));
      if (h.followed(k) > 1) shapes_.push_back({h.start(k), h.at(k, 0), h.followed(k), people});
    }
  }
  template <class MatrixAt>
  [[nodiscard]] Histories draw(Stream& stream, const MatrixAt& matrix) const {
    Histories out = empty_;
    std::vector<std::uint16_t> path;
    std::uint32_t person = 0;
    for (const Shape& s : shapes_)
      for (std::uint64_t copy = 0; copy < s.people; ++copy) {
        path.assign(1, static_cast<std::uint16_t>(s.from));
        for (std::size_t t = 0; t + 1 < s.length; ++t) {
          const Matrix& p = matrix(s.start + static_cast<std::int64_t>(t) * empty_.step().units());
          const auto n = static_cast<std::size_t>(p.cols());
          path.push_back(static_cast<std::uint16_t>(stream.categorical({p.data() + path.back() * n, n})));
        }
        out.add(person++, Period(s.start), path);
      }
    return out;
  }
  [[nodiscard]] Histories draw(Stream& stream, const Matrix& p) const {
    return draw(stream, [&p](std::int64_t) -> const Matrix& { return p; });
  }

 private:
  struct Shape {
    std::int64_t start;
    std::size_t from, length;
    std::uint64_t people;
  };
  Histories empty_;
  std::vector<Shape> shapes_{};
};

/// Counts with the same people in every row, each row drawn from its shares in `p`.
inline Counts redrawn_rows(const Counts& counts, const Matrix& p, Stream& stream) {
  Counts out(counts.size());
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const auto row = p.row(static_cast<Eigen::Index>(i));
    std::uint64_t left = whole(counts.row_people(i));
    double rest = row.sum();
    for (std::size_t j = 0; j < counts.size() && left > 0; ++j) {
      const double q = row[static_cast<Eigen::Index>(j)];
      const double after = row.tail(static_cast<Eigen::Index>(counts.size() - 1 - j)).sum();
      const std::uint64_t here = after > 0 ? stream.binomial(left, q / rest) : left;
      if (here > 0) out.add(i, j, static_cast<double>(here));
      left -= here;
      rest = after;
    }
  }
  return out;
}

/// Whether a stratum is in the target of somebody who starts in another.
inline bool is_target(const Ladder& ladder, const AskedReach& asked, std::size_t start, std::size_t now) {
  return asked.target ? asked.target->contains(now) : ladder.upward(start, now);
}

inline void check(const Ladder& ladder, const AskedReach& asked) {
  if (asked.from) ladder.require_own(*asked.from);
  if (asked.target) ladder.require_own(*asked.target);
  if (asked.from && asked.target && asked.target->contains(asked.from->index()))
    throw Refusal("E-ASKED", "found the start " + detail::quoted(asked.from->name()) + " inside the target " +
                                 asked.target->text() + "; expected a start from where it is still to be reached");
  if (asked.within.steps() == 0)
    throw Refusal("E-ASKED", "found a question about reaching within 0 steps; expected at least 1");
}

/// P(reached within the span) from every stratum; NaN for those that start in the target.
inline Vector reach_by_start(const Ladder& ladder, const AskedReach& asked, const Matrix& p) {
  const Eigen::Index n = p.rows();
  Vector out = Vector::Constant(n, std::numeric_limits<double>::quiet_NaN());
  for (std::size_t i = 0; i < ladder.strata(); ++i) {
    if (is_target(ladder, asked, i, i) || (asked.from && asked.from->index() != i)) continue;
    Vector b = Vector::Zero(n);
    for (std::int64_t t = 0; t <= asked.within.steps(); ++t) {
      if (t > 0) b = (p * b).eval();
      for (std::size_t j = 0; j < ladder.size(); ++j)
        if (is_target(ladder, asked, i, j)) b[static_cast<Eigen::Index>(j)] = 1;
    }
    out[static_cast<Eigen::Index>(i)] = b[static_cast<Eigen::Index>(i)];
  }
  return out;
}

/// The reach that a matrix implies for people who start in some strata in these numbers.
inline ReachFound implied_reach(const Ladder& ladder, const AskedReach& asked, const Matrix& p, const Vector& starts,
                                std::string by) {
  const Vector reach = reach_by_start(ladder, asked, p);
  double sum = 0, weight = 0;
  for (Eigen::Index i = 0; i < reach.size(); ++i)
    if (starts[i] > 0 && !std::isnan(reach[i])) {
      sum += starts[i] * reach[i];
      weight += starts[i];
    }
  ReachFound out;
  out.by = std::move(by);
  if (asked.from)
    out.share = reach[static_cast<Eigen::Index>(asked.from->index())];
  else if (weight > 0)
    out.share = sum / weight;
  return out;
}

/// What a reach by a matrix gains with each of the matrix's entries, for people who start in these numbers.
inline Matrix reach_slope(const Ladder& ladder, const AskedReach& asked, const Matrix& p, const Vector& starts) {
  const Eigen::Index n = p.rows();
  const auto steps = static_cast<std::size_t>(asked.within.steps());
  const Eigen::MatrixXd forward = p, backward = p.transpose();
  Matrix out = Matrix::Zero(n, n);
  double all = 0;
  for (std::size_t i = 0; i < ladder.strata(); ++i) {
    const auto from = static_cast<Eigen::Index>(i);
    const double weight = asked.from ? (asked.from->index() == i ? 1 : 0) : starts[from];
    if (!(weight > 0) || is_target(ladder, asked, i, i)) continue;
    all += weight;
    Vector target(n);
    for (std::size_t j = 0; j < ladder.size(); ++j)
      target[static_cast<Eigen::Index>(j)] = is_target(ladder, asked, i, j) ? 1 : 0;
    std::vector<Vector> reach{target};  // within 0, 1, ... steps
    while (reach.size() < steps) reach.push_back(target.cwiseMax(applied(forward, reach.back())));
    Vector here = Vector::Zero(n);  // and not yet in the target
    here[from] = weight;
    for (std::size_t t = 0; t < steps; ++t) {
      for (Eigen::Index a = 0; a < n; ++a) out.row(a) += here[a] * reach[steps - 1 - t];
      here = applied(backward, here).cwiseProduct(Vector::Ones(n) - target);
    }
  }
  return all > 0 ? Matrix(out / all) : out;
}

/// What each move adds to a reach by rows of shares: its slope beside that of its row, by the people of the row, with
/// so many more.
inline Matrix move_gain(const Matrix& slope, const Matrix& p, const Counts& counts, double more = 0) {
  Matrix out = Matrix::Zero(p.rows(), p.cols());
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const auto r = static_cast<Eigen::Index>(i);
    if (const double people = counts.row_people(i); people > 0)
      out.row(r) = (slope.row(r).array() - slope.row(r).dot(p.row(r))) / (people + more);
  }
  return out;
}

/// What each move adds to a figure: those of a layer by `own`, and all of them, those of the layer too, by `any`.
struct Influence {
  Matrix own, any;
};

/// That a move counts as all do.
inline bool any_move(const Histories&, std::size_t, std::size_t) { return true; }

/// The square of the standard error that people's moves make, each of a person of their own.
inline double squared_error(const Influence& added, const Counts& own, const Counts& all) {
  double out = 0;
  for (std::size_t i = 0; i < own.size(); ++i)
    for (std::size_t j = 0; j < own.size(); ++j) {
      const auto r = static_cast<Eigen::Index>(i), c = static_cast<Eigen::Index>(j);
      out += own.people(i, j) * std::pow(added.own(r, c) + added.any(r, c), 2) +
             (all.people(i, j) - own.people(i, j)) * std::pow(added.any(r, c), 2);
    }
  return out;
}

/// What the people of some histories add to a figure beside their moves.
struct Besides {
  const Histories* of = nullptr;
  std::vector<double> by_person{};
};

/// The same with all that one person adds together; `is_own(h, k, t)` says which moves are of the layer: that from
/// step t of history k. NaN of one person.
template <class IsOwn>
double squared_error(const Influence& added, const std::vector<const Histories*>& all, const IsOwn& is_own,
                     const Besides& besides = {}) {
  double people = 0, squares = 0;
  for (const Histories* h : all) {
    std::vector<double> sum(h->identities()), weight(h->identities());
    if (h == besides.of) sum = besides.by_person;
    for (std::size_t k = 0; k < h->size(); ++k) {
      const std::span<const std::uint16_t> s = h->strata(k);
      weight[h->person(k)] = h->people(k);
      for (std::size_t t = 0; t + 1 < s.size(); ++t) {
        sum[h->person(k)] += added.any(s[t], s[t + 1]);
        if (is_own(*h, k, t)) sum[h->person(k)] += added.own(s[t], s[t + 1]);
      }
    }
    for (std::size_t who = 0; who < sum.size(); ++who) {
      people += sum[who] != 0 ? weight[who] : 0;
      squares += weight[who] * sum[who] * sum[who];
    }
  }
  return people > 1 ? squares * people / (people - 1) : std::numeric_limits<double>::quiet_NaN();
}

/// People who start in each stratum, by the moves seen from there.
inline Vector starts(const Counts& counts) {
  Vector out(static_cast<Eigen::Index>(counts.size()));
  for (std::size_t i = 0; i < counts.size(); ++i) out[static_cast<Eigen::Index>(i)] = counts.row_people(i);
  return out;
}

/// Shares of counts; where nobody was seen to move from, those of other counts.
inline Matrix shares_or(const Counts& counts, const Matrix& otherwise) {
  Matrix p = shares(counts);
  for (std::size_t i = 0; i < counts.size(); ++i)
    if (!(counts.row_people(i) > 0)) p.row(static_cast<Eigen::Index>(i)) = otherwise.row(static_cast<Eigen::Index>(i));
  return p;
}

/// What the one person more in each row adds to the square of a standard error; of rows that nobody in the layer was
/// seen to move from, that of all layers.
inline double squared_error_of_prior(const Influence& added, const Ladder& ladder, const Counts& own) {
  double out = 0;
  for (std::size_t i = 0; i < ladder.strata(); ++i) {
    const Matrix& gain = own.row_people(i) > 0 ? added.own : added.any;
    double possible = 0, sum = 0;
    for (std::size_t j = 0; j < ladder.size(); ++j)
      if (ladder.possible(i, j)) {
        possible += 1;
        sum += std::pow(gain(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)), 2);
      }
    out += sum / possible;
  }
  return out;
}

/// The reach by the matrix of a layer, with its error; `added`, where given, is filled with what moves add to it. Rows
/// that nobody in the layer was seen to move from are those of all layers, and `otherwise` where nobody was at all.
/// `squares(influence)` is a squared_error().
template <class Squares>
ReachFound counted_reach(const Ladder& ladder, const AskedReach& asked, const Counts& own, const Counts& all,
                         const Matrix& otherwise, const Vector& starts, std::string by, const Squares& squares,
                         Influence* added = nullptr) {
  const Matrix of_all = shares_or(all, otherwise);
  ReachFound out = implied_reach(ladder, asked, shares_or(own, of_all), starts, std::move(by));
  Matrix p = of_all;
  const Matrix more_of_own = shares_to_draw_from(ladder, own), more_of_all = shares_to_draw_from(ladder, all);
  for (std::size_t i = 0; i < ladder.strata(); ++i) {
    const auto r = static_cast<Eigen::Index>(i);
    if (own.row_people(i) > 0 || all.row_people(i) > 0)
      p.row(r) = own.row_people(i) > 0 ? more_of_own.row(r) : more_of_all.row(r);
  }
  const double centre = implied_reach(ladder, asked, p, starts, {}).share;
  if (!(centre > 0 && centre < 1)) return out;
  const Matrix slope = reach_slope(ladder, asked, p, starts);
  Influence moves{move_gain(slope, p, own, 1), move_gain(slope, p, all, 1)};
  for (std::size_t i = 0; i < ladder.strata(); ++i)
    if (own.row_people(i) > 0) moves.any.row(static_cast<Eigen::Index>(i)).setZero();
  const double square = squares(moves) + squared_error_of_prior(moves, ladder, own);
  if (square > 0) {  // else the reach rests on no row of people
    out.centre = centre;
    out.standard_error = std::sqrt(square);
  }
  if (added != nullptr) *added = std::move(moves);
  return out;
}

/// Adds the same to what was found, with its difference from `c.implied` of the same starts, to which moves add
/// `model`.
template <class Squares>
void add_counted(Consequence& c, const Ladder& ladder, const AskedReach& asked, const Counts& own, const Counts& all,
                 const Matrix& otherwise, const Vector& starts, std::string by, const Matrix& model,
                 const Squares& squares) {
  Influence added;
  const ReachFound& found =
      c.found.emplace_back(counted_reach(ladder, asked, own, all, otherwise, starts, std::move(by), squares, &added));
  ReachDifference& out = c.differences.emplace_back();
  out.implied = c.implied.share;
  out.value = found.share - out.implied;
  if (std::isnan(found.standard_error)) return;
  out.centre = found.centre - (std::isnan(c.implied.centre) ? c.implied.share : c.implied.centre);
  added.any -= model;
  out.standard_error = std::sqrt(squares(added) + squared_error_of_prior(added, ladder, own));
}

/// The reach by the matrix of all moves, of some histories or else of tables, with its error, and what moves add to it.
/// Rows that nobody was seen to move from are `otherwise`.
inline std::pair<ReachFound, Matrix> reach_of_all(const Ladder& ladder, const AskedReach& asked, const Counts& counts,
                                                  const Matrix& otherwise, const std::vector<const Histories*>& people,
                                                  const Vector& starts, std::string by) {
  Influence added{Matrix::Zero(otherwise.rows(), otherwise.cols()), {}};
  ReachFound out = counted_reach(
      ladder, asked, counts, counts, otherwise, starts, std::move(by),
      [&](const Influence& moves) {
        return people.empty() ? squared_error(moves, counts, counts) : squared_error(moves, people, any_move);
      },
      &added);
  return {std::move(out), std::move(added.own)};
}

/// Calls `found(k, t, from, reached)` for each start of a history k that was followed for all the steps, at its record
/// t.
template <class Found>
void each_window(const Histories& h, const AskedReach& asked, const Found& found) {
  const Ladder& ladder = h.ladder();
  const auto steps = static_cast<std::size_t>(asked.within.steps());
  for (std::size_t k = 0; k < h.size(); ++k)
    for (std::size_t t = 0; t < h.strata(k).size() && t + steps < h.followed(k); ++t) {
      const std::size_t from = h.at(k, t);
      if (ladder.is_exit(from) || (asked.from && asked.from->index() != from) || is_target(ladder, asked, from, from))
        continue;
      bool there = false;
      for (std::size_t s = 1; s <= steps && !there; ++s) there = is_target(ladder, asked, from, h.at(k, t + s));
      found(k, t, from, there);
    }
}

}  // namespace detail

/// Which share of people reached a target within some steps, as it was observed: those seen in the start in any period
/// and followed for all the steps, without estimating any matrix.
///
/// Assumes: whoever was followed is like those who were not. Exits count as followed until the last period of the data.
/// Effect on intervals: the standard error takes all windows of one person together.
/// Throws Refusal [E-LADDER-OTHER]; [E-ASKED] for a start inside the target, or a span of 0 steps.
/// `starts`, where given, is filled with the number of windows by their first stratum. Cost: observations x steps.
[[nodiscard]] inline ReachFound observed_reach(const Histories& h, const AskedReach& asked, Vector* starts = nullptr) {
  const Ladder& ladder = h.ladder();
  detail::check(ladder, asked);
  if (starts != nullptr) *starts = Vector::Zero(static_cast<Eigen::Index>(ladder.size()));
  std::vector<double> windows(h.identities()), reached(h.identities()), weight(h.identities());
  detail::each_window(h, asked, [&](std::size_t k, std::size_t, std::size_t from, bool there) {
    const std::size_t who = h.person(k);
    windows[who] += 1;
    reached[who] += there ? 1 : 0;
    weight[who] = h.people(k);
    if (starts != nullptr) (*starts)[static_cast<Eigen::Index>(from)] += h.people(k);
  });
  ReachFound out;
  out.by = "as observed";
  double sum = 0, squares = 0;
  for (std::size_t who = 0; who < windows.size(); ++who) {
    out.windows += weight[who] * windows[who];
    out.people += windows[who] > 0 ? weight[who] : 0;
    sum += weight[who] * reached[who];
  }
  if (!(out.windows > 0)) return out;
  out.share = sum / out.windows;
  for (std::size_t who = 0; who < windows.size(); ++who)
    squares += weight[who] * std::pow(reached[who] - out.share * windows[who], 2);
  // Of nobody who reaches, or of all, what was seen tells no error.
  if (out.people > 1 && sum > 0 && sum < out.windows)
    out.standard_error = std::sqrt(squares * out.people / (out.people - 1)) / out.windows;
  return out;
}

namespace detail {

/// Adds what was observed of some people, with its difference from a model's matrix for the same starts. These are
/// written to `start` where there are any. The matrix is fitted to those moves of `all` people that are `counted`, and
/// `gain(slope)` is what each of them adds to a reach by it.
template <class Gain, class IsCounted>
void add_observed(Consequence& c, const Histories& h, const AskedReach& asked, Vector& start, const Matrix& p,
                  const Gain& gain, const std::vector<const Histories*>& all, const IsCounted& counted) {
  Vector seen;
  const ReachFound& found = c.found.emplace_back(observed_reach(h, asked, &seen));
  ReachDifference& out = c.differences.emplace_back();
  if (!(found.windows > 0)) return;
  start = seen;
  out.implied = implied_reach(h.ladder(), asked, p, start, {}).share;
  out.value = found.share - out.implied;
  if (std::isnan(found.standard_error)) return;
  const Vector reach = reach_by_start(h.ladder(), asked, p);
  Besides besides{&h, std::vector<double>(h.identities())};
  each_window(h, asked, [&](std::size_t k, std::size_t, std::size_t from, bool there) {
    besides.by_person[h.person(k)] +=
        ((there ? 1 : 0) - reach[static_cast<Eigen::Index>(from)] - out.value) / found.windows;
  });
  const Influence moves{-gain(reach_slope(h.ladder(), asked, p, start)), Matrix::Zero(p.rows(), p.cols())};
  out.standard_error = std::sqrt(squared_error(moves, all, counted, besides));
  if (out.standard_error < 1e-12) out.value = out.standard_error = 0;  // one figure, but for rounding
}

inline std::string percent(double share) { return text(std::round(share * 1000) / 10) + " %"; }

/// A p in words: 1e-300 is not 0.
inline std::string in_words(const AssumptionTest& t) {
  if (t.bootstrap)
    return "p = " + text(std::round(t.bootstrap->p_likelihood_ratio * 1e4) / 1e4) + " by " +
           std::to_string(t.bootstrap->draws) + " draws";
  char buffer[64];
  if (t.lr_support.log10_p < -4)
    std::snprintf(buffer, sizeof buffer, "p = 10^%.1f", t.lr_support.log10_p);
  else
    std::snprintf(buffer, sizeof buffer, "p = %.4f", t.lr_support.p);
  return buffer;
}

/// "likelihood ratio 25.8 on 12 degrees of freedom, p = 0.0113".
inline std::string test_in_words(const AssumptionTest& t) {
  char buffer[96];
  std::snprintf(buffer, sizeof buffer, "likelihood ratio %.1f on %lld degrees of freedom, ", t.likelihood_ratio,
                static_cast<long long>(t.df_support));
  return buffer + in_words(t);
}

/// What is said where no answer is asked for.
inline constexpr const char* no_answer_asked = "ask for a reach to see what it means for an answer";
/// "for example, getting higher up from anywhere within 3 steps".
inline std::string asked_in_words(const Ladder& ladder, const AskedReach& asked) {
  std::string out = asked.example ? "for example, " : "for the answer asked, ";
  out += asked.target ? "reaching " + detail::quoted(ladder.name_of(*asked.target)) : std::string("getting higher up");
  out += asked.from ? " from " + detail::quoted(asked.from->name()) : std::string(" from anywhere");
  return out + " within " + std::to_string(asked.within.steps()) + (asked.within.steps() == 1 ? " step" : " steps");
}

/// The size of a violation for the answer, in a sentence that follows others.
inline std::string size_in_words(const Ladder& ladder, const AssumptionTest& t, const AssumptionOptions& options) {
  if (!t.consequence || !options.asked) return std::string("; ") + no_answer_asked;
  std::string out = "; " + asked_in_words(ladder, *options.asked) + ", ";
  out += t.consequence->implied.by + " says " + percent(t.consequence->implied.share);
  for (const ReachFound& f : t.consequence->found) {
    out += ", ";
    if (std::isnan(f.share)) {
      out += f.by + ": nobody was followed so long";
    } else {
      out += f.by + " it is " + percent(f.share);
      if (f.people > 0) out += " (" + text(f.people) + " people, " + text(f.windows) + " starts)";
    }
  }
  return out;
}

/// W-SPARSE where chi-square is asked of too few people a cell, and nothing else decides.
inline void warn_if_sparse(AssumptionTest& t) {
  if (!t.bootstrap && t.chi_square_holds && t.df_support > 0 && t.sparse > 0.2)
    t.warnings.push_back({"W-SPARSE", percent(t.sparse) + " of the cells compared expect fewer than 5 people, too few "
                                                          "for p by chi-square to be trusted; ask for draws"});
}

}  // namespace detail
}  // namespace rungs

#endif
