"""One request of Bruno → a request of a draft."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

from runner.formats import json_text
from runner.formats.bruno import auth
from runner.formats.bruno.assertions import assertion, capture
from runner.formats.bruno.context import Context
from runner.formats.bruno.nodes import Body, Pair, Request
from runner.formats.bruno.scripts import PHASES
from runner.formats.draft import Comment, Data, Disabled, Unique, literal, usable_name
from runner.formats.entries import Entry, is_sent, mapping
from runner.formats.jsonpath import UntranslatableError
from runner.formats.payloads import add_part, graphql_variables, has_body, put_json, put_text
from runner.formats.scripted import Read
from runner.formats.urls import add_disabled, split_query, with_scheme
from runner.formats.variables import typed

_TYPES = {"xml": "application/xml", "sparql": "application/sparql-query"}
_CALLS = ("http", "graphql")
_PATH_PARAMETER = re.compile(r"(?<=/):([^/?#]+)")
_IN_PARENTHESES = re.compile(r"(\([^()?#]*?):([A-Za-z_]\w*)")


def request(item: Request, unique: Unique, inherits_auth: bool, around: list[Read], context: Context) -> Any:
    """The request; a comment where it is none that can be sent.

    `unique` gives it its name here, `around` are scripts of its folders that are done for it, too.
    """
    if item.kind not in _CALLS:
        remedy = "" if item.kind == "empty" else "call it in another way"
        context.lose(item.path, f"a request of kind '{item.kind}'", "requests are HTTP here", remedy)
        return Comment(f"{item.name}: a request of kind '{item.kind}', which has no translation.")
    done = context.scripts.done_for(item.shared, around, PHASES)
    context.scripts.rename(done)
    made: Data = {"name": unique(item.name), "description": item.shared.docs}
    if item.tags:
        made["tags"] = [tag.replace("{{", "{ {") for tag in item.tags]
    made["variables"] = variables(item.shared.variables, context, item.path)
    context.levels.append(made["variables"])
    context.kinds.declare(made["variables"])
    _url(item, made, context)
    made["headers"] = headers(item.shared.headers, context, item.path)
    made["auth"] = auth.block(item.shared.auth, inherits_auth, context, item.path)
    if item.body is not None:
        _body(item.body, made, context, item.path)
    if item.method != ("POST" if has_body(made) else "GET"):
        made["method"] = item.method
    _settings(item, made, context)
    made["capture"] = _captures(item.shared.captures, context, item.path)
    made["assert"] = _asserts(item, context)
    context.scripts.put(done, made, lambda text: context.text(text, item.path), context.levels, unique)
    made |= dict.fromkeys(context.scripts.left_of(item.shared))
    _told(item, context)
    return made


def _told(item: Request, context: Context) -> None:
    for name in item.left_out:
        context.lose(item.path, f"the block '{name}'", "it is not known here")
    if item.examples:
        context.lose(item.path, "saved examples", "a request file holds no responses")


# --- URL -----------------------------------------------------------------------------------------------------------


def _url(item: Request, made: Data, context: Context) -> None:
    values = {pair.name: context.text(pair.value, item.path) for pair in item.params if pair.kind == "path"}
    url = context.text(_with_path(item.url.strip(), values), item.path)
    url = _restored(url, values)
    made["url"], query = split_query(with_scheme(url, context.levels))
    off = [(pair.name, pair.value) for pair in item.params if pair.kind == "query" and not pair.enabled]
    disabled = [(context.text(name, item.path), context.text(value, item.path)) for name, value in off if name]
    described = {context.text(p.name, item.path): p.description for p in item.params if p.kind == "query"}
    for name in described:
        if name and name not in query and name not in (off_name for off_name, _ in disabled):
            why = "Bruno sends what stands in the URL, and there it is not"
            context.lose(item.path, f"the query parameter '{name}'", why, "add it to `query`")
    made["query"] = add_disabled(_with_comments(query, described), disabled)


def _with_comments(query: Data, described: Mapping[str, str]) -> Data:
    found: Data = {}
    for name, value in query.items():
        if described.get(name):
            found[Comment(described[name])] = None
        found[name] = value
    return found


_MARK = "\ue010{}\ue011"


def _with_path(url: str, values: Mapping[str, str]) -> str:
    """The URL with marks where parameters of its path stand: `/users/:id`, and `Users(':id')` of OData."""
    names = list(values)

    def marked(name: str, otherwise: str) -> str:
        return _MARK.format(names.index(name)) if values.get(name) else otherwise

    url = _PATH_PARAMETER.sub(lambda match: marked(match[1], match.group()), url)
    return _IN_PARENTHESES.sub(lambda match: match[1] + marked(match[2], f":{match[2]}"), url)


def _restored(url: str, values: Mapping[str, str]) -> str:
    for number, value in enumerate(values.values()):
        url = url.replace(_MARK.format(number), value)
    return url


# --- variables and headers -------------------------------------------------------------------------------------------


def variables(pairs: Iterable[Pair], context: Context, place: str) -> Data:
    """Variables with their types."""
    made: Data = {}
    for pair in pairs:
        name, value = context.names(pair.name), _value(pair, context, place)
        if pair.description:
            made[Comment(pair.description)] = None
        if pair.enabled and pair.name:
            made[name] = value
        else:
            made[Disabled({name: value})] = None
    return made


def _value(pair: Pair, context: Context, place: str) -> Any:
    if pair.kind in ("number", "boolean"):
        found = typed(pair.value.strip())
        if not isinstance(found, str):
            return found
    if pair.kind == "object":
        with suppress(json_text.NotJsonError):  # Bruno keeps the text, too
            return json_text.data(context.parts(pair.value, place), context.kinds)
    return context.text(pair.value, place)


def headers(pairs: Iterable[Pair], context: Context, place: str) -> Data:
    """Headers by name; of those with one name the last counts."""
    last = {pair.name: pair for pair in pairs if pair.enabled}
    kept = [pair for pair in pairs if not pair.enabled or last[pair.name] is pair]
    return mapping(_entries(kept, context, place), fold=True)


def _entries(pairs: Iterable[Pair], context: Context, place: str) -> list[Entry]:
    return [
        Entry(context.parts(p.name, place), context.parts(p.value, place), not p.enabled, p.description) for p in pairs
    ]


# --- bodies --------------------------------------------------------------------------------------------------------


def _body(body: Body, made: Data, context: Context, place: str) -> None:
    if body.mode == "json" and body.text.strip():
        put_json(made, body.text, lambda text: context.parts(text, place), context.kinds)
    elif body.mode in ("text", "xml", "sparql"):
        put_text(made, context.text(body.text, place), _TYPES.get(body.mode, ""))
    elif body.mode == "graphql" and body.text.strip():
        made["graphql"] = _graphql(body, context, place)
    elif body.mode == "form":
        found = mapping(_entries(body.pairs, context, place))
        made |= {"form": found} if is_sent(found) else {}
    elif body.mode == "multipart":
        found = _multipart(body.pairs, context, place)
        made |= {"multipart": found} if is_sent(found) else {}
    elif body.mode == "file":
        _file(body.pairs, made, context, place)
    elif body.mode not in ("none", "json", "graphql"):
        context.lose(place, f"a body of mode '{body.mode}'", "it is not known here")


def _graphql(body: Body, context: Context, place: str) -> Data:
    made: Data = {"query": context.text(body.text, place)}
    if body.variables.strip():
        try:
            found = graphql_variables(body.variables, lambda text: context.parts(text, place), context.kinds)
            made["variables"] = found
        except json_text.NotJsonError as error:
            context.lose(place, "variables of GraphQL", f"they are no JSON: {error}")
    return made


def _multipart(pairs: Iterable[Pair], context: Context, place: str) -> Data:
    parts: Data = {}
    for pair in pairs:
        name = context.text(pair.name, place)
        if pair.description:
            parts[Comment(pair.description)] = None
        for part in _parts(pair, context, place):
            add_part(parts, name, part, not pair.enabled)
    return parts


def _parts(pair: Pair, context: Context, place: str) -> list[Any]:
    more = {"content_type": context.text(pair.content_type, place)} if pair.content_type else {}
    if pair.kind != "file":
        value = context.text(pair.value, place)
        return [{"value": value, **more} if more else value]
    return [{"file": _path(path, pair, context, place), **more} for path in pair.files or ("",)]


def _path(path: str, pair: Pair, context: Context, place: str) -> str:
    if "{{" in path:
        return context.text(path, place)
    if not pair.enabled:
        return literal(path)
    return context.attachments.take(path, usable_name(pair.name or "body"), place)


def _file(pairs: Iterable[Pair], made: Data, context: Context, place: str) -> None:
    chosen = next((pair for pair in pairs if pair.enabled and pair.files), None)
    if chosen is None:
        return
    made["file"] = _path(chosen.files[0], chosen._replace(name="body"), context, place)
    if chosen.content_type:
        made["headers"]["Content-Type"] = context.text(chosen.content_type, place)


# --- settings, captures, assertions ----------------------------------------------------------------------------------


def _settings(item: Request, made: Data, context: Context) -> None:
    settings = item.settings
    most = typed(settings.get("maxRedirects", ""))
    if settings.get("followRedirects") == "false":
        made["follow_redirects"] = False
    elif type(most) is int:
        made["follow_redirects"] = most
    timeout = typed(settings.get("timeout", ""))
    if type(timeout) is int and timeout > 0:
        made["timeout"] = f"{timeout}ms"
    if settings.get("forwardAuthorizationHeader") == "true":
        why = "credentials stay at their origin"
        context.lose(item.path, "the setting 'forwardAuthorizationHeader'", why, "send the second request by itself")


def _captures(pairs: Iterable[Pair], context: Context, place: str) -> Data:
    made: Data = {}
    for pair in pairs:
        name = context.names(pair.name)
        try:
            found = capture(pair, context)
        except UntranslatableError as error:
            if pair.enabled:
                what = f"the capture '{pair.name}: {pair.value}'"
                context.lose(place, what, str(error), "capture it with an expression")
            made[Comment(f"{pair.name}: {pair.value}  (not translated)")] = None
            continue
        if pair.enabled:
            made[name] = found
        else:
            made[Disabled({name: found})] = None
    return made


def _asserts(item: Request, context: Context) -> list[Any]:
    made: list[Any] = []
    for pair in item.asserts:
        line = f"{pair.name}: {pair.value}"
        try:
            found = assertion(pair, context, item.path)
            made.append(found if pair.enabled else Disabled(found))
        except UntranslatableError as error:
            if pair.enabled:
                context.lose(item.path, f"the assertion '{line}'", str(error), "assert it with an expression")
            made.append(Comment(f"{line}  (not translated)"))
    return made
