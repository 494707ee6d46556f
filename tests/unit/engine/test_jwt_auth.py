"""`type: jwt`, a bearer that is signed here, and `type: netrc`, credentials from the user's own file."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from runner.engine.auth import jwt as jwt_auth
from runner.engine.auth import signing

Run = Callable[..., Any]
One = Callable[..., str]
Make = Callable[..., Any]
FaultOf = Callable[..., Any]

SECRET = "a secret that is long enough: 32+"


def basic(pair: str) -> str:
    return "Basic " + base64.b64encode(pair.encode()).decode()


@pytest.fixture
def sent(run: Run, one: One) -> Callable[..., Any]:
    """The request that goes out with these keys of `auth: {type: jwt}`; no token endpoint is asked."""

    def send(fields: str, collection: str = "", **options: Any) -> Any:
        ran = run(one(f"url: http://h\nauth: {{type: jwt, {fields}}}", collection), **options)
        assert ran.outcomes == {"R": "passed"}, ran["R"].fault
        assert (ran.asked, ran.tokens) == ([], [])
        return ran.sent[0]

    return send


def token(request: Any) -> str:
    return str(request.header("authorization")).removeprefix("Bearer ")


@pytest.mark.parametrize(
    ("fields", "key", "header"),
    [
        (f"secret: '{SECRET}'", "secret", {"alg": "HS256", "typ": "JWT"}),
        (f"secret: '{SECRET}', algorithm: HS256, key_id: k1", "secret", {"alg": "HS256", "typ": "JWT", "kid": "k1"}),
        ("private_key: rsa.pem", "rsa", {"alg": "RS256", "typ": "JWT"}),
        ("private_key: rsa.pem, algorithm: PS512", "rsa", {"alg": "PS512", "typ": "JWT"}),
        ("private_key: ec.pem, key_id: k1", "ec", {"alg": "ES256", "typ": "JWT", "kid": "k1"}),
        ("private_key: rsa.json", "rsa", {"alg": "RS256", "typ": "JWT", "kid": "jwk-1"}),
        (f"secret: '{SECRET}', private_key: rsa.pem", "secret", {"alg": "HS256", "typ": "JWT"}),
    ],
)
def test_how_a_jwt_is_signed(fields: str, key: str, header: dict[str, str], sent: Make, disk: Make, keys: Any) -> None:
    """A shared secret signs with HS256, a private key with what belongs to it, unless the file says otherwise."""
    files = {
        "rsa.pem": keys.pem(keys.rsa),
        "ec.pem": keys.pem(keys.ec),
        "rsa.json": keys.jwk(keys.rsa, kid="jwk-1"),
    }
    request = sent(f"{fields}, claims: {{iss: app}}", disk=disk(files))
    found, claims = keys.claims(token(request), SECRET if key == "secret" else getattr(keys, key), header["alg"])
    assert found == header
    assert claims["iss"] == "app"
    assert request.secret_headers == {"authorization"}


NOW = 1_893_499_200


@pytest.mark.parametrize(
    ("fields", "claims"),
    [
        ("claims: {}", {"iat": NOW, "exp": NOW + 300}),
        ("lifetime: 10m", {"iat": NOW, "exp": NOW + 600}),
        ("lifetime: 90", {"iat": NOW, "exp": NOW + 90}),
        ("lifetime: '{{life}}'", {"iat": NOW, "exp": NOW + 45}),
        (
            "claims: {iss: app, aud: [a, b], n: 5, deep: {x: null}}",
            {"iat": NOW, "exp": NOW + 300, "iss": "app", "aud": ["a", "b"], "n": 5, "deep": {"x": None}},
        ),
        ("claims: {iss: '{{app}}', n: '{{n}}'}", {"iat": NOW, "exp": NOW + 300, "iss": "app-1", "n": 7}),
        ("claims: {iat: 5, exp: 6}", {"iat": 5, "exp": 6}),
        ("claims: {iat: 5}, lifetime: 60s", {"iat": 5, "exp": NOW + 60}),
    ],
)
def test_the_claims_of_a_jwt(
    fields: str, claims: dict[str, Any], sent: Make, keys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The claims are those of the file, with their types; iat, exp and jti are added where they are absent."""
    monkeypatch.setattr(signing, "_now", lambda: NOW + 0.9)
    request = sent(f"secret: '{SECRET}', {fields}", "variables: {app: app-1, n: 7, life: 45s}")
    found = keys.claims(token(request), SECRET, "HS256")[1]
    assert len(found.pop("jti")) >= 16
    assert found == claims


def test_a_jti_of_the_file(sent: Make, keys: Any) -> None:
    """A jti that the file names is taken."""
    request = sent(f"secret: '{SECRET}', claims: {{jti: mine}}")
    assert keys.claims(token(request), SECRET, "HS256")[1]["jti"] == "mine"


@pytest.mark.parametrize(
    ("fields", "name", "prefix"),
    [
        ("prefix: JWT", "authorization", "JWT "),
        ("name: X-Token", "x-token", "Bearer "),
        ("prefix: ''", "authorization", ""),
    ],
)
def test_where_a_jwt_goes(fields: str, name: str, prefix: str, sent: Make, keys: Any) -> None:
    """`name` and `prefix` say how it is sent in a header."""
    value = sent(f"secret: '{SECRET}', {fields}").header(name)
    assert value.startswith(prefix)
    assert keys.claims(value.removeprefix(prefix), SECRET, "HS256")[0]["alg"] == "HS256"


def test_a_jwt_in_the_query(sent: Make, keys: Any) -> None:
    """`in: query` sends it as an entry that stays at its origin."""
    request = sent(f"secret: '{SECRET}', in: query, name: jwt")
    assert request.url.startswith("http://h?jwt=ey")
    assert request.secret_query == {"jwt"}
    assert request.header("authorization") is None


def test_key_and_jwt_are_secrets(run: Run, one: One) -> None:
    """Neither the shared secret nor the JWT is ever shown."""
    ran = run(one(f"url: http://h\nauth: {{type: jwt, secret: '{SECRET}'}}"))
    assert ran.redactor.text(f"{SECRET} {token(ran.sent[0])}") == "*** ***"


TWO = """
variables: {n: 1}
auth: {type: jwt, secret: '{{k}}', claims: {n: '{{n}}'}, key_id: '{{id}}'}
requests:
  - {name: A, url: http://h, variables: {n: %s, k: %s, id: %s}}
  - {name: B, url: http://h, variables: {n: %s, k: %s, id: %s}}
"""
OTHER = "another secret, also long enough"


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ((1, SECRET, "i"), (1, SECRET, "i"), True),
        ((1, SECRET, "i"), (2, SECRET, "i"), False),
        ((1, SECRET, "i"), (True, SECRET, "i"), False),
        ((1, SECRET, "i"), (1, OTHER, "i"), False),
        ((1, SECRET, "i"), (1, SECRET, "j"), False),
    ],
)
def test_which_requests_share_a_jwt(
    first: tuple[Any, ...], second: tuple[Any, ...], same: bool, run: Run, keys: Any
) -> None:
    """One JWT serves while key and claims are the same; each request's own values sign its own."""
    quoted = [f"'{value}'" if isinstance(value, str) else json.dumps(value) for value in (*first, *second)]
    ran = run(TWO % tuple(quoted))
    one, two = map(token, ran.sent)
    assert (one == two) is same
    for signed, (n, secret, key_id) in zip((one, two), (first, second), strict=True):
        header, claims = keys.claims(signed, secret, "HS256")
        assert (header["kid"], claims["n"]) == (key_id, n)


@pytest.mark.parametrize(("later", "same"), [(149, True), (151, False)])
def test_a_jwt_serves_for_half_of_its_life(later: float, same: bool, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """After half of its life the next request signs another."""
    clock = [1000.0]
    monkeypatch.setattr(jwt_auth, "monotonic", lambda: clock[0])

    def api(request: Any) -> Any:
        clock[0] += later
        return _answered()

    text = (
        f"auth: {{type: jwt, secret: '{SECRET}'}}\nrequests: [{{name: A, url: http://h}}, {{name: B, url: http://h}}]"
    )
    one, two = map(token, run(text, api).sent)
    assert (one == two) is same


def _answered() -> Any:
    from runner.engine.exchange import Response

    return Response(200)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ("private_key: garbage.pem", "'private_key' of auth (garbage.pem) holds no private key"),
        ("private_key: rsa.pem, algorithm: ES256", "'private_key' of auth (rsa.pem) is of type RSA"),
        ("private_key: rsa.pub", "'private_key' of auth (rsa.pub) holds no private key"),
        (f"secret: '{SECRET}', algorithm: RS256", "'secret' of auth holds no private key"),
        ("secret: '{{env.PEM}}'", "'secret' of auth is one of a pair of keys, and cannot sign with HS256"),
        ("secret: '{{env.PUBLIC}}'", "'secret' of auth is one of a pair of keys, and cannot sign with HS256"),
        ("secret: '{{env.JWK}}'", "'secret' of auth is of type RSA, which cannot sign with HS256"),
    ],
)
def test_a_key_that_cannot_sign(fields: str, message: str, run: Run, one: One, disk: Make, keys: Any) -> None:
    """The request is not sent, and its fault of kind auth names the key's place."""
    files = {"garbage.pem": "sentinel", "rsa.pem": keys.pem(keys.rsa), "rsa.pub": keys.public(keys.rsa)}
    env = {"PEM": files["rsa.pem"], "PUBLIC": files["rsa.pub"], "JWK": keys.jwk(keys.rsa)}
    ran = run(one(f"url: http://h\nauth: {{type: jwt, {fields}}}"), disk=disk(files), env=env)
    fault = ran["R"].fault
    assert (fault.kind, ran.sent) == ("auth", [])
    assert fault.message.startswith(message)
    assert "sentinel" not in fault.message
    assert fault.span is not None


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ("lifetime: '{{text}}'", "'lifetime' of auth wants a duration"),
        ("algorithm: '{{text}}'", "'algorithm' of auth cannot be 'plain'"),
    ],
)
def test_fields_of_the_wrong_kind(fields: str, message: str, fault_of: FaultOf) -> None:
    """A value that only a variable shows to be wrong errors the request at its place."""
    request = f"url: http://h\nauth: {{type: jwt, secret: '{SECRET}', {fields}}}"
    fault = fault_of(request, "variables: {text: plain}")
    assert message in fault.message
    assert fault.span is not None


@pytest.mark.parametrize("name", ["secret", "private_key"])
def test_an_empty_key(name: str, fault_of: FaultOf) -> None:
    """A variable that is set but empty is told by the key's name, at its place."""
    fault = fault_of(f"url: http://h\nauth: {{type: jwt, {name}: '{{{{env.EMPTY}}}}'}}", env={"EMPTY": ""})
    assert fault.message == f"'{name}' of auth is empty"
    assert fault.span is not None


def test_a_jwt_without_a_key(faults: Make, one: One) -> None:
    """Neither secret nor private_key is a fault when the file is read."""
    (fault,) = faults(one("url: http://h\nauth: {type: jwt, claims: {iss: a}}"))
    assert fault.message == "auth of type 'jwt' has no 'private_key' or 'secret'"


# --- netrc ---------------------------------------------------------------------------------------------------------

LOGINS = {"api.test": ("ada", "pw-1"), "::1": ("bob", "pw-2"), "empty.test": ("", "pw-3"), "é.test": ("zoë", "pässe")}


@pytest.mark.parametrize(
    ("url", "pair"),
    [
        ("https://api.test/x", "ada:pw-1"),
        ("http://API.test:8080/x?y", "ada:pw-1"),
        ("http://[::1]:8080/", "bob:pw-2"),
        ("http://empty.test/", ":pw-3"),
        ("http://é.test/", "zoë:pässe"),
    ],
)
def test_netrc_gives_the_credentials_of_the_host(url: str, pair: str, run: Run, one: One, disk: Make) -> None:
    """User name and password are those of the request's host, whatever the port; they stay at its origin."""
    ran = run(one(f"url: '{url}'\nauth: {{type: netrc}}"), disk=disk(logins=LOGINS))
    request = ran.sent[0]
    assert request.header("authorization") == basic(pair)
    assert "authorization" in request.secret_headers
    assert ran.redactor.text(f"{pair.partition(':')[2]} {basic(pair)}") == "*** Basic ***"


@pytest.mark.parametrize("url", ["http://other.test/", "http://sub.api.test/"])
def test_a_host_without_an_entry(url: str, run: Run, one: One, disk: Make) -> None:
    """A host that netrc does not have is an error that says what to add; nothing is sent."""
    ran = run(one(f"url: {url}\nauth: {{type: netrc}}"), disk=disk(logins=LOGINS))
    fault = ran["R"].fault
    host = url.split("/")[2]
    assert (fault.kind, fault.message, ran.sent) == ("auth", f"netrc has no entry for '{host}'", [])
    assert f"machine {host} login" in fault.hint


def test_a_netrc_that_cannot_be_used(run: Run, one: One, disk: Make) -> None:
    """The reason is told, and nothing is sent."""
    files = disk(netrc_fault="/home/ada/.netrc, line 3: it is not netrc syntax")
    ran = run(one("url: http://api.test\nauth: {type: netrc}"), disk=files)
    assert ran["R"].fault.message == f"the netrc file cannot be used: {files.netrc_fault}"
    assert (ran["R"].fault.kind, ran.sent) == ("auth", [])


def test_netrc_is_asked_for_each_host(run: Run, disk: Make) -> None:
    """A collection's block serves all its hosts, each with its own credentials."""
    text = """
    auth: {type: netrc}
    requests:
      - {name: A, url: 'http://api.test'}
      - {name: B, url: 'http://other.test'}
      - {name: C, url: 'http://api.test', auth: none}
    """
    ran = run(text, disk=disk(logins={**LOGINS, "other.test": ("bob", "pw-9")}))
    assert [request.header("authorization") for request in ran.sent] == [basic("ada:pw-1"), basic("bob:pw-9"), None]


@pytest.mark.parametrize("key", ["username", "password", "machine"])
def test_netrc_has_no_keys(key: str, faults: Make, one: One) -> None:
    """Nothing is written in the file for netrc."""
    (fault,) = faults(one(f"url: http://h\nauth: {{type: netrc, {key}: x}}"))
    assert fault.message == f"unknown key '{key}' in auth of type 'netrc'"
