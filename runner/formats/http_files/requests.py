"""One section of a .http file → a request of a draft."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from runner.formats.auths import completed
from runner.formats.draft import Comment, Data, Unique, literal
from runner.formats.entries import Entry, mapping
from runner.formats.http_files import authorization, bodies
from runner.formats.http_files.context import Context
from runner.formats.http_files.nodes import Header, Section
from runner.formats.http_files.scripts import PHASES
from runner.formats.payloads import has_body
from runner.formats.urls import split_query, with_scheme

_OTHER = frozenset({"WEBSOCKET", "GRPC", "RSOCKET", "AMQP", "MQTT", "SSE", "EVENTSOURCE"})
_GRAPHQL_TYPE = "x-request-type"
_GRAPHQL_OPERATION = "x-graphql-operation"
_DURATION = re.compile(r"(\d+)\s*(ms|s|m)?")
_SECURE = 443


def request(section: Section, name: str, levels: list[Data], context: Context) -> Any:
    """The request under its name here; a comment where it is none of HTTP."""
    line = section.line
    if section.method in _OTHER:
        context.lose(line, f"a request of {section.method}", "requests are HTTP here")
        return Comment(f"{section.method} {section.url}: there are requests of HTTP only.")
    done = context.scripts.done_for(section, (), PHASES)
    context.scripts.rename(done)
    made: Data = {"name": name}
    is_graphql = section.method == "GRAPHQL" or any(map(_says_graphql, section.headers))
    operation = (
        next((h.value for h in section.headers if h.name.lower() == _GRAPHQL_OPERATION), "") if is_graphql else None
    )
    kept = [header for header in section.headers if not _taken(header, made, context)]
    content_type = next((_known(h, levels, context) for h in kept if h.name.lower() == "content-type"), "")
    url = context.text(_whole_url(section, kept), line)
    made["url"], made["query"] = split_query(with_scheme(url, levels))
    bodies.put(section.body, content_type, operation, made, context, line)
    made["headers"] = _headers(kept, made, context)
    method = "POST" if is_graphql and section.method in ("GRAPHQL", "") else section.method or "GET"
    if method != ("POST" if has_body(made) else "GET"):
        made["method"] = method
    _settings(section, made, context)
    context.scripts.put(done, made, lambda text: context.text(text, line), levels, Unique())
    made |= dict.fromkeys(context.scripts.left_of(section))
    return made


def _known(header: Header, levels: list[Data], context: Context) -> str:
    """The value of a header, where variables of the file say what it is."""
    parts = context.parts(header.value, header.line)
    return "".join(part if isinstance(part, str) else str(levels[0].get(part.expression, "")) for part in parts)


# --- URL and headers -----------------------------------------------------------------------------------------------


def _whole_url(section: Section, headers: list[Header]) -> str:
    """The URL; of a path alone the `Host` header says the rest."""
    host = next((header for header in headers if header.name.lower() == "host"), None)
    if host is None or not section.url.startswith("/"):
        return section.url
    headers.remove(host)
    scheme = "https" if host.value.endswith(f":{_SECURE}") else "http"
    return f"{scheme}://{host.value}{section.url}"


def _says_graphql(header: Header) -> bool:
    return header.name.lower() == _GRAPHQL_TYPE and header.value.lower() == "graphql"


def _taken(header: Header, made: Data, context: Context) -> bool:
    """Whether a header is said in another way: by `auth`, or as a body of GraphQL."""
    if header.name.lower() == "authorization":
        block = authorization.block(header.value)
        if block is not None:
            texts = {key: context.text(value, header.line) for key, value in block.items()}
            made["auth"] = completed(texts, context.imported, context.where(header.line))
            return True
    return _says_graphql(header) or header.name.lower() == _GRAPHQL_OPERATION


def _headers(headers: Iterable[Header], made: Data, context: Context) -> Data:
    entries = [
        Entry(context.parts(h.name, h.line), context.parts(h.value, h.line), comment=h.comment)
        for h in headers
        if not (h.name.lower() == "content-type" and "multipart" in made)
    ]
    return mapping(entries, fold=True)


# --- settings ------------------------------------------------------------------------------------------------------

_Apply = Callable[[str, int, Data, Context], None]


def _nothing(value: str, line: int, made: Data, context: Context) -> None:
    """For what is used elsewhere."""


def _no_redirect(value: str, line: int, made: Data, context: Context) -> None:
    made["follow_redirects"] = False


def _timeout(value: str, line: int, made: Data, context: Context) -> None:
    match = _DURATION.fullmatch(value)
    if match is None:
        context.lose(line, f"'@timeout {value}'", "it is no duration", "set `timeout`")
    else:
        made["timeout"] = f"{match[1]}{match[2] or 's'}"


def _prompt(value: str, line: int, made: Data, context: Context) -> None:
    """A value that a person gives: it comes from outside as any other."""
    name, _, description = value.partition(" ")
    context.names(name)
    if description.strip():
        made[Comment(f"{name}: {description.strip()}")] = None


def _disabled(value: str, line: int, made: Data, context: Context) -> None:
    made["skip"] = True


def _description(value: str, line: int, made: Data, context: Context) -> None:
    made["description"] = value


def _tag(value: str, line: int, made: Data, context: Context) -> None:
    made["tags"] = [*made.get("tags", []), *(tag.strip() for tag in value.split(",") if tag.strip())]


def _lost(why: str, remedy: str = "") -> _Apply:
    def lose(value: str, line: int, made: Data, context: Context) -> None:
        context.lose(line, "a setting of the request", why, remedy)

    return lose


_SETTINGS: Mapping[str, _Apply] = {
    "name": _nothing,
    "title": _nothing,
    "no-redirect": _no_redirect,
    "timeout": _timeout,
    "prompt": _prompt,
    "disabled": _disabled,
    "description": _description,
    "tag": _tag,
    "no-log": _lost("@no-log is about what is kept of responses; nothing is kept here"),
    "no-cookie-jar": _lost("@no-cookie-jar: a request holds back cookies by name", "set `cookies: {name: null}`"),
    "connection-timeout": _lost("@connection-timeout: a timeout is for a whole attempt here", "set `timeout`"),
    "no-auto-encoding": _lost("@no-auto-encoding: spaces and control characters of URLs are always encoded"),
    "note": _lost("@note asks before the request is sent, and nothing here asks"),
}


def _settings(section: Section, made: Data, context: Context) -> None:
    if section.version == "2":
        made["http2"] = True
    for key, value, line in section.settings:
        apply = _SETTINGS.get(key)
        if apply is None:
            context.lose(line, f"'@{key}'", "it is not known here")
        else:
            apply(value, line, made, context)
    if section.output:
        _output(section, made, context)


def _output(section: Section, made: Data, context: Context) -> None:
    path = section.output.removeprefix("./")
    if path.startswith(("/", "..", "{{$")) or "{{" in path:
        why = "a body is saved within the project only, under a path that is known"
        context.lose(section.line, f"'>> {section.output}'", why, "set `save_to`")
    elif any(handler.phase == "response" for handler in section.handlers):
        why = "a body that is saved cannot be judged"
        context.lose(section.line, f"'>> {section.output}'", why, "set `save_to`")
    else:
        made["save_to"] = literal(path)
