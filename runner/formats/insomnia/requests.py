"""One request of Insomnia → a request of a draft."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from runner.formats import json_text
from runner.formats.draft import Comment, Data, Unique, usable_name
from runner.formats.entries import Entry, is_sent, mapping
from runner.formats.foreign_yaml import text
from runner.formats.insomnia import auth
from runner.formats.insomnia.context import Context
from runner.formats.insomnia.nodes import Field, Request
from runner.formats.insomnia.reading import fields
from runner.formats.insomnia.scripts import PHASES
from runner.formats.insomnia.templates import PLACEHOLDER
from runner.formats.payloads import JSON, add_part, graphql_variables, has_body, put_json, put_text
from runner.formats.scripted import Read
from runner.formats.urls import add_disabled, split_query, with_scheme

_FORM = "application/x-www-form-urlencoded"
_MULTIPART = "multipart/form-data"
_GRAPHQL = "application/graphql"
_PATH_PARAMETER = re.compile(r"(?<=/):([^/?#]+)")


def request(
    item: Request, unique: Unique, place: str, inherits_auth: bool, around: list[Read], context: Context
) -> Any:
    """The request; a comment where it is none of HTTP.

    `unique` gives it its name here, `around` are scripts of its folders that are done for it, too.
    """
    if item.kind != "http":
        context.lose(place, f"a request of {item.kind}", "requests are HTTP here", "call it in another way")
        return Comment(f"{item.name}: a request of {item.kind}, which has no translation.")
    done = context.scripts.done_for(item, around, PHASES)
    context.scripts.rename(done)
    made: Data = {"name": unique(item.name), "description": item.description}
    _url(item, made, context, place)
    made["headers"] = headers(item.headers, context, place)
    made["auth"] = auth.block(item.auth, inherits_auth, context, place)
    _body(item, made, context, place)
    method = item.method.strip().upper() or "GET"
    if method != ("POST" if has_body(made) else "GET"):
        made["method"] = method
    _settings(item, made, context, place)
    context.scripts.put(done, made, lambda content: context.text(content, place), context.levels, unique)
    made |= dict.fromkeys(context.scripts.left_of(item))
    context.drafts[item.id] = made
    return made


def headers(found: Iterable[Field], context: Context, place: str) -> Data:
    """Headers by name, those switched off as comments."""
    return mapping(_entries(found, context, place), fold=True)


def _entries(found: Iterable[Field], context: Context, place: str) -> list[Entry]:
    named = (field for field in found if field.name or field.value)
    return [
        Entry(context.parts(f.name, place), context.parts(f.value, place), f.disabled, f.description) for f in named
    ]


# --- URL -----------------------------------------------------------------------------------------------------------


def _url(item: Request, made: Data, context: Context, place: str) -> None:
    values = {field.name: field.value for field in item.path_parameters if field.value}
    written = _PATH_PARAMETER.sub(lambda match: values.get(match[1], match.group()), item.url.strip())
    if item.settings.get("encodeUrl") is not False:
        written = _with_pluses(written)
    url, query = split_query(with_scheme(context.text(written, place), context.levels))
    made["url"] = url
    more = mapping(_entries((field for field in item.parameters if not field.disabled), context, place))
    for name, value in more.items():
        if name in query:
            query[name] = [*_list(query[name]), *_list(value)]
        else:
            query[name] = value
    off = [field for field in item.parameters if field.disabled and field.name]
    made["query"] = add_disabled(query, [(context.text(f.name, place), context.text(f.value, place)) for f in off])


def _with_pluses(url: str) -> str:
    """The URL with each `+` of its query as Insomnia sends it: as a plus, which does not mean a space."""
    templates = [match.span() for match in PLACEHOLDER.finditer(url)]
    ours = [sign if not _is_within(place, templates) else "" for place, sign in enumerate(url)]
    start = ours.index("?") if "?" in ours else len(url)
    return "".join("%2B" if ours[place] == "+" and place > start else sign for place, sign in enumerate(url))


def _is_within(place: int, spans: list[tuple[int, int]]) -> bool:
    return any(begin <= place < end for begin, end in spans)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


# --- bodies --------------------------------------------------------------------------------------------------------


def _body(item: Request, made: Data, context: Context, place: str) -> None:
    kind = text(item.body.get("mimeType"))
    content = text(item.body.get("text"))
    put = _BODIES.get(kind)
    if put is not None:
        put(item, made, context, place)
    elif item.body.get("fileName"):
        _file(item, made, context, place)
    elif content.strip():
        if kind.partition(";")[0].strip() == JSON:
            put_json(made, content, lambda part: context.parts(part, place), context.kinds)
        else:
            put_text(made, context.text(content, place), kind)


def _form(item: Request, made: Data, context: Context, place: str) -> None:
    found = mapping(_entries(fields(item.body.get("params")), context, place))
    made |= {"form": found} if is_sent(found) else {}


def _multipart(item: Request, made: Data, context: Context, place: str) -> None:
    parts: Data = {}
    for field in fields(item.body.get("params")):
        if field.description:
            parts[Comment(field.description)] = None
        add_part(parts, context.text(field.name, place), _part(field, context, place), field.disabled)
    if is_sent(parts):
        made["multipart"] = parts
        made["headers"] = {n: v for n, v in made["headers"].items() if str(n).lower() != "content-type"}


def _part(field: Field, context: Context, place: str) -> Any:
    if field.file is None:
        return context.text(field.value, place)
    if "{{" in field.file or field.disabled:
        return {"file": context.text(field.file, place)}
    return {"file": context.attachments.take(field.file, usable_name(field.name), place)}


def _file(item: Request, made: Data, context: Context, place: str) -> None:
    path = text(item.body.get("fileName"))
    if path:
        made["file"] = context.text(path, place) if "{{" in path else context.attachments.take(path, "body", place)


def _graphql(item: Request, made: Data, context: Context, place: str) -> None:
    """Insomnia keeps a body of GraphQL as the JSON that is sent."""
    content = text(item.body.get("text"))
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or not isinstance(found.get("query"), str):
        if content.strip():
            put_json(made, content, lambda part: context.parts(part, place), context.kinds)
        return
    graphql: Data = {"query": context.text(found["query"], place)}
    variables = found.get("variables")
    if variables:
        written = variables if isinstance(variables, str) else json.dumps(variables, ensure_ascii=False)
        try:
            graphql["variables"] = graphql_variables(written, lambda part: context.parts(part, place), context.kinds)
        except json_text.NotJsonError as error:
            context.lose(place, "variables of GraphQL", f"they are no JSON: {error}")
    if found.get("operationName"):
        graphql["operation"] = context.text(text(found["operationName"]), place)
    made["graphql"] = graphql


_BODIES: Mapping[str, Callable[[Request, Data, Context, str], None]] = {
    _FORM: _form,
    _MULTIPART: _multipart,
    _GRAPHQL: _graphql,
    "application/octet-stream": _file,
}


# --- settings ------------------------------------------------------------------------------------------------------


def _settings(item: Request, made: Data, context: Context, place: str) -> None:
    follows = {"off": False, "on": True}.get(text(item.settings.get("followRedirects")))
    if follows is not None:
        made["follow_redirects"] = follows
    for name, what in (("send", "sent"), ("store", "kept")):
        if item.settings.get(name) is False:
            why = "a request holds back cookies by name, and keeps those that it gets"
            context.lose(place, f"the setting that no cookies are {what}", why, "set `cookies: {name: null}`")
