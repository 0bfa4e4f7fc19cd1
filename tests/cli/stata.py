# SPDX-FileCopyrightText: 2026 The Rungs authors
# SPDX-License-Identifier: BSL-1.0
"""stata.py: files of Stata, written here byte by byte as its documentation has them, against the same people as CSV."""
import csv
import hashlib
import struct
import subprocess
import time
import unittest

from support.program import PROGRAM, Program, SOURCE

LONG = SOURCE / "examples/panels/long.csv"
LADDER = ["--ladder", "labourer < operative < craftsman | left"]
COLUMNS = ["--id", "person", "--time", "year", "--state", "job", *LADDER]
TYPES = {"byte": (65530, "b"), "int": (65529, "h"), "long": (65528, "i"), "float": (65527, "f"), "double": (65526, "d")}


def dta(variables, rows, labels, order="<", release=118):
    """Release 118 or 119: variables are (name, type or length of a text, name of labels)."""
    def text(words, size):
        return words.encode().ljust(size, b"\0")

    def part(name, body):
        return f"<{name}>".encode() + body + f"</{name}>".encode()

    wide = release == 119
    header = part("header", part("release", str(release).encode())
                  + part("byteorder", b"LSF" if order == "<" else b"MSF")
                  + part("K", struct.pack(order + ("I" if wide else "H"), len(variables)))
                  + part("N", struct.pack(order + "Q", len(rows)))
                  + part("label", struct.pack(order + "H", 0)) + part("timestamp", b"\x1105 Jul 2017 14:30"))
    codes = [TYPES[kind] if isinstance(kind, str) else (kind, f"{kind}s") for _, kind, _ in variables]
    data = b"".join(struct.pack(order + code, value.encode() if isinstance(value, str) else value)
                    for row in rows for (_, code), value in zip(codes, row))
    tables = b""
    for name, known in labels.items():
        words = [word.encode() + b"\0" for word in known.values()]
        at = [sum(map(len, words[:k])) for k in range(len(words))]
        body = struct.pack(order + "ii", len(words), sum(map(len, words)))
        body += struct.pack(f"{order}{len(words)}i", *at) + struct.pack(f"{order}{len(words)}i", *known)
        body += b"".join(words)
        tables += part("lbl", struct.pack(order + "i", len(body)) + text(name, 129) + b"\0\0\0" + body)
    sections = [part("variable_types", b"".join(struct.pack(order + "H", code) for code, _ in codes)),
                part("varnames", b"".join(text(name, 129) for name, _, _ in variables)),
                part("sortlist", struct.pack(order + ("I" if wide else "H"), 0) * (len(variables) + 1)),
                part("formats", b"".join(text("%9.0g" if isinstance(kind, str) else f"%{kind}s", 57)
                                         for _, kind, _ in variables)),
                part("value_label_names", b"".join(text(known, 129) for _, _, known in variables)),
                part("variable_labels", b"\0" * 321 * len(variables)),
                part("characteristics", b""), part("data", data), part("strls", b""), part("value_labels", tables)]
    start = b"<stata_dta>" + header
    at = [0, len(start), len(start) + len("<map></map>") + 14 * 8]
    for section in sections:
        at.append(at[-1] + len(section))
    at.append(at[-1] + len("</stata_dta>"))
    return start + part("map", struct.pack(order + "14Q", *at)) + b"".join(sections) + b"</stata_dta>"


class Stata(Program):
    def setUp(self):
        super().setUp()
        rows = list(csv.DictReader(LONG.read_text().splitlines()))
        jobs = {k + 1: name for k, name in enumerate(sorted({row["job"] for row in rows}))}
        value = {name: k for k, name in jobs.items()}
        self.labels = {"jobs": jobs}
        self.rows = [(row["person"], int(row["year"]), value[row["job"]]) for row in rows]
        self.variables = [("person", 8, ""), ("year", "int", ""), ("job", "byte", "jobs")]

    def file(self, name, **more):
        (self.folder / name).write_bytes(dta(self.variables, self.rows, self.labels, **more))
        return name

    def estimate(self, file, *more):
        answer = self.json("estimate", "--panel", file, *COLUMNS, *more)
        return {k: v for k, v in answer.items() if k != "inputs"}

    def test_either_byte_order_gives_the_answer_of_the_text(self):
        expected = self.estimate(str(LONG))
        for order in "<>":
            for release in (118, 119):
                with self.subTest(order=order, release=release):
                    self.assertEqual(self.estimate(self.file("panel.dta", order=order, release=release)), expected)

    def test_the_kind_is_known_by_content_and_the_hash_is_of_the_file(self):
        name = self.file("panel.data")
        answer = self.json("estimate", "--panel", name, *COLUMNS)
        self.assertEqual(answer["inputs"][0]["sha256"], hashlib.sha256((self.folder / name).read_bytes()).hexdigest())
        (self.folder / "text.dta").write_bytes(LONG.read_bytes())
        self.assertEqual(self.estimate("text.dta"), self.estimate(name))

    def test_standard_input(self):
        run = subprocess.run([PROGRAM, "estimate", "--panel", "-", *COLUMNS, "--format", "csv"],
                             input=(self.folder / self.file("panel.dta")).read_bytes(), capture_output=True, timeout=60)
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertEqual(run.stdout.decode(), self.ok("estimate", "--panel", str(LONG), *COLUMNS, "--format", "csv").stdout)

    def test_a_pipe_that_begins_with_few_bytes_is_read_whole(self):
        data = (self.folder / self.file("panel.dta")).read_bytes()
        with subprocess.Popen([PROGRAM, "estimate", "--panel", "-", *COLUMNS, "--format", "csv"], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
            half = len(data) // 2
            for part in (data[:3], data[3:half]):
                run.stdin.write(part)
                run.stdin.flush()
                time.sleep(0.3)
            out, said = run.communicate(data[half:], timeout=60)
        self.assertEqual(run.returncode, 0, said)
        self.assertEqual(out.decode(), self.ok("estimate", "--panel", str(LONG), *COLUMNS, "--format", "csv").stdout)

    def test_texts_that_are_utf8_as_they_stand_are_told(self):
        """A name is read as it was said to be, but never without a word."""
        self.variables.append(("sex", 8, ""))
        self.rows = [(*row, ("männer", "frauen")[int(row[0].encode()[-1]) % 2]) for row in self.rows]
        for release in (118, 119):
            self.file("panel.dta", release=release)
            run = self.ok("estimate", "--panel", "panel.dta", *COLUMNS, "--group", "sex", "--encoding", "ISO-8859-1", "--format", "csv")
            self.assertIn("m\u00c3\u00a4nner", run.stdout)
            self.assertIn("panel.dta: warning: found texts that are UTF-8 as they stand; expected text in ISO-8859-1, as --encoding (in "
                          "scenarios encoding) says; they were read so; if names look wrong, leave --encoding (in scenarios encoding) "
                          "out [W-ENC-UTF8]\n", run.stderr)
        self.assertNotIn("W-ENC-UTF8", self.ok("estimate", "--panel", "panel.dta", *COLUMNS, "--encoding", "ISO-8859-1").stderr)

    def test_a_missing_value_is_told_and_may_be_declared(self):
        who, year, _ = self.rows[3]
        self.rows[3] = (who, year, 103)  # .b
        self.file("panel.dta")
        self.says(3, "panel.dta: observation 4, variable 'job': error: found '.b' in column 'job', a sign for a missing "
                  "value; expected one of 'labourer', 'operative', 'craftsman', 'left'; where it is not known, declare "
                  "'.b' as missing [E-STATE-MISSING]\n", "estimate", "--panel", "panel.dta", *COLUMNS)
        self.assertEqual(self.estimate("panel.dta", "--missing", ".b")["ledger"]["dropped"], {"missing state": 1})

    def dated(self, name, form, times):
        """The panel with a format of its times, which are counted or days."""
        self.rows = [(who, times[year], job) for who, year, job in self.rows]
        self.variables[1] = ("year", "int", "")
        body = dta(self.variables, self.rows, self.labels)
        was, now = b"%9.0g".ljust(57, b"\0"), form.encode().ljust(57, b"\0")
        self.assertEqual(body.count(was), 2)
        (self.folder / name).write_bytes(body.replace(was, now, 1))
        return name

    def test_months_are_no_years(self):
        years = sorted({year for _, year, _ in self.rows})
        self.dated("months.dta", "%tm", {year: 708 + k for k, year in enumerate(years)})
        self.says(3, "months.dta: variable 'year': error: found months of format '%tm' and a step of 1 whose length in years is not "
                  "stated; expected --step-years, in scenarios step_years; a year has 12 months: a step of 1 is 0.0833333333333 years "
                  "[E-STEP]\n", "estimate", "--panel", "months.dta", *COLUMNS)
        answer = self.json("estimate", "--panel", "months.dta", *COLUMNS, "--step-years", "0.0833333333333333")
        self.assertEqual(answer["step"]["years"], 0.0833333333333333)

    def test_several_dates_in_a_year_are_told_as_what_they_are(self):
        years = sorted({year for _, year, _ in self.rows})
        self.dated("days.dta", "%td", {year: 21550 + 30 * k for k, year in enumerate(years)})
        run = self.run_rungs("estimate", "--panel", "days.dta", *COLUMNS)
        self.assertEqual((run.returncode, run.stdout), (3, ""), run.stderr)
        self.assertIn("[E-DUP-KEY]", run.stderr)
        self.assertIn("; found dates of format '%td', which were read as their years [W-TIME-FORMAT]: where people are seen more than "
                      "once a year, number the periods in a variable of their own [E-DUP-KEY]\n", run.stderr)

    def test_cut_files_write_nothing(self):
        whole = (self.folder / self.file("panel.dta")).read_bytes()
        for size in (10, 300, len(whole) // 2, len(whole) - 1):
            (self.folder / "cut.dta").write_bytes(whole[:size])
            self.refused(3, "[E-DTA-TRUNC]", "estimate", "--panel", "cut.dta", *COLUMNS, "-o", "out.json")
        self.assertFalse((self.folder / "out.json").exists())

    def test_numbers_of_a_wide_panel_are_its_values_and_not_their_labels(self):
        rows, text = [], ["person,job1,job2,age1,age2"]
        for who in range(90):
            before, now = 1 + who % 2, 1 + (who * 7 // 5) % 2
            age = 1 + (who * 11 // 3) % 4
            rows.append((f"p{who}", before, now, age, age))
            text.append(f"p{who},{'ab'[before - 1]},{'ab'[now - 1]},{age},{age}")
        variables = [("person", 8, ""), ("job1", "byte", "jobs"), ("job2", "byte", "jobs"), ("age1", "byte", "ages"), ("age2", "byte", "ages")]
        labels = {"jobs": {1: "a", 2: "b"}, "ages": {1: "20", 2: "30", 3: "40", 4: "90"}}
        (self.folder / "wide.dta").write_bytes(dta(variables, rows, labels))
        self.write("wide.csv", "\n".join(text) + "\n")
        of = ["--wide", "--id", "person", "--state", "job", "--ladder", "a < b", "--method", "logit", "--covariate", "age:number", "--seed", "1"]
        found, expected = (self.json("estimate", "--panel", name, *of) for name in ("wide.dta", "wide.csv"))
        self.assertEqual(found["logit"], expected["logit"])

    def test_an_association_is_of_labels_where_their_order_is_stated_and_of_numbers_elsewhere(self):
        people = [(1, 3, 2), (1, 1, 5), (2, 2, 1), (3, 3, 4), (101, 2, 3), (3, 1, 1)]  # 101 is .
        schools = {1: "none", 2: "primary", 3: "middle"}
        variables = [("school", "byte", "schools"), ("wage", "byte", "wages"), ("n", "byte", "wages")]
        labels = {"schools": schools, "wages": {1: "low", 2: "middle", 3: "high", 5: "none"}}
        (self.folder / "people.dta").write_bytes(dta(variables, people, labels))
        self.write("people.csv", "school,wage,n\n" + "".join(f"{schools.get(s, '.')},{w},{n}\n" for s, w, n in people))
        of = ["--x", "school: none < primary < middle", "--y", "wage", "--count", "n"]
        found, expected = (self.json("measure", "--association", name, *of) for name in ("people.dta", "people.csv"))
        self.assertEqual(found["association"], expected["association"])
        self.assertEqual(found["association"]["people"], 13)
        self.assertEqual(found["ledger"]["dropped"], {"missing school": 1})

    def test_clusters_are_told_apart_as_ids_are(self):
        # Two villages of one name are two clusters; numbers that a double may have rounded are refused.
        villages = {k: "Santa Maria" if k < 3 else f"village {k}" for k in range(1, 7)}
        rows = [(*row, 1 + k // 5 % 6) for k, row in enumerate(sorted(self.rows))]
        place = {who: village for who, _, _, village in rows}
        rows = [(who, year, job, place[who]) for who, year, job, _ in rows]
        self.variables.append(("village", "double", "villages"))
        (self.folder / "panel.dta").write_bytes(dta(self.variables, rows, {**self.labels, "villages": villages}))
        answer = self.json("estimate", "--panel", "panel.dta", *COLUMNS, "--cluster", "village")
        self.assertEqual(answer["design"]["clusters"], len(set(place.values())))
        (self.folder / "panel.dta").write_bytes(dta([*self.variables[:3], ("village", "double", "")],
                                                    [(*row[:3], 2.0 ** 53 + 2 * row[3]) for row in rows], self.labels))
        self.refused(3, "[E-ID-PRECISION]", "estimate", "--panel", "panel.dta", *COLUMNS, "--cluster", "village")

    def test_tables_and_scenarios(self):
        table = "origin,destination,count\n"
        rows, names = [], ["low", "high"]
        for a in (1, 2):
            for b in (1, 2):
                rows.append((a, b, 10 * a + b))
                table += f"{names[a - 1]},{names[b - 1]},{10 * a + b}\n"
        self.write("table.csv", table)
        variables = [("origin", "byte", "s"), ("destination", "byte", "s"), ("count", "double", "")]
        (self.folder / "table.dta").write_bytes(dta(variables, rows, {"s": {1: "low", 2: "high"}}, order=">"))
        ladder = ["--ladder", "low < high"]
        self.assertEqual(self.json("estimate", "--table", "table.dta", *ladder)["counts"],
                         self.json("estimate", "--table", "table.csv", *ladder)["counts"])
        self.file("panel.dta")
        scenario = ('[ladder]\nrungs = [["labourer"], ["operative"], ["craftsman"]]\nexits = ["left"]\n[data]\n'
                    'panel = "FILE"\nid = "person"\ntime = "year"\nstate = "job"\n[population]\n'
                    'start = { labourer = 100 }\n[question]\nfrom = "labourer"\nreach = "craftsman"\nwithin_years = 3\n'
                    '[run]\nseed = 7\ndraws = 50\n')
        self.write("text.toml", scenario.replace("FILE", str(LONG)))
        self.write("stata.toml", scenario.replace("FILE", "panel.dta"))
        self.assertEqual(self.json("evaluate", "stata.toml")["baseline"], self.json("evaluate", "text.toml")["baseline"])


if __name__ == "__main__":
    unittest.main()
