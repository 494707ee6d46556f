"""A request's URL → path, parameters and server.

What the file writes as `{{ }}` in the URL of a request is a path parameter, with the value that it has as the example.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, quote

from runner.formats.flat import Flat, base_of
from runner.formats.openapi_export.security import url_text
from runner.formats.openapi_export.shapes import described, pairs
from runner.formats.symbols import Scope, Value
from runner.language import template
from runner.language.model import Template

_ORIGIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")
#: What no parameter of a path can hold: a value that does is a part of the path.
_PARTING = frozenset("/?#")
_SAFE = "/%:@!$&'()*+,;=-._~"
#: Headers that say what OpenAPI says elsewhere (§ 4.8.12.1).
_ELSEWHERE = frozenset({"accept", "content-type", "authorization"})


class Hole(NamedTuple):
    """A part of a path that differs: its name, and the value that it has."""

    name: str
    value: Value


class Place(NamedTuple):
    """Where a request goes: its server, the path below it, and the entries of the query."""

    server: str
    parts: tuple[str | Hole, ...]
    query: tuple[tuple[str, Value], ...]

    @property
    def path(self) -> str:
        return "".join(part if isinstance(part, str) else f"{{{part.name}}}" for part in self.parts)

    @property
    def shape(self) -> str:
        """The path, whatever its parameters are called: a document may have each once."""
        return "".join(part if isinstance(part, str) else "{}" for part in self.parts)


def place(flat: Flat, server: str) -> Place:
    """Where a request goes; `server` is the collection's."""
    whole = list(_whole(flat))
    text, parts = "", []
    for part in whole:  # up to the first hole
        if not isinstance(part, str):
            break
        text += part
    origin = _ORIGIN.match(text)
    own = server if server and text.startswith(server) else origin.group() if origin else server
    rest = _cut(whole, len(own) if text.startswith(own) else 0)
    query: list[tuple[str, Value]] = []
    for number, part in enumerate(rest):
        if isinstance(part, str) and "?" in part:
            before, _, after = part.partition("?")
            parts = [*rest[:number], before]
            written = "".join(it if isinstance(it, str) else f"{{{it.name}}}" for it in (after, *rest[number + 1 :]))
            query = [*parse_qsl(written, keep_blank_values=True)]
            break
    else:
        parts = rest
    return Place(own, tuple(_tidied(parts)), tuple(query))


def _whole(flat: Flat) -> Iterator[str | Hole]:
    """The URL with the base before it."""
    declared = flat.spec.url
    scope = flat.scope
    if scope is None or not isinstance(declared, Template):
        yield url_text(flat.url)
        return
    parts = template.parse(declared.text)
    first = scope.expression(parts[0].query) if parts and not isinstance(parts[0], str) else None
    if isinstance(first, str) and _ORIGIN.match(first):
        yield first
        yield from _items(parts[1:], scope)
        return
    items = list(_items(parts, scope))
    if not (isinstance(parts[0], str) and _ORIGIN.match(parts[0])):
        base = url_text(base_of(flat.step.base_urls, scope))
        slash = "" if isinstance(items[0], str) and items[0][:1] in ("/", "?") else "/"
        yield base.rstrip("/") + slash
    yield from items


def _items(parts: Iterable[str | template.Placeholder], scope: Scope) -> Iterator[str | Hole]:
    """The texts of a URL, and what differs in it."""
    for part in parts:
        if isinstance(part, str):
            yield part.partition("#")[0]
            continue
        value = scope.expression(part.query)
        is_path = isinstance(value, str) and not _PARTING.isdisjoint(value)
        yield str(value).partition("#")[0] if is_path else Hole(_name(part.query.text), value)


def _name(expression: str) -> str:
    words = re.findall(r"[A-Za-z_][A-Za-z0-9_]*(?!\w*\()", expression)
    words = [word for word in words if word not in ("vars", "env")]
    return "_".join(words[:2]) if words[:1] in (["item"], ["data"]) else words[0] if words else "value"


def _cut(parts: list[str | Hole], length: int) -> list[str | Hole]:
    """The parts without the first characters of the texts that they begin with."""
    rest = list(parts)
    while length and rest:
        first = rest[0]
        taken = min(length, len(first)) if isinstance(first, str) else length
        rest[0] = first[taken:] if isinstance(first, str) else first
        length -= taken
        if rest[0] == "":
            rest.pop(0)
    return rest


def _tidied(parts: list[str | Hole]) -> Iterator[str | Hole]:
    """With a slash at the beginning, braces encoded, and each name once."""
    taken: set[str] = set()
    if not parts or not isinstance(parts[0], str) or not parts[0].startswith("/"):
        yield "/"
    for part in parts:
        if isinstance(part, str):
            yield quote(part, safe=_SAFE)
        else:
            name = part.name if part.name not in taken else f"{part.name}_{len(taken) + 1}"
            taken.add(name)
            yield Hole(name, part.value)


def parameters(flat: Flat, at: Place, secret_names: frozenset[str]) -> list[dict[str, Any]]:
    """The parameters of a request: of its path, query, headers and cookies; `secret_names` are those of its auth."""
    found = [
        {"name": part.name, "in": "path", "required": True, **_shown(part.value)}
        for part in at.parts
        if isinstance(part, Hole)
    ]
    headers = [(name, value) for name, value in flat.headers if _text(name).lower() not in _ELSEWHERE]
    for where, entries in (("query", (*at.query, *flat.query)), ("header", headers), ("cookie", flat.cookies)):
        named = pairs((_text(name), value) for name, value in entries)
        found += [
            {"name": name, "in": where, **_shown(value)}
            for name, value in named.items()
            if name.lower() not in secret_names
        ]
    return found


def _shown(value: Value) -> dict[str, Any]:
    made = described(value)
    return made if made["schema"] else {"schema": {"type": "string"}}


def _text(name: Value) -> str:
    return name if isinstance(name, str) else url_text(name)
