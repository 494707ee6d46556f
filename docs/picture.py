"""Draws `docs/run.svg` from a real run in colour: `python docs/picture.py`.

Runs `runner demo` and turns its colour codes into an SVG that GitHub shows. No part of the package.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from html import escape
from pathlib import Path

COLOURS = {"1": "#e6edf3", "2": "#7d8590", "32": "#3fb950", "33": "#d29922", "34": "#58a6ff", "36": "#39c5cf"}
COLOURS |= {"1;31": "#ff7b72", "1;35": "#d2a8ff", "1;33": "#d29922"}
CODE = re.compile(r"\x1b\[([0-9;]*)m")
WIDTH, LINE, LEFT, TOP = 8.4, 19, 18, 44


def real_run() -> str:
    """What `runner demo` prints on a terminal with colours."""
    environment = {**os.environ, "FORCE_COLOR": "1", "PYTHONUTF8": "1"}
    environment.pop("NO_COLOR", None)
    command = [sys.executable, "-m", "runner", "demo"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout


def spans(line: str) -> Iterator[tuple[str, str]]:
    """The texts of a line, each with its colour."""
    colour, position = "#c9d1d9", 0
    for code in CODE.finditer(line):
        if code.start() > position:
            yield line[position : code.start()], colour
        colour = COLOURS.get(code[1], "#c9d1d9")
        position = code.end()
    if position < len(line):
        yield line[position:], colour


def draw(output: str) -> str:
    """The SVG of a terminal that shows this output."""
    lines = ["$ runner demo", *output.rstrip("\n").split("\n")]
    width = max(len(CODE.sub("", line)) for line in lines) * WIDTH + 2 * LEFT
    height = TOP + len(lines) * LINE + 14
    rows = []
    for number, line in enumerate(lines):
        texts = "".join(f'<tspan fill="{colour}">{escape(text)}</tspan>' for text, colour in spans(line))
        rows.append(f'<text x="{LEFT}" y="{TOP + number * LINE}" xml:space="preserve">{texts}</text>')
    dots = "".join(f'<circle cx="{20 + 18 * n}" cy="18" r="5" fill="#30363d"/>' for n in range(3))
    style = "font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:14px"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" style="{style}">'
        f'<rect width="100%" height="100%" rx="8" fill="#0d1117"/>{dots}{"".join(rows)}</svg>\n'
    )


if __name__ == "__main__":
    Path(__file__).with_name("run.svg").write_text(draw(real_run()), encoding="utf-8")
