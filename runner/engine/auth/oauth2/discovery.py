"""Where an issuer's endpoints are: its discovery document (OpenID Connect Discovery 1.0 § 4, else RFC 8414 § 3).

The document must name the issuer that was asked for (RFC 8414 § 3.3), or a stranger could have tokens sent to it.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any
from urllib.parse import urlsplit

from runner.engine.auth.oauth2.endpoint import Settings, Urls, request_to, sent
from runner.engine.auth.replies import asked, json_object, text_of, words_of
from runner.engine.exchange import Exchange, TokenWish
from runner.errors import AuthError

#: Our name of an endpoint → its name in the document.
_ENDPOINTS = {
    "token": "token_endpoint",
    "authorization": "authorization_endpoint",
    "device": "device_authorization_endpoint",
}


def discover(issuer: str, settings: Settings) -> Generator[TokenWish, Any, Urls]:
    """The endpoints of an issuer.

    Raises:
        AuthError: it has no discovery document, or one that cannot be trusted.
    """
    document = yield from discovery_document(issuer, settings)
    urls = {ours: str(document.get(theirs) or "") for ours, theirs in _ENDPOINTS.items()}
    expected = document.get("authorization_response_iss_parameter_supported") is True
    return Urls(**urls, issuer=str(document["issuer"]), iss_expected=expected)


def discovery_document(issuer: str, settings: Settings) -> Generator[TokenWish, Any, dict[str, Any]]:
    """The discovery document of an issuer: OIDC's, else RFC 8414's.

    Raises:
        AuthError: there is none, or it is another issuer's.
    """
    exchange: Exchange | None = None
    first: Exchange | None = None
    for url in _places(issuer):
        exchange = yield from sent(request_to(url, settings, headers=(("Accept", "application/json"),)))
        if exchange.response.status == 200:
            return _judged(exchange, issuer)
        first = first or exchange
    assert first is not None, "there is always a place to look at"
    hint = "is issuer right? a token_url (and authorization_url, device_url) can be given in its place"
    raise AuthError(f"{asked(first)}: no discovery document of the issuer '{issuer}'", (), hint)


def _places(issuer: str) -> Iterator[str]:
    parts = urlsplit(issuer)
    path = parts.path.rstrip("/")
    origin = f"{parts.scheme}://{parts.netloc}"
    yield f"{origin}{path}/.well-known/openid-configuration"
    yield f"{origin}/.well-known/oauth-authorization-server{path}"  # RFC 8414 § 3.1: before the issuer's path


def _judged(exchange: Exchange, issuer: str) -> dict[str, Any]:
    text = text_of(exchange.response)
    document = json_object(text)
    named = document.get("issuer")
    if not isinstance(named, str):
        raise AuthError(f"{asked(exchange)}, but with no discovery document: {words_of(document, text)}")
    if named.rstrip("/") != issuer.rstrip("/"):
        hint = f"if that is the one you mean, write issuer: {named}"
        raise AuthError(f"{asked(exchange)}: the document of another issuer, '{named}'", hint=hint)
    return document
