"""The grants of OAuth 2.0: the form of each on the wire, how it is renewed, and which requests share a token."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from runner.engine.auth.oauth2 import people
from runner.engine.exchange import Request
from runner.errors import TransportError

Run = Callable[..., Any]
One = Callable[..., str]
Answer = Callable[..., Any]
Make = Callable[..., Any]

TOKEN_URL = "https://login.test/token"
BASE = f"type: oauth2, token_url: '{TOKEN_URL}'"
CLIENT = f"{BASE}, client_id: id, client_secret: pw"
PAIR = [("client_id", "id"), ("client_secret", "pw")]


def form(request: Request) -> list[tuple[str, str]]:
    return parse_qsl((request.body or b"").decode(), keep_blank_values=True)


def query(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))


@pytest.fixture
def asked(run: Run, one: One) -> Callable[..., Request]:
    """The only token request of a run with these keys of `auth`."""

    def ask(auth: str, **options: Any) -> Request:
        ran = run(one("url: https://api.test", f"auth: {{{auth}}}"), **options)
        assert ran.outcomes == {"R": "passed"}, ran.tokens
        (request,) = ran.asked
        return request

    return ask


@pytest.fixture
def fault(run: Run, one: One) -> Callable[..., Any]:
    """The fault of the token step of a run with these keys of `auth`."""

    def find(auth: str, **options: Any) -> Any:
        ran = run(one("url: https://api.test", f"auth: {{{auth}}}"), **options)
        assert ran.sent == []
        assert ran["R"].fault.kind == "auth"
        return ran.tokens[0].fault

    return find


# --- forms on the wire ---------------------------------------------------------------------------------------------

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
TYPES = "urn:ietf:params:oauth:token-type:"
MANY = "scope: [a, b], audience: [u1, u2], resource: [r1, r2]"
ASKED_FOR = [("scope", "a b"), ("audience", "u1"), ("audience", "u2"), ("resource", "r1"), ("resource", "r2")]


@pytest.mark.parametrize(
    ("auth", "sent"),
    [
        (CLIENT, [("grant_type", "client_credentials"), *PAIR]),
        (f"{CLIENT}, grant: client_credentials, {MANY}", [("grant_type", "client_credentials"), *PAIR, *ASKED_FOR]),
        (
            f"{CLIENT}, grant: password, username: ada, password: 'p w', {MANY}",
            [("grant_type", "password"), ("username", "ada"), ("password", "p w"), *PAIR, *ASKED_FOR],
        ),
        (
            f"{BASE}, client_id: id, grant: password, username: ada, password: x",
            [("grant_type", "password"), ("username", "ada"), ("password", "x"), ("client_id", "id")],
        ),
        (
            f"{CLIENT}, grant: refresh_token, refresh_token: rt-1, scope: a",
            [("grant_type", "refresh_token"), ("refresh_token", "rt-1"), *PAIR, ("scope", "a")],
        ),
        (
            f"{CLIENT}, grant: jwt_bearer, assertion: a.b.c, {MANY}",
            [("grant_type", JWT_BEARER), ("assertion", "a.b.c"), *PAIR, *ASKED_FOR],
        ),
        (
            f"{CLIENT}, grant: jwt_bearer, assertion: a.b.c, scope: s, extra: {{requested_token_use: on_behalf_of}}",
            [
                ("grant_type", JWT_BEARER),
                ("assertion", "a.b.c"),
                *PAIR,
                ("scope", "s"),
                ("requested_token_use", "on_behalf_of"),
            ],
        ),
        (f"{BASE}, grant: jwt_bearer, assertion: a.b.c", [("grant_type", JWT_BEARER), ("assertion", "a.b.c")]),
        (
            f"{CLIENT}, grant: token_exchange, subject_token: st-1, {MANY}",
            [
                ("grant_type", EXCHANGE),
                ("subject_token", "st-1"),
                ("subject_token_type", f"{TYPES}access_token"),
                *PAIR,
                *ASKED_FOR,
            ],
        ),
        (
            f"{BASE}, client_auth: none, grant: token_exchange, subject_token: st-1, subject_token_type: id_token",
            [("grant_type", EXCHANGE), ("subject_token", "st-1"), ("subject_token_type", f"{TYPES}id_token")],
        ),
        (
            f"{BASE}, grant: token_exchange, subject_token: st-1, subject_token_type: 'urn:x:token:own'",
            [("grant_type", EXCHANGE), ("subject_token", "st-1"), ("subject_token_type", "urn:x:token:own")],
        ),
    ],
)
def test_the_form_of_a_grant(auth: str, sent: list[tuple[str, str]], asked: Make) -> None:
    """Each grant sends its own fields, then the client's, then scope, audience and resource; lists repeat."""
    request = asked(auth)
    assert (request.method, request.url) == ("POST", TOKEN_URL)
    assert request.header("content-type") == "application/x-www-form-urlencoded"
    assert form(request) == sent


def test_the_token_exchange_of_rfc_8693(asked: Make) -> None:
    """RFC 8693 § 2.3: the resource is asked for with the token that the client was called with."""
    subject = "accVkjcJyb4BWCxGsndESCJQbdFMogUC5PbRDqceLTC"
    request = asked(
        f"""{BASE}, client_auth: basic_raw, client_id: rs08, client_secret: long-secure-random-secret,
        grant: token_exchange, resource: 'https://backend.example.com/api', subject_token: {subject},
        subject_token_type: 'urn:ietf:params:oauth:token-type:access_token'"""
    )
    assert request.header("authorization") == "Basic cnMwODpsb25nLXNlY3VyZS1yYW5kb20tc2VjcmV0"
    assert sorted(form(request)) == [
        ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
        ("resource", "https://backend.example.com/api"),
        ("subject_token", subject),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"),
    ]


@pytest.mark.parametrize(
    ("auth", "sent"),
    [
        (
            f"{CLIENT}, grant: password, username: ada, password: x, scope: '', resource: '{{{{none}}}}'",
            [("grant_type", "password"), ("username", "ada"), ("password", "x"), *PAIR],
        ),
        (
            f"{CLIENT}, grant: token_exchange, subject_token: st-1, subject_token_type: '', audience: [a, ''], scope: []",
            [
                ("grant_type", EXCHANGE),
                ("subject_token", "st-1"),
                ("subject_token_type", f"{TYPES}access_token"),
                *PAIR,
                ("audience", "a"),
            ],
        ),
        (
            f"{BASE}, grant: token_exchange, subject_token: st-1, client_id: '', client_secret: ''",
            [("grant_type", EXCHANGE), ("subject_token", "st-1"), ("subject_token_type", f"{TYPES}access_token")],
        ),
        (f"{CLIENT}, extra: {{a: '', b: null, c: [], d: ['', null]}}", [("grant_type", "client_credentials"), *PAIR]),
    ],
)
def test_empty_fields_are_never_sent(auth: str, sent: list[tuple[str, str]], run: Run, one: One) -> None:
    """What is empty or null is left out of the form."""
    ran = run(one("url: https://api.test", f"variables: {{none: null}}\nauth: {{{auth}}}"))
    assert form(ran.asked[0]) == sent


@pytest.mark.parametrize(
    ("extra", "changed"),
    [
        ("subject_token: mine", {"subject_token": ["mine"]}),
        ("subject_token_type: short", {"subject_token_type": ["short"]}),
        ("client_id: other", {"client_id": ["other"]}),
        ("audience: [x, y]", {"audience": ["x", "y"]}),
        ("audience: null", {}),
        ("actor_token: act, requested_token_type: [r]", {"actor_token": ["act"], "requested_token_type": ["r"]}),
        ("n: 1.10, yes: true, o: {a: [1]}", {"n": ["1.10"], "yes": ["true"], "o": ['{"a":[1]}']}),
    ],
)
def test_extra_wins_over_the_fields_of_a_grant(extra: str, changed: dict[str, list[str]], asked: Make) -> None:
    """A field of `extra` stands in the form in place of the grant's own of that name, as often as it has values."""
    auth = f"{CLIENT}, grant: token_exchange, subject_token: st-1, audience: aud"
    names = {name.split(":")[0].strip() for name in extra.split(", ")}
    kept = [pair for pair in form(asked(auth)) if pair[0] not in names]
    added = [(name, value) for name, values in changed.items() for value in values]
    assert form(asked(f"{auth}, extra: {{{extra}}}")) == kept + added


@pytest.mark.parametrize(
    "auth",
    [
        f"{CLIENT}, grant: password, username: ada, password: sentinel-1",
        f"{CLIENT}, grant: refresh_token, refresh_token: sentinel-1",
        f"{CLIENT}, grant: jwt_bearer, assertion: sentinel-1",
        f"{CLIENT}, grant: token_exchange, subject_token: sentinel-1",
        f"{CLIENT}, extra: {{actor_token: sentinel-1}}",
    ],
)
def test_the_credentials_of_a_grant_are_secrets(auth: str, run: Run, one: One) -> None:
    """What a grant sends as a credential is hidden without being declared a secret."""
    ran = run(one("url: http://h", f"auth: {{{auth}}}"))
    assert b"sentinel-1" in ran.asked[0].body
    assert ran.redactor.text("it is sentinel-1") == "it is ***"


# --- jwt_bearer with a key -----------------------------------------------------------------------------------------

SIGNED = f"{BASE}, grant: jwt_bearer, private_key: key.pem"


def assertion(request: Request) -> str:
    return dict(form(request))["assertion"]


@pytest.mark.parametrize(
    ("more", "claims"),
    [
        ("client_id: id", {"iss": "id", "aud": TOKEN_URL}),
        ("client_id: id, subject: ada, scope: [a, b]", {"iss": "id", "sub": "ada", "aud": TOKEN_URL, "scope": "a b"}),
        ("client_id: id, assertion_audience: 'https://aud.test'", {"iss": "id", "aud": "https://aud.test"}),
        ("client_id: id, subject: '', scope: ''", {"iss": "id", "aud": TOKEN_URL}),
    ],
)
def test_the_claims_of_an_assertion_made_here(
    more: str, claims: dict[str, Any], asked: Make, disk: Make, keys: Any
) -> None:
    """iss, sub, aud and scope stand in the assertion; it is valid for 300 s and the client is not named in the form.

    The scope is a field of the form as well (RFC 7521 § 4.1).
    """
    request = asked(f"{SIGNED}, {more}", disk=disk({"key.pem": keys.pem(keys.rsa)}))
    scope = [("scope", claims["scope"])] if "scope" in claims else []
    assert form(request) == [("grant_type", JWT_BEARER), ("assertion", assertion(request)), *scope]
    header, found = keys.claims(assertion(request), keys.rsa, "RS256")
    assert header == {"alg": "RS256", "typ": "JWT"}
    assert found["exp"] - found["iat"] == 300
    assert {name: value for name, value in found.items() if name not in ("iat", "exp", "jti")} == claims


def test_a_google_service_account(asked: Make, disk: Make, keys: Any) -> None:
    """Its JSON file is a private key: `client_email` is the issuer, `private_key_id` the kid; the form has no scope."""
    account = {
        "type": "service_account",
        "project_id": "p",
        "private_key_id": "kid-1",
        "private_key": keys.pem(keys.rsa),
        "client_email": "robot@p.iam.gserviceaccount.com",
        "token_uri": TOKEN_URL,
    }
    request = asked(f"{SIGNED}, scope: s1, subject: ada@p.test", disk=disk({"key.pem": json.dumps(account)}))
    assert [name for name, _ in form(request)] == ["grant_type", "assertion"]
    header, claims = keys.claims(assertion(request), keys.rsa, "RS256")
    assert header == {"alg": "RS256", "typ": "JWT", "kid": "kid-1"}
    assert {name: claims[name] for name in ("iss", "sub", "aud", "scope")} == {
        "iss": "robot@p.iam.gserviceaccount.com",
        "sub": "ada@p.test",
        "aud": TOKEN_URL,
        "scope": "s1",
    }


def test_an_assertion_beside_a_client_secret(asked: Make, disk: Make, keys: Any) -> None:
    """With a client_secret the client is named in the form as well; scope, audience and resource are form fields."""
    request = asked(
        f"{CLIENT}, grant: jwt_bearer, private_key: key.pem, {MANY}", disk=disk({"key.pem": keys.pem(keys.ec)})
    )
    sent = form(request)
    assert [pair for pair in sent if pair[0] != "assertion"] == [("grant_type", JWT_BEARER), *PAIR, *ASKED_FOR]
    assert keys.claims(assertion(request), keys.ec, "ES256")[1]["scope"] == "a b"


def test_each_assertion_is_a_new_one(run: Run, disk: Make, keys: Any) -> None:
    """A renewal signs another assertion, and both are hidden."""
    ran = run(f"auth: {{{SIGNED}, client_id: id, leeway: 2h}}\n{TWO}", disk=disk({"key.pem": keys.pem(keys.rsa)}))
    first, second = map(assertion, ran.asked)
    ids = {keys.claims(token, keys.rsa, "RS256")[1]["jti"] for token in (first, second)}
    assert len(ids) == 2
    assert [ran.redactor.text(token) for token in (first, second)] == ["***", "***"]


def test_an_assertion_and_a_key_of_the_client(asked: Make, disk: Make, keys: Any) -> None:
    """Beside a ready assertion the private key is that of the client (on-behalf-of without a certificate)."""
    auth = f"{BASE}, client_id: id, grant: jwt_bearer, assertion: user.jwt.x, private_key: key.pem"
    assert "client_assertion" in dict(form(asked(auth, disk=disk({"key.pem": keys.pem(keys.rsa)}))))


# --- authorization_code --------------------------------------------------------------------------------------------

AUTHORIZE = "https://login.test/authorize"
CODE = f"{BASE}, client_id: id, grant: authorization_code, authorization_url: '{AUTHORIZE}'"


def test_the_challenge_of_rfc_7636(monkeypatch: pytest.MonkeyPatch, asked: Make, person: Make) -> None:
    """RFC 7636 appendix B: the challenge of its verifier."""
    monkeypatch.setattr(people.secrets, "token_urlsafe", lambda size: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
    ada = person()
    request = asked(CODE, person=ada)
    assert query(ada.asks[0].url)["code_challenge"] == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    assert dict(form(request))["code_verifier"] == "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"


def test_an_authorization_code(asked: Make, person: Make) -> None:
    """The page asks for a code with state and S256 challenge; the code is exchanged with its verifier and redirect URI."""
    ada = person()
    request = asked(
        f"{CODE}, scope: [openid, offline], audience: aud, resource: [r1, r2], client_secret: pw", person=ada
    )
    (ask,) = ada.asks
    page = query(ask.url)
    sent = dict(form(request))
    challenge = base64.urlsafe_b64encode(hashlib.sha256(sent["code_verifier"].encode()).digest()).decode().rstrip("=")
    assert ask.url.startswith(f"{AUTHORIZE}?response_type=code&")
    assert ask.url in ask.lines
    assert [value for name, value in parse_qsl(urlsplit(ask.url).query) if name == "resource"] == ["r1", "r2"]
    assert page.pop("resource") == "r2"
    assert len(page.pop("state")) >= 32
    assert page == {
        "response_type": "code",
        "client_id": "id",
        "redirect_uri": "http://127.0.0.1:50123/cb",
        "scope": "openid offline",
        "audience": "aud",
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    assert 43 <= len(sent["code_verifier"]) <= 128
    assert [pair for pair in form(request) if pair[0] != "code_verifier"] == [
        ("grant_type", "authorization_code"),
        ("code", "code-1"),
        ("redirect_uri", "http://127.0.0.1:50123/cb"),
        *PAIR,
        ("resource", "r1"),
        ("resource", "r2"),
    ]


@pytest.mark.parametrize(
    ("fields", "listened", "redirect_uri"),
    [
        ("", ("127.0.0.1", 0, "/cb"), "http://127.0.0.1:50123/cb"),
        (", redirect_host: localhost", ("localhost", 0, "/cb"), "http://localhost:50123/cb"),
        (", redirect_port: 8400, redirect_path: /", ("127.0.0.1", 8400, "/"), "http://127.0.0.1:8400/"),
        (", redirect_port: '{{port}}', redirect_path: a/b", ("127.0.0.1", 8401, "/a/b"), "http://127.0.0.1:8401/a/b"),
        (", redirect_path: '/ä b%20c'", ("127.0.0.1", 0, "/%C3%A4%20b%20c"), "http://127.0.0.1:50123/%C3%A4%20b%20c"),
    ],
)
def test_where_the_browser_comes_back_to(
    fields: str, listened: tuple[str, int, str], redirect_uri: str, run: Run, one: One, person: Make
) -> None:
    """Host, port and path of the redirect URI are those of the file; both requests name the same."""
    ada = person()
    ran = run(one("url: http://h", f"variables: {{port: 8401}}\nauth: {{{CODE}{fields}}}"), person=ada)
    assert [(listen.host, listen.port, listen.path) for listen in ada.listens] == [listened]
    assert query(ada.asks[0].url)["redirect_uri"] == dict(form(ran.asked[0]))["redirect_uri"] == redirect_uri


@pytest.mark.parametrize("path", ["/cb?x=1", "/#cb"])
def test_a_redirect_path_is_a_path(path: str, run: Run, one: One, person: Make) -> None:
    """Nobody would ever come back to what is no path."""
    text = one("url: http://h", f"variables: {{path: '{path}'}}\nauth: {{{CODE}, redirect_path: '{{{{path}}}}'}}")
    ran = run(text, person=person())
    assert ran["R"].fault.message == f"'redirect_path' of auth wants a path without ? and #, not '{path}'"


def test_the_authorization_url_keeps_its_own_query(asked: Make, person: Make) -> None:
    """What the file writes behind the `?` stays; a fragment goes."""
    ada = person()
    asked(CODE.replace(AUTHORIZE, f"{AUTHORIZE}?prompt=login#top"), person=ada)
    assert ada.asks[0].url.startswith(f"{AUTHORIZE}?prompt=login&response_type=code&")
    assert "#" not in ada.asks[0].url


def test_code_and_verifier_are_secrets(run: Run, one: One, person: Make) -> None:
    """Neither the code nor the verifier is ever shown; each sign-in has its own state and verifier."""
    runs = [run(one("url: http://h", f"auth: {{{CODE}}}"), person=person()) for _ in range(2)]
    for ran in runs:
        sent = dict(form(ran.asked[0]))
        assert (ran.redactor.text(sent["code"]), ran.redactor.text(sent["code_verifier"])) == ("***", "***")
    assert len({dict(form(ran.asked[0]))["code_verifier"] for ran in runs}) == 2


@pytest.mark.parametrize(
    "auth", [CODE, f"{BASE}, client_id: id, grant: device_code, device_url: 'https://login.test/d'"]
)
def test_nobody_is_there_to_sign_in(auth: str, fault: Make, answer: Answer) -> None:
    """Without a person the token step fails, and says so."""
    device = {"device_code": "dc-1", "user_code": "ABCD", "verification_uri": "https://login.test/go"}
    assert "nobody is there" in fault(auth, login=[answer(200, device)]).message


@pytest.mark.parametrize("grant", ["authorization_code", "device_code"])
def test_tokens_of_people_are_kept_on_disk(grant: str, run: Run, one: One) -> None:
    """Grants that ask a person keep their tokens on disk unless the file says otherwise; others in memory."""
    auth = f"{BASE}, client_id: id, authorization_url: '{AUTHORIZE}', device_url: 'https://login.test/d'"
    kept = [
        run(one("url: http://h", f"auth: {{{auth}, {more}}}")).wishes[0].grant.cache
        for more in (f"grant: {grant}", f"grant: {grant}, cache: memory", "client_secret: pw")
    ]
    assert kept == ["disk", "memory", "memory"]


# --- device_code ---------------------------------------------------------------------------------------------------

DEVICE_URL = "https://login.test/device"
DEVICE = f"{BASE}, client_id: id, grant: device_code, device_url: '{DEVICE_URL}'"
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
BEGUN = {
    "device_code": "device-code-1",
    "user_code": "WDJB-MJHT",
    "verification_uri": "https://login.test/go",
    "expires_in": 900,
    "interval": 5,
}
GRANTED = {"access_token": "token-1", "expires_in": 60}


@pytest.fixture
def device(run: Run, one: One, answer: Answer, person: Make) -> Callable[..., Any]:
    """A run by device code: the first answer's changes, then what each question is answered with."""

    def go(begun: Mapping[str, Any], *polls: Any, auth: str = DEVICE) -> Any:
        first = {name: value for name, value in {**BEGUN, **begun}.items() if value is not ...}
        replies = [answer(200, first)]
        for poll in polls:
            replies.append(poll if not isinstance(poll, (str, dict)) else _reply(poll, answer))
        ada = person()
        ran = run(one("url: http://h", f"auth: {{{auth}}}"), login=replies, person=ada)
        ran.person = ada
        return ran

    return go


def _reply(poll: str | dict[str, Any], answer: Answer) -> Any:
    return answer(200, poll) if isinstance(poll, dict) else answer(400, {"error": poll})


def test_a_device_code(device: Make) -> None:
    """The code is asked for with scope and client, shown, and exchanged; every poll is the same form."""
    auth = f"{DEVICE}, scope: [a, b], audience: aud, resource: r1, extra: {{x: 1}}"
    ran = device({}, "authorization_pending", GRANTED, auth=auth)
    begun, *polls = ran.asked
    assert (begun.method, begun.url) == ("POST", DEVICE_URL)
    assert form(begun) == [
        ("client_id", "id"),
        ("scope", "a b"),
        ("audience", "aud"),
        ("resource", "r1"),
        ("x", "1"),
    ]
    polled = [("grant_type", DEVICE_GRANT), ("device_code", "device-code-1"), ("client_id", "id"), ("x", "1")]
    assert [(poll.url, form(poll)) for poll in polls] == [(TOKEN_URL, polled)] * 2
    (ask,) = ran.person.asks
    assert "https://login.test/go" in ask.lines
    assert "WDJB-MJHT" in " ".join(ask.lines)
    assert ask.url == "https://login.test/go"
    assert ran.outcomes == {"R": "passed"}
    assert ran.redactor.text("device-code-1 WDJB-MJHT") == "*** WDJB-MJHT"


@pytest.mark.parametrize(
    ("begun", "polls", "pauses"),
    [
        ({"interval": ...}, [GRANTED], [5]),
        ({"interval": 2}, [GRANTED], [2]),
        ({"interval": 0.5}, [GRANTED], [0.5]),
        ({"interval": "7"}, [GRANTED], [7]),
        ({"interval": " 7 "}, [GRANTED], [7]),
        ({"interval": "soon"}, [GRANTED], [5]),
        ({"interval": None}, [GRANTED], [5]),
        ({"interval": True}, [GRANTED], [5]),
        ({"interval": 0}, [GRANTED], [5]),
        ({"interval": -3}, [GRANTED], [5]),
        ({"interval": 1}, ["authorization_pending", "authorization_pending", GRANTED], [1, 1, 1]),
        ({"interval": 1}, ["slow_down", "authorization_pending", "slow_down", GRANTED], [1, 6, 6, 11]),
        ({"interval": ...}, ["slow_down", GRANTED], [5, 10]),
        ({"interval": 1_000_000_000, "expires_in": 60}, [GRANTED], [60]),
    ],
)
def test_how_often_is_asked(begun: dict[str, Any], polls: list[Any], pauses: list[float], device: Make) -> None:
    """The wait before each question is the server's interval, else 5 s; `slow_down` adds 5 s to all that follow."""
    ran = device(begun, *polls)
    assert ran.outcomes == {"R": "passed"}
    assert ran.pauses == pauses


@pytest.mark.parametrize(
    "error",
    ["authorization_declined", "access_denied", "expired_token", "bad_verification_code", "invalid_client", "other"],
)
def test_what_ends_a_sign_in_by_device_code(error: str, device: Make) -> None:
    """Every error but two ends it at once, in the server's word."""
    ran = device({}, "authorization_pending", error, GRANTED)
    assert len(ran.asked) == 3
    assert f"answered 400: {error}" in ran.tokens[0].fault.message
    assert ran.outcomes == {"R": "errored"}


@pytest.mark.parametrize(
    ("life", "asked"), [(900, 180), (10, 2), (12, 3), ("10", 2), (None, 180), (..., 180), ("x", 180)]
)
def test_a_device_code_expires(life: Any, asked: int, device: Make) -> None:
    """When the code has expired nobody asks any more; 15 minutes where the server does not say."""
    ran = device({"expires_in": life}, "authorization_pending")
    fault = ran.tokens[0].fault
    assert len(ran.pauses) == asked
    assert "expired" in fault.message
    assert "run it again" in fault.hint


@pytest.mark.parametrize(
    ("begun", "page"),
    [
        ({"verification_uri": ..., "verification_url": "https://login.test/old"}, "https://login.test/old"),
        ({"verification_uri_complete": "https://login.test/go?c=1"}, "https://login.test/go?c=1"),
        ({"verification_uri_complete": ""}, "https://login.test/go"),
    ],
)
def test_the_page_of_a_device_code(begun: dict[str, Any], page: str, device: Make) -> None:
    """The page that the browser opens holds the code where the server gives such a one."""
    ran = device(begun, GRANTED)
    assert ran.person.asks[0].url == page


@pytest.mark.parametrize(
    "begun",
    [
        {"device_code": ...},
        {"device_code": ""},
        {"device_code": 5},
        {"user_code": ...},
        {"user_code": None},
        {"verification_uri": ...},
        {"verification_uri": ["x"]},
    ],
)
def test_an_answer_without_a_device_code(begun: dict[str, Any], device: Make) -> None:
    """An answer that lacks one of the three is told with its keys, and nobody is asked."""
    ran = device(begun, GRANTED)
    message = ran.tokens[0].fault.message
    assert message.startswith(f"POST {DEVICE_URL} answered 200, but without a device code")
    assert "expires_in" in message
    assert (len(ran.asked), ran.person.asks) == (1, [])


def test_a_refused_device_request(run: Run, one: One, answer: Answer, person: Make) -> None:
    """An error of the device endpoint is told like that of the token endpoint."""
    login = [answer(400, {"error": "unauthorized_client", "error_description": "no\ndevices"})]
    ran = run(one("url: http://h", f"auth: {{{DEVICE}}}"), login=login, person=person())
    assert ran.tokens[0].fault.message == f"POST {DEVICE_URL} answered 400: unauthorized_client: no devices"


def test_a_page_in_place_of_a_device_code(run: Run, one: One, answer: Answer, person: Make) -> None:
    """A page that answers in place of the endpoint is told in its words."""
    ran = run(one("url: http://h", f"auth: {{{DEVICE}}}"), login=[answer(200, "<p>Sign in</p>")], person=person())
    assert "Sign in" in ran.tokens[0].fault.message


def test_a_lost_connection_does_not_end_a_sign_in(device: Make) -> None:
    """RFC 8628 § 3.5: after a timeout the client asks again, less often."""
    ran = device({"interval": 5}, TransportError("timeout", "no answer"), GRANTED)
    assert ran.outcomes == {"R": "passed"}
    assert ran.pauses[1] > 5


@pytest.mark.parametrize("name", ["verification_uri", "verification_uri_complete"])
@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "javascript:alert(1)",
        "--remote-debugging-port=1",
        "/go",
        "https://",
        "https://login.test/\x1b]0;x\x07",
        "https://login.test/ go",
        "\nhttps://login.test/go",
        "https://login.test:x/",
        "https://[login/",
    ],
)
def test_only_web_pages_are_shown_and_opened(name: str, url: str, device: Make) -> None:
    """An answer that sends a person elsewhere than to a web page is broken: it is told, nobody is asked."""
    ran = device({name: url}, GRANTED)
    assert ran.person.asks == []
    message = ran.tokens[0].fault.message
    assert message.startswith(f"POST {DEVICE_URL} answered 200, and sends you to '")
    assert message.endswith("', which is no URL of http or https")


def test_a_page_that_is_no_text(device: Make) -> None:
    """The page that holds the code is a URL, whatever else JSON can say."""
    ran = device({"verification_uri_complete": ["https://login.test/go"]}, GRANTED)
    assert ran.person.asks == []
    assert "sends you to [" in ran.tokens[0].fault.message


# --- renewal -------------------------------------------------------------------------------------------------------

TWO = """
base_url: http://h
requests:
  - {name: A, url: /}
  - {name: B, url: /}
"""
THREE = f"{TWO}  - {{name: C, url: /}}\n"
#: Every request finds its token about to end.
ENDING = "leeway: 2h"
SCOPED = f"{CLIENT}, {ENDING}, scope: s1, audience: aud, resource: r1"


def tokens(answer: Answer, *refresh: str | None) -> list[Any]:
    """Answers with tokens 1, 2, …, each with its refresh token."""
    return [
        answer(200, {"access_token": f"token-{n}", "expires_in": 60, **({"refresh_token": text} if text else {})})
        for n, text in enumerate(refresh, 1)
    ]


@pytest.mark.parametrize(
    ("brought", "used"),
    [
        (["rt-1", "rt-2", "rt-3"], ["rt-1", "rt-2"]),
        (["rt-1", None, None], ["rt-1", "rt-1"]),
        (["rt-1", None, "rt-3"], ["rt-1", "rt-1"]),
        ([None, "rt-2", None], [None, "rt-2"]),
        (["rt-1", "", "rt-3"], ["rt-1", "rt-1"]),
        ([None, None, None], [None, None]),
    ],
)
def test_which_refresh_token_renews(brought: list[Any], used: list[Any], run: Run, answer: Answer) -> None:
    """The last refresh token that came renews; a new one takes its place; without one the grant begins anew."""
    ran = run(f"auth: {{{SCOPED}}}\n{THREE}", login=tokens(answer, *brought))
    assert [dict(form(request)).get("refresh_token") for request in ran.asked[1:]] == used
    assert [request.header("authorization") for request in ran.sent] == [f"Bearer token-{n}" for n in (1, 2, 3)]


GRANT_KEYS = {
    "client_credentials": "scope: s1",
    "password": "username: ada, password: x, scope: s1",
    "token_exchange": "subject_token: st-1, scope: s1",
    "jwt_bearer": "assertion: a.b.c, scope: s1",
    "authorization_code": f"authorization_url: '{AUTHORIZE}', scope: s1",
}


@pytest.mark.parametrize("grant", GRANT_KEYS)
def test_the_form_of_a_renewal(grant: str, run: Run, answer: Answer, person: Make) -> None:
    """A refresh sends the token, the client, resource and extra; neither scope nor the grant's own fields."""
    more = f"grant: {grant}, {GRANT_KEYS[grant]}, audience: aud, resource: r1, extra: {{x: 1, grant_type: own}}"
    ran = run(f"auth: {{{CLIENT}, {ENDING}, {more}}}\n{TWO}", login=tokens(answer, "rt-1", None), person=person())
    assert form(ran.asked[1]) == [
        ("grant_type", "refresh_token"),
        ("refresh_token", "rt-1"),
        *PAIR,
        ("resource", "r1"),
        ("x", "1"),
    ]


@pytest.mark.parametrize("grant", [name for name in GRANT_KEYS if name != "authorization_code"])
def test_a_refused_refresh_begins_anew(grant: str, run: Run, answer: Answer) -> None:
    """When the server refuses the refresh token, the grant is asked for as at first."""
    login = tokens(answer, "rt-1", None)
    login.insert(1, answer(400, {"error": "invalid_grant"}))
    ran = run(f"auth: {{{CLIENT}, {ENDING}, grant: {grant}, {GRANT_KEYS[grant]}}}\n{TWO}", login=login)
    first, refused, again = map(form, ran.asked)
    assert dict(refused)["refresh_token"] == "rt-1"
    assert again == first
    assert ran.outcomes == {"A": "passed", "B": "passed"}
    assert ran.tokens[1].fault is None


def test_a_refused_refresh_asks_the_person_anew(run: Run, answer: Answer, person: Make) -> None:
    """A sign-in whose refresh token has ended is a new sign-in."""
    login = tokens(answer, "rt-1", None)
    login.insert(1, answer(400, {"error": "invalid_grant"}))
    ada = person()
    ran = run(f"auth: {{{CODE}, {ENDING}}}\n{TWO}", login=login, person=ada)
    assert [dict(form(request))["grant_type"] for request in ran.asked] == [
        "authorization_code",
        "refresh_token",
        "authorization_code",
    ]
    assert len(ada.asks) == 2


def test_a_server_that_is_down_does_not_ask_the_person_anew(run: Run, answer: Answer, person: Make) -> None:
    """Only a refusal ends a refresh token: a 503 is told, and nobody has to sign in again."""
    login = [*tokens(answer, "rt-1"), answer(503, "")]
    ada = person()
    run(f"auth: {{{CODE}, {ENDING}}}\n{TWO}", login=login, person=ada)
    assert len(ada.asks) == 1


REFRESH = f"{CLIENT}, {ENDING}, grant: refresh_token, refresh_token: rt-0"


def test_the_grant_of_a_refresh_token_renews_by_the_one_that_came(run: Run, answer: Answer) -> None:
    """It begins with the file's refresh token and goes on with those that the server rotates to; scope is repeated."""
    ran = run(f"auth: {{{REFRESH}, scope: s1}}\n{THREE}", login=tokens(answer, "rt-1", None, None))
    assert [dict(form(request))["refresh_token"] for request in ran.asked] == ["rt-0", "rt-1", "rt-1"]
    assert {dict(form(request))["scope"] for request in ran.asked} == {"s1"}


@pytest.mark.parametrize("number", [1, 2])
def test_a_refused_refresh_token_of_the_file(number: int, run: Run, answer: Answer) -> None:
    """The grant refresh_token has nothing to begin anew with: it fails, and the hint says what rotation needs."""
    login = [*tokens(answer, "rt-1", "rt-2")[: number - 1], answer(400, {"error": "invalid_grant"})]
    ran = run(f"auth: {{{REFRESH}}}\n{TWO}", login=login)
    fault = ran.tokens[-1].fault
    assert len(ran.asked) == number
    assert fault.message == f"POST {TOKEN_URL} answered 400: invalid_grant"
    assert "cache: disk" in fault.hint


def test_a_renewal_after_a_401_uses_the_refresh_token(run: Run, answer: Answer) -> None:
    """A token that the API refuses is renewed by the refresh token that came with it."""
    api = [answer(200, {}), answer(401, {}), answer(200, {})]
    ran = run(f"auth: {{{CLIENT}}}\n{TWO}", api, login=tokens(answer, "rt-1", "rt-2"))
    assert [dict(form(request))["grant_type"] for request in ran.asked] == ["client_credentials", "refresh_token"]
    assert ran.outcomes == {"A": "passed", "B": "passed"}


# --- identities ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second", "fetches"),
    [
        ("scope: a", "scope: a", 1),
        ("scope: a b", "scope: [a, b]", 1),
        ("scope: a", "scope: a, prefix: Token, name: X-Token, leeway: 1s, refresh_on: [403]", 1),
        ("scope: a", "scope: b", 2),
        ("audience: a", "resource: a", 2),
        ("audience: a", "audience: [a, b]", 2),
        ("scope: a", "extra: {scope: a}", 1),
        ("scope: a", "scope: a, extra: {scope: b}", 2),
        ("extra: {a: 1}", "extra: {a: 2}", 2),
        ("extra: {a: [b, c]}", "extra: {a: b, c: x}", 2),
        ("client_id: id", "client_id: other", 2),
        ("client_secret: pw", "client_secret: other", 2),
        ("client_auth: post", "client_auth: basic", 2),
        ("client_auth: basic", "client_auth: basic_raw", 1),
        (f"token_url: '{TOKEN_URL}'", f"token_url: '{TOKEN_URL}?t=2'", 2),
        ("grant: password, username: ada, password: x", "grant: password, username: bob, password: x", 2),
        ("grant: password, username: ada, password: x", "grant: password, username: ada, password: y", 2),
        ("grant: refresh_token, refresh_token: r1", "grant: refresh_token, refresh_token: r2", 2),
        ("grant: jwt_bearer, assertion: a", "grant: jwt_bearer, assertion: b", 2),
        ("grant: token_exchange, subject_token: a", "grant: token_exchange, subject_token: b", 2),
        (
            "grant: token_exchange, subject_token: a",
            "grant: token_exchange, subject_token: a, subject_token_type: jwt",
            2,
        ),
        (
            "grant: token_exchange, subject_token: a",
            f"grant: token_exchange, subject_token: a, subject_token_type: '{TYPES}access_token'",
            1,
        ),
        ("grant: token_exchange, subject_token: a", "grant: jwt_bearer, assertion: a", 2),
    ],
)
def test_who_shares_a_token(first: str, second: str, fetches: int, run: Run) -> None:
    """One token serves all who would ask for the same; where and how it is sent makes no difference."""

    def auth(fields: str) -> str:
        own = {field.split(":")[0] for field in fields.split(", ")}
        base = {"token_url": f"'{TOKEN_URL}'", "client_id": "id", "client_secret": "pw"}
        return ", ".join(["type: oauth2", *(f"{n}: {v}" for n, v in base.items() if n not in own), fields])

    text = f"""
    base_url: http://h
    requests:
      - {{name: A, url: /, auth: {{{auth(first)}}}}}
      - {{name: B, url: /, auth: {{{auth(second)}}}}}
    """
    ran = run(text)
    assert ran.outcomes == {"A": "passed", "B": "passed"}
    assert len(ran.asked) == fetches


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("key_id: k1", "key_id: k2"),
        ("subject: ada", "subject: bob"),
        ("private_key: key.pem", "private_key: other.pem"),
        ("assertion_audience: a", "assertion_audience: b"),
        ("scope: a", "scope: b"),
    ],
)
def test_assertions_of_other_contents_share_no_token(first: str, second: str, run: Run, disk: Make, keys: Any) -> None:
    """A token by an assertion is shared by those whose assertion says the same."""

    def auth(fields: str) -> str:
        return fields if "private_key" in fields else f"private_key: key.pem, {fields}"

    text = f"""
    base_url: http://h
    requests:
      - {{name: A, url: /, auth: {{{BASE}, grant: jwt_bearer, client_id: id, {auth(first)}}}}}
      - {{name: B, url: /, auth: {{{BASE}, grant: jwt_bearer, client_id: id, {auth(second)}}}}}
    """
    files = {"key.pem": keys.pem(keys.rsa), "other.pem": keys.pem(keys.other)}
    ran = run(text, disk=disk(files))
    assert ran.outcomes == {"A": "passed", "B": "passed"}
    assert len(ran.asked) == 2


def test_files_of_one_name_in_two_folders_share_no_token(run: Run, one: One, disk: Make, keys: Any) -> None:
    """A key file is known by where it lies: two service accounts in `sa.json` of two folders are two identities."""

    def identity(folder: str) -> Any:
        files = disk({"sa.json": keys.pem(keys.rsa)})
        files.locate = lambda file, path: f"/{folder}/{path}"
        files.read = lambda path: keys.pem(keys.rsa)
        auth = f"{BASE}, grant: jwt_bearer, scope: s, private_key: sa.json"
        return run(one("url: http://h", f"auth: {{{auth}}}"), disk=files).wishes[0].grant.identity

    assert identity("one") != identity("two")


def test_client_certificates_tell_clients_apart(run: Run) -> None:
    """RFC 8705: who shows another certificate in TLS is another client, and gets a token of its own."""
    ran = run(f"""
    base_url: http://h
    auth: {{{BASE}, client_id: id, client_auth: none}}
    requests:
      - {{name: A, url: /, client_cert: {{cert: ada.pem}}}}
      - {{name: B, url: /, client_cert: {{cert: bob.pem}}}}
    """)
    assert [request.connection.certificate.cert for request in ran.asked] == ["ada.pem", "bob.pem"]
