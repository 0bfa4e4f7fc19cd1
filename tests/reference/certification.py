# SPDX-FileCopyrightText: 2026 The Rungs authors
# SPDX-License-Identifier: BSL-1.0
"""certification.py [--update] PAGE PROGRAM: PAGE lists what the tests of PROGRAM certify, and fails if not.

Runs all tests in one process and collects what certified.hpp records. Where the files of published results are
absent, tests are skipped, and only what the others say is compared.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

HEAD = """<!-- SPDX-FileCopyrightText: 2026 The Rungs authors -->
<!-- SPDX-License-Identifier: BSL-1.0 -->
# Certified figures

Published results that the tests in [tests/reference](../../tests/reference) compute again with the library. Figures of
policy models: ours are those recomputed without the library, from what the publication states, to 1e-9 of each, and the
published ones to every digit printed. Figures computed elsewhere with all their digits are compared with these as they
are. The difference is the largest, as a part of the published number: where few digits are printed, it is their rounding.
Recomputed: the model is published and the figure is not; it was computed from the model before and apart from ours.

This page is written by the target `update_certification`.
"""


def tests(program):
    with tempfile.TemporaryDirectory() as folder:
        report = pathlib.Path(folder) / "report.json"
        run = subprocess.run([program, f"--gtest_output=json:{report}"], stdout=subprocess.PIPE, text=True)
        if run.returncode != 0:
            sys.exit(run.stdout)
        suites = json.loads(report.read_text())["testsuites"]
    return [test for suite in sorted(suites, key=lambda suite: suite["name"]) for test in suite["testsuite"]]


def page(found):
    sources = {}
    for test in found:
        for key in sorted(key for key in test if key.startswith("certified_")):
            source, *cells = json.loads(test[key])
            sources.setdefault(source, []).append("| " + " | ".join(cells) + " |")
    return HEAD + "".join(
        f"\n## {source}\n\n| figure | published | ours | difference |\n|---|---|---|---|\n" + "\n".join(rows) + "\n"
        for source, rows in sources.items())


def main(update, path, program):
    found = tests(program)
    partial = any(test["result"] == "SKIPPED" for test in found)
    wanted, written = page(found), path.read_text() if path.exists() else ""
    if update:
        if partial:
            sys.exit("some tests were skipped: the page would lack what they certify")
        path.write_text(wanted)
        return
    if wanted == written:
        return
    missing = [line for line in wanted.splitlines() if line not in set(written.splitlines())]
    if missing or not partial:
        sys.exit("\n".join([f"{path}: differs from what the tests certify; build update_certification", *missing]))


if __name__ == "__main__":
    main(sys.argv[1] == "--update", pathlib.Path(sys.argv[-2]), sys.argv[-1])
