"""Response handlers and what is made of them judge a response alike: a table of statements with httpYac's verdicts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runner.engine.exchange import Request, Response
from runner.engine.results import Outcome
from runner.formats.draft import Choices, Foreign, texts
from runner.formats.http_files import load

pytest.importorskip("tree_sitter_javascript")

GOLDEN = Path(__file__).parents[3] / "golden" / "import"
ROWS = [line.split(" ", 1) for line in (GOLDEN / "http" / "script_verdicts.txt").read_text().splitlines()]
HEADERS = (("Content-Type", "application/json"), ("X-Session", "s-1"))
SECTION = '### {}\nGET http://h/one\n\n> {{%\nclient.test("t", function () {{\n    {};\n}});\n%}}\n\n'


def test_verdicts(run: Callable[..., Any]) -> None:
    """Each statement holds or fails as it does in httpYac, and none is lost."""
    body = (GOLDEN / "hurl" / "verdicts.json").read_bytes()
    content = "".join(SECTION.format(number, line) for number, (_, line) in enumerate(ROWS, 1))
    imported = load(Foreign("verdicts", content), Choices())
    text = str(texts(imported, "verdicts.yaml")["verdicts.yaml"])

    def answer(request: Request) -> Response:
        return Response(200, "OK", HEADERS, body, request.url)

    verdicts = ["ok" if step.outcome is Outcome.PASSED else "no" for step in run(text, answer).result.steps]
    assert imported.losses == []
    assert [[verdict, line] for verdict, (_, line) in zip(verdicts, ROWS, strict=True)] == ROWS
