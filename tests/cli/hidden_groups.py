# SPDX-FileCopyrightText: 2026 The Rungs authors
# SPDX-License-Identifier: BSL-1.0
"""hidden_groups.py: people of kinds that nobody sees, and groups drawn towards each other, as users of the program meet
them; every figure is computed again here by another way."""
import collections
import math
import random
import unittest

from support import program

LADDER = ["--ladder", "a < b < c"]
MOVERS = ((.6, .3, .1), (.2, .5, .3), (.1, .3, .6))
STAYERS = (.5, .2, .4)


class Program(program.Program):
    def panel(self, name, people):
        """A long panel of lists of strata, None standing for a time without a record."""
        return self.write(name, "id,time,state\n" + "".join(
            f"{k},{t},{s}\n" for k, path in enumerate(people) for t, s in enumerate(path) if s is not None))

    def says(self, status, words, *arguments):
        run = self.run_rungs(*arguments)
        self.assertEqual((run.returncode, run.stdout), (status, ""), run.stderr)
        self.assertEqual(run.stderr, f"rungs: error: {words}\n")

    def near(self, found, wanted, within):
        """Numbers, or lists of lists of them."""
        if isinstance(wanted, (list, tuple)):
            self.assertEqual(len(found), len(wanted))
            for one, other in zip(found, wanted):
                self.near(one, other, within)
        else:
            self.assertLessEqual(abs(found - wanted), within, (found, wanted))


def simulated(seed, people=500, steps=8, classes=((0, MOVERS), (1, None)), shares=STAYERS, names="abc"):
    """People who start anywhere, and are of the second class with a probability by their start."""
    r, out = random.Random(seed), []
    for _ in range(people):
        s = r.randrange(3)
        chain = classes[r.random() < shares[s]][1]
        path = [s]
        for _ in range(steps):
            path.append(path[-1] if chain is None else r.choices(range(len(names)), chain[path[-1]])[0])
        out.append([names[k] for k in path])
    return out


def indices(people, names="abc"):
    return [[names.index(s) for s in path] for path in people]


def times(p, q):
    return [[sum(p[i][k] * q[k][j] for k in range(len(q))) for j in range(len(q[0]))] for i in range(len(p))]


def power(p, k):
    out = [[float(i == j) for j in range(len(p))] for i in range(len(p))]
    for _ in range(k):
        out = times(out, p)
    return out


def plain_chain(people, n=3):
    counts = [[0.0] * n for _ in range(n)]
    for path in people:
        for a, b in zip(path, path[1:]):
            counts[a][b] += 1
    matrix = [[x / sum(row) for x in row] for row in counts]
    return matrix, sum(x * math.log(x / sum(row)) for row in counts for x in row if x > 0)


def log_likelihood(people, shares, chains):
    """Of whole people, given their first stratum: sum over classes of share times the product of their moves."""
    sum_ = 0.0
    for path in people:
        total = 0.0
        for g, chain in enumerate(chains):
            f = shares[path[0]][g]
            for a, b in zip(path, path[1:]):
                f *= chain[a][b]
            total += f
        sum_ += math.log(total)
    return sum_


def expectation_maximisation(people, shares, chains, fixed=(), rounds=20000, enough=1e-12):
    """A mixture of chains by EM, person by person; classes in `fixed` keep their chain."""
    n, k = len(chains[0]), len(chains)
    shares, chains = [list(row) for row in shares], [[list(row) for row in p] for p in chains]
    kinds = collections.Counter((path[0], tuple(sorted(collections.Counter(zip(path, path[1:])).items())))
                                for path in people)
    for _ in range(rounds):
        heads = [[0.0] * k for _ in range(n)]
        moves = [[[0.0] * n for _ in range(n)] for _ in range(k)]
        for (start, steps), many in kinds.items():
            f = [shares[start][g] * math.prod(chains[g][a][b] ** m for (a, b), m in steps) for g in range(k)]
            for g in range(k):
                w = many * f[g] / sum(f)
                heads[start][g] += w
                for (a, b), m in steps:
                    moves[g][a][b] += w * m
        change = 0.0
        for i in range(n):
            for g in range(k):
                new = heads[i][g] / sum(heads[i])
                change, shares[i][g] = max(change, abs(new - shares[i][g])), new
                if g in fixed or not sum(moves[g][i]) > 0:
                    continue
                for j in range(n):
                    new = moves[g][i][j] / sum(moves[g][i])
                    change, chains[g][i][j] = max(change, abs(new - chains[g][i][j])), new
        if change < enough:
            break
    return shares, chains


def reached(p, start, target, steps):
    """First passage by hand: the target lets nobody out."""
    now, passage = [float(i == start) for i in range(len(p))], []
    for t in range(steps + 1):
        passage.append(sum(now[j] for j in target))
        now = [0.0 if j in target else x for j, x in enumerate(now)]
        if t < steps:
            now = times([now], p)[0]
    return passage


def chi_square_above(x, df):
    """P(chi-square > x) for 1 to 3 degrees of freedom, in closed form."""
    if df == 2:
        return math.exp(-x / 2)
    tail = math.erfc(math.sqrt(x / 2))
    return tail if df == 1 else tail + math.sqrt(2 * x / math.pi) * math.exp(-x / 2)


def shares_of(answer):
    return [[one["share"] for one in row["classes"]] for row in answer["hidden_groups"]["shares"]]


def chains_of(answer):
    return [one["transition_matrix"] for one in answer["hidden_groups"]["classes"]]


IDENTITY = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]


class MoverStayer(Program):
    def setUp(self):
        super().setUp()
        people = simulated(11)
        self.people = indices(people)
        self.of = ["--panel", self.panel("p.csv", people), *LADDER, "--method", "mover-stayer"]

    def test_the_fit_is_that_of_an_own_expectation_maximisation(self):
        answer = self.json("estimate", *self.of)
        hidden = answer["hidden_groups"]
        shares, chains = expectation_maximisation(self.people, [[.5, .5]] * 3, [MOVERS, IDENTITY], fixed=(1,))
        self.near(shares_of(answer), shares, 1e-6)
        self.near(chains_of(answer), [chains[0], IDENTITY], 1e-6)
        self.near(hidden["log_likelihood"], log_likelihood(self.people, shares, chains), 1e-6)
        self.assertEqual([c["class"] for c in hidden["classes"]], ["movers", "stayers"])
        self.assertEqual([row["people"] for row in hidden["shares"]],
                         [sum(path[0] == i for path in self.people) for i in range(3)])
        self.assertEqual([row["never_moved"] for row in hidden["shares"]],
                         [sum(path == [i] * 9 for path in self.people) for i in range(3)])
        everybody = sum(row["people"] * s[1] for row, s in zip(hidden["shares"], shares)) / 500
        self.near(hidden["classes"][1]["share_of_people"], everybody, 1e-6)
        self.assertEqual((hidden["people_followed"], hidden["longest"], answer["people"]), (500, 8, 500))
        self.assertNotIn("seed", answer)

    def test_errors_are_those_of_a_numerical_second_derivative(self):
        answer = self.json("estimate", *self.of, "--level", "0.9")
        shares, chains = shares_of(answer), chains_of(answer)
        z = 1.6448536269514722
        for i in range(3):
            s, m = shares[i][1], chains[0][i][i]

            def value(v, u):
                s, m = 1 / (1 + math.exp(-v)), 1 / (1 + math.exp(-u))
                new = [list(row) for row in shares]
                new[i] = [1 - s, s]
                p = [list(row) for row in chains[0]]
                p[i] = [m if j == i else x * (1 - m) / (1 - chains[0][i][i]) for j, x in enumerate(p[i])]
                return log_likelihood(self.people, new, [p, IDENTITY])

            v, u, h = math.log(s / (1 - s)), math.log(m / (1 - m)), 1e-3
            here = value(v, u)
            vv = (value(v + h, u) - 2 * here + value(v - h, u)) / h ** 2
            uu = (value(v, u + h) - 2 * here + value(v, u - h)) / h ** 2
            uv = (value(v + h, u + h) - value(v + h, u - h) - value(v - h, u + h) + value(v - h, u - h)) / (4 * h * h)
            error = math.sqrt(-uu / (vv * uu - uv * uv))
            one = answer["hidden_groups"]["shares"][i]["classes"][1]
            self.near(one["standard_error"] / (s * (1 - s) * error), 1, 1e-4)
            for bound, sign in (("lower", -1), ("upper", 1)):
                self.near(one[bound], 1 / (1 + math.exp(-v - sign * z * error)), 1e-5)
            movers = answer["hidden_groups"]["shares"][i]["classes"][0]
            self.near([movers["lower"], movers["upper"]], [1 - one["upper"], 1 - one["lower"]], 1e-12)
            stay = answer["hidden_groups"]["classes"][0]["standard_error"][i][i]
            self.near(stay / (m * (1 - m) * math.sqrt(-vv / (vv * uu - uv * uv))), 1, 1e-4)

    def test_the_truth_is_in_the_intervals(self):
        self.panel("many.csv", simulated(5, people=3000))
        answer = self.json("estimate", "--panel", "many.csv", *LADDER, "--method", "mover-stayer", "--level", "0.999")
        hidden = answer["hidden_groups"]
        for row, truth in zip(hidden["shares"], STAYERS):
            self.assertLess(row["classes"][1]["lower"], truth)
            self.assertGreater(row["classes"][1]["upper"], truth)
        for i, row in enumerate(MOVERS):
            for j, truth in enumerate(row):
                self.assertLess(hidden["classes"][0]["interval"]["lower"][i][j], truth)
                self.assertGreater(hidden["classes"][0]["interval"]["upper"][i][j], truth)

    def test_against_one_plain_chain(self):
        answer = self.json("estimate", *self.of)
        hidden = answer["hidden_groups"]
        matrix, value = plain_chain(self.people)
        self.near(hidden["plain_chain"]["transition_matrix"], matrix, 1e-12)
        self.near(hidden["plain_chain"]["log_likelihood"], value, 1e-8)
        self.near(hidden["plain_chain"]["transition_matrix"],
                  self.json("estimate", *self.of[:-2])["transition_matrix"], 1e-12)
        self.assertEqual((hidden["plain_chain"]["parameters"], hidden["parameters"]), (6, 9))
        self.near(hidden["plain_chain"]["bic"], 6 * math.log(500) - 2 * value, 1e-7)
        self.near(hidden["bic"], 9 * math.log(500) - 2 * hidden["log_likelihood"], 1e-7)
        self.near(hidden["no_stayers"]["LR"], 2 * (hidden["log_likelihood"] - value), 1e-7)
        self.assertLess(hidden["bic"], hidden["plain_chain"]["bic"])
        table = self.ok("estimate", *self.of).stdout
        self.assertIn("these data tell of people of several kinds", table)
        self.assertIn("Share of stayers, who never move, by the stratum people start in", table)

    def test_people_without_stayers_need_none(self):
        """The p of no stayers is that of tosses of three coins; and the plain chain has the smaller BIC."""
        people = simulated(4, people=400, shares=(0, 0, 0))
        answer = self.json("estimate", "--panel", self.panel("q.csv", people), *LADDER, "--method", "mover-stayer")
        test = answer["hidden_groups"]["no_stayers"]
        self.assertGreater(test["LR"], 0)
        wanted = sum(math.comb(3, k) / 8 * chi_square_above(test["LR"], k) for k in (1, 2, 3))
        self.near(test["p"], wanted, 1e-9)
        self.assertGreater(answer["hidden_groups"]["bic"], answer["hidden_groups"]["plain_chain"]["bic"])
        self.assertIn("W-BOUNDARY", {w["code"] for w in answer["warnings"]})
        at_end = [one for row in answer["hidden_groups"]["shares"] for one in row["classes"] if one["share"] in (0, 1)]
        self.assertTrue(at_end)
        for one in at_end:
            self.assertEqual((one["standard_error"], one["lower"], one["upper"]), (None, None, None))
        self.assertIn("ask for no more than a plain chain", self.ok("estimate", "--panel", "q.csv", *self.of[2:]).stdout)

    def test_observed_against_implied(self):
        answer = self.json("estimate", *self.of)
        shares, movers = shares_of(answer), chains_of(answer)[0]
        after = answer["hidden_groups"]["after"]
        self.assertEqual([a["steps"] for a in after], list(range(1, 9)))
        for a in after:
            k = a["steps"]
            seen = [[sum(path[0] == i and path[k] == j for path in self.people) for j in range(3)] for i in range(3)]
            self.assertEqual(a["observed"], seen)
            moved = power(movers, k)
            self.near(a["implied"], [[shares[i][1] * (i == j) + shares[i][0] * moved[i][j] for j in range(3)]
                                     for i in range(3)], 1e-12)
            self.near(a["implied_by_plain_chain"], power(plain_chain(self.people)[0], k), 1e-12)

    def test_gaps_and_exits(self):
        people = simulated(8, people=120, steps=6)
        with_gap = [path[:3] + [None] + path[4:] if k % 10 == 0 else path for k, path in enumerate(people)]
        left = [path[:4] + ["out"] * (len(path) - 4) if k % 7 == 1 else path for k, path in enumerate(with_gap)]
        self.panel("g.csv", left)
        of = ["--panel", "g.csv", "--ladder", "a < b < c | out", "--method", "mover-stayer"]
        answer = self.json("estimate", *of)
        ledger = answer["ledger"]
        followed = []
        for path in left:
            cut = path[:path.index(None)] if None in path else path
            followed.append(cut[:cut.index("out") + 1] if "out" in cut else cut)
        self.assertEqual(ledger["pairs_used"], sum(len(path) - 1 for path in followed))
        self.assertEqual(set(ledger["pairs_dropped"]), {"gap", "after a gap of the person, or an exit"})
        self.assertIn("W-GAP", {w["code"] for w in answer["warnings"]})
        shares, chains = self.with_exit(followed)
        self.near(shares_of(answer), shares, 1e-6)
        self.near(chains_of(answer)[0], chains[0], 1e-6)

    def with_exit(self, followed):
        """EM for the three strata; nobody starts in the exit, whose row is known."""
        names = ["a", "b", "c", "out"]
        paths = [[names.index(s) for s in path] for path in followed]
        paths.append([3, 3])  # an observation that touches nothing but the row of the exit
        shares, chains = expectation_maximisation(
            paths, [[.5, .5]] * 4, [[[.4, .3, .2, .1], [.3, .4, .2, .1], [.2, .2, .5, .1], [0, 0, 0, 1]],
                                    [[float(i == j) for j in range(4)] for i in range(4)]], fixed=(1,))
        return shares[:3], chains

    def test_frequency_weights_are_people(self):
        people = simulated(21, people=150)
        text = "id,time,state,w\n" + "".join(f"{k},{t},{s},{k % 3 + 1}\n" for k, path in enumerate(people)
                                             for t, s in enumerate(path))
        self.write("w.csv", text)
        self.panel("each.csv", [path for k, path in enumerate(people) for _ in range(k % 3 + 1)])
        weighted = self.json("estimate", "--panel", "w.csv", *LADDER, "--method", "mover-stayer", "--weight", "w:frequency")
        each = self.json("estimate", "--panel", "each.csv", *LADDER, "--method", "mover-stayer")
        self.near(shares_of(weighted), shares_of(each), 1e-9)
        self.assertEqual((weighted["people"], each["people"]), (300, 300))
        plain = self.json("estimate", "--panel", "w.csv", *LADDER, "--weight", "w:frequency")
        self.assertEqual((plain["people"], plain["ids"]), (300, 150))
        self.assertNotIn("ids", each)
        self.assertIn("300, by the frequency weights of 150 ids",
                      self.ok("estimate", "--panel", "w.csv", *LADDER, "--weight", "w:frequency").stdout)
        self.near(weighted["hidden_groups"]["log_likelihood"], each["hidden_groups"]["log_likelihood"], 1e-7)

    def weighted(self, name, people, weight, cluster=lambda k: k // 5):
        return self.write(name, "id,time,state,w,village\n" + "".join(
            f"{k},{t},{s},{weight(k)},v{cluster(k)}\n" for k, path in enumerate(people) for t, s in enumerate(path)))

    def test_sampling_weights_weigh_each_persons_likelihood(self):
        """As people of whom there are so many, and with the spread between people, or clusters, by their own slopes."""
        people = simulated(23, people=240)
        self.weighted("w.csv", people, lambda k: 2 + k % 3 / 2)
        self.weighted("twice.csv", people, lambda k: 4 + k % 3)
        self.panel("each.csv", [path for k, path in enumerate(people) for _ in range(4 + k % 3)])
        for method in ("mover-stayer", "mixture:2"):
            of = [*LADDER, "--method", method, *(["--seed", "1"] if method == "mixture:2" else [])]
            each = self.json("estimate", "--panel", "each.csv", *of)
            alone = self.json("estimate", "--panel", "w.csv", *of, "--weight", "w:sampling")
            clusters = self.json("estimate", "--panel", "w.csv", *of, "--weight", "w:sampling", "--cluster", "village")
            twice = self.json("estimate", "--panel", "twice.csv", *of, "--weight", "w:sampling")
            for answer in (alone, clusters, twice):
                self.near(shares_of(answer), shares_of(each), 1e-8)
                self.near(chains_of(answer), chains_of(each), 1e-8)
                self.assertIsNone(answer["hidden_groups"]["bic"])
            self.assertEqual(alone["hidden_groups"]["shares"], twice["hidden_groups"]["shares"])
            self.near(alone["hidden_groups"]["people_followed"], 240, 1e-9)
            self.assertEqual([a["hidden_groups"]["degrees_of_freedom"] for a in (alone, clusters)], [239, 47])
            one, other = (a["hidden_groups"]["shares"][0]["classes"][1]["standard_error"] for a in (alone, clusters))
            naive = each["hidden_groups"]["shares"][0]["classes"][1]["standard_error"]
            self.assertGreater(one, 1.9 * naive)  # 240 people are not 1200
            self.assertNotEqual(one, other)
        table = self.ok("estimate", "--panel", "w.csv", *LADDER, "--method", "mover-stayer", "--weight", "w:sampling").stdout
        self.assertIn("of how people were drawn, with 239 degrees of freedom", table)
        self.assertIn("Of weighted people there is no BIC, and no test by the likelihood.", table)
        of = ["--panel", "w.csv", *LADDER, "--method", "mover-stayer", "--weight", "w:sampling", "--from", "a", "--reach", "c",
              "--within", "3", "--seed", "2", "--draws", "400"]
        by_person, by_cluster = self.json("measure", *of), self.json("measure", *of, "--cluster", "village")
        self.assertEqual([a["method"] for a in (by_person, by_cluster)],
                         ["mover-stayer, bootstrap by person", "mover-stayer, bootstrap by cluster"])
        self.near(by_person["reach"]["value"], by_cluster["reach"]["value"], 0)
        self.assertNotEqual(by_person["reach"]["lower"], by_cluster["reach"]["lower"])
        shares, chains = shares_of(each_ := self.json("estimate", "--panel", "each.csv", *LADDER, "--method", "mover-stayer")), chains_of(each_)
        self.near(by_person["reach"]["value"], shares[0][0] * sum(reached(chains[0], 0, [2], 3)), 1e-8)
        # A scenario with the same data is asked the same.
        self.write("s.toml", SCENARIO.format(method="mover-stayer", within=3, inflow="", more="", draws=400,
                                             data='weight = "w:sampling"\ncluster = "village"')
                   .replace('"a < b < c | out"', '"a < b < c"').replace("p.csv", "w.csv").replace("seed = 5", "seed = 2"))
        asked = self.json("evaluate", "s.toml")["baseline"]["reach"]
        for key in ("value", "lower", "upper"):
            self.near(asked[key], by_cluster["reach"][key], 1e-12)

    def test_where_nobody_starts_nothing_is_known(self):
        people = [path for path in simulated(3, people=400) if path[0] != "c"]
        of = ["--panel", self.panel("n.csv", people), *LADDER, "--method", "mover-stayer"]
        answer = self.json("estimate", *of)
        self.assertEqual([one["share"] for one in answer["hidden_groups"]["shares"][2]["classes"]], [None, None])
        self.assertEqual(answer["hidden_groups"]["after"][0]["implied"][2], [None] * 3)
        self.says(3, "found nobody whom the data first show in 'c'; expected somebody: of which kinds those are who "
                  "start there is not known [E-IDENT]", "measure", *of, "--from", "c", "--reach", "a", "--within", "2",
                  "--seed", "1")
        measured = self.json("measure", *of, "--from", "a", "--reach", "c", "--within", "2", "--seed", "1", "--draws", "50")
        self.assertEqual(measured["n_step"]["transition_matrix"][2], [None] * 3)
        self.assertEqual(measured["n_step"]["interval"]["lower"][2], [None] * 3)

    def test_csv(self):
        rows, answer = self.csv("estimate", *self.of), self.json("estimate", *self.of)
        first = answer["hidden_groups"]
        by = {(r["measure"], r["class"], r["from"], r["to"], r["steps"]): r for r in rows}
        share = first["shares"][0]["classes"][1]
        self.assertEqual([float(by["share", "stayers", "a", "", ""][k]) for k in ("value", "standard_error", "lower", "upper")],
                         [share[k] for k in ("share", "standard_error", "lower", "upper")])
        self.assertEqual(float(by["probability", "movers", "b", "c", ""]["value"]),
                         first["classes"][0]["transition_matrix"][1][2])
        self.assertEqual(by["probability", "stayers", "b", "b", ""]["lower"], "")
        self.assertEqual(float(by["bic", "", "", "", ""]["value"]), first["bic"])
        self.assertEqual(float(by["implied_after", "", "a", "b", "5"]["value"]), first["after"][4]["implied"][0][1])


class Mixtures(Program):
    RESTLESS = ((.5, .3, .2), (.3, .4, .3), (.2, .4, .4))
    CALM = ((.94, .05, .01), (.03, .94, .03), (.01, .05, .94))

    def setUp(self):
        super().setUp()
        people = simulated(17, people=300, steps=12, classes=((0, self.RESTLESS), (1, self.CALM)), shares=(.3, .5, .7))
        self.people = indices(people)
        self.of = ["--panel", self.panel("m.csv", people), *LADDER, "--method", "mixture:2", "--seed", "5"]

    def test_the_fit_is_that_of_an_own_expectation_maximisation(self):
        answer = self.json("estimate", *self.of)
        hidden = answer["hidden_groups"]
        shares, chains = expectation_maximisation(self.people, [[.5, .5]] * 3, [self.RESTLESS, self.CALM])
        self.near(shares_of(answer), shares, 1e-6)
        self.near(chains_of(answer), chains, 1e-6)
        self.near(hidden["log_likelihood"], log_likelihood(self.people, shares, chains), 1e-6)
        self.assertEqual(hidden["parameters"], 3 + 2 * 6)
        self.near(hidden["bic"], 15 * math.log(300) - 2 * hidden["log_likelihood"], 1e-7)
        self.assertEqual(hidden["starts"]["tried"], 20)
        self.assertGreaterEqual(hidden["starts"]["agreeing"], 3)
        self.assertEqual(answer["seed"], 5)
        self.assertIn(f"{hidden['starts']['agreeing']} of 20 ended at the highest likelihood",
                      self.ok("estimate", *self.of).stdout)
        for a in hidden["after"]:
            wanted = [[sum(shares[i][g] * power(chains[g], a["steps"])[i][j] for g in (0, 1)) for j in range(3)]
                      for i in range(3)]
            self.near(a["implied"], wanted, 1e-6)
        again = self.json("estimate", *self.of, "--starts", "5")
        self.assertEqual(again["hidden_groups"]["starts"]["tried"], 5)
        self.near(chains_of(again), chains_of(answer), 1e-7)

    def test_few_people_or_few_moves_of_each_are_told(self):
        def told(people):
            answer = self.json("estimate", "--panel", self.panel("few.csv", people), *self.of[2:])
            return [w["message"] for w in answer["warnings"] if w["code"] == "W-COVERAGE"]
        like = dict(classes=((0, self.RESTLESS), (1, self.CALM)), shares=(.3, .5, .7))
        self.assertEqual(told(simulated(17, people=300, steps=12, **like)), [])
        self.assertEqual(told(simulated(2, people=150, steps=12, **like)), [
            "intervals of the mixture are too narrow: to each parameter there are 10 people, seen to make 12 moves each; "
            "95 % intervals of the moves of those who move most held the truth in 91.46 % of samples, and of the others "
            "in 74.57 %, in the nearest data studied (mixture of two chains, 120 people x 6 waves)"])
        self.assertIn("60 people, seen to make 5 moves each", told(simulated(3, people=900, steps=5, **like))[0])

    def test_one_class_is_the_plain_chain(self):
        of = [*self.of[:-3], "mixture:1", "--seed", "5"]
        one = self.json("estimate", *of)["hidden_groups"]
        plain = self.json("estimate", *self.of[:4])
        self.near(one["classes"][0]["transition_matrix"], plain["transition_matrix"], 1e-12)
        self.near(one["log_likelihood"], plain["log_likelihood"], 1e-8)
        self.assertEqual(one["bic"], one["plain_chain"]["bic"])
        self.assertEqual([row["classes"][0]["share"] for row in one["shares"]], [1, 1, 1])
        # The standard errors of both are the binomial ones.
        self.near(one["classes"][0]["standard_error"], plain["standard_error"], 1e-9)
        question = ["--from", "a", "--reach", "c", "--within", "4", "--draws", "50"]
        mixed = self.json("measure", *of, *question)
        chain = self.json("measure", *self.of[:4], *question, "--seed", "5")
        for key in ("reach", "standing"):
            self.near(mixed[key]["value"], chain[key]["value"], 1e-12)
        self.near(mixed["n_step"]["transition_matrix"], chain["n_step"]["transition_matrix"], 1e-12)

    def test_of_one_class_few_who_climb_are_told_where_the_reach_rests_on_them(self):
        """From 'a' 40 people climb, from 'b' 3."""
        paths = 20 * ["aaa", "aab", "abb", "bba", "ccb", "ccc"] + 3 * ["bbc"]
        file = self.panel("few.csv", paths)
        of = ["--panel", file, "--ladder", "a < b < c", "--method", "mixture:1", "--seed", "5"]

        def told(*asked):
            return [w["message"][:107] for w in self.json(*asked)["warnings"] if w["code"] == "W-COVERAGE"]
        few = "intervals of reach are too narrow: what is known of how far people climb from 'b' is from as few as 3 effec"
        asked = ["measure", *of, "--draws", "50", "--from", "a", "--within", "2", "--reach"]
        self.assertEqual(told("estimate", *of), [few])
        self.assertEqual(told(*asked, "c"), [few])
        self.assertEqual(told(*asked, "b+"), [])

    def test_one_class_and_stayers_are_told_by_a_mixture_of_two(self):
        """Movers and stayers are one point of a mixture of two, which may only be more likely."""
        of = ["--panel", self.panel("s.csv", simulated(6, people=400)), *LADDER, "--method"]
        two = self.json("estimate", *of, "mixture:2", "--seed", "1")["hidden_groups"]
        stayers = self.json("estimate", *of, "mover-stayer")["hidden_groups"]
        self.assertGreaterEqual(two["log_likelihood"], stayers["log_likelihood"] - 1e-6)
        self.near(two["plain_chain"]["log_likelihood"], stayers["plain_chain"]["log_likelihood"], 1e-9)

    def test_refusals_of_the_library(self):
        run = self.run_rungs("estimate", *self.of[:-3], "mixture:9", "--seed", "5", "--starts", "3")
        self.assertEqual((run.returncode, run.stdout), (3, ""))
        self.assertRegex(run.stderr, r"\[(E-CONVERGENCE|E-IDENT)\]\n$")
        self.says(3, "found people followed for at most 1 step, who can go 6 ways, and 15 numbers to be told from that; "
                  "expected more steps for each person, or fewer classes [E-IDENT]", "estimate", "--panel",
                  self.panel("two.csv", [path[:2] for path in simulated(9, people=200)]), *self.of[2:])


class Measures(Program):
    QUESTION = ["--from", "a", "--reach", "c", "--within", "4", "--draws", "200", "--seed", "9"]

    def check(self, of):
        estimate, measured = self.json("estimate", *of, "--seed", "9"), self.json("measure", *of, *self.QUESTION)
        shares, chains = shares_of(estimate)[0], chains_of(estimate)
        passages = [reached(p, 0, {2}, 4) for p in chains]
        passage = [sum(s * own[t] for s, own in zip(shares, passages)) for t in range(5)]
        self.near([one["value"] for one in measured["first_passage"]], passage, 1e-9)
        self.near(measured["reach"]["value"], sum(passage), 1e-9)
        self.near(measured["time_to_reach"]["mean_given_reached"]["value"],
                  sum(t * x for t, x in enumerate(passage)) / sum(passage), 1e-9)
        where = [[sum(s * power(p, t)[0][j] for s, p in zip(shares, chains)) for j in range(3)] for t in range(5)]
        self.near(measured["standing"]["value"], where[4][2], 1e-9)
        self.near([one["value"] for one in measured["expected_years"]],
                  [sum(where[t][j] * (.5 if t in (0, 4) else 1) for t in range(5)) for j in range(3)], 1e-9)
        self.near(measured["n_step"]["transition_matrix"],
                  [[sum(s[g] * power(p, 4)[i][j] for g, p in enumerate(chains)) for j in range(3)]
                   for i, s in enumerate(shares_of(estimate))], 1e-9)
        for one, s, own in zip(measured["hidden_groups"], shares, passages):
            self.near([one["share"]["value"], one["reach"]["value"]], [s, sum(own)], 1e-9)
        for key in ("reach", "standing"):
            self.assertLess(measured[key]["lower"], measured[key]["value"])
            self.assertGreater(measured[key]["upper"], measured[key]["value"])
            self.assertEqual(measured[key]["draws"], 200)
        for key in ("stationary", "mean_first_passage", "indices", "indices_by_weights", "association"):
            self.assertIsNone(measured[key])
        self.assertNotIn("elasticity", measured)
        self.assertIn("are left out", measured["left_out"])
        return estimate, measured

    def test_a_chain_of_stayers_is_added(self):
        of = ["--panel", self.panel("p.csv", simulated(11)), *LADDER, "--method", "mover-stayer"]
        self.check(of)
        # The spread of resampled people is that of the information, of shares away from 0 and 1.
        estimate = self.json("estimate", *of)
        measured = self.json("measure", *of, *self.QUESTION[:-4], "--draws", "2000", "--seed", "2")
        error = estimate["hidden_groups"]["shares"][0]["classes"][1]["standard_error"]
        self.near(measured["hidden_groups"][1]["share"]["standard_deviation"] / error, 1, .06)
        self.assertEqual(measured["hidden_groups"][1]["reach"]["upper"], 0)

    def test_a_mixture_is_averaged(self):
        people = simulated(17, people=300, steps=12, classes=((0, Mixtures.RESTLESS), (1, Mixtures.CALM)), shares=(.3, .5, .7))
        self.check(["--panel", self.panel("m.csv", people), *LADDER, "--method", "mixture:2"])

    def test_reach_is_seen_and_a_plain_chain_says_too_much(self):
        """Of many people the share who were seen to reach lies in the interval; a plain chain's figure does not."""
        people = simulated(31, people=2500)
        of = ["--panel", self.panel("p.csv", people), *LADDER]
        start = [path for path in people if path[0] == "a"]
        seen = sum("c" in path for path in start) / len(start)
        question = [*self.QUESTION[:4], "--within", "8", "--draws", "400", "--seed", "1"]
        hidden = self.json("measure", *of, "--method", "mover-stayer", *question)["reach"]
        plain = self.json("measure", *of, *question)["reach"]
        self.assertTrue(hidden["lower"] < seen < hidden["upper"], (seen, hidden))
        self.assertGreater(plain["lower"], seen + .1)

    def test_people_reaching(self):
        of = ["--panel", self.panel("p.csv", simulated(11)), *LADDER, "--method", "mover-stayer"]
        answer = self.json("measure", *of, *self.QUESTION[:-4], "--draws", "4000", "--seed", "3", "--people", "200")
        reach, people = answer["reach"], answer["people_reaching"]
        self.near(people["value"], 200 * reach["value"], 1e-9)
        spread = math.sqrt(200 * reach["value"] * (1 - reach["value"]) + (200 * reach["standard_deviation"]) ** 2)
        self.near(people["standard_deviation"] / spread, 1, .05)
        self.assertEqual(people["varied"], ["parameters", "individual chance"])

    def test_the_same_bits_whatever_the_threads(self):
        people = simulated(17, people=150, steps=10, classes=((0, Mixtures.RESTLESS), (1, Mixtures.CALM)), shares=(.3, .5, .7))
        self.panel("m.csv", people)
        for method in ("mover-stayer", "mixture:2"):
            of = ["--panel", "m.csv", *LADDER, "--method", method]
            for verb, more in (("measure", self.QUESTION), ("estimate", ["--seed", "9"])):
                for form in ("json", "csv", "table"):
                    one = self.ok(verb, *of, *more, "--format", form, "--threads", "1")
                    two = self.ok(verb, *of, *more, "--format", form, "--threads", "2")
                    self.assertEqual((one.stdout, one.stderr), (two.stdout, two.stderr))

    def test_csv_and_table(self):
        of = ["--panel", self.panel("p.csv", simulated(11)), *LADDER, "--method", "mover-stayer"]
        answer, rows = self.json("measure", *of, *self.QUESTION), self.csv("measure", *of, *self.QUESTION)
        by = {(r["measure"], r["from"], r["to"]): r for r in rows if r["measure"] != "first_passage"}
        self.assertEqual(float(by["reach", "a", "c"]["value"]), answer["reach"]["value"])
        self.assertEqual(float(by["share of stayers", "a", ""]["upper"]), answer["hidden_groups"][1]["share"]["upper"])
        self.assertEqual(float(by["n_step", "b", "c"]["value"]), answer["n_step"]["transition_matrix"][1][2])
        self.assertNotIn("elasticity", {r["measure"] for r in rows})
        table = self.ok("measure", *of, *self.QUESTION).stdout
        self.assertIn("People who start in a, by kinds that nobody sees", table)
        self.assertIn(answer["left_out"], table)
        self.assertNotIn("long-run law", table)

    def test_a_target_out_of_reach(self):
        people = [path for path in simulated(2, people=300) if "c" not in path]
        people += [["c", "b"] * 3 + ["b"], ["c", "c", "b", "b", "b", "b", "b"], ["c"] * 7]
        people = [[s if s != "c" or t == 0 or path[:t + 1] == ["c"] * (t + 1) else "b" for t, s in enumerate(path)]
                  for path in people]
        answer = self.json("measure", "--panel", self.panel("u.csv", people), *LADDER, "--method", "mover-stayer",
                           "--unleft", "absorbing", *self.QUESTION)
        self.assertEqual(answer["reach"]["value"], 0)
        self.assertEqual(answer["unreachable"]["missing_moves"], [{"from": "b", "to": "c"}])


class Usage(Program):
    def test_options_that_do_not_go_together(self):
        self.panel("p.csv", simulated(11, people=100))
        self.write("t.csv", "origin,destination,count\na,b,3\nb,a,2\na,a,5\nb,b,4\n")
        of = ["--panel", "p.csv", *LADDER]
        for method in ("mover-stayer", "mixture:2"):
            asked, found = [*of, "--method", method], f"found --method {method}"
            for arguments, words in [
                (["--table", "t.csv", "--ladder", "a < b", "--method", method],
                 f"{found} without a panel; expected --panel: who stays is told from what the same people do in several "
                 "steps"),
                ([*asked, "--group", "g"], f"{found} and --group; expected one of them, or a file of each group: of "
                 "groups that can be seen, hidden ones are not estimated in one run"),
                ([*asked, "--by-period"], f"{found} and --by-period; expected one of them: a kind of people has one "
                 "matrix for all periods"),
                ([*asked, "--gap", "skip"], f"{found} and --gap skip; expected --gap drop or refuse: people are followed "
                 "up to their first gap"),
                ([*asked, "--unleft", "prior"], f"{found} and --unleft prior; expected absorbing or refuse: there is no "
                 "prior"),
                ([*asked, "--weight", "w:precision"], f"{found} and weights of the kind precision; expected sampling or "
                 "frequency weights, or none: the likelihood of people of several kinds is that of people"),
                ([*asked, "--weight", "w:sampling", "--replicates", "r", "--replicate-method", "brr"],
                 f"found the method {method} and replicate weights; expected parts and clusters: the model is not fitted "
                 "anew with each replicate"),
                ([*asked, "--interval", "wilson"], f"found --interval with --method {method}; expected none: shares and "
                 "moves have intervals around their log-odds"),
                ([*asked, "-o", "x.rungs"], f"{found} and a model to save; expected another name for the result: a saved "
                 "model has one matrix for everybody, and no shares of kinds that nobody sees"),
            ]:
                self.says(2, words + " [E-USAGE]", "estimate", *arguments)
            self.assertFalse((self.folder / "x.rungs").exists())
            self.says(2, f"{found} without --from and --within; expected both: of the whole society nothing is measured, "
                      "since people of several kinds have no one matrix [E-USAGE]", "measure", *asked)
            self.says(2, f"--method: found '{method}'; expected proportions, or dirichlet:PRIOR with a number above 0 "
                      "[E-USAGE]", "test", *asked)
        self.says(2, "found --starts with --method mover-stayer; expected --method mixture:K: every top of the likelihood "
                  "of a mover-stayer model is found without [E-USAGE]",
                  "estimate", *of, "--method", "mover-stayer", "--starts", "3")
        self.says(2, "found --starts 2; expected 3 or more: a top that one start finds may be one of many [E-USAGE]",
                  "estimate", *of, "--method", "mixture:2", "--starts", "2")
        self.says(2, "found --weights with --method mover-stayer; expected none: indices are not measured then [E-USAGE]",
                  "measure", *of, "--method", "mover-stayer", "--weights", "uniform")
        self.says(2, "found --starts without --method mixture:K; expected both [E-USAGE]",
                  "estimate", *of, "--method", "proportions", "--starts", "3")
        for more in (["logit", "--covariate", "x:number"], ["second-order"], ["bootstrap"], ["pooled", "--by-period"]):
            for verb in ("estimate", "measure"):
                self.says(2, "found --starts without --method mixture:K; expected both [E-USAGE]", verb, *of, "--method", *more, "--starts", "3")
        for method in ("mixture", "mixture:", "mixture:0", "mixture:51", "mixture:2x", "mover-stayers"):
            run = self.run_rungs("estimate", *of, "--method", method)
            self.assertEqual((run.returncode, run.stdout), (2, ""))
            self.assertIn(f"found '{method}'; expected proportions, or dirichlet:PRIOR with a number above 0, bootstrap, pooled, "
                          "mover-stayer, mixture:K with a whole number from 1 to 50, logit, second-order, or "
                          "second-order:PRIOR with a number above 0", run.stderr)

    def test_pooled(self):
        self.write("p.csv", "id,time,state,g\n1,1,a,x\n1,2,b,x\n1,3,a,x\n2,1,a,y\n2,2,a,y\n2,3,b,y\n2,4,b,y\n")
        of = ["--panel", "p.csv", "--ladder", "a < b", "--method", "pooled"]
        for arguments, words in [
            (of, "found --method pooled for everybody together; expected --group COLUMN, or periods (--by-period, or "
             "--period of a table): they are what is drawn together"),
            ([*of, "--group", "g", "--by-period"], "found --method pooled with groups and periods; expected one of them, "
             "--group or periods (--by-period, or --period without --pool)"),
            ([*of, "--group", "g", "--pool-groups"], "found --pool-groups with --method pooled; expected one of them: "
             "--pool-groups takes all groups to move by one matrix, --method pooled asks how far they do"),
            ([*of, "--group", "g", "--gap", "em"], "found --gap em with --method pooled; expected --gap drop or refuse: "
             "pooling takes steps that were seen"),
            ([*of, "--group", "g", "--unleft", "absorbing"], "found --unleft with --method pooled; expected none: a "
             "stratum that nobody of a group was seen in has the row that all groups have in common"),
        ]:
            self.says(2, words + " [E-USAGE]", "estimate", *arguments)
        self.says(2, "--method: found 'pooled'; expected proportions, or dirichlet:PRIOR with a number above 0 [E-USAGE]",
                  "test", *of)
        self.says(3, "found no observed move from 'c' in any group or period; expected one in some [E-ROW-EMPTY]",
                  "estimate", "--panel", "p.csv", *LADDER, "--method", "pooled", "--group", "g", "--seed", "1")
        self.says(3, "found nobody in the group 'z'; expected people in every group that is named: one without any would "
                  "be given what the others have in common [E-ROW-EMPTY]",
                  "estimate", *of, "--group", "g: x, y, z", "--seed", "1")


# --- groups drawn towards each other

def trigamma(x):
    out = 0.0
    while x < 20:
        out += 1 / (x * x)
        x += 1
    y = 1 / (x * x)
    return out + 1 / x + y / 2 + y / x * (1 / 6 - y * (1 / 30 - y * (1 / 42 - y / 30)))


def log_marginal(a, m, groups):
    """log of the Dirichlet-multinomial probability of rows of two moves under strength a and common share m."""
    return sum(math.lgamma(a) - math.lgamma(a + sum(n)) +
               sum(math.lgamma(a * p + x) - math.lgamma(a * p) for p, x in zip((m, 1 - m), n)) for n in groups)


def by_laplace(groups, level=.95):
    """Expected rows, pooling with bounds and common share of rows of two moves, the common share by Laplace at each of
    60 strengths: the likelihood with math.lgamma, its mode by golden section."""
    size = sum(map(sum, groups)) / sum(sum(n) > 0 for n in groups)
    found = []
    for k in range(60):
        share = (k + .5) / 60
        a = size * share / (1 - share)

        def height(x, a=a):
            m = 1 / (1 + math.exp(-x))
            return log_marginal(a, m, groups) + math.log(m) + math.log(1 - m)

        low, high = -15.0, 15.0
        ratio = (math.sqrt(5) - 1) / 2
        for _ in range(100):
            one, two = high - ratio * (high - low), low + ratio * (high - low)
            low, high = (low, two) if height(one) > height(two) else (one, high)
        m = 1 / (1 + math.exp(-(low + high) / 2))
        information = sum((m * (1 - m)) ** 2 * (1 / p ** 2 + sum(a * a * (trigamma(a * p) - trigamma(a * p + n[j]))
                                                                for n in groups if n[j] > 0))
                          for j, p in enumerate((m, 1 - m)))
        found.append((height(math.log(m / (1 - m))) - 1.5 * math.log(a) - 2 * math.log(1 - share) -
                      .5 * math.log(information), share, a, m))
    top = max(f[0] for f in found)
    weights = [math.exp(f[0] - top) for f in found]
    weights = [w / sum(weights) for w in weights]
    rows = [sum(w * (a * m + n[0]) / (a + sum(n)) for w, (_, _, a, m) in zip(weights, found)) for n in groups]
    lower = upper = below = 0.0
    for w, f in zip(weights, found):
        lower = f[1] if below < (1 - level) / 2 else lower
        upper = f[1] if below < (1 + level) / 2 else upper
        below += w
    return (rows, sum(w * f[1] for w, f in zip(weights, found)), lower, upper,
            sum(w * f[3] for w, f in zip(weights, found)))


def by_integration(groups):
    """The same by adding up over a grid of strengths and common shares, with nothing taken as normal; and the standard
    deviations of the rows."""
    size = sum(map(sum, groups)) / sum(sum(n) > 0 for n in groups)
    points = []
    for k in range(120):
        share = (k + .5) / 120
        a = size * share / (1 - share)
        for i in range(-120, 121):
            m = 1 / (1 + math.exp(-i / 16))
            points.append((log_marginal(a, m, groups) + math.log(m) + math.log(1 - m) - 1.5 * math.log(a) -
                           2 * math.log(1 - share), share, a, m))
    top = max(p[0] for p in points)
    points = [(math.exp(p[0] - top), *p[1:]) for p in points]
    all_ = sum(p[0] for p in points)
    rows, spread = [], []
    for n in groups:
        mean = sum(w * (a * m + n[0]) / (a + sum(n)) for w, _, a, m in points) / all_
        square = 0.0
        for w, _, a, m in points:
            x, total = a * m + n[0], a + sum(n)
            square += w * (x * (x + 1)) / (total * (total + 1))
        rows.append(mean)
        spread.append(math.sqrt(square / all_ - mean * mean))
    return rows, spread, sum(p[0] * p[1] for p in points) / all_


SCENARIO = """ladder = "a < b < c | out"
[data]
panel = "p.csv"
method = "{method}"
{data}
[population]
year = 2020
start = {{ a = 300, b = 100 }}
{inflow}
[question]
from = "a"
reach = "c"
within_years = {within}
{more}
[run]
seed = 5
draws = {draws}
"""
COURSE = """[[programme]]
name = "course"
from = "a"
to = "b"
effect = {{ {effect}, source = "assumed" }}
years = [2020, 2020]
{terms}
"""
LEAVING = ((.6, .25, .1, .05), (.2, .45, .3, .05), (.1, .25, .6, .05), (0, 0, 0, 1))


class Scenarios(Program):
    """A planner with data of people of several kinds asks who reaches under a programme."""

    def setUp(self):
        super().setUp()
        people = simulated(17, people=600, classes=((0, LEAVING), (1, None)), names=["a", "b", "c", "out"])
        self.panel("p.csv", people)
        self.of = ["--panel", "p.csv", "--ladder", "a < b < c | out", "--method", "mover-stayer"]

    def scenario(self, method="mover-stayer", within=4, inflow="", more="", draws=200, data=""):
        return self.write("s.toml", SCENARIO.format(method=method, within=within, inflow=inflow, more=more, draws=draws, data=data))

    def course(self, effect="odds_ratio = 2", terms=""):
        return COURSE.format(effect=effect, terms=terms)

    def kinds(self, *of):
        """Shares by stratum and chains, with the row of the exit."""
        answer = self.json("estimate", *(of or self.of))
        return shares_of(answer), chains_of(answer)

    def second_route(self, shares, chains, steps=4, enrolled=0.0, ratio=2.0, inflow=0.0):
        """Each kind by itself, then sums: heads by period, who reach c of those who start in a, by kind."""
        n = 4
        total, reach = [[0.0] * n for _ in range(steps + 1)], []
        for g, chain in enumerate(chains):
            trained = [list(row) for row in chain]
            p = chain[0][1]
            q = ratio * p / (1 - p + ratio * p)
            if p > 0:
                trained[0] = [q if j == 1 else x * (1 - q) / (1 - p) for j, x in enumerate(chain[0])]
            with_, without = [0.0] * n, [300 * shares[0][g], 100 * shares[1][g], 0.0, 0.0]
            with_[0], without[0] = without[0] * enrolled, without[0] * (1 - enrolled)
            reach.append(sum(heads * sum(reached(m, 0, [2], steps))
                             for heads, m in ((with_[0], trained), (without[0], chain))))
            for t in range(steps + 1):
                for j in range(n):
                    total[t][j] += with_[j] + without[j]
                with_, without = times([with_], trained)[0], times([without], chain)[0]
                without[0] += inflow * shares[0][g]
        return total, reach

    def heads(self, part):
        return [[one["together"][s]["value"] for s in ("a", "b", "c", "out")] for one in part["trajectory"]]

    def test_each_kind_by_itself_and_summed_up(self):
        for method, of in (("mover-stayer", self.of), ("mixture:2", [*self.of[:-1], "mixture:2", "--seed", "5"])):
            shares, chains = self.kinds(*of)
            more = self.course(terms="uptake = 0.5") + self.course(effect="odds_ratio = 1").replace('"course"', '"nothing"')
            out = self.json("evaluate", self.scenario(method, inflow='inflow = { per_year = 30, into = "a" }', more=more,
                                                      draws=60))
            self.assertEqual((out["ladder"]["groups"], out["ladder"]["unseen"]),
                             (["movers", "stayers"] if method == "mover-stayer" else ["class 1", "class 2"], True))
            plain, none = self.second_route(shares, chains, inflow=30)
            with_course, more_reach = self.second_route(shares, chains, enrolled=.5, inflow=30)
            course, nothing = out["policies"]
            self.near(self.heads(out["baseline"]), plain, 1e-9)
            self.near(self.heads(nothing), plain, 1e-9)
            self.near(self.heads(course), with_course, 1e-9)
            for part, wanted in ((out["baseline"], none), (nothing, none), (course, more_reach)):
                self.near(part["reach"]["value"], sum(wanted) / 300, 1e-12)
                for g, group in enumerate(part["groups"]):
                    self.near(group["people"], 300 * shares[0][g], 1e-9)
                    self.near(group["reach"]["value"], wanted[g] / (300 * shares[0][g]), 1e-10)
            self.near(course["additional_people_reaching"]["value"], sum(more_reach) - sum(none), 1e-9)
            self.assertEqual([nothing["additional_people_reaching"][k] for k in ("value", "lower", "upper")], [0, 0, 0])
            # Of one kind or the other everybody is, in every world.
            self.near([out["baseline"]["trajectory"][0]["together"]["a"][k] for k in ("value", "lower", "upper")],
                      [300, 300, 300], 1e-12)
            people = out["baseline"]["groups"][1]["people_estimated"]
            self.assertLess(people["lower"], people["value"])
            self.assertLess(people["value"], people["upper"])

    def test_seats_go_to_kinds_as_they_stand_there(self):
        shares, chains = self.kinds()
        out = self.json("evaluate", self.scenario(more=self.course(terms="seats_per_year = 90"), draws=40))
        (course,) = out["policies"]
        wanted, reach = self.second_route(shares, chains, enrolled=.3)
        self.near(self.heads(course), wanted, 1e-9)
        self.near(course["reach"]["value"], sum(reach) / 300, 1e-12)
        self.near([g["participants"]["value"] for g in course["groups"]], [90 * shares[0][0], 90 * shares[0][1]], 1e-9)
        self.assertEqual([course["participants"][k] for k in ("lower", "upper")], [90, 90])

    def test_without_a_programme_it_is_what_measure_says(self):
        """To the interval: draw for draw the same people are drawn again."""
        for method in ("mover-stayer", "mixture:2"):
            out = self.json("evaluate", self.scenario(method))
            of = [*self.of[:-1], method, "--from", "a", "--reach", "c", "--within", "4", "--people", "300", "--seed", "5",
                  "--draws", "200"]
            measured = self.json("measure", *of)
            for key in ("value", "lower", "upper"):
                self.near(out["baseline"]["reach"][key], measured["reach"][key], 1e-12)
                self.near(out["baseline"]["standing"][key], measured["standing"][key], 1e-12)
            self.assertLess(out["baseline"]["reach"]["lower"], out["baseline"]["reach"]["upper"])
            for one, group in zip(measured["hidden_groups"], out["baseline"]["groups"]):
                self.assertEqual(one["class"], group["name"])
                for key in ("value", "lower", "upper"):
                    self.near(group["people_estimated"][key] / 300, one["share"][key], 1e-12)
                    self.near(group["reach"][key], one["reach"][key], 1e-10)
            for a, b in zip(out["baseline"]["first_passage"], measured["first_passage"]):
                self.near(a["probability"]["value"], b["value"], 1e-12)

    def test_the_plain_chain_promises_more(self):
        """Where some never move, whom a chain counts as slow: in the long run it has them reach."""
        kinds = self.json("evaluate", self.scenario(within=8, draws=50))["baseline"]["reach"]["value"]
        chain = self.json("evaluate", self.scenario("proportions", within=8, draws=50))["baseline"]["reach"]["value"]
        self.assertGreater(chain, kinds + .05)

    def test_effects_may_be_of_one_kind(self):
        shares, chains = self.kinds()
        more = """[[programme]]
name = "course"
eligible = "a"
effects = [{ from = "movers: a", to = "b", odds_ratio = 2, source = "assumed" }]
years = [2020, 2020]
"""
        out = self.json("evaluate", self.scenario(more=more, draws=40))
        self.near(self.heads(out["policies"][0]), self.second_route(shares, chains, enrolled=1.0)[0], 1e-9)
        # Points move stayers too, if they are meant.
        out = self.json("evaluate", self.scenario(more=self.course("points = 0.1"), draws=40))
        there = [part["trajectory"][1]["headcount"]["stayers: b"]["value"] for part in (out["baseline"], out["policies"][0])]
        self.near(there[1] - there[0], 30 * shares[0][1], 1e-9)

    def test_one_more_of_each(self):
        """Moves are eased, and entrants come, of all kinds together; against differences."""
        text = self.course(terms="seats_per_year = 60")
        posts = 'inflow = { per_year = 20, into = "b", per_head_of = { c = 0.1 } }\nposts = { c = { now = 10 } }'
        out = self.json("evaluate", self.scenario(inflow=posts, more=text, draws=30))
        strata = {m["from"] for m in out["baseline"]["bottleneck"]} | {m["to"] for m in out["baseline"]["bottleneck"]}
        self.assertEqual(strata, {"a", "b", "c", "out"})
        (entrant,) = [e for e in out["baseline"]["one_more_entrant"] if e["stratum"] == "b"]
        h = 0.01
        reach = [self.json("evaluate", self.scenario(inflow=posts.replace("20", str(20 + x)), more=text, draws=30))["baseline"]
                 ["reach"]["value"] * 300 for x in (-h, h)]
        self.near(entrant["additional_people_reaching"]["value"], (reach[1] - reach[0]) / (2 * h), 1e-5)
        self.assertLess(entrant["additional_people_reaching"]["value"], 0)
        (post,) = out["baseline"]["one_more_post"]
        self.assertEqual(post["stratum"], "c")

    def test_moves_that_are_missing_are_those_of_all_kinds(self):
        two = ((.7, .3), (.4, .6))
        self.panel("p.csv", [["ab"[s] for s in path] for path in self.of_two(two)])
        ladder = '[ladder]\nrungs = [["a"], ["b"], ["c"]]\nexits = ["out"]\nmoves = ["a -> b", "b -> a", "a -> out", "b -> out", "c -> out"]\n'
        text = (self.folder / self.scenario(data='unleft = "absorbing"', draws=30)).read_text()
        (self.folder / "s.toml").write_text(text.replace('ladder = "a < b < c | out"\n', ladder))
        base = self.json("evaluate", "s.toml")["baseline"]
        self.assertEqual([base["reach"][k] for k in ("value", "upper")], [0, 0])
        missing = base["unreachable"]["missing_moves"]
        self.assertTrue(missing)
        eased = [(m["from"], m["to"]) for m in base["bottleneck"]]
        self.assertEqual(len(eased), len(set(eased)))
        self.assertTrue({(m["from"], m["to"]) for m in missing} <= set(eased))
        self.assertGreater(base["bottleneck"][0]["additional_people_reaching"]["value"], 0)

    def of_two(self, chain):
        r = random.Random(2)
        for k in range(300):
            path, stays = [k % 2], r.random() < .3
            for _ in range(8):
                path.append(path[-1] if stays else r.choices((0, 1), chain[path[-1]])[0])
            yield path

    def test_tables_say_so(self):
        table = self.ok("evaluate", self.scenario(more=self.course(), draws=40)).stdout
        self.assertIn("By kind of people, which nobody sees", table)
        self.assertIn("Nobody can be chosen by kind", table)
        self.assertNotIn("the probability of movers less that of stayers", table)
        rows = self.csv("evaluate", self.scenario(more=self.course(), draws=40))
        self.assertIn("people of stayers", {r["quantity"] for r in rows})

    def test_a_gap_is_known_only_where_both_kinds_are(self):
        """In some draws nobody who starts is a stayer: then there is no gap, and none of 0."""
        self.panel("p.csv", simulated(1, people=400, classes=((0, LEAVING), (1, None)), shares=(.02, .2, .2), names=["a", "b", "c", "out"]))
        path = self.scenario(more=self.course(), draws=100)
        rows = {r["quantity"]: r for r in self.csv("evaluate", path) if r["policy"] == "course"}
        draws = int(rows["reach of stayers"]["draws"])
        self.assertLess(draws, 95)
        gap, change = (rows[of + "reach of movers less that of stayers"] for of in ("", "change of the "))
        for row, least in ((gap, .4), (change, 0)):
            self.assertEqual(int(row["draws"]), draws)
            self.assertGreater(float(row["lower"]), least)
        (of_json,) = self.json("evaluate", path)["policies"][0]["gaps"]
        for key, row in (("reach", gap), ("change", change)):
            self.assertEqual([of_json[key][k] for k in ("lower", "draws")], [float(row["lower"]), draws])

    def test_threads_and_seeds(self):
        text = self.scenario(more=self.course(terms="seats_per_year = 60"), draws=50)
        one, two = (self.ok("evaluate", text, "--threads", k, "--format", "json").stdout for k in "12")
        self.assertEqual(one, two)
        (self.folder / "t.toml").write_text((self.folder / "s.toml").read_text().replace("seed = 5\n", ""))
        run = self.ok("evaluate", "t.toml")
        self.assertEqual(run.stderr.count("W-SEED"), 1)

    def test_what_is_refused(self):
        found = "s.toml:4:10: error: found the method 'mover-stayer' and "
        for more, words in (
                ({"data": 'by_period = true'}, found + "'by_period'; expected one of them: a kind of people has one matrix for all "
                                                       "periods [E-CFG-RANGE]"),
                ({"data": 'gap = "em"'}, found + "gap = 'em'; expected drop or refuse: people are followed up to their first gap "
                                                 "[E-CFG-RANGE]"),
                ({"data": 'group = "sex"'}, found + "groups of people; expected one of them: of groups that can be seen, kinds that "
                                                    "nobody sees are not estimated in one run [E-CFG-RANGE]"),
                ({"data": "starts = 5"}, "s.toml:5:10: error: found 'starts' without method = \"mixture:K\" in [data]; expected both "
                                         "[E-CFG-KEY]"),
                ({"inflow": 'posts = { "movers: c" = 10 }'}, "found 'movers: c' alone in 'posts' of [population]; expected 'c', all "
                                                             "kinds alike, since nobody sees who is of which [E-CFG-RANGE]"),
                ({"more": self.course().replace('from = "a"', 'from = "movers: a"')},
                 "found 'movers: a' alone in who may enrol in 'course'; expected 'a', all kinds alike, since nobody sees who is of "
                 "which [E-CFG-RANGE]"),
                ({"more": self.course(terms='uptake = { "movers: a" = 0.3, "stayers: a" = 0.0 }')},
                 "found 'movers: a' alone in the uptake of 'course'; expected 'a', all kinds alike, since nobody sees who is of which "
                 "[E-CFG-RANGE]"),
                ({"inflow": 'inflow = { per_year = 10, into = "a", per_head_of = { "stayers: a" = 0.5 } }'},
                 "found 'stayers: a' alone in 'per_head_of' of an inflow; expected 'a', all kinds alike, since nobody sees who is of "
                 "which [E-CFG-RANGE]")):
            self.refused(3, words, "evaluate", self.scenario(**more))
        text = (self.folder / self.scenario()).read_text()
        (self.folder / "s.toml").write_text(text.replace('from = "a"', 'from = "stayers"', 1))
        self.refused(3, "found 'stayers: a' alone in 'from' of [question]; expected 'a', all kinds alike", "evaluate", "s.toml")
        (self.folder / "s.toml").write_text(text.replace("panel =", "table =", 1))
        self.refused(3, "found the method 'mover-stayer' without a panel; expected 'panel': kinds of people are told from what the "
                        "same people do in several steps [E-CFG-RANGE]", "evaluate", "s.toml")
        few = [["a", "a", "b", "b"], ["a", "b", "b", "a"], ["b", "b", "b", "c"], ["c", "c", "a", "a"]] * 3 + [["a"] * 4] * 4
        self.panel("p.csv", few)
        self.refused(3, "s.toml:3:9: error: in a sample of these people, drawn with replacement for the intervals: found nobody who was "
                        "seen to leave 'c'; expected somebody, since stayers are told from movers by who leaves, or that it is stated to "
                        "be absorbing; unleft = \"absorbing\" states it for such samples, and for the data [E-IDENT]", "evaluate",
                     self.scenario())
        self.panel("p.csv", [path for path in simulated(3, people=400) if path[0] != "b"])
        self.refused(3, "found people who start in or come into 'b', where the data first show nobody; expected somebody: of which "
                        "kinds those are who are found there is not known [E-IDENT]", "evaluate",
                     self.scenario(data='unleft = "absorbing"'))
        (self.folder / "s.toml").write_text(text + "[allocation]\nbudget = 1000\nprogrammes = [\"course\"]\n" + self.course(
            terms="cost = { per_participant = 10 }"))
        self.panel("p.csv", simulated(17, people=300))
        self.refused(3, "found people of kinds that nobody can tell apart; expected groups that can be seen: the best seats would be "
                        "for one kind, and nobody could give them to it [E-ALLOCATE]", "allocate", "s.toml")


class Pooled(Program):
    COUNTS = {"x": [[30, 10], [6, 24]], "y": [[8, 9], [2, 12]], "z": [[3, 0], [4, 9]], "w": [[41, 22], [9, 30]]}

    def table(self, counts, column="g"):
        return self.write("t.csv", f"{column},origin,destination,count\n" + "".join(
            f"{g},{i},{j},{n}\n" for g, rows in counts.items() for i, row in zip("ab", rows) for j, n in zip("ab", row)))

    def of(self, counts):
        return ["--table", self.table(counts), "--ladder", "a < b", "--group", "g", "--method", "pooled", "--seed", "4"]

    def check(self, answer, entries, counts, level=.95):
        for i in range(2):
            groups = [[rows[i][0], rows[i][1]] for rows in counts]
            rows, pooling, lower, upper, common = by_laplace(groups, level)
            told = answer["pooling"]["by_stratum"][i]
            self.near(told["pooling"], pooling, 1e-6)
            self.near([told["lower"], told["upper"]], [lower, upper], 1e-12)
            self.near(answer["pooling"]["common_matrix"][i], [common, 1 - common], 1e-6)
            exact, spread, exact_pooling = by_integration(groups)
            self.near(told["pooling"], exact_pooling, .02)
            for g, entry in enumerate(entries):
                self.near(entry["transition_matrix"][i], [rows[g], 1 - rows[g]], 1e-6)
                self.near(rows[g], exact[g], .005)
                self.near(entry["standard_error"][i][0] / spread[g], 1, .08)
                self.assertEqual(entry["interval"]["method"], "posterior")

    def test_groups_are_those_of_an_own_marginal_likelihood(self):
        answer = self.json("estimate", *self.of(self.COUNTS), "--draws", "4000")
        self.assertEqual([g["group"] for g in answer["groups"]], ["w", "x", "y", "z"])
        self.check(answer, answer["groups"], [self.COUNTS[g] for g in "wxyz"])
        self.assertEqual((answer["seed"], answer["method"]), (4, "partial pooling"))
        self.assertEqual([g["people"] for g in answer["groups"]], [102, 70, 31, 16])
        wide = self.json("estimate", *self.of(self.COUNTS), "--draws", "50", "--level", "0.5")
        self.assertEqual(wide["pooling"]["level"], .5)
        self.near([wide["pooling"]["by_stratum"][0][k] for k in ("lower", "upper")],
                  by_laplace([self.COUNTS[g][0] for g in "wxyz"], .5)[2:4], 1e-12)

    def test_periods_are_groups(self):
        of = ["--table", self.table({2001: self.COUNTS["x"], 2002: self.COUNTS["y"], 2003: self.COUNTS["w"]}, "year"),
              "--ladder", "a < b", "--period", "year", "--method", "pooled", "--seed", "4"]
        answer = self.json("estimate", *of, "--draws", "4000")
        self.assertEqual([p["period"] for p in answer["periods"]], [2001, 2002, 2003])
        self.check(answer, answer["periods"], [self.COUNTS[g] for g in "xyw"])
        # A panel by period gives what its counts give.
        r = random.Random(3)
        people = [[r.choice("ab") for _ in range(4)] for _ in range(60)]
        panel = ["--panel", self.panel("p.csv", people), "--ladder", "a < b", "--by-period", "--seed", "4"]
        counts = [p["counts"] for p in self.json("estimate", *panel[:5])["periods"]]
        pooled = self.json("estimate", *panel, "--method", "pooled", "--draws", "4000")
        self.check(pooled, pooled["periods"], counts)

    def test_alike_groups_are_pooled_and_others_are_not(self):
        alike = {f"g{k}": [[400, 100], [150, 350]] for k in range(6)}
        other = {f"g{k}": [[100 + 70 * k, 400 - 70 * k], [400 - 70 * k, 100 + 70 * k]] for k in range(6)}
        for row in self.json("estimate", *self.of(alike), "--draws", "100")["pooling"]["by_stratum"]:
            self.assertGreater(row["pooling"], .6)
        answer = self.json("estimate", *self.of(other), "--draws", "100")
        for row in answer["pooling"]["by_stratum"]:
            self.assertLess(row["upper"], .15)
        for k, group in enumerate(answer["groups"]):
            self.near(group["transition_matrix"][0][0], (100 + 70 * k) / 500, .01)

    def test_a_stratum_that_a_group_was_not_seen_in_has_the_common_row(self):
        answer = self.json("estimate", *self.of({**self.COUNTS, "z": [[3, 0], [0, 0]]}), "--draws", "200")
        self.near(answer["groups"][3]["transition_matrix"][1], answer["pooling"]["common_matrix"][1], 1e-9)

    def test_measures_are_of_the_printed_matrices(self):
        question = ["--from", "a", "--reach", "b", "--within", "3", "--draws", "500"]
        estimate, measured = self.json("estimate", *self.of(self.COUNTS)), self.json("measure", *self.of(self.COUNTS), *question)
        self.assertEqual(measured["seed"], 4)
        for one, of in zip(measured["groups"], estimate["groups"]):
            self.assertEqual(one["group"], of["group"])
            self.near(one["reach"]["value"], sum(reached(of["transition_matrix"], 0, {1}, 3)), 1e-9)
            self.assertEqual(one["reach"]["draws"], 500)
        self.ok("estimate", *self.of(self.COUNTS), "--draws", "500", "-o", "g.rungs")
        saved = self.json("measure", "--model", "g.rungs", *question, "--seed", "77")
        self.assertEqual([g["reach"] for g in saved["groups"]], [g["reach"] for g in measured["groups"]])
        # Three steps, each by the matrix of its period.
        of = ["--table", self.table({1: self.COUNTS["x"], 2: self.COUNTS["y"], 3: self.COUNTS["w"]}, "year"),
              "--ladder", "a < b", "--period", "year", "--method", "pooled", "--seed", "4"]
        stay = [p["transition_matrix"][0][0] for p in self.json("estimate", *of)["periods"]]
        direct = self.json("measure", *of, *question)
        self.near(direct["reach"]["value"], 1 - math.prod(stay), 1e-9)
        # A saved model has the same draws.
        self.ok("estimate", *of, "--draws", "500", "-o", "m.rungs")
        saved = self.json("measure", "--model", "m.rungs", *question, "--seed", "77")
        self.assertEqual(saved["reach"], direct["reach"])

    def test_csv_table_and_threads(self):
        of = self.of(self.COUNTS)
        answer, rows = self.json("estimate", *of), self.csv("estimate", *of)
        self.assertEqual(list(rows[0])[-3:], ["pooling", "pooling_lower", "pooling_upper"])
        self.assertEqual(float(rows[0]["probability"]), answer["groups"][0]["transition_matrix"][0][0])
        self.assertEqual(float(rows[0]["pooling"]), answer["pooling"]["by_stratum"][0]["pooling"])
        table = self.ok("estimate", *of).stdout
        self.assertIn("How far groups are drawn towards what they have in common, and what that is", table)
        for verb in ("estimate", "measure"):
            one, two = (self.ok(verb, *of, "--threads", k, "--format", "json").stdout for k in "12")
            self.assertEqual(one, two)
        run = self.ok("estimate", *of[:-2])
        self.assertRegex(run.stderr, r"no --seed was given: this run used \d+; .* \[W-SEED\]")


if __name__ == "__main__":
    unittest.main()
