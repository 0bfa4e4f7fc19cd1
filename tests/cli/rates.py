# SPDX-FileCopyrightText: 2026 The Rungs authors
# SPDX-License-Identifier: BSL-1.0
"""rates.py: rates of events by group, against closed forms and against R."""
import csv
import io
import json
import math
import statistics
import unittest

from support import program
from support.program import REFERENCE

Z = statistics.NormalDist().inv_cdf(0.975)
JOBS = """collar,sex,changes,years
blue,men,4,10
blue,men,1,2.5
white,men,3,12
blue,women,2,8
white,women,0,5
white,women,6,20
blue,women,5,9
white,men,1,7
"""
OF = ["--rates", "jobs.csv", "--events", "changes", "--exposure", "years"]


class Program(program.Program):
    def setUp(self):
        super().setUp()
        self.write("jobs.csv", JOBS)

    def estimate(self, *arguments):
        return self.ok("estimate", *arguments).stdout

    def rates(self, *arguments):
        answer = self.json("estimate", *arguments)
        self.codes = [w["code"] for w in answer["warnings"]]
        return answer["rates"]


def sums(*keys):
    out = {}
    for row in csv.DictReader(io.StringIO(JOBS)):
        events, years = out.get(tuple(row[k] for k in keys), (0, 0))
        out[tuple(row[k] for k in keys)] = (events + int(row["changes"]), years + float(row["years"]))
    return out


def likelihood(groups):
    """Of Poisson numbers whose rates are those of groups, up to what does not depend on rates."""
    return sum(events * math.log(events / years) - events for events, years in groups)


class FewPeople(Program):
    def told(self, *arguments):
        answer = self.json("estimate", *OF, "--by", "collar", *arguments)
        return [w["message"] for w in answer["warnings"] if w["code"] == "W-COVERAGE"]

    def test_robust_errors_and_a_negative_binomial_are_told_to_be_too_narrow(self):
        self.assertEqual(self.told("--errors", "robust"), [
            "intervals by robust errors are too narrow: the smallest group has 4 records; 95 % ones held a rate in 91.9 "
            "% of samples, and a ratio of rates in 92.7 %, in the nearest data studied (rates that differ between "
            "people (alpha 0.5), 30 people in two groups)"])
        for errors in ("model", "quasi"):  # shown too wide, or not studied where people are alike
            self.assertEqual(self.told("--errors", errors), [])
        rows = JOBS.splitlines()
        self.write("jobs.csv", "\n".join(rows[:1] + 10 * rows[1:]) + "\n")
        self.assertEqual(self.told("--errors", "robust"), [])  # 40 in each group are nearer to 100 than to 15

    def test_of_a_negative_binomial(self):
        rows = ["collar,changes,years"] + [f"{c},{k * k % 7},1" for k in range(14) for c in ("blue", "white")]
        self.write("jobs.csv", "\n".join(rows) + "\n")
        told = self.told("--family", "negative-binomial")
        self.assertEqual(len(told), 1, told)
        self.assertIn("intervals of the negative binomial are too narrow: the smallest group has 14 records; ", told[0])


class ClosedForm(Program):
    def test_a_rate_is_events_over_time(self):
        for by in (["collar"], ["collar", "sex"]):
            groups = self.rates(*OF, "--by", ",".join(by))["groups"]
            wanted = sums(*by)
            self.assertEqual(len(groups), len(wanted))
            for group in groups:
                events, years = wanted[tuple(group["group"][k] for k in by)]
                self.assertEqual((group["events"], group["exposure"]), (events, years))
                self.assertAlmostEqual(group["rate"], events / years, 12)
                width = math.exp(Z / math.sqrt(events))
                self.assertAlmostEqual(group["lower"], events / years / width, 9)
                self.assertAlmostEqual(group["upper"], events / years * width, 9)

    def test_a_ratio_is_of_two_rates(self):
        rates = self.rates(*OF, "--by", "collar")
        (e0, t0), (e1, t1) = sums("collar")["blue",], sums("collar")["white",]
        slope = rates["coefficients"][1]
        self.assertEqual(slope["column"], "collar=white")
        self.assertAlmostEqual(slope["ratio"], e1 / t1 / (e0 / t0), 11)
        self.assertAlmostEqual(slope["standard_error"], math.sqrt(1 / e0 + 1 / e1), 10)
        self.assertAlmostEqual(rates["exact_ratio"]["ratio"], slope["ratio"], 11)

    def test_interaction_is_a_ratio_of_ratios(self):
        rates = self.rates(*OF, "--by", "collar,sex", "--interaction")
        of = {key: events / years for key, (events, years) in sums("collar", "sex").items()}
        names = [c["column"] for c in rates["coefficients"]]
        self.assertEqual(names, ["(constant)", "collar=white", "sex=women", "collar=white and sex=women"])
        self.assertAlmostEqual(rates["coefficients"][3]["ratio"],
                               of["white", "women"] / of["blue", "women"] / (of["white", "men"] / of["blue", "men"]), 10)
        self.assertEqual(rates["interaction"]["df"], 1)
        main = self.rates(*OF, "--by", "collar,sex")
        self.assertIsNone(main["interaction"])
        self.assertAlmostEqual(rates["interaction"]["statistic"],
                               2 * (rates["log_likelihood"] - main["log_likelihood"]), 9)
        self.assertAlmostEqual(rates["interaction"]["p"], math.erfc(math.sqrt(rates["interaction"]["statistic"] / 2)), 9)
        # What both likelihoods have beside the rates is the same.
        self.assertAlmostEqual(rates["log_likelihood"] - likelihood(sums("collar", "sex").values()),
                               self.rates(*OF, "--by", "collar")["log_likelihood"] -
                               likelihood(sums("collar").values()), 9)

    def test_one_record_for_each_group_tells_nothing_of_dispersion(self):
        self.write("two.csv", "group,n,time\nx,8,10\ny,3,9\n")
        rates = self.rates("--rates", "two.csv", "--events", "n", "--exposure", "time", "--by", "group")
        self.assertIsNone(rates["overdispersion"])
        self.assertIsNone(rates["dispersion"])
        self.write("one.csv", "group,n\nx,8\ny,3\ny,2\n")
        rates = self.rates("--rates", "one.csv", "--events", "n", "--by", "group")
        self.assertEqual([g["exposure"] for g in rates["groups"]], [1, 2])

    def test_csv_and_table(self):
        rows = list(csv.DictReader(io.StringIO(self.estimate(*OF, "--by", "collar", "--format", "csv"))))
        self.assertEqual([r["result"] for r in rows],
                         ["rate", "rate", "ratio", "exact ratio", "overdispersion nb1", "overdispersion nb2"])
        self.assertIn("How many times as often", self.estimate(*OF, "--by", "collar"))


class Austria(Program):
    """Rates of employer change of Austrian workers, as R has them."""

    def setUp(self):
        super().setUp()
        if not (REFERENCE / "07_counts.json").exists():
            self.skipTest(f"no reference results in {REFERENCE}")
        self.r = json.loads((REFERENCE / "07_counts.json").read_text())
        with open(REFERENCE / "data/austria_employer_changes.csv") as file:
            rows = sorted(csv.DictReader(file), key=lambda row: (row["occupation"], row["gender"]))
        self.write("austria.csv", "collar,sex,n,t\n" + "".join(
            f'{("blue", "white")[int(r["occupation"])]},{("men", "women")[int(r["gender"])]},{r["nchange"]},'
            f'{r["periodsincome"]}\n' for r in rows))

    OF = ["--rates", "austria.csv", "--events", "n", "--exposure", "t", "--by"]

    def near(self, ours, key, values, tolerance=1e-6):
        for c, value in zip(ours["coefficients"], values):
            self.assertLess(abs(c[key] / value - 1), tolerance)

    def test_poisson(self):
        r = self.r["poisson_occ_exposure"]
        ours = self.rates(*self.OF, "collar")
        self.near(ours, "value", r["coef"])
        self.near(ours, "standard_error", r["se"])
        self.assertAlmostEqual(ours["log_likelihood"] / r["loglik"], 1, 10)
        self.assertAlmostEqual(ours["dispersion"] / r["pearson_dispersion"], 1, 7)
        self.assertIn("W-OVERDISPERSED", self.codes)
        self.near(self.rates(*self.OF, "collar", "--errors", "robust"), "standard_error", r["robust_se_HC0"])
        self.assertNotIn("W-OVERDISPERSED", self.codes)
        self.assertNotIn("W-COVERAGE", self.codes)  # hundreds of people in each group
        self.near(self.rates(*self.OF, "collar", "--errors", "quasi"), "standard_error",
                  self.r["quasipoisson_occ_exposure"]["se"])

    def test_exact_ratio(self):
        exact, r = self.rates(*self.OF, "collar")["exact_ratio"], self.r["rate_ratio_exact"]
        self.assertAlmostEqual(1 / exact["ratio"], r["ratio"], 10)
        self.assertAlmostEqual(1 / exact["upper"], r["ci"][0], 8)
        self.assertAlmostEqual(1 / exact["lower"], r["ci"][1], 8)
        self.assertAlmostEqual(exact["p"] / r["p"], 1, 6)

    def test_interaction(self):
        r = self.r["poisson_interaction_exposure"]
        ours = self.rates(*self.OF, "collar,sex", "--interaction")
        order = [r["names"].index(name) for name in ("(Intercept)", "wc", "female", "female:wc")]
        self.near(ours, "value", [r["coef"][k] for k in order])
        self.near(ours, "standard_error", [r["se"][k] for k in order])

    def test_negative_binomial(self):
        r = self.r["negbin_occ_exposure"]
        ours = self.rates(*self.OF, "collar", "--family", "negative-binomial")
        self.near(ours, "value", r["coef"], 1e-5)
        self.near(ours, "standard_error", r["se"], 1e-5)
        self.assertLess(abs(ours["theta"] / r["theta"] - 1), 1e-5)
        self.assertLess(abs(ours["theta_standard_error"] / r["se_theta"] - 1), 1e-4)
        self.assertAlmostEqual(ours["against_poisson"]["statistic"], self.r["LR_poisson_vs_negbin"]["stat"], 5)


class NoEvents(Program):
    def test_of_a_group_without_events_the_bound_alone_is_known(self):
        self.write("none.csv", "g,n,e\na,0,40\na,0,60\nb,7,50\n")
        most = -math.log(0.025) / 100
        self.refused(3, "found no event in 'a', in 100 of exposure; expected events in every group: of such a one no more is told than "
                     f"that its rate is at most {most:.2g}"[:-1], "estimate", "--rates", "none.csv", "--events", "n", "--exposure", "e", "--by", "g")


class Refusals(Program):
    def test_what_is_wrong_in_the_file_has_its_place(self):
        self.write("bad.csv", "collar,changes,years\nblue,1.5,2\nwhite,,3\n,2,0\nNA,3,x\n")
        run = self.run_rungs("estimate", "--rates", "bad.csv", "--events", "changes", "--exposure", "years", "--by", "collar")
        self.assertEqual((run.returncode, run.stdout), (3, ""))
        self.assertEqual(run.stderr.splitlines(), [
            "bad.csv:2:6: error: found '1.5' in column 'changes'; expected a whole number of events, 0 or more [E-COUNT]",
            "bad.csv:3:7: error: found no number of events in column 'changes'; expected a whole number of events, 0 or "
            "more; leave out records of which it is not known [E-COUNT]",
            "bad.csv:4:1: error: found no group in column 'collar'; expected the name of a group; leave out records of "
            "which it is not known [E-LABEL-UNKNOWN]",
            "bad.csv:4:4: error: found '0' in column 'years'; expected a time at risk above 0; leave out who was never at "
            "risk [E-EXPOSURE]",
            "bad.csv:5:1: error: found 'NA' in column 'collar', a sign for a missing value; expected the name of a group; "
            "leave out records of which it is not known [E-LABEL-UNKNOWN]",
            "bad.csv:5:6: error: found 'x' in column 'years'; expected a time at risk above 0 [E-EXPOSURE]"])

    def test_a_quote_that_does_not_close_is_of_by(self):
        run = self.run_rungs("estimate", *OF, "--by", '"x')
        self.assertEqual((run.returncode, run.stdout), (2, ""))
        self.assertIn("rungs: error: --by: found a quote that does not close in ", run.stderr)

    def test_usage(self):
        for words, arguments in [
            ("found --rates without --events; expected the column of the number of events", ["--rates", "jobs.csv"]),
            ("found --rates without --by; expected the column of the groups", ["--rates", "jobs.csv", "--events", "changes"]),
            ("found --interaction with one column; expected two", [*OF, "--by", "collar", "--interaction"]),
            ("found --by with 3 columns; expected one or two", [*OF, "--by", "a,b,c"]),
            ("found rates and a model to save", [*OF, "--by", "collar", "-o", "x.rungs"]),
            ("--by requires --rates", ["--by", "collar"]),
            ("excludes", [*OF, "--by", "collar", "--panel", "x.csv"]),
        ]:
            with self.subTest(words):
                self.refused(2, words, "estimate", *arguments)

    def test_one_group_alone_is_told(self):
        self.write("alone.csv", "g,n\nx,3\nx,1\n")
        run = self.run_rungs("estimate", "--rates", "alone.csv", "--events", "n", "--by", "g")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn("the column 'g' has one group alone: there is nothing to compare it with [W-GROUP-ALONE]", run.stderr)

    def test_groups_without_events_are_named(self):
        self.write("none.csv", "g,n\nx,3\ny,0\n")
        self.refused(3, "'y'", "estimate", "--rates", "none.csv", "--events", "n", "--by", "g")


if __name__ == "__main__":
    unittest.main()
