"""Assertions and captures: all their forms, when they hold, and what a failure tells."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from runner.engine.assertions import includes
from runner.engine.results import Outcome, Verdict

Run = Callable[..., Any]
Answer = Callable[..., Any]
One = Callable[..., str]

BODY = {
    "id": 7,
    "f": 1.0,
    "ok": True,
    "no": False,
    "none": None,
    "name": "Ada",
    "list": [1, "a", {"k": [1, 2], "x": 0}],
    "user": {"id": 7, "tags": ["a", "b"], "deep": {"a": 1, "b": 2}},
}
VARIABLES = "variables: {seven: 7, name: Ada, codes: [200, 201], user: {id: 7}}"


@pytest.fixture
def verdicts(run: Run, answer: Answer, one: One) -> Callable[..., list[Verdict]]:
    """`verdicts(["status: 200"], status=…)`: the verdicts on assertions given as YAML of one item each."""

    def judge(*assertions: str, status: int = 200, body: Any = BODY) -> list[Verdict]:
        items = "\n".join(f"  - {assertion}" for assertion in assertions)
        ran = run(one(f"url: http://h\nassert:\n{items}", VARIABLES), [answer(status, body)])
        assert ran["R"].fault is None
        return list(ran["R"].verdicts)

    return judge


HOLDS = [
    "status: 200",
    "status: [200, 201]",
    "status: '{{codes[0]}}'",
    "status: '{{codes}}'",
    "status == `200`",
    "status < `300`",
    '"contains(headers.\\"content-type\\", \'json\')"',
    "body.id == vars.seven",
    "body.ok",
    '"!(body.no)"',
    "body.id: 7",
    "body.id: '{{seven}}'",
    "body.f: 1",
    "body.id: 7.0",
    "body.ok: true",
    "body.none: null",
    "body.missing: null",
    "body.name: Ada",
    "body.name: '{{name}}'",
    'body.name: "{{name}}"',
    "body.list: [1, a, {x: 0, k: [1, 2]}]",
    "length(body.list): 3",
    "{body.id: 7, body.ok: true}",
    "{that: body.ok}",
    "{that: body.id, equals: 7}",
    "{that: body.none, equals: null}",
    "{that: body.id, equals: '{{seven}}', message: never}",
    "{that: body.user, includes: {id: 7}}",
    "{that: body.user, includes: {deep: {b: 2}, tags: [b]}}",
    "{that: body.list, includes: [a, 1]}",
    "{that: body.list, includes: a}",
    "{that: body.list, includes: [{k: [2]}]}",
    "{that: body.list, includes: {x: 0}}",
    "{that: body, includes: {list: [{x: 0.0}], user: '{{user}}'}}",
    "{that: body.id, includes: 7}",
    "body.list[1] == 'a'",
    '\'body.user == {id: `7`, tags: `["a", "b"]`, deep: {b: `2`, a: `1`}}\'',
]


@pytest.mark.parametrize("assertion", HOLDS)
def test_assertions_that_hold(assertion: str, verdicts: Callable[..., list[Verdict]]) -> None:
    """Text that is true, a key that equals its value, and the long form with equals or includes."""
    assert all(verdict.passed for verdict in verdicts(assertion))


FAILS = [
    ("status: 201", "is not equal", (200,)),
    ("status: [201, 204]", "is not equal", (200,)),
    ("body.ok: 1", "is not equal", (True,)),
    ("body.id: '7'", "is not equal", (7,)),
    ("body.id: true", "is not equal", (7,)),
    ("body.none: false", "is not equal", (None,)),
    ("body.user.tags: [b, a]", "is not equal", (["a", "b"],)),
    ("body.ok == `1`", "is not true", (False,)),
    ('\'body.list == `[true, "a", {"k": [1, 2], "x": 0}]`\'', "is not true", (False,)),
    ("body.no", "is not true", (False,)),
    ("body.none", "is not true", (None,)),
    ("body.missing", "is not true", (None,)),
    ("body.id", "must give true or false, this is a number", (7,)),
    ("body.name", "must give true or false, this is a string", ("Ada",)),
    ("body.user", "must give true or false, this is an object", (BODY["user"],)),
    ("body.list", "must give true or false, this is an array", (BODY["list"],)),
    ("{that: body.id, equals: 8}", "is not equal", (7,)),
    ("{that: body.user, includes: {id: 8}}", "does not include", (BODY["user"],)),
    ("{that: body.user, includes: {nope: null}}", "does not include", (BODY["user"],)),
    ("{that: body.list, includes: [b]}", "does not include", (BODY["list"],)),
    ("{that: body.list, includes: [true]}", "does not include", (BODY["list"],)),
    ("{that: body.id, includes: {a: 1}}", "does not include", (7,)),
]


@pytest.mark.parametrize(("assertion", "problem", "actual"), FAILS)
def test_assertions_that_fail(
    assertion: str, problem: str, actual: tuple[Any, ...], verdicts: Callable[..., list[Verdict]]
) -> None:
    """Equality is deep and typed, null is false, and any other type fails and says what it was."""
    (verdict,) = verdicts(assertion)
    assert (verdict.passed, verdict.problem) == (False, problem)
    assert json.dumps(verdict.actual) == json.dumps(actual)
    assert verdict.span is not None


def test_several_keys_in_one_item_are_an_assertion_each(verdicts: Callable[..., list[Verdict]]) -> None:
    """`{a: 1, b: 2}` are two verdicts."""
    assert [v.passed for v in verdicts("{body.id: 7, body.name: Eve}")] == [True, False]


@pytest.mark.parametrize(
    "expression", ["length(body.none) == `1`", "length(body.id) == `1`", "{that: length(body.none), equals: 1}"]
)
def test_what_cannot_be_evaluated_fails_with_function_and_value(
    expression: str, verdicts: Callable[..., list[Verdict]]
) -> None:
    """An expression that JMESPath cannot evaluate is a failed assertion, not an error."""
    (verdict,) = verdicts(expression)
    assert not verdict.passed
    assert "length" in verdict.problem


def test_a_message_stands_beside_a_failure_only(verdicts: Callable[..., list[Verdict]]) -> None:
    """`message` may hold templates; one that cannot be written is a note, and the verdict stays."""
    failed, passed, broken = verdicts(
        '{that: body.no, message: "no {{name}}"}',
        "{that: body.ok, message: hidden}",
        '{that: body.no, message: "{{user.nope}}"}',
    )
    assert (failed.message, passed.message, broken.message) == ("no Ada", "", "")
    assert "its message cannot be written" in broken.notes[0]


def test_a_failure_shows_the_values_of_both_sides(verdicts: Callable[..., list[Verdict]]) -> None:
    """The findings are the parts of the expression with their values, and what is missing."""
    (verdict,) = verdicts("body.nmae == vars.name")
    found = {finding.text: finding for finding in verdict.findings}
    assert found["vars.name"].value == "Ada"
    assert found["body.nmae"].miss.nearest == "name"


@pytest.mark.parametrize(
    ("body", "note"), [("<html>", "body is not JSON: line 1, column 1"), ("", "the body is empty")]
)
@pytest.mark.parametrize("assertion", ["body.id == `7`", "body.id: 7"])
def test_a_body_that_is_no_json_is_the_reason(
    body: str, note: str, assertion: str, verdicts: Callable[..., list[Verdict]]
) -> None:
    """Where a path through `body` finds nothing because it is no JSON, the verdict says so."""
    (verdict,) = verdicts(assertion, body=body)
    assert any(text.startswith(note) for text in verdict.notes)


# --- the default expectation ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("assertion", "status", "outcome"),
    [
        ("", 399, "passed"),
        ("", 400, "failed"),
        ("assert: [body.ok]", 200, "passed"),
        ("assert: [body.ok]", 404, "failed"),
        ("assert: [{status: 404}]", 404, "passed"),
        ("assert: ['status >= `400`']", 404, "passed"),
        ("assert: ['status == `404` && body.ok']", 404, "passed"),
        ("assert: [{that: status, equals: 404}]", 404, "passed"),
        ("assert: [\"request.url == 'http://h'\"]", 404, "failed"),
        ("assert: ['body.status == `1`']", 404, "failed"),
    ],
)
def test_a_request_without_a_word_on_status_expects_less_than_400(
    assertion: str, status: int, outcome: str, run: Run, answer: Answer, one: One
) -> None:
    """Unless an assertion looks at `status`, it must be below 400."""
    ran = run(one(f"url: http://h\n{assertion}"), [answer(status, {"ok": True, "status": 1})])
    assert ran.outcomes == {"R": outcome}


def test_assertions_of_defaults_count_as_a_word_on_status(run: Run, answer: Answer, one: One) -> None:
    """An inherited assertion on `status` takes the place of the default expectation."""
    ran = run(one("url: http://h", "defaults: {assert: [{status: [200, 404]}]}"), [answer(404)])
    assert ran["R"].outcome is Outcome.PASSED


def test_the_default_expectation_says_what_would_expect_this_status(run: Run, answer: Answer, one: One) -> None:
    """The verdict names the status and how to expect it."""
    (verdict,) = run(one("url: http://h"), [answer(404)])["R"].verdicts
    assert (verdict.text, verdict.actual) == ("status < `400`", (404,))
    assert "`status: 404` would expect this one" in verdict.notes[0]


# --- includes ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("actual", "wanted", "holds"),
    [
        ({"a": 1}, {}, True),
        ({"a": {"b": [1, {"c": 2, "d": 3}]}}, {"a": {"b": [{"c": 2}]}}, True),
        ({"a": 1}, {"a": True}, False),
        ([1, 2, 3], [3, 1], True),
        ([1, 2, 3], [], True),
        ([[1, 2]], [[2]], True),
        ([1], 1, True),
        ([True], 1, False),
        ("abc", "b", False),
        (None, {}, False),
        ({"a": None}, {"a": None}, True),
        ({}, {"a": None}, False),
    ],
)
def test_includes_asks_of_objects_and_lists_what_is_given(actual: Any, wanted: Any, holds: bool) -> None:
    """Of an object the keys given, at every depth; of a list the elements given."""
    assert includes(actual, wanted) is holds
