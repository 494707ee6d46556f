"""Ctrl-C: what was under way is an error that says so, with all that was sent; what was not sent is skipped."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from runner.engine.exchange import Exchange, Response, Send, Wait
from runner.engine.flow import INTERRUPTED, Effect, Session, run_collection
from runner.engine.overlap import Together
from runner.engine.results import Outcome, StepResult, TokenResult
from runner.engine.scope import EnvironmentVariables
from runner.engine.sending import Authorize
from runner.errors import ExitCode
from runner.redaction import Redactor

#: The results of a run that was interrupted.
Cut = Callable[..., list[Any]]


@pytest.fixture
def cut(plan: Any) -> Cut:
    """`cut(text, Wait)`: the results where Ctrl-C comes at the first wish of a kind; a Send before gets `status`."""

    def run(text: str, at: type, status: int = 200) -> list[Any]:
        session = Session(EnvironmentVariables({}, {}), Redactor())
        flow = run_collection(plan(text), session)
        found: list[Any] = []
        came = False
        item = next(flow)
        while True:
            try:
                if not isinstance(item, Effect):
                    found.append(getattr(item, "result", None))
                    item = flow.send(None)
                elif isinstance(item, at) and not came:
                    came = True
                    item = flow.throw(KeyboardInterrupt())
                else:
                    assert isinstance(item, Send)
                    item = flow.send(Exchange(item.request, Response(status, content=b"{}"), 0.01))
            except StopIteration:
                return [result for result in found if isinstance(result, (StepResult, TokenResult))]

    return run


def test_a_request_under_way(cut: Cut) -> None:
    """It has its method, its URL and the request that got no answer; those after it are skipped."""
    one, two = cut("base_url: http://h\nrequests: [{name: A, method: PUT, url: /a?x=1}, {name: B, url: /b}]", Send)
    assert (one.outcome, one.method, one.url, one.path) == (Outcome.ERRORED, "PUT", "http://h/a?x=1", "/a?x=1")
    assert (one.fault.kind, one.fault.message) == ("interrupted", "interrupted while it was under way")
    assert (one.unanswered.url, one.exit_code, one.attempts) == ("http://h/a?x=1", ExitCode.INTERRUPTED, 1)
    assert (two.outcome, two.reason) == (Outcome.SKIPPED, INTERRUPTED)


def test_setup_that_is_interrupted(cut: Cut) -> None:
    """What comes after it is not run because of Ctrl-C, and not because it failed."""
    _, after = cut("setup: [{name: S, url: http://h/}]\nrequests: [{name: A, url: http://h/}]", Send)
    assert after.reason == INTERRUPTED


def test_before_it_was_sent(cut: Cut) -> None:
    """A request that waits for its delay was not sent."""
    (one,) = cut("requests: [{name: A, url: http://h/, delay: 5s}]", Wait)
    assert (one.outcome, one.reason, one.fault) == (Outcome.SKIPPED, INTERRUPTED, None)


@pytest.mark.parametrize("repeats", ["retry: {attempts: 3}", "poll: {until: status == `200`}"])
def test_between_two_sends(cut: Cut, repeats: str) -> None:
    """What was sent before and had its answer is told, and nothing is said to have had none."""
    (one,) = cut(f"requests:\n  - name: A\n    url: http://h/a\n    {repeats}", Wait, status=503)
    assert (one.outcome, one.url, one.unanswered) == (Outcome.ERRORED, "http://h/a", None)
    assert one.fault.message == "interrupted while it waited to be sent again"
    assert [exchange.response.status for exchange in one.earlier] == [503]


OAUTH = """
base_url: http://h
auth: {type: oauth2, token_url: "http://id/token", client_id: a, client_secret: bcde}
requests: [{name: A, url: /a}, {name: B, url: /b}]
"""


def test_the_token_step(cut: Cut) -> None:
    """A fetch that was under way is told with its URL; the request that waits for it was not sent."""
    token, one, two = cut(OAUTH, Authorize)
    assert (token.outcome, token.method, token.url) == (Outcome.ERRORED, "POST", "http://id/token")
    assert (token.fault.kind, token.fault.message) == ("interrupted", "POST http://id/token was interrupted while it was under way")
    assert [one.reason, two.reason] == [INTERRUPTED, INTERRUPTED]


def test_requests_that_overlap(plan: Any) -> None:
    """Each that was under way is told with its URL, also one that waits for its token; one that had not begun is not."""
    text = OAUTH.replace("{name: B, url: /b}", "{name: B, url: /b, auth: none}, {name: C, url: /c}")
    session = Session(EnvironmentVariables({}, {}), Redactor(), overlap=True)
    flow = run_collection(plan(text), session)
    found: list[Any] = []
    item: Any = next(flow)
    while not isinstance(item, Together):
        item = flow.send(None)
    assert isinstance(next(item.begin() or iter(())), Authorize)
    assert isinstance(next(item.begin() or iter(())), Send)
    assert item.begin() is not None
    item = flow.throw(KeyboardInterrupt())
    while not isinstance(item, type(None)):
        found.append(getattr(item, "result", None))
        item = next(flow, None)
    results = [result for result in found if isinstance(result, (StepResult, TokenResult))]
    assert [result.url for result in results] == ["http://id/token", "", "http://h/b", ""]
    assert [str(result.outcome) for result in results] == ["errored", "skipped", "errored", "skipped"]
    assert session.stopped == INTERRUPTED
