# SPDX-FileCopyrightText: 2026 The Rungs authors
# SPDX-License-Identifier: BSL-1.0
"""long_tests.py [ROOT]: every test that is left out under the sanitizers exists: else its name leaves out none."""
import pathlib
import re
import sys

LIST = "tests/long_under_sanitizers.txt"


def violations(root):
    root = pathlib.Path(root)
    known = {f"{suite}.{name}" for path in root.glob("tests/*/*.cpp")
             for suite, name in re.findall(r"\bTEST(?:_[FP])?\(\s*(\w+),\s*(\w+)\)", path.read_text())}
    for number, line in enumerate((root / LIST).read_text().splitlines(), 1):
        if line and not line.startswith("#") and line not in known:
            yield f"{root / LIST}:{number}: there is no test {line}"


if __name__ == "__main__":
    sys.exit("\n".join(violations(sys.argv[1] if len(sys.argv) > 1 else ".")) or 0)
