# SPDX-FileCopyrightText: 2026 The Rungs authors
# SPDX-License-Identifier: BSL-1.0
"""encodings.py: files in other encodings, made by the codecs of Python, against the same file in UTF-8."""
import hashlib
import json
import os
import subprocess
import time
import unittest

from support.program import PROGRAM, Program

LABELS = ["一线工人", "技术员", "管理人员"]
LADDER = ["--ladder", " < ".join(LABELS)]
SCENARIO = """
[ladder]
rungs = [["一线工人"], ["技术员"], ["管理人员"]]
[data]
panel = "FILE"
id = "编号"
time = "年"
state = "岗位"
[population]
start = { "一线工人" = 100 }
[question]
from = "一线工人"
reach = "管理人员"
within_years = 2
[run]
seed = 1
draws = 200
"""


class Encodings(Program):
    def setUp(self):
        super().setUp()
        lines = ["编号,年,岗位,性别"]
        for person in range(60):
            for year in range(2015, 2019):
                lines.append(f"{person},{year},{LABELS[(person * 7 + year * year + person // 7) % 3]},{'男女'[person % 2]}")
        self.text = "\n".join(lines) + "\n"
        self.of = ["--id", "编号", "--time", "年", "--state", "岗位", *LADDER]
        self.bytes("utf8.csv", "utf-8")

    def bytes(self, name, encoding):
        (self.folder / name).write_bytes(self.text.encode(encoding))
        return name

    def without_inputs(self, verb, *arguments):
        return {k: v for k, v in self.json(verb, *arguments).items() if k != "inputs"}

    def test_every_encoding_gives_the_answer_of_utf8(self):
        expected = self.without_inputs("estimate", "--panel", "utf8.csv", *self.of, "--group", "性别")
        for codec, name in (("gbk", "gbk"), ("gb18030", "GB18030"), ("utf-16", "utf-16"), ("utf-16-be", "UTF-16BE")):
            file = self.bytes("other.csv", codec)
            self.assertEqual(self.without_inputs("estimate", "--panel", file, *self.of, "--group", "性别", "--encoding", name),
                             expected, name)
        answer = self.json("estimate", "--panel", file, *self.of, "--encoding", "UTF-16BE")
        self.assertEqual(answer["inputs"][0]["sha256"], hashlib.sha256(self.text.encode("utf-16-be")).hexdigest())

    def test_verbs_take_it(self):
        self.bytes("gbk.csv", "gbk")
        for verb, more in (("measure", ["--from", LABELS[0], "--reach", LABELS[2], "--within", "2", "--seed", "1"]),
                           ("test", ["--seed", "1", "--draws", "100"]), ("test", ["--cluster", "编号", "--group", "性别"])):
            one = self.without_inputs(verb, "--panel", "utf8.csv", *self.of, *more)
            self.assertEqual(self.without_inputs(verb, "--panel", "gbk.csv", *self.of, *more, "--encoding", "gbk"), one)

    def test_a_pipe_in_utf16_is_read_whole(self):
        expected = self.without_inputs("estimate", "--panel", "utf8.csv", *self.of)
        run = subprocess.run([PROGRAM, "estimate", "--panel", "-", *self.of, "--encoding", "utf-16", "--format", "json"],
                             cwd=self.folder, input=self.text.encode("utf-16"), capture_output=True, timeout=300)
        self.assertEqual(run.returncode, 0, run.stderr)
        answer = json.loads(run.stdout)
        del answer["inputs"]
        self.assertEqual(answer, expected)

    def in_two_parts(self, first, rest, *arguments):
        """Runs with a pipe of which the rest comes after the first part was read."""
        with subprocess.Popen([PROGRAM, *arguments], cwd=self.folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE) as run:
            os.write(run.stdin.fileno(), first)
            time.sleep(0.5)
            try:
                os.write(run.stdin.fileno(), rest)
            except BrokenPipeError:
                pass
            out, said = run.communicate(timeout=300)
        return run.returncode, out, said.decode()

    def answer_in_two_parts(self, data, at, *arguments):
        code, out, said = self.in_two_parts(data[:at], data[at:], *arguments)
        self.assertEqual(code, 0, said)
        answer = json.loads(out)
        del answer["inputs"]
        return answer

    def test_a_slow_pipe_is_read_whole_under_whatever_name(self):
        expected = self.without_inputs("estimate", "--panel", "utf8.csv", *self.of)
        for codec, name in (("utf-16-le", "UNICODELITTLE"), ("utf-16-be", "UNICODEBIG"), ("utf-16", "CSUNICODE"),
                            ("utf-32-be", "CSUCS4"), ("utf-32-be", "10646-1:1993")):
            self.assertEqual(self.answer_in_two_parts(self.text.encode(codec), 800, "estimate", "--panel", "-", *self.of,
                                                      "--encoding", name, "--format", "json"), expected, name)

    def test_a_slow_pipe_of_a_scenario_of_kinds_is_read_whole(self):
        scenario = SCENARIO.replace("[population]", 'method = "mover-stayer"\n[population]')
        self.write("utf8.toml", scenario.replace("FILE", "utf8.csv"))
        self.write("pipe.toml", scenario.replace("FILE", '-"\nencoding = "UTF-16'))
        expected = self.without_inputs("evaluate", "utf8.toml")
        self.assertEqual(self.answer_in_two_parts(self.text.encode("utf-16"), 800, "evaluate", "pipe.toml", "--format", "json"),
                         expected)

    def test_what_is_left_at_a_nul_is_never_all(self):
        text = self.text.encode()
        code, out, said = self.in_two_parts(text[:-1] + b"\0", text, "estimate", "--panel", "-", *self.of)
        self.assertEqual((code, out), (3, b""))
        self.assertIn("[E-NUL]", said)

    def test_groups_are_listed_in_it(self):
        logit = ["--method", "logit", "--covariate", "收入:number", "--group", "性别", "--seed", "1", "--draws", "50"]
        lines = self.text.splitlines()
        self.text = "\n".join([lines[0] + ",收入"] + [f"{line},{(7 * k + k * k) % 13}" for k, line in enumerate(lines[1:])])
        self.bytes("more.csv", "utf-8")
        self.bytes("gbk.csv", "gbk")
        expected = self.without_inputs("estimate", "--panel", "more.csv", *self.of, *logit)
        self.assertEqual([g["group"] for g in expected["groups"]], ["女", "男"])
        self.assertEqual(self.without_inputs("estimate", "--panel", "gbk.csv", *self.of, *logit, "--encoding", "gbk"), expected)

    def test_files_beside_the_data_are_converted_alone(self):
        for name, text in (("recode.csv", "code,stratum\n1,一线工人\n"), ("matrix.csv", "," + ",".join(LABELS) + "\n"),
                           ("levels.csv", "," + ",".join(LABELS) + "\n")):
            (self.folder / name).write_bytes(text.encode("gbk"))
        self.write("shares.csv", "time," + ",".join(LABELS) + "\n1,.5,.3,.2\n2,.4,.3,.3\n3,.3,.4,.3\n")
        self.write("table.csv", "from,to,count\n" + "".join(f"{a},{b},5\n" for a in LABELS for b in LABELS))
        of = ["--panel", "utf8.csv", *self.of]
        for file, arguments in (
                ("recode.csv", ["estimate", *of, "--recode", "recode.csv"]), ("matrix.csv", ["test", *of, "--fit", "matrix.csv"]),
                ("matrix.csv", ["estimate", "--shares", "shares.csv", "--unit", "shares", "--shares-of", "panel", *LADDER,
                                "--nearest-to", "matrix.csv"]),
                ("levels.csv", ["test", "--table", "table.csv", *LADDER, "--levels", "levels.csv"])):
            run = self.run_rungs(*arguments)
            self.assertEqual((run.returncode, run.stdout), (3, ""), run.stderr)
            self.assertRegex(run.stderr, rf"{file}:\d:\d+: error: found .* it may be GBK: convert it: iconv -f GBK -t UTF-8 OLD > NEW")
            self.assertNotIn("--encoding", run.stderr)

    def test_a_scenario_names_it_under_data(self):
        scenario = SCENARIO
        self.bytes("gbk.csv", "gbk")
        self.write("utf8.toml", scenario.replace("FILE", "utf8.csv"))
        self.write("gbk.toml", scenario.replace("FILE", 'gbk.csv"\nencoding = "gbk'))
        self.assertEqual(self.without_inputs("evaluate", "gbk.toml"), self.without_inputs("evaluate", "utf8.toml"))
        self.write("bad.toml", scenario.replace("FILE", 'gbk.csv"\nencoding = "klingon'))
        self.refused(3, "bad.toml:6:12: error: found the encoding 'klingon'; expected one that iconv knows, such as UTF-8, GBK, "
                     "GB18030, ISO-8859-1, WINDOWS-1252 or UTF-16 [E-ENC-UNKNOWN]\n", "evaluate", "bad.toml")
        self.write("none.toml", scenario.replace("FILE", "gbk.csv"))
        self.refused(3, "it may be GBK: name it with --encoding GBK (in scenarios encoding)", "evaluate", "none.toml")

    def test_what_is_refused_says_what_to_name(self):
        self.bytes("gbk.csv", "gbk")
        self.bytes("wide.csv", "utf-16")
        self.refused(3, "gbk.csv:1:1: error: found the byte 0xB1, which is not UTF-8; expected text in UTF-8; it may be GBK: name "
                     "it with --encoding GBK (in scenarios encoding), or convert it: iconv -f GBK -t UTF-8 OLD > NEW [E-ENC-INVALID]\n",
                     "estimate", "--panel", "gbk.csv", *self.of)
        self.says(3, "wide.csv:1:1: error: found text in UTF-16 (little-endian); expected UTF-8; name it with --encoding UTF-16 "
                  "(in scenarios encoding), or convert it: iconv -f UTF-16 -t UTF-8 OLD > NEW [E-ENC-UTF16]\n", "estimate", "--panel", "wide.csv", *self.of)
        self.refused(2, "found 'klingon'; expected an encoding that iconv knows, such as UTF-8, GBK, GB18030, ISO-8859-1, "
                     "WINDOWS-1252 or UTF-16", "estimate", "--panel", "gbk.csv", *self.of, "--encoding", "klingon")
        self.refused(2, "--encoding", "measure", "--model", "model.rungs", "--encoding", "gbk")
        run = self.run_rungs("estimate", "--panel", "utf8.csv", *self.of, "--encoding", "gb18030")
        self.assertEqual((run.returncode, run.stdout), (3, ""))  # what is read so has other names


if __name__ == "__main__":
    unittest.main()
