# SPDX-FileCopyrightText: 2026 The Rungs authors
# SPDX-License-Identifier: BSL-1.0
"""second_order.py: chains of second order, counted and multiplied anew here."""
import collections
import csv
import io
import math
import random
import unittest

from support.program import Program, SOURCE

PANELS = SOURCE / "examples/panels"
LADDER = ["--ladder", "labourer < operative < craftsman | left"]
NAMES, EXIT = ["labourer", "operative", "craftsman"], "left"
LONG = ["--panel", str(PANELS / "long.csv"), "--id", "person", "--time", "year", "--state", "job", *LADDER]
WIDE = ["--panel", str(PANELS / "wide.csv"), "--wide", "--id", "person", *LADDER]
SPELLS = ["--panel", str(PANELS / "spells.csv"), "--spells", "--id", "person", "--state", "job", "--begin", "from",
          "--end", "to", "--ends", "included", "--until", "2021", *LADDER]
METHOD = ["--method", "second-order", "--unseen-past", "first-order"]


def histories():
    """What people did, year after year without a gap."""
    by_person = collections.defaultdict(dict)
    with open(PANELS / "long.csv") as file:
        for row in csv.DictReader(file):
            by_person[row["person"]][int(row["year"])] = row["job"]
    for record in by_person.values():
        path, last = [], None
        for year in sorted(record):
            if last is not None and year != last + 1:
                yield path
                path = []
            path.append(record[year])
            last = year
        yield path


def counted():
    triples = collections.Counter()
    for path in histories():
        for a, b, c in zip(path, path[1:], path[2:]):
            if b != EXIT:
                triples[a, b, c] += 1
    return triples


def chances():
    """The probability of each next stratum by the two before, as in the stratum where nobody has that past."""
    triples, out = counted(), {}
    for b in NAMES:
        for a in NAMES:
            row = {c: triples[a, b, c] for c in [*NAMES, EXIT]}
            if not sum(row.values()):
                row = {c: sum(triples[x, b, c] for x in NAMES) for c in row}
            out[a, b] = {c: n / sum(row.values()) for c, n in row.items()}
    return out


def reach(start, target, steps):
    """By hand: people start with pasts, and are followed until they are in the target or have left."""
    p, people, first = chances(), dict(start), [0.0] * (steps + 1)
    for t in range(steps + 1):
        if t:
            after = collections.Counter()
            for (a, b), n in people.items():
                for c, q in p[a, b].items():
                    after[b, c] += n * q
            people = {pair: n for pair, n in after.items() if pair[1] != EXIT}
        first[t] = sum(n for (a, b), n in people.items() if b in target)
        people = {pair: n for pair, n in people.items() if pair[1] not in target}
    return first


class Estimate(Program):
    def test_moves_are_shares_of_those_with_the_same_past(self):
        answer = self.json("estimate", *LONG, *METHOD)
        triples, p = counted(), chances()
        moves = answer["second_order"]["moves"]
        self.assertEqual(len(moves), 3 * 3 * 4)
        for move in moves:
            past, end = (move["before"], move["now"]), move["next"]
            self.assertEqual(move["people"], triples[(*past, end)])
            self.assertAlmostEqual(move["probability"], p[past][end], 13)
            behind = sum(triples[(*past, c)] for c in [*NAMES, EXIT])
            if not behind:
                self.assertIsNone(move["lower"])
                continue
            q = move["probability"]
            self.assertAlmostEqual(move["standard_error"], math.sqrt(q * (1 - q) / behind), 12)
            if q == 0:  # Clopper and Pearson
                self.assertAlmostEqual(move["upper"], 1 - 0.025 ** (1 / behind), 10)
            self.assertLessEqual(move["lower"], q)
            self.assertLessEqual(q, move["upper"])
        self.assertEqual(answer["second_order"]["triples"], sum(triples.values()))

    def test_likelihood_against_first_order(self):
        order = self.json("estimate", *LONG, *METHOD)["second_order"]
        triples = counted()
        behind, now, onwards = collections.Counter(), collections.Counter(), collections.Counter()
        for (a, b, c), n in triples.items():
            behind[a, b] += n
            now[b] += n
            onwards[b, c] += n
        second = sum(n * math.log(n / behind[a, b]) for (a, b, c), n in triples.items())
        first = sum(n * math.log(n / now[b]) for (b, c), n in onwards.items())
        self.assertAlmostEqual(order["log_likelihood"], second, 9)
        self.assertAlmostEqual(order["first_order_log_likelihood"], first, 9)
        self.assertAlmostEqual(order["test"]["statistic"], 2 * (second - first), 8)
        tested = next(t for t in self.json("test", *LONG, "--seed", "7", "--draws", "200")["tests"]
                      if t["name"] == "order 1 against 2")
        self.assertEqual(order["test"]["df"], tested["df"]["by_support"])

    def test_every_layout(self):
        long, wide, spells = (self.json("estimate", *of, *METHOD)["second_order"] for of in (LONG, WIDE, SPELLS))
        self.assertEqual(wide, long)
        self.assertEqual(spells, long)

    def test_a_prior_is_added_to_every_possible_move(self):
        answer = self.json("estimate", *LONG, "--method", "second-order:0.5", "--unseen-past", "prior")
        triples = counted()
        self.assertEqual(answer["second_order"]["interval_method"], "posterior")
        for move in answer["second_order"]["moves"]:
            past = (move["before"], move["now"])
            behind = sum(triples[(*past, c)] for c in [*NAMES, EXIT])
            self.assertAlmostEqual(move["probability"], (move["people"] + 0.5) / (behind + 2), 13)

    def test_few_people_with_a_past_are_told(self):
        told = {w["code"]: w["message"] for w in self.json("estimate", *LONG, *METHOD)["warnings"]}
        self.assertIn("'operative > labourer' (5 people)", told["W-ROW-THIN"])
        self.assertIn("rungs test has one by draws", told["W-SPARSE"])

    def coverage(self, people, method):
        self.write("pasts.csv", "id,time,state\n" + "".join(
            f"{k},{t},{s}\n" for k, path in enumerate(people) for t, s in enumerate(path)))
        answer = self.json("estimate", "--panel", "pasts.csv", "--ladder", "a < b", "--method", method)
        return [w["message"] for w in answer["warnings"] if w["code"] == "W-COVERAGE"]

    def test_intervals_outside_of_what_was_studied_are_told(self):
        """Of each past 10 climb in many people, and 2 of those who came down in few."""
        many = 10 * ["aab", "baa", "bab", "abb", "bba", "aaa", "aba"]
        few = [path for path in many if path != "bab"] + 2 * ["bab"]
        self.assertEqual(self.coverage(many, "second-order"), [])
        self.assertEqual(self.coverage(few, "second-order"), [
            "intervals of reach are too narrow: what is known of how far people climb from 'b > a' is from as few as 2 "
            "people; 95 % intervals of reach within 5 steps held the truth in 90.8 % of samples of the nearest data "
            "studied (second order, 3 strata, 60 people x 4: thin rows)"])
        self.assertEqual(self.coverage(few, "second-order:0.5"), [])
        self.assertEqual(self.coverage(few, "second-order:1"), [
            "intervals of reach may lie off the truth: to the rungs climbed from 'b > a' the prior adds 0.58 times their "
            "standard error, more than in any chain of second order that was studied: at 0.55 times 95 % intervals of "
            "reach within 5 steps held the truth in 93.7 % of samples (second order, 3 strata, 60 people x 4: thin "
            "rows); try a smaller prior"])

    def test_csv_and_table(self):
        moves = self.json("estimate", *LONG, *METHOD)["second_order"]["moves"]
        rows = list(csv.DictReader(io.StringIO(self.ok("estimate", *LONG, *METHOD, "--format", "csv").stdout)))
        self.assertEqual([float(r["probability"]) for r in rows], [m["probability"] for m in moves])
        table = self.ok("estimate", *LONG, *METHOD).stdout
        for words in ("Of those in operative", "Does the past count?", "labourer > operative"):
            self.assertIn(words, table)


class Measure(Program):
    def test_reach_with_a_past(self):
        for past in (("labourer", "operative"), ("operative", "operative")):
            for steps in (1, 2, 3):
                answer = self.json("measure", *LONG, *METHOD, "--from", " > ".join(past), "--reach", "craftsman",
                                   "--within", str(steps), "--seed", "7", "--draws", "400")
                first = reach({past: 1}, {"craftsman"}, steps)
                self.assertAlmostEqual(answer["reach"]["value"], sum(first), 12)
                for t, one in enumerate(answer["first_passage"]):
                    self.assertAlmostEqual(one["value"], first[t], 12)
                self.assertLess(answer["reach"]["lower"], sum(first))
                self.assertGreater(answer["reach"]["upper"], sum(first))
                self.assertEqual(answer["second_order"]["start"], [{"pair": " > ".join(past), "share": 1}])
                self.assertAlmostEqual(sum(e["value"] for e in answer["expected_years"]), steps, 10)

    def test_few_who_climb_count_where_a_reach_rests_on_them(self):
        """Of each past 10 make each move, but 2 from 'b' to 'c'; nobody from 'b' who was in 'c'."""
        def told(*asked):
            answer = self.json(*asked, "--panel", "pasts.csv", "--ladder", "a < b < c", "--method", "second-order")
            return [w["message"] for w in answer["warnings"] if w["code"] == "W-COVERAGE"]
        paths = [x + y + z for x in "abc" for y in "abc" for z in "abc"
                 for _ in range(0 if x + y + z == "cbc" else 2 if y + z == "bc" else 10)]
        self.write("pasts.csv", "id,time,state\n" + "".join(
            f"{k},{t},{s}\n" for k, path in enumerate(paths) for t, s in enumerate(path)))
        def asked(start, reach, within):
            return told("measure", "--from", start, "--reach", reach, "--within", within, "--seed", "7", "--draws", "100")
        self.assertEqual(asked("a > a", "b+", "3"), [])
        said = ("intervals of reach are too narrow: {}; 95 % intervals of reach within 5 steps held the truth in 90.8 % of "
                "samples of the nearest data studied (second order, 3 strata, 60 people x 4: thin rows)")
        nobody = said.format("nobody was seen to climb from 'c > b'")
        self.assertEqual(told("estimate"), [nobody])
        self.assertEqual(asked("c > b", "c", "1"), [nobody])
        few = said.format("what is known of how far people climb from 'a > b' is from as few as 2 people")
        self.assertEqual(asked("a > a", "c", "1"), [])  # nobody is in 'b' before the last step
        self.assertEqual(asked("a > a", "c", "2"), [few])
        self.assertEqual(asked("a > a", "c", "3"), [few])  # who was in 'c' is where he was to get to

    def test_reach_averaged_over_pasts(self):
        for which, last in (("all-moves", False), ("last-move", True)):
            pairs = collections.Counter()
            for path in histories():
                for a, b in list(zip(path, path[1:]))[-1 if last else 0:]:
                    if b == "operative":
                        pairs[a, b] += 1
            start = {pair: n / sum(pairs.values()) for pair, n in pairs.items()}
            answer = self.json("measure", *LONG, *METHOD, "--from", "operative", "--pasts", which, "--reach",
                               "craftsman+", "--within", "3", "--seed", "7", "--draws", "400")
            self.assertAlmostEqual(answer["reach"]["value"], sum(reach(start, {"craftsman"}, 3)), 12)
            self.assertEqual(answer["second_order"]["past"], which.replace("-", " "))

    def test_leaving_is_a_target_too(self):
        answer = self.json("measure", *LONG, *METHOD, "--from", "labourer > labourer", "--reach", "left", "--within",
                           "1", "--seed", "7", "--draws", "100")
        self.assertAlmostEqual(answer["reach"]["value"], chances()["labourer", "labourer"]["left"], 12)
        self.assertAlmostEqual(answer["standing"]["value"], answer["reach"]["value"], 12)

    def test_csv_and_table(self):
        question = ["--from", "labourer > operative", "--reach", "craftsman", "--within", "2", "--seed", "7", "--draws", "100"]
        answer = self.json("measure", *LONG, *METHOD, *question)
        rows = list(csv.DictReader(io.StringIO(
            self.ok("measure", *LONG, *METHOD, *question, "--format", "csv").stdout)))
        self.assertEqual(float(rows[0]["value"]), answer["reach"]["value"])
        self.assertIn("Of people with this past.", self.ok("measure", *LONG, *METHOD, *question).stdout)


class Warnings(Program):
    def test_only_moves_that_can_be_made_are_missed(self):
        self.write("p.csv", "id,time,state\n" + "".join(
            f"{i},{t},{s}\n" for i in range(240) for t, s in enumerate(("aab", "aba", "bab", "bba", "abb", "baa", "bbb", "aaa")[i % 8])))
        of = ["--panel", "p.csv", "--ladder", "a < b", "--method", "second-order"]
        self.assertEqual([w["code"] for w in self.json("estimate", *of)["warnings"]], [])
        self.write("p.csv", (self.folder / "p.csv").read_text().replace("0,0,a\n0,1,a\n0,2,b", "0,0,a\n0,1,a\n0,2,a"))
        rows = [r for r in (self.folder / "p.csv").read_text().splitlines()[1:]]
        kept = [p for p in range(240) if p % 8 != 0]
        self.write("p.csv", "id,time,state\n" + "\n".join(r for r in rows if int(r.split(",")[0]) in kept) + "\n")
        told = [w["message"] for w in self.json("estimate", *of)["warnings"] if w["code"] == "W-ZERO"]
        self.assertEqual(told, ["possible moves that were never observed: 'a' > 'a' -> 'b' (0 of 30); rare is not impossible: the "
                                "one-sided 95 % upper bound is about 3 divided by the people"])
        run = self.run_rungs("estimate", *of[:3], "a < b < c", *of[4:], "--unseen-past", "first-order", "--unleft", "absorbing")
        self.assertEqual(run.returncode, 2)

    def test_weights_of_indices_are_refused(self):
        self.refused(2, "found --weights with a chain of second order; expected --from, --reach and --within alone",
                     "measure", *LONG, *METHOD, "--from", "labourer > operative", "--reach", "craftsman", "--within", "2", "--weights", "uniform")


class Surveys(Program):
    """People drawn with unequal chances: weighted shares of each past, and the spread between people or clusters."""

    LADDER = ["--ladder", "a < b"]

    def setUp(self):
        super().setUp()
        draws = random.Random(9)
        self.people = []
        for k in range(120):
            path = [draws.randrange(2)]
            for _ in range(4):
                stay = .8 if len(path) > 1 and path[-1] == path[-2] else .5
                path.append(path[-1] if draws.random() < stay else 1 - path[-1])
            self.people.append((path, 1 + k % 4, k // 6))
        self.write("w.csv", "id,time,state,w,village\n" + "".join(
            f"{k},{t},{'ab'[s]},{w},v{v}\n" for k, (path, w, v) in enumerate(self.people) for t, s in enumerate(path)))
        self.of = ["--panel", "w.csv", *self.LADDER, "--method", "second-order", "--weight", "w:sampling"]

    def expected(self, a, b, c, cluster):
        """The share, and its standard error by the deviations of people or clusters."""
        rows = [(w, v if cluster else k, path[t + 2] == c) for k, (path, w, v) in enumerate(self.people)
                for t in range(3) if path[t:t + 2] == [a, b]]
        weight = sum(w for w, _, _ in rows)
        p = sum(w for w, _, hit in rows if hit) / weight
        z = collections.Counter()
        for w, at, hit in rows:
            z[at] += w * (hit - p) / weight
        n = 20 if cluster else 120
        return p, math.sqrt(n / (n - 1) * sum(x * x for x in z.values()))

    def test_shares_and_errors(self):
        for more, cluster, freedom in (([], False, 119), (["--cluster", "village"], True, 19)):
            answer = self.json("estimate", *self.of, *more)["second_order"]
            self.assertEqual((answer["degrees_of_freedom"], answer["test"], answer["interval_method"]), (freedom, None, "log-odds"))
            for m in answer["moves"]:
                p, error = self.expected(*("ab".index(m[key]) for key in ("before", "now", "next")), cluster)
                self.assertAlmostEqual(m["probability"], p, 12)
                self.assertAlmostEqual(m["standard_error"], error, 12)
                self.assertLess(m["lower"], p)
        run = self.ok("estimate", *self.of)
        self.assertIn("of how people were drawn, with 119 degrees of freedom", run.stdout)
        self.assertNotIn("Does the past count?", run.stdout)

    def test_reach_over_weighted_pasts(self):
        answer = self.json("measure", *self.of, "--from", "a", "--pasts", "all-moves", "--reach", "b", "--within", "2",
                           "--seed", "3", "--draws", "300")
        before = collections.Counter()
        for path, w, _ in self.people:
            for t in range(1, 5):
                if path[t] == 0:
                    before[path[t - 1]] += w
        share = [before[a] / sum(before.values()) for a in (0, 1)]
        stay = self.expected(0, 0, 0, False)[0]
        wanted = sum(s * (1 - self.expected(a, 0, 0, False)[0] * stay) for a, s in enumerate(share))
        self.assertAlmostEqual(answer["reach"]["probability"], wanted, 12)
        self.assertLess(answer["reach"]["lower"], wanted)
        self.assertGreater(answer["reach"]["upper"], wanted)

    def test_what_does_not_go_with_a_survey(self):
        self.refused(2, "found --unseen-past first-order with a survey; expected absorbing, or none", "estimate", *self.of,
                     "--unseen-past", "first-order")
        self.refused(2, "found the method second-order:1 and a survey", "estimate", *self.of[:4], "--method", "second-order:1",
                     "--cluster", "village")
        self.refused(2, "found --method second-order:1 with a survey; expected second-order", "estimate", *self.of[:4], "--method",
                     "second-order:1", "--weight", "w:sampling")
        self.refused(2, "found precision weights with --method second-order; expected sampling or frequency weights, or none",
                     "estimate", *self.of[:4], "--method", "second-order", "--weight", "w:precision")


class Periods(Program):
    def panel(self, name, seed, change=None, people=1500, years=8):
        """People who stay, go back where they were or go on by chance; from a year on they go back more often."""
        rng, lines = random.Random(seed), ["id,time,state"]
        for person in range(people):
            before, now = rng.randrange(3), rng.randrange(3)
            for year in range(years):
                lines.append(f"{person},{year},{'abc'[now]}")
                back = .5 if change is not None and year >= change else .2
                u = rng.random()
                before, now = now, now if u < .4 else before if u < .4 + back else rng.randrange(3)
        (self.folder / name).write_text("\n".join(lines) + "\n")
        return ["--panel", name, "--ladder", "a < b < c", "--method", "second-order"]

    def told(self, *arguments):
        return [w["message"] for w in self.json(*arguments)["warnings"] if w["code"] == "W-NONSTATIONARY"]

    def test_another_regime_is_told_and_none_is_not(self):
        other = self.panel("other.csv", 5, change=6)
        (message,) = self.told("estimate", *other)
        self.assertRegex(message, r"^moves differ between periods \(likelihood ratio [0-9.]+ on 90 degrees of freedom, p = ")
        self.assertIn("; unlike all others together: 6", message)
        self.assertIn("; for example, getting higher up from anywhere within 3 steps, the matrix of all periods says ", message)
        self.assertEqual(self.told("measure", *other, "--from", "a > b", "--reach", "c", "--within", "3", "--seed", "1",
                                   "--draws", "100"), [message])
        # Of 500 clean panels of 60 to 1500 people 2 were told of, and 63 by the shares of first order.
        for seed in (1, 2, 3):
            self.assertEqual(self.told("estimate", *self.panel("one.csv", seed)), [])


class Stayers(Program):
    def panel(self, name, seed, stayers, people=600, years=8):
        """People who stay, go back where they were or go on by chance; a share of them never moves."""
        rng, lines = random.Random(seed), ["id,time,state"]
        for person in range(people):
            never = rng.random() < stayers
            before, now = rng.randrange(3), rng.randrange(3)
            for year in range(years):
                lines.append(f"{person},{year},{'abc'[now]}")
                u = rng.random()
                before, now = now, now if never or u < .4 else before if u < .6 else rng.randrange(3)
        (self.folder / name).write_text("\n".join(lines) + "\n")
        self.never = sum(len(set(states)) == 1 for states in self.windows(lines[1:], years))
        self.starts = people * (years - 6)
        return ["--panel", name, "--ladder", "a < b < c", "--method", "second-order"]

    def windows(self, lines, years):
        states = [line[-1] for line in lines]
        for first in range(0, len(states), years):
            for k in range(first, first + years - 6):
                yield states[k:k + 7]

    def told(self, *arguments):
        return [w["message"] for w in self.json(*arguments)["warnings"] if w["code"] == "W-STAYERS"]

    def test_they_are_told_and_none_are_not(self):
        arguments = self.panel("some.csv", 5, .4)
        (message,) = self.told("estimate", *arguments)
        share = f"{100 * self.never / self.starts:.1f}"
        self.assertTrue(message.startswith(f"in 6 steps {share} % never moved ({self.starts} starts of 600 people), by "
                                           "the fitted chain "), message)
        self.assertIn("; for example, getting higher up from anywhere within 3 steps, ", message)
        self.assertEqual(self.told("measure", *arguments, "--from", "a > b", "--reach", "c", "--within", "3", "--seed",
                                   "1", "--draws", "100"), [message])
        for seed in (1, 2, 3):
            self.assertEqual(self.told("estimate", *self.panel("none.csv", seed, 0)), [])


class Usage(Program):
    def test_what_must_be_said(self):
        question = ["--reach", "craftsman", "--within", "2", "--seed", "7"]
        for status, words, arguments in [
            (3, "expected --unseen-past: first-order (as all in the stratum), absorbing (nobody leaves it), or prior "
             "(with second-order:PRIOR) [E-ROW-EMPTY]", ["estimate", *LONG, "--method", "second-order"]),
            (2, "found --unseen-past prior without a prior; expected --method second-order:PRIOR",
             ["estimate", *LONG, "--method", "second-order", "--unseen-past", "prior"]),
            (2, "found --unseen-past without --method second-order", ["estimate", *LONG, "--unseen-past", "absorbing"]),
            (2, "found --method second-order without --panel; expected a panel: a past is what a person did before",
             ["estimate", "--method", "second-order"]),
            (2, "found --by-period with --method second-order", ["estimate", *LONG, *METHOD, "--by-period"]),
            (2, "found --unleft with --method second-order; expected --unseen-past",
             ["estimate", *LONG, *METHOD, "--unleft", "absorbing"]),
            (2, "found a model of second order to save", ["estimate", *LONG, *METHOD, "-o", "x.rungs"]),
            (2, "found 'second-order:-1'; expected", ["estimate", *LONG, "--method", "second-order:-1"]),
            (2, "found --method second-order without a question; expected --from, --reach and --within",
             ["measure", *LONG, *METHOD]),
            (2, 'found --from \'operative\' without a past; expected --from "BEFORE > operative", or --pasts',
             ["measure", *LONG, *METHOD, "--from", "operative", *question]),
            (2, "found --pasts and a past in --from; expected one of them",
             ["measure", *LONG, *METHOD, "--from", "labourer > operative", "--pasts", "all-moves", *question]),
            (2, "found --pasts without --method second-order",
             ["measure", *LONG, "--from", "operative", "--pasts", "all-moves", *question]),
            (3, "found the exit 'left' to start from", ["measure", *LONG, *METHOD, "--from", "operative > left", *question]),
        ]:
            with self.subTest(words):
                self.refused(status, words, *arguments)


if __name__ == "__main__":
    unittest.main()
