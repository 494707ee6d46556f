"""Where an issuer's endpoints are: its discovery document (OpenID Connect Discovery 1.0 § 4, else RFC 8414 § 3).

The document must name the issuer that was asked for (RFC 8414 § 3.3), or a stranger could have tokens sent to it.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from runner.engine.auth.oauth2.endpoint import Settings, Urls, is_web_url, request_to, sent
from runner.engine.auth.replies import asked, json_object, text_of, words_of
from runner.engine.exchange import Exchange, TokenWish
from runner.errors import AuthError
from runner.language.values import show

#: Our name of an endpoint → its name in the document.
_ENDPOINTS = {
    "token": "token_endpoint",
    "authorization": "authorization_endpoint",
    "device": "device_authorization_endpoint",
}


def discover(issuer: str, settings: Settings, needed: Sequence[str]) -> Generator[TokenWish, Any, Urls]:
    """The endpoints of an issuer that are needed; those that its document does not name stay empty.

    Raises:
        AuthError: it has no discovery document, or one that cannot be trusted.
    """
    document = yield from discovery_document(issuer, settings)
    urls = {name: _endpoint(document, _ENDPOINTS[name]) for name in needed}
    expected = document.get("authorization_response_iss_parameter_supported") is True
    return Urls(**urls, issuer=str(document["issuer"]), discovered=True, iss_expected=expected)


def _endpoint(document: Mapping[str, Any], name: str) -> str:
    """An endpoint of a document: a URL, of https where the issuer is (RFC 8414 § 2); credentials go nowhere else."""
    url = document.get(name) or ""
    scheme = urlsplit(document["issuer"]).scheme
    if url and not (is_web_url(url) and urlsplit(url).scheme in (scheme, "https")):
        message = f"the discovery document of '{document['issuer']}' has {show(url)} as its {name}: no URL of {scheme}"
        raise AuthError(message, hint="the URL can be given in its place")
    return str(url)


def discovery_document(issuer: str, settings: Settings) -> Generator[TokenWish, Any, dict[str, Any]]:
    """The discovery document of an issuer: OIDC's, else RFC 8414's.

    Raises:
        AuthError: there is none, or it is another issuer's.
    """
    if not is_web_url(issuer):
        raise AuthError(f"the issuer {show(issuer)} is no URL of http or https")
    met: list[Exchange] = []
    for url in _places(issuer):
        exchange = yield from sent(request_to(url, settings, headers=(("Accept", "application/json"),)))
        document = json_object(text_of(exchange.response))
        if exchange.response.status == 200 and isinstance(document.get("issuer"), str):
            return _judged(document, exchange, issuer)
        met.append(exchange)  # an application may answer every path, with its own page
    raise _without(met, issuer)


def _without(met: Sequence[Exchange], issuer: str) -> AuthError:
    """No place has a document: told by the first that answered at all."""
    hint = "is issuer right? a token_url (and authorization_url, device_url) can be given in its place"
    for exchange in met:
        if exchange.response.status == 200:
            text = text_of(exchange.response)
            words = words_of(json_object(text), text)
            return AuthError(f"{asked(exchange)}, but with no discovery document: {words}", hint=hint)
    return AuthError(f"{asked(met[0])}: no discovery document of the issuer '{issuer}'", hint=hint)


def _places(issuer: str) -> Iterator[str]:
    parts = urlsplit(issuer)
    path = parts.path.rstrip("/")
    origin = f"{parts.scheme}://{parts.netloc}"
    yield f"{origin}{path}/.well-known/openid-configuration"
    yield f"{origin}/.well-known/oauth-authorization-server{path}"  # RFC 8414 § 3.1: before the issuer's path


def _judged(document: dict[str, Any], exchange: Exchange, issuer: str) -> dict[str, Any]:
    named = document["issuer"]
    if named.rstrip("/") != issuer.rstrip("/"):
        hint = f"if that is the one you mean, write issuer: {named}"
        raise AuthError(f"{asked(exchange)}: the document of another issuer, '{named}'", hint=hint)
    return document
