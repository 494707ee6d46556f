"""Insomnia's authentication → `auth` blocks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from runner.formats.auths import callback, completed
from runner.formats.draft import Data
from runner.formats.foreign_yaml import text
from runner.formats.insomnia.context import Context

_GRANTS = frozenset({"client_credentials", "password", "authorization_code", "refresh_token"})
_UNKNOWN = {"oauth1": "OAuth 1.0", "ntlm": "NTLM", "hawk": "Hawk", "asap": "ASAP"}
_PLACES = {"queryParams": "query", "cookie": "cookie"}
_Fields = Mapping[str, str]


def block(found: Mapping[str, Any], inherited: bool, context: Context, place: str) -> Any:
    """The `auth` of a request or folder; None where it says nothing.

    `inherited` is true where something around it has an auth, which then has to be switched off.
    """
    kind = text(found.get("type"))
    switched_off = "none" if inherited else None
    if not kind:
        return None
    if kind == "none" or found.get("disabled") is True:
        return switched_off
    make = _BLOCKS.get(kind)
    if make is None:
        context.lose(place, f"auth by {_UNKNOWN.get(kind, kind)}", "there is no such type here", "sign in another way")
        return switched_off
    fields = {name: context.text(text(value), place) for name, value in found.items()}
    made = make(fields, found, context, place)
    return completed(made, context.imported, place) if made else switched_off


_Make = Callable[[_Fields, Mapping[str, Any], Context, str], Data]


def _login(kind: str) -> _Make:
    return lambda fields, found, context, place: {
        "type": kind,
        "username": fields.get("username", ""),
        "password": fields.get("password", ""),
    }


def _bearer(fields: _Fields, found: Mapping[str, Any], context: Context, place: str) -> Data:
    prefix = fields.get("prefix", "")
    if prefix in ("", "Bearer"):
        return {"type": "bearer", "token": fields.get("token", "")}
    value = f"{prefix} {fields.get('token', '')}"
    return {"type": "api_key", "name": "Authorization", "value": value}


def _api_key(fields: _Fields, found: Mapping[str, Any], context: Context, place: str) -> Data:
    where = _PLACES.get(fields.get("addTo", ""))
    made = {"type": "api_key", "name": fields.get("key", ""), "value": fields.get("value", "")}
    return {**made, "in": where} if where else made


def _token(fields: _Fields, found: Mapping[str, Any], context: Context, place: str) -> Data:
    return {"type": "api_key", "name": "Authorization", "value": fields.get("token", "")}


def _aws(fields: _Fields, found: Mapping[str, Any], context: Context, place: str) -> Data:
    return {
        "type": "aws_sigv4",
        "access_key": fields.get("accessKeyId", ""),
        "secret_key": fields.get("secretAccessKey", ""),
        "session_token": fields.get("sessionToken", ""),
        "region": fields.get("region", ""),
        "service": fields.get("service", ""),
    }


def _netrc(fields: _Fields, found: Mapping[str, Any], context: Context, place: str) -> Data:
    return {"type": "netrc"}


def _oauth2(fields: _Fields, found: Mapping[str, Any], context: Context, place: str) -> Data:
    grant = fields.get("grantType", "") or "authorization_code"
    if grant not in _GRANTS:
        context.lose(place, f"the OAuth 2.0 grant '{grant}'", "there is no such grant here", "use authorization_code")
        return {}
    is_code = grant == "authorization_code"
    made: Data = {
        "type": "oauth2",
        "grant": "" if grant == "client_credentials" else grant,
        "token_url": fields.get("accessTokenUrl", ""),
        "authorization_url": fields.get("authorizationUrl", "") if is_code else "",
        "client_id": fields.get("clientId", ""),
        "client_secret": fields.get("clientSecret", ""),
        "client_auth": _client_auth(fields, found, grant),
        "scope": fields.get("scope", ""),
        "audience": fields.get("audience", ""),
        "resource": fields.get("resource", ""),
        "refresh_token": fields.get("refreshToken", "") if grant == "refresh_token" else "",
    }
    if grant == "password":
        made |= {"username": fields.get("username", ""), "password": fields.get("password", "")}
    if is_code:
        made |= callback(text(found.get("redirectUrl")), context.imported, place)
    prefix = fields.get("tokenPrefix", "")
    return {**made, "prefix": prefix} if prefix not in ("", "Bearer") else made


def _client_auth(fields: _Fields, found: Mapping[str, Any], grant: str) -> str:
    """Insomnia signs in with HTTP Basic unless the credentials are to stand in the body."""
    if not fields.get("clientSecret"):
        return "none"
    return "" if found.get("credentialsInBody") is True else "basic_raw"


_BLOCKS: Mapping[str, _Make] = {
    "basic": _login("basic"),
    "digest": _login("digest"),
    "bearer": _bearer,
    "apikey": _api_key,
    "singleToken": _token,
    "iam": _aws,
    "netrc": _netrc,
    "oauth2": _oauth2,
}
