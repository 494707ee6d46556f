"""GraphQL's own expectation: what an answer with errors does to its request, and who may expect them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from runner.engine.graphql import words
from runner.reporters.words import verdict_lines

Run = Callable[..., Any]
One = Callable[..., str]
Answer = Callable[..., Any]

ASKS = "url: http://h\ngraphql: {query: q}"
PARTIAL = {
    "data": {"a": 1},
    "errors": [{"message": "no b", "locations": [{"line": 2, "column": 5}], "path": ["a", 0, "b"]}],
}


def test_an_answer_with_errors_fails_its_request(run: Run, one: One, answer: Answer) -> None:
    """A status of 200 is no success where `errors` is not empty; each error is told with its places."""
    ran = run(one(ASKS), [answer(200, PARTIAL)])
    assert (ran["R"].outcome, int(ran["R"].exit_code)) == ("failed", 1)
    (verdict,) = ran["R"].verdicts
    assert verdict.span.text == "graphql"
    assert [line.partition("|")[2].strip() for line in verdict_lines(verdict)[2:]] == [
        "^^^^^^^ the answer holds an error",
        "note: no b (line 2, column 5; at a.0.b)",
        "note: `body.errors` in an assertion would expect them",
    ]


@pytest.mark.parametrize(
    "body",
    [{"data": {}}, {"data": {}, "errors": []}, {"data": {}, "errors": None}, [], "no JSON", None],
)
def test_an_answer_without_errors_passes(body: Any, run: Run, one: One, answer: Answer) -> None:
    """No errors, an empty list of them, or an answer that is no GraphQL at all: nothing is held against it."""
    assert run(one(ASKS), [answer(200, body)])["R"].outcome == "passed"


@pytest.mark.parametrize(
    ("asserts", "outcome"),
    [
        ("body.errors[0].message == 'no b'", "passed"),
        ("length(body.errors) == `1`", "passed"),
        ("has(body, 'errors')", "passed"),
        ("body.errors == `null`", "failed"),
        ("body.data.a == `1`", "failed"),
        ("length(vars.errors) == length(body.data)", "failed"),
        ("status == `200`", "failed"),
    ],
)
def test_who_looks_at_the_errors_judges_them(asserts: str, outcome: str, run: Run, one: One, answer: Answer) -> None:
    """An assertion on `body.errors` takes the place of the expectation; others, and variables, do not."""
    text = one(f"{ASKS}\nassert: [{json.dumps(asserts)}]\nvariables: {{errors: [1]}}")
    assert run(text, [answer(200, PARTIAL)])["R"].outcome == outcome


def test_an_assertion_on_the_whole_body_judges_the_errors(run: Run, one: One, answer: Answer) -> None:
    """`body: {…}` compares the errors, too."""
    text = one(f"{ASKS}\nassert: [{{body: {json.dumps(PARTIAL)}}}]")
    assert run(text, [answer(200, PARTIAL)])["R"].outcome == "passed"


def test_a_snapshot_judges_the_errors_that_it_holds(run: Run, one: One, answer: Answer) -> None:
    """A kept answer with errors is what is expected; a snapshot that leaves them out does not look at them."""
    for ignore, notes in (("[]", 0), ("[body.data]", 0), ("[body]", 1), ("[body.errors]", 1)):
        ran = run(one(f"{ASKS}\nassert: [status: 200]\nsnapshot: {{ignore: {ignore}}}"), [answer(200, PARTIAL)])
        found = [verdict for verdict in ran["R"].verdicts if verdict.text == "body.errors == `null`"]
        assert len(found) == notes, ignore


def test_a_status_speaks_for_itself(run: Run, one: One, answer: Answer) -> None:
    """An error that the status tells is told once, and who expects that status expects the errors."""
    refused = answer(400, {"errors": [{"message": "no"}]})
    ran = run(one(ASKS), [refused])
    assert [verdict.text for verdict in ran["R"].verdicts] == ["status < `400`"]
    assert run(one(f"{ASKS}\nassert: [status: 400]"), [refused])["R"].outcome == "passed"


def test_other_bodies_may_hold_errors(run: Run, one: One, answer: Answer) -> None:
    """Only `graphql` has this expectation: `errors` of another API is a key like any other."""
    assert run(one("url: http://h\njson: {query: q}"), [answer(200, PARTIAL)])["R"].outcome == "passed"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ({"message": "m"}, "m"),
        ({"message": "m", "path": ["a"]}, "m (at a)"),
        ({"message": "m", "locations": [{"line": 1, "column": 2}, {"line": 3, "column": 4}]}, "m (line 1, column 2; line 3, column 4)"),
        ({"message": "m", "locations": "x", "path": 5}, "m"),
        ({"locations": [5]}, '{"locations": [5]}'),
        ("text", "text"),
        (5, "5"),
    ],
)  # fmt: skip
def test_an_error_in_one_line(error: Any, said: str) -> None:
    """Whatever a server sends in `errors` becomes one line."""
    assert words(error) == said


@pytest.mark.parametrize("errors", [{"message": "one"}, "text", [1, None]])
def test_errors_of_any_shape(errors: Any, run: Run, one: One, answer: Answer) -> None:
    """A server that does not keep to the standard is told of all the same."""
    ran = run(one(ASKS), [answer(200, {"errors": errors})])
    assert ran["R"].outcome == "failed"
    assert verdict_lines(ran["R"].verdicts[0])
