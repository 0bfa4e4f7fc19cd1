# SPDX-FileCopyrightText: 2026 The Rungs authors
# SPDX-License-Identifier: BSL-1.0
"""verbs.py: the program as its users meet it: estimate, measure, and what all verbs have in common.

Needs RUNGS_PROGRAM and RUNGS_SOURCE_DIR in the environment.
"""
import csv
import hashlib
import io
import json
import math
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import jsonschema

PROGRAM = os.environ["RUNGS_PROGRAM"]
SOURCE = pathlib.Path(os.environ["RUNGS_SOURCE_DIR"])
STRATA = ["Unskilled", "Skilled", "Supervisory", "Managerial", "Professional"]
LADDER = " < ".join(STRATA)
# British fathers (rows) and sons in 1949, in the order of STRATA (Glass 1954).
GLASS = [[411, 320, 72, 42, 3], [447, 714, 185, 150, 14], [96, 223, 110, 78, 11],
         [55, 154, 84, 174, 28], [8, 18, 8, 45, 50]]
QUESTION = ["--from", "Unskilled", "--reach", "Managerial+", "--within", "3"]
# Person 2 was not seen in 2002, 4 was seen once, 5 has a state that is not known.
PANEL = """nr,year,job,w
1,2000,a,1
1,2001,b,1
1,2002,b,1
2,2000,a,2
2,2001,a,2
2,2003,c,2
3,2000,b,1
3,2001,c,1
3,2002,b,1
4,2002,a,1
5,2000,a,1
5,2001,?,1
5,2002,a,1
6,2000,c,1
6,2001,c,1
6,2002,a,1
7,2000,a,1
7,2001,b,1
7,2002,c,1
8,2000,c,1
8,2001,c,1
8,2002,b,1
9,2000,b,1
9,2001,b,1
9,2002,b,1
10,2000,b,1
10,2001,a,1
10,2002,b,1
11,2000,b,1
11,2001,a,1
11,2002,b,1
12,2000,a,1
12,2001,a,1
12,2002,b,1
13,2000,c,1
13,2001,b,1
13,2002,b,1
"""


class Program(unittest.TestCase):
    """Runs the program in a folder of its own, with nothing of ours in the environment."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="rungs-cli-"))
        self.addCleanup(shutil.rmtree, self.folder)
        rows = [f"{STRATA[i]},{STRATA[j]},{n}" for i, row in enumerate(GLASS)
                for j, n in enumerate(row)]
        self.write("glass.csv", "origin,destination,count\n" + "\n".join(rows) + "\n")
        self.write("panel.csv", PANEL)

    def write(self, name, text):
        path = self.folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return name

    def run_rungs(self, *arguments, stdin=None, **environment):
        kept = {k: v for k, v in os.environ.items() if k.startswith(("ASAN", "UBSAN", "LSAN"))}
        return subprocess.run([PROGRAM, *arguments], cwd=self.folder, input=stdin,
                              capture_output=True, env={"PATH": "/usr/bin:/bin", **kept,
                                                        **environment}, timeout=300)

    def ok(self, *arguments, **more):
        run = self.run_rungs(*arguments, **more)
        self.assertEqual(run.returncode, 0, run.stderr.decode())
        return run

    def json(self, *arguments, **more):
        """The answer as JSON, checked against the schema of its verb."""
        text = self.ok(*arguments, "--format", "json", **more).stdout.decode()
        answer = json.loads(text, parse_constant=lambda word: self.fail(f"{word} is not JSON"))
        schema = json.loads((SOURCE / f"docs/reference/{arguments[0]}.schema.json").read_text())
        jsonschema.Draft7Validator.check_schema(schema)
        jsonschema.Draft7Validator(schema).validate(answer)
        return answer

    def refused(self, status, code, *arguments, **more):
        """The run ends in the status and names the code; nothing is on stdout."""
        run = self.run_rungs(*arguments, **more)
        said = run.stderr.decode()
        self.assertEqual((run.returncode, run.stdout), (status, b""), said)
        self.assertIn(f"[{code}]", said)
        return said

    def glass(self, verb, *arguments, **more):
        return self.json(verb, "--table", "glass.csv", "--ladder", LADDER, *arguments, **more)

    def assert_near(self, found, expected, tolerance):
        self.assertLessEqual(abs(found - expected), tolerance, f"{found} is not near {expected}")


class Estimate(Program):
    PANEL = ["estimate", "--panel", "panel.csv", "--id", "nr", "--time", "year", "--state", "job",
             "--ladder", "a < b < c | gone", "--missing", "?"]

    def test_table_gives_the_shares_of_each_row(self):
        answer = self.glass("estimate")
        self.assertEqual(answer["ladder"], {"strata": STRATA, "rungs": [0, 1, 2, 3, 4], "exits": []})
        self.assertEqual(answer["counts"], GLASS)
        for row, p in zip(GLASS, answer["transition_matrix"]):
            for n, x in zip(row, p):
                self.assert_near(x, n / sum(row), 1e-15)
        self.assertEqual(answer["people"], 3500)
        p, n = 411 / 848, 848
        self.assert_near(answer["standard_error"][0][0], (p * (1 - p) / n) ** .5, 1e-15)
        self.assertEqual(answer["interval"]["method"], "exact")
        # Clopper and Pearson for 3 of 848, from R: binom.test(3, 848)$conf.int
        self.assert_near(answer["interval"]["lower"][0][4], 0.000730104, 2e-7)
        self.assert_near(answer["interval"]["upper"][0][4], 0.010303, 2e-6)
        self.assert_near(answer["log_likelihood"], sum(
            n * __import__("math").log(n / sum(row)) for row in GLASS for n in row), 1e-8)
        self.assertNotIn("seed", answer)

    def test_inputs_are_named_with_their_hash(self):
        digest = hashlib.sha256((self.folder / "glass.csv").read_bytes()).hexdigest()
        self.assertEqual(self.glass("estimate")["inputs"], [{"file": "glass.csv", "sha256": digest}])

    def test_numbers_have_17_digits(self):
        self.write("half.csv", "origin,destination,count\na,a,1\na,b,9\nb,a,5\nb,b,5\n")
        text = self.ok("estimate", "--table", "half.csv", "--ladder", "a<b", "--format", "json",
                       "--level", "0.9").stdout.decode()
        self.assertIn("0.10000000000000001", text)
        self.assertIn('"level": 0.90000000000000002', text)
        self.assertIn("[1, 9]", text)
        self.assertNotIn("1.0,", text)

    def test_dirichlet_gives_the_posterior(self):
        answer = self.glass("estimate", "--method", "dirichlet:1")
        self.assert_near(answer["transition_matrix"][0][4], 4 / 853, 1e-15)
        self.assert_near(answer["standard_error"][0][4], (4 / 853 * 849 / 853 / 854) ** .5, 1e-15)
        self.assertEqual(answer["interval"]["method"], "posterior")
        self.refused(2, "E-USAGE", "estimate", "--table", "glass.csv", "--ladder", LADDER,
                     "--method", "dirichlet:1", "--interval", "wilson")

    def told(self, code, *arguments):
        return [w["message"] for w in self.json(*arguments)["warnings"] if w["code"] == code]

    def test_other_intervals_are_exact_in_rows_of_few_people(self):
        """Three of 848 sons of unskilled men are professionals, and there are five and more in every other cell."""
        asked = ["estimate", "--table", "glass.csv", "--ladder", LADDER]
        exact, wilson = self.json(*asked)["interval"], self.json(*asked, "--interval", "wilson")["interval"]
        self.assertEqual(wilson["method"], "wilson, exact where people or moves are few")
        self.assertEqual(wilson["upper"][0], exact["upper"][0])
        n, x, z = sum(GLASS[1]), GLASS[1][4], 1.959963984540054  # of skilled men, by Wilson's formula
        half = z / (1 + z * z / n) * (x / n * (1 - x / n) / n + (z / n / 2) ** 2) ** .5
        self.assert_near(wilson["upper"][1][4], (x / n + z * z / n / 2) / (1 + z * z / n) + half, 1e-12)
        self.assertEqual(self.told("W-ROW-THIN", *asked, "--interval", "wilson"), [
            "intervals of the moves from 'Unskilled' are exact, and not by the method asked: fewer than 30 effective people "
            "are behind them, or fewer than 5 made a possible move"])
        self.assertEqual(self.told("W-ROW-THIN", *asked), [])
        self.assertIn("interval of Wilson, exact where fewer than 30 effective people are behind a row or fewer than 5 made a "
                      "possible move, one cell at a time",
                      self.ok(*asked, "--interval", "wilson").stdout.decode())
        table = (self.folder / "glass.csv").read_text()
        self.write("glass.csv", table.replace("Unskilled,Professional,3", "Unskilled,Professional,5"))
        self.assertEqual(self.told("W-ROW-THIN", *asked, "--interval", "jeffreys"), [])
        self.assertEqual(self.json(*asked, "--interval", "jeffreys")["interval"]["method"], "jeffreys")

    def test_half_and_double_the_prior_are_told_where_it_is_much(self):
        self.write("few.csv", "from,to,count\na,a,6\na,b,2\nb,b,300\nb,a,100\n")
        asked = ["estimate", "--table", "few.csv", "--ladder", "a < b", "--method"]
        self.assertEqual(self.told("W-PRIOR", *asked, "dirichlet:2"), [
            "the prior makes up more than a fifth of the row of 'a' (33 %: 33.3 % move up in a step, 30 % with half the "
            "prior and 37.5 % with double)"])  # 4 of 12, 3 of 10, 6 of 16
        self.assertEqual(self.told("W-PRIOR", *asked, "dirichlet:1"), [])
        question = ["--from", "a", "--reach", "b", "--within", "2", "--seed", "1"]
        self.assertEqual(self.told("W-PRIOR", "measure", *asked[1:], "dirichlet:2", *question)[-1],
                         "the reach rests on the prior: by the mean matrix it is 0.5556, with half the prior 0.5100 and "
                         "with double 0.6094")  # 1 - (8 / 12)^2, 1 - (7 / 10)^2, 1 - (10 / 16)^2
        self.assertEqual(self.told("W-PRIOR", "measure", *asked[1:], "dirichlet:1", *question), [])
        self.write("few.csv", "from,to,count\na,a,600\na,b,200\nb,b,6\nb,a,2\n")  # once in 'b' it does not matter
        self.assertEqual(len(self.told("W-PRIOR", "measure", *asked[1:], "dirichlet:2", *question)), 1)
        self.assertIn("the row of 'b'", self.told("W-PRIOR", "measure", *asked[1:], "dirichlet:2", *question)[0])

    def test_few_who_climb_are_told_of_rows_that_the_reach_rests_on(self):
        """Of 'b' 3 people climb: it matters to who is to reach 'c', and not to who is to reach 'b' or higher."""
        rows = "a,a,600 a,b,200 a,c,50 b,a,20 b,b,60 b,c,3 c,c,50 c,b,20".split()
        self.write("few.csv", "from,to,count\n" + "\n".join(rows) + "\n")
        self.write("both.csv", "who,from,to,count\n" + "".join(f"x,{r}\ny,{r.replace('b,c,3', 'b,c,30')}\n" for r in rows))
        ladder, told = ["--ladder", "a < b < c"], (
            "intervals of reach are too narrow: what is known of how far people climb from 'b' is from as few as 3 "
            "effective people; 95 % intervals of reach within 5 steps held the truth in 90.77 % of samples of the nearest "
            "data studied (one-way ladder with an exit, 30 people x 3: thin rows), and in 72.4 % of the worst with as few "
            "or fewer (4 strata, rare moves, 60 people x 4)")
        asked = ["measure", "--table", "few.csv", *ladder, "--from", "a", "--within", "3", "--seed", "1", "--draws", "100"]
        self.assertEqual(self.told("W-COVERAGE", *asked, "--reach", "b+"), [])
        self.assertEqual(self.told("W-COVERAGE", *asked, "--reach", "c"), [told])
        self.assertEqual(self.told("W-COVERAGE", *asked), [told])
        self.assertEqual(self.told("W-COVERAGE", "estimate", "--table", "few.csv", *ladder), [told])
        asked[2:3] = ["both.csv", "--origin", "from", "--destination", "to", "--count", "count", "--group", "who"]
        self.assertEqual(self.told("W-COVERAGE", *asked, "--reach", "b+"), [])
        self.assertEqual(self.told("W-COVERAGE", *asked, "--reach", "c"), ["group 'x': " + told])
        with_prior = [*asked, "--method", "dirichlet:2", "--reach"]
        self.assertEqual(self.told("W-COVERAGE", *with_prior, "b+"), [])
        self.assertEqual([w[:90] for w in self.told("W-COVERAGE", *with_prior, "c")], [
            "group 'x': intervals of reach may lie off the truth: to the rungs climbed from 'b' the pri"])

    def test_a_saved_model_tells_what_the_data_tell_of_the_rows_a_reach_rests_on(self):
        """The tables of the two tests above, by shares and with a prior, of everybody, of groups, by period, with weights."""
        rows = "a,a,600 a,b,200 a,c,50 b,a,20 b,b,60 b,c,3 c,c,50 c,b,20".split()
        self.write("few.csv", "from,to,count\n" + "\n".join(rows) + "\n")
        self.write("both.csv", "who,from,to,count\n" + "".join(f"x,{r}\ny,{r.replace('b,c,3', 'b,c,30')}\n" for r in rows))
        self.write("years.csv", "year,from,to,count\n" + "".join(f"2001,{r}\n2002,{r.replace('b,c,3', 'b,c,30')}\n" for r in rows))
        self.write("weights.csv", "id,time,state,w\n" + "".join(
            f"{r[0]}{r[2]}{k},1,{r[0]},{1 + k % 4}\n{r[0]}{r[2]}{k},2,{r[2]},{1 + k % 4}\n" for r in rows for k in range(int(r.split(',')[2]))))
        columns = ["--origin", "from", "--destination", "to", "--count", "count"]
        ladder, seen = ["--ladder", "a < b < c"], set()
        for data in (["--table", "few.csv"], ["--table", "both.csv", *columns, "--group", "who"],
                     ["--table", "years.csv", *columns, "--period", "year"],
                     ["--panel", "weights.csv", "--weight", "w:sampling"]):
            for method in ("proportions", "dirichlet:30"):
                self.ok("estimate", *data, *ladder, "--method", method, "-o", "m.rungs", "--force")
                for within, reach in (("1", "b+"), ("1", "c"), ("2", "c")):
                    asked = ["--from", "a", "--within", within, "--reach", reach, "--seed", "1", "--draws", "20"]
                    told, saved = ({w["message"]: w["code"] for w in self.json("measure", *source, *asked)["warnings"]
                                    if w["code"] in ("W-COVERAGE", "W-PRIOR")}
                                   for source in ([*data, *ladder, "--method", method], ["--model", "m.rungs"]))
                    self.assertEqual(saved, told, (data, method, asked))
                    seen |= {(within, reach, code) for code in told.values() if method == "proportions"}
                    seen |= {(within, reach, "prior") for words in told if "the reach rests on the prior" in words}
        self.assertEqual(seen, {("2", "c", "W-COVERAGE"), ("2", "c", "prior")})  # nobody is in 'b' a step before

    def test_a_saved_model_tells_a_question_beyond_its_data(self):
        self.write("seen.csv", "id,time,state\n" + "".join(
            f"{i},{2000 + 2 * t},{'ab'[(i + t * i) % 2]}\n" for i in range(80) for t in range(3)))
        data = ["--panel", "seen.csv", "--ladder", "a < b", "--step", "2"]
        for more in ([], ["--method", "bootstrap", "--draws", "50", "--seed", "1"]):
            self.ok("estimate", *data, *more, "-o", "m.rungs", "--force")
            for years, told in (("4", []), ("6", ["found a question about 6 years and data over 4 years; expected a span that was observed"])):
                question = ["--from", "a", "--reach", "b", "--within", years, "--seed", "1"]
                self.assertEqual(self.told("W-HORIZON", "measure", *data, *more[:2], *question), told)
                self.assertEqual(self.told("W-HORIZON", "measure", "--model", "m.rungs", *question), told)

    def test_a_reach_that_half_and_double_the_prior_leave_as_it_is_rests_on_no_prior(self):
        self.write("even.csv", "from,to,count\na,a,4\na,b,4\nb,b,300\nb,a,100\n")
        asked = ["--table", "even.csv", "--ladder", "a < b", "--method", "dirichlet:2"]
        told = ["the prior makes up more than a fifth of the row of 'a' (33 %)"]  # half move up, whatever the prior
        self.assertEqual(self.told("W-PRIOR", "estimate", *asked), told)
        self.assertEqual(self.told("W-PRIOR", "measure", *asked, "--from", "a", "--reach", "b", "--within", "2", "--seed",
                                   "1"), told)

    def test_pairs_across_gaps_are_told_by_stratum(self):
        """Of 40 people seen three times, and of some not the second time."""
        def of(gaps):
            self.write("gaps.csv", "id,time,state\n" + "".join(
                f"{who},{time},{'ab'[who % 2]}\n" for who in range(40) for time in (1, 2, 3) if who >= gaps or time != 2))
            return self.told("W-GAP", "estimate", "--panel", "gaps.csv", "--ladder", "a < b")
        self.assertEqual(of(0), [])
        self.assertEqual(of(1), ["1 of 79 pairs of observations (1.3 %) are not one step apart (1 is 2 apart) and were not "
                                 "counted; by the stratum they begin in: 'a' 1 of 39 (2.6 %)"])
        self.assertEqual(of(5), ["5 of 75 pairs of observations (6.7 %) are not one step apart (5 are 2 apart) and were not "
                                 "counted; by the stratum they begin in: 'a' 3 of 37 (8.1 %), 'b' 2 of 38 (5.3 %); that is "
                                 "more than one in twenty, for whom those that were counted may not stand"])

    def test_weights_that_leave_few_people_are_told(self):
        """Of 200 people, 134 of whom start in 'a', one weighs much, or a tenth of them do."""
        def of(weight, kind="sampling"):
            self.write("w.csv", "id,time,state,w\n" + "".join(
                f"{who},{time},{'ab'[(who + time) % 3 == 0]},{weight(who)}\n" for who in range(200) for time in (1, 2)))
            return self.told("W-WEIGHT-DOMINANT", "estimate", "--panel", "w.csv", "--ladder", "a < b", "--weight",
                             "w:" + kind)
        self.assertEqual(of(lambda who: 7 if who == 0 else 1), [])  # 5 % of the 134, and of the 267 with last records 2.6
        self.assertEqual(of(lambda who: 40 if who == 0 else 1), [  # 40 of 173; 173^2 / 1733
            "w.csv:2:7: found a record that holds 23.1 % of the weight of all 134 records in 'a' that moves start from; "
            "expected at most 5 %; what is estimated from there rests on one person",
            "weights are so unlike that fewer than half of the people count behind the moves from 'a' (17.3 of 134): what "
            "is estimated from there rests on the largest weights"])
        tenth = of(lambda who: 20 if who % 10 == 0 else 1)
        self.assertIn("from 'a' (28 of 134), 'b' (13.2 of 66): ", tenth[-1])
        self.assertEqual(of(lambda who: 20 if who % 10 == 0 else 1, "frequency"), [])  # they are people

    def test_ledger_adds_up(self):
        answer = self.json(*self.PANEL)
        ledger = answer["ledger"]
        self.assertEqual(ledger["records_read"], PANEL.count("\n") - 1)
        self.assertEqual(ledger["records_read"],
                         ledger["records_used"] + sum(ledger["dropped"].values()))
        self.assertEqual(ledger["pairs_used"], sum(map(sum, answer["counts"])))
        self.assertEqual(sum(ledger["pairs_dropped"].values()), 2)
        codes = {w["code"] for w in answer["warnings"]}
        self.assertLessEqual({"W-GAP", "W-SINGLETON", "W-ROW-THIN", "W-STATE-UNSEEN"}, codes)
        self.assertEqual(answer["standard_error"][3], [None] * 4)

    def test_warnings_go_to_stderr_even_when_quiet(self):
        run = self.ok(*self.PANEL, "-q")
        self.assertIn("[W-GAP]", run.stderr.decode())
        self.assertNotIn("[W-GAP]", run.stdout.decode())

    def test_records_that_deserve_a_look_are_told(self):
        """A third lost after the first wave, one in five elsewhere for one record, and some who move late."""
        lines = ["nr,year,job"]
        for who in range(240):
            for year in range(1 if who % 3 == 0 else 8):
                at = who % 2 ^ (year == 2 and who % 5 == 0) ^ (year >= 6 and who % 8 < 2)
                lines.append(f"{who},{2000 + year},{'ab'[at]}")
        self.write("panel.csv", "\n".join(lines))
        run = self.json("estimate", "--panel", "panel.csv", "--id", "nr", "--time", "year", "--state", "job", "--ladder", "a < b")
        codes = {w["code"] for w in run["warnings"]}
        self.assertLessEqual({"W-ATTRITION", "W-MISCODING", "W-NONSTATIONARY"}, codes)

    def test_weights_recode_and_steps(self):
        weighted = self.json(*self.PANEL, "--weight", "w:sampling")
        self.assertEqual(weighted["weighted_counts"][0][0], 3)
        self.assertEqual(weighted["counts"][0][0], 2)
        self.write("coded.csv", PANEL.replace(",a,", ",10,").replace(",b,", ",9,").replace(",c,", ",1,"))
        self.write("codes.csv", "code,stratum\n10,a\n9,b\n1,c\n")
        recoded = self.json("estimate", "--panel", "coded.csv", *self.PANEL[3:], "--recode", "codes.csv")
        plain = self.json(*self.PANEL)
        self.assertEqual(recoded["transition_matrix"], plain["transition_matrix"])
        self.assertEqual([i["file"] for i in recoded["inputs"]], ["coded.csv", "codes.csv"])
        self.write("codes.csv", "code,stratum\n10,a\n9,bb\n10,c\n")
        said = self.refused(3, "E-LABEL-UNKNOWN", "estimate", "--panel", "coded.csv",
                            *self.PANEL[3:], "--recode", "codes.csv")
        self.assertIn("codes.csv:3:3: error:", said)
        self.assertIn("[E-DUP-KEY]", said)
        self.assertEqual(self.json(*self.PANEL, "--step-years", "0.25")["step"],
                         {"units": 1, "years": 0.25})

    def test_gaps_are_used_as_so_many_steps(self):
        """One way up, 9 seen to stay over two steps and 14 to go up within them: the root of a quadratic."""
        stay, move, stay2, move2 = 70, 30, 9, 14
        records, person = ["id,time,state"], 0
        for people, seen in ((stay, "0a1a"), (move, "0a1b"), (25, "0b1b"), (stay2, "0a2a"), (move2, "0a2b"),
                             (3, "0a3b")):
            for person in range(person + 1, person + 1 + people):
                records += [f"{person},{seen[0]},{seen[1]}", f"{person},{seen[2]},{seen[3]}"]
        self.write("seen.csv", "\n".join(records) + "\n")
        self.write("up.toml", 'rungs = [["a"], ["b"]]\nmoves = ["a -> b"]\n')
        data = ["estimate", "--panel", "seen.csv", "--ladder", "up.toml", "--gap"]
        answer = self.json(*data, "skip")
        total, one = stay + 2 * stay2, move
        q = total + move + 2 * move2
        u = (-one + (one * one + 4 * q * total) ** .5) / (2 * q)
        self.assert_near(answer["transition_matrix"][0][0], u, 1e-12)
        information = (stay + move) / (u * (1 - u)) + 4 * (stay2 + move2) / (1 - u * u)
        self.assert_near(answer["standard_error"][0][1], information ** -.5, 1e-12)
        self.assertEqual(answer["interval"]["method"], "log-odds")
        self.assertEqual(answer["across_gaps"], [{"steps": 2, "counts": [[9, 14], [0, 0]]}])
        self.assertEqual(answer["ledger"]["pairs_dropped"], {"gap": 3})
        self.assertEqual(answer["counts"], [[70, 30], [0, 25]])
        likelihood = (total * math.log(u) + move * math.log(1 - u) + move2 * math.log(1 - u * u))
        self.assert_near(answer["log_likelihood"], likelihood, 1e-10)
        every = self.json(*data, "em")
        self.assertEqual([one["steps"] for one in every["across_gaps"]], [2, 3])
        self.assertLess(every["transition_matrix"][0][0], u)
        text = self.ok(*data, "em").stdout.decode()
        self.assertIn("23 of them over 2 steps, the way between not seen", text)
        self.assertIn("interval around the log-odds, one cell at a time", text)
        self.refused(3, "E-GAP", *data, "em", "--method", "dirichlet:1")
        self.refused(2, "E-USAGE", *data, "em", "--interval", "wilson")
        self.refused(3, "E-GAP", *data, "refuse")
        # The saved model answers as the data do.
        self.ok(*data, "em", "-o", "seen.rungs")
        question = ["--from", "a", "--reach", "b", "--within", "3", "--seed", "1"]
        saved = self.json("measure", "--model", "seen.rungs", *question)
        direct = self.json("measure", *data[1:], "em", *question)
        self.assertEqual(saved["reach"], direct["reach"])

    def test_periods(self):
        rows = [f"{a},{b},{t},{n}" for t in (1990, 1991) for a in "ab" for b in "ab"
                for n in [3 if a == b else t - 1989]]
        self.write("periods.csv", "origin,destination,year,count\n" + "\n".join(rows) + "\n")
        each = self.json("estimate", "--table", "periods.csv", "--ladder", "a<b", "--period", "year")
        self.assertEqual([p["period"] for p in each["periods"]], [1990, 1991])
        self.assertNotIn("transition_matrix", each)
        self.assertEqual(each["periods"][1]["counts"], [[3, 2], [2, 3]])
        pooled = self.json("estimate", "--table", "periods.csv", "--ladder", "a<b",
                           "--period", "year", "--pool")
        self.assertEqual(pooled["counts"], [[6, 3], [3, 6]])
        by_period = self.json(*self.PANEL, "--by-period", "--method", "dirichlet:1")
        self.assertEqual(len(by_period["periods"]), 2)

    def test_matrix(self):
        self.write("m.csv", ",a,b\na,0.9,0.1\nb,0.25,0.75\n")
        known = self.json("estimate", "--matrix", "m.csv", "--ladder", "a<b")
        self.assertEqual((known["method"], known["standard_error"], known["interval"]),
                         ("known", None, None))
        self.assertNotIn("ledger", known)
        assumed = self.json("estimate", "--matrix", "m.csv", "--ladder", "a<b",
                            "--people-behind", "100", "--people-behind", "b=400")
        self.assert_near(assumed["standard_error"][0][0], (.09 / 101) ** .5, 1e-15)
        self.assert_near(assumed["standard_error"][1][0], (.1875 / 401) ** .5, 1e-15)
        self.write("percent.csv", ",a,b\na,90,10\nb,25,75\n")
        self.refused(3, "E-ROWSUM", "estimate", "--matrix", "percent.csv", "--ladder", "a<b")
        again = self.json("estimate", "--matrix", "percent.csv", "--ladder", "a<b", "--renormalise")
        self.assert_near(again["transition_matrix"][0][0], 0.9, 1e-15)

    def test_ladder_from_a_file(self):
        self.write("l.toml", 'rungs = [["Unskilled"], ["Skilled"], ["Supervisory"], '
                             '["Managerial"], ["Professional"]]\n'
                             'sets = { "top" = ["Managerial", "Professional"] }\n')
        answer = self.json("measure", "--table", "glass.csv", "--ladder", "l.toml", "--seed", "1",
                           "--from", "Unskilled", "--reach", "top", "--within", "3")
        self.assert_near(answer["reach"]["value"], 0.214911674, 1e-9)
        self.assertEqual([i["file"] for i in answer["inputs"]], ["l.toml", "glass.csv"])

    def test_unleft_has_no_default(self):
        self.write("t.csv", "origin,destination,count\na,b,1\n")
        self.refused(3, "E-ROW-EMPTY", "estimate", "--table", "t.csv", "--ladder", "a<b")
        absorbing = self.json("estimate", "--table", "t.csv", "--ladder", "a<b", "--unleft", "absorbing")
        self.assertEqual(absorbing["transition_matrix"], [[0, 1], [0, 1]])
        prior = self.json("estimate", "--table", "t.csv", "--ladder", "a<b", "--method", "dirichlet:2")
        self.assertEqual(prior["transition_matrix"][1], [0.5, 0.5])

    def test_csv_and_table(self):
        rows = list(csv.DictReader(io.StringIO(self.ok(
            "estimate", "--table", "glass.csv", "--ladder", LADDER, "--format", "csv").stdout.decode())))
        self.assertEqual(len(rows), 25)
        self.assert_near(float(rows[0]["probability"]), 411 / 848, 0)
        text = self.ok("estimate", "--table", "glass.csv", "--ladder", LADDER).stdout.decode()
        self.assertIn("Unskilled -> Managerial", text)
        self.assertRegex(text, r"0\.050 +0\.036 to 0\.066")


class Shares(Program):
    """rungs estimate --shares: what headcounts alone tell."""
    CHAIN = [[.7, .2, .1], [.15, .7, .15], [.1, .25, .65]]

    def setUp(self):
        super().setUp()
        self.write("two.csv", "time,b,a\n2001,.5,.5\n2000,.4,.6\n")
        rows, y = [], [.8, .15, .05]
        for t in range(8):
            rows.append(f"{t}," + ",".join(repr(x) for x in y))
            y = [sum(y[i] * self.CHAIN[i][j] for i in range(3)) for j in range(3)]
        self.write("long.csv", "time,a,b,c\n" + "\n".join(rows) + "\n")
        heads = [[round(float(x) * 10000) for x in row.split(",")[1:3]] for row in rows]
        self.write("heads.csv", "year,a,b,c\n" + "\n".join(
            f"{t},{a},{b},{10000 - a - b}" for t, (a, b) in enumerate(heads)) + "\n")

    def shares(self, *arguments):
        return ["estimate", "--ladder", "a < b", "--shares-of", "panel", "--shares", *arguments]

    def test_two_periods_give_limits_and_no_matrix(self):
        answer = self.json(*self.shares("two.csv", "--unit", "shares"))
        told = answer["identification"]
        self.assertEqual((told["verdict"], told["dimensions"]), ("assumed", 1))
        self.assertEqual(told["by_move"], [["bounded"] * 2, ["assumed"] * 2])
        self.assert_near(told["lowest"][0][0], .1 / .6, 1e-12)  # Duncan and Davis
        self.assert_near(told["highest"][0][0], .5 / .6, 1e-12)
        self.assertNotIn("transition_matrix", answer)
        self.assertNotIn("seed", answer)
        self.assertIn("W-IDENT", [w["code"] for w in answer["warnings"]])
        said = self.refused(3, "E-IDENT", *self.shares("two.csv", "--unit", "shares", "-o", "two.rungs"))
        self.assertIn("'a' -> 'a' (0.166667 to 0.833333)", said)
        self.assertFalse((self.folder / "two.rungs").exists())
        table = self.ok(*self.shares("two.csv", "--unit", "shares")).stdout.decode()
        self.assertIn("assumed", table)
        lines = self.ok(*self.shares("two.csv", "--unit", "shares", "--format", "csv")).stdout.decode().splitlines()
        self.assertEqual(lines[0], "from,to,verdict,lowest,highest,probability,standard_error,lower,upper,level,"
                                   "interval_method")
        self.assertEqual(lines[3], "b,a,assumed,0,1,,,,,,")

    def test_a_probability_at_the_end_of_its_range_is_told(self):
        """Of people who never leave the top and never leap, shares of many periods make 0 and 1; of others they do not."""
        def told(chain):
            y, rows = [.7, .2, .1], []
            for t in range(9):
                rows.append(f"{t}," + ",".join(repr(x) for x in y) + ",1000")
                y = [sum(y[i] * chain[i][j] for i in range(3)) for j in range(3)]
            self.write("ends.csv", "time,a,b,c,n\n" + "\n".join(rows) + "\n")
            answer = self.json("estimate", "--ladder", "a < b < c", "--shares-of", "panel", "--shares", "ends.csv",
                               "--unit", "shares", "--people", "n", "--seed", "1", "--draws", "50")
            return answer, [w["message"] for w in answer["warnings"] if w["code"] == "W-BOUNDARY"]
        answer, message = told([[.8, .2, 0], [.1, .7, .2], [0, 0, 1]])
        self.assert_near(answer["transition_matrix"][0][2], 0, 1e-8)
        self.assert_near(answer["transition_matrix"][2][2], 1, 1e-8)
        self.assertEqual(message, ["estimated at the end of what a probability can be: 'a' -> 'c' (0), 'c' -> 'c' (1); an "
                                   "interval there is one-sided, and says no more than that 0, or 1, cannot be excluded"])
        self.assertEqual(told(self.CHAIN)[1], [])

    def test_a_stated_matrix_decides_and_is_said(self):
        self.write("stated.csv", "from,a,b\na,0.5,0.5\nb,0.3,0.7\n")
        answer = self.json(*self.shares("two.csv", "--unit", "shares", "--nearest-to", "stated.csv"))
        self.assertEqual(answer["method"], "aggregate shares, nearest to a stated matrix")
        self.assertEqual(answer["identification"]["verdict"], "assumed")
        self.assert_near(answer["transition_matrix"][1][0], .3 + .4 * .08 / .52, 1e-12)
        self.assertIsNone(answer["interval"])
        self.assertEqual([i["file"] for i in answer["inputs"]], ["two.csv", "stated.csv"])
        self.assertLessEqual({"W-IDENT", "W-SHARES-PEOPLE"}, {w["code"] for w in answer["warnings"]})

    def test_a_longer_series_tells_the_matrix(self):
        long = ["estimate", "--ladder", "a < b < c", "--shares-of", "panel", "--shares"]
        answer = self.json(*long, "long.csv", "--unit", "shares")
        self.assertEqual(answer["identification"]["verdict"], "identified")
        for row, p in zip(answer["transition_matrix"], self.CHAIN):
            for x, wanted in zip(row, p):
                self.assert_near(x, wanted, 1e-9)
        self.assertIsNone(answer["standard_error"])
        heads = [*long, "heads.csv", "--unit", "heads", "--time", "year", "--draws", "100", "--seed", "3"]
        answer = self.json(*heads)
        self.assertEqual((answer["seed"], answer["interval"]["method"]), (3, "bootstrap"))
        self.assertEqual(answer["method"], "aggregate shares, bootstrap of a panel")
        for low, high in zip(answer["interval"]["lower"][0], answer["interval"]["upper"][0]):
            self.assertLess(low, high)
        self.assertEqual(answer["interval"]["lower"][0][0] < .7 < answer["interval"]["upper"][0][0], True)
        self.ok(*heads, "-o", "m.rungs")
        reach = self.json("measure", "--model", "m.rungs", "--from", "a", "--reach", "c", "--within", "3", "--seed", "1")
        self.assertEqual(reach["reach"]["draws"], 100)
        with_people = "time,a,b,c,n\n" + "\n".join(
            line + ",5000" for line in (self.folder / "long.csv").read_text().splitlines()[1:]) + "\n"
        self.write("people.csv", with_people)
        answer = self.json(*long, "people.csv", "--unit", "shares", "--people", "n", "--weighting", "multinomial",
                           "--draws", "50", "--seed", "1")
        self.assertEqual(answer["identification"]["weighting"], "multinomial")

    def test_what_does_not_go_together_is_refused(self):
        self.refused(2, "E-USAGE", "estimate", "--ladder", "a < b", "--shares", "two.csv", "--unit", "shares")
        self.refused(2, "E-USAGE", *self.shares("two.csv"))
        self.refused(2, "E-USAGE", *self.shares("two.csv", "--unit", "heads", "--people", "a"))
        self.refused(2, "E-USAGE", *self.shares("two.csv", "--unit", "shares", "--method", "proportions"))
        self.refused(2, "E-USAGE", "estimate", "--ladder", LADDER, "--table", "glass.csv", "--unit", "heads")
        self.refused(2, "E-USAGE", "estimate", "--ladder", LADDER, "--table", "glass.csv", "--time", "year")
        self.refused(3, "E-SCHEME-NONE", "estimate", "--shares", "two.csv", "--unit", "shares", "--shares-of", "panel")
        self.refused(3, "E-COUNT", *self.shares("two.csv", "--unit", "heads"))
        self.refused(3, "E-ROWSUM", *self.shares("two.csv", "--unit", "percent"))
        self.write("gap.csv", "time,a,b\n2000,.5,.5\n2002,.4,.6\n")
        said = self.refused(3, "E-PERIOD-MISSING", *self.shares("gap.csv", "--unit", "shares"))
        self.assertIn("found shares of period 2000 and next of 2002; expected every step of 1", said)
        self.ok(*self.shares("gap.csv", "--unit", "shares", "--step", "2"))
        self.refused(3, "E-SERIES", *self.shares("two.csv", "--unit", "shares", "--weighting", "multinomial"))
        self.write("other.csv", "time,a,b,total\n1,1,2,3\n2,2,1,3\n")
        self.assertIn("'total'", self.refused(3, "E-LABEL-UNKNOWN", *self.shares("other.csv", "--unit", "heads")))

    def test_rounded_shares_are_divided_and_it_is_said(self):
        self.write("rounded.csv", "time,a,b\n1,59.9,40\n2,50,50\n")
        answer = self.json(*self.shares("rounded.csv", "--unit", "percent"))
        self.assertIn("W-ROWSUM", [w["code"] for w in answer["warnings"]])


class Measure(Program):
    def test_reach_of_glass(self):
        answer = self.glass("measure", *QUESTION, "--seed", "7")
        reach = answer["reach"]
        self.assert_near(reach["probability"], 0.214911674, 5e-10)
        self.assertEqual((reach["value"], reach["centre"]), (reach["probability"], "plug-in"))
        self.assert_near(reach["standard_deviation"], 0.01436533, 6e-4)
        self.assertEqual((reach["target"], reach["target_strata"], reach["varied"]),
                         ("Managerial+", ["Managerial", "Professional"], ["parameters"]))
        self.assert_near(answer["standing"]["value"], 0.130224944, 5e-10)
        for found, expected in zip(answer["first_passage"], [0, .053066038, .081292175, .080553461]):
            self.assert_near(found["value"], expected, 5e-10)
        self.assert_near(answer["time_to_reach"]["mean_given_reached"]["value"],
                         (.053066038 + 2 * .081292175 + 3 * .080553461) / .214911674, 1e-8)
        self.assert_near(answer["sensitivity"][0][3], 1.628411, 5e-7)
        self.assert_near(answer["elasticity"][0][3], 0.375282, 5e-7 * 3)
        for square in (answer["elasticity"], answer["sensitivity"], answer["mean_first_passage"], answer["n_step"]["transition_matrix"]):
            self.assertEqual([len(row) for row in square], [5] * 5)
        for values, bounds in ((answer["elasticity"], answer["elasticity_interval"]), (answer["mean_first_passage"], answer["mean_first_passage_interval"]),
                               (answer["n_step"]["transition_matrix"], answer["n_step"]["interval"])):
            self.assertEqual(bounds["varied"], ["parameters"])
            for i in range(5):
                for j in range(5):
                    self.assertLessEqual(bounds["lower"][i][j], values[i][j])
                    self.assertGreaterEqual(bounds["upper"][i][j], values[i][j])
        self.assert_near(sum(y["value"] for y in answer["expected_years"]), 3, 1e-12)
        for row in answer["n_step"]["transition_matrix"]:
            self.assert_near(sum(row), 1, 1e-14)
        self.assertEqual(answer["seed"], 7)

    def test_society_of_glass(self):
        answer = self.glass("measure", "--seed", "7")
        self.assertNotIn("reach", answer)
        index = {name: i["value"] for name, i in answer["indices"].items()}
        self.assert_near(index["prais_shorrocks"], 0.7727538, 5e-8)
        self.assert_near(index["determinant"], 0.9991309, 5e-8)
        self.assert_near(index["second_eigenvalue"], 0.5289964, 5e-8)
        self.assertEqual(answer["indices"]["upward"]["weights"], "stationary")
        self.assertEqual(answer["indices"]["determinant"]["weights"], "none")
        law = [.31116664, .40881937, .12681866, .12890443, .02429091]
        for found, expected in zip(answer["stationary"], law):
            self.assert_near(found["value"], expected, 5e-9)
            self.assertLess(found["lower"], expected)
            self.assertGreater(found["upper"], expected)
        for i, share in enumerate(law):
            self.assert_near(answer["mean_first_passage"][i][i], 1 / share, 1e-5)
        origin = answer["indices_by_weights"]["origin"]["immobility"]["value"]
        self.assert_near(origin, sum(GLASS[i][i] for i in range(5)) / 3500, 1e-14)
        self.assertEqual(self.glass("measure", "--seed", "7", "--weights", "origin")
                         ["indices"]["immobility"]["value"], origin)

    def test_association_of_a_table_by_rung(self):
        """Two by two, worked by hand: tau-b is phi, gamma is (ad - bc) / (ad + bc)."""
        self.write("two.csv", "from,to,count\na,a,30\na,b,7\na,c,3\nb,a,2\nb,b,8\nb,c,1\nc,a,3\nc,b,2\nc,c,4\na,gone,9\n")
        found = self.json("measure", "--table", "two.csv", "--ladder", "a < b, c | gone", "--seed", "7")["association"]
        self.assertEqual(found["people"], 60)
        self.assertEqual((found["pairs"]["concordant"], found["pairs"]["discordant"]), (30 * 15, 10 * 5))
        for name, expected in (("tau_b", 400 / (40 * 20 * 35 * 25) ** .5), ("pearson", 400 / (40 * 20 * 35 * 25) ** .5),
                               ("gamma", .8), ("somers_destination_given_origin", 15 / 20 - 10 / 40),
                               ("somers_origin_given_destination", 15 / 25 - 5 / 35)):
            self.assert_near(found[name]["value"], expected, 1e-14)
            self.assertLess(found[name]["lower"], expected)
            self.assertGreater(found[name]["upper"], expected)
            self.assertLess(found[name]["p"], .01)
        self.assertEqual(found["somers_destination_given_origin"]["definition"],
                         "(concordant - discordant) / pairs on different rungs at the start")
        # Beside 40 and 20 at the start, 35 and 25 at the end: 35 stay at the foot at most, 15 at least.
        for name, least, greatest in (("tau_b", -20 * 25 / (40 * 20 * 35 * 25) ** .5, 20 * 35 / (40 * 20 * 35 * 25) ** .5),
                                      ("gamma", -1, 1), ("somers_destination_given_origin", 15 / 40 - 1, 35 / 40)):
            self.assert_near(found[name]["least"], least, 1e-14)
            self.assert_near(found[name]["greatest"], greatest, 1e-14)
        rows = self.ok("measure", "--table", "two.csv", "--ladder", "a < b, c | gone", "--seed", "7", "--format", "csv")
        self.assertIn("association gamma,,,,,0.8", rows.stdout.decode().replace("0.80000000000000004", "0.8"))
        text = self.ok("measure", "--table", "two.csv", "--ladder", "a < b, c | gone", "--seed", "7").stdout.decode()
        self.assertRegex(text, r"gamma +0\.8000 +0\.\d+ to \d\.\d+ +< 0.0001 +-1\.0000 to 1\.0000\n")
        self.assertIn("  Possible: from least to greatest, given how many start on each rung and how many end there.\n", text)
        self.assertIn("greatest association gamma,,,,,1,", rows.stdout.decode())
        of_few = "intervals of association are too narrow: there are 60 people; "
        told = self.json("measure", "--table", "two.csv", "--ladder", "a < b, c | gone", "--seed", "7")["warnings"]
        self.assertIn(("W-COVERAGE", of_few), [(w["code"], w["message"][:len(of_few)]) for w in told])
        self.assertNotIn("W-COVERAGE", [w["code"] for w in self.glass("measure", "--seed", "7")["warnings"]])
        self.write("p.csv", "id,time,state\n1,1,a\n1,2,b\n2,1,b\n2,2,a\n")
        self.assertIsNone(self.json("measure", "--panel", "p.csv", "--ladder", "a < b", "--seed", "7")["association"])

    def test_posterior_of_glass(self):
        answer = self.glass("measure", *QUESTION, "--method", "dirichlet:1", "--seed", "7",
                            "--people", "848", "--draws", "4000")
        reach, people = answer["reach"], answer["people_reaching"]
        self.assertEqual(reach["centre"], "mean of draws")
        self.assert_near(reach["value"], 0.219357, 4 * reach["monte_carlo_error"])
        self.assert_near(reach["lower"], 0.19204, 0.0025)
        self.assert_near(reach["upper"], 0.24871, 0.0025)
        self.assertEqual((people["of"], people["varied"]), (848, ["parameters", "individual chance"]))
        self.assert_near(people["value"], 186.0, 4 * people["monte_carlo_error"])
        self.assert_near(people["standard_deviation"], 17.19, 0.8)

    def test_seed(self):
        arguments = ["measure", "--table", "glass.csv", "--ladder", LADDER, *QUESTION,
                     "--format", "json", "--draws", "50"]
        picked = self.ok(*arguments)
        said = picked.stderr.decode()
        seed = json.loads(picked.stdout)["seed"]
        self.assertIn("[W-SEED]", said)
        self.assertIn(str(seed), said)
        again = self.ok(*arguments, "--seed", str(seed))
        self.assertNotIn("W-SEED", again.stderr.decode())
        self.assertEqual(json.loads(again.stdout)["reach"], json.loads(picked.stdout)["reach"])
        self.assertEqual(self.ok(*arguments, RUNGS_SEED=str(seed)).stdout, again.stdout)
        self.assertEqual(self.ok(*arguments, "--seed", str(seed), "--threads", "1").stdout,
                         self.ok(*arguments, "--seed", str(seed), "--threads", "7").stdout)
        other = self.ok(*arguments, "--seed", str(seed + 1))
        self.assertNotEqual(json.loads(other.stdout)["reach"], json.loads(picked.stdout)["reach"])

    def test_saved_model_gives_the_same(self):
        for method in ("proportions", "dirichlet:1"):
            run = self.ok("estimate", "--table", "glass.csv", "--ladder", LADDER, "--method", method,
                          "-o", "m.rungs", "--force")
            self.assertIn("How people move", run.stdout.decode())
            direct = self.glass("measure", *QUESTION, "--seed", "3", "--method", method, "--draws", "200")
            saved = self.json("measure", "--model", "m.rungs", *QUESTION, "--seed", "3", "--draws", "200")
            self.assertEqual(saved.pop("estimated_from"), direct["inputs"])
            self.assertEqual(saved.pop("inputs")[0]["file"], "m.rungs")
            del direct["inputs"]
            self.assertIsNotNone(direct.pop("association"))
            self.assertIsNone(saved.pop("association"), "a model is no table of people")
            self.assertEqual(saved, direct)

    def test_unreachable_names_the_missing_move(self):
        self.write("l.toml", 'rungs = [["a"], ["b"], ["c"]]\nexits = ["gone"]\n'
                             'moves = ["a -> b", "b -> a", "a -> gone", "b -> gone", "c -> b"]\n')
        self.write("t.csv", "origin,destination,count\na,a,8\na,b,4\nb,a,4\nb,b,8\nc,b,3\nc,c,9\na,gone,2\nb,gone,2\n")
        answer = self.json("measure", "--table", "t.csv", "--ladder", "l.toml", "--from", "a",
                           "--reach", "c", "--within", "5", "--method", "dirichlet:1", "--seed", "1")
        reach = answer["reach"]
        self.assertEqual((reach["value"], reach["lower"], reach["upper"]), (0, 0, 0))
        self.assertEqual(answer["unreachable"]["missing_moves"], [{"from": "b", "to": "c"}])
        self.assertIn("'b' -> 'c'", answer["unreachable"]["reason"])
        self.assertIsNone(answer["stationary"])
        law, = answer["closed_classes"]
        self.assertEqual((law["strata"], law["shares"]), (["gone"], [0, 0, 0, 1]))
        self.assertEqual((law["interval"]["lower"], law["interval"]["upper"]), ([0, 0, 0, 1], [0, 0, 0, 1]))
        self.assertIsNone(answer["time_to_reach"]["mean_given_reached"]["value"])
        self.assertEqual(answer["elasticity"][3], [None] * 4)
        soon = self.json("measure", "--table", "t.csv", "--ladder", "l.toml", "--from", "c",
                         "--reach", "a", "--within", "1", "--method", "dirichlet:1", "--seed", "1")
        self.assertEqual(soon["reach"]["value"], 0)
        self.assertEqual(soon["unreachable"]["missing_moves"], [])

    def test_weights_fall_back_with_a_warning(self):
        self.write("t.csv", "origin,destination,count\na,a,8\na,b,4\nb,b,9\nb,c,1\nc,c,5\nc,b,1\n")
        answer = self.json("measure", "--table", "t.csv", "--ladder", "a<b<c", "--seed", "1")
        self.assertNotIn("W-WEIGHTS", {w["code"] for w in answer["warnings"]})  # everybody ends up in b and c
        self.assertEqual(answer["closed_classes"][0]["strata"], ["b", "c"])
        self.assertIsNone(answer["mean_first_passage"])
        law = [s["value"] for s in answer["stationary"]]
        self.assertEqual(law[0], 0)
        self.assert_near(law[1] / law[2], (1 / 6) / (1 / 10), 1e-12)
        self.assertEqual(answer["indices"]["upward"]["weights"], "stationary")
        self.write("t.csv", "origin,destination,count\na,a,8\na,b,4\nb,b,9\nb,c,1\nc,c,5\na,d,1\nd,d,4\n")
        answer = self.json("measure", "--table", "t.csv", "--ladder", "a<b<c<d", "--seed", "1", "--unleft", "absorbing")
        self.assertIn("W-WEIGHTS", {w["code"] for w in answer["warnings"]})
        self.assertIsNone(answer["stationary"])
        self.assertEqual(answer["indices"]["upward"]["weights"], "origin")
        self.assertIsNone(answer["indices_by_weights"]["stationary"])

    def test_classes_of_draws_are_known_by_their_strata(self):
        # d leads to a in 1 of 41: in draws without, nobody leaves d alone, and the class stands after that of b and c.
        self.write("t.csv", "o,a,b,c,d\na,20,0,0,10\nb,0,20,10,0\nc,0,10,20,0\nd,1,0,0,40\n")
        answer = self.json("measure", "--table", "t.csv", "--ladder", "a<b<c<d", "--seed", "1", "--draws", "2000")
        for law, members in zip(answer["closed_classes"], ("ad", "bc")):
            self.assertEqual("".join(law["strata"]), members)
            for stratum, lower, upper in zip("abcd", law["interval"]["lower"], law["interval"]["upper"]):
                if stratum not in members:
                    self.assertEqual((lower, upper), (0, 0))
        self.assertGreater(answer["closed_classes"][0]["interval"]["lower"][3], 0.7)
        self.assertEqual(answer["closed_classes"][0]["interval"]["upper"][3], 1)

    def test_long_run_intervals_are_of_all_draws_with_a_law(self):
        # In a third of the draws nobody leaves c: the law is then of c alone, and no reason to leave them out.
        self.write("t.csv", "o,a,b,c\na,20,10,0\nb,5,30,8\nc,0,1,40\n")
        answer = self.json("measure", "--table", "t.csv", "--ladder", "a<b<c", "--seed", "1", "--draws", "4000")
        top = answer["stationary"][2]
        self.assertEqual(top["upper"], 1)
        self.assertGreater(top["draws"], 3980)
        told = [w["message"] for w in answer["warnings"] if w["code"] == "W-INTERVAL"]
        self.assertRegex(told[0], rf"in {4000 - top['draws']} of 4000 draws there are several groups of strata")
        self.assertIsNone(answer["mean_first_passage_interval"]["upper"][2][1], "never")

    def test_known_matrix_needs_no_seed(self):
        self.write("m.csv", ",a,b\na,0.9,0.1\nb,0.25,0.75\n")
        answer = self.json("measure", "--matrix", "m.csv", "--ladder", "a<b", "--from", "a",
                           "--reach", "b", "--within", "2")
        self.assertNotIn("seed", answer)
        self.assert_near(answer["reach"]["value"], 0.19, 1e-15)
        self.assertEqual((answer["reach"]["draws"], answer["reach"]["varied"]), (0, []))

    def test_periods_and_start(self):
        rows = [f"{a},{b},{t},{n}" for t in (1990, 1991) for a in "ab" for b in "ab"
                for n in [10 if a == b else 10 * (t - 1989)]]
        self.write("t.csv", "origin,destination,year,count\n" + "\n".join(rows) + "\n")
        base = ["measure", "--table", "t.csv", "--ladder", "a<b", "--period", "year", "--seed", "1",
                "--from", "a", "--reach", "b"]
        answer = self.json(*base, "--within", "2")
        self.assert_near(answer["reach"]["value"], 1 - 1 / 2 / 3, 1e-15)
        self.assertEqual(answer["start"], 1990)
        self.assert_near(self.json(*base, "--within", "1", "--start", "1991")["reach"]["value"], 2 / 3, 1e-15)
        self.refused(3, "E-HORIZON", *base, "--within", "3")
        self.refused(2, "E-USAGE", "measure", "--table", "glass.csv", "--ladder", LADDER, "--start", "1")

    def test_csv_and_table(self):
        arguments = ["measure", "--table", "glass.csv", "--ladder", LADDER, *QUESTION, "--seed", "7",
                     "--people", "848"]
        rows = list(csv.DictReader(io.StringIO(self.ok(*arguments, "--format", "csv").stdout.decode())))
        reach = next(row for row in rows if row["measure"] == "reach")
        self.assert_near(float(reach["value"]), 0.214911674, 5e-10)
        self.assertEqual({None}, {row.get(None) for row in rows})
        text = self.ok(*arguments).stdout.decode()
        self.assertRegex(text, r"reach: .* 0\.215 +0\.1\d\d to 0\.2\d\d +parameters")
        self.assertRegex(text, r"people reaching, of 848 .*parameters, individual chance")


class GoingRound(Program):
    def test_shares_that_never_settle_are_averages_over_time(self):
        self.write("swap.csv", "from,a,b\na,0,1\nb,1,0\n")
        run = self.run_rungs("measure", "--matrix", "swap.csv", "--ladder", "a < b")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn("'a', 'b': shares go round, the same again every 2 steps, and never settle; shares in the long run are averages over "
                      "time, and no share of one time [W-PERIODIC]\n", run.stderr.decode())
        self.assertIn("'a', 'b': shares go round, the same again every 2 steps, and never settle: these are averages over time.", run.stdout.decode())
        answer = self.json("measure", "--matrix", "swap.csv", "--ladder", "a < b")
        self.assertEqual([w["code"] for w in answer["warnings"]].count("W-PERIODIC"), 1)
        self.assertEqual([s["value"] for s in answer["stationary"]], [.5, .5])
        self.assertEqual(answer["indices"]["second_eigenvalue"]["value"], 0)
        self.write("two.csv", "from,a,b,c\na,0,1,0\nb,1,0,0\nc,0,0,1\n")
        run = self.run_rungs("measure", "--matrix", "two.csv", "--ladder", "a < b < c")
        self.assertIn("'a', 'b': shares go round, the same again every 2 steps, and never settle: these are averages over time.", run.stdout.decode())
        self.write("still.csv", "from,a,b\na,0.01,0.99\nb,1,0\n")
        run = self.run_rungs("measure", "--matrix", "still.csv", "--ladder", "a < b")
        self.assertNotIn("W-PERIODIC", run.stderr.decode())


class Questions(Program):
    """What is refused: with status 3, and nothing on stdout."""

    def measure(self, code, *arguments, status=3):
        return self.refused(status, code, "measure", "--table", "glass.csv", "--ladder", LADDER, *arguments)

    def test_questions(self):
        said = self.measure("E-LABEL-UNKNOWN", "--from", "Unskiled", *QUESTION[2:])
        self.assertIn("error: --from: found 'Unskiled'; expected one of ", said)
        self.assertIn("did you mean 'Unskilled'?", said)
        said = self.measure("E-LABEL-UNKNOWN", *QUESTION[:2], "--reach", "boss+", *QUESTION[4:])
        self.assertIn("error: --reach: found 'boss'; expected one of ", said)
        self.write("m.csv", "from,a,b\na,0.5,0.5\nb,0.3,0.7\n")
        said = self.refused(3, "E-LABEL-UNKNOWN", "measure", "--matrix", "m.csv", "--ladder", "a < b", "--people-behind", "d=50")
        self.assertIn("error: --people-behind: found 'd'; expected one of 'a', 'b' [", said)
        said = self.refused(3, "E-LADDER", "measure", "--matrix", "m.csv", "--ladder", "a < b <")
        self.assertIn("error: --ladder: found no name after the last '<'; expected the name of a stratum [", said)
        self.measure("E-EMBED", *QUESTION[:4], "--within", "2.5")
        for years in ("0", "-1", "nan", "inf", "1e300"):
            self.measure("E-CFG-RANGE", *QUESTION[:4], "--within", years)
        self.measure("E-HEADS", *QUESTION, "--people", "-5")
        self.measure("E-LEVEL", "--level", "1")
        for draws in ("0", "-3", "99999999999"):
            self.measure("E-CFG-RANGE", "--draws", draws)
        for threads in ("-1", "10000000"):
            self.measure("E-CFG-RANGE", "--threads", threads)
        self.refused(3, "E-SCHEME-NONE", "measure", "--table", "glass.csv")
        self.refused(3, "E-PRIOR", "estimate", "--table", "glass.csv", "--ladder", LADDER, "--method", "dirichlet:0")

    def test_files(self):
        table = ["--ladder", LADDER, "--table"]
        self.refused(3, "E-IO", "estimate", *table, "absent.csv")
        self.refused(3, "E-IO", "estimate", *table, ".")
        self.refused(3, "E-EMPTY", "estimate", *table, "/dev/null")
        self.refused(3, "E-EMPTY", "estimate", *table, "-", stdin=b"")
        self.refused(3, "E-KIND-GZIP", "estimate", *table, self.write("z.csv", b"\x1f\x8b\x08\x00"))
        said = self.refused(3, "E-LABEL-UNKNOWN", "estimate", *table, "-", stdin=(
            self.folder / "glass.csv").read_bytes().replace(b"Skilled,Skilled", b"Skiled,Skilled"))
        self.assertRegex(said, r"^standard input:\d+:1: error: ")
        self.refused(3, "E-IO", "measure", "--model", "absent.rungs")
        self.refused(3, "E-ARCH-MAGIC", "measure", "--model", "glass.csv")

    def test_escapes_never_reach_the_terminal(self):
        said = self.measure("E-LABEL-UNKNOWN", "--from", "a\x1b[31m", *QUESTION[2:])
        self.assertNotIn("\x1b", said)
        run = self.run_rungs(b"measure", b"--table", b"gl\xff.csv", b"--ladder", LADDER.encode())
        self.assertEqual((run.returncode, run.stdout), (3, b""))
        self.assertIn(b"gl\\xFF.csv", run.stderr)


class Usage(Program):
    def test_an_option_without_a_value_is_not_no_option(self):
        of = ["--panel", "panel.csv", "--ladder", "a < b"]
        for option in ("--cluster", "--survey-strata", "--replicates", "--weight", "--recode", "--method", "--state"):
            run = self.run_rungs("estimate", *of, option, "")
            self.assertEqual((run.returncode, run.stdout), (2, b""), run.stderr)
            self.assertIn("E-USAGE", run.stderr.decode())
        run = self.run_rungs("estimate", *of, "--cluster", "")
        self.assertEqual(run.stderr.decode(), "rungs: error: found nothing behind --cluster; expected a value, or not the option [E-USAGE]\n")

    """Wrong usage: status 2, nothing on stdout."""

    def test_usage(self):
        table = ["estimate", "--table", "glass.csv", "--ladder", LADDER]
        for arguments, hint in [
                ([], "expected one of"), (["estimat"], "did you mean 'estimate'?"), (["tost"], "expected one of"),
                (["--versio"], "did you mean '--version'?"),
                ([*table, "--fomat", "json"], "did you mean '--format'?"),
                ([*table, "--form", "json"], "--form"), ([*table, "--format", "jsn"], "did you mean 'json'?"),
                ([*table, "--format", "csv", "--format", "json"], "2 times"),
                ([*table, "extra"], "'extra'"), ([*table, "--level", "high"], "--level"),
                ([*table, "--panel", "panel.csv"], "one of --panel"), ([*table, "--id", "nr"], "--panel"),
                (["estimate"], "found no data"),
                ([*table, "--wide"], "--wide requires --panel"), ([*table, "--spells"], "--spells requires --panel"),
                (["estimate", "--panel", "panel.csv", "--gap", "skp"], "expected drop, skip, em or refuse"),
                (["estimate", "--panel", "panel.csv", "--weight", "w"], "COLUMN:KIND"),
                ([*table, "--method", "bayes"], "dirichlet:PRIOR"), ([*table, "--seed", "x"], "--seed"),
                (["measure", *table[1:], "--reach", "Skilled"], "expected all three"),
                (["measure", *table[1:], "--people", "9"], "--people-behind"),
                (["completion", "fish"], "'bash'")]:
            with self.subTest(arguments=arguments):
                self.assertIn(hint, self.refused(2, "E-USAGE", *arguments))

    def test_help_version_completion(self):
        self.assertRegex(self.ok("--version").stdout.decode(), r"^rungs \d+\.\d+\.\d+\n$")
        self.assertIn("estimate", self.ok("--help").stdout.decode())
        for verb in ("estimate", "measure"):
            text = self.ok(verb, "--help").stdout.decode()
            self.assertIn(f"  rungs {verb} ", text)
            for option in re.findall(r"(?<![\w-])--[a-z][a-z-]+", text):
                self.assertIn(option, (SOURCE / "docs/reference/cli.md").read_text())
        page = (SOURCE / "docs/rungs.1").read_text()
        for verb in ("estimate", "measure", "test", "evaluate", "allocate"):
            for option in re.findall(r"(?<![\w-])--[a-z][a-z-]+", self.ok(verb, "--help").stdout.decode()):
                self.assertRegex(page, option + r"(?![\w-])")
        self.assertEqual(self.ok("completion", "bash").stdout,
                         (SOURCE / "docs/completion/rungs.bash").read_bytes())
        words = subprocess.run(
            ["bash", "-c", 'compopt() { :; }; . "$0"; COMP_WORDS=(rungs estimate --format "c"); COMP_CWORD=3; '
             '_rungs; echo "${COMPREPLY[@]}"', str(SOURCE / "docs/completion/rungs.bash")],
            capture_output=True, check=True).stdout
        self.assertEqual(words, b"csv\n")


class Output(Program):
    def arguments(self, *more):
        return ["estimate", "--table", "glass.csv", "--ladder", LADDER, "--format", "json", *more]

    def files(self):
        return sorted(path.name for path in self.folder.iterdir())

    def test_file_is_what_stdout_would_be(self):
        run = self.ok(*self.arguments("-o", "out.json"))
        self.assertEqual(run.stdout, b"")
        self.assertEqual((self.folder / "out.json").read_bytes(), self.ok(*self.arguments()).stdout)
        self.assertEqual(self.files(), ["glass.csv", "out.json", "panel.csv"])
        self.assertEqual(self.ok(*self.arguments("-o", "-")).stdout, (self.folder / "out.json").read_bytes())
        self.assertEqual((self.folder / "out.json").stat().st_mode & 0o777, 0o666 & ~self.umask())

    @staticmethod
    def umask():
        mask = os.umask(0)
        os.umask(mask)
        return mask

    def test_nothing_is_written_on_error(self):
        before = self.files()
        self.refused(3, "E-ROW-EMPTY", "estimate", "--table", "glass.csv", "--ladder", LADDER + " < Royal",
                     "-o", "out.json")
        self.refused(2, "E-USAGE", *self.arguments("-o", "out.json", "--nonsense"))
        self.refused(3, "E-IO", *self.arguments("-o", "no/such/folder/out.json"))
        self.refused(3, "E-IO", *self.arguments("-o", "."))
        self.refused(3, "E-OUT-SAME", *self.arguments("-o", "./glass.csv", "--force"))
        self.assertEqual(self.files(), before)

    def test_old_file_is_kept_unless_forced(self):
        self.write("out.json", "old")
        self.refused(3, "E-OUT-EXISTS", *self.arguments("-o", "out.json"))
        self.assertEqual((self.folder / "out.json").read_text(), "old")
        self.refused(3, "E-LABEL-UNKNOWN", "measure", "--table", "glass.csv", "--ladder", LADDER, "--from", "x",
                     "--within", "1", "-o", "out.json", "--force")
        self.assertEqual((self.folder / "out.json").read_text(), "old")
        self.ok(*self.arguments("-o", "out.json", "--force"))
        self.assertEqual(json.loads((self.folder / "out.json").read_text())["command"], "estimate")
        self.write("empty.json", "")
        self.ok(*self.arguments("-o", "empty.json"))
        (self.folder / "link.json").symlink_to("empty.json")
        self.ok(*self.arguments("-o", "link.json", "--force"))
        self.assertTrue((self.folder / "link.json").is_symlink())

    def test_special_files(self):
        self.assertEqual(self.ok(*self.arguments("-o", "/dev/null")).stdout, b"")
        if os.path.exists("/dev/full"):
            self.refused(3, "E-IO", *self.arguments("-o", "/dev/full"))

    def test_standard_input(self):
        data = (self.folder / "glass.csv").read_bytes()
        piped = json.loads(self.ok("estimate", "--table", "-", "--ladder", LADDER, "--format", "json", stdin=data).stdout)
        named = self.glass("estimate")
        self.assertEqual(piped["inputs"], [{"file": "-", "sha256": hashlib.sha256(data).hexdigest()}])
        self.assertEqual({**piped, "inputs": 0}, {**named, "inputs": 0})
        os.mkfifo(self.folder / "pipe")
        writer = subprocess.Popen(["sh", "-c", "cat glass.csv > pipe"], cwd=self.folder)
        self.assertEqual(self.json("estimate", "--table", "pipe", "--ladder", LADDER)["counts"], GLASS)
        writer.wait()

    def test_colours(self):
        bad = ["estimate", "--table", "absent", "--ladder", "a<b"]
        self.assertNotIn(b"\x1b", self.run_rungs(*bad).stderr)
        self.assertIn(b"\x1b[1;31merror:", self.run_rungs(*bad, "--color", "always").stderr)
        self.assertNotIn(b"\x1b", self.run_rungs(*bad, "--color", "never").stderr)
        table = ["estimate", "--table", "glass.csv", "--ladder", LADDER, "--color"]
        self.assertIn(b"\x1b[1m", self.ok(*table, "always").stdout)
        script = shutil.which("script")
        if script and os.path.exists("/dev/pts/ptmx"):  # on a terminal, NO_COLOR takes the colours away
            command = f"{PROGRAM} estimate --table absent --ladder 'a<b'"
            def on_terminal(**environment):
                return subprocess.run([script, "-qec", command, "/dev/null"], cwd=self.folder, capture_output=True,
                                      stdin=subprocess.DEVNULL, env={"PATH": "/usr/bin:/bin", **environment}).stdout
            self.assertIn(b"\x1b[1;31merror:", on_terminal())
            self.assertNotIn(b"\x1b", on_terminal(NO_COLOR="1"))

    def test_locale_and_time_zone_change_nothing(self):
        plain = self.ok(*self.arguments()).stdout
        known = subprocess.run(["locale", "-a"], capture_output=True).stdout.decode().split()
        for name in [n for n in known if n.startswith(("tr_TR", "de_DE", "zh_CN", "C.utf8"))]:
            self.assertEqual(self.ok(*self.arguments(), LC_ALL=name, TZ="Asia/Shanghai").stdout, plain)


if __name__ == "__main__":
    unittest.main()
