"""`overlap`: which neighbours are sent together, and that what they leave is what they would have left one by one.

The driver of these tests takes overlapping flows a step at a time, the last one first.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.engine.events import StepFinished, StepStarted
from runner.engine.exchange import Request
from runner.engine.overlap import run_at

Run = Callable[..., Any]
Answer = Callable[..., Any]
Plan = Callable[..., Any]


def names(plan: Any) -> list[list[str]]:
    """The names of the steps of each run; of a step that runs alone, its own."""
    found, position = [], 0
    while position < len(plan.steps):
        end = max(run_at(plan.steps, position, 0), position + 1)
        found.append([step.name for step in plan.steps[position:end]])
        position = end
    return found


@pytest.mark.parametrize(
    ("requests", "expected"),
    [
        ("{name: A, url: /}, {name: B, url: /, method: HEAD}, {name: C, url: /, method: OPTIONS}", [["A", "B", "C"]]),
        ("{name: A, url: /}, {name: P, url: /, method: POST}, {name: B, url: /}", [["A"], ["P"], ["B"]]),
        ("{name: A, url: /}, {name: P, url: /, json: {}}, {name: B, url: /}, {name: C, url: /}", [["A"], ["P"], ["B", "C"]]),
        ("{name: A, url: /, method: DELETE}, {name: B, url: /, method: PUT}", [["A"], ["B"]]),
        ("{name: A, url: /, method: GET, json: {}}, {name: B, url: /}", [["A", "B"]]),
        ("{name: A, url: /, method: get}, {name: B, url: /}", [["A", "B"]]),
        ('{name: A, url: /, method: "{{verb}}"}, {name: B, url: /}', [["A"], ["B"]]),
        ("{name: A, url: /}, {name: D, url: /, delay: 1s}, {name: B, url: /}", [["A"], ["D"], ["B"]]),
        ("{name: A, url: /}, {name: L, url: /, poll: {}}, {name: B, url: /}", [["A"], ["L"], ["B"]]),
        ("{name: A, url: /}, {name: P, url: /, paginate: {next: body.next}}", [["A", "P"]]),
        ("{name: A, url: /}, {name: P, url: /, method: POST, skip: not today}, {name: B, url: /}", [["A", "P", "B"]]),
        ('{name: A, url: /, capture: {x: body.x}}, {name: B, url: "/{{x}}"}', [["A"], ["B"]]),
        ("{name: A, url: /, capture: {x: body.x}}, {name: B, url: /}, {name: C, url: /, when: x == `1`}", [["A", "B"], ["C"]]),
        ("{name: A, url: /, capture: {x: body.x}}, {name: B, url: /, assert: [vars.x == `1`]}", [["A"], ["B"]]),
        ("{name: A, url: /, capture: {x: body.x}}, {name: B, url: \"/{{x || 'none'}}\"}", [["A"], ["B"]]),
        ('{name: A, url: /, capture: {x: body.x}}, {name: B, url: "/{{derived}}"}', [["A"], ["B"]]),
        ("{name: A, url: /, capture: {x: body.x}}, {name: B, url: /, capture: {x: body.y}}", [["A", "B"]]),
        ('{name: A, url: /, capture: {x: body.x}}, {name: B, url: "/{{x}}"}, {name: C, url: "/{{x}}"}', [["A"], ["B", "C"]]),
        ("{name: G, requests: [{name: A, url: /}, {name: B, url: /}]}, {name: C, url: /}", [["G / A", "G / B", "C"]]),
    ],
)  # fmt: skip
def test_runs(plan: Plan, requests: str, expected: list[list[str]]) -> None:
    """Safe neighbours that use none of each other's captures are a run; everything else stands alone."""
    text = f"base_url: http://h\nvariables: {{verb: GET, derived: '{{{{not_null(x)}}}}'}}\nrequests: [{requests}]"
    assert names(plan(text)) == expected


FILE = """
base_url: http://h
overlap: {on}
variables: {{own: "{{{{uuid()}}}}"}}
requests:
  - {{name: A, url: /a, capture: {{x: body.x, z: body.z}}}}
  - {{name: B, url: /b, capture: {{x: body.x}}, headers: {{Id: "{{{{own}}}}"}}}}
  - {{name: C, url: /c, capture: {{y: body.y}}, headers: {{Id: "{{{{own}}}}"}}, assert: [vars.y == `9`]}}
  - {{name: D, url: "/d/{{{{x}}}}"}}
  - {{name: E, url: "/e/{{{{y}}}}"}}
  - {{name: F, url: "/f/{{{{z}}}}"}}
  - {{name: X, method: PUT, url: "/x/{{{{x}}}}"}}
"""

VALUES = st.sampled_from([None, 1, 9, True, "absent", "fault"])


@given(*(st.fixed_dictionaries({"x": VALUES, "y": VALUES, "z": VALUES}) for _ in range(3)))
def test_what_they_leave(run: Run, answer: Answer, a: Any, b: Any, c: Any) -> None:
    """Results, captures and skips are the same with and without overlapping, whatever is captured and whatever fails."""
    bodies = {"/a": a, "/b": b, "/c": c}

    def api(request: Request) -> Any:
        values = bodies.get(request.url.removeprefix("http://h"), {})
        if "fault" in values.values():
            return answer(500, {})
        return answer(200, {name: value for name, value in values.items() if value != "absent"})

    ran = [run(FILE.format(on=on), api) for on in ("false", "true")]
    for one in ran:
        assert len({request.header("id") for request in one.sent if request.url[-2:] in ("/b", "/c")}) == 1
    assert sorted(ran[0].urls) == sorted(ran[1].urls)
    seen = [
        [(step.name, str(step.outcome), step.reason, step.captured, step.path) for step in one.finished] for one in ran
    ]
    assert seen[0] == seen[1]
    assert [type(event) for event in ran[0].events] == [type(event) for event in ran[1].events]


def test_order(run: Run) -> None:
    """Requests of a run begin in any order and are told in that of the file; the next run waits for all of them."""
    text = "base_url: http://h\nrequests: [{name: A, url: /a}, {name: B, url: /b}, {name: P, url: /p, method: POST}]"
    ran = run(text, overlap=True)
    assert ran.urls == ["http://h/b", "http://h/a", "http://h/p"]
    told = [(type(event), getattr(event, "name", "") or event.result.name) for event in ran.events[1:-1]]
    assert told == [(kind, name) for name in "ABP" for kind in (StepStarted, StepFinished)]
    assert run(text).urls == ["http://h/a", "http://h/b", "http://h/p"]


def test_a_group_variable_is_evaluated_once(run: Run) -> None:
    """A variable of a group is the same for all requests, whichever of them is the first to use it."""
    text = """
    base_url: http://h
    overlap: true
    requests:
      - name: G
        variables: {id: "{{uuid()}}"}
        requests: [{name: A, url: "/{{id}}"}, {name: B, url: "/{{id}}"}, {name: P, method: POST, url: "/{{id}}"}]
    """
    assert len(set(run(text).urls)) == 1


def test_a_group_variable_sees_later_captures(run: Run, answer: Answer) -> None:
    """A variable that is first used after a run sees what that run has captured."""
    text = """
    base_url: http://h
    overlap: true
    requests:
      - name: G
        variables: {path: "p-{{x}}"}
        requests:
          - {name: A, url: /a, capture: {x: body.x}}
          - {name: B, url: /b}
          - {name: P, method: POST, url: "/{{path}}"}
    """
    assert run(text, [answer(200, {"x": 5})]).urls[-1] == "http://h/p-5"


def test_one_token_for_all(run: Run) -> None:
    """Requests of a run share a token, which is told before the first of them."""
    text = """
    base_url: http://h
    overlap: true
    auth: {type: oauth2, token_url: https://login.test/token, client_id: a, client_secret: shhh}
    requests: [{name: A, url: /a}, {name: B, url: /b}]
    """
    ran = run(text)
    assert len(ran.asked) == 1
    assert {request.header("authorization") for request in ran.sent} == {"Bearer token-1"}


def test_retry_and_pages_within_a_run(run: Run, answer: Answer) -> None:
    """Each request of a run has its own attempts and pages."""
    text = """
    base_url: http://h
    overlap: true
    requests:
      - {name: A, url: /a, retry: {attempts: 2}}
      - {name: B, url: /b, paginate: {next: body.next, items: body.items}, assert: {items: [1, 2]}}
    """
    pages = {"/b": answer(200, {"items": [1], "next": "/c"}), "/c": answer(200, {"items": [2]})}
    ran = run(text, lambda request: pages.get(request.url.removeprefix("http://h")) or answer(503))
    assert (ran.outcomes, ran["A"].attempts, ran["B"].pages) == ({"A": "failed", "B": "passed"}, 2, 2)


# --- rows ----------------------------------------------------------------------------------------------------------

ROWS = """
base_url: http://h
overlap: {on}
variables: {{some: [1, 2, 3], none: []}}
requests:
  - {{name: A, url: /a, capture: {{a: body.x}}}}
  - name: L
    for_each: "{over}"
    url: "/l/{{{{item}}}}"
    when: "{when}"
    capture: {{x: body.x, y: {{from: body.y, default: none}}}}
  - {{name: B, url: /b, capture: {{b: body.x}}}}
  - name: G
    for_each: [p, q]
    requests:
      - {{name: C, url: "/c/{{{{item}}}}", capture: {{c: body.x}}}}
      - {{name: D, url: "/d/{{{{item}}}}/{{{{index}}}}"}}
      - {{name: E, url: "/e/{{{{c}}}}"}}
  - {{name: F, for_each: "[`1`, `2`]", url: "/f/{{{{x}}}}"}}
  - {{name: Z, method: PUT, url: /z, json: {{x: "{{{{x}}}}", y: "{{{{y}}}}", c: "{{{{c}}}}"}}}}
"""


@given(
    st.sampled_from(["some", "none", "[`9`]", "length(some)", "some[*].x", "[`5`, `6`, `7`, `8`]"]),
    st.sampled_from(["item != `6`", "`true`", "item == `0`", "item > `7` || item == 'x'", "length(item) == `1`"]),
    st.dictionaries(st.sampled_from("ab123569cpq"), st.sampled_from([None, 7, True, "absent", "fault"]), max_size=6),
)
def test_rows_leave_what_they_would_have_left(
    run: Run, answer: Answer, over: str, when: str, values: dict[str, Any]
) -> None:
    """Rows overlap with one another and with their neighbours; lists, skips and faults are those of one by one."""

    def api(request: Request) -> Any:
        value = values.get(request.url[-1], 3)
        if value == "fault":
            return answer(500, {})
        return answer(200, {} if value == "absent" else {"x": value})

    ran = [run(ROWS.format(on=on, over=over, when=when), api) for on in ("false", "true")]
    seen = [
        [(step.name, str(step.outcome), step.reason, step.captured, step.path) for step in one.finished] for one in ran
    ]
    assert seen[0] == seen[1]
    assert [request.body for request in ran[0].sent if request.method == "PUT"] == [
        request.body for request in ran[1].sent if request.method == "PUT"
    ]
    assert sorted(ran[0].urls) == sorted(ran[1].urls)
    assert [type(event) for event in ran[0].events] == [type(event) for event in ran[1].events]


def test_rows_are_sent_together(run: Run) -> None:
    """The rows of a safe request and its neighbours are one run; those of another method come one by one."""
    text = """
    base_url: http://h
    overlap: true
    requests:
      - {name: A, url: /a}
      - {name: L, for_each: [1, 2], url: "/l/{{item}}"}
      - {name: B, url: /b}
      - {name: P, for_each: [1, 2], method: POST, url: "/p/{{item}}"}
    """
    ran = run(text)
    assert [url.removeprefix("http://h") for url in ran.urls] == ["/b", "/l/2", "/l/1", "/a", "/p/1", "/p/2"]
    assert [step.name for step in ran.finished] == ["A", "L [0]", "L [1]", "B", "P [0]", "P [1]"]


def test_requests_within_a_row_overlap(run: Run) -> None:
    """The rows of a group come one after the other; within a row neighbours are sent together."""
    text = """
    base_url: http://h
    overlap: true
    requests:
      - name: G
        for_each: [1, 2]
        requests: [{name: A, url: "/a/{{item}}"}, {name: B, url: "/b/{{item}}"}]
    """
    ran = run(text)
    assert [url.removeprefix("http://h") for url in ran.urls] == ["/b/1", "/a/1", "/b/2", "/a/2"]
    assert [step.name for step in ran.finished] == ["G / A [0]", "G / B [0]", "G / A [1]", "G / B [1]"]


def test_setup_and_teardown_do_not_overlap(run: Run) -> None:
    """Each of them waits for the one before it."""
    text = """
    base_url: http://h
    overlap: true
    setup: [{name: A, url: /1}, {name: B, url: /2}]
    requests: [{name: C, url: /3}, {name: D, url: /4}]
    teardown: [{name: E, url: /5}, {name: F, url: /6}]
    """
    assert [url[-1] for url in run(text).urls] == ["1", "2", "4", "3", "5", "6"]
