# SPDX-FileCopyrightText: 2026 The Rungs authors
# SPDX-License-Identifier: BSL-1.0
"""allocate.py: rungs allocate as a planner meets it, and as a sceptic recomputes it.

Needs RUNGS_PROGRAM in the environment; RUNGS_SOURCE_DIR is the folder above this one's if it is not given.
"""
import csv
import io
import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

import jsonschema

PROGRAM = os.environ["RUNGS_PROGRAM"]
SOURCE = pathlib.Path(os.environ.get("RUNGS_SOURCE_DIR", pathlib.Path(__file__).resolve().parents[2]))
EXAMPLE = SOURCE / "examples/careers/allocation.toml"
SCHEMA = json.loads((SOURCE / "docs/reference/allocate.schema.json").read_text())
MATRIX = "from,a,b,c,d\na,0.6,0.25,0,0.15\nb,0.1,0.5,0.3,0.1\nc,0,0.1,0.85,0.05\n"
SCENARIO = """[ladder]
rungs = [["a"], ["b"], ["c"]]
exits = ["d"]
[data]
matrix = "matrix.csv"
people_behind = {{ a = 200, b = 200 }}
[population]
year = 2020
start = {{ a = 300, b = 100 }}
[question]
from = ["a", "b"]
reach = "c"
within_years = {within}
[[programme]]
name = "course"
from = "b"
to = "c"
effect = {{ odds_ratio = 2, interval = [1.5, 3], source = "assumed" }}
uptake = 0.5
cost = {{ per_participant = 100{fixed} }}
[[programme]]
name = "school"
from = "a"
to = "b"
effect = {{ odds_ratio = 3, interval = [1.5, 5], source = "assumed" }}
uptake = 0.5
cost = {{ per_participant = 80 }}
[allocation]
{allocation}
[economics]
currency = "CNY"
discount_rate = 0.05
[run]
seed = 5
draws = 200
"""


class Allocate(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.write("matrix.csv", MATRIX)

    def write(self, name, text):
        path = pathlib.Path(self.folder.name) / name
        path.write_text(text)
        return path

    def run_program(self, *arguments):
        environment = {k: v for k, v in os.environ.items() if k != "RUNGS_SEED"}
        return subprocess.run([PROGRAM, "allocate", *map(str, arguments)], capture_output=True, text=True,
                              env=environment)

    def path(self, allocation, within=3, fixed=""):
        return self.write("scenario.toml", SCENARIO.format(allocation=allocation, within=within, fixed=fixed))

    def answer(self, *arguments, **options):
        path = arguments[0] if isinstance(arguments[0], pathlib.Path) else self.path(*arguments, **options)
        done = self.run_program(path, "--format", "json")
        self.assertEqual(done.returncode, 0, done.stderr)
        out = json.loads(done.stdout)
        jsonschema.Draft7Validator(SCHEMA).validate(out)
        return out

    def refused(self, allocation, message):
        path = self.path(allocation)
        target = pathlib.Path(self.folder.name) / "out.json"
        done = self.run_program(path, "-o", target)
        self.assertEqual((done.returncode, done.stdout), (3, ""), done.stderr)
        self.assertFalse(target.exists())
        self.assertRegex(done.stderr, message.replace("FILE", re.escape(str(path))))

    def test_one_period_is_greedy(self):
        # In the last year a seat for b adds P(odds ratio 2) - 0.3 = 0.6/1.3 - 0.3 people; the school adds nobody.
        out = self.answer("budget = 2000", within=1)
        seats = out["allocation"]["seats"]
        self.assertEqual([(s["programme"], s["period"], s["stratum"]) for s in seats], [("course", 2020, "b")])
        self.assertAlmostEqual(seats[0]["seats"], 20, 9)
        gain = 0.6 / 1.3 - 0.3
        self.assertAlmostEqual(out["allocation"]["additional"], 20 * gain, 9)
        money = out["allocation"]["money"]
        self.assertAlmostEqual(money["one_more"], gain / 100, 12)
        self.assertAlmostEqual(money["holds"]["upper"], 5000, 6)  # half of the 100
        self.assertTrue(out["allocation"]["unique"])

    def test_more_money_never_reaches_fewer(self):
        reached = [self.answer(f"budget = {b}")["allocation"]["reached"] for b in (0, 500, 2000, 8000, 50000)]
        self.assertEqual(reached, sorted(reached))
        gains = [(b - a) / (y - x) for (x, y), (a, b) in
                 zip([(0, 500), (500, 2000), (2000, 8000), (8000, 50000)], zip(reached, reached[1:]))]
        self.assertEqual(gains, sorted(gains, reverse=True))  # and each unit of it less

    def test_full_classes_at_the_least_cost(self):
        """The example of the reference: one class fewer reaches fewer than asked, and no other two are cheaper."""
        out = self.answer(SOURCE / "examples/keys/classes.toml")["allocation"]
        self.assertEqual([(s["programme"], s["seats"]) for s in out["seats"]], [("master's course", 24)])
        self.assertGreaterEqual(out["additional"], 4)
        text = (SOURCE / "examples/keys/classes.toml").read_text().replace('"moves.csv"', f'"{SOURCE / "examples/keys/moves.csv"}"')
        for goal, most in (("budget = 95999", 4), ("additional_people = 4.2", None)):
            less = self.answer(self.write("less.toml", text.replace("additional_people = 4 ", goal + " ")))["allocation"]
            if most:
                self.assertLess(less["additional"], most)
            else:
                self.assertGreater(less["cost"], out["cost"])

    def test_least_cost_is_the_reverse(self):
        there = self.answer("budget = 4000")["allocation"]
        back = self.answer(f"additional_people = {there['additional'] * (1 - 1e-9)}")
        self.assertAlmostEqual(back["allocation"]["cost"], 4000, 3)
        self.assertAlmostEqual(back["allocation"]["money"]["one_more"], there["money"]["last"], 6)
        self.assertIsNone(back["question"]["budget"])

    def with_posts(self, allocation, posts):
        text = SCENARIO.format(allocation=allocation, within=3, fixed="")
        return self.write("posts.toml", text.replace("start =", f"posts = {{ c = {posts} }}\nstart ="))

    def test_where_people_compete_for_posts_nothing_has_a_price(self):
        # 60 posts of c: more push than find one, whatever is bought, so that no further seat is worth anything.
        out = self.answer(self.with_posts("budget = 4000", 60))
        best = out["allocation"]
        self.assertIsNone(best["money"])
        self.assertEqual(best["limits"], [])
        self.assertLess(best["reached"], best["bound"])
        self.assertGreaterEqual(best["reached"], best["before_search"])
        # 60 posts are filled at most once, and 15 in 100 of those in them leave in each of the two later years.
        self.assertLessEqual(best["reached"], 60 + 2 * 0.15 * 60)
        table = self.run_program(self.with_posts("budget = 4000", 60)).stdout
        self.assertIn("Where people compete for posts, money and seats have no prices that hold.", table)
        self.assertNotIn("one more person costs", table)
        # Posts that nobody is short of leave the answer and its prices as they are.
        free, plenty = self.answer("budget = 4000"), self.answer(self.with_posts("budget = 4000", 1000))
        self.assertAlmostEqual(plenty["allocation"]["reached"], free["allocation"]["reached"], 9)
        self.assertAlmostEqual(plenty["allocation"]["money"]["one_more"], free["allocation"]["money"]["one_more"], 12)

    def test_a_goal_that_is_missed_on_average_is_said_to_be(self):
        missed = "Over all that varies these seats add fewer on average than the 4 that were asked for"
        self.assertIn(missed, self.run_program(SOURCE / "examples/keys/classes.toml").stdout)
        self.assertNotIn(missed[:20], self.run_program(self.write("s.toml", SCENARIO.format(allocation="budget = 4000", within=3, fixed=""))).stdout)

    def test_what_cannot_be_told_is_no_number(self):
        nothing = self.write("s.toml", SCENARIO.format(allocation="budget = 0", within=3, fixed="").replace('currency = "CNY"\n', ""))
        shown = self.run_program(nothing).stdout
        self.assertIn("Which seats reach the most for 0, in no stated currency?", shown)
        self.assertNotIn("inf", shown)
        goal = self.write("s.toml", SCENARIO.format(allocation="additional_people = 1", within=3, fixed=""))
        self.assertIn("No limit binds: a little more of any is worth nothing.", self.run_program(goal).stdout)

    def test_next_to_nothing_adds_next_to_nothing_where_posts_are_just_enough(self):
        for posts in (20, 30, 40, 50, 60):
            out = self.answer(self.with_posts("budget = 1", posts))
            self.assertLess(abs(out["evaluation"]["additional_people_reaching"]["value"]), 0.02, posts)

    def test_no_seats_where_posts_make_them_do_harm(self):
        self.write("posts.csv", "from,a,b,c,x\na,0.8617,0.1383,0,0\nb,0,0.81549,0.12292,0.06159\n"
                                "c,0.04851,0.28008,0.44726,0.22415\n")
        text = """[ladder]
rungs = [["a"], ["b"], ["c"]]
exits = ["x"]
[data]
matrix = "posts.csv"
[population]
period = 0
start = { a = 92, b = 77 }
posts = { b = { now = 75, growth_per_year = 0 }, c = { now = 11, growth_per_year = 0 } }
[question]
from = ["a", "b"]
reach = "c"
within_years = 3
[[programme]]
name = "p"
from = "a"
to = "b"
effect = { odds_ratio = 3, source = "s" }
uptake = 0.44
offered = 0.7
completion = 0.42
fade_half_life_years = 2
cost = { per_participant = 1500 }
[allocation]
%s
[economics]
currency = "Q"
discount_rate = 0.08
[run]
seed = 1
draws = 60
"""
        answer = json.loads(self.run_program(self.write("posts.toml", text % "budget = 60000"), "--format", "json").stdout)
        self.assertEqual(answer["allocation"]["seats"], [])
        self.assertEqual(answer["evaluation"]["additional_people_reaching"]["value"], 0)
        refused = self.run_program(self.write("posts.toml", text % "additional_people = 50")).stderr
        self.assertIn(" can be reached if posts are left out, whatever the money", refused)
        self.assertIn("; expected fewer people", refused)
        self.assertIn(", or the most people for a budget", refused)

    def test_seats_are_for_those_who_can_take_them(self):
        self.write("few.csv", "from,a,b,c\na,0.8,0.2,0\nb,0.05,0.85,0.1\nc,0,0.05,0.95\n")
        text = """[ladder]
rungs = [["a"], ["b"], ["c"]]
[data]
matrix = "few.csv"
[population]
period = 0
start = { a = 40, b = 200, c = 30 }
posts = { c = { now = 40, growth_per_year = 2 } }
[question]
from = ["a", "b"]
reach = "c"
within_years = 3
[[programme]]
name = "p"
eligible = ["a", "b"]
effects = [{ from = ["a"], to = ["b"], odds_ratio = 3, source = "s" }, { from = ["b"], to = ["c"], odds_ratio = 3, source = "s" }]
uptake = 0.35
cost = { per_participant = 100 }
[allocation]
budget = 400000
[economics]
currency = "Q"
discount_rate = 0
[run]
seed = 1
draws = 60
"""
        answer = json.loads(self.run_program(self.write("few.toml", text), "--format", "json").stdout)
        bought = answer["allocation"]["seats"]
        seats = sum(s["seats"] for s in bought)
        self.assertGreater(seats, 0)
        self.assertAlmostEqual(seats, answer["evaluation"]["participants"]["value"], delta=1e-6 * seats)
        first = sum(s["seats"] for s in bought if (s["period"], s["stratum"]) == (0, "a"))
        self.assertLessEqual(first, 40 * .35 + 1e-6)

    def test_what_posts_do_not_allow_is_said(self):
        path = self.with_posts("additional_people = 20", 60)
        done = self.run_program(path)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("These seats do NOT reach the 20 more that were asked for.", done.stdout)
        self.assertIn("[W-ALLOCATE-POSTS]", done.stderr)

    def test_it_says_what_varied_in_which_number(self):
        table = self.run_program(EXAMPLE).stdout
        self.assertIn("in the people reaching also individual chance", table)
        self.assertIn("at the single best values too, and have no interval", table)

    def test_the_evaluation_is_of_these_seats(self):
        out = self.answer("budget = 4000")
        e, a = out["evaluation"], out["allocation"]
        self.assertEqual(e["additional_people_reaching"]["draws"], 200)
        self.assertLess(e["additional_people_reaching"]["lower"], a["additional"])
        self.assertGreater(e["additional_people_reaching"]["upper"], a["additional"])
        self.assertAlmostEqual(a["cost"], 4000, 6)
        self.assertLessEqual(e["cost"]["upper"], 4000 * (1 + 1e-9))  # in another world seats may stay empty
        self.assertEqual([w for w in out["warnings"] if w["code"] in ("W-SEATS", "W-NOEFFECT")], [])

    def test_limits(self):
        out = self.answer('budget = 4000\nminimum_share = [{ from = "a", share = 0.75 }]\n'
                          'seats_per_year = { "school" = 15 }')
        seats = out["allocation"]["seats"]
        self.assertGreaterEqual(sum(s["seats"] for s in seats if s["stratum"] == "a"),
                                0.75 * sum(s["seats"] for s in seats) - 1e-9)
        for period in (2020, 2021, 2022):
            self.assertLessEqual(sum(s["seats"] for s in seats if s["programme"] == "school" and s["period"] == period),
                                 15 + 1e-9)
        names = [x["limit"] for x in out["allocation"]["limits"]]
        self.assertIn("the share of 0.75 of all seats for 'a'", names)
        self.assertIn("the seats of 'school' in period 2020", names)
        only = self.answer('budget = 4000\nprogrammes = "school"')["allocation"]["seats"]
        self.assertEqual({s["programme"] for s in only}, {"school"})

    GROUPS = """[ladder]
rungs = ["a", "b"]
[data]
table = "groups.csv"
group = "sex"
method = "proportions"
[population]
year = 2020
[[group]]
name = "women"
start = { a = 100 }
[[group]]
name = "men"
start = { a = 100 }
[question]
from = "a"
reach = "b"
within_years = 1
[[programme]]
name = "course"
from = "a"
to = "b"
uptake = 1
effect = { odds_ratio = 2, source = "s" }
cost = { per_participant = 100 }
[run]
seed = 1
draws = 20
[allocation]
"""

    OF_GROUPS = "sex,from,to,count\nwomen,a,a,80\nwomen,a,b,20\nwomen,b,b,9\nmen,a,a,50\nmen,a,b,50\nmen,b,b,9\n"

    def test_a_group_has_its_share_of_the_additional_people(self):
        """By hand: a seat brings men 2/3 - 1/2 and women 1/3 - 1/5, so that of 20 all are for men; of the additional people
        0.4 shall be women."""
        self.write("groups.csv", self.OF_GROUPS)
        seats_of = lambda out: {s["stratum"]: s["seats"] for s in out["allocation"]["seats"]}
        men, women = 2 / 3 - 1 / 2, 1 / 3 - 1 / 5
        self.assertEqual(seats_of(self.answer(self.write("s.toml", self.GROUPS + "budget = 2000\n"))), {"men: a": 20})
        least = 'minimum_gain = [{ group = "women", share = 0.4 }]\n'
        path = self.write("s.toml", self.GROUPS + "budget = 2000\n" + least)
        out = self.answer(path)
        w = 20 * 0.4 * men / (0.6 * women + 0.4 * men)
        for stratum, seats in (("women: a", w), ("men: a", 20 - w)):
            self.assertAlmostEqual(seats_of(out)[stratum], seats, 9)
        self.assertAlmostEqual(out["allocation"]["additional"], w * women + (20 - w) * men, 9)
        groups = {g["name"]: g["additional_people_reaching"]["value"] for g in out["evaluation"]["groups"]}
        self.assertAlmostEqual(groups["women"], w * women, 6)
        (limit,) = [x for x in out["allocation"]["limits"] if x["limit"] == "the share of 0.4 of the additional people for 'women'"]
        self.assertEqual((limit["size"], limit["used"]), (0, 0))
        self.assertAlmostEqual(limit["one_more"], (women - men) / (0.6 * women + 0.4 * men), 9)
        self.assertIn("Of a share of the additional people it is in people, counted in the same way.",
                      self.run_program(path).stdout)
        # At the least cost, and where the share does not bind; the numbers of the limit are then of what is beyond it.
        back = self.answer(self.write("s.toml", self.GROUPS + f"additional_people = {out['allocation']['additional']}\n" + least))
        self.assertAlmostEqual(back["allocation"]["cost"], 2000, 6)
        loose = self.answer(self.write("s.toml", self.GROUPS + "budget = 2000\n" + least.replace("women", "men")))
        (limit,) = [x for x in loose["allocation"]["limits"] if "additional people" in x["limit"]]
        self.assertAlmostEqual(limit["used"], 0.6 * 20 * men, 9)
        self.assertEqual((limit["last"], limit["one_more"]), (0, 0))

    def test_shares_of_the_additional_people_that_cannot_be(self):
        self.write("groups.csv", self.OF_GROUPS)
        for gain, words in (
                ('{ group = "women" }', r"found a minimum gain without 'group' or 'share'; expected both \[E-CFG-KEY\]"),
                ('{ group = "boys", share = 0.1 }', r"found the group 'boys'; expected one of 'women', 'men' \[E-LABEL-UNKNOWN\]"),
                ('{ group = "men", share = 0.7 }, { group = "women", share = 0.4 }',
                 r"found minimum gains that add up to 1.1; expected at most 1 in all \[E-CFG-RANGE\]"),
                ('{ group = "men", share = 0.1 }, { group = "men", share = 0.4 }',
                 r"found two minimum gains of the group 'men'; expected one \[E-CFG-RANGE\]")):
            path = self.write("s.toml", self.GROUPS + f"budget = 1\nminimum_gain = [{gain}]\n")
            done = self.run_program(path)
            self.assertEqual((done.returncode, done.stdout), (3, ""))
            self.assertRegex(done.stderr, words)
        self.refused('budget = 1\nminimum_gain = [{ group = "men", share = 0.4 }]',
                     r"found the group 'men'; expected none, since there are no \[\[group\]\] tables \[E-LABEL-UNKNOWN\]")
        posts = self.GROUPS.replace("year = 2020\n", "year = 2020\nposts = { b = 30 }\n")
        done = self.run_program(self.write("s.toml", posts + 'budget = 1\nminimum_gain = [{ group = "men", share = 0.4 }]\n'))
        self.assertEqual((done.returncode, done.stdout), (3, ""))
        self.assertIn("found a share of the additional people for the group 'men', where people compete for posts; expected none "
                      "there: seats are searched for, within limits of seats alone [E-ALLOCATE]", done.stderr)

    def test_limits_by_programme_strata_and_year(self):
        # In one year a seat for b adds 0.6/1.3 - 0.3 people and one of the school nobody, but 4 of these must be there.
        least = '[[allocation.limit]]\nprogramme = "school"\nfrom = "a"\nyears = [2020, 2021]\nat_least = 4\n'
        out = self.answer("budget = 2000\n" + least, within=1)
        seats = {(s["programme"], s["period"], s["stratum"]): s["seats"] for s in out["allocation"]["seats"]}
        self.assertEqual(set(seats), {("course", 2020, "b"), ("school", 2020, "a")})
        self.assertAlmostEqual(seats["school", 2020, "a"], 4, 9)
        self.assertAlmostEqual(seats["course", 2020, "b"], (2000 - 4 * 80) / 100, 9)
        limits = {x["limit"]: x for x in out["allocation"]["limits"]}
        gain = 0.6 / 1.3 - 0.3
        kept = limits["the least seats of 'school' for 'a' in period 2020"]
        self.assertEqual((kept["size"], kept["used"]), (4, 4))
        self.assertAlmostEqual(kept["one_more"], -0.8 * gain, 9)  # 80 less for seats of 100
        most = '[[allocation.limit]]\nfrom = ["a", "b"]\nat_most = 12.5\n'
        limits = {x["limit"]: x for x in self.answer("budget = 2000\n" + most, within=1)["allocation"]["limits"]}
        self.assertEqual(list(limits), ["the limit of all programmes for 'a', 'b' in period 2020"])
        self.assertAlmostEqual(limits.popitem()[1]["one_more"], gain, 9)
        table = self.run_program(self.path("budget = 2000\n" + least, within=1)).stdout
        self.assertIn("the least seats of 'school' for 'a' in period 2020", table)
        self.assertIn("Of the least seats one more is a seat more that has to be there.", table)

    def test_limits_that_cannot_be(self):
        limit = '[[allocation.limit]]\nprogramme = "school"\nat_least = 4\n'
        self.refused("budget = 100\n" + limit,
                     r"FILE:\d+:1: error: found limits that cannot hold together: the least seats of 'school' in period "
                     r"202[0-2], the budget; expected room in one of them \[E-ALLOCATE-LIMITS\]")
        self.refused("budget = 100\n" + limit + "years = [2040, 2041]",
                     r"FILE:30:1: error: found a limit for 2040 to 2041, in which no period of the span "
                     r"starts; expected periods from 2020 to 2022 \[E-CFG-RANGE\]")

    def test_the_limits_of_the_page(self):
        out = self.answer(SOURCE / "examples/keys/allocation.toml")
        seats = {}
        for s in out["allocation"]["seats"]:
            for key in ((s["programme"], s["period"]), s["period"]):
                seats[key] = seats.get(key, 0) + s["seats"]
        for year in range(2026, 2030):
            self.assertLessEqual(seats.get(("master's course", year), 0), 12 + 1e-9)
        for year in (2026, 2027):
            self.assertGreaterEqual(seats["evening course", year], 10 - 1e-9)
        self.assertLessEqual(seats.get(2028, 0), 20 + 1e-9)
        names = [x["limit"] for x in out["allocation"]["limits"]]
        self.assertIn("the least seats of 'evening course' in period 2027", names)
        self.assertIn("the limit of 'master's course' for 'skilled' in period 2029", names)
        self.assertIn("the limit of all programmes for 'learner', 'skilled' in period 2028", names)

    def test_whole_numbers(self):
        out = self.answer('budget = 3000\nclass_size = { "course" = 12 }\nprogrammes = "course"', fixed=", fixed_per_year = 300")
        self.assertTrue(out["allocation"]["whole"])
        self.assertIsNone(out["allocation"]["money"])
        for s in out["allocation"]["seats"]:
            self.assertAlmostEqual(s["seats"] / 12, round(s["seats"] / 12), 9)
        paid = self.answer("budget = 3000\nfixed_costs_paid = true", fixed=", fixed_per_year = 300")
        self.assertFalse(paid["allocation"]["whole"])

    def test_refusals(self):
        self.refused("", r"^FILE:\d+:1: error: found neither of 'budget' and 'additional_people' in \[allocation\]; "
                         r"expected one of them \[E-CFG-KEY\]")
        self.refused("budget = 1\nadditional_people = 1", r"found both of 'budget'")
        self.refused("budget = -1", r"FILE:\d+:10: error: found -1 for 'budget'; expected an amount of money, 0 or more "
                                    r"\[E-CFG-RANGE\]")
        self.refused("budget = nan", r"\[E-CFG-RANGE\]")
        self.refused("budgett = 1", r"did you mean 'budget'\?")
        self.refused('budget = 1\nprogrammes = ["curse"]', r"found the programme 'curse'; expected one of 'course', "
                                                           r"'school'; did you mean 'course'\? \[E-LABEL-UNKNOWN\]")
        self.refused('budget = 1\nclass_size = { "course" = 0 }', r"expected a whole number of seats, 1 or more")
        self.refused('budget = 1\nminimum_share = [{ from = "a" }]', r"without 'from' or 'share'; expected both")
        self.refused('budget = 1\nminimum_share = [{ from = "x", share = 0.5 }]', r"\[E-LABEL-UNKNOWN\]")
        self.refused("additional_people = 200", r"FILE:\d+:\d+: error: found 200 additional people asked for, of whom at "
                                                r"most [0-9.]+ can be reached whatever the money and the seats; expected "
                                                r"fewer people \[E-ALLOCATE-REACH\]")
        path = self.write("none.toml", SCENARIO.format(allocation="", within=3, fixed="").replace("[allocation]\n", ""))
        done = self.run_program(path)
        self.assertEqual((done.returncode, done.stdout), (3, ""))
        self.assertIn("found no [allocation] in the scenario; expected it, with 'budget' or 'additional_people' "
                      "[E-CFG-KEY]", done.stderr)
        self.assertEqual(self.run_program(path, "--budget", "3").returncode, 2)

    def test_table_and_csv_say_the_same(self):
        path = self.path("budget = 4000")
        out = self.answer(path)
        rows = list(csv.DictReader(io.StringIO(self.run_program(path, "--format", "csv").stdout)))
        seats = [float(r["value"]) for r in rows if r["quantity"] == "seats"]
        self.assertEqual(seats, [s["seats"] for s in out["allocation"]["seats"]])
        who = [float(r["value"]) for r in rows if r["quantity"].startswith("seats of those ")]
        self.assertEqual(who, [h["seats"] for s in out["allocation"]["seats"] for h in s["by_history"]])
        more = [float(r["value"]) for r in rows if r["quantity"] == "additional_people_reaching"]
        self.assertEqual(more, [out["evaluation"]["additional_people_reaching"]["value"]])
        table = self.run_program(path).stdout
        self.assertIn("Which seats reach the most for 4000 CNY?", table)
        self.assertIn("Seats to buy", table)
        self.assertIn("the budget", table)

    def test_nobody_is_chosen_by_whom_a_programme_helped(self):
        """A second course would help those most whom the first one helped, of all who completed it: which cannot be seen."""
        text = SCENARIO.format(within=2, fixed="", allocation="budget = 4000\nprogrammes = [\"first\", \"second\"]")
        text = text.replace('people_behind = { a = 200, b = 200 }\n', "").replace('from = ["a", "b"]', 'from = "b"')
        course = ('[[programme]]\nname = "{}"\nfrom = "b"\nto = "c"\neffect = {{ odds_ratio = 3, source = "assumed" }}\n'
                  'years = [{}, {}]\ncost = {{ per_participant = 100 }}\n{}\n')
        first, second = course.format("first", 2020, 2020, "deadweight = 0.5"), course.format("second", 2021, 2021, "seats_per_year = 20")
        text = text.replace("[allocation]", first + second + "[allocation]")
        path = self.write("secret.toml", text)
        out = self.answer(path)["allocation"]
        self.assertTrue(out["dealt_alike"])
        self.assertLess(out["reached"], out["bound"] - 1e-6)
        self.assertIsNone(out["money"])
        self.assertIn("cannot be seen", self.run_program(path).stdout)
        # What the seats do, dealt to all who stand in b alike, worked out by hand.
        seats = {(s["programme"], s["period"]): s["seats"] for s in out["seats"]}
        x, y = seats.get(("first", 2020), 0), seats.get(("second", 2021), 0)
        self.assertLessEqual(100 * (x + y / 1.05), 4000 + 1e-6)

        def row(odds):  # of b, with so many times the odds of moving up
            up = 0.3 * odds / (0.7 + 0.3 * odds)
            return up, 0.5 * (1 - up) / 0.7, 0.1 * (1 - up) / 0.7  # to c, b and a

        reached, standing = 0.0, []
        for people, odds in ((100 - x / 2, 1), (x / 2, 3)):  # half of the first course would have had it anyway
            up, stay, down = row(odds)
            reached += people * up
            standing.append((people * stay, odds))  # from a nobody reaches c in one year
        share = y / sum(people for people, _ in standing)
        for people, odds in standing:
            reached += people * ((1 - share) * row(odds)[0] + share * row(3 * odds)[0])
        self.assertAlmostEqual(out["reached"], reached, 8)
        self.assertAlmostEqual(out["reached_alike"], reached, 8)

    def test_seats_by_what_people_have_been_through(self):
        """Of those who completed a first course, all of whom it helped, a second one makes more reach than of others."""
        text = SCENARIO.format(within=2, fixed="", allocation="budget = 5000\nprogrammes = [\"first\", \"second\"]")
        text = text.replace('people_behind = { a = 200, b = 200 }\n', "").replace('from = ["a", "b"]', 'from = "b"')
        self.write("matrix.csv", MATRIX.replace("b,0.1,0.5,0.3,0.1", "b,0.1,0.75,0.05,0.1"))
        course = ('[[programme]]\nname = "{}"\nfrom = "b"\nto = "c"\neffect = {{ odds_ratio = 3, source = "assumed" }}\n'
                  'years = [{}, {}]\ncost = {{ per_participant = 100 }}\n{}\n')
        first = course.format("first", 2020, 2020, "seats_per_year = 30")
        second = course.format("second", 2021, 2021, "seats_per_year = 20")
        path = self.write("history.toml", text.replace("[allocation]", first + second + "[allocation]"))
        out = self.answer(path)["allocation"]
        self.assertLess(out["reached_alike"], out["reached"] - 0.1)
        seats = {s["programme"]: s for s in out["seats"]}
        for s in seats.values():
            self.assertAlmostEqual(sum(h["seats"] for h in s["by_history"]), s["seats"], 9)
        self.assertEqual([h["history"] for h in seats["first"]["by_history"]], ["in no programme so far"])
        self.assertEqual([h["history"] for h in seats["second"]["by_history"]], ["completed 'first'"])

        def up(odds):
            return 0.05 * odds / (0.95 + 0.05 * odds)

        self.assertAlmostEqual(seats["first"]["seats"], 30, 6)
        self.assertAlmostEqual(seats["second"]["seats"], 20, 6)
        trained, others = 30 * (1 - up(3)) * 0.75 / 0.95, 70 * 0.95 * 0.75 / 0.95  # in b after a year
        reached = 30 * up(3) + 70 * up(1) + (trained - 20) * up(3) + 20 * up(9) + others * up(1)
        self.assertAlmostEqual(out["reached"], reached, 8)
        table = self.run_program(path).stdout
        self.assertRegex(table, r"second +2021 +b +completed 'first' +20\b")
        self.assertNotIn("by what they have been through", self.run_program(EXAMPLE).stdout)

    def test_the_cost_says_that_its_amounts_varied(self):
        known = self.path("budget = 2000")
        self.assertNotIn("its amounts", self.run_program(known).stdout)
        doubt = known.read_text().replace("per_participant = 100", 'per_participant = { amount = 100, interval = [80, 130], source = "tenders" }')
        self.assertIn("; in the cost also its amounts.", self.run_program(self.write("doubt.toml", doubt)).stdout)

    def test_the_example(self):
        out = self.answer(EXAMPLE)
        self.assertAlmostEqual(out["allocation"]["cost"], 250000, 3)
        self.assertAlmostEqual(out["allocation"]["bound"], out["allocation"]["reached"], 9)
        again = self.run_program(EXAMPLE, "--format", "json", "--threads", 1).stdout
        self.assertEqual(again, self.run_program(EXAMPLE, "--format", "json", "--threads", 3).stdout)


if __name__ == "__main__":
    unittest.main()
