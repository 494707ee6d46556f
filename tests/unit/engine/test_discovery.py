"""Discovery: where an issuer's document is looked for, which of them is trusted, and what its redirects must say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

import pytest

from runner.engine.exchange import Request

Run = Callable[..., Any]
One = Callable[..., str]
Answer = Callable[..., Any]
Make = Callable[..., Any]

ISSUER = "https://login.test/realm"
OIDC = f"{ISSUER}/.well-known/openid-configuration"
RFC8414 = "https://login.test/.well-known/oauth-authorization-server/realm"
DOCUMENT = {
    "issuer": ISSUER,
    "token_endpoint": "https://login.test/found/token",
    "authorization_endpoint": "https://login.test/found/authorize",
    "device_authorization_endpoint": "https://login.test/found/device",
}
CLIENT = "type: oauth2, client_id: id, client_secret: pw"
GRANTED = {"access_token": "token-1", "expires_in": 60}


@pytest.fixture
def login(answer: Answer) -> Callable[..., Any]:
    """A server: a document (or a whole answer) by URL, 404 for other URLs, a token for every POST."""

    def serve(documents: dict[str, Any], **tokens: Any) -> Callable[[Request], Any]:
        def reply(request: Request) -> Any:
            if request.method == "POST":
                return answer(200, {**GRANTED, **tokens})
            found = documents.get(request.url, answer(404, "<p>Not here</p>"))
            return answer(200, found) if isinstance(found, dict) else found

        return reply

    return serve


@pytest.fixture
def discover(run: Run, one: One, login: Make) -> Callable[..., Any]:
    """A run of one request with an issuer."""

    def go(documents: dict[str, Any], issuer: str = ISSUER, client: str = CLIENT, **options: Any) -> Any:
        auth = f"auth: {{{client}, issuer: '{issuer}'}}"
        return run(one("url: https://api.test", auth), login=login(documents), **options)

    return go


def urls(ran: Any) -> list[str]:
    return [request.url for request in ran.asked]


@pytest.mark.parametrize(
    ("issuer", "places"),
    [
        ("https://login.test", ["https://login.test/.well-known/openid-configuration"]),
        ("https://login.test/", ["https://login.test/.well-known/openid-configuration"]),
        (ISSUER, [OIDC]),
        (f"{ISSUER}/", [OIDC]),
        ("https://login.test:8443/a/b", ["https://login.test:8443/a/b/.well-known/openid-configuration"]),
        (ISSUER, [OIDC, RFC8414]),
        (
            "https://login.test/a/b/",
            [
                "https://login.test/a/b/.well-known/openid-configuration",
                "https://login.test/.well-known/oauth-authorization-server/a/b",
            ],
        ),
        (
            "https://login.test",
            [
                "https://login.test/.well-known/openid-configuration",
                "https://login.test/.well-known/oauth-authorization-server",
            ],
        ),
    ],
)
def test_where_the_document_is(issuer: str, places: list[str], discover: Make) -> None:
    """OpenID Connect's place first, then RFC 8414's, where the well-known part stands before the issuer's path."""
    ran = discover({places[-1]: {**DOCUMENT, "issuer": issuer}}, issuer)
    assert ran.outcomes == {"R": "passed"}, ran.tokens
    assert urls(ran) == [*places, "https://login.test/found/token"]
    first = ran.asked[0]
    assert (first.method, first.header("accept"), first.body) == ("GET", "application/json", None)
    assert {request.max_redirects for request in ran.asked} == {0}


def test_the_issuer_of_both_documents_is_oidc_first(discover: Make) -> None:
    """Where both exist, the second is not looked at."""
    other = {**DOCUMENT, "token_endpoint": "https://login.test/other/token"}
    assert urls(discover({OIDC: DOCUMENT, RFC8414: other})) == [OIDC, "https://login.test/found/token"]


@pytest.mark.parametrize("status", [301, 401, 404, 500])
def test_no_document(status: int, discover: Make, answer: Answer) -> None:
    """With neither of the two the message names the first place, its status and the issuer."""
    ran = discover({OIDC: answer(status, ""), RFC8414: answer(404, "")})
    fault = ran.tokens[0].fault
    assert urls(ran) == [OIDC, RFC8414]
    assert fault.message == f"GET {OIDC} answered {status}: no discovery document of the issuer '{ISSUER}'"
    assert "token_url" in fault.hint
    assert ran["R"].fault.kind == "auth"


@pytest.mark.parametrize(
    ("named", "passes"),
    [
        (ISSUER, True),
        (f"{ISSUER}/", True),
        ("https://login.test", False),
        ("https://evil.test/realm", False),
        ("https://login.test/Realm", False),
        ("http://login.test/realm", False),
    ],
)
def test_the_document_must_name_its_issuer(named: str, passes: bool, discover: Make) -> None:
    """RFC 8414 § 3.3: a document of another issuer is not trusted; a slash at the end makes no other."""
    ran = discover({OIDC: {**DOCUMENT, "issuer": named}})
    assert ran.outcomes == {"R": "passed" if passes else "errored"}
    if not passes:
        fault = ran.tokens[0].fault
        assert f"another issuer, '{named}'" in fault.message
        assert named in fault.hint
        assert urls(ran) == [OIDC]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"token_endpoint": "https://login.test/found/token"}, "token_endpoint"),
        ({**DOCUMENT, "issuer": None}, "issuer"),
        ({**DOCUMENT, "issuer": 5}, "issuer"),
        ("<p>Sign in</p>", "Sign in"),
        ("[1]", "[1]"),
        ("", "empty"),
        (b'{"issuer": \xff', "issuer"),
    ],
)
def test_what_is_no_discovery_document(body: Any, words: str, discover: Make, answer: Answer) -> None:
    """An answer without an issuer is told by what it holds, and no token is asked for."""
    ran = discover({OIDC: answer(200, body), RFC8414: answer(200, body)})
    message = ran.tokens[0].fault.message
    assert "no discovery document" in message
    assert words in message
    assert {request.method for request in ran.asked} == {"GET"}


def test_a_page_at_the_first_place(discover: Make, answer: Answer) -> None:
    """An application that answers every path with its page has no document there: the second place is looked at."""
    ran = discover({OIDC: answer(200, "<p>App</p>", {"Content-Type": "text/html"}), RFC8414: DOCUMENT})
    assert ran.outcomes == {"R": "passed"}


@pytest.mark.parametrize("endpoint", [None, "", ...])
def test_a_document_without_a_token_endpoint(endpoint: Any, discover: Make) -> None:
    """It is told, with the key to write; with `token_url` in the file nothing is missing."""
    document = {name: value for name, value in {**DOCUMENT, "token_endpoint": endpoint}.items() if value is not ...}
    fault = discover({OIDC: document}).tokens[0].fault
    assert fault.message == f"the discovery document of '{ISSUER}' names no token endpoint"
    assert "token_url" in fault.hint


@pytest.mark.parametrize("endpoint", ["/token", "file:///etc/passwd", {"a": 1}, 5, "http://login.test/token"])
def test_an_endpoint_that_is_no_url(endpoint: Any, discover: Make) -> None:
    """An endpoint is a URL, of https where the issuer is (RFC 8414 § 2): credentials go nowhere else."""
    ran = discover({OIDC: {**DOCUMENT, "token_endpoint": endpoint}})
    assert {request.method for request in ran.asked} == {"GET"}
    fault = ran.tokens[0].fault
    assert fault.message.startswith(f"the discovery document of '{ISSUER}' has ")
    assert fault.message.endswith(" as its token_endpoint: no URL of https")
    assert ran["R"].fault.kind == "auth"


def test_an_endpoint_that_is_not_needed(discover: Make) -> None:
    """What is wrong with an endpoint that this grant does not talk to, or that the file names, harms nobody."""
    document = {**DOCUMENT, "device_authorization_endpoint": "/device"}
    assert discover({OIDC: document}).outcomes == {"R": "passed"}
    written = f"{CLIENT}, grant: device_code, device_url: 'https://own.test/device'"
    assert urls(discover({OIDC: document}, client=written)) == [OIDC, "https://own.test/device"]


@pytest.mark.parametrize("second", [404, 200])
def test_a_page_at_both_places(second: int, discover: Make, answer: Answer) -> None:
    """Where no place has a document, the page that answered is told in its words."""
    ran = discover({OIDC: answer(404, ""), RFC8414: answer(second, "<p>Not a document</p>")})
    message = ran.tokens[0].fault.message
    assert message.startswith(f"GET {RFC8414 if second == 200 else OIDC} answered {second}")
    assert ("Not a document" in message) is (second == 200)


@pytest.mark.parametrize(
    ("grant", "name", "key"),
    [
        ("authorization_code", "authorization_endpoint", "authorization_url"),
        ("device_code", "device_authorization_endpoint", "device_url"),
    ],
)
def test_a_document_without_the_endpoint_of_a_grant(
    grant: str, name: str, key: str, discover: Make, person: Make
) -> None:
    """The endpoint that the grant needs is named, with the key to write."""
    document = {**DOCUMENT, name: None}
    ran = discover({OIDC: document}, client=f"{CLIENT}, grant: {grant}", person=person())
    fault = ran.tokens[0].fault
    assert f"the discovery document of '{ISSUER}' names no" in fault.message
    assert key in fault.hint


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("token_url: 'https://own.test/token'", ["https://own.test/token"]),
        (
            "grant: device_code, token_url: 'https://own.test/token'",
            [OIDC, "https://login.test/found/device", "https://own.test/token"],
        ),
        (
            "grant: device_code, device_url: 'https://own.test/device'",
            [OIDC, "https://own.test/device", "https://login.test/found/token"],
        ),
        (
            "grant: device_code, device_url: 'https://own.test/device', token_url: 'https://own.test/token'",
            ["https://own.test/device", "https://own.test/token"],
        ),
        ("authorization_url: 'https://own.test/a'", [OIDC, "https://login.test/found/token"]),
    ],
)
def test_urls_of_the_file_win(written: str, asked: list[str], run: Run, one: One, answer: Answer, person: Make) -> None:
    """What the file names is taken in place of the document's; where nothing is missing it is not fetched."""
    begun = {"device_code": "dc-1", "user_code": "AB", "verification_uri": "https://login.test/go"}

    def login(request: Request) -> Any:
        if request.method == "GET":
            return answer(200, DOCUMENT)
        return answer(200, begun if request.url.endswith("device") else GRANTED)

    auth = f"auth: {{{CLIENT}, issuer: '{ISSUER}', {written}}}"
    ran = run(one("url: https://api.test", auth), login=login, person=person())
    assert ran.outcomes == {"R": "passed"}
    assert urls(ran) == asked


TWO = "requests: [{name: A, url: http://h}, {name: B, url: http://h}]"


@pytest.mark.parametrize(
    ("tokens", "asked"),
    [
        ({"refresh_token": "rt-1"}, [OIDC, "https://login.test/found/token", "https://login.test/found/token"]),
        ({}, [OIDC, "https://login.test/found/token"] * 2),
    ],
)
def test_a_renewal_knows_the_endpoint(tokens: dict[str, str], asked: list[str], run: Run, login: Make) -> None:
    """A refresh token goes to the endpoint that was found; only a grant that begins anew discovers again."""
    ran = run(f"auth: {{{CLIENT}, issuer: '{ISSUER}', leeway: 2h}}\n{TWO}", login=login({OIDC: DOCUMENT}, **tokens))
    assert ran.outcomes == {"A": "passed", "B": "passed"}
    assert urls(ran) == asked


def test_the_audience_of_an_assertion_is_the_endpoint_that_was_found(discover: Make, disk: Make, keys: Any) -> None:
    """A client assertion is made for the token endpoint of the document."""
    client = "type: oauth2, client_id: id, private_key: key.pem"
    ran = discover({OIDC: DOCUMENT}, client=client, disk=disk({"key.pem": keys.pem(keys.rsa)}))
    form = dict(parse_qsl(ran.asked[-1].body.decode()))
    assert keys.claims(form["client_assertion"], keys.rsa, "RS256")[1]["aud"] == "https://login.test/found/token"


def test_two_issuers_are_two_identities(run: Run, login: Make) -> None:
    """The same client at two issuers has two tokens."""
    ran = run(
        f"""
        requests:
          - {{name: A, url: http://h, auth: {{{CLIENT}, issuer: 'https://a.test'}}}}
          - {{name: B, url: http://h, auth: {{{CLIENT}, issuer: 'https://b.test'}}}}
        """,
        login=login(
            {
                f"https://{name}.test/.well-known/openid-configuration": {**DOCUMENT, "issuer": f"https://{name}.test"}
                for name in "ab"
            }
        ),
    )
    assert [request.method for request in ran.asked] == ["GET", "POST"] * 2


# --- redirects -----------------------------------------------------------------------------------------------------

PAGE = "https://login.test/authorize"
CODE = (
    "type: oauth2, grant: authorization_code, client_id: id, "
    f"authorization_url: '{PAGE}?x=1', token_url: 'https://login.test/token'"
)


@pytest.fixture
def signed_in(run: Run, one: One, login: Make, person: Make) -> Callable[..., Any]:
    """A sign-in whose redirect brings these entries; `state` is right unless they say otherwise."""

    def go(brought: dict[str, Any], auth: str = CODE, documents: dict[str, Any] | None = None) -> Any:
        def sign_in(asked: dict[str, str]) -> dict[str, str]:
            entries = {"code": "code-1", "state": asked["state"], **brought}
            return {name: value for name, value in entries.items() if value is not ...}

        text = one("url: https://api.test", f"auth: {{{auth}}}")
        return run(text, login=login(documents or {}), person=person(sign_in))

    return go


@pytest.mark.parametrize("state", [..., "", "other", "é"])
def test_a_redirect_with_another_state(state: Any, signed_in: Make) -> None:
    """A redirect that does not bring back our state is not ours: its code is not exchanged."""
    ran = signed_in({"state": state})
    fault = ran.tokens[0].fault
    assert fault.message.startswith(f"the redirect of {PAGE} has the wrong state")
    assert "run it again" in fault.hint
    assert ran.asked == []


@pytest.mark.parametrize("brought", [{"error": "access_denied"}, {"iss": "https://evil.test"}])
def test_the_state_is_looked_at_first(brought: dict[str, str], signed_in: Make) -> None:
    """An error or an issuer in a redirect that is not ours says nothing."""
    ran = signed_in({"state": "other", **brought}, f"{CODE}, issuer: '{ISSUER}'")
    assert "wrong state" in ran.tokens[0].fault.message


@pytest.mark.parametrize(
    ("brought", "said", "hint"),
    [
        ({"error": "access_denied"}, "access_denied", "the sign-in was refused"),
        (
            {"error": "access_denied", "error_description": "Ada\r\n said no"},
            "access_denied: Ada said no",
            "the sign-in was refused",
        ),
        ({"error": "invalid_scope", "error_description": ""}, "invalid_scope", "check scope"),
        ({"error": "server_error"}, "server_error", ""),
    ],
)
@pytest.mark.parametrize("code", [..., "code-1"])
def test_a_redirect_with_an_error(brought: dict[str, str], said: str, hint: str, code: Any, signed_in: Make) -> None:
    """RFC 6749 § 4.1.2.1: the error is told in one line with its description, and no code is exchanged."""
    ran = signed_in({"code": code, **brought})
    fault = ran.tokens[0].fault
    assert fault.message == f"the redirect of {PAGE} says {said}"
    assert fault.hint.startswith(hint)
    assert ran.asked == []


@pytest.mark.parametrize("code", [..., ""])
def test_a_redirect_without_a_code(code: Any, signed_in: Make) -> None:
    """A redirect with neither code nor error is told with the names of what it has."""
    fault = signed_in({"code": code, "session": "5"}).tokens[0].fault
    assert fault.message.startswith(f"the redirect of {PAGE} brought no code")
    assert "session" in " ".join([fault.message, *fault.details])


NAMED = {**DOCUMENT, "authorization_response_iss_parameter_supported": True}
DISCOVERED = f"type: oauth2, grant: authorization_code, client_id: id, issuer: '{ISSUER}'"


@pytest.mark.parametrize(
    ("auth", "document", "issuer", "passes"),
    [
        (CODE, None, ..., True),
        (CODE, None, "https://any.test", True),
        (f"{CODE}, issuer: '{ISSUER}'", None, ..., True),
        (f"{CODE}, issuer: '{ISSUER}'", None, ISSUER, True),
        (f"{CODE}, issuer: '{ISSUER}'", None, "https://evil.test", False),
        (f"{CODE}, issuer: '{ISSUER}'", None, f"{ISSUER}/", True),
        (f"{CODE}, issuer: '{ISSUER}/'", None, ISSUER, True),
        (f"{CODE}, issuer: '{ISSUER}'", None, "https://login.test", False),
        (DISCOVERED, DOCUMENT, ..., True),
        (DISCOVERED, DOCUMENT, ISSUER, True),
        (DISCOVERED, DOCUMENT, "https://evil.test", False),
        (DISCOVERED, NAMED, ISSUER, True),
        (DISCOVERED, NAMED, ..., False),
        (DISCOVERED, NAMED, "", False),
        (DISCOVERED, NAMED, "https://evil.test", False),
        (DISCOVERED, {**NAMED, "issuer": f"{ISSUER}/"}, f"{ISSUER}/", True),
        (DISCOVERED, {**NAMED, "issuer": f"{ISSUER}/"}, ISSUER, False),
        (DISCOVERED, {**NAMED, "authorization_response_iss_parameter_supported": "true"}, ..., True),
    ],
)
def test_the_issuer_of_a_redirect(auth: str, document: Any, issuer: Any, passes: bool, signed_in: Make) -> None:
    """RFC 9207 § 2.4: `iss` is compared with the issuer where one is known, and must be there where it is promised.

    It is spelled as in the issuer's document; where only the file names it, a slash at the end makes no other.
    """
    ran = signed_in({"iss": issuer}, auth, {OIDC: document} if document else {})
    assert ran.outcomes == {"R": "passed" if passes else "errored"}
    if not passes:
        assert "another issuer" in ran.tokens[0].fault.message
        assert [request.method for request in ran.asked if request.method == "POST"] == []
