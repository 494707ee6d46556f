"""Snapshots: what is kept of a response, how two are compared, what `ignore` leaves out, how secrets are masked."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.diagnostics import Source
from runner.engine import snapshots
from runner.engine.exchange import Response
from runner.engine.results import StepResult
from runner.errors import InvalidError
from runner.reporters.words import verdict_lines

Run = Callable[..., Any]
One = Callable[..., str]
Answer = Callable[..., Response]

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=10,
)


@pytest.fixture
def taken(run: Run, one: One) -> Callable[..., Any]:
    """`taken(response)`: what is kept of a response."""

    def find(response: Response, snapshot: str = "true", collection: str = "") -> Any:
        kept: list[tuple[str, str, Any]] = []
        text = one(f"url: http://h\nsnapshot: {snapshot}", collection)
        ran = run(text, [response], keep=lambda *what: kept.append(what))
        assert ran.outcomes == {"R": "passed"}
        ((path, name, value),) = kept
        assert (path, name) == ("requests/test.yaml", "R")
        return value

    return find


@pytest.fixture
def compare(run: Run, one: One) -> Callable[..., StepResult]:
    """`compare(kept, response)`: the result of a request that has this snapshot."""

    def find(kept: Any, response: Response, snapshot: str = "true", collection: str = "") -> StepResult:
        text = one(f"url: http://h\nsnapshot: {snapshot}", collection)
        result: StepResult = run(text, [response], kept={} if kept is None else {"R": kept})["R"]
        return result

    return find


# --- what is kept --------------------------------------------------------------------------------------------------

KEPT = [
    (200, '{"b": [1, null], "a": 1.50}', {}, {"status": 200, "body": {"b": [1, None], "a": 1.5}}),
    (200, "null", {}, {"status": 200, "body": None}),
    (204, "", {}, {"status": 204}),
    (404, "<p>\r\nno\n", {"Content-Type": "text/html"}, {"status": 404, "text": "<p>\r\nno\n"}),
    (200, " \n", {}, {"status": 200, "text": " \n"}),
    (200, "é".encode("latin-1"), {"Content-Type": "text/plain; charset=latin-1"}, {"status": 200, "text": "é"}),
    (200, b"\xff\xfe\x00", {}, {"status": 200, "size": 3,
     "sha256": "dbaf46bd8dd5a7b40fa7aefd53d5e3ffc1ef1b31c4f29ccd1f9b29f3cb4acd0c"}),
    (200, "a\0b", {}, {"status": 200, "size": 3,
     "sha256": "59b271f1f6b5ac5a6b1b3b4ab4c0c1f0c3ed0e0f3d5e3c1f0b5c0c6a1f7c2b1f"}),
    (200, '{"a": 1e400}', {}, {"status": 200, "body": {"a": "1e400"}}),
]  # fmt: skip


@pytest.mark.parametrize(("status", "body", "headers", "expected"), KEPT)
def test_what_is_kept(
    status: int, body: Any, headers: Any, expected: Any, taken: Callable[..., Any], answer: Answer
) -> None:
    """Parsed JSON, else the text, else digest and length; nothing of an empty body."""
    found = taken(answer(status, body, headers))
    if "sha256" in expected:
        assert len(found.pop("sha256")) == len(expected.pop("sha256"))
    assert found == expected


@given(st.dictionaries(st.text(max_size=5), st.builds(lambda body: {"status": 200, "body": body}, JSON), max_size=3))
def test_what_is_written_can_be_read(entries: Any) -> None:
    """A file of snapshots gives back what was written, and the same text again."""
    text = snapshots.dump(entries)
    kept = snapshots.parse(Source("a.snap.json", text))
    assert kept.entries == entries
    assert snapshots.dump(kept.entries) == text


def test_the_text_is_sorted_and_indented() -> None:
    """The order of keys in a response changes nothing, and each value has its line."""
    entries = {"B": {"status": 200, "body": {"b": 1, "a": "é\ud800"}}, "A": {"status": 204}}
    assert snapshots.dump(entries).splitlines() == [
        "{",
        '  "A": {',
        '    "status": 204',
        "  },",
        '  "B": {',
        '    "body": {',
        '      "a": "é\\ud800",',
        '      "b": 1',
        "    },",
        '    "status": 200',
        "  }",
        "}",
    ]


@pytest.mark.parametrize(
    ("text", "message", "where"),
    [
        ("[]", "this is no file of snapshots", "a.snap.json:1:1"),
        ('{"A": 5}', "the snapshot of 'A' is damaged", "a.snap.json:1:3"),
        ('{\n "A": {"body": 1}}', "the snapshot of 'A' is damaged", "a.snap.json:2:3"),
        ('{"A": {"status": 200, "bdy": 1}}', "the snapshot of 'A' is damaged", "a.snap.json:1:3"),
        ('{"A": {"status": 200,}}', "the file is not JSON", "a.snap.json:1:"),
        ('<<<<<<< HEAD\n{"A": {}}', "the file is not JSON", "a.snap.json:1:1"),
        ('{"A": {"status": 1}, "A": {"status": 2}}', "duplicate key 'A'", "a.snap.json:1:23"),
    ],
)
def test_damaged_files(text: str, message: str, where: str) -> None:
    """A file that is none of snapshots says where it is not."""
    with pytest.raises(InvalidError) as caught:
        snapshots.parse(Source("a.snap.json", text))
    fault = caught.value.diagnostics[0]
    assert fault.message.startswith(message)
    assert fault.span is not None
    assert fault.span.where.startswith(where)


# --- comparing -----------------------------------------------------------------------------------------------------

SAME = [
    ({"status": 200, "body": {"a": 1, "b": [1.5]}}, '{"b": [1.50], "a": 1.0}'),
    ({"status": 200, "body": None}, "null"),
    ({"status": 200, "text": "a"}, "a"),
    ({"status": 200}, ""),
]


@pytest.mark.parametrize(("kept", "body"), SAME)
def test_equal_responses(kept: Any, body: str, compare: Callable[..., StepResult], answer: Answer) -> None:
    """Order and spelling of numbers do not count."""
    assert compare(kept, answer(200, body)).outcome == "passed"


DIFFERENT = [
    ({"status": 201, "body": {}}, "{}", "status"),
    ({"status": 200, "body": {"a": 1}}, '{"a": true}', "body.a"),
    ({"status": 200, "body": {"a": 1}}, '{"a": 1, "b": null}', "body.b"),
    ({"status": 200, "body": {"a": None}}, "{}", "body.a"),
    ({"status": 200, "body": [1, 2]}, "[1, 2, 3]", "body[2]"),
    ({"status": 200, "body": [{"x": 1}, {"x": 2}]}, '[{"x": 2}, {"x": 1}]', "body[0].x, body[1].x"),
    ({"status": 200, "body": {"a-b": 1}}, '{"a-b": 2}', 'body."a-b"'),
    ({"status": 200, "body": [1, 2, 3, 4, 5]}, "[0, 0, 0, 0, 0]", "body[0], body[1], body[2] and 2 more"),
    ({"status": 200, "body": 1}, "a", "body, text"),
    ({"status": 200, "text": "a\n"}, "a", "text"),
]


@pytest.mark.parametrize(("kept", "body", "places"), DIFFERENT)
def test_different_responses(
    kept: Any, body: str, places: str, compare: Callable[..., StepResult], answer: Answer
) -> None:
    """Equality is deep and typed, and the verdict names the first places that differ."""
    result = compare(kept, answer(200, body))
    (verdict,) = result.verdicts
    assert (result.outcome, verdict.problem) == ("failed", f"differs from the snapshot at {places}")


def test_a_difference_is_shown_line_by_line(compare: Callable[..., StepResult], answer: Answer) -> None:
    """What was expected and what came stand below one another, of texts too, and what to do."""
    (verdict,) = compare(
        {"status": 200, "text": "a\nb\nc\nd\ne"}, answer(200, "a\nb\nX\nd\ne", {"Content-Type": "text/plain"})
    ).verdicts
    lines = [line.removeprefix("     | ").strip() for line in verdict_lines(verdict)[2:]]
    assert lines[1:] == [
        '"a",',
        '"b",',
        '-    "c",',
        '+    "X",',
        '"d",',
        '"e"',
        "note: `--update-snapshots` keeps this answer instead",
        "note: what differs each time goes into `snapshot: {ignore: […]}`",
    ]


def test_without_a_snapshot_the_request_fails(compare: Callable[..., StepResult], answer: Answer) -> None:
    """A missing snapshot is a failure that says how it is written, and where."""
    (verdict,) = compare(None, answer(200, {})).verdicts
    assert verdict.problem == "there is no snapshot of 'R' yet"
    assert verdict.notes == ("`--update-snapshots` writes it in requests/test.snap.json",)


@pytest.mark.parametrize(
    ("snapshot", "outcome"), [("true", "passed"), ("{ignore: [body]}", "passed"), ("{ignore: [status]}", "failed"), ("false", "failed")]
)  # fmt: skip
def test_a_snapshot_looks_at_the_status(
    snapshot: str, outcome: str, compare: Callable[..., StepResult], answer: Answer
) -> None:
    """With a snapshot that compares the status a 404 may be right; without, it must be below 400."""
    assert compare({"status": 404, "body": {}}, answer(404, {}), snapshot).outcome == outcome


# --- ignore --------------------------------------------------------------------------------------------------------

BODY = {"id": 1, "at": "now", "users": [{"id": 1, "n": "a"}, {"id": 2, "n": "b"}], "@x": 5, "m": [[1, 2], [3, 4]]}
IGNORED = [
    ("body.id", {"at", "users", "@x", "m"}),
    ("id", {"at", "users", "@x", "m"}),
    ('body."@x"', {"id", "at", "users", "m"}),
    ("body.nope.deep", set(BODY)),
    ("body.id.deep", set(BODY)),
]


@pytest.mark.parametrize(("path", "left"), IGNORED)
def test_ignored_keys(path: str, left: set[str], taken: Callable[..., Any], answer: Answer) -> None:
    """A path names a key of the body, or of the body's parts; one that leads nowhere leaves out nothing."""
    assert set(taken(answer(200, BODY), f"{{ignore: ['{path}']}}")["body"]) == left


@pytest.mark.parametrize(
    ("ignore", "body"),
    [
        ("'body.users[*].id'", {"users": [{"n": "a"}, {"n": "b"}]}),
        ("'users[0]'", {"users": [{"id": 2, "n": "b"}]}),
        ("'users[-1]'", {"users": [{"id": 1, "n": "a"}]}),
        ("'users[0]', 'users[1]'", {"users": []}),
        ("'users[*]'", {"users": []}),
        ("'m[*][0]'", {"m": [[2], [4]]}),
        ("'users[0].id', 'users[*].n'", {"users": [{}, {"id": 2}]}),
    ],
)
def test_ignored_elements(ignore: str, body: Any, taken: Callable[..., Any], answer: Answer) -> None:
    """`[n]` is one element, counted before others are left out, `[*]` is all of them."""
    found = taken(answer(200, {name: BODY[name] for name in body}), f"{{ignore: [{ignore}]}}")
    assert found["body"] == body


def test_ignored_parts_count_on_neither_side(compare: Callable[..., StepResult], answer: Answer) -> None:
    """What is ignored may be in the snapshot, in the response, in both or in none."""
    kept = {"status": 500, "body": {"a": 1, "list": [{"id": 1, "x": 1}]}}
    ignore = "{ignore: [status, body.a, body.b, 'body.list[*].id']}"
    assert compare(kept, answer(200, {"b": 2, "list": [{"id": 7, "x": 1}]}), ignore).outcome == "passed"
    assert compare(kept, answer(200, {"b": 2, "list": [{"id": 7, "x": 2}]}), ignore).outcome == "failed"


# --- secrets -------------------------------------------------------------------------------------------------------

SECRETS = "secrets: {pw: hunter22, later: '{{env.LATER}}', lost: '{{env.LOST}}', pin: 123456}"


def test_secrets_are_masked(run: Run, one: One, answer: Answer) -> None:
    """No secret is kept, be it in longer text, a number, or of a variable that no request has used."""
    kept: list[Any] = []
    body = {"a": "hunter22", "b": "x hunter22 y", "c": 123456, "d": "unused-secret", "e": 5}
    run(
        one("url: http://h\nsnapshot: true", SECRETS),
        [answer(200, body)],
        env={"LATER": "unused-secret"},
        keep=lambda *what: kept.append(what),
    )
    assert kept[0][2]["body"] == {"a": "***", "b": "x *** y", "c": "***", "d": "***", "e": 5}


def test_the_secrets_of_a_snapshot_are_looked_at_aside(run: Run, one: One, answer: Answer) -> None:
    """A secret that waits for a capture keeps the value that it has when a request uses it first."""
    text = """
        base_url: http://h
        secrets: {token: "{{got || 'none-yet'}}"}
        requests:
          - {name: First, url: /, snapshot: {ignore: [body]}}
          - {name: Second, url: /, capture: {got: body.id}}
          - {name: Third, url: "/{{token}}"}
    """
    ran = run(text, [answer(200, {"id": "token-7"})], kept={"First": {"status": 200}})
    assert ran.urls[2] == "http://h/token-7"


@pytest.mark.parametrize(
    ("kept", "actual", "outcome"),
    [
        ("***", "anything", "passed"),
        ("***", 5, "passed"),
        ("***", True, "failed"),
        ("***", None, "failed"),
        ("***", {}, "failed"),
        ("a***b", "axyzb", "passed"),
        ("a***b", "ab", "passed"),
        ("a***b", "axyz", "failed"),
        ("a***b***c", "a1b2c", "passed"),
        ("a***b***c", "a1c2b", "failed"),
        ("***a***", "bab", "passed"),
        ("aa***aa", "aaa", "failed"),
    ],
)
def test_a_mask_stands_for_any_text(
    kept: Any, actual: Any, outcome: str, compare: Callable[..., StepResult], answer: Answer
) -> None:
    """Which secrets were known when a snapshot was kept does not count when it is compared."""
    assert compare({"status": 200, "body": {"x": [kept]}}, answer(200, {"x": [actual]})).outcome == outcome


def test_masks_that_fit_are_no_part_of_the_difference(compare: Callable[..., StepResult], answer: Answer) -> None:
    """Only what differs otherwise is told of."""
    (verdict,) = compare({"status": 200, "body": {"pw": "***", "a": 1}}, answer(200, {"pw": "new", "a": 2})).verdicts
    assert verdict.problem == "differs from the snapshot at body.a"
    assert json.dumps(verdict.actual) == '[{"status": 200, "body": {"pw": "***", "a": 2}}]'
