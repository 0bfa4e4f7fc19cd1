# SPDX-FileCopyrightText: 2026 The Rungs authors
# SPDX-License-Identifier: BSL-1.0
"""weighted_tables.py: tables of weighted counts against the panel they were added up from, and against plain sums."""
import collections
import math
import random
import statistics
import unittest

from support import program

LADDER = ["--ladder", "a < b < c"]
Z = statistics.NormalDist().inv_cdf(0.975)


def people(seed=5, n=240):
    """People with a group, a first and a second stratum and a weight, unlike by stratum."""
    draw = random.Random(seed)
    out = []
    for k in range(n):
        start = draw.choice("abc")
        end = draw.choices("abc", [6 if s == start else 2 if s > start else 1 for s in "abc"])[0]
        out.append((f"p{k}", draw.choice(["men", "women"]), start, end, round(draw.lognormvariate(1, 0.7), 3)))
    return out


def panel(rows):
    lines = ["id,sex,time,state,w"]
    for who, sex, start, end, weight in rows:
        lines += [f"{who},{sex},1,{start},{weight}", f"{who},{sex},2,{end},{weight}"]
    return "\n".join(lines) + "\n"


def cells(rows, by=lambda row: ()):
    """By cell: people, sum of weights, sum of squared weights."""
    out = collections.defaultdict(lambda: [0, 0.0, 0.0])
    for row in rows:
        cell = out[(*by(row), row[2], row[3])]
        cell[0] += 1
        cell[1] += row[4]
        cell[2] += row[4] ** 2
    return out


def table(of, columns="origin,destination,count,weight,squares", also=""):
    lines = [also + columns]
    for key, (n, weight, squares) in of.items():
        sums = {"count": str(n), "weight": repr(weight), "squares": repr(squares)}
        lines.append(",".join([*key, *(sums[column] for column in columns.split(",")[2:])]))
    return "\n".join(lines) + "\n"


class Program(program.Program):
    def setUp(self):
        super().setUp()
        self.rows = people()
        self.cells = cells(self.rows)
        self.write("panel.csv", panel(self.rows))
        self.write("full.csv", table(self.cells))
        self.write("some.csv", table(self.cells, "origin,destination,count,weight"))
        self.write("alone.csv", table(self.cells, "origin,destination,weight"))
        square = [",a,b,c"] + [start + "," + ",".join(repr(self.cells[start, end][1]) for end in "abc") for start in "abc"]
        self.write("square.csv", "\n".join(square) + "\n")

    def codes(self, answer):
        return [w["code"] for w in answer["warnings"]]

    def near(self, a, b, places=10):
        for x, y in zip(a, b, strict=True):
            for u, v in zip(x, y, strict=True):
                self.assertAlmostEqual(u, v, places)

    def share(self, start, end):
        return self.cells[start, end][1] / sum(self.cells[start, e][1] for e in "abc")


class AllZero(Program):
    """Where the weights of all people are 0 none of them counts, and a matrix of stays would be made of nothing."""
    SAID = "found weights of 0 of all who were seen to move or stay; expected some above 0"

    ASKED = {"estimate": [], "measure": ["--from", "a", "--reach", "c", "--within", "3", "--draws", "100", "--seed", "1"],
             "test": ["--draws", "100", "--seed", "1"]}

    def all_refused(self, words, *of, verbs=tuple(ASKED)):
        for verb in verbs:
            unleft = ["--unleft", "absorbing"] if verb != "test" else []
            self.refused(3, words + " [E-WEIGHT-ALLZERO]\n", verb, *of, *LADDER, "--weight", "w:sampling", *unleft, *self.ASKED[verb])

    def table(self, is_zero):
        counts = collections.Counter((k % 2, sex, start, end) for k, (_, sex, start, end, _) in enumerate(self.rows))
        self.write("z.csv", "time,sex,origin,destination,count,w\n" + "".join(
            f"{time},{sex},{start},{end},{n},{0 if is_zero(time, sex) else 2 * n}\n"
            for (time, sex, start, end), n in sorted(counts.items())))
        return ["--table", "z.csv", "--group", "sex", "--period", "time"]

    def test_of_a_table(self):
        self.all_refused(self.SAID, *self.table(lambda time, sex: True))
        self.all_refused(f"group 'men': {self.SAID} in every group", *self.table(lambda time, sex: sex == "men"))
        of = self.table(lambda time, sex: time == 1)
        self.all_refused(f"period 1: {self.SAID} in every period", *of, verbs=("estimate", "measure"))
        self.ok("estimate", *of, *LADDER, "--weight", "w:sampling", "--pool")

    def test_of_a_panel(self):
        self.write("z.csv", "id,sex,time,state,w\n" + "".join(f"{who},{sex},{time},{state},{0 if sex == 'men' else weight}\n"
                   for who, sex, start, end, weight in self.rows for time, state in ((1, start), (2, end))))
        self.all_refused(f"group 'men': {self.SAID} in every group", "--panel", "z.csv", "--group", "sex")
        self.ok("estimate", "--panel", "z.csv", *LADDER, "--weight", "w:sampling")

    def test_of_those_who_are_seen_to_move_or_stay(self):
        self.write("z.csv", "id,time,state,w\n1,1,a,0\n1,2,b,0\n2,1,a,0\n2,2,a,0\n3,1,c,1\n")
        self.refused(3, self.SAID + " [E-WEIGHT-ALLZERO]", "estimate", "--panel", "z.csv", *LADDER, "--weight", "w:sampling",
                     "--unleft", "absorbing")


class WithPeople(Program):
    def test_with_squares_a_table_tells_what_its_panel_does(self):
        of_panel = self.json("estimate", "--panel", "panel.csv", *LADDER, "--weight", "w:sampling")
        of_table = self.json("estimate", "--table", "full.csv", *LADDER, "--weight", "weight:sampling",
                             "--weight-squares", "squares")
        for key in ("transition_matrix", "standard_error", "counts", "weighted_counts"):
            self.near(of_panel[key], of_table[key])
        for end in ("lower", "upper"):
            self.near(of_panel["interval"][end], of_table["interval"][end])
        self.assertEqual(of_table["people"], len(self.rows))
        self.assertNotIn("W-WEIGHT-ALIKE", self.codes(of_table))
        question = ["--from", "a", "--reach", "c", "--within", "3", "--seed", "3", "--weights", "origin"]
        first = self.json("measure", "--panel", "panel.csv", *LADDER, "--weight", "w:sampling", *question)
        second = self.json("measure", "--table", "full.csv", *LADDER, "--weight", "weight:sampling",
                           "--weight-squares", "squares", *question)
        for key in ("value", "lower", "upper"):
            self.assertAlmostEqual(first["reach"][key], second["reach"][key], 9)
            self.assertAlmostEqual(first["indices"]["upward"][key], second["indices"]["upward"][key], 9)
        self.assertIsNone(second["association"])  # of people who count alike, and these do not

    def test_without_squares_weights_are_alike_within_a_cell(self):
        answer = self.json("estimate", "--table", "some.csv", *LADDER, "--weight", "weight:precision", "--interval",
                           "wilson")
        full = self.json("estimate", "--table", "full.csv", *LADDER, "--weight", "weight:precision", "--interval",
                         "wilson", "--weight-squares", "squares")
        self.assertIn("W-WEIGHT-ALIKE", self.codes(answer))
        for i, start in enumerate("abc"):
            weights = [self.cells[start, end][1] for end in "abc"]
            squares = [self.cells[start, end][1] ** 2 / self.cells[start, end][0] for end in "abc"]
            n = sum(weights) ** 2 / sum(squares)
            for j in range(3):
                p = weights[j] / sum(weights)
                self.assertAlmostEqual(answer["transition_matrix"][i][j], p, 12)
                error = math.sqrt((1 - p) ** 2 * squares[j] + p ** 2 * (sum(squares) - squares[j])) / sum(weights)
                self.assertAlmostEqual(answer["standard_error"][i][j], error, 10)
                middle = (p + Z * Z / (2 * n)) / (1 + Z * Z / n)
                half = Z / (1 + Z * Z / n) * math.sqrt(p * (1 - p) / n + Z * Z / (4 * n * n))
                self.assertAlmostEqual(answer["interval"]["lower"][i][j], middle - half, 9)
                self.assertAlmostEqual(answer["interval"]["upper"][i][j], middle + half, 9)
                # The narrowest that such sums allow.
                width = {key: a["interval"]["upper"][i][j] - a["interval"]["lower"][i][j]
                         for key, a in (("some", answer), ("full", full))}
                self.assertLess(width["some"], width["full"])

    def test_groups_and_periods_are_of_their_cells(self):
        of_groups = cells(self.rows, lambda row: (row[1],))
        self.write("groups.csv", table(of_groups, also="sex,"))
        answer = self.json("estimate", "--table", "groups.csv", *LADDER, "--group", "sex", "--weight",
                           "weight:sampling", "--weight-squares", "squares")
        self.assertEqual([g["group"] for g in answer["groups"]], ["men", "women"])
        for group in answer["groups"]:
            rows = [row for row in self.rows if row[1] == group["group"]]
            self.write("one.csv", panel(rows))
            alone = self.json("estimate", "--panel", "one.csv", *LADDER, "--weight", "w:sampling")
            self.near(group["transition_matrix"], alone["transition_matrix"])
            self.near(group["standard_error"], alone["standard_error"])
        self.write("years.csv", table({("7" if key[0] == "men" else "8", *key[1:]): c for key, c in of_groups.items()},
                                      also="year,"))
        periods = self.json("estimate", "--table", "years.csv", *LADDER, "--period", "year", "--weight",
                            "weight:sampling", "--weight-squares", "squares")
        for period, group in zip(periods["periods"], answer["groups"], strict=True):
            self.near(period["transition_matrix"], group["transition_matrix"])
            self.near(period["interval"]["upper"], group["interval"]["upper"])

    def test_sums_that_no_people_can_have_are_refused(self):
        for line, found in (
                ("a,b,0,2.5,3", "found weights that sum to 2.5 and nobody; expected people behind them"),
                ("a,b,2,4,7.9", "found squares of weights that sum to 7.9; expected from 8 to 16, as of 2 people whose "
                                "weights sum to 4"),
                ("a,b,2,4,16.2", "found squares of weights that sum to 16.2; expected from 8 to 16, as of 2 people "
                                 "whose weights sum to 4")):
            self.write("bad.csv", f"origin,destination,count,weight,squares\na,a,3,3,3\n{line}\n")
            self.refused(3, f"bad.csv:3:7: error: {found} [E-WEIGHT-CELL]", "estimate", "--table", "bad.csv",
                         "--ladder", "a < b", "--weight", "weight:sampling", "--weight-squares", "squares")
        self.write("bad.csv", "origin,destination,count,weight\na,a,3,-1\na,b,2,x\n")
        self.refused(3, "bad.csv:2:7: error: found '-1' as the sum of weights; expected a number, 0 or more", "estimate",
                     "--table", "bad.csv", "--ladder", "a < b", "--weight", "weight:sampling")


    def test_people_without_weight_are_told(self):
        self.write("zero.csv", "origin,destination,count,weight\na,a,3,6\na,b,2,0\nb,a,1,0\nb,b,4,5\n")
        command = ["estimate", "--table", "zero.csv", "--ladder", "a < b", "--weight", "weight:sampling"]
        run = self.ok(*command)
        self.assertIn("zero.csv:3:7: warning: found 2 counts of people with a weight of 0; expected weights above 0; such moves "
                      "count for nothing; this is the first [W-WEIGHT-ZERO]\n", run.stderr)
        self.write("zero.csv", "origin,destination,count,weight\na,a,3,6\na,b,0,0\nb,a,1,2\nb,b,4,5\n")  # nobody
        self.assertNotIn("W-WEIGHT-ZERO", self.ok(*command).stderr)


class Panels(Program):
    """Warnings that one matrix stands for what differs are of the shares that are estimated: the weighted ones."""

    def panel(self, share, by="time"):
        """300 people a wave or group, every third of weight 9: share(layer, heavy) of them climb."""
        lines, n = ["id,time,state,w,sex"], 0
        for layer in (1, 2):
            seen = {}
            for k in range(300):
                heavy = k % 3 == 0
                seen[heavy] = seen.get(heavy, 0) + 1
                climbs = int(seen[heavy] * share(layer, heavy)) > int((seen[heavy] - 1) * share(layer, heavy))
                time = layer if by == "time" else 1
                n += 1
                for t, state in ((time, "a"), (time + 1, "b" if climbs else "a")):
                    lines.append(f"p{n},{t},{state},{9 if heavy else 1},{layer}")
        # Nobody is left in b in the last wave, so that periods are compared in a alone.
        self.write("layers.csv", "\n".join(lines) + "\n")

    def told(self, *options):
        answer = self.json("estimate", "--panel", "layers.csv", "--ladder", "a < b", "--unleft", "absorbing", *options)
        return [w["message"] for w in answer["warnings"] if w["code"] in ("W-NONSTATIONARY", "W-GROUPS")]

    def test_periods_that_differ_by_weight_alone_are_told_with_weights_alone(self):
        # Of all 300 people 40 % climb in each wave; by weight 25 % do, and then 55 %.
        self.panel(lambda layer, heavy: {(1, True): .2, (1, False): .5, (2, True): .6, (2, False): .3}[layer, heavy])
        self.assertEqual(self.told(), [])
        words, = self.told("--weight", "w:sampling")
        self.assertRegex(words, r"^moves differ between periods \(F = \d+\.\d\d, p (< 0.0001|= 0.00\d\d)\)$")
        self.assertEqual(self.told("--weight", "w:precision"), [words])

    def test_periods_that_are_alike_by_weight_are_not_told(self):
        # By weight 40 % climb in both waves, of the people 40 % and then 54 %.
        self.panel(lambda layer, heavy: {(1, True): .4, (1, False): .4, (2, True): .35, (2, False): .635}[layer, heavy])
        self.assertEqual(len(self.told()), 1)
        self.assertEqual(self.told("--weight", "w:sampling"), [])

    def test_groups_likewise(self):
        self.panel(lambda layer, heavy: {(1, True): .2, (1, False): .5, (2, True): .6, (2, False): .3}[layer, heavy], "sex")
        self.assertEqual(self.told("--group", "sex", "--pool-groups"), [])
        words, = self.told("--group", "sex", "--pool-groups", "--weight", "w:sampling")
        self.assertTrue(words.startswith("moves differ between groups (F = "), words)
        self.panel(lambda layer, heavy: {(1, True): .4, (1, False): .4, (2, True): .35, (2, False): .635}[layer, heavy], "sex")
        self.assertEqual(len(self.told("--group", "sex", "--pool-groups")), 1)
        self.assertEqual(self.told("--group", "sex", "--pool-groups", "--weight", "w:sampling"), [])


class WithoutPeople(Program):
    def test_there_are_shares_and_no_intervals(self):
        for name in ("alone.csv", "square.csv"):
            answer = self.json("estimate", "--table", name, *LADDER, "--weight", "sampling")
            for i, start in enumerate("abc"):
                for j, end in enumerate("abc"):
                    self.assertAlmostEqual(answer["transition_matrix"][i][j], self.share(start, end), 12)
                    self.assertAlmostEqual(answer["weighted_counts"][i][j], self.cells[start, end][1], 12)
            self.assertEqual((answer["standard_error"], answer["interval"]), (None, None))
            for key in ("people", "ledger", "counts", "log_likelihood"):
                self.assertNotIn(key, answer)
            self.assertEqual(self.codes(answer), ["W-WEIGHT-ALONE"])
            self.assertIn("not known: sums of weights alone",
                          self.ok("estimate", "--table", name, *LADDER, "--weight", "sampling").stdout)

    def test_measures_have_no_intervals_either(self):
        answer = self.json("measure", "--table", "square.csv", *LADDER, "--weight", "sampling", "--from", "a",
                           "--reach", "c", "--within", "2", "--weights", "origin")
        p = {(s, e): self.share(s, e) for s in "abc" for e in "abc"}
        reach = p["a", "c"] + p["a", "a"] * p["a", "c"] + p["a", "b"] * p["b", "c"]
        self.assertAlmostEqual(answer["reach"]["value"], reach, 12)
        told = answer["reach"]  # as of a matrix that is taken as known
        self.assertEqual((told["lower"], told["upper"], told["draws"], told["varied"]), (told["value"],) * 2 + (0, []))
        self.assertEqual(self.codes(answer), ["W-WEIGHT-ALONE"])
        origin = {s: sum(self.cells[s, e][1] for e in "abc") for s in "abc"}
        up = sum(self.cells[s, e][1] for s in "abc" for e in "abc" if e > s) / sum(origin.values())
        self.assertAlmostEqual(answer["indices"]["upward"]["value"], up, 12)
        self.assertIsNone(answer["association"])

    def test_a_saved_model_of_them_has_none(self):
        self.ok("estimate", "--table", "square.csv", *LADDER, "--weight", "sampling", "-o", "model.rungs")
        answer = self.json("measure", "--model", "model.rungs", "--from", "a", "--reach", "c", "--within", "2")
        self.assertEqual((answer["reach"]["draws"], answer["reach"]["varied"]), (0, []))
        self.assertIn("proportions of weights alone: nothing is known of their error", answer["method"])
        self.assertIn("W-WEIGHT-ALONE", self.codes(answer))

    def test_groups_have_none(self):
        self.write("groups.csv", table(cells(self.rows, lambda row: (row[1],)), "origin,destination,weight", "sex,"))
        command = ["estimate", "--table", "groups.csv", *LADDER, "--group", "sex", "--count", "weight", "--weight",
                   "sampling"]
        answer = self.json(*command)
        for group in answer["groups"]:
            self.assertIsNone(group["interval"])
            self.assertNotIn("people", group)
        self.assertIsNone(self.json(*command, "--pool-groups")["interval"])
        self.refused(3, "[E-WEIGHT-ALONE]", *command, "--method", "pooled", "--seed", "1")

    def test_what_rests_on_people_is_refused(self):
        command = ["--table", "square.csv", *LADDER, "--weight", "sampling"]
        self.refused(3, "found sums of weights without the people behind them; expected the number of people of each "
                        "cell too, or proportions, which then have no intervals [E-WEIGHT-ALONE]",
                     "estimate", *command, "--method", "dirichlet:1")
        self.refused(3, "[E-TABLE-WEIGHTS]", "test", *command, "--seed", "1")
        self.refused(3, "[E-TABLE-WEIGHTS]", "test", "--table", "some.csv", *LADDER, "--weight", "weight:sampling",
                     "--seed", "1")

    def test_a_scenario_takes_them(self):
        rest = '''
[population]
start = { "a" = 100 }
[question]
from = "a"
reach = "c"
within_years = 2
[run]
seed = 1
draws = 200
'''
        ladder = '[ladder]\nrungs = [["a"], ["b"], ["c"]]\n'
        self.write("alone.toml", ladder + '[data]\ntable = "square.csv"\nweight = "sampling"\n' + rest)
        answer = self.json("evaluate", "alone.toml")
        reach = self.json("measure", "--table", "square.csv", *LADDER, "--weight", "sampling", "--from", "a",
                          "--reach", "c", "--within", "2")["reach"]["value"]
        self.assertAlmostEqual(answer["baseline"]["reach"]["value"], reach, 10)
        self.assertIn("W-WEIGHT-ALONE", self.codes(answer))
        self.assertNotIn("parameters", answer["baseline"]["reach"]["varied"])
        self.write("full.toml", ladder + '[data]\ntable = "full.csv"\nweight = "weight:sampling"\n'
                   'weight_squares = "squares"\n' + rest)
        self.assertIn("parameters", self.json("evaluate", "full.toml")["baseline"]["reach"]["varied"])
        self.write("bad.toml", ladder + '[data]\ntable = "full.csv"\nweight = "weight:frequency"\n' + rest)
        self.refused(3, "[E-COL-ROLE]", "evaluate", "bad.toml")


class Options(Program):
    def test_frequency_weights_are_the_counts(self):
        self.write("whole.csv", table(self.cells, "origin,destination,count"))
        plain = self.json("estimate", "--table", "whole.csv", *LADDER)
        self.assertEqual(self.json("estimate", "--table", "whole.csv", *LADDER, "--weight", "frequency"), plain)
        self.refused(3, "found the count", "estimate", "--table", "square.csv", *LADDER, "--weight", "frequency")

    def test_what_does_not_go_together_is_refused(self):
        self.refused(2, "found --weight weight:frequency; expected what the counts of the table are", "estimate",
                     "--table", "full.csv", *LADDER, "--weight", "weight:frequency")
        self.refused(2, "expected COLUMN:KIND with the kind", "estimate", "--panel", "panel.csv", *LADDER, "--weight",
                     "sampling")
        self.refused(2, "found --weight without --panel or --table", "estimate", "--matrix", "square.csv", *LADDER,
                     "--weight", "sampling")
        self.refused(2, "expected the column of the sums of weights too: --weight COLUMN:sampling", "estimate",
                     "--table", "full.csv", *LADDER, "--weight", "sampling", "--weight-squares", "squares")
        self.refused(3, "state the kind of weight", "estimate", "--table", "square.csv", *LADDER)

    def test_sums_beyond_reason_are_refused(self):
        for sums, squares, wrong, column, bounds in (("1e300", "1", "1e300", 7, "1e-15 to 1e15"), ("1e16", "1", "1e16", 7, "1e-15 to 1e15"),
                                                     ("1e-300", "1", "1e-300", 7, "1e-15 to 1e15"),
                                                     ("3", "1e300", "1e300", 9, "1e-30 to 1e30")):
            self.write("far.csv", f"from,to,n,w,sq\na,a,9,{sums},{squares}\na,b,5,4,4\nb,a,4,3,3\nb,b,9,5,4\n")
            what = "weights" if column == 7 else "squared weights"
            self.refused(3, f"far.csv:2:{column}: error: found '{wrong}' as the sum of {what}; expected a number, 0 or more; multiply all "
                         f"weights by one number, so that {'their sums' if column == 7 else 'their sums of squares'} lie from {bounds}; frequency "
                         "weights are numbers of people [E-WEIGHT-RANGE]\n",
                         "estimate", "--table", "far.csv", "--ladder", "a < b", "--weight", "w:sampling", "--weight-squares", "sq")


if __name__ == "__main__":
    unittest.main()
