# SPDX-FileCopyrightText: 2026 The Rungs authors
# SPDX-License-Identifier: BSL-1.0
"""line_budget.py [--update] COMPILER [FLAG...]: what each public header costs whoever includes it.

Counts the lines that a compiler reads of each header and of all it includes, which unlike seconds
are the same on every machine, and fails where one is more than 5 % above its entry in line_budget.txt. Only g++ 12
counts; with another compiler the check is skipped. The target update_line_budget writes the table
anew: a change there is a price to agree on in review.
"""
import concurrent.futures
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
INCLUDE = HERE.parents[1] / "include"
TABLE = HERE / "line_budget.txt"
SKIPPED = 77


def lines(compiler, header):
    run = subprocess.run([*compiler, "-std=c++20", "-E", "-fdirectives-only", "-P", "-x", "c++", "-"], check=True,
                         input=f"#include <{header}>\n", stdout=subprocess.PIPE, text=True)
    return run.stdout.count("\n")


def main(update, compiler):
    version = subprocess.run([compiler[0], "--version"], stdout=subprocess.PIPE, text=True).stdout
    major = subprocess.run([compiler[0], "-dumpversion"], stdout=subprocess.PIPE, text=True).stdout
    if "Free Software Foundation" not in version or major.split(".")[0].strip() != "12":
        print("only counted with g++ 12")
        return SKIPPED

    headers = sorted(path.relative_to(INCLUDE).as_posix() for path in INCLUDE.rglob("*.hpp")
                     if "detail" not in path.parts)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        counts = dict(zip(headers, pool.map(lambda header: lines(compiler, header), headers)))
    if update:
        TABLE.write_text("".join(f"{name} {count}\n" for name, count in counts.items()))

    budget = dict(line.split() for line in TABLE.read_text().splitlines())
    for name in budget.keys() - counts.keys():
        print(f"{TABLE}: {name} does not exist; build update_line_budget")
    over = [name for name in counts if counts[name] > 1.05 * int(budget.get(name, 0))]
    for name in over:
        print(f"{INCLUDE / name}:1: {counts[name]} lines, agreed: {budget.get(name, 'none')}")
    return bool(over or budget.keys() - counts.keys())


if __name__ == "__main__":
    updating = sys.argv[1] == "--update"
    sys.exit(main(updating, sys.argv[1 + updating:]))
