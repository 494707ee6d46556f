"""Hurl's assertions and ours judge a response alike: a table of assertions with the verdicts that Hurl gives."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from runner.engine.exchange import Peer, Request, Response
from runner.engine.results import Outcome
from runner.formats.draft import Choices, Foreign, texts
from runner.formats.hurl import load

GOLDEN = Path(__file__).parents[3] / "golden" / "import" / "hurl"
ROWS = [line.split(" ", 1) for line in (GOLDEN / "verdicts.txt").read_text().splitlines()]
HEADERS = (("Content-Type", "application/json"), ("X-Session", "s-1"))
COOKIES = ("SID=abc; Path=/; HttpOnly",)
ENTRY = "GET http://h/one\n[Options]\nvariable: who=me\nvariable: ada=Ada\nHTTP *\n[Asserts]\n{}\n"


def test_verdicts(run: Callable[..., Any]) -> None:
    """Each assertion holds or fails as it does in Hurl, and none is lost."""
    body = (GOLDEN / "verdicts.json").read_bytes()

    def answer(request: Request) -> Response:
        return Response(200, "OK", HEADERS, body, request.url, set_cookies=COOKIES, peer=Peer("127.0.0.1"))

    imported = load(Foreign("verdicts", "\n".join(ENTRY.format(line) for _, line in ROWS)), Choices())
    text = str(texts(imported, "verdicts.yaml")["verdicts.yaml"])
    results = run(text, answer).result.steps
    verdicts = [result.outcome is Outcome.PASSED for result in results]
    ours = re.findall(r"- name: .*?(?=\n  - name|\Z)", text, re.DOTALL)
    wrong = [
        (line, written.splitlines()[-1])
        for (word, line), verdict, written in zip(ROWS, verdicts, ours, strict=True)
        if verdict != (word == "ok")
    ]
    assert (wrong, imported.losses) == ([], [])
