"""`retry`: after which faults, for which methods, after which waits, and beside a token that is renewed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.engine.exchange import Response
from runner.engine.retry import LONGEST_WAIT, retry_after
from runner.errors import TransportError

Run = Callable[..., Any]
One = Callable[..., str]
Answer = Callable[..., Any]

REFUSED = TransportError("connect", "connection refused by h:80", "is the server running?")
THREE = "base_url: http://h\ndefaults: {retry: {attempts: 3, delay: 2s}}"


def outcome(ran: Any) -> tuple[str, int, list[float]]:
    """Outcome, number of attempts, waits."""
    return str(ran["R"].outcome), ran["R"].attempts, ran.waits


def test_none_by_default(run: Run, one: One, answer: Answer) -> None:
    """Without `retry` a request is sent once."""
    ran = run(one("url: http://h/"), [answer(503), answer(200)])
    assert outcome(ran) == ("failed", 1, [])


def test_until_it_passes(run: Run, one: One, answer: Answer) -> None:
    """What fails for now is tried again after a wait that doubles; the last answer counts, the others come before it."""
    ran = run(one("url: /", THREE), [answer(503, {"n": 1}), REFUSED, answer(200, {"n": 3})])
    assert outcome(ran) == ("passed", 3, [2.0, 4.0])
    assert [exchange.response.status for exchange in ran["R"].earlier] == [503]
    assert ran["R"].exchange.response.status == 200
    assert ran["R"].notes == (
        "attempt 1: 503; the next one after 2 s",
        "attempt 2: connection refused by h:80; the next one after 4 s",
    )


@pytest.mark.parametrize(("last", "expected"), [(503, "failed"), (REFUSED, "errored")])
def test_attempts_are_counted_from_the_first(run: Run, one: One, answer: Answer, last: Any, expected: str) -> None:
    """After the last attempt its fault is that of the request."""
    ran = run(one("url: /", THREE), [last if isinstance(last, TransportError) else answer(last)])
    assert outcome(ran) == (expected, 3, [2.0, 4.0])


@pytest.mark.parametrize(
    ("fault", "again"),
    [
        *((status, True) for status in (429, 502, 503, 504)),
        *((status, False) for status in (200, 400, 401, 404, 408, 500, 501)),
        *((kind, True) for kind in ("dns", "connect", "proxy", "timeout", "reset")),
        *((kind, False) for kind in ("tls", "protocol", "encoding", "too-large", "redirect", "url")),
    ],
)
def test_which_faults(run: Run, one: One, answer: Answer, fault: int | str, again: bool) -> None:
    """Faults of the connection and four statuses may pass; everything else is an answer."""
    first = answer(fault) if isinstance(fault, int) else TransportError(fault, "no")
    assert run(one("url: /", THREE), [first, answer(200)])["R"].attempts == 1 + again


@pytest.mark.parametrize(
    ("method", "again"),
    [
        *((method, True) for method in ("GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE")),
        *((method, False) for method in ("POST", "PATCH", "PROPFIND")),
    ],
)
def test_which_methods(run: Run, one: One, answer: Answer, method: str, again: bool) -> None:
    """Only where asking twice is as good as once; else the report says how to allow it."""
    ran = run(one(f"url: /\nmethod: {method}", THREE), [answer(503), answer(200)])
    assert ran["R"].attempts == 1 + again
    assert (f"`methods: [{method}]` allows it" in " ".join(ran["R"].notes)) is not again


@pytest.mark.parametrize(
    ("retry", "attempts"),
    [
        ("{methods: POST}", 3),
        ("{methods: [get, post]}", 3),
        ("{methods: PATCH}", 1),
        ("{methods: ['{{verb}}']}", 3),
        ("{methods: '{{verbs}}'}", 3),
    ],
)
def test_methods_as_written(run: Run, one: One, answer: Answer, retry: str, attempts: int) -> None:
    """`methods` takes the place of the idempotent ones: one or a list, in any case, also by a template."""
    text = one(f"url: /\nmethod: POST\nvariables: {{verb: POST, verbs: [PUT, POST]}}\nretry: {retry}")
    assert run(text.replace("url: /", "url: http://h/"), [answer(503)])["R"].attempts == attempts


@pytest.mark.parametrize(
    ("retry", "attempts"),
    [
        ("{statuses: 404}", 3),
        ("{statuses: [500, 404]}", 3),
        ("{statuses: [503]}", 1),
        ("{statuses: []}", 1),
        ("{statuses: ['{{status}}', 500]}", 3),
        ("{statuses: '{{statuses}}'}", 3),
    ],
)
def test_statuses_as_written(run: Run, one: One, answer: Answer, retry: str, attempts: int) -> None:
    """`statuses` takes the place of the four: one or a list, also by a template."""
    text = one(f"url: http://h/\nvariables: {{status: 404, statuses: [404]}}\nretry: {retry}")
    assert run(text, [answer(404)])["R"].attempts == attempts


def test_connection_faults_do_not_depend_on_statuses(run: Run, one: One) -> None:
    """An empty list of statuses still leaves the faults of the connection."""
    assert run(one("url: http://h/\nretry: {statuses: []}"), [REFUSED])["R"].attempts == 3


# --- inheritance ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("off", ["false", "null", "", "{attempts: 1}"])
def test_it_can_be_taken_away(run: Run, one: One, answer: Answer, off: str) -> None:
    """`retry: false` or null on a request makes one attempt, whatever it inherits."""
    assert run(one(f"url: /\nretry: {off}", THREE), [answer(503)])["R"].attempts == 1


def test_the_nearest_one_counts_as_a_whole(run: Run, answer: Answer) -> None:
    """A `retry` of a group or request takes the place of the outer one; nothing of that is left."""
    text = """
    base_url: http://h
    defaults: {retry: {attempts: 5, delay: 7s, statuses: 404}}
    requests:
      - {name: Outer, url: /a}
      - name: G
        defaults: {retry: {attempts: 2}}
        requests:
          - {name: A, url: /b}
          - {name: B, url: /c, retry: {delay: 3s, backoff: 1, statuses: 404}}
    """
    ran = run(text, lambda request: answer(404 if request.url.endswith("/c") else 503))
    assert {step.name: step.attempts for step in ran.finished} == {"Outer": 1, "G / A": 2, "G / B": 3}
    assert ran.waits == [1.0, 3.0, 3.0]


def test_numbers_by_templates(run: Run, one: One, answer: Answer) -> None:
    """Each number may come from a variable."""
    text = one(
        """
        url: http://h/
        variables: {n: 4, d: 500ms, b: 1.50}
        retry: {attempts: "{{n}}", delay: "{{d}}", backoff: "{{b}}"}
        """
    )
    assert outcome(run(text, [answer(503)])) == ("failed", 4, [0.5, 0.75, 1.125])


@pytest.mark.parametrize(
    ("retry", "words"),
    [
        ("attempts: '{{text}}'", "'attempts' wants a whole number from 1, not string 'x'"),
        ("delay: '{{text}}'", "'delay' wants a duration"),
        ("backoff: '{{zero}}'", "'backoff' wants a factor such as 2, from 1, not number '0'"),
        ("statuses: ['{{zero}}']", "'statuses' wants a status such as 503"),
        ("methods: '{{zero}}'", "'methods' wants a method such as POST"),
    ],
)
def test_values_that_do_not_fit(fault_of: Callable[..., Any], retry: str, words: str) -> None:
    """What a template gives is held to the rule of the key, at its place, before anything is sent."""
    fault = fault_of(f"url: http://h/\nvariables: {{text: x, zero: 0}}\nretry: {{{retry}}}")
    assert (fault.kind, words in fault.message) == ("build", True), fault.message
    assert fault.span.line == 6


# --- waits ---------------------------------------------------------------------------------------------------------


def test_a_wait_is_a_minute_at_most(run: Run, one: One, answer: Answer) -> None:
    """However often it is multiplied, a wait does not exceed 60 s."""
    ran = run(one("url: http://h/\nretry: {attempts: 2000, delay: 10s, backoff: 3}"), [answer(503)])
    assert ran.waits[:4] == [10.0, 30.0, 60.0, 60.0]
    assert max(ran.waits) == LONGEST_WAIT


@given(st.floats(min_value=0, max_value=1, exclude_max=True))
def test_chance_makes_waits_longer(run: Run, one: One, answer: Answer, chance: float) -> None:
    """A wait is as long as written, or up to a quarter longer."""
    ran = run(one("url: http://h/\nretry: {attempts: 3, delay: 8s}"), [answer(503)], chance=lambda: chance)
    assert 8.0 <= ran.waits[0] <= 10.0
    assert 16.0 <= ran.waits[1] <= 20.0


NOON = "Thu, 26 Nov 2026 12:00:00 GMT"
EPOCH = 1_795_694_400.0


@pytest.mark.parametrize(
    ("value", "waits"),
    [
        ("0", [0.0]),
        ("7", [7.0]),
        ("60", [60.0]),
        ("Thu, 26 Nov 2026 12:00:20 GMT", [20.0]),
        ("Thursday, 26-Nov-26 12:00:20 GMT", [20.0]),
        ("Thu Nov 26 12:00:20 2026", [20.0]),
        ("Thu, 26 Nov 2026 11:00:00 GMT", [0.0]),
        ("soon", [2.0]),
        ("", [2.0]),
        ("-5", [2.0]),
        ("1.5", [2.0]),
        ("Thu, 26 Nov 99999999 12:00:00 GMT", [2.0]),
    ],
)
@pytest.mark.parametrize("with_date", [True, False])
def test_the_server_says_when(
    run: Run, one: One, answer: Answer, value: str, waits: list[float], with_date: bool
) -> None:
    """Retry-After takes the place of the wait: seconds, or a date of any of three forms, by the server's clock."""
    headers = {"Retry-After": value} | ({"Date": NOON} if with_date else {})
    wall = EPOCH + 5_000 if with_date else EPOCH
    ran = run(one("url: /", THREE), [answer(503, headers=headers), answer(200)], wall=lambda: wall)
    assert ran.waits == waits


@pytest.mark.parametrize("value", ["3600", "9" * 400, "Thu, 26 Nov 2026 13:00:00 GMT"])
def test_the_server_asks_for_too_much(run: Run, one: One, answer: Answer, value: str) -> None:
    """A longer Retry-After is bounded to 60 s, and the report says so."""
    headers = {"Retry-After": value, "Date": NOON}
    ran = run(one("url: /", THREE), [answer(429, headers=headers), answer(200)])
    assert ran.waits == [60.0]
    assert ran["R"].notes[0].startswith("attempt 1: 429; the next one after 60 s: Retry-After asks for ")
    assert ran["R"].notes[0].endswith(", but a wait is at most 60 s")


@given(st.text(max_size=40), st.text(max_size=40))
def test_whatever_a_server_says(value: str, date: str) -> None:
    """Any text at all as Retry-After and Date is a wait or none, and no fault."""
    found = retry_after(Response(503, headers=(("Retry-After", value), ("Date", date))), 0.0)
    assert found is None or found >= 0


# --- tokens --------------------------------------------------------------------------------------------------------

OAUTH = """
base_url: http://h
defaults: {retry: {attempts: 3, delay: 2s}}
auth: {type: oauth2, token_url: https://login.test/token, client_id: a, client_secret: shhh}
"""


def tokens(answer: Answer) -> Callable[..., Any]:
    count = iter(range(1, 100))
    return lambda request: answer(200, {"access_token": f"token-{next(count)}", "expires_in": 3600})


def shown(ran: Any) -> list[str]:
    return [request.header("authorization").removeprefix("Bearer ") for request in ran.sent]


def test_a_refused_token_is_renewed_within_an_attempt(run: Run, one: One, answer: Answer) -> None:
    """The request that is sent again with a new token is no attempt of its own."""
    text = one("url: /", OAUTH) + "  - {name: S, url: /s}\n"
    api = [answer(200), answer(503), answer(401), answer(503), answer(200)]
    ran = run(text, api, login=tokens(answer))
    assert ran["S"].attempts == 3
    assert shown(ran) == ["token-1", "token-1", "token-1", "token-2", "token-2"]
    assert [exchange.response.status for exchange in ran["S"].earlier] == [503, 401, 503]


def test_it_is_renewed_once_for_all_attempts(run: Run, one: One, answer: Answer) -> None:
    """A token that was fetched for this very request is not renewed, in whichever attempt the API refuses it."""
    text = one("url: /\nassert: {status: 401}", OAUTH)
    ran = run(text, [answer(503), answer(401)], login=tokens(answer))
    assert shown(ran) == ["token-1", "token-1"]
    assert ran.outcomes == {"R": "passed"}
    text = one("url: /", OAUTH) + "  - {name: S, url: /s, assert: {status: 401}}\n"
    ran = run(text, [answer(200), answer(401), answer(503), answer(401)], login=tokens(answer))
    assert shown(ran) == ["token-1", "token-1", "token-2", "token-2"]
    assert ran.outcomes == {"R": "passed", "S": "passed"}


def test_a_token_step_that_fails_is_not_retried(run: Run, one: One, answer: Answer) -> None:
    """`retry` is for requests: a token endpoint that refuses ends the matter."""
    ran = run(one("url: /", OAUTH), [answer(200)], login=[answer(503, {"error": "temporarily_unavailable"})])
    assert (ran["R"].fault.kind, len(ran.asked), ran.sent, ran.waits) == ("auth", 1, [], [])


def test_credentials_are_made_anew_for_each_attempt(run: Run, one: One, answer: Answer) -> None:
    """A token that ends during a wait is renewed before the next attempt."""
    login = [answer(200, {"access_token": f"token-{n}", "expires_in": 50}) for n in (1, 2)]
    text = one("url: /", OAUTH.replace("delay: 2s", "delay: 40s").replace("client_id: a", "client_id: a, leeway: 20s"))
    ran = run(text, [answer(503), answer(200)], login=login)
    assert shown(ran) == ["token-1", "token-2"]


def test_fail_fast_waits_for_the_last_attempt(run: Run, answer: Answer) -> None:
    """Only a request that failed for good stops the run."""
    text = "base_url: http://h\ndefaults: {retry: {attempts: 2}}\nrequests: [{name: A, url: /a}, {name: B, url: /b}]"
    assert run(text, [answer(503), answer(200)], fail_fast=True).outcomes == {"A": "passed", "B": "passed"}
    assert run(text, [answer(503)], fail_fast=True).outcomes == {"A": "failed", "B": "skipped"}
