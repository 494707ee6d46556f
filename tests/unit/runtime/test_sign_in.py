"""Whose keys a signature is checked against: who is asked for them, and what of ours they get to see."""

from __future__ import annotations

import json
from typing import Any

import pytest

from runner.engine.auth.base import Scheme
from runner.engine.exchange import ClientCertificate, Connection, Exchange, Request, Response
from runner.engine.results import Outcome, TokenResult
from runner.errors import AuthError
from runner.runtime.sign_in import Identity, IssuerKeys, SignedIn, issuer_keys

ISSUER = "https://login.test/realm"
OURS = Connection(verify="ca.pem", proxy="http://proxy.test:1", certificate=ClientCertificate("ours.pem"))


class Issuer:
    """A transport that answers for an issuer; `asked` are the requests."""

    def __init__(self, keys_url: str, keys: Any = None) -> None:
        self.keys_url = keys_url
        self.keys = {"keys": []} if keys is None else keys
        self.asked: list[Request] = []

    def send(self, request: Request, jar: Any) -> Exchange:
        self.asked.append(request)
        found = self.keys if request.url == self.keys_url else {"issuer": ISSUER, "jwks_uri": self.keys_url}
        return Exchange(request, Response(200, content=json.dumps(found).encode()))

    def close(self) -> None:
        """Nothing is open."""


def signed(token_url: str) -> SignedIn:
    identity = Identity(Scheme(lambda request, _: request), ("One",), OURS, 5.0)
    result = TokenResult("client_credentials", "POST", token_url, Outcome.PASSED, 1) if token_url else None
    return SignedIn(identity, result, "token", ())


def hide(value: Any) -> None:
    """Nothing is secret here."""


@pytest.mark.parametrize(
    ("token_url", "keys_url", "shown"),
    [
        ("https://login.test/token", "https://login.test/keys", [True, True]),
        ("https://LOGIN.test:443/token", "https://keys.test/", [True, False]),
        ("https://other.test/token", "https://login.test/keys", [False, False]),
        ("https://login.test:8443/token", "https://login.test:8443/keys", [False, True]),
        ("", "https://login.test/keys", [False, False]),
    ],
)
def test_the_certificate_is_for_the_token_endpoint(token_url: str, keys_url: str, shown: list[bool]) -> None:
    """A token names its issuer, and that its keys: neither is shown our certificate unless it gave the token."""
    issuer = Issuer(keys_url)
    assert issuer_keys(signed(token_url), {"iss": ISSUER}, hide, issuer) == IssuerKeys(keys_url, {"keys": []})
    assert [request.url for request in issuer.asked] == [f"{ISSUER}/.well-known/openid-configuration", keys_url]
    assert [request.connection.certificate is not None for request in issuer.asked] == shown
    assert {request.connection._replace(certificate=None) for request in issuer.asked} == {
        OURS._replace(certificate=None)
    }


@pytest.mark.parametrize("keys_url", ["file:///etc/passwd", "http://[x/keys", "https://login.test/\x1b[2J", ""])
def test_keys_that_are_nowhere(keys_url: str) -> None:
    """Only a URL of the web is asked for keys."""
    issuer = Issuer(keys_url)
    with pytest.raises(AuthError, match="as its jwks_uri, which is no URL"):
        issuer_keys(signed(""), {"iss": ISSUER}, hide, issuer)
    assert len(issuer.asked) == 1


@pytest.mark.parametrize("claims", [{}, [], None, {"iss": 5}, {"iss": ""}, {"iss": "urn:x"}, {"iss": "http://[x"}])
def test_a_token_without_issuer(claims: Any) -> None:
    """Where a token names no issuer on the web nobody is asked."""
    issuer = Issuer("")
    with pytest.raises(AuthError, match="names no issuer"):
        issuer_keys(signed(""), claims, hide, issuer)
    assert issuer.asked == []
