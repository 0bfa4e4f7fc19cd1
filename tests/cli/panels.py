# SPDX-FileCopyrightText: 2026 The Rungs authors
# SPDX-License-Identifier: BSL-1.0
"""panels.py: panels in every layout, and groups of people, as users of the program meet them."""
import csv
import io
import json
import math
import random
import re
import shutil
import subprocess
import unittest

from support.program import PROGRAM, Program, SOURCE

PANELS = SOURCE / "examples/panels"
LADDER = ["--ladder", "labourer < operative < craftsman | left"]
LONG = ["--panel", str(PANELS / "long.csv"), "--id", "person", "--time", "year", "--state", "job", *LADDER]
WIDE = ["--panel", str(PANELS / "wide.csv"), "--wide", "--id", "person", *LADDER]
SPELLS = ["--panel", str(PANELS / "spells.csv"), "--spells", "--id", "person", "--state", "job", "--begin", "from",
          "--end", "to", "--ends", "included", "--until", "2021", *LADDER]
QUESTION = ["--from", "labourer", "--reach", "craftsman", "--within", "3", "--seed", "7", "--draws", "400"]


def without(answer, *keys):
    return {k: v for k, v in answer.items() if k not in keys}


class Layouts(Program):
    def test_three_files_of_one_panel_give_one_answer(self):
        long, wide, spells = (self.json("estimate", *of) for of in (LONG, WIDE, SPELLS))
        same = ("inputs", "ledger", "warnings")
        self.assertEqual(without(wide, *same), without(long, *same))
        self.assertEqual(without(spells, *same), without(long, *same))
        for of in (wide, spells):
            for key in ("pairs_used", "pairs_dropped", "records_used"):
                self.assertEqual(of["ledger"][key], long["ledger"][key])
        for of in (long, wide, spells):
            ledger = of["ledger"]
            self.assertEqual(ledger["records_read"], ledger["records_used"] + sum(ledger["dropped"].values()))
        self.assertEqual(wide["ledger"]["records_read"], 60 * 7)
        self.assertEqual(wide["ledger"]["records_read"] - wide["ledger"]["dropped"]["empty cell"],
                         long["ledger"]["records_read"])
        lines = (PANELS / "spells.csv").read_text().count("\n") - 1
        self.assertEqual(spells["ledger"]["spells"], {"read": lines, "observed": lines, "dropped": {}})

    def test_what_a_chain_forgets_is_told_where_its_answers_are(self):
        """Careers that go back where they came from, that are harder to leave the longer they last, of which half are
        never left; and those of a chain."""
        def careers(name, step, people=600, years=8):
            lines = ["id,time,state"]
            for person in range(people):
                rng, seen = random.Random(person), [person % 3]
                for year in range(years):
                    lines.append(f"{person},{year},{'abc'[seen[-1]]}")
                    seen.append(step(rng, seen, person))
            self.write(name, "\n".join(lines) + "\n")
            return ["--panel", name, "--ladder", "a < b < c"]

        def chain(rng, seen, person):
            return rng.choices(range(3), ((.7, .2, .1), (.2, .6, .2), (.1, .3, .6))[seen[-1]])[0]

        def back(rng, seen, person):
            return seen[-2] if len(seen) > 1 and rng.random() < .5 else chain(rng, seen, person)

        def longer(rng, seen, person):
            stay = 0
            while stay < len(seen) and seen[-1 - stay] == seen[-1]:
                stay += 1
            return (seen[-1] + rng.choice((1, 2))) % 3 if rng.random() < .6 / stay else seen[-1]

        def halves(rng, seen, person):
            return seen[-1] if person % 2 else chain(rng, seen, person)

        for step, codes in ((chain, set()), (back, {"W-MARKOV-REJECTED"}), (longer, {"W-DURATION"}), (halves, {"W-STAYERS"})):
            of = careers(step.__name__ + ".csv", step)
            scenario = ('[ladder]\nrungs = ["a", "b", "c"]\n[data]\npanel = "' + of[1] + '"\n[population]\n'
                        'start = { a = 10 }\n[question]\nfrom = "a"\nreach = "c"\nwithin_years = 2\n')
            self.write("s.toml", scenario)
            measure = ("measure", *of, "--seed", "1")
            example, of_all = "for example, getting higher up from anywhere within 3 steps", "for the answer asked, reaching 'c' from "
            for answer, size in ((self.json("estimate", *of), example), (self.json(*measure), example),
                                 (self.json(*measure, "--from", "a", "--reach", "c", "--within", "2"), of_all + "'a' within 2 steps"),
                                 (self.json(*measure, "--from", "a", "--reach", "c", "--within", "50"), example),
                                 (self.json("evaluate", "s.toml", "--seed", "1", "--draws", "50"), of_all + "anywhere within 2 steps")):
                told = {w["code"]: w["message"] for w in answer["warnings"]}
                self.assertLessEqual(codes, set(told), step.__name__)
                if not codes:
                    self.assertFalse({"W-MARKOV-REJECTED", "W-DURATION", "W-STAYERS"} & set(told))
                for code in codes:
                    self.assertRegex(told[code], "; " + size + ", the fitted chain says "
                                                 r"[\d.]+ %, (?:.*)it is [\d.]+ % \(\d+ people, \d+ starts\)")
        # A matrix for each period does not tell people apart either; where the model is of people who differ, it is no news.
        def estimated(name, *more):
            return {w["code"] for w in self.json("estimate", "--panel", name, "--ladder", "a < b < c", *more)["warnings"]}
        self.assertIn("W-STAYERS", estimated("halves.csv", "--by-period"))
        self.assertNotIn("W-STAYERS", estimated("halves.csv", "--method", "mover-stayer"))

        def restless(rng, seen, person):  # from year to year more
            return (seen[-1] + rng.choice((1, 2))) % 3 if rng.random() < .1 * len(seen) else seen[-1]
        careers("restless.csv", restless)
        self.assertIn("W-NONSTATIONARY", estimated("restless.csv"))
        self.assertFalse({"W-NONSTATIONARY", "W-MARKOV-REJECTED", "W-DURATION", "W-STAYERS"} & estimated("restless.csv", "--by-period"))

    def test_periods_that_differ_are_told_where_a_table_pools_them(self):
        rows = {2010: ((60, 40), (10, 90)), 2011: ((90, 10), (40, 60))}
        def table(*years):
            self.write("table.csv", "period,from,to,people\n" + "".join(
                f"{2010 + k},{i},{j},{rows[y]['ab'.index(i)]['ab'.index(j)]}\n" for k, y in enumerate(years) for i in "ab" for j in "ab"))
            return {w["code"] for w in self.json("estimate", "--table", "table.csv", "--ladder", "a < b", "--period", "period", "--pool")["warnings"]}
        self.assertIn("W-NONSTATIONARY", table(2010, 2011))
        self.assertNotIn("W-NONSTATIONARY", table(2010, 2010))

    def test_what_nobody_did_is_told_of_pooled_rows_too(self):
        lines = ["id,time,state,sex"]
        for person in range(60):
            for year in range(4):
                lines.append(f"{person},{year},{'abc'[(person + year) % 3]},{'fm'[person % 2]}")
        self.write("few.csv", "\n".join(lines) + "\n")
        of = ["--panel", "few.csv", "--ladder", "a < b < c", "--method", "pooled", "--seed", "1"]
        for more in (["--by-period"], ["--group", "sex"]):
            codes = {w["code"] for w in self.json("estimate", *of, *more)["warnings"]}
            self.assertIn("W-ZERO", codes)

    def test_samples_of_people(self):
        """People who move often and people who hardly do: samples of whole people vary as the variance between people
        says (--cluster, another way), which is more than moves taken one by one."""
        rng, lines = random.Random(4), ["id,time,state"]
        for person in range(300):
            restless = person % 2
            state = 0
            for year in range(9):
                lines.append(f"{person},{year},{'ab'[state]}")
                if rng.random() < (.6 if restless else .04):
                    state = 1 - state
        self.write("unlike.csv", "\n".join(lines) + "\n")
        of = ["--panel", "unlike.csv", "--ladder", "a < b"]
        drawn = self.json("estimate", *of, "--method", "bootstrap", "--seed", "5")
        plain, by_id = self.json("estimate", *of), self.json("estimate", *of, "--cluster", "id")
        self.assertEqual(drawn["transition_matrix"], plain["transition_matrix"])
        self.assertEqual((drawn["method"], drawn["interval"]["method"], drawn["seed"]),
                         ("proportions, bootstrap by person", "bootstrap by person", 5))
        for i in range(2):
            found, other = drawn["standard_error"][i][1 - i], by_id["standard_error"][i][1 - i]
            # 2,000 samples: 6.11 standard errors of a standard deviation, and 1 / 600 that people are 300.
            self.assertLess(abs(found / other - 1), 6.11 / math.sqrt(4000) + 1 / 600)
            self.assertGreater(found, 1.2 * plain["standard_error"][i][1 - i])
        of += ["--method", "bootstrap"]
        question = ["--from", "a", "--reach", "b", "--within", "3", "--seed", "5"]
        measured = self.json("measure", *of, *question)
        p = plain["transition_matrix"][0][1]
        reach = measured["reach"]
        self.assertAlmostEqual(reach["probability"], 1 - (1 - p) ** 3, delta=1e-12)
        self.assertLess(reach["lower"], reach["probability"])
        self.assertEqual(measured["seed"], 5)
        self.refused(2, "--method bootstrap; expected none; --cluster with the column of the id", "estimate", *of,
                     "--group", "state")
        self.refused(2, "only a panel tells who made which moves", "estimate", "--table", "unlike.csv", "--ladder",
                     "a < b", "--method", "bootstrap")

    def test_every_verb_reads_every_layout(self):
        for verb in ("measure", "test"):
            long, wide, spells = (self.json(verb, *of, *QUESTION) for of in (LONG, WIDE, SPELLS))
            for other in (wide, spells):
                self.assertEqual(without(other, "inputs", "warnings"), without(long, "inputs", "warnings"))

    def test_spells_on_a_grid_tell_what_fell_between(self):
        self.write("months.csv", "id,state,begin,end\n1,a,1,11\n1,b,12,13\n1,a,14,40\n2,b,1,40\n3,a,2,12\n3,b,13,40\n")
        of = ["--panel", "months.csv", "--spells", "--ends", "included", "--step", "12", "--step-years", "1", "--ladder",
              "a < b"]
        answer = self.json("estimate", *of, "--grid", "1")
        self.assertEqual(answer["counts"], [[1, 1], [1, 5]])
        self.assertEqual(answer["ledger"]["spells"],
                         {"read": 6, "observed": 5, "dropped": {"between the times of the grid": 1}})
        self.assertEqual(answer["step"], {"units": 12, "years": 1})
        self.says(3, "rungs: error: found spells and a step of 12 without a grid; expected one time at which people are "
                  "taken to be observed, the others being whole steps before and after it [E-SPELL-GRID]\n",
                  "estimate", *of)

    def test_tables_and_warnings_name_spells(self):
        table = self.ok("estimate", *SPELLS)
        self.assertRegex(table.stdout, r"spells +\d+ read, \d+ observed")
        self.assertIn("not begin where the spell of the person before ends", table.stderr)

    def test_usage(self):
        for arguments, words in [
            ([*SPELLS[:3], *LADDER], "found --spells without --ends; expected --ends included where a spell still holds "
             "at the time that stands as its end, or --ends excluded where it is over by then"),
            ([*WIDE, "--spells"], "--wide excludes --spells"),
            ([*WIDE, "--time", "year"], "excludes"),
            ([*LONG, "--times", "1:2"], "--times requires --wide"),
            ([*WIDE, "--until", "3"], "--until requires --spells"),
            (["3000000000" if word == "2021" else word for word in SPELLS], "found 3000000000; expected a whole number from -2147483648 to "
             "2147483647"),
            ([*LONG, "--group", "sex:"], "found 'sex:'; expected COLUMN, or COLUMN: GROUP, GROUP, ..."),
            ([*LONG, "--pool-groups"], "--pool-groups requires --group"),
        ]:
            run = self.run_rungs("estimate", *arguments)
            self.assertEqual((run.returncode, run.stdout), (2, ""), run.stderr)
            self.assertIn(words, run.stderr)


class Steps(Program):
    def test_a_stated_step_is_not_asked_for_twice(self):
        self.write("gaps.csv", "id,time,state\n" + "".join(
            f"{i},{t},{'ab'[(i + t) % 2]}\n" for i in range(50) for t in range(6) if (i * 7 + t * 5) % 6))
        of = ["--panel", "gaps.csv", "--ladder", "a < b"]
        self.refused(3, "expected at least 90 % of them one step apart, or half where the step is stated [E-STEP-MIXED]", "estimate", *of)
        answer = self.json("estimate", *of, "--step", "1")
        self.assertIn("W-GAP", [w["code"] for w in answer["warnings"]])
        self.assertGreater(answer["ledger"]["pairs_dropped"]["gap"], 0.1 * answer["ledger"]["pairs_used"])


class NamesWithCommas(Program):
    """Names with commas stand in double quotes where names are listed; one that was cut is known by its parts."""

    def setUp(self):
        super().setUp()
        lines, jobs = ["id,time,state,region"], ('"Clerks, skilled"', "Labourers", "Managers")
        for person in range(90):
            for time in range(3):
                job = jobs[(person * 7 + time * time * 5 + person // 9) % 3]
                lines.append(f'{person},{time},{job},{("north", chr(34) + "far, east" + chr(34))[person % 2]}')
        self.write("people.csv", "\n".join(lines) + "\n")
        self.of = ["--panel", "people.csv", "--ladder", 'Labourers < "Clerks, skilled" < Managers']
        self.cut = "it was taken for the names {}: where names are listed, put one with a comma in double quotes"

    def test_in_quotes_they_are_one_name(self):
        found = self.json("estimate", *self.of, "--group", 'region: "far, east" , north')
        self.assertEqual([g["group"] for g in found["groups"]], ["far, east", "north"])
        logit = self.json("estimate", *self.of, "--method", "logit", "--seed", "1", "--slopes", "common", "--covariate",
                          'region:category: "far, east", north')["logit"]
        self.assertEqual(logit["covariates"][0]["categories"], ["far, east", "north"])
        tests = self.json("test", *self.of, "--seed", "1", "--draws", "100", "--reach", "Managers", "--block", 'Labourers, "Clerks, skilled"')
        self.assertIn("strata of a block move alike", str([t["name"] for t in tests["tests"]]))

    def test_a_name_that_was_cut_is_told(self):
        ladder = ["--panel", "people.csv", "--ladder", "Labourers < Clerks, skilled < Managers"]
        self.refused(3, "found 'Clerks, skilled' in column 'state'; expected one of 'Labourers', 'Clerks', 'skilled', 'Managers'; " +
                     self.cut.format("'Clerks', 'skilled'"), "estimate", *ladder)
        self.refused(3, "found 'far, east' in column 'region'; expected one of 'north', 'far', 'east'; " +
                     self.cut.format("'far', 'east'"), "estimate", *self.of, "--group", "region: north, far, east")
        self.refused(3, "found 'far, east' in column 'region'; expected one of 'north', 'far', 'east'; " +
                     self.cut.format("'far', 'east'"), "estimate", *self.of, "--method", "logit", "--seed", "1", "--covariate",
                     "region:category: north, far, east")
        self.refused(3, "found 'Clerks'; expected one of", "test", *self.of, "--seed", "1", "--block", "Labourers, Clerks, skilled")
        self.refused(3, "; a name with a comma stands in double quotes [E-LABEL-UNKNOWN]\n", "test", *self.of, "--seed", "1",
                     "--block", "Labourers, Clerks, skilled")
        self.refused(3, "found the stratum 'Clerks' twice; expected each name once; a name with a comma stands in double quotes "
                     "[E-CFG-DUP]\n", "estimate", "--panel", "people.csv", "--ladder", "Clerks, skilled < Clerks, unskilled")
        self.refused(2, "found the group 'far' twice; expected each once; a name with a comma stands in double quotes", "estimate",
                     *self.of, "--group", "region: far, east, far, west")
        self.refused(2, "found the category 'far' of 'region' twice; expected each once; a name with a comma stands in double quotes",
                     "estimate", *self.of, "--method", "logit", "--seed", "1", "--covariate",
                     "region:category: far, east, far, west")

    def test_quotes_that_do_not_close_are_refused(self):
        for text, words in (('region: "far, east', "found a quote that does not close"),
                            ('region: "far" east', "found text beside a quoted name")):
            self.refused(2, "--group: " + words, "estimate", *self.of, "--group", text)
        for verb, option, text in (("estimate", "--covariate", 'region:category: "far, east'), ("test", "--block", 'Labourers, "Clerks')):
            more = ["--method", "logit"] if option == "--covariate" else []
            self.refused(2, f"rungs: error: {option}: found a quote that does not close in ", verb, *self.of, "--seed", "1", *more,
                         option, text)

    def test_a_cell_of_data_was_cut_from_no_list(self):
        """Where names stand on rungs of their own, no comma parted them."""
        self.write("cell.csv", 'id,time,state\n1,1,"low, mid"\n1,2,mid\n')
        self.says(3, "cell.csv:2:6: error: found 'low, mid' in column 'state'; expected one of 'low', 'mid', 'high' [E-LABEL-UNKNOWN]\n",
                  "estimate", "--panel", "cell.csv", "--ladder", "low < mid < high")
        self.write("cell.csv", 'from,to,n\nlow,"low, mid",3\n')
        self.refused(3, "found 'low, mid' in column 'to'; expected one of 'low', 'mid', 'high' [E-LABEL-UNKNOWN]\n", "estimate", "--table",
                     "cell.csv", "--ladder", "low < mid < high")


class Groups(Program):
    def alone(self, sex):
        """The long file of one group."""
        lines = (PANELS / "long.csv").read_text().splitlines(keepends=True)
        return self.write(f"{sex}.csv", "".join(line for line in lines if line is lines[0] or line.rstrip().endswith("," + sex)))

    def test_each_group_is_answered_as_its_own_file_is(self):
        of = ["--id", "person", "--time", "year", "--state", "job", *LADDER]
        for more in ([], ["--method", "dirichlet:0.5"], ["--by-period", "--method", "dirichlet:0.5"], ["--gap", "em"]):
            both = self.json("estimate", *LONG, "--group", "sex", *more)
            self.assertEqual([g["group"] for g in both["groups"]], ["men", "women"])
            self.assertNotIn("transition_matrix", both)
            for group in both["groups"]:
                alone = self.json("estimate", "--panel", self.alone(group["group"]), *of, *more)
                self.assertEqual(without(group, "group"),
                                 {k: alone[k] for k in group if k != "group"}, more)
            self.assertEqual(sum(g["people"] for g in both["groups"]), both["people"])
        both = self.json("measure", *LONG, "--group", "sex", *QUESTION)
        for group in both["groups"]:
            alone = self.json("measure", "--panel", self.alone(group["group"]), *of, *QUESTION)
            self.assertEqual(without(group, "group"), {k: alone[k] for k in group if k != "group"})

    def test_groups_of_every_layout_and_of_a_table(self):
        long, wide, spells = (self.json("estimate", *of, "--group", "sex") for of in (LONG, WIDE, SPELLS))
        self.assertEqual(wide["groups"], long["groups"])
        self.assertEqual(spells["groups"], long["groups"])
        strata = long["ladder"]["strata"] + long["ladder"]["exits"]
        rows = [f"{g['group']},{strata[i]},{strata[j]},{int(n)}" for g in long["groups"]
                for i, row in enumerate(g["counts"]) for j, n in enumerate(row) if n > 0 and i < 3]
        self.write("table.csv", "sex,origin,destination,count\n" + "\n".join(rows) + "\n")
        table = self.json("estimate", "--table", "table.csv", *LADDER, "--group", "sex")
        for a, b in zip(table["groups"], long["groups"]):
            self.assertEqual(a["transition_matrix"], b["transition_matrix"])
            self.assertEqual(a["people"], sum(sum(row) for row in a["counts"]))

    def test_order_and_names_may_be_stated(self):
        answer = self.json("estimate", *LONG, "--group", "sex: women, men")
        self.assertEqual([g["group"] for g in answer["groups"]], ["women", "men"])
        run = self.run_rungs("estimate", *LONG, "--group", "sex: women, others")
        self.assertEqual(run.returncode, 3)
        self.assertIn(":2:19: error: found 'men' in column 'sex'; expected one of 'women', 'others' "
                      "[E-LABEL-UNKNOWN]", run.stderr.splitlines()[0].replace("; did you mean 'women'?", ""))
        self.write("numbers.csv", "id,time,state,g\n" + "".join(
            f"{k},{t},{'ab'[(k + t) % 2]},{g}\n" for k, g in enumerate((10, 9, 10, 9)) for t in (1, 2, 3)))
        answer = self.json("estimate", "--panel", "numbers.csv", "--ladder", "a < b", "--group", "g")
        self.assertEqual([g["group"] for g in answer["groups"]], ["9", "10"])

    def test_standard_input_is_read_with_its_groups(self):
        text = (PANELS / "wide.csv").read_text()
        answer = self.json("estimate", "--panel", "-", *WIDE[2:], "--group", "sex", stdin=text)
        self.assertEqual(answer["groups"], self.json("estimate", *WIDE, "--group", "sex")["groups"])

    def test_csv_and_table(self):
        rows = list(csv.DictReader(io.StringIO(self.ok("estimate", *LONG, "--group", "sex", "--format", "csv").stdout)))
        answer = self.json("estimate", *LONG, "--group", "sex")
        self.assertEqual(list(rows[0])[:4], ["group", "period", "from", "to"])
        self.assertEqual(float(rows[0]["probability"]), answer["groups"][0]["transition_matrix"][0][0])
        self.assertEqual({row["group"] for row in rows}, {"men", "women"})
        table = self.ok("estimate", *LONG, "--group", "sex").stdout
        self.assertIn("Probability of being there one step later, group women", table)
        measures = list(csv.DictReader(io.StringIO(
            self.ok("measure", *LONG, "--group", "sex", *QUESTION, "--format", "csv").stdout)))
        self.assertEqual([row["group"] for row in measures if row["measure"] == "reach"], ["men", "women"])
        self.assertIn("Group women\n", self.ok("measure", *LONG, "--group", "sex", *QUESTION).stdout)

    def differing(self):
        """Two groups of 100 people who could hardly differ more."""
        lines = ["id,time,state,g"]
        for k in range(200):
            moves = k % 10 < (8 if k < 100 else 1)
            lines += [f"{k},1,a,{'x' if k < 100 else 'y'}", f"{k},2,{'b' if moves else 'a'},{'x' if k < 100 else 'y'}"]
            lines += [f"{k},3,{'a' if k % 3 else 'b'},{'x' if k < 100 else 'y'}"]
        return self.write("differ.csv", "\n".join(lines) + "\n")

    def test_pooling_groups_that_differ_is_warned_of(self):
        of = ["--panel", self.differing(), "--ladder", "a < b"]
        pooled = self.json("estimate", *of, "--group", "g", "--pool-groups")
        plain = self.json("estimate", *of)
        self.assertEqual(without(pooled, "warnings"), without(plain, "warnings"))
        told = [w for w in pooled["warnings"] if w["code"] == "W-GROUPS"]
        self.assertEqual(len(told), 1)
        self.assertTrue(told[0]["message"].startswith("moves differ between groups (likelihood ratio "), told)
        self.assertIn("W-GROUPS", {w["code"] for w in self.json("measure", *of, "--group", "g", "--pool-groups",
                                                                "--seed", "1", "--draws", "100")["warnings"]})
        self.assertNotIn("W-GROUPS", {w["code"] for w in self.json("estimate", *of, "--group", "g")["warnings"]})
        # Groups by chance do not differ.
        text = (self.folder / "differ.csv").read_text()
        self.write("same.csv", re.sub(r"(?m)^(\d*)([02468]),(.*),[xy]$", r"\1\2,\3,x",
                                      re.sub(r"(?m)^(\d*)([13579]),(.*),[xy]$", r"\1\2,\3,y", text)))
        same = self.json("estimate", "--panel", "same.csv", "--ladder", "a < b", "--group", "g: x, y", "--pool-groups")
        self.assertNotIn("W-GROUPS", {w["code"] for w in same["warnings"]})

    def test_the_test_of_groups(self):
        of = ["--panel", self.differing(), "--ladder", "a < b", "--seed", "3", "--draws", "200"]
        with_groups, plain = self.json("test", *of, "--group", "g"), self.json("test", *of)
        found = [t for t in with_groups["tests"] if t["name"] == "the same in every group"]
        self.assertEqual(len(found), 1)
        self.assertEqual(found[0]["verdict"], "rejected")
        self.assertEqual({p["name"] for p in found[0]["by_layer"]}, {"x", "y"})
        # By hand: 2 sum O log(O / E) over the rows, from the counts of each group.
        groups = [g["counts"] for g in self.json("estimate", *of[:4], "--group", "g")["groups"]]
        lr = 0.0
        for i in range(2):
            both = [sum(g[i][j] for g in groups) for j in range(2)]
            for g in groups:
                for j in range(2):
                    if g[i][j] > 0:
                        lr += 2 * g[i][j] * math.log(g[i][j] / (sum(g[i]) * both[j] / sum(both)))
        self.assertAlmostEqual(found[0]["statistic"]["LR"], lr, places=9)
        self.assertEqual(found[0]["df"]["nominal"], 2)
        self.assertEqual([t for t in with_groups["tests"] if t not in found], plain["tests"],
                         "the other tests are of everybody")
        self.assertIn("W-GROUPS", {w["code"] for w in with_groups["warnings"]})

    def test_a_saved_model_holds_no_groups(self):
        self.ok("estimate", *LONG, "-o", "x.rungs")
        self.says(2, "rungs: error: found --group with --model; expected --panel or --table: a saved model holds no "
                  "people [E-USAGE]\n", "measure", "--model", "x.rungs", "--group", "sex")
        run = self.run_rungs("measure", "--matrix", "m.csv", *LADDER, "--group", "sex")
        self.assertEqual((run.returncode, run.stdout), (2, ""))
        self.assertIn("--group excludes --matrix", run.stderr.replace("--matrix excludes --group", "--group excludes --matrix"))

    def test_a_group_without_moves_is_named(self):
        self.write("few.csv", "id,time,state,g\n1,1,a,x\n1,2,b,x\n1,3,b,x\n2,1,a,y\n2,2,a,y\n")
        self.says(3, "rungs: error: group 'y': found no observed move from 'b'; expected a stated treatment: absorbing "
                  "(nobody leaves it), prior (with a Dirichlet prior), or refuse [E-ROW-EMPTY]\n",
                  "estimate", "--panel", "few.csv", "--ladder", "a < b", "--group", "g")

    def test_a_saved_model_keeps_its_groups(self):
        told = ("inputs", "estimated_from", "warnings")
        for more in ([], ["--method", "dirichlet:0.5"], ["--by-period", "--method", "dirichlet:0.5"], ["--gap", "em"]):
            for of in (LONG, WIDE):
                run = self.ok("estimate", *of, "--group", "sex", *more, "-o", "x.rungs", "--force")
                self.assertEqual(run.stdout, self.ok("estimate", *of, "--group", "sex", *more).stdout)
                data = self.json("measure", *of, "--group", "sex", *more, *QUESTION)
                saved = self.json("measure", "--model", "x.rungs", *QUESTION)
                self.assertEqual([g["group"] for g in saved["groups"]], ["men", "women"])
                self.assertEqual(without(saved, *told), without(data, *told), more)
                self.assertEqual(saved["estimated_from"], data["inputs"])
                self.assertEqual(self.ok("measure", "--model", "x.rungs", *QUESTION, "--format", "csv").stdout,
                                 self.ok("measure", *of, "--group", "sex", *more, *QUESTION, "--format", "csv").stdout)
        self.ok("estimate", *LONG, "--group", "sex", "--pool-groups", "-o", "x.rungs", "--force")
        self.assertNotIn("groups", self.json("measure", "--model", "x.rungs", *QUESTION))

    def test_a_scenario_takes_a_saved_model_of_its_groups(self):
        scenario = str(PANELS / "spells.toml")
        self.ok("estimate", *SPELLS, "--group", "sex: women, men", "--method", "dirichlet:0.5", "-o", "x.rungs")
        data, saved = (self.json("evaluate", scenario, *more) for more in ([], ["--model", "x.rungs"]))
        for key in ("ladder", "baseline", "policies"):
            self.assertEqual(saved[key], data[key])
        self.assertNotIn("move by it alike", str(saved["warnings"]))
        self.ok("estimate", *SPELLS, "--group", "sex", "--method", "dirichlet:0.5", "-o", "y.rungs")  # men, women: another order
        run = self.run_rungs("evaluate", scenario, "--model", "y.rungs")
        self.assertEqual((run.returncode, run.stdout), (3, ""))
        self.assertIn("[E-LADDER-OTHER]", run.stderr)


class Scenarios(Program):
    def scenario(self, data):
        for name in ("long", "wide", "spells"):
            shutil.copy(PANELS / f"{name}.csv", self.folder)
        text = (PANELS / "spells.toml").read_text()
        return self.write("scenario.toml", re.sub(r"(?s)# \[data\]\n.*# \[data\]\n", "[data]\n" + data + "\n", text))

    def answer(self, data):
        found = json.loads(self.ok("evaluate", self.scenario(data), "--format", "json").stdout)
        return without(found, "inputs", "warnings")

    def test_layouts_of_a_scenario_give_one_answer(self):
        rest = 'id = "person"\ngroup = "sex"\nmethod = "dirichlet:0.5"\n'
        long = self.answer('panel = "long.csv"\ntime = "year"\nstate = "job"\n' + rest)
        self.assertEqual(self.answer('panel = "wide.csv"\nlayout = "wide"\n' + rest), long)
        self.assertEqual(self.answer('panel = "wide.csv"\nlayout = "wide"\nstate = "job"\ntimes = "2015:2021"\n' + rest),
                         long)
        spells = json.loads(self.ok("evaluate", str(PANELS / "spells.toml"), "--format", "json").stdout)
        self.assertEqual(without(spells, "inputs", "warnings"), long)

    def test_keys_go_with_their_layout(self):
        for data, words in [
            ('panel = "wide.csv"\nlayout = "broad"', "found 'broad'"),
            ('panel = "wide.csv"\ntimes = "1:2"', "found 'times' in [data] of a panel with the layout \"long\"; expected "
             "layout = \"wide\" with it [E-CFG-KEY]"),
            ('panel = "wide.csv"\nlayout = "wide"\ntime = "year"', "found 'time' in [data] of a panel with the layout "
             "\"wide\"; expected layout = \"long\" with it [E-CFG-KEY]"),
            ('panel = "spells.csv"\nlayout = "spells"', "found spells without 'ends' in [data]; expected ends = "
             "\"included\" where a spell still holds at the time that stands as its end, or \"excluded\" [E-CFG-KEY]"),
            ('panel = "spells.csv"\nlayout = "spells"\nends = "included"\nuntil = 3000000000', "[E-CFG-RANGE]"),
        ]:
            run = self.run_rungs("evaluate", self.scenario(data))
            self.assertEqual((run.returncode, run.stdout), (3, ""), run.stderr)
            self.assertIn(words, run.stderr)


class Page(Program):
    """The page on panels: its commands run, and print what it says."""

    def test_commands_of_the_page(self):
        page = (SOURCE / "docs/how-to/bring-your-panel.md").read_text()
        commands = re.findall(r"(?m)^\$ (rungs (?:.*\\\n)*.*)$", page)
        self.assertGreaterEqual(len(commands), 4)
        for command in commands:
            run = subprocess.run(["sh", "-c", command.replace("rungs ", f"'{PROGRAM}' ", 1)], cwd=SOURCE,
                                 capture_output=True, text=True, timeout=300)
            self.assertEqual(run.returncode, 0, run.stderr)
        first = subprocess.run(["sh", "-c", commands[0].replace("rungs ", f"'{PROGRAM}' ", 1)], cwd=SOURCE,
                               capture_output=True, text=True, timeout=300)
        self.assertEqual(first.stdout, (PANELS / "long.out").read_text())


if __name__ == "__main__":
    unittest.main()
