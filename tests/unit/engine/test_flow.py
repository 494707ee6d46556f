"""How a collection runs: order, captures, conditions, skips, delays, faults, and the token step as the flow sees it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.engine.events import CollectionFinished, CollectionStarted, StepFinished, StepStarted, TokenFinished
from runner.engine.origins import origin
from runner.engine.results import CollectionResult, Outcome, RunResult
from runner.errors import ExitCode, TransportError

Run = Callable[..., Any]
Answer = Callable[..., Any]

CHAIN = """
base_url: http://h
requests:
  - {name: A, url: /a, capture: {id: body.id}}
  - {name: B, url: "/b/{{id}}"}
"""


def exit_code(ran: Any) -> ExitCode:
    return RunResult((CollectionResult("c", "p", tuple(ran.finished)),)).exit_code


def test_events_come_in_order(run: Run, answer: Answer) -> None:
    """A collection starts, each request starts and finishes, the collection finishes."""
    ran = run(CHAIN, [answer(200, {"id": 1})])
    assert [type(event) for event in ran.events] == [
        CollectionStarted, StepStarted, StepFinished, StepStarted, StepFinished, CollectionFinished,
    ]  # fmt: skip
    assert ran.events[0].names == ("A", "B")
    assert [step.name for step in ran.result.steps] == ["A", "B"]
    assert all(step.exchange is None for step in ran.result.steps)


def test_a_capture_is_there_for_later_requests(run: Run, answer: Answer) -> None:
    """What one response gives goes into the next request, with its type and spelling."""
    ran = run(CHAIN, [answer(200, '{"id": 1.10}'), answer(200, {})])
    assert ran.urls == ["http://h/a", "http://h/b/1.10"]
    assert ran["A"].captured == ("id",)


def test_requests_run_in_the_order_of_the_file(run: Run) -> None:
    """Groups do not change the order; full names join with ` / `."""
    text = """
    base_url: http://h
    requests:
      - {name: A, url: /1}
      - name: G
        requests:
          - {name: A, url: /2}
          - {name: H, requests: [{name: A, url: /3}]}
      - {name: B, url: /4}
    """
    ran = run(text)
    assert ran.urls == ["http://h/1", "http://h/2", "http://h/3", "http://h/4"]
    assert [step.name for step in ran.finished] == ["A", "G / A", "G / H / A", "B"]


# --- captures that were not taken ----------------------------------------------------------------------------------


def test_null_fails_the_capture_and_dependents_are_skipped(run: Run, answer: Answer) -> None:
    """A null capture fails its request; those that use the variable are skipped and say which one they wait for."""
    ran = run(CHAIN, [answer(200, {"id": None})])
    assert ran.outcomes == {"A": "failed", "B": "skipped"}
    assert ran["B"].reason == "waits for 'id': 'A' did not capture it"
    assert exit_code(ran) == ExitCode.FAILED
    assert len(ran.sent) == 1


@pytest.mark.parametrize("uses", [
    'url: /, headers: {A: "{{id}}"}', 'url: /, when: "id == `1`"', 'url: /, auth: {type: bearer, token: "{{id}}"}',
    'url: /, json: ["{{derived}}"]', 'url: /, variables: {own: "{{id}}"}, text: "{{own}}"',
    'url: /, assert: ["body.id == vars.id"]', 'url: /, assert: [{body.id: "{{id}}"}]', 'url: /, capture: {x: "vars.id"}',
])  # fmt: skip
def test_whoever_uses_a_capture_waits_for_it(uses: str, run: Run, answer: Answer) -> None:
    """In a template, `when`, auth, a variable, an assertion or another capture: all of them wait."""
    text = f"""
    base_url: http://h
    variables: {{derived: "x{{{{id}}}}"}}
    requests:
      - {{name: A, url: /a, capture: {{id: body.id}}}}
      - {{name: B, {uses}}}
    """
    ran = run(text, [answer(200, {"id": None})])
    assert ran.outcomes == {"A": "failed", "B": "skipped"}
    assert ran["B"].reason.startswith("waits for 'id': 'A'")


@pytest.mark.parametrize("uses", ["text: \"{{id || 'none'}}\"", "assert: [\"not_null(vars.id, 'x') == 'x'\"]"])
def test_a_capture_that_may_be_missing_is_not_waited_for(uses: str, run: Run, answer: Answer) -> None:
    """A name left of `||` or in `not_null` may be missing."""
    text = f"""
    base_url: http://h
    requests:
      - {{name: A, url: /a, capture: {{id: body.id}}}}
      - name: B
        url: /b
        {uses}
    """
    assert run(text, [answer(200, {"id": None})]).outcomes == {"A": "failed", "B": "passed"}


def test_an_error_before_a_capture_skips_its_dependents(run: Run, answer: Answer) -> None:
    """No response, no capture: dependents are skipped, and theirs in turn."""
    text = (
        CHAIN + '  - {name: C, url: /c, capture: {c: body.c}, headers: {A: "{{id}}"}}\n  - {name: D, url: "/{{c}}"}\n'
    )
    ran = run(text, [TransportError("dns", "no such host", "check the name"), answer(200, {})])
    assert ran.outcomes == {"A": "errored", "B": "skipped", "C": "skipped", "D": "skipped"}
    assert ran["B"].reason == "waits for 'id': 'A', which captures it, got no response"
    assert ran["D"].reason == "waits for 'c': 'C', which captures it, was skipped"
    assert (ran["A"].fault.kind, ran["A"].fault.hint) == ("dns", "check the name")
    assert exit_code(ran) == ExitCode.TRANSPORT


def test_a_default_stands_in_for_null(run: Run, answer: Answer) -> None:
    """`default` is used where the expression gives null, and may be a template or null itself."""
    text = """
    base_url: http://h
    variables: {n: 5}
    requests:
      - {name: A, url: /a, capture: {id: {from: body.id, default: "{{n}}"}, none: {from: body.x, default: null}}}
      - {name: B, url: "/b/{{id}}", json: "{{none}}"}
    """
    ran = run(text, [answer(200, {})])
    assert ran.outcomes == {"A": "passed", "B": "passed"}
    assert (ran.sent[1].url, ran.sent[1].body) == ("http://h/b/5", b"null")


def test_captures_are_taken_before_assertions_and_whatever_they_say(run: Run, answer: Answer) -> None:
    """A failed assertion does not keep a capture back, and assertions see the request's own captures."""
    text = """
    base_url: http://h
    requests:
      - {name: A, url: /a, capture: {id: body.id}, assert: [body.id == vars.id, status: 201]}
      - {name: B, url: "/b/{{id}}"}
    """.replace("status: 201]", "{status: 201}]")
    ran = run(text, [answer(200, {"id": 3})])
    assert ran.outcomes == {"A": "failed", "B": "passed"}
    assert [verdict.passed for verdict in ran["A"].verdicts] == [True, False]
    assert ran.urls[1] == "http://h/b/3"


def test_a_capture_that_cannot_be_evaluated_fails_its_request(run: Run, answer: Answer) -> None:
    """`length(null)` in a capture fails it, with function and value."""
    ran = run("requests: [{name: A, url: http://h, capture: {n: length(body.x)}}]", [answer(200, {})])
    assert ran["A"].outcome is Outcome.FAILED
    assert "length" in ran["A"].verdicts[0].problem
    assert ran["A"].verdicts[0].subject == "capture"


def test_a_skipped_capture_leaves_a_variable_of_the_same_name(run: Run) -> None:
    """Where a variable has the name too, it stands in for a capture that a skipped request would have taken."""
    text = """
    base_url: http://h
    variables: {id: declared}
    requests:
      - {name: A, url: /a, skip: true, capture: {id: body.id}}
      - {name: B, url: "/b/{{id}}"}
    """
    ran = run(text)
    assert ran.outcomes == {"A": "skipped", "B": "passed"}
    assert ran.urls == ["http://h/b/declared"]


# --- not sent ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("skip", "reason"), [("true", "skip: true"), ("the server is down", "the server is down")])
def test_skip_is_told_with_its_reason(skip: str, reason: str, run: Run) -> None:
    """A skipped request, or one of a skipped group, is not sent and says why."""
    text = f"""
    base_url: http://h
    requests:
      - {{name: A, url: /, skip: {skip}}}
      - {{name: G, skip: {skip}, requests: [{{name: B, url: /}}]}}
      - {{name: C, url: /, skip: false}}
    """
    ran = run(text)
    assert [(step.outcome, step.reason) for step in ran.finished] == [
        (Outcome.SKIPPED, reason),
        (Outcome.SKIPPED, reason),
        (Outcome.PASSED, ""),
    ]
    assert exit_code(ran) == ExitCode.PASSED


@pytest.mark.parametrize(
    ("when", "outcome", "word"),
    [
        ("n == `5`", "passed", ""),
        ("vars.n == `5`", "passed", ""),
        ("n == `6`", "skipped", "when: n == `6` is false"),
        ("none", "skipped", "when: none is null"),
        ("n", "errored", "'when' must give true or false, this is number"),
        ("length(n) == `1`", "errored", "length"),
        ("user.nope == `1`", "errored", "has no key 'nope'"),
        ("env.A == 'x'", "passed", ""),
    ],
)
@pytest.mark.parametrize("place", ["request", "group"])
def test_when_decides_whether_a_request_is_sent(when: str, outcome: str, word: str, place: str, run: Run) -> None:
    """True sends, false and null skip, any other type and a failed expression error the request."""
    own, around = (f'when: "{when}", ', "") if place == "request" else ("", f'when: "{when}", ')
    text = f"""
    variables: {{n: 5, none: null, user: {{id: 1}}}}
    requests: [{{name: G, {around}requests: [{{name: R, {own}url: http://h}}]}}]
    """
    ran = run(text, env={"A": "x"})
    step = ran["G / R"]
    assert str(step.outcome) == outcome
    assert word in (step.fault.message if step.fault else step.reason)
    assert len(ran.sent) == (outcome == "passed")


def test_a_delay_waits_before_its_request(run: Run) -> None:
    """`delay` is a wish to wait, in seconds, made before the request is sent and only then."""
    text = 'requests: [{name: A, url: http://h, delay: 100ms}, {name: B, url: http://h, delay: 1s, when: "`false`"}]'
    assert run(text).waits == [0.1]


def test_fail_fast_skips_the_rest(run: Run, answer: Answer) -> None:
    """After the first failure nothing more is sent, and the rest says why."""
    text = "requests: [{name: A, url: http://h}, {name: B, url: http://h}, {name: C, url: http://h}]"
    ran = run(text, [answer(200), answer(500)], fail_fast=True)
    assert ran.outcomes == {"A": "passed", "B": "failed", "C": "skipped"}
    assert "--fail-fast" in ran["C"].reason


def test_a_template_that_fails_on_a_captured_value_errors_its_request(run: Run, answer: Answer) -> None:
    """A request that cannot be built for what was captured is errored (exit 4), and the run goes on."""
    text = """
    base_url: http://h
    requests:
      - {name: A, url: /a, capture: {user: body.user}}
      - {name: B, url: "/b/{{user.id}}"}
      - {name: C, url: /c}
    """
    ran = run(text, [answer(200, {"user": {"name": "ada"}}), answer(200)])
    assert ran.outcomes == {"A": "passed", "B": "errored", "C": "passed"}
    assert ran["B"].fault.kind == "build"
    assert ran["B"].fault.span.text == "id"
    assert exit_code(ran) == ExitCode.TRANSPORT


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=()), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@given(value=json_values)
def test_no_captured_value_ends_the_run(value: Any, run: Run, answer: Answer) -> None:
    """Whatever a response holds, using it anywhere gives an outcome, never an exception."""
    _use_everywhere(json.dumps({"v": value}), run, answer)


@pytest.mark.parametrize(
    "text",
    ['"\\ud800"', '"a\\r\\nb"', "1e999", "-0", "9" * 5000, "[" * 900 + "]" * 900, '{"a":' * 600 + "1" + "}" * 600, '"[bad"', '"http://[bad"', '""', '"\\u0000"'],
    ids=lambda text: text[:12],
)  # fmt: skip
def test_odd_values_do_not_end_the_run(text: str, run: Run, answer: Answer) -> None:
    """Lone surrogates, line breaks, huge numbers, deep structures and bad hosts become outcomes."""
    _use_everywhere(f'{{"v": {text}}}', run, answer)


EVERYWHERE = """
requests:
  - {name: A, url: http://h, capture: {v: {from: body.v, default: x}}}
  - {name: url, url: "http://h/{{v}}"}
  - {name: host, url: "http://{{v}}/x"}
  - {name: whole, url: "{{v}}"}
  - {name: method, url: http://h, method: "{{v}}"}
  - {name: query, url: http://h, query: {a: "{{v}}", "{{v}}": "x{{v}}"}}
  - {name: headers, url: http://h, headers: {A: "{{v}}", "{{v}}": x}}
  - {name: cookies, url: http://h, cookies: {a: "{{v}}"}}
  - {name: json, url: http://h, json: {a: "{{v}}", "x{{v || 'a'}}": 1}}
  - {name: form, url: http://h, form: {a: "{{v}}"}}
  - {name: text, url: http://h, text: "{{v}}"}
  - {name: settings, url: http://h, timeout: "{{v}}", max_body: "{{v}}", follow_redirects: "{{v}}", verify: "{{v}}"}
  - {name: delay, url: http://h, delay: "{{v}}"}
  - {name: when, url: http://h, when: v}
  - {name: bearer, url: http://h, auth: {type: bearer, token: "{{v}}"}}
  - {name: basic, url: http://h, auth: {type: basic, username: "{{v}}", password: "{{v}}"}}
  - {name: key, url: http://h, auth: {type: api_key, name: "{{v}}", value: "{{v}}", in: query}}
  - {name: place, url: http://h, auth: {type: api_key, name: a, value: b, in: "{{v}}"}}
  - name: oauth2
    url: http://h
    auth: {type: oauth2, token_url: "http://h/{{v}}", client_id: "{{v}}", client_secret: "{{v}}", scope: "{{v}}", extra: {a: "{{v}}"}, leeway: "{{v}}"}
  - name: assert
    url: http://h
    assert:
      - body.v: "{{v}}"
      - {that: body, includes: {v: "{{v}}"}, message: "{{v}}"}
      - body.v == vars.v
      - body.v
      - {that: body.v, equals: other}
"""


def _use_everywhere(body: str, run: Run, answer: Answer) -> None:
    ran = run(EVERYWHERE, [answer(200, body)])
    assert len(ran.finished) == 20
    ran.redactor.add("sentinel-1")
    for event in ran.events:
        ran.redactor.apply(event)


# --- exit codes ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ([200, 200, 200], ExitCode.PASSED),
        ([500, 200, 200], ExitCode.FAILED),
        (["tls", 500, 200], ExitCode.TRANSPORT),
        ([500, "timeout", "auth"], ExitCode.AUTH),
    ],
)
def test_the_gravest_outcome_makes_the_exit_code(answers: list[Any], code: ExitCode, run: Run, answer: Answer) -> None:
    """Of several, 5 goes before 4 and 4 before 1."""
    auth = (
        "auth: {type: oauth2, token_url: http://h/t, client_id: a, client_secret: b}"
        if "auth" in answers
        else "skip: x"
    )
    text = f"requests: [{{name: A, url: http://h}}, {{name: B, url: http://h}}, {{name: C, url: http://h, {auth}}}]"
    replies = [answer(a) if isinstance(a, int) else TransportError(a, "no") for a in answers]
    ran = run(text, replies, login=[answer(401, {"error": "invalid_client"})])
    assert exit_code(ran) == code
    assert RunResult((ran.result,), interrupted=True).exit_code == ExitCode.INTERRUPTED


def test_skips_alone_pass(run: Run) -> None:
    """A run in which everything was skipped has passed."""
    ran = run("requests: [{name: A, url: http://h, skip: true}]")
    result = RunResult((ran.result,))
    assert (result.exit_code, result.passed, result.count(Outcome.SKIPPED)) == (ExitCode.PASSED, True, 1)


# --- the token step ------------------------------------------------------------------------------------------------

OAUTH = """
base_url: https://api.test
auth: {type: oauth2, token_url: "https://login.test/token", client_id: id, client_secret: sentinel-1}
requests:
  - {name: A, url: /a}
  - {name: B, url: /b}
  - {name: C, url: /c, auth: none}
"""


def test_one_token_serves_all_requests(run: Run) -> None:
    """The token is fetched once and told by name, URL, status and life, before the first request that uses it."""
    ran = run(OAUTH)
    assert [request.header("authorization") for request in ran.sent] == ["Bearer token-1", "Bearer token-1", None]
    assert len(ran.asked) == 1
    kinds = [type(event) for event in ran.events]
    assert kinds.index(TokenFinished) < kinds.index(StepFinished)
    token = ran.tokens[0]
    assert (token.name, token.url, token.status, token.lifetime, token.number) == (
        "client_credentials", "https://login.test/token", 200, 3600.0, 1,
    )  # fmt: skip
    assert all("authorization" in request.secret_headers for request in ran.sent[:2])


def test_a_failed_token_errors_its_dependents_and_sends_none(run: Run, answer: Answer) -> None:
    """One question for the token, every dependent errored with exit code 5 and never sent, the others go on."""
    ran = run(OAUTH, login=[answer(401, {"error": "invalid_client", "error_description": "no\nsuch client"})])
    assert ran.outcomes == {"A": "errored", "B": "errored", "C": "passed"}
    assert (len(ran.asked), ran.urls) == (1, ["https://api.test/c"])
    assert {ran["A"].fault.kind, ran["B"].fault.kind} == {"auth"}
    fault = ran.tokens[0].fault
    assert fault.message == "POST https://login.test/token answered 401: invalid_client: no such client"
    assert exit_code(ran) == ExitCode.AUTH


@pytest.mark.parametrize("kind", ["dns", "timeout", "tls"])
def test_a_token_endpoint_that_gives_no_answer_is_an_auth_failure(kind: str, run: Run) -> None:
    """A transport fault of the token step is told as the token step's, with its URL."""
    ran = run(OAUTH, login=[TransportError(kind, "no such host", "check it")])
    assert exit_code(ran) == ExitCode.AUTH
    assert ran.tokens[0].fault.message == "POST https://login.test/token got no answer: no such host"
    assert ran.tokens[0].fault.hint == "check it"


def numbered(answer: Answer) -> Any:
    count = iter(range(1, 100))
    return lambda request: answer(200, {"access_token": f"token-{next(count)}", "expires_in": 3600})


def bearers(ran: Any) -> list[str | None]:
    return [request.header("authorization") for request in ran.sent]


def test_a_refused_token_is_renewed_once_and_the_request_sent_again(run: Run, answer: Answer) -> None:
    """A 401 to a token that was there before: a new one, the same request again, judged on the last answer."""
    ran = run(OAUTH, [answer(200), answer(401), answer(200, {"ok": True}), answer(200)], login=numbered(answer))
    assert ran.outcomes == {"A": "passed", "B": "passed", "C": "passed"}
    assert bearers(ran) == ["Bearer token-1", "Bearer token-1", "Bearer token-2", None]
    assert [exchange.response.status for exchange in ran["B"].earlier] == [401]
    assert [token.number for token in ran.tokens][-1] == 2


def test_a_token_fetched_for_this_very_request_is_not_renewed(run: Run, answer: Answer) -> None:
    """A 401 to a brand-new token is the answer."""
    ran = run(OAUTH, [answer(401), answer(200), answer(200)], login=numbered(answer))
    assert ran.outcomes == {"A": "failed", "B": "passed", "C": "passed"}
    assert len(ran.asked) == 1
    assert bearers(ran)[:2] == ["Bearer token-1", "Bearer token-1"]


def test_a_renewed_token_that_is_refused_again_is_the_answer(run: Run, answer: Answer) -> None:
    """The request is sent again once, not more."""
    ran = run(OAUTH, [answer(200), answer(401), answer(401), answer(200)], login=numbered(answer))
    assert ran.outcomes == {"A": "passed", "B": "failed", "C": "passed"}
    assert (len(ran.asked), len(ran.sent)) == (2, 4)


def test_a_401_of_another_origin_renews_nothing(run: Run, answer: Answer) -> None:
    """After a redirect to another origin, which never got the token, a 401 is the answer."""
    ran = run(OAUTH, [answer(200), answer(401, url="https://other.test/b"), answer(200)], login=numbered(answer))
    assert ran.outcomes["B"] == "failed"
    assert len(ran.asked) == 1


def test_a_401_after_a_redirect_of_the_same_origin_renews(run: Run, answer: Answer) -> None:
    """Within its origin a redirect keeps the token, and so its refusal counts."""
    replies = [answer(200), answer(401, url="https://api.test:443/elsewhere"), answer(200)]
    assert len(run(OAUTH, replies, login=numbered(answer)).asked) == 2


def test_a_renewal_that_fails_errors_the_request(run: Run, answer: Answer) -> None:
    """The 401 is kept as an earlier exchange; the request is errored, and so are those after it."""
    login = [answer(200, {"access_token": "token-1"}), answer(400, {"error": "invalid_grant"})]
    text = OAUTH + "  - {name: D, url: /d}\n"
    ran = run(text, [answer(200), answer(401), answer(200)], login=login)
    assert ran.outcomes == {"A": "passed", "B": "errored", "C": "passed", "D": "errored"}
    assert len(ran.asked) == 2
    assert [exchange.response.status for exchange in ran["B"].earlier] == [401]


@pytest.mark.parametrize(("refresh_on", "status", "asked"), [("[403]", 403, 2), ("[403]", 401, 1), ("[]", 401, 1), ("401", 401, 2)])  # fmt: skip
def test_refresh_on_says_which_statuses_renew(
    refresh_on: str, status: int, asked: int, run: Run, answer: Answer
) -> None:
    """`refresh_on` takes the place of [401]."""
    text = OAUTH.replace("client_id: id", f"client_id: id, refresh_on: {refresh_on}")
    assert len(run(text, [answer(200), answer(status), answer(200)], login=numbered(answer)).asked) == asked


def test_other_schemes_do_not_send_again(run: Run, answer: Answer) -> None:
    """A 401 to a bearer token of the file is the answer."""
    text = "auth: {type: bearer, token: t}\nrequests: [{name: A, url: http://h}]"
    assert len(run(text, [answer(401)]).sent) == 1


def test_a_request_that_waits_asks_for_no_token(run: Run, answer: Answer) -> None:
    """A skipped request fetches nothing."""
    ran = run(OAUTH.replace("url: /a}", "url: /a, skip: x}").replace("url: /b}", 'url: /b, when: "`false`"}'))
    assert ran.asked == []


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("http://h/x", ("http", "h", 80)),
        ("https://H:443/x", ("https", "h", 443)),
        ("https://h", ("https", "h", 443)),
        ("http://[::1]:81/", ("http", "::1", 81)),
    ],
)
def test_origins(url: str, found: tuple[str, str, int]) -> None:
    """An origin is scheme, host and port, the usual port included."""
    assert origin(url) == found
