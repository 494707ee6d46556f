"""Bruno's scripts and what is made of them judge a response alike: a table of statements with Bruno's verdicts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runner.engine.exchange import Request, Response
from runner.engine.results import Outcome
from runner.formats.bruno import load
from runner.formats.draft import Choices, Foreign, texts

pytest.importorskip("tree_sitter_javascript")

GOLDEN = Path(__file__).parents[3] / "golden" / "import"
ROWS = [line.split(" ", 1) for line in (GOLDEN / "bruno" / "script_verdicts.txt").read_text().splitlines()]
HEADERS = (("Content-Type", "application/json"), ("X-Session", "s-1"))
FILE = (
    "meta {{\n  seq: {}\n}}\n\nget {{\n  url: http://h/one\n}}\n\nheaders {{\n  X-Sent: 1\n}}\n\n"
    'tests {{\n  test("t", function() {{\n    {};\n  }});\n}}\n'
)


def test_verdicts(run: Callable[..., Any]) -> None:
    """Each statement holds or fails as it does in Bruno, and none is lost."""
    body = (GOLDEN / "hurl" / "verdicts.json").read_bytes()
    files = {f"{number:03}.bru": FILE.format(number, line) for number, (_, line) in enumerate(ROWS, 1)}
    imported = load(Foreign("verdicts", "", tuple(files), lambda path: files[path]), Choices())
    text = str(texts(imported, "verdicts.yaml")["verdicts.yaml"])

    def answer(request: Request) -> Response:
        return Response(200, "OK", HEADERS, body, request.url)

    verdicts = ["ok" if step.outcome is Outcome.PASSED else "no" for step in run(text, answer).result.steps]
    assert imported.losses == []
    assert [[verdict, line] for verdict, (_, line) in zip(verdicts, ROWS, strict=True)] == ROWS
