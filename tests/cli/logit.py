# SPDX-FileCopyrightText: 2026 The Rungs authors
# SPDX-License-Identifier: BSL-1.0
"""logit.py: logits of moves on covariates, as users of the program meet them, against closed forms and against R."""
import csv
import io
import json
import math
import random
import re
import statistics
import subprocess
import unittest

from support import program
from support.program import PROGRAM, REFERENCE, SOURCE

Z = statistics.NormalDist().inv_cdf(0.975)

# People by stratum, whether they were trained, and where they are one step later.
CELLS = {("a", 0): {"a": 30, "b": 10}, ("a", 1): {"a": 20, "b": 20},
         ("b", 0): {"a": 6, "b": 24}, ("b", 1): {"a": 5, "b": 45}}
PANEL = ["--panel", "moves.csv", "--ladder", "a < b"]
LOGIT = [*PANEL, "--method", "logit", "--covariate", "trained:number", "--seed", "7"]


def moves(cells=CELLS, name=str):
    """A panel in which everybody makes one move; covariates after it are not those of the move."""
    lines, person = ["id,time,state,trained"], 0
    for (start, trained), ends in cells.items():
        for end, people in ends.items():
            for _ in range(people):
                person += 1
                lines += [f"{person},1,{start},{name(trained)}", f"{person},2,{end},{name(person % 2)}"]
    return "\n".join(lines) + "\n"


class Program(program.Program):
    def setUp(self):
        super().setUp()
        self.write("moves.csv", moves())

    def usage(self, words, *arguments):
        run = self.run_rungs(*arguments)
        self.assertEqual((run.returncode, run.stdout), (2, ""), run.stderr)
        self.assertIn(words, run.stderr)

    def codes(self, answer):
        return [w["code"] for w in answer["warnings"]]


def share(start, trained, end="b"):
    ends = CELLS[start, trained]
    return ends[end] / sum(ends.values())


def coefficient(answer, start, end, column):
    return next(c for c in answer["logit"]["coefficients"]
                if (c["from"], c["to"], c["column"]) == (start, end, column))


class Coverage(Program):
    """W-COVERAGE, by the people there are to each coefficient."""

    def told(self, cells, *arguments):
        self.write("moves.csv", moves(cells))
        answer = self.json("estimate", *LOGIT, *arguments)
        return [w["message"] for w in answer["warnings"] if w["code"] == "W-COVERAGE"]

    def test_few_people_to_a_coefficient(self):
        self.assertEqual(self.told(CELLS), [])
        few = {of: {end: people // 4 for end, people in ends.items()} for of, ends in CELLS.items()}
        people = sum(sum(few["a", t].values()) for t in (0, 1))  # of the fewer, for a constant and a slope
        self.assertEqual(people, 19)
        self.assertEqual(self.told(few), [
            "intervals of the logit are too narrow: there are as few as 9.5 effective people to each coefficient; 95 % "
            "intervals of marginal effects held the truth in 93.17 % of samples of the nearest data studied (logit "
            "pooled, 60 people x 2 moves, by person), and the least of them in 89.12 %"])
        self.assertEqual(self.told(few, "--variance", "model"), [])  # held in 93.7 % of such few
        self.assertEqual(self.told(few, "--slopes", "common"), [])  # 38 people for three


class Parts(Program):
    """A logit of each group, and of each period: as of a file of its rows alone."""

    def setUp(self):
        super().setUp()
        draws = random.Random(3)
        self.rows = []
        for k in range(900):
            group, state, age = "xyz"[k % 3], draws.choice("ab"), draws.randrange(20, 40)
            trained = draws.choice(["no", "yes"])
            for t in range(4):
                self.rows.append((k, t, state, group, trained, age + t))
                up = .2 + .1 * (trained == "yes") + .1 * t * (group == "x")
                state = draws.choices("ab", (1 - up, up))[0] if state == "a" else draws.choices("ab", (.3, .7))[0]
        self.of = self.options(self.file("all.csv", self.rows))

    def file(self, name, rows):
        return self.write(name, "id,time,state,group,trained,age\n" + "".join(",".join(map(str, row)) + "\n" for row in rows))

    def options(self, name, seed=5):
        return ["--panel", name, "--ladder", "a < b", "--method", "logit", "--covariate", "trained:category: no, yes",
                "--covariate", "age:number", "--seed", str(seed), "--draws", "200"]

    def same(self, one, other):
        """Numbers to 1e-12 of their size; all else the same."""
        if isinstance(one, dict):
            self.assertEqual(one.keys(), other.keys())
            for key in one:
                self.same(one[key], other[key])
        elif isinstance(one, list):
            self.assertEqual(len(one), len(other))
            for a, b in zip(one, other):
                self.same(a, b)
        elif isinstance(one, float) and isinstance(other, float):
            self.assertLessEqual(abs(one - other), 1e-12 * max(1, abs(one)))
        else:
            self.assertEqual(one, other)

    KEYS = ("counts", "transition_matrix", "standard_error", "interval", "log_likelihood", "logit")

    def test_each_group_is_as_its_rows_alone(self):
        answer = self.json("estimate", *self.of, "--group", "group: x, y, z")
        self.assertEqual(answer["seed"], 5)
        for k, part in enumerate(answer["groups"]):
            alone = self.json("estimate", *self.options(self.file("one.csv", [r for r in self.rows if r[3] == "xyz"[k]]), 5 + k))
            self.assertEqual((part["group"], part["people"]), ("xyz"[k], 300))
            for key in self.KEYS:
                self.same(part[key], alone[key])
        rows = [row["coefficient"] if "coefficient" in row else row for row in self.csv("estimate", *self.of, "--group", "group")]
        self.assertEqual({row["group"] for row in rows}, set("xyz"))
        table = self.ok("estimate", *self.of, "--group", "group").stdout
        self.assertIn("Probability of being there one step later, of the people in each stratum, group y", table)

    def test_each_period_is_as_its_rows_alone(self):
        answer = self.json("estimate", *self.of, "--by-period")
        self.assertEqual([p["period"] for p in answer["periods"]], [0, 1, 2])
        for k, part in enumerate(answer["periods"]):
            alone = self.json("estimate", *self.options(self.file("one.csv", [r for r in self.rows if r[1] in (k, k + 1)]), 5 + k))
            for key in self.KEYS:
                self.same(part[key], alone[key])
        self.assertNotIn("logit", answer)

    def test_groups_by_period(self):
        answer = self.json("estimate", *self.of, "--group", "group", "--by-period")
        part = answer["groups"][1]["periods"][2]
        rows = [r for r in self.rows if r[3] == "y" and r[1] in (2, 3)]
        alone = self.json("estimate", *self.options(self.file("one.csv", rows), 5 + 3 + 2))
        for key in self.KEYS:
            self.same(part[key], alone[key])

    def test_measure_and_saved_models(self):
        question = ["--from", "a", "--reach", "b", "--within", "2"]
        measured = self.json("measure", *self.of, "--group", "group", *question)
        for group in measured["groups"]:
            self.assertLess(group["reach"]["lower"], group["reach"]["upper"])
            self.assertEqual(measured["population"], {"averaged_over": "stratum", "at": {}})
        self.ok("estimate", *self.of, "--group", "group", "-o", "m.rungs")
        saved = self.json("measure", "--model", "m.rungs", *question, "--seed", "5", "--draws", "200")
        self.assertEqual([g["reach"]["value"] for g in saved["groups"]], [g["reach"]["value"] for g in measured["groups"]])
        stay = [p["transition_matrix"][0][0] for p in self.json("estimate", *self.of, "--by-period")["periods"]]
        by_period = self.json("measure", *self.of, "--by-period", *question, "--start", "1")
        self.assertAlmostEqual(by_period["reach"]["value"], 1 - stay[1] * stay[2], 12)

    def test_draws_of_parts_are_their_own(self):
        """Groups of the same people: the same numbers, in draws that are not those of each other."""
        rows = [(f"{g}{r[0]}", *r[1:3], g, *r[4:]) for g in "xy" for r in self.rows[:600]]
        answer = self.json("estimate", *self.options(self.file("same.csv", rows)), "--group", "group")
        one, two = answer["groups"]
        self.same(one["transition_matrix"], two["transition_matrix"])
        self.same(one["logit"]["coefficients"], two["logit"]["coefficients"])
        self.assertNotEqual(one["interval"]["lower"], two["interval"]["lower"])

    def test_weights_and_missing_covariates(self):
        rows = [(*r[:5], "" if r[0] % 50 == 7 else r[5]) for r in self.rows]
        self.file("m.csv", rows)
        more = ["--missing-covariate", "drop"]
        answer = self.json("estimate", *self.options("m.csv"), *more, "--group", "group", "--by-period")
        alone = self.json("estimate", *self.options(self.file("one.csv", [r for r in rows if r[3] == "y" and r[1] in (1, 2)]), 9), *more)
        self.same(answer["groups"][1]["periods"][1]["logit"], alone["logit"])
        self.assertEqual(answer["ledger"]["pairs_dropped"], {"covariate not known": 54})

    def test_what_is_refused_names_the_part(self):
        rows = [r for r in self.rows if not (r[3] == "y" and r[4] == "yes")]
        self.refused(3, "rungs: error: group 'y': ", "estimate", *self.options(self.file("n.csv", rows)), "--group", "group")
        alone = [r for r in self.rows if r[3] != "y" or r[1] == 1]
        for more, words in (([], "found no move; expected some [E-ROW-EMPTY]"),
                            (["--by-period"], "found nobody who was seen at two times one step apart; expected some [E-ROW-EMPTY]")):
            self.refused(3, "rungs: error: group 'y': " + words, "estimate", *self.options(self.file("n.csv", alone)), "--group", "group",
                         *more)
        rows = [(r[0], r[1] + 3 * (r[0] % 2), *r[2:]) for r in self.rows if r[1] < 2]
        self.refused(3, "found no move that starts in period 1; expected some in every period from the first to the last "
                        "[E-ROW-EMPTY]", "estimate", *self.options(self.file("n.csv", rows)), "--by-period")


class ClosedForm(Program):
    """With one covariate that is 0 or 1, every number is a function of the shares."""

    def test_coefficients_are_log_odds_of_shares(self):
        model = self.json("estimate", *LOGIT, "--variance", "model")
        person = self.json("estimate", *LOGIT)
        people = sum(sum(ends.values()) for ends in CELLS.values())
        # With one move for each person, the sandwich is the model's variance times people / (people - 1).
        for answer, factor in ((model, 1), (person, math.sqrt(people / (people - 1)))):
            for start, end in (("a", "b"), ("b", "a")):
                odds = {x: CELLS[start, x][end] / CELLS[start, x][start] for x in (0, 1)}
                variance = {x: sum(1 / n for n in CELLS[start, x].values()) for x in (0, 1)}
                for column, value, error in (
                        ("(constant)", math.log(odds[0]), math.sqrt(variance[0])),
                        ("trained", math.log(odds[1] / odds[0]), math.sqrt(variance[0] + variance[1]))):
                    c = coefficient(answer, start, end, column)
                    self.assertEqual(c["against"], start)
                    self.assertAlmostEqual(c["value"], value, 10)
                    self.assertAlmostEqual(c["standard_error"], error * factor, 8)
                    self.assertAlmostEqual(c["lower"], value - Z * error * factor, 7)
                    self.assertAlmostEqual(c["upper"], value + Z * error * factor, 7)

    def test_marginal_effects_are_differences_of_shares(self):
        answer = self.json("estimate", *LOGIT, "--variance", "model")
        effect, = answer["logit"]["marginal_effects"]
        self.assertEqual((effect["column"], effect["kind"]), ("trained", "difference"))
        for i, start in enumerate("ab"):
            p, q = share(start, 1), share(start, 0)
            error = math.sqrt(sum(r * (1 - r) / sum(CELLS[start, x].values()) for x, r in ((1, p), (0, q))))
            for j, sign in ((0, -1), (1, 1)):
                self.assertAlmostEqual(effect["effect"][i][j], sign * (p - q), 10)
                self.assertAlmostEqual(effect["standard_error"][i][j], error, 8)
                self.assertAlmostEqual(effect["upper"][i][j], sign * (p - q) + Z * error, 7)

    def test_the_matrix_is_that_of_the_people_or_of_a_setting(self):
        answer = self.json("estimate", *LOGIT)
        for i, start in enumerate("ab"):
            total = {end: CELLS[start, 0][end] + CELLS[start, 1][end] for end in "ab"}
            self.assertAlmostEqual(answer["transition_matrix"][i][1], total["b"] / sum(total.values()), 12)
        self.assertEqual(answer["counts"], [[50, 30], [11, 69]])
        for x in (0, 1):
            at = self.json("estimate", *LOGIT, "--at", f"trained={x}")
            self.assertEqual(at["logit"]["population"], {"averaged_over": "stratum", "at": {"trained": x}})
            self.assertEqual(at["method"], f"logit, by origin, standardised at trained={x}")
            for i, start in enumerate("ab"):
                p, n = share(start, x), sum(CELLS[start, x].values())
                self.assertAlmostEqual(at["transition_matrix"][i][1], p, 12)
                # Draws of the coefficients: normal log-odds around those of the share.
                error = math.sqrt(p * (1 - p) / n)
                self.assertLess(abs(at["standard_error"][i][1] / error - 1), 0.1)
                odds, width = math.log(p / (1 - p)), Z / math.sqrt(n * p * (1 - p))
                for key, sign in (("lower", -1), ("upper", 1)):
                    bound = 1 / (1 + math.exp(-(odds + sign * width)))
                    self.assertLess(abs(at["interval"][key][i][1] - bound), 0.1 * error * 2)
            self.assertEqual(at["interval"]["method"], "draws of coefficients")

    def test_averages_over_everybody_differ_by_the_stratum_alone(self):
        answer = self.json("estimate", *LOGIT, "--average-over", "everybody")
        trained = sum(sum(CELLS[s, 1].values()) for s in "ab") / 160
        for i, start in enumerate("ab"):
            self.assertAlmostEqual(answer["transition_matrix"][i][1],
                                   trained * share(start, 1) + (1 - trained) * share(start, 0), 12)

    def test_likelihood_and_tests(self):
        answer = self.json("estimate", *LOGIT, "--variance", "model")
        logit = answer["logit"]
        full = sum(n * math.log(n / sum(ends.values())) for ends in CELLS.values() for n in ends.values())
        self.assertAlmostEqual(answer["log_likelihood"], full, 9)
        self.assertEqual((logit["parameters"], logit["moves"]), (4, 160))
        self.assertAlmostEqual(logit["aic"], -2 * full + 8, 8)
        self.assertAlmostEqual(logit["bic"], -2 * full + 4 * math.log(160), 8)
        none = 0
        wald = 0
        for start, end in (("a", "b"), ("b", "a")):
            total = {e: CELLS[start, 0][e] + CELLS[start, 1][e] for e in "ab"}
            none += sum(n * math.log(n / sum(total.values())) for n in total.values())
            slope = coefficient(answer, start, end, "trained")
            wald += (slope["value"] / slope["standard_error"]) ** 2
        one, ratio, alike = logit["tests"]
        self.assertEqual((one["kind"], one["df"]), ("wald", 2))
        self.assertAlmostEqual(one["statistic"], wald, 8)
        self.assertAlmostEqual(one["p"], math.exp(-wald / 2), 9)  # of two degrees of freedom
        self.assertEqual((ratio["hypothesis"], ratio["df"]), ("no covariate matters", 2))
        self.assertAlmostEqual(ratio["statistic"], 2 * (full - none), 8)
        self.assertEqual((alike["hypothesis"], alike["df"]), ("covariates act alike in all strata", 1))
        common = self.json("estimate", *LOGIT, "--variance", "model", "--slopes", "common")
        self.assertAlmostEqual(alike["statistic"], 2 * (full - common["log_likelihood"]), 8)
        self.assertEqual(common["logit"]["parameters"], 3)

    def test_frequency_weights_are_people(self):
        heavy = [line + (",weight" if k == 0 else ",2") for k, line in enumerate(moves().splitlines())]
        self.write("heavy.csv", "\n".join(heavy) + "\n")
        options = [word if word != "moves.csv" else "heavy.csv" for word in LOGIT]
        once = self.json("estimate", *LOGIT, "--variance", "model")
        twice = self.json("estimate", *options, "--weight", "weight:frequency", "--variance", "model")
        for one, two in zip(once["logit"]["coefficients"], twice["logit"]["coefficients"]):
            self.assertAlmostEqual(one["value"], two["value"], 9)
            self.assertAlmostEqual(one["standard_error"] / math.sqrt(2), two["standard_error"], 9)
        self.assertAlmostEqual(2 * once["log_likelihood"], twice["log_likelihood"], 8)
        sampled = self.json("estimate", *options, "--weight", "weight:sampling")
        self.assertIsNone(sampled["logit"]["aic"])
        self.assertEqual([t["kind"] for t in sampled["logit"]["tests"]], ["wald"])


class SecondRoute(Program):
    """Newton's method and the sandwich once more, in plain Python: people with several moves and a number."""

    def setUp(self):
        super().setUp()
        draw = random.Random(3)
        self.moves, lines = [], ["id,time,state,x"]
        for person in range(150):
            state, taste = draw.choice("ab"), draw.gauss(0, 1)
            for time in range(draw.randint(2, 6)):
                x = round(draw.gauss(10 + 0.5 * time, 2), 2)
                lines.append(f"{person},{time},{state},{x}")
                up = 1 / (1 + math.exp(-(-4 + 0.3 * x + taste + (state == "b"))))
                after = "b" if draw.random() < up else "a"
                self.moves.append((person, time, state, x, after))
                state = after
        last = {}
        for person, time, *_ in self.moves:
            last[person] = time
        self.moves = [m for m in self.moves if m[1] < last[m[0]]]  # nobody is seen after the last record
        self.write("lives.csv", "\n".join(lines) + "\n")
        self.of = ["--panel", "lives.csv", "--ladder", "a < b", "--method", "logit", "--covariate", "x:number",
                   "--seed", "7", "--draws", "100"]

    def fitted(self, start):
        """Log-odds of leaving a stratum, the inverse of the information, and the scores by person."""
        rows = [(m[0], m[3], m[4] != start) for m in self.moves if m[2] == start]
        b, c = 0.0, 0.0
        for _ in range(30):
            g0 = g1 = h00 = h01 = h11 = 0.0
            for _, x, leaves in rows:
                p = 1 / (1 + math.exp(-(b + c * x)))
                g0, g1 = g0 + leaves - p, g1 + (leaves - p) * x
                h00, h01, h11 = h00 + p * (1 - p), h01 + p * (1 - p) * x, h11 + p * (1 - p) * x * x
            d = h00 * h11 - h01 * h01
            inverse = [[h11 / d, -h01 / d], [-h01 / d, h00 / d]]
            b, c = b + inverse[0][0] * g0 + inverse[0][1] * g1, c + inverse[1][0] * g0 + inverse[1][1] * g1
        scores = {}
        for person, x, leaves in rows:
            p = 1 / (1 + math.exp(-(b + c * x)))
            s = scores.setdefault(person, [0, 0])
            s[0], s[1] = s[0] + leaves - p, s[1] + (leaves - p) * x
        return (b, c), inverse, scores, rows

    def test_coefficients_errors_by_person_and_effects(self):
        answer, model = self.json("estimate", *self.of), self.json("estimate", *self.of, "--variance", "model")
        self.assertEqual(answer["ledger"]["pairs_used"], len(self.moves))
        people = len({m[0] for m in self.moves})
        effect, = answer["logit"]["marginal_effects"]
        self.assertEqual(effect["kind"], "per unit")
        for i, (start, end) in enumerate((("a", "b"), ("b", "a"))):
            (b, c), inverse, scores, rows = self.fitted(start)
            meat = [[sum(s[k] * s[l] for s in scores.values()) for l in (0, 1)] for k in (0, 1)]
            robust = [[people / (people - 1) * sum(inverse[k][u] * meat[u][v] * inverse[v][l] for u in (0, 1)
                                                   for v in (0, 1)) for l in (0, 1)] for k in (0, 1)]
            for k, (column, value) in enumerate((("(constant)", b), ("x", c))):
                ours = coefficient(answer, start, end, column)
                self.assertAlmostEqual(ours["value"], value, 9)
                self.assertAlmostEqual(ours["standard_error"], math.sqrt(robust[k][k]), 9)
                self.assertAlmostEqual(coefficient(model, start, end, column)["standard_error"],
                                       math.sqrt(inverse[k][k]), 9)
            # The mean derivative, and its standard error by the delta method.
            mean, slope = 0, [0, 0]
            for _, x, _ in rows:
                p = 1 / (1 + math.exp(-(b + c * x)))
                mean += p * (1 - p) * c / len(rows)
                for k, own in enumerate((c * (1 - 2 * p), 1 + c * x * (1 - 2 * p))):
                    slope[k] += p * (1 - p) * own / len(rows)
            error = math.sqrt(sum(slope[k] * robust[k][l] * slope[l] for k in (0, 1) for l in (0, 1)))
            j = "ab".index(end)
            self.assertAlmostEqual(effect["effect"][i][j], mean, 10)
            self.assertAlmostEqual(effect["standard_error"][i][j], error, 9)
            # At a value, and for the people as they are.
            at = self.json("estimate", *self.of, "--at", "x=11.5")["transition_matrix"][i][j]
            self.assertAlmostEqual(at, 1 / (1 + math.exp(-(b + c * 11.5))), 10)
            left = sum(leaves for *_, leaves in rows) / len(rows)  # which a logit with a constant keeps
            self.assertAlmostEqual(answer["transition_matrix"][i][j], left, 10)


class Columns(Program):
    def test_a_category_is_its_dummies(self):
        names = {0: "no", 1: "yes"}
        self.write("words.csv", moves(name=names.get))
        of = ["--panel", "words.csv", "--ladder", "a < b", "--method", "logit", "--seed", "7"]
        numbers = self.json("estimate", *LOGIT)
        for spec in ("trained", "trained:category", "trained:category: no, yes"):
            words = self.json("estimate", *of, "--covariate", spec)
            self.assertEqual(words["transition_matrix"], numbers["transition_matrix"])
            self.assertEqual(words["logit"]["covariates"],
                             [{"name": "trained", "kind": "category", "reference": "no", "categories": ["no", "yes"],
                               "changes": True}])
            for one, two in zip(words["logit"]["coefficients"], numbers["logit"]["coefficients"]):
                self.assertEqual(one["value"], two["value"])
                self.assertEqual(one["column"], {"trained": "trained=yes"}.get(two["column"], two["column"]))
        turned = self.json("estimate", *of, "--covariate", "trained:category: yes, no")
        self.assertEqual(turned["logit"]["covariates"][0]["reference"], "yes")
        self.assertAlmostEqual(coefficient(turned, "a", "b", "trained=no")["value"],
                               -coefficient(numbers, "a", "b", "trained")["value"], 10)
        for value, x in names.items():
            at = self.json("estimate", *of, "--covariate", "trained", "--at", f"trained={x}")
            self.assertAlmostEqual(at["transition_matrix"][0][1], share("a", value), 12)
            self.assertEqual(at["logit"]["population"]["at"], {"trained": x})
        self.says(3, "rungs: error: found --at 'trained=yess'; expected one of 'no', 'yes'; did you mean 'yes'? "
                  "[E-LABEL-UNKNOWN]\n", "estimate", *of, "--covariate", "trained", "--at", "trained=yess")

    def test_unknown_label_has_its_place(self):
        self.write("words.csv", "id,time,state,school\n1,1,a,low\n1,2,b,hgh\n2,1,a,high\n2,2,a,low\n")
        self.says(3, "words.csv:3:7: error: found 'hgh' in column 'school'; expected one of 'low', 'high'; "
                  "did you mean 'high'? [E-LABEL-UNKNOWN]\n", "estimate", "--panel", "words.csv", "--ladder", "a < b",
                  "--method", "logit", "--covariate", "school:category: low, high", "--seed", "7")

    def test_the_order_of_records_does_not_matter(self):
        lines = moves().splitlines()
        self.write("turned.csv", "\n".join([lines[0], *sorted(lines[1:], key=lambda x: x[::-1])]) + "\n")
        one = self.json("estimate", *LOGIT)
        two = self.json("estimate", *[w if w != "moves.csv" else "turned.csv" for w in LOGIT])
        for a, b in zip(one["logit"]["coefficients"], two["logit"]["coefficients"]):
            self.assertAlmostEqual(a["value"], b["value"], 12)
            self.assertAlmostEqual(a["standard_error"], b["standard_error"], 12)

    def test_the_column_of_time_may_be_one(self):
        lines = ["id,age,state"]
        for person in range(60):
            for age in range(20, 24):
                lines.append(f"{person},{age},{'ab'[(person * 7 + age * 5) % 3 == 0]}")
        self.write("ages.csv", "\n".join(lines) + "\n")
        answer = self.json("estimate", "--panel", "ages.csv", "--time", "age", "--ladder", "a < b", "--method", "logit",
                           "--covariate", "age:number", "--seed", "7", "--slopes", "common")
        covariate, = answer["logit"]["covariates"]
        self.assertEqual((covariate["lowest"], covariate["highest"], covariate["changes"]), (20, 23, True))
        self.assertEqual(answer["ledger"]["pairs_used"], 180)

    def test_numbers_need_a_kind(self):
        self.says(2, "rungs: error: found only numbers in the covariate 'trained'; expected 'trained:number' if they are "
                  "amounts, or 'trained:category' if they are codes [E-USAGE]\n",
                  "estimate", *PANEL, "--method", "logit", "--covariate", "trained", "--seed", "7")

    def test_missing_values_are_refused_or_told(self):
        lines = moves().splitlines()
        lines[1] = "1,1,a,"
        lines[3] = "2,1,a,NA"
        self.write("gaps.csv", "\n".join(lines) + "\n")
        of = [w if w != "moves.csv" else "gaps.csv" for w in LOGIT]
        self.says(3,
                  "gaps.csv:2:7: error: found nothing in column 'trained'; expected a number; where it is not known, moves "
                  "that start there may be dropped (--missing-covariate drop) [E-COVARIATE]\n"
                  "gaps.csv:4:7: error: found 'NA' in column 'trained', a sign for a missing value; expected a number; "
                  "where it is not known, moves that start there may be dropped (--missing-covariate drop) [E-COVARIATE]\n",
                  "estimate", *of)
        answer = self.json("estimate", *of, "--missing-covariate", "drop")
        ledger = answer["ledger"]
        self.assertEqual(ledger["pairs_dropped"], {"covariate not known": 2})
        self.assertEqual((ledger["pairs_used"], answer["logit"]["moves"]), (158, 158))
        self.assertEqual(ledger["dropped"], {"in no pair whose covariates are known": 4})
        self.assertEqual(ledger["records_read"], ledger["records_used"] + 4)
        self.assertEqual(answer["counts"], [[48, 30], [11, 69]])
        self.assertIn("W-COVARIATE", self.codes(answer))
        self.assertAlmostEqual(coefficient(answer, "a", "b", "(constant)")["value"], math.log(10 / 28), 10)
        self.assertIn("2 pairs not counted: covariate not known",
                      self.ok("estimate", *of, "--missing-covariate", "drop").stdout)

    def test_nothing_need_be_known_where_no_move_starts(self):
        whole = self.json("estimate", *LOGIT)
        # The second wave of everybody, from which nobody moves on.
        self.write("moves.csv", "\n".join(line.rsplit(",", 1)[0] + "," if ",2," in line else line
                                          for line in moves().splitlines()) + "\n")
        answer = self.json("estimate", *LOGIT)
        self.assertEqual(answer["ledger"], whole["ledger"])
        self.assertEqual(answer["logit"]["coefficients"], whole["logit"]["coefficients"])
        self.assertEqual(answer["logit"]["marginal_effects"], whole["logit"]["marginal_effects"])
        lines = moves().splitlines()
        lines[3] = "2,1,a,"
        self.write("moves.csv", "\n".join(lines) + "\n")
        self.refused(3, "moves.csv:4:7: error: found nothing in column 'trained'; expected a number", "estimate", *LOGIT)

    def test_nothing_need_be_known_of_people_who_left(self):
        self.write("left.csv", moves().replace("\n", "\n", 1) + "".join(
            f"l{k},1,b,{k % 2}\nl{k},2,left,\nl{k},3,left,.\n" for k in range(8)))
        answer = self.json("estimate", "--panel", "left.csv", "--ladder", "a < b | left", "--method", "logit",
                           "--covariate", "trained:number", "--seed", "7")
        self.assertEqual(answer["ledger"]["pairs_dropped"], {})
        self.assertAlmostEqual(coefficient(answer, "b", "left", "(constant)")["value"], math.log(4 / 24), 10)

    def test_numbers_have_their_place(self):
        self.write("bad.csv", 'id,time,state,age\n1,1,a,"20,5"\n1,2,b,many\n2,1,a,inf\n2,2,a,1e999\n')
        self.says(3,
                  "bad.csv:2:8: error: found '20,5' in column 'age'; expected a finite number; write a decimal point: 1.5, "
                  "not 1,5 [E-COVARIATE]\n"
                  "bad.csv:3:7: error: found 'many' in column 'age'; expected a finite number; labels are read as "
                  "categories by COLUMN:category [E-COVARIATE]\n"
                  "bad.csv:4:7: error: found 'inf' in column 'age'; expected a finite number [E-COVARIATE]\n"
                  "bad.csv:5:7: error: found '1e999' in column 'age'; expected a finite number [E-COVARIATE]\n",
                  "estimate", "--panel", "bad.csv", "--ladder", "a < b", "--method", "logit", "--covariate", "age:number",
                  "--seed", "7")

    def test_codes_for_missing_values_are_told(self):
        lines = ["id,time,state,school,area"]
        for person in range(80):
            school = 99 if person % 20 == 0 else 8 + person % 5
            for time in (1, 2):
                lines.append(f"{person},{time},{'ab'[person * (person + 3 * time) // 7 % 2]},{school},"
                             f"{'-9' if person % 16 == 3 else 'NS'[person % 2]}")
        self.write("codes.csv", "\n".join(lines) + "\n")
        run = self.ok("estimate", "--panel", "codes.csv", "--ladder", "a < b", "--method", "logit", "--covariate",
                      "school:number", "--covariate", "area:category", "--seed", "7", "--slopes", "common")
        self.assertIn("codes.csv:2:7: warning: found '99' in column 'school' 8 times; expected numbers like the others; "
                      "it looks like a code for a missing value, and was read as a number: if it is one, leave the field "
                      "empty [W-COVARIATE-CODE]\n", run.stderr)
        self.assertIn("found '-9' in column 'area' 10 times; expected the name of a category; it looks like", run.stderr)

    def test_unseen_moves_have_no_interval(self):
        cells = {("a", 0): {"a": 30, "b": 10}, ("a", 1): {"a": 20, "b": 20},
                 ("b", 0): {"b": 24, "c": 8}, ("b", 1): {"b": 45, "c": 20}, ("c", 0): {"c": 20, "b": 7},
                 ("c", 1): {"c": 30, "b": 9}}
        self.write("moves.csv", moves(cells))
        answer = self.json("estimate", "--panel", "moves.csv", "--ladder", "a < b < c", *LOGIT[4:])
        self.assertIn("W-SEPARATION", self.codes(answer))
        self.assertEqual(answer["transition_matrix"][0][2], 0)
        self.assertIsNone(answer["interval"]["upper"][0][2])
        self.assertIsNone(answer["standard_error"][0][2])

    def test_a_covariate_that_tells_everything_is_refused(self):
        cells = {**CELLS, ("a", 1): {"b": 40}}
        self.write("moves.csv", moves(cells))
        run = self.run_rungs("estimate", *LOGIT)
        self.assertEqual((run.returncode, run.stdout), (3, ""))
        self.assertIn("found that 'trained' tells without exception who moves from 'a' to ", run.stderr)
        self.assertIn(", or let covariates act alike in all strata (--slopes common) [E-SEPARATION]", run.stderr)

    def odd(self, values, words, *more, slopes=None):
        """A panel of 40 people in a and b with these values of x, and what is said of it."""
        lines = ["id,time,state,x"]
        for k in range(40):
            start, end = "ab"[k % 2], "ab"[k % 3 % 2]
            lines += [f"{k},1,{start},{values(k)}", f"{k},2,{end},{values(k)}"]
        self.write("odd.csv", "\n".join(lines) + "\n")
        run = self.run_rungs("estimate", "--panel", "odd.csv", "--ladder", "a < b", "--method", "logit", "--covariate",
                             "x:number", "--seed", "7", *more)
        self.assertEqual((run.returncode, run.stdout), (3, ""), run.stderr)
        self.assertEqual(run.stderr, f"rungs: error: {words}\n")

    def test_odd_numbers_are_told_as_what_they_are(self):
        self.odd(lambda k: 5, "found that 'x' is the same in all moves; expected a covariate that differs [E-IDENT]")
        self.odd(lambda k: 10 ** 15 + k % 2, "found that 'x' differs by 1 in numbers of size 1e+15, too little to be told "
                 "apart; expected it counted from one of its values [E-IDENT]")
        self.odd(lambda k: "1e200" if k == 0 else k % 5, "found a value of 1e+200 in size in 'x'; expected numbers below "
                 "1e100: count in larger units [E-COVARIATE]")
        # One number far off makes all others alike; with slopes in common there is nothing to be had either.
        self.odd(lambda k: "1e9" if k == 1 else k % 5, "found that 'x' differs among those in 'a' by less than a millionth "
                 "of its standard deviation over all moves; expected values of like size: look for one that is far off "
                 "[E-IDENT]")

    def test_that_no_move_is_left_is_told(self):
        self.odd(lambda k: "", "found no move whose covariates are all known; expected some [E-ROW-EMPTY]",
                 "--missing-covariate", "drop")

    def test_advice_is_given_where_it_helps(self):
        # x is the stratum: no slope of its own in either, and none in common.
        self.odd(lambda k: k % 2, "found that 'x' does not differ among those in 'a'; expected a covariate that differs, "
                 "or one less [E-IDENT]")

    def test_values_nobody_had_are_told(self):
        answer = self.json("estimate", *LOGIT, "--at", "trained=3")
        told = next(w for w in answer["warnings"] if w["code"] == "W-EXTRAPOLATION")
        self.assertEqual(told["message"],
                         "'trained' is set to 3, and was seen from 0 to 1: no data speak of moves there")


    def test_values_beyond_all_numbers_are_refused(self):
        for value in ("1e308", "-1e308"):
            self.says(3, f"rungs: error: found --at 'trained={value}'; expected a number nearer to those of the data, from 0 to 1: "
                      "so far from them there is no answer [E-COVARIATE]\n", "estimate", *LOGIT, "--at", f"trained={value}")
        # Far away, but a number: who is trained so much always moves up, since training helps.
        answer = self.json("estimate", *LOGIT, "--at", "trained=1e99")
        self.assertEqual(answer["transition_matrix"], [[0, 1], [0, 1]])
        self.assertIn("W-EXTRAPOLATION", self.codes(answer))

    def test_what_is_rounded_to_0_or_1_was_seen(self):
        """So far from the data probabilities are 0 or 1 to the last digit, in some draws the other way round."""
        cells = {("a", 0): {"a": 20, "b": 20}, ("a", 1): {"a": 21, "b": 19}, ("b", 0): {"b": 30}, ("b", 1): {"b": 25}}
        self.write("moves.csv", moves(cells))
        for at in ("1e5", "-1e5", "1e50"):
            answer = self.json("estimate", *LOGIT, "--unleft", "absorbing", "--at", f"trained={at}")
            self.assertIn(answer["transition_matrix"][0], ([0, 1], [1, 0]))
            self.assertEqual([answer["interval"][end][0] for end in ("lower", "upper")], [[0, 0], [1, 1]])
            self.assertGreater(min(answer["standard_error"][0]), 0.1)
            for end in ("lower", "upper"):  # nobody was seen to leave b
                self.assertEqual(answer["interval"][end][1], [None, None])


class Measure(Program):
    QUESTION = ["--from", "a", "--reach", "b", "--seed", "7"]
    MODEL = [*PANEL, "--method", "logit", "--covariate", "trained:number"]

    def test_reach_of_a_setting(self):
        p, n = share("a", 1), sum(CELLS["a", 1].values())
        for years in (1, 3):
            answer = self.json("measure", *self.MODEL, "--at", "trained=1", *self.QUESTION, "--within", str(years))
            reach = answer["reach"]
            self.assertAlmostEqual(reach["value"], 1 - (1 - p) ** years, 12)
            self.assertEqual((reach["draws"], reach["varied"]), (2000, ["parameters"]))
            self.assertEqual(answer["population"], {"averaged_over": "stratum", "at": {"trained": 1}})
            odds, width = math.log(p / (1 - p)), Z / math.sqrt(n * p * (1 - p))
            for key, sign in (("lower", -1), ("upper", 1)):
                bound = 1 - (1 - 1 / (1 + math.exp(-(odds + sign * width)))) ** years
                self.assertLess(abs(reach[key] - bound), 0.03)
            self.assertIn("W-COVARIATE-HELD", self.codes(answer))
            self.assertNotIn("W-COVARIATE-MIXED", self.codes(answer))
        mean = self.json("measure", *self.MODEL, *self.QUESTION, "--within", "1")
        self.assertAlmostEqual(mean["reach"]["value"], 30 / 80, 12)
        self.assertIn({"code": "W-COVARIATE-MIXED", "message": "the matrix is a mean over people who differ in 'trained', "
                       "and answers over several steps take them as mixed anew at each; expected --at for an answer of "
                       "given people"}, mean["warnings"])
        self.assertIn("the matrix is of the people in each stratum, with trained=1",
                      self.ok("measure", *self.MODEL, "--at", "trained=1", *self.QUESTION, "--within", "1").stdout)

    def test_a_saved_model_gives_the_same(self):
        self.ok("estimate", *LOGIT, "--at", "trained=1", "-o", "trained.rungs")
        saved = self.json("measure", "--model", "trained.rungs", *self.QUESTION, "--within", "2")
        read = self.json("measure", *self.MODEL, "--at", "trained=1", *self.QUESTION, "--within", "2")
        self.assertEqual(saved["reach"], read["reach"])
        self.assertEqual(saved["method"], "logit, by origin, standardised at trained=1")
        # What answers over several steps must be told with is told of a saved model too.
        self.assertIn("W-COVARIATE-HELD", self.codes(saved))
        self.ok("estimate", *LOGIT, "-o", "mixed.rungs")
        self.assertIn("W-COVARIATE-MIXED", self.codes(self.json("measure", "--model", "mixed.rungs", *self.QUESTION, "--within", "2")))

    def test_the_same_seed_gives_the_same_bytes(self):
        one = self.ok("measure", *self.MODEL, *self.QUESTION, "--within", "1", "--threads", "1").stdout
        two = self.ok("measure", *self.MODEL, *self.QUESTION, "--within", "1", "--threads", "4").stdout
        self.assertEqual(one, two)


class Formats(Program):
    def test_csv_and_table_say_what_json_says(self):
        answer = self.json("estimate", *LOGIT)
        rows = list(csv.DictReader(io.StringIO(self.ok("estimate", *LOGIT, "--format", "csv").stdout)))
        kinds = [row["result"] for row in rows]
        self.assertEqual([kinds.count(k) for k in ("probability", "coefficient", "marginal effect")], [4, 4, 4])
        slope = coefficient(answer, "a", "b", "trained")
        row = next(r for r in rows if (r["result"], r["from"], r["column"]) == ("coefficient", "a", "trained"))
        self.assertEqual(float(row["value"]), slope["value"])
        self.assertEqual(float(row["upper"]), slope["upper"])
        test = next(r for r in rows if r["result"] == "test: 'trained' does not matter")
        self.assertEqual(float(test["p"]), answer["logit"]["tests"][0]["p"])
        table = self.ok("estimate", *LOGIT).stdout
        for words in ("Log-odds of each move from a, against staying", "Average marginal effects",
                      "one cell at a time", "covariate trained", "by person", "seed of the draws"):
            self.assertIn(words, table)

    def test_usage(self):
        for arguments, words in [
            ([*PANEL, "--method", "logit"], "found --method logit without --covariate; expected at least one"),
            ([*PANEL, "--covariate", "trained:number"], "found --covariate without --method logit; expected both"),
            ([*PANEL, "--at", "trained=1"], "--at requires --covariate"),
            ([*LOGIT, "--covariate", "trained:number"], "found --covariate 'trained' twice; expected it once"),
            ([*LOGIT, "--covariate", "state"], "found the column 'state' as a covariate, which is the stratum"),
            ([*LOGIT, "--covariate", "x:category: one"], "found the covariate 'x:category: one'; expected COLUMN:number"),
            ([*LOGIT, "--covariate", "state2:foo"], "found the covariate 'state2:foo'; expected COLUMN:number, "
             "COLUMN:category, or COLUMN:category: LABEL, LABEL, ... with the reference first (of a column whose name has "
             "a colon the kind must be said)"),
            ([*LOGIT, "--at", "age=1"], "found --at 'age=1'; expected COLUMN=VALUE of one of 'trained'"),
            ([*LOGIT, "--at", "trained=x"], "found --at 'trained=x'; expected a number after 'trained='"),
            ([*LOGIT, "--at", "trained=1", "--at", "trained=0"], "found --at 'trained' twice"),
            ([*LOGIT, "--gap", "em"], "found --gap em with --method logit; expected --gap drop or refuse"),
            ([*LOGIT, "--group", "trained", "--pool-groups"], "found --pool-groups with --method logit; expected --group "
             "alone, a logit of each group, or neither"),
            ([*LOGIT, "--unleft", "prior"], "found --unleft prior with --method logit; expected absorbing or refuse"),
            ([*LOGIT, "--interval", "exact"], "found --interval with --method logit; expected none"),
            ([*PANEL, "--method", "logits"], "found 'logits'; expected proportions, or dirichlet:PRIOR"),
        ]:
            with self.subTest(words):
                self.usage(words, "estimate", *arguments)
        self.usage("found 'logit'; expected proportions", "test", *PANEL, "--method", "logit")


class Layouts(Program):
    """The same people in a long panel, a wide one and in spells: to the last digit the same answer."""

    def setUp(self):
        super().setUp()
        draw = random.Random(11)
        people = []
        for k in range(90):
            sex, school, income, at = draw.choice(["m", "f"]), draw.randint(8, 16), draw.uniform(1, 3), "a"
            years = {}
            for year in range(2001, 2006):
                if draw.random() > 0.05 or year < 2003:
                    years[year] = (at, round(income, 2))
                income += draw.uniform(-0.5, 0.6)
                up = 1 / (1 + math.exp(1.5 - 0.5 * income + (0.5 if sex == "f" else 0)))
                at = "b" if draw.random() < up else "a"
            people.append((f"p{k}", sex, school, years))
        draw.shuffle(people)
        self.people = people
        long = ["id,time,state,sex,school,income"]
        wide = ["school,id,sex," + ",".join(f"job{y}" for y in range(2001, 2006)) + "," +
                ",".join(f"income{y}" for y in range(2005, 2000, -1))]
        spells = ["id,from,to,state,sex,school,income"]
        for who, sex, school, years in people:
            long += [f"{who},{y},{s},{sex},{school},{x}" for y, (s, x) in years.items()]
            wide.append(",".join([str(school), who, sex, *(years[y][0] if y in years else "" for y in range(2001, 2006)),
                                  *(str(years[y][1]) if y in years else "x" for y in range(2005, 2000, -1))]))
            spells += [f"{who},{y},{y},{s},{sex},{school},{x}" for y, (s, x) in sorted(years.items(), reverse=True)]
        for name, lines in (("long", long), ("wide", wide), ("spells", spells)):
            self.write(name + ".csv", "\n".join(lines) + "\n")
        self.logit = ["--ladder", "a < b", "--method", "logit", "--seed", "7", "--draws", "300", "--covariate",
                      "sex:category: m, f", "--covariate", "school:number", "--covariate", "income:number"]
        self.of = {"long": ["--panel", "long.csv"], "wide": ["--panel", "wide.csv", "--wide", "--state", "job"],
                   "spells": ["--panel", "spells.csv", "--spells", "--begin", "from", "--end", "to", "--ends",
                              "included"]}

    def told(self, answer):
        return {k: v for k, v in answer.items() if k not in ("inputs", "ledger", "warnings")}

    def test_all_layouts_say_the_same(self):
        long = self.json("estimate", *self.of["long"], *self.logit)
        self.assertEqual([c["changes"] for c in long["logit"]["covariates"]], [False, False, True])
        for layout in ("wide", "spells"):
            with self.subTest(layout):
                self.assertEqual(self.told(self.json("estimate", *self.of[layout], *self.logit)), self.told(long))
        # Without --state the columns of covariates are no states.
        self.assertEqual(self.told(self.json("estimate", "--panel", "wide.csv", "--wide", *self.logit)), self.told(long))
        listed = ["--panel", "wide.csv", "--wide", "--times", "2001:2005", "--state", "job"]
        self.assertEqual(self.told(self.json("estimate", *listed, *self.logit)), self.told(long))
        question = ["--from", "a", "--reach", "b", "--within", "1", "--at", "sex=f"]
        reach = [self.json("measure", *self.of[layout], *self.logit, *question)["reach"] for layout in self.of]
        self.assertEqual(reach[1:], reach[:1] * 2)

    def test_the_value_at_the_begin_of_a_spell_holds_through_it(self):
        spells, long = ["id,begin,end,state,x"], ["id,time,state,x"]
        draw = random.Random(2)
        for k in range(60):
            year = 2001
            for s in draw.choice(["ab", "ba", "aba", "bab"]):
                length, x = draw.randint(1, 3), draw.randint(0, 1)
                spells.append(f"{k},{year},{year + length},{s},{x}")
                long += [f"{k},{y},{s},{x}" for y in range(year, year + length)]
                year += length
        self.write("spells.csv", "\n".join(spells) + "\n")
        self.write("long.csv", "\n".join(long) + "\n")
        rest = ["--ladder", "a < b", "--method", "logit", "--covariate", "x:number", "--seed", "1", "--draws", "100"]
        one = self.json("estimate", "--panel", "spells.csv", "--spells", "--ends", "excluded", *rest)
        two = self.json("estimate", "--panel", "long.csv", *rest)
        self.assertEqual(self.told(one), self.told(two))
        # And by hand: with one covariate that is 0 or 1 the coefficients are log-odds of shares.
        seen = {(s, x, e): 0 for s in "ab" for x in "01" for e in "ab"}
        rows = [line.split(",") for line in long[1:]]
        for a, b in zip(rows, rows[1:]):
            if a[0] == b[0]:
                seen[a[2], a[3], b[2]] += 1
        odds = {x: seen["a", x, "b"] / seen["a", x, "a"] for x in "01"}
        self.assertAlmostEqual(coefficient(one, "a", "b", "x")["value"], math.log(odds["1"] / odds["0"]), 8)

    def test_what_is_wrong_is_told_at_its_place(self):
        rest = ["--ladder", "a < b", "--method", "logit", "--seed", "1"]
        self.write("wide.csv", "id,sex,job1,job2,job3,pay1,pay2\n1,m,a,b,a,2,3\n")
        wide = ["estimate", "--panel", "wide.csv", "--wide", "--state", "job", *rest]
        self.refused(3, "wide.csv:1:1: error: found no column of the covariate 'pay' with the time 3 behind it; "
                        "expected one for each time of the states [E-COL-ABSENT]", *wide, "--covariate", "pay:number")
        self.refused(3, "found no column 'income' (a covariate), and none of it with a time behind it", *wide,
                     "--covariate", "income:number")
        self.refused(3, "found column 'job2' named as a covariate and as a state", *wide, "--covariate", "job2:category")
        self.write("wide.csv", "id,sex,job1,job2,job3,pay1,pay2,pay3\n1,,a,b,a,2,3,1\n2,m,a,b,a,2,x,1\n")
        run = self.run_rungs(*wide, "--covariate", "pay:number", "--covariate", "sex")
        self.assertEqual(run.returncode, 3)
        self.assertEqual(run.stderr.count("error:"), 2, run.stderr)  # what is of the person is told once
        self.assertIn("wide.csv:2:3: error: found nothing in column 'sex'; expected a category", run.stderr)
        self.assertIn("wide.csv:3:13: error: found 'x' in column 'pay2'; expected a finite number", run.stderr)
        self.write("spells.csv", "id,begin,end,state,x\n1,1,2,a,\n1,3,4,b,1\n")
        self.refused(3, "spells.csv:2:9: error: found nothing in column 'x'; expected a number", "estimate", "--panel",
                     "spells.csv", "--spells", "--ends", "included", *rest, "--covariate", "x:number")


class Careers(Program):
    """Careers of Keane and Wolpin's men, as R's nnet::multinom() has them."""

    STRATA = ["school", "home", "white", "blue", "military"]

    def setUp(self):
        super().setUp()
        if not (REFERENCE / "10_logit.json").exists():
            self.skipTest(f"no reference results in {REFERENCE}")
        self.r = json.loads((REFERENCE / "10_logit.json").read_text())
        with open(REFERENCE / "data/kw97_nlsy_career.csv") as file:
            rows = [row for row in csv.DictReader(file) if row["Age"] != "15"]
        lines = ["id,age,state,a,s"]  # the reference takes age and school at the end of a move
        for k, row in enumerate(rows):
            end = rows[k + 1] if k + 1 < len(rows) and rows[k + 1]["Identifier"] == row["Identifier"] else row
            lines.append(f'{row["Identifier"]},{row["Age"]},{self.STRATA[int(row["Choice"]) - 1]},'
                         f'{int(end["Age"]) - 16},{int(end["Experience_School"]) - 10}')
        self.write("careers.csv", "\n".join(lines) + "\n")

    def test_of_age_and_school(self):
        answer = self.json("estimate", "--panel", "careers.csv", "--time", "age", "--ladder", " < ".join(self.STRATA),
                           "--method", "logit", "--covariate", "a:number", "--covariate", "s:number", "--slopes",
                           "common", "--variance", "model", "--at", "a=6", "--at", "s=2", "--seed", "7", "--draws", "200")
        r = self.r["kw97_lag_age_school"]
        self.assertAlmostEqual(answer["log_likelihood"] / r["loglik"], 1, 12)
        self.assertEqual(answer["logit"]["parameters"], r["edf"])
        for k, end in enumerate(self.STRATA[1:]):
            for column, at in (("(constant)", 0), ("a", 5), ("s", 6)):
                c = coefficient(answer, "school", end, column)
                self.assertLess(abs(c["value"] - r["coef"][k][at]), 1e-5 * r["se"][k][at])
                self.assertLess(abs(c["standard_error"] / r["se"][k][at] - 1), 1e-5)
        for ours, theirs in zip(answer["transition_matrix"], self.r["kw97_predicted_age22_school12"]):
            for p, q in zip(ours, theirs):
                self.assertAlmostEqual(p, q, 6)
        ratio = next(t for t in answer["logit"]["tests"] if t["hypothesis"] == "no covariate matters")
        self.assertLess(abs(ratio["statistic"] / self.r["kw97_LR"]["stat"] - 1), 1e-9)
        self.assertEqual(ratio["df"], self.r["kw97_LR"]["df"])


class Page(Program):
    """The page on estimators: its commands run, and print what it says."""

    def test_commands_of_the_page(self):
        page = (SOURCE / "docs/how-to/choose-an-estimator.md").read_text()
        commands = [c for c in re.findall(r"(?m)^\$ (rungs (?:.*\\\n)*.*)$", page) if "examples/" in c]
        self.assertGreaterEqual(len(commands), 6)
        runs = [subprocess.run(["sh", "-c", command.replace("rungs ", f"'{PROGRAM}' ", 1)], cwd=SOURCE,
                               capture_output=True, text=True, timeout=300) for command in commands]
        for run in runs:
            self.assertEqual(run.returncode, 0, run.stderr)
        self.assertEqual(runs[0].stdout, (SOURCE / "examples/panels/logit.out").read_text())


if __name__ == "__main__":
    unittest.main()
