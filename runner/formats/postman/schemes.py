"""`auth` of Postman → ours, type by type; what we do not have is a loss, and `auth: none` stands in its place.

Postman's runtime signs nothing where the credential is empty, and neither do we. Its own tokens of OAuth 2.0 are stale
the day after: where the settings say how one is had, they become the token step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from runner.formats.draft import Data
from runner.formats.postman.bodies import read_json
from runner.formats.postman.reading import Json, auth_fields, is_mapping, listed, plain
from runner.formats.postman.variables import Variables
from runner.language.document.words import url_fault

NONE = "none"


class Fields(NamedTuple):
    """The fields of an `auth`, as texts of ours."""

    given: Mapping[str, Json]
    variables: Variables
    path: str

    def plain(self, name: str) -> str:
        return plain(self.given.get(name))

    def text(self, name: str) -> str:
        return self.variables.text(self.plain(name), self.path)

    def secret(self, name: str, ours: str) -> str:
        return self.variables.secret(self.plain(name), ours)

    def lose(self, what: str, why: str, remedy: str = "") -> None:
        self.variables.imported.lose(self.path, what, why, remedy)


def translate(auth: Json, variables: Variables, path: str) -> Data | str | None:
    """The `auth` of a collection, folder or request; None where it inherits."""
    found = auth_fields(auth)
    if found is None:
        return None
    kind, given = found
    fields = Fields(given, variables, path)
    if kind == "noauth":
        return NONE
    if kind not in _TYPES:
        why = "there is no such scheme here" if kind in _OTHERS else "Postman has no such scheme either"
        fields.lose(f"auth of type '{kind}'", why, "write the header that it gives, or use a proxy that adds it")
        return NONE
    translated: Data | str | None = _TYPES[kind](fields)
    return translated


_OTHERS = ("hawk", "ntlm", "edgegrid", "oauth1", "asap")


def _bearer(fields: Fields) -> Data | str:
    return {"type": "bearer", "token": fields.secret("token", "token")} if fields.plain("token") else NONE


def _user_and_password(kind: str) -> Callable[[Fields], Data | str]:
    def read(fields: Fields) -> Data | str:
        username = fields.text("username") or fields.variables.needed("username")
        given = fields.plain("password") or fields.plain("username")  # a key as user name has no password
        password = fields.secret("password", "password") if given else fields.variables.needed("password")
        return {"type": kind, "username": username, "password": password}

    return read


_API_KEY_PLACES = {"query": "query", "cookie": "cookie"}


def _api_key(fields: Fields) -> Data | str:
    if not fields.plain("key"):
        if fields.plain("value"):
            fields.lose("an API key without a name", "there is no header without a name")
        return NONE
    place = _API_KEY_PLACES.get(fields.plain("in"))
    key = {"type": "api_key", "name": fields.text("key"), "value": fields.secret("value", "api_key")}
    return {**key, "in": place} if place else key


def _aws(fields: Fields) -> Data | str:
    if fields.plain("addAuthDataToQuery") == "true":
        fields.lose("a signature in the query", "it goes into the headers here")
    found: Data = {
        "type": "aws_sigv4",
        "access_key": fields.text("accessKey"),
        "secret_key": fields.secret("secretKey", "aws_secret_key"),
    }
    if fields.plain("sessionToken"):
        found["session_token"] = fields.secret("sessionToken", "aws_session_token")
    return {
        **found,
        "region": fields.text("region") or "us-east-1",  # what Postman's runtime takes
        "service": fields.text("service") or "execute-api",
    }


# --- JWT -----------------------------------------------------------------------------------------------------------


def _jwt(fields: Fields) -> Data | str:
    algorithm = fields.plain("algorithm") or "HS256"
    if algorithm in ("HS384", "HS512") or fields.plain("isSecretBase64Encoded") == "true":
        what = f"a JWT by {algorithm}" if algorithm in ("HS384", "HS512") else "a JWT whose secret is base64"
        fields.lose(what, "there is no such signature here")
        return NONE
    claims = read_json(fields.plain("payload") or "{}", fields.variables, fields.path)
    if claims is None or not isinstance(claims[0], dict):
        fields.lose("the claims of a JWT", "they are not a JSON object")
        return NONE
    found: Data = {"type": "jwt", "algorithm": algorithm}
    if algorithm == "HS256":
        found["secret"] = fields.secret("secret", "jwt_secret")
    else:
        found["private_key"] = fields.secret("privateKey", "private_key")
    header = read_json(fields.plain("headers") or fields.plain("header") or "{}", fields.variables, fields.path)
    more = dict(header[0]) if header and isinstance(header[0], dict) else {}
    if key_id := more.pop("kid", ""):
        found["key_id"] = key_id
    if set(more) - {"alg", "typ"}:
        fields.lose("header fields of a JWT", "only `kid` can be given here")
    return {**found, "claims": claims[0], **_token_place(fields)}


def _token_place(fields: Fields) -> Data:
    """Where the token goes, and what stands before it."""
    place: Data = {}
    if fields.plain("addTokenTo").lower() in ("queryparams", "queryparam", "query"):
        place["in"] = "query"
        if name := fields.text("queryParamKey"):
            place["name"] = name
    elif fields.given.get("headerPrefix") is not None:
        prefix = fields.text("headerPrefix").strip()
        if prefix != "Bearer":
            place["prefix"] = prefix
    return place


# --- OAuth 2.0 -----------------------------------------------------------------------------------------------------

_GRANTS = {
    "client_credentials": "client_credentials",
    "password_credentials": "password",
    "authorization_code": "authorization_code",
    "authorization_code_with_pkce": "authorization_code",
}


def _oauth2(fields: Fields) -> Data | str:
    if fields.plain("tokenType").lower() == "mac":
        fields.lose("OAuth 2.0 with MAC tokens", "nobody has them any more")
        return NONE
    grant = fields.plain("grant_type") or "authorization_code"
    if not fields.plain("accessTokenUrl"):
        if grant == "implicit" and fields.plain("authUrl"):
            fields.lose("the implicit grant", "RFC 9700 forbids it", "use authorization_code")
        return _given_token(fields)
    if grant not in _GRANTS:
        fields.lose(f"the grant '{grant}'", "there is none of this name here", "use authorization_code")
        return _given_token(fields)
    return _token_step(_GRANTS[grant], fields)


def _given_token(fields: Fields) -> Data | str:
    """A token that Postman kept: without a way to have a new one it is a bearer token."""
    if not fields.plain("accessToken"):
        return NONE
    token = fields.secret("accessToken", "access_token")
    place = _token_place(fields)
    if place.get("in") == "query":
        return {"type": "api_key", "name": "access_token", "value": token, "in": "query"}
    if "prefix" in place:
        return {"type": "api_key", "name": "Authorization", "value": f"{place['prefix']} {token}".strip()}
    return {"type": "bearer", "token": token}


def _token_step(grant: str, fields: Fields) -> Data:
    found: Data = {"type": "oauth2"}
    if grant != "client_credentials":
        found["grant"] = grant
    found["token_url"] = _url("accessTokenUrl", "token_url", fields)
    if grant == "authorization_code":
        found["authorization_url"] = _url("authUrl", "authorization_url", fields)
    found["client_id"] = fields.text("clientId") or fields.variables.needed("client_id")
    if fields.plain("clientSecret"):
        found["client_secret"] = fields.secret("clientSecret", "client_secret")
    elif grant == "client_credentials":
        found["client_secret"] = fields.variables.needed("client_secret")
    if fields.plain("client_authentication") in ("header", "basic") and "client_secret" in found:
        found["client_auth"] = "basic_raw"
    for name in ("scope", "audience", "resource"):
        if fields.plain(name):
            found[name] = fields.text(name)
    if grant == "password":
        found["username"] = fields.text("username") or fields.variables.needed("username")
        found["password"] = fields.secret("password", "password") or fields.variables.needed("password")
    if grant == "authorization_code":
        found |= _redirect(fields)
    _more_parameters(found, fields)
    return {**found, **_token_place(fields)}


def _url(name: str, needed: str, fields: Fields) -> str:
    """A URL; without a scheme it is of http, as Postman takes it. What is none is to be set."""
    url = fields.text(name)
    if "{{" in url:
        return url
    whole = url if "://" in url else f"http://{url}"
    fault = url_fault(whole) if url else "it is empty"
    if not fault:
        return whole
    if url:
        fields.lose(f"'{name}'", f"'{url}' is not a URL: {fault}", f"set the variable of {needed}")
    return fields.variables.needed(needed)


def _redirect(fields: Fields) -> Data:
    uri = fields.plain("redirect_uri")
    try:
        parts = urlsplit(uri)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if host not in ("localhost", "127.0.0.1"):
        if uri:
            why = f"'{uri}' is Postman's; here the browser comes back to http://127.0.0.1"
            fields.lose("the redirect URI", why, "allow that address for the client")
        return {}
    found: Data = {"redirect_host": host} if host == "localhost" else {}
    if port:
        found["redirect_port"] = port
    return {**found, "redirect_path": parts.path or "/"}


def _more_parameters(found: Data, fields: Fields) -> None:
    extra: Data = {}
    for name in ("tokenRequestParams", "authRequestParams"):
        for entry in filter(is_mapping, listed(fields.given.get(name))):
            if entry.get("enabled") is False or not plain(entry.get("key")):
                continue
            key, place = plain(entry["key"]), plain(entry.get("send_as")) or "request_body"
            if name == "tokenRequestParams" and place == "request_body":
                extra[key] = fields.variables.text(plain(entry.get("value")), fields.path)
            else:
                where = "the authorization request" if name == "authRequestParams" else place.replace("_", " ")
                fields.lose(f"the parameter '{key}' of OAuth 2.0", f"it goes into {where}, which takes none here")
    if extra:
        found["extra"] = extra


_TYPES: Mapping[str, Callable[[Fields], Any]] = {
    "bearer": _bearer,
    "basic": _user_and_password("basic"),
    "digest": _user_and_password("digest"),
    "apikey": _api_key,
    "awsv4": _aws,
    "jwt": _jwt,
    "oauth2": _oauth2,
}
