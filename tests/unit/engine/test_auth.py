"""Auth schemes: what goes on the request, the token request's form, and how its answer is read."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

import pytest

from runner.engine.auth import lifetime as lifetimes
from runner.engine.auth.oauth2 import answers
from runner.engine.exchange import Exchange, Request
from runner.errors import AuthError
from runner.redaction import Redactor

Built = Callable[..., Request]
FaultOf = Callable[..., Any]
Run = Callable[..., Any]
Answer = Callable[..., Any]
One = Callable[..., str]


def basic(pair: str) -> str:
    return "Basic " + base64.b64encode(pair.encode()).decode()


@pytest.mark.parametrize(
    ("auth", "name", "value"),
    [
        ("{type: bearer, token: t0ken}", "authorization", "Bearer t0ken"),
        ("{type: basic, username: ada, password: 'pass:wörd'}", "authorization", basic("ada:pass:wörd")),
        ("{type: basic, username: ada, password: ''}", "authorization", basic("ada:")),
        ("{type: api_key, name: X-Key, value: k}", "x-key", "k"),
        ("{type: api_key, name: X-Key, value: k, in: header}", "x-key", "k"),
        ("{type: api_key, name: key, value: k, in: cookie}", "cookie", "key=k"),
        ("{type: api_key, name: '{{name}}', value: '{{n}}'}", "x-name", "5"),
    ],
)
def test_what_a_scheme_puts_on_the_request(auth: str, name: str, value: str, built: Built) -> None:
    """Each scheme sends its credential in its place, and that place stays at the request's origin."""
    request = built(f"url: http://h\nauth: {auth}", "variables: {name: X-Name, n: 5}")
    assert request.header(name) == value
    assert name in request.secret_headers


def test_an_api_key_in_the_query_comes_last_and_stays_at_its_origin(built: Built) -> None:
    """The key is encoded and added after what the URL has."""
    request = built("url: 'http://h/x?a=1'\nquery: {b: 2}\nauth: {type: api_key, name: k, value: 'p+q', in: query}")
    assert request.url == "http://h/x?a=1&b=2&k=p%2Bq"
    assert request.secret_query == {"k"}


def test_an_api_key_in_a_cookie_goes_beside_those_of_the_request(built: Built) -> None:
    """Cookies of the request are kept."""
    request = built("url: http://h\ncookies: {a: 1}\nauth: {type: api_key, name: k, value: v, in: cookie}")
    assert request.header("cookie") == "a=1; k=v"


@pytest.mark.parametrize(
    ("auth", "message"),
    [
        ("{type: bearer, token: ''}", "'token' of auth is empty"),
        ("{type: bearer, token: '{{none}}'}", "'token' of auth is empty"),
        ("{type: basic, username: 'a:b', password: c}", "cannot hold a ':'"),
        ("{type: api_key, name: a, value: b, in: '{{where}}'}", "'in' of auth cannot be 'body'"),
        ("{type: oauth2, token_url: 'nowhere', client_id: a, client_secret: b}", "'token_url' is not a URL"),
        (
            "{type: oauth2, token_url: 'http://h', client_id: a, client_secret: b, leeway: '{{where}}'}",
            "wants a duration",
        ),
    ],
)
def test_fields_that_cannot_be_used_error_the_request(auth: str, message: str, fault_of: FaultOf) -> None:
    """An empty or wrong field is told at its place, and nothing is sent."""
    fault = fault_of(f"url: http://h\nauth: {auth}", "variables: {none: null, where: body}")
    assert message in fault.message
    assert fault.span is not None


@pytest.mark.parametrize(
    "auth",
    [
        "{type: bearer, token: sentinel-1}",
        "{type: basic, username: ada, password: sentinel-1}",
        "{type: api_key, name: a, value: sentinel-1}",
        "{type: oauth2, token_url: 'http://h/t', client_id: a, client_secret: sentinel-1}",
        "{type: oauth2, token_url: 'http://h/t', client_id: a, client_secret: sentinel-1, client_auth: basic}",
    ],
)
def test_credentials_are_secrets_by_themselves(auth: str, run: Run, one: One) -> None:
    """What a scheme sends is hidden without being declared a secret, also in base64 of `user:password`."""
    ran = run(one(f"url: http://h\nauth: {auth}"))
    assert ran.redactor.text("it is sentinel-1") == "it is ***"
    for request in [*ran.sent, *ran.asked]:
        shown = ran.redactor.apply(request)
        credentials = shown.header("authorization")
        assert credentials in (None, "Basic ***", "Bearer ***", "***")
        assert "sentinel" not in repr(shown)


# --- inheritance ---------------------------------------------------------------------------------------------------

TREE = """
base_url: http://h
auth: {type: bearer, token: outer}
requests:
  - {name: A, url: /, %s}
  - {name: G, %s, requests: [{name: B, url: /, %s}]}
"""


@pytest.mark.parametrize(
    ("request_", "group", "inner", "sent"),
    [
        ("tags: x", "tags: x", "tags: x", ["Bearer outer", "Bearer outer"]),
        ("auth: none", "auth: none", "tags: x", [None, None]),
        ("auth: {type: none}", "auth: {type: bearer, token: group}", "tags: x", [None, "Bearer group"]),
        ("auth: {token: own}", "auth: {token: group}", "auth: {token: inner}", ["Bearer own", "Bearer inner"]),
        (
            "auth: {type: bearer, token: own}",
            "auth: none",
            "auth: {type: bearer, token: in}",
            ["Bearer own", "Bearer in"],
        ),
        ("headers: {authorization: mine}", "tags: x", "headers: {Authorization: mine}", ["mine", "mine"]),
        ("headers: {Authorization: null}", "tags: x", "tags: x", ["Bearer outer", "Bearer outer"]),
        ("headers: {Authorization: mine}", "defaults: {headers: {Authorization: g}}", "tags: x", ["mine", "g"]),
        ("tags: x", "defaults: {headers: {Authorization: g}}", "auth: {token: near}", ["Bearer outer", "Bearer near"]),
    ],
)
def test_the_nearest_auth_wins(request_: str, group: str, inner: str, sent: list[Any], run: Run) -> None:
    """Absent inherits, `none` sends none, a mapping without type changes fields, a written Authorization header wins."""
    ran = run(TREE % (request_, group, inner))
    assert [request.header("authorization") for request in ran.sent] == sent


def test_a_written_authorization_header_fetches_no_token(run: Run, one: One) -> None:
    """With a header of its own a request asks for no token."""
    auth = "auth: {type: oauth2, token_url: 'http://h/t', client_id: a, client_secret: b}"
    ran = run(one("url: http://h\nheaders: {Authorization: mine}", auth))
    assert (ran.asked, ran.sent[0].header("authorization")) == ([], "mine")


def test_a_change_of_a_key_that_the_inherited_type_has_not_is_a_fault(faults: Any) -> None:
    """Keys of a mapping without type are judged by the type that is inherited."""
    (fault,) = faults(TREE % ("auth: {scope: x}", "tags: x", "tags: x"))
    assert fault.message == "unknown key 'scope' in the inherited auth of type 'bearer'"


# --- the token request ---------------------------------------------------------------------------------------------

CLIENT = "type: oauth2, token_url: 'https://login.test/token', client_id: id, client_secret: pw"


def asked(run: Run, one: One, fields: str = "", **options: Any) -> Request:
    ran = run(one("url: https://api.test", f"auth: {{{CLIENT}{fields}}}"), **options)
    assert ran.asked, ran.finished
    request: Request = ran.asked[0]
    return request


def form(request: Request) -> list[tuple[str, str]]:
    return parse_qsl((request.body or b"").decode(), keep_blank_values=True)


def test_the_token_request_by_post(run: Run, one: One) -> None:
    """client_credentials sends grant, id and secret in the form and asks for JSON; redirects are not followed."""
    request = asked(run, one)
    assert (request.method, request.url, request.max_redirects) == ("POST", "https://login.test/token", 0)
    assert form(request) == [("grant_type", "client_credentials"), ("client_id", "id"), ("client_secret", "pw")]
    assert request.header("content-type") == "application/x-www-form-urlencoded"
    assert request.header("accept") == "application/json"
    assert request.header("authorization") is None


def test_the_token_request_by_basic_is_form_encoded_first(run: Run, one: One) -> None:
    """RFC 6749 § 2.3.1: id and secret are form-encoded before base64, and not sent in the form."""
    client = CLIENT.replace("client_id: id", "client_id: 'i d:'").replace("pw", "'p@ss w+rd%:/'")
    request = run(one("url: http://h", f"auth: {{{client}, client_auth: basic}}")).asked[0]
    assert request.header("authorization") == basic("i+d%3A:p%40ss+w%2Brd%25%3A%2F")
    assert form(request) == [("grant_type", "client_credentials")]


def test_a_secret_in_the_form_is_encoded(run: Run, one: One) -> None:
    """By post the secret arrives as it is written."""
    request = asked(run, one, ", scope: a")
    assert b"client_secret=pw&scope=a" in (request.body or b"")
    client = CLIENT.replace("pw", "'p@ss w+rd%:/'")
    request = run(one("url: http://h", f"auth: {{{client}}}")).asked[0]
    assert b"client_secret=p%40ss+w%2Brd%25%3A%2F" in request.body


@pytest.mark.parametrize(
    ("fields", "added"),
    [
        (", scope: a b", [("scope", "a b")]),
        (", scope: [a, b]", [("scope", "a b")]),
        (", scope: ''", []),
        (", scope: null", []),
        (", scope: []", []),
        (", scope: [a, '', null]", [("scope", "a")]),
        (", audience: aud", [("audience", "aud")]),
        (", resource: [r1, r2]", [("resource", "r1"), ("resource", "r2")]),
        (", audience: '', resource: ''", []),
        (", extra: {a: 1, b: [x, y], c: '', d: null}", [("a", "1"), ("b", "x"), ("b", "y")]),
        (", extra: {'p q': '{{`2`}}'}", [("p q", "2")]),
        (", scope: a, extra: {scope: z}", [("scope", "z")]),
    ],
)
def test_fields_of_the_form(fields: str, added: list[tuple[str, str]], run: Run, one: One) -> None:
    """Lists of scope join by a space, other lists repeat, empty fields are never sent, `extra` adds its own."""
    assert form(asked(run, one, fields))[3:] == added


def test_extra_wins_over_all_others(run: Run, one: One) -> None:
    """A field of `extra` takes the place of that of the grant and of the client."""
    request = asked(run, one, ", extra: {grant_type: urn:other, client_id: other}")
    assert form(request) == [("client_secret", "pw"), ("grant_type", "urn:other"), ("client_id", "other")]


def test_the_token_request_honours_tls_and_timeout(run: Run, one: One) -> None:
    """Timeout and TLS settings of the request hold for its token step as well."""
    ran = run(one("url: http://h\ntimeout: 3s\nverify: false", f"auth: {{{CLIENT}}}"))
    assert (ran.asked[0].timeout, ran.asked[0].connection.verify) == (3.0, False)


@pytest.mark.parametrize(
    ("fields", "header", "value"),
    [
        ("", "authorization", "Bearer token-1"),
        (", prefix: Token", "authorization", "Token token-1"),
        (", name: X-Token", "x-token", "Bearer token-1"),
    ],
)
def test_where_the_token_goes(fields: str, header: str, value: str, run: Run, one: One) -> None:
    """`name` and `prefix` say how the token is sent in a header."""
    request = run(one("url: http://h", f"auth: {{{CLIENT}{fields}}}")).sent[0]
    assert request.header(header) == value
    assert header in request.secret_headers


@pytest.mark.parametrize(("fields", "name"), [(", in: query", "access_token"), (", in: query, name: t", "t")])
def test_a_token_in_the_query(fields: str, name: str, run: Run, one: One) -> None:
    """`in: query` sends it as `access_token`, or as `name` says."""
    request = run(one("url: http://h", f"auth: {{{CLIENT}{fields}}}")).sent[0]
    assert (request.url, request.secret_query) == (f"http://h?{name}=token-1", {name})


# --- the answer ----------------------------------------------------------------------------------------------------


def jwt(claims: Any) -> str:
    parts = [json.dumps(part).encode() for part in ({"alg": "none"}, claims)]
    return ".".join([*(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts), "c2ln"])


@pytest.mark.parametrize(
    ("answered", "lifetime"),
    [
        ({"expires_in": 3599}, 3599.0),
        ({"expires_in": 12.5}, 12.5),
        ({"expires_in": "3599"}, 3599.0),
        ({"expires_in": " 60 "}, 60.0),
        ({"expires_in": "soon"}, None),
        ({"expires_in": None}, None),
        ({"expires_in": True}, None),
        ({"expires_in": 0}, None),
        ({}, None),
        ({"access_token": jwt({"iat": 1000, "exp": 1600})}, 600.0),
        ({"access_token": jwt({"iat": 1000, "exp": 1600}), "expires_in": 60}, 60.0),
        ({"access_token": jwt({"exp": 1_000_500})}, 500.0),
        ({"access_token": jwt({"exp": 10})}, None),
        ({"access_token": jwt({"exp": "soon"})}, None),
        ({"access_token": jwt([1])}, None),
        ({"access_token": "a.!!!.c"}, None),
    ],
)
def test_how_long_a_token_lives(
    answered: dict[str, Any],
    lifetime: float | None,
    run: Run,
    one: One,
    answer: Answer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """`expires_in` as a number or as text, else the JWT's own `exp`, else nobody knows."""
    monkeypatch.setattr(lifetimes, "_wall_clock", lambda: 1_000_000.0)
    ran = run(one("url: http://h", f"auth: {{{CLIENT}}}"), login=[answer(200, {"access_token": "t", **answered})])
    assert ran.tokens[0].lifetime == lifetime
    assert ran.outcomes == {"R": "passed"}


@pytest.mark.parametrize(
    ("status", "body", "headers", "message", "more"),
    [
        (200, {"token_type": "Bearer"}, {}, "answered 200, but without an access_token", "the keys token_type"),
        (200, {"access_token": ""}, {}, "without an access_token", ""),
        (200, {"access_token": 5}, {}, "without an access_token", ""),
        (
            200,
            {"error": "invalid_scope", "error_description": "no such\nscope"},
            {},
            "answered 200: invalid_scope: no such scope",
            "check scope",
        ),
        (200, "<html>Sign in</html>", {}, "without an access_token", ": Sign in"),
        (200, "", {}, "without an access_token", ": an empty body"),
        (200, "<html><body></body></html>", {}, "without an access_token", ": a page without words"),
        (200, "[1]", {}, "without an access_token", "[1]"),
        (302, "", {"Location": "https://login.test/other"}, "a redirect to https://login.test/other", "not followed"),
        (400, {"error": "invalid_client"}, {}, "answered 400: invalid_client", "client_auth: basic"),
        (401, {"error": {"code": 5}}, {}, "answered 401", "the keys error"),
        (500, "oops\n now", {}, "answered 500", "oops now"),
        (503, "", {}, "answered 503", ": an empty body"),
        (
            401,
            {
                "error": "invalid_client",
                "error_description": "AADSTS7000215: Invalid client secret provided.",
                "trace_id": "tr-1",
                "correlation_id": "co-1",
            },
            {},
            "Trace ID: tr-1 Correlation ID: co-1",
            "the secret's value is needed, not its id",
        ),
        (
            400,
            {"error": "invalid_request", "error_description": "AADSTS90002: Tenant 'x' not found."},
            {},
            "AADSTS90002",
            "the tenant does not exist",
        ),
        (
            400,
            {"error": "invalid_scope", "error_description": "AADSTS1002012: bad scope"},
            {},
            "AADSTS1002012",
            "/.default",
        ),
        (400, {"error": "x", "error_uri": "https://docs.test/x"}, {}, "answered 400: x", "see https://docs.test/x"),
    ],
)
def test_an_answer_without_a_token(
    status: int, body: Any, headers: dict[str, str], message: str, more: str, run: Run, one: One, answer: Answer
) -> None:
    """The error says which URL, which status, the server's own words, and what to do about it."""
    ran = run(one("url: http://h", f"auth: {{{CLIENT}}}"), login=[answer(status, body, headers)])
    fault = ran.tokens[0].fault
    assert fault.message.startswith(f"POST https://login.test/token answered {status}")
    assert message in fault.message
    assert more in " ".join([fault.message, *fault.details, fault.hint])
    assert (ran.tokens[0].status, ran.sent, ran["R"].fault.kind) == (status, [], "auth")


def test_an_error_that_is_null_is_none(run: Run, one: One, answer: Answer) -> None:
    """A token with `error: null` beside it is a token."""
    login = [answer(200, {"access_token": "t", "error": None})]
    assert run(one("url: http://h", f"auth: {{{CLIENT}}}"), login=login).outcomes == {"R": "passed"}


@pytest.mark.parametrize("name", ["access_token", "refresh_token", "id_token"])
def test_all_tokens_of_an_answer_are_secrets(name: str, run: Run, one: One, answer: Answer) -> None:
    """Every token that an answer holds is hidden."""
    login = [answer(200, {"access_token": "token-0", name: "sentinel-1"})]
    ran = run(one("url: http://h", f"auth: {{{CLIENT}}}"), login=login)
    assert ran.redactor.text("sentinel-1") == "***"


def test_an_identity_is_shared_only_by_equals(run: Run, one: One) -> None:
    """Two scopes are two identities with a token each; the same one is asked for once."""
    text = f"""
    base_url: http://h
    auth: {{{CLIENT}, scope: a}}
    requests:
      - {{name: A, url: /}}
      - {{name: B, url: /, auth: {{scope: b}}}}
      - {{name: C, url: /, auth: {{{CLIENT}, scope: a}}}}
      - {{name: D, url: /, auth: {{prefix: Token}}}}
    """
    assert [dict(form(request))["scope"] for request in run(text).asked] == ["a", "b"]


@pytest.mark.parametrize("token", ["", "a", "a.b", "a.b.c", "a.é.c", "...", "a." + "W" * 10_000 + ".c"])
def test_what_is_no_jwt_has_no_claims(token: str) -> None:
    """Any other text is simply a token."""
    assert lifetimes.jwt_claims(token) == {}


def test_reading_a_token_hides_it_before_anything_can_fail(answer: Answer) -> None:
    """Also an answer that is refused has its tokens hidden."""
    redactor = Redactor()
    exchange = Exchange(Request("POST", "http://h"), answer(400, {"access_token": "sentinel-1", "error": "x"}))
    with pytest.raises(AuthError):
        answers.read_token(exchange, redactor.add)
    assert redactor.text("sentinel-1") == "***"
