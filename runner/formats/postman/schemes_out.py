"""`auth` → Postman's auth, by a table; a token that a call fetches is fetched by a script and used from a variable."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from runner.formats.draft import Comment, Data, Disabled
from runner.formats.postman.checks import text as in_script
from runner.formats.postman.checks import value as as_script
from runner.formats.postman.javascript.literals import UnsayableError, literal
from runner.formats.postman.javascript.translator import expression
from runner.formats.postman.spelling import Lose, Spelling

Json = dict[str, Any]
Fields = dict[str, Any]
_GRANTS = {
    "client_credentials": "client_credentials",
    "password": "password_credentials",
    "authorization_code": "authorization_code",
}


def auth(given: Any, spelling: Spelling, lose: Lose) -> Json | None:
    """Postman's auth; None where the request inherits it."""
    if given is None:
        return None
    if given == "none":
        return {"type": "noauth"}
    kind = given.get("type", "")
    if is_call(given):
        return _of_call(given, f"{{{{{spelling.token(given)}}}}}")
    if kind not in _TYPES:
        lose(f"the auth '{kind or 'of inherited fields'}'", "Postman has no such auth")
        return {"type": "noauth"}
    name, fields = _TYPES[kind](given, spelling, lose)
    return _listed(name, fields)


def _listed(name: str, fields: Mapping[str, Any]) -> Json:
    """An auth as v2.1 lists its fields."""

    def kind(value: Any) -> str:
        return "boolean" if isinstance(value, bool) else "string" if isinstance(value, str) else "any"

    return {"type": name, name: [{"key": key, "value": value, "type": kind(value)} for key, value in fields.items()]}


def _copied(**names: str) -> Callable[[Data, Spelling], Fields]:
    def copy(given: Data, spelling: Spelling) -> Fields:
        return {theirs: spelling.text(given[ours]) for ours, theirs in names.items() if given.get(ours) is not None}

    return copy


_USER = _copied(username="username", password="password")
_AWS = _copied(
    access_key="accessKey", secret_key="secretKey", session_token="sessionToken", region="region", service="service"
)


def _bearer(given: Data, spelling: Spelling, lose: Lose) -> tuple[str, Fields]:
    return "bearer", {"token": spelling.text(given["token"])}


def _user(given: Data, spelling: Spelling, lose: Lose) -> tuple[str, Fields]:
    return given["type"], _USER(given, spelling)


def _key(given: Data, spelling: Spelling, lose: Lose) -> tuple[str, Fields]:
    place = given.get("in", "header")
    if place == "cookie":
        lose("an API key in a cookie", "Postman puts it into a header or the query", "write the header Cookie")
    return "apikey", {"key": spelling.text(given["name"]), "value": spelling.text(given["value"]), "in": place}


def _aws(given: Data, spelling: Spelling, lose: Lose) -> tuple[str, Fields]:
    return "awsv4", _AWS(given, spelling)


def _jwt(given: Data, spelling: Spelling, lose: Lose) -> tuple[str, Fields]:
    fields: Fields = {"algorithm": given.get("algorithm", "HS256"), "payload": spelling.json(given.get("claims", {}))}
    fields |= _copied(secret="secret", private_key="privateKey")(given, spelling)
    if "key_id" in given:
        fields["headers"] = spelling.json({"kid": given["key_id"]})
    return "jwt", {**fields, **_token_place(given, spelling)}


def _token_place(given: Data, spelling: Spelling) -> Fields:
    if given.get("in") == "query":
        return {"addTokenTo": "queryParams", **_copied(name="queryParamKey")(given, spelling)}
    return {"addTokenTo": "header", "headerPrefix": spelling.text(given.get("prefix", "Bearer"))}


def _oauth2(given: Data, spelling: Spelling, lose: Lose) -> tuple[str, Fields]:
    grant = given.get("grant", "client_credentials")
    if grant not in _GRANTS:
        lose(f"the grant '{grant}'", "Postman has none of this name", "fetch the token in a pre-request script")
    if "token_url" not in given:
        lose("the discovery of the token endpoint", "Postman wants its URL", "write token_url")
    fields: Fields = {"grant_type": _GRANTS.get(grant, grant)}
    fields |= _OAUTH2(given, spelling)
    if isinstance(given.get("scope"), list):
        fields["scope"] = " ".join(map(spelling.text, given["scope"]))
    fields["client_authentication"] = "header" if str(given.get("client_auth", "")).startswith("basic") else "body"
    if grant == "authorization_code":
        port = f":{given['redirect_port']}" if "redirect_port" in given else ""
        if port or "redirect_host" in given or "redirect_path" in given:
            host, path = given.get("redirect_host", "127.0.0.1"), given.get("redirect_path", "/")
            fields["redirect_uri"] = f"http://{host}{port}{path}"
    if "extra" in given:
        fields["tokenRequestParams"] = [
            {"key": spelling.text(name), "value": spelling.text(value), "enabled": True, "send_as": "request_body"}
            for name, value in given["extra"].items()
        ]
    for name in given.keys() - _KNOWN_OAUTH2:
        if isinstance(name, str):
            lose(f"'{name}' of OAuth 2.0", "Postman has no such setting")
    return "oauth2", {**fields, **_token_place(given, spelling)}


_OAUTH2 = _copied(
    token_url="accessTokenUrl", authorization_url="authUrl", client_id="clientId", client_secret="clientSecret",
    scope="scope", audience="audience", resource="resource", username="username", password="password",
)  # fmt: skip
_KNOWN_OAUTH2 = frozenset(
    {"type", "grant", "token_url", "issuer", "authorization_url", "client_id", "client_secret", "client_auth", "scope",
     "audience", "resource", "username", "password", "redirect_host", "redirect_port", "redirect_path", "extra", "in",
     "name", "prefix", "leeway", "refresh_on", "cache"}
)  # fmt: skip

_TYPES: Mapping[str, Callable[[Data, Spelling, Lose], tuple[str, Fields]]] = {
    "bearer": _bearer,
    "basic": _user,
    "digest": _user,
    "api_key": _key,
    "aws_sigv4": _aws,
    "jwt": _jwt,
    "oauth2": _oauth2,
}


# --- calls that fetch a token --------------------------------------------------------------------------------------


def is_call(given: Any) -> bool:
    """Whether an `auth` is a call for which Postman has no settings: a script makes it."""
    if not isinstance(given, Mapping):
        return False
    return given.get("type") == "request" or (given.get("type"), given.get("grant")) == ("oauth2", "refresh_token")


def _of_call(given: Data, token: str) -> Json:
    """How the token of a call is used."""
    place, name = given.get("in", "header"), given.get("name", "")
    prefix = given.get("prefix", "Bearer")
    if name or place != "header":
        value = f"{prefix} {token}".strip() if "prefix" in given and place == "header" else token
        return _listed("apikey", {"key": name or "access_token", "value": value, "in": place})
    if prefix == "Bearer":
        return _listed("bearer", {"token": token})
    return _listed("oauth2", {"accessToken": token, "addTokenTo": "header", "headerPrefix": prefix})


def script(given: Data, spelling: Spelling, lose: Lose) -> str:
    """The pre-request script that fetches the token of such an `auth`; empty where it cannot be said."""
    for name in ("cache", "expires_at", "leeway", "refresh_on"):
        if name in given:
            lose(f"'{name}' of the login call", "its script fetches a token before each request")
    try:
        request, token, expires = _call(given)
        options = _options(request)
        lines = [f"pm.collectionVariables.set({literal(spelling.token(given))}, {_of_response(token)});"]
        if expires:
            lines.append(f'pm.collectionVariables.set("expires_in", {_of_response(expires)});')
    except UnsayableError as error:
        lose("the call that fetches the token", str(error))
        return ""
    inside = "".join(f"    {line}\n" for line in lines)
    return f"pm.sendRequest({options}, function (error, response) {{\n{inside}}});"


def _call(given: Data) -> tuple[Data, str, str]:
    if given["type"] == "request":
        return given["request"], given["token"], given.get("expires_in", "")
    form = {"grant_type": "refresh_token"}
    form |= {name: given[name] for name in ("client_id", "client_secret", "refresh_token", "scope") if name in given}
    request: Data = {"url": given["token_url"], "form": {**form, **given.get("extra", {})}}
    if str(given.get("client_auth", "")).startswith("basic"):
        request["form"] = {n: v for n, v in request["form"].items() if n not in ("client_id", "client_secret")}
        request["auth"] = {"type": "basic", "username": given["client_id"], "password": given["client_secret"]}
    return request, "body.access_token", ""


def _of_response(text: str) -> str:
    return expression(text, over_response=True).replace("pm.response.", "response.")


def _options(request: Data) -> str:
    kind = next((key for key in ("json", "form", "multipart", "text") if key in request), "")
    method = request.get("method") or ("POST" if kind else "GET")
    entries = {"url": in_script(request["url"]), "method": literal(method)}
    headers = {name: as_script(value) for name, value in _real(request.get("headers")).items()}
    if kind == "json" and not any(name.lower() == "content-type" for name in headers):
        headers["Content-Type"] = '"application/json"'
    basic = request.get("auth")
    if isinstance(basic, Mapping) and basic.get("type") == "basic":
        pair = f'{in_script(basic["username"])} + ":" + {in_script(basic["password"])}'
        headers["Authorization"] = f'"Basic " + btoa({pair})'
    if headers:
        entries["header"] = _object({literal(name): value for name, value in headers.items()}, 1)
    if kind:
        entries["body"] = _object(_body(kind, request[kind]), 1)
    return _object(entries, 0)


def _body(kind: str, given: Any) -> dict[str, str]:
    if kind == "json":
        return {"mode": '"raw"', "raw": f"JSON.stringify({as_script(given)})"}
    if kind == "text":
        return {"mode": '"raw"', "raw": as_script(given)}
    mode = "urlencoded" if kind == "form" else "formdata"
    pairs = (f"{{key: {literal(name)}, value: {as_script(value)}}}" for name, value in _real(given).items())
    return {"mode": literal(mode), mode: f"[{', '.join(pairs)}]"}


def _real(given: Any) -> dict[str, Any]:
    return {name: value for name, value in (given or {}).items() if not isinstance(name, (Comment, Disabled))}


def _object(entries: Mapping[str, str], depth: int) -> str:
    pad = "    " * (depth + 1)
    inside = "".join(f"{pad}{name}: {value},\n" for name, value in entries.items())
    return f"{{\n{inside}{'    ' * depth}}}"
