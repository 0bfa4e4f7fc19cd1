// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_PROJECT_WHOLE_PEOPLE_HPP
#define RUNGS_PROJECT_WHOLE_PEOPLE_HPP

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

#include <rungs/project/projection.hpp>

namespace rungs {

/// One course of things by chance, in whole people, where Projection gives the expected one.
///
/// Answers: what may be counted once, by the same rules: each person moves, enrols and completes or does not; seats are
/// drawn for within each place in line, posts among those who want one, and who finds none stays and may keep another
/// from a vacancy behind. Unlike the expected course it is right where seats or posts are just about enough. Units:
/// whole heads in everything but `away` and `offers`, which are the expected ones of the people who are there; parts of
/// people, seats and posts that are stated (12.5) are one more with that probability. Assumes what Projection does.
/// Effect on intervals: individual chance varies and nothing else; `chance` names it, `world` what the model and the
/// programmes are like. People of one stratum and history take the same chances under every policy, so that a policy
/// which does nothing to some leaves their course to the last person. Cost: up to some 20 ns for each person and
/// period, or 1 us for each track, stratum and move where there are more people than that; for one thread. Throws
/// Refusal [E-ASSIGNED] for assigned seats, of which the plan is for expected people; what Projection::run() throws.
class WholePeople {
 public:
  explicit WholePeople(const Projection& projection) : m_(projection) {
    if (!m_.policy_.assigned.empty())
      throw Refusal("E-ASSIGNED", "found assigned seats in " + detail::quoted(m_.policy_.name) +
                                      ", which are planned for expected people; expected seats that whole people take");
    if (m_.moves_) moves_ = std::make_unique<WholePeople>(*m_.moves_);
    for (std::size_t track = 0; track < m_.tracks_.size(); ++track) history_.push_back(history(m_.tracks_[track]));
  }

  [[nodiscard]] Course run(const Kernel& kernel, const Draw& world, const Draw& chance) {
    Course out;
    run(kernel, world, chance, out);
    return out;
  }
  void run(const Kernel& kernel, const Draw& world, const Draw& chance, Course& out) {
    m_.require(kernel);
    m_.prepare(world, room_);
    chance_ = chance;
    t_ = 0;
    start();
    m_.begin(room_, out);
    for (std::size_t k = 0; k < part_of_post_.size(); ++k)
      for (Eigen::Index t = 0; t < out.posts.rows(); ++t) {
        double& posts = out.posts(t, static_cast<Eigen::Index>(k));
        posts = std::floor(posts + part_of_post_[k]);
      }
    const std::size_t programmes = m_.policy_.programmes.size();
    for (std::size_t t = 0; t < m_.steps_; ++t) {
      t_ = static_cast<std::uint32_t>(t);
      for (std::size_t p = 0; p < programmes; ++p) enrol(p, t, out);
      enter(t, out);
      decide(m_.base(kernel, t), world, t, out);
      if (!m_.limited_.empty()) find_posts(t, out);
      move(t, out);
    }
    m_.end(room_, out);
    if (!moves_) return;  // programmes that change nothing leave the others' course
    Course seats;
    Projection::swap_seats(out, seats);
    moves_->run(kernel, world, chance, out);
    Projection::swap_seats(out, seats);
  }

 private:
  using Cell = Projection::Cell;
  static constexpr Eigen::Index everybody = Projection::everybody;

  /// Those of one cell who want a seat of one programme, and those of them who get one.
  struct Applicants {
    const Tracks::Enrolment* way;
    std::size_t stratum, pool;
    int priority;
    Cell want, enrol;
  };
  /// Those of one track who go from one stratum to another, or stay.
  struct Going {
    const Tracks::Present* track;
    std::size_t from, to;
    Cell heads;
  };

  /// What somebody has done in programmes, by their names, whatever else the policy has.
  [[nodiscard]] std::uint32_t history(const Track& track) const {
    std::uint32_t out = static_cast<std::uint32_t>(track.tenure);
    for (std::size_t p = 0; p < track.with.size(); ++p) {
      const Standing& s = track.with[p];
      if (s == Standing{}) continue;
      const auto word = [](auto x) { return static_cast<std::uint32_t>(x); };
      out += mixed({detail::stream_of(m_.policy_.programmes[p].name()), word(s.phase), word(s.outcome), word(s.module),
                    word(s.age), word(s.kept), word(s.completed)});
    }
    return out;
  }
  static std::uint32_t mixed(std::initializer_list<std::uint32_t> all) {
    std::uint64_t hash = 0;
    for (const std::uint32_t x : all) {
      hash = (hash ^ x) * 0x9E3779B97F4A7C15U;
      hash ^= hash >> 32U;
    }
    return static_cast<std::uint32_t>(hash) | 0x80000000U;  // other uses of chance have lower numbers
  }
  enum class Chance : std::uint32_t {
    start,
    posts,
    group,
    want,
    seats,
    complete,
    enter,
    enter_group,
    move,
    post,
    go_on
  };
  /// The random numbers of one chance, for those whom the other numbers name, in this period.
  template <class... Who>
  [[nodiscard]] Stream random(Chance what, Who... who) const {
    return chance_.stream(Purpose::chance,
                          mixed({static_cast<std::uint32_t>(what), t_, static_cast<std::uint32_t>(who)...}));
  }
  /// A whole number, on average `x`.
  static double whole(double x, double uniform) { return x == std::floor(x) ? x : std::floor(x + uniform); }
  static double binomial(Stream& chance, double people, double p) {
    return static_cast<double>(chance.binomial(static_cast<std::uint64_t>(people), p));
  }
  /// Deals people out by probabilities that add up to one.
  const std::vector<double>& deal(Stream& chance, double people, std::span<const double> p) {
    dealt_.assign(p.size(), 0);
    if (people < 40) {
      for (; people > 0; --people) ++dealt_[chance.categorical(p)];
      return dealt_;
    }
    double left = 1;
    std::size_t last = 0;
    for (std::size_t j = 0; j < p.size() && people > 0; ++j) {
      if (!(p[j] > 0)) continue;
      last = j;
      const double some = binomial(chance, people, std::min(1.0, p[j] / left));
      dealt_[j] = some;
      people -= some;
      left -= p[j];
    }
    dealt_[last] += people;  // what rounding leaves
    return dealt_;
  }
  /// Draws so many of those in the cells that `of` names, whoever they are, and takes them by `take(cell, group,
  /// heads)`.
  template <class Cells, class Of, class Take>
  static void draw_lots(Stream& chance, double places, Cells& all, const Of& of, const Take& take) {
    double people = 0;
    for (auto& one : all)
      if (const Cell* cell = of(one)) people += (*cell)[everybody];
    for (auto& one : all) {
      const Cell* cell = of(one);
      for (Eigen::Index g = 0; cell != nullptr && g < everybody && places > 0; ++g) {
        const double here = (*cell)[g];
        if (here == 0) continue;
        const auto some = static_cast<double>(chance.hypergeometric(
            static_cast<std::uint64_t>(places), static_cast<std::uint64_t>(here), static_cast<std::uint64_t>(people)));
        people -= here;
        places -= some;
        if (some > 0) take(one, g, some);
      }
    }
  }

  /// Who is there at the start, in whole people; how many posts there are of parts of one.
  void start() {
    Stream heads = random(Chance::start), posts = random(Chance::posts);
    for (Eigen::Index i = 0; i < room_.heads.size(); ++i)
      if (room_.shares.size() == 0) room_.heads[i] = whole(room_.heads[i], heads.uniform());
    if (room_.shares.size() > 0) room_.heads = in_groups(Chance::group, m_.population_.start().heads());
    part_of_post_.clear();
    for (std::size_t k = 0; k < m_.population_.posts().size(); ++k) part_of_post_.push_back(posts.uniform());
  }
  /// People of all groups together, each of a group that nobody can tell.
  Vector in_groups(Chance what, const Vector& people) {
    Stream chance = random(what);
    Vector all = Vector::Zero(room_.shares.rows()), out = Vector::Zero(people.size());
    for (std::size_t i = 0; i < m_.n_; ++i)
      all[static_cast<Eigen::Index>(m_.ladder_.within_group(i))] += people[static_cast<Eigen::Index>(i)];
    const auto groups = static_cast<std::size_t>(room_.shares.cols());
    for (Eigen::Index k = 0; k < all.size(); ++k) {
      const std::vector<double>& of = deal(chance, whole(all[k], chance.uniform()),
                                           {room_.shares.data() + static_cast<std::size_t>(k) * groups, groups});
      for (std::size_t g = 0; g < groups; ++g)
        out[static_cast<Eigen::Index>(m_.ladder_.for_group(static_cast<std::size_t>(k), g))] = of[g];
    }
    return out;
  }

  void enrol(std::size_t p, std::size_t t, Course& out) {
    const std::uint32_t name = detail::stream_of(m_.policy_.programmes[p].name());
    const Programme::Terms& terms = m_.policy_.programmes[p].terms();
    applicants_.clear();
    for (const Tracks::Enrolment& way : m_.tracks_.enrolments(t, p))
      for (const std::size_t i : terms.eligible.indices()) {
        const Cell& here = room_.now[m_.at(way.from) + i];
        if (here[everybody] == 0) continue;
        const auto [pool, priority] = m_.place_in_line(terms, way, i);
        Applicants& a = applicants_.emplace_back(Applicants{&way, i, pool, priority, here, Cell::Zero()});
        if (way.on_list) continue;
        out.offers(static_cast<Eigen::Index>(p), static_cast<Eigen::Index>(t)) +=
            here[everybody] * terms.offered.value();
        for (Eigen::Index g = 0; g < everybody; ++g) {
          if (here[g] == 0) continue;
          Stream chance = random(Chance::want, name, i, g, history_[way.from]);
          a.want[g] = binomial(chance, here[g], terms.wanted_by(i));
        }
        a.want[everybody] = a.want.head<3>().sum();
      }
    std::stable_sort(applicants_.begin(), applicants_.end(), [](const Applicants& a, const Applicants& b) {
      return std::tie(a.pool, a.priority) < std::tie(b.pool, b.priority);
    });
    double left = 0;
    for (std::size_t first = 0, next = 0; first < applicants_.size(); first = next) {
      if (first == 0 || applicants_[first].pool != applicants_[first - 1].pool)
        left = whole(m_.seats(terms, t, applicants_[first].pool),
                     random(Chance::seats, name, applicants_[first].pool).uniform());
      double wanted = 0;
      const auto in_line = [&](const Applicants& a) {
        return a.pool == applicants_[first].pool && a.priority == applicants_[first].priority;
      };
      for (; next < applicants_.size() && in_line(applicants_[next]); ++next)
        wanted += applicants_[next].want[everybody];
      const std::span<Applicants> line(applicants_.data() + first, next - first);
      if (wanted <= left) {
        for (Applicants& a : line) a.enrol = a.want;
      } else {
        Stream chance = random(Chance::seats, name, line[0].pool, line[0].priority);
        draw_lots(
            chance, left, line, [](const Applicants& a) { return &a.want; },
            [](Applicants& a, Eigen::Index g, double heads) {
              a.enrol[g] += heads;
              a.enrol[everybody] += heads;
            });
      }
      left = std::max(0.0, left - wanted);
    }
    for (const Applicants& a : applicants_) take_seats(a, p, t, name, out);
  }
  void take_seats(const Applicants& a, std::size_t p, std::size_t t, std::uint32_t name, Course& out) {
    const auto r = static_cast<Eigen::Index>(p), c = static_cast<Eigen::Index>(t);
    const double works = room_.works[p], completes = room_.completes[p];
    const std::array<double, 3> outcome{works, std::max(0.0, completes - works), 1 - completes};
    const auto in = [&](std::size_t track) -> Cell& { return room_.now[m_.at(track) + a.stratum]; };
    const Cell none = a.want - a.enrol;
    in(a.way->from) -= a.want;
    in(a.way->turned_away) += none;
    for (Eigen::Index g = 0; g < everybody; ++g) {
      if (a.enrol[g] == 0) continue;
      Stream chance = random(Chance::complete, name, a.stratum, g, history_[a.way->from]);
      const std::vector<double>& by = deal(chance, a.enrol[g], outcome);
      for (const auto& [track, heads] :
           {std::pair(a.way->works, by[0]), std::pair(a.way->idle, by[1]), std::pair(a.way->dropped, by[2])}) {
        in(track)[g] += heads;
        in(track)[everybody] += heads;
      }
    }
    out.participants(r, c) += a.enrol[everybody];
    out.turned_away(r, c) += none[everybody];
    out.enrolled(r, static_cast<Eigen::Index>(a.stratum)) += a.enrol[everybody];
  }

  void enter(std::size_t t, Course& out) {
    if (m_.population_.inflow().empty()) return;
    Stream chance = random(Chance::enter);

    Vector people = Vector::Zero(static_cast<Eigen::Index>(m_.n_));
    for (const Inflow& in : m_.population_.inflow())
      people[static_cast<Eigen::Index>(in.into.index())] +=
          whole(m_.entering(in, out.headcount.data() + t * m_.n_), chance.uniform());
    if (room_.shares.size() > 0) people = in_groups(Chance::enter_group, people);
    out.entrants.row(static_cast<Eigen::Index>(t)) = people.transpose();
  }
  /// Where everybody wants to be at the end of the period.
  void decide(const MatrixView& base, const Draw& world, std::size_t t, Course& out) {
    going_.clear();
    for (const Tracks::Present& one : m_.tracks_.present(t)) {
      if (m_.nobody(room_.now, one.track)) continue;
      if (m_.any_away_) m_.count_away(one.track, t, room_, out);
      const Projection::Rows p = m_.moves_of(m_.n_, one.track, base, world, room_);
      for (std::size_t i = 0; i < m_.n_; ++i) {
        Cell& here = room_.now[m_.at(one.track) + i];
        if (here[everybody] == 0) continue;
        const std::size_t first = going_.size();
        for (std::size_t j = 0; j < m_.n_; ++j) going_.push_back({&one, i, j, Cell::Zero()});
        for (Eigen::Index g = 0; g < everybody; ++g) {
          if (here[g] == 0) continue;
          Stream chance = random(Chance::move, i, g, history_[one.track]);
          const std::vector<double>& to = deal(chance, here[g], {p[i], m_.n_});
          for (std::size_t j = 0; j < m_.n_; ++j) {
            going_[first + j].heads[g] = to[j];
            going_[first + j].heads[everybody] += to[j];
          }
        }
        here = Cell::Zero();
      }
    }
    std::erase_if(going_, [](const Going& g) { return g.heads[everybody] == 0; });
  }
  /// Who finds no post stays: each round can only keep more from moving, since who stays leaves no vacancy.
  void find_posts(std::size_t t, Course& out) {
    const auto row = static_cast<Eigen::Index>(t);
    const auto pool = [this](std::size_t i) { return m_.shares_posts_with_[i]; };
    std::vector<double> places(m_.n_, 0);
    for (std::size_t k = 0; k < m_.population_.posts().size(); ++k) {
      const Posts& posts = m_.population_.posts()[k];
      double& left = places[pool(posts.at.indices().front())];
      left = out.posts(row + 1, static_cast<Eigen::Index>(k));
      for (const std::size_t i : posts.at.indices()) left -= out.entrants(row, static_cast<Eigen::Index>(i));
    }
    for (const Going& g : going_)
      if (pool(g.from) == pool(g.to)) places[pool(g.to)] -= g.heads[everybody];
    std::vector<Going> kept;
    std::uint32_t round = 0;
    for (bool changed = true; std::exchange(changed, false);)
      for (const std::size_t j : m_.limited_) {
        const auto moves_in = [&](const Going& g) { return pool(g.to) == j && pool(g.from) != j ? &g.heads : nullptr; };
        double wanted = 0;
        for (const Going& g : going_)
          if (moves_in(g) != nullptr) wanted += g.heads[everybody];
        const double too_many = wanted - std::max(0.0, places[j]);
        if (!(too_many > 0)) continue;
        changed = true;
        Stream chance = random(Chance::post, j, round++);
        draw_lots(chance, too_many, going_, moves_in, [&](Going& g, Eigen::Index group, double heads) {
          Going stays{g.track, g.from, g.from, Cell::Zero()};
          for (const Eigen::Index e : {group, everybody}) {
            g.heads[e] -= heads;
            stays.heads[e] = heads;
          }
          kept.push_back(stays);
          places[pool(g.from)] -= heads;
          out.blocked(row, static_cast<Eigen::Index>(g.to)) += heads;
        });
      }
    going_.insert(going_.end(), kept.begin(), kept.end());
  }
  void move(std::size_t t, Course& out) {
    Matrix& flow = out.flows[t];
    flow.setZero();
    double& first = out.first_reached[static_cast<Eigen::Index>(t + 1)];
    const auto arrive = [&](std::size_t track, std::size_t j, const Cell& heads) {
      room_.next[m_.at(track) + j] += m_.in_target_[j] == 0 ? heads : m_.reach(heads, first);
    };
    for (const Going& g : going_) {
      flow(static_cast<Eigen::Index>(g.from), static_cast<Eigen::Index>(g.to)) += g.heads[everybody];
      const std::vector<Tracks::Later>& later = g.to == g.from ? g.track->stay : g.track->move;
      if (later.size() == 1) {
        arrive(later[0].track, g.to, g.heads);
        continue;
      }
      shares_.clear();
      for (const Tracks::Later& l : later) shares_.push_back(l.share);
      for (Eigen::Index group = 0; group < everybody; ++group) {
        if (g.heads[group] == 0) continue;
        Stream chance = random(Chance::go_on, g.from, g.to, group, history_[g.track->track]);
        const std::vector<double>& by = deal(chance, g.heads[group], shares_);
        for (std::size_t k = 0; k < later.size(); ++k) {
          Cell some = Cell::Zero();
          some[group] = some[everybody] = by[k];
          arrive(later[k].track, g.to, some);
        }
      }
    }
    for (std::size_t i = 0; i < m_.n_; ++i) {
      const double heads = out.entrants(static_cast<Eigen::Index>(t), static_cast<Eigen::Index>(i));
      room_.next[m_.at(0) + i] += Cell(0, 0, heads, heads);
    }
    double* const heads = out.headcount.data() + (t + 1) * m_.n_;
    for (const Tracks::Present& one : m_.tracks_.present(t + 1))
      for (std::size_t i = 0; i < m_.n_; ++i) heads[i] += room_.next[m_.at(one.track) + i][everybody];
    room_.now.swap(room_.next);
  }

  const Projection& m_;
  Projection::Workspace room_{};
  Draw chance_ = Draw::point();
  std::uint32_t t_ = 0;                   // the period
  std::vector<std::uint32_t> history_{};  // by track

  std::vector<double> dealt_{}, shares_{}, part_of_post_{};
  std::vector<Applicants> applicants_{};
  std::vector<Going> going_{};
  std::unique_ptr<WholePeople> moves_{};
};

}  // namespace rungs

#endif
