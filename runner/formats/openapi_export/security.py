"""How a request authenticates → a security scheme: https://spec.openapis.org/oas/v3.1.1#security-scheme-object"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from runner.formats.flat import Auth, Flat
from runner.formats.symbols import Ref, Value, first_text, is_known, pieces

#: Grants → the name of the flow.
_FLOWS: Mapping[str, str] = {
    "client_credentials": "clientCredentials",
    "password": "password",
    "authorization_code": "authorizationCode",
}


class Scheme(NamedTuple):
    """A security scheme, the name that it would like to have, and the scopes that a request asks for."""

    name: str
    definition: dict[str, Any]
    scopes: tuple[str, ...] = ()


def scheme(flat: Flat, lose: Callable[..., None]) -> Scheme | None:
    """The scheme of a request; None where it does not authenticate."""
    written = flat.header("authorization")
    if written is not None:
        word = first_text(written).partition(" ")[0].lower()
        return _http(word) if word in ("bearer", "basic", "digest") else _key("Authorization", "header")
    if flat.auth is None:
        return None
    return _of_auth(flat.auth, lose)


def _of_auth(auth: Auth, lose: Callable[..., None]) -> Scheme:
    fields = auth.fields
    if auth.type in ("bearer", "basic", "digest"):
        return _http(auth.type)
    if auth.type == "netrc":
        return _http("basic")
    if auth.type == "api_key":
        return _key(url_text(fields.get("name", "")), fields.get("in", "header"))
    if auth.type == "aws_sigv4":
        lose("auth 'aws_sigv4'", "OpenAPI has no scheme that signs", "it is a header here")
        return _key("Authorization", "header")
    if auth.type == "oauth2" and (found := _oauth2(fields)) is not None:
        return found
    if auth.type == "oauth2":
        lose("auth 'oauth2'", "OpenAPI has no flow for this grant", "it is a bearer token here")
    if fields.get("in") == "query" or fields.get("name", "Authorization") != "Authorization":
        return _key(url_text(fields.get("name", "access_token")), fields.get("in", "header"))
    return _http("bearer")


def _http(word: str) -> Scheme:
    return Scheme(word, {"type": "http", "scheme": word})


def _key(name: str, place: Any) -> Scheme:
    return Scheme("api_key", {"type": "apiKey", "name": name, "in": place})


def _oauth2(fields: Mapping[str, Value]) -> Scheme | None:
    scopes = _scopes(fields.get("scope", []))
    if "issuer" in fields and "token_url" not in fields:
        url = f"{url_text(fields['issuer']).rstrip('/')}/.well-known/openid-configuration"
        return Scheme("openid", {"type": "openIdConnect", "openIdConnectUrl": url}, scopes)
    flow = _FLOWS.get(fields.get("grant", "client_credentials"))
    if flow is None or "token_url" not in fields:
        return None
    made: dict[str, Any] = {}
    if flow == "authorizationCode":
        made["authorizationUrl"] = url_text(fields.get("authorization_url", ""))
    made |= {"tokenUrl": url_text(fields["token_url"]), "scopes": dict.fromkeys(scopes, "")}
    return Scheme("oauth2", {"type": "oauth2", "flows": {flow: made}}, scopes)


def _scopes(value: Value) -> tuple[str, ...]:
    if not is_known(value):
        return ()
    found = value if isinstance(value, list) else str(value).split()
    return tuple(map(str, found))


def url_text(value: Value) -> str:
    """A text; what only a run knows stands in it as `{name}`."""
    return "".join(piece if isinstance(piece, str) else f"{{{symbol_name(piece)}}}" for piece in pieces(value))


def symbol_name(symbol: Any) -> str:
    """A name for what only a run knows."""
    if isinstance(symbol, Ref):
        steps = [step for step in symbol.path if isinstance(step, str)]
        return "_".join([symbol.name, *steps]) if symbol.name in ("item", "data") else (steps or [symbol.name])[-1]
    return next((name.removeprefix("env.") for name, _ in symbol.values), "value")
