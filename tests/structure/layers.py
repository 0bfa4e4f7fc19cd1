# SPDX-FileCopyrightText: 2026 The Rungs authors
# SPDX-License-Identifier: BSL-1.0
"""layers.py [ROOT]: headers include only downwards, and only the libraries their layer is allowed.

Prints one line FILE:LINE: MESSAGE for each violation, and fails if there is any.
"""
import pathlib
import re
import sys

# layer: (layers it sees beside itself and detail/, libraries it sees beside the standard one)
MATHS = ("Eigen/", "unsupported/Eigen/", "boost/math/")
HEADER_ONLY = "core data model estimate intervene project measure decide"
RULES = {
    "detail": (HEADER_ONLY, MATHS),  # and only what every header that includes it may include
    "core": ("", ("Random123/",)),
    "data": ("core", ()),
    "model": ("core", MATHS),
    "estimate": ("core data model", MATHS),
    "intervene": ("core model", MATHS),
    "project": ("core model intervene", MATHS),
    "measure": ("core model intervene project", MATHS),
    "decide": ("core model intervene project measure", MATHS),
    "testing": ("core data model estimate intervene project measure", MATHS),
    "serialize": (HEADER_ONLY, ("",)),
    "io": (HEADER_ONLY + " serialize", ("",)),
    "optimise": (HEADER_ONLY, ("",)),
    "fwd.hpp": ("", ()),
    "rungs.hpp": (HEADER_ONLY + " fwd.hpp version.hpp", ()),
}


def includes(path):
    """(line, name) of every #include."""
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if match := re.match(r'\s*#\s*include\s*[<"]([^>"]+)[>"]', line):
            yield number, match[1]


def violations(root):
    base = pathlib.Path(root) / "include" / "rungs"
    for path in sorted(base.rglob("*.hpp")):
        layer = path.relative_to(base).parts[0]
        if layer not in RULES:
            yield f"{path}:1: '{layer}' is no layer"
            continue
        # What a private header includes, the header that includes it does too.
        todo, seen = [path], {path}
        while todo:
            current = todo.pop()
            for line, name in includes(current):
                if problem := forbidden(layer, name):
                    yield f"{current}:{line}: {layer} must not include {name}: {problem}"
                private = base.parent / name
                if name.startswith("rungs/detail/") and private.exists() and private not in seen:
                    seen.add(private)
                    todo.append(private)


def forbidden(layer, name):
    sees, libraries = RULES[layer]
    if name.startswith("rungs/"):
        target = name.split("/")[1]
        if target not in {layer, "detail", *sees.split()}:
            return f"it sees {sees or 'no other layer'}"
    elif re.search(r"[/.]", name) and not name.startswith(libraries):
        return "not a library of this layer"
    return None


if __name__ == "__main__":
    sys.exit("\n".join(violations(sys.argv[1] if len(sys.argv) > 1 else ".")) or 0)
