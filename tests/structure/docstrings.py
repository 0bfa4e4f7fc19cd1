# SPDX-FileCopyrightText: 2026 The Rungs authors
# SPDX-License-Identifier: BSL-1.0
"""docstrings.py [ROOT]: a /// line stands right before every public class, enum and concept.

Public is what a header defines in namespace rungs outside every namespace detail.
"""
import pathlib
import re
import sys

HIDE = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])\'', re.S)
TOKEN = re.compile(
    r"namespace\s*([\w:]*)\s*\{|(?:enum\s+class|enum|class|struct|concept)\s+(\w+)|\{|\}")


def violations(root):
    base = pathlib.Path(root) / "include" / "rungs"
    for path in sorted(base.rglob("*.hpp")):
        if base / "detail" in path.parents:
            continue
        text = path.read_text()
        code = HIDE.sub(lambda hidden: re.sub(r"[^\n]", " ", hidden[0]), text)
        for line, name in undocumented(code, text.splitlines()):
            yield f"{path}:{line}: {name} has no docstring"


def undocumented(code, lines):
    scopes = []  # names of the open namespaces, None for any other brace
    for token in TOKEN.finditer(code):
        if token[0] == "}":
            scopes.pop()
        elif token[0].endswith("{"):
            scopes.append(token[1])
        elif public(scopes) and defines(code, token):
            first = line = code.count("\n", 0, token.start())
            while re.search(r"[^\s;{}]\s*$", code_line := code.split("\n")[first - 1]) and (
                    not code_line.startswith("#")):
                first -= 1  # the template head and its constraints
            if not lines[first - 1].lstrip().startswith("///"):
                yield line + 1, token[2]


def public(scopes):
    names = "::".join(name or "" for name in scopes).split("::")
    return None not in scopes and names[0] == "rungs" and "detail" not in names


def defines(code, token):
    """Neither a template parameter, nor a friend, nor a declaration without a body."""
    if re.search(r"[<,]\s*$|\bfriend\s+$", code[:token.start()]):
        return False
    return token[0].startswith("concept") or re.match(r"[^;]*\{", code[token.end():])


if __name__ == "__main__":
    sys.exit("\n".join(violations(sys.argv[1] if len(sys.argv) > 1 else ".")) or 0)
