# SPDX-FileCopyrightText: 2026 The Rungs authors
# SPDX-License-Identifier: BSL-1.0
"""survey.py: people drawn in clusters from parts of a frame, replicate weights, and what does not change in a person."""
import math
import subprocess
import unittest

from support import program
from support.program import PROGRAM, SOURCE

STRATA = ["low", "middle", "high"]
LADDER = ["--ladder", "low < middle < high"]
WEIGHT = ["--weight", "w:sampling"]
DESIGN = ["--survey-strata", "region", "--cluster", "village"]
OF = ["--panel", "people.csv", *LADDER]


def people():
    """60 people of three regions, in villages of five, seen in five years; nothing in it is random."""
    for p in range(60):
        yield {"id": f"p{p}", "w": 1 + (p * 3) % 7 / 2 + p // 20, "region": ("north", "south", "far, east")[p // 20],
               "village": f"v{p // 5}", "sex": "women" if (p * p) % 3 else "men", "number": p // 5 % 4,
               "states": [STRATA[(p * 7 + t * t * 3 + (p * t) % 5 + p // 9) % 3] for t in range(5)]}


def moves(person):
    return list(zip(person["states"], person["states"][1:]))


def shares(everybody, weight, group=None):
    """The weighted share of each move."""
    total = {}
    for who in everybody:
        for move in moves(who) if group in (None, who["sex"]) else []:
            total[move] = total.get(move, 0) + weight(who)
    row = {i: math.fsum(total.get((i, j), 0) for j in STRATA) for i in STRATA}
    return {(i, j): total.get((i, j), 0) / row[i] for i in STRATA for j in STRATA}, row


def linearised(everybody, weight, part, cluster, group=None):
    """Standard errors of the ratios, by their deviations in each cluster; people of other groups count nothing."""
    p, row = shares(everybody, weight, group)
    out = {}
    for i, j in p:
        parts = {}
        for who in everybody:
            z = math.fsum(weight(who) * ((to == j) - p[i, j]) / row[i] for frm, to in moves(who) if frm == i)
            clusters = parts.setdefault(part(who), {})
            clusters[cluster(who)] = clusters.get(cluster(who), 0) + (z if group in (None, who["sex"]) else 0)
        variance = 0
        for clusters in parts.values():
            n, mean = len(clusters), math.fsum(clusters.values()) / len(clusters)
            variance += n / (n - 1) * math.fsum((z - mean) ** 2 for z in clusters.values())
        out[i, j] = math.sqrt(variance)
    return p, out


class Program(program.Program):
    def setUp(self):
        super().setUp()
        self.write("people.csv", self.long())

    def long(self, scale=1.0, more=lambda who: {}, row=lambda who, t: {}):
        def field(x):
            return f'"{x}"' if "," in str(x) else str(x)
        lines = []
        for who in people():
            for t, state in enumerate(who["states"]):
                record = {"id": who["id"], "time": t, "state": state, "w": repr(who["w"] * scale),
                          **{k: who[k] for k in ("region", "village", "sex", "number")}, **more(who), **row(who, t)}
                lines.append(record)
        return "\n".join(",".join(map(field, line)) for line in [list(lines[0]), *[r.values() for r in lines]]) + "\n"

    def same(self, answer, p, errors, places=10):
        for (i, j), share in p.items():
            a, b = STRATA.index(i), STRATA.index(j)
            self.assertAlmostEqual(answer["transition_matrix"][a][b], share, places=13)
            self.assertLess(abs(answer["standard_error"][a][b] / errors[i, j] - 1), 10 ** -places, (i, j))


class Clusters(Program):
    def test_standard_errors_are_those_of_the_linearised_ratios(self):
        answer = self.json("estimate", *OF, *WEIGHT, *DESIGN)
        self.same(answer, *linearised(list(people()), lambda w: w["w"], lambda w: w["region"], lambda w: w["village"]))
        self.assertEqual(answer["design"], {"variance": "clusters", "strata": 3, "clusters": 12, "lonely": "refuse",
                                            "degrees_of_freedom": 9})
        self.assertEqual(answer["method"], "weighted proportions, design-based")
        # svyratio() of the R package survey 4.1-1, on the same people
        self.assertAlmostEqual(answer["standard_error"][0][0], 0.062835241286443022, places=14)
        self.assertAlmostEqual(answer["transition_matrix"][0][0], 0.30754716981132074, places=14)

    def test_intervals_are_around_the_log_odds_by_students_t(self):
        answer = self.json("estimate", *OF, *WEIGHT, *DESIGN)
        def logit(x):
            return math.log(x / (1 - x))
        for i in range(3):
            for j in range(3):
                p, e = answer["transition_matrix"][i][j], answer["standard_error"][i][j] 
                for bound, sign in (("lower", -1), ("upper", 1)):
                    t = sign * (logit(answer["interval"][bound][i][j]) - logit(p)) * p * (1 - p) / e
                    self.assertAlmostEqual(t, 2.262157162740992, places=9)  # 97.5 % with 9 degrees of freedom
        self.assertEqual(answer["interval"]["method"], "log-odds")

    def test_design_effect_is_the_variance_beside_that_of_people_drawn_alone(self):
        answer = self.json("estimate", *OF, *WEIGHT, *DESIGN)
        for i in range(3):
            for j in range(3):
                p, e = answer["transition_matrix"][i][j], answer["standard_error"][i][j]
                self.assertAlmostEqual(answer["design_effect"][i][j] * p * (1 - p) / sum(answer["counts"][i]), e * e)

    def test_people_drawn_alone_with_equal_chances(self):
        answer = self.json("estimate", *OF, "--cluster", "id")
        self.same(answer, *linearised(list(people()), lambda w: 1, lambda w: 0, lambda w: w["id"]))
        self.assertEqual(answer["design"]["degrees_of_freedom"], 59)
        plain = self.json("estimate", *OF)
        self.assertEqual(answer["transition_matrix"], plain["transition_matrix"])
        self.assertEqual(answer["counts"], plain["counts"])
        self.assertNotIn("design", plain)
        parts = self.json("estimate", *OF, "--survey-strata", "region")
        self.same(parts, *linearised(list(people()), lambda w: 1, lambda w: w["region"], lambda w: w["id"]))

    def test_weights_times_a_constant_change_nothing(self):
        one = self.json("estimate", *OF, *WEIGHT, *DESIGN)
        self.write("people.csv", self.long(scale=1024.0))
        many = self.json("estimate", *OF, *WEIGHT, *DESIGN)
        for key in ("transition_matrix", "standard_error", "interval", "design", "design_effect", "counts"):
            self.assertEqual(many[key], one[key])
        self.write("people.csv", self.long(scale=1 / 3))
        self.same(self.json("estimate", *OF, *WEIGHT, *DESIGN),
                  *linearised(list(people()), lambda w: w["w"], lambda w: w["region"], lambda w: w["village"]))

    def test_every_layout_gives_one_answer(self):
        long = self.json("estimate", *OF, *WEIGHT, *DESIGN)
        wide, spells = "id,w,region,village,state0,state1,state2,state3,state4\n", "id,w,region,village,state,begin,end\n"
        for who in people():
            start = f'{who["id"]},{who["w"]!r},"{who["region"]}",{who["village"]},'
            wide += start + ",".join(who["states"]) + "\n"
            spells += "".join(f"{start}{state},{t},{t}\n" for t, state in enumerate(who["states"]))
        self.write("wide.csv", wide)
        self.write("spells.csv", spells)
        for of in (["wide.csv", "--wide"], ["spells.csv", "--spells", "--ends", "included"]):
            answer = self.json("estimate", "--panel", *of, *LADDER, *WEIGHT, *DESIGN)
            for key in ("transition_matrix", "standard_error", "interval", "design", "design_effect"):
                self.assertEqual(answer[key], long[key], of)
        # columns of replicates end in numbers, as those of states do
        self.write("wide.csv", wide.replace("w,region,village", "w,r1,r2"). replace('"far, east",', "3,")
                   .replace('"north",', "1,").replace('"south",', "2,").replace(",v", ","))
        self.json("estimate", "--panel", "wide.csv", "--wide", *LADDER, *WEIGHT, "--replicates", "r",
                  "--replicate-factor", "0.5")

    def test_clusters_that_each_part_numbers_anew(self):
        numbered = [*WEIGHT, "--survey-strata", "region", "--cluster", "number"]
        answer = self.json("estimate", *OF, *numbered, "--nest")
        named = self.json("estimate", *OF, *WEIGHT, *DESIGN)
        for key in ("transition_matrix", "standard_error", "design"):
            self.assertEqual(answer[key], named[key])
        run = self.run_rungs("estimate", *OF, *numbered)
        self.assertEqual((run.returncode, run.stdout), (3, ""))
        self.assertEqual(run.stderr.splitlines()[0],
                         "people.csv:102:33: error: found the cluster '0' of column 'number' in the part of the frame "
                         "'south'; expected each cluster in one part; it was in 'north' on line 2; if each part numbers "
                         "its clusters anew, declare them as nested [E-DESIGN-NESTED]")

    def test_a_lonely_cluster(self):
        text = self.long()
        for v in range(8, 12):
            text = text.replace(f",v{v},", ",v8,")
        self.write("people.csv", text)
        self.says(3, "rungs: error: found the part of the frame 'far, east' with one cluster, 'v8'; expected two or more, "
                  "or a stated treatment of such parts: centre (its distance from the mean of all) or certain (it adds "
                  "nothing) [E-DESIGN-LONELY]\n", "estimate", *OF, *WEIGHT, *DESIGN)
        # survey.lonely.psu = "adjust" of the R package survey
        answer = self.json("estimate", *OF, *WEIGHT, *DESIGN, "--lonely", "centre")
        self.assertAlmostEqual(answer["standard_error"][0][0], 0.095297892612839372, places=13)
        self.assertEqual(answer["design"]["lonely"], "centre")
        self.assertEqual(answer["design"]["degrees_of_freedom"], 6)
        certain = self.json("estimate", *OF, *WEIGHT, *DESIGN, "--lonely", "certain")
        self.assertLess(certain["standard_error"][0][0], answer["standard_error"][0][0])

    def test_groups_are_domains_of_the_whole_design(self):
        everybody = list(people())
        answer = self.json("estimate", *OF, *WEIGHT, *DESIGN, "--group", "sex")
        self.assertEqual([g["group"] for g in answer["groups"]], ["men", "women"])
        for group in answer["groups"]:
            of = linearised(everybody, lambda w: w["w"], lambda w: w["region"], lambda w: w["village"], group["group"])
            self.same(group, *of)
            there = {(w["region"], w["village"]) for w in everybody if w["sex"] == group["group"]}
            self.assertEqual(group["design"]["clusters"], len(there))
            self.assertEqual(group["design"]["degrees_of_freedom"], len(there) - len({r for r, _ in there}))
        # The people of a group alone are another design: their number in each village would be taken as fixed.
        alone = self.long().splitlines(keepends=True)
        self.write("men.csv", "".join(line for line in alone if line is alone[0] or ",men," in line))
        same = self.json("estimate", "--panel", "men.csv", *LADDER, *WEIGHT, "--survey-strata", "region")
        different = self.json("estimate", *OF, *WEIGHT, "--survey-strata", "region", "--group", "sex")["groups"][0]
        self.assertEqual(same["transition_matrix"], different["transition_matrix"])
        self.assertNotAlmostEqual(same["standard_error"][0][0], different["standard_error"][0][0], places=6)
        pooled = self.json("estimate", *OF, *WEIGHT, *DESIGN, "--group", "sex", "--pool-groups")
        whole = self.json("estimate", *OF, *WEIGHT, *DESIGN)
        for key in ("transition_matrix", "standard_error", "interval", "design"):
            self.assertEqual(pooled[key], whole[key])

    def test_a_saved_model_of_groups_varies_as_the_sample_does(self):
        of, question = [*OF, *WEIGHT, *DESIGN, "--group", "sex"], ["--from", "low", "--reach", "high", "--within", "3", "--seed", "7"]
        self.ok("estimate", *of, "-o", "x.rungs")
        data, saved = self.json("measure", *of, *question), self.json("measure", "--model", "x.rungs", *question)
        for one, other in zip(data["groups"], saved["groups"]):
            for key in ("reach", "first_passage", "standing", "n_step", "stationary"):
                self.assertEqual(one[key], other[key])
        words = "weighted proportions, design-based; 12 clusters in 3 parts of the frame, 9 degrees of freedom"
        self.assertEqual(saved["method"], words + " (all groups together)")
        self.ok("estimate", *OF, *WEIGHT, *DESIGN, "-o", "y.rungs")
        self.assertEqual(self.json("measure", "--model", "y.rungs")["method"], words)
        self.assertIn("method: " + words, self.ok("measure", "--model", "y.rungs").stdout)

    def test_by_period(self):
        answer = self.json("estimate", *OF, *WEIGHT, *DESIGN, "--by-period")
        for t, period in enumerate(answer["periods"]):
            one = [{**who, "states": who["states"][t:t + 2]} for who in people()]
            self.same(period, *linearised(one, lambda w: w["w"], lambda w: w["region"], lambda w: w["village"]))

    def test_measure_widens_with_the_design(self):
        question = ["--from", "low", "--reach", "high", "--within", "3", "--seed", "7", "--draws", "4000"]
        whole = self.json("measure", *OF, *WEIGHT, *DESIGN, *question)
        self.assertEqual(whole["design"]["degrees_of_freedom"], 9)
        self.assertNotIn("of freedom", str(whole["warnings"]))
        self.assertIn("12 clusters in 3 parts of the frame, 9 degrees of freedom",
                      self.ok("measure", *OF, *WEIGHT, *DESIGN, *question).stdout)
        # The reach within one step is the move itself: its standard error is that of the design.
        question[5] = "1"
        one = self.json("measure", *OF, *WEIGHT, *DESIGN, *question)["reach"]
        p, error = linearised(list(people()), lambda w: w["w"], lambda w: w["region"], lambda w: w["village"])
        # 97.5 % of Student's distribution with 9 degrees of freedom
        half = 2.262157162740992 * error["low", "high"] / (p["low", "high"] * (1 - p["low", "high"]))
        logit = math.log(p["low", "high"] / (1 - p["low", "high"]))
        self.assertAlmostEqual(one["value"], p["low", "high"])
        for bound, at in (("lower", logit - half), ("upper", logit + half)):
            # 4000 draws: a tail of 2.5 % is known to 0.25 %, 6 % of the standard error of the log-odds
            self.assertAlmostEqual(math.log(one[bound] / (1 - one[bound])), at, delta=0.3 * half / 2.262157162740992)
        by_sex = self.json("measure", *OF, *WEIGHT, *DESIGN, "--group", "sex", *question)
        self.assertEqual([g["design"]["strata"] for g in by_sex["groups"]], [3, 3])

    def test_tables_name_the_design(self):
        run = self.ok("estimate", *OF, *WEIGHT, *DESIGN)
        self.assertRegex(run.stdout, r"design +12 clusters in 3 parts of the frame, 9 degrees of freedom\n")
        self.assertIn("interval around the log-odds, one cell at a time, by Student's t", run.stdout)
        self.assertNotIn("of freedom", run.stderr)

    def test_few_clusters_are_told(self):
        few = [*OF, *WEIGHT, "--cluster", "region"]
        said = ("intervals may be too narrow: the design has 2 degrees of freedom, and so few clusters tell little of "
                "how clusters vary; with 3 clusters 95 % intervals of reach within 5 steps held the truth in 95.55 % of "
                "samples if they were of one size, in 91.97 % if of 12 to 90 people")
        self.assertIn({"code": "W-COVERAGE", "message": said},
                      [{"code": w["code"], "message": w["message"]} for w in self.json("estimate", *few)["warnings"]])
        question = ["--from", "low", "--reach", "high", "--within", "3", "--seed", "7"]
        self.ok("estimate", *few, "-o", "x.rungs")
        data, saved = self.json("measure", *few, *question), self.json("measure", "--model", "x.rungs", *question)
        self.assertEqual(data["reach"], saved["reach"])
        for answer in (data, saved):
            self.assertIn("the design has 2 degrees of freedom", str(answer["warnings"]))


class Replicates(Program):
    @staticmethod
    def jackknife(name="jk"):
        villages = sorted({who["village"] for who in people()})
        def more(who):
            return {f"{name}{k + 1}": repr(0.0 if who["village"] == v else who["w"] * 12 / 11)
                    for k, v in enumerate(villages)}
        return more, villages

    def test_the_jackknife_of_clusters(self):
        more, villages = self.jackknife()
        self.write("people.csv", self.long(more=more))
        everybody = list(people())
        p, _ = shares(everybody, lambda w: w["w"])
        variance = dict.fromkeys(p, 0.0)
        for v in villages:
            without, _ = shares([w for w in everybody if w["village"] != v], lambda w: w["w"])
            for move in p:
                variance[move] += 11 / 12 * (without[move] - p[move]) ** 2
        errors = {move: math.sqrt(x) for move, x in variance.items()}
        answer = self.json("estimate", *OF, *WEIGHT, "--replicates", "jk", "--replicate-method", "jk1")
        self.same(answer, p, errors)
        self.assertEqual(answer["design"], {"variance": "replicates", "replicates": 12, "method": "jk1",
                                            "degrees_of_freedom": 11})
        listed = self.json("estimate", *OF, *WEIGHT, "--replicates", ", ".join(f"jk{k}" for k in range(1, 13)),
                           "--replicate-factor", repr(11 / 12), "--degrees-of-freedom", "9")
        self.assertEqual(listed["standard_error"], answer["standard_error"])
        self.assertEqual(listed["design"]["degrees_of_freedom"], 9)
        each = self.json("estimate", *OF, *WEIGHT, "--replicates", "jk", "--replicate-factor", ",".join([repr(11 / 12)] * 12))
        self.assertEqual(each["standard_error"], answer["standard_error"])
        by_sex = self.json("estimate", *OF, *WEIGHT, "--replicates", "jk", "--replicate-method", "jk1", "--group", "sex")
        for group in by_sex["groups"]:
            p, _ = shares(everybody, lambda w: w["w"], group["group"])
            variance = dict.fromkeys(p, 0.0)
            for v in villages:
                without, _ = shares([w for w in everybody if w["village"] != v], lambda w: w["w"], group["group"])
                for move in p:
                    variance[move] += 11 / 12 * (without[move] - p[move]) ** 2
            self.same(group, p, {move: math.sqrt(x) for move, x in variance.items()})

    def test_factors_of_the_methods(self):
        more, _ = self.jackknife()
        self.write("people.csv", self.long(more=more))
        def error(*how):
            answer = self.json("estimate", *OF, *WEIGHT, "--replicates", "jk", *how)
            return answer["standard_error"][0][0] ** 2
        unit = error("--replicate-factor", "1")
        for method, factor in (("brr", 1 / 12), ("bootstrap", 1 / 12), ("fay:0.5", 4 / 12), ("fay:0", 1 / 12),
                               ("jk1", 11 / 12), ("jk2", 1), ("sdr", 4 / 12)):
            self.assertAlmostEqual(error("--replicate-method", method) / unit, factor, places=12)

    def test_what_is_wrong_with_replicates(self):
        more, _ = self.jackknife()
        self.write("people.csv", self.long(more=more, row=lambda who, t: {"jk3": "7.5"} if (who["id"], t) == ("p4", 2) else {}))
        of = ["estimate", *OF, *WEIGHT, "--replicate-method", "jk1", "--replicates"]
        self.assertIn("people.csv:24:", self.run_rungs(*of, "jk").stderr)
        self.assertRegex(self.run_rungs(*of, "jk").stderr,
                         r"^people.csv:24:\d+: error: found the replicate weight '7.5' of 'p4' in column 'jk3'; expected one "
                         r"replicate weight for each person; it was 3.818\d* on line 22 \[E-DESIGN-VARIES\]\n")
        self.says(3, "people.csv:1:1: error: found no column of 'rw' with a whole number behind it (replicate weights); "
                  "expected two or more, such as 'rw1' and 'rw2' [E-COL-ABSENT]\n", *of, "rw")
        self.assertIn("named as a replicate weight and as a replicate weight", self.run_rungs(*of, "jk1,jk1").stderr)
        self.assertIn("named as a replicate weight and as the weight", self.run_rungs(*of, "jk1,w").stderr)
        self.says(3, "rungs: error: found 2 factors for 3 replicates; expected one for all, or one for each [E-SHAPE]\n",
                  "estimate", *OF, *WEIGHT, "--replicates", "jk1,jk2,jk4", "--replicate-factor", "1,2")
        self.write("people.csv", self.long(more=more, row=lambda who, t: {"w": "9"} if (who["id"], t) == ("p4", 2) else {}))
        self.assertIn("people.csv:24:", self.run_rungs(*of, "jk").stderr)
        self.assertIn("found another weight than that of the person's first record, beside replicate weights",
                      self.run_rungs(*of, "jk").stderr)


class Scenarios(Program):
    def scenario(self, keys):
        return self.write("scenario.toml", 'ladder = "low < middle < high"\n[data]\npanel = "people.csv"\n' + keys +
                          '[population]\nstart = { "low" = 100 }\n[question]\nfrom = "low"\nreach = "high"\nwithin_years = 3\n'
                          '[run]\nseed = 7\ndraws = 500\n')

    def test_a_scenario_takes_the_design(self):
        keys = 'weight = "w:sampling"\nsurvey_strata = "region"\ncluster = "village"\nconstant = ["sex"]\n'
        evaluated = self.json("evaluate", self.scenario(keys))["baseline"]["reach"]
        measured = self.json("measure", *OF, *WEIGHT, *DESIGN, "--from", "low", "--reach", "high", "--within", "3",
                             "--seed", "7", "--draws", "500")["reach"]
        for key in ("value", "lower", "upper"):
            self.assertAlmostEqual(evaluated[key], measured[key], places=12)
        self.write("people.csv", self.long(more=Replicates.jackknife()[0]))
        keys = 'weight = "w:sampling"\nreplicates = "jk"\n'
        one = self.json("evaluate", self.scenario(keys + 'replicate_method = "jk2"\n'))["baseline"]["reach"]
        stated = keys + "replicate_factor = 1\ndegrees_of_freedom = "
        other = self.json("evaluate", self.scenario(stated + "11\n"))["baseline"]["reach"]
        self.assertEqual(one, other)
        fewer = self.json("evaluate", self.scenario(stated + "2\n"))["baseline"]["reach"]
        self.assertEqual(one["value"], fewer["value"])
        self.assertGreater(fewer["upper"] - fewer["lower"], 1.4 * (one["upper"] - one["lower"]))
        each = self.json("evaluate", self.scenario(keys + f"replicate_factor = {[1] * 12}\n"))["baseline"]["reach"]
        self.assertEqual(one, each)

    def test_what_does_not_go_together_is_told_at_its_place(self):
        for keys, words in (
                ('weight = "w:frequency"\ncluster = "village"\n', "scenario.toml:3:9: error: found weights of the kind frequency "
                 "and a survey; expected sampling weights, or none [E-CFG-RANGE]"),
                ('cluster = "village"\nnest = true\n', "scenario.toml:3:9: error: found clusters numbered anew in each part of the "
                 "frame, without the column of one of them; expected the columns of both [E-CFG-RANGE]"),
                ('weight = "w:sampling"\nreplicates = "jk"\nreplicate_method = "jk9"\n', "scenario.toml:3:9: error: found replicates "
                 "by 'jk9'; expected brr, fay:K with a number K from 0 to below 1, jk1, jk2, bootstrap or sdr [E-CFG-RANGE]"),
                ('replicates = "jk"\nreplicate_factor = [1, 0]\n', "found 0 for 'replicate_factor'; expected a number above 0, or one "
                 "for each replicate [E-CFG-RANGE]"),
                ('lonely = "left"\n', "found 'left' for 'lonely'"),
                ('method = "dirichlet:1"\ncluster = "id"\n', "found the method dirichlet:1 and a survey")):
            run = self.run_rungs("evaluate", self.scenario(keys))
            self.assertEqual((run.returncode, run.stdout), (3, ""), run.stderr)
            self.assertIn(words, run.stderr)


class Wrong(Program):
    def test_people_are_in_one_cluster_that_is_known(self):
        for value, words in (("v7", "people.csv:24:18: error: found 'p4' in the cluster 'v7' of column 'village'; expected "
                              "each person in one, that they were drawn with; it was 'v0' on line 22 [E-DESIGN-VARIES]\n"),
                             ("", "people.csv:24:18: error: found no cluster in column 'village'; expected the cluster "
                              "that 'p4' was drawn with; leave out people of whom it is not known [E-DESIGN-EMPTY]\n"),
                             ("NA", "people.csv:24:18: error: found 'NA', a sign for a missing value, in column 'village'; "
                              "expected the cluster that 'p4' was drawn with; leave out people of whom it is not known "
                              "[E-DESIGN-EMPTY]\n")):
            self.write("people.csv", self.long(row=lambda who, t: {"village": value} if (who["id"], t) == ("p4", 2) else {}))
            run = self.run_rungs("estimate", *OF, *WEIGHT, *DESIGN)
            self.assertEqual((run.returncode, run.stdout), (3, ""))
            self.assertRegex(run.stderr, "^" + words.replace(":18:", r":\d+:").replace("[", r"\[").replace("]", r"\]"))

    def test_one_cluster_alone_tells_nothing(self):
        self.write("people.csv", self.long(row=lambda who, t: {"village": "v"}))
        self.refused(3, "found one cluster; expected two or more: one does not tell how clusters vary [E-DESIGN-LONELY]",
                     "estimate", *OF, *WEIGHT, "--cluster", "village")

    def test_usage(self):
        for arguments, words in [
            ([*DESIGN, "--method", "logit", "--covariate", "sex:category"], "found the method logit and a survey; expected "
             "proportions: other models do not know how people were drawn"),
            (["--method", "mover-stayer", *WEIGHT, "--replicates", "jk", "--replicate-method", "jk1"], "found the method mover-stayer "
             "and replicate weights; expected parts and clusters: the model is not fitted anew with each replicate"),
            (["--weight", "w:frequency", *DESIGN], "found weights of the kind frequency and a survey; expected sampling "
             "weights, or none"),
            (["--weight", "w:precision", *DESIGN], "found weights of the kind precision and a survey"),
            ([*DESIGN, "--method", "dirichlet:1"], "found the method dirichlet:1 and a survey; expected proportions: a prior "
             "does not know how people were drawn"),
            ([*DESIGN, "--gap", "em"], "found moves across gaps (em) and a survey; expected such pairs dropped"),
            ([*DESIGN, "--gap", "skip"], "found moves across gaps (skip) and a survey"),
            ([*DESIGN, "--interval", "wilson"], "found --interval with a survey"),
            (["--replicates", "jk", "--replicate-method", "jk1"], "found replicate weights without a weight"),
            ([*WEIGHT, "--replicates", "jk"], "found replicate weights without how they were made; expected a method (brr, "
             "fay:K"),
            ([*WEIGHT, "--replicates", "jk", "--replicate-method", "fay:1"], "found 'fay:1'; expected brr, fay:K with a "
             "number K from 0 to below 1"),
            ([*WEIGHT, "--replicates", "jk", *DESIGN], "excludes"),
            (["--lonely", "centre"], "--lonely requires --survey-strata"),
            (["--survey-strata", "region", "--nest"], "--nest requires --cluster"),
            ([*WEIGHT, "--replicates", "jk", "--replicate-factor", "0"], "found '0'; expected a number above 0, or one for "
             "each replicate"),
        ]:
            run = self.run_rungs("estimate", *OF, *arguments)
            self.assertEqual((run.returncode, run.stdout), (2, ""), run.stderr)
            self.assertIn(words, run.stderr)

    def test_what_is_not_tested_of_a_survey_is_refused(self):
        self.says(2, "rungs: error: found --block with a survey; expected none: of people drawn in clusters it is tested "
                  "whether moves are the same in all periods and groups and whether people remember where they came from, "
                  "how long they have stayed and who they are, and no more [E-USAGE]\n", "test", *OF, *DESIGN, "--block",
                  "low,middle")
        self.write("people.csv", "\n".join(line for line in self.long().splitlines()
                                           if line.split(",")[1] in ("time", "0", "1")) + "\n")
        self.refused(3, "found one period and no two groups; expected several periods, or groups of people", "test",
                     *OF, *DESIGN)


class Tests(Program):
    """Pearson's statistic and its law under the design, computed here from the deviations of clusters."""

    def homogeneity(self, layer_of, weight, part, cluster, jackknife=False):
        """X2, its trace and that of its square: layer_of gives the layer of a person's move number t. With the jackknife the
        covariance is that of the shares without each cluster in turn."""
        everybody = list(people())
        total, count = {}, {}
        for who in everybody:
            for t, (i, j) in enumerate(moves(who)):
                layer = layer_of(who, t)
                if layer is None:
                    continue
                total[layer, i, j] = total.get((layer, i, j), 0) + weight(who)
                count[layer, i] = count.get((layer, i), 0) + 1
        of = {}  # the clusters of each row
        for who in everybody:
            for t, (i, _) in enumerate(moves(who)):
                if weight(who) > 0 and layer_of(who, t) is not None:
                    of.setdefault((layer_of(who, t), i), set()).add((part(who), cluster(who)))
        kept = {i: sorted(l for l, k in of if k == i and len(of[l, i]) >= 10) for i in STRATA}
        kept = {i: layers for i, layers in kept.items() if len(layers) > 1}
        row = {(l, i): math.fsum(total.get((l, i, j), 0) for j in STRATA) for i in kept for l in kept[i]}
        p = {(l, i, j): total.get((l, i, j), 0) / row[l, i] for l, i in row for j in STRATA}
        n = {i: sum(count[l, i] for l in kept[i]) for i in kept}
        pooled = {(i, j): math.fsum(count[l, i] * p[l, i, j] for l in kept[i]) / n[i] for i in kept for j in STRATA}
        x2 = math.fsum(count[l, i] * (p[l, i, j] - pooled[i, j]) ** 2 / pooled[i, j] for l, i, j in p)
        cells = list(p)
        without = []  # each cluster: how far the shares are from those of all
        for left_out in sorted({cluster(who) for who in everybody}) if jackknife else []:
            sums = {}
            for who in everybody:
                for t, (i, j) in enumerate(moves(who)) if cluster(who) != left_out else []:
                    sums[layer_of(who, t), i, j] = sums.get((layer_of(who, t), i, j), 0) + weight(who)
            whole = {(l, i): math.fsum(sums.get((l, i, j), 0) for j in STRATA) for l, i in row}
            without.append({(l, i, j): sums.get((l, i, j), 0) / whole[l, i] - p[l, i, j] for l, i, j in cells})
        parts = {}
        for who in everybody:
            z = parts.setdefault(part(who), {}).setdefault(cluster(who), dict.fromkeys(cells, 0.0))
            for t, (i, to) in enumerate(moves(who)):
                l = layer_of(who, t)
                for j in STRATA:
                    if (l, i) in row:
                        z[l, i, j] += weight(who) * ((to == j) - p[l, i, j]) / row[l, i]
        def covariance(a, b):
            out = (len(without) - 1) / len(without) * math.fsum(z[a] * z[b] for z in without) if jackknife else 0
            for clusters in parts.values() if not jackknife else []:
                size = len(clusters)
                mean = [math.fsum(z[c] for z in clusters.values()) / size for c in (a, b)]
                out += size / (size - 1) * math.fsum((z[a] - mean[0]) * (z[b] - mean[1]) for z in clusters.values())
            for l, i, _ in (a, b):
                out *= math.sqrt(len(of[l, i]) / (len(of[l, i]) - 1))
            return out
        v = {(a, b): covariance(a, b) for a in cells for b in cells}
        def form(a, b):
            if a[1:] != b[1:]:
                return 0
            return ((a == b) * count[a[0], a[1]] - count[a[0], a[1]] * count[b[0], a[1]] / n[a[1]]) / pooled[a[1:]]
        same = {a: [b for b in cells if b[1:] == a[1:]] for a in cells}
        m = {(a, b): math.fsum(form(a, c) * v[c, b] for c in same[a]) for a in cells for b in cells}
        return (x2, math.fsum(m[a, a] for a in cells), math.fsum(m[a, b] * m[b, a] for a in cells for b in cells),
                sum(len(layers) - 1 for layers in kept.values()) * (len(STRATA) - 1))

    def upper_f(self, f, a, b, steps=200000):
        """P(F > f) by Simpson's rule over the beta that it is."""
        x = a * f / (a * f + b)
        constant = math.lgamma((a + b) / 2) - math.lgamma(a / 2) - math.lgamma(b / 2)
        def density(u):
            return math.exp(constant + (a / 2 - 1) * math.log(u) + (b / 2 - 1) * math.log1p(-u)) if 0 < u < 1 else 0
        h = (1 - x) / steps
        return h / 3 * math.fsum((1 if k in (0, steps) else 4 if k % 2 else 2) * density(x + k * h)
                                 for k in range(steps + 1))

    def check(self, test, x2, trace, square, df, freedom):
        self.assertAlmostEqual(test["X2"], x2, 9)
        self.assertEqual(test["df"], df)
        self.assertAlmostEqual(test["design_effect"], trace / df, 9)
        self.assertAlmostEqual(test["F"], x2 / trace, 9)
        self.assertAlmostEqual(test["df_numerator"], trace ** 2 / square, 8)
        self.assertAlmostEqual(test["df_denominator"], trace ** 2 / square * freedom, 6)
        self.assertAlmostEqual(test["p"], self.upper_f(test["F"], test["df_numerator"], test["df_denominator"]), 8)

    def check_shares(self, shares, weight):
        """What was seen, and what the chain of weighted shares says of the same starts, in every window of three steps."""
        sums = {}
        for who in people():
            for i, j in moves(who):
                sums[i, j] = sums.get((i, j), 0) + weight(who)
        p = {(i, j): sums.get((i, j), 0) / math.fsum(sums.get((i, k), 0) for k in STRATA) for i in STRATA for j in STRATA}
        def climbs(i, steps):  # above i within so many steps
            above = lambda j: STRATA.index(j) > STRATA.index(i)
            def from_here(j, left):
                return 1.0 if above(j) else math.fsum(p[j, k] * from_here(k, left - 1) for k in STRATA) if left else 0.0
            return from_here(i, steps)
        rank = STRATA.index
        windows = [(who, who["states"][t:t + 4]) for who in people() for t in range(2)]
        for share, kept, came, chain in (  # whoever starts at the top climbs no more
                (shares[0], windows, lambda s: max(map(rank, s)) > rank(s[0]), lambda i: climbs(i, 3)),
                (shares[1], windows, lambda s: len(set(s)) == 1, lambda i: p[i, i] ** 3)):
            whole = math.fsum(weight(who) for who, _ in kept)
            self.assertAlmostEqual(share["seen"], math.fsum(weight(who) for who, s in kept if came(s)) / whole, 12)
            self.assertAlmostEqual(share["by_chain"], math.fsum(weight(who) * chain(s[0]) for who, s in kept) / whole, 12)
            self.assertEqual((share["starts"], share["people"]), (len(kept), len({who["id"] for who, _ in kept})))
        for share in shares:
            self.assertAlmostEqual(share["difference"], share["seen"] - share["by_chain"], 12)
            self.assertAlmostEqual((share["lower"] + share["upper"]) / 2, share["difference"], 12)

    def test_homogeneity_over_time_and_of_groups(self):
        for options, weight, part, cluster, freedom in (
                ([*WEIGHT, *DESIGN], lambda w: w["w"], lambda w: w["region"], lambda w: w["village"], 9),
                (["--cluster", "id"], lambda w: 1, lambda w: 0, lambda w: w["id"], 59)):
            answer = self.json("test", *OF, *options, "--group", "sex")
            self.assertEqual(answer["design"]["degrees_of_freedom"], freedom)
            time, groups, order, duration = answer["survey_tests"]
            self.assertEqual([t["name"] for t in answer["survey_tests"]],
                             ["homogeneity over time", "homogeneity of groups", "order 1 against 2",
                              "leaving by time in the stratum"])
            self.check(time, *self.homogeneity(lambda who, t: t, weight, part, cluster), freedom)
            self.check(groups, *self.homogeneity(lambda who, t: who["sex"], weight, part, cluster), freedom)
            self.check(order, *self.homogeneity(lambda who, t: moves(who)[t - 1][0] if t > 0 else None, weight, part, cluster),
                       freedom)
            alone = self.json("test", *OF, *options)
            self.assertEqual(alone["survey_tests"], [time, order, duration])
            self.check_shares(answer["survey_shares"], weight)
        self.assertNotIn("W-COVERAGE", str(answer["warnings"]))  # of intervals, which are not told here
        table = self.ok("test", *OF, *WEIGHT, *DESIGN, "--group", "sex").stdout
        for words in ("moves are the same in every period", "people of all groups move by one matrix",
                      "12 clusters in 3 parts of the frame, 9 degrees of freedom", "design effect"):
            self.assertIn(words, table)
        self.assertEqual([row["test"] for row in self.csv("test", *OF, *WEIGHT, *DESIGN, "--group", "sex")],
                         ["homogeneity over time", "homogeneity of groups", "order 1 against 2", "leaving by time in the stratum"])

    def test_estimates_warn_of_periods_by_the_design(self):
        def row(who, t):
            return {"state": "low"} if t > 2 and int(who["id"][1:]) % 11 else {}
        self.write("people.csv", self.long(row=row))
        self.assertIn("W-NONSTATIONARY", str(self.json("estimate", *OF)["warnings"]))
        for verb, more in (("estimate", []), ("measure", ["--seed", "1"])):
            told = self.json("test", *OF, *DESIGN)["survey_tests"][0]
            self.assertLess(told["p"], 0.01)
            self.assertIn({"code": "W-NONSTATIONARY",
                           "message": f"moves differ between periods (F = {told['F']:.2f}, p = {told['p']:.4f})"},
                          self.json(verb, *OF, *DESIGN, *more)["warnings"])

    def settlers(self):
        """100 villages of three who walk alike, half of them seldom; a person's weight is 1 or 2."""
        lines = ["id,time,state,village,w"]
        state = 1
        for village in range(100):
            path = [village % 3]
            while len(path) < 8:
                state = state * 48271 % 2147483647  # Lehmer's generator
                leaves = state / 2147483647 < (0.04 if village % 2 else 0.5)
                path.append((path[-1] + 1 + state % 2) % 3 if leaves else path[-1])
            lines += [f"p{3 * village + k},{t},{STRATA[s]},v{village},{1 + k % 2}" for k in range(3) for t, s in enumerate(path)]
        self.write("settlers.csv", "\n".join(lines) + "\n")
        return ["--panel", "settlers.csv", *LADDER]

    def test_memory_and_stayers_are_told_by_the_design(self):
        of = self.settlers()
        for options in ([*WEIGHT, "--cluster", "village"], ["--cluster", "village"], WEIGHT):
            told = {d["code"]: d["message"] for d in self.json("estimate", *of, *options)["warnings"]}
            self.assertIn("the next stratum depends on more than the present one (F = ", told["W-MARKOV-REJECTED"])
            self.assertRegex(told["W-MARKOV-REJECTED"], "for example, getting higher up from anywhere within 3 steps, the "
                             r"fitted chain says [\d.]+ %, as observed it is [\d.]+ % \(300 people, 1500 starts\), a "
                             r"difference of -[\d.]+ points \(-[\d.]+ to -[\d.]+ at 95 %\)")
            self.assertRegex(told["W-STAYERS"], r"in 3 steps [\d.]+ % never moved \(1500 starts of 300 people\), by the fitted "
                             r"chain [\d.]+ % would not")
        answer = self.json("test", *of, *WEIGHT, "--cluster", "village", "--from", "low", "--reach", "high", "--within", "2")
        self.assertEqual([t["verdict"] for t in answer["survey_tests"][:2]], ["not rejected", "rejected"])
        reach, never = answer["survey_shares"]
        self.assertEqual((reach["what"], reach["from"], reach["target"], reach["steps"]), ("reached", "low", "high", 2))
        self.assertEqual((never["what"], never["steps"]), ("never moved", 3))
        self.assertLess(reach["difference"], 0)
        self.assertGreater(never["lower"], 0.05)
        told = {d["code"]: d["message"] for d in answer["warnings"]}
        self.assertIn("for the answer asked, reaching 'high' from 'low' within 2 steps", told["W-MARKOV-REJECTED"])
        too_long = self.json("test", *of, *WEIGHT, "--cluster", "village", "--within", "9")["survey_shares"][0]
        self.assertEqual((too_long["steps"], too_long["seen"], too_long["lower"], too_long["starts"]), (9, None, None, 0))
        table = self.ok("test", *of, *WEIGHT, "--cluster", "village").stdout
        for words in ("who get higher up from anywhere", "who never move", "the chain is fitted anew to them"):
            self.assertIn(words, table)

    def test_second_order_in_a_survey_leaves_stayers_over(self):
        of = [*self.settlers(), "--method", "second-order", "--unseen-past", "absorbing"]
        for options in ([*WEIGHT, "--cluster", "village"], WEIGHT):
            told = {d["code"]: d["message"] for d in self.json("estimate", *of, *options)["warnings"]}
            self.assertRegex(told["W-STAYERS"], "in 4 steps ")
            self.assertNotIn("W-MARKOV-REJECTED", told)

    def test_replicates_are_a_design_too(self):
        def more(who):  # the jackknife over villages, each left out once
            return {f"r{k}": 0 if who["village"] == f"v{k}" else who["w"] * 12 / 11 for k in range(12)}
        self.write("people.csv", self.long(more=more))
        answer = self.json("test", *OF, *WEIGHT, "--replicates", "r", "--replicate-method", "jk1")
        self.assertNotIn("survey_shares", answer)
        self.assertIn("it is not tested whether people remember where they came from and how long they have stayed",
                      str(answer["warnings"]))
        (jackknife,) = answer["survey_tests"]
        self.check(jackknife, *self.homogeneity(lambda who, t: t, lambda who: who["w"], lambda who: 0,
                                                lambda who: who["village"], jackknife=True), 11)

    def test_what_cannot_be_tested_is_told(self):
        few = ["--cluster", "region"]  # three clusters
        run = self.ok("test", *OF, *few, "--group", "sex", "--format", "csv")
        for words in ("rungs: warning: it is not tested whether moves are the same in every period: no stratum has two periods "
                      "in which 10 clusters (or replicates) or more tell how its people vary; 12 rows of fewer are left out "
                      "[W-UNTESTED]\n",
                      "rungs: warning: it is not tested whether people of all groups move by one matrix: no stratum has two groups "
                      "in which 10 clusters (or replicates) or more tell how its people vary; 6 rows of fewer are left out "
                      "[W-UNTESTED]\n"):
            self.assertIn(words, run.stderr)
        rows = [line.split(",") for line in run.stdout.splitlines()]
        self.assertEqual(rows[0][-1], "rows_left_out")
        self.assertEqual([row[1:3] + row[7:] for row in rows[1:]], [["", "0", "", "not known", n] for n in ("12", "6", "9", "6")])
        for test in self.json("test", *OF, *few, "--group", "sex")["survey_tests"]:
            self.assertEqual((test["X2"], test["p"], test["verdict"]), (None, None, "not known"))
        enough = self.ok("test", *OF, *DESIGN, "--group", "sex").stderr
        self.assertNotIn("it is not tested whether moves", enough)
        self.assertNotIn("it is not tested whether people", enough)

    def test_a_period_without_moves_does_not_forbid_the_test_of_groups(self):
        self.write("people.csv", "\n".join(line for line in self.long().splitlines() if line.split(",")[1] != "2") + "\n")
        options = [*OF, *WEIGHT, *DESIGN, "--step", "1"]
        found = "found no moves from period 1; expected some in every period from 0 to 3, or all periods pooled"
        self.refused(3, found + " [E-PERIOD-MISSING]", "test", *options)
        answer = self.json("test", *options, "--group", "sex")
        self.assertEqual([t["name"] for t in answer["survey_tests"]][0], "homogeneity of groups")
        self.assertIn({"code": "W-UNTESTED", "message": "it is not tested whether moves are the same in every period: " + found},
                      answer["warnings"])

    def test_the_warnings_of_groups_are_told_too(self):
        def row(who, t):  # one of the groups was never seen high
            return {"state": "middle"} if who["sex"] == "men" and who["states"][t] == "high" else {}
        self.write("people.csv", self.long(row=row))
        told = [d["message"] for d in self.json("test", *OF, *DESIGN, "--group", "sex")["warnings"]]
        self.assertTrue(any("group 'men'" in words for words in told), told)
        self.assertEqual(len(told), len(set(told)))

    def test_a_pipe_is_read_for_periods_and_groups(self):
        of = ["test", *OF, *WEIGHT, *DESIGN, "--group", "sex"]
        piped = self.json(*["-" if word == "people.csv" else word for word in of], stdin=self.long())
        self.assertEqual(piped["survey_tests"], self.json(*of)["survey_tests"])

    def test_without_weights_proportions_are_not_called_weighted(self):
        self.assertEqual(self.json("estimate", *OF, *DESIGN)["method"], "proportions, design-based")

    def test_differences_are_told(self):
        def row(who, t):
            return {"state": "low"} if t > 2 and int(who["id"][1:]) % 11 else {}
        self.write("people.csv", self.long(row=row))
        answer = self.json("test", *OF, *WEIGHT, *DESIGN)
        self.assertEqual(answer["survey_tests"][0]["verdict"], "rejected")
        self.assertIn("W-NONSTATIONARY", [w["code"] for w in answer["warnings"]])


class Constant(Program):
    def test_a_column_that_varies_in_a_person_is_told(self):
        def born(who, t):
            return {"born": {("p4", 2): 1961, ("p4", 3): 1961, ("p9", 1): ""}.get((who["id"], t), 1960)}
        self.write("people.csv", self.long(row=born))
        answer = self.json("estimate", *OF, "--constant", "born", "--constant", "sex")
        self.assertEqual([w for w in answer["warnings"] if w["code"] == "W-CONST-VARIES"], [
            {"code": "W-CONST-VARIES", "message": "people.csv:24:34: found 2 records with another value in column 'born' "
             "than the person's first record; expected one value for each person; the first is of 'p4': '1961', and "
             "'1960' on line 22; is one id used for two people?"}])
        for verb in ("measure", "test"):
            self.assertIn("W-CONST-VARIES", self.ok(verb, *OF, "--constant", "born", "--seed", "1").stderr)
        plain = self.json("estimate", *OF)
        self.assertEqual(plain["transition_matrix"], answer["transition_matrix"])
        self.assertNotIn("W-CONST-VARIES", str(plain["warnings"]))
        self.assertIn("found no column 'bron' (said to be constant)",
                      self.run_rungs("estimate", *OF, "--constant", "bron").stderr)

    def test_the_state_and_the_time_do_change(self):
        for column, of in (("state", "the state"), ("time", "the time")):
            run = self.run_rungs("estimate", *OF, "--constant", column)
            self.assertEqual((run.returncode, run.stdout), (3, ""))
            self.assertEqual(run.stderr, f"rungs: error: found the column '{column}' said to be constant, which is {of}; "
                             "expected a column of what does not change in a person [E-COL-ROLE]\n")

    def test_a_group_that_varies_is_an_error(self):
        self.write("people.csv", self.long(row=lambda who, t: {"sex": "men"} if (who["id"], t) == ("p4", 2) else {}))
        run = self.run_rungs("estimate", *OF, "--group", "sex")
        self.assertEqual((run.returncode, run.stdout), (3, ""))
        self.assertIn("people.csv:24:", run.stderr)
        self.assertIn("[E-GROUP-VARIES]", run.stderr)


class Page(Program):
    def test_the_example_of_the_page(self):
        page = (SOURCE / "docs/how-to/bring-your-panel.md").read_text()
        command = next(line[2:] for line in page.splitlines() if line.startswith("$ rungs") and "--cluster" in line)
        run = subprocess.run(["sh", "-c", command.replace("rungs ", f"'{PROGRAM}' ", 1)], cwd=SOURCE, capture_output=True,
                             text=True, timeout=300)
        self.assertEqual(run.stdout, (SOURCE / "examples/panels/survey.out").read_text())


if __name__ == "__main__":
    unittest.main()
