"""The Graph-like API under `/v1.0`: users, groups, and the refusals a client has to cope with.

    Call ──client id──▶ authenticate ──▶ route ──▶ Reply with Graph's headers
                                             └── GraphError ──▶ {"error": {code, message, innerError}}

Bodies, codes and headers are shaped like those of Microsoft Graph: https://learn.microsoft.com/graph/errors
Like there, an unknown segment under `/v1.0` is a 400, an unknown user a 404.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from runner.demo.credentials import GRAPH
from runner.demo.messages import Call, Reply, Route, Router, json_reply
from runner.demo.odata import ENTITY_OPTIONS, LIST_OPTIONS, Kind, ODataError, options, page, pick, selected
from runner.demo.people import GROUP_PROPERTIES, USER_DEFAULTS, USER_PROPERTIES, Directory, Record
from runner.demo.tokens import Claims, Mint, TokenRefused

ODATA_JSON = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"
#: The challenge of Graph's 401; the client_id is Graph's own, the same in every tenant.
CHALLENGE = (
    'Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", '
    'client_id="00000003-0000-0000-c000-000000000000"'
)

_USER = Kind("microsoft.graph.user", USER_PROPERTIES, USER_DEFAULTS)
_GROUP = Kind("microsoft.graph.group", GROUP_PROPERTIES, GROUP_PROPERTIES)
_REQUIRED = ("accountEnabled", "displayName", "mailNickname", "passwordProfile", "userPrincipalName")
#: What a client may write; a password is taken and forgotten.
_WRITABLE = frozenset({*USER_PROPERTIES, "passwordProfile"} - {"id", "createdDateTime"})
#: The types of those that are not text. Null fits those that are not required.
_TYPES: Mapping[str, type] = {"accountEnabled": bool, "businessPhones": list, "passwordProfile": dict}
#: The role that a token needs for methods that change something, and for those that do not.
_WRITE_ROLE, _READ_ROLE = "User.ReadWrite.All", "User.Read.All"

_REFUSALS = {
    "malformed": "IDX14100: JWT is not well formed, there are no dots (.).",
    "signature": "Access token validation failure. Invalid signature.",
    "expired": "Lifetime validation failed, the token is expired.",
    "audience": "Access token validation failure. Invalid audience.",
}


_NOT_FOUND = "Resource '{key}' does not exist or one of its queried reference-property objects are not present."
_NOT_JSON = (
    "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format."
)


class GraphError(Exception):
    """An answer with Graph's error body."""

    def __init__(self, status: int, code: str, message: str, *headers: tuple[str, str]) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers


class Graph:
    """The API over a directory, for the tokens of a mint."""

    def __init__(self, mint: Mint, directory: Directory) -> None:
        self._mint = mint
        self._directory = directory
        self._router = Router(self._routes(), _no_segment, _wrong_method)

    def routes(self) -> list[Route]:
        return [Route("*", "/v1.0/{rest*}", self.answer)]

    def _routes(self) -> list[Route]:
        return [
            Route("GET", "/v1.0/me", self._me),
            Route("GET", "/v1.0/users", self._list_users),
            Route("POST", "/v1.0/users", self._create_user),
            Route("GET", "/v1.0/users/{key}", self._get_user),
            Route("PATCH", "/v1.0/users/{key}", self._change_user),
            Route("DELETE", "/v1.0/users/{key}", self._delete_user),
            Route("GET", "/v1.0/groups", self._list_groups),
            Route("GET", "/v1.0/groups/{key}", self._get_group),
            Route("GET", "/v1.0/groups/{key}/members", self._list_members),
        ]

    def answer(self, call: Call, rest: str) -> Reply:
        """Authenticates and answers; every answer carries the ids that Graph's support asks for."""
        request_id = str(uuid.uuid4())
        client_id = call.headers.get("client-request-id", request_id)
        try:
            self._authorize(call, self._authenticate(call))
            reply = self._router.answer(call)
        except ODataError as error:
            reply = _error(GraphError(400, error.code, error.message), request_id, client_id)
        except GraphError as error:
            reply = _error(error, request_id, client_id)
        ids = (("request-id", request_id), ("client-request-id", client_id))
        return Reply(reply.status, reply.body, (*reply.headers, *ids))

    def _authenticate(self, call: Call) -> Claims:
        token = call.credentials("bearer")
        try:
            if token:
                return self._mint.read(token, GRAPH)
            message = "Access token is empty."
        except TokenRefused as refused:
            message = _REFUSALS[refused.reason]
        raise GraphError(401, "InvalidAuthenticationToken", message, ("WWW-Authenticate", CHALLENGE))

    def _authorize(self, call: Call, claims: Claims) -> None:
        role = _READ_ROLE if call.method in ("GET", "HEAD") else _WRITE_ROLE
        if role not in claims["roles"]:
            message = "Insufficient privileges to complete the operation."
            raise GraphError(403, "Authorization_RequestDenied", message)

    def _me(self, call: Call) -> Reply:
        # A client_credentials token stands for no user.
        raise GraphError(400, "BadRequest", "/me request is only valid with delegated authentication flow.")

    def _list_users(self, call: Call) -> Reply:
        return _list(call, self._directory.users(), _USER, "users")

    def _list_groups(self, call: Call) -> Reply:
        return _list(call, self._directory.groups(), _GROUP, "groups")

    def _list_members(self, call: Call, key: str) -> Reply:
        group = _found(self._directory.group(key), key)
        return _list(call, self._directory.members(group["id"]), _USER, "directoryObjects")

    def _get_user(self, call: Call, key: str) -> Reply:
        return _entity(call, self._directory.user(key), key, _USER, "users")

    def _get_group(self, call: Call, key: str) -> Reply:
        return _entity(call, self._directory.group(key), key, _GROUP, "groups")

    def _create_user(self, call: Call) -> Reply:
        given = _body(call)
        missing = next((name for name in _REQUIRED if given.get(name, "") == ""), None)
        if missing:
            message = f"A value is required for property '{missing}' of resource 'User'."
            raise GraphError(400, "Request_BadRequest", message)
        user = self._directory.add_user(_stored(given))
        if user is None:
            message = "Another object with the same value for property userPrincipalName already exists."
            raise GraphError(400, "Request_BadRequest", message)
        location = f"{call.origin}/v1.0/users/{user['id']}"
        context = {"@odata.context": f"{call.origin}/v1.0/$metadata#users/$entity"}
        shown = {**context, **pick(user, USER_DEFAULTS)}
        return json_reply(shown, 201, ("Location", location), content_type=ODATA_JSON)

    def _change_user(self, call: Call, key: str) -> Reply:
        user = _found(self._directory.user(key), key)
        self._directory.change_user(user["id"], _stored(_body(call)))
        return Reply(204)

    def _delete_user(self, call: Call, key: str) -> Reply:
        self._directory.remove_user(_found(self._directory.user(key), key)["id"])
        return Reply(204)


def _found(record: Record | None, key: str) -> Record:
    if record is None:
        raise GraphError(404, "Request_ResourceNotFound", _NOT_FOUND.format(key=key))
    return record


def _list(call: Call, records: Sequence[Record], kind: Kind, name: str) -> Reply:
    given = options(call.query, LIST_OPTIONS)
    found = page(records, given, kind)
    body: dict[str, Any] = {"@odata.context": _context(call, given, name, kind)}
    # Without this header Graph ignores `$count` on directory objects and says nothing.
    if given.get("$count") == "true" and call.headers.get("consistencylevel", "").lower() == "eventual":
        body["@odata.count"] = found.total
    if found.next_query is not None:
        body["@odata.nextLink"] = f"{call.origin}{call.path}?{found.next_query}"
    return json_reply({**body, "value": found.records}, content_type=ODATA_JSON)


def _entity(call: Call, record: Record | None, key: str, kind: Kind, name: str) -> Reply:
    given = options(call.query, ENTITY_OPTIONS)
    names = selected(given, kind)
    shown = pick(_found(record, key), names)
    context = f"{_context(call, given, name, kind)}/$entity"
    return json_reply({"@odata.context": context, **shown}, content_type=ODATA_JSON)


def _context(call: Call, given: Mapping[str, str], name: str, kind: Kind) -> str:
    names = f"({','.join(selected(given, kind))})" if "$select" in given else ""
    return f"{call.origin}/v1.0/$metadata#{name}{names}"


def _body(call: Call) -> dict[str, Any]:
    """The JSON object in the body, its properties known, writable and of their types."""
    try:
        given = json.loads(call.body) if call.media_type == "application/json" else None
    except ValueError:
        given = None
    if not isinstance(given, dict):
        raise GraphError(400, "BadRequest", _NOT_JSON)
    for name, value in given.items():
        if name not in _WRITABLE:
            raise GraphError(400, "Request_BadRequest", f"Property '{name}' does not exist or is read-only.")
        if not _fits(name, value):
            message = f"Property {name} in payload has a value that does not match schema."
            raise GraphError(400, "Request_BadRequest", message)
    return given


def _fits(name: str, value: Any) -> bool:
    if value is None:
        return name not in (*_REQUIRED, "businessPhones")
    return isinstance(value, _TYPES.get(name, str))


def _stored(given: Mapping[str, Any]) -> Record:
    return {name: value for name, value in given.items() if name in USER_PROPERTIES}


def _no_segment(call: Call) -> Reply:
    segment = call.path.rstrip("/").rpartition("/")[2]
    raise GraphError(400, "BadRequest", f"Resource not found for the segment '{segment}'.")


def _wrong_method(call: Call, allowed: str) -> Reply:
    message = "Specified HTTP method is not allowed for the request target."
    raise GraphError(405, "Request_BadRequest", message, ("Allow", allowed))


def _error(error: GraphError, request_id: str, client_id: str) -> Reply:
    inner = {
        "date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
        "request-id": request_id,
        "client-request-id": client_id,
    }
    body = {"error": {"code": error.code, "message": error.message, "innerError": inner}}
    return json_reply(body, error.status, *error.headers, content_type="application/json")
