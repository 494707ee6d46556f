"""Bruno's auth modes → `auth` blocks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from runner.formats.auths import callback, completed
from runner.formats.bruno.context import Context
from runner.formats.bruno.nodes import Auth
from runner.formats.draft import Data

_GRANTS = frozenset({"client_credentials", "password", "authorization_code"})
#: Modes without a counterpart.
_UNKNOWN = {
    "ntlm": "NTLM", "wsse": "WSSE", "oauth1": "OAuth 1.0", "akamai-edgegrid": "Akamai EdgeGrid",
}  # fmt: skip


def block(auth: Auth | None, inherited: bool, context: Context, place: str) -> Any:
    """The `auth` of a request, folder or collection; None where it says nothing.

    `inherited` is true where something around it has an auth, which then has to be switched off.
    """
    if auth is None or auth.mode == "inherit":
        return None
    switched_off = "none" if inherited else None
    if auth.mode in ("none", ""):
        return switched_off
    make = _BLOCKS.get(auth.mode)
    if make is None:
        name = _UNKNOWN.get(auth.mode, f"'{auth.mode}'")
        context.lose(place, f"auth by {name}", "there is no such type here", "sign in another way, or sign in a proxy")
        return switched_off
    fields = {name: context.text(value, place) for name, value in auth.fields.items()}
    made = make(fields, auth, context, place)
    return completed(made, context.imported, place) if made else switched_off


_Fields = Mapping[str, str]


def _login(kind: str) -> Callable[[_Fields, Auth, Context, str], Data]:
    return lambda fields, auth, context, place: {
        "type": kind,
        "username": fields.get("username", ""),
        "password": fields.get("password", ""),
    }


def _bearer(fields: _Fields, auth: Auth, context: Context, place: str) -> Data:
    return {"type": "bearer", "token": fields.get("token", "")}


def _api_key(fields: _Fields, auth: Auth, context: Context, place: str) -> Data:
    in_query = fields.get("placement") == "queryparams" or fields.get("placement") == "query"
    where = {"in": "query"} if in_query else {}
    return {"type": "api_key", "name": fields.get("key", ""), "value": fields.get("value", ""), **where}


def _aws(fields: _Fields, auth: Auth, context: Context, place: str) -> Data:
    if fields.get("profileName"):
        context.lose(place, "the AWS profile", "keys are written or come from the environment", "set access_key")
    return {
        "type": "aws_sigv4",
        "access_key": fields.get("accessKeyId", ""),
        "secret_key": fields.get("secretAccessKey", ""),
        "session_token": fields.get("sessionToken", ""),
        "region": fields.get("region", ""),
        "service": fields.get("service", ""),
    }


def _oauth2(fields: _Fields, auth: Auth, context: Context, place: str) -> Data:
    grant = fields.get("grant_type", "")
    if grant not in _GRANTS:
        what = f"the OAuth 2.0 grant '{grant}'" if grant else "OAuth 2.0 without a grant"
        context.lose(place, what, "there is no such grant here", "use client_credentials or authorization_code")
        return {}
    made: Data = {"type": "oauth2"}
    if grant != "client_credentials":
        made["grant"] = grant
    made |= {
        "token_url": fields.get("access_token_url", ""),
        "authorization_url": fields.get("authorization_url", "") if grant == "authorization_code" else "",
        "client_id": fields.get("client_id", ""),
        "client_secret": fields.get("client_secret", ""),
        "client_auth": _client_auth(fields, grant),
        "scope": fields.get("scope", ""),
    }
    if grant == "password":
        made |= {"username": fields.get("username", ""), "password": fields.get("password", "")}
    if grant == "authorization_code":
        made |= callback(auth.fields.get("callback_url", ""), context.imported, place)
    made |= _placed(fields)
    _extras(made, auth, context, place)
    _refused(fields, context, place)
    return made


def _client_auth(fields: _Fields, grant: str) -> str:
    if fields.get("credentials_placement") == "basic_auth_header":
        return "basic_raw" if fields.get("client_secret") else "none"
    return "none" if grant == "client_credentials" and not fields.get("client_secret") else ""


def _placed(fields: _Fields) -> Data:
    """Where the token goes."""
    if fields.get("token_placement") == "url":
        return {"in": "query", "name": fields.get("token_query_key", "") or "access_token"}
    prefix = fields.get("token_header_prefix", "")
    return {} if prefix == "Bearer" else {"prefix": prefix}


def _extras(made: Data, auth: Auth, context: Context, place: str) -> None:
    extra: Data = {}
    for given in auth.extras:
        if given.request == "token" and given.where == "body":
            extra[context.text(given.name, place)] = context.text(given.value, place)
        else:
            what = f"the parameter '{given.name}' of the {given.request} request"
            context.lose(place, what, f"only form fields of the token request can be added, not in the {given.where}")
    if extra:
        made["extra"] = extra


def _refused(fields: _Fields, context: Context, place: str) -> None:
    refresh = fields.get("refresh_token_url", "")
    if refresh and refresh != fields.get("access_token_url"):
        context.lose(place, "the URL for refreshing tokens", "the token endpoint is asked for all")
    if fields.get("token_source") not in (None, "", "access_token"):
        context.lose(place, f"'{fields['token_source']}' as the token", "the access token is sent")


_BLOCKS: Mapping[str, Callable[[_Fields, Auth, Context, str], Data]] = {
    "basic": _login("basic"),
    "digest": _login("digest"),
    "bearer": _bearer,
    "apikey": _api_key,
    "awsv4": _aws,
    "oauth2": _oauth2,
}
