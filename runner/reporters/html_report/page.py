"""Puts the page together: its template with style and scripts, read when a report is written, and the data in between.

Data are JSON in which nothing can end the element around it (HTML § 13.2.5.14). The policy of the page allows its own
style and script and nothing else: whatever a response holds, no browser runs or loads it.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, TextIO

from runner.engine.results import RunResult
from runner.reporters.html_report import static
from runner.reporters.html_report.spool import Spool
from runner.reporters.html_report.static import Failures, Summary
from runner.reporters.records import Record, dumps

_FOLDER = Path(__file__).with_name("page")
STYLES = ("base.css", "list.css", "detail.css", "print.css")
#: In the order in which they need one another.
SCRIPTS = (
    "data.js",
    "dom.js",
    "bodies.js",
    "filters.js",
    "list.js",
    "detail.js",
    "canvas.js",
    "timeline.js",
    "latency.js",
    "keys.js",
    "main.js",
)
_SLOT = re.compile(r"@@([a-z]+)@@")


def data(record: Any) -> str:
    """JSON that may stand within a script element: no `<` is left that could begin an end tag or a comment."""
    return dumps(record).replace("<", "\\u003c")


def write(stream: TextIO, head: Record, result: RunResult, failures: Failures, rows: Spool, details: Spool) -> None:
    """Writes the page. `head` is the run as the page's script wants it; rows and details are lines of JSON."""
    summary = Summary(result, head["counts"], head["passed"])
    slots: Mapping[str, Callable[[], object]] = {
        "title": lambda: stream.write(summary.title),
        "policy": lambda: stream.write(_policy()),
        "style": lambda: stream.write(_style()),
        "outcome": lambda: stream.write(summary.outcome),
        "mark": lambda: stream.write(summary.mark),
        "names": lambda: stream.write(summary.names),
        "verdict": lambda: stream.write(summary.verdict),
        "facts": lambda: stream.write(summary.facts(head["started"])),
        "share": lambda: stream.write(summary.share()),
        "collections": lambda: stream.writelines(static.collections(result)),
        "failures": lambda: failures.pour(stream),
        "run": lambda: stream.write(data(head)),
        "rows": lambda: rows.pour(stream),
        "details": lambda: details.pour(stream),
        "script": lambda: stream.write(_script()),
    }
    for position, piece in enumerate(_SLOT.split(_read("page.html"))):
        if position % 2:
            slots[piece]()
        else:
            stream.write(piece)


def _policy() -> str:
    """Content Security Policy Level 3 § 6.7.2.1: inline style and script by their hashes."""
    style, script = (b64encode(sha256(text.encode()).digest()).decode() for text in (_style(), _script()))
    own = f"style-src 'sha256-{style}'; script-src 'sha256-{script}'"
    return f"default-src 'none'; {own}; img-src data:; base-uri 'none'; form-action 'none'"


@cache
def _style() -> str:
    return "".join(map(_read, STYLES))


@cache
def _script() -> str:
    return "".join(map(_read, SCRIPTS))


def _read(name: str) -> str:
    return (_FOLDER / name).read_text("utf-8")
