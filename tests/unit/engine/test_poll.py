"""`poll`: how often a request is asked, what it waits for, what it shows when its time is over."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from runner.engine.exchange import Request
from runner.errors import TransportError

Run = Callable[..., Any]
One = Callable[..., str]
Answer = Callable[..., Any]

UNTIL = "url: http://h/job\npoll: {until: body.state == 'done', interval: 2s, timeout: 7s}"


def states(answer: Answer, *names: str) -> list[Any]:
    return [answer(200, {"state": name}) for name in names]


def test_it_asks_until_it_is_true(run: Run, one: One, answer: Answer) -> None:
    """Captures and assertions see the last response only; the same request is sent each time."""
    text = one(UNTIL + "\nheaders: {X-Id: '{{uuid()}}'}\ncapture: {state: body.state}\nassert: [body.state: done]")
    ran = run(text, states(answer, "queued", "running", "done"))
    result = ran["R"]
    assert (ran.outcomes, ran.waits, result.polls, result.attempts) == ({"R": "passed"}, [2.0, 2.0], 3, 3)
    assert [exchange.response.content for exchange in result.earlier] == [
        b'{"state": "queued"}',
        b'{"state": "running"}',
    ]
    assert len({request.header("x-id") for request in ran.sent}) == 1
    assert result.notes == ()


def test_at_once(run: Run, one: One, answer: Answer) -> None:
    """What is true at first is asked for once."""
    ran = run(one(UNTIL), states(answer, "done"))
    assert (ran.waits, ran["R"].polls) == ([], 1)


def test_its_time_is_over(run: Run, one: One, answer: Answer) -> None:
    """The request fails with the values in `until` and how often it asked, the last time when the time is over."""
    ran = run(one(UNTIL + "\nassert: [status: 200]"), states(answer, "running"))
    result = ran["R"]
    assert (str(result.outcome), result.exit_code, ran.waits, result.polls) == ("failed", 1, [2.0, 2.0, 2.0, 1.0], 5)
    verdict = result.verdicts[0]
    assert (verdict.subject, verdict.text, verdict.problem) == ("until", "until: body.state == 'done'", "is not true")
    assert [(finding.text, finding.value) for finding in verdict.findings] == [("body.state", "running")]
    assert result.notes == ("asked 5 times in 7 s",)
    assert [verdict.passed for verdict in result.verdicts] == [False, True]


def test_the_defaults(run: Run, one: One, answer: Answer) -> None:
    """Every second for a minute."""
    ran = run(one("url: http://h/\npoll: {until: body.state == 'done'}"), states(answer, "running"))
    assert (set(ran.waits), ran["R"].polls) == ({1.0}, 61)


def test_null_is_not_true_yet(run: Run, one: One, answer: Answer) -> None:
    """Null counts as false, and so does what cannot be evaluated yet."""
    for until in ("body.done", "length(body.done) > `0`"):
        text = one(f"url: http://h/\npoll: {{until: '{until}', interval: 1s, timeout: 3s}}")
        ran = run(text, [answer(200, {}), answer(200, {"done": True if until == "body.done" else [1]})])
        assert ran.outcomes == {"R": "passed"}, until


@pytest.mark.parametrize(("value", "kind"), [("yes", "a string"), (1, "a number"), ([], "an array"), ({}, "an object")])
def test_another_type_fails_at_once(run: Run, one: One, answer: Answer, value: Any, kind: str) -> None:
    """A value that is neither true, false nor null will not become so: the request fails and says what it was."""
    ran = run(one("url: http://h/\npoll: {until: body.done}"), [answer(200, {"done": value})])
    assert (str(ran["R"].outcome), ran.waits) == ("failed", [])
    assert ran["R"].verdicts[0].problem == f"must give true or false, this is {kind}"


def test_until_sees_variables(run: Run, one: One, answer: Answer) -> None:
    """`vars` is there, and what was captured before."""
    text = """
    base_url: http://h
    requests:
      - {name: A, url: /a, capture: {wanted: body.state}}
      - {name: B, url: /b, poll: {until: body.state == vars.wanted}}
    """
    ran = run(text, states(answer, "done", "running", "done"))
    assert (ran.outcomes, ran["B"].polls) == ({"A": "passed", "B": "passed"}, 2)


def test_until_waits_for_captures(run: Run, answer: Answer) -> None:
    """A capture that `until` uses and that was not taken skips the request."""
    text = """
    base_url: http://h
    requests:
      - {name: A, url: /a, capture: {wanted: body.state}}
      - {name: B, url: /b, poll: {until: body.state == vars.wanted}}
    """
    assert run(text, [answer(200, {})]).outcomes == {"A": "failed", "B": "skipped"}


# --- without until -------------------------------------------------------------------------------------------------


def test_until_every_assertion_holds(run: Run, one: One, answer: Answer) -> None:
    """Without `until` the assertions are waited for, those on the request's own captures too."""
    text = one("url: http://h/\npoll: {}\ncapture: {n: body.n}\nassert: [vars.n > `2`, status: 200]")
    ran = run(text, [answer(503), answer(200, {"n": 1}), answer(200, {}), answer(200, {"n": 3})])
    assert (ran.outcomes, ran["R"].polls, ran["R"].captured) == ({"R": "passed"}, 4, ("n",))


def test_the_default_assertion_is_one(run: Run, one: One, answer: Answer) -> None:
    """A request without assertions waits for a status below 400."""
    ran = run(one("url: http://h/\npoll: {}"), [answer(404), answer(500), answer(204)])
    assert (ran.outcomes, ran["R"].polls) == ({"R": "passed"}, 3)


def test_the_assertions_that_failed(run: Run, one: One, answer: Answer) -> None:
    """When the time is over, those of the last response are shown, and how often it asked."""
    text = one("url: http://h/\npoll: {interval: 1s, timeout: 2s}\nassert: [body.n: 3, body.m: 1]")
    ran = run(text, [answer(200, {"n": 1, "m": 2}), answer(200, {"n": 2, "m": 1})])
    assert [(verdict.passed, verdict.actual) for verdict in ran["R"].verdicts] == [(False, (2,)), (True, ())]
    assert ran["R"].notes == ("asked 3 times in 2 s",)


# --- faults and time -----------------------------------------------------------------------------------------------


def test_a_fault_ends_it(run: Run, one: One, answer: Answer) -> None:
    """No response is an error of the request, unless `retry` says that it may pass."""
    refused = TransportError("connect", "refused")
    replies = [*states(answer, "running"), refused, *states(answer, "done")]
    ran = run(one(UNTIL), replies)
    assert (ran["R"].fault.kind, ran["R"].polls, ran["R"].exit_code) == ("connect", 2, 4)
    ran = run(one(UNTIL + "\nretry: {delay: 500ms}"), replies)
    assert (ran.outcomes, ran["R"].polls, ran["R"].attempts, ran.waits) == ({"R": "passed"}, 2, 3, [2.0, 0.5])


def test_no_attempt_beyond_its_time(run: Run, one: One) -> None:
    """A retry that would begin after the timeout of `poll` is not made."""
    ran = run(one(UNTIL + "\nretry: {attempts: 9, delay: 3s, backoff: 1}"), [TransportError("connect", "refused")])
    assert (ran["R"].attempts, ran.waits) == (3, [3.0, 3.0])


def slow(answer: Answer, clock: list[float]) -> Callable[[Request], Any]:
    """A server that answers at first and hangs from then on."""

    def serve(request: Request) -> Any:
        if not clock:
            clock.append(request.timeout)
            return answer(200, {"state": "running"})
        clock.append(request.timeout)
        return TransportError("timeout", "no answer")

    return serve


def test_an_ask_is_cut_short_when_the_time_is_over(run: Run, one: One, answer: Answer) -> None:
    """An ask takes no longer than what is left, but a second at least; what it waited for is judged on the last answer."""
    timeouts: list[float] = []
    text = one("url: http://h/job\ntimeout: 5s\npoll: {until: body.state == 'done', interval: 6s, timeout: 6s}")
    ran = run(text, slow(answer, timeouts))
    assert timeouts == [5.0, 1.0]
    assert (str(ran["R"].outcome), ran["R"].exit_code, ran["R"].polls) == ("failed", 1, 2)
    assert ran["R"].verdicts[0].subject == "until"
    assert ran["R"].exchange.response.status == 200
    assert ran["R"].earlier == ()


def test_an_ask_that_is_cut_short_before(run: Run, one: One, answer: Answer) -> None:
    """Without a single answer, or while there is time, a timeout is a fault like any other."""
    text = one("url: http://h/job\ntimeout: 5s\npoll: {until: body.state == 'done', interval: 2s, timeout: 60s}")
    assert run(text, slow(answer, []))["R"].fault.kind == "timeout"
    assert run(text, [TransportError("timeout", "no answer")])["R"].fault.kind == "timeout"


def test_earlier_answers_are_dropped(run: Run, one: One, answer: Answer) -> None:
    """Where nobody wants to see exchanges, only the last one is kept, whatever came before it."""
    replies = [answer(503), *states(answer, "running", "done")]
    ran = run(one(UNTIL + "\nretry: {}"), replies, keep_exchanges=False)
    assert (ran["R"].earlier, ran["R"].polls) == ((), 2)


def test_fail_fast(run: Run, answer: Answer) -> None:
    """A poll whose time is over stops the run."""
    text = (
        "base_url: http://h\nrequests: [{name: A, url: /a, poll: {until: body.done, timeout: 1s}}, {name: B, url: /b}]"
    )
    assert run(text, [answer(200, {})], fail_fast=True).outcomes == {"A": "failed", "B": "skipped"}


@pytest.mark.parametrize("name", ["interval", "timeout"])
def test_values_that_do_not_fit(fault_of: Callable[..., Any], name: str) -> None:
    """What a template gives is held to the rule of the key, before anything is sent."""
    fault = fault_of(f"url: http://h/\nvariables: {{zero: 0}}\npoll: {{{name}: '{{{{zero}}}}'}}")
    assert (fault.kind, fault.message) == (
        "build",
        f"'{name}' wants a duration such as 500ms, 10s or 2m, not number '0'",
    )
