# SPDX-FileCopyrightText: 2026 The Rungs authors
# SPDX-License-Identifier: BSL-1.0
"""association.py: rungs measure --association, against counting every pair of people, and against R."""
import csv
import itertools
import json
import math
import statistics
import unittest

from support import program
from support.program import REFERENCE, SOURCE

Z = statistics.NormalDist().inv_cdf(0.975)
# School and wage of twelve people, of whom two are not known in one of them.
PEOPLE = """who,school,wage,note
a,none,3,
b,none,1.5,
c,primary,3,x
d,primary,2,
e,middle,7,
f,middle,,
g,high,9,
h,high,4,
i,none,2,
j,NA,4,
k,primary,9,
l,middle,-1,
"""
SCHOOL = "school: none < primary < middle, high"  # those of middle and high school count as alike
WAGES = [(1, 3), (1, 1.5), (2, 3), (2, 2), (3, 7), (3, 9), (3, 4), (1, 2), (2, 9), (3, -1)]
TABLE = "school,no,some,all\nlow,6,2,0\nhigh,1,3,4\n"
OF_TABLE = ["--rows", "low < high", "--columns", "no < some < all"]


def cells_of(pairs):
    out = {}
    for pair in pairs:
        out[pair] = out.get(pair, 0) + 1
    return out


def ranks(margin):
    """The share of people below a value, and half of those on it."""
    below, out, n = 0, {}, sum(margin.values())
    for value in sorted(margin):
        out[value] = (below + margin[value] / 2) / n
        below += margin[value]
    return out


def measured(cells):
    """Every measure of people by (x, y), whose numbers may be any, by looking at every two cells."""
    n = sum(cells.values())
    both = up = down = 0
    margins = [{}, {}]
    for cell, people in cells.items():
        for side in (0, 1):
            margins[side][cell[side]] = margins[side].get(cell[side], 0) + people
    for (one, k), (other, m) in itertools.product(cells.items(), repeat=2):
        sign = (one[0] - other[0]) * (one[1] - other[1])
        up += k * m * (sign > 0)
        down += k * m * (sign < 0)
    x, y = (n * n - sum(m * m for m in margin.values()) for margin in margins)
    fewer = min(len(m) for m in margins)

    def correlation(value):
        mean = [sum(k * value(c)[s] for c, k in cells.items()) / n for s in (0, 1)]
        moment = lambda s, t: sum(k * (value(c)[s] - mean[s]) * (value(c)[t] - mean[t]) for c, k in cells.items())
        return moment(0, 1) / math.sqrt(moment(0, 0) * moment(1, 1))

    rank = [ranks(m) for m in margins]
    return {"tau_b": (up - down) / math.sqrt(x * y), "tau_c": (up - down) / (n * n * (1 - 1 / fewer)),
            "gamma": (up - down) / (up + down), "somers_y_given_x": (up - down) / x, "somers_x_given_y": (up - down) / y,
            "spearman": correlation(lambda c: (rank[0][c[0]], rank[1][c[1]])), "pearson": correlation(lambda c: c)}


def standard_error(cells, name):
    """By the delta method, with derivatives taken by hand: a little more or less of each cell."""
    total, h = 0, 1e-5
    for cell, people in cells.items():
        more, less = (measured({**cells, cell: people + e})[name] for e in (h, -h))
        total += people * ((more - less) / (2 * h)) ** 2
    return math.sqrt(total)


class Program(program.Program):
    def setUp(self):
        super().setUp()
        self.write("people.csv", PEOPLE)
        self.write("table.csv", TABLE)

    def association(self, name, *arguments, **more):
        self.answer = self.json("measure", "--association", name, *arguments, **more)
        return self.answer["association"]

    def check(self, found, pairs):
        """Every number of an answer, of people whose pairs of values are known."""
        cells = cells_of(pairs)
        expected = measured(cells)
        up, down, ties_x, ties_y, ties_both = (sum(f(a, b) for a, b in itertools.combinations(pairs, 2)) for f in (
            lambda a, b: (a[0] - b[0]) * (a[1] - b[1]) > 0, lambda a, b: (a[0] - b[0]) * (a[1] - b[1]) < 0,
            lambda a, b: a[0] == b[0], lambda a, b: a[1] == b[1], lambda a, b: a == b))
        self.assertEqual(found["people"], len(pairs))
        self.assertEqual(found["pairs"], {"concordant": up, "discordant": down, "tied_x": ties_x, "tied_y": ties_y,
                                          "tied_both": ties_both})
        self.assertEqual((found["level"], found["varied"]), (.95, ["parameters"]))
        for name, value in expected.items():
            with self.subTest(name):
                self.assertAlmostEqual(found[name]["value"], value, 13)
                error = standard_error(cells, name)
                self.assertAlmostEqual(found[name]["standard_error"], error, 8)
                self.assertAlmostEqual(found[name]["lower"], max(-1, value - Z * error), 7)
                self.assertAlmostEqual(found[name]["upper"], min(1, value + Z * error), 7)
        # Brown and Benedetti: pairs of one person less those of the mean person.
        own = {c: sum(m * ((c[0] - d[0]) * (c[1] - d[1]) > 0) - m * ((c[0] - d[0]) * (c[1] - d[1]) < 0)
                      for d, m in cells.items()) for c in cells}
        apart = 2 * math.sqrt(sum(k * own[c] ** 2 for c, k in cells.items()) - (2 * (up - down)) ** 2 / len(pairs))
        for name in ("tau_b", "tau_c", "gamma", "somers_y_given_x", "somers_x_given_y"):
            z = 2 * (up - down) / apart
            self.assertAlmostEqual(found[name]["statistic"], z, 11)
            self.assertAlmostEqual(found[name]["standard_error_if_none"], found[name]["value"] / z, 12)
            self.assertAlmostEqual(found[name]["p"], math.erfc(abs(z) / math.sqrt(2)), 11)
        z = (up - down) / math.sqrt(found["null_variance"])
        self.assertAlmostEqual(found["z_null"], z, 12)
        self.assertAlmostEqual(found["p_null"], math.erfc(abs(z) / math.sqrt(2)), 12)
        z -= math.copysign(1, z) / math.sqrt(found["null_variance"])
        self.assertAlmostEqual(found["p_null_continuity"], math.erfc(abs(z) / math.sqrt(2)), 12)

    def check_orders(self, found, pairs):
        """What holds over all orders of y beside x, each of which is looked at."""
        least, greatest, differences = {}, {}, []
        xs, ys = zip(*pairs)
        for order in itertools.permutations(ys):
            differences.append(sum((a - b) * (c - d) > 0 for (a, c), (b, d) in itertools.combinations(zip(xs, order), 2)) -
                               sum((a - b) * (c - d) < 0 for (a, c), (b, d) in itertools.combinations(zip(xs, order), 2)))
        for order in (sorted(ys), sorted(ys, reverse=True)):
            for name, value in measured(cells_of(zip(sorted(xs), order))).items():
                least[name], greatest[name] = min(value, least.get(name, 2)), max(value, greatest.get(name, -2))
        for name in least:
            self.assertAlmostEqual(found[name]["least"], least[name], 13)
            self.assertAlmostEqual(found[name]["greatest"], greatest[name], 13)
        self.assertAlmostEqual(found["null_variance"], sum(d * d for d in differences) / len(differences), 10)
        self.assertAlmostEqual(max(differences), found["tau_b"]["greatest"] / found["tau_b"]["value"] *
                               (found["pairs"]["concordant"] - found["pairs"]["discordant"]), 10)
        return differences


class EveryPair(Program):
    def test_labels_beside_numbers(self):
        found = self.association("people.csv", "--x", SCHOOL, "--y", "wage")
        self.check(found, WAGES)
        self.assertEqual(self.answer["ledger"], {"records_read": 12, "records_used": 10,
                                                 "dropped": {"missing school": 1, "missing wage": 1}})
        self.assertEqual(found["x"], {"name": "school", "values": 3, "margin": [
            {"labels": ["none"], "people": 3}, {"labels": ["primary"], "people": 3},
            {"labels": ["middle", "high"], "people": 4}]})
        self.assertEqual(found["y"], {"name": "wage", "values": 7, "margin": None})
        self.assertEqual(found["gamma"]["definition"], "(concordant - discordant) / (concordant + discordant)")
        self.assertEqual(found["somers_y_given_x"]["definition"], "(concordant - discordant) / pairs that differ in school")
        self.assertEqual(found["pearson"]["definition"], "correlation of the values of school (labels counted 1, 2 and so "
                         "on) and of wage")
        self.assertIsNone(found["p_exact"])
        self.assertEqual(self.answer["method"], "association")
        for absent in ("ladder", "step", "seed", "reach"):
            self.assertNotIn(absent, self.answer)

    def test_a_table_is_its_people(self):
        pairs = [(1, 1)] * 6 + [(1, 2)] * 2 + [(2, 1)] + [(2, 2)] * 3 + [(2, 3)] * 4
        found = self.association("table.csv", *OF_TABLE)
        self.check(found, pairs)
        self.assertNotIn("ledger", self.answer)
        self.assertEqual((found["x"]["name"], found["y"]["name"]), ("rows", "columns"))
        self.assertEqual([m["people"] for m in found["x"]["margin"] + found["y"]["margin"]], [8, 8, 7, 5, 4])
        # The same as records of several people, and in another order of rows and columns.
        self.write("long.csv", "n,to,of\n6,no,low\n2,some,low\n0,all,low\n1,no,high\n1,some,high\n2,some,high\n4,all,high\n")
        long = self.association("long.csv", "--x", "of: low < high", "--y", "to: no < some < all", "--count", "n")
        self.assertEqual((long["x"]["name"], long["y"]["name"]), ("of", "to"))
        self.assertEqual(self.answer["ledger"], {"records_read": 7, "records_used": 7, "dropped": {}})
        for name, of in long.items():
            for word in ("name", "definition"):
                if isinstance(of, dict) and word in of:
                    of[word] = found[name][word]
            self.assertEqual(of, found[name])
        self.write("turned.csv", "school,all,no,some\nhigh,4,1,3\nlow,0,6,2\n")
        turned = self.association("turned.csv", *OF_TABLE)
        self.assertEqual({w["code"] for w in self.answer["warnings"]}, {"W-ORDER", "W-COVERAGE"})
        self.assertEqual(turned["tau_b"]["value"], found["tau_b"]["value"])

    def test_all_orders_of_few_people(self):
        for pairs in ([(1, 2), (1, 1), (2, 2), (2, 3), (3, 3), (3, 1), (2, 3)], [(0, 1), (1, 1), (1, 4), (0, 2), (1, 3.5)]):
            self.write("few.csv", "x,y\n" + "".join(f"{x},{y}\n" for x, y in pairs))
            found = self.association("few.csv", "--x", "x", "--y", "y")
            self.check(found, pairs)
            self.check_orders(found, pairs)

    def test_exact_without_ties(self):
        pairs = [(1, 10), (2, 30), (3, 20), (4, 50), (5, 40), (6, 60)]
        self.write("few.csv", "x,y\n" + "".join(f"{x},{y}\n" for x, y in pairs))
        found = self.association("few.csv", "--x", "x", "--y", "y")
        own = found["pairs"]["concordant"] - found["pairs"]["discordant"]
        differences = self.check_orders(found, pairs)
        self.assertAlmostEqual(found["p_exact"], sum(abs(d) >= own for d in differences) / len(differences), 14)

    def test_two_by_two_is_phi(self):
        self.write("two.csv", "training,stayed,went\nno,40,10\nyes,5,45\n")
        found = self.association("two.csv", "--rows", "no < yes", "--columns", "stayed < went")
        phi = (40 * 45 - 10 * 5) / math.sqrt(50 * 50 * 45 * 55)
        for name in ("tau_b", "pearson", "spearman"):
            self.assertAlmostEqual(found[name]["value"], phi, 14)
            self.assertAlmostEqual(found[name]["greatest"], math.sqrt(45 / 55), 14)  # of phi: Ferguson (1941)
            self.assertAlmostEqual(found[name]["least"], -math.sqrt(45 / 55), 14)
        self.assertAlmostEqual(found["gamma"]["value"], (40 * 45 - 50) / (40 * 45 + 50), 14)
        self.assertAlmostEqual(found["somers_y_given_x"]["value"], 45 / 50 - 10 / 50, 14)

    def test_level_and_encoding_and_a_stream(self):
        found = self.association("-", "--x", SCHOOL, "--y", "wage", "--level", "0.5", stdin=PEOPLE)
        half = statistics.NormalDist().inv_cdf(0.75) * found["tau_b"]["standard_error"]
        self.assertAlmostEqual(found["tau_b"]["upper"] - found["tau_b"]["value"], half, 13)
        (self.folder / "gbk.csv").write_bytes("a,b\n低,1\n高,2\n低,0\n".encode("gbk"))
        self.association("gbk.csv", "--x", "a: 低 < 高", "--y", "b", "--encoding", "GBK")

    @unittest.skipUnless((REFERENCE / "04_kendall.json").exists(), "no reference data")
    def test_against_r(self):
        reference = json.loads((REFERENCE / "04_kendall.json").read_text())
        for name in ("occupational_status_uk", "nsw_dw_treat_employed78_table", "glass_uk_5x5"):
            r = reference[name]
            rows, columns = (["r%d" % k for k in range(len(t))] for t in (r["table"], r["table"][0]))
            self.write("r.csv", "," .join(["", *columns]) + "\n" + "".join(
                ",".join([label, *map(str, row)]) + "\n" for label, row in zip(rows, r["table"])))
            found = self.association("r.csv", "--rows", " < ".join(rows), "--columns", " < ".join(columns))
            for ours, theirs in ((found["tau_b"]["value"], "tau_b"), (found["gamma"]["value"], "gamma"),
                                 (found["tau_c"]["value"], "tau_c"), (found["tau_b"]["standard_error"], "ase1"),
                                 (found["tau_b"]["standard_error_if_none"], "ase0"), (found["z_null"], "z"),
                                 (found["somers_y_given_x"]["value"], "somers_d_col_given_row"),
                                 (found["somers_x_given_y"]["value"], "somers_d_row_given_col"),
                                 (found["null_variance"], "var_S_null"), (found["tau_b"]["statistic"], "z_ase0")):
                self.assertAlmostEqual(ours / r[theirs], 1, 12, theirs)
            self.assertAlmostEqual(found["p_null"] / r["p_two_sided"], 1, 9)
        r = reference["small_exact_no_ties"]
        self.write("r.csv", "x,y\n" + "".join(f"{x},{y}\n" for x, y in zip(r["x"], r["y"])))
        self.assertAlmostEqual(self.association("r.csv", "--x", "x", "--y", "y")["p_exact"], r["p_exact"], 14)
        for name, x, y in (("nsw_dw_treat_re78", "trt", "re78"), ("nsw_dw_educ_re78", "educ", "re78")):
            r = reference[name]
            found = self.association(str(REFERENCE / "data/nsw_dw_experimental.csv"), "--x", x, "--y", y)
            for ours, theirs in ((found["tau_b"]["value"], "tau_b"), (found["z_null"], "z"), (found["p_null"], "p"),
                                 (found["spearman"]["value"], "spearman"), (found["spearman"]["p"], "p_spearman"),
                                 (found["pearson"]["value"], "pearson"), (found["pearson"]["p"], "p_pearson")):
                self.assertAlmostEqual(ours / r[theirs], 1, 10, theirs)


class Written(Program):
    def test_csv_has_the_numbers_of_json(self):
        found = self.association("people.csv", "--x", SCHOOL, "--y", "wage")
        rows = {row["result"]: row for row in self.csv("measure", "--association", "people.csv", "--x", SCHOOL, "--y", "wage")}
        for name in ("tau_b", "tau_c", "gamma", "somers_y_given_x", "somers_x_given_y", "spearman", "pearson"):
            for key in ("value", "lower", "upper", "least", "greatest", "standard_error", "standard_error_if_none",
                        "statistic", "p"):
                one = rows[name][key]
                self.assertEqual(float(one) if one else None, found[name][key], (name, key))
            self.assertEqual((rows[name]["level"], rows[name]["varied"]), ("0.94999999999999996", "parameters"))
        for name, value in (*found["pairs"].items(), ("people", 10)):
            self.assertEqual(float(rows[name]["value"]), value)
        self.assertEqual(float(rows["null"]["statistic"]), found["z_null"])
        self.assertEqual(float(rows["null"]["p"]), found["p_null"])
        self.assertEqual(float(rows["null_continuity"]["p"]), found["p_null_continuity"])
        self.assertNotIn("exact", rows)

    def test_the_example_of_the_page(self):
        page = (SOURCE / "docs/how-to/choose-an-estimator.md").read_text()
        self.assertIn('$ rungs measure --association examples/association/training.csv --rows "untrained < trained" --columns '
                      '"low < middle < high"\n', page)
        run = self.ok("measure", "--association", str(SOURCE / "examples/association/training.csv"),
                      "--rows", "untrained < trained", "--columns", "low < middle < high")
        self.assertEqual(run.stdout, (SOURCE / "examples/association/training.out").read_text())
        self.assertEqual(run.stderr, "")

    def test_few_people_are_told(self):
        run = self.ok("measure", "--association", "people.csv", "--x", SCHOOL, "--y", "wage")
        self.assertIn("intervals of association are too narrow: there are 10 people; ", run.stderr)
        self.assertIn("[W-COVERAGE]", run.stderr)
        self.assertIn("  Records: 12 read, 10 used; left out 1 (missing school), 1 (missing wage).\n", run.stdout)

    def test_the_largest_there_is_has_no_interval(self):
        self.write("one.csv", "x,y\n1,1\n2,2\n3,3\n")
        found = self.association("one.csv", "--x", "x", "--y", "y")
        self.assertEqual((found["tau_b"]["value"], found["tau_b"]["lower"]), (1, None))
        self.assertIn("W-BOUNDARY", [w["code"] for w in self.answer["warnings"]])

    def test_codes_for_missing_values(self):
        rows = "x,y\n" + "".join(f"{k},{k % 4}\n" for k in range(1, 9)) + "3,-9\n4,-9\n"
        self.write("codes.csv", rows)
        run = self.ok("measure", "--association", "codes.csv", "--x", "x", "--y", "y")
        self.assertIn("codes.csv:10:3: warning: found '-9' in column 'y' 2 times; expected numbers like the others; it looks "
                      "like a code for a missing value, and was read as a number: if it is one, leave the field empty "
                      "[W-COVARIATE-CODE]\n", run.stderr)
        found = self.association("codes.csv", "--x", "x", "--y", "y", "--missing", "-9")
        self.assertEqual((found["people"], self.answer["ledger"]["dropped"]), (8, {"missing y": 2}))
        self.assertNotIn("W-COVARIATE-CODE", [w["code"] for w in self.answer["warnings"]])


class Survey(Program):
    """People drawn in villages of two areas, the far ones more rarely."""
    FILE = SOURCE / "examples/association/survey.csv"
    PAIR = ["--x", "school: none < primary < middle", "--y", "income"]
    DESIGN = ["--weight", "weight:sampling", "--survey-strata", "area", "--cluster", "village"]

    def people(self):
        """(school, income), weight, area, village."""
        level = {"none": 1, "primary": 2, "middle": 3}
        with self.FILE.open(newline="") as file:
            return [((level[r["school"]], float(r["income"])), float(r["weight"]), r["area"], r["village"])
                    for r in csv.DictReader(file)]

    def weighed(self, people, which=None, by=0.0):
        """The measures of the population, one person's weight being a little more or less."""
        cells = {}
        for k, (pair, weight, _, _) in enumerate(people):
            cells[pair] = cells.get(pair, 0) + weight * (1 + (by if k == which else 0))
        return measured(cells)

    def test_measures_of_the_population_by_its_design(self):
        people = self.people()
        found = self.association(str(self.FILE), *self.PAIR, *self.DESIGN)
        expected = self.weighed(people)
        changes = [{name: (up - down) / 2e-5 for (name, up), down in zip(
            self.weighed(people, k, 1e-5).items(), self.weighed(people, k, -1e-5).values())} for k in range(len(people))]
        areas = {area: sorted({village for _, _, a, village in people if a == area}) for area in ("near", "far")}
        self.assertEqual(self.answer["design"], {"variance": "clusters", "strata": 2, "clusters": 12, "lonely": "refuse",
                                                 "degrees_of_freedom": 10})
        t = 2.2281388519649385  # of Student's distribution, 10 degrees of freedom
        for name, value in expected.items():
            variance = 0
            for area, villages in areas.items():
                sums = [sum(c[name] for c, p in zip(changes, people) if p[3] == v) for v in villages]
                mean = sum(sums) / len(sums)
                variance += len(sums) / (len(sums) - 1) * sum((x - mean) ** 2 for x in sums)
            with self.subTest(name):
                self.assertAlmostEqual(found[name]["value"], value, 12)
                self.assertAlmostEqual(found[name]["standard_error"], math.sqrt(variance), 7)
                self.assertAlmostEqual(found[name]["lower"], max(-1, value - t * math.sqrt(variance)), 6)
                self.assertAlmostEqual(found[name]["upper"], min(1, value + t * math.sqrt(variance)), 6)
                self.assertAlmostEqual(found[name]["statistic"], value / found[name]["standard_error"], 10)
                self.assertIsNone(found[name]["standard_error_if_none"])
                self.assertTrue(found[name]["least"] <= value <= found[name]["greatest"])
        total = sum(weight for _, weight, _, _ in people)
        pairs = {"concordant": 0, "discordant": 0, "tied_x": 0, "tied_y": 0, "tied_both": 0}
        for (a, v, _, _), (b, w, _, _) in itertools.product(people, repeat=2):
            sign = (a[0] - b[0]) * (a[1] - b[1])
            for name, holds in zip(pairs, (sign > 0, sign < 0, a[0] == b[0], a[1] == b[1], a == b)):
                pairs[name] += holds * v * w / total ** 2
        for name, share in pairs.items():
            self.assertAlmostEqual(found["pairs"][name], share, 12)
        shares = {c["labels"][0]: c["share"] for c in found["x"]["margin"]}
        for label, rung in (("none", 1), ("primary", 2), ("middle", 3)):
            self.assertAlmostEqual(shares[label], sum(p[1] for p in people if p[0][0] == rung) / total, 12)
        self.assertEqual([found[key] for key in ("z_null", "p_null", "p_null_continuity", "p_exact", "null_variance")],
                         [None] * 5)

    def test_against_r(self):
        """survey 4.1-1, income in thousands: svymean() of both, their squares and product, and svycontrast() of
        (xy - x y) / sqrt((xx - x^2) (yy - y^2))."""
        found = self.association(str(self.FILE), *self.PAIR, *self.DESIGN)["pearson"]
        self.assertAlmostEqual(found["value"], 0.403282413564815, 13)
        self.assertAlmostEqual(found["standard_error"], 0.101143904123347, 13)

    def test_clusters_alone_and_people_alone(self):
        pairs = [p[0] for p in self.people()]
        found = self.association(str(self.FILE), *self.PAIR, "--cluster", "village")
        self.assertAlmostEqual(found["tau_b"]["value"], measured(cells_of(pairs))["tau_b"], 13)
        self.assertEqual(self.answer["design"]["degrees_of_freedom"], 11)
        alone = self.association(str(self.FILE), *self.PAIR)
        self.assertNotIn("design", self.answer)
        self.assertNotAlmostEqual(found["tau_b"]["standard_error"], alone["tau_b"]["standard_error"], 3)

    def test_the_example_of_the_page(self):
        run = self.ok("measure", "--association", str(self.FILE), *self.PAIR, *self.DESIGN)
        self.assertEqual(run.stdout, (SOURCE / "examples/association/survey.out").read_text())
        self.assertIn("intervals of association are too narrow: the design has 10 degrees of freedom; ", run.stderr)
        alone = self.ok("measure", "--association", str(self.FILE), *self.PAIR, "--weight", "weight:sampling")
        self.assertIn("Other people might have been seen (each drawn alone): that is what varied.", alone.stdout)
        self.assertIn("intervals of association are too narrow: there are 72 people; ", alone.stderr)

    def test_what_is_wrong_with_a_design(self):
        head = "x,y,w,part,village\n1,2,1,a,v1\n2,1,1,a,v2\n3,3,1,b,v3\n2,3,1,a,v1\n"
        self.write("lonely.csv", head)
        drawn = ["--x", "x", "--y", "y", "--survey-strata", "part", "--cluster", "village"]
        self.says(3, "rungs: error: found the part of the frame 'b' with one cluster, 'v3'; expected two or more, or a stated "
                  "treatment of such parts: centre (its distance from the mean of all) or certain (it adds nothing) "
                  "[E-DESIGN-LONELY]\n", "measure", "--association", "lonely.csv", *drawn)
        self.ok("measure", "--association", "lonely.csv", *drawn, "--lonely", "centre")
        for message, row, options in (
                ("bad.csv:6:9: error: found no cluster in column 'village'; expected the cluster that the person was drawn "
                 "with; leave out people of whom it is not known [E-DESIGN-EMPTY]", "1,1,1,b,", []),
                ("bad.csv:6:9: error: found the cluster 'v1' of column 'village' in the part of the frame 'b'; expected each "
                 "cluster in one part; it was in 'a' on line 2; if each part numbers its clusters anew, declare them as "
                 "nested [E-DESIGN-NESTED]", "1,1,1,b,v1", []),
                ("bad.csv:6:5: error: found '-1' in column 'w'; expected a number, 0 or more; it looks like a code for a "
                 "missing value: a record without a weight cannot count [E-WEIGHT-NEG]", "1,1,-1,b,v4",
                 ["--weight", "w:sampling"])):
            self.write("bad.csv", head + row + "\n")
            self.says(3, message + "\n", "measure", "--association", "bad.csv", *drawn, *options)
        self.write("bad.csv", head + "1,1,1,b,v1\n")
        self.ok("measure", "--association", "bad.csv", *drawn, "--nest")


class Refused(Program):
    def refuses(self, name, text, message, *arguments):
        self.write(name, text)
        self.says(3, message + "\n", "measure", "--association", name, *arguments)

    def test_what_is_no_value(self):
        self.refuses("bad.csv", "x,y\nlow,1\nHigh,2\nmid,a\nlow,\"1,5\"\nhigh,inf\n",
                     "bad.csv:3:1: error: found 'High' in column 'x'; expected one of 'low', 'high'; only capital letters "
                     "differ from 'high' [E-LABEL-UNKNOWN]\n"
                     "bad.csv:4:1: error: found 'mid' in column 'x'; expected one of 'low', 'high' [E-LABEL-UNKNOWN]\n"
                     "bad.csv:4:5: error: found 'a' in column 'y'; expected a finite number; of labels, state the order: "
                     "\"COLUMN: LOW < HIGH\" [E-NUMBER]\n"
                     "bad.csv:5:6: error: found '1,5' in column 'y'; expected a finite number; write a decimal point: 1.5, "
                     "not 1,5 [E-NUMBER]\n"
                     "bad.csv:6:6: error: found 'inf' in column 'y'; expected a finite number [E-NUMBER]",
                     "--x", "x: low < high", "--y", "y")

    def test_columns(self):
        self.refuses("bad.csv", "x,y\n1,2\n", "bad.csv:1:1: error: found no column 'X' (the first variable); expected it "
                     "among 'x', 'y'; only capital letters differ from 'x' [E-COL-ABSENT]", "--x", "X", "--y", "y")
        self.refuses("bad.csv", "x,y\n1,2\n", "bad.csv:1:1: error: found column 'x' named as the first variable and as the "
                     "second variable; expected a column for each [E-COL-ROLE]", "--x", "x", "--y", "x")
        self.refuses("bad.csv", "x,y\n", "bad.csv:2:1: error: found column names but no record; expected at least one "
                     "record [E-NOROWS]", "--x", "x", "--y", "y")

    def test_counts(self):
        self.refuses("bad.csv", "x,y,n\n1,2,-1\n2,3,1.5\n3,1,\n",
                     "bad.csv:2:5: error: found the count '-1'; expected a whole number of people, 0 or more [E-COUNT]\n"
                     "bad.csv:3:5: error: found the count '1.5'; expected a whole number of people, 0 or more; weighted counts "
                     "and shares are no counts of people [E-COUNT]\n"
                     "bad.csv:4:5: error: found no count; expected a whole number of people, 0 or more; where there is nobody, "
                     "write 0 [E-COUNT]", "--x", "x", "--y", "y", "--count", "n")
        self.refuses("bad.csv", "s,no,some,all\nlow,6,-2,0\nhigh,,3,many\n",
                     "bad.csv:2:7: error: found the count '-2'; expected a whole number of people, 0 or more [E-COUNT]\n"
                     "bad.csv:3:6: error: found no count; expected a whole number of people, 0 or more; where there is nobody, "
                     "write 0 [E-COUNT]\n"
                     "bad.csv:3:9: error: found the count 'many'; expected a whole number of people, 0 or more [E-COUNT]",
                     *OF_TABLE)

    def test_what_is_no_such_table(self):
        self.refuses("bad.csv", "s,no,some,all\nlow,6,2,0\n", "bad.csv:2:1: error: found no row for 'high'; expected a row for "
                     "each value that was stated; where nobody has it, write 0 [E-SHAPE]", *OF_TABLE)
        self.refuses("bad.csv", "s,no,some\nlow,6,2\nhigh,1,1\n", "bad.csv:1:1: error: found no column for 'all'; expected a "
                     "column for each value that was stated; where nobody has it, write 0 [E-SHAPE]", *OF_TABLE)
        self.refuses("bad.csv", "s,no,some,All\nlow,6,2,0\nhigh,1,1,1\n", "bad.csv:1:11: error: found 'All' in the first line; "
                     "expected one of 'no', 'some', 'all'; only capital letters differ from 'all' [E-LABEL-UNKNOWN]",
                     *OF_TABLE)
        self.refuses("bad.csv", "s,no,some,all\nlow,6,2,0\nlow,1,1,1\nhigh,1,1,1\n", "bad.csv:3:1: error: found a second row for "
                     "'low'; expected one; the first stands on line 2 [E-DUP-KEY]", *OF_TABLE)
        self.refuses("bad.csv", "s,no\nlow,6\nhigh,1\n", "bad.csv:1:1: error: found one name in the first line beside the first "
                     "column; expected at least two values of the columns [E-SHAPE]", *OF_TABLE)

    def test_nothing_to_compare(self):
        for message, text in (
                ("found the same value of 'y' for all 3 people; expected at least two values: nothing can go together with "
                 "one [E-OBSERVATIONS]", "x,y\n1,2\n2,2\n3,2\n"),
                ("found 1 people with 'x' and 'y'; expected at least 2 [E-OBSERVATIONS]", "x,y\n1,2\n"),
                ("found 0 people with 'x' and 'y'; expected at least 2 [E-OBSERVATIONS]", "x,y\n1,\n,2\n")):
            self.refuses("bad.csv", text, "rungs: error: " + message, "--x", "x", "--y", "y")

    def test_orders(self):
        for message, order in (
                ("--x: found nothing that is above another; expected values from low to high, separated by '<' [E-LADDER]",
                 "school: none, primary"),
                ("--x: found '|'; expected values from low to high, separated by '<' [E-LADDER]", "school: none < primary | x"),
                ("--x: found no name after the last '<'; expected the name of a stratum [E-LADDER]", "school: none <"),
                ("found 'none' both as a value of 'school' and as missing; expected it once [E-CFG-DUP]", SCHOOL)):
            self.says(3, "rungs: error: " + message + "\n", "measure", "--association", "people.csv", "--x", order,
                      "--y", "wage", *(["--missing", "none"] if order == SCHOOL else []))

    def test_usage(self):
        pair = ["--x", SCHOOL, "--y", "wage"]
        both = "expected --x and --y of a file of people, or --rows and --columns of a table of counts"
        for message, arguments in (
                ("found --association without its two variables; " + both, []),
                ("found --association without its two variables; " + both, ["--x", "wage"]),
                ("found --association without its two variables; " + both, ["--rows", "a < b"]),
                ("found --x or --y with --rows or --columns; " + both, [*pair, "--rows", "a < b"]),
                ("found --count with --rows; expected --x and --y: a table of counts has no columns of them",
                 [*OF_TABLE, "--count", "n"]),
                ("found --missing with --rows; expected --x and --y: a table of counts has no columns of them",
                 [*OF_TABLE, "--missing", "9"]),
                ("found --weight with --rows; expected --x and --y: a table of counts has no columns of them",
                 [*OF_TABLE, "--weight", "w:sampling"]),
                ("found --cluster with --rows; expected --x and --y: a table of counts has no columns of them",
                 [*OF_TABLE, "--cluster", "note"]),
                ("found --count with --cluster; expected a record for each person of a survey",
                 [*pair, "--count", "wage", "--cluster", "who"]),
                ("found --weight 'wage:frequency' with --association; expected COLUMN:sampling: numbers of people alike "
                 "are a --count", [*pair, "--weight", "wage:frequency"]),
                ("found --x ': a < b'; expected COLUMN, or COLUMN: LOW < HIGH", ["--x", ": a < b", "--y", "wage"]),
                *((f"found {other[0]} with --association; expected none: any two variables are no moves, and nothing but "
                   "their association is told", [*pair, *other])
                  for other in (["--from", "none", "--within", "3"], ["--reach", "high"], ["--ladder", "a < b"],
                                ["--table", "table.csv"], ["--group", "note"]))):
            self.says(2, "rungs: error: " + message + " [E-USAGE]\n", "measure", "--association", "people.csv", *arguments)
        self.refused(2, "--x requires --association", "measure", "--x", "wage")
        for option in ("--count", "--missing"):
            beside = "--table" if option == "--count" else "--panel"
            self.says(2, f"rungs: error: found {option} without {beside} or --association; expected one of them [E-USAGE]\n",
                      "measure", "--matrix", "table.csv", "--ladder", "a < b", option, "x")
        for option in ("--survey-strata", "--cluster"):
            self.says(2, f"rungs: error: found {option} without --panel or --association; expected one of them [E-USAGE]\n",
                      "measure", "--matrix", "table.csv", "--ladder", "a < b", option, "x")


if __name__ == "__main__":
    unittest.main()
