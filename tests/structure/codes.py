# SPDX-FileCopyrightText: 2026 The Rungs authors
# SPDX-License-Identifier: BSL-1.0
"""codes.py [ROOT]: every code that the sources raise stands in docs/reference/codes.md."""
import pathlib
import re
import sys


def violations(root):
    root = pathlib.Path(root)
    page = (root / "docs/reference/codes.md").read_text()
    known = set(re.findall(r"[EW]-[A-Z0-9][A-Z0-9-]*[A-Z0-9]", page))
    for folder in ("include", "src"):
        for path in sorted((root / folder).rglob("*.?pp")):
            for code in sorted(set(re.findall(r'"([EW]-[A-Z0-9][A-Z0-9-]*[A-Z0-9])"', path.read_text()))):
                if code not in known:
                    yield f"{path}: {code} is not in docs/reference/codes.md"


if __name__ == "__main__":
    sys.exit("\n".join(violations(sys.argv[1] if len(sys.argv) > 1 else ".")) or 0)
