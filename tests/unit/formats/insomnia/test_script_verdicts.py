"""Insomnia's unit tests and what is made of them judge a response alike: a table of statements with inso's verdicts."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runner.engine.exchange import Request, Response
from runner.engine.results import Outcome
from runner.formats.draft import Choices, Foreign, texts
from runner.formats.insomnia import load

pytest.importorskip("tree_sitter_javascript")

GOLDEN = Path(__file__).parents[3] / "golden" / "import"
ROWS = [line.split(" ", 1) for line in (GOLDEN / "insomnia" / "script_verdicts.txt").read_text().splitlines()]
HEADERS = (("Content-Type", "application/json"), ("X-Session", "s-1"))
BEGIN = "const response = await insomnia.send();\nconst body = JSON.parse(response.data);\n"


def _export() -> str:
    """A request for each statement, with a unit test that makes it."""
    resources: list[dict[str, Any]] = [{"_id": "wrk_1", "_type": "workspace", "name": "verdicts"}]
    for number, (_, line) in enumerate(ROWS, 1):
        request = {"_id": f"req_{number}", "_type": "request", "parentId": "wrk_1", "name": f"{number}"}
        test = {"_id": f"ut_{number}", "_type": "unit_test", "requestId": f"req_{number}", "code": f"{BEGIN}{line};"}
        resources += [{**request, "url": "http://h/one", "metaSortKey": number}, test]
    return json.dumps({"resources": resources})


def test_verdicts(run: Callable[..., Any]) -> None:
    """Each statement holds or fails as it does in inso, and none is lost."""
    body = (GOLDEN / "hurl" / "verdicts.json").read_bytes()
    imported = load(Foreign("verdicts", _export()), Choices())
    text = str(texts(imported, "verdicts.yaml")["verdicts.yaml"])

    def answer(request: Request) -> Response:
        return Response(200, "OK", HEADERS, body, request.url)

    verdicts = ["ok" if step.outcome is Outcome.PASSED else "no" for step in run(text, answer).result.steps]
    assert imported.losses == []
    assert [[verdict, line] for verdict, (_, line) in zip(verdicts, ROWS, strict=True)] == ROWS
