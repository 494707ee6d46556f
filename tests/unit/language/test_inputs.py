"""What an expression reads of a document."""

from __future__ import annotations

from typing import Any

import pytest

from runner.language import query

DOCUMENT = {
    "body": {"t": "T", "none": None, "list": [{"n": 1, "t": "x"}, {"n": 2, "t": "y"}], "a": {"b": ["q", "r"]}},
    "text": "TT",
    "headers": {"set-cookie": "c"},
    "vars": {"user": "ada"},
}


@pytest.mark.parametrize(
    ("expression", "values"),
    [
        ("body.t", ["T"]),
        ("body.a.b[1]", ["r"]),
        ('headers."set-cookie"', ["c"]),
        ("body.none || body.t", [None, "T"]),
        ("body.nothing", [None]),
        ("base64(join(':', [vars.user, body.t]))", ["T"]),
        ("{name: body.t, other: text}", ["T", "TT"]),
        ("!(body.t) && text == 'x'", ["T", "TT"]),
        ("text | trim(@)", ["TT"]),
        ("split(text, 'T')[0]", ["TT"]),
        ("body.a | b[0]", ["q"]),
        ("map(&t, body.list)", [DOCUMENT["body"]["list"]]),
        ("vars.user", []),
        ("'literal'", []),
        ("@", []),
        ("root()", []),
    ],
)
def test_inputs(expression: str, values: list[Any]) -> None:
    """The values of its paths below the names that are asked for, in order; what is computed or constant is none."""
    assert list(query.inputs(query.compile(expression), DOCUMENT, {"body", "text", "headers"})) == values


@pytest.mark.parametrize(
    "expression", ["body.list[?n==`2`].t | [0]", "body.list[*].t", "body.list[].t", "body.a.b[0:1]"]
)
def test_inputs_of_projections(expression: str) -> None:
    """A projection or filter is something that was read below its first name; what stands inside is not looked into."""
    assert len(list(query.inputs(query.compile(expression), DOCUMENT, {"body"}))) == 1
    assert list(query.inputs(query.compile(expression), DOCUMENT, {"text"})) == []
