# SPDX-FileCopyrightText: 2026 The Rungs authors
# SPDX-License-Identifier: BSL-1.0
"""answer.py ANSWER.json: the answer of `rungs evaluate --format json` as a picture (SVG) on standard output."""
import json
import sys
from xml.sax.saxutils import escape

answer = json.load(open(sys.argv[1]))
rows = [answer["baseline"], *answer["policies"]]
question = answer["question"]
left, right, top, step = 230, 690, 84, 52
high = max(row["people_reaching"]["upper"] for row in rows) * 1.08


def number(value, digits):
    return f"{round(value, digits) + 0.0:.{digits}f}"  # no minus zero


def x(people):
    return left + (right - left) * people / high


out = [
    f'<svg xmlns="http://www.w3.org/2000/svg" width="760" height="{top + step * len(rows) + 56}" font-family="sans-serif" font-size="14" role="img">',
    '<rect width="100%" height="100%" fill="white"/>',
    f'<text x="16" y="28" font-size="17" font-weight="bold">{escape(question["from"])} to {escape(question["target"])} within {question["within"]:g} years: how many of {question["people"]:g} people?</text>',
    f'<text x="16" y="50" fill="#555">dot: expected; line: {100 * answer["level"]:g} % interval, with parameters, programme effects and individual chance</text>',
]
for k, row in enumerate(rows):
    y, e = top + step * k + 22, row["people_reaching"]
    out.append(f'<text x="{left - 14}" y="{y + 5}" text-anchor="end">{escape(row["name"])}</text>')
    out.append(f'<line x1="{x(e["lower"]):.1f}" x2="{x(e["upper"]):.1f}" y1="{y}" y2="{y}" stroke="#2b6cb0" stroke-width="5" stroke-linecap="round"/>')
    out.append(f'<circle cx="{x(e["value"]):.1f}" cy="{y}" r="8" fill="#1a365d"/>')
    words = f'{e["value"]:.0f} ({e["lower"]:.0f} to {e["upper"]:.0f})'
    if "additional_people_reaching" in row:
        more = row["additional_people_reaching"]
        words += f'; {number(more["value"], 1)} more ({number(more["lower"], 1)} to {number(more["upper"], 1)})'
    out.append(f'<text x="{left}" y="{y + 25}" fill="#555" font-size="12">{words}</text>')
axis = top + step * len(rows) + 8
out.append(f'<line x1="{left}" x2="{right}" y1="{axis}" y2="{axis}" stroke="#999"/>')
for tick in range(0, int(high) + 1, 50 if high < 500 else 100):
    out.append(f'<text x="{x(tick):.1f}" y="{axis + 18}" text-anchor="middle" fill="#555" font-size="12">{tick}</text>')
out.append("</svg>")
print("\n".join(out))
