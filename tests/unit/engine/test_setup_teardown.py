"""setup and teardown: what runs first, what is left out after a failure, and what runs in spite of everything."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from runner.engine.events import StepStarted
from runner.engine.exchange import Request, Response
from runner.engine.plan import Selection
from runner.engine.results import Outcome, RunResult
from runner.errors import ExitCode, TransportError

Run = Callable[..., Any]
Answer = Callable[..., Any]

TEXT = """
base_url: http://h
setup:
  - {name: S, url: /s, capture: {id: body.id}}
  - {name: S2, url: /s2}
requests:
  - {name: A, url: "/a/{{id}}", capture: {made: body.id}}
  - {name: B, url: /b, tags: [b]}
teardown:
  - {name: T, url: "/t/{{id}}"}
  - {name: T2, url: /t2}
"""
FULL = ["setup / S", "setup / S2", "A", "B", "teardown / T", "teardown / T2"]


@pytest.fixture
def serve(answer: Answer) -> Callable[..., Callable[[Request], Response]]:
    """`serve(a=500, t=KeyboardInterrupt())`: what each path answers; 200 without one."""

    def make(**replies: Any) -> Callable[[Request], Response]:
        def server(request: Request) -> Response:
            reply = replies.get(request.url.removeprefix("http://h/").partition("/")[0], 200)
            if isinstance(reply, BaseException) and not isinstance(reply, TransportError):
                raise reply
            return answer(reply, {"id": 7}) if isinstance(reply, int) else reply

        return server

    return make


def outcomes(ran: Any) -> str:
    """One letter for each request, in order."""
    return "".join(step.outcome.value[0] if step.outcome is not Outcome.SKIPPED else "-" for step in ran.finished)


def test_order_and_names(run: Run, serve: Any) -> None:
    """setup, requests, teardown; names carry their part; captures of setup are there for all."""
    ran = run(TEXT, serve())
    assert list(ran.outcomes) == FULL
    assert [url.removeprefix("http://h") for url in ran.urls] == ["/s", "/s2", "/a/7", "/b", "/t/7", "/t2"]
    assert [event.must_end for event in ran.events if isinstance(event, StepStarted)] == [False] * 4 + [True] * 2


@pytest.mark.parametrize(
    ("replies", "found", "code"),
    [
        ({}, "pppppp", ExitCode.PASSED),
        ({"s": 500}, "f---pp", ExitCode.FAILED),
        ({"s": TransportError("dns", "no host")}, "e----p", ExitCode.TRANSPORT),
        ({"s2": 500}, "pf--pp", ExitCode.FAILED),
        ({"a": 500, "b": 500}, "ppffpp", ExitCode.FAILED),
        ({"t": 500}, "ppppfp", ExitCode.FAILED),
        ({"t": TransportError("dns", "no host"), "t2": 500}, "ppppef", ExitCode.TRANSPORT),
    ],
    ids=str,
)
def test_failures(run: Run, serve: Any, replies: dict[str, Any], found: str, code: ExitCode) -> None:
    """The first failure of setup leaves out the rest of it and the requests; each teardown request runs and counts."""
    ran = run(TEXT, serve(**replies))
    assert outcomes(ran) == found
    assert RunResult((ran.result,)).exit_code is code


def test_reasons(run: Run, serve: Any) -> None:
    """What was not run says which request of setup failed; teardown says what it waits for in vain."""
    ran = run(TEXT, serve(s=TransportError("dns", "no host")))
    assert ran["setup / S2"].reason == ran["A"].reason == "not run: 'setup / S' failed"
    assert ran["teardown / T"].reason == "waits for 'id': 'setup / S', which captures it, got no response"


def test_fail_fast(run: Run, serve: Any) -> None:
    """After -x teardown still runs, all of it, whatever fails in it."""
    assert outcomes(run(TEXT, serve(a=500, t=500), fail_fast=True)) == "ppf-fp"
    assert outcomes(run(TEXT, serve(s=500), fail_fast=True)) == "f---pp"


def test_interrupted(run: Run, serve: Any) -> None:
    """After Ctrl-C the request under way is cut short, the rest is not run, and teardown is sent."""
    ran = run(TEXT, serve(a=KeyboardInterrupt()))
    assert outcomes(ran) == "ppe-pp"
    assert ran["A"].fault.message == "interrupted while it was under way"
    assert ran["B"].reason == "not run: interrupted"


def test_what_the_interrupted_request_captures(run: Run, serve: Any) -> None:
    """Teardown that waits for the request which was cut short is skipped and says so."""
    ran = run(TEXT.replace("/t2", "'/t2/{{made}}'"), serve(a=KeyboardInterrupt()))
    assert ran["teardown / T2"].reason == "waits for 'made': 'A', which captures it, was interrupted"


def test_interrupted_again(run: Run, answer: Answer) -> None:
    """A second Ctrl-C, in teardown, ends that too."""
    session: list[Any] = []

    def server(request: Request) -> Response:
        if "/a/" in request.url:
            raise KeyboardInterrupt
        if "/t/" in request.url:
            session[0].ended = "not run: interrupted"
            raise KeyboardInterrupt
        return answer(200, {"id": 7})

    ran = run(TEXT, server, watch=session.append)
    assert outcomes(ran) == "ppe-e-"
    assert ran["teardown / T"].fault.message == "interrupted while it was under way"
    assert ran["teardown / T2"].reason == "not run: interrupted"


def test_nothing_to_tear_down(run: Run, serve: Any) -> None:
    """A collection that begins when the run has been stopped sends nothing at all."""
    ran = run(TEXT, serve(), stopped="not run: interrupted")
    assert (outcomes(ran), ran.sent) == ("------", [])


@pytest.mark.parametrize(
    ("selection", "found"),
    [
        (Selection(names=("B",)), ["setup / S", "setup / S2", "B", "teardown / T", "teardown / T2"]),
        (Selection(tags=frozenset({"b"})), ["setup / S", "setup / S2", "B", "teardown / T", "teardown / T2"]),
        (Selection(names=("setup / S",)), ["setup / S", "setup / S2", "teardown / T", "teardown / T2"]),
        (Selection(names=("setup",)), ["setup / S", "setup / S2", "teardown / T", "teardown / T2"]),
        (Selection(names=("Z",)), []),
        (Selection(tags=frozenset({"z"})), []),
        (Selection(lines=(("test.yaml", 4),)), ["setup / S", "setup / S2", "teardown / T", "teardown / T2"]),
    ],
    ids=str,
)
def test_selection(plan: Any, selection: Selection, found: list[str]) -> None:
    """Setup and teardown run with whatever is selected, and not where nothing is."""
    assert [step.name for step in plan(TEXT, selection=selection).steps] == found


def test_excluded_tags_win(plan: Any) -> None:
    """--exclude-tag leaves out setup and teardown as well; without requests nothing is left."""
    text = TEXT.replace("url: /s2", "url: /s2, tags: [x]").replace("url: /t2", "url: /t2, tags: [x]")
    excluded = Selection(excluded=frozenset({"x"}))
    assert [step.name for step in plan(text, selection=excluded).steps] == ["setup / S", "A", "B", "teardown / T"]
    alone = "requests: []\nsetup: [{name: S, url: http://h}]"
    assert plan(alone).steps == ()


def test_teardown_brings_nothing_along(plan: Any) -> None:
    """Teardown does not make a request run for what it captures from it; setup may."""
    text = TEXT.replace("/t2", "'/t2/{{made}}'")
    chosen = plan(text, selection=Selection(names=("B",)))
    assert "A" not in [step.name for step in chosen.steps]


def test_a_request_that_was_not_selected(run: Run, serve: Any) -> None:
    """Teardown that captures from a request that was not selected is skipped and says so."""
    ran = run(TEXT.replace("/t2", "'/t2/{{made}}'"), serve(), selection=Selection(names=("B",)))
    assert ran["teardown / T2"].reason == "waits for 'made': 'A', which captures it, is not selected"


def test_a_login_that_inherits_its_own_auth(faults: Any) -> None:
    """A request of setup that inherits the auth which its own capture feeds is told to switch it off."""
    text = """
    base_url: http://h
    auth: {type: bearer, token: "{{token}}"}
    setup: [{name: login, url: /, capture: {token: body.token}}]
    requests: [{name: A, url: /}]
    """
    (fault,) = faults(text)
    assert fault.message == "variable 'token' has no value yet"
    assert fault.hint == "'setup / login', which captures it, inherits this auth: give that request 'auth: none'"
    assert faults(text.replace("url: /, capture", "url: /, auth: none, capture")) == []


def test_loops_in_setup_and_teardown(run: Run, serve: Any) -> None:
    """for_each works there too: what setup made, teardown takes away."""
    text = """
    base_url: http://h
    setup: [{name: S, for_each: [1, 2], url: "/s/{{item}}", capture: {ids: body.id}}]
    requests: [{name: A, url: /a}]
    teardown: [{name: T, for_each: ids, url: "/t/{{item}}"}]
    """
    names = ["setup / S [0]", "setup / S [1]", "A", "teardown / T [0]", "teardown / T [1]"]
    assert list(run(text, serve()).outcomes) == names
    ran = run(text, serve(s=500))
    assert list(ran.outcomes) == ["setup / S [0]", "setup / S", "A", "teardown / T [0]"]
    assert ran["setup / S"].reason == "not run: 'setup / S [0]' failed (1 of 2 rows)"
