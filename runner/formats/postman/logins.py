"""How a collection gets its token: a request, or a script's `pm.sendRequest`, whose answer a bearer auth then uses.

Both are idioms that become an `auth` block: `oauth2` where the call is one of OAuth 2.0's token endpoint, else
`request`. The runner then fetches the token when it is needed, and a new one when it has expired. What is no such
idiom for sure (a token that is used elsewhere too, a login that depends on other requests) stays a capture.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from runner.formats.draft import Data
from runner.formats.postman import bodies, urls
from runner.formats.postman.reading import Item, auth_fields, entries, plain
from runner.formats.postman.scripts import Scripts
from runner.formats.postman.variables import PLACEHOLDER, Variables
from runner.formats.scripted import sent
from runner.formats.scripts import terms
from runner.formats.scripts.drafts import _checked as checked
from runner.formats.scripts.terms import Doc, Field
from runner.formats.scripts.writing import UnwritableError, Writer


class Place(NamedTuple):
    """Where a variable stands: in the `auth` of an item, in its Authorization header with a prefix, or elsewhere."""

    item: Item
    kind: str
    prefix: str = ""
    name: str = ""


class Logins(NamedTuple):
    """What the idioms come to: `auth` by item, and items whose Authorization header the auth replaces."""

    auth: dict[int, Any]
    headers: set[int]
    gone: set[str]


def find(root: Item, variables: Variables, scripts: Scripts) -> Logins:
    """Every login of a collection that can become an `auth` block; scripts that did so are marked as used."""
    found = Logins({}, set(), set())
    places = _places(root)
    calls = list(_calls(root, variables, scripts))
    for foreign in dict.fromkeys(call.foreign for call in calls):
        uses = places.get(foreign, [])
        if uses and all(use.kind != "other" for use in uses) and not _read_elsewhere(foreign, root, scripts, variables):
            mine = [call for call in calls if call.foreign == foreign]
            if not any(_gives_more(call, places, variables) for call in mine):
                _settle(mine, uses, found, variables, scripts)
    return found


class Call(NamedTuple):
    """A call that gives a token: which item and script it is of, its request, and the expression of the token."""

    foreign: str
    item: Item
    result: Any
    number: int
    request: Data | None
    token: Any
    expires: Any = None


# --- where variables stand -----------------------------------------------------------------------------------------


def items(root: Item) -> Iterator[Item]:
    """An item and all in it."""
    yield root
    for inner in root.items or ():
        yield from items(inner)


def _places(root: Item) -> dict[str, list[Place]]:
    """Every placeholder of the collection by its name."""
    found: dict[str, list[Place]] = {}
    for item in items(root):
        for name, place in (*_in_auth(item), *_in_headers(item), *_elsewhere(item)):
            found.setdefault(name, []).append(place)
    return found


_TOKEN_FIELDS = {"bearer": "token", "oauth2": "accessToken", "apikey": "value"}


def _in_auth(item: Item) -> Iterator[tuple[str, Place]]:
    found = auth_fields(item.auth)
    if found is None:
        return
    kind, given = found
    prefix = plain(given.get("headerPrefix")).strip() if "headerPrefix" in given else ""
    prefix = prefix if kind == "oauth2" and prefix != "Bearer" else ""
    for name, value in given.items():
        for each in PLACEHOLDER.findall(plain(value)):
            whole = PLACEHOLDER.fullmatch(plain(value).strip()) and _TOKEN_FIELDS.get(kind) == name
            header = plain(given.get("key")) if kind == "apikey" else ""
            in_header = plain(given.get("in")) != "query" and plain(given.get("addTokenTo")) != "queryParams"
            yield each.strip(), Place(item, "auth" if whole and in_header else "other", prefix, header)


def _in_headers(item: Item) -> Iterator[tuple[str, Place]]:
    for entry in entries(item.request.get("header")):
        value = (entry.value or "").strip()
        if entry.disabled:
            continue
        scheme, _, rest = value.rpartition(" ")
        alone = PLACEHOLDER.fullmatch(rest) is not None and entry.name.lower() == "authorization" and "{{" not in scheme
        for each in PLACEHOLDER.findall(value):
            yield each.strip(), Place(item, "header" if alone else "other", scheme.strip())


def _elsewhere(item: Item) -> Iterator[tuple[str, Place]]:
    rest = {name: value for name, value in item.request.items() if name not in ("auth", "header", "description")}
    text = plain(rest) + plain([entry.data for entry in item.variables])
    for name in PLACEHOLDER.findall(text):
        yield name.strip(), Place(item, "other")


def _read_elsewhere(foreign: str, root: Item, scripts: Scripts, variables: Variables) -> bool:
    """Whether a script of another kind than the login's own looks at the variable."""
    ours = variables.names(foreign)
    if any(
        ours in _names(value)
        for values in (variables.declared, *variables.environments.values())
        for value in values.values()
    ):
        return True
    for item in items(root):
        for result in (*scripts.of(item).before, *scripts.of(item).after):
            if ours in result.read and not _gives(result, ours):
                return True
    return False


def _gives_more(call: Call, places: dict[str, list[Place]], variables: Variables) -> bool:
    """Whether a script's call gives something else that the collection uses."""
    if not call.number:
        return False
    foreign = {ours: name for name, ours in variables.names.given.items()}
    others = [capture.name for capture in call.result.exchange(call.number).captures]
    return any(foreign.get(name, name) in places for name in others if foreign.get(name) != call.foreign)


def _names(value: Any) -> list[str]:
    return [name.strip() for name in PLACEHOLDER.findall(str(value))]


def _gives(result: Any, ours: str) -> bool:
    return any(capture.name == ours for exchange in result.exchanges.values() for capture in exchange.captures)


# --- calls that give tokens ----------------------------------------------------------------------------------------


def _calls(root: Item, variables: Variables, scripts: Scripts) -> Iterator[Call]:
    foreign = {ours: name for name, ours in variables.names.given.items()}
    for item in items(root):
        for result in scripts.of(item).before:
            for each in result.sent:
                yield from _of_exchange(item, result, each.number, foreign, _sent(each, variables))
        if item.items is None:
            for result in scripts.of(item).after:
                yield from _of_exchange(item, result, 0, foreign, None)


def _of_exchange(
    item: Item, result: Any, number: int, foreign: Mapping[str, str], request: Data | None
) -> Iterator[Call]:
    expires = None
    for capture in result.exchange(number).captures:
        if isinstance(capture.term, Field) and capture.term.name == "expires_in":
            expires = capture.term
    for capture in result.exchange(number).captures:
        term = capture.term.yes if isinstance(capture.term, terms.Choice) else capture.term
        if capture.name in foreign and _is_path(term, number):
            yield Call(foreign[capture.name], item, result, number, request, term, expires)


def _is_path(term: Any, number: int) -> bool:
    while isinstance(term, (Field, terms.Index)):
        term = term.base
    return isinstance(term, Doc) and term.exchange == number and term.key in ("body", "headers", "text", "cookies")


def _sent(each: Any, variables: Variables) -> Data | None:
    try:
        return sent.translate(each.options, variables, lambda text: bodies.read_json(text, variables, ""))
    except UnwritableError:
        return None


# --- from a call to a block ----------------------------------------------------------------------------------------


def _settle(calls: list[Call], uses: list[Place], found: Logins, variables: Variables, scripts: Scripts) -> None:
    """Gives the places that use a token its `auth` block, if all calls that give it are the same one."""
    blocks = []
    for call in calls:
        block = _block(call, variables, scripts)
        if block is None:
            return
        blocks.append(block)
    if any(block != blocks[0] for block in blocks[1:]):
        return
    kinds = {(use.prefix, use.name) if use.kind == "header" or use.prefix else ("Bearer", use.name) for use in uses}
    if len(kinds) != 1:
        return
    prefix, name = kinds.pop()
    block = {**blocks[0], **_place_of_token(prefix, name)}
    for use in uses:
        found.auth[id(use.item)] = block
        if use.kind == "header":
            found.headers.add(id(use.item))
    for call in calls:
        _use_up(call, found, variables, scripts)


def _place_of_token(prefix: str, name: str) -> Data:
    if name:
        return {"name": name, "prefix": ""} if name.lower() != "authorization" else {"prefix": ""}
    return {} if prefix == "Bearer" else {"prefix": prefix}


def _use_up(call: Call, found: Logins, variables: Variables, scripts: Scripts) -> None:
    ours = variables.names(call.foreign)
    exchange = call.result.exchange(call.number)
    found.gone.add(ours)
    exchange.captures = [capture for capture in exchange.captures if capture.name != ours]
    if call.number:
        call.result.sent = [each for each in call.result.sent if each.number != call.number]
        del call.result.exchanges[call.number]
    elif found.auth.get(id(call.item)) is not None or auth_fields(call.item.auth) is None:
        found.auth[id(call.item)] = "none"


def _block(call: Call, variables: Variables, scripts: Scripts) -> Data | None:
    request = call.request if call.number else _of_item(call, variables, scripts)
    if request is None or not _stands_alone(request, variables):
        return None
    try:
        token = checked(Writer(call.number).write(call.token))
        expires = checked(Writer(call.number).write(call.expires)) if call.expires else None
    except UnwritableError:
        return None
    block = _oauth2(request, token)
    if block is not None:
        return block
    plain_request = {key: value for key, value in request.items() if value is not None}
    return {"type": "request", "request": plain_request, "token": token, **({"expires_in": expires} if expires else {})}


def _of_item(call: Call, variables: Variables, scripts: Scripts) -> Data | None:
    """The draft of a login that is a request of the collection; None where it needs more than that."""
    item = call.item
    effects = scripts.of(item)
    if any(found.variables or found.sent or found.headers for found in effects.before):
        return None
    url = urls.translate(item.request.get("url"), variables, "", variables.names.given)
    own = auth_fields(item.auth)
    if url.variables or url.user or (own and own[0] not in ("noauth", "basic", "bearer")):
        return None
    request: Data = {}
    written = next((e.value or "" for e in entries(item.request.get("header")) if e.name.lower() == "content-type"), "")
    body = bodies.translate(item.request.get("body"), written, variables, "")
    if body and body.key not in ("json", "form", "text"):
        return None
    method = plain(item.request.get("method")).upper() or "GET"
    if method != ("POST" if body else "GET"):
        request["method"] = method
    request["url"] = url.origin + url.rest
    request["query"] = {name: value for name, value in url.query.items() if isinstance(name, str)} or None
    request["headers"] = dict(_headers(item, variables)) or None
    if own and own[0] == "basic":
        password = variables.secret(plain(own[1].get("password")), "password")
        request["auth"] = {
            "type": "basic",
            "username": variables.text(plain(own[1].get("username"))),
            "password": password,
        }
    if body:
        request[body.key] = (
            {k: v for k, v in body.value.items() if isinstance(k, str)} if body.key == "form" else body.value
        )
    return request


def _headers(item: Item, variables: Variables) -> Iterator[tuple[str, str]]:
    for entry in entries(item.request.get("header")):
        if not entry.disabled and entry.name and entry.name.lower() not in ("content-type", "content-length"):
            yield entry.name, variables.credential(entry.name, variables.text(entry.value or ""))


def _stands_alone(request: Data, variables: Variables) -> bool:
    """Whether a login uses nothing that another request of the collection gives."""
    from runner.formats.postman.usage import used

    return not used(request).names & variables.captured


# --- OAuth 2.0 -----------------------------------------------------------------------------------------------------

_GRANTS = ("client_credentials", "password", "refresh_token")
_FIELDS = ("client_id", "client_secret", "scope", "audience", "resource", "username", "password", "refresh_token")


def _oauth2(request: Data, token: str) -> Data | None:
    """A call of a token endpoint (RFC 6749 § 4) as a block of `oauth2`; None where it is no such call."""
    form = request.get("form")
    if token != "body.access_token" or not isinstance(form, dict) or form.get("grant_type") not in _GRANTS:
        return None
    if any(not isinstance(value, str) for value in form.values()) or request.get("query"):
        return None
    block: Data = {"type": "oauth2"}
    if form["grant_type"] != "client_credentials":
        block["grant"] = form["grant_type"]
    block["token_url"] = request["url"]
    client = _basic_client(request)
    headers = {
        name: value for name, value in (request.get("headers") or {}).items() if not _expected(name, value, client)
    }
    if headers or ("client_id" not in form and client is None):
        return None
    if client is not None:
        block["client_id"], block["client_secret"] = client
        block["client_auth"] = "basic_raw"
    for name in _FIELDS:
        if name in form:
            block[name] = form[name]
    extra = {name: value for name, value in form.items() if name not in (*_FIELDS, "grant_type")}
    return {**block, **({"extra": extra} if extra else {})} if _is_whole(block) else None


def _is_whole(block: Data) -> bool:
    grant = block.get("grant", "client_credentials")
    needed = {"client_credentials": "client_secret", "password": "password", "refresh_token": "refresh_token"}
    return needed[grant] in block and (grant != "password" or "username" in block)


def _expected(name: str, value: str, client: Any) -> bool:
    """A header that a token request has anyway."""
    if name.lower() == "authorization":
        return client is not None
    return name.lower() in ("content-type", "accept", "cache-control")


def _basic_client(request: Data) -> tuple[str, str] | None:
    auth = request.get("auth")
    if isinstance(auth, dict) and auth.get("type") == "basic":
        return auth["username"], auth["password"]
    header = next((v for n, v in (request.get("headers") or {}).items() if n.lower() == "authorization"), "")
    scheme, _, given = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    return _of_template(given.strip()) or _of_text(given.strip())


def _of_template(given: str) -> tuple[str, str] | None:
    """`{{base64(join('', [id, ':', secret]))}}`, as a script puts it together."""
    import re

    match = re.fullmatch(r"\{\{base64\(join\('', \[(.+), ':', (.+)\]\)\)\}\}", given)
    if match is None:
        return None
    first, second = (re.sub(r"^to_string\((\w+)\)$", r"\1", part) for part in match.groups())
    return f"{{{{{first}}}}}", f"{{{{{second}}}}}"


def _of_text(given: str) -> tuple[str, str] | None:
    try:
        name, colon, password = base64.b64decode(given, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
    return (name, password) if colon else None
