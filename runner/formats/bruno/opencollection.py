"""OpenCollection YAML, Bruno's newer language → requests, folders and environments."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from runner.formats.bruno.nodes import Auth, Body, Environment, Extra, Folder, Pair, Request, Script, Shared
from runner.formats.draft import ForeignFault
from runner.formats.foreign_yaml import mapping, sequence, text

_BODIES = {"form-urlencoded": "form", "multipart-form": "multipart"}
_PHASES = {"before-request": "pre-request", "after-response": "post-response", "tests": "tests"}
#: Names of OpenCollection's auth fields → those of .bru files.
_FIELDS = {
    "accessKeyId": "accessKeyId", "secretAccessKey": "secretAccessKey", "sessionToken": "sessionToken",
    "service": "service", "region": "region", "username": "username", "password": "password", "token": "token",
    "key": "key", "value": "value", "placement": "placement", "accessTokenUrl": "access_token_url",
    "authorizationUrl": "authorization_url", "callbackUrl": "callback_url", "refreshTokenUrl": "refresh_token_url",
    "scope": "scope", "state": "state",
}  # fmt: skip
_GRANTS = {"resource_owner_password_credentials": "password"}
_EXTRAS = {"authorizationRequest": "authorization", "accessTokenRequest": "token", "refreshTokenRequest": "refresh"}
_CALLS = ("http", "graphql", "grpc", "websocket")
_DEEPEST = 40


def is_one(data: dict[str, Any]) -> bool:
    """Whether a root is that of a collection, or of one request; other formats have an `info`, too."""
    return "opencollection" in data or ("info" in data and any(key in data for key in ("items", *_CALLS)))


def item(data: Any, path: str, depth: int = 0) -> Folder | Request:
    """The request or folder in a mapping.

    Raises:
        ForeignFault: it is none.
    """
    found = mapping(data)
    info = mapping(found.get("info"))
    if depth > _DEEPEST:
        raise ForeignFault(f"{path}: folders are nested deeper than {_DEEPEST} levels")
    if info.get("type") == "folder" or "items" in found:
        return folder(found, path, depth)
    return _request(found, info, path)


def folder(found: dict[str, Any], path: str, depth: int = 0) -> Folder:
    """A folder, or a collection, with the items that stand in its own file."""
    info = mapping(found.get("info"))
    items = tuple(
        item(inner, f"{path}.items[{number}]", depth + 1) for number, inner in enumerate(sequence(found.get("items")))
    )
    return Folder(text(info.get("name")), path, _number(info.get("seq"), 0), shared(found), items)


def shared(found: dict[str, Any]) -> Shared:
    """What a folder's or collection's `request` says for all."""
    request = mapping(found.get("request"))
    docs = text(found.get("docs")) or text(mapping(found.get("docs")).get("content"))
    return Shared(
        headers=_pairs(request.get("headers")),
        auth=_auth(request.get("auth")),
        variables=_variables(request.get("variables")),
        captures=tuple(_actions(request.get("actions"))),
        scripts=_scripts(request.get("scripts")),
        docs=docs,
    )


def environment(data: Any, name: str) -> Environment:
    """The environment in a mapping."""
    found = mapping(data)
    variables = _entries(found.get("variables"))
    external = mapping(found.get("externalSecrets"))
    return Environment(
        text(found.get("name"), name) or name,
        _variables([entry for entry in variables if entry.get("secret") is not True]),
        tuple(text(entry.get("name")) for entry in variables if entry.get("secret") is True),
        tuple(text(mapping(entry).get("name")) for entry in sequence(external.get("variables"))),
    )


# --- requests ------------------------------------------------------------------------------------------------------


def _request(found: dict[str, Any], info: dict[str, Any], path: str) -> Request:
    kind = next((name for name in _CALLS if isinstance(found.get(name), dict)), "empty")
    call = mapping(found.get(kind))
    runtime = mapping(found.get("runtime"))
    left_out = tuple(name for name in found if name not in _KNOWN)
    return Request(
        name=text(info.get("name")),
        path=path,
        kind=kind,
        seq=_number(info.get("seq"), 1),
        tags=tuple(map(text, sequence(info.get("tags")))),
        method=text(call.get("method"), "POST" if kind == "graphql" else "GET").upper(),
        url=text(call.get("url")),
        params=tuple(_pair(entry)._replace(kind=text(entry.get("type"))) for entry in _entries(call.get("params"))),
        body=_body(call.get("body"), kind),
        shared=Shared(
            headers=_pairs(call.get("headers")),
            auth=_auth(call.get("auth")),
            variables=_variables(runtime.get("variables")),
            captures=tuple(_actions(runtime.get("actions"))),
            scripts=_scripts(runtime.get("scripts")),
            docs=text(found.get("docs")) or _description(info),
        ),
        asserts=tuple(_assertions(runtime.get("assertions"))),
        settings={name: text(value) for name, value in mapping(found.get("settings")).items()},
        examples=len(sequence(found.get("examples"))),
        left_out=left_out,
    )


_KNOWN = frozenset({"info", "runtime", "settings", "examples", "docs", *_CALLS})


def _number(value: Any, otherwise: float) -> float:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else otherwise


def _entries(value: Any) -> list[dict[str, Any]]:
    return [mapping(entry) for entry in sequence(value) if isinstance(entry, dict)]


def _description(entry: dict[str, Any]) -> str:
    return text(entry.get("description")) or text(mapping(entry.get("description")).get("content"))


def _pair(entry: dict[str, Any]) -> Pair:
    return Pair(
        text(entry.get("name")), text(entry.get("value")), entry.get("disabled") is not True, _description(entry)
    )


def _pairs(value: Any) -> tuple[Pair, ...]:
    return tuple(map(_pair, _entries(value)))


def _variables(value: Any) -> tuple[Pair, ...]:
    return tuple(map(_variable, _entries(value)))


def _variable(entry: dict[str, Any]) -> Pair:
    pair, value = _pair(entry), entry.get("value")
    if isinstance(value, dict) and "data" in value:
        kind = text(value.get("type"))
        return pair._replace(value=text(value["data"]), kind="" if kind == "string" else kind)
    if isinstance(value, (dict, list)):
        return pair._replace(value=json.dumps(value), kind="object")
    return pair


def _actions(value: Any) -> Iterator[Pair]:
    """Captures: actions that set a variable from the response."""
    for entry in _entries(value):
        if entry.get("type") == "set-variable":
            name = text(mapping(entry.get("variable")).get("name"))
            expression = text(mapping(entry.get("selector")).get("expression"))
            yield Pair(name, expression, entry.get("disabled") is not True, _description(entry))


def _assertions(value: Any) -> Iterator[Pair]:
    for entry in _entries(value):
        judged = f"{text(entry.get('operator'), 'eq')} {text(entry.get('value'))}".strip()
        yield Pair(text(entry.get("expression")), judged, entry.get("disabled") is not True, _description(entry))


def _scripts(value: Any) -> tuple[Script, ...]:
    found = [(text(entry.get("type")), text(entry.get("code"))) for entry in _entries(value)]
    return tuple(Script(_PHASES.get(phase, phase), code) for phase, code in found if code.strip())


def _body(value: Any, kind: str) -> Body | None:
    found = mapping(value)
    if kind == "graphql":
        return Body("graphql", text(found.get("query")), variables=text(found.get("variables")))
    mode = text(found.get("type"))
    if not mode:
        return None
    data = found.get("data")
    return Body(_BODIES.get(mode, mode), text(data), tuple(map(_part, _entries(data))))


def _part(entry: dict[str, Any]) -> Pair:
    value = entry.get("value")
    files = sequence(value) if entry.get("type") == "file" else []
    if "filePath" in entry:
        files = [entry["filePath"]]
    pair = _pair(entry)
    return pair._replace(
        enabled=pair.enabled and entry.get("selected") is not False,
        files=tuple(map(text, files)),
        content_type=text(entry.get("contentType")),
        kind="file" if files or entry.get("type") == "file" else "",
    )


# --- auth ----------------------------------------------------------------------------------------------------------


def _auth(value: Any) -> Auth | None:
    if isinstance(value, str):
        return Auth(value)
    found = mapping(value)
    if not found:
        return None
    fields = {ours: text(found[theirs]) for theirs, ours in _FIELDS.items() if theirs in found}
    mode = text(found.get("type"), "none")
    if mode != "oauth2":
        return Auth(mode, fields)
    return Auth(mode, {**fields, **_oauth2(found)}, tuple(_extras(mapping(found.get("additionalParameters")))))


def _oauth2(found: dict[str, Any]) -> dict[str, str]:
    credentials, owner = mapping(found.get("credentials")), mapping(found.get("resourceOwner"))
    config, pkce = mapping(found.get("tokenConfig")), mapping(found.get("pkce"))
    placement, flow = mapping(config.get("placement")), text(found.get("flow"))
    fields = {
        "grant_type": _GRANTS.get(flow, flow),
        "client_id": text(credentials.get("clientId")),
        "client_secret": text(credentials.get("clientSecret")),
        "credentials_placement": text(credentials.get("placement")),
        "username": text(owner.get("username")),
        "password": text(owner.get("password")),
        "pkce": "true" if "pkce" in found and pkce.get("disabled") is not True else "",
        "token_source": text(config.get("source")),
        "token_placement": "url" if "query" in placement else "header",
        "token_header_prefix": text(placement.get("header")),
        "token_query_key": text(placement.get("query")),
    }
    return {name: value for name, value in fields.items() if value or name == "token_header_prefix"}


def _extras(found: dict[str, Any]) -> Iterator[Extra]:
    for request, ours in _EXTRAS.items():
        for entry in _entries(found.get(request)):
            yield Extra(ours, text(entry.get("placement")), text(entry.get("name")), text(entry.get("value")))
