"""Handlers of responses in .http files → assertions and captures."""

from __future__ import annotations

from typing import Any

import pytest

from runner.formats.draft import Choices, Data, Foreign
from runner.formats.http_files import load

CHECKS: dict[str, Any] = {
    "response.status === 200": {"status": 200},
    "response.status !== 500": "status != `500`",
    "response.body.id === 7": {"body.id": 7},
    'response.body.name == "Ada"': {"body.name": "Ada"},
    "response.body.items.length > 0": "length(body.items) > `0`",
    "Array.isArray(response.body.items)": {"type(body.items)": "array"},
    "typeof response.body.id === 'number'": {"type(body.id)": "number"},
    'response.body.hasOwnProperty("id")': "has(body, 'id')",
    '"id" in response.body': "has(body, 'id')",
    'response.body.name.includes("d")': "contains(body.name, 'd')",
    'response.headers.valueOf("X-A") === "1"': {'headers."x-a"': "1"},
}


def handled(code: str) -> tuple[Data, list[str]]:
    """The request with a handler, and why something of it was lost."""
    imported = load(Foreign("x", f"GET http://h/x\n\n> {{%\n{code}\n%}}\n"), Choices())
    return imported.collection["requests"][0], [loss.why for loss in imported.losses]


@pytest.mark.parametrize("check", CHECKS)
def test_checks(check: str) -> None:
    """A check is an assertion, alone and within a test."""
    for code in (f"client.assert({check});", f'client.test("t", () => {{\n  client.assert({check}, "words");\n}});'):
        made, lost = handled(code)
        assert (made["assert"], lost) == ([CHECKS[check]], [])


def test_kept_values() -> None:
    """What is kept of a response is captured, through names that the handler gives."""
    made, lost = handled('const user = response.body.user;\nclient.global.set("user-id", user.id);\nclient.log("x");')
    assert (made["capture"], lost) == ({"user_id": "body.user.id"}, [])


@pytest.mark.parametrize("code", ["for (const x of y) {}", "client.assert(a(b) === 1)", "if (x) client.log(1)", "x ="])
def test_all_or_nothing(code: str) -> None:
    """A handler with anything else in it is left as a comment, and told."""
    made, lost = handled(f"client.assert(response.status === 200);\n{code}")
    assert "assert" not in made
    assert len(lost) == 1
