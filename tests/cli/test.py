# SPDX-FileCopyrightText: 2026 The Rungs authors
# SPDX-License-Identifier: BSL-1.0
"""test.py: rungs test, by what is known of the data."""
import csv
import io
import json
import math
import os
import pathlib
import random
import subprocess
import tempfile
import unittest

import jsonschema

PROGRAM = os.environ["RUNGS_PROGRAM"]
SOURCE = pathlib.Path(os.environ["RUNGS_SOURCE_DIR"])
GLASS = """destination,Professional,Managerial,Supervisory,Skilled,Unskilled
Professional,50,45,8,18,8
Managerial,28,174,84,154,55
Supervisory,11,78,110,223,96
Skilled,14,150,185,714,447
Unskilled,3,42,72,320,411
"""
LADDER = "Unskilled < Skilled < Supervisory < Managerial < Professional"


class Test(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def write(self, name, text):
        (self.folder / name).write_text(text)
        return name

    def run_rungs(self, *arguments):
        return subprocess.run([PROGRAM, "test", *arguments], cwd=self.folder, capture_output=True, text=True, timeout=120)

    def json(self, *arguments):
        run = self.run_rungs(*arguments, "--format", "json", "--seed", "7")
        self.assertEqual(run.returncode, 0, run.stderr)
        answer = json.loads(run.stdout)
        schema = json.loads((SOURCE / "docs/reference/test.schema.json").read_text())
        jsonschema.Draft7Validator.check_schema(schema)
        jsonschema.Draft7Validator(schema).validate(answer)
        return answer

    def refused(self, status, code, *arguments):
        run = self.run_rungs(*arguments)
        self.assertEqual((run.returncode, run.stdout), (status, ""), run.stderr)
        self.assertIn(f"[{code}]", run.stderr)
        return run.stderr

    def panel(self, step, people=400, years=8, seed=3):
        """People of two strata; `step` gives the next stratum from the person, the two before and a random number."""
        rng, lines = random.Random(seed), ["id,time,state"]
        for person in range(people):
            before = now = person % 2
            for year in range(years):
                lines.append(f"{person},{year},{'ab'[now]}")
                before, now = now, step(person, year, before, now, rng.random())
        return self.write("panel.csv", "\n".join(lines) + "\n")

    def named(self, answer):
        return {test["name"]: test for test in answer["tests"]}

    def test_a_chain_is_believed(self):
        self.panel(lambda person, year, before, now, u: 1 - now if u < (.2, .4)[now] else now)
        answer = self.json("--panel", "panel.csv", "--ladder", "a < b", "--draws", "199", "--from", "a", "--reach", "b",
                           "--within", "3")
        tests = self.named(answer)
        self.assertEqual(len(tests), 5, list(tests))
        for name, test in tests.items():
            rejected = test["verdict"] == "rejected"
            self.assertEqual(rejected, "order 0" in name, f"{name}: {test['verdict']}")
            self.assertEqual(test["p_bootstrap"]["draws"], 199)
        order = next(t for t in answer["tests"] if "order 1" in t["name"])
        self.assert_near(order["reach"]["implied"]["share"], 1 - .8 ** 3, .05)
        self.assert_near(order["reach"]["found"][0]["share"], 1 - .8 ** 3, .05)
        self.assertEqual(answer["question"], {"from": "a", "target": ["b"], "within": {"steps": 3, "years": 3}})
        again = self.json("--panel", "panel.csv", "--ladder", "a < b", "--draws", "199", "--from", "a", "--reach", "b",
                          "--within", "3")
        self.assertEqual(again, answer)

    def test_weights_are_not_used_and_that_is_said(self):
        self.panel(lambda person, year, before, now, u: 1 - now if u < (.1, .4)[person % 2] else now)
        lines = (self.folder / "panel.csv").read_text().splitlines()
        self.write("weighted.csv", "\n".join([lines[0] + ",w"] + [f"{line},{1 + 4 * (int(line.split(',')[0]) % 2)}" for line in lines[1:]]))
        of = ["--ladder", "a < b", "--draws", "199"]
        plain = self.json("--panel", "panel.csv", *of)
        weighted = self.json("--panel", "weighted.csv", "--weight", "w:sampling", *of)
        self.assertEqual(plain["tests"], weighted["tests"])
        self.assertNotIn("W-WEIGHT-UNUSED", str(plain["warnings"]))
        self.assertIn("W-WEIGHT-UNUSED", [w["code"] for w in weighted["warnings"]])
        self.assertNotIn("W-WEIGHT-UNUSED", str(self.json("--panel", "weighted.csv", "--weight", "w:frequency", *of)["warnings"]))

    def test_stayers_are_found(self):
        self.panel(lambda person, year, before, now, u: now if person % 3 == 0 else 1 - now if u < .4 else now)
        answer = self.json("--panel", "panel.csv", "--ladder", "a < b", "--draws", "199", "--within", "5")
        codes = {w["code"] for w in answer["warnings"]}
        self.assertIn("W-MARKOV-REJECTED", codes)
        self.assertIn("W-STAYERS", codes)
        several = next(t for t in answer["tests"] if "never_moved" in t)
        self.assertEqual(several["verdict"], "rejected")
        self.assertGreater(several["never_moved"]["observed"], several["never_moved"]["implied"] + .1)
        reach = several["reach"]["found"][0]
        self.assertLess(reach["lower"], reach["share"])
        self.assertGreater(reach["upper"], reach["share"])
        self.assertEqual(several["reach"]["level"], .95)
        text = self.run_rungs("--panel", "panel.csv", "--ladder", "a < b", "--draws", "199", "--seed", "7").stdout
        self.assertRegex(text, r"95 % interval +the model says")
        self.assertIn("May we believe the model?", text)
        self.assertIn("Who never moves in 3 steps", text)

    def test_another_regime_is_found(self):
        self.panel(lambda person, year, before, now, u: 1 - now if u < (.1 if year < 4 else .4) else now)
        answer = self.json("--panel", "panel.csv", "--ladder", "a < b", "--draws", "199")
        self.assertEqual([w["code"] for w in answer["warnings"]].count("W-NONSTATIONARY"), 1)

    def test_glass(self):
        """Deviances of the literature (Glass 1954, in status order)."""
        self.write("glass.csv", GLASS)
        answer = self.json("--table", "glass.csv", "--ladder", LADDER)
        self.assertEqual(answer["tests"], [])
        models = {m["name"]: m for m in answer["table_models"]}
        for name, deviance, df in (("independence", 792.189621, 16), ("quasi-independence", 235.781799, 11),
                                   ("symmetry", 37.463700, 10), ("quasi-symmetry", 4.664071, 6),
                                   ("uniform association", 79.440723, 15)):
            self.assert_near(models[name]["deviance"], deviance, 1e-6)
            self.assertEqual(models[name]["df"], df)
        phi = next(p for p in models["uniform association"]["parameters"] if p["name"] == "uniform association")
        self.assert_near(phi["value"], 0.411864149084475, 1e-9)
        self.assert_near(phi["standard_error"], 0.0174932326622901, 1e-9)
        parts = {m["name"]: m for m in answer["mobility"]}
        self.assert_near(parts["total"]["share"], 1 - (50 + 174 + 110 + 714 + 411) / 3500, 1e-12)
        self.assertTrue(answer["margins"])
        text = self.run_rungs("--table", "glass.csv", "--ladder", LADDER, "--seed", "1").stdout
        self.assertIn("Models of the table", text)
        rows = self.run_rungs("--table", "glass.csv", "--ladder", LADDER, "--seed", "7", "--format", "csv").stdout
        rows = list(csv.DictReader(io.StringIO(rows)))
        said = {(r["test"], r["statistic"], r["note"]): r for r in rows}
        self.assertTrue(said[("uniform association", "LR", "")]["value"].startswith("79.44"))
        for model in answer["table_models"]:  # all that the JSON has, to the last digit
            for statistic, key in (("LR", "deviance"), ("X2", "pearson"), ("BIC", "bic"), ("dissimilarity",) * 2):
                self.assertEqual(float(said[(model["name"], statistic, "")]["value"]), model[key])
            for parameter in model["parameters"]:
                row = said[(model["name"], parameter["name"], parameter["group"])]
                self.assertEqual(float(row["value"]), parameter["value"])
                self.assertEqual(float(row["standard_error"] or "nan"), parameter["standard_error"] or float("nan"))
        for margin in answer["margins"]:
            self.assertEqual(float(said[(margin["name"], "X2", "")]["p_nominal"] or said[(margin["name"], "X2", "")]["p_by_support"]),
                             margin["p"])
        for part in answer["mobility"]:
            row = said[(part["name"], "share", "")]
            self.assertEqual(float(row["value"]), part["share"])
            for end in ("lower", "upper"):
                self.assertEqual(row[end] and float(row[end]), "" if part[end] is None else part[end])

    def test_what_is_doubtful_of_models_is_told_once(self):
        """Of 45 people 41 stay. By independence 0.2 are expected to stay at the foot, by symmetry 1."""
        self.write("few.csv", "from,to,count\na,a,1\na,b,2\nb,a,2\nb,b,40\n")
        asked = ["--table", "few.csv", "--ladder", "a < b"]
        told = ("3 of 4 cells expect fewer than 5 people under 'independence', 'symmetry', 'marginal homogeneity' (the least "
                "0.2): the p-values are approximate")  # the others have no degrees of freedom, hence no p-value
        self.assertEqual([w["message"] for w in self.json(*asked)["warnings"] if w["code"] == "W-TABLE-THIN"], [told])
        for form in ("table", "csv"):
            self.assertEqual(self.run_rungs(*asked, "--seed", "7", "--format", form).stderr.count(told), 1)
        self.write("empty.csv", "from,to,count\na,a,90\na,c,20\nb,b,90\nb,c,30\nc,a,20\nc,b,30\nc,c,90\n")
        answer = self.json("--table", "empty.csv", "--ladder", "a < b < c")
        told = [w["message"] for w in answer["warnings"] if w["code"] == "W-BOUNDARY"]
        self.assertEqual(len(told), 1)  # nobody moves between 'a' and 'b'
        self.assertRegex(told[0], "^2 cells of nobody are expected to hold nobody under .*'symmetry', 'quasi-symmetry'.*: "
                                  "parameters run to minus infinity there, are not shown, and degrees of freedom count "
                                  "the other cells$")

    def test_nothing_is_said_of_intervals_that_are_not_told(self):
        rows = "a,a,600 a,b,200 a,c,50 b,a,20 b,b,60 b,c,3 c,c,50 c,b,20".split()
        self.write("few.csv", "from,to,count\n" + "\n".join(rows) + "\n")
        self.write("few_moves.csv", "id,time,state\n" + "".join(
            f"{k},{t},{s}\n" for k, path in enumerate(20 * ["aa", "ba"] + ["ab"]) for t, s in enumerate(path)))
        for asked in (["--table", "few.csv", "--ladder", "a < b < c"], ["--panel", "few_moves.csv", "--ladder", "a < b"]):
            codes = [w["code"] for w in self.json(*asked, "--draws", "100")["warnings"]]
            self.assertTrue(codes)
            self.assertNotIn("W-COVERAGE", codes)

    def test_margins_that_are_alike(self):
        """Structural mobility of a sample from equal margins: above 0 by chance, with an interval that knows it."""
        self.write("t.csv", "from,to,count\n" + "".join(
            f"{'abcd'[i]},{'abcd'[j]},{n}\n" for i, row in enumerate(
                [[40, 12, 5, 0], [9, 33, 14, 3], [2, 17, 28, 11], [1, 4, 9, 25]]) for j, n in enumerate(row)))
        answer = self.json("--table", "t.csv", "--ladder", "a < b < c < d", "--draws", "2000")
        parts = {m["name"]: m for m in answer["mobility"]}
        structural = parts["structural"]
        self.assert_near(structural["share"], 7 / 213, 1e-12)
        self.assertEqual((structural["lower"], structural["level"]), (0, 0.95))
        self.assertLess(structural["upper"], 0.13)
        self.assertLess(abs(structural["standard_error"] - 0.027), 0.002)  # of people drawn anew; 0.040 by the slope
        self.assertEqual([m["name"] for m in answer["mobility"] if m["lower"] is None], [])
        text = self.run_rungs("--table", "t.csv", "--ladder", "a < b < c < d", "--seed", "1").stdout
        self.assertRegex(text, "share  standard error +95 % interval\n")
        self.assertIn("  Margins that are alike differ in every sample, so what had to be is found too high on average; "
                      "the intervals of structural, exchange, boudon and yasuda allow for it, the standard errors do "
                      "not.\n", text)
        # Scores of movers that run away are told, not shown.
        rc = next(m for m in answer["table_models"] if m["name"] == "RC(1), own diagonal")
        self.assertIn("the likelihood grows for ever as the score of origin 'a' leaves the others behind",
                      rc["not_fitted"])

    def test_fit_to_a_matrix_and_blocks(self):
        """Kullback's statistics by hand: twice the sum of n log(n / expected)."""
        counts, given = [[60, 40], [30, 70]], [[.5, .5], [.3, .7]]
        self.write("t.csv", "from,to,count\n" + "".join(
            f"{'ab'[i]},{'ab'[j]},{counts[i][j]}\n" for i in range(2) for j in range(2)))
        self.write("p.csv", "from,a,b\na,0.5,0.5\nb,0.3,0.7\n")
        answer = self.json("--table", "t.csv", "--ladder", "a < b", "--fit", "p.csv", "--draws", "199")
        (test,) = answer["tests"]
        lr = sum(2 * n * math.log(n / (sum(row) * p)) for row, ps in zip(counts, given) for n, p in zip(row, ps))
        self.assert_near(test["statistic"]["LR"], lr, 1e-10)
        self.assertEqual(test["df"], {"nominal": 2, "by_support": 2})
        self.assertEqual(len(answer["inputs"]), 2)
        self.panel(lambda person, year, before, now, u: 1 - now if u < .3 else now)
        self.refused(3, "E-PARTITION", "--panel", "panel.csv", "--ladder", "a < b", "--block", "a", "--block", "a, b",
                     "--seed", "1")

    def test_layers_are_periods_or_groups(self):
        """The same three tables as periods in a row, as periods far apart, and as groups."""
        tables = [[[60, 20, 5], [15, 70, 18], [4, 25, 50]], [[40, 25, 9], [20, 55, 22], [6, 30, 48]],
                  [[80, 12, 2], [10, 90, 11], [1, 13, 66]]]
        def written(name, column, labels):
            self.write(name, f"from,to,{column},count\n" + "".join(
                f"{'abc'[i]},{'abc'[j]},{label},{n}\n" for label, t in zip(labels, tables)
                for i, row in enumerate(t) for j, n in enumerate(row)))
        columns = ("--origin", "from", "--destination", "to", "--count", "count")
        def models(name, *options):
            answer = self.json("--table", name, "--ladder", "a < b < c", *columns, *options, "--draws", "199")
            return answer["layers"], {m["name"]: m.get("deviance") for m in answer["table_models"]}
        written("row.csv", "year", (1, 2, 3))
        written("apart.csv", "year", (1973, 1985, 1999))
        written("groups.csv", "country", ("France", "England", "Sweden"))
        names, in_a_row = models("row.csv", "--period", "year")
        self.assertEqual(names, ["1", "2", "3"])
        self.assertGreater(in_a_row["constant association"], in_a_row["unidiff"])
        names, far_apart = models("apart.csv", "--period", "year")
        self.assertEqual((names, far_apart), (["1973", "1985", "1999"], in_a_row))
        names, by_group = models("groups.csv", "--group", "country: France, England, Sweden")
        self.assertEqual((names, by_group), (["France", "England", "Sweden"], in_a_row))
        shown = self.run_rungs("--table", "groups.csv", "--ladder", "a < b < c", *columns, "--group", "country",
                               "--seed", "1", "--draws", "199").stdout
        self.assertIn("Models of the tables of 'England', 'France', 'Sweden'", shown)

    def test_reach_by_a_matrix_has_an_interval(self):
        """Of a table by hand: one step from 'a' is one share, of 30 of 80 people and of 12 of 60."""
        counts = {"m": [[50, 30], [20, 40]], "w": [[48, 12], [25, 30]]}
        self.write("t.csv", "from,to,sex,count\n" + "".join(
            f"{'ab'[i]},{'ab'[j]},{sex},{n}\n" for sex, t in counts.items() for i, row in enumerate(t)
            for j, n in enumerate(row)))
        answer = self.json("--table", "t.csv", "--ladder", "a < b", "--group", "sex", "--from", "a", "--reach", "b",
                           "--within", "1", "--draws", "199")
        reach = answer["tests"][0]["reach"]
        for found, (stay, up) in zip(reach["found"], (counts[sex][0] for sex in "mw")):
            centre = (up + .5) / (stay + up + 1)
            error = math.sqrt(centre * (1 - centre) / (stay + up + 1))
            half = 1.959963984540054 * error / (centre * (1 - centre))
            self.assert_near(found["share"], up / (stay + up), 1e-12)
            self.assert_near(found["standard_error"], error, 1e-12)
            for end, sign in (("lower", -1), ("upper", 1)):
                self.assert_near(found[end], 1 / (1 + (1 - centre) / centre * math.exp(-sign * half)), 1e-12)
            self.assertEqual(found["interval_method"], "log-odds")
        centre, p = 42.5 / 141, 42 / 140
        self.assert_near(reach["implied"]["standard_error"], math.sqrt(centre * (1 - centre) / 141), 1e-12)
        # The difference from the model, whose people hold those of the group: what each move adds to both, by hand.
        rows = []
        for found, (sex, other) in zip(reach["found"], ("mw", "wm")):
            (stay, up), (others_stay, others_up) = counts[sex][0], counts[other][0]
            own, people = (up + .5) / (stay + up + 1), stay + up + 1
            error = math.sqrt(up * ((1 - own) / people - (1 - centre) / 141) ** 2 +
                              stay * (own / people - centre / 141) ** 2 + others_up * ((1 - centre) / 141) ** 2 +
                              others_stay * (centre / 141) ** 2 + ((1 - own) ** 2 + own ** 2) / 2 / people ** 2)
            difference = found["difference"]
            self.assert_near(difference["implied"], p, 1e-12)
            self.assert_near(difference["value"], up / (stay + up) - p, 1e-12)
            self.assert_near(difference["standard_error"], error, 1e-12)
            for end, sign in (("lower", -1), ("upper", 1)):
                self.assert_near(difference[end], own - centre + sign * 1.959963984540054 * error, 1e-12)
            self.assertLess(error, math.hypot(found["standard_error"], reach["implied"]["standard_error"]))
            rows.append((found, difference))
        self.assertEqual(reach["difference"], rows[0][1]["value"])
        self.assertRegex(answer["tests"][0]["meaning"], r"a difference of 0\.075 \(95 % interval -?0\.0\d+ to 0\.1\d+\)")
        asked = ["--table", "t.csv", "--ladder", "a < b", "--group", "sex", "--from", "a", "--reach", "b", "--within", "1",
                 "--draws", "199", "--seed", "7"]
        table = self.run_rungs(*asked).stdout
        d = rows[0][1]
        self.assertRegex(table, r"by the matrix of 'm' +0\.3750 +0\.2\d* to 0\.4\d* +0\.3000 +0\.0750 +" +
                         f"{d['lower']:.4f} to {d['upper']:.4f}")
        written = list(csv.DictReader(self.run_rungs(*asked, "--format", "csv").stdout.splitlines()))
        for k, (found, d) in enumerate(rows):
            of = [r for r in written if r["note"] == found["by"]]
            self.assertEqual([r["statistic"] for r in of], ["reach", "reach by the model", "difference"])
            for r, wanted in ((of[0], found), (of[2], d)):
                for column in ("standard_error", "lower", "upper"):
                    self.assert_near(float(r[column]), wanted[column], 1e-9)
            self.assert_near(float(of[1]["value"]), p, 1e-9)

        self.panel(lambda person, year, before, now, u: 1 - now if u < .2 else now)
        tests = self.named(self.json("--panel", "panel.csv", "--ladder", "a < b", "--draws", "199"))
        seen, last = tests["the same in every period"]["reach"]["found"]
        self.assertEqual((seen["interval_method"], last["interval_method"]), ("normal", "log-odds"))
        self.assertTrue(0 < last["lower"] < last["share"] < last["upper"] < 1)
        self.assertGreater(last["standard_error"], seen["standard_error"])  # of one period of seven
        self.assertLess(seen["difference"]["standard_error"], seen["standard_error"])  # of the same people
        self.assertTrue(last["difference"]["lower"] < 0 < last["difference"]["upper"])  # they move alike

    def test_levels_of_the_user(self):
        """Levels that tell apart stayers of each stratum are quasi-independence, one level is independence; and those
        of the table of Hauser, cells that mirror each other alike, are quasi-symmetry."""
        self.write("t.csv", "from,a,b,c\na,60,20,5\nb,15,70,18\nc,4,25,50\n")
        def fitted(levels):
            self.write("levels.csv", "from,a,b,c\n" + "".join(
                "abc"[i] + "," + ",".join(map(str, row)) + "\n" for i, row in enumerate(levels)))
            answer = self.json("--table", "t.csv", "--ladder", "a < b < c", "--levels", "levels.csv", "--draws", "199")
            self.assertEqual([i["file"] for i in answer["inputs"]], ["t.csv", "levels.csv"])
            return {m["name"]: m for m in answer["table_models"]}
        for levels, same, own in (
            ([[1, 1, 1], [1, 1, 1], [1, 1, 1]], "independence", "quasi-independence"),
            ([[1, 0, 0], [0, 2, 0], [0, 0, 3]], "quasi-independence", "quasi-independence"),
            ([[1, 4, 5], [4, 2, 6], [5, 6, 3]], "quasi-symmetry", "quasi-symmetry")):
            models = fitted(levels)
            for mine, usual in (("levels", same), ("levels, own diagonal", own)):
                self.assert_near(models[mine]["deviance"], models[usual]["deviance"], 1e-9)
                self.assertEqual(models[mine]["df"], models[usual]["df"])
        self.write("levels.csv", "from,a,b,c\na,1,2,3\nb,1,2000,3\nc,1,2,3\n")
        of = ["--table", "t.csv", "--ladder", "a < b < c", "--levels", "levels.csv", "--seed", "1"]
        self.refused(3, "E-RANGE", *of)
        for bad in ("-1", "2.5", "1001"):
            self.write("levels.csv", f"from,a,b,c\na,1,2,3\nb,1,{bad},3\nc,1,2,3\n")
            self.assertEqual(self.refused(3, "E-RANGE", *of),
                             f"levels.csv:3:5: error: found the level '{bad}'; expected a whole number from 0 to 1000; cells of one "
                             "number share a level of density [E-RANGE]\n")
        for whole in (False, True):
            self.write("levels.csv", "origin,destination,count\n" + "".join(
                f"{i},{j},1\n" for i in "abc" for j in "abc" if whole or i == "a"))
            self.assertEqual(self.refused(3, "E-SHAPE", *of),
                             "levels.csv:1:1: error: found no stratum of the ladder in the first line; expected a square with labels: "
                             "the strata in the first line and in the first column [E-SHAPE]\n")
        self.write("levels.csv", "from,a,b\na,1,2\nb,1,2\nc,1,2\n")
        self.assertEqual(self.refused(3, "E-SHAPE", *of), "levels.csv:1:1: error: found no column for 'c'; expected a column for each "
                                                          "stratum of the ladder [E-SHAPE]\n")
        # Exits have no levels.
        self.write("t.csv", "from,a,b,c,out\na,60,20,5,3\nb,15,70,18,0\nc,4,25,50,1\n")
        fits = []
        for exits in ("", ",0", ",x"):
            self.write("levels.csv", "from,a,b,c" + (",out" if exits else "") + "".join(
                f"\n{i},{row}{exits}" for i, row in zip("abc", ("1,4,5", "4,2,6", "5,6,3"))) + "\n")
            fits.append(self.json("--table", "t.csv", "--ladder", "a < b < c | out", *of[4:6], "--draws", "199")["table_models"])
        self.assertEqual(fits[1:], fits[:1] * 2)
        self.panel(lambda person, year, before, now, u: now)
        self.refused(2, "E-USAGE", "--panel", "panel.csv", "--ladder", "a < b", "--levels", "levels.csv")

    def test_nothing_is_said_from_no_observation(self):
        self.write("two.csv", "id,time,state\n" + "".join(
            f"{k},{t},{'abc'[(k + t * (k % 2)) % 3]}\n" for k in range(60) for t in (1, 2)))
        of = ["--panel", "two.csv", "--ladder", "a < b < c", "--draws", "100"]
        tests = {t["name"]: t for t in self.json(*of)["tests"]}
        self.assertIsNone(tests["order 0 against 1"]["reach"]["implied"]["share"])
        self.assertIsNotNone(tests["order 1 against 2"]["reach"]["implied"]["share"])
        self.assertEqual({t["verdict"] for t in tests.values()}, {"nothing to test"})
        shown = self.run_rungs(*of, "--seed", "7").stdout
        self.assertRegex(shown, r"the next stratum does not depend on the present one +- +- +- +- +-\n")
        self.assertNotIn("not rejected\n", shown)
        for line in shown.splitlines():  # no p of draws either
            if line.endswith("nothing to test"):
                self.assertRegex(line, r" - +nothing to test$")
        self.assertEqual({t["p_bootstrap"] for t in tests.values()}, {None})

    def test_what_cannot_be_is_said_in_csv(self):
        self.panel(lambda person, year, before, now, u: 1 - now if u < .3 else now)
        self.write("fit.csv", "from,a,b\na,1,0\nb,0,1\n")
        run = self.run_rungs("--panel", "panel.csv", "--ladder", "a < b", "--fit", "fit.csv", "--draws", "100", "--seed", "7",
                             "--format", "csv")
        rows = list(csv.DictReader(io.StringIO(run.stdout)))
        for row in rows:
            if row["statistic"] not in ("LR", "X2"):
                self.assertIn(row["statistic"], ("reach", "reach by the model", "difference"))
                continue
            ruled_out = row["test"] == "fit to a given matrix"
            self.assertEqual(row["note"], "infinite: what was seen has probability 0 under the hypothesis" if ruled_out else "", row)
            self.assertEqual(row["value"] == "", ruled_out, row)

    def test_layers_name_their_period(self):
        self.write("t.csv", "year,sex,origin,destination,count\n" + "".join(
            f"{year},{sex},{i},{j},{10 + 9 * (i == j) + k}\n" for k, (year, sex) in enumerate(((2000, "f"), (2005, "f"), (2005, "m")))
            for i in "ab" for j in "ab"))
        for columns in (["--period", "year"], []):
            if not columns:
                lines = (self.folder / "t.csv").read_text().splitlines()
                self.write("t.csv", "\n".join(line.split(",", 1)[1] for line in lines[:5] + lines[9:]) + "\n")
            layers = self.json("--table", "t.csv", "--ladder", "a < b", "--group", "sex", *columns, "--draws", "199")["layers"]
            self.assertEqual(layers, ["2000, f", "2005, f", "2005, m"] if columns else ["f", "m"])

    def test_blocks_that_the_answer_cuts_through(self):
        self.write("t.csv", "from,to,count\n" + "".join(
            f"{a},{b},{20 + 7 * i + 3 * j}\n" for i, a in enumerate("abc") for j, b in enumerate("abc")))
        self.panel(lambda person, year, before, now, u: 1 - now if u < .3 else now)
        for data, ladder, block in (("--table", "a < b < c", "a, b"), ("--panel", "a < b", "a, b")):
            file = "t.csv" if data == "--table" else "panel.csv"
            tests = self.json(data, file, "--ladder", ladder, "--block", block, "--draws", "199")["tests"]
            found = [t for t in tests if t["name"] == "strata of a block move alike"]
            self.assertEqual([t["meaning"] for t in found],
                             ["the answer cuts through a block: --reach asks for one of whole blocks"])
        self.refused(3, "E-PARTITION", "--table", "t.csv", "--ladder", "a < b < c", "--block", "a, b", "--reach", "b", "--draws",
                     "199", "--seed", "1")

    def test_nothing_is_written_as_nan(self):
        """People who all stay: shares of movers are of nobody."""
        self.write("stay.csv", "from,to,count\na,a,30\na,b,0\nb,a,0\nb,b,20\n")
        run = self.run_rungs("--table", "stay.csv", "--ladder", "a < b", "--seed", "1")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertNotIn("nan", run.stdout)
        self.assertIn("-: not known, since what the share would be of is nobody.", run.stdout)

    def test_nobody_seen_twice_is_no_data(self):
        self.panel(lambda person, year, before, now, u: now, years=1)
        said = self.refused(3, "E-ROW-EMPTY", "--panel", "panel.csv", "--ladder", "a < b", "--seed", "1")
        self.assertEqual(said, "panel.csv: error: found 400 records of 400 people and nobody who was seen at two times one step (1) apart; "
                         "expected some: nothing tells of moves [E-ROW-EMPTY]\n")
        self.write("none.csv", "from,to,count\na,a,0\na,b,0\nb,a,0\nb,b,0\n")
        said = self.refused(3, "E-ROW-EMPTY", "--table", "none.csv", "--ladder", "a < b", "--seed", "1")
        self.assertEqual(said, "none.csv: error: found a table with nobody in any cell; expected people who moved or stayed [E-ROW-EMPTY]\n")

    def test_two_groups_are_not_told_apart_from_each_other(self):
        def step(person, year, before, now, u):
            return 1 - now if u < (.1 if person % 4 < 2 else .5) else now
        lines = (self.folder / self.panel(step)).read_text().splitlines()
        self.write("panel.csv", "\n".join([lines[0] + ",sex"] + [
            line + (",man" if int(line.split(",")[0]) % 4 < 2 else ",woman") for line in lines[1:]]) + "\n")
        run = self.run_rungs("--panel", "panel.csv", "--ladder", "a < b", "--group", "sex", "--seed", "1", "--draws", "199")
        self.assertIn("); there are two, man and woman; a matrix of all groups ", run.stderr)
        self.assertNotIn("unlike all others together: man", run.stderr)

    def test_wrong_usage(self):
        self.write("m.csv", "from,a,b\na,0.5,0.5\nb,0.3,0.7\n")
        self.refused(2, "E-USAGE", "--matrix", "m.csv", "--ladder", "a < b")
        self.panel(lambda person, year, before, now, u: now)
        self.refused(2, "E-USAGE", "--panel", "panel.csv", "--ladder", "a < b", "--gap", "em")
        self.refused(3, "E-DRAWS-FEW", "--panel", "panel.csv", "--ladder", "a < b", "--draws", "50", "--seed", "1")
        said = self.refused(3, "E-LABEL-UNKNOWN", "--panel", "panel.csv", "--ladder", "a < b", "--from", "c", "--seed", "1")
        self.assertEqual(said, "rungs: error: --from: found 'c'; expected one of 'a', 'b' [E-LABEL-UNKNOWN]\n")

    def assert_near(self, found, expected, tolerance):
        self.assertLessEqual(abs(found - expected), tolerance, f"{found} is not near {expected}")


if __name__ == "__main__":
    unittest.main()
