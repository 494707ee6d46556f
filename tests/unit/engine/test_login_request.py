"""`type: request`: the login call that is sent, the token that is read from its answer, and faults found at load."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

import pytest

from runner.engine.auth import lifetime as lifetimes
from runner.errors import TransportError

Run = Callable[..., Any]
One = Callable[..., str]
Answer = Callable[..., Any]
Make = Callable[..., Any]
Faults = Callable[..., Any]

LOGIN = "type: request, request: {url: 'https://login.test/in', json: {user: ada}}"
NOON = "Tue, 01 Jan 2030 12:00:00 GMT"
NOON_EPOCH = 1893499200


@pytest.fixture
def login(run: Run, one: One, answer: Answer) -> Callable[..., Any]:
    """A run of one request with a login call, answered with this body."""

    def go(fields: str, body: Any, status: int = 200, headers: dict[str, str] | None = None, **options: Any) -> Any:
        auth = f"auth: {{{LOGIN}, {fields}}}"
        return run(one("url: https://api.test", auth), login=[answer(status, body, headers)], **options)

    return go


def basic(pair: str) -> str:
    return "Basic " + base64.b64encode(pair.encode()).decode()


# --- what is sent --------------------------------------------------------------------------------------------------

TREE = """
base_url: https://api.test/v1
variables: {{user: ada, region: eu}}
defaults: {{headers: {{X-Outer: '1', X-Both: outer}}, query: {{v: 2}}, timeout: 7s, verify: false}}
auth: {outer}
requests:
  - name: G
    base_url: /g
    defaults: {{headers: {{X-Inner: '2', X-Both: inner}}, timeout: 3s}}
    auth: {inner}
    requests:
      - {{name: A, url: /a, headers: {{X-Own: '3'}}, query: {{own: 1}}, timeout: 1s, auth: {own}}}
"""
CALL = "{type: request, token: body.token, request: {url: %s}}"


@pytest.mark.parametrize(
    ("outer", "inner", "own", "url", "headers", "timeout"),
    [
        (CALL % "/in", "null", "null", "https://api.test/v1/in?v=2", {"X-Outer": "1", "X-Both": "outer"}, 7.0),
        (
            "none",
            CALL % "/in",
            "null",
            "https://api.test/v1/g/in?v=2",
            {"X-Outer": "1", "X-Both": "inner", "X-Inner": "2"},
            3.0,
        ),
        (
            "none",
            "none",
            CALL % "/in",
            "https://api.test/v1/g/in?v=2",
            {"X-Outer": "1", "X-Both": "inner", "X-Inner": "2"},
            3.0,
        ),
        (
            CALL % "/in",
            "{prefix: Token}",
            "{refresh_on: [403]}",
            "https://api.test/v1/in?v=2",
            {"X-Outer": "1", "X-Both": "outer"},
            7.0,
        ),
        (
            CALL % "/in",
            "{request: {url: /other}}",
            "null",
            "https://api.test/v1/g/other?v=2",
            {"X-Outer": "1", "X-Both": "inner", "X-Inner": "2"},
            3.0,
        ),
        (
            CALL % "https://login.test/in",
            "null",
            "null",
            "https://login.test/in?v=2",
            {"X-Outer": "1", "X-Both": "outer"},
            7.0,
        ),
        (
            CALL % "'https://{{region}}.test/{{user}}?a=1', query: {v: null}, headers: {X-Both: own}, timeout: 9s",
            "null",
            "null",
            "https://eu.test/ada?a=1",
            {"X-Outer": "1", "X-Both": "own"},
            9.0,
        ),
    ],
    ids=["collection", "group", "request", "changed", "overridden", "absolute", "own"],
)
def test_what_a_login_call_inherits(
    outer: str,
    inner: str,
    own: str,
    url: str,
    headers: dict[str, str],
    timeout: float,
    run: Run,
    answer: Answer,
) -> None:
    """It is built like a request of the level that its block stands on: base_url and defaults of that level hold."""
    text = TREE.format(outer=outer, inner=inner, own=own).replace("    auth: null\n", "").replace(", auth: null", "")
    ran = run(text, login=[answer(200, {"token": "token-1"})])
    (request,) = ran.asked
    assert (request.method, request.url, request.timeout) == ("GET", url, timeout)
    assert dict(request.headers) == headers
    assert request.connection.verify is False
    assert ran["G / A"].outcome == "passed"
    assert ran.sent[0].header("authorization") in ("Bearer token-1", "Token token-1")


@pytest.mark.parametrize(
    ("call", "method", "content_type", "body"),
    [
        ("json: {user: '{{user}}', n: 5}", "POST", "application/json", b'{"user":"ada","n":5}'),
        ("form: {user: '{{user}}', b: [1, 2]}", "POST", "application/x-www-form-urlencoded", b"user=ada&b=1&b=2"),
        ("text: 'hello {{user}}'", "POST", "text/plain; charset=utf-8", b"hello ada"),
        ("method: PUT, json: null", "PUT", "application/json", b"null"),
        ("method: OPTIONS", "OPTIONS", None, None),
    ],
)
def test_the_body_of_a_login_call(
    call: str, method: str, content_type: str | None, body: bytes | None, run: Run, one: One, answer: Answer
) -> None:
    """Method and body are read as those of any request; redirects are followed as there, cookies go along."""
    auth = f"{{type: request, token: body.t, request: {{url: 'https://login.test/in', cookies: {{c: 1}}, {call}}}}}"
    text = one("url: https://api.test", f"variables: {{user: ada}}\nauth: {auth}")
    (request,) = run(text, login=[answer(200, {"t": "token-1"})]).asked
    assert (request.method, request.header("content-type"), request.body) == (method, content_type, body)
    assert (request.max_redirects, request.header("cookie")) == (10, "c=1")


def test_a_login_call_sees_the_variables_of_the_request(run: Run, answer: Answer) -> None:
    """Variables of the request that needs the token win; other values are another identity, equal ones are not."""
    ran = run(
        """
        variables: {user: ada}
        auth: {type: request, token: body.t, request: {url: 'https://login.test/{{user}}'}}
        requests:
          - {name: A, url: http://h}
          - {name: B, url: http://h, variables: {user: bob}}
          - {name: C, url: http://h, variables: {user: ada}}
        """.replace("{{{{", "{{").replace("}}}}", "}}"),
        login=[answer(200, {"t": "token-1"})],
    )
    assert [request.url for request in ran.asked] == ["https://login.test/ada", "https://login.test/bob"]


def test_variables_in_the_expression_of_a_token_are_part_of_the_identity(run: Run, answer: Answer) -> None:
    """Where the token is made of a variable, each of its values has a token of its own."""
    ran = run(
        """
        auth: {type: request, token: "join(':', [vars.user, body.t])", request: {url: 'https://login.test/in'}}
        requests:
          - {name: A, url: http://h, variables: {user: ada}}
          - {name: B, url: http://h, variables: {user: bob}}
          - {name: C, url: http://h, variables: {user: ada}}
        """,
        login=[answer(200, {"t": "token-1"})],
    )
    assert len(ran.asked) == 2
    carried = [request.header("authorization") for request in ran.sent]
    assert carried == ["Bearer ada:token-1", "Bearer bob:token-1", "Bearer ada:token-1"]


def test_key_files_of_a_login_call_are_known_by_their_place(run: Run, one: One, disk: Make, keys: Any) -> None:
    """The same name in two folders is two keys, also in the own auth of a login call."""
    own = "{type: jwt, private_key: app.pem, claims: {iss: app}}"
    text = one(
        "url: http://h", f"auth: {{type: request, token: body.t, request: {{url: 'https://l.test', auth: {own}}}}}"
    )

    def identity(folder: str) -> Any:
        files = disk({"app.pem": keys.pem(keys.rsa)})
        files.locate = lambda file, path: f"/{folder}/{path}"
        files.read = lambda path: keys.pem(keys.rsa)
        return run(text, disk=files).wishes[0].grant.identity

    assert identity("one") == identity("one")
    assert identity("one") != identity("two")


def test_the_identity_of_a_login_call_is_plain_data(run: Run, one: One) -> None:
    """It is JSON, the same in every process: the cache on disk finds a token by it."""
    call = (
        "{url: /in, json: {a: [1, 1.50, null, '{{pw}}'], '{{pw}}': {}}, auth: {type: basic, username: a, password: b}}"
    )
    auth = f"auth: {{type: request, token: body.t, request: {call}}}"
    first, second = (
        run(one("url: /", f"base_url: http://h\nvariables: {{pw: x}}\n{auth}")).wishes[0].grant.identity for _ in "ab"
    )
    assert json.dumps(first) == json.dumps(second)


def test_a_random_id_in_a_login_call_is_no_other_identity(run: Run, answer: Answer) -> None:
    """A call that says something new each time serves all who declare the same."""
    ran = run(
        """
        auth: {type: request, token: body.t, request: {url: 'https://login.test/in', headers: {X-Id: '{{uuid()}}'}}}
        requests: [{name: A, url: http://h}, {name: B, url: http://h}]
        """,
        login=[answer(200, {"t": "token-1"})],
    )
    assert len(ran.asked) == 1


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("request: {url: 'https://login.test/in', json: {user: ada}}", "request: {url: 'https://login.test/in'}"),
        (
            "request: {url: 'https://login.test/in', json: {user: ada}}",
            "request: {url: 'https://login.test/in', json: {user: bob}}",
        ),
        ("request: {url: 'https://login.test/in'}", "request: {url: 'https://login.test/in', method: PUT}"),
        (
            "request: {url: 'https://login.test/in'}, token: body.t",
            "request: {url: 'https://login.test/in'}, token: text",
        ),
        (
            "request: {url: 'https://login.test/in', json: {user: ada}}",
            "request: {url: 'https://login.test/in', form: {user: ada}}",
        ),
        (
            "request: {url: 'https://login.test/in', json: {user: 1}}",
            "request: {url: 'https://login.test/in', json: {user: true}}",
        ),
        (
            "request: {url: 'https://login.test/in', query: {user: ada}}",
            "request: {url: 'https://login.test/in', headers: {user: ada}}",
        ),
        (
            "request: {url: 'https://login.test/in', auth: {type: basic, username: a, password: b}}",
            "request: {url: 'https://login.test/in', auth: {type: basic, password: a, username: b}}",
        ),
        (
            "request: {url: 'https://login.test/in', auth: {type: basic, username: a, password: b}}",
            "request: {url: 'https://login.test/in', auth: {type: digest, username: a, password: b}}",
        ),
        (
            "request: {url: 'https://login.test/in', client_cert: {cert: ada.pem}}",
            "request: {url: 'https://login.test/in', client_cert: {cert: bob.pem}}",
        ),
    ],
)
def test_other_login_calls_are_other_identities(first: str, second: str, run: Run, answer: Answer) -> None:
    """Two calls that differ in what they send, or how it is read, have a token each."""

    def auth(fields: str) -> str:
        return f"{{type: request, {fields}{'' if 'token:' in fields else ', token: body.t'}}}"

    ran = run(
        f"""
        requests:
          - {{name: A, url: http://h, auth: {auth(first)}}}
          - {{name: B, url: http://h, auth: {auth(second)}}}
        """,
        login=[answer(200, {"t": "token-1"})],
    )
    assert len(ran.asked) == 2


@pytest.mark.parametrize(
    ("own", "header"),
    [
        ("{type: basic, username: ada, password: pw}", basic("ada:pw")),
        ("{type: bearer, token: '{{t}}'}", "Bearer outside"),
        ("{type: api_key, name: Authorization, value: key-1}", "key-1"),
        ("none", None),
    ],
)
def test_the_own_auth_of_a_login_call(own: str, header: str | None, run: Run, one: One, answer: Answer) -> None:
    """A login call inherits no auth; its own is put on it and stays at its origin."""
    auth = f"{{type: request, token: body.t, request: {{url: 'https://login.test/in', auth: {own}}}}}"
    text = one("url: https://api.test", f"variables: {{t: outside}}\nauth: {auth}")
    (request,) = run(text, login=[answer(200, {"t": "token-1"})]).asked
    assert request.header("authorization") == header
    assert ("authorization" in request.secret_headers) is (header is not None)


def test_a_login_call_with_a_jwt(run: Run, one: One, answer: Answer, disk: Make, keys: Any) -> None:
    """A GitHub App: a JWT signed here asks for the token of an installation."""
    auth = """
    auth:
      type: request
      request:
        url: https://api.github.test/app/installations/5/access_tokens
        method: POST
        auth: {type: jwt, private_key: app.pem, claims: {iss: Iv1}, lifetime: 9m}
      token: body.token
      expires_at: body.expires_at
    """
    body = {"token": "token-1", "expires_at": "2030-01-01T13:00:00Z"}
    ran = run(
        one("url: https://api.github.test/repos", auth),
        login=[answer(201, body, {"Date": NOON})],
        disk=disk({"app.pem": keys.pem(keys.rsa)}),
    )
    scheme, _, token = ran.asked[0].header("authorization").partition(" ")
    claims = keys.claims(token, keys.rsa, "RS256")[1]
    assert (scheme, claims["iss"], claims["exp"] - claims["iat"]) == ("Bearer", "Iv1", 540)
    assert ran.sent[0].header("authorization") == "Bearer token-1"
    assert ran.tokens[0].lifetime == 3600.0


def test_a_login_call_with_a_token_of_its_own(run: Run, one: One, answer: Answer) -> None:
    """An oauth2 token may be exchanged by the login call: both are asked for in one step, and both are hidden."""
    own = "{type: oauth2, token_url: 'https://login.test/token', client_id: id, client_secret: pw}"
    auth = f"{{type: request, token: body.t, request: {{url: 'https://login.test/in', auth: {own}}}}}"
    login = [answer(200, {"access_token": "inner-1"}), answer(200, {"t": "outer-1"})]
    ran = run(one("url: https://api.test", f"auth: {auth}"), login=login)
    first, second = ran.asked
    assert (first.url, first.header("authorization")) == ("https://login.test/token", None)
    assert (second.url, second.header("authorization")) == ("https://login.test/in", "Bearer inner-1")
    assert ran.sent[0].header("authorization") == "Bearer outer-1"
    assert len(ran.tokens) == 1
    assert ran.redactor.text("inner-1 outer-1") == "*** ***"


def test_the_own_token_of_a_login_call_is_refused(run: Run, one: One, answer: Answer) -> None:
    """Its failure is that of the token step, and the login call is not sent."""
    own = "{type: oauth2, token_url: 'https://login.test/token', client_id: id, client_secret: pw}"
    auth = f"{{type: request, token: body.t, request: {{url: 'https://login.test/in', auth: {own}}}}}"
    ran = run(one("url: https://api.test", f"auth: {auth}"), login=[answer(401, {"error": "invalid_client"})])
    assert ran.tokens[0].fault.message == "POST https://login.test/token answered 401: invalid_client"
    assert (len(ran.asked), ran.sent) == (1, [])


DIGEST = "auth: {type: digest, username: ada, password: pw}"


@pytest.mark.parametrize(
    ("replies", "sent", "outcome"),
    [
        (["challenge", "token"], [None, "Digest"], "passed"),
        (["token"], [None], "passed"),
        (["challenge", "challenge"], [None, "Digest"], "errored"),
        (["no challenge"], [None], "errored"),
        (["challenge", "stale", "token"], [None, "Digest", "Digest"], "passed"),
        (["challenge", "stale", "stale"], [None, "Digest", "Digest"], "errored"),
    ],
)
def test_a_login_call_by_digest(
    replies: list[str], sent: list[str | None], outcome: str, run: Run, one: One, answer: Answer
) -> None:
    """A challenge is met, once more where the server says that its nonce was stale (RFC 7616 § 3.3)."""
    challenge = 'Digest realm="r", nonce="%s", qop="auth", algorithm=SHA-256'
    given = {
        "challenge": answer(401, {}, {"WWW-Authenticate": challenge % "n1"}),
        "stale": answer(401, {}, {"WWW-Authenticate": challenge % "n2" + ", stale=true"}),
        "no challenge": answer(401, {}),
        "token": answer(200, {"t": "token-1"}),
    }
    auth = f"{{type: request, token: body.t, request: {{url: 'https://login.test/in', {DIGEST}}}}}"
    ran = run(one("url: https://api.test", f"auth: {auth}"), login=[given[name] for name in replies])
    schemes = [(request.header("authorization") or "").partition(" ")[0] or None for request in ran.asked]
    assert schemes == sent
    assert ran.outcomes == {"R": outcome}


def test_no_request_of_the_collection_logs_in(run: Run, one: One, answer: Answer) -> None:
    """The login call is no request of the collection: it has no result of its own, only the token step has."""
    ran = run(one("url: https://api.test", f"auth: {{{LOGIN}, token: body.t}}"), login=[answer(200, {"t": "token-1"})])
    assert list(ran.outcomes) == ["R"]
    (token,) = ran.tokens
    assert (token.name, token.method, token.url, token.status) == ("request", "POST", "https://login.test/in", 200)


# --- the token -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "body", "name", "value"),
    [
        ("token: body.t", {"t": "token-1"}, "authorization", "Bearer token-1"),
        ("token: body.t, prefix: ''", {"t": "token-1"}, "authorization", "token-1"),
        ("token: body.t, prefix: token, name: X-Auth", {"t": "token-1"}, "x-auth", "token token-1"),
        ("token: text, prefix: ''", "plain-token", "authorization", "plain-token"),
        ("token: 'trim(text)'", " plain-token\n", "authorization", "Bearer plain-token"),
        ('token: headers."x-token"', {}, "authorization", "Bearer from-header"),
        ("token: 'body.a || body.b'", {"b": "token-b"}, "authorization", "Bearer token-b"),
        ("token: 'body.list[?n==`2`].t | [0]'", {"list": [{"n": 2, "t": "t-2"}]}, "authorization", "Bearer t-2"),
        ("token: body.t", {"t": 12345}, "authorization", "Bearer 12345"),
    ],
)
def test_where_the_token_comes_from(fields: str, body: Any, name: str, value: str, login: Make) -> None:
    """`token` is any expression over the response; it is sent as `in`, `name` and `prefix` say."""
    ran = login(fields, body, headers={"X-Token": "from-header"})
    assert ran.outcomes == {"R": "passed"}, ran.tokens
    assert ran.sent[0].header(name) == value
    assert name in ran.sent[0].secret_headers


def test_the_token_in_the_query(login: Make) -> None:
    """`in: query` adds it as an entry that stays at its origin."""
    request = login("token: body.t, in: query, name: key", {"t": "a&b"}).sent[0]
    assert (request.url, request.secret_query) == ("https://api.test?key=a%26b", {"key"})


@pytest.mark.parametrize(
    ("expression", "body", "words"),
    [
        ("body.t", {"t": None}, "'token' (body.t) is null"),
        ("body.t", {"token": "x"}, "'token' (body.t) is null"),
        ("body.t", "<p>Sign in</p>", "'token' (body.t) is null"),
        ("body.t", {"t": ""}, "'token' is empty"),
        ("bytes", {}, "'token' gives bytes, not text"),
        ("length(body.t)", {}, "'token' cannot be evaluated: length()"),
        ("body.t", {"t": {"id": 1}}, "'token' gives object, not text"),
        ("body.t", {"t": ["x"]}, "'token' gives array, not text"),
        ("body.t", {"t": True}, "'token' gives boolean, not text"),
        ("body.t", '{"t": "half \\ud83d"}', "'token' cannot be sent: it holds half a character"),
    ],
)
def test_an_answer_without_a_token(expression: str, body: Any, words: str, login: Make) -> None:
    """The fault says which URL answered what, and what the expression gave."""
    ran = login(f"token: {expression}", body)
    fault = ran.tokens[0].fault
    assert fault.message.startswith("POST https://login.test/in answered 200")
    assert words in fault.message
    assert (ran.sent, ran["R"].fault.kind) == ([], "auth")


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({"token": "x", "user": {}}, "'body' has 'token', 'user'"),
        ("<p>Sign in</p>", "body is not JSON"),
        ("", "the body is empty"),
    ],
)
def test_why_there_is_no_token(body: Any, detail: str, login: Make) -> None:
    """What the response has in its place is told, but no value of it."""
    assert detail in " ".join(login("token: body.t", body).tokens[0].fault.details)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 500])
def test_a_refused_login(status: int, login: Make) -> None:
    """A status from 400 on is told with the words of the answer, whatever the expression would give."""
    ran = login("token: body.t", {"t": "token-1", "message": "wrong\npassword"}, status=status)
    fault = ran.tokens[0].fault
    assert fault.message.startswith(f"POST https://login.test/in answered {status}: ")
    assert "wrong" in fault.message
    assert ran.sent == []


@pytest.mark.parametrize(("body", "words"), [("", "an empty body"), ("<style>x</style><p>Too many</p>", "Too many")])
def test_a_refused_login_without_json(body: str, words: str, login: Make) -> None:
    """A page is told in its words, and nothing as nothing."""
    message = login("token: body.t", body, status=429).tokens[0].fault.message
    assert message == f"POST https://login.test/in answered 429: {words}"


def test_a_login_that_is_not_answered(run: Run, one: One) -> None:
    """A lost connection fails the token step."""
    text = one("url: https://api.test", f"auth: {{{LOGIN}, token: body.t}}")
    ran = run(text, login=[TransportError("connect", "connection refused")])
    assert ran.tokens[0].fault.message == "POST https://login.test/in got no answer: connection refused"


def test_a_token_that_the_api_refuses_is_fetched_anew(run: Run, answer: Answer) -> None:
    """After a status of `refresh_on` the login call is sent once more."""
    text = f"""
    auth: {{{LOGIN}, token: body.t, refresh_on: [401, 403]}}
    requests: [{{name: A, url: http://h}}, {{name: B, url: http://h}}]
    """
    api = [answer(200, {}), answer(403, {}), answer(200, {})]
    ran = run(text, api, login=[answer(200, {"t": "token-1"}), answer(200, {"t": "token-2"})])
    assert [request.header("authorization")[-1] for request in ran.sent] == ["1", "1", "2"]


# --- its life ------------------------------------------------------------------------------------------------------


def jwt(claims: Any) -> str:
    parts = [json.dumps(part).encode() for part in ({"alg": "none"}, claims)]
    return ".".join([*(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts), "c2ln"])


@pytest.mark.parametrize(
    ("fields", "body", "lifetime"),
    [
        ("expires_in: body.e", {"e": 3600}, 3600.0),
        ("expires_in: body.e", {"e": 1.5}, 1.5),
        ("expires_in: body.e", {"e": "3600"}, 3600.0),
        ("expires_in: body.e", {"e": "soon"}, None),
        ("expires_in: body.e", {"e": -1}, None),
        ("expires_in: 'multiply(body.e, `60`)'", {"e": 5}, 300.0),
        ("expires_at: body.e", {"e": "2030-01-01T13:00:00Z"}, 3600.0),
        ("expires_at: body.e", {"e": "2030-01-01T13:00:00.500Z"}, 3600.5),
        ("expires_at: body.e", {"e": "2030-01-01T15:00:00+02:00"}, 3600.0),
        ("expires_at: body.e", {"e": "2030-01-01 13:00:00"}, 3600.0),
        ("expires_at: body.e", {"e": NOON_EPOCH + 60}, 60.0),
        ("expires_at: body.e", {"e": str(NOON_EPOCH + 60)}, 60.0),
        ("expires_at: body.e", {"e": NOON_EPOCH - 60}, None),
        ("expires_at: body.e", {"e": "tomorrow"}, None),
        ("expires_in: body.i, expires_at: body.e", {"i": 60, "e": NOON_EPOCH + 90}, 60.0),
        ("expires_in: body.i, expires_at: body.e", {"i": "x", "e": NOON_EPOCH + 90}, 90.0),
        ("prefix: Bearer", {"token": jwt({"iat": 10, "exp": 70})}, 60.0),
        ("expires_in: body.e", {"token": jwt({"iat": 10, "exp": 70}), "e": 5}, 5.0),
        ("prefix: Bearer", {}, None),
    ],
)
def test_how_long_a_token_lives(fields: str, body: dict[str, Any], lifetime: float | None, login: Make) -> None:
    """`expires_in` in seconds, else `expires_at` by the server's own clock, else the JWT's claims, else nobody knows."""
    ran = login(f"token: body.token, {fields}", {"token": "token-1", **body}, headers={"Date": NOON})
    assert ran.outcomes == {"R": "passed"}, ran.tokens
    assert ran.tokens[0].lifetime == lifetime


@pytest.mark.parametrize("date", [None, "", "yesterday"])
def test_a_server_without_a_clock(date: str | None, login: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a Date header that can be read, our own clock says how long it is until `expires_at`."""
    monkeypatch.setattr(lifetimes, "_wall_clock", lambda: float(NOON_EPOCH))
    headers = {} if date is None else {"Date": date}
    ran = login("token: body.t, expires_at: body.e", {"t": "x", "e": "2030-01-01T12:10:00Z"}, headers=headers)
    assert ran.tokens[0].lifetime == 600.0


@pytest.mark.parametrize("name", ["expires_in", "expires_at"])
def test_a_life_that_is_missing(name: str, login: Make) -> None:
    """An expression for the life that gives null fails the step: nothing is silently unknown."""
    fault = login(f"token: body.t, {name}: body.e", {"t": "token-1"}).tokens[0].fault
    assert f"'{name}' (body.e) is null" in fault.message


@pytest.mark.parametrize(
    "body",
    [
        {"e": 10**400},
        {"e": "1" + "0" * 400},
        {"e": 60, "t": jwt({"iat": 1, "exp": 10**400})},
    ],
)
def test_a_life_beyond_all_numbers(body: dict[str, Any], login: Make) -> None:
    """A number that no clock can count is as none."""
    expiry = ", expires_in: body.e" if body["e"] != 60 else ""
    assert login(f"token: body.t{expiry}", {"t": "token-1", **body}).tokens[0].lifetime is None


# --- secrets -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "call",
    [
        "json: {password: sentinel-1}",
        "json: {user: {passwd: sentinel-1}}",
        "json: {client_secret: [{value: sentinel-1}]}",
        "json: {apiKey: sentinel-1}",
        "form: {password: sentinel-1}",
        "form: {refresh_token: '{{pw}}'}",
        "headers: {X-Api-Key: sentinel-1}",
        "headers: {X-Auth-Token: sentinel-1}",
        "text: 'password=sentinel-1&x=1'",
        "query: {api_key: sentinel-1}",
        "query: {password: '{{pw}}'}",
        "form: {password: [sentinel-1, other]}",
        "headers: {Authorization: Token sentinel-1}",
        "cookies: {lang: en, session: sentinel-1}",
    ],
)
def test_credentials_of_a_login_call_are_secrets(call: str, run: Run, one: One, answer: Answer) -> None:
    """What goes out under the name of a credential is hidden without being declared a secret."""
    auth = f"{{type: request, token: body.t, request: {{url: 'https://login.test/in', {call}}}}}"
    text = one("url: https://api.test", f"variables: {{pw: sentinel-1}}\nauth: {auth}")
    ran = run(text, login=[answer(200, {"t": "token-1"})])
    assert ran.outcomes == {"R": "passed"}
    assert ran.redactor.text("it is sentinel-1") == "it is ***"


@pytest.mark.parametrize(
    ("token", "body"),
    [
        ("base64(join(':', [vars.pw, body.found]))", {"found": "sentinel-1"}),
        ("split(text, ' ')[1]", "sentinel-1 x"),
        ("body.none || body.found", {"found": "sentinel-1"}),
        ("upper(body.list[0].found)", {"list": [{"found": "sentinel-1"}]}),
        ("join('.', body.parts)", {"parts": ["sentinel-1", "x"]}),
        ("base64(body.found)", {"found": ["sentinel-1"]}),
        ("body.t", {"t": "x", "refresh_token": "sentinel-1"}),
        ("body.t", {"error": "none", "user": {"passwords": ["sentinel-1"]}}),
    ],
)
def test_what_the_answer_holds_is_secret(token: str, body: Any, run: Run, one: One, answer: Answer) -> None:
    """What the token is computed from, and what has the name of a credential, is hidden; the rest is not."""
    text = one("url: https://api.test", f'variables: {{pw: in-the-file}}\nauth: {{{LOGIN}, token: "{token}"}}')
    ran = run(text, login=[answer(200, {**body, "n": "nothing"} if isinstance(body, dict) else body)])
    assert "sentinel-1" not in ran.redactor.text("it is sentinel-1 x")
    assert ran.redactor.text("in-the-file, nothing, none") == "in-the-file, nothing, none"
    fault = ran.tokens[0].fault
    assert fault is None or "sentinel-1" not in ran.redactor.text(f"{fault.message} {fault.details}")


def test_the_token_is_a_secret_whatever_follows(login: Make) -> None:
    """A token is hidden also when its life cannot be read."""
    ran = login("token: body.t, expires_in: body.none", {"t": "sentinel-1"})
    assert ran.outcomes == {"R": "errored"}
    assert ran.redactor.text("sentinel-1") == "***"


# --- faults at load ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("auth", "messages"),
    [
        ("{type: request, token: body.t, request: {json: {}}}", ["the request of auth has no 'url'"]),
        ("{type: request, token: body.t, request: {}}", ["the request of auth has no 'url'"]),
        ("{type: request, token: body.t, request: /in}", ["the request of auth must be a mapping, not text"]),
        ("{type: request, token: body.t}", ["auth of type 'request' has no 'request'"]),
        ("{type: request, request: {url: /in}}", ["auth of type 'request' has no 'token'"]),
        (
            "{type: request, token: body.t, request: {url: /in, name: Log in}}",
            ["unknown key 'name' in the request of auth"],
        ),
        (
            "{type: request, token: body.t, request: {url: /in, assert: [status: 200]}}",
            ["unknown key 'assert' in the request of auth"],
        ),
        (
            "{type: request, token: body.t, request: {url: /in, capture: {a: body}, delay: 1s, when: x}}",
            [f"unknown key '{name}' in the request of auth" for name in ("capture", "delay", "when")],
        ),
        (
            "{type: request, token: body.t, request: {url: /in, json: {}, form: {}}}",
            ["a request has one body: 'json' or 'form', not both"],
        ),
        (
            "{type: request, token: body.t, request: {url: /in}, scope: x, grant: password}",
            [f"unknown key '{name}' in auth of type 'request'" for name in ("scope", "grant")],
        ),
        (
            "{type: request, token: body.t, request: {url: /in, auth: {token: x}}}",
            ["the auth of a login call has no type: a login call inherits none"],
        ),
        (
            "{type: request, token: body.t, request: {url: /in, auth: {type: request, token: body, request: {url: /x}}}}",
            ["the auth of a login call cannot be of type 'request' again"],
        ),
        (
            "{type: request, token: body.t, request: {url: /in, auth: {type: basic, username: a}}}",
            ["auth of type 'basic' has no 'password'"],
        ),
        (
            "{type: request, token: body.t, request: {url: '/{{usr}}', json: {a: '{{missing}}'}}}",
            ["undefined variable 'usr'", "undefined variable 'missing'"],
        ),
        (
            "{type: request, token: body.t, request: {url: /in, auth: {type: bearer, token: '{{missing}}'}}}",
            ["undefined variable 'missing'"],
        ),
        ("{type: request, token: bdy.t, request: {url: /in}}", ["'bdy' is not a key of the response"]),
        ("{type: request, token: 'body.', request: {url: /in}}", ["the expression ends too early"]),
        ("{type: request, token: body.t, expires_in: [1], request: {url: /in}}", ["'expires_in' wants an expression"]),
        ("{type: request, token: 5, request: {url: /in}}", ["'token' wants an expression"]),
        (
            "{type: request, token: body.t, request: {url: /in}, in: cookie, cache: ram, leeway: soon, refresh_on: x}",
            ["'in' cannot be 'cookie'", "'cache' cannot be 'ram'", "'leeway' wants a duration", "'refresh_on' wants"],
        ),
    ],
)
def test_faults_of_a_login_call(auth: str, messages: list[str], faults: Faults, one: One) -> None:
    """What is wrong in a login call is told when the file is read, at its place."""
    found = faults(one("url: /", f"base_url: http://h\nvariables: {{user: ada}}\nauth: {auth}"))
    said = [fault.message for fault in found]
    assert len(said) == len(messages), said
    for message in messages:
        assert any(message in line for line in said), (message, said)
    assert all(fault.span for fault in found)


def test_environment_variables_of_a_login_call_are_needed(plan: Make, one: One) -> None:
    """What a login call and its own auth take from the environment is asked for before anything is sent."""
    auth = """{type: request, token: body.t, request: {
        url: '/{{env.PLACE}}', json: {user: '{{env.USER_NAME}}'},
        auth: {type: bearer, token: '{{env.APP_TOKEN}}'}}}"""
    needs = plan(one("url: /", f"base_url: http://h\nauth: {auth}")).steps[0].needs
    assert {need.name for need in needs if need.kind == "env"} == {"PLACE", "USER_NAME", "APP_TOKEN"}


# --- changes without a type ----------------------------------------------------------------------------------------

OUTER = "base_url: http://h\nauth: {type: request, request: {url: /in}, token: body.t}\n"


@pytest.mark.parametrize(
    ("change", "header"),
    [
        ("{token: body.other}", "Bearer other-1"),
        ("{prefix: Token}", "Token token-1"),
        ("{token: body.other, prefix: ''}", "other-1"),
        ("{request: {url: /elsewhere}}", "Bearer token-1"),
    ],
)
def test_a_change_of_an_inherited_login(change: str, header: str, run: Run, answer: Answer) -> None:
    """A mapping without type changes those keys; `token` stays an expression over the response."""
    text = f"{OUTER}requests: [{{name: A, url: /a}}, {{name: B, url: /b, auth: {change}}}]"
    ran = run(text, login=[answer(200, {"t": "token-1", "other": "other-1"})])
    assert [request.header("authorization") for request in ran.sent] == ["Bearer token-1", header]
    assert len(ran.asked) == (1 if change == "{prefix: Token}" else 2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("{token: bdy.other}", "'bdy' is not a key of the response"),
        ("{token: 'body.'}", "the expression ends too early"),
        ("{token: [1]}", "'token' wants "),
        ("{scope: x}", "unknown key 'scope' in the inherited auth of type 'request'"),
        ("{in: cookie}", "'in' cannot be 'cookie'"),
        ("{request: {json: {}}}", "the request of auth has no 'url'"),
        ("{request: {url: '/{{missing}}'}}", "undefined variable 'missing'"),
    ],
)
def test_faults_of_a_change(change: str, message: str, faults: Faults) -> None:
    """A wrong change is told once, at its place."""
    found = faults(f"{OUTER}requests: [{{name: B, url: /b, auth: {change}}}]")
    assert len(found) == 1, found
    assert message in found[0].message
    assert found[0].span is not None


def test_the_expression_of_a_change_is_no_secret(run: Run, answer: Answer) -> None:
    """`token: body.other` is an expression where a login call is inherited: it is shown as it is written."""
    text = f"{OUTER}requests: [{{name: B, url: /b, auth: {{token: body.other}}}}]"
    ran = run(text, login=[answer(200, {"other": "token-1"})])
    assert ran.plan.collection.source.secrets == []


@pytest.mark.parametrize(
    ("outer", "change", "found"),
    [
        ("{type: bearer, token: first}", "{token: literal}", ["first", "literal"]),
        ("{type: basic, username: a, password: b}", "{username: c, password: d}", ["b", "d"]),
        ("none", "{type: oauth2, token_url: 'http://h', client_id: a, client_secret: b}", ["b"]),
        ("{type: request, request: {url: /in, auth: {type: bearer, token: own}}, token: body}", "none", ["own"]),
    ],
)
def test_literal_credentials(outer: str, change: str, found: list[str], load: Make) -> None:
    """What a file holds as a credential is known by the type of its block, which may be the inherited one."""
    text = (
        f"base_url: http://h\nauth: {outer}\nrequests: [{{name: G, requests: [{{name: A, url: /, auth: {change}}}]}}]"
    )
    assert load(text).source.secrets == found


@pytest.mark.parametrize("outer", ["", "auth: none\n"])
def test_a_credential_without_a_type_is_hidden(outer: str, faults: Faults) -> None:
    """Where no type says what a key is, it is taken for a credential: the line is shown without it."""
    (fault,) = faults(f"base_url: http://h\n{outer}requests: [{{name: A, url: /, auth: {{token: sentinel-1}}}}]")
    assert fault.message == "auth has no type, and there is none to inherit"
    assert "sentinel-1" not in fault.span.source.line(fault.span.line)


def test_the_form_of_a_login(run: Run, one: One, answer: Answer) -> None:
    """A form keeps its order and its repeated names on the wire."""
    auth = "{type: request, token: body.t, request: {url: 'https://login.test/in', form: {b: [2, 1], a: 'x y'}}}"
    (request,) = run(one("url: http://h", f"auth: {auth}"), login=[answer(200, {"t": "token-1"})]).asked
    assert parse_qsl(request.body.decode()) == [("b", "2"), ("b", "1"), ("a", "x y")]
