# SPDX-FileCopyrightText: 2026 The Rungs authors
# SPDX-License-Identifier: BSL-1.0
"""documents.py [ROOT]: code blocks of README.md and docs/ are what the examples say and print.

A block of language cpp, toml or console follows a line that names its source:

    <!-- from: examples/NAME.cpp#anchor -->  the lines between two `//! [anchor]`, in TOML
                                             `# [anchor]`, less their common indentation;
                                             without #anchor, the whole file
    <!-- output: examples/NAME.out -->       the file, perhaps after lines that start with `$ `
    <!-- shell -->                           a command to type: not compared
    <!-- test-command -->                    the same, and so is answer-command: see .ci/

documents.py --update [ROOT]: writes the blocks anew from their sources.
"""
import pathlib
import re
import sys
import textwrap

BLOCK = re.compile(r"((?:^<!--.*?-->\n)*)^```(cpp|toml|console)\n(.*?)^```$", re.M | re.S)
TYPED = re.compile(r"\A(\$ .*\n)+")
SHELL = {"shell", "test-command", "answer-command"}


def violations(root):
    root = pathlib.Path(root)
    for path in [root / "README.md", *sorted((root / "docs").rglob("*.md"))]:
        text = path.read_text() if path.exists() else ""
        for block in BLOCK.finditer(text):
            comments = re.findall(r"<!--\s*(.*?)\s*-->", block[1])
            if problem := check(root, comments, block[3]):
                yield f"{path}:{text.count(chr(10), 0, block.start(3))}: {problem}"


def check(root, comments, body):
    if SHELL.intersection(comments):
        return None
    where = source(comments)
    if where is None:
        return "the block does not say where it comes from"
    try:
        wanted = region(root, where)
    except (OSError, LookupError) as error:
        return f"{where}: {error}"
    return None if TYPED.sub("", body) == wanted else f"differs from {where}"


def source(comments):
    kinds = [comment.partition(": ") for comment in comments]
    return next((where for kind, _, where in kinds if kind in ("from", "output")), None)


def update(root):
    root = pathlib.Path(root)

    def anew(block):
        comments = re.findall(r"<!--\s*(.*?)\s*-->", block[1])
        where = source(comments)
        if where is None:
            return block[0]
        typed = TYPED.match(block[3])
        return f"{block[1]}```{block[2]}\n{typed[0] if typed else ''}{region(root, where)}```"

    for path in [root / "README.md", *sorted((root / "docs").rglob("*.md"))]:
        path.write_text(BLOCK.sub(anew, path.read_text()))


def region(root, where):
    name, _, anchor = where.partition("#")
    text = (root / name).read_text()
    if not anchor:
        return text
    parts = re.split(rf"^[ ]*(?://!|#) \[{re.escape(anchor)}\]\n", text, flags=re.M)
    if len(parts) != 3:
        raise LookupError(f"needs two marks [{anchor}], has {len(parts) - 1}")
    return textwrap.dedent(parts[1])


if __name__ == "__main__":
    if sys.argv[1:2] == ["--update"]:
        sys.exit(update(sys.argv[2] if len(sys.argv) > 2 else "."))
    sys.exit("\n".join(violations(sys.argv[1] if len(sys.argv) > 1 else ".")) or 0)
