# SPDX-FileCopyrightText: 2026 The Rungs authors
# SPDX-License-Identifier: BSL-1.0
"""evaluate.py: rungs evaluate as a planner meets it, and as a sceptic recomputes it.

Needs RUNGS_PROGRAM in the environment; RUNGS_SOURCE_DIR is the folder above this one's if it is not given.
"""
import csv
import json
import math
import os
import pathlib
import random
import re
import subprocess
import tempfile
import time
import unittest

import jsonschema

PROGRAM = os.environ["RUNGS_PROGRAM"]
SOURCE = pathlib.Path(os.environ.get("RUNGS_SOURCE_DIR", pathlib.Path(__file__).resolve().parents[2]))
CAREERS = SOURCE / "examples/careers/training.toml"
CLASS = SOURCE / "examples/enclave/left_the_class.toml"
NON_MANUAL = SOURCE / "examples/enclave/non_manual.toml"
SCHEMA = json.loads((SOURCE / "docs/reference/evaluate.schema.json").read_text())
ANSWERS = {}

TABLE = "from,to,people\na,a,60\na,b,25\na,d,15\nb,a,10\nb,b,50\nb,c,30\nb,d,10\nc,b,10\nc,c,85\nc,d,5\n"
MATRIX = "from,a,b,c,d\na,0.6,0.25,0,0.15\nb,0.1,0.5,0.3,0.1\nc,0,0.1,0.85,0.05\n"
HEAD = """[ladder]
rungs = [["a"], ["b"], ["c"]]
exits = ["d"]
[data]
{data}
[population]
year = 2020
start = {{ a = 300, b = 100 }}
{inflow}
[question]
from = "a"
reach = "c"
within_years = {within}
"""
RUN = "[economics]\ncurrency = \"CNY\"\ndiscount_rate = {rate}\n[run]\nseed = 5\ndraws = {draws}\n"
COURSE = """[[programme]]
name = "{name}"
from = "a"
to = "b"
effect = {{ {effect}, source = "assumed" }}
cost = {{ per_participant = 2400, fixed_per_year = 500 }}
{terms}
"""


def course(name="course", effect="odds_ratio = 2, interval = [1.5, 3]", terms=""):
    return COURSE.format(name=name, effect=effect, terms=terms)


def scenario(*programmes, data='table = "table.csv"', within=6, inflow="", rate=0.03, draws=300, run=True):
    head = HEAD.format(data=data, within=within, inflow=inflow)
    return head + "".join(programmes) + (RUN.format(rate=rate, draws=draws) if run else "")


# In one step a fifth of 1000 people move up.
ONE_MOVE = "from,a,b\na,0.8,0.2\nb,0,1\n"
ONE_STEP = """[ladder]
rungs = ["a", "b"]
[data]
matrix = "moves.csv"
[population]
start = { a = 1000 }
[question]
from = "a"
reach = "b"
within_years = 1
"""


class Rungs(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.write("table.csv", TABLE)
        self.write("matrix.csv", MATRIX)

    def write(self, name, text):
        path = pathlib.Path(self.folder.name) / name
        path.write_text(text)
        return path

    def run_program(self, *arguments, **options):
        environment = {k: v for k, v in os.environ.items() if k != "RUNGS_SEED"}
        return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, env=environment, **options)

    def output(self, path, *arguments):
        done = self.run_program("evaluate", path, "--format", "json", *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def answer(self, what, *arguments):
        """What the program says of a scenario, checked against the schema; of the examples, each question is asked once."""
        path = what if isinstance(what, pathlib.Path) else self.write("scenario.toml", what)
        example = SOURCE in path.parents
        asked = (path, *map(str, arguments))
        if not example or asked not in ANSWERS:
            text = self.output(path, *arguments)
            jsonschema.Draft7Validator(SCHEMA).validate(json.loads(text))
            if not example:
                return json.loads(text)
            ANSWERS[asked] = text
        return json.loads(ANSWERS[asked])

    def refused(self, text, message, status=3, arguments=()):
        """Exit status, empty stdout, no output file, and a message; returns stderr."""
        path = self.write("scenario.toml", text)
        target = pathlib.Path(self.folder.name) / "out.json"
        done = self.run_program("evaluate", path, "-o", target, *arguments)
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertEqual(done.stdout, "")
        self.assertFalse(target.exists())
        self.assertEqual(sorted(p.name for p in target.parent.iterdir() if "out" in p.name), [])
        self.assertRegex(done.stderr, message.replace("FILE", re.escape(str(path))))
        return done.stderr

    def near(self, a, b, tolerance=1e-9):
        self.assertLessEqual(abs(a - b), tolerance * max(1, abs(a), abs(b)), (a, b))


def value(estimate):
    return estimate["value"]


def heads(part, period):
    at = [t for t in part["trajectory"] if t["period"] == period]
    return {name: value(e) for name, e in at[0]["headcount"].items()}


def codes(answer):
    return {w["code"] for w in answer["warnings"]}


class Examples(Rungs):
    def test_the_schema_is_strict(self):
        jsonschema.Draft7Validator.check_schema(SCHEMA)

        def walk(node):
            if isinstance(node, dict):
                if node.get("type") == "object" and "properties" in node:
                    self.assertIs(node.get("additionalProperties"), False, node)
                for inner in node.values():
                    walk(inner)
            elif isinstance(node, list):
                for inner in node:
                    walk(inner)

        walk(SCHEMA)
        good = self.answer(CAREERS)
        for path in ((), ("baseline",), ("policies", 0), ("comparison",), ("baseline", "reach"), ("policies", 0, "cost"), ("question",)):
            for change in ("more", "less"):
                bad = json.loads(json.dumps(good))
                part = bad
                for step in path:
                    part = part[step]
                if change == "more":
                    part["surprise"] = 1
                else:
                    part.pop(sorted(k for k in part if k != "unreachable")[0])
                self.assertFalse(jsonschema.Draft7Validator(SCHEMA).is_valid(bad), (path, change))

    def test_careers(self):
        began = time.monotonic()
        out = self.answer(CAREERS)
        print(f"the careers example took {time.monotonic() - began:.2f} s", flush=True)
        self.assertEqual([p["name"] for p in out["policies"]], ["training", "training at government scale"])
        self.assertEqual(out["question"]["people"], 454)
        self.check_identities(out, 1800, 50000)

    def test_the_enclave_has_a_ceiling(self):
        for path in (CLASS, NON_MANUAL):
            out = self.answer(path)
            missing = [{"from": "senior technician", "to": "entrepreneur"}]
            training, loans, both, _ = out["policies"]
            for part in (out["baseline"], training):
                self.assertEqual([part["reach"][k] for k in ("value", "lower", "upper")], [0, 0, 0])
                self.assertEqual([part["people_reaching"][k] for k in ("value", "lower", "upper")], [0, 0, 0])
                self.assertEqual(part["unreachable"]["missing_moves"], missing)
                self.assertIn("'senior technician' -> 'entrepreneur'", part["unreachable"]["reason"])
            self.assertIsNone(training["cost_per_additional_person"])
            self.assertIn("nobody", training["ratio_refused"])
            self.assertGreater(value(loans["reach"]), 0)
            self.assertGreater(value(both["reach"]), value(loans["reach"]))
            self.check_identities(out)
            table = self.run_program("evaluate", path).stdout
            self.assertIn("the missing move is 'senior technician' -> 'entrepreneur'", table)

    def test_in_the_enclave_both_beat_loans_in_every_draw(self):
        text = NON_MANUAL.read_text().replace('"moves.csv"', f'"{SOURCE / "examples/enclave/moves.csv"}"')
        parts = re.split(r"(?m)^(?=\[\[policy\]\]|\[economics\])", text)

        def shares(names, change=lambda x: x):
            kept = [p for p in parts if not p.startswith("[[policy]]") or re.search('name = "(.*)"', p)[1] in names]
            best = self.answer(change("".join(kept)))["comparison"]["probability_best"]
            return {name: value(share) for name, share in best.items()}

        both = "training and petty loans"
        self.assertEqual(shares(["petty loans"]), {"baseline": 0, "petty loans": 1})
        # The interval of the training's odds ratio starts at 1.1: in a few draws in a thousand training does harm.
        self.assertGreater(shares(["petty loans", both])[both], 0.99)
        known = shares(["petty loans", both], lambda x: x.replace("odds_ratio = 2, interval = [1.1, 3.6]", "odds_ratio = 2"))
        self.assertEqual(known, {"baseline": 0, "petty loans": 0, both: 1})

    def check_identities(self, out, per_participant=None, fixed=0):
        base = out["baseline"]
        for part in [base, *out["policies"]]:
            self.near(value(part["people_reaching"]), value(part["reach"]) * out["question"]["people"])
            self.near(sum(value(f["probability"]) for f in part["first_passage"]), value(part["reach"]))
            periods = [t["period"] for t in part["trajectory"]]
            self.assertEqual(periods, [f["period"] for f in part["first_passage"]])
            for period, after in zip(periods, periods[1:]):
                now, then = heads(part, period), heads(part, after)
                leave, arrive = dict.fromkeys(now, 0.0), dict.fromkeys(now, 0.0)
                for flow in part["flows"]:
                    if flow["period"] == period:
                        leave[flow["from"]] += value(flow["heads"])
                        arrive[flow["to"]] += value(flow["heads"])
                for stratum in out["ladder"]["strata"]:
                    self.near(leave[stratum], now[stratum])
                come = {"primary worker": 10 + 0.8 * now["entrepreneur"]} if "entrepreneur" in now else {}
                for stratum, people in then.items():
                    stay = now[stratum] if stratum in out["ladder"]["exits"] else 0
                    self.near(people, arrive[stratum] + stay + come.get(stratum, 0))
                self.near(sum(then.values()), sum(now.values()) + sum(come.values()))
        for part in out["policies"]:
            more = value(part["additional_people_reaching"])
            self.near(more, value(part["people_reaching"]) - value(base["people_reaching"]))
            self.assertEqual(part["net"], part["additional_people_reaching"])
            self.near(value(part["participants"]), sum(value(p["participants"]) for p in part["programmes"]))
            if part["number_needed_to_train"]:
                self.near(value(part["number_needed_to_train"]), value(part["participants"]) / more)
                self.near(value(part["cost_per_additional_person"]), value(part["cost"]["total"]) / more)
            if per_participant:
                self.near(value(part["cost"]["total"]), per_participant * value(part["participants"]) + fixed)
            (point,) = [f for f in out["comparison"]["frontier"] if f["name"] == part["name"]]
            self.assertEqual(point["cost"], part["cost"]["total"])
            self.assertEqual(point["additional_people_reaching"], part["additional_people_reaching"])
        self.near(sum(value(p) for p in out["comparison"]["probability_best"].values()), 1)


class Reference(Rungs):
    """The page about scenario files: its examples run, and it knows every key that the program knows."""

    def test_the_examples_of_the_page_run(self):
        found = sorted((SOURCE / "examples/keys").glob("*.toml"))
        self.assertEqual([p.name for p in found], ["allocation.toml", "classes.toml", "equity.toml", "groups.toml", "half_years.toml", "kinds.toml", "matrix.toml", "panel.toml", "programmes.toml", "shares.toml", "table.toml", "values.toml"])
        for path in found:
            out = self.answer(path)
            self.assertEqual(out["seed"], 7)

    def test_every_key_is_on_the_page(self):
        page = (SOURCE / "docs/reference/scenario.md").read_text()
        good = (SOURCE / "examples/keys/matrix.toml").read_text()
        table = (SOURCE / "examples/keys/table.toml").read_text()
        panel = (SOURCE / "examples/keys/panel.toml").read_text()
        places = [(good, f"[{t}]\n") for t in ("ladder", "data", "population", "question", "economics", "run")]
        places += [(good, "[[programme]]\n"), (good, "[[policy]]\n"), (table, "[data]\n"), (panel, "[data]\n")]
        full = (SOURCE / "examples/keys/programmes.toml").read_text()
        places += [(good, "effect = { "), (good, "  { "), (good, "cost = { "), (good, "inflow = { ")]
        places += [(full, "loan = { "), (full, "deadweight = { "), (full, "  { "), (full, '"designer" = { ')]
        groups = (SOURCE / "examples/keys/groups.toml").read_text()
        places += [(groups, "[[group]]\n"), (groups, "[data]\n")]
        values, seats = ((SOURCE / f"examples/keys/{name}.toml").read_text() for name in ("values", "allocation"))
        places += [(values, "[[value]]\n"), (values, "once = { "), (seats, "[allocation]\n"), (seats, "[[allocation.limit]]\n")]
        known = set()
        for text, place in places:
            done = self.run_program("evaluate", self.write("scenario.toml", text.replace(place, place + ("unheard_of = 1\n" if place.endswith("\n") else "unheard_of = 1, "), 1)))
            told = re.search("found the unknown key 'unheard_of' in .*; expected one of (.*) \\[E-CFG-KEY\\]", done.stderr)
            self.assertIsNotNone(told, (place, done.stderr))
            known.update(re.findall("'(.*?)'", told[1]))
        self.assertGreater(len(known), 90)
        self.assertEqual([key for key in sorted(known) if not re.search(rf"`(\[\[|\[|){key}(\]\]|\]|)`", page)], [])


    def test_periods_are_years_for_steps_of_any_length(self):
        half = scenario(course(terms="uptake = 0.1"), data='matrix = "matrix.csv"\nstep_years = 0.5\npeople_behind = { a = 50, b = 50, c = 50 }', within=3)
        half = half.replace("year = 2020", "period = 1")
        takes = lambda terms: self.answer(half.replace("uptake = 0.1", "uptake = 0.1\n" + terms))["policies"][0]
        always, never = takes("")["participants"]["value"], takes("periods = [7, 9]")["participants"]["value"]
        parts = [takes(f"periods = [{k}, {k}]")["participants"]["value"] for k in (1, 2)]
        self.assertAlmostEqual(parts[0], 30)  # a tenth of the 300 who start there
        both = takes("periods = [1, 2]")["participants"]["value"]
        self.assertGreater(both, parts[0])
        self.assertGreater(always, both)
        self.assertEqual(never, 0)
        self.refused(half.replace("uptake = 0.1", "uptake = 0.1\nyears = [1, 2]"),
                     r"FILE:23:9: error: found 'years' and a step of 0.5 years that is 1 in the units of the period; expected 'periods', "
                     r"\[first, last\] in those units, or a step that is as many units as years \[E-STEP\]")
        whole = scenario(course(terms="years = [2020, 2021]"))
        self.assertEqual(self.answer(whole)["policies"], self.answer(whole.replace("years = [2020, 2021]", "periods = [2020, 2021]"))["policies"])
        self.refused(whole.replace("years = [2020, 2021]", "years = [2020, 2021]\nperiods = [2020, 2021]"),
                     r"FILE:21:11: error: found 'periods' beside 'years'; expected one of them \[E-CFG-KEY\]")
        self.refused(whole.replace("years = [2020, 2021]", "periods = [2021, 2020]"),
                     r"FILE:20:11: error: found periods from 2021 to 2020; expected the first period first \[E-EFFECT-DATES\]")

    def test_amounts_may_be_uncertain(self):
        known = scenario(course(terms="uptake = 0.1"), within=3)
        doubt = known.replace("per_participant = 2400", "per_participant = { amount = 2400, interval = [1800, 3600], source = \"three tenders\" }")
        first, out = (self.answer(text)["policies"][0] for text in (known, doubt))
        self.assertEqual(first["reach"], out["reach"])
        self.assertEqual(first["additional_people_reaching"], out["additional_people_reaching"])
        total, before = out["cost"]["total"], first["cost"]["total"]
        self.assertEqual(total["varied"], before["varied"] + ["amounts"])
        self.assertNotIn("amounts", out["additional_people_reaching"]["varied"])
        self.assertLess(total["lower"], 0.85 * before["lower"])
        self.assertGreater(total["upper"], 1.2 * before["upper"])
        path = self.write("scenario.toml", doubt)
        self.assertIn("; in those of money also its amounts.", self.run_program("evaluate", path).stdout)
        told = self.run_program("evaluate", self.write("scenario.toml", doubt.replace(', source = "three tenders"', ""))).stderr
        self.assertRegex(told, r"19:28: warning: found no source of 'per_participant' of the cost of 'course'; .*\[W-EFFECT-EVIDENCE\]")
        for bad, message in (("[-1, 3600]", r"found an amount of 2400 with an interval from -1 to 3600; expected all three above 0, or all below, "
                                           r"within a factor of a million \[E-COST\]"),
                             ("[2500, 3600]", r"found an amount of 2400 with an interval from 2500 to 3600; expected the amount within it \[E-EFFECT-INTERVAL\]")):
            self.refused(doubt.replace("[1800, 3600]", bad), r"FILE:19:\d+: error: " + message)
        # One number for all worlds is the mean, whether draws are of a posterior or of samples.
        wide = doubt.replace("[1800, 3600]", "[1800, 9000]")
        both = [self.answer(wide.replace('data', 'data', 1).replace('table = "table.csv"', f'table = "table.csv"\nmethod = "{m}"'), "--draws", "4000")
                for m in ("proportions", "dirichlet:0.01")]
        costs = [out["policies"][0]["cost"]["total"] for out in both]
        self.assertLess(abs(costs[0]["value"] / costs[1]["value"] - 1), 0.05)
        self.assertGreater(costs[0]["value"], 1.15 * before["value"])
        values = doubt + '[[value]]\nname = "wages"\nwhose = "participant"\nper_year_in = { b = { amount = 100, interval = [50, 200], source = "made up" } }\n'
        wages = self.answer(values)["policies"][0]["values"][0]
        self.assertIn("amounts", wages["total"]["varied"])
        self.assertLess(wages["total"]["lower"], 0.7 * wages["total"]["value"])

    def test_shares_alone_are_as_their_saved_model(self):
        path = SOURCE / "examples/keys/shares.toml"
        text = path.read_text().replace('"payroll.csv"', f'"{SOURCE / "examples/keys/payroll.csv"}"')
        at_once = self.answer(text)
        ladder = ('[ladder]\nrungs = [["learner"], ["skilled"], ["foreman"]]\nexits = ["left"]\nmoves = ["learner -> skilled", '
                  '"skilled -> foreman", "learner -> left", "skilled -> left", "foreman -> left"]\n')
        model = pathlib.Path(self.folder.name) / "payroll.rungs"
        done = self.run_program("estimate", "--shares", SOURCE / "examples/keys/payroll.csv", "--unit", "heads", "--shares-of", "panel",
                                "--time", "year", "--ladder", self.write("ladder.toml", ladder), "--seed", 7, "--draws", 400, "-o", model)
        self.assertEqual(done.returncode, 0, done.stderr)
        saved = self.answer(re.sub(r"shares = .*\nunit.*\nshares_of.*\ntime.*\n", f'model = "{model}"\n', text))
        self.assertEqual(at_once["baseline"], saved["baseline"])
        self.assertEqual(at_once["policies"], saved["policies"])
        self.assertLess(at_once["baseline"]["reach"]["lower"], at_once["baseline"]["reach"]["upper"])
        # A seed that was picked is that of everything; of the same seed comes the same.
        picked = self.run_program("evaluate", self.write("any.toml", text.replace("seed = 7\n", "")), "--format", "json")
        out = json.loads(picked.stdout)
        self.assertEqual(picked.stderr.count("W-SEED"), 1)
        again = self.answer(text.replace("seed = 7\n", f"seed = {out['seed']}\n"))
        self.assertEqual(out["policies"], again["policies"])
        # Two years do not tell five moves.
        self.write("short.csv", "year,learner,skilled,foreman,left\n2020,1000,500,200,0\n2021,800,560,220,120\n")
        self.refused(re.sub("shares = .*", 'shares = "short.csv"', text), r"FILE:12:10: error: .*\[E-IDENT\]")
        self.refused(text.replace('unit = "heads"\n', ""), r"FILE:11:1: error: found 'shares' without 'unit' in \[data\]; "
                                                           r"expected heads, shares or percent: what the numbers are \[E-CFG-KEY\]")

    def test_groups_add_up_and_share_what_runs_out(self):
        out = self.answer(SOURCE / "examples/keys/groups.toml")
        self.assertEqual(out["ladder"]["groups"], ["women", "men"])
        parts = {p["name"]: p for p in [out["baseline"]] + out["policies"]}
        for part in parts.values():
            women, men = part["groups"]
            self.assertEqual((women["people"], men["people"]), (250, 150))
            self.near(250 * value(women["reach"]) + 150 * value(men["reach"]), 400 * value(part["reach"]), 1e-9)
            (gap,) = part["gaps"]
            self.near(value(gap["reach"]), value(women["reach"]) - value(men["reach"]), 1e-9)
            for at in part["trajectory"]:
                here = {name: value(e) for name, e in at["headcount"].items()}
                self.assertLessEqual(here["women: foreman"] + here["men: foreman"], 40 + 3 * 6 + 1e-9)
                for stratum, e in at["together"].items():
                    self.near(value(e), here["women: " + stratum] + here["men: " + stratum], 1e-9)
        course = parts["evening course"]
        women, men = course["groups"]
        self.near(value(women["participants"]) + value(men["participants"]), value(course["participants"]), 1e-9)
        self.near(value(women["additional_people_reaching"]) + value(men["additional_people_reaching"]),
                  value(course["additional_people_reaching"]), 1e-9)
        # Posts bind: what women gain by childcare some men lose.
        women, men = parts["evening course and childcare"]["groups"]
        self.assertGreater(women["additional_people_reaching"]["lower"], 0)
        self.assertLess(value(men["additional_people_reaching"]), 0)

    def test_each_group_may_have_a_file_of_its_own(self):
        table = (SOURCE / "examples/keys/moves_by_group.csv").read_text().splitlines()
        text = (SOURCE / "examples/keys/groups.toml").read_text()
        for group in ("women", "men"):
            rows = [line[len(group) + 1:] for line in table if line.startswith(group + ",")]
            self.write(group + ".csv", "\n".join(["origin,destination,count"] + rows) + "\n")
        self.write("moves_by_group.csv", "\n".join(table) + "\n")
        together = self.answer(self.write("together.toml", text))
        data = '[group.data]\ntable = "{}.csv"\nmethod = "dirichlet:0.5"\n'
        text = text.replace('"skilled" = 40 }\n', '"skilled" = 40 }\n' + data.format("women"), 1)
        text = text.replace('"foreman" = 20 }\n', '"foreman" = 20 }\n' + data.format("men"), 1)
        text = text.replace('[data]\ntable = "moves_by_group.csv"\ngroup = "sex"\nmethod = "dirichlet:0.5"\n', "", 1)
        apart = self.answer(self.write("apart.toml", text))
        self.assertEqual(len(apart["inputs"]), 3)
        self.assertEqual(apart["baseline"]["groups"], together["baseline"]["groups"])
        self.assertEqual(apart["policies"], together["policies"])

    def test_the_numbers_of_the_page_are_those_of_the_program(self):
        out = self.answer(SOURCE / "examples/keys/programmes.toml")
        parts = {p["name"]: p for p in out["policies"]}
        (placement,) = parts["placement"]["programmes"]
        self.near(value(placement["participants"]), 40)
        self.assertLess(value(parts["placement"]["additional_people_reaching"]), 0.4 * value(parts["placement"]["gross"]))
        (loan,) = parts["loan"]["programmes"]
        self.near(value(loan["participants"]), 30)
        self.near(value(parts["loan"]["cost"]["total"]), 25596, 0.06)  # a mean over defaults, of which the median is 0.1
        for part in parts.values():
            for at in part["trajectory"]:
                here = {name: value(e) for name, e in at["headcount"].items()}
                self.assertLessEqual(here["designer"], 12 + 2 * (at["period"] - 2026) + 1e-9)
                self.assertLessEqual(here["foreman"], 40 + 1e-9)
        one_by_one, either = (parts[name]["programmes"] for name in ("workshop and modules, one by one", "workshop or modules"))
        self.assertLess(sum(value(p["participants"]) for p in either), sum(value(p["participants"]) for p in one_by_one))
        more = [value(parts[name]["reach"]) for name in ("workshop and modules, one by one", "workshop with modules")]
        self.assertLess(more[0], more[1])


class Values(Rungs):
    """What standing, moving and taking part are worth, and to whom."""

    def test_the_identities_of_money_hold(self):
        out = self.answer(SOURCE / "examples/keys/values.toml")
        (part,) = out["policies"]
        values = {v["name"]: v for v in part["values"]}
        before = {v["name"]: v for v in out["baseline"]["values"]}
        for name, v in values.items():
            self.near(value(v["additional"]), value(v["total"]) - value(before[name]["total"]), 1e-6)
            self.assertGreater(v["total"]["draws"], 0)
        self.assertEqual({n: (v["whose"], v["unit"], v["discount_rate"]) for n, v in values.items()},
                         {"earnings after tax": ("participant", None, 0.03), "grant": ("participant", None, 0.03),
                          "income tax": ("budget", None, 0.03), "hiring": ("others", None, 0.05),
                          "time in charge": (None, "years", 0.015)})
        more = {n: value(v["additional"]) for n, v in values.items()}
        gain = {whose: value(e) for whose, e in part["gain"].items()}
        self.near(gain["budget"], more["income tax"] - value(part["cost"]["total"]), 1e-6)
        self.near(gain["participant"], more["earnings after tax"] + more["grant"], 1e-6)
        self.near(gain["society"], gain["budget"] + gain["participant"] + more["hiring"], 1e-6)
        self.near(value(part["net_benefit"]), 20000 * value(part["additional_people_discounted"]) + gain["society"], 1e-6)
        self.assertEqual(out["comparison"]["perspective"], "society")
        self.near(value(part["cost"]["total"]), 40 * 2400 + 50000 + 30000)  # all in the first year
        # 40 of 400 learners enrol, and go without 0.8 of 30000 for half a year; the grant is paid as they do.
        self.near(value(values["earnings after tax"]["forgone"]), 480000 * (1 + 1 / 1.03) / 2, 1e-9)
        self.assertEqual(value(before["earnings after tax"]["forgone"]), 0)
        self.assertIsNone(values["grant"]["forgone"])
        self.near(value(values["grant"]["total"]), 40 * 600)

    def test_the_answer_is_what_its_trajectory_and_flows_say(self):
        # One matrix that is known: nothing varies, and the numbers of people are there to be added up.
        matrix = [[0.6, 0.25, 0.0, 0.15], [0.1, 0.5, 0.3, 0.1], [0.0, 0.1, 0.85, 0.05], [0.0, 0.0, 0.0, 1.0]]
        text = scenario(course(effect="odds_ratio = 2", terms="uptake = 0.2\nlock_in_years = 1\nearnings_forgone = 0.5\nyears = [2021, 2022]"),
                        data='matrix = "matrix.csv"', rate=0.05, run=False) + """
[economics]
discount_rate = 0.05
outcome_discount_rate = 0.02
value_per_additional_person = 1000
perspective = "participant"
[[value]]
name = "wages"
whose = "participant"
earnings = true
per_year_in = { a = 10, b = 20, c = 30 }
within_period = "start"
[[value]]
name = "moving"
whose = "others"
per_move = { "a -> b+" = -4 }
per_entry = { c = -2 }
due = "start"
discount_rate = 0.1
[run]
seed = 1
draws = 10
"""
        out = self.answer(text)
        (part,) = out["policies"]
        now = [300.0, 100.0, 0.0, 0.0]
        for one in (out["baseline"], part):
            wages, moving = (value(v["total"]) for v in one["values"])
            years = range(2020, 2026)
            lost = value(one["values"][0]["forgone"])
            self.near(wages + lost, sum(1.05 ** (2020 - y) * sum(pay * heads(one, y)[s] for s, pay in (("a", 10), ("b", 20), ("c", 30))) for y in years), 1e-9)
            flow = {(f["period"], f["from"], f["to"]): value(f["heads"]) for f in one["flows"]}
            self.near(moving, sum(1.1 ** (2020 - y) * (-4 * sum(flow.get((y, "a", s), 0) for s in "bc") - 2 * sum(flow.get((y, s, "c"), 0) for s in "ab")) for y in years), 1e-9)
        # In 2021 a fifth of those in a enrol, who are locked in for that year; in 2022 a fifth of the others there.
        first = 0.2 * heads(part, 2021)["a"]
        untrained = times(now, matrix)
        self.near(first, 0.2 * untrained[0], 1e-12)
        untrained[0] *= 0.8
        second = 0.2 * times(untrained, matrix)[0]
        self.near(value(part["participants"]), first + second, 1e-9)
        self.near(lost, 0.5 * 10 * (first / 1.05 + second / 1.05 ** 2), 1e-9)
        arrivals = [value(a["probability"]) - value(b["probability"]) for a, b in zip(part["first_passage"], out["baseline"]["first_passage"])]
        people = 300 * sum(x * 1.02 ** -t for t, x in enumerate(arrivals))
        self.near(value(part["additional_people_discounted"]), people, 1e-9)
        self.near(value(part["net_benefit"]), 1000 * people + value(part["values"][0]["additional"]), 1e-7)

    def test_probabilities_that_change_with_age(self):
        # Hip replacement at 60 (Briggs, Claxton and Sculpher 2006, exercise 3.5), from a table with a line for each year.
        strata, first, rows = ("P", "SP", "R", "SR", "D"), [1.0, 0, 0, 0, 0], []
        sums = {False: [0.0, 0.0], True: [0.0, 0.0]}  # of revisions and of quality of life, discounted
        now = {new: list(first) for new in sums}
        for t in range(1, 61):
            dies = next(q for age, q in ((85, 0.1548), (75, 0.0535), (65, 0.0193), (55, 0.0067)) if 60 + t >= age)
            gamma = math.exp(0.3740968)
            for new in sums:
                hazard = math.exp(-5.490935 - 0.0367022 * 60 - (1.344474 if new else 0)) * (t ** gamma - (t - 1) ** gamma)
                fails = -math.expm1(-hazard)
                p = [[0, 0.98, 0, 0, 0.02], [0, 1 - fails - dies, fails, 0, dies], [0, 0, 0, 0.98 - dies, 0.02 + dies],
                     [0, 0, 0.04, 0.96 - dies, dies], [0, 0, 0, 0, 1]]
                now[new] = times(now[new], p)
                sums[new][0] += 5294 * now[new][2] * 1.06 ** -t
                sums[new][1] += sum(u * x for u, x in zip((0, 0.85, 0.30, 0.75), now[new])) * 1.015 ** -t
                if not new:
                    rows += [f"{t - 1},{a},{b},{x!r}" for a, row in zip(strata[:4], p) for b, x in zip(strata, row) if x > 0]
        self.write("years.csv", "year,from,to,probability\n" + "\n".join(rows) + "\n")
        out = self.answer(f"""[ladder]
rungs = [["P", "R"], ["SP", "SR"]]
exits = ["D"]
moves = ["P -> SP", "P -> D", "SP -> R", "SP -> D", "R -> SR", "R -> D", "SR -> R", "SR -> D"]
[data]
table = "years.csv"
period = "year"
origin = "from"
destination = "to"
count = "probability"
weight = "precision"
[population]
period = 0
start = {{ P = 1000 }}
[question]
from = "P"
reach = "R"
within_years = 60
[[programme]]
name = "new prosthesis"
eligible = ["P", "SP", "R", "SR"]
from = "SP"
to = "R"
effect = {{ hazard_ratio = {math.exp(-1.344474)!r}, source = "Briggs, Claxton and Sculpher (2006)" }}
given_up = "staying"
years = [0, 0]
cost = {{ per_participant = 185 }}
[[value]]
name = "revisions"
whose = "budget"
per_year_in = {{ R = -5294 }}
within_period = "end"
[[value]]
name = "QALYs"
unit = "QALYs"
per_year_in = {{ SP = 0.85, R = 0.30, SR = 0.75 }}
within_period = "end"
discount_rate = 0.015
[economics]
currency = "GBP"
discount_rate = 0.06
[run]
seed = 1
draws = 10
""")
        for new, one in ((False, out["baseline"]), (True, out["policies"][0])):
            revisions, quality = (value(v["total"]) for v in one["values"])
            self.near(revisions, -1000 * sums[new][0], 1e-12)
            self.near(quality, 1000 * sums[new][1], 1e-12)
        self.near(-revisions + 1000 * 579, 610311.818, 1e-9)
        self.near(quality, 14697.70986, 1e-9)
        self.assertEqual(value(out["policies"][0]["cost"]["total"]), 185000)

    def test_table_and_csv_say_the_same(self):
        path = SOURCE / "examples/keys/values.toml"
        (part,) = self.answer(path)["policies"]
        rows = list(csv.DictReader(self.run_program("evaluate", path, "--format", "csv").stdout.splitlines()))
        found = {r["quantity"]: float(r["value"]) for r in rows if r["policy"] == "full-time course" and not r["period"]}
        for v in part["values"]:
            self.assertEqual(found["value of " + v["name"]], value(v["total"]))
            self.assertEqual(found["additional value of " + v["name"]], value(v["additional"]))
        for whose, e in part["gain"].items():
            self.assertEqual(found["gain of " + whose], value(e))
        table = self.run_program("evaluate", path).stdout
        for words in ("Values over 6 years, of everybody, discounted", "Who gains, in CNY of 2024, compared with no programme",
                      "full-time course: earnings after tax less the 473010 (same in all draws) that people forgo while they are locked in.",
                      "Net benefit to society, where one more person is worth",
                      "Best in: the share of draws in which its net benefit to society is the largest.",
                      "discounted at 1.5 % a year from the start to the first arrival"):
            self.assertIn(words, table)

    def test_without_values_nothing_changes(self):
        (part,) = [p for p in self.answer(SOURCE / "examples/keys/matrix.toml")["policies"] if p["name"] == "evenings"]
        self.assertEqual(part["values"], [])
        self.assertEqual(value(part["gain"]["budget"]), -value(part["cost"]["total"]))
        self.assertEqual(value(part["gain"]["participant"]), 0)
        self.assertEqual(part["additional_people_discounted"], part["additional_people_reaching"])
        self.assertNotIn("Who gains", self.run_program("evaluate", SOURCE / "examples/keys/matrix.toml").stdout)


class Interventions(Rungs):
    """The programmes of the studies: each in a few lines, and what is known of them whatever their size."""

    def programme_lines(self, path):
        text = re.sub(r"(?m)^#.*\n|\n(?=\n)", "", path.read_text())
        parts = re.split(r"(?m)^(?=\[)", text)
        return {re.search('name = "(.*)"', p)[1]: len(p.strip().splitlines()) - 1 for p in parts if p.startswith("[[programme]]")}

    def additional(self, out):
        return {p["name"]: value(p["additional_people_reaching"]) for p in out["policies"]}

    def here(self, path):
        """A scenario, to be changed and to be read from another folder."""
        return re.sub('matrix = "(.*)"', lambda m: f'matrix = "{path.parent / m[1]}"', path.read_text())

    def test_each_is_expressed_in_a_few_lines(self):
        nine = self.programme_lines(SOURCE / "examples/enclave/interventions.toml")
        self.assertEqual(len(nine), 9)
        self.assertLessEqual(max(nine.values()), 6)
        self.assertLessEqual(sum(nine.values()) / 9, 5)
        national = self.programme_lines(SOURCE / "examples/china/work.toml") | self.programme_lines(SOURCE / "examples/china/self_employed.toml")
        self.assertEqual(sorted(national), ["SIYB", "Spring Breeze", "Sunshine"])
        self.assertLessEqual(max(national.values()), 9)

    def test_nobody_passes_the_ceiling_by_training(self):
        more = self.additional(self.answer(SOURCE / "examples/enclave/interventions.toml"))
        for name, people in more.items():
            self.assertEqual(people > 0, "loans" in name or "replication" in name, name)
        self.assertLess(more["petty loans and school"], more["petty loans"], "the lock-in costs more than the school gains")
        self.assertGreater(more["petty loans, school, continuing education"], more["petty loans and school"])

    def test_the_order_matters_where_one_course_asks_for_another(self):
        path = SOURCE / "examples/enclave/interventions.toml"
        names = ["petty loans", "vocational school", "continuing education"]
        several = '\n[[policy]]\nname = "all"\nprogrammes = ["' + '", "'.join(names) + '"]\n'
        alone = '\n[[policy]]\nname = "no school"\nprogrammes = ["petty loans", "continuing education"]\n'
        text = re.sub(r"(?s)\[\[policy\]\].*(?=\[economics\])", several + alone, self.here(path))
        out = self.answer(text)
        (_, last) = out["policies"][1]["programmes"]
        self.assertEqual(value(last["participants"]), 0)
        self.assertIn("W-NOEFFECT", codes(self.answer(text.replace(several, ""))))
        other = self.answer(text.replace('after = "vocational school"\n', "").replace('name = "vocational school"\n', 'name = "vocational school"\nafter = "continuing education"\n'))
        self.assertNotEqual(self.additional(out)["all"], self.additional(other)["all"])

    def test_joint_effort_is_more_than_the_sum(self):
        more = self.additional(self.answer(SOURCE / "examples/enclave/joint_effort.toml"))
        alone = [more[f"{name} alone"] for name in ("Henan", "the union", "Beijing")]
        self.assertGreater(min(alone), 0)
        self.assertGreater(more["joint effort"], 1.5 * sum(alone))
        self.assertLess(abs(more["all three, side by side"] / sum(alone) - 1), 0.1)
        # Without all of them there is nothing to complement.
        text = self.here(SOURCE / "examples/enclave/joint_effort.toml")
        wrong = text.replace('name = "Henan alone"\n', 'name = "Henan alone"\ncomplements = [{ programmes = ["Henan", "Beijing"], from = "technician", to = "senior technician", odds_ratio = 1.5 }]\n')
        self.refused(wrong, "found the programme 'Beijing'; expected one of 'Henan' \\[E-LABEL-UNKNOWN\\]")

    def test_a_rate_among_participants_is_no_effect(self):
        text = self.here(SOURCE / "examples/china/work.toml")
        told = self.refused(text.replace("counterfactual = [0.3, 0.6], ", ""), r"FILE:\d+:25: error: found a rate of 0.88 .*-0.12 to 0.88 points.*\[E-EFFECT-GROSS\]")
        self.assertIn("give 'counterfactual'", told)
        out = self.answer(text)
        self.assertIn("W-EFFECT-BOUNDS", codes(out))
        same = self.answer(re.sub(r"gross_rate = 0.88, counterfactual = \[0.3, 0.6\]", "points = 0.43, interval = [0.28, 0.58]", text))
        self.near(self.additional(out)["Sunshine"], self.additional(same)["Sunshine"])
        self.assertNotIn("W-EFFECT-BOUNDS", codes(same))


class Nothing(Rungs):
    """Programmes that change nothing leave the baseline's numbers, character by character."""

    def test_no_effect_is_the_baseline(self):
        nothing = [
            course("nobody wants it", terms="uptake = 0"),
            course("nobody is offered it", terms="offered = 0"),
            course("no seats", terms="seats_per_year = 0"),
            course("nobody completes", terms="completion = 0"),
            course("odds as before", effect="odds_ratio = 1"),
            course("points as before", effect="points = 0"),
            course("never", terms="years = [2090, 2099]"),
        ]
        for method in ("proportions", "dirichlet:0.5"):
            path = self.write("scenario.toml", scenario(*nothing, data=f'table = "table.csv"\nmethod = "{method}"'))
            text = self.output(path)
            jsonschema.Draft7Validator(SCHEMA).validate(json.loads(text))
            exact = json.loads(text, parse_float=str, parse_int=str)
            base = exact["baseline"]
            for part in exact["policies"]:
                for key in ("reach", "people_reaching", "standing", "years_to_reach", "first_passage", "trajectory", "flows"):
                    if part["name"] == "never" and key != "trajectory":
                        for a, b in zip(numbers(part[key]), numbers(base[key])):
                            self.assertEqual(a, b, (part["name"], key))
                    elif part["name"] != "never":
                        self.assertEqual(part[key], base[key], (part["name"], key))
                if part["name"] != "never":
                    for mine, theirs in zip(part["bottleneck"], base["bottleneck"]):
                        self.assertEqual(mine["additional_people_reaching"], theirs["additional_people_reaching"])
                        self.assertEqual(value(mine["more_than_in_the_baseline"]), "0")
                more = part["additional_people_reaching"]
                self.assertEqual([more[k] for k in ("value", "lower", "upper")], ["0", "0", "0"], part["name"])
                self.assertEqual(part["number_needed_to_train"], None)
            self.assertIn("W-NOEFFECT", codes(exact))

    def test_seats_that_turn_everybody_away_are_told(self):
        out = self.answer(scenario(course(terms="seats_per_year = 0\nuptake = 0.5")))
        (programme,) = out["policies"][0]["programmes"]
        self.assertEqual(value(programme["participants"]), 0)
        self.assertGreater(value(programme["turned_away"]), 0)


def numbers(node):
    """All numbers of estimates, in order, as they are written."""
    if isinstance(node, dict) and "varied" in node:
        return [node[k] for k in ("value", "lower", "upper", "monte_carlo_error")]
    inner = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    return [x for part in inner for x in numbers(part)]


class Chance(Rungs):
    def test_the_same_seed_gives_the_same_bytes(self):
        first = self.output(CAREERS, "--threads", "1")
        for threads in ("1", "2", "7"):
            self.assertEqual(self.output(CAREERS, "--threads", threads), first)
        self.assertEqual(self.output(CAREERS, "--seed", "1979"), first)

    def test_another_seed_gives_other_draws_and_the_same_point(self):
        text = scenario(course(), data='table = "table.csv"\nmethod = "proportions"')
        one, two = self.answer(text), self.answer(text, "--seed", "6")
        self.assertEqual((one["seed"], two["seed"]), (5, 6))
        for a, b in zip([one["baseline"], *one["policies"]], [two["baseline"], *two["policies"]]):
            for key in ("reach", "standing", "people_reaching"):
                self.assertEqual(a[key]["centre"], "plug-in")
                self.assertEqual(a[key]["value"], b[key]["value"])
                if key != "people_reaching":
                    self.assertNotEqual((a[key]["lower"], a[key]["upper"]), (b[key]["lower"], b[key]["upper"]))

    def test_a_seed_that_was_picked_is_told_and_stored(self):
        path = self.write("scenario.toml", scenario(course(), run=False))
        done = self.run_program("evaluate", path, "--format", "json", "--draws", "50")
        out = json.loads(done.stdout)
        self.assertIn("[W-SEED]", done.stderr)
        self.assertIn("W-SEED", codes(out))
        again = json.loads(self.output(path, "--draws", "50", "--seed", out["seed"]))
        self.assertNotIn("W-SEED", codes(again))
        self.assertEqual(out["policies"], again["policies"])

    def test_options_come_before_the_scenario(self):
        out = self.answer(scenario(course()), "--draws", "40", "--level", "0.5", "--seed", "9")
        self.assertEqual((out["draws"], out["level"], out["seed"]), (40, 0.5, 9))
        narrow, wide = out["baseline"]["reach"], self.answer(scenario(course()), "--draws", "40", "--seed", "9")["baseline"]["reach"]
        self.assertLess(narrow["upper"] - narrow["lower"], wide["upper"] - wide["lower"])


class Warnings(Rungs):
    PANEL = "id,time,state\n" + "".join(f"{i},{2000 + t},{'abc'[min(2, (i % 5 + t * (i % 3)) // 3)]}\n" for i in range(60) for t in range(4))

    def test_the_horizon(self):
        self.write("panel.csv", self.PANEL)
        for within, expected in ((3, False), (4, True)):
            text = scenario(course(), data='panel = "panel.csv"\nmethod = "dirichlet:1"', within=within)
            path = self.write("scenario.toml", text.replace("year = 2020", "year = 2003"))
            done = self.run_program("evaluate", path)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(f"{path}:14:16: warning: found a question about 4 years and data over 3 years" in done.stderr, expected, done.stderr)
            self.assertEqual("[W-HORIZON]" in done.stderr, expected)

    def test_a_saved_model_knows_when_people_were_observed(self):
        panel, model = self.write("panel.csv", self.PANEL), pathlib.Path(self.folder.name) / "panel.rungs"
        done = self.run_program("estimate", "--panel", panel, "--ladder", "a < b < c | d", "--method", "dirichlet:1", "-o", model)
        self.assertEqual(done.returncode, 0, done.stderr)
        for within, year, expected in ((3, 2003, []), (4, 2003, ["found a question about 4 years and data over 3 years"]),
                                       (3, 2009, ["found people who start in 2009 and moves observed from 2000 to 2003"])):
            path = self.write("scenario.toml", scenario(course(), within=within).replace("year = 2020", f"year = {year}"))
            told = [w["message"].split(": ", 1)[1].split(";")[0] for w in self.answer(path, "--model", model)["warnings"] if w["code"] == "W-HORIZON"]
            self.assertEqual(told, expected)

    def test_half_and_double_the_prior_of_the_reach(self):
        """By powers of the mean matrix, of the data, of each group's, and of a saved model."""
        self.write("few.csv", "from,to,people\na,a,6\na,b,2\na,d,2\nb,a,20\nb,b,50\nb,c,40\nb,d,9\nc,c,90\nc,b,9\nc,d,9\n")
        counts = {"a": [6, 2, 0, 2], "b": [20, 50, 40, 9]}

        def reach(prior, start="a", steps=3):
            rows = {i: [(n + prior) / (sum(c) + 4 * prior) for n in c] for i, c in counts.items()}
            at, reached = {"a": float(start == "a"), "b": float(start == "b")}, 0
            for _ in range(steps):
                reached += sum(at[i] * rows[i][2] for i in at)
                at = {j: sum(at[i] * rows[i][k] for i in at) for k, j in enumerate("ab")}
            return reached

        def said(of):
            return ("the reach under no policy rests on the prior: by the mean matrix it is {:.4f}, with half the prior {:.4f} and "
                    "with double {:.4f}".format(*map(of, (2, 1, 4))))

        def told(text, *arguments):
            return [w["message"] for w in self.answer(text, *arguments)["warnings"]
                    if w["code"] == "W-PRIOR" and "the reach" in w["message"]]
        data = 'table = "few.csv"\nmethod = "dirichlet:2"'
        text = scenario(course(), data=data, within=3)
        self.assertEqual(told(text), [said(reach)])
        both = text.replace('from = "a"\nreach', 'from = ["a", "b"]\nreach')
        self.assertEqual(told(both), [said(lambda prior: (300 * reach(prior) + 100 * reach(prior, "b")) / 400)])
        self.assertEqual(told(text.replace("start = { a = 300, b = 100 }", "start = { b = 100 }")
                              .replace('from = "a"\nreach', 'from = "b"\nreach').replace("within_years = 3", "within_years = 1")), [])
        self.assertEqual(told(scenario(course(), data='table = "few.csv"\nmethod = "proportions"', within=3)), [])
        groups = "".join(f'[[group]]\nname = "{name}"\nstart = {{ a = {heads}, b = 0 }}\n[group.data]\n{source}\n'
                         for name, heads, source in (("A", 300, data), ("B", 100, 'matrix = "matrix.csv"')))
        of_groups = text.replace(f"[data]\n{data}\n", groups).replace("start = { a = 300, b = 100 }\n", "")
        known, stays, ups = 0, {"a": 1.0, "b": 0.0}, 0
        for _ in range(3):
            ups += stays["b"] * 0.3
            stays = {"a": stays["a"] * 0.6 + stays["b"] * 0.1, "b": stays["a"] * 0.25 + stays["b"] * 0.5}
        known = ups
        self.assertEqual(told(of_groups), [said(lambda prior: (300 * reach(prior) + 100 * known) / 400)])
        model = pathlib.Path(self.folder.name) / "few.rungs"
        for more in ((), ("--group", "who")):
            if more:  # the second group as the first
                table = (pathlib.Path(self.folder.name) / "few.csv").read_text().splitlines()
                self.write("few.csv", "\n".join(["who," + table[0]] + [f"{g},{row}" for row in table[1:] for g in "AB"]) + "\n")
            done = self.run_program("estimate", "--table", model.with_name("few.csv"), "--ladder", "a < b < c | d", "--origin", "from",
                                    "--destination", "to", "--count", "people", "--method", "dirichlet:2", *more, "-o", model, "--force")
            self.assertEqual(done.returncode, 0, done.stderr)
            in_groups = of_groups.replace('matrix = "matrix.csv"', data)
            self.assertEqual(told(in_groups if more else text, "--model", model), [said(reach)])

    def test_a_saved_model_speaks_of_rows_that_are_used(self):
        """Once in 'b', whose row few are behind, people are where they were to get to."""
        table = self.write("few.csv", "from,to,people\na,a,600\na,b,200\na,d,150\nb,b,6\nb,c,2\nb,a,1\nc,c,85\nc,b,10\n")
        model = pathlib.Path(self.folder.name) / "few.rungs"
        for method, code in (("proportions", "W-COVERAGE"), ("dirichlet:2", "W-PRIOR")):
            done = self.run_program("estimate", "--table", table, "--ladder", "a < b < c | d", "--origin", "from", "--destination", "to",
                                    "--count", "people", "--method", method, "-o", model, "--force")
            self.assertIn(f"[{code}]", done.stderr)
            for within, expected in ((1, 0), (2, 1)):
                text = scenario(course(), data=f'table = "few.csv"\nmethod = "{method}"', within=within).replace(", b = 100 }", " }")
                told = [[w["message"] for w in self.answer(text, *more)["warnings"] if w["code"] == code] for more in ((), ("--model", model))]
                self.assertEqual(told[0], told[1])
                self.assertEqual(bool(told[0]), bool(expected), (method, within))

    def test_a_start_outside_the_data(self):
        self.write("panel.csv", self.PANEL)
        for year in range(1999, 2006):
            text = scenario(course(), data='panel = "panel.csv"\nmethod = "dirichlet:1"', within=2).replace("year = 2020", f"year = {year}")
            for verb, more in (("evaluate", ""), ("allocate", "[allocation]\nbudget = 10000\n")):
                path = self.write("scenario.toml", text + more)
                done = self.run_program(verb, path)
                self.assertEqual(done.returncode, 0, done.stderr)
                said = (f"{path}:8:8: warning: found people who start in {year} and moves observed from 2000 to 2003; expected a start in "
                        "that time, or a step after it; the moves are taken to be the same then: if it is so, say why [W-HORIZON]\n")
                self.assertEqual(said in done.stderr, year < 2000 or year > 2004, done.stderr)
                self.assertEqual("[W-HORIZON]" in done.stderr, year < 2000 or year > 2004, done.stderr)

    def test_groups_of_other_times(self):
        """What is said of each group by its own times, never of a time that all have in common."""
        self.write("early.csv", self.PANEL)
        self.write("late.csv", self.PANEL.replace(",200", ",201"))
        for late, told in (("early.csv", ("",)), ("late.csv", (" of the group 'A'", " of the group 'B'"))):
            groups = "".join(f'[[group]]\nname = "{name}"\nstart = {{ a = 300, b = 100 }}\n[group.data]\npanel = "{file}"\n'
                             'method = "dirichlet:1"\n' for name, file in (("A", "early.csv"), ("B", late)))
            text = scenario(course(), within=2).replace('[data]\ntable = "table.csv"\n', groups).replace(
                "start = { a = 300, b = 100 }\n\n[question]", "[question]").replace("year = 2020", "year = 1990")
            done = self.run_program("evaluate", self.write("scenario.toml", text))
            self.assertEqual(done.returncode, 0, done.stderr)
            said = [line.split("warning: ")[1].split(";")[0] for line in done.stderr.splitlines() if "who start in" in line]
            times = {"": "2000 to 2003", " of the group 'A'": "2000 to 2003", " of the group 'B'": "2010 to 2013"}
            self.assertEqual(said, [f"found people{of} who start in 1990 and moves observed from {times[of]}" for of in told])

    def test_a_programme_before_people_start(self):
        for years, expected in (([2018, 2022], True), ([2020, 2022], False)):
            path = self.write("scenario.toml", scenario(course(terms=f"years = {years}")))
            done = self.run_program("evaluate", path)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual("warning: found the programme 'course' from 2018 on and people who start in 2020; expected a programme of the "
                             "time that is asked about; nobody is enrolled, and nothing is paid, before people start [W-HORIZON]\n"
                             in done.stderr, expected, done.stderr)

    def test_names_stand_on_one_line(self):
        for name, which in (("A\\nB", "U+000A"), ("A\\u001bB", "U+001B"), ("A\\u202eB", "U+202E")):
            said = self.refused(scenario(course(name=name)), f"found the character {re.escape(which)} in the name ")
            self.assertIn("scenario.toml:15:8: error: ", said)
            self.assertIn(" of a programme; expected a name without characters that break the line or turn the direction of writing "
                          "[E-CFG-RANGE]", said)
            policy = f'[[policy]]\nname = "{name}"\nprogrammes = ["course"]\n'
            self.assertIn(f"found the character {which} in the name ", self.refused(scenario(course(), policy), "of a policy; expected "))
            for key, text in (("the currency", scenario(course()).replace('currency = "CNY"', f'currency = "{name}"')),
                              ("a value", scenario(course()) + f'[[value]]\nname = "{name}"\nunit = "x"\nper_year_in = {{ b = 1 }}\n'),
                              ("the unit of the value 'v'",
                               scenario(course()) + f'[[value]]\nname = "v"\nunit = "{name}"\nper_year_in = {{ b = 1 }}\n')):
                self.assertIn(f"of {key}; expected a name without characters that break the line",
                              self.refused(text, f"found the character {re.escape(which)} in the name "))
            sets = scenario(course()).replace('exits = ["d"]\n', f'exits = ["d"]\nsets = {{ "{name}" = ["b", "c"] }}\n')
            self.assertIn("of a set; expected ", self.refused(sets, f"found the character {re.escape(which)} in the name "))
        self.answer(scenario(course(name="ein Jahr\u00a0Kurs, 课程")))

    def test_nobody_waits_without_seats(self):
        said = ("warning: found a waiting list of 'course' and a seat for everybody; expected 'seats_per_year' beside 'waiting_list': without "
                "it nobody waits [W-NOEFFECT]\n")
        for terms, expected in (("waiting_list = true", True), ("waiting_list = true\nseats_per_year = 10", False), ("waiting_list = false", False)):
            done = self.run_program("evaluate", self.write("scenario.toml", scenario(course(terms=terms))))
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(said in done.stderr, expected, done.stderr)

    def test_evidence(self):
        good = course()
        no_source, empty = good.replace(', source = "assumed"', ""), good.replace('"assumed"', '""')
        outside, no_interval = course(effect="odds_ratio = 4, interval = [1.5, 3]"), course(effect="odds_ratio = 2")
        self.assertNotIn("W-EFFECT-EVIDENCE", codes(self.answer(scenario(good))))
        for bad, column in ((no_source, "18:10"), (empty, "18:58"), (outside, "18:25"), (no_interval, None)):
            out = self.answer(scenario(bad))
            told = [w["message"] for w in out["warnings"] if w["code"] == "W-EFFECT-EVIDENCE"]
            self.assertEqual(len(told), 1, told)
            if column:
                self.assertIn(f"scenario.toml:{column}: ", told[0])
        two = self.answer(scenario(no_source, no_source.replace('"course"', '"other"'), empty.replace('"course"', '"third"')))
        told = [w["message"] for w in two["warnings"] if w["code"] == "W-EFFECT-EVIDENCE"]
        self.assertEqual(len(told), 3, "each programme's evidence is asked for")

    def test_the_rest(self):
        cases = {
            "W-SEATS": (course(terms="seats_per_year = 3"), course(terms="seats_per_year = 3000")),
            "W-NOEFFECT": (course(terms="uptake = 0"), course(terms="uptake = 0.1")),
            "W-EFFECT-CAPPED": (course(effect="points = 0.5, interval = [-0.9, 0.9]"), course(effect="points = 0.1, interval = [0.05, 0.15]")),
        }
        for code, (bad, good) in cases.items():
            self.assertIn(code, codes(self.answer(scenario(bad))))
            self.assertNotIn(code, codes(self.answer(scenario(good))))
        self.assertIn("W-MCERR", codes(self.answer(scenario(course(), draws=4))))
        self.assertNotIn("W-MCERR", codes(self.answer(scenario(course(), draws=400))))


    def test_rows_that_the_question_does_not_use_are_not_spoken_of(self):
        self.write("years.csv", "year,from,to,people\n" + "".join(
            f"{year},{a},{b},{n}\n" for year, n in ((2019, 2), (2020, 60), (2021, 60), (2022, 3))
            for a, b in (("a", "a"), ("a", "b"), ("b", "b"), ("b", "c"), ("c", "c"), ("c", "b"))))
        data = 'table = "years.csv"\nperiod = "year"\nmethod = "dirichlet:0.1"'
        both = self.answer(scenario(course(), data=data, within=2))
        self.assertFalse(codes(both) & {"W-ROW-THIN", "W-COVERAGE", "W-PRIOR"}, both["warnings"])
        out = self.answer(scenario(course(), data=data, within=3))
        told = [w["message"] for w in out["warnings"] if w["code"] == "W-ROW-THIN"]
        self.assertEqual(told, ["few people behind the moves from 'a' in period 2022 (6 people), 'b' in period 2022 (6 people), "
                                "'c' in period 2022 (6 people)"])


class Refusals(Rungs):
    def test_what_is_wrong_in_the_file(self):
        self.refused(scenario(course(terms="uptake = 35")), r"FILE:20:10: error: found 35 for 'uptake'; expected a share from 0 to 1 \[E-CFG-RANGE\]")
        told = self.refused(scenario(course(terms="uptake = 35"), within='"six"'), r"FILE:13:16: error: found text for 'within_years'; expected a number \[E-CFG-TYPE\]")
        self.assertEqual(len(told.splitlines()), 2, told)
        self.refused("[ladder", r"FILE:1:8: error: .*\[E-TOML\]")
        self.refused("a." * 100000 + "a = 1", r"FILE:1:1: error: .*\[E-TOML\]")

    def test_what_only_the_data_show(self):
        self.refused(scenario(course(), within=2.5), r"FILE:13:16: error: found a length of 2.5 years; .*\[E-EMBED\]")
        self.refused(scenario(course(effect="risk_ratio = 9")), r"FILE:14:1: error: found a risk ratio of 9 on 'a' -> 'b' by 'course' .*\[E-EFFECT-RANGE\]")
        self.refused(scenario(course().replace('from = "a"', 'from = "d"')), r"FILE:14:1: error: .*\[E-ABSORB-LEFT\]")
        self.refused(scenario(course()).replace('exits = ["d"]', 'exits = ["d"]\nmoves = ["a -> c", "a -> b"]'), r"\[E-STRUCT-ZERO\]")
        self.refused(scenario(course()).replace('exits = ["d"]', 'exits = ["d"]\nmoves = ["a -> b", "a -> d", "b -> a", "b -> c", "b -> d", "c -> b", "c -> d"]').replace('to = "b"', 'to = "c"'),
                     r"FILE:15:1: error: found an effect on 'a' -> 'c' by 'course', which the ladder declares impossible; .*\[E-STRUCT-ZERO\]")
        self.refused(scenario(course()).replace('from = "a"\nreach', 'from = "c"\nreach'), r"\[E-COHORT\]")
        self.refused(scenario(course(), data='table = "table.csv"\nmethod = "guess"'), r"FILE:6:10: error: found the method 'guess'; .*\[E-CFG-RANGE\]")
        self.write("table.csv", TABLE.replace("c,b,10\nc,c,85\nc,d,5\n", ""))
        self.refused(scenario(course()), r"\[E-ROW-EMPTY\]")
        late = CAREERS.read_text().replace("within_years = 6", "within_years = 16").replace('"careers_by_age.csv"', f'"{SOURCE / "examples/careers/careers_by_age.csv"}"')
        self.refused(late, r"\[E-HORIZON\]")

    def test_files_that_are_not_there(self):
        self.refused(scenario(course(), data='table = "none.csv"'), r"none.csv: error: .*\[E-IO\]")
        for path in ("none.toml", self.folder.name):
            done = self.run_program("evaluate", path)
            self.assertEqual((done.returncode, done.stdout), (3, ""))
            self.assertIn("[E-IO]", done.stderr)

    def test_wrong_usage(self):
        path = self.write("scenario.toml", scenario(course()))
        for arguments in ([], [path, path], [path, "--format", "xml"], [path, "--sede", "1"], [path, "--seed", "x"], [path, "--seed", "1", "--seed", "2"]):
            done = self.run_program("evaluate", *arguments)
            self.assertEqual((done.returncode, done.stdout), (2, ""), arguments)
            self.assertIn("[E-USAGE]", done.stderr)


class Files(Rungs):
    def test_formats_and_places(self):
        path = self.write("scenario.toml", scenario(course()))
        target = pathlib.Path(self.folder.name) / "answer.json"
        done = self.run_program("evaluate", path, "--format", "json", "-o", target)
        self.assertEqual((done.returncode, done.stdout), (0, ""))
        self.assertEqual(target.read_text(), self.output(path))
        out = json.loads(target.read_text())
        rows = list(csv.DictReader(self.run_program("evaluate", path, "--format", "csv").stdout.splitlines()))
        reach = [r for r in rows if r["quantity"] == "reach"]
        self.assertEqual([r["policy"] for r in reach], ["baseline", "course"])
        self.assertEqual(float(reach[1]["value"]), value(out["policies"][0]["reach"]))
        table = self.run_program("evaluate", path).stdout
        for words in ("People reaching", "Additional people reaching, compared with no programme", "300 people"):
            self.assertIn(words, table)

    def test_standard_input(self):
        text = scenario(course())
        path = self.write("scenario.toml", text)
        done = self.run_program("evaluate", "-", "--format", "json", input=text, cwd=self.folder.name)
        self.assertEqual(done.returncode, 0, done.stderr)
        a, b = json.loads(done.stdout), json.loads(self.output(path))
        self.assertEqual(a["policies"], b["policies"])
        self.assertEqual(a["inputs"][0]["sha256"], b["inputs"][0]["sha256"])

    def test_moves_that_a_programme_opens_hold_people_back_too(self):
        self.write("matrix.csv", "from,a,b,c\na,0.7,0.3,0\nb,0.2,0.8,0\nc,0,0.1,0.9\n")
        text = """[ladder]
rungs = [["a"], ["b"], ["c"]]
moves = ["a -> b", "b -> a", "c -> b"]
[data]
matrix = "matrix.csv"
[population]
period = 0
start = { a = 500, b = 500 }
[question]
from = ["a", "b"]
reach = "c"
within_years = 3
[[programme]]
name = "p"
from = "b"
to = "c"
opens = true
effect = { points = %s, source = "s" }
"""
        policy = self.answer(text % "0.1", "--seed", "1", "--draws", "50")["policies"][0]
        found = {(m["from"], m["to"]): m["additional_people_reaching"]["value"] for m in policy["bottleneck"]}
        reached = [self.answer(text % p, "--seed", "1", "--draws", "50")["policies"][0]["people_reaching"]["value"]
                   for p in ("0.1001", "0.0999")]
        self.near(found["b", "c"], 0.01 * (reached[0] - reached[1]) / 0.0002, 1e-2)

    def test_what_programmes_do_together_is_uncertain_too(self):
        self.write("moves.csv", ONE_MOVE)
        text = ONE_STEP + """[[programme]]
name = "A"
from = "a"
to = "b"
effect = { points = 0.05, source = "s" }
cost = { per_participant = 100 }
[[programme]]
name = "B"
from = "a"
to = "b"
effect = { points = 0.03, source = "s" }
cost = { per_participant = 60 }
[[policy]]
name = "both"
programmes = ["A", "B"]
complements = [{ programmes = ["A", "B"], from = "a", to = "b", points = 0, interval = [-0.06, 0.08], source = "s" }]
[economics]
currency = "Q"
value_per_additional_person = 2000
[run]
seed = 11
draws = 2000
"""
        out = self.answer(text)
        bar, = out["policies"][0]["one_way"]
        self.assertEqual(bar["input"], "points of 'A' and 'B' together")
        self.near(bar["additional_at_low"], 1000 * (0.05 + 0.03 - 0.06))
        self.near(bar["additional_at_high"], 1000 * (0.05 + 0.03 + 0.08))
        self.assertTrue(bar["decision_changes"])
        decision = out["comparison"]["decision"]
        known, = decision["evppi"]
        self.assertEqual(known["what"], "what 'A' and 'B' together do")
        # Nothing else is uncertain: knowing it is all there is to know.
        self.near(known["evppi"]["value"], decision["evpi"]["value"], 0.02)

    def test_what_knowing_several_things_together_is_worth(self):
        """Effect and cost are all that is uncertain: to know both is to know everything, and one list is as one of lists."""
        self.write("moves.csv", ONE_MOVE)
        text = ONE_STEP + """[[programme]]
name = "A"
from = "a"
to = "b"
effect = { points = 0.1, interval = [0, 0.2], source = "s" }
cost = { per_participant = { amount = 90, interval = [45, 180], source = "s" } }
[economics]
currency = "Q"
value_per_additional_person = 1000
{}
[run]
seed = 11
draws = {}
"""
        def asked(together, draws=2000):
            return text.replace("{}", together, 1).replace("{}", str(draws), 1)
        names = ["what 'A' does", "what 'A' costs"]
        both = asked(f"known_together = {json.dumps(names)}")
        decision = self.answer(both)["comparison"]["decision"]
        self.assertEqual([k["what"] for k in decision["evppi"]], [*names, "what 'A' does and what 'A' costs, together"])
        self.near(decision["evppi"][2]["evppi"]["value"], decision["evpi"]["value"], 0.02)
        more = self.answer(asked(f"known_together = {json.dumps([names[1:], names])}"))["comparison"]["decision"]["evppi"]
        self.assertEqual(more[:2] + more[3:], decision["evppi"])
        self.assertEqual(more[2], decision["evppi"][1])
        told = self.run_program("evaluate", self.write("scenario.toml", both)).stdout
        self.assertRegex(told, "To know everything before choosing would be worth [^;]*; what 'A' does, [^;]*; what 'A' costs, [^;]*; "
                               "what 'A' does and what 'A' costs, together, [0-9.]+ \\([0-9.]+ to [0-9.]+\\)\\.\n")
        told = self.run_program("evaluate", self.write("scenario.toml", asked(f"known_together = {json.dumps(names)}", 100))).stdout
        self.assertIn("  To know what 'A' does and what 'A' costs, together: not given, since found 100 draws; expected at least 115 "
                      "to regress on 2 parameters that vary.\n", told)
        self.refused(asked("known_together = [\"what 'B' does\"]"),
                     "FILE:20:18: error: found \"what 'B' does\" among what is to be known together; expected one of: "
                     "what 'A' does, what 'A' costs \\[E-PARAMETER\\]")
        self.refused(asked("known_together = []"), "FILE:20:18: error: found no name in a list of what is to be known together")
        self.refused(asked(f"known_together = {json.dumps(names)}").replace("value_per_additional_person = 1000\n", ""),
                     "FILE:19:18: error: found 'known_together' without 'value_per_additional_person' in .economics.")

    def test_what_the_answer_hangs_on(self):
        """By hand: 1000 take part, at 100 each; 100 (50 to 200) more move, and 0.2 (0.1 to 0.4) as many others fewer."""
        self.write("moves.csv", ONE_MOVE)
        text = ONE_STEP + """[[programme]]
name = "A"
from = "a"
to = "b"
uptake = 1
effect = { points = 0.1, interval = [0.05, 0.2], source = "s" }
displacement = { share = 0.2, interval = [0.1, 0.4], source = "s" }
cost = { per_participant = 100 }
[economics]
currency = "Q"
value_per_additional_person = 3000
[run]
seed = 11
draws = 200
"""
        people, displaced = self.answer(text)["policies"][0]["one_way"]
        self.assertEqual([people["input"], displaced["input"]], ["points of 'A'", "displacement of 'A'"])
        for bar, ends in ((people, (40, 160, 100e3, 100e3, 20e3, 380e3)), (displaced, (90, 60, 100e3, 100e3, 170e3, 80e3))):
            for key, end in zip(("additional_at_low", "additional_at_high", "cost_at_low", "cost_at_high",
                                 "net_benefit_at_low", "net_benefit_at_high"), ends):
                self.near(bar[key], end)
        told = self.run_program("evaluate", self.write("scenario.toml", text)).stdout
        self.assertIn("  Money is in Q, discounted at 0 % a year.\n", told)
        self.assertRegex(told, "What the answer hangs on: each uncertain number alone, at both ends of its interval\n"
                               " *policy +number +from ... to +additional people +cost +net benefit\n"
                               " *A +points of 'A' +0.050 to 0.200 +40 to 160 +100000 +20000 to 380000\n"
                               " +displacement of 'A' +0.10 to 0.40 +90 to 60 +100000 +170000 to 80000\n")
        self.assertNotIn("at one end", told)

    def test_who_enrols_and_completes_by_programme(self):
        """By hand: of 1000 people all are offered one of 300 seats and half want one, of whom four in five complete; of the
        other course all take part."""
        self.write("moves.csv", ONE_MOVE)
        programme = '[[programme]]\nname = "{}"\nfrom = "a"\nto = "b"\n{}\neffect = {{ points = 0.1, source = "s" }}\n'
        text = ONE_STEP + programme.format("A", "uptake = 0.5\nseats_per_year = 300\ncompletion = 0.8")
        both = text + programme.format("B", "uptake = 1") + '[[policy]]\nname = "both"\nprogrammes = ["A", "B"]\n'
        one = self.answer(both)["policies"][0]["programmes"]
        for found, wanted in zip(one, (("A", 1000, 300, 240, 200), ("B", 1000, 1000, 1000, 0))):
            self.assertEqual(found["name"], wanted[0])
            for key, number in zip(("offers", "participants", "completing", "turned_away"), wanted[1:]):
                self.near(found[key]["value"], number)
        told = self.run_program("evaluate", self.write("scenario.toml", both)).stdout
        self.assertRegex(told, "Participants by programme\n *policy +programme +offers +95 % interval +participants +95 % interval "
                               "+who complete +95 % interval +found no seat +95 % interval\n"
                               " *both +A +1000 .* +300 .* +240 .* +200 .*\n +B +1000 .* +1000 .* +1000 .* +0 .*\n"
                               " *An offer is to one person for one period; who does not take part may have another in the next.\n"
                               " *Who complete: within the span or after it; the others drop out.\n")
        told = self.run_program("evaluate", self.write("scenario.toml", text)).stdout
        self.assertNotIn("Participants by programme", told)
        self.assertIn("  A: offers made: 1000 (1000 to 1000).\n", told)
        self.assertIn("  A: of the participants 240 (240 to 240) complete, within the span or after it.\n", told)
        # All of whom take part: there is nothing to tell the stages apart.
        told = self.run_program("evaluate", self.write("scenario.toml", ONE_STEP + programme.format("B", ""))).stdout
        self.assertNotRegex(told, "offer|complete")

    def test_offers_vary_with_who_is_there(self):
        """By hand in every world: half of the 300 people in a have an offer, of which a fifth is taken up; a year later half
        of those in a who have not taken part: of 270 who has stayed, and of 100 in b who has come down."""
        text = scenario(course(terms="offered = 0.5\nuptake = 0.2\nyears = [2020, 2021]"), within=3)
        worlds = self.write("worlds.csv", "")
        one = self.answer(text, "--worlds", worlds)["policies"][0]["programmes"][0]
        offers, people = one["offers"], one["participants"]
        by_hand = sorted(150 + 0.5 * (270 * (1 - float(w["a -> b"]) - float(w["a -> d"])) + 100 * float(w["b -> a"]))
                         for w in csv.DictReader(worlds.read_text().splitlines()))
        self.near(offers["value"], 150 + 0.5 * (270 * 0.6 + 100 * 0.1))
        for end, below in (("lower", 7.5), ("upper", 292.5)):
            self.assertLessEqual(abs(sum(x < offers[end] for x in by_hand) - below), 1, end)
        self.assertGreater(offers["upper"] - offers["lower"], 5)
        self.assertEqual(offers["varied"], people["varied"])
        for key in ("value", "lower", "upper", "monte_carlo_error"):
            self.near(0.2 * offers[key], people[key])
        lines = list(csv.DictReader(self.run_program("evaluate", self.write("scenario.toml", text), "--format", "csv").stdout.splitlines()))
        self.assertEqual([float(x["value"]) for x in lines if x["quantity"] == "offers of course"], [offers["value"]])

    def test_data_from_standard_input(self):
        (pathlib.Path(self.folder.name) / "in").mkdir()
        self.write("in/m.csv", MATRIX)
        named = self.output(self.write("in/named.toml", scenario(course(), data='matrix = "m.csv"')))
        piped = self.run_program("evaluate", self.write("in/piped.toml", scenario(course(), data='matrix = "-"')),
                                 "--format", "json", input=MATRIX)
        self.assertEqual(piped.returncode, 0, piped.stderr)
        self.assertEqual(json.loads(piped.stdout)["policies"], json.loads(named)["policies"])


# --- a sceptic's recomputation: no library, no shared code ---


def times(row, matrix):
    return [math.fsum(row[i] * matrix[i][j] for i in range(len(row))) for j in range(len(matrix[0]))]


def with_odds(matrix, i, j, ratio):
    """The odds of one move times a ratio; the rest of the row shares what is left as before."""
    out = [list(row) for row in matrix]
    p = matrix[i][j]
    q = ratio * p / (1 - p + ratio * p)
    out[i] = [q if k == j else x * (1 - q) / (1 - p) for k, x in enumerate(matrix[i])]
    return out


def follow(matrices, start, asked, target, move=None, ratio=1.0, share=0.0, completion=1.0, enrol=lambda t: True):
    """Everybody's course, those of each enrolment apart: {track: [not yet there, there, not asked about]}.

    A track is None (never enrolled), or (period of enrolment, completed). Returns first arrivals, heads by period, flows by
    period, participants by period, and those who stand in the target in the end.
    """
    n = len(start)
    tracks = {None: [[x if i in asked and i not in target else 0.0 for i, x in enumerate(start)],
                     [x if i in asked and i in target else 0.0 for i, x in enumerate(start)],
                     [x if i not in asked else 0.0 for i, x in enumerate(start)]]}
    first, course_of, flows, participants = [math.fsum(tracks[None][1])], [list(start)], [], []
    for t, matrix in enumerate(matrices):
        taken = 0.0
        if share > 0 and enrol(t):
            tracks[(t, True)], tracks[(t, False)] = ([[0.0] * n for _ in range(3)] for _ in range(2))
            for group in range(3):
                leave = tracks[None][group][move[0]] * share
                taken += leave
                tracks[None][group][move[0]] -= leave
                tracks[(t, True)][group][move[0]] = leave * completion
                tracks[(t, False)][group][move[0]] = leave * (1 - completion)
        participants.append(taken)
        arrivals, flow, after = 0.0, [[0.0] * n for _ in range(n)], {}
        for track, groups in tracks.items():
            moves = with_odds(matrix, *move, ratio) if track is not None and track[1] else matrix
            for i in range(n):
                for j in range(n):
                    flow[i][j] += math.fsum(g[i] for g in groups) * moves[i][j]
            out, there, others = (times(g, moves) for g in groups)
            new = [x if j in target else 0.0 for j, x in enumerate(out)]
            arrivals += math.fsum(new)
            after[track] = [[x - y for x, y in zip(out, new)], [x + y for x, y in zip(there, new)], others]
        tracks = after
        first.append(arrivals)
        flows.append(flow)
        course_of.append([math.fsum(g[i] for groups in tracks.values() for g in groups) for i in range(n)])
    standing = math.fsum(g[i] for groups in tracks.values() for g in groups[:2] for i in target)
    return first, course_of, flows, participants, standing


STRATA = ["school", "home", "military", "blue collar", "white collar"]
BLUE, WHITE = STRATA.index("blue collar"), STRATA.index("white collar")
AGES = range(20, 26)


def careers_weights():
    """People who moved plus half a person on each move, by age."""
    weights = {age: [[0.5] * 5 for _ in range(5)] for age in AGES}
    with open(SOURCE / "examples/careers/careers_by_age.csv", newline="") as file:
        for row in csv.DictReader(file):
            if int(row["period"]) in weights:
                weights[int(row["period"])][STRATA.index(row["from"])][STRATA.index(row["to"])] += float(row["people"])
    return weights


def shares(weights):
    return [[x / math.fsum(row) for x in row] for row in weights]


class Frontier(Rungs):
    def test_the_table_says_what_the_json_says(self):
        words = {"efficient": 0, "dominated": 0, "extendedly dominated": 0}
        for path in ("careers/choose.toml", "enclave/non_manual.toml", "enclave/left_the_class.toml"):
            path = SOURCE / "examples" / path
            table = self.run_program("evaluate", path).stdout.split("Efficient frontier, by cost and additional people\n")[1].split("\n\n")[0]
            for point in self.answer(path)["comparison"]["frontier"]:
                row = re.search(rf"^  {re.escape(point['name'])}  +(.*?)  +(.*?)  +(.*?)$", table, re.M)
                words[row[1]] += 1
                self.assertEqual(row[1], point["status"])
                if point["icer"]:
                    self.assertAlmostEqual(float(row[2]) / value(point["icer"]), 1, delta=0.5)
                else:
                    self.assertEqual(row[2], "not given" if point["icer_refused"] else "-")
        self.assertTrue(all(words.values()), words)

    def test_what_saves_money_is_said_to(self):
        fee = course(terms="uptake = 0.5").replace("per_participant = 2400, fixed_per_year = 500", "per_participant = -100")
        shown = self.run_program("evaluate", self.write("scenario.toml", scenario(fee))).stdout
        self.assertIn("  course: it saves money, so that an additional person costs less than nothing.\n", shown)
        costs = self.write("scenario.toml", scenario(course(terms="uptake = 0.5")))
        self.assertNotIn("saves money", self.run_program("evaluate", costs).stdout)

    def test_no_costs_no_frontier(self):
        for path in ("careers/training.toml", "keys/half_years.toml"):
            text = self.run_program("evaluate", SOURCE / "examples" / path).stdout
            self.assertEqual("Efficient frontier" in text, path.startswith("careers"))


class Worlds(Rungs):
    def test_they_are_what_is_told_of_them(self):
        path = SOURCE / "examples/careers/choose.toml"
        file = pathlib.Path(self.folder.name) / "worlds.csv"
        out = self.answer(path, "--worlds", file)
        with file.open(newline="") as lines:
            rows = [{k: float(x) for k, x in r.items()} for r in csv.DictReader(lines)]
        self.assertEqual([r["world"] for r in rows], list(range(4000)))
        mean = lambda numbers: sum(numbers) / len(rows)
        decision = out["comparison"]["decision"]
        names = ["baseline", *(p["name"] for p in out["policies"])]
        benefits = {name: [r["net_benefit of " + name] for r in rows] for name in names}
        best = list(map(max, *benefits.values()))
        self.near(value(decision["evpi"]), mean(best) - mean(benefits[decision["best"]]))
        for name in names:
            self.near(value(decision["expected_loss"][name]), mean(best) - mean(benefits[name]))
        for column in ("other_best", "other_order"):
            self.near(value(decision[column]), mean([r[column] for r in rows]))
        for row, most in zip(rows, best):
            self.assertEqual(row["other_best"], float(row["net_benefit of " + decision["best"]] < most - 1e-6))
        for policy in out["policies"]:
            of = " of " + policy["name"]
            for row in rows:
                self.near(row["net_benefit" + of], 40000 * row["additional_people_reaching" + of] - row["cost" + of])
                self.near(row["expected_people_reaching" + of],
                          row["expected_people_reaching of baseline"] + row["additional_people_reaching" + of])
            each = sorted(r["additional_people_reaching" + of] for r in rows)
            e = policy["additional_people_reaching"]
            self.assertTrue(each[90] < e["lower"] < each[110] and each[3890] < e["upper"] < each[3910])
        # Log odds ratios are normal between the ends of their interval: a fortieth is beyond each.
        ratios = [r["odds ratio of 'small course'"] for r in rows]
        for beyond in ([x for x in ratios if x < 1.23], [x for x in ratios if x > 1.71]):
            self.assertLess(abs(len(beyond) - 100), 40)
        # The answer is the same, and no file is replaced unasked or written twice.
        self.assertEqual(out, self.answer(path))
        done = self.run_program("evaluate", path, "--worlds", file)
        self.assertEqual((done.returncode, done.stdout), (3, ""))
        self.assertIn("[E-OUT-EXISTS]", done.stderr)
        for where, words in ((("-o", file, "--worlds", file, "--force"), f"'{file}'"), (("--worlds", "-"), "standard output")):
            done = self.run_program("evaluate", path, *where)
            self.assertEqual((done.returncode, done.stdout), (3, ""))
            self.assertIn(f"found the answer and the worlds both to go to {words}; expected another file for one of them "
                          "[E-OUT-SAME]", done.stderr)

    def test_the_table_says_which_to_choose(self):
        path = SOURCE / "examples/careers/choose.toml"
        decision = self.answer(path)["comparison"]["decision"]
        text = self.run_program("evaluate", path).stdout
        table = text.split("Net benefit, where one more person is worth 40000, in USD of 2024\n")[1].split("\n\n")[0]
        for name, loss in decision["expected_loss"].items():
            row = re.search(rf"^  {name} +\S+ .*? +(\d+) +(\d+) to (\d+) +(\d+) % of draws", table, re.M)
            for shown, exact in zip(row.groups(), (loss["value"], loss["lower"], loss["upper"])):
                self.assertLessEqual(abs(float(shown) - exact), 0.03 * exact)
        self.assertIn("To know everything before choosing would be worth ", table)
        curve = text.split("by what one more person is worth\n")[1].split("\n\n")[0].splitlines()
        self.assertEqual(len(curve), 6)
        for line, d in zip(curve[1:], decision["acceptability"][::5]):
            amount, best, *shares = re.split("  +", line.strip())
            self.assertEqual((float(amount), best), (value(d["value"]) if isinstance(d["value"], dict) else d["value"], d["best"]))
            self.assertEqual([s.split(" ")[0] for s in shares],
                             [f"{100 * value(e):.0f}" for e in d["probability_best"].values()])


class Sceptic(Rungs):
    START = [0.0, 0.0, 0.0, 454.0, 0.0]

    def compare(self, part, names, course, people=454):
        first, heads_by_period, flows, participants, standing = course
        index = {name: i for i, name in enumerate(names)}
        self.near(value(part["reach"]), math.fsum(first) / people, 1e-12)
        self.near(value(part["standing"]), standing / people, 1e-12)
        self.near(value(part["years_to_reach"]), math.fsum(t * x for t, x in enumerate(first)) / math.fsum(first), 1e-12)
        for found, expected in zip(part["first_passage"], first):
            self.near(value(found["probability"]), expected / people, 1e-12)
        for found, expected in zip(part["trajectory"], heads_by_period):
            for name, estimate in found["headcount"].items():
                self.near(value(estimate), expected[index[name]], 1e-12)
        found = {(f["period"], f["from"], f["to"]): value(f["heads"]) for f in part["flows"]}
        start = min(p for p, _, _ in found)
        expected = {(start + t, a, b): flow[index[a]][index[b]] for t, flow in enumerate(flows) for a in names for b in names if flow[index[a]][index[b]] > 0}
        self.assertEqual({k for k in found if k[1] in index and k[2] in index}, set(expected))
        for key, heads_moving in expected.items():
            self.near(found[key], heads_moving, 1e-12)
        if "participants" in part:
            self.near(value(part["participants"]), math.fsum(participants), 1e-12)

    def test_careers_at_the_posterior_mean(self):
        # One matrix for each age is one constant matrix on strata that are told apart by age: a moves to b at 20 is
        # "a at 20" moves to "b at 21". Without people behind the matrix, and with the effect known, nothing varies.
        matrices = [shares(careers_weights()[age]) for age in AGES]
        names = [f"{s} at {age}" for age in range(20, 27) for s in STRATA]
        big = [[0.0] * len(names) for _ in names]
        for k, matrix in enumerate(matrices):
            for i in range(5):
                for j in range(5):
                    big[5 * k + i][5 * (k + 1) + j] = matrix[i][j]
        for i in range(30, 35):
            big[i][i] = 1.0
        with open(pathlib.Path(self.folder.name) / "big.csv", "w", newline="") as file:
            lines = csv.writer(file)
            lines.writerow(["from", *names])
            lines.writerows([name, *map(repr, row)] for name, row in zip(names, big))

        def at(*strata):
            return json.dumps([f"{s} at {age}" for age in range(20, 27) for s in strata])

        text = f"""[ladder]
rungs = [{at("school", "home", "military")}, {at("blue collar")}, {at("white collar")}]
[data]
matrix = "big.csv"
[population]
period = 20
start = {{ "blue collar at 20" = 454 }}
[question]
from = "blue collar at 20"
reach = {at("white collar")}
within_years = 6
[[programme]]
name = "once"
from = {at("blue collar")}
to = {at("white collar")}
effect = {{ odds_ratio = 1.47, source = "known" }}
uptake = 0.35
completion = 0.8
years = [20, 20]
cost = {{ per_participant = 1800, fixed_per_year = 50000 }}
[[programme]]
name = "every year"
from = {at("blue collar")}
to = {at("white collar")}
effect = {{ odds_ratio = 1.47, source = "known" }}
uptake = 0.35
completion = 0.8
cost = {{ per_participant = 1800, fixed_per_year = 50000 }}
[economics]
discount_rate = 0.03
[run]
seed = 1
draws = 10
"""
        out = self.answer(text)
        wide = [0.0] * 35
        wide[BLUE] = 454.0

        def unfolded(course):
            first, by_period, flows, participants, standing = course
            big_heads = [[0.0] * (5 * t) + row + [0.0] * (30 - 5 * t) for t, row in enumerate(by_period)]
            big_flows = []
            for t, flow in enumerate(flows):
                wide_flow = [[0.0] * 35 for _ in range(35)]
                for i in range(5):
                    for j in range(5):
                        wide_flow[5 * t + i][5 * t + 5 + j] = flow[i][j]
                big_flows.append(wide_flow)
            return first, big_heads, big_flows, participants, standing

        plain = follow(matrices, self.START, {BLUE}, {WHITE})
        once = follow(matrices, self.START, {BLUE}, {WHITE}, (BLUE, WHITE), 1.47, 0.35, 0.8, lambda t: t == 0)
        always = follow(matrices, self.START, {BLUE}, {WHITE}, (BLUE, WHITE), 1.47, 0.35, 0.8)
        for part, course in zip([out["baseline"], *out["policies"]], (plain, once, always)):
            self.assertEqual(part["reach"]["draws"], 0)
            self.compare(part, names, unfolded(course))
        for part, course, years in zip(out["policies"], (once, always), (1, 6)):
            more = math.fsum(course[0]) - math.fsum(plain[0])
            cost = math.fsum((1800 * x + (50000 if t < years else 0)) * 1.03 ** -t for t, x in enumerate(course[3]))
            self.near(value(part["additional_people_reaching"]), more, 1e-12)
            self.near(value(part["cost"]["total"]), cost, 1e-12)
            self.near(value(part["number_needed_to_train"]), math.fsum(course[3]) / more, 1e-12)
            self.near(value(part["cost_per_additional_person"]), cost / more, 1e-12)

    def test_careers_in_draws_of_our_own(self):
        weights = [careers_weights()[age] for age in AGES]
        fair = random.Random(20)
        draws, base, more = 1500, [], []
        up, down = (math.log(1.71 / 1.47) / 1.959964, math.log(1.47 / 1.23) / 1.959964)
        for _ in range(draws):
            matrices = []
            for matrix in weights:
                gammas = [[fair.gammavariate(x, 1) for x in row] for row in matrix]
                matrices.append(shares(gammas))
            z = fair.gauss(0, 1)
            ratio = 1.47 * math.exp(z * (up if z > 0 else down))
            plain = math.fsum(follow(matrices, self.START, {BLUE}, {WHITE})[0])
            trained = math.fsum(follow(matrices, self.START, {BLUE}, {WHITE}, (BLUE, WHITE), ratio, 0.35, 0.8, lambda t: t == 0)[0])
            base.append(plain / 454)
            more.append(trained - plain)
        out = self.answer(CAREERS)
        # Rows of different ages are independent, so the mean of the draws is the answer at the mean.
        exact = math.fsum(follow([shares(w) for w in weights], self.START, {BLUE}, {WHITE})[0]) / 454
        reach = out["baseline"]["reach"]
        self.assertLess(abs(value(reach) - exact), 5 * reach["monte_carlo_error"])
        for found, ours in ((reach, sorted(base)), (out["policies"][0]["additional_people_reaching"], sorted(more))):
            mean = math.fsum(ours) / draws
            deviation = math.sqrt(math.fsum((x - mean) ** 2 for x in ours) / (draws - 1))
            self.assertLess(abs(value(found) - mean), 5 * deviation / math.sqrt(draws) + 5 * found["monte_carlo_error"])
            self.assertLess(abs(found["standard_deviation"] / deviation - 1), 0.1)
            self.assertLess(abs(found["lower"] - ours[round(0.025 * draws)]), 0.25 * deviation)
            self.assertLess(abs(found["upper"] - ours[round(0.975 * draws)]), 0.25 * deviation)

    def test_a_matrix_with_exits(self):
        matrix = [[0.6, 0.25, 0.0, 0.15], [0.1, 0.5, 0.3, 0.1], [0.0, 0.1, 0.85, 0.05], [0.0, 0.0, 0.0, 1.0]]
        text = scenario(course(effect="odds_ratio = 2", terms="uptake = 0.2\ncompletion = 0.7\nyears = [2021, 2023]"), data='matrix = "matrix.csv"', rate=0.05)
        out = self.answer(text)
        first, by_period, _, participants, standing = follow([matrix] * 6, [300.0, 100.0, 0.0, 0.0], {0}, {2}, (0, 1), 2, 0.2, 0.7, lambda t: 1 <= t <= 3)
        part = out["policies"][0]
        self.near(value(part["reach"]), math.fsum(first) / 300, 1e-12)
        self.near(value(part["standing"]), standing / 300, 1e-12)
        for found, expected in zip(part["trajectory"], by_period):
            for estimate, people in zip(found["headcount"].values(), expected):
                self.near(value(estimate), people, 1e-12)
        self.near(value(part["cost"]["total"]), math.fsum((2400 * x + (500 if 1 <= t <= 3 else 0)) * 1.05 ** -t for t, x in enumerate(participants)), 1e-12)


if __name__ == "__main__":
    unittest.main()
