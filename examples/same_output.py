# SPDX-FileCopyrightText: 2026 The Rungs authors
# SPDX-License-Identifier: BSL-1.0
"""same_output.py EXPECTED PROGRAM [ARGUMENT...]: fails with a diff unless stdout equals EXPECTED.

With RUNGS_RECORD=1 in the environment, writes EXPECTED instead: read the change before keeping it.
"""
import difflib
import os
import pathlib
import subprocess
import sys

expected = pathlib.Path(sys.argv[1])
run = subprocess.run(sys.argv[2:], stdout=subprocess.PIPE)
if run.returncode != 0:
    sys.exit(f"{sys.argv[2]} ended with status {run.returncode}")
if os.environ.get("RUNGS_RECORD"):
    expected.write_bytes(run.stdout)
wanted = expected.read_bytes() if expected.exists() else b""
if run.stdout != wanted:
    lines = [text.decode(errors="replace").splitlines(True) for text in (wanted, run.stdout)]
    sys.stdout.writelines(difflib.unified_diff(*lines, str(expected), "printed now"))
    sys.exit(1)
