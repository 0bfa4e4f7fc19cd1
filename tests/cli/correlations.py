# SPDX-FileCopyrightText: 2026 The Rungs authors
# SPDX-License-Identifier: BSL-1.0
"""correlations.py: rungs measure --correlations, against determinants and a published misprint."""
import json
import math
import unittest

from support import program
from support.program import REFERENCE

# Of a study of training and income (2009), table 2, where 1.43 was printed and -182 is read as -.182.
STUDY = """,education,training,income,remittance
education,1,.037,1.43,.041
training,,1,-.304,-.182
income,,,1,.578
remittance,,,,1
"""


def determinant(rows):
    """By the rule of Laplace."""
    if not rows:
        return 1
    return sum((-1) ** j * rows[0][j] * determinant([r[:j] + r[j + 1:] for r in rows[1:]]) for j in range(len(rows)))


class Correlations(program.Program):
    def of(self, text, *arguments):
        self.write("r.csv", text)
        self.answer = self.json("measure", "--correlations", "r.csv", *arguments)
        self.warnings = [w["message"] for w in self.answer["warnings"]]
        return self.answer["correlations"]

    def test_of_three_by_its_closed_form(self):
        """Of r13: r12 r23 - and + root of (1 - r12^2)(1 - r23^2)."""
        found = self.of("v,a,b,c\nc,.3,-.4,\na,,.6,\nb,.6,1,-.4\n")
        self.assertEqual(found["variables"], ["a", "b", "c"])
        self.assertEqual([(e["row"], e["column"], e["value"]) for e in found["entries"]],
                         [("a", "b", .6), ("a", "c", .3), ("b", "c", -.4)])
        r = [.6, .3, -.4]
        for k, e in enumerate(found["entries"]):
            p, q = (r[m] for m in range(3) if m != k)
            half = math.sqrt((1 - p * p) * (1 - q * q))
            self.assertAlmostEqual(e["least"], p * q - half, 14)
            self.assertAlmostEqual(e["greatest"], p * q + half, 14)
        self.assertTrue(found["positive_semidefinite"])
        self.assertAlmostEqual(sum(found["eigenvalues"]), 3, 14)
        self.assertAlmostEqual(math.prod(found["eigenvalues"]), 1 - .36 - .09 - .16 + 2 * .6 * .3 * -.4, 14)
        self.assertEqual(found["eigenvalues"], sorted(found["eigenvalues"], reverse=True))

    def test_a_misprint_is_bounded(self):
        found = self.of(STUDY)
        self.assertEqual(self.warnings, ["found a correlation of 1.43 between 'education' and 'income'; expected a number "
                                         "from -1 to 1"])
        self.assertFalse(found["positive_semidefinite"])
        one = next(e for e in found["entries"] if (e["row"], e["column"]) == ("education", "income"))
        for e in found["entries"]:
            if e is not one:
                self.assertEqual((e["least"], e["greatest"]), (None, None))
        for end in ("least", "greatest"):  # at the ends the table is just possible
            r = [[1, .037, one[end], .041], [.037, 1, -.304, -.182], [one[end], -.304, 1, .578], [.041, -.182, .578, 1]]
            self.assertAlmostEqual(determinant(r), 0, 13)
        self.assertEqual((round(one["least"], 3), round(one["greatest"], 3)), (-.775, .804))
        if (REFERENCE / "04_kendall.json").exists():
            tried = json.loads((REFERENCE / "04_kendall.json").read_text())["seed001"]["table2_education_income_psd_range"]
            self.assertTrue(tried[0] - 1e-4 < one["least"] <= tried[0] < tried[1] <= one["greatest"] < tried[1] + 1e-4)
        lost = self.of(STUDY.replace("1.43", ""))
        self.assertIsNone(lost["eigenvalues"])
        self.assertIsNone(lost["positive_semidefinite"])
        self.assertEqual(lost["entries"][1], {**one, "value": None})
        self.assertEqual(self.warnings, [])

    def test_table_and_csv(self):
        self.write("r.csv", STUDY)
        run = self.ok("measure", "--correlations", "r.csv")
        self.assertRegex(run.stdout, r"\A.*\n  between +published +possible\n")
        self.assertRegex(run.stdout, r"  education and income +1.43  -0.7746 to 0.8037\n")
        self.assertRegex(run.stdout, r"  training and income +-0.304 +-\n")
        self.assertIn(": the table is of no variables at all.\n", run.stdout)
        self.assertIn("[W-CORRELATION]", run.stderr)
        found = self.of(STUDY)
        for row, e in zip(self.csv("measure", "--correlations", "r.csv"), found["entries"], strict=True):
            self.assertEqual((row["row"], row["column"]), (e["row"], e["column"]))
            for key in ("value", "least", "greatest"):
                self.assertEqual(float(row[key]) if row[key] else None, e[key])

    def refuses(self, text, message):
        self.write("bad.csv", text)
        self.says(3, message + "\n", "measure", "--correlations", "bad.csv")

    def test_what_is_wrong_has_its_place(self):
        self.refuses("v,a,b,c\na,1,.5,.424**\nb,.4,1,x\nc,.1,\"0,2\",0.9\nd,1,1,1\nb,1,1,1\n",
                     "bad.csv:2:8: error: found the correlation '.424**'; expected a number; stars are left out, and what is "
                     "not known is left empty [E-NUMBER]\n"
                     "bad.csv:3:3: error: found a correlation of '.4' between 'b' and 'a', and of 0.5 before; expected the "
                     "same number twice [E-CORRELATION]\n"
                     "bad.csv:3:8: error: found the correlation 'x'; expected a number; stars are left out, and what is not "
                     "known is left empty [E-NUMBER]\n"
                     "bad.csv:4:7: error: found the correlation '0,2'; expected a number; write a decimal point: 1.5, not 1,5 "
                     "[E-NUMBER]\n"
                     "bad.csv:4:12: error: found a correlation of '0.9' between 'c' and 'c'; expected 1 of a variable with "
                     "itself [E-CORRELATION]\n"
                     "bad.csv:5:1: error: found 'd' at the start of the line; expected one of 'a', 'b', 'c' "
                     "[E-LABEL-UNKNOWN]\n"
                     "bad.csv:6:1: error: found a second row for 'b'; expected one; the first stands on line 3 [E-DUP-KEY]")
        self.refuses("v,a\na,1\n", "bad.csv:1:1: error: found 1 names of variables in the first line beside the first column; "
                     "expected a square of 2 to 100 [E-SHAPE]")
        self.refuses("v,a,a\na,1,1\n", "bad.csv:1:5: error: found the column name 'a' a second time; expected each name once; "
                     "the first is column 2 [E-COL-DUP]")

    def test_what_no_value_answers(self):
        self.refuses("v,a,b,c\na,1,2,\nb,,1,.1\nc,,,1\n",
                     "rungs: error: found 2 correlations that are lost or outside -1 to 1, such as those between 'a' and 'b' and "
                     "between 'a' and 'c'; expected at most one: what it can be is told by all others [E-IDENT]")
        # b, c and d contradict each other, whatever a and b are.
        self.refuses("v,a,b,c,d\na,1,,0,0\nb,,1,.9,.9\nc,0,,1,-.9\n",
                     "rungs: error: found no correlation between 'a' and 'b' that the others allow; expected others that can "
                     "hold together [E-CORRELATION]")
        found = self.of("v,a,b,c,d\na,1,0,0,0\nb,,1,.9,.9\nc,0,,1,-.9\n")
        self.assertIsNone(found["entries"][0]["least"])
        self.assertAlmostEqual(next(e for e in found["entries"] if (e["row"], e["column"]) == ("c", "d"))["least"], .62, 13)

    def test_nothing_else_is_asked(self):
        self.write("r.csv", STUDY)
        for other in (["--association", "r.csv"], ["--x", "a", "--association", "r.csv"], ["--from", "a"]):
            self.refused(2, " with --", "measure", "--correlations", "r.csv", *other)
        self.says(2, "rungs: error: found --reach with --correlations; expected none: correlations are no moves, and nothing but "
                  "what they can be is told [E-USAGE]\n", "measure", "--correlations", "r.csv", "--reach", "a")


if __name__ == "__main__":
    unittest.main()
