# SPDX-FileCopyrightText: 2026 The Rungs authors
# SPDX-License-Identifier: BSL-1.0
"""program.py: the program as its tests run it, in a folder of its own and with nothing of ours in the environment."""
import csv
import io
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import jsonschema

PROGRAM = os.environ["RUNGS_PROGRAM"]
SOURCE = pathlib.Path(os.environ["RUNGS_SOURCE_DIR"])
REFERENCE = pathlib.Path(os.environ.get("RUNGS_REFERENCE_DIR", "/nowhere"))


class Program(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="rungs-cli-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def write(self, name, text):
        (self.folder / name).write_text(text)
        return name

    def run_rungs(self, *arguments, stdin=None):
        kept = {k: v for k, v in os.environ.items() if k.startswith(("ASAN", "UBSAN", "LSAN"))}
        return subprocess.run([PROGRAM, *arguments], cwd=self.folder, input=stdin, capture_output=True, text=True,
                              env={"PATH": "/usr/bin:/bin", **kept}, timeout=300)

    def ok(self, *arguments, **more):
        run = self.run_rungs(*arguments, **more)
        self.assertEqual(run.returncode, 0, run.stderr)
        return run

    def json(self, *arguments, **more):
        """The answer as JSON, checked against the schema of its verb."""
        text = self.ok(*arguments, "--format", "json", **more).stdout
        answer = json.loads(text, parse_constant=lambda word: self.fail(f"{word} is not JSON"))
        schema = json.loads((SOURCE / f"docs/reference/{arguments[0]}.schema.json").read_text())
        jsonschema.Draft7Validator.check_schema(schema)
        jsonschema.Draft7Validator(schema).validate(answer)
        return answer

    def csv(self, *arguments, **more):
        return list(csv.DictReader(io.StringIO(self.ok(*arguments, "--format", "csv", **more).stdout)))

    def refused(self, status, words, *arguments, **more):
        """The run ends in the status and says the words among others; nothing is on stdout."""
        run = self.run_rungs(*arguments, **more)
        self.assertEqual((run.returncode, run.stdout), (status, ""), run.stderr)
        self.assertIn(words, run.stderr)

    def says(self, status, words, *arguments, **more):
        """As refused(), and nothing else is said."""
        run = self.run_rungs(*arguments, **more)
        self.assertEqual((run.returncode, run.stdout), (status, ""), run.stderr)
        self.assertEqual(run.stderr, words)
